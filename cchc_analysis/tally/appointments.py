"""What became of appointments: new dates given, apologies made, causes of lateness stated.

Both counts take the dossiers due in a period by their first appointment, where the export gives
one. 'Late' means finished after the due date, or past it and still open. Against the first
appointment a new date cures nothing; against the latest one it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from cchc_analysis.engines.embedded import Source, query
from cchc_analysis.lateness import Rule, rule_named
from cchc_analysis.periods import Periods, as_day, period_table
from cchc_analysis.tally.count import as_source, held_columns
from cchc_analysis.tally.features import refuse_unknown_keys, with_whole_numbers
from cchc_analysis.tally.key_tables import key_tables
from cchc_analysis.tally.sql import Counting, columns_read, facts_sql, refuse_waits, status_list

if TYPE_CHECKING:
    from cchc_analysis.sources.dossiers import Reading

APPOINTMENT_COUNTS = (
    "dossier_count", "apart_count", "late_count", "late_first_count", "moved_count",
    "reappointed_again_count", "apologised_count", "apologised_in_time_count",
    "apologised_after_count", "no_apology_count",
)  # fmt: skip
_TOLD_BY = {
    "first_due_at": ("late_first_count", "moved_count"),
    "reappointed_count": ("reappointed_again_count",),
    "apologised_at": (
        "apologised_count", "apologised_in_time_count", "apologised_after_count",
        "no_apology_count",
    ),
}  # fmt: skip
"""Optional columns, and the counts that an export without them does not give."""
_KEYS = ("unit_id", "period_start_on", "period_end_on", "source")
_BESIDE = ("basis", "rule", "as_of")

# due_on is the first appointment where there is one; NULL dates compare as not true.
_JUDGED = """
SELECT facts.*,
       CASE WHEN apart = 1 THEN 0 WHEN late_anyway = 1 THEN 1
            WHEN done = 1 AND end_on > due_on THEN 1
            WHEN done = 0 AND due_on < judged_on THEN 1 ELSE 0 END AS late_first,
       CASE WHEN apart = 1 THEN 0 WHEN late_anyway = 1 THEN 1
            WHEN done = 1 AND end_on > latest_due_on THEN 1
            WHEN done = 0 AND latest_due_on < judged_on THEN 1 ELSE 0 END AS late
FROM (
  SELECT facts.*, {latest} AS latest_due_on, {cause} AS stated_cause, {again} AS again,
         CASE WHEN {apologised} <= judged_on THEN {apologised} END AS apologised_on,
         CASE WHEN {apart} THEN 1 ELSE 0 END AS apart
  FROM ({facts}) AS facts
) AS facts
"""

_APPOINTMENTS = """
SELECT {keys},
  SUM(1 - apart) AS dossier_count,
  SUM(apart) AS apart_count,
  SUM(late) AS late_count,
  SUM(late_first) AS late_first_count,
  SUM(CASE WHEN apart = 0 AND due_on <> latest_due_on THEN 1 ELSE 0 END) AS moved_count,
  SUM(CASE WHEN apart = 0 AND again > 1 THEN 1 ELSE 0 END) AS reappointed_again_count,
  SUM(CASE WHEN late_first = 1 AND apologised_on IS NOT NULL THEN 1 ELSE 0 END)
    AS apologised_count,
  SUM(CASE WHEN late_first = 1 AND apologised_on <= due_on THEN 1 ELSE 0 END)
    AS apologised_in_time_count,
  SUM(CASE WHEN late_first = 1 AND apologised_on > due_on THEN 1 ELSE 0 END)
    AS apologised_after_count,
  SUM(CASE WHEN late_first = 1 AND apologised_on IS NULL THEN 1 ELSE 0 END) AS no_apology_count
FROM ({judged}) AS judged
GROUP BY {keys}
ORDER BY {keys}
"""

_CAUSES = """
SELECT {keys}, stated_cause AS late_cause, SUM(late_first) AS late_count
FROM ({judged}) AS judged
WHERE late_first = 1
GROUP BY {keys}, stated_cause
ORDER BY {keys}, stated_cause
"""


def count_appointments(
    dossiers: Reading | Source,
    by: Sequence[str] = (),
    *,
    periods: Periods,
    as_of: date | str,
    rule: str | Rule = "strict",
) -> pd.DataFrame:
    """Count, of the dossiers due in each period, new appointments and apologies.

    A unit can lower ``late_count`` by giving new dates: read it beside ``late_first_count``. An
    export knows of a first date, a new appointment or an apology only what was entered, so
    few apologies can be few entries.

    Parameters
    ----------
    dossiers
        A reading, the path of its Parquet file, or a frame (columns of ``DOSSIERS``).
    by
        Further keys, as for :func:`~cchc_analysis.tally.count_cells`.
    periods
        First and last day, or a frame with ``period_start_on`` and ``period_end_on``; a
        dossier belongs to the one in which its first appointment lies (the only one, where
        no other is given).
    as_of
        Day on which each dossier is judged; an apology after it does not count.
    rule
        A rule defined for dossiers due in a period: which date ends the clock, which
        statuses stand apart. Both appointments are looked at under any rule.

    Returns
    -------
    DataFrame
        One row per ``unit_id``, ``period_start_on``, ``period_end_on``, ``source`` and
        ``by``, with ``basis`` (``due``), ``rule``, ``as_of`` and, in dossiers:

        - ``dossier_count``: due in the period; ``apart_count`` beside them: suspended,
          withdrawn, undated ones, where the rule does not judge these by their dates;
        - ``late_count``: late against the latest appointment;
        - ``late_first_count``: late against the first one;
        - ``moved_count``: the two lie on different days;
        - ``reappointed_again_count``: given a new appointment more than once;
        - of those late against the first appointment: ``apologised_count``, which is
          ``apologised_in_time_count`` (on the first due date or before) and
          ``apologised_after_count``; and ``no_apology_count``.

        What a source (an export, or several read together) has no entry of anywhere is NaN,
        never 0; without first appointments apologies are counted against the only one. No
        dossiers, no rows.

    Raises
    ------
    InputError
        For an unknown key or rule, a period that ends after ``as_of``, or a rule by which
        waiting moves the due dates of these dossiers.

    Notes
    -----
    That an apology does not cure lateness, and that a new appointment may be given once at
    most, is how Decree 61/2018/NĐ-CP, in force until 30 June 2025, is commonly read. Decree
    118/2025/NĐ-CP is in force since 1 July 2025. Neither text was checked.

    Examples
    --------
    >>> dossiers = pd.DataFrame({
    ...     "dossier_id": ["a", "b", "c"], "unit_id": "A", "source": "example",
    ...     "received_at": pd.to_datetime(["2024-01-02"] * 3),
    ...     "first_due_at": pd.to_datetime(["2024-01-10", "2024-01-10", None]),
    ...     "due_at": pd.to_datetime(["2024-01-20", "2024-01-10", "2024-01-11"]),
    ...     "result_at": pd.to_datetime(["2024-01-18", "2024-01-09", "2024-01-12"]),
    ...     "apologised_at": pd.to_datetime(["2024-01-09", None, None]),
    ... })
    >>> counts = count_appointments(
    ...     dossiers, periods=("2024-01-01", "2024-01-31"), as_of="2024-01-31"
    ... )
    >>> counts[["late_count", "late_first_count", "moved_count", "reappointed_again_count"]]
       late_count  late_first_count  moved_count  reappointed_again_count
    0         1.0               2.0          1.0                      NaN
    >>> counts[["apologised_in_time_count", "apologised_after_count", "no_apology_count"]]
       apologised_in_time_count  apologised_after_count  no_apology_count
    0                       1.0                     0.0               1.0
    """
    names = [*_KEYS, *_BESIDE, *by, *APPOINTMENT_COUNTS]
    counted = _count(dossiers, by, _APPOINTMENTS, periods, as_of, rule, tuple(_TOLD_BY))
    if counted.empty:
        return counted.reindex(columns=names)
    told = {
        name: counted[name].where(counted[f"{column}_held"] > 0)
        for column, counts in _TOLD_BY.items()
        for name in counts
    }
    return counted.assign(**told).astype(dict.fromkeys(APPOINTMENT_COUNTS, "float64"))[names]


def count_causes(
    dossiers: Reading | Source,
    by: Sequence[str] = (),
    *,
    periods: Periods,
    as_of: date | str,
    rule: str | Rule = "strict",
) -> pd.DataFrame:
    """Count the dossiers late against their first appointment by the cause that is stated.

    What the office says of itself, put into groups by phrases: not tested here, and of
    several causes in one cell one is taken.

    Parameters
    ----------
    dossiers, by, periods, as_of, rule
        As for :func:`count_appointments`; the late ones are its ``late_first_count`` (its
        ``late_count`` where the source knows one appointment only).

    Returns
    -------
    DataFrame
        One row per ``unit_id``, ``period_start_on``, ``period_end_on``, ``source``, ``by`` and
        ``late_cause`` that occurs (one of ``LATE_CAUSES``; missing: late without a stated
        cause), with ``basis``, ``rule``, ``as_of`` and ``late_count`` (dossiers). A source
        that states no cause anywhere has no rows.

    Raises
    ------
    InputError
        As :func:`count_appointments`.

    Examples
    --------
    >>> dossiers = pd.DataFrame({
    ...     "dossier_id": ["a", "b"], "unit_id": "A", "source": "example",
    ...     "received_at": pd.to_datetime(["2024-01-02"] * 2),
    ...     "due_at": pd.to_datetime(["2024-01-10"] * 2), "late_cause": ["staff", None],
    ... })
    >>> count_causes(dossiers, periods=("2024-01-01", "2024-01-31"), as_of="2024-01-31")[
    ...     ["late_cause", "late_count"]
    ... ]
      late_cause  late_count
    0      staff         1.0
    1        NaN         1.0
    """
    names = [*_KEYS, *_BESIDE, *by, "late_cause", "late_count"]
    counted = _count(dossiers, by, _CAUSES, periods, as_of, rule, ("late_cause",))
    if counted.empty:
        return counted.reindex(columns=names)
    told = counted[counted["late_cause_held"] > 0].astype(
        {"late_cause": "str", "late_count": float}
    )
    return told[names].reset_index(drop=True)


def _count(
    dossiers: Reading | Source,
    by: Sequence[str],
    select: str,
    periods: Periods,
    as_of: date | str,
    rule: str | Rule,
    optional: Sequence[str],
) -> pd.DataFrame:
    """Run one of the two SELECTs; add how it was counted, and what each source has entries of."""
    source, named = as_source(dossiers), rule_named(rule, "due")
    refuse_unknown_keys(by)
    table = period_table(periods, as_of)
    if isinstance(source, pd.DataFrame) and source.empty:
        return pd.DataFrame()
    first = replace(named, name=f"{named.name}_first"[:40], due="first")
    held = held_columns(source, [*_TOLD_BY, "late_cause", *columns_read(first, by)])
    counting = Counting(first, "due", tuple(by), as_day(as_of), held)
    refuse_waits(counting)
    tables = {"dossiers": source, "periods": table, **key_tables(source, by, named)}
    keys = ", ".join([*_KEYS, *by])
    counted = query(select.format(keys=keys, judged=_judged(counting)), tables)
    counts = "".join(
        f", {f'COUNT({name})' if name in held else '0'} AS {name}_held" for name in optional
    )
    entries = query(f"SELECT source{counts} FROM dossiers GROUP BY source", {"dossiers": source})
    told = counted.merge(entries, on="source", how="left", validate="many_to_one")
    return with_whole_numbers(told, by).assign(basis="due", rule=named.name, as_of=as_day(as_of))


def _judged(counting: Counting) -> str:
    """Return the SELECT of the dossiers due, each late or not against both appointments."""
    rule, held = counting.rule, counting.held
    ended = status_list((*rule.withdrawn_statuses, *rule.finished_statuses))
    apart = [f"done = 0 AND end_on IS NULL AND status_code IN {ended}"]
    if rule.withdrawn != "by_date":
        apart.append(f"done = 1 AND status_code IN {status_list(rule.withdrawn_statuses)}")
    if rule.suspended != "by_date":
        apart.append(f"done = 0 AND status_code IN {status_list(rule.suspended_statuses)}")
    return _JUDGED.format(
        facts=facts_sql(counting),
        latest="CAST(COALESCE(due_at, first_due_at) AS DATE)" if "first_due_at" in held
        else "due_on",
        cause="late_cause" if "late_cause" in held else "CAST(NULL AS VARCHAR)",
        again="reappointed_count" if "reappointed_count" in held else "0",
        apologised=counting.day("apologised_at"),
        apart=" OR ".join(f"({condition})" for condition in apart),
    )  # fmt: skip
