"""Newton's method for the logit on counts, many data sets that share a design at once.

What all fits of this folder share: a step is cut so that no log odds moves by more than 1,
columns that say the same are found, and a coefficient without a finite estimate is NaN.
"""

from __future__ import annotations

import numpy as np

ROUNDS = 100  # an estimate is settled after about 10; a log odds moves by 1 at most in each
_SETTLED = 1e-9  # a data set is settled when no log odds would move by more
_FLAT = 1e-8  # what a step adds to the log-likelihood where there is no estimate to find
DEPENDENT = 1e-10  # share of the largest eigenvalue below which columns say the same
_BATCH = 4_000_000  # numbers in the largest intermediate array: 32 MB


def fit_logits(
    late: np.ndarray, total: np.ndarray, design: np.ndarray, start: np.ndarray
) -> np.ndarray:
    r"""Return the coefficients of many binomial logits that share a design.

    .. math:: \text{late}_{du} \sim \text{Binomial}(\text{total}_{du},
        \operatorname{expit}(x_u^\top \beta_d))

    A coefficient without a finite estimate, because what it stands for is never or always
    late, is NaN; those beside it are estimated all the same.

    Parameters
    ----------
    late, total
        Dossiers by data set and row of the design, shape (sets, rows); ``total`` may be 0.
    design
        Shape (rows, columns); of full rank over the rows of each set that have dossiers.
    start
        Log odds to start from, shape (sets, columns) or (columns,).

    Returns
    -------
    ndarray
        Coefficients (log odds), shape (sets, columns).

    Notes
    -----
    A step that moves no log odds by more than 1 is sure to raise the likelihood, because its
    curvature changes less than e-fold on the way; longer steps are cut to that. Where
    there is no finite estimate, the steps stay long while the likelihood stops to rise.

    Examples
    --------
    One of 4 late and 3 of 4; then 1 of 4 and none of 4:

    >>> design = np.array([[1, 0], [1, 1]])
    >>> fit_logits(np.array([[1, 3], [1, 0]]), np.full((2, 2), 4), design, np.zeros(2)).round(3)
    array([[-1.099,  2.197],
           [-1.099,    nan]])
    """
    late, total, design = (np.asarray(values, float) for values in (late, total, design))
    found = np.broadcast_to(start, (len(late), design.shape[1])).astype(float)
    size = max(1, _BATCH // max(design.size, 1))
    for at in range(0, len(late), size):
        batch = slice(at, at + size)
        found[batch] = _fit_batch(late[batch], total[batch], design, found[batch])
    return found


def _fit_batch(
    late: np.ndarray, total: np.ndarray, design: np.ndarray, start: np.ndarray
) -> np.ndarray:
    """Fit the data sets of one batch; those that are settled leave it."""
    found, endless = start.copy(), np.zeros(start.shape, bool)
    width = np.abs(design).max(axis=0, initial=0)
    open_sets = np.arange(len(found))
    for _ in range(ROUNDS):
        step, reach, gain = _step(late[open_sets], total[open_sets], design, found[open_sets])
        found[open_sets] += step
        endless[open_sets] = is_endless(step, width)
        open_sets = open_sets[~is_settled(reach, gain)]
        if not len(open_sets):
            break
    return np.where(endless, np.nan, found)


def _step(
    late: np.ndarray, total: np.ndarray, design: np.ndarray, at: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return Newton's step, how far it moves any log odds, and what it adds at most."""
    from scipy.special import expit

    share = expit(at @ design.T)
    score = (late - total * share) @ design
    weight = total * share * (1 - share)
    information = (weight[:, None, :] * design.T) @ design
    step = np.linalg.solve(information, score[..., None])[..., 0]
    reach = np.abs(step @ design.T).max(axis=1)
    gain = (step * score).sum(axis=1)
    return step / np.maximum(reach, 1)[:, None], reach, gain


def is_settled(reach: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Return whether Newton is done: nothing moves any more, or what moves gains nothing."""
    return (reach <= _SETTLED) | ((gain <= _FLAT) & (reach >= 0.5))


def is_endless(step: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Return which coefficients the last step still moved: they have no finite estimate."""
    return np.abs(step) * width > 1e-3


def identify(gram: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which columns to keep, and the directions that the data say nothing about.

    Parameters
    ----------
    gram
        X'X of columns of like size, shape (columns, columns).

    Returns
    -------
    tuple of ndarray
        Numbers of as many columns as do not follow from one another, and the directions in
        which all rows are 0, shape (columns, directions), for :func:`is_determined`.

    Examples
    --------
    >>> kept, idle = identify(np.array([[4.0, 2, 2], [2, 2, 2], [2, 2, 2]]))
    >>> len(kept), is_determined(np.eye(3), idle)
    (2, array([ True, False, False]))
    """
    from scipy.linalg import qr

    strength, directions = np.linalg.eigh(gram)
    idle = strength <= DEPENDENT * strength.max(initial=0)
    kept = np.sort(qr(gram, mode="r", pivoting=True)[1][: (~idle).sum()])
    return kept, directions[:, idle]


def is_determined(rows: np.ndarray, idle: np.ndarray) -> np.ndarray:
    """Return which rows have log odds that the data determine; unit rows: which coefficients."""
    return np.abs(rows @ idle).max(axis=1, initial=0) < DEPENDENT**0.5
