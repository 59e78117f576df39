"""How units relate: who is below whom, and who took over whose territory."""

from __future__ import annotations

from functools import cache

import pandas as pd

from cchc_analysis.gazetteer.table import commune_links, reference_units, units_table


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
    >>> below = subordinates("vn63-80")  # Long An: 15 districts and their 186 communes
    >>> len(below), "vn63-807" in below
    (201, True)
    """
    table = units_table(units)
    below = {unit_id}
    while True:
        more = set(table.loc[table["parent_id"].isin(below), "unit_id"]) - below
        if not more:
            return [u for u in table["unit_id"] if u in below and u != unit_id]
        below |= more


def crosswalk(*, units: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return which unit went over to which, one row per pair.

    Counts of a unit that went over whole can be added to those of its successor. Those of a
    divided unit cannot be divided: there is no weight here, and none should be made up.

    Parameters
    ----------
    units
        The units to search; None for the reference table.

    Returns
    -------
    DataFrame
        Columns ``old_id``, ``new_id``, ``whole`` (False: the old unit was divided, and has a
        row for each part) and ``doubtful`` (the statistics office's own conversion table
        does not have the pair). Districts are not in it, but for five islands that had no
        communes: communes were redrawn across districts.

    References
    ----------
    ``reference/SOURCES.md``.

    Examples
    --------
    >>> pairs = crosswalk()
    >>> int(pairs.loc[~pairs["whole"], "old_id"].nunique())  # communes that were divided
    471
    """
    return _pairs(units).copy()


def _pairs(units: pd.DataFrame | None) -> pd.DataFrame:
    """Return the crosswalk of a table; that of the reference table is kept at hand."""
    return _reference_pairs() if units is None else _pairs_of(units_table(units))


@cache
def _reference_pairs() -> pd.DataFrame:
    return _pairs_of(reference_units())


def _pairs_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return who succeeded whom as the table states it, and the parts of divided communes."""
    stated = table.loc[table["successor_id"].notna(), ["unit_id", "successor_id"]]
    links = commune_links()
    unsure = set(links.loc[links["doubtful"], "old_id"])
    whole = stated.set_axis(["old_id", "new_id"], axis=1).assign(
        whole=True, doubtful=stated["unit_id"].isin(unsure)
    )
    divided = links[~links["whole"] & links["old_id"].isin(table["unit_id"])]
    return pd.concat([whole, divided], ignore_index=True)


def predecessors(unit_id: str, *, units: pd.DataFrame | None = None) -> list[str]:
    """Return the ids of the units whose territory, or part of it, a unit took over.

    To carry a series across 1 July 2025, add the counts of the predecessors; never
    average their rates. A commune that was divided is among the predecessors of each unit
    that took a part (:func:`successors` gives several): its counts cannot be divided.

    Parameters
    ----------
    unit_id
        The later unit.
    units
        The units to search; None for the reference table.

    Returns
    -------
    list of str
        In the order of the table, those that were divided last; empty for a unit without
        known predecessors.

    Examples
    --------
    >>> predecessors("vn34-25")
    ['vn63-17', 'vn63-25', 'vn63-26']
    """
    pairs = _pairs(units)
    return pairs.loc[pairs["new_id"] == unit_id, "old_id"].tolist()


def successors(unit_id: str, *, units: pd.DataFrame | None = None) -> list[str]:
    """Return the ids of the units that took over the territory of a unit.

    Parameters
    ----------
    unit_id
        The earlier unit.
    units
        The units to search; None for the reference table.

    Returns
    -------
    list of str
        One for a unit that went over whole, several for each of the 471 communes that were
        divided on 1 July 2025; empty for a unit that still exists, and for a district (but
        for five islands that had no communes).

    Examples
    --------
    >>> successors("vn63-60"), successors("vn63-10798"), successors("vn63-595")
    (['vn34-68'], ['vn34-10804', 'vn34-10843', 'vn34-11911'], [])
    """
    pairs = _pairs(units)
    return pairs.loc[pairs["old_id"] == unit_id, "new_id"].tolist()
