"""Where the columns (3) to (13) stand in a sheet: by their numbers, or by the header's words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cchc_analysis.columns import InputError
from cchc_analysis.gazetteer import fold
from cchc_analysis.sources.forms.wording import COUNTS, HEADERS, expected, folded

Rows = Sequence[Sequence[str]]

_SEARCHED_ROWS = 60
_HEADER_ROWS = 4
_RECOGNISED = 6
# '(3)', '3', '(3)=(4)+(5)+(6)'; a spreadsheet turns a typed '(3)' into the number -3
_NUMBERED = re.compile(r"\(?-?(\d{1,2})\)?(\s*=.*)?", re.DOTALL)
_NUMBER_AT_END = re.compile(r".*\((\d{1,2})\)", re.DOTALL)


@dataclass(frozen=True)
class Layout:
    """The columns of a form in a sheet."""

    body: int
    """Position of the first row below the header; everything above is title and header."""
    places: dict[int, int]
    """The form's column number, 3 to 13, to the position of the cell in a row."""


def find_layout(rows: Rows, where: str) -> Layout | None:
    """Return where the form's columns stand; None for a sheet that holds no form.

    Raises
    ------
    InputError
        If the header is that of a form but lacks columns, or its words contradict its
        numbers: then it is another form, and reading by number would mix its columns up.
    """
    header = _by_words(rows)
    numbered = _by_numbers(rows)
    if numbered is not None:
        _require_agreement(numbered, header, where)
        return numbered
    if header is None or len(header.places) < _RECOGNISED:
        return None
    missing = [expected(number) for number in COUNTS if number not in header.places]
    if missing:
        raise InputError(
            f"{where}, header above row {header.body + 1}: found {len(header.places)} of the 11 "
            f"columns of form II.06, expected also {'; '.join(missing)}; "
            "add a row that numbers the columns (1) to (13)"
        )
    return header


def _by_numbers(rows: Rows) -> Layout | None:
    """Find the row that numbers the columns, or headers that end in the number."""
    for position, row in enumerate(rows[:_SEARCHED_ROWS]):
        for pattern in (_NUMBERED, _NUMBER_AT_END):
            numbers = [pattern.fullmatch(cell.strip()) for cell in row]
            found = [(int(n[1]), place) for place, n in enumerate(numbers) if n]
            counts = [(number, place) for number, place in found if number in COUNTS]
            if [number for number, _ in counts] == list(COUNTS):
                return Layout(position + 1, dict(counts))
    return None


def _by_words(rows: Rows) -> Layout | None:
    """Find the header by the words of its two or three rows; the most columns win."""
    found = [
        Layout(start + depth, _match(rows[start : start + depth]))
        for start in range(min(len(rows), _SEARCHED_ROWS))
        if _groups(rows[start])
        for depth in range(1, _HEADER_ROWS + 1)
    ]
    return max(found, key=lambda layout: len(layout.places), default=None)


def _match(header: Rows) -> dict[int, int]:
    """Return the columns that a block of header rows names."""
    numbers = {names: number for number, names in HEADERS.items()}
    group, found = "", {}
    for place in range(max(map(len, header))):
        texts = [row[place] for row in header if place < len(row) and row[place].strip()]
        if texts and place < len(header[0]) and header[0][place].strip():
            group = _word("groups", texts[0])  # a merged cell: it stands for the columns after it
        leaf = _word("leaves", texts[-1]) if texts else ""
        if (group, leaf) in numbers:
            found.setdefault(numbers[group, leaf], place)
    return found


def _word(section: str, text: str) -> str:
    """Return the name of a header's words, a remark in brackets left out."""
    return folded(section).get(fold(text.partition("(")[0]), "")


def _groups(row: Sequence[str]) -> set[str]:
    return {name for cell in row if (name := _word("groups", cell))}


def _require_agreement(numbered: Layout, header: Layout | None, where: str) -> None:
    """Refuse numbers that stand under other words than those of form II.06."""
    for number, place in (header.places if header else {}).items():
        if numbered.places[number] != place:
            raise InputError(
                f"{where}, row {numbered.body}: the numbers of the columns do not stand under the "
                f"headers of form II.06 (expected {expected(number)}); it may be another form"
            )
