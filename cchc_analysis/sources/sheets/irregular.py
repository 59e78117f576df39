"""Read text that the engine cannot, or would read with losses, through a regular copy of it.

UTF-16, empty lines between the rows, mixed line ends, stray quotes: such a file is read once,
record by record, into a temporary Parquet file that is removed with the engine.
"""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from cchc_analysis.sources.sheets.records import Record, records
from cchc_analysis.sources.sheets.sheet import create_views, sql_text

_BATCH = 20_000


def view_of_copy(
    engine: duckdb.DuckDBPyConnection,
    path: Path,
    encoding: str,
    delimiter: str,
    skip: int,
    cells: list[str],
    view: str,
) -> None:
    """Make the view of a file's records after the first ``skip``, from a temporary copy."""
    folder = tempfile.TemporaryDirectory(prefix="cchc-", ignore_cleanup_errors=True)
    weakref.finalize(engine, folder.cleanup)
    copy = Path(folder.name) / "rows.parquet"
    schema = pa.schema([("row", pa.int64()), *((c, pa.string()) for c in ("problem", *cells))])
    with (
        records(path, encoding, delimiter) as found,
        pq.ParquetWriter(copy, schema, compression="lz4") as writer,
    ):
        rows = islice(_without_last_empty(found), skip, None)
        number = skip + 1
        while batch := list(islice(rows, _BATCH)):
            writer.write_table(_table(batch, number, len(cells), schema))
            number += len(batch)
    source = f"read_parquet({sql_text(str(copy))})"
    create_views(engine, view, cells, source, row="row", problem="problem")


def _without_last_empty(found: Iterator[Record]) -> Iterator[Record]:
    """Leave out the empty lines at the end of the file: no rows were meant there."""
    empty: list[Record] = []
    for record in found:
        if record.cells:
            yield from empty
            empty.clear()
            yield record
        else:
            empty.append(record)


def _table(batch: list[Record], number: int, width: int, schema: pa.Schema) -> pa.Table:
    padded = [(record.cells + [""] * width)[:width] for record in batch]
    columns = [
        range(number, number + len(batch)),
        [record.problem(width) for record in batch],
        *zip(*padded, strict=True),
    ]
    arrays = [pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
