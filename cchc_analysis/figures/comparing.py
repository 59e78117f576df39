"""Units of one kind side by side: funnel, ratios to what was expected, ranks they may hold.

Each figure has its data function: the table of a comparison in, the rows to draw out, so that
what is drawn can be tested without looking at it.
"""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator

from cchc_analysis.display import Block, Language
from cchc_analysis.figures.drawing import (
    AMBER,
    GREY,
    MARKERS,
    MOST_NAMED_ROWS,
    MOST_NAMES,
    NAVY,
    PALE,
    STYLE,
    TEAL,
    WIDTH,
    figure_block,
    legend_above,
    legend_across,
    name_points,
    rows_axis,
    rows_height,
    share_axis,
)
from cchc_analysis.gazetteer import unit_names
from cchc_analysis.labels import capital, in_order
from cchc_analysis.wording import decimal, percent, say, whole

CLEAR = 0.95
"""Probability from which a unit is named as one of the best or worst."""


def funnel_points(
    judged: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> pd.DataFrame:
    """Return what a funnel draws: a point and a bar for each judged unit.

    Parameters
    ----------
    judged
        What :func:`~cchc_analysis.comparison.funnel` returned.

    Returns
    -------
    DataFrame
        ``x`` (dossiers), ``y`` (share), ``low``, ``high``, ``side`` and ``name``: that of a
        unit outside its bar, of the eight least likely at most; else ''.

    Examples
    --------
    >>> judged = pd.DataFrame({"unit_id": ["A", "B"], "total": [9, 9], "value": [0.1, 0.9],
    ...     "low": [0.5, 0.5], "high": [1, 1], "side": ["low", ""], "p_value": [0.001, 0.6]})
    >>> funnel_points(judged, language="en")[["x", "y", "side", "name"]]
       x    y side name
    0  9  0.1  low    A
    1  9  0.9
    """
    rows = judged[judged["low"].notna()].reset_index(drop=True)
    least = rows[rows["side"] != ""].nsmallest(MOST_NAMES, "p_value").index
    points = rows.rename(columns={"total": "x", "value": "y"})
    return points[["unit_id", "x", "y", "low", "high", "side"]].assign(
        name=_names(rows["unit_id"], units, language).where(rows.index.isin(least), "")
    )


def funnel(
    judged: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> Block | None:
    """Draw each unit's share at its total, with the limits it is judged by.

    A unit is marked and named exactly where it lies outside its own bar.
    """
    drawn = judged[judged["low"].notna()]
    if drawn.empty:
        return None
    points = funnel_points(judged, units=units, language=language)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 5.2), layout="constrained")
        axes = figure.subplots()
        few = len(points) <= MOST_NAMED_ROWS
        axes.vlines(points["x"], points["low"], points["high"], color=PALE, lw=2.4 if few else 0.8)
        _markers(axes, points, "x", "y", language, size=6 if few else 4)
        centre = drawn["count"].sum() / drawn["total"].sum()
        axes.axhline(centre, color=GREY, lw=1, ls="--", label=say("funnel.centre", language))
        axes.set_xscale("log")
        if points["x"].max() < 1000 * points["x"].min():
            axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: whole(x, language)))
        axes.xaxis.set_minor_formatter(FuncFormatter(lambda _x, _: ""))
        share_axis(axes.yaxis, language)
        axes.set_xlabel(say("axis.total", language))
        axes.set_ylabel(say("axis.share", language))
        legend_above(axes)
        name_points(axes, points)
        named = points[points["name"] != ""].merge(drawn[["unit_id", "count"]], on="unit_id")
        outside = [
            say("alt.unit", language, unit=row["name"], value=percent(row["y"], language),
                count=row["count"], total=row["x"])
            for row in named.to_dict("records")
        ]  # fmt: skip
        alt = say(
            "alt.funnel", language, n=len(drawn), outside=drawn["outside"].sum(),
            plain=drawn["outside_plain"].sum(),
        )  # fmt: skip
        together = say(
            "alt.unit", language, unit=capital(say("funnel.centre", language)),
            value=percent(centre, language), count=drawn["count"].sum(),
            total=drawn["total"].sum(),
        )  # fmt: skip
        alt = " ".join([alt, together, *outside])
        return figure_block(figure, alt, say("figure.funnel", language), drawn["source"], language)


def ratio_lines(
    ratios: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> pd.DataFrame:
    """Return what the figure of ratios draws: one row per judged unit, from the top down.

    Up to 40 units stand in the order of their names. More stand in the order of the dossiers
    expected, largest first, and only units outside their bars are named. Never in the order
    of the ratios, which are no league table.

    Parameters
    ----------
    ratios
        What :func:`~cchc_analysis.comparison.standardise` returned.

    Returns
    -------
    DataFrame
        ``place`` (0 on top), ``label``, ``ratio``, ``low``, ``high``, ``side``, ``name`` ('' if
        the row's label is shown, or the unit is not to be named).

    Examples
    --------
    >>> ratios = pd.DataFrame({"unit_id": ["B", "A"], "ratio": [0.5, 2.0], "low": 0.8,
    ...     "high": 1.3, "side": ["low", "high"], "expected": [9.0, 5.0], "p_value": 0.001})
    >>> ratio_lines(ratios, language="en")[["place", "label", "ratio"]]
       place label  ratio
    0      0     A    2.0
    1      1     B    0.5
    """
    rows = ratios[ratios["low"].notna()]
    rows = rows.assign(label=_names(rows["unit_id"], units, language))
    many = len(rows) > MOST_NAMED_ROWS
    if many:
        rows = rows.sort_values(["expected", "unit_id"], ascending=[False, True])
    else:
        rows = rows.sort_values("label", key=lambda names: names.map(in_order))
    rows = rows.reset_index(drop=True)
    least = rows[rows["side"] != ""].nsmallest(MOST_NAMES, "p_value").index
    shown = rows.index.isin(least) & many
    names = rows["label"].where(shown, "")
    columns = ["unit_id", "label", "ratio", "low", "high", "side"]
    return rows[columns].assign(place=rows.index, name=names)


def ratios(
    standardised: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> Block | None:
    """Draw each unit's ratio of observed to expected, with the limits it is judged by."""
    lines = ratio_lines(standardised, units=units, language=language)
    if lines.empty:
        return None
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, rows_height(lines["label"])), layout="constrained")
        axes = figure.subplots()
        most = max(2.0, 1.12 * lines["ratio"].max())
        few = len(lines) <= MOST_NAMED_ROWS
        axes.hlines(
            lines["place"], lines["low"], lines["high"].clip(upper=most), color=PALE,
            lw=6 if few else 1.2,
        )  # fmt: skip
        _markers(axes, lines, "ratio", "place", language, size=6 if few else 3.5)
        axes.axvline(1, color=GREY, lw=1, ls="--", label=say("ratios.expected", language))
        axes.set_xlim(0, most)
        rows_axis(axes, lines["label"])
        axes.xaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: decimal(x, language, 1)))
        axes.set_xlabel(say("axis.ratio", language))
        legend_across(axes)
        name_points(axes, lines.rename(columns={"ratio": "x", "place": "y"}))
        alt = _ratios_alt(standardised, lines, language)
        caption = say("figure.ratios", language)
        if not few:
            caption += " " + say("figure.ratios.many", language)
        return figure_block(figure, alt, caption, standardised["source"], language)


def rank_lines(
    sets: pd.DataFrame,
    chances: pd.DataFrame,
    *,
    units: pd.DataFrame | None = None,
    language: Language,
) -> pd.DataFrame:
    """Return what the figure of ranks draws: the ranks each unit may hold, from the top down.

    Parameters
    ----------
    sets
        What :func:`~cchc_analysis.comparison.rank_sets` returned.
    chances
        What :func:`~cchc_analysis.comparison.best_or_worst` returned.

    Returns
    -------
    DataFrame
        ``place`` (0 on top), ``label``, ``rank``, ``rank_low``, ``rank_high``, ``side``
        ('high': among the k best with probability 0.95 or more, 'low': among the k worst,
        else ''), ``name`` (of up to eight such units where rows are too many to label).

    Examples
    --------
    >>> sets = pd.DataFrame({"unit_id": ["A", "B"], "rank": [2.0, 1.0], "rank_low": 1.0,
    ...     "rank_high": 2.0})
    >>> chances = pd.DataFrame({"unit_id": ["A", "B"], "best_probability": [0.3, 0.97],
    ...     "worst_probability": [0.7, 0.03]})
    >>> rank_lines(sets, chances, language="en")[["place", "label", "rank", "side"]]
       place label  rank  side
    0      0     B   1.0  high
    1      1     A   2.0
    """
    likely = chances[["unit_id", "best_probability", "worst_probability"]]
    rows = sets[sets["rank"].notna()].merge(likely, on="unit_id", validate="1:1")
    best, worst = rows["best_probability"] >= CLEAR, rows["worst_probability"] >= CLEAR
    rows = rows.assign(
        label=_names(rows["unit_id"], units, language),
        side=np.select([best, worst], ["high", "low"], ""),
    ).sort_values(["rank", "rank_high", "unit_id"], ignore_index=True)
    middle = (rows.index - (len(rows) - 1) / 2).to_series(index=rows.index).abs()
    farthest = middle[rows["side"] != ""].nlargest(MOST_NAMES).index
    shown = rows.index.isin(farthest) & (len(rows) > MOST_NAMED_ROWS)
    columns = ["unit_id", "label", "rank", "rank_low", "rank_high", "side"]
    return rows[columns].assign(place=rows.index, name=rows["label"].where(shown, ""))


def ranks(
    sets: pd.DataFrame,
    chances: pd.DataFrame,
    *,
    units: pd.DataFrame | None = None,
    language: Language,
) -> Block | None:
    """Draw the ranks that each unit may hold; overlapping bars are ranks not to be told apart."""
    lines = rank_lines(sets, chances, units=units, language=language)
    if len(lines) < 2:
        return None
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, rows_height(lines["label"])), layout="constrained")
        axes = figure.subplots()
        few = len(lines) <= MOST_NAMED_ROWS
        axes.hlines(
            lines["place"], lines["rank_low"] - 0.3, lines["rank_high"] + 0.3, color=TEAL,
            alpha=0.45 if few else 0.25, lw=6 if few else min(2, 250 / len(lines)),
        )  # fmt: skip
        kinds = (("", "o", NAVY), ("high", "^", TEAL), ("low", "v", AMBER))
        for side, marker, colour in kinds:
            rows = lines[lines["side"] == side]
            if len(rows):
                axes.plot(
                    rows["rank"], rows["place"], marker, color=colour, ms=6 if few else 4,
                    label=say(f"ranks.{side or 'middle'}", language, k=chances["k"].iloc[0]),
                )  # fmt: skip
        axes.set_xlim(0.2, len(lines) + 0.8)
        rows_axis(axes, lines["label"])
        axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
        axes.set_xlabel(say("axis.rank", language))
        legend_across(axes)
        name_points(axes, lines.rename(columns={"rank": "x", "place": "y"}))
        first, last = lines.iloc[0], lines.iloc[-1]
        ends = {
            f"{which}_{name}": row[name]
            for which, row in (("first", first), ("last", last))
            for name in ("label", "rank_low", "rank_high")
        }
        alt = say("alt.ranks", language, n=len(lines), **ends)
        return figure_block(figure, alt, say("figure.ranks", language), sets["source"], language)


def _ratios_alt(standardised: pd.DataFrame, lines: pd.DataFrame, language: Language) -> str:
    """Return what the figure of ratios shows: how many, and the units outside with counts."""
    outside = standardised[standardised["side"] != ""].merge(lines[["unit_id", "label"]])
    units = [
        say("alt.ratio", language, unit=row["label"], ratio=decimal(row["ratio"], language),
            observed=row["observed"], expected=decimal(row["expected"], language, 1))
        for row in outside.nsmallest(MOST_NAMES, "p_value").to_dict("records")
    ]  # fmt: skip
    plain = standardised["outside_plain"].sum()
    text = say("alt.ratios", language, n=len(lines), outside=len(outside), plain=plain)
    return " ".join([text, *units])


def _markers(
    axes: mpl.axes.Axes, rows: pd.DataFrame, x: str, y: str, language: Language, size: float = 6
) -> None:
    """Draw units inside and on either side of their limits, each kind by its own shape."""
    for side, marker in MARKERS.items():
        chosen = rows[rows["side"] == side]
        if len(chosen):
            axes.plot(
                chosen[x], chosen[y], marker, color=AMBER if side else NAVY,
                ms=size * 1.4 if side else size * 0.8,
                label=say(f"funnel.{side or 'judged'}", language),
            )  # fmt: skip


def _names(unit_ids: pd.Series, units: pd.DataFrame | None, language: Language) -> pd.Series:
    """Return the units' names, with the index of their codes."""
    return unit_ids.map(unit_names(unit_ids, units=units, language=language)).astype("str")
