"""A logit on counts whose levels are drawn towards one another: partial pooling.

Each factor (unit, procedure, ...) has a variance of its own, estimated from the counts, and
its levels are drawn towards 0 by it: a level with few dossiers says little, a factor that
does not matter vanishes, and a level never met before has a known uncertainty.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np

SMALLEST_VARIANCE = 0.02**2
LARGEST_VARIANCE = 4.0
FIRST_VARIANCE = 0.25
"""Also that of a factor with a single level, of which nothing can be learnt."""
_ROUNDS, _STEPS = 40, 12
_NEAR, _SETTLED = 0.1, 3e-3


@dataclass(frozen=True)
class PooledLogit:
    """Coefficients (log odds) of an intercept and of every level of every factor."""

    coefficients: np.ndarray  # the intercept, then the levels factor by factor
    covariance: np.ndarray  # of the coefficients, given the variances
    variances: np.ndarray  # one per factor, between its levels


def fit_pooled(
    codes: np.ndarray, sizes: tuple[int, ...], late: np.ndarray, total: np.ndarray
) -> PooledLogit:
    """Fit late among total by the factors' levels; variances by maximum marginal likelihood.

    Parameters
    ----------
    codes
        One row per cell, one column per factor: the number of its level.
    sizes
        Levels of each factor.
    late, total
        Counts of each cell; weights may make them fractions.

    Notes
    -----
    Newton steps on the penalised log-likelihood; then MacKay's update of each variance, the
    squares of its levels over the degrees of freedom the counts left them, until it settles.
    One dossier, half of it late, is added for the intercept (a log-F(1, 1) prior), so that
    none or all late gives a finite answer.

    References
    ----------
    Breslow, N. E. and Clayton, D. G. (1993). Approximate inference in generalized linear
    mixed models. *JASA* 88, 9-25. doi:10.1080/01621459.1993.10594284

    MacKay, D. J. C. (1992). Bayesian interpolation. *Neural Computation* 4, 415-447.
    doi:10.1162/neco.1992.4.3.415
    """
    design = _Design(codes, sizes)
    single = np.array([size == 1 for size in sizes])
    variances = np.full(len(sizes), FIRST_VARIANCE)
    coefficients = np.zeros(design.width)
    coefficients[0] = np.log((late.sum() + 0.5) / (total.sum() - late.sum() + 0.5))
    before = None
    for _ in range(_ROUNDS):
        precision = np.r_[0.0, np.repeat(1 / variances, sizes)]
        coefficients, covariance = _newton(design, coefficients, precision, late, total)
        fitting = np.where(single, variances, _fitting(design, coefficients, covariance, variances))
        now = np.log(variances), np.log(fitting / variances)
        updated = np.where(single, variances, _secant(before, now))
        settled = np.abs(np.sqrt(updated) - np.sqrt(variances)).max() < _SETTLED
        before, variances = now, updated
        if settled:
            break
    return PooledLogit(coefficients, covariance, variances)


class _Design:
    """The 0/1 columns of the factors' levels, kept as codes: sums, never a matrix."""

    def __init__(self, codes: np.ndarray, sizes: tuple[int, ...]) -> None:
        starts = 1 + np.r_[0, np.cumsum(sizes)[:-1]].astype(int)
        self.columns = [column + start for column, start in zip(codes.T, starts, strict=True)]
        self.blocks = [slice(s, s + n) for s, n in zip(starts, sizes, strict=True)]
        self.width = 1 + sum(sizes)

    def predictor(self, coefficients: np.ndarray) -> np.ndarray:
        """Return the log odds of each cell."""
        return coefficients[0] + sum(coefficients[column] for column in self.columns)

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Return the sum of ``values`` over all cells, then over those with each level."""
        found = np.zeros(self.width)
        found[0] = values.sum()
        for column in self.columns:
            found += np.bincount(column, values, self.width)
        return found

    def crossed(self, weights: np.ndarray) -> np.ndarray:
        """Return the sums of ``weights`` over the cells that share each pair of levels."""
        found = np.zeros((self.width, self.width))
        found[0] = found[:, 0] = self.sums(weights)
        for i, j in combinations_with_replacement(range(len(self.columns)), 2):
            rows, columns = self.blocks[i], self.blocks[j]
            shape = rows.stop - rows.start, columns.stop - columns.start
            place = (self.columns[i] - rows.start) * shape[1] + (self.columns[j] - columns.start)
            block = np.bincount(place, weights, shape[0] * shape[1]).reshape(shape)
            found[rows, columns] = block
            found[columns, rows] = block.T
        return found


def _newton(
    design: _Design,
    coefficients: np.ndarray,
    precision: np.ndarray,
    late: np.ndarray,
    total: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the penalised maximum and the inverse of the curvature near it."""
    covariance, far = None, True
    for _ in range(_STEPS):
        share = expit(design.predictor(coefficients))
        own = expit(coefficients[0])
        gradient = design.sums(late - total * share) - precision * coefficients
        gradient[0] += 0.5 - own
        if far:  # near the maximum the curvature hardly changes, and costs most
            curvature = design.crossed(total * share * (1 - share)) + np.diag(precision)
            curvature[0, 0] += own * (1 - own)
            covariance = np.linalg.inv(curvature)
        step = np.clip(covariance @ gradient, -2, 2)
        coefficients = coefficients + step
        far = np.abs(step).max() > _NEAR
        if np.abs(step).max() < _SETTLED:
            break
    return coefficients, covariance


def _fitting(
    design: _Design, coefficients: np.ndarray, covariance: np.ndarray, variances: np.ndarray
) -> np.ndarray:
    """Return the variance of each factor's levels that its estimated levels speak for."""
    found = []
    for block, variance in zip(design.blocks, variances, strict=True):
        own = np.diag(covariance)[block]
        free = max(len(own) - own.sum() / variance, 1e-9)
        found.append((coefficients[block] ** 2).sum() / free)
    return np.clip(found, SMALLEST_VARIANCE, LARGEST_VARIANCE)


def _secant(before: tuple | None, now: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return variances at which the next update should change nothing.

    The plain update creeps where a variance is near 0: two rounds tell how slowly.
    """
    at, change = now
    slope = np.full_like(at, -1.0)
    if before is not None:
        moved = np.where(at == before[0], 1.0, at - before[0])
        slope = np.clip((change - before[1]) / moved, -1.0, -0.1)
    return np.clip(np.exp(at - change / slope), SMALLEST_VARIANCE, LARGEST_VARIANCE)


def expit(log_odds: np.ndarray) -> np.ndarray:
    """Return the probability of log odds."""
    return 1 / (1 + np.exp(-np.clip(log_odds, -40, 40)))
