"""Read delimited text record by record: what a strict reader stumbles over becomes one row.

Python's csv module parses. A quote that never closes would swallow the rows after it, so a
record that breaks the rules gives up its first line only, and reading goes on below it.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from cchc_analysis.columns import InputError
from cchc_analysis.sources.encodings import SEEN_BYTES, refuse_bytes

MORE_CELLS = "more cells than headers"
BAD_QUOTES = "quotes that do not close, or a text too long for a cell"


class Record(NamedTuple):
    """One record: its cells, the lines it stands on, and how its quotes are."""

    cells: list[str]
    lines: int
    quotes: Literal["regular", "stray", "open"]

    def problem(self, width: int) -> str | None:
        """Say why the record is no row of a table of so many columns; None for a good one."""
        if self.quotes == "open" or (self.quotes == "stray" and len(self.cells) != width):
            return BAD_QUOTES
        return MORE_CELLS if any(cell.strip() for cell in self.cells[width:]) else None


@contextmanager
def records(path: Path, encoding: str, delimiter: str) -> Iterator[Iterator[Record]]:
    """Open a file and give its records; an empty line is a record without cells.

    Raises
    ------
    InputError
        At bytes that are not in the encoding.
    """
    try:
        with path.open(encoding=encoding, newline="") as lines:
            yield _records(lines, delimiter)
    except UnicodeError as error:
        if encoding == "utf-8-sig":
            with path.open("rb") as file:
                raise refuse_bytes(path, file.read(SEEN_BYTES)) from None
        raise InputError(
            f"{path}: not {encoding.upper()} text ({error.reason}), it may be cut short; "
            "export or copy it again"
        ) from None


def _records(lines: Iterator[str], delimiter: str) -> Iterator[Record]:
    again: deque[str] = deque()
    taken: list[str] = []

    def feed() -> Iterator[str]:
        while (line := again.popleft() if again else next(lines, None)) is not None:
            taken.append(line)
            yield line

    while True:
        try:
            for cells in csv.reader(feed(), delimiter=delimiter, strict=True):
                yield Record(cells, len(taken), "regular")
                taken.clear()
            return
        except csv.Error:
            first, *rest = taken
            again.extendleft(reversed(rest))
            taken.clear()
            yield _one_line(first, delimiter)


def _one_line(line: str, delimiter: str) -> Record:
    """Read a line that breaks the rules as well as can be."""
    reader = csv.reader([line, ""], delimiter=delimiter)
    try:
        cells = next(reader)
    except csv.Error:  # longer than a cell may be
        return Record([], 1, "open")
    return Record(cells, 1, "open" if reader.line_num > 1 else "stray")
