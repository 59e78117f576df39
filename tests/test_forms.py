"""Form II.06 from the simulated exports, by its identities, and back into a tally."""

import numpy as np
import pandas as pd
import pytest
from test_tally import MARCH, hand_table

from cchc_analysis.columns import FORMS, InputError
from cchc_analysis.sample import write_sample
from cchc_analysis.sources.dossiers import read_dossiers
from cchc_analysis.sources.forms import count_forms, form06, read_forms
from cchc_analysis.tally import count_cells

A, B = "simulated-tinh-mau-a.csv", "simulated-huyen-mau-b.xlsx"
NUMBERED = dict(
    zip(range(3, 14), [c.name for c in FORMS.columns if c.name.endswith("_count")], strict=True)
)


@pytest.fixture(scope="session")
def exports(tmp_path_factory):
    out = tmp_path_factory.mktemp("forms")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(out / "home"))
        write_sample(out / "sample", dossiers=5_000, only=[A, B])
        return {name: read_dossiers(out / "sample" / name, out=out / name) for name in (A, B)}


def by_number(form):
    return form.rename(columns={name: number for number, name in NUMBERED.items()})


def expect_identities(form):
    f = by_number(form)
    assert (f[3] == f[4] + f[5] + f[6]).all()
    assert (f[7] == f[8] + f[9] + f[10]).all()
    assert (f[11] == f[12] + f[13]).all()
    assert (f[3] == f[7] + f[11]).all()
    assert (f[list(NUMBERED)] >= 0).all(axis=None)


def test_sample_a_gives_the_totals_printed_for_ba_ria_vung_tau(exports):
    # 1 January - 31 October 2023: 495,353 resolved, 483,677 on time, 11,676 late
    form = form06(exports[A], "2023-01-01", "2023-10-31")
    expect_identities(form)
    totals = by_number(form[form["field"].isna()]).sum(numeric_only=True)
    assert (totals[7], totals[8] + totals[9], totals[10]) == (495_353, 483_677, 11_676)


def test_sample_b_gives_the_totals_printed_for_can_giuoc(exports):
    # 1 January - 31 May 2024: 33,653 received, 31,394 resolved; early 51.25 %, on time 48.69 %
    form = form06(exports[B], "2024-01-01", "2024-05-31")
    expect_identities(form)
    totals = by_number(form[form["field"].isna()]).sum(numeric_only=True)
    assert [totals[n] for n in (3, 7, 8, 9, 10)] == [33_653, 31_394, 16_089, 15_286, 19]


def test_lines_of_fields_add_to_the_total_line(exports):
    form = form06(exports[B], "2024-01-01", "2024-05-31")
    lines, totals = form[form["field"].notna()], form[form["field"].isna()]
    added = lines.groupby("unit_id")[list(NUMBERED.values())].sum()
    pd.testing.assert_frame_equal(
        added, totals.set_index("unit_id")[list(NUMBERED.values())], check_names=False
    )


def test_carried_over_is_what_was_pending_a_month_before(exports):
    first = form06(exports[B], "2024-01-01", "2024-02-14")
    second = form06(exports[B], "2024-02-15", "2024-05-31")
    pending = first[first["field"].isna()].set_index("unit_id")["pending_count"]
    carried = second[second["field"].isna()].set_index("unit_id")["carried_count"]
    pending, carried = pending[pending > 0], carried[carried > 0]
    assert carried.sum() > 100
    assert carried.to_dict() == pending.to_dict()


def test_the_hand_table_as_a_form():
    # counts: FORM06_MARCH in tests/test_tally.py
    form = form06(hand_table().assign(field="Đất đai"), *MARCH)
    expect_identities(form)
    assert form["field"].tolist()[0] == "Đất đai"
    assert pd.isna(form["field"].iloc[1])
    expected = {3: 20, 4: 3, 5: 15, 6: 2, 7: 9, 8: 2, 9: 5, 10: 2, 11: 11, 12: 9, 13: 2}
    for line in range(2):
        assert by_number(form).iloc[line][list(NUMBERED)].to_dict() == expected


def test_without_channel_the_two_ways_in_are_missing_not_zero():
    form = form06(hand_table().drop(columns="channel").assign(field="Đất đai"), *MARCH)
    assert form[["online_received_count", "direct_received_count"]].isna().all(axis=None)
    assert form["total_received_count"].tolist() == [20, 20]


def test_reversed_period_and_no_dossiers():
    with pytest.raises(InputError, match=r"ends \(2024-03-01\) before it starts \(2024-03-31\)"):
        form06(hand_table(), "2024-03-31", "2024-03-01")
    empty = form06(hand_table().iloc[:0], *MARCH)
    assert empty.empty
    assert list(empty) == FORMS.names


def test_a_form_counted_back_is_the_tally_it_came_from():
    dossiers = hand_table().assign(field=lambda t: ["Đất đai", "Hộ tịch"] * (len(t) // 2))
    form = form06(dossiers, *MARCH)
    assert len(form) == 3
    back = count_forms(form).iloc[0]
    tally = count_cells(dossiers, periods=MARCH, as_of=MARCH[1], rule="form06").iloc[0]
    same = [
        "received_count", "carried_count", "resolved_count", "on_time_count", "late_count",
        "pending_in_time_count", "overdue_count", "online_count", "early_count",
    ]  # fmt: skip
    assert back[same].tolist() == tally[same].tolist()
    assert (back["rule"], back["basis"], back["as_of"]) == ("form06", "period", tally["as_of"])
    unknown = ["due_day_count", "withdrawn_count", "undated_count", "suspended_count"]
    assert back[unknown].isna().all()


def line(**changes):
    base = {
        "unit_id": "U", "period_start_on": "2024-01-15", "period_end_on": "2024-02-14",
        "field": None, "early_count": 5, "due_day_count": 3, "late_count": 1, "source": "form",
    }  # fmt: skip
    return base | changes


def test_lines_are_added_only_where_there_is_no_total_line():
    whole = [line(), line(field="a", early_count=4), line(field="b", early_count=1)]
    parts = [line(unit_id="V", field=name) for name in ("a", "b")]
    tally = count_forms(pd.DataFrame(whole + parts)).set_index("unit_id")
    assert tally["on_time_count"].to_dict() == {"U": 8, "V": 16}
    assert tally["late_count"].to_dict() == {"U": 1, "V": 2}
    assert tally["resolved_count"].isna().all()


def test_a_count_missing_in_one_line_is_missing_in_the_sum():
    tally = count_forms(pd.DataFrame([line(field="a"), line(field="b", late_count=np.nan)]))
    assert tally["late_count"].isna().all()
    assert tally["on_time_count"].tolist() == [16]


def test_no_forms_give_no_rows():
    assert count_forms(pd.DataFrame([line()]).iloc[:0]).empty


def test_reading_forms_from_a_file(tmp_path):
    pd.DataFrame([line(), line(field="Đất đai")]).to_csv(tmp_path / "forms.csv", index=False)
    forms = read_forms(tmp_path / "forms.csv")
    assert list(forms) == FORMS.names
    assert forms["period_end_on"].tolist() == [pd.Timestamp("2024-02-14")] * 2
    assert count_forms(forms)["on_time_count"].tolist() == [8]
    pd.DataFrame([line(late_count=-1)]).to_csv(tmp_path / "bad.csv", index=False)
    with pytest.raises(InputError, match=r"bad\.csv: forms: late_count, row 2: found '?-1"):
        read_forms(tmp_path / "bad.csv")
    pd.DataFrame([line()]).drop(columns="unit_id").to_csv(tmp_path / "bad.csv", index=False)
    with pytest.raises(InputError, match="forms has no column 'unit_id'"):
        read_forms(tmp_path / "bad.csv")


def _line(**cells):
    dates = {"period_start_on": "2024-02-01", "period_end_on": "2024-02-28"}
    return {"unit_id": "A", **dates, "source": "s", "early_count": 5, **cells}


def test_a_form_given_twice_is_not_added_to_itself():
    with pytest.raises(InputError, match="two lines of one field"):
        count_forms(pd.DataFrame([_line(), _line()]))
    assert len(count_forms(pd.DataFrame([_line(), _line(source="t")]))) == 2


def test_a_day_first_date_is_refused_not_read_month_first(tmp_path):
    path = tmp_path / "form.csv"
    pd.DataFrame([_line(period_start_on="01/02/2024")]).to_csv(path, index=False)
    with pytest.raises(InputError, match="write dates as 2024-12-31"):
        read_forms(path)


def test_rows_longer_than_the_header_are_refused(tmp_path):
    path = tmp_path / "form.csv"
    path.write_text("unit_id,source\nA,2024,s\nB,2024,s\n", encoding="utf-8")
    with pytest.raises(InputError, match="more cells than the header"):
        read_forms(path)
