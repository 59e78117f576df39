"""Tables of printed figures and of the checks on them."""

from __future__ import annotations

import pandas as pd

from cchc_analysis.display import Block, Language
from cchc_analysis.gazetteer import unit_name
from cchc_analysis.labels import (
    as_printed,
    citation,
    exact_percent,
    indicator_name,
    indicator_names,
    local_number,
    number_of,
    sources,
)
from cchc_analysis.tables.markup import table_block
from cchc_analysis.wording import period, say, translated, whole


def printed(
    published: pd.DataFrame,
    *,
    caption: str,
    units: pd.DataFrame | None = None,
    language: Language,
) -> Block | None:
    """Show printed figures as printed, each with its term, counts, period and source."""
    if published.empty:
        return None
    several = published["unit_id"].nunique() > 1
    body = []
    for row in published.to_dict("records"):
        unit = [unit_name(row["unit_id"], units=units, language=language)] if several else []
        term = f" (“{translated(row['wording'], language)}”)" if pd.notna(row["wording"]) else ""
        kind = "" if row["kind"] == "result" else f"{say('kind.' + row['kind'], language)}: "
        body.append(
            [
                *unit,
                f"{kind}{indicator_name(row['indicator'], language)}{term}",
                as_printed(row, language),
                _fraction(row, language),
                period(row["period_start_on"], row["period_end_on"], language),
                citation(row, language),
            ]
        )
    names = ["column.indicator", "column.printed", "column.fraction", "column.period"]
    names = [*(["column.unit_id"] if several else []), *names, "column.source"]
    numeric = {len(names) - 4, len(names) - 3}
    return table_block(caption, names, body, language, published["source"], numeric=numeric)


def rounding(
    checked: pd.DataFrame,
    *,
    caption: str = "table.rounding",
    units: pd.DataFrame | None = None,
    language: Language,
) -> Block | None:
    """Show printed percentages against their own counts under the four habits."""
    if checked.empty:
        return None
    body = [
        [
            unit_name(row["unit_id"], units=units, language=language),
            indicator_name(row["indicator"], language),
            local_number(row["printed"], language),
            f"{number_of(row['numerator'], language)}/{number_of(row['denominator'], language)}"
            f" = {exact_percent(row, language)}",
            *(local_number(row[habit], language) for habit in ("half_up", "truncation", "ceiling")),
            say(f"verdict.{row['verdict']}", language),
        ]
        for row in checked.to_dict("records")
    ]
    names = ["unit_id", "indicator", "printed", "exact", "half_up", "truncation", "ceiling"]
    names = [f"column.{name}" for name in [*names, "verdict"]]
    foot = say("rounding.foot", language, source=sources(checked["source"], language))
    source = checked["source"]
    return table_block(caption, names, body, language, source, numeric=set(range(2, 7)), foot=foot)


def count_bounds(
    counts: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> Block | None:
    """Show the whole numbers that a printed percentage leaves possible, by rounding habit."""
    if counts.empty:
        return None
    bounded = counts.reindex(columns=[*counts.columns.union(["indicator", "parts"], sort=False)])
    keys = ["unit_id", "indicator", "parts", "total", "source"]
    body = []
    for key, group in bounded.groupby(keys, sort=False, dropna=False):
        unit_id, indicator_id, parts, total, _ = key
        found = {
            row["habit"]: say(
                "range",
                language,
                low=row["low"],
                high=row["high"],
            )
            for row in group.to_dict("records")
        }
        label = (
            say("bounds.remainder", language, parts=indicator_names(parts, language))
            if pd.isna(indicator_id)
            else indicator_name(indicator_id, language)
        )
        habits = [
            found.get(habit, say("none", language))
            for habit in ("half_up", "truncation", "ceiling", "any")
        ]
        body.append(
            [
                unit_name(unit_id, units=units, language=language),
                label,
                whole(total, language),
                *habits,
            ]
        )
    names = ["unit_id", "indicator", "total", "half_up", "truncation", "ceiling", "any_habit"]
    names = [f"column.{name}" for name in names]
    foot = say("bounds.foot", language, source=sources(counts["source"], language))
    return table_block(
        "table.bounds", names, body, language, counts["source"], numeric=set(range(2, 7)), foot=foot
    )


def sums(
    checked: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> Block | None:
    """Show the sums that must hold among printed figures."""
    if checked.empty:
        return None
    body = [
        [
            unit_name(row["unit_id"], units=units, language=language),
            _identity(row, language),
            period(row["period_start_on"], row["period_end_on"], language),
            whole(row["left"], language),
            whole(row["right"], language),
            whole(row["gap"], language),
            say(f"verdict.{row['verdict']}", language),
        ]
        for row in checked.to_dict("records")
    ]
    names = ["unit_id", "identity", "period", "left", "right", "gap", "verdict"]
    names = [f"column.{name}" for name in names]
    foot = say("sums.foot", language, source=sources(checked["source"], language))
    return table_block(
        "table.sums", names, body, language, checked["source"], numeric={3, 4, 5}, foot=foot
    )


def _fraction(row: dict, language: Language) -> str:
    if pd.isna(row["numerator"]) or pd.isna(row["denominator"]):
        return say("none", language)
    return f"{number_of(row['numerator'], language)}/{number_of(row['denominator'], language)}"


def _identity(row: dict, language: Language) -> str:
    """Return which parts should add to what."""
    side = str(row["identity"]).rsplit("_", 1)[-1]
    if str(row["identity"]).startswith("form_"):
        field = "" if pd.isna(row["field"]) else f" ({row['field']})"
        return say(f"identity.{row['identity']}", language) + field
    if not str(row["identity"]).startswith("sub_units_"):
        return indicator_names(str(row["parts"]), language)
    return say(
        f"identity.{side}",
        language,
        number=row["parts_count"],
        indicator=indicator_names(str(row["parts"]), language),
    )
