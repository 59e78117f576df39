"""What every section is: a heading, the phrase on how to read it, and what there is to show."""

from __future__ import annotations

from cchc_analysis.display import Block, Language, heading, paragraph
from cchc_analysis.wording import has_phrase, say

Parts = list[Block | list[Block] | None]


def section(key: str, parts: Parts, language: Language) -> list[Block]:
    """Put a heading, and the phrase on how to read it, before what there is to show."""
    blocks: list[Block] = []
    for part in parts:
        blocks += part if isinstance(part, list) else [part] if part else []
    if not blocks:
        return []
    opening = [heading(say(f"section.{key}", language))]
    if has_phrase(f"section.{key}.intro", language):
        opening.append(paragraph(say(f"section.{key}.intro", language)))
    return opening + blocks
