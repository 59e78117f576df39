"""Several exports as one history: which rows count, what moved, which files are meant."""

import pandas as pd
import pytest
from small_export import one, row, write, write_book

from cchc_analysis.columns import InputError
from cchc_analysis.sources.dossiers import read_dossiers


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    return folder


OPEN = {"result": "", "returned": "", "status": "Đang xử lý"}


def drawn(path, day, rows):
    """An export whose title says until which day it goes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return write(path, rows, titles=[f"Từ ngày 01/01/2024 đến ngày {day}"])


@pytest.fixture
def two(tmp_path):
    """January and February: 1 finished in between with its due date moved, 2 as it was."""
    folder = tmp_path / "exports"
    drawn(folder / "01.csv", "31/01/2024", [row(1, **OPEN), row(2), row(3, **OPEN)])
    moved = row(1, due="20/02/2024 17:00", result="15/02/2024", returned="16/02/2024")
    drawn(folder / "02.csv", "29/02/2024", [moved, row(2), row(4)])
    return folder


def test_a_dossier_in_two_snapshots_counts_once_as_the_later_shows_it(two):
    reading = read_dossiers(two)
    summary = reading.summary
    assert (summary["read"], summary["kept"], summary["set_aside"]) == (6, 4, 2)
    assert summary["set_aside_as"] == {"earlier_snapshot": 2}
    assert summary["as_of"] == "2024-02-29"
    kept = reading.dossiers.sort_values("due_at", ignore_index=True)
    assert kept["dossier_id"].is_unique
    assert kept["due_at"].iloc[-1] == pd.Timestamp("2024-02-20 17:00")
    assert kept["first_due_at"].iloc[-1] == pd.Timestamp("2024-01-09 17:00")
    assert kept["first_due_at"].iloc[:-1].isna().all()
    assert kept["drawn_on"].dt.strftime("%d/%m").value_counts().to_dict() == {
        "29/02": 3, "31/01": 1,
    }  # fmt: skip
    assert summary["flags"] == {"open_when_last_seen": 1}  # dossier 3
    assert kept["source"].unique().tolist() == ["01.csv (+1)"]


def test_what_moved_is_listed_with_both_values_files_and_days(two, tmp_path):
    reading = read_dossiers(two, out=tmp_path / "out")
    moved = reading.changes.drop(columns="dossier_id").to_dict("records")
    between = {
        "before_source": "01.csv", "after_source": "02.csv", "before_on": "2024-01-31",
        "after_on": "2024-02-29",
    }  # fmt: skip
    assert moved == [
        {"column": "due_at", "before": "2024-01-09 17:00:00", "after": "2024-02-20 17:00:00"}
        | between,
        {"column": "status", "before": "4", "after": "10"} | between,
    ]
    written = pd.read_csv(tmp_path / "out" / "changes.csv", dtype="str")
    assert written["before"].tolist() == ["2024-01-09 17:00:00", "4"]
    assert reading.changes["dossier_id"].nunique() == 1


def test_a_due_date_that_only_loses_its_time_of_day_has_not_moved(tmp_path):
    drawn(tmp_path / "a" / "1.csv", "31/01/2024", [row(1, **OPEN)])
    drawn(tmp_path / "a" / "2.csv", "29/02/2024", [row(1, due="09/01/2024", **OPEN)])
    reading = read_dossiers(tmp_path / "a")
    assert reading.changes.empty
    assert list(reading.changes) == [
        "dossier_id", "column", "before", "after", "before_source", "after_source", "before_on",
        "after_on",
    ]  # fmt: skip


def test_a_row_that_is_refused_leaves_the_earlier_snapshot_standing(tmp_path):
    drawn(tmp_path / "a" / "1.csv", "31/01/2024", [row(1)])
    drawn(tmp_path / "a" / "2.csv", "29/02/2024", [row(1, received="không rõ"), row(2)])
    summary = read_dossiers(tmp_path / "a").summary
    assert (summary["kept"], summary["refused"], summary["set_aside"]) == (2, 1, 0)


def test_files_of_one_day_are_one_drawing(tmp_path):
    drawn(tmp_path / "a" / "1.csv", "31/01/2024", [row(1), row(2)])
    drawn(tmp_path / "a" / "2.csv", "31/01/2024", [row(1), row(2, due="15/01/2024"), row(3)])
    reading = read_dossiers(tmp_path / "a")
    assert reading.summary["set_aside_as"] == {"same_elsewhere": 1}  # 1, as it stands
    assert reading.summary["flags"] == {"duplicate_code": 2}  # 2, which differs
    assert reading.summary["kept"] == 4
    assert reading.changes.empty


def test_as_of_makes_all_files_one_drawing(two):
    reading = read_dossiers(two, as_of="2024-03-31")
    assert reading.summary["set_aside_as"] == {"same_elsewhere": 1}
    assert reading.summary["flags"] == {"duplicate_code": 2}
    assert reading.dossiers["drawn_on"].unique().tolist() == [pd.Timestamp("2024-03-31")]
    assert {entry["drawn_on_from"] for entry in reading.summary["files"]} == {"given"}


def test_without_a_title_the_last_event_tells_when_a_file_was_drawn(tmp_path):
    rows = [row(1), row(2, returned="12/01/2024"), row(3, received="01/01/2999")]
    reading = read_dossiers(write(tmp_path / "a.csv", rows))
    assert reading.summary["as_of"] == "2024-01-12"  # 2999 is a slip, not an event
    assert reading.summary["files"][0]["drawn_on_from"] == "last event"


def test_all_sheets_of_a_workbook_are_read_unless_one_is_named(tmp_path):
    path = tmp_path / "a.xlsx"
    import xlsxwriter

    with xlsxwriter.Workbook(path) as book:
        for number, name in enumerate(("Tháng 1", "Tháng 2"), 1):
            page = book.add_worksheet(name)
            for i, cells in enumerate([list(row(number)), list(row(number).values())]):
                page.write_row(i, 0, cells)
    assert read_dossiers(path).summary["kept"] == 2
    assert one(read_dossiers(path, sheet="Tháng 2"))["due_at"].year == 2024


def test_a_folder_leaves_out_locks_and_its_own_results(two):
    read_dossiers(two, out=two / "result")
    (two / "~$01.xlsx").write_bytes(b"lock")
    summary = read_dossiers(two).summary
    assert summary["read"] == 6
    assert {"~$01.xlsx", "result/dossiers.parquet", "result/refused.csv"} <= set(
        summary["files_not_read"]
    )


def test_a_folder_without_exports_and_a_file_given_twice(tmp_path, two):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no export"):
        read_dossiers(tmp_path / "empty")
    with pytest.raises(InputError, match="given twice"):
        read_dossiers([two, two / "01.csv"])
    with pytest.raises(InputError, match="no export given"):
        read_dossiers([])


# ------------------------------------------------------------------------- rows set aside


def test_each_kind_of_row_that_is_no_dossier_is_counted(tmp_path):
    header = list(row())
    width = len(header)

    def cells(*texts):
        return [*texts, *[None] * (width - len(texts))]

    rows = [
        header, cells("I. Lĩnh vực đất đai"), list(row(1).values()), cells(),
        header, [f"({i})" for i in range(1, width + 1)], list(row(2).values()),
        cells("Tổng cộng", "2 hồ sơ"), cells("Người lập", None, None, "Thủ trưởng"),
    ]  # fmt: skip
    reading = read_dossiers(write_book(tmp_path / "a.xlsx", rows))
    assert reading.summary["set_aside_as"] == {
        "blank": 1, "note": 2, "numbering": 1, "repeated_header": 1, "total_line": 1,
    }  # fmt: skip
    assert (reading.summary["kept"], reading.summary["refused"]) == (2, 0)


def test_a_row_without_code_but_with_content_is_refused_not_set_aside(tmp_path):
    reading = read_dossiers(write(tmp_path / "a.csv", [row(1, code="", received=""), row(2)]))
    assert reading.refused["reason"].tolist() == ["no dossier code"]
    assert reading.summary["set_aside"] == 0


# ------------------------------------------------------------------------- units


def test_a_unit_is_resolved_in_the_era_of_the_receipt(tmp_path):
    rows = [row(1, unit="Tỉnh Phú Thọ"), row(2, unit="tỉnh Phú Thọ", received="02/07/2025")]
    kept = read_dossiers(write(tmp_path / "a.csv", rows)).dossiers
    assert kept["unit_id"].tolist() == ["vn63-25", "vn34-25"]


def test_a_name_of_several_units_refuses_its_rows_and_names_them(tmp_path):
    rows = [row(1, unit="Xã Tân Lập"), row(2)]
    reading = read_dossiers(write(tmp_path / "a.csv", rows))
    assert reading.refused["row"].tolist() == [2]
    assert "several units" in reading.refused["reason"].item()
    assert "Tân Lập" in reading.summary["ambiguous_units"]["Xã Tân Lập"]


def test_where_no_unit_resolves_the_receiving_one_stands_in_and_is_flagged(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(
        "Mã hồ sơ,Đơn vị tiếp nhận,Ngày nhận,Ngày hẹn trả\n"
        "H1,Xã Mẫu,02/01/2024,09/01/2024\nH2,,02/01/2024,09/01/2024\n",
        encoding="utf-8",
    )
    reading = read_dossiers(path, unit="Huyện Mẫu")
    assert reading.dossiers["unit_id"].tolist() == ["Xã Mẫu", "Huyện Mẫu"]
    assert reading.summary["flags"] == {"unit_is_receiving": 1}
