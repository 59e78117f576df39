"""Shares with their bounds, by line, by period, and of many units at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from cchc_analysis.display import Block, Language
from cchc_analysis.figures.drawing import (
    AMBER,
    MOST_ROWS,
    NAVY,
    STYLE,
    TEAL,
    WIDTH,
    figure_block,
    numbers_drawn,
    share_axis,
    wrapped,
)
from cchc_analysis.labels import in_order, row_label, value
from cchc_analysis.wording import day, percent, period, say, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def intervals(
    rows: pd.DataFrame,
    *,
    label: str,
    caption: str,
    what: str = "",
    units: pd.DataFrame | None = None,
    language: Language,
) -> Block | None:
    """Draw shares with their bounds, one line each, in the order of their names.

    The order is that of names because an order of values would be read as a ranking. At most
    30 lines are drawn, those with the largest totals; the caption says so.

    Parameters
    ----------
    rows
        Columns of ``ESTIMATES`` (shares), and the column named by ``label``.
    label
        Column that names the lines.
    caption
        Key of a phrase.
    what
        Which rows these are, said before the caption.
    """
    known = rows[rows["value"].notna()]
    if known.empty:
        return None
    drawn = known.nlargest(MOST_ROWS, "total")
    names = [row_label(row, label, language, units) for row in drawn.to_dict("records")]
    drawn = drawn.assign(name=names).sort_values("name", key=lambda x: x.map(in_order))
    labels = [wrapped(name) for name in drawn["name"]]
    with mpl.rc_context(STYLE):
        lines = sum(1 + text.count("\n") for text in labels)
        height = 1.1 + 0.1 * len(drawn) + 0.22 * lines
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        axes = figure.subplots()
        places = list(range(len(drawn)))
        axes.hlines(places, drawn["low"], drawn["high"], color=TEAL, lw=2.2, alpha=0.55)
        for end in ("low", "high"):
            axes.plot(drawn[end], places, "|", color=TEAL, ms=8, mew=1.6)
        axes.plot(drawn["value"], places, "o", color=NAVY, ms=5.5)
        axes.set_yticks(places, labels)
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)
        share_axis(axes.xaxis, language)
        axes.set_xlabel(say("axis.share", language))
        worst, best = drawn.loc[drawn["value"].idxmin()], drawn.loc[drawn["value"].idxmax()]
        text = f"{what}. {say(caption, language)}" if what else say(caption, language)
        alt = say(
            "alt.intervals", language, what=text,
            worst=worst["name"], low=value(worst.to_dict(), language),
            best=best["name"], high=value(best.to_dict(), language),
        )  # fmt: skip
        if len(known) > len(drawn):
            text += " " + say("figure.cut", language)
        return figure_block(figure, alt, text, drawn["source"], language)


def by_class(
    rows: pd.DataFrame, *, caption: str, units: pd.DataFrame, language: Language
) -> list[Block]:
    """Draw units' shares, one figure for each class of unit: classes are not compared."""
    classed = rows.merge(units[["unit_id", "unit_class"]], on="unit_id")
    figures = [
        intervals(
            group, label="unit_id", caption=caption, units=units, language=language,
            what=say(f"class.{name}", language),
        )
        for name, group in classed.groupby("unit_class", sort=True)
        if len(group) > 1
    ]  # fmt: skip
    return [figure for figure in figures if figure]


def by_period(rows: pd.DataFrame, *, caption: str, language: Language) -> Block | None:
    """Draw a share over periods with its bounds; a period without dossiers leaves a gap."""
    if rows["value"].notna().sum() < 2:
        return None
    import seaborn as sns  # here: it costs more to import than most pages to make

    drawn = rows.sort_values("period_start_on")
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 3.3), layout="constrained")
        axes = figure.subplots()
        places = list(range(len(drawn)))
        axes.fill_between(places, drawn["low"], drawn["high"], color=TEAL, alpha=0.18, lw=0)
        sns.lineplot(x=places, y=drawn["value"], color=NAVY, marker="o", errorbar=None, ax=axes)
        axes.set_xticks(places, [f"{start:%m/%Y}" for start in drawn["period_start_on"]])
        axes.tick_params(axis="x", rotation=45 if len(drawn) > 8 else 0)
        share_axis(axes.yaxis, language)
        axes.set_ylabel(say("axis.share", language))
        worst = drawn.loc[drawn["value"].idxmin()]
        best = drawn.loc[drawn["value"].idxmax()]
        alt = say(
            "alt.by_period", language, what=say(caption, language),
            worst=day(worst["period_start_on"], language), low=percent(worst["value"], language),
            best=day(best["period_start_on"], language), high=percent(best["value"], language),
        )  # fmt: skip
        return figure_block(figure, alt, say(caption, language), drawn["source"], language)


def spread(rows: pd.DataFrame, *, units: pd.DataFrame, language: Language) -> Block | None:
    """Draw every unit below as a dot, one strip per period and class of unit.

    Dots grow with the unit's total, because small units lie far out by chance alone.

    Parameters
    ----------
    rows
        Estimates of one indicator with ``count`` and ``total``, of many units.
    units
        The units' classes.
    """
    strips = _strips(rows, units)
    if not strips:
        return None
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 1.1 + 0.62 * len(strips)), layout="constrained")
        axes = figure.subplots()
        for place, (_, group) in enumerate(strips):
            _strip(axes, place, group)
        axes.set_yticks(range(len(strips)), [_strip_label(*strip, language) for strip in strips])
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)
        share_axis(axes.xaxis, language)
        axes.set_xlabel(say("axis.share", language))
        latest = {key[0]: (key, group) for key, group in strips}  # the last of each class
        alt = " ".join(
            say("alt.step", language, name=name, value=text)
            for name, text in _strip_pairs(latest.values(), language)
        )
        source = pd.concat([group["source"] for _, group in strips])
        return figure_block(figure, alt, say("figure.spread", language), source, language)


def spread_numbers(rows: pd.DataFrame, *, units: pd.DataFrame, language: Language) -> Block | None:
    """List what :func:`spread` draws: the ends and the median of each strip."""
    return numbers_drawn(_strip_pairs(_strips(rows, units), language), language)


Strip = tuple[tuple, pd.DataFrame]
"""Class of unit, first and last day; and the units."""


def _strips(rows: pd.DataFrame, units: pd.DataFrame) -> list[Strip]:
    """Return the groups of two units or more, by class and period."""
    known = rows[rows["total"] > 0].merge(units[["unit_id", "unit_class"]], on="unit_id")
    if len(known) < 3:
        return []
    known = known.assign(value=known["count"] / known["total"])
    keys = ["unit_class", "period_start_on", "period_end_on"]
    return [(key, group) for key, group in known.groupby(keys, sort=True) if len(group) > 1]


def _strip_label(key: tuple, group: pd.DataFrame, language: Language) -> str:
    """Return class and number of the units, and under it the period."""
    unit_class, start_on, end_on = key
    counted = f"{say(f'class.{unit_class}', language)} ({whole(len(group), language)})"
    return f"{counted}\n{period(start_on, end_on, language)}"


def _strip_pairs(strips: Iterable[Strip], language: Language) -> list[tuple[str, str]]:
    """Name each strip and say its ends and its median."""
    return [
        (
            _strip_label(key, group, language).replace("\n", ", "),
            say("figure.spread.strip", language, low=percent(group["value"].min(), language),
                middle=percent(group["value"].median(), language),
                high=percent(group["value"].max(), language)),
        )
        for key, group in strips
    ]  # fmt: skip


def _strip(axes: Axes, place: int, group: pd.DataFrame) -> None:
    """Draw one strip of dots and its median."""
    jitter = pd.Series(range(len(group)), index=group.sort_values("value").index) % 7 - 3
    sizes = 8 + 110 * (group["total"] / group["total"].max())
    axes.scatter(
        group["value"], place + jitter.reindex(group.index) * 0.055, s=sizes, color=TEAL,
        alpha=0.45, edgecolor=NAVY, linewidth=0.4,
    )  # fmt: skip
    median = group["value"].median()
    axes.plot([median, median], [place - 0.34, place + 0.34], color=AMBER, lw=2.2)
