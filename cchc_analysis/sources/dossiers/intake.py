"""Take in the files of one reading, one after another: staged rows, words, dates of drawing."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from cchc_analysis.columns import InputError
from cchc_analysis.sources import headers
from cchc_analysis.sources.dossiers import mapping
from cchc_analysis.sources.dossiers.dates import read_left
from cchc_analysis.sources.dossiers.drawing import Drawn, drawn_days, last_event, title_day
from cchc_analysis.sources.dossiers.staging import TEXTS, TIMES, stage
from cchc_analysis.sources.dossiers.words import Words
from cchc_analysis.sources.sheets import Sheet, open_sheets
from cchc_analysis.sources.sheets.workbook import LIST_NEEDS, RECEIPT

_LOG = logging.getLogger("cchc_analysis.sources.dossiers")


@dataclass(frozen=True)
class Options:
    """How all files of one reading are read."""

    columns: Mapping[str, str] | None
    statuses: Mapping[str, str]
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
        Of each sheet, by number, the day on which it was drawn.
    words
        The distinct words of the text columns.
    moments
        Times read value by value: sheet, column, text, moment, whether it means empty.
    """

    words: Words
    taken: list[Taken] = field(default_factory=list)
    drawn: dict[int, Drawn] = field(default_factory=dict)
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
        sheets = {
            "sheet": pa.array([taken.number for taken in self.taken], pa.int32()),
            "snapshot": pa.array([self.snapshot(taken) for taken in self.taken], pa.string()),
        }
        engine.register("sheets", pa.table(sheets))
        self.set_drawn_on(engine)
        return self.words.register(engine)

    def snapshot(self, taken: Taken) -> str:
        """Return what the drawing of a sheet is called: its file, or it too if others differ."""
        days = {self.drawn[one.number].day for one in self.taken if one.file == taken.file}
        return taken.file if len(days) == 1 else f"{taken.file}, {taken.sheet.name}"

    def set_drawn_on(self, engine: duckdb.DuckDBPyConnection) -> None:
        """Set the variable ``drawn_on``: the days of drawing, by number of the sheet."""
        days = [f"DATE '{drawn.day}'" if drawn.day else "NULL" for drawn in self.drawn.values()]
        engine.execute(f"SET VARIABLE drawn_on = [{', '.join(days)}]::DATE[]")


def take_in(
    engine: duckdb.DuckDBPyConnection, files: Sequence[Path], folder: Path, options: Options
) -> Intake:
    """Stage every sheet of every file in ``folder``.

    Raises
    ------
    InputError
        For the first file that cannot be used.
    """
    intake = Intake(Words(options.unit, options.statuses))
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
        drawn = _drawn(engine, taken, intake, options)
        intake.drawn |= {one.number: day for one, day in zip(taken, drawn, strict=True)}
    return intake


def file_names(files: Sequence[Path]) -> list[str]:
    """Return what each file is called: its name, with as many folders as tell it from others.

    Examples
    --------
    >>> file_names([Path("a/x.csv"), Path("b/x.csv"), Path("b/y.csv")])
    ['a/x.csv', 'b/x.csv', 'y.csv']
    >>> file_names([Path("a/2023/12/x.csv"), Path("a/2024/12/x.csv"), Path("a/2024/01/x.csv")])
    ['2023/12/x.csv', '2024/12/x.csv', '2024/01/x.csv']
    """
    names = [path.name for path in files]
    alike: dict[str, list[int]] = {}
    for number, name in enumerate(names):
        alike.setdefault(name, []).append(number)
    for numbers in alike.values():
        depth = 1
        while len({names[number] for number in numbers}) < len(numbers):
            depth += 1
            for number in numbers:
                names[number] = Path(*files[number].parts[-depth:]).as_posix()
    return names


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
    header = dict(zip(sheet.cells, sheet.header, strict=True))
    place = f"{file}" + (f", sheet {sheet.name!r}" if sheet.name else "")
    for name in matched:
        where = f"{place}, column {header[matched[name]]!r}"
        if name in TEXTS:
            intake.words.learn(engine, staged, name, where)
        if name in TIMES:
            left = list(read_left(engine, staged, name, where))
            intake.moments += [(number, name, *moment) for moment in left]
            if name == RECEIPT:
                texts = [text for text, *_ in left if headers.match([text], options.columns)]
                _refuse_other_order(engine, sheet, matched, texts, options.columns, place)
    for view in (sheet.view, sheet.untrimmed):
        engine.execute(f"DROP VIEW {view}")
    taken = Taken(number, file, sheet, matched, staged, others)
    intake.taken.append(taken)
    return taken


def _refuse_other_order(
    engine: duckdb.DuckDBPyConnection,
    sheet: Sheet,
    matched: Mapping[str, str],
    texts: Sequence[str],
    columns: Mapping[str, str] | None,
    place: str,
) -> None:
    """Refuse a sheet with a second table below whose columns stand elsewhere.

    Its dates would be read as others: a due date as the day of receipt.

    Parameters
    ----------
    engine, sheet, matched
        The engine, the sheet, and our columns to its cells.
    texts
        Headers that stand in the column of the receipt, below the header.
    columns
        The column map.
    place
        File and sheet, for the message.
    """
    if not texts:
        return
    engine.execute(
        f"SELECT row, {', '.join(sheet.cells)} FROM {sheet.view} "
        f"WHERE {matched[RECEIPT]} IN (SELECT unnest(?)) ORDER BY row",
        [texts],
    )
    while found := engine.fetchone():
        row, *cells = found
        places = headers.match([text or "" for text in cells], columns)
        if not set(places) >= LIST_NEEDS:  # one row of a header in two rows, not all of it
            continue
        at = {name: int(cell[1:]) for name, cell in places.items()}
        # what stands before an empty cell may head a group, of which the row below says more
        names = {sheet.cells[i]: name for name, i in at.items() if all(cells[i + 1 : i + 2])}
        for name, cell in matched.items():
            if names.get(cell, name) != name:
                raise InputError(
                    f"{place}, row {row}: a second header has its columns in another order, found "
                    f"{names[cell]} where row {sheet.header_row} has {name}, expected one table; "
                    "put each table on a sheet of its own"
                )


def _drawn(
    engine: duckdb.DuckDBPyConnection, taken: Sequence[Taken], intake: Intake, options: Options
) -> list[Drawn]:
    """Return when each sheet of a file was drawn."""
    if options.as_of is not None:
        return [Drawn(options.as_of, "given")] * len(taken)
    events = []
    for one in taken:
        left = {
            (name, text): at
            for number, name, text, at, _ in intake.moments
            if number == one.number and at is not None
        }
        events.append(last_event(engine, one.staged, one.matched, left))
    return drawn_days([title_day(one.sheet.title) for one in taken], events)
