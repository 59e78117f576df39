"""How long dossiers take: the share still open by day, and by what they are closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

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
    legend_across,
    numbers_drawn,
    share_axis,
    wrapped,
)
from cchc_analysis.wording import interval, percent, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_PANELS = 4
_FEWEST_SHOWN = 0.01
"""A curve is drawn to the last day on which this share of its dossiers is still at risk."""
_CLOSED = {"result": (TEAL, ""), "refused": (AMBER, "///"), "withdrawn": (GREY, "...")}
"""Colour and hatching of each outcome: told apart in grey print, too."""


def survival_steps(curve: pd.DataFrame) -> pd.DataFrame:
    """Return what the survival figure draws: panels of one legal time each, from day 0 on.

    Parameters
    ----------
    curve
        What :func:`~cchc_analysis.timing.time_to_result` returned, of one unit and period;
        with a column ``legal_days`` (``by=["legal_days"]``) each legal time is a panel.

    Returns
    -------
    DataFrame
        ``panel`` (0 the legal time with most dossiers; at most 4), ``due_days`` (NaN without
        legal time), ``days``, ``open_share``, ``low``, ``high``, ``at_risk_count``; a step
        begins at each row. ``cut`` (flag): later days, with too few at risk, are left out.

    Examples
    --------
    >>> curve = pd.DataFrame({"days": [1.0, 3.0], "open_share": [0.6, 0.2], "low": [0.5, 0.1],
    ...     "high": [0.7, 0.3], "at_risk_count": [90.0, 50.0]})
    >>> survival_steps(curve)[["panel", "days", "open_share"]]
       panel  days  open_share
    0      0  -0.5         1.0
    1      0   1.0         0.6
    2      0   3.0         0.2
    """
    due = curve.get("legal_days", pd.Series(np.nan, index=curve.index))
    rows = curve.assign(due_days=due)
    if "legal_days" in curve:
        rows = rows[rows["due_days"].notna()]
    most = rows.groupby("due_days", dropna=False)["at_risk_count"].max()
    order = most.sort_values(ascending=False, kind="stable").index[:_MOST_PANELS]
    parts = [_steps(rows, panel, due) for panel, due in enumerate(order)]
    columns = ["panel", "due_days", "days", "open_share", "low", "high", "at_risk_count", "cut"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _steps(rows: pd.DataFrame, panel: int, due: float) -> pd.DataFrame:
    """Return the steps of one panel, all open before the first day, the thin end cut."""
    own = rows[rows["due_days"].isna() if np.isnan(due) else rows["due_days"] == due]
    own = own.sort_values("days")
    enough = own["at_risk_count"] >= _FEWEST_SHOWN * own["at_risk_count"].max()
    last = max(own.loc[enough, "days"].max(), 0 if np.isnan(due) else due)
    shown = own[own["days"] <= last]
    start = {"days": -0.5, "open_share": 1.0, "low": 1.0, "high": 1.0}
    start["at_risk_count"] = own["at_risk_count"].max()
    steps = pd.concat([pd.DataFrame([start]), shown], ignore_index=True)
    return steps.assign(panel=panel, due_days=due, cut=len(shown) < len(own))


def survival(curve: pd.DataFrame, *, language: Language) -> Block | None:
    """Draw the share of dossiers still open by day, with its limits and the due day marked.

    Parameters
    ----------
    curve
        As in :func:`survival_steps`. Only panels of one legal time have one due day.
    """
    steps = survival_steps(curve)
    if steps.empty:
        return None
    panels = int(steps["panel"].max()) + 1
    lines, across = -(-panels // 2), min(panels, 2)
    kind = curve["day_kind"].iloc[0]
    with mpl.rc_context(STYLE):
        height = 3.6 if panels == 1 else 0.9 + 2.3 * lines
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        grid = figure.subplots(lines, across, sharey=True, squeeze=False).ravel()
        for panel, rows in steps.groupby("panel"):
            _open_curve(grid[int(panel)], rows, language)
        for axes in grid[panels:]:
            axes.set_visible(False)
        for axes in grid[max(panels - across, 0) : panels]:
            axes.set_xlabel(say(f"axis.days.{kind}", language))
        grid[0].set_ylim(-0.02, 1.02)
        share_axis(grid[0].yaxis, language)
        if panels > 1:
            legend_across(grid[0])
        else:
            legend_above(grid[0])
        caption = say("figure.survival", language)
        if steps["cut"].any():
            caption += " " + say("figure.survival.cut", language)
        name, said = _survival_pairs(steps, kind, language)[0]
        if panels > 1:
            said = f"{name}: {said}"
        alt = f"{say('figure.survival', language)} {said}"
        return figure_block(figure, alt, caption, curve["source"], language)


def survival_numbers(curve: pd.DataFrame, *, language: Language) -> Block | None:
    """List what :func:`survival` draws: of each curve, when half were closed and what stayed open.

    Parameters
    ----------
    curve
        As in :func:`survival_steps`.
    """
    steps = survival_steps(curve)
    if steps.empty:
        return None
    return numbers_drawn(_survival_pairs(steps, curve["day_kind"].iloc[0], language), language)


def _survival_pairs(steps: pd.DataFrame, kind: str, language: Language) -> list[tuple[str, str]]:
    """Name each curve by its legal time, and say what it shows."""
    dues = steps.groupby("panel")["due_days"].first()
    names = [
        say("survival.all", language)
        if np.isnan(due)
        else say("survival.due_on", language, days=due)
        for due in dues
    ]
    said = [_survival_said(rows, kind, language) for _, rows in steps.groupby("panel")]
    return list(zip(names, said, strict=True))


def _open_curve(axes: Axes, rows: pd.DataFrame, language: Language) -> None:
    """Draw one curve with its limits; the line stands where the due day ends."""
    due, at_risk = rows["due_days"].iloc[0], rows["at_risk_count"].iloc[0]
    rows = pd.concat([rows, rows.iloc[[-1]].assign(days=rows["days"].iloc[-1] + 0.5)])
    days = rows["days"].to_numpy()
    axes.fill_between(
        days, rows["low"], rows["high"], step="post", color=PALE, alpha=0.75, lw=0,
        label=say("survival.limits", language),
    )  # fmt: skip
    label = say("survival.open", language)
    axes.step(days, rows["open_share"], where="post", color=NAVY, lw=1.8, label=label)
    if not np.isnan(due):
        label = say("survival.due", language)
        axes.axvline(due + 0.5, color=AMBER, lw=1.6, ls="-.", label=label)
        title = say("survival.panel", language, days=due, n=at_risk)
        axes.set_title(wrapped(title, 34), fontsize=10, loc="left", color=NAVY)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.set_xlim(-0.5, max(days[-1], 1.5))


def _survival_said(rows: pd.DataFrame, kind: str, language: Language) -> str:
    """Return what one curve shows: when half were closed, what was open after the due day."""
    due, known = rows["due_days"].iloc[0], rows[rows["days"] >= 0]
    half = known[known["open_share"] <= 0.5 + 1e-9]
    days = say(f"axis.days.{kind}", language).lower()
    said = [
        say("alt.survival", language, n=rows["at_risk_count"].iloc[0], unit=days,
            last=known["days"].iloc[-1], share=percent(known["open_share"].iloc[-1], language)),
        say("alt.survival.half", language, days=half["days"].iloc[0])
        if len(half)
        else say("alt.survival.no_half", language),
    ]  # fmt: skip
    if not np.isnan(due):
        at = rows[rows["days"] <= due].iloc[-1]
        limits = interval(at["low"], at["high"], language)
        said.append(
            say("alt.survival.due", language, days=due, limits=limits,
                share=percent(at["open_share"], language))
        )  # fmt: skip
    return " ".join(said)


def incidence(closed: pd.DataFrame, *, language: Language) -> Block | None:
    """Draw by day the shares closed by a result, a refusal and a withdrawal, one on the other.

    Parameters
    ----------
    closed
        What :func:`~cchc_analysis.timing.cumulative_incidence` returned, of one unit and
        period.
    """
    if closed.empty:
        return None
    shown = _followed(closed)
    shares = shown.pivot(index="days", columns="outcome", values="share")
    days = np.concatenate([[-0.5], shares.index, [shares.index[-1] + 0.5]])
    kind = closed["day_kind"].iloc[0]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 3.6), layout="constrained")
        axes, base = figure.subplots(), np.zeros(len(days))
        for outcome, (colour, hatch) in _CLOSED.items():
            top = base + np.concatenate([[0.0], shares[outcome], shares[outcome].iloc[-1:]])
            if shares[outcome].iloc[-1] > 0:
                axes.fill_between(
                    days, base, top, step="post", facecolor=colour, alpha=0.75, hatch=hatch,
                    edgecolor="white", lw=0.4, label=say(f"outcome.{outcome}", language),
                )  # fmt: skip
            base = top
        axes.step(days, base, where="post", color=NAVY, lw=1.2)
        axes.set_ylim(-0.02, 1.02)
        axes.set_xlim(-0.5, max(days[-1], 1.5))
        axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
        share_axis(axes.yaxis, language)
        axes.set_xlabel(say(f"axis.days.{kind}", language))
        if axes.get_legend_handles_labels()[0]:
            legend_above(axes)
        caption = say("figure.incidence", language)
        if len(shown) < len(closed):
            caption += " " + say("figure.survival.cut", language)
        until, shares = _incidence_pair(shown, kind, language)
        alt = f"{say('figure.incidence', language)} {until}: {shares}."
        return figure_block(figure, alt, caption, closed["source"], language)


def incidence_numbers(closed: pd.DataFrame, *, language: Language) -> Block | None:
    """List what :func:`incidence` draws at its last day."""
    if closed.empty:
        return None
    pair = _incidence_pair(_followed(closed), closed["day_kind"].iloc[0], language)
    return numbers_drawn([pair], language)


def _followed(closed: pd.DataFrame) -> pd.DataFrame:
    """Return the days until which enough dossiers are followed."""
    enough = closed["at_risk_count"] >= _FEWEST_SHOWN * closed["at_risk_count"].max()
    return closed[closed["days"] <= closed.loc[enough, "days"].max()]


def _incidence_pair(shown: pd.DataFrame, kind: str, language: Language) -> tuple[str, str]:
    """Return the last day drawn, and the shares at it."""
    last = shown[shown["days"] == shown["days"].max()].set_index("outcome")
    shares = {outcome: percent(last["share"][outcome], language) for outcome in _CLOSED}
    until = say(
        "incidence.until", language, n=shown["at_risk_count"].max(), days=shown["days"].max(),
        unit=say(f"axis.days.{kind}", language).lower(),
    )  # fmt: skip
    still = percent(last["open_share"].iloc[0], language)
    return until, say("incidence.shares", language, open=still, **shares)
