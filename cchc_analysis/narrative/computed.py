"""Sentences on what was computed: how dossiers stand, rules, what goes with lateness."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from cchc_analysis.columns import TALLY
from cchc_analysis.display import Block, Language, facts, folded, notice, paragraph
from cchc_analysis.labels import capital, level_name
from cchc_analysis.lateness import RULES, Rule
from cchc_analysis.wording import (
    decimal,
    has_phrase,
    named,
    percent,
    period,
    say,
    whole,
)

if TYPE_CHECKING:
    from cchc_analysis.drivers import DriverFit

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
    numbers = {
        "before": whole(late["strict"], language),
        "before_total": whole(resolved["total"]["strict"], language),
    }
    return [
        paragraph(
            say(
                "waiting.late",
                language,
                rule=capital(named("rule", rule, language)),
                after=whole(late[rule], language),
                after_total=whole(resolved["total"][rule], language),
                **numbers,
            )
        )
        for rule in resolved.index
        if rule.startswith("strict_")
    ]


def drivers(fit: DriverFit, *, language: Language) -> list[Block]:
    """Say which levels go with lateness, how sure that is, and what it does not mean."""
    if fit.reading != "fitted":
        return [paragraph(say(f"drivers.{fit.reading}", language))]
    blocks = [
        paragraph(
            say(
                "drivers.population",
                language,
                n=fit.dossiers,
                late=fit.late,
                share=percent(fit.late / fit.dossiers, language),
                cells=fit.cells,
                clusters=fit.clusters,
            )
        )
    ]
    rows = fit.effects[fit.effects["reading"] == "estimated"]
    clear = rows[(rows["effect_low"] > 0) | (rows["effect_high"] < 0)]
    top = clear.reindex(clear["effect"].abs().sort_values(ascending=False).index).head(5)
    blocks += [
        paragraph(
            say(
                "drivers.more" if row["effect"] > 0 else "drivers.less",
                language,
                term=named("term", row["term"], language),
                level=level_name(row["term"], row["level"], language),
                reference=level_name(row["term"], row["reference"], language),
                points=decimal(abs(row["effect"]) * 100, language, 1),
                low=decimal(
                    min(abs(row["effect_low"]), abs(row["effect_high"])) * 100, language, 1
                ),
                high=decimal(
                    max(abs(row["effect_low"]), abs(row["effect_high"])) * 100, language, 1
                ),
            )
        )
        for row in top.to_dict("records")
    ]
    unclear = len(rows) - len(clear)
    if unclear:
        blocks.append(paragraph(say("drivers.unclear", language, n=unclear)))
    if fit.weak:
        weak = say("drivers.weak", language, clusters=fit.clusters)
        blocks.append(notice(weak))
    blocks.append(notice(say("drivers.notice", language)))
    return blocks
