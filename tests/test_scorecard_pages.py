"""What the pages of scorecards and indices say, held to the portal's figures and hand counts."""

from functools import cache
from types import SimpleNamespace

import pandas as pd
import pytest

import cchc_analysis as cchc
from cchc_analysis import narrative, sections, wording
from cchc_analysis.components import COMPONENTS, component_name, group_name, score_group_name
from cchc_analysis.figures import change_steps, score_bars
from cchc_analysis.report.linking import unlinked
from cchc_analysis.scorecards import components, groups

PHU_THO, KHANH_HOA, LAI_CHAU = "vn34-25", "vn34-56", "vn34-12"
LANGUAGES = ("vi", "en")


@cache
def units() -> pd.DataFrame:
    return cchc.load_units()


@cache
def screens() -> pd.DataFrame:
    return cchc.load_evaluation(units=units()).components


@cache
def card(unit_id: str) -> dict[str, pd.DataFrame]:
    """All that the notebook computes of one unit."""
    rows = screens()
    own = rows[rows["unit_id"] == unit_id]
    before, now = cchc.last_two_scorecards(own)
    _, below = cchc.last_two_scorecards(rows[rows["parent_id"] == unit_id])
    missing = cchc.missing_below(cchc.same_period(own, below), below)
    return {
        "before": before, "now": now, "below": below, "missing": missing,
        "scored": cchc.score_components(now), "groups": cchc.score_groups(now),
        "totals": cchc.score_totals(now), "change": cchc.explain_change(before, now),
        "classes": cchc.cases_to_next_class(now), "point": cchc.cases_for_a_point(now),
        "few": cchc.few_cases(now),
        "named": cchc.units_to_act(missing, {"department": 3, "commune": 10}),
    }  # fmt: skip


@cache
def parts(unit_id: str, language: str) -> dict[str, list]:
    """The sections of a page, as blocks."""
    c = card(unit_id)
    return {
        "glance": narrative.scorecard_glance(
            c["totals"], c["groups"], c["change"], c["classes"], language=language
        ),
        "scorecard": sections.scorecard(
            c["totals"], c["groups"], c["scored"], c["point"], language=language
        ),
        "change": sections.score_change(c["change"], c["before"], c["now"], language=language),
        "takes": sections.what_it_takes(c["point"], c["classes"], c["few"], language=language),
        "acts": sections.who_acts(
            c["named"], c["missing"], c["below"], units=units(), language=language
        ),
    }


def text(blocks: list) -> str:
    return " ".join(block.html for block in blocks)


# One scorecard


def test_names_of_the_reference_file_reach_the_pages():
    for metric, entry in components().items():
        assert [component_name(metric, each) for each in LANGUAGES] == [entry.vi, entry.en]
    for code, group in groups().items():
        assert group_name(code, "vi") == score_group_name(group.indicator, "vi") == group.vi


@pytest.mark.parametrize("unit_id", [PHU_THO, KHANH_HOA, "H44.01"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_of_a_sentence_stands_in_a_row(unit_id, language):
    blocks = [block for part in parts(unit_id, language).values() for block in part]
    assert unlinked(text(blocks)) == []
    kinds = [block.kind for block in blocks]
    assert kinds.count("figure") <= 2
    assert kinds.count("table") <= 4


def test_khanh_hoa_is_explained_as_deep_as_the_data_go():
    """53.22 on 5 October and 61.66 on 10 October, transparency 6.00 and 14.00, as published."""
    said = text(parts(KHANH_HOA, "vi")["change"])
    for words in ("từ 53,22 thành 61,66 (+8,44)", "+8,00 từ nhóm Công khai, minh bạch",
                  "+0,44 điểm, là của 5 nhóm", "chỉ đến nhóm"):  # fmt: skip
        assert words in said
    sentences = [b.html for b in parts(KHANH_HOA, "vi")["change"] if b.kind == "text"]
    assert not any("+0,14" in sentence for sentence in sentences)  # progress moved that much


def test_a_change_of_hundredths_names_nobody():
    blocks = parts(PHU_THO, "en")["change"]
    assert [block.kind for block in blocks].count("figure") == 0
    sentences = " ".join(block.html for block in blocks if block.kind == "text")
    assert "no group moved by half a point" in sentences
    assert "Digitisation" not in sentences


def test_the_steps_of_a_change_add_up():
    steps = change_steps(card(KHANH_HOA)["change"], language="vi")
    values = steps["value"].tolist()
    assert values[0] + sum(values[1:-1]) == pytest.approx(values[-1], abs=1e-9)
    assert values[-1] == 61.66
    bars = score_bars(card(KHANH_HOA)["groups"], language="vi")
    assert bars["score"].sum() == pytest.approx(61.66)
    assert bars["maximum"].sum() == 100


def test_one_date_alone_is_no_change():
    now = card(KHANH_HOA)["now"]
    none = now.iloc[:0]
    change = cchc.explain_change(none, now)
    [block] = narrative.score_change(change, none, now, language="en")
    assert "nothing to compare" in block.html
    assert change_steps(change, language="en").empty


def test_an_open_period_is_marked_and_a_closed_one_is_not():
    unit = SimpleNamespace(unit_id=PHU_THO, units=units())
    provisional = wording.say("scorecard.provisional", "en")
    for rows, marked in ((card(PHU_THO)["now"], True), (card(PHU_THO)["below"], False)):
        shown = text(narrative.scorecard_opening(unit, rows, language="en"))
        assert (provisional in shown) is marked


def test_null_is_said_to_be_null():
    """Phú Thọ, August 2026: no procedure was due for publishing, 0 of 0 on the portal."""
    rows = screens()
    month = cchc.same_period(rows[rows["unit_id"] == PHU_THO], card(PHU_THO)["below"])
    said = narrative.scorecard(
        cchc.score_totals(month), cchc.score_groups(month), cchc.score_components(month),
        language="vi",
    )  # fmt: skip
    assert "bỏ trống không phải là 0 điểm" in text(said)
    assert "Công bố thủ tục đúng hạn" in text(said)


def test_lai_chau_rests_on_six_petitions():
    """0 of 6 in time and 0 of 6 to anybody's liking: 12 points."""
    assert "12,00 điểm dựa trên rất ít trường hợp (kiến nghị: 6)" in text(
        parts(LAI_CHAU, "vi")["takes"]
    )


def test_nothing_is_shown_of_a_unit_without_a_scorecard():
    nothing = pd.DataFrame(columns=COMPONENTS.names)
    before, now = cchc.last_two_scorecards(nothing)
    assert before.empty and now.empty
    totals, scored = cchc.score_totals(now), cchc.score_components(now)
    point, classes = cchc.cases_for_a_point(now), cchc.cases_to_next_class(now)
    change = cchc.explain_change(before, now)
    for language in LANGUAGES:
        options = {"language": language}
        assert narrative.scorecard_glance(totals, scored, change, classes, **options) == []
        assert sections.scorecard(totals, cchc.score_groups(now), scored, point, **options) == []
        assert sections.score_change(change, before, now, **options) == []
        assert sections.what_it_takes(point, classes, cchc.few_cases(now), **options) == []


# Which dates, which units


def test_the_last_date_is_a_whole_one_and_the_date_before_of_its_kind():
    days = {name: card(PHU_THO)[name]["period_end_on"].unique() for name in ("before", "now")}
    assert [str(day.date()) for days_ in days.values() for day in days_] == [
        "2026-10-05", "2026-10-10",
    ]  # fmt: skip
    kinds = card(PHU_THO)["below"]["period_kind"].unique()
    assert list(kinds) == ["month"]  # of the year to date the units have their progress alone


def test_a_year_to_date_has_no_previous_in_another_year():
    row = {"unit_id": "P", "period_kind": "year", "source": "s", "published_score": 50.0}
    rows = pd.DataFrame([
        {**row, "period_start_on": f"{year}-01-01", "period_end_on": f"{year}-10-01",
         "captured_at": "2026-10-02"}
        for year in (2025, 2026)
    ])  # fmt: skip
    before, now = cchc.last_two_scorecards(rows)
    assert before.empty
    assert len(now) == 1


def test_missing_dossiers_of_the_units_are_those_of_the_province():
    """Phú Thọ, August 2026: 144,625 of 184,513 in time, so 39,888 are not; by hand."""
    missing = card(PHU_THO)["missing"]
    late = missing[missing["metric"] == "ON_TIME"].set_index("unit_id")
    assert late["missing"].sum() == 184_513 - 144_625
    # 14,281 of 28,209: 13,928 more of 184,513 make 20 x 158,553 / 184,513 = 17.19, from 15.68
    assert late.loc["H44.45", "gain"] == pytest.approx(1.51)
    assert late.loc["H44.45", "missing_share"] == pytest.approx(13_928 / 39_888)


def test_few_units_are_named_and_none_without_dossiers():
    named, missing = card(PHU_THO)["named"], card(PHU_THO)["missing"]
    assert named["unit_id"].tolist() == ["H44.45", "H44.210", "H44.151"]
    assert named["reason"].tolist() == ["weight", "stands_out", "stands_out"]
    assert "H44.01" not in set(missing["unit_id"])  # it received none
    said = text(parts(PHU_THO, "en")["acts"])
    assert "they are not last" in said


def test_transparency_of_procedures_is_no_matter_of_communes():
    own = {"PUBLISH_ON_TIME", "PUBLIC_UPDATE_ON_TIME", "PUBLIC_CONTENT_FULL"}
    assert own & set(card(PHU_THO)["missing"]["metric"]) == set()


def test_at_most_three_departments_and_ten_communes():
    rows = [
        {"unit_id": f"{kind}{n:02d}", "unit_class": kind, "metric": "ON_TIME", "gain": 0.5 + n / 10,
         "reading": "located", "stands_out": False}
        for kind in ("department", "commune") for n in range(20)
    ]  # fmt: skip
    named = cchc.units_to_act(pd.DataFrame(rows), {"department": 3, "commune": 10})
    assert named["unit_class"].value_counts().to_dict() == {"commune": 10, "department": 3}
    assert named["unit_id"].iloc[0] == "department19"
    small = pd.DataFrame(rows).assign(gain=0.49)
    assert cchc.units_to_act(small, {"department": 3, "commune": 10}).empty


def test_a_unit_without_dossiers_has_no_class_and_is_not_last():
    """H44.01, August 2026: 0 of 0 dossiers, 15.96 points published."""
    shown = parts("H44.01", "en")
    assert "15.96 points" in text(shown["glance"])
    assert "so there is no class" in text(shown["glance"])
    assert "is not last" in text(shown["scorecard"])
    assert "class “" not in text(shown["glance"])


def test_late_dossiers_are_not_asked_to_be_in_time():
    [table] = [block for block in parts(PHU_THO, "en")["takes"] if block.kind == "table"]
    [row] = [row for row in table.html.split("<tr>") if "in-time share" in row]
    assert "late stays late" in row
    assert "558,241" in row  # new ones, all in time: 20 x (596,701 + x) / (670,094 + x) >= 18.805
