"""How good predicted shares are, on counts: the same figures as on dossiers one by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cchc_analysis.columns import InputError
from cchc_analysis.drivers.jackknife import jackknife_covariance
from cchc_analysis.drivers.newton import fit_logits
from cchc_analysis.intervals import check_confidence, wilson

_BIN_COLUMNS = ["predicted", "value", "low", "high", "count", "total"]


@dataclass(frozen=True)
class Calibration:
    """Whether dossiers predicted to be late with a certain chance are late that often."""

    slope: float  # 1 is right; below, the predictions are too extreme
    slope_low: float
    slope_high: float
    intercept: float  # log odds at a predicted share of one half; 0 is right
    in_the_large: float  # log odds by which dossiers are late more often than predicted
    bins: pd.DataFrame  # one row per class of predictions: predicted against observed


def brier_score(late: ArrayLike, total: ArrayLike, share: ArrayLike) -> float:
    r"""Mean squared distance between predicted share and what happened to each dossier.

    .. math:: \frac{1}{n} \sum_c \text{late}_c (1 - p_c)^2 +
        (\text{total}_c - \text{late}_c)\, p_c^2

    Small where few dossiers are late, whatever the prediction: only its difference from
    another prediction of the same dossiers says something.

    Parameters
    ----------
    late, total
        Late dossiers and dossiers of each cell.
    share
        Predicted share of late dossiers, in 0..1; cells where it is NaN are left out.

    Returns
    -------
    float
        In 0..1, 0 the best; NaN without a dossier.

    Raises
    ------
    InputError
        If the lengths differ, a share is outside 0..1, or late exceeds total.

    References
    ----------
    Brier, G. W. (1950). Verification of forecasts expressed in terms of probability. *Monthly
    Weather Review* 78, 1-3. doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2

    Examples
    --------
    Of ten dossiers predicted at 0.2, three are late: (3 x 0.64 + 7 x 0.04) / 10.

    >>> round(brier_score([3], [10], [0.2]), 3)
    0.22
    """
    late, total, share = _predicted(late, total, share)
    if not total.sum():
        return np.nan
    squares = late * (1 - share) ** 2 + (total - late) * share**2
    return float(squares.sum() / total.sum())


def auc(late: ArrayLike, total: ArrayLike, share: ArrayLike) -> float:
    r"""Chance that a late dossier was predicted above one in time; ties count one half.

    Says how well dossiers are put in order, not whether the shares are right, and is as
    high where all predictions are ten times too large.

    Parameters
    ----------
    late, total, share
        As in :func:`brier_score`.

    Returns
    -------
    float
        In 0..1, 0.5 no better than chance; NaN unless some dossiers are late and some not.

    Raises
    ------
    InputError
        As in :func:`brier_score`.

    References
    ----------
    Hanley, J. A. and McNeil, B. J. (1982). The meaning and use of the area under a receiver
    operating characteristic (ROC) curve. *Radiology* 143, 29-36.
    doi:10.1148/radiology.143.1.7063747

    Examples
    --------
    >>> auc([1, 3], [4, 4], [0.2, 0.6])  # 9 of 16 pairs in order, 6 ties
    0.75
    """
    late, total, share = _predicted(late, total, share)
    place = np.unique(share, return_inverse=True)[1]
    events, others = np.bincount(place, late), np.bincount(place, total - late)
    pairs = events.sum() * others.sum()
    if not pairs:
        return np.nan
    below = np.cumsum(others) - others
    return float(events @ (below + others / 2) / pairs)


def calibration(
    late: ArrayLike,
    total: ArrayLike,
    share: ArrayLike,
    *,
    groups: ArrayLike | None = None,
    bins: int = 10,
    confidence: float = 0.95,
) -> Calibration:
    r"""Compare predicted shares with what happened: slope, intercept and classes.

    .. math:: \operatorname{logit} P(\text{late}) = a + b \operatorname{logit} p

    Right on average is not right for each unit. On the data that a model was fitted to,
    slope and intercept are 1 and 0 by construction.

    Parameters
    ----------
    late, total, share
        As in :func:`brier_score`.
    groups
        The cluster of each cell, such as its unit. Without, the limits of the slope take
        the dossiers as independent of each other.
    bins
        Classes of about as many dossiers each, from the lowest predictions to the highest;
        those predicted alike are never parted, so there may be fewer.
    confidence
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    Calibration
        ``slope`` b with its limits, ``intercept`` a, ``in_the_large`` (a if b were 1).
        NaN where the predictions do not differ, or none or all dossiers are late, or
        no finite value fits. ``bins`` has ``predicted`` (mean share), ``value`` (late
        share) with Wilson limits ``low`` and ``high``, ``count`` (late) and ``total``.

    Raises
    ------
    InputError
        As in :func:`brier_score`; or if ``bins`` is below 1.

    References
    ----------
    Cox, D. R. (1958). Two further applications of a model for binary regression.
    *Biometrika* 45, 562-565. doi:10.1093/biomet/45.3-4.562

    Van Calster, B. et al. (2019). Calibration: the Achilles heel of predictive analytics.
    *BMC Medicine* 17, 230. doi:10.1186/s12916-019-1466-7

    Examples
    --------
    Predicted 10, 20 and 40 %, found 15, 20 and 30: too extreme.

    >>> found = calibration([15, 20, 30], [100, 100, 100], [0.1, 0.2, 0.4])
    >>> round(found.slope, 2), round(found.in_the_large, 2)
    (0.5, -0.1)
    >>> found.bins[["predicted", "value", "low", "high"]].round(2)
       predicted  value   low  high
    0        0.1   0.15  0.09  0.23
    1        0.2   0.20  0.13  0.29
    2        0.4   0.30  0.22  0.40
    """
    check_confidence(confidence)
    if bins < 1:
        raise InputError(f"bins: found {bins}, expected 1 or more")
    if groups is not None and len(groups) != np.size(late):
        raise InputError(
            f"groups: found {len(groups)} labels for {np.size(late)} cells, expected one for each"
        )
    held = ~np.isnan(np.asarray(share, float)) & (np.asarray(total) > 0)
    late, total, share = _predicted(late, total, share)
    cluster = None if groups is None else np.asarray(groups)[held]
    line, reach = _line(late, total, share, cluster, confidence)
    return Calibration(
        slope=float(line[1]),
        slope_low=float(line[1] - reach),
        slope_high=float(line[1] + reach),
        intercept=float(line[0]),
        in_the_large=_in_the_large(late, total, share),
        bins=_classes(late, total, share, bins, confidence),
    )


def _predicted(
    late: ArrayLike, total: ArrayLike, share: ArrayLike
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the cells that have a prediction, checked."""
    late, total, share = (np.asarray(values, float) for values in (late, total, share))
    if not late.shape == total.shape == share.shape:
        raise InputError(
            f"late, total, share: found shapes {late.shape}, {total.shape} and {share.shape}, "
            "expected the same"
        )
    if not ((late >= 0) & (late <= total)).all():
        raise InputError("late: found more than total, or below 0; expected counts of a cell")
    if (outside := (share < 0) | (share > 1)).any():
        raise InputError(
            f"share: found {share[outside][0]:g}, expected a share in 0..1; divide percent by 100"
        )
    held = ~np.isnan(share) & (total > 0)
    return late[held], total[held], share[held]


def _line(
    late: np.ndarray,
    total: np.ndarray,
    share: np.ndarray,
    groups: np.ndarray | None,
    confidence: float,
) -> tuple[np.ndarray, float]:
    """Return intercept and slope on the log odds, and how far the slope's interval reaches."""
    from scipy.special import expit, logit
    from scipy.stats import norm, t

    odds = logit(share)
    if not np.isfinite(odds).all() or len(np.unique(odds)) < 2:
        return np.full(2, np.nan), np.nan  # a predicted 0 or 1 has no log odds
    design = np.column_stack([np.ones(len(odds)), odds])
    line = fit_logits(late[None], total[None], design, np.array([0.0, 1]))[0]
    if np.isnan(line).any():
        return np.full(2, np.nan), np.nan
    if groups is not None:
        covariance = jackknife_covariance(late, total, design, groups, line)
        tail = t.isf((1 - confidence) / 2, len(np.unique(groups)) - 1)
        return line, float(tail * np.sqrt(covariance[1, 1]))
    fitted = expit(design @ line)
    weight = total * fitted * (1 - fitted)
    covariance = np.linalg.inv((design * weight[:, None]).T @ design)
    return line, float(norm.isf((1 - confidence) / 2) * np.sqrt(covariance[1, 1]))


def _in_the_large(late: np.ndarray, total: np.ndarray, share: np.ndarray) -> float:
    """Return by how much all log odds would have to rise for the late dossiers to add up."""
    from scipy.optimize import brentq
    from scipy.special import expit, logit

    odds = logit(share)
    if not np.isfinite(odds).all() or not 0 < late.sum() < total.sum():
        return np.nan
    return float(brentq(lambda rise: total @ expit(odds + rise) - late.sum(), -50, 50))


def _classes(
    late: np.ndarray, total: np.ndarray, share: np.ndarray, bins: int, confidence: float
) -> pd.DataFrame:
    """Return predicted against observed shares, by classes of predictions."""
    cells = pd.DataFrame({"share": share, "count": late, "total": total})
    cells = cells.groupby("share", as_index=False).sum()
    middle = cells["total"].cumsum() - cells["total"] / 2
    cells["class"] = (bins * middle / cells["total"].sum()).astype(int)
    cells["expected"] = cells["share"] * cells["total"]
    classes = cells.groupby("class")[["count", "total", "expected"]].sum().reset_index(drop=True)
    low, high = wilson(classes["count"], classes["total"], confidence)
    return classes.assign(
        predicted=classes["expected"] / classes["total"],
        value=classes["count"] / classes["total"],
        low=low,
        high=high,
    )[_BIN_COLUMNS]
