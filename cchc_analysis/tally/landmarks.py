"""Past days on which it is known what was open and what became of it: landmarks, counted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from cchc_analysis.engines.embedded import Source, query
from cchc_analysis.lateness import Rule, rule_named
from cchc_analysis.periods import as_day, period_table
from cchc_analysis.tally.count import as_source, held_columns
from cchc_analysis.tally.day_numbers import DayKind, numbered_days
from cchc_analysis.tally.sql import (
    Counting,
    columns_read,
    facts_sql,
    finished_sql,
    refuse_waits,
    status_list,
)

if TYPE_CHECKING:
    from cchc_analysis.sources.dossiers import Reading

LANDMARK_COLUMNS = (
    "cutoff_on", "due_on", "unit_id", "field", "procedure", "channel", "received_month",
    "days_to_due", "legal_days", "source", "dossier_count", "late_count", "day_kind", "as_of",
    "rule",
)  # fmt: skip
_KEYS = ", ".join(LANDMARK_COLUMNS[:10])
_KINDS = {
    "cutoff_on": "datetime64[us]", "due_on": "datetime64[us]", "received_month": "Int64",
    "days_to_due": float, "legal_days": float, "unit_id": "str", "field": "str",
    "procedure": "str", "channel": "str", "source": "str", "dossier_count": "int64",
    "late_count": float,
}  # fmt: skip

# Suspended today, for good or not: whether it was so on a past day the export does not say.
_OPEN = """
SELECT period_end_on AS cutoff_on, due_on, received_on, unit_id, field, procedure, channel,
       EXTRACT(month FROM received_on) AS received_month, source,
       CASE WHEN due_on > DATE '{as_of}' THEN NULL
            WHEN end_on <= due_on AND {finished} THEN 0
            ELSE 1 END AS late
FROM ({facts}) AS facts
WHERE done = 0 AND due_on > period_end_on
  AND NOT (end_on IS NULL AND status_code IN {not_told})
"""
_LANDMARKS = """
WITH opened AS ({open}),
numbered AS (SELECT CAST(day AS DATE) AS on_day, number FROM numbered_days),
aged AS (
  SELECT opened.*, due.number - cutoff.number AS days_to_due,
         due.number - receipt.number AS legal_days
  FROM opened
  JOIN numbered AS cutoff ON cutoff.on_day = opened.cutoff_on
  JOIN numbered AS due ON due.on_day = opened.due_on
  JOIN numbered AS receipt ON receipt.on_day = opened.received_on
)
SELECT {keys}, COUNT(*) AS dossier_count, SUM(late) AS late_count
FROM aged
GROUP BY {keys}
ORDER BY {keys}
"""


def count_landmarks(
    dossiers: Reading | Source,
    *,
    cutoffs: Sequence[date | str] | pd.DatetimeIndex,
    as_of: date | str,
    rule: str | Rule = "strict",
    days: DayKind = "working",
) -> pd.DataFrame:
    """Count the dossiers open and in time at the end of past days, and how many became late.

    What an early warning learns from. Counted from *today's* export: a due date moved since,
    or a suspension that is over, leaves no trace, so a past day looks more regular than it
    was on that day.

    Parameters
    ----------
    dossiers
        A reading, the path of its Parquet file, or a frame (columns of ``DOSSIERS``).
    cutoffs
        The past days, a week apart and none after ``as_of``.
    as_of
        Day on which the data were drawn.
    rule
        Says which date ends the clock, and which statuses are suspensions.
    days
        ``working`` days, or ``calendar`` days where working days are not known.

    Returns
    -------
    DataFrame
        One row per ``cutoff_on``, ``due_on``, ``unit_id``, ``field``, ``procedure``,
        ``channel``, ``received_month``, ``days_to_due`` (from the cut-off), ``legal_days``
        (from receipt) and ``source``: ``dossier_count``, open at the end of the cut-off and
        due after it, and ``late_count``, those of them not finished by their due day (a
        withdrawal finishes; NaN where due after ``as_of``); ``day_kind``, ``as_of``, ``rule``.
        Dossiers suspended today are left out, and those whose status says they have ended,
        without a date that says when. A cut-off with nothing open has one row that says so:
        0 and 0 dossiers, the rest missing.

    Raises
    ------
    InputError
        If a cut-off lies after ``as_of``, the rule is unknown or one by which waiting moves
        the due dates of these dossiers, or working days are not known for a day.

    Examples
    --------
    >>> dossiers = pd.DataFrame({
    ...     "dossier_id": ["a", "b", "c"], "unit_id": "A", "source": "example",
    ...     "received_at": pd.to_datetime(["2024-01-02", "2024-01-03", "2024-01-04"]),
    ...     "due_at": pd.to_datetime(["2024-01-10", "2024-01-10", "2024-01-11"]),
    ...     "result_at": pd.to_datetime(["2024-01-09", "2024-01-12", None]),
    ... })
    >>> count_landmarks(dossiers, cutoffs=["2024-01-05"], as_of="2024-01-31")[
    ...     ["due_on", "days_to_due", "legal_days", "dossier_count", "late_count"]
    ... ]
          due_on  days_to_due  legal_days  dossier_count  late_count
    0 2024-01-10          3.0         5.0              1         1.0
    1 2024-01-10          3.0         6.0              1         0.0
    2 2024-01-11          4.0         5.0              1         1.0
    """
    source, named = as_source(dossiers), rule_named(rule)
    past = pd.DataFrame({"period_start_on": cutoffs, "period_end_on": cutoffs})
    periods = period_table(past, as_of)
    held = held_columns(source, columns_read(named))
    counting = Counting(named, "period", (), as_day(as_of), held)
    refuse_waits(counting)
    opened = _open_sql(counting)
    tables = {"dossiers": source, "periods": periods}
    span = query(f"SELECT MIN(received_on), MAX(due_on) FROM ({opened}) AS opened", tables).iloc[0]
    first, last = (counting.as_of, counting.as_of) if span.isna().any() else span
    sql = _LANDMARKS.format(open=opened, keys=_KEYS)
    counted = query(sql, {**tables, "numbered_days": numbered_days(first, last, days)})
    counted = _with_empty_cutoffs(counted.astype(_KINDS), periods["period_end_on"])
    counted = counted.assign(day_kind=days, as_of=as_day(as_of), rule=named.name)
    return counted[list(LANDMARK_COLUMNS)]


def _with_empty_cutoffs(counted: pd.DataFrame, cutoffs: pd.Series) -> pd.DataFrame:
    """Add a row without dossiers for each cut-off with nothing open: looked at, and 0."""
    nothing = cutoffs[~cutoffs.isin(counted["cutoff_on"])].drop_duplicates()
    rows = pd.DataFrame({"cutoff_on": nothing, "dossier_count": 0, "late_count": 0.0})
    held = {name: kind for name, kind in _KINDS.items() if name in rows}
    both = pd.concat([counted, rows.astype(held)], ignore_index=True).astype(_KINDS)
    return both.sort_values("cutoff_on", kind="stable", ignore_index=True)


def _open_sql(counting: Counting) -> str:
    """Return the SELECT of the dossiers open at each cut-off and due after it."""
    rule = counting.rule
    ended = (*rule.withdrawn_statuses, *rule.finished_statuses)
    return _OPEN.format(
        facts=facts_sql(counting),
        as_of=f"{counting.as_of:%Y-%m-%d}",
        finished=finished_sql(rule, "status_code"),
        not_told=status_list((*rule.suspended_statuses, *ended)),
    )
