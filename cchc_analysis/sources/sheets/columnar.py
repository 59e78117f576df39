"""Open Parquet: columns with names need no header row."""

from __future__ import annotations

from pathlib import Path

import duckdb

from cchc_analysis.columns import InputError
from cchc_analysis.sources.sheets.sheet import Sheet, create_views, file_text


def open_parquet(engine: duckdb.DuckDBPyConnection, path: Path, view: str) -> Sheet:
    """Make the view of a Parquet file: every column cast to text, rows numbered from 1.

    Raises
    ------
    InputError
        If the file is no Parquet file, or is cut short.
    """
    source = f"read_parquet({file_text(path)})"
    try:
        header = engine.sql(f"FROM {source}").columns
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
    numbered = f"read_parquet({file_text(path)}, file_row_number = true)"
    ordered = ", ".join(["file_row_number", *(_quoted(name) for name in header)])
    texts = ", ".join(f"CAST({cell} AS VARCHAR) AS {cell}" for cell in cells)
    source = f"(SELECT file_row, {texts} FROM (SELECT {ordered} FROM {numbered}) t({names}))"
    create_views(engine, view, cells, source, row="file_row + 1")
    return Sheet(path, "", [], 0, header, cells, 1, view)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
