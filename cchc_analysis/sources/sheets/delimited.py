"""Open CSV and TSV: a lazy view of the engine's reader, proven to lose nothing.

The engine skips empty lines and, inside quotes that never close, everything to the end, and
says nothing. So its count of rows is held against the lines of the file, which are counted
apart; a file where the two differ is read another way (:mod:`.irregular`).
"""

from __future__ import annotations

from dataclasses import replace
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
from cchc_analysis.sources.sheets.sheet import Matcher, Sheet, file_text, sql_text, text_columns

DELIMITERS = ",;\t|"
_SPARE = 8
"""Columns beyond the header that the engine reads too, to see rows that have more cells."""
_BLOCK = 1 << 18


def open_delimited(
    engine: duckdb.DuckDBPyConnection, path: Path, match: Matcher, view: str
) -> Sheet:
    """Make the view of a CSV or TSV file.

    Raises
    ------
    InputError
        If it is not UTF-8 or UTF-16 text, or holds no rows.
    """
    encoding = text_encoding(path)
    lines = _count_lines(path) if encoding == "utf-8-sig" else None
    delimiter, header, above = find_layout(path, encoding, match)
    cells = [f"c{i}" for i in range(len(header.texts))]
    if not cells:
        raise InputError(f"{path}: the file holds no rows; export it again")
    reader = None
    if lines is not None and above is not None:
        reader = _faithful_reader(engine, path, delimiter, header.body, lines - above, len(cells))
    if reader is None:
        view_of_copy(engine, path, encoding, delimiter, header.body, cells, view)
    else:
        more = " OR ".join(f"trim(x{i}) <> ''" for i in range(_SPARE))
        engine.execute(
            f"CREATE VIEW {view} AS SELECT row_number() OVER () + {header.body} AS row, "
            f"CASE WHEN {more} THEN '{MORE_CELLS}' END AS problem, "
            f"{text_columns(cells)} FROM {reader}"
        )
    return Sheet(
        path, "", header.title, header.position + 1, header.texts, cells, header.body + 1, view
    )


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


def _faithful_reader(
    engine: duckdb.DuckDBPyConnection,
    path: Path,
    delimiter: str,
    skip: int,
    lines: int,
    width: int,
) -> str | None:
    """Return the SQL of a reader that gives one row for each record; None if none does.

    As many rows as ``lines`` below the header means that no line was skipped and none lies
    within quotes. Where texts contain line ends, only the lines that end outside quotes count.
    """
    names = [f"c{i}" for i in range(width)] + [f"x{i}" for i in range(_SPARE)]
    columns = ", ".join(f"{name}: 'VARCHAR'" for name in names)
    for parallel in ("true", "false"):
        reader = (
            f"read_csv({file_text(path)}, auto_detect = false, header = false, "
            f"delim = {sql_text(delimiter)}, quote = '\"', escape = '\"', skip = {skip}, "
            f"null_padding = true, parallel = {parallel}, columns = {{{columns}}})"
        )
        try:
            rows = engine.execute(f"SELECT count(*) FROM {reader}").fetchone()[0]
        except duckdb.Error:  # quotes, line ends or lengths that it cannot read in this way
            continue
        if rows == lines and not _may_end_in_quotes(path):
            return reader
        if rows + skip == _records_by_quotes(path):
            return reader
    return None


def _count_lines(path: Path) -> int:
    """Count the lines of a UTF-8 file; empty ones at its end are none.

    Raises
    ------
    InputError
        At bytes that are not UTF-8.
    """
    count, empty, last = 0, 0, b"\n"
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            block += file.readline()  # so that no letter is cut in two
            _require_utf8(path, block)
            count += np.count_nonzero(np.frombuffer(block, np.uint8) == ord("\n"))
            text = block.rstrip(b"\r\n")
            ends = block[len(text) :].count(b"\n")
            empty = max(ends - 1, 0) if text else empty + ends
            last = block[-1:]
    return count - empty + (last != b"\n")


def _may_end_in_quotes(path: Path) -> bool:
    """Say whether the last line has an odd number of quotes; the engine closes them itself."""
    with path.open("rb") as file:
        file.seek(max(file.seek(0, 2) - _BLOCK, 0))
        last = file.read().rstrip(b"\r\n").rpartition(b"\n")[2]
    return last.count(b'"') % 2 == 1


def _require_utf8(path: Path, block: bytes) -> None:
    """Refuse bytes that are not UTF-8; Arrow tells at the speed of memory."""
    ends = pa.py_buffer(np.array([0, len(block)], np.int64))
    text = pa.LargeStringArray.from_buffers(1, ends, pa.py_buffer(block))
    try:
        text.validate(full=True)
    except pa.ArrowInvalid:
        raise refuse_bytes(path, block) from None


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
