"""How long dossiers take: their time under observation and what became of them, counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Literal

import pandas as pd

from cchc_analysis.columns import DURATIONS, InputError, check, empty
from cchc_analysis.engines.embedded import Source, query
from cchc_analysis.lateness import Rule, rule_named
from cchc_analysis.periods import Periods, as_day, period_table
from cchc_analysis.tally.count import as_source, held_columns
from cchc_analysis.tally.day_numbers import DayKind, numbered_days
from cchc_analysis.tally.features import refuse_unknown_keys, with_whole_numbers
from cchc_analysis.tally.key_tables import key_tables
from cchc_analysis.tally.sql import (
    Counting,
    columns_read,
    end_sql,
    facts_sql,
    finished_sql,
    refuse_waits,
    status_list,
)

if TYPE_CHECKING:
    from cchc_analysis.sources.dossiers import Reading

Cohort = Literal["received", "closed", "observed"]

REFUSED = 3
"""The status of a dossier that was refused; one with a receipt was sent back after it."""

_BASES = {"received": "received", "closed": "end", "observed": "period"}

# A dossier whose status says it has ended, but not when, is neither finished nor open.
_SPAN = """
SELECT MIN(received_on) AS first_received_on, MIN(period_start_on) AS first_start_on,
       MAX(judged_on) AS last_judged_on,
       MAX(CASE WHEN due_on >= received_on THEN due_on END) AS last_due_on
FROM ({facts}) AS facts
"""
_DURATIONS = """
WITH facts AS ({facts}),
numbered AS (SELECT CAST(day AS DATE) AS on_day, number, opening_number FROM numbered_days),
clocked AS (
  SELECT facts.*, CASE WHEN done = 1 THEN end_on ELSE judged_on END AS last_on FROM facts
  WHERE {counts}
),
aged AS (
  SELECT clocked.*, last.number - receipt.number AS end_age,
         opening.opening_number - receipt.number AS opening_age,
         CASE WHEN due_on >= received_on THEN due.number - receipt.number END AS due_age
  FROM clocked
  JOIN numbered AS receipt ON receipt.on_day = clocked.received_on
  JOIN numbered AS last ON last.on_day = clocked.last_on
  JOIN numbered AS opening ON opening.on_day = clocked.period_start_on
  LEFT JOIN numbered AS due ON due.on_day = clocked.due_on
),
told AS (
  SELECT {keys}, end_age AS end_days, due_age AS legal_days,
         CASE WHEN {from_receipt} THEN 0
              WHEN opening_age > end_age THEN end_age
              ELSE opening_age END AS entry_days,
         CASE WHEN done = 0 THEN 'pending'
              WHEN status_code = {refused} THEN 'refused'
              WHEN status_code IN {withdrawn} THEN 'withdrawn'
              ELSE 'result' END AS outcome
  FROM aged
)
SELECT {keys}, entry_days, end_days, legal_days, outcome, COUNT(*) AS dossier_count
FROM told
GROUP BY {keys}, entry_days, end_days, legal_days, outcome
"""
_LEFT_OUT = """
SELECT unit_id, reason, COUNT(*) AS dossier_count, source
FROM (
  SELECT unit_id, source,
         CASE WHEN status_code IN {not_accepted} THEN 'not_accepted'
              WHEN received_on IS NULL AND status_code = {refused} THEN 'not_accepted'
              WHEN received_on IS NULL THEN 'no_receipt'
              WHEN end_on IS NULL AND status_code IN {ended} THEN 'no_end'
              WHEN end_on < received_on AND end_on <= DATE '{as_of}'
                   AND {finished} THEN 'end_before_receipt' END AS reason
  FROM (
    SELECT unit_id, source, CAST(received_at AS DATE) AS received_on,
           CAST({end} AS DATE) AS end_on, COALESCE(status, 0) AS status_code
    FROM dossiers
  ) AS days
  WHERE received_on IS NULL OR received_on <= DATE '{as_of}'
) AS reasons
WHERE reason IS NOT NULL
GROUP BY unit_id, reason, source
ORDER BY unit_id, reason, source
"""


def count_durations(
    dossiers: Reading | Source,
    by: Sequence[str] = (),
    *,
    cohort: Cohort = "received",
    periods: Periods,
    as_of: date | str,
    rule: str | Rule = "strict",
    days: DayKind = "working",
) -> pd.DataFrame:
    """Count dossiers by how long they were under observation and how that ended.

    Open dossiers are kept, as ``pending``: leaving them out makes a unit that lets dossiers
    lie look fast. The cohort ``closed`` does just that, and a dossier closed in a period was
    likely a short one or an old one; it is here to be set beside the others.

    Parameters
    ----------
    dossiers, by
        As in :func:`~cchc_analysis.tally.count_cells`.
    cohort
        ``received``: received in the period and followed to ``as_of``. ``closed``: their
        clock ended in the period. ``observed``: received in the period or open at its start
        (delayed entry), followed to the period's end.
    periods, as_of
        As in :func:`~cchc_analysis.tally.count_cells`.
    rule
        Says which date ends the clock and which statuses are withdrawals. Suspended dossiers
        are pending, and waiting for the applicant is part of the time.
    days
        ``working`` days, or ``calendar`` days where working days are not known.

    Returns
    -------
    DataFrame
        The table ``DURATIONS``, then ``by``. A dossier is at risk at age ``t`` where
        ``entry_days <= t <= end_days``, both included: a result on the day of receipt is at
        age 0. ``entry_days`` is 0 for those received in the period (and all of ``closed``);
        for those carried over the age on its first working day. ``legal_days`` is missing
        where there is no due date, or one before receipt. No dossiers, no rows.

    Raises
    ------
    InputError
        For an unknown cohort, key or rule, a period that ends after ``as_of``, a rule by which
        the waiting of these dossiers moves due dates, or a day for which working days are not
        known.

    Notes
    -----
    Ages are differences in days by date; day 0 is the day of receipt.
    Left out, and counted by :func:`count_without_duration`: dossiers without a receipt, ended
    without a date that says when, or ended before they were received. A dossier refused after
    its receipt (status 3) counts here as ``refused``; a tally does not count it at all.

    Examples
    --------
    >>> dossiers = pd.DataFrame({
    ...     "dossier_id": ["a", "b", "c"], "unit_id": "A", "source": "example",
    ...     "received_at": pd.to_datetime(["2024-01-02", "2024-01-03", "2024-01-04"]),
    ...     "due_at": pd.to_datetime(["2024-01-10", "2024-01-10", "2024-01-11"]),
    ...     "result_at": pd.to_datetime(["2024-01-09", "2024-01-12", None]),
    ... })
    >>> durations = count_durations(
    ...     dossiers, periods=("2024-01-01", "2024-01-31"), as_of="2024-01-31"
    ... )
    >>> durations[["end_days", "legal_days", "outcome", "dossier_count"]]
       end_days  legal_days  outcome  dossier_count
    0       5.0         6.0   result            1.0
    1       7.0         5.0   result            1.0
    2      19.0         5.0  pending            1.0
    """
    if cohort not in _BASES:
        raise InputError(f"cohort must be 'received', 'closed' or 'observed', got {cohort!r}")
    refuse_unknown_keys(by)
    source, table = as_source(dossiers), period_table(periods, as_of)
    if isinstance(source, pd.DataFrame) and source.empty:
        return empty(DURATIONS).reindex(columns=[*DURATIONS.names, *by])
    named = rule_named(rule)
    held = held_columns(source, columns_read(named, by))
    counting = Counting(_ending_refusals(named), _BASES[cohort], tuple(by), as_day(as_of), held)
    refuse_waits(counting)
    tables = {"dossiers": source, "periods": table, **key_tables(source, by, named)}
    numbered = _numbered(counting, tables, days)
    counted = query(_durations_sql(counting), {**tables, "numbered_days": numbered})
    counted = with_whole_numbers(counted, by).assign(
        cohort=cohort, as_of=as_day(as_of), rule=named.name, day_kind=days
    )
    keys = [name for name in DURATIONS.names if name != "dossier_count"]
    return check(counted, DURATIONS).sort_values([*keys, *by], ignore_index=True)


def count_without_duration(
    dossiers: Reading | Source, *, as_of: date | str, rule: str | Rule = "strict"
) -> pd.DataFrame:
    """Count the dossiers that :func:`count_durations` leaves out, and why.

    Those ended without a date are not a chance sample: where they are many, times read from
    the others say little.

    Parameters
    ----------
    dossiers, as_of, rule
        As in :func:`count_durations`. Dossiers received after ``as_of`` are not looked at.

    Returns
    -------
    DataFrame
        ``unit_id``, ``reason``, ``dossier_count``, ``source``. The reasons: ``not_accepted``;
        ``no_receipt`` (accepted, but no date says when); ``no_end`` (the status says it has
        ended, no date says when); ``end_before_receipt``. No such dossier, no rows.

    Raises
    ------
    InputError
        For an unknown rule.

    Examples
    --------
    >>> dossiers = pd.DataFrame({
    ...     "dossier_id": ["a", "b"], "unit_id": "A", "source": "example", "status": [9, 4],
    ...     "received_at": pd.to_datetime(["2024-01-02", "2024-01-03"]),
    ...     "result_at": pd.to_datetime([None, "2024-01-02"]),
    ... })
    >>> count_without_duration(dossiers, as_of="2024-01-31")
      unit_id              reason  dossier_count   source
    0       A  end_before_receipt              1  example
    1       A              no_end              1  example
    """
    source, named = as_source(dossiers), rule_named(rule)
    ending = _ending_refusals(named)
    held = held_columns(source, columns_read(named))
    counting = Counting(ending, "received", (), as_day(as_of), held)
    sql = _LEFT_OUT.format(
        not_accepted=status_list(ending.not_accepted_statuses),
        refused=REFUSED,
        ended=_ended(ending),
        finished=finished_sql(ending, "status_code"),
        end=end_sql(counting),
        as_of=f"{as_day(as_of):%Y-%m-%d}",
    )
    return query(sql, {"dossiers": source})


def _ending_refusals(rule: Rule) -> Rule:
    """Return the rule by which a refusal after receipt ends the clock as a withdrawal does."""
    if REFUSED not in rule.not_accepted_statuses:
        return rule
    others = tuple(status for status in rule.not_accepted_statuses if status != REFUSED)
    return replace(
        rule,
        not_accepted_statuses=others,
        withdrawn_statuses=(*rule.withdrawn_statuses, REFUSED),
    )


def _numbered(counting: Counting, tables: dict[str, Source], kind: DayKind) -> pd.DataFrame:
    """Return the days that the durations need, numbered."""
    facts = facts_sql(replace(counting, by=()))
    days = query(_SPAN.format(facts=facts), tables).iloc[0].dropna()
    if days.empty:
        return numbered_days(counting.as_of, counting.as_of, kind)
    return numbered_days(days.min(), days.max(), kind)


def _durations_sql(counting: Counting) -> str:
    """Return the one SELECT that turns dossiers into durations."""
    ended = f"(end_on IS NULL AND status_code IN {_ended(counting.rule)})"
    counts = "done = 1 AND end_on >= received_on"
    if counting.basis != "end":
        counts = f"({counts}) OR (done = 0 AND NOT {ended})"
    keys = ["unit_id", "period_start_on", "period_end_on", "source", *counting.by]
    return _DURATIONS.format(
        facts=facts_sql(counting),
        counts=counts,
        keys=", ".join(keys),
        from_receipt="received_on >= period_start_on" if counting.basis == "period" else "1 = 1",
        refused=REFUSED,
        withdrawn=status_list(counting.rule.withdrawn_statuses),
    )


def _ended(rule: Rule) -> str:
    return status_list((*rule.withdrawn_statuses, *rule.finished_statuses))
