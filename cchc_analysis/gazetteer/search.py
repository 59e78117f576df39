"""Finding a unit by the name that a file gives it."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date

import pandas as pd

from cchc_analysis.columns import InputError
from cchc_analysis.gazetteer.classes import desk_of_centre, unit_class_of
from cchc_analysis.gazetteer.names import Names, Unit, names_of
from cchc_analysis.gazetteer.spelling import PREFIXES, name_key, split_prefix
from cchc_analysis.gazetteer.table import units_table
from cchc_analysis.periods import as_day

_NAMED_IN_A_MESSAGE = 8
_CUT = re.compile(  # where the name of the unit above may begin: "xã Long An - huyện Cần Giuộc"
    rf"\s*[,;(–—-]+\s*|\s+(?=(?:{'|'.join(PREFIXES)}|tp|tx|tt)(?:\W|$)|[hqxp]\.|[qp]\d)",
    re.IGNORECASE,
)
_MOST_CUTS = 8
"""A text with more is no name; each part is looked up."""
_LIKE, _SLIP = 0.6, 0.75
"""How like a name must be to be shown as near, and to be taken for what was meant."""


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
    two levels (``Phú Thọ``, a province and wards) is an error, not a guess: give the class
    or the prefix. Abbreviated prefixes (``P.1``, ``TX.``, ``UBND xã``) are read; a name typed
    without any mark (``Lam Dong``) only where it can stand for one name.

    Parameters
    ----------
    name
        A name as written in a file, or a unit_id, which is returned as it is. The commune's
        service centre (``Trung tâm Phục vụ hành chính công xã ...``) is the commune. The units
        above may follow, after a comma, a hyphen or nothing (``xã Long An, huyện Cần Giuộc``).
    units
        The units to search; None for the reference table, which is much the quicker for
        many names.
    on
        The unit in force that day. None: the unit of today's map, or the last that
        bore the name (so 'tỉnh Phú Thọ' is the province since 1 July 2025). Give it for
        names of communes: most names of one era are borne by other places in the other.
    unit_class, parent_id
        Search only this class, or only below this unit, at any depth: those directly below
        first.

    Raises
    ------
    InputError
        If no unit fits (with the nearest names), or several do (with their parents).

    Examples
    --------
    >>> from datetime import date
    >>> find_unit("TP. Hồ Chí Minh"), find_unit("tỉnh hoà bình")
    ('vn34-79', 'vn63-17')
    >>> find_unit("Tỉnh Phú Thọ", on=date(2024, 12, 31))
    'vn63-25'
    >>> find_unit("P. Phú Thọ", parent_id="vn34-25")
    'vn34-07942'
    >>> find_unit("UBND phường Phú Trinh TP Phan Thiết")
    'vn63-22930'
    """
    found = units_called(name, units=units, on=on, unit_class=unit_class, parent_id=parent_id)
    if len(found) == 1:
        return found[0]
    known = names_of(None if units is None else units_table(units))
    on = None if on is None else as_day(on)
    if not found:
        raise InputError(_unknown(known, name, on, unit_class, parent_id))
    raise InputError(
        f"{name!r} may be any of: {_describe(known, found)}; "
        "write its unit_id, or its full name with the unit above it, such as "
        "'xã Long An, huyện Cần Giuộc' (in a call, parent_id= or on= tell them apart too)"
    )


def units_called(
    name: str,
    *,
    units: pd.DataFrame | None = None,
    on: date | None = None,
    unit_class: str | None = None,
    parent_id: str | None = None,
) -> list[str]:
    """Return the ids of all units that :func:`find_unit` would choose among.

    For asking whether a name is one of a unit at all; the parameters are the same.

    Returns
    -------
    list of str
        In the order of the table; empty if no unit fits.

    Examples
    --------
    >>> units_called("Hà Giang"), units_called("Atlantis")  # a province, its city, two communes
    (['vn63-02', 'vn63-024', 'vn63-12745', 'vn63-15292'], [])
    """
    if not isinstance(name, str):
        raise InputError(f"found {name!r}, expected the name of a unit")
    on = None if on is None else as_day(on)  # on its last day at noon a unit is still there
    table = None if units is None else units_table(units)
    key = desk_of_centre(name_key(name))
    known = names_of(table, key)
    if name in known.units or (table is not None and (table["unit_id"] == name).any()):
        return [name]
    found = _found(known, key, on, unit_class, parent_id)
    if not found and key.isascii():
        found = _typed_without_marks(names_of(table), key, on, unit_class, parent_id)
    return found or _found_with_those_above(table, name, on, unit_class, parent_id)


def units_like(name: str) -> list[str]:
    """Return the listed units that a name in no list may be a slip for, the likest first.

    Of a name with the unit above it, only units below that one. No list has departments and
    other bodies, so nothing is like them.

    Parameters
    ----------
    name
        A name that :func:`units_called` does not know.

    Examples
    --------
    >>> units_like("Huyện Cần Giuộcc"), units_like("Sở Y tế")
    (['vn63-807'], [])
    """
    known = names_of(None)
    whole = _nearest(known, name, unit_class_of(name), None, _SLIP)
    return whole or _nearest_below_those_named(known, name, _SLIP)


def _found(
    known: Names, key: str, on: date | None, unit_class: str | None, parent_id: str | None
) -> list[str]:
    """Return the units that a name may mean."""
    units = _within(known, _bearing(known, key, on), unit_class, parent_id)
    return [unit.unit_id for unit in (_latest(units) if on is None else units)]


def _cuts(name: str) -> Iterator[tuple[str, str]]:
    """Yield the name of a unit and that of the units above it, for every place to cut."""
    plain = unicodedata.normalize("NFC", name)
    cuts = list(_CUT.finditer(plain))
    if len(cuts) <= _MOST_CUTS:
        yield from ((plain[: cut.start()], plain[cut.end() :]) for cut in cuts)


def _found_with_those_above(
    table: pd.DataFrame | None,
    name: str,
    on: date | None,
    unit_class: str | None,
    parent_id: str | None,
) -> list[str]:
    """Return the units that a name with those above it may mean."""
    for own, above in _cuts(name):
        known = names_of(table, desk_of_centre(name_key(own)))
        units = _within(known, _below_named(known, own, above, on), unit_class, parent_id)
        if units:
            return [unit.unit_id for unit in (_latest(units) if on is None else units)]
    return []


def _below_named(known: Names, own: str, above: str, on: date | None) -> list[Unit]:
    """Return the units called ``own`` below a unit called ``above``, or above and so on."""
    units = _bearing(known, desk_of_centre(name_key(own)), on)
    tops = {unit.unit_id for unit in _named(known, above, on)} if units else set()
    return [unit for unit in units if not tops.isdisjoint(known.ancestors(unit.unit_id))]


def _named(known: Names, name: str, on: date | None) -> list[Unit]:
    """Return the units that a name means, alone or with those above it."""
    units = _bearing(known, name_key(name), on)
    cuts = iter(()) if units else _cuts(name)
    return units or next(filter(None, (_below_named(known, *cut, on) for cut in cuts)), [])


def _typed_without_marks(
    known: Names, key: str, on: date | None, unit_class: str | None, parent_id: str | None
) -> list[str]:
    """Return the units that a name may mean once its marks are put back."""
    marked = known.unmarked.get(key, [])
    meant = [_found(known, name, on, unit_class, parent_id) for name in marked]
    return list(dict.fromkeys(unit_id for units in meant for unit_id in units))


def _bearing(known: Names, key: str, on: date | None) -> list[Unit]:
    """Return the units that bear a name (that day, if one is given), each once."""
    bearers = known.bearers.get(key, [])
    return [known.units[i] for i in dict.fromkeys(b.unit_id for b in bearers if b.on(on))]


def _within(
    known: Names, units: Iterable[Unit], unit_class: str | None, parent_id: str | None
) -> list[Unit]:
    """Keep the units of a class below a unit, those directly below it first."""
    kept = [unit for unit in units if unit_class in (None, unit.unit_class)]
    if parent_id is None:
        return kept
    directly = [unit for unit in kept if unit.parent_id == parent_id]
    return directly or [unit for unit in kept if parent_id in known.ancestors(unit.unit_id)]


def _latest(units: list[Unit]) -> list[Unit]:
    """Of units of one class, keep those that still exist, else those that ended last."""
    if len({unit.unit_class for unit in units}) > 1:
        return units
    existing = [unit for unit in units if pd.isna(unit.end_on)]
    last = max((unit.end_on for unit in units if pd.notna(unit.end_on)), default=None)
    return existing or [unit for unit in units if unit.end_on == last]


def _describe(known: Names, unit_ids: list[str]) -> str:
    """Describe units for a message, those of today first; a few, and how many more."""
    today_first = sorted(
        (known.units[unit_id] for unit_id in unit_ids), key=lambda unit: pd.notna(unit.end_on)
    )
    shown = today_first[:_NAMED_IN_A_MESSAGE]
    more = len(unit_ids) - len(shown)
    described = [
        f"{u.unit_id} ({u.full_name}"
        + (f", parent {u.parent_id}{_name_of(known, u.parent_id)}" if pd.notna(u.parent_id) else "")
        + (f", from {u.start_on:%Y-%m-%d}" if pd.notna(u.start_on) else "")
        + (f", to {u.end_on:%Y-%m-%d}" if pd.notna(u.end_on) else "")
        + ")"
        for u in shown
    ]
    return "; ".join([*described, *([f"and {more} more"] if more else [])])


def _name_of(known: Names, unit_id: str) -> str:
    """Return the name of a parent for a message, where the table has it."""
    unit = known.units.get(unit_id)
    return f" {unit.full_name}" if unit and unit.unit_class != "country" else ""


def _unknown(
    known: Names, name: str, on: date | None, unit_class: str | None, parent_id: str | None
) -> str:
    """Say that no unit fits, and which come nearest."""
    key = desk_of_centre(name_key(name))
    other_day = _within(known, _bearing(known, key, None), unit_class, parent_id)
    if other_day and on is not None:
        return (
            f"no unit was called {name!r} on {pd.Timestamp(on):%Y-%m-%d}; "
            f"known: {_describe(known, [unit.unit_id for unit in other_day])}"
        )
    below = f" below {parent_id}{_name_of(known, parent_id)}" if parent_id else ""
    nearest = _nearest(known, name, unit_class, parent_id, _LIKE)
    nearest = nearest or _nearest_below_those_named(known, name, _LIKE)
    if not nearest:
        return f"no unit{below} is called {name!r}; add it to the data folder's units.csv"
    return f"no unit{below} is called {name!r}; nearest: {_describe(known, nearest)}"


def _nearest_below_those_named(known: Names, name: str, likeness: float) -> list[str]:
    """Return the units most like the first part of a name, below those that the rest names."""
    for own, above in _cuts(name):
        tops = [unit.unit_id for unit in _named(known, above, None)]
        near = [
            unit_id
            for top in tops or [None]
            for unit_id in _nearest(known, own, unit_class_of(own), top, likeness)
        ]
        if tops or near:
            return near
    return []


def _nearest(
    known: Names, name: str, unit_class: str | None, parent_id: str | None, likeness: float
) -> list[str]:
    """Return the units whose names are most like ``name``, the likest name first."""
    bare = split_prefix(desk_of_centre(name_key(name)))[1]
    pool: dict[str, list[str]] = {}
    for unit in _within(known, known.units.values(), unit_class, parent_id):
        pool.setdefault(name_key(unit.name), []).append(unit.unit_id)
    likely = [key for key in pool if abs(len(key) - len(bare)) <= 2]
    close = difflib.get_close_matches(bare, likely, n=3, cutoff=likeness)
    return [unit_id for key in close for unit_id in pool[key]]
