"""Sentences on printed figures: do they follow from themselves, can they be set side by side."""

from __future__ import annotations

import pandas as pd

from cchc_analysis.display import Block, Language, paragraph
from cchc_analysis.gazetteer import unit_name
from cchc_analysis.labels import (
    as_printed,
    capital,
    exact_percent,
    indicator_name,
    local_number,
    number_of,
    value,
)
from cchc_analysis.narrative.evidence import counted, evidence
from cchc_analysis.wording import (
    has_phrase,
    percent,
    period,
    say,
    translated,
)


def reconciliation(
    rounding: pd.DataFrame,
    pairs: pd.DataFrame,
    remainder: pd.DataFrame,
    *,
    language: Language,
    units: pd.DataFrame | None = None,
) -> list[Block]:
    """Say of each printed percentage whether it follows from the counts printed beside it."""
    blocks = [_rounding_sentence(row, language, units) for row in rounding.to_dict("records")]
    said = [row for row in pairs.to_dict("records")
            if has_phrase(f"pair.{row['verdict']}", language)]  # fmt: skip
    blocks += [_pair_sentence(row, language) for row in said]
    keys = ["unit_id", "source", "total"]
    for (unit_id, source, total), group in remainder.groupby(keys, sort=False, dropna=False):
        low, high = group.set_index("habit")["low"], group.set_index("habit")["high"]
        if {"half_up", "any"} <= set(low.dropna().index):
            blocks.append(
                paragraph(
                    say(
                        "remainder",
                        language,
                        source=translated(source, language),
                        total=total,
                        unit=capital(unit_name(unit_id, units=units, language=language)),
                        low=low["half_up"],
                        high=high["half_up"],
                        lowest=low["any"],
                        highest=high["any"],
                    )
                )
            )
    totals = [(f"{pair['first']} + {pair['second']}", pair["sum"])
              for pair in (_pair(row, language) for row in said)]  # fmt: skip
    return [*blocks, evidence(totals, language)] if totals else blocks


def _pair_sentence(row: dict, language: Language) -> Block:
    source = translated(row["source"], language)
    return paragraph(say(f"pair.{row['verdict']}", language, source=source, **_pair(row, language)))


def _pair(row: dict, language: Language) -> dict[str, str]:
    """Return two printed percentages and their sum."""
    return {
        name: local_number(row[f"{name}_printed"], language) for name in ("first", "second", "sum")
    }


def checked_share(rounding: pd.DataFrame, *, language: Language) -> list[Block]:
    """Say how many printed percentages follow from their own counts."""
    if rounding.empty:
        return []
    found = rounding["verdict"].value_counts()
    numbers = {
        "n": len(rounding),
        "agrees": found.get("agrees", 0),
        "truncation": found.get("only_truncation", 0),
        "ceiling": found.get("only_ceiling", 0),
        "last": found.get("last_digit", 0),
        "disagrees": found.get("disagrees", 0),
    }
    return [
        paragraph(say("checked", language, **numbers)),
        evidence(counted("checked", numbers, language), language),
    ]


def sums(
    checked: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> list[Block]:
    """Say which sums hold among the printed figures, and how the dossiers of sub-units add."""
    if checked.empty:
        return []
    holds = (checked["verdict"] == "holds").sum()
    numbers = {"n": len(checked), "holds": holds, "others": len(checked) - holds}
    below = [_sum_below(row, checked, language, units) for row in _totals_below(checked)]
    counts = [
        (f"{told['unit']}, {told['period']}", say("sums.count.below", language, **told))
        for _, told in below
    ]
    return [
        paragraph(say("sums", language, **numbers)),
        *(paragraph(say(f"sums.{verdict}", language, **told)) for verdict, told in below),
        evidence([*counted("sums", numbers, language), *counts], language),
    ]


def form_sums(checked: pd.DataFrame, *, language: Language) -> list[Block]:
    """Say how many of the sums that form II.06 must meet hold, and how large the gaps are."""
    if checked.empty:
        return []
    gaps = checked.loc[checked["verdict"] != "holds", "gap"].abs()
    key = "form_sums.all" if gaps.empty else "form_sums.some"
    numbers = {"n": len(checked), "others": len(gaps)}
    if len(gaps):
        numbers["largest"] = gaps.max()
    return [
        paragraph(say(key, language, **numbers)),
        evidence(counted("form_sums", numbers, language), language),
    ]


def _totals_below(checked: pd.DataFrame) -> list[dict]:
    """Return the sums of dossiers received by the units below another."""
    totals = checked["identity"].str.contains("sub_units_.*in_time_share_denominator")
    return checked[totals].to_dict("records")


def _sum_below(
    row: dict, checked: pd.DataFrame, language: Language, units: pd.DataFrame | None
) -> tuple[str, dict[str, str | float]]:
    """Return whether the dossiers of the units below add up, received and in time, and how."""
    same = checked["identity"] == row["identity"].replace("denominator", "numerator")
    for name in ("unit_id", "period_start_on", "period_end_on", "source"):
        same &= checked[name].isin([row[name]])  # a date not stated equals itself
    counts = checked[same].iloc[0]
    verdicts = {row["verdict"], counts["verdict"]}
    verdict = next(name for name in ("fails", "short", "holds") if name in verdicts)
    told = {
        "unit": capital(unit_name(row["unit_id"], units=units, language=language)),
        "n": row["parts_count"],
        "period": period(row["period_start_on"], row["period_end_on"], language),
        "total": row["left"],
        "printed": row["right"],
        "count": counts["left"],
        "printed_count": counts["right"],
    }
    return verdict, told


def two_averages(
    compared: pd.DataFrame,
    published: pd.DataFrame,
    *,
    units: pd.DataFrame | None = None,
    language: Language,
) -> list[Block]:
    """Set the share of all dossiers beside the plain mean of the units' shares.

    ``published`` may hold the figure that is printed for the unit above them, which may cover
    more than the units compared.
    """
    known = compared[compared["total"] > 0]
    if len(known) < 2:
        return []
    count, total = known["count"].sum(), known["total"].sum()
    numbers = {
        "n": len(known),
        "count": count,
        "total": total,
        "pooled": percent(count / total, language),
        "mean": percent((known["count"] / known["total"]).mean(), language),
    }
    same = published["kind"] == "result"
    for name in ("indicator", "period_start_on", "period_end_on"):
        same &= published[name].isin(known[name])
    above = [
        {
            "source": translated(row["source"], language),
            "unit": unit_name(row["unit_id"], units=units, language=language),
            "printed": as_printed(row, language),
        }
        for row in published[same & published["printed"].notna()].to_dict("records")
    ]
    counts = [
        *counted("averages", numbers, language),
        *((f"{capital(row['unit'])} ({row['source']})", row["printed"]) for row in above),
    ]
    return [
        paragraph(say("averages", language, **numbers)),
        *(paragraph(say("averages.printed", language, **row)) for row in above),
        evidence(counts, language),
    ]


def no_ranking(
    estimates: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> list[Block]:
    """Say why printed shares of several units cannot be set in one order.

    Only what the figures show is said: nothing where indicator and period are the same.
    """
    if estimates["unit_id"].nunique() < 2:
        return []
    meanings = [
        f"{indicator_name(row['indicator'], language)}: {value(row, language)} "
        f"({unit_name(row['unit_id'], units=units, language=language)})"
        for row in estimates.to_dict("records")
    ]
    ends = estimates[["period_start_on", "period_end_on"]].drop_duplicates()
    periods = [period(start, end, language) for start, end in ends.itertuples(index=False)]
    reasons, counts = [], []
    if estimates["indicator"].nunique() > 1:
        reasons.append(say("no_ranking.meanings", language, meanings="; ".join(meanings)))
    if len(periods) > 1:
        numbers = {"n": len(estimates), "without": estimates["total"].isna().sum()}
        reasons.append(say("no_ranking.periods", language, periods="; ".join(periods), **numbers))
        counts = [evidence(counted("no_ranking", numbers, language), language)]
    if not reasons:
        return []
    said = [*reasons, say("no_ranking.conclusion", language)]
    return [*map(paragraph, said), *counts]


def _rounding_sentence(row: dict, language: Language, units: pd.DataFrame | None) -> Block:
    return paragraph(
        say(
            f"rounding.{row['verdict']}",
            language,
            unit=capital(unit_name(row["unit_id"], units=units, language=language)),
            indicator=indicator_name(row["indicator"], language).lower(),
            count=number_of(row["numerator"], language),
            total=number_of(row["denominator"], language),
            exact=exact_percent(row, language),
            printed=local_number(row["printed"], language),
            source=translated(row["source"], language),
        )
    )
