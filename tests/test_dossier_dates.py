"""Dates in exports: ways of writing them, columns that contradict themselves, empty cells."""

import pandas as pd
import pytest
from small_export import one, row, write

from cchc_analysis.columns import InputError
from cchc_analysis.sources.dossiers import read_dossiers


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    return folder


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("02/01/2024", "2024-01-02"),
        ("02/01/2024 08:15", "2024-01-02 08:15"),
        ("02/01/2024 08:15:30", "2024-01-02 08:15:30"),
        ("2024-01-02", "2024-01-02"),
        ("2024-01-02 08:15:30.5", "2024-01-02 08:15:30.5"),
        ("02-01-2024 08:15", "2024-01-02 08:15"),
        ("2/1/2024 8:05", "2024-01-02 08:05"),
        ("02.01.2024", "2024-01-02"),
        ("2024/01/02", "2024-01-02"),
        ("2024-01-02T08:15:30", "2024-01-02 08:15:30"),
        ("2024-01-02 08:15:30.1234567", "2024-01-02 08:15:30"),
        ("ngày 02 tháng 01 năm 2024", "2024-01-02"),
        ("02/01/2024 lúc 14 giờ 30", "2024-01-02 14:30"),
        ("14:30 02/01/2024", "2024-01-02 14:30"),
        ("02/01/2024 02:15:00 CH", "2024-01-02 14:15"),
        # Excel counts 1 January 2024 as day 45292; 0.34375 of a day is 8:15
        ("45293", "2024-01-02"),
        ("45293.34375", "2024-01-02 08:15"),
        # a zone: 18:30 in Greenwich is 01:30 of the next day in Vietnam (UTC+7)
        ("2024-01-02 18:30:00+00:00", "2024-01-03 01:30"),
        ("2024-01-02 18:30:00Z", "2024-01-03 01:30"),
    ],
)
def test_ways_of_writing_a_time(tmp_path, text, expected):
    record = one(read_dossiers(write(tmp_path / "a.csv", [row(received=text)])))
    assert record["received_at"] == pd.Timestamp(expected)


def test_zone_decides_the_day_and_instants_decide_the_order(tmp_path):
    # Amsterdam, night of 30 October 2011: the clock goes back at 01:00 UTC. Received at 02:50
    # summer time, result at 02:10 winter time: 20 minutes later, though the clock shows less.
    # Due 22:30 UTC of the 30th is 23:30 of the 30th there: on time by date.
    record = row(
        received="2011-10-30 00:50:00+00:00", result="2011-10-30 01:10:00+00:00",
        due="2011-10-30 22:30:00+00:00", returned="",
    )  # fmt: skip
    path = write(tmp_path / "a.csv", [record])
    kept = read_dossiers(path, zone="Europe/Amsterdam")
    assert one(kept)["received_at"] == pd.Timestamp("2011-10-30 02:50")
    assert one(kept)["result_at"] == pd.Timestamp("2011-10-30 02:10")
    assert "result_before_receipt" not in kept.summary["flags"]
    assert (kept.summary["finished"], kept.summary["late_by_date"]) == (1, 0)
    with pytest.raises(InputError, match=r"unknown time zone 'Mars/Base'; .*Asia/Ho_Chi_Minh"):
        read_dossiers(path, zone="Mars/Base")


@pytest.mark.parametrize("where", ["first", "last"])
def test_a_column_that_can_only_be_month_first_is_refused_with_its_rows(tmp_path, where):
    american = [row(i, received="03/25/2024 08:00") for i in range(1, 8)]
    plain = [row(i) for i in range(8, 11)]
    rows = [*american, *plain] if where == "first" else [*plain, *american]
    start = 2 if where == "first" else 5
    with pytest.raises(InputError) as caught:
        read_dossiers(write(tmp_path / "a.csv", rows), out=tmp_path / "out")
    message = str(caught.value)
    named = ", ".join(str(start + i) for i in range(5))
    assert f"a.csv, column 'Ngày nhận': 7 rows (row {named}, ...)" in message
    assert "dd/mm/yyyy" in message
    assert "25" not in message  # no value
    assert not (tmp_path / "out").exists()


def test_text_and_iso_in_one_column_are_fine(tmp_path):
    rows = [row(1), row(2, received="2024-01-02 08:00:00"), row(3, received="45293.333333333")]
    kept = read_dossiers(write(tmp_path / "a.csv", rows)).dossiers
    assert kept["received_at"].tolist() == [pd.Timestamp("2024-01-02 08:00")] * 3


def test_years_of_two_digits_are_read_only_where_one_order_fits_the_whole_column(tmp_path):
    days = [row(i, received=f"{day:02d}/03/24") for i, day in enumerate((5, 14, 25), 1)]
    kept = read_dossiers(write(tmp_path / "a.csv", days)).dossiers
    assert kept["received_at"].dt.day.tolist() == [5, 14, 25]
    assert set(kept["received_at"].dt.to_period("M").astype(str)) == {"2024-03"}
    open_order = [row(i, received=f"{day:02d}/03/24") for i, day in enumerate((5, 6, 7), 1)]
    with pytest.raises(InputError, match=r"3 rows .*years of two digits.*dd/mm/yyyy"):
        read_dossiers(write(tmp_path / "b.csv", open_order))


def test_a_year_of_two_digits_among_full_ones_is_an_unreadable_cell(tmp_path):
    reading = read_dossiers(write(tmp_path / "a.csv", [row(1), row(2, due="25/03/24")]))
    assert reading.summary["flags"] == {"unreadable_due_at": 1}


@pytest.mark.parametrize(
    "text",
    ["-", "Chưa có", "NULL", "01/01/1900", "1900-01-01", "01/01/0001", "00/00/0000", "N/A"],
)
def test_a_placeholder_is_an_empty_cell_and_counted(tmp_path, text):
    rows = [row(1, due=text, result=text, returned=text, status="Đang xử lý"), row(2)]
    reading = read_dossiers(write(tmp_path / "a.csv", rows))
    assert reading.summary["flags"] == {"no_due_date": 1}
    assert reading.summary["placeholders"] == {"due_at": 1, "result_at": 1, "returned_at": 1}
    assert reading.dossiers["due_at"].isna().tolist() == [True, False]


def test_the_further_dates_of_an_export(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(
        "Mã hồ sơ,Đơn vị giải quyết,Ngày nộp,Hạn tiếp nhận,Ngày nhận,Ngày hẹn trả,"
        "Ngày yêu cầu bổ sung,Ngày bổ sung,Số lần bổ sung,Ngày thông báo thuế,Ngày nộp thuế,"
        "Ngày đồng bộ\n"
        "H1,Xã Mẫu,01/03/2024,02/03/2024,03/03/2024,20/03/2024,04/03/2024,06/03/2024,2,"
        "07/03/2024,08/03/2024,21/03/2024\n",
        encoding="utf-8",
    )
    record = one(read_dossiers(path))
    days = {
        "submitted_at": 1, "acceptance_due_at": 2, "received_at": 3, "supplement_asked_at": 4,
        "supplement_given_at": 6, "fee_asked_at": 7, "fee_paid_at": 8, "due_at": 20,
        "synchronised_at": 21,
    }  # fmt: skip
    assert {name: record[name].day for name in days} == days
    assert record["supplement_count"] == 2
