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
from cchc_analysis.drivers.fitting import LogitModel
from cchc_analysis.drivers.late import DriverFit
from cchc_analysis.drivers.population import covariates, labels, usable

REST = "(rest)"  # stands for the other levels of a term, in their own mix
ALL = "(all)"  # stands for every level of a term

_StandIns = Mapping[str, Mapping[str, pd.Series]]  # term -> level -> portions of what stands in


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
        of the term in their own mix, those found in one cluster only, or never or always
        late, set aside where there are others. Several terms and levels go together.

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
    interval where a level that is replaced, or stands in, rests on a single cluster or is
    Firth's answer. What other such levels add to the error of the share is left out.

    Examples
    --------
    >>> from cchc_analysis.drivers import REST, late_drivers
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

    An upper bound for each term stands beside the levels: every level that can be estimated
    as the least late of them. That picks the luckiest level, so it is more than can be hoped
    for. Association, not cause; the rows overlap and must not be added up.

    Parameters
    ----------
    fit
        A model of lateness.

    Returns
    -------
    DataFrame
        One row per term and level, and one per term with level :data:`ALL`, that which would
        lower the share most first: ``term``, ``level``, ``as`` (:data:`REST` or the least
        late level), ``clusters`` (in how many the level, or what is to stand in for it,
        occurs at least: where these are few of many, intervals are too narrow) and the
        columns of :func:`standardised_share`. Numbers are left out. Without a model, no row.

    Notes
    -----
    Levels that are found in one cluster only, or are Firth's answer, have no interval, and
    :data:`ALL` leaves them as they are.

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
        sound = ~effects["level"].isin(_not_sound(fit, term))
        own = effects[(effects["term"] == term) & sound]
        if len(own) > 1:
            least = own.loc[own["adjusted"].idxmin(), "level"]
            changes.append((ALL, least, {level: least for level in own["level"] if level != least}))
        rows += [
            {"term": term, "level": level, "as": like, **_moved(fit, {term: change})}
            for level, like, change in changes
        ]
    table = pd.DataFrame(rows, columns=["term", "level", "as", "clusters", *_SHARE_COLUMNS])
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

    Examples
    --------
    With one term the model gives back its shares: 60 late of 200, 20 of 200.

    >>> from cchc_analysis.drivers import late_drivers
    >>> tally = pd.DataFrame({
    ...     "unit_id": ["A", "A", "B", "B"], "field": ["land", "other"] * 2, "basis": "due",
    ...     "on_time_count": [75, 95, 65, 85], "late_count": [25, 5, 35, 15], "overdue_count": 0,
    ...     "period_start_on": "2026-01-01", "period_end_on": "2026-06-30", "rule": "strict",
    ...     "as_of": "2026-07-01", "source": "example",
    ... })
    >>> rows = pd.DataFrame({"field": ["land", "other", "not met before"]})
    >>> late_probability(late_drivers(tally, ["field"]), rows).round(3).tolist()
    [0.3, 0.1, nan]
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
    stand_ins = {term: _stand_ins(fit, term, change) for term, change in as_if.items()}
    place, weight, rows, count = _replaced(model, stand_ins)
    share, gradient = model.mean_share(model.design.matrix(rows), weight, place)
    now, now_gradient = model.mean_share(model.base, model.weight)
    reach = model.reach(fit.confidence)
    known = _has_interval(fit, stand_ins)
    margin = reach * model.error(gradient) / (share * (1 - share)) if known else np.nan
    around = reach * model.error(gradient - now_gradient) if known else np.nan
    difference = share - now
    return {
        "clusters": _fewest_clusters(fit, stand_ins),
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
    model: LogitModel, stand_ins: _StandIns
) -> tuple[np.ndarray, np.ndarray, pd.DataFrame, float]:
    """Return the model's rows with levels replaced: their places, weights, them, dossiers."""
    place, weight = np.arange(len(model.rows)), model.weight
    rows = model.rows.reset_index(drop=True)
    touched = np.zeros(len(rows), bool)
    for term, change in stand_ins.items():
        touched |= model.rows[term].isin(change).to_numpy()
        own, moves = rows[term].to_numpy(object), rows[term].isin(change).to_numpy()
        stays = np.flatnonzero(~moves)
        parts = [(stays, weight[stays], own[stays])]
        for level, targets in change.items():
            at = np.flatnonzero(own == level)
            portions = np.outer(weight[at], targets).ravel()
            parts.append((at.repeat(len(targets)), portions, np.tile(targets.index, len(at))))
        taken, weight, levels = (np.concatenate(part) for part in zip(*parts, strict=True))
        place = place[taken]
        rows = rows.iloc[taken].assign(**{term: levels}).reset_index(drop=True)
    return place, weight, rows, float(model.rows.loc[touched, "total"].sum())


def _stand_ins(fit: DriverFit, term: str, change: Mapping[str, str]) -> dict[str, pd.Series]:
    """Return for each level of a term that is replaced the portions of those that stand in."""
    totals = _levels_of(fit, term)["total"]
    sound = totals[~totals.index.isin(_not_sound(fit, term))]
    found = {}
    for level, like in change.items():
        chosen = pd.Series({like: 1.0})
        if like == REST:
            others = sound.drop(level, errors="ignore")
            chosen = totals.drop(level) if others.empty else others
        found[level] = chosen / chosen.sum()
    return found


def _levels_of(fit: DriverFit, term: str) -> pd.DataFrame:
    return fit.effects[fit.effects["term"] == term].set_index("level")


def _not_sound(fit: DriverFit, term: str) -> set[str]:
    """Return the levels whose lateness rests on one cluster, or is Firth's answer."""
    own = _levels_of(fit, term)
    ends = (own["count"] == 0) | (own["count"] == own["total"])
    alone = ends | (own["clusters"] == 1) | own["reading"].isin(["one_cluster", "firth"])
    return set(own.index[alone])


def _has_interval(fit: DriverFit, stand_ins: _StandIns) -> bool:
    """Say whether the model has an error for each level replaced, and each that stands in."""
    if np.isnan(fit.model.covariance[0, 0]):
        return False
    return not any(
        _not_sound(fit, term) & set().union(*_two_sides(change))
        for term, change in stand_ins.items()
    )


def _two_sides(change: Mapping[str, pd.Series]) -> tuple[set[str], set[str]]:
    """Return the levels that are replaced, and those that stand in."""
    moved = {level: targets.index for level, targets in change.items() if level not in targets}
    return set(moved), set().union(*moved.values())


def _fewest_clusters(fit: DriverFit, stand_ins: _StandIns) -> float:
    """Return in how many clusters at least each side of the replacements occurs."""
    sides = [
        _levels_of(fit, term)["clusters"].reindex(list(side)).max()
        for term, change in stand_ins.items()
        for side in _two_sides(change)
    ]
    return float(min(sides, default=np.nan))
