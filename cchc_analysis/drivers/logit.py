"""The logit on counts: its coefficients, and their covariance clustered by unit."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike


def fit_counts(
    late: np.ndarray,
    total: np.ndarray,
    design: np.ndarray,
    *,
    offset: ArrayLike | None = None,
    start: ArrayLike | None = None,
) -> np.ndarray:
    """Return the maximum likelihood coefficients of a binomial logit on counts.

    Parameters
    ----------
    late, total
        Late dossiers and dossiers, by row; not necessarily whole numbers.
    design
        One column per coefficient, the intercept included.
    offset
        Log odds known beforehand, by row.
    start
        Coefficients to start from; where offsets are large, the first step overshoots without.

    Returns
    -------
    ndarray
        The coefficients (log odds). They are those of the dossiers one by one.

    Examples
    --------
    >>> fit_counts(np.array([1, 3]), np.array([4, 4]), np.array([[1, 0], [1, 1]])).round(3)
    array([-1.099,  2.197])
    """
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    outcome = np.column_stack([late, total - late])
    model = GLM(outcome, design, family=Binomial(), offset=offset)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # shares of 0 and 1; separation was looked for before
        return model.fit(start_params=start, tol=1e-10, tol_criterion="params").params


def clustered_covariance(
    late: np.ndarray,
    total: np.ndarray,
    design: np.ndarray,
    groups: np.ndarray,
    coefficients: np.ndarray,
) -> np.ndarray:
    r"""Return the sandwich covariance clustered by group (CRV1), counting dossiers.

    .. math:: \frac{G}{G-1}\frac{n-1}{n-k} H^{-1}
        \Big(\sum_g s_g s_g^\top\Big) H^{-1}

    with :math:`n` dossiers, not cells, so it equals that of the dossiers one by one.

    Parameters
    ----------
    late, total
        Late dossiers and dossiers of each cell.
    design
        One column per coefficient, the intercept included.
    groups
        The number of each cell's cluster: 0, 1, ...
    coefficients
        The estimate.

    Returns
    -------
    ndarray
        Shape (columns, columns).

    Examples
    --------
    >>> late, total = np.array([10, 20, 30, 25]), np.full(4, 100)
    >>> clustered_covariance(late, total, np.ones((4, 1)), np.arange(4), [np.log(85 / 315)])
    array([[0.065...]])
    """
    from scipy.special import expit

    share = expit(design @ np.asarray(coefficients))
    scores = np.zeros((groups.max() + 1, design.shape[1]))
    np.add.at(scores, groups, design * (late - total * share)[:, None])
    bread = np.linalg.inv(design.T @ (design * (total * share * (1 - share))[:, None]))
    clusters, dossiers = len(scores), total.sum()
    factor = clusters / (clusters - 1) * (dossiers - 1) / (dossiers - design.shape[1])
    return factor * bread @ (scores.T @ scores) @ bread


def separated(late: np.ndarray, total: np.ndarray, design: np.ndarray) -> np.ndarray:
    """Return which coefficients have no finite estimate: +1 to plus, -1 to minus infinity.

    Parameters
    ----------
    late, total, design
        As for :func:`fit_counts`; the design of full rank.

    Returns
    -------
    ndarray
        -1, 0 or +1 per column.

    Notes
    -----
    Konis' linear programme: a direction in which rows always late only rise, rows never
    late only fall, and rows with both stand still. Rows with both that determine all
    coefficients settle the question without it.

    References
    ----------
    Konis, K. (2007). *Linear programming algorithms for detecting separated data in binary
    logistic regression models*. DPhil thesis, University of Oxford.

    Examples
    --------
    The second group is never late:

    >>> separated(np.array([2, 0]), np.array([9, 9]), np.array([[1.0, 0], [1, 1]]))
    array([ 0, -1])
    """
    from scipy.optimize import linprog

    scaled = design / np.abs(design).max(axis=0)
    sign = np.select([late == total, late == 0], [1, -1], 0)
    both = np.linalg.qr(scaled[sign == 0], mode="r")
    if np.linalg.matrix_rank(both) == design.shape[1]:
        return np.zeros(design.shape[1], int)
    one_sided = scaled[sign != 0] * sign[sign != 0, None]
    found = linprog(
        -one_sided.sum(axis=0), A_ub=-one_sided, b_ub=np.zeros(len(one_sided)),
        A_eq=both, b_eq=np.zeros(len(both)), bounds=(-1, 1),
    )  # fmt: skip
    return np.where(np.abs(found.x) > 1e-6, np.sign(found.x), 0).astype(int)
