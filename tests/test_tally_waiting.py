"""Waiting for supplements and fees, late acceptance, other clocks: a slow count by other means."""

from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cchc_analysis.columns import DOSSIERS, InputError, check
from cchc_analysis.lateness import QD766, RULES, STRICT
from cchc_analysis.tally import count_cells, count_cohorts

SPRING = ("2024-04-01", "2024-04-30")
DRAWN_ON = "2024-05-31"
# April and May 2024: the Hùng Kings' day, and the days off around 30 April and 1 May. Saturday
# 4 May made up for 29 April.
DAYS_OFF = {date(2024, 4, 18), date(2024, 4, 29), date(2024, 4, 30), date(2024, 5, 1)}
MADE_UP = {date(2024, 5, 4)}


def working(day):
    return (day.weekday() < 5 and day not in DAYS_OFF) or day in MADE_UP


def days_waited(start, stop):
    """Working days after ``start`` up to and including ``stop``, counted one by one."""
    days = (start + timedelta(days=n) for n in range(1, (stop - start).days + 1))
    return sum(working(day) for day in days)


def moved(due, days):
    while days:
        due += timedelta(days=1)
        days -= working(due)
    return due


def dossiers(*rows):
    table = pd.DataFrame(rows)
    times = [name for name in table if name.endswith("_at")]
    days = {name: pd.to_datetime(table[name], format="ISO8601") for name in times}
    table = table.assign(**days, unit_id="U", source="by hand")
    return check(table.assign(dossier_id=[f"d{n}" for n in range(len(table))]), DOSSIERS)


def outcome(rule, **row):
    """What one dossier received in April is, judged on 31 May."""
    table = dossiers({"received_at": "2024-04-02", "due_at": "2024-04-12"} | row)
    asked = {"periods": SPRING, "as_of": DRAWN_ON, "rule": rule}
    tally = count_cohorts(table, cohort="received", **asked).iloc[0]
    names = ["late", "overdue", "early", "due_day", "pending_in_time", "undated", "suspended"]
    return next(name for name in names if tally[f"{name}_count"] == 1)


SUBTRACT = RULES["strict_supplement_subtracted"]
RESTART = RULES["strict_supplement_restarts"]
FEE = RULES["strict_fee_subtracted"]
BOTH = replace(SUBTRACT, name="both", fee="subtract")
WAITED = {"supplement_asked_at": "2024-04-08", "supplement_given_at": "2024-04-10"}  # 2 days


@pytest.mark.parametrize(
    ("rule", "row", "expected"),
    [
        # Friday 12 April and 2 working days are Tuesday 16 April
        (STRICT, WAITED | {"result_at": "2024-04-16"}, "late"),
        (SUBTRACT, WAITED | {"result_at": "2024-04-16"}, "due_day"),
        (SUBTRACT, WAITED | {"result_at": "2024-04-17"}, "late"),
        # 8 working days were allowed (3 to 12 April): from 10 April to Tuesday 23, over the 18th
        (RESTART, WAITED | {"result_at": "2024-04-23"}, "due_day"),
        (RESTART, WAITED | {"result_at": "2024-04-24"}, "late"),
        # over the days off: Friday 26 April and 2 working days, 2 and 3 May
        (SUBTRACT, WAITED | {"due_at": "2024-04-26", "result_at": "2024-05-03"}, "due_day"),
        # and one more is Saturday 4 May, which made up for a day off
        (
            SUBTRACT,
            WAITED | {"supplement_asked_at": "2024-04-05", "due_at": "2024-04-26"}
            | {"result_at": "2024-05-04"},
            "due_day",
        ),
        # due on a Saturday, waited from Saturday to Sunday: no working day, so it stays
        (
            SUBTRACT,
            {"supplement_asked_at": "2024-04-06", "supplement_given_at": "2024-04-07"}
            | {"due_at": "2024-04-13", "result_at": "2024-04-13"},
            "due_day",
        ),
        # a fee instead; both, which add
        (FEE, WAITED | {"result_at": "2024-04-16"}, "late"),
        (
            BOTH,
            WAITED | {"fee_asked_at": "2024-04-10", "fee_paid_at": "2024-04-11"}
            | {"result_at": "2024-04-17"},
            "due_day",
        ),
        # open: the wait goes on to the day judged; what was due before stays overdue
        (SUBTRACT, {"supplement_asked_at": "2024-04-11"}, "pending_in_time"),
        (SUBTRACT, {"supplement_asked_at": "2024-04-15"}, "overdue"),
        (SUBTRACT, {"supplement_asked_at": "2024-04-11", "status": 5}, "suspended"),
        (RESTART, {"supplement_asked_at": "2024-04-15"}, "pending_in_time"),
        # finished, but the day of the supplement is not known: nothing is subtracted
        (SUBTRACT, {"supplement_asked_at": "2024-04-08", "result_at": "2024-04-15"}, "late"),
        # odd rows: given before it was asked, asked after the end, given after the end
        (
            SUBTRACT,
            {"supplement_asked_at": "2024-04-10", "supplement_given_at": "2024-04-03"}
            | {"result_at": "2024-04-12"},
            "due_day",
        ),
        (SUBTRACT, {"supplement_asked_at": "2024-04-19", "result_at": "2024-04-15"}, "late"),
        (
            SUBTRACT,
            {"supplement_asked_at": "2024-04-15", "supplement_given_at": "2024-04-25"}
            | {"result_at": "2024-04-16"},
            "late",
        ),
        # only the day it was given is known: enough to start anew, not to subtract
        (RESTART, {"supplement_given_at": "2024-04-10", "result_at": "2024-04-23"}, "due_day"),
        (SUBTRACT, {"supplement_given_at": "2024-04-10", "result_at": "2024-04-15"}, "late"),
        # asked for more than once
        (
            QD766,
            WAITED | {"supplement_count": 1, "result_at": "2024-04-16", "status": 9},
            "due_day",
        ),
        (QD766, WAITED | {"supplement_count": 2, "result_at": "2024-04-05", "status": 9}, "late"),
        (QD766, WAITED | {"supplement_count": 2, "status": 4}, "overdue"),
        (QD766, {"supplement_count": 2, "due_at": None, "status": 4}, "overdue"),
        (QD766, {"due_at": None, "status": 4}, "undated"),
        # judged by its dates, and has none
        (QD766, {"due_at": None, "status": 5}, "undated"),
    ],
)  # fmt: skip
def test_what_waiting_does(rule, row, expected):
    assert outcome(rule, **row) == expected


RETURNED = replace(STRICT, name="returned", ends="returned", finished_statuses=(10,))


@pytest.mark.parametrize(
    ("rule", "row", "expected"),
    [
        (RETURNED, {"status": 10, "result_at": "2024-04-11", "returned_at": "2024-04-15"}, "late"),
        (RETURNED, {"status": 9, "result_at": "2024-04-11"}, "overdue"),  # not collected
        (RETURNED, {"status": 10, "result_at": "2024-04-11"}, "undated"),
        (STRICT, {"result_at": "2024-04-11", "returned_at": "2024-04-15"}, "early"),
        (RULES["strict_first_due"], {"result_at": "2024-04-11"}, "early"),
        (
            RULES["strict_first_due"],
            {"result_at": "2024-04-11", "first_due_at": "2024-04-10"},
            "late",
        ),
    ],
)
def test_other_clocks_and_due_dates(rule, row, expected):
    assert outcome(rule, **row) == expected


def test_a_withdrawal_ends_with_its_result_whatever_ends_the_clock():
    row = {"received_at": "2024-04-02", "due_at": "2024-04-12", "result_at": "2024-04-09"}
    table = dossiers(row | {"status": 7}, row | {"status": 10, "returned_at": "2024-04-10"})
    for rule in (RETURNED, RULES["strict_synchronised"]):
        tally = count_cells(table, periods=SPRING, as_of=DRAWN_ON, rule=rule)
        assert tally["withdrawn_count"].tolist() == [1]


def test_a_rule_may_give_statuses_another_meaning():
    row = {"received_at": "2024-04-02", "due_at": "2024-04-12", "result_at": "2024-04-09"}
    table = dossiers(*[row | {"status": status} for status in range(1, 11)])
    stopped = replace(
        STRICT, name="stopped", not_accepted_statuses=(), suspended_statuses=(5,),
        finished_statuses=(8, 9, 10), finished_by="status",
    )  # fmt: skip
    tally = count_cells(table, periods=SPRING, as_of=DRAWN_ON, rule=stopped).iloc[0]
    assert tally["received_count"] == 10
    assert tally["on_time_count"] == 3  # 8 9 10
    assert tally["overdue_count"] == 5  # 1 2 3 4 6
    assert (tally["withdrawn_count"], tally["suspended_count"]) == (1, 1)


def test_late_acceptance_is_of_those_received_in_the_period_and_goes_by_date():
    table = dossiers(
        {"received_at": "2024-04-03 08:00", "acceptance_due_at": "2024-04-02 17:00"},  # late
        {"received_at": "2024-04-03 16:00", "acceptance_due_at": "2024-04-03 11:00"},  # that day
        {"received_at": "2024-04-03", "acceptance_due_at": None},
        {"received_at": "2024-03-29", "acceptance_due_at": "2024-03-28"},  # carried over
        {"received_at": "2024-04-05", "acceptance_due_at": "2024-04-01", "status": 3},
    )
    tally = count_cells(table, periods=SPRING, as_of=DRAWN_ON)
    assert tally[["received_count", "late_acceptance_count"]].iloc[0].tolist() == [3, 1]
    without = table.drop(columns="acceptance_due_at")
    assert (
        count_cells(without, periods=SPRING, as_of=DRAWN_ON)["late_acceptance_count"].isna().all()
    )


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        # due in a year whose working days are not known
        ({"supplement_asked_at": "2024-04-05", "due_at": "2034-04-12"}, "pending_in_time"),
        ({"due_at": "2013-04-12", **WAITED, "result_at": "2024-04-16"}, "late"),
        # waited since such a year: how long is not known
        (WAITED | {"supplement_asked_at": "2013-04-08", "result_at": "2024-04-15"}, "late"),
        (WAITED | {"supplement_asked_at": "2013-04-08", "result_at": "2024-04-12"}, "due_day"),
    ],
)
def test_where_working_days_are_not_known_nothing_is_subtracted(row, expected):
    assert outcome(SUBTRACT, **row) == expected


def test_a_mistyped_year_leaves_the_counts_of_the_others():
    others = [WAITED | {"received_at": "2024-04-02", "due_at": "2024-04-12", "result_at": end}
              for end in ("2024-04-16", "2024-04-17")]  # fmt: skip
    mistyped = {"received_at": "2004-04-02", "due_at": "2004-04-12", "result_at": "2024-04-16"}
    asked = {"periods": ("2004-01-01", DRAWN_ON), "as_of": DRAWN_ON}
    for rule in (SUBTRACT, RESTART):
        alone = count_cells(dossiers(*others), rule=rule, **asked)
        beside = count_cells(dossiers(*others, WAITED | mistyped), rule=rule, **asked)
        assert beside["late_count"].item() == alone["late_count"].item() + 1
        assert beside["due_day_count"].item() == alone["due_day_count"].item()


def test_years_without_a_calendar_are_refused_where_dossiers_that_waited_are_judged():
    waited = {
        "received_at": "2024-04-02",
        "due_at": "2024-04-12",
        "supplement_asked_at": "2024-04-05",
    }
    for judged_on in ("2034-05-31", "2013-05-31"):
        moved_to = {name: day.replace("2024", judged_on[:4]) for name, day in waited.items()}
        asked = {"periods": (judged_on[:4] + "-01-01", judged_on), "as_of": judged_on}
        with pytest.raises(InputError, match=judged_on[:4]):
            count_cells(dossiers(moved_to), rule=SUBTRACT, **asked)
        tally = count_cells(dossiers(moved_to), rule=STRICT, **asked)
        assert tally["overdue_count"].tolist() == [1]


def test_files_of_an_earlier_version_lack_the_columns_and_count_as_before(tmp_path):
    table = dossiers({"received_at": "2024-04-02", "due_at": "2024-04-12"})
    old = ["dossier_id", "unit_id", "status", "received_at", "due_at", "result_at", "returned_at",
           "channel", "digitised", "source"]  # fmt: skip
    table[old].to_parquet(tmp_path / "old.parquet")
    for rule in RULES.values():
        for basis in rule.bases:
            asked = {"periods": SPRING, "as_of": DRAWN_ON, "rule": rule}
            found, expected = (
                count_cells(source, **asked)
                if basis == "period"
                else count_cohorts(source, cohort=basis, **asked)
                for source in (tmp_path / "old.parquet", table)
            )
            pd.testing.assert_frame_equal(found, expected)


# ---------------------------------------------------------------- a slow count of any rows

DAYS = st.dates(date(2024, 3, 25), date(2024, 5, 31))
ROW = st.fixed_dictionaries(
    {
        "received_at": DAYS,
        "due_at": st.none() | DAYS,
        "result_at": st.none() | DAYS,
        "supplement_asked_at": st.none() | DAYS,
        "supplement_given_at": st.none() | DAYS,
        "fee_asked_at": st.none() | DAYS,
        "fee_paid_at": st.none() | DAYS,
    }
)


def slow(rule, row, judged_on):
    """The verdict of one dossier, by counting days one by one."""
    end, due, received = row["result_at"], row["due_at"], row["received_at"]
    if due is None:
        return "undated"
    done = end is not None and end <= judged_on
    stop = end if done else judged_on
    days = 0
    if rule.supplement != "ignore":
        start = received if rule.supplement == "restart" else row["supplement_asked_at"]
        days += slow_wait(start, row["supplement_asked_at"], row["supplement_given_at"], stop, done)
    if rule.fee == "subtract":
        days += slow_wait(row["fee_asked_at"], row["fee_asked_at"], row["fee_paid_at"], stop, done)
    due = moved(due, days)
    if done:
        return "late" if end > due else "on_time"
    return "overdue" if due < judged_on else "pending_in_time"


def slow_wait(start, asked, given, stop, done):
    if given is not None and given <= stop:
        last = given
    elif given is None and done:
        return 0
    else:
        last = stop if asked is not None and asked <= stop else None
    return max(0, days_waited(start, last)) if start and last else 0


@settings(
    max_examples=40, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
@given(st.lists(ROW, min_size=1, max_size=20), st.sampled_from([SUBTRACT, RESTART, FEE, BOTH]))
def test_any_rows_equal_the_slow_count(rows, rule):
    table = dossiers(*rows)
    judged_on = date(2024, 5, 20)
    tally = count_cohorts(
        table, cohort="received", periods=("2024-03-01", "2024-05-20"), as_of=judged_on, rule=rule
    )
    names = ["on_time", "late", "pending_in_time", "overdue", "undated"]
    expected = [slow(rule, row, judged_on) for row in rows if row["received_at"] <= judged_on]
    found = tally[[f"{name}_count" for name in names]].sum().tolist()
    assert found == [expected.count(name) for name in names]
