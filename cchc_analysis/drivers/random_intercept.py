"""How much units differ once their work is allowed for: a logit with a random intercept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from cchc_analysis.columns import TALLY, InputError, check
from cchc_analysis.drivers.absorbed import absorbed_logit
from cchc_analysis.drivers.design import build_design, varying
from cchc_analysis.drivers.newton import fit_logits
from cchc_analysis.drivers.population import levels_of, require_due_cohort, to_cells
from cchc_analysis.drivers.quadrature import (
    NO_SPREAD,
    WIDEST,
    NoMaximum,
    Point,
    UnitCells,
    evaluate,
    maximise,
    sd_limits,
)
from cchc_analysis.drivers.terms import Terms, read_terms, require_column
from cchc_analysis.intervals import check_confidence

_EFFECTS = ["name", "coefficient", "std_error", "odds_ratio", "low", "high", "p_value"]
_UNITS = ["unit", "count", "total", "effect", "sd", "low", "high"]


@dataclass(frozen=True)
class RandomIntercept:
    """A fitted logit with a normal intercept per unit, or the reason why there is none."""

    effects: pd.DataFrame  # one row per coefficient; empty unless reading is 'fitted'
    units: pd.DataFrame  # one row per unit; empty unless reading is 'fitted'
    sd: float  # between units, log odds; NaN where nothing was fitted
    sd_low: float
    sd_high: float  # infinite where the data set no upper limit, or one beyond 4
    median_odds_ratio: float  # of two units taken at random, the later against the other
    median_odds_ratio_low: float
    median_odds_ratio_high: float
    reading: str  # fitted, no_dossiers, none_late, all_late, one_unit, two_units, separated
    # (a coefficient without a finite estimate) or no_estimate (no sound maximum)
    dossiers: int  # that were modelled
    late: int  # those of them finished late or still open
    absorbed: int  # levels of the absorbed column that have an effect of their own
    set_aside: int  # levels never or always late, which say nothing and are not modelled
    set_aside_dossiers: int
    constant_terms: tuple[str, ...]  # terms with a single level, left out
    log_likelihood: float  # without the binomial coefficients; compare within one tally only
    confidence: float
    method: str
    rule: str
    source: str


def random_intercept(
    tally: pd.DataFrame,
    terms: Sequence[str] | str,
    *,
    unit: str = "unit_id",
    absorb: Literal["procedure"] | None = None,
    reference: Mapping[str, str] | None = None,
    confidence: float = 0.95,
) -> RandomIntercept:
    r"""Fit lateness by terms and a normal intercept per unit: how far units differ.

    .. math:: \operatorname{logit} P(\text{late}) = x^\top \beta + u_i, \qquad
        u_i \sim N(0, \sigma^2)

    Takes the units' intercepts as unrelated to their work: where bad units get the hard
    work, :func:`late_drivers` with the units absorbed is safer for the coefficients. These
    hold for a given unit, so they are further from 0 than those of :func:`late_drivers`.
    The prediction of a small unit is drawn to the middle: it is no verdict.

    Parameters
    ----------
    tally
        Cells of a cohort of dossiers due (``basis`` 'due'), with the columns needed and the
        counts on_time, late and overdue (dossiers).
    terms
        Columns taken as categories, or a formula, as in :func:`late_drivers`.
    unit
        The column whose values have the random intercept.
    absorb
        A column, such as 'procedure', that gets a fixed effect per level beside the terms;
        estimated with the others, not shown.
    reference
        Term -> level that the others are compared with; where not given, the level with
        the most dossiers.
    confidence
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    RandomIntercept
        ``effects`` has one row per coefficient: ``name`` ('intercept', 'term=level'),
        ``coefficient`` and ``std_error`` (log odds), ``odds_ratio`` with ``low`` and
        ``high``, ``p_value``. ``units``: ``unit``, ``count`` (late or still open), ``total``
        (dossiers), ``effect`` (its expected intercept given its dossiers, log odds, 0 the
        middle), its ``sd``, and ``low``, ``high``. ``sd`` with its profile limits, 0 where
        units differ no more than by chance; ``median_odds_ratio``. With no dossier, none or
        all late, one unit or two, a coefficient without a finite estimate, or no sound
        maximum, tables are empty, numbers NaN and ``reading`` says why.

    Raises
    ------
    InputError
        As for :func:`late_drivers`, or if a term does not vary within the absorbed levels.

    Notes
    -----
    Exact on counts, up to the quadrature: adaptive Gauss-Hermite with 15 nodes per unit,
    Newton's method with the exact Hessian. Errors trust the model (normal intercepts,
    dossiers of a unit otherwise independent). A level that is never or always late would have
    an infinite coefficient, and says nothing of the others: it is set aside. Limits of the sd
    invert the likelihood ratio (chi-squared, 1 degree of freedom; near 0 on the wide side).
    Unit predictions take the other estimates as known.

    Two units are one difference, which says nothing of how far a third would lie. From three
    on the limits are wide, but hold: with a true sd of 0.5, 300 dossiers a unit and 200 runs
    each they held it in 93.5 % (3 units), 87 % (4), 90.5 % (5) and 91.5 % (6; all +-2), while
    the estimate itself is too small (0.34 on average with 3, 0.40 with 5).

    Where units gather at the ends, most never late and some mostly, no normal spread
    describes them: the likelihood rises to an sd at which intercepts of 0/n are without a
    floor and the quadrature fails. No estimate is given from an sd of 4 on (log odds; a
    median odds ratio of 45), nor where Newton's method does not settle or the information
    matrix is not positive definite; a limit beyond 4 is infinite.

    References
    ----------
    Pinheiro, J. C. and Chao, E. C. (2006). Efficient Laplacian and adaptive Gaussian
    quadrature algorithms for multilevel generalized linear mixed models. *Journal of
    Computational and Graphical Statistics* 15, 58-81. doi:10.1198/106186006X96962

    Merlo, J. et al. (2006). A brief conceptual tutorial of multilevel analysis in social
    epidemiology. *Journal of Epidemiology and Community Health* 60, 290-297.
    doi:10.1136/jech.2004.029454

    Examples
    --------
    >>> tally = pd.DataFrame({
    ...     "unit_id": list("AABBCCDD"), "channel": ["online", "in_person"] * 4,
    ...     "on_time_count": [950, 450, 880, 440, 700, 300, 600, 500],
    ...     "late_count": [30, 40, 90, 50, 20, 40, 90, 110], "overdue_count": 0,
    ...     "period_start_on": "2026-01-01", "period_end_on": "2026-06-30", "basis": "due",
    ...     "rule": "strict", "as_of": "2026-07-01", "source": "example",
    ... })
    >>> fit = random_intercept(tally, ["channel"])
    >>> fit.effects[["name", "coefficient", "odds_ratio"]].round(3)
                    name  coefficient  odds_ratio
    0          intercept       -2.672       0.069
    1  channel=in_person        0.565       1.759
    >>> fit.units[["unit", "count", "total", "effect", "sd"]].round(3)
      unit  count   total  effect     sd
    0    A   70.0  1470.0  -0.518  0.117
    1    B  140.0  1460.0   0.199  0.088
    2    C   60.0  1060.0  -0.336  0.127
    3    D  200.0  1300.0   0.655  0.077
    >>> f"{fit.sd:.2f}, {fit.sd_low:.2f} to {fit.sd_high:.2f}; {fit.median_odds_ratio:.2f}"
    '0.47, 0.26 to 1.18; 1.57'
    """
    check_confidence(confidence)
    rows = check(tally, TALLY)
    require_due_cohort(rows)
    asked = read_terms(terms, rows)
    further = [unit] if absorb is None else [unit, absorb]
    _require_apart(rows, asked, further)
    cells = to_cells(rows, asked, further)
    leveled = [factor.column for factor in asked.factors if factor.kind == "category"]
    leveled += [absorb] if absorb else []
    cells, set_aside, aside_dossiers = _without_extremes(cells, leveled)
    held, constant = varying(asked, cells)
    reading = _why_not(cells, unit)
    parts = dict(_NOTHING)
    if reading == "fitted":
        names, columns = _columns(cells, asked, held, reference or {})
        if absorb is not None:  # the levels' own effects hold the intercept
            names, columns = names[1:], columns[:, 1:]
        place, labels = pd.factorize(cells[unit], sort=True)
        by_unit, alike = _without_spread(cells, names, columns, place, absorb)
        try:
            if alike is None:
                reading = "separated"
            else:
                parts = _results(by_unit, names, labels, alike, confidence)
        except np.linalg.LinAlgError:  # NoMaximum is one: where there is none, blocks go flat
            reading = "no_estimate"
    return RandomIntercept(
        **parts,
        reading=reading,
        dossiers=int(cells["total"].sum()),
        late=int(cells["late"].sum()),
        absorbed=cells[absorb].nunique() if absorb else 0,
        set_aside=set_aside,
        set_aside_dossiers=aside_dossiers,
        constant_terms=constant,
        confidence=confidence,
        method=f"binomial logit on counts, normal intercept per {unit}, adaptive Gauss-Hermite"
        + (f", {absorb} absorbed" if absorb else ""),
        rule="; ".join(sorted(set(rows["rule"]))),
        source="; ".join(sorted(set(rows["source"]))),
    )


_NOTHING = {
    "effects": pd.DataFrame(columns=_EFFECTS),
    "units": pd.DataFrame(columns=_UNITS),
    **dict.fromkeys(
        [
            "sd", "sd_low", "sd_high", "median_odds_ratio", "median_odds_ratio_low",
            "median_odds_ratio_high", "log_likelihood",
        ],
        np.nan,
    ),
}  # fmt: skip


def _require_apart(rows: pd.DataFrame, terms: Terms, further: Sequence[str]) -> None:
    """Raise unless unit and absorbed column are in the tally, and neither is a term."""
    for name in further:
        require_column(name, rows)
    twice = [name for name in further if name in terms.columns or further.count(name) > 1]
    if twice:
        raise InputError(
            f"terms, unit, absorb: found {twice[0]!r} twice, expected each column in one role; "
            "leave it out of the others"
        )


def _without_extremes(cells: pd.DataFrame, columns: list[str]) -> tuple[pd.DataFrame, int, int]:
    """Leave out levels never or always late; say how many, with what dossiers."""
    kept, levels = cells, 0
    for column in columns:
        sums = kept.groupby(column, dropna=False)[["late", "total"]].transform("sum")
        extreme = (sums["late"] == 0) | (sums["late"] == sums["total"])
        if extreme.all():  # the reading says that none, or all, are late
            return cells, 0, 0
        levels += kept.loc[extreme, column].nunique(dropna=False)
        kept = kept[~extreme]
    aside = cells["total"].sum() - kept["total"].sum()
    return kept.reset_index(drop=True), levels, int(aside)


def _why_not(cells: pd.DataFrame, unit: str) -> str:
    """Return 'fitted' where a model can be fitted, otherwise the reason why not."""
    late, total = cells["late"].sum(), cells["total"].sum()
    reasons = {
        "no_dossiers": total == 0,
        "none_late": late == 0,
        "all_late": late == total,
        "one_unit": cells[unit].nunique() == 1,
        "two_units": cells[unit].nunique() == 2,
    }
    return next((reason for reason, holds in reasons.items() if holds), "fitted")


def _columns(
    cells: pd.DataFrame, asked: Terms, held: Terms, reference: Mapping[str, str]
) -> tuple[tuple[str, ...], np.ndarray]:
    """Return names and columns of the fixed part, the intercept first."""
    levels = levels_of(cells, asked, reference)
    if not held.products:
        return ("intercept",), np.ones((len(cells), 1))
    place = cells.groupby(held.columns, sort=False).ngroup()
    different = cells[held.columns][~place.duplicated()]
    design = build_design(different, held, levels)
    return design.names, design.matrix(different)[place]


def _without_spread(
    cells: pd.DataFrame,
    names: Sequence[str],
    columns: np.ndarray,
    unit: np.ndarray,
    absorb: str | None,
) -> tuple[UnitCells | None, Point | None]:
    """Return the cells by unit, and the point of largest likelihood were all units alike.

    None where a coefficient has no finite estimate.
    """
    from scipy.sparse import csr_array, hstack

    late, total = (cells[name].to_numpy(float) for name in ("late", "total"))
    order = np.argsort(unit, kind="stable")
    if absorb is None:
        start = fit_logits(late[None], total[None], columns, np.zeros(len(names)))[0]
        design = csr_array(columns)
        if np.isnan(start).any():
            return None, None
    else:
        fit = absorbed_logit(late, total, columns, cells[absorb])
        start = np.concatenate([fit.coefficients, fit.units["effect"]])
        level = pd.factorize(cells[absorb], sort=True)[0]
        own = csr_array((np.ones(len(level)), (np.arange(len(level)), level)))
        design = hstack([csr_array(columns), own], format="csr")
        _require_estimates(start, names, absorb)
    by_unit = UnitCells(late[order], total[order], design[order], unit[order])
    return by_unit, evaluate(by_unit, start, NO_SPREAD)


def _require_estimates(start: np.ndarray, names: Sequence[str], absorb: str) -> None:
    """Raise, with its name, for a coefficient that the absorbed levels leave undetermined."""
    idle = [name for name, value in zip(names, start, strict=False) if np.isnan(value)]
    if idle:
        raise InputError(
            f"{idle[0]}: within the other terms it is never or always late, or does not vary "
            f"within any {absorb}; merge its level with a similar one, or leave the term out"
        )


def _most_likely(cells: UnitCells, alike: Point) -> Point:
    """Return the point of largest likelihood; the one without spread where none rises.

    Raises NoMaximum where it is at the edge of what is looked at.
    """
    from scipy.special import expit

    share = expit(cells.design @ alike.coefficients)
    weight = cells.by_unit(cells.total * share * (1 - share))
    excess = (cells.by_unit(cells.late - cells.total * share) ** 2 - weight).sum()
    if excess <= 0:  # twice the slope of the likelihood in the variance, at none
        return alike
    log_sd = np.clip(np.log(excess / (weight**2).sum()) / 2, -3, 1)
    best = maximise(cells, evaluate(cells, alike.coefficients, log_sd))
    if best.log_sd > np.log(WIDEST) - 1e-6:
        raise NoMaximum
    return best


def _results(
    cells: UnitCells, names: Sequence[str], labels: pd.Index, alike: Point, confidence: float
) -> dict[str, object]:
    """Return tables and numbers of the fit."""
    from scipy.stats import norm

    best = _most_likely(cells, alike)
    free = slice(None, -1) if best is alike else slice(None)
    np.linalg.cholesky(-best.hessian[free, free])  # raises where it is not positive definite
    covariance = np.linalg.inv(-best.hessian[free, free])
    error = np.sqrt(np.diag(covariance))[: len(names)]
    reach = norm.isf((1 - confidence) / 2)
    coefficient = best.coefficients[: len(names)]
    sds = dict(
        zip(
            ("", "_low", "_high"),
            (
                0.0 if best is alike else np.exp(best.log_sd),
                *sd_limits(cells, best, alike, confidence),
            ),
            strict=True,
        )
    )
    effects = pd.DataFrame(
        {
            "name": names, "coefficient": coefficient, "std_error": error,
            "odds_ratio": np.exp(coefficient), "low": np.exp(coefficient - reach * error),
            "high": np.exp(coefficient + reach * error),
            "p_value": 2 * norm.sf(np.abs(coefficient / error)),
        }
    )  # fmt: skip
    units = pd.DataFrame(
        {
            "unit": labels, "count": cells.by_unit(cells.late), "total": cells.by_unit(cells.total),
            "effect": best.mean, "sd": best.sd,
            "low": best.mean - reach * best.sd, "high": best.mean + reach * best.sd,
        }
    )  # fmt: skip
    return {
        "effects": effects[_EFFECTS],
        "units": units[_UNITS],
        **{f"sd{end}": float(sd) for end, sd in sds.items()},
        **{
            f"median_odds_ratio{end}": float(np.exp(np.sqrt(2) * norm.ppf(0.75) * sd))
            for end, sd in sds.items()
        },
        "log_likelihood": best.value,
    }
