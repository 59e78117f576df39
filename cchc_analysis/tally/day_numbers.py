"""Days with numbers to join on: the number of working, or calendar, days up to each day."""

from __future__ import annotations

from datetime import date
from typing import Literal

import pandas as pd

from cchc_analysis import workdays
from cchc_analysis.columns import InputError
from cchc_analysis.periods import as_day

DayKind = Literal["working", "calendar"]


def covered_days() -> pd.DataFrame:
    """Return every day for which working days are known, as :func:`workdays.calendar_table`."""
    years = workdays.days_off()["day"].dt.year
    return workdays.calendar_table(f"{years.min()}-01-01", f"{years.max()}-12-31")


def numbered_days(start_on: date | str, end_on: date | str, kind: DayKind) -> pd.DataFrame:
    """Return the days from ``start_on`` to ``end_on``; their numbers differ by the days between.

    Returns
    -------
    DataFrame
        ``day``; ``number``; ``opening_number``: that of the first day counted from here on,
        so one more than ``number`` on a day off.

    Raises
    ------
    InputError
        If ``kind`` is neither, or working days are not known for a day.

    Examples
    --------
    >>> numbered_days("2026-01-09", "2026-01-11", "calendar")
             day  number  opening_number
    0 2026-01-09       0               0
    1 2026-01-10       1               1
    2 2026-01-11       2               2
    """
    if kind not in ("working", "calendar"):
        raise InputError(f"days: found {kind!r}, expected 'working' or 'calendar'")
    start, end = as_day(start_on), as_day(end_on)
    if kind == "calendar":
        days = pd.date_range(start, end, unit="us")
        numbers = range(len(days))
        return pd.DataFrame({"day": days, "number": numbers, "opening_number": numbers})
    calendar = covered_days()
    first, last = calendar["day"].min(), calendar["day"].max()
    if start < first or end > last:
        needed = start if start < first else end
        raise InputError(
            f"working days are known for {first.year} to {last.year}, {needed:%Y-%m-%d} is "
            "needed; give days='calendar', or leave such dossiers out"
        )
    within = calendar[calendar["day"].between(start, end)]
    return pd.DataFrame(
        {
            "day": within["day"],
            "number": within["working_day_number"],
            "opening_number": within["working_day_number"] + ~within["working"],
        }
    ).reset_index(drop=True)
