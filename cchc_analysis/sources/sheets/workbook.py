"""Open workbooks: every sheet read once, as text, each row under its number in the file.

Calamine, through fastexcel, reads .xlsx and .xls into Arrow: dates come in ISO form, whole
numbers without a decimal point, and no cell becomes a Python object on the way.
"""

from __future__ import annotations

import logging
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cchc_analysis.columns import InputError
from cchc_analysis.sources.encodings import SEEN_BYTES, kind_of
from cchc_analysis.sources.sheets.extent import damaged, require_bounded
from cchc_analysis.sources.sheets.header import SEARCHED_ROWS, Header, find_header
from cchc_analysis.sources.sheets.sheet import Matcher, Sheet, create_views

# Calamine notes chart sheets through logging; without a handler they would go to stderr.
logging.getLogger("calamine").addHandler(logging.NullHandler())

WORKBOOKS = (".xlsx", ".xls")
RECOGNISED = 3
"""Columns of ours that a row needs to be a header when another sheet has one."""
RECEIPT = "received_at"
LIST_NEEDS = {"dossier_id", RECEIPT, "due_at"}
"""Columns of ours that every list of dossiers has."""


def open_workbook(
    engine: duckdb.DuckDBPyConnection, path: Path, match: Matcher, sheet: str | None, prefix: str
) -> tuple[list[Sheet], dict[str, int]]:
    """Make the views of the sheets with a header; count the rows of the others.

    See :func:`cchc_analysis.sources.sheets.open_sheets`.
    """
    tables = load_workbook(path)
    if sheet is not None and sheet not in tables:
        raise InputError(
            f"{path}: has no sheet {sheet!r}; expected one of {', '.join(map(repr, tables))}"
        )
    filled = {name: table for name, table in tables.items() if _filled_rows(table)}
    if not filled or (sheet is not None and sheet not in filled):
        which = f"the sheet {sheet!r}" if sheet is not None else "the workbook"
        raise InputError(f"{path}: {which} holds no rows; export it again")
    wanted = filled if sheet is None else {sheet: filled[sheet]}
    headers = {name: find_header(first_rows(table), match) for name, table in wanted.items()}
    read = [name for name, header in headers.items() if header.matched >= RECOGNISED]
    lists = [name for name in read if set(match(headers[name].texts)) >= LIST_NEEDS]
    if lists:  # beside a list, a sheet without the day of receipt is a summary of it
        read = [name for name in read if RECEIPT in match(headers[name].texts)]
    if not read:
        read = [max(headers, key=lambda name: headers[name].matched)]
    sheets = [
        _make_view(engine, path, name, filled[name], headers[name], f"{prefix}_{number}")
        for number, name in enumerate(read)
    ]
    return sheets, {name: _filled_rows(filled[name]) for name in filled if name not in read}


def load_workbook(path: Path) -> dict[str, pa.Table]:
    """Return the sheets of a workbook as columns of text, from the file's first row on.

    Empty cells are null; cells with an error hold its name (``#N/A``), as what a formula could
    not compute is not the same as nothing.

    Raises
    ------
    InputError
        If it is no workbook, has a password, is cut short, or reaches too far.
    """
    import fastexcel

    data = path.read_bytes()
    _require_workbook(path, data)
    require_bounded(path, data)
    try:
        reader = fastexcel.read_excel(data)
        names = reader.sheet_names
        del data
        return {name: _load(reader, name) for name in names}
    except (fastexcel.FastExcelError, OSError) as error:
        reason = str(error).splitlines()[0].removeprefix("calamine error: ")
        if "password" in reason.lower() or "encrypt" in reason.lower():
            raise _has_password(path) from None
        raise damaged(path, reason) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # the parser's own crash; no public class
            raise
        raise damaged(path, "its structure makes no sense") from None


def first_rows(table: pa.Table, number: int | None = SEARCHED_ROWS) -> list[list[str]]:
    """Return the first rows of a sheet, or all; ``""`` for an empty cell."""
    columns = [column.to_pylist() for column in table.slice(0, number).columns]
    return [[text or "" for text in row] for row in zip(*columns, strict=True)]


def _load(reader: object, name: str) -> pa.Table:
    loaded = reader.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
    if not loaded.width:
        return pa.table({})
    batch, errors = loaded.to_arrow_with_errors()
    columns = batch.columns
    for place, found in _errors_by_column(errors).items():
        texts = columns[place].to_pylist()
        for row, name in found:
            texts[row] = name
        columns[place] = pa.array(texts, columns[place].type)
    return pa.table(columns, names=[f"c{i}" for i in range(len(columns))])


_SHOWN_ERRORS = {
    "NA": "#N/A", "Ref": "#REF!", "Value": "#VALUE!", "Name": "#NAME?", "Div0": "#DIV/0!",
    "Null": "#NULL!", "Num": "#NUM!",
}  # fmt: skip
"""The parser's names of errors to what Excel shows, and writes to CSV."""


def _errors_by_column(errors: object) -> dict[int, list[tuple[int, str]]]:
    """Return column to (row, name of the error) for cells such as #N/A."""
    found: dict[int, list[tuple[int, str]]] = {}
    for error in errors.errors if errors else ():
        row, place = error.offset_position
        name = error.detail.partition("Error(")[2][:-2]
        found.setdefault(place, []).append((row, _SHOWN_ERRORS.get(name, f"#{name}")))
    return found


def _make_view(
    engine: duckdb.DuckDBPyConnection,
    path: Path,
    name: str,
    table: pa.Table,
    header: Header,
    view: str,
) -> Sheet:
    kept = _without_empty_right(table, header)
    body = kept.slice(header.body)
    rows = pa.array(np.arange(header.body + 1, table.num_rows + 1))
    engine.register(f"{view}_read", body.append_column("row", rows))
    create_views(engine, view, kept.column_names, f"{view}_read", row="row")
    texts = [header.texts[int(cell[1:])] for cell in kept.column_names]
    return Sheet(
        path, name, header.title, header.position + 1, texts, kept.column_names,
        header.body + 1, view,
    )  # fmt: skip


def _without_empty_right(table: pa.Table, header: Header) -> pa.Table:
    """Leave out the columns right of the last header that hold nothing but spaces.

    One forgotten space far to the right would make thousands of columns.
    """
    headed = max((i for i, text in enumerate(header.texts) if text), default=-1) + 1
    kept = [
        cell
        for place, cell in enumerate(table.column_names)
        if place < headed or _holds_text(table.column(place))
    ]
    return table.select(kept)


def _holds_text(column: pa.ChunkedArray) -> bool:
    texts = column.drop_null()
    return len(texts) > 0 and pc.any(pc.not_equal(pc.utf8_trim_whitespace(texts), "")).as_py()


def _filled_rows(table: pa.Table) -> int:
    """Count the rows with a cell that is not empty."""
    filled = np.zeros(table.num_rows, dtype=bool)
    for column in table.columns:
        filled |= column.is_valid().to_numpy()
    return int(filled.sum())


def _require_workbook(path: Path, data: bytes) -> None:
    """Refuse what only has the ending of a workbook."""
    kind = kind_of(data[:SEEN_BYTES])
    if kind == "a workbook of the older kind" and _ENCRYPTED in data:
        raise _has_password(path)
    if kind is None:
        raise InputError(
            f"{path}: this is no workbook; if it is text, give it the ending .csv, "
            "otherwise export it again as xlsx"
        )
    if not kind.startswith("a workbook"):
        raise InputError(f"{path}: this is {kind}, no workbook; save it in Excel as .xlsx")


_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def _has_password(path: Path) -> InputError:
    return InputError(f"{path}: the workbook has a password; save it in Excel without one")
