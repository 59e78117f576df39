"""Sentences on a unit's printed index scores: on which scale, by which decision."""

from __future__ import annotations

import pandas as pd

from cchc_analysis.display import Block, Language, paragraph
from cchc_analysis.labels import capital
from cchc_analysis.wording import day, decimal, percent, say, whole


def standing(scores: pd.DataFrame, *, language: Language) -> list[Block]:
    """Say of each class or rank which points it stands for, and which decision set the scale.

    Parameters
    ----------
    scores
        What ``index_scores`` returned, of one unit. Scores without class and rank are left to
        the table.
    """
    rows = scores[scores["class_printed"].notna() | scores["rank"].notna()]
    return [paragraph(capital(_standing(row, language))) for row in rows.to_dict("records")]


def _standing(row: dict, language: Language) -> str:
    """Return the sentences on one year: points and share, class and rank, decision."""
    index = say(f"index.{row['index']}", language)
    share = percent(row["share"], language)
    known = "".join("ps"[place] for place, name in enumerate(("points", "share"))
                    if pd.notna(row[name]))  # fmt: skip
    key = {"": "neither", "s": "share", "p": "points_alone", "ps": "points"}[known]
    if known == "ps" and pd.isna(row["maximum"]):
        key = "no_maximum"
    text = say(
        f"standing.{key}", language, index=index, share=share, year=_year(row),
        points=decimal(row["points"], language), maximum=whole(row["maximum"], language),
    )  # fmt: skip
    if pd.notna(row["verdict"]):
        verdict = say(f"verdict.{row['verdict']}", language)
        text += " " + say("standing.verdict", language, verdict=verdict)
    return f"{text} {_by_decision(row, language)}"


def _by_decision(row: dict, language: Language) -> str:
    """Return class and rank as printed with the decision, or that none is on record."""
    told = []
    if pd.notna(row["class_printed"]):
        told.append(say("standing.class", language, name=row["class_printed"]))
    if pd.notna(row["rank"]) and pd.notna(row["ranked_count"]):
        told.append(say("standing.rank", language, rank=row["rank"], n=row["ranked_count"]))
    elif pd.notna(row["rank"]):
        told.append(say("standing.rank.alone", language, rank=row["rank"]))
    names = ", ".join(told)
    if pd.isna(row["decision"]):
        return say("standing.no_decision", language, names=names)
    if pd.isna(row["decision_on"]):
        return say("standing.decision", language, names=names, decision=row["decision"])
    dated = say("decision.dated", language, decision=row["decision"],
                day=day(row["decision_on"], language))  # fmt: skip
    return say("standing.decision", language, names=names, decision=dated)


def _year(row: dict) -> str:
    return str(row["period_end_on"].year)
