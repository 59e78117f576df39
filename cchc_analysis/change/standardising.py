"""Das Gupta's standardisation of two populations, and a crossed structure as factors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from math import comb

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cchc_analysis.columns import InputError


def das_gupta(
    before: Mapping[str, ArrayLike],
    after: Mapping[str, ArrayLike],
    rate: Callable[..., float | np.ndarray],
) -> pd.DataFrame:
    r"""Split the change of a rate into the effects of the factors that make it up.

    .. math:: E_k = \sum_{S \not\ni k} \frac{f(k_2, S_2, \text{rest}_1) -
        f(k_1, S_2, \text{rest}_1)}{K \binom{K-1}{|S|}}

    An effect is what would change if that factor alone did, averaged over where the others
    stand; nothing says that it could change alone.

    Parameters
    ----------
    before, after
        The factors by name, numbers or arrays over sub-populations.
    rate
        Function of the factors, given by name, that returns the rate.

    Returns
    -------
    DataFrame
        One row per factor: ``factor``, ``standardised_before``, ``standardised_after`` (the
        rate with that factor as it was, or is, and the others averaged) and ``effect``, in
        the units of ``rate``. The effects add to ``rate(**after) - rate(**before)``.

    Raises
    ------
    InputError
        If the two sides do not have the same factors.

    References
    ----------
    Das Gupta, P. (1993). *Standardization and decomposition of rates: a user's manual*.
    US Bureau of the Census, Current Population Reports P23-186.

    Examples
    --------
    Earnings per person are earnings per earner times the share of earners:

    >>> das_gupta(
    ...     {"earnings": 10930, "earners": 0.717892}, {"earnings": 16591, "earners": 0.825974},
    ...     lambda earnings, earners: earnings * earners,
    ... ).round(2)
         factor  standardised_before  standardised_after   effect
    0  earnings              8437.23            12807.14  4369.91
    1   earners              9878.55            11365.82  1487.26
    """
    if set(before) != set(after):
        raise InputError(f"factors: found {sorted(before)} and {sorted(after)}, expected the same")
    names = list(before)
    sides = [[np.asarray(side[name], float) for name in names] for side in (before, after)]
    both = standardised(*sides, lambda *factors: rate(**dict(zip(names, factors, strict=True))))
    low, high = np.array(both, float).reshape(len(names), 2).T
    return pd.DataFrame(
        {
            "factor": names,
            "standardised_before": low,
            "standardised_after": high,
            "effect": high - low,
        }
    )


def standardised(
    before: Sequence[np.ndarray],
    after: Sequence[np.ndarray],
    rate: Callable[..., float | np.ndarray],
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the standardised rates of both sides for each factor, in order.

    Parameters
    ----------
    before, after
        The factors in the order in which ``rate`` takes them.
    rate
        Function of the factors; may return an array of rates.

    Examples
    --------
    >>> standardised([2.0, 3.0], [4.0, 5.0], lambda a, b: a * b)
    [(8.0, 16.0), (9.0, 15.0)]
    """
    factors = range(len(before))
    found = []
    for k in factors:
        others = [i for i in factors if i != k]
        sums = [0.0, 0.0]
        for size in range(len(before)):
            weight = 1 / (len(before) * comb(len(others), size))
            for later in combinations(others, size):
                mixed = [after[i] if i in later else before[i] for i in factors]
                for side, own in enumerate((before[k], after[k])):
                    mixed[k] = own
                    sums[side] = sums[side] + weight * rate(*mixed)
        found.append((sums[0], sums[1]))
    return found


def structure_factors(size: np.ndarray, codes: Sequence[np.ndarray]) -> list[np.ndarray]:
    r"""Write the shares of crossed cells as a product of one factor per key.

    .. math:: w_{ij} = A_{ij} B_{ij}, \quad
        A_{ij} = \sqrt{\frac{n_{ij}}{n_{.j}} \frac{n_{i.}}{n_{..}}}, \quad
        B_{ij} = \sqrt{\frac{n_{ij}}{n_{i.}} \frac{n_{.j}}{n_{..}}}

    A factor is not the distribution of its key alone: it also carries half of how the keys
    go together.

    Parameters
    ----------
    size
        The cells' sizes, above 0, along the last axis; cells that do not occur are left out.
    codes
        For each key, the category of every cell as a whole number.

    Returns
    -------
    list of arrays
        One factor per key, in the shape of ``size``; their product is size / sum of size.

    References
    ----------
    Das Gupta (1993), chapter 5 (three and more keys alike).

    Examples
    --------
    >>> rows, columns = np.array([0, 0, 1]), np.array([0, 1, 1])
    >>> a, b = structure_factors(np.array([10.0, 30.0, 60.0]), [rows, columns])
    >>> (a * b).round(3)
    array([0.1, 0.3, 0.6])
    """
    keys = range(len(codes))
    margins = {
        chosen: np.log(_margin(size, [codes[i] for i in chosen]))
        for count in range(len(codes) + 1)
        for chosen in combinations(keys, count)
    }
    factors = []
    for k in keys:
        others = [i for i in keys if i != k]
        log_factor = np.zeros_like(size)
        for chosen in (c for n in range(len(codes)) for c in combinations(others, n)):
            weight = 1 / (len(codes) * comb(len(others), len(chosen)))
            with_k = tuple(sorted((*chosen, k)))
            log_factor = log_factor + weight * (margins[with_k] - margins[chosen])
        factors.append(np.exp(log_factor))
    return factors


def _margin(size: np.ndarray, codes: list[np.ndarray]) -> np.ndarray:
    """Return for each cell the sum over all cells that agree with it in ``codes``."""
    if not codes:
        return np.broadcast_to(size.sum(-1, keepdims=True), size.shape)
    _, group = np.unique(np.stack(codes), axis=1, return_inverse=True)
    order = np.argsort(group.ravel(), kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(group.ravel()[order]) > 0])
    return np.add.reduceat(size[..., order], starts, axis=-1)[..., group.ravel()]
