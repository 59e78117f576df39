"""Comparing units: who stands out from the others by more than chance and usual spread.

A unit's share differs from its neighbours' for two innocent reasons: chance, which is
large where dossiers are few, and the ordinary spread between units that differ in work
and clientele. :func:`funnel` allows for both before it points at anyone.

``estimates`` is the table of :data:`~cchc_analysis.columns.ESTIMATES`, the rows of one
indicator, one counting rule and one period. Compare units of one class, parent and scope
only; that choice is the caller's.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cchc_analysis.comparison.one_comparison import one_comparison
from cchc_analysis.comparison.spread import (
    SPREADS,
    Spread,
    all_but_one,
    check_spread,
    mean_of_others,
)
from cchc_analysis.intervals import check_confidence, exact_limits

_HALVINGS = 60  # bisection steps: the limits are then exact to the last digit

_SHARED = ["unit_id", "period_start_on", "period_end_on", "indicator", "count", "total"]
_NUMBERS = ["expected", "low", "high", "p_value", "q_value", "tau"]


def funnel(
    estimates: pd.DataFrame, *, confidence: float = 0.998, spread: Spread = "paule_mandel"
) -> pd.DataFrame:
    r"""Judge each unit's share against all the others; outside its own limits or not.

    .. math:: z_i = \frac{y_i - \hat\mu_{-i}}
        {\sqrt{v_i + \hat\tau^2_{-i} + \operatorname{var} \hat\mu_{-i}}}, \quad
        y = \log\frac{c + 1/2}{n - c + 1/2}, \quad v = \frac{1}{c + 1/2} + \frac{1}{n - c + 1/2}

    Outside means unusual among these units, not bad: where all are late alike, nobody is
    outside. With few units even a very late one may stay inside (:func:`noticeable` says
    how late it must be), and several late units hide one another, each widening the spread
    that the others are held against; so 'inside' is no certificate. Differences in case mix
    are not removed.

    Parameters
    ----------
    estimates
        One row per unit, one indicator, rule and period, with ``count`` and ``total``
        (dossiers, whole numbers). ``value`` is computed anew as count / total.
    confidence
        Chance, in (0, 1), that a unit like the others lies inside its limits.
    spread
        The variance between units: :func:`paule_mandel`, or :func:`dersimonian_laird` to
        compare with those who use it.

    Returns
    -------
    DataFrame
        One row per row of ``estimates``, in its order: ``unit_id``, ``period_start_on``,
        ``period_end_on``, ``indicator``, ``count``, ``total`` (dossiers), ``value``;
        ``expected``, the centre of the other units, ``low`` and ``high``, the limits
        (shares in 0..1); ``outside`` (flag), ``side`` ('high', 'low' or ''); ``p_value``
        and ``q_value`` (Benjamini-Hochberg over the units); ``outside_plain``, outside
        exact binomial limits around the overall share, as without allowing for the spread
        between units; ``tau``, the spread of the others on the logit scale; ``limits``
        ('overdispersed'; 'exact' where tau is 0, chance alone; '' without); ``reading`` ('judged',
        'no_dossiers', 'too_few_units'); ``method``, ``rule``, ``source``.
        A unit without dossiers, or any unit where fewer than three have some, has NaN
        limits and is not outside. No rows in, no rows out.

    Raises
    ------
    InputError
        If indicators, rules or periods are mixed, a unit comes twice, or a count does not
        fit its total.

    Notes
    -----
    A unit's own result must not widen the yardstick it is held against, so mean and
    between-unit variance come from the other G - 1 units, and the
    limits are those of a further unit: t with G - 2 degrees of freedom. They depend on a
    unit's total, not on its count, and are drawn as one bar per unit; a smooth curve would
    not be the limit of any of them. A unit is outside exactly when its share is outside
    its bar. No limit is narrower than the exact binomial one around the others' mean share
    (weights ``1 / (tau2 + 1 / (n p q))``), since logits of a few dossiers near 0 or 100 %
    are too skew for z; nor, where few others seem to have no spread, than t allows.
    Where most units expect fewer than about two dossiers off the mark, ``expected`` is
    drawn towards one half by the half dossiers added.

    References
    ----------
    Spiegelhalter, D. J. (2005). Funnel plots for comparing institutional performance.
    *Statistics in Medicine* 24, 1185-1202. doi:10.1002/sim.1970

    Examples
    --------
    >>> estimates = pd.DataFrame({
    ...     "unit_id": list("ABCDEFGH"), "indicator": "on_time_rate",
    ...     "count": [970, 985, 490, 1960, 291, 780, 988, 500],
    ...     "total": [1000, 1000, 500, 2000, 300, 800, 1000, 1000],
    ...     "bounds": "none", "unit_of_measure": "share", "method": "count",
    ...     "rule": "strict", "source": "example",
    ... })
    >>> judged = funnel(estimates)
    >>> judged[["unit_id", "value", "expected", "low", "high", "outside"]].tail(2).round(3)
      unit_id  value  expected    low  high  outside
    6       G  0.988     0.960  0.000   1.0    False
    7       H  0.500     0.978  0.911   1.0     True
    """
    check_confidence(confidence)
    check_spread(spread)
    rows, known = one_comparison(estimates)
    count, total = rows["count"].to_numpy(), rows["total"].to_numpy()
    judged = pd.DataFrame(index=rows.index[known])
    if known.sum() >= 3:
        judged = _judge(count[known], total[known], confidence, spread)
        judged = judged.set_index(rows.index[known])
    result = rows[_SHARED].assign(
        value=rows["count"] / rows["total"].where(known),
        **{name: judged.get(name, np.nan) for name in _NUMBERS},
    )
    reading = "judged" if known.sum() >= 3 else "too_few_units"
    low, high = result["value"] < result["low"], result["value"] > result["high"]
    return result.assign(
        outside=low | high,
        side=np.select([low, high], ["low", "high"], ""),
        outside_plain=judged.get("outside_plain", pd.Series(dtype=bool)).reindex(
            rows.index, fill_value=False
        ),
        limits=np.select([result["tau"] > 0, result["tau"] == 0], ["overdispersed", "exact"], ""),
        reading=np.where(known, reading, "no_dossiers"),
        method=f"leave-one-out funnel, logit scale, {SPREADS[spread]}, {confidence:g}",
        rule=rows["rule"],
        source=rows["source"],
    )


def noticeable(funnel_result: pd.DataFrame) -> float:
    """Return how low a unit of median size would have to be for the funnel to flag it.

    It is the lower limit of the unit whose total is nearest to the median: were its share
    below, the others unchanged, it would be outside. Smaller units must be lower still.
    Print it wherever fewer than 15 units are compared: there 'nobody stands out' may mean
    that nobody could have.

    Parameters
    ----------
    funnel_result
        What :func:`funnel` returned.

    Returns
    -------
    float
        A share in 0..1. 0.0: not even a unit at 0 % would be flagged. NaN if no unit was
        judged.

    Examples
    --------
    >>> estimates = pd.DataFrame({
    ...     "unit_id": list("ABCDEFG"), "indicator": "on_time_rate",
    ...     "count": [960, 982, 970, 991, 975, 988, 955], "total": 1000, "bounds": "none",
    ...     "unit_of_measure": "share", "method": "count", "rule": "strict", "source": "example",
    ... })
    >>> round(noticeable(funnel(estimates)), 2)
    0.45
    """
    judged = funnel_result[funnel_result["low"].notna()]
    if judged.empty:
        return float("nan")
    distance = (judged["total"] - judged["total"].median()).abs()
    by_size = judged.assign(distance=distance).sort_values(["distance", "total", "low"])
    return float(by_size["low"].iloc[0])


def _judge(count: np.ndarray, total: np.ndarray, confidence: float, spread: Spread) -> pd.DataFrame:
    """Return expectation, limits, p- and q-values of each unit among the others."""
    from scipy.special import expit
    from scipy.stats import false_discovery_control, t

    mu, tau2, mu_variance = mean_of_others(*_logits(count, total), spread)
    mean_share = _share_of_others(count, total, tau2)
    variance = tau2 + mu_variance
    low, high = exact_limits(mean_share, total, confidence)
    critical = t.isf((1 - confidence) / 2, len(total) - 2)
    p_value = _p_values(count, total, mu, variance, mean_share)
    plain_low, plain_high = exact_limits(count.sum() / total.sum(), total, confidence)
    share = count / total
    return pd.DataFrame(
        {
            "expected": np.where(tau2 > 0, expit(mu), mean_share),
            "low": np.minimum(low, _lowest_inside(mu, variance, total, critical)),
            "high": np.maximum(high, 1 - _lowest_inside(-mu, variance, total, critical)),
            "p_value": p_value,
            "q_value": false_discovery_control(p_value),
            "tau": np.sqrt(tau2),
            "outside_plain": (share < plain_low) | (share > plain_high),
        }
    )


def _share_of_others(count: np.ndarray, total: np.ndarray, tau2: np.ndarray) -> np.ndarray:
    """Return the mean share of each unit's others, weighted as their spread asks."""
    overall = (count.sum() + 0.5) / (total.sum() + 1)
    shares = []
    for rows, others in all_but_one(len(total)):
        scale = others / (1 + tau2[rows, None] * total * overall * (1 - overall))
        shares.append((scale @ count + 0.5) / (scale @ total + 1))
    return np.concatenate(shares)


def _logits(count: np.ndarray, total: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return logits with half a dossier added on both sides, and their variances."""
    hit, miss = count + 0.5, total - count + 0.5
    return np.log(hit / miss), 1 / hit + 1 / miss


def _lowest_inside(
    mu: np.ndarray, variance: np.ndarray, total: np.ndarray, critical: float
) -> np.ndarray:
    """Return the lowest share with ``z >= -critical``; 0 if a unit at 0 has that too.

    As the count grows from 0, ``z + critical`` may first fall but then only rises, so a
    negative start leaves one root, found by bisection.
    """
    below, above = np.zeros_like(total), total.copy()
    for _ in range(_HALVINGS):
        middle = (below + above) / 2
        inside = _z(middle, total, mu, variance) >= -critical
        above = np.where(inside, middle, above)
        below = np.where(inside, below, middle)
    at_zero = _z(np.zeros_like(total), total, mu, variance) >= -critical
    return np.where(at_zero, 0.0, above / total)


def _z(count: np.ndarray, total: np.ndarray, mu: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Return the distance from the others in standard errors."""
    y, v = _logits(count, total)
    return (y - mu) / np.sqrt(v + variance)


def _p_values(
    count: np.ndarray, total: np.ndarray, mu: np.ndarray, variance: np.ndarray, share: np.ndarray
) -> np.ndarray:
    """Return two-sided p-values that fall below alpha exactly where the limits are passed."""
    from scipy.stats import binom, t

    z = _z(count, total, mu, variance)
    z_low = np.maximum(z, _z(np.zeros_like(total), total, mu, variance))
    z_high = np.minimum(z, _z(total, total, mu, variance))
    degrees = len(total) - 2
    low = np.maximum(binom.cdf(count, total, share), t.cdf(z_low, degrees))
    high = np.maximum(binom.sf(count - 1, total, share), t.sf(z_high, degrees))
    return np.minimum(1.0, 2 * np.minimum(low, high))
