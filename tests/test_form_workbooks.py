"""Filled-in forms II.06 as offices lay them out; every expected row is typed by hand."""

import warnings

import pandas as pd
import pytest
import xlsxwriter
import xlwt

from cchc_analysis.columns import FORMS, InputError
from cchc_analysis.reconciliation import check_forms
from cchc_analysis.sources.forms import count_forms, read_forms

COUNTS = [c.name for c in FORMS.columns if c.name.endswith("_count")]
TITLE = [
    ["Biểu số II.06a/VPCP/KSTT", "", "TÌNH HÌNH, KẾT QUẢ GIẢI QUYẾT TTHC"],
    ["- Đơn vị báo cáo: UBND huyện Cần Giuộc", "", "- Đơn vị nhận báo cáo: UBND tỉnh Long An"],
    ["", "", "Kỳ báo cáo: Quý I/2024 (Từ ngày 15/12/2023 đến ngày 14/3/2024)"],
    ["", "", "Đơn vị tính: Số hồ sơ TTHC"],
]
HEADER = [
    ["TT", "Lĩnh vực, công việc giải quyết theo cấp", "Số hồ sơ nhận giải quyết", "", "", "",
     "Số lượng hồ sơ đã giải quyết", "", "", "", "Số lượng hồ sơ đang giải quyết", "", ""],
    ["", "", "Tổng số", "Trong đó", "", "Từ kỳ trước", "Tổng số", "Trước hạn",
     "Đúng hạn\n(Bao gồm cả hồ sơ chờ Bổ sung)", "Quá hạn", "Tổng số", "Trong hạn", "Quá hạn"],
    ["", "", "", "Trực tuyến", "Trực tiếp, dịch vụ bưu chính"],
]  # fmt: skip
NUMBERS = [[f"({number})" for number in range(1, 14)]]
LAND = [12, 2, 9, 1, 5, 1, 3, 1, 7, 6, 1]
CIVIL = [8, 1, 6, 1, 4, 1, 2, 1, 4, 3, 1]
ALL = [20, 3, 15, 2, 9, 2, 5, 2, 11, 9, 2]
SIGNED = [[], ["", "", "", "", "", "", "", "", "Long An, ngày 15 tháng 3 năm 2024"],
          ["Người lập biểu", "", "", "", "", "", "", "", "THỦ TRƯỞNG ĐƠN VỊ"],
          ["(Ký, ghi rõ họ tên)", "", "", "", "", "", "", "", "Nguyễn Văn Mẫu"],
          ["Điện thoại:", "", "0912345678"]]  # fmt: skip
BODY = [["1", "Đất đai", *LAND], ["2", "Hộ tịch", *CIVIL], ["", "Tổng số", *ALL]]
EXPECTED = {"Đất đai": LAND, "Hộ tịch": CIVIL, None: ALL}


def write_xlsx(path, **sheets):
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for i, row in enumerate(rows):
                for j, cell in enumerate(row):
                    if isinstance(cell, str):
                        sheet.write_string(i, j, cell)
                    else:
                        sheet.write_number(i, j, cell)
    return path


@pytest.fixture
def read(tmp_path):
    """Read the form that the rows make."""

    def _read(*rows, **keywords):
        return read_forms(write_xlsx(tmp_path / "a.xlsx", II06=list(rows)), **keywords)

    return _read


def by_field(forms):
    names = [None if pd.isna(field) else field for field in forms["field"]]
    return dict(zip(names, forms[COUNTS].to_numpy().tolist(), strict=True))


def test_a_form_with_titles_merged_headers_numbers_and_signatures(read):
    forms = read(*TITLE, *HEADER, *NUMBERS, *BODY, *SIGNED)
    assert list(forms) == FORMS.names
    assert by_field(forms) == EXPECTED
    assert set(forms["unit_id"]) == {"vn63-807"}
    assert set(forms["period_start_on"]) == {pd.Timestamp("2023-12-15")}
    assert set(forms["period_end_on"]) == {pd.Timestamp("2024-03-14")}
    assert set(forms["source"]) == {"a.xlsx"}
    assert check_forms(forms)["verdict"].unique().tolist() == ["holds"]
    assert count_forms(forms)[["resolved_count", "on_time_count"]].iloc[0].tolist() == [9, 7]


@pytest.mark.parametrize(
    "header",
    [
        HEADER,  # by its words
        NUMBERS,
        [[str(number) for number in range(1, 14)]],
        [[-number for number in range(1, 14)]],  # what a spreadsheet makes of '(3)'
        [["(1)", "(2)", "(3)=(4)+(5)+(6)", "(4)", "(5)", "(6)", "(7)=(8)+(9)+(10)", "(8)", "(9)",
          "(10)", "(11)=(12)+(13)", "(12)", "(13)"]],
        [["STT", "Lĩnh vực giải quyết", "Tổng số hồ sơ tiếp nhận (3)", "Trực tuyến (4)",
          "Trực tiếp, dịch vụ bưu chính (5)", "Từ kỳ trước (6)", "Tổng số đã giải quyết (7)",
          "Trước hạn (8)", "Đúng hạn (9)", "Quá hạn (10)", "Tổng số đang giải quyết (11)",
          "Trong hạn (12)", "Quá hạn (13)"]],
        [*HEADER, *NUMBERS, [], *NUMBERS],  # repeated at the top of a printed page
    ],
    ids=["words", "brackets", "plain", "negative", "formulas", "in the headers", "repeated"],
)  # fmt: skip
def test_headers(read, header):
    assert by_field(read(*TITLE, *header, *BODY, *SIGNED)) == EXPECTED


def test_words_in_any_case_and_unicode_form(read):
    import unicodedata

    shouted = [[unicodedata.normalize("NFD", cell.upper()) for cell in row] for row in HEADER]
    assert by_field(read(*TITLE, *shouted, *BODY)) == EXPECTED


def test_columns_pushed_apart_and_a_remark_beside(read):
    def spread(row):
        return ["", *row[:4], "", *row[4:], "xem ghi chú"]

    rows = [spread(row) for row in (*HEADER, *NUMBERS, *BODY)]
    assert by_field(read(*TITLE, *rows)) == EXPECTED


def test_a_header_that_lacks_columns_is_no_form(read):
    short = [row[:12] for row in HEADER]
    with pytest.raises(InputError, match=r"found 10 of the 11 columns.*\(13\) .*'Quá hạn'"):
        read(*TITLE, *short, *[row[:12] for row in BODY])


def test_numbers_under_the_headers_of_another_form_are_refused(read):
    swapped = [row[:] for row in HEADER]
    swapped[1][7], swapped[1][8] = "Đúng hạn", "Trước hạn"
    with pytest.raises(InputError, match=r"row 8: .*do not stand under .*it may be another form"):
        read(*TITLE, *swapped, *NUMBERS, *BODY)


@pytest.mark.parametrize(
    "title",
    [
        "Kỳ báo cáo: Quý I/2024 (Từ ngày 15/12/2023 đến ngày 14/3/2024)",
        "(Từ ngày 15 tháng 12 năm 2023 đến ngày 14 tháng 3 năm 2024)",
        "từ 15-12-2023 đến 14-03-2024",
        "TỪ NGÀY 15.12.2023 ĐẾN HẾT NGÀY 14.3.2024",
        "Từ ngày 2023-12-15 đến ngày 2024-03-14",
        "Từ 0 giờ ngày 15/12/2023 đến 24 giờ ngày 14/3/2024",
        "Từ 00h00 ngày 15/12/2023 đến 23h59 ngày 14/3/2024",
        "từ ngày 15/12 đến ngày 14/3/2024",
        "từ ngày 15 tháng 12 đến hết ngày 14 tháng 3 năm 2024",
    ],
)
def test_periods(read, title):
    forms = read(*TITLE[:2], [title], *NUMBERS, *BODY)
    days = forms[["period_start_on", "period_end_on"]].iloc[0].astype("str").tolist()
    assert days == ["2023-12-15", "2024-03-14"]


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Kỳ báo cáo: Quý I/2024", r"found 'Kỳ báo cáo: Quý I/2024', which is no date range"),
        ("Từ ngày … đến ngày …", r"gives no 'Từ ngày .* give period="),
        ("Từ ngày 31/02/2024 đến ngày 14/3/2024", "expected days of the calendar"),
        ("Từ ngày 15/3/2024 đến ngày 14/3/2023", "ends before it starts"),
        ("Từ ngày 15/12/2023 đến 0 giờ ngày 15/3/2024", "gives no"),  # the 15th is not in it
        ("Từ 24 giờ ngày 14/12/2023 đến ngày 14/3/2024", "gives no"),
        ("Từ ngày 15/12 đến ngày 14/3", "gives no"),
        ("Từ ngày 1/1/2024 đến ngày 2/1/2024, từ ngày 1/1/2024 đến ngày 3/1/2024", "one period"),
    ],
)
def test_titles_without_one_period(read, title, said):
    rows = [*TITLE[:2], [title], *NUMBERS, *BODY]
    with pytest.raises(InputError, match=rf"a\.xlsx, sheet 'II06': .*{said}"):
        read(*rows)
    given = read(*rows, period=("2023-12-15", "2024-03-14"))
    assert given["period_end_on"].iloc[0] == pd.Timestamp("2024-03-14")


@pytest.mark.parametrize(
    ("cells", "unit_id"),
    [
        (["Đơn vị báo cáo: UBND huyện Cần Giuộc"], "vn63-807"),
        (["- Đơn vị báo cáo:\nUBND huyện Cần Giuộc\n- Đơn vị nhận báo cáo:\nX"], "vn63-807"),
        (["ĐƠN VỊ BÁO CÁO :", "", "Huyện Cần Giuộc"], "vn63-807"),
        (["Đơn vị: Phòng Mẫu số 7"], "Phòng Mẫu số 7"),
        (["Đơn vị tính: hồ sơ", "Đơn vị báo cáo: Tỉnh Long An"], "vn63-80"),
    ],
)
def test_units(read, cells, unit_id):
    forms = read(cells, TITLE[2], *NUMBERS, *BODY)
    assert set(forms["unit_id"]) == {unit_id}


def test_a_unit_that_the_title_does_not_name(read):
    rows = [["Đơn vị báo cáo: ..."], TITLE[2], *NUMBERS, *BODY]
    with pytest.raises(InputError, match=r"the title names no unit; .* or give unit="):
        read(*rows)
    assert set(read(*rows, unit="Huyện Cần Giuộc")["unit_id"]) == {"vn63-807"}


@pytest.mark.parametrize("written", ["1.234", "1,234", "1234", 1234, 1234.0])
def test_a_number_however_written(read, written):
    forms = read(*TITLE, *NUMBERS, ["1", "Đất đai", written, *LAND[1:]])
    assert forms["total_received_count"].tolist() == [1234]


@pytest.mark.parametrize("written", ["", " ", "-", "–"])
def test_what_is_not_given_is_missing_not_zero(read, written):
    forms = read(*TITLE, *NUMBERS, ["1", "Đất đai", *LAND[:10], written])
    assert forms["overdue_count"].isna().all()


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("12,5", "'12,5'"), ("-3", "'-3'"), ("95%", "'95%'"), ("1.23", "'1.23'"), (12.5, "'12.5'"),
        ("Nguyễn Văn Mẫu", "14 characters"), ("079123456789", "12 characters"),
        ("0912345678", "10 characters"), ("12.345.678.901", "14 characters"),
        ("0.125", "'0.125'"), (0.125, "'0.125'"), ("0,981", "'0,981'"), ("012.345", "'012.345'"),
    ],
)  # fmt: skip
def test_anything_else_is_refused_by_place(read, written, found):
    rows = [
        *TITLE,
        *NUMBERS,
        ["1", "Đất đai", *LAND],
        ["2", "Hộ tịch", *CIVIL[:7], written, 4, 3, 1],
    ]
    message = rf"sheet 'II06', row 7, column \(10\): found {found}, expected a number of dossiers"
    with pytest.raises(InputError, match=message) as refused:
        read(*rows)
    assert "Nguyễn" not in str(refused.value)


def test_a_last_line_that_cannot_be_read_is_no_signature(read):
    rows = [[], [], *TITLE, *NUMBERS, BODY[0], ["2", "Hộ tịch", *("nhiều" for _ in CIVIL)]]
    with pytest.raises(InputError, match=r"row 9, column \(3\): found 5 characters"):
        read(*rows, *SIGNED)


def test_levels_and_sections_are_not_added_twice(read):
    rows = [
        ["A", "Cấp huyện", *ALL],
        ["I", "Trên Hệ thống các Bộ"],
        ["1", "Hộ tịch", *CIVIL],
        ["II", "Trên Hệ thống thành phố"],
        ["1", "Đất đai", *LAND],
        ["B", "Cấp xã", *CIVIL],
        ["1", "Hộ tịch", *CIVIL],
        ["", "TỔNG CỘNG", *(a + b for a, b in zip(ALL, CIVIL, strict=True))],
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        forms = read(*TITLE, *HEADER, *NUMBERS, *rows)
    assert by_field(forms) == {
        "Cấp huyện - Trên Hệ thống các Bộ: Hộ tịch": CIVIL,
        "Cấp xã: Hộ tịch": CIVIL,
        "Đất đai": LAND,
        None: [28, 4, 21, 3, 13, 3, 7, 3, 15, 12, 3],
    }


def test_a_level_that_does_not_add_up_is_told_with_its_gap(read):
    level = [21, 3, 15, 3, *ALL[4:]]
    rows = [["I", "Cấp huyện", *level], ["1", "Đất đai", *LAND], ["2", "Hộ tịch", *CIVIL]]
    with pytest.warns(UserWarning, match=r"row 6: the 2 lines .*by column\): \(3\) -1, \(6\) -1$"):
        assert by_field(read(*TITLE, *NUMBERS, *rows)) == {"Đất đai": LAND, "Hộ tịch": CIVIL}


@pytest.mark.parametrize(
    "rows",
    [
        [["I", "Lĩnh vực đất đai", *ALL], ["1", "Cấp giấy", *LAND], ["2", "Đính chính", *CIVIL]],
        [["I. Lĩnh vực đất đai", "", *ALL], ["", "1. Cấp giấy", *LAND], ["", "2) Sửa", *CIVIL]],
        [["1", "Lĩnh vực đất đai", *ALL], ["1.1", "Cấp giấy", *LAND], ["1.2", "Sửa", *CIVIL]],
        [["1", "Lĩnh vực đất đai", *ALL], ["-", "Cấp giấy", *LAND], ["-", "Sửa", *CIVIL]],
        [["", "Sở ban ngành", *ALL], ["1", "Lĩnh vực đất đai", *ALL], ["", "Cộng mục I", *ALL]],
        [["Tổng số", "", *ALL], ["I", "Lĩnh vực đất đai", *ALL]],
    ],
    ids=["I and 1", "in one cell", "1 and 1.1", "1 and -", "unnumbered level", "total first"],
)  # fmt: skip
def test_a_field_is_one_line_whatever_stands_below_it(read, rows):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = by_field(read(*TITLE, *NUMBERS, *rows))
    assert {name: counts for name, counts in found.items() if name} == {"Lĩnh vực đất đai": ALL}


def test_lines_without_numbers_and_a_forgotten_number(read):
    rows = [["", "Đất đai", *LAND], ["", "Hộ tịch", *CIVIL], ["", "Tổng cộng", *ALL]]
    assert by_field(read(*TITLE, *NUMBERS, *rows)) == EXPECTED
    rows = [["1", "Đất đai", *LAND], ["", "Chứng thực", *CIVIL], ["3", "Hộ tịch", *CIVIL]]
    assert list(by_field(read(*TITLE, *NUMBERS, *rows))) == ["Chứng thực", "Hộ tịch", "Đất đai"]


OTHER_UNIT = ["- Đơn vị báo cáo: UBND huyện Cần Đước"]
OTHER_DAYS = ["", "", "(Từ ngày 15/3/2024 đến ngày 14/6/2024)"]


@pytest.mark.parametrize(
    "below",
    [
        [OTHER_UNIT, *NUMBERS, ["1", "Chứng thực", *LAND]],
        [OTHER_DAYS, *NUMBERS, ["1", "Chứng thực", *LAND]],
        [*SIGNED, OTHER_UNIT, *NUMBERS, *BODY],
        [*SIGNED, ["3", "Chứng thực", *LAND]],
    ],
    ids=["another unit", "another period", "below the signatures", "lines without a header"],
)
def test_a_second_form_in_a_sheet_is_refused_not_lost_or_added(read, below):
    row = 8 + next(i for i, cells in enumerate(below) if cells in NUMBERS or cells[2:] == LAND)
    message = rf"sheet 'II06', row {row}: found another form, or lines of this one"
    with pytest.raises(InputError, match=message):
        read(*TITLE, *NUMBERS, *BODY[:2], *below)


@pytest.mark.parametrize("repeated", [[], TITLE], ids=["header", "title and header"])
def test_a_page_that_repeats_its_own_header_is_the_same_form(read, repeated):
    forms = read(*TITLE, *NUMBERS, BODY[0], *repeated, *NUMBERS, *BODY[1:], *SIGNED)
    assert by_field(forms) == EXPECTED


def test_a_title_that_names_two_units_is_refused(read):
    rows = [*TITLE, OTHER_UNIT, *NUMBERS, *BODY]
    message = "names 'UBND huyện Cần Giuộc' and 'UBND huyện Cần Đước' as the unit that reports"
    with pytest.raises(InputError, match=message):
        read(*rows)
    assert set(read(*rows, unit="Huyện Cần Giuộc")["unit_id"]) == {"vn63-807"}
    again = [*TITLE, ["Đơn vị báo cáo: UBND HUYỆN CẦN GIUỘC"], *NUMBERS, *BODY]
    assert set(read(*again)["unit_id"]) == {"vn63-807"}


def test_given_twice_is_refused(read, tmp_path):
    with pytest.raises(InputError, match=r"row 6 and sheet 'II06', row 7: the same field"):
        read(*TITLE, *NUMBERS, ["1", "Đất đai", *LAND], ["2", "ĐẤT ĐAI", *CIVIL])
    with pytest.raises(InputError, match="rows 7 and 8: found two totals that differ"):
        read(*TITLE, *NUMBERS, BODY[0], ["", "Tổng số", *ALL], ["", "Tổng cộng", *CIVIL])
    form = [*TITLE, *NUMBERS, *BODY]
    path = write_xlsx(tmp_path / "b.xlsx", one=form, two=form)
    with pytest.raises(InputError, match="sheet 'one', row 6 and sheet 'two', row 6"):
        read_forms(path)


def test_counts_without_a_field_and_a_form_without_counts(read):
    with pytest.raises(InputError, match=r"row 6, column \(2\): found counts without a field"):
        read(*TITLE, *NUMBERS, ["1", "", *LAND])
    with pytest.raises(InputError, match="no line below the header holds a count"):
        read(*TITLE, *NUMBERS, ["1", "Đất đai"], *SIGNED[:4])


def test_a_form_for_each_month_and_a_sheet_of_notes(tmp_path):
    months = {
        "T1": "Từ ngày 15/12/2023 đến ngày 14/01/2024",
        "T2": "Từ ngày 15/01/2024 đến ngày 14/02/2024",
    }
    sheets = {name: [*TITLE[:2], [days], *NUMBERS, *BODY] for name, days in months.items()}
    path = write_xlsx(tmp_path / "year.xlsx", notes=[["Lưu ý khi nộp"]], empty=[], **sheets)
    with pytest.warns(UserWarning, match=r"sheet 'notes': holds no form II\.06; set aside"):
        forms = read_forms(path)
    assert forms["period_end_on"].astype("str").tolist() == ["2024-01-14"] * 3 + ["2024-02-14"] * 3
    carried = check_forms(forms).query("identity == 'form_carried_over'")
    # (6) of February against (11) of January: 1 - 7, 1 - 4 and 2 - 11
    assert dict(zip(carried["field"].fillna(""), carried["gap"], strict=True)) == {
        "Đất đai": -6, "Hộ tịch": -3, "": -9,
    }  # fmt: skip


def test_an_old_workbook(tmp_path):
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("Biểu 06")
    for i, row in enumerate([*TITLE, *HEADER, *BODY, *SIGNED]):
        for j, cell in enumerate(row):
            sheet.write(i, j, cell)
    book.save(str(tmp_path / "a.xls"))
    assert by_field(read_forms(tmp_path / "a.xls")) == EXPECTED


def test_a_workbook_without_a_form_and_words_for_a_csv_file(tmp_path):
    path = write_xlsx(tmp_path / "a.xlsx", list=[["STT", "Mã hồ sơ"], ["1", "x"]])
    with (
        pytest.warns(UserWarning, match="set aside"),
        pytest.raises(InputError, match=r"a\.xlsx: no sheet holds the columns \(3\) to \(13\)"),
    ):
        read_forms(path)
    with pytest.raises(InputError, match="unit and period stand in the columns of a CSV file"):
        read_forms(tmp_path / "a.csv", unit="A")
