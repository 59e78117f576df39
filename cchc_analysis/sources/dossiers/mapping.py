"""Look values up row by row without losing the order of the rows.

A join would say the same; but the engine keeps the order of rows through no join, and putting
millions of rows in order again takes longer than reading them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import pyarrow as pa


def define(
    engine: duckdb.DuckDBPyConnection,
    name: str,
    keys: Sequence[str],
    values: Mapping[str, pa.Array],
) -> None:
    """Make a table of keys and their values that :func:`place` and :func:`value` look into.

    Parameters
    ----------
    engine
        Where; the table lasts as long as it does.
    name
        What the table is called.
    keys
        The keys, each once.
    values
        Name of a value to the values, one for each key.
    """
    table = pa.table({"key": pa.array(keys, pa.string()), **values})
    engine.register("looked_up", table)
    engine.execute(f"CREATE TYPE {name} AS ENUM (SELECT key FROM looked_up)")
    for part in values:
        engine.execute(
            f"SET VARIABLE {name}_{part} = "
            f'(SELECT list("{part}" ORDER BY CAST(key AS {name})) FROM looked_up)'
        )
    engine.unregister("looked_up")


def place(name: str, text: str) -> str:
    """Return the SQL of the place of a text among the keys; NULL where it is none of them."""
    return f"enum_code(TRY_CAST({text} AS {name})) + 1"


def value(name: str, part: str, at: str) -> str:
    """Return the SQL of the value at a place; NULL at none."""
    return f"list_extract(getvariable('{name}_{part}'), {at})"
