"""Awkward headers: variants, spelling, machine names, column maps, headers nobody knows."""

from __future__ import annotations

import unicodedata

from awkward_files.case import Reads, Says, case
from awkward_files.making import (
    HEADER,
    PERSON,
    csv_file,
    dossier,
    dossiers,
    grid,
    kept_as,
    parquet_file,
    xls_file,
    xlsx_file,
)

# fmt: off
SIX = dossiers()
READ = Reads(SIX)
PLAIN = grid(SIX)


def _renamed(**headers: str) -> dict[str, str]:
    return {key: headers.get(key, text) for key, text in HEADER.items()}


def _bare(text: str) -> str:
    """Without tone marks and other marks, as typed on a keyboard without Vietnamese."""
    marks = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(c for c in marks if not unicodedata.combining(c))


def _spelt(change) -> dict[str, str]:
    return {key: change(text) for key, text in HEADER.items()}


SPELLINGS = {
    "upper": str.upper,
    "lower": str.lower,
    "no-marks": _bare,
    "no-marks-upper": lambda text: _bare(text).upper(),
    "nfd": lambda text: unicodedata.normalize("NFD", text),
    "line-breaks": lambda text: text.replace(" ", "\n", 1),
    "spaces": lambda text: f"  {text.replace(' ', '   ')} ",
    "no-break-spaces": lambda text: text.replace(" ", "\u00a0"),
    "units-in-brackets": lambda text: f"{text} (*)" if text == "Ngày hẹn trả" else text,
}
for spelling, change in SPELLINGS.items():
    case(f"header-{spelling}", f"headers spelt: {spelling}",
         csv_file(grid(SIX, _spelt(change))), READ)
case("header-line-breaks-xlsx", "headers broken over lines in a workbook",
     xlsx_file(grid(SIX, _spelt(SPELLINGS["line-breaks"]), dates=kept_as)), READ)
case("header-no-marks-xls", "headers without marks in an old workbook",
     xls_file(grid(SIX, _spelt(_bare))), READ)

# The names that exports of different systems give the same columns.
NAMES = {
    "late-list": {"unit": "Đơn vị giải quyết", "received": "Ngày tiếp nhận"},
    "general-list": {"received": "Ngày nhận", "result": "Ngày kết thúc xử lý"},
    "number-of-dossier": {"code": "Số hồ sơ", "unit": "Cơ quan giải quyết"},
    "code-number": {"code": "Mã số hồ sơ", "unit": "Cơ quan thực hiện"},
    "receipt-number": {"code": "Số biên nhận", "unit": "Đơn vị thực hiện"},
    "time-of-receipt": {"received": "Thời gian tiếp nhận", "due": "Hạn xử lý"},
    "appointed": {"due": "Hẹn trả", "result": "Ngày hoàn thành"},
    "appointed-result": {"due": "Ngày hẹn trả kết quả", "status": "Trạng thái hồ sơ"},
    "abbreviated": {"procedure": "Tên TTHC", "status": "Tình trạng"},
    "abbreviated-dossier": {"code": "Mã HS", "unit": "ĐV giải quyết"},
}
for name, headers in NAMES.items():
    case(f"names-{name}", "headers: " + ", ".join(headers.values()),
         csv_file(grid(SIX, _renamed(**headers))), READ)

MACHINE = {
    "code": "MaHoSo", "procedure": "MaTTHC", "person": "ChuHoSo", "unit": "Đơn vị giải quyết",
    "received": "NgayTiepNhan", "due": "NgayHenTra", "result": "NgayKetThucXuLy",
    "status": "TrangThai",
}
NUMBERED = [dossier(n, status="9" if n % 3 else "4", field=None) for n in range(1, 7)]
case("machine-names", "names of the exchange's fields, statuses as numbers",
     csv_file(grid(NUMBERED, MACHINE)), Reads(NUMBERED))
case("machine-names-parquet", "names of the exchange's fields in Parquet",
     parquet_file(grid(NUMBERED, MACHINE, dates=kept_as)), Reads(NUMBERED))

FOREIGN = {"code": "case", "unit": "desk", "person": "who", "received": "start", "due": "deadline",
           "result": "closed", "status": "state"}
MAP = {"dossier_id": "case", "unit_id": "desk", "received_at": "start", "due_at": "deadline",
       "result_at": "closed", "status": "state"}
MAPPED = Reads([d | {"field": None} for d in SIX])
case("column-map", "foreign headers and a column map", csv_file(grid(SIX, FOREIGN)), MAPPED,
     columns=MAP)
case("column-map-xlsx", "foreign headers and a column map, workbook with titles",
     xlsx_file([["Export of cases"], *grid(SIX, FOREIGN, dates=kept_as)]), MAPPED, columns=MAP)
case("column-map-wrong-header", "a column map that names a header the file lacks",
     csv_file(PLAIN), Says(("a.csv", "Ngày hẹn tra", "Ngày hẹn trả")),
     columns={"due_at": "Ngày hẹn tra"})
case("column-map-wrong-column", "a column map with a column that is not ours",
     csv_file(PLAIN), Says(("recieved_at", "received_at")), columns={"recieved_at": "Ngày nhận"})
case("unknown-headers", "foreign headers and no column map", csv_file(grid(SIX, FOREIGN)),
     Says(("a.csv", "Mã hồ sơ", "case|header row")))
case("misspelt-header", "'Đơn vị giải quyêt' with one wrong mark, and a letter too many",
     csv_file(grid(SIX, _renamed(unit="Đơn vị giải quyếtt"))),
     Says(("a.csv", "row 1", "Đơn vị giải quyết", "Đơn vị giải quyếtt", "nearest")),
     READ)
case("misspelt-header-xlsx", "no header for the date of receipt, a near one is there",
     xlsx_file([["BÁO CÁO"], *grid(SIX, _renamed(received="Ngày tiếp nhân hồ sơ giấy"))]),
     Says(("a.xlsx", "Danh sách", "row 2", "Ngày nhận|Ngày tiếp nhận", "tiếp nhân")))
case("same-header-twice", "two columns are called 'Ngày hẹn trả'; the dates differ",
     csv_file([[*row, row[7] if i == 0 else "01/03/2024"] for i, row in enumerate(PLAIN)]),
     READ, Says(("a.csv", "Ngày hẹn trả")))
case("people-without-header", "a list of people without any header",
     csv_file([[f"{PERSON} A", "079099123456", "02/01/2024"]] * 3),
     Says(("a.csv", "header")))
case("people-without-header-or-number", "names, units and fields without header or any number",
     xlsx_file([[f"Nguyễn Văn {PERSON}", "Xã Mẫu", "Đất đai"]] * 3),
     Says(("a.xlsx", "Danh sách", "header")))

# 'Đơn vị/ cá nhân giải quyết' may name a unit or a person.
WHO = _renamed(unit="Đơn vị/ cá nhân giải quyết")
KNOWN_UNIT = "Thành phố Huế"
UNITS = dossiers(3, unit=KNOWN_UNIT)
PEOPLE = dossiers(3, 4, unit=f"{PERSON} Văn Xử Lý")
case("unit-or-person-units", "'Đơn vị/ cá nhân giải quyết' names a known unit",
     csv_file(grid(UNITS, WHO)), Reads([d | {"unit": None} for d in UNITS]))
case("unit-or-person-people", "it names persons in three rows of six",
     csv_file(grid([*UNITS, *PEOPLE], WHO)),
     Reads([d | {"unit": None} for d in UNITS], refused=((5, "unit_id"), (6, "unit_id"),
                                                          (7, "unit_id"))))
case("unit-or-person-given", "it names persons, and the unit is given",
     csv_file(grid(PEOPLE, WHO)), Reads([d | {"unit": "Xã Mẫu (mô phỏng)"} for d in PEOPLE]),
     unit="Xã Mẫu (mô phỏng)")
case("unit-column-missing", "no column for the unit",
     csv_file(grid(SIX, {k: v for k, v in HEADER.items() if k != "unit"})),
     Says(("a.csv", "Đơn vị giải quyết", "unit")))
case("unit-column-missing-given", "no column for the unit, and it is given",
     csv_file(grid(SIX, {k: v for k, v in HEADER.items() if k != "unit"})),
     Reads([d | {"unit": "Xã Mẫu (mô phỏng)"} for d in SIX]), unit="Xã Mẫu (mô phỏng)")
