"""Sentences on how long dossiers take, open ones counted as open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from cchc_analysis.display import Block, Language, notice, paragraph
from cchc_analysis.gazetteer import unit_name
from cchc_analysis.labels import capital, level_name
from cchc_analysis.narrative.evidence import counted, evidence
from cchc_analysis.wording import day, decimal, interval, named, percent, period, say

if TYPE_CHECKING:
    from cchc_analysis.timing import HazardFit

_MOST_LEVELS = 5
_GROUP = ["unit_id", "period_start_on", "period_end_on", "source"]


def durations(
    quantiles: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> list[Block]:
    """Say within how many days shares of each unit's dossiers were closed, and how many are open.

    Parameters
    ----------
    quantiles
        What :func:`~cchc_analysis.timing.time_quantiles` returned, one group for each unit
        and period.
    """
    if quantiles.empty:
        return []
    groups = quantiles.groupby(_GROUP, sort=False, dropna=False)
    blocks = [paragraph(_quantiles(group.to_dict("records"), units, language))
              for _, group in groups]  # fmt: skip
    return [*blocks, notice(say("timing.notice", language))]


def _quantiles(rows: list[dict], units: pd.DataFrame | None, language: Language) -> str:
    """Return the sentences on one group: the first names it, the others add a share each."""
    first, *others = rows
    ended = "result" if first["closed_count"] == first["result_count"] else "closed"
    last_on = first["period_end_on" if first["cohort"] == "observed" else "as_of"]
    n, still_open = first["dossier_count"], first["pending_count"]
    pending = say(
        "timing.pending.some" if still_open else "timing.pending.none", language, n=n,
        open=still_open, as_of=day(last_on, language),
    )  # fmt: skip
    opening = say(
        f"timing.{first['reading']}.{ended}", language, **_quantile(first, language),
        **_about(first, units, language), n=n, pending=pending,
    )  # fmt: skip
    further = [
        say(f"timing.further.{ended}" if row["reading"] == "reached" else
            f"timing.further.{row['reading']}", language, **_quantile(row, language))
        for row in others
    ]  # fmt: skip
    return " ".join([opening, *map(capital, further)])


def _about(row: dict, units: pd.DataFrame | None, language: Language) -> dict[str, str]:
    """Return unit, period and cohort in words."""
    return {
        "unit": capital(unit_name(row["unit_id"], units=units, language=language)),
        "period": period(row["period_start_on"], row["period_end_on"], language),
        "cohort": say(f"timing.cohort.{row['cohort']}", language),
    }


def _quantile(row: dict, language: Language) -> dict[str, str]:
    """Return a share, the days by which it was reached and their interval in words."""
    half = row["share"] == 0.5
    return {
        "share": say("timing.half", language) if half else percent(row["share"], language, 0),
        "within": _within(row["days"], row["day_kind"], language),
        "interval": _interval(row, language),
    }


def _interval(row: dict, language: Language) -> str:
    """Return the interval of a quantile; one without an upper end yet says so."""
    low, high = (decimal(row[name], language, 0) for name in ("low_days", "high_days"))
    if pd.isna(row["high_days"]):
        return say("timing.interval.open", language, low=low)
    if low == high:
        return say("timing.interval.same", language)
    return say("timing.interval", language, low=low, high=high)


def _within(days: float, kind: str, language: Language) -> str:
    """Return within how many days; the day of receipt and one day have words of their own."""
    if days == 0:
        return say("within.receipt", language)
    return say(f"within.{kind}.one" if days == 1 else f"within.{kind}", language, n=days)


def legal_time(
    shares: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> list[Block]:
    """Say what share of each unit's dossiers was finished by its own due day.

    Parameters
    ----------
    shares
        What :func:`~cchc_analysis.timing.share_by_legal_time` returned, one group for each
        unit and period.
    """
    blocks = []
    for row in shares.to_dict("records"):
        said = {**_about(row, units, language), "n": row["dossier_count"]}
        if row["reading"] not in ("known", "partly_known"):
            blocks.append(paragraph(say(f"legal_time.{row['reading']}", language, **said)))
            continue
        followed = say(
            f"legal_time.followed.{_followed(row)}", language,
            decided=row["decided_count"], n=row["dossier_count"],
        )  # fmt: skip
        text = say(
            "legal_time.share", language, share=percent(row["share"], language),
            limits=interval(row["low"], row["high"], language),
            late=percent(row["late_share"], language), followed=followed, **said,
        )  # fmt: skip
        beside = [
            say(f"legal_time.{name}", language, n=row[f"{name}_count"])
            for name in ("unknown", "undated")
            if row[f"{name}_count"] > 0
        ]
        if row["withdrawn_share"] > 0:
            share = percent(row["withdrawn_share"], language)
            beside = [say("legal_time.withdrawn", language, share=share), *beside]
        blocks.append(paragraph(" ".join([text, *beside])))
    return blocks


def _followed(row: dict) -> str:
    """Return whether all dossiers were followed, and what became of those that were not."""
    counted = row["dossier_count"] - row["unknown_count"] - row["undated_count"]
    if counted == row["dossier_count"]:
        return "some" if row["decided_count"] < counted else "all"
    return "some_left_out" if row["decided_count"] < counted else "left_out"


def cohorts(
    bias: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> list[Block]:
    """Say how the dossiers closed in a period mislead about how long dossiers take.

    Parameters
    ----------
    bias
        What :func:`~cchc_analysis.timing.cohort_bias` returned, one group for each unit and
        period.
    """
    return [
        paragraph(say(
            f"cohorts.sentence.{_told(row)}", language,
            unit=capital(unit_name(row["unit_id"], units=units, language=language)),
            period=period(row["period_start_on"], row["period_end_on"], language),
            received=_within(row["received_days"], row["day_kind"], language),
            closed=_within(row["closed_days"], row["day_kind"], language),
            low=decimal(row["received_low_days"], language, 0), open=row["pending_count"],
            n=row["received_count"],
        ))
        for row in bias.to_dict("records")
        if row["reading"] != "one_cohort"
    ]  # fmt: skip


def _told(row: dict) -> str:
    """Return what a reading says beyond its name: whether any are open, and for how long."""
    reading = row["reading"]
    if reading == "closed_shorter" and not row["pending_count"]:
        return "closed_shorter.none_open"
    unknown = reading == "not_reached" and pd.isna(row["received_low_days"])
    return "too_open" if unknown else reading


def hazard(fit: HazardFit, *, language: Language) -> list[Block]:
    """Say which dossiers are closed sooner or later than others, and what it does not mean."""
    if fit.reading != "fitted":
        return [paragraph(say(f"hazard.none.{fit.reading}", language)), *_at_fault(fit, language)]
    numbers = {"n": fit.dossiers, "closed": fit.closed, "clusters": fit.clusters}
    rows = fit.effects[fit.effects["reading"] == "estimated"]
    clear = rows[(rows["low"] > 1) | (rows["high"] < 1)]
    shown = clear[(clear["low"].round(2) > 1) | (clear["high"].round(2) < 1)]  # as printed
    top = shown.loc[shown["coefficient"].abs().nlargest(_MOST_LEVELS).index]
    blocks = [paragraph(say("hazard.population", language, **numbers))]
    blocks += [
        paragraph(say(
            "hazard.sooner" if row["hazard_ratio"] > 1 else "hazard.later", language,
            term=named("term", row["term"], language),
            level=level_name(row["term"], row["level"], language),
            reference=level_name(row["term"], row["reference"], language),
            **{name: decimal(row[name], language) for name in ("hazard_ratio", "low", "high")},
        ))
        for row in top.to_dict("records")
    ]  # fmt: skip
    others = {"further": len(clear) - len(top), "unclear": len(rows) - len(clear)}
    others = {name: n for name, n in others.items() if n}
    blocks += [paragraph(say(f"hazard.{name}", language, n=n)) for name, n in others.items()]
    if fit.weak:
        blocks.append(notice(say("hazard.weak", language, clusters=fit.clusters)))
    behind = evidence(counted("hazard", numbers | others, language), language)
    return [*blocks, notice(say("hazard.notice", language)), behind]


def _at_fault(fit: HazardFit, language: Language) -> list[Block]:
    """Name the groups for which there is no model."""
    return [
        paragraph(say(
            "hazard.at_fault", language,
            term=named("term", term, language), level=level_name(term, level, language),
        ))
        for term, level in fit.at_fault[:_MOST_LEVELS]
    ]  # fmt: skip
