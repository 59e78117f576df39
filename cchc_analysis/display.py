"""How a notebook shows something: blocks, tagged with their language.

A display function (in ``narrative``, ``tables``, ``figures``) returns blocks in one
language; :func:`show` calls it once for each language wanted and publishes every block as a
notebook output that carries its language and kind as metadata. The model runs once, both
languages come from the same numbers, and the exporter in :mod:`cchc_analysis.report` picks
one language for a page. In JupyterLab the same outputs are simply readable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from typing import Any, Literal, get_args

from cchc_analysis.columns import InputError

Kind = Literal[
    "heading", "text", "notice", "cards", "facts", "method", "table", "figure", "provenance"
]
Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
_BETWEEN_COUNTS = re.compile(r"(?<=\d{3})/(?=\d)")


@dataclass(frozen=True)
class Block:
    """One thing a report shows, in one language.

    ``html`` is shown as it is, so whoever builds a block escapes what it was given.
    """

    kind: Kind
    html: str = ""
    """Ready, escaped HTML; every kind but figure."""
    image: bytes = b""
    """The image of a figure: PNG, or SVG."""
    alt: str = ""
    """What a figure shows, for readers who do not see it."""
    caption: str = ""
    """Plain text under a figure."""

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise InputError(f"Unknown kind of block {self.kind!r}; use one of {get_args(Kind)}.")
        if self.kind == "figure" and not (self.image and self.alt):
            raise InputError("A figure needs its image and a text that says what it shows.")
        if self.kind != "figure" and not self.html:
            raise InputError(f"A block of kind {self.kind!r} needs html.")


def heading(text: str, level: int = 2) -> Block:
    """Build a heading; level 1 is the title of the page.

    Parameters
    ----------
    text
        Plain text; it is escaped.
    level
        1 (once in a notebook) to 4.

    Returns
    -------
    Block
        Of kind ``heading``.

    Raises
    ------
    InputError
        If ``level`` is not 1, 2, 3 or 4.

    Examples
    --------
    >>> heading("Hồ sơ < 5 ngày").html
    '<h2>Hồ sơ &lt; 5 ngày</h2>'
    """
    if level not in (1, 2, 3, 4):
        raise InputError(f"A heading has level 1 to 4, not {level!r}.")
    return Block("heading", f"<h{level}>{escape(text)}</h{level}>")


def paragraph(text: str) -> Block:
    """Build a paragraph of plain text.

    Parameters
    ----------
    text
        Plain text; it is escaped.

    Returns
    -------
    Block
        Of kind ``text``.

    Examples
    --------
    >>> paragraph("31.394 hồ sơ").html
    '<p>31.394 hồ sơ</p>'
    """
    return Block("text", f"<p>{escape(text)}</p>")


def notice(text: str) -> Block:
    """Build a paragraph that warns how the figures could mislead.

    Parameters
    ----------
    text
        Plain text; it is escaped.

    Returns
    -------
    Block
        Of kind ``notice``.

    Examples
    --------
    >>> notice("Số liệu tạm tính").html
    '<p class="notice">Số liệu tạm tính</p>'
    """
    return Block("notice", f'<p class="notice">{escape(text)}</p>')


def facts(pairs: Iterable[tuple[str, str]]) -> Block:
    """Build a short list of named facts: what a page is about, or the counts behind a sentence.

    Parameters
    ----------
    pairs
        Name and value, plain text; both are escaped.

    Returns
    -------
    Block
        Of kind ``facts``.

    Examples
    --------
    >>> facts([("Hồ sơ", "31.394")]).html
    '<dl class="facts"><div class="fact"><dt>Hồ sơ</dt><dd>31.394</dd></div></dl>'
    """
    rows = "".join(
        f'<div class="fact"><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>'
        for name, value in pairs
    )
    return Block("facts", f'<dl class="facts">{rows}</dl>')


def card(label: str, value: str, note: str, *, targets: Iterable[str] = ()) -> str:
    """Return the HTML of one key figure; a block of kind ``cards`` holds several.

    Parameters
    ----------
    label, value, note
        Plain text; all are escaped. A line may end between two counts (12.707.675/14.666.757).
    targets
        What is to be said of targets set for the figure, each on a line of its own below the
        note; escaped too.

    Returns
    -------
    str
        A piece of HTML.

    Examples
    --------
    >>> card("Đúng hạn", "97,64 %", "")[:40]
    '<div class="card"><span class="label">Đú'
    """
    said = "".join(f' <span class="target">{escape(text)}</span>' for text in targets)
    return (
        f'<div class="card"><span class="label">{escape(label)}</span> '
        f'<span class="value">{escape(value)}</span> '
        f'<span class="note">{_BETWEEN_COUNTS.sub("/<wbr>", escape(note))}{said}</span></div>'
    )


def cards(pieces: Iterable[str]) -> Block:
    """Build the key figures of a page.

    Parameters
    ----------
    pieces
        What :func:`card` returned, at least one.

    Returns
    -------
    Block
        Of kind ``cards``.

    Examples
    --------
    >>> cards([card("Đúng hạn", "97,64 %", "")]).html[:37]
    '<div class="cards"><div class="card">'
    """
    return Block("cards", f'<div class="cards">{"".join(pieces)}</div>')


def folded(summary: str, *blocks: Block) -> Block:
    """Fold blocks under a line of text: closed on a screen until asked for, open on paper.

    Parameters
    ----------
    summary
        What is shown while folded; it is escaped.
    blocks
        Paragraphs, or facts.

    Returns
    -------
    Block
        Of kind ``facts`` if it holds facts, otherwise ``method``.

    Examples
    --------
    >>> folded("Cách tính", paragraph("Khoảng Wilson.")).html
    '<details><summary>Cách tính</summary><p>Khoảng Wilson.</p></details>'
    """
    body = "".join(block.html for block in blocks)
    kind = "facts" if any(block.kind == "facts" for block in blocks) else "method"
    return Block(kind, f"<details><summary>{escape(summary)}</summary>{body}</details>")


def languages_of(language: str) -> tuple[Language, ...]:
    """Resolve which languages ``'vi'``, ``'en'`` or ``'both'`` means, in page order.

    Parameters
    ----------
    language
        ``'vi'``, ``'en'`` or ``'both'``.

    Returns
    -------
    tuple of str
        One or two of ``'vi'`` and ``'en'``.

    Raises
    ------
    InputError
        For anything else.

    Examples
    --------
    >>> languages_of("both")
    ('vi', 'en')
    """
    if language == "both":
        return LANGUAGES
    if language not in LANGUAGES:
        raise InputError(f"Unknown language {language!r}; choose 'vi', 'en' or 'both'.")
    return (language,)  # type: ignore[return-value]


def show(
    function: Callable[..., Block | Iterable[Block] | None],
    *tables: Any,  # noqa: ANN401 - handed to the function as they are
    language: str,
    **options: Any,  # noqa: ANN401
) -> None:
    """Call a display function once for each language and publish the blocks it returns.

    Parameters
    ----------
    function
        Called as ``function(*tables, language=..., **options)`` with ``'vi'`` or ``'en'``.
        It returns a block, several, or None or an empty list to show nothing.
    tables
        What the function shows.
    language
        ``'vi'``, ``'en'`` or ``'both'``.
    options
        Handed on to the function.

    Raises
    ------
    InputError
        For an unknown language, or a function that returns something other than blocks.

    Examples
    --------
    >>> from cchc_analysis.display import paragraph
    >>> def counted(count, *, language):
    ...     word = {"vi": "hồ sơ", "en": "dossiers"}[language]
    ...     return paragraph(f"{count} {word}")
    >>> show(counted, 12, language="both")  # in a notebook: two outputs that carry their language
    {'text/html': '<div lang="vi"><p>12 hồ sơ</p></div>'}
    {'text/html': '<div lang="en"><p>12 dossiers</p></div>'}
    """
    for each in languages_of(language):
        for block in _blocks(function(*tables, language=each, **options), function):
            _publish(block, each)


def _blocks(result: Block | Iterable[Block] | None, function: Callable[..., Any]) -> list[Block]:
    blocks = [] if result is None else [result] if isinstance(result, Block) else list(result)
    for block in blocks:
        if not isinstance(block, Block):
            name = getattr(function, "__name__", repr(function))
            raise InputError(
                f"{name} returned a {type(block).__name__}; a display function returns Blocks."
            )
    return blocks


def _publish(block: Block, language: Language) -> None:
    if block.kind != "figure":
        _emit({"text/html": f'<div lang="{language}">{block.html}</div>'}, language, block.kind)
        return
    png = block.image.startswith(b"\x89PNG")
    mime, image = ("image/png", block.image) if png else ("image/svg+xml", block.image.decode())
    _emit(
        {mime: image, "text/plain": block.alt},
        language,
        "figure",
        cchc={"caption": block.caption},
        mime={mime: {"alt": block.alt}},
    )
    if block.caption:  # for JupyterLab; a page takes the caption from the figure's metadata
        shown = f'<div lang="{language}"><p><em>{escape(block.caption)}</em></p></div>'
        _emit({"text/html": shown}, language, "caption")


def _emit(
    data: dict[str, str | bytes],
    language: Language,
    kind: str,
    *,
    cchc: dict[str, str] | None = None,
    mime: dict[str, dict[str, str]] | None = None,
) -> None:
    from IPython.display import display

    tags = {"language": language, "kind": kind, **(cchc or {})}
    display(data, raw=True, metadata={"cchc": tags, **(mime or {})})
