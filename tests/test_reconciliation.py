"""Figures of the five founding articles and of the public pages, with hand-checked results."""

import math
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cchc_analysis import columns
from cchc_analysis import reconciliation as rec
from cchc_analysis.columns import InputError

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


def figures(*rows, **common):
    """Printed figures: (indicator, printed, numerator, denominator), in percent."""
    given_columns = ["indicator", "printed", "numerator", "denominator"]
    frame = pd.DataFrame(rows, columns=given_columns).assign(
        unit_id="u", kind="result", unit_of_measure="percent", source="a page"
    )
    frame["value"] = frame["printed"].astype("float64")
    texts = frame["printed"].fillna("")
    frame["decimals"] = [len(text.partition(".")[2]) if text else math.nan for text in texts]
    for name, value in common.items():
        frame[name] = value
    return columns.check(frame, columns.PUBLISHED)


BR_VT = figures(
    ("on_time_rate", "97.7", 483677, 495353), ("late_rate", "2.3", 11676, 495353)
)  # fmt: skip
CAN_GIUOC = figures(("early_rate", "51.25", None, 31394), ("due_day_rate", "48.69", None, 31394))


@pytest.mark.parametrize(
    "printed, numerator, denominator, prints, verdict",
    [
        ("97.7", 483677, 495353, ("97.6", "97.6", "97.6", "97.7"), "only_ceiling"),
        ("2.3", 11676, 495353, ("2.4", "2.4", "2.3", "2.4"), "only_truncation"),
        ("69.37", 67.29, 97, ("69.37", "69.37", "69.37", "69.38"), "agrees"),
        ("98.7", 104814, 106014, ("98.9", "98.9", "98.8", "98.9"), "disagrees"),
        ("98.94", 204847, 207030, ("98.95", "98.95", "98.94", "98.95"), "only_truncation"),
        ("12.5", 1, 8, ("12.5", "12.5", "12.5", "12.5"), "agrees"),
        ("12", 1, 8, ("13", "12", "12", "13"), "agrees"),
        ("13", 1, 8, ("13", "12", "12", "13"), "agrees"),
        ("9", 104, 1000, ("10", "10", "10", "11"), "last_digit"),
        ("8", 104, 1000, ("10", "10", "10", "11"), "disagrees"),
        ("100", 34365, 34365, ("100", "100", "100", "100"), "agrees"),
        ("0", 0, 585336, ("0", "0", "0", "0"), "agrees"),
        ("0.3", 3, 1000, ("0.3", "0.3", "0.3", "0.3"), "agrees"),
    ],
)
def test_check_rounding(printed, numerator, denominator, prints, verdict):
    row = rec.check_rounding(figures(("x", printed, numerator, denominator))).iloc[0]
    assert tuple(row[list(rec.HABITS)]) == prints
    assert row["verdict"] == verdict
    assert [row[f"agrees_{habit}"] for habit in rec.HABITS] == [text == printed for text in prints]
    assert row["exact_share"] == pytest.approx(numerator / denominator, abs=1e-15)


def test_check_rounding_leaves_out_what_cannot_be_checked():
    rows = pd.concat(
        [
            CAN_GIUOC,
            figures(("zero", "0", 0, 0)),
            figures(("points", "67.29", 67.29, 97), unit_of_measure="points"),
            figures(("unprinted", None, 1, 2)),
        ]
    )
    checked = rec.check_rounding(rows)
    assert checked.empty
    assert "verdict" in checked


def test_decimals_come_from_the_text_where_not_stated():
    stated = figures(("x", "97.70", 483677, 495353)).assign(decimals=math.nan)
    assert rec.check_rounding(stated)["half_up"].tolist() == ["97.64"]


def shared_figures():
    """The public figures with the note that the person who collected them wrote."""
    path = SHARED / "data" / "published" / "published_figures.csv"
    if not path.exists():
        pytest.skip("the collected public figures are not at hand")
    rows = pd.read_csv(path, dtype={"value": "str"})
    rows = rows[rows["note"].str.contains("check:", na=False)]
    return figures(
        *rows[["indicator", "value", "numerator", "denominator"]].itertuples(index=False),
        note=rows["note"].tolist(),
        place=[str(i) for i in rows.index],
    )


def test_the_collected_figures_are_judged_as_by_hand():
    rows = shared_figures()
    assert len(rows) == 54
    checked = rec.check_rounding(rows)
    by_hand = rows["note"].str.extract(r"-> (agrees \(|agrees only|DISAGREES)")[0]
    words = {"agrees (": "agrees", "agrees only": "only_truncation", "DISAGREES": "disagrees"}
    assert checked["verdict"].tolist() == by_hand.map(words).tolist()
    assert checked["verdict"].value_counts().to_dict() == {
        "agrees": 51,
        "disagrees": 2,
        "only_truncation": 1,
    }


def test_the_shipped_figures_that_disagree_are_known():
    path = ROOT / "data" / "published" / "figures.csv"
    if not path.exists():
        pytest.skip("data/published/figures.csv is not there")
    checked = rec.check_rounding(pd.read_csv(path, dtype={"printed": "str"}))
    odd = checked[checked["verdict"] != "agrees"].set_index("printed")["verdict"]
    # 89.45 is a mean score over a maximum that is inferred, not printed.
    assert odd.to_dict() == {
        "98.7": "disagrees",
        "1.3": "disagrees",
        "98.94": "only_truncation",
        "89.45": "only_truncation",
    }


@pytest.mark.parametrize(
    "share, habit, expected",
    [
        ("51.25", "half_up", (16088, 16090)),
        (51.25, "half_up", (16088, 16090)),
        ("48.69", "half_up", (15285, 15287)),
        ("51.25", "truncation", (16090, 16092)),
        ("48.69", "ceiling", (15283, 15285)),
    ],
)
def test_whole_number_bounds_of_can_giuoc(share, habit, expected):
    assert rec.whole_number_bounds(share, 2, 31394, habit) == expected


def slow_round(share, habit):
    """Round an exact percentage to whole percent, by search (independent of the module)."""
    near = [n for n in range(-1, 103) if abs(share - n) <= Fraction(1, 2)]
    below = max(n for n in range(-1, 103) if n <= share)
    above = min(n for n in range(-1, 103) if n >= share)
    even = [n for n in near if n % 2 == 0] if len(near) == 2 else near
    return {"half_up": max(near), "half_even": even[0], "truncation": below, "ceiling": above}[
        habit
    ]


@pytest.mark.parametrize("habit", rec.HABITS)
@pytest.mark.parametrize("total", [1, 2, 3, 7, 8, 40, 200, 201, 250])
def test_whole_number_bounds_against_every_count(habit, total):
    prints = [slow_round(Fraction(100 * count, total), habit) for count in range(total + 1)]
    for percent in range(101):
        counts = [count for count, printed in enumerate(prints) if printed == percent]
        expected = (counts[0], counts[-1]) if counts else None
        assert rec.whole_number_bounds(percent, 0, total, habit) == expected


@settings(deadline=None)
@given(
    total=st.integers(1, 10**6),
    decimals=st.integers(0, 3),
    part=st.floats(0, 1),
    habit=st.sampled_from(rec.HABITS),
)
def test_a_count_lies_within_the_bounds_of_what_it_prints(total, decimals, part, habit):
    count = round(part * total)
    row = figures(("x", "0", count, total)).assign(decimals=decimals)
    printed = rec.check_rounding(row)[habit].iloc[0]
    low, high = rec.whole_number_bounds(printed, decimals, total, habit)
    assert low <= count <= high


def test_whole_number_bounds_against_the_published_grim_cases():
    path = SHARED / "golden" / "grim_scrutiny" / "grim.csv"
    if not path.exists():
        pytest.skip("the published GRIM cases are not at hand")
    cases = pd.read_csv(path, dtype={"x": "str"})
    assert len(cases) == 73
    for case in cases.itertuples():
        digits = len(case.x.partition(".")[2])
        # A mean of n whole numbers is a share of n; as a percentage it has two decimals fewer.
        percent = Fraction(case.x) * (1 if case.percent else 100)
        decimals = digits if case.percent else max(digits - 2, 0)
        total = case.n * case.items
        fits = rec.whole_number_bounds(float(percent), decimals, total, "half_up") is not None
        # The source also allows half-down, which adds the tie above the printed figure.
        fits |= ((percent + Fraction(1, 2 * 10**decimals)) * total / 100).denominator == 1
        assert fits == case.consistent, case


@pytest.mark.parametrize(
    "arguments",
    [("50", 0, 0, "half_up"), ("50", 0, 10.5, "half_up"), ("50", 0, 10, "up"),
     ("50.25", 1, 10, "half_up"), ("a half", 0, 10, "half_up")],
)  # fmt: skip
def test_whole_number_bounds_refuses(arguments):
    with pytest.raises(InputError, match=r"expected|decimals stated"):
        rec.whole_number_bounds(*arguments)


def test_bound_counts_takes_the_total_from_another_figure():
    rates = CAN_GIUOC.assign(denominator=math.nan)
    resolved = figures(("resolved_count", "31394", None, None), unit_of_measure="dossiers")
    both = pd.concat([rates, resolved])
    own, joined = rec.bound_counts(CAN_GIUOC), rec.bound_counts(both)
    assert own["low"].tolist() == joined["low"].tolist()
    assert own["total_from"].unique().tolist() == ["denominator"]
    assert joined["total_from"].unique().tolist() == ["resolved_count"]
    other_source = pd.concat([rates, resolved.assign(source="another page")])
    assert rec.bound_counts(other_source).empty
    assert rec.bound_counts(BR_VT).empty


def test_bound_counts_says_where_no_whole_number_fits():
    bounds = rec.bound_counts(figures(("x", "67.4", None, 150))).set_index("habit")
    assert bounds.loc["half_up", ["low", "high"]].isna().all()


def test_late_dossiers_implied_by_can_giuoc():
    rest = rec.bound_remainder(CAN_GIUOC, ("early_rate", "due_day_rate"))
    found = {row.habit: (row.low, row.high) for row in rest.itertuples()}
    assert found["half_up"] == (17, 21)
    assert found["truncation"] == (14, 18)
    assert found["ceiling"] == (20, 24)
    assert found["any"] == (14, 24)


def test_bound_remainder_needs_every_part_over_one_total():
    parts = ("early_rate", "due_day_rate")
    assert rec.bound_remainder(CAN_GIUOC.iloc[:1], parts).empty
    assert rec.bound_remainder(CAN_GIUOC.assign(denominator=[31394, 33653]), parts).empty
    with pytest.raises(InputError, match="different indicators"):
        rec.bound_remainder(CAN_GIUOC, ("early_rate", "early_rate"))


def test_no_habit_gives_both_percentages_of_ba_ria_vung_tau():
    pair = rec.check_pairs(BR_VT).iloc[0]
    assert not pair[list(rec.HABITS)].any()
    assert (pair["sum_printed"], pair["sums_to_100"]) == ("100.0", True)
    assert pair["verdict"] == "no_single_habit"


def test_pairs_that_fit_or_cannot_be_told():
    lam_dong = figures(
        ("on_time_rate", "98.28", 323911, 329596), ("late_rate", "1.7", 5685, 329596)
    )
    pair = rec.check_pairs(lam_dong).iloc[0]
    assert (pair["sum_printed"], pair["sums_to_100"], pair["half_up"]) == ("99.98", False, True)
    unknown = rec.check_pairs(BR_VT.assign(numerator=math.nan)).iloc[0]
    assert unknown["verdict"] == "no_counts"
    assert pd.isna(unknown["half_up"])
    apart = BR_VT.assign(denominator=[495353, 500000])
    assert rec.check_pairs(apart).empty


def test_sums_of_ba_ria_vung_tau():
    counts = figures(
        ("resolved_count", "495353", None, None),
        ("online_services_count", "1848", None, None),
        ("full_online_services_count", "548", None, None),
        ("partial_online_services_count", "1300", None, None),
        unit_of_measure="dossiers",
    )
    checked = rec.check_sums(pd.concat([BR_VT, counts])).set_index("identity")
    assert checked["verdict"].unique().tolist() == ["holds"]
    assert checked.loc["on_time_and_late", "left"] == 483677 + 11676
    assert checked.loc["full_and_partial_online", "right"] == 1848
    assert checked.loc["on_time_rate_and_late_rate", "right"] == 495353
    assert (checked["source"] == "a page").all()


def test_a_sum_that_fails_is_shown_with_its_gap():
    # Printed by the portal of Thừa Thiên Huế for level 4: 952 + 388 + 268 of 1,611.
    level_4 = figures(
        ("early_rate", "59.1", 952, 1611),
        ("due_day_rate", "24.1", 388, 1611),
        ("late_rate", "16.6", 268, 1611),
    )
    row = rec.check_sums(level_4).iloc[0]
    assert (row["left"], row["right"], row["gap"], row["verdict"]) == (1608, 1611, -3, "fails")


@pytest.mark.parametrize(
    "numerators, verdicts",
    [
        ((60, 30), ["holds", "holds"]),
        ((60, 20), ["short", "holds"]),
        ((60, 31), ["fails", "holds"]),
    ],
)
def test_sub_units_against_their_parent(numerators, verdicts):
    rows = [("p", "90", 90, 100), ("a", "0", numerators[0], 65), ("b", "0", numerators[1], 35)]
    published = figures(*[("on_time_rate", *row[1:]) for row in rows])
    published["unit_id"] = [row[0] for row in rows]
    units = pd.DataFrame({"unit_id": ["p", "a", "b"], "parent_id": [None, "p", "p"]}).assign(
        name="x", full_name="x", unit_class="commune"
    )
    checked = rec.check_sums(published, units=units)
    assert checked["verdict"].tolist() == verdicts
    assert checked["parts_count"].tolist() == [2, 2]
    assert rec.check_sums(published).empty


def test_the_units_of_phu_tho_add_to_the_province():
    folder = ROOT / "data" / "published"
    if not (folder / "portal766_phu_tho_2026.csv").exists():
        pytest.skip("data/published/portal766_phu_tho_2026.csv is not there")
    published = pd.read_csv(folder / "portal766_phu_tho_2026.csv", dtype={"printed": "str"})
    units = pd.read_csv(folder / "units.csv", dtype={"code": "str"})
    checked = rec.check_sums(published, units=units)
    assert len(checked) == 8  # four periods, received and in time
    assert checked["verdict"].unique().tolist() == ["holds"]
    assert checked["parts_count"].unique().tolist() == [163]


def test_estimates_as_printed():
    rows = pd.concat(
        [
            BR_VT,
            figures(("on_time_rate", None, None, None), low=98.2, high=99.7, printed="98.2-99.7"),
            figures(("late_rate", "100", None, None)),
            figures(("par_score", "67.29", 67.29, 97), unit_of_measure="points"),
            figures(("resolved_count", "495353", None, None), unit_of_measure="dossiers"),
            figures(("unprinted", None, 354437, 389256)),
            figures(("empty", None, 0, 0)),
            figures(("class", None, None, None), unit_of_measure="class", printed="Khá"),
            figures(("on_time_rate", "98", None, None), kind="target"),
        ]
    )
    found = rec.estimates_as_printed(rows)
    assert found["value"].tolist()[:2] == [0.977, 0.023]
    assert list(zip(found["low"], found["high"], strict=True))[:5] == [
        (0.9765, 0.9775),
        (0.0225, 0.0235),
        (0.982, 0.997),
        (0.995, 1.0),
        (67.285, 67.295),
    ]
    assert found["bounds"].tolist() == [
        "rounding", "rounding", "printed_range", "rounding", "rounding", "none", "none", "none",
        "none",
    ]  # fmt: skip
    assert found.loc[2, ["value"]].isna().all()
    assert found.loc[6, "value"] == pytest.approx(354437 / 389256, abs=1e-15)
    assert found["method"].tolist() == ["as_printed"] * 6 + ["from_printed_counts"] * 2 + [
        "as_printed"
    ]
    assert found.loc[[7, 8], "value"].isna().all()
    assert found["unit_of_measure"].tolist() == ["share"] * 4 + ["points", "dossiers"] + [
        "share", "share", "class",
    ]  # fmt: skip
    assert found["rule"].unique().tolist() == ["as_published"]
    assert {"wording", "inferred"} <= set(found)


@pytest.mark.parametrize(
    "function",
    [
        rec.check_rounding,
        rec.bound_counts,
        lambda empty: rec.bound_remainder(empty, ["early_rate"]),
        rec.check_pairs,
        rec.check_sums,
        rec.estimates_as_printed,
    ],
)
def test_an_empty_table_gives_an_empty_one_with_its_columns(function):
    empty = columns.empty(columns.PUBLISHED)
    result = function(empty)
    assert result.empty
    assert set(result) >= {"unit_id", "source"}
    assert len(set(function(BR_VT)) ^ set(result)) == 0


def test_inputs_are_not_changed():
    before = BR_VT.copy()
    rec.check_rounding(BR_VT)
    rec.check_pairs(BR_VT)
    rec.check_sums(BR_VT)
    rec.estimates_as_printed(BR_VT)
    pd.testing.assert_frame_equal(BR_VT, before)
