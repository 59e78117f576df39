"""Open an export, whatever file it is: each sheet's header found, its rows a view as text.

Well-kept readers do the parsing (DuckDB for CSV and Parquet, calamine for workbooks). What is
added: the header found under titles and over merged cells, every row of the file under its
number, and one clear message for a file that cannot be read.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import duckdb

from cchc_analysis.columns import InputError
from cchc_analysis.sources.encodings import ADVICE, legacy_encoding, text_encoding
from cchc_analysis.sources.sheets.columnar import open_parquet
from cchc_analysis.sources.sheets.delimited import find_layout, open_delimited
from cchc_analysis.sources.sheets.header import SEARCHED_ROWS
from cchc_analysis.sources.sheets.records import records
from cchc_analysis.sources.sheets.sheet import Matcher, Sheet, read_whole
from cchc_analysis.sources.sheets.tables import read_table
from cchc_analysis.sources.sheets.workbook import (
    WORKBOOKS,
    first_rows,
    load_workbook,
    open_workbook,
)

DELIMITED = (".csv", ".tsv")
FORMATS = (*WORKBOOKS, *DELIMITED, ".parquet")

__all__ = ["FORMATS", "Matcher", "Sheet", "open_sheets", "read_rows", "read_table", "read_whole"]


def open_sheets(
    engine: duckdb.DuckDBPyConnection,
    path: Path,
    match: Matcher,
    *,
    sheet: str | None = None,
    prefix: str = "cells0",
    proven: bool = True,
) -> tuple[list[Sheet], dict[str, int]]:
    r"""Make a view of each sheet of a file that has a header, all its rows as text.

    Nothing is judged here: totals, signatures, repeated headers and blank rows are rows.
    A hidden sheet is read like any other.

    Parameters
    ----------
    engine
        Connection in which the views are made. What they need lives as long as it does.
    path
        A workbook (``.xlsx``, ``.xls``), CSV, TSV or Parquet file; the ending in any case.
    match
        Maps a row of texts to our columns. A sheet is read if its header gives three of them;
        where none does, the best sheet alone is.
    sheet
        Name of the one sheet to read, with a header or without.
    prefix
        Start of the views' names: ``cells0_0``, ``cells0_1``, ...; another for each file.
    proven
        If false, no row is read yet: what reads them goes through :func:`read_whole`.

    Returns
    -------
    sheets : list of Sheet
        In the file's order, at least one.
    not_read : dict
        Name of each other sheet that holds anything, to the number of its rows that do.

    Raises
    ------
    InputError
        If the file is missing, empty, of another kind than its ending says, has a password,
        is cut short, has no such sheet, or is written in a pre-Unicode encoding.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "export.csv"
    >>> _ = file.write_text("Danh sách\nSTT,Mã hồ sơ\n1,H1\n", encoding="utf-8")
    >>> engine = duckdb.connect()
    >>> find = lambda row: {t: f"c{i}" for i, t in enumerate(row) if t == "Mã hồ sơ"}
    >>> (sheet,), not_read = open_sheets(engine, file, find)
    >>> sheet.title, sheet.header_row, sheet.header
    (['Danh sách'], 2, ['STT', 'Mã hồ sơ'])
    >>> engine.sql(f"SELECT row, c1 FROM {sheet.view}").fetchall()
    [(3, 'H1')]
    """
    kind = _kind(path, FORMATS)
    not_read: dict[str, int] = {}
    if kind in WORKBOOKS:
        sheets, not_read = open_workbook(engine, path, match, sheet, prefix)
    elif sheet is not None:
        raise InputError(f"{path}: a {kind} file has no sheets; leave out sheet={sheet!r}")
    elif kind in DELIMITED:
        sheets = [open_delimited(engine, path, match, f"{prefix}_0")]
    else:
        sheets = [open_parquet(engine, path, f"{prefix}_0")]
    for one in sheets:
        _require_unicode(path, one.name, [one.header, one.title])
    for one in sheets if proven else ():
        rows = f"SELECT count(*) FROM {one.untrimmed}"
        read_whole(one, lambda rows=rows: engine.execute(rows).fetchall()[0][0])
    return sheets, not_read


def read_rows(path: Path, *, limit: int | None = None) -> dict[str, list[list[str]]]:
    """Return the rows of a small file, such as a statutory form, sheet by sheet.

    Parameters
    ----------
    path
        A workbook (``.xlsx``, ``.xls``), CSV or TSV file.
    limit
        Read only so many rows of each sheet.

    Returns
    -------
    dict
        Name of the sheet (``""`` for CSV) to its rows from the file's first one on; ``""``
        for an empty cell. No row for an empty sheet.

    Raises
    ------
    InputError
        As :func:`open_sheets`.
    """
    if _kind(path, (*WORKBOOKS, *DELIMITED)) in WORKBOOKS:
        found = {name: first_rows(table, limit) for name, table in load_workbook(path).items()}
    else:
        encoding = text_encoding(path)
        delimiter, _, _ = find_layout(path, encoding, lambda row: {})
        with records(path, encoding, delimiter) as rows:
            found = {"": [record.cells for record in islice(rows, limit)]}
    for name, cells in found.items():
        _require_unicode(path, name, cells[:SEARCHED_ROWS])
    return found


def _kind(path: Path, formats: tuple[str, ...]) -> str:
    """Return the ending of a file that is there, is not empty and can be opened."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; give the path of a file ({', '.join(formats)})")
    if path.suffix.lower() not in formats:
        raise InputError(f"{path}: cannot read {path.suffix!r} files; give {', '.join(formats)}")
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except OSError as error:
        raise InputError(f"{path}: cannot be opened ({error.strerror}); close it first") from None
    if empty:
        raise InputError(f"{path}: the file is empty; export it again")
    return path.suffix.lower()


def _require_unicode(path: Path, sheet: str, lines: list[list[str]]) -> None:
    """Refuse a file whose header or title is text of a pre-Unicode font."""
    for line in lines:
        name = legacy_encoding(" ".join(line))
        if name:
            where = f"{path}, sheet {sheet!r}" if sheet else str(path)
            raise InputError(f"{where}: the text is in {name}, not in Unicode; {ADVICE[name]}")
