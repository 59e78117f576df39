"""From dossiers to counts: one portable GROUP BY.

:func:`count_cells` counts what happened in periods (received, resolved) and what was open at
their end; :func:`count_cohorts` follows the dossiers received, or due, in periods up to a
day. Both classify each dossier by a named rule (:mod:`cchc_analysis.lateness`) and give the
same table, the tally, on which every later number rests. All counts are of dossiers.

The SQL is joins, comparisons, CASE, SUM and GROUP BY only, so that another engine can run it
unchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pandas as pd

from cchc_analysis import gazetteer
from cchc_analysis.columns import (
    DOSSIERS,
    TALLY,
    TALLY_COUNTS,
    TALLY_KEYS,
    InputError,
    check,
    empty,
)
from cchc_analysis.engines.embedded import Source, query
from cchc_analysis.lateness import (
    FINISHED,
    NOT_ACCEPTED,
    SUSPENDED,
    WITHDRAWN,
    Basis,
    Rule,
    rule_named,
)
from cchc_analysis.periods import Periods, as_day, period_table

if TYPE_CHECKING:
    from cchc_analysis.sources.dossiers import Reading

DERIVED_KEYS = {
    "received_month": "EXTRACT(month FROM received_at)",
    "received_quarter": "EXTRACT(quarter FROM received_at)",
    "due_month": "EXTRACT(month FROM due_at)",
}
_DOSSIER_KEYS = ("receiving_unit_id", "field", "procedure", "level", "channel")

_FACTS = """
SELECT d.*, p.period_start_on, p.period_end_on, {judged_on} AS judged_on,
       CASE WHEN d.end_on <= {judged_on} AND {finished} THEN 1 ELSE 0 END AS done
FROM (
  SELECT *, CAST(received_at AS DATE) AS received_on, CAST(due_at AS DATE) AS due_on,
         CAST(COALESCE(result_at, returned_at) AS DATE) AS end_on,
         COALESCE(status, 0) AS status_code
  FROM dossiers
  WHERE received_at IS NOT NULL AND COALESCE(status, 0) NOT IN {not_accepted}
) AS d
JOIN periods AS p ON {membership}
"""

_OUTCOMES = """
SELECT facts.*,
       CASE WHEN done = 1 AND status_code = {withdrawn} THEN 'withdrawn'
            WHEN done = 0 AND status_code IN {suspended} THEN 'suspended'
            WHEN due_on IS NULL OR (done = 0 AND end_on IS NULL AND status_code IN {finished_codes})
              THEN 'undated'
            ELSE 'plain' END AS kind,
       CASE WHEN done = 1 AND end_on < due_on THEN 'early'
            WHEN done = 1 AND end_on = due_on THEN 'due_day'
            WHEN done = 1 AND end_on > due_on THEN 'late'
            WHEN done = 0 AND due_on < judged_on THEN 'overdue'
            WHEN done = 0 AND due_on >= judged_on THEN 'in_time' END AS by_date
FROM facts
"""

_PLACES = """
SELECT outcomes.*,
       CASE {cases}
            WHEN by_date IN ('early', 'due_day') THEN 'on_time'
            WHEN by_date = 'late' THEN 'late'
            WHEN by_date = 'overdue' THEN 'overdue'
            WHEN by_date = 'in_time' THEN 'pending_in_time' END AS place
FROM outcomes
"""

_COUNTS = """
SELECT {keys},
  SUM(CASE WHEN {received} THEN 1 ELSE 0 END) AS received_count,
  {carried} AS carried_count,
  SUM(done) AS resolved_count,
  SUM(CASE WHEN place = 'on_time' THEN 1 ELSE 0 END) AS on_time_count,
  SUM(CASE WHEN place = 'late' THEN 1 ELSE 0 END) AS late_count,
  SUM(CASE WHEN place = 'pending_in_time' THEN 1 ELSE 0 END) AS pending_in_time_count,
  SUM(CASE WHEN place = 'overdue' THEN 1 ELSE 0 END) AS overdue_count,
  SUM(CASE WHEN {received} AND channel = 'online' THEN 1 ELSE 0 END) AS online_count,
  SUM(CASE WHEN {received} AND digitised THEN 1 ELSE 0 END) AS digitised_count,
  SUM(CASE WHEN kind = 'plain' AND by_date = 'early' THEN 1 ELSE 0 END) AS early_count,
  SUM(CASE WHEN kind = 'plain' AND by_date = 'due_day' THEN 1 ELSE 0 END) AS due_day_count,
  SUM(CASE WHEN kind = 'withdrawn' THEN 1 ELSE 0 END) AS withdrawn_count,
  SUM(CASE WHEN kind = 'undated' THEN 1 ELSE 0 END) AS undated_count,
  SUM(CASE WHEN kind = 'suspended' THEN 1 ELSE 0 END) AS suspended_count
FROM places
GROUP BY {keys}
ORDER BY {keys}
"""


def count_cells(
    dossiers: Reading | Source,
    by: Sequence[str] = (),
    *,
    periods: Periods,
    as_of: date | str,
    rule: str = "strict",
) -> pd.DataFrame:
    """Count each period's flows, and the stock open at its end.

    received + carried = resolved + open, in every cell. Under ``strict`` also
    resolved = on time + late + withdrawn + undated ones among them.

    A period in the past is counted from *today's* export: a dossier that was suspended then
    and goes on now leaves no trace, and a due date that was moved shows only as moved.

    Parameters
    ----------
    dossiers
        A reading, the path of its Parquet file, or a frame (columns of ``DOSSIERS``).
    by
        Further keys: ``field``, ``procedure``, ``channel``, ``level``,
        ``receiving_unit_id``, ``received_month``, ``received_quarter``, ``due_month``.
    periods
        First and last day, or a frame with ``period_start_on`` and ``period_end_on``.
    as_of
        Day on which the data were drawn; no period may end after it.
    rule
        A counting rule defined for periods: ``strict`` or ``form06``.

    Returns
    -------
    DataFrame
        A tally, one row per unit, period and ``by``; no dossiers, no rows. ``online_count``
        and ``digitised_count`` are NaN where the source does not say.

    Raises
    ------
    InputError
        For an unknown key or rule, or a period that ends after ``as_of``.

    Examples
    --------
    >>> dossiers = pd.DataFrame({
    ...     "dossier_id": ["a", "b", "c"], "unit_id": "A", "source": "example",
    ...     "received_at": pd.to_datetime(["2024-01-02", "2024-01-03", "2024-01-04"]),
    ...     "due_at": pd.to_datetime(["2024-01-10", "2024-01-10", "2024-01-11"]),
    ...     "result_at": pd.to_datetime(["2024-01-09", "2024-01-12", None]),
    ... })
    >>> tally = count_cells(dossiers, periods=("2024-01-01", "2024-01-31"), as_of="2024-01-31")
    >>> tally[["received_count", "on_time_count", "late_count", "overdue_count"]]
       received_count  on_time_count  late_count  overdue_count
    0             3.0            1.0         1.0            1.0
    """
    table = period_table(periods, as_of)
    membership = (
        "d.received_on <= p.period_end_on AND (d.received_on >= p.period_start_on"
        " OR d.end_on IS NULL OR d.end_on >= p.period_start_on OR NOT {finished})"
    )
    return _count(dossiers, by, table, "period", rule_named(rule, "period"), as_of, membership)


def count_cohorts(
    dossiers: Reading | Source,
    by: Sequence[str] = (),
    *,
    cohort: Literal["received", "due"],
    periods: Periods,
    as_of: date | str,
    rule: str = "strict",
) -> pd.DataFrame:
    """Count the dossiers received (or due) in each period as they stand at ``as_of``.

    A cohort received lately holds many dossiers that are open and in time, which flatters
    it: compare cohorts of equal age, and state ``as_of``.

    Parameters
    ----------
    dossiers, by, periods
        As in :func:`count_cells`.
    cohort
        ``received``: accepted in the period; ``due``: with a due date in the period.
    as_of
        Day on which each dossier is judged.
    rule
        ``strict``, or for received dossiers ``qd766``.

    Returns
    -------
    DataFrame
        A tally whose ``received_count`` is the size of the cohort and whose
        ``carried_count`` is NaN.

    Raises
    ------
    InputError
        As in :func:`count_cells`.

    Examples
    --------
    >>> dossiers = pd.DataFrame({
    ...     "dossier_id": ["a", "b"], "unit_id": "A", "source": "example",
    ...     "received_at": pd.to_datetime(["2024-01-02", "2024-01-30"]),
    ...     "due_at": pd.to_datetime(["2024-01-10", "2024-02-10"]), "result_at": pd.NaT,
    ... })
    >>> count_cohorts(
    ...     dossiers, cohort="received", periods=("2024-01-01", "2024-01-31"),
    ...     as_of="2024-01-31", rule="qd766",
    ... )[["received_count", "pending_in_time_count", "overdue_count"]]
       received_count  pending_in_time_count  overdue_count
    0             2.0                    1.0            1.0
    """
    if cohort not in ("received", "due"):
        raise InputError(f"cohort must be 'received' or 'due', got {cohort!r}")
    table = period_table(periods, as_of)
    membership = f"d.{cohort}_on >= p.period_start_on AND d.{cohort}_on <= p.period_end_on"
    return _count(dossiers, by, table, cohort, rule_named(rule, cohort), as_of, membership)


def _count(
    dossiers: Reading | Source,
    by: Sequence[str],
    periods: pd.DataFrame,
    basis: Basis,
    rule: Rule,
    as_of: date | str,
    membership: str,
) -> pd.DataFrame:
    """Run the tally's SQL and add the keys that say how it was counted."""
    source = _as_source(dossiers)
    _refuse_unknown_keys(by)
    if isinstance(source, pd.DataFrame) and source.empty:
        return empty(TALLY).reindex(columns=[*TALLY.names, *by])
    known = query(
        "SELECT COUNT(channel) AS channel, COUNT(digitised) AS digitised FROM dossiers",
        {"dossiers": source},
    ).iloc[0]
    counted = query(
        tally_sql(rule, basis, by, membership, as_of), {"dossiers": source, "periods": periods}
    )
    if not known["channel"]:
        counted["online_count"] = float("nan")
    if not known["digitised"]:
        counted["digitised_count"] = float("nan")
    counted = counted.assign(basis=basis, rule=rule.name, as_of=as_day(as_of))
    return check(counted, TALLY).sort_values([*TALLY_KEYS, *by], ignore_index=True)


def tally_sql(
    rule: Rule, basis: Basis, by: Sequence[str], membership: str, as_of: date | str
) -> str:
    """Return the one SELECT that turns the tables ``dossiers`` and ``periods`` into counts."""
    finished = f"d.status_code IN {(0, *FINISHED)}" if rule.finished_by == "status" else "1 = 1"
    period = basis == "period"
    facts = _FACTS.format(
        judged_on="p.period_end_on" if period else f"DATE '{as_day(as_of):%Y-%m-%d}'",
        finished=f"({finished})",
        not_accepted=NOT_ACCEPTED,
        membership=membership.format(finished=f"({finished})"),
    )
    outcomes = _OUTCOMES.format(withdrawn=WITHDRAWN, suspended=SUSPENDED, finished_codes=FINISHED)
    names = ["unit_id", "period_start_on", "period_end_on", "source", *by]
    received = "received_on >= period_start_on" if period else "1 = 1"
    keyed = ", ".join(f"{sql} AS {key}" for key, sql in DERIVED_KEYS.items() if key in by)
    counts = _COUNTS.format(
        keys=", ".join(names),
        received=received,
        carried="SUM(CASE WHEN received_on < period_start_on THEN 1 ELSE 0 END)"
        if period
        else "CAST(NULL AS DOUBLE)",
    )
    places = _PLACES.format(cases=_cases(rule))
    if keyed:
        places = places.replace("SELECT outcomes.*,", f"SELECT outcomes.*, {keyed},", 1)
    return f"WITH facts AS ({facts}), outcomes AS ({outcomes}), places AS ({places}) {counts}"


def _cases(rule: Rule) -> str:
    """Return the CASE branches that place a rule's awkward dossiers before dates decide."""
    branches = []
    for kind in ("withdrawn", "suspended", "undated"):
        place = getattr(rule, kind)
        if place == "in_time":
            branches += [
                f"WHEN kind = '{kind}' AND done = 1 THEN 'on_time'",
                f"WHEN kind = '{kind}' THEN 'pending_in_time'",
            ]
        elif place == "apart":
            branches.append(f"WHEN kind = '{kind}' THEN '{kind}'")
    return "\n            ".join(branches)


def _as_source(dossiers: Reading | Source) -> Source:
    """Return the frame or the Parquet path behind any of the accepted forms."""
    if isinstance(dossiers, pd.DataFrame):
        return check(dossiers, DOSSIERS)
    return Path(getattr(dossiers, "path", dossiers))


def _refuse_unknown_keys(by: Sequence[str]) -> None:
    allowed = (*_DOSSIER_KEYS, *DERIVED_KEYS)
    unknown = [key for key in by if key not in allowed]
    if unknown:
        raise InputError(f"cannot count by {unknown[0]!r}; the keys are {', '.join(allowed)}")


def roll_up(
    tally: pd.DataFrame, unit_id: str, *, units: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Add the cells of a unit and of all units below it: the unit with its subordinates.

    Parameters
    ----------
    tally
        Cells of one or more units.
    unit_id
        The unit whose total is wanted.
    units
        The units that say who is below whom; the gazetteer's own if not given.

    Returns
    -------
    DataFrame
        A tally in which every cell belongs to ``unit_id``. A count that is missing in one
        cell is missing in the sum.

    Examples
    --------
    >>> tally = check(pd.DataFrame({
    ...     "unit_id": ["vn63-80", "vn63-807"], "period_start_on": "2024-01-01",
    ...     "period_end_on": "2024-05-31", "basis": "period", "rule": "strict",
    ...     "as_of": "2024-05-31", "source": "example", "on_time_count": [5, 7],
    ... }), TALLY)
    >>> roll_up(tally, "vn63-80")[["unit_id", "on_time_count", "late_count"]]
       unit_id  on_time_count  late_count
    0  vn63-80           12.0         NaN
    """
    members = [unit_id, *gazetteer.subordinates(unit_id, units=units)]
    within = tally[tally["unit_id"].isin(members)].assign(unit_id=unit_id)
    return sum_cells(within, [c for c in within if c not in TALLY_COUNTS])


def sum_cells(tally: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Add cells with equal ``keys``; a count missing in one of them is missing in the sum."""
    if tally.empty:
        further = [key for key in keys if key not in TALLY.names]
        return empty(TALLY).reindex(columns=[*TALLY.names, *further])
    counts = [name for name in TALLY_COUNTS if name in tally]
    groups = tally.groupby(list(keys), as_index=False, sort=True, dropna=False)
    return check(groups[counts].sum(skipna=False), TALLY)
