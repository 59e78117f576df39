"""Dossiers that are known, and how a list of them is written to each kind of file."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pandas as pd
import xlsxwriter
import xlwt

Cell = object
Grid = list[list[Cell]]

UNIT = "UBND xã Mẫu (mô phỏng)"
PERSON = "NGUYENVANMAU"
"""Part of every name of a person in these files: must come out nowhere."""
HEADER = {
    "stt": "STT",
    "code": "Mã hồ sơ",
    "unit": "Đơn vị giải quyết",
    "field": "Lĩnh vực",
    "procedure": "Tên thủ tục hành chính",
    "person": "Người nộp",
    "received": "Ngày tiếp nhận",
    "due": "Ngày hẹn trả",
    "result": "Ngày có kết quả",
    "status": "Trạng thái",
}
DATES = ("received", "due", "result", "acceptance", "first_due", "returned", "submitted")
STATUSES = {
    1: "Mới đăng ký", 2: "Được tiếp nhận", 3: "Không được tiếp nhận", 4: "Đang xử lý",
    5: "Yêu cầu bổ sung giấy tờ", 6: "Yêu cầu thực hiện nghĩa vụ tài chính",
    7: "Công dân yêu cầu rút hồ sơ", 8: "Dừng xử lý", 9: "Đã xử lý xong", 10: "Đã trả kết quả",
}  # fmt: skip
FIELDS = ("Đất đai", "Hộ tịch", "Chứng thực")


def dossier(number: int, **changes: Cell) -> dict[str, Cell]:
    """A dossier of number 1, 2, ...: received on 11 January 2024 and after, due in 20 days."""
    received = datetime(2024, 1, 10) + timedelta(days=number)
    done = number % 3 != 0
    return {
        "stt": str(number),
        "code": f"H99.01-240110-{number:04d}",
        "unit": UNIT,
        "field": FIELDS[number % 3],
        "procedure": "Đăng ký biến động đất đai",
        "person": f"{PERSON}{number}",
        "received": received,
        "due": received + timedelta(days=20),
        "result": received + timedelta(days=17 + number) if done else None,
        "status": STATUSES[10 if done else 4],
    } | changes


def dossiers(count: int = 6, first: int = 1, **changes: Cell) -> list[dict[str, Cell]]:
    return [dossier(number, **changes) for number in range(first, first + count)]


def dmy(moment: datetime) -> str:
    return f"{moment:%d/%m/%Y}"


def dmy_time(moment: datetime) -> str:
    return f"{moment:%d/%m/%Y %H:%M}"


def kept_as(moment: datetime) -> datetime:
    """Leave a date as it is: a workbook writes a real date cell."""
    return moment


def grid(
    rows: Iterable[Mapping[str, Cell]],
    header: Mapping[str, str] = HEADER,
    *,
    dates: Callable[[datetime], Cell] = dmy,
) -> Grid:
    """The header row and one row per dossier."""
    body = [
        [dates(v) if isinstance(v := row.get(key), datetime) else v for key in header]
        for row in rows
    ]
    return [list(header.values()), *body]


def wide(*texts: str, columns: int = len(HEADER)) -> list[Cell]:
    """A row that begins with these texts."""
    return [*texts, *[None] * (columns - len(texts))]


# ------------------------------------------------------------------------------ text files


def as_csv(rows: Grid, *, separator: str = ",", newline: str = "\n") -> str:
    text = StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator=newline)
    writer.writerows([["" if cell is None else cell for cell in row] for row in rows])
    return text.getvalue()


def csv_file(
    rows: Grid, *, name: str = "a.csv", encoding: str = "utf-8", separator: str = ",",
    newline: str = "\n", edit: Callable[[str], str] = str,
) -> Callable[[Path], Path]:  # fmt: skip
    """A writer of one text file; ``edit`` changes its text before it is encoded."""

    def write(folder: Path) -> Path:
        text = edit(as_csv(rows, separator=separator, newline=newline))
        (folder / name).write_bytes(text.encode(encoding))
        return folder / name

    return write


def bytes_file(content: bytes, name: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return write


# ------------------------------------------------------------------------------- workbooks


def xlsx_file(
    sheets: Grid | Mapping[str, Grid], *, name: str = "a.xlsx",
    merges: Sequence[tuple[int, int, int, int]] = (), number_format: str = "dd/mm/yyyy",
    hidden: Sequence[str] = (),
) -> Callable[[Path], Path]:  # fmt: skip
    """A writer of one workbook; the cells of ``merges`` (from 0) are merged in each sheet."""
    pages = sheets if isinstance(sheets, Mapping) else {"Danh sách": sheets}

    def write(folder: Path) -> Path:
        with xlsxwriter.Workbook(folder / name, {"strings_to_formulas": False}) as book:
            dated = book.add_format({"num_format": number_format})
            for title, rows in pages.items():
                page = book.add_worksheet(title)
                if title in hidden:
                    page.hide()
                for area in merges:
                    page.merge_range(*area, rows[area[0]][area[1]] or "")
                inside = {(i, j) for area in merges for i, j in _area(area)}
                _fill(page, rows, dated, inside)
        return folder / name

    return write


def _area(area: tuple[int, int, int, int]) -> list[tuple[int, int]]:
    top, left, bottom, right = area
    return [(i, j) for i in range(top, bottom + 1) for j in range(left, right + 1)]


def _fill(page: object, rows: Grid, dated: object, inside: set[tuple[int, int]]) -> None:
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            if (i, j) in inside or cell is None:
                continue
            if isinstance(cell, datetime):
                page.write_datetime(i, j, cell, dated)
            elif isinstance(cell, str) and cell.startswith("#"):  # an error, not its letters
                page.write_formula(i, j, "=A1", None, cell)
            elif isinstance(cell, str):
                page.write_string(i, j, cell)
            else:
                page.write(i, j, cell)


def xls_file(
    sheets: Grid | Mapping[str, Grid], *, name: str = "a.xls", number_format: str = "DD/MM/YYYY"
) -> Callable[[Path], Path]:
    """A writer of one workbook of the old binary kind."""
    pages = sheets if isinstance(sheets, Mapping) else {"Danh sách": sheets}

    def write(folder: Path) -> Path:
        book = xlwt.Workbook(encoding="utf-8")
        dated = xlwt.easyxf(num_format_str=number_format)
        for title, rows in pages.items():
            page = book.add_sheet(title)
            for i, row in enumerate(rows):
                for j, cell in enumerate(row):
                    if isinstance(cell, datetime):
                        page.write(i, j, cell, dated)
                    elif cell is not None:
                        page.write(i, j, cell)
        book.save(str(folder / name))
        return folder / name

    return write


def parquet_file(rows: Grid, name: str = "a.parquet") -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        pd.DataFrame(rows[1:], columns=rows[0]).to_parquet(folder / name)
        return folder / name

    return write


def many(*writers: Callable[[Path], Path]) -> Callable[[Path], Path]:
    """A writer of a folder that holds several files; the folder is what is read."""

    def write(folder: Path) -> Path:
        for writer in writers:
            writer(folder)
        return folder

    return write
