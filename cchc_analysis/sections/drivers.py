"""Sections on what goes with lateness."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cchc_analysis import figures, narrative, tables
from cchc_analysis.disclosure import suppress_small_shares
from cchc_analysis.display import Block, Language
from cchc_analysis.sections.frame import Parts, section

if TYPE_CHECKING:
    from cchc_analysis.drivers import DriverFit


def drivers(fit: DriverFit, *, suppress_below: int = 0, language: Language) -> list[Block]:
    """What goes with lateness: sentences, figure and table; small levels left out if asked."""
    effects = suppress_small_shares(fit.effects, suppress_below)
    small = effects["count"].isna() & fit.effects["count"].notna()
    fit = replace(fit, effects=effects.assign(reading=effects["reading"].mask(small, "suppressed")))
    parts: Parts = [
        narrative.drivers(fit, language=language),
        figures.effects(fit, language=language),
        tables.effects(fit, language=language),
    ]
    return section("drivers", parts, language)
