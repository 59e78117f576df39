"""Who stands out from the others by its ratio of observed to expected dossiers."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cchc_analysis.columns import InputError
from cchc_analysis.comparison.spread import mean_of_others
from cchc_analysis.intervals import check_confidence

LEAST_UNITS = 3  # below this the spread between the other units cannot be estimated

_NUMBERS = ["low", "high", "p_value", "q_value", "tau"]
_METHODS = {
    "leave_one_out": "leave-one-out funnel of ratios, log scale, Paule-Mandel",
    "shmi": "additive overdispersion, log scale, trimmed DerSimonian-Laird",
}


def ratio_funnel(
    ratios: pd.DataFrame,
    *,
    confidence: float = 0.998,
    method: Literal["leave_one_out", "shmi"] = "leave_one_out",
) -> pd.DataFrame:
    r"""Judge ratios of observed to expected counts: outside their own limits or not.

    .. math:: z_i = \frac{y_i - \hat\mu_{-i}}
        {\sqrt{v_i + \hat\tau^2_{-i} + \operatorname{var} \hat\mu_{-i}}}, \quad
        y = \log\frac{O + 1/2}{E + 1/2}, \quad v = \frac{1}{E + 1/2}

    Only as good as the expectation: work that the strata do not see is taken for lateness.
    From a tally use :func:`~cchc_analysis.comparison.standardise`, which does this too and
    knows more than two numbers per unit. Do not rank the ratios: each is against the unit's
    own mix of work.

    Parameters
    ----------
    ratios
        One row per unit: ``unit_id``, ``observed`` (whole dossiers), ``expected``.
    confidence
        Chance, in (0, 1), that a unit like the others lies inside its limits.
    method
        'leave_one_out', or 'shmi' for the published method of the NHS, to compare with it.

    Returns
    -------
    DataFrame
        One row per row of ``ratios``, in its order: ``unit_id``, ``observed``, ``expected``,
        ``ratio``; ``low`` and ``high`` (limits of the ratio), ``outside`` (flag), ``side``
        ('high', 'low' or ''), ``p_value``, ``q_value`` (Benjamini-Hochberg); ``exact_low``,
        ``exact_high`` and ``outside_plain``, by chance alone (Poisson); ``tau``, the spread
        between units on the log scale; ``reading``: 'judged', 'none_expected' (expected 0
        or missing), 'too_few_units' (fewer than three); ``method``. NaN and no flag where
        not judged; ``outside_plain`` needs no other units.

    Raises
    ------
    InputError
        If a column is absent, a unit comes twice, a number is negative, an observed count
        is not whole, or one is 0 under 'shmi', which takes its logarithm.

    Notes
    -----
    Mean and variance come from the other units, as in
    :func:`~cchc_analysis.comparison.funnel`, with t of G - 2 degrees. No limit is narrower
    than the exact one, so who is outside is outside by chance alone too. 'shmi': limits
    :math:`\exp(\pm z \sqrt{1/E + \tau^2})` with :func:`trimmed_overdispersion`, and chance
    alone by the chi-squared approximation that goes with it, whose tails are a little too
    short.

    References
    ----------
    Spiegelhalter, D. J. (2005). Funnel plots for comparing institutional performance.
    *Statistics in Medicine* 24, 1185-1202. doi:10.1002/sim.1970

    Examples
    --------
    >>> ratios = pd.DataFrame({
    ...     "unit_id": list("ABCDEFGH"), "observed": [20, 31, 9, 55, 12, 40, 26, 900],
    ...     "expected": [22.0, 28.5, 11.2, 50.3, 10.0, 44.2, 31.0, 100.0],
    ... })
    >>> ratio_funnel(ratios)[["unit_id", "ratio", "low", "high", "outside"]].tail(2).round(2)
      unit_id  ratio   low    high  outside
    6       G   0.84  0.00  161.10    False
    7       H   9.00  0.51    1.84     True
    """
    check_confidence(confidence)
    if method not in _METHODS:
        raise InputError(f"method: found {method!r}, expected one of {', '.join(_METHODS)}")
    rows = _checked(ratios)
    judged = rows[rows["expected"] > 0]
    observed, expected = judged["observed"].to_numpy(float), judged["expected"].to_numpy(float)
    if method == "shmi":
        numbers = _shmi(observed, expected, confidence)
    else:
        numbers = judge_ratios(
            observed, expected, expected, poisson_limits(observed, expected, confidence), confidence
        )
    table = rows.assign(ratio=judged["observed"] / judged["expected"])
    table = table.join(numbers.set_index(judged.index))
    return with_flags(table).assign(
        reading=np.where(table["ratio"].isna(), "none_expected", _reading(len(judged))),
        method=f"{_METHODS[method]}, {confidence:g}",
    )


def trimmed_overdispersion(
    observed: ArrayLike, expected: ArrayLike, *, trim: float = 0.1
) -> tuple[float, float]:
    r"""Overdispersion of ratios as the NHS publishes it; for parity.

    .. math:: \phi = \frac1n \sum z^2, \quad z = \sqrt{E} \log\frac{O}{E}, \qquad
        \tau^2 = \max\left(0, \frac{n \phi - (n - 1)}{\sum E - \sum E^2 / \sum E}\right)

    Cutting the extreme tenth on either side makes the spread of well-behaved units look too
    small, and flags more of them than the limits say.

    Parameters
    ----------
    observed, expected
        Counts of each unit, above 0.
    trim
        The share of units left out at either end of z.

    Returns
    -------
    tuple of float
        The dispersion ratio :math:`\phi` and the between-unit variance :math:`\tau^2` on the
        log scale. NaN for fewer than two units.

    Raises
    ------
    InputError
        If a count is not above 0.

    References
    ----------
    DerSimonian, R. and Laird, N. (1986). Meta-analysis in clinical trials. *Controlled
    Clinical Trials* 7, 177-188. doi:10.1016/0197-2456(86)90046-2

    Examples
    --------
    >>> phi, tau2 = trimmed_overdispersion([20, 31, 9, 55], [22, 20, 15, 40], trim=0)
    >>> round(phi, 2), round(tau2, 3)
    (3.0, 0.13)
    """
    o, e = np.asarray(observed, float), np.asarray(expected, float)
    if not ((o > 0).all() and (e > 0).all()):
        raise InputError("observed, expected: the logarithm of their ratio needs both above 0")
    z = np.sqrt(e) * np.log(o / e)
    cut = int(len(z) * trim)
    kept = np.lexsort((e, z))[cut : len(z) - cut]
    n, weight = len(kept), e[kept]
    if n < 2:
        return float("nan"), float("nan")
    squares = float((z[kept] ** 2).sum())
    spread = weight.sum() - (weight**2).sum() / weight.sum()
    return squares / n, float(max(0.0, (squares - (n - 1)) / spread))


def judge_ratios(
    observed: np.ndarray,
    expected: np.ndarray,
    variance: np.ndarray,
    exact: pd.DataFrame,
    confidence: float,
) -> pd.DataFrame:
    """Return limits, p- and q-values and tau of each ratio among the others.

    Parameters
    ----------
    observed, expected, variance
        The count of each unit, with its mean and variance by chance alone; means above 0.
    exact
        ``exact_low``, ``exact_high`` (ratios), ``at_most``, ``at_least`` (probabilities of
        counts up to, and from, the observed one) by chance alone.
    confidence
        As in :func:`ratio_funnel`.

    Returns
    -------
    DataFrame
        ``low``, ``high``, ``p_value``, ``q_value``, ``tau``, ``exact_low``, ``exact_high``;
        the first five NaN for fewer than three units.
    """
    from scipy.stats import false_discovery_control, t

    limits = exact[["exact_low", "exact_high"]]
    if len(observed) < LEAST_UNITS:
        return limits.reindex(columns=[*_NUMBERS, *limits.columns])
    y = np.log((observed + 0.5) / (expected + 0.5))
    # per expected dossier; never 0, or a unit whose outcome is certain would be the yardstick
    v = np.maximum(variance / expected, 0.5 / (expected + 1)) / (expected + 0.5)
    mean, tau2, mean_variance = mean_of_others(y, v, "paule_mandel")
    error = np.sqrt(v + tau2 + mean_variance)
    reach = t.isf((1 - confidence) / 2, len(y) - 2) * error
    with np.errstate(over="ignore"):  # of three units with a spread: no upper limit
        low, high = ((expected + 0.5) * np.exp(mean + side * reach) - 0.5 for side in (-1, 1))
    z = (y - mean) / error
    below = np.maximum(exact["at_most"], t.cdf(z, len(y) - 2))
    above = np.maximum(exact["at_least"], t.sf(z, len(y) - 2))
    p_value = np.minimum(1.0, 2 * np.minimum(below, above))
    return limits.assign(
        low=np.minimum(exact["exact_low"], np.maximum(low, 0) / expected),
        high=np.maximum(exact["exact_high"], high / expected),
        p_value=p_value,
        q_value=false_discovery_control(p_value),
        tau=np.sqrt(tau2),
    )


def poisson_limits(observed: np.ndarray, expected: np.ndarray, confidence: float) -> pd.DataFrame:
    """Return exact Poisson limits of the ratio and the tails at the observed count.

    Parameters
    ----------
    observed, expected, confidence
        As in :func:`judge_ratios`.

    Returns
    -------
    DataFrame
        What :func:`judge_ratios` needs as ``exact``.

    Examples
    --------
    >>> poisson_limits(np.array([8]), np.array([6.24]), 0.95)[["exact_low", "exact_high"]].round(3)
       exact_low  exact_high
    0      0.321       1.923
    """
    from scipy.stats import poisson

    tail = (1 - confidence) / 2
    return pd.DataFrame(
        {
            "exact_low": poisson.ppf(tail, expected) / expected,
            "exact_high": poisson.isf(tail, expected) / expected,
            "at_most": poisson.cdf(observed, expected),
            "at_least": poisson.sf(observed - 1, expected),
        }
    )


def with_flags(table: pd.DataFrame) -> pd.DataFrame:
    """Add ``outside``, ``side`` and ``outside_plain``: a ratio against its own limits.

    Parameters
    ----------
    table
        With ``ratio``, ``low``, ``high``, ``exact_low`` and ``exact_high``; NaN is inside.

    Returns
    -------
    DataFrame
        With the three columns after those of ``table``.
    """
    low, high = table["ratio"] < table["low"], table["ratio"] > table["high"]
    plain = (table["ratio"] < table["exact_low"]) | (table["ratio"] > table["exact_high"])
    return table.assign(
        outside=low | high, side=np.select([low, high], ["low", "high"], ""), outside_plain=plain
    )


def _shmi(observed: np.ndarray, expected: np.ndarray, confidence: float) -> pd.DataFrame:
    """Return the columns of the published method."""
    from scipy.stats import chi2, false_discovery_control, norm

    tail = (1 - confidence) / 2
    exact = pd.DataFrame(
        {
            "exact_low": chi2.ppf(tail, 2 * expected) / 2 / expected,
            "exact_high": chi2.isf(tail, 2 * (expected + 1)) / 2 / expected,
        }
    )
    if len(observed) < LEAST_UNITS:
        return exact.reindex(columns=[*_NUMBERS, *exact.columns])
    _, tau2 = trimmed_overdispersion(observed, expected)
    error = np.sqrt(1 / expected + tau2)
    p_value = 2 * norm.sf(np.abs(np.log(observed / expected)) / error)
    return exact.assign(
        low=np.exp(-norm.isf(tail) * error),
        high=np.exp(norm.isf(tail) * error),
        p_value=p_value,
        q_value=false_discovery_control(p_value),
        tau=np.sqrt(tau2),
    )


def _checked(ratios: pd.DataFrame) -> pd.DataFrame:
    """Return the three columns needed, or say what does not fit."""
    absent = [name for name in ("unit_id", "observed", "expected") if name not in ratios]
    if absent:
        raise InputError(
            f"ratios: found no column {absent[0]!r}; it needs unit_id, observed, expected"
        )
    rows = ratios[["unit_id", "observed", "expected"]].reset_index(drop=True)
    if rows["unit_id"].isna().any():
        raise InputError("ratios: unit_id is missing in a row, expected a code in each")
    try:
        rows = rows.astype({"unit_id": "object", "observed": float, "expected": float})
    except (ValueError, TypeError) as error:
        raise InputError(f"ratios: observed and expected must be numbers ({error})") from None
    rows["unit_id"] = rows["unit_id"].map(str).astype("str")
    twice = rows.loc[rows["unit_id"].duplicated(), "unit_id"]
    if len(twice):
        raise InputError(
            f"ratios: unit {twice.iloc[0]!r} comes more than once; add its counts first"
        )
    known = rows["expected"].notna()
    bad = ((rows["expected"] < 0) | np.isinf(rows["expected"])) | (
        known & ~((rows["observed"] >= 0) & (rows["observed"] % 1 == 0))
    )
    if bad.any():
        row = rows[bad].iloc[0]
        raise InputError(
            f"ratios, unit {row['unit_id']!r}: found observed {row['observed']:g}, expected "
            f"{row['expected']:g}; observed must be a whole number, both 0 or more"
        )
    return rows


def _reading(units: int) -> str:
    """Return the reading of units that have an expectation."""
    return "judged" if units >= LEAST_UNITS else "too_few_units"
