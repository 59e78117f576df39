"""What the late share would be if a level were as punctual as others: a comparison, no promise.

The model moves dossiers to another level and leaves everything else about them as it is. What
the model does not know of, and what made the dossiers late in the first place, is left
as it is too: association, not cause.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cchc_analysis.columns import InputError
from cchc_analysis.drivers.late import DriverFit
from cchc_analysis.drivers.population import covariates, labels, usable

REST = "(rest)"  # stands for the other levels of a term, in their own mix
ALL = "(all)"  # stands for every level of a term


def standardised_share(fit: DriverFit, as_if: Mapping[str, Mapping[str, str]]) -> pd.DataFrame:
    r"""Late share to be expected if dossiers of some levels were as punctual as others.

    .. math:: \frac1n \sum_i P(\text{late} \mid x_i \text{ with the level replaced})

    Says what goes with the level once the other terms are allowed for, and no more: that a
    reform would bring the share there does not follow.

    Parameters
    ----------
    fit
        A model of lateness.
    as_if
        Term -> level -> the level it is to be like, or :data:`REST`: like the other levels
        of the term in their own mix, those found in one cluster only set aside where there
        are others. Several terms and levels go together.

    Returns
    -------
    DataFrame
        One row: ``observed`` (late share as counted), ``share`` with ``low`` and ``high``,
        ``difference`` (share less what the model expects as things are) with
        ``difference_low`` and ``difference_high`` (shares in 0..1 and -1..1), ``count``
        (dossiers whose level is replaced) and ``total``. Without a model, no row.

    Raises
    ------
    InputError
        If a term is not a category of the model, or a level not one of the term's.

    Notes
    -----
    Delta method, the mix of dossiers taken as given; the share on the logit scale. No
    interval where a level that stands in rests on a single cluster or is Firth's answer.

    Examples
    --------
    >>> from cchc_analysis.drivers import late_drivers
    >>> tally = pd.DataFrame({
    ...     "unit_id": ["A", "A", "B", "B", "C", "C"], "field": ["land", "other"] * 3,
    ...     "on_time_count": [70, 95, 60, 90, 80, 85], "late_count": [30, 5, 40, 10, 20, 15],
    ...     "overdue_count": 0, "period_start_on": "2026-01-01",
    ...     "period_end_on": "2026-06-30", "basis": "due", "rule": "strict",
    ...     "as_of": "2026-07-01", "source": "example",
    ... })
    >>> fit = late_drivers(tally, ["field"])
    >>> standardised_share(fit, {"field": {"land": REST}}).round(3).iloc[0, :5]
    observed      0.200
    share         0.100
    low           0.026
    high          0.314
    difference   -0.100
    Name: 0, dtype: float64
    """
    if fit.model is None:
        return pd.DataFrame(columns=_SHARE_COLUMNS)
    _require_known(fit, as_if)
    return pd.DataFrame([_moved(fit, as_if)])[_SHARE_COLUMNS]


def would_change(fit: DriverFit) -> pd.DataFrame:
    """By how much the late share would differ if each level were as punctual as the rest.

    An upper bound for each term stands beside the levels: every level as its least late
    one. That picks the luckiest level, so it is more than can be hoped for. Association,
    not cause; the rows overlap and must not be added up.

    Parameters
    ----------
    fit
        A model of lateness.

    Returns
    -------
    DataFrame
        One row per term and level, and one per term with level :data:`ALL`, that which would
        lower the share most first: ``term``, ``level``, ``as`` (:data:`REST` or the least
        late level) and the columns of :func:`standardised_share`. Numbers
        are left out. Without a model, no row.

    Examples
    --------
    >>> from cchc_analysis.drivers import late_drivers
    >>> tally = pd.DataFrame({
    ...     "unit_id": ["A", "A", "B", "B", "C", "C"], "field": ["land", "other"] * 3,
    ...     "on_time_count": [70, 95, 60, 90, 80, 85], "late_count": [30, 5, 40, 10, 20, 15],
    ...     "overdue_count": 0, "period_start_on": "2026-01-01",
    ...     "period_end_on": "2026-06-30", "basis": "due", "rule": "strict",
    ...     "as_of": "2026-07-01", "source": "example",
    ... })
    >>> would_change(late_drivers(tally, ["field"]))[["level", "as", "difference"]].round(3)
       level      as  difference
    0   land  (rest)        -0.1
    1  (all)   other        -0.1
    2  other  (rest)         0.1
    """
    effects = fit.effects
    rows = []
    for term in fit.model.design.levels if fit.model else ():
        levels = fit.model.design.levels[term]
        changes = [(level, REST, {level: REST}) for level in levels]
        sound = ~effects["level"].isin(_levels_alone(fit, term))
        own = effects[(effects["term"] == term) & sound]
        if len(own) > 1:
            least = own.loc[own["adjusted"].idxmin(), "level"]
            changes.append((ALL, least, {level: least for level in levels if level != least}))
        rows += [
            {"term": term, "level": level, "as": like, **_moved(fit, {term: change})}
            for level, like, change in changes
        ]
    table = pd.DataFrame(rows, columns=["term", "level", "as", *_SHARE_COLUMNS])
    return table.sort_values("difference", kind="stable", ignore_index=True)


def late_probability(fit: DriverFit, rows: pd.DataFrame) -> pd.Series:
    """Probability of being late for dossiers, or cells of them, by what the model knows.

    Parameters
    ----------
    fit
        A model of lateness.
    rows
        Anything with the columns of the terms (and the absorbed one): other cells of a
        tally, dossiers that are still open.

    Returns
    -------
    Series
        Shares in 0..1 under the index of ``rows``; NaN where a number is missing, or a level
        did not occur in the data the model was fitted on.

    Raises
    ------
    InputError
        If there is no model, or a column is absent.
    """
    from scipy.special import expit

    if fit.model is None:
        raise InputError(f"fit: found no model ({fit.reading}), expected one; use a rate instead")
    model, design = fit.model, fit.model.design
    needed = [*design.terms.columns, *([model.absorbed] if model.absorbed else [])]
    absent = [name for name in needed if name not in rows]
    if absent:
        raise InputError(f"rows: found no column {absent[0]!r}, expected the terms of the model")
    known = pd.Series(True, index=rows.index)
    for factor in design.terms.factors:
        known &= usable(rows[factor.column], factor.kind)
        if factor.kind == "category":
            known &= labels(rows[factor.column]).isin(design.levels[factor.column])
    held = rows[known]
    offset = np.zeros(len(held))
    if model.absorbed:
        by_unit = pd.Series(model.offset, model.rows[model.absorbed]).groupby(level=0).first()
        offset = by_unit.reindex(labels(held[model.absorbed])).to_numpy()
    columns = design.matrix(covariates(held, design.terms))
    shares = pd.Series(np.nan, index=rows.index)
    shares[known] = expit(columns @ model.coefficients + offset)
    return shares


_SHARE_COLUMNS = [
    "observed", "share", "low", "high", "difference", "difference_low", "difference_high",
    "count", "total",
]  # fmt: skip


def _require_known(fit: DriverFit, as_if: Mapping[str, Mapping[str, str]]) -> None:
    """Raise unless all terms and levels are those of the model."""
    known = fit.model.design.levels
    for term, change in as_if.items():
        if term not in known:
            raise InputError(
                f"as_if: found {term!r}, expected a term with levels: {', '.join(known)}"
            )
        strange = [name for pair in change.items() for name in pair]
        strange = [name for name in strange if name not in (*known[term], REST)]
        if strange or REST in change:
            raise InputError(
                f"as_if: {term} has no level {(strange or [REST])[0]!r}, expected one of: "
                f"{', '.join(known[term])}"
            )


def _moved(fit: DriverFit, as_if: Mapping[str, Mapping[str, str]]) -> dict[str, float]:
    """Return the share with the levels replaced, beside that without."""
    from scipy.special import expit, logit

    model = fit.model
    place, weight, rows, count = _replaced(fit, as_if)
    share, gradient = model.mean_share(model.design.matrix(rows), weight, place)
    now, now_gradient = model.mean_share(model.base, model.weight)
    reach = model.reach(fit.confidence)
    known = _has_interval(fit, as_if)
    margin = reach * model.error(gradient) / (share * (1 - share)) if known else np.nan
    around = reach * model.error(gradient - now_gradient) if known else np.nan
    difference = share - now
    return {
        "observed": fit.late / fit.dossiers,
        "share": share,
        "low": expit(logit(share) - margin),
        "high": expit(logit(share) + margin),
        "difference": difference,
        "difference_low": difference - around,
        "difference_high": difference + around,
        "count": count,
        "total": float(fit.dossiers),
    }


def _replaced(
    fit: DriverFit, as_if: Mapping[str, Mapping[str, str]]
) -> tuple[np.ndarray, np.ndarray, pd.DataFrame, float]:
    """Return the model's rows with levels replaced: their places, weights, them, dossiers."""
    model = fit.model
    place, weight = np.arange(len(model.rows)), model.weight
    rows = model.rows.reset_index(drop=True)
    touched = np.zeros(len(rows), bool)
    for term, change in as_if.items():
        touched |= model.rows[term].isin(change).to_numpy()
        parts = []
        for level in rows[term].unique():
            own = np.flatnonzero(rows[term] == level)
            for target, portion in _targets(fit, term, level, change.get(level, level)).items():
                parts.append((own, weight[own] * portion, target))
        taken = np.concatenate([own for own, _, _ in parts])
        targets = np.concatenate([np.full(len(own), target, object) for own, _, target in parts])
        weight = np.concatenate([portion for _, portion, _ in parts])
        place, rows = (
            place[taken],
            rows.iloc[taken].assign(**{term: targets}).reset_index(drop=True),
        )
    return place, weight, rows, float(model.rows.loc[touched, "total"].sum())


def _targets(fit: DriverFit, term: str, level: str, like: str) -> Mapping[str, float]:
    """Return the levels that stand in for one, with their portions."""
    if like != REST:
        return {like: 1.0}
    totals = fit.model.rows.groupby(term)["total"].sum().drop(level)
    sound = totals[~totals.index.isin(_levels_alone(fit, term))]
    chosen = totals if sound.empty else sound
    return (chosen / chosen.sum()).to_dict()


def _levels_alone(fit: DriverFit, term: str) -> set[str]:
    """Return the levels whose lateness rests on one cluster, or is Firth's answer."""
    own = fit.effects[fit.effects["term"] == term]
    alone = (own["clusters"] == 1) | own["reading"].isin(["one_cluster", "firth"])
    return set(own.loc[alone, "level"])


def _has_interval(fit: DriverFit, as_if: Mapping[str, Mapping[str, str]]) -> bool:
    """Say whether the model has an error for each level that stands in."""
    if np.isnan(fit.model.covariance[0, 0]):
        return False
    return not any(
        set(_targets(fit, term, level, like)) & _levels_alone(fit, term)
        for term, change in as_if.items()
        for level, like in change.items()
    )
