"""What the page of indices says, held to the portal's figures and the founding articles."""

from functools import cache

import pandas as pd
import pytest

import cchc_analysis as cchc
from cchc_analysis import sections
from cchc_analysis.report.linking import unlinked


@cache
def units() -> pd.DataFrame:
    return cchc.load_units()


@cache
def screens() -> pd.DataFrame:
    return cchc.load_evaluation(units=units()).components


@cache
def published() -> pd.DataFrame:
    return cchc.load_published()


def text(blocks: list) -> str:
    return " ".join(block.html for block in blocks)


@cache
def printed() -> pd.DataFrame:
    return cchc.estimates_as_printed(published())


@cache
def ranked() -> dict[str, pd.DataFrame]:
    same = {"unit_class": "province", "start_on": "2026-01-01", "end_on": "2026-10-10"}
    total, in_time = (
        cchc.comparable(printed(), units(), indicator=name, **same)
        for name in ("qd766_score", "qd766_in_time_share")
    )
    rows = printed()[printed()["unit_id"].isin(total["unit_id"])]
    scored = rows[rows["period_start_on"].eq("2026-01-01") & rows["period_end_on"].eq("2026-10-10")]
    scores = scored[scored["indicator"].str.startswith("qd766_score_")]
    return {"total": total, "in_time": in_time, "scored": scored, "scores": scores}


@cache
def index_page(language: str) -> list:
    r, country = ranked(), published()[published()["unit_id"] == "vn"]
    beside = {"source": r["total"]["source"], "units": units(), "language": language}
    rows = screens()
    rows = rows[(rows["unit_class"] == "province") & rows["period_end_on"].eq("2026-10-10")]
    few = cchc.few_cases(cchc.latest_capture(rows))
    shares, pairs = cchc.variance_shares(r["scores"]), cchc.repeated_counts(r["scored"])
    found = cchc.agreement(r["total"], r["in_time"])
    high_low = cchc.high_yet_low(r["total"], r["in_time"])
    scores = cchc.index_scores(published(), units=units())
    judged = cchc.attainment(printed(), cchc.targets_on_record(published()))
    options = {"units": units(), "language": language}
    return [
        *sections.mean_total(r["total"], country, language=language),
        *sections.averages(r["in_time"], country, **options),
        *sections.rank_worth(cchc.perturbed_ranks(r["scores"], draws=200), few, **beside),
        *sections.group_weight(shares, pairs, r["scored"], language=language),
        *sections.agreement(found, high_low, **beside),
        *sections.index_scores(scores[scores["index"] != "qd766"], **options),
        *sections.targets(judged, **options),
        *sections.plans(cchc.plan_figures(published()), **options),
    ]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_figure_on_indices_stands_in_a_row(language):
    assert unlinked(text(index_page(language))) == []


def test_the_provinces_as_the_issue_asks():
    """Figures worked out on the published counts of 10 October 2026."""
    said = text(index_page("vi"))
    for words in (
        "34 tổng điểm đã công bố là 62,58", "62,59, bằng số ấy trong phạm vi làm tròn",
        "86,64 %", "87,78 %", "tương quan hạng (Spearman) 0,17", "Công khai, minh bạch 31 %",
        "Mức độ hài lòng 30 %", "Số hóa hồ sơ 12 %", "Tiến độ giải quyết 10 %", "0,99995",
        "6 kiến nghị quyết định 12,00 điểm", "Hồ sơ đồng bộ lên Cổng quốc gia: 100 % ở cả 34",
        "không thể nói hai số xếp các đơn vị giống nhau", "67,29 điểm trên 97 là 69,37 %",
        "Quyết định 16/QĐ-UBND",
    ):  # fmt: skip
        assert words in said, words


def test_the_founding_figures_stand_with_their_totals_and_sources():
    said = text(index_page("vi"))
    for words in ("21 trên 29", "10 trên 29", "12 trên 12", "4 trên 12", "11 trên 11", ">26<"):
        assert words in said, words
