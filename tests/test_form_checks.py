"""Sums that forms II.06 must satisfy, on published figures and on hand-made forms."""

import numpy as np
import pandas as pd

from cchc_analysis.columns import FORMS, empty
from cchc_analysis.reconciliation import check_forms

COUNTS = [c.name for c in FORMS.columns if c.name.endswith("_count")]
JANUARY, FEBRUARY = ("2023-12-15", "2024-01-14"), ("2024-01-15", "2024-02-14")


def line(counts, field=None, days=JANUARY, source="form", unit_id="U"):
    """One line: the counts (3) to (13) in order."""
    keys = {"unit_id": unit_id, "period_start_on": days[0], "period_end_on": days[1]}
    return keys | dict(zip(COUNTS, counts, strict=True)) | {"field": field, "source": source}


def verdicts(*lines):
    checked = check_forms(pd.DataFrame(list(lines)))
    return checked.set_index("identity")[["gap", "verdict"]]


def printed(total, resolved, pending):
    """A published total with what was resolved and what is pending, nothing else given."""
    rest = np.nan
    return line([total, rest, rest, rest, resolved, rest, rest, rest, pending, rest, rest])


def test_the_published_forms():
    # Đắk Glong 2020: 57,689 resolved + 1,321 pending = 59,010
    # Lâm Đồng, quarter 1 of 2024: 151,295 + 8,550 = 159,845
    # Lâm Đồng, quarter 1 of 2020: 659,245 to handle, but 643,272 + 7,172: 8,801 are missing
    assert verdicts(printed(59_010, 57_689, 1_321)).to_dict("index") == {
        "form_handled": {"gap": 0, "verdict": "holds"}
    }
    assert verdicts(printed(159_845, 151_295, 8_550))["verdict"].tolist() == ["holds"]
    broken = verdicts(printed(659_245, 643_272, 7_172))
    assert broken.to_dict("index") == {"form_handled": {"gap": -8_801, "verdict": "fails"}}


def test_early_on_time_and_late_beyond_what_was_resolved():
    # Lâm Đồng, districts, October 2019: early + on time + late is 17,655 against 17,651
    parts = [np.nan] * 4 + [17_651, 17_000, 600, 55] + [np.nan] * 3
    assert verdicts(line(parts)).loc["form_resolved"].tolist() == [4, "fails"]


#        3   4  5  6  7  8  9 10 11 12 13
WHOLE = [20, 3, 15, 2, 9, 2, 5, 2, 11, 9, 2]


def test_a_form_that_adds_up():
    checked = check_forms(pd.DataFrame([line(WHOLE)]))
    assert checked["identity"].tolist() == [
        "form_received", "form_resolved", "form_pending", "form_handled",
    ]  # fmt: skip
    assert checked["verdict"].tolist() == ["holds"] * 4
    assert checked["parts_count"].tolist() == [3, 3, 2, 2]
    assert checked["field"].isna().all()


def test_each_sum_fails_alone():
    for number, identity in ((4, "form_received"), (8, "form_resolved"), (12, "form_pending")):
        counts = list(WHOLE)
        counts[number - 3] += 1
        failing = verdicts(line(counts)).query("verdict != 'holds'")
        assert failing.to_dict("index") == {identity: {"gap": 1, "verdict": "fails"}}


def test_parts_that_are_not_given_excuse_a_shortfall_only():
    short = list(WHOLE)
    short[5] = np.nan  # (8): 5 + 2 of 9
    assert verdicts(line(short)).loc["form_resolved"].tolist() == [-2, "short"]
    beyond = list(WHOLE)
    beyond[5], beyond[6] = np.nan, 8  # 8 + 2 of 9
    assert verdicts(line(beyond)).loc["form_resolved"].tolist() == [1, "fails"]
    nothing = list(WHOLE)
    nothing[5:8] = [np.nan] * 3
    assert "form_resolved" not in verdicts(line(nothing)).index


def test_fields_add_to_the_total_line():
    fields = [[12, 2, 9, 1, 5, 1, 3, 1, 7, 6, 1], [8, 1, 6, 1, 4, 1, 2, 1, 4, 3, 1]]
    lines = [line(WHOLE), line(fields[0], "Đất đai"), line(fields[1], "Hộ tịch")]
    added = check_forms(pd.DataFrame(lines)).query("identity == 'form_lines'")
    assert added["parts"].tolist() == COUNTS
    assert added["verdict"].tolist() == ["holds"] * 11
    assert added["parts_count"].tolist() == [2] * 11
    lines[2]["overdue_count"] = 3
    failing = check_forms(pd.DataFrame(lines)).query("identity == 'form_lines' and gap != 0")
    assert failing[["parts", "left", "right", "gap"]].to_numpy().tolist() == [
        ["overdue_count", 4, 2, 2]
    ]
    lines[2]["overdue_count"] = np.nan
    missing = check_forms(pd.DataFrame(lines)).query("parts == 'overdue_count'").iloc[-1]
    assert missing[["gap", "verdict", "parts_count"]].tolist() == [-1, "short", 1]


def carried(*lines):
    checked = check_forms(pd.DataFrame(list(lines))).query("identity == 'form_carried_over'")
    return checked[["field", "source", "left", "right", "gap", "verdict"]].to_numpy().tolist()


def with_carried(count, **keys):
    counts = list(WHOLE)
    counts[3] = count
    return line(counts, **keys)


def test_carried_over_is_what_was_pending_before():
    january = [line(WHOLE, source="1.xlsx"), line(WHOLE, "Đất đai", source="1.xlsx")]
    february = [
        with_carried(11, days=FEBRUARY, source="2.xlsx"),
        with_carried(8, field="Đất đai", days=FEBRUARY, source="2.xlsx"),
        with_carried(3, field="Hộ tịch", days=FEBRUARY, source="2.xlsx"),
    ]
    total, land = carried(*january, *february)
    assert pd.isna(total[0])
    assert total[1:] == ["2.xlsx", 11, 11, 0, "holds"]
    assert land == ["Đất đai", "2.xlsx", 8, 11, -3, "fails"]


def test_nothing_is_carried_over_a_gap_or_from_another_unit():
    later = with_carried(5, days=("2024-01-16", "2024-02-14"))
    other = with_carried(5, days=FEBRUARY, unit_id="V")
    assert carried(line(WHOLE), later, other) == []


def test_of_two_compilations_each_follows_its_own():
    own, all_ = line(WHOLE, source="desk"), line([40, *WHOLE[1:8], 30, 28, 2], source="all")
    after = [with_carried(n, days=FEBRUARY, source=s) for n, s in ((11, "desk"), (30, "all"))]
    assert [row[-1] for row in carried(own, all_, *after)] == ["holds", "holds"]
    assert carried(own, all_, with_carried(11, days=FEBRUARY, source="press")) == []


def test_no_forms_no_checks():
    checked = check_forms(empty(FORMS))
    assert checked.empty
    assert list(checked)[:4] == ["identity", "unit_id", "period_start_on", "period_end_on"]
