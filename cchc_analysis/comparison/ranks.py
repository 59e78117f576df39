"""Ranks that say how far they can be trusted: a rank never stands without its set.

Of units that differ little, which stands first is a matter of chance. :func:`rank_sets` gives
the ranks that each unit may hold, :func:`tell_apart` the pairs whose order the counts decide,
:func:`best_or_worst` the chance to be among the best or worst few.

``estimates`` is the table of :data:`~cchc_analysis.columns.ESTIMATES`, the rows of one
indicator, one counting rule and one period, of units of one class, parent and scope
(:func:`~cchc_analysis.comparison.comparable` picks them). Rank 1 is the best, as the
catalogue says of the indicator.
"""

from __future__ import annotations

from numbers import Real
from typing import Literal

import numpy as np
import pandas as pd

from cchc_analysis.catalogue import indicators
from cchc_analysis.columns import InputError
from cchc_analysis.comparison.one_comparison import one_comparison
from cchc_analysis.comparison.shrinkage import LEAST_UNITS, fit_prior, posterior_shapes
from cchc_analysis.comparison.stepdown import Seed, check_draws, confidence_sets, surely_larger
from cchc_analysis.intervals import check_confidence

Best = Literal["high", "low"]

_SHARED = ["unit_id", "period_start_on", "period_end_on", "indicator", "count", "total"]
_RANKS = ["rank", "rank_low", "rank_high", "alone_low", "alone_high"]
_CHANCES = ["best_probability", "worst_probability"]


def rank_sets(
    estimates: pd.DataFrame,
    *,
    confidence: float = 0.95,
    best: Best | None = None,
    draws: int = 1000,
    seed: Seed = 0,
) -> pd.DataFrame:
    r"""Give each unit the ranks that it may hold, all units at once and each by itself.

    .. math:: \text{rank}_j \in \left[1 + \#\{k : k \text{ is surely better}\},\;
        G - \#\{k : k \text{ is surely worse}\}\right]

    A set is about the units' way of working, of which the period shows one outcome; a rank
    says nothing of how much better. Case mix is not removed: units of other work take other
    ranks for no merit. Do not print ``rank`` without ``rank_low`` and ``rank_high``.

    Parameters
    ----------
    estimates
        Columns of ``ESTIMATES``, one row per unit, of one indicator, rule and period, with
        ``count`` and ``total`` in whole dossiers; units of one class, parent and scope.
    confidence
        Chance, in (0, 1), that all the sets hold at once (``rank_low``, ``rank_high``), or
        that the set of one unit chosen beforehand does (``alone_low``, ``alone_high``).
    best
        'high' or 'low': which shares are better. None: as the catalogue says.
    draws
        Draws for the critical values.
    seed
        Seed of the draws, or a numpy Generator.

    Returns
    -------
    DataFrame
        One row per row of ``estimates``, in its order: ``unit_id``, ``period_start_on``,
        ``period_end_on``, ``indicator``, ``count``, ``total`` (dossiers), ``value``; ``rank``
        by the share as counted (ties share the best, as in 1 2 2 4), ``rank_low``,
        ``rank_high``, ``alone_low``, ``alone_high`` (ranks, 1 the best); ``reading``
        ('ranked', 'no_dossiers'); ``method``, ``rule``, ``source``. A unit without dossiers
        has NaN and is not counted among the others; one unit alone has rank 1 of 1.

    Raises
    ------
    InputError
        If indicators, rules or periods are mixed, a unit comes twice, a count does not fit
        its total, ``best`` is needed and not given, or there are no draws.

    Notes
    -----
    Ordered pairs are tested one-sided, and stepwise: pairs found different no longer count
    towards the critical value, each direction by itself. The variance of a difference is
    the larger of two: both shares with two dossiers added on either side, which keeps it
    above 0 where a unit stands at 0 or 100 %; and that of the pooled share, which keeps a
    unit lucky to be near 100 % from looking surer than it is. Critical values come from
    normal draws; units alike in count and total get equal sets, however the rows are
    ordered.

    References
    ----------
    Mogstad, M., Romano, J. P., Shaikh, A. M. and Wilhelm, D. (2024). Inference for ranks
    with applications to mobility across neighbourhoods and academic achievement across
    countries. *Review of Economic Studies* 91, 476-518. doi:10.1093/restud/rdad006

    Examples
    --------
    >>> estimates = pd.DataFrame({
    ...     "unit_id": list("ABCDE"), "indicator": "on_time_rate",
    ...     "count": [990, 30, 985, 900, 0], "total": [1000, 30, 1000, 1000, 0],
    ...     "bounds": "none", "unit_of_measure": "share", "method": "count",
    ...     "rule": "strict", "source": "example",
    ... })
    >>> rank_sets(estimates)[["unit_id", "value", "rank", "rank_low", "rank_high", "reading"]]
      unit_id  value  rank  rank_low  rank_high      reading
    0       A  0.990   2.0       1.0        3.0       ranked
    1       B  1.000   1.0       1.0        4.0       ranked
    2       C  0.985   3.0       1.0        3.0       ranked
    3       D  0.900   4.0       3.0        4.0       ranked
    4       E    NaN   NaN       NaN        NaN  no_dossiers
    """
    check_confidence(confidence)
    rows, known, sign = _prepared(estimates, best)
    ranks = pd.DataFrame(np.nan, index=rows.index, columns=_RANKS)
    if known.any():
        sets = confidence_sets(
            **_scores(rows[known], sign), confidence=confidence, draws=draws, seed=seed
        )
        ranks.loc[known] = sets[_RANKS].to_numpy(float)
    return rows[_SHARED].assign(
        value=_share(rows, known),
        **ranks,
        reading=np.where(known, "ranked", "no_dossiers"),
        method=f"rank sets, step-down over ordered pairs, {confidence:g}",
        rule=rows["rule"],
        source=rows["source"],
    )


def tell_apart(
    estimates: pd.DataFrame,
    *,
    confidence: float = 0.95,
    best: Best | None = None,
    draws: int = 1000,
    seed: Seed = 0,
) -> pd.DataFrame:
    """Tell of each pair of units whether the counts decide which is the better.

    With chance ``confidence`` not one of the pairs told apart is in the wrong order. Not told
    apart does not mean equal: the dossiers may be too few to tell. The same test as in
    :func:`rank_sets`, so with the same ``draws`` and ``seed`` both say the same.

    Parameters
    ----------
    estimates, confidence, best, draws, seed
        As in :func:`rank_sets`.

    Returns
    -------
    DataFrame
        One row per pair of units with dossiers, best first: ``unit_id`` (the one with the
        better share; of equal ones the first by code), ``other_unit_id``,
        ``period_start_on``, ``period_end_on``, ``indicator``, ``value``, ``other_value``,
        ``difference`` (shares, the first less the second), ``reading`` ('apart',
        'not_apart'); ``method``, ``rule``, ``source``. Fewer than two units: no rows.

    Raises
    ------
    InputError
        As in :func:`rank_sets`.

    Examples
    --------
    >>> estimates = pd.DataFrame({
    ...     "unit_id": list("ABC"), "indicator": "late_rate",
    ...     "count": [0, 15, 100], "total": [30, 1000, 1000],
    ...     "bounds": "none", "unit_of_measure": "share", "method": "count",
    ...     "rule": "strict", "source": "example",
    ... })
    >>> tell_apart(estimates)[["unit_id", "other_unit_id", "difference", "reading"]]
      unit_id other_unit_id  difference    reading
    0       A             B      -0.015  not_apart
    1       A             C      -0.100  not_apart
    2       B             C      -0.085      apart
    """
    check_confidence(confidence)
    rows, known, sign = _prepared(estimates, best)
    rows = rows.assign(value=_share(rows, known))[known]
    rows = rows.assign(sorted_by=-sign * rows["value"]).sort_values(["sorted_by", "unit_id"])
    larger = surely_larger(**_scores(rows, sign), confidence=confidence, draws=draws, seed=seed)
    first, second = np.triu_indices(len(rows), 1)
    ahead = rows.iloc[first].reset_index(drop=True)
    behind = rows.iloc[second].reset_index(drop=True)
    names = ["period_start_on", "period_end_on", "indicator", "value"]
    return ahead[["unit_id"]].assign(
        other_unit_id=behind["unit_id"],
        **ahead[names],
        other_value=behind["value"],
        difference=ahead["value"] - behind["value"],
        reading=np.where(larger[first, second], "apart", "not_apart"),
        method=f"simultaneous step-down test of all pairs, {confidence:g}",
        rule=ahead["rule"],
        source=ahead["source"],
    )


def best_or_worst(
    estimates: pd.DataFrame,
    k: int,
    *,
    best: Best | None = None,
    draws: int = 4000,
    seed: Seed = 0,
) -> pd.DataFrame:
    """Give the probability that a unit is among the k best, and among the k worst.

    It answers 'is this really one of the three worst?' where :func:`rank_sets` answers
    'which ranks can it hold?'. The probabilities add up to k, so among equal units none is
    near 1; a probability of one half is a coin toss, not half a blame.

    Parameters
    ----------
    estimates, best
        As in :func:`rank_sets`.
    k
        How many are meant, at least 1 and at most the units with dossiers.
    draws
        Draws from each unit's posterior; with 4,000 a probability is within 0.016 of its
        exact value 19 times in 20.
    seed
        Seed of the draws, or a numpy Generator.

    Returns
    -------
    DataFrame
        One row per row of ``estimates``, in its order: ``unit_id``, ``period_start_on``,
        ``period_end_on``, ``indicator``, ``count``, ``total`` (dossiers), ``value``, ``k``,
        ``best_probability``, ``worst_probability`` (0..1); ``reading``: 'judged',
        'all_alike' (all dossiers count, or none: k in G for everybody), 'no_dossiers',
        'too_few_units' (fewer than three have dossiers); ``method``, ``rule``, ``source``.
        NaN in the last two.

    Raises
    ------
    InputError
        As in :func:`rank_sets`, or if ``k`` does not fit the number of units.

    Notes
    -----
    Drawn from the beta posteriors of :func:`shrink`, the prior drawn too, so that a small
    unit at 100 % is not taken at its word. Units alike in count and total get the same probability.

    Examples
    --------
    >>> estimates = pd.DataFrame({
    ...     "unit_id": list("ABCD"), "indicator": "on_time_rate",
    ...     "count": [990, 30, 985, 900], "total": [1000, 30, 1000, 1000],
    ...     "bounds": "none", "unit_of_measure": "share", "method": "count",
    ...     "rule": "strict", "source": "example",
    ... })
    >>> best_or_worst(estimates, 1)[["unit_id", "best_probability", "worst_probability"]].round(1)
      unit_id  best_probability  worst_probability
    0       A               0.4                0.0
    1       B               0.5                0.0
    2       C               0.1                0.0
    3       D               0.0                1.0
    """
    rows, known, sign = _prepared(estimates, best)
    check_draws(draws)
    if not (isinstance(k, Real) and k % 1 == 0 and 1 <= k <= max(known.sum(), 1)):
        raise InputError(f"k: found {k}, expected a whole number from 1 to {known.sum()}")
    reading, found = "too_few_units", pd.DataFrame(index=rows.index, columns=_CHANCES, dtype=float)
    if known.sum() >= LEAST_UNITS:
        reading, chances = _chances(rows[known], int(k), sign, draws, np.random.default_rng(seed))
        found.loc[known] = chances
    return rows[_SHARED].assign(
        value=_share(rows, known),
        k=int(k),
        **found,
        reading=np.where(known, reading, "no_dossiers"),
        method=f"beta-binomial empirical Bayes, {draws} posterior draws",
        rule=rows["rule"],
        source=rows["source"],
    )


def _prepared(estimates: pd.DataFrame, best: Best | None) -> tuple[pd.DataFrame, np.ndarray, int]:
    """Return the checked rows, which have dossiers, and 1 where high is good, else -1."""
    rows, known = one_comparison(estimates)
    if rows.empty:
        return rows, known, 1
    name = rows["indicator"].iloc[0]
    entry = indicators().get(name)
    stated = {"higher": "high", "lower": "low"}.get(entry.direction if entry else "", "")
    chosen = best or stated
    if chosen not in ("high", "low"):
        raise InputError(
            f"best: found {best!r}, and the catalogue does not say which way {name!r} is better; "
            "give best='high' or best='low'"
        )
    return rows, known, 1 if chosen == "high" else -1


def _share(rows: pd.DataFrame, known: np.ndarray) -> pd.Series:
    """Return count / total, NaN where there is no dossier."""
    return rows["count"] / rows["total"].where(known)


def _scores(rows: pd.DataFrame, sign: int) -> dict[str, np.ndarray]:
    """Return shares, the better the larger, with standard errors that are never 0."""
    count, total = rows["count"].to_numpy(), rows["total"].to_numpy()
    plus_four = (count + 2) / (total + 4)
    variance = plus_four * (1 - plus_four) / (total + 4)
    pooled = (count[:, None] + count) / (total[:, None] + total)
    common = pooled * (1 - pooled) * (1 / total[:, None] + 1 / total)
    return {
        "values": sign * count / total,
        "errors": np.sqrt(variance),
        "pair_errors": np.sqrt(np.maximum(variance[:, None] + variance, common)),
    }


def _chances(
    rows: pd.DataFrame, k: int, sign: int, draws: int, rng: np.random.Generator
) -> tuple[str, pd.DataFrame]:
    """Return the reading and the probabilities of being among the k best and the k worst."""
    ordered = rows.sort_values(["count", "total"])  # the same draws however the rows come
    count, total = ordered["count"].to_numpy(), ordered["total"].to_numpy()
    prior = fit_prior(count, total)
    if prior.grid.empty:
        return "all_alike", pd.DataFrame(k / len(rows), index=rows.index, columns=_CHANCES)
    shapes = posterior_shapes(count, total, prior, draws, rng)
    place = np.argsort(-sign * _logit_draws(*shapes, rng))
    among = {"best_probability": place[:, :k], "worst_probability": place[:, len(rows) - k :]}
    shares = {
        name: np.bincount(of.ravel(), minlength=len(rows)) / draws for name, of in among.items()
    }
    alike = pd.DataFrame(shares, index=ordered.index).groupby([count, total]).transform("mean")
    return "judged", alike.reindex(rows.index)


def _logit_draws(a: np.ndarray, b: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return logits of beta draws: near 100 % the shares themselves would round to ties."""
    halves = []
    for shape in (a, b):
        gamma = rng.standard_gamma(shape + 1)
        halves.append(np.log(gamma) - rng.standard_exponential(gamma.shape) / shape)
    return halves[0] - halves[1]
