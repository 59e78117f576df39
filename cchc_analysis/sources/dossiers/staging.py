"""Bring one sheet into a file of recognised columns: codes hashed, dates read, texts raw.

The rows pass through the engine once and are never held in memory. What is not recognised
stops here; only of rows that may be no dossiers (titles, totals, signatures) the other cells
are looked at, to say what kind of row it is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path

import duckdb

from cchc_analysis.columns import DOSSIERS, InputError
from cchc_analysis.sources.dossiers.dates import formats_by_frequency, moments_sql, times_sql
from cchc_analysis.sources.dossiers.quoting import literal, plain
from cchc_analysis.sources.headers import UNIT_OR_PERSON, reference
from cchc_analysis.sources.sheets import Sheet, read_whole
from cchc_analysis.sources.sheets.sheet import begun, trimmed

TIMES = tuple(column.name for column in DOSSIERS.columns if column.kind == "time")
UNITS = ("unit_id", "receiving_unit_id", UNIT_OR_PERSON)
LABELS = {"status": "status", "channel": "channel", "digitised": "flag", "paid_online": "flag"}
COUNTS = ("supplement_count", "reappointed_count")
TEXTS = (*UNITS, *LABELS, "field", "procedure", "level", *COUNTS, "legal_days", "late_cause")
"""Columns of words: few distinct values, handled one by one in :mod:`.words`."""

_DAMAGED = r"""coalesce(CASE WHEN length(code) < 16 AND contains(code, 'E+')
    THEN regexp_full_match(code, '\d([.,]\d+)?E\+\d+') END, false)"""
"""Excel wrote a long number as 3.52112E+11: different codes become one, and none is known."""
_NUMBERING = r"'(\(?([0-9]{1,2}|[A-Za-z])\)?( ?=[()0-9+ -]+)?(\x1f|$))+'"
_PARTS = r"(tong|cong) ((theo )?linh vuc\b|trang \d)"  # 'Công Trang' is a name
_TOTAL = (
    rf"'^\W*(tong cong|tong so|luy ke|{_PARTS}|"
    r"(tong|cong)\W*[\d., ]*(ho so)?\W*(\x1f|$))'"
)
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
    if it has no receipt: see :func:`_hint`), ``dossier_id`` (hashed), ``code_damaged``, the raw
    texts of ``TEXTS`` (spaces after them may stand there still), and for each time ``<name>``
    (local, no zone), ``<name>_zoned`` (the instant, where a cell states a zone), ``<name>_left``
    (the text that could not be read) and ``<name>_by_year`` (:func:`.dates.moments_sql`).
    """
    times = {name: matched[name] for name in TIMES if name in matched}
    texts = [f"{begun(matched[name])} AS {name}" for name in TEXTS if name in matched]
    parts = [
        f"{number} AS sheet", f"{sheet.first_row} AS first_row", "problem",
        f"{_hint(sheet, matched)} AS hint", f"{_hash('code', key)} AS dossier_id",
        f"{_DAMAGED} AS code_damaged",
        *(["code"] if with_codes else []), *texts,
        *(f"{name}, {name}_zoned, {name}_left, {name}_by_year" for name in times),
    ]  # fmt: skip

    def copied() -> int:
        formats = formats_by_frequency(engine, sheet.view, times)
        rows = (
            f"SELECT *, {', '.join(moments_sql(name, zone, formats[name][0]) for name in times)} "
            f"FROM ({times_sql(sheet.untrimmed, times, formats)})"
        )
        cells = ", ".join(trimmed(cell) for cell in sheet.cells)
        seen = f"CASE WHEN received_at IS NULL THEN [{cells}] END AS seen"
        select = (
            f"SELECT {', '.join(parts)} FROM (SELECT *, {trimmed(matched['dossier_id'])} AS code, "
            f"{seen} FROM ({rows}))"
        )
        engine.execute(
            f"COPY ({select}) TO {literal(str(target))} (FORMAT parquet, COMPRESSION uncompressed)"
        )
        return engine.fetchall()[0][0]

    try:
        read_whole(sheet, copied)
    except duckdb.IOException as error:
        raise InputError(f"no room to read {sheet.path.name} ({error}); free some disk") from None
    return staged_rows([target])


def staged_rows(parts: Sequence[Path]) -> str:
    """Return the relation of staged rows of some files: each row with its number."""
    names = ", ".join(literal(str(part)) for part in parts)
    # Parquet keeps the order of the rows; counting them while parsing would cost the threads.
    return (
        "(SELECT * EXCLUDE (first_row, file_row_number), file_row_number + first_row AS row "
        f"FROM read_parquet([{names}], union_by_name = true, file_row_number = true))"
    )


def _hash(code: str, key: str) -> str:
    """Return the keyed hash of a code; a cell that stands for an empty one has none.

    The key goes in as 32 characters of its own hash (128 bits): with a code of up to 23
    characters that is one block of SHA-256 and not two, half the time of the most expensive
    thing there is to do with a row.
    """
    words = chain(*reference()["missing"].values())  # a failed formula is no code either
    shape = "|".join(re.escape(word.lower()) for word in words)
    # not a list: the engine makes a join of it, which loses the order of the rows
    missing = f"length({code}) < 16 AND regexp_full_match(lower({code}), {literal(shape)})"
    short = hashlib.sha256(key.encode()).hexdigest()[:32]
    return (
        f"CASE WHEN {code} IS NOT NULL AND NOT ({missing}) "
        f"THEN left(sha256({literal(short)} || {code}), 24) END"
    )


def _hint(sheet: Sheet, matched: Mapping[str, str]) -> str:
    """Return what a row is, if it turns out to have no readable date of receipt.

    It is asked of the list ``seen``: all cells of a row whose receipt was not read at once.
    ``blank``; ``repeated_header`` (the code, or every recognised cell, repeats its header);
    ``numbering`` (all cells are (1), (2), ...); ``total_line`` (its first cell says so);
    ``note``: a section heading, footer or signature, at most three filled cells, none of
    them a dossier code. A code has a digit and is not several words.
    """
    place = {cell: f"seen[{number}]" for number, cell in enumerate(sheet.cells, 1)}
    code, received = place[matched["dossier_id"]], place[matched["received_at"]]
    suspect = (
        f"({code} IS NULL OR {received} IS NULL OR length({received}) < 6 "
        f"OR {received} < '0' OR {received} >= ':')"
    )
    filled = "len(list_filter(seen, lambda cell: cell IS NOT NULL))"
    joined = "array_to_string(seen, chr(31))"
    header = dict(zip(sheet.cells, sheet.header, strict=True))
    repeats = " AND ".join(
        f"coalesce(contains({plain(literal(header[cell]))}, {plain(place[cell])}), true)"
        for cell in matched.values()
    )
    some = " OR ".join(f"{place[cell]} IS NOT NULL" for cell in matched.values())
    same = f"coalesce({plain(literal(header[matched['dossier_id']]))} = {plain(code)}, false)"
    no_code = (
        rf"({code} IS NULL OR NOT regexp_matches({code}, '\d') "
        rf"OR regexp_matches({code}, '\p{{L}}{{2,}}[ ,]+\p{{L}}{{2,}}'))"
    )
    return (
        f"CASE WHEN seen IS NULL OR NOT {suspect} THEN NULL WHEN {filled} = 0 THEN 'blank' "
        f"WHEN {same} OR (({some}) AND {repeats}) THEN 'repeated_header' "
        f"WHEN {filled} > 2 AND regexp_full_match({joined}, {_NUMBERING}) THEN 'numbering' "
        f"WHEN regexp_matches({plain(joined)}, {_TOTAL}) THEN 'total_line' "
        f"WHEN {filled} <= {_MOST_FILLED_IN_NOTE} AND {no_code} THEN 'note' END"
    )
