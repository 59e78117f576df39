"""The reference table of units, put together from the lists of ``reference/``."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import pandas as pd

from cchc_analysis import columns
from cchc_analysis.gazetteer.spelling import without_prefix
from cchc_analysis.periods import as_day

_REFERENCE = Path(__file__).parents[1] / "reference"


def units() -> pd.DataFrame:
    """Return the reference table of units (a copy; see :data:`columns.UNITS`).

    Codes alone do not name a unit: seven provincial codes, and many codes of communes, stand
    for another name or another territory since 1 July 2025, so a ``unit_id`` carries its era.
    ``successor_id`` is empty for a unit whose territory several took over
    (:func:`successors` has them all).

    Returns
    -------
    DataFrame
        One row per unit and era: the country; 63 provinces, 696 districts and 10,035
        communes as they stood on 30 June 2025; 34 provinces and 3,321 communes since then.
        Units that ended earlier, in the mergers of communes of 2019 to 2025, are not in it.

    References
    ----------
    Resolutions 202/2025/QH15 and 203/2025/QH15 of the National Assembly; the lists of
    communes: ``reference/SOURCES.md``.

    Examples
    --------
    >>> table = units()
    >>> existing = table[table["end_on"].isna()]
    >>> existing["unit_class"].value_counts().to_dict()
    {'commune': 3321, 'province': 34, 'country': 1}
    """
    return reference_units().copy()


@cache
def reference(name: str) -> pd.DataFrame:
    """Read a reference file, codes kept as text."""
    frame = pd.read_csv(_REFERENCE / name, dtype="str")
    days = [day for day in ("start_on", "end_on") if day in frame]
    return frame.assign(**{day: pd.to_datetime(frame[day]) for day in days})


@cache
def reference_units() -> pd.DataFrame:
    """Return the reference table itself: for reading only."""
    upper = columns.check(reference("units.csv"), columns.UNITS, where="units.csv")
    lists = [_listed(row) for row in reference("unit_lists.csv").itertuples()]
    return pd.concat([upper, *lists], ignore_index=True)


def _listed(one_list: object) -> pd.DataFrame:
    """Return a list of units of one era as rows of ``UNITS``; the crosswalk gives successors."""
    listed = reference(one_list.file)
    frame = pd.DataFrame(
        {
            "unit_id": one_list.era + "-" + listed["code"],
            "name": listed["full_name"].map(without_prefix),
            "full_name": listed["full_name"],
            "unit_class": one_list.unit_class,
            "parent_id": one_list.era + "-" + listed["parent_code"],
            "code": listed["code"],
            "start_on": one_list.start_on,
            "end_on": one_list.end_on,
            "simulated": False,
            "source": one_list.source,
        }
    )
    links = commune_links()
    whole = links[links["whole"]].set_index("old_id")["new_id"]
    frame["successor_id"] = frame["unit_id"].map(whole)
    return columns.check(frame, columns.UNITS, where=one_list.file)


@cache
def commune_links() -> pd.DataFrame:
    """Return which commune, or island district, went over to which on 1 July 2025.

    Columns: ``old_id``, ``new_id``, ``whole`` (the old one was not divided), ``doubtful``.
    """
    pairs = reference("crosswalk.csv")
    return pd.DataFrame(
        {
            "old_id": "vn63-" + pairs["old_code"],
            "new_id": "vn34-" + pairs["new_code"],
            "whole": ~pairs["old_code"].duplicated(keep=False),
            "doubtful": pairs["doubtful"].eq("True").fillna(False).astype("bool"),
        }
    )


def units_table(units: pd.DataFrame | None) -> pd.DataFrame:
    """Return the units given, optional columns filled in, or the reference table.

    A table that has every column was checked when it was read, and is taken as it is: names
    are looked up many times.
    """
    if units is None:
        return reference_units()
    complete = set(columns.UNITS.names) <= set(units)
    return units if complete else columns.check(units, columns.UNITS)


def in_force(table: pd.DataFrame, on: date) -> pd.Series:
    """Say which rows (with ``start_on`` and ``end_on``) were in force on a day."""
    day = as_day(on)
    started = table["start_on"].isna() | (table["start_on"] <= day)
    return started & (table["end_on"].isna() | (table["end_on"] >= day))
