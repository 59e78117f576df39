"""Tables of indices: what a rank is worth, printed scores, targets, plans and tasks."""

from __future__ import annotations

import pandas as pd

from cchc_analysis.components import score_group_name
from cchc_analysis.display import Block, Language
from cchc_analysis.gazetteer import unit_name
from cchc_analysis.labels import (
    indicator_name,
    number_of,
    sources,
    target_document,
    target_value,
    value,
    year_or_period,
)
from cchc_analysis.tables.markup import table_block
from cchc_analysis.wording import NONE, day, decimal, percent, say, whole


def perturbed(
    ranks: pd.DataFrame,
    *,
    source: pd.Series,
    units: pd.DataFrame | None = None,
    language: Language,
) -> Block | None:
    """Show each unit's rank with the ranks it takes under other weights."""
    rows = ranks[ranks["rank"].notna()]
    if rows.empty:
        return None
    body = [
        [
            unit_name(row["unit_id"], units=units, language=language),
            decimal(row["total"], language),
            whole(row["rank"], language),
            _range(row["rank_low"], row["rank_high"], language),
            _range(row["rank_best"], row["rank_worst"], language),
            whole(row["swap_count"], language),
        ]
        for row in rows.to_dict("records")
    ]
    names = ["unit_id", "total_score", "rank", "rank_weights", "rank_extremes", "swap_count"]
    foot = say("perturbed.foot", language, source=sources(source, language))
    return table_block(
        "table.perturbed", [f"column.{name}" for name in names], body, language, source, foot=foot
    )


def variance(shares: pd.DataFrame, *, source: pd.Series, language: Language) -> Block | None:
    """Show which groups make the differences between totals."""
    if shares["variance_share"].notna().sum() == 0:
        return None
    body = [
        [
            score_group_name(row["indicator"], language),
            whole(row["maximum"], language),
            percent(row["maximum_share"], language, 0),
            percent(row["variance_share"], language, 0),
            decimal(row["mean"], language),
            decimal(row["standard_deviation"], language),
        ]
        for row in shares.to_dict("records")
    ]
    names = ["score_group", "highest_score", "maximum_share", "variance_share", "mean_score",
             "standard_deviation"]  # fmt: skip
    foot = say("variance.foot", language, source=sources(source, language))
    return table_block(
        "table.variance", [f"column.{name}" for name in names], body, language, source,
        bars={2: shares["maximum_share"].tolist(), 3: shares["variance_share"].tolist()},
        foot=foot,
    )  # fmt: skip


def twice(pairs: pd.DataFrame, *, source: pd.Series, language: Language) -> Block | None:
    """Show how alike the figures are that count the same thing twice."""
    known = pairs[pairs["pearson"].notna()]
    if known.empty:
        return None
    body = [
        [
            row[language],
            indicator_name(row["first"], language),
            indicator_name(row["second"], language),
            decimal(row["pearson"], language, 5).replace("-", "−"),
            decimal(row["spearman"], language).replace("-", "−"),
            whole(row["unit_count"], language),
        ]
        for row in known.to_dict("records")
    ]
    names = ["counted_twice", "first_figure", "second_figure", "pearson", "spearman", "unit_count"]
    foot = say("twice.foot", language, source=sources(source, language))
    return table_block(
        "table.twice", [f"column.{name}" for name in names], body, language, source,
        numeric={3, 4, 5}, foot=foot,
    )  # fmt: skip


def high_yet_low(
    rows: pd.DataFrame,
    *,
    source: pd.Series,
    units: pd.DataFrame | None = None,
    language: Language,
) -> Block | None:
    """Show the units that are among the first by the total and in the lower half in time."""
    if rows.empty:
        return None
    body = [
        [
            unit_name(row["unit_id"], units=units, language=language),
            decimal(row["first_value"], language),
            whole(row["first_rank"], language),
            percent(row["second_value"], language),
            whole(row["second_rank"], language),
        ]
        for row in rows.to_dict("records")
    ]
    names = ["unit_id", "total_score", "total_rank", "score_in_time", "in_time_rank"]
    foot = say("high_yet_low.foot", language, source=sources(source, language))
    return table_block(
        "table.high_yet_low", [f"column.{name}" for name in names], body, language, source,
        foot=foot,
    )  # fmt: skip


def index_scores(
    scores: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> Block | None:
    """Show printed index scores, each on its own scale, with the decision behind it."""
    if scores.empty:
        return None
    body = [
        [
            unit_name(row["unit_id"], units=units, language=language),
            say(f"index.{row['index']}", language),
            year_or_period(row["period_start_on"], row["period_end_on"], language),
            _number(row["points"], language),
            number_of(row["maximum"], language) if pd.notna(row["maximum"]) else NONE,
            percent(row["share"], language),
            _text(row["class_printed"]),
            _place(row, language),
            _decision(row, language),
            sources([row["source"]], language),
        ]
        for row in scores.sort_values(["index", "period_end_on"], kind="stable").to_dict("records")
    ]
    names = ["unit_id", "index", "period", "index_points", "highest_score", "index_share",
             "index_class", "index_place", "decision", "source"]  # fmt: skip
    return table_block(
        "table.index_scores", [f"column.{name}" for name in names], body, language,
        scores["source"], numeric={3, 4, 5, 7}, foot=say("index_scores.foot", language),
    )  # fmt: skip


def targets(
    judged: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> Block | None:
    """Show targets beside the figures of their unit and time."""
    if judged.empty:
        return None
    body = [
        [
            unit_name(row["unit_id"], units=units, language=language),
            indicator_name(row["indicator"], language),
            target_value(row, language),
            year_or_period(row["valid_from"], row["valid_to"], language),
            value(row, language) if pd.notna(row["unit_of_measure"]) else NONE,
            say(f"target.{row['reading']}", language),
            target_document(row, language),
        ]
        for row in judged.to_dict("records")
    ]  # fmt: skip
    names = ["unit_id", "indicator", "target", "period", "figure", "target_reading", "document"]
    return table_block(
        "table.targets", [f"column.{name}" for name in names], body, language, judged["source"],
        numeric={4}, foot=say("targets.foot", language),
    )  # fmt: skip


def plans(
    figures: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> Block | None:
    """Show what is printed of plans, tasks, inspections, petitions and commitments."""
    if figures.empty:
        return None
    body = [
        [
            unit_name(row["unit_id"], units=units, language=language),
            say(f"plan_topic.{row['topic']}", language),
            indicator_name(row["indicator"], language),
            _printed(row, language),
            whole(row["total"], language),
            percent(row["share"], language, 0) if row["kind"] == "result" else NONE,
            year_or_period(row["period_start_on"], row["period_end_on"], language),
            sources([row["source"]], language),
        ]
        for row in figures.to_dict("records")
    ]
    names = ["unit_id", "plan_topic", "indicator", "printed", "of_how_many", "index_share",
             "period", "source"]  # fmt: skip
    return table_block(
        "table.plans", [f"column.{name}" for name in names], body, language, figures["source"],
        numeric={3, 4, 5}, foot=say("plans.foot", language),
    )  # fmt: skip


def _printed(row: dict, language: Language) -> str:
    """Return a printed figure; a target as one."""
    text = number_of(row["value"], language)
    if row["unit_of_measure"] == "percent":
        text = f"{text} %"
    return say("plans.target", language, target=text) if row["kind"] == "target" else text


def _range(low: float, high: float, language: Language) -> str:
    ends = {"low": whole(low, language), "high": whole(high, language)}
    return ends["low"] if low == high else say("range", language, **ends)


def _number(points: float, language: Language) -> str:
    return NONE if pd.isna(points) else decimal(points, language)


def _text(text: object) -> str:
    return NONE if pd.isna(text) else str(text)


def _place(row: dict, language: Language) -> str:
    """Return a printed rank and among how many."""
    if pd.isna(row["rank"]):
        return NONE
    if pd.isna(row["ranked_count"]):
        return whole(row["rank"], language)
    return say("score.of", language, score=whole(row["rank"], language),
               maximum=row["ranked_count"])  # fmt: skip


def _decision(row: dict, language: Language) -> str:
    """Return the decision that sets scale and classes, with its date; – where none is on record."""
    if pd.isna(row["decision"]):
        return NONE
    if pd.isna(row["decision_on"]):
        return str(row["decision"])
    return say("decision.dated", language, decision=row["decision"],
               day=day(row["decision_on"], language))  # fmt: skip
