"""Share of dossiers finished by their own due day, those not due yet neither late nor in time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cchc_analysis.intervals import check_confidence, wilson
from cchc_analysis.timing.observed import numbered_groups, observed, with_keys
from cchc_analysis.timing.product_limit import Curves, is_edge, product_limit

_CAUSES = (("result", "refused"), ("withdrawn",))
_FEWEST_FOLLOWED = 5
"""Dossiers that must have been received early enough, for a legal time to be told by itself."""
_EARLIEST = pd.Timedelta(days=1)
_COLUMNS = [
    "share", "std_error", "low", "high", "withdrawn_share", "late_share", "dossier_count",
    "decided_count", "undated_count", "unknown_count", "reading", "method",
]  # fmt: skip


def share_by_legal_time(
    durations: pd.DataFrame, by: Sequence[str] = (), *, confidence: float = 0.95
) -> pd.DataFrame:
    r"""Share of dossiers with a result or refusal by their own due day, open ones censored.

    .. math:: P(T \le L) = \sum_l w_l \hat F_l(l), \qquad w_l = n_l / \sum n_l

    with :math:`\hat F_l` the Aalen-Johansen share of the dossiers whose legal time is l days.
    An on-time rate of the finished ones leaves out dossiers that are overdue and open, and
    one of all received counts those not due yet as in time or late; this does neither. It
    takes the due date as it stands in the data: one moved later makes the share look better.

    Parameters
    ----------
    durations, by, confidence
        As in :func:`~cchc_analysis.timing.time_to_result`; ``legal_days`` is needed (NaN:
        no due date, counted beside).

    Returns
    -------
    DataFrame
        One row per group: ``share``, ``std_error`` (NaN at 0 and 1), ``low``, ``high``;
        ``withdrawn_share`` (withdrawn by the due day) and ``late_share`` (still open after
        it; the three shares add to 1; all 0..1); ``dossier_count`` (all),
        ``decided_count`` (closed by the due day, or followed to it or beyond),
        ``undated_count`` (no due date), ``unknown_count`` (of legal times which too few
        dossiers can have been followed through; left out of the shares), ``reading``: 'known',
        'partly_known' (some are unknown), and with NaN 'not_due_yet' (all are),
        'none_received' (all were carried over) and 'no_due_dates'; ``method``.

    Raises
    ------
    InputError
        As in :func:`~cchc_analysis.timing.time_to_result`.

    Notes
    -----
    Exact on counts. One curve over all legal times would compare a dossier due tomorrow with
    one due next month; within one legal time the due day is the same age for all, and those
    not due yet are censored before it.

    A legal time is told by itself if nobody was left open at a lower age, or if 5 of its
    dossiers or more are to be expected to have been received early enough: their number times
    the share still followed at that age (Kaplan-Meier with left open and closed exchanged,
    over all legal times). Rarer ones are joined, in order, until they are 5 together, their
    ages taken as parts of the legal time; what is then too few, and what exceeds the time
    since the period began, is left out. So what counts does not hang on whether dossiers
    finished, but it takes for granted that long and short legal times were received at like
    times. (To count a legal time where the last dossier seen had finished, and leave it out
    where that was open, would flatter: 84.5 % for 77.6 % in a trial with 300 dossiers of 60
    days and legal times of 1 to 90 days. There this share was within half a point, but its
    limits covered 89 %, as legal times were so sparse; 92 to 96 % elsewhere.) A small group
    whose dossiers are all finished is told at once, one with an open one perhaps not: its
    share is still kind.

    Weights are the dossiers seen from receipt on
    (``entry_days`` 0): carried-over ones are rather the long ones. The variance has both
    parts, within legal times and of their mix, so that without censoring it is p(1 - p)/n;
    the limits are Wilson's for as many dossiers as give that variance, and so those of a
    plain share.

    References
    ----------
    Rothman, K. J. (1978). Estimation of confidence limits for the cumulative probability of
    survival in life table analysis. *Journal of Chronic Diseases* 31, 557-560.
    doi:10.1016/0021-9681(78)90043-7

    Examples
    --------
    Of 100 dossiers due on day 5, 80 had a result by then; 40 more are not due yet, 10 of them
    finished. The 30 open ones count as long as they were seen:

    >>> durations = pd.DataFrame({
    ...     "unit_id": "A", "period_start_on": "2026-01-01", "period_end_on": "2026-01-31",
    ...     "cohort": "received", "as_of": "2026-01-31", "rule": "strict", "day_kind": "working",
    ...     "entry_days": 0, "end_days": [2, 5, 9, 2, 2], "legal_days": 5,
    ...     "outcome": ["result", "result", "result", "result", "pending"],
    ...     "dossier_count": [50, 30, 20, 10, 30], "source": "example",
    ... })
    >>> share_by_legal_time(durations)[
    ...     ["share", "low", "high", "late_share", "decided_count"]
    ... ].round(3)
       share    low   high  late_share  decided_count
    0  0.771  0.678  0.844       0.229          110.0
    """
    check_confidence(confidence)
    rows = observed(durations, by)
    keys, group = numbered_groups(rows, by)
    count = rows["dossier_count"]
    parts = {"dossier_count": count, "undated_count": count.where(rows["legal_days"].isna(), 0.0)}
    sums = pd.DataFrame(parts).groupby(group).sum()
    found = sums.join(_pooled(_at_due_days(rows, group)))
    found["reading"] = np.select(
        [
            found["undated_count"] == found["dossier_count"],
            found["weight"].isna(),
            found["weight"] == 0,
            found["unknown_count"] > 0,
        ],
        ["no_due_dates", "not_due_yet", "none_received", "partly_known"],
        default="known",
    )
    low, high, error = _limits(found, confidence)
    method = f"exact: Aalen-Johansen by legal time, Wilson limits {100 * confidence:g}%"
    told = found.assign(low=low, high=high, std_error=error, method=method)
    return with_keys(keys, told[_COLUMNS].rename_axis("group").reset_index())


def _at_due_days(rows: pd.DataFrame, group: np.ndarray) -> pd.DataFrame:
    """Return what is known of the dossiers of one group and band of legal times at the due day.

    ``group``, ``weight`` (those seen from receipt), ``dossiers``, ``decided``, ``share`` in
    time with its ``variance``, ``withdrawn`` and ``late`` share; NaN where too few were
    followed to the due day.
    """
    dated = rows.assign(group=group)[rows["legal_days"].notna()]
    dated = dated.assign(band=_bands(dated))
    one = dated.groupby(["group", "band"])
    count = dated["dossier_count"]
    followed = (dated["outcome"] != "pending") | (dated["end_days"] >= dated["legal_days"])
    sums = (
        dated.assign(
            weight=count.where(dated["entry_days"] == 0, 0.0),
            dossiers=count,
            decided=count.where(followed, 0.0),
        )
        .groupby(["group", "band"], as_index=False)[["weight", "dossiers", "decided"]]
        .sum()
    )
    part = dated["legal_days"] + 1  # the day of receipt is the first: at the due day it is 1
    scaled = dated.assign(
        entry_days=((dated["entry_days"] + 1) / part).where(dated["entry_days"] > 0, 0.0),
        end_days=(dated["end_days"] + 1) / part,
    )
    curves = product_limit(scaled, one.ngroup().to_numpy(int), _CAUSES)
    shares = [
        _at_due_day(curves, curve) if band >= 0 else (np.nan,) * 4
        for curve, band in zip(curves.slices(), sums["band"], strict=True)
    ]
    names = ["share", "variance", "withdrawn_share", "late_share"]
    return pd.concat([sums, pd.DataFrame(shares, columns=names, dtype=float)], axis=1)


def _bands(dated: pd.DataFrame) -> np.ndarray:
    """Return for each row a number of the legal times told together; -1: of none.

    Chosen by how many dossiers there are and how long they can have been followed, never by
    what became of those of that legal time.
    """
    left = dated["outcome"] == "pending"
    # left open at age t is left after it: one that closed at t was no longer there to be left
    ends = dated.assign(end_days=dated["end_days"] + np.where(left, 0.5, 0.0))
    leaving = product_limit(ends, dated["group"].to_numpy(int), (("pending",),))
    still = {leaving.group[at.start]: at for at in leaving.slices()}
    bands = pd.Series(-1, index=dated.index)
    for group, rows in dated.groupby("group"):
        days, share = (each[still[group]] for each in (leaving.days, leaving.open_share))
        count = rows.groupby("legal_days")["dossier_count"].sum()
        count = count[count.index <= _longest_followed(rows)]
        places = np.searchsorted(days, count.index.to_numpy(float))
        followed = np.concatenate([[1.0], share])[places]
        joined = _joined(count.to_numpy() * followed, followed == 1)
        bands.loc[rows.index] = rows["legal_days"].map(dict(zip(count.index, joined, strict=True)))
    return bands.fillna(-1).to_numpy(int)


def _joined(expected: np.ndarray, sure: np.ndarray) -> np.ndarray:
    """Number the legal times, rare ones joined in order until enough; -1 where never."""
    numbers, waiting, seen = np.full(len(expected), -1), [], 0.0
    for place, found in enumerate(expected):
        if sure[place] or found >= _FEWEST_FOLLOWED:
            numbers[place] = place
            continue
        waiting, seen = [*waiting, place], seen + found
        if seen >= _FEWEST_FOLLOWED:
            numbers[waiting] = place
            waiting, seen = [], 0.0
    return numbers


def _longest_followed(rows: pd.DataFrame) -> float:
    """Return how old a dossier received on the first day of the period is at the end of it all.

    Holidays are not taken off: no legal time is left out that a dossier can have reached.
    """
    if (rows["entry_days"] > 0).any():  # those carried over were received earlier
        return np.inf
    row = rows.iloc[0]
    start = row["period_start_on"]
    last = row["as_of"] if row["cohort"] == "received" else row["period_end_on"]
    if row["day_kind"] == "calendar":
        return float((last - start).days)
    first, after = (np.datetime64(day + _EARLIEST, "D") for day in (start, last))
    return float(np.busday_count(first, after))


def _at_due_day(curves: Curves, curve: slice) -> tuple[float, float, float, float]:
    """Return share in time, its variance, withdrawn and late share after the due day."""
    days, open_share = curves.days[curve], curves.open_share[curve]
    at = int(np.searchsorted(days, 1.0, side="right")) - 1
    if at < 0:  # none ended so early: all are open after their due day
        return 0.0, 0.0, 0.0, 1.0
    too_short = days[-1] < 1.0 and open_share[-1] > 0
    if too_short or (open_share[at] == 0 and curves.emptied(curve)):
        return np.nan, np.nan, np.nan, np.nan
    in_time, withdrawn = curves.closed_share[curve][at]
    return in_time, curves.closed_variance[curve][at, 0], withdrawn, open_share[at]


def _pooled(due: pd.DataFrame) -> pd.DataFrame:
    """Return the weighted shares of each group, with both parts of the variance."""
    known = due[due["late_share"].notna()]
    total = known.groupby("group")["weight"].sum()
    part = known["weight"] / known["group"].map(total.where(total > 0))
    names = ["share", "withdrawn_share", "late_share"]
    shares = known[names].mul(part, axis=0).groupby(known["group"]).sum(min_count=1)
    apart = known["share"] - known["group"].map(shares["share"])
    spread = part**2 * known["variance"] + part * apart**2 / known["group"].map(total)
    every = due.groupby("group")["dossiers"].sum()
    decided = known.groupby("group")["decided"].sum()
    unknown = every - known.groupby("group")["dossiers"].sum().reindex(every.index, fill_value=0)
    return pd.DataFrame(
        {
            **shares,
            "variance": spread.groupby(known["group"]).sum(min_count=1),
            "weight": total,
            "decided_count": decided.reindex(every.index, fill_value=0),
            "unknown_count": unknown,
        },
        index=every.index,
    )


def _limits(found: pd.DataFrame, confidence: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return Wilson's limits for as many dossiers as give the variance, and the error."""
    share, variance, decided = (
        found[name].to_numpy(float) for name in ("share", "variance", "decided_count")
    )
    edge = is_edge(share) | (variance == 0)
    spread = np.where(edge, 1.0, variance)
    alike = np.where(edge, decided, np.minimum(share * (1 - share) / spread, decided))
    low, high = wilson(np.round(share, 12) * alike, alike, confidence)
    return low, high, np.where(edge, np.nan, np.sqrt(variance))
