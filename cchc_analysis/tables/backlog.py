"""The desk in tables: what is open, what came and went, the list itself, what to expect."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from cchc_analysis.display import Block, Language
from cchc_analysis.gazetteer import unit_name
from cchc_analysis.labels import sources
from cchc_analysis.tables.markup import table_block
from cchc_analysis.wording import day, decimal, named, percent, period, say, whole

_LISTED = {"first": slice(0, 10), "next": slice(10, 30)}
"""Dossiers of the desk list that a page shows; the list for the desk holds all."""
_KINDS = {"field": "desk_field", "procedure": "desk_procedure"}
_HASH_SHOWN = 8


def bands(counted: pd.DataFrame, *, kind: str, language: Language) -> Block | None:
    """Show open dossiers by band: their number, their share, and those waiting or stopped.

    Parameters
    ----------
    counted
        What ``days_to_due`` or ``backlog_ages`` of :mod:`cchc_analysis.backlog` returned.
    kind
        ``due`` or ``age``.
    """
    if counted.empty:
        return None
    body = [
        [
            say(f"backlog.{kind}.{row['band']}", language),
            whole(row["count"], language),
            percent(row["count"] / row["total"], language, 1),
            whole(row["suspended_count"], language),
        ]
        for row in counted.to_dict("records")
    ]
    names = ["backlog_band", "backlog_count", "backlog_share", "backlog_suspended"]
    first = counted.iloc[0]
    foot = say(
        "backlog.foot", language, day=day(first["as_of"], language),
        days=say(f"backlog.days.{first['day_kind']}", language),
        rule=named("rule", first["rule"], language), source=sources(counted["source"], language),
    )  # fmt: skip
    return table_block(
        f"backlog.table.{kind}", [f"column.{name}" for name in names], body, language,
        counted["source"], bars={2: (counted["count"] / counted["total"]).tolist()}, foot=foot,
    )  # fmt: skip


def flows(rows: pd.DataFrame, *, language: Language) -> Block | None:
    """Show week by week what was open, came in, went out and stayed open."""
    if rows.empty:
        return None
    counts = ["opening_count", "received_count", "resolved_count", "open_count"]
    body = [
        [
            period(row["period_start_on"], row["period_end_on"], language),
            *(whole(row[name], language) for name in counts),
            percent(row["clearance_ratio"], language, 1),
        ]
        for row in rows.to_dict("records")
    ]
    names = ["flow_period", "flow_opening", "flow_received", "flow_resolved", "flow_open",
             "flow_clearance"]  # fmt: skip
    foot = say(
        "backlog.flows.foot", language, day=day(rows["as_of"].max(), language),
        rule=named("rule", rows["rule"].iloc[0], language),
        source=sources(rows["source"], language),
    )  # fmt: skip
    return table_block(
        "table.flows", [f"column.{name}" for name in names], body, language, rows["source"],
        foot=foot,
    )  # fmt: skip


def desk(
    listed: pd.DataFrame,
    *,
    part: Literal["first", "next"] = "first",
    units: pd.DataFrame | None = None,
    language: Language,
) -> Block | None:
    """Show the open dossiers likeliest to be late: the first ten, or the twenty next to them.

    Parameters
    ----------
    listed
        What :func:`~cchc_analysis.backlog.warn` returned; rows without a probability are left
        out.
    part
        ``first`` or ``next``.
    units
        Units for the names.
    """
    shown = listed[listed["probability"].notna()].iloc[_LISTED[part]]
    if shown.empty:
        return None
    told = [name for name in _KINDS if shown[name].notna().any()]
    if part == "first" and shown["procedure"].notna().all():
        told = ["procedure"]  # it implies the field, and the list is to fit the first page
    body = [
        [
            row["dossier_id"][:_HASH_SHOWN],
            unit_name(row["unit_id"], units=units, language=language),
            *(_text(row[name], language) for name in told),
            day(row["due_at"], language),
            decimal(row["days_to_due"], language, 0),
            percent(row["probability"], language, 0),
        ]
        for row in shown.to_dict("records")
    ]
    names = ["desk_dossier", "desk_unit", *map(_KINDS.get, told), "desk_due", "desk_days",
             "desk_probability"]  # fmt: skip
    foot = say(
        f"backlog.desk.foot.{part}", language,
        day=day(shown["as_of"].max(), language), source=sources(shown["source"], language),
    )  # fmt: skip
    return table_block(
        f"table.desk.{part}", [f"column.{name}" for name in names], body, language,
        shown["source"], numeric={len(names) - 2, len(names) - 1}, foot=foot,
    )  # fmt: skip


def expected_late(expected: pd.DataFrame, *, language: Language) -> Block | None:
    """Show how many late dossiers to expect among those open now, by weeks."""
    if expected.empty or expected["expected"].isna().any():
        return None
    body = [
        [
            whole(row["weeks"], language),
            day(row["due_until_on"], language),
            whole(row["dossiers"], language),
            decimal(row["expected"], language, 0),
            say("range", language, low=row["low"], high=row["high"]),
        ]
        for row in expected.to_dict("records")
    ]
    names = ["expected_weeks", "expected_until", "expected_dossiers", "expected_count",
             "expected_interval"]  # fmt: skip
    foot = say("backlog.expected.foot", language, source=sources(expected["source"], language))
    return table_block(
        "table.expected_late", [f"column.{name}" for name in names], body, language,
        expected["source"], foot=foot,
    )  # fmt: skip


def backtest(coverage: pd.DataFrame, *, language: Language) -> Block | None:
    """Show how often the number of late dossiers lay in the interval foretold."""
    if coverage.empty:
        return None
    body = [
        [
            whole(row["weeks"], language),
            whole(row["total"], language),
            whole(row["count"], language),
            decimal(row["expected"], language, 1),
            decimal(row["late"], language, 1),
        ]
        for row in coverage.to_dict("records")
    ]
    names = ["tested_weeks", "tested_days", "tested_inside", "tested_expected", "tested_late"]
    foot = say("backlog.tested.foot", language, source=sources(coverage["source"], language))
    return table_block(
        "table.backtest", [f"column.{name}" for name in names], body, language,
        coverage["source"], foot=foot,
    )  # fmt: skip


def _text(value: object, language: Language) -> str:
    """Return what the dossier says, or that it does not say."""
    return say("unknown", language) if pd.isna(value) else str(value)
