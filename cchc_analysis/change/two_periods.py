"""Two periods side by side: which units changed, and what the change of each is made of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from cchc_analysis.change.decomposition import decompose
from cchc_analysis.change.guard import require_one_series
from cchc_analysis.columns import ESTIMATES, TALLY, InputError, check
from cchc_analysis.intervals import check_confidence, newcombe
from cchc_analysis.periods import as_day

_PERIOD = ["period_start_on", "period_end_on"]
_DAY = pd.Timedelta(days=1)
_SIDES = ("before", "after")
_JUDGED = ["on_time_count", "late_count"]


def last_two(start_on: date | str, end_on: date | str, *, months: int = 3) -> pd.DataFrame:
    """Return the last ``months`` months of a span and as many before them.

    Parameters
    ----------
    start_on, end_on
        First and last day of the span; NaT where nothing is known.
    months
        Length of each period.

    Returns
    -------
    DataFrame
        ``period_start_on`` and ``period_end_on`` of the two periods, or no rows where the
        span does not hold both wholly.

    Examples
    --------
    >>> last_two("2024-01-01", "2024-12-31")
      period_start_on period_end_on
    0      2024-07-01    2024-09-30
    1      2024-10-01    2024-12-31
    >>> len(last_two("2024-08-15", "2024-12-31"))
    0
    """
    start, end = as_day(start_on), as_day(end_on)
    none = pd.DataFrame(dict.fromkeys(_PERIOD, pd.Series(dtype="datetime64[us]")))
    if pd.isna(start) or pd.isna(end):
        return none
    cuts = [end + _DAY - pd.DateOffset(months=months * back) for back in (2, 1, 0)]
    # a first day or two without receipts (1 January) does not cut a period short
    if cuts[0] + 7 * _DAY < start:
        return none
    spans = pd.DataFrame({_PERIOD[0]: cuts[:2], _PERIOD[1]: [cut - _DAY for cut in cuts[1:]]})
    return spans.astype("datetime64[us]")


def adjacent(estimates: pd.DataFrame, chosen: pd.DataFrame) -> pd.DataFrame:
    """Pick the estimates of some units in their period and in the period next to it.

    Parameters
    ----------
    estimates
        Columns of ``ESTIMATES``: any units, indicators and periods.
    chosen
        What :func:`~cchc_analysis.comparison.comparable` returned: one indicator and period.

    Returns
    -------
    DataFrame
        The rows of the chosen units and indicator in the chosen period and in the one that
        starts the day after it, or, if there is none, the one that ends the day before it.
        No rows where neither is there, or where it was counted by another rule.

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "unit_id": "A", "indicator": "late_rate",
    ...     "period_start_on": ["2026-07-01", "2026-08-01", "2026-09-01"],
    ...     "period_end_on": ["2026-09-26", "2026-08-31", "2026-09-26"], "bounds": "none",
    ...     "unit_of_measure": "share", "method": "count", "rule": "strict", "source": "example",
    ... })
    >>> adjacent(rows, check(rows, ESTIMATES).iloc[[1]])["period_start_on"].dt.month.tolist()
    [8, 9]
    """
    rows = check(estimates, ESTIMATES)
    if rows.empty or chosen.empty:
        return rows.iloc[:0]
    first = chosen.iloc[0]
    same = rows["unit_id"].isin(chosen["unit_id"]) & rows["rule"].isin(chosen["rule"])
    rows = rows[same & (rows["indicator"] == first["indicator"])]
    own = (rows[_PERIOD] == first[_PERIOD]).all(axis=1)
    after = rows["period_start_on"] == first["period_end_on"] + _DAY
    before = rows["period_end_on"] == first["period_start_on"] - _DAY
    beside = after if after.any() else before
    ends = rows.loc[beside, _PERIOD[1 if after.any() else 0]]
    nearest = ends.min() if after.any() else ends.max()  # the shorter of two that touch it
    beside &= rows[_PERIOD[1 if after.any() else 0]] == nearest
    return rows[own | beside] if beside.any() else rows.iloc[:0]


def compare_periods(
    estimates: pd.DataFrame, *, confidence: float = 0.95, units: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Set each unit's share in two periods side by side, with the interval of the difference.

    A difference clear of 0 is more than chance alone would show. It is no proof that the work
    changed: months differ for many reasons (mix, season, an open period), and with many
    dossiers a tenth of a point is clear of 0.

    Parameters
    ----------
    estimates
        One indicator and rule, a row per unit and period, of two periods that do not
        overlap, with ``count`` and ``total`` (dossiers).
    confidence
        Chance, in (0, 1), that the intervals of all units hold at once.
    units
        The units for :func:`~cchc_analysis.change.require_one_series`, which is asked first.

    Returns
    -------
    DataFrame
        One row per unit, by ``unit_id``: ``indicator``, ``before_start_on``,
        ``before_end_on``, ``after_start_on``, ``after_end_on``; ``before_count``,
        ``before_total``, ``after_count``, ``after_total`` (dossiers), ``before_value``,
        ``after_value`` (shares); ``difference`` (after less before) with ``low`` and
        ``high``; ``reading``: 'up' or 'down' (the interval leaves out 0), 'not_clear',
        'one_period' (no dossiers in the other, or in neither); ``method``, ``rule``,
        ``source``. No rows in, no rows out.

    Raises
    ------
    InputError
        If there are not two periods, they overlap, a unit comes twice in one, or the rows
        are not one series.

    Notes
    -----
    Newcombe's interval for each unit at a coverage of 1 - (1 - confidence) / G, so that all G
    hold at once (Bonferroni).

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "unit_id": ["A", "B", "A", "B"], "indicator": "late_rate",
    ...     "period_start_on": ["2026-08-01"] * 2 + ["2026-09-01"] * 2,
    ...     "period_end_on": ["2026-08-31"] * 2 + ["2026-09-30"] * 2,
    ...     "count": [50, 5, 150, 6], "total": [1000, 100, 1000, 100], "bounds": "none",
    ...     "unit_of_measure": "share", "method": "count", "rule": "strict", "source": "example",
    ... })
    >>> compare_periods(rows)[["unit_id", "difference", "low", "high", "reading"]].round(2)
      unit_id  difference   low  high    reading
    0       A        0.10  0.07  0.13         up
    1       B        0.01 -0.07  0.09  not_clear
    """
    check_confidence(confidence)
    rows = check(estimates, ESTIMATES)
    require_one_series(rows, units=units)
    spans = _two_spans(rows)
    sides = [
        rows[(rows[_PERIOD] == span).all(axis=1)].set_index("unit_id") for span in spans.to_numpy()
    ]
    unit_ids = sorted(set(rows["unit_id"]))
    table = pd.DataFrame({"unit_id": pd.Series(unit_ids, dtype=rows["unit_id"].dtype)})
    for name, side, span in zip(_SIDES, sides, spans.to_numpy(), strict=True):
        numbers = side[["count", "total"]].reindex(unit_ids).to_numpy(float)
        total = np.where(numbers[:, 1] > 0, numbers[:, 1], np.nan)
        table = table.assign(
            **{f"{name}_start_on": span[0], f"{name}_end_on": span[1]},
            **{f"{name}_count": numbers[:, 0], f"{name}_total": numbers[:, 1]},
            **{f"{name}_value": numbers[:, 0] / total},
        )
    known = table[["before_value", "after_value"]].notna().all(axis=1)
    each = 1 - (1 - confidence) / max(known.sum(), 1)
    counts = [table[f"{name}_{n}"] for name in ("after", "before") for n in ("count", "total")]
    low, high = newcombe(*counts, each)
    table = table.assign(
        indicator=rows["indicator"].iloc[0] if len(rows) else "",
        difference=table["after_value"] - table["before_value"],
        low=low,
        high=high,
        reading=np.select([~known, low > 0, high < 0], ["one_period", "up", "down"], "not_clear"),
        method=f"Newcombe, all units at once, {confidence:g}",
        rule="; ".join(sorted(set(rows["rule"]))),
        source="; ".join(sorted(set(rows["source"]))),
    )
    names = [f"{side}_{day}" for side in _SIDES for day in ("start_on", "end_on")]
    names += [f"{side}_{n}" for side in _SIDES for n in ("count", "total")]
    names += ["before_value", "after_value", "difference", "low", "high", "reading"]
    return table[["unit_id", "indicator", *names, "method", "rule", "source"]]


def decompose_each(
    cells: pd.DataFrame, strata: Sequence[str], *, units: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Decompose the change of the late share of each unit between two periods.

    As :func:`~cchc_analysis.change.decompose`, for many units, and for none. Components of
    different units are not to be ranked.

    Parameters
    ----------
    cells
        A tally of two periods, with ``strata`` among its columns.
    strata
        Keys that describe the work.
    units
        The units for :func:`~cchc_analysis.change.require_one_series`.

    Returns
    -------
    DataFrame
        The rows of ``decompose`` for each unit that has finished dossiers in both periods,
        with ``unit_id``, ``before_start_on``, ``before_end_on``, ``after_start_on``,
        ``after_end_on``, ``before_count``, ``before_total``, ``after_count``, ``after_total``
        (late and finished dossiers), ``rule`` and ``source``. None such: no rows.

    Raises
    ------
    InputError
        If there are not two periods, a count is missing, or a unit's two sides have no
        stratum in common.

    Examples
    --------
    >>> cells = pd.DataFrame({
    ...     "unit_id": "A", "field": ["land", "civil"] * 2, "basis": "period", "rule": "strict",
    ...     "period_start_on": ["2026-05-01"] * 2 + ["2026-06-01"] * 2,
    ...     "period_end_on": ["2026-05-31"] * 2 + ["2026-06-30"] * 2, "as_of": "2026-07-01",
    ...     "on_time_count": [70, 882, 400, 490], "late_count": [30, 18, 100, 10],
    ...     "source": "example",
    ... })
    >>> decompose_each(cells, ["field"])[["unit_id", "component", "value"]].iloc[1:3].round(3)
      unit_id component  value
    1       A       mix  0.092
    2       A      rate -0.030
    """
    rows = check(cells, TALLY)
    missing = rows[_JUDGED].isna().any(axis=1)  # not nothing: decompose refuses it
    rows = rows[missing | (rows[_JUDGED].sum(axis=1) > 0)]
    spans = _two_spans(rows).to_numpy()
    found = []
    for unit_id, own in rows.groupby("unit_id", dropna=False):
        before, after = (own[(own[_PERIOD] == span).all(axis=1)] for span in spans)
        if before.empty or after.empty:
            continue
        parts = decompose(before, after, strata, units=units)
        numbers = {
            f"{name}_{column}": value
            for name, side, span in zip(_SIDES, (before, after), spans, strict=True)
            for column, value in {
                "start_on": span[0],
                "end_on": span[1],
                "count": side["late_count"].sum(),
                "total": side[_JUDGED].sum().sum(),
            }.items()
        }
        source = "; ".join(sorted(set(own["source"])))
        parts.insert(0, "unit_id", unit_id)
        found.append(parts.assign(**numbers, rule=own["rule"].iloc[0], source=source))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=_PARTS)


_PARTS = [
    "unit_id", "component", "detail", "value", "low", "high", "standard_error", "method",
    *[f"{s}_{n}" for s in _SIDES for n in ("start_on", "end_on", "count", "total")],
    "rule", "source",
]  # fmt: skip


def _two_spans(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the two periods in order, or refuse; two empty ones where there are no rows."""
    spans = rows[_PERIOD].drop_duplicates().sort_values(_PERIOD, ignore_index=True)
    if rows.empty:
        return pd.DataFrame([[pd.NaT, pd.NaT]] * 2, columns=_PERIOD)
    if len(spans) != 2 or spans.isna().any(axis=None):
        raise InputError(f"found {len(spans)} periods, expected two; filter the rows first")
    if spans["period_end_on"].iloc[0] >= spans["period_start_on"].iloc[1]:
        raise InputError(
            f"the period from {spans['period_start_on'].iloc[1]:%Y-%m-%d} starts before the "
            "other ends; compare periods that do not overlap"
        )
    if "indicator" in rows and rows.duplicated(["unit_id", *_PERIOD]).any():
        raise InputError("a unit comes twice in a period, expected one row; add its counts first")
    return spans
