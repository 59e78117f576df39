"""One scorecard drawn: its groups against their maxima, and what moved its total."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from cchc_analysis.components import group_name
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
    wrapped,
)
from cchc_analysis.wording import decimal, period, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NOTICEABLE = 0.5
"""Points from which a group's change is drawn and named; the others are taken together."""


def score_bars(groups: pd.DataFrame, *, language: Language) -> pd.DataFrame:
    """Return what the figure of groups draws: score and maximum of each, in the portal's order.

    Parameters
    ----------
    groups
        What ``score_groups`` returned, of one unit and period.

    Returns
    -------
    DataFrame
        ``label``, ``score`` (published, else recomputed; points), ``maximum``.

    Examples
    --------
    >>> groups = pd.DataFrame({"group": ["CKMB", "TDGQ"], "maximum": [18, 20],
    ...     "published_score": [14.0, None], "recomputed_score": [14.0, 16.88]})
    >>> score_bars(groups, language="en")
              label  score  maximum
    0  Transparency  14.00       18
    1      Progress  16.88       20
    """
    return pd.DataFrame(
        {
            "label": [group_name(code, language) for code in groups["group"]],
            "score": groups["published_score"].fillna(groups["recomputed_score"]).to_numpy(),
            "maximum": groups["maximum"].to_numpy(),
        }
    )


def scorecard(groups: pd.DataFrame, scored: pd.DataFrame, *, language: Language) -> Block | None:
    """Draw each group's points against its maximum; the numbers stand beside the bars."""
    bars = score_bars(groups, language=language)
    if bars["score"].notna().sum() == 0:
        return None
    places = np.arange(len(bars))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 1.2 + 0.48 * len(bars)), layout="constrained")
        axes = figure.subplots()
        axes.barh(places, bars["maximum"], height=0.62, facecolor="white", edgecolor=GREY, lw=1,
                  label=say("score.maximum", language))  # fmt: skip
        axes.barh(places, bars["score"], height=0.62, facecolor=NAVY,
                  label=say("score.points", language))  # fmt: skip
        for place, row in enumerate(bars.to_dict("records")):
            axes.text(row["maximum"] + 0.4, place, _of(row, language), va="center", fontsize=10)
        axes.set_yticks(places, [wrapped(label, 22) for label in bars["label"]])
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)
        axes.set_xlim(0, bars["maximum"].max() * 1.22)
        axes.set_xlabel(say("axis.score", language))
        legend_above(axes)
        alt = " ".join(
            say("alt.step", language, name=row["label"], value=_of(row, language))
            for row in bars.to_dict("records")
        )
        source = scored["source"]
        return figure_block(figure, alt, say("figure.scorecard", language), source, language)


def change_steps(change: pd.DataFrame, *, language: Language) -> pd.DataFrame:
    """Return what the figure of a change draws: the total before, the groups, the total after.

    Parameters
    ----------
    change
        What ``explain_change`` returned, of one unit.

    Returns
    -------
    DataFrame
        ``label``, ``start``, ``end``, ``value`` (points), ``total`` (flag). Groups that moved
        by less than 0.5 points are one step together. Empty where the total's change is not
        known, or no group moved by as much.

    Examples
    --------
    >>> change = pd.DataFrame({"part": ["total", "group", "group"],
    ...     "group": [None, "CKMB", "TDGQ"], "before": [53.22, 6.0, 16.8],
    ...     "after": [61.27, 14.0, 16.85], "difference": [8.05, 8.0, 0.05]})
    >>> change_steps(change, language="en")[["label", "start", "end"]].round(2)
                label  start    end
    0  capture before   0.00  53.22
    1    Transparency  53.22  61.22
    2   1 other group  61.22  61.27
    3    last capture   0.00  61.27
    """
    total, moved = change[change["part"] == "total"], change[change["part"] == "group"]
    moved = moved[moved["difference"].notna()]
    large = moved[moved["difference"].abs() >= NOTICEABLE]
    if total["difference"].isna().all() or large.empty:
        return pd.DataFrame(columns=["label", "start", "end", "value", "total"])
    small, (first, last) = len(moved) - len(large), total[["before", "after"]].iloc[0]
    steps = [(group_name(row.group, language), row.difference) for row in large.itertuples()]
    rest = round(last - first - large["difference"].sum(), 2)
    if small or rest:
        key = "score.other_groups" if small != 1 else "score.other_group"
        steps.append((say(key, language, n=small), rest))
    values = pd.Series([value for _, value in steps])
    reached = (first + values.cumsum()).round(2)
    table = pd.DataFrame(
        {"label": [label for label, _ in steps], "start": reached - values, "end": reached,
         "value": values, "total": False}
    )  # fmt: skip
    ends = pd.DataFrame(
        {"label": [say(f"score.{name}", language) for name in ("before", "after")],
         "start": 0.0, "end": [first, last], "value": [first, last], "total": True}
    )  # fmt: skip
    return pd.concat([ends.iloc[:1], table, ends.iloc[1:]], ignore_index=True)


def score_change(
    change: pd.DataFrame, before: pd.DataFrame, now: pd.DataFrame, *, language: Language
) -> Block | None:
    """Draw how the total came from the earlier date to the last one, group by group."""
    steps = change_steps(change, language=language)
    if steps.empty:
        return None
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 1.3 + 0.46 * len(steps)), layout="constrained")
        axes = figure.subplots()
        _draw_steps(axes, steps, language)
        axes.set_yticks(range(len(steps)), [wrapped(label, 22) for label in steps["label"]])
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)
        axes.set_xlabel(say("axis.score", language))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: decimal(x, language, 1)))
        legend_above(axes)
        groups = {group_name(code, language) for code in change["group"].dropna()}
        alt = " ".join(
            say("alt.step", language, name=row["label"], value=_step_value(row, language))
            for row in steps[steps["total"] | steps["label"].isin(groups)].to_dict("records")
        )
        caption = say(
            "figure.score_change", language, before=_span(before, language),
            after=_span(now, language),
        )  # fmt: skip
        return figure_block(figure, alt, caption, now["source"].unique(), language)


def _draw_steps(axes: Axes, steps: pd.DataFrame, language: Language) -> None:
    """Draw totals as dots, for the axis does not start at 0, and steps as hatched bars."""
    places = np.arange(len(steps))
    ends = pd.concat([steps["start"][~steps["total"]], steps["end"]])
    spread = ends.max() - ends.min()
    reach = ends.max() + 0.06 * spread
    axes.set_xlim(np.floor(ends.min() - 0.15 * spread), reach + 0.2 * spread)
    total = steps["total"]
    axes.plot(steps["end"][total], places[total], "D", color=NAVY, ms=8,
              label=say("score.total", language))  # fmt: skip
    kinds = (("more", steps["value"] > 0, TEAL, "//"), ("less", steps["value"] <= 0, AMBER, ".."))
    for kind, sign, colour, hatch in kinds:
        rows = steps[~total & sign]
        if len(rows):
            axes.barh(places[~total & sign], rows["end"] - rows["start"], left=rows["start"],
                      height=0.55, facecolor=colour, edgecolor="white", hatch=hatch,
                      label=say(f"score_steps.{kind}", language))  # fmt: skip
    for place, row in enumerate(steps.to_dict("records")):
        axes.text(reach, place, _step_value(row, language), va="center", fontsize=10)
    axes.vlines(steps["end"][:-1], places[:-1], places[1:], color=PALE, lw=1, zorder=0)


def _step_value(row: dict, language: Language) -> str:
    """Return a total as points, a step with its sign."""
    text = decimal(abs(row["value"]), language)
    if row["total"]:
        return text
    return ("+" if row["value"] > 0 else "−") + text


def _of(row: dict, language: Language) -> str:
    """Return points and maximum as they stand beside a bar."""
    return say("score.of", language, score=decimal(row["score"], language), maximum=row["maximum"])


def _span(rows: pd.DataFrame, language: Language) -> str:
    first = rows.iloc[0]
    return period(first["period_start_on"], first["period_end_on"], language)
