"""The keys that follow from dates, against days written down by hand and slow counts."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cchc_analysis.columns import DOSSIERS, InputError, check
from cchc_analysis.labels import level_name
from cchc_analysis.periods import weeks
from cchc_analysis.tally import count_cells, count_cohorts, open_dossiers
from cchc_analysis.tally.features import DERIVED_KEYS, KEYS
from cchc_analysis.wording import has_phrase

DRAWN = settings(
    max_examples=8, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip


def dossiers(*rows):
    table = pd.DataFrame(rows)
    times = {n: pd.to_datetime(table[n], format="ISO8601") for n in table if n.endswith("_at")}
    table = pd.DataFrame({"unit_id": "U", "source": "by hand"} | dict(table.assign(**times)))
    return check(table.assign(dossier_id=[f"d{n}" for n in range(len(table))]), DOSSIERS)


def cohort(table, key, last="2026-12-31"):
    return count_cohorts(
        table, [key], cohort="received", periods=("2009-01-01", last), as_of=last
    )  # fmt: skip


def values(key, rows):
    """The key of each dossier of ``rows``, all open; None where it is missing."""
    table = dossiers(*({"received_at": "2024-06-03", "due_at": None} | row for row in rows))
    listed = open_dossiers(table, [key], as_of="2026-12-31", days="calendar")
    found = listed.set_index("dossier_id")[key].loc[table["dossier_id"]]
    return [None if pd.isna(value) else value for value in found]


# Tết 2024 was off on the weekdays 8 to 14 February. The ten working days before are 25 January
# to 7 February, those after 15 to 28 February. Tết 2026: off 16 to 20 February; 2 to 13 February
# (14 and 15 a weekend), 23 February to 6 March.
SEASONS = {
    "2024-01-24": "ordinary", "2024-01-25": "tet", "2024-02-10": "tet",
    "2024-02-28": "tet", "2024-02-29": "ordinary",
    "2026-02-01": "ordinary", "2026-02-02": "tet", "2026-02-15": "tet",
    "2026-03-06": "tet", "2026-03-07": "ordinary",
    "2024-11-14": "ordinary", "2024-11-15": "year_end", "2024-12-31": "year_end",
    "2025-01-01": "ordinary", "2011-06-01": None,
}  # fmt: skip


def test_season_by_hand():
    rows = [{"received_at": day} for day in SEASONS]
    assert values("received_season", rows) == list(SEASONS.values())


def test_weekday_by_hand():
    rows = [{"received_at": day} for day in ("2024-02-05", "2024-02-11", "2011-10-12")]
    assert values("received_weekday", rows) == [1, 7, 3]


def test_hour_and_midnight_is_no_hour():
    times = ("07:59", "00:00:01", "23:30", "00:00")
    rows = [{"received_at": f"2024-02-05 {time}"} for time in times]
    assert values("received_hour", rows) == [7, 0, 23, None]


# From Monday 3 June 2024; the month has no holiday.
LEGAL_TIMES = [
    ({"due_at": "2024-06-03 16:00"}, "same_day", 0),
    ({"due_at": "2024-06-04"}, "1-3", 1),
    ({"due_at": "2024-06-06"}, "1-3", 3),
    ({"due_at": "2024-06-07"}, "4-7", 4),
    ({"due_at": "2024-06-09"}, "4-7", 4),  # a Sunday
    ({"due_at": "2024-06-12"}, "4-7", 7),
    ({"due_at": "2024-06-13"}, "8-15", 8),
    ({"due_at": "2024-06-24"}, "8-15", 15),
    ({"due_at": "2024-06-25"}, "16-30", 16),
    ({"due_at": "2024-07-15"}, "16-30", 30),
    ({"due_at": "2024-07-16"}, "over_30", 31),
    ({"due_at": "2024-07-16", "first_due_at": "2024-06-12"}, "4-7", 7),
    ({"due_at": "2024-07-16", "legal_days": 0.5}, "same_day", 0),
    ({"due_at": None, "legal_days": 15.5}, "8-15", 15),
    ({"due_at": None}, None, None),
    ({"due_at": "2024-05-31"}, None, None),  # before receipt
    ({"due_at": "2034-05-31"}, None, None),  # no calendar
    ({"received_at": "2011-05-31", "due_at": "2024-06-04"}, None, None),
]


def test_legal_time_by_hand():
    rows, bands, days = zip(*LEGAL_TIMES, strict=True)
    assert values("legal_time", rows) == list(bands)
    assert values("allowed_days", rows) == list(days)


def test_whole_numbers_stay_whole_where_some_are_missing():
    table = dossiers(
        {"received_at": "2024-06-03 08:00", "due_at": "2024-06-05"},
        {"received_at": "2024-06-03", "due_at": None},
    )
    for key, expected in {"received_hour": "8", "allowed_days": "2", "due_month": "6"}.items():
        found = cohort(table, key)[key]
        assert [str(v) for v in found if pd.notna(v)] == [expected]
        assert found.isna().sum() == 1


# ---------------------------------------------------------------- workload

# No holiday lies between Monday 6 May and Friday 30 August 2024, so weekdays are working days.
SUMMER = date(2024, 5, 6)
OFFSETS = st.integers(0, 110)


def slow_workload(rows, row):
    """The band of one dossier, by looking at every day before it."""
    own = [r for r in rows if r["unit_id"] == row["unit_id"]]
    ends = [r["end"] for r in own if r["end"] is not None and r["end"] >= r["received"]]
    if not ends:
        return None
    before = [SUMMER + timedelta(days=n) for n in range(120)]
    before = [day for day in before if day < row["received"] and day.weekday() < 5]
    usual = [day for day in before[:-20] if day >= min(ends)]
    if len(usual) < 20:
        return None
    received = [r["received"] for r in own]
    recent = sum(before[-20] <= day < row["received"] for day in received)
    earlier = sum(usual[0] <= day < before[-20] for day in received)
    if not earlier:
        return None
    ratio = (recent / 20) / (earlier / len(usual))
    return "low" if ratio < 0.75 else "high" if ratio > 1.25 else "usual"


WORK = st.fixed_dictionaries(
    {
        "unit_id": st.sampled_from(["A", "A", "B"]),
        "received": OFFSETS.map(lambda n: SUMMER + timedelta(days=n)),
        "end": st.none() | OFFSETS.map(lambda n: SUMMER + timedelta(days=n)),
    }
)


@DRAWN
@given(st.lists(WORK, min_size=40, max_size=120), st.integers(20, 30))
def test_workload_equals_a_slow_look_at_every_day(rows, opening):
    # One dossier a weekday of unit A up to a day, so that bands occur.
    steady = [SUMMER + timedelta(days=n) for n in range(3 * opening)]
    rows = rows + [
        {"unit_id": "A", "received": day, "end": day} for day in steady if day.weekday() < 5
    ]
    table = dossiers(
        *({"unit_id": r["unit_id"], "received_at": r["received"].isoformat(),
           "result_at": r["end"] and r["end"].isoformat()} for r in rows)
    )  # fmt: skip
    found = cohort(table, "workload").set_index(["unit_id", "workload"])["received_count"]
    expected = pd.Series([(r["unit_id"], slow_workload(rows, r) or "none") for r in rows])
    shown = {(unit, "none" if pd.isna(band) else band): n for (unit, band), n in found.items()}
    assert shown == expected.value_counts().to_dict()
    assert {band for _, band in shown} >= {"none"}


def test_workload_bands_by_hand():
    weekdays = [SUMMER + timedelta(days=n) for n in range(84)]
    weekdays = [day for day in weekdays if day.weekday() < 5]  # 60 of them
    busy = [day for n, day in enumerate(weekdays) for _ in range(3 if n >= 40 else 2)]
    table = dossiers(
        *({"received_at": day.isoformat(), "result_at": day.isoformat()} for day in busy)
    )
    tally = count_cohorts(
        table, ["workload"], cohort="received", as_of="2024-08-30",
        periods=pd.DataFrame({"period_start_on": weekdays, "period_end_on": weekdays}),
    )  # fmt: skip
    by_day = tally.set_index("period_start_on")["workload"]
    # 40 days covered before; then ratio 1 + k / 40 after k busy days: above 1.25 from the 11th
    assert by_day.iloc[:40].isna().all()
    assert by_day.iloc[40:51].eq("usual").all()
    assert by_day.iloc[51:].eq("high").all()


def test_workload_is_measured_by_the_past_year_not_by_all_that_the_export_holds():
    days = [date(2022, 1, 1) + timedelta(days=n) for n in range(728)]  # to 29 December 2023
    rows = [
        {"received_at": day.isoformat(), "result_at": day.isoformat()}
        for n, day in enumerate(days)
        for _ in range(10 if n < 100 else 1)
    ]
    tally = count_cohorts(dossiers(*rows), ["workload"], cohort="received",
                          periods=("2023-12-29", "2023-12-29"), as_of="2023-12-31")  # fmt: skip
    assert tally["workload"].tolist() == ["usual"]


def test_what_is_left_over_from_before_the_export_is_no_quiet_time():
    """An export of those handled from July on holds few received before: still open then."""
    left_over = [
        {"received_at": (SUMMER + timedelta(days=n)).isoformat(), "result_at": "2024-07-01"}
        for n in range(0, 56, 7)
    ]
    july = [date(2024, 7, 1) + timedelta(days=n) for n in range(60)]
    handled = [
        {"received_at": day.isoformat(), "result_at": day.isoformat()}
        for day in july
        if day.weekday() < 5
    ]
    found = cohort(dossiers(*left_over, *handled), "workload")
    bands = found.set_index("workload")["received_count"]
    assert bands[bands.index.isna()].sum() == len(left_over) + 40
    assert bands["usual"] == len(handled) - 40
    assert set(bands.index.dropna()) == {"usual"}


def test_workload_knows_nothing_of_later_days():
    days = [SUMMER + timedelta(days=n) for n in range(90)]
    rows = [{"received_at": d.isoformat(), "result_at": d.isoformat()} for d in days]
    more = [{"received_at": "2024-08-05", "result_at": None}] * 50
    asked = {"cohort": "received", "periods": ("2024-05-01", "2024-08-03"), "as_of": "2024-08-31"}
    first, second = (
        count_cohorts(dossiers(*table), ["workload"], **asked) for table in (rows, rows + more)
    )
    pd.testing.assert_frame_equal(first, second)


# ---------------------------------------------------------------- any rows, all keys

MINUTES = st.datetimes(datetime(2022, 1, 1), datetime(2023, 12, 31))
ANY = st.fixed_dictionaries(
    {
        "received_at": MINUTES, "due_at": st.none() | MINUTES, "result_at": st.none() | MINUTES,
        "status": st.sampled_from([2, 3, 5, 7, 9, None]),
    }
)  # fmt: skip


@DRAWN
@given(st.lists(ANY, min_size=1, max_size=20), st.permutations(list(DERIVED_KEYS)))
def test_keys_split_the_cells_and_change_no_count(rows, keys):
    table = dossiers(*({k: v and str(v) for k, v in r.items() if k != "status"} for r in rows))
    table["status"] = pd.array([r["status"] for r in rows], dtype="Float64").astype("float64")
    asked = {"periods": ("2022-06-01", "2023-06-30"), "as_of": "2023-12-31"}
    whole, split = count_cells(table, **asked), count_cells(table, keys, **asked)
    counts = [n for n in whole if n.endswith("_count") and whole[n].notna().all()]
    assert split[counts].sum().to_dict() == whole[counts].sum().to_dict()
    assert list(split)[-len(keys) :] == list(keys)


def test_an_unknown_key_is_answered_with_those_offered():
    with pytest.raises(InputError, match=r"'supplement_asked_at'; the keys are .*legal_time"):
        values("supplement_asked_at", [{}])
    assert not any("supplement" in key or "result" in key for key in KEYS)


def test_keys_and_their_levels_have_names_in_both_languages():
    levels = {
        "received_season": ["tet", "year_end", "ordinary"],
        "workload": ["low", "usual", "high"],
        "legal_time": ["same_day", "1-3", "4-7", "8-15", "16-30", "over_30"],
        "received_weekday": [str(n) for n in range(1, 8)],
    }
    for language in ("vi", "en"):
        assert [key for key in KEYS if not has_phrase(f"term.{key}", language)] == []
        for term, codes in levels.items():
            names = [level_name(term, code, language) for code in codes]
            assert len(set(names) - set(codes)) == len(codes)


# ---------------------------------------------------------------- weeks


def test_weeks_meet_and_start_on_mondays():
    table = weeks("2023-12-27", "2024-02-14")
    assert table["period_start_on"].iloc[0] == pd.Timestamp("2023-12-27")
    assert table["period_end_on"].iloc[-1] == pd.Timestamp("2024-02-14")
    assert set(table["period_start_on"].iloc[1:].dt.day_of_week) == {0}
    for (_, before), (_, after) in pairwise(table.iterrows()):
        assert after["period_start_on"] - before["period_end_on"] == pd.Timedelta(days=1)
    assert weeks("2024-01-03", "2024-01-04").shape == (1, 2)
    assert weeks(pd.NaT, "2024-01-04").empty


def test_weekly_flows_carry_the_stock_on():
    rows = [
        {"received_at": f"2024-06-{3 + n % 25:02d}", "result_at": f"2024-06-{5 + n % 21:02d}"}
        for n in range(60)
    ]
    tally = count_cells(dossiers(*rows), periods=weeks("2024-06-01", "2024-06-30"),
                        as_of="2024-06-30")  # fmt: skip
    open_count = tally["received_count"] + tally["carried_count"] - tally["resolved_count"]
    assert tally["carried_count"].iloc[1:].tolist() == open_count.iloc[:-1].tolist()
    assert tally["received_count"].sum() == 60
