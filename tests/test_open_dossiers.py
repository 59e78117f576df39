"""The dossiers open on a day against hand counts, a slow look at any rows, and the tally."""

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cchc_analysis.columns import DOSSIERS, InputError, check
from cchc_analysis.tally import count_cells, open_dossiers
from cchc_analysis.tally.open_dossiers import COLUMNS

# April and May 2024: the Hùng Kings' day, and the days off around 30 April and 1 May. Saturday
# 4 May made up for 29 April.
DAYS_OFF = {date(2024, 4, 18), date(2024, 4, 29), date(2024, 4, 30), date(2024, 5, 1)}
MADE_UP = {date(2024, 5, 4)}
DRAWN_ON = "2024-05-31"


def days_between(start, stop):
    if stop < start:
        return -days_between(stop, start)
    days = (start + timedelta(days=n) for n in range(1, (stop - start).days + 1))
    return sum((d.weekday() < 5 and d not in DAYS_OFF) or d in MADE_UP for d in days)


def dossiers(*rows):
    table = pd.DataFrame(rows)
    times = {n: pd.to_datetime(table[n], format="ISO8601") for n in table if n.endswith("_at")}
    table = table.assign(**times, unit_id="U", source="by hand")
    if "drawn_on" in table:
        table["drawn_on"] = pd.to_datetime(table["drawn_on"])
    return check(table.assign(dossier_id=[f"d{n}" for n in range(len(table))]), DOSSIERS)


HAND = dossiers(
    {"received_at": "2024-04-02 09:00", "due_at": "2024-04-12 17:00"},  # d0 open
    {"received_at": "2024-04-08", "due_at": "2024-04-23", "result_at": "2024-04-22", "status": 9},
    {"received_at": "2024-04-08", "due_at": "2024-04-16", "result_at": "2024-04-15"},  # d2 over
    {"received_at": "2024-04-16", "due_at": "2024-04-18"},  # d3 received after
    {"received_at": "2024-04-03", "due_at": None, "status": 5},  # d4
    {"received_at": "2024-04-03", "due_at": "2024-04-16", "status": 9},  # d5 ended, no date
    {"received_at": "2024-04-03", "due_at": "2024-04-16", "status": 3},  # d6 not accepted
    {"received_at": "2024-04-12", "due_at": "2024-04-15"},  # d7 due that day
    {"received_at": "2024-04-12", "due_at": "2024-04-10"},  # d8 due before receipt
)


def test_open_on_15_april_by_hand():
    listed = open_dossiers(HAND, as_of="2024-04-15")
    assert list(listed) == list(COLUMNS)
    assert listed["dossier_id"].tolist() == ["d8", "d0", "d7", "d1", "d4"]
    by_id = listed.set_index("dossier_id")
    # 15 April was a Monday; 16, 17, 19, 22 and 23 April are five working days
    assert by_id["age_days"].to_dict() == {"d8": 1, "d0": 9, "d7": 1, "d1": 5, "d4": 8}
    assert by_id["days_to_due"].iloc[:4].tolist() == [-3, -1, 0, 5]
    assert by_id["legal_days"].iloc[1:4].tolist() == [8, 1, 10]
    assert by_id.loc[["d8", "d4"], "legal_days"].isna().all()
    assert by_id["overdue"].iloc[:4].tolist() == [True, True, False, False]
    assert by_id["overdue"].isna().tolist() == [False] * 4 + [True]
    assert by_id["suspended"].tolist() == [False, False, False, False, True]
    assert by_id["ended_on"].notna().to_dict() == dict.fromkeys(["d8", "d0", "d7", "d4"], False) | {
        "d1": True
    }
    assert set(listed["rule"]) == {"strict"}


def test_overdue_goes_by_date_though_no_working_day_has_passed():
    table = dossiers({"received_at": "2024-04-02", "due_at": "2024-04-13"})  # a Saturday
    sunday = open_dossiers(table, as_of="2024-04-14").iloc[0]
    assert (sunday["days_to_due"], sunday["overdue"]) == (0, True)


def test_a_later_status_says_nothing_of_an_earlier_day():
    table = dossiers({"received_at": "2024-04-02", "status": 5, "drawn_on": DRAWN_ON})
    assert open_dossiers(table, as_of="2024-04-14")["suspended"].isna().tolist() == [True]
    assert open_dossiers(table, as_of=DRAWN_ON)["suspended"].tolist() == [True]


def test_further_columns_are_the_keys_of_a_tally():
    keys = ["field", "received_weekday", "legal_time", "received_hour"]
    listed = open_dossiers(HAND, keys, as_of="2024-04-15").set_index("dossier_id")
    assert list(listed)[-3:] == ["received_weekday", "legal_time", "received_hour"]
    assert listed.loc["d0", keys[1:]].tolist() == [2, "8-15", 9]
    with pytest.raises(InputError, match="cannot count by 'ended_on'; the keys are"):
        open_dossiers(HAND, ["ended_on"], as_of="2024-04-15")


def test_the_first_appointment_by_the_rule_that_takes_it():
    table = dossiers(
        {"received_at": "2024-04-02", "first_due_at": "2024-04-05", "due_at": "2024-04-19"}
    )
    assert open_dossiers(table, as_of="2024-04-15")["overdue"].tolist() == [False]
    first = open_dossiers(table, as_of="2024-04-15", rule="strict_first_due").iloc[0]
    assert (first["overdue"], first["due_at"]) == (True, pd.Timestamp("2024-04-05"))


def test_none_open_and_no_dossiers_give_no_rows_but_typed_columns():
    over = dossiers({"received_at": "2024-04-02", "result_at": "2024-04-03"})
    for table in (over, over.iloc[:0]):
        listed = open_dossiers(table, ["workload", "allowed_days"], as_of="2024-04-15")
        assert listed.empty
        assert list(listed) == [*COLUMNS, "workload", "allowed_days"]
        assert listed["overdue"].dtype == "boolean"
        assert listed["due_at"].dtype == "datetime64[us]"


def test_years_without_working_days_and_calendar_days():
    table = dossiers({"received_at": "2011-04-02", "due_at": "2011-04-12"})
    with pytest.raises(InputError, match="give days='calendar'"):
        open_dossiers(table, as_of="2011-04-30")
    row = open_dossiers(table, as_of="2011-04-30", days="calendar").iloc[0]
    assert (row["age_days"], row["days_to_due"], row["legal_days"]) == (28, -18, 10)


def test_a_path_gives_the_same_and_inputs_are_left_as_they_were(tmp_path):
    before = HAND.copy(deep=True)
    HAND.to_parquet(tmp_path / "dossiers.parquet")
    found, expected = (
        open_dossiers(source, ["workload"], as_of="2024-04-15")
        for source in (tmp_path / "dossiers.parquet", HAND)
    )
    pd.testing.assert_frame_equal(found, expected)
    pd.testing.assert_frame_equal(HAND, before)


# ---------------------------------------------------------------- a slow look at any rows

DAYS = st.dates(date(2024, 3, 25), date(2024, 5, 31))
ROW = st.fixed_dictionaries(
    {
        "received_at": DAYS, "due_at": st.none() | DAYS, "result_at": st.none() | DAYS,
        "status": st.sampled_from([1, 2, 3, 4, 5, 7, 9, 10, None]),
    }
)  # fmt: skip


def frame(rows):
    table = dossiers(*({k: v for k, v in r.items() if k != "status"} for r in rows))
    table["status"] = pd.array([r["status"] for r in rows], dtype="Float64").astype("float64")
    return table


@settings(
    max_examples=12, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
@given(st.lists(ROW, min_size=1, max_size=40), DAYS, st.sampled_from(["strict", "form06"]))
def test_any_rows_equal_the_slow_list_and_the_stock_of_the_tally(rows, today, rule):
    table = frame(rows)
    listed = open_dossiers(table, as_of=today, rule=rule).set_index("dossier_id")
    expected = {}
    for place, row in enumerate(rows):
        received, due, end, status = (
            row[n] for n in ("received_at", "due_at", "result_at", "status")
        )
        ended = end is not None and (rule == "strict" or status in (None, 7, 9, 10))
        if received > today or status in (1, 3) or (ended and end <= today):
            continue
        if end is None and status in (7, 9, 10):
            continue
        to_due = None if due is None else days_between(today, due)
        expected[f"d{place}"] = (days_between(received, today), to_due, due and due < today)
    found = {
        name: tuple(None if pd.isna(v) else v for v in row)
        for name, *row in listed[["age_days", "days_to_due", "overdue"]].itertuples()
    }
    assert found == expected
    tally = count_cells(table, periods=(today, today), as_of=today, rule=rule)
    open_count = tally[["received_count", "carried_count"]].sum().sum()
    open_count -= tally["resolved_count"].sum()
    undated = table["result_at"].isna() & table["status"].isin([7, 9, 10])
    undated &= table["received_at"] <= pd.Timestamp(today)
    assert len(listed) == open_count - undated.sum()
