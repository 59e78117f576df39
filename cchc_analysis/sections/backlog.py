"""Sections of the weekly monitor: what lies on the desk, and what is likely to be late."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from cchc_analysis import figures, narrative, tables
from cchc_analysis.display import Block, Language
from cchc_analysis.sections.frame import Parts, section

if TYPE_CHECKING:
    from cchc_analysis.backlog import LatenessForecast
    from cchc_analysis.drivers.accuracy import Calibration


def week(
    due: pd.DataFrame,
    weekly: pd.DataFrame,
    expected: pd.DataFrame,
    desk: pd.DataFrame,
    *,
    units: pd.DataFrame,
    language: Language,
) -> list[Block]:
    """The page that is printed: key figures, late ones to expect, the ten most endangered."""
    cards = narrative.week(due, weekly, expected, language=language)
    shown = [
        tables.expected_late(expected, language=language),
        tables.desk(desk, units=units, language=language),
    ]
    return [*cards, *filter(None, shown)]


def stock(due: pd.DataFrame, ages: pd.DataFrame, *, language: Language) -> list[Block]:
    """The open dossiers by the days to their due date, and by age."""
    parts: Parts = [
        narrative.backlog(due, ages, language=language),
        figures.days_to_due(due, language=language),
        tables.bands(due, kind="due", language=language),
        figures.backlog_ages(ages, language=language),
        tables.bands(ages, kind="age", language=language),
    ]
    return section("stock", parts, language)


def flows(rows: pd.DataFrame, *, language: Language) -> list[Block]:
    """What came in and went out, week by week."""
    parts: Parts = [
        narrative.flows(rows, language=language),
        tables.flows(rows, language=language),
    ]
    return section("flows", parts, language)


def early_warning(
    forecast: LatenessForecast,
    desk: pd.DataFrame,
    expected: pd.DataFrame,
    *,
    units: pd.DataFrame,
    language: Language,
) -> list[Block]:
    """What the warning rests on, how it widens with the weeks, and the dossiers next in line."""
    parts: Parts = [
        narrative.early_warning(forecast, desk, language=language),
        figures.expected_late(expected, language=language),
        tables.desk(desk, part="next", units=units, language=language),
    ]
    return section("early_warning", parts, language)


def backtest(
    scores: pd.DataFrame,
    coverage: pd.DataFrame,
    line: Calibration,
    *,
    source: str,
    language: Language,
) -> list[Block]:
    """How well past weeks were foretold."""
    parts: Parts = [
        narrative.backtest(scores, coverage, line, language=language),
        figures.foretold(line, source=source, language=language),
        figures.foretold_numbers(line, language=language),
        tables.backtest(coverage, language=language),
    ]
    return section("backtest", parts, language)
