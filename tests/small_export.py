"""Exports for tests: one of five dossiers, counted by hand, and rows to spoil one by one."""

import csv
from datetime import datetime
from pathlib import Path

import pandas as pd
import xlsxwriter

UNIT = "UBND xã Thử Nghiệm"
EXPORT = f"""Mã hồ sơ,Đơn vị giải quyết,Lĩnh vực,Ngày nhận,Ngày hẹn trả,Ngày có kết quả,Trạng thái
H01,{UNIT},Đất đai,02/01/2024,09/01/2024,08/01/2024,Đã trả kết quả
H02,{UNIT},Đất đai,02/01/2024,09/01/2024,09/01/2024,Đã trả kết quả
H03,{UNIT},Hộ tịch,03/01/2024,10/01/2024,10/01/2024,Đã trả kết quả
H04,{UNIT},Hộ tịch,03/01/2024,10/01/2024,15/01/2024,Đã trả kết quả
H05,{UNIT},Hộ tịch,31/01/2024,07/02/2024,,Đang xử lý
"""
"""H01 early, H02 and H03 on the due day, H04 late, H05 open: 3 of 4 finished are on time."""


def write_export(path: Path) -> Path:
    path.write_text(EXPORT, encoding="utf-8")
    return path


HEADER = [
    "STT", "Mã hồ sơ", "Đơn vị giải quyết", "Trạng thái", "Người nộp", "Địa chỉ", "Điện thoại",
    "Ngày nhận", "Ngày hẹn trả", "Ngày kết thúc xử lý", "Ngày trả kết quả", "Hình thức nộp",
    "Lĩnh vực", "Số hóa",
]  # fmt: skip
GOOD = {
    "STT": "1", "Mã hồ sơ": "H00.01-240102-0001", "Đơn vị giải quyết": "Xã Mẫu",
    "Trạng thái": "Đã trả kết quả", "Người nộp": "MARKERNAME", "Địa chỉ": "MARKERADDRESS",
    "Điện thoại": "0987MARKER", "Ngày nhận": "02/01/2024 08:00",
    "Ngày hẹn trả": "09/01/2024 17:00", "Ngày kết thúc xử lý": "08/01/2024 09:30",
    "Ngày trả kết quả": "10/01/2024 10:00", "Hình thức nộp": "Trực tuyến", "Lĩnh vực": "Đất đai",
    "Số hóa": "Có",
}  # fmt: skip
MARKERS = (b"MARKERNAME", b"MARKERADDRESS", b"0987MARKER")


def row(number=1, **changes):
    """A good row with its own code; keywords name a header by its place in HEADER."""
    named = {
        "code": "Mã hồ sơ", "unit": "Đơn vị giải quyết", "status": "Trạng thái",
        "received": "Ngày nhận", "due": "Ngày hẹn trả", "result": "Ngày kết thúc xử lý",
        "returned": "Ngày trả kết quả", "channel": "Hình thức nộp", "field": "Lĩnh vực",
        "digitised": "Số hóa", "name": "Người nộp",
    }  # fmt: skip
    base = GOOD | {"STT": str(number), "Mã hồ sơ": f"H00.01-240102-{number:04d}"}
    return base | {named[key]: value for key, value in changes.items()}


def write(path, rows, *, header=HEADER, titles=(), encoding="utf-8", delimiter=","):
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerows([[title] for title in titles])
        writer.writerow(header)
        writer.writerows([[r[name] for name in HEADER] for r in rows])
    return path


def write_book(path, rows, *, titles=(), sheet="Danh sách"):
    with xlsxwriter.Workbook(path) as book:
        dated = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        page = book.add_worksheet(sheet)
        for i, cells in enumerate([*[[title] for title in titles], *rows]):
            for j, cell in enumerate(cells):
                if isinstance(cell, datetime):
                    page.write_datetime(i, j, cell, dated)
                elif cell is not None:
                    page.write(i, j, cell)
    return path


def one(reading):
    table = reading.dossiers
    assert len(table) == 1
    return table.iloc[0]


def expect_good(record):
    assert record["unit_id"] == "Xã Mẫu"
    assert record["received_at"] == pd.Timestamp("2024-01-02 08:00")
    assert record["due_at"] == pd.Timestamp("2024-01-09 17:00")
    assert record["result_at"] == pd.Timestamp("2024-01-08 09:30")
    assert record["returned_at"] == pd.Timestamp("2024-01-10 10:00")
    assert (record["status"], record["channel"], record["field"]) == (10, "online", "Đất đai")
    assert record["digitised"] is True or record["digitised"] == True  # noqa: E712
    assert pd.isna(record["flags"])
