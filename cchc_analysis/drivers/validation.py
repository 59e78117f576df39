"""How well lateness is predicted for a unit, or a time, that the model has not seen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cchc_analysis.columns import TALLY, InputError, check
from cchc_analysis.drivers.accuracy import Calibration, auc, brier_score, calibration
from cchc_analysis.drivers.design import build_design, varying
from cchc_analysis.drivers.newton import fit_logits, identify, is_determined
from cchc_analysis.drivers.population import levels_of, require_due_cohort, to_cells
from cchc_analysis.drivers.terms import Terms, read_terms, require_column
from cchc_analysis.intervals import check_confidence
from cchc_analysis.progress import steps

_PLACE = re.compile(r"f(\d+)")
_PERIOD = ["period_start_on", "period_end_on"]


@dataclass(frozen=True)
class Validation:
    """Predictions for dossiers that the model was not fitted to, and how good they were."""

    predictions: pd.DataFrame  # one row per cell
    dossiers: int  # with a prediction
    late: int  # of those
    unseen: int  # of those: dossiers with a level that the training had not
    untrained: int  # dossiers without a prediction: no training for them
    brier: float
    brier_average: float  # of predicting the training's late share for all
    auc: float
    calibration: Calibration  # limits of the slope by leaving out one unit at a time
    method: str
    rule: str
    source: str


def leave_unit_out(
    tally: pd.DataFrame,
    terms: Sequence[str] | str,
    *,
    unit: str = "unit_id",
    bins: int = 10,
    confidence: float = 0.95,
) -> Validation:
    """Predict each unit's dossiers from the other units' and say how good that was.

    Answers how the terms would do in a unit that has no history: units differ, so this is
    worse than predictions for a known unit, and the honest figure for the terms alone.

    Parameters
    ----------
    tally
        Cells of a cohort of dossiers due (``basis`` 'due'), with the columns needed and the
        counts on_time, late and overdue (dossiers).
    terms
        Columns taken as categories, or a formula, as in :func:`late_drivers`.
    unit
        The column whose values are left out in turn.
    bins, confidence
        As in :func:`calibration`.

    Returns
    -------
    Validation
        ``predictions`` has one row per cell of unit and terms: those columns, ``late`` (or
        still open) and ``total`` (dossiers), ``predicted`` and ``average`` (late share in
        the training; shares in 0..1), and ``reading``: 'predicted', 'unseen' (a level, or
        a product of levels, that the training had not: its term was put at the average of
        the training) or 'untrained' (NaN). Figures are NaN where nothing is predicted.

    Raises
    ------
    InputError
        As for :func:`late_drivers`.

    Notes
    -----
    Levels are often never late in the training, and maximum likelihood would predict 0 with
    certainty. Each fit therefore has as many dossiers of average lateness added as it has
    coefficients, spread by leverage (the idea of Firth's penalty, for prediction).

    References
    ----------
    Roberts, D. R. et al. (2017). Cross-validation strategies for data with temporal, spatial,
    hierarchical, or phylogenetic structure. *Ecography* 40, 913-929.
    doi:10.1111/ecog.02881

    Examples
    --------
    >>> tally = pd.DataFrame({
    ...     "unit_id": list("AABBCC"), "channel": ["online", "in_person"] * 3,
    ...     "on_time_count": [95, 45, 88, 44, 70, 30], "late_count": [5, 9, 8, 7, 5, 6],
    ...     "overdue_count": 0, "period_start_on": "2026-01-01", "period_end_on": "2026-06-30",
    ...     "basis": "due", "rule": "strict", "as_of": "2026-07-01", "source": "example",
    ... })
    >>> found = leave_unit_out(tally, ["channel"])
    >>> found.predictions[["unit_id", "channel", "late", "total", "predicted"]].round(3)
      unit_id    channel  late  total  predicted
    0       A  in_person   9.0   54.0      0.149
    1       B  in_person   7.0   51.0      0.166
    2       C  in_person   6.0   36.0      0.152
    3       A     online   5.0  100.0      0.076
    4       B     online   8.0   96.0      0.057
    5       C     online   5.0   75.0      0.066
    """
    setting = _prepare(tally, terms, [unit], bins, confidence)
    every = setting.counts.sum(axis=0)
    return _validate(setting, every - setting.counts, unit, f"each {unit} left out in turn")


def rolling_time(
    tally: pd.DataFrame,
    terms: Sequence[str] | str,
    *,
    gap: int = 0,
    unit: str = "unit_id",
    bins: int = 10,
    confidence: float = 0.95,
) -> Validation:
    """Predict each period's dossiers from the periods before it and say how good that was.

    Whether a dossier is late is known the day after it was due, so the periods before are
    known in full; ``gap`` keeps the training as old as it would be at the desk.

    Parameters
    ----------
    tally
        As in :func:`leave_unit_out`, of several periods.
    terms
        Columns taken as categories, or a formula, as in :func:`late_drivers`; a term that
        only names the time has no level in common with the past.
    gap
        Whole days, at least, between the last day of the training and the period.
    unit
        The column by which the limits of the calibration slope are clustered.
    bins, confidence
        As in :func:`calibration`.

    Returns
    -------
    Validation
        As for :func:`leave_unit_out`, one row per cell of period, unit and terms; the
        first periods are 'untrained'.

    Raises
    ------
    InputError
        As for :func:`late_drivers`; or if ``gap`` is below 0.

    Examples
    --------
    >>> tally = pd.DataFrame({
    ...     "unit_id": list("AABB"), "channel": ["online", "in_person"] * 2,
    ...     "on_time_count": [95, 45, 88, 44], "late_count": [5, 9, 8, 7], "overdue_count": 0,
    ...     "period_start_on": ["2026-01-01"] * 2 + ["2026-02-01"] * 2,
    ...     "period_end_on": ["2026-01-31"] * 2 + ["2026-02-28"] * 2,
    ...     "basis": "due", "rule": "strict", "as_of": "2026-07-01", "source": "example",
    ... })
    >>> found = rolling_time(tally, ["channel"])
    >>> found.predictions[["period_start_on", "channel", "predicted", "reading"]].round(3)
      period_start_on    channel  predicted    reading
    0      2026-01-01  in_person        NaN  untrained
    1      2026-02-01  in_person      0.165  predicted
    2      2026-01-01     online        NaN  untrained
    3      2026-02-01     online      0.050  predicted
    """
    if gap < 0:
        raise InputError(f"gap: found {gap}, expected a number of days, 0 or more")
    setting = _prepare(tally, terms, [*_PERIOD, unit], bins, confidence)
    starts, ends = (pd.to_datetime(setting.folds[name]).to_numpy() for name in _PERIOD)
    before = ends[None, :] + np.timedelta64(gap, "D") < starts[:, None]
    training = np.tensordot(before.astype(float), setting.counts, axes=1)
    told = f", {gap} days before it left out" if gap else ""
    return _validate(setting, training, unit, f"each period from those before{told}")


@dataclass(frozen=True)
class _Setting:
    """What is predicted, and from which rows of covariates."""

    cells: pd.DataFrame
    folds: pd.DataFrame  # what is left out, or predicted, at a time
    fold: np.ndarray  # by cell: its place among the folds
    row: np.ndarray  # by cell: its place among the rows
    columns: np.ndarray  # of the model, shape (rows, columns)
    products: list[tuple[int, ...]]  # by column: the factors multiplied, none the intercept
    levels: np.ndarray  # by row and factor: the number of its level
    counts: np.ndarray  # late and total, shape (folds, rows, 2)
    bins: int
    confidence: float
    told: tuple[str, str]  # rule and source


def _prepare(
    tally: pd.DataFrame,
    terms: Sequence[str] | str,
    fold_columns: Sequence[str],
    bins: int,
    confidence: float,
) -> _Setting:
    """Check the input and count the dossiers of each row of covariates by fold."""
    check_confidence(confidence)
    checked = check(tally, TALLY)
    require_due_cohort(checked)
    asked = read_terms(terms, checked)
    require_column(fold_columns[-1], checked)
    cells = to_cells(checked, asked, fold_columns)
    held, _ = varying(asked, cells)
    row = _places(cells, held.columns)
    rows = cells[held.columns][~pd.Series(row).duplicated().to_numpy()].reset_index(drop=True)
    by = _PERIOD if fold_columns[0] in _PERIOD else list(fold_columns)
    fold = _places(cells, by)
    folds = cells[by].drop_duplicates().reset_index(drop=True)
    counts = np.zeros((len(folds), len(rows) or 1, 2))
    np.add.at(counts, (fold, row), cells[["late", "total"]].to_numpy(float))
    columns, products = _columns(rows, asked, held, cells)
    told = tuple("; ".join(sorted(set(checked[name]))) for name in ("rule", "source"))
    return _Setting(
        cells, folds, fold, row, columns, products, _levels(rows, held), counts, bins,
        confidence, told,
    )  # fmt: skip


def _columns(
    rows: pd.DataFrame, asked: Terms, held: Terms, cells: pd.DataFrame
) -> tuple[np.ndarray, list[tuple[int, ...]]]:
    """Return the columns of the rows, and the factors whose product each belongs to."""
    levels = levels_of(cells, asked, {})
    if not held.products:
        return np.ones((max(len(rows), 1), 1)), [()]
    design = build_design(rows, held, levels)
    neutral = [design.spec.column_names[place] for place in design.kept]
    return design.matrix(rows), [tuple(map(int, _PLACE.findall(name))) for name in neutral]


def _levels(rows: pd.DataFrame, held: Terms) -> np.ndarray:
    """Return the number of each row's level by factor; 0 for all where it is a number."""
    numbered = [
        pd.factorize(rows[factor.column])[0] * (factor.kind == "category")
        for factor in held.factors
    ]
    return np.column_stack([*numbered, np.zeros(len(rows), int)])


def _places(cells: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    """Return the place of each cell's values among the different ones, in order of appearance."""
    if not len(columns):
        return np.zeros(len(cells), int)
    return cells.groupby(list(columns), sort=False).ngroup().to_numpy()


def _validate(setting: _Setting, training: np.ndarray, unit: str, how: str) -> Validation:
    """Predict every fold from its training, and measure."""
    folds = steps(training, total=len(training), said="predicted from the others")
    fitted = [_predict(setting, *counts.T) for counts in folds]
    shape = len(setting.folds), len(setting.columns)
    share, unseen = (
        np.reshape([pair[i] for pair in fitted], shape)[setting.fold, setting.row] for i in (0, 1)
    )
    unseen = unseen.astype(bool)
    with np.errstate(invalid="ignore"):
        average = training[..., 0].sum(axis=1) / training[..., 1].sum(axis=1)
    found = setting.cells.assign(
        predicted=share,
        average=average[setting.fold],
        reading=np.select([np.isnan(share), unseen], ["untrained", "unseen"], "predicted"),
    )
    late, total = (found[name].to_numpy() for name in ("late", "total"))
    held = ~np.isnan(share)
    return Validation(
        predictions=found,
        dossiers=int(total[held].sum()),
        late=int(late[held].sum()),
        unseen=int(total[held & unseen].sum()),
        untrained=int(total[~held].sum()),
        brier=brier_score(late, total, share),
        brier_average=brier_score(late, total, found["average"]),
        auc=auc(late, total, share),
        calibration=calibration(
            late, total, share,
            groups=found[unit], bins=setting.bins, confidence=setting.confidence,
        ),
        method=f"binomial logit on counts, {how}",
        rule=setting.told[0],
        source=setting.told[1],
    )  # fmt: skip


def _predict(
    setting: _Setting, late: np.ndarray, total: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the share predicted for each row from these counts, and whether it was unseen."""
    from scipy.special import expit

    if not total.sum():
        return np.full(len(total), np.nan), np.zeros(len(total), bool)
    columns, unseen = _at_average(setting, total)
    columns = columns / np.maximum(np.abs(columns).max(axis=0), 1e-300)
    kept, idle = identify(columns[total > 0].T @ columns[total > 0])
    part, average = columns[:, kept], (late.sum() + 0.5) / (total.sum() + 1)
    inverse = np.linalg.inv((part * total[:, None]).T @ part)
    added = total * np.einsum("ij,jk,ik->i", part, inverse, part, optimize=True)
    counts = (late + added * average)[None], (total + added)[None]
    share = expit(part @ fit_logits(*counts, part, np.zeros(len(kept)))[0])
    known = is_determined(columns, idle)
    return np.where(known, share, average), unseen | ~known


def _at_average(setting: _Setting, total: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Put terms whose level the training has not at its mean; say in which rows."""
    columns, seen = setting.columns.copy(), total > 0
    mean = total @ columns / total.sum()
    idle = ~columns[seen].any(axis=0)
    unseen = np.zeros(len(total), bool)
    new = [~np.isin(levels, levels[seen]) for levels in setting.levels.T]
    for product in set(setting.products) - {()}:
        own = np.array([other == product for other in setting.products])
        strange = setting.columns[:, own & idle].any(axis=1)
        for factor in product:
            strange |= new[factor]
        columns[np.ix_(strange, own)] = mean[own]
        unseen |= strange
    return columns, unseen
