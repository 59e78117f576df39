"""Say of each staged row whether it is kept, refused or set aside, and what is odd about it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from cchc_analysis.columns import DOSSIERS
from cchc_analysis.sources.dossiers.mapping import place, value
from cchc_analysis.sources.dossiers.quoting import literal
from cchc_analysis.sources.dossiers.staging import COUNTS, LABELS, TEXTS, TIMES, UNITS
from cchc_analysis.sources.dossiers.words import NEVER_KEPT, NEW_MAP_ON
from cchc_analysis.sources.headers import UNIT_OR_PERSON

INSTANTS = ("received_at", "due_at", "result_at", "returned_at")
MOMENT_PARTS = ("at", "missing")
DIGITS_LOST = "digits lost by a spreadsheet (1.2E+11); export again with codes as text"
_KINDS = {"status": "INTEGER", "digitised": "BOOLEAN", "paid_online": "BOOLEAN",
          "legal_days": "DOUBLE", **dict.fromkeys(COUNTS, "INTEGER")}  # fmt: skip
_SEARCHED = ("field", "procedure", "level", "status", "channel", "receiving_unit_id", "unit_id")


def judged_sql(
    staged: str,
    words: Mapping[str, Collection[str]],
    times: Collection[str],
    left: Collection[str],
    *,
    source: str,
    unit: str | None,
    zone: str | None,
) -> str:
    """Return the SELECT that types and judges every staged row.

    It needs the lookup tables ``words_<column>`` and ``moments_<time>``, and the variable
    ``drawn_on`` (by number of the sheet). There is no join in it, so that the rows stay in
    order (:mod:`.mapping`).

    Parameters
    ----------
    staged
        The relation of staged rows.
    words
        Our columns of words that some sheet has, to the parts that are looked up.
    times
        Our columns of times that some sheet has.
    left
        The times of which some text was read value by value.
    source
        What the rows are said to come from.
    unit
        The unit of rows that name none.
    zone
        The office's zone if some cell states a zone: then instants order the times.

    Returns
    -------
    str
        Columns of ``DOSSIERS``, ``sheet``, ``row``, ``reason`` (column|reason of a refused
        row), ``aside`` (the kind of a row set aside), and ``<time>_instant`` for ``INSTANTS``.
    """
    places = [
        f"{place(f'words_{name}', name)} AS {name}_place" for name, parts in words.items() if parts
    ] + [
        f"CASE WHEN {name}_left IS NOT NULL THEN "
        f"{place(f'moments_{name}', left_key('sheet', f'{name}_left'))} END AS {name}_place"
        for name in left
    ]  # fmt: skip
    shown = [part for name in TIMES for part in _time(name, times, left, zone)]
    found = f"SELECT {', '.join(['*', *places])} FROM {staged}"
    read = (
        f"SELECT sheet, row, problem, hint, dossier_id, code_damaged, {', '.join(shown)}, "
        f"{', '.join(_text(name, words) for name in TEXTS)}, {literal(source)} AS source, "
        f"list_extract(getvariable('drawn_on'), sheet) AS drawn_on, "
        f"{_personal(words)} AS personal FROM ({found}) AS staged"
    )
    placed = f"SELECT *, {_units(unit)} FROM ({read})"
    names = ", ".join(name for name in DOSSIERS.names if name not in ("flags", "unit_id"))
    instants = ", ".join(f"{name}_instant" for name in INSTANTS)
    aside = "CASE WHEN hint = 'blank' OR (received_at IS NULL AND problem IS NULL) THEN hint END"
    return (
        f"SELECT sheet, row, {names}, resolving AS unit_id, {instants}, {_flags()} AS flags, "
        f"{aside} AS aside, CASE WHEN {aside} IS NULL THEN {_reason()} END AS reason "
        f"FROM ({placed})"
    )


def left_key(sheet: str, text: str) -> str:
    """Return the SQL of the key of a time that was read value by value, sheet by sheet."""
    return f"concat({sheet}, '|', {text})"


def _time(name: str, times: Collection[str], left: Collection[str], zone: str | None) -> list[str]:
    """Return a time, whether its cell was filled, and for those that are ordered the instant."""
    if name not in times:
        shown = [f"NULL::TIMESTAMP AS {name}", f"false AS has_{name}"]
        return [*shown, *([f"NULL::TIMESTAMP AS {name}_instant"] if name in INSTANTS else [])]
    local, has = f"staged.{name}", f"staged.{name} IS NOT NULL"
    if name in left:
        at, missing = (value(f"moments_{name}", part, f"{name}_place") for part in MOMENT_PARTS)
        local = f"coalesce({local}, {at})"
        has = f"({has} OR (staged.{name}_left IS NOT NULL AND NOT coalesce({missing}, false)))"
    shown = [f"{local} AS {name}", f"{has} AS has_{name}"]
    if name in INSTANTS:
        stated = (
            f"coalesce(staged.{name}_zoned, timezone({literal(zone)}, {local}))" if zone else ""
        )
        shown.append(f"{stated or local} AS {name}_instant")
    return shown


def _word(name: str, part: str, words: Mapping[str, Collection[str]]) -> str:
    """Return one part of what the texts of a column mean, see :class:`.words.Word`."""
    itself = part in ("text", "before", "since") and name not in NEVER_KEPT
    plain = f"staged.{name}" if itself else "NULL::VARCHAR"
    if part not in words[name]:
        return plain
    found = value(f"words_{name}", part, f"{name}_place")
    return f"CASE WHEN {name}_place IS NULL THEN {plain} ELSE {found} END" if itself else found


def _text(name: str, words: Mapping[str, Collection[str]]) -> str:
    """Return what a text column gives: units in each era, labels with their code."""
    there = name in words
    if name in UNITS:
        parts = ("before", "since", "reason_before", "reason_since")
        return ", ".join(
            f"{_word(name, part, words) if there else 'NULL::VARCHAR'} AS {name}_{part}"
            for part in parts
        )
    if not there:
        empty = f"NULL::{_KINDS.get(name, 'VARCHAR')} AS {name}"
        beside = {"status": "NULL::VARCHAR AS status_raw", "legal_days": "false AS legal_unread"}
        return f"{empty}, {beside[name]}" if name in beside else empty
    text, code = _word(name, "text", words), _word(name, "code", words)
    if name == "status":
        return f"CAST({code} AS INTEGER) AS status, {text} AS status_raw"
    if name == "channel":
        return f"CASE WHEN {text} IS NOT NULL THEN coalesce({code}, 'other') END AS channel"
    if name in LABELS:
        return f"CAST({code} AS BOOLEAN) AS {name}"
    if name == "legal_days":
        return f"CAST({text} AS DOUBLE) AS legal_days, {code} IS NOT NULL AS legal_unread"
    if name in COUNTS:
        count = f"TRY_CAST(TRY_CAST({text} AS DOUBLE) AS INTEGER)"
        return f"CASE WHEN {count} >= 0 THEN {count} END AS {name}"
    return f"{text} AS {name}"


def _personal(words: Mapping[str, Collection[str]]) -> str:
    """Return ``column|reason`` of the first text that seems to hold personal data."""
    parts = [
        f"'{name}|' || {_word(name, 'reason', words)}"
        for name in _SEARCHED
        if "reason" in words.get(name, ())
    ]
    return f"coalesce({', '.join([*parts, 'NULL::VARCHAR'])})"


def _units(unit: str | None) -> str:
    """Return the units of a row in the era of its receipt, and where the resolving one is from."""
    day = "coalesce(received_at, submitted_at, CAST(drawn_on AS TIMESTAMP))"
    old = f"coalesce({day} < TIMESTAMP '{NEW_MAP_ON}', false)"

    def in_era(name: str, part: str = "") -> str:
        return f"CASE WHEN {old} THEN {name}_{part}before ELSE {name}_{part}since END"

    given = f"{literal(unit)}" if unit else "NULL"
    named = f"coalesce({in_era('unit_id')}, {in_era(UNIT_OR_PERSON)})"
    receiving = in_era("receiving_unit_id")
    clash = (
        f"coalesce('unit_id|' || {in_era('unit_id', 'reason_')}, "
        f"'receiving_unit_id|' || {in_era('receiving_unit_id', 'reason_')})"
    )
    return (
        f"coalesce({named}, {receiving}, {given}) AS resolving, "
        f"{receiving} AS receiving_unit_id, "
        f"{named} IS NULL AND {receiving} IS NOT NULL AS is_receiving, {clash} AS clash"
    )


_ACCEPTED = "coalesce(status, 0) NOT IN (1, 3)"
_END = "coalesce(result_at, returned_at)"
_END_ON = f"CAST({_END} AS DATE)"


def _flags() -> str:
    """Return what is odd in a row, separated by semicolons."""
    tests: Mapping[str, str] = {
        "no_due_date": f"NOT has_due_at AND {_ACCEPTED}",
        "received_in_future": "received_at > CAST(now() AS TIMESTAMP) + INTERVAL 1 DAY",
        "due_before_receipt": "CAST(due_at AS DATE) < CAST(received_at AS DATE)",
        "result_before_receipt": f"CASE WHEN {_END} <> CAST({_END_ON} AS TIMESTAMP) THEN "
        "coalesce(result_at_instant, returned_at_instant) < received_at_instant "
        f"ELSE {_END_ON} < CAST(received_at AS DATE) END",
        "finished_without_date": f"status IN (9, 10) AND {_END} IS NULL",
        "result_but_unfinished": "status IN (2, 4) AND result_at IS NOT NULL",
        "unknown_status": "status IS NULL AND status_raw IS NOT NULL",
        "unknown_channel": "channel = 'other'",
        "unit_is_receiving": "is_receiving",
        "unreadable_legal_days": "legal_unread",
    } | {f"unreadable_{name}": f"has_{name} AND {name} IS NULL" for name in TIMES}
    flagged = ", ".join(f"CASE WHEN {test} THEN '{name}' END" for name, test in tests.items())
    return f"nullif(concat_ws(';', {flagged}), '')"


def _reason() -> str:
    """Return why a row is refused, as ``column|reason``; NULL where it is kept."""
    refusals = {
        "'dossier_id|no dossier code'": "dossier_id IS NULL",
        f"'dossier_id|{DIGITS_LOST}'": "code_damaged",
        "personal": "personal IS NOT NULL",
        "clash": "clash IS NOT NULL",
        "'unit_id|no unit that resolves'": "resolving IS NULL",
        "'received_at|not a date'": "has_received_at AND received_at IS NULL",
        "'received_at|no date of receipt'": f"NOT has_received_at AND {_ACCEPTED}",
    }
    cases = " ".join(f"WHEN {test} THEN {reason}" for reason, test in refusals.items())
    return f"CASE WHEN problem IS NOT NULL THEN '|' || problem {cases} END"
