"""Tables of one scorecard: its components, what points would take, the units that have to act."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from cchc_analysis.components import LATE_STAYS_LATE, component_name, group_name
from cchc_analysis.display import Block, Language
from cchc_analysis.gazetteer import unit_name
from cchc_analysis.labels import sources
from cchc_analysis.tables.markup import table_block
from cchc_analysis.wording import NONE, decimal, percent, say, whole

MOST_COMPONENTS = 8
"""Components of which it is shown what they would take, those with most points left."""
LEAST_LEFT = 0.1
"""Points left in a component from which it is shown; the foot of the table names it."""
_HIGHEST = 100


def scorecard(
    totals: pd.DataFrame,
    groups: pd.DataFrame,
    scored: pd.DataFrame,
    point: pd.DataFrame,
    *,
    language: Language,
) -> Block | None:
    """Show total, groups and components: counts, recomputed and published score, maximum.

    Parameters
    ----------
    totals, groups, scored
        What ``score_totals``, ``score_groups`` and ``score_components`` returned, of one unit
        and period.
    point
        What ``cases_for_a_point`` returned: the maxima of components by their formulas.
    """
    if groups.empty:
        return None
    highest = scored["metric"].map(point.set_index("metric")["maximum"])
    scored = scored.assign(maximum=highest.astype("float64"))
    total = totals.iloc[0]
    body = [_total_row(total, language)]
    reached = [(total["recomputed_sum"] / _HIGHEST, _published(total) / _HIGHEST)]
    for group in groups.to_dict("records"):
        name = say("scorecard.group", language, group=group_name(group["group"], language))
        body.append([name, NONE, NONE, *_scores(group, language), _group_note(group, language)])
        of_group = scored[scored["group"] == group["group"]]
        body += [_component_row(row, language) for row in of_group.to_dict("records")]
        rows = [group, *of_group.to_dict("records")]
        reached += [(row["recomputed_score"] / row["maximum"],
                     row["published_score"] / row["maximum"]) for row in rows]  # fmt: skip
    names = ["score_component", "score_numerator", "score_denominator", "recomputed_score",
             "published_score", "difference", "highest_score", "score_note"]  # fmt: skip
    source = scored["source"] if len(scored) else groups["group"]
    return table_block(
        "table.scorecard", [f"column.{name}" for name in names], body, language, source,
        numeric=set(range(1, 7)), bars=dict(enumerate(zip(*reached, strict=True), 3)),
        foot=say("scorecard.foot", language, source=_sources(scored, language)),
    )  # fmt: skip


def what_it_takes(
    point: pd.DataFrame, classes: pd.DataFrame, *, language: Language
) -> Block | None:
    """Show for the components with most points left what one point, or the next class, takes."""
    rows = components_left(point)
    if rows.empty:
        return None
    reached = classes.set_index("metric")
    body = [
        [
            component_name(row["metric"], language),
            whole(row["numerator"], language),
            whole(row["denominator"], language),
            decimal(row["maximum"] - row["score"], language),
            _needed(row, language),
            whole(row["new_cases_needed"], language),
            _to_class({**reached.loc[row["metric"]].to_dict(), "metric": row["metric"]}, language),
        ]
        for row in rows.to_dict("records")
    ]
    names = ["score_component", "score_numerator", "score_denominator", "points_left",
             "cases_for_a_point", "new_cases_for_a_point", "cases_to_class"]  # fmt: skip
    foot = say("takes.foot", language)
    return table_block(
        "table.takes", [f"column.{name}" for name in names], body, language, [], foot=foot
    )


def components_left(point: pd.DataFrame) -> pd.DataFrame:
    """Return the components with most points left that the unit's own counts decide."""
    left = point["maximum"] - point["score"]
    own = (left >= LEAST_LEFT) & (point["reading"] != "province_counts")
    order = left[own].sort_values(ascending=False, kind="stable").index
    return point.loc[order].head(MOST_COMPONENTS)


def units_to_act(
    named: pd.DataFrame,
    *,
    unit_class: str,
    source: Iterable[str],
    units: pd.DataFrame | None = None,
    language: Language,
) -> Block | None:
    """Show the units of one class that are named: counts, missing dossiers, points of the whole."""
    rows = named[named["unit_class"] == unit_class]
    if rows.empty:
        return None
    body = [
        [
            unit_name(row["unit_id"], units=units, language=language),
            component_name(row["metric"], language),
            whole(row["numerator"], language),
            whole(row["denominator"], language),
            percent(row["numerator"] / row["denominator"], language, 1),
            percent(row["expected"], language, 1),
            percent(row["missing_share"], language, 1),
            percent(row["case_share"], language, 1),
            decimal(row["all_gain"], language),
        ]
        for row in rows.to_dict("records")
    ]
    names = ["unit_id", "score_component", "score_numerator", "score_denominator", "score_share",
             "others_share", "missing_share", "case_share", "all_gain"]  # fmt: skip
    return table_block(
        f"table.acts.{unit_class}", [f"column.{name}" for name in names], body, language, source,
        numeric=set(range(2, 9)), foot=say("acts.foot", language, source=sources(source, language)),
    )  # fmt: skip


def _total_row(total: pd.Series, language: Language) -> list[str]:
    """Return the row of the total: the published one, the sum of recomputed groups."""
    published = _published(total)
    difference = total["recomputed_sum"] - published
    scores = (total["recomputed_sum"], published, difference)
    cells = [decimal(score, language) for score in scores]
    summed = pd.isna(total["published_score"]) and pd.notna(published)
    note = say("score.summed", language) if summed else NONE
    return [say("total", language), NONE, NONE, *cells, whole(_HIGHEST, language), note]


def _published(total: pd.Series) -> float:
    """Return the published total, or the sum of its published groups."""
    score = total["published_score"]
    return total["published_sum"] if pd.isna(score) else score


def _component_row(row: dict, language: Language) -> list[str]:
    counts = [whole(row[name], language) for name in ("numerator", "denominator")]
    scores = _scores(row, language)
    note = NONE if row["status"] == "scored" else say(f"score.{row['status']}", language)
    return [component_name(row["metric"], language), *counts, *scores, note]


def _scores(row: dict, language: Language) -> list[str]:
    scores = [row[name] for name in ("recomputed_score", "published_score", "difference")]
    return [decimal(score, language) for score in scores] + [whole(row["maximum"], language)]


def _group_note(group: dict, language: Language) -> str:
    """Say of a group how many of its components have counts, where not all have."""
    if pd.notna(group["recomputed_score"]):
        return NONE
    return say("score.unknown", language)


def _needed(row: dict, language: Language) -> str:
    """Return the cases needed, or why there is no such number."""
    if row["metric"] in LATE_STAYS_LATE and row["denominator"] > 0:
        return say("takes.late", language)
    if pd.notna(row["cases_needed"]):
        return whole(row["cases_needed"], language)
    return say("takes.beyond", language) if row["reading"] == "beyond_maximum" else NONE


def _to_class(row: dict, language: Language) -> str:
    """Return the cases to the next class: where late stays late, new dossiers."""
    if row["metric"] in LATE_STAYS_LATE and row["reading"] == "reachable":
        return say("takes.new", language, n=row["new_cases_needed"])
    return _needed({**row, "metric": ""}, language)


def _sources(scored: pd.DataFrame, language: Language) -> str:
    return sources(scored["source"], language) if len(scored) else NONE
