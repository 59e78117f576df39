"""Print drawn dossiers as a one-stop system exports them: titles, header, one row a dossier.

The personal columns hold obviously invented text ('Người nộp mô phỏng 000123'), so that a
test can look for it where it must never appear.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cchc_analysis.sample.draw import TIMES
from cchc_analysis.sample.world import PROCEDURES, Plan

STATUS_LABELS = (
    "Mới đăng ký",
    "Được tiếp nhận",
    "Không được tiếp nhận",
    "Đang xử lý",
    "Yêu cầu bổ sung giấy tờ",
    "Yêu cầu thực hiện nghĩa vụ tài chính",
    "Công dân yêu cầu rút hồ sơ",
    "Dừng xử lý",
    "Đã xử lý xong",
    "Đã trả kết quả",
)
CHANNEL_LABELS = ("Trực tiếp", "Trực tuyến", "Bưu chính công ích")
TIME_HEADERS = dict(
    zip(
        ("Ngày nộp hồ sơ", "Ngày nhận", "Ngày hẹn trả", "Ngày kết thúc xử lý", "Ngày trả kết quả"),
        TIMES,
        strict=True,
    )
)
APPOINTMENT_TIMES = {"Ngày hẹn trả lần đầu": "first_due_at", "Ngày xin lỗi": "apologised_at"}
APPOINTMENT_WORDS = {
    "Số lần hẹn lại": "reappointed_count",
    "Nguyên nhân trễ hạn": "late_cause",
    "Thời hạn giải quyết (ngày làm việc)": "legal_days",
}
UNREADABLE = ("31/02/2024 08:15", "không rõ", "00/00/0000", "45/13/2023")


def write_csv(records: pd.DataFrame, units: pd.DataFrame, plan: Plan, path: Path) -> None:
    """Write an export as UTF-8 CSV with a byte order mark and dates as dd/mm/yyyy HH:MM text.

    Parameters
    ----------
    records
        As :func:`~cchc_analysis.sample.draw.draw_records` gives them.
    units
        The units ``records`` point to by place.
    plan
        Whose export it is, for the title rows.
    path
        The file; it is overwritten.
    """
    from pyarrow import csv

    columns = printed_columns(records, units)
    for header, name in TIME_HEADERS.items():
        columns[header] = _date_text(records[name])
    columns["Ngày nhận"] = _spoil(columns["Ngày nhận"], records["odd"] == "received_unreadable")
    table = pa.table(columns)
    with path.open("wb") as file:
        titles = [f'"{line}"' + "," * (len(columns) - 1) for line in title_rows(plan)]
        file.write(b"\xef\xbb\xbf" + "".join(f"{line}\n" for line in titles).encode())
        csv.write_csv(table, file)


def write_xlsx(records: pd.DataFrame, units: pd.DataFrame, plan: Plan, path: Path) -> None:
    """Write an export as a workbook of one sheet, dates as Excel dates.

    Where the plan tells of appointments, their columns stand after all others.

    Parameters
    ----------
    records, units, plan, path
        As for :func:`write_csv`.
    """
    import xlsxwriter

    columns = {name: values.to_pylist() for name, values in printed_columns(records, units).items()}
    dates = TIME_HEADERS | (APPOINTMENT_TIMES if plan.appointments else {})
    for header, name in dates.items():
        columns[header] = _serials(records[name])
    if plan.appointments:
        columns |= {header: _filled(records[name]) for header, name in APPOINTMENT_WORDS.items()}
    for place in np.flatnonzero(records["odd"] == "received_unreadable"):
        columns["Ngày nhận"][place] = UNREADABLE[place % len(UNREADABLE)]
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        book.set_properties({"created": datetime.combine(plan.end_on, datetime.min.time())})
        dated = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        formats = [dated if name in dates else None for name in columns]
        sheet = book.add_worksheet("Danh sách hồ sơ")
        titles = [(line,) for line in title_rows(plan)]
        rows = [*titles, tuple(columns), *zip(*columns.values(), strict=True)]
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(i, j, value)
                elif value is not None:
                    sheet.write_number(i, j, value, formats[j])


def title_rows(plan: Plan) -> tuple[str, str, str]:
    """Return the lines above the header.

    Examples
    --------
    >>> from cchc_analysis.sample.world import PLANS
    >>> title_rows(PLANS[0])[1]
    'Từ ngày 01/01/2023 đến ngày 31/10/2023'
    """
    return (
        "BÁO CÁO DANH SÁCH HỒ SƠ - DỮ LIỆU MÔ PHỎNG",
        f"Từ ngày {plan.start_on:%d/%m/%Y} đến ngày {plan.end_on:%d/%m/%Y}",
        f"Đơn vị: {plan.unit_id}",
    )


def printed_columns(records: pd.DataFrame, units: pd.DataFrame) -> dict[str, pa.Array]:
    """Return the columns in the order of the export, those of times still empty.

    Parameters
    ----------
    records, units
        As for :func:`write_csv`.

    Returns
    -------
    dict of str to pyarrow.Array
        One array per header; missing where a cell stays empty.
    """
    person = pc.utf8_lpad(pa.array(np.arange(1, len(records) + 1)).cast("string"), 6, "0")
    procedure, unit = records["procedure"], records["unit"]
    times = dict.fromkeys(TIME_HEADERS, pa.nulls(len(records)))
    return {
        "STT": pa.array(np.arange(1, len(records) + 1)),
        "Đơn vị tiếp nhận": _pick(units["receiving_id"], unit),
        "Lĩnh vực": _pick([p.field for p in PROCEDURES], procedure),
        "Tên thủ tục hành chính": _pick([p.name for p in PROCEDURES], procedure),
        "Mã hồ sơ": _codes(records, units),
        "Trạng thái": _pick(STATUS_LABELS, records["status"] - 1),
        "Địa chỉ": _joined("Địa chỉ mô phỏng ", person, ", điện thoại 0000", person),
        "Người nộp": _joined("Người nộp mô phỏng ", person),
        "Chủ hồ sơ": _joined("Chủ hồ sơ mô phỏng ", person),
        **times,
        "Hình thức nộp": _pick(CHANNEL_LABELS, records["channel"]),
        "Đơn vị giải quyết": _pick(units["unit_id"], unit),
        "Số hóa": _pick(("Không", "Có"), records["digitised"]),
    }


def _pick(values: pd.Series | list[str] | tuple[str, ...], place: pd.Series) -> pa.Array:
    """Return the value at each place."""
    return pa.array(values, type=pa.string(), from_pandas=True).take(
        pa.array(place.to_numpy("int64"))
    )


def _joined(*parts: str | pa.Array) -> pa.Array:
    """Return the parts one after another."""
    return pc.binary_join_element_wise(*parts, "")


def _codes(records: pd.DataFrame, units: pd.DataFrame) -> pa.Array:
    """Return dossier codes: agency, day, running number of the day; some are missing."""
    days, place = _days(records["coded_on"], "%y%m%d")
    number = pc.utf8_lpad(pa.array(records["number"].to_numpy("int64")).cast("string"), 4, "0")
    agency = _pick(units["agency_code"], records["unit"])
    codes = _joined(agency, "-", days.take(place), "-", number)
    missing = pa.array((records["odd"] == "code_missing").to_numpy())
    return pc.if_else(missing, pa.scalar(None, pa.string()), codes)


def _days(times: pd.Series, pattern: str) -> tuple[pa.Array, pa.Array]:
    """Return the text of every day from the first to the last, and the place of each time."""
    days = times.to_numpy("datetime64[D]")
    first, last = times.min().normalize(), times.max().normalize()
    labels = pa.array(pd.date_range(first, last).strftime(pattern).tolist())
    place = (days - np.datetime64(first, "D")).astype("int64")
    return labels, pa.array(place, mask=np.isnat(days))


def _date_text(times: pd.Series) -> pa.Array:
    """Return dd/mm/yyyy HH:MM, missing where the time is."""
    days, place = _days(times, "%d/%m/%Y")
    minutes = pa.array([f"{hour:02d}:{minute:02d}" for hour in range(24) for minute in range(60)])
    values = times.to_numpy("datetime64[m]")
    minute = values.astype("int64") % 1440
    clock = minutes.take(pa.array(minute, mask=np.isnat(values)))
    return pc.binary_join_element_wise(days.take(place), clock, " ")


def _spoil(text: pa.Array, chosen: pd.Series) -> pa.Array:
    """Return ``text`` with what nobody can read as a date where ``chosen``."""
    place = np.arange(len(chosen)) % len(UNREADABLE)
    return pc.if_else(pa.array(chosen.to_numpy()), _pick(UNREADABLE, pd.Series(place)), text)


def _filled(values: pd.Series) -> list[object]:
    """Return the values of a column, None where a cell stays empty."""
    return [None if pd.isna(value) else value for value in values]


def _serials(times: pd.Series) -> list[float | None]:
    """Return Excel's day numbers, None where the time is missing."""
    days = (times - pd.Timestamp("1899-12-30")) / pd.Timedelta(days=1)
    return [None if np.isnan(day) else day for day in days.to_numpy()]
