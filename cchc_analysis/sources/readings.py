"""What the readings of a data folder say of themselves, and whether two of them overlap.

A reading leaves ``summary.json`` beside its ``dossiers.parquet``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

import pandas as pd
from pyarrow import ArrowInvalid

from cchc_analysis.columns import InputError


def rows_of(path: Path, **which: list) -> pd.DataFrame:
    """Return columns or rows of a file of dossiers (``which`` as ``pandas.read_parquet`` has it).

    Raises
    ------
    InputError
        If the file is damaged, or no file of dossiers.
    """
    try:
        return pd.read_parquet(path, **which)
    except (ArrowInvalid, OSError) as error:
        if getattr(error, "errno", None) is not None:  # no right to read it, say
            raise
        raise InputError(
            f"{path}: not a file of dossiers; run `cchc read` on the export again"
        ) from None


def summary_of(path: Path) -> dict[str, object]:
    """Return what the reading that wrote a file says of itself; nothing where there is none.

    Raises
    ------
    InputError
        If what lies beside the file is no such summary.
    """
    beside = path.with_name("summary.json")
    try:
        told = json.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else {}
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise InputError(
            f"{beside}: not the summary of a reading; run `cchc read` on the export again"
        )
    return told


def unit_read(path: Path) -> str | None:
    """Return the unit whose exports a file of dossiers holds, where its reading was told."""
    return summary_of(path).get("unit")


def units_of_readings(named_in: Mapping[Path, set[str]], listed: set[str]) -> dict[str, str]:
    """Return the units in no list that the exports of one unit alone name, with that unit.

    Parameters
    ----------
    named_in
        The units that each file names.
    listed
        The units that a list has.
    """
    readings: dict[str, set[str | None]] = {}
    for path, names in named_in.items():
        if path.suffix == ".parquet":
            unit = unit_read(path)
            for name in names - listed - {unit}:
                readings.setdefault(name, set()).add(unit)
    return {
        name: unit for name, (unit, *others) in readings.items() if unit is not None and not others
    }


def refuse_read_twice(frames: Mapping[Path, pd.DataFrame]) -> None:
    """Refuse dossiers that two readings hold of one unit: each would count twice.

    Raises
    ------
    InputError
        Naming the two files and how many dossiers they share.
    """
    keys = {path: frame[["unit_id", "dossier_id"]] for path, frame in frames.items()}
    if len(keys) < 2 or not pd.concat(keys.values()).duplicated().any():
        return
    for (one, first), (other, second) in combinations(keys.items(), 2):
        if shared := len(first.merge(second).drop_duplicates()):
            raise InputError(
                f"{one} and {other} share {shared:,} dossiers of the same units, which would "
                "count twice; read all exports of a unit in one call of `cchc read`, and remove "
                "these two folders"
            )
