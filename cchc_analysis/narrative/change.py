"""Sentences on change: two periods by unit, a unit's months, what a difference is made of."""

from __future__ import annotations

import pandas as pd

from cchc_analysis.display import Block, Language, notice, paragraph
from cchc_analysis.gazetteer import unit_name
from cchc_analysis.labels import capital, component_name, indicator_name, signed_points
from cchc_analysis.narrative.comparison import missed_name
from cchc_analysis.narrative.evidence import counted, evidence
from cchc_analysis.narrative.strength import of_difference, of_series
from cchc_analysis.wording import day, named, percent, period, say

_MOST_NAMES = 10
_PARTS = ("mix", "rate", "pending", "entry", "exit")


def two_periods(
    changes: pd.DataFrame,
    published: pd.DataFrame,
    *,
    units: pd.DataFrame | None = None,
    language: Language,
) -> list[Block]:
    """Say how many units changed by more than chance, and whether the later period was open.

    Parameters
    ----------
    changes
        What :func:`~cchc_analysis.change.compare_periods` returned.
    published
        Printed figures that the changes may rest on: they tell when a period was read.
    """
    both = changes[changes["reading"] != "one_period"]
    if both.empty:
        return []
    first, clear = both.iloc[0], both[_clear(both)]
    sides = _sides(both.sum(numeric_only=True), language)
    numbers = {
        "n": len(both), "clear": len(clear), "not_clear": len(both) - len(clear),
        **{name: (both["reading"] == name).sum() for name in ("up", "down")},
    }  # fmt: skip
    blocks = [
        paragraph(say(
            "change.total", language, indicator=indicator_name(first["indicator"], language),
            **sides, **_dates(first, language),
        )),
        paragraph(say("change.units" if len(clear) else "change.none", language, **numbers)),
    ]  # fmt: skip
    for reading in ("up", "down"):
        names = _clearest(clear[clear["reading"] == reading], units, language)
        if names:
            blocks.append(paragraph(say(f"change.names.{reading}", language, names=names)))
    apart = len(changes) - len(both)
    if apart:
        blocks.append(paragraph(say("change.one_period", language, n=apart)))
        numbers["apart"] = apart
    return [
        *blocks,
        *_open(first, published, language),
        notice(say("change.notice", language)),
        evidence(counted("change", sides | numbers, language), language),
    ]


def _clearest(rows: pd.DataFrame, units: pd.DataFrame | None, language: Language) -> str:
    """Return the ten units whose intervals lie farthest from 0, and how many there are; or ''."""
    if rows.empty:
        return ""
    nearest = rows[["low", "high"]].abs().min(axis=1)
    names = [
        say("change.unit", language,
            unit=unit_name(row["unit_id"], units=units, language=language),
            before=percent(row["before_value"], language),
            after=percent(row["after_value"], language))
        for row in rows.loc[nearest.nlargest(_MOST_NAMES).index].to_dict("records")
    ]  # fmt: skip
    said = "; ".join(names)
    if len(rows) > len(names):
        return say("and_more_units", language, shown=said, n=len(rows))
    return said


def _open(first: pd.Series, published: pd.DataFrame, language: Language) -> list[Block]:
    """Warn where the later period was read before it was over, if open dossiers flatter it."""
    same = published["indicator"] == "qd766_in_time_share"
    same &= published["indicator"] == first["indicator"]
    for name in ("start_on", "end_on"):
        same &= published[f"period_{name}"] == first[f"after_{name}"]
    read_on = pd.to_datetime(published.loc[same, "source_on"], format="%Y-%m-%d", errors="coerce")
    latest = read_on.max()
    if pd.isna(latest) or latest > first["after_end_on"]:
        return []
    return [notice(say("change.open", language, read_on=day(latest, language)))]


def periods(
    checked: pd.DataFrame,
    readings: pd.DataFrame,
    changes: pd.DataFrame,
    unit_id: str,
    *,
    units: pd.DataFrame | None = None,
    language: Language,
) -> list[Block]:
    """Warn where a unit's printed periods do not add up, and where a closed one moved.

    Only what concerns the two periods of ``changes`` is said.

    Parameters
    ----------
    checked, readings
        What :func:`~cchc_analysis.reconciliation.check_periods` and
        :func:`~cchc_analysis.reconciliation.check_readings` returned, of the unit and of
        those below it.
    changes
        What :func:`~cchc_analysis.change.compare_periods` returned.
    unit_id
        The unit itself.
    """
    if changes.empty:
        return []
    first = changes.iloc[0]
    same = checked["indicator"] == first["indicator"]
    for ours, theirs in (("first", "before"), ("second", "after")):
        for name in ("start_on", "end_on"):
            same &= checked[f"{ours}_{name}"] == first[f"{theirs}_{name}"]
    exceeding = checked[same & (checked["parts_rest"] > checked["rest"])]
    name = capital(unit_name(unit_id, units=units, language=language))
    blocks, counts = [], []
    for row in exceeding[exceeding["unit_id"] == unit_id].to_dict("records"):
        whole = checked[same & (checked["unit_id"] != unit_id)]
        whole = whole[whole["period_start_on"] == row["period_start_on"]]
        told = {
            "what": missed_name(row["indicator"], language),
            "first": period(row["first_start_on"], row["first_end_on"], language),
            "second": period(row["second_start_on"], row["second_end_on"], language),
            "period": period(row["period_start_on"], row["period_end_on"], language),
            "parts": row["parts_rest"], "whole": row["rest"], "n": len(whole),
            "below": (whole["parts_rest"] > whole["rest"]).sum(),
        }  # fmt: skip
        blocks.append(notice(say("periods.exceeds", language, unit=name, **told)))
        counts.append(_named("periods.count", told, language))
    for told in _moved(readings, first, unit_id, language):
        blocks.append(notice(say("readings.moved", language, unit=name, **told)))
        counts.append(_named("readings.count", told, language))
    return [*blocks, evidence(counts, language)] if counts else []


def _named(key: str, told: dict[str, str | float], language: Language) -> tuple[str, str]:
    """Return the name of a fact and what it says."""
    return capital(say(key, language, **told)), say(f"{key}.value", language, **told)


def _moved(
    readings: pd.DataFrame, first: pd.Series, unit_id: str, language: Language
) -> list[dict[str, str | float]]:
    """Return where the dossiers received in a period that was over changed later."""
    same = readings["period_start_on"].isin([first["before_start_on"], first["after_start_on"]])
    same &= readings["period_end_on"].isin([first["before_end_on"], first["after_end_on"]])
    own = readings[same & (readings["unit_id"] == unit_id) & (readings["verdict"] == "moved")]
    found = []
    for row in own.to_dict("records"):
        below = readings[same & (readings["unit_id"] != unit_id)]
        below = below[below["period_start_on"] == row["period_start_on"]]
        told = {
            "n": len(below),
            "period": period(row["period_start_on"], row["period_end_on"], language),
            "first": row["first_total"], "last": row["last_total"],
            "first_on": day(row["first_on"], language), "last_on": day(row["last_on"], language),
            "below": (below["verdict"] == "moved").sum(),
        }  # fmt: skip
        found.append(told)
    return found


def monitor(chart: pd.DataFrame, readings: pd.DataFrame, *, language: Language) -> list[Block]:
    """Say of a unit's months whether they change and whether they will meet the target."""
    if not chart["value"].notna().any():
        return []
    blocks, counts = [], []
    for row in readings.to_dict("records"):
        numbers = {"n": row["period_count"], "centre": percent(row["centre"], language)}
        blocks.append(paragraph(say(
            "monitor.reading", language, start=day(row["period_start_on"], language),
            end=day(row["period_end_on"], language), **numbers,
            variation=say(f"variation.{row['variation']}", language),
            assurance=say(f"assurance.{row['assurance']}", language),
        )))  # fmt: skip
        counts += counted("monitor", numbers, language)
    outside = [
        {"period": f"{row['period_start_on']:%m/%Y}", "value": percent(row["value"], language),
         "side": say(f"monitor.{row['side']}", language)}
        for row in chart[chart["outside"] & (chart["excluded"] == "")].to_dict("records")
    ]  # fmt: skip
    left_out = [
        say("monitor.left_out.period", language, period=f"{row['period_start_on']:%m/%Y}",
            reason=named("excluded", row["excluded"], language))
        for row in chart[chart["excluded"] != ""].to_dict("records")
    ]  # fmt: skip
    if any(of_series(variation) == "tends" for variation in readings["variation"]):
        blocks.append(paragraph(say("monitor.tends", language)))
    if outside:
        said = "; ".join(say("monitor.period", language, **row) for row in outside)
        blocks.append(paragraph(say("monitor.outside", language, periods=said)))
        counts += [(row["period"], row["value"]) for row in outside]
    if left_out:
        blocks.append(paragraph(say("monitor.left_out", language, periods="; ".join(left_out))))
    return [*blocks, notice(say("monitor.notice", language)), evidence(counts, language)]


def decomposition(
    parts: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> list[Block]:
    """Say what a unit's difference is made of; a part whose interval covers 0 is only listed.

    Parameters
    ----------
    parts
        What :func:`~cchc_analysis.change.decompose_each` returned, of one unit.
    """
    if parts.empty:
        return []
    rows = parts.set_index("component")
    change = rows.loc["change"]
    numbers: dict[str, str | float] = {}
    for name in ("before", "after"):
        numbers[name] = percent(rows.loc[name, "value"], language)
        numbers |= {f"{name}_{n}": change[f"{name}_{n}"] for n in ("count", "total")}
    blocks = [
        paragraph(say(
            "decomposition.change", language, **numbers,
            unit=capital(unit_name(change["unit_id"], units=units, language=language)),
            **_dates(change, language), **_points(change, language),
        ))
    ]  # fmt: skip
    if of_difference(change["low"], change["high"]) == "open":
        blocks.append(paragraph(say("decomposition.not_clear", language)))
    steps = parts[parts["component"].isin(_PARTS) & (parts["value"] != 0)]
    steps = steps.assign(clear=_clear(steps)).to_dict("records")
    unclear = [component_name(row, language) for row in steps if not row["clear"]]
    blocks += [
        paragraph(say("decomposition.part", language, **_points(row, language),
                      name=capital(component_name(row, language))))
        for row in steps
        if row["clear"]
    ]  # fmt: skip
    if unclear:
        blocks.append(paragraph(say("decomposition.unclear", language, names="; ".join(unclear))))
    return [
        *blocks,
        notice(say("decomposition.notice", language)),
        evidence(counted("decomposition", numbers, language), language),
    ]


def _clear(rows: pd.DataFrame) -> list[bool]:
    """Return which differences may be called clear."""
    ends = rows[["low", "high"]].itertuples(index=False)
    return [of_difference(low, high) == "clear" for low, high in ends]


def _points(row: dict | pd.Series, language: Language) -> dict[str, str]:
    """Return a difference and its interval in percentage points."""
    names = {"points": "value", "low": "low", "high": "high"}
    return {key: signed_points(row[name], language) for key, name in names.items()}


def _sides(sums: pd.Series, language: Language) -> dict[str, str | float]:
    """Return shares, counts and totals of both periods."""
    said: dict[str, str | float] = {}
    for name in ("before", "after"):
        count, total = sums[f"{name}_count"], sums[f"{name}_total"]
        said |= {f"{name}_count": count, f"{name}_total": total}
        said[name] = percent(count / total, language)
    return said


def _dates(row: dict | pd.Series, language: Language) -> dict[str, str]:
    """Return both periods in words."""
    return {
        f"{name}_period": period(row[f"{name}_start_on"], row[f"{name}_end_on"], language)
        for name in ("before", "after")
    }
