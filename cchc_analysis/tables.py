"""Estimates, forms, printed figures and checks as tables for readers.

Every function takes one of the package's tables and returns one block in one language, or
nothing for an empty table. Cells are escaped; the foot names source, rule and method; a table
made from simulated data says so in its caption.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from cchc_analysis.display import Block, Language
from cchc_analysis.gazetteer import unit_name
from cchc_analysis.labels import (
    as_printed,
    bounds,
    citation,
    in_order,
    indicator_name,
    indicator_names,
    is_simulated,
    level_name,
    local_number,
    number_of,
    row_label,
    sources,
    value,
)
from cchc_analysis.wording import (
    decimal,
    interval,
    named,
    percent,
    period,
    say,
    translated,
    whole,
)

if TYPE_CHECKING:
    from cchc_analysis.drivers import DriverFit

_FORM = (
    "total_received_count",
    "online_received_count",
    "direct_received_count",
    "carried_count",
    "resolved_count",
    "early_count",
    "due_day_count",
    "late_count",
    "pending_count",
    "pending_in_time_count",
    "overdue_count",
)


def estimates(
    rows: pd.DataFrame,
    *,
    label: str | Sequence[str],
    caption: str,
    units: pd.DataFrame | None = None,
    language: Language,
) -> Block | None:
    """Show estimates, one row each: label, value, bounds, count and total.

    Parameters
    ----------
    rows
        Columns of ``ESTIMATES``, and the column named by ``label``.
    label
        Column that names the rows (``indicator``, ``unit_id``, ``rule``, ``field``, ...), or
        several that name them together.
    caption
        Key of a phrase.
    units
        Units for the names.
    language
        ``vi`` or ``en``.
    """
    if rows.empty:
        return None
    records = rows.to_dict("records")
    body = [[row_label(row, label, language, units), value(row, language)] for row in records]
    names = [f"column.{label if isinstance(label, str) else label[0]}", "column.value"]
    if (rows["low"].notna() & (rows["unit_of_measure"] == "share")).any():
        names.append("column.interval")
        for cells, row in zip(body, records, strict=True):
            cells.append(bounds(row, language))
    for cells, row in zip(body, records, strict=True):
        cells += [whole(row["count"], language), whole(row["total"], language)]
    names += ["column.count", "column.total"]
    return _table(caption, names, body, language, rows["source"], foot=_how(rows, language))


def form(lines: pd.DataFrame, *, language: Language) -> Block | None:
    """Show form II.06: the lines of one unit, the total last, columns (3) to (13)."""
    if lines.empty:
        return None
    body = [
        [
            say("total", language) if pd.isna(row["field"]) else row["field"],
            *(whole(row[name], language) for name in _FORM),
        ]
        for row in lines.to_dict("records")
    ]
    first = lines.iloc[0]
    dates = period(first["period_start_on"], first["period_end_on"], language)
    names = ["column.field", *(f"form.{name}" for name in _FORM)]
    foot = say("form.foot", language, period=dates, source=sources(lines["source"], language))
    return _table("table.form", names, body, language, lines["source"], foot=foot)


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
        term = f" («{translated(row['wording'], language)}»)" if pd.notna(row["wording"]) else ""
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
    return _table(caption, names, body, language, published["source"], numeric=numeric)


def rounding(
    checked: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
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
            f" = {percent(row['exact_share'], language)}",
            *(local_number(row[habit], language) for habit in ("half_up", "truncation", "ceiling")),
            say(f"verdict.{row['verdict']}", language),
        ]
        for row in checked.to_dict("records")
    ]
    names = ["unit_id", "indicator", "printed", "exact", "half_up", "truncation", "ceiling"]
    names = [f"column.{name}" for name in [*names, "verdict"]]
    foot = say("rounding.foot", language, source=sources(checked["source"], language))
    source = checked["source"]
    return _table(
        "table.rounding", names, body, language, source, numeric=set(range(2, 7)), foot=foot
    )


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
    return _table(
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
    return _table(
        "table.sums", names, body, language, checked["source"], numeric={3, 4, 5}, foot=foot
    )


def funnel(
    judged: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> Block | None:
    """Show every compared unit by name: its share, its own limits, and whether outside them."""
    if judged.empty:
        return None
    in_names = judged.assign(
        name=[unit_name(unit, units=units, language=language) for unit in judged["unit_id"]]
    ).sort_values("name", key=lambda names: names.map(in_order))
    body = [
        [
            row["name"],
            percent(row["value"], language),
            interval(row["low"], row["high"], language),
            whole(row["count"], language),
            whole(row["total"], language),
            say(f"funnel.{row['side'] or row['reading']}", language),
        ]
        for row in in_names.to_dict("records")
    ]
    names = ["unit_id", "value", "limits", "count", "total", "reading"]
    foot = say("funnel.foot", language, source=sources(judged["source"], language))
    return _table(
        "table.funnel",
        [f"column.{name}" for name in names],
        body,
        language,
        judged["source"],
        numeric=set(range(1, 5)),
        foot=foot,
    )


def effects(fit: DriverFit, *, language: Language) -> Block | None:
    """Show the effect of each level against its reference, in percentage points."""
    if fit.effects.empty:
        return None
    body = [
        [
            named("term", row["term"], language),
            level_name(row["term"], row["level"], language),
            level_name(row["term"], row["reference"], language),
            f"{whole(row['count'], language)}/{whole(row['total'], language)}",
            decimal(row["effect"] * 100, language, 1),
            _points(row["effect_low"], row["effect_high"], language),
            decimal(row["odds_ratio"], language),
        ]
        for row in fit.effects.to_dict("records")
    ]
    names = ["term", "level", "reference", "late_of", "effect", "effect_interval", "odds_ratio"]
    foot = say(
        "effects.foot",
        language,
        clusters=fit.clusters,
        method=translated(fit.method, language),
        source=sources([fit.source], language),
    )
    return _table(
        "table.effects",
        [f"column.{name}" for name in names],
        body,
        language,
        [fit.source],
        numeric=set(range(3, 7)),
        foot=foot,
    )


def _fraction(row: dict, language: Language) -> str:
    if pd.isna(row["numerator"]) or pd.isna(row["denominator"]):
        return say("none", language)
    return f"{number_of(row['numerator'], language)}/{number_of(row['denominator'], language)}"


def _identity(row: dict, language: Language) -> str:
    """Return which parts should add to what."""
    side = str(row["identity"]).rsplit("_", 1)[-1]
    if not str(row["identity"]).startswith("sub_units_"):
        return indicator_names(str(row["parts"]), language)
    return say(
        f"identity.{side}",
        language,
        number=row["parts_count"],
        indicator=indicator_names(str(row["parts"]), language),
    )


def _how(rows: pd.DataFrame, language: Language) -> str:
    """Return the foot of a table of estimates: bounds, rule, method, source."""
    kinds = [say(f"bounds.{kind}", language) for kind in rows["bounds"].unique()]
    return say(
        "estimates.foot",
        language,
        bounds="; ".join(kinds),
        rule=", ".join(named("rule", rule, language) for rule in rows["rule"].unique()),
        method=", ".join(named("method", key, language) for key in rows["method"].unique()),
        source=sources(rows["source"], language),
    )


def _points(low: float, high: float, language: Language) -> str:
    """Return the ends of an interval in percentage points; none for a reference."""
    if pd.isna(low) or pd.isna(high):
        return say("none", language)
    ends = (decimal(end * 100, language, 1) for end in (low, high))
    return say("range", language, **dict(zip(("low", "high"), ends, strict=True)))


def _table(
    caption: str,
    names: Sequence[str],
    body: list[list[str]],
    language: Language,
    source: Iterable[str],
    *,
    numeric: set[int] | None = None,
    foot: str = "",
) -> Block:
    """Build the HTML of one table: caption, scoped headers, escaped cells, foot."""
    numeric = set(range(1, len(names))) if numeric is None else numeric
    mark = f" ({say('simulated', language)})" if is_simulated(source) else ""
    css = [' class="num"' if i in numeric else "" for i in range(len(names))]
    head = "".join(
        f'<th scope="col"{css[i]}>{escape(say(name, language))}</th>'
        for i, name in enumerate(names)
    )
    rows = []
    for cells in body:
        first, rest = cells[0], cells[1:]
        tds = "".join(f"<td{css[i]}>{escape(cell)}</td>" for i, cell in enumerate(rest, 1))
        total = ' class="total"' if first == say("total", language) else ""
        rows.append(f'<tr{total}><th scope="row">{escape(first)}</th>{tds}</tr>')
    tail = f'<tfoot><tr><td colspan="{len(names)}">{escape(foot)}</td></tr></tfoot>' if foot else ""
    return Block(
        "table",
        f"<table><caption>{escape(say(caption, language))}{mark}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>{tail}</table>",
    )
