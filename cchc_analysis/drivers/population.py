"""Who is counted: dossiers due before the data were drawn, late or not, cell by cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd

from cchc_analysis.columns import InputError, require_one
from cchc_analysis.drivers.terms import Kind, Terms
from cchc_analysis.periods import as_day

MISSING = "(missing)"  # the level that holds the dossiers without a value

_EVENTS = ["late_count", "overdue_count"]
_POPULATION = ["on_time_count", *_EVENTS]
_BESIDE = ["undated_count", "suspended_count", "withdrawn_count", "pending_in_time_count"]


def days_past_due(
    start_on: date | str, end_on: date | str, *, as_of: date | str
) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the days of a period by whose end it is known what is late: those before ``as_of``.

    Parameters
    ----------
    start_on, end_on
        First and last day.
    as_of
        Day on which the data were drawn.

    Returns
    -------
    tuple of Timestamp
        First day, and last day or the one before ``as_of``.

    Raises
    ------
    InputError
        If no day is before ``as_of``.

    Examples
    --------
    >>> days_past_due("2024-01-01", "2024-12-31", as_of="2024-12-31")
    (Timestamp('2024-01-01 00:00:00'), Timestamp('2024-12-30 00:00:00'))
    >>> days_past_due("2024-12-31", "2024-12-31", as_of="2024-12-31")
    Traceback (most recent call last):
    cchc_analysis.columns.InputError: nothing that is due from 2024-12-31 on had fallen due ...
    """
    start, end, drawn = as_day(start_on), as_day(end_on), as_day(as_of)
    if start >= drawn:
        raise InputError(
            f"nothing that is due from {start:%Y-%m-%d} on had fallen due when the data were "
            f"drawn ({drawn:%Y-%m-%d}); start earlier, or take later data"
        )
    return start, min(end, drawn - pd.Timedelta(days=1))


def require_due_cohort(rows: pd.DataFrame) -> None:
    """Raise unless the rows are dossiers due, under one rule, seen on one day, each once."""
    other = sorted(set(rows["basis"].unique()) - {"due"})
    if other:
        raise InputError(
            f"tally: found basis {other[0]!r}, expected 'due'; count it with "
            "count_cohorts(..., cohort='due')"
        )
    require_one(rows, ("rule", "as_of"), "tally", "fit each apart")
    _require_periods_apart(rows)
    unknown = [name for name in _POPULATION if rows[name].isna().any()]
    if unknown:
        raise InputError(
            f"tally: {unknown[0]} is missing in some cells, expected a number in each; leave "
            "those cells out, or use a source that counts it"
        )


def _require_periods_apart(rows: pd.DataFrame) -> None:
    """Raise where two periods share a day, so that a dossier would count twice."""
    names = ["period_start_on", "period_end_on"]
    periods = rows[names].drop_duplicates().sort_values(names)
    overlap = periods["period_start_on"] <= periods["period_end_on"].shift()
    if overlap.any():
        start = periods.loc[overlap, "period_start_on"].iloc[0]
        raise InputError(
            f"tally: the period that starts on {start:%Y-%m-%d} overlaps the one before, so "
            "dossiers would count twice; keep periods that do not overlap"
        )


def to_cells(rows: pd.DataFrame, terms: Terms, further: Sequence[str]) -> pd.DataFrame:
    """Sum the population to one row per combination of the terms and ``further`` columns."""
    values = covariates(rows, terms)
    keys = [*values, *(name for name in dict.fromkeys(further) if name not in values)]
    cells = values.assign(**{name: labels(rows[name]) for name in keys if name not in values})
    cells = cells.assign(late=rows[_EVENTS].sum(axis=1), total=rows[_POPULATION].sum(axis=1))
    cells = cells.groupby(keys, as_index=False, sort=True, dropna=False)[["late", "total"]].sum()
    return cells[cells["total"] > 0].reset_index(drop=True)


def covariates(rows: pd.DataFrame, terms: Terms) -> pd.DataFrame:
    """Return the columns of the terms: categories as text, numbers as numbers."""
    return pd.DataFrame(
        {
            factor.column: labels(rows[factor.column])
            if factor.kind == "category"
            else _numbers(rows[factor.column], factor.kind)
            for factor in terms.factors
        },
        index=rows.index,
    )


def labels(values: pd.Series) -> pd.Series:
    """Return categories as text, the missing ones under a name of their own.

    Examples
    --------
    >>> labels(pd.Series([1.0, 12.0, None])).tolist()
    ['1', '12', '(missing)']
    """
    if pd.api.types.is_datetime64_any_dtype(values):
        values = values.dt.strftime("%Y-%m-%d")
    elif pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")  # whole numbers that missing ones made into floats
    if not pd.api.types.is_string_dtype(values.dtype):
        values = values.astype(object).where(values.notna(), MISSING).map(str)
    return values.astype("str").fillna(MISSING)


def usable(values: pd.Series, kind: Kind) -> pd.Series:
    """Say which values of a covariate can enter a model as it asks for them."""
    if kind == "category":
        return pd.Series(True, index=values.index)
    numbers = values.astype("float64")
    return np.isfinite(numbers) & ((numbers > 0) if kind == "log" else True)


def _numbers(values: pd.Series, kind: Kind) -> pd.Series:
    """Return a covariate that enters as a number, or say how many cells lack it."""
    lacking = int((~usable(values, kind)).sum())
    if lacking:
        bound = " above 0" if kind == "log" else ""
        raise InputError(
            f"tally: {values.name} has no number{bound} in {lacking} cells, expected one in "
            f"each; leave those cells out, or write C({values.name}) to take it as categories"
        )
    return values.astype("float64")


def levels_of(
    cells: pd.DataFrame, terms: Terms, reference: Mapping[str, str]
) -> dict[str, list[str]]:
    """Return the levels of each category that has several, the reference first.

    Where none is asked for, it is the level with the most dossiers of those that have late
    ones and others: against one never or always late no odds ratio is finite.
    """
    categories = [factor.column for factor in terms.factors if factor.kind == "category"]
    unknown = [term for term in reference if term not in categories]
    if unknown:
        raise InputError(
            f"reference: found {unknown[0]!r}, expected a term of categories: "
            f"{', '.join(categories) or 'there is none'}"
        )
    levels = {}
    for term in categories:
        sums = cells.groupby(term)[["late", "total"]].sum()
        if len(sums) < 2:
            continue
        mixed = (sums["late"] > 0) & (sums["late"] < sums["total"])
        totals = sums["total"].where(mixed) if mixed.any() else sums["total"]
        first = str(reference.get(term, totals.idxmax()))
        if first not in sums.index:
            raise InputError(
                f"reference: {term} has no level {first!r}, expected one of: "
                f"{', '.join(sums.index)}"
            )
        levels[term] = [first, *(level for level in _in_order(sums.index) if level != first)]
    return levels


def _in_order(levels: pd.Index) -> list[str]:
    """Return levels in the order of the alphabet, or of numbers where all are numbers."""
    if all(level.isdecimal() or level == MISSING for level in levels):
        return sorted(levels, key=lambda level: (level == MISSING, level.zfill(20)))
    return list(levels)


def left_out(rows: pd.DataFrame) -> dict[str, float]:
    """Return the dossiers counted beside the population; NaN where a source does not say."""
    return {name: float(rows[name].sum(min_count=1)) for name in _BESIDE}
