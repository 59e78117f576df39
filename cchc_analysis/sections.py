"""Sections of a report: a heading, how to read what follows, sentences, figures, tables.

Each function takes tables and returns blocks in one language; where there is nothing to show,
the heading is left out too, so a notebook needs no ``if``. A section is called with
:func:`cchc_analysis.display.show`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from cchc_analysis import figures, narrative, tables
from cchc_analysis.disclosure import suppress_small_shares
from cchc_analysis.display import Block, Language, heading, paragraph
from cchc_analysis.wording import has_phrase, say

if TYPE_CHECKING:
    from cchc_analysis.drivers import DriverFit
    from cchc_analysis.sources.folder import UnitData

Parts = list[Block | list[Block] | None]


def rates(estimates: pd.DataFrame, *, language: Language) -> list[Block]:
    """All indicators of a unit; with their rule where they were counted by several."""
    label = ["indicator"] if estimates["rule"].nunique() <= 1 else ["indicator", "rule"]
    table = tables.estimates(estimates, label=label, caption="table.rates", language=language)
    return _section("rates", [table], language)


def form(lines: pd.DataFrame, *, language: Language) -> list[Block]:
    """Form II.06 of a unit."""
    return _section("form", [tables.form(lines, language=language)], language)


def rules(compared: pd.DataFrame, *, language: Language) -> list[Block]:
    """The same dossiers under each counting rule and denominator, and what each rule does."""
    order = {name: place for place, name in enumerate(compared["denominator"].unique())}
    by_denominator = compared.sort_values(
        "denominator", key=lambda names: names.map(order), kind="stable"
    )
    variants = by_denominator["rule"].str.startswith("strict_")
    label = ["denominator", "rule"]
    parts: Parts = [
        narrative.rules(compared, language=language),
        tables.rule_shares(
            by_denominator[~variants], caption="table.rules", label=label, language=language
        ),
        *_waiting(by_denominator, variants, language),
    ]
    return _section("rules", parts, language)


def _waiting(compared: pd.DataFrame, variants: pd.Series, language: Language) -> Parts:
    """Lateness before and after waiting, where the export tells of any."""
    if not variants.any():
        return []
    judged = compared["denominator"].isin(["resolved", "due_in_period"])
    beside = compared[judged & (variants | (compared["rule"] == "strict"))]
    table = tables.rule_shares(
        beside, caption="table.waiting", label=["denominator", "rule"], language=language
    )
    return [narrative.waiting(compared, language=language), table]


def months(estimates: pd.DataFrame, *, language: Language) -> list[Block]:
    """A share by month, drawn and as a table."""
    days = ["period_start_on", "period_end_on"]
    drawn = figures.by_period(estimates, caption="figure.months", language=language)
    table = tables.estimates(estimates, label=days, caption="table.months", language=language)
    return _section("months", [drawn, table], language)


def fields(estimates: pd.DataFrame, *, language: Language) -> list[Block]:
    """A share by field, drawn and as a table."""
    drawn = figures.intervals(estimates, label="field", caption="figure.fields", language=language)
    table = tables.estimates(estimates, label="field", caption="table.fields", language=language)
    return _section("fields", [drawn, table], language)


def below(estimates: pd.DataFrame, *, units: pd.DataFrame, language: Language) -> list[Block]:
    """A share of the subordinate units, one figure for each class, all of them as a table."""
    drawn = figures.by_class(estimates, caption="figure.below", units=units, language=language)
    table = tables.estimates(
        estimates, label="unit_id", caption="table.below", units=units, language=language
    )
    return _section("below", [drawn, table], language)


def portal(estimates: pd.DataFrame, *, language: Language) -> list[Block]:
    """A unit's latest figures on the national portal, and its in-time share by period."""
    latest = estimates[estimates["period_end_on"] == estimates["period_end_on"].max()]
    in_time = estimates[estimates["indicator"] == "qd766_in_time_share"]
    days = ["period_start_on", "period_end_on"]
    parts: Parts = [
        tables.estimates(latest, label="indicator", caption="table.portal", language=language),
        tables.estimates(in_time, label=days, caption="table.portal_periods", language=language),
    ]
    return _section("portal", parts, language)


def portal_below(
    estimates: pd.DataFrame, *, units: pd.DataFrame, language: Language
) -> list[Block]:
    """The spread of the subordinate units on the national portal."""
    drawn = figures.spread(estimates, units=units, language=language)
    return _section("portal_below", [drawn], language)


def printed(published: pd.DataFrame, *, units: pd.DataFrame, language: Language) -> list[Block]:
    """Figures as printed."""
    table = tables.printed(published, caption="table.printed", units=units, language=language)
    return _section("printed", [table], language)


def rounding(
    checked: pd.DataFrame,
    pairs: pd.DataFrame,
    remainder: pd.DataFrame,
    *,
    units: pd.DataFrame,
    language: Language,
) -> list[Block]:
    """Whether printed percentages follow from the counts printed beside them."""
    sentences = narrative.reconciliation(checked, pairs, remainder, units=units, language=language)
    table = tables.rounding(checked, units=units, language=language)
    return _section("rounding", [sentences, table], language)


def all_rounding(checked: pd.DataFrame, *, units: pd.DataFrame, language: Language) -> list[Block]:
    """How many percentages follow from their counts; those that do not, as a table."""
    differing = checked[checked["verdict"] != "agrees"]
    parts: Parts = [
        narrative.checked_share(checked, language=language),
        tables.rounding(differing, units=units, language=language),
    ]
    return _section("all_rounding", parts, language)


def bounds(
    counts: pd.DataFrame, remainder: pd.DataFrame, *, units: pd.DataFrame, language: Language
) -> list[Block]:
    """The dossiers that printed percentages leave possible."""
    both = pd.concat([counts, remainder], ignore_index=True)
    return _section("bounds", [tables.count_bounds(both, units=units, language=language)], language)


def sums(checked: pd.DataFrame, *, units: pd.DataFrame, language: Language) -> list[Block]:
    """How many sums hold; those that do not, as a table."""
    failing = checked[checked["verdict"] != "holds"]
    parts: Parts = [
        narrative.sums(checked, units=units, language=language),
        tables.sums(failing, units=units, language=language),
    ]
    return _section("sums", parts, language)


def form_sums(checked: pd.DataFrame, *, units: pd.DataFrame, language: Language) -> list[Block]:
    """Whether the filled-in forms add up and follow on from each other; the gaps, as a table."""
    failing = checked[checked["verdict"] != "holds"]
    parts: Parts = [
        narrative.form_sums(checked, language=language),
        tables.sums(failing, units=units, language=language),
    ]
    return _section("form_sums", parts, language)


def meaning(estimates: pd.DataFrame, *, units: pd.DataFrame, language: Language) -> list[Block]:
    """Printed shares that go by one word and mean different things."""
    table = tables.estimates(
        estimates,
        label=["unit_id", "indicator"],
        caption="table.meaning",
        units=units,
        language=language,
    )
    return _section("meaning", [table], language)


def no_ranking(estimates: pd.DataFrame, *, units: pd.DataFrame, language: Language) -> list[Block]:
    """Why printed shares of several units cannot be set in one order."""
    sentences = narrative.no_ranking(estimates, units=units, language=language)
    return _section("no_ranking", [sentences], language)


def averages(
    judged: pd.DataFrame,
    published: pd.DataFrame,
    *,
    units: pd.DataFrame | None = None,
    language: Language,
) -> list[Block]:
    """The share of all dossiers beside the plain mean of the units' shares."""
    sentences = narrative.two_averages(judged, published, units=units, language=language)
    return _section("averages", [sentences], language)


def funnel(
    judged: pd.DataFrame, noticeable: float, *, units: pd.DataFrame, language: Language
) -> list[Block]:
    """Who stands out from the others, drawn and in sentences."""
    parts: Parts = [
        narrative.funnel(judged, noticeable, units=units, language=language),
        figures.funnel(judged, units=units, language=language),
    ]
    return _section("funnel", parts, language)


def concentration(
    judged: pd.DataFrame, published: pd.DataFrame, *, units: pd.DataFrame, language: Language
) -> list[Block]:
    """Whether one unit holds much of what misses the indicator."""
    sentences = narrative.concentration(judged, published, units=units, language=language)
    return _section("concentration", [sentences], language)


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
    return _section("ranks", parts, language)


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
    return _section("case_mix", parts, language)


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
    return _section("before_after", parts, language)


def monitor(chart: pd.DataFrame, readings: pd.DataFrame, *, language: Language) -> list[Block]:
    """A unit's months on a control chart, read twice."""
    parts: Parts = [
        narrative.monitor(chart, readings, language=language),
        figures.control_chart(chart, readings, language=language),
    ]
    return _section("monitor", parts, language)


def panels(by_field: pd.DataFrame, whole: pd.DataFrame, *, language: Language) -> list[Block]:
    """A unit's months, one small figure for each field."""
    return _section(
        "panels", [figures.small_multiples(by_field, whole, language=language)], language
    )


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
    return _section("decomposition", blocks, language)


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
    return _section("cannot", [sentences], language)


def units_compared(judged: pd.DataFrame, *, units: pd.DataFrame, language: Language) -> list[Block]:
    """Every compared unit by name."""
    return _section("units", [tables.funnel(judged, units=units, language=language)], language)


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
    return _section("drivers", parts, language)


def _section(key: str, parts: Parts, language: Language) -> list[Block]:
    """Put a heading, and the phrase on how to read it, before what there is to show."""
    blocks: list[Block] = []
    for part in parts:
        blocks += part if isinstance(part, list) else [part] if part else []
    if not blocks:
        return []
    opening = [heading(say(f"section.{key}", language))]
    if has_phrase(f"section.{key}.intro", language):
        opening.append(paragraph(say(f"section.{key}.intro", language)))
    return opening + blocks
