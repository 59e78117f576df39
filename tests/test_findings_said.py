"""What does not fit in saved evaluation screens, in words: as seen, and each number in a table."""

import re
from html import unescape

import pandas as pd
import pytest

from cchc_analysis import narrative, sections, tables
from cchc_analysis.report.linking import unlinked
from cchc_analysis.scorecards.checks import CHECKS, FINDINGS, check_components
from cchc_analysis.sources.evaluation.stored import load_evaluation
from cchc_analysis.sources.folder import load_unit

CAUSES = {
    "vi": re.compile(r"\b(do|vì|bởi|nhờ|sửa|gian lận|lỗi|che|nguyên nhân là)\b"),
    "en": re.compile(r"\b(because|due to|caused|error|mistake|fraud|deleted|hid)\b"),
}
HOSTILE = "<script>window.hit=1</script>"


def words(blocks, kind="text"):
    return [unescape(re.sub("<[^>]+>", "", block.html)) for block in blocks if block.kind == kind]


@pytest.fixture(scope="module")
def pages():
    rows = load_evaluation().components
    made = {}
    for name in ("tỉnh Phú Thọ", "tỉnh Gia Lai"):
        loaded = load_unit(name)
        about = (rows["unit_id"] == loaded.unit_id) | (rows["parent_id"] == loaded.unit_id)
        found = check_components(rows[about])
        for language in ("vi", "en"):
            made[name, language] = sections.findings(found, units=loaded.units, language=language)
    return made


def one(name, **columns):
    """One finding of a check, by hand."""
    row = {
        "check": name, "unit_id": "vn34-25", "measure": "score", "period_kind": "year",
        "period_start_on": "2026-01-01", "period_end_on": "2026-10-10", "found": 2.0,
        "expected": 1.0, "difference": 1.0, "captured_at": "2026-10-10", "source": "portal",
        "captured_before": "2026-10-05", "group_maximum": 18.0, "group": "MDHL",
    }  # fmt: skip
    frame = pd.DataFrame([row | columns]).reindex(columns=FINDINGS.names)
    times = ["captured_at", "captured_before", "captured_after", "period_start_on",
             "period_end_on", "parts_start_on", "parts_end_on"]  # fmt: skip
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in times})


def test_petitions_that_come_and_go_in_words(pages):
    [first, second, *_] = words(pages["tỉnh Gia Lai", "vi"])[1:]
    assert "16,83, 4,84, 16,81 trên 18" in first and "Sở Công Thương" in first
    assert "0, 1, 0 vào các ngày 27/9/2026, 5/10/2026, 10/10/2026" in first
    assert "17,96, ngày 27/9/2026 5,77, ngày 3/10/2026 17,80, trên 18" in second
    said = " ".join(words(pages["tỉnh Gia Lai", "en"]))
    for text in ("56,428 on 24 Sep 2026, 39,568", "117,823", "121,944", "58.11", "70.19", "18.28"):
        assert text in said, text


def test_periods_petitions_and_empty_units_of_phu_tho_in_words(pages):
    said = " ".join(words(pages["tỉnh Phú Thọ", "vi"]))
    for text in ("66.174", "61.478", "15,96 trên 100", "247", "38"):
        assert text in said, text


def test_at_most_eight_sentences_no_cause_and_every_number_in_a_table(pages):
    for (name, language), blocks in pages.items():
        _, *sentences = words(blocks)
        assert 0 < len(sentences) <= 8, name
        assert [text for text in sentences if CAUSES[language].search(text)] == []
        assert unlinked("".join(block.html for block in blocks)) == []
        assert len(words(blocks, "notice")) == 1


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("name", CHECKS)
def test_every_check_has_its_words(name, language):
    found = one(name)
    table = tables.findings(found, language=language)
    assert table is not None
    said = narrative.findings(found, language=language)
    assert bool(said) is (name != "may_fall")  # what can be right is no sentence
    assert "–" not in "".join(words(said)[:1]).replace(" – ", "") or name in (
        "came_and_went", "periods_do_not_add", "units_do_not_add", "sum_differs")  # fmt: skip


def test_nothing_found_nothing_shown_and_names_are_escaped():
    nothing = one("no_dossiers").head(0)
    units = load_unit("tỉnh Phú Thọ").units
    assert sections.findings(nothing, units=units, language="vi") == []
    blocks = sections.findings(one("above_maximum", unit_id=HOSTILE), units=units, language="vi")
    assert HOSTILE not in "".join(block.html for block in blocks)
