"""A logit on cells with hundreds of units, each with an effect of its own, and no dummies.

The Hessian of such a model is an arrow: one number per unit, and a small block for the
other coefficients. Each Newton step solves for the block and gives every unit its step, so
the time grows with the cells, not with the square of the units.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cchc_analysis.columns import InputError
from cchc_analysis.drivers.newton import ROUNDS, identify, is_determined, is_endless, is_settled


@dataclass(frozen=True)
class AbsorbedLogit:
    """A logit in which every unit has its own level of lateness."""

    coefficients: np.ndarray  # log odds, by column; NaN where the units leave it open
    covariance: np.ndarray  # of the coefficients, clustered; NaN where they are
    units: pd.DataFrame  # one row per unit: unit, count, total, effect, reading
    effect_slopes: np.ndarray  # by how much each coefficient moves each effect, (units, columns)
    dossiers: int  # of the units that enter the likelihood
    never_late: int  # units without a late dossier: they say nothing about the others
    always_late: int  # units with nothing but late dossiers
    clusters: int  # among the units that enter


def absorbed_logit(
    late: np.ndarray,
    total: np.ndarray,
    design: np.ndarray,
    units: ArrayLike,
    *,
    groups: ArrayLike | None = None,
) -> AbsorbedLogit:
    r"""Fit a logit on cells with an effect for every unit, as if each had a dummy.

    .. math:: \operatorname{logit} P(\text{late}) = \alpha_{u} + x^\top \beta

    Compares dossiers of the same unit only. What does not vary within any unit cannot be
    told from the units, and a unit's effect rests on its own dossiers alone: with few of
    them it is mostly chance, and units should be compared by :func:`random_intercept`.

    Parameters
    ----------
    late, total
        Late dossiers and dossiers of each cell, shape (cells,).
    design
        One column per coefficient, without an intercept, shape (cells, columns).
    units
        The unit of each cell: any labels, none missing.
    groups
        The cluster of each cell, none missing; the unit where not given.

    Returns
    -------
    AbsorbedLogit
        ``units`` is sorted by ``unit``, with ``count`` (late) and ``total`` (dossiers),
        ``effect`` (log odds where all columns are 0) and ``reading``: 'estimated',
        'never_late' or 'always_late' (both outside the likelihood, without ``effect``).
        Where no unit is left, all coefficients are NaN.

    Raises
    ------
    InputError
        If the shapes do not fit, or a unit or cluster is missing.

    Notes
    -----
    Coefficients and errors equal those with a dummy per unit. The errors are clustered
    (CRV1) with the factor G/(G-1) x (n-1)/(n-k), n dossiers and k coefficients, those
    of the units included. With few dossiers per unit the coefficients come out too far
    from 0 (incidental parameters): twice as large with 2 each, little with 50.

    References
    ----------
    Greene, W. (2004). The behaviour of the maximum likelihood estimator of limited dependent
    variable models in the presence of fixed effects. *Econometrics Journal* 7, 98-119.
    doi:10.1111/j.1368-423X.2004.00123.x

    Examples
    --------
    Online dossiers have twice the odds of being late in A and B; C is never late:

    >>> fit = absorbed_logit(
    ...     late=np.array([20, 10, 50, 10, 0, 0]), total=np.array([120, 110, 100, 30, 40, 40]),
    ...     design=np.array([[1], [0]] * 3), units=list("AABBCC"),
    ... )
    >>> np.exp(fit.coefficients).round(2), fit.never_late
    (array([2.]), 1)
    >>> fit.units.round(3)
      unit  count  total  effect     reading
    0    A   30.0  230.0  -2.303   estimated
    1    B   60.0  130.0  -0.693   estimated
    2    C    0.0   80.0     NaN  never_late
    """
    late, total, design = (np.asarray(values, float) for values in (late, total, design))
    unit, labels = pd.factorize(pd.Series(units), sort=True)
    cluster = pd.factorize(pd.Series(units if groups is None else groups))[0]
    _require_shapes(late, total, design, unit, cluster)
    table = _unit_table(late, total, unit, labels)
    enters = (table["reading"] == "estimated").to_numpy()
    rows = np.flatnonzero(enters[unit] & (total > 0))
    rows = rows[np.argsort(unit[rows], kind="stable")]
    cells = _Cells(*(values[rows] for values in (late, total, design, unit, cluster)))
    coefficients, covariance, effects, slopes = _estimate(cells)
    effect_slopes = np.full((len(labels), design.shape[1]), np.nan)
    effect_slopes[enters] = slopes
    return AbsorbedLogit(
        coefficients=coefficients,
        covariance=covariance,
        units=table.assign(effect=pd.Series(effects, table.index[enters], dtype=float)),
        effect_slopes=effect_slopes,
        dossiers=int(total[rows].sum()),
        never_late=int((table["reading"] == "never_late").sum()),
        always_late=int((table["reading"] == "always_late").sum()),
        clusters=len(np.unique(cluster[rows])),
    )


@dataclass(frozen=True)
class _Cells:
    """The cells of the units that enter, those of a unit together."""

    late: np.ndarray
    total: np.ndarray
    design: np.ndarray
    unit: np.ndarray
    cluster: np.ndarray

    @property
    def place(self) -> np.ndarray:
        """The number of each cell's unit among those that enter."""
        return np.unique(self.unit, return_inverse=True)[1]

    def by_unit(self, values: np.ndarray) -> np.ndarray:
        """Sum over the cells of each unit."""
        return np.add.reduceat(values, np.unique(self.unit, return_index=True)[1], axis=0)


@dataclass(frozen=True)
class _Arrow:
    """Score and Hessian at some coefficients and effects."""

    residual: np.ndarray  # late minus expected, by cell
    unit_weight: np.ndarray  # the shaft of the arrow: information on each unit's effect
    mean: np.ndarray  # of the columns within each unit, weighted by information
    block: np.ndarray  # information on the coefficients, the effects allowed for


def _require_shapes(
    late: np.ndarray, total: np.ndarray, design: np.ndarray, unit: np.ndarray, cluster: np.ndarray
) -> None:
    """Raise unless there is one count, row, unit and cluster per cell."""
    shapes = [values.shape for values in (late, total, unit, cluster)]
    if design.ndim != 2 or set(shapes) != {(len(design),)}:
        raise InputError(
            f"late, total, units, groups: found shapes {shapes}, expected one value per row of "
            f"the design of shape {design.shape}"
        )
    for name, codes in (("units", unit), ("groups", cluster)):
        if (codes < 0).any():
            raise InputError(
                f"{name}: found {(codes < 0).sum()} cells without a label, expected one in each; "
                "give them one, or leave them out"
            )


def _unit_table(
    late: np.ndarray, total: np.ndarray, unit: np.ndarray, labels: pd.Index
) -> pd.DataFrame:
    """Return counts of every unit, and whether it enters the likelihood."""
    count, whole = (np.bincount(unit, values, len(labels)) for values in (late, total))
    return pd.DataFrame(
        {
            "unit": labels,
            "count": count,
            "total": whole,
            "effect": np.nan,
            "reading": np.select(
                [whole == 0, count == 0, count == whole],
                ["no_dossiers", "never_late", "always_late"],
                "estimated",
            ),
        }
    )


def _estimate(cells: _Cells) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return coefficients, their clustered covariance, the units' effects and their slopes."""
    columns = cells.design.shape[1]
    coefficients, covariance = np.full(columns, np.nan), np.full((columns, columns), np.nan)
    if not len(cells.unit):
        return coefficients, covariance, np.empty(0), np.empty((0, columns))
    width = np.abs(cells.design).max(axis=0, initial=0)
    width[width == 0] = 1  # columns of like size, so that none is taken for nothing
    kept, idle = identify(_within_gram(cells, cells.design / width))
    part = replace(cells, design=(cells.design / width)[:, kept])
    found, effects, arrow, endless = _newton(part)
    sound = is_determined(np.eye(columns), idle)[kept] & ~endless
    at = kept[sound]
    coefficients[at] = found[sound] / width[at]
    clustered = _clustered(part, arrow, ~endless)[np.ix_(sound[~endless], sound[~endless])]
    covariance[np.ix_(at, at)] = clustered / np.outer(width[at], width[at])
    slopes = np.full((len(effects), columns), np.nan)
    slopes[:, at] = -arrow.mean[:, sound] * width[at]
    return coefficients, covariance, effects, slopes


def _within_gram(cells: _Cells, design: np.ndarray) -> np.ndarray:
    """Return X'X of the columns less their means by unit; 0 where none varies in a unit."""
    weight = cells.total[:, None]
    mean = cells.by_unit(weight * design) / cells.by_unit(weight)
    within = design - mean[cells.place]
    within[:, np.abs(within).max(axis=0) < 1e-9] = 0
    return (weight * within).T @ within


def _newton(cells: _Cells) -> tuple[np.ndarray, np.ndarray, _Arrow, np.ndarray]:
    """Return coefficients, unit effects, the arrow there, and which coefficients are endless."""
    from scipy.special import logit

    coefficients = np.zeros(cells.design.shape[1])
    effects = logit(cells.by_unit(cells.late) / cells.by_unit(cells.total))
    width, place = np.abs(cells.design).max(axis=0, initial=0), cells.place
    for _ in range(ROUNDS):
        arrow = _arrow(cells, coefficients, effects[place])
        score, unit_score = arrow.residual @ cells.design, cells.by_unit(arrow.residual)
        step = np.linalg.solve(arrow.block, score - unit_score @ arrow.mean)
        unit_step = unit_score / arrow.unit_weight - arrow.mean @ step
        reach = np.abs(unit_step[place] + cells.design @ step).max()
        gain = step @ score + unit_step @ unit_score
        coefficients = coefficients + step / max(reach, 1)
        effects = effects + unit_step / max(reach, 1)
        if is_settled(reach, gain):
            break
    return coefficients, effects, arrow, is_endless(step, width)


def _arrow(cells: _Cells, coefficients: np.ndarray, effect: np.ndarray) -> _Arrow:
    """Return score and Hessian in the parts that a step and the errors need."""
    from scipy.special import expit

    share = expit(effect + cells.design @ coefficients)
    weight = cells.total * share * (1 - share)
    weighted = weight[:, None] * cells.design
    unit_weight, unit_columns = cells.by_unit(weight), cells.by_unit(weighted)
    mean = unit_columns / unit_weight[:, None]
    block = weighted.T @ cells.design - unit_columns.T @ mean
    return _Arrow(cells.late - cells.total * share, unit_weight, mean, block)


def _clustered(cells: _Cells, arrow: _Arrow, sound: np.ndarray) -> np.ndarray:
    """Return the CRV1 covariance of the sound coefficients, n dossiers in its factor."""
    apart = (cells.design - arrow.mean[cells.place])[:, sound]
    labels, cluster = np.unique(cells.cluster, return_inverse=True)
    scores = np.zeros((len(labels), apart.shape[1]))
    np.add.at(scores, cluster, arrow.residual[:, None] * apart)
    if len(labels) == 1:
        return np.full((apart.shape[1],) * 2, np.nan)
    bread = np.linalg.inv(arrow.block[np.ix_(sound, sound)])
    dossiers = cells.total.sum()
    estimated = cells.design.shape[1] + len(arrow.unit_weight)
    factor = len(labels) / (len(labels) - 1) * (dossiers - 1) / (dossiers - estimated)
    return factor * bread @ scores.T @ scores @ bread
