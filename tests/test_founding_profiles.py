"""Each figure of the founding articles stands in the profile of its unit, with its source.

The sections are called as the notebook of the profile calls them, in both languages.
"""

import re
from html import unescape
from pathlib import Path

import pandas as pd
import pytest

from cchc_analysis import sections
from cchc_analysis.labels import indicator_name
from cchc_analysis.report.linking import unlinked
from cchc_analysis.scorecards.indices import index_scores
from cchc_analysis.sources.folder import load_unit

ROOT = Path(__file__).resolve().parents[1]
FOUNDING = pd.read_csv(ROOT / "data" / "published" / "founding.csv", dtype=str)
ARTICLE = {"vi": "bài báo {}", "en": "founding article {}"}
PARAGRAPH = {"vi": "đoạn", "en": "paragraph"}
LANGUAGES = ("vi", "en")
TUY_PHONG = "vn63-595"


def text_of(html):
    return " ".join(unescape(re.sub("<[^>]+>", " ", html)).split())


def rows_of(blocks):
    """The rows of the tables among some blocks, each as its cells."""
    html = "".join(block.html for block in blocks if block.kind == "table")
    body = "".join(re.findall("<tbody>(.*?)</tbody>", html, re.S))
    return [[text_of(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)]
            for row in re.findall("<tr.*?</tr>", body, re.S)]  # fmt: skip


def as_shown(row, language):
    """A printed figure in the marks of a language: 495353, 97.7, 12/12, 98.2-99.7."""
    text = row["printed"]
    if text.isdigit():
        text = f"{int(text):,}"
    if language == "vi":
        text = text.translate(str.maketrans(",.", ".,"))
    return text + (" %" if row["unit_of_measure"] == "percent" else "")


@pytest.fixture(scope="module")
def profiles():
    """The printed section and the indices of each unit that the articles are about."""
    made = {}
    for unit_id in FOUNDING["unit_id"].unique():
        loaded = load_unit(unit_id)
        portal = loaded.published["indicator"].str.startswith("qd766_")
        printed = loaded.published[~portal]
        scores = index_scores(printed, units=loaded.units)
        for language in LANGUAGES:
            options = {"units": loaded.units, "language": language}
            made[unit_id, language] = (
                rows_of(sections.printed(printed, **options)),
                sections.standing(scores, **options),
            )
    return made


def test_the_articles_are_all_there():
    assert FOUNDING["unit_id"].nunique() == 5
    topics = {"local_par_score", "tasks_started_count", "units_inspected_count",
              "divisions_inspected_count", "petitions_handled_count"}  # fmt: skip
    assert topics <= set(FOUNDING["indicator"])
    assert {"21/29", "10", "26", "12/12", "04/12", "11/11", "67.29"} <= set(FOUNDING["printed"])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("at", FOUNDING.index, ids=lambda n: f"{n}-{FOUNDING.indicator[n]}")
def test_a_founding_figure_is_in_the_profile_with_its_source(profiles, at, language):
    row = FOUNDING.loc[at]
    value, name = as_shown(row, language), indicator_name(row["indicator"], language)
    article = ARTICLE[language].format(re.search(r"article (\d+)", row["source"])[1])
    paragraph = f"; {PARAGRAPH[language]} {row['place'].removeprefix('P')}"
    [cells, *_] = [
        cells for cells in profiles[row["unit_id"], language][0]
        if cells[1].removeprefix("≥ ") == value and name in cells[0]
        and cells[-1].startswith(article) and re.search(rf"{paragraph}(;|$)", cells[-1])
    ]  # fmt: skip
    target = cells[0].startswith({"vi": "Chỉ tiêu giao: ", "en": "Target: "}[language])
    assert target is (row["kind"] == "target")  # a target is never shown as a result


@pytest.mark.parametrize("language", LANGUAGES)
def test_69_37_percent_of_97_agrees_and_carries_its_decision(profiles, language):
    """67.29 / 97 = 69.3711 %; Khá, 8 of 10, by decision 16/QĐ-UBND of 5 January 2024."""
    _, blocks = profiles[TUY_PHONG, language]
    said = " ".join(text_of(block.html) for block in blocks if block.kind == "text")
    points, share, agrees, day = {
        "vi": ("67,29 điểm trên 97", "69,37 %", "khớp", "ngày 5/1/2024"),
        "en": ("67.29 points of 97", "69.37 %", "agrees", "5 Jan 2024"),
    }[language]
    first, second = said.split("2022", 1)
    for text in (points, share, agrees, "Khá", "8", "10", "16/QĐ-UBND", day):
        assert text in first, text
    assert "Trung bình" in second and "16/QĐ-UBND" not in second  # of another year
    [of_2023] = [cells for cells in rows_of(blocks) if "2023" in cells[2]]
    assert [share in of_2023, "Khá" in of_2023] == [True, True]
    assert any("16/QĐ-UBND" in cell for cell in of_2023)
    assert ARTICLE[language].format("003") in of_2023[-1]
    assert unlinked("".join(block.html for block in blocks)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_unit_without_an_index_has_no_such_section(profiles, language):
    assert profiles["vn63-807", language][1] == []
