"""The desk in figures: by due date, by age, what to expect, and how well that went before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from cchc_analysis.display import Block, Language
from cchc_analysis.figures.drawing import (
    AMBER,
    GREY,
    NAVY,
    PALE,
    STYLE,
    TEAL,
    WIDTH,
    figure_block,
    legend_above,
    numbers_drawn,
    share_axis,
    wrapped,
)
from cchc_analysis.wording import day, decimal, percent, say, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from cchc_analysis.drivers.accuracy import Calibration

_OVERDUE = ("overdue_over_10", "overdue_to_10")
_OLD = ("over_60",)


def days_to_due(counted: pd.DataFrame, *, language: Language) -> Block | None:
    """Draw open dossiers by the days to their due date; the overdue are hatched.

    Parameters
    ----------
    counted
        What :func:`~cchc_analysis.backlog.days_to_due` returned, without ``by``.
    """
    return _bands(counted, "due", _OVERDUE, language)


def backlog_ages(counted: pd.DataFrame, *, language: Language) -> Block | None:
    """Draw open dossiers by their age.

    Parameters
    ----------
    counted
        What :func:`~cchc_analysis.backlog.backlog_ages` returned, without ``by``.
    """
    return _bands(counted, "age", _OLD, language)


def _bands(
    counted: pd.DataFrame, kind: str, telling: tuple[str, ...], language: Language
) -> Block | None:
    """Draw a bar for each band, with its count; the telling ones stand out in grey print too."""
    if counted.empty:
        return None
    names = [say(f"backlog.{kind}.{band}", language) for band in counted["band"]]
    colours = [AMBER if band in telling else TEAL for band in counted["band"]]
    hatches = ["//" if band in telling else "" for band in counted["band"]]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 3.2), layout="constrained")
        axes = figure.subplots()
        places = list(range(len(counted)))
        waiting = counted["suspended_count"].fillna(0)
        active = counted["count"] - waiting
        axes.bar(places, active, color=colours, hatch=hatches, edgecolor="white", lw=0)
        if waiting.any():
            label = say("backlog.bar.waiting", language)
            axes.bar(places, waiting, bottom=active, color=PALE, label=label)
            legend_above(axes)
        for place, count in zip(places, counted["count"], strict=True):
            axes.annotate(whole(count, language), (place, count), ha="center", va="bottom",
                          fontsize=10, color=NAVY)  # fmt: skip
        axes.set_xticks(places, [wrapped(name, 10) for name in names], fontsize=9.5)
        axes.grid(axis="x", visible=False)
        axes.margins(y=0.12)
        _count_axis(axes, language)
        axes.set_xlabel(say(f"backlog.days.{counted['day_kind'].iloc[0]}", language))
        parts = [
            say("backlog.alt.band", language, band=name, n=count, waiting=left)
            for name, count, left in zip(
                names, counted["count"], counted["suspended_count"], strict=True
            )
        ]
        caption = say(
            f"backlog.figure.{kind}", language,
            day=day(counted["as_of"].max(), language), n=counted["total"].max(),
        )  # fmt: skip
        return figure_block(figure, " ".join(parts), caption, counted["source"], language)


def expected_late(expected: pd.DataFrame, *, language: Language) -> Block | None:
    """Draw how many of the dossiers open now will be late, by weeks, with its interval.

    Parameters
    ----------
    expected
        What :func:`~cchc_analysis.backlog.expected_late` returned.
    """
    if expected.empty or expected["expected"].isna().any():
        return None
    rows = expected.sort_values("weeks")
    fan = pd.concat([pd.DataFrame({"weeks": [0], "expected": 0, "low": 0, "high": 0}), rows])
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 3.3), layout="constrained")
        axes = figure.subplots()
        axes.fill_between(
            fan["weeks"], fan["low"], fan["high"], color=TEAL, alpha=0.2, lw=0,
            label=say("backlog.fan.interval", language),
        )  # fmt: skip
        axes.plot(
            fan["weeks"], fan["expected"], color=NAVY, marker="o", ms=5,
            label=say("backlog.fan.expected", language),
        )  # fmt: skip
        axes.vlines(rows["weeks"], rows["low"], rows["high"], color=TEAL, lw=1.6)
        for row in rows.itertuples():
            axes.annotate(
                decimal(row.expected, language, 0), (row.weeks, row.expected), xytext=(-7, 5),
                textcoords="offset points", ha="right", color=NAVY,
            )  # fmt: skip
        labels = [day(until, language) for until in rows["due_until_on"]]
        axes.set_xticks(rows["weeks"], labels)
        axes.set_xlabel(say("backlog.axis.due_until", language))
        axes.set_xlim(0, rows["weeks"].max() * 1.05)
        _count_axis(axes, language)
        legend_above(axes)
        parts = [
            say(
                "backlog.alt.expected", language, day=day(row.due_until_on, language),
                n=row.dossiers, expected=decimal(row.expected, language, 0), low=row.low,
                high=row.high,
            )
            for row in rows.itertuples()
        ]  # fmt: skip
        caption = say("figure.expected_late", language, day=day(rows["as_of"].max(), language))
        return figure_block(figure, " ".join(parts), caption, rows["source"], language)


def foretold(
    line: Calibration,
    *,
    source: str,
    tested: Literal["weeks", "units"] = "weeks",
    language: Language,
) -> Block | None:
    """Draw the share late against the probability foretold; the diagonal is right.

    Parameters
    ----------
    line
        What :func:`~cchc_analysis.backlog.backtest_calibration` returned.
    source
        Where the dossiers came from.
    tested
        On past weeks, or on units that the model had not seen.
    """
    bins = line.bins
    if len(bins) < 2:
        return None
    top = min(1.0, 1.05 * max(bins["high"].max(), bins["predicted"].max()))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 4.2), layout="constrained")
        axes = figure.subplots()
        axes.plot(
            [0, top], [0, top], color=GREY, ls="--", lw=1, label=say("backlog.right", language)
        )
        axes.vlines(bins["predicted"], bins["low"], bins["high"], color=TEAL, lw=2.2, alpha=0.55)
        axes.plot(bins["predicted"], bins["value"], "o", color=NAVY, ms=6,
                  label=say("backlog.happened", language))  # fmt: skip
        axes.set_xlim(0, top)
        axes.set_ylim(0, top)
        share_axis(axes.xaxis, language)
        share_axis(axes.yaxis, language)
        axes.set_xlabel(say("backlog.axis.foretold", language))
        axes.set_ylabel(say("backlog.axis.happened", language))
        legend_above(axes)
        ends = " ".join(
            say("alt.step", language, name=foretold, value=found)
            for foretold, found in _foretold_pairs(bins.iloc[[0, -1]], language)
        )
        return figure_block(
            figure, ends, say(f"figure.foretold.{tested}", language), [source], language
        )


def foretold_numbers(line: Calibration, *, language: Language) -> Block | None:
    """List what :func:`foretold` draws: each class of dossiers, as foretold and as it came."""
    bins = line.bins
    return numbers_drawn(_foretold_pairs(bins, language), language) if len(bins) > 1 else None


def _foretold_pairs(bins: pd.DataFrame, language: Language) -> list[tuple[str, str]]:
    """Say of each class what was foretold, and how many were late."""
    return [
        (
            say("backlog.foretold", language, share=percent(row.predicted, language)),
            say("backlog.foretold.found", language, share=percent(row.value, language),
                n=row.total),
        )
        for row in bins.itertuples()
    ]  # fmt: skip


def _count_axis(axes: Axes, language: Language) -> None:
    """Label the vertical axis with whole numbers of dossiers."""
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: whole(y, language)))
    axes.set_ylabel(say("backlog.axis.dossiers", language))
