"""Working time: the announced days, and the arithmetic against a slow walk through the days."""

import csv
from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cchc_analysis.columns import InputError
from cchc_analysis.workdays import (
    OfficeHours,
    WorkingCalendar,
    calendar_days_due_on,
    calendar_table,
    day_kind,
    days_off,
    due_at,
    due_on,
    read_closures,
    working_days_between,
    working_hours_between,
)

SHARED = Path(__file__).resolve().parents[2] / "shared"
FIRST, LAST = date(2015, 1, 1), date(2027, 12, 31)

# Days off on weekdays and made-up Saturdays for civil servants, typed from the schedules:
# 2019 Công văn 6519/VPCP-KGVX (2018) and vietnamnet.vn; 2020 Bộ LĐTBXH, January 2020;
# 2021 sggpnews.org.vn 89687; 2022 Công văn 245/VPCP-KGVX; 2023 Công văn 8056/VPCP-KGVX;
# 2024 Công văn 8662 and 2450/VPCP-KGVX; 2025 Thông báo 6150/TB-BLĐTBXH; 2026 Thông báo
# 9441/TB-BNV, the swap of 2 January announced on 25 December 2025, Nghị quyết 28/2026/QH16;
# the single days by the Labour Code.
ANNOUNCED = {
    2019: ("1/1 4/2 5/2 6/2 7/2 8/2 15/4 29/4 30/4 1/5 2/9", "5/1 4/5"),
    2020: ("1/1 23/1 24/1 27/1 28/1 29/1 2/4 30/4 1/5 2/9", ""),
    2021: ("1/1 10/2 11/2 12/2 15/2 16/2 21/4 30/4 3/5 2/9 3/9", ""),
    2022: ("3/1 31/1 1/2 2/2 3/2 4/2 11/4 2/5 3/5 1/9 2/9", ""),
    2023: ("2/1 20/1 23/1 24/1 25/1 26/1 1/5 2/5 3/5 1/9 4/9", ""),
    2024: ("1/1 8/2 9/2 12/2 13/2 14/2 18/4 29/4 30/4 1/5 2/9 3/9", "4/5"),
    2025: ("1/1 27/1 28/1 29/1 30/1 31/1 7/4 30/4 1/5 2/5 1/9 2/9", "26/4"),
    2026: (
        "1/1 2/1 16/2 17/2 18/2 19/2 20/2 27/4 30/4 1/5 31/8 1/9 2/9 24/11",
        "10/1 22/8",
    ),
}


def days_of(year: int, text: str) -> set[date]:
    return {date(year, *reversed([int(part) for part in day.split("/")])) for day in text.split()}


def listed(kind: str) -> set[date]:
    table = days_off()
    return set(table.loc[table["kind"] == kind, "day"].dt.date)


OFF, MADE_UP = listed("holiday"), listed("working_saturday")


def is_working(day: date, saturdays: bool = True) -> bool:
    """One day, by the words of the rule: the slow reference."""
    return (day.weekday() < 5 and day not in OFF) or (saturdays and day in MADE_UP)


def walk(start: date, end: date) -> int:
    """Working days after start up to and including end, counted one by one."""
    return sum(is_working(start + timedelta(n)) for n in range(1, (end - start).days + 1))


def next_working(day: date) -> date:
    while not is_working(day):
        day += timedelta(1)
    return day


def walk_on(day: date, count: int) -> date:
    while count:
        day = next_working(day + timedelta(1))
        count -= 1
    return next_working(day)


covered = st.dates(date(2015, 1, 2), date(2027, 6, 30))
moments = st.datetimes(datetime(2015, 1, 2), datetime(2027, 6, 30))

# The calendar


@pytest.mark.parametrize("year", ANNOUNCED)
def test_the_calendar_is_the_announced_one_day_by_day(year):
    off, made_up = (days_of(year, text) for text in ANNOUNCED[year])
    table = calendar_table(f"{year}-01-01", f"{year}-12-31")
    assert len(table) == (date(year, 12, 31) - date(year, 1, 1)).days + 1
    for day, working in zip(table["day"].dt.date, table["working"], strict=True):
        expected = (day.weekday() < 5 and day not in off) or day in made_up
        assert working == expected, day


def test_the_calendar_differs_from_the_holidays_package_only_in_one_swap():
    holidays = pytest.importorskip("holidays", reason="the holidays package is not installed")
    package = holidays.country_holidays("VN", years=range(2015, 2028))
    worked = {day for day in package.weekend_workdays if day.year >= 2015}  # one is of 2014
    assert OFF ^ set(package) == {date(2026, 1, 2)}
    assert MADE_UP ^ worked == {date(2026, 1, 10)}


def test_the_calendar_equals_the_reviewed_list():
    path = SHARED / "data" / "vn_holidays" / "vn_days_2015_2027.csv"
    if not path.exists():
        pytest.skip("the reviewed list of days lies outside the project")
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    reviewed = {(row["date"], row["kind"]) for row in rows if row["date"] >= "2015"}
    table = days_off()
    assert set(zip(table["day"].dt.strftime("%Y-%m-%d"), table["kind"], strict=True)) == reviewed


def test_each_row_has_a_source_and_each_made_up_saturday_its_day_off():
    table = days_off()
    assert table["day"].is_monotonic_increasing and table["day"].is_unique
    assert table.notna().all(axis=None)
    assert set(table["status"]) == {"announced", "computed", "predicted"}
    assert set(table.loc[table["status"] == "predicted", "day"].dt.year) == {2027}
    made_up = table[table["kind"] == "working_saturday"]
    assert (made_up["day"].dt.day_of_week == 5).all() and len(made_up) == 8
    for row in made_up.itertuples():
        freed = datetime.strptime(row.name[-10:], "%d/%m/%Y").date()
        assert freed in OFF and freed.weekday() < 5
        swapped = table.loc[table["day"] == pd.Timestamp(freed), "name"].item()
        assert swapped.endswith(f"{row.day:%d/%m/%Y})")


def test_a_years_days_off_are_as_many_as_the_code_gives():
    # Labour Code: 10 days to 2020, 11 from 2021, 12 from 2026; one lost to a weekend comes back.
    # A day swapped for a Saturday comes on top.
    for year in range(2015, 2028):
        off = sum(day.year == year and day.weekday() < 5 for day in OFF)
        swapped = days_off()["name"].str.startswith("Ngày nghỉ (thay")
        moved = (days_off().loc[swapped, "day"].dt.year == year).sum()
        assert off - moved == (10 if year <= 2020 else 11 if year <= 2025 else 12), year


def test_the_table_numbers_working_days_and_tells_the_predicted_year():
    table = calendar_table(FIRST, LAST)
    number, expected = 0, []
    for day in table["day"].dt.date:
        number += is_working(day)
        expected.append(number)
    assert table["working_day_number"].tolist() == expected
    assert table.dtypes.astype(str).tolist() == ["datetime64[us]", "bool", "int64", "bool"]
    assert (table["predicted"] == (table["day"].dt.year == 2027)).all()


# Days


def test_working_days_by_hand():
    days = pd.Series(pd.to_datetime(["2024-02-07", "2026-08-21", None]), index=[5, 3, 9])
    result = working_days_between(days, pd.to_datetime("2026-09-03"))
    # 21 August 2026 was a Friday; worked: Sat 22, Mon 24 to Fri 28, Thu 3 September.
    assert result.index.tolist() == [5, 3, 9]
    assert result[3] == 7
    assert np.isnan(result[9])
    ignoring = WorkingCalendar(working_saturdays=False)
    assert working_days_between("2026-08-21", "2026-09-03", calendar=ignoring) == 6


@given(covered, covered)
def test_working_days_equal_a_walk_and_reverse_their_sign(a, b):
    start, end = sorted((a, b))
    assert working_days_between(start, end) == walk(start, end)
    assert working_days_between(end, start) == -walk(start, end)


@given(covered, covered, covered)
def test_working_days_add_up_and_never_fall(a, b, c):
    a, b, c = sorted((a, b, c))
    assert working_days_between(a, b) + working_days_between(b, c) == working_days_between(a, c)
    assert working_days_between(a, b) <= working_days_between(a, c)


@given(covered, st.integers(0, 60))
def test_due_on_is_a_walk_and_the_inverse_of_the_count(received, days):
    due = due_on(received, days)
    assert due.date() == walk_on(received, days)
    assert is_working(due.date())
    if is_working(received):
        assert working_days_between(received, due) == days
    assert due <= due_on(received, days + 1)
    assert due <= due_on(received + timedelta(1), days)


@given(moments, st.integers(0, 30), st.integers(0, 72))
def test_with_hours_a_receipt_outside_them_is_one_of_the_next_opening(received, days, later):
    day = received.date()
    taken = next_working(day + timedelta(received.time() > time(17)))
    due = due_on(received, days, hours=OfficeHours())
    assert due.date() == walk_on(taken, days)
    assert due <= due_on(received + timedelta(hours=later), days, hours=OfficeHours())


def test_due_on_by_hand_around_a_weekend_and_closing():
    # 1 March 2024 was a Friday
    received = pd.Series(
        pd.to_datetime(
            ["2024-03-01 17:00", "2024-03-01 17:01", "2024-03-02 09:00", "2024-03-04 06:00"]
        )
    )
    assert due_on(received, 1).dt.day.tolist() == [4, 4, 4, 5]
    assert due_on(received, 1, hours=OfficeHours()).dt.day.tolist() == [4, 5, 5, 5]
    assert due_on(received, pd.Series([0, 0, 0, np.nan])).dt.day.tolist()[:3] == [1, 1, 4]
    assert due_on(received, pd.Series([0, 0, 0, np.nan])).isna().tolist() == [False] * 3 + [True]


@given(covered, st.integers(0, 90))
def test_calendar_days_end_on_the_next_working_day(received, days):
    due = calendar_days_due_on(received, days)
    assert due.date() == next_working(received + timedelta(days))


# Hours


def office_minutes(start: datetime, end: datetime) -> int:
    """Whole minutes that begin in office hours, counted one by one."""
    minutes = int((end - start).total_seconds() // 60)
    clock = (start + timedelta(minutes=n) for n in range(minutes))
    spells = [(time(7), time(11, 30)), (time(13, 30), time(17))]
    return sum(is_working(t.date()) and any(a <= t.time() < b for a, b in spells) for t in clock)


@settings(max_examples=30, deadline=None)
@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 9, 5)).map(
        lambda t: t.replace(second=0, microsecond=0)
    ),
    st.integers(0, 4000),
)
def test_working_hours_equal_a_count_of_minutes(start, minutes):
    end = start + timedelta(minutes=minutes)
    assert working_hours_between(start, end) * 60 == pytest.approx(office_minutes(start, end))
    assert working_hours_between(end, start) == -working_hours_between(start, end)


@given(moments, st.integers(1, 400))
def test_due_at_is_the_first_time_by_which_the_hours_passed(received, quarters):
    due = due_at(received, quarters / 4)
    assert working_hours_between(received, due) == quarters / 4
    earlier = due - pd.Timedelta(1, "us")
    assert working_hours_between(received, earlier) < quarters / 4


@pytest.mark.parametrize(
    ("received", "needed", "due"),
    [  # 1 March 2024 was a Friday; Saturday 4 May 2024 was worked, 29 April to 1 May were off
        ("2024-03-01 07:00", 8, "2024-03-01 17:00"),
        ("2024-03-01 09:00", 8, "2024-03-04 09:00"),
        ("2024-03-01 10:30", 2, "2024-03-01 14:30"),
        ("2024-03-01 12:00", 1, "2024-03-01 14:30"),
        ("2024-03-01 18:00", 4.5, "2024-03-04 11:30"),
        ("2024-03-02 09:00", 5, "2024-03-04 14:00"),
        ("2024-04-26 16:00", 2, "2024-05-02 08:00"),
        ("2024-05-03 16:00", 2, "2024-05-04 08:00"),
    ],
)
def test_due_at_by_hand(received, needed, due):
    assert due_at(received, needed) == pd.Timestamp(due)


def test_a_whole_day_of_hours_is_a_working_day():
    eight = OfficeHours(time(8), time(12), time(13), time(17))
    assert working_hours_between("2024-02-07", "2024-02-17", hours=eight) == 3 * 8
    with pytest.raises(InputError, match="come to 8 hours"):
        OfficeHours(time(8), time(11, 30), time(13, 30), time(17))
    with pytest.raises(InputError, match="in order"):
        OfficeHours(time(7), time(13, 30), time(11, 30), time(13))


# What is given: closures, missing values, shapes, errors


def test_closures_from_a_file(tmp_path):
    path = tmp_path / "closures.csv"
    path.write_text("day,reason\n2024-09-09,bão\n2024-09-10,bão\n", encoding="utf-8-sig")
    closed = WorkingCalendar(closures=read_closures(path))
    assert closed.closures == (date(2024, 9, 9), date(2024, 9, 10))
    assert working_days_between("2024-09-06", "2024-09-11") == 3
    assert working_days_between("2024-09-06", "2024-09-11", calendar=closed) == 1
    assert due_on("2024-09-06", 1, calendar=closed) == pd.Timestamp("2024-09-11")
    as_list = WorkingCalendar(closures=["2024-09-09", pd.Timestamp("2024-09-10"), date(2024, 9, 8)])
    assert working_days_between("2024-09-06", "2024-09-11", calendar=as_list) == 1
    with pytest.raises(InputError, match="closure 2030-01-01: expected a day from 2015"):
        working_days_between(FIRST, LAST, calendar=WorkingCalendar(closures=(date(2030, 1, 1),)))


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"day;reason\n2024-09-09;x\n", r"row 1: expected the columns day,reason"),
        (b"", "row 1: expected the columns"),
        (b"day,reason\n2024-09-09,x\n012345678901,x\n", "row 3, column day: expected a day"),
        (b"day,reason\n09/09/2024,x\n", "row 2, column day: expected a day such as 2024-09-09$"),
        (b"day,reason\n,x\n", "row 2, column day"),
        (b"day,day,reason\n2024-09-09,2024-09-10,x\n", "row 1: expected the columns"),
        ("day,reason\n2024-09-09,bão\n".encode("utf-16"), "no CSV UTF-8; save it"),
    ],
)
def test_a_bad_closures_file_is_refused_by_row_without_its_values(tmp_path, content, found):
    path = tmp_path / "closures.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=found) as refused:
        read_closures(path)
    assert "012345678901" not in str(refused.value)


def test_scalars_arrays_and_series_agree_and_missing_stays_missing():
    texts = ["2024-02-07", "2024-05-03", None]
    series = pd.Series(texts, index=["a", "b", "c"])
    array = np.array(["2024-02-07", "2024-05-03", "NaT"], dtype="datetime64[ns]")
    for result in (working_days_between(series, "2024-05-06"), due_on(series, 2)):
        assert result.index.tolist() == ["a", "b", "c"]
        assert result.isna().tolist() == [False, False, True]
    assert isinstance(working_days_between(array, array), np.ndarray)
    assert working_days_between(array, array).tolist()[:2] == [0, 0]
    assert due_on(array, 2).tolist()[:2] == due_on(series, 2).tolist()[:2]
    assert due_on(array, 2).dtype == "datetime64[us]" == due_on(series, 2).dtype
    assert np.isnan(working_days_between(None, "2024-05-06"))
    assert due_at(pd.NaT, 3) is due_on("2024-02-07", pd.NA) is pd.NaT
    assert calendar_days_due_on(series, np.nan).isna().all()
    assert working_days_between(pd.Series([], dtype="datetime64[us]"), "2024-05-06").empty
    assert series.tolist()[:2] == texts[:2]


@pytest.mark.parametrize(
    ("call", "found"),
    [
        (lambda: working_days_between("2014-12-31", "2015-01-05"), "2015 to 2027, 2014-12-31"),
        (lambda: working_days_between("2027-12-31", "2028-01-03"), "2015 to 2027, 2028-01-03"),
        (lambda: working_days_between("2027-12-31", "2028-01-01 08:00"), "2028-01-01 is needed"),
        (lambda: due_on("2027-12-31", 1), "2028-01-01 is needed"),
        (lambda: calendar_days_due_on("2027-12-30", 3), "2028-01-02 is needed"),
        (lambda: due_at("2027-12-31 16:30", 1), "2028-01-01 is needed"),
        (lambda: calendar_table("2027-12-01", "2028-02-01"), "2028-02-01 is needed"),
        (lambda: calendar_table("2024-02-01", "2024-01-01"), "expected two days in order"),
        (lambda: due_on("2024-02-01", -1), "found -1, expected a whole number"),
        (lambda: due_on("2024-02-01", 1.5), "found 1.5, expected a whole number"),
        (lambda: due_at("2024-02-01", 0), "expected office hours above 0"),
        (lambda: due_at("2024-02-01", "8 h"), "no number, expected one such as 3"),
        (lambda: due_on("2024-02-01", pd.Series(["3", "ba"])), "no number, expected one such as"),
        (lambda: calendar_days_due_on("2024-02-01", 1e300), "2015 to 2027, 29403"),
        (lambda: WorkingCalendar(closures=(pd.NaT,)), "closures: found a missing day"),
        (lambda: WorkingCalendar(closures=("09/10/2024",)), "expected a day such as 2024-12-31"),
        (lambda: day_kind("09/10/2014"), "expected a day such as 2024-12-31"),
        (lambda: due_on("01/02/2024", 1), "expected one such as 2024-12-31"),
        (lambda: due_on("2024-02-30", 1), "expected one such as 2024-12-31"),
        (lambda: due_on(20240201, 1), "expected one such as 2024-12-31"),
        (lambda: due_on(pd.Timestamp("2024-02-01", tz="UTC"), 1), "tz_convert"),
        (lambda: due_on(pd.Series(pd.to_datetime(["2024-02-01"], utc=True)), 1), "tz_convert"),
        (
            lambda: due_on(pd.Series(["2024-02-01"], index=[1]), pd.Series([1], index=[2])),
            "different indexes",
        ),
        (
            lambda: due_on(np.array(["2024-02-01"] * 2, "datetime64[D]"), np.array([1, 2, 3])),
            "different lengths",
        ),
    ],
)
def test_what_cannot_be_computed_is_refused_with_the_reason(call, found):
    with pytest.raises(InputError, match=found):
        call()


def test_the_last_days_covered_still_work():
    assert due_on("2027-12-30", 1) == pd.Timestamp("2027-12-31")
    assert working_days_between(FIRST, LAST) == walk(FIRST, LAST)
