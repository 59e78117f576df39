"""Sentences on a comparison: who stands out, where the late lie, ranks, case mix, what is open."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape

import pandas as pd

from cchc_analysis.catalogue import indicators
from cchc_analysis.display import Block, Language, notice, paragraph
from cchc_analysis.gazetteer import unit_name
from cchc_analysis.labels import capital
from cchc_analysis.wording import decimal, has_phrase, percent, say

CLEAR = 0.95
"""Probability from which a unit is said to be among the best or worst."""
_FALSE_SHARE = 0.05  # of the units named, how many may be wrong
_MUCH = 0.1  # of all that miss: from here one unit is named
_MOST_NAMES = 10


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
    plain, outside = drawn["outside_plain"].sum(), drawn["outside"].sum()
    blocks = [paragraph(say(key, language, n=len(drawn), plain=plain, outside=outside))]
    for side in ("low", "high"):
        rows = drawn[drawn["side"] == side].sort_values("value")
        names = [
            f"{unit_name(row['unit_id'], units=units, language=language)} "
            f"({percent(row['value'], language)})"
            for row in rows.to_dict("records")
        ]
        if names:
            blocks.append(paragraph(say(f"funnel.names.{side}", language, names="; ".join(names))))
    blocks += _false_flags(drawn, language)
    if not drawn["outside"].any():
        blocks.append(paragraph(say("funnel.nobody", language)))
    higher = _direction(drawn["indicator"].iloc[0]) != "lower"  # else low is no bad news
    if len(drawn) < 15 and pd.notna(noticeable) and higher:
        few = "funnel.few" if noticeable > 0 else "funnel.none_noticed"
        share = percent(noticeable, language, 1)
        blocks.append(paragraph(say(few, language, n=len(drawn), share=share)))
    blocks.append(notice(say("funnel.notice", language)))
    return blocks


def _false_flags(drawn: pd.DataFrame, language: Language) -> list[Block]:
    """Say how many of the units outside may be there by luck, since many were looked at."""
    outside = drawn[drawn["outside"]]
    if outside.empty:
        return []
    # flagging all up to the largest q-value: at most this share of them is expected to be wrong
    false = outside["q_value"].max() * len(outside)
    text = say(
        "funnel.false_flags", language, n=len(drawn), outside=len(outside),
        kept=(outside["q_value"] <= _FALSE_SHARE).sum(), false=decimal(false, language, 1),
    )  # fmt: skip
    return [paragraph(text)]


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
    numbers = {
        "whole": capital(whole), "what": what, "missed": all_missed, "own": missed.max(),
        "unit": unit_name(row["unit_id"], units=units, language=language),
        "share": percent(share, language, 1),
    }  # fmt: skip
    if share < _MUCH or total == row["total"]:
        return [paragraph(say("concentration.spread", language, **numbers))]
    without = (count - row["count"]) / (total - row["total"])
    text = say(
        "concentration.one", language, **numbers, own_total=row["total"], total=total,
        own_share=percent(row["total"] / total, language, 1),
        without=percent(without, language, 1), all=percent(count / total, language, 1),
    )  # fmt: skip
    return [paragraph(text), notice(say("concentration.notice", language, what=what))]


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
    apart, last = (pairs["reading"] == "apart").sum(), len(ranked)
    blocks = [
        paragraph(say("ranks.pairs", language, n=last, pairs=len(pairs), apart=apart,
                      not_apart=len(pairs) - apart)),
        paragraph(say("ranks.ends", language, first=(ranked["rank_low"] == 1).sum(), last=last,
                      final=(ranked["rank_high"] == last).sum())),
    ]  # fmt: skip
    k = chances["k"].iloc[0]
    both = ranked.merge(chances[["unit_id", "best_probability", "worst_probability"]], on="unit_id")

    def named(row: dict) -> str:
        ends = {"low": row["rank_low"], "high": row["rank_high"], "n": last}
        unit = unit_name(row["unit_id"], units=units, language=language)
        one = row["rank_low"] == row["rank_high"]
        return say("ranks.unit.one" if one else "ranks.unit", language, unit=unit, **ends)

    found = False
    for side in ("best", "worst"):
        rows = both[both[f"{side}_probability"] >= CLEAR].sort_values("rank")
        if len(rows):
            names = _listed(rows, named, language)
            blocks.append(paragraph(say(f"ranks.{side}", language, k=k, names=names)))
            found = True
    if not found and chances["best_probability"].notna().any():
        blocks.append(paragraph(say("ranks.nobody", language, k=k)))
    return [*blocks, notice(say("ranks.notice", language))]


def case_mix(
    ratios: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> list[Block]:
    """Say who is late more or less often than the same work is elsewhere."""
    if ratios.empty:
        return []
    judged = ratios[ratios["low"].notna()]
    if judged.empty:
        return [paragraph(say("case_mix.few", language))]
    plain, outside = judged["outside_plain"].sum(), judged["outside"].sum()
    text = say("case_mix.summary", language, n=len(judged), plain=plain, outside=outside)
    blocks = [paragraph(text)]

    def named(row: dict) -> str:
        return say(
            "case_mix.unit", language, observed=row["observed"], expected=row["expected"],
            unit=unit_name(row["unit_id"], units=units, language=language),
            ratio=decimal(row["ratio"], language),
        )  # fmt: skip

    for side in ("high", "low"):
        rows = judged[judged["side"] == side].sort_values("p_value")
        if len(rows):
            names = _listed(rows, named, language)
            blocks.append(paragraph(say(f"case_mix.{side}", language, names=names)))
    if not outside:
        blocks.append(paragraph(say("case_mix.nobody", language)))
    for name in ("alone", "pooled"):
        dossiers = ratios[f"{name}_count"].sum()
        if dossiers > 0:
            blocks.append(paragraph(say(f"case_mix.{name}", language, **{name: dossiers})))
    return [*blocks, notice(say("case_mix.notice", language))]


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
    inside = (judged["low"].notna() & ~judged["outside"]).sum()
    undecided = (pairs["reading"] == "not_apart").sum()
    without = (judged["reading"] == "no_dossiers").sum()
    current = readings[readings["current"].astype(bool)]
    periods = current["period_count"].sum()
    lines = {
        "cannot.inside": inside and {"n": inside},
        "cannot.pairs": undecided and {"not_apart": undecided, "pairs": len(pairs)},
        "cannot.no_dossiers": without and {"n": without},
        "cannot.no_mix": ratios.empty and {},
        "cannot.no_series": current.empty and {},
        "cannot.short_series": len(current) and periods < 10 and {"n": periods},
        "cannot.cause": {},
    }
    said = [say(key, language, **v) for key, v in lines.items() if isinstance(v, dict)]
    items = "".join(f"<li>{escape(text)}</li>" for text in said)
    return [Block("text", f"<ul>{items}</ul>")]


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
    """Return the names of the first ten units, and how many more there are."""
    names: Iterable[str] = [named(row) for row in rows.head(_MOST_NAMES).to_dict("records")]
    shown, more = "; ".join(names), len(rows) - _MOST_NAMES
    return say("and_more_units", language, shown=shown, more=more) if more > 0 else shown
