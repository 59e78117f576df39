"""Link each figure in a sentence to the table row that it came from.

A reader who doubts a number follows it to its row, where count, total, interval, rule and
source stand. A number that no row of the page shows is left as it is, and :func:`unlinked`
names it, so that a check can refuse the page.

Rows of tables, facts and key figures show numbers; all other text says them, and is held to
what they show: sentences, captions, the feet of tables, and the texts for those who do not see
the page. Numbers of the wording itself, as in '95 % interval', and of the names in the page's
title are no figures.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import count
from typing import TYPE_CHECKING

from cchc_analysis.wording import numbers_in_words

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, NavigableString, Tag

NUMBER = re.compile(r"(?<![\w.,–-])\d(?:[\d.,]*\d)?(?!\w)")
_NO_FIGURES = re.compile(
    r"(?:\b\d{1,2}(?:/\d{1,2})? (?:đến|và) )?\b\d{1,2}/\d{1,2}/\d{4}"  # dates: 24/9 đến 1/10/2026
    r"|(?:\b\d{1,2}(?: [A-Z][a-z]{2})? (?:to|and) )?\b\d{1,2} [A-Z][a-z]{2} \d{4}"
    r"|\b(?:\d{1,2}/)?(?:19|20)\d\d\b"  # months, years
    r"|\btháng \d{1,2}\b"
    r"|\b\d+(?:/\d+)?/[A-ZĐ]{2,}[\w-]*"  # 766/QĐ-TTg
    r"|\b(?:QĐ|NQ|NĐ|TT) \d+\b"
    r"|\bII\.\d+\w*"
    r"|(?:1 July|1/7)\b"
    r"|\b(?:bài báo|article) \d{3}\b"  # the name of a source
    r"|\bG - 1\b"  # degrees of freedom, in the name of a method
)
_FEW_DIGITS = 2


def link_figures(
    sections: Sequence[tuple[Sequence[str], Sequence[str]]],
) -> list[tuple[list[str], list[str]]]:
    """Return the sections of a page with links from figures in sentences to rows of tables.

    Parameters
    ----------
    sections
        For each section the HTML of its sentences, and of its tables, cards and lists of
        facts.

    Returns
    -------
    list of tuple
        The same, in the order given. A figure links to the first row that shows it and
        whose name the sentence says; otherwise to the first that shows it, if it has three
        digits or more, or two and the only row. Rows of its own section come first, then
        those of the page. Any other figure is left as it is.

    Examples
    --------
    >>> [(texts, tables)] = link_figures([(
    ...     ["<p>97.64 % of 495,353 dossiers</p>"],
    ...     ["<table><tr><th>on time</th><td>97.64 %</td><td>495,353</td></tr></table>"],
    ... )])
    >>> texts[0]
    '<p><a class="n" href="#r1">97.64</a> % of <a class="n" href="#r1">495,353</a> dossiers</p>'
    >>> tables[0][:23]
    '<table><tr id="r1"><th>'
    """
    tables = [[_soup(html) for html in shown] for _, shown in sections]
    evidence = [[_Row(row) for table in part for row in _rows(table)] for part in tables]
    ids = count(1)
    linked = []
    for number, (texts, _) in enumerate(sections):
        others = [row for n, part in enumerate(evidence) if n != number for row in part]
        said = [_soup(html) for html in texts]
        for soup in said:
            for node in soup.find_all(string=True):
                _link(node, [evidence[number], others], ids, soup)
        linked.append([str(soup) for soup in said])
    shown = [[str(table) for table in part] for part in tables]
    return list(zip(linked, shown, strict=True))


class _Row:
    """A row that figures can link to, with its figures and its name."""

    def __init__(self, tag: Tag) -> None:
        head = tag.find(["th", "dt"])
        self.tag = tag
        self.figures = set(_figures(tag.get_text(" ")))
        self.name = head.get_text(" ") if head else ""


def unlinked(html: str) -> list[str]:
    """Return the figures that a page says and that no row, fact or key figure of it shows.

    Examples
    --------
    >>> unlinked("<p>3 of 7</p><table><tr><td>7</td></tr></table>")
    ['3']
    >>> unlinked('<img alt="9 of 7"><table><caption>5</caption><tr><td>7</td></tr></table>')
    ['5', '9']
    """
    page = _soup(html)
    shown = {
        figure
        for part in [*_rows(page), *page.select("h1, .unit")]
        for figure in _figures(part.get_text(" "))
    }
    said = [figure for text in [*_texts(page), *_labels(page)] for figure in figures_said(text)]
    return [figure for figure in said if figure not in shown]


def figures_said(text: str) -> list[str]:
    """Return the figures of a plain text: no dates, years, laws or numbers of the wording.

    Examples
    --------
    >>> figures_said("On 12 May 2024: 97.64 % of 495,353 dossiers (QĐ 766)")
    ['97.64', '495,353']
    """
    return [match.group() for match in _said(text)]


def sentences(html: str) -> list[str]:
    """Return the paragraphs and list items of a page or a part of it, as plain text.

    Those of tables, of lists of links and of the foot are left out.

    Examples
    --------
    >>> sentences('<p>3 of <a href="#r1">7</a></p><nav><ul><li>Months</li></ul></nav>')
    ['3 of 7']
    """
    return _texts(_soup(html))


def _texts(page: BeautifulSoup) -> list[str]:
    return [
        p.get_text("")
        for p in page.find_all(["p", "li"])
        if p.find_parent(["table", "footer", "nav"]) is None and "unit" not in p.get("class", [])
    ]


def _labels(page: BeautifulSoup) -> list[str]:
    """Return captions, the feet of tables, and what stands for a part for those who hear it."""
    shown = [part.get_text("") for part in page.find_all(["caption", "tfoot", "figcaption"])]
    heard = [
        tag[name] for name in ("alt", "aria-label") for tag in page.find_all(attrs={name: True})
    ]
    return [*shown, *heard]


def _soup(html: str) -> BeautifulSoup:
    from bs4 import BeautifulSoup

    return BeautifulSoup(html, "html.parser")


def _rows(table: BeautifulSoup) -> list[Tag]:
    """Return what a figure can link to: rows of a table's body, facts and key figures."""
    rows = [row for row in table.find_all("tr") if row.find_parent(["thead", "tfoot"]) is None]
    return rows + table.find_all(class_=["fact", "card"])


def _figures(text: str) -> list[str]:
    """Return the figures of a row, without their percent signs; no dates, years or laws."""
    return [match.group() for match in _found(text)]


def _said(sentence: str) -> Iterable[re.Match[str]]:
    """Return the figures of a text, without the numbers of its wording."""
    return _found(_wording().sub(_blank, sentence))


def _found(text: str) -> Iterable[re.Match[str]]:
    return NUMBER.finditer(_NO_FIGURES.sub(_blank, text))


def _blank(match: re.Match[str]) -> str:
    return "\0" * len(match.group())


@cache
def _wording() -> re.Pattern[str]:
    """Return what matches the stretches of phrases that hold a number, such as 'khoảng 95 %'."""
    # a caption goes on where its phrase ends with a full stop
    stretches = (text.removesuffix(".") for text in numbers_in_words())
    longest_first = sorted(stretches, key=len, reverse=True)
    return re.compile("|".join(map(_whole_words, longest_first)), re.IGNORECASE)


def _whole_words(text: str) -> str:
    """Return a pattern for a text that does not begin or end within a word or a number."""
    opening = r"\b" if text[0].isalnum() else ""
    closing = r"(?!\w|[.,]\d)" if text[-1].isalnum() else ""
    return opening + re.escape(text) + closing


def _link(
    node: NavigableString, evidence: Sequence[Sequence[_Row]], ids: Iterator[int],
    soup: BeautifulSoup,
) -> None:  # fmt: skip
    """Replace a text by itself with links around the figures that a row shows."""
    text, parts, at = str(node), [], 0
    sentence = node.find_parent().get_text("")
    for match in _said(text):
        row = next(
            filter(None, (_row_of(match.group(), sentence, rows) for rows in evidence)), None
        )
        if row is None:
            continue
        if "id" not in row.tag.attrs:
            row.tag["id"] = f"r{next(ids)}"
        link = soup.new_tag("a", attrs={"class": "n", "href": f"#{row.tag['id']}"})
        link.string = match.group()
        parts += [text[at : match.start()], link]
        at = match.end()
    if parts:
        node.replace_with(*[part for part in [*parts, text[at:]] if part])


def _row_of(figure: str, sentence: str, rows: Sequence[_Row]) -> _Row | None:
    showing = [row for row in rows if figure in row.figures]
    named = [row for row in showing if row.name and row.name in sentence]
    digits = sum(letter.isdigit() for letter in figure)
    clear = digits > _FEW_DIGITS or (digits == _FEW_DIGITS and len(showing) == 1)
    return next(iter(named), showing[0] if showing and clear else None)
