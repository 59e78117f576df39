"""What dossiers can be counted by: their columns, and what follows from their dates.

Every key is known on the day a dossier is received, so that a model may use it for dossiers
still open; ``supplement_asked_at`` and the like come later and are not offered. The one that
can mislead is the due date: an export often holds only the latest one, and a moved
appointment then looks like a longer time allowed. The first one is taken where it is given.

``received_month``, ``received_quarter``, ``due_month``
    1 to 12, or 1 to 4.
``received_weekday``
    1 Monday to 7 Sunday.
``received_hour``
    0 to 23; missing at exactly midnight, which is how exports write a day without a time.
``received_season``
    ``tet``: from 10 working days before the days off of Tết to 10 working days after them.
    ``year_end``: 15 November to 31 December, for the yearly statutory period closes on 14
    December and the budget year on the 31st. ``ordinary``: all other days.
``workload``
    ``low``, ``usual``, ``high``: see :func:`~cchc_analysis.tally.workload.workloads`.
``legal_time``
    The time allowed in working days, in bands: ``legal_days`` where the export gives it, else
    from receipt to the due date. Missing without either, or when due before receipt.
``allowed_days``
    The same as a whole number, part days cut off.

What needs working days is missing in years for which they are not known
(:mod:`cchc_analysis.workdays`); a missing value is a group of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pandas as pd

from cchc_analysis.columns import InputError

COLUMN_KEYS = ("receiving_unit_id", "field", "procedure", "level", "channel")

_JOINS = {
    "receipt": "LEFT JOIN days AS receipt ON CAST(receipt.day AS DATE) = dossier.received_on",
    "appointed": "LEFT JOIN days AS appointed ON CAST(appointed.day AS DATE) = {appointed_on}",
    "past": "LEFT JOIN workloads AS past ON past.unit_id = dossier.unit_id"
    " AND CAST(past.day AS DATE) = dossier.received_on",
}
_BETWEEN = "appointed.working_day_number - receipt.working_day_number"
_ALLOWED = (
    "COALESCE({legal_days}, CASE WHEN {appointed_on} >= dossier.received_on"
    f" THEN {_BETWEEN} END)"
)
_BANDS = {"over_30": 31, "16-30": 16, "8-15": 8, "4-7": 4, "1-3": 1, "same_day": 0}
_BANDED = " ".join(f"WHEN {_ALLOWED} >= {least} THEN '{band}'" for band, least in _BANDS.items())


@dataclass(frozen=True)
class Key:
    """A key that is not a column: how it follows from the dates."""

    sql: str
    joins: tuple[str, ...] = ()
    """The joined tables that it needs."""
    reads: tuple[str, ...] = ()
    """The optional columns that it looks at."""
    whole: bool = False
    """Whether it is a whole number."""


_ALLOWED_READS = ("legal_days", "first_due_at")
DERIVED_KEYS = {
    "received_month": Key("EXTRACT(month FROM dossier.received_at)", whole=True),
    "received_quarter": Key("EXTRACT(quarter FROM dossier.received_at)", whole=True),
    "due_month": Key("EXTRACT(month FROM dossier.due_at)", whole=True),
    "received_weekday": Key("receipt.weekday", ("receipt",), whole=True),
    "received_hour": Key(
        "CASE WHEN dossier.received_at > dossier.received_on"
        " THEN EXTRACT(hour FROM dossier.received_at) END",
        whole=True,
    ),
    "received_season": Key("receipt.season", ("receipt",)),
    "workload": Key("past.workload", ("past",)),
    "legal_time": Key(f"CASE {_BANDED} END", ("receipt", "appointed"), _ALLOWED_READS),
    "allowed_days": Key(f"FLOOR({_ALLOWED})", ("receipt", "appointed"), _ALLOWED_READS, whole=True),
}
KEYS = (*COLUMN_KEYS, *DERIVED_KEYS)


def refuse_unknown_keys(by: Sequence[str]) -> None:
    """Raise for a key that dossiers cannot be counted by, naming those they can.

    Examples
    --------
    >>> refuse_unknown_keys(["supplement_asked"])
    Traceback (most recent call last):
        ...
    cchc_analysis.columns.InputError: cannot count by 'supplement_asked'; the keys are
    receiving_unit_id, field, procedure, ...
    """
    unknown = [key for key in by if key not in KEYS]
    if unknown:
        raise InputError(f"cannot count by {unknown[0]!r}; the keys are {', '.join(KEYS)}")


def columns_keyed(by: Sequence[str]) -> tuple[str, ...]:
    """Return the optional columns that the keys look at."""
    return tuple(dict.fromkeys(name for key in _derived(by) for name in key.reads))


def joined_names(by: Sequence[str]) -> set[str]:
    """Return the names of the tables to be joined for the keys: ``days``, ``workloads``."""
    return {"workloads" if join == "past" else "days" for join in _joins(by)}


def keyed(facts: str, by: Sequence[str], held: Collection[str]) -> str:
    """Return the SELECT ``facts`` with those of the keys that are not columns added."""
    derived = {key: DERIVED_KEYS[key] for key in by if key in DERIVED_KEYS}
    if not derived:
        return facts
    first = "dossier.first_due_at, " if "first_due_at" in held else ""
    blanks = {
        "appointed_on": f"CAST(COALESCE({first}dossier.due_at) AS DATE)",
        "legal_days": "dossier.legal_days" if "legal_days" in held else "CAST(NULL AS DOUBLE)",
    }
    keys = ", ".join(f"{key.sql.format(**blanks)} AS {name}" for name, key in derived.items())
    joins = "\n".join(_JOINS[join].format(**blanks) for join in _joins(by))
    return f"\nSELECT dossier.*, {keys}\nFROM ({facts}) AS dossier\n{joins}\n"


def with_whole_numbers(counted: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Return the rows with their whole-number keys as such, also where some are missing."""
    whole = [key for key in by if key in DERIVED_KEYS and DERIVED_KEYS[key].whole]
    return counted.astype(dict.fromkeys(whole, "Int64"))


def _derived(by: Sequence[str]) -> list[Key]:
    return [DERIVED_KEYS[key] for key in by if key in DERIVED_KEYS]


def _joins(by: Sequence[str]) -> list[str]:
    """Return the joins that the keys need, each once."""
    return list(dict.fromkeys(join for key in _derived(by) for join in key.joins))
