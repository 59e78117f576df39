"""Kaplan-Meier by day on counts, with delayed entry, and the days by which a share is closed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cchc_analysis.columns import InputError
from cchc_analysis.intervals import check_confidence
from cchc_analysis.timing.observed import CLOSINGS, numbered_groups, observed, with_keys
from cchc_analysis.timing.product_limit import open_limits, product_limit, standard_error

_QUANTILES = [
    "share", "days", "low_days", "high_days", "dossier_count", "closed_count", "result_count",
    "pending_count", "reading", "method",
]  # fmt: skip
_ANY_CLOSING = (CLOSINGS,)
_ROUNDING = 1e-9
"""So that 0.5 reached by a product of fractions counts as reached."""


def time_to_result(
    durations: pd.DataFrame, by: Sequence[str] = (), *, confidence: float = 0.95
) -> pd.DataFrame:
    r"""Share of dossiers still open after each day of their life, open ones censored.

    .. math:: \hat S(t) = \prod_{s \le t} \Bigl(1 - \frac{d_s}{n_s}\Bigr)

    A refusal or a withdrawal ends the wait as a result does: a unit that refuses much looks
    quick, so read it beside :func:`cumulative_incidence`. The right end of a curve rests on
    the few dossiers followed for long; look at ``at_risk_count``. With delayed entry the
    left end may rest on few, too.

    Parameters
    ----------
    durations
        Columns of ``DURATIONS``, of cohort 'received' or 'observed'.
    by
        Further columns to keep apart, such as ``("field",)``.
    confidence
        Coverage of the limits as process variation, in (0, 1), for one day at a time.

    Returns
    -------
    DataFrame
        One row per group and day on which a dossier closed or was last seen: ``days`` (age),
        ``at_risk_count``, ``closed_count`` and ``censored_count`` (dossiers on that day),
        ``open_share`` (0..1) after that day, ``std_error`` (Greenwood's; NaN where the share
        is 0 or 1), ``low``, ``high`` (0..1), ``method``. No dossiers, no rows.

    Raises
    ------
    InputError
        If cohorts, kinds of day or rules are mixed, the cohort is 'closed', a column of
        ``by`` is absent, or a dossier ends before it is seen.

    Notes
    -----
    Exact: dossiers of one day are alike, so counts by day give what the rows give. At risk on
    day d are those with entry_days <= d <= end_days; software that takes entry as the last
    day *not* seen must be given entry_days - 1. Log-log limits; while nothing has closed,
    Wilson's for the dossiers at risk, so no limit claims certainty.

    References
    ----------
    Kaplan, E. L. and Meier, P. (1958). Nonparametric estimation from incomplete observations.
    *JASA* 53, 457-481. doi:10.1080/01621459.1958.10501452

    Kalbfleisch, J. D. and Prentice, R. L. (2002). *The Statistical Analysis of Failure Time
    Data*, 2nd ed. Wiley. doi:10.1002/9781118032985

    Examples
    --------
    >>> durations = pd.DataFrame({
    ...     "unit_id": "A", "period_start_on": "2026-01-01", "period_end_on": "2026-01-31",
    ...     "cohort": "received", "as_of": "2026-01-31", "rule": "strict", "day_kind": "working",
    ...     "entry_days": 0, "end_days": [0, 2, 2, 3], "outcome": ["result"] * 2 + ["pending"] * 2,
    ...     "dossier_count": [1, 4, 2, 3], "source": "example",
    ... })
    >>> time_to_result(durations)[
    ...     ["days", "at_risk_count", "closed_count", "censored_count", "open_share"]
    ... ]
       days  at_risk_count  closed_count  censored_count  open_share
    0   0.0           10.0           1.0             0.0         0.9
    1   2.0            9.0           4.0             2.0         0.5
    2   3.0            3.0           0.0             3.0         0.5
    """
    check_confidence(confidence)
    rows = observed(durations, by)
    keys, group = numbered_groups(rows, by)
    curve = product_limit(rows, group, _ANY_CLOSING)
    low, high = open_limits(curve, curve.open_share, curve.open_variance, confidence)
    found = pd.DataFrame(
        {
            "group": curve.group,
            "days": curve.days,
            "at_risk_count": curve.at_risk,
            "closed_count": curve.closed[:, 0],
            "censored_count": curve.censored,
            "open_share": curve.open_share,
            "std_error": standard_error(curve.open_share, curve.open_variance),
            "low": low,
            "high": high,
            "method": f"exact: Kaplan-Meier, Greenwood, log-log limits {100 * confidence:g}%",
        }
    )
    return with_keys(keys, found)


def time_quantiles(
    durations: pd.DataFrame,
    by: Sequence[str] = (),
    *,
    shares: Sequence[float] = (0.5, 0.9),
    confidence: float = 0.95,
) -> pd.DataFrame:
    r"""Days by the end of which a share of the dossiers was closed; 0.5 is the median.

    .. math:: \hat t_p = \min \{t : 1 - \hat S(t) \ge p\}

    The mean of the closed dossiers is not this: it leaves out those still open, which are
    the long ones. A median within the legal time says nothing of the slowest tenth.

    Parameters
    ----------
    durations, by, confidence
        As in :func:`time_to_result`.
    shares
        Shares of dossiers, each in (0, 1).

    Returns
    -------
    DataFrame
        One row per group and share: ``days`` (NaN where the share is not reached, never 0),
        ``low_days``, ``high_days`` (NaN where the limit is not reached yet),
        ``dossier_count``, ``closed_count``, ``result_count`` and ``pending_count``
        (dossiers), ``reading``: 'reached', 'not_reached', or 'emptied' where so few were
        seen at an early age that all of them closed before others came under observation
        (NaN then), and ``method``.

    Raises
    ------
    InputError
        As in :func:`time_to_result`, or if a share is not in (0, 1).

    Notes
    -----
    The limits are the days on which the limits of the curve reach the share (the log-log
    test inverted).

    References
    ----------
    Brookmeyer, R. and Crowley, J. (1982). A confidence interval for the median survival
    time. *Biometrics* 38, 29-41. doi:10.2307/2530286

    Examples
    --------
    >>> durations = pd.DataFrame({
    ...     "unit_id": "A", "period_start_on": "2026-01-01", "period_end_on": "2026-01-31",
    ...     "cohort": "received", "as_of": "2026-01-31", "rule": "strict", "day_kind": "working",
    ...     "entry_days": 0, "end_days": [1, 2, 3, 3], "outcome": ["result"] * 3 + ["pending"],
    ...     "dossier_count": [30, 40, 20, 20], "source": "example",
    ... })
    >>> time_quantiles(durations)[["share", "days", "low_days", "high_days", "reading"]]
       share  days  low_days  high_days      reading
    0    0.5   2.0       2.0        2.0      reached
    1    0.9   NaN       NaN        NaN  not_reached
    """
    check_confidence(confidence)
    wrong = [share for share in shares if not 0 < share < 1]
    if wrong:
        raise InputError(f"shares: found {wrong[0]!r}, expected shares between 0 and 1")
    return quantiles(observed(durations, by), by, shares, confidence)


def quantiles(
    rows: pd.DataFrame, by: Sequence[str], shares: Sequence[float], confidence: float
) -> pd.DataFrame:
    """Return :func:`time_quantiles` of rows that are checked, whatever their cohort."""
    keys, group = numbered_groups(rows, by)
    curve = product_limit(rows, group, _ANY_CLOSING)
    low, high = open_limits(curve, curve.open_share, curve.open_variance, confidence)
    found = []
    for at in curve.slices():
        emptied = curve.emptied(at)
        for share in shares:
            days = [_first_day(curve.days[at], x[at], share) for x in (curve.open_share, low, high)]
            reading = "not_reached" if np.isnan(days[0]) else "reached"
            found.append(
                (curve.group[at][0], share, *([np.nan] * 3 if emptied else days),
                 "emptied" if emptied else reading)
            )  # fmt: skip
    columns = ["group", "share", "days", "low_days", "high_days", "reading"]
    told = pd.DataFrame(found, columns=columns).join(_counts(rows, group), on="group")
    method = f"exact: Kaplan-Meier, limits inverted {100 * confidence:g}%"
    return with_keys(keys, told.assign(method=method)[["group", *_QUANTILES]])


def _counts(rows: pd.DataFrame, group: np.ndarray) -> pd.DataFrame:
    """Return the dossiers of each group: all, closed, with a result, still open."""
    count, outcome = rows["dossier_count"], rows["outcome"]
    parts = {
        "dossier_count": count,
        "closed_count": count.where(outcome.isin(CLOSINGS), 0.0),
        "result_count": count.where(outcome == "result", 0.0),
        "pending_count": count.where(outcome == "pending", 0.0),
    }
    return pd.DataFrame(parts).groupby(group).sum()


def _first_day(days: np.ndarray, open_share: np.ndarray, share: float) -> float:
    """Return the first day on which no more than the rest is open; NaN where there is none."""
    reached = np.flatnonzero(open_share <= 1 - share + _ROUNDING)
    return float(days[reached[0]]) if reached.size else np.nan
