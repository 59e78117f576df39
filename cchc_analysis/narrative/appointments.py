"""Sentences on appointments: late against which one, new dates, apologies, stated causes."""

from __future__ import annotations

import pandas as pd

from cchc_analysis.display import Block, Language, notice, paragraph
from cchc_analysis.gazetteer import unit_name
from cchc_analysis.labels import capital, level_name
from cchc_analysis.narrative.evidence import counted, evidence
from cchc_analysis.wording import percent, period, say

POOLED = "(pooled)"
"""Stands for several causes of few dossiers each, on a page made for publishing."""
_MOST_CAUSES = 3
_GROUP = ["unit_id", "period_start_on", "period_end_on", "source"]
_APOLOGIES = (
    "apologised_count", "apologised_in_time_count", "apologised_after_count", "no_apology_count",
)  # fmt: skip


def appointments(
    counts: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> list[Block]:
    """Say how many dossiers were late against both appointments, re-appointed, apologised for.

    Of what an export does not tell, nothing is said.

    Parameters
    ----------
    counts
        What :func:`~cchc_analysis.tally.count_appointments` returned, one row for each unit
        and period.
    """
    rows = counts.to_dict("records")
    said = [sentence for row in rows for sentence in _row(row, units, language)]
    if not said:
        return []
    return [*map(paragraph, said), notice(say("appointments.notice", language))]


def _row(row: dict, units: pd.DataFrame | None, language: Language) -> list[str]:
    """Return the sentences on one unit and period."""
    about = {
        "unit": capital(unit_name(row["unit_id"], units=units, language=language)),
        "period": period(row["period_start_on"], row["period_end_on"], language),
    }
    both = pd.notna(row["late_first_count"]) and pd.notna(row["moved_count"])
    said = []
    judged = row["late_count"] >= 0 and row["dossier_count"] > 0
    if judged:
        said.append(_late(row, about, language, both=both))
    if row["reappointed_again_count"] >= 0:
        again = row["reappointed_again_count"]
        key = "appointments.again" if again else "appointments.again.none"
        said.append(say(key, language, again=again))
    base = row["late_count"] if pd.isna(row["late_first_count"]) else row["late_first_count"]
    in_time, after, none = (row[name] for name in _APOLOGIES[1:])
    if base > 0 and row["apologised_count"] + none == base and pd.notna(in_time + after):
        said.append(
            say("appointments.apologies", language, base=base, apologised=row["apologised_count"],
                in_time=in_time, after=after, none=none)
        )  # fmt: skip
    if said and not judged:  # whose numbers these are
        said.insert(0, say("appointments.of", language, **about))
    return said


def _late(row: dict, about: dict[str, str], language: Language, *, both: bool) -> str:
    n = row["dossier_count"]
    share = percent(row["late_count"] / n, language)
    told = {**about, "n": n, "late": row["late_count"], "share": share}
    if not both:
        return say("appointments.latest", language, **told)
    first = row["late_first_count"]
    return say(
        "appointments.both", language, **told, late_first=first,
        share_first=percent(first / n, language), moved=row["moved_count"],
    )  # fmt: skip


def causes(
    counts: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> list[Block]:
    """Say which causes of lateness the office states most, and for how many dossiers it does.

    Parameters
    ----------
    counts
        What :func:`~cchc_analysis.tally.count_causes` returned.
    """
    blocks = []
    for (unit_id, start_on, end_on, _), group in counts.groupby(_GROUP, sort=False, dropna=False):
        stated = group[group["late_cause"].notna()]
        numbers = {"stated": stated["late_count"].sum(), "late": group["late_count"].sum()}
        text = say(
            "causes.stated" if len(stated) else "causes.none_stated", language,
            unit=capital(unit_name(unit_id, units=units, language=language)),
            period=period(start_on, end_on, language), **numbers,
        )  # fmt: skip
        most = _stated_most(stated, language)
        blocks += [
            paragraph(f"{text} {most}".strip()),
            evidence(counted("causes", numbers, language), language),
        ]
    return [*blocks, notice(say("causes.notice", language))] if blocks else []


def _stated_most(stated: pd.DataFrame, language: Language) -> str:
    """Name the causes that are stated most, none as often as one that is not named."""
    told = stated[stated["late_cause"] != POOLED]
    ordered = told.sort_values("late_count", ascending=False, kind="stable")
    top, others = ordered.iloc[:_MOST_CAUSES], ordered.iloc[_MOST_CAUSES:]
    top = top[~top["late_count"].isin(others["late_count"])]
    named = [
        say("causes.one", language, n=row["late_count"],
            cause=level_name("late_cause", row["late_cause"], language))
        for row in top.to_dict("records")
    ]  # fmt: skip
    return say("causes.top", language, top="; ".join(named)) if named else ""
