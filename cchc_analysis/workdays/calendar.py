"""The calendar: days off with their sources, the choices of an office, and the days counted."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from cchc_analysis.columns import InputError
from cchc_analysis.periods import as_day

_DAYS_OFF = Path(__file__).parents[1] / "reference" / "days_off.csv"


@dataclass(frozen=True)
class WorkingCalendar:
    """Which days count as working days.

    Examples
    --------
    Saturday 10 January 2026 was worked for Friday 2 January:

    >>> from cchc_analysis.workdays import working_days_between
    >>> working_days_between("2026-01-09", "2026-01-12")
    2.0
    >>> ignoring = WorkingCalendar(working_saturdays=False)
    >>> working_days_between("2026-01-09", "2026-01-12", calendar=ignoring)
    1.0
    """

    working_saturdays: bool = True
    """Saturdays that make up for a day off count as working days."""
    closures: tuple[date, ...] = ()
    """Days on which this office was closed, as :func:`read_closures` gives them."""

    def __post_init__(self) -> None:
        """Hold the closures as a tuple of days: calendars are counted once each, by value."""
        days = [as_day(day) for day in self.closures]
        if any(pd.isna(day) for day in days):
            raise InputError("closures: found a missing day, expected one such as 2024-09-09")
        object.__setattr__(self, "closures", tuple(day.date() for day in days))


OFFICIAL = WorkingCalendar()


def days_off() -> pd.DataFrame:
    """Return the days off and made-up working Saturdays, with a source each.

    Returns
    -------
    DataFrame
        One row per day: ``day``, ``kind`` (``holiday`` or ``working_saturday``), ``name``,
        ``status``, ``source``. ``announced``: an announcement is named; ``computed``: follows
        from the Labour Code; ``predicted``: no schedule is announced yet. Holidays on a
        weekend are listed too.

    References
    ----------
    Bộ luật Lao động 2019, art. 112 (before 2021: Bộ luật Lao động 2012, art. 115).

    Examples
    --------
    >>> table = days_off()
    >>> table.loc[table["day"] == "2026-01-10", ["kind", "status"]]
                     kind     status
    163  working_saturday  announced
    """
    return _reference().copy()


def read_closures(path: str | Path) -> tuple[date, ...]:
    r"""Read days on which an office was closed (a storm, a move) from a CSV file.

    The file is UTF-8 with the columns ``day`` (2024-09-09) and ``reason``.

    Returns
    -------
    tuple of date
        For :class:`WorkingCalendar`, in the order of the file; empty if the file has no rows.

    Raises
    ------
    InputError
        If the file cannot be read as such, naming row and column.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "closures.csv"
    ...     _ = path.write_text("day,reason\n2024-09-09,bão số 3\n", encoding="utf-8")
    ...     read_closures(path)
    (datetime.date(2024, 9, 9),)
    """
    try:
        reader = csv.DictReader(Path(path).read_text(encoding="utf-8-sig").splitlines())
        names = reader.fieldnames or ()
        rows = [(reader.line_num, row["day"]) for row in reader if "day" in names]
    except (OSError, UnicodeDecodeError, csv.Error):
        raise InputError(f"{path}: no such file, or no CSV UTF-8; save it as that") from None
    if not {"day", "reason"} <= set(names) or len(set(names)) < len(names):
        raise InputError(f"{path}, row 1: expected the columns day,reason separated by a comma")
    days = []
    for line, written in rows:
        try:
            days.append(as_day(written or "").date())
        except InputError:  # its message shows the value, which may be anything
            raise InputError(
                f"{path}, row {line}, column day: expected a day such as 2024-09-09"
            ) from None
    return tuple(days)


def calendar_table(
    start_on: date | str, end_on: date | str, *, calendar: WorkingCalendar = OFFICIAL
) -> pd.DataFrame:
    """Return each day from ``start_on`` to ``end_on``, numbered by working days, to join on.

    Due ``n`` working days after a day: the working day with that day's number plus ``n``.

    Parameters
    ----------
    start_on, end_on
        The first and the last day.
    calendar
        Which days are working days.

    Returns
    -------
    DataFrame
        One row per day: ``day``; ``working``; ``working_day_number``, the working days from
        1 January 2015 up to and including the day, so that the numbers of two days differ by
        :func:`working_days_between`; ``predicted``: days off of that year are not announced.

    Raises
    ------
    InputError
        If a day is not covered, or ``end_on`` lies before ``start_on``.

    Examples
    --------
    >>> calendar_table("2026-01-01", "2026-01-05")
             day  working  working_day_number  predicted
    0 2026-01-01    False                2754      False
    1 2026-01-02    False                2754      False
    2 2026-01-03    False                2754      False
    3 2026-01-04    False                2754      False
    4 2026-01-05     True                2755      False
    """
    start, end = as_day(start_on), as_day(end_on)
    if not start <= end:
        raise InputError(f"found start_on {start} and end_on {end}, expected two days in order")
    count = counted(calendar)
    first, last = count.offsets(np.array([start, end], dtype="datetime64[us]"))
    days = pd.date_range(start, end, unit="us")
    table = _reference()
    predicted = table.loc[table["status"] == "predicted", "day"].dt.year.unique()
    return pd.DataFrame(
        {
            "day": days,
            "working": count.working[first : last + 1],
            "working_day_number": count.number[first : last + 1].astype("int64"),
            "predicted": days.year.isin(predicted),
        }
    )


@dataclass(frozen=True)
class Counted:
    """The days covered, in arrays; a place past the last day stands for a missing date."""

    first: np.datetime64
    working: np.ndarray
    """Whether the day is a working day; False at the end, for a missing date."""
    number: np.ndarray
    """Working days up to and including the day; NaN at the end, for a missing date."""
    working_days: np.ndarray
    """The working days in order; NaT at the end, for a missing date."""

    def offsets(self, times: np.ndarray) -> np.ndarray:
        """Return the place of each day in the arrays.

        Raises
        ------
        InputError
            Naming the first day that is not covered.
        """
        missing = np.isnat(times)
        some_missing = missing.any()
        days = times.astype("datetime64[D]")
        known = days[~missing] if some_missing else days
        last = self.first + (len(self.working) - 2)
        if known.size and (known.min() < self.first or known.max() > last):
            raise self._not_covered(known[(known < self.first) | (known > last)].min())
        offsets = (days - self.first).astype("int64")
        return np.where(missing, len(self.working) - 1, offsets) if some_missing else offsets

    def nth_day(self, place: np.ndarray) -> np.ndarray:
        """Return the first, second, ... working day covered; NaT for NaN.

        Raises
        ------
        InputError
            If there are not so many.
        """
        missing = np.isnan(place)
        last = len(self.working_days) - 1
        if (place > last).any():
            raise self._not_covered(self.first + (len(self.working) - 1))
        return self.working_days[np.where(missing, last, place - 1).astype("int64")]

    def _not_covered(self, day: np.datetime64) -> InputError:
        last = self.first + (len(self.working) - 2)
        return InputError(
            f"working days are known for {self.first.astype(object).year} to "
            f"{last.astype(object).year}, {day} is needed; leave such rows out, or count by date: "
            "lateness by date needs no calendar"
        )


@cache
def counted(calendar: WorkingCalendar) -> Counted:
    """Return the days covered, counted by this calendar.

    Raises
    ------
    InputError
        If a closure lies outside the years covered.
    """
    table = _reference()
    years = table["day"].dt.year
    first = np.datetime64(f"{years.min()}-01-01", "D")
    days = np.arange(first, np.datetime64(f"{years.max() + 1}-01-01"))
    closed = np.array(calendar.closures, dtype="datetime64[D]")
    if (outside := closed[~np.isin(closed, days)]).size:
        raise InputError(f"closure {outside[0]}: expected a day from {days[0]} to {days[-1]}")
    kinds = {kind: rows.to_numpy("datetime64[D]") for kind, rows in table.groupby("kind")["day"]}
    working = np.is_busday(days, holidays=kinds["holiday"])
    if calendar.working_saturdays:
        working |= np.isin(days, kinds["working_saturday"])
    working &= ~np.isin(days, closed)
    return Counted(
        first=first,
        working=np.append(working, False),
        number=np.append(np.cumsum(working, dtype="float64"), np.nan),
        working_days=np.append(days[working], np.datetime64("NaT")),
    )


def day_kind(*days: pd.Timestamp | date | str) -> Literal["working", "calendar"]:
    """Return the kind of days in which spans up to these days can be counted.

    Parameters
    ----------
    days
        The first and the last day that matter, say.

    Returns
    -------
    str
        ``working`` where the calendar covers all of them, otherwise ``calendar``.

    Examples
    --------
    >>> day_kind("2024-01-02", "2026-11-22"), day_kind("2011-04-01", "2012-01-23")
    ('working', 'calendar')
    """
    years = _reference()["day"].dt.year
    covered = range(years.min(), years.max() + 1)
    return "working" if all(as_day(day).year in covered for day in days) else "calendar"


@cache
def _reference() -> pd.DataFrame:
    """Read the days off shipped with the package."""
    return pd.read_csv(_DAYS_OFF, parse_dates=["day"]).astype({"day": "datetime64[us]"})
