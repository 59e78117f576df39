"""Take in the files of one reading, one after another: staged rows, words, dates of drawing."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from cchc_analysis.sources import headers
from cchc_analysis.sources.dossiers import mapping
from cchc_analysis.sources.dossiers.dates import read_left, unmarked
from cchc_analysis.sources.dossiers.staging import TEXTS, TIMES, stage
from cchc_analysis.sources.dossiers.words import Words
from cchc_analysis.sources.sheets import Sheet, open_sheets

_LOG = logging.getLogger("cchc_analysis.sources.dossiers")
_TITLE_DAY = re.compile(
    r"den(?: het)?(?: ngay)? (\d{1,2})(?:[/.-]| thang )(\d{1,2})(?:[/.-]| nam )(\d{4})"
)


@dataclass(frozen=True)
class Options:
    """How all files of one reading are read."""

    columns: Mapping[str, str] | None
    sheet: str | None
    unit: str | None
    zone: str
    as_of: date | None
    key: str
    with_codes: bool


@dataclass(frozen=True)
class Taken:
    """One sheet taken in.

    Attributes
    ----------
    number
        Its number in the reading.
    file
        What the file is called in messages and tables.
    sheet
        The sheet.
    matched
        Our columns to the sheet's cells.
    staged
        The relation of its staged rows.
    sheets_not_read
        Sheets of the file that are no lists of dossiers, with their number of rows.
    """

    number: int
    file: str
    sheet: Sheet
    matched: dict[str, str]
    staged: str
    sheets_not_read: dict[str, int]


@dataclass
class Intake:
    """What all files gave.

    Attributes
    ----------
    taken
        The sheets.
    drawn
        Of each file the day on which it was drawn, and where that is known from.
    words
        The distinct words of the text columns.
    moments
        Times read value by value: sheet, column, text, moment, whether it means empty.
    """

    words: Words
    taken: list[Taken] = field(default_factory=list)
    drawn: dict[str, tuple[date | None, str]] = field(default_factory=dict)
    moments: list[tuple[int, str, str, datetime | None, bool]] = field(default_factory=list)

    @property
    def there(self) -> set[str]:
        """Our columns that some sheet has."""
        return {name for taken in self.taken for name in taken.matched}

    @property
    def left(self) -> list[str]:
        """Times of which some text was read value by value."""
        return sorted({name for _, name, *_ in self.moments})

    def register(self, engine: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
        """Make the lookup tables, the table ``sheets`` and the variable ``drawn_on``.

        Returns
        -------
        dict
            As :meth:`Words.register`.
        """
        for name in self.left:
            found = [moment for moment in self.moments if moment[1] == name]
            keys = [f"{number}|{text}" for number, _, text, _, _ in found]
            at = pa.array([at for *_, at, _ in found], pa.timestamp("us"))
            missing = pa.array([missing for *_, missing in found], pa.bool_())
            mapping.define(engine, f"moments_{name}", keys, {"at": at, "missing": missing})
        drawn = [self.drawn[taken.file][0] for taken in self.taken]
        sheets = {
            "sheet": pa.array([taken.number for taken in self.taken], pa.int32()),
            "file": pa.array([taken.file for taken in self.taken], pa.string()),
            "drawn_on": pa.array(drawn, pa.date32()),
        }
        engine.register("sheets", pa.table(sheets))
        engine.execute("SET VARIABLE drawn_on = (SELECT list(drawn_on ORDER BY sheet) FROM sheets)")
        return self.words.register(engine)


def take_in(
    engine: duckdb.DuckDBPyConnection, files: Sequence[Path], folder: Path, options: Options
) -> Intake:
    """Stage every sheet of every file in ``folder``.

    Raises
    ------
    InputError
        For the first file that cannot be used.
    """
    intake = Intake(Words(options.unit))
    names = file_names(files)
    for number, (path, name) in enumerate(zip(files, names, strict=True), 1):
        _LOG.info("reading %d/%d %s ...", number, len(files), name)
        sheets, others = open_sheets(
            engine,
            path,
            lambda row: headers.match(row, options.columns),
            sheet=options.sheet,
            prefix=f"cells{number}_",
            proven=False,
        )
        taken = [
            _take_sheet(engine, sheet, name, others, folder, intake, options) for sheet in sheets
        ]
        intake.drawn[name] = _drawn_on(engine, taken, intake, options)
    return intake


def file_names(files: Sequence[Path]) -> list[str]:
    """Return what each file is called: its name, with its folder where two share it.

    Examples
    --------
    >>> file_names([Path("a/x.csv"), Path("b/x.csv"), Path("b/y.csv")])
    ['a/x.csv', 'b/x.csv', 'y.csv']
    """
    shared = Counter(path.name for path in files)
    return [
        path.name if shared[path.name] == 1 else f"{path.parent.name}/{path.name}" for path in files
    ]


def _take_sheet(
    engine: duckdb.DuckDBPyConnection,
    sheet: Sheet,
    file: str,
    others: dict[str, int],
    folder: Path,
    intake: Intake,
    options: Options,
) -> Taken:
    """Stage one sheet, and take in its words and the dates that need a closer look."""
    matched = headers.match_or_explain(sheet, options.columns, unit_given=bool(options.unit))
    number = len(intake.taken) + 1
    staged = stage(
        engine, sheet, matched, folder / f"{number}.parquet", number=number, key=options.key,
        zone=options.zone, with_codes=options.with_codes,
    )  # fmt: skip
    for view in (sheet.view, sheet.untrimmed):
        engine.execute(f"DROP VIEW {view}")
    header = dict(zip(sheet.cells, sheet.header, strict=True))
    place = f"{file}" + (f", sheet {sheet.name!r}" if sheet.name else "")
    for name in matched:
        where = f"{place}, column {header[matched[name]]!r}"
        if name in TEXTS:
            intake.words.learn(engine, staged, name, where)
        if name in TIMES:
            left = read_left(engine, staged, name, where)
            intake.moments += [(number, name, *moment) for moment in left]
    taken = Taken(number, file, sheet, matched, staged, others)
    intake.taken.append(taken)
    return taken


def _drawn_on(
    engine: duckdb.DuckDBPyConnection, taken: Sequence[Taken], intake: Intake, options: Options
) -> tuple[date | None, str]:
    """Return the day a file was drawn, and where that is known from."""
    if options.as_of is not None:
        return options.as_of, "given"
    titled = [day for one in taken if (day := title_day(one.sheet.title)) is not None]
    if titled:
        return max(titled), "title"
    days = [day for one in taken if (day := _last_event(engine, one, intake)) is not None]
    return (max(days), "last event") if days else (None, "unknown")


def title_day(title: Sequence[str]) -> date | None:
    """Return the last day that the title rows name as the end of the period.

    Examples
    --------
    >>> title_day(["BÁO CÁO", "Từ ngày 01/01/2024 đến ngày 31/01/2024"])
    datetime.date(2024, 1, 31)
    >>> title_day(["(Số liệu tính đến ngày 5 tháng 2 năm 2024)"]), title_day(["Quý I"])
    (datetime.date(2024, 2, 5), None)
    """
    days = []
    for text in title:
        for day, month, year in _TITLE_DAY.findall(unmarked(text)):
            try:
                days.append(date(int(year), int(month), int(day)))
            except ValueError:
                continue  # 31/02: no day at all, so the events of the file decide
    return max(days, default=None)


def _last_event(engine: duckdb.DuckDBPyConnection, taken: Taken, intake: Intake) -> date | None:
    """Return the last day, not in the future, on which anything happens in a sheet."""
    events = [n for n in ("received_at", "result_at", "returned_at") if n in taken.matched]
    now = datetime.now()
    latest = ", ".join(
        f"max({n}) FILTER (WHERE {n} <= TIMESTAMP '{now:%Y-%m-%d %H:%M:%S}')" for n in events
    )
    found = engine.execute(f"SELECT {latest} FROM {taken.staged}").fetchall()[0]
    moments = [
        at for number, name, _, at, _ in intake.moments
        if number == taken.number and name in events and at is not None and at <= now
    ]  # fmt: skip
    known = [at for at in (*found, *moments) if at is not None]
    return max(known).date() if known else None
