"""Sections on indices: how far their orders can be trusted, their scales, targets, plans."""

from __future__ import annotations

import pandas as pd

from cchc_analysis import figures, narrative, tables
from cchc_analysis.display import Block, Language
from cchc_analysis.sections.frame import Parts, section


def mean_total(totals: pd.DataFrame, published: pd.DataFrame, *, language: Language) -> list[Block]:
    """The plain mean of the totals beside the printed one."""
    return section(
        "mean_total", [narrative.mean_total(totals, published, language=language)], language
    )


def rank_worth(
    ranks: pd.DataFrame,
    few: pd.DataFrame,
    *,
    source: pd.Series,
    units: pd.DataFrame,
    language: Language,
) -> list[Block]:
    """Ranks under other weights, and points that rest on a handful of cases."""
    parts: Parts = [
        narrative.rank_worth(ranks, units=units, language=language),
        figures.perturbed(ranks, source=source, units=units, language=language),
        narrative.few_cases(few, units=units, language=language),
        tables.perturbed(ranks, source=source, units=units, language=language),
    ]
    return section("rank_worth", parts, language)


def group_weight(
    shares: pd.DataFrame,
    pairs: pd.DataFrame,
    estimates: pd.DataFrame,
    *,
    language: Language,
) -> list[Block]:
    """Which groups make the differences, what counts twice, what is alike everywhere."""
    source = estimates["source"]
    parts: Parts = [
        narrative.variance(shares, language=language),
        figures.variance(shares, source=source, language=language),
        tables.variance(shares, source=source, language=language),
        narrative.twice(pairs, estimates, language=language),
        tables.twice(pairs, source=source, language=language),
    ]
    return section("group_weight", parts, language)


def agreement(
    found: pd.DataFrame,
    high_low: pd.DataFrame,
    *,
    source: pd.Series,
    units: pd.DataFrame,
    language: Language,
) -> list[Block]:
    """How far the total and timeliness agree."""
    parts: Parts = [
        narrative.agreement(found, high_low, units=units, language=language),
        tables.high_yet_low(high_low, source=source, units=units, language=language),
    ]
    return section("agreement", parts, language)


def index_scores(scores: pd.DataFrame, *, units: pd.DataFrame, language: Language) -> list[Block]:
    """Printed index scores, each on its own scale."""
    parts: Parts = [
        narrative.index_scales(scores, units=units, language=language),
        tables.index_scores(scores, units=units, language=language),
    ]
    return section("index_scores", parts, language)


def targets(judged: pd.DataFrame, *, units: pd.DataFrame, language: Language) -> list[Block]:
    """Targets beside the figures of their unit and time."""
    parts: Parts = [
        narrative.targets(judged, language=language),
        tables.targets(judged, units=units, language=language),
    ]
    return section("targets", parts, language)


def plans(figures: pd.DataFrame, *, units: pd.DataFrame, language: Language) -> list[Block]:
    """Plans, tasks, inspections, petitions and commitments as printed."""
    parts: Parts = [
        narrative.plans(figures, units=units, language=language),
        tables.plans(figures, units=units, language=language),
    ]
    return section("plans", parts, language)
