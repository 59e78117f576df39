"""Read a one-stop system's export into the dossiers table.

Only recognised columns are read, so personal data never enters; the dossier code becomes a
keyed hash. Rows read = rows kept + rows refused + blank rows set aside. A row is refused only
when a field it cannot do without is unreadable; an odd row (result before receipt, no due
date) is kept and flagged, because it is evidence.
"""

from __future__ import annotations

import json
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pandas as pd

from cchc_analysis.columns import DOSSIERS, InputError, check
from cchc_analysis.engines.embedded import connect
from cchc_analysis.sources import headers
from cchc_analysis.sources.sheets import Sheet, open_sheet

LOCAL_ZONE = "Asia/Ho_Chi_Minh"
NEEDED = ("dossier_id", "unit_id", "received_at", "due_at")
_TEXTS = ("receiving_unit_id", "field", "procedure", "level")
_TIMES = tuple(column.name for column in DOSSIERS.columns if column.kind == "time")
_SWITCHES = tuple(column.name for column in DOSSIERS.columns if column.kind == "flag")
_FORMATS = [
    f"{day}{time}"
    for day in ("%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y")
    for time in (" %H:%M", "", " %H:%M:%S", " %H:%M:%S.%f")
]
_ZONED = r"':\d\d(\.\d+)? ?(Z|[+-]\d\d(:?\d\d)?)$'"


@dataclass(frozen=True)
class Reading:
    """What reading an export gave; counting functions take it as it is.

    Attributes
    ----------
    path
        The Parquet file of kept rows (columns of ``DOSSIERS``).
    refused
        ``file``, ``sheet``, ``row`` (as numbered in the file), ``column``, ``reason``; no
        values from the file.
    summary
        Counts: ``read`` = ``kept`` + ``refused`` + ``set_aside``, ``flags``, ``columns``
        matched and dropped, ``first_on``, ``last_on``, and lateness of the finished rows
        ``late_by_date`` (the rule) and ``late_by_instant`` of ``finished``.
    """

    path: Path
    refused: pd.DataFrame
    summary: dict[str, object]
    _folder: tempfile.TemporaryDirectory | None = field(default=None, repr=False)

    @property
    def dossiers(self) -> pd.DataFrame:
        """The kept rows, loaded."""
        return check(pd.read_parquet(self.path), DOSSIERS, where=str(self.path))


def read_dossiers(
    path: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    zone: str | None = None,
    out: str | Path | None = None,
    key: str | Path | None = None,
) -> Reading:
    """Read an export (CSV, xlsx or Parquet) into the dossiers table.

    Dates are dd/mm/yyyy or ISO, with or without a time. Times without a zone are local;
    those with one are converted to ``zone`` before any date is taken from them.

    Parameters
    ----------
    path
        The file. A header row may stand under title rows.
    columns
        Our column names to the file's headers, for headers that are not recognised. Keys are
        columns of ``DOSSIERS``; ``unit_id`` is the unit that resolves.
    zone
        Zone of the office, such as ``Europe/Amsterdam``; Vietnam if not given.
    out
        Folder for ``dossiers.parquet``, ``refused.csv`` and ``summary.json``; a temporary
        one, gone with the reading, if not given.
    key
        File with the key that hashes dossier codes; made in the user's configuration folder
        if not given. The same key gives the same hash, so that snapshots can be matched.

    Returns
    -------
    Reading

    Raises
    ------
    InputError
        If the file is missing, empty, broken, or lacks a needed column, or the key is empty.
    """
    path = Path(path)
    local = zone or LOCAL_ZONE
    with connect() as engine:
        sheet = open_sheet(engine, path, lambda row: headers.match(row, columns))
        matched = headers.match_or_explain(sheet, columns, NEEDED)
        _check_zone(engine, local)
        zoned = _zoned_columns(engine, matched)
        typed = _typed_sql(matched, zoned, local, _key(key))
        engine.execute(f"CREATE TEMP TABLE typed AS {typed}")
        engine.execute(f"CREATE TEMP TABLE judged AS {_judged_sql(str(path.name))}")
        folder = None if out else tempfile.TemporaryDirectory(prefix="cchc-")
        target = Path(out or folder.name)
        target.mkdir(parents=True, exist_ok=True)
        refused = _refused(engine, path, sheet)
        summary = _summary(engine, path, sheet, matched, local)
        names = ", ".join(DOSSIERS.names)
        unfinished = target / "dossiers.parquet.part"
        try:
            engine.execute(
                f"COPY (SELECT {names} FROM judged WHERE reason IS NULL ORDER BY row) "
                f"TO {_text(str(unfinished))} (FORMAT parquet)"
            )
        except duckdb.IOException as error:
            raise InputError(f"{unfinished}: cannot be written ({error})") from None
        unfinished.replace(target / "dossiers.parquet")
    if out:
        refused.to_csv(target / "refused.csv", index=False)
        text = json.dumps(summary, ensure_ascii=False, indent=2)
        (target / "summary.json").write_text(text + "\n", encoding="utf-8")
    return Reading(target / "dossiers.parquet", refused, summary, folder)


def _zoned_columns(engine: duckdb.DuckDBPyConnection, matched: Mapping[str, str]) -> set[str]:
    """Return the time columns in which some cell carries a zone, as in 13:42:22+02:00."""
    names = [name for name in _TIMES if name in matched]
    tests = ", ".join(f"bool_or(regexp_matches({matched[name]}, {_ZONED}))" for name in names)
    found = engine.execute(f"SELECT {tests} FROM cells").fetchone()
    return {name for name, zoned in zip(names, found, strict=True) if zoned}


def _typed_sql(matched: Mapping[str, str], zoned: set[str], zone: str, key: str) -> str:
    """Return the SELECT that gives each recognised column its type; unread ones are NULL.

    A time is kept as local. ``<name>_instant`` beside it is the same instant with its zone
    where the file carries zones, so that it orders times across a change of the clock.
    """

    def cell(name: str) -> str:
        return f"nullif(trim({matched[name]}), '')" if name in matched else "NULL::VARCHAR"

    def label(name: str, section: str) -> str:
        return headers.label_sql(cell(name), section)

    def time(name: str) -> list[str]:
        text, local = cell(name), f"try_strptime({cell(name)}, {_FORMATS})"
        instant = f"timezone({_text(zone)}, {name})" if zoned else name
        if name in zoned:
            has_zone = f"regexp_matches({text}, {_ZONED})"
            stated = f"TRY_CAST({text} AS TIMESTAMPTZ)"
            local = f"CASE WHEN {has_zone} THEN timezone({_text(zone)}, {stated}) ELSE {local} END"
            instant = f"CASE WHEN {has_zone} THEN {stated} ELSE {instant} END"
        shown = [f"{local} AS {name}", f"{text} IS NOT NULL AS has_{name}"]
        return [*shown, f"{instant} AS {name}_instant"]

    parts = [f"CASE WHEN {cell('dossier_id')} IS NOT NULL THEN "
             f"left(sha256({_text(key)} || {cell('dossier_id')}), 24) END AS dossier_id",
             f"nfc_normalize({cell('unit_id')}) AS unit_id",
             f"TRY_CAST({label('status', 'status')} AS INTEGER) AS status",
             f"nfc_normalize({cell('status')}) AS status_raw",
             f"CASE WHEN {cell('channel')} IS NULL THEN NULL "
             f"ELSE coalesce({label('channel', 'channel')}, 'other') END AS channel"]  # fmt: skip
    parts += [f"nfc_normalize({cell(name)}) AS {name}" for name in _TEXTS]
    parts += [f"TRY_CAST({label(name, 'flag')} AS BOOLEAN) AS {name}" for name in _SWITCHES]
    parts += [part for name in _TIMES for part in time(name)]
    return f"SELECT row, blank, {', '.join(parts)} FROM cells"


def _judged_sql(source: str) -> str:
    """Return the SELECT that adds to each row why it is refused, and what is odd about it."""
    accepted = "coalesce(status, 0) NOT IN (1, 3)"
    end, end_on = (
        "coalesce(result_at, returned_at)",
        "CAST(coalesce(result_at, returned_at) AS DATE)",
    )
    timed = f"{end} <> CAST({end_on} AS TIMESTAMP)"
    flags = {
        "no_due_date": f"NOT has_due_at AND {accepted}",
        "received_in_future": "received_at > CAST(now() AS TIMESTAMP) + INTERVAL 1 DAY",
        "due_before_receipt": "CAST(due_at AS DATE) < CAST(received_at AS DATE)",
        "result_before_receipt": f"CASE WHEN {timed} THEN "
        "coalesce(result_at_instant, returned_at_instant) < received_at_instant "
        f"ELSE {end_on} < CAST(received_at AS DATE) END",
        "finished_without_date": f"status IN (9, 10) AND {end} IS NULL",
        "result_but_unfinished": "status IN (2, 4) AND result_at IS NOT NULL",
        "duplicate_code": "COUNT(*) OVER (PARTITION BY dossier_id) > 1",
        "unknown_status": "status IS NULL AND status_raw IS NOT NULL",
        "unknown_channel": "channel = 'other'",
    } | {f"unreadable_{name}": f"has_{name} AND {name} IS NULL" for name in _TIMES}
    flagged = ", ".join(f"CASE WHEN {test} THEN '{name}' END" for name, test in flags.items())
    refusals = {
        "dossier_id|no dossier code": "dossier_id IS NULL",
        "unit_id|no unit that resolves": "unit_id IS NULL",
        "received_at|not a date": "has_received_at AND received_at IS NULL",
        "received_at|no date of receipt": f"NOT has_received_at AND {accepted}",
    }
    reason = " ".join(f"WHEN {test} THEN '{name}'" for name, test in refusals.items())
    return (
        f"SELECT *, CASE {reason} END AS reason, "
        f"coalesce(nullif(concat_ws(';', {flagged}), ''), NULL) AS flags, "
        f"{_text(source)} AS source FROM typed WHERE NOT blank"
    )


def _refused(engine: duckdb.DuckDBPyConnection, path: Path, sheet: Sheet) -> pd.DataFrame:
    """Return the refused rows with place and reason, without a value from the file."""
    rows = engine.sql(
        "SELECT row, split_part(reason, '|', 1) AS \"column\", "
        "split_part(reason, '|', 2) AS reason "
        "FROM judged WHERE reason IS NOT NULL ORDER BY row"
    ).df()
    rows.insert(0, "file", _inert(path.name))
    rows.insert(1, "sheet", _inert(sheet.name))
    return rows


def _summary(
    engine: duckdb.DuckDBPyConnection,
    path: Path,
    sheet: Sheet,
    matched: Mapping[str, str],
    zone: str,
) -> dict[str, object]:
    """Return the counts that show that nothing was lost."""
    kept = "FILTER (WHERE reason IS NULL)"
    ended = "received_at IS NOT NULL AND coalesce(result_at, returned_at) IS NOT NULL"
    counts = engine.sql(
        f"SELECT (SELECT COUNT(*) FROM cells) AS read, COUNT(*) {kept} AS kept, "
        "COUNT(*) FILTER (WHERE reason IS NOT NULL) AS refused, "
        "(SELECT COUNT(*) FROM cells WHERE blank) AS set_aside, "
        f"CAST(MIN(received_at) {kept} AS DATE)::VARCHAR AS first_on, "
        f"CAST(MAX(received_at) {kept} AS DATE)::VARCHAR AS last_on, "
        f"COUNT(*) FILTER (WHERE reason IS NULL AND {ended}) AS finished, "
        f"COUNT(*) FILTER (WHERE reason IS NULL AND {ended} AND "
        "CAST(coalesce(result_at, returned_at) AS DATE) > CAST(due_at AS DATE)) AS late_by_date, "
        f"COUNT(*) FILTER (WHERE reason IS NULL AND {ended} AND "
        "coalesce(result_at_instant, returned_at_instant) > due_at_instant) AS late_by_instant "
        "FROM judged"
    ).df()
    flags = engine.sql(
        "SELECT flag, COUNT(*) AS n FROM (SELECT unnest(string_split(flags, ';')) AS flag "
        "FROM judged WHERE reason IS NULL AND flags IS NOT NULL) GROUP BY flag ORDER BY flag"
    ).fetchall()
    values = json.loads(counts.to_json(orient="records"))[0]
    headers_by_cell = dict(zip(sheet.cells, sheet.header, strict=True))
    return {
        "file": path.name,
        "sheet": sheet.name,
        "header_row": sheet.header_row,
        "zone": zone,
        **values,
        "flags": dict(flags),
        "columns": {name: headers_by_cell[cell] for name, cell in matched.items()},
        "columns_not_read": [
            header for cell, header in headers_by_cell.items() if cell not in matched.values()
        ],
    }


def _check_zone(engine: duckdb.DuckDBPyConnection, zone: str) -> None:
    known = engine.execute(
        "SELECT COUNT(*) FROM pg_timezone_names() WHERE name = ?", [zone]
    ).fetchone()
    if not known[0]:
        raise InputError(f"unknown time zone {zone!r}; give one such as {LOCAL_ZONE}")


def _key(path: str | Path | None) -> str:
    """Return the secret that hashes dossier codes, made on first use, outside any output."""
    place = Path(path) if path else Path.home() / ".config" / "cchc_analysis" / "dossiers.key"
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch(mode=0o600)
        place.write_text(secrets.token_hex(32), encoding="ascii")
    secret = place.read_text(encoding="ascii").strip()
    if not secret:  # without it the codes could be found by hashing all of them
        raise InputError(f"{place}: the key is empty; delete the file, and a new one is made")
    return secret


def _inert(name: str) -> str:
    """Return a name that a spreadsheet will not take for a formula."""
    return f"'{name}" if name.startswith(("=", "+", "-", "@")) else name


def _text(value: str) -> str:
    """Return ``value`` as an SQL string literal."""
    return "'" + value.replace("'", "''") + "'"
