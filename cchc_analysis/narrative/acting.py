"""Sentences on who has to act: few names by a documented rule, departments and communes apart."""

from __future__ import annotations

import pandas as pd

from cchc_analysis.components import component_name
from cchc_analysis.display import Block, Language, folded, notice, paragraph
from cchc_analysis.gazetteer import unit_name
from cchc_analysis.narrative.evidence import evidence
from cchc_analysis.narrative.scorecards import NOTICEABLE, captured_on, component_names
from cchc_analysis.wording import decimal, percent, period, say, whole

_FEW_UNITS = 15  # below, only a unit far from the others can be told from them


def who_acts(
    named: pd.DataFrame,
    missing: pd.DataFrame,
    below: pd.DataFrame,
    *,
    units: pd.DataFrame | None = None,
    language: Language,
) -> list[Block]:
    """Say which few units have to act, which have nothing to score, and what is nobody's own."""
    if below.empty:
        return [paragraph(say("acts.none_below", language))]
    first = below.iloc[0]
    span = period(first["period_start_on"], first["period_end_on"], language)
    blocks = [paragraph(say("acts.period", language, period=span,
                            captured=captured_on(below, language)))]  # fmt: skip
    pairs = []
    for unit_class in ("department", "commune"):
        rows = missing[missing["unit_class"] == unit_class]
        if rows.empty:
            continue
        own = named[named["unit_class"] == unit_class]
        blocks += _named_units(own, rows, unit_class, units, language)
        pairs += _class_facts(own, rows, unit_class, language)
    nowhere = missing[missing["reading"] == "nowhere"]
    if len(nowhere):
        names = component_names(nowhere.drop_duplicates("metric"), language)
        blocks.append(paragraph(say("acts.nowhere", language, names=names)))
    idle = _without_dossiers(below)
    if idle:
        blocks.append(paragraph(say("acts.idle", language, n=idle)))
        pairs.append((say("acts.idle.name", language), whole(idle, language)))
    rule = folded(say("acts.rule", language), paragraph(say("acts.rule.text", language)))
    return [*blocks, notice(say("acts.notice", language)), evidence(pairs, language), rule]


def _named_units(
    own: pd.DataFrame,
    rows: pd.DataFrame,
    unit_class: str,
    units: pd.DataFrame | None,
    language: Language,
) -> list[Block]:
    """Name the units of one class that have to act, or say that none stands out."""
    n = rows["unit_id"].nunique()
    gain = decimal(_gain(rows), language)
    kind = say(f"class.{unit_class}", language)
    few = " " + say("acts.few_units", language) if n < _FEW_UNITS else ""
    if own.empty:
        text = say("acts.nobody", language, kind=kind, n=n, gain=gain)
        return [paragraph(text + few)]
    names = "; ".join(
        say(f"acts.unit.{row['reason']}", language,
            unit=unit_name(row["unit_id"], units=units, language=language),
            metric=component_name(row["metric"], language),
            share=percent(row["numerator"] / row["denominator"], language, 1),
            expected=percent(row["expected"], language, 1),
            gain=decimal(row["all_gain"], language),
            missing=percent(row["missing_share"], language, 1),
            cases=percent(row["case_share"], language, 1))
        for row in own.to_dict("records")
    )  # fmt: skip
    said = say("acts.named", language, kind=kind, names=names)
    key = "acts.others.more" if _unnamed(own, rows) else "acts.others"
    others = say(key, language, n=n, gain=gain, more=_unnamed(own, rows))
    return [paragraph(f"{said} {others}{few}")]


def _class_facts(
    own: pd.DataFrame, rows: pd.DataFrame, unit_class: str, language: Language
) -> list[tuple[str, str]]:
    """Return how many units of a class have dossiers, the points they lack, and who is left out."""
    kind, gain = say(f"class.{unit_class}", language), decimal(_gain(rows), language)
    said = say("acts.class.fact", language, n=rows["unit_id"].nunique(), gain=gain)
    more = _unnamed(own, rows)
    name = say("acts.more.name", language, kind=kind)
    return [(kind, said), *([(name, whole(more, language))] if more else [])]


def _gain(rows: pd.DataFrame) -> float:
    """Return the points that units lack together; NaN where those of one are not known."""
    return rows.loc[rows["reading"] == "located", "gain"].sum(skipna=False)


def _unnamed(own: pd.DataFrame, rows: pd.DataFrame) -> int:
    """Count the units that fall under the rule by which units are named, and are not named."""
    by_unit = rows[rows["reading"] == "located"].groupby("unit_id")
    meets = by_unit["stands_out"].any() | (by_unit["gain"].sum().round(2) >= NOTICEABLE)
    return int((meets & ~meets.index.isin(own["unit_id"])).sum())


def _without_dossiers(below: pd.DataFrame) -> int:
    """Count the units whose progress was captured with no dossier received."""
    progress = below[below["metric"] == "ON_TIME"]
    return int(progress.loc[progress["denominator"] == 0, "unit_id"].nunique())
