"""See how far the sheets of a workbook reach before they are loaded.

A sheet is loaded as a rectangle from its first to its farthest cell. One forgotten cell in the
last corner of the grid, or one damaged reference, makes it 17 billion cells, and memory that
runs out ends the process with no message. So the references are looked at first.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pyarrow as pa
import pyarrow.compute as pc

from cchc_analysis.columns import InputError
from cchc_analysis.sources.sheets.compound import compound_stream

MOST_CELLS = 110_000_000
"""The largest rectangle that is loaded, about 3.5 GB: 104 columns over all rows of a sheet."""
_MOST_ROWS, _MOST_COLUMNS = 1_048_576, 16_384
_BLOCK = 1 << 20
# Any reference beyond column CZ (104) or row 1,049,999. Within both, no sheet is too large, and
# this is the only look at it. Arrow looks three times as fast as Python's own patterns.
_FAR = (
    r' r="(?:[A-Za-z]{3}|[D-Zd-z][A-Za-z]|'
    r"[A-Za-z]{0,2}(?:[2-9]\d{6}|1[1-9]\d{5}|10[5-9]\d{4}|\d{8}))"
)
_CELL = re.compile(rb' r="([A-Za-z]*)(\d+)"[^>]*?(/?)>(</)?')
_DAMAGE = (  # ValueError: a damaged directory sends the reader before the start of the file
    zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError,
    ValueError,
)  # fmt: skip

_OLD_ROWS, _OLD_COLUMNS = 65_536, 256
_OLD_CELLS = {0x0006, 0x00BD, 0x00FD, 0x0203, 0x0204, 0x0205, 0x027E}
_PASSWORD, _SHEET, _STRINGS, _SIZE = 0x002F, 0x0085, 0x00FC, 0x0200
_MANY, _END = 0x00BD, 0x000A


def damaged(path: Path, reason: str) -> InputError:
    """Return the error of a workbook that cannot be opened."""
    return InputError(
        f"{path}: the workbook cannot be opened, it may be cut short ({reason}); "
        "copy it again, or save it again in Excel"
    )


def require_bounded(path: Path, data: bytes) -> None:
    """Refuse a workbook that would take more memory than its cells are worth.

    Cells that are only formatted do not count: they are not loaded.

    Parameters
    ----------
    path
        The file, for the message.
    data
        All its bytes: a workbook of the newer or the older kind.

    Raises
    ------
    InputError
        If a sheet reaches over more than ``MOST_CELLS`` cells, naming the farthest one, or
        if the file is damaged.
    """
    if not data.startswith(b"PK"):
        try:
            _require_old_bounded(path, compound_stream(data, ("Workbook", "Book")))
        except InputError:
            raise
        except (ValueError, struct.error) as error:
            raise damaged(path, str(error)) from None
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            for part in book.namelist():
                if "worksheets/" in part.lower() and part.lower().endswith(".xml"):
                    _require_part_bounded(path, book, part)
    except InputError:
        raise
    except _DAMAGE as error:
        raise damaged(path, str(error) or "it ends too early") from None


def _require_part_bounded(path: Path, book: zipfile.ZipFile, part: str) -> None:
    if not any(_has_far_cell(block) for block in _blocks(book, part)):
        return
    rows, columns, farthest = _reach(_blocks(book, part))
    if rows * columns > MOST_CELLS or rows > _MOST_ROWS or columns > _MOST_COLUMNS:
        raise InputError(
            f"{path}, sheet {_sheet_name(book, part)!r}: cell {farthest} is filled, so the sheet "
            f"has {rows:,} rows and {columns:,} columns; at most {_MOST_COLUMNS:,} columns "
            f"and {MOST_CELLS:,} cells are read; delete what is right of the table and below "
            "it, and save the file"
        )


def _has_far_cell(block: bytes) -> bool:
    return pc.match_substring_regex(pa.array([block], pa.binary()), _FAR)[0].as_py()


def _blocks(book: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """Give the XML of a sheet in blocks that end between two cells."""
    rest = b""
    with book.open(part) as file:
        while block := file.read(_BLOCK):
            block = rest + block.replace(b"'", b'"')  # attributes may be in either quotes
            cut = block.rfind(b"<c ")
            rest = block[cut:] if cut > 0 else b""
            yield block[:cut] if cut > 0 else block
    yield rest


def _reach(blocks: Iterator[bytes]) -> tuple[int, int, str]:
    """Return the last row and column of a sheet that are filled, and the farthest cell."""
    last_row, last_column, lowest, rightmost = 1, 1, "A1", "A1"
    for block in blocks:
        for letters, digits, empty, ended in _CELL.findall(block):
            row, column = int(digits[:12]), _column(letters)
            if empty or ended or not (letters or row > _MOST_ROWS):
                continue  # only formatted, or the number of a row
            if row > last_row:
                last_row, lowest = row, (letters + digits).decode()
            if column > last_column:
                last_column, rightmost = column, (letters + digits).decode()
    return last_row, last_column, rightmost if last_column > 104 else lowest


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper()[:6]:
        number = 26 * number + letter - ord("A") + 1
    return number


def _sheet_name(book: zipfile.ZipFile, part: str) -> str:
    """Return the name of the sheet that a part of the archive holds."""
    try:
        links = ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))
        sheets = ElementTree.fromstring(book.read("xl/workbook.xml"))
    except (KeyError, ElementTree.ParseError):
        return part
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    for sheet in sheets.iter():
        link = next((value for key, value in sheet.items() if key.endswith("}id")), None)
        if sheet.tag.endswith("}sheet") and part.endswith(targets.get(link, "?").lstrip("./")):
            return sheet.get("name", part)
    return part


def _require_old_bounded(path: Path, stream: bytes) -> None:
    """Look through the records of an old workbook: what says where a cell is, or how many."""
    sheets = []
    for kind, at, length in _records(stream, 0):
        if kind == _PASSWORD:
            return  # the records are not in the clear; opening it says so
        if kind == _STRINGS and length >= 8:
            if struct.unpack_from("<I", stream, at + 4)[0] > len(stream):
                raise ValueError("its number of texts is damaged")
        elif kind == _SHEET and length >= 8:
            place, letters, wide = struct.unpack_from("<I2xBB", stream, at)
            text = stream[at + 8 : at + 8 + letters * (1 + (wide & 1))]
            sheets.append((text.decode("utf-16-le" if wide & 1 else "latin-1", "replace"), place))
    for name, place in sheets:
        far = _far_old_cell(stream, place)
        if far is not None:
            raise InputError(
                f"{path}, sheet {name!r}: row {far[0] + 1} has a cell in column {far[1] + 1}, an "
                f"old workbook has {_OLD_COLUMNS}, so it is damaged; copy it again, or save it in "
                "Excel as .xlsx"
            )


def _far_old_cell(stream: bytes, place: int) -> tuple[int, int] | None:
    """Return row and column of the first cell of a sheet that no old sheet can have."""
    for kind, at, length in _records(stream, place):
        if kind == _SIZE:
            _require_old_size(stream[at : at + length])
        elif kind in _OLD_CELLS and 6 <= length <= len(stream) - at:
            row, column = struct.unpack_from("<2H", stream, at)
            if kind == _MANY:
                column = max(column, *struct.unpack_from("<H", stream, at + length - 2))
            if column >= _OLD_COLUMNS:
                return row, column
    return None


def _require_old_size(body: bytes) -> None:
    """Refuse a size record that asks for more cells than an old sheet can have."""
    if len(body) not in (10, 14):
        return
    first, last, left, right = struct.unpack_from("<4H" if len(body) == 10 else "<2I2H", body)
    if last and right:
        asked = ((last - first) % (1 << 32)) * ((right - left) % (1 << 32))
        if asked > _OLD_ROWS * _OLD_COLUMNS:
            raise ValueError("the size of a sheet is damaged")


def _records(stream: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """Give kind, place and length of the records from a place on, until their end record."""
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<2H", stream, at)
        if kind == _END:
            return
        yield kind, at + 4, length
        at += 4 + length
