"""Open CSV and TSV: a lazy view of the engine's reader, proven to lose nothing.

The engine skips empty lines and, inside quotes that never close, everything to the end, and
says nothing. So its count of rows is held against the lines of the file, which are counted
apart; a file where the two differ is read another way (:mod:`.irregular`). The count comes
with the reading of the rows: a pass for it alone would cost as much again as parsing.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from cchc_analysis.columns import InputError
from cchc_analysis.sources.encodings import refuse_bytes, text_encoding
from cchc_analysis.sources.sheets.header import SEARCHED_ROWS, Header, find_header
from cchc_analysis.sources.sheets.irregular import view_of_copy
from cchc_analysis.sources.sheets.records import MORE_CELLS, records
from cchc_analysis.sources.sheets.sheet import (
    Matcher,
    Sheet,
    create_views,
    file_text,
    sql_text,
)

DELIMITERS = ",;\t|"
_SPARE = 8
"""Columns beyond the header that the engine reads too, to see rows that have more cells."""
_BLOCK = 1 << 20
_PART = 1 << 24
"""Bytes of a file that are worth a thread."""


def open_delimited(
    engine: duckdb.DuckDBPyConnection, path: Path, match: Matcher, view: str
) -> Sheet:
    """Make the view of a CSV or TSV file, which may still have to be proven to lose nothing.

    Raises
    ------
    InputError
        If it is not UTF-8 or UTF-16 text, or holds no rows.
    """
    encoding = text_encoding(path)
    lines = count_lines(path) if encoding == "utf-8-sig" else None
    delimiter, header, above = find_layout(path, encoding, match)
    cells = [f"c{i}" for i in range(len(header.texts))]
    if not cells:
        raise InputError(f"{path}: the file holds no rows; export it again")
    views = _Views(engine, path, encoding, delimiter, header.body, cells, view)
    proof = None
    if lines is None or above is None:
        views.of_copy()
    else:
        proof = _Proof(views, lines - above)
    return Sheet(
        path, "", header.title, header.position + 1, header.texts, cells, header.body + 1, view,
        proof,
    )  # fmt: skip


@dataclass(frozen=True)
class _Views:
    """The views that can be made of one file, the faster and the more careful ones."""

    engine: duckdb.DuckDBPyConnection
    path: Path
    encoding: str
    delimiter: str
    skip: int
    cells: list[str]
    view: str

    def of_reader(self, *, parallel: bool) -> None:
        """Make the view of the engine's own reader."""
        spare = [f"x{i}" for i in range(_SPARE)]
        columns = ", ".join(f"{name}: 'VARCHAR'" for name in (*self.cells, *spare))
        reader = (
            f"read_csv({file_text(self.path)}, auto_detect = false, header = false, "
            f"delim = {sql_text(self.delimiter)}, quote = '\"', escape = '\"', skip = {self.skip}, "
            f"null_padding = true, parallel = {str(parallel).lower()}, columns = {{{columns}}})"
        )
        more = " OR ".join(f"trim({name}) <> ''" for name in spare)
        create_views(
            self.engine, self.view, self.cells, reader,
            row=f"row_number() OVER () + {self.skip}",
            problem=f"CASE WHEN {more} THEN '{MORE_CELLS}' END",
        )  # fmt: skip

    def of_copy(self) -> None:
        """Make the view of a regular copy, which has every row."""
        view_of_copy(
            self.engine, self.path, self.encoding, self.delimiter, self.skip, self.cells, self.view
        )


class _Proof:
    """One row for each record: else the next view is tried, the copy at last.

    As many rows as lines below the header means that no line was skipped and none lies
    within quotes. Where texts contain line ends, only the lines that end outside quotes count.
    """

    def __init__(self, views: _Views, lines: int) -> None:
        self._views, self._lines = views, lines
        self._slower = [lambda: views.of_reader(parallel=False), views.of_copy]
        views.of_reader(parallel=True)

    def holds(self, rows: int) -> bool:
        """Say whether so many rows are all; the copy has them all."""
        return not self._slower or self._whole(rows)

    def next_view(self) -> bool:
        """Make the next view."""
        if not self._slower:
            return False
        self._slower.pop(0)()
        return True

    def _whole(self, rows: int) -> bool:
        path = self._views.path
        if rows == self._lines and not _may_end_in_quotes(path):
            return True
        return rows + self._views.skip == _records_by_quotes(path)


def find_layout(path: Path, encoding: str, match: Matcher) -> tuple[str, Header, int | None]:
    """Return the delimiter, the header, and the number of lines above the body.

    The delimiter is the one by which most of our columns are recognised, then the one that
    gives the most columns. The number of lines is None where quotes above the body fail.
    """
    found = []
    for delimiter in DELIMITERS:
        with records(path, encoding, delimiter) as rows:
            first = list(islice(rows, SEARCHED_ROWS))
        if not first:  # a byte order mark and nothing else
            raise InputError(f"{path}: the file is empty; export it again")
        header = find_header([record.cells for record in first], match)
        width = max(len(record.cells) for record in first[header.top : header.position + 1])
        above = first[: header.body]
        regular = all(record.quotes == "regular" for record in above)
        lines = sum(record.lines for record in above) if regular else None
        found.append((delimiter, replace(header, texts=header.texts[:width]), lines))
    return max(found, key=lambda one: (one[1].matched, len(one[1].texts)))


def count_lines(path: Path) -> int | None:
    """Count the lines of a UTF-8 file; empty ones at its end are none.

    None where a carriage return stands alone: the engine ends a row there too, and its rows
    could come to as many as the lines while some are lost. None, too, where a line is longer
    than a block: whoever reads such a file takes care.

    Raises
    ------
    InputError
        At bytes that are not UTF-8.
    """
    parts = min(os.cpu_count() or 1, 1 + path.stat().st_size // _PART)
    bounds = _line_starts(path, parts)
    with ThreadPoolExecutor(parts) as pool:
        counts = list(pool.map(_line_ends, [path] * parts, bounds[:-1], bounds[1:]))
    return None if None in counts else sum(counts) - _empty_at_end(path)


def _line_starts(path: Path, parts: int) -> list[int]:
    """Return where parts of about one size begin, each with a line, and where the last ends."""
    size, starts = path.stat().st_size, [0]
    with path.open("rb") as file:
        for number in range(1, parts):
            file.seek(max(size * number // parts - 1, 0))
            file.readline()
            starts.append(file.tell())
    return [*starts, size]


def _line_ends(path: Path, start: int, end: int) -> int | None:
    """Count the lines of a part of a file that begins with a line and ends with one.

    One buffer for all blocks: a new one for each costs more than all that is done with it.
    """
    count, held, last = 0, 0, b"\n"
    buffer = bytearray(_BLOCK)
    view, letters = memoryview(buffer), np.frombuffer(buffer, np.uint8)
    with path.open("rb", buffering=0) as file:
        file.seek(start)
        while got := file.readinto(view[held : held + max(end - file.tell(), 0)]):
            filled = held + got
            whole = filled if file.tell() >= end else buffer.rfind(b"\n", 0, filled) + 1
            if not whole:
                return None
            _require_utf8(path, view[:whole])
            if buffer.find(b"\r", 0, whole) >= 0 and _returns_alone(view[:whole]):
                return None
            count += np.count_nonzero(letters[:whole] == ord("\n"))
            last, held = buffer[whole - 1 : whole], filled - whole
            buffer[:held] = buffer[whole:filled]
    return count + (last != b"\n")


def _returns_alone(block: memoryview) -> bool:
    """Say whether a carriage return stands before another letter than a line feed."""
    letters = np.frombuffer(block, np.uint8)
    after = np.append(letters[1:], 0)
    return bool(np.any((letters == ord("\r")) & (after != ord("\n"))))


def _empty_at_end(path: Path) -> int:
    """Count the empty lines at the end of a file."""
    size, seen = path.stat().st_size, _BLOCK
    with path.open("rb") as file:
        while True:
            file.seek(max(size - seen, 0))
            tail = file.read()
            text = tail.rstrip(b"\r\n")
            if text or seen >= size:
                ends = tail[len(text) :].count(b"\n")
                return max(ends - 1, 0) if text else ends
            seen *= 2


def _may_end_in_quotes(path: Path) -> bool:
    """Say whether the last line has an odd number of quotes; the engine closes them itself."""
    with path.open("rb") as file:
        file.seek(max(file.seek(0, 2) - _BLOCK, 0))
        last = file.read().rstrip(b"\r\n").rpartition(b"\n")[2]
    return last.count(b'"') % 2 == 1


def _require_utf8(path: Path, block: bytes | memoryview) -> None:
    """Refuse bytes that are not UTF-8; Arrow tells at the speed of memory."""
    ends = pa.py_buffer(np.array([0, len(block)], np.int64))
    text = pa.LargeStringArray.from_buffers(1, ends, pa.py_buffer(block))
    try:
        text.validate(full=True)
    except pa.ArrowInvalid:
        raise refuse_bytes(path, bytes(block)) from None


def _records_by_quotes(path: Path) -> int | None:
    """Count the lines that end outside quotes; None where quotes or lines are irregular."""
    count, quotes, tail = 0, 0, b"\n"
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            block += file.readline()
            if b"\n\n" in (seen := tail[-1:] + block.replace(b"\r", b"")):
                return None
            letters = np.frombuffer(block, np.uint8)
            marks = np.flatnonzero(letters == ord('"'))
            ends = np.flatnonzero(letters == ord("\n"))
            count += np.count_nonzero((np.searchsorted(marks, ends) + quotes) % 2 == 0)
            quotes += len(marks)
            tail = seen[-1:]
    return None if quotes % 2 else count + (tail != b"\n")
