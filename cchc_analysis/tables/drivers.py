"""Tables of what goes with lateness: effects, what likeness would change, how well it predicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from cchc_analysis.display import Block, Language
from cchc_analysis.labels import level_name, signed_points, sources
from cchc_analysis.tables.markup import table_block
from cchc_analysis.wording import decimal, interval, named, percent, say, translated, whole

if TYPE_CHECKING:
    from cchc_analysis.drivers import DriverFit
    from cchc_analysis.drivers.validation import Validation

_MOST_ROWS = 12


def effects(fit: DriverFit, *, language: Language) -> Block | None:
    """Show the effect of each level against its reference, in percentage points."""
    if fit.effects.empty:
        return None
    body = [
        [
            named("term", row["term"], language),
            level_name(row["term"], row["level"], language),
            level_name(row["term"], row["reference"], language),
            f"{whole(row['count'], language)}/{whole(row['total'], language)}",
            _points(row["effect"], language),
            _between(row["effect_low"], row["effect_high"], language),
            decimal(row["odds_ratio"], language),
        ]
        for row in fit.effects.to_dict("records")
    ]
    names = ["term", "level", "reference", "late_of", "effect", "effect_interval", "odds_ratio"]
    heads = [f"column.{name}" for name in names]
    late = fit.effects["count"] / fit.effects["total"]
    return table_block(
        "table.effects", heads, body, language, [fit.source], numeric=set(range(3, 7)),
        bars={3: late.tolist()}, foot=_foot(fit, language),
    )  # fmt: skip


def would_change(changes: pd.DataFrame, fit: DriverFit, *, language: Language) -> Block | None:
    """Show the late share if one level were as the others: the largest changes first.

    Those without an interval come last, so that whatever a sentence names is in the table.
    """
    if changes.empty:
        return None
    order = pd.DataFrame({"open": changes["low"].isna(), "size": -changes["difference"].abs()})
    rows = changes.loc[order.sort_values(["open", "size"], kind="stable").index].head(_MOST_ROWS)
    body = [
        [
            named("term", row["term"], language),
            level_name(row["term"], row["level"], language),
            level_name(row["term"], row["as"], language),
            f"{whole(row['count'], language)}/{whole(row['total'], language)}",
            percent(row["observed"], language),
            percent(row["share"], language),
            interval(row["low"], row["high"], language),
            signed_points(row["difference"], language),
        ]
        for row in rows.to_dict("records")
    ]
    names = ["term", "level", "as", "changed_of", "late_now", "as_if", "interval", "difference"]
    heads = [f"column.{name}" for name in names]
    foot = _foot(fit, language)
    return table_block(
        "table.would_change", heads, body, language, [fit.source], numeric=set(range(3, 8)),
        foot=foot,
    )  # fmt: skip


def calibration(result: Validation, *, language: Language) -> Block | None:
    """Show predicted against observed late shares, by class of prediction."""
    bins = result.calibration.bins
    if bins.empty:
        return None
    body = [
        [
            percent(row["predicted"], language),
            percent(row["value"], language),
            interval(row["low"], row["high"], language),
            whole(row["count"], language),
            whole(row["total"], language),
        ]
        for row in bins.to_dict("records")
    ]
    names = ["predicted", "value", "interval", "count", "total"]
    foot = say(
        "calibration.foot",
        language,
        method=translated(result.method, language),
        source=sources([result.source], language),
    )
    return table_block(
        "table.calibration", [f"column.{name}" for name in names], body, language,
        [result.source], foot=foot,
    )  # fmt: skip


def _foot(fit: DriverFit, language: Language) -> str:
    return say(
        "effects.foot",
        language,
        method=translated(fit.method, language),
        source=sources([fit.source], language),
    )


def _points(share: float, language: Language) -> str:
    """Return a difference of shares in percentage points, with a minus sign, not a hyphen."""
    return decimal(share * 100, language, 1).replace("-", "−")


def _between(low: float, high: float, language: Language) -> str:
    """Return the ends of an interval in percentage points; none for a reference."""
    if pd.isna(low) or pd.isna(high):
        return say("none", language)
    return say("range", language, low=_points(low, language), high=_points(high, language))
