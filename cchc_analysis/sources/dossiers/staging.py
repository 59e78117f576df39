"""Bring one sheet into a file of recognised columns: codes hashed, dates read, texts raw.

The rows pass through the engine once and are never held in memory. What is not recognised
stops here; only of rows that may be no dossiers (titles, totals, signatures) the other cells
are looked at, to say what kind of row it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from cchc_analysis.columns import DOSSIERS, InputError
from cchc_analysis.sources.dossiers.dates import (
    FIRST_YEAR,
    formats_by_frequency,
    parsed_sql,
    zoned_sql,
)
from cchc_analysis.sources.dossiers.quoting import literal, plain
from cchc_analysis.sources.headers import UNIT_OR_PERSON, reference
from cchc_analysis.sources.sheets import Sheet

TIMES = tuple(column.name for column in DOSSIERS.columns if column.kind == "time")
UNITS = ("unit_id", "receiving_unit_id", UNIT_OR_PERSON)
LABELS = {"status": "status", "channel": "channel", "digitised": "flag", "paid_online": "flag"}
TEXTS = (*UNITS, *LABELS, "field", "procedure", "level", "supplement_count")
"""Columns of words: few distinct values, handled one by one in :mod:`.words`."""

_NUMBERING = r"'(\(?([0-9]{1,2}|[A-Za-z])\)?( ?=[()0-9+ -]+)?(\x1f|$))+'"
_TOTAL = r"'^\W*(tong cong|tong so|(tong|cong)\W*[\d., ]*(ho so)?\W*(\x1f|$))'"
_MOST_FILLED_IN_NOTE = 3


def stage(
    engine: duckdb.DuckDBPyConnection,
    sheet: Sheet,
    matched: Mapping[str, str],
    target: Path,
    *,
    number: int,
    key: str,
    zone: str,
    with_codes: bool,
) -> str:
    """Write the recognised columns of a sheet to ``target``; return the relation that reads it.

    Columns: ``sheet`` (its number), ``row``, ``problem``, ``hint`` (what kind of row it is
    if it has no receipt: see :func:`_hint`), ``dossier_id`` (hashed), the raw texts of
    ``TEXTS``, and for each time ``<name>`` (local, no zone), ``<name>_zoned`` (the instant,
    where a cell states a zone) and ``<name>_left`` (the text that could not be read).
    """
    times = {name: matched[name] for name in TIMES if name in matched}
    formats = formats_by_frequency(engine, sheet.view, times)
    first = ", ".join(f"{parsed_sql(cell, formats[name])} AS {name}_at"
                      for name, cell in times.items())  # fmt: skip
    second = ", ".join(
        f"CASE WHEN {name}_at >= TIMESTAMP '{FIRST_YEAR}-01-01' THEN {name}_at END AS {name}_at, "
        f"{zoned_sql(cell, f'{name}_at')} AS {name}_zoned"
        for name, cell in times.items()
    )
    third = ", ".join(_time(name, cell, zone) for name, cell in times.items())
    code = matched["dossier_id"]
    parts = [
        f"{number} AS sheet", "row", "problem", f"{_hint(sheet, matched)} AS hint",
        f"{_hash(code, key)} AS dossier_id",
        *([f"{code} AS code"] if with_codes else []),
        *(f"{matched[name]} AS {name}" for name in TEXTS if name in matched),
        third,
    ]  # fmt: skip
    replaced = ", ".join(f"{name}_at" for name in times)
    sql = (
        f"SELECT {', '.join(parts)} FROM (SELECT * EXCLUDE ({replaced}), {second} "
        f"FROM (SELECT *, {first} FROM {sheet.view}))"
    )
    try:
        engine.execute(
            f"COPY ({sql}) TO {literal(str(target))} (FORMAT parquet, COMPRESSION uncompressed)"
        )
    except duckdb.IOException as error:
        raise InputError(f"no room to read {sheet.path.name} ({error}); free some disk") from None
    return f"read_parquet({literal(str(target))})"


def _time(name: str, cell: str, zone: str) -> str:
    """Return the three staged columns of one time."""
    return (
        f"coalesce({name}_at, timezone({literal(zone)}, {name}_zoned)) AS {name}, "
        f"{name}_zoned, CASE WHEN {name}_at IS NULL AND {name}_zoned IS NULL "
        f"THEN {cell} END AS {name}_left"
    )


def _hash(code: str, key: str) -> str:
    """Return the keyed hash of a code; a cell that stands for an empty one has none."""
    words = [literal(word.lower()) for word in reference()["missing"]["words"]]
    missing = f"length({code}) < 16 AND lower({code}) IN ({', '.join(words)})"
    return (
        f"CASE WHEN {code} IS NOT NULL AND NOT ({missing}) "
        f"THEN left(sha256({literal(key)} || {code}), 24) END"
    )


def _hint(sheet: Sheet, matched: Mapping[str, str]) -> str:
    """Return what a row is, if it turns out to have no readable date of receipt.

    ``blank``; ``repeated_header`` (the code, or every recognised cell, repeats its header);
    ``numbering`` (all cells are (1), (2), ...); ``total_line`` (its first cell says so);
    ``note``: a section heading, footer or signature, at most three filled cells, none of
    them a dossier code. A code has a digit and is not several words.
    """
    code, received = matched["dossier_id"], matched["received_at"]
    suspect = (
        f"({code} IS NULL OR {received} IS NULL OR length({received}) < 6 "
        f"OR {received} < '0' OR {received} >= ':')"
    )
    every = ", ".join(sheet.cells)
    filled = f"len(list_filter([{every}], lambda cell: cell IS NOT NULL))"
    joined = f"concat_ws(chr(31), {every})"
    header = dict(zip(sheet.cells, sheet.header, strict=True))
    repeats = " AND ".join(
        f"coalesce(contains({plain(literal(header[cell]))}, {plain(cell)}), true)"
        for cell in matched.values()
    )
    some = " OR ".join(f"{cell} IS NOT NULL" for cell in matched.values())
    same = f"coalesce({plain(literal(header[code]))} = {plain(code)}, false)"
    no_code = (
        rf"({code} IS NULL OR NOT regexp_matches({code}, '\d') "
        rf"OR regexp_matches({code}, '\p{{L}}{{2,}}[ ,]+\p{{L}}{{2,}}'))"
    )
    return (
        f"CASE WHEN NOT {suspect} THEN NULL WHEN {filled} = 0 THEN 'blank' "
        f"WHEN {same} OR (({some}) AND {repeats}) THEN 'repeated_header' "
        f"WHEN {filled} > 2 AND regexp_full_match({joined}, {_NUMBERING}) THEN 'numbering' "
        f"WHEN regexp_matches({plain(joined)}, {_TOTAL}) THEN 'total_line' "
        f"WHEN {filled} <= {_MOST_FILLED_IN_NOTE} AND {no_code} THEN 'note' END"
    )
