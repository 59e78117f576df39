"""Counts in the map of another day: the mergers of Resolution 202/2025/QH15, summed by hand."""

from collections import Counter

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cchc_analysis import gazetteer
from cchc_analysis.columns import TALLY, TALLY_COUNTS, UNITS, InputError, check
from cchc_analysis.tally import roll_up
from cchc_analysis.territory import to_units_of

TODAY = "2026-01-01"
LAM_DONG = ["vn63-60", "vn63-67", "vn63-68"]  # Bình Thuận, Đắk Nông, Lâm Đồng


def cells(*rows, **shared):
    """A tally of (unit_id, received, late) rows; ``shared`` overrides the keys."""
    keys = {
        "period_start_on": "2024-01-01", "period_end_on": "2024-12-31", "basis": "period",
        "rule": "strict", "as_of": "2025-01-31", "source": "export", **shared,
    }  # fmt: skip
    counts = pd.DataFrame(rows, columns=["unit_id", "received_count", "late_count"])
    return check(counts.assign(**keys), TALLY)


def test_binh_thuan_2024_lands_in_lam_dong_with_equal_counts():
    own = cells(("vn63-60", 412_345, 678))
    own[list(TALLY_COUNTS)] = [[100.0 + i for i in range(len(TALLY_COUNTS))]]
    there = to_units_of(own, TODAY)
    assert there["unit_id"].tolist() == ["vn34-68"]
    assert gazetteer.full_name("vn34-68") == "Tỉnh Lâm Đồng"
    assert there[list(TALLY_COUNTS)].equals(own[list(TALLY_COUNTS)])
    assert there[["period_start_on", "source"]].equals(own[["period_start_on", "source"]])
    assert there["missing_units"].tolist() == ["vn63-67;vn63-68"]  # two thirds of it are not there


def test_three_provinces_are_added_and_nothing_is_missing():
    tally = cells(*zip(LAM_DONG, [10, 20, 30], [1, 2, 3], strict=True))
    there = to_units_of(tally, TODAY)
    assert there[["unit_id", "received_count", "late_count"]].to_numpy().tolist() == [
        ["vn34-68", 60, 6]
    ]
    assert there["missing_units"].tolist() == [""]
    assert to_units_of(tally, "2025-06-30").drop(columns="missing_units").equals(tally)


def test_a_count_missing_in_one_is_missing_in_the_sum():
    there = to_units_of(cells(("vn63-60", 10, 1), ("vn63-67", 20, None)), TODAY)
    assert there["received_count"].item() == 30
    assert pd.isna(there["late_count"].item())


def test_sources_are_joined_and_other_keys_kept_apart():
    tally = pd.concat(
        [
            cells(("vn63-60", 10, 1), source="b").assign(field="Đất đai"),
            cells(("vn63-67", 20, 2), source="a").assign(field="Đất đai"),
            cells(("vn63-67", 5, 0), source="a").assign(field=None),
            cells(("vn63-68", 7, 0), rule="form06").assign(field="Đất đai"),
        ]
    )
    there = to_units_of(tally, TODAY).sort_values(["rule", "received_count"])
    assert there["received_count"].tolist() == [7, 5, 30]
    assert there["source"].tolist() == ["export", "a", "a; b"]
    # that a field has no cell is no sign that the province is missing; that a rule has none is
    assert there["missing_units"].tolist() == ["vn63-60;vn63-67", "vn63-68", "vn63-68"]


def test_one_period_of_both_maps_is_one_sum_and_periods_stay_apart():
    year = {"period_start_on": "2025-01-01", "period_end_on": "2025-12-31"}
    old = cells(*zip(LAM_DONG, [1, 2, 3], [0, 0, 0], strict=True), **year)
    new = [cells(("vn34-68", 4, 0), **year), cells(("vn34-68", 100, 0))]
    straddling = pd.concat([old, *new])
    there = to_units_of(straddling, TODAY).set_index("period_start_on")
    assert there["received_count"].to_dict() == {
        pd.Timestamp(2024, 1, 1): 100, pd.Timestamp(2025, 1, 1): 10,
    }  # fmt: skip
    assert there["missing_units"].tolist() == ["", ""]


def test_communes_are_added_to_the_one_that_took_them_over_whole():
    # Xã Ba Chẽ: Thị trấn Ba Chẽ, Thanh Sơn, Nam Sơn, Đồn Đạc and a part of Hải Lạng
    tally = cells(*((f"vn63-{code}", 10, 1) for code in ("06970", "06973", "06982", "06988")))
    there = to_units_of(tally, TODAY)
    assert there[["unit_id", "received_count"]].to_numpy().tolist() == [["vn34-06970", 40]]
    assert there["missing_units"].tolist() == ["vn63-06886"]


def test_all_471_divided_communes_are_refused_by_name():
    pairs = gazetteer.crosswalk()
    divided = pairs.loc[~pairs["whole"], "old_id"].unique()
    assert len(divided) == 471
    with pytest.raises(InputError) as refused:
        to_units_of(cells(*((unit_id, 1, 0) for unit_id in divided)), TODAY)
    assert "471 unit(s)" in str(refused.value)
    assert "and 466 more: was divided" in str(refused.value)
    with pytest.raises(InputError, match="vn63-06886 Xã Hải Lạng: was divided on 1 July 2025"):
        to_units_of(cells(("vn63-06886", 1, 0)), TODAY)


def test_districts_end_but_for_islands_without_communes():
    table = gazetteer.units()
    districts = table.loc[table["unit_class"] == "district", "unit_id"]
    for unit_id in districts.iloc[::100]:
        with pytest.raises(InputError, match="districts ended on 30 June 2025, and communes were"):
            to_units_of(cells((unit_id, 1, 0)), TODAY)
    islands = {"318": "Bạch Long Vĩ", "471": "Cồn Cỏ", "498": "Hoàng Sa", "536": "Lý Sơn",
               "755": "Côn Đảo"}  # fmt: skip
    mapped = to_units_of(cells(*((f"vn63-{code}", 1, 0) for code in islands)), TODAY)["unit_id"]
    assert {gazetteer.full_name(i) for i in mapped} == {f"Đặc khu {n}" for n in islands.values()}


def test_one_message_for_all_that_is_refused():
    rows = [("vn63-595", 1, 0), ("zz", 1, 0), ("vn63-06886", 1, 0), ("vn63-60", 1, 0)]
    with pytest.raises(InputError, match=r"3 unit\(s\).*2026-01-01.*Tuy Phong.*zz: no such unit"):
        to_units_of(cells(*rows), TODAY)


def test_back_only_where_one_unit_took_over_one_other():
    there = to_units_of(cells(("vn34-01", 5, 1), ("vn", 9, 1)), "2024-12-31")
    assert there["unit_id"].tolist() == ["vn", "vn63-01"]
    for unit_id in ("vn34-68", "vn34-06970"):
        with pytest.raises(InputError, match="began later, and counts cannot be divided"):
            to_units_of(cells((unit_id, 5, 1)), "2024-12-31")


def test_units_of_ones_own():
    own = pd.DataFrame(
        [("old", "2024-12-31", "new"), ("ended", "2024-12-31", None), ("new", None, None)],
        columns=["unit_id", "end_on", "successor_id"],
    ).assign(name="x", full_name="Sở X", unit_class="department")
    units = check(own, UNITS)
    there = to_units_of(cells(("old", 5, 1), ("new", 2, 0)), TODAY, units=units)
    assert there[["unit_id", "received_count"]].to_numpy().tolist() == [["new", 7]]
    beside = to_units_of(cells(("vn63-06970", 5, 1)), TODAY, units=units)
    assert beside["unit_id"].tolist() == ["vn34-06970"]
    with pytest.raises(InputError, match="ended Sở X: ended, and no successor_id is stated"):
        to_units_of(cells(("ended", 5, 1)), TODAY, units=units)


def test_an_empty_tally_stays_empty():
    there = to_units_of(cells(), TODAY)
    assert there.empty
    assert list(there) == [*TALLY.names, "missing_units"]


PAIRS = gazetteer.crosswalk()
WHOLE = PAIRS[PAIRS["whole"]].set_index("old_id")["new_id"].to_dict()
CELLS = st.lists(
    st.tuples(st.sampled_from(sorted(WHOLE)), st.integers(0, 10**6), st.integers(0, 10**6)),
    min_size=1, max_size=40,
)  # fmt: skip


@settings(deadline=None, max_examples=25)
@given(CELLS)
def test_totals_are_conserved_and_each_count_goes_where_its_unit_went(rows):
    tally = cells(*rows)
    before = tally.copy()
    there = to_units_of(tally, TODAY)
    expected = Counter()
    for unit_id, received, _ in rows:  # one by one, without a GROUP BY
        expected[WHOLE[unit_id]] += received
    assert there.set_index("unit_id")["received_count"].to_dict() == dict(expected)
    assert there["late_count"].sum() == sum(late for _, _, late in rows)
    assert not there["unit_id"].duplicated().any()
    pd.testing.assert_frame_equal(tally, before)


def test_what_lacked_in_an_earlier_move_still_lacks_in_a_later_one():
    first = to_units_of(cells(("vn63-60", 7, 0)), "2025-08-01")
    again = to_units_of(pd.concat([first, cells(("vn63-01", 1, 0))]), TODAY).set_index("unit_id")
    assert again["missing_units"].to_dict() == {"vn34-01": "", "vn34-68": "vn63-67;vn63-68"}


@pytest.mark.parametrize("on", [None, pd.NaT])
def test_no_day_is_refused_not_taken_for_every_map(on):
    with pytest.raises(InputError, match="on: found no day"):
        to_units_of(cells(("vn63-60", 5, 1)), on)


def test_a_chain_of_successors_goes_step_by_step_and_is_not_called_divided():
    units = pd.DataFrame(
        [("a", None, "2019-12-31", "b"), ("b", "2020-01-01", "2024-12-31", "c"),
         ("c", "2025-01-01", None, None)],
        columns=["unit_id", "start_on", "end_on", "successor_id"],
    ).assign(name="x", full_name="Xã X", unit_class="commune")  # fmt: skip
    with pytest.raises(InputError, match="Xã X: ended, and its successor b is not in that map"):
        to_units_of(cells(("a", 5, 1)), TODAY, units=units)
    step = to_units_of(cells(("a", 5, 1)), "2022-01-01", units=units)
    there = to_units_of(step, TODAY, units=units)
    assert there[["unit_id", "received_count"]].to_numpy().tolist() == [["c", 5]]
    with pytest.raises(InputError, match="found unit_id 'a' in two rows"):
        to_units_of(cells(("a", 5, 1)), TODAY, units=pd.concat([units, units.head(1)]))


def test_counts_held_as_text_are_added_not_joined():
    written = cells(("vn63-60", 1, 1), ("vn63-595", 2, 0)).astype({"received_count": "str"})
    assert roll_up(written, "vn63-60")["received_count"].tolist() == [3]  # not 1.02.0
