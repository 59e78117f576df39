"""How far two figures order the same units alike: a total and timeliness, or two indices."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cchc_analysis.catalogue import indicator
from cchc_analysis.columns import ESTIMATES, InputError, check
from cchc_analysis.intervals import check_confidence

_FEWEST = 8  # units: below, the jackknife says more of its own noise than of the units


def agreement(
    first: pd.DataFrame, second: pd.DataFrame, *, confidence: float = 0.95
) -> pd.DataFrame:
    r"""Say how far two figures put the same units in the same order.

    .. math:: \tau_b = \frac{C - D}{\sqrt{(N - T_1)(N - T_2)}}

    with C and D the pairs in like and in opposite order, N all pairs, T the pairs tied in the
    one or the other. 0 is no agreement, 1 the same order, -1 the opposite. It speaks of
    orders only: a unit may be first in both and poor in both. And two figures agree by
    construction where the one is part of the other.

    Parameters
    ----------
    first, second
        Columns of ``ESTIMATES``, each of one indicator and with each unit once. The catalogue
        says which way is better; the periods may differ.
    confidence
        Coverage of the interval, in (0, 1).

    Returns
    -------
    DataFrame
        One row: ``first``, ``second`` (indicators), ``unit_count`` (units with both),
        ``tau_b``, ``tau_low``, ``tau_high``, ``spearman``, ``opposite_share`` (0..1: pairs of
        units that the two put in opposite order, of those tied in neither), ``reading``:
        'computed'; 'too_few_units' (under 8) and 'all_pairs_alike' (tau of 1 or -1), both
        without an interval; 'no_difference' (one of the two does not differ: nothing to
        compute).

    Raises
    ------
    InputError
        If a table holds several indicators or a unit twice, or the catalogue names no better
        direction.

    Notes
    -----
    The interval is the jackknife's, one unit left out at a time, with Student's t. The units
    are all there: it tells how much the figure hangs on which of them, or what a set of units
    like these would give, and is no error of sampling.

    References
    ----------
    Kendall, M. G. (1945). The treatment of ties in ranking problems. *Biometrika* 33,
    239-251. doi:10.1093/biomet/33.3.239

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "unit_id": list("ABCDEFGHIJ"), "bounds": "none", "method": "m", "rule": "r",
    ...     "unit_of_measure": "points", "source": "example",
    ... })
    >>> points = [90.0, 88, 80, 79, 75, 70, 66, 60, 58, 50]
    >>> total = rows.assign(indicator="qd766_score", value=points)
    >>> shares = [0.9, 0.7, 0.95, 0.8, 0.97, 0.6, 0.92, 0.85, 0.5, 0.75]
    >>> in_time = rows.assign(indicator="qd766_in_time_share", value=shares)
    >>> agreement(total, in_time)[["unit_count", "tau_b", "tau_low", "tau_high"]].round(2)
       unit_count  tau_b  tau_low  tau_high
    0          10   0.24    -0.21       0.7
    """
    check_confidence(confidence)
    names, x, y = _both(first, second)
    signs = [np.sign(values[:, None] - values[None, :]) for values in (x, y)]
    like = signs[0] * signs[1]
    tau = _tau(like.sum(), *((sign**2).sum() for sign in signs))
    low, high = _jackknife(like, signs, tau, confidence)
    reading = "computed"
    if np.isnan(tau):
        reading = "no_difference"
    elif len(x) < _FEWEST or abs(tau) > 1 - 1e-12:
        low = high = np.nan
        reading = "too_few_units" if len(x) < _FEWEST else "all_pairs_alike"
    ranks = pd.DataFrame({"x": x, "y": y}).rank()
    untied = (like != 0).sum()
    return pd.DataFrame(
        {
            "first": names[0],
            "second": names[1],
            "unit_count": len(x),
            "tau_b": tau,
            "tau_low": low,
            "tau_high": high,
            "spearman": np.nan if np.isnan(tau) else ranks["x"].corr(ranks["y"]),
            "opposite_share": (like < 0).sum() / untied if untied else np.nan,
            "reading": reading,
        },
        index=[0],
    )


def high_yet_low(first: pd.DataFrame, second: pd.DataFrame, *, top: int = 5) -> pd.DataFrame:
    """List the units among the best few by one figure and in the worse half by another.

    Parameters
    ----------
    first, second
        As in :func:`agreement`.
    top
        How many count as the best few; units tied with the last of them too.

    Returns
    -------
    DataFrame
        ``unit_id``, ``first_value``, ``first_rank``, ``second_value``, ``second_rank`` (1 the
        best, among the units with both; ties share the best), ``unit_count``; by
        ``first_rank``. Empty where no unit is.

    Raises
    ------
    InputError
        As :func:`agreement`, and if ``top`` is below 1.

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "unit_id": list("ABCD"), "bounds": "none", "method": "m", "rule": "r",
    ...     "unit_of_measure": "points", "source": "example",
    ... })
    >>> total = rows.assign(indicator="qd766_score", value=[90.0, 88.0, 80.0, 79.0])
    >>> in_time = rows.assign(indicator="qd766_in_time_share", value=[0.8, 0.95, 0.9, 0.7])
    >>> high_yet_low(total, in_time, top=2)[["unit_id", "first_rank", "second_rank"]]
      unit_id  first_rank  second_rank
    0       A         1.0          3.0
    """
    if top < 1:
        raise InputError(f"top is {top}, expected 1 or more")
    _, x, y = _both(first, second)
    units = _joined(first, second)
    table = units.assign(
        first_rank=pd.Series(x).rank(method="min", ascending=False),
        second_rank=pd.Series(y).rank(method="min", ascending=False),
        unit_count=len(units),
    )
    chosen = (table["first_rank"] <= top) & (table["second_rank"] > len(units) / 2)
    found = table[chosen].sort_values(["first_rank", "unit_id"], ignore_index=True)
    return found[
        ["unit_id", "first_value", "first_rank", "second_value", "second_rank", "unit_count"]
    ]


def _both(first: pd.DataFrame, second: pd.DataFrame) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return the two indicators and the units' values in both, higher being better."""
    names = [_one_indicator(rows) for rows in (first, second)]
    joined = _joined(first, second)
    values = []
    for name, column in zip(names, ("first_value", "second_value"), strict=True):
        better = indicator(name).direction
        if better == "none":
            raise InputError(
                f"the catalogue names no better direction for {name}; compare another figure"
            )
        values.append(joined[column].to_numpy() * (-1 if better == "lower" else 1))
    return names, values[0], values[1]


def _one_indicator(rows: pd.DataFrame) -> str:
    """Return the one indicator of a table in which each unit comes once."""
    rows = check(rows, ESTIMATES)
    names = rows["indicator"].unique().tolist()
    if len(names) != 1:
        found = ", ".join(names) or "no rows"
        raise InputError(f"found {found}, expected the rows of one indicator")
    twice = rows.loc[rows["unit_id"].duplicated(), "unit_id"]
    if len(twice):
        raise InputError(f"{twice.iloc[0]} has {names[0]} twice; pick the rows of one period")
    return names[0]


def _joined(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Return the units with a value in both tables, by ``unit_id``."""
    first, second = check(first, ESTIMATES), check(second, ESTIMATES)
    left = first[["unit_id", "value"]].rename(columns={"value": "first_value"})
    right = second[["unit_id", "value"]].rename(columns={"value": "second_value"})
    both = left.merge(right, on="unit_id", validate="1:1").dropna()
    return both.sort_values("unit_id", ignore_index=True)


def _tau(like: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return tau-b from the sums of like signs and of untied pairs; NaN where all are tied."""
    untied = np.sqrt(np.asarray(first, dtype=float) * second)
    return np.divide(like, untied, out=np.full(np.shape(untied), np.nan), where=untied > 0)[()]


def _jackknife(
    like: np.ndarray, signs: list[np.ndarray], tau: float, confidence: float
) -> tuple[float, float]:
    """Return the limits of tau: without a unit, all its pairs are taken out of the sums."""
    from scipy.special import stdtrit

    n = len(like)
    if n < _FEWEST:
        return np.nan, np.nan
    sums = [matrix.sum() - 2 * matrix.sum(axis=1) for matrix in (like, *(s**2 for s in signs))]
    pseudo = n * tau - (n - 1) * _tau(*sums)
    error = pseudo.std(ddof=1) / np.sqrt(n)
    reach = stdtrit(n - 1, (1 + confidence) / 2) * error
    return max(pseudo.mean() - reach, -1.0), min(pseudo.mean() + reach, 1.0)
