"""Confidence sets for ranks from estimates and their standard errors, step by step."""

from __future__ import annotations

from numbers import Integral

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cchc_analysis.columns import InputError
from cchc_analysis.intervals import check_confidence
from cchc_analysis.progress import steps

Seed = int | np.random.Generator

_HELD_AT_ONCE = 2_000_000  # draws x pairs in memory: 16 MB, which is also the fastest


def confidence_sets(
    values: ArrayLike,
    errors: ArrayLike,
    *,
    pair_errors: ArrayLike | None = None,
    confidence: float = 0.95,
    draws: int = 1000,
    seed: Seed = 0,
) -> pd.DataFrame:
    r"""Give the ranks that each of several independent estimates may hold, 1 the largest.

    .. math:: \text{rank}_j \in \left[1 + \#\{k : \mu_k > \mu_j \text{ surely}\},\;
        G - \#\{k : \mu_k < \mu_j \text{ surely}\}\right]

    For shares use :func:`~cchc_analysis.comparison.rank_sets`, which knows their errors: the
    usual error of a share of 100 % is 0, and would rank it with certainty.

    Parameters
    ----------
    values
        One estimate per unit.
    errors
        Their standard errors, above 0.
    pair_errors
        Standard error of each difference, units x units; where it is not that of
        independent estimates, :math:`\sqrt{e_j^2 + e_k^2}`.
    confidence
        Coverage, in (0, 1), of all sets at once, and of each alone.
    draws
        Draws for the critical values.
    seed
        Seed of the draws, or a numpy Generator.

    Returns
    -------
    DataFrame
        One row per value, in order: ``rank`` (ties share the best), ``rank_low`` and
        ``rank_high`` (hold for all units at once), ``alone_low`` and ``alone_high`` (for one
        unit chosen beforehand, never wider). No values in, no rows out.

    Raises
    ------
    InputError
        If a value or error is missing, an error is not above 0, or there are no draws.

    Notes
    -----
    Each ordered pair (j, k) is tested on its own: is j surely larger? The critical value is
    the ``confidence`` quantile of the largest standardised difference, from normal draws,
    over the pairs not yet found different; a pair found so leaves it in that direction
    only. With 700 units it takes seconds, with 3,000 minutes: the pairs are so many.

    References
    ----------
    Mogstad, M., Romano, J. P., Shaikh, A. M. and Wilhelm, D. (2024). Inference for ranks
    with applications to mobility across neighbourhoods and academic achievement across
    countries. *Review of Economic Studies* 91, 476-518. doi:10.1093/restud/rdad006

    Examples
    --------
    >>> confidence_sets([527.0, 526, 500, 400], [2.5, 3.1, 2.7, 2.4])
       rank  rank_low  rank_high  alone_low  alone_high
    0     1         1          2          1           2
    1     2         1          2          1           2
    2     3         3          3          3           3
    3     4         4          4          4           4
    """
    y, error, pair_error = _checked(values, errors, pair_errors)
    larger = surely_larger(
        y, error, pair_errors=pair_error, confidence=confidence, draws=draws, seed=seed
    )
    alone_larger, alone_smaller = _alone(y, error, pair_error, confidence, draws, seed)
    return pd.DataFrame(
        {
            "rank": pd.Series(-y).rank(method="min").astype(int),
            "rank_low": 1 + larger.sum(0),
            "rank_high": len(y) - larger.sum(1),
            "alone_low": 1 + alone_larger,
            "alone_high": len(y) - alone_smaller,
        }
    )


def surely_larger(
    values: ArrayLike,
    errors: ArrayLike,
    *,
    pair_errors: ArrayLike | None = None,
    confidence: float = 0.95,
    draws: int = 1000,
    seed: Seed = 0,
) -> np.ndarray:
    """Tell for each ordered pair of estimates whether the first is surely the larger.

    Parameters
    ----------
    values, errors, pair_errors, confidence, draws, seed
        As in :func:`confidence_sets`.

    Returns
    -------
    array of bool
        Units x units; row j, column k: j is larger than k. With chance ``confidence`` not
        one of these is wrong. Where neither direction holds, the two cannot be told apart.

    Examples
    --------
    >>> surely_larger([5.0, 4.0, 0.0], [1.0, 1.0, 1.0])
    array([[False, False,  True],
           [False, False,  True],
           [False, False, False]])
    """
    check_confidence(confidence)
    check_draws(draws)
    y, error, pair_error = _checked(values, errors, pair_errors)
    order = np.lexsort((y, error))  # equal units are then alike, however the rows are ordered
    noise = np.empty((len(y), draws), dtype=np.float32)
    noise[order] = _normal_draws(seed, draws, len(y)) * error[order, None]
    distance = (y[:, None] - y) / pair_error
    scale = np.hypot(error[:, None], error).astype(np.float32)
    candidates = ~np.eye(len(y), dtype=bool)
    found = np.zeros_like(candidates)
    while (candidates & ~found).any():
        largest = _largest_differences(noise, scale, candidates & ~found)
        newly = candidates & ~found & (distance > _quantile(largest, confidence))
        if not newly.any():
            break
        found |= newly
    return found


def check_draws(draws: int) -> None:
    """Raise unless ``draws`` is a number of draws.

    Raises
    ------
    InputError
        If it is not a whole number, 1 or more.

    Examples
    --------
    >>> check_draws(1000)
    """
    if not (isinstance(draws, Integral) and draws >= 1):
        raise InputError(f"draws: found {draws!r}, expected a whole number, 1 or more")


def _largest_differences(noise: np.ndarray, scale: np.ndarray, tested: np.ndarray) -> np.ndarray:
    """Return the largest standardised difference over the tested pairs, for each draw.

    A pair tested both ways is taken once, by its absolute difference.
    """
    largest = np.full(noise.shape[1], -np.inf, dtype=np.float32)
    both = np.triu(tested & tested.T)
    at_once = max(1, _HELD_AT_ONCE // noise.shape[1])
    for pairs, fold in ((both, np.abs), (tested & ~tested.T, np.positive)):
        first, second = np.nonzero(pairs)
        blocks = range(0, len(first), at_once)
        for start in steps(blocks, total=len(blocks), said="pairs of units compared, blocks"):
            j, k = first[start : start + at_once], second[start : start + at_once]
            difference = noise[j]
            difference -= noise[k]
            difference /= scale[j, k, None]
            np.maximum(largest, fold(difference, out=difference).max(0), out=largest)
    return largest


def _alone(
    y: np.ndarray,
    error: np.ndarray,
    pair_error: np.ndarray,
    confidence: float,
    draws: int,
    seed: Seed,
) -> tuple[np.ndarray, np.ndarray]:
    """Return how many units are surely larger, and surely smaller, than each unit by itself."""
    units = len(y)
    noise = _normal_draws(seed, draws, units)
    order = np.lexsort((y, error))
    larger, smaller = np.zeros(units, dtype=int), np.zeros(units, dtype=int)
    for j in steps(range(units), total=units, said="units ranked"):
        others = order[order != j]
        scale = np.hypot(error[others], error[j])
        difference = noise[1:] * (error[others] / scale).astype(np.float32)[:, None]
        difference -= noise[0] * (error[j] / scale).astype(np.float32)[:, None]
        distance = (y[others] - y[j]) / pair_error[others, j]
        above, below = _step_down(difference, distance, confidence)
        larger[j], smaller[j] = above.sum(), below.sum()
    return larger, smaller


def _step_down(
    difference: np.ndarray, distance: np.ndarray, confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return which others are surely above, and which below, one unit."""
    above, below = np.zeros(len(distance), dtype=bool), np.zeros(len(distance), dtype=bool)
    while not (above & below).all():
        upwards = difference[~above].max(0, initial=-np.inf)
        downwards = difference[~below].min(0, initial=np.inf)
        critical = _quantile(np.maximum(upwards, -downwards), confidence)
        now_above, now_below = distance > critical, distance < -critical
        if (now_above <= above).all() and (now_below <= below).all():
            break
        above, below = above | now_above, below | now_below
    return above, below


def _normal_draws(seed: Seed, draws: int, units: int) -> np.ndarray:
    """Return normal draws, units x draws; single precision is more than the draws are worth."""
    return np.random.default_rng(seed).standard_normal((units, draws), dtype=np.float32)


def _quantile(largest: np.ndarray, confidence: float) -> float:
    """Return the critical value of the draws, the higher one where it falls between two."""
    return float(np.quantile(largest, confidence, method="higher"))


def _checked(
    values: ArrayLike, errors: ArrayLike, pair_errors: ArrayLike | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return values, errors and the error of each difference as arrays, or say what is wrong."""
    y, error = np.asarray(values, float), np.asarray(errors, float)
    if y.ndim != 1 or y.shape != error.shape:
        raise InputError(f"values, errors: found shapes {y.shape}, {error.shape}, expected equal")
    if not (np.isfinite(y).all() and (np.isfinite(error) & (error > 0)).all()):
        raise InputError("values must be finite and errors above 0; leave other units out")
    if pair_errors is None:
        return y, error, np.hypot(error[:, None], error)
    pair_error = np.asarray(pair_errors, float)
    if pair_error.shape != (len(y), len(y)) or not (pair_error > 0).all():
        raise InputError("pair_errors: expected a number above 0 for each pair, units x units")
    return y, error, pair_error
