"""Sentences on indices: averages of totals, what a rank is worth, scales, targets, plans."""

from __future__ import annotations

import pandas as pd

from cchc_analysis.components import score_group_name
from cchc_analysis.display import Block, Language, notice, paragraph
from cchc_analysis.gazetteer import unit_name
from cchc_analysis.labels import as_printed, capital, correlation, indicator_name, number_of
from cchc_analysis.narrative.evidence import evidence
from cchc_analysis.wording import decimal, percent, say, translated, whole

_FIRM = 1  # ranks: from first to last under other weights
_MOST_NAMES = 5


def mean_total(totals: pd.DataFrame, published: pd.DataFrame, *, language: Language) -> list[Block]:
    """Set the plain mean of the units' totals beside the total printed for the whole.

    Parameters
    ----------
    totals
        Estimates of ``qd766_score``, one row per unit, of one period.
    published
        Printed figures of the unit above them.
    """
    known = totals[totals["value"].notna()]
    if known.empty:
        return []
    mean = known["value"].mean()
    numbers = {"n": whole(len(known), language), "mean": decimal(mean, language)}
    blocks = [paragraph(say("mean_total", language, **numbers))]
    pairs = [(say("mean_total.count.n", language), numbers["n"]),
             (say("mean_total.count.mean", language), numbers["mean"])]  # fmt: skip
    same = (published["indicator"] == "qd766_score") & (published["kind"] == "result")
    same &= published["period_end_on"].isin(known["period_end_on"])
    for row in published[same & published["value"].notna()].to_dict("records"):
        printed = as_printed(row, language)
        near = abs(row["value"] - mean) <= _rounding(row) + 0.005 + 1e-9  # totals: hundredths
        key = "mean_total.same" if near else "mean_total.other"
        blocks.append(paragraph(say(key, language, printed=printed)))
        pairs.append((say("mean_total.count.printed", language), printed))
    return [*blocks, evidence(pairs, language)]


def rank_worth(
    ranks: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> list[Block]:
    """Say how many units could swap places under slightly other weights, and who could not."""
    rows = ranks[ranks["rank"].notna()]
    if len(rows) < 2:
        return []
    swapping, firm = rows[rows["swap_count"] > 0], rows[_width(rows) < _FIRM]
    numbers = {"n": len(rows), "swapping": len(swapping), "firm": len(firm)}
    text = say("rank_worth", language, **numbers)
    if len(firm) < len(rows):
        text += " " + _widest(rows[_width(rows) == _width(rows).max()], units, language)
    pairs = [(say(f"rank_worth.count.{name}", language), whole(number, language))
             for name, number in numbers.items()]  # fmt: skip
    return [paragraph(text), notice(say("rank_worth.notice", language)), evidence(pairs, language)]


def few_cases(
    few: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> list[Block]:
    """Say whose points rest on a handful of petitions or other cases."""
    rows = few[(few["largest_step"] >= 1) & (few["lost"] > 0)]
    blocks, pairs = [], []
    for row in rows.to_dict("records"):
        unit = unit_name(row["unit_id"], units=units, language=language)
        kind = say(f"cases.{row['cases']}", language)
        numbers = {
            "n": whole(row["denominator"], language), "lost": decimal(row["lost"], language),
            "maximum": decimal(row["maximum"], language),
            "step": decimal(row["largest_step"], language),
        }  # fmt: skip
        text = say("handful", language, unit=capital(unit), kind=kind, **numbers)
        blocks.append(paragraph(text))
        pairs.append((f"{capital(unit)}: {kind}", say("handful.fact", language, **numbers)))
    return [*blocks, evidence(pairs, language)] if pairs else []


def variance(shares: pd.DataFrame, *, language: Language) -> list[Block]:
    """Say which groups set totals apart, and which bring them closer, beside their points."""
    part = shares["variance_share"].round(12)
    sides = {"variance": shares[part > 0], "variance.against": shares[part < 0]}
    return [
        paragraph(say(key, language, names="; ".join(
            say("variance.group", language, group=score_group_name(row["indicator"], language),
                share=percent(row["variance_share"], language, 0),
                points=percent(row["maximum_share"], language, 0))
            for row in rows.to_dict("records")
        )))
        for key, rows in sides.items() if len(rows)
    ]  # fmt: skip


def twice(pairs: pd.DataFrame, estimates: pd.DataFrame, *, language: Language) -> list[Block]:
    """Say what is scored twice, and what is the same everywhere and so decides nothing."""
    blocks = [
        paragraph(
            say(
                "twice",
                language,
                what=row[language],
                first=indicator_name(row["first"], language),
                second=indicator_name(row["second"], language),
                r=decimal(row["pearson"], language, 5),
            )
        )
        for row in pairs[pairs["pearson"] > 0.99].to_dict("records")
    ]
    shares = estimates[estimates["unit_of_measure"] == "share"].dropna(subset="value")
    spread = shares.groupby("indicator")["value"].agg(["min", "max"])
    spread["units"] = shares.groupby("indicator")["unit_id"].nunique()
    alike = spread[(spread["min"] == spread["max"]) & (spread["units"] > 1)]
    facts = []
    for row in alike.itertuples():
        name = indicator_name(row.Index, language)
        told = {"n": whole(row.units, language), "share": percent(row.max, language)}
        blocks.append(paragraph(say("same_everywhere", language, name=name, **told)))
        facts.append((name, say("same_everywhere.fact", language, **told)))
    return [*blocks, evidence(facts, language)] if facts else blocks


def agreement(
    found: pd.DataFrame,
    high_low: pd.DataFrame,
    *,
    units: pd.DataFrame | None = None,
    language: Language,
) -> list[Block]:
    """Say how far the total and timeliness put units in the same order, and who shows it."""
    row = found.iloc[0]
    if pd.isna(row["tau_b"]):
        return []
    numbers = {
        "n": whole(row["unit_count"], language),
        "spearman": correlation(row["spearman"], language),
        "tau": correlation(row["tau_b"], language),
        "opposite": percent(row["opposite_share"], language, 0),
    }
    text = say("agreement", language, first=indicator_name(row["first"], language),
               second=indicator_name(row["second"], language), **numbers)  # fmt: skip
    if pd.notna(row["tau_low"]):
        numbers["low"] = correlation(row["tau_low"], language)
        numbers["high"] = correlation(row["tau_high"], language)
        covers = row["tau_low"] <= 0 <= row["tau_high"]
        key = "agreement.unclear" if covers else "agreement.clear"
        text += " " + say(key, language, low=numbers["low"], high=numbers["high"])
    blocks = [paragraph(text)]
    if len(high_low):
        names = "; ".join(
            say("agreement.unit", language, first=one["first_rank"], second=one["second_rank"],
                unit=unit_name(one["unit_id"], units=units, language=language))
            for one in high_low.head(_MOST_NAMES).to_dict("records")
        )  # fmt: skip
        blocks.append(paragraph(say("agreement.units", language, names=names)))
    pairs = [(say(f"agreement.count.{name}", language), text) for name, text in numbers.items()]
    return [*blocks, evidence(pairs, language)]


def index_scales(
    scores: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> list[Block]:
    """Say why printed index scores stand on scales of their own, and which breaks to mind."""
    if scores.empty:
        return []
    local = scores[(scores["index"] == "local_par") & scores["decision"].notna()]
    blocks = [paragraph(say("index_scales", language))]
    known = local[local["points"].notna() & local["share"].notna()]
    known = known[(known["verdict"] == "agrees") & (known["maximum"] != 100)]
    for row in known.to_dict("records"):
        blocks.append(paragraph(say(
            "index_scales.one", language, points=decimal(row["points"], language),
            unit=capital(unit_name(row["unit_id"], units=units, language=language)),
            maximum=number_of(row["maximum"], language), share=percent(row["share"], language),
            decision=row["decision"],
        )))  # fmt: skip
    return [*blocks, notice(say("index_scales.breaks", language))]


def targets(judged: pd.DataFrame, *, language: Language) -> list[Block]:
    """Say how many targets were attained, missed, open by chance, or have no figure."""
    if judged.empty:
        return []
    found = judged["reading"].value_counts()
    readings = ("attained", "within_chance", "missed", "no_figure")
    numbers = {name: whole(found.get(name, 0), language) for name in readings}
    n = whole(len(judged), language)
    pairs = [(say(f"target.{name}", language), number) for name, number in numbers.items()]
    pairs.append((say("targets.count", language), n))
    return [paragraph(say("targets", language, n=n, **numbers)), evidence(pairs, language)]


def plans(
    figures: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> list[Block]:
    """Say of each figure with a total how many of how many, in words that promise nothing."""
    counts = figures["value"].notna() & (figures["unit_of_measure"] != "percent")
    rows = figures[(figures["kind"] == "result") & figures["total"].notna() & counts]
    items = [
        say("plans.one", language, unit=capital(unit_name(row["unit_id"], units=units,
                                                          language=language)),
            indicator=indicator_name(row["indicator"], language).lower(),
            value=number_of(row["value"], language), total=number_of(row["total"], language),
            source=translated(row["source"], language))
        for row in rows.to_dict("records")
    ]  # fmt: skip
    return [paragraph(text) for text in items]


def _widest(rows: pd.DataFrame, units: pd.DataFrame | None, language: Language) -> str:
    """Say how far the ranks of the unit go that moves most, or of one that moves as far as any."""
    first = rows.iloc[0]
    return say(
        "rank_worth.widest" if len(rows) == 1 else "rank_worth.widest.one_of", language,
        rank=first["rank"], low=first["rank_low"], high=first["rank_high"],
        swaps=first["swap_count"],
        unit=unit_name(first["unit_id"], units=units, language=language),
    )  # fmt: skip


def _rounding(row: dict) -> float:
    """Return by how much a printed number may be off: half of its last digit."""
    return 0.5 * 10.0 ** -len(str(row["printed"]).partition(".")[2])


def _width(rows: pd.DataFrame) -> pd.Series:
    return rows["rank_high"] - rows["rank_low"]
