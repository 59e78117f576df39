"""Control charts: one unit over its periods, with the two readings as icons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from cchc_analysis.display import Block, Language
from cchc_analysis.figures.drawing import (
    AMBER,
    GREY,
    MARKERS,
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
from cchc_analysis.wording import day, percent, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

VARIATION = {
    "improving": "+", "worsening": "−", "rising": "↗", "falling": "↘", "changing": "↕",
    "single_periods": "!", "no_signal": "≈", "constant": "=", "too_few_points": "…",
    "no_dossiers": "–",
}  # fmt: skip
ASSURANCE = {
    "will": "✓", "will_not": "✗", "may_or_may_not": "?", "no_target": "○",
    "too_few_points": "…", "no_dossiers": "–",
}  # fmt: skip


def chart_points(chart: pd.DataFrame) -> pd.DataFrame:
    """Return what a control chart draws: one row per period with dossiers.

    Parameters
    ----------
    chart
        What :func:`~cchc_analysis.change.monitor` returned, of one unit.

    Returns
    -------
    DataFrame
        ``place`` (0, 1, ... by period; a period without dossiers leaves its place empty),
        ``label`` (month and year), ``value``, ``low``, ``high``, ``centre``, ``side``,
        ``left_out`` (flag: not part of the yardstick), ``phase``, ``phase_reason``.

    Examples
    --------
    >>> chart = pd.DataFrame({"period_start_on": pd.to_datetime(["2024-01-01", "2024-02-01"]),
    ...     "value": [0.9, None], "low": 0.8, "high": 1.0, "centre": 0.9, "side": "",
    ...     "excluded": "", "phase": 1, "phase_reason": ""})
    >>> chart_points(chart)[["place", "label", "value", "left_out"]]
       place    label  value  left_out
    0      0  01/2024    0.9     False
    """
    rows = chart.sort_values("period_start_on", ignore_index=True)
    labels = rows["period_start_on"].dt.strftime("%m/%Y")
    rows = rows.assign(place=rows.index, label=labels, left_out=rows["excluded"] != "")
    columns = ["place", "label", "value", "low", "high", "centre", "side", "left_out"]
    return rows.loc[rows["value"].notna(), [*columns, "phase", "phase_reason"]]


def control_chart(
    chart: pd.DataFrame, readings: pd.DataFrame, *, language: Language
) -> Block | None:
    """Draw a p or p' chart: periods, centre, limits, target, and the two readings as icons.

    Parameters
    ----------
    chart, readings
        Of one unit: what :func:`~cchc_analysis.change.monitor` and
        :func:`~cchc_analysis.change.readings` returned.
    """
    points = chart_points(chart)
    if len(points) < 2:
        return None
    current = readings[readings["current"]].iloc[0]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 4.6), layout="constrained")
        top, axes = figure.subplots(2, 1, height_ratios=[1, 6])
        _icons(top, current, language)
        for _, phase in points.groupby("phase"):
            axes.fill_between(
                phase["place"], phase["low"], phase["high"], color=PALE, alpha=0.5, step="mid", lw=0
            )
            axes.step(phase["place"], phase["centre"], ls="--", color=GREY, lw=1, where="mid")
            axes.plot(phase["place"], phase["value"], color=NAVY, lw=1.3)
        _chart_markers(axes, points, language)
        for row in points[points["phase"].diff() > 0].itertuples():
            axes.axvline(row.place - 0.5, color=GREY, lw=1, ls=":")
            axes.annotate(
                wrapped(row.phase_reason, 22), (row.place - 0.45, 0.02), fontsize=9,
                xycoords=("data", "axes fraction"),
            )  # fmt: skip
        target = current["target"]
        if pd.notna(target):
            label = say("chart.target", language, target=percent(target, language))
            axes.axhline(target, color=TEAL, lw=1.4, ls="-.", label=label)
        _month_axis(axes, points)
        share_axis(axes.yaxis, language)
        legend_above(axes)
        caption = say("figure.control", language, kind=say(f"chart.{current['chart']}", language))
        return figure_block(
            figure, _chart_alt(chart, current, language), caption, chart["source"], language
        )


def control_numbers(chart: pd.DataFrame, *, language: Language) -> Block | None:
    """List what :func:`control_chart` draws: each period's share, with count and total."""
    known = chart[chart["value"].notna()].sort_values("period_start_on")
    if len(known) < 2:
        return None
    return numbers_drawn(
        [(f"{row['period_start_on']:%m/%Y}", _of(row, language)) for _, row in known.iterrows()],
        language,
    )


def _of(row: pd.Series, language: Language) -> str:
    """Return the share of one period with its count and total."""
    return say(
        "figure.control.period", language, value=percent(row["value"], language),
        count=row["count"], total=row["total"],
    )  # fmt: skip


def _icons(axes: Axes, current: pd.Series, language: Language) -> None:
    """Draw the two readings as icons with words: is it changing, will it meet its target."""
    axes.axis("off")
    kinds = (("variation", VARIATION, 0.0), ("assurance", ASSURANCE, 0.5))
    for kind, glyphs, left in kinds:
        reading = current[kind]
        axes.text(
            left + 0.035, 0.5, glyphs[reading], fontsize=17, ha="center", va="center", color=NAVY,
            fontweight="bold", bbox={"boxstyle": "circle,pad=0.25", "facecolor": "white",
                                     "edgecolor": NAVY, "lw": 1.8},
        )  # fmt: skip
        text = wrapped(say(f"{kind}.{reading}", language), 27)
        axes.text(left + 0.09, 0.5, text, fontsize=10, va="center", color=NAVY)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)


def _chart_markers(axes: Axes, points: pd.DataFrame, language: Language) -> None:
    """Mark periods inside and outside their limits, and hollow those left out."""
    for side, marker in MARKERS.items():
        for left_out in (False, True):
            rows = points[(points["side"] == side) & (points["left_out"] == left_out)]
            if rows.empty:
                continue
            kind = "left_out" if left_out else side or "inside"
            colour = AMBER if side else NAVY
            axes.plot(
                rows["place"], rows["value"], marker, color=colour, ms=9 if side else 6,
                mfc="white" if left_out else colour, label=say(f"chart.{kind}", language),
            )  # fmt: skip


def _month_axis(axes: Axes, points: pd.DataFrame) -> None:
    """Label at most 12 periods, so that they stay readable."""
    every = -(-len(points) // 12)
    shown = points.iloc[::every]
    axes.set_xticks(shown["place"], shown["label"], rotation=45 if len(shown) > 6 else 0)


def _chart_alt(chart: pd.DataFrame, current: pd.Series, language: Language) -> str:
    """Return what a control chart shows, its readings and its last period with counts."""
    known = chart[chart["value"].notna()].sort_values("period_start_on")
    last = known.iloc[-1]
    return say(
        "alt.control", language, centre=percent(current["centre"], language),
        last=day(last["period_start_on"], language), value=_of(last, language),
        variation=say(f"variation.{current['variation']}", language),
        assurance=say(f"assurance.{current['assurance']}", language),
    )  # fmt: skip
