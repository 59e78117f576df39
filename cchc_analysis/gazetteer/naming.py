"""The names of a unit: as it was on a day, and as it stands in a sentence."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any, Literal

import pandas as pd

from cchc_analysis.gazetteer.spelling import PREFIXES, fold
from cchc_analysis.gazetteer.table import in_force, reference, units_table

_SIMULATED = {"vi": "mô phỏng", "en": "simulated"}
_CALLED = ["unit_class", "name", "parent_id", "start_on", "end_on"]


def full_name(unit_id: str, on: date | None = None, *, units: pd.DataFrame | None = None) -> str:
    """Return the full name a unit bore on a day.

    Huế became a centrally run city on 1 January 2025, Đồng Nai, Quảng Ninh and Bắc Ninh
    in 2026, without becoming other units.

    Parameters
    ----------
    unit_id
        The unit. One that is in neither table gives its id back.
    on
        The day; None for the last name.
    units
        The units to search before the reference table; None for that alone.

    Examples
    --------
    >>> full_name("vn34-22"), full_name("vn34-22", date(2026, 8, 31))
    ('Thành phố Quảng Ninh', 'Tỉnh Quảng Ninh')
    """
    if on is not None:
        renamed = reference("renamings.csv")
        then = renamed[(renamed["unit_id"] == unit_id) & in_force(renamed, on)]
        if not then.empty:
            return str(then["full_name"].iloc[0])
    table = _table_with(unit_id, units)
    names = table.loc[table["unit_id"] == unit_id, "full_name"]
    return unit_id if names.empty else str(names.iloc[0])


def unit_name(
    unit_id: str, *, units: pd.DataFrame | None = None, language: Literal["vi", "en"] = "vi"
) -> str:
    """Return the name of a unit as it stands in a sentence.

    The era is added where another unit of the same class has the same name, and
    'mô phỏng' (simulated) where the unit is invented.

    Parameters
    ----------
    unit_id
        The unit. One that is in neither table gives its id back.
    units
        The units to search before the reference table; None for that alone.
    language
        Prefix and dates in Vietnamese or English; names keep their Vietnamese letters.

    Examples
    --------
    >>> unit_name("vn34-25"), unit_name("vn63-25", language="en")
    ('tỉnh Phú Thọ (từ 1/7/2025)', 'Phú Thọ province (to 30 June 2025)')
    >>> unit_name("vn63-807"), unit_name("vn63-807", language="en")
    ('huyện Cần Giuộc', 'Cần Giuộc district')
    """
    return unit_names([unit_id], units=units, language=language)[unit_id]


def unit_names(
    unit_ids: Iterable[str],
    *,
    units: pd.DataFrame | None = None,
    language: Literal["vi", "en"] = "vi",
) -> dict[str, str]:
    """Return the names of many units, each as :func:`unit_name` has it, in one go.

    Parameters
    ----------
    unit_ids
        The units. One that is in neither table gives its id back.
    units, language
        As in :func:`unit_name`.

    Returns
    -------
    dict of str
        Name by ``unit_id``.

    Examples
    --------
    >>> unit_names(["vn63-25", "vn63-807"])
    {'vn63-25': 'tỉnh Phú Thọ (đến 30/6/2025)', 'vn63-807': 'huyện Cần Giuộc'}
    """
    wanted = dict.fromkeys(unit_ids)
    names = _in_sentences(wanted, units_table(units), language)
    others = wanted.keys() - names.keys()
    if others:
        names |= _in_sentences(others, units_table(None), language)
    return {unit_id: names.get(unit_id, unit_id) for unit_id in wanted}


def _in_sentences(unit_ids: Collection[str], table: pd.DataFrame, language: str) -> dict[str, str]:
    """Return the names of those of the units that the table has."""
    columns = ["unit_id", "full_name", "simulated", *_CALLED]
    found = table.loc[table["unit_id"].isin(unit_ids), columns]
    units = {unit.unit_id: unit for unit in found[::-1].itertuples()}  # the first row counts
    twice, tag = _borne_twice(units, table), f"({_SIMULATED['vi']})"
    names = {}
    for unit_id, unit in units.items():
        plain = unicodedata.normalize("NFC", unit.full_name)
        invented = tag in plain or (pd.notna(unit.simulated) and unit.simulated)
        notes = [f"({_SIMULATED[language]})"] if invented else []
        notes += _era_note(unit.start_on, unit.end_on, language) if unit_id in twice else []
        names[unit_id] = " ".join([_styled(plain.replace(tag, "").strip(), language), *notes])
    return names


def _borne_twice(units: Mapping[str, Any], table: pd.DataFrame) -> set[str]:
    """Return the units whose name another one beside them bears, or bore, in other days."""
    parent, of_class = table["parent_id"], {unit.unit_class for unit in units.values()}
    beside = parent.isna() | parent.isin({unit.parent_id for unit in units.values()})
    days = defaultdict(set)
    for near in table.loc[beside & table["unit_class"].isin(of_class), _CALLED].itertuples():
        above = near.parent_id if pd.notna(near.parent_id) else None
        days[near.unit_class, fold(near.name), above].add((near.start_on, near.end_on))
    return {
        unit_id
        for unit_id, unit in units.items()
        for called in [(unit.unit_class, fold(unit.name))]
        if len(days[*called, None] | days[*called, unit.parent_id]) > 1
    }


def _table_with(unit_id: str, units: pd.DataFrame | None) -> pd.DataFrame:
    """Return the table given if it has the unit, else the reference table."""
    given = units_table(units)
    return given if (given["unit_id"] == unit_id).any() else units_table(None)


def _styled(plain: str, language: str) -> str:
    """Write a full name inside a sentence: 'tỉnh Phú Thọ', 'Phú Thọ province'."""
    for prefix, (_, english) in PREFIXES.items():
        if plain.casefold().startswith(prefix + " "):
            rest = plain[len(prefix) + 1 :]
            if language == "vi":
                return f"{prefix} {rest}"
            return f"{english.capitalize()} {rest}" if rest.isdigit() else f"{rest} {english}"
    return plain


def _era_note(start_on: pd.Timestamp, end_on: pd.Timestamp, language: str) -> list[str]:
    """Return the days of a unit, as far as they are known."""
    words = {"vi": ("từ", "đến"), "en": ("from", "to")}[language]
    days = zip(words, (start_on, end_on), strict=True)
    parts = [f"{word} {_day(day, language)}" for word, day in days if pd.notna(day)]
    return [f"({' '.join(parts)})"] if parts else []


def _day(day: pd.Timestamp, language: str) -> str:
    """Write a date: 1/7/2025, 1 July 2025."""
    if language == "vi":
        return f"{day.day}/{day.month}/{day.year}"
    return f"{day.day} {day.month_name()} {day.year}"
