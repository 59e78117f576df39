"""Open a CSV, xlsx or Parquet file as a table of text cells, the header row found.

Well-kept readers do the parsing (DuckDB for CSV and Parquet, calamine for workbooks); what is
added is finding the header row under titles, and one clear message for a file that is
missing, empty or broken.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path

import duckdb
import pandas as pd

from cchc_analysis.columns import InputError, Table

SEARCHED_ROWS = 40
FORMATS = (".csv", ".xlsx", ".parquet")
Matcher = Callable[[list[str]], Mapping[str, str]]


@dataclass(frozen=True)
class Sheet:
    """Where the rows came from. The rows themselves are the engine's table ``cells``."""

    name: str
    header_row: int
    """Number of the header row in the file, counted from 1."""
    header: list[str]
    cells: list[str]
    """The engine's column for each header: ``c0``, ``c1``, ... (headers may repeat)."""


def open_sheet(engine: duckdb.DuckDBPyConnection, path: Path, match: Matcher) -> Sheet:
    """Make the table ``cells`` (row number, blank, c0, c1, ...: all text) of a file.

    Parameters
    ----------
    engine
        Connection in which the table is made.
    path
        A ``.csv``, ``.xlsx`` or ``.parquet`` file.
    match
        Maps a row to our columns; the header is the first row that matches the most.

    Raises
    ------
    InputError
        If the file is missing, empty, of another kind, or cannot be read.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; give the path of an export ({', '.join(FORMATS)})")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the file is empty; export it again")
    openers = {".csv": _open_csv, ".xlsx": _open_workbook, ".parquet": _open_parquet}
    if path.suffix.lower() not in openers:
        raise InputError(f"{path}: cannot read {path.suffix!r} files; give {', '.join(FORMATS)}")
    return openers[path.suffix.lower()](engine, path, match)


def read_table(path: Path, table: Table) -> pd.DataFrame:
    """Read a CSV file of one of our own tables: text as it stands, empty cells missing.

    The index is the row's number in the file, so that a message can name it.

    Raises
    ------
    InputError
        If it is missing, not comma-separated UTF-8 text with a header row, or has a column
        the table does not have: a misspelt one would go unread.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; give a CSV file")
    try:
        rows = pd.read_csv(
            path, dtype="str", keep_default_na=False, na_values=[""], encoding="utf-8-sig"
        )
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(
            f"{path.name}: not a table of comma-separated UTF-8 text ({error}); "
            "save it as CSV UTF-8 with a header row"
        ) from None
    if not isinstance(rows.index, pd.RangeIndex):  # pandas took the first cells for labels
        raise InputError(
            f"{path.name}: the rows have more cells than the header; "
            "a separator inside a text needs quotes around the text"
        )
    unknown = [name for name in rows.columns if name not in table.names]
    if unknown:
        raise InputError(
            f"{path.name}: unknown column {unknown[0]!r}; expected any of {', '.join(table.names)}"
        )
    return rows.set_axis(rows.index + 2)


def _open_csv(engine: duckdb.DuckDBPyConnection, path: Path, match: Matcher) -> Sheet:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        delimiter = _delimiter(lines)
    rows = _first_rows(path, delimiter, SEARCHED_ROWS)
    odd_quotes, empty_lines = _scan(path)
    if odd_quotes:
        _refuse_open_quote(path, delimiter)
    position, header = _header(rows, match)
    cells = [f"c{i}" for i in range(len(header))]
    try:
        if empty_lines:  # the engine would skip them, and number the rows after them wrongly
            engine.register("body", _plain_rows(path, delimiter, position + 1, cells))
            relation = engine.table("body")
        else:
            relation = _engine_rows(engine, path, delimiter, position + 1, cells)
        _make_cells(engine, relation, cells, position + 2)
    except duckdb.Error as error:
        if "not utf-8" in str(error):
            raise InputError(f"{path}: not UTF-8 text; save it as 'CSV UTF-8'") from None
        engine.execute("DROP VIEW IF EXISTS raw_cells")
        engine.register("body", _plain_rows(path, delimiter, position + 1, cells))
        _make_cells(engine, engine.table("body"), cells, position + 2)
    return Sheet("", position + 1, header, cells)


def _engine_rows(
    engine: duckdb.DuckDBPyConnection, path: Path, delimiter: str, skip: int, cells: list[str]
) -> duckdb.DuckDBPyRelation:
    """Read the rows of a regular CSV file by the engine."""
    types = ", ".join(f"{cell}: 'VARCHAR'" for cell in cells)
    return engine.sql(
        "SELECT * FROM read_csv($path, auto_detect = false, header = false, delim = $delim, "
        f"quote = '\"', escape = '\"', skip = {skip}, null_padding = true, "
        f"parallel = false, columns = {{{types}}})",
        params={"path": str(path), "delim": delimiter},
    )


def _plain_rows(path: Path, delimiter: str, skip: int, cells: list[str]) -> pd.DataFrame:
    """Read the rows of an irregular CSV file (empty lines, mixed line ends) one by one."""
    rows = _first_rows(path, delimiter, None)[skip:]
    for number, row in enumerate(rows, skip + 1):
        if any(cell.strip() for cell in row[len(cells) :]):
            raise InputError(
                f"{path}, row {number}: {len(row)} cells under {len(cells)} headers; "
                "a separator inside a text needs quotes around the text"
            )
    padded = [(row + [""] * len(cells))[: len(cells)] for row in rows]
    return pd.DataFrame(padded, columns=cells, dtype="str")


def _first_rows(path: Path, delimiter: str, number: int | None) -> list[list[str]]:
    """Read a number of rows, or all, or say why the file is no CSV file."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return list(islice(csv.reader(lines, delimiter=delimiter), number))
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: not UTF-8 text (byte {error.start}); save it as 'CSV UTF-8' and try again"
        ) from None
    except csv.Error as error:
        raise InputError(f"{path}: cannot be read as CSV ({error}); export it again") from None


def _scan(path: Path) -> tuple[bool, bool]:
    """Say whether a file has an odd number of quotes, and whether it has an empty line."""
    quotes, empty, tail = 0, False, b""
    with path.open("rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            quotes += block.count(b'"')
            seen = tail + block
            empty = empty or b"\n\n" in seen or b"\n\r\n" in seen
            tail = seen[-2:]
    return quotes % 2 == 1, empty


def _refuse_open_quote(path: Path, delimiter: str) -> None:
    """Refuse a file that ends inside quotes: the engine would drop what stands in them."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        rows = csv.reader(lines, delimiter=delimiter, strict=True)
        started = 1
        try:
            for _ in rows:
                started = rows.line_num + 1
        except csv.Error as error:
            raise InputError(
                f"{path}: quotes opened near line {started} are not closed ({error}); "
                "export it again"
            ) from None


def _open_workbook(engine: duckdb.DuckDBPyConnection, path: Path, match: Matcher) -> Sheet:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_path(str(path))
        sheets = {
            name: workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
            for name in workbook.sheet_names
        }
    except (CalamineError, OSError) as error:
        raise InputError(
            f"{path}: the workbook cannot be opened ({error}); save it again"
        ) from None
    sheets = {name: rows for name, rows in sheets.items() if rows}
    if not sheets:
        raise InputError(f"{path}: the workbook holds no rows; export it again")
    found = {name: _header(_as_text(rows[:SEARCHED_ROWS]), match) for name, rows in sheets.items()}
    name = max(found, key=lambda sheet: len(match(found[sheet][1])))
    position, header = found[name]
    cells = [f"c{i}" for i in range(len(header))]
    body = pd.DataFrame(_as_text(sheets[name][position + 1 :]), columns=cells, dtype="str")
    engine.register("body", body)
    _make_cells(engine, engine.table("body"), cells, position + 2)
    engine.unregister("body")
    return Sheet(name, position + 1, header, cells)


def _open_parquet(engine: duckdb.DuckDBPyConnection, path: Path, match: Matcher) -> Sheet:
    try:
        relation = engine.read_parquet(str(path))
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{path}: cannot be read as Parquet ({reason})") from None
    header = relation.columns
    cells = [f"c{i}" for i in range(len(header))]
    casts = ", ".join(
        f"CAST({_quoted(name)} AS VARCHAR) AS {cell}"
        for name, cell in zip(header, cells, strict=True)
    )
    _make_cells(engine, relation.project(casts), cells, 1)
    return Sheet("", 0, header, cells)


def _make_cells(
    engine: duckdb.DuckDBPyConnection,
    relation: duckdb.DuckDBPyRelation,
    cells: list[str],
    first: int,
) -> None:
    """Keep the text cells in a table, each row with its number in the file."""
    relation.create_view("raw_cells")
    filled = ", ".join(f"nullif(trim({cell}), '')" for cell in cells)
    engine.execute(
        f"CREATE TEMP TABLE cells AS SELECT row_number() OVER () + {first - 1} AS row, "
        f"coalesce({filled}, NULL) IS NULL AS blank, {', '.join(cells)} FROM raw_cells"
    )


def _header(rows: list[list[str]], match: Matcher) -> tuple[int, list[str]]:
    """Return position and text of the row that matches the most of our columns."""
    if not rows:
        return 0, []
    position = max(range(len(rows)), key=lambda i: (len(match(rows[i])), -i))
    return position, [cell.strip() for cell in rows[position]]


def _delimiter(lines: Iterable[str]) -> str:
    """Return the separator that occurs most in the first lines."""
    text = "".join(islice(lines, SEARCHED_ROWS))
    return max(",;\t|", key=text.count)


def _as_text(rows: list[list[object]]) -> list[list[str]]:
    """Return workbook cells as text: dates in ISO form, whole numbers without a decimal point."""
    return [[_cell_text(cell) for cell in row] for row in rows]


def _cell_text(cell: object) -> str:
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
