"""Personal data planted everywhere in the files comes out nowhere: every byte is searched."""

import json
import zipfile
from datetime import datetime

import nbformat
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from awkward_files.encodings import to_tcvn3
from awkward_files.making import HEADER, csv_file, dossier, grid, kept_as, xls_file, xlsx_file

from cchc_analysis import cli
from cchc_analysis.report import run

UNIT = "Xã Mẫu P (mô phỏng)"
# Headers of personal data met in exports; none of them is a column of ours.
UNREAD = (
    "Người nộp", "Chủ hồ sơ", "Tên người nộp", "Số CMND/CCCD", "Loại giấy tờ", "Ngày sinh",
    "Số điện thoại", "Email", "Địa chỉ", "Người được ủy quyền", "CCCD người được ủy quyền",
    "Người nhận kết quả", "Chữ ký", "Cán bộ tiếp nhận", "Người xử lý", "Trích yếu", "Ghi chú",
    "Lý do", "Nội dung", "MaSoThue",
)  # fmt: skip
NAMES = tuple(f"Zqxv{place:02d}" for place in range(len(UNREAD) + 20))
IDS = ("079099123451", "036088765431", "271234561", "CCCD036088765432", "079 099 123 453")
PHONES = ("0987654321", "0912.345.678", "+84987654322", "0236 3822 456")
MAILS = ("zqxv.mail@example.vn", "zqxv-office@mail.example.com")
SHAPED = (*IDS, *PHONES, *MAILS)
TEXT_COLUMNS = {
    "field": "Lĩnh vực", "procedure": "Tên thủ tục hành chính", "unit": "Đơn vị giải quyết",
    "desk": "Đơn vị tiếp nhận", "level": "Mức độ", "channel": "Hình thức nộp",
    "status": "Trạng thái",
}  # fmt: skip
OTHER_HEADER = {key: text for key, text in HEADER.items() if key != "person"} | TEXT_COLUMNS
PLANTED = (*NAMES, *SHAPED, "0987654323", "079099123459")
CODES = ("H99.01-240110-", "00352112000539")


def good(number):
    return dossier(number, unit=UNIT, desk="Một cửa", level="Toàn trình", channel="Trực tuyến")


def planted_rows():
    """Good dossiers, and one row for every kind of personal data in every text column."""
    rows = [good(number) for number in range(1, 41)]
    rows[0]["code"] = "00352112000539"
    number = 41
    for key in TEXT_COLUMNS:
        for value in SHAPED:
            rows.append(good(number) | {key: f"Cấp lại cho {value}"})
            number += 1
    rows.append(good(number) | {"received": f"{NAMES[-1]} 0987654323"})
    rows.append(good(number + 1) | {"due": f"{NAMES[-2]} hẹn lại"})
    rows.append(good(number + 2) | {"result": "079099123459"})
    return rows


def planted_grid(rows, *, dates=None):
    """The table with twenty unread columns, titles above, total and signatures below."""
    shown = grid(rows, OTHER_HEADER, **({"dates": dates} if dates else {}))
    people = [[f"{NAMES[i]} {SHAPED[i % len(SHAPED)]}" for i in range(len(UNREAD))]] * len(rows)
    table = [[*row, *extra] for row, extra in zip(shown, [list(UNREAD), *people], strict=True)]
    width = len(table[0])

    def line(*cells):
        return [*cells, *[None] * (width - len(cells))]

    above = [line("UBND XÃ MẪU"), line(f"Người lập: {NAMES[-3]}, ĐT 0987654323"), line(NAMES[-4])]
    below = [
        line("Tổng cộng", None, f"{len(rows)} hồ sơ", NAMES[-5]),
        line(None, None, "NGƯỜI LẬP BIỂU", None, "THỦ TRƯỞNG"),
        line(None, None, NAMES[-6], None, f"{NAMES[-7]} 079099123459"),
        line(f"Liên hệ {MAILS[0]}, {PHONES[0]}"),
    ]
    return [*above, *table, *below]


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    """Read three kinds of files, make the pages of the unit; everything that came out."""
    root = tmp_path_factory.mktemp("privacy")
    for name in ("exports", "home", "tmp"):
        (root / name).mkdir()
    people = [[f"{NAMES[-8]} {IDS[0]}", PHONES[0], MAILS[0]]] * 3
    rows = planted_rows()
    xlsx_file({"Liên hệ": people, "Hồ sơ": planted_grid(rows, dates=kept_as)}, name="a.xlsx")(
        root / "exports"
    )
    csv_file(planted_grid([r | {"code": f"C{r['code']}"} for r in rows]), name="b.csv")(
        root / "exports"
    )
    xls_file(planted_grid([r | {"code": f"D{r['code']}"} for r in rows]), name="c.xls")(
        root / "exports"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(root / "home"))
        patch.setenv("TMPDIR", str(root / "tmp"))
        patch.setattr(run, "_execute", keeping(run._execute, root / "executed.ipynb"))
        yield root, read_and_report(root)


def keeping(execute, path):
    """Run a notebook as the report does, and keep what was run: it is searched as well."""

    def keep(*arguments):
        executed = execute(*arguments)
        nbformat.write(executed, path)
        return executed

    return keep


def read_and_report(root):
    import contextlib
    import io

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        read = cli.main([
            "read", str(root / "exports"), "--out", str(root / "data"),
            "--key", str(root / "secret" / "key"), "--lookup", str(root / "secret" / "codes.xlsx"),
        ])  # fmt: skip
        report = cli.main([
            "report", "--data", str(root / "data"), "--out", str(root / "site"), "--only", UNIT,
            "--notebook", "01", "--jobs", "1",
        ])  # fmt: skip
    return read, report, out.getvalue(), err.getvalue()


def everything(root):
    """Every file that came out, by name, with its bytes and what its bytes hide."""
    for folder in ("data", "site", "home", "tmp"):
        for path in (root / folder).rglob("*"):
            if path.is_file():
                yield path.name, path.read_bytes() + inside(path)
    yield "executed.ipynb", (root / "executed.ipynb").read_bytes()


def inside(path):
    """What a compressed file holds, uncompressed."""
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        plain = pa.BufferOutputStream()
        pq.write_table(table, plain, compression="none", use_dictionary=False)
        values = [str(v) for name in table.column_names for v in table[name].to_pylist() if v]
        return plain.getvalue().to_pybytes() + "\n".join(values).encode()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as book:
            return b"".join(book.read(name) for name in book.namelist())
    return b""


def found_in(content, words):
    low = content.lower()
    return [word for word in words if word.lower().encode() in low]


def test_the_chain_ran_to_its_end(chain):
    root, (read, report, out, err) = chain
    assert (read, report, err) == (0, 0, ""), out
    names = {name for name, _ in everything(root)}
    assert {"dossiers.parquet", "refused.csv", "summary.json", "manifest.json", "index.html",
            "executed.ipynb"} <= names  # fmt: skip
    assert (
        sum(name.endswith(".html") for name in names) == 4
    )  # a page and the index in two languages


def test_nothing_planted_is_in_any_byte_that_came_out(chain):
    root, _ = chain
    leaks = {name: found for name, content in everything(root)
             if (found := found_in(content, PLANTED))}  # fmt: skip
    assert leaks == {}


def test_no_dossier_code_is_in_any_byte_that_came_out(chain):
    root, _ = chain
    leaks = {name: found for name, content in everything(root)
             if (found := found_in(content, CODES))}  # fmt: skip
    assert leaks == {}


def test_nothing_planted_is_said(chain):
    _, (_, _, out, err) = chain
    assert found_in((out + err).encode(), (*PLANTED, *CODES)) == []


def test_the_search_would_find_what_is_there(chain):
    """The same search finds the markers in the exports, and in Parquet that holds them."""
    root, _ = chain
    exports = b"".join(p.read_bytes() + inside(p) for p in (root / "exports").iterdir())
    assert found_in(exports, NAMES[:20]) == list(NAMES[:20])
    pd.DataFrame({"a": [f"{NAMES[0]} x"] * 50}).to_parquet(root / "leak.parquet")
    assert found_in(inside(root / "leak.parquet"), PLANTED) == [NAMES[0]]


def test_rows_with_personal_data_are_refused_and_counted(chain):
    """In each of three files 40 good rows are kept, one with a name for a due date, one with a
    number for a result; in field, procedure, unit and desk eleven values each refuse their
    row, and a name for the date of receipt one more. In level, channel and status they refuse
    it or are dropped: they are not let through (the tests above), which is all that is said."""
    root, _ = chain
    summaries = [json.loads(p.read_text(encoding="utf-8"))
                 for p in (root / "data").rglob("summary.json")]  # fmt: skip
    total = {key: sum(s[key] for s in summaries) for key in ("read", "kept", "refused")}
    free = 3 * 3 * len(SHAPED)
    assert total["kept"] + total["refused"] == 3 * len(planted_rows())
    assert 3 * 42 <= total["kept"] <= 3 * 42 + free
    refused = pd.concat(pd.read_csv(p) for p in (root / "data").rglob("refused.csv"))
    by_column = refused["column"].value_counts()
    for column in ("field", "procedure", "unit_id", "receiving_unit_id"):
        assert by_column[column] == 3 * len(SHAPED)
    assert by_column["received_at"] == 3


def test_columns_not_read_are_named(chain):
    root, _ = chain
    said = "".join(p.read_text(encoding="utf-8") for p in (root / "data").rglob("summary.json"))
    assert [header for header in UNREAD if header not in said] == []


def test_the_lookup_holds_the_codes_and_lies_where_it_was_asked_for(chain):
    root, _ = chain
    assert found_in(inside(root / "secret" / "codes.xlsx"), CODES[1:]) == list(CODES[1:])
    assert found_in(inside(root / "secret" / "codes.xlsx"), NAMES) == []


# ------------------------------------------------------------------- messages of refused files

ROWS = planted_rows()
TABLE = planted_grid(ROWS)


def american(moment: datetime) -> str:
    return f"{moment:%m/%d/%Y}"


def without(*headers):
    kept = [place for place, header in enumerate(TABLE[3]) if header not in headers]
    return [[row[place] for place in kept] for row in TABLE]


def write_lines(folder, lines):
    (folder / "a.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "a.csv"


PEOPLE = [f"{name},{IDS[0]},{PHONES[0]},{MAILS[0]},02/01/2024" for name in NAMES[:6]]
REFUSED = {
    "no unit column": (csv_file(without("Đơn vị giải quyết", "Đơn vị tiếp nhận")), []),
    "no code column": (xlsx_file(without("Mã hồ sơ")), []),
    "no receipt column": (csv_file(without("Ngày tiếp nhận")), []),
    "no header": (lambda folder: write_lines(folder, PEOPLE), []),
    "no header, titles": (lambda folder: write_lines(folder, ["DANH SÁCH", *PEOPLE]), []),
    "people in a workbook": (xlsx_file([line.split(",") for line in PEOPLE]), []),
    "dates of America": (csv_file(planted_grid(ROWS, dates=american)), []),
    "dates of America, xlsx": (xlsx_file(planted_grid(ROWS, dates=american)), []),
    "unknown sheet": (xlsx_file(TABLE), ["--sheet", "Không có"]),
    "unknown zone": (csv_file(TABLE), ["--zone", "Mars/Base"]),
    "TCVN3": (xlsx_file([[to_tcvn3(c) if isinstance(c, str) else c for c in row]
                         for row in TABLE]), []),
    "bytes": (lambda folder: _spoilt(folder), []),
}  # fmt: skip


def _spoilt(folder):
    path = csv_file(TABLE)(folder)
    path.write_bytes(path.read_bytes().replace(b"Zqxv03", b"\xe3\xffZqxv03"))
    return path


@pytest.mark.parametrize("name", REFUSED)
def test_no_message_holds_what_was_planted(name, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    write, options = REFUSED[name]
    path = write(tmp_path)
    status = cli.main(["read", str(path), "--out", str(tmp_path / "out"), *options])
    said = capsys.readouterr()
    assert status == 2
    assert said.err.count("\n") == 1
    assert found_in((said.out + said.err).encode(), (*PLANTED, *CODES)) == []


BROKEN_ROWS = {
    "unclosed quote": lambda text: text.replace("Zqxv00", '"Zqxv00', 1),
    "more cells": lambda text: text.replace("Zqxv00", "Zqxv00,Zqxv01", 1),
    "fewer cells": lambda text: text.replace(",", "", 40),
    "a row cut in two": lambda text: text.replace("Zqxv05", "\nZqxv05", 1),
    "two rows in one": lambda text: text[::-1].replace("\n", " ", 9)[::-1],
}


@pytest.mark.parametrize("name", BROKEN_ROWS)
def test_broken_rows_are_never_shown(name, tmp_path, capsys, monkeypatch):
    """Whether the file is refused or only a row of it, nothing of it comes out."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    path = csv_file(TABLE, edit=BROKEN_ROWS[name])(tmp_path)
    status = cli.main(["read", str(path), "--out", str(tmp_path / "out")])
    said = capsys.readouterr()
    out = b"".join(p.read_bytes() + inside(p) for p in (tmp_path / "out").rglob("*"))
    assert status in (0, 2)
    assert found_in((said.out + said.err).encode() + out, (*PLANTED, *CODES)) == []
