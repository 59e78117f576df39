"""The reference table of units, and how its rows relate: subordinates and predecessors."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import pandas as pd

from cchc_analysis import columns

_REFERENCE = Path(__file__).parents[1] / "reference"


@cache
def reference(name: str) -> pd.DataFrame:
    """Read a reference file, codes kept as text."""
    texts = {c.name: "str" for c in columns.UNITS.columns if c.kind == "text"}
    path = _REFERENCE / name
    frame = pd.read_csv(path, dtype=texts, parse_dates=["start_on", "end_on"])
    return columns.check(frame, columns.UNITS, where=name) if name == "units.csv" else frame


def units() -> pd.DataFrame:
    """Return the reference table of units (a copy; see :data:`columns.UNITS`).

    Returns
    -------
    DataFrame
        One row per unit and era: the country, 63 provinces to 30 June 2025, 34 since,
        and the old districts that the founding articles write about.

    Examples
    --------
    >>> table = units()
    >>> int(table["unit_id"].str.startswith("vn34-").sum())
    34
    """
    return reference("units.csv").copy()


def units_table(units: pd.DataFrame | None) -> pd.DataFrame:
    """Return the units given, optional columns filled in, or the reference table.

    A table that has every column was checked when it was read, and is taken as it is: names
    are looked up many times.
    """
    if units is None:
        return reference("units.csv")
    complete = set(columns.UNITS.names) <= set(units)
    return units if complete else columns.check(units, columns.UNITS)


def in_force(table: pd.DataFrame, on: date) -> pd.Series:
    """Say which rows (with ``start_on`` and ``end_on``) were in force on a day."""
    day = pd.Timestamp(on)
    started = table["start_on"].isna() | (table["start_on"] <= day)
    return started & (table["end_on"].isna() | (table["end_on"] >= day))


def subordinates(unit_id: str, *, units: pd.DataFrame | None = None) -> list[str]:
    """Return the ids of all units below a unit, at any depth, in the order of the table.

    Parameters
    ----------
    unit_id
        The unit above.
    units
        The units to search; None for the reference table.

    Returns
    -------
    list of str
        Without the unit itself; empty where the table holds nothing below it, which does
        not mean that there is nothing below it.

    Examples
    --------
    >>> subordinates("vn63-80")
    ['vn63-807']
    """
    table = units_table(units)
    below = {unit_id}
    while True:
        more = set(table.loc[table["parent_id"].isin(below), "unit_id"]) - below
        if not more:
            return [u for u in table["unit_id"] if u in below and u != unit_id]
        below |= more


def predecessors(unit_id: str, *, units: pd.DataFrame | None = None) -> list[str]:
    """Return the ids of the units whose territory a unit took over.

    To carry a series across 1 July 2025, add the counts of the predecessors; never
    average their rates.

    Parameters
    ----------
    unit_id
        The later unit.
    units
        The units to search; None for the reference table.

    Returns
    -------
    list of str
        In the order of the table; empty for a unit without known predecessors.

    Examples
    --------
    >>> predecessors("vn34-25")
    ['vn63-17', 'vn63-25', 'vn63-26']
    """
    table = units_table(units)
    return table.loc[table["successor_id"] == unit_id, "unit_id"].tolist()
