"""Sentences on what was computed: how dossiers stand, and what each rule does."""

from __future__ import annotations

import pandas as pd

from cchc_analysis.columns import TALLY
from cchc_analysis.display import Block, Language, facts, folded, paragraph
from cchc_analysis.labels import capital
from cchc_analysis.lateness import RULES, VARIANTS, Rule
from cchc_analysis.narrative.evidence import evidence
from cchc_analysis.wording import (
    has_phrase,
    named,
    period,
    say,
    whole,
)

_COUNTS = (
    "received_count", "carried_count", "resolved_count", "on_time_count", "late_count",
    "pending_in_time_count", "overdue_count", "withdrawn_count", "undated_count",
    "suspended_count",
)  # fmt: skip


def timeliness(tally: pd.DataFrame, *, language: Language) -> list[Block]:
    """Say in two sentences how the dossiers of each cell of a tally stand."""
    return [block for row in tally.to_dict("records") for block in _cell(row, language)]


def _cell(row: dict, language: Language) -> list[Block]:
    """Say how the dossiers of one cell stand, and which of them were counted apart."""
    stand = say(
        "timeliness",
        language,
        period=period(row["period_start_on"], row["period_end_on"], language),
        resolved=row["resolved_count"],
        on_time=row["on_time_count"],
        late=row["late_count"],
        open=row["pending_in_time_count"] + row["overdue_count"],
        overdue=row["overdue_count"],
    )
    awkward = {name: row[f"{name}_count"] for name in ("withdrawn", "undated", "suspended")}
    said = [paragraph(stand)]
    if sum(awkward.values()) > 0:  # else none, or the source does not tell
        key = f"apart.{row['rule']}" if has_phrase(f"apart.{row['rule']}", language) else "apart"
        said.append(paragraph(say(key, language, **awkward)))
    counts = [(_meaning(name, language), whole(row[name], language)) for name in _COUNTS]
    return [*said, folded(say("timeliness.counts", language), facts(counts))]


def _meaning(name: str, language: Language) -> str:
    """Return what a count of the tally means."""
    column = next(column for column in TALLY.columns if column.name == name)
    return capital(getattr(column, language))


def own_rule(rule: Rule, *, language: Language) -> list[Block]:
    """Say what an office's own rule does; nothing for a built-in one, which pages describe."""
    if rule.name in RULES:
        return []
    return [paragraph(f"{capital(named('rule', rule.name, language))}: {getattr(rule, language)}")]


def rules(rates: pd.DataFrame, *, language: Language) -> list[Block]:
    """Say what each counting rule met in a table of estimates does."""
    said = [
        f"{capital(named('rule', name, language))}: {getattr(RULES[name], language)}"
        for name in rates["rule"].unique()
        if name in RULES
    ]
    if not said:
        return []
    return [folded(say("method.rules", language), *map(paragraph, said))]


def waiting(compared: pd.DataFrame, *, language: Language) -> list[Block]:
    """Say how many finished dossiers are late by dates alone, and after each kind of waiting."""
    rows = compared[compared["denominator"] == "resolved"]  # several where sources differ
    resolved = rows.groupby("rule", sort=False)[["count", "total"]].sum(skipna=False)
    late = resolved["total"] - resolved["count"]
    known = {rule.name for rule in VARIANTS} if "strict" in resolved.index else set()
    variants = [rule for rule in resolved.index if rule in known]
    said = [
        say(
            "waiting.late",
            language,
            rule=capital(named("rule", rule, language)),
            after=late[rule],
            after_total=resolved["total"][rule],
            before=late["strict"],
            before_total=resolved["total"]["strict"],
        )
        for rule in variants
    ]
    if not said:
        return []
    counts = [
        (
            capital(named("rule", rule, language)),
            say("waiting.count", language, late=late[rule], n=resolved["total"][rule]),
        )
        for rule in ["strict", *variants]
    ]
    return [*map(paragraph, said), evidence(counts, language)]
