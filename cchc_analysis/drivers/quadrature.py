"""The likelihood of a logit with a normal intercept per unit, by adaptive Gauss-Hermite.

Counts are enough: all dossiers of a cell share one factor of the likelihood. Score and
Hessian are those of the integral (Louis 1982), not differences, so Newton's method settles
in a few steps and the errors are exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from cchc_analysis.progress import steps

NODES = 15  # units with few dossiers need the most; 9 and 25 differ in the 6th digit at worst
NO_SPREAD = -20.0  # log of an sd that stands for none: 2e-9
WIDEST = 4.0
"""The largest sd, in log odds, that is looked at.

A unit never late has an intercept whose distribution is far from a normal one under a wide
spread: with this sd 15 nodes miss the log of its likelihood by up to 0.006, with 13 by 0.07.
It is also more than units of one kind differ by: a median odds ratio of 45.
"""
_ROUNDS = 50  # some ten are enough where there is a maximum
_ROUNDS_OF_MODES = 100
_SETTLED = 1e-5  # standard errors by which a last step may move an estimate
_STUCK = 1e-2  # standard errors from the summit within which the quadrature may hide the rest


class NoMaximum(np.linalg.LinAlgError):
    """The likelihood has no maximum that Newton's method could stand by."""


@dataclass(frozen=True)
class UnitCells:
    """Cells sorted by unit, the columns of the fixed part sparse: most are 0/1."""

    late: np.ndarray
    total: np.ndarray
    design: csr_array
    unit: np.ndarray  # 0, 1, ... without a gap, ascending

    def by_unit(self, values: np.ndarray) -> np.ndarray:
        """Sum over the cells of each unit."""
        return np.add.reduceat(values, self._first, axis=0)

    @cached_property
    def _first(self) -> np.ndarray:
        return np.flatnonzero(np.diff(self.unit, prepend=-1))

    @cached_property
    def lifted(self) -> csr_array:
        """The matrix that sums column times value over the cells of each unit."""
        cells, columns = self.design.shape
        entries = self.design.tocoo()
        at = self.unit[entries.row] * columns + entries.col
        shape = ((self.unit[-1] + 1) * columns, cells)
        return csr_array((entries.data, (at, entries.row)), shape=shape)


@dataclass(frozen=True)
class Point:
    """The log-likelihood, its slope and its curvature at one value of the parameters."""

    coefficients: np.ndarray
    log_sd: float
    value: float  # without the binomial coefficients, which no parameter enters
    score: np.ndarray  # by coefficients, then log_sd
    hessian: np.ndarray
    mean: np.ndarray  # of each unit's intercept given its dossiers, log odds
    sd: np.ndarray  # of each unit's intercept given its dossiers


def evaluate(cells: UnitCells, coefficients: np.ndarray, log_sd: float) -> Point:
    """Return likelihood, score and Hessian of the coefficients and the log of the sd.

    The nodes of each unit lie around its most likely intercept, spread as its curvature
    says, so that 15 serve units of 5 dossiers and of 50,000.
    """
    from scipy.special import expit, logsumexp

    sd = np.exp(log_sd)
    fixed = cells.design @ coefficients
    mode, width = _most_likely(cells, fixed, sd)
    node, weight = np.polynomial.hermite.hermgauss(NODES)
    at = mode[:, None] + np.sqrt(2) * width[:, None] * node  # in units of the sd
    odds = fixed[:, None] + sd * at[cells.unit]
    share = expit(odds)
    late, total = cells.late[:, None], cells.total[:, None]
    terms = cells.by_unit(late * odds - total * np.logaddexp(0, odds)) - at**2 / 2
    terms += np.log(weight) + node**2 + np.log(width[:, None] / np.sqrt(np.pi))
    value = logsumexp(terms, axis=1)
    chance = np.exp(terms - value[:, None])
    score, hessian = _derivatives(
        cells, sd * at, chance, late - total * share, total * share * (1 - share)
    )
    mean = (chance * at).sum(axis=1)
    spread = np.sqrt((chance * (at - mean[:, None]) ** 2).sum(axis=1))
    return Point(coefficients, log_sd, value.sum(), score, hessian, sd * mean, sd * spread)


def _most_likely(cells: UnitCells, fixed: np.ndarray, sd: float) -> tuple[np.ndarray, np.ndarray]:
    """Return each unit's most likely intercept and its width there, in units of the sd."""
    from scipy.special import expit

    mode = np.zeros(cells.unit[-1] + 1)
    for _ in range(_ROUNDS_OF_MODES):
        share = expit(fixed + sd * mode[cells.unit])
        slope = sd * cells.by_unit(cells.late - cells.total * share) - mode
        curvature = sd**2 * cells.by_unit(cells.total * share * (1 - share)) + 1
        step = slope / curvature
        mode = mode + step / np.maximum(sd * np.abs(step), 1)
        if np.abs(step).max() < 1e-8:
            break
    return mode, 1 / np.sqrt(curvature)


def _derivatives(
    cells: UnitCells,
    intercept: np.ndarray,
    chance: np.ndarray,
    residual: np.ndarray,
    weight: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return score and Hessian: means over the nodes, and the spread of the nodes' scores."""
    units, columns = len(chance), cells.design.shape[1]
    by_node = (cells.lifted @ residual).reshape(units, columns, NODES)
    by_node = np.concatenate(
        [by_node, (intercept * cells.by_unit(residual))[:, None, :]], axis=1
    )  # the log of the sd enters like a column that holds the intercept
    mean = (by_node * chance[:, None, :]).sum(axis=2)
    apart = (by_node - mean[:, :, None]) * np.sqrt(chance)[:, None, :]
    apart = apart.transpose(1, 0, 2).reshape(columns + 1, -1)
    hessian = apart @ apart.T
    within = weight * chance[cells.unit]
    crossed = (within * intercept[cells.unit]).sum(axis=1)
    squared = (within * intercept[cells.unit] ** 2).sum()
    fixed = cells.design.T @ (within.sum(axis=1)[:, None] * cells.design)
    hessian[:-1, :-1] -= fixed.toarray()
    hessian[:-1, -1] -= cells.design.T @ crossed
    hessian[-1, :-1] = hessian[:-1, -1]
    score = mean.sum(axis=0)
    hessian[-1, -1] += score[-1] - squared
    return score, hessian


def maximise(cells: UnitCells, start: Point, *, fixed_sd: bool = False) -> Point:
    """Return the point of largest likelihood, over the coefficients alone if the sd is fixed.

    Given the sd the likelihood is concave in the coefficients, so only the last direction,
    the sd with the coefficients following, may need a step uphill instead of Newton's. The
    sd goes up to :data:`WIDEST`; a point that has it is no maximum, unless it is fixed.

    Raises
    ------
    NoMaximum
        If it is not found within the rounds, or no step leads up from a point that is none.
    """
    point = start
    for _ in range(_ROUNDS):
        step, gain = _uphill(point, fixed_sd)
        reach = max(np.abs(cells.design @ step[:-1]).max(initial=0), 2 * abs(step[-1]))
        reached = _climb(cells, point, step / max(reach, 1))
        highest = reached.value <= point.value
        if gain < (_STUCK if highest else _SETTLED) ** 2:
            return reached
        if reached is point:
            break
        point = reached
    raise NoMaximum


def _uphill(point: Point, fixed_sd: bool) -> tuple[np.ndarray, float]:
    """Return Newton's step, made to go up, and what it gains (squared standard errors)."""
    block, cross = point.hessian[:-1, :-1], point.hessian[:-1, -1]
    solved = -np.linalg.solve(block, np.column_stack([point.score[:-1], cross]))
    step = np.append(solved[:, 0], 0.0)
    gain = point.score[:-1] @ solved[:, 0]
    if not fixed_sd:
        slope = point.score[-1] + cross @ solved[:, 0]
        curvature = point.hessian[-1, -1] + cross @ solved[:, 1]
        move = -slope / curvature if curvature < 0 else np.copysign(0.5, slope)
        move = min(move, np.log(WIDEST) - point.log_sd)
        step = step + move * np.append(solved[:, 1], 1.0)
        gain += abs(slope * move)
    return step, gain


def _climb(cells: UnitCells, point: Point, step: np.ndarray) -> Point:
    """Take the step, or as much of it as raises the likelihood."""
    for _ in range(12):
        reached = evaluate(cells, point.coefficients + step[:-1], point.log_sd + step[-1])
        if reached.value >= point.value - 1e-9 * abs(point.value):
            return reached
        step = step / 2
    return point


def sd_limits(
    cells: UnitCells, best: Point, alike: Point, confidence: float
) -> tuple[float, float]:
    """Return the profile limits of the sd: as far as the likelihood ratio allows."""
    from scipy.stats import norm

    reach = norm.isf((1 - confidence) / 2)
    low = 0.0
    if np.sqrt(2 * max(best.value - alike.value, 0)) > reach:
        low = np.exp(_profile_limit(cells, best, reach, NO_SPREAD))
    high = np.exp(_profile_limit(cells, best, reach, np.log(WIDEST)))
    return low, np.inf if high > WIDEST * (1 - 1e-6) else high


def _profile_limit(cells: UnitCells, best: Point, reach: float, outside: float) -> float:
    """Return the log sd whose likelihood lies ``reach`` signed roots below the best.

    The root of twice the loss is nearly a line in the log sd, and its slope follows from the
    score, so Newton's method takes a few rounds; a step out of the bracket halves it, one
    to the widest sd looks whether the limit lies within at all.
    """
    inside, up = best.log_sd, np.sign(outside - best.log_sd)
    widest, untried = outside, outside > best.log_sd
    error = 1 / np.sqrt(max(-best.hessian[-1, -1], 1.0))
    log_sd = np.log(0.2) if inside == NO_SPREAD else inside + up * reach * error
    log_sd = min(log_sd, np.log(WIDEST))
    point = best
    for _ in steps(range(60), total=None, said="limits of the spread between units, rounds"):
        point = maximise(cells, evaluate(cells, point.coefficients, log_sd), fixed_sd=True)
        root = np.sqrt(max(2 * (best.value - point.value), 1e-12))
        if log_sd == widest:
            if root <= reach:
                return widest
            untried = False
        inside, outside = (inside, log_sd) if root > reach else (log_sd, outside)
        slope = max(-up * point.score[-1] / root, 1e-3)
        step = up * np.clip((reach - root) / slope, -1, 1)
        if abs(step) < 1e-4:
            break
        log_sd += step
        if not min(inside, outside) < log_sd < max(inside, outside):
            log_sd = widest if untried else (inside + outside) / 2
    return log_sd
