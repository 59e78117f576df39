"""Sentences on a comparison: who stands out, where the late lie, ranks, case mix, what is open."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape

import pandas as pd

from cchc_analysis.catalogue import indicators
from cchc_analysis.display import Block, Language, notice, paragraph
from cchc_analysis.gazetteer import unit_name
from cchc_analysis.labels import capital
from cchc_analysis.narrative.evidence import counted, evidence
from cchc_analysis.wording import decimal, has_phrase, percent, say

CLEAR = 0.95
"""Probability from which a unit is said to be among the best or worst."""
_FALSE_SHARE = 0.05  # of the units named, how many may be wrong
_MUCH = 0.1  # of all that miss: from here one unit is named
_MOST_NAMES = 10
_FEWEST_PERIODS = 10  # as change.readings asks before it speaks of a change


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
    key = "funnel.plain" if drawn["outside_plain"].mean() > 0.5 else "funnel.some"
    numbers: dict[str, str | float] = {
        "n": len(drawn), "plain": drawn["outside_plain"].sum(), "outside": drawn["outside"].sum(),
    }  # fmt: skip
    blocks = [paragraph(say(key, language, **numbers))]
    for side in ("low", "high"):
        rows = drawn[drawn["side"] == side].sort_values("value")
        names = [
            f"{unit_name(row['unit_id'], units=units, language=language)} "
            f"({percent(row['value'], language)})"
            for row in rows.to_dict("records")
        ]
        if names:
            blocks.append(paragraph(say(f"funnel.names.{side}", language, names="; ".join(names))))
    if numbers["outside"]:
        numbers |= _false_flags(drawn, language)
        blocks.append(paragraph(say("funnel.false_flags", language, **numbers)))
    else:
        blocks.append(paragraph(say("funnel.nobody", language)))
    higher = _direction(drawn["indicator"].iloc[0]) != "lower"  # else low is no bad news
    if len(drawn) < 15 and pd.notna(noticeable) and higher:
        few = "funnel.few" if noticeable > 0 else "funnel.none_noticed"
        numbers["share"] = percent(noticeable, language, 1)
        blocks.append(paragraph(say(few, language, **numbers)))
    return [
        *blocks,
        notice(say("funnel.notice", language)),
        evidence(counted("funnel", numbers, language), language),
    ]


def _false_flags(drawn: pd.DataFrame, language: Language) -> dict[str, str | float]:
    """Return how many of the units outside may be there by luck, since many were looked at."""
    outside = drawn[drawn["outside"]]
    # flagging all up to the largest q-value: at most this share of them is expected to be wrong
    false = outside["q_value"].max() * len(outside)
    return {
        "kept": (outside["q_value"] <= _FALSE_SHARE).sum(),
        "false": decimal(false, language, 1),
    }


def concentration(
    judged: pd.DataFrame,
    published: pd.DataFrame,
    *,
    units: pd.DataFrame | None = None,
    language: Language,
) -> list[Block]:
    """Say whether one unit holds much of what misses the indicator, and the share without it.

    The whole is the unit above, where its own counts of the same indicator and period are
    printed; else all the units compared.
    """
    known = judged[judged["total"] > 0]
    if len(known) < 2 or known["count"].isna().any():
        return []
    whole, count, total = _whole(known, published, units, language)
    lower = _direction(known["indicator"].iloc[0]) == "lower"
    missed = known["count"] if lower else known["total"] - known["count"]
    all_missed = count if lower else total - count
    if not all_missed > 0:
        return []
    row = known.loc[missed.idxmax()]
    share, what = missed.max() / all_missed, missed_name(row["indicator"], language)
    names = {
        "whole": capital(whole), "what": what,
        "unit": unit_name(row["unit_id"], units=units, language=language),
    }  # fmt: skip
    numbers: dict[str, str | float] = {
        "missed": all_missed, "own": missed.max(), "share": percent(share, language, 1)
    }  # fmt: skip
    key, notices = "concentration.spread", []
    if share >= _MUCH and total != row["total"]:
        key = "concentration.one"
        without = (count - row["count"]) / (total - row["total"])
        numbers |= {
            "total": total, "own_total": row["total"],
            "own_share": percent(row["total"] / total, language, 1),
            "without": percent(without, language, 1), "all": percent(count / total, language, 1),
        }  # fmt: skip
        notices = [notice(say("concentration.notice", language, what=what))]
    return [
        paragraph(say(key, language, **names, **numbers)),
        *notices,
        evidence(counted("concentration", numbers, language), language),
    ]


def missed_name(indicator_id: str, language: Language) -> str:
    """Return what dossiers are called that an indicator counts against a unit."""
    key = f"missed.{indicator_id}"
    return say(key if has_phrase(key, language) else "missed.other", language)


def ranks(
    sets: pd.DataFrame,
    chances: pd.DataFrame,
    pairs: pd.DataFrame,
    *,
    units: pd.DataFrame | None = None,
    language: Language,
) -> list[Block]:
    """Say how many pairs can be told apart, and who is nearly surely among the first or last."""
    ranked = sets[sets["rank"].notna()]
    if len(ranked) < 2:
        return []
    apart, last, k = (pairs["reading"] == "apart").sum(), len(ranked), chances["k"].iloc[0]
    numbers: dict[str, str | float] = {
        "n": last, "pairs": len(pairs), "apart": apart, "not_apart": len(pairs) - apart,
        "first": (ranked["rank_low"] == 1).sum(), "final": (ranked["rank_high"] == last).sum(),
        "k": k,
    }  # fmt: skip
    blocks = [
        paragraph(say("ranks.pairs", language, **numbers)),
        paragraph(say("ranks.ends", language, last=last, **numbers)),
    ]
    both = ranked.merge(chances[["unit_id", "best_probability", "worst_probability"]], on="unit_id")

    def named(row: dict) -> str:
        ends = {"low": row["rank_low"], "high": row["rank_high"], "n": last}
        unit = unit_name(row["unit_id"], units=units, language=language)
        one = row["rank_low"] == row["rank_high"]
        return say("ranks.unit.one" if one else "ranks.unit", language, unit=unit, **ends)

    # with next to no dossiers the chances can point the other way than the share itself
    own = {"best": both["rank"] <= k, "worst": both["rank"] > last - k}
    for side in ("best", "worst"):
        rows = both[own[side] & (both[f"{side}_probability"] >= CLEAR)].sort_values("rank")
        if len(rows):
            names = _listed(rows, named, language)
            blocks.append(paragraph(say(f"ranks.{side}", language, k=k, names=names)))
            numbers[side] = len(rows)
    if not {"best", "worst"} & set(numbers) and chances["best_probability"].notna().any():
        blocks.append(paragraph(say("ranks.nobody", language, k=k)))
    return [
        *blocks,
        notice(say("ranks.notice", language)),
        evidence(counted("ranks", numbers, language), language),
    ]


def case_mix(
    ratios: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> list[Block]:
    """Say who is late more or less often than the same work is elsewhere."""
    if ratios.empty:
        return []
    judged = ratios[ratios["low"].notna()]
    if judged.empty:
        return [paragraph(say("case_mix.few", language))]
    outside = judged["outside"].sum()
    numbers: dict[str, str | float] = {
        "n": len(judged), "plain": judged["outside_plain"].sum(), "outside": outside,
    }  # fmt: skip
    blocks = [paragraph(say("case_mix.summary", language, **numbers))]

    def named(row: dict) -> str:
        return say(
            "case_mix.unit", language, observed=row["observed"],
            expected=decimal(row["expected"], language, 1),
            unit=unit_name(row["unit_id"], units=units, language=language),
            ratio=decimal(row["ratio"], language),
        )  # fmt: skip

    for side in ("high", "low"):
        rows = judged[judged["side"] == side].sort_values("p_value")
        if len(rows):
            names = _listed(rows, named, language)
            blocks.append(paragraph(say(f"case_mix.{side}", language, names=names)))
            numbers[side] = len(rows)
    if not outside:
        blocks.append(paragraph(say("case_mix.nobody", language)))
    for name in ("alone", "pooled"):
        dossiers = ratios[f"{name}_count"].sum()
        if dossiers > 0:
            blocks.append(paragraph(say(f"case_mix.{name}", language, **{name: dossiers})))
            numbers[name] = dossiers
    return [
        *blocks,
        notice(say("case_mix.notice", language)),
        evidence(counted("case_mix", numbers, language), language),
    ]


def cannot(
    judged: pd.DataFrame,
    pairs: pd.DataFrame,
    ratios: pd.DataFrame,
    readings: pd.DataFrame,
    *,
    language: Language,
) -> list[Block]:
    """List what the figures of a comparison leave open.

    Parameters
    ----------
    judged, pairs, ratios
        What ``funnel``, ``tell_apart`` and ``standardise`` returned.
    readings
        What ``readings`` of the unit's months returned.
    """
    if judged.empty:
        return []
    current = readings[readings["current"].astype(bool)]
    numbers = {
        "inside": (judged["low"].notna() & ~judged["outside"]).sum(),
        "not_apart": (pairs["reading"] == "not_apart").sum(),
        "pairs": len(pairs),
        "without": (judged["reading"] == "no_dossiers").sum(),
        "periods": current["period_count"].sum(),
    }
    few_periods = len(current) > 0 and numbers["periods"] < _FEWEST_PERIODS
    lines = [
        ("cannot.inside", numbers["inside"] > 0, ["inside"]),
        ("cannot.pairs", numbers["not_apart"] > 0, ["not_apart", "pairs"]),
        ("cannot.no_dossiers", numbers["without"] > 0, ["without"]),
        ("cannot.no_mix", ratios.empty, []),
        ("cannot.no_series", current.empty, []),
        ("cannot.short_series", few_periods, ["periods"]),
        ("cannot.cause", True, []),
    ]
    said = [say(key, language, **numbers) for key, is_open, _ in lines if is_open]
    shown = {name: numbers[name] for _, is_open, names in lines if is_open for name in names}
    items = "".join(f"<li>{escape(text)}</li>" for text in said)
    block = Block("text", f"<ul>{items}</ul>")
    return [block, evidence(counted("cannot", shown, language), language)] if shown else [block]


def _whole(
    known: pd.DataFrame,
    published: pd.DataFrame,
    units: pd.DataFrame | None,
    language: Language,
) -> tuple[str, float, float]:
    """Return name, count and total of the unit above, or of all units compared."""
    first = known.iloc[0]
    same = published["kind"] == "result"
    for name in ("indicator", "period_start_on", "period_end_on"):
        same &= published[name] == first[name]
    above = published[same & published["numerator"].notna() & (published["denominator"] > 0)]
    if above.empty:
        return say("funnel.centre", language), known["count"].sum(), known["total"].sum()
    row = above.iloc[-1]
    name = unit_name(row["unit_id"], units=units, language=language)
    return name, row["numerator"], row["denominator"]


def _direction(indicator_id: str) -> str:
    """Return which way an indicator is better, as the catalogue says."""
    entry = indicators().get(indicator_id)
    return entry.direction if entry else "higher"


def _listed(rows: pd.DataFrame, named: Callable[[dict], str], language: Language) -> str:
    """Return the names of the first ten units, and how many there are if they are more."""
    names: Iterable[str] = [named(row) for row in rows.head(_MOST_NAMES).to_dict("records")]
    shown, n = "; ".join(names), len(rows)
    return say("and_more_units", language, shown=shown, n=n) if n > _MOST_NAMES else shown
