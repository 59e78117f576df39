"""Working days and calendar days: how many passed, and when so many will have passed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cchc_analysis.workdays.calendar import OFFICIAL, Counted, WorkingCalendar, counted
from cchc_analysis.workdays.hours import OfficeHours
from cchc_analysis.workdays.moments import (
    Numbers,
    Times,
    naive_times,
    same_rows,
    shaped,
    whole_numbers,
)

_ENDLESS = 10_000_000
"""Days after which every day lies outside the years covered, but is a date still."""


def working_days_between(
    start: Times, end: Times, *, calendar: WorkingCalendar = OFFICIAL
) -> float | np.ndarray | pd.Series:
    """Count the working days after ``start`` up to and including ``end``.

    The same day gives 0; an ``end`` before ``start`` gives minus the count of the reverse, so
    that between(a, b) + between(b, c) = between(a, c). Times of day play no part: a dossier
    taken in at 16:59 and answered at 7:01 next morning took one day.

    Parameters
    ----------
    start, end
        Days or times; a scalar goes with every row of the other.
    calendar
        Which days are working days.

    Returns
    -------
    float, array or Series of float
        Working days; NaN where a date is missing; empty for empty input.

    Raises
    ------
    InputError
        If a date lies outside the years covered, or two Series have different indexes.

    Examples
    --------
    Tết 2024 was off from 8 to 14 February:

    >>> working_days_between("2024-02-07", "2024-02-16")
    2.0
    >>> working_days_between("2024-02-16", "2024-02-07")
    -2.0
    """
    same_rows(start, end)
    count = counted(calendar)
    before, after = count.offsets(naive_times(start)), count.offsets(naive_times(end))
    return shaped(count.number[after] - count.number[before], start, end)


def due_on(
    received_at: Times,
    days: Numbers,
    *,
    hours: OfficeHours | None = None,
    calendar: WorkingCalendar = OFFICIAL,
) -> pd.Timestamp | np.ndarray | pd.Series:
    """Return the day on which a dossier is due ``days`` working days after receipt.

    Day 0 is the receipt day. Without ``hours`` only the date counts, and a dossier received on
    a day off has the next working day as its day 1. With ``hours``, one received after closing
    or on a day off counts as received at the next opening, and that day is day 0: a day more.
    Systems differ here, so a due date computed here and one printed may lie a day apart.

    Parameters
    ----------
    received_at
        Days or times of receipt.
    days
        Whole working days, 0 or more; 0 is the receipt day itself or the next working day.
    hours
        Closing time to heed; only if ``received_at`` has real times of day.
    calendar
        Which days are working days.

    Returns
    -------
    Timestamp, array or Series of datetime64
        Working days; NaT where an input is missing. Received on a working day,
        ``working_days_between(received_at, due_on(received_at, days))`` is ``days``.

    Raises
    ------
    InputError
        If a date, given or due, lies outside the years covered, or ``days`` is no whole
        number of days.

    Examples
    --------
    >>> from cchc_analysis.workdays import OfficeHours
    >>> due_on("2026-08-21", 3)  # 22 August worked, 31 August to 2 September off
    Timestamp('2026-08-25 00:00:00')
    >>> due_on("2026-08-21 17:30", 3, hours=OfficeHours())
    Timestamp('2026-08-26 00:00:00')
    """
    same_rows(received_at, days)
    count, received = counted(calendar), naive_times(received_at)
    if hours is not None:
        received = _receipt_days(received, hours, count)
    offset = count.offsets(received)
    earliest = count.number[offset] + ~count.working[offset]
    place = np.maximum(count.number[offset] + whole_numbers(days), earliest)
    return shaped(count.nth_day(place), received_at, days)


def calendar_days_due_on(
    received_on: Times,
    days: Numbers,
    *,
    calendar: WorkingCalendar = OFFICIAL,
) -> pd.Timestamp | np.ndarray | pd.Series:
    """Return the day on which a dossier is due ``days`` calendar days after receipt.

    A time in 'ngày' counts every day, 'ngày làm việc' working days (:func:`due_on`). If the
    last day is a day off, the next working day is the due day.

    Parameters
    ----------
    received_on
        Days or times of receipt; day 0 is the receipt day.
    days
        Whole calendar days, 0 or more.
    calendar
        Which days are working days.

    Returns
    -------
    Timestamp, array or Series of datetime64
        Working days; NaT where an input is missing.

    Raises
    ------
    InputError
        As for :func:`due_on`.

    References
    ----------
    Bộ luật Dân sự 2015, art. 147 and 148: the first day is not counted; a time that ends on a
    day off ends with the next working day.

    Examples
    --------
    >>> calendar_days_due_on("2024-02-05", 5)  # the 10th is Tết
    Timestamp('2024-02-15 00:00:00')
    """
    same_rows(received_on, days)
    count = counted(calendar)
    wait = np.asarray(whole_numbers(days))
    known = np.where(np.isnan(wait), 0, np.minimum(wait, _ENDLESS)).astype("timedelta64[D]")
    offset = count.offsets(naive_times(received_on).astype("datetime64[D]") + known)
    place = count.number[offset] + ~count.working[offset] + 0 * wait  # 0 * NaN: missing stays
    return shaped(count.nth_day(place), received_on, days)


def _receipt_days(received: np.ndarray, hours: OfficeHours, count: Counted) -> np.ndarray:
    """Return the day of the opening that each receipt falls in, or of the next one."""
    days = received.astype("datetime64[D]")
    after_closing = received - days > np.timedelta64(hours.marks[-1], "us")
    offset = count.offsets(days + after_closing)
    return count.nth_day(count.number[offset] + ~count.working[offset])
