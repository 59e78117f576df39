"""Read what a column of dates holds: by the engine where it is regular, else value by value."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import duckdb

from cchc_analysis.columns import InputError
from cchc_analysis.sources.dossiers.quoting import literal
from cchc_analysis.sources.headers import is_missing
from cchc_analysis.sources.sheets.sheet import trimmed

FORMATS = [
    f"{day}{time}"
    for day in ("%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%Y/%m/%d")
    for time in (" %H:%M", "", " %H:%M:%S", " %H:%M:%S.%f")
] + [f"%Y-%m-%dT%H:%M{seconds}" for seconds in ("", ":%S", ":%S.%f")]
FIRST_YEAR = 1901
"""Earlier 'dates' (01/01/1900, 01/01/0001) are a system's way of writing an empty cell."""

_FIRST = f"TIMESTAMP '{FIRST_YEAR}-01-01'"
_ZONED = r"':\d\d(\.\d+)? ?(Z|[+-]\d\d(:?\d\d)?)$'"
_SERIAL_DAYS = (20_000, 80_000)
_YEAR_FIRST = r"'^\d{4}'"
"""How cells of a workbook that hold real dates begin: ISO, or the number of a day."""
_SWAPPED_DAYS = 5
"""Different days on either side that tell dates swapped by Excel from a mere mixture.

About 0.39 of all days of the calendar have a number up to 12. If shape and day had nothing to
do with each other, k dates of the one shape would all have such a day, and k of the other none,
in (0.39 * 0.61)^k of the columns: for k = 5 in 8 of 10,000. Days count, not rows, for the rows
of one day come together.
"""
_WEEKDAY = re.compile(
    r"\(?\b(?:(?:thu|t) ?[2-7]|thu (?:hai|ba|tu|nam|sau|bay)|chu nhat|cn)\b\)?\.? ?[,-]? ?"
)
_CLOCK = (
    r"(?P<hour>\d{1,2}) ?(?:h|g|gio|:) ?(?P<minute>\d{1,2})?(?: ?(?:phut|p|:))? ?"
    r"(?P<second>\d{1,2})?(?:\.\d+)?(?: ?(?:giay|s))? ?(?P<half>am|pm|sa|ch)?"
)
_DAYS = {
    "dmy": r"(?:ngay )?(?P<a>\d{1,2}) ?(?:[/.\-]|thang) ?(?P<b>\d{1,2}) ?"
    r"(?:[/.\-]|,? ?nam) ?(?P<c>\d{4})",
    "ymd": r"(?P<c>\d{4})[/.\-](?P<b>\d{1,2})[/.\-](?P<a>\d{1,2})",
    "short": r"(?P<a>\d{1,2})[/.\-](?P<b>\d{1,2})[/.\-](?P<c>\d{2})",
}
_JOIN = r"(?: ?,? ?(?:vao )?(?:luc )?| ?- ?|t)"
_SHAPES = [
    (kind, re.compile(pattern.format(day=day, clock=_CLOCK, join=_JOIN)))
    for kind, day in _DAYS.items()
    for pattern in ("{day}(?:{join}{clock})?", "{clock}{join}{day}")
]
Kind = Literal["read", "missing", "month_first", "short_year", "unreadable"]


@dataclass(frozen=True)
class Moment:
    """What one text is: a moment, an empty cell, or why it is neither."""

    kind: Kind
    at: datetime | None = None


def read_moment(text: str) -> Moment:
    """Read one date that the engine's formats do not fit.

    Examples
    --------
    >>> read_moment("ngày 05 tháng 3 năm 2024").at
    datetime.datetime(2024, 3, 5, 0, 0)
    >>> read_moment("05/03/2024 lúc 14 giờ 30").at
    datetime.datetime(2024, 3, 5, 14, 30)
    >>> read_moment("T6, 05/01/2024 08:30").at
    datetime.datetime(2024, 1, 5, 8, 30)
    >>> [read_moment(text).kind for text in ("03/25/2024", "05/03/24", "Chưa có", "hôm qua")]
    ['month_first', 'short_year', 'missing', 'unreadable']
    """
    if is_missing(text) or re.fullmatch(r"[0/.\-: T]+", text):
        return Moment("missing")
    plain = _WEEKDAY.sub("", unmarked(text)).strip()
    for kind, shape in _SHAPES:
        found = shape.fullmatch(plain)
        if found:
            return _moment(kind, found.groupdict())
    return Moment("unreadable")


def unmarked(text: str) -> str:
    """Return ``text`` in lower case without marks, with single spaces."""
    marks = unicodedata.normalize("NFKD", text.casefold().replace("đ", "d"))
    return " ".join("".join(c for c in marks if unicodedata.category(c) != "Mn").split())


def _moment(kind: str, parts: dict[str, str | None]) -> Moment:
    """Return the moment that the parts of a text make."""
    a, b, c = (int(parts[name]) for name in "abc")
    hour, minute, second = (int(parts[name] or 0) for name in ("hour", "minute", "second"))
    if parts["half"] and not 1 <= hour <= 12:
        return Moment("unreadable")
    if parts["half"]:
        hour = hour % 12 + (12 if parts["half"] in ("pm", "ch") else 0)
    clock = (hour, minute, second)
    if kind == "short":
        at = _valid(2000 + c, b, a, clock)
        return Moment("short_year", at)
    at = _valid(c, b, a, clock)
    if at is None and kind == "dmy" and _valid(c, a, b, clock):
        return Moment("month_first")
    if at is None:
        return Moment("unreadable")
    return Moment("read", at) if at.year >= FIRST_YEAR else Moment("missing")


def _valid(year: int, month: int, day: int, clock: tuple[int, int, int]) -> datetime | None:
    try:
        return datetime(year, month, day, *clock)
    except ValueError:
        return None


# ------------------------------------------------------------------- a column in the engine


def formats_by_frequency(
    engine: duckdb.DuckDBPyConnection, view: str, cells: dict[str, str]
) -> dict[str, list[str]]:
    """Return for each column the formats, the one that fits most of the first rows first.

    One format tried alone is several times faster than a list; the list then sees only the
    values that the first does not fit.
    """
    counts = ", ".join(
        f"count(try_strptime({cell}, {literal(form)}))"
        for cell in cells.values()
        for form in FORMATS
    )
    # a sample of the first rows, not a scan: what it misjudges costs time, nothing else
    row = engine.execute(f"SELECT {counts} FROM (SELECT * FROM {view} LIMIT 2000)").fetchall()[0]
    width = len(FORMATS)
    ordered = {}
    for i, name in enumerate(cells):
        found = dict(zip(FORMATS, row[i * width : (i + 1) * width], strict=True))
        ordered[name] = sorted(FORMATS, key=lambda form: -found[form])
    return ordered


def times_sql(view: str, times: dict[str, str], formats: dict[str, list[str]]) -> str:
    """Return the SELECT that adds ``<name>_fast``, ``<name>_text`` and ``<name>_at`` to a view.

    ``fast`` is the moment by the commonest format, tried on the cell as it stands; ``text`` the
    trimmed cell where that gave none, ``at`` the moment by any format; none has a zone.
    """
    fast = ", ".join(
        f"try_strptime({cell}, {literal(formats[name][0])}) AS {name}_fast"
        for name, cell in times.items()
    )
    text = ", ".join(
        f"CASE WHEN {name}_fast >= {_FIRST} THEN NULL ELSE {trimmed(cell)} END AS {name}_text"
        for name, cell in times.items()
    )
    moment = ", ".join(
        f"CASE WHEN {name}_text IS NULL THEN {name}_fast ELSE {_slow(name, formats[name])} END "
        f"AS {name}_at"
        for name in times
    )
    return f"SELECT *, {moment} FROM (SELECT *, {text} FROM (SELECT *, {fast} FROM {view}))"


def _slow(name: str, formats: list[str]) -> str:
    """Return the expression that tries every format, and the day numbers of Excel."""
    text, (low, high) = f"{name}_text", _SERIAL_DAYS
    days = f"TRY_CAST({text} AS DOUBLE)"
    serial = (
        f"CASE WHEN {days} BETWEEN {low} AND {high} THEN TIMESTAMP '1899-12-30' + "
        f"to_microseconds(CAST(round({days} * 86400) AS BIGINT) * 1000000) END"
    )
    return f"coalesce(try_strptime({text}, {formats}), {serial})"


def moments_sql(name: str, zone: str, commonest: str) -> str:
    """Return ``<name>`` (local), ``<name>_zoned`` and ``<name>_left`` of :func:`times_sql`.

    Also ``<name>_by_year``: whether the cell begins with a year or is the number of a day. It
    is looked at only where the commonest format did not fit, which says it of the others.
    """
    text = f"{name}_text"
    local = f"CASE WHEN {name}_at >= {_FIRST} THEN {name}_at END"
    zoned = (
        f"CASE WHEN {text} IS NOT NULL AND {local} IS NULL AND regexp_matches({text}, {_ZONED}) "
        f"THEN TRY_CAST({text} AS TIMESTAMPTZ) END"
    )
    return (
        f"{zoned} AS {name}_zoned, "
        f"coalesce({local}, timezone({literal(zone)}, {name}_zoned)) AS {name}, "
        f"CASE WHEN {name} IS NULL THEN {text} END AS {name}_left, "
        f"CASE WHEN {text} IS NULL THEN {commonest.startswith('%Y')} "
        f"ELSE regexp_matches({text}, {_YEAR_FIRST}) END AS {name}_by_year"
    )


# ---------------------------------------------------------- what the engine's formats leave


def read_left(
    engine: duckdb.DuckDBPyConnection, staged: str, column: str, where: str
) -> Iterator[tuple[str, datetime | None, bool]]:
    """Read the texts of ``<column>_left``: yield text, moment, and whether it means empty.

    Parameters
    ----------
    engine, staged
        The engine and its relation of staged rows.
    column
        The column of ours.
    where
        File, sheet and header, for the message.

    Raises
    ------
    InputError
        If some value can only be month/day/year, years of two digits leave the order open, or
        Excel has swapped day and month of some.
    """
    _refuse_swapped(engine, staged, column, where)
    left = f"{column}_left"
    engine.execute(f"SELECT DISTINCT {left} FROM {staged} WHERE {left} IS NOT NULL")
    texts = [text for (text,) in engine.fetchall()]
    moments = {text: read_moment(text) for text in texts}
    american = [text for text, moment in moments.items() if moment.kind == "month_first"]
    if american:
        raise InputError(
            f"{where}: {_readable(engine, staged, left, american)} only as month/day/year, "
            "expected dd/mm/yyyy; export it again with dd/mm/yyyy or ISO dates (2024-12-31)"
        )
    short = [text for text, moment in moments.items() if moment.kind == "short_year"]
    if short and not _has_long_years(engine, staged, column, moments):
        _refuse_open_order(engine, staged, left, short, where)
        moments |= {text: Moment("read", moments[text].at) for text in short if moments[text].at}
    for text, moment in moments.items():
        at = moment.at if moment.kind == "read" else None
        yield text, at, moment.kind == "missing"


def _has_long_years(
    engine: duckdb.DuckDBPyConnection, staged: str, column: str, moments: dict[str, Moment]
) -> bool:
    read = engine.execute(f"SELECT count({column}) FROM {staged}").fetchall()[0][0]
    return bool(read) or any(moment.kind == "read" for moment in moments.values())


def _refuse_open_order(
    engine: duckdb.DuckDBPyConnection, staged: str, left: str, texts: list[str], where: str
) -> None:
    """Refuse 05/03/24 unless all values together can only be dd/mm/yy.

    The first number must pass 12 somewhere (so it is no month), the middle one never; and
    the first must take more values than the last, as days do and years do not.
    """
    parts = [[int(part) for part in re.findall(r"\d+", text)[:3]] for text in texts]
    first, middle, last = (list(column) for column in zip(*parts, strict=True))
    days = max(first) > 12 >= max(middle) and len(set(first)) > len(set(last))
    if not days:
        raise InputError(
            f"{where}: {_readable(engine, staged, left, texts)} in more than one way (years of two "
            "digits), expected dd/mm/yyyy; export it again with years of four digits"
        )


def _refuse_swapped(
    engine: duckdb.DuckDBPyConnection, staged: str, column: str, where: str
) -> None:
    """Refuse dates of which Excel, set to month/day, made cells of dates where it could.

    It read 01/03/2024 as 3 January, and left 25/03/2024 as text. So all its date cells have a
    day up to 12, and all texts a later one (:data:`_SWAPPED_DAYS`).
    """
    cells, texts = f"{column}_by_year", f"NOT {column}_by_year"
    mixed = f"SELECT bool_or({cells}) AND bool_or({texts}) FROM {staged}"
    if not engine.execute(mixed).fetchall()[0][0]:  # a mixture is rare, and looking costs
        return
    early = f"day({column}) <= 12"
    cell_days, text_days, others = engine.execute(
        f"SELECT count(DISTINCT CAST({column} AS DATE)) FILTER ({cells} AND {early}), "
        f"count(DISTINCT CAST({column} AS DATE)) FILTER ({texts} AND NOT {early}), "
        f"count(*) FILTER ({cells} <> ({early})) FROM {staged} WHERE {column} IS NOT NULL"
    ).fetchall()[0]
    if min(cell_days, text_days) < _SWAPPED_DAYS or others:
        return
    swapped = _rows(engine, staged, f"{column} IS NOT NULL AND {cells}")
    kept = _rows(engine, staged, f"{column} IS NOT NULL AND {texts}")
    raise InputError(
        f"{where}: every date with a day up to 12 is a date cell ({_named(*swapped)}), every one "
        f"with a later day is text ({_named(*kept)}): Excel has read dd/mm/yyyy as month/day and "
        "swapped the former, expected one shape; export it again, and open it only with the "
        "column formatted as text, or with Excel set to Vietnamese dates"
    )


def _readable(engine: duckdb.DuckDBPyConnection, staged: str, left: str, texts: list[str]) -> str:
    """Name the rows that hold one of the texts, as a sentence begins."""
    rows, count = _rows(engine, staged, f"{left} IN (SELECT unnest(?))", [texts])
    return f"{_named(rows, count)} can be read"


def _rows(
    engine: duckdb.DuckDBPyConnection, staged: str, condition: str, values: Sequence[object] = ()
) -> tuple[list[int], int]:
    """Return the first rows that fulfil a condition, and how many do."""
    engine.execute(
        f"SELECT row, count(*) OVER () FROM {staged} WHERE {condition} ORDER BY row LIMIT 5",
        list(values),
    )
    found = engine.fetchall()
    return [row for row, _ in found], found[0][1]


def _named(rows: list[int], count: int) -> str:
    """Name rows for a message: the first ones, and how many there are."""
    named = ", ".join(map(str, rows)) + (", ..." if count > len(rows) else "")
    return f"row {named}" if count == 1 else f"{count} rows (row {named})"
