"""The model of lateness: fitted on the cells of a tally, with errors clustered by unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cchc_analysis.columns import TALLY, InputError, check
from cchc_analysis.drivers.design import varying
from cchc_analysis.drivers.effects import (
    COEFFICIENT_COLUMNS,
    EFFECT_COLUMNS,
    coefficient_table,
    effect_table,
)
from cchc_analysis.drivers.fitting import Errors, Fitted, LogitModel, fit_model
from cchc_analysis.drivers.overlap import OVERLAP_COLUMNS, cannot_separate
from cchc_analysis.drivers.population import left_out, levels_of, require_due_cohort, to_cells
from cchc_analysis.drivers.terms import Terms, read_terms, require_column
from cchc_analysis.intervals import check_confidence

FEW_CLUSTERS = 12  # at or below this many the intervals are called weak
FEW_DOSSIERS = 30  # a cluster with fewer says little, and is named

_ERRORS = {
    "jackknife": "errors by leaving out each {cluster} in turn (CRV3), t(G-1)",
    "clustered": "errors clustered by {cluster}, t(G-1)",
}


@dataclass(frozen=True)
class DriverFit:
    """A fitted model of lateness, or the reason why there is none."""

    effects: pd.DataFrame  # one row per term and level; empty where there is no model
    coefficients: pd.DataFrame  # every coefficient in log odds, those of products too
    reading: str  # fitted, firth; no_dossiers, none_late, all_late, one_cluster, no_contrast
    dossiers: int  # the population: finished, or open after their due date
    late: int  # those of them finished late or still open
    clusters: int  # values of the cluster column
    small_clusters: dict[str, int]  # those with fewer than 30 dossiers, and how many they have
    cells: int  # cells of terms x cluster the model was fitted on
    weak: bool  # 12 clusters or fewer: read the intervals as an order of magnitude
    constant_terms: tuple[str, ...]  # terms with a single value, left out: nothing to compare
    separated: tuple[str, ...]  # coefficients with no finite odds ratio, by Firth instead
    cannot_separate: pd.DataFrame  # pairs that the data do not tell apart
    left_out: dict[str, float]  # dossiers counted beside, by column; NaN where not known
    covariance: pd.DataFrame  # of the coefficients; NaN where one rests on a single cluster
    cluster: str  # the column the errors are clustered by
    errors: Errors
    absorbed: str | None  # the column with an effect of its own for each value
    units: pd.DataFrame | None  # those effects (log odds): unit, count, total, effect, reading
    confidence: float  # coverage of the intervals
    method: str
    rule: str
    source: str
    period_start_on: pd.Timestamp  # first day of the first period
    period_end_on: pd.Timestamp  # last day of the last period
    model: LogitModel | None  # what predictions need


def late_drivers(
    tally: pd.DataFrame,
    terms: Sequence[str] | str,
    *,
    cluster: str = "unit_id",
    reference: Mapping[str, str] | None = None,
    absorb: str | None = None,
    errors: Errors = "jackknife",
    confidence: float = 0.95,
) -> DriverFit:
    r"""Associate lateness with the covariates of a tally, each adjusted for the others.

    .. math:: \operatorname{logit} P(\text{late or still open}) =
        \beta_0 + \sum_{\text{terms}} \beta_{\text{term}, \text{level}}

    Association, not cause: what is not in the tally is not adjusted for, and levels differ
    by what is filed there. With 12 clusters or fewer (``weak``) read the intervals as an
    order of magnitude, and so where few clusters have a level at all.

    Parameters
    ----------
    tally
        Cells of a cohort of dossiers due (``basis`` 'due'), with the columns in ``terms``
        and ``cluster`` and the counts on_time, late and overdue (dossiers).
    terms
        Columns of the tally, taken as categories, or a formula such as
        ``"field * channel + log(allowed_days)"``
        (:func:`~cchc_analysis.drivers.terms.read_terms` has what may stand in it). A
        missing category is a level of its own; a missing number is refused.
    cluster
        Dossiers alike in this column are not taken as independent of each other.
    reference
        Term -> level that the others are compared with; where not given, the level with
        the most dossiers of those with both late dossiers and others.
    absorb
        A column with hundreds of values, such as ``unit_id``, each of which gets an effect of
        its own without a column of the model: dossiers are then compared within it only.
    errors
        'jackknife' leaves out one cluster at a time (CRV3), and is to be preferred;
        'clustered' is the usual sandwich (CRV1), too narrow with few or uneven clusters,
        and the only one with ``absorb``.
    confidence
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    DriverFit
        ``effects`` has one row per term and level, the reference first: ``count`` (late or
        still open) and ``total`` (dossiers), ``clusters`` (in which the level occurs),
        ``coefficient`` and ``std_error`` (log odds), ``odds_ratio`` with ``low`` and
        ``high``, ``p_value`` (these NaN for a term with interactions, which has no one odds
        ratio), ``effect``: by how much the late share would differ, on average over all
        dossiers, between all in the level and all in the reference (difference of shares
        in -1..1, with ``effect_low``, ``effect_high``), and ``adjusted``: the late share
        with all in the level. A number has one row, level '(per unit)', whose
        ``effect`` is the average slope of the late share.
        ``reading``: 'estimated', 'reference', 'firth' where a level, its reference or their
        combination with another term is never or always late (no interval of ``effect``
        then), or 'one_cluster' where the level, its reference or its late
        dossiers occur in one cluster only: no interval then, because level and
        cluster cannot be told apart. Where there is nothing to model (no dossier, none or
        all late, one cluster, terms with one level), ``effects`` is empty and ``reading``
        of the fit says why. ``cannot_separate`` names what to read together.

    Raises
    ------
    InputError
        If the tally is not of one due cohort, rule and day; a column is absent, cannot be a
        term or is known only after closing; the formula holds anything but columns;
        terms repeat each other exactly; or firthmodels is needed and not installed.

    Notes
    -----
    A binomial GLM on cells has the coefficients of the logit on rows. Clustered errors
    carry the usual factor G/(G-1) x (n-1)/(n-k) with n dossiers, not cells, so they equal
    those of the rows too; t with G - 1 degrees of freedom in either case. Intervals of
    ``effect`` by the delta method, the mix of dossiers taken as given. Firth's limits are
    of the profile penalised likelihood and take dossiers as independent of each other: of
    an odds ratio they are too narrow where units differ, and an effect has no limits made of
    them: in simulations such limits held the truth in 13 to 32 %. Where fewer than 6 of many
    clusters have a level, intervals are too narrow (2 of 63: 16 to 19 % false alarms at 5 %,
    ``docs/simulations_drivers.md``).

    References
    ----------
    Cameron, A. C. and Miller, D. L. (2015). A practitioner's guide to cluster-robust
    inference. *Journal of Human Resources* 50, 317-372. doi:10.3368/jhr.50.2.317

    MacKinnon, J. G., Nielsen, M. O. and Webb, M. D. (2023). Cluster-robust inference: a guide
    to empirical practice. *Journal of Econometrics* 232, 272-299.
    doi:10.1016/j.jeconom.2022.04.001

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
    _require_errors(errors, absorb)
    rows = check(tally, TALLY)
    require_due_cohort(rows)
    asked = read_terms(terms, rows)
    beside = [cluster] if absorb is None else [cluster, absorb]
    _require_beside(beside, asked, absorb, rows)
    cells = to_cells(rows, asked, beside)
    levels = levels_of(cells, asked, reference or {})
    held, constant = varying(asked, cells)
    reading, found = _why_not(cells, cluster, held), None
    if reading == "fitted":
        found = fit_model(
            cells, held, levels, cluster=cluster, absorb=absorb, errors=errors,
            confidence=confidence,
        )  # fmt: skip
        reading = "firth" if found.separated else "fitted"
    return DriverFit(
        reading=reading,
        constant_terms=constant,
        cluster=cluster,
        errors=errors,
        absorbed=absorb,
        confidence=confidence,
        method=_method(cluster, absorb, errors, reading),
        **_population(rows, cells, cluster),
        **(_no_results() if found is None else _results(found)),
    )


def _require_errors(errors: str, absorb: str | None) -> None:
    """Raise unless the errors exist, and can be had for the model asked for."""
    if errors not in _ERRORS:
        raise InputError(f"errors: found {errors!r}, expected one of: {', '.join(_ERRORS)}")
    if absorb is not None and errors == "jackknife":
        raise InputError(
            "absorb: errors by leaving out clusters are not computed beside absorbed effects; "
            "write errors='clustered'"
        )


def _require_beside(
    beside: Sequence[str], asked: Terms, absorb: str | None, rows: pd.DataFrame
) -> None:
    """Raise unless the cluster and the absorbed column exist, the latter beside the terms."""
    for name in beside:
        require_column(name, rows)
    if absorb in asked.columns:
        raise InputError(f"absorb: {absorb!r} is also a term; leave it out of the terms")


def _why_not(cells: pd.DataFrame, cluster: str, terms: Terms) -> str:
    """Return 'fitted' where a model can be fitted, otherwise the reason why not."""
    late, total = cells["late"].sum(), cells["total"].sum()
    reasons = {
        "no_dossiers": total == 0,
        "none_late": late == 0,
        "all_late": late == total,
        "one_cluster": cells[cluster].nunique() == 1,
        "no_contrast": not terms.products,
    }
    return next((reason for reason, holds in reasons.items() if holds), "fitted")


def _method(cluster: str, absorb: str | None, errors: str, reading: str) -> str:
    """Return how the figures were computed, in one line."""
    parts = ["binomial logit on counts"]
    if absorb:
        parts.append(f"{absorb} absorbed")
    if reading == "firth":
        parts.append("Firth's penalty where a level is never or always late")
    return ", ".join([*parts, _ERRORS[errors].format(cluster=cluster)])


def _population(rows: pd.DataFrame, cells: pd.DataFrame, cluster: str) -> dict[str, Any]:
    """Return what the fit says of the dossiers, whether there is a model or not."""
    totals = cells.groupby(cluster)["total"].sum().astype(int)
    clusters = len(totals)
    return {
        "small_clusters": totals[totals < FEW_DOSSIERS].sort_values().to_dict(),
        "dossiers": int(cells["total"].sum()),
        "late": int(cells["late"].sum()),
        "clusters": clusters,
        "cells": len(cells),
        "weak": clusters <= FEW_CLUSTERS,
        "left_out": left_out(rows),
        "rule": "; ".join(sorted(rows["rule"].unique())),
        "source": "; ".join(sorted(rows["source"].unique())),
        "period_start_on": rows["period_start_on"].min(),
        "period_end_on": rows["period_end_on"].max(),
    }


def _results(found: Fitted) -> dict[str, Any]:
    """Return what the fit says of the model."""
    design = found.model.design
    return {
        "effects": effect_table(found),
        "coefficients": coefficient_table(found),
        "separated": tuple(design.names[place] for place in found.separated),
        "cannot_separate": cannot_separate(found.cells, found.model.rows, design, found.cluster),
        "covariance": pd.DataFrame(found.model.covariance, design.names, design.names),
        "units": found.units,
        "model": found.model,
    }


def _no_results() -> dict[str, Any]:
    """Return the same where there is no model."""
    return {
        "effects": pd.DataFrame(columns=EFFECT_COLUMNS),
        "coefficients": pd.DataFrame(columns=COEFFICIENT_COLUMNS),
        "separated": (),
        "cannot_separate": pd.DataFrame(columns=OVERLAP_COLUMNS),
        "covariance": pd.DataFrame(),
        "units": None,
        "model": None,
    }
