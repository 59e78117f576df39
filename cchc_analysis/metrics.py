"""Indicators as functions of a tally: the same call for every one.

Each takes a tally (``columns.TALLY``) and returns estimates (``columns.ESTIMATES``): one row
per unit, period, rule and ``by``, with ``value``, ``low`` and ``high`` as shares in 0..1, the
``count`` and ``total`` of dossiers behind them, the method, the rule and the source. ``by``
names further keys of the tally to keep apart, such as ``field``; cells are added over all
others. A group with no dossier in its total has NaN, not 0, and so has one whose source does
not give the count.

The counts are a census: every dossier of the period is there, none was sampled. An interval
reads as process variation, what chance alone would do to the same unit in a similar period,
and never as sampling error. ``interval=None`` gives the counts and their share alone.

References
----------
Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference.
*JASA* 22, 209-212. doi:10.1080/01621459.1927.10502953
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from cchc_analysis.columns import ESTIMATES, TALLY, TALLY_KEYS, InputError, check, empty
from cchc_analysis.intervals import check_counts, clopper_pearson, mid_p, wilson

Interval = Literal["wilson", "clopper_pearson", "mid_p"]

_INTERVALS = {"wilson": wilson, "clopper_pearson": clopper_pearson, "mid_p": mid_p}


def on_time_rate(
    tally: pd.DataFrame,
    by: Sequence[str] = (),
    *,
    interval: Interval | None = "wilson",
    confidence: float = 0.95,
) -> pd.DataFrame:
    r"""Share of resolved dossiers whose result was available by the due date, early included.

    .. math:: \hat p = \frac{\text{on time}}{\text{on time} + \text{late}}

    Dossiers still open are in neither count, so a unit can raise this rate by leaving old
    dossiers unfinished: read it beside :func:`overdue_backlog`. The rule matters: ``form06``
    counts withdrawn and undated dossiers as on time.

    Parameters
    ----------
    tally
        Counts from ``count_cells``, ``count_cohorts`` or ``count_forms`` (columns of
        ``columns.TALLY``), one row per cell.
    by
        Further columns of the tally to keep apart, such as 'field'; cells are added over
        all others.
    interval
        'wilson', 'clopper_pearson' (never covers less than ``confidence``) or 'mid_p'; None
        for no limits: ``low`` and ``high`` are then NaN, ``bounds`` 'none', ``method``
        'count'.
    confidence
        Coverage of the interval as process variation (the counts are a census), in (0, 1).

    Returns
    -------
    DataFrame
        Estimates, shares in 0..1.

    Examples
    --------
    >>> from cchc_analysis.columns import TALLY, check
    >>> tally = check(pd.DataFrame({
    ...     "unit_id": ["A", "A", "B"], "field": ["land", "civil", "land"],
    ...     "period_start_on": "2024-01-01", "period_end_on": "2024-01-31", "basis": "period",
    ...     "rule": "strict", "as_of": "2024-01-31", "source": "example",
    ...     "on_time_count": [90, 6, 0], "late_count": [2, 2, 0],
    ... }), TALLY)
    >>> on_time_rate(tally)[["unit_id", "value", "low", "high", "count", "total"]].round(3)
      unit_id  value    low   high  count  total
    0       A   0.96  0.902  0.984   96.0  100.0
    1       B    NaN    NaN    NaN    0.0    0.0
    """
    return _share(tally, by, "on_time_rate", ["on_time_count"], _JUDGED, interval, confidence)


def early_rate(
    tally: pd.DataFrame,
    by: Sequence[str] = (),
    *,
    interval: Interval | None = "wilson",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Share of resolved dossiers whose result was available before the due day.

    Early / (on time + late). A high share can mean generous legal times as well as quick
    work. Parameters and result as for :func:`on_time_rate`; NaN where a source does not
    tell early from on time.

    Examples
    --------
    >>> tally = pd.DataFrame({"unit_id": ["A"], "basis": "period", "rule": "strict",
    ...     "period_start_on": "2024-01-01", "period_end_on": "2024-01-31", "as_of": "2024-01-31",
    ...     "source": "example", "on_time_count": 90, "early_count": 60, "late_count": 10})
    >>> early_rate(tally)["value"].item()  # 60 of 100; the 90 on time include them
    0.6
    """
    return _share(tally, by, "early_rate", ["early_count"], _JUDGED, interval, confidence)


def due_day_rate(
    tally: pd.DataFrame,
    by: Sequence[str] = (),
    *,
    interval: Interval | None = "wilson",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Share of resolved dossiers that were on time but not early.

    (On time - early) / (on time + late): what some sources print as 'on time'. It falls when
    more dossiers are early, so it must never be compared with :func:`on_time_rate`.
    Parameters and result as there.

    Examples
    --------
    >>> tally = pd.DataFrame({"unit_id": ["A", "B"], "basis": "period", "rule": "strict",
    ...     "period_start_on": "2024-01-01", "period_end_on": "2024-01-31", "as_of": "2024-01-31",
    ...     "source": "example", "on_time_count": 90, "early_count": [60, 80], "late_count": 10})
    >>> due_day_rate(tally)["value"].tolist()  # B, as often on time, is early more often
    [0.3, 0.1]
    """
    _require_tally(tally, "due_day_rate", [*TALLY_KEYS, "on_time_count", "early_count"])
    with_rest = tally.assign(on_due_day=check(tally, TALLY).eval("on_time_count - early_count"))
    return _share(with_rest, by, "due_day_rate", ["on_due_day"], _JUDGED, interval, confidence)


def late_rate(
    tally: pd.DataFrame,
    by: Sequence[str] = (),
    *,
    interval: Interval | None = "wilson",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Share of resolved dossiers whose result came after the due date.

    Late / (on time + late): one minus :func:`on_time_rate`, and as blind to open dossiers.
    Parameters and result as there.

    Examples
    --------
    >>> tally = pd.DataFrame({"unit_id": ["A"], "basis": "period", "rule": "strict",
    ...     "period_start_on": "2024-01-01", "period_end_on": "2024-01-31", "as_of": "2024-01-31",
    ...     "source": "example", "on_time_count": 9, "late_count": 3, "overdue_count": 8})
    >>> late_rate(tally)["value"].item()  # 3 of 12: the 8 open and overdue are in neither count
    0.25
    """
    return _share(tally, by, "late_rate", ["late_count"], _JUDGED, interval, confidence)


def overdue_backlog(
    tally: pd.DataFrame,
    by: Sequence[str] = (),
    *,
    interval: Interval | None = "wilson",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Share of the dossiers open at the period's end that are past their due date.

    Overdue / (open in time + overdue). It falls when many new dossiers arrive, though not
    one old dossier was finished: read the count beside the share. Periods add nothing here,
    so only tallies of one period's end give a meaningful sum. Parameters and result as for
    :func:`on_time_rate`.

    Examples
    --------
    >>> tally = pd.DataFrame({"unit_id": ["A", "B"], "basis": "period", "rule": "strict",
    ...     "period_start_on": "2024-01-01", "period_end_on": "2024-01-31", "as_of": "2024-01-31",
    ...     "source": "example", "pending_in_time_count": [80, 180], "overdue_count": 20})
    >>> overdue_backlog(tally)["value"].tolist()  # as many overdue; B has more that are new
    [0.2, 0.1]
    """
    total = ["pending_in_time_count", "overdue_count"]
    return _share(tally, by, "overdue_backlog", ["overdue_count"], total, interval, confidence)


def online_share(
    tally: pd.DataFrame,
    by: Sequence[str] = (),
    *,
    interval: Interval | None = "wilson",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Share of the dossiers received that were filed online.

    Online / received. Other figures go by the same name: the share of procedures *offered*
    online, and of dossiers *fully* online. Dossiers typed in by an official on the citizen's
    behalf count as online. Parameters and result as for :func:`on_time_rate`.

    Examples
    --------
    >>> tally = pd.DataFrame({"unit_id": ["A", "B"], "basis": "period", "rule": "strict",
    ...     "period_start_on": "2024-01-01", "period_end_on": "2024-01-31", "as_of": "2024-01-31",
    ...     "source": "example", "received_count": 40, "online_count": [30, None]})
    >>> online_share(tally)["value"].tolist()  # not known is not 0
    [0.75, nan]
    """
    return _share(
        tally, by, "online_share", ["online_count"], ["received_count"], interval, confidence
    )


def digitised_share(
    tally: pd.DataFrame,
    by: Sequence[str] = (),
    *,
    interval: Interval | None = "wilson",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Share of the dossiers received that have digitised components.

    Digitised / received. One scanned page makes a dossier digitised, so this says little
    about reuse. Parameters and result as for :func:`on_time_rate`.

    Examples
    --------
    >>> tally = pd.DataFrame({"unit_id": ["A", "A"], "basis": "period", "rule": "strict",
    ...     "period_start_on": "2024-01-01", "period_end_on": "2024-01-31", "as_of": "2024-01-31",
    ...     "source": "example", "field": ["land", "civil"], "received_count": [4, 16],
    ...     "digitised_count": 4})
    >>> digitised_share(tally)["value"].item()  # 8 of 20, not the mean of 1 and 0.25
    0.4
    """
    return _share(
        tally, by, "digitised_share", ["digitised_count"], ["received_count"], interval, confidence
    )


def resolution_rate(
    tally: pd.DataFrame,
    by: Sequence[str] = (),
    *,
    interval: Interval | None = "wilson",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Share of the dossiers to handle in a period that were resolved in it.

    Resolved / (received + carried over). It is not timeliness, though it is often printed
    beside it as if it were: dossiers received on the last days cannot be resolved yet.
    Parameters and result as for :func:`on_time_rate`.

    Examples
    --------
    >>> tally = pd.DataFrame({"unit_id": ["A"], "basis": "period", "rule": "strict",
    ...     "period_start_on": "2024-01-01", "period_end_on": "2024-01-31", "as_of": "2024-01-31",
    ...     "source": "example", "received_count": 90, "carried_count": 10,
    ...     "resolved_count": 80, "late_count": 0})
    >>> resolution_rate(tally)["value"].item()  # 80 of 100, though not one was late
    0.8
    """
    total = ["received_count", "carried_count"]
    return _share(tally, by, "resolution_rate", ["resolved_count"], total, interval, confidence)


def qd766_in_time_share(
    tally: pd.DataFrame,
    by: Sequence[str] = (),
    *,
    interval: Interval | None = "wilson",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Share of the dossiers received that are finished in time or still open and in time.

    (On time + open in time) / received, of a tally of the received cohort under rule
    ``qd766``. Recent receipts are nearly all open and in time, so the share of a period that
    has just closed is flattered. Parameters and result as for :func:`on_time_rate`.

    Raises
    ------
    InputError
        If the tally was not counted under rule ``qd766``.

    Examples
    --------
    >>> tally = pd.DataFrame({"unit_id": ["A"], "basis": "received", "rule": "qd766",
    ...     "period_start_on": "2024-01-01", "period_end_on": "2024-01-31", "as_of": "2024-01-31",
    ...     "source": "example", "received_count": 20, "on_time_count": 3, "late_count": 1,
    ...     "pending_in_time_count": 16})
    >>> qd766_in_time_share(tally)["value"].item()  # 19 of 20, though 1 of 4 resolved was late
    0.95
    """
    _require_tally(tally, "qd766_in_time_share", ["rule"])
    if (tally["rule"] != "qd766").any():
        raise InputError(
            "qd766_in_time_share needs a tally of count_cohorts(..., cohort='received', "
            f"rule='qd766'), got rules {sorted(set(tally['rule']))}"
        )
    count = ["on_time_count", "pending_in_time_count"]
    return _share(tally, by, "qd766_in_time_share", count, ["received_count"], interval, confidence)


def summary(
    tally: pd.DataFrame,
    by: Sequence[str] = (),
    *,
    interval: Interval | None = "wilson",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Every indicator of this module that a tally of periods allows, one below the other.

    Indicators that a source gives for none of its groups are left out. A group that others
    leave behind - blanked because it is small - stays, with NaN; so does one of which nothing
    at all is known. Parameters and result as for :func:`on_time_rate`.

    Examples
    --------
    >>> from cchc_analysis.columns import TALLY, check
    >>> tally = check(pd.DataFrame({"unit_id": ["A"], "basis": "period", "rule": "strict",
    ...     "period_start_on": "2024-01-01", "period_end_on": "2024-01-31", "as_of": "2024-01-31",
    ...     "source": "example", "on_time_count": 90, "late_count": 10}), TALLY)
    >>> summary(tally).set_index("indicator")["value"].to_dict()  # nothing said of early ones
    {'on_time_rate': 0.9, 'late_rate': 0.1}
    """
    metrics = (
        on_time_rate, early_rate, due_day_rate, late_rate, overdue_backlog, online_share,
        digitised_share, resolution_rate,
    )  # fmt: skip
    rates = [metric(tally, by, interval=interval, confidence=confidence) for metric in metrics]
    stacked = pd.concat(rates, ignore_index=True)
    if stacked.empty:
        return stacked
    known = stacked["count"].notna() & stacked["total"].notna()
    given = known.groupby([stacked["source"], stacked["indicator"]]).transform("any")
    group = [stacked[name] for name in (*TALLY_KEYS, *by)]
    unknown = ~given.groupby(group, dropna=False).transform("any")
    return stacked[given | unknown].reset_index(drop=True)


_JUDGED = ["on_time_count", "late_count"]


def _share(
    tally: pd.DataFrame,
    by: Sequence[str],
    indicator: str,
    count: list[str],
    total: list[str],
    interval: Interval | None,
    confidence: float,
) -> pd.DataFrame:
    """Add cells within each group and divide: the one place where a rate is made."""
    if interval is not None and interval not in _INTERVALS:
        raise InputError(f"interval: found {interval!r}, expected {', '.join(_INTERVALS)} or None")
    keys = [*TALLY_KEYS, *by]
    _require_tally(tally, indicator, [*TALLY_KEYS, *count, *total], by)
    if tally.empty:
        return empty(ESTIMATES).reindex(columns=[*ESTIMATES.names, *by])
    counts = sorted({*count, *total})
    tally = check(tally[[*keys, *counts]], TALLY)
    groups = tally.groupby(keys, as_index=False, sort=True, dropna=False)
    sums = groups[counts].sum(skipna=False)
    counted, of = sums[count].sum(axis=1, skipna=False), sums[total].sum(axis=1, skipna=False)
    check_counts(counted.to_numpy(float), of.to_numpy(float))
    estimates = sums[keys].assign(
        indicator=indicator,
        value=counted / of.where(of > 0),
        low=np.nan,
        high=np.nan,
        bounds="none",
        count=counted,
        total=of,
        unit_of_measure="share",
        method="count",
    )
    if interval is not None:
        low, high = _INTERVALS[interval](counted.to_numpy(float), of.to_numpy(float), confidence)
        method = f"{interval} {100 * confidence:g}%"
        estimates = estimates.assign(low=low, high=high, bounds="confidence", method=method)
    return check(estimates, ESTIMATES)


def _require_tally(
    tally: pd.DataFrame, indicator: str, columns: Sequence[str], by: Sequence[str] = ()
) -> None:
    """Refuse a table that is no tally, and a key that was not counted."""
    absent = [name for name in columns if name not in tally]
    if absent:
        raise InputError(
            f"{indicator}: this is no tally; it has no column {absent[0]!r}. Count dossiers with "
            "count_cells or count_cohorts, forms with count_forms; for printed figures take "
            "estimates_as_printed"
        )
    uncounted = [name for name in by if name not in tally]
    if uncounted:
        raise InputError(
            f"{indicator}: the tally has no column {uncounted[0]!r}; "
            f"count it with by=[..., {uncounted[0]!r}] first"
        )
    if {*TALLY.names, *ESTIMATES.names} & set(by) or len(set(by)) < len(by):
        raise InputError(f"{indicator}: by: found {by!r}, expected further columns, each once")
