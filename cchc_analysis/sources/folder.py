"""Find what a data folder holds about a unit: dossiers, forms, published figures.

A data folder holds, at any depth, ``dossiers.parquet`` files as ``cchc read`` writes them,
``published/*.csv``, ``forms/*.csv`` and ``units.csv``. All are optional: a unit has whichever
tables exist for it, and empty ones otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd
from pyarrow import ArrowInvalid

from cchc_analysis import gazetteer
from cchc_analysis.columns import DOSSIERS, FORMS, PUBLISHED, UNITS, InputError, check, empty
from cchc_analysis.periods import as_day
from cchc_analysis.sources.forms import read_forms
from cchc_analysis.sources.published import read_published
from cchc_analysis.sources.sheets import read_table


@dataclass(frozen=True)
class UnitData:
    """The tables that exist for one unit; those of a unit and of the units below it apart.

    Attributes
    ----------
    unit_id
        The unit.
    units
        All units the folder and the gazetteer know (columns of ``UNITS``).
    dossiers
        Dossiers of the unit and of the units below it (columns of ``DOSSIERS``).
    forms, published
        The unit's own form lines and printed figures.
    published_below
        Printed figures of the units below it.
    as_of
        Last day on which the export holds a receipt: taken as the day the data were drawn.
        NaT without dossiers.
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
    """Return every unit known: the gazetteer's, the folder's, and those its files name.

    A unit that no list has gets its class from its prefix and has no parent; state
    parents in a ``units.csv`` in the folder.

    Parameters
    ----------
    data
        A data folder; empty for the project's own.

    Returns
    -------
    DataFrame
        Columns of ``UNITS``, one row per ``unit_id``.
    """
    folder = data_folder(data)
    stated = [
        check(read_table(path, UNITS), UNITS, where=str(path))
        for path in sorted(folder.rglob("units.csv"))
    ]
    known = pd.concat([gazetteer.units(), *stated], ignore_index=True)
    repeated = known[known["unit_id"].duplicated()]
    if not repeated.empty:
        raise InputError(f"{folder}: unit {repeated['unit_id'].iloc[0]!r} is stated twice")
    files = [
        *_dossier_files(folder),
        *_csv_files(folder, "forms"),
        *_csv_files(folder, "published"),
    ]
    named = {name for path in files for name in _units_in(path)}
    unstated = _named_only(sorted(named - set(known["unit_id"])))
    return pd.concat([known, unstated], ignore_index=True)


def unit_named(name: str, units: pd.DataFrame) -> str:
    """Return the unit a reader means: a province of today before a ward that shares its name.

    Elsewhere a name in use at two levels is refused (:func:`~cchc_analysis.find_unit`); a
    report says in its title which unit it is about.

    Raises
    ------
    InputError
        If no unit fits, or several do; names the candidates.
    """
    today = units["unit_class"].isin(["country", "province"]) & units["end_on"].isna()
    try:
        return gazetteer.find_unit(name, units=units[today])
    except InputError:
        return gazetteer.find_unit(name, units=units)


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
        If the unit is unknown or ambiguous (names the candidates), or the folder holds
        nothing about it.
    """
    folder = data_folder(data)
    units = load_units(folder)
    unit_id = unit_named(unit, units)
    below = gazetteer.subordinates(unit_id, units=units)
    inputs = files_about(unit_id, folder, units)
    files = [path for path in inputs if path.suffix == ".parquet"]
    wanted = [("unit_id", "in", [unit_id, *below])]
    frames = [
        check(pd.read_parquet(path, filters=wanted), DOSSIERS, where=str(path)) for path in files
    ]
    published = _read_all(folder, "published", PUBLISHED)
    forms = _read_all(folder, "forms", FORMS)
    loaded = UnitData(
        unit_id=unit_id,
        units=units,
        dossiers=pd.concat(frames, ignore_index=True) if frames else empty(DOSSIERS),
        forms=forms[forms["unit_id"] == unit_id],
        published=published[published["unit_id"] == unit_id],
        published_below=published[published["unit_id"].isin(below)],
        as_of=_last_receipt(files),
        inputs=inputs,
    )
    _require_something(loaded, unit, folder)
    return loaded


def files_about(unit_id: str, folder: Path, units: pd.DataFrame) -> tuple[Path, ...]:
    """Return the files that a unit's report rests on: its dossiers, printed figures, units."""
    members = {unit_id, *gazetteer.subordinates(unit_id, units=units)}
    dossiers = [path for path in _dossier_files(folder) if members & _units_in(path)]
    tables = (*_csv_files(folder, "published"), *_csv_files(folder, "forms"))
    return (*dossiers, *tables, *sorted(folder.rglob("units.csv")))


def units_with_data(folder: Path, units: pd.DataFrame) -> list[str]:
    """Return every unit the folder holds something about, and the units above them."""
    found = {name for path in _dossier_files(folder) for name in _units_in(path)}
    found |= set(_read_all(folder, "published", PUBLISHED)["unit_id"])
    parents = units.set_index("unit_id")["parent_id"].dropna()
    above = {parents[unit_id] for unit_id in found if unit_id in parents}
    while above - found:
        found |= above
        above = {parents[unit_id] for unit_id in above if unit_id in parents}
    found |= set(_read_all(folder, "forms", FORMS)["unit_id"])  # a form is its unit's alone
    return [unit_id for unit_id in units["unit_id"] if unit_id in found and unit_id != "vn"]


def load_published(data: str | Path = "") -> pd.DataFrame:
    """Return all printed figures of a data folder (columns of ``PUBLISHED``)."""
    return _read_all(data_folder(data), "published", PUBLISHED)


def _require_something(loaded: UnitData, unit: str, folder: Path) -> None:
    tables = (loaded.dossiers, loaded.forms, loaded.published, loaded.published_below)
    if all(table.empty for table in tables):
        raise InputError(
            f"{folder} holds no dossiers, forms or published figures of {unit!r}; "
            "run `cchc read` on its export, or `make sample` for the simulated units"
        )


def _dossier_files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("dossiers.parquet"))


def _units_in(path: Path) -> set[str]:
    """Return the units that one file of dossiers, forms or printed figures names."""
    if path.suffix == ".csv":
        table = {"forms": FORMS, "published": PUBLISHED}[path.parent.name]
        return set(read_table(path, table).get("unit_id", pd.Series(dtype="str")).dropna())
    try:
        return set(pd.read_parquet(path, columns=["unit_id"])["unit_id"].unique())
    except ArrowInvalid:
        raise InputError(
            f"{path}: not a file of dossiers; run `cchc read` on the export again"
        ) from None


def _csv_files(folder: Path, kind: str) -> list[Path]:
    return sorted(p for p in folder.rglob(f"{kind}/*.csv") if p.name != "units.csv")


def _read_all(folder: Path, kind: str, table: object) -> pd.DataFrame:
    """Return all files of one kind as one table."""
    reader = {"published": read_published, "forms": read_forms}[kind]
    frames = [reader(path) for path in _csv_files(folder, kind)]
    return pd.concat(frames, ignore_index=True) if frames else empty(table)


def _last_receipt(files: list[Path]) -> pd.Timestamp:
    """Return the last day of receipt over whole files, mistyped days to come left out."""
    frames = [pd.read_parquet(path, columns=["received_at", "flags"]) for path in files]
    likely = [f[~f["flags"].str.contains("received_in_future", na=False)] for f in frames]
    known = [day for f in likely if pd.notna(day := f["received_at"].max())]
    return max(known).normalize() if known else pd.NaT


def _named_only(names: list[str]) -> pd.DataFrame:
    """Return unit rows for units that no list of units has."""
    rows = pd.DataFrame({"unit_id": names, "name": names, "full_name": names})
    rows["unit_class"] = [gazetteer.unit_class_of(name) or "other" for name in names]
    rows["source"] = "named in the data folder"
    return check(rows, UNITS) if names else empty(UNITS)
