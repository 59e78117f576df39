"""Opening any export: every row of the file under its number, or one clear message."""

import csv
import io
from datetime import datetime

import duckdb
import pandas as pd
import pytest
import xlsxwriter
import xlwt
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cchc_analysis.columns import InputError
from cchc_analysis.sources import sheets
from cchc_analysis.sources.sheets import delimited, open_sheets, read_rows
from cchc_analysis.sources.sheets.header import find_header

KNOWN = {
    "Mã hồ sơ": "dossier_id", "Đơn vị": "unit_id", "Ngày nhận": "received_at",
    "Ngày hẹn trả": "due_at", "Ngày có kết quả": "result_at",
}  # fmt: skip
HEADER = ["STT", *KNOWN]
ROWS = [[str(i), f"H{i}", "Xã Mẫu", "02/01/2024", "09/01/2024", "08/01/2024"] for i in (1, 2, 3)]


def match(row):
    return {KNOWN[text]: f"c{place}" for place, text in enumerate(row) if text in KNOWN}


def body(engine, sheet):
    """The rows of a view as (row, problem, *cells), in the file's order."""
    cells = ", ".join(sheet.cells)
    return engine.sql(f"SELECT row, problem, {cells} FROM {sheet.view} ORDER BY row").fetchall()


def opened(path, **options):
    engine = duckdb.connect()
    (sheet,), not_read = open_sheets(engine, path, match, **options)
    return sheet, body(engine, sheet), not_read


def as_csv(rows, delimiter=",", end="\r\n", quoting=csv.QUOTE_MINIMAL):
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)
    return text.getvalue()


def as_text(path, rows, encoding="utf-8", **how):
    path.write_bytes(as_csv(rows, **how).encode(encoding))
    return path


def as_xlsx(path, pages):
    with xlsxwriter.Workbook(path) as book:
        dated = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        for name, rows in pages.items():
            page = book.add_worksheet(name)
            for i, row in enumerate(rows):
                for j, cell in enumerate(row):
                    if isinstance(cell, datetime):
                        page.write_datetime(i, j, cell, dated)
                    elif cell not in (None, ""):
                        page.write(i, j, cell)
    return path


def as_xls(path, rows):
    book = xlwt.Workbook()
    page = book.add_sheet("Danh sách")
    dated = xlwt.easyxf(num_format_str="DD/MM/YYYY HH:MM")
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            if cell not in (None, ""):
                page.write(i, j, cell, *([dated] if isinstance(cell, datetime) else []))
    book.save(str(path))
    return path


def as_parquet(path, rows):
    pd.DataFrame(rows[1:], columns=rows[0]).to_parquet(path)
    return path


# Every kind of file gives the same rows

FILES = {
    "a.csv": as_text,
    "b.CSV": lambda p, r: as_text(p, r, "utf-8-sig", delimiter=";", end="\n"),
    "c.tsv": lambda p, r: as_text(p, r, delimiter="\t"),
    "d.csv": lambda p, r: as_text(p, r, "utf-16", delimiter="|"),
    "e.csv": lambda p, r: as_text(p, r, "utf-16-le"),
    "f.csv": lambda p, r: as_text(p, r, "utf-16-be", delimiter="\t"),
    "g.csv": lambda p, r: as_text(p, r, end="\r"),
    "bảng [1].csv": as_text,
    "h.xlsx": lambda p, r: as_xlsx(p, {"Tháng 1": r}),
    "i.XLSX": lambda p, r: as_xlsx(p, {"Tháng 1": r}),
    "j.xls": as_xls,
    "k.parquet": as_parquet,
    "xlsx in truth.xls": lambda p, r: as_xlsx(p, {"Tháng 1": r}),
}


@pytest.mark.parametrize("name", FILES)
def test_every_kind_of_file_gives_the_same_rows(tmp_path, name):
    sheet, rows, not_read = opened(FILES[name](tmp_path / name, [HEADER, *ROWS]))
    first = 1 if name.endswith("parquet") else 2
    assert (sheet.header, sheet.first_row, sheet.header_row) == (HEADER, first, first - 1)
    assert rows == [(first + i, None, *row) for i, row in enumerate(ROWS)]
    assert not_read == {}


@pytest.mark.parametrize("name", [n for n in FILES if not n.endswith("parquet")])
def test_titles_stand_above_the_header_and_empty_rows_count(tmp_path, name):
    page = [[], ["UBND TỈNH"], ["", "DANH SÁCH", "x"], [], HEADER, ROWS[0], [], ROWS[1], ["Tổng"]]
    page = [row + [""] * (len(HEADER) - len(row)) for row in page]
    sheet, rows, _ = opened(FILES[name](tmp_path / name, page))
    assert sheet.title == ["UBND TỈNH", "DANH SÁCH", "x"]
    assert sheet.header_row == 5
    assert [row[0] for row in rows] == [6, 7, 8, 9]
    assert [row[2] for row in rows] == ["1", None, "2", "Tổng"]


# The header

NESTED = [
    ["BÁO CÁO", "", "", "", "", ""],
    ["STT", "Mã hồ sơ", "Đơn vị", "Thời hạn", "", "Ngày nhận"],
    ["", "", "", "Ngày hẹn trả", "Ngày có kết quả", ""],
]
NUMBERED = [["(1)", "(2)", "(3)", "(4)", "(5)", "(6)=(4)-(5)"], ["1", "2", "3", "4", "5", "6"]]


@pytest.mark.parametrize("below", [[], [NUMBERED[0]], [NUMBERED[1]]])
@pytest.mark.parametrize("turned", [False, True])
def test_a_header_in_two_rows_is_one(below, turned):
    """Merged down: the text stands in the upper row, or in the lower one."""
    upper, lower = list(NESTED[1]), list(NESTED[2])
    if turned:
        for place in (0, 1, 2, 5):
            upper[place], lower[place] = lower[place], upper[place]
    header = find_header([NESTED[0], upper, lower, *below, ["1", "H1", "Xã", "a", "b", "c"]], match)
    assert header.texts == [
        "STT", "Mã hồ sơ", "Đơn vị", "Ngày hẹn trả", "Ngày có kết quả", "Ngày nhận",
    ]  # fmt: skip
    assert (header.position, header.body) == (2, 3 + len(below))
    assert header.title[0] == "BÁO CÁO"


def test_a_group_is_not_taken_for_the_columns_it_heads():
    header = find_header([["Mã hồ sơ", "Ngày hẹn trả", ""], ["", "Lần đầu", "Sau cùng"]], match)
    assert header.texts == ["Mã hồ sơ", "Ngày hẹn trả Lần đầu", "Ngày hẹn trả Sau cùng"]


@pytest.mark.parametrize(
    "row",
    [
        ["1", "H1", "Xã Mẫu", "02/01/2024", "", ""],
        ["1", "H1", "Xã Mẫu", "02/01/2024", "", "Ngày có kết quả"],
        ["1", "", "Xã Mẫu", "", "", ""],
        ["1", "3", "2", "", "", ""],
        ["", "", "", "", "", ""],
        ["Tổng", "", "", "", "", ""],
    ],
)
def test_a_row_of_data_stays_below_the_header(row):
    known = [*HEADER[:5], "Ghi chú"]
    header = find_header([known, row], match)
    assert (header.texts, header.position, header.body) == (known, 0, 1)


# Rows that are not right are still rows


@pytest.mark.parametrize(
    ("lines", "rows"),
    [
        (["1,H1,a,b,c,d", "", "2,H2,a,b,c,d"], [("1", None), (None, None), ("2", None)]),
        (["1,H1", "2,H2,a,b,c,d"], [("1", None), ("2", None)]),
        (["1,H1,a,b,c,d,,", "2,H2,a,b,c,d"], [("1", None), ("2", None)]),
        (["1,H1,a,b,c,d,e", "2,H2,a,b,c,d"], [("1", "more cells than headers"), ("2", None)]),
        (["1,H1,a,b,c,d" + ",e" * 20, "2,H2"], [("1", "more cells than headers"), ("2", None)]),
        (['1,H1,"a\nb",b,c,d', "2,H2,a,b,c,d"], [("1", None), ("2", None)]),
        (['1,H1,"a\r\n\r\nb",b,c,d', "2,H2,a,b,c,d"], [("1", None), ("2", None)]),
        (['1,H1,a "b" c,b,c,d', "2,H2,a,b,c,d"], [("1", None), ("2", None)]),
        (['1,H1,"a" b,b,c,d', "2,H2,a,b,c,d"], [("1", None), ("2", None)]),
        (['1,H1,"a,b,c,d', "2,H2,a,b,c,d"], [("1", "quotes"), ("2", None)]),
        (['1,H1,"a,b,c,d', '2,H2,"a",b,c,d'], [("1", "quotes"), ("2", None)]),
        (["1,H1,a,b,c,d", '2,H2,a,b,c,"d'], [("1", None), ("2", "quotes")]),
        (["1,H1," + "x" * 140_000 + ",b,c,d", "2,H2"], [("1", None), ("2", None)]),
        (['1,H1,"' + "x\n" * 70_000, "2,H2"], [("1", "quotes"), *[("x", None)] * 69_999]),
    ],
    ids=lambda value: str(value)[:40],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_no_row_of_text_is_lost(tmp_path, lines, rows, end):
    path = tmp_path / "a.csv"
    path.write_bytes(end.join([",".join(HEADER), *lines]).encode())
    _, found, _ = opened(path)
    assert [row[0] for row in found] == list(range(2, len(found) + 2))
    shown = [(row[2], row[1] and row[1].partition(" that")[0]) for row in found]
    assert shown[: len(rows)] == rows


@pytest.mark.parametrize("ends", ["", "\n", "\n\n\n", "\r\n\r\n"])
def test_empty_lines_at_the_end_are_no_rows(tmp_path, ends):
    path = tmp_path / "a.csv"
    path.write_bytes((as_csv([HEADER, *ROWS], end="\n").rstrip("\n") + ends).encode())
    assert len(opened(path)[1]) == 3


CELL = st.text(alphabet='ab ,;"\n\tễ', max_size=5)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=st.lists(st.lists(CELL, min_size=6, max_size=6), max_size=6),
    end=st.sampled_from(["\n", "\r\n"]),
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_what_is_well_written_is_read_as_it_was_written(tmp_path_factory, rows, **how):
    path = tmp_path_factory.mktemp("x") / "a.csv"
    as_text(path, [HEADER, *rows], **how)
    _, found, _ = opened(path)
    expected = [[cell.strip() or None for cell in row] for row in rows]
    assert [list(row[2:]) for row in found] == expected
    assert [row[:2] for row in found] == [(i + 2, None) for i in range(len(rows))]


@settings(max_examples=60, deadline=None)
@given(text=st.text(alphabet='a,"\n\r', max_size=40), end=st.sampled_from(["\n", "\r\n"]))
@example(text=',\r,\r,"""', end="\n")  # as many rows as lines, and M1 and M2 in none of them
def test_whatever_is_written_no_line_with_a_mark_vanishes(tmp_path_factory, text, end):
    """Each line is a row, part of a text within quotes, or of a row that is refused."""
    path = tmp_path_factory.mktemp("x") / "a.csv"
    path.write_bytes(end.join([",".join(HEADER), text, "M1", "M2"]).encode())
    _, found, _ = opened(path)
    seen = "".join(str(row[1:]) for row in found)
    assert "M1" in seen or any(row[1] for row in found)
    assert "M2" in seen
    assert [row[0] for row in found] == list(range(2, len(found) + 2))


def test_a_regular_file_is_a_lazy_view_and_an_irregular_one_a_copy_that_goes(tmp_path, monkeypatch):
    monkeypatch.setattr(sheets.irregular.tempfile, "tempdir", str(tmp_path / "temp"))
    (tmp_path / "temp").mkdir()
    engine = duckdb.connect()
    regular = as_text(tmp_path / "a.csv", [HEADER, *ROWS])
    irregular = as_text(tmp_path / "b.csv", [HEADER, *ROWS], "utf-16")
    open_sheets(engine, regular, match)
    assert list((tmp_path / "temp").iterdir()) == []
    (sheet,), _ = open_sheets(engine, irregular, match, prefix="cells1")
    assert len(body(engine, sheet)) == 3
    assert len(list((tmp_path / "temp").iterdir())) == 1
    engine.close()
    del engine
    assert list((tmp_path / "temp").iterdir()) == []


def test_lines_are_counted_across_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "_BLOCK", 7)
    rows = [[str(i), "ễ" * i, '"\n"' if i % 3 else "", "", "", "z"] for i in range(40)]
    _, found, _ = opened(as_text(tmp_path / "a.csv", [HEADER, *rows]))
    assert [row[2] for row in found] == [row[0] for row in rows]


# Workbooks


def test_cells_of_a_workbook_come_as_text(tmp_path):
    typed = [7, 1.5, datetime(2024, 1, 2, 8, 30), datetime(2024, 1, 2), True, " x "]
    expected = ("7", "1.5", "2024-01-02 08:30:00", "2024-01-02 00:00:00", "true", "x")
    for path in (
        as_xlsx(tmp_path / "a.xlsx", {"A": [HEADER, typed]}),
        as_xls(tmp_path / "a.xls", [HEADER, typed]),
    ):
        assert opened(path)[1] == [(2, None, *expected)]


def test_an_error_in_a_cell_is_not_an_empty_cell(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, HEADER)
        page.write_row(1, 0, ROWS[0])
        page.write_formula(1, 3, "=1/0", None, "#DIV/0!")
        page.write_formula(2, 4, "=NA()", None, "#N/A")
    _, rows, _ = opened(path)
    assert rows[0][5].startswith("#")
    assert rows[1][6].startswith("#")


def test_rows_keep_their_numbers_below_empty_rows_and_beside_empty_columns(tmp_path):
    shifted = [[], [], ["", "", *HEADER], ["", "", *ROWS[0]], [], ["", "", *ROWS[1]]]
    for path in (as_xlsx(tmp_path / "a.xlsx", {"A": shifted}), as_xls(tmp_path / "a.xls", shifted)):
        sheet, rows, _ = opened(path)
        assert sheet.header_row == 3
        code = sheet.cells.index(match(sheet.header)["dossier_id"]) + 2
        assert [(row[0], row[code]) for row in rows] == [(4, "H1"), (5, None), (6, "H2")]


def test_every_sheet_with_a_header_is_read_and_the_rest_counted(tmp_path):
    pages = {
        "Hướng dẫn": [["Cách dùng"], [], ["1. ..."]], "T1": [HEADER, ROWS[0]],
        "Trống": [], "T2": [["Tháng 2"], HEADER, ROWS[1]],
    }  # fmt: skip
    path = as_xlsx(tmp_path / "a.xlsx", pages)
    engine = duckdb.connect()
    found, not_read = open_sheets(engine, path, match, prefix="cells7")
    assert [(s.name, s.view, s.first_row) for s in found] == [
        ("T1", "cells7_0", 2), ("T2", "cells7_1", 3),
    ]  # fmt: skip
    assert [body(engine, s)[0][3] for s in found] == ["H1", "H2"]
    assert not_read == {"Hướng dẫn": 2}
    sheet, _, not_read = opened(path, sheet="T2")
    assert sheet.name == "T2"
    assert not_read == {"Hướng dẫn": 2, "T1": 2}
    with pytest.raises(InputError, match=r"no sheet 'T3'; expected one of 'Hướng dẫn', 'T1'"):
        opened(path, sheet="T3")


def test_the_best_sheet_is_read_where_none_has_a_header(tmp_path):
    path = as_xlsx(tmp_path / "a.xlsx", {"A": [["x"]], "B": [["Mã hồ sơ"], ["H1"]]})
    sheet, _, not_read = opened(path)
    assert (sheet.name, not_read) == ("B", {"A": 1})


def test_rows_of_small_files_come_as_they_are(tmp_path):
    path = as_xlsx(tmp_path / "a.xlsx", {"A": [[], ["x", "", 2]], "B": []})
    assert read_rows(path) == {"A": [["", "", ""], ["x", "", "2"]], "B": []}
    assert read_rows(path, limit=1) == {"A": [["", "", ""]], "B": []}
    text = as_text(tmp_path / "a.csv", [["x;y", "2"], ["z", "", "1"]], "utf-16")
    assert read_rows(text) == {"": [["x;y", "2"], ["z", "", "1"]]}


# Messages


def encrypted():
    return bytes.fromhex("d0cf11e0a1b11ae1") + bytes(500) + "EncryptedPackage".encode("utf-16-le")


BROKEN = {
    "gone.csv": (None, "no such file"),
    "empty.xlsx": (b"", "the file is empty"),
    "a.docx": (b"x", "cannot read '.docx' files"),
    "blank.csv": (b"\n\n\r\n", "holds no rows"),
    "page.xls": (b"<html><table><tr><td>a</td></tr></table></html>", "a web page"),
    "text.xlsx": (b"a,b\n1,2\n", "no workbook; if it is text"),
    "locked.xlsx": (encrypted(), "has a password"),
    "paper.xlsx": (b"%PDF-1.7 ...", "this is a PDF"),
    "zip.xlsx": (b"PK\x03\x04" + bytes(100), "cut short"),
    "old.xls": (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(3000), "cut short"),
    "book.csv": (b"PK\x03\x04" + bytes(100), "give it the ending .xlsx"),
    "a.parquet": (b"PAR1 no", "cannot be read as Parquet"),
    "tcvn3.csv": (b"STT,S\xe8 h\xe5 s\xac,Ng\xb5y nh\xcbn\n1,H1,x\n", r"TCVN3 \(ABC\).*UniKey"),
    "western.csv": ("Größe\n".encode("cp1252"), "not UTF-8 text"),
    "font.csv": ("STT,Sè hå s¬,Ngµy nhËn\n".encode(), r"TCVN3 \(ABC\)"),
    "cut.csv": ("STT,Mã hồ sơ\n".encode("utf-16")[:-1], "cut short"),
    "half.csv": ("STT,Mã hồ sơ\n".encode("utf-16") + b"\x00\xd8", "UTF-16 text"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_read_is_said_in_one_line(tmp_path, name):
    data, message = BROKEN[name]
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=message) as caught:
        opened(tmp_path / name)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_bytes_of_an_old_code_page_are_found_far_down(tmp_path):
    path = as_text(tmp_path / "a.csv", [HEADER, *ROWS * 5000])
    path.write_bytes(path.read_bytes() + b"9,H9,x\xb7,ng\xb5y nh\xcbn,s\xe8 h\xe5 s\xac\n")
    with pytest.raises(InputError, match="not UTF-8 text"):
        opened(path)


def test_a_truncated_and_an_empty_workbook_are_named(tmp_path):
    path = as_xlsx(tmp_path / "a.xlsx", {"A": [HEADER, *ROWS]})
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(InputError, match="cut short"):
        opened(path)
    with xlsxwriter.Workbook(tmp_path / "b.xlsx") as book:
        book.add_worksheet("Trống")
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "=Trống!$A$1:$A$2"})
        book.add_chartsheet("Biểu đồ").set_chart(chart)
    with pytest.raises(InputError, match="the workbook holds no rows"):
        opened(tmp_path / "b.xlsx")


def test_a_text_file_has_no_sheets(tmp_path):
    with pytest.raises(InputError, match="has no sheets; leave out"):
        opened(as_text(tmp_path / "a.csv", [HEADER]), sheet="T1")
