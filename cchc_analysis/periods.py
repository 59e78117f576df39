"""Reporting periods: pairs of dates, calendar months, and the checks on them."""

from __future__ import annotations

from datetime import date

import pandas as pd

from cchc_analysis.columns import InputError

Periods = tuple[date | str, date | str] | pd.DataFrame


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
    start, end = pd.Timestamp(start_on), pd.Timestamp(end_on)
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


def period_table(periods: Periods, as_of: date | str) -> pd.DataFrame:
    """Return the periods as a frame of dates, none of them after ``as_of`` or reversed."""
    if not isinstance(periods, pd.DataFrame):
        start, end = periods
        periods = pd.DataFrame({"period_start_on": [start], "period_end_on": [end]})
    table = pd.DataFrame(
        {name: pd.to_datetime(periods[name]) for name in ("period_start_on", "period_end_on")}
    )
    reversed_ = table["period_end_on"] < table["period_start_on"]
    if reversed_.any():
        row = table[reversed_].iloc[0]
        raise InputError(
            f"a period ends ({row['period_end_on']:%Y-%m-%d}) before it starts "
            f"({row['period_start_on']:%Y-%m-%d})"
        )
    latest = table["period_end_on"].max()
    if latest > pd.Timestamp(as_of):
        raise InputError(
            f"a period ends on {latest:%Y-%m-%d}, after the data were drawn "
            f"({pd.Timestamp(as_of):%Y-%m-%d}); end it by then"
        )
    return table
