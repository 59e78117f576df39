"""The effects of a model on the share late."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from cchc_analysis.display import Block, Language
from cchc_analysis.figures.drawing import (
    GREY,
    NAVY,
    STYLE,
    TEAL,
    WIDTH,
    figure_block,
    legend_above,
    wrapped,
)
from cchc_analysis.labels import level_name
from cchc_analysis.wording import decimal, named, say

if TYPE_CHECKING:
    from cchc_analysis.drivers import DriverFit


def effects(fit: DriverFit, *, language: Language) -> Block | None:
    """Draw each level's effect on the share late, in percentage points, by term.

    A level without an interval (it occurs in one unit only, or is never late) is left to the
    table.
    """
    rows = fit.effects[fit.effects["effect_low"].notna()]
    if rows.empty:
        return None
    names = [
        f"{named('term', row.term, language)}: {level_name(row.term, row.level, language)}"
        for row in rows.itertuples()
    ]
    points = rows[["effect", "effect_low", "effect_high"]] * 100
    clear = (points["effect_low"] > 0) | (points["effect_high"] < 0)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 1.4 + 0.34 * len(rows)), layout="constrained")
        axes = figure.subplots()
        places = pd.Series(range(len(rows)), index=rows.index)
        axes.hlines(
            places, points["effect_low"], points["effect_high"], color=TEAL, lw=2.2, alpha=0.55
        )
        for kind, chosen, face in (("clear", clear, NAVY), ("unclear", ~clear, "white")):
            if chosen.any():
                axes.plot(
                    points["effect"][chosen], places[chosen], "o", color=NAVY, mfc=face, ms=6,
                    label=say(f"effects.{kind}", language),
                )  # fmt: skip
        axes.axvline(0, color=GREY, lw=1)
        axes.set_yticks(places, [wrapped(name) for name in names])
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: decimal(x, language, 1)))
        axes.set_xlabel(say("axis.points", language))
        legend_above(axes)
        parts = [
            say(
                "alt.effect", language, name=name, effect=_points(p.effect, language),
                low=_points(p.effect_low, language), high=_points(p.effect_high, language),
            )
            for name, p in zip(names, points.itertuples(), strict=True)
        ]  # fmt: skip
        return figure_block(
            figure, " ".join(parts), say("figure.effects", language), [fit.source], language
        )


def _points(points: float, language: Language) -> str:
    """Return percentage points with a minus sign, which is read out, not a hyphen."""
    return decimal(points, language, 1).replace("-", "−")
