"""What goes with quick and slow work: a hazard of each day on counts, complementary log-log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cchc_analysis.intervals import check_confidence
from cchc_analysis.timing.observed import observed
from cchc_analysis.timing.person_days import day_groups, levels_of, person_days

FEW_CLUSTERS = 12  # at or below this many the intervals are called weak

_EFFECTS = [
    "term", "level", "reference", "dossier_count", "closed_count", "clusters", "coefficient",
    "std_error", "hazard_ratio", "low", "high", "p_value", "reading",
]  # fmt: skip
_BASELINE = ["first_day", "last_day", "day_count", "at_risk_count", "closed_count", "hazard"]
_TOO_LARGE = 15.0  # a log hazard ratio of 15 is 3 million to 1: no estimate, but separation
_MOST_STEPS, _LONGEST_STEP, _CONVERGED = 200, 2.0, 1e-10


class _NoAnswerError(Exception):
    """The terms have no finite ratios: the reading of the fit, and the coefficients at fault."""

    def __init__(self, reading: str, names: Iterable[str]) -> None:
        self.reading = reading
        self.levels = tuple(tuple(name.split("=", 1)) for name in names)


@dataclass(frozen=True)
class HazardFit:
    """A fitted model of the days' hazard, or the reason why there is none."""

    effects: pd.DataFrame  # one row per term and level; empty unless reading is 'fitted'
    baseline: pd.DataFrame  # one row per group of days; empty unless reading is 'fitted'
    reading: str
    """fitted, or why not: no_dossiers, none_closed, one_cluster, no_contrast; repeats (one term
    says what the others say), separated (within the other terms a level is never or always
    closed)."""
    at_fault: tuple[tuple[str, str], ...]
    """Term and level of what repeats the terms before it, or has no finite ratio."""
    dossiers: int
    closed: int
    clusters: int  # values of the cluster column
    weak: bool  # 12 clusters or fewer: read the intervals as an order of magnitude
    constant_terms: tuple[str, ...]  # terms with a single level, left out: nothing to compare
    covariance: pd.DataFrame  # clustered, of the coefficients, named 'term=level'
    cluster: str  # the column the errors are clustered by
    confidence: float  # coverage of the intervals
    day_kind: str
    method: str
    rule: str
    source: str


def hazard_model(
    durations: pd.DataFrame,
    terms: Sequence[str],
    *,
    cluster: str = "unit_id",
    reference: Mapping[str, str] | None = None,
    confidence: float = 0.95,
) -> HazardFit:
    r"""Associate the chance of being closed on a day with the categories of the dossiers.

    .. math:: \log(-\log(1 - h_{d})) = \alpha_{g(d)} +
        \sum_{\text{terms}} \beta_{\text{term}, \text{level}}

    with :math:`h_d` the chance that a dossier open until day d is closed on it. A hazard
    ratio of 1.2 reads: on any day, a fifth more likely to be closed than in the reference.
    Association, not cause: easy work is filed somewhere, too. One ratio stands for all days;
    where a field is quick at first and slow later, it is an average of both.

    Parameters
    ----------
    durations
        Columns of ``DURATIONS`` and those in ``terms`` and ``cluster``.
    terms
        Columns taken as categories. A missing value is a level of its own.
    cluster
        Dossiers alike in this column are not taken as independent of each other.
    reference
        Term -> level that the others are compared with; where not given, the level with
        the most dossiers.
    confidence
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    HazardFit
        ``effects``: one row per term and level, the reference first: ``dossier_count``,
        ``closed_count``, ``clusters`` (in which it occurs), ``coefficient``, ``std_error``
        (log hazard), ``hazard_ratio`` with ``low`` and ``high``, ``p_value``, ``reading``:
        'estimated', 'reference', 'one_cluster' (no interval: level and cluster cannot be told
        apart), 'none_closed' or 'always_closed' (on each day seen; no finite ratio: left out
        of the model). ``baseline``: one row per group of days: ``first_day``, ``last_day``,
        ``day_count`` (days between on which dossiers closed), ``at_risk_count``
        (dossier-days), ``closed_count``, ``hazard`` (chance on one such day, at the
        reference levels). Both are empty where there is nothing to model, and ``reading``
        of the fit says why.

    Raises
    ------
    InputError
        As in :func:`~cchc_analysis.timing.time_to_result`; if a term or a reference is unknown.

    Notes
    -----
    Corrected: a binomial model of the counts closed among those at risk, by group of days,
    terms and cluster, has the coefficients of the model on one row per dossier and day;
    clustered errors carry the factor G/(G-1) x (n-1)/(n-k) with n dossier-days, not cells, and
    so equal those of such rows. t with G - 1 degrees of freedom. The hazard is free for each
    day; days with fewer than 10 closed dossiers are put with the next ones, and days with
    none are left out, as with a free hazard they tell nothing. It is the proportional-hazards
    model of times grouped in days: close to a Cox model (hazard ratios within 0.2 % in the
    tests), not equal to it.

    References
    ----------
    Prentice, R. L. and Gloeckler, L. A. (1978). Regression analysis of grouped survival data
    with application to breast cancer data. *Biometrics* 34, 57-67. doi:10.2307/2529588

    Examples
    --------
    >>> durations = pd.DataFrame({
    ...     "unit_id": ["A", "B", "C"] * 4, "field": ["land"] * 6 + ["civil"] * 6,
    ...     "end_days": ([2] * 3 + [6] * 3) * 2, "outcome": (["result"] * 3 + ["pending"] * 3) * 2,
    ...     "dossier_count": [20, 30, 25, 80, 70, 75, 50, 45, 55, 50, 55, 45],
    ...     "period_start_on": "2026-01-01", "period_end_on": "2026-01-31", "entry_days": 0,
    ...     "cohort": "received", "as_of": "2026-01-31", "rule": "strict", "day_kind": "working",
    ...     "source": "example",
    ... })
    >>> fit = hazard_model(durations, ["field"], reference={"field": "land"})
    >>> fit.effects[["level", "dossier_count", "closed_count", "hazard_ratio"]].round(3)
       level  dossier_count  closed_count  hazard_ratio
    0   land          300.0          75.0         1.000
    1  civil          300.0         150.0         2.409
    >>> fit.clusters, fit.weak
    (3, True)
    """
    check_confidence(confidence)
    rows = observed(durations, [*terms, cluster] if not isinstance(terms, str) else terms)
    levels, counts = levels_of(rows, terms, cluster, reference or {})
    reading = _why_not(rows, cluster, levels)
    effects, baseline = pd.DataFrame(columns=_EFFECTS), pd.DataFrame(columns=_BASELINE)
    covariance, at_fault = pd.DataFrame(), ()
    if reading == "fitted":
        try:
            effects, baseline, covariance = _fit(rows, levels, counts, cluster, confidence)
        except _NoAnswerError as why:
            reading, at_fault = why.reading, why.levels
    clusters = rows[cluster].nunique(dropna=False)
    return HazardFit(
        effects=effects,
        baseline=baseline,
        reading=reading,
        at_fault=at_fault,
        dossiers=int(rows["dossier_count"].sum()),
        closed=int(rows.loc[rows["outcome"] != "pending", "dossier_count"].sum()),
        clusters=clusters,
        weak=clusters <= FEW_CLUSTERS,
        constant_terms=tuple(term for term in terms if term not in levels),
        covariance=covariance,
        cluster=cluster,
        confidence=confidence,
        day_kind="; ".join(sorted(set(rows["day_kind"]))),
        method=f"corrected: cloglog hazard on counts, errors clustered by {cluster}, t(G-1)",
        rule="; ".join(sorted(set(rows["rule"]))),
        source="; ".join(sorted(set(rows["source"]))),
    )


def _why_not(rows: pd.DataFrame, cluster: str, levels: Mapping[str, list[str]]) -> str:
    """Return 'fitted' where a model can be fitted, otherwise the reason why not."""
    reasons = {
        "no_dossiers": rows.empty,
        "none_closed": not (rows["outcome"] != "pending").any(),
        "one_cluster": rows[cluster].nunique(dropna=False) == 1,
        "no_contrast": not levels,
    }
    return next((reason for reason, holds in reasons.items() if holds), "fitted")


def _fit(
    rows: pd.DataFrame,
    levels: Mapping[str, list[str]],
    counts: pd.DataFrame,
    cluster: str,
    confidence: float,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the effects, the baseline and the clustered covariance of the coefficients."""
    left_out = counts[counts["reading"].isin(["none_closed", "always_closed"])]
    days = day_groups(rows)
    cells = person_days(rows, days, list(levels), cluster)
    for term, level in left_out[["term", "level"]].itertuples(index=False):
        cells = cells[cells[term] != level]
    gone = set(zip(left_out["term"], left_out["level"], strict=True))
    design = _design(cells, levels, gone)
    coefficients, covariance = _clustered_cloglog(cells, design, cluster)
    name = counts["term"] + "=" + counts["level"]
    variance = pd.Series(np.diag(covariance), index=covariance.index)
    effects = counts.assign(
        coefficient=name.map(coefficients).mask(counts["reading"] == "reference", 0.0),
        std_error=np.sqrt(name.map(variance)),
    )
    by_days = cells.groupby("days")[["at_risk_count", "closed_count"]].sum()
    alphas = coefficients[[f"days={group}" for group in by_days.index]].to_numpy()
    baseline = days.loc[by_days.index].assign(
        at_risk_count=by_days["at_risk_count"],
        closed_count=by_days["closed_count"],
        hazard=-np.expm1(-np.exp(alphas)),
    )
    degrees = cells[cluster].nunique() - 1
    shown = [label for label in design if not label.startswith("days=")]
    return (
        _with_intervals(effects, degrees, confidence),
        baseline.reset_index(drop=True)[_BASELINE],
        covariance.loc[shown, shown],
    )


def _design(
    cells: pd.DataFrame, levels: Mapping[str, list[str]], gone: set[tuple[str, str]]
) -> pd.DataFrame:
    """Return one 0/1 column per group of days and per level that is not the reference."""
    columns = {
        f"days={group}": (cells["days"] == group).astype(float)
        for group in sorted(cells["days"].unique())
    }
    columns |= {
        f"{term}={level}": (cells[term] == level).astype(float)
        for term, (_, *others) in levels.items()
        for level in others
        if (term, level) not in gone
    }
    design = pd.DataFrame(columns)
    values = design.to_numpy()
    products = values.T @ values
    if np.linalg.matrix_rank(products) < design.shape[1]:
        ranks = [np.linalg.matrix_rank(products[:n, :n]) for n in range(design.shape[1] + 1)]
        raise _NoAnswerError("repeats", design.columns[np.diff(ranks) == 0])
    return design


def _clustered_cloglog(
    cells: pd.DataFrame, design: pd.DataFrame, cluster: str
) -> tuple[pd.Series, pd.DataFrame]:
    """Fit the hazard on counts; covariance clustered and corrected for dossier-days.

    Cells that differ in their cluster alone are added for the fit, which is the same, and told
    apart for the scores of the clusters.
    """
    values = np.ascontiguousarray(design.to_numpy())
    by_row = values.view([("", float)] * values.shape[1])
    _, first, same = np.unique(by_row, return_index=True, return_inverse=True)
    sums = cells[["closed_count", "at_risk_count"]].groupby(same.ravel()).sum()
    estimate = _maximum(sums, values[first], _start(cells, design))
    coefficients = pd.Series(estimate, index=design.columns)
    terms = coefficients[[not name.startswith("days=") for name in coefficients.index]]
    if not np.isfinite(estimate).all() or terms.abs().max() > _TOO_LARGE:
        raise _NoAnswerError("separated", terms.index[terms.abs() > _TOO_LARGE])
    score, _, observed_weight = _likelihood(cells, values @ estimate)
    by_cluster = pd.DataFrame(values * score[:, None]).groupby(pd.factorize(cells[cluster])[0])
    meat = by_cluster.sum().to_numpy()
    bread = np.linalg.inv(values.T @ (observed_weight[:, None] * values))
    dossier_days, clusters = cells["at_risk_count"].sum(), len(meat)
    factor = clusters / (clusters - 1) * (dossier_days - 1) / (dossier_days - values.shape[1])
    covariance = factor * bread @ (meat.T @ meat) @ bread
    return coefficients, pd.DataFrame(covariance, design.columns, design.columns)


def _maximum(counts: pd.DataFrame, design: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Return the coefficients of largest likelihood by Fisher scoring.

    Where there are none, those that grow beyond any bound are infinite; the others are NaN.
    """
    estimate = start
    for _ in range(_MOST_STEPS):
        score, weight, _ = _likelihood(counts, design @ estimate)
        information = design.T @ (weight[:, None] * design)
        step = np.linalg.lstsq(information, design.T @ score, rcond=None)[0]
        estimate = estimate + np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
        if np.abs(step).max() < _CONVERGED:
            return estimate
        if np.abs(estimate).max() > 2 * _TOO_LARGE:
            break
    return np.where(np.abs(estimate) > _TOO_LARGE, np.copysign(np.inf, estimate), np.nan)


def _likelihood(
    counts: pd.DataFrame, predictor: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return of each cell the slope of its log likelihood, its expected and observed bend."""
    closed, at_risk = (counts[name].to_numpy() for name in ("closed_count", "at_risk_count"))
    rate = np.exp(predictor)
    hazard = -np.expm1(-rate)
    score = rate * (closed / hazard - at_risk)
    bend = rate**2 * (1 - hazard) / hazard
    return score, at_risk * bend, closed / hazard * bend - score


def _start(cells: pd.DataFrame, design: pd.DataFrame) -> np.ndarray:
    """Return the baseline without terms: a start near enough for the steps to converge."""
    sums = cells.groupby("days")[["closed_count", "at_risk_count"]].sum()
    hazard = (sums["closed_count"] + 0.5) / (sums["at_risk_count"] + 1)
    start = np.log(-np.log1p(-hazard))
    return np.array([start.get(int(name[5:]), 0.0) if name.startswith("days=") else 0.0
                     for name in design.columns])  # fmt: skip


def _with_intervals(effects: pd.DataFrame, degrees: int, confidence: float) -> pd.DataFrame:
    """Add hazard ratios, limits and p-values; none where a level is in one cluster only."""
    from scipy.stats import t

    error = effects["std_error"].where(effects["reading"] == "estimated")
    reach, coefficient = t.isf((1 - confidence) / 2, degrees), effects["coefficient"]
    return effects.assign(
        std_error=error,
        hazard_ratio=np.exp(coefficient),
        low=np.exp(coefficient - reach * error),
        high=np.exp(coefficient + reach * error),
        p_value=2 * t.sf(np.abs(coefficient / error), degrees),
    )[_EFFECTS]
