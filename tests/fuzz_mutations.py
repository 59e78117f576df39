"""Seeds of the fuzz run, and the ways in which an input is spoilt."""

from __future__ import annotations

import random
import unicodedata
import zipfile
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path

from awkward_files.encodings import misread, to_tcvn3, to_vni
from awkward_files.making import (
    HEADER,
    PERSON,
    Grid,
    as_csv,
    dmy,
    dmy_time,
    dossiers,
    grid,
    kept_as,
    parquet_file,
    xls_file,
    xlsx_file,
)

SHAPED = ("079099123456", "0987654321", f"{PERSON.lower()}@mail.vn")
"""Personal data that can be told by their shape, planted in unread columns and in texts."""
FULL = HEADER | {
    "id": "Số CCCD", "phone": "Điện thoại", "mail": "Email", "desk": "Đơn vị tiếp nhận",
    "channel": "Hình thức nộp", "first_due": "Ngày hẹn trả lần đầu", "returned": "Ngày trả kết quả",
    "level": "Mức độ", "acceptance": "Hạn tiếp nhận",
}  # fmt: skip
ODD_TEXTS = (
    "", " ", "\u00a0", "-", "--", "?", "NULL", "nan", "#N/A", "#REF!", "0", "1", "-1", "9" * 40,
    "1e308", "1e999", "inf", "TRUE", "=1+1", "@x", "'", '"', '""', ",", ";", "\t", "\n", "\r\n",
    "a\nb", "\x01", "\ufeff", "\ufffd", "\u202e", "\u0301", "ﬁ", "𝟙", "🙂", "đ", "Tổng cộng",
    "Ghi chú:", "STT", "Mã hồ sơ", "Ngày", "(1)", "x" * 5000, "{}", "%s", "$1", "\\", "'; DROP",
    "<td>", "NaT", "None", "Thành phố Huế", "Xã Tân Phú", "10", "Đã trả kết quả",
)  # fmt: skip
ODD_DATES = (
    "31/02/2024", "00/00/0000", "01/01/1900", "29/02/2023", "29/02/2024", "12/25/2024", "1/1/24",
    "2024-13-01", "2024-02-30T25:61", "45292", "45292.5", "0", "-5", "2958466", "1e20", "60",
    "31/12/9999", "01/01/0001", "01/01/10000", "2024", "tháng 1", "08:15 11/01/2024",
    "2024-01-11T08:15:00+07:00", "2024-01-11T08:15:00Z", "11/01/2024 08:15:00 SA", "11.01.2024",
    "20240111", "11/01/2024;12/01/2024", "2024-01-11 24:00", "00:00", "-", "Chưa có",
)  # fmt: skip
ODD_CELLS = (
    True, False, 0, -1, 1.5, 1e300, 45292, 45292.34375, 2958466.0, -3.0, 10**15,
    datetime(1900, 1, 1), datetime(9999, 12, 31), datetime(2024, 2, 29, 23, 59, 59),
)  # fmt: skip
ODD_ROWS = (
    [], [None], ["Tổng cộng"], ["Tổng số", "", "6"], ["Cộng", 6], ["Ghi chú: x"],
    ["", "", "Người lập biểu"], [f"({i})" for i in range(1, 20)], list(range(1, 20)),
    ["I", "Đất đai"], [" "] * 30, [f"{PERSON} Z"],
)  # fmt: skip
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1258", "cp1252", "utf-7",
             "utf-32", "ascii", "latin-1")  # fmt: skip
BITES = (b"\x00", b'"', b"'", b"\n", b"\r", b"\r\n", b",", b";", b"\t", b"|", b"\xff", b"\xfe\xff",
         b"\xff\xfe", b"\xef\xbb\xbf", b"\xc3", b"\xa9", b"\xb8\xb5\xb6",
         b"PK\x03\x04", b'""', b'"\n"',
         b"\n\n", b" ", b"\x1a", b"=1+1", b"\xd0\xcf\x11\xe0")  # fmt: skip


def seed_rows(rng: random.Random) -> list[dict[str, object]]:
    """A few dossiers, personal data in the columns that are not read."""
    rows = dossiers(rng.randint(1, 8))
    for row in rows:
        row |= {"id": SHAPED[0], "phone": SHAPED[1], "mail": SHAPED[2], "desk": "Một cửa",
                "channel": "Trực tuyến", "first_due": row["due"], "returned": row["result"],
                "level": "Toàn trình", "acceptance": row["received"]}  # fmt: skip
    return rows


def seed_grid(rng: random.Random) -> Grid:
    keys = ["code", "unit", "received", "due"]
    keys += [key for key in FULL if key not in keys and rng.random() < 0.6]
    rng.shuffle(keys)
    dates = rng.choice((dmy, dmy, dmy_time, kept_as))
    return grid(seed_rows(rng), {key: FULL[key] for key in keys}, dates=dates)


# ---------------------------------------------------------------------- mutations of the table


def _place(rng: random.Random, table: Grid) -> tuple[int, int] | None:
    """A cell of the body."""
    rows = [i for i in range(1, len(table)) if table[i]]
    if not rows:
        return None
    row = rng.choice(rows)
    return row, rng.randrange(len(table[row]))


def _set(values: tuple[object, ...]) -> Callable[[random.Random, Grid], None]:
    def change(rng: random.Random, table: Grid) -> None:
        if place := _place(rng, table):
            table[place[0]][place[1]] = rng.choice(values)

    return change


def _plant(rng: random.Random, table: Grid) -> None:
    """Personal data inside any text of the body."""
    if place := _place(rng, table):
        table[place[0]][place[1]] = f"Cấp cho {rng.choice(SHAPED)}"


def _fill_column(rng: random.Random, table: Grid) -> None:
    """One odd value down a whole column."""
    column, value = rng.randrange(len(table[0]) or 1), rng.choice((*ODD_TEXTS, *ODD_DATES))
    for row in table[1:]:
        if column < len(row):
            row[column] = value


def _insert_row(rng: random.Random, table: Grid) -> None:
    table.insert(rng.randint(0, len(table)), list(rng.choice(ODD_ROWS)))


def _insert_titles(rng: random.Random, table: Grid) -> None:
    for _ in range(rng.randint(1, 5)):
        table.insert(0, [rng.choice(("DANH SÁCH", "", "Từ ngày 01/01/2024 đến ngày 31/01/2024"))])


def _repeat_row(rng: random.Random, table: Grid) -> None:
    table.insert(rng.randint(0, len(table)), list(rng.choice(table)))


def _drop_row(rng: random.Random, table: Grid) -> None:
    if len(table) > 1:
        del table[rng.randrange(1, len(table))]


def _drop_column(rng: random.Random, table: Grid) -> None:
    column = rng.randrange(max(map(len, table)) or 1)
    for row in table:
        del row[column : column + 1]


def _lengthen(rng: random.Random, table: Grid) -> None:
    if place := _place(rng, table):
        table[place[0]] += [rng.choice(ODD_TEXTS)] * rng.randint(1, 30)


def _shorten(rng: random.Random, table: Grid) -> None:
    if place := _place(rng, table):
        del table[place[0]][place[1] :]


def _respell_header(rng: random.Random, table: Grid) -> None:
    changes = (
        str.upper, str.lower, lambda t: unicodedata.normalize("NFD", t), to_tcvn3, misread,
        lambda t: t.replace(" ", "\n"), lambda t: t[::-1], lambda t: f"{t} (*)", lambda t: "",
        lambda t: t.replace(" ", ""), lambda t: t[:-1], lambda t: f" {t}\u00a0",
    )  # fmt: skip
    change = rng.choice(changes)
    chosen = range(len(table[0])) if rng.random() < 0.5 else [rng.randrange(len(table[0]) or 1)]
    for i in chosen:
        if i < len(table[0]) and isinstance(table[0][i], str):
            table[0][i] = change(table[0][i])


def _rename_header(rng: random.Random, table: Grid) -> None:
    if table[0]:
        table[0][rng.randrange(len(table[0]))] = rng.choice((*FULL.values(), "Đơn vị/ cá nhân giải "
            "quyết", "NgayHenTra", "a", "", "=1+1", "Ngày", 1, None))  # fmt: skip


def _two_row_header(rng: random.Random, table: Grid) -> None:
    if table[0]:
        cut = rng.randrange(len(table[0]))
        below = [None] * cut + table[0][cut:]
        table[0] = [*table[0][:cut], "Thời gian", *[None] * (len(table[0]) - cut - 1)]
        table.insert(1, below)


def _recode_text(rng: random.Random, table: Grid) -> None:
    """The texts in another code, those of the header too or not."""
    change = rng.choice((to_tcvn3, to_vni, misread, lambda t: unicodedata.normalize("NFD", t)))
    first = rng.randint(0, 1)
    table[first:] = [
        [change(cell) if isinstance(cell, str) else cell for cell in row] for row in table[first:]
    ]


def _transpose(rng: random.Random, table: Grid) -> None:
    if rng.random() < 0.2:
        width = max(map(len, table))
        padded = [[*row, *[None] * (width - len(row))] for row in table]
        table[:] = [list(column) for column in zip(*padded, strict=True)]


TABLE_MUTATIONS = (
    _set(ODD_TEXTS), _set(ODD_DATES), _set(ODD_CELLS), _plant, _fill_column, _insert_row,
    _insert_titles, _repeat_row, _drop_row, _drop_column, _lengthen, _shorten, _respell_header,
    _rename_header, _two_row_header, _recode_text, _transpose,
)  # fmt: skip


# --------------------------------------------------------------------- mutations of the bytes


def bite(rng: random.Random, content: bytes) -> bytes:
    """Bytes flipped, cut, repeated, moved or put in."""
    if not content:
        return rng.choice(BITES)
    start = rng.randrange(len(content))
    stop = min(len(content), start + rng.choice((1, 1, 2, 8, 64)))
    kind = rng.randrange(6)
    if kind == 0:
        return (
            content[:start]
            + bytes([content[start] ^ (1 << rng.randrange(8))])
            + content[start + 1 :]
        )
    if kind == 1:
        return content[:start] + content[stop:]
    if kind == 2:
        return content[:stop] + content[start:stop] * rng.randint(1, 3) + content[stop:]
    if kind == 3:
        return content[:start]
    if kind == 4:
        other = rng.randrange(len(content))
        return content[:other] + content[start:stop] + content[other:]
    return content[:start] + rng.choice(BITES) + content[start:]


def bite_inside(rng: random.Random, content: bytes) -> bytes:
    """A part of a workbook spoilt inside its archive, which itself stays whole."""
    source, made = BytesIO(content), BytesIO()
    with zipfile.ZipFile(source) as book, zipfile.ZipFile(made, "w") as spoilt:
        names = book.namelist()
        chosen = rng.choice([n for n in names if n.endswith(".xml") or n.endswith(".rels")])
        for name in names:
            part = book.read(name)
            spoilt.writestr(name, bite(rng, part) if name == chosen else part)
    return made.getvalue()


# -------------------------------------------------------------------------------- one input


def spoilt_input(rng: random.Random, folder: Path) -> tuple[Path, bool]:
    """Write one spoilt input; says also whether its bytes were spoilt, not its table alone."""
    table = seed_grid(rng)
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
        rng.choice(TABLE_MUTATIONS)(rng, table)
        table = table or [[None]]
    kind = rng.choices(("csv", "tsv", "xlsx", "xls", "parquet"), (50, 5, 30, 10, 5))[0]
    path = _write(rng, table, kind, folder)
    if rng.random() < 0.6:
        return path, False
    content = path.read_bytes()
    inside = rng.randint(0, 2) if kind == "xlsx" else 0
    for _ in range(inside):
        content = bite_inside(rng, content)
    for _ in range(rng.choice((1, 1, 2, 5)) if not inside else rng.choice((0, 0, 1))):
        content = bite(rng, content)
    path.write_bytes(content)
    return path, True


def _write(rng: random.Random, table: Grid, kind: str, folder: Path) -> Path:
    if kind in ("csv", "tsv"):
        return _write_text(rng, table, folder / f"a.{kind}")
    if kind == "parquet":
        width = len(table[0])
        names = [str(cell) if cell is not None else "" for cell in table[0]]
        body = [[None if c is None else str(c) for c in (row + [None] * width)[:width]]
                for row in table[1:]]  # fmt: skip
        unique = [name if names.index(name) == i else f"{name}{i}" for i, name in enumerate(names)]
        return parquet_file([unique, *body])(folder)
    pages: dict[str, Grid] = {"Danh sách": [[_cell(c, kind) for c in row] for row in table]}
    if rng.random() < 0.2:
        pages[rng.choice(("Hướng dẫn", "=1+1", "T2", "a'b"))] = rng.choice(
            ([], [["x"]], pages["Danh sách"])
        )
    return (xlsx_file if kind == "xlsx" else xls_file)(pages)(folder)


def _cell(cell: object, kind: str) -> object:
    """A cell that this kind of workbook can hold."""
    if isinstance(cell, str):
        return cell[:32000]
    if isinstance(cell, int) and not isinstance(cell, bool) and abs(cell) > 2**53:
        return float(cell)
    if kind == "xls" and isinstance(cell, datetime) and cell.year > 9000:
        return str(cell)
    return cell


def _write_text(rng: random.Random, table: Grid, path: Path) -> Path:
    shown = [[dmy_time(c) if isinstance(c, datetime) else c for c in row] for row in table]
    separator = "\t" if path.suffix == ".tsv" else rng.choice(",,,,;\t|")
    text = as_csv(shown, separator=separator, newline=rng.choice(("\n", "\n", "\r\n", "\r")))
    if rng.random() < 0.2:
        text = text.rstrip("\r\n")
    encoding = rng.choice(ENCODINGS) if rng.random() < 0.3 else "utf-8"
    path.write_bytes(text.encode(encoding, errors="replace"))
    return path
