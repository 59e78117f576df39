"""Sentences on what goes with lateness: association, how sure, what would change the rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from cchc_analysis.display import Block, Language, notice, paragraph
from cchc_analysis.gazetteer import unit_name
from cchc_analysis.labels import level_name, signed_points
from cchc_analysis.narrative.evidence import counted, evidence
from cchc_analysis.wording import decimal, named, percent, say, whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cchc_analysis.drivers import DriverFit
    from cchc_analysis.drivers.random_intercept import RandomIntercept
    from cchc_analysis.drivers.validation import Validation
    from cchc_analysis.sources.folder import UnitData

_MOST_LEVELS = 5
_MOST_CHANGES = 3
_LEAST_CHANGE = 0.01  # of the late share: a smaller change is not worth a sentence
_FEW_DOSSIERS = 30  # as drivers.late_drivers names small clusters
_FEW_UNITS = 6  # with fewer of many, intervals are too narrow: docs/simulations_drivers.md
_KNOWN = ("estimated", "firth")
_REST, _ALL = "(rest)", "(all)"  # as drivers.would_change calls them


def drivers(
    fit: DriverFit, *, units: pd.DataFrame | None = None, language: Language
) -> list[Block]:
    """Say which levels go with lateness, how sure that is, and what it does not mean."""
    if fit.model is None:
        return [paragraph(say(f"drivers.{fit.reading}", language))]
    rows = fit.effects.assign(fewest=fewest_units(fit.effects))
    rows = rows[rows["reading"].isin(_KNOWN)]
    clear = rows[(rows["effect_low"] > 0) | (rows["effect_high"] < 0)]
    top = clear.reindex(clear["effect"].abs().sort_values(ascending=False).index)
    told = top.head(_MOST_LEVELS).to_dict("records")
    sentences = [" ".join([_effect(row, language), *_few(row, fit, language)]) for row in told]
    one_sided = _one_sided(fit)
    if not sentences and (rows["effect_low"].notna().any() or one_sided.empty):
        sentences = [say("drivers.none_clear", language)]
    sentences += _never_or_always(one_sided, language)
    others = _others(fit, rows, len(clear))
    sentences += [say(f"drivers.{key}", language, n=n) for key, n in others.items() if n]
    behind = [pair for row in told for pair in _few_counts(row, fit, language)]
    return [
        paragraph(say("drivers.population", language, **_population(fit, language))),
        *map(paragraph, sentences),
        *_cautions(fit, units, language),
        evidence([*_counts(fit, others, units, language), *behind], language),
    ]


def fewest_units(effects: pd.DataFrame) -> pd.Series:
    """Return in how many units each level occurs, or its reference where these are fewer."""
    reference = effects[effects["level"] == effects["reference"]].set_index("term")["clusters"]
    both = {"own": effects["clusters"], "other": effects["term"].map(reference)}
    return pd.DataFrame(both).min(axis=1)


def in_few_units(effects: pd.DataFrame) -> pd.Series:
    """Say which levels, or their reference, occur in too few units for a firm difference."""
    return fewest_units(effects) < _FEW_UNITS


def _few_level(row: dict, fit: DriverFit) -> str:
    """Return the level, or reference, that few of the units have; '' where none is."""
    if not row["fewest"] < min(_FEW_UNITS, fit.clusters):
        return ""  # where each unit has both, how many units there are is said of them all
    return row["level" if row["clusters"] == row["fewest"] else "reference"]


def _few(row: dict, fit: DriverFit, language: Language) -> list[str]:
    """Say that a level occurs in few of many units, so that its interval is too narrow."""
    few = _few_level(row, fit)
    told = {"group": level_name(row["term"], few, language), "units": row["fewest"]}
    return [say("drivers.few", language, **told, of=fit.clusters)] if few else []


def _few_counts(row: dict, fit: DriverFit, language: Language) -> list[tuple[str, str]]:
    """Return how many units have the level that few have."""
    few = _few_level(row, fit)
    name = say("drivers.count.units_with", language, group=level_name(row["term"], few, language))
    return [(name, whole(row["fewest"], language))] if few else []


def _one_sided(fit: DriverFit) -> pd.DataFrame:
    """Return the levels that are never or always late, those of most dossiers first."""
    never_or_always = fit.effects["count"].isin([0]) | fit.effects["count"].eq(fit.effects["total"])
    return fit.effects[never_or_always].sort_values("total", ascending=False, kind="stable")


def _never_or_always(one_sided: pd.DataFrame, language: Language) -> list[str]:
    """Say which levels have no late dossier, or late ones only: no interval says how firmly."""
    return [
        say(
            "drivers.always" if row["count"] else "drivers.never",
            language,
            term=named("term", row["term"], language),
            level=level_name(row["term"], row["level"], language),
            total=row["total"],
        )
        for row in one_sided.head(_MOST_LEVELS).to_dict("records")
    ]


def _others(fit: DriverFit, rows: pd.DataFrame, clear: int) -> dict[str, int]:
    """Return how many levels are not named: clear ones, unclear ones, those without interval."""
    covers = (rows["effect_low"] <= 0) & (rows["effect_high"] >= 0)
    by_firth = rows[rows["reading"] == "firth"]
    gathered = rows["effect_low"].isna().sum() - len(by_firth)
    numbers = {
        "further": max(clear - _MOST_LEVELS, 0),
        "unclear": covers.sum(),
        "open": gathered + fit.effects["reading"].eq("one_cluster").sum(),
    }
    beside = len(by_firth.index.difference(_one_sided(fit).index))
    return {**numbers, "beside": beside} if beside else numbers


def _population(fit: DriverFit, language: Language) -> dict[str, str]:
    return {
        "n": whole(fit.dossiers, language),
        "late": whole(fit.late, language),
        "share": percent(fit.late / fit.dossiers, language),
        "cells": whole(fit.cells, language),
        "clusters": whole(fit.clusters, language),
    }


def _counts(
    fit: DriverFit, others: Mapping[str, int], units: pd.DataFrame | None, language: Language
) -> list[tuple[str, str]]:
    """Return the numbers behind the sentences, and the dossiers of each small unit."""
    numbers = {**_population(fit, language), **others}
    if fit.reading == "firth":
        numbers["separated"] = len(_one_sided(fit))
    return [
        *counted("drivers", numbers, language),
        *_small_counts(fit.small_clusters, fit.clusters, units, language)[1:],
    ]


def _effect(row: dict, language: Language) -> str:
    """Say by how much the late share differs; the clause says whether by more or by less."""
    ends = sorted(abs(row[name]) * 100 for name in ("effect_low", "effect_high"))
    key = "drivers.more" if row["effect"] > 0 else "drivers.less"
    return say(
        key if row["reference"] else f"{key}.per_unit",
        language,
        term=named("term", row["term"], language),
        level=level_name(row["term"], row["level"], language),
        reference=level_name(row["term"], row["reference"], language),
        points=decimal(abs(row["effect"]) * 100, language, 1),
        low=decimal(ends[0], language, 1),
        high=decimal(ends[1], language, 1),
    )


def small_units(loaded: UnitData, *, suppress_below: int = 0, language: Language) -> list[Block]:
    """Name the units that rest on few dossiers, whatever is counted of them; else nothing.

    Parameters
    ----------
    loaded
        What :func:`~cchc_analysis.load_unit` returned.
    suppress_below
        Units with fewer dossiers are not named.
    """
    totals = loaded.dossiers["unit_id"].value_counts().sort_values(kind="stable")
    small = totals[totals.between(suppress_below, _FEW_DOSSIERS, inclusive="left")].to_dict()
    if not small:
        return []
    said = _small("units.small", small, len(totals), loaded.units, language)
    behind = _small_counts(small, len(totals), loaded.units, language)
    return [notice(said), evidence(behind, language)]


def _small(
    key: str, small: Mapping[str, int], of: int, units: pd.DataFrame | None, language: Language
) -> str:
    """Name the units that rest on few dossiers."""
    shown = list(small.items())[:_MOST_LEVELS]
    named_units = "; ".join(
        say("units.small.one", language, n=total,
            unit=unit_name(unit, units=units, language=language))
        for unit, total in shown
    )  # fmt: skip
    more = len(small) - len(shown)
    if more:
        named_units = say("units.small.others", language, units=named_units, more=more)
    return say(key, language, few=len(small), clusters=of, units=named_units)


def _small_counts(
    small: Mapping[str, int], of: int, units: pd.DataFrame | None, language: Language
) -> list[tuple[str, str]]:
    """Return how many units there are and are small, and the dossiers of each small one."""
    numbers = {"of": of, "few": len(small), "more": max(len(small) - _MOST_LEVELS, 0)}
    each = [
        (unit_name(unit, units=units, language=language), whole(total, language))
        for unit, total in small.items()
    ]
    return [*counted("units.small", numbers, language), *each]


def _cautions(fit: DriverFit, units: pd.DataFrame | None, language: Language) -> list[Block]:
    """Say where the intervals are weak or of another kind, and that this is no cause."""
    cautions = []
    if fit.weak:
        cautions.append(say("drivers.weak", language, clusters=fit.clusters))
    if fit.small_clusters:
        small = fit.small_clusters
        cautions.append(_small("drivers.small", small, fit.clusters, units, language))
    one_sided = len(_one_sided(fit))
    if one_sided:
        cautions.append(say("drivers.firth", language, n=one_sided))
    return [notice(text) for text in [*cautions, say("drivers.notice", language)]]


def cannot_separate(fit: DriverFit, *, language: Language) -> list[Block]:
    """Say which terms and levels the data cannot tell apart."""
    further = len(fit.cannot_separate) - _MOST_LEVELS
    sentences = [
        paragraph(
            say(
                f"separate.{row['reason']}",
                language,
                term=named("term", row["term"], language),
                level=level_name(row["term"], row["level"], language),
                other=named("term", row["other"], language),
                other_level=level_name(row["other"], row["other_level"], language),
                overlap=percent(row["overlap"], language, 0),
                total=row["total"],
            )
        )
        for row in fit.cannot_separate.head(_MOST_LEVELS).to_dict("records")
    ]
    if further <= 0:
        return sentences
    behind = evidence(counted("separate", {"further": further}, language), language)
    return [*sentences, paragraph(say("separate.further", language, n=further)), behind]


def would_change(changes: pd.DataFrame, *, language: Language) -> list[Block]:
    """Say which groups, were they as punctual as the rest, would lower the late share most."""
    least = -_LEAST_CHANGE * changes["observed"]
    fewer = changes[(changes["difference_high"] < 0) & (changes["difference"] < least)]
    if fewer.empty:
        return [paragraph(say("as_if.none", language))] if len(changes) else []
    told = [row for like in (_REST, _ALL) for row in _largest(fewer, like).to_dict("records")]
    few = [row for row in told if row["clusters"] < _FEW_UNITS]
    behind = [(_few_changed(row, language), whole(row["clusters"], language)) for row in few]
    return [
        *(paragraph(_as_if(row, language)) for row in told),
        notice(say("as_if.notice", language)),
        *([evidence(behind, language)] if behind else []),
    ]


def _as_if(row: dict, language: Language) -> str:
    """Say what the late share would be; and where that rests on few units."""
    said = say(
        "as_if.rest" if row["as"] == _REST else "as_if.all",
        language,
        term=named("term", row["term"], language),
        level=level_name(row["term"], row["level"], language),
        like=level_name(row["term"], row["as"], language),
        count=row["count"],
        observed=percent(row["observed"], language),
        share=percent(row["share"], language),
        low=percent(row["low"], language),
        high=percent(row["high"], language),
        points=signed_points(row["difference"], language),
    )
    if row["clusters"] >= _FEW_UNITS:
        return said
    return f"{said} {say('as_if.few', language, units=row['clusters'])}"


def _few_changed(row: dict, language: Language) -> str:
    """Name the count of units of a comparison that few units have."""
    like = row["level"] if row["as"] == _REST else row["as"]
    return say("as_if.count.units", language, term=named("term", row["term"], language),
               level=level_name(row["term"], like, language))  # fmt: skip


def _largest(changes: pd.DataFrame, like: str) -> pd.DataFrame:
    """Return the largest changes where one level is as the rest, or all are as the best one."""
    chosen = changes[changes["level"].eq(_ALL) == (like == _ALL)]
    return chosen.nsmallest(_MOST_CHANGES if like != _ALL else 1, "difference")


def between_units(fit: RandomIntercept, *, language: Language) -> list[Block]:
    """Say how much units differ beyond the terms, as odds of two units taken at random."""
    if fit.reading in ("two_units", "separated", "no_estimate"):
        return [paragraph(say(f"between.{fit.reading}", language))]
    if fit.reading != "fitted":
        return []
    key = "between.some" if fit.median_odds_ratio_low > 1 else "between.none"
    numbers = {
        "odds": decimal(fit.median_odds_ratio, language),
        "low": decimal(fit.median_odds_ratio_low, language),
        "high": decimal(fit.median_odds_ratio_high, language),
        "units": whole(len(fit.units), language),
    }
    if fit.sd_high == float("inf"):
        key, numbers = f"{key}.open", {k: v for k, v in numbers.items() if k != "high"}
    behind = evidence(counted("between", numbers, language), language)
    return [paragraph(say(key, language, **numbers)), behind]


def validation(result: Validation, *, language: Language) -> list[Block]:
    """Say how well late dossiers are told from others, where the model had not seen the unit."""
    if pd.isna(result.auc):
        return []
    slope = result.calibration
    numbers = {
        "dossiers": whole(result.dossiers, language),
        "auc": decimal(result.auc, language),
        "brier": decimal(result.brier, language, 4),
        "average": decimal(result.brier_average, language, 4),
        "slope": decimal(slope.slope, language),
        "low": decimal(slope.slope_low, language),
        "high": decimal(slope.slope_high, language),
    }
    better = "better" if result.brier < result.brier_average else "no_better"
    fits = "covers" if slope.slope_low <= 1 <= slope.slope_high else "misses"
    if pd.isna(slope.slope_low):
        fits = "no_interval"
    return [
        paragraph(say(f"valid.{better}", language, **numbers)),
        paragraph(say(f"valid.{fits}", language, **numbers)),
        evidence(counted("valid", numbers, language), language),
    ]
