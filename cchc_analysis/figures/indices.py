"""What a rank is worth, drawn: ranks under other weights, and the groups that decide."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from cchc_analysis.components import score_group_name
from cchc_analysis.display import Block, Language
from cchc_analysis.figures.drawing import (
    AMBER,
    GREY,
    NAVY,
    STYLE,
    TEAL,
    WIDTH,
    figure_block,
    legend_across,
    rows_axis,
    rows_height,
    share_axis,
    wrapped,
)
from cchc_analysis.gazetteer import unit_name
from cchc_analysis.wording import percent, say


def perturbed(
    ranks: pd.DataFrame,
    *,
    source: pd.Series,
    units: pd.DataFrame | None = None,
    language: Language,
) -> Block | None:
    """Draw for each unit the ranks it takes under other weights, a dot for the official one."""
    rows = ranks[ranks["rank"].notna()].reset_index(drop=True)
    if len(rows) < 2:
        return None
    names = [unit_name(unit, units=units, language=language) for unit in rows["unit_id"]]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, rows_height(names)), layout="constrained")
        axes = figure.subplots()
        places = np.arange(len(rows))
        axes.hlines(places, rows["rank_best"], rows["rank_worst"], color=GREY, lw=1,
                    label=say("perturbed.all", language))  # fmt: skip
        axes.hlines(places, rows["rank_low"], rows["rank_high"], color=TEAL, lw=5, alpha=0.6,
                    label=say("perturbed.middle", language))  # fmt: skip
        axes.plot(rows["rank"], places, "o", color=NAVY, ms=6,
                  label=say("perturbed.official", language))  # fmt: skip
        rows_axis(axes, names)
        axes.set_xlim(0, len(rows) + 1)
        axes.set_xlabel(say("axis.rank_weights", language))
        legend_across(axes)
        widest = rows.loc[(rows["rank_high"] - rows["rank_low"]).idxmax()]
        alt = say(
            "alt.perturbed", language, low=widest["rank_low"],
            high=widest["rank_high"], rank=widest["rank"],
            unit=unit_name(widest["unit_id"], units=units, language=language),
        )  # fmt: skip
        return figure_block(figure, alt, say("figure.perturbed", language), source, language)


def variance(shares: pd.DataFrame, *, source: pd.Series, language: Language) -> Block | None:
    """Draw each group's share of the points beside its share of the differences."""
    rows = shares[shares["variance_share"].notna()].reset_index(drop=True)
    if rows.empty:
        return None
    names = [score_group_name(name, language) for name in rows["indicator"]]
    places = np.arange(len(rows))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 1.3 + 0.56 * len(rows)), layout="constrained")
        axes = figure.subplots()
        axes.hlines(places, rows["maximum_share"], rows["variance_share"], color=GREY, lw=1.2)
        for column, marker, colour in (
            ("maximum_share", "o", NAVY), ("variance_share", "D", AMBER),
        ):  # fmt: skip
            axes.plot(rows[column], places, marker, color=colour, ms=8,
                      label=say(f"variance.{column}", language))  # fmt: skip
        axes.set_yticks(places, [wrapped(name, 26) for name in names])
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)
        axes.set_xlim(min(0.0, rows["variance_share"].min()), None)
        share_axis(axes.xaxis, language)
        axes.set_xlabel(say("axis.variance", language))
        legend_across(axes)
        alt = " ".join(
            say("alt.variance", language, group=name,
                points=percent(row["maximum_share"], language, 0),
                share=percent(row["variance_share"], language, 0))
            for name, row in zip(names, rows.to_dict("records"), strict=True)
        )  # fmt: skip
        return figure_block(figure, alt, say("figure.variance", language), source, language)
