"""The product-limit estimates on counts by day: share still open, shares closed by cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from cchc_analysis.intervals import wilson
from cchc_analysis.timing.observed import CLOSINGS

EACH_CLOSING = tuple((outcome,) for outcome in CLOSINGS)
_ROUNDING = 1e-12
"""A share this near to 0 or 1 is 0 or 1: what is left is the rounding of sums."""


@dataclass(frozen=True)
class Curves:
    """Estimates at each of the m days on which a dossier of a group closed or was left."""

    group: np.ndarray  # (m,) number of the group, ascending
    days: np.ndarray  # (m,) ages, ascending within a group
    at_risk: np.ndarray  # (m,) dossiers under observation on that day
    closed: np.ndarray  # (m, causes) dossiers closed on that day
    censored: np.ndarray  # (m,) dossiers last seen open on that day
    open_share: np.ndarray  # (m,) estimated share still open after that day
    open_variance: np.ndarray  # (m,) Greenwood's; NaN once the share is 0
    closed_share: np.ndarray  # (m, causes) estimated share closed by the end of that day
    closed_variance: np.ndarray  # (m, causes)

    def slices(self) -> list[slice]:
        """Return where the curve of each group lies."""
        ends = [*(np.flatnonzero(np.diff(self.group)) + 1), len(self.group)]
        return [slice(a, b) for a, b in pairwise([0, *ends]) if b > a]

    def emptied(self, curve: slice) -> bool:
        """Whether all at risk closed on one day, though others came under observation later.

        The estimate stays 0 from then on, whatever happens later: too few were seen early.
        """
        return bool((self.open_share[curve][:-1] < _ROUNDING).any())


def product_limit(
    rows: pd.DataFrame, group: np.ndarray, causes: Sequence[Sequence[str]] = EACH_CLOSING
) -> Curves:
    r"""Estimate the share still open and the shares closed, by day, of each group.

    .. math::
        \hat S(t) = \prod_{s \le t} \Bigl(1 - \frac{d_s}{n_s}\Bigr), \qquad
        \hat F_k(t) = \sum_{s \le t} \hat S(s-)\, \frac{d_{ks}}{n_s}

    Parameters
    ----------
    rows
        ``entry_days``, ``end_days``, ``outcome`` and ``dossier_count`` (above 0).
    group
        The group of each row.
    causes
        Outcomes that close a dossier, put together as they shall be told apart.

    Notes
    -----
    The variances are the delta method's for the multinomial counts of each day: Greenwood's
    for the share open, and its counterpart for the shares closed, where without censoring
    both are p(1 - p)/n. A day on which all at risk close adds nothing to them.
    """
    order = np.argsort(group, kind="stable")
    entry, end, count = (
        rows[name].to_numpy(float)[order] for name in ("entry_days", "end_days", "dossier_count")
    )
    outcome = rows["outcome"].iloc[order]
    weights = np.column_stack([count * outcome.isin(cause) for cause in causes])
    numbers, starts = np.unique(group[order], return_index=True)
    bounds = [*starts, len(order)]
    parts = [
        (np.array([]),) * 3 + (np.empty((0, len(causes))),),
        *(
            _counts_by_day(entry[a:b], end[a:b], count[a:b], weights[a:b])
            for a, b in pairwise(bounds)
        ),
    ]
    sizes = [len(part[0]) for part in parts[1:]]
    estimates = [_estimates(at_risk, closed) for _, at_risk, _, closed in parts]
    days, at_risk, censored, closed = (np.concatenate(each) for each in zip(*parts, strict=True))
    shares = (np.concatenate(each) for each in zip(*estimates, strict=True))
    return Curves(np.repeat(numbers, sizes), days, at_risk, closed, censored, *shares)


def _counts_by_day(
    entry: np.ndarray, end: np.ndarray, count: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the days of one group, and on each who was at risk, left open, and closed."""
    days, place = np.unique(end, return_inverse=True)
    n = len(days)
    closed = np.column_stack([np.bincount(place, column, n) for column in weights.T])
    ended = np.bincount(place, count, n)
    first = np.bincount(np.searchsorted(days, entry), count, n)
    at_risk = np.cumsum(first) - np.cumsum(ended) + ended
    return days, at_risk, ended - closed.sum(axis=1), closed


def _estimates(
    at_risk: np.ndarray, closed: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the share open and the shares closed of one group, each with its variance."""
    any_closed = closed.sum(axis=1)
    open_share = np.cumprod(1 - any_closed / at_risk)
    before = np.concatenate([[1.0], open_share[:-1]])[: len(open_share)]
    summed = np.cumsum((before / at_risk)[:, None] * closed, axis=0)
    closed_share = np.minimum(summed, 1.0)  # sums round past it
    left = at_risk - any_closed
    greenwood = np.divide(any_closed, at_risk * left, out=np.zeros_like(left), where=left > 0)
    variance = np.where(open_share > 0, open_share**2 * np.cumsum(greenwood), np.nan)
    return (
        open_share, variance, closed_share,
        _closed_variance(closed, at_risk, before, closed_share, greenwood),
    )  # fmt: skip


def _closed_variance(
    closed: np.ndarray,
    at_risk: np.ndarray,
    before: np.ndarray,
    share: np.ndarray,
    greenwood: np.ndarray,
) -> np.ndarray:
    """Return the variance of each share closed, as sums over the days so far."""
    n, g = at_risk[:, None], greenwood[:, None]
    later = share**2 * np.cumsum(g, axis=0)
    later += np.cumsum(share**2 * g, axis=0) - 2 * share * np.cumsum(share * g, axis=0)
    own = np.cumsum(before[:, None] ** 2 * closed * (n - closed) / n**3, axis=0)
    step = before[:, None] * closed / n**2
    both = share * np.cumsum(step, axis=0) - np.cumsum(share * step, axis=0)
    return np.maximum(later + own - 2 * both, 0.0)


def open_limits(
    curves: Curves, share: np.ndarray, variance: np.ndarray, confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    r"""Limits of a share that falls along the days: log-log, and never of no width.

    .. math:: \hat S^{\exp(\pm z\, \hat\sigma / (\hat S \log \hat S))}

    The formula has no value at 0 and 1. While nothing has closed, the lower limit is
    Wilson's for as many dossiers as were at risk; when all at risk have closed, the upper
    limit is the last one times Wilson's for the dossiers of that day.
    """
    from scipy.stats import norm

    z = norm.isf((1 - confidence) / 2)
    none_closed, all_closed = share > 1 - _ROUNDING, share < _ROUNDING
    inside = np.where(none_closed | all_closed, 0.5, share)
    reach = np.exp(z * np.sqrt(variance) / np.abs(inside * np.log(inside)))
    fewest = pd.Series(curves.at_risk).groupby(curves.group).cummin().to_numpy()
    low = np.where(none_closed, wilson(fewest, fewest, confidence)[0], inside**reach)
    high = np.where(none_closed, 1.0, inside ** (1 / reach))
    begins = np.diff(curves.group, prepend=-1) != 0
    previous = np.where(begins, 1.0, np.roll(high, 1))
    emptying = all_closed & (begins | ~np.roll(all_closed, 1))
    ceiling = np.where(
        emptying, previous * wilson(np.zeros_like(share), curves.at_risk, confidence)[1], np.nan
    )
    carried = pd.Series(ceiling).groupby(curves.group).ffill().to_numpy()
    return np.where(all_closed, 0.0, low), np.where(all_closed, carried, high)


def closed_limits(curves: Curves, place: int, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    r"""Limits of the share closed by one cause: log-log of one minus it, exact where it is 0.

    .. math:: 1 - (\alpha / 2)^{1 / n}, \qquad n = \min_{s \le t} n_s / \hat S(s-)

    While none has closed so, the upper limit is Clopper and Pearson's for 0 of n. A day's
    dossiers at risk stand for n_s / S(s-) received ones: without censoring n is all of them to
    the last day, however few are left on it; with censoring it is no more than were closed
    by then or followed so far. Whatever the day on which the cause comes, the limit holds.
    """
    share, variance = curves.closed_share[:, place], curves.closed_variance[:, place]
    low, high = open_limits(curves, 1 - share, variance, confidence)
    begins = np.diff(curves.group, prepend=-1) != 0
    before = np.where(begins, 1.0, np.roll(curves.open_share, 1))
    stand_for = np.divide(
        curves.at_risk, before, out=np.full_like(before, np.inf), where=before > _ROUNDING
    )
    alike = pd.Series(stand_for).groupby(curves.group).cummin().to_numpy()
    exact = 1 - ((1 - confidence) / 2) ** (1 / alike)
    none_closed = share < _ROUNDING
    return np.where(none_closed, 0.0, 1 - high), np.where(none_closed, exact, 1 - low)


def standard_error(share: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Return the square root of the variance, NaN where the share is 0 or 1: 0 would mislead."""
    return np.where(is_edge(share), np.nan, np.sqrt(variance))


def is_edge(share: float | np.ndarray) -> bool | np.ndarray:
    """Tell whether a share is 0 or 1, but for the rounding of sums."""
    return (share < _ROUNDING) | (share > 1 - _ROUNDING)
