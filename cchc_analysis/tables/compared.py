"""Tables of comparisons: ranks with their sets, pairs, case mix, two periods, components."""

from __future__ import annotations

import pandas as pd

from cchc_analysis.display import Block, Language
from cchc_analysis.gazetteer import unit_names
from cchc_analysis.labels import component_name, in_order, signed_points, sources
from cchc_analysis.tables.markup import table_block
from cchc_analysis.wording import NONE, decimal, percent, period, say, whole


def ranks(
    sets: pd.DataFrame,
    chances: pd.DataFrame,
    *,
    units: pd.DataFrame | None = None,
    language: Language,
) -> Block | None:
    """Show the ranks each unit may hold, and how likely it is among the first or last few.

    The rank as counted is not shown: without its set it would be read as a verdict.
    """
    if sets["rank"].notna().sum() < 2:
        return None
    names = ["unit_id", "best_probability", "worst_probability"]
    rows = _by_name(sets.merge(chances[names], on="unit_id"), units, language)
    body = [
        [
            row["name"],
            percent(row["value"], language),
            whole(row["count"], language),
            whole(row["total"], language),
            _ranks(row["rank_low"], row["rank_high"], language),
            _ranks(row["alone_low"], row["alone_high"], language),
            _probability(row["best_probability"], language),
            _probability(row["worst_probability"], language),
        ]
        for row in rows.to_dict("records")
    ]
    columns = ["value", "count", "total", "rank_set", "rank_alone", *names[1:]]
    foot = say(
        "ranks.foot", language, k=chances["k"].iloc[0], source=sources(sets["source"], language)
    )
    heads = [f"column.{name}" for name in ("unit_id", *columns)]
    return table_block(
        "table.ranks", heads, body, language, sets["source"], bars={1: rows["value"].tolist()},
        foot=foot,
    )  # fmt: skip


def pairs(told: pd.DataFrame, *, language: Language) -> Block | None:
    """Show how many pairs of units can be told apart, and how many cannot."""
    if told.empty:
        return None
    found = told["reading"].value_counts()
    body = [
        [
            say(f"pairs.{reading}", language),
            whole(found.get(reading, 0), language),
            percent(found.get(reading, 0) / len(told), language, 1),
        ]
        for reading in ("apart", "not_apart")
    ]
    heads = ["column.pair", "column.pair_count", "column.pair_share"]
    foot = say("pairs.foot", language, source=sources(told["source"], language))
    return table_block("table.pairs", heads, body, language, told["source"], foot=foot)


def case_mix(
    ratios: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> Block | None:
    """Show each unit's late dossiers, those expected of its work, their ratio and its limits."""
    if ratios.empty:
        return None
    body = [
        [
            row["name"],
            whole(row["observed"], language),
            decimal(row["expected"], language, 1),
            decimal(row["ratio"], language),
            _limits(row["low"], row["high"], language),
            whole(row["total"], language),
            say(f"ratio.{row['side'] or row['reading']}", language),
        ]
        for row in _by_name(ratios, units, language).to_dict("records")
    ]
    names = ["unit_id", "observed", "expected", "ratio", "limits", "total", "reading"]
    return table_block(
        "table.case_mix", [f"column.{name}" for name in names], body, language, ratios["source"],
        numeric=set(range(1, 6)),
        foot=say("case_mix.foot", language, source=sources(ratios["source"], language)),
    )  # fmt: skip


def changes(
    compared: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> Block | None:
    """Show each unit's share in two periods, the difference and whether it is clear of 0."""
    if compared.empty or (compared["reading"] == "one_period").all():
        return None
    rows = _by_name(compared, units, language)
    body = [
        [
            row["name"],
            percent(row["before_value"], language),
            _fraction(row, "before", language),
            percent(row["after_value"], language),
            _fraction(row, "after", language),
            _signed(row["difference"], language),
            _interval(row, language),
            say("change.one_side" if row["reading"] == "one_period" else
                f"change.{row['reading']}", language),
        ]
        for row in rows.to_dict("records")
    ]  # fmt: skip
    names = ["unit_id", "before_value", "before_late", "after_value", "after_late", "difference"]
    heads = [f"column.{name}" for name in [*names, "interval", "reading"]]
    foot = _foot("change.foot", compared.iloc[0], language)
    return table_block(
        "table.changes", heads, body, language, compared["source"], numeric=set(range(1, 7)),
        bars={1: rows["before_value"].tolist(), 3: rows["after_value"].tolist()}, foot=foot,
    )  # fmt: skip


def decomposition(parts: pd.DataFrame, *, language: Language) -> Block | None:
    """Show the components of one unit's difference, in percentage points, and their sum."""
    steps = parts[~parts["component"].isin(["before", "after"])]
    if steps.empty:
        return None
    body = [
        [component_name(row, language), _signed(row["value"], language), _interval(row, language)]
        for row in steps.to_dict("records")
    ]
    heads = ["column.component", "column.points", "column.effect_interval"]
    foot = _foot("decomposition.foot", parts.iloc[0], language)
    return table_block("table.decomposition", heads, body, language, parts["source"], foot=foot)


def _by_name(rows: pd.DataFrame, units: pd.DataFrame | None, language: Language) -> pd.DataFrame:
    """Add the units' names and put them in the order of the alphabet."""
    names = unit_names(rows["unit_id"], units=units, language=language)
    return rows.assign(name=rows["unit_id"].map(names)).sort_values(
        "name", key=lambda text: text.map(in_order)
    )


def _ranks(low: float, high: float, language: Language) -> str:
    """Return the first and the last rank that a unit may hold."""
    if pd.isna(low):
        return NONE
    ends = {"low": whole(low, language), "high": whole(high, language)}
    return ends["low"] if low == high else say("range", language, **ends)


def _probability(chance: float, language: Language) -> str:
    """Return a probability from draws in whole percent: never as certain."""
    return percent(min(max(chance, 1e-6), 1 - 1e-6), language, 0) if pd.notna(chance) else NONE


def _limits(low: float, high: float, language: Language) -> str:
    """Return the limits of a ratio."""
    if pd.isna(low):
        return NONE
    return say("range", language, low=decimal(low, language), high=decimal(high, language))


def _signed(share: float, language: Language) -> str:
    """Return a difference in percentage points with its sign, none where there is none."""
    return NONE if pd.isna(share) else signed_points(share, language)


def _interval(row: dict, language: Language) -> str:
    """Return the interval of a difference in percentage points."""
    if pd.isna(row["low"]) or row["low"] == row["high"] == 0:  # no such dossiers: nothing to vary
        return NONE
    low, high = (signed_points(row[name], language) for name in ("low", "high"))
    return say("range", language, low=low, high=high)


def _fraction(row: dict, side: str, language: Language) -> str:
    """Return count and total of one period."""
    count, total = row[f"{side}_count"], row[f"{side}_total"]
    return NONE if pd.isna(count) else f"{whole(count, language)}/{whole(total, language)}"


def _foot(key: str, row: pd.Series, language: Language) -> str:
    """Return a foot that names both periods and the source."""
    dates = {
        name: period(row[f"{name}_start_on"], row[f"{name}_end_on"], language)
        for name in ("before", "after")
    }
    return say(key, language, **dates, source=sources([row["source"]], language))
