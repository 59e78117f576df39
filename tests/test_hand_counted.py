"""Thirty dossiers of all ten statuses, read by hand under each rule and counted by hand.

The period is March 2024, the data were drawn on its last day, a Sunday; 1 March is a Friday and
no day of the month is a holiday. Every expected number below was added up from the table, not
by the code.
"""

import pandas as pd
import pytest

from cchc_analysis.columns import TALLY_COUNTS
from cchc_analysis.lateness import RULES
from cchc_analysis.sources.forms import form06
from cchc_analysis.tally import compare_rules, count_cells, count_cohorts

MARCH, DRAWN_ON = ("2024-03-01", "2024-03-31"), "2024-03-31"

# received and due: days of 2024. end: day of the result, 'r' before it: only the return is known.
# more: a asked for a supplement, g given, x times asked; f asked for a fee, p paid; s synchronised;
# b accept by; d first due date; o filed online.
# The last three columns are what the dossier is under strict, form06 and qd766: '.' not counted,
# early, day (on the due day), late, in (open and in time), over(due); and the awkward kinds in
# capitals where they stand apart. form06 puts awkward ones in ON (time) or IN (time).
TABLE = """
id  st received due   end    more                    strict form06 qd766
h01 1  -        -     -      b03-05                  .      .      .
h02 3  03-04    03-11 -      -                       .      .      .
h03 10 03-04    03-15 03-12  s03-12,o                early  early  early
h04 9  03-04    03-15 03-15  s03-18                  day    day    day
h05 10 03-04    03-15 03-18  s03-18,o                late   late   late
h06 10 03-05    03-15 r03-15 s03-15                  day    day    day
h07 9  02-19    03-01 03-06  s03-06,o                late   late   .
h08 10 02-12    02-26 02-23  s02-23                  .      .      .
h09 9  03-06    -     03-13  s03-13                  UNDAT  ON     UNDAT
h10 9  03-06    03-20 -      -                       UNDAT  IN     UNDAT
h11 7  03-07    03-14 03-12  -                       WITHD  ON     on
h12 7  03-07    03-14 03-20  -                       WITHD  ON     late
h13 7  02-21    03-06 03-05  -                       WITHD  ON     .
h14 5  03-08    03-22 -      a03-13,x1,o             SUSP   IN     in
h15 5  03-01    03-08 -      a03-12,x1               SUSP   IN     over
h16 6  03-11    03-25 -      f03-15                  SUSP   IN     over
h17 6  03-20    04-10 -      f03-22                  SUSP   IN     in
h18 8  03-12    03-26 -      -                       SUSP   IN     over
h19 8  02-14    -     -      -                       SUSP   IN     .
h20 4  03-13    03-27 -      -                       over   over   over
h21 4  03-25    03-31 -      -                       in     in     in
h22 2  03-28    04-11 -      b03-27                  in     in     in
h23 2  03-29    -     -      b03-29                  UNDAT  IN     UNDAT
h24 4  02-27    03-12 -      b02-26                  over   over   .
h25 4  03-13    03-20 03-19  -                       early  over   over
h26 10 03-04    03-13 03-18  a03-06,g03-11,x1,s03-18 late   late   day
h27 10 03-04    03-13 03-14  a03-06,g03-08,x2,s03-14 late   late   late
h28 9  03-05    03-14 03-15  f03-11,p03-13,s03-15    late   late   late
h29 10 03-01    03-22 03-20  d03-15,b02-29,s03-20    early  early  early
h30 -  03-14    03-21 03-21  s03-22                  day    day    day
"""
# Why, where a rule has something to decide:
# h01 h02  statuses 1 and 3 are not accepted: counted nowhere.
# h07 h13 h19 h24  received in February, unfinished on 1 March: carried over; not of the cohort.
# h08      finished before March.
# h09 h23  no due date: strict and qd766 cannot tell; form06 says on time, or in time.
# h10      status finished, no date says when: the same.
# h11-h13  withdrawn: apart in strict, always on time in form06, judged by their dates in qd766.
# h14      asked on 13 March, before it was due: the 12 working days to 31 March are subtracted
#          in qd766, so 22 March becomes 9 April; form06 says in time without looking.
# h15      asked on 12 March, when it was overdue: 13 working days move 8 March to 27 March.
# h16 h18  waits for a fee, stopped: qd766 goes by the due date (its stated assumption).
# h25      has a result, status unfinished: finished in strict, open in form06 and qd766.
# h26      asked on Wednesday 6 March, given on Monday 11: 7, 8 and 11 March are 3 working days;
#          due on Wednesday 13, moved to Monday 18, the day of the result.
# h27      2 working days would move its due date to 15 March, but it was asked twice.
# h28      2 working days of waiting for the fee (12 and 13 March) count in none of the three.
# h30      no status is known: its dates decide.


def rows():
    return [line.split() for line in TABLE.strip().splitlines()[1:]]


def day(text):
    return pd.NaT if text in ("", "-") else pd.Timestamp(f"2024-{text.lstrip('r')}")


def dossiers():
    marks = {"a": "supplement_asked_at", "g": "supplement_given_at", "f": "fee_asked_at",
             "p": "fee_paid_at", "s": "synchronised_at", "b": "acceptance_due_at",
             "d": "first_due_at"}  # fmt: skip
    table = []
    for name, status, received, due, end, more, *_ in rows():
        noted = {mark[0]: mark[1:] for mark in more.split(",")}
        table.append(
            {
                "dossier_id": name,
                "unit_id": "U",
                "procedure": name,
                "status": None if status == "-" else int(status),
                "received_at": day(received),
                "due_at": day(due),
                "result_at": pd.NaT if end.startswith("r") else day(end),
                "returned_at": day(end) if end.startswith("r") else pd.NaT,
                "channel": "online" if "o" in noted else "in_person",
                "supplement_count": float(noted.get("x", "nan")),
                "source": "by hand",
            }
            | {column: day(noted.get(mark, "")) for mark, column in marks.items()}
        )
    return pd.DataFrame(table)


def counted(by=(), rule="strict"):
    asked = {"periods": MARCH, "as_of": DRAWN_ON, "rule": rule}
    if rule == "qd766":
        return count_cohorts(dossiers(), by, cohort="received", **asked)
    return count_cells(dossiers(), by, **asked)


STRICT = {
    "received": 23,
    "carried": 4,  # h07 h13 h19 h24
    "resolved": 15,  # h03-h07 h09 h11 h12 h13 h25-h30
    "on_time": 6,  # h03 h04 h06 h25 h29 h30
    "late": 5,  # h05 h07 h26 h27 h28
    "pending_in_time": 2,  # h21 h22
    "overdue": 2,  # h20 h24
    "online": 3,  # h03 h05 h14; h07 was carried over
    "early": 3,  # h03 h25 h29
    "due_day": 3,  # h04 h06 h30
    "withdrawn": 3,  # h11 h12 h13
    "undated": 3,  # h09 resolved, h10 h23 open
    "suspended": 6,  # h14-h19
    "late_acceptance": 2,  # h22 h29; h23 on the day itself, h24 was carried over
}
EXPECTED = {
    "strict": STRICT,
    "form06": STRICT
    | {
        "resolved": 14,  # without h25
        "on_time": 9,  # h03 h04 h06 h29 h30; undated h09; withdrawn h11 h12 h13
        "pending_in_time": 10,  # h21 h22; h14-h19; undated h10 h23
        "overdue": 3,  # h20 h24 h25
        "early": 2,  # h03 h29
    },
    "qd766": {
        "received": 23,
        "resolved": 12,  # h03-h06 h09 h11 h12 h26-h30
        "on_time": 7,  # h03 h04 h06 h11 h26 h29 h30
        "late": 4,  # h05 h12 h27 h28
        "pending_in_time": 4,  # h14 h17 h21 h22
        "overdue": 5,  # h15 h16 h18 h20 h25
        "online": 3,
        "early": 2,  # h03 h29; h11 was withdrawn
        "due_day": 4,  # h04 h06 h26 h30
        "withdrawn": 2,  # h11 h12
        "undated": 3,  # h09 h10 h23
        "suspended": 5,  # h14-h18
        "late_acceptance": 2,
    },
    # 3 working days move h26 to its due day, 2 move h27 from 13 to 15 March.
    "strict_supplement_subtracted": STRICT | {"on_time": 8, "late": 3, "early": 4, "due_day": 4},
    # 4 to 13 March are 7 working days: from 11 March to the 20th, from 8 March to the 19th.
    "strict_supplement_restarts": STRICT | {"on_time": 8, "late": 3, "early": 5},
    # 2 working days move h28 from Thursday 14 to Monday 18 March.
    "strict_fee_subtracted": STRICT | {"on_time": 7, "late": 4, "early": 4},
    # Known to the portal late: h04 h30. Not at all: h10 h25, open there and overdue.
    "strict_synchronised": STRICT
    | {
        "resolved": 14,  # without h25
        "on_time": 3,  # h03 h06 h29
        "late": 7,  # h04 h05 h07 h26 h27 h28 h30
        "overdue": 4,  # h10 h20 h24 h25
        "early": 2,  # h03 h29
        "due_day": 1,  # h06
        "undated": 2,  # h09 h23
    },
    # h29 was due on 15 March before the date was moved to the 22nd.
    "strict_first_due": STRICT | {"on_time": 5, "late": 6, "early": 2},
}


def test_the_table_holds_all_ten_statuses():
    assert len(rows()) == 30
    assert {row[1] for row in rows()} == {"-", *map(str, range(1, 11))}
    assert set(EXPECTED) == set(RULES)


@pytest.mark.parametrize("rule", EXPECTED)
def test_each_rule_equals_the_count_by_hand(rule):
    tally = counted(rule=rule)
    assert len(tally) == 1
    found = tally[list(TALLY_COUNTS)].iloc[0].dropna().astype(int)
    assert {name.removesuffix("_count"): n for name, n in found.items()} == EXPECTED[rule]


def test_form_06_equals_the_count_by_hand():
    form = form06(dossiers(), *MARCH)
    total = form[form["field"].isna()].iloc[-1].filter(like="_count").astype(int)
    assert total.tolist() == [27, 3, 20, 4, 14, 2, 7, 5, 13, 10, 3]  # columns (3) to (13)


READINGS = {
    "early": ("on_time", "early"), "day": ("on_time", "due_day"), "on": ("on_time", "withdrawn"),
    "late": ("late",), "in": ("pending_in_time",), "over": ("overdue",), "ON": ("on_time",),
    "IN": ("pending_in_time",), "UNDAT": ("undated",), "WITHD": ("withdrawn",),
    "SUSP": ("suspended",),
}  # fmt: skip
OUTCOMES = ("on_time", "late", "pending_in_time", "overdue", "early", "due_day")


@pytest.mark.parametrize(("rule", "place"), [("strict", 6), ("form06", 7), ("qd766", 8)])
def test_each_dossier_is_what_the_table_says(rule, place):
    tally = counted(["procedure"], rule).set_index("procedure")
    expected = {row[0]: READINGS[row[place]] for row in rows() if row[place] != "."}
    assert sorted(tally.index) == sorted(expected)
    for name, reading in expected.items():
        found = {count for count in OUTCOMES if tally.loc[name, f"{count}_count"] == 1}
        assert found == {count for count in reading if count in OUTCOMES}, name
        for kind in set(reading) - set(OUTCOMES):
            assert tally.loc[name, f"{kind}_count"] == 1, name


def outcome_of_each(rule):
    """For each dossier the first of the four verdicts that it has, or 'apart'."""
    tally = counted(["procedure"], rule).set_index("procedure")
    verdicts = tally[[f"{name}_count" for name in OUTCOMES[:4]]] == 1
    return {
        name: row.idxmax().removesuffix("_count") if row.any() else "apart"
        for name, row in verdicts.iterrows()
    }


def test_the_two_official_readings_differ_exactly_where_they_are_known_to():
    """Statuses 5, 6, 8: in time or by date; 7: on time or by date; no date: on time or apart."""
    form, screen = outcome_of_each("form06"), outcome_of_each("qd766")
    differing = {name for name in set(form) & set(screen) if form[name] != screen[name]}
    awkward = {
        name: (form[name], screen[name]) for name in differing if name not in ("h26", "h27", "h28")
    }
    assert awkward == {
        "h09": ("on_time", "apart"),
        "h10": ("pending_in_time", "apart"),
        "h23": ("pending_in_time", "apart"),
        "h12": ("on_time", "late"),
        "h15": ("pending_in_time", "overdue"),
        "h16": ("pending_in_time", "overdue"),
        "h18": ("pending_in_time", "overdue"),
    }
    assert differing - set(awkward) == {"h26"}  # the supplement, subtracted by one only
    assert set(form) - set(screen) == {"h07", "h13", "h19", "h24"}  # carried over


def test_strict_differs_from_form_06_in_the_awkward_dossiers_alone():
    strict, form = outcome_of_each("strict"), outcome_of_each("form06")
    differing = {name for name in strict if strict[name] != form[name]}
    by_status = {row[0] for row in rows() if row[1] in ("5", "6", "7", "8")}
    assert differing == by_status | {"h09", "h10", "h23", "h25"}
    assert {strict[name] for name in differing - {"h25"}} == {"apart"}


# count / total under each denominator; 22 dossiers were due in March, of which strict judges 13:
# on time h03 h04 h06 h25 h29 h30; late h05 h07 h26 h27 h28; overdue h20 h24.
SHARES = {
    "strict": {
        "resolved": (6, 11),
        "due_in_period": (6, 13),
        "received": (6, 23),
        "to_handle": (20, 27),  # 27 - 5 late - 2 overdue
        "received_pending_in_time": (8, 23),  # h21 h22 beside the six on time
        "resolved_over_received": (15, 23),
    },
    "form06": {
        "resolved": (9, 14),
        "received": (9, 23),
        "to_handle": (19, 27),  # 27 - 5 late - 3 overdue
        "resolved_over_received": (14, 23),
    },
    "qd766": {
        "resolved": (7, 11),
        "received": (7, 23),
        "received_pending_in_time": (11, 23),
        "resolved_over_received": (12, 23),
    },
}


def test_rules_and_denominators_side_by_side():
    table = compare_rules(dossiers(), periods=MARCH, as_of=DRAWN_ON)
    found = {
        rule: {
            row.denominator: (int(row.count_), int(row.total))
            for row in rows.rename(columns={"count": "count_"}).itertuples()
        }
        for rule, rows in table.groupby("rule", sort=False)
    }
    assert {rule: found[rule] for rule in SHARES} == SHARES
    assert list(found) == list(EXPECTED)  # every variant: the table holds all dates
    resolved = {rule: shares["resolved"] for rule, shares in found.items()}
    assert resolved == {
        "strict": (6, 11),
        "form06": (9, 14),
        "qd766": (7, 11),
        "strict_supplement_subtracted": (8, 11),
        "strict_supplement_restarts": (8, 11),
        "strict_fee_subtracted": (7, 11),
        "strict_synchronised": (3, 10),
        "strict_first_due": (5, 11),
    }
    assert (table["share"] == table["count"] / table["total"]).all()
