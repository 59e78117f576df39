"""Decomposition: Das Gupta's published cases, sums by hand, properties, degenerate input."""

import json
from math import sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cchc_analysis.change import contributions, das_gupta, decompose, decompose_each
from cchc_analysis.columns import InputError

GOLDEN = Path(__file__).resolve().parents[2] / "shared" / "golden" / "dasgupta" / "cases.json"

# The rates of the worked examples in Das Gupta (1993), US Bureau of the Census, P23-186
RATES = {
    "eg2.1_mean_earnings_1980": lambda avg_earnings, earner_prop: avg_earnings * earner_prop,
    "eg2.2_birthrate_austria_chile_1981": lambda birthsw1549, propw1549, propw: (
        birthsw1549 * propw1549 * propw
    ),
    "eg2.3_nonmarital_births_1971_1979": lambda birth_preg, preg_actw, actw_prop, w_prop: (
        birth_preg * preg_actw * actw_prop * w_prop
    ),
    "eg2.4_tfr_korea_1970_1980": lambda prop_m, noncontr, abort, lact, fecund: (
        prop_m * noncontr * abort * lact * fecund
    ),
    "eg_2f_toy": lambda alpha, beta: alpha * beta,
    "eg3.1_natural_increase": lambda crude_birth, crude_death: crude_birth - crude_death,
    "eg4.3_birthrate_taiwan": lambda bm, mw, wp: (bm * mw * wp).sum(),
    "eg4.4_illegitimacy_1963_1983": lambda A, B, C, D: (
        (A * B * C).sum() / ((A * B * C).sum() + (A * (1 - B) * D).sum())
    ),
    "eg5.1_kitagawa_headship_1970_1985": lambda size, rate: (size / 100 * rate).sum(),
    "eg5.3_deathrates_race_age_1970_1985_collapsed": lambda size, rate: (
        size / size.sum() * rate
    ).sum(),
}
# Das Gupta (1993), example 5.3: persons in thousands and deaths per 1,000, 1970 and 1985, by
# age (11 groups) for one race and then the other
PERSONS = (
    [2968, 11484, 34614, 30992, 21983, 20314, 20928, 16897, 11339, 5720, 1315, 535, 2162, 6120,
     4781, 3096, 2718, 2363, 1767, 1149, 448, 117],
    [3041, 11577, 27450, 32711, 35480, 27411, 19555, 19795, 15254, 8022, 2472, 707, 2692, 6473,
     6841, 6547, 4352, 3034, 2540, 1749, 804, 236],
)  # fmt: skip
DEATHS = (
    [18.469, 0.751, 0.391, 1.146, 1.287, 2.672, 6.636, 15.691, 34.723, 79.763, 176.837, 36.993,
     1.352, 0.541, 2.04, 3.523, 6.746, 12.967, 24.471, 45.091, 74.902, 123.205],
    [9.163, 0.462, 0.248, 0.929, 1.084, 1.81, 4.715, 12.187, 27.728, 64.068, 157.57, 17.208,
     0.738, 0.328, 1.103, 2.045, 3.724, 8.052, 17.812, 34.128, 68.276, 125.161],
)  # fmt: skip
PARTS = ["mix", "rate", "pending", "entry", "exit"]


def tally(month=5, **columns):
    keys = {
        "unit_id": "A", "period_start_on": f"2026-0{month}-01",
        "period_end_on": f"2026-0{month}-28", "basis": "period", "rule": "strict",
        "as_of": "2026-09-30", "source": "test",
    }  # fmt: skip
    return pd.DataFrame({**columns}).assign(**keys)


def values(result):
    """The value of each component, keys of the mix apart."""
    return result.set_index(["component", "detail"])["value"]


@pytest.mark.parametrize("case", RATES)
def test_two_population_cases_are_the_published_ones(case):
    if not GOLDEN.exists():
        pytest.skip("shared/golden/dasgupta is not here (factors of the published cases)")
    stated = json.loads(GOLDEN.read_text(encoding="utf-8"))[case]
    sides = [{name: factor[i] for name, factor in stated["factors"].items()} for i in (0, 1)]
    found = das_gupta(*sides, RATES[case]).set_index("factor")
    for name, (before, after, effect, _) in stated["expected"].items():
        if name == "crude":
            assert found["effect"].sum() == pytest.approx(effect, rel=2e-4)
        else:
            standards = found.loc[name, ["standardised_before", "standardised_after"]].tolist()
            assert standards == pytest.approx([before, after], rel=2e-6)
            assert found.loc[name, "effect"] == pytest.approx(effect, rel=2e-4)


def death_rates():
    """Example 5.3 as tallies: a thousandth of a person, so that deaths are whole numbers."""
    ages, races = list(range(11)) * 2, ["1"] * 11 + ["2"] * 11
    sides = []
    for month, persons, rates in zip((5, 6), PERSONS, DEATHS, strict=True):
        size = np.array(persons) * 10**6
        deaths = np.round(np.array(persons) * np.array(rates) * 1000)
        sides.append(
            tally(month, age=ages, race=races, late_count=deaths, on_time_count=size - deaths)
        )
    return sides


def test_crossed_structure_is_the_published_one():
    found = values(decompose(*death_rates(), ["age", "race"], draws=2)) * 1000
    assert found["mix", "age"] == pytest.approx(1.5217347, abs=5e-8)
    assert found["mix", "race"] == pytest.approx(0.0197749, abs=5e-8)
    assert found["rate", ""] == pytest.approx(-2.2277254, abs=5e-8)
    assert found["change", ""] == pytest.approx(-0.6862158, abs=5e-8)


def test_crossed_structure_is_not_the_shapley_value_over_all_three():
    """The factors of the structure with the rate as a third: a rate effect that differs."""
    before, after = death_rates()
    shares = []
    for side in (before, after):
        n = (side["late_count"] + side["on_time_count"]).to_numpy()
        age, race = n.reshape(2, 11).sum(0), n.reshape(2, 11).sum(1)
        by_age, by_race, all_ = np.tile(age, 2), np.repeat(race, 11), n.sum()
        shares.append(
            {
                "a": np.sqrt(n / by_race * by_age / all_),
                "b": np.sqrt(n / by_age * by_race / all_),
                "r": side["late_count"].to_numpy() / n,
            }
        )
    naive = das_gupta(*shares, lambda a, b, r: (a * b * r).sum()).set_index("factor")["effect"]
    found = values(decompose(before, after, ["age", "race"], draws=2))
    assert abs(naive["r"] - found["rate", ""]) > 1e-7
    assert naive.sum() == pytest.approx(found["change", ""])


def test_entry_exit_and_open_dossiers_by_hand():
    # before: land 20 late and 10 overdue of 100, old 40 late of 100
    # after:  land 30 late and 30 overdue of 100, new 10 late of 300
    before = tally(5, field=["land", "old"], late_count=[20, 40], overdue_count=[10, 0],
                   on_time_count=[70, 60])  # fmt: skip
    after = tally(6, field=["land", "new"], late_count=[30, 10], overdue_count=[30, 0],
                  on_time_count=[40, 290])  # fmt: skip
    columns = {
        "count": ["late_count", "overdue_count"],
        "total": ["late_count", "overdue_count", "on_time_count"],
    }
    result = decompose(before, after, ["field"], **columns)
    by_hand = {
        ("before", ""): 70 / 200, ("mix", "field"): 0, ("rate", ""): 0.30 - 0.20,
        ("pending", ""): 0.30 - 0.10, ("entry", ""): 300 / 400 * (10 / 300 - 0.60),
        ("exit", ""): -100 / 200 * (0.40 - 0.30), ("after", ""): 70 / 400,
        ("change", ""): 70 / 400 - 70 / 200,
    }  # fmt: skip
    assert values(result).to_dict() == pytest.approx(by_hand, abs=1e-15)
    strata = contributions(before, after, ["field"], **columns).set_index("field")
    assert strata.loc["new", "entry"] == pytest.approx(by_hand["entry", ""])
    assert strata.loc["old", "exit"] == pytest.approx(by_hand["exit", ""])
    assert strata.loc["land", ["rate", "pending"]].tolist() == pytest.approx([0.10, 0.20])
    assert np.isnan(strata.loc["new", "before_share"])


def test_standard_errors_of_one_stratum_are_those_of_a_difference():
    before = tally(5, field=["x"], late_count=[60], on_time_count=[540])
    after = tally(6, field=["x"], late_count=[90], on_time_count=[410])
    result = decompose(before, after, ["field"], draws=4000).set_index("component")
    by_hand = sqrt(0.1 * 0.9 / 600 + 0.18 * 0.82 / 500)
    assert result.loc["rate", "standard_error"] == pytest.approx(by_hand, rel=0.04)
    assert result.loc["mix", "standard_error"] == 0
    wider = decompose(before, after, ["field"], draws=4000, sigma_z=3.0).set_index("component")
    assert np.allclose(wider["standard_error"], 3 * result["standard_error"])
    reach = (result["high"] - result["low"]) / 2 / result["standard_error"].where(lambda s: s > 0)
    assert np.allclose(reach.dropna(), 1.959964, atol=1e-6)


def test_nothing_late_is_not_certain():
    before = tally(5, field=["x"], late_count=[0], on_time_count=[50])
    result = decompose(before, tally(6, field=["x"], late_count=[0], on_time_count=[50]), ["field"])
    assert result["value"].abs().max() == 0
    parts = result.set_index("component")
    assert parts.loc["rate", "standard_error"] > 0.005
    assert (parts.loc[["before", "after"], "low"] == 0).all() and parts.loc["change", "low"] < 0


def test_a_share_whose_numerator_is_no_part_of_its_total_columns():
    before = tally(5, field=["x", "y"], online_count=[10, 90], received_count=[100, 100])
    after = tally(6, field=["x", "y"], online_count=[30, 270], received_count=[300, 300])
    found = values(
        decompose(before, after, ["field"], count=["online_count"], total=["received_count"])
    )
    assert found.drop([("before", ""), ("after", "")]).abs().max() < 1e-15
    with pytest.raises(InputError, match="must hold all that is counted"):
        decompose(before, after, ["field"], count=["received_count"], total=["online_count"])


cell = st.tuples(
    st.sampled_from(["a", "b", "c", None]), st.integers(1, 3), st.integers(0, 40),
    st.integers(0, 40), st.integers(0, 9),
)  # fmt: skip
CASE = {
    "count": ["late_count", "overdue_count"],
    "total": ["late_count", "on_time_count", "overdue_count"],
}


def side(month, cells):
    names = ["field", "step", "late_count", "on_time_count", "overdue_count"]
    both = [("a", 1, 3, 4, 1), *cells]  # a stratum that both sides have
    frame = pd.DataFrame(both, columns=names).astype({"field": "str"})
    return tally(month, **frame)


@settings(max_examples=15, deadline=None)
@given(st.lists(cell, max_size=12), st.lists(cell, max_size=12), st.randoms())
def test_parts_add_flip_and_ignore_order_splits_and_kinds_of_code(cells, later, random):
    before, after = side(5, cells), side(6, later)
    keys = ["field", "step"]
    result = decompose(before, after, keys, draws=20, **CASE)
    found = values(result)
    assert abs(found[PARTS].sum() - found["change", ""]) < 1e-12
    assert abs(found["after", ""] - found["before", ""] - found["change", ""]) < 1e-12

    swapped = values(decompose(after, before, keys, draws=2, **CASE))
    for component in ("rate", "pending", "change"):
        assert abs(swapped[component, ""] + found[component, ""]) < 1e-12
    for key in keys:
        assert abs(swapped["mix", key] + found["mix", key]) < 1e-12
    assert abs(swapped["entry", ""] + found["exit", ""]) < 1e-12
    assert abs(swapped["exit", ""] + found["entry", ""]) < 1e-12

    strata = contributions(before, after, keys, **CASE)
    assert abs(strata["contribution"].sum() - found["change", ""]) < 1e-12
    for component in PARTS:
        assert abs(strata[component].sum() - found[component].sum()) < 1e-12
    dossiers = before[CASE["total"]].to_numpy().sum(), after[CASE["total"]].to_numpy().sum()
    assert (strata["before_total"].sum(), strata["after_total"].sum()) == dossiers

    shuffled = before.sample(frac=1, random_state=random.randrange(2**31))
    split = pd.concat([after, after.assign(late_count=0, on_time_count=0, overdue_count=0)])
    text = after.astype({"step": "str"})
    category = after.astype({"step": "category", "field": "category"})
    for one, other in ((shuffled, split), (before, text), (before, category)):
        again = decompose(one, other, keys, draws=20, **CASE)
        pd.testing.assert_frame_equal(again, result)


@settings(max_examples=15, deadline=None)
@given(st.lists(cell, min_size=1, max_size=8), st.lists(cell, min_size=1, max_size=8))
def test_one_key_gives_kitagawa(cells, later):
    """The formula of 1955 over the strata that both have, in plain Python."""
    sides = [side(5, cells), side(6, later)]
    counts = [
        frame.groupby("field", dropna=False)[["late_count", "on_time_count"]].sum()
        for frame in sides
    ]
    shares = []
    for frame in counts:
        size = frame.sum(axis=1)
        shares.append({str(k): (frame["late_count"][k], n) for k, n in size.items() if n})
    common = sorted(set(shares[0]) & set(shares[1]))
    totals = [sum(share[key][1] for key in common) for share in shares]
    mix = rate = 0.0
    for key in common:
        (c1, n1), (c2, n2) = shares[0][key], shares[1][key]
        mix += (n2 / totals[1] - n1 / totals[0]) * (c1 / n1 + c2 / n2) / 2
        rate += (n1 / totals[0] + n2 / totals[1]) / 2 * (c2 / n2 - c1 / n1)
    found = values(decompose(*sides, ["field"], draws=2))
    assert found["mix", "field"] == pytest.approx(mix, abs=1e-12)
    assert found["rate", ""] == pytest.approx(rate, abs=1e-12)


def test_what_cannot_be_split_is_refused():
    good = tally(5, field=["x"], late_count=[1], on_time_count=[9])
    later = good.assign(period_start_on="2026-06-01", period_end_on="2026-06-30")
    for change, message in (
        ({"late_count": np.nan}, "late_count is missing"),
        ({"late_count": 0, "on_time_count": 0}, "no dossiers"),
        ({"field": "y"}, "in common"),
        ({"unit_id": "B"}, "differ in period and in units"),
        ({"rule": "form06"}, "counting rule changes"),
        ({"basis": "due"}, "basis changes"),
    ):
        with pytest.raises(InputError, match=message):
            decompose(good, later.assign(**change), ["field"])
    for strata, message in ((["channel"], "no column 'channel'"), ([], "list of keys"),
                            ("field", "list of keys")):  # fmt: skip
        with pytest.raises(InputError, match=message):
            decompose(good, later, strata)
    for strata, message in ((["field", "field"], "each column once"),
                            (["unit_id", "late_count"], "late_count")):  # fmt: skip
        with pytest.raises(InputError, match=message):
            decompose(good, later, strata, count=["late_count", "late_count"])
    with pytest.raises(InputError, match="holds no numbers"):
        decompose(good, later, ["field"], count=["field"])
    with pytest.raises(InputError, match="draws"):
        decompose(good, later, ["field"], draws=0)
    with pytest.raises(InputError, match="lists of columns"):
        decompose(good, later, ["field"], count="late_count")
    with pytest.raises(InputError, match="no cells"):
        contributions(good.head(0), later, ["field"])
    with pytest.raises(InputError, match="expected the same"):
        das_gupta({"a": 1}, {"b": 1}, lambda a: a)
    gap = decompose(good, good.assign(unit_id="B", late_count=5), ["field"])
    assert values(gap)["rate", ""] == pytest.approx(5 / 14 - 1 / 10)
    moved = good.assign(period_start_on="2025-05-01", period_end_on="2025-05-31")
    with pytest.raises(InputError, match="2025-07-01"):
        decompose(moved, later, ["field"])


def test_sums_since_january_are_not_set_against_their_months():
    may = tally(5, field=["x"], late_count=[1], on_time_count=[9])
    since = tally(6, field=["x"], late_count=[4], on_time_count=[30]).assign(
        period_start_on="2026-01-01"
    )
    with pytest.raises(InputError, match="overlaps another"):
        decompose(may, since, ["field"])
    with pytest.raises(InputError, match="overlaps another"):
        decompose(pd.concat([may, since]), tally(7, field=["x"], late_count=1, on_time_count=9),
                  ["field"])  # fmt: skip
    beside = may.assign(unit_id="B", period_start_on="2026-04-01")  # another unit's own period
    summed = decompose(pd.concat([may, beside]), tally(7, field=["x"], late_count=[1],
                       on_time_count=[9]), ["field", "unit_id"], draws=2)  # fmt: skip
    assert values(summed)["before", ""] == pytest.approx(2 / 20)


@pytest.mark.parametrize("sigma_z", [0.5, np.nan, 1.0])
def test_a_series_that_varied_little_by_luck_narrows_no_interval(sigma_z):
    sides = [tally(m, field=["x"], late_count=[m], on_time_count=[90]) for m in (5, 6)]
    found = decompose(*sides, ["field"], sigma_z=sigma_z)
    assert (
        found["standard_error"].tolist() == decompose(*sides, ["field"])["standard_error"].tolist()
    )


def test_a_cell_without_its_counts_is_not_a_cell_without_dossiers():
    cells = pd.concat(
        tally(m, field=["land", "civil"], on_time_count=[70, np.nan if m == 5 else 490],
              late_count=[30, np.nan if m == 5 else 10]) for m in (5, 6)
    )  # fmt: skip
    with pytest.raises(InputError, match="missing in some cells"):
        decompose_each(cells, ["field"])
    known = decompose_each(cells.fillna({"on_time_count": 0, "late_count": 0}), ["field"])
    assert known.loc[known["component"] == "before", "value"].item() == pytest.approx(0.3)
