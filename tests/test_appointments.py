"""Appointments, apologies and stated causes: counted by hand, one by one, and said."""

import re
from datetime import date

import numpy as np
import pandas as pd
import pytest
from said import same_in_both

from cchc_analysis import narrative, sections
from cchc_analysis.columns import DOSSIERS, LATE_CAUSES, InputError, check
from cchc_analysis.report.linking import unlinked
from cchc_analysis.tally import count_appointments, count_causes, count_cohorts

PERIOD, DRAWN_ON = ("2024-04-01", "2024-05-31"), "2024-05-31"
COUNTS = [
    "dossier_count", "apart_count", "late_count", "late_first_count", "moved_count",
    "reappointed_again_count", "apologised_count", "apologised_in_time_count",
    "apologised_after_count", "no_apology_count",
]  # fmt: skip
DONE = {"status": 9}
# First appointment 12 April in all: what became of each, and the counts it is in.
BY_HAND = [
    (DONE | {"result_at": "2024-04-12", "apologised_at": "2024-04-10"}, ""),
    (DONE | {"result_at": "2024-04-13"}, "late late_first no_apology"),
    (DONE | {"result_at": "2024-04-18", "due_at": "2024-04-20", "reappointed_count": 1,
             "apologised_at": "2024-04-12 16:00"},
     "late_first moved apologised apologised_in_time"),
    (DONE | {"result_at": "2024-05-02", "due_at": "2024-04-20", "reappointed_count": 2,
             "apologised_at": "2024-04-13"},
     "late late_first moved reappointed_again apologised apologised_after"),
    # moved to a day that is not there yet: not late by the new date, late by the first
    (DONE | {"status": 4, "due_at": "2024-06-20", "reappointed_count": 3},
     "late_first moved reappointed_again no_apology"),
    (DONE | {"status": 4, "apologised_at": "2024-06-01"}, "late late_first no_apology"),
    # an appointment brought forward: late by the new date only
    (DONE | {"result_at": "2024-04-11", "due_at": "2024-04-10"}, "late moved"),
    # another hour of the same day is no other appointment
    (DONE | {"result_at": "2024-04-12", "due_at": "2024-04-12 17:00"}, ""),
    (DONE | {"status": 5, "reappointed_count": 2}, "apart"),
    (DONE | {"status": 7, "result_at": "2024-04-20"}, "apart"),
    (DONE | {"status": 9}, "apart"),
    (DONE | {"status": 7}, "apart"),
    (DONE | {"status": 4, "first_due_at": "2024-06-12", "due_at": "2024-05-12"}, "not due"),
    (DONE | {"status": 3}, "not accepted"),
]  # fmt: skip


def dossiers(rows):
    base = {
        "unit_id": "U", "source": "by hand", "received_at": "2024-04-01",
        "first_due_at": "2024-04-12", "due_at": "2024-04-12",
    }  # fmt: skip
    table = pd.DataFrame([base | row for row in rows])
    times = {
        name: pd.to_datetime(table[name], format="ISO8601")
        for name in table
        if name.endswith("_at")
    }
    numbered = table.assign(**times, dossier_id=[f"d{n}" for n in range(len(table))])
    return check(numbered, DOSSIERS)


def counted(table, **options):
    return count_appointments(table, periods=PERIOD, as_of=DRAWN_ON, **options)


@pytest.mark.parametrize("place", range(len(BY_HAND)))
def test_one_dossier_alone(place):
    row, expected = BY_HAND[place]
    told = {"first_due_at": "2023-01-01", "apologised_at": "2023-01-01", "reappointed_count": 0,
            "due_at": "2023-01-01"}  # fmt: skip
    table = counted(dossiers([row, told | {"status": 9}]))
    if expected in ("not due", "not accepted"):
        assert table.empty
        return
    [found] = table.to_dict("records")
    names = {f"{name}_count" for name in expected.split()}
    names |= {"dossier_count"} - ({"dossier_count"} if "apart" in expected else set())
    assert {name for name in COUNTS if found[name] == 1} == names
    assert {name for name in COUNTS if found[name] == 0} == set(COUNTS) - names


def test_all_together_add_up():
    [found] = counted(dossiers([row for row, _ in BY_HAND])).to_dict("records")
    of = " ".join(text for _, text in BY_HAND if "not " not in text).split()
    assert {name: found[name] for name in COUNTS[1:]} == {
        name: of.count(name.removesuffix("_count")) for name in COUNTS[1:]
    }
    assert found["dossier_count"] == 8
    assert (found["basis"], found["rule"], found["source"]) == ("due", "strict", "by hand")


def test_what_an_export_does_not_tell_is_missing_also_beside_one_that_does():
    plain = {"first_due_at": None, "status": 9, "result_at": "2024-04-15", "source": "plain"}
    full = {"apologised_at": "2024-04-15", "reappointed_count": 0, "late_cause": "staff",
            "status": 9, "result_at": "2024-04-15"}  # fmt: skip
    table = dossiers([plain, plain, full])
    rows = counted(table).set_index("source")
    told_by_any = {"dossier_count": 2, "apart_count": 0, "late_count": 2}
    assert rows.loc["plain", list(told_by_any)].to_dict() == told_by_any
    assert rows.loc["plain", COUNTS[3:]].isna().all()
    assert rows.loc["by hand", COUNTS].tolist() == [1, 0, 1, 1, 0, 0, 1, 0, 1, 0]
    causes = count_causes(table, periods=PERIOD, as_of=DRAWN_ON)
    assert causes[["source", "late_cause", "late_count"]].values.tolist() == [
        ["by hand", "staff", 1.0]
    ]
    alone = counted(table[table["source"] == "plain"])
    assert alone[COUNTS[3:]].isna().all(axis=None)


def test_without_first_appointments_apologies_are_counted_against_the_only_one():
    row = {"first_due_at": None, "status": 9, "result_at": "2024-04-15"}
    [found] = counted(dossiers([row | {"apologised_at": "2024-04-12"}, row])).to_dict("records")
    assert [found[name] for name in COUNTS[6:]] == [1, 1, 0, 1]
    assert np.isnan(found["late_first_count"])


def judged(row):
    """The verdicts on one dossier, from the definitions, without SQL."""
    first = row["first_due_at"] if pd.notna(row["first_due_at"]) else row["due_at"]
    if pd.isna(first) or not (date(2024, 4, 1) <= first.date() <= date(2024, 5, 31)):
        return {}
    if row["status"] in (1, 3):
        return {}
    latest = row["due_at"] if pd.notna(row["due_at"]) else first
    end = row["result_at"] if pd.notna(row["result_at"]) else row["returned_at"]
    drawn = date(2024, 5, 31)
    done = pd.notna(end) and end.date() <= drawn
    if (row["status"] == 7 and done) or (row["status"] in (5, 6, 8) and not done):
        return {"apart_count": 1}
    if row["status"] in (7, 9, 10) and pd.isna(end):
        return {"apart_count": 1}
    day = end.date() if done else drawn
    late_first, late = day > first.date(), day > latest.date()
    sorry = pd.notna(row["apologised_at"]) and row["apologised_at"].date() <= drawn
    early = sorry and row["apologised_at"].date() <= first.date()
    return {
        "dossier_count": 1, "late_count": late, "late_first_count": late_first,
        "moved_count": first.date() != latest.date(),
        "reappointed_again_count": row["reappointed_count"] > 1,
        "apologised_count": late_first and sorry,
        "apologised_in_time_count": late_first and early,
        "apologised_after_count": late_first and sorry and not early,
        "no_apology_count": late_first and not sorry, "cause": late_first,
    }  # fmt: skip


def drawn_table(seed, size=600):
    rng = np.random.default_rng(seed)
    start = pd.Timestamp("2024-03-20 09:30")

    def some(share, low, high):
        days = start + pd.to_timedelta(rng.integers(low, high, size), unit="D")
        return pd.Series(days).where(rng.random(size) < share)

    first = some(0.6, 8, 80)
    near = first.fillna(pd.Timestamp("2024-04-20"))
    due = near + pd.to_timedelta(rng.integers(-3, 4, size), unit="D")
    result = near + pd.to_timedelta(rng.integers(-9, 12, size), unit="D")
    return check(
        pd.DataFrame({
            "dossier_id": [f"d{n}" for n in range(size)],
            "unit_id": rng.choice(["A", "B"], size), "field": rng.choice(["x", "y"], size),
            "source": "drawn", "status": rng.choice([2, 3, 4, 5, 7, 9, 10], size),
            "received_at": start, "first_due_at": first,
            "due_at": due.where(rng.random(size) < 0.9),
            "result_at": result.where(rng.random(size) < 0.6),
            "returned_at": some(0.1, 20, 80), "apologised_at": some(0.4, 8, 80),
            "reappointed_count": rng.integers(0, 4, size),
            "late_cause": pd.Series(rng.choice(LATE_CAUSES, size)).where(rng.random(size) < 0.7),
        }),
        DOSSIERS,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(2))
def test_the_counts_are_those_of_one_dossier_after_another(seed, tmp_path):
    table = drawn_table(seed)
    verdicts = pd.DataFrame([judged(row) for row in table.to_dict("records")])
    slow = pd.concat([table[["unit_id", "field", "late_cause"]], verdicts], axis=1)
    expected = slow.groupby(["unit_id", "field"])[COUNTS].sum().astype(float)
    path = tmp_path / "dossiers.parquet"
    table.to_parquet(path)
    for source in (table, path):
        found = count_appointments(source, ["field"], periods=PERIOD, as_of=DRAWN_ON)
        pd.testing.assert_frame_equal(
            found.set_index(["unit_id", "field"])[COUNTS].sort_index(), expected
        )
    late = slow[slow["cause"].eq(True)]
    causes = count_causes(table, periods=PERIOD, as_of=DRAWN_ON)
    by_hand = late.groupby(["unit_id", "late_cause"], dropna=False).size()
    assert causes.set_index(["unit_id", "late_cause"])["late_count"].to_dict() == pytest.approx(
        by_hand.to_dict(), nan_ok=True
    )
    assert causes["late_count"].sum() == expected["late_first_count"].sum() > 50


def test_late_against_the_latest_appointment_is_what_the_tally_calls_late():
    """Where no first date moves a dossier into another period, both count the same dossiers."""
    table = drawn_table(9).assign(first_due_at=pd.NaT)
    found = counted(table)
    tally = count_cohorts(table, cohort="due", periods=PERIOD, as_of=DRAWN_ON)
    assert found["late_count"].tolist() == (tally["late_count"] + tally["overdue_count"]).tolist()
    beside = tally[["withdrawn_count", "suspended_count", "undated_count"]].sum(axis=1)
    assert found["apart_count"].tolist() == beside.tolist()


def test_no_dossiers_no_rows_and_what_cannot_be_counted_is_refused():
    none = dossiers([{}]).head(0)
    assert counted(none).columns[-10:].tolist() == COUNTS
    assert counted(none).empty
    assert count_causes(none, periods=PERIOD, as_of=DRAWN_ON).empty
    with pytest.raises(InputError, match="cannot count by 'apology'"):
        counted(dossiers([{}]), by=["apology"])
    with pytest.raises(InputError, match="not for due"):
        counted(dossiers([{}]), rule="qd766")
    with pytest.raises(InputError, match="after the data were drawn"):
        count_causes(dossiers([{}]), periods=PERIOD, as_of="2024-05-01")


# ----------------------------------------------------------------------------------- saying it

UNITS = pd.DataFrame({"unit_id": ["U"], "full_name": ["Xã Mẫu U"], "name": ["Mẫu U"],
                      "unit_class": ["commune"]})  # fmt: skip


def many(*rows):
    """A table of equal dossiers: (how many, what became of each)."""
    return dossiers([row for number, row in rows for _ in range(number)])


HUNDRED = many(
    (60, BY_HAND[0][0]),
    (12, BY_HAND[1][0] | {"late_cause": "staff"}),
    (15, BY_HAND[2][0] | {"late_cause": "workload"}),
    (8, BY_HAND[3][0] | {"late_cause": "finance"}),
    (5, BY_HAND[1][0]),
)


def page(table, suppress_below=0, language="en"):
    options = {"units": UNITS, "suppress_below": suppress_below, "language": language}
    causes = count_causes(table, periods=PERIOD, as_of=DRAWN_ON)
    blocks = sections.appointments(counted(table), **options) + sections.causes(causes, **options)
    return "".join(block.html for block in blocks)


def test_what_is_said_is_what_was_counted():
    said = same_in_both(narrative.appointments, counted(HUNDRED), topic="appointments", units=UNITS)
    [both] = said["appointments.both"]
    shown = {name: both[name] for name in both if name not in ("unit", "period")}
    assert shown == {
        "n": 100, "late": 25, "share": 25, "late_first": 40, "share_first": 40, "moved": 23,
    }  # fmt: skip
    assert said["appointments.again"] == [{"again": 8}]
    assert said["appointments.apologies"] == [
        {"base": 40, "apologised": 23, "in_time": 15, "after": 8, "none": 17}
    ]
    causes = count_causes(HUNDRED, periods=PERIOD, as_of=DRAWN_ON)
    [text] = [b.html for b in narrative.causes(causes, units=UNITS, language="en")
              if b.kind == "text"]  # fmt: skip
    assert "35 of the 40 late dossiers have a stated cause" in text
    assert "many dossiers, overload (15); staff (12); tax, fee or other payment (8)" in text


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("suppress_below", [0, 10])
def test_every_number_of_a_sentence_stands_in_a_table_of_the_page(language, suppress_below):
    text = page(HUNDRED, suppress_below, language)
    assert text
    assert unlinked(text) == []


def test_where_the_export_tells_nothing_nothing_is_shown():
    row = {"first_due_at": None, "status": 9, "result_at": "2024-04-15"}
    assert page(many((30, row))) == ""
    assert page(HUNDRED.head(0)) == ""


def test_one_thing_told_is_shown_without_the_others():
    row = {"first_due_at": None, "status": 9, "result_at": "2024-04-15", "reappointed_count": 1}
    said = same_in_both(
        narrative.appointments, counted(many((30, row))), topic="appointments", units=UNITS
    )
    assert list(said) == [
        "appointments.latest", "appointments.again.none", "appointments.notice"
    ]  # fmt: skip


FIRST, LATEST = (f"Late against the {which} appointment" for which in ("first", "latest"))
SORRY = "Late, apology on record"
WITHIN = [  # a count, and one that is part of it
    (FIRST, SORRY), (SORRY, "Late, apology on the due date or before"),
    (SORRY, "Late, apology after the due date"), (FIRST, "Late, no apology on record"),
    (FIRST, LATEST),
]  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
def test_no_small_number_is_shown_or_follows_from_two_that_are(seed):
    rng = np.random.default_rng(seed)
    kinds = [row for row, _ in BY_HAND[1:8]]
    table = many(
        (40, BY_HAND[0][0]), *zip(rng.choice([0, 1, 2, 7, 30], len(kinds)), kinds, strict=True)
    )
    blocks = sections.appointments(counted(table), units=UNITS, suppress_below=5, language="en")
    lines = re.findall(
        r'<th scope="row">(.*?)</th><td class="num">(.*?)</td>', "".join(b.html for b in blocks)
    )
    shown = {name: int(number.replace(",", "")) for name, number in lines}
    assert set(shown.values()).isdisjoint(range(1, 5))
    both = [abs(shown[a] - shown[b]) for a, b in WITHIN if {a, b} <= set(shown)]
    assert set(both).isdisjoint(range(1, 5))


def test_when_apologies_came_is_hidden_where_it_would_tell_how_few_had_none():
    table = many((60, BY_HAND[0][0]), (30, BY_HAND[2][0]), (30, BY_HAND[3][0]), (2, BY_HAND[1][0]))
    assert "Late, apology" in page(table)
    assert "Late, apology" not in page(table, 5)
    assert "Late, no apology" not in page(table, 5)


def test_small_causes_are_taken_together_until_they_are_no_longer_small():
    rows = {"staff": 3, "finance": 1, "software": 6, "workload": 20, None: 9}
    table = many(*((n, BY_HAND[1][0] | {"late_cause": cause}) for cause, n in rows.items()))
    text = page(table, 5)
    table_of_causes = text[text.index("<caption>Late dossiers by") :]
    lines = re.findall(r'<th scope="row">(.*?)</th><td class="num">(\d+)', table_of_causes)
    assert lines == [
        ("Many dossiers, overload", "20"), ("Groups of few dossiers, taken together", "10"),
        ("No stated cause", "9"),
    ]  # fmt: skip
    assert "staff" not in text.casefold()
    assert "stated cause" not in page(table, 10)  # nine without a cause are too few
