"""Counting dossiers: over periods, or by the cohort received or due in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pandas as pd

from cchc_analysis import workdays
from cchc_analysis.columns import DOSSIERS, TALLY, TALLY_KEYS, InputError, check, empty
from cchc_analysis.engines.embedded import Source, query
from cchc_analysis.lateness import Basis, Rule, rule_named
from cchc_analysis.periods import Periods, as_day, period_table
from cchc_analysis.tally.day_numbers import covered_days
from cchc_analysis.tally.features import refuse_unknown_keys, with_whole_numbers
from cchc_analysis.tally.key_tables import key_tables
from cchc_analysis.tally.sql import TOLD_BY, Counting, columns_read, span_sql, tally_sql

if TYPE_CHECKING:
    from cchc_analysis.sources.dossiers import Reading


def count_cells(
    dossiers: Reading | Source,
    by: Sequence[str] = (),
    *,
    periods: Periods,
    as_of: date | str,
    rule: str | Rule = "strict",
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
        Further keys, columns or what follows from dates: ``field``, ``procedure``,
        ``channel``, ``level``, ``receiving_unit_id``, ``received_month``,
        ``received_quarter``, ``due_month``, ``received_weekday``, ``received_hour``,
        ``received_season``, ``workload``, ``legal_time``, ``allowed_days``
        (:mod:`cchc_analysis.tally.features`).
    periods
        First and last day, or a frame with ``period_start_on`` and ``period_end_on``.
    as_of
        Day on which the data were drawn; no period may end after it.
    rule
        A counting rule defined for periods, by its name (``strict``, ``form06``) or as a
        :class:`~cchc_analysis.lateness.Rule`. Where it counts waiting for supplements or
        fees, due dates move by working days; waits add, even where they overlap. A wait, or a
        due date, in years whose working days are not known moves nothing.

    Returns
    -------
    DataFrame
        A tally, one row per unit, period and ``by``; no dossiers, no rows. ``online_count``,
        ``digitised_count`` and ``late_acceptance_count`` are NaN where the source does not
        say.

    Raises
    ------
    InputError
        For an unknown key or rule, a period that ends after ``as_of``, or dossiers that waited
        judged in a year for which the working days are not known.

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
    return _count(dossiers, by, table, "period", rule_named(rule, "period"), as_of)


def count_cohorts(
    dossiers: Reading | Source,
    by: Sequence[str] = (),
    *,
    cohort: Literal["received", "due"],
    periods: Periods,
    as_of: date | str,
    rule: str | Rule = "strict",
) -> pd.DataFrame:
    """Count the dossiers received (or due) in each period as they stand at ``as_of``.

    A cohort received lately holds many dossiers that are open and in time, which flatters
    it: compare cohorts of equal age, and state ``as_of``.

    Parameters
    ----------
    dossiers, by, periods
        As in :func:`count_cells`.
    cohort
        ``received``: accepted in the period; ``due``: with a due date in the period (the one
        appointed, not moved by waiting).
    as_of
        Day on which each dossier is judged.
    rule
        ``strict``, for received dossiers ``qd766``, or another rule defined for the cohort.

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
    return _count(dossiers, by, table, cohort, rule_named(rule, cohort), as_of)


def _count(
    dossiers: Reading | Source,
    by: Sequence[str],
    periods: pd.DataFrame,
    basis: Basis,
    rule: Rule,
    as_of: date | str,
) -> pd.DataFrame:
    """Run the tally's SQL and add the keys that say how it was counted."""
    source = as_source(dossiers)
    refuse_unknown_keys(by)
    if isinstance(source, pd.DataFrame) and source.empty:
        return empty(TALLY).reindex(columns=[*TALLY.names, *by])
    if periods.isna().any(axis=None):
        raise InputError("a period has no first or no last day; give both, such as 2024-12-31")
    optional = [column for column, _ in TOLD_BY.values()]
    held = held_columns(source, [*optional, *columns_read(rule, by)])
    only = tuple(periods.iloc[0]) if len(periods) == 1 else None
    counting = Counting(rule, basis, tuple(by), as_day(as_of), held, only)
    tables = {"dossiers": source, "periods": periods, **key_tables(source, by, rule)}
    calendar = _calendar(counting, tables)
    if calendar is None:
        counted = query(tally_sql(counting), tables)
    else:
        sql = tally_sql(counting, calendar_end_on=calendar["day"].max())
        counted = query(sql, tables | {"calendar": calendar})
    counted = with_whole_numbers(counted, by).assign(
        basis=basis, rule=rule.name, as_of=as_day(as_of)
    )
    return check(counted, TALLY).sort_values([*TALLY_KEYS, *by], ignore_index=True)


def _calendar(counting: Counting, tables: dict[str, Source]) -> pd.DataFrame | None:
    """Return the working days that the rule needs, or None where no dossier waited.

    One mistyped year must not stop the counting of all other dossiers, so days that no calendar
    covers are left out, unless dossiers are judged then.
    """
    if not counting.waits:
        return None
    days = query(span_sql(counting), tables).iloc[0].dropna()
    if days.empty:
        return None
    judged_on, covered = days.iloc[0], covered_days()["day"]
    within = days.clip(covered.iloc[0], covered.iloc[-1])
    return workdays.calendar_table(min(within.min(), judged_on), max(within.max(), judged_on))


def held_columns(source: Source, columns: Sequence[str]) -> frozenset[str]:
    """Return those of the optional ``columns`` in which any dossier holds something.

    A file written by an earlier version may lack some of them.
    """
    present = query("SELECT * FROM dossiers LIMIT 0", {"dossiers": source}).columns
    optional = [column for column in columns if column in present]
    counts = ", ".join(f"COUNT({column}) AS {column}" for column in ["unit_id", *optional])
    held = query(f"SELECT {counts} FROM dossiers", {"dossiers": source}).iloc[0]
    return frozenset(column for column in optional if held[column])


def as_source(dossiers: Reading | Source) -> Source:
    """Return the frame or the Parquet path behind any of the accepted forms."""
    if isinstance(dossiers, pd.DataFrame):
        return check(dossiers, DOSSIERS)
    path = Path(getattr(dossiers, "path", dossiers))
    if not path.exists():
        raise InputError(f"{path}: no such file; read_dossiers writes one")
    return path
