"""What lies on the desks, against hand counts and against the dossiers themselves."""

import numpy as np
import pandas as pd
import pytest

from cchc_analysis.backlog import backlog_ages, days_to_due, flows
from cchc_analysis.columns import InputError
from cchc_analysis.periods import weeks
from cchc_analysis.tally import count_cells, open_dossiers

AS_OF = pd.Timestamp("2024-05-31")  # a Friday


def dossiers(rows=400, seed=5):
    rng = np.random.default_rng(seed)
    received = pd.Timestamp("2024-01-02") + pd.to_timedelta(rng.integers(0, 150, rows), unit="D")
    due = received + pd.to_timedelta(rng.integers(0, 40, rows), unit="D")
    end = received + pd.to_timedelta(rng.integers(0, 60, rows), unit="D")
    open_ = (end > AS_OF) | (rng.random(rows) < 0.1)
    return pd.DataFrame(
        {
            "dossier_id": [f"d{i}" for i in range(rows)], "unit_id": rng.choice(["A", "B"], rows),
            "field": rng.choice(["F", "G"], rows), "received_at": received,
            "due_at": pd.Series(due).mask(rng.random(rows) < 0.05),
            "result_at": pd.Series(end).mask(open_),
            "status": np.where(open_, rng.choice([4, 5], rows), 9), "source": "example",
        }
    )  # fmt: skip


def listed(**columns):
    return pd.DataFrame(columns).assign(
        day_kind="working", as_of=AS_OF, rule="strict", source="example"
    )


def test_ages_fall_into_their_bands_ends_included():
    ages = [0, 5, 6, 10, 11, 20, 21, 40, 41, 60, 61, 500]
    counted = backlog_ages(listed(age_days=ages, suspended=[True] + [False] * 11))
    assert counted["band"].tolist() == ["to_5", "to_10", "to_20", "to_40", "to_60", "over_60"]
    assert counted["count"].tolist() == [2] * 6
    assert counted["total"].tolist() == [12] * 6
    assert counted["suspended_count"].tolist() == [1, 0, 0, 0, 0, 0]


def test_days_to_due_fall_into_their_bands():
    due = pd.to_datetime(
        ["2024-05-01", "2024-05-17", "2024-05-30", "2024-05-26", "2024-05-31", "2024-06-01",
         "2024-06-03", "2024-06-04", "2024-06-07", "2024-06-14", "2024-06-17", None]
    )  # fmt: skip
    days = [-20, -10, -1, -5, 0, 0, 1, 2, 5, 10, 11, np.nan]
    overdue = [True] * 4 + [False] * 7 + [None]
    counted = days_to_due(listed(due_at=due, days_to_due=days, overdue=overdue, suspended=False))
    assert dict(zip(counted["band"], counted["count"], strict=True)) == {
        "overdue_over_10": 1,
        "overdue_to_10": 3,
        "due_today": 1,
        "due_in_2": 3,  # the Saturday too: 0 working days away, but not today
        "due_in_5": 1,
        "due_in_10": 1,
        "due_later": 1,
        "no_due_date": 1,
    }


def test_due_on_saturday_seen_on_sunday_is_overdue():
    counted = days_to_due(
        listed(due_at=[pd.Timestamp("2024-06-01")], days_to_due=[0.0], overdue=[True],
               suspended=[False]).assign(as_of=pd.Timestamp("2024-06-02"))
    )  # fmt: skip
    assert counted.loc[counted["count"] > 0, "band"].tolist() == ["overdue_to_10"]


def test_by_a_column_every_band_is_there_and_missing_values_are_a_group():
    rows = listed(age_days=[1, 30, 2], suspended=[False] * 3, field=["F", "F", None])
    counted = backlog_ages(rows, by=["field"])
    assert len(counted) == 12
    assert counted.groupby("field", dropna=False)["total"].first().tolist() == [2, 1]


def test_suspended_is_not_told_on_a_past_day():
    rows = listed(age_days=[1, 1], suspended=pd.array([None, False], dtype="boolean"))
    assert np.isnan(backlog_ages(rows)["suspended_count"].iloc[0])


def test_nothing_open_gives_no_rows():
    none = listed(age_days=[1.0], suspended=[False]).iloc[:0]
    assert backlog_ages(none).empty
    everything = open_dossiers(dossiers(), as_of=AS_OF).iloc[:0]
    assert days_to_due(everything).empty


def test_an_unknown_column_is_refused():
    with pytest.raises(InputError, match="no column 'feild' to count by, expected one of"):
        backlog_ages(listed(age_days=[1], suspended=[False]), by=["feild"])


def test_the_stock_is_that_of_the_dossiers():
    found = open_dossiers(dossiers(), as_of=AS_OF)
    assert backlog_ages(found)["count"].sum() == len(found)
    counted = days_to_due(found, by=["unit_id"])
    assert counted.groupby("unit_id")["count"].sum().to_dict() == {
        unit: int((found["unit_id"] == unit).sum()) for unit in ("A", "B")
    }


def test_flows_leave_open_what_is_listed_as_open_week_by_week():
    rows = dossiers()
    tally = count_cells(rows, periods=weeks("2024-03-04", "2024-05-26"), as_of=AS_OF)
    found = flows(tally)
    assert len(found) == 12
    assert found["gap_count"].iloc[1:].tolist() == [0] * 11
    assert np.isnan(found["gap_count"].iloc[0])
    for row in found.itertuples():
        # status 9 without an end does not occur here, so every open dossier is listed
        assert row.open_count == len(open_dossiers(rows, as_of=row.period_end_on))
    by_unit = flows(tally, by=["unit_id"])
    assert by_unit.groupby("period_start_on")["open_count"].sum().tolist() == (
        found["open_count"].tolist()
    )


def tally(**changes):
    table = {
        "unit_id": ["A", "B", "A", "B"],
        "period_start_on": ["2024-05-06"] * 2 + ["2024-05-13"] * 2,
        "period_end_on": ["2024-05-12"] * 2 + ["2024-05-19"] * 2,
        "basis": "period", "rule": "strict", "as_of": "2024-05-31", "source": ["x", "y"] * 2,
        "carried_count": [10, 5, 12, 4], "received_count": [40, 9, 0, 0],
        "resolved_count": [38, 10, 5, 0], "pending_in_time_count": [12, 4, 7, 4],
        "overdue_count": 0, "suspended_count": 0,
    }  # fmt: skip
    return pd.DataFrame(table | changes)


def test_flows_by_hand():
    found = flows(tally())
    assert found["opening_count"].tolist() == [15, 16]
    assert found["open_count"].tolist() == [16, 11]
    assert found["count"].tolist() == [48, 5]
    assert found["total"].tolist() == [49, 0]
    assert found["clearance_ratio"].iloc[0] == 48 / 49
    assert np.isnan(found["clearance_ratio"].iloc[1])
    assert found["source"].tolist() == ["x; y"] * 2


def test_an_opening_that_is_not_what_was_left_shows_as_a_gap():
    found = flows(tally(carried_count=[10, 5, 13, 4]), by=["unit_id"])
    assert found.set_index(["unit_id", "period_start_on"])["gap_count"].fillna(-9).tolist() == (
        [-9, 1, -9, 0]
    )


def test_periods_that_do_not_adjoin_have_no_gap():
    later = tally(period_start_on=["2024-05-06"] * 2 + ["2024-05-20"] * 2,
                  period_end_on=["2024-05-12"] * 2 + ["2024-05-26"] * 2)  # fmt: skip
    assert flows(later)["gap_count"].isna().all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"basis": "due"}, "expected 'period'; count it with count_cells"),
        ({"resolved_count": [38, np.nan, 5, 0]}, "resolved_count is missing in some cells"),
        ({"overdue_count": [0, 0, 5, 0]}, "from 2024-05-13 more dossiers are open than"),
    ],
)
def test_flows_that_cannot_be_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        flows(tally(**changes))


def test_an_empty_tally_gives_no_flows():
    assert flows(tally().iloc[:0]).empty
