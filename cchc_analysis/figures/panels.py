"""Small multiples: one panel per field over the periods of a unit."""

from __future__ import annotations

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from cchc_analysis.display import Block, Language
from cchc_analysis.figures.drawing import (
    GREY,
    NAVY,
    STYLE,
    TEAL,
    WIDTH,
    figure_block,
    numbers_drawn,
    share_axis,
    wrapped,
)
from cchc_analysis.wording import percent, say

_MOST_PANELS = 12


def field_panels(by_field: pd.DataFrame) -> pd.DataFrame:
    """Return what the small multiples draw: the periods of the 12 fields with most dossiers.

    Parameters
    ----------
    by_field
        Estimates of one unit by ``field`` and period.

    Returns
    -------
    DataFrame
        Rows of ``by_field`` with dossiers, ``panel`` (0 the field with most dossiers) and
        ``place`` (of the period among all), by panel and place.

    Examples
    --------
    >>> rows = pd.DataFrame({"field": ["a", "b", "b"], "total": [5, 9, 0],
    ...     "period_start_on": pd.to_datetime(["2024-01-01", "2024-01-01", "2024-02-01"])})
    >>> field_panels(rows)[["field", "panel", "place"]].reset_index(drop=True)
      field  panel  place
    0     b      0      0
    1     a      1      0
    """
    size = by_field.groupby("field", dropna=False)["total"].sum().sort_values(ascending=False)
    order = {field: panel for panel, field in enumerate(size.index[:_MOST_PANELS])}
    starts = sorted(by_field["period_start_on"].unique())
    rows = by_field.assign(
        panel=by_field["field"].map(order),
        place=by_field["period_start_on"].map({start: i for i, start in enumerate(starts)}),
    )
    return rows[rows["panel"].notna() & (rows["total"] > 0)].sort_values(["panel", "place"])


def small_multiples(
    by_field: pd.DataFrame, whole: pd.DataFrame, *, language: Language
) -> Block | None:
    """Draw one small panel per field over the periods, the unit as a whole in grey behind.

    Parameters
    ----------
    by_field
        Estimates of one unit by ``field`` and period.
    whole
        Estimates of the unit by period.
    """
    drawn = field_panels(by_field)
    if drawn["place"].nunique() < 2:
        return None
    starts = sorted(by_field["period_start_on"].unique())
    behind = whole.set_index("period_start_on")["value"].reindex(starts)
    panels = int(drawn["panel"].max()) + 1
    lines = -(-panels // 2)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 0.6 + 1.55 * lines), layout="constrained")
        grid = figure.subplots(lines, 2, sharex=True, sharey=True, squeeze=False).ravel()
        for panel, rows in drawn.groupby("panel"):
            axes = grid[int(panel)]
            axes.plot(range(len(starts)), behind, color=GREY, lw=1, ls="--")
            axes.fill_between(rows["place"], rows["low"], rows["high"], color=TEAL, alpha=0.2, lw=0)
            axes.plot(rows["place"], rows["value"], color=NAVY, marker="o", ms=3, lw=1.4)
            name = wrapped(_field_name(rows, language), 32)
            axes.set_title(name, fontsize=10, loc="left", color=NAVY)
        for axes in grid[panels:]:
            axes.set_visible(False)
        for axes in grid[max(panels - 2, 0) : panels]:  # the lowest panel of each column
            axes.tick_params(labelbottom=True)
        low, _ = grid[0].get_ylim()
        grid[0].set_ylim(top=1 + 0.02 * (1 - low))  # no tick above 100 %
        ends = [0, len(starts) - 1]
        grid[0].set_xticks(ends, [f"{pd.Timestamp(starts[i]):%m/%Y}" for i in ends])
        share_axis(grid[0].yaxis, language)
        caption = say("figure.panels", language)
        fields = by_field["field"].nunique(dropna=False)
        if fields > panels:
            caption += " " + say("figure.cut", language)
        return figure_block(
            figure, _panels_alt(drawn, language), caption, drawn["source"], language
        )


def panel_numbers(by_field: pd.DataFrame, *, language: Language) -> Block | None:
    """List what :func:`small_multiples` draws: each field's dossiers, ends and last share."""
    drawn = field_panels(by_field)
    if drawn["place"].nunique() < 2:
        return None
    pairs = [
        (
            _field_name(rows, language),
            say("figure.panels.field", language, total=rows["total"].sum(),
                low=percent(rows["value"].min(), language),
                high=percent(rows["value"].max(), language),
                last=percent(rows["value"].iloc[-1], language)),
        )
        for _, rows in drawn.groupby("panel")
    ]  # fmt: skip
    return numbers_drawn(pairs, language)


def _panels_alt(drawn: pd.DataFrame, language: Language) -> str:
    """Return which field ends lowest and which highest."""
    last = drawn.groupby("panel").tail(1)
    ends = {"low": last.loc[[last["value"].idxmin()]], "high": last.loc[[last["value"].idxmax()]]}
    said = {name: percent(row["value"].iloc[0], language) for name, row in ends.items()}
    fields = {f"{name}_field": _field_name(row, language) for name, row in ends.items()}
    return say("alt.panels", language, **said, **fields)


def _field_name(rows: pd.DataFrame, language: Language) -> str:
    """Return the field of a panel, or that it is not known."""
    field = rows["field"].iloc[0]
    return str(field) if pd.notna(field) and field else say("unknown", language)
