"""Every name that units bear or bore, each with its days, ready to be looked up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from typing import NamedTuple

import pandas as pd

from cchc_analysis.gazetteer.spelling import name_key, split_prefix, unmarked, without_prefix
from cchc_analysis.gazetteer.table import reference, reference_units


class Unit(NamedTuple):
    """What a search needs to know of a unit."""

    unit_id: str
    name: str
    full_name: str
    unit_class: str
    parent_id: str | float
    start_on: pd.Timestamp
    end_on: pd.Timestamp


class Bearer(NamedTuple):
    """A unit, and the days on which it bore a name (NaT: no known limit)."""

    unit_id: str
    start_on: pd.Timestamp
    end_on: pd.Timestamp

    def on(self, day: date | None) -> bool:
        """Say whether the unit bore the name that day; always, when none is given."""
        if day is None:
            return True
        when = pd.Timestamp(day)
        return not (self.start_on > when or self.end_on < when)  # NaT compares as neither


@dataclass(frozen=True)
class Names:
    """The names of a table of units, as keys of :func:`name_key`.

    Attributes
    ----------
    units
        The units by id, in the order of the table.
    bearers
        For each key, who bears it: a full name, or a name without its prefix.
    """

    units: dict[str, Unit]
    bearers: dict[str, list[Bearer]]

    @cached_property
    def unmarked(self) -> dict[str, list[str]]:
        """The keys that a name typed without any mark may stand for."""
        keys = defaultdict(list)
        for key in self.bearers:
            keys[unmarked(key)].append(key)
        return dict(keys)

    def ancestors(self, unit_id: str) -> Iterator[str]:
        """Yield the units above a unit, the nearest first."""
        seen = {unit_id}
        while (unit := self.units.get(unit_id)) and pd.notna(unit.parent_id):
            unit_id = unit.parent_id
            if unit_id in seen:
                return
            seen.add(unit_id)
            yield unit_id


def names_of(table: pd.DataFrame | None, key: str | None = None) -> Names:
    """Return the names of a table of units; those of the reference table are kept at hand.

    Nothing is kept of a table that is given, since it may change between two calls. With a
    ``key`` only the units that may bear it are collected, and those above any unit.
    """
    if table is None:
        return _reference_names()
    return _names(table, range(len(table)) if key is None else _may_bear(table, key))


@cache
def _reference_names() -> Names:
    table = reference_units()
    return _names(table, range(len(table)))


def _may_bear(table: pd.DataFrame, key: str) -> list[int]:
    """Return the rows of units that may bear a name, or stand above one that does."""
    keys = {key, split_prefix(key)[1]}
    wanted = set(table["parent_id"].dropna().unique())
    wanted |= {i for name in keys for i in _bearers_of_other_names().get(name, ())}
    columns = (table[column].tolist() for column in ("unit_id", "name", "full_name"))
    return [
        row
        for row, (unit_id, name, full_name) in enumerate(zip(*columns, strict=True))
        if name_key(name) in keys or name_key(full_name) == key or unit_id in wanted
    ]


def _names(table: pd.DataFrame, rows: Sequence[int]) -> Names:
    """Collect who bears which name, and when."""
    chosen = [table[column].iloc[rows].tolist() for column in Unit._fields]
    units = {row[0]: Unit(*row) for row in zip(*chosen, strict=True)}
    renamed, respelt = _other_names()
    bearers: dict[str, list[Bearer]] = defaultdict(list)
    for unit in units.values():
        always = Bearer(unit.unit_id, unit.start_on, unit.end_on)
        if unit.unit_id not in renamed:
            bearers[name_key(unit.full_name)].append(always)
        bearers[name_key(unit.name)].append(always)
        if unit.unit_class == "province":  # some have become cities, and are still called so
            bearers[name_key(f"Tỉnh {unit.name}")].append(always)
        others = [(name, always) for name in respelt.get(unit.unit_id, [])]
        for full_name, bearer in renamed.get(unit.unit_id, []) + others:
            bearers[name_key(full_name)].append(bearer)
            bearers[name_key(without_prefix(full_name))].append(bearer)
    return Names(units, dict(bearers))


@cache
def _other_names() -> tuple[dict[str, list[tuple[str, Bearer]]], dict[str, list[str]]]:
    """Return the dated names of units that were renamed, and spellings of another list."""
    renamed, respelt = defaultdict(list), defaultdict(list)
    for row in reference("renamings.csv").itertuples():
        bearer = Bearer(row.unit_id, row.start_on, row.end_on)
        renamed[row.unit_id].append((row.full_name, bearer))
    for row in reference("spellings.csv").itertuples():
        respelt[row.unit_id].append(row.full_name)
    return dict(renamed), dict(respelt)


@cache
def _bearers_of_other_names() -> dict[str, set[str]]:
    """Return the units that bear, or bore, a name that is not theirs in the table."""
    renamed, respelt = _other_names()
    bearers = defaultdict(set)
    others = [(i, name) for i, names in renamed.items() for name, _ in names]
    others += [(i, name) for i, names in respelt.items() for name in names]
    for unit_id, full_name in others:
        bearers[name_key(full_name)].add(unit_id)
        bearers[name_key(without_prefix(full_name))].add(unit_id)
    return dict(bearers)
