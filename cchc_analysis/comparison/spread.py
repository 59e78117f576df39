"""How far units differ among themselves, beyond chance: the variance between them.

Each unit is held against the others, so the variance is needed once without each unit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from cchc_analysis.columns import InputError

Spread = Literal["paule_mandel", "dersimonian_laird"]

SPREADS = {"paule_mandel": "Paule-Mandel", "dersimonian_laird": "DerSimonian-Laird"}

_MAX_STEPS = 200
_ROWS_AT_ONCE = 32  # units judged together; more fall out of the processor's cache


def paule_mandel(values: ArrayLike, variances: ArrayLike) -> float:
    r"""Between-unit variance by Paule and Mandel: the one at which the spread is as expected.

    .. math:: \sum_i \frac{(y_i - \hat\mu(\tau^2))^2}{v_i + \tau^2} = G - 1

    0 does not show that units are alike, only that chance could explain their spread.

    Parameters
    ----------
    values
        One estimate per unit, such as a logit.
    variances
        Their variances within the unit, above 0.

    Returns
    -------
    float
        The variance, in squared units of ``values``, 0 or more. NaN for fewer than two.

    Raises
    ------
    InputError
        If the two do not have the same length, or a variance is not above 0.

    Notes
    -----
    Newton's method from 0. The left side is convex and falls in the variance, so the steps
    approach the root from below.

    References
    ----------
    DerSimonian, R. and Kacker, R. (2007). Random-effects model for meta-analysis of
    clinical trials: an update. *Contemporary Clinical Trials* 28, 105-114.
    doi:10.1016/j.cct.2006.04.004

    Examples
    --------
    >>> round(paule_mandel([1.0, 2.0, 6.0], [0.5, 0.5, 0.5]), 3)
    6.5
    """
    y, v = _check_variances(values, variances)
    if len(y) < 2:
        return float("nan")
    return _of_all(y, v, "paule_mandel")


def dersimonian_laird(values: ArrayLike, variances: ArrayLike) -> float:
    r"""Between-unit variance by the moments of DerSimonian and Laird; for parity.

    .. math:: \tau^2 = \max\left(0, \frac{Q - (G - 1)}{\sum w - \sum w^2 / \sum w}\right),
        \quad w = 1/v

    Too small where units differ much in size; :func:`paule_mandel` is the default.

    Parameters
    ----------
    values
        As in :func:`paule_mandel`.
    variances
        As in :func:`paule_mandel`.

    Returns
    -------
    float
        The variance, in squared units of ``values``, 0 or more. NaN for fewer than two.

    References
    ----------
    DerSimonian, R. and Laird, N. (1986). Meta-analysis in clinical trials. *Controlled
    Clinical Trials* 7, 177-188. doi:10.1016/0197-2456(86)90046-2

    Examples
    --------
    >>> round(dersimonian_laird([1.0, 2.0, 6.0], [0.5, 0.5, 0.5]), 3)
    6.5
    """
    y, v = _check_variances(values, variances)
    if len(y) < 2:
        return float("nan")
    return _of_all(y, v, "dersimonian_laird")


def mean_of_others(
    values: np.ndarray, variances: np.ndarray, spread: Spread
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean, between-unit variance and variance of the mean of each unit's others.

    Parameters
    ----------
    values, variances
        As in :func:`paule_mandel`, of at least three units.
    spread
        Which variance between units.

    Returns
    -------
    tuple of arrays
        One number per unit, from all units but it.

    Examples
    --------
    >>> mean, tau2, variance = mean_of_others(
    ...     np.array([1.0, 2.0, 6.0]), np.array([0.5, 0.5, 0.5]), "paule_mandel"
    ... )
    >>> mean.round(1), tau2.round(1), variance.round(1)
    (array([4. , 3.5, 1.5]), array([ 7.5, 12. ,  0. ]), array([4. , 6.2, 0.2]))
    """
    start = np.array([_of_all(values, variances, spread)])
    parts = []
    for rows, others in all_but_one(len(values)):
        tau2 = _of_each(values, variances, others, spread, start.repeat(len(rows)))
        weight = others / (variances + tau2[:, None])
        parts.append((weight @ values / weight.sum(1), tau2, 1 / weight.sum(1)))
    mean, tau2, variance = (np.concatenate(part) for part in zip(*parts, strict=True))
    return mean, tau2, variance


def all_but_one(units: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield a few units at once, and rows x units of bool: the others of each.

    Examples
    --------
    >>> [(rows.tolist(), others.astype(int).tolist()) for rows, others in all_but_one(3)]
    [([0, 1, 2], [[0, 1, 1], [1, 0, 1], [1, 1, 0]])]
    """
    for first in range(0, units, _ROWS_AT_ONCE):
        rows = np.arange(first, min(first + _ROWS_AT_ONCE, units))
        others = np.ones((len(rows), units), dtype=bool)
        others[np.arange(len(rows)), rows] = False
        yield rows, others


def check_spread(spread: str) -> None:
    """Raise unless ``spread`` names a variance between units.

    Raises
    ------
    InputError
        If it does not.

    Examples
    --------
    >>> check_spread("paule_mandel")
    """
    if spread not in SPREADS:
        raise InputError(f"spread: found {spread!r}, expected one of {', '.join(SPREADS)}")


def _of_all(y: np.ndarray, v: np.ndarray, spread: Spread) -> float:
    """Return the variance between all units."""
    return float(_of_each(y, v, np.ones((1, len(y)), dtype=bool), spread, np.zeros(1))[0])


def _of_each(
    y: np.ndarray, v: np.ndarray, use: np.ndarray, spread: Spread, start: np.ndarray
) -> np.ndarray:
    """Return the variance between the units in each row of ``use`` (rows x units)."""
    if spread == "dersimonian_laird":
        return _dersimonian_laird(y, v, use)
    return _solve_paule_mandel(y, v, use, start)


def _dersimonian_laird(y: np.ndarray, v: np.ndarray, use: np.ndarray) -> np.ndarray:
    """Return the variance of the units in each row of ``use`` (rows x units)."""
    weight = use / v
    total = weight.sum(1)
    centred = y - (weight @ y / total)[:, None]
    excess = (weight * centred**2).sum(1) - (use.sum(1) - 1)
    return np.maximum(excess / (total - (weight**2).sum(1) / total), 0.0)


def _solve_paule_mandel(
    y: np.ndarray, v: np.ndarray, use: np.ndarray, tau2: np.ndarray
) -> np.ndarray:
    """Return the variance of the units in each row of ``use`` (rows x units), from a start."""
    centred = y - np.average(y, weights=1 / v)
    powers = np.column_stack([np.ones_like(centred), centred, centred**2])
    degrees = use.sum(1) - 1
    for _ in range(_MAX_STEPS):
        weight = use / (v + tau2[:, None])
        w0, w1, w2 = (weight @ powers).T
        s0, s1, s2 = (weight**2 @ powers).T
        mean = w1 / w0
        excess = w2 - mean * w1 - degrees
        slope = s2 - 2 * mean * s1 + mean**2 * s0
        step = np.divide(excess, slope, out=np.full_like(slope, -np.inf), where=slope > 0)
        update = np.maximum(tau2 + step, 0.0)
        if np.all(np.abs(update - tau2) <= 1e-12 * (tau2 + np.median(v))):
            return update
        tau2 = update
    raise ArithmeticError(f"Paule-Mandel: no root after {_MAX_STEPS} steps")


def _check_variances(values: ArrayLike, variances: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return both as arrays, or say what does not fit."""
    y, v = np.asarray(values, float), np.asarray(variances, float)
    if y.shape != v.shape or y.ndim != 1:
        raise InputError(f"values, variances: found shapes {y.shape}, {v.shape}, expected equal")
    if not (np.isfinite(y).all() and (np.isfinite(v) & (v > 0)).all()):
        raise InputError("values must be finite and variances above 0; leave other units out")
    return y, v
