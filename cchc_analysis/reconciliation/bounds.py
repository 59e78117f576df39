"""Counts that a printed percentage leaves possible, where the count itself is not printed."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

import pandas as pd

from cchc_analysis import columns
from cchc_analysis.columns import InputError
from cchc_analysis.reconciliation.rounding import (
    HABITS,
    TEXT_KEYS,
    percentages,
    whole_number_bounds,
)

_TOTAL_OF = {
    "on_time_rate": "resolved_count",
    "late_rate": "resolved_count",
    "early_rate": "resolved_count",
    "due_day_rate": "resolved_count",
    "on_time_rate_of_received": "received_count",
    "late_rate_of_received": "received_count",
    "resolution_rate_of_received": "received_count",
}
"""The count that a rate is a share of, by the catalogue's definition of the rate."""


def bound_counts(published: pd.DataFrame) -> pd.DataFrame:
    """Bound the count behind each printed percentage that is printed without it.

    The bounds are those of rounding alone: they hold if the total is the right one.

    Parameters
    ----------
    published
        Printed figures. Where a percentage has no denominator of its own, the total is
        the count that its indicator is a share of (resolved dossiers for ``late_rate``),
        if the same source prints it for the same unit and period.

    Returns
    -------
    DataFrame
        For each such percentage one row per habit: the keys, ``indicator``, ``printed``,
        ``total``, ``total_from`` (``denominator``, or the indicator that the total is
        printed as), ``habit``, ``low``, ``high`` (dossiers; NaN where no whole number
        fits). No row where no whole total is known.

    Examples
    --------
    >>> figure = pd.DataFrame({
    ...     "unit_id": ["vn63-807"], "indicator": ["early_rate"], "kind": ["result"],
    ...     "printed": ["51.25"], "value": [51.25], "unit_of_measure": ["percent"],
    ...     "denominator": [31394], "source": ["cangiuoc.longan"],
    ... })
    >>> bound_counts(figure)[["habit", "low", "high", "total_from"]]
            habit      low     high   total_from
    0     half_up  16088.0  16090.0  denominator
    1   half_even  16088.0  16090.0  denominator
    2  truncation  16090.0  16092.0  denominator
    3     ceiling  16087.0  16089.0  denominator
    """
    rows = percentages(published)
    rows = _with_totals(rows[rows["numerator"].isna()], published)
    rows = rows[(rows["total"] > 0) & (rows["total"] % 1 == 0)]
    names = [*TEXT_KEYS, "indicator", "printed", "decimals", "value", "total", "total_from"]
    crossed = rows[names].merge(pd.DataFrame({"habit": HABITS}), how="cross")
    found = [
        whole_number_bounds(value, int(decimals), int(total), habit) or (nan, nan)
        for value, decimals, total, habit in zip(
            crossed["value"], crossed["decimals"], crossed["total"], crossed["habit"], strict=True
        )
    ]
    limits = pd.DataFrame(found, columns=["low", "high"], index=crossed.index, dtype="float64")
    return crossed.drop(columns=["decimals", "value"]).join(limits)


def _with_totals(rows: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Add ``total`` and ``total_from``: the own denominator, else the figure printed as one."""
    counts = columns.check(published, columns.PUBLISHED)
    counts = counts[counts["indicator"].isin(_TOTAL_OF.values()) & counts["value"].notna()]
    counts = counts[[*TEXT_KEYS, "indicator", "value"]].drop_duplicates()
    names = {"indicator": "total_indicator", "value": "total_value"}
    counts = counts.rename(columns=names)
    keys = [*TEXT_KEYS, "total_indicator"]
    counts = counts[~counts.duplicated(keys, keep=False)]
    joined = rows.assign(total_indicator=rows["indicator"].map(_TOTAL_OF)).merge(
        counts, how="left", on=keys, validate="many_to_one"
    )
    own = joined["denominator"].notna()
    return joined.assign(
        total=joined["denominator"].fillna(joined["total_value"]),
        total_from=joined["total_indicator"].where(~own, "denominator"),
    )


def bound_remainder(published: pd.DataFrame, parts: Sequence[str]) -> pd.DataFrame:
    """Bound the dossiers left over by percentages that are parts of one total.

    Early and due-day shares without the late share imply the late dossiers, if nothing
    else happened to a dossier: a source that leaves out withdrawn ones hides them here.

    Parameters
    ----------
    published
        Printed figures.
    parts
        Indicators of percentages of one total that exclude each other, such as
        ``("early_rate", "due_day_rate")``.

    Returns
    -------
    DataFrame
        For each unit, period and source that prints every part over one total, one row
        per habit (all parts rounded the same way) and one with habit ``any`` (the widest
        of them): keys, ``parts``, ``total``, ``total_from``, ``habit``, ``low``, ``high``
        (dossiers, 0 or more). No row where a part is printed as two different figures. NaN
        where a part fits no whole number, or the parts are more than the total. Empty where
        no source prints the parts.

    Raises
    ------
    InputError
        If ``parts`` is empty or names an indicator twice.

    Examples
    --------
    >>> figures = pd.DataFrame({
    ...     "unit_id": "vn63-807", "indicator": ["early_rate", "due_day_rate"],
    ...     "kind": "result", "printed": ["51.25", "48.69"], "value": [51.25, 48.69],
    ...     "unit_of_measure": "percent", "denominator": 31394, "source": "cangiuoc.longan",
    ... })
    >>> bound_remainder(figures, ["early_rate", "due_day_rate"])[["habit", "low", "high"]]
            habit   low  high
    0     half_up  17.0  21.0
    1   half_even  17.0  21.0
    2  truncation  14.0  18.0
    3     ceiling  20.0  24.0
    4         any  14.0  24.0
    """
    if not parts or len(set(parts)) != len(parts):
        raise InputError(f"found parts {list(parts)}, expected different indicators")
    counts = bound_counts(published)
    # a text may print a figure twice; two different ones leave open which is meant
    counts = counts[counts["indicator"].isin(parts)].drop_duplicates()
    same = [*TEXT_KEYS, "total", "total_from"]
    counts = counts[~counts.duplicated([*same, "habit", "indicator"], keep=False)]
    grouped = counts.groupby([*same, "habit"], dropna=False, sort=False)
    sums = grouped.agg(
        n=("indicator", "nunique"),
        low=("low", lambda low: low.sum(skipna=False)),
        high=("high", lambda high: high.sum(skipna=False)),
    ).reset_index()
    sums = sums[sums["n"] == len(parts)]
    sums[["low", "high"]] = sums[["low", "high"]].where(sums["low"] <= sums["total"])
    per_habit = sums[[*same, "habit"]].assign(
        low=(sums["total"] - sums["high"]).clip(lower=0),
        high=(sums["total"] - sums["low"]).clip(lower=0),
    )
    widest = per_habit.groupby(same, dropna=False, sort=False).agg(
        low=("low", "min"), high=("high", "max")
    )
    stacked = pd.concat([per_habit, widest.reset_index().assign(habit="any")])
    ordered = stacked.assign(parts=", ".join(parts)).sort_values(same, kind="stable")
    names = [*TEXT_KEYS, "parts", "total", "total_from", "habit", "low", "high"]
    return ordered[names].reset_index(drop=True)
