"""Sections on how long dossiers take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from cchc_analysis import figures, narrative, tables
from cchc_analysis.display import Block, Language
from cchc_analysis.sections.frame import Parts, section

if TYPE_CHECKING:
    from cchc_analysis.timing import HazardFit


def durations(
    quantiles: pd.DataFrame, curve: pd.DataFrame, *, units: pd.DataFrame, language: Language
) -> list[Block]:
    """By how many days dossiers are closed, the open ones counted as open."""
    parts: Parts = [
        narrative.durations(quantiles, units=units, language=language),
        figures.survival(curve, language=language),
        figures.survival_numbers(curve, language=language),
        tables.durations(quantiles, units=units, language=language),
    ]
    return section("durations", parts, language)


def legal_time(
    shares: pd.DataFrame, closed: pd.DataFrame, *, units: pd.DataFrame, language: Language
) -> list[Block]:
    """The share finished by the legal time, and what becomes of dossiers day by day."""
    parts: Parts = [
        narrative.legal_time(shares, units=units, language=language),
        figures.incidence(closed, language=language),
        figures.incidence_numbers(closed, language=language),
        tables.legal_time(shares, units=units, language=language),
    ]
    return section("legal_time", parts, language)


def cohorts(bias: pd.DataFrame, *, units: pd.DataFrame, language: Language) -> list[Block]:
    """Dossiers received in a period against those closed in it."""
    parts: Parts = [
        narrative.cohorts(bias, units=units, language=language),
        tables.cohorts(bias, units=units, language=language),
    ]
    return section("cohorts", parts, language)


def hazard(fit: HazardFit, *, language: Language) -> list[Block]:
    """What goes with quick and slow work: how readily open dossiers are closed."""
    parts: Parts = [narrative.hazard(fit, language=language), tables.hazard(fit, language=language)]
    return section("hazard", parts, language)
