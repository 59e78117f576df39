"""What it would take: applied to the counts and recomputed, on real scorecards and by hand."""

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cchc_analysis.columns import InputError, empty
from cchc_analysis.components import COMPONENTS
from cchc_analysis.scorecards.formulas import component_score, components, groups, points_of
from cchc_analysis.scorecards.scores import score_groups
from cchc_analysis.scorecards.search import KEYS, cases_needed, fewest_cases
from cchc_analysis.scorecards.what_it_takes import (
    cases_to_next_class,
    cases_to_rank,
    cases_to_score,
    few_cases,
)
from cchc_analysis.sources.evaluation import read_evaluation

PUBLISHED = Path(__file__).resolve().parents[1] / "data" / "published" / "qd766"
SCORED = [one for one in components().values() if one.maximum]


@pytest.fixture(scope="module")
def phu_tho():
    """The 163 units of Phú Thọ, August 2026."""
    rows = read_evaluation(PUBLISHED / "phu_tho_2026-08.csv").components
    return rows[rows["unit_class"] != "province"]


@pytest.fixture(scope="module")
def provinces():
    """The 34 provinces, year to date, 10 October 2026."""
    return read_evaluation(PUBLISHED / "provinces_2026-10-10.csv").components


def card(unit="vn34-12", unit_class="province", **counts):
    """A scorecard whose other groups are published: 62 points besides TDGQ."""
    rest = {"CKMB": 18, "CLGQ": 10, "TTTT": 8, "MDSH": 12, "MDHL": 14}
    rows = [
        {"group": components()[metric].group, "metric": metric, "numerator": n, "denominator": d}
        for metric, (n, d) in counts.items()
    ]
    own = {row["group"] for row in rows}
    rows += [
        {"group": g, "metric": None, "published_score": s} for g, s in rest.items() if g not in own
    ]
    return pd.DataFrame(rows).assign(
        unit_id=unit, unit_class=unit_class, parent_id="vn", period_kind="year",
        period_start_on="2026-01-01", period_end_on="2026-10-10", captured_at="2026-10-10",
        source="portal",
    )  # fmt: skip


def scope_score(rows, scope):
    """The score of a group or a total as the docstring defines it, recomputed anew."""
    by_group = score_groups(rows)
    score = by_group["recomputed_score"].fillna(by_group["published_score"])
    if scope != "total":
        return by_group.assign(score=score).query("group == @scope").set_index("unit_id")["score"]
    return score.groupby(by_group["unit_id"]).sum(min_count=6).round(2)


def applied(rows, plans, less=0):
    """Each plan (a row of cases_to_score) applied to the counts of a copy of its unit."""
    copies = []
    for number, plan in enumerate(plans.to_dict("records")):
        copy = rows[rows["unit_id"] == plan["unit_id"]].assign(unit_id=f"plan {number}")
        moved = copy["metric"] == plan["metric"]
        copy.loc[moved, "numerator"] += plan["cases_needed"] - less
        # a group of which a count is unknown is published only: it moves as its component does
        counts = copy.loc[moved, ["numerator", "denominator"]].to_numpy()[0]
        group = (copy["group"] == plan["group"]) & copy["metric"].isna()
        gain = component_score(plan["metric"], *counts) - plan["score"]
        copy.loc[group, "published_score"] += gain
        copies.append(copy)
    return pd.concat(copies, ignore_index=True)


def random_plans(rows, scope, highest, count, seed):
    """Reachable plans, each unit with a random target of its own above its score."""
    rng = np.random.default_rng(seed)

    def target(table):
        return table["scope_score"] + (highest - table["scope_score"]) * rng.uniform(
            size=len(table)
        )

    found = cases_needed(rows, scope, target)
    found = found[found["reading"] == "reachable"]
    return found.sample(min(count, len(found)), random_state=seed)


# On real counts: apply, recompute


@pytest.mark.parametrize("scope", ["TTTT", "MDSH", "MDHL", "TDGQ"])
def test_the_change_applied_to_phu_thos_units_reaches_the_group_score(phu_tho, scope):
    phu_tho = phu_tho[phu_tho["group"] == scope]
    plans = random_plans(phu_tho, scope, groups()[scope].maximum, 50, seed=1)
    assert len(plans) >= 25
    order = [f"plan {number}" for number in range(len(plans))]
    reached = scope_score(applied(phu_tho, plans), scope).reindex(order).to_numpy()
    short = scope_score(applied(phu_tho, plans, less=1), scope).reindex(order).to_numpy()
    assert (reached >= plans["target"].to_numpy() - 1e-9).all()
    assert (short < plans["target"].to_numpy() - 1e-9).all()


@pytest.mark.parametrize(("scope", "highest", "seeds"), [("total", 75, 4), ("CKMB", 18, 1)])
def test_the_change_applied_to_provinces_reaches_the_score(provinces, scope, highest, seeds):
    plans = pd.concat(
        [random_plans(provinces, scope, highest, 200, seed) for seed in range(seeds)]
    ).head(200)
    assert len(plans) >= 25
    order = [f"plan {number}" for number in range(len(plans))]
    reached = scope_score(applied(provinces, plans), scope).reindex(order).to_numpy()
    short = scope_score(applied(provinces, plans, less=1), scope).reindex(order).to_numpy()
    assert (reached >= plans["target"].to_numpy() - 1e-9).all()
    assert (short < plans["target"].to_numpy() - 1e-9).all()


def test_what_is_said_to_be_out_of_reach_is(provinces):
    found = cases_to_score(provinces, 75.0)
    beyond = found[found["reading"] == "beyond_maximum"].dropna(subset=["numerator"])
    beyond = beyond.sample(120, random_state=0)
    full = beyond.assign(cases_needed=beyond["denominator"] - beyond["numerator"])
    order = [f"plan {number}" for number in range(len(full))]
    best = scope_score(applied(provinces, full), "total").reindex(order)
    assert (best < 75).all()
    never = found[found["highest_score"] < 75]
    assert "reachable" not in set(never["reading"])


def test_lai_chaus_six_petitions_are_twelve_points(provinces):
    found = few_cases(provinces)
    lai_chau = found[(found["unit_id"] == "vn34-12") & (found["cases"] == "petitions")]
    row = lai_chau.iloc[0]
    assert len(lai_chau) == 1
    assert (row["denominator"], row["score"], row["lost"]) == (6, 0, 12)
    assert row["largest_step"] == 2  # one petition of six: a sixth of 6 points, twice


def test_communes_cannot_move_the_provinces_counts(phu_tho):
    found = cases_to_score(phu_tho, 17, scope="CKMB").query("metric == 'PUBLIC_CONTENT_FULL'")
    assert set(found["reading"]) == {"province_counts"}
    assert found["cases_needed"].isna().all()


def test_a_commune_without_petitions_has_points_for_nothing(phu_tho):
    found = few_cases(phu_tho)
    none = found[(found["reading"] == "full_without_cases") & (found["cases"] == "petitions")]
    assert len(none) == 145  # 163 units, 18 with petitions
    assert set(none["score"]) == {12}
    assert set(none["largest_step"]) == {12}


# By hand


def test_by_hand_the_denominator_fixed_and_growing():
    # 20 x 800 / 1000 = 16; 18 points are 17.995 unrounded: 899.75 of 1000, so 900
    row = cases_to_score(card(ON_TIME=(800, 1000)), 18, scope="ON_TIME").iloc[0]
    assert (row["score"], row["cases_needed"], row["score_then"]) == (16, 100, 18)
    # (800 + k) / (1000 + k) >= 0.89975  <=>  k >= 99.75 / 0.10025 = 995.01
    assert row["new_cases_needed"] == 996
    assert row["reading"] == "reachable"


def test_rounding_is_the_portals_a_hundredth_is_bought_by_half_of_it():
    # 20 x 2 / 3000 = 0.0133 -> 0.01; 0.02 from 0.015 on: 2.25 of 3000, so 3
    row = cases_to_score(card(ON_TIME=(2, 3000)), 0.02, scope="ON_TIME").iloc[0]
    assert (row["score"], row["cases_needed"]) == (0.01, 1)


def test_procedures_are_not_for_the_unit_to_add():
    rows = card(PAY_FORMALITIES=(10, 100), PAY_DOSSIERS=(10, 100))
    found = cases_to_score(rows, 1, scope="PAY_FORMALITIES").iloc[0]
    # 2 x 0.10 / 0.8 = 0.25; 2.5 x 39 % = 0.975 is 0.98 or less, 2.5 x 40 % is 1 point
    assert (found["score"], found["cases_needed"], found["score_then"]) == (0.25, 30, 1)
    assert np.isnan(found["new_cases_needed"])


def test_a_reached_target_takes_nothing():
    row = cases_to_score(card(ON_TIME=(800, 1000)), 16, scope="ON_TIME").iloc[0]
    assert (row["reading"], row["cases_needed"], row["new_cases_needed"]) == ("reached", 0, 0)


def test_without_cases_there_is_nothing_to_move():
    row = cases_to_score(card(ON_TIME=(0, 0)), 70).iloc[0]
    assert (row["scope_score"], row["reading"]) == (62, "no_cases")
    assert np.isnan(row["cases_needed"])
    assert row["new_cases_needed"] == 1  # one new dossier in time is 1 of 1: 20 points


def test_unknown_counts_are_said_to_be_unknown():
    row = cases_to_score(card(ON_TIME=(np.nan, np.nan)), 15, scope="ON_TIME").iloc[0]
    assert row["reading"] == "score_unknown"
    rows = card(ON_TIME=(800, 1000), PAY_DOSSIERS=(np.nan, np.nan))
    published = pd.DataFrame([{**rows.iloc[0], "group": "TTTT", "metric": None,
                               "published_score": 6.0, "numerator": np.nan,
                               "denominator": np.nan}])  # fmt: skip
    found = cases_to_score(pd.concat([rows, published], ignore_index=True), 77)
    readings = found.set_index("metric")["reading"]
    assert readings.to_dict() == {"ON_TIME": "reachable", "PAY_DOSSIERS": "counts_unknown"}


def test_the_next_class_is_the_nearest_cut_above():
    found = cases_to_next_class(card(ON_TIME=(800, 1000))).iloc[0]
    assert (found["scope_score"], found["class_now"], found["class_target"]) == (78, "Khá", "Tốt")
    assert (found["target"], found["cases_needed"]) == (80, 100)
    assert found["decision"] == "Quyết định 766/QĐ-TTg"
    assert found["class_verified"] == "not_verified"


def test_on_a_cut_one_is_in_the_class_and_the_best_has_no_next():
    on_cut = cases_to_next_class(card(ON_TIME=(900, 1000))).iloc[0]
    assert (on_cut["scope_score"], on_cut["class_now"]) == (80, "Tốt")
    rows = pd.concat([card(ON_TIME=(1000, 1000)), card("vn34-11", ON_TIME=(1, 1))])
    rows.loc[rows["group"] == "MDSH", "published_score"] = 22
    best = cases_to_next_class(rows.reset_index(drop=True)).iloc[0]
    assert (best["scope_score"], best["class_now"], best["reading"]) == (
        92,
        "Xuất sắc",
        "no_target",
    )
    assert pd.isna(best["class_target"]) and np.isnan(best["cases_needed"])


def test_a_rank_is_reached_by_its_total():
    rows = pd.concat(
        [
            card("A", ON_TIME=(900, 1000)), card("B", ON_TIME=(800, 1000)),
            card("C", ON_TIME=(800, 1000)), card("D", ON_TIME=(500, 1000)),
            card("E", ON_TIME=(0, 0)),
        ],
        ignore_index=True,
    )  # fmt: skip
    second = cases_to_rank(rows, 2).set_index("unit_id")
    assert second["rank_now"].tolist()[:4] == [1, 2, 2, 4]
    assert second["target"].tolist()[:4] == [78, 78, 78, 78]
    assert second["cases_needed"].tolist()[:4] == [0, 0, 0, 300]
    # a unit without a dossier is neither ranked nor counted
    assert second.loc["E", "reading"] == "no_target"
    assert second["ranked_count"].tolist()[:4] == [4, 4, 4, 4]
    first = cases_to_rank(rows, 1).set_index("unit_id")
    assert first["target"].tolist()[:4] == [78, 80, 80, 80]  # A stays first down to 78
    assert first["cases_needed"].tolist()[:4] == [0, 100, 100, 400]
    assert cases_to_rank(rows, 9).set_index("unit_id")["reading"].tolist()[:4] == ["reached"] * 4


def test_units_of_another_class_or_parent_are_ranked_apart():
    rows = pd.concat(
        [
            card("A", ON_TIME=(900, 1000)), card("B", "commune", ON_TIME=(800, 1000)),
        ],
        ignore_index=True,
    )  # fmt: skip
    assert cases_to_rank(rows, 1)["rank_now"].tolist() == [1, 1]


def test_ranks_of_the_provinces_are_reached_and_not_one_case_before(provinces):
    found = cases_to_rank(provinces, 10)
    plans = found[found["reading"] == "reachable"].head(60)
    before = scope_score(provinces, "total")
    for less, holds in ((0, True), (1, False)):
        after = scope_score(applied(provinces, plans, less=less), "total")
        for number, plan in enumerate(plans.to_dict("records")):
            others = before.drop(plan["unit_id"])
            ahead = (others > after[f"plan {number}"] + 1e-9).sum()
            assert (ahead < 10) == holds


@pytest.mark.parametrize(
    ("scope", "target", "message"),
    [
        ("MDHL", 18.5, "target 18.5 cannot be reached: MDHL gives 0 to 18 points"),
        ("total", -1, "total gives 0 to 100"),
        ("SPEED", 1, "found scope 'SPEED', expected 'total', a group"),
    ],
)
def test_a_target_out_of_scale_is_refused(scope, target, message):
    with pytest.raises(InputError, match=message):
        cases_to_score(card(ON_TIME=(1, 2)), target, scope=scope)


def test_a_rank_below_1_is_refused():
    with pytest.raises(InputError, match="rank is 0, expected 1"):
        cases_to_rank(card(ON_TIME=(1, 2)), 0)


def test_no_rows_give_no_rows():
    nothing = empty(COMPONENTS)
    for found in (cases_to_score(nothing, 50), cases_to_next_class(nothing),
                  cases_to_rank(nothing, 1), few_cases(nothing)):  # fmt: skip
        assert len(found) == 0
        assert list(found.columns[:4]) == KEYS


# Against a slow search


def half_up_on_time(n, d):
    return float((Decimal(20 * n) / Decimal(d)).quantize(Decimal("0.01"), ROUND_HALF_UP))


@given(st.integers(1, 400).flatmap(lambda d: st.tuples(st.integers(0, d), st.just(d))),
       st.integers(0, 2000))  # fmt: skip
def test_on_time_against_counting_up_one_by_one(counts, wanted):
    n, d = counts
    cases = next((x for x in range(d - n + 1) if half_up_on_time(n + x, d) >= wanted / 100), np.nan)
    found = fewest_cases(
        components()["ON_TIME"], np.array([float(n)]), np.array([float(d)]),
        np.array([float(wanted)]),
    )  # fmt: skip
    np.testing.assert_equal(found, [cases])


@given(
    st.sampled_from(SCORED),
    st.integers(1, 60).flatmap(lambda d: st.tuples(st.integers(0, d), st.just(d))),
    st.integers(1, 600),
    st.booleans(),
)
def test_every_component_against_counting_up_one_by_one(component, counts, wanted, growing):
    n, d = counts
    wanted = min(wanted, 100 * component.maximum)
    more = np.arange(0.0, 40_000 if growing else d - n + 1)
    below = d + more if growing else np.full(len(more), float(d))
    enough = np.rint(100 * points_of(component, n + more, below)) >= wanted
    expected = more[enough.argmax()] if enough.any() else np.nan
    found = fewest_cases(
        component, np.array([float(n)]), np.array([float(d)]), np.array([float(wanted)]),
        growing=growing,
    )  # fmt: skip
    if not (growing and np.isnan(expected)):  # beyond the slow search
        np.testing.assert_equal(found, [expected])


@given(st.sampled_from(SCORED), st.integers(1, 200))
def test_points_never_fall_as_cases_are_added(component, d):
    points = component_score(component.metric, np.arange(d + 1.0), float(d))
    assert (np.diff(points) >= 0).all()
