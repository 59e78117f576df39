"""The markup of one table: caption, scoped headers, escaped cells, foot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from cchc_analysis.display import Block, Language
from cchc_analysis.labels import is_simulated
from cchc_analysis.wording import say


def table_block(
    caption: str,
    names: Sequence[str],
    body: list[list[str]],
    language: Language,
    source: Iterable[str],
    *,
    numeric: set[int] | None = None,
    foot: str = "",
) -> Block:
    """Build the HTML of one table: caption, scoped headers, escaped cells, foot."""
    numeric = set(range(1, len(names))) if numeric is None else numeric
    mark = f" ({say('simulated', language)})" if is_simulated(source) else ""
    css = [' class="num"' if i in numeric else "" for i in range(len(names))]
    head = "".join(
        f'<th scope="col"{css[i]}>{escape(say(name, language))}</th>'
        for i, name in enumerate(names)
    )
    rows = []
    for cells in body:
        first, rest = cells[0], cells[1:]
        tds = "".join(f"<td{css[i]}>{escape(cell)}</td>" for i, cell in enumerate(rest, 1))
        total = ' class="total"' if first == say("total", language) else ""
        rows.append(f'<tr{total}><th scope="row">{escape(first)}</th>{tds}</tr>')
    tail = f'<tfoot><tr><td colspan="{len(names)}">{escape(foot)}</td></tr></tfoot>' if foot else ""
    return Block(
        "table",
        f"<table><caption>{escape(say(caption, language))}{mark}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>{tail}</table>",
    )
