"""Every number in every sentence of a page stands in a row of it; a changed one is refused."""

import re

import nbformat
import pytest

from cchc_analysis import narrative, reconciliation, sections
from cchc_analysis.display import Block
from cchc_analysis.report.jobs import Job
from cchc_analysis.report.linking import unlinked
from cchc_analysis.report.page import ReportError, check_page, render_page
from cchc_analysis.sources.folder import load_unit
from cchc_analysis.wording import numbers_in_words

LANGUAGES = ("vi", "en")
JOB = Job("04_published_figures", "Bà Rịa - Vũng Tàu")


def outputs(blocks, language):
    """What ``show`` leaves in a notebook."""
    return [
        nbformat.v4.new_output(
            "display_data",
            {"text/html": f'<div lang="{language}">{block.html}</div>'},
            metadata={"cchc": {"language": language, "kind": block.kind}},
        )
        for block in blocks
    ]


@pytest.fixture(scope="module")
def pages():
    """A real unit's printed figures, checked and shown in both languages."""
    unit = load_unit("Bà Rịa - Vũng Tàu")
    printed, units = unit.published, unit.units
    checked, pairs = reconciliation.check_rounding(printed), reconciliation.check_pairs(printed)
    remainder = reconciliation.bound_remainder(printed, ["early_rate", "due_day_rate"])
    sums = reconciliation.check_sums(printed, units=units)
    made = {}
    for language in LANGUAGES:
        named = {"units": units, "language": language}
        blocks = [
            *narrative.opening(unit, key="profile", language=language),
            *sections.printed(printed, **named),
            *sections.rounding(checked, pairs, remainder, **named),
            *sections.sums(sums, **named),
        ]
        cell = nbformat.v4.new_code_cell("", outputs=outputs(blocks, language))
        notebook = nbformat.v4.new_notebook(cells=[cell])
        html = render_page(notebook, JOB, language=language, site_language="both")
        made[language] = (html, notebook)
    return made


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_real_page_says_nothing_that_it_does_not_show(pages, language):
    html, notebook = pages[language]
    assert unlinked(html) == []
    check_page(html, notebook, language)


@pytest.mark.parametrize(
    ("language", "printed", "changed"),
    [("vi", "483.677", "483.678"), ("en", "97.64", "97.65"), ("vi", "97,7", "97,8")],
)
def test_a_number_changed_in_a_sentence_is_refused(pages, language, printed, changed):
    html, notebook = pages[language]
    said = re.compile(rf"(<p>(?:(?!</p>).)*?){re.escape(printed)}", re.S)
    tampered, times = said.subn(lambda found: found[1] + changed, html, count=1)
    assert times == 1
    with pytest.raises(ReportError, match=re.escape(changed)):
        check_page(tampered, notebook, language)


def test_a_number_that_another_row_shows_is_refused_too(pages):
    """Each linked figure in turn is replaced by the first one of the page."""
    html, notebook = pages["vi"]
    links = list(re.finditer(r'<a class="n"[^>]*>([^<]+)</a>', html))
    first, *others = links
    assert len(others) >= 10
    for link in others:
        if link[1] != first[1]:
            with pytest.raises(ReportError, match="not as it was made"):
                check_page(html[: link.start(1)] + first[1] + html[link.end(1) :], notebook, "vi")


def test_a_sentence_that_rounds_in_another_way_than_its_table_is_refused():
    """97.64 % in the table, 97.6 % in the sentence: made like this, not changed later."""
    shown = [
        Block("text", "<p>On time: 97.6 %</p>"),
        Block("table", "<table><tr><th>On time</th><td>97.64 %</td></tr></table>"),
    ]
    cell = nbformat.v4.new_code_cell("", outputs=outputs(shown, "en"))
    notebook = nbformat.v4.new_notebook(cells=[cell])
    html = render_page(notebook, JOB, language="en", site_language="en")
    with pytest.raises(ReportError, match=r"say 97\.6, which no table"):
        check_page(html, notebook, "en")


def test_a_number_of_the_wording_itself_is_no_figure():
    assert any("95 %" in text for text in numbers_in_words())
    row = "<table><tr><td>31.394</td></tr></table>"
    assert unlinked(f"<p>Xác suất từ 95 % trở lên thuộc nhóm 31.394 đơn vị.</p>{row}") == []
    assert unlinked(f"<p>Xác suất từ 96 % trở lên thuộc nhóm 31.394 đơn vị.</p>{row}") == ["96"]


def test_names_of_sources_months_and_the_unit_in_the_head_are_no_figures():
    assert unlinked("<p>bài báo 004; founding article 004; kỳ 02/2024, năm 2024.</p>") == []
    assert unlinked('<p class="unit">34 tỉnh, thành phố</p><nav><li>7</li></nav>') == []
    assert unlinked("<li>7</li>") == ["7"]
