"""Sentences on one scorecard: where a unit is, what moved, what points take.

What is named follows a rule, not taste: groups and components that moved by half a point or
more. Smaller differences are said together or not at all, and no cause is given.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from cchc_analysis.components import LATE_STAYS_LATE, component_name, group_name
from cchc_analysis.display import Block, Language, card, cards, facts, heading, notice, paragraph
from cchc_analysis.gazetteer import unit_name
from cchc_analysis.labels import capital, sources
from cchc_analysis.narrative.evidence import evidence
from cchc_analysis.narrative.page import provenance
from cchc_analysis.wording import day, decimal, period, say, whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cchc_analysis.sources.evaluation import Evaluation
    from cchc_analysis.sources.folder import UnitData

NOTICEABLE = 0.5
"""Points from which a change is named."""
_UNLIKE = 0.02  # points: recomputed and published differ by more than the last digit


def scorecard_opening(unit: UnitData, now: pd.DataFrame, *, language: Language) -> list[Block]:
    """Open the page: whose scorecard, of which period, captured when, closed or not yet."""
    name = unit_name(unit.unit_id, units=unit.units, language=language)
    blocks = [heading(capital(say("scorecard.title", language, unit=name)), 1)]
    if now.empty:
        return [*blocks, paragraph(say("scorecard.none", language, unit=capital(name)))]
    first = now.iloc[0]
    told = {
        "unit": capital(name),
        "period": period(first["period_start_on"], first["period_end_on"], language),
        "captured": captured_on(now, language),
        "sources": sources(now["source"], language),
    }
    blocks += [
        paragraph(say("scorecard.lead", language)),
        facts((say(f"fact.{key}", language), text) for key, text in told.items()),
    ]
    if now["provisional"].fillna(False).any():
        blocks.append(notice(say("scorecard.provisional", language)))
    return blocks


def scorecard_glance(
    totals: pd.DataFrame,
    groups: pd.DataFrame,
    change: pd.DataFrame,
    classes: pd.DataFrame,
    *,
    language: Language,
) -> list[Block]:
    """Show four cards: the total and its class, its change, the group with most points left."""
    if totals.empty:
        return []
    pieces = [_total_card(totals.iloc[0], classes, language), *_change_card(change, language)]
    if not without_dossiers(classes):
        pieces += _left_card(groups, language)
    known = groups[groups["recomputed_score"].notna()]
    alike = (known["difference"].abs() < _UNLIKE / 2).sum()
    text = say("score.of", language, score=whole(alike, language), maximum=len(groups))
    note = say("card.recomputed.note", language, n=len(known))
    pieces.append(card(say("card.recomputed", language), text, note))
    return [heading(say("section.glance", language)), cards(pieces)]


def scorecard(
    totals: pd.DataFrame, groups: pd.DataFrame, scored: pd.DataFrame, *, language: Language
) -> list[Block]:
    """Say how far the published score follows from its counts, and what is null or not known."""
    if totals.empty:
        return []
    total, blocks = totals.iloc[0], []
    if pd.notna(total["published_score"]) and pd.notna(total["published_sum"]):
        key = "scorecard.sum.holds" if total["difference"] == 0 else "scorecard.sum.fails"
        blocks.append(paragraph(say(
            key, language, total=decimal(total["published_score"], language),
            sum=decimal(total["published_sum"], language),
        )))  # fmt: skip
    known = groups[groups["recomputed_score"].notna()]
    unlike = known[known["difference"].abs() >= _UNLIKE / 2]
    blocks.append(paragraph(_recomputed(groups, known, unlike, language)))
    for key, rows in (
        ("scorecard.null", scored[scored["status"] == "null"]),
        ("scorecard.above", scored[scored["published_score"] > scored["maximum"]]),
    ):
        if len(rows):
            blocks.append(paragraph(say(key, language, names=component_names(rows, language))))
    if without_dossiers(scored):
        blocks.append(notice(say("scorecard.idle", language)))
    above = groups[groups["published_score"] > groups["maximum"]]
    for row in above.to_dict("records"):
        blocks.append(notice(say(
            "scorecard.group_above", language, group=group_name(row["group"], language),
            score=decimal(row["published_score"], language), maximum=row["maximum"],
        )))  # fmt: skip
    if total["captured_from"].normalize() != total["captured_to"].normalize():
        ends = {name: day(total[f"captured_{name}"], language) for name in ("from", "to")}
        blocks.append(notice(say("scorecard.ages", language, first=ends["from"], last=ends["to"])))
    return blocks


def score_change(
    change: pd.DataFrame, before: pd.DataFrame, now: pd.DataFrame, *, language: Language
) -> list[Block]:
    """Say what the total's change is made of, as deep as the data of both dates go."""
    if now.empty:
        return []
    if before.empty:
        return [paragraph(say("score_change.no_previous", language))]
    total = change[change["part"] == "total"].iloc[0]
    moved = change[change["part"] == "group"]
    blocks = []
    if pd.notna(total["difference"]):
        blocks += _change_sentences(total, moved, _dates(before, now, language), language)
        blocks += _unexplained(change, language)
    metrics = change[(change["part"] == "metric") & (change["difference"].abs() >= NOTICEABLE)]
    blocks += [_metric_sentence(row, change, language) for row in metrics.to_dict("records")]
    if len(moved) and (moved["reading"] == "no_parts").all():
        blocks.append(paragraph(say("score_change.ends_at_groups", language)))
    blocks.append(_change_facts(total, moved, change, language))
    return blocks


def what_it_takes(
    point: pd.DataFrame, classes: pd.DataFrame, few: pd.DataFrame, *, language: Language
) -> list[Block]:
    """Say what the next class would take, what cannot be reached, and what rests on few cases."""
    if point.empty:
        return []
    blocks, pairs = ([], []) if without_dossiers(classes) else _class_sentence(classes, language)
    handful = few[(few["lost"] > 0) & (few["largest_step"] >= NOTICEABLE)]
    for row in handful.to_dict("records"):
        numbers = {name: decimal(row[column], language)
                   for name, column in (("lost", "lost"), ("step", "largest_step"))}  # fmt: skip
        kind = say(f"cases.{row['cases']}", language)
        text = say("takes.few", language, kind=kind, n=row["denominator"], **numbers)
        blocks.append(paragraph(text))
    free = few[few["reading"] == "full_without_cases"]
    for row in free.to_dict("records"):
        score = decimal(row["score"], language)
        kind = say(f"cases.{row['cases']}", language)
        blocks.append(paragraph(say("takes.free", language, kind=kind, score=score)))
    blocks.append(notice(say("takes.notice", language)))
    pairs += [_few_fact(row, language) for row in pd.concat([handful, free]).to_dict("records")]
    return [*blocks, evidence(pairs, language)] if pairs else blocks


def scorecard_provenance(
    unit: UnitData,
    screens: Evaluation,
    parameters: Mapping[str, object],
    *,
    notebook: str,
    language: Language,
) -> Block:
    """Close the page as all pages close, the files of the screens among those read."""
    read = replace(unit, inputs=(*unit.inputs, *screens.inputs))
    return provenance(read, parameters, notebook=notebook, language=language)


def _total_card(total: pd.Series, classes: pd.DataFrame, language: Language) -> str:
    """Return the card of the total, with its class by the decision where one is on record."""
    score = total["published_score"]
    if pd.isna(score):
        score = total["published_sum"]
    note = say("card.total.note", language)
    if pd.isna(total["published_score"]):
        note = say("card.total.summed", language)
    if without_dossiers(classes):
        note = say("card.total.idle", language)
    elif len(classes) and pd.notna(classes["class_now"].iloc[0]):
        row = classes.iloc[0]
        said = say("card.total.class", language, name=row["class_now"], decision=row["decision"])
        note = f"{note}; {said}"
    text = say("card.points", language, n=decimal(score, language))
    return card(say("card.total", language), text, note)


def _change_card(change: pd.DataFrame, language: Language) -> list[str]:
    """Return the card of the change, with the group that moved most."""
    told = change[change["difference"].notna()]
    total, groups = told[told["part"] == "total"], told[told["part"] == "group"]
    if total.empty:
        return []
    known = len(groups) == (change["part"] == "group").sum() > 0
    note = say("card.change.none" if known else "card.change.unknown", language)
    if len(groups) and groups["difference"].abs().max() >= NOTICEABLE:
        row = groups.loc[groups["difference"].abs().idxmax()]
        note = say("card.change.note", language, points=signed(row["difference"], language),
                   group=group_name(row["group"], language).lower())  # fmt: skip
    value = signed(total["difference"].iloc[0], language)
    return [card(say("card.change", language), say("card.points", language, n=value), note)]


def _left_card(groups: pd.DataFrame, language: Language) -> list[str]:
    """Return the card of the group with most points left; none where others may have as many."""
    unknown = groups["published_score"].isna()
    left = (groups["maximum"] - groups["published_score"].fillna(0)).round(2)
    most = groups[(left == left.max()) & (left > 0)]
    if len(most) != 1 or unknown[most.index[0]]:
        return []
    row = most.iloc[0]
    note = say("card.left", language, score=decimal(row["published_score"], language),
               maximum=row["maximum"])  # fmt: skip
    name = say("card.most_left", language, group=group_name(row["group"], language))
    points = say("card.points", language, n=decimal(left.max(), language))
    return [card(name, points, note)]


def _recomputed(
    groups: pd.DataFrame, known: pd.DataFrame, unlike: pd.DataFrame, language: Language
) -> str:
    """Say how many groups follow from their counts, which do not, which cannot be told."""
    alike = known["difference"].notna().sum() - len(unlike)
    text = say("scorecard.recomputed", language, of=len(groups), n=len(known), alike=alike)
    if len(unlike):
        names = "; ".join(
            say("scorecard.unlike", language, group=group_name(row["group"], language),
                recomputed=decimal(row["recomputed_score"], language),
                published=decimal(row["published_score"], language))
            for row in unlike.to_dict("records")
        )  # fmt: skip
        text += " " + say("scorecard.unlike.all", language, names=names)
    open_ = groups[groups["recomputed_score"].isna()]
    if len(open_):
        names = "; ".join(group_name(code, language) for code in open_["group"])
        text += " " + say("scorecard.no_counts", language, names=names)
    return text


def _change_sentences(
    total: pd.Series, moved: pd.DataFrame, dates: dict[str, str], language: Language
) -> list[Block]:
    """Say the change of the total, the groups that made it, and the rest together."""
    numbers = {"change": signed(total["difference"], language),
               "before": decimal(total["before"], language),
               "after": decimal(total["after"], language), **dates}  # fmt: skip
    large = moved[moved["difference"].abs() >= NOTICEABLE]
    small = moved[moved["difference"].abs() < NOTICEABLE]
    unknown = moved["difference"].isna().any() or moved.empty
    if large.empty:
        key = "score_change.unknown" if unknown else "score_change.none"
        return [paragraph(say(key, language, **numbers))]
    order = large["difference"].abs().sort_values(ascending=False, kind="stable").index
    names = "; ".join(
        say("score_change.group", language, points=signed(row["difference"], language),
            group=group_name(row["group"], language))
        for row in large.loc[order].to_dict("records")
    )  # fmt: skip
    text = say("score_change.groups", language, names=names, **numbers)
    if len(small):
        rest = signed(small["difference"].sum(), language)
        key = "score_change.rest" if len(small) > 1 else "score_change.rest.one"
        if unknown or abs(moved["difference"].sum() - total["difference"]) >= _UNLIKE / 4:
            key = "score_change.small.sum"
        text += " " + say(key, language, n=len(small), rest=rest)
    if unknown:
        text += " " + say("score_change.some_unknown", language)
    return [paragraph(text)]


def _left_over(change: pd.DataFrame) -> float:
    """Return the points of the total's change that no group has; 0 where there are none."""
    rest = change[(change["part"] == "rest") & change["group"].isna()]
    return rest["difference"].sum()


def _unexplained(change: pd.DataFrame, language: Language) -> list[Block]:
    """Say which part of the total's change is in no group's score."""
    points = signed(_left_over(change), language)
    if not _left_over(change):
        return []
    return [paragraph(say("score_change.unexplained", language, points=points))]


def _metric_sentence(row: dict, change: pd.DataFrame, language: Language) -> Block:
    """Say a component's change with the counts it comes from."""
    parts = change[(change["metric"] == row["metric"]) & change["part"].isin(
        ["numerator", "denominator"])].set_index("part")  # fmt: skip
    counts = {
        f"{name}_{side}": whole(parts.loc[name, side], language)
        for name in ("numerator", "denominator") for side in ("before", "after")
        if name in parts.index
    }  # fmt: skip
    key = "score_change.metric" if counts else "score_change.metric.no_counts"
    return paragraph(say(
        key, language, metric=component_name(row["metric"], language),
        points=signed(row["difference"], language), **counts,
    ))  # fmt: skip


def _change_facts(
    total: pd.Series, moved: pd.DataFrame, change: pd.DataFrame, language: Language
) -> Block:
    """Return the numbers behind the figure, one line each."""
    rows = [(say("score.total", language), total), *(
        (group_name(row["group"], language), row) for _, row in moved.iterrows())]  # fmt: skip
    pairs = [
        (name, say("score_change.fact", language, before=decimal(row["before"], language),
                   after=decimal(row["after"], language),
                   change=signed(row["difference"], language)))
        for name, row in rows
    ]  # fmt: skip
    small = moved.loc[moved["difference"].abs() < NOTICEABLE, "difference"]
    if len(small):
        name = say("score_change.small", language, n=len(small))
        pairs.append((name, signed(small.sum(), language)))
    if points := _left_over(change):
        pairs.append((say("score_change.unexplained.name", language), signed(points, language)))
    return evidence(pairs, language)


def _class_sentence(
    classes: pd.DataFrame, language: Language
) -> tuple[list[Block], list[tuple[str, str]]]:
    """Say the class by the decision, the next one, and whether any component alone gets there."""
    row = classes.iloc[0]
    if pd.isna(row["target"]):
        return [], []
    numbers = {
        "now": row["class_now"], "next": row["class_target"], "decision": row["decision"],
        "target": decimal(row["target"], language, 0),
        "score": decimal(row["scope_score"], language),
        "gap": decimal(row["target"] - row["scope_score"], language),
        "highest": decimal(row["highest_score"], language),
    }  # fmt: skip
    late = classes["metric"].isin(LATE_STAYS_LATE)
    needed = classes["cases_needed"].mask(late, classes["new_cases_needed"])
    alone = needed.notna().any()
    key = "takes.class.alone" if alone else "takes.class.together"
    if row["highest_score"] < row["target"]:
        key = "takes.class.never"
    blocks = [paragraph(say(key, language, **numbers))]
    if row["class_verified"] == "not_verified":
        blocks.append(paragraph(say("takes.class.not_verified", language)))
    names = ("now", "next", "target", "gap", "highest")
    pairs = [(say(f"takes.fact.{name}", language), numbers[name]) for name in names]
    return blocks, pairs


def _few_fact(row: dict, language: Language) -> tuple[str, str]:
    """Return the points that rest on a handful of cases, as a fact."""
    name = say("takes.few.name", language, kind=say(f"cases.{row['cases']}", language))
    numbers = {"score": row["score"], "lost": row["lost"], "step": row["largest_step"]}
    said = {key: decimal(points, language) for key, points in numbers.items()}
    return name, say("takes.few.fact", language, n=row["denominator"], **said)


def signed(points: float, language: Language) -> str:
    """Return a difference of points with its sign.

    Examples
    --------
    >>> signed(8.44, "vi"), signed(-0.05, "en"), signed(0.0, "en")
    ('+8,44', '−0.05', '0.00')
    """
    text = decimal(abs(points), language)
    if pd.isna(points) or not any(digit in text for digit in "123456789"):
        return text
    return ("+" if points > 0 else "−") + text


def _dates(before: pd.DataFrame, now: pd.DataFrame, language: Language) -> dict[str, str]:
    """Return the two dates as a sentence names them: captures, or periods if both are closed."""
    return {"first": captured_on(before, language), "last": captured_on(now, language)}


def captured_on(rows: pd.DataFrame, language: Language) -> str:
    """Return the day of the capture, or the first and the last one."""
    days = rows["captured_at"].dt.normalize()
    first, last = day(days.min(), language), day(days.max(), language)
    return first if first == last else say("range", language, low=first, high=last)


def without_dossiers(rows: pd.DataFrame) -> bool:
    """Tell whether the progress of a unit was captured with no dossier received."""
    return bool((rows.loc[rows["metric"] == "ON_TIME", "denominator"] == 0).any())


def component_names(rows: pd.DataFrame, language: Language) -> str:
    """Return the names of the components of some rows, in their order."""
    return "; ".join(component_name(metric, language) for metric in rows["metric"])
