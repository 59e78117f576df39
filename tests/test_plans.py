"""Tasks by the clock of the dossiers, and the printed figures of plans with their sources."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cchc_analysis import catalogue
from cchc_analysis.columns import InputError, empty
from cchc_analysis.reconciliation import estimates_as_printed
from cchc_analysis.scorecards.plans import (
    TASKS,
    TOPICS,
    plan_figures,
    task_estimates,
    task_status,
)
from cchc_analysis.scorecards.targets import attainment, targets_on_record
from cchc_analysis.sources.published import read_published

FOUNDING = Path(__file__).resolve().parents[1] / "data" / "published" / "founding.csv"
PARTS = ["done_in_time_count", "done_late_count", "overdue_count", "open_in_time_count",
         "undated_count"]  # fmt: skip


def tasks(*rows):
    names = ["task_id", "assigned_on", "begun_on", "due_on", "done_on"]
    return pd.DataFrame(rows, columns=names).assign(unit_id="A")


@pytest.fixture(scope="module")
def founding():
    return read_published(FOUNDING)


# The clock


@pytest.mark.parametrize(
    ("due_on", "done_on", "place"),
    [
        ("2024-05-31", "2024-05-30", "done_in_time_count"),
        ("2024-05-30", "2024-05-30", "done_in_time_count"),  # the due day is in time
        ("2024-05-29", "2024-05-30", "done_late_count"),
        ("2024-05-30", None, "overdue_count"),  # the day after, it is overdue
        ("2024-05-31", None, "open_in_time_count"),  # on the day, it is not
        ("2024-05-31", "2024-06-01", "open_in_time_count"),  # done later: not known yet
        (None, None, "undated_count"),
        (None, "2024-05-30", "undated_count"),
    ],
)
def test_a_task_is_in_one_place(due_on, done_on, place):
    row = task_status(tasks(("a", "2024-01-02", None, due_on, done_on)), "2024-05-31").iloc[0]
    assert row[PARTS].to_dict() == {name: int(name == place) for name in PARTS}
    assert row["assigned_count"] == 1


def test_begun_is_counted_beside():
    rows = tasks(
        ("a", "2024-01-02", "2024-02-01", "2024-06-30", None),
        ("b", "2024-01-02", "2024-06-15", "2024-06-30", None),  # begun later
        ("c", "2024-01-02", None, "2024-06-30", "2024-05-01"),  # done, so begun
        ("d", "2024-01-02", None, "2024-01-31", None),
        ("e", "2024-06-01", None, "2024-06-30", None),  # not assigned yet
    )
    row = task_status(rows, "2024-05-31").iloc[0]
    assert (row["assigned_count"], row["begun_count"], row["not_begun_count"]) == (4, 2, 2)
    assert (row["done_count"], row["overdue_count"], row["open_in_time_count"]) == (1, 1, 2)
    assert row["first_assigned_on"] == pd.Timestamp("2024-01-02")


DAY = st.integers(0, 40)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(DAY, st.none() | DAY, st.none() | DAY, st.none() | DAY), max_size=8), DAY)
def test_places_add_to_the_tasks_assigned(drawn, as_of):
    start = pd.Timestamp("2024-01-01")

    def day(number, least=0):
        return None if number is None else start + pd.Timedelta(days=number + least)

    rows = tasks(
        *(
            (str(place), day(a), day(b), day(due, a), day(done, a))
            for place, (a, b, due, done) in enumerate(drawn)
        )
    )
    status = task_status(rows, start + pd.Timedelta(days=as_of))
    assigned = sum(one[0] <= as_of for one in drawn)
    assert status["assigned_count"].sum() == assigned == status[PARTS].to_numpy().sum()
    assert (status["begun_count"] + status["not_begun_count"]).sum() == assigned


def test_no_tasks_no_rows():
    status = task_status(empty(TASKS), "2024-05-31")
    assert len(status) == 0
    assert len(task_estimates(status, source="x")) == 0
    assert len(plan_figures(read_published(FOUNDING).iloc[:0])) == 0


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("a", "2024-02-01", None, None, None)] * 2, "row 1: the task comes twice"),
        ([("a", "2024-02-01", None, "2024-01-31", None)], "row 0: due on 2024-01-31, before it"),
        ([("a", "2024-02-01", None, None, "2024-01-31")], "row 0: done on 2024-01-31, before it"),
        ([("a", None, None, None, None)], "assigned_on, row 0"),
    ],
)
def test_impossible_tasks_are_refused(rows, message):
    with pytest.raises(InputError, match=message):
        task_status(tasks(*rows), "2024-05-31")


def test_tasks_against_a_target():
    rows = tasks(
        ("a", "2024-01-02", None, "2024-03-31", "2024-03-31"),
        ("b", "2024-01-02", None, "2024-03-31", "2024-04-02"),
        ("c", "2024-01-02", None, "2024-03-31", None),
    )
    figures = task_estimates(task_status(rows, "2024-06-30"), source="list of tasks")
    shares = figures.set_index("indicator")["value"]
    assert shares["tasks_completed_share"] == pytest.approx(2 / 3)
    assert shares["tasks_on_time_rate"] == pytest.approx(1 / 3)
    assert shares["tasks_overdue_count"] == 1
    goal = pd.DataFrame({
        "unit_id": ["A"], "indicator": "tasks_completed_share", "comparison": ">=", "target": 1.0,
        "valid_from": "2024-01-01", "valid_to": "2024-12-31", "document": "Kế hoạch 1",
        "document_on": "2023-12-20", "source": "x",
    })  # fmt: skip
    row = attainment(figures, goal).iloc[0]
    assert (row["reading"], row["whole_time"], row["document"]) == ("missed", False, "Kế hoạch 1")


# What the founding articles print


@pytest.mark.parametrize(
    ("unit_id", "indicator", "year", "value", "total", "place"),
    [
        ("vn63-77", "units_inspected_count", 2023, 26, np.nan, "P5"),
        ("vn63-77", "surprise_inspected_departments_count", 2023, 2, np.nan, "P5"),
        ("vn63-77", "surprise_inspected_desks_count", 2023, 13, np.nan, "P5"),
        ("vn63-77", "petitions_handled_count", 2023, 12, 12, "P5"),
        ("vn63-446", "par_contents_count", 2018, 6, np.nan, "P4"),
        ("vn63-02", "onsite_agencies_count", 2021, 10, np.nan, "P11"),
        ("vn63-02", "districts_reorganised_count", 2021, 11, 11, "P12"),
        ("vn63-02", "merger_plan_departments_count", 2021, 13, np.nan, "P12"),
        ("vn63-02", "divisions_cut_count", 2021, 23, np.nan, "P12"),
        ("vn63-02", "awards_collectives_count", 2021, 11, np.nan, "P14"),
        ("vn63-02", "awards_individuals_count", 2021, 19, np.nan, "P14"),
        ("vn63-595", "divisions_inspected_count", 2024, 4, 12, "P7"),
        ("vn63-595", "communes_inspected_count", 2024, 11, 11, "P7"),
        ("vn63-595", "staff_trained_count", 2024, 62, np.nan, "P10"),
        ("vn63-595", "divisions_with_plan_count", 2024, 2, np.nan, "P11"),
        ("vn63-595", "divisions_with_remedial_plan_count", 2024, 8, np.nan, "P11"),
        ("vn63-807", "tasks_started_count", 2024, 21, 29, "P6"),
        ("vn63-807", "tasks_completed_count", 2024, 10, 29, "P6"),
    ],
)
def test_each_founding_figure_of_plans_with_its_place(
    founding, unit_id, indicator, year, value, total, place
):
    found = plan_figures(founding)
    row = found[(found["unit_id"] == unit_id) & (found["indicator"] == indicator)]
    assert len(row) == 1
    row = row.iloc[0]
    assert row["period_end_on"].year == year
    assert (row["value"], row["place"], row["kind"]) == (value, place, "result")
    np.testing.assert_equal(row["total"], total)
    assert row["source"].startswith("founding article")


def test_tasks_set_without_a_period_are_there_too(founding):
    found = plan_figures(founding)
    row = found[found["indicator"] == "tasks_set_count"].iloc[0]
    assert (row["unit_id"], row["value"], row["place"]) == ("vn63-77", 9, "P10")


def test_shares_and_rests_of_the_tasks(founding):
    rows = plan_figures(founding).set_index("indicator")
    started, done = rows.loc["tasks_started_count"], rows.loc["tasks_completed_count"]
    assert round(100 * started["share"], 1) == 72.4 and started["rest"] == 8
    assert round(100 * done["share"], 1) == 34.5 and done["rest"] == 19
    assert (started["total_from"], done["total_from"]) == ("printed", "same_text")
    assert rows.loc["divisions_with_plan_count", "total_from"] == "none"


def test_targets_of_the_articles_are_commitments(founding):
    found = plan_figures(founding)
    targets = found[found["kind"] == "target"].set_index(["unit_id", "indicator"])
    assert targets["value"].to_dict() == {
        ("vn63-02", "tasks_completed_share"): 100,
        ("vn63-595", "online_share"): 50,
        ("vn63-595", "on_time_rate"): 98,
        ("vn63-595", "digitised_in_out_share"): 80,
        ("vn63-595", "entered_in_system_share"): 100,
    }
    other = targets["topic"].drop(("vn63-02", "tasks_completed_share"))
    assert set(other) == {"commitments"}


def test_every_target_of_the_articles_is_set_beside_what_is_known(founding):
    goals = targets_on_record(founding)
    goals = goals[goals["unit_id"].isin(["vn63-02", "vn63-595"])]
    found = attainment(estimates_as_printed(founding), goals)
    assert len(found) == 5
    assert set(found["reading"]) == {"no_figure"}  # the articles print targets, no results


@pytest.mark.parametrize("name", sorted({name for names in TOPICS.values() for name in names}))
def test_every_indicator_of_a_topic_is_in_the_catalogue(name):
    assert catalogue.indicator(name).vi
