"""On which day an export was drawn, where its title or a slip in it tells another one."""

from datetime import date, timedelta

import duckdb
import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from cchc_analysis.sources.dossiers import read_dossiers
from cchc_analysis.sources.dossiers.drawing import LastEvent, last_event
from cchc_analysis.tally import count_cells

UNIT = "Huyện Cần Giuộc"
HEADER = ["Mã hồ sơ", "Lĩnh vực", "Ngày tiếp nhận", "Ngày hẹn trả", "Ngày có kết quả", "Trạng thái"]
OPEN, DONE = "Đang xử lý", "Đã trả kết quả"
YEAR_2024 = "31/12/2024"


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    return folder


def dossier(code, received, due, result="", status=None):
    return [code, "Đất đai", received, due, result, status or (DONE if result else OPEN)]


def export(path, rows, until=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    titles = [[f"Từ ngày 01/01/2024 đến ngày {until}"]] if until else []
    lines = [",".join(cells) for cells in (*titles, HEADER, *rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def workbook(path, sheets):
    """``sheets``: name to rows, or to (day in the title, rows)."""
    with xlsxwriter.Workbook(path) as book:
        for name, (until, rows) in sheets.items():
            page = book.add_worksheet(name)
            titles = [[f"Từ ngày 01/01/2024 đến ngày {until}"]] if until else []
            for number, cells in enumerate([*titles, HEADER, *rows]):
                page.write_row(number, 0, cells)
    return path


def read(path):
    return read_dossiers(path, unit=UNIT)


def drawn(reading):
    """Of each file: its name, the day and where that is known from."""
    return [tuple(entry.values()) for entry in reading.summary["files"]]


def moves(reading):
    return reading.changes[["column", "before", "after", "before_source", "after_source"]].to_dict(
        "split"
    )["data"]


# ------------------------------------------------------------------------- what a title says


JANUARY = [
    dossier("H1", "10/01/2024", "20/02/2024"),
    dossier("H2", "12/01/2024", "30/01/2024", "29/01/2024"),
]
FEBRUARY = [dossier("H1", "10/01/2024", "20/02/2024", "19/02/2024"), JANUARY[1]]


def test_two_exports_filtered_to_the_end_of_the_year_are_a_history(tmp_path):
    export(tmp_path / "t01.csv", JANUARY, YEAR_2024)
    export(tmp_path / "t02.csv", FEBRUARY, YEAR_2024)
    reading = read(tmp_path)
    assert drawn(reading) == [
        ("t01.csv", "2024-01-29", "last event (title day is later)"),
        ("t02.csv", "2024-02-19", "last event (title day is later)"),
    ]
    assert reading.summary["set_aside_as"] == {"earlier_snapshot": 2}
    assert moves(reading) == [["status", "4", "10", "t01.csv", "t02.csv"]]
    [cell] = count_cells(reading, periods=("2024-01-01", "2024-02-19"), as_of="2024-02-19").to_dict(
        "records"
    )
    assert (cell["received_count"], cell["overdue_count"]) == (2, 0)


def test_files_that_state_one_credible_day_are_ordered_by_their_last_events(tmp_path):
    """Both titles could be right, but one day cannot show H1 open and finished."""
    export(tmp_path / "a.csv", FEBRUARY, "29/02/2024")
    export(tmp_path / "b.csv", JANUARY, "29/02/2024")
    export(tmp_path / "c.csv", [dossier("H9", "20/01/2024", "20/02/2024")], "29/02/2024")
    reading = read(tmp_path)
    shared = "last event (title day is that of other files too)"
    assert drawn(reading) == [
        ("a.csv", "2024-02-19", shared),
        ("b.csv", "2024-01-29", shared),
        ("c.csv", "2024-02-29", "title"),  # holds no dossier in another state
    ]
    assert reading.summary["set_aside_as"] == {"earlier_snapshot": 2}
    assert reading.summary["as_of"] == "2024-02-29"
    assert moves(reading) == [["status", "4", "10", "b.csv", "a.csv"]]
    assert "duplicate_code" not in reading.summary["flags"]
    assert reading.dossiers["result_at"].notna().sum() == 2  # H1 and H2


def test_files_alike_but_for_dossiers_of_their_own_stay_one_drawing(tmp_path):
    export(tmp_path / "a.csv", JANUARY, "29/02/2024")
    other = dossier("H3", "01/02/2024", "20/02/2024", "19/02/2024")
    export(tmp_path / "b.csv", [*JANUARY, other], "29/02/2024")
    reading = read(tmp_path)
    assert {day for _, day, origin in drawn(reading) if origin == "title"} == {"2024-02-29"}
    assert reading.summary["set_aside_as"] == {"same_elsewhere": 2}


def test_a_title_day_that_has_not_come_is_not_the_day_of_drawing(tmp_path):
    """Two dossiers that are due in the days to come are in time, whatever the filter says."""
    today = date.today()

    def day(days):
        return f"{today + timedelta(days=days):%d/%m/%Y}"

    rows = [
        dossier("H1", day(-20), day(8)),
        dossier("H2", day(-10), day(11)),
        dossier("H3", day(-9), day(2), day(-1)),
    ]
    reading = read(export(tmp_path / "y.csv", rows, day(39)))
    last = str(today - timedelta(days=1))
    assert drawn(reading) == [("y.csv", last, "last event (title day is later)")]
    assert reading.summary["as_of"] == last
    [cell] = count_cells(reading, periods=(today - timedelta(days=30), last), as_of=last).to_dict(
        "records"
    )
    assert (cell["received_count"], cell["overdue_count"]) == (3, 0)


@pytest.mark.parametrize(
    ("until", "day", "origin"),
    [
        ("31/03/2024", "2024-03-31", "title"),  # 62 days after 29 January
        ("01/04/2024", "2024-01-29", "last event (title day is later)"),
    ],
)
def test_a_title_day_is_believed_up_to_62_days_after_the_last_event(tmp_path, until, day, origin):
    assert drawn(read(export(tmp_path / "a.csv", JANUARY, until))) == [("a.csv", day, origin)]


# ------------------------------------------------------------------------- names of files


def test_months_in_folders_of_years_do_not_stand_for_one_another(tmp_path):
    for folder, rows, until in (
        ("2024/01", JANUARY, "31/01/2024"),
        ("2024/02", FEBRUARY, "29/02/2024"),
        ("2025/01", FEBRUARY, "31/03/2024"),
    ):
        export(tmp_path / folder / "hoso.csv", rows, until)
    reading = read(tmp_path)
    assert drawn(reading) == [
        ("2024/01/hoso.csv", "2024-01-31", "title"),
        ("2024/02/hoso.csv", "2024-02-29", "title"),
        ("2025/01/hoso.csv", "2024-03-31", "title"),
    ]
    assert (reading.summary["kept"], reading.summary["set_aside"]) == (2, 4)
    assert reading.dossiers["drawn_on"].unique().tolist() == [pd.Timestamp("2024-03-31")]


# ------------------------------------------------------------------------- sheets


def test_sheets_whose_titles_state_different_days_are_a_history(tmp_path):
    path = workbook(
        tmp_path / "s1.xlsx", {"T1": ("31/01/2024", JANUARY), "T2": ("29/02/2024", FEBRUARY)}
    )
    reading = read(path)
    assert (reading.summary["kept"], reading.summary["set_aside_as"]) == (
        2, {"earlier_snapshot": 2},
    )  # fmt: skip
    assert [(entry["sheet"], entry["drawn_on"]) for entry in reading.summary["sheets"]] == [
        ("T1", "2024-01-31"), ("T2", "2024-02-29"),
    ]  # fmt: skip
    assert drawn(reading) == [("s1.xlsx", "2024-02-29", "title")]
    assert moves(reading) == [["status", "4", "10", "s1.xlsx, T1", "s1.xlsx, T2"]]


@pytest.mark.parametrize("until", [None, "31/01/2024"])
def test_rows_copied_to_another_sheet_count_once(tmp_path, until):
    rows = [*JANUARY, dossier("H3", "15/01/2024", "20/01/2024")]
    path = workbook(tmp_path / "s2.xlsx", {"Danh sách": (until, rows), "Quá hạn": (None, rows[1:])})
    reading = read(path)
    assert reading.summary["set_aside_as"] == {"same_elsewhere": 2}
    assert [entry["kept"] for entry in reading.summary["sheets"]] == [3, 0]
    assert "duplicate_code" not in reading.summary["flags"]
    assert reading.summary["kept"] == 3


# ------------------------------------------------------------------------- slips


def test_one_mistyped_year_does_not_turn_history_round(tmp_path):
    export(tmp_path / "t01.csv", [
        dossier("H1", "10/01/2024", "20/02/2024"),
        dossier("H2", "12/01/2024", "30/01/2024", "18/01/2025"),
    ])  # fmt: skip
    export(tmp_path / "t02.csv", [
        dossier("H1", "10/01/2024", "20/02/2024", "19/02/2024"),
        dossier("H2", "12/01/2024", "30/01/2024", "18/01/2024"),
    ])  # fmt: skip
    reading = read(tmp_path)
    assert drawn(reading) == [
        ("t01.csv", "2024-01-12", "last event (lone later days left out)"),
        ("t02.csv", "2024-02-19", "last event"),
    ]
    assert moves(reading) == [["status", "4", "10", "t01.csv", "t02.csv"]]
    assert reading.dossiers["result_at"].dt.strftime("%d/%m/%Y").tolist() == [
        "19/02/2024", "18/01/2024",
    ]  # fmt: skip


def many(count, days=60):
    """Dossiers received day by day from 1 January 2024, each finished after five days."""
    first = date(2024, 1, 1)
    for number in range(count):
        received = first + timedelta(days=number * (days - 1) // (count - 1))
        result = received + timedelta(days=5)
        yield dossier(f"H{number}", *(f"{day:%d/%m/%Y}" for day in (received, result, result)))


LAST = date(2024, 1, 1) + timedelta(days=59 + 5)
"""The last result of :func:`many`: received on the 60th day, finished five days later."""


@pytest.mark.parametrize(
    ("count", "slips"),
    [
        (100, [(2, "01/03/2025"), (4, "02/03/2025")]),  # 2 of 200 events
        (100, [(3, "18/07/2024"), (4, "05/02/2025")]),
        (1000, [(4, "18/07/2024"), (4, "05/02/2025"), (2, "05/02/2025"), (4, "16/08/2024")]),
        (20, [(4, "05/02/2025")]),
        (20, [(2, "05/02/2025")]),  # a receipt after its own due date
    ],
)
def test_lone_slips_are_left_out_of_files_of_any_size(tmp_path, count, slips):
    rows = list(many(count))
    for number, (column, text) in enumerate(slips):
        rows[3 * number][column] = text
    [(_, day, origin)] = drawn(read(export(tmp_path / "a.csv", rows)))
    assert (day, origin) == (str(LAST), "last event (lone later days left out)")


def test_a_slip_that_is_read_value_by_value_is_left_out_too(tmp_path):
    rows = list(many(20))
    rows[3][4] = "ngày 5 tháng 2 năm 2025"
    [(_, day, _)] = drawn(read(export(tmp_path / "a.csv", rows)))
    assert day == str(LAST)


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        # nobody was at the desk for a month
        ([dossier("X", "05/04/2024", "05/05/2024")], "2024-04-05"),
        # a result 92 days after all else is one; a day later it stands alone
        ([dossier("X", "01/01/2024", "05/05/2024", f"{LAST + timedelta(92):%d/%m/%Y}")],
         str(LAST + timedelta(92))),
        # a new dossier beside old ones is no slip: its own dates agree
        ([dossier("X", "01/12/2024", "20/12/2024")], "2024-12-01"),
        # more than a lone result: the office is at work again
        ([dossier(f"X{i}", "01/01/2024", "05/05/2024", f"0{i}/12/2024") for i in (1, 2)],
         "2024-12-02"),
    ],
)  # fmt: skip
def test_what_is_no_slip_stays_the_last_event(tmp_path, later, expected):
    [(_, day, origin)] = drawn(read(export(tmp_path / "a.csv", [*many(20), *later])))
    assert (day, origin) == (expected, "last event")


def test_one_dossier_alone_is_believed(tmp_path):
    rows = [dossier("H1", "10/01/2024", "20/02/2024", "19/11/2024")]
    assert drawn(read(export(tmp_path / "a.csv", rows))) == [("a.csv", "2024-11-19", "last event")]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 92), min_size=1, max_size=30), st.lists(st.booleans(), min_size=30))
def test_without_a_quarter_of_silence_the_last_event_is_the_last_day(steps, ended):
    """Property: where no two events lie more than 92 days apart, no day is left out."""
    days = [date(2010, 1, 1)]
    for step in steps:
        days.append(days[-1] + timedelta(days=step))
    rows = [
        (None, day) if end else (day, None) for day, end in zip(days[1:], ended, strict=False)
    ]  # fmt: skip
    with duckdb.connect() as engine:
        engine.execute("CREATE TABLE staged (received_at TIMESTAMP, result_at TIMESTAMP)")
        engine.executemany("INSERT INTO staged VALUES (?, ?)", [(days[0], None), *rows])
        found = last_event(engine, "staged", ("received_at", "result_at"), {})
    assert found == LastEvent(days[-1])
