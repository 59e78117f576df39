"""Awkward layouts: titles, merged and two-row headers, numbering, totals, signatures, sheets."""

from __future__ import annotations

from awkward_files.case import Reads, Says, case
from awkward_files.making import (
    HEADER,
    PERSON,
    Grid,
    as_csv,
    bytes_file,
    csv_file,
    dossier,
    dossiers,
    grid,
    kept_as,
    parquet_file,
    wide,
    xls_file,
    xlsx_file,
)

# fmt: off
SIX = dossiers()
PLAIN = grid(SIX)
DATED = grid(SIX, dates=kept_as)
READ = Reads(SIX)
# A row that numbers the columns stands between header and dossiers: of the header, or set aside.
NUMBERED = (READ, Reads(SIX, aside={"numbering": 1}))
WIDTH = len(HEADER)

TITLES: Grid = [
    wide("UBND HUYỆN MẪU (MÔ PHỎNG)"),
    wide("DANH SÁCH HỒ SƠ"),
    wide("Từ ngày 01/01/2024 đến ngày 31/01/2024"),
]
NUMBERING: Grid = [[f"({i})" for i in range(1, WIDTH + 1)]]
TOTAL: Grid = [wide("Tổng cộng", "6 hồ sơ")]
SIGNATURE: Grid = [
    wide("Ghi chú: số liệu trích từ hệ thống"),
    wide(*[""] * 6, "Xã Mẫu, ngày 31 tháng 01 năm 2024", columns=WIDTH),
    wide("Người lập biểu", *[""] * 5, "THỦ TRƯỞNG ĐƠN VỊ", columns=WIDTH),
    wide(f"{PERSON} A", *[""] * 5, f"{PERSON} B", columns=WIDTH),
]
BLANK: Grid = [[None] * WIDTH]


def _two_rows(rows: Grid) -> Grid:
    """The header in two rows: 'Thời gian' over the three dates, the others merged downwards."""
    top = [h if not 6 <= i <= 8 else ("Thời gian" if i == 6 else None)
           for i, h in enumerate(rows[0])]
    below = [h if 6 <= i <= 8 else None for i, h in enumerate(rows[0])]
    return [top, below, *rows[1:]]


def _merges(top: int) -> list[tuple[int, int, int, int]]:
    down = [(top, i, top + 1, i) for i in range(WIDTH) if not 6 <= i <= 8]
    return [*down, (top, 6, top, 8)]


def _ragged(rows: Grid) -> Grid:
    """Rows without their empty last cells."""
    return [row if row[-1] else row[:-1] for row in rows]


case("plain-csv", "a plain CSV file", csv_file(PLAIN), READ)
case("plain-tsv", "a TSV file", csv_file(PLAIN, name="a.tsv", separator="\t"), READ)
case("plain-xlsx", "a workbook, dates as text", xlsx_file(PLAIN), READ)
case("plain-xls", "an old workbook, dates as text", xls_file(PLAIN), READ)
case("plain-parquet", "Parquet of text columns", parquet_file(PLAIN), READ)
case("typed-parquet", "Parquet of timestamps", parquet_file(DATED), READ)
case("suffix-in-capitals", "the suffix is .XLSX", xlsx_file(PLAIN, name="A.XLSX"), READ)

for kind, writer in (("csv", csv_file), ("xlsx", xlsx_file), ("xls", xls_file)):
    case(f"titles-{kind}", "three title rows above the header", writer([*TITLES, *PLAIN]), READ)
    case(f"titles-blank-{kind}", "titles, a blank row, then the header",
         writer([*TITLES, *BLANK, *PLAIN]), READ)
    case(f"numbering-{kind}", "a row (1) (2) ... under the header",
         writer([PLAIN[0], *NUMBERING, *PLAIN[1:]]), *NUMBERED)
    case(f"total-{kind}", "a total line at the end", writer([*PLAIN, *TOTAL]),
         Reads(SIX, aside={"total_line": 1}))
    case(f"signature-{kind}", "a note, place and date, offices and names of those who sign",
         writer([*PLAIN, *SIGNATURE]),
         Reads(SIX, aside={"note|footer|signature": 4}))
    case(f"two-row-header-{kind}", "'Thời gian' over three dates, in two rows",
         writer(_two_rows(PLAIN)), READ)

case("many-titles", "fifteen title rows", xlsx_file([*TITLES * 5, *PLAIN]), READ)
case("merged-header", "two-row header with merged cells, under titles",
     xlsx_file([*TITLES, *_two_rows(DATED)], merges=_merges(3)), READ)
case("merged-titles", "titles merged over the whole width",
     xlsx_file([*TITLES, *PLAIN], merges=[(i, 0, i, WIDTH - 1) for i in range(3)]), READ)
case("numbers-as-numbering", "the numbering row holds numbers, not texts",
     xlsx_file([PLAIN[0], list(range(1, WIDTH + 1)), *PLAIN[1:]]), *NUMBERED)
case("bare-numbering", "the numbering row holds 1, 2, 3 as text",
     csv_file([PLAIN[0], [str(i) for i in range(1, WIDTH + 1)], *PLAIN[1:]]), *NUMBERED)
case("total-with-numbers", "the total line counts in number cells",
     xlsx_file([*DATED, ["Tổng số", None, 6, None, 6, None, None, 6, 4, None]]),
     Reads(SIX, aside={"total_line": 1}))
case("total-merged", "the total's label is merged over the first cells",
     xlsx_file([*DATED, wide("TỔNG CỘNG:", "", "", "6", columns=WIDTH)], merges=[(7, 0, 7, 2)]),
     Reads(SIX, aside={"total_line": 1}))
case("total-first", "the total stands under the header", csv_file([PLAIN[0], *TOTAL, *PLAIN[1:]]),
     Reads(SIX, aside={"total_line": 1}))
case("subtotals", "a total after every three dossiers and one at the end",
     csv_file([*PLAIN[:4], wide("Cộng", "3"), *PLAIN[4:], wide("Cộng", "3"), *TOTAL]),
     Reads(SIX, aside={"total_line": 3}))
case("subtotals-with-counts", "a sub-total of counts per field and per page, a running total",
     xlsx_file([*DATED[:4], ["", "Cộng lĩnh vực Đất đai", None, 3, 2, None, 3, 3, 1],
                ["Cộng trang 1", None, 3, 2, None, None, 3, 3, 1], *DATED[4:],
                [None, "Tổng theo lĩnh vực: Hộ tịch", 3, 3, 2, 1, 3],
                ["Lũy kế", 6, 6, 4, 2, None, 6]]),
     Reads(SIX, aside={"total_line": 4}))
CALLED = [dossier(1, received=None, code=None), *SIX[1:]]
case("name-like-a-total", "the person stands first, is called like a total, and has no receipt",
     csv_file(grid([row | {"person": "Công Trang"} for row in CALLED],
                   {"person": "Người nộp"} | {k: v for k, v in HEADER.items() if k != "person"})),
     Reads(SIX[1:], refused=((2, "dossier_id"),)))
case("repeated-header", "the header comes again on every page",
     csv_file([*PLAIN[:4], PLAIN[0], *PLAIN[4:]]), Reads(SIX, aside={"repeated_header": 1}))
case("repeated-header-xls", "the header comes again twice, in an old workbook",
     xls_file([*PLAIN[:3], PLAIN[0], *PLAIN[3:5], PLAIN[0], *PLAIN[5:]]),
     Reads(SIX, aside={"repeated_header": 2}))
MOVED = {key: HEADER[key] for key in ("code", "unit", "due", "received", "result", "status")}
case("second-table-other-order", "a second table below, its due date where the receipt stood",
     xlsx_file([["I. ĐÃ GIẢI QUYẾT"], *grid(SIX[:3], MOVED | {"due": HEADER["received"],
                                                            "received": HEADER["due"]}),
                ["II. ĐANG GIẢI QUYẾT"], *grid(SIX[3:], MOVED)]),
     Says(("a.xlsx", "Danh sách", "row 7", "received_at", "due_at")))
case("second-table-same-order", "a second table below, with the same columns",
     csv_file([wide("I. ĐÃ GIẢI QUYẾT"), *PLAIN[:4], wide("II. ĐANG GIẢI QUYẾT"), PLAIN[0],
               *PLAIN[4:]]),
     Reads(SIX, aside={"repeated_header": 1, "note|section": 1}))
DAYS = {key: HEADER[key] for key in ("code", "unit", "received", "due", "result")} | {
    "returned": "Ngày trả kết quả", "status": HEADER["status"]}
RETURNED = [row | {"returned": row["result"], "field": None} for row in SIX]
LOWER = grid(RETURNED, DAYS)
GROUPED = [[{4: "Ngày trả", 5: None}.get(i, text) for i, text in enumerate(LOWER[0])],
           [text if i in (4, 5) else None for i, text in enumerate(LOWER[0])]]
case("repeated-group", "a header in two rows comes again; its group is called like a column",
     csv_file([*GROUPED, *LOWER[1:4], *GROUPED, *LOWER[4:]]),
     Reads(RETURNED, aside={"repeated_header": 2}))
case("blank-rows", "blank rows in between", xlsx_file([*PLAIN[:3], *BLANK * 3, *PLAIN[3:]]),
     Reads(SIX, aside={"blank": 3}))
case("blank-lines", "empty lines in a CSV file",
     csv_file(PLAIN, edit=lambda text: "\n".join(
         line + ("\n" if i in (2, 4) else "") for i, line in enumerate(text.split("\n")))),
     Reads(SIX, aside={"blank": 2}))
case("spaces-only", "rows of spaces and no-break spaces",
     csv_file([*PLAIN[:3], [" ", "\u00a0", *[""] * (WIDTH - 2)], *PLAIN[3:]]),
     Reads(SIX, aside={"blank": 1}))
case("table-away-from-the-corner", "the table begins in column C of row 5",
     xlsx_file([[None] * 12] * 4 + [[None, None, *row] for row in DATED]), READ)
case("cell-far-down", "a forgotten space in row 50,000",
     xlsx_file([*DATED, *[[]] * 49_992, [" "]]), Reads(SIX, aside={"blank": 49_993}))
case("cell-far-right", "a forgotten space in column 16,000",
     xlsx_file([DATED[0], [*DATED[1], *[None] * 15_989, " "], *DATED[2:]]), READ)
case("empty-columns-at-the-end", "three columns without header or content",
     csv_file([[*row, None, None, None] for row in PLAIN]), READ)
case("short-rows", "rows end before their empty last cells",
     csv_file(_ragged([*PLAIN[:3], [*PLAIN[3][:-1], None], *PLAIN[4:]])),
     Reads([*SIX[:2], dossier(3, status=None), *SIX[3:]]))
case("more-cells-than-headers", "a separator in a text without quotes",
     csv_file(PLAIN, edit=lambda text: text.replace("Hộ tịch", "Hộ tịch, khai sinh", 1)),
     Says(("a.csv", "row 2", "11", "10", "quotes")),
     Reads(SIX[1:], refused=((2, ""),)))
case("groups", "a line with the name of the field above its dossiers",
     csv_file([PLAIN[0], wide("I. Lĩnh vực Hộ tịch"), *PLAIN[1:4], wide("II. Lĩnh vực Đất đai"),
               *PLAIN[4:]]),
     Reads(SIX, aside={"note|section|group|footer": 2}))

case("guide-first", "a sheet with instructions before the data",
     xlsx_file({"Hướng dẫn": [["Xem trang sau"], ["Không sửa tiêu đề"]], "Hồ sơ": DATED}), READ)
case("empty-sheet-first", "an empty sheet before the data",
     xlsx_file({"Sheet1": [], "Hồ sơ": DATED}), READ)
case("two-sheets", "dossiers on two sheets",
     xlsx_file({"Tháng 1": grid(dossiers(3)), "Tháng 2": grid(dossiers(3, 4))}), READ)
case("two-sheets-xls", "dossiers on two sheets of an old workbook",
     xls_file({"Tháng 1": grid(dossiers(3)), "Tháng 2": grid(dossiers(3, 4))}), READ)
case("one-sheet-named", "dossiers on two sheets, one is asked for",
     xlsx_file({"Tháng 1": grid(dossiers(3)), "Tháng 2": grid(dossiers(3, 4))}),
     Reads(dossiers(3, 4)), sheet="Tháng 2")
case("sheet-not-there", "a sheet is asked for that the workbook lacks",
     xlsx_file({"Tháng 1": PLAIN}), Says(("a.xlsx", "Tháng 9", "Tháng 1")), sheet="Tháng 9")
case("empty-workbook", "a workbook of one empty sheet", xlsx_file([]), Says(("a.xlsx", "no rows")))
case("header-only-csv", "a header and nothing under it", csv_file(PLAIN[:1]),
     Reads([]), Says(("a.csv",)))
case("header-only-xlsx", "a header and nothing under it, in a workbook", xlsx_file(PLAIN[:1]),
     Reads([]), Says(("a.xlsx",)))
case("one-column", "only the codes", csv_file([[row[1]] for row in PLAIN]),
     Says(("a.csv", "Đơn vị giải quyết", "Mã hồ sơ")))
case("only-titles", "titles and no table", csv_file(TITLES), Says(("a.csv", "Mã hồ sơ")))
case("last-line-without-end", "no line end after the last row",
     bytes_file(as_csv(PLAIN).rstrip("\n").encode(), "a.csv"), READ)

EVERYTHING = [*TITLES, *BLANK, *_two_rows(DATED)[:2], *NUMBERING, *DATED[1:4],
              *_two_rows(DATED)[:2], *DATED[4:], *BLANK, *TOTAL, *SIGNATURE]
ASIDE = {"repeated_header": 2, "blank": 1, "total_line": 1, "note|footer|signature": 4}
case("everything-xlsx", "titles, merged two-row header, numbering, repeated header, blank row, "
     "total, signatures, real dates", xlsx_file(EVERYTHING, merges=_merges(4)),
     Reads(SIX, aside=ASIDE), Reads(SIX, aside={"numbering": 1, **ASIDE}))
ASIDE = ASIDE | {"repeated_header": 1}
case("everything-csv", "the same in CSV, UTF-16 with a mark, separated by semicolons",
     csv_file([*TITLES, *BLANK, PLAIN[0], *NUMBERING, *PLAIN[1:4], PLAIN[0], *PLAIN[4:], *BLANK,
               *TOTAL, *SIGNATURE], encoding="utf-16", separator=";", newline="\r\n"),
     Reads(SIX, aside=ASIDE), Reads(SIX, aside={"numbering": 1, **ASIDE}))
