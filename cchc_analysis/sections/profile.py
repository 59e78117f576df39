"""Sections of a unit's profile: its indicators, its form, its months, fields and units."""

from __future__ import annotations

import pandas as pd

from cchc_analysis import figures, narrative, tables
from cchc_analysis.display import Block, Language
from cchc_analysis.lateness import VARIANTS
from cchc_analysis.sections.frame import Parts, section


def rates(estimates: pd.DataFrame, *, language: Language) -> list[Block]:
    """All indicators of a unit; with their rule where they were counted by several."""
    label = ["indicator"] if estimates["rule"].nunique() <= 1 else ["indicator", "rule"]
    table = tables.estimates(estimates, label=label, caption="table.rates", language=language)
    return section("rates", [table], language)


def form(lines: pd.DataFrame, *, language: Language) -> list[Block]:
    """Form II.06 of a unit."""
    return section("form", [tables.form(lines, language=language)], language)


def rules(compared: pd.DataFrame, *, language: Language) -> list[Block]:
    """The same dossiers under each counting rule and denominator, and what each rule does."""
    order = {name: place for place, name in enumerate(compared["denominator"].unique())}
    by_denominator = compared.sort_values(
        "denominator", key=lambda names: names.map(order), kind="stable"
    )
    variants = by_denominator["rule"].isin([rule.name for rule in VARIANTS])
    label = ["denominator", "rule"]
    parts: Parts = [
        narrative.rules(compared, language=language),
        tables.rule_shares(
            by_denominator[~variants], caption="table.rules", label=label, language=language
        ),
        *_waiting(by_denominator, variants, language),
    ]
    return section("rules", parts, language)


def _waiting(compared: pd.DataFrame, variants: pd.Series, language: Language) -> Parts:
    """Lateness before and after waiting, where the export tells of any."""
    if not variants.any() or not (compared["rule"] == "strict").any():
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
    return section("months", [drawn, table], language)


def fields(estimates: pd.DataFrame, *, language: Language) -> list[Block]:
    """A share by field, drawn and as a table."""
    drawn = figures.intervals(estimates, label="field", caption="figure.fields", language=language)
    table = tables.estimates(estimates, label="field", caption="table.fields", language=language)
    return section("fields", [drawn, table], language)


def below(estimates: pd.DataFrame, *, units: pd.DataFrame, language: Language) -> list[Block]:
    """A share of the subordinate units, one figure for each class, all of them as a table."""
    drawn = figures.by_class(estimates, caption="figure.below", units=units, language=language)
    table = tables.estimates(
        estimates, label="unit_id", caption="table.below", units=units, language=language
    )
    return section("below", [drawn, table], language)


def portal(estimates: pd.DataFrame, *, language: Language) -> list[Block]:
    """A unit's latest figures on the national portal, and its in-time share by period."""
    latest = estimates[estimates["period_end_on"] == estimates["period_end_on"].max()]
    in_time = estimates[estimates["indicator"] == "qd766_in_time_share"]
    days = ["period_start_on", "period_end_on"]
    parts: Parts = [
        tables.estimates(latest, label="indicator", caption="table.portal", language=language),
        tables.estimates(in_time, label=days, caption="table.portal_periods", language=language),
    ]
    return section("portal", parts, language)


def portal_below(
    estimates: pd.DataFrame, *, units: pd.DataFrame, language: Language
) -> list[Block]:
    """The spread of the subordinate units on the national portal."""
    parts: Parts = [
        figures.spread(estimates, units=units, language=language),
        figures.spread_numbers(estimates, units=units, language=language),
    ]
    return section("portal_below", parts, language)
