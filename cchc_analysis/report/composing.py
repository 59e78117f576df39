"""Order the blocks of a page: what it opens with, its sections, the contents, its close.

The page itself is ``reference/report_template/index.html.j2``; here its parts are put
together, so that the template only writes them down.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from cchc_analysis.report.linking import link_figures

Shown = dict[str, Any]
_SENTENCES = ("text", "notice", "method")
_EVIDENCE = ("table", "facts", "cards")


def compose(blocks: Sequence[Shown]) -> dict[str, Any]:
    """Return the parts of a page: ``opening``, ``sections`` and ``closing``.

    Parameters
    ----------
    blocks
        What the notebook showed in one language, in order; each with ``kind`` and ``html``.

    Returns
    -------
    dict
        ``opening`` and ``closing`` are lists of blocks. A section has an ``id``, a ``title``
        (plain text), ``summary`` (True if it holds the key figures) and ``groups``: sentences
        (``texts``) with the ``figure`` that stands beside them, or one other block
        (``block``). Figures in sentences link to rows of the tables of their section.
    """
    linked = [block for part in _linked(blocks) for block in part]
    closing = [block for block in linked if block["kind"] == "provenance"]
    opening: list[Shown] = []
    sections: list[dict[str, Any]] = []
    for block in linked:
        if block["kind"] == "heading" and block["html"].count("<h2>"):
            title = re.sub(r"<[^>]*>", "", block["html"]).strip()
            sections.append({"id": f"s{len(sections) + 1}", "title": title, "blocks": []})
        elif block["kind"] != "provenance":
            (sections[-1]["blocks"] if sections else opening).append(block)
    for section in sections:
        section["summary"] = any(block["kind"] == "cards" for block in section["blocks"])
        section["groups"] = _groups(section.pop("blocks"))
    return {"opening": opening, "sections": sections, "closing": closing}


def _linked(blocks: Sequence[Shown]) -> list[list[Shown]]:
    """Return the blocks by section, figures in sentences linked to the rows they come from."""
    parts: list[list[Shown]] = [[]]
    for block in blocks:
        if block["kind"] == "heading" and block["html"].count("<h2>"):
            parts.append([])
        parts[-1].append(dict(block))
    said = [[block for block in part if block["kind"] in _SENTENCES] for part in parts]
    shown = [[block for block in part if block["kind"] in _EVIDENCE] for part in parts]
    html = [
        ([block["html"] for block in texts], [block["html"] for block in tables])
        for texts, tables in zip(said, shown, strict=True)
    ]
    for number, (texts, tables) in enumerate(link_figures(html)):
        linked = [*texts, *tables]
        for block, own in zip([*said[number], *shown[number]], linked, strict=True):
            block["html"] = own
    return parts


def _groups(blocks: Sequence[Shown]) -> list[dict[str, Any]]:
    """Set the sentences that lead to a figure, and the facts they rest on, beside it."""
    groups: list[dict[str, Any]] = []
    texts: list[Shown] = []
    for block in blocks:
        if block["kind"] in ("text", "notice", "facts"):
            texts.append(block)
            continue
        if block["kind"] == "figure":
            groups.append({"texts": texts, "figure": block})
        else:
            groups += [{"texts": texts}] if texts else []
            groups.append({"block": block})
        texts = []
    return [*groups, {"texts": texts}] if texts else groups
