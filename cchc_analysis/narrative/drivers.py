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
_KNOWN = ("estimated", "firth")
_REST, _ALL = "(rest)", "(all)"  # as drivers.would_change calls them


def drivers(
    fit: DriverFit, *, units: pd.DataFrame | None = None, language: Language
) -> list[Block]:
    """Say which levels go with lateness, how sure that is, and what it does not mean."""
    if fit.model is None:
        return [paragraph(say(f"drivers.{fit.reading}", language))]
    rows = fit.effects[fit.effects["reading"].isin(_KNOWN)]
    clear = rows[(rows["effect_low"] > 0) | (rows["effect_high"] < 0)]
    top = clear.reindex(clear["effect"].abs().sort_values(ascending=False).index)
    sentences = [_effect(row, language) for row in top.head(_MOST_LEVELS).to_dict("records")]
    if not sentences:
        sentences = [say("drivers.none_clear", language)]
    covers = (rows["effect_low"] <= 0) & (rows["effect_high"] >= 0)
    no_limits = rows["effect_low"].isna().sum() + fit.effects["reading"].eq("one_cluster").sum()
    others = {
        "further": max(len(clear) - _MOST_LEVELS, 0), "unclear": covers.sum(), "open": no_limits,
    }  # fmt: skip
    sentences += [say(f"drivers.{key}", language, n=n) for key, n in others.items() if n]
    return [
        paragraph(say("drivers.population", language, **_population(fit, language))),
        *map(paragraph, sentences),
        *_cautions(fit, units, language),
        evidence(_counts(fit, others, units, language), language),
    ]


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
        numbers["separated"] = len(fit.separated)
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
    if fit.reading == "firth":
        cautions.append(say("drivers.firth", language, n=len(fit.separated)))
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
    blocks = [
        paragraph(
            say(
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
        )
        for like in (_REST, _ALL)
        for row in _largest(fewer, like).to_dict("records")
    ]
    return [*blocks, notice(say("as_if.notice", language))]


def _largest(changes: pd.DataFrame, like: str) -> pd.DataFrame:
    """Return the largest changes where one level is as the rest, or all are as the best one."""
    chosen = changes[changes["level"].eq(_ALL) == (like == _ALL)]
    return chosen.nsmallest(_MOST_CHANGES if like != _ALL else 1, "difference")


def between_units(fit: RandomIntercept, *, language: Language) -> list[Block]:
    """Say how much units differ beyond the terms, as odds of two units taken at random."""
    if fit.reading == "separated":
        return [paragraph(say("between.separated", language))]
    if fit.reading != "fitted":
        return []
    key = "between.some" if fit.median_odds_ratio_low > 1 else "between.none"
    numbers = {
        "odds": decimal(fit.median_odds_ratio, language),
        "low": decimal(fit.median_odds_ratio_low, language),
        "high": decimal(fit.median_odds_ratio_high, language),
        "units": whole(len(fit.units), language),
    }
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
