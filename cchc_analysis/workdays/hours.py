"""Working hours: office hours that passed, and when so many will have passed; 8 are a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

import numpy as np
import pandas as pd

from cchc_analysis.columns import InputError
from cchc_analysis.workdays.calendar import OFFICIAL, Counted, WorkingCalendar, counted
from cchc_analysis.workdays.moments import Numbers, Times, naive_times, numbers, same_rows, shaped

HOURS_PER_DAY = 8
_HOUR = 3_600_000_000  # microseconds
_DAY = HOURS_PER_DAY * _HOUR


@dataclass(frozen=True)
class OfficeHours:
    """Opening, break and closing times; together they must come to 8 hours, one working day.

    Raises
    ------
    InputError
        If the times are not in order, or do not come to 8 hours.

    Examples
    --------
    >>> OfficeHours(time(7, 30), time(11, 30), time(13), time(17)).closes
    datetime.time(17, 0)
    """

    opens: time = time(7)
    break_starts: time = time(11, 30)
    break_ends: time = time(13, 30)
    closes: time = time(17)

    def __post_init__(self) -> None:
        opens, pause, resumes, closes = self.marks
        if not opens < pause <= resumes < closes or pause - opens + closes - resumes != _DAY:
            raise InputError(
                f"office hours {self.opens}-{self.break_starts} and {self.break_ends}-"
                f"{self.closes}: expected two spells in order that come to {HOURS_PER_DAY} hours"
            )

    @property
    def marks(self) -> tuple[int, ...]:
        """The four times, in microseconds after midnight."""
        times = (self.opens, self.break_starts, self.break_ends, self.closes)
        return tuple((t.hour * 60 + t.minute) * 60_000_000 + t.second * 1_000_000 for t in times)


OFFICE_HOURS = OfficeHours()


def working_hours_between(
    start: Times,
    end: Times,
    *,
    hours: OfficeHours = OFFICE_HOURS,
    calendar: WorkingCalendar = OFFICIAL,
) -> float | np.ndarray | pd.Series:
    """Count the office hours from ``start`` to ``end``; 8 hours are one working day.

    A date without a time is midnight, so a column of dates gives whole days: use it only where
    the times are real. Reversed times give minus the hours.

    Parameters
    ----------
    start, end
        Times.
    hours
        Opening, break and closing times.
    calendar
        Which days are working days.

    Returns
    -------
    float, array or Series of float
        Office hours; NaN where a time is missing.

    Raises
    ------
    InputError
        If a time lies outside the years covered, or two Series have different indexes.

    Examples
    --------
    >>> working_hours_between("2024-03-01 16:00", "2024-03-04 14:00")  # Friday to Monday
    6.0
    """
    same_rows(start, end)
    count = counted(calendar)
    before, after = (_worked(naive_times(value), hours, count) for value in (start, end))
    return shaped((after - before) / _HOUR, start, end)


def due_at(
    received_at: Times,
    hours_needed: Numbers,
    *,
    hours: OfficeHours = OFFICE_HOURS,
    calendar: WorkingCalendar = OFFICIAL,
) -> pd.Timestamp | np.ndarray | pd.Series:
    """Return the time by which ``hours_needed`` office hours have passed since receipt.

    The clock stands still outside office hours: a dossier received after closing starts at the
    next opening. Unlike :func:`due_on`, the rest of the receipt day counts, so 8 hours from an
    opening end at that day's closing, where one day ends with the next working day.

    Parameters
    ----------
    received_at
        Times of receipt.
    hours_needed
        Office hours, more than 0; 8 are one working day.
    hours
        Opening, break and closing times.
    calendar
        Which days are working days.

    Returns
    -------
    Timestamp, array or Series of datetime64
        NaT where an input is missing. A time that ends exactly at a break or at closing is
        due then, not at the next opening.

    Raises
    ------
    InputError
        If a time, given or due, lies outside the years covered, or ``hours_needed`` is not
        positive.

    Examples
    --------
    >>> due_at("2024-03-01 16:00", 8)
    Timestamp('2024-03-04 16:00:00')
    """
    same_rows(received_at, hours_needed)
    count = counted(calendar)
    needed = np.rint(numbers(hours_needed) * _HOUR)
    if (needed <= 0).any():
        raise InputError("hours_needed: found 0 or less, expected office hours above 0")
    position = _worked(naive_times(received_at), hours, count) + needed
    place = np.ceil(position / _DAY)
    opens, pause, resumes, _ = hours.marks
    clock = position - (place - 1) * _DAY + opens
    clock = np.where(clock > pause, clock + resumes - pause, clock)
    clock = np.where(np.isnan(clock), 0, clock).astype("timedelta64[us]")
    return shaped(count.nth_day(place) + clock, received_at, hours_needed)


def _worked(moments: np.ndarray, hours: OfficeHours, count: Counted) -> np.ndarray:
    """Return the working time from the start of coverage to each moment, in microseconds."""
    days = moments.astype("datetime64[D]")
    offset = count.offsets(days)
    clock = (moments - days).astype("timedelta64[us]").astype("int64")
    opens, pause, resumes, closes = hours.marks
    today = np.clip(clock, opens, pause) - opens + np.clip(clock, resumes, closes) - resumes
    working = count.working[offset]
    return (count.number[offset] - working) * _DAY + today * working
