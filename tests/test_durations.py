"""Durations against hand counts, a slow count of any rows, and what must hold between cohorts."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cchc_analysis.columns import DOSSIERS, DURATIONS, InputError, check
from cchc_analysis.lateness import RULES
from cchc_analysis.tally import count_cells, count_durations, count_without_duration

WABO = Path(__file__).resolve().parents[2] / "shared/data/wabo_receipt/receipt_cases.csv"

# April and May 2024: the Hùng Kings' day, and the days off around 30 April and 1 May. Saturday
# 4 May made up for 29 April.
DAYS_OFF = {date(2024, 4, 18), date(2024, 4, 29), date(2024, 4, 30), date(2024, 5, 1)}
MADE_UP = {date(2024, 5, 4)}
APRIL = ("2024-04-01", "2024-04-30")
DRAWN_ON = date(2024, 5, 31)


def working(day):
    return (day.weekday() < 5 and day not in DAYS_OFF) or day in MADE_UP


def age(start, stop, kind="working"):
    """Days after ``start`` up to and including ``stop``, counted one by one."""
    days = (start + timedelta(days=n) for n in range(1, (stop - start).days + 1))
    return sum(kind == "calendar" or working(day) for day in days)


def dossiers(*rows):
    table = pd.DataFrame(rows)
    times = {n: pd.to_datetime(table[n], format="ISO8601") for n in table if n.endswith("_at")}
    table = table.assign(**times, unit_id="U", source="by hand")
    return check(table.assign(dossier_id=[f"d{n}" for n in range(len(table))]), DOSSIERS)


def told(durations):
    """(entry, end, legal or None, outcome) to the number of dossiers."""
    names = ["entry_days", "end_days", "legal_days", "outcome"]
    found = Counter()
    for entry, end, legal, outcome, count in durations[[*names, "dossier_count"]].itertuples(
        index=False
    ):
        found[entry, end, None if pd.isna(legal) else legal, outcome] += count
    return found


def counted(table, **asked):
    return told(count_durations(table, **{"periods": APRIL, "as_of": DRAWN_ON} | asked))


# Received and due by hand; working days: 2-5, 8-12, 15-17, 19, 22-26 April, 2-4, 6-10 May ...
HAND = [
    {"received_at": "2024-04-02", "due_at": "2024-04-12", "result_at": "2024-04-12"},  # 8 of 8
    {"received_at": "2024-04-16", "due_at": "2024-04-19", "result_at": "2024-04-22"},  # 3 of 2
    {"received_at": "2024-04-26", "due_at": "2024-05-06", "result_at": "2024-05-06"},  # 4 of 4
    {"received_at": "2024-04-25", "due_at": None, "result_at": None},  # open: 1 + 22 in May
    {"received_at": "2024-03-28", "due_at": "2024-04-08", "result_at": "2024-04-05"},  # carried
    {"received_at": "2024-03-28", "due_at": "2024-04-08", "result_at": "2024-03-29"},  # before
    {"received_at": "2024-04-08", "due_at": "2024-04-10", "result_at": "2024-04-09", "status": 7},
    {"received_at": "2024-04-08", "due_at": "2024-04-10", "result_at": "2024-04-10", "status": 3},
    {"received_at": "2024-04-08", "due_at": "2024-04-10", "result_at": None, "status": 5},
]


def test_received_in_april_by_hand():
    # 8 April to 31 May: 4 + 3 + 1 + 5 days in April, 2-4 and 6-31 May: 3 + 20
    assert counted(dossiers(*HAND)) == {
        (0, 8, 8, "result"): 1, (0, 3, 2, "result"): 1, (0, 4, 4, "result"): 1,
        (0, 24, None, "pending"): 1, (0, 1, 2, "withdrawn"): 1, (0, 2, 2, "refused"): 1,
        (0, 36, 2, "pending"): 1,
    }  # fmt: skip


def test_closed_and_observed_in_april_by_hand():
    closed = counted(dossiers(*HAND), cohort="closed")
    assert closed == {
        (0, 8, 8, "result"): 1, (0, 3, 2, "result"): 1, (0, 6, 7, "result"): 1,
        (0, 1, 2, "withdrawn"): 1, (0, 2, 2, "refused"): 1,
    }  # fmt: skip
    observed = counted(dossiers(*HAND), cohort="observed")
    # at the end of April the third is 0 days old (26 April was a Friday), the fourth 1
    assert observed == {
        (0, 8, 8, "result"): 1, (0, 3, 2, "result"): 1, (0, 0, 4, "pending"): 1,
        (0, 1, None, "pending"): 1, (2, 6, 7, "result"): 1, (0, 1, 2, "withdrawn"): 1,
        (0, 2, 2, "refused"): 1, (0, 13, 2, "pending"): 1,
    }  # fmt: skip


def test_a_result_on_a_day_off_at_the_start_of_a_period_is_under_observation():
    # Saturday 13 April is as old as Friday the 12th; the first working day is Monday the 15th
    carried = {"received_at": "2024-04-08", "due_at": None}
    table = dossiers(carried | {"result_at": "2024-04-13"}, carried | {"result_at": "2024-04-15"})
    asked = {"cohort": "observed", "periods": ("2024-04-13", "2024-04-30")}
    assert counted(table, **asked) == {(4, 4, None, "result"): 1, (5, 5, None, "result"): 1}
    weekend = counted(table.iloc[1:], cohort="observed", periods=("2024-04-13", "2024-04-14"))
    assert weekend == {(4, 4, None, "pending"): 1}


def test_a_result_on_the_day_of_receipt_is_at_age_0():
    table = dossiers({"received_at": "2024-04-02 09:00", "result_at": "2024-04-02 08:00"})
    for cohort in ("received", "closed", "observed"):
        assert counted(table, cohort=cohort) == {(0, 0, None, "result"): 1}


def test_table_and_keys():
    durations = count_durations(
        dossiers(*HAND), ["channel", "legal_time"], cohort="closed", periods=APRIL, as_of=DRAWN_ON
    )
    assert list(durations) == [*DURATIONS.names, "channel", "legal_time"]
    first = durations.iloc[0]
    assert (first["cohort"], first["day_kind"], first["rule"]) == ("closed", "working", "strict")
    assert durations["legal_time"].isin(["8-15", "1-3", "4-7"]).all()
    empty = count_durations(dossiers(*HAND).iloc[:0], ["field"], periods=APRIL, as_of=DRAWN_ON)
    assert empty.empty
    assert list(empty) == [*DURATIONS.names, "field"]


def test_what_is_left_out_is_counted():
    table = dossiers(
        {"received_at": "2024-04-02", "result_at": None, "status": 9},  # no day of its end
        {"received_at": "2024-04-02", "result_at": "2024-04-01", "status": 9},  # ended before
        {"received_at": None, "result_at": "2024-04-03", "status": 9},  # no receipt
        {"received_at": None, "result_at": None, "status": 1},
        {"received_at": None, "result_at": None, "status": 3},
        {"received_at": "2024-04-02", "result_at": "2024-04-03", "status": 9},
        {"received_at": "2024-06-02", "result_at": None, "status": 9},  # after the day
    )
    found = count_without_duration(table, as_of=DRAWN_ON)
    assert dict(zip(found["reason"], found["dossier_count"], strict=True)) == {
        "no_end": 1, "end_before_receipt": 1, "no_receipt": 1, "not_accepted": 2,
    }  # fmt: skip
    for cohort in ("received", "closed", "observed"):
        assert counted(table, cohort=cohort) == {(0, 1, None, "result"): 1}


def test_which_date_ends_the_clock_is_the_rule_s():
    table = dossiers(
        {"received_at": "2024-04-02", "result_at": "2024-04-03", "status": 10,
         "synchronised_at": "2024-04-05"},
    )  # fmt: skip
    assert counted(table) == {(0, 1, None, "result"): 1}
    assert counted(table, rule="strict_synchronised") == {(0, 3, None, "result"): 1}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"cohort": "due"}, "'received', 'closed' or 'observed', got 'due'"),
        ({"by": ["colour"]}, "cannot count by 'colour'"),
        ({"days": "lunar"}, "'lunar', expected 'working' or 'calendar'"),
        ({"as_of": "2024-04-15"}, "after the data were drawn"),
        ({"rule": "lenient"}, "unknown rule 'lenient'"),
    ],
)
def test_what_is_refused(wrong, message):
    with pytest.raises(InputError, match=message):
        counted(dossiers(*HAND), **wrong)


def test_years_without_working_days_are_refused_with_the_way_out():
    table = dossiers({"received_at": "2011-04-02", "due_at": "2011-04-12", "result_at": None})
    asked = {"periods": ("2011-04-01", "2011-04-30"), "as_of": "2011-05-02"}
    with pytest.raises(InputError, match=r"2011-04-01 is needed; give days='calendar'"):
        counted(table, **asked)
    assert counted(table, **asked, days="calendar") == {(0, 30, 10, "pending"): 1}


def test_a_rule_that_moves_due_dates_by_waiting_is_refused_only_where_dossiers_waited():
    row = {"received_at": "2024-04-02", "due_at": "2024-04-12", "result_at": None}
    assert counted(dossiers(row), rule="strict_supplement_subtracted")
    waited = dossiers(row | {"supplement_asked_at": "2024-04-03"})
    with pytest.raises(InputError, match=r"moves due dates by the waiting .*supplement"):
        counted(waited, rule="strict_supplement_subtracted")


# ---------------------------------------------------------------- a slow count of any rows

DAYS = st.dates(date(2024, 3, 25), date(2024, 5, 31))
ROW = st.fixed_dictionaries(
    {
        "received_at": DAYS, "due_at": st.none() | DAYS, "result_at": st.none() | DAYS,
        "returned_at": st.none() | DAYS, "status": st.sampled_from([1, 2, 3, 4, 5, 7, 9, 10, None]),
    }
)  # fmt: skip
DRAWN = settings(
    max_examples=10, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
LATE_APRIL = (date(2024, 4, 13), date(2024, 5, 1))  # a Saturday, a day off


def slow(row, cohort, rule, kind, period=LATE_APRIL):
    """(entry, end, legal, outcome) of one dossier, or None where it is not in the cohort."""
    start, last = period
    received, status = row["received_at"], row["status"]
    end = row["result_at"] or row["returned_at"]
    if rule == "form06" and status not in (None, 3, 7, 9, 10):
        end = None
    undated = end is None and status in (3, 7, 9, 10)
    if status == 1 or undated or (end and end < received):
        return None
    judged = last if cohort == "observed" else DRAWN_ON
    done = end is not None and end <= judged
    stop = end if done else judged
    within = {
        "received": start <= received <= last,
        "closed": end is not None and start <= end <= last,
        "observed": received <= last and (received >= start or end is None or end >= start),
    }
    if not within[cohort]:
        return None
    outcome = {3: "refused", 7: "withdrawn"}.get(status, "result") if done else "pending"
    due = row["due_at"]
    legal = age(received, due, kind) if due and due >= received else None
    entry = 0
    if cohort == "observed" and received < start:
        first = start
        while kind == "working" and not working(first):
            first += timedelta(days=1)
        entry = min(age(received, first, kind), age(received, stop, kind))
    return entry, age(received, stop, kind), legal, outcome


def frame(rows):
    table = dossiers(*({k: v for k, v in r.items() if k != "status"} for r in rows))
    table["status"] = pd.array([r["status"] for r in rows], dtype="Float64").astype("float64")
    return table


@DRAWN
@given(
    st.lists(ROW, min_size=1, max_size=40),
    st.sampled_from(["received", "closed", "observed"]),
    st.sampled_from(["strict", "form06"]),
    st.sampled_from(["working", "calendar"]),
)
def test_any_rows_equal_the_slow_count(rows, cohort, rule, kind):
    found = counted(frame(rows), periods=LATE_APRIL, cohort=cohort, rule=rule, days=kind)
    expected = Counter(slow(row, cohort, rule, kind) for row in rows)
    del expected[None]
    assert found == expected


def at_risk(cells):
    risk = Counter()
    for (entry, end, _, _), count in cells.items():
        for t in range(int(entry), int(end) + 1):
            risk[t] += count
    return risk


@DRAWN
@given(st.lists(ROW, min_size=1, max_size=40), st.integers(6, 12))
def test_periods_that_follow_share_out_the_time_at_risk(rows, width):
    """Each dossier is at risk once at each age: in one of the periods under observation.

    From 27 April to 1 May no day was worked, so periods of six days hold a working day each.
    """
    rows = [
        row | {"returned_at": None, "status": None}
        for row in rows
        if row["result_at"] is None or working(row["result_at"])
    ]
    if not rows:
        return
    starts = pd.date_range("2024-03-25", DRAWN_ON, freq=f"{width}D")
    ends = [*(starts[1:] - pd.Timedelta(days=1)), pd.Timestamp(DRAWN_ON)]
    short = pd.DataFrame({"period_start_on": starts, "period_end_on": ends})
    pieces = counted(frame(rows), periods=short, cohort="observed")
    whole = counted(frame(rows), periods=("2024-03-25", DRAWN_ON))
    assert at_risk(pieces) == at_risk(whole)
    results = [
        Counter({k[1:]: n for k, n in c.items() if k[3] == "result"}) for c in (pieces, whole)
    ]
    ended = [sum(c.values()) for c in results]
    assert ended[0] == ended[1]


@DRAWN
@given(st.lists(ROW, min_size=1, max_size=40))
def test_observed_are_those_of_the_tally(rows):
    """Every dossier to handle, but for those whose end is not dated or lies before receipt."""
    table = frame([row | {"status": None} for row in rows])
    table = table[~(table["result_at"].fillna(table["returned_at"]) < table["received_at"])]
    if table.empty:
        return
    tally = count_cells(table, periods=LATE_APRIL, as_of=DRAWN_ON)
    durations = count_durations(table, cohort="observed", periods=LATE_APRIL, as_of=DRAWN_ON)
    to_handle = tally["received_count"].sum() + tally["carried_count"].sum()
    assert durations["dossier_count"].sum() == to_handle
    done = durations[durations["outcome"] == "result"]["dossier_count"].sum()
    assert done == tally["resolved_count"].sum()


def test_rules_are_all_taken():
    table = dossiers(*HAND)
    for rule in RULES:
        assert sum(counted(table, rule=rule).values()) == 7, rule


@pytest.mark.skipif(not WABO.exists(), reason="the WABO receipt log is not on this machine")
def test_wabo_in_calendar_days():
    """1,434 applications, 105 still open (Buijs 2014); times taken as written, in UTC."""
    log = pd.read_csv(WABO)
    received, due, end = (
        pd.to_datetime(log[name], utc=True, format="ISO8601").dt.tz_localize(None)
        for name in ("received_at", "due_at", "finished_at")
    )
    table = pd.DataFrame(
        {"dossier_id": log["case_id"], "unit_id": log["unit"], "source": "WABO",
         "received_at": received, "due_at": due, "result_at": end}
    )  # fmt: skip
    durations = count_durations(
        table, periods=("2010-01-01", "2012-01-31"), as_of="2012-01-31", days="calendar"
    )
    days = (end.dt.normalize() - received.dt.normalize()).dt.days
    results = durations[durations["outcome"] == "result"]
    found = results.groupby("end_days")["dossier_count"].sum()
    assert found.to_dict() == days[days >= 0].value_counts().to_dict()
    left_out = count_without_duration(table, as_of="2012-01-31")["dossier_count"].sum()
    assert left_out == (days < 0).sum()
    assert durations["dossier_count"].sum() == 1434 - left_out
    pending = durations[durations["outcome"] == "pending"]["dossier_count"].sum()
    assert pending == 1434 - 1329
