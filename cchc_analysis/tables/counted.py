"""Tables of what was counted and computed: estimates, rules, form II.06, comparison."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from cchc_analysis.display import Block, Language
from cchc_analysis.gazetteer import unit_names
from cchc_analysis.labels import bounds, in_order, row_label, sources, value
from cchc_analysis.tables.markup import table_block
from cchc_analysis.wording import (
    day,
    interval,
    named,
    percent,
    period,
    say,
    whole,
)

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
    return table_block(
        caption, names, body, language, rows["source"], bars=_bars(rows),
        foot=_how(rows, language),
    )  # fmt: skip


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
    return table_block("table.form", names, body, language, lines["source"], foot=foot)


def rule_shares(
    compared: pd.DataFrame, *, caption: str, label: Sequence[str], language: Language
) -> Block | None:
    """Show the shares that rules and denominators give of the same dossiers, with their counts."""
    if compared.empty:
        return None
    body = [
        [
            row_label(row, label, language),
            percent(row["share"], language),
            whole(row["count"], language),
            whole(row["total"], language),
        ]
        for row in compared.to_dict("records")
    ]
    names = [f"column.{name}" for name in (label[0], "value", "count", "total")]
    first = compared.iloc[0]
    foot = say(
        "rules.foot",
        language,
        period=period(first["period_start_on"], first["period_end_on"], language),
        as_of=day(first["as_of"], language),
        source=sources(compared["source"], language),
    )
    return table_block(
        caption, names, body, language, compared["source"], bars={1: compared["share"].tolist()},
        foot=foot,
    )  # fmt: skip


def funnel(
    judged: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> Block | None:
    """Show every compared unit by name: its share, its own limits, and whether outside them."""
    if judged.empty:
        return None
    names = unit_names(judged["unit_id"], units=units, language=language)
    in_names = judged.assign(name=judged["unit_id"].map(names)).sort_values(
        "name", key=lambda names: names.map(in_order)
    )
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
    return table_block(
        "table.funnel",
        [f"column.{name}" for name in names],
        body,
        language,
        judged["source"],
        numeric=set(range(1, 5)),
        bars={1: in_names["value"].tolist()},
        foot=foot,
    )


def _bars(rows: pd.DataFrame) -> dict[int, list[float]]:
    """Return the bars of a table of estimates: only shares of one indicator are compared."""
    one = rows["indicator"].nunique() == 1 and (rows["unit_of_measure"] == "share").all()
    return {1: rows["value"].tolist()} if one else {}


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
