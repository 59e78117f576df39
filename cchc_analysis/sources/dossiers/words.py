"""The columns of words, handled through their distinct values: cleaned, mapped, resolved.

A text column has few distinct values, so that Unicode form, labels, names of units, and the
search for personal data cost once per value and not once per row.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from functools import cache, cached_property

import duckdb
import pandas as pd
import pyarrow as pa

from cchc_analysis import gazetteer
from cchc_analysis.columns import InputError
from cchc_analysis.sources.dossiers import mapping
from cchc_analysis.sources.dossiers.causes import cause_group
from cchc_analysis.sources.dossiers.legal_time import legal_days
from cchc_analysis.sources.dossiers.staging import COUNTS, LABELS, TEXTS, UNITS
from cchc_analysis.sources.encodings import ADVICE, legacy_encoding
from cchc_analysis.sources.headers import (
    UNIT_OR_PERSON,
    header_key,
    is_missing,
    label_code,
    reference,
)
from cchc_analysis.sources.privacy import NAME, is_persons_name, personal_data
from cchc_analysis.sources.sheets.sheet import SPACES

NEW_MAP_ON = date(2025, 7, 1)
"""First day of the communes and provinces of today; names are looked up in the row's era."""
ERAS = ("before", "since")
NEVER_KEPT = (UNIT_OR_PERSON, "late_cause")
"""Columns of free text: of a cell only what it stands for is kept."""
UNREAD = "unread"
"""The code of a legal time that is filled and says no number of working days."""
_NOT_SEARCHED = ("digitised", "paid_online", *COUNTS, "legal_days", "late_cause")
_SEARCHED = tuple(name for name in TEXTS if name not in _NOT_SEARCHED)
_BATCH = 50_000
_SAMPLED = 2_000
_DAYS = {"before": NEW_MAP_ON - timedelta(days=1), "since": NEW_MAP_ON}
AMBIGUOUS = (
    "a name of several units: say whose export it is (unit=), or write the unit above it after "
    "its full name"
)


@dataclass(frozen=True)
class Word:
    """What one distinct text of a column means.

    Attributes
    ----------
    text
        The text in composed Unicode form; None where the cell stands for an empty one.
    code
        What a label stands for, None for an unknown one; ``UNREAD`` for a legal time.
    before, since
        unit_id in each era.
    reason
        Why a row with this text is refused, in either era.
    reason_before, reason_since
        Why it is refused in one era.
    """

    text: str | None = None
    code: str | None = None
    before: str | None = None
    since: str | None = None
    reason: str | None = None
    reason_before: str | None = None
    reason_since: str | None = None


PARTS = tuple(field.name for field in fields(Word))


@dataclass
class Words:
    """The words met so far, for each column.

    Attributes
    ----------
    unit
        The unit whose export is read; names are looked up below it first.
    statuses
        The office's own status labels, by :func:`~.headers.status_codes`: they win over ours.
    known
        Column to text to its meaning.
    ambiguous
        Names that several units bear, with the candidates.
    """

    unit: str | None = None
    statuses: Mapping[str, str] = field(default_factory=dict)
    known: dict[str, dict[str, Word]] = field(default_factory=dict)
    ambiguous: dict[str, str] = field(default_factory=dict)
    _units: dict[tuple[str, str], tuple[str | None, list[str]]] = field(
        default_factory=dict, repr=False
    )

    def learn(
        self, engine: duckdb.DuckDBPyConnection, staged: str, column: str, where: str
    ) -> None:
        """Take in the distinct texts of one staged column.

        Raises
        ------
        InputError
            If they are in a legacy encoding, or letters of them are lost.
        """
        words = self.known.setdefault(column, {})
        sample: list[str] = []  # short texts tell an old encoding only together
        for text in _distinct(engine, staged, column):
            if len(sample) < _SAMPLED:
                sample.append(text)
            if text not in words:
                _require_unicode(text, where)
                words[text] = self._word(column, text)
        _require_unicode(" ".join(sample), where)

    def _word(self, column: str, raw: str) -> Word:
        text = unicodedata.normalize("NFC", raw).strip(SPACES)
        if is_missing(text):
            return Word()
        if column == "late_cause":
            return Word(text=cause_group(text))
        if column == "legal_days":
            days = legal_days(text)
            return Word(code=UNREAD) if days is None else Word(text=str(days))
        found = personal_data(text) if column in _SEARCHED else None
        if column == UNIT_OR_PERSON:  # a person's name is dropped, whatever else it holds
            return Word() if found else self._known_unit(text)
        if found:
            return Word(text=None, reason=found)
        if column in UNITS:
            return self._unit_word(text)
        if column in LABELS:
            own = self.statuses.get(header_key(text)) if column == "status" else None
            return Word(text=text, code=own or label_code(text, LABELS[column]))
        return Word(text=text)

    def _known_unit(self, text: str) -> Word:
        """Return a unit we know; the text itself is never kept."""
        (before, _), (since, _) = (self.resolve(text, era) for era in ERAS)
        known = before or since
        return Word(text="" if known else None, before=before, since=since)

    def _unit_word(self, text: str) -> Word:
        """Return the unit a text names in each era; an unknown name is its own id."""
        if text.upper() in reference()["missing"]["errors"]:  # '#REF!' names no unit
            return Word()
        (before, candidates), (since, others) = (self.resolve(text, era) for era in ERAS)
        known = before or since or candidates or others or gazetteer.unit_class_of(text)
        if not known and is_persons_name(text):
            return Word(text=None, reason=NAME)
        clashes = {"reason_before": candidates, "reason_since": others}
        if candidates or others:
            self.ambiguous[text] = described(candidates or others)
        refused = {name: AMBIGUOUS for name, clash in clashes.items() if clash}
        return Word(text=text, before=before or text, since=since or text, **refused)

    def resolve(self, name: str, era: str) -> tuple[str | None, list[str]]:
        """Return the unit a name means in an era, or the candidates, or neither."""
        if (name, era) not in self._units:
            found = self._candidates(name, era)
            unit = self.unit if self.unit in found else found[0] if len(found) == 1 else None
            self._units[name, era] = (unit, [] if unit else found)
        return self._units[name, era]

    def _candidates(self, name: str, era: str) -> list[str]:
        """Return the units that a name may mean: those of the era before those of the other.

        Within an era, units below the unit of the export come first.
        """
        if is_invented(name):
            return []
        for day in (_DAYS[era], None, _DAYS[ERAS[1 - ERAS.index(era)]]):
            found = gazetteer.units_called(name, on=day)
            if day is None:  # a name of other years in this era
                found = [unit_id for unit_id in found if unit_id in _units_of(era)]
            below = [unit_id for unit_id in found if self._is_below(unit_id)]
            if found:
                return found if self.unit in found else below or found
        return []

    def _is_below(self, unit_id: str) -> bool:
        """Say whether a unit lies below the unit of the export, of either map."""
        return unit_id in self._below

    @cached_property
    def _below(self) -> frozenset[str]:
        if self.unit is None:
            return frozenset()
        tops = [self.unit, *gazetteer.predecessors(self.unit), *gazetteer.successors(self.unit)]
        return frozenset(below for top in tops for below in gazetteer.subordinates(top))

    def register(self, engine: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
        """Make the lookup table ``words_<column>`` of each column in the engine.

        It holds the texts that do not simply stand for themselves.

        Returns
        -------
        dict
            Column to the parts of :class:`Word` that such texts of it have.
        """
        parts = {}
        for column, words in self.known.items():
            odd = {raw: word for raw, word in words.items() if word != plain_word(column, raw)}
            if odd:
                values = {part: [getattr(word, part) for word in odd.values()] for part in PARTS}
                mapping.define(
                    engine, f"words_{column}", list(odd),
                    {part: pa.array(texts, pa.string()) for part, texts in values.items()},
                )  # fmt: skip
            parts[column] = {
                part
                for part in PARTS
                if any(
                    getattr(word, part) != getattr(plain_word(column, raw), part)
                    for raw, word in odd.items()
                )
            }
        return parts

    def missing(self, column: str) -> list[str]:
        """Return the texts of a column that stand for an empty cell."""
        words = self.known[column].items()
        return [raw for raw, word in words if word == Word()]


def plain_word(column: str, raw: str) -> Word:
    """Return what a text means that stands for itself."""
    if column in NEVER_KEPT:
        return Word()
    return Word(text=raw, before=raw, since=raw) if column in UNITS else Word(text=raw)


def _require_unicode(text: str, where: str) -> None:
    """Refuse text of a pre-Unicode font, and text of which letters are already lost."""
    encoding = legacy_encoding(text)
    if encoding is not None:
        raise InputError(f"{where}: the text is in {encoding}, not in Unicode; {ADVICE[encoding]}")
    if "\ufffd" in text:
        raise InputError(
            f"{where}: letters are already lost (replacement characters stand in their place); "
            "export it again as UTF-8"
        )


def _distinct(engine: duckdb.DuckDBPyConnection, staged: str, column: str) -> Iterator[str]:
    """Yield the distinct texts of a staged column."""
    found = engine.cursor().execute(
        f"SELECT DISTINCT {column} FROM {staged} WHERE {column} IS NOT NULL"
    )
    while batch := found.fetchmany(_BATCH):
        yield from (text for (text,) in batch)


@cache
def _units_of(era: str) -> frozenset[str]:
    """Return the units that existed in an era."""
    units, change = gazetteer.units(), pd.Timestamp(NEW_MAP_ON)
    if era == "before":
        there = units["start_on"].isna() | (units["start_on"] < change)
    else:
        there = units["end_on"].isna() | (units["end_on"] >= change)
    return frozenset(units.loc[there, "unit_id"])


def is_invented(name: str) -> bool:
    """Say whether a name is that of an invented unit, which is in no list."""
    return gazetteer.fold("mô phỏng") in gazetteer.fold(name)


def described(unit_ids: list[str]) -> str:
    """Name candidates for a message: a few of them, and how many more."""
    named = [f"{unit_id} ({gazetteer.full_name(unit_id)})" for unit_id in unit_ids[:5]]
    more = len(unit_ids) - len(named)
    return "; ".join([*named, *([f"and {more} more"] if more else [])])
