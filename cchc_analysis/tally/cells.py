"""Adding the cells of a tally: the one way in which counts are put together."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from cchc_analysis import gazetteer
from cchc_analysis.columns import TALLY, TALLY_COUNTS, check, empty


def roll_up(
    tally: pd.DataFrame, unit_id: str, *, units: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Add the cells of a unit and of all units below it: the unit with its subordinates.

    Parameters
    ----------
    tally
        Cells of one or more units.
    unit_id
        The unit whose total is wanted.
    units
        The units that say who is below whom; the gazetteer's own if not given.

    Returns
    -------
    DataFrame
        A tally in which every cell belongs to ``unit_id``. A count that is missing in one
        cell is missing in the sum.

    Examples
    --------
    >>> from cchc_analysis.columns import TALLY, check
    >>> tally = check(pd.DataFrame({
    ...     "unit_id": ["vn63-80", "vn63-807"], "period_start_on": "2024-01-01",
    ...     "period_end_on": "2024-05-31", "basis": "period", "rule": "strict",
    ...     "as_of": "2024-05-31", "source": "example", "on_time_count": [5, 7],
    ... }), TALLY)
    >>> roll_up(tally, "vn63-80")[["unit_id", "on_time_count", "late_count"]]
       unit_id  on_time_count  late_count
    0  vn63-80           12.0         NaN
    """
    members = [unit_id, *gazetteer.subordinates(unit_id, units=units)]
    checked = check(tally, TALLY)  # text would be joined, not added
    within = checked[checked["unit_id"].isin(members)].assign(unit_id=unit_id)
    return sum_cells(within, [c for c in within if c not in TALLY_COUNTS])


def sum_cells(tally: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Add cells with equal ``keys``; a count missing in one of them is missing in the sum."""
    if tally.empty:
        further = [key for key in keys if key not in TALLY.names]
        return empty(TALLY).reindex(columns=[*TALLY.names, *further])
    counts = [name for name in TALLY_COUNTS if name in tally]
    groups = tally.groupby(list(keys), as_index=False, sort=True, dropna=False)
    return check(groups[counts].sum(skipna=False), TALLY)
