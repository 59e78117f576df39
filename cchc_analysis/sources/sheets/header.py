"""Find the header row: under titles, in one row or in two, above a row that numbers columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cchc_analysis.sources.sheets.sheet import Matcher

SEARCHED_ROWS = 40
_ORDINAL = re.compile(r"[(\[]?\s*(\d{1,2})\s*[)\]]?(\s*=.*)?")


@dataclass(frozen=True)
class Header:
    """The header of a sheet; positions count the sheet's rows from 0.

    Attributes
    ----------
    title
        Texts of the rows above the header, empty cells left out.
    top, position
        The header row twice; of a header in two rows, the upper and the lower one.
    texts
        One text per column.
    body
        The first row below the header and the row that numbers its columns.
    matched
        How many of our columns were recognised.
    """

    title: list[str]
    top: int
    position: int
    texts: list[str]
    body: int
    matched: int


def find_header(rows: Sequence[Sequence[str]], match: Matcher) -> Header:
    """Return the header in the first rows of a sheet: where the most columns are recognised.

    Where none is recognised, the first row is taken that fills at least half as many cells
    as the fullest one: titles fill few.

    Parameters
    ----------
    rows
        The first rows, as texts; ``""`` for an empty cell. At least one row.
    match
        Maps a row to our columns.

    Notes
    -----
    A cell of the upper row that is followed by empty ones, with texts below, heads a group
    (a merged cell). Merged cells are known by what they leave empty, in every file format.

    Examples
    --------
    >>> known = {"Mã hồ sơ": "code", "Ngày hẹn trả": "due"}
    >>> find = lambda row: {known[text]: f"c{i}" for i, text in enumerate(row) if text in known}
    >>> rows = [["DANH SÁCH", "", ""], ["Mã hồ sơ", "Thời hạn", ""],
    ...         ["", "Ngày hẹn trả", "Còn lại"], ["(1)", "(2)", "(3)"], ["H1", "02/01", "4"]]
    >>> header = find_header(rows, find)
    >>> header.texts, header.position, header.body, header.title
    (['Mã hồ sơ', 'Ngày hẹn trả', 'Thời hạn Còn lại'], 2, 4, ['DANH SÁCH'])
    """
    width = max(map(len, rows))
    grid = [[text.strip() for text in row] + [""] * (width - len(row)) for row in rows]
    scores = [len(match(row)) for row in grid]
    best = max(range(len(grid)), key=lambda i: (scores[i], -i))
    if not scores[best]:
        best = _fullest(grid)
    top, bottom, texts = best, best, grid[best]
    for upper in (best - 1, best):
        if not 0 <= upper < len(grid) - 1:
            continue
        combined = _combined(grid[upper], grid[upper + 1], match)
        gained = len(match(combined)) > len(match(texts))
        if upper == best:
            gained = _goes_on(grid[best], grid[best + 1], match, gained)
        if gained:
            top, bottom, texts = upper, upper + 1, combined
    below = grid[bottom + 1 : bottom + 2]
    body = bottom + 1 + (bool(below) and _numbers_columns(below[0]))
    title = [text for row in grid[:top] for text in row if text]
    return Header(title, top, bottom, texts, body, len(match(texts)))


def _fullest(grid: list[list[str]]) -> int:
    filled = [sum(map(bool, row)) for row in grid]
    return next(i for i, n in enumerate(filled) if 2 * n >= max(filled))


def _combined(upper: list[str], lower: list[str], match: Matcher) -> list[str]:
    """Return one text per column of a header in two rows.

    The upper text alone stands for a column only where it heads no other one: a group
    'Ngày trả' over 'Dự kiến' and 'Thực tế' is neither of them.
    """
    texts, group, spans = [], "", False
    for place, (above, below) in enumerate(zip(upper, lower, strict=True)):
        if above or not below:
            group = above if below else ""
            after = zip(upper[place + 1 :], lower[place + 1 :], strict=True)
            spans = bool(group) and next((not a and bool(b) for a, b in after), False)
        if not group:
            texts.append(above or below)
        elif match([below]) or (match([group]) and not spans):
            texts.append(below if match([below]) else group)
        else:
            texts.append(f"{group} {below}")
    return texts


def _goes_on(upper: list[str], lower: list[str], match: Matcher, gained: bool) -> bool:
    """Say whether the row below a header is part of it, and no data.

    It has nothing under a recognised header that stands alone, where data have the code or a
    date; and it adds a column we recognise, or names the columns that a group leaves empty.
    """
    empty = [place for place, text in enumerate(upper) if not text and lower[place]]
    heads = {place - 1 for place in empty if place and upper[place - 1] and lower[place - 1]}
    grouped = all(p - 1 in heads or p - 1 in empty for p in empty)
    alone = {int(cell[1:]) for cell in match(upper).values()} - heads
    words = not any(character.isdigit() for text in lower for character in text)
    named = bool(alone and heads) and grouped and words
    return (gained or named) and not any(lower[place] for place in alone)


def _numbers_columns(row: list[str]) -> bool:
    """Say whether a row holds the numbers of the columns: (1) (2) (3)=(1)+(2), in order."""
    filled = [text for text in row if text]
    found = [_ORDINAL.fullmatch(text) for text in filled]
    if len(filled) < 3 or not all(found[-3:]):
        return False
    numbers = [int(one.group(1)) for one in found if one]
    letters = [text for text, one in zip(filled, found, strict=True) if not one]
    in_order = numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    return in_order and numbers[0] <= 3 and all(len(text.strip("()")) == 1 for text in letters)
