"""What does not fit in saved evaluation screens: tables made by hand, and the real captures.

Expected values of the real captures were worked out apart from this code, from the same public
pages: periods and counts of Phú Thọ and Gia Lai, September and October 2026.
"""

import pandas as pd
import pytest

from cchc_analysis.columns import InputError, check
from cchc_analysis.components import COMPONENTS
from cchc_analysis.scorecards.checks import FINDINGS, check_components
from cchc_analysis.sources.evaluation.stored import load_evaluation

YEAR = {"period_kind": "year", "period_start_on": "2026-01-01", "provisional": True}
AUGUST = {"period_kind": "month", "period_start_on": "2026-08-01", "period_end_on": "2026-08-31",
          "provisional": False}  # fmt: skip


def count(day, metric, numerator, denominator, group="TDGQ", unit="A", **more):
    """One component as captured on a day; the year to date unless another period is given."""
    period = YEAR | {"period_end_on": day}
    return period | {
        "unit_id": unit, "captured_at": day, "group": group, "metric": metric,
        "numerator": numerator, "denominator": denominator, "source": "portal",
    } | more  # fmt: skip


def score(day, group, points, unit="A", **more):
    """One published score; of the total where the group is None."""
    return count(day, None, None, None, group, unit, published_score=points, **more)


def found_in(*rows):
    return check_components(pd.DataFrame(rows))


def told(found, *names):
    return list(found[["check", *names]].itertuples(index=False, name=None))


# By hand


def test_late_falls_and_in_time_may_fall():
    """30 of 40 became 39 of 42: 10 late became 3; then 38 of 42: one more became late."""
    days = [("2026-09-01", 30, 40), ("2026-09-02", 39, 42), ("2026-09-03", 38, 42)]
    found = found_in(*(count(day, "ON_TIME", n, d) for day, n, d in days))
    assert told(found, "measure", "expected", "found", "difference") == [
        ("count_fell", "late", 10, 3, -7),
        ("may_fall", "numerator", 39, 38, -1),
    ]
    assert found["captured_before"].tolist() == [
        pd.Timestamp("2026-09-01"), pd.Timestamp("2026-09-02")]  # fmt: skip


def test_a_count_is_held_against_the_last_known_one():
    days = [("2026-09-01", 7), ("2026-09-02", None), ("2026-09-03", 5)]
    rows = [count(day, "DOSSIER_SYNC", None, d, "CKMB") for day, d in days]
    found = found_in(*rows)
    assert told(found, "expected", "found") == [("count_fell", 7, 5)]


def test_procedures_may_be_abolished():
    rows = [count(f"2026-09-0{i}", "PAY_FORMALITIES", 3, d, "TTTT") for i, d in ((1, 92), (2, 86))]
    assert told(found_in(*rows), "difference") == [("may_fall", -6)]


def test_another_year_is_another_count():
    rows = [
        count("2026-12-31", "ON_TIME", 90, 100),
        count("2027-01-31", "ON_TIME", 5, 6, period_start_on="2027-01-01"),
    ]
    assert found_in(*rows).empty


def test_a_closed_month_moves_up_and_down():
    rows = [
        count("2026-09-26", "ON_TIME", 30, 40, **AUGUST),
        count("2026-09-28", "ON_TIME", 31, 39, **AUGUST),
    ]
    found = found_in(*rows)
    assert sorted(told(found, "measure", "difference")) == [
        ("closed_period_moved", "denominator", -1),
        ("closed_period_moved", "late", -2),
        ("closed_period_moved", "numerator", 1),
    ]


def test_a_petition_that_comes_and_goes_stands_once_with_the_scores_of_its_days():
    rows = []
    for day, petitions, points in (("01", 0, 16.83), ("05", 1, 4.84), ("10", 0, 16.81)):
        at = f"2026-10-{day}"
        for metric in ("PETITION_PROCESSING_ON_TIME", "PETITION_HANDLING_SATISFACTION"):
            rows.append(count(f"{at} 14:00", metric, None, petitions, "MDHL", period_end_on=at))
        rows.append(score(f"{at} 13:00", "MDHL", points, period_end_on=at))
    found = found_in(*rows)
    names = ("measure", "expected", "found", "after")
    went = found[found["check"] == "came_and_went"]
    assert told(went, *names) == [
        ("came_and_went", "score", 16.83, 4.84, 16.81),
        ("came_and_went", "denominator", 0, 1, 0),
    ]
    scores = went[["group_score_before", "group_score", "group_score_after", "group_maximum"]]
    assert scores.iloc[1].tolist() == [16.83, 4.84, 16.81, 18]
    assert told(found[found["check"] == "count_fell"], "expected", "found") == [
        ("count_fell", 1, 0)
    ]


@pytest.mark.parametrize(
    ("points", "times"),
    [
        ([10, 4, 10], 1),
        ([10, 4, 4, 10], 1),
        ([10, 4, 9], 1),  # 5 of 6 back
        ([10, 4, 8], 0),  # 4 of 6 back
        ([10, 9.01, 10], 0),  # less than a point
        ([10, 9, 10], 1),
        ([10, 4, 10, 4, 10], 2),
        ([10, 4], 0),
        ([4, 10, 4], 1),
        ([1, 2, 3, 4], 0),
    ],
)
def test_a_score_is_back_when_four_fifths_of_the_way_are(points, times):
    rows = [score(f"2026-09-{i + 1:02}", "MDHL", p) for i, p in enumerate(points)]
    assert len(found_in(*rows)) == times


def test_groups_of_one_capture_differ_and_one_stood_still():
    """Received 117,823 on both days; dossiers of the digitisation group 119,305, then 121,944."""
    rows = []
    for day, digitised in (("2026-09-29", 119305), ("2026-10-01", 121944)):
        rows.append(count(day, "ON_TIME", 79751, 117823))
        for metric in ("ORIGINAL_RESULT_AVAILABLE", "REUSED_DIGITIZED_DATA"):
            rows.append(count(day, metric, None, digitised, "MDSH"))
    assert told(found_in(*rows), "group", "found", "expected", "difference") == [
        ("group_unchanged", "TDGQ", 117823, 121944, -4121),
        ("groups_differ", "MDSH", 121944, 117823, 4121),
        ("groups_differ", "MDSH", 119305, 117823, 1482),
    ]


def test_a_group_that_is_caught_up_with_did_not_stand_still():
    rows = [count(f"2026-09-0{i}", "ON_TIME", 5, 9) for i in (1, 2)]
    rows += [count(f"2026-09-0{i}", "ORIGINAL_RESULT_AVAILABLE", None, d, "MDSH")
             for i, d in ((1, 8), (2, 9))]  # fmt: skip
    assert told(found_in(*rows), "found", "expected") == [("groups_differ", 8, 9)]


def test_captures_of_an_open_period_are_not_mixed_and_those_of_a_closed_one_are():
    later = {"group": "MDSH", "metric": "ORIGINAL_RESULT_AVAILABLE", "numerator": None}
    open_ = [count("2026-09-01", "ON_TIME", 5, 9), count("2026-09-02", **_args(later, 11))]
    assert found_in(*open_).empty
    closed = [
        count("2026-09-26", "ON_TIME", 5, 9, **AUGUST),
        count("2026-09-28", **_args(later, 11), **AUGUST),
    ]
    [row] = found_in(*closed).to_dict("records")
    assert (row["check"], row["found"], row["expected"]) == ("groups_differ", 11, 9)
    assert row["captured_before"] == pd.Timestamp("2026-09-26")


def _args(named, denominator):
    return named | {"denominator": denominator}


def test_months_that_are_more_than_their_quarter():
    """8 + 7 late in two months, 12 in the quarter; as many received (20 + 10 of 30) is no gap."""
    at = {"captured_at": "2026-09-26"}
    september = AUGUST | {"period_start_on": "2026-09-01", "period_end_on": "2026-09-26"} | at
    quarter = september | {"period_kind": "quarter", "period_start_on": "2026-07-01"}
    day = "2026-09-26"
    rows = [
        count(day, "ON_TIME", 12, 20, **(AUGUST | at)),
        count(day, "ON_TIME", 3, 10, **(september | {"provisional": True})),
        count(day, "ON_TIME", 18, 30, **(quarter | {"provisional": True})),
    ]
    [row] = found_in(*rows).to_dict("records")
    assert (row["check"], row["measure"], row["found"], row["expected"]) == (
        "periods_do_not_add", "late", 15, 12)  # fmt: skip
    assert (row["parts_count"], str(row["parts_start_on"].date())) == (2, "2026-08-01")


def test_months_that_fill_their_quarter_must_add_up():
    months = [("07-01", "07-31", 10), ("08-01", "08-31", 20), ("09-01", "09-30", 30)]
    rows = [
        count("2026-10-05", "DOSSIER_SYNC", None, n, "CKMB", period_kind="month",
              period_start_on=f"2026-{start}", period_end_on=f"2026-{end}", provisional=False)
        for start, end, n in months
    ]  # fmt: skip
    whole = {"period_kind": "quarter", "period_start_on": "2026-07-01", "provisional": False,
             "period_end_on": "2026-09-30"}  # fmt: skip
    for total, gap in (
        (61, [("periods_do_not_add", -1)]),
        (60, []),
        (59, [("periods_do_not_add", 1)]),
    ):
        quarter = count("2026-10-05", "DOSSIER_SYNC", None, total, "CKMB", **whole)
        assert told(found_in(*rows, quarter), "difference") == gap
    earlier = count("2026-10-04", "DOSSIER_SYNC", None, 59, "CKMB", **whole)
    assert found_in(*rows, earlier).empty  # the months were captured a day later


def test_sums_beyond_what_rounding_can_do():
    """Seven rounded numbers: up to 0.035 points is nothing."""
    points = {"CKMB": 1, "TDGQ": 2, "CLGQ": 3, "TTTT": 4, "MDSH": 5, "MDHL": 6}
    groups = [score("2026-10-01", group, value) for group, value in points.items()]
    for total, number in ((21.03, 0), (21.04, 1), (20.96, 1), (20.97, 0)):
        assert len(found_in(*groups, score("2026-10-01", None, total))) == number, total
    assert found_in(*groups[1:], score("2026-10-01", None, 33)).empty  # a group is missing
    assert found_in(*groups, score("2026-10-02", None, 33)).empty  # another capture


def test_a_group_unlike_its_components():
    """6 + 2 and two that are null by rule (0 of 0): 8, published as 7.9."""
    rows = [
        score("2026-10-01", "CKMB", 7.9),
        count("2026-10-01", "PUBLISH_ON_TIME", 0, 0, "CKMB"),
        count("2026-10-01", "PUBLIC_UPDATE_ON_TIME", 0, 0, "CKMB"),
        count("2026-10-01", "PUBLIC_CONTENT_FULL", 9, 9, "CKMB", published_score=2),
        count("2026-10-01", "DOSSIER_SYNC", 9, 9, "CKMB", published_score=6),
    ]
    assert told(found_in(*rows), "found", "expected") == [("sum_differs", 7.9, 8)]
    assert found_in(*rows[:-1]).empty


def test_units_below_are_added_only_where_all_are_there():
    def province(received, petitions):
        day = "2026-09-28"
        return [
            count(day, "ON_TIME", 5, 10, unit="A.1", parent_id="A", **AUGUST),
            count(day, "ON_TIME", 5, 10, unit="A.2", parent_id="A", **AUGUST),
            count(day, "ON_TIME", 10, received, unit="A", **AUGUST),
            count(day, "PETITION_PROCESSING_ON_TIME", 1, 1, "MDHL", "A.1", parent_id="A", **AUGUST),
            count(day, "PETITION_PROCESSING_ON_TIME", 1, petitions, "MDHL", "A", **AUGUST),
        ]

    assert found_in(*province(20, 1)).empty
    assert told(found_in(*province(20, 7)), "found", "expected", "parts_count") == [
        ("units_do_not_add", 1, 7, 1)]  # fmt: skip
    assert found_in(*province(21, 7)).empty  # one dossier elsewhere: a unit may be missing


def test_more_than_there_can_be():
    rows = [
        score("2026-10-01", "MDHL", 18.28),
        score("2026-10-01", None, 100.01),
        count("2026-10-01", "ON_TIME", 4, 5, published_score=20.01),
        count("2026-10-01", "DOSSIER_SYNC", 6, 6, "CKMB", published_score=6),
        count("2026-10-01", "PAY_DOSSIERS", 3, 2, "TTTT"),
    ]
    assert told(found_in(*rows), "metric", "found", "expected") == [
        ("above_maximum", pytest.approx(float("nan"), nan_ok=True), 18.28, 18),
        ("above_maximum", "ON_TIME", 20.01, 20),
        ("above_maximum", pytest.approx(float("nan"), nan_ok=True), 100.01, 100),
        ("above_received", "DOSSIER_SYNC", 6, 5),
        ("numerator_above_denominator", "PAY_DOSSIERS", 3, 2),
    ]


def test_nothing_wrong_nothing_found_and_bad_input_refused():
    assert list(found_in(count("2026-10-01", "ON_TIME", 4, 5)).columns) == list(FINDINGS.names)
    nothing = check_components(pd.DataFrame(columns=COMPONENTS.names))
    assert len(nothing) == 0 and list(nothing.columns) == list(FINDINGS.names)
    with pytest.raises(InputError, match="ON_TIEM"):
        found_in(count("2026-10-01", "ON_TIEM", 4, 5))
    with pytest.raises(InputError, match="period_kind"):
        check_components(pd.DataFrame({"unit_id": ["A"]}))


# The real captures


@pytest.fixture(scope="module")
def real():
    rows = load_evaluation().components
    before = rows.copy()
    found = check_components(rows)
    pd.testing.assert_frame_equal(rows, before)
    return check(found, FINDINGS)


def of(real, name, start=""):
    return real[(real["check"] == name) & real["unit_id"].str.startswith(start)]


DECREASES = {
    ("H21.01", "ON_TIME", "numerator", "2026-10-10", 42, 41),
    ("H21.02", "ON_TIME", "late", "2026-09-27", 47, 44),
    ("H21.05", "PETITION_PROCESSING_ON_TIME", "denominator", "2026-10-10", 1, 0),
    ("H21.06", "ON_TIME", "late", "2026-10-05", 263, 261),
    ("H21.06", "ON_TIME", "late", "2026-10-10", 261, 258),
    ("H21.06", "PETITION_PROCESSING_ON_TIME", "denominator", "2026-10-05", 3, 2),
    ("H21.11", "ON_TIME", "late", "2026-10-10", 92, 91),
    ("H21.18", "PETITION_PROCESSING_ON_TIME", "denominator", "2026-10-10", 6, 4),
    ("H21.19", "PETITION_PROCESSING_ON_TIME", "denominator", "2026-10-05", 1, 0),
    ("H21.24", "ON_TIME", "late", "2026-09-27", 56428, 39568),
    ("H21.24", "ON_TIME", "late", "2026-09-29", 39568, 38072),
    ("H21.24", "PAY_FORMALITIES", "denominator", "2026-10-05", 92, 86),
    ("H21.24", "PETITION_PROCESSING_ON_TIME", "denominator", "2026-10-05", 12, 9),
}


def test_gia_lai_all_thirteen_decreases(real):
    fell = real[real["check"].isin(["count_fell", "may_fall"])]
    days = fell["captured_at"].dt.strftime("%Y-%m-%d")
    names = ["unit_id", "metric", "measure", "day", "expected", "found"]
    seen = set(fell.assign(day=days)[names].itertuples(index=False, name=None))
    assert seen == DECREASES
    assert set(of(real, "may_fall")["unit_id"]) == {"H21.01", "H21.24"}
    agriculture = of(real, "count_fell").iloc[0]
    assert (agriculture["group_score_before"], agriculture["group_score"]) == (9.85, 13.27)


def test_gia_lai_petitions_that_come_and_go(real):
    went = of(real, "came_and_went")
    counted = went[went["measure"] == "denominator"].set_index("unit_id").loc["H21.05"]
    assert [counted[name] for name in ("expected", "found", "after")] == [0, 1, 0]
    assert [counted[name] for name in ("group_score_before", "group_score", "group_score_after",
                                       "group_maximum")] == [16.83, 4.84, 16.81, 18]  # fmt: skip
    health = went[(went["unit_id"] == "H21.19") & (went["measure"] == "score")].iloc[0]
    assert (health["found"], health["after"]) == (5.77, 17.80)


def test_gia_lai_groups_of_different_age(real):
    """24 Sept: 13 departments, 4,467 dossiers more; 1 Oct: 117,823 as before, and 121,944."""
    rows = of(real, "groups_differ", "H21.")
    rows = rows[rows["captured_at"].dt.strftime("%m-%d") == "09-24"]
    assert (len(rows), rows["difference"].sum()) == (13, 4467)
    still = of(real, "group_unchanged").iloc[0]
    assert (still["unit_id"], still["found"], still["expected"]) == ("H21.24", 117823, 121944)
    totals = of(real, "sum_differs", "H21.").head(2)
    assert totals["difference"].tolist() == [-12.08, 11.92]
    above = of(real, "above_maximum")
    assert sorted(above["found"]) == [18.02, 18.28] and (above["group"] == "MDHL").all()


def test_phu_tho_periods_do_not_add(real):
    rows = of(real, "periods_do_not_add")
    province = rows[rows["unit_id"] == "vn34-25"].iloc[0]
    assert (province["found"], province["expected"]) == (39888 + 26286, 61478)
    quarters = rows[(rows["period_kind"] == "quarter") & (rows["measure"] == "late")]
    assert quarters["unit_id"].str.startswith("H44.").sum() == 141
    village = quarters[quarters["unit_id"] == "H44.236"].iloc[0]
    assert (village["found"], village["expected"]) == (313 + 307, 322)
    [received] = rows[rows["measure"] == "denominator"].to_dict("records")
    assert (received["unit_id"], received["found"], received["expected"]) == ("H44.13", 2 + 3, 4)
    year = rows[(rows["unit_id"] == "H44.19") & (rows["period_kind"] == "year")]
    assert (5, 4) in set(zip(year["found"], year["expected"], strict=True))


def test_phu_tho_the_closed_month_petitions_and_empty_units(real):
    """Received 184,513 and, two days later, 184,503: 24 units, both directions."""
    moved = of(real, "groups_differ")
    moved = moved[(moved["period_kind"] == "month") & (moved["group"] == "MDSH")]
    assert moved["unit_id"].str.startswith("H44.").sum() == 24
    assert {1, -1} <= set(moved["difference"].map(lambda gap: (gap > 0) - (gap < 0)))
    assert moved.set_index("unit_id").loc["vn34-25", ["expected", "found"]].tolist() == [
        184513, 184503]  # fmt: skip
    petitions = of(real, "units_do_not_add").iloc[0]
    assert (petitions["found"], petitions["expected"]) == (38, 247)
    empty_units = of(real, "no_dossiers", "H44").set_index("unit_id")["found"].to_dict()
    assert empty_units == {"H44.01": 15.96, "H44.23": 15.96}
    still_open = of(real, "no_dossiers", "H21")  # four captures, told as of the last
    assert still_open["found"].tolist() == [19.79]
    [synced] = of(real, "above_received").to_dict("records")
    assert (synced["unit_id"], synced["found"], synced["expected"]) == ("H44.46", 6, 5)


def test_the_provinces_of_10_october(real):
    """H17 and H01: the dossiers of digitisation and satisfaction are not those received."""
    rows = of(real, "groups_differ", "vn34-")
    rows = rows[rows["period_kind"] == "year"]
    assert set(rows["found"]) == {389166, 473911} and len(rows) == 4
