"""Sentences on what does not fit together in saved evaluation screens: as seen, no cause."""

from __future__ import annotations

import pandas as pd

from cchc_analysis.components import component_name, group_name
from cchc_analysis.display import Block, Language, notice, paragraph
from cchc_analysis.gazetteer import unit_name
from cchc_analysis.labels import capital
from cchc_analysis.narrative.evidence import evidence
from cchc_analysis.wording import day, decimal, period, say, whole

MOST_SENTENCES = 8
"""Sentences, one a check (two for what came and went); the others are counted below them."""
_NOT_SAID = ("may_fall",)  # can be right: shown in the table only


def findings(
    found: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> list[Block]:
    """Say of each check what it found, by its largest finding; how often, as facts.

    Parameters
    ----------
    found
        What ``check_components`` returned.
    """
    said = found[~found["check"].isin(_NOT_SAID)]
    if said.empty:
        return []
    rows = examples(said).head(MOST_SENTENCES).to_dict("records")
    counts = found.groupby("check", sort=False)["unit_id"].agg(["size", "nunique"])
    pairs = [
        (
            say(f"finding.check.{check}", language),
            say("finding.count", language, n=n, units=of),
        )
        for check, n, of in counts.itertuples()
    ]
    return [
        *(paragraph(_sentence(row, units, language)) for row in rows),
        notice(say("finding.notice", language)),
        evidence(pairs, language),
    ]


def examples(found: pd.DataFrame) -> pd.DataFrame:
    """Return the findings that are told: the largest of each check.

    Of what came and went, the count that moved the score of its group most, and the largest
    move of a score of another unit.
    """
    went = found[found["check"] == "came_and_went"]
    moves = (went["group_score"] - went["group_score_before"]).abs()
    counted = went.loc[moves.sort_values(ascending=False, kind="stable").index]
    counted = counted[counted["group_score"].notna()].head(1)
    others = went[~went["unit_id"].isin(counted["unit_id"])]
    rest = found[found["check"] != "came_and_went"]
    size = rest["difference"].abs().fillna(rest["found"])  # where nothing is expected
    largest = rest.loc[size.sort_values(ascending=False, kind="stable").index]
    largest = largest.drop_duplicates("check").sort_index()
    return pd.concat([counted, others.head(1), largest])


def figure_of(row: dict, language: Language) -> str:
    """Name the number that a finding is of: a component's count, a group's or the total score."""
    if pd.isna(row["group"]):
        return say("finding.total", language)
    if pd.isna(row["metric"]):
        return say("finding.group", language, group=group_name(row["group"], language))
    cases = "" if pd.isna(row["cases"]) else say(f"cases.{row['cases']}", language)
    measure = say(f"finding.measure.{row['measure']}", language, cases=cases)
    component = component_name(row["metric"], language)
    return say("finding.component", language, component=component, measure=measure)


def number(row: dict, name: str, language: Language) -> str:
    """Return a number of a finding: points with two decimals, a count whole."""
    if row["measure"] == "score":
        return decimal(row[name], language)
    return whole(row[name], language)


def _sentence(row: dict, units: pd.DataFrame | None, language: Language) -> str:
    """Put one finding in words."""
    key = row["check"]
    if key == "came_and_went":
        key = "came_and_went_score" if row["measure"] == "score" else "came_and_went_count"
    if key == "groups_differ" and pd.notna(row["captured_before"]):
        key = "groups_differ_days"
    numbers = {name: number(row, name, language) for name in ("found", "expected", "after")}
    times = {name: day(row[f"captured_{name}"], language) for name in ("before", "at", "after")}
    scores = {
        name: decimal(row[name], language)
        for name in ("group_score_before", "group_score", "group_score_after")
    }
    return say(
        f"finding.{key}", language,
        unit=capital(unit_name(row["unit_id"], units=units, language=language)),
        figure=figure_of(row, language),
        group=say("finding.total", language) if pd.isna(row["group"])
        else group_name(row["group"], language),
        period=period(row["period_start_on"], row["period_end_on"], language),
        parts=whole(row["parts_count"], language),
        parts_period=period(row["parts_start_on"], row["parts_end_on"], language),
        maximum=whole(row["group_maximum"], language),
        **numbers, **scores, **{f"day_{name}": text for name, text in times.items()},
    )  # fmt: skip
