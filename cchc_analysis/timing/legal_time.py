"""Share of dossiers finished by their own due day, those not due yet neither late nor in time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cchc_analysis.intervals import check_confidence, wilson
from cchc_analysis.timing.observed import numbered_groups, observed, with_keys
from cchc_analysis.timing.product_limit import Curves, is_edge, product_limit

_CAUSES = (("result", "refused"), ("withdrawn",))
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
        ``undated_count`` (no due date), ``unknown_count`` (of legal times for which no
        dossier was followed to the due day; left out of the shares), ``reading``: 'known',
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
    not due yet are censored before it. Weights are the dossiers seen from receipt on
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
    """Return what is known of the dossiers of one group and legal time at their due day.

    ``group``, ``weight`` (those seen from receipt), ``dossiers``, ``decided``, ``share`` in
    time with its ``variance``, ``withdrawn`` and ``late`` share; NaN where no dossier was
    followed to the due day.
    """
    dated = rows.assign(group=group)[rows["legal_days"].notna()]
    one = dated.groupby(["group", "legal_days"])
    count = dated["dossier_count"]
    followed = (dated["outcome"] != "pending") | (dated["end_days"] >= dated["legal_days"])
    sums = (
        dated.assign(
            weight=count.where(dated["entry_days"] == 0, 0.0),
            dossiers=count,
            decided=count.where(followed, 0.0),
        )
        .groupby(["group", "legal_days"], as_index=False)[["weight", "dossiers", "decided"]]
        .sum()
    )
    curves = product_limit(dated, one.ngroup().to_numpy(int), _CAUSES)
    shares = [
        _at(curves, curve, legal)
        for curve, legal in zip(curves.slices(), sums["legal_days"], strict=True)
    ]
    names = ["share", "variance", "withdrawn_share", "late_share"]
    return pd.concat([sums, pd.DataFrame(shares, columns=names, dtype=float)], axis=1)


def _at(curves: Curves, curve: slice, legal: float) -> tuple[float, float, float, float]:
    """Return share in time, its variance, withdrawn and late share after the due day."""
    days, open_share = curves.days[curve], curves.open_share[curve]
    at = int(np.searchsorted(days, legal, side="right")) - 1
    if at < 0:  # none ended so early: all are open after their due day
        return 0.0, 0.0, 0.0, 1.0
    too_short = days[-1] < legal and open_share[-1] > 0
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
