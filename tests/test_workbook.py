"""A page's tables as a workbook: number for number, and nothing in it is alive."""

import re
import zipfile

import pytest
from python_calamine import CalamineWorkbook

from cchc_analysis.report.workbook import write_workbook

HOSTILE = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")']


def page(rows: list[list[str]], *, banner: str = "") -> str:
    body = "".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td class=num>{c}</td>" for c in rest)}</tr>'
        for first, *rest in rows
    )
    return (
        f'<body><aside class="banner">{banner}</aside><main><h1>Tỉnh A</h1>'
        '<dl class="facts"><div class="fact"><dt>Kỳ</dt><dd>quý I</dd></div></dl>'
        '<div class="cards"><div class="card"><span class="label">Đúng hạn</span>'
        '<span class="value">97,64 %</span><span class="note">483.677/495.353</span></div></div>'
        "<table><caption>Bảng: một/hai</caption><thead><tr><th>Tên</th><th>Số</th></tr></thead>"
        f"<tbody>{body}</tbody><tfoot><tr><td>Nguồn: thử</td></tr></tfoot></table></main></body>"
    )


def read(path):
    book = CalamineWorkbook.from_path(path)
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_numbers_are_numbers_as_the_language_writes_them(tmp_path):
    rows = [["a", "97,64 %"], ["b", "31.394"], ["c", "–"], ["d", "1,5 đến 2,5"], ["e", "−0,25"]]
    path = tmp_path / "x.xlsx"
    assert write_workbook(page(rows), path, language="vi")
    summary, table = read(path).values()
    values = [row[1] for row in table[3:8]]
    assert values == [pytest.approx(0.9764), 31394, "", "1,5 đến 2,5", pytest.approx(-0.25)]
    assert table[0][0] == "Bảng: một/hai"
    assert table[-1][0] == "Nguồn: thử"
    said = [cell for row in summary for cell in row]
    assert {"Tỉnh A", "quý I", "Đúng hạn", "97,64 %", "483.677/495.353"} <= set(said)


def test_no_cell_holds_a_live_formula_or_link(tmp_path):
    path = tmp_path / "x.xlsx"
    write_workbook(page([[text, text] for text in HOSTILE]), path, language="vi")
    with zipfile.ZipFile(path) as archive:
        xml = {n: archive.read(n).decode() for n in archive.namelist() if "sheet" in n}
        styles = archive.read("xl/styles.xml").decode()
    assert not any("<f>" in text or "<hyperlink" in text for text in xml.values())
    _, table = read(path).values()
    assert [row[0] for row in table[3:9]] == [text.strip() for text in HOSTILE]  # as they were
    quoted = [n for n, x in enumerate(re.findall("<xf .*?>", styles.split("<cellXfs")[1]))
              if 'quotePrefix="1"' in x]  # fmt: skip
    cells = re.findall(r'<c r="\w+" s="(\d+)" t="s"', xml["xl/worksheets/sheet2.xml"])
    assert len(cells) >= 2 * len(HOSTILE)
    assert {int(style) for style in cells} <= set(quoted)  # text also after an edit


def test_simulated_data_is_marked_on_every_sheet(tmp_path):
    path = tmp_path / "x.xlsx"
    write_workbook(page([["a", "1"]], banner="Dữ liệu mô phỏng"), path, language="vi")
    with zipfile.ZipFile(path) as archive:
        sheets = [n for n in archive.namelist() if n.startswith("xl/worksheets/sheet")]
        assert len(sheets) == 2
        assert all("Dữ liệu mô phỏng" in archive.read(name).decode() for name in sheets)


def test_the_summary_fits_one_sheet_of_a4(tmp_path):
    path = tmp_path / "x.xlsx"
    write_workbook(page([["a", "1"]]), path, language="vi")
    with zipfile.ZipFile(path) as archive:
        first = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "fitToPage" in first
    assert 'paperSize="9"' in first
    assert "fitToHeight" not in first  # 1 is what is meant where nothing stands


def test_a_page_without_tables_has_no_workbook(tmp_path):
    path = tmp_path / "x.xlsx"
    assert not write_workbook("<main><h1>A</h1></main>", path, language="en")
    assert not path.exists()


def test_one_page_gives_one_file(tmp_path):
    for name in ("a", "b"):
        write_workbook(page([["a", "1"]]), tmp_path / f"{name}.xlsx", language="en")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
