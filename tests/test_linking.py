"""Figures in sentences lead to the rows they came from, and only they do."""

import re

import pytest

from cchc_analysis.report.composing import compose
from cchc_analysis.report.linking import link_figures, unlinked

TABLE = (
    "<table><thead><tr><th>97,64 %</th></tr></thead><tbody>"
    '<tr><th scope="row">Đất đai</th><td>12</td><td>31.394</td></tr>'
    '<tr><th scope="row">Hộ tịch</th><td>12</td><td>31.394</td></tr>'
    '<tr><th scope="row">Tư pháp</th><td>47</td><td>5</td></tr></tbody></table>'
)


def linked(text: str, table: str = TABLE) -> tuple[str, str]:
    [(texts, tables)] = link_figures([([text], [table])])
    return texts[0], tables[0]


def targets(html: str) -> list[str]:
    return re.findall(r'href="#(\w+)"', html)


def test_a_figure_leads_to_the_row_whose_name_is_said():
    text, table = linked("<p>Hộ tịch: 31.394 hồ sơ, trong đó 12 trễ hạn.</p>")
    assert targets(text) == ["r1", "r1"]
    assert '<tr id="r1"><th scope="row">Hộ tịch</th>' in table


def test_a_long_figure_leads_to_the_first_row_and_a_short_one_only_where_it_is_the_only():
    text, table = linked("<p>31.394 hồ sơ, 12 trễ hạn, 47 quá hạn, 5 rút.</p>")
    assert re.sub("<.*?>", "", text) == "31.394 hồ sơ, 12 trễ hạn, 47 quá hạn, 5 rút."
    assert re.findall(r">([^<]+)</a>", text) == ["31.394", "47"]
    assert '<tr id="r1"><th scope="row">Đất đai</th>' in table
    assert '<tr id="r2"><th scope="row">Tư pháp</th>' in table


def test_dates_years_laws_and_heads_of_tables_are_no_evidence():
    text = (
        "<p>Ngày 12/5/2024, 12 May 2024, năm 2024, QĐ 766, số 468/QĐ-TTg, biểu II.06; 97,64 %.</p>"
    )
    cells = "<tr><td>12 5 2024 766 468 06</td></tr>"
    table = f"<table><thead><tr><th>97,64 %</th></tr></thead>{cells}</table>"
    assert linked(text, table) == (text, table)


def test_the_own_section_comes_before_the_rest_of_the_page():
    one, other = (
        "<table><tr><td>483.677</td></tr></table>",
        "<table><tr><td>483.677</td></tr></table>",
    )
    sections = link_figures([([], [one]), (["<p>483.677</p>"], [other])])
    assert "id=" not in sections[0][1][0]
    assert 'id="r1"' in sections[1][1][0]
    (_, [first]), ([text], _) = link_figures([([], [one]), (["<p>483.677</p>"], [])])
    assert 'id="r1"' in first and targets(text) == ["r1"]


def test_escaped_text_stays_escaped():
    text, _ = linked("<p>&lt;img src=x onerror=alert(31.394)&gt; 31.394</p>")
    assert "<img" not in text and "&lt;img" in text


def test_a_number_changed_after_the_sentence_was_made_is_named():
    page = "<p>Hộ tịch: 31.394 hồ sơ, 97,64 % đúng hạn.</p>" + TABLE.replace("31.394", "31.395")
    assert unlinked(page) == ["31.394", "97,64"]


@pytest.mark.parametrize(
    "text",
    [
        "<figure><img alt='47 hồ sơ'><figcaption>{}</figcaption></figure>",
        "<figure><img alt='{}'></figure>",
        "<div role='region' aria-label='{}'></div>",
        "<table><caption>{}</caption><tr><td>47</td></tr></table>",
        "<table><tr><td>47</td></tr><tfoot><tr><td>{}</td></tr></tfoot></table>",
        "<ul><li>{}</li></ul>",
    ],
)
def test_captions_feet_and_texts_for_who_does_not_see_are_held_to_the_rows(text):
    assert unlinked(text.format("Hộ tịch: 47 hồ sơ") + TABLE) == []
    assert unlinked(text.format("Hộ tịch: 48 hồ sơ") + TABLE) == ["48"]


def test_captions_and_feet_show_nothing_to_sentences():
    foot = "<tfoot><tr><td>61 xếp riêng</td></tr></tfoot></table>"
    table = TABLE.replace("<table>", "<table><caption>62 hồ sơ</caption>")
    page = "<p>61, 62 và 63 hồ sơ</p><figcaption>63</figcaption>"
    found = unlinked(page + table.replace("</table>", foot))
    assert sorted(found) == ["61", "61", "62", "62", "63", "63"]


@pytest.mark.parametrize(
    "caption",
    [
        "Tỷ lệ đúng hạn theo lĩnh vực, với khoảng 95 % (dữ liệu mô phỏng). Nguồn: a.csv.",
        "On-time rate by field, with 95 % intervals (simulated data). Source: a.csv.",
        "Từ 24/9 đến 10/10/2026, chụp ngày 26 và 28/9/2026, tháng 9, tháng 8/2026.",
        "Several days from 24 Sep to 10 Oct 2026; captured on 26 and 28 Sep 2026.",
    ],
)
def test_numbers_of_the_wording_and_dates_in_captions_are_no_figures(caption):
    assert unlinked(f"<figcaption>{caption}</figcaption>") == []
    assert unlinked(f"<figcaption>{caption} 3/7; 5 và 28.</figcaption>") == ["3", "7", "5", "28"]


def test_the_number_in_a_unit_s_name_is_no_figure():
    alt = '<img alt="Phường 14: thấp nhất 47 %">'
    assert unlinked(alt + TABLE) == ["14"]
    assert unlinked(f"<h1>Phường 14</h1>{alt}{TABLE}") == []
    assert unlinked(f'<p class="unit">Phường 14</p>{alt}{TABLE}') == []


def block(kind: str, html: str) -> dict[str, str]:
    return {"kind": kind, "html": html}


def test_a_page_is_put_together_in_sections_with_figures_beside_their_sentences():
    page = compose([
        block("heading", "<h1>Tỉnh</h1>"),
        block("text", "<p>mở đầu</p>"),
        block("heading", '<div lang="vi"><h2>Tổng quan</h2></div>'),
        block("cards", '<div class="cards"></div>'),
        block("heading", '<div lang="vi"><h2>Theo &lt;tháng&gt;</h2></div>'),
        block("text", "<p>một</p>"),
        block("notice", "<p>hai</p>"),
        block("figure", ""),
        block("table", TABLE),
        block("text", "<p>ba</p>"),
        block("provenance", "<h2>Nguồn gốc</h2>"),
    ])  # fmt: skip
    assert [b["html"] for b in page["opening"]] == ["<h1>Tỉnh</h1>", "<p>mở đầu</p>"]
    assert [(s["title"], s["summary"]) for s in page["sections"]] == [
        ("Tổng quan", True),
        ("Theo &lt;tháng&gt;", False),
    ]
    beside, table, last = page["sections"][1]["groups"]
    assert [b["kind"] for b in beside["texts"]] == ["text", "notice"]
    assert beside["figure"]["kind"] == "figure"
    assert table["block"]["kind"] == "table"
    assert [b["html"] for b in last["texts"]] == ["<p>ba</p>"]
    assert [b["html"] for b in page["closing"]] == ["<h2>Nguồn gốc</h2>"]
