"""Damaged or overstretched files: one message, no gigabytes, no end of the process."""

import re
import struct
import zipfile

import duckdb
import pandas as pd
import pytest
import xlsxwriter
import xlwt

from cchc_analysis.columns import InputError
from cchc_analysis.sources.sheets import extent, open_sheets, read_rows
from cchc_analysis.sources.sheets.compound import compound_stream

HEADER = ["Mã hồ sơ", "Đơn vị", "Ngày nhận"]
ROW = ["H1", "Xã Mẫu", "02/01/2024"]


def match(row):
    return {text: f"c{place}" for place, text in enumerate(row) if text in HEADER}


def workbook(path, *, far=(), only_formatted=False):
    """A sheet of two rows, and one cell far from them."""
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("Tháng 1")
        page.write_row(0, 0, HEADER)
        page.write_row(1, 0, ROW)
        if only_formatted:
            page.write_blank(*far, None, book.add_format({"bold": True}))
        elif far:
            page.write(*far, " ")
    return path


def with_sheet(path, change):
    """The same workbook, the XML of its sheet changed."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    name = "xl/worksheets/sheet1.xml"
    parts[name] = change(parts[name])
    with zipfile.ZipFile(path, "w") as book:
        for part, content in parts.items():
            book.writestr(part, content)
    return path


def refused(path, message):
    with pytest.raises(InputError, match=message) as caught:
        open_sheets(duckdb.connect(), path, match)
    assert path.name in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("far", "cell"), [((1048575, 16383), "XFD1048576"), ((1048575, 104), "DA1048576")]
)
def test_a_forgotten_cell_in_the_far_corner_is_named(tmp_path, far, cell):
    path = workbook(tmp_path / "a.xlsx", far=far)
    refused(path, f"sheet 'Tháng 1': cell {cell} is filled.*1,048,576 rows")


@pytest.mark.parametrize("quote", [b'"', b"'"])
@pytest.mark.parametrize("reference", [b"PPPP2", b"C20000000", b"zzz99999", b"XFE2"])
def test_a_damaged_reference_is_refused(tmp_path, reference, quote):
    path = workbook(tmp_path / "a.xlsx")
    with_sheet(path, lambda xml: xml.replace(b'r="C2"', b"r=" + quote + reference + quote))
    refused(path, f"cell {reference.decode()} is filled")


def test_a_directory_that_points_before_the_file_is_refused(tmp_path):
    path = workbook(tmp_path / "a.xlsx")
    data = bytearray(path.read_bytes())
    place = data.rindex(b"PK\x05\x06") + 16  # where the directory is said to begin
    (begins,) = struct.unpack_from("<I", data, place)
    struct.pack_into("<I", data, place, begins + 1000)
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"a\.xlsx: .*cut short"):
        read_rows(path)


def test_a_damaged_number_of_a_row_is_refused(tmp_path):
    """Cells without a reference stand in the row that encloses them."""
    path = workbook(tmp_path / "a.xlsx")
    with_sheet(
        path,
        lambda xml: xml.replace(b'<row r="2"', b'<row r="90000000"').replace(b'<c r="C2"', b"<c"),
    )
    refused(path, "cell 90000000 is filled")


def test_a_cell_that_is_only_formatted_does_not_count(tmp_path):
    path = workbook(tmp_path / "a.xlsx", far=(1048575, 16383), only_formatted=True)
    assert read_rows(path) == {"Tháng 1": [HEADER, ROW]}


def test_wide_and_long_sheets_within_the_bound_are_read(tmp_path):
    assert len(read_rows(workbook(tmp_path / "a.xlsx", far=(1, 300)))["Tháng 1"][1]) == 301
    assert len(read_rows(workbook(tmp_path / "b.xlsx", far=(1048575, 0)))["Tháng 1"]) == 1048576


@pytest.mark.parametrize("size", [300, 400, 5000])
def test_a_far_cell_is_seen_wherever_a_block_ends(tmp_path, monkeypatch, size):
    monkeypatch.setattr(extent, "_BLOCK", size)
    refused(workbook(tmp_path / "a.xlsx", far=(1048575, 16383)), "cell XFD1048576")


def test_what_no_short_look_calls_far_is_within_the_bound():
    """104 columns over the last row with no closer look."""
    assert extent.MOST_CELLS >= 104 * 1_049_999
    for near in (b"CZ1049999", b"A1", b"cz999999"):
        assert not extent._has_far_cell(b'<c r="' + near + b'"')
    for far in (b"DA1", b"AAA1", b"A1050000", b"A2000000", b"A10000000", b"da7"):
        assert extent._has_far_cell(b'<c r="' + far + b'"')


def test_empty_columns_right_of_the_header_are_left_out(tmp_path):
    engine = duckdb.connect()
    (sheet,), _ = open_sheets(engine, workbook(tmp_path / "a.xlsx", far=(1, 16000)), match)
    assert (sheet.cells, sheet.header) == (["c0", "c1", "c2"], HEADER)
    assert engine.sql(f"FROM {sheet.view}").fetchall() == [(2, None, *ROW)]


def test_what_stands_right_of_the_header_stays(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, HEADER)
        page.write_row(1, 0, [*ROW, " ", "x"])
    engine = duckdb.connect()
    (sheet,), _ = open_sheets(engine, path, match)
    assert (sheet.cells, sheet.header) == (["c0", "c1", "c2", "c4"], [*HEADER, ""])
    assert engine.sql(f"SELECT c4 FROM {sheet.view}").fetchall() == [("x",)]


# Old workbooks


def old_workbook(path, rows=40):
    book = xlwt.Workbook()
    page = book.add_sheet("Tháng 1")
    for place, row in enumerate([HEADER, *[[*ROW[:2], 5]] * rows]):
        for column, cell in enumerate(row):
            page.write(place, column, cell)
    book.save(str(path))
    return path


def changed(path, old, new):
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))
    return path


def test_the_stream_of_an_old_workbook_begins_with_its_first_record(tmp_path):
    for rows in (1, 3000):
        stream = compound_stream(
            old_workbook(tmp_path / "a.xls", rows).read_bytes(), ("Workbook", "Book")
        )
        assert stream[:2] == b"\x09\x08"
        assert stream.count(struct.pack("<5H", 0x027E, 10, rows, 2, 17)) == 1


def test_a_damaged_column_of_an_old_workbook_is_named(tmp_path):
    path = old_workbook(tmp_path / "a.xls")
    number = struct.pack("<4H", 0x027E, 10, 7, 2)
    changed(path, number, struct.pack("<4H", 0x027E, 10, 7, 60_000))
    refused(path, "sheet 'Tháng 1': row 8 has a cell in column 60001, an old workbook has 256")


def test_a_damaged_size_and_number_of_texts_are_refused(tmp_path):
    path = old_workbook(tmp_path / "a.xls")
    size = struct.pack("<2H2I2H", 0x0200, 14, 0, 41, 0, 3)
    changed(path, size, struct.pack("<2H2I2H", 0x0200, 14, 0, 41 << 24, 0, 3))
    refused(path, "the size of a sheet is damaged")
    path = old_workbook(tmp_path / "b.xls")
    texts = re.search(rb"\xfc\x00..(....)(....)", path.read_bytes(), re.DOTALL)
    changed(path, texts.group(), texts.group()[:8] + struct.pack("<I", 1 << 30))
    refused(path, "number of texts is damaged")


@pytest.mark.parametrize(
    ("at", "value", "message"),
    [
        (30, 2, "its head is damaged"),
        (44, 1 << 30, "its head is damaged"),
        (48, 1 << 20, "breaks off"),
        (68, 0, "circle|ends too early"),
        (76, 1 << 20, "ends too early"),
    ],
)
def test_a_damaged_head_is_refused(tmp_path, at, value, message):
    path = old_workbook(tmp_path / "a.xls")
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, at, value)
    path.write_bytes(content)
    refused(path, message)


def test_sectors_in_a_circle_are_refused(tmp_path):
    path = old_workbook(tmp_path / "a.xls", 500)
    content = bytearray(path.read_bytes())
    table = 512 * (1 + struct.unpack_from("<I", content, 76)[0])
    struct.pack_into("<I", content, table + 4 * 5, 2)  # sector 6 was next
    path.write_bytes(content)
    refused(path, "circle")


# Parquet


def test_damage_inside_a_parquet_file_is_found_when_it_is_opened(tmp_path):
    path = tmp_path / "a.parquet"
    table = pd.DataFrame({name: [f"{name} {i}" for i in range(3000)] for name in HEADER})
    table.to_parquet(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:200] + bytes(400) + whole[600:])
    refused(path, "cannot be read as Parquet, it is cut short or damaged")


# Text


def test_a_byte_order_mark_alone_is_an_empty_file(tmp_path):
    for name, mark in (("a.csv", b"\xef\xbb\xbf"), ("b.tsv", b"\xff\xfe")):
        (tmp_path / name).write_bytes(mark)
        refused(tmp_path / name, "the file is empty")


@pytest.mark.parametrize("space", [" ", "\u00a0", "\t", "\u2003", "\u200b", "\u3000", " \u00a0 "])
def test_spaces_of_any_width_are_no_text(tmp_path, space):
    path = tmp_path / "a.csv"
    lines = [",".join(HEADER), f"{space},{space},", f"{space}H1,x{space}y,02/01/2024"]
    path.write_text("\n".join(lines), encoding="utf-8")
    engine = duckdb.connect()
    (sheet,), _ = open_sheets(engine, path, match)
    rows = engine.sql(f"SELECT c0, c1 FROM {sheet.view} ORDER BY row").fetchall()
    assert rows == [(None, None), ("H1", f"x{space}y")]


@pytest.mark.parametrize("space", [" ", "\u00a0", "\t", "\n", "\r\n", " \u2003\n"])
def test_spaces_after_a_text_are_taken_off(tmp_path, space):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, HEADER)
        page.write_row(1, 0, [f"H1{space}", *ROW[1:]])
    engine = duckdb.connect()
    (sheet,), _ = open_sheets(engine, path, match)
    assert engine.sql(f"SELECT c0 FROM {sheet.view}").fetchall() == [("H1",)]
