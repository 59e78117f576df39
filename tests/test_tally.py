"""Tallies against hand counts, and what must hold for any rows."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cchc_analysis.columns import TALLY, TALLY_COUNTS, InputError, check
from cchc_analysis.periods import months, period_table
from cchc_analysis.tally import count_cells, count_cohorts, roll_up, sum_cells

MARCH = ("2024-03-01", "2024-03-31")

# Twenty-four dossiers of one unit. Dates are days of 2024; the due date of d02 has a time of
# day before that of its result. What each is stands at the end of its line.
HAND = """
id  status received due         result      returned online scans
d01 10     03-04    03-11       03-08       03-12    yes    yes   early
d02 9      03-04    03-11T10:00 03-11T16:00 -        no     no    on the due day
d03 10     03-04    03-11       03-12       03-12    yes    yes   late
d04 10     03-05    03-12       -           03-12    no     no    on the due day, by its return
d05 9      02-20    03-01       03-05       -        yes    no    carried over, late
d06 9      02-20    02-28       02-27       -        no     no    finished before March
d07 10     03-06    -           03-07       03-07    no     no    finished, no due date
d08 9      03-06    03-13       -           -        no     no    finished, but no date says when
d09 7      03-07    03-14       03-20       -        no     no    withdrawn after the due date
d10 7      03-07    03-14       -           -        no     no    withdrawn, no date says when
d11 5      03-08    03-15       -           -        no     no    waits for papers, due date past
d12 6      03-25    05-10       -           -        no     no    waits for a payment
d13 8      02-15    -           -           -        no     yes   carried over, stopped, no due date
d14 4      03-11    03-18       -           -        yes    no    open, past the due date
d15 4      03-25    03-31       -           -        no     no    open, due on the last day of March
d16 2      03-28    04-30       -           -        no     no    open, due on 30 April
d17 2      03-28    -           -           -        no     no    open, no due date
d18 1      -        -           -           -        yes    yes   not accepted
d19 3      03-11    03-18       -           -        yes    yes   refused by the desk
d20 4      03-12    03-20       03-19       -        no     no    has a result, status unfinished
d21 9      03-20    04-02       04-03       -        no     no    finished in April, late
d22 4      04-01    04-10       -           -        no     no    received after March
d23 -      03-13    03-20       03-19       -        no     no    early, no status
d24 7      03-13    03-20       03-15       -        no     no    withdrawn before the due date
"""


def hand_table():
    rows = [line.split(None, 8) for line in HAND.strip().splitlines()[1:]]

    def times(place):
        return pd.to_datetime([None if r[place] == "-" else f"2024-{r[place]}" for r in rows],
                              format="ISO8601")  # fmt: skip

    return pd.DataFrame(
        {
            "dossier_id": [r[0] for r in rows],
            "unit_id": "U",
            "status": [np.nan if r[1] == "-" else int(r[1]) for r in rows],
            "received_at": times(2),
            "due_at": times(3),
            "result_at": times(4),
            "returned_at": times(5),
            "channel": ["online" if r[6] == "yes" else "in_person" for r in rows],
            "digitised": [r[7] == "yes" for r in rows],
            "source": "by hand",
        }
    )


def only_counts(tally):
    assert len(tally) == 1
    return {
        name.removesuffix("_count"): int(value)
        for name, value in tally.iloc[0][list(TALLY_COUNTS)].items()
        if not pd.isna(value)
    }


# March holds all but d06 (over), d18 and d19 (not accepted) and d22 (later): 20 dossiers, of
# which d05 and d13 were carried over. Open or not is judged on 31 March, so d21 is open.
STRICT_MARCH = {
    "received": 18,
    "carried": 2,  # d05 d13
    "resolved": 10,  # d01 d02 d03 d04 d05 d07 d09 d20 d23 d24
    "on_time": 5,  # d01 d02 d04 d20 d23
    "late": 2,  # d03 d05
    "pending_in_time": 3,  # d15 d16 d21
    "overdue": 1,  # d14
    "online": 3,  # d01 d03 d14; d05 was carried over
    "digitised": 2,  # d01 d03; d13 was carried over
    "early": 3,  # d01 d20 d23
    "due_day": 2,  # d02 d04
    "withdrawn": 2,  # d09 d24
    "undated": 4,  # d07 d08 d10 d17
    "suspended": 3,  # d11 d12 d13
}
FORM06_MARCH = STRICT_MARCH | {
    "resolved": 9,  # as above without d20: its status says unfinished
    "on_time": 7,  # d01 d02 d04 d23, undated d07, withdrawn d09 d24
    "pending_in_time": 9,  # d15 d16 d21, waiting d11 d12 d13, undated d08 d10 d17
    "overdue": 2,  # d14 d20
    "early": 2,  # d01 d23
}
# The 18 received in March, judged on 30 April: d20 is open by its status, d21 finished late.
QD766_MARCH = {
    "received": 18,
    "resolved": 9,  # d01 d02 d03 d04 d07 d09 d21 d23 d24
    "on_time": 5,  # d01 d02 d04 d23 d24
    "late": 3,  # d03 d09 d21
    "pending_in_time": 2,  # d12 (due 10 May), d16 (due that very day)
    "overdue": 4,  # d11 d14 d15 d20
    "online": 3,  # d01 d03 d14
    "digitised": 2,  # d01 d03
    "early": 2,  # d01 d23
    "due_day": 2,  # d02 d04
    "withdrawn": 2,  # d09 d24, judged by their dates and told here
    "undated": 4,  # d07 d08 d10 d17, apart
    "suspended": 2,  # d11 d12, judged by their due dates and told here
}
# Due in March and accepted: d01-d05 d08-d11 d14 d15 d20 d23 d24, judged on 30 April.
DUE_MARCH = {
    "received": 14,
    "resolved": 9,  # d01 d02 d03 d04 d05 d09 d20 d23 d24
    "on_time": 5,  # d01 d02 d04 d20 d23
    "late": 2,  # d03 d05
    "pending_in_time": 0,
    "overdue": 2,  # d14 d15
    "online": 4,  # d01 d03 d05 d14
    "digitised": 2,  # d01 d03
    "early": 3,  # d01 d20 d23
    "due_day": 2,  # d02 d04
    "withdrawn": 2,  # d09 d24
    "undated": 2,  # d08 d10
    "suspended": 1,  # d11
}


@pytest.mark.parametrize(("rule", "expected"), [("strict", STRICT_MARCH), ("form06", FORM06_MARCH)])
def test_cells_of_march_counted_by_hand(rule, expected):
    tally = count_cells(hand_table(), periods=MARCH, as_of="2024-04-30", rule=rule)
    assert only_counts(tally) == expected
    keys = tally.iloc[0]
    assert (keys["unit_id"], keys["basis"], keys["rule"]) == ("U", "period", rule)
    assert keys["period_end_on"] == pd.Timestamp("2024-03-31")
    assert keys["as_of"] == pd.Timestamp("2024-04-30")


def test_received_cohort_of_march_counted_by_hand():
    tally = count_cohorts(
        hand_table(), cohort="received", periods=MARCH, as_of="2024-04-30", rule="qd766"
    )
    assert only_counts(tally) == QD766_MARCH
    assert tally["carried_count"].isna().all()


def test_due_cohort_of_march_counted_by_hand():
    tally = count_cohorts(hand_table(), cohort="due", periods=MARCH, as_of="2024-04-30")
    assert only_counts(tally) == DUE_MARCH
    assert tally["basis"].tolist() == ["due"]


def test_a_dossier_received_in_a_period_counts_there_though_its_result_is_dated_before():
    odd = pd.DataFrame(
        {
            "dossier_id": ["a"], "unit_id": "U", "source": "by hand",
            "received_at": pd.to_datetime(["2024-03-02"]),
            "due_at": pd.to_datetime(["2024-03-09"]),
            "result_at": pd.to_datetime(["2024-02-27"]),
        }
    )  # fmt: skip
    tally = count_cells(odd, periods=months("2024-02-01", "2024-04-30"), as_of="2024-04-30")
    assert tally["period_start_on"].tolist() == [pd.Timestamp("2024-03-01")]
    assert tally[["received_count", "resolved_count", "early_count"]].iloc[0].tolist() == [1, 1, 1]


def test_open_stock_is_carried_from_one_month_into_the_next():
    table = hand_table()
    by_month = count_cells(table, periods=months("2024-02-01", "2024-04-30"), as_of="2024-04-30")
    assert by_month["received_count"].tolist() == [3, 18, 1]  # d05 d06 d13; March; d22
    open_count = by_month["received_count"] + by_month["carried_count"] - by_month["resolved_count"]
    assert by_month["carried_count"].tolist() == [0, 2, 10]
    assert open_count.tolist() == [2, 10, 10]  # February; March; April: d21 out, d22 in


def test_what_a_source_does_not_give_is_missing_not_zero():
    bare = hand_table().drop(columns=["channel", "digitised"])
    tally = count_cells(bare, periods=MARCH, as_of="2024-04-30")
    assert tally["online_count"].isna().all()
    assert tally["digitised_count"].isna().all()
    assert tally["received_count"].tolist() == [18]


def test_no_dossiers_give_no_rows_but_the_columns():
    tally = count_cells(hand_table().iloc[:0], ["field"], periods=MARCH, as_of="2024-04-30")
    assert tally.empty
    assert list(tally) == [*TALLY.names, "field"]


def test_keys_taken_from_dates():
    tally = count_cells(
        hand_table(), ["received_month", "received_quarter", "due_month"], periods=MARCH,
        as_of="2024-04-30",
    )  # fmt: skip
    by_month = tally.groupby("received_month")["received_count"].sum()
    assert by_month.to_dict() == {2: 0, 3: 18}
    assert set(tally["received_quarter"]) == {1}
    # in the March cells without a due date: d07 d13 d17
    cells = tally.assign(n=tally["received_count"] + tally["carried_count"])
    assert cells[cells["due_month"].isna()]["n"].sum() == 3


def test_a_missing_field_is_a_group_of_its_own():
    table = hand_table().assign(field=lambda t: ["land"] * 4 + [None] * (len(t) - 4))
    tally = count_cells(table, ["field"], periods=MARCH, as_of="2024-04-30")
    found = {
        "none" if pd.isna(field) else field: count
        for field, count in zip(tally["field"], tally["received_count"], strict=True)
    }
    assert found == {"land": 4, "none": 14}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"by": ["colour"]}, "cannot count by 'colour'.*field, procedure"),
        ({"by": ["officer_name"]}, "cannot count by"),
        ({"rule": "lenient"}, "unknown rule 'lenient'; the rules are strict, form06, qd766"),
        ({"rule": "qd766"}, "'qd766' is defined for received, not for period"),
        ({"periods": ("2024-03-01", "2024-05-01")}, "ends on 2024-05-01, after .*2024-04-30"),
        ({"periods": ("2024-03-31", "2024-03-01")}, "before it starts"),
    ],
)
def test_what_count_cells_refuses(wrong, message):
    asked = {"periods": MARCH, "as_of": "2024-04-30"} | wrong
    with pytest.raises(InputError, match=message):
        count_cells(hand_table(), **asked)


def test_what_count_cohorts_refuses():
    asked = {"periods": MARCH, "as_of": "2024-04-30"}
    with pytest.raises(InputError, match="must be 'received' or 'due', got 'resolved'"):
        count_cohorts(hand_table(), cohort="resolved", **asked)
    with pytest.raises(InputError, match="'qd766' is defined for received, not for due"):
        count_cohorts(hand_table(), cohort="due", rule="qd766", **asked)
    with pytest.raises(InputError, match="'form06' is defined for period, not for received"):
        count_cohorts(hand_table(), cohort="received", rule="form06", **asked)
    with pytest.raises(InputError, match="dossiers has no column 'unit_id'"):
        count_cells(hand_table().drop(columns="unit_id"), **asked)


def test_months_and_periods():
    assert len(months("2023-12-15", "2024-03-14")) == 4
    cut = months("2024-02-10", "2024-02-20").iloc[0]
    assert [day.day for day in cut] == [10, 20]
    assert months(pd.NaT, "2024-01-01").empty
    table = period_table(months("2024-01-01", "2024-03-31"), "2024-03-31")
    assert table["period_end_on"].dt.day.tolist() == [31, 29, 31]


def test_inputs_are_left_as_they_were():
    table = hand_table()
    before = table.copy(deep=True)
    count_cells(table, periods=MARCH, as_of="2024-04-30")
    count_cohorts(table, cohort="due", periods=MARCH, as_of="2024-04-30")
    pd.testing.assert_frame_equal(table, before)


# ---------------------------------------------------------------- a unit with those below it


def cells(**columns):
    base = {
        "period_start_on": "2024-01-01", "period_end_on": "2024-01-31", "basis": "period",
        "rule": "strict", "as_of": "2024-01-31", "source": "by hand",
    }  # fmt: skip
    return check(pd.DataFrame(base | columns), TALLY)


def test_roll_up_adds_the_units_below_and_no_other():
    units = pd.DataFrame(
        {
            "unit_id": ["P", "D", "C", "Q"], "name": ["P", "D", "C", "Q"],
            "full_name": ["P", "D", "C", "Q"], "parent_id": [None, "P", "D", None],
            "unit_class": ["province", "district", "commune", "province"],
        }
    )  # fmt: skip
    tally = cells(
        unit_id=["P", "D", "C", "Q"], late_count=[1, 2, 4, 8], early_count=[1, None, 1, 1]
    )
    total = roll_up(tally, "P", units=units)
    assert total["unit_id"].tolist() == ["P"]
    assert total["late_count"].tolist() == [7]
    assert total["early_count"].isna().all()  # unknown in D, so unknown in the sum
    assert roll_up(tally, "Q", units=units)["late_count"].tolist() == [8]
    assert roll_up(tally.iloc[:0], "P", units=units).empty


# ---------------------------------------------------------------- what must hold for any rows

DAYS = st.integers(0, 60)
DOSSIER = st.fixed_dictionaries(
    {
        "unit_id": st.sampled_from(["A", "B"]),
        "field": st.sampled_from(["land", "civil", None]),
        "status": st.sampled_from([*range(1, 11), None]),
        "received_at": DAYS,
        "due_at": st.none() | DAYS,
        "result_at": st.none() | DAYS,
        "returned_at": st.none() | DAYS,
        "channel": st.sampled_from(["online", "in_person"]),
        "digitised": st.booleans(),
    }
)
LISTS = st.lists(DOSSIER, min_size=1, max_size=25)
PERIODS = st.tuples(DAYS, DAYS).map(sorted)
COUNTED = settings(  # without shrinking, which takes minutes at one engine per example
    max_examples=25, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
START = pd.Timestamp("2024-01-01")


def frame_of(rows):
    table = pd.DataFrame(rows).assign(source="drawn")
    table["dossier_id"] = [f"d{i}" for i in range(len(table))]
    table["status"] = table["status"].astype("float64")
    for name in ("received_at", "due_at", "result_at", "returned_at"):
        table[name] = START + pd.to_timedelta(table[name].astype("float64"), unit="D")
    return table


def counted(table, period, rule="strict", by=("field",)):
    start, end = (START + pd.Timedelta(days=day) for day in period)
    return count_cells(table, by, periods=(start, end), as_of="2024-03-31", rule=rule)


@COUNTED
@given(LISTS, PERIODS, st.sampled_from(["strict", "form06"]))
def test_what_comes_in_is_resolved_or_open(rows, period, rule):
    tally = counted(frame_of(rows), period, rule)
    to_handle = tally["received_count"] + tally["carried_count"]
    places = ["on_time_count", "late_count", "pending_in_time_count", "overdue_count"]
    if rule == "strict":
        places += ["withdrawn_count", "undated_count", "suspended_count"]
    assert (tally[places].sum(axis=1) == to_handle).all()
    assert (tally["resolved_count"] <= to_handle).all()
    assert (tally["early_count"] + tally["due_day_count"] <= tally["on_time_count"]).all()


@COUNTED
@given(LISTS, PERIODS)
def test_every_dossier_accepted_in_a_period_is_received_there(rows, period):
    table = frame_of(rows)
    days = (table["received_at"] - START).dt.days
    expected = (days.between(*period) & ~table["status"].isin([1, 3])).sum()
    for rule in ("strict", "form06"):
        assert counted(table, period, rule)["received_count"].sum() == expected


@COUNTED
@given(LISTS, LISTS, PERIODS, st.sampled_from(["strict", "form06"]))
def test_tallies_of_two_halves_add_to_the_tally_of_all(one, two, period, rule):
    keys = [name for name in counted(frame_of(one), period) if name not in TALLY_COUNTS]
    halves = pd.concat([counted(frame_of(rows), period, rule) for rows in (one, two)])
    added = sum_cells(halves, keys)
    whole = counted(frame_of(one + two), period, rule)
    pd.testing.assert_frame_equal(
        added.sort_values(["unit_id", "field"], ignore_index=True)[whole.columns],
        whole.sort_values(["unit_id", "field"], ignore_index=True),
        check_dtype=False,
    )


@COUNTED
@given(LISTS, PERIODS, st.randoms(use_true_random=False))
def test_order_of_rows_and_names_of_units_do_not_matter(rows, period, random):
    table = frame_of(rows)
    expected = counted(table, period)
    shuffled = rows.copy()
    random.shuffle(shuffled)
    pd.testing.assert_frame_equal(counted(frame_of(shuffled), period), expected)
    names = {"A": "zeta", "B": "alpha"}
    renamed = counted(table.assign(unit_id=table["unit_id"].map(names)), period)
    back = renamed.assign(unit_id=renamed["unit_id"].map({new: old for old, new in names.items()}))
    pd.testing.assert_frame_equal(
        back.sort_values(["unit_id", "field"], ignore_index=True), expected, check_dtype=False
    )


@pytest.mark.parametrize("dtype", ["object", "category", "string", "str"])
def test_the_type_of_a_text_column_does_not_matter(dtype):
    table = hand_table().assign(field=lambda t: ["land", None] * (len(t) // 2))
    expected = count_cells(table, ["field"], periods=MARCH, as_of="2024-04-30")
    retyped = table.astype({"unit_id": dtype, "field": dtype, "channel": dtype})
    found = count_cells(retyped, ["field"], periods=MARCH, as_of="2024-04-30")
    pd.testing.assert_frame_equal(found, expected)


def test_a_day_first_date_is_refused_not_read_month_first():
    with pytest.raises(InputError, match="found '01/02/2024', expected a day such as 2024-12-31"):
        count_cells(hand_table(), periods=("01/02/2024", "28/02/2024"), as_of="2024-03-31")
