"""Intervals for one share: Wilson, Clopper-Pearson, mid-P, and limits around a known share."""

from __future__ import annotations

from numbers import Real

import numpy as np
from numpy.typing import ArrayLike

from cchc_analysis.columns import InputError

Limits = tuple[np.ndarray, np.ndarray]


def wilson(count: ArrayLike, total: ArrayLike, confidence: float = 0.95) -> Limits:
    r"""Wilson score limits of a share; the default interval of the package.

    .. math:: \frac{\hat p + z^2/2n \pm z\sqrt{\hat p(1-\hat p)/n + z^2/4n^2}}{1 + z^2/n}

    The limits describe variation between similar periods of a full count, not sampling
    error. They hold for one unit at a time: among 100 units with the same true share,
    about 5 of the 95 % intervals miss it. Use :func:`~cchc_analysis.comparison.funnel` to
    ask who stands out. Dossiers decided in batches vary more than these limits say.

    Parameters
    ----------
    count
        Dossiers that count, 0 <= count <= total. A number or an array.
    total
        Dossiers in all. Broadcast against ``count``.
    confidence
        Coverage, in (0, 1).

    Returns
    -------
    tuple of arrays
        Lower and upper limits, shares in 0..1. NaN where ``total`` is 0 or either number
        is missing. Empty input gives empty arrays.

    Raises
    ------
    InputError
        If ``confidence`` is outside (0, 1), or a count is negative or above its total.

    Notes
    -----
    Computed by statsmodels. The limits stay inside 0..1, keep their width at 0 and 100 %,
    and have a mean coverage close to nominal; for single true shares near 0 or 1 coverage
    dips below it. :func:`clopper_pearson` never does.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical
    inference. *JASA* 22, 209-212. doi:10.1080/01621459.1927.10502953

    Examples
    --------
    >>> low, high = wilson([96, 20, 0], [100, 20, 0])
    >>> low.round(3), high.round(3)
    (array([0.902, 0.839, nan]), array([0.984, 1. , nan]))
    """
    return _limits(count, total, confidence, "wilson")


def clopper_pearson(count: ArrayLike, total: ArrayLike, confidence: float = 0.95) -> Limits:
    r"""Exact binomial limits of a share (Clopper-Pearson).

    .. math::
        P(X \ge x \mid \text{low}) = P(X \le x \mid \text{high}) = (1 - \text{confidence})/2

    The limits describe variation between similar periods of a full count, not sampling
    error. Coverage is never below nominal, so for few dossiers the interval is wider than
    needed: overlapping intervals of two small units say little.

    Parameters
    ----------
    count
        Dossiers that count, 0 <= count <= total. A number or an array.
    total
        Dossiers in all. Broadcast against ``count``.
    confidence
        Coverage, in (0, 1).

    Returns
    -------
    tuple of arrays
        Lower and upper limits, shares in 0..1. NaN where ``total`` is 0 or either number
        is missing. Empty input gives empty arrays.

    Raises
    ------
    InputError
        If ``confidence`` is outside (0, 1), or a count is negative or above its total.

    References
    ----------
    Clopper, C. J. and Pearson, E. S. (1934). The use of confidence or fiducial limits
    illustrated in the case of the binomial. *Biometrika* 26, 404-413.
    doi:10.1093/biomet/26.4.404

    Examples
    --------
    With nothing late among 20 dossiers, up to 14 % late would not surprise:

    >>> low, high = clopper_pearson(20, 20, confidence=0.90)
    >>> float(low.round(3)), float(high)
    (0.861, 1.0)
    """
    return _limits(count, total, confidence, "beta")


def mid_p(count: ArrayLike, total: ArrayLike, confidence: float = 0.95) -> Limits:
    r"""Mid-P limits of a share: exact binomial, the observed count weighed by one half.

    .. math::
        P(X > x \mid \text{low}) + \tfrac12 P(X = x \mid \text{low}) = (1 - \text{confidence})/2

    The limits describe variation between similar periods of a full count, not sampling
    error. They are narrower than :func:`clopper_pearson`, whose coverage they keep on
    average, not for every true share.

    Parameters
    ----------
    count
        Dossiers that count, 0 <= count <= total. A number or an array.
    total
        Dossiers in all. Broadcast against ``count``.
    confidence
        Coverage, in (0, 1).

    Returns
    -------
    tuple of arrays
        Lower and upper limits, shares in 0..1. NaN where ``total`` is 0 or either number
        is missing. Empty input gives empty arrays.

    Raises
    ------
    InputError
        If ``confidence`` is outside (0, 1), or a count is negative or above its total.

    References
    ----------
    Berry, G. and Armitage, P. (1995). Mid-P confidence intervals: a brief review. *The
    Statistician* 44, 417-423. doi:10.2307/2348891

    Examples
    --------
    >>> low, high = mid_p([96, 20, 0], [100, 20, 0])
    >>> low.round(3), high.round(3)
    (array([0.906, 0.861,   nan]), array([0.987, 1.   ,   nan]))
    """
    check_confidence(confidence)
    counts, totals = np.broadcast_arrays(np.asarray(count, float), np.asarray(total, float))
    check_counts(counts, totals)
    known = (totals > 0) & ~np.isnan(counts)
    low, high = np.full(counts.shape, np.nan), np.full(counts.shape, np.nan)
    tail = (1 - confidence) / 2
    low[known] = _mid_p_low(counts[known], totals[known], tail)
    high[known] = 1 - _mid_p_low(totals[known] - counts[known], totals[known], tail)
    return low, high


def exact_limits(expected_share: ArrayLike, total: ArrayLike, confidence: float = 0.998) -> Limits:
    r"""Exact binomial limits of the share of a unit whose true share is known.

    .. math:: P(X < n \cdot \text{low}) < \alpha/2, \qquad P(X > n \cdot \text{high}) < \alpha/2

    Chance alone: with the volumes of a province, nearly every unit lies outside limits
    that allow for nothing else. A share on a limit is inside.

    Parameters
    ----------
    expected_share
        The share expected, in 0..1. A number or an array.
    total
        Dossiers of the unit, whole numbers.
    confidence
        At least this probability lies inside, in (0, 1).

    Returns
    -------
    tuple of arrays
        Lower and upper limits, shares in 0..1, each a whole number of dossiers over the
        total. NaN where the total is 0 or missing.

    Raises
    ------
    InputError
        If ``confidence`` is outside (0, 1), or a share outside 0..1.

    Examples
    --------
    >>> low, high = exact_limits(0.98, [10, 100, 1000])
    >>> low.round(3), high.round(3)
    (array([0.8  , 0.93 , 0.965]), array([1.   , 1.   , 0.992]))
    """
    from scipy.stats import binom

    check_confidence(confidence)
    share, totals = np.broadcast_arrays(np.asarray(expected_share, float), np.asarray(total, float))
    bad = (share < 0) | (share > 1)
    if bad.any():
        raise InputError(
            f"expected_share: found {share[bad][0]:g}, expected shares in 0..1, such as 0.98"
        )
    size = np.where(totals > 0, totals, np.nan)
    tail = (1 - confidence) / 2
    low = np.clip(binom.ppf(tail, size, share), 0, size)
    high = np.clip(binom.isf(tail, size, share), 0, size)
    return low / size, high / size


def check_confidence(confidence: float) -> None:
    """Raise unless ``confidence`` is a coverage in (0, 1).

    Raises
    ------
    InputError
        If it is not, such as 95 for 0.95.

    Examples
    --------
    >>> check_confidence(0.95)
    """
    if not (isinstance(confidence, Real) and 0 < confidence < 1):
        raise InputError(f"confidence: found {confidence}, expected a share between 0 and 1 (0.95)")


def _limits(count: ArrayLike, total: ArrayLike, confidence: float, method: str) -> Limits:
    """Return the limits of one statsmodels method, exactly 0 or 1 at the ends."""
    from statsmodels.stats.proportion import proportion_confint

    check_confidence(confidence)
    counts, totals = np.broadcast_arrays(np.asarray(count, float), np.asarray(total, float))
    check_counts(counts, totals)
    known = (totals > 0) & ~np.isnan(counts)
    low, high = np.full(counts.shape, np.nan), np.full(counts.shape, np.nan)
    low[known], high[known] = proportion_confint(
        counts[known], totals[known], alpha=1 - confidence, method=method
    )
    low = np.where(known & (counts == 0), 0.0, np.clip(low, 0, 1))
    high = np.where(known & (counts == totals), 1.0, np.clip(high, 0, 1))
    return low, high


def check_counts(counts: np.ndarray, totals: np.ndarray) -> None:
    """Raise for the first position where a count does not fit its total.

    Raises
    ------
    InputError
        With the position and both numbers.

    Examples
    --------
    >>> check_counts(np.array([9.0]), np.array([10.0]))
    """
    bad = (counts < 0) | (totals < 0) | (counts > totals) | np.isinf(counts) | np.isinf(totals)
    if bad.any():
        at = int(bad.ravel().argmax())
        raise InputError(
            f"position {at}: found count {counts.ravel()[at]:g} of total {totals.ravel()[at]:g}, "
            "expected 0 <= count <= total; correct the counts, or leave both missing"
        )


def _mid_p_low(counts: np.ndarray, totals: np.ndarray, tail: float) -> np.ndarray:
    """Return the share at which the mid-P upper tail of the count is ``tail``; 0 at 0."""
    from scipy.optimize.elementwise import find_root
    from scipy.stats import binom

    def excess(share: np.ndarray, x: np.ndarray, n: np.ndarray) -> np.ndarray:
        return (binom.sf(x, n, share) + binom.sf(x - 1, n, share)) / 2 - tail

    bracket = (np.zeros_like(counts), np.ones_like(counts))
    found = find_root(excess, bracket, args=(np.maximum(counts, 1), totals)).x
    return np.where(counts == 0, 0.0, found)
