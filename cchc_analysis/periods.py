"""Reporting periods: pairs of dates, calendar months, and the checks on them."""

from __future__ import annotations

import re
from datetime import date
from numbers import Real

import pandas as pd

from cchc_analysis.columns import InputError

Periods = tuple[date | str, date | str] | pd.DataFrame


def as_day(value: date | str) -> pd.Timestamp:
    """Return a day; text must be written as 2024-12-31, since 01/02/2024 could be two days.

    Of a time only the day counts: what is due today is not overdue at noon.

    Raises
    ------
    InputError
        If text is written otherwise, or is no day of the calendar; for a number.

    Examples
    --------
    >>> as_day("2024-02-01")
    Timestamp('2024-02-01 00:00:00')
    >>> as_day("01/02/2024")
    Traceback (most recent call last):
        ...
    cchc_analysis.columns.InputError: found '01/02/2024', expected a day such as 2024-12-31
    """
    problem = InputError(f"found {value!r}, expected a day such as 2024-12-31")
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d\d-\d\d( 00:00:00)?", value):
        raise problem
    if isinstance(value, Real) and not pd.isna(value):  # pandas would count it from 1970
        raise problem
    try:
        day = pd.Timestamp(value)
    except (ValueError, TypeError):
        raise problem from None
    return day if pd.isna(day) else day.tz_localize(None).normalize()


def months(start_on: date | str, end_on: date | str) -> pd.DataFrame:
    """Return the calendar months from ``start_on`` to ``end_on``, the ends cut to these days.

    Statutory reporting months run from the 15th to the 14th; build those periods yourself
    where a figure must be comparable with a printed one.

    Examples
    --------
    >>> months("2024-01-15", "2024-02-29")
      period_start_on period_end_on
    0      2024-01-15    2024-01-31
    1      2024-02-01    2024-02-29
    """
    start, end = as_day(start_on), as_day(end_on)
    if pd.isna(start) or pd.isna(end):
        return pd.DataFrame({"period_start_on": [], "period_end_on": []}, dtype="datetime64[us]")
    firsts = pd.date_range(start.replace(day=1), end, freq="MS")
    return pd.DataFrame(
        {
            "period_start_on": firsts.where(firsts >= start, start),
            "period_end_on": (firsts + pd.offsets.MonthEnd(0)).where(
                firsts + pd.offsets.MonthEnd(0) <= end, end
            ),
        }
    )


def weeks(start_on: date | str, end_on: date | str) -> pd.DataFrame:
    """Return the weeks, Monday to Sunday, from ``start_on`` to ``end_on``, the ends cut.

    Examples
    --------
    >>> weeks("2024-01-03", "2024-01-14")
      period_start_on period_end_on
    0      2024-01-03    2024-01-07
    1      2024-01-08    2024-01-14
    """
    start, end = as_day(start_on), as_day(end_on)
    if pd.isna(start) or pd.isna(end):
        return pd.DataFrame({"period_start_on": [], "period_end_on": []}, dtype="datetime64[us]")
    mondays = pd.date_range(start - pd.Timedelta(days=start.weekday()), end, freq="7D", unit="us")
    sundays = mondays + pd.Timedelta(days=6)
    return pd.DataFrame(
        {
            "period_start_on": mondays.where(mondays >= start, start),
            "period_end_on": sundays.where(sundays <= end, end),
        }
    )


def period_table(periods: Periods, as_of: date | str) -> pd.DataFrame:
    """Return the periods as a frame of dates, each once, none after ``as_of`` or reversed."""
    if not isinstance(periods, pd.DataFrame):
        if isinstance(periods, str) or len(periods) != 2:
            raise InputError(f"periods: found {periods!r}, expected a first and a last day")
        start, end = periods
        periods = pd.DataFrame({"period_start_on": [start], "period_end_on": [end]})
    names = ("period_start_on", "period_end_on")
    missing = [name for name in names if name not in periods]
    if missing:
        raise InputError(f"periods have no column {missing[0]!r}; expected {' and '.join(names)}")
    table = pd.DataFrame(
        {
            name: pd.Series([as_day(day) for day in periods[name]], dtype="datetime64[us]")
            for name in names
        }
    ).drop_duplicates(ignore_index=True)  # joined twice, a period would hold each dossier twice
    reversed_ = table["period_end_on"] < table["period_start_on"]
    if reversed_.any():
        row = table[reversed_].iloc[0]
        raise InputError(
            f"a period ends ({row['period_end_on']:%Y-%m-%d}) before it starts "
            f"({row['period_start_on']:%Y-%m-%d})"
        )
    latest = table["period_end_on"].max()
    if latest > as_day(as_of):
        raise InputError(
            f"a period ends on {latest:%Y-%m-%d}, after the data were drawn "
            f"({as_day(as_of):%Y-%m-%d}); end it by then"
        )
    return table
