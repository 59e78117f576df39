"""Find what a data folder holds about a unit: dossiers, forms, published figures.

A data folder holds, at any depth, ``dossiers.parquet`` files as ``cchc read`` writes them,
``published/*.csv``, ``forms/*.csv`` or filled-in workbooks, and ``units.csv``. All are
optional: a unit has whichever tables exist for it, and empty ones otherwise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd

from cchc_analysis import gazetteer
from cchc_analysis.columns import DOSSIERS, FORMS, PUBLISHED, UNITS, InputError, check, empty
from cchc_analysis.periods import as_day
from cchc_analysis.sources.forms import read_forms
from cchc_analysis.sources.published import read_published
from cchc_analysis.sources.readings import (
    refuse_read_twice,
    rows_of,
    summary_of,
    unit_read,
    units_of_readings,
)
from cchc_analysis.sources.sheets import WORKBOOKS, read_table

_NOTHING = (
    "{place} holds no dossiers, forms or published figures of {unit!r}; "
    "run `cchc read` on its export, or `make sample` for the simulated units"
)
_IN_NO_LIST = "named in the data folder"
"""The source of a unit that no list of units has."""


@dataclass(frozen=True)
class UnitData:
    """The tables that exist for one unit; those of a unit and of the units below it apart.

    Attributes
    ----------
    unit_id
        The unit.
    units
        The country, the provinces and all units of the folder (columns of ``UNITS``).
    dossiers
        Dossiers of the unit and of the units below it (columns of ``DOSSIERS``).
    forms, published
        The unit's own form lines and printed figures.
    published_below
        Printed figures of the units below it.
    as_of
        Last day on which an export of the unit, or of a unit below it, was drawn; where its
        file does not tell, the last day on which it holds a receipt. NaT without dossiers.
    inputs
        The files read.
    """

    unit_id: str
    units: pd.DataFrame = field(repr=False)
    dossiers: pd.DataFrame = field(repr=False)
    forms: pd.DataFrame = field(repr=False)
    published: pd.DataFrame = field(repr=False)
    published_below: pd.DataFrame = field(repr=False)
    as_of: pd.Timestamp
    inputs: tuple[Path, ...] = field(repr=False)

    @property
    def simulated(self) -> bool:
        """Whether the unit is an invented one."""
        invented = self.units["simulated"].fillna(False).astype(bool)
        return self.unit_id in set(self.units.loc[invented, "unit_id"])

    @property
    def hashes(self) -> dict[str, str]:
        """The sha256 of each file read, by its name."""
        found = {}
        for path in self.inputs:
            with path.open("rb") as file:
                found[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
        return found

    @property
    def readings(self) -> pd.DataFrame:
        """What became of the rows of each export: read = kept + refused + set aside."""
        places = {path.parent: path for path in self.inputs}
        told = [summary for path in places.values() if (summary := summary_of(path))]
        return pd.DataFrame(told, columns=["source", "read", "kept", "refused", "set_aside"])

    def period(
        self, start_on: date | str = "", end_on: date | str = ""
    ) -> tuple[pd.Timestamp, pd.Timestamp]:
        """Return the days asked for; by default from the first receipt to ``as_of``."""
        first = self.dossiers["received_at"].min().floor("D")
        return (as_day(start_on or first), as_day(end_on or self.as_of))


def data_folder(data: str | Path = "") -> Path:
    """Return the folder ``data``, or the project's own when it is empty.

    Raises
    ------
    InputError
        If there is no such folder.
    """
    folder = Path(data) if data else Path(__file__).resolve().parents[2] / "data"
    if not folder.is_dir():
        hint = "give its path" if data else "work in a clone of the project, or pass data="
        raise InputError(f"{folder}: no such data folder; {hint}")
    return folder


def load_units(data: str | Path = "") -> pd.DataFrame:
    """Return the country, the provinces, the folder's own units, and those its files name.

    A unit that no list has gets its class from its prefix. Its parent is the unit whose exports
    name it (the ``unit`` of the reading), where those of one unit alone do; state other
    parents in a ``units.csv`` in the folder. Of the gazetteer's districts and communes only
    those that the folder names are here, with the units above them; a row of ``units.csv``
    stands in their place, to state the scope of the unit's figures, say.

    Parameters
    ----------
    data
        A data folder; empty for the project's own.

    Returns
    -------
    DataFrame
        Columns of ``UNITS``, one row per ``unit_id``.

    Raises
    ------
    InputError
        If the folder states a unit twice, or one of the gazetteer's with another class or
        parent.

    Examples
    --------
    >>> load_units().query("name == 'Đồng Nai'")["unit_id"].tolist()  # until June 2025, and since
    ['vn63-75', 'vn34-75']
    """
    folder = data_folder(data)
    stated = [
        check(read_table(path, UNITS), UNITS, where=str(path))
        for path in sorted(folder.rglob("units.csv"))
    ]
    own = pd.concat([empty(UNITS), *stated], ignore_index=True)
    reference = gazetteer.units()
    _refuse_contradictions(own, reference, folder)
    files = [
        *_dossier_files(folder),
        *_table_files(folder, "forms"),
        *_table_files(folder, "published"),
    ]
    named_in = {path: _units_in(path) for path in files}
    listed_ids = {*own["unit_id"], *reference["unit_id"]}
    parents = units_of_readings(named_in, listed_ids)
    named = {unit for path in _dossier_files(folder) if (unit := unit_read(path))}
    named = named.union(*named_in.values())
    unstated = _named_only(sorted(named - listed_ids), parents)
    named |= {*own["unit_id"], *own["parent_id"].dropna()}
    listed = _of_interest(reference, named)
    listed = listed[~listed["unit_id"].isin(own["unit_id"])]
    return pd.concat([listed, own, unstated], ignore_index=True)


def _refuse_contradictions(own: pd.DataFrame, reference: pd.DataFrame, folder: Path) -> None:
    """Refuse a unit that is stated twice, or otherwise than the gazetteer has it."""
    repeated = own[own["unit_id"].duplicated()]
    if not repeated.empty:
        raise InputError(f"{folder}: unit {repeated['unit_id'].iloc[0]!r} is stated twice")
    listed = reference.set_index("unit_id")
    for unit in own[own["unit_id"].isin(listed.index)].itertuples():
        known = listed.loc[unit.unit_id]
        if unit.unit_class != known["unit_class"] or unit.parent_id != known["parent_id"]:
            raise InputError(
                f"{folder}: units.csv says that {unit.unit_id!r} is {unit.full_name} below "
                f"{unit.parent_id}, the gazetteer that it is {known['full_name']} below "
                f"{known['parent_id']}; give an own unit another unit_id"
            )


def _of_interest(reference: pd.DataFrame, named: set[str]) -> pd.DataFrame:
    """Keep country and provinces, and of 13,000 other units those named and those above them."""
    upper = reference["unit_class"].isin(["country", "province"])
    wanted = set(reference.loc[upper, "unit_id"])
    above = reference.set_index("unit_id")["parent_id"]
    further = named & set(above.index) - wanted
    while further:
        wanted |= further
        further = set(above[list(further)].dropna()) - wanted
    return reference[reference["unit_id"].isin(wanted)]


def unit_named(name: str, units: pd.DataFrame) -> str:
    """Return the unit a reader means: a province of today before a ward that shares its name.

    Elsewhere a name in use at two levels is refused (:func:`~cchc_analysis.find_unit`); a
    report says in its title which unit it is about.

    Raises
    ------
    InputError
        If no unit fits, or several do (names the candidates), or the folder holds nothing
        about a unit of that name.
    """
    today = units["unit_class"].isin(["country", "province"]) & units["end_on"].isna()
    try:
        return gazetteer.find_unit(name, units=units[today])
    except InputError:
        if gazetteer.units_called(name, units=units) or not gazetteer.units_called(name):
            return gazetteer.find_unit(name, units=units)
    raise InputError(_NOTHING.format(place="the data folder", unit=name))


def load_unit(unit: str, data: str | Path = "") -> UnitData:
    """Return what a data folder holds about a unit.

    Parameters
    ----------
    unit
        Its name or id. A name that two eras share means the unit of today's map, one that a
        province and a ward share the province.
    data
        A data folder; empty for the project's own.

    Returns
    -------
    UnitData

    Raises
    ------
    InputError
        If the unit is unknown or ambiguous (names the candidates), the folder holds nothing
        about it, or two readings hold the same dossiers of it.

    Examples
    --------
    >>> load_unit("Đồng Nai").unit_id  # the province since July 2025, not vn63-75
    'vn34-75'
    """
    folder = data_folder(data)
    units = load_units(folder)
    unit_id = unit_named(unit, units)
    below = gazetteer.subordinates(unit_id, units=units)
    held = _held(unit_id, folder, units)
    frames = {
        path: check(rows_of(path, filters=[("unit_id", "in", names)]), DOSSIERS, where=str(path))
        for path, names in held.items()
    }
    refuse_read_twice(frames)
    published = _read_all(folder, "published", PUBLISHED)
    forms = _read_all(folder, "forms", FORMS)
    loaded = UnitData(
        unit_id=unit_id,
        units=units,
        dossiers=pd.concat(frames.values(), ignore_index=True) if frames else empty(DOSSIERS),
        forms=forms[forms["unit_id"] == unit_id],
        published=published[published["unit_id"] == unit_id],
        published_below=published[published["unit_id"].isin(below)],
        as_of=_last_day(held),
        inputs=(*held, *_other_inputs(folder)),
    )
    _require_something(loaded, unit, folder)
    return loaded


def files_about(unit_id: str, folder: Path, units: pd.DataFrame) -> tuple[Path, ...]:
    """Return the files that a unit's report rests on: its dossiers, printed figures, units."""
    return (*_held(unit_id, folder, units), *_other_inputs(folder))


def _held(unit_id: str, folder: Path, units: pd.DataFrame) -> dict[Path, list[str]]:
    """Return the files of dossiers of a unit and of those below it, with the units they name.

    In its own exports, and those of units below, units that no list has belong to it: other
    readings may name other units so ("Phòng Tài nguyên và Môi trường" of every district).
    """
    members = {unit_id, *gazetteer.subordinates(unit_id, units=units)}
    unplaced, held = _unplaced(units), {}
    for path in _dossier_files(folder):
        wanted = members | unplaced if unit_read(path) in members else members
        if names := wanted & _units_in(path):
            held[path] = sorted(names)
    return held


def _unplaced(units: pd.DataFrame) -> set[str]:
    """Return the units that no list has, and no reading alone names."""
    unplaced = units["source"].eq(_IN_NO_LIST) & units["parent_id"].isna()
    return set(units.loc[unplaced, "unit_id"])


def _other_inputs(folder: Path) -> tuple[Path, ...]:
    """Return the files besides dossiers that every report rests on."""
    tables = (*_table_files(folder, "published"), *_table_files(folder, "forms"))
    return (*tables, *sorted(folder.rglob("units.csv")))


def units_with_data(folder: Path, units: pd.DataFrame) -> list[str]:
    """Return every unit the folder holds something about, and the units above them."""
    named_in = {path: _units_in(path) for path in _dossier_files(folder)}
    found, unplaced = set().union(*named_in.values()), _unplaced(units)
    readings = {unit_read(path) for path, names in named_in.items() if names & unplaced}
    found |= readings - {None}
    found |= set(_read_all(folder, "published", PUBLISHED)["unit_id"])
    parents = units.set_index("unit_id")["parent_id"].dropna()
    above = {parents[unit_id] for unit_id in found if unit_id in parents}
    while above - found:
        found |= above
        above = {parents[unit_id] for unit_id in above if unit_id in parents}
    found |= set(_read_all(folder, "forms", FORMS)["unit_id"])  # a form is its unit's alone
    return [unit_id for unit_id in units["unit_id"] if unit_id in found and unit_id != "vn"]


def load_published(data: str | Path = "") -> pd.DataFrame:
    """Return all printed figures of a data folder (columns of ``PUBLISHED``).

    Examples
    --------
    >>> load_published().query("denominator == 329596")["value"].tolist()  # on time, late: not 100
    [98.28, 1.7]
    """
    return _read_all(data_folder(data), "published", PUBLISHED)


def _require_something(loaded: UnitData, unit: str, folder: Path) -> None:
    tables = (loaded.dossiers, loaded.forms, loaded.published, loaded.published_below)
    if all(table.empty for table in tables):
        raise InputError(_NOTHING.format(place=folder, unit=unit))


def _dossier_files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("dossiers.parquet"))


def _units_in(path: Path) -> set[str]:
    """Return the units that one file of dossiers, forms or printed figures names."""
    if path.suffix.lower() in WORKBOOKS:
        return set(read_forms(path)["unit_id"])
    if path.suffix.lower() == ".csv":
        table = {"forms": FORMS, "published": PUBLISHED}[path.parent.name]
        return set(read_table(path, table).get("unit_id", pd.Series(dtype="str")).dropna())
    return set(rows_of(path, columns=["unit_id"])["unit_id"].unique())


def _table_files(folder: Path, kind: str) -> list[Path]:
    """Return the files of one kind: CSV, and workbooks of forms; no list of units, no lock file."""
    suffixes = {"published": (".csv",), "forms": (".csv", *WORKBOOKS)}[kind]
    found = (p for p in folder.rglob(f"{kind}/*") if p.suffix.lower() in suffixes)
    return sorted(p for p in found if p.name != "units.csv" and not p.name.startswith("~$"))


def _read_all(folder: Path, kind: str, table: object) -> pd.DataFrame:
    """Return all files of one kind as one table."""
    reader = {"published": read_published, "forms": read_forms}[kind]
    frames = [reader(path) for path in _table_files(folder, kind)]
    return pd.concat(frames, ignore_index=True) if frames else empty(table)


def _last_day(held: Mapping[Path, Collection[str]]) -> pd.Timestamp:
    """Return the latest day on which an export of some units was drawn.

    Files that do not tell it give the last day of receipt over the whole file, mistyped days
    to come left out.
    """
    names = ["unit_id", "received_at", "flags", "drawn_on"]
    days = [_drawn_on(rows_of(path, columns=names), held[path]) for path in held]
    known = [day for day in days if pd.notna(day)]
    return max(known).normalize() if known else pd.NaT


def _drawn_on(frame: pd.DataFrame, members: Collection[str]) -> pd.Timestamp:
    """Return the day drawn that the units' rows state, else the last receipt of the file."""
    stated = pd.to_datetime(frame.loc[frame["unit_id"].isin(members), "drawn_on"]).max()
    if pd.notna(stated):
        return stated
    likely = ~frame["flags"].str.contains("received_in_future", na=False)
    return frame.loc[likely, "received_at"].max()


def _named_only(names: list[str], parents: Mapping[str, str]) -> pd.DataFrame:
    """Return unit rows for units that no list of units has."""
    rows = pd.DataFrame({"unit_id": names, "name": names, "full_name": names})
    rows["unit_class"] = [gazetteer.unit_class_of(name) or "other" for name in names]
    rows["parent_id"] = [parents.get(name) for name in names]
    rows["source"] = _IN_NO_LIST
    return check(rows, UNITS) if names else empty(UNITS)
