"""Sentences on what was computed: how dossiers stand, who stands out, what goes with lateness."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from cchc_analysis.display import Block, Language, notice, paragraph
from cchc_analysis.gazetteer import unit_name
from cchc_analysis.labels import capital, level_name
from cchc_analysis.lateness import RULES
from cchc_analysis.wording import (
    decimal,
    named,
    percent,
    period,
    say,
)

if TYPE_CHECKING:
    from cchc_analysis.drivers import DriverFit


def timeliness(tally: pd.DataFrame, *, language: Language) -> list[Block]:
    """Say in two sentences how the dossiers of a tally stand."""
    if tally.empty:
        return []
    first = tally.iloc[0]
    n = tally.filter(like="_count").sum(skipna=False)
    blocks = [
        paragraph(
            say(
                "timeliness",
                language,
                period=period(first["period_start_on"], first["period_end_on"], language),
                resolved=n["resolved_count"],
                on_time=n["on_time_count"],
                late=n["late_count"],
                open=n["pending_in_time_count"] + n["overdue_count"],
                overdue=n["overdue_count"],
            )
        )
    ]
    apart = n["withdrawn_count"] + n["undated_count"] + n["suspended_count"]
    if apart > 0:
        blocks.append(
            paragraph(
                say(
                    f"apart.{first['rule']}",
                    language,
                    withdrawn=n["withdrawn_count"],
                    undated=n["undated_count"],
                    suspended=n["suspended_count"],
                )
            )
        )
    return blocks


def rules(rates: pd.DataFrame, *, language: Language) -> list[Block]:
    """Say what each counting rule met in a table of estimates does."""
    return [
        paragraph(f"{capital(named('rule', name, language))}: {getattr(RULES[name], language)}")
        for name in rates["rule"].unique()
        if name in RULES
    ]


def funnel(
    judged: pd.DataFrame,
    noticeable: float,
    *,
    units: pd.DataFrame | None = None,
    language: Language,
) -> list[Block]:
    """Say who stands out, how many would without allowing for spread, and what cannot be said."""
    drawn = judged[judged["low"].notna()]
    if drawn.empty:
        return [paragraph(say("funnel.too_few", language))] if len(judged) else []
    blocks = [
        paragraph(
            say(
                "funnel.plain" if drawn["outside_plain"].mean() > 0.5 else "funnel.some",
                language,
                n=len(drawn),
                plain=drawn["outside_plain"].sum(),
                outside=drawn["outside"].sum(),
            )
        )
    ]
    for side in ("low", "high"):
        rows = drawn[drawn["side"] == side].sort_values("value")
        if len(rows):
            names = [
                f"{unit_name(row['unit_id'], units=units, language=language)} "
                f"({percent(row['value'], language)})"
                for row in rows.to_dict("records")
            ]
            blocks.append(paragraph(say(f"funnel.names.{side}", language, names="; ".join(names))))
    if not drawn["outside"].any():
        blocks.append(paragraph(say("funnel.nobody", language)))
    if len(drawn) < 15 and pd.notna(noticeable):
        blocks.append(
            paragraph(
                say(
                    "funnel.few" if noticeable > 0 else "funnel.none_noticed",
                    language,
                    n=len(drawn),
                    share=percent(noticeable, language, 1),
                )
            )
        )
    blocks.append(notice(say("funnel.notice", language)))
    return blocks


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
                term=say(f"term.{row['term']}", language),
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
