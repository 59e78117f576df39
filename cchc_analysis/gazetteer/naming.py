"""The names of a unit: as it was on a day, and as it stands in a sentence."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Literal

import pandas as pd

from cchc_analysis.gazetteer.spelling import PREFIXES, fold
from cchc_analysis.gazetteer.table import in_force, reference, units_table

_SIMULATED = {"vi": "mô phỏng", "en": "simulated"}


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
    table = _table_with(unit_id, units)
    rows = table.loc[table["unit_id"] == unit_id]
    if rows.empty:
        return unit_id
    unit = rows.iloc[0]
    tag = f"({_SIMULATED['vi']})"
    plain = unicodedata.normalize("NFC", unit["full_name"])
    notes = []
    if tag in plain or rows["simulated"].fillna(False).iloc[0]:
        notes = [f"({_SIMULATED[language]})"]
    notes += _era_note(unit, table, language)
    return " ".join([_styled(plain.replace(tag, "").strip(), language), *notes])


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


def _era_note(unit: pd.Series, table: pd.DataFrame, language: str) -> list[str]:
    """Return the unit's dates if its name is also borne in another era, else nothing."""
    beside = table["parent_id"].isna() | (table["parent_id"] == unit["parent_id"])
    alike = beside & (table["unit_class"] == unit["unit_class"])
    near = table.loc[alike, ["name", "start_on", "end_on"]]
    same = near.loc[near["name"].map(fold) == fold(unit["name"]), ["start_on", "end_on"]]
    if len(same.drop_duplicates()) < 2:
        return []
    words = {"vi": ("từ", "đến"), "en": ("from", "to")}[language]
    days = zip(words, (unit["start_on"], unit["end_on"]), strict=True)
    parts = [f"{word} {_day(day, language)}" for word, day in days if pd.notna(day)]
    return [f"({' '.join(parts)})"] if parts else []


def _day(day: pd.Timestamp, language: str) -> str:
    """Write a date: 1/7/2025, 1 July 2025."""
    if language == "vi":
        return f"{day.day}/{day.month}/{day.year}"
    return f"{day.day} {day.month_name()} {day.year}"
