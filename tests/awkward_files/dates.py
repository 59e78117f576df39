"""Awkward dates: text, ISO, serials, placeholders, day and month exchanged, zones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from awkward_files.case import Reads, Says, case
from awkward_files.making import (
    HEADER,
    csv_file,
    dmy,
    dmy_time,
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


def _timed(rows):
    """The same dossiers at a quarter past eight."""
    return [
        {k: v + timedelta(hours=8, minutes=15) if isinstance(v, datetime) else v
         for k, v in row.items()}
        for row in rows
    ]


TIMED = _timed(SIX)


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"


def _iso_time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _iso_t(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}"


def _short(moment: datetime) -> str:
    return f"{moment.day}/{moment.month}/{moment.year}"


def _dashes(moment: datetime) -> str:
    return f"{moment:%d-%m-%Y}"


def _american(moment: datetime) -> str:
    return f"{moment:%m/%d/%Y}"


def _serial(moment: datetime) -> float:
    """Excel's number of the day: 1 January 2024 is 45292."""
    days = (moment - datetime(1899, 12, 30)) / timedelta(days=1)
    return int(days) if days.is_integer() else days


def _serial_text(moment: datetime) -> str:
    return str(_serial(moment))


def _utc(moment: datetime) -> str:
    return f"{moment - timedelta(hours=7):%Y-%m-%dT%H:%M:%S}+00:00"


def _aware(moment: datetime) -> datetime:
    return (moment - timedelta(hours=7)).replace(tzinfo=UTC)


for name, dates, rows in (
    ("dmy", dmy, SIX), ("dmy-time", dmy_time, TIMED), ("iso", _iso, SIX),
    ("iso-time", _iso_time, TIMED), ("iso-t", _iso_t, TIMED), ("short", _short, SIX),
    ("dashes", _dashes, SIX), ("serial", _serial_text, SIX),
):
    case(f"dates-{name}", f"dates such as {dates(rows[0]['received'])!r}",
         csv_file(grid(rows, dates=dates)), Reads(rows))
    case(f"dates-{name}-xlsx", f"such dates as text in a workbook, {name}",
         xlsx_file(grid(rows, dates=dates)), Reads(rows))
case("dates-cells", "real date cells", xlsx_file(grid(SIX, dates=kept_as)), READ)
case("dates-cells-time", "real date cells with a time", xlsx_file(
    grid(TIMED, dates=kept_as), number_format="dd/mm/yyyy hh:mm"), Reads(TIMED))
case("dates-cells-xls", "real date cells of an old workbook",
     xls_file(grid(TIMED, dates=kept_as), number_format="DD/MM/YYYY HH:MM"), Reads(TIMED))
case("dates-serial-cells", "the day's number in a cell not formatted as a date",
     xlsx_file(grid(SIX, dates=_serial)), READ)
case("dates-serial-cells-time", "such numbers with a part of the day",
     xlsx_file(grid(TIMED, dates=_serial)), Reads(TIMED))
case("dates-zoned", "ISO with a zone; the office is in Vietnam", csv_file(grid(TIMED, dates=_utc)),
     Reads(TIMED), zone="Asia/Ho_Chi_Minh")
case("dates-zone-unknown", "a zone that does not exist", csv_file(grid(TIMED, dates=_utc)),
     Says(("Mars/Base", "Asia/Ho_Chi_Minh")), zone="Mars/Base")
case("dates-zoned-parquet", "timestamps with a zone in Parquet",
     parquet_file(grid(TIMED, dates=_aware)), Reads(TIMED))

MANY = dossiers(20)  # received on the 11th to the 30th: two of three show what they are
case("dates-american", "mm/dd/yyyy all through: month 25 shows it",
     csv_file(grid(MANY, dates=_american)),
     Says(("a.csv", "row", "Ngày tiếp nhận|Ngày hẹn trả|received_at", "dd/mm")))
case("dates-american-xlsx", "the same in a workbook with titles",
     xlsx_file([["BÁO CÁO"], *grid(MANY, dates=_american)]),
     Says(("a.xlsx", "Danh sách", "row", "Ngày tiếp nhận|Ngày hẹn trả|received_at", "dd/mm")))
HALF = grid(MANY)
case("dates-half-american", "half of the column dd/mm, half mm/dd",
     csv_file([*HALF[:11], *grid(MANY, dates=_american)[11:]]),
     Says(("a.csv", "row", "Ngày tiếp nhận|Ngày hẹn trả|received_at")))
case("dates-mixed-cells", "real dates and text dates in one column",
     xlsx_file([*grid(MANY, dates=kept_as)[:11], *grid(MANY)[11:]]), Reads(MANY))

case("receipt-unreadable", "one date of receipt in words",
     csv_file(grid([*SIX[:2], dossier(3, received="không rõ"), *SIX[3:]])),
     Reads([*SIX[:2], *SIX[3:]], refused=((4, "received_at"),)))
case("receipt-impossible", "31 February as the date of receipt",
     xlsx_file(grid([*SIX[:2], dossier(3, received="31/02/2024"), *SIX[3:]])),
     Reads([*SIX[:2], *SIX[3:]], refused=((4, "received_at"),)))
case("receipt-missing", "no date of receipt, though accepted",
     csv_file(grid([dossier(1, received=None), *SIX[1:]])),
     Reads(SIX[1:], refused=((2, "received_at"),)))
case("due-unreadable", "one due date in words",
     csv_file(grid([dossier(1, due="theo quy định"), *SIX[1:]])),
     Reads([dossier(1, due=None), *SIX[1:]], flags={"unreadable_due_at": 1}))
case("result-impossible", "31 February as the date of the result",
     csv_file(grid([dossier(1, result="31/02/2024"), *SIX[1:]])),
     Reads([dossier(1, result=None), *SIX[1:]], flags={"unreadable_result_at": 1}))
for name, text in {
    "dash": "-",
    "1900": "01/01/1900",
    "zeros": "00/00/0000",
    "two-dashes": "--",
}.items():
    case(f"placeholder-{name}", f"{text!r} where there is no due date",
         csv_file(grid([dossier(1, due=text), *SIX[1:]])),
         Reads([dossier(1, due=None), *SIX[1:]], flags={"no_due_date": 1}))
case("placeholder-result", "'-' where there is no result yet",
     xlsx_file(grid([row | {"result": row["result"] or "-"} for row in SIX])), READ)

AHEAD = HEADER | {"acceptance": "Hạn tiếp nhận", "first_due": "Ngày hẹn trả lần đầu",
                  "submitted": "Ngày nộp hồ sơ", "returned": "Ngày trả kết quả"}
FULL = [
    row | {
        "submitted": row["received"] - timedelta(days=1),
        "acceptance": row["received"] - timedelta(hours=12),
        "first_due": row["due"] - timedelta(days=5),
        "returned": row["result"] and row["result"] + timedelta(days=3),
    }
    for row in TIMED
]
case("seven-dates", "submitted, accept by, received, first due, due, result, handed over",
     csv_file(grid(FULL, AHEAD, dates=dmy_time)), Reads(FULL))
case("seven-dates-xlsx", "the seven as real date cells", xlsx_file(
    grid(FULL, AHEAD, dates=kept_as), number_format="dd/mm/yyyy hh:mm"), Reads(FULL))
