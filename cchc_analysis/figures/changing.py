"""Two periods: what a change is made of, and which units changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from cchc_analysis.display import Block, Language
from cchc_analysis.figures.drawing import (
    AMBER,
    GREY,
    MOST_NAMED_ROWS,
    MOST_NAMES,
    NAVY,
    STYLE,
    TEAL,
    WIDTH,
    figure_block,
    legend_above,
    name_points,
    share_axis,
    wrapped,
)
from cchc_analysis.gazetteer import unit_names
from cchc_analysis.labels import capital, component_name, indicator_name, signed_points
from cchc_analysis.wording import percent, period, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MIXED = ("mix", "rate", "pending", "entry", "exit")


def waterfall_steps(parts: pd.DataFrame, *, language: Language) -> pd.DataFrame:
    """Return what a waterfall draws: the share before, the steps, the share after.

    Parameters
    ----------
    parts
        What :func:`~cchc_analysis.change.decompose` returned, of one unit.

    Returns
    -------
    DataFrame
        ``label``, ``start`` and ``end`` of each bar (shares), ``value``, ``low``, ``high``,
        ``total`` (flag: before and after). Steps that are exactly 0 are left out.

    Examples
    --------
    >>> parts = pd.DataFrame({"component": ["before", "mix", "pending", "after", "change"],
    ...     "detail": ["", "field", "", "", ""], "value": [0.05, 0.06, 0.0, 0.11, 0.06],
    ...     "low": 0.0, "high": 0.2})
    >>> waterfall_steps(parts, language="en")[["label", "start", "end"]]
              label  start   end
    0        before   0.00  0.05
    1  mix of field   0.05  0.11
    2         after   0.00  0.11
    """
    kept = (parts["component"] != "change") & ((parts["value"] != 0) | ~_is_step(parts))
    rows = parts[kept].reset_index(drop=True)
    step = _is_step(rows)
    reached = rows["value"].where(step, 0).cumsum() + rows["value"].iloc[0]
    labels = [component_name(row, language) for row in rows.to_dict("records")]
    return rows[["value", "low", "high"]].assign(
        label=labels,
        start=(reached - rows["value"]).where(step, 0.0),
        end=reached.where(step, rows["value"]),
        total=~step,
    )


def waterfall(parts: pd.DataFrame, *, language: Language) -> Block | None:
    """Draw how the late share came from its value before to its value after."""
    if parts.empty:
        return None
    steps = waterfall_steps(parts, language=language)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 1.4 + 0.5 * len(steps)), layout="constrained")
        axes = figure.subplots()
        reach = _draw_steps(axes, steps, language)
        places = range(len(steps))
        axes.set_yticks(places, [wrapped(label, 24) for label in steps["label"]])
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)
        axes.set_xlim(0, reach * 1.14)
        share_axis(axes.xaxis, language)
        axes.set_xlabel(say("axis.late_share", language))
        legend_above(axes)
        first = parts.iloc[0]
        alt = [
            say("alt.step", language, name=row["label"], value=_step_text(row, language))
            for row in steps.to_dict("records")
        ]
        dates = {
            name: period(first[f"{name}_start_on"], first[f"{name}_end_on"], language)
            for name in ("before", "after")
        }
        caption = say("figure.waterfall", language, **dates)
        return figure_block(figure, " ".join(alt), caption, [first["source"]], language)


def slope_lines(
    changes: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> pd.DataFrame:
    """Return what a slope chart draws: one line per unit that has dossiers in both periods.

    Parameters
    ----------
    changes
        What :func:`~cchc_analysis.change.compare_periods` returned.

    Returns
    -------
    DataFrame
        ``before``, ``after`` (shares), ``reading``, ``name`` (of the eight units at most whose
        change is clearest; else '').

    Examples
    --------
    >>> changes = pd.DataFrame({"unit_id": ["A", "B"], "before_value": [0.5, 0.9],
    ...     "after_value": [0.8, 0.91], "low": [0.2, -0.1], "high": [0.4, 0.1],
    ...     "reading": ["up", "not_clear"]})
    >>> slope_lines(changes, language="en")[["before", "after", "reading", "name"]]
       before  after    reading name
    0     0.5   0.80         up    A
    1     0.9   0.91  not_clear
    """
    rows = changes[changes["reading"] != "one_period"].reset_index(drop=True)
    nearest = rows[["low", "high"]].abs().min(axis=1)
    clearest = nearest[rows["reading"].isin(["up", "down"])].nlargest(MOST_NAMES).index
    names = unit_names(rows["unit_id"], units=units, language=language)
    columns = {"before_value": "before", "after_value": "after"}
    lines = rows[["unit_id", *columns, "reading"]].rename(columns=columns)
    return lines.assign(
        name=rows["unit_id"].map(names).astype("str").where(rows.index.isin(clearest), "")
    )


def slopes(
    changes: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> Block | None:
    """Draw each unit's share before and after; only clear changes are marked and named."""
    lines = slope_lines(changes, units=units, language=language)
    if lines.empty:
        return None
    first = changes.iloc[0]
    spans = [
        period(first[f"{side}_start_on"], first[f"{side}_end_on"], language)
        for side in ("before", "after")
    ]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 5.6), layout="constrained")
        axes = figure.subplots()
        _draw_lines(axes, lines, language)
        axes.set_xlim(-0.12, 2.3 if (lines["name"] != "").any() else 1.12)  # room for the names
        axes.set_xticks([0, 1], [span.replace(" – ", " –\n") for span in spans])
        axes.grid(axis="x", visible=False)
        share_axis(axes.yaxis, language)
        axes.set_ylabel(wrapped(indicator_name(first["indicator"], language), 40))
        legend_above(axes)
        name_points(axes, lines.assign(x=1.0, y=lines["after"]))
        alt = _slopes_alt(changes, lines, spans, language)
        return figure_block(
            figure, alt, say("figure.slopes", language), [first["source"]], language
        )


def _step_text(row: dict, language: Language) -> str:
    """Return a step in percentage points with its sign, a total as a share."""
    if row["total"]:
        return percent(row["value"], language)
    return say("points", language, points=signed_points(row["value"], language))


def _is_step(parts: pd.DataFrame) -> pd.Series:
    """Tell steps from the shares before and after."""
    return parts["component"].isin(_MIXED)


def _draw_lines(axes: Axes, lines: pd.DataFrame, language: Language) -> None:
    """Draw the lines of a slope chart, each kind by its own shape and line."""
    kinds = (
        ("not_clear", GREY, "o", ":"), ("up", TEAL, "^", "-"), ("down", AMBER, "v", "-"),
    )  # fmt: skip
    crowded = len(lines) > MOST_NAMED_ROWS
    for reading, colour, marker, style in kinds:
        rows = lines[lines["reading"] == reading]
        if rows.empty:
            continue
        unclear = reading == "not_clear"
        drawn = axes.plot(
            [0, 1], rows[["before", "after"]].to_numpy().T, ls=style, marker=marker,
            color=colour, lw=0.9 if unclear else 1.8, ms=3 if unclear else 6,
            alpha=0.5 if crowded and unclear else 1,
        )  # fmt: skip
        drawn[0].set_label(say(f"slope.{reading}", language))


def _slopes_alt(
    changes: pd.DataFrame, lines: pd.DataFrame, spans: list[str], language: Language
) -> str:
    """Return what a slope chart shows: how many changed, all together, the clearest."""
    found = lines["reading"].value_counts()
    counts = {name: found.get(name, 0) for name in ("up", "down", "not_clear")}
    alt = say("alt.slopes", language, n=len(lines), before=spans[0], after=spans[1], **counts)
    clear = changes.merge(lines.loc[lines["name"] != "", ["unit_id", "name"]])
    sums = changes.loc[changes["reading"] != "one_period"].sum(numeric_only=True)
    together = say(
        "alt.slope", language, unit=capital(say("funnel.centre", language)),
        before=percent(sums["before_count"] / sums["before_total"], language),
        after=percent(sums["after_count"] / sums["after_total"], language),
        total=sums["after_total"],
    )  # fmt: skip
    units_named = [
        say("alt.slope", language, unit=row["name"],
            before=percent(row["before_value"], language),
            after=percent(row["after_value"], language), total=row["after_total"])
        for row in clear.to_dict("records")
    ]  # fmt: skip
    return " ".join([alt, together, *units_named])


def _draw_steps(axes: Axes, steps: pd.DataFrame, language: Language) -> float:
    """Draw the bars of a waterfall, their intervals and values; return how far they reach."""
    places = np.arange(len(steps))
    for kind, chosen, colour, hatch in (
        ("total", steps["total"], NAVY, ""),
        ("more", ~steps["total"] & (steps["value"] > 0), AMBER, "//"),
        ("less", ~steps["total"] & (steps["value"] <= 0), TEAL, ".."),
    ):
        rows = steps[chosen]
        if rows.empty:
            continue
        axes.barh(
            places[chosen], rows["end"] - rows["start"], left=rows["start"], height=0.55,
            facecolor=colour, edgecolor="white", hatch=hatch,
            label=say(f"steps.{kind}", language),
        )  # fmt: skip
    base = steps["start"]
    axes.hlines(places, base + steps["low"], base + steps["high"], color="black", lw=1.4)
    reach = (base + steps["high"]).max() * 1.02
    for place, row in enumerate(steps.to_dict("records")):
        shown = percent if row["total"] else signed_points
        axes.text(reach, place, shown(row["value"], language), va="center", fontsize=10)
    axes.vlines(steps["end"][:-1], places[:-1] + 0.28, places[:-1] + 0.72, color=GREY, lw=0.8)
    return reach
