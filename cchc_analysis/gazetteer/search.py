"""Finding a unit, or its class, by the name that a file gives it."""

from __future__ import annotations

import difflib
import re
from datetime import date

import pandas as pd

from cchc_analysis.columns import InputError
from cchc_analysis.gazetteer.spelling import PREFIXES, fold, name_key, split_prefix
from cchc_analysis.gazetteer.table import in_force, reference, units_table


def find_unit(
    name: str,
    *,
    units: pd.DataFrame | None = None,
    on: date | None = None,
    unit_class: str | None = None,
    parent_id: str | None = None,
) -> str:
    """Return the unit_id of the unit called ``name``.

    A name with its prefix (``Thành phố Huế``) must be a full name of the unit, a bare one
    (``Huế``) its name: 'thành phố Hà Tĩnh', a district, is never read as the province.
    Only 'tỉnh' is forgiven for a province that has become a city. A bare name in use at
    two levels is an error, not a guess.

    Parameters
    ----------
    name
        A name as written in a file, or a unit_id, which is returned as it is.
    units
        The units to search; None for the reference table.
    on
        The unit in force that day. None: the unit of today's map, or the last that
        bore the name (so 'Phú Thọ' is the province since 1 July 2025).
    unit_class, parent_id
        Search only this class, or only directly below this unit.

    Raises
    ------
    InputError
        If no unit fits (with the nearest names), or several do (with their parents).

    Examples
    --------
    >>> find_unit("TP. Hồ Chí Minh"), find_unit("tỉnh hoà bình")
    ('vn34-79', 'vn63-17')
    >>> find_unit("Phú Thọ", on=date(2024, 12, 31))
    'vn63-25'
    """
    table = units_table(units)
    if name in set(table["unit_id"]):
        return name
    if unit_class is not None:
        table = table[table["unit_class"] == unit_class]
    if parent_id is not None:
        table = table[table["parent_id"] == parent_id]
    now = table if on is None else table[in_force(table, on)]
    found = now[_matches(now, name, on)]
    if found.empty:
        raise InputError(_unknown(name, table, on))
    if on is None and found["unit_class"].nunique() == 1:
        found = _latest(found)
    if len(found) > 1:
        raise InputError(
            f"{name!r} may be any of: {'; '.join(_describe(found))}; "
            "write the unit_id, or give the prefix, parent_id or the day"
        )
    return str(found["unit_id"].iloc[0])


def _matches(table: pd.DataFrame, name: str, on: date | None) -> pd.Series:
    """Say which units bear ``name`` (on that day, if one is given)."""
    key = name_key(name)
    prefix, bare = split_prefix(key)
    full = table["full_name"].map(name_key) == key
    renamed = reference("renamings.csv")
    if on is not None:
        renamed = renamed[in_force(renamed, on)]
        full &= ~table["unit_id"].isin(renamed["unit_id"])
    old = renamed["full_name"].map(name_key)
    full |= table["unit_id"].isin(renamed.loc[old == key, "unit_id"])
    if prefix == "tỉnh":
        return full | ((table["unit_class"] == "province") & (table["name"].map(name_key) == bare))
    if prefix is not None:
        return full
    old_bare = old.map(lambda text: split_prefix(text)[1])
    once = table["unit_id"].isin(renamed.loc[old_bare == key, "unit_id"])
    return full | once | (table["name"].map(name_key) == key)


def _latest(found: pd.DataFrame) -> pd.DataFrame:
    """Keep the units that still exist, else those that ended last."""
    existing = found[found["end_on"].isna()]
    return found[found["end_on"] == found["end_on"].max()] if existing.empty else existing


def _describe(found: pd.DataFrame) -> list[str]:
    """Describe units for a message: id, name, parent, dates."""
    return [
        f"{u.unit_id} ({u.full_name}"
        + (f", parent {u.parent_id}" if pd.notna(u.parent_id) else "")
        + (f", from {u.start_on:%Y-%m-%d}" if pd.notna(u.start_on) else "")
        + (f", to {u.end_on:%Y-%m-%d}" if pd.notna(u.end_on) else "")
        + ")"
        for u in found.itertuples()
    ]


def _unknown(name: str, table: pd.DataFrame, on: date | None) -> str:
    """Say that no unit fits, and which come nearest."""
    other_day = table[_matches(table, name, None)] if on is not None else table.iloc[:0]
    if not other_day.empty:
        known = "; ".join(_describe(other_day))
        return f"no unit was called {name!r} on {pd.Timestamp(on):%Y-%m-%d}; known: {known}"
    bare = table["name"].map(name_key)
    nearest = difflib.get_close_matches(
        split_prefix(name_key(name))[1], bare.unique(), n=3, cutoff=0.6
    )
    if not nearest:
        return f"no unit is called {name!r}; add it to the data folder's units.csv"
    close = "; ".join(_describe(table[bare.isin(nearest)]))
    return f"no unit is called {name!r}; nearest: {close}"


def unit_class_of(name: str) -> str | None:
    """Return the class of unit that a Vietnamese name states by its prefix.

    Parameters
    ----------
    name
        A full name: 'Sở Tài chính', 'UBND xã Cao Phong', 'Chi nhánh Văn phòng đăng ký ...'.

    Returns
    -------
    str or None
        One of :data:`columns.UNIT_CLASSES`; None where the prefix does not say. 'Thành
        phố X' was a province's capital or a province-level city, so it has a class only
        if the reference table holds that full name.

    Examples
    --------
    >>> unit_class_of("Sở Tài chính"), unit_class_of("UBND phường Phú Thọ")
    ('department', 'commune')
    >>> unit_class_of("Thành phố Huế"), unit_class_of("Thành phố Vinh")
    ('province', None)
    """
    key = name_key(name)
    if key.startswith((fold("Chi nhánh Văn phòng đăng ký"), fold("Chi nhánh VPĐK"))):
        return "land_registration_branch"
    centre = re.match(rf"{fold('Trung tâm')} ({fold('Phục vụ')} )?{fold('hành chính công')} ", key)
    if centre:
        level = _territorial_class(key[centre.end() :])
        return "service_centre" if level == "province" else level
    if key.startswith(fold("Bộ") + " ") and not key.startswith(fold("Bộ phận")):
        return "ministry"
    if key.startswith(tuple(fold(w) + " " for w in ("Sở", "Ban", "Văn phòng", "Thanh tra"))):
        return "department"
    return _territorial_class(key)


def _territorial_class(key: str) -> str | None:
    """Return the class that a territorial prefix states."""
    prefix = split_prefix(key)[0]
    if prefix == "thành phố":
        known = reference("units.csv")
        classes = known.loc[known["full_name"].map(name_key) == key, "unit_class"].unique()
        return str(classes[0]) if len(classes) == 1 else None
    return PREFIXES[prefix][0] if prefix else None
