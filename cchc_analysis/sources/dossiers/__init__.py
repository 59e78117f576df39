"""Read exports of one-stop systems into the dossiers table.

Only recognised columns are read, so personal data never enters; the dossier code becomes a
keyed hash. Rows read = rows kept + rows refused + rows set aside. A row is refused only when a
field it cannot do without is unreadable, or a text of it holds personal data; an odd row
(result before receipt, no due date) is kept and flagged, because it is evidence. Set aside is
what is no dossier (blank rows, repeated headers, totals, notes) or a dossier that a later
export shows again; every kind is counted.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from cchc_analysis import gazetteer
from cchc_analysis.columns import DOSSIERS, InputError, check
from cchc_analysis.engines.embedded import connect
from cchc_analysis.periods import as_day
from cchc_analysis.sources.dossiers import codes, snapshots, summary
from cchc_analysis.sources.dossiers.files import export_files
from cchc_analysis.sources.dossiers.intake import Intake, Options, file_names, take_in
from cchc_analysis.sources.dossiers.judging import judged_sql
from cchc_analysis.sources.dossiers.lookup import require_replaceable
from cchc_analysis.sources.dossiers.quoting import literal
from cchc_analysis.sources.dossiers.staging import TIMES, staged_rows
from cchc_analysis.sources.dossiers.words import described, is_invented
from cchc_analysis.sources.headers import status_codes

LOCAL_ZONE = "Asia/Ho_Chi_Minh"
MEMORY = "1500MB"
"""Memory of the engine; what is larger goes to temporary files."""

__all__ = ["Reading", "read_dossiers"]


@dataclass(frozen=True)
class Reading:
    """What reading exports gave; counting functions take it as it is.

    Attributes
    ----------
    path
        The Parquet file of kept rows (columns of ``DOSSIERS``), in the order of the files.
    refused
        ``file``, ``sheet``, ``row`` (as numbered in the file), ``column``, ``reason``; no
        values from the file.
    changes
        Due dates and statuses that moved between exports of different days: ``dossier_id``,
        ``column``, ``before``, ``after``, ``before_source``, ``after_source``, ``before_on``,
        ``after_on``.
    summary
        Counts: ``read`` = ``kept`` + ``refused`` + ``set_aside`` over all and for each of
        ``sheets`` (with the columns matched and those not read), ``set_aside_as`` by kind,
        ``flags``, ``placeholders``, ``unknown_statuses`` (labels of no known code, each of at
        least five kept rows), ``unit`` (whose exports these are said to be),
        ``unit_rows`` (kept rows of it and of units below it; None without ``unit``),
        ``unknown_units`` (units in no list, with their rows; names without a word of a unit or
        office together), ``as_of`` (the latest day drawn), for each of ``files`` and
        ``sheets`` its ``drawn_on`` and ``drawn_on_from``, ``first_on``, ``last_on``, and
        lateness of the finished rows ``late_by_date`` (the rule) and ``late_by_instant`` of
        ``finished``.
    """

    path: Path
    refused: pd.DataFrame
    changes: pd.DataFrame
    summary: dict[str, object]
    _folder: tempfile.TemporaryDirectory | None = field(default=None, repr=False)

    @property
    def dossiers(self) -> pd.DataFrame:
        """The kept rows, loaded."""
        return check(pd.read_parquet(self.path), DOSSIERS, where=str(self.path))


def read_dossiers(
    path: str | Path | Sequence[str | Path],
    *,
    columns: Mapping[str, str] | None = None,
    statuses: Mapping[str, int] | None = None,
    sheet: str | None = None,
    unit: str | None = None,
    zone: str | None = None,
    as_of: date | str | None = None,
    out: str | Path | None = None,
    key: str | Path | None = None,
    lookup: str | Path | None = None,
) -> Reading:
    """Read exports (CSV, TSV, xlsx, xls, Parquet) into the dossiers table, as one history.

    Each file is a snapshot drawn on one day: that of ``as_of``, else the 'đến ngày' of its
    title rows where that can be it, else the last day on which anything happens in it
    (:mod:`~.drawing`). Sheets of a workbook whose titles state different days are snapshots of
    their own. A dossier counts once, as the latest snapshot shows it; what moved is in
    ``changes``. Files are taken in the order of their paths, which decides ties
    (:func:`~.snapshots.settle`).

    Dates are dd/mm/yyyy, ISO, Excel's day numbers or Vietnamese text, with or without a time.
    Times without a zone are local; those with one are converted to ``zone`` before any date is
    taken from them. A column that holds a date that can only be month/day refuses its file.

    Misleads: only the shape of numbers and addresses tells personal data in a text that is
    kept, see :mod:`cchc_analysis.sources.privacy`. A due date that was moved before the first
    export cannot be seen to have moved.

    Parameters
    ----------
    path
        A file, a folder (every export in it, at any depth), or several of either. A header
        row may stand under title rows.
    columns
        Our column names to the file's headers, for headers that are not recognised. Keys are
        columns of ``DOSSIERS``; ``unit_id`` is the unit that resolves.
    statuses
        Status labels to national codes (1 to 10), for labels that are not recognised
        (``unknown_statuses`` of the summary names them) or that this office means otherwise.
    sheet
        The only sheet of each workbook to read; all that are lists of dossiers if not given.
    unit
        Whose exports these are, by name or unit_id: the unit of rows that name none, and where
        names of units are looked up first.
    zone
        Zone of the office, such as ``Europe/Amsterdam``; Vietnam if not given.
    as_of
        The day on which all the files were drawn. Then they are parts of one snapshot.
    out
        Folder for ``dossiers.parquet``, ``refused.csv``, ``changes.csv`` and
        ``summary.json``; a temporary one, gone with the reading, if not given.
    key
        File with the key that hashes dossier codes; made in the user's configuration folder
        if not given. The same key gives the same hash, so that snapshots can be matched.
    lookup
        Workbook to write that lists code and hash, for the desk alone.

    Returns
    -------
    Reading

    Raises
    ------
    InputError
        If a file is missing, empty, broken, in a legacy encoding, lacks a needed column, or
        has a column of dates that contradicts its format; if the key is empty, cannot be kept
        or would lie in ``out``; if ``lookup`` is a file that is no list of codes.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> export = pd.DataFrame({
    ...     "Mã hồ sơ": ["H1", "H2"], "Người nộp": "A", "Đơn vị giải quyết": "Xã Mẫu",
    ...     "Ngày nhận": ["02/01/2024", "32/01/2024"], "Ngày hẹn trả": "09/01/2024",
    ... })
    >>> with TemporaryDirectory() as folder:
    ...     export.to_csv(f"{folder}/export.csv", index=False)
    ...     reading = read_dossiers(f"{folder}/export.csv", key=f"{folder}/dossiers.key")
    >>> reading.refused[["file", "row", "column"]]  # the header is row 1
             file  row       column
    0  export.csv    3  received_at
    """
    out, lookup = Path(out) if out else None, Path(lookup) if lookup else None
    key = Path(key) if key else codes.default_key()
    codes.keep_apart(key, out, "key")
    if lookup is not None:
        codes.keep_apart(lookup, out, "list of codes")
        codes.require_workbook(lookup)
        require_replaceable(lookup)
    files, not_read = export_files(path, not_read=[key, *([lookup] if lookup else [])])
    options = Options(
        columns=columns,
        statuses=status_codes(statuses),
        sheet=sheet,
        unit=_unit(unit),
        zone=zone or LOCAL_ZONE,
        as_of=as_day(as_of).date() if as_of is not None else None,
        key=codes.read_key(key),
        with_codes=lookup is not None,
    )
    with tempfile.TemporaryDirectory(prefix="cchc-") as work, connect() as engine:
        _prepare(engine, Path(work), options.zone)
        intake = take_in(engine, files, Path(work), options)
        source = _source(files)
        zoned = _judge(engine, intake, Path(work), options, source)
        in_order = snapshots.settle(engine, intake)
        pairs = _codes(engine) if lookup is not None else []
        about = summary.About(source, options.zone, zoned, not_read)
        reading = _written(engine, intake, out, about, in_order=in_order)
        if lookup is not None:
            codes.write_lookup(lookup, pairs)
    return reading


def _prepare(engine: duckdb.DuckDBPyConnection, work: Path, zone: str) -> None:
    """Bound the engine's memory, and refuse a zone it does not know."""
    engine.execute(f"SET memory_limit = '{MEMORY}'")
    engine.execute(f"SET temp_directory = {literal(str(work / 'spill'))}")
    known = engine.execute(
        "SELECT COUNT(*) FROM pg_timezone_names() WHERE name = ?", [zone]
    ).fetchall()[0]
    if not known[0]:
        raise InputError(f"unknown time zone {zone!r}; give one such as {LOCAL_ZONE}")


def _unit(name: str | None) -> str | None:
    """Return the unit whose exports these are; one that no list has keeps its name.

    Raises
    ------
    InputError
        If several units bear the name, or none but some are called almost so.
    """
    if name is None or is_invented(name):
        return name
    if gazetteer.units_called(name):
        return gazetteer.find_unit(name)
    if near := gazetteer.units_like(name):
        raise InputError(
            f"unit {name!r} is in no list of units; nearest: {described(near)}; write one of "
            "these, or give a unit that no list has with the unit above it after its name, "
            "such as 'xã Tân Kim, huyện Cần Giuộc'"
        )
    return name


def _source(files: Sequence[Path]) -> str:
    """Return what the rows of a history are said to come from: one source, or cells would split."""
    first, *others = file_names(files)
    return f"{first} (+{len(others)})" if others else first


def _judge(
    engine: duckdb.DuckDBPyConnection, intake: Intake, work: Path, options: Options, source: str
) -> bool:
    """Make the views ``staged`` and ``judged``; say whether some cell states a zone."""
    words = intake.register(engine)
    parts = sorted(work.glob("[0-9]*.parquet"), key=lambda part: int(part.stem))
    engine.execute(f"CREATE TEMP VIEW staged AS FROM {staged_rows(parts)}")
    times = [name for name in TIMES if name in intake.there]
    zoned = [f"count({name}_zoned)" for name in times]
    stated = engine.execute(f"SELECT {' + '.join(zoned)} FROM staged").fetchall()[0][0]
    select = judged_sql(
        "staged", words, times, intake.left, source=source, unit=options.unit,
        zone=options.zone if stated else None,
    )  # fmt: skip
    engine.execute(f"CREATE TEMP VIEW judged AS {select}")
    return bool(stated)


def _written(
    engine: duckdb.DuckDBPyConnection,
    intake: Intake,
    out: Path | None,
    about: summary.About,
    *,
    in_order: bool,
) -> Reading:
    """Write what the reading gave; an earlier reading stays until all of it is there."""
    folder = None if out else tempfile.TemporaryDirectory(prefix="cchc-")
    target = Path(out or folder.name)
    target.mkdir(parents=True, exist_ok=True)
    unfinished = {
        name: target / f"{name}.part"
        for name in ("dossiers.parquet", "refused.csv", "changes.csv", "summary.json")
    }
    kept = literal(str(unfinished["dossiers.parquet"]))
    try:
        engine.execute(
            f"COPY (SELECT {', '.join(DOSSIERS.names)} FROM settled "
            f"WHERE reason IS NULL AND aside IS NULL {'' if in_order else 'ORDER BY sheet, row'}) "
            f"TO {kept} (FORMAT parquet)"
        )
    except duckdb.IOException as error:
        raise InputError(f"{target}: cannot be written ({error})") from None
    engine.execute(f"CREATE TEMP VIEW kept AS SELECT * FROM read_parquet({kept})")
    refused, moved = summary.refused_rows(engine, intake), snapshots.changes(engine)
    counts = summary.summarise(engine, intake, about)
    refused.to_csv(unfinished["refused.csv"], index=False)
    moved.to_csv(unfinished["changes.csv"], index=False)
    text = json.dumps(counts, ensure_ascii=False, indent=2)
    unfinished["summary.json"].write_text(text + "\n", encoding="utf-8")
    for name, part in unfinished.items():
        part.replace(target / name)
    return Reading(target / "dossiers.parquet", refused, moved, counts, folder)


def _codes(engine: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Return every code with its hash, of all rows that have one."""
    engine.execute(
        "SELECT DISTINCT code, dossier_id FROM staged WHERE dossier_id IS NOT NULL ORDER BY code"
    )
    found = engine.fetchall()
    if len(found) > codes.MOST_CODES:
        raise InputError(
            f"{len(found)} codes do not fit one workbook; read fewer files with a lookup"
        )
    return found
