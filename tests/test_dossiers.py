"""Reading exports: what is kept, refused, flagged and never let in."""

from datetime import datetime

import pandas as pd
import pytest
import xlsxwriter
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from small_export import GOOD, HEADER, expect_good, one, row, write, write_book

from cchc_analysis.columns import DOSSIERS, InputError
from cchc_analysis.sources.dossiers import read_dossiers


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    return folder


# ------------------------------------------------------------------------- forms of a file


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"titles": ["BÁO CÁO", "Từ ngày 01/01/2024 đến ngày 31/01/2024", ""]},
        {"encoding": "utf-8-sig"},
        {"delimiter": ";"},
        {"delimiter": "\t", "titles": ["DANH SÁCH"]},
        {"encoding": "utf-8-sig", "delimiter": ";", "titles": ["BÁO CÁO"]},
    ],
    ids=str,
)
def test_csv_in_the_shapes_that_are_met(tmp_path, how):
    reading = read_dossiers(write(tmp_path / "a.csv", [row()], **how))
    expect_good(one(reading))
    assert reading.summary["sheets"][0]["header_row"] == 1 + len(how.get("titles", ()))


def test_headers_in_decomposed_unicode_and_odd_case(tmp_path):
    import unicodedata

    odd = [unicodedata.normalize("NFD", name.upper() + "  ") for name in HEADER]
    expect_good(one(read_dossiers(write(tmp_path / "a.csv", [row()], header=odd))))


def test_text_in_decomposed_unicode_is_composed(tmp_path):
    import unicodedata

    cells = {key: unicodedata.normalize("NFD", value) for key, value in row().items()}
    expect_good(one(read_dossiers(write(tmp_path / "a.csv", [cells]))))


def test_a_line_break_inside_quotes_is_part_of_the_cell(tmp_path):
    rows = [row(1, field="Đất\nđai"), row(2)]
    reading = read_dossiers(write(tmp_path / "a.csv", rows))
    assert reading.summary["kept"] == 2
    assert reading.dossiers["field"].tolist() == ["Đất\nđai", "Đất đai"]


def test_workbook_with_dates_and_with_text(tmp_path):
    dates = ("Ngày nhận", "Ngày hẹn trả", "Ngày kết thúc xử lý", "Ngày trả kết quả")
    real = row() | {name: datetime.strptime(GOOD[name], "%d/%m/%Y %H:%M") for name in dates}
    for name, record in (("real.xlsx", real), ("text.xlsx", row())):
        cells = [record[header] for header in HEADER]
        path = write_book(tmp_path / name, [HEADER, cells], titles=["BÁO CÁO", "Đơn vị: Xã Mẫu"])
        reading = read_dossiers(path)
        expect_good(one(reading))
        assert reading.summary["sheets"][0]["sheet"] == "Danh sách"
        assert reading.summary["sheets"][0]["header_row"] == 3


def test_workbook_in_which_another_sheet_comes_first(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Hướng dẫn").write(0, 0, "Xem trang sau")
        page = book.add_worksheet("Hồ sơ")
        for i, cells in enumerate([HEADER, [row()[name] for name in HEADER]]):
            page.write_row(i, 0, cells)
    assert read_dossiers(path).summary["sheets"][0]["sheet"] == "Hồ sơ"


def test_parquet(tmp_path):
    pd.DataFrame([row()]).to_parquet(tmp_path / "a.parquet")
    expect_good(one(read_dossiers(tmp_path / "a.parquet")))


def test_kept_rows_have_the_declared_columns_and_no_more(tmp_path):
    reading = read_dossiers(write(tmp_path / "a.csv", [row()]))
    assert list(pd.read_parquet(reading.path).columns) == DOSSIERS.names
    assert "Người nộp" in reading.summary["sheets"][0]["columns_not_read"]
    assert reading.summary["sheets"][0]["columns"]["received_at"] == "Ngày nhận"


def test_lateness_by_date_and_by_instant_differ_on_the_due_day(tmp_path):
    # due 9 January 09:00; result the same day at 11:00: by date on time, by instant late
    rows = [
        row(1, due="09/01/2024 09:00", result="09/01/2024 11:00"),
        row(2, due="09/01/2024 09:00", result="10/01/2024 08:00"),
        row(3, due="09/01/2024 09:00", result="09/01/2024 08:00"),
        row(4, due="09/01/2024 09:00", result="", returned="", status="Đang xử lý"),
    ]
    summary = read_dossiers(write(tmp_path / "a.csv", rows)).summary
    names = ("finished", "late_by_date", "late_by_instant", "first_on", "last_on")
    assert [summary[n] for n in names] == [3, 1, 2, "2024-01-02", "2024-01-02"]


# ------------------------------------------------------------ labels


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("Mới đăng ký", 1), ("Được tiếp nhận", 2), ("Không được tiếp nhận", 3),
        ("Đang xử lý", 4), ("Yêu cầu bổ sung giấy tờ", 5),
        ("Yêu cầu thực hiện nghĩa vụ tài chính", 6), ("Công dân yêu cầu rút hồ sơ", 7),
        ("Dừng xử lý", 8), ("Đã xử lý xong", 9), ("Đã trả kết quả", 10),
        ("ĐÃ TRẢ KẾT QUẢ", 10), ("9", 9), ("10", 10),
    ],
)  # fmt: skip
def test_the_ten_national_statuses(tmp_path, label, code):
    record = one(read_dossiers(write(tmp_path / "a.csv", [row(status=label)])))
    assert record["status"] == code
    assert record["status_raw"] == label


@pytest.mark.parametrize(
    ("label", "channel"),
    [
        ("Trực tiếp", "in_person"), ("trực tuyến", "online"), ("Bưu chính công ích", "postal"),
        ("2", "online"), ("Chim bồ câu", "other"), ("", None),
    ],
)  # fmt: skip
def test_channels(tmp_path, label, channel):
    found = one(read_dossiers(write(tmp_path / "a.csv", [row(channel=label)])))["channel"]
    assert pd.isna(found) if channel is None else found == channel


@pytest.mark.parametrize(("label", "value"), [("Có", True), ("Không", False), ("", None)])
def test_digitised(tmp_path, label, value):
    found = one(read_dossiers(write(tmp_path / "a.csv", [row(digitised=label)])))["digitised"]
    assert pd.isna(found) if value is None else bool(found) is value


# ------------------------------------------------------------ flags


@pytest.mark.parametrize(
    ("flag", "changes"),
    [
        ("no_due_date", {"due": ""}),
        ("due_before_receipt", {"due": "01/01/2024"}),
        ("result_before_receipt", {"result": "01/01/2024 09:00"}),
        ("result_before_receipt", {"result": "02/01/2024 07:59"}),  # by minutes
        ("result_before_receipt", {"result": "01/01/2024"}),
        ("finished_without_date", {"result": "", "returned": ""}),
        ("result_but_unfinished", {"status": "Đang xử lý"}),
        ("unknown_status", {"status": "Lạc mất"}),
        ("unknown_channel", {"channel": "Chim bồ câu"}),
        ("unreadable_due_at", {"due": "31/02/2024"}),
        ("unreadable_result_at", {"result": "hôm qua"}),
        ("unreadable_returned_at", {"returned": "45/13/2023"}),
    ],
)
def test_an_odd_row_is_kept_and_flagged(tmp_path, flag, changes):
    reading = read_dossiers(write(tmp_path / "a.csv", [row(1, **changes), row(2)]))
    assert reading.summary["flags"] == {flag: 1}
    assert reading.summary["kept"] == 2
    odd, plain = reading.dossiers["flags"]
    assert odd == flag
    assert pd.isna(plain)


def test_a_result_without_time_of_day_on_the_day_of_receipt_is_not_odd(tmp_path):
    reading = read_dossiers(write(tmp_path / "a.csv", [row(result="02/01/2024")]))
    assert reading.summary["flags"] == {}


def test_a_repeated_code_is_flagged_on_both_rows(tmp_path):
    rows = [row(1, code="X-1"), row(2, code="X-1"), row(3)]
    reading = read_dossiers(write(tmp_path / "a.csv", rows))
    assert reading.summary["flags"] == {"duplicate_code": 2}


def test_two_flags_on_one_row(tmp_path):
    record = row(due="", channel="Chim bồ câu")
    flags = one(read_dossiers(write(tmp_path / "a.csv", [record])))["flags"]
    assert flags.split(";") == ["no_due_date", "unknown_channel"]


# ------------------------------------------------------------ refused rows

BLANK = dict.fromkeys(HEADER, "")
SPOILED = {
    "no dossier code": {"code": ""},
    "no unit that resolves": {"unit": "  "},
    "not a date": {"received": "không rõ"},
    "no date of receipt": {"received": ""},
}


def test_refused_rows_are_numbered_as_in_the_file(tmp_path):
    # two title rows and the header: the first dossier stands in row 4
    rows = [row(1), *[row(i, **change) for i, change in enumerate(SPOILED.values(), 2)], row(9)]
    path = write(tmp_path / "a.csv", rows, titles=["BÁO CÁO", "Tháng 1"])
    reading = read_dossiers(path, out=tmp_path / "out")
    assert reading.refused["row"].tolist() == [5, 6, 7, 8]
    assert reading.refused["reason"].tolist() == list(SPOILED)
    assert reading.refused["column"].tolist() == [
        "dossier_id", "unit_id", "received_at", "received_at",
    ]  # fmt: skip
    assert set(reading.refused["file"]) == {"a.csv"}
    written = pd.read_csv(tmp_path / "out" / "refused.csv")
    assert written["row"].tolist() == [5, 6, 7, 8]
    assert "không rõ" not in (tmp_path / "out" / "refused.csv").read_text(encoding="utf-8")


def test_a_wholly_empty_line_is_a_blank_row(tmp_path):
    path = write(tmp_path / "a.csv", [row(1), row(2, code="")])
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines[:2], "", lines[2]]) + "\n", encoding="utf-8")
    reading = read_dossiers(path)
    assert reading.refused["row"].tolist() == [4]
    assert reading.summary["set_aside"] == 1


def test_mixed_line_ends_are_read(tmp_path):
    path = write(tmp_path / "a.csv", [row(1), row(2), row(3, code="")])
    first, *others = path.read_text(encoding="utf-8").splitlines()
    path.write_bytes((first + "\r\n" + "\n".join(others) + "\r\n").encode())
    reading = read_dossiers(path)
    assert reading.refused["row"].tolist() == [4]
    assert reading.summary["kept"] == 2


def test_a_row_with_more_cells_than_headers_is_named(tmp_path):
    path = write(tmp_path / "a.csv", [row(1), row(2)])
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines[:2], lines[2] + ",thừa"]) + "\n", encoding="utf-8")
    reading = read_dossiers(path)
    assert reading.refused["row"].tolist() == [3]
    assert "more cells than headers" in reading.refused["reason"].item()
    assert reading.summary["kept"] == 1


def test_header_with_a_line_break_and_titles_with_empty_lines(tmp_path):
    path = tmp_path / "a.csv"
    header = ",".join(name.replace("Ngày nhận", '"Ngày\nnhận"') for name in HEADER)
    record = ",".join(row(code="")[name] for name in HEADER)
    path.write_text(f"BÁO CÁO\n\n{header}\n{record}\n", encoding="utf-8")
    assert read_dossiers(path).refused["row"].tolist() == [4]


def test_quotes_that_are_never_closed_are_refused_not_swallowed(tmp_path):
    path = write(tmp_path / "a.csv", [row(1), row(2), row(3)])
    text = path.read_text(encoding="utf-8").replace("Đất đai", '"Đất đai', 1)
    path.write_text(text, encoding="utf-8")
    reading = read_dossiers(path)
    assert reading.refused["row"].tolist() == [2]
    assert "quotes" in reading.refused["reason"].item()
    assert reading.summary["kept"] == 2


def test_a_quotation_mark_inside_a_cell_is_text(tmp_path):
    path = write(tmp_path / "a.csv", [row(1), row(2)])
    text = path.read_text(encoding="utf-8").replace("Đất đai", 'ống 5" dài', 1)
    path.write_text(text, encoding="utf-8")
    assert read_dossiers(path).dossiers["field"].tolist() == ['ống 5" dài', "Đất đai"]


def test_text_that_stops_being_utf8_far_down(tmp_path):
    path = write(tmp_path / "a.csv", [row(i) for i in range(1, 400)])
    path.write_bytes(path.read_bytes() + b"\xe3\xff,\n")
    with pytest.raises(InputError, match=r"a\.csv: .*not UTF-8 text"):
        read_dossiers(path, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_refused_rows_of_a_workbook_are_numbered_as_in_the_sheet(tmp_path):
    cells = [[r[name] for name in HEADER] for r in (row(1), BLANK, row(2, code=""))]
    path = write_book(tmp_path / "a.xlsx", [HEADER, *cells], titles=["BÁO CÁO"])
    reading = read_dossiers(path)
    # row 1 title, 2 header, 3 good, 4 blank, 5 without code
    assert reading.refused["row"].tolist() == [5]
    assert reading.summary["set_aside"] == 1


def test_a_dossier_not_accepted_needs_no_date_of_receipt(tmp_path):
    rows = [row(1, status="Mới đăng ký", received=""), row(2, status="Từ chối", received="")]
    summary = read_dossiers(write(tmp_path / "a.csv", rows)).summary
    assert (summary["kept"], summary["refused"]) == (2, 0)


@settings(
    max_examples=20, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(st.lists(st.sampled_from(["good", "blank", *SPOILED]), min_size=1, max_size=15))
def test_every_row_read_is_kept_refused_or_set_aside(tmp_path, kinds):
    rows = [
        BLANK if kind == "blank" else row(number, **SPOILED.get(kind, {}))
        for number, kind in enumerate(kinds, 1)
    ]
    reading = read_dossiers(write(tmp_path / "drawn.csv", rows))
    summary = reading.summary
    assert summary["read"] == len(kinds)
    assert summary["kept"] == kinds.count("good") == len(reading.dossiers)
    assert summary["set_aside"] == kinds.count("blank")
    assert summary["read"] == summary["kept"] + summary["refused"] + summary["set_aside"]
    expected = [
        (number, kind) for number, kind in enumerate(kinds, 2) if kind not in ("good", "blank")
    ]
    found = zip(reading.refused["row"], reading.refused["reason"], strict=True)
    assert list(found) == expected


# ------------------------------------------------------------ bad input


def bad_file(folder, kind):
    path = folder / {"suffix": "a.docx", "workbook": "a.xlsx", "no_rows": "a.xlsx",
                     "parquet": "a.parquet"}.get(kind, "a.csv")  # fmt: skip
    if kind == "missing":
        return path
    if kind == "no_rows":
        return write_book(path, [])
    content = {
        "empty": b"",
        "suffix": b"something",
        "workbook": b"PK\x03\x04 this is no workbook" * 20,
        "parquet": b"PAR1 garbage" * 20,
        "encoding": "Mã hồ sơ,Ngày nhận\n".encode("cp1258", "replace"),
        "columns": "STT,Mã hồ sơ,Cơ quan giai quiet,Ngày nhận,Ngày hẹn\n1,a,b,c,d\n".encode(),
        "only_titles": "BÁO CÁO\n".encode(),
    }
    path.write_bytes(content[kind])
    return path


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("missing", r"a\.csv: no such file; .*\.xlsx, .*\.csv, .*\.parquet"),
        ("empty", r"a\.csv: the file is empty"),
        ("suffix", r"cannot read '\.docx' files; give .*\.xlsx, .*\.csv"),
        ("workbook", r"a\.xlsx: the workbook cannot be opened"),
        ("no_rows", r"a\.xlsx: the workbook holds no rows"),
        ("parquet", r"a\.parquet: cannot be read as Parquet"),
        ("encoding", r"a\.csv: .*(UTF-8|Unicode)"),
        ("columns", r"no column for unit_id .*'Đơn vị giải quyết'.*found: STT, Mã hồ sơ"),
        ("only_titles", r"no column for dossier_id .*found: BÁO CÁO"),
    ],
)
def test_bad_files_each_get_one_clear_message_and_nothing_is_written(tmp_path, kind, message):
    out = tmp_path / "out"
    with pytest.raises(InputError, match=message):
        read_dossiers(bad_file(tmp_path, kind), out=out)
    assert not out.exists()


@pytest.mark.parametrize("kind", ["missing", "empty", "workbook", "encoding", "columns"])
def test_an_earlier_reading_survives_a_failure(tmp_path, kind):
    out = tmp_path / "out"
    (tmp_path / "good").mkdir()
    (tmp_path / "bad").mkdir()
    read_dossiers(write(tmp_path / "good" / "a.csv", [row()]), out=out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    with pytest.raises(InputError):
        read_dossiers(bad_file(tmp_path / "bad", kind), out=out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_a_file_without_a_header_row_does_not_show_its_first_row(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("Nguyễn Văn Mẫu,000123456789,02/01/2024\n", encoding="utf-8")
    with pytest.raises(InputError, match="has no header row") as caught:
        read_dossiers(path)
    assert "Nguyễn" not in str(caught.value) and "000123456789" not in str(caught.value)


def test_a_receipt_in_the_future_is_flagged(tmp_path):
    path = write(tmp_path / "a.csv", [row(1), row(2) | {"Ngày nhận": "02/01/2999"}])
    assert read_dossiers(path).summary["flags"]["received_in_future"] == 1
