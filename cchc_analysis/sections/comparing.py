"""Sections that compare units and periods."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from cchc_analysis import figures, narrative, tables
from cchc_analysis.disclosure import suppress_small_shares
from cchc_analysis.display import Block, Language
from cchc_analysis.sections.frame import Parts, section

if TYPE_CHECKING:
    from cchc_analysis.sources.folder import UnitData


def averages(
    judged: pd.DataFrame,
    published: pd.DataFrame,
    *,
    units: pd.DataFrame | None = None,
    language: Language,
) -> list[Block]:
    """The share of all dossiers beside the plain mean of the units' shares."""
    sentences = narrative.two_averages(judged, published, units=units, language=language)
    return section("averages", [sentences], language)


def funnel(
    judged: pd.DataFrame, noticeable: float, *, units: pd.DataFrame, language: Language
) -> list[Block]:
    """Who stands out from the others, drawn and in sentences."""
    parts: Parts = [
        narrative.funnel(judged, noticeable, units=units, language=language),
        figures.funnel(judged, units=units, language=language),
    ]
    return section("funnel", parts, language)


def concentration(
    judged: pd.DataFrame, published: pd.DataFrame, *, units: pd.DataFrame, language: Language
) -> list[Block]:
    """Whether one unit holds much of what misses the indicator."""
    sentences = narrative.concentration(judged, published, units=units, language=language)
    return section("concentration", [sentences], language)


def ranks(
    sets: pd.DataFrame,
    chances: pd.DataFrame,
    pairs: pd.DataFrame,
    *,
    units: pd.DataFrame,
    language: Language,
) -> list[Block]:
    """Ranks with the sets that say how far they can be trusted."""
    parts: Parts = [
        narrative.ranks(sets, chances, pairs, units=units, language=language),
        figures.ranks(sets, chances, units=units, language=language),
        tables.pairs(pairs, language=language),
        tables.ranks(sets, chances, units=units, language=language),
    ]
    return section("ranks", parts, language)


def case_mix(
    ratios: pd.DataFrame, *, units: pd.DataFrame, suppress_below: int = 0, language: Language
) -> list[Block]:
    """Late dossiers against those of the same work elsewhere; small counts left out if asked."""
    ratios = _without_small(ratios, suppress_below)
    parts: Parts = [
        narrative.case_mix(ratios, units=units, language=language),
        figures.ratios(ratios, units=units, language=language),
        tables.case_mix(ratios, units=units, language=language),
    ]
    return section("case_mix", parts, language)


def _without_small(ratios: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Blank the units whose late dossiers, compared or all, are few."""
    compared = ratios.rename(columns={"count": "all_late", "observed": "count"})
    kept = suppress_small_shares(compared, minimum).rename(columns={"count": "observed"})
    kept = suppress_small_shares(kept.rename(columns={"all_late": "count"}), minimum)
    small = kept["total"].isna() & ratios["total"].notna()
    flags = {name: kept[name] & ~small for name in ("outside", "outside_plain")}
    return kept.assign(
        **flags,
        side=kept["side"].mask(small, ""),
        reading=kept["reading"].mask(small, "suppressed"),
    )


def before_after(
    changes: pd.DataFrame,
    checked: pd.DataFrame,
    readings: pd.DataFrame,
    unit: UnitData,
    *,
    language: Language,
) -> list[Block]:
    """Two periods by unit, and what warns against reading more into them."""
    if changes.empty:
        return []
    printed, units = unit.published_below, unit.units
    parts: Parts = [
        narrative.two_periods(changes, printed, units=units, language=language),
        narrative.periods(checked, readings, changes, unit.unit_id, units=units, language=language),
        figures.slopes(changes, units=units, language=language),
        tables.changes(changes, units=units, language=language),
    ]
    return section("before_after", parts, language)


def monitor(chart: pd.DataFrame, readings: pd.DataFrame, *, language: Language) -> list[Block]:
    """A unit's months on a control chart, read twice."""
    parts: Parts = [
        narrative.monitor(chart, readings, language=language),
        figures.control_chart(chart, readings, language=language),
        figures.control_numbers(chart, language=language),
    ]
    return section("monitor", parts, language)


def panels(by_field: pd.DataFrame, whole: pd.DataFrame, *, language: Language) -> list[Block]:
    """A unit's months, one small figure for each field."""
    parts: Parts = [
        figures.small_multiples(by_field, whole, language=language),
        figures.panel_numbers(by_field, language=language),
    ]
    return section("panels", parts, language)


def decomposition(
    parts: pd.DataFrame, *, units: pd.DataFrame, suppress_below: int = 0, language: Language
) -> list[Block]:
    """What the difference between two periods is made of; nothing where counts are small."""
    if _few(parts, suppress_below):
        return []
    blocks: Parts = [
        narrative.decomposition(parts, units=units, language=language),
        figures.waterfall(parts, language=language),
        tables.decomposition(parts, language=language),
    ]
    return section("decomposition", blocks, language)


def _few(parts: pd.DataFrame, minimum: int) -> bool:
    """Whether a count behind the decomposition is too small to be published."""
    sides = [
        parts[[f"{name}_count", f"{name}_total"]].set_axis(["count", "total"], axis=1)
        for name in ("before", "after")
    ]
    counts = pd.concat(sides).astype("float64")
    return bool(suppress_small_shares(counts, minimum)["total"].isna().any())


def cannot(
    judged: pd.DataFrame,
    pairs: pd.DataFrame,
    ratios: pd.DataFrame,
    readings: pd.DataFrame,
    *,
    language: Language,
) -> list[Block]:
    """What the figures leave open."""
    sentences = narrative.cannot(judged, pairs, ratios, readings, language=language)
    return section("cannot", [sentences], language)


def units_compared(judged: pd.DataFrame, *, units: pd.DataFrame, language: Language) -> list[Block]:
    """Every compared unit by name."""
    return section("units", [tables.funnel(judged, units=units, language=language)], language)
