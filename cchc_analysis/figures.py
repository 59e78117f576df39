"""Figures for readers: each takes one of the package's tables and returns one block.

Every figure has an alternative text made from its data and, where the data are simulated,
says so inside the image. Shapes as well as colours carry meaning, for grey print and for
readers who do not tell colours apart.
"""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from cchc_analysis.display import Block, Language
from cchc_analysis.gazetteer import unit_name
from cchc_analysis.labels import in_order, is_simulated, level_name, row_label, sources, value
from cchc_analysis.wording import day, decimal, named, percent, say, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from cchc_analysis.drivers import DriverFit

NAVY, TEAL, AMBER, GREY, PALE = "#12344d", "#0b6e75", "#b35900", "#5f6b76", "#c9d3da"
MOST_ROWS = 30
WIDTH = 6.4
"""Inches: narrow, so that the letters stay readable where a page is narrow."""
_STYLE = {
    "font.family": "DejaVu Sans", "font.size": 11, "axes.edgecolor": GREY, "axes.linewidth": 0.8,
    "axes.spines.top": False, "axes.spines.right": False, "axes.labelcolor": NAVY,
    "xtick.color": GREY, "ytick.color": NAVY, "axes.grid": True, "grid.color": "#e6ebef",
    "axes.axisbelow": True, "legend.frameon": False, "text.parse_math": False, "savefig.dpi": 170,
}  # fmt: skip


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
    labels = [_wrapped(name) for name in drawn["name"]]
    with mpl.rc_context(_STYLE):
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
        _share_axis(axes.xaxis, language)
        axes.set_xlabel(say("axis.share", language))
        worst, best = drawn.loc[drawn["value"].idxmin()], drawn.loc[drawn["value"].idxmax()]
        text = f"{what}. {say(caption, language)}" if what else say(caption, language)
        alt = say(
            "alt.intervals", language, what=text, n=len(drawn),
            worst=worst["name"], low=value(worst.to_dict(), language),
            best=best["name"], high=value(best.to_dict(), language),
        )  # fmt: skip
        if len(known) > len(drawn):
            text += " " + say("figure.cut", language, shown=len(drawn), of=len(known))
        return _block(figure, alt, text, drawn["source"], language)


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
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(WIDTH, 3.3), layout="constrained")
        axes = figure.subplots()
        places = list(range(len(drawn)))
        axes.fill_between(places, drawn["low"], drawn["high"], color=TEAL, alpha=0.18, lw=0)
        sns.lineplot(x=places, y=drawn["value"], color=NAVY, marker="o", errorbar=None, ax=axes)
        axes.set_xticks(places, [f"{start:%m/%Y}" for start in drawn["period_start_on"]])
        axes.tick_params(axis="x", rotation=45 if len(drawn) > 8 else 0)
        _share_axis(axes.yaxis, language)
        axes.set_ylabel(say("axis.share", language))
        worst = drawn.loc[drawn["value"].idxmin()]
        best = drawn.loc[drawn["value"].idxmax()]
        alt = say(
            "alt.by_period", language, what=say(caption, language), n=len(drawn),
            worst=day(worst["period_start_on"], language), low=percent(worst["value"], language),
            best=day(best["period_start_on"], language), high=percent(best["value"], language),
        )  # fmt: skip
        return _block(figure, alt, say(caption, language), drawn["source"], language)


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
    known = rows[rows["total"] > 0].merge(units[["unit_id", "unit_class"]], on="unit_id")
    if len(known) < 3:
        return None
    known = known.assign(value=known["count"] / known["total"])
    keys = ["unit_class", "period_start_on", "period_end_on"]
    strips = [(key, group) for key, group in known.groupby(keys, sort=True) if len(group) > 1]
    if not strips:
        return None
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(WIDTH, 1.1 + 0.62 * len(strips)), layout="constrained")
        axes = figure.subplots()
        labels = [_strip(axes, i, key, group, language) for i, (key, group) in enumerate(strips)]
        axes.set_yticks(range(len(strips)), labels)
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)
        _share_axis(axes.xaxis, language)
        axes.set_xlabel(say("axis.share", language))
        parts = [
            say(
                "alt.strip", language, label=label.replace("\n", " "), n=len(group),
                low=percent(group["value"].min(), language),
                middle=percent(group["value"].median(), language),
                high=percent(group["value"].max(), language),
            )
            for label, (_, group) in zip(labels, strips, strict=True)
        ]  # fmt: skip
        return _block(
            figure, " ".join(parts), say("figure.spread", language), known["source"], language
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
    inside, outside = drawn[~drawn["outside"]], drawn[drawn["outside"]]
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(WIDTH, 4.9), layout="constrained")
        axes = figure.subplots()
        axes.vlines(drawn["total"], drawn["low"], drawn["high"], color=PALE, lw=2.4)
        axes.plot(
            inside["total"],
            inside["value"],
            "o",
            color=NAVY,
            ms=5,
            label=say("funnel.judged", language),
        )
        for side, marker in (("low", "v"), ("high", "^")):
            rows = outside[outside["side"] == side]
            if rows.empty:
                continue
            axes.plot(
                rows["total"], rows["value"], marker, color=AMBER, ms=8.5,
                label=say(f"funnel.{side}", language),
            )  # fmt: skip
        for row in outside.to_dict("records"):
            name = _wrapped(unit_name(row["unit_id"], units=units, language=language))
            axes.annotate(
                name, (row["total"], row["value"]), xytext=(7, 3), textcoords="offset points",
                fontsize=9, color=NAVY,
            )  # fmt: skip
        centre = drawn["count"].sum() / drawn["total"].sum()
        axes.axhline(centre, color=GREY, lw=1, ls="--", label=say("funnel.centre", language))
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: whole(x, language)))
        axes.xaxis.set_minor_formatter(FuncFormatter(lambda _x, _: ""))
        _share_axis(axes.yaxis, language)
        axes.set_xlabel(say("axis.total", language))
        axes.set_ylabel(say("axis.share", language))
        _legend_above(axes)
        alt = say(
            "alt.funnel", language, n=len(drawn),
            low=(outside["side"] == "low").sum(),
            high=(outside["side"] == "high").sum(),
            plain=drawn["outside_plain"].sum(),
        )  # fmt: skip
        return _block(figure, alt, say("figure.funnel", language), drawn["source"], language)


def effects(fit: DriverFit, *, language: Language) -> Block | None:
    """Draw each level's effect on the share late, in percentage points, by term.

    A level without an interval (it occurs in one unit only) is left to the table.
    """
    rows = fit.effects[fit.effects["reading"] == "estimated"]
    if rows.empty:
        return None
    names = [
        f"{named('term', row.term, language)}: {level_name(row.term, row.level, language)}"
        for row in rows.itertuples()
    ]
    points = rows[["effect", "effect_low", "effect_high"]] * 100
    clear = (points["effect_low"] > 0) | (points["effect_high"] < 0)
    with mpl.rc_context(_STYLE):
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
        axes.set_yticks(places, [_wrapped(name) for name in names])
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: decimal(x, language, 1)))
        axes.set_xlabel(say("axis.points", language))
        _legend_above(axes)
        parts = [
            say(
                "alt.effect", language, name=name, effect=decimal(p.effect, language, 1),
                low=decimal(p.effect_low, language, 1), high=decimal(p.effect_high, language, 1),
            )
            for name, p in zip(names, points.itertuples(), strict=True)
        ]  # fmt: skip
        return _block(
            figure, " ".join(parts), say("figure.effects", language), [fit.source], language
        )


def _strip(axes: Axes, place: int, key: Sequence, group: pd.DataFrame, language: Language) -> str:
    """Draw one strip of dots and its median; return its label."""
    unit_class, start_on, end_on = key
    jitter = pd.Series(range(len(group)), index=group.sort_values("value").index) % 7 - 3
    sizes = 8 + 110 * (group["total"] / group["total"].max())
    axes.scatter(
        group["value"], place + jitter.reindex(group.index) * 0.055, s=sizes, color=TEAL,
        alpha=0.45, edgecolor=NAVY, linewidth=0.4,
    )  # fmt: skip
    median = group["value"].median()
    axes.plot([median, median], [place - 0.34, place + 0.34], color=AMBER, lw=2.2)
    dates = f"{start_on:%d/%m}–{end_on:%d/%m/%Y}"
    return f"{say(f'class.{unit_class}', language)} ({whole(len(group), language)})\n{dates}"


def _share_axis(axis: mpl.axis.Axis, language: Language) -> None:
    """Label an axis of shares in percent, with as many decimals as its ticks need."""
    axis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10]))
    low, high = axis.get_view_interval()
    places = max(0, -math.floor(math.log10((high - low) * 100 / 7)))
    axis.set_major_formatter(FuncFormatter(lambda x, _: f"{decimal(x * 100, language, places)} %"))


def _wrapped(name: str, width: int = 30) -> str:
    """Break a name into lines: none is cut short."""
    return "\n".join(textwrap.wrap(name, width, break_on_hyphens=False))


def _legend_above(axes: Axes) -> None:
    """Put the legend over the axes, where it hides no data."""
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, fontsize=9.5, borderpad=0)


def _block(
    figure: Figure, alt: str, caption: str, source: Sequence[str] | pd.Series, language: Language
) -> Block:
    """Return the figure as a block; simulated data is marked inside the image."""
    mark = ""
    if is_simulated(source):
        mark = f" ({say('simulated', language)})"
        figure.suptitle(
            say("simulated", language).upper(), fontsize=10, color=AMBER, fontweight="bold", x=0.99,
            ha="right",
        )  # fmt: skip
    image = io.BytesIO()
    figure.savefig(image, format="png", dpi=_STYLE["savefig.dpi"])
    shown = say("figure.source", language, source=sources(source, language))
    text = f"{caption.removesuffix('.')}{mark}. {shown}"
    return Block("figure", png=image.getvalue(), alt=f"{alt}{mark}", caption=text)
