"""Sentences on printed figures: do they follow from themselves, can they be set side by side."""

from __future__ import annotations

import pandas as pd

from cchc_analysis.display import Block, Language, paragraph
from cchc_analysis.gazetteer import unit_name
from cchc_analysis.labels import (
    as_printed,
    capital,
    indicator_name,
    local_number,
    number_of,
    value,
)
from cchc_analysis.wording import (
    has_phrase,
    percent,
    period,
    say,
    translated,
    whole,
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
    blocks += [
        paragraph(
            say(
                f"pair.{row['verdict']}",
                language,
                source=translated(row["source"], language),
                first=local_number(row["first_printed"], language),
                second=local_number(row["second_printed"], language),
                sum=local_number(row["sum_printed"], language),
            )
        )
        for row in pairs.to_dict("records")
        if has_phrase(f"pair.{row['verdict']}", language)
    ]
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
    return blocks


def checked_share(rounding: pd.DataFrame, *, language: Language) -> list[Block]:
    """Say how many printed percentages follow from their own counts."""
    if rounding.empty:
        return []
    found = rounding["verdict"].value_counts()
    return [
        paragraph(
            say(
                "checked",
                language,
                n=len(rounding),
                agrees=found.get("agrees", 0),
                truncation=found.get("only_truncation", 0),
                ceiling=found.get("only_ceiling", 0),
                last=found.get("last_digit", 0),
                disagrees=found.get("disagrees", 0),
            )
        )
    ]


def sums(
    checked: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> list[Block]:
    """Say which sums hold among the printed figures, and how the dossiers of sub-units add."""
    if checked.empty:
        return []
    found = checked["verdict"].value_counts()
    added = [_sum_below(row, checked, language, units) for row in _totals_below(checked)]
    return [
        paragraph(
            say(
                "sums",
                language,
                n=len(checked),
                holds=found.get("holds", 0),
                others=len(checked) - found.get("holds", 0),
            )
        ),
        *added,
    ]


def form_sums(checked: pd.DataFrame, *, language: Language) -> list[Block]:
    """Say how many of the sums that form II.06 must meet hold, and how large the gaps are."""
    if checked.empty:
        return []
    gaps = checked.loc[checked["verdict"] != "holds", "gap"].abs()
    key = "form_sums.all" if gaps.empty else "form_sums.some"
    largest = 0 if gaps.empty else whole(gaps.max(), language)
    return [paragraph(say(key, language, n=len(checked), others=len(gaps), largest=largest))]


def _totals_below(checked: pd.DataFrame) -> list[dict]:
    """Return the sums of dossiers received by the units below another."""
    totals = checked["identity"].str.contains("sub_units_.*in_time_share_denominator")
    return checked[totals].to_dict("records")


def _sum_below(
    row: dict, checked: pd.DataFrame, language: Language, units: pd.DataFrame | None
) -> Block:
    """Say how the dossiers of the units below add up, received and in time."""
    same = checked["identity"] == row["identity"].replace("denominator", "numerator")
    for name in ("unit_id", "period_start_on", "period_end_on", "source"):
        same &= checked[name].isin([row[name]])  # a date not stated equals itself
    counts = checked[same].iloc[0]
    verdicts = {row["verdict"], counts["verdict"]}
    verdict = next(name for name in ("fails", "short", "holds") if name in verdicts)
    return paragraph(
        say(
            f"sums.{verdict}",
            language,
            unit=capital(unit_name(row["unit_id"], units=units, language=language)),
            n=row["parts_count"],
            period=period(row["period_start_on"], row["period_end_on"], language),
            total=row["left"],
            printed=row["right"],
            count=counts["left"],
            printed_count=counts["right"],
        )
    )


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
    blocks = [
        paragraph(
            say(
                "averages",
                language,
                count=count,
                total=total,
                pooled=percent(count / total, language),
                mean=percent((known["count"] / known["total"]).mean(), language),
                n=len(known),
            )
        )
    ]
    same = published["kind"] == "result"
    for name in ("indicator", "period_start_on", "period_end_on"):
        same &= published[name].isin(known[name])
    blocks += [
        paragraph(
            say(
                "averages.printed",
                language,
                source=translated(row["source"], language),
                printed=as_printed(row, language),
                unit=unit_name(row["unit_id"], units=units, language=language),
            )
        )
        for row in published[same & published["printed"].notna()].to_dict("records")
    ]
    return blocks


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
    reasons = []
    if estimates["indicator"].nunique() > 1:
        reasons.append(say("no_ranking.meanings", language, meanings="; ".join(meanings)))
    if len(periods) > 1:
        reasons.append(
            say(
                "no_ranking.periods",
                language,
                periods="; ".join(periods),
                without=estimates["total"].isna().sum(),
                n=len(estimates),
            )
        )
    if not reasons:
        return []
    return [paragraph(text) for text in [*reasons, say("no_ranking.conclusion", language)]]


def _rounding_sentence(row: dict, language: Language, units: pd.DataFrame | None) -> Block:
    return paragraph(
        say(
            f"rounding.{row['verdict']}",
            language,
            unit=capital(unit_name(row["unit_id"], units=units, language=language)),
            indicator=indicator_name(row["indicator"], language).lower(),
            count=number_of(row["numerator"], language),
            total=number_of(row["denominator"], language),
            exact=percent(row["exact_share"], language),
            printed=local_number(row["printed"], language),
            source=translated(row["source"], language),
        )
    )
