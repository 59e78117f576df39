"""On which day a sheet was drawn: what its title says, weighed against what happens in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

import duckdb

from cchc_analysis.sources.dossiers.dates import unmarked

LONGEST_QUIET = timedelta(days=62)
"""A title day is believed up to this long after the last event: a month may pass with none."""
_LONE_AFTER = timedelta(days=92)
_ONE_STRAY_IN = 100
_ENDINGS = ("result_at", "returned_at")
_EVENTS = ("received_at", *_ENDINGS)
_CONTRADICTED = "contradicted"
_TITLE_DAY = re.compile(
    r"den(?: het)?(?: ngay)? (\d{1,2})(?:[/.-]| thang )(\d{1,2})(?:[/.-]| nam )(\d{4})"
)


@dataclass(frozen=True)
class LastEvent:
    """The last day on which anything happens in a sheet, and whether lone later ones do not count.

    Attributes
    ----------
    day
        The day; None where nothing happens.
    strays
        Whether later days were left out, see :func:`last_event`.
    """

    day: date | None
    strays: bool = False


@dataclass(frozen=True)
class Drawn:
    """The day a sheet was drawn, where that is known from, and the last event beside it."""

    day: date | None
    origin: str
    last_event: date | None = None


def drawn_days(titles: Sequence[date | None], events: Sequence[LastEvent]) -> list[Drawn]:
    """Return when each sheet of one file was drawn.

    The sheets are one drawing, unless their titles state different days: then each is one of
    its own. A title states where a filter ends, which need not have come yet when the file is
    drawn. So its day counts only if it is not in the future, and at most ``LONGEST_QUIET``
    after the last event; else the day of the last event does.

    Parameters
    ----------
    titles
        Of each sheet the day its title states, see :func:`title_day`.
    events
        Of each sheet the last event.

    Examples
    --------
    >>> january, year = date(2024, 1, 31), date(2024, 12, 31)
    >>> [drawn] = drawn_days([year], [LastEvent(date(2024, 2, 27))])
    >>> drawn.day, drawn.origin
    (datetime.date(2024, 2, 27), 'last event (title day is later)')
    >>> events = [LastEvent(date(2024, 1, 30)), LastEvent(date(2024, 12, 9))]
    >>> [f"{drawn.day} {drawn.origin}" for drawn in drawn_days([january, year], events)]
    ['2024-01-31 title', '2024-12-31 title']
    """
    stated = {day for day in titles if day is not None}
    if len(stated) > 1:
        return [_weighed(title, last) for title, last in zip(titles, events, strict=True)]
    latest = max(events, key=lambda last: last.day or date.min)
    return [_weighed(next(iter(stated), None), latest)] * len(titles)


def _weighed(title: date | None, last: LastEvent) -> Drawn:
    """Return the day of the title if it can be the day of drawing, else that of the last event."""
    believed = title is not None and title <= date.today()
    if believed and (last.day is None or title - last.day <= LONGEST_QUIET):
        return Drawn(title, "title", last.day)
    if last.day is None:
        return Drawn(None, "unknown")
    why = " (title day is later)" if title else " (lone later days left out)" if last.strays else ""
    return Drawn(last.day, f"last event{why}", last.day)


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


def last_event(
    engine: duckdb.DuckDBPyConnection,
    staged: str,
    there: Collection[str],
    left: Mapping[tuple[str, str], datetime],
) -> LastEvent:
    """Return the last day, not in the future, on which anything happens in a sheet.

    A mistyped year must not make an early export the latest. Days that come after more than
    92 days without any event are left out if they are lone: of the receipts, results and
    returns at most one in a hundred of all events lies there, or, in a smaller file, one
    result, one return and one receipt that is later than another date of its row; and fewer
    events than lie before. Any other receipt in a small file is believed: an old dossier that
    is still open stands beside a new one.

    Misleads: slips of which another one follows within 92 days, up to more than one in a
    hundred, are taken for events.

    Parameters
    ----------
    engine, staged
        The engine and its relation of staged rows.
    there
        Our columns that the sheet has.
    left
        Times read value by value: column and text to the moment.
    """
    now = datetime.now()
    days: dict[date, Counter[str]] = {}
    # counting the rows reads none of them
    (small,) = engine.execute(f"SELECT count(*) < {_ONE_STRAY_IN} FROM {staged}").fetchall()[0]
    events = _events_sql(there, left, staged, now, small=small)
    for kind, day, text, number in engine.execute(events).fetchall():
        at = left.get((kind, text)) if text is not None else None
        if at is not None and at <= now:
            day = at.date()
        if day is not None:
            days.setdefault(day, Counter())[kind] += number
    return _without_strays(days)


def _events_sql(
    there: Collection[str],
    left: Mapping[tuple[str, str], datetime],
    staged: str,
    now: datetime,
    *,
    small: bool,
) -> str:
    """Return the statement that counts the events of each kind by day, or by text if left."""
    past = f"TIMESTAMP '{now:%Y-%m-%d %H:%M:%S}'"
    kinds = {name: f"'{name}'" for name in _EVENTS if name in there}
    others = ", ".join(name for name in ("due_at", *_ENDINGS) if name in there)
    if others and small:  # in a larger file any receipt may be a slip, and comparing costs time
        kinds["received_at"] = (
            f"CASE WHEN CAST(least({others}) AS DATE) < CAST(received_at AS DATE) "
            f"THEN '{_CONTRADICTED}' ELSE 'received_at' END"
        )
    counts = [
        f"SELECT {kind} AS kind, CAST({name} AS DATE) AS day, NULL AS text, count(*) "
        f"FROM {staged} WHERE {name} <= {past} GROUP BY ALL"
        for name, kind in kinds.items()
    ] + [
        f"SELECT '{name}', NULL, {name}_left, count(*) FROM {staged} "
        f"WHERE {name}_left IS NOT NULL GROUP BY ALL"
        for name in sorted({name for name, _ in left} & set(kinds))
    ]
    return " UNION ALL ".join(counts)


def _without_strays(days: Mapping[date, Counter[str]]) -> LastEvent:
    """Return the last of the days that hold events of each kind, lone later ones left out.

    Examples
    --------
    >>> january = {date(2024, 1, day): Counter(received_at=1) for day in (4, 5)}
    >>> _without_strays(january | {date(2025, 1, 18): Counter(result_at=1)})
    LastEvent(day=datetime.date(2024, 1, 5), strays=True)
    >>> _without_strays(january | {date(2025, 1, 18): Counter(received_at=1)})
    LastEvent(day=datetime.date(2025, 1, 18), strays=False)
    """
    ordered = sorted(days)
    if not ordered:
        return LastEvent(None)
    total = sum(held.total() for held in days.values())
    share = total // _ONE_STRAY_IN
    most = dict.fromkeys((*_ENDINGS, _CONTRADICTED), max(1, share)) | {"received_at": share}
    last, beyond = ordered[-1], Counter[str]()
    for before, after in reversed(list(pairwise(ordered))):
        beyond += days[after]
        if any(number > most[kind] for kind, number in beyond.items()):
            break
        if after - before > _LONE_AFTER and 2 * beyond.total() < total:
            last = before
    return LastEvent(last, strays=last != ordered[-1])
