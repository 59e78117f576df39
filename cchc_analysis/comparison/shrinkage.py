"""Shrinkage: what a unit's share is worth when its dossiers are few.

A unit with nothing late among 10 dossiers is hardly the best of a province. Beta-binomial
empirical Bayes draws each share towards the common mean, the more the fewer dossiers it
rests on and the more alike the units are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cchc_analysis.comparison.one_comparison import one_comparison
from cchc_analysis.intervals import check_confidence, clopper_pearson

LEAST_UNITS = 3  # below this the spread between units cannot be estimated

_NUMBERS = ["shrunk", "low", "high", "own_weight", "prior_mean", "prior_dossiers"]
_GRID = 33
_LEAST_LOG_DOSSIERS = -5.0  # nearly every unit at 0 or 100 %
_ZOOMS = 3  # each narrows the grid to where the likelihood is; enough for 3,321 units
_NEGLIGIBLE = 14.0  # log likelihood below the best: weight under one millionth
_LOGIT_RANGE = 20.0  # two dossiers in a billion: further out than any common mean
_LEAST_MEAN = 1e-9  # a drawn mean stays within 0..1
_ALL_ALIKE = 1e9  # dossiers of a prior under which units do not differ
_HALVINGS = 40  # bisection steps: a share to 12 decimals
_FLATTEST = 0.01  # precision of the flattest beta, reached by a unit without dossiers only


@dataclass(frozen=True)
class Prior:
    """The common beta distribution of the units' shares, fitted by maximum likelihood."""

    mean: float  # share
    dossiers: float  # how many dossiers its pull is worth; infinite where no spread shows
    grid: pd.DataFrame  # other priors that fit: dossiers, mean, mean_variance, weight


def shrink(estimates: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    r"""Draw each unit's share towards the common mean as far as its few dossiers ask.

    .. math:: \tilde p_i = \frac{c_i + M m}{n_i + M}, \qquad
        c_i \sim \text{beta-binomial}(n_i, m, M)

    It is the better guess for most units and for the next period, not for the exceptional
    one: a small unit that really is bad is drawn to the mean too. So use :func:`funnel` to
    find who stands out. Never sum shrunken shares; they are no counts.

    Parameters
    ----------
    estimates
        One row per unit, one indicator, rule and period, with ``count`` and ``total``
        (dossiers, whole numbers). Units of one class, parent and scope (:func:`comparable`).
    confidence
        Coverage of the intervals, on average over the units, in (0, 1).

    Returns
    -------
    DataFrame
        One row per row of ``estimates``, in its order: ``unit_id``, ``period_start_on``,
        ``period_end_on``, ``indicator``, ``count``, ``total`` (dossiers), ``value`` (as
        counted), ``shrunk`` with ``low`` and ``high`` (shares in 0..1), ``own_weight`` (how
        much of ``shrunk`` is the unit's own, 0..1), ``prior_mean`` (share) and
        ``prior_dossiers`` (what the common mean weighs; infinite where no spread between
        units shows); ``reading``: 'shrunk', 'pooled' (no spread: all have the common share),
        'no_dossiers' (the common mean only), 'too_few_units' (fewer than three have
        dossiers: NaN); ``method``, ``rule``, ``source``.

    Raises
    ------
    InputError
        If indicators, rules or periods are mixed, a unit comes twice, or a count does not
        fit its total.

    Notes
    -----
    Mean and weight are the maximum-likelihood ones. That they are estimates themselves
    widens the intervals, as Morris asked: the variance is averaged over all priors that fit,
    weighted by their likelihood and by the uniform shrinkage prior of Christiansen and
    Morris, and includes how far the centre would move (the mean within each prior by
    Laplace's method). The interval is that of the beta distribution of that mean and
    variance; where that beta has its mass at 0 or 100 % (a parameter below 1) it reaches at
    least as far as the average of the betas of all priors, since so skew a posterior is not
    known by mean and variance. It stays inside 0..1 and keeps its width where all units are
    alike, since few units that look alike need not be. Where all dossiers count, or none does,
    the interval is Clopper-Pearson's of all dossiers together.

    References
    ----------
    Morris, C. N. (1983). Parametric empirical Bayes inference: theory and applications.
    *JASA* 78, 47-55. doi:10.1080/01621459.1983.10477920

    Christiansen, C. L. and Morris, C. N. (1997). Hierarchical Poisson regression modeling.
    *JASA* 92, 618-632. doi:10.1080/01621459.1997.10474013

    Examples
    --------
    >>> estimates = pd.DataFrame({
    ...     "unit_id": list("ABCDEF"), "indicator": "on_time_rate",
    ...     "count": [10, 960, 870, 990, 450, 0], "total": [10, 1000, 1000, 1000, 500, 0],
    ...     "bounds": "none", "unit_of_measure": "share", "method": "count",
    ...     "rule": "strict", "source": "example",
    ... })
    >>> shrink(estimates)[["unit_id", "value", "shrunk", "low", "high", "reading"]].round(3)
      unit_id  value  shrunk    low   high      reading
    0       A   1.00   0.956  0.855  0.998       shrunk
    1       B   0.96   0.959  0.947  0.971       shrunk
    2       C   0.87   0.871  0.850  0.891       shrunk
    3       D   0.99   0.989  0.981  0.995       shrunk
    4       E   0.90   0.901  0.874  0.926       shrunk
    5       F    NaN   0.936  0.736  1.000  no_dossiers
    """
    check_confidence(confidence)
    rows, known = one_comparison(estimates)
    count = np.where(known, rows["count"], 0.0)
    total = np.where(known, rows["total"], 0.0)
    enough = known.sum() >= LEAST_UNITS
    prior = fit_prior(count[known], total[known]) if enough else None
    numbers = _shrunk(count, total, prior, confidence) if prior else {}
    fitted = "shrunk" if prior and np.isfinite(prior.dossiers) else "pooled"
    return rows[
        ["unit_id", "period_start_on", "period_end_on", "indicator", "count", "total"]
    ].assign(
        value=rows["count"] / rows["total"].where(known),
        **{name: numbers.get(name, np.nan) for name in _NUMBERS},
        reading=np.where(known, fitted, "no_dossiers") if enough else "too_few_units",
        method=f"beta-binomial empirical Bayes by likelihood, Morris intervals {confidence:g}",
        rule=rows["rule"],
        source=rows["source"],
    )


def fit_prior(count: np.ndarray, total: np.ndarray) -> Prior:
    """Fit the common beta distribution of several units' shares by maximum likelihood.

    Parameters
    ----------
    count, total
        Dossiers of each unit, totals above 0, at least three units.

    Returns
    -------
    Prior
        The most likely mean and weight, and the other priors that fit. ``dossiers`` is
        infinite where no spread between the units beyond chance shows; then ``mean`` is the
        share of all dossiers together.

    Notes
    -----
    For a given weight the likelihood has one maximum in the mean, found by a bracketed
    root; over the weight it is searched on a logarithmic grid from a spread between 0 and
    100 % to one that a thousand times the largest unit could not show. No method of moments
    stands in: the search cannot fail.

    Examples
    --------
    >>> prior = fit_prior(np.array([10.0, 45, 80, 30]), np.array([20.0, 50, 90, 60]))
    >>> round(prior.mean, 2), round(prior.dossiers)
    (0.71, 6)
    """
    pooled = count.sum() / total.sum()
    most = np.log(1000 * total.max())
    if pooled in (0, 1):
        return Prior(float(pooled), np.inf, pd.DataFrame())
    low, high = _LEAST_LOG_DOSSIERS, most
    for _ in range(_ZOOMS):
        grid = np.linspace(low, high, _GRID)
        mean, likelihood, mean_variance = _profile(grid, count, total)
        fits = np.flatnonzero(likelihood > likelihood.max() - _NEGLIGIBLE)
        low, high = grid[max(fits[0] - 1, 0)], grid[min(fits[-1] + 1, _GRID - 1)]
    best = int(likelihood.argmax())
    weight = np.exp(likelihood - likelihood[best]) * np.sqrt(mean_variance)
    typical = np.median(total)
    weight *= np.exp(grid) * typical / (np.exp(grid) + typical) ** 2  # uniform shrinkage
    others = pd.DataFrame(
        {
            "dossiers": np.exp(grid),
            "mean": mean,
            "mean_variance": mean_variance,
            "weight": weight / weight.sum(),
        }
    )
    if grid[best] > most - 1e-9:
        return Prior(float(pooled), np.inf, others)
    around = np.linspace(grid[max(best - 1, 0)], grid[best + 1], _GRID)
    peak = _peak(around, count, total)
    return Prior(float(_profile(np.array([peak]), count, total)[0][0]), float(np.exp(peak)), others)


def posterior(count: np.ndarray, total: np.ndarray, prior: Prior) -> tuple[np.ndarray, np.ndarray]:
    """Return both parameters of each unit's beta posterior, widened as in :func:`shrink`.

    Parameters
    ----------
    count, total
        Dossiers of each unit; both 0 where it has none.
    prior
        What :func:`fit_prior` returned; its mean must not be 0 or 1.

    Returns
    -------
    tuple of arrays
        Their sum is the precision: how many dossiers the posterior is worth.

    Examples
    --------
    >>> count, total = np.array([10.0, 45, 80, 30]), np.array([20.0, 50, 90, 60])
    >>> a, b = posterior(count, total, fit_prior(count, total))
    >>> (a / (a + b)).round(2)
    array([0.54, 0.88, 0.88, 0.52])
    """
    centre = _centre(count, total, prior.mean, prior.dossiers)
    variance = np.zeros(len(count))
    for at, spread, weight in _under_each(count, total, prior):
        variance += weight * (spread + (at - centre) ** 2)
    return _beta(centre, variance)


def posterior_shapes(
    count: np.ndarray, total: np.ndarray, prior: Prior, draws: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw both parameters of each unit's beta posterior, the prior itself being uncertain.

    One beta with the mean and variance of :func:`posterior` would put half of its weight at
    100 % for a unit of one dossier: fit for an interval, not for who is the best.

    Parameters
    ----------
    count, total, prior
        As in :func:`posterior`.
    draws
        How many.
    rng
        Where they come from.

    Returns
    -------
    tuple of arrays
        One row per draw, one column per unit; a draw has one prior for all units.

    Examples
    --------
    >>> count, total = np.array([10.0, 45, 80, 30]), np.array([20.0, 50, 90, 60])
    >>> prior = fit_prior(count, total)
    >>> a, b = posterior_shapes(count, total, prior, 2000, np.random.default_rng(0))
    >>> a.shape, (a / (a + b)).mean(axis=0).round(1)
    ((2000, 4), array([0.6, 0.9, 0.9, 0.5]))
    """
    grid = prior.grid.iloc[rng.choice(len(prior.grid), draws, p=prior.grid["weight"])]
    error = np.sqrt(grid["mean_variance"].to_numpy()) * rng.standard_normal(draws)
    mean = np.clip(grid["mean"].to_numpy() + error, _LEAST_MEAN, 1 - _LEAST_MEAN)[:, None]
    dossiers = np.minimum(grid["dossiers"].to_numpy(), _ALL_ALIKE)[:, None]
    return count + dossiers * mean, total - count + dossiers * (1 - mean)


def _shrunk(
    count: np.ndarray, total: np.ndarray, prior: Prior, confidence: float
) -> dict[str, np.ndarray | float]:
    """Return the columns of numbers that :func:`shrink` adds."""
    from scipy.stats import beta

    if prior.grid.empty:  # all dossiers count, or none
        ends = clopper_pearson(count.sum(), total.sum(), confidence)
        low, high = (np.full(len(count), float(end)) for end in ends)
    else:
        a, b = posterior(count, total, prior)
        tail = (1 - confidence) / 2
        low, high = beta.ppf(tail, a, b), beta.isf(tail, a, b)
        humpless = np.minimum(a, b) < 1  # nearly all at an end: its quantiles would be that end
        shapes = [
            (*_beta(at[humpless], spread[humpless]), weight)
            for at, spread, weight in _under_each(count, total, prior)
        ]
        low[humpless] = np.minimum(low[humpless], _quantile_of_mixture(shapes, tail))
        high[humpless] = np.maximum(high[humpless], _quantile_of_mixture(shapes, 1 - tail))
    return {
        "shrunk": _centre(count, total, prior.mean, prior.dossiers),
        "low": low,
        "high": high,
        "own_weight": total / (total + prior.dossiers),
        "prior_mean": prior.mean,
        "prior_dossiers": prior.dossiers,
    }


def _under_each(
    count: np.ndarray, total: np.ndarray, prior: Prior
) -> Iterator[tuple[np.ndarray, np.ndarray, float]]:
    """Yield mean and variance of each unit's share under each prior that fits, and its weight."""
    for dossiers, mean, mean_variance, weight in prior.grid.itertuples(index=False):
        at = _centre(count, total, mean, dossiers)
        pull = dossiers / (dossiers + total)
        yield at, at * (1 - at) / (dossiers + total + 1) + pull**2 * mean_variance, weight


def _beta(mean: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both parameters of the beta distribution of this mean and variance."""
    precision = np.maximum(mean * (1 - mean) / variance - 1, _FLATTEST)
    return mean * precision, (1 - mean) * precision


def _quantile_of_mixture(
    shapes: list[tuple[np.ndarray, np.ndarray, float]], probability: float
) -> np.ndarray:
    """Return a quantile of each unit's average of beta distributions, by bisection."""
    from scipy.stats import beta

    a, b, weight = (np.array(part) for part in zip(*shapes, strict=True))
    below, above = np.zeros(a.shape[1]), np.ones(a.shape[1])
    for _ in range(_HALVINGS):
        middle = (below + above) / 2
        beyond = weight @ beta.cdf(middle, a, b) >= probability
        above, below = np.where(beyond, middle, above), np.where(beyond, below, middle)
    return (below + above) / 2


def _centre(count: np.ndarray, total: np.ndarray, mean: float, dossiers: float) -> np.ndarray:
    """Return the posterior means under one prior, finite or not."""
    if np.isinf(dossiers):
        return np.full(len(count), mean)
    return (count + dossiers * mean) / (total + dossiers)


def _profile(
    log_dossiers: np.ndarray, count: np.ndarray, total: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the likeliest mean at each prior weight, its log likelihood and variance."""
    from scipy.optimize.elementwise import find_root
    from scipy.special import betaln, expit, polygamma, psi

    def slope(logit: np.ndarray, weight: np.ndarray) -> np.ndarray:
        a, b = expit(logit) * weight, expit(-logit) * weight
        a, b = a[..., None], b[..., None]
        return (psi(a + count) - psi(a) - psi(b + miss) + psi(b)).sum(-1)

    weight = np.exp(log_dossiers)
    ends = np.full(weight.shape, _LOGIT_RANGE)
    miss = total - count  # before it is added to b, which may be too small to survive
    logit = find_root(slope, (-ends, ends), args=(weight,)).x
    mean = expit(logit)
    a, b = (mean * weight)[:, None], (expit(-logit) * weight)[:, None]
    likelihood = (betaln(a + count, b + miss) - betaln(a, b)).sum(1)
    bend = polygamma(1, a) - polygamma(1, a + count) + polygamma(1, b) - polygamma(1, b + miss)
    return mean, likelihood, 1 / (weight**2 * bend.sum(1))


def _peak(log_dossiers: np.ndarray, count: np.ndarray, total: np.ndarray) -> float:
    """Return the log weight of the highest likelihood: the top of a parabola near the best."""
    likelihood = _profile(log_dossiers, count, total)[1]
    best = int(np.clip(likelihood.argmax(), 1, len(log_dossiers) - 2))
    left, top, right = likelihood[best - 1 : best + 2]
    step, bend = log_dossiers[1] - log_dossiers[0], 2 * top - left - right
    peak = log_dossiers[best] + (step * (right - left) / (2 * bend) if bend > 0 else 0.0)
    return float(np.clip(peak, log_dossiers[0], log_dossiers[-1]))
