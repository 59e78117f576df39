"""Intervals for two shares: their difference and their ratio."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cchc_analysis.intervals.one_share import Limits, check_confidence, check_counts, wilson

_LOG_RATIO = 60.0  # no ratio of two shares of countable dossiers is as far from 1 as exp(60)


def newcombe(
    count: ArrayLike,
    total: ArrayLike,
    other_count: ArrayLike,
    other_total: ArrayLike,
    confidence: float = 0.95,
) -> Limits:
    r"""Limits of the difference of two shares, from the Wilson limits of each (Newcombe).

    .. math:: d - \sqrt{(p_1 - l_1)^2 + (u_2 - p_2)^2}, \qquad
        d + \sqrt{(u_1 - p_1)^2 + (p_2 - l_2)^2}, \qquad d = p_1 - p_2

    For two units, or one unit in two periods, chosen before looking: the best and the worst
    of many always differ. Chance alone, as for :func:`wilson`; a difference in case mix is
    not removed. Limits that leave out 0 do not make a difference large.

    Parameters
    ----------
    count, total
        Dossiers that count, and in all, of the first. Numbers or arrays.
    other_count, other_total
        Those of the second, whose share is subtracted.
    confidence
        Coverage, in (0, 1).

    Returns
    -------
    tuple of arrays
        Lower and upper limits, differences of shares in -1..1. NaN where a total is 0 or a
        number is missing.

    Raises
    ------
    InputError
        If ``confidence`` is outside (0, 1), or a count is negative or above its total.

    References
    ----------
    Newcombe, R. G. (1998). Interval estimation for the difference between independent
    proportions: comparison of eleven methods (method 10). *Statistics in Medicine* 17,
    873-890. doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I

    Examples
    --------
    >>> low, high = newcombe(56, 70, 48, 80)
    >>> float(low.round(4)), float(high.round(4))
    (0.0524, 0.3339)
    """
    low, high = wilson(count, total, confidence)
    other_low, other_high = wilson(other_count, other_total, confidence)
    share, other = _share(count, total), _share(other_count, other_total)
    below = np.hypot(share - low, other_high - other)
    above = np.hypot(high - share, other - other_low)
    return share - other - below, share - other + above


def rate_ratio(
    count: ArrayLike,
    total: ArrayLike,
    other_count: ArrayLike,
    other_total: ArrayLike,
    confidence: float = 0.95,
) -> Limits:
    r"""Score limits of the ratio of two shares (Koopman).

    .. math:: \left|\frac{\hat p_1 - \phi \hat p_2}
        {\sqrt{\tilde p_1 \tilde q_1 / n_1 + \phi^2 \tilde p_2 \tilde q_2 / n_2}}\right| \le z,
        \qquad \tilde p_1 = \phi \tilde p_2 \text{ most likely}

    Give it late counts: 2 % late against 1 % is twice as much, 98 % on time against 99 % is
    nothing. A ratio hides how small both shares are; read :func:`newcombe` beside it.

    Parameters
    ----------
    count, total
        Dossiers that count, and in all, of the first. Numbers or arrays.
    other_count, other_total
        Those of the second, by whose share is divided.
    confidence
        Coverage, in (0, 1).

    Returns
    -------
    tuple of arrays
        Lower and upper limits, 0 or more. 0 where the first count is 0, infinite where the
        second is; 0 to infinity where both are. NaN where a total is 0 or a number missing.

    Raises
    ------
    InputError
        If ``confidence`` is outside (0, 1), or a count is negative or above its total.

    Notes
    -----
    Solved here, since the score limits of statsmodels are undefined where both shares are 0
    or both are 1, and its limits on the log scale depend on what is added to the counts.

    References
    ----------
    Koopman, P. A. R. (1984). Confidence intervals for the ratio of two binomial proportions.
    *Biometrics* 40, 513-517. doi:10.2307/2531405

    Examples
    --------
    >>> low, high = rate_ratio([36, 0, 5], [40, 10, 20], [16, 5, 0], [80, 20, 10])
    >>> low.round(3), high.round(3)
    (array([2.94 , 0.   , 0.802]), array([7.152, 1.247,   inf]))
    """
    from scipy.stats import norm

    check_confidence(confidence)
    given = (count, total, other_count, other_total)
    numbers = np.broadcast_arrays(*(np.asarray(part, float) for part in given))
    check_counts(*numbers[:2])
    check_counts(*numbers[2:])
    known = (numbers[1] > 0) & (numbers[3] > 0) & ~np.isnan(numbers[0]) & ~np.isnan(numbers[2])
    x, n, other_x, other_n = (part[known] for part in numbers)
    low, high = np.full(known.shape, np.nan), np.full(known.shape, np.nan)
    z = norm.isf((1 - confidence) / 2)
    low[known] = np.where(x == 0, 0.0, _ratio_where_z_is(z, x, n, other_x, other_n))
    high[known] = np.where(other_x == 0, np.inf, _ratio_where_z_is(-z, x, n, other_x, other_n))
    return low, high


def _share(count: ArrayLike, total: ArrayLike) -> np.ndarray:
    """Return count / total, NaN where there is no dossier."""
    totals = np.asarray(total, float)
    return np.asarray(count, float) / np.where(totals > 0, totals, np.nan)


def _ratio_where_z_is(
    z: float, x: np.ndarray, n: np.ndarray, other_x: np.ndarray, other_n: np.ndarray
) -> np.ndarray:
    """Return the ratio of shares at which Koopman's statistic, falling in the ratio, is ``z``."""
    from scipy.optimize.elementwise import find_root

    def excess(log_ratio: np.ndarray, *numbers: np.ndarray) -> np.ndarray:
        return _koopman_z(np.exp(log_ratio), *numbers) - z

    bracket = (np.full(x.shape, -_LOG_RATIO), np.full(x.shape, _LOG_RATIO))
    return np.exp(find_root(excess, bracket, args=(x, n, other_x, other_n)).x)


def _koopman_z(
    ratio: np.ndarray, x: np.ndarray, n: np.ndarray, other_x: np.ndarray, other_n: np.ndarray
) -> np.ndarray:
    """Return the distance of two shares from a ratio, in standard errors under that ratio."""
    both, found = n + other_n, x + other_x
    b = ratio * (n + other_x) + x + other_n
    root = np.sqrt(np.maximum(b**2 - 4 * both * ratio * found, 0))
    other = 2 * found / (b + root)  # the smaller root, without the loss of b - root
    share = np.minimum(ratio * other, 1.0)
    variance = share * (1 - share) / n + ratio**2 * other * (1 - other) / other_n
    distance = x / n - ratio * other_x / other_n
    return np.divide(
        distance, np.sqrt(np.maximum(variance, 0)), out=np.zeros_like(distance), where=variance > 0
    )
