"""What offices and spreadsheets do to exports: swapped dates, codes without digits, names."""

import unicodedata
from datetime import datetime

import pandas as pd
import pytest
import xlsxwriter
from small_export import HEADER, row, write, write_book

from cchc_analysis import gazetteer
from cchc_analysis.columns import InputError
from cchc_analysis.sources import headers
from cchc_analysis.sources.dossiers import read_dossiers
from cchc_analysis.sources.dossiers.dates import read_moment
from cchc_analysis.sources.dossiers.words import Words
from cchc_analysis.sources.privacy import NAME, is_persons_name, personal_data


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


# ------------------------------------------------------------ dates that Excel swapped


def march(days, *, swapped):
    """A dossier for each day of March 2024, as Excel set to month/day keeps dd/mm/yyyy."""
    rows = []
    for number, day in enumerate(days, 1):
        if day <= 12:
            received = datetime(2024, day, 3) if swapped else datetime(2024, 3, day)
        else:
            received = f"{day}/03/2024 08:00"
        rows.append(row(number, received=received, due="20/04/2024", result="", returned=""))
    return [HEADER, *[[one[name] for name in HEADER] for one in rows]]


def test_dates_swapped_by_excel_are_refused_with_the_rows_that_show_it(tmp_path):
    # rows 2 to 13 hold 1 to 12 March as 3 January to 3 December; rows 14 to 32 the rest
    path = write_book(tmp_path / "a.xlsx", march(range(1, 32), swapped=True))
    with pytest.raises(InputError) as caught:
        read_dossiers(path)
    message = str(caught.value)
    assert "a.xlsx, sheet 'Danh sách', column 'Ngày nhận'" in message
    assert "date cell (12 rows (row 2, 3, 4, 5, 6, ...))" in message
    assert "text (19 rows (row 14, 15, 16, 17, 18, ...))" in message
    assert "export it again" in message
    assert "2024" not in message  # no value


def test_a_list_that_begins_with_thousands_of_date_cells_is_refused_too(tmp_path):
    days = [day for day in range(1, 13) for _ in range(200)] + list(range(13, 32))
    path = write_book(tmp_path / "a.xlsx", march(days, swapped=True))
    with pytest.raises(InputError, match="2400 rows"):
        read_dossiers(path)


def test_the_same_damage_in_a_converted_csv_is_refused(tmp_path):
    rows = [row(i, received=f"2024-{i:02d}-03 00:00:00") for i in range(1, 13)]
    rows += [row(i, received=f"{i}/03/2024") for i in range(13, 32)]
    with pytest.raises(InputError, match="swapped"):
        read_dossiers(write(tmp_path / "a.csv", rows))


@pytest.mark.parametrize(
    "days",
    [
        [*range(1, 5), *range(13, 32)],  # four days as cells: may be chance
        [*range(1, 13), *range(13, 17)],  # four days as text
    ],
)
def test_few_days_of_either_shape_are_no_proof(tmp_path, days):
    path = write_book(tmp_path / "a.xlsx", march(days, swapped=True))
    assert read_dossiers(path).summary["kept"] == len(days)


def test_shapes_mixed_whatever_the_day_are_read(tmp_path):
    rows = [row(i, received=f"2024-03-{i:02d}" if i % 2 else f"{i:02d}/03/2024")
            for i in range(1, 32)]  # fmt: skip
    kept = read_dossiers(write(tmp_path / "a.csv", rows)).dossiers
    assert kept["received_at"].dt.day.tolist() == list(range(1, 32))
    assert set(kept["received_at"].dt.month) == {3}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Thứ Sáu, 05/01/2024", "2024-01-05"), ("T6 05/01/2024 08:30", "2024-01-05 08:30"),
        ("CN, 07/01/2024", "2024-01-07"), ("Chủ nhật, ngày 07/01/2024", "2024-01-07"),
        ("thứ 6 ngày 05 tháng 01 năm 2024", "2024-01-05"),
        ("Thứ năm 04/01/2024 14:00", "2024-01-04 14:00"), ("05/01/2024 (Thứ Sáu)", "2024-01-05"),
    ],
)  # fmt: skip
def test_dates_with_a_weekday(text, expected):
    assert read_moment(text).at == pd.Timestamp(expected)


def test_a_weekday_does_not_make_a_date_of_anything_else():
    assert read_moment("Thứ Sáu").kind == "unreadable"
    assert read_moment("T6 31/02/2024").kind == "unreadable"


# ------------------------------------------------------------ codes


def test_codes_that_lost_their_digits_are_refused_and_stand_for_nobody(tmp_path):
    codes = ["3.52112E+11", "3.52112E+11", "3,52112E+11", "4E+12", "H01.E+1", "000E+12-240101-7"]
    rows = [row(i, code=code) for i, code in enumerate(codes, 1)]
    summary = (reading := read_dossiers(write(tmp_path / "a.csv", rows))).summary
    assert (summary["kept"], summary["refused"], summary["set_aside"]) == (2, 4, 0)
    assert set(reading.refused["column"]) == {"dossier_id"}
    assert all(reason.startswith("digits lost") for reason in reading.refused["reason"])
    assert reading.refused["row"].tolist() == [2, 3, 4, 5]


# ------------------------------------------------------------ personal data

ID, PHONE = "looks like an ID number", "looks like a phone number"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("0912345678_NVA", PHONE), ("NVA_0912345678", PHONE), ("số0912345678", PHONE),
        ("0912/345/678", PHONE), ("0912–345–678", PHONE), ("0912_345_678", PHONE),
        ("0600 9000 1234", ID), ("060090 001234", ID),
        ("CCCD 060090001234 Đ. Trần Hưng Đạo", ID), ("CMND 260123456 Đ/c Mẫu", ID),
        ("CMND 260123456 đ. Lê Lợi", ID), ("Chờ bà Trần Thị Thử ký", NAME),
        ("CHỜ BÀ TRẦN THỊ THỬ KÝ", NAME), ("Ông/Bà: Nguyễn Văn Mẫu", NAME),
        ("cô Tô Thị Thử", NAME), (unicodedata.normalize("NFD", "anh Lê Văn Mẫu"), NAME),
    ],
)  # fmt: skip
def test_more_that_looks_like_personal_data(text, kind):
    assert personal_data(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "giai đoạn 2023/2024/2025", "2023 2024 2025", "Thông tư 05/2024 - 2025", "500000000 đ",
        "500.000.000đ.", "500000000 đ/năm", "15/08/2024 15:30", "1234/2024/QĐ-TTg", "TTHC1004227",
        "Quyết định 118/2025/QĐ-UBND", "1.004227", "UBND phường Nguyễn Trãi", "Ông Bà Rịa",
        "Bà mẹ Việt Nam anh hùng", "BÀ MẸ VIỆT NAM ANH HÙNG", "Đặc khu Cô Tô Quảng Ninh",
        "đường Hai Bà Trưng", "phố Bà Triệu Hà Nội", "Trung tâm tiếng Anh Hà Nội",
    ],
)  # fmt: skip
def test_more_that_is_nobody(text):
    assert personal_data(text) is None


def test_no_unit_and_no_text_of_the_reference_is_taken_for_a_person():
    units = gazetteer.units()
    above = dict(zip(units["unit_id"], units["full_name"], strict=True))
    words = Words()
    for unit in units.itertuples():
        upper = above.get(unit.parent_id, "")
        for text in (unit.full_name, unit.full_name.upper(), f"{unit.full_name} {upper}"):
            assert personal_data(text) is None, text
        for name in filter(is_persons_name, (unit.name, unit.full_name)):
            assert words._unit_word(name).reason is None, name
    for section in headers.reference().values():
        for variants in section.values():
            assert not [text for text in variants if personal_data(text)]


@pytest.mark.parametrize("name", ["Nguyễn Văn Mẫu", "NGUYỄN VĂN MẪU", "Trần Thị Thử - Một cửa",
                                  "Nguyen Van Mau", "Lê Thử"])  # fmt: skip
def test_a_person_is_no_unit(tmp_path, name):
    rows = [row(1), row(2, unit=name), row(3, unit="UBND phường Nguyễn Trãi Mẫu")]
    reading = read_dossiers(write(tmp_path / "a.csv", rows), out=tmp_path / "out")
    [refused] = reading.refused.to_dict("records")
    assert (refused["row"], refused["column"], refused["reason"]) == (3, "unit_id", NAME)
    for path in (tmp_path / "out").iterdir():
        assert name.encode() not in path.read_bytes()
    assert name not in reading.dossiers.to_csv()


# ------------------------------------------------------------ labels, headers, sheets


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("Hoàn thành", "9"), ("Đã hoàn thành", "9"), ("Đã giải quyết", "9"),
        ("Đã xử lý, chờ trả kết quả", "9"), ("Đã trả kết quả cho công dân", "10"),
        ("Chờ công dân bổ sung", "5"), ("Đang chờ bổ sung", "5"), ("Đã rút hồ sơ", "7"),
        ("Từ chối giải quyết", None), ("Đã hủy", None),
    ],
)  # fmt: skip
def test_status_labels_in_everyday_use(label, code):
    assert headers.label_code(label, "status") == code


@pytest.mark.parametrize(("given", "written"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_a_mapped_header_may_have_the_other_unicode_form(tmp_path, given, written):
    mapped = {"received_at": unicodedata.normalize(given, "Ngày vào sổ")}
    header = [unicodedata.normalize(written, "Ngày vào sổ") if name == "Ngày nhận" else name
              for name in HEADER]  # fmt: skip
    reading = read_dossiers(write(tmp_path / "a.csv", [row()], header=header), columns=mapped)
    assert reading.dossiers["received_at"].tolist() == [pd.Timestamp("2024-01-02 08:00")]


def test_a_summary_beside_the_list_is_not_read_and_named(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        listed, summed = (book.add_worksheet(name) for name in ("Danh sách", "Tổng hợp"))
        listed.write_row(0, 0, HEADER)
        listed.write_row(1, 0, [row()[name] for name in HEADER])
        summed.write_row(0, 0, ["Lĩnh vực", "Trạng thái", "Số hồ sơ"])
        summed.write_row(1, 0, ["Đất đai", "Đã trả kết quả", 1])
    summary = read_dossiers(tmp_path / "a.xlsx").summary
    assert (summary["read"], summary["kept"]) == (1, 1)
    assert "Tổng hợp" in str(summary)
    with pytest.raises(InputError, match=r"'Tổng hợp'.*received_at"):
        read_dossiers(tmp_path / "a.xlsx", sheet="Tổng hợp", unit="Xã Mẫu")


def test_a_person_below_a_merged_header_is_no_part_of_the_header_shown(tmp_path):
    head = ["Mã hồ sơ", "Đơn vị giải quyết", "Ngày tiếp nhận", "Ngày hẹn trả", "Người nộp", ""]
    rows = [head, ["", "", "", "", "Nguyễn Văn Mẫu", "Trần Thị Bốn"],
            ["H1", "Xã Mẫu", "01/02/2024", "02/02/2024", "Lê Văn A", "x"]]  # fmt: skip
    summary = read_dossiers(write_book(tmp_path / "a.xlsx", rows)).summary
    assert summary["kept"] == 1
    assert not [name for name in ("Nguyễn", "Trần", "Lê Văn") if name in str(summary)]


# ------------------------------------------------------- what a table of Parquet may hold


def test_parquet_is_read_whatever_its_other_columns_are_called(tmp_path):
    rows = pd.DataFrame([row(1), row(2), row(3, code="")]).reindex(columns=HEADER)
    rows.assign(file_row_number="x", File_Row="y").to_parquet(tmp_path / "a.parquet")
    reading = read_dossiers(tmp_path / "a.parquet")
    assert reading.refused["row"].tolist() == [3]
    assert reading.summary["kept"] == 2
    assert {"file_row_number", "File_Row"} <= set(reading.summary["sheets"][0]["columns_not_read"])


def test_text_that_parquet_holds_as_bytes_is_read_or_refused_never_garbled(tmp_path):
    path, rows = tmp_path / "a.parquet", pd.DataFrame([row(1), row(2)]).reindex(columns=HEADER)
    rows.assign(**{"Lĩnh vực": "Đất đai".encode(), "Ảnh": b"\xff\xfe"}).to_parquet(path)
    assert read_dossiers(path).dossiers["field"].tolist() == ["Đất đai"] * 2
    rows.assign(**{"Lĩnh vực": b"\xa7\xca\xff"}).to_parquet(path)  # bytes of an older encoding
    with pytest.raises(InputError, match=r"'Lĩnh vực'.* lost"):
        read_dossiers(path)
