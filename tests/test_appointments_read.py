"""Reading legal times, new appointments, apologies and causes of lateness from exports."""

import csv
import tomllib
import unicodedata
from importlib.resources import files

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook
from small_export import write_book

from cchc_analysis import cli
from cchc_analysis.columns import LATE_CAUSES
from cchc_analysis.sources.dossiers import read_dossiers
from cchc_analysis.sources.dossiers.causes import cause_group
from cchc_analysis.sources.dossiers.legal_time import legal_days

HEADER = [
    "Mã hồ sơ", "Đơn vị giải quyết", "Ngày nhận", "Ngày hẹn trả", "Ngày hẹn trả lần đầu",
    "Ngày có kết quả", "Thời hạn giải quyết (ngày làm việc)", "Số lần hẹn lại", "Ngày xin lỗi",
    "Nguyên nhân trễ hạn",
]  # fmt: skip
GIVEN = ["legal_days", "reappointed_count", "apologised_at", "late_cause", "flags"]


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    return folder


def rows(*cells):
    """Rows of an export: legal time, times re-appointed, apology and cause of each."""
    start = ["Xã Mẫu", "02/01/2024", "09/01/2024", "08/01/2024", "15/01/2024"]
    return [[f"H{n:03d}", *start, *four] for n, four in enumerate(cells, 1)]


def export(path, *cells, header=HEADER):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows(*cells)])
    return path


def read(path, **options):
    return read_dossiers(path, **options)


CELLS = [
    ("15", "1", "10/01/2024", "Lỗi phần mềm"),
    ("15 ngày làm việc", "0", "", "-"),
    ("30 ngày", "2.0", "", "Chưa có"),
    ("7,5", "nhiều lần", "không rõ", "vì sao thì không rõ"),
    ("", "", "", ""),
    ("40 giờ", "-1", "", "Bận"),
]
EXPECTED = [
    [15.0, 1.0, pd.Timestamp("2024-01-10"), "software", None],
    [15.0, 0.0, None, None, None],
    [None, 2.0, None, None, "unreadable_legal_days"],
    [7.5, None, None, "other", "unreadable_apologised_at"],
    [None, None, None, None, None],
    [5.0, None, None, "other", None],
]


def as_lists(table):
    return table[GIVEN].astype("object").where(table[GIVEN].notna(), None).values.tolist()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_four_columns(tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    if kind == "csv":
        export(path, *CELLS)
    else:
        number = {"15": 15, "1": 1, "0": 0, "7,5": 7.5, "2.0": 2}
        typed = [[number.get(cell, cell or None) for cell in four] for four in CELLS]
        write_book(path, [HEADER, *rows(*typed)])
    reading = read(path)
    assert as_lists(reading.dossiers) == EXPECTED
    assert reading.summary["placeholders"]["late_cause"] == 2
    assert "legal_days" not in reading.summary["placeholders"]  # it says something, not nothing
    assert reading.summary["flags"]["unreadable_legal_days"] == 1


def test_an_export_without_them_has_none(tmp_path):
    kept = [place for place, name in enumerate(HEADER) if place < 6 and "đầu" not in name]
    with (tmp_path / "a.csv").open("w", encoding="utf-8", newline="") as file:
        table = [HEADER, *rows(*CELLS)]
        csv.writer(file).writerows([[row[place] for place in kept] for row in table])
    table = read(tmp_path / "a.csv").dossiers
    assert table[[*GIVEN[:4], "first_due_at"]].isna().all(axis=None)


def test_two_files_with_and_without_them_are_one_history(tmp_path):
    export(tmp_path / "a.csv", *CELLS)
    other = [*HEADER[:6], "x", "y", "z", "w"]
    more = export(tmp_path / "b.csv", *CELLS, header=other)
    more.write_text(more.read_text("utf-8").replace("\nH", "\nK"), encoding="utf-8")
    table = read(tmp_path, as_of="2024-02-01").dossiers
    assert as_lists(table.iloc[:6]) == EXPECTED
    assert table.iloc[6:][GIVEN].isna().all(axis=None)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("15", 15), ("15.0", 15), ("05", 5), ("7,5", 7.5), (" 3 ", 3), ("0,5", 0.5),
        ("15 ngày làm việc", 15), ("15 NGÀY LÀM VIỆC", 15), ("15 ngay lam viec", 15),
        ("03 (ba) ngày làm việc", 3), ("10 ngày LV", 10), ("40 giờ", 5), ("4 giờ làm việc", 0.5),
        ("12h", 1.5), ("30 ngày", None), ("1 tháng", None), ("30 ngày (tính cả ngày nghỉ)", None),
        ("15/03/2024", None), ("45366", None), ("0", None), ("-5", None), ("1.005", 1.005),
        ("15-20", None), ("ngày làm việc", None), ("mười ngày làm việc", None),
        ("1 tháng 15 ngày làm việc", None), ("999", 999), ("1000", None),
    ],
)  # fmt: skip
def test_legal_times(text, days):
    for form in (text, unicodedata.normalize("NFD", text)):
        assert legal_days(form) == days


# Written by hand, not taken from the phrases: what offices state, and whom it blames.
STATED = {
    "Do công dân chưa nộp bổ sung giấy tờ, chờ bổ sung": "applicant",
    "Chờ ý kiến Sở Tài nguyên và Môi trường": "other_agency",
    "Hồ sơ phức tạp, có tranh chấp": "complexity",
    "SỐ LƯỢNG HỒ SƠ NHIỀU": "workload",
    "Thiếu cán bộ địa chính": "staff",
    "lỗi hệ thống một cửa": "software",
    "Hồ sơ đã giải quyết xong nhưng chậm cập nhật trên phần mềm": "data_entry",
    "Đã có kết quả nhưng chưa cập nhật hệ thống": "data_entry",
    "Vướng mắc quy định, chờ hướng dẫn": "legal_unclear",
    "Chờ đo đạc thực địa": "field_work",
    "Công dân chưa thực hiện nghĩa vụ tài chính": "finance",
    "Do thiên tai": "force_majeure",
    "Thong bao": "other",
    "Cơ quan chủ quản": "other",
    "?": "other",
}


@pytest.mark.parametrize("text", STATED)
def test_what_offices_state(text):
    assert cause_group(text) == STATED[text]
    assert cause_group(unicodedata.normalize("NFD", text)) == STATED[text]


def test_phrases_are_of_one_group_each_and_every_group_has_some():
    text = files("cchc_analysis").joinpath("reference/late_causes.toml").read_text("utf-8")
    groups = tomllib.loads(text)["causes"]
    assert set(groups) == set(LATE_CAUSES) - {"other"}
    for group, phrases in groups.items():
        assert [cause_group(phrase) for phrase in phrases] == [group] * len(phrases)
        assert text == unicodedata.normalize("NFC", text)


MARKS = ("Zqxvan", "0987654321", "079099123451", "zqxv@mail.example.vn", "H001")
PERSONAL = [
    ("15 Zqxvan", "Zqxvan", "Zqxvan 0987654321", "Bà Zqxvan, ĐT 0987654321, chưa nộp thuế"),
    ("079099123451", "0987654321", "079099123451", "CCCD 079099123451"),
    ("zqxv@mail.example.vn", "x", "", "zqxv@mail.example.vn Zqxvan vắng nhà"),
    ("5", "1", "10/01/2024", "Zqxvan " * 400),
]


def everything(folder):
    """Every byte written below a folder, what Parquet and workbooks hold included."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.read_bytes()
        if path.suffix == ".parquet":
            plain = pa.BufferOutputStream()
            table = pq.read_table(path)
            pq.write_table(table, plain, compression="none", use_dictionary=False)
            yield plain.getvalue().to_pybytes()


def test_of_free_text_in_these_columns_no_trace_is_left(tmp_path, home, capsys, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    for name in ("tmp", "in", "desk"):
        (tmp_path / name).mkdir()
    export(tmp_path / "in" / "a.csv", *PERSONAL)
    out = tmp_path / "out"
    assert cli.main(["read", str(tmp_path / "in"), "--out", str(out),
                     "--lookup", str(tmp_path / "desk" / "codes.xlsx")]) == 0  # fmt: skip
    said = capsys.readouterr()
    places = [*everything(out), *everything(home), *everything(tmp_path / "tmp")]
    content = b"\n".join([*places, (said.out + said.err).encode()]).lower()
    assert [mark for mark in MARKS if mark.lower().encode() in content] == []
    codes = CalamineWorkbook.from_path(str(tmp_path / "desk" / "codes.xlsx"))
    text = str([codes.get_sheet_by_index(i).to_python() for i in (0, 1)])
    assert [mark for mark in MARKS if mark in text] == ["H001"]
    kept = pd.read_parquet(out / "dossiers.parquet")
    assert kept["late_cause"].tolist() == ["finance", "other", "other", "other"]
    assert kept["legal_days"].tolist()[3] == 5
    assert kept["legal_days"].isna().tolist() == [True, True, True, False]
    assert (tmp_path / "in" / "a.csv").read_text("utf-8").count("Zqxvan") > 400


def test_a_refused_row_tells_nothing_of_its_cause(tmp_path):
    path = export(tmp_path / "a.csv", ("5", "1", "", "Bà Zqxvan 0987654321"))
    path.write_text(path.read_text("utf-8").replace("02/01/2024", "Zqxvan"), encoding="utf-8")
    reading = read(path, as_of="2024-02-01", out=tmp_path / "out")
    assert reading.refused["reason"].tolist() == ["not a date"]
    content = b"".join(everything(tmp_path / "out"))
    assert [mark for mark in MARKS if mark.encode() in content] == []


def test_many_distinct_causes_keep_the_rows_in_order(tmp_path):
    """What is looked up is not joined: a join would scramble the rows."""
    cells = [(str(n % 40 + 1), str(n % 3), "", f"Số {n}: lỗi phần mềm") for n in range(3_000)]
    table = read(export(tmp_path / "a.csv", *cells)).dossiers
    assert table["legal_days"].tolist() == [n % 40 + 1 for n in range(3_000)]
    assert table["reappointed_count"].tolist() == [n % 3 for n in range(3_000)]
    assert set(table["late_cause"]) == {"software"}
