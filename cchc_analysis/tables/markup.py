"""The markup of one table: caption, scoped headers, escaped cells, bars, foot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from cchc_analysis.display import Block, Language
from cchc_analysis.labels import is_simulated
from cchc_analysis.wording import say

_HALF = 0.5
_LONGEST_LINE = 32  # characters; two numbers of millions as a range are shorter
_LEAST_SPREAD = 0.05  # of the width: below, bars look alike


def table_block(
    caption: str,
    names: Sequence[str],
    body: list[list[str]],
    language: Language,
    source: Iterable[str],
    *,
    numeric: set[int] | None = None,
    bars: Mapping[int, Sequence[float]] | None = None,
    foot: str = "",
) -> Block:
    """Build the HTML of one table: caption, scoped headers, escaped cells, foot.

    Parameters
    ----------
    caption, names
        Keys of phrases: the caption, and the heads of the columns.
    body
        Texts of the rows, the name of each first; they are escaped.
    source
        Where the numbers come from: a caption says so if they are simulated.
    numeric
        Columns of numbers, set to the right; all but the first if not given.
    bars
        Columns whose rows are compared: for each row its share of a whole, 0..1. A thin bar
        under the number shows it, from 0 to the whole, which is drawn as a track; where all
        shares are below a half, from 0 to the largest of the column, without a track. None
        for a share that is missing or outside 0..1, and none at all where the longest and
        the shortest would look alike. The number is in the cell: a bar adds nothing for those
        who hear the page.
    foot
        Text under the table; it is escaped.
    """
    numeric = set(range(1, len(names))) if numeric is None else numeric
    drawn = {at: _bars(shares) for at, shares in (bars or {}).items()}
    mark = f" ({say('simulated', language)})" if is_simulated(source) else ""
    css = [' class="num"' if i in numeric else "" for i in range(len(names))]
    head = "".join(
        f'<th scope="col"{css[i]}>{escape(say(name, language))}</th>'
        for i, name in enumerate(names)
    )
    rows = []
    for number, cells in enumerate(body):
        first, rest = cells[0], cells[1:]
        own = {i: styles[number] for i, styles in drawn.items() if styles[number]}
        tds = "".join(
            f"<td{own.get(i) or _wrapped(css[i], cell)}>{escape(cell)}</td>"
            for i, cell in enumerate(rest, 1)
        )
        total = ' class="total"' if first == say("total", language) else ""
        rows.append(f'<tr{total}><th scope="row">{escape(first)}</th>{tds}</tr>')
    tail = (
        f'<tfoot><tr><td colspan="{len(names)}"><span>{escape(foot)}</span></td></tr></tfoot>'
        if foot
        else ""
    )
    return Block(
        "table",
        f"<table><caption>{escape(say(caption, language))}{mark}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>{tail}</table>",
    )


def _wrapped(css: str, cell: str) -> str:
    """Let a number that comes with a remark wrap; one without keeps to its line."""
    return css.replace('"num"', '"num wrap"') if len(cell) > _LONGEST_LINE else css


def _bars(shares: Sequence[float]) -> list[str]:
    """Return the attributes of the cells of a column with bars; '' for those without one.

    Examples
    --------
    >>> _bars([0.9764, 0.5, float("nan")])
    [' class="num bar" style="--part:97.6%"', ' class="num bar" style="--part:50.0%"', '']
    >>> _bars([0.02, 0.04, 1.02])[:2]
    [' class="num bar free" style="--part:50.0%"', ' class="num bar free" style="--part:100.0%"']
    """
    known = [share for share in shares if 0 <= share <= 1]
    longest = max(known, default=0)
    kind, end = ("bar free", longest) if longest < _HALF else ("bar", 1)
    if longest - min(known, default=0) < _LEAST_SPREAD * end or not longest:
        return [""] * len(shares)
    return [
        f' class="num {kind}" style="--part:{share / end * 100:.1f}%"' if 0 <= share <= 1 else ""
        for share in shares
    ]
