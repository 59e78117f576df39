"""The exact search: the fewest whole cases that bring a component to so many points."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from cchc_analysis.columns import InputError
from cchc_analysis.scorecards.formulas import (
    LARGEST_COUNT,
    Component,
    component_named,
    components,
    groups,
    points_of,
)
from cchc_analysis.scorecards.scores import (
    SCORECARD,
    score_components,
    score_groups,
    score_totals,
)

TOTAL = "total"
KEYS = list(SCORECARD)
GROWING = ("dossiers", "petitions")  # procedures and services are not the unit's to add

_COLUMNS = [
    *KEYS, "group", "metric", "cases", "numerator", "denominator", "score", "maximum", "scope",
    "scope_score", "target", "cases_needed", "new_cases_needed", "score_then", "highest_score",
    "reading",
]  # fmt: skip


def fewest_cases(
    component: Component,
    numerator: np.ndarray,
    denominator: np.ndarray,
    wanted: np.ndarray,
    *,
    growing: bool = False,
) -> np.ndarray:
    """Return the fewest cases more that give at least so many points.

    Points never fall as the numerator rises (alone, or with the denominator), so bisection
    over whole numbers finds the first count that is enough, whatever the rounding.

    Parameters
    ----------
    component
        From :func:`~cchc_analysis.scorecards.formulas.components`.
    numerator, denominator
        Counts as floats, of one length.
    wanted
        Hundredths of a point.
    growing
        Whether each case adds to the denominator too.

    Returns
    -------
    numpy.ndarray
        Whole numbers; NaN where no number of cases is enough, or a count is missing.

    Examples
    --------
    >>> on_time = components()["ON_TIME"]
    >>> fewest_cases(on_time, np.array([80.0]), np.array([100.0]), np.array([1800.0]))
    array([10.])
    >>> fewest_cases(on_time, np.array([80.0]), np.array([100.0]), np.array([1800.0]), growing=True)
    array([100.])
    """

    def enough(cases: np.ndarray) -> np.ndarray:
        below = denominator + cases if growing else denominator
        return np.rint(100 * points_of(component, numerator + cases, below)) >= wanted

    room = LARGEST_COUNT - denominator if growing else denominator - numerator
    low = np.where(np.isfinite(room), 0.0, np.nan)  # the answer lies in low..high, if at all
    high = np.where(np.isfinite(room), np.maximum(room, 0.0), np.nan)
    possible = enough(high)
    while (low < high).any():
        middle = np.floor((low + high) / 2)
        met = enough(middle)
        high = np.where(met, middle, high)
        low = np.where(met, low, np.minimum(middle + 1, high))
    return np.where(possible, high, np.nan)


def scored_cases(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the scored components with ``component``, ``score`` and what they count.

    Parameters
    ----------
    rows
        The table ``components``, one capture of each figure.

    Returns
    -------
    DataFrame
        The rows of :func:`~cchc_analysis.scorecards.scores.score_components` that can have
        points, and ``component`` (the formula), ``cases``, ``score`` (recomputed, else as
        published; NaN where null), ``maximum`` (of the formula) and ``own`` (whether the unit
        can move its counts: those below the province show the province's in some).

    Examples
    --------
    >>> from cchc_analysis.columns import empty
    >>> from cchc_analysis.components import COMPONENTS
    >>> len(scored_cases(empty(COMPONENTS)))
    0
    """
    scored = score_components(rows)
    scored = scored[scored["status"] != "unscored"].reset_index(drop=True)
    formulas = [
        component_named(metric, version)
        for metric, version in zip(scored["metric"], scored["version"], strict=True)
    ]
    below = scored["unit_class"].notna() & ~scored["unit_class"].isin(["province", "country"])
    own = pd.Series([one.own_counts for one in formulas], index=scored.index, dtype="bool")
    return scored.assign(
        component=pd.Series(formulas, index=scored.index, dtype=object),
        cases=pd.Series([one.cases for one in formulas], index=scored.index, dtype="str"),
        score=scored["recomputed_score"].fillna(scored["published_score"]),
        maximum=pd.Series([one.maximum for one in formulas], index=scored.index, dtype="float64"),
        own=own | ~below,
    )


def cases_needed(
    rows: pd.DataFrame, scope: str, target: Callable[[pd.DataFrame], pd.Series]
) -> pd.DataFrame:
    """Return for each component of a scope the cases that bring the scope to its target.

    Parameters
    ----------
    rows
        The table ``components``, one capture of each figure.
    scope
        'total', a group or a component.
    target
        Points for each scorecard, from a table of ``scope_score`` and ``unit_class`` with
        the keys of the scorecard as index; NaN for no target.

    Returns
    -------
    DataFrame
        As :func:`~cchc_analysis.scorecards.what_it_takes.cases_to_score`.

    Raises
    ------
    InputError
        As :func:`~cchc_analysis.scorecards.scores.score_groups`.
    """
    scored = scored_cases(rows)
    whole = _scope_scores(rows, scored, scope)
    within = (
        scored if scope == TOTAL else scored[(scored[["group", "metric"]] == scope).any(axis=1)]
    )
    table = within.merge(
        whole.assign(target=target(whole))[["scope_score", "target"]].reset_index(),
        on=KEYS,
        how="left",
        validate="m:1",
    )
    need = _hundredths(table["target"]) - _hundredths(table["scope_score"])
    wanted = _hundredths(table["score"].fillna(0)) + need
    table = table.assign(
        scope=scope,
        reading=_readings(table, need, wanted),
        highest_score=_highest(table),
        **_searched(table, wanted),
    )
    unreached = ~table["reading"].isin(["reached", "reachable"])
    fixed = ["cases_needed", "score_then"]
    grown = ~(table["reading"].isin(["reached", "reachable", "no_cases"]))
    table[fixed] = table[fixed].mask(unreached)
    table["new_cases_needed"] = table["new_cases_needed"].mask(grown)
    return table[_COLUMNS]


def highest_of(scope: str) -> int:
    """Return the points that a scope can give: the total, a group or a component.

    Raises
    ------
    InputError
        For an unknown scope.

    Examples
    --------
    >>> highest_of("total"), highest_of("MDHL"), highest_of("ON_TIME")
    (100, 18, 20)
    """
    known = groups()
    if scope == TOTAL:
        return sum(group.maximum for group in known.values())
    if scope in known:
        return known[scope].maximum
    if scope in components():
        return components()[scope].maximum
    raise InputError(
        f"found scope {scope!r}, expected 'total', a group ({', '.join(known)}) or a component "
        f"({', '.join(components())})"
    )


def _scope_scores(rows: pd.DataFrame, scored: pd.DataFrame, scope: str) -> pd.DataFrame:
    """Return ``scope_score`` and ``unit_class`` of each scorecard, by its keys."""
    about = score_totals(rows).set_index(KEYS)
    by_group = score_groups(rows)
    score = by_group["recomputed_score"].fillna(by_group["published_score"])
    by_group = by_group.assign(score=score)
    if scope == TOTAL:
        sums = by_group.groupby(KEYS, dropna=False)["score"].sum(min_count=len(groups())).round(2)
        found = sums.reindex(about.index).fillna(about["published_score"])
    else:
        part = by_group[by_group["group"] == scope]
        part = part if scope in groups() else scored[scored["metric"] == scope]
        found = part.set_index(KEYS)["score"].reindex(about.index)
    return about[["unit_class", "parent_id"]].assign(scope_score=found)


def _searched(table: pd.DataFrame, wanted: pd.Series) -> dict[str, pd.Series]:
    """Return the cases needed, the denominator fixed and growing, and the score then."""
    found = {
        name: pd.Series(np.nan, index=table.index)
        for name in ("cases_needed", "new_cases_needed", "score_then")
    }
    for label, part in table.groupby(["version", "metric"], sort=False).groups.items():
        component = component_named(label[1], label[0])
        counts = [table.loc[part, name].to_numpy() for name in ("numerator", "denominator")]
        goal = wanted[part].to_numpy()
        more = fewest_cases(component, *counts, goal)
        found["cases_needed"][part] = more
        found["score_then"][part] = points_of(component, counts[0] + more, counts[1])
        if component.cases in GROWING:
            found["new_cases_needed"][part] = fewest_cases(component, *counts, goal, growing=True)
    return found


def _readings(table: pd.DataFrame, need: pd.Series, wanted: pd.Series) -> np.ndarray:
    """Say of each component whether it can bring the scope to its target, or why not."""
    no_counts = table["numerator"].isna() | table["denominator"].isna()
    answers = {
        "score_unknown": table["scope_score"].isna(),
        "no_target": table["target"].isna(),
        "reached": need <= 0,
        "province_counts": ~table["own"],
        "counts_unknown": no_counts & table["score"].isna(),
        "beyond_maximum": wanted > _hundredths(table["maximum"]),
        "no_cases": table["denominator"] == 0,
        "counts_missing": no_counts,
    }
    found = np.select(list(answers.values()), list(answers), "reachable")
    return np.where(found == "counts_missing", "counts_unknown", found)


def _highest(table: pd.DataFrame) -> pd.Series:
    """Return the scope's score with every component that can move at its maximum."""
    moves = table["own"] & (table["denominator"] > 0) & table["numerator"].notna()
    gain = (table["maximum"] - table["score"]).where(moves, 0.0)
    gains = gain.groupby([table[name] for name in KEYS], dropna=False).transform("sum")
    return (table["scope_score"] + gains).round(2)


def _hundredths(points: pd.Series) -> pd.Series:
    """Return points in whole hundredths, those between two raised to the next."""
    return np.ceil((100 * points).round(6))
