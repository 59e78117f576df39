"""The tables joined for keys that need a calendar: days with weekday and season, workloads."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from cchc_analysis import workdays
from cchc_analysis.engines.embedded import Source, query
from cchc_analysis.lateness import Rule
from cchc_analysis.tally.day_numbers import covered_days
from cchc_analysis.tally.features import joined_names
from cchc_analysis.tally.workload import workloads

NEAR_TET_DAYS = 10
_FIRST_OF_TET = "Tết Nguyên Đán"
_SPAN = "SELECT MIN(received_at) AS first_at, MAX(received_at) AS last_at FROM dossiers"


def key_tables(dossiers: Source, by: Sequence[str], rule: Rule) -> dict[str, pd.DataFrame]:
    """Return the tables that must be joined for the keys, by name; only those."""
    names = joined_names(by)
    tables = {}
    if "days" in names:
        tables["days"] = _days(dossiers)
    if "workloads" in names:
        tables["workloads"] = workloads(dossiers, rule)
    return tables


def _days(dossiers: Source) -> pd.DataFrame:
    """Return all days covered or of receipt; season and number missing where not covered."""
    calendar = covered_days().assign(season=lambda days: _seasons(days))
    span = query(_SPAN, {"dossiers": dossiers}).iloc[0].dropna().dt.normalize()
    ends = pd.concat([calendar["day"], span])
    days = pd.date_range(ends.min(), ends.max(), unit="us")
    table = pd.DataFrame({"day": days, "weekday": days.day_of_week + 1})
    return table.merge(calendar[["day", "working_day_number", "season"]], how="left", on="day")


def _seasons(calendar: pd.DataFrame) -> pd.Series:
    """Return the season of each day covered (see :mod:`cchc_analysis.tally.features`)."""
    day, number = calendar["day"], calendar["working_day_number"]
    month = day.dt.month
    season = pd.Series("ordinary", index=calendar.index, dtype="str")
    season[(month == 12) | ((month == 11) & (day.dt.day >= 15))] = "year_end"
    off = workdays.days_off()
    working = day[calendar["working"]].reset_index(drop=True)
    for first_of_tet in off.loc[off["name"] == _FIRST_OF_TET, "day"]:
        before = int(number[day == first_of_tet].iloc[0])  # working days before Tết
        near = working.iloc[before - NEAR_TET_DAYS : before + NEAR_TET_DAYS]
        season[day.between(near.iloc[0], near.iloc[-1])] = "tet"
    return season
