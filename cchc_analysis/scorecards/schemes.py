"""Which decision sets the scale and the classes of an index, for whom and in which year.

Every province has its own criteria, maximum and classes. The schemes on record stand in
``reference/index_schemes.toml``; a cut that is not known stays unknown.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd

from cchc_analysis import gazetteer
from cchc_analysis.catalogue import Verified


@dataclass(frozen=True)
class IndexClass:
    """One class of a scheme: its name, and the lowest share of the maximum that earns it."""

    name: str
    verified: Verified
    from_share: float | None = None
    """None where the source gives no cut."""


@dataclass(frozen=True)
class Scheme:
    """What a decision says of an index: for whom, for which years, its scale and classes."""

    scheme: str
    indicators: tuple[str, ...]
    unit_id: str
    decision: str
    classes: tuple[IndexClass, ...]
    source: str
    verified: Verified
    years: tuple[int, int] | None = None
    decision_on: date | None = None
    maximum: float | None = None


def index_schemes() -> dict[str, Scheme]:
    """Return the schemes on record by their name, in the order of the file.

    Examples
    --------
    >>> index_schemes()["binh_thuan_2023"].maximum
    97
    """
    return dict(_read())


def index_scheme(
    indicator: str, unit_id: str, year: int, *, units: pd.DataFrame | None = None
) -> Scheme | None:
    """Return the scheme that a unit's index was scored by in a year; None if none is on record.

    Parameters
    ----------
    indicator
        An id of the catalogue.
    unit_id
        The unit scored.
    year
        The year scored, not that of the decision.
    units
        Columns of ``UNITS``: who is below whom; None for the reference table.

    Examples
    --------
    >>> index_scheme("local_par_index", "vn63-595", 2023).decision
    'Quyết định 16/QĐ-UBND'
    >>> index_scheme("local_par_index", "vn63-595", 2019) is None
    True
    """
    parents = _reference_parents() if units is None else _parents(units)
    return scheme_above(indicator, list(climb(unit_id, parents)), year)


def scheme_above(indicator: str, above: Sequence[str], year: int) -> Scheme | None:
    """Return the scheme of a unit, given it and the units above it.

    Examples
    --------
    >>> scheme_above("qd766_score", ["vn34-12", "vn"], 2026).decision
    'Quyết định 766/QĐ-TTg'
    """
    for scheme in _read().values():
        first, last = scheme.years or (1, 0)
        if indicator in scheme.indicators and scheme.unit_id in above and first <= year <= last:
            return scheme
    return None


def class_of(scheme: Scheme, share: float) -> IndexClass | None:
    """Return the class that a share of the maximum earns; None where the cuts do not tell.

    Parameters
    ----------
    scheme
        From :func:`index_scheme`.
    share
        0..1 of the maximum, never points.

    Examples
    --------
    >>> class_of(index_schemes()["cao_bang_2021"], 0.7).name
    'Khá'
    >>> class_of(index_schemes()["binh_thuan_2023"], 0.6937) is None
    True
    """
    for one in scheme.classes:
        if one.from_share is None:
            return None
        if share >= one.from_share:
            return one if one.name else None
    return None


def climb(unit_id: str, parents: Mapping[str, str]) -> Iterator[str]:
    """Yield a unit and those above it, given the parent of each; a unit unknown stands alone.

    Examples
    --------
    >>> list(climb("a", {"a": "b"}))
    ['a', 'b']
    """
    seen: set[str] = set()
    while pd.notna(unit_id) and unit_id not in seen:
        yield unit_id
        seen.add(unit_id)
        unit_id = parents.get(unit_id)


def _parents(units: pd.DataFrame) -> dict[str, str]:
    return units.drop_duplicates("unit_id").set_index("unit_id")["parent_id"].to_dict()


@cache
def _reference_parents() -> dict[str, str]:
    return _parents(gazetteer.units())


@cache
def _read() -> dict[str, Scheme]:
    """Read the reference file once."""
    text = files("cchc_analysis").joinpath("reference/index_schemes.toml").read_text("utf-8")
    return {entry["scheme"]: _entry(entry) for entry in tomllib.loads(text)["schemes"]}


def _entry(entry: dict[str, Any]) -> Scheme:
    """Turn one table of the file into a :class:`Scheme`."""
    classes = tuple(
        IndexClass(**{"verified": entry["verified"], **one}) for one in entry["classes"]
    )
    years = tuple(entry["years"]) if "years" in entry else None
    return Scheme(
        **{**entry, "indicators": tuple(entry["indicators"]), "classes": classes, "years": years}
    )
