"""Sections on printed figures: as they stand, and whether they follow from themselves."""

from __future__ import annotations

import pandas as pd

from cchc_analysis import narrative, tables
from cchc_analysis.display import Block, Language
from cchc_analysis.sections.frame import Parts, section


def printed(published: pd.DataFrame, *, units: pd.DataFrame, language: Language) -> list[Block]:
    """Figures as printed."""
    table = tables.printed(published, caption="table.printed", units=units, language=language)
    return section("printed", [table], language)


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
    return section("rounding", [sentences, table], language)


def all_rounding(checked: pd.DataFrame, *, units: pd.DataFrame, language: Language) -> list[Block]:
    """How many percentages follow from their counts; those that do not, as a table."""
    differing = checked[checked["verdict"] != "agrees"]
    parts: Parts = [
        narrative.checked_share(checked, language=language),
        tables.rounding(
            differing, caption="table.rounding_differing", units=units, language=language
        ),
    ]
    return section("all_rounding", parts, language)


def bounds(
    counts: pd.DataFrame, remainder: pd.DataFrame, *, units: pd.DataFrame, language: Language
) -> list[Block]:
    """The dossiers that printed percentages leave possible."""
    both = pd.concat([counts, remainder], ignore_index=True)
    return section("bounds", [tables.count_bounds(both, units=units, language=language)], language)


def sums(checked: pd.DataFrame, *, units: pd.DataFrame, language: Language) -> list[Block]:
    """How many sums hold; those that do not, as a table."""
    failing = checked[checked["verdict"] != "holds"]
    parts: Parts = [
        narrative.sums(checked, units=units, language=language),
        tables.sums(failing, units=units, language=language),
    ]
    return section("sums", parts, language)


def form_sums(checked: pd.DataFrame, *, units: pd.DataFrame, language: Language) -> list[Block]:
    """Whether the filled-in forms add up and follow on from each other; the gaps, as a table."""
    failing = checked[checked["verdict"] != "holds"]
    parts: Parts = [
        narrative.form_sums(checked, language=language),
        tables.sums(failing, units=units, language=language),
    ]
    return section("form_sums", parts, language)


def meaning(estimates: pd.DataFrame, *, units: pd.DataFrame, language: Language) -> list[Block]:
    """Printed shares that go by one word and mean different things."""
    table = tables.estimates(
        estimates,
        label=["unit_id", "indicator"],
        caption="table.meaning",
        units=units,
        language=language,
    )
    return section("meaning", [table], language)


def no_ranking(estimates: pd.DataFrame, *, units: pd.DataFrame, language: Language) -> list[Block]:
    """Why printed shares of several units cannot be set in one order."""
    sentences = narrative.no_ranking(estimates, units=units, language=language)
    return section("no_ranking", [sentences], language)
