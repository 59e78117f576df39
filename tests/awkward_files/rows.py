"""Awkward rows: odd dates, statuses, codes, units; personal data; names that are formulas."""

from __future__ import annotations

from datetime import datetime

from awkward_files.case import Reads, Says, case
from awkward_files.making import (
    HEADER,
    PERSON,
    STATUSES,
    UNIT,
    csv_file,
    dossier,
    dossiers,
    grid,
    kept_as,
    xls_file,
    xlsx_file,
)

# fmt: off
SIX = dossiers()
PLAIN = grid(SIX)


def _with(first, **flags):
    """A list whose first dossier is odd, kept and flagged."""
    return csv_file(grid([first, *SIX[1:]])), Reads([first, *SIX[1:]], flags=flags)


case("no-due-date", "a dossier without due date", *_with(dossier(1, due=None), no_due_date=1))
case("due-before-receipt", "due before it was received",
     *_with(dossier(1, due=datetime(2024, 1, 2)), due_before_receipt=1))
case("result-before-receipt", "a result before receipt",
     *_with(dossier(1, result=datetime(2024, 1, 2)), result_before_receipt=1))
case("finished-without-date", "handed over, without the day of the result",
     *_with(dossier(1, result=None), finished_without_date=1))
case("result-but-unfinished", "in process, with the day of the result",
     *_with(dossier(1, status="Đang xử lý"), result_but_unfinished=1))
case("unknown-status", "a status nobody knows",
     *_with(dossier(1, status="Chuyển bộ phận khác"), unknown_status=1))
case("receipt-to-come", "received in a year to come",
     *_with(dossier(1, received=datetime(2099, 1, 12), due=datetime(2099, 2, 1),
                    result=None, status="Đang xử lý"), received_in_future=1))

TEN = [dossier(n, status=STATUSES[n]) for n in range(1, 11)]
case("ten-statuses", "the ten national labels", csv_file(grid(TEN)), Reads(TEN))
NUMBERS = [dossier(n, status=n) for n in range(1, 11)]
case("statuses-as-numbers", "the ten codes in number cells",
     xlsx_file(grid(NUMBERS, dates=kept_as)),
     Reads(NUMBERS))
case("statuses-as-numbers-xls", "the ten codes in number cells of an old workbook",
     xls_file(grid(NUMBERS, dates=kept_as)), Reads(NUMBERS))
OLD = [dossier(n, status=text) for n, text in enumerate(
    ("Chờ tiếp nhận", "Chờ bổ sung", "Chờ trả kết quả", "Tạm dừng xử lý", "Từ chối"), 1)]
case("other-labels", "labels of other systems", csv_file(grid(OLD)), Reads(OLD))
WAITING = [dossier(1, status=STATUSES[1], received=None, due=None, result=None),
           dossier(2, status=STATUSES[3], received=None, due=None, result=None)]
case("not-accepted", "not accepted yet, or never: no date of receipt",
     csv_file(grid([*WAITING, *SIX[2:]])), Reads([*WAITING, *SIX[2:]]))

case("code-missing", "a row without code", csv_file(grid([dossier(1, code=None), *SIX[1:]])),
     Reads(SIX[1:], refused=((2, "dossier_id"),)))
case("codes-missing-xlsx", "two rows without code, titles above",
     xlsx_file([["BÁO CÁO"], ["Tháng 1"], *grid([SIX[0], dossier(2, code=""), *SIX[2:5],
                                                 dossier(6, code="  ")])]),
     Reads([SIX[0], *SIX[2:5]], refused=((5, "dossier_id"), (9, "dossier_id"))))
TWICE = [SIX[0], dossier(2, code=SIX[0]["code"]), *SIX[2:]]
case("code-twice", "one code on two rows of one file, with different dates", csv_file(grid(TWICE)),
     Reads(TWICE, flags={"duplicate_code": 2}))
for name, error in {"ref": "#REF!", "na": "#N/A", "value": "#VALUE!"}.items():
    FAILED = grid([dossier(1, code=error), dossier(2, unit=error), *SIX[2:]])
    REFUSED = Reads(SIX[2:], refused=((2, "dossier_id"), (3, "unit_id")))
    case(f"formula-failed-{name}", f"{error} where the code and the unit were looked up",
         csv_file(FAILED), REFUSED)
    case(f"formula-failed-{name}-xlsx", f"{error} in cells of a workbook whose formula failed",
         xlsx_file(FAILED), REFUSED)
OLD_CODE = dossier(1, code="00352112000539")
case("old-code", "a code of fourteen digits", csv_file(grid([OLD_CODE, *SIX[1:]])),
     Reads([OLD_CODE, *SIX[1:]]))
case("old-code-in-text", "such a code, and others, named in the procedure",
     csv_file(grid([dossier(1, procedure="Bổ sung hồ sơ 00352112000539"),
                    dossier(2, procedure="Theo 000.00.04.G18-230115-0012"),
                    dossier(3, procedure="1.005129.000.00.00.H38"), *SIX[3:]])),
     Reads(SIX))
case("code-as-number", "codes of fourteen digits in number cells",
     xlsx_file(grid([row | {"code": 20352112000539 + i} for i, row in enumerate(SIX)])),
     Reads(SIX))
case("code-is-a-formula", "a code that a spreadsheet would run",
     csv_file(grid([dossier(1, code="=1+1"), dossier(2, code="@SUM(A1)"), *SIX[2:]])),
     Reads(SIX))

case("unit-missing", "two rows without unit",
     csv_file(grid([dossier(1, unit=""), dossier(2, unit=None), *SIX[2:]])),
     Reads(SIX[2:], refused=((2, "unit_id"), (3, "unit_id"))))
case("unit-missing-given", "two rows without unit, and the unit is given",
     csv_file(grid([dossier(1, unit=""), dossier(2, unit=None), *SIX[2:]])),
     Reads([row | {"unit": None} for row in SIX]), unit=UNIT)
HUE = dossiers(unit="Thành phố Huế")
case("unit-known", "a unit of the gazetteer", csv_file(grid(HUE)),
     Reads([row | {"unit": None} for row in HUE]))
AMBIGUOUS = [dossier(1, unit="Xã Tân Phú"), dossier(2, unit="Xã Tân Lập"), *SIX[2:]]
case("unit-ambiguous", "two names that many communes bear",
     csv_file(grid(AMBIGUOUS)), Reads(AMBIGUOUS),
     Reads(SIX[2:], refused=((2, "unit_id"), (3, "unit_id"))))

PERSONAL = {
    "id": "Cấp cho 079099123456", "old-id": "CMND 271234567", "phone": "LH 0987654321",
    "phone-dots": "ĐT: 0987.654.321", "phone-84": "+84 987 654 321", "email": f"{PERSON}@mail.vn",
}
COLUMNS = {"field": "field", "procedure": "procedure", "unit": "unit_id"}
for name, text in PERSONAL.items():
    for key, column in COLUMNS.items():
        case(f"personal-{name}-{key}", f"personal data in the column {HEADER[key]!r}",
             csv_file(grid([SIX[0], dossier(2, **{key: text}), *SIX[2:]])),
             Reads([SIX[0], *SIX[2:]], refused=((3, column),)))
DESK = HEADER | {"desk": "Đơn vị tiếp nhận"}
case("personal-desk", "a phone in the column of the desk",
     xlsx_file([["BÁO CÁO"], *grid([row | {"desk": "Một cửa"} for row in SIX[:5]]
                                   + [SIX[5] | {"desk": "Một cửa 0912345678"}], DESK)]),
     Reads(SIX[:5], refused=((8, "receiving_unit_id"),)))
case("personal-everywhere-unread", "personal data in six columns that are not read",
     csv_file([[*row, *([f"Cột {i}" for i in range(6)] if not i_row else
                        [f"{PERSON} C", "079099123456", "0987654321", "a@mail.vn", "Số 1 phố Mẫu",
                         f"{PERSON} xin cấp lại giấy tờ"])] for i_row, row in enumerate(PLAIN)]),
     Reads(SIX))

LONG = (
    "Đăng ký biến động đối với trường hợp đổi tên hoặc thay đổi thông tin về người sử dụng đất, "
    "chủ sở hữu tài sản gắn liền với đất; thay đổi hạn chế quyền sử dụng đất, quyền sở hữu tài sản "
    "gắn liền với đất hoặc có thay đổi quyền đối với thửa đất liền kề; giảm diện tích thửa đất do "
    "sạt lở tự nhiên; thay đổi số hiệu hoặc địa chỉ của thửa đất"
)
NAMED = [dossier(1, procedure=LONG), *SIX[1:]]
case("long-procedure", "a procedure whose name has more than 300 letters, as land ones do",
     csv_file(grid(NAMED)), Reads(NAMED))
LONGER = [dossier(1, field=("Đất đai " * 4000).strip()), *SIX[1:]]
case("very-long-text", "a text of 32,000 letters in the field",
     csv_file(grid(LONGER)), Reads(LONGER), Reads(SIX[1:], refused=((2, "field"),)))
case("very-long-text-xlsx", "the same in a workbook",
     xlsx_file(grid(LONGER)), Reads(LONGER), Reads(SIX[1:], refused=((2, "field"),)))
SPOILT = grid([dossier(1, code=None), *SIX[1:]])
SPOILED = Reads(SIX[1:], refused=((2, "dossier_id"),))
for name in ("=1+1", "@SUM(A1)", "+1", "-1"):
    case(f"formula-name-{name[0]}", f"file and sheet called {name!r}",
         xlsx_file({name: SPOILT}, name=f"{name}.xlsx"), SPOILED)
case("formula-name-csv", "a CSV file called '=cmd.csv'", csv_file(SPOILT, name="=cmd.csv"), SPOILED)
case("file-with-spaces", "a file with spaces, marks and quotes in its name",
     csv_file(SPOILT, name="Hồ sơ tháng 1 (bản 'cuối').csv"), SPOILED)
case("missing-date-of-one-in-all", "every kind of bad row at once",
     csv_file(grid([dossier(1, code=None), dossier(2, unit=None), dossier(3, received="?"),
                    dossier(4, field="0987654321"), SIX[4], dossier(6, due=None)])),
     Reads([SIX[4], dossier(6, due=None)],
           refused=((2, "dossier_id"), (3, "unit_id"), (4, "received_at"), (5, "field")),
           flags={"no_due_date": 1}),
     as_of="2024-03-31")
case("nothing-but-bad-rows", "no row can be kept", csv_file(
    grid([dossier(n, code=None) for n in range(1, 4)])),
    Reads([], refused=tuple((n, "dossier_id") for n in (2, 3, 4))), Says(("a.csv",)))
