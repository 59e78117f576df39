"""Files that are no table, or not whole; folders, and snapshots of the same dossiers."""

from __future__ import annotations

import zipfile
from datetime import datetime
from pathlib import Path

import xlsxwriter
import xlwt

from awkward_files.case import Reads, Says, case
from awkward_files.making import (
    as_csv,
    bytes_file,
    csv_file,
    dossier,
    dossiers,
    grid,
    kept_as,
    many,
    parquet_file,
    xls_file,
    xlsx_file,
)

# fmt: off
SIX = dossiers()
READ = Reads(SIX)
PLAIN = grid(SIX)
HTML = "<html><body><table>" + "".join(
    "<tr>" + "".join(f"<td>{cell or ''}</td>" for cell in row) + "</tr>" for row in PLAIN
) + "</table></body></html>"


def _cut(writer, share: float):
    """The same file, ending too early."""

    def write(folder: Path) -> Path:
        path = writer(folder)
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * share)])
        return path

    return write


def _chart_only(folder: Path) -> Path:
    with xlsxwriter.Workbook(folder / "a.xlsx") as book:
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "=Nền!$A$1:$A$2"})
        book.add_chartsheet("Biểu đồ").set_chart(chart)
        book.add_worksheet("Nền")
    return folder / "a.xlsx"


def _protected(folder: Path) -> Path:
    """What a workbook with a password looks like: a compound file with an encrypted package."""
    book = xlwt.Workbook()
    book.add_sheet("x").write(0, 0, "x")
    book.save(str(folder / "plain.xls"))
    content = bytearray((folder / "plain.xls").read_bytes())
    (folder / "plain.xls").unlink()
    old, new = "Workbook".encode("utf-16-le"), "EncryptedPackage".encode("utf-16-le")
    place = content.index(old)
    content[place : place + len(new)] = new
    content[place + 64 : place + 66] = (len(new) + 2).to_bytes(2, "little")
    (folder / "a.xlsx").write_bytes(content)
    return folder / "a.xlsx"


def _without(part: str, folder: Path) -> Path:
    """A workbook that lacks one of its parts."""
    path = xlsx_file(PLAIN)(folder)
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist() if part not in name}
    with zipfile.ZipFile(path, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)
    return path


case("not-there", "no such file", lambda folder: folder / "a.csv", Says(("a.csv", "no such")))
case("zero-bytes-csv", "a file of zero bytes", bytes_file(b"", "a.csv"), Says(("a.csv", "empty")))
case("zero-bytes-xlsx", "a workbook of zero bytes", bytes_file(b"", "a.xlsx"),
     Says(("a.xlsx", "empty")))
case(
    "only-a-mark", "a byte order mark alone", bytes_file(b"\xef\xbb\xbf", "a.csv"), Says(("a.csv",))
)
case(
    "only-line-ends",
    "nothing but line ends",
    bytes_file(b"\r\n\r\n\r\n", "a.csv"),
    Says(("a.csv",)),
)
case("only-separators", "nothing but separators", bytes_file(b",,,,\n,,,,\n", "a.csv"),
     Says(("a.csv",)))
case("document", "a file of another kind", bytes_file(b"something", "a.docx"),
     Says(("a.docx", ".csv", ".xlsx")))
case("no-suffix", "a file without suffix", bytes_file(as_csv(PLAIN).encode(), "export"),
     Says(("export", ".csv", ".xlsx")))
case("binary-csv", "a picture called .csv", bytes_file(
    b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "a.csv"), Says(("a.csv",)))
for name, share in {"early": 0.3, "late": 0.95}.items():
    case(f"cut-xlsx-{name}", f"the first {share:.0%} of a workbook",
         _cut(xlsx_file(grid(dossiers(200))), share), Says(("a.xlsx",)))
case("cut-xls", "the first half of an old workbook", _cut(xls_file(grid(dossiers(200))), 0.5),
     Says(("a.xls",)))
case("cut-parquet", "the first half of a Parquet file", _cut(parquet_file(PLAIN), 0.5),
     Says(("a.parquet",)))
case("cut-csv", "a CSV file that ends inside quotes", csv_file(
    PLAIN, edit=lambda text: text + '7,H99,"Xã M'), Says(("a.csv", "quote")),
    Reads(SIX, refused=((8, ""),)))
case("xlsx-without-sheet", "a workbook whose sheet is lost", lambda folder: _without(
    "sheet1.xml", folder), Says(("a.xlsx",)))
case("xlsx-without-texts", "a workbook whose texts are lost", lambda folder: _without(
    "sharedStrings", folder), Says(("a.xlsx",)))
case("html-xls", "an HTML page called .xls", bytes_file(HTML.encode(), "a.xls"),
     Says(("a.xls", "HTML")))
case("html-xlsx", "an HTML page called .xlsx", bytes_file(HTML.encode(), "a.xlsx"),
     Says(("a.xlsx", "HTML")))
case("csv-called-xlsx", "a CSV file called .xlsx", bytes_file(as_csv(PLAIN).encode(), "a.xlsx"),
     Says(("a.xlsx", "CSV|text")), READ)
case("xlsx-called-xls", "a workbook called .xls", lambda folder: xlsx_file(
    PLAIN)(folder).rename(folder / "a.xls"), READ, Says(("a.xls", "xlsx")))
case("xls-called-xlsx", "an old workbook called .xlsx", lambda folder: xls_file(
    PLAIN)(folder).rename(folder / "a.xlsx"), READ, Says(("a.xlsx", "xls")))
case("xlsx-called-csv", "a workbook called .csv", lambda folder: xlsx_file(
    PLAIN)(folder).rename(folder / "a.csv"), READ, Says(("a.csv", "xlsx|workbook")))
case("zip-called-xlsx", "a zip archive called .xlsx", lambda folder: _zip(folder),
     Says(("a.xlsx",)))
case("protected", "a workbook with a password", _protected, Says(("a.xlsx", "password|protected")))
case("ole-header", "a compound file of nothing", bytes_file(
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "a.xls"), Says(("a.xls",)))
case("chart-only", "a workbook that holds a chart and no table", _chart_only,
     Says(("a.xlsx", "no rows|no sheet|no table|no cells")))


def _zip(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "a.xlsx", "w") as archive:
        archive.writestr("a.csv", as_csv(PLAIN))
    return folder / "a.xlsx"


# ------------------------------------------------------------------------------- folders

JANUARY, FEBRUARY = dossiers(3), dossiers(3, 4)
LOCK = bytes_file(b"\x05admin" + bytes(160), "~$t2.xlsx")
MONTHS = many(csv_file(grid(JANUARY), name="t1.csv"),
              xlsx_file(grid(FEBRUARY, dates=kept_as), name="t2.xlsx"), LOCK)
case("folder", "a folder of two months, one in CSV, one a workbook that is open (lock file)",
     MONTHS, READ)
case("folder-with-others", "a folder with files of the desktop beside the exports",
     many(MONTHS, bytes_file(b"x", "Thumbs.db"), bytes_file(b"x", ".DS_Store"),
          bytes_file(b"Mac", "._t1.csv")), READ)
case("paths", "two files named one by one", lambda folder: sorted(
    p for p in MONTHS(folder).iterdir() if "~" not in p.name), READ)
case("folder-empty", "a folder without exports", many(LOCK), Says((".csv", ".xlsx")))
case("folder-one-broken", "a folder in which one file is broken",
     many(csv_file(grid(JANUARY), name="t1.csv"), bytes_file(b"PK\x03\x04 x", "t2.xlsx")),
     Says(("t2.xlsx",)))
case("folder-one-foreign", "a folder in which one file lacks a column",
     many(csv_file(grid(JANUARY), name="t1.csv"),
          csv_file([row[:6] for row in grid(FEBRUARY)], name="t2.csv")),
     Says(("t2.csv", "Ngày nhận|Ngày tiếp nhận")))
MOVED = [dossier(1), dossier(2), dossier(3, due=datetime(2024, 3, 15)), *dossiers(2, 4)]
case("snapshots", "three dossiers in both months, one due date moved",
     many(csv_file(grid(JANUARY), name="2024-01.csv"), csv_file(grid(MOVED), name="2024-02.csv")),
     Reads(MOVED, aside={"earlier_snapshot": 3},
           changed=(("due_at", datetime(2024, 2, 2), datetime(2024, 3, 15)),)))
NUMBERED = [row | {"code": 20352112000539 + n} for n, row in enumerate(JANUARY)]
case("snapshots-codes-with-a-point", "codes of digits; a month later Parquet holds them as 20...0",
     many(csv_file(grid(NUMBERED), name="2024-01.csv"),
          parquet_file(grid([row | {"code": float(row["code"])} for row in NUMBERED],
                            dates=kept_as), name="2024-02.parquet")),
     Reads(JANUARY, aside={"earlier_snapshot|same_elsewhere": 3}))
DONE = [dossier(3, result=datetime(2024, 2, 20), status="Đã trả kết quả"), dossier(4)]
case("snapshots-status", "a dossier that was open is finished a month later",
     many(xlsx_file(grid(JANUARY, dates=kept_as), name="2024-01.xlsx"),
          xls_file(grid(DONE, dates=kept_as), name="2024-02.xls")),
     Reads([*JANUARY[:2], *DONE], aside={"earlier_snapshot": 1},
           changed=(("status", 4, 10),)))
case("same-file-twice", "the same export under two names",
     many(csv_file(PLAIN, name="a.csv"), csv_file(PLAIN, name="a (1).csv")),
     Reads(SIX, aside={"earlier_snapshot|same_elsewhere": 6}), Says(("a.csv",)))
