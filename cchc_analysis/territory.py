"""Counts of one map of the country in the units of another day's."""

from __future__ import annotations

from datetime import date

import pandas as pd

from cchc_analysis import gazetteer
from cchc_analysis.columns import TALLY, TALLY_COUNTS, UNITS, InputError, check
from cchc_analysis.periods import as_day
from cchc_analysis.tally import sum_cells

_NAMED_IN_A_MESSAGE = 5
_SAME_DATA = ["unit_id", "period_start_on", "period_end_on", "basis", "rule", "as_of"]


def to_units_of(
    tally: pd.DataFrame, on: date | str, *, units: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Express a tally in the units of another day, by adding the counts of units that merged.

    A sum is the count of the whole later territory only if all its predecessors are in the
    tally for the same period: see ``missing_units``. Counts are added, rates never. What was
    open at the old unit's end may be counted again by the new unit, so do not add a period
    before 1 July 2025 to one after it.

    Parameters
    ----------
    tally
        Cells of one or more units (columns of ``TALLY``); all further columns are keys.
    on
        A day of the map that is wanted: ``'2026-01-01'`` for the 34 provinces.
    units
        Further units, a data folder's for instance; those of the reference table are known.

    Returns
    -------
    DataFrame
        A tally (dossiers) with the same keys. A count that is missing in one cell is missing
        in the sum; sources that are added stand side by side. The column ``missing_units``
        names, separated by semicolons, the predecessors of which the tally has no cell for
        that period, rule and day of the data, and is an empty text where none lacks. An
        empty tally stays empty.

    Raises
    ------
    InputError
        If a unit cannot be expressed in that map: a district after 30 June 2025 (communes
        were redrawn across districts), a commune that was divided, a merged unit in an
        earlier map, an unknown unit. Names the units and the reason.

    Notes
    -----
    Units without dates (the country, an office's own list) are the same in every map. Going
    back is possible only for a unit that took over exactly one other whole.

    References
    ----------
    Resolutions 202/2025/QH15 and 203/2025/QH15 of the National Assembly.

    Examples
    --------
    >>> tally = pd.DataFrame({
    ...     "unit_id": ["vn63-60"], "period_start_on": "2024-01-01",
    ...     "period_end_on": "2024-12-31", "basis": "period", "rule": "strict",
    ...     "as_of": "2024-12-31", "source": "example", "late_count": [7],
    ... })
    >>> to_units_of(tally, "2026-01-01")[["unit_id", "late_count", "missing_units"]]
       unit_id  late_count    missing_units
    0  vn34-68         7.0  vn63-67;vn63-68
    """
    checked, day = check(tally, TALLY), as_day(on)
    if pd.isna(day):  # compared with no day, every unit would seem to be there
        raise InputError("on: found no day, expected one such as 2026-01-01")
    table = gazetteer.units()
    if units is not None:
        unlisted = ~table["unit_id"].isin(units["unit_id"])
        table = pd.concat([check(units, UNITS), table[unlisted]], ignore_index=True)
        if (twice := table["unit_id"].duplicated()).any():
            unit_id = table.loc[twice, "unit_id"].iloc[0]
            raise InputError(f"units: found unit_id {unit_id!r} in two rows, expected it in one")
    links = gazetteer.crosswalk(units=table if units is not None else None)
    target = _targets(checked["unit_id"].unique().tolist(), day, table, links)
    moved = checked.assign(unit_id=checked["unit_id"].map(target).astype("str"))
    keys = [name for name in moved if name not in TALLY_COUNTS]
    summed = sum_cells(moved.assign(source=_side_by_side(moved, keys)), keys)
    lacking = _missing(checked, moved, summed, links)
    if "missing_units" in summed:  # of an earlier move: what lacked then still does
        noted = zip(summed["missing_units"].fillna(""), lacking, strict=True)
        both = [";".join(sorted({*";".join(two).split(";")} - {""})) for two in noted]
        lacking = pd.Series(both, index=summed.index, dtype="str")
    return summed.assign(missing_units=lacking)


def _targets(
    unit_ids: list[str], day: pd.Timestamp, table: pd.DataFrame, links: pd.DataFrame
) -> dict[str, str]:
    """Return the unit of the wanted map for each unit, or refuse those that have none."""
    known = table.set_index("unit_id")
    ended = known["end_on"] < day
    there = ~ended & ~(known["start_on"] > day)
    forward = links[links["whole"]].set_index("old_id")["new_id"]
    alone = links["whole"] & ~links["new_id"].duplicated(keep=False)
    back = links[alone].set_index("new_id")["old_id"]
    divided = set(links.loc[~links["whole"], "old_id"])
    targets: dict[str, str] = {}
    refused: dict[str, list[str]] = {}
    for unit_id in unit_ids:
        target = unit_id
        if unit_id in known.index and not there[unit_id]:
            target = (forward if ended[unit_id] else back).get(unit_id, "")
        if there.get(target, False):
            targets[unit_id] = target
        else:
            reason = _reason(unit_id, known, day, divided)
            refused.setdefault(reason, []).append(unit_id)
    if refused:
        raise InputError(_refusal(known, day, refused))
    return targets


def _reason(unit_id: str, known: pd.DataFrame, day: pd.Timestamp, divided: set[str]) -> str:
    """Say why a unit has no counterpart in the wanted map."""
    if unit_id not in known.index:
        return "no such unit is known"
    unit = known.loc[unit_id]
    if unit["start_on"] > day:
        return "began later, and counts cannot be divided among the units that were there before"
    if unit_id in divided:
        return "was divided on 1 July 2025, and counts cannot be divided"
    if pd.notna(unit["successor_id"]):
        return (
            f"ended, and its successor {unit['successor_id']} is not in that map either; move the "
            "tally to a day of that one first"
        )
    if unit["unit_class"] == "district":
        return (
            "districts ended on 30 June 2025, and communes were redrawn across them, so their "
            "series end there (to carry a province on, roll_up its districts into it first)"
        )
    return "ended, and no successor_id is stated"


def _refusal(known: pd.DataFrame, day: pd.Timestamp, refused: dict[str, list[str]]) -> str:
    """Return one message for all units refused, by reason."""
    names = known["full_name"]
    parts = []
    for reason, units in refused.items():
        named = [f"{i} {names[i]}" if i in names else i for i in units[:_NAMED_IN_A_MESSAGE]]
        more = len(units) - len(named)
        parts.append(", ".join(named) + (f" and {more} more" if more else "") + f": {reason}")
    count = sum(map(len, refused.values()))
    return f"{count} unit(s) cannot be expressed in the map of {day:%Y-%m-%d}. {'. '.join(parts)}"


def _side_by_side(moved: pd.DataFrame, keys: list[str]) -> pd.Series:
    """Return each cell's source, those of cells to be added joined."""
    groups = moved.groupby([key for key in keys if key != "source"], dropna=False)["source"]
    several = groups.transform("nunique") > 1
    if not several.any():
        return moved["source"]
    return groups.transform(lambda sources: "; ".join(sorted(set(sources))))


def _missing(
    tally: pd.DataFrame, moved: pd.DataFrame, summed: pd.DataFrame, links: pd.DataFrame
) -> pd.Series:
    """Name the predecessors that are not in each sum, by unit, period, rule and day of data."""
    pairs = pd.DataFrame({"old_id": tally["unit_id"], **moved[_SAME_DATA]}).drop_duplicates()
    pairs = pairs[pairs["old_id"] != pairs["unit_id"]]
    into = links[links["new_id"].isin(pairs["unit_id"])]
    expected = into.groupby("new_id")["old_id"].agg(set).to_dict()
    lacking = {
        key: ";".join(sorted(expected.get(key[0], set()) - set(present)))
        for key, present in pairs.groupby(_SAME_DATA, dropna=False)["old_id"]
    }
    cells = summed[_SAME_DATA].itertuples(index=False, name=None)
    return pd.Series([lacking.get(cell, "") for cell in cells], index=summed.index, dtype="str")
