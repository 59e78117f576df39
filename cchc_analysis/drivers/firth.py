"""Firth's answer where a level is always or never late, on counts."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np

from cchc_analysis.columns import InputError


@dataclass(frozen=True)
class FirthFit:
    """Coefficients of a penalised logit; limits and p-values where they were asked for."""

    coefficients: np.ndarray
    low: np.ndarray  # profile limits of the penalised likelihood; NaN where not asked
    high: np.ndarray
    p_value: np.ndarray  # penalised likelihood ratio


def fit_firth(
    late: np.ndarray,
    total: np.ndarray,
    design: np.ndarray,
    asked: Sequence[int],
    confidence: float,
) -> FirthFit:
    r"""Return the logit on counts that is penalised by Jeffreys' prior.

    .. math:: \ell(\beta) + \tfrac12 \log\det X^\top W X

    The limits take the dossiers as independent of each other: where units differ, they are
    too narrow.

    Parameters
    ----------
    late, total, design
        Late dossiers, dossiers and columns by row.
    asked
        Places of the coefficients for which limits are wanted.
    confidence
        Coverage of the limits.

    Returns
    -------
    FirthFit
        Finite where maximum likelihood is not.

    Raises
    ------
    InputError
        If firthmodels is not installed.

    References
    ----------
    Heinze, G. and Schemper, M. (2002). A solution to the problem of separation in logistic
    regression. *Statistics in Medicine* 21, 2409-2419. doi:10.1002/sim.1047
    """
    from firthmodels import FirthLogisticRegression

    rows = np.vstack([design, design])
    outcome = np.repeat([1.0, 0.0], len(design))
    weight = np.concatenate([late, total - late])
    model = FirthLogisticRegression(fit_intercept=False, max_iter=200, gtol=1e-6, xtol=1e-6)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a limit that was not found is NaN
        model.fit(rows[weight > 0], outcome[weight > 0], sample_weight=weight[weight > 0])
        low, high = model.conf_int(
            1 - confidence, method="pl", features=list(asked), max_iter=200
        ).T
        model.lrt(list(asked))
    return FirthFit(model.coef_, low, high, model.lrt_pvalues_)


def require_firth(name: str) -> None:
    """Raise, with what to do, unless Firth's estimate can be had."""
    if find_spec("firthmodels") is None:
        raise InputError(
            f"{name}: all or none of its dossiers are late, so its odds ratio has no finite "
            "value; install cchc-analysis[firth] for Firth's estimate, merge the level with a "
            "similar one, or leave the term out"
        )


def augmented(
    late: np.ndarray, total: np.ndarray, design: np.ndarray, coefficients: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    r"""Return the counts whose ordinary estimate is Firth's.

    .. math:: \text{late} + h/2, \quad \text{total} + h, \qquad
        h_i = w_i\, x_i^\top (X^\top W X)^{-1} x_i

    With them, errors by cluster are computed as for any other fit.

    Parameters
    ----------
    late, total, design
        Late dossiers, dossiers and columns by row.
    coefficients
        Firth's estimate.

    Returns
    -------
    tuple of ndarray
        Late dossiers and dossiers, with as many added as there are coefficients in all.
    """
    from scipy.special import expit

    share = expit(design @ coefficients)
    weight = total * share * (1 - share)
    inverse = np.linalg.inv(design.T @ (design * weight[:, None]))
    leverage = weight * np.einsum("ij,jk,ik->i", design, inverse, design, optimize=True)
    return late + leverage / 2, total + leverage
