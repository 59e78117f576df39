"""Sections on one scorecard: where it stands, what moved, what points take, who has to act."""

from __future__ import annotations

import pandas as pd

from cchc_analysis import figures, narrative, tables
from cchc_analysis.display import Block, Language
from cchc_analysis.sections.frame import Parts, section


def scorecard(
    totals: pd.DataFrame,
    groups: pd.DataFrame,
    scored: pd.DataFrame,
    point: pd.DataFrame,
    *,
    language: Language,
) -> list[Block]:
    """Total, groups and components, recomputed beside published."""
    parts: Parts = [
        narrative.scorecard(totals, groups, scored, language=language),
        figures.scorecard(groups, scored, language=language),
        tables.scorecard(totals, groups, scored, point, language=language),
    ]
    return section("scorecard", parts, language)


def score_change(
    change: pd.DataFrame, before: pd.DataFrame, now: pd.DataFrame, *, language: Language
) -> list[Block]:
    """What moved since the date before, as deep as both dates go."""
    said = narrative.score_change(change, before, now, language=language)
    drawn = figures.score_change(change, before, now, language=language) if len(before) else None
    facts = [block for block in said if block.kind == "facts"]
    sentences = [block for block in said if block.kind != "facts"]
    return section("score_change", [sentences, drawn, facts], language)


def what_it_takes(
    point: pd.DataFrame, classes: pd.DataFrame, few: pd.DataFrame, *, language: Language
) -> list[Block]:
    """What a point and the next class take, and the points that rest on a handful of cases."""
    parts: Parts = [
        narrative.what_it_takes(point, classes, few, language=language),
        tables.what_it_takes(point, classes, language=language),
    ]
    return section("takes", parts, language)


def who_acts(
    named: pd.DataFrame,
    missing: pd.DataFrame,
    below: pd.DataFrame,
    *,
    units: pd.DataFrame,
    language: Language,
) -> list[Block]:
    """The few units that have to act, departments and communes apart."""
    options = {"source": below["source"].unique(), "units": units, "language": language}
    parts: Parts = [
        narrative.who_acts(named, missing, below, units=units, language=language),
        tables.units_to_act(named, unit_class="department", **options),
        tables.units_to_act(named, unit_class="commune", **options),
    ]
    return section("acts", parts, language)
