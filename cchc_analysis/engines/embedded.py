"""DuckDB inside the process: the engine for one machine.

The interface is two functions, so that a cluster engine can stand beside it: both take the
same SQL text and named tables. Only portable SQL is sent here from :mod:`cchc_analysis.tally`;
readers use DuckDB's own functions.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pandas as pd

Source = pd.DataFrame | Path


def connect(tables: Mapping[str, Source] | None = None) -> duckdb.DuckDBPyConnection:
    """Open an empty engine with ``tables`` (frames, or paths of Parquet files) as views."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    if "ipykernel" not in sys.modules:  # a kernel has no bar, and the engine refuses to be asked
        connection.execute("SET enable_progress_bar = false")
    for name, source in (tables or {}).items():
        if isinstance(source, Path):
            connection.read_parquet(str(source)).create_view(name)
        else:
            connection.register(name, source)
    return connection


def query(sql: str, tables: Mapping[str, Source]) -> pd.DataFrame:
    """Run one SELECT over the named tables and return its rows.

    Examples
    --------
    >>> query("SELECT SUM(n) AS n FROM cells", {"cells": pd.DataFrame({"n": [1, 2]})})
         n
    0  3.0
    """
    with connect(tables) as connection:
        return connection.sql(sql).df()
