"""Open Parquet: columns with names need no header row."""

from __future__ import annotations

from pathlib import Path

import duckdb

from cchc_analysis.columns import InputError
from cchc_analysis.sources.sheets.sheet import Sheet, create_views, file_text

_NUMBER = "file_row_number"


def open_parquet(engine: duckdb.DuckDBPyConnection, path: Path, view: str) -> Sheet:
    """Make the view of a Parquet file: every column as text, rows numbered from 1.

    Raises
    ------
    InputError
        If the file is no Parquet file, or is cut short.
    """
    source = f"read_parquet({file_text(path)})"
    try:
        found = engine.sql(f"FROM {source}")
        header, kinds = found.columns, found.types
        # Every page is read once: damage inside would come out at any later query otherwise.
        engine.execute(f"SELECT bit_xor(hash(COLUMNS(*))) FROM {source}").fetchall()
    except (duckdb.Error, UnicodeDecodeError) as error:
        reason = (str(error).splitlines() or ["unknown"])[0]
        raise InputError(
            f"{path}: cannot be read as Parquet, it is cut short or damaged ({reason}); "
            "export or copy it again"
        ) from None
    cells = [f"c{i}" for i in range(len(header))]
    names = ", ".join(["file_row", *cells])
    if _NUMBER in map(str.lower, header):  # the engine has no room for its own beside it
        numbered, number = source, "row_number() OVER () - 1"
    else:
        numbered, number = f"read_parquet({file_text(path)}, {_NUMBER} = true)", _NUMBER
    ordered = ", ".join([number, *(_quoted(name) for name in header)])
    texts = ", ".join(
        f"{_text(cell, str(kind))} AS {cell}" for cell, kind in zip(cells, kinds, strict=True)
    )
    source = f"(SELECT file_row, {texts} FROM (SELECT {ordered} FROM {numbered}) t({names}))"
    create_views(engine, view, cells, source, row="file_row + 1")
    return Sheet(path, "", [], 0, header, cells, 1, view)


def _text(cell: str, kind: str) -> str:
    """Return the SQL of a cell as text.

    A whole number has no decimal point, as in a workbook: a column of which one is missing is
    often stored as DOUBLE, and the code '20.0' would be another dossier than last month's '20'.
    Older writers store text as bytes; what is not UTF-8 gets a replacement character, so that a
    column of text that holds it is refused.
    """
    text = f"CAST({cell} AS VARCHAR)"
    if kind == "BLOB":
        return f"coalesce(TRY(decode({cell})), chr(65533) || {text})"
    if kind not in ("DOUBLE", "FLOAT"):
        return text
    whole = f"{cell} = trunc({cell}) AND abs({cell}) < 1e15"
    return f"CASE WHEN {whole} THEN CAST(TRY_CAST({cell} AS BIGINT) AS VARCHAR) ELSE {text} END"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
