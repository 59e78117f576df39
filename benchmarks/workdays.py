"""What working days cost beside a bare `np.busday_count` on the same dates, in one run.

Run: python benchmarks/workdays.py [rows [repeats]]. The bar: 10 million dates in at most 2 s,
whichever the function.
"""

import sys
import time
from statistics import median

import numpy as np
import pandas as pd

from cchc_analysis import workdays

BAR = 2.0
DAYS = np.array(["2018-01-01", "2026-06-30"], dtype="datetime64[D]")


def dates(rows: int) -> tuple[pd.Series, pd.Series]:
    """Receipts with a time of day, and results up to 60 days later; one in fifty is missing."""
    rng = np.random.default_rng(7)
    start = DAYS[0] + rng.integers(0, (DAYS[1] - DAYS[0]).astype(int), rows)
    start = start.astype("datetime64[us]") + rng.integers(0, 86_400, rows).astype("timedelta64[s]")
    end = start + rng.integers(0, 60 * 86_400, rows).astype("timedelta64[s]")
    return pd.Series(start), pd.Series(end).mask(rng.random(rows) < 0.02)


def seconds(task) -> float:
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def main(rows: int = 10_000_000, repeats: int = 5) -> None:
    start, end = dates(rows)
    table = workdays.days_off()
    holidays = table.loc[table["kind"] == "holiday", "day"].to_numpy("datetime64[D]")
    business = np.busdaycalendar(holidays=holidays)
    first = start.to_numpy("datetime64[D]")
    last = end.fillna(start).to_numpy("datetime64[D]")
    tasks = {
        "np.busday_count, bare": lambda: np.busday_count(first, last, busdaycal=business),
        "working_days_between": lambda: workdays.working_days_between(start, end),
        "due_on": lambda: workdays.due_on(start, 15),
        "due_on, heeding closing time": lambda: workdays.due_on(
            start, 15, hours=workdays.OfficeHours()
        ),
        "calendar_days_due_on": lambda: workdays.calendar_days_due_on(start, 15),
        "working_hours_between": lambda: workdays.working_hours_between(start, end),
        "due_at": lambda: workdays.due_at(start, 20),
    }
    workdays.working_days_between("2024-01-02", "2024-01-03")  # reads the calendar once
    rounds = [[seconds(task) for task in tasks.values()] for _ in range(repeats)]
    medians = dict(zip(tasks, map(median, zip(*rounds, strict=True)), strict=True))
    bare = medians["np.busday_count, bare"]
    for name, middle in medians.items():
        print(f"{name:<30} {middle:6.3f} s   {middle / bare:5.2f} times bare")
    verdict = "all within" if max(medians.values()) <= BAR else "not all within"
    print(f"{rows:,} dates: {verdict} the bar of {BAR:g} s (medians of {repeats})")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
