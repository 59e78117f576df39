"""Fitting the model: maximum likelihood, Firth where that has no answer, or absorbed effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from cchc_analysis.columns import InputError
from cchc_analysis.drivers.absorbed import absorbed_logit
from cchc_analysis.drivers.design import Design, build_design
from cchc_analysis.drivers.firth import FirthFit, augmented, fit_firth, require_firth
from cchc_analysis.drivers.jackknife import jackknife_covariance
from cchc_analysis.drivers.logit import clustered_covariance, fit_counts, separated
from cchc_analysis.drivers.terms import Terms

Errors = Literal["jackknife", "clustered"]


@dataclass(frozen=True)
class LogitModel:
    """Coefficients, their covariance, and the rows that effects are averaged over."""

    design: Design
    rows: pd.DataFrame  # one per combination of covariates: them, late and total
    base: np.ndarray  # the columns of the rows
    coefficients: np.ndarray  # log odds
    covariance: np.ndarray  # of the coefficients; NaN where one rests on a single cluster
    degrees: int  # of t: clusters - 1
    offset: np.ndarray  # log odds of absorbed effects, by row; 0 without them
    offset_slope: np.ndarray  # by how much the coefficients move those, by row and column
    absorbed: str | None  # the column of the rows whose effects are absorbed

    @property
    def weight(self) -> np.ndarray:
        """Share of the dossiers in each row."""
        return (self.rows["total"] / self.rows["total"].sum()).to_numpy()

    def mean_share(
        self, columns: np.ndarray, weight: np.ndarray, rows: np.ndarray | slice = slice(None)
    ) -> tuple[float, np.ndarray]:
        """Return the late share expected of rows with these columns, and its gradient.

        ``rows`` are the places of the model's rows whose absorbed effects they have.
        """
        from scipy.special import expit

        share = expit(columns @ self.coefficients + self.offset[rows])
        pull = weight * share * (1 - share)
        return float(weight @ share), pull @ (columns + self.offset_slope[rows])

    def error(self, gradient: np.ndarray) -> float:
        """Return the standard error of what has this gradient.

        A coefficient that rests on a single cluster has no error of its own; what it adds to
        the error of something else is left out. Who asks for the error of a contrast of such
        a coefficient must refuse it: what is left is not its error.
        """
        held = np.isfinite(np.diag(self.covariance))
        part = gradient[held]
        return float(np.sqrt(part @ self.covariance[np.ix_(held, held)] @ part))

    def reach(self, confidence: float) -> float:
        """Return how many standard errors an interval reaches on either side."""
        from scipy.stats import t

        return float(t.isf((1 - confidence) / 2, self.degrees))


@dataclass(frozen=True)
class Fitted:
    """A model with what its tables are made of."""

    model: LogitModel
    cells: pd.DataFrame
    cluster: str
    confidence: float
    firth: FirthFit | None  # where a coefficient has no finite estimate otherwise
    separated: tuple[int, ...]  # the places of those coefficients, the intercept aside
    units: pd.DataFrame | None  # absorbed effects


def fit_model(
    cells: pd.DataFrame,
    terms: Terms,
    levels: Mapping[str, Sequence[str]],
    *,
    cluster: str,
    absorb: str | None,
    errors: Errors,
    confidence: float,
) -> Fitted:
    """Fit the model of ``terms`` on cells that have something to compare.

    Coefficients are found on rows that differ in their covariates, errors on the cells.
    """
    keys = [*terms.columns, *([absorb] if absorb else [])]
    groups = cells.groupby(keys, sort=True)
    place = groups.ngroup().to_numpy()
    rows = groups[["late", "total"]].sum().reset_index()
    design = build_design(rows, terms, levels)
    base = design.matrix(rows)
    if absorb:
        return _with_absorbed(cells, place, rows, design, base, cluster, absorb, confidence)
    late, total = (rows[name].to_numpy() for name in ("late", "total"))
    endless = separated(late, total, base)
    places = tuple(place for place in np.flatnonzero(endless).tolist() if place)
    if places:
        require_firth(design.names[places[0]])
        firth = fit_firth(late, total, base, places, confidence)
        coefficients = firth.coefficients
    else:
        firth, coefficients = None, fit_counts(late, total, base)
    counts = _counts_for_errors(cells, base[place], coefficients, firth)
    by_cluster = pd.factorize(cells[cluster])[0]
    estimator = jackknife_covariance if errors == "jackknife" else clustered_covariance
    covariance = estimator(*counts, base[place], by_cluster, coefficients)
    model = LogitModel(
        design=design,
        rows=rows,
        base=base,
        coefficients=coefficients,
        covariance=covariance,
        degrees=int(by_cluster.max()),
        offset=np.zeros(len(rows)),
        offset_slope=np.zeros((len(rows), 1)),
        absorbed=None,
    )
    return Fitted(model, cells, cluster, confidence, firth, places, None)


def _counts_for_errors(
    cells: pd.DataFrame, design: np.ndarray, coefficients: np.ndarray, firth: FirthFit | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return late dossiers and dossiers by cell, with Firth's additions where he was asked."""
    late, total = (cells[name].to_numpy() for name in ("late", "total"))
    return (late, total) if firth is None else augmented(late, total, design, coefficients)


def _with_absorbed(
    cells: pd.DataFrame,
    place: np.ndarray,
    rows: pd.DataFrame,
    design: Design,
    base: np.ndarray,
    cluster: str,
    absorb: str,
    confidence: float,
) -> Fitted:
    """Fit with an effect for each value of ``absorb``, which stands for the intercept."""
    found = absorbed_logit(
        cells["late"].to_numpy(), cells["total"].to_numpy(), base[place][:, 1:],
        cells[absorb], groups=cells[cluster],
    )  # fmt: skip
    unknown = np.flatnonzero(np.isnan(found.coefficients))
    if len(unknown):
        raise InputError(
            f"{design.names[unknown[0] + 1]}: cannot be estimated within {absorb}, because it does "
            "not vary there, or all or none of its dossiers are late; merge the level with a "
            "similar one, or leave the term out"
        )
    covariance = np.zeros((base.shape[1],) * 2)
    covariance[1:, 1:] = found.covariance
    coefficients = np.concatenate([[0.0], found.coefficients])
    units = found.units.set_index("unit")
    ends = units["reading"].map({"never_late": -np.inf, "always_late": np.inf})
    offset = units["effect"].fillna(ends).reindex(rows[absorb]).to_numpy()
    model = LogitModel(
        design=design,
        rows=rows,
        base=base,
        coefficients=coefficients,
        covariance=covariance,
        degrees=found.clusters - 1,
        offset=offset,
        offset_slope=_offset_slope(rows, base, coefficients, offset, absorb),
        absorbed=absorb,
    )
    return Fitted(model, cells, cluster, confidence, None, (), found.units)


def _offset_slope(
    rows: pd.DataFrame, base: np.ndarray, coefficients: np.ndarray, offset: np.ndarray, absorb: str
) -> np.ndarray:
    """Return how absorbed effects answer the coefficients: minus the columns' mean by unit."""
    from scipy.special import expit

    share = expit(base @ coefficients + offset)
    weight = rows["total"].to_numpy() * share * (1 - share)
    unit = pd.factorize(rows[absorb])[0]
    sums = np.zeros((unit.max() + 1, base.shape[1] + 1))
    np.add.at(sums, unit, weight[:, None] * np.column_stack([base, np.ones(len(base))]))
    whole = np.where(sums[:, -1:] > 0, sums[:, -1:], 1)  # never or always late: nothing moves
    return -(sums[:, :-1] / whole)[unit]
