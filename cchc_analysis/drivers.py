"""What goes with lateness: a logit on counts, with errors clustered by unit.

A level can be late because of what is filed there, not because of itself. The population
is the cohort of dossiers due before the data were drawn
(:func:`~cchc_analysis.tally.count_cohorts` with ``cohort='due'``), the event is finished
after the due date or still open. Dossiers without a due date, suspended, withdrawn or
not yet due are counted beside, never modelled.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cchc_analysis.columns import TALLY, TALLY_COUNTS, InputError, check
from cchc_analysis.intervals import check_confidence

FEW_CLUSTERS = 12  # at or below this many the intervals are called weak
MISSING = "(missing)"  # the level that holds the dossiers without a value

_EVENTS = ["late_count", "overdue_count"]
_POPULATION = ["on_time_count", *_EVENTS]
_BESIDE = ["undated_count", "suspended_count", "withdrawn_count", "pending_in_time_count"]
_NOT_TERMS = {"basis", "rule", "as_of", *TALLY_COUNTS}
_EFFECT_COLUMNS = [
    "term", "level", "reference", "count", "total", "clusters", "coefficient", "std_error",
    "odds_ratio", "low", "high", "p_value", "effect", "effect_low", "effect_high", "reading",
]  # fmt: skip
_TOO_LARGE = 15.0  # a log odds ratio of 15 is 3 million to 1: no estimate, but separation


@dataclass(frozen=True)
class DriverFit:
    """A fitted model of lateness, or the reason why there is none."""

    effects: pd.DataFrame  # one row per term and level; empty unless reading is 'fitted'
    reading: str  # fitted, no_dossiers, none_late, all_late, one_cluster or no_contrast
    dossiers: int  # the population: finished, or open after their due date
    late: int  # those of them finished late or still open
    clusters: int  # values of the cluster column
    cells: int  # cells of terms x cluster the model was fitted on
    weak: bool  # 12 clusters or fewer: read the intervals as an order of magnitude
    constant_terms: tuple[str, ...]  # terms with a single level, left out: nothing to compare
    left_out: dict[str, float]  # dossiers counted beside, by column; NaN where not known
    covariance: pd.DataFrame  # clustered, of the coefficients, named 'term=level'
    cluster: str  # the column the errors are clustered by
    confidence: float  # coverage of the intervals
    method: str
    rule: str
    source: str
    period_start_on: pd.Timestamp  # first day of the first period
    period_end_on: pd.Timestamp  # last day of the last period


def late_drivers(
    tally: pd.DataFrame,
    terms: Sequence[str],
    *,
    cluster: str = "unit_id",
    reference: Mapping[str, str] | None = None,
    confidence: float = 0.95,
) -> DriverFit:
    r"""Associate lateness with the categories of a tally, each adjusted for the others.

    .. math:: \operatorname{logit} P(\text{late or still open}) =
        \beta_0 + \sum_{\text{terms}} \beta_{\text{term}, \text{level}}

    Association, not cause: what is not in the tally is not adjusted for. With 12 clusters
    or fewer (``weak``) the intervals are still too narrow.

    Parameters
    ----------
    tally
        Cells of a cohort of dossiers due (``basis`` 'due'), with the columns in ``terms``
        and ``cluster`` and the counts on_time, late and overdue (dossiers).
    terms
        Columns of the tally, taken as categories. A missing value is a level of its own.
    cluster
        Dossiers alike in this column are not taken as independent of each other.
    reference
        Term -> level that the others are compared with; where not given, the level with
        the most dossiers.
    confidence
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    DriverFit
        ``effects`` has one row per term and level, the reference first: ``count`` (late or
        still open) and ``total`` (dossiers), ``clusters`` (in which the level occurs),
        ``coefficient`` and ``std_error`` (log odds), ``odds_ratio`` with ``low`` and
        ``high``, ``p_value``, and ``effect``: by how much the late share would differ, on
        average over all dossiers, between all in the level and all in the reference
        (difference of shares in -1..1, with ``effect_low``, ``effect_high``).
        ``reading``: 'estimated', 'reference', or 'one_cluster' where the level or its
        reference occurs in one cluster only: no interval then, because level and cluster
        cannot be told apart. Where there is nothing to model (no dossier, none or all
        late, one cluster, terms with one level), ``effects`` is empty and ``reading`` of
        the fit says why.

    Raises
    ------
    InputError
        If the tally is not of one due cohort, rule and day; a column is absent or cannot
        be a term; a level is always or never late; or terms repeat each other.

    Notes
    -----
    A binomial GLM on cells has the coefficients of the logit on rows. Clustered errors
    carry the usual factor G/(G-1) x (n-1)/(n-k) with n dossiers, not cells, so they equal
    those of the rows too; t with G - 1 degrees of freedom. Intervals of ``effect`` by the
    delta method, the mix of dossiers taken as given.

    References
    ----------
    Cameron, A. C. and Miller, D. L. (2015). A practitioner's guide to cluster-robust
    inference. *Journal of Human Resources* 50, 317-372. doi:10.3368/jhr.50.2.317

    Examples
    --------
    >>> tally = pd.DataFrame({
    ...     "unit_id": ["A", "A", "B", "B", "C", "C"],
    ...     "channel": ["online", "in_person"] * 3,
    ...     "on_time_count": [950, 450, 880, 440, 700, 300],
    ...     "late_count": [30, 40, 90, 50, 20, 40],
    ...     "overdue_count": [20, 10, 30, 10, 0, 10],
    ...     "period_start_on": "2026-01-01", "period_end_on": "2026-06-30", "basis": "due",
    ...     "rule": "strict", "as_of": "2026-07-01", "source": "example",
    ... })
    >>> fit = late_drivers(tally, ["channel"])
    >>> fit.effects[["level", "count", "total", "odds_ratio", "effect"]].round(3)
           level  count   total  odds_ratio  effect
    0     online  190.0  2720.0        1.00   0.000
    1  in_person  160.0  1350.0        1.79   0.049
    >>> fit.clusters, fit.weak
    (3, True)
    """
    check_confidence(confidence)
    rows = check(tally, TALLY)
    _require_due_cohort(rows)
    _require_terms(rows, terms, cluster)
    cells = _cells(rows, terms, cluster)
    levels = _levels(cells, terms, reference or {})
    reading = _why_not(cells, cluster, levels)
    effects, covariance = pd.DataFrame(columns=_EFFECT_COLUMNS), pd.DataFrame()
    if reading == "fitted":
        _refuse_separation(cells, levels)
        effects, covariance = _fit(cells, levels, cluster, confidence)
    clusters = cells[cluster].nunique()
    return DriverFit(
        effects=effects,
        reading=reading,
        dossiers=int(cells["total"].sum()),
        late=int(cells["late"].sum()),
        clusters=clusters,
        cells=len(cells),
        weak=clusters <= FEW_CLUSTERS,
        constant_terms=tuple(term for term in terms if term not in levels),
        left_out={name: float(rows[name].sum(min_count=1)) for name in _BESIDE},
        covariance=covariance,
        cluster=cluster,
        confidence=confidence,
        method=f"binomial logit on counts, errors clustered by {cluster}, t(G-1)",
        rule="; ".join(sorted(set(rows["rule"]))),
        source="; ".join(sorted(set(rows["source"]))),
        period_start_on=rows["period_start_on"].min(),
        period_end_on=rows["period_end_on"].max(),
    )


def _require_due_cohort(rows: pd.DataFrame) -> None:
    """Raise unless the rows are dossiers due, under one rule, seen on one day, each once."""
    other = sorted(set(rows["basis"]) - {"due"})
    if other:
        raise InputError(
            f"tally: found basis {other[0]!r}, expected 'due'; count it with "
            "count_cohorts(..., cohort='due')"
        )
    for name in ("rule", "as_of"):
        found = sorted(rows[name].astype(str).unique())
        if len(found) > 1:
            raise InputError(
                f"tally: found several values of {name} ({', '.join(found[:3])}), expected one; "
                "fit each apart"
            )
    names = ["period_start_on", "period_end_on"]
    periods = rows[names].drop_duplicates().sort_values(names)
    overlap = periods["period_start_on"] <= periods["period_end_on"].shift()
    if overlap.any():
        start = periods.loc[overlap, "period_start_on"].iloc[0]
        raise InputError(
            f"tally: the period that starts on {start:%Y-%m-%d} overlaps the one before, so "
            "dossiers would count twice; keep periods that do not overlap"
        )
    unknown = [name for name in _POPULATION if rows[name].isna().any()]
    if unknown:
        raise InputError(
            f"tally: {unknown[0]} is missing in some cells, expected a number in each; leave "
            "those cells out, or use a source that counts it"
        )


def _require_terms(rows: pd.DataFrame, terms: Sequence[str], cluster: str) -> None:
    """Raise unless terms and cluster are columns of the tally that can be categories."""
    offered = [name for name in rows.columns if name not in _NOT_TERMS]
    if isinstance(terms, str) or not terms or len(set(terms)) < len(terms):
        raise InputError(f"terms: found {terms!r}, expected a list of different columns")
    for name in (*terms, cluster):
        if name not in offered:
            raise InputError(
                f"tally: found no column {name!r} to use as term or cluster, expected one of: "
                f"{', '.join(offered)}; count the dossiers by it first"
            )


def _cells(rows: pd.DataFrame, terms: Sequence[str], cluster: str) -> pd.DataFrame:
    """Sum the population to one row per combination of terms and cluster."""
    keys = list(dict.fromkeys([*terms, cluster]))
    cells = pd.DataFrame({name: _labels(rows[name]) for name in keys})
    cells = cells.assign(late=rows[_EVENTS].sum(axis=1), total=rows[_POPULATION].sum(axis=1))
    cells = cells.groupby(keys, as_index=False, sort=True, dropna=False)[["late", "total"]].sum()
    return cells[cells["total"] > 0].reset_index(drop=True)


def _labels(values: pd.Series) -> pd.Series:
    """Return categories as text, the missing ones under a name of their own."""
    if pd.api.types.is_datetime64_any_dtype(values):
        values = values.dt.strftime("%Y-%m-%d")
    return values.astype(object).where(values.notna(), MISSING).map(str).astype("str")


def _levels(
    cells: pd.DataFrame, terms: Sequence[str], reference: Mapping[str, str]
) -> dict[str, list[str]]:
    """Return the levels of each term that has several, the reference first."""
    unknown = [term for term in reference if term not in terms]
    if unknown:
        raise InputError(
            f"reference: found {unknown[0]!r}, expected one of the terms: {', '.join(terms)}"
        )
    levels = {}
    for term in terms:
        totals = cells.groupby(term)["total"].sum()
        if len(totals) < 2:
            continue
        first = str(reference.get(term, totals.idxmax()))
        if first not in totals.index:
            raise InputError(
                f"reference: {term} has no level {first!r}, expected one of: "
                f"{', '.join(totals.index)}"
            )
        levels[term] = [first, *(level for level in totals.index if level != first)]
    return levels


def _why_not(cells: pd.DataFrame, cluster: str, levels: Mapping[str, list[str]]) -> str:
    """Return 'fitted' where a model can be fitted, otherwise the reason why not."""
    late, total = cells["late"].sum(), cells["total"].sum()
    reasons = {
        "no_dossiers": total == 0,
        "none_late": late == 0,
        "all_late": late == total,
        "one_cluster": cells[cluster].nunique() == 1,
        "no_contrast": not levels,
    }
    return next((reason for reason, holds in reasons.items() if holds), "fitted")


def _refuse_separation(cells: pd.DataFrame, levels: Mapping[str, list[str]]) -> None:
    """Raise where a level is never or always late: its odds ratio has no finite value."""
    for term in levels:
        sums = cells.groupby(term)[["late", "total"]].sum()
        extreme = sums[(sums["late"] == 0) | (sums["late"] == sums["total"])]
        for level, late, total in extreme.itertuples():
            raise InputError(
                f"{term} = {level!r}: {late:.0f} of {total:.0f} dossiers are late, so its odds "
                "ratio has no finite value; merge the level with a similar one, or leave "
                f"{term!r} out of the terms"
            )


def _fit(
    cells: pd.DataFrame, levels: Mapping[str, list[str]], cluster: str, confidence: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the effects and the clustered covariance of the coefficients."""
    design = _design(cells, levels)
    coefficients, covariance = _clustered_logit(cells, design, cluster)
    rows = [
        (term, level, all_levels[0], *_average_effect(cells, design, coefficients, term, level))
        for term, all_levels in levels.items()
        for level in all_levels
    ]
    effects = pd.DataFrame(rows, columns=["term", "level", "reference", "effect", "gradient"])
    name = effects["term"] + "=" + effects["level"]
    variance = pd.Series(np.diag(covariance), index=covariance.index)
    effects = effects.assign(
        coefficient=name.map(coefficients).fillna(0.0),
        std_error=np.sqrt(name.map(variance)),
        effect_error=[np.sqrt(g @ covariance.to_numpy() @ g) for g in effects["gradient"]],
    ).merge(_level_counts(cells, levels, cluster), on=["term", "level"], validate="1:1")
    return _with_intervals(effects, cells[cluster].nunique() - 1, confidence), covariance


def _design(cells: pd.DataFrame, levels: Mapping[str, list[str]]) -> pd.DataFrame:
    """Return an intercept and one 0/1 column per level that is not the reference."""
    columns = {
        f"{term}={level}": (cells[term] == level).astype(float)
        for term, (_, *others) in levels.items()
        for level in others
    }
    design = pd.DataFrame({"intercept": 1.0, **columns})
    if np.linalg.matrix_rank(design.to_numpy()) < design.shape[1]:
        raise InputError(
            f"terms {', '.join(levels)}: one repeats what the others say; leave one of them out"
        )
    return design


def _clustered_logit(
    cells: pd.DataFrame, design: pd.DataFrame, cluster: str
) -> tuple[pd.Series, pd.DataFrame]:
    """Fit the logit on counts; covariance clustered and corrected for dossiers, not cells."""
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    outcome = np.column_stack([cells["late"], cells["total"] - cells["late"]])
    groups = pd.factorize(cells[cluster])[0]
    clustered = {"groups": groups, "use_correction": False}
    model = GLM(outcome, design.to_numpy(), family=Binomial())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # separation is refused below, with the level's name
        fit = model.fit(tol=1e-10, tol_criterion="params", cov_type="cluster", cov_kwds=clustered)
    coefficients = pd.Series(fit.params, index=design.columns)
    if not fit.converged or coefficients.abs().max() > _TOO_LARGE:
        raise InputError(
            f"{coefficients.abs().idxmax()}: within the other terms it is never or always late, "
            "so its odds ratio has no finite value; merge levels, or leave a term out"
        )
    dossiers, clusters = cells["total"].sum(), groups.max() + 1
    factor = clusters / (clusters - 1) * (dossiers - 1) / (dossiers - design.shape[1])
    covariance = pd.DataFrame(fit.cov_params() * factor, design.columns, design.columns)
    return coefficients, covariance


def _average_effect(
    cells: pd.DataFrame, design: pd.DataFrame, coefficients: pd.Series, term: str, level: str
) -> tuple[float, np.ndarray]:
    """Return the average difference in late share, level against reference, and its gradient."""
    from scipy.special import expit

    own = [name for name in design if name.startswith(f"{term}=")]
    at_reference = design.assign(**dict.fromkeys(own, 0.0))
    at_level = design.assign(**{name: float(name == f"{term}={level}") for name in own})
    weight = (cells["total"] / cells["total"].sum()).to_numpy()
    effect, gradient = 0.0, np.zeros(design.shape[1])
    for sign, at in ((1, at_level.to_numpy()), (-1, at_reference.to_numpy())):
        share = expit(at @ coefficients.to_numpy())
        effect += sign * float(weight @ share)
        gradient += sign * (weight * share * (1 - share)) @ at
    return effect, gradient


def _level_counts(
    cells: pd.DataFrame, levels: Mapping[str, list[str]], cluster: str
) -> pd.DataFrame:
    """Return late dossiers, dossiers and clusters of each level."""
    parts = [
        cells.assign(term=term, level=cells[term], group=cells[cluster])
        .groupby(["term", "level"], as_index=False)
        .agg(count=("late", "sum"), total=("total", "sum"), clusters=("group", "nunique"))
        for term in levels
    ]
    return pd.concat(parts, ignore_index=True)


def _with_intervals(effects: pd.DataFrame, degrees: int, confidence: float) -> pd.DataFrame:
    """Add odds ratios, limits and p-values; none where a level is in one cluster only."""
    from scipy.stats import t

    first = effects.groupby("term")["clusters"].transform("first")
    is_reference = effects["level"] == effects["reference"]
    alone = ~is_reference & ((effects["clusters"] == 1) | (first == 1))
    error = effects["std_error"].mask(alone)
    effect_error = effects["effect_error"].where(error.notna())
    reach = t.isf((1 - confidence) / 2, degrees)
    coefficient = effects["coefficient"]
    return effects.assign(
        std_error=error,
        odds_ratio=np.exp(coefficient),
        low=np.exp(coefficient - reach * error),
        high=np.exp(coefficient + reach * error),
        p_value=2 * t.sf(np.abs(coefficient / error), degrees),
        effect_low=effects["effect"] - reach * effect_error,
        effect_high=effects["effect"] + reach * effect_error,
        reading=np.select([is_reference, alone], ["reference", "one_cluster"], "estimated"),
    )[_EFFECT_COLUMNS]
