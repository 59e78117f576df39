"""What all figures share: the style, axes of shares, names in lines, the finished block."""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from cchc_analysis.display import Block, Language, facts, folded
from cchc_analysis.labels import is_simulated, sources
from cchc_analysis.wording import decimal, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAVY, TEAL, AMBER, GREY, PALE = "#12344d", "#0b6e75", "#b35900", "#5f6b76", "#c9d3da"
MOST_ROWS = 30
MOST_NAMED_ROWS = 40
"""Above this many units their lines are drawn closely, and only the telling ones are named."""
MOST_NAMES = 8
WIDTH = 6.4
"""Inches: narrow, so that the letters stay readable where a page is narrow."""
MARKERS = {"": "o", "low": "v", "high": "^"}
"""Inside, below and above the limits: told apart by shape, not by colour alone."""
STYLE = {
    "font.family": "DejaVu Sans", "font.size": 11, "axes.edgecolor": GREY, "axes.linewidth": 0.8,
    "axes.spines.top": False, "axes.spines.right": False, "axes.labelcolor": NAVY,
    "xtick.color": GREY, "ytick.color": NAVY, "axes.grid": True, "grid.color": "#e6ebef",
    "axes.axisbelow": True, "legend.frameon": False, "text.parse_math": False, "savefig.dpi": 170,
}  # fmt: skip


def share_axis(axis: mpl.axis.Axis, language: Language) -> None:
    """Label an axis of shares in percent, with as many decimals as its ticks need."""
    axis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10]))
    low, high = axis.get_view_interval()
    places = max(0, -math.floor(math.log10((high - low) * 100 / 7)))
    axis.set_major_formatter(FuncFormatter(lambda x, _: f"{decimal(x * 100, language, places)} %"))


def wrapped(name: str, width: int = 30) -> str:
    """Break a name into lines: none is cut short."""
    return "\n".join(textwrap.wrap(name, width, break_on_hyphens=False))


def legend_above(axes: Axes) -> None:
    """Put the legend over the axes, where it hides no data."""
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, fontsize=9.5, borderpad=0)


def rows_axis(axes: Axes, labels: Sequence[str]) -> None:
    """Name the rows of a figure from the top down; more than can be read are left unnamed."""
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.grid(axis="y", visible=False)
    if len(labels) <= MOST_NAMED_ROWS:
        axes.set_yticks(range(len(labels)), [wrapped(label) for label in labels])
    else:
        axes.set_yticks([])


def rows_height(labels: Sequence[str]) -> float:
    """Return the inches that rows with these names need; unnamed rows share one page."""
    if len(labels) > MOST_NAMED_ROWS:
        return 7.5
    lines = sum(1 + wrapped(label).count("\n") for label in labels)
    return 1.5 + 0.1 * len(labels) + 0.21 * lines


def name_points(axes: Axes, points: pd.DataFrame) -> None:
    """Write the names of a few points beside them, none over another.

    Parameters
    ----------
    axes
        Axes with their final limits and scales.
    points
        ``x``, ``y`` and ``name``; rows without a name are left out.
    """
    named = points[points["name"] != ""]
    if named.empty:
        return
    at = (axes.transScale + axes.transLimits).transform(named[["x", "y"]].to_numpy(float))
    for left in (True, False):
        chosen = (at[:, 0] > 0.5) == left
        texts = [wrapped(name, 26) for name in named["name"][chosen]]
        heights = [0.05 * (1 + text.count("\n")) for text in texts]
        places = _apart(at[chosen, 1].tolist(), heights)
        own = named[["x", "y"]].to_numpy(float)[chosen]
        for text, place, x, xy in zip(texts, places, at[chosen, 0], own, strict=True):
            axes.annotate(
                text, tuple(xy), xytext=(x - 0.035 if left else x + 0.035, place),
                textcoords="axes fraction", ha="right" if left else "left", va="center",
                fontsize=10, color=NAVY, linespacing=0.95,
                arrowprops={"arrowstyle": "-", "color": GREY, "lw": 0.6, "shrinkB": 3},
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.88, "pad": 0.6},
            )  # fmt: skip


def _apart(middles: list[float], heights: list[float]) -> list[float]:
    """Move heights in 0..1 apart, from the top down, as little as their order allows."""
    order = sorted(range(len(middles)), key=lambda i: -middles[i])
    places, ceiling = dict.fromkeys(order, 0.0), 1.03
    for i in order:
        places[i] = min(middles[i], ceiling - heights[i] / 2)
        ceiling = places[i] - heights[i] / 2
    floor = 0.0
    for i in reversed(order):  # what was pushed below the axes goes up again
        places[i] = max(places[i], floor + heights[i] / 2)
        floor = places[i] + heights[i] / 2
    return [places[i] for i in range(len(middles))]


def legend_across(axes: Axes) -> None:
    """Put the legend on top of the whole figure, where names take the left of it."""
    handles, labels = axes.get_legend_handles_labels()
    axes.get_figure().legend(
        handles, labels, loc="outside upper left", fontsize=9.5, borderpad=0,
        ncols=1 if max(map(len, labels)) > 24 else 2,
    )  # fmt: skip


def figure_block(
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
    shown = say("figure.source", language, source=sources(source, language))
    text = f"{caption.removesuffix('.')}{mark}. {shown}"
    return Block("figure", image=_image(figure), alt=f"{alt}{mark}", caption=text)


def numbers_drawn(pairs: Iterable[tuple[str, str]], language: Language) -> Block | None:
    """Fold the numbers of a figure that no table shows, to be put under it; none, no block."""
    pairs = list(pairs)
    return folded(say("figure.numbers", language), facts(pairs)) if pairs else None


def _image(figure: Figure) -> bytes:
    """Return the figure as SVG or as PNG of 256 colours, whichever is smaller."""
    from PIL import Image

    vector, pixels, packed = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": "cchc"}):
        figure.savefig(vector, format="svg", metadata={"Date": None, "Creator": None})
    figure.savefig(pixels, format="png")
    with Image.open(pixels) as image:
        image.convert("RGB").quantize(256).save(packed, format="png", optimize=True)
    return min(vector.getvalue(), packed.getvalue(), key=len)
