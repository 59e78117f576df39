"""Figures mixed up: shares and percentages, given twice, of an unknown time or province."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from cchc_analysis.columns import InputError
from cchc_analysis.periods import as_day
from cchc_analysis.reconciliation import (
    bound_remainder,
    check_periods,
    check_rounding,
    check_sums,
)
from cchc_analysis.scorecards import component_score, score_totals
from cchc_analysis.scorecards.agreement import agreement, high_yet_low
from cchc_analysis.scorecards.checks import check_components
from cchc_analysis.scorecards.index_panels import year_on_year
from cchc_analysis.scorecards.indices import compare_scores, index_places, index_scores
from cchc_analysis.scorecards.missing import missing_below
from cchc_analysis.scorecards.plans import task_status
from cchc_analysis.scorecards.targets import attainment, targets_on_record
from cchc_analysis.sources.evaluation import read_evaluation
from cchc_analysis.sources.panels import read_pci
from cchc_analysis.sources.published import read_published
from cchc_analysis.tally import count_cells

JANUARY = {"period_start_on": "2024-01-01", "period_end_on": "2024-01-31"}


# Days and periods


def test_a_period_given_twice_counts_each_dossier_once():
    dossiers = pd.DataFrame({
        "dossier_id": ["a", "b", "c"], "unit_id": "A", "source": "x",
        "received_at": pd.to_datetime(["2024-01-02", "2024-01-03", "2024-01-04"]),
        "due_at": pd.to_datetime(["2024-01-10", "2024-01-10", "2024-01-11"]),
        "result_at": pd.to_datetime(["2024-01-09", "2024-01-12", None]),
    })  # fmt: skip
    periods = pd.DataFrame([JANUARY, JANUARY])
    cells = count_cells(dossiers, periods=periods, as_of="2024-01-31")
    assert cells["received_count"].tolist() == [3] and cells["late_count"].tolist() == [1]
    with pytest.raises(InputError, match="periods have no column 'period_end_on'"):
        count_cells(dossiers, periods=periods[["period_start_on"]], as_of="2024-01-31")
    with pytest.raises(InputError, match="a period has no first or no last day"):
        count_cells(dossiers, periods=(None, "2024-01-31"), as_of="2024-01-31")


def test_a_task_due_today_is_not_overdue_in_the_afternoon():
    tasks = pd.DataFrame({
        "task_id": ["a"], "unit_id": "A", "assigned_on": "2024-01-02", "due_on": "2024-05-31",
    })  # fmt: skip
    status = task_status(tasks, datetime(2024, 5, 31, 15))
    assert (status["overdue_count"].item(), status["open_in_time_count"].item()) == (0, 1)
    assert as_day(datetime(2024, 5, 31, 15, tzinfo=UTC)) == pd.Timestamp("2024-05-31")
    with pytest.raises(InputError, match="found 20240531"):  # pandas: 1 January 1970
        as_day(20240531)


# Targets


def goal(**changed):
    target = {
        "unit_id": "A", "indicator": "on_time_rate", "comparison": ">=", "target": 0.95,
        "valid_from": "2024-01-01", "valid_to": "2024-12-31", "document": "d",
        "document_on": "2023-12-20", "source": "x",
    }  # fmt: skip
    return pd.DataFrame([target | changed])


def figure(**changed):
    row = {
        "unit_id": "A", "indicator": "on_time_rate", "value": 0.972, "bounds": "none",
        "unit_of_measure": "share", "method": "m", "rule": "r", "source": "x",
    }  # fmt: skip
    return pd.DataFrame([row | JANUARY | changed])


def test_a_figure_of_an_unknown_time_attains_nothing():
    assert attainment(figure(), goal())["reading"].tolist() == ["attained"]
    unknown = figure(period_start_on=None, period_end_on=None)
    assert attainment(unknown, goal())["reading"].tolist() == ["no_figure"]
    always = goal(valid_from=None, valid_to=None)
    assert attainment(unknown, always)["reading"].tolist() == ["attained"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"target": 98}, "found 98 for on_time_rate of A, expected a share in 0..1"),
        ({"target": np.nan}, "target, row 0: found nan"),
        ({"target": "98 %"}, "target holds something that is not a number"),
        ({"unit_id": None}, "unit_id, row 0"),
        ({"valid_to": "31/12/2024"}, "valid_to holds something that is not a date"),
    ],
)
def test_a_target_that_is_none_is_refused(changed, message):
    with pytest.raises(InputError, match=message):
        attainment(figure(), goal(**changed))


@pytest.mark.parametrize(("end", "comparison"), [("low", ">="), ("high", "<=")])
def test_a_target_printed_as_an_end_alone_is_kept(end, comparison):
    printed = pd.DataFrame({
        "unit_id": ["vn63-04"], "indicator": "on_time_rate", "kind": "target", end: 97.5,
        "printed": "97.5", "unit_of_measure": "percent", "source": "x", **JANUARY,
    })  # fmt: skip
    found = targets_on_record(printed).query("unit_id == 'vn63-04' and target == 0.975")
    assert found["comparison"].tolist() == [comparison]


# Indices


def index_rows(**columns):
    rows = {
        "unit_id": ["a", "b", "c"], "index": "local_par", "compared_within": "vn63-60",
        "rank": np.nan, "ranked_count": np.nan, "unit_class": "district", "maximum": np.nan,
        "share": [0.95, 0.8, 0.7], "points": np.nan,
        "period_start_on": pd.Timestamp("2023-01-01"), "period_end_on": pd.Timestamp("2023-12-31"),
    }  # fmt: skip
    return pd.DataFrame(rows | columns)


def test_points_are_not_ranked_among_shares():
    mixed = index_rows(share=[0.95, np.nan, 0.7], points=[np.nan, 60.0, 68.0])
    assert index_places(mixed, complete=True)["rank_source"].tolist() == ["none"] * 3
    for alike in (index_rows(), index_rows(share=np.nan, points=[90.0, 70.0, 60.0])):
        assert index_places(alike, complete=True)["rank"].tolist() == [1, 2, 3]


def test_a_unit_of_two_sources_is_not_ranked_twice():
    twice = pd.concat([index_rows(), index_rows().head(1)], ignore_index=True)
    with pytest.raises(InputError, match="a comes twice"):
        index_places(twice, complete=True)
    assert index_places(twice)["rank_source"].tolist() == ["none"] * 4


def test_units_of_unknown_provinces_or_years_are_not_set_side_by_side():
    unknown = index_rows(compared_within=np.nan)
    assert index_places(unknown, complete=True)["rank_source"].tolist() == ["none"] * 3
    with pytest.raises(InputError, match="not known which province a belongs to"):
        compare_scores(unknown)
    with pytest.raises(InputError, match=r"compared_within \(unknown, vn63-60\)"):
        compare_scores(index_rows(compared_within=["vn63-60", np.nan, np.nan]))
    ends = pd.to_datetime(["2023-12-31", None, None])
    with pytest.raises(InputError, match=r"period_end_on \(2023-12-31, unknown\)"):
        compare_scores(index_rows(period_end_on=ends))
    assert compare_scores(index_rows(maximum=[97, np.nan, 97]))["place"].tolist() == [1, 2, 3]


def panel(**columns):
    rows = {
        "unit_id": ["A", "A", "B", "B"], "indicator": "papi", "year": [2022, 2023] * 2,
        "value": [39.0, 41.0, 40.0, 42.0], "series": "2021-",
    }  # fmt: skip
    return pd.DataFrame(rows | columns)


def test_a_year_without_a_figure_is_a_gap():
    found = year_on_year(panel(value=[np.nan, 41.0, 40.0, 42.0]))
    assert found["reading"].tolist() == ["first", "first", "change"]
    later = panel(year=[2021, 2023, 2021, 2022]).assign(value=[39.0, 41.0, 40.0, np.nan])
    assert year_on_year(later)["reading"].tolist() == ["first", "gap", "first"]


@pytest.mark.parametrize(
    "types", [{"year": "str", "value": "str"}, {"year": "Int64", "value": "Float64"}]
)
def test_a_panel_of_other_types_is_read(types):
    expected = year_on_year(panel())
    pd.testing.assert_frame_equal(year_on_year(panel().astype(types)), expected)
    assert expected["change"].dropna().tolist() == [2, 2]
    with pytest.raises(InputError, match="value holds something that is not a number"):
        year_on_year(panel(value="41,5"))


def test_agreement_of_values_read_as_text():
    row = {"bounds": "none", "method": "m", "rule": "r", "unit_of_measure": "u", "source": "x"}
    units = pd.DataFrame({"unit_id": list("ABCDEFGH"), **row})
    total = units.assign(indicator="qd766_score", value=[90.0, 88, 80, 79, 75, 70, 66, 100])
    shares = [0.9, 0.7, 0.95, 0.8, 0.97, 0.6, 0.92, 0.85]
    in_time = units.assign(indicator="qd766_in_time_share", value=shares)
    text = total.assign(value=total["value"].astype("str"))
    pd.testing.assert_frame_equal(agreement(text, in_time), agreement(total, in_time))
    pd.testing.assert_frame_equal(high_yet_low(text, in_time), high_yet_low(total, in_time))


# Scorecards


@pytest.mark.parametrize(("numerator", "denominator"), [("abc", 5), ([1, 2], [1, 2, 3])])
def test_counts_that_are_none_get_one_message(numerator, denominator):
    with pytest.raises(InputError, match="counts that do not fit"):
        component_score("ON_TIME", numerator, denominator)


def counts_of(**changed):
    row = {
        "unit_class": "commune", "period_kind": "month", "group": "TDGQ", "source": "x",
        "period_start_on": "2026-08-01", "period_end_on": "2026-08-31", "metric": "ON_TIME",
        "captured_at": "2026-09-26", "numerator": 750, "denominator": 900,
    }  # fmt: skip
    return row | changed


@pytest.mark.parametrize(
    ("whole", "below", "message"),
    [
        ([{}, {"unit_id": "Q"}], [{}], r"several values of unit_id \(P, Q\)"),
        ([{}], [{}, {"captured_at": "2026-09-27"}], "A: ON_TIME .* is given twice"),
        ([{}], [{"period_kind": "year", "period_start_on": "2026-01-01"}], "period_kind"),
    ],
)
def test_missing_dossiers_of_one_unit_and_one_period_only(whole, below, message):
    whole = pd.DataFrame([counts_of(**{"unit_id": "P"} | changed) for changed in whole])
    below = pd.DataFrame([counts_of(unit_id="A", **changed) for changed in below])
    with pytest.raises(InputError, match=message):
        missing_below(whole, below)


@pytest.mark.parametrize("group", [None, "MDSH"])
def test_a_component_without_its_group_is_no_total(group):
    rows = pd.DataFrame([counts_of(unit_id="A", group=group, published_score=16.67)])
    with pytest.raises(InputError, match=r"A: found ON_TIME in group .*, expected TDGQ"):
        score_totals(rows)


def test_an_answer_saved_in_two_folders_is_added_once():
    units = [("P", None, 800, 1000), ("A", "P", 500, 600), ("B", "P", 300, 400)]
    rows = pd.DataFrame([
        counts_of(unit_id=unit, parent_id=above, numerator=part, denominator=whole, **metric)
        for unit, above, part, whole in units
        for metric in ({}, {"group": "MDHL", "metric": "DOSSIER_RECEIVING_SATISFACTION"})
    ])  # fmt: skip
    again = rows[(rows["unit_id"] == "A") & (rows["metric"] != "ON_TIME")]
    assert check_components(pd.concat([rows, again])).empty


# Printed figures


def shares(indicators, **columns):
    return pd.DataFrame({
        "unit_id": "vn63-807", "kind": "result", "unit_of_measure": "percent", "source": "x",
        "indicator": indicators, **columns,
    })  # fmt: skip


def test_tables_put_together_keep_each_verdict_beside_its_figure():
    one = shares(["on_time_rate"], printed="12.5", value=12.5, numerator=1, denominator=8)
    two = shares(["on_time_rate"], printed="98.4", value=98.4, numerator=1, denominator=2)
    checked = check_rounding(pd.concat([one, two]))  # both with the label 0
    assert checked[["printed", "half_up", "verdict"]].to_numpy().tolist() == [
        ["12.5", "12.5", "agrees"], ["98.4", "50.0", "disagrees"],
    ]  # fmt: skip
    both = [table.assign(indicator="par_index") for table in (one, two)]
    both[1]["unit_id"] = "vn63-80"
    scores = index_scores(pd.concat(both)).set_index("unit_id")
    assert scores["verdict"].to_dict() == {"vn63-807": "agrees", "vn63-80": "disagrees"}


def test_a_figure_printed_twice_is_subtracted_once():
    printed = ["51.25", "51.25", "48.69"]
    figures = shares(
        ["early_rate", "early_rate", "due_day_rate"], printed=printed,
        value=[float(text) for text in printed], denominator=31394, place=["a", "b", "a"],
    )  # fmt: skip
    parts = ["early_rate", "due_day_rate"]
    once = bound_remainder(figures.iloc[1:], parts)
    pd.testing.assert_frame_equal(bound_remainder(figures, parts), once)
    assert once.iloc[-1][["low", "high"]].tolist() == [14, 24]  # by hand
    other = figures.assign(value=[51.25, 51.24, 48.69], printed=["51.25", "51.24", "48.69"])
    assert bound_remainder(other, parts).empty  # which of the two is meant is not known


def test_a_sub_unit_printed_twice_is_added_once():
    units = pd.DataFrame({
        "unit_id": ["P", "A", "B"], "parent_id": [None, "P", "P"], "name": "x", "full_name": "x",
        "unit_class": "province",
    })  # fmt: skip
    figures = shares("on_time_rate", numerator=[90, 40, 50, 40], denominator=[100, 50, 50, 50])
    figures = figures.assign(unit_id=["P", "A", "B", "A"])
    assert check_sums(figures, units=units)["verdict"].tolist() == ["holds", "holds"]


def test_procedures_do_not_add_over_periods():
    periods = {
        "period_start_on": ["2026-07-01", "2026-07-01", "2026-08-01"],
        "period_end_on": ["2026-09-30", "2026-07-31", "2026-08-31"],
    }
    procedures = shares("qd766_public_content_full", numerator=1900, denominator=1900, **periods)
    assert check_periods(procedures).empty
    dossiers = procedures.assign(indicator="qd766_in_time_share")
    assert check_periods(dossiers)["verdict"].tolist() == ["exceeds"]


@pytest.mark.parametrize(
    ("indicator", "printed", "value", "decimals", "unit", "message"),
    [
        ("on_time_rate", "97.7", "0.977", "", "percent", "value: found '0.977'"),
        ("on_time_rate", '"97,7"', "97.7", "", "percent", "printed: found '97,7'"),
        ("on_time_rate", "97.75", "97.75", "1", "percent", "decimals: found '1'"),
        ("received_count", "33.653", "33.653", "", "dossiers", "value: found '33.653'"),
        ("on_time_rate", "97.7", "97.7", "2", "percent", ""),  # 97.70, as JSON writes it
        ("received_count", '"33,653"', "33653", "", "dossiers", ""),
    ],
)
def test_a_value_is_the_number_printed(
    tmp_path, indicator, printed, value, decimals, unit, message
):
    file = tmp_path / "figures.csv"
    file.write_text(
        "unit_id,indicator,kind,printed,value,decimals,unit_of_measure,source\n"
        f"vn63-01,{indicator},result,{printed},{value},{decimals},{unit},x\n",
        encoding="utf-8",
    )
    if message:
        with pytest.raises(InputError, match=f"row 2, column {message}"):
            read_published(file)
    else:
        assert read_published(file)["value"].tolist() == [float(value)]


# Files


def test_a_mark_for_thousands_is_no_decimal_point(tmp_path):
    file = tmp_path / "typed_2026-08_captured-2026-09-26.csv"
    file.write_text(
        "unit,metric,numerator,denominator,published_score\n"
        "H44,ON_TIME,144.000,184.000,15.65\nH44,DOSSIER_SYNC,144.0,184.0,\nH44,TDGQ,,,15.650\n",
        encoding="utf-8",
    )
    reading = read_evaluation(file)
    assert reading.refused["place"].tolist() == ["row 2"]
    assert reading.components["numerator"].dropna().tolist() == [144]
    assert reading.components["published_score"].dropna().tolist() == [15.65]


def test_a_panel_with_lines_that_hold_nothing(tmp_path):
    file = tmp_path / "pci.csv"
    text = "province_code,prov,year,pci_land,pci_weighted\n48,Đà Nẵng,2009,6.5,75.96\n"
    file.write_text(text + ",,,,\n,Ha Tay,2007,5.3,52.2\n", encoding="utf-8")
    read = read_pci(file)
    assert (len(read.estimates), read.refused["row"].tolist()) == (2, [4])
    file.write_text(text + ",Ha Tay,,5.3,52.2\n", encoding="utf-8")
    with pytest.raises(InputError, match="row 3, column year: found nan"):
        read_pci(file)
