"""What an awkward file is, and what must come out of it: fixed by the generator, not by a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

Dossier = dict[str, object]


@dataclass(frozen=True)
class Reads:
    """The file is read: these dossiers are kept, these rows refused, so many set aside."""

    kept: Sequence[Dossier]
    refused: tuple[tuple[int, str], ...] = ()
    """Row as numbered in the file, our column that could not be read."""
    aside: Mapping[str, int] = field(default_factory=dict)
    """Rows set aside, by kind; several kinds joined by '|' may be told apart as one likes."""
    flags: Mapping[str, int] = field(default_factory=dict)
    """Flags that must be counted so; a reader may know more."""
    changed: tuple[tuple[str, object, object], ...] = ()
    """Values that moved between snapshots: our column, before, after."""


@dataclass(frozen=True)
class Says:
    """The file is refused with one message that holds these parts ('a|b': either)."""

    parts: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """One awkward file (or folder): how it is made, and what must come out."""

    name: str
    made: str
    write: Callable[[Path], Path | list[Path]]
    """Writes into an empty folder; returns what is to be read."""
    expected: tuple[Reads | Says, ...]
    """One outcome; more than one where the promise leaves the choice."""
    options: Mapping[str, object] = field(default_factory=dict)


CASES: list[Case] = []


def case(
    name: str,
    made: str,
    write: Callable[[Path], Path | list[Path]],
    *expected: Reads | Says,
    **options: object,
) -> None:
    """Add a case to the corpus."""
    if any(name == other.name for other in CASES):
        raise ValueError(f"two cases are called {name!r}")
    CASES.append(Case(name, made, write, expected, options))
