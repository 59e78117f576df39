"""Sentences on what lies on the desks, what to expect of it, and how far to trust that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from cchc_analysis.display import Block, Language, notice, paragraph
from cchc_analysis.narrative.evidence import counted, evidence
from cchc_analysis.narrative.week import whole_weeks
from cchc_analysis.wording import day, decimal, percent, period, say

if TYPE_CHECKING:
    from cchc_analysis.backlog import LatenessForecast
    from cchc_analysis.drivers.accuracy import Calibration

_SHARP = (0.8, 1.25)  # outside, probabilities are called too sure or too timid
_BRIERS = ("brier", "brier_naive", "brier_on_time")
_ONE_SIDE = 0.025  # of 95 % intervals so many miss on one side, and so often it is said by luck


def backlog(due: pd.DataFrame, ages: pd.DataFrame, *, language: Language) -> list[Block]:
    """Say how many dossiers are open, overdue, due soon and old.

    Parameters
    ----------
    due, ages
        What ``days_to_due`` and ``backlog_ages`` of :mod:`cchc_analysis.backlog` returned,
        without ``by``.
    """
    if due.empty:
        return [paragraph(say("backlog.none", language))]
    told = due["suspended_count"].notna().all()  # of a past day it is not
    waiting = due["suspended_count"] if told else 0
    count = (due["count"] - waiting).groupby(due["band"]).sum()
    first = due.iloc[0]
    numbers = {
        "n": first["total"],
        "overdue": count["overdue_over_10"] + count["overdue_to_10"],
        "long": count["overdue_over_10"],
        "today": count["due_today"],
        "soon": count["due_in_2"],
        "undated": count["no_due_date"],
    }
    stand = say(
        "backlog.stand" if told else "backlog.stand.past", language,
        day=day(first["as_of"], language),
        days=say(f"backlog.days.{first['day_kind']}", language), **numbers,
    )  # fmt: skip
    old = ages.loc[ages["band"] == "over_60"].iloc[0]
    blocks = [paragraph(stand)]
    if told and waiting.sum():
        past = waiting[due["band"].isin(["overdue_over_10", "overdue_to_10"])].sum()
        numbers |= {"waiting": waiting.sum(), "waiting_overdue": past}
        blocks.append(paragraph(say("backlog.waiting", language, n=waiting.sum(), overdue=past)))
    lain = say("backlog.old.past", language, n=old["count"])
    if told:
        lain = say("backlog.old", language, n=old["count"], waiting=old["suspended_count"])
    behind = evidence(counted("backlog.stand", numbers, language), language)
    return [*blocks, paragraph(lain), behind]


def flows(rows: pd.DataFrame, *, language: Language) -> list[Block]:
    """Say what came in and went out in the last whole week, and whether the stock grows.

    Parameters
    ----------
    rows
        What :func:`~cchc_analysis.backlog.flows` returned, without ``by``.
    """
    if rows.empty:
        return []
    last = whole_weeks(rows).iloc[-1]
    text = say(
        "backlog.flows", language, received=last["received_count"],
        period=period(last["period_start_on"], last["period_end_on"], language),
        resolved=last["resolved_count"], open=last["open_count"],
    )  # fmt: skip
    key = "cleared" if last["resolved_count"] >= last["received_count"] else "growing"
    blocks = [paragraph(f"{text} {say(f'backlog.flows.{key}', language)}")]
    gaps = rows["gap_count"].abs()
    if gaps.sum() > 0:
        blocks.append(notice(say("backlog.flows.gap", language, n=(gaps > 0).sum())))
    return blocks


def early_warning(
    forecast: LatenessForecast, desk: pd.DataFrame, *, language: Language
) -> list[Block]:
    """Say what the forecast rests on, and what is not in it.

    Parameters
    ----------
    forecast, desk
        What ``lateness_forecast`` and ``warn`` of :mod:`cchc_analysis.backlog` returned.
    """
    if forecast.reading == "no_history":
        return [paragraph(say("backlog.warning.no_history", language))]
    if desk.empty:
        return [paragraph(say("backlog.warning.no_dossiers", language))]
    rests = say(
        "backlog.warning.rests", language, n=forecast.landmarks, dossiers=forecast.dossiers,
        late=forecast.late, first=day(forecast.first_cutoff_on, language),
        last=day(forecast.last_cutoff_on, language),
    )  # fmt: skip
    blocks = [paragraph(rests)]
    if forecast.reading == "weak":
        blocks.append(notice(say("backlog.warning.weak", language, late=forecast.late)))
    learnt = {"n": forecast.landmarks, "dossiers": forecast.dossiers, "late": forecast.late}
    behind = evidence(counted("backlog.warning", learnt, language), language)
    return [*blocks, notice(say("backlog.warning.notice", language)), behind]


def backtest(
    scores: pd.DataFrame, coverage: pd.DataFrame, line: Calibration, *, language: Language
) -> list[Block]:
    """Say how well past weeks were foretold, also where that was badly.

    Parameters
    ----------
    scores, coverage, line
        What ``backtest_scores``, ``backtest_coverage`` and ``backtest_calibration`` of
        :mod:`cchc_analysis.backlog` returned.
    """
    row = scores.iloc[0]
    if pd.isna(row["brier"]):
        return [paragraph(say("backlog.tested.nothing", language))]
    if not row["late"] > 0:
        found = {"n": row["dossiers"], "expected": decimal(row["expected"], language, 0)}
        behind = evidence(counted("backlog.tested", found, language), language)
        return [paragraph(say("backlog.tested.none_late", language, **found)), behind]
    better = row["brier"] < row["brier_naive"] and row["brier"] < row["brier_on_time"]
    numbers = {
        "n": row["dossiers"],
        "late": row["late"],
        "expected": decimal(row["expected"], language, 0),
        **{name: decimal(row[name], language, 4) for name in _BRIERS},
    }
    score = say("backlog.tested.score", language, **numbers)
    verdict = say(f"backlog.tested.{'better' if better else 'worse'}", language)
    inside, all_ = coverage["count"].sum(), coverage["total"].sum()
    blocks = [paragraph(f"{score} {verdict}")]
    if all_:
        held = {"inside": inside, "all": all_, "share": percent(inside / all_, language, 0)}
        numbers |= held
        blocks.append(paragraph(say("backlog.tested.held", language, **held)))
    if line.slope < _SHARP[0] and line.slope_high < 1:
        blocks.append(notice(say("backlog.tested.too_sure", language)))
    elif line.slope > _SHARP[1] and line.slope_low > 1:
        blocks.append(notice(say("backlog.tested.too_timid", language)))
    for side, missed in _one_sided(coverage).items():
        numbers |= missed
        blocks.append(notice(say(f"backlog.tested.{side}", language, **missed)))
    return [*blocks, evidence(counted("backlog.tested", numbers, language), language)]


def _one_sided(coverage: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Return on which side clearly too many intervals of one week missed, and how many did.

    A week ahead each dossier counts once; further ahead the same ones come again on the next
    cut-offs, and one unlucky month looks like many misses.
    """
    from scipy.stats import binom

    found = {}
    for row in coverage[coverage["weeks"] == 1].to_dict("records"):
        for side, name in (("too_few", "above"), ("too_many", "below")):
            missed, weeks = row[f"{name}_count"], row["total"]
            if missed > 1 and binom.sf(missed - 1, weeks, _ONE_SIDE) <= _ONE_SIDE:
                found[side] = {name: missed, "weeks": weeks}
    return found if len(found) < 2 else {}  # on both sides: too narrow, not too high or low
