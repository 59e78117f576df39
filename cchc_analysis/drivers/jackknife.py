"""Errors from leaving one cluster out at a time (CRV3), exact on cells."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cchc_analysis.columns import InputError
from cchc_analysis.drivers.newton import DEPENDENT, fit_logits, identify, is_determined
from cchc_analysis.progress import steps

_BLOCK = 4_000_000  # counts held at once: 32 MB
_NOTHING = 1e-12  # share of the dossiers that a difference of sums leaves where none are


def jackknife_covariance(
    late: np.ndarray,
    total: np.ndarray,
    design: np.ndarray,
    groups: ArrayLike,
    coefficients: np.ndarray,
) -> np.ndarray:
    r"""Return the covariance of a logit's coefficients from leaving out one cluster at a time.

    .. math:: V = \frac{G - 1}{G} \sum_{g=1}^G
        (\hat\beta_{(g)} - \hat\beta)(\hat\beta_{(g)} - \hat\beta)^\top

    To be read with t on G - 1 degrees of freedom. A coefficient that cannot be estimated
    without one of the clusters rests on that cluster alone: its row and column are NaN,
    however small the usual error would be. :func:`leave_one_out` tells which cluster.
    At 12 clusters or fewer, or with few clusters on one side of a contrast, it is still weak.

    Parameters
    ----------
    late, total
        Late dossiers and dossiers of each cell, shape (cells,).
    design
        One column per coefficient, the intercept included, shape (cells, columns).
    groups
        The cluster of each cell: any labels, none missing.
    coefficients
        The maximum likelihood estimate on all cells, shape (columns,); the centre.

    Returns
    -------
    ndarray
        Shape (columns, columns). All NaN with a single cluster.

    Notes
    -----
    Centred at the estimate on all cells, not at the mean of those left out; each of the
    latter is a full fit, so V is that of the dossiers one by one.

    References
    ----------
    MacKinnon, J. G., Nielsen, M. O. and Webb, M. D. (2023). Cluster-robust inference: a guide
    to empirical practice. *Journal of Econometrics* 232, 272-299.
    doi:10.1016/j.jeconom.2022.04.001

    Examples
    --------
    >>> late, total = np.array([10, 20, 30, 25]), np.full(4, 100)
    >>> odds = np.log(85 / 315)
    >>> jackknife_covariance(late, total, np.ones((4, 1)), list("ABCD"), [odds]).round(4)
    array([[0.0637]])
    """
    without = leave_one_out(late, total, design, groups, coefficients)
    clusters = len(without)
    if clusters == 1:
        return np.full((without.shape[1],) * 2, np.nan)
    apart = without - np.asarray(coefficients, float)
    return (clusters - 1) / clusters * apart.T @ apart


def leave_one_out(
    late: np.ndarray,
    total: np.ndarray,
    design: np.ndarray,
    groups: ArrayLike,
    coefficients: np.ndarray,
) -> np.ndarray:
    """Return a logit's coefficients without each of the clusters in turn.

    Parameters
    ----------
    late, total, design, groups, coefficients
        As in :func:`jackknife_covariance`; the coefficients are where each fit starts.

    Returns
    -------
    ndarray
        Shape (clusters, columns), the clusters sorted by label. NaN where the other
        clusters do not determine the coefficient: its column is constant or follows from
        others there, or what it stands for is never or always late there.

    Raises
    ------
    InputError
        If the shapes do not fit, or a cluster is missing.

    Notes
    -----
    Cells that agree in the design are summed first, so that the time depends on how many
    different rows the design has. Columns that depend on others without a cluster are
    replaced by as many that do not; what is determined does not depend on the choice.

    Examples
    --------
    The second coefficient is the difference that only cluster C shows:

    >>> design = np.array([[1, 0], [1, 0], [1, 1]])
    >>> leave_one_out([10, 20, 30], [100, 100, 100], design, list("ABC"), [-1.73, 0.89]).round(2)
    array([[-1.39,  0.54],
           [-2.2 ,  1.35],
           [-1.73,   nan]])
    """
    late, total, design = (np.asarray(values, float) for values in (late, total, design))
    coefficients = np.asarray(coefficients, float)
    cluster, labels = pd.factorize(pd.Series(groups), sort=True)
    _require_shapes(late, total, design, cluster, coefficients)
    row, rows = _different_rows(design)
    width = np.abs(rows).max(axis=0, initial=0)
    width[width == 0] = 1  # columns of like size, so that none is taken for nothing
    found = np.full((len(labels), design.shape[1]), np.nan)
    size = max(1, _BLOCK // max(rows.size, 1))
    blocks = range(0, len(labels), size)
    for first in steps(blocks, total=len(blocks), said="errors without one cluster, blocks"):
        last = min(first + size, len(labels))
        own = (first <= cluster) & (cluster < last)
        at, shape = (cluster[own] - first, row[own]), (last - first, len(rows))
        left = [
            np.bincount(row, count, len(rows)) - _dense(count[own], at, shape)
            for count in (late, total)
        ]
        found[first:last] = _refit(*left, rows / width, coefficients * width)
    return found / width


def _require_shapes(
    late: np.ndarray,
    total: np.ndarray,
    design: np.ndarray,
    cluster: np.ndarray,
    coefficients: np.ndarray,
) -> None:
    """Raise unless there is one count, row and cluster per cell, one coefficient per column."""
    cells = len(design)
    expected = [(cells,), (cells,), (cells,), design.shape[1:]]
    shapes = [values.shape for values in (late, total, cluster, coefficients)]
    if shapes != expected:
        raise InputError(
            f"late, total, groups, coefficients: found shapes {shapes}, expected {expected} "
            f"for a design of shape {design.shape}"
        )
    if (cluster < 0).any():
        raise InputError(
            f"groups: found {(cluster < 0).sum()} cells without a cluster, expected a label in "
            "each; give them one, or leave them out"
        )


def _different_rows(design: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each cell the number of its row among the different rows, and those."""
    columns = pd.DataFrame(design)
    number = columns.groupby(list(columns), sort=False).ngroup().to_numpy()
    return number, columns.drop_duplicates().to_numpy()


def _dense(count: np.ndarray, at: tuple[np.ndarray, ...], shape: tuple[int, int]) -> np.ndarray:
    """Return the sums of ``count`` by place in a table."""
    return np.bincount(np.ravel_multi_index(at, shape), count, shape[0] * shape[1]).reshape(shape)


def _refit(late: np.ndarray, total: np.ndarray, rows: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Fit the logit to each set of counts; NaN for what the rows with dossiers leave open."""
    found = np.full((len(late), rows.shape[1]), np.nan)
    present = total > _NOTHING * total.max(initial=0)
    late, total = late * present, total * present
    grams = (present[:, None, :] * rows.T) @ rows
    whole = np.linalg.matrix_rank(grams, hermitian=True, rtol=DEPENDENT) == rows.shape[1]
    found[whole] = fit_logits(late[whole], total[whole], rows, start)
    for at in np.flatnonzero(~whole & present.any(axis=1)):
        kept, idle = identify(grams[at])
        part = fit_logits(late[[at]], total[[at]], rows[:, kept], start[kept])[0]
        found[at, kept] = np.where(is_determined(np.eye(len(idle)), idle)[kept], part, np.nan)
    return found
