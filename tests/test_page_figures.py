"""Every number that a page says stands in a row of it; a changed one is refused."""

import re
from base64 import b64encode
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from cchc_analysis import narrative, reconciliation, sections
from cchc_analysis.display import Block
from cchc_analysis.reconciliation import estimates_as_printed
from cchc_analysis.report.jobs import Job, page_names, read_site
from cchc_analysis.report.linking import figures_said, unlinked
from cchc_analysis.report.page import ReportError, check_page, render_page
from cchc_analysis.sources.folder import load_unit
from cchc_analysis.wording import numbers_in_words

LANGUAGES = ("vi", "en")
JOB = Job("04_published_figures", "Bà Rịa - Vũng Tàu")
ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "reports" / "site"


def outputs(blocks, language):
    """What ``show`` leaves in a notebook."""
    return [_output(block, language) for block in blocks]


def _output(block, language):
    tags = {"language": language, "kind": block.kind}
    if block.kind != "figure":
        data = {"text/html": f'<div lang="{language}">{block.html}</div>'}
        return nbformat.v4.new_output("display_data", data, metadata={"cchc": tags})
    png = block.image.startswith(b"\x89PNG")
    mime = "image/png" if png else "image/svg+xml"
    image = b64encode(block.image).decode() if png else block.image.decode()
    described = {"cchc": {**tags, "caption": block.caption}, mime: {"alt": block.alt}}
    return nbformat.v4.new_output("display_data", {mime: image}, metadata=described)


def page_of(blocks, job, language):
    cell = nbformat.v4.new_code_cell("", outputs=outputs(blocks, language))
    notebook = nbformat.v4.new_notebook(cells=[cell])
    return render_page(notebook, job, language=language, site_language="both"), notebook


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
        made[language] = page_of(blocks, JOB, language)
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
    html, notebook = page_of(shown, JOB, "en")
    with pytest.raises(ReportError, match=r"say 97\.6, which no row"):
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


# Figures and their texts


def with_figure(**said):
    texts = {"alt": "On time: 97.64 %", "caption": "97.64 % of 495,353 dossiers."}
    return [
        Block("figure", image=b"\x89PNG", **{**texts, **said}),
        Block("table", "<table><tr><th>On time</th><td>97.64 %</td><td>495,353</td></tr></table>"),
    ]


@pytest.mark.parametrize("said", [{"alt": "On time: 97.6 %"}, {"caption": "97.6 % on time."}])
def test_a_caption_or_alternative_text_that_says_more_than_the_table_is_refused(said):
    check_page(*page_of(with_figure(), JOB, "en"), "en")
    with pytest.raises(ReportError, match=r"say 97\.6, which no row"):
        check_page(*page_of(with_figure(**said), JOB, "en"), "en")


def assert_images_name_unit_and_figure(html, unit):
    page = BeautifulSoup(html, "html.parser")
    assert unlinked(html) == []
    for image in page.find_all("img"):
        assert unit.casefold() in image["alt"].casefold()
        assert figures_said(image["alt"].replace(unit, ""))
    return len(page.find_all("img"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_spread_of_real_units_is_said_with_numbers_that_the_page_shows(language):
    """Gia Lai's 13 departments up to 10 October 2026: 6 of 13 to 653 of 654, the 7th 283 of 330."""
    unit = load_unit("Gia Lai")
    below = unit.published_below
    rows = estimates_as_printed(below[below["indicator"] == "qd766_in_time_share"])
    blocks = sections.portal_below(rows, units=unit.units, language=language)
    html, notebook = page_of(blocks, Job("01_unit_profile", "Gia Lai"), language)
    check_page(html, notebook, language)
    assert assert_images_name_unit_and_figure(html, "Gia Lai") == 1
    [alt] = [image["alt"] for image in BeautifulSoup(html, "html.parser").find_all("img")]
    point = "," if language == "vi" else "."
    assert figures_said(alt) == ["13", f"46{point}15", f"99{point}85", f"85{point}76"]


JOBS = [(job, name) for job in read_site(ROOT / "reports" / "site.toml")
        for name in page_names(job, "both").values()]  # fmt: skip


@pytest.mark.parametrize(("job", "name"), JOBS, ids=[name for _, name in JOBS])
def test_every_image_of_the_site_names_its_unit_and_a_figure_that_the_page_shows(job, name):
    path = SITE / name
    if not path.is_file():
        pytest.skip("the site was not made; run: make report")
    images = assert_images_name_unit_and_figure(path.read_text(encoding="utf-8"), job.unit)
    assert images == job.figures
