"""The key figures that pages open with, against targets where one is on record."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

import pandas as pd

from cchc_analysis.catalogue import indicator
from cchc_analysis.display import Block, Language, card, cards, facts, heading
from cchc_analysis.labels import (
    as_printed,
    correlation,
    indicator_name,
    is_simulated,
    level_name,
    number_of,
    sources,
    target_document,
    target_value,
    value,
    year_or_period,
)
from cchc_analysis.narrative.drivers import in_few_units
from cchc_analysis.narrative.strength import of_difference
from cchc_analysis.wording import (
    NONE,
    day,
    decimal,
    interval,
    named,
    percent,
    period,
    say,
    translated,
    whole,
)

if TYPE_CHECKING:
    from cchc_analysis.drivers import DriverFit

_RATES = ("on_time_rate", "late_rate", "overdue_backlog", "online_share")
_MAIN = (
    "resolved_count",
    "received_count",
    "on_time_rate",
    "early_rate",
    "due_day_rate",
    "late_rate",
    "online_share",
    "local_par_index",
    "qd766_in_time_share",
    "qd766_score",
    "qd766_score_tdgq",
    "qd766_petition_processing_on_time",
    "qd766_pay_dossiers",
    "qd766_so_hoa_giay_to_giai_quyet",
    "digitised_in_out_share",
    "one_stop_procedures_share",
    "interagency_procedures_share",
    "e_documents_signed_share",
    "full_online_share",
)
_MOST = 6
_MEETS = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt}


def glance(
    rates: pd.DataFrame, published: pd.DataFrame, targets: pd.DataFrame, *, language: Language
) -> list[Block]:
    """Show at most six main figures: computed ones first, then the latest printed ones.

    A figure says which target applies to it, where one is on record, and whether it meets
    it. Targets for which there is no figure come last, where there is room.

    Parameters
    ----------
    rates
        Estimates computed from the unit's dossiers or forms.
    published
        Printed figures of the unit.
    targets
        What :func:`~cchc_analysis.scorecards.attainment` returned; those of other units are
        left out.
    """
    own = targets["unit_id"].isin([*rates["unit_id"], *published["unit_id"]])
    targets = targets[own]
    computed = rates[rates["indicator"].isin(_RATES) & rates["value"].notna()]
    shown = [_computed_card(row, targets, language) for row in computed.to_dict("records")]
    latest = _latest(published).head(_MOST - len(shown))
    origins = list(dict.fromkeys(_origin(row, language) for row in latest.to_dict("records")))
    together = len(origins) == 1 < len(latest)
    shown += [
        _printed_card(row, targets, "" if together else _origin(row, language), language)
        for row in latest.to_dict("records")
    ]
    order = targets["indicator"].map({name: place for place, name in enumerate(_MAIN)})
    without = targets.loc[order.sort_values(kind="stable").index]
    without = without[without["reading"] == "no_figure"].head(_MOST - len(shown))
    shown += [
        card(indicator_name(row["indicator"], language), NONE, "", targets=[_target(row, language)])
        for row in without.to_dict("records")
    ]
    blocks = _opening(shown, language)
    return [*blocks, facts([(say("glance.origin", language), origins[0])])] if together else blocks


def comparison_glance(judged: pd.DataFrame, *, language: Language) -> list[Block]:
    """Show how many units are compared, their share together, its range, and who stands out.

    Parameters
    ----------
    judged
        What :func:`~cchc_analysis.comparison.funnel` returned.
    """
    known = judged[judged["value"].notna() & (judged["total"] > 0)]
    if len(known) < 2:
        return []
    count, total = known["count"].sum(), known["total"].sum()
    values = known["value"]
    sides = known["side"].value_counts()
    low, high = sides.get("low", 0), sides.get("high", 0)
    shown = [
        _card("units", whole(len(known), language), language, others=len(judged) - len(known)),
        card(
            indicator_name(known["indicator"].iloc[0], language),
            percent(count / total, language),
            say("glance.together", language, count=count, total=total),
        ),
        _card("range", say("range", language, low=percent(values.min(), language),
                           high=percent(values.max(), language)), language,
              median=percent(values.median(), language)),
    ]  # fmt: skip
    if known["low"].notna().any():
        shown.append(_card("outside", whole(low + high, language), language, low=low, high=high))
    return _opening(shown, language)


def drivers_glance(fit: DriverFit, *, language: Language) -> list[Block]:
    """Show the late share, and how many levels go with it more or less than their reference.

    Parameters
    ----------
    fit
        What :func:`~cchc_analysis.drivers.late_drivers` returned, small levels left out where
        asked; nothing is shown where there is no model. Levels in fewer than 6 units, or
        against a reference in fewer, are not counted as clear: their intervals are too
        narrow.
    """
    if fit.model is None:
        return []
    known = fit.effects[fit.effects["effect_low"].notna() & fit.effects["count"].notna()]
    ends = known[["effect_low", "effect_high"]].itertuples(index=False)
    clear = known[[of_difference(low, high) == "clear" for low, high in ends]]
    clear = clear[~in_few_units(fit.effects)[clear.index]]
    shown = [
        _card("late", percent(fit.late / fit.dossiers, language), language, late=fit.late,
              n=fit.dossiers, rule=named("rule", fit.rule, language)),
        _card("clusters", whole(fit.clusters, language), language, n=len(fit.small_clusters)),
        _card("clear", _of(len(clear), len(known), language), language),
    ]  # fmt: skip
    if len(clear):
        row = clear.loc[clear["effect"].abs().idxmax()]
        told = {name: _points(row[f"effect_{name}"], language) for name in ("low", "high")}
        told |= {name: level_name(row["term"], row[name], language)
                 for name in ("level", "reference")}  # fmt: skip
        term = named("term", row["term"], language)
        shown.append(_card("largest", _points(row["effect"], language), language,
                           term=term, **told))  # fmt: skip
    return _opening(shown, language)


def printed_glance(
    printed: pd.DataFrame,
    rounding: pd.DataFrame,
    all_rounding: pd.DataFrame,
    sums: pd.DataFrame,
    *,
    language: Language,
) -> list[Block]:
    """Show how many figures are on the page, and how many follow from what is printed beside.

    Parameters
    ----------
    printed
        Printed figures of the page.
    rounding, all_rounding
        What :func:`~cchc_analysis.reconciliation.check_rounding` returned of them, and of
        all printed figures.
    sums
        What :func:`~cchc_analysis.reconciliation.check_sums` returned of all.
    """
    if printed.empty:
        return []
    origins = {"units": printed["unit_id"].nunique(), "sources": printed["source"].nunique()}
    shown = [_card("printed", whole(len(printed), language), language, **origins)]
    for name, checked, good in (
        ("agrees", rounding, "agrees"), ("agrees_all", all_rounding, "agrees"),
        ("holds", sums, "holds"),
    ):  # fmt: skip
        if len(checked):
            text = _of((checked["verdict"] == good).sum(), len(checked), language)
            shown.append(_card(name, text, language))
    return _opening(shown, language)


def indices_glance(
    totals: pd.DataFrame,
    ranks: pd.DataFrame,
    agreement: pd.DataFrame,
    targets: pd.DataFrame,
    *,
    unit_id: str,
    language: Language,
) -> list[Block]:
    """Show the mean total, how firm ranks are, how far two orders agree, targets and their figures.

    Parameters
    ----------
    totals
        Estimates of ``qd766_score``, one row per unit.
    ranks, agreement, targets
        What ``perturbed_ranks``, ``agreement`` and ``attainment`` of
        :mod:`cchc_analysis.scorecards` returned.
    unit_id
        The unit above them, whose own figures are shown against their targets.
    """
    known, ranked = totals["value"].dropna(), ranks[ranks["rank"].notna()]
    judged = targets[targets["reading"] != "no_figure"]
    shown = []
    if len(known):
        shown.append(_card("mean", decimal(known.mean(), language), language, n=len(known)))
    if len(ranked):
        text = _of((ranked["swap_count"] > 0).sum(), len(ranked), language)
        shown.append(_card("swaps", text, language))
    for row in agreement[agreement["spearman"].notna()].to_dict("records"):
        text = correlation(row["spearman"], language)
        names = {name: indicator_name(row[name], language) for name in ("first", "second")}
        shown.append(_card("agreement", text, language, n=row["unit_count"], **names))
    if len(judged):
        found = judged["reading"].value_counts()
        text = _of(found.get("attained", 0), len(judged), language)
        shown.append(_card("targets", text, language, missed=found.get("missed", 0),
                           unsure=found.get("within_chance", 0)))  # fmt: skip
    own = judged[judged["unit_id"] == unit_id].head(_MOST - len(shown))
    shown += [_judged_card(row, language) for row in own.to_dict("records")]
    return _opening(shown, language)


def _opening(shown: list[str], language: Language) -> list[Block]:
    """Return the section of the key figures; nothing without any."""
    return [heading(say("section.glance", language)), cards(shown)] if shown else []


def _card(name: str, text: str, language: Language, **told: str | float) -> str:
    """Return a card named and explained by the phrases ``glance.<name>`` and ``.note``."""
    note = say(f"glance.{name}.note", language, **told)
    return card(say(f"glance.{name}", language), text, note)


def _of(count: int, total: int, language: Language) -> str:
    return f"{whole(count, language)}/{whole(total, language)}"


def _points(share: float, language: Language) -> str:
    """Return a difference in percentage points with its sign, with one decimal as in the table."""
    text = decimal(abs(share) * 100, language, 1)
    if text == decimal(0, language, 1):
        return text
    return ("−" if share < 0 else "+") + text


def _latest(published: pd.DataFrame) -> pd.DataFrame:
    """Return the latest printed result of each main indicator, in their order."""
    shown = published[published["indicator"].isin(_MAIN) & (published["kind"] == "result")]
    shown = shown.assign(order=shown["indicator"].map(_MAIN.index))
    dated = shown.sort_values(["order", "period_end_on"], kind="stable", na_position="first")
    return dated.groupby("order").tail(1)


def _computed_card(row: dict, targets: pd.DataFrame, language: Language) -> str:
    key = "card.simulated" if is_simulated([row["source"]]) else "card.computed"
    rule = named("rule", row["rule"], language)
    note = say(key, language, count=row["count"], total=row["total"], rule=rule,
               interval=interval(row["low"], row["high"], language))  # fmt: skip
    own = _own(targets, row)
    said = [_target(target, language) for target in own.to_dict("records")]
    if said:  # no target on record says how its dossiers are to be counted
        said.append(say("glance.target.rule", language))
    name = indicator_name(row["indicator"], language)
    return card(name, percent(row["value"], language), note, targets=said)


def _printed_card(row: dict, targets: pd.DataFrame, origin: str, language: Language) -> str:
    note = ". ".join(filter(None, [_whole_of(row, language), origin]))
    shown = as_printed(row, language)
    if pd.isna(row["printed"]) and row["denominator"] > 0:
        shown = percent(row["numerator"] / row["denominator"], language)
    own = _own(targets, {**row, "rule": "as_published"})
    own = own[[source.startswith(row["source"]) for source in own["figure_source"]]]
    said = [_target(target, language) for target in own.to_dict("records")]
    return card(indicator_name(row["indicator"], language), shown, note, targets=said)


def _whole_of(row: dict, language: Language) -> str:
    """Return the counts printed beside a figure, or the top of its scale; '' without either."""
    counts = [row[name] for name in ("numerator", "denominator")]
    if not any(map(pd.isna, counts)):
        return "/".join(number_of(count, language) for count in counts)
    maximum = indicator(row["indicator"]).maximum
    return say("glance.of", language, maximum=maximum) if maximum else ""


def _judged_card(row: dict, language: Language) -> str:
    """Return a printed figure that was held against its target."""
    note = say("card.printed", language, source=sources([row["figure_source"]], language),
               period=period(row["period_start_on"], row["period_end_on"], language))  # fmt: skip
    name = indicator_name(row["indicator"], language)
    return card(name, value(row, language), note, targets=[_target(row, language)])


def _origin(row: dict, language: Language) -> str:
    """Return who printed a figure, and of which period it is."""
    return say("card.printed", language, source=translated(row["source"], language),
               period=period(row["period_start_on"], row["period_end_on"], language))  # fmt: skip


def _own(targets: pd.DataFrame, row: dict) -> pd.DataFrame:
    """Return the targets held against one figure: of its indicator, period and rule."""
    same = targets["reading"] != "no_figure"
    for name in ("indicator", "period_start_on", "period_end_on", "rule"):
        same &= targets[name] == row[name]
    return targets[same]


def _target(row: dict, language: Language) -> str:
    """Say which target is set, by which document, and whether the figure meets it."""
    return say(
        "glance.target", language, target=target_value(row, language),
        span=year_or_period(row["valid_from"], row["valid_to"], language),
        document=target_document(row, language), reading=_reading(row, language),
    )  # fmt: skip


def _reading(row: dict, language: Language) -> str:
    """Say whether a figure meets its target.

    Over the whole time of a target its exact counts decide, and an interval of chance that
    holds the target speaks of another such period only. Before that, or without counts,
    nothing is said of a target inside the interval.
    """
    key, text = row["reading"], ""
    counted = row["unit_of_measure"] == "share" and row["total"] > 0 and row["count"] >= 0
    if key == "within_chance" and row["whole_time"] and counted:
        met = _MEETS[row["comparison"]](row["count"] / row["total"], row["target"])
        key = "attained" if met else "missed"
        if row["bounds"] == "confidence":
            text = say(f"glance.counted.{key}", language)
    elif key == "within_chance":
        bounds = "chance" if row["bounds"] == "confidence" else "rounding"
        text = say(f"glance.open.{bounds}", language)
    text = text or say(f"target.{key}", language)
    if key == "no_figure" or row["whole_time"]:
        return text
    days = {"until": row["period_end_on"], "end": row["valid_to"]}
    told = {name: day(date, language) for name, date in days.items()}
    return say("glance.so_far", language, reading=text, **told)
