"""What a rank by a sum of groups is worth: the weights decide much of it.

The groups of an index are added with weights that a decision sets. :func:`perturbed_ranks`
moves the weights a little and counts the ranks that come out, :func:`ahead_shares` the pairs
that change places, :func:`variance_shares` the groups that make the differences.

``scores`` is the table of :data:`~cchc_analysis.columns.ESTIMATES`: the groups of one index
and nothing else, one row per unit and group, of one period and of units of one class (a
department and a commune do not do the same work). The catalogue knows each group's maximum.
A unit of which a group is missing takes no part: missing is not 0.
"""

from __future__ import annotations

import tomllib
from importlib.resources import files

import numpy as np
import pandas as pd

from cchc_analysis.catalogue import indicator
from cchc_analysis.columns import ESTIMATES, InputError, check
from cchc_analysis.intervals import check_confidence

_DIGITS = 9  # sums of two-decimal scores that are equal must not differ by a binary tail
_PERIOD = ["period_start_on", "period_end_on"]


def perturbed_ranks(
    scores: pd.DataFrame,
    *,
    spread: float = 0.25,
    confidence: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Give each unit the ranks that it takes when the weights are set a little otherwise.

    .. math:: \text{total}_j = \sum_g \frac{\text{score}_{jg}}{m_g}\, w_g, \quad
        w_g = \frac{m_g u_g}{\sum_h m_h u_h} \sum_h m_h, \quad u_g \sim U(1 - s, 1 + s)

    The scores stay as published; only the say of each group changes. A narrow interval means
    that the weights do not matter, not that the counts are right, nor that chance is small:
    :func:`~cchc_analysis.comparison.rank_sets` speaks of chance.

    Parameters
    ----------
    scores
        Columns of ``ESTIMATES``: one row per unit and group, ``value`` in points; the groups
        of one index, one period, units of one class.
    spread
        Largest share, in [0, 1), by which a group's maximum is raised or lowered; each by
        itself, evenly, and all then scaled so that the maxima add to what they did.
    confidence
        Middle share of the draws, in (0, 1), between ``rank_low`` and ``rank_high``, and
        the share of draws beyond which an order counts as settled.
    draws
        Sets of weights.
    seed
        Seed of the draws: the same seed gives the same table, whatever the order of rows.

    Returns
    -------
    DataFrame
        One row per unit, by rank: ``unit_id``, ``period_start_on``, ``period_end_on``,
        ``total`` (points), ``rank`` (official weights; ties share the best, as in 1 2 2 4),
        ``rank_low``, ``rank_high`` (widened to hold ``rank`` where it is a rare one),
        ``rank_best``, ``rank_worst`` (over all draws), ``swap_count`` (other units whose
        order with this one is not the same in at least ``confidence`` of the draws),
        ``unit_count`` (units ranked), ``reading`` ('ranked', 'group_missing'), ``method``.
        A unit with a group missing has NaN and stands last. No rows in, no rows out.

    Raises
    ------
    InputError
        If ``scores`` mixes periods, repeats a unit's group, holds an indicator without a
        maximum or a score above it; if ``spread``, ``confidence`` or ``draws`` are out of
        range.

    References
    ----------
    Saisana, M., Saltelli, A. and Tarantola, S. (2005). Uncertainty and sensitivity analysis
    techniques as tools for the quality assessment of composite indicators. *Journal of the
    Royal Statistical Society A* 168, 307-323. doi:10.1111/j.1467-985X.2005.00350.x

    Examples
    --------
    >>> scores = pd.DataFrame({
    ...     "unit_id": ["A", "A", "B", "B", "C", "C"],
    ...     "indicator": ["qd766_score_tdgq", "qd766_score_ckmb"] * 3,
    ...     "value": [19.0, 8.0, 14.0, 13.1, 10.0, 4.0], "unit_of_measure": "points",
    ...     "bounds": "none", "method": "m", "rule": "as_published", "source": "example",
    ... })
    >>> perturbed_ranks(scores)[["unit_id", "total", "rank", "rank_low", "rank_high", "swap_count"]]
      unit_id  total  rank  rank_low  rank_high  swap_count
    0       B   27.1   1.0       1.0        2.0         1.0
    1       A   27.0   2.0       1.0        2.0         1.0
    2       C   14.0   3.0       3.0        3.0         0.0
    """
    check_confidence(confidence)
    table, maxima = _groups(scores)
    totals = _drawn_totals(table, maxima, spread, draws, seed)
    official = table.sum(axis=1).round(_DIGITS)
    rank = official.rank(method="min", ascending=False).to_numpy()
    drawn = _ranks(totals)
    low, high = _middle(drawn, confidence)
    ahead = _ahead(totals)
    ahead = ahead / max(draws, 1)
    open_order = (np.maximum(ahead, ahead.T) < confidence).sum(axis=1) - 1  # not with itself
    ranked = pd.DataFrame(
        {
            "unit_id": table.index,
            "total": official.to_numpy(),
            "rank": rank,
            "rank_low": np.minimum(low, rank),
            "rank_high": np.maximum(high, rank),
            "rank_best": np.minimum(drawn.min(axis=1, initial=len(table)), rank),
            "rank_worst": np.maximum(drawn.max(axis=1, initial=0), rank),
            "swap_count": open_order.astype("float64"),
            "unit_count": float(len(table)),
            "reading": "ranked",
        }
    ).sort_values(["rank", "unit_id"])
    return _with_the_missing(ranked, scores).assign(
        method=f"weights +-{spread:.0%}, {draws} draws, middle {confidence:.0%}, seed {seed}"
    )


def ahead_shares(
    scores: pd.DataFrame, *, spread: float = 0.25, draws: int = 2000, seed: int = 0
) -> pd.DataFrame:
    """Say of each pair of units in which share of the draws the one is ahead of the other.

    The draws are those of :func:`perturbed_ranks`. A share of 1 says that no weights within
    the spread change the order, not that the difference is large.

    Parameters
    ----------
    scores, spread, draws, seed
        As in :func:`perturbed_ranks`.

    Returns
    -------
    DataFrame
        One row per ordered pair of different units with all groups: ``unit_id``,
        ``other_id``, ``ahead_share`` (draws in which ``unit_id`` has the larger total, plus
        half of those in which both are equal; the two orders add to 1), sorted by both.

    Raises
    ------
    InputError
        As :func:`perturbed_ranks`.

    Examples
    --------
    >>> scores = pd.DataFrame({
    ...     "unit_id": ["A", "A", "B", "B"],
    ...     "indicator": ["qd766_score_tdgq", "qd766_score_ckmb"] * 2,
    ...     "value": [19.0, 8.0, 10.0, 4.0], "unit_of_measure": "points",
    ...     "bounds": "none", "method": "m", "rule": "as_published", "source": "example",
    ... })
    >>> ahead_shares(scores)
      unit_id other_id  ahead_share
    0       A        B          1.0
    1       B        A          0.0
    """
    table, maxima = _groups(scores)
    totals = _drawn_totals(table, maxima, spread, draws, seed)
    ahead = _ahead(totals)
    share = (ahead + draws - ahead.T) / (2 * draws)
    first, second = np.nonzero(~np.eye(len(table), dtype=bool))
    units = table.index.to_numpy()
    return pd.DataFrame(
        {"unit_id": units[first], "other_id": units[second], "ahead_share": share[first, second]}
    )


def variance_shares(scores: pd.DataFrame) -> pd.DataFrame:
    r"""Say which groups make the differences between totals.

    .. math:: \text{share}_g = \frac{\mathrm{cov}(\text{score}_g, \text{total})}
        {\mathrm{var}(\text{total})}, \qquad \sum_g \text{share}_g = 1

    A group's maximum does not say what it decides: where all units score alike it decides
    nothing, whatever its points. A share can be negative, where a group runs against the
    total. It describes these units in this period and names no cause.

    Parameters
    ----------
    scores
        As in :func:`perturbed_ranks`.

    Returns
    -------
    DataFrame
        One row per group, the largest share first: ``indicator``, ``maximum``, ``mean``,
        ``standard_deviation`` (points), ``correlation`` (with the total), ``variance_share``
        (they add to 1), ``maximum_share`` (of the points to be had), ``unit_count``. NaN
        where fewer than two units, or no difference between totals.

    Raises
    ------
    InputError
        As :func:`perturbed_ranks`.

    Examples
    --------
    >>> scores = pd.DataFrame({
    ...     "unit_id": ["A", "A", "B", "B", "C", "C"],
    ...     "indicator": ["qd766_score_tdgq", "qd766_score_ckmb"] * 3,
    ...     "value": [19.0, 6.0, 18.0, 18.0, 20.0, 0.0], "unit_of_measure": "points",
    ...     "bounds": "none", "method": "m", "rule": "as_published", "source": "example",
    ... })
    >>> variance_shares(scores)[["indicator", "maximum", "variance_share"]].round(2)
              indicator  maximum  variance_share
    0  qd766_score_ckmb     18.0            1.12
    1  qd766_score_tdgq     20.0           -0.12
    """
    table, maxima = _groups(scores)
    total = table.sum(axis=1)
    from_mean = total - total.mean()
    spread = (from_mean**2).sum() if total.round(_DIGITS).nunique() > 1 else np.nan
    shares = pd.DataFrame(
        {
            "indicator": table.columns,
            "maximum": maxima,
            "mean": table.mean().to_numpy(),
            "standard_deviation": table.std().to_numpy(),
            "correlation": [_correlation(table[name], total) for name in table],
            "variance_share": table.mul(from_mean, axis=0).sum().to_numpy() / spread,
            "maximum_share": maxima / maxima.sum(),
            "unit_count": float(len(table)),
        }
    )
    return shares.sort_values("variance_share", ascending=False, ignore_index=True)


def repeated_counts(estimates: pd.DataFrame) -> pd.DataFrame:
    """Say how alike the figures are that count the same dossiers or petitions twice.

    A correlation near 1 says that the second figure adds points for what the first one has
    scored already; it says nothing of which is right.

    Parameters
    ----------
    estimates
        Columns of ``ESTIMATES``, of one period; any indicators.

    Returns
    -------
    DataFrame
        One row per pair of ``reference/double_counts.toml``: ``first``, ``second``
        (indicators), ``unit_count`` (units with both), ``pearson``, ``spearman`` (NaN below
        three units, or where one side does not differ), ``mean_gap`` (mean of the absolute
        differences, in the common unit of measure; NaN where it is not common), ``vi``,
        ``en`` (what is counted twice).

    Raises
    ------
    InputError
        If the rows mix periods, or repeat a unit's indicator.

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "unit_id": ["A", "A", "B", "B", "C", "C"],
    ...     "indicator": ["qd766_in_time_share", "qd766_dossier_receiving_satisfaction"] * 3,
    ...     "value": [0.9, 0.9, 0.8, 0.79, 0.7, 0.7], "unit_of_measure": "share",
    ...     "bounds": "none", "method": "m", "rule": "as_published", "source": "example",
    ... })
    >>> repeated_counts(rows)[["second", "unit_count", "pearson", "mean_gap"]].head(1).round(4)
                                     second  unit_count  pearson  mean_gap
    0  qd766_dossier_receiving_satisfaction           3   0.9983    0.0033
    """
    rows = _one_period(estimates)
    table = rows.pivot(index="unit_id", columns="indicator", values="value")
    return pd.DataFrame([_pair(table, pair) for pair in _named_pairs()])


def _pair(table: pd.DataFrame, pair: dict[str, str]) -> dict[str, object]:
    """Return one row of :func:`repeated_counts`."""
    names = [pair["first"], pair["second"]]
    both = table.reindex(columns=names).dropna()
    first, second = both[names[0]], both[names[1]]
    common = len({indicator(name).unit_of_measure for name in names}) == 1
    common &= indicator(names[0]).maximum == indicator(names[1]).maximum
    return {
        "first": names[0],
        "second": names[1],
        "unit_count": len(both),
        "pearson": _correlation(first, second) if len(both) > 2 else np.nan,
        "spearman": _correlation(first.rank(), second.rank()) if len(both) > 2 else np.nan,
        "mean_gap": (first - second).abs().mean() if common else np.nan,
        "vi": pair["vi"],
        "en": pair["en"],
    }


def _named_pairs() -> list[dict[str, str]]:
    """Return the pairs of the reference file."""
    text = files("cchc_analysis").joinpath("reference/double_counts.toml").read_text("utf-8")
    return tomllib.loads(text)["pairs"]


def _correlation(first: pd.Series, second: pd.Series) -> float:
    """Return Pearson's r; NaN, without a warning, where one side does not differ."""
    if first.round(_DIGITS).nunique() < 2 or second.round(_DIGITS).nunique() < 2:
        return np.nan
    return first.corr(second)


def _one_period(estimates: pd.DataFrame) -> pd.DataFrame:
    """Check the rows: one period, and each indicator of a unit once."""
    rows = check(estimates, ESTIMATES)
    periods = rows[_PERIOD].drop_duplicates()
    if len(periods) > 1:
        found = "; ".join(f"{start} to {end}" for start, end in periods.astype("str").to_numpy())
        raise InputError(f"found several periods ({found}); pick the rows of one")
    twice = rows[rows.duplicated(["unit_id", "indicator"])]
    if len(twice):
        row = twice.iloc[0]
        raise InputError(f"{row['unit_id']} has {row['indicator']} twice; pick one of the rows")
    return rows


def _groups(scores: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """Return units x groups of the units that have all groups, and the groups' maxima."""
    rows = _one_period(scores)
    table = rows.pivot(index="unit_id", columns="indicator", values="value").dropna()
    maxima = np.array([_maximum(name) for name in table], dtype=float)
    above = table.gt(maxima + 1e-9).stack()
    if above.any():
        unit_id, name = above.idxmax()
        raise InputError(
            f"{unit_id}: {name} is {table.loc[unit_id, name]:g}, above its maximum "
            f"{indicator(name).maximum:g}; leave the unit out, or correct the score"
        )
    return table, maxima


def _maximum(name: str) -> float:
    """Return a group's maximum; the total of all groups is not one of them."""
    maximum = indicator(name).maximum
    if maximum is None or name == "qd766_score":
        raise InputError(
            f"{name} is no group score with a maximum in the catalogue; "
            "give the rows of the groups only, without total, rank or shares"
        )
    return maximum


def _drawn_totals(
    table: pd.DataFrame, maxima: np.ndarray, spread: float, draws: int, seed: int
) -> np.ndarray:
    """Return the totals of each unit under each set of weights."""
    if not 0 <= spread < 1:
        raise InputError(f"spread is {spread}, expected a share in [0, 1), such as 0.25")
    if draws < 1:
        raise InputError(f"draws is {draws}, expected 1 or more")
    factors = np.random.default_rng(seed).uniform(1 - spread, 1 + spread, (len(maxima), draws))
    weights = maxima[:, None] * factors
    sums = weights.sum(axis=0)
    weights *= np.divide(maxima.sum(), sums, out=np.zeros(draws), where=sums > 0)  # no groups: 0
    return ((table.to_numpy() / maxima) @ weights).round(_DIGITS)


def _ranks(totals: np.ndarray) -> np.ndarray:
    """Return the rank of each unit in each draw; ties share the best."""
    ranks = np.empty(totals.shape)
    for draw, values in enumerate(totals.T):
        ranks[:, draw] = 1 + len(values) - np.searchsorted(np.sort(values), values, side="right")
    return ranks


def _ahead(totals: np.ndarray) -> np.ndarray:
    """Return in how many draws the unit of the row is strictly ahead of that of the column."""
    return np.array([(own > totals).sum(axis=1) for own in totals]).reshape(2 * [len(totals)])


def _middle(ranks: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of the middle share of the ranks, as ranks that occurred."""
    tail = (1 - confidence) / 2
    low = np.quantile(ranks, tail, axis=1, method="lower")
    high = np.quantile(ranks, 1 - tail, axis=1, method="higher")
    return low, high


def _with_the_missing(ranked: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Put the units with a group missing last, and the period beside each unit."""
    units = check(scores, ESTIMATES)[["unit_id", *_PERIOD]].drop_duplicates("unit_id")
    others = units.loc[~units["unit_id"].isin(ranked["unit_id"]), ["unit_id"]]
    table = pd.concat([ranked, others.assign(reading="group_missing")], ignore_index=True)
    table = table.merge(units, on="unit_id", how="left", validate="1:1")
    return table[["unit_id", *_PERIOD, *(name for name in ranked if name != "unit_id")]]
