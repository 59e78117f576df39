"""What it would take: how many dossiers, procedures or petitions to a score, class or rank.

Each component is moved alone, all others unchanged, by exact search over whole cases with the
portal's own rounding. Two movements are told apart:

- the **denominator is fixed** and cases that did not count begin to (``cases_needed``);
- the **denominator grows** with new cases, all of which count (``new_cases_needed``).

A dossier that is late stays late, so for components of lateness only the second is open,
and new dossiers enter the denominators of other components too, which stand still here.

``rows`` is the table ``components`` (:data:`cchc_analysis.components.COMPONENTS`), one capture
of each figure (:func:`~cchc_analysis.scorecards.scores.latest_capture`). A group's score is
the recomputed one where all its components are known, else the published one; the total is
the sum of the six groups, else the published total.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cchc_analysis.columns import InputError
from cchc_analysis.scorecards.formulas import Component, points_of
from cchc_analysis.scorecards.schemes import class_of, index_scheme
from cchc_analysis.scorecards.search import KEYS, TOTAL, cases_needed, highest_of, scored_cases

FEW_CASES = 10
"""Cases over which points count as resting on a handful: one of ten moves a tenth of them."""

_RANKED_TOGETHER = ["period_kind", "period_start_on", "period_end_on", "unit_class", "parent_id"]


def cases_to_score(rows: pd.DataFrame, target: float, *, scope: str = TOTAL) -> pd.DataFrame:
    r"""Say for each component how many cases bring a score to ``target``, it alone moving.

    .. math:: \min\{x \ge 0 : \text{score}(n + x, d) \ge s + (\text{target} - S)\}

    for the fixed denominator (``s`` the component's score, ``S`` that of the scope), and the
    same with ``d + x`` for new cases. The arithmetic says what the formula rewards, not what
    serves people, and not what can be done: a late dossier cannot be made to be in time.

    Parameters
    ----------
    rows
        Columns of ``COMPONENTS``: components by ``metric`` with ``numerator`` and
        ``denominator``, groups with ``published_score``; any units and periods, each figure
        captured once (:func:`~cchc_analysis.scorecards.latest_capture`).
    target
        Points, on the scale of ``scope``.
    scope
        'total', a group (``MDHL``) or a component (``ON_TIME``).

    Returns
    -------
    DataFrame
        One row per unit, period and scored component of the scope: ``unit_id``,
        ``period_kind``, ``period_start_on``, ``period_end_on``, ``group``, ``metric``,
        ``cases`` ('dossiers', 'procedures', 'services', 'petitions'), ``numerator``,
        ``denominator``, ``score``, ``maximum``, ``scope``, ``scope_score``, ``target``
        (points), ``cases_needed``, ``new_cases_needed`` (cases; the latter for dossiers and
        petitions only: procedures are not the unit's to add), ``score_then`` (the
        component's, after ``cases_needed``), ``highest_score`` (the scope's, with every
        component that can move at its maximum), ``reading``. No such rows, no rows.

        ``reading``: 'reached' (the target is met); 'reachable'; 'beyond_maximum' (this
        component at its maximum is not enough; others are needed, and where
        ``highest_score`` is below ``target`` no others are enough either); 'province_counts'
        (the counts are the province's, the unit cannot move them); 'no_cases' (nothing to
        move: the denominator is 0); 'counts_unknown'; 'score_unknown' (of the scope);
        'no_target'. Only 'reached' and 'reachable' have ``cases_needed``.

    Raises
    ------
    InputError
        For an unknown scope, a target above the scope's maximum or below 0, and as
        :func:`~cchc_analysis.scorecards.scores.score_groups`.

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "unit_id": "vn34-12", "period_kind": "year", "period_start_on": "2026-01-01",
    ...     "period_end_on": "2026-10-10", "captured_at": "2026-10-10", "group": "MDHL",
    ...     "metric": ["DOSSIER_RECEIVING_SATISFACTION", "PETITION_PROCESSING_ON_TIME",
    ...                "PETITION_HANDLING_SATISFACTION"],
    ...     "numerator": [850, 0, 0], "denominator": [1000, 6, 6], "source": "portal",
    ... })
    >>> cases_to_score(rows, 9.0, scope="MDHL")[
    ...     ["metric", "cases_needed", "score_then", "reading"]
    ... ]
                               metric  cases_needed  score_then         reading
    0  DOSSIER_RECEIVING_SATISFACTION           NaN         NaN  beyond_maximum
    1     PETITION_PROCESSING_ON_TIME           4.0         4.0       reachable
    2  PETITION_HANDLING_SATISFACTION           4.0         4.0       reachable
    """
    highest = highest_of(scope)
    if not 0 <= target <= highest:
        raise InputError(
            f"target {target:g} cannot be reached: {scope} gives 0 to {highest} points"
        )
    return cases_needed(rows, scope, lambda table: pd.Series(float(target), index=table.index))


def cases_to_next_class(rows: pd.DataFrame) -> pd.DataFrame:
    """Say for each component how many cases bring the total to the next higher class.

    A class is a cut through a scale, and the units on both sides of it hardly differ.

    Parameters
    ----------
    rows
        As in :func:`cases_to_score`; the total is the sum of the six groups, else the
        published total.

    Returns
    -------
    DataFrame
        As :func:`cases_to_score` with ``scope`` 'total', and ``class_now``, ``class_target``,
        ``class_verified`` (how far the cut was checked), ``decision``, ``decision_on``. In
        the highest class, and in a year whose classes are not on record, ``target`` is NaN
        and ``reading`` 'no_target'.

    Examples
    --------
    >>> scores = {"CKMB": 18, "CLGQ": 10, "TTTT": 8, "MDSH": 12, "MDHL": 14}
    >>> rows = pd.DataFrame({
    ...     "unit_id": "vn34-12", "period_kind": "year", "period_start_on": "2026-01-01",
    ...     "period_end_on": "2026-10-10", "captured_at": "2026-10-10",
    ...     "group": [*scores, "TDGQ"], "metric": [None] * 5 + ["ON_TIME"],
    ...     "published_score": [*scores.values(), None], "numerator": [None] * 5 + [800],
    ...     "denominator": [None] * 5 + [1000], "source": "portal",
    ... })
    >>> row = cases_to_next_class(rows).iloc[0]
    >>> print(row["scope_score"], row["class_now"], row["class_target"], row["cases_needed"])
    78.0 Khá Tốt 100.0
    """
    found = cases_needed(rows, TOTAL, lambda table: _next_class(table)["target"])
    per_unit = found.drop_duplicates(KEYS)
    named = _next_class(per_unit.set_index(KEYS)).drop(columns="target").reset_index()
    return found.merge(named, on=KEYS, how="left", validate="m:1")


def cases_to_rank(rows: pd.DataFrame, rank: int) -> pd.DataFrame:
    """Say for each component how many cases bring a unit's total to a rank, others unchanged.

    The others will move too, and a rank says little of how far apart they are
    (:func:`~cchc_analysis.scorecards.rank_worth.perturbed_ranks`).

    Parameters
    ----------
    rows
        As in :func:`cases_to_score`: all units that are ranked together. Units of another
        period, class or parent are ranked apart.
    rank
        1 the best; ties share the better rank.

    Returns
    -------
    DataFrame
        As :func:`cases_to_score` with ``scope`` 'total', and ``rank_now`` and
        ``ranked_count``. ``target`` is the total that shares the rank. A unit without
        dossiers is not ranked: it has 'no_target' and bars no other.

    Raises
    ------
    InputError
        If ``rank`` is below 1, and as :func:`cases_to_score`.

    Notes
    -----
    Units below the province show the province's counts of procedures. Those are the same
    points for all of them, and change no order.

    Examples
    --------
    >>> both = {"CKMB": 18, "CLGQ": 10, "TTTT": 8, "MDSH": 12, "MDHL": 14}
    >>> rows = pd.concat([pd.DataFrame({
    ...     "unit_id": unit, "unit_class": "province", "period_kind": "year",
    ...     "period_start_on": "2026-01-01", "period_end_on": "2026-10-10",
    ...     "captured_at": "2026-10-10", "group": [*both, "TDGQ"],
    ...     "metric": [None] * 5 + ["ON_TIME"], "published_score": [*both.values(), None],
    ...     "numerator": [None] * 5 + [on_time], "denominator": [None] * 5 + [1000],
    ...     "source": "portal",
    ... }) for unit, on_time in (("vn34-11", 900), ("vn34-12", 800))], ignore_index=True)
    >>> cases_to_rank(rows, 1)[["unit_id", "rank_now", "target", "cases_needed", "reading"]]
       unit_id  rank_now  target  cases_needed    reading
    0  vn34-11       1.0    78.0           0.0    reached
    1  vn34-12       2.0    80.0         100.0  reachable
    """
    if rank < 1:
        raise InputError(f"rank is {rank}, expected 1 (the best) or more")
    ranked: list[pd.DataFrame] = []

    def target(table: pd.DataFrame) -> pd.Series:
        ranked.append(_rank_targets(rows, table, rank))
        return ranked[0]["target"]

    found = cases_needed(rows, TOTAL, target)
    places = ranked[0][["rank_now", "ranked_count"]].reset_index()
    return found.merge(places, on=KEYS, how="left", validate="m:1")


def few_cases(rows: pd.DataFrame, *, few: int = FEW_CASES) -> pd.DataFrame:
    """List the points that rest on a handful of cases: one more or less moves them.

    Components over the same handful are taken together: six petitions that are neither in
    time nor to anybody's liking cost twelve points, as much as the lateness of tens of
    thousands of dossiers. Where there is no petition at all, the same points are given for
    nothing, and the first one puts them at stake.

    Parameters
    ----------
    rows
        As in :func:`cases_to_score`.
    few
        The largest denominator that is a handful.

    Returns
    -------
    DataFrame
        One row per unit, period, group and handful: ``unit_id``, ``period_kind``,
        ``period_start_on``, ``period_end_on``, ``group``, ``cases``, ``denominator``,
        ``metrics`` (separated by semicolons), ``score``, ``maximum``, ``lost`` (points),
        ``largest_step`` (points that one case can move, at most), ``reading``: 'few_cases',
        or 'full_without_cases'. Sorted by ``largest_step`` within a unit.

    Raises
    ------
    InputError
        As :func:`cases_to_score`.

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "unit_id": "vn34-12", "period_kind": "year", "period_start_on": "2026-01-01",
    ...     "period_end_on": "2026-10-10", "captured_at": "2026-10-10", "group": "MDHL",
    ...     "metric": ["PETITION_PROCESSING_ON_TIME", "PETITION_HANDLING_SATISFACTION"],
    ...     "numerator": 0, "denominator": 6, "source": "portal",
    ... })
    >>> few_cases(rows)[["cases", "denominator", "score", "maximum", "lost", "largest_step"]]
           cases  denominator  score  maximum  lost  largest_step
    0  petitions          6.0    0.0     12.0  12.0           2.0
    """
    scored = scored_cases(rows)
    handful = scored[scored["own"] & (scored["status"] == "scored")]
    handful = handful[handful["denominator"] <= few]
    handful = handful[(handful["denominator"] > 0) | (handful["score"] == handful["maximum"])]
    steps = [
        _largest_step(component, int(count))
        for component, count in zip(handful["component"], handful["denominator"], strict=True)
    ]
    keys = [*KEYS, "group", "cases", "denominator"]
    grouped = handful.assign(step=steps).groupby(keys, dropna=False, sort=False)
    table = grouped.agg(
        metrics=("metric", ";".join),
        score=("score", "sum"),
        maximum=("maximum", "sum"),
        largest_step=("step", "sum"),
    ).reset_index()
    table = table.assign(
        score=table["score"].round(2),
        lost=(table["maximum"] - table["score"]).round(2),
        largest_step=table["largest_step"].round(2),
        reading=np.where(table["denominator"] > 0, "few_cases", "full_without_cases"),
    ).sort_values([*KEYS, "largest_step"], ascending=[True] * len(KEYS) + [False])
    names = [*keys, "metrics", "score", "maximum", "lost", "largest_step", "reading"]
    return table[names].reset_index(drop=True)


def _next_class(table: pd.DataFrame) -> pd.DataFrame:
    """Return the class of each total, the next higher one, and the points that earn it."""
    found = [
        _class_above(score, key[KEYS.index("period_end_on")].year)
        for key, score in zip(table.index, table["scope_score"], strict=True)
    ]
    names = ["class_now", "class_target", "class_verified", "decision", "decision_on", "target"]
    classes = pd.DataFrame(found, index=table.index, columns=names)
    return classes.astype(dict.fromkeys(names[:4], "str")).assign(
        decision_on=pd.to_datetime(classes["decision_on"]).astype("datetime64[us]"),
        target=classes["target"].astype("float64"),
    )


def _class_above(score: float, year: int) -> tuple[object, ...]:
    """Return one row of :func:`_next_class`."""
    scheme = index_scheme("qd766_score", "vn", year)
    if scheme is None or np.isnan(score):
        return (np.nan, np.nan, np.nan, np.nan, None, np.nan)
    share = score / scheme.maximum
    now = class_of(scheme, share)
    above = [one for one in scheme.classes if one.from_share > share]
    decided = (scheme.decision, scheme.decision_on)
    if not above:
        return (now.name, np.nan, np.nan, *decided, np.nan)
    goal = min(above, key=lambda one: one.from_share)
    return (now.name, goal.name, goal.verified, *decided, goal.from_share * scheme.maximum)


def _rank_targets(rows: pd.DataFrame, table: pd.DataFrame, rank: int) -> pd.DataFrame:
    """Return for each scorecard its rank, among how many, and the total that has the rank."""
    scored = scored_cases(rows)
    progress = scored[scored["metric"] == "ON_TIME"]
    without = progress.loc[progress["denominator"] == 0].set_index(KEYS).index
    takes_part = table["scope_score"].notna() & ~table.index.isin(without)
    score = table["scope_score"].where(takes_part)
    keys = [table.reset_index()[name].set_axis(table.index) for name in _RANKED_TOGETHER]
    places = score.groupby(keys, dropna=False)
    target = places.transform(lambda scores: _of_the_others(scores, rank)).set_axis(table.index)
    return pd.DataFrame(
        {
            "rank_now": places.rank(method="min", ascending=False),
            "ranked_count": places.transform("count").astype("float64"),
            "target": target.where(takes_part),
        }
    )


def _of_the_others(scores: pd.Series, rank: int) -> pd.Series:
    """Return for each unit the ``rank``-th best score among the others; 0 if there are fewer."""
    best = np.sort(scores.dropna().to_numpy())[::-1]
    ahead = scores.rank(method="first", ascending=False)  # itself among the first ranks or not
    places = np.where(ahead <= rank, rank, rank - 1)
    return pd.Series(
        [best[place] if place < len(best) else 0.0 for place in places], index=scores.index
    )


def _largest_step(component: Component, denominator: int) -> float:
    """Return the points that one case more or less can move, at most."""
    if denominator == 0:  # the first case may turn full marks into none
        return float(component.maximum)
    counts = np.arange(denominator + 1, dtype="float64")
    points = points_of(component, counts, np.full(len(counts), float(denominator)))
    return float(np.diff(points).max())
