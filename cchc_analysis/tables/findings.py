"""The table of what does not fit together in saved evaluation screens."""

from __future__ import annotations

import pandas as pd

from cchc_analysis.display import Block, Language
from cchc_analysis.gazetteer import unit_name
from cchc_analysis.labels import sources
from cchc_analysis.narrative.findings import examples, figure_of, number
from cchc_analysis.tables.markup import table_block
from cchc_analysis.wording import NONE, day, decimal, period, say, whole

MOST_ROWS = 4
"""Findings of each check that are shown, the largest ones; those told in sentences always.

The foot of the table names the number."""
_IN_TIME = ("came_and_went", "count_fell", "may_fall", "closed_period_moved")
_ARROW = " → "


def findings(
    found: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> Block | None:
    """Show findings: which number, of which capture, what was seen and what it was held against.

    Parameters
    ----------
    found
        What ``check_components`` returned.
    """
    if found.empty:
        return None
    shown = found.loc[found.index.isin([
        *found.groupby("check", sort=False).head(MOST_ROWS).index, *examples(found).index,
    ])]  # fmt: skip
    body = [
        [
            say(f"finding.check.{row['check']}", language),
            unit_name(row["unit_id"], units=units, language=language),
            figure_of(row, language),
            period(row["period_start_on"], row["period_end_on"], language),
            _days(row, language),
            _seen(row, language),
            NONE if row["check"] in _IN_TIME else _against(row, language),
            number(row, "difference", language).replace("-", "−"),
            _scores(row, language),
        ]
        for row in shown.to_dict("records")
    ]
    names = ["finding_check", "unit_id", "finding_figure", "period", "captured_on", "finding_seen",
             "finding_against", "difference", "group_score"]  # fmt: skip
    foot = say("finding.foot", language, source=sources(found["source"], language))
    return table_block(
        "table.findings", [f"column.{name}" for name in names], body, language, found["source"],
        numeric={5, 6, 7, 8}, foot=foot,
    )  # fmt: skip


def _days(row: dict, language: Language) -> str:
    """Return the day of the capture, with those before and after that it is held against."""
    names = ("captured_before", "captured_at", "captured_after")
    return _ARROW.join(day(row[name], language) for name in names if pd.notna(row[name]))


def _seen(row: dict, language: Language) -> str:
    """Return what was seen: one number, or one of each capture."""
    names = ("expected", "found", "after") if row["check"] in _IN_TIME else ("found",)
    return _ARROW.join(number(row, name, language) for name in names if pd.notna(row[name]))


def _against(row: dict, language: Language) -> str:
    """Return what a number was held against, with the parts that were added."""
    text = number(row, "expected", language)
    if pd.isna(row["parts_count"]):
        return text
    if pd.isna(row["parts_start_on"]):
        return say("finding.parts", language, number=text, parts=row["parts_count"])
    days = period(row["parts_start_on"], row["parts_end_on"], language)
    return say("finding.periods", language, number=text, parts=row["parts_count"], days=days)


def _scores(row: dict, language: Language) -> str:
    """Return the scores of the group on the days of the captures, and its maximum."""
    highest = whole(row["group_maximum"], language)
    if row["measure"] == "score":
        return say("finding.of", language, maximum=highest)
    names = ("group_score_before", "group_score", "group_score_after")
    known = [decimal(row[name], language) for name in names if pd.notna(row[name])]
    if not known:
        return NONE
    return say("score.of", language, score=_ARROW.join(known), maximum=highest)
