"""Sections on what goes with lateness."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from cchc_analysis import figures, narrative, tables
from cchc_analysis.disclosure import suppress_small_shares
from cchc_analysis.display import Block, Language
from cchc_analysis.sections.frame import Parts, section

if TYPE_CHECKING:
    from cchc_analysis.drivers import DriverFit
    from cchc_analysis.drivers.random_intercept import RandomIntercept
    from cchc_analysis.drivers.validation import Validation


def drivers(
    fit: DriverFit, *, units: pd.DataFrame, suppress_below: int = 0, language: Language
) -> list[Block]:
    """What goes with lateness: sentences, figure and table; small levels left out if asked."""
    fit = _without_small(fit, suppress_below)
    parts: Parts = [
        narrative.drivers(fit, units=units, language=language),
        figures.effects(fit, language=language),
        tables.effects(fit, language=language),
    ]
    return section("drivers", parts, language)


def drivers_glance(fit: DriverFit, *, suppress_below: int = 0, language: Language) -> list[Block]:
    """The key figures of what goes with lateness; small levels left out if asked."""
    return narrative.drivers_glance(_without_small(fit, suppress_below), language=language)


def _without_small(fit: DriverFit, minimum: int) -> DriverFit:
    """Blank the levels that are few, and leave small units unnamed."""
    effects = suppress_small_shares(fit.effects, minimum)
    small = effects["count"].isna() & fit.effects["count"].notna()
    return replace(
        fit,
        effects=effects.assign(reading=effects["reading"].mask(small, "suppressed")),
        small_clusters={k: n for k, n in fit.small_clusters.items() if n >= minimum},
    )


def would_change(
    changes: pd.DataFrame, fit: DriverFit, *, suppress_below: int = 0, language: Language
) -> list[Block]:
    """What likeness between levels would go with; levels of few dossiers left out if asked."""
    effects = fit.effects[["term", "level", "count", "total"]]
    shown = suppress_small_shares(effects, suppress_below)
    small = effects[shown["count"].isna() & effects["count"].notna()]
    keys = pd.MultiIndex.from_frame(changes[["term", "level"]])
    kept = changes[~keys.isin(pd.MultiIndex.from_frame(small[["term", "level"]]))]
    parts: Parts = [
        narrative.would_change(kept, language=language),
        tables.would_change(kept, fit, language=language),
    ]
    return section("would_change", parts, language)


def cannot_separate(fit: DriverFit, between: RandomIntercept, *, language: Language) -> list[Block]:
    """What the terms leave open: levels in one unit only, terms alike, units that differ."""
    parts: Parts = [
        narrative.cannot_separate(fit, language=language),
        narrative.between_units(between, language=language),
    ]
    return section("cannot_separate", parts, language)


def validation(result: Validation, *, suppress_below: int = 0, language: Language) -> list[Block]:
    """How well the terms foretell lateness in a unit the model had not seen."""
    bins = suppress_small_shares(result.calibration.bins, suppress_below)
    shown = bins[bins["count"].notna()] if len(bins) else bins
    result = replace(result, calibration=replace(result.calibration, bins=shown))
    parts: Parts = [
        narrative.validation(result, language=language),
        figures.foretold(
            result.calibration, source=result.source, tested="units", language=language
        ),
        tables.calibration(result, language=language),
    ]
    return section("validation", parts, language)
