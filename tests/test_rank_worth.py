"""What a rank is worth: known figures of 34 provinces, slow references, small hand cases."""

from itertools import combinations
from math import sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cchc_analysis.catalogue import indicator
from cchc_analysis.columns import InputError
from cchc_analysis.reconciliation import estimates_as_printed
from cchc_analysis.scorecards.agreement import agreement, high_yet_low
from cchc_analysis.scorecards.rank_worth import (
    ahead_shares,
    perturbed_ranks,
    repeated_counts,
    variance_shares,
)
from cchc_analysis.sources.published import read_published

PUBLISHED = Path(__file__).resolve().parents[1] / "data" / "published"
GROUPS = [f"qd766_score_{code}" for code in ("ckmb", "tdgq", "clgq", "tttt", "mdsh", "mdhl")]


def estimates(name, **columns):
    common = {
        "bounds": "none", "unit_of_measure": "points", "method": "m", "rule": "r",
        "source": "example",
    }  # fmt: skip
    return pd.DataFrame({"indicator": name, **columns}).assign(**common)


def scores_of(*units):
    """Scores of progress (20), transparency (18) and payment (10), a tuple per unit."""
    names = ["qd766_score_tdgq", "qd766_score_ckmb", "qd766_score_tttt"]
    rows = [
        (chr(65 + place), name, value)
        for place, unit in enumerate(units)
        for name, value in zip(names, unit, strict=True)
    ]
    table = pd.DataFrame(rows, columns=["unit_id", "indicator", "value"])
    return estimates(table["indicator"], unit_id=table["unit_id"], value=table["value"])


@pytest.fixture(scope="module")
def provinces():
    """Group scores, totals and counts of the 34 provinces, 10 October 2026."""
    figures = pd.concat(
        [
            read_published(PUBLISHED / "portal766_scores_2026.csv").query(
                "source_on == '2026-10-10'"
            ),
            read_published(PUBLISHED / "portal766_provinces_2026-10-10.csv"),
        ]
    )
    rows = estimates_as_printed(figures[figures["unit_id"].str.startswith("vn34-")])
    return rows.drop_duplicates(["unit_id", "indicator"], ignore_index=True)


@pytest.fixture(scope="module")
def groups(provinces):
    return provinces[provinces["indicator"].isin(GROUPS)]


# The 34 provinces: figures worked out beforehand by other hands


def test_groups_that_make_the_differences(groups):
    found = variance_shares(groups).set_index("indicator")
    percent = (100 * found["variance_share"]).round().astype(int)
    assert percent["qd766_score_ckmb"] == 31
    assert percent["qd766_score_mdhl"] == 30
    assert percent["qd766_score_mdsh"] == 12
    assert percent["qd766_score_tdgq"] == 10
    assert found["variance_share"].sum() == pytest.approx(1)
    assert found["maximum_share"].sum() == pytest.approx(1)
    assert found["unit_count"].eq(34).all()


def test_total_and_timeliness_hardly_agree(provinces):
    total = provinces[provinces["indicator"] == "qd766_score"]
    in_time = provinces[provinces["indicator"] == "qd766_in_time_share"]
    row = agreement(total, in_time).iloc[0]
    assert round(row["spearman"], 2) == 0.17
    assert row["tau_low"] < 0 < row["tau_b"] < row["tau_high"]
    assert row["unit_count"] == 34
    both = total.merge(in_time, on="unit_id")
    tau = stats.kendalltau(both["value_x"], both["value_y"]).statistic
    assert row["tau_b"] == pytest.approx(tau)


def test_satisfaction_with_dossiers_is_lateness_again(provinces):
    found = repeated_counts(provinces).set_index("second")
    satisfied = found.loc["qd766_dossier_receiving_satisfaction"]
    assert round(satisfied["pearson"], 5) == 0.99995
    assert satisfied["unit_count"] == 34
    assert satisfied["mean_gap"] < 0.002


def test_ranks_of_the_provinces(provinces, groups):
    found = perturbed_ranks(groups, draws=500, seed=3)
    official = provinces[provinces["indicator"] == "qd766_rank"].set_index("unit_id")["value"]
    assert found.set_index("unit_id")["rank"].equals(official.reindex(found["unit_id"]))
    assert (found["rank_low"] <= found["rank"]).all()
    assert (found["rank"] <= found["rank_high"]).all()
    assert (found["rank_best"] <= found["rank_low"]).all()
    assert (found["rank_high"] <= found["rank_worst"]).all()
    assert found["swap_count"].median() >= 2  # most provinces could change places
    shares = ahead_shares(groups, draws=500, seed=3)
    unsettled = shares[shares["ahead_share"].between(0.05, 0.95, inclusive="neither")]
    counted = unsettled.groupby("unit_id").size().reindex(found["unit_id"], fill_value=0)
    assert (counted.to_numpy() == found["swap_count"]).all()


# Draws


def test_the_seed_gives_the_same_table_in_whatever_order_the_rows_come(groups):
    first = perturbed_ranks(groups, draws=200, seed=7)
    again = perturbed_ranks(groups.sample(frac=1, random_state=1), draws=200, seed=7)
    pd.testing.assert_frame_equal(first, again)
    other = perturbed_ranks(groups, draws=200, seed=8)
    assert not first[["rank_low", "rank_high"]].equals(other[["rank_low", "rank_high"]])


def test_without_a_spread_the_ranks_are_the_official_ones():
    found = perturbed_ranks(scores_of((10, 10, 5), (10, 10, 5), (12, 9, 4), (1, 1, 1)), spread=0)
    assert found["unit_id"].tolist() == ["A", "B", "C", "D"]
    assert found["rank"].tolist() == [1, 1, 1, 4]
    for name in ("rank_low", "rank_high", "rank_best", "rank_worst"):
        assert found[name].tolist() == found["rank"].tolist()


def test_ranks_and_pairs_against_a_slow_reference():
    units = [(19, 8, 3), (14, 13.1, 3), (10, 4, 9), (12, 12, 6), (12, 12, 6)]
    rows = scores_of(*units)
    found = perturbed_ranks(rows, spread=0.4, draws=300, seed=5).set_index("unit_id")
    shares = ahead_shares(rows, spread=0.4, draws=300, seed=5)
    # the same draws, one by one: a factor for each group, in the order of their names
    names = sorted({"qd766_score_tdgq", "qd766_score_ckmb", "qd766_score_tttt"})
    maxima = {name: indicator(name).maximum for name in names}
    factors = np.random.default_rng(5).uniform(0.6, 1.4, (3, 300))
    ranks, ahead = {u: [] for u in "ABCDE"}, dict.fromkeys(combinations("ABCDE", 2), 0.0)
    for draw in range(300):
        raw = {name: maxima[name] * factors[place, draw] for place, name in enumerate(names)}
        weights = {name: raw[name] * 48 / sum(raw.values()) for name in names}
        total = {}
        for unit, values in rows.groupby("unit_id"):
            scored = dict(zip(values["indicator"], values["value"], strict=True))
            total[unit] = round(sum(scored[n] / maxima[n] * weights[n] for n in names), 9)
        for unit in "ABCDE":
            ranks[unit].append(1 + sum(other > total[unit] for other in total.values()))
        for one, two in ahead:
            ahead[one, two] += (total[one] > total[two]) + 0.5 * (total[one] == total[two])
    for unit in "ABCDE":
        assert found.loc[unit, "rank_best"] == min(*ranks[unit], found.loc[unit, "rank"])
        assert found.loc[unit, "rank_worst"] == max(*ranks[unit], found.loc[unit, "rank"])
        ordered = sorted(ranks[unit])
        assert found.loc[unit, "rank_low"] == min(ordered[7], found.loc[unit, "rank"])
        assert found.loc[unit, "rank_high"] == max(ordered[292], found.loc[unit, "rank"])
    pairs = shares.set_index(["unit_id", "other_id"])["ahead_share"]
    for (one, two), share in ahead.items():
        assert pairs[one, two] == pytest.approx(share / 300)
        assert pairs[one, two] + pairs[two, one] == 1
    assert len(shares) == 20


def test_units_alike_in_every_group_stay_tied_and_could_swap():
    found = perturbed_ranks(scores_of((12, 12, 6), (12, 12, 6), (2, 2, 1)))
    assert found["rank_high"].tolist() == [1, 1, 3]
    assert found["swap_count"].tolist() == [1, 1, 0]


def test_the_official_rank_is_in_its_interval_even_where_the_draws_hardly_give_it():
    # whichever of the two groups weighs more, one of A and B falls behind C: third is rare
    found = perturbed_ranks(scores_of((15, 5.01, 5), (5.01, 15, 5), (10, 10, 5)))
    third = found[found["unit_id"] == "C"].iloc[0]
    assert (third["rank"], third["rank_low"], third["rank_high"]) == (3, 2, 3)
    found = perturbed_ranks(scores_of((15, 4.99, 5), (4.99, 15, 5), (10, 10, 5)))
    first = found[found["unit_id"] == "C"].iloc[0]
    assert (first["rank"], first["rank_low"], first["rank_high"]) == (1, 1, 2)


# By hand


def test_variance_shares_by_hand():
    # progress 19 18 20, transparency 6 18 0, payment 5 5 5: totals 30, 41, 25, mean 32
    # var(total) = (4 + 81 + 49) / 2 = 67
    # cov(transparency, total) = (-2 x -2 + 10 x 9 + -8 x -7) / 2 = 75
    # cov(progress, total) = (0 x -2 + -1 x 9 + 1 x -7) / 2 = -8
    found = variance_shares(scores_of((19, 6, 5), (18, 18, 5), (20, 0, 5)))
    shares = found.set_index("indicator")["variance_share"]
    assert shares["qd766_score_ckmb"] == pytest.approx(75 / 67)
    assert shares["qd766_score_tdgq"] == pytest.approx(-8 / 67)
    assert shares["qd766_score_tttt"] == pytest.approx(0)
    assert found["indicator"].iloc[0] == "qd766_score_ckmb"
    assert np.isnan(found.set_index("indicator").loc["qd766_score_tttt", "correlation"])


@pytest.mark.parametrize("units", [[(19, 6, 5)], [(10, 6, 5), (11, 5, 5)], []])
def test_variance_shares_without_a_difference_are_missing(units):
    rows = scores_of(*units) if units else scores_of((1, 1, 1)).iloc[:0]
    assert variance_shares(rows)["variance_share"].isna().all()


def test_a_unit_with_a_group_missing_is_not_ranked_and_is_not_0():
    rows = scores_of((19, 6, 5), (18, 18, 5), (20, np.nan, 5))
    found = perturbed_ranks(rows)
    assert found["unit_id"].tolist() == ["B", "A", "C"]
    assert found["reading"].tolist() == ["ranked", "ranked", "group_missing"]
    assert found.iloc[2][["total", "rank", "rank_low", "swap_count"]].isna().all()
    assert found["unit_count"].tolist()[:2] == [2, 2]
    assert variance_shares(rows)["unit_count"].eq(2).all()
    assert len(ahead_shares(rows)) == 2


def test_nothing_in_nothing_out():
    nothing = scores_of((1, 1, 1)).iloc[:0]
    assert len(perturbed_ranks(nothing)) == len(ahead_shares(nothing)) == 0
    assert repeated_counts(nothing)["unit_count"].eq(0).all()
    alone = perturbed_ranks(scores_of((1, 1, 1))).iloc[0]
    assert (alone["rank"], alone["rank_low"], alone["rank_high"]) == (1, 1, 1)
    assert alone["swap_count"] == 0


def test_a_pair_with_two_units_or_no_difference_has_no_correlation():
    both = pd.concat(
        [
            estimates("qd766_score_tdgq", unit_id=list("ABC"), value=[1.0, 2.0, 3.0]),
            estimates("qd766_score_mdhl", unit_id=list("ABC"), value=[9.0, 9.0, 9.0]),
        ]
    )
    row = repeated_counts(both).set_index("first").loc["qd766_score_tdgq"]
    assert row["unit_count"] == 3
    assert np.isnan(row["pearson"]) and np.isnan(row["mean_gap"])  # of 20 and of 18 points


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: pd.concat([rows, rows.head(1)]), "A has qd766_score_tdgq twice"),
        (lambda rows: rows.assign(period_start_on=[*["2026-01-01"] * 5, "2026-02-01"]), "several"),
        (lambda rows: rows.assign(value=25.0), "A: qd766_score_ckmb is 25, above its maximum 18"),
        (lambda rows: rows.replace("qd766_score_tdgq", "qd766_score"), "qd766_score is no group"),
        (lambda rows: rows.replace("qd766_score_tdgq", "on_time_rate"), "on_time_rate is no group"),
    ],
)
def test_scores_that_do_not_belong_together_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        perturbed_ranks(change(scores_of((19, 6, 5), (18, 18, 5))))


@pytest.mark.parametrize("settings", [{"spread": 1}, {"spread": -0.1}, {"draws": 0}])
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(InputError, match=r"expected"):
        perturbed_ranks(scores_of((19, 6, 5)), **settings)


# Agreement


def two(x, y):
    units = [f"u{place:02d}" for place in range(len(x))]
    return (
        estimates("qd766_score", unit_id=units, value=np.array(x, dtype=float)),
        estimates("on_time_rate", unit_id=units, value=np.array(y, dtype=float)),
    )


def test_tau_and_its_jackknife_against_a_slow_reference():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 12, 25)
    y = x + rng.integers(-6, 7, 25)  # many ties on both sides
    row = agreement(*two(x, y)).iloc[0]
    tau = stats.kendalltau(x, y).statistic
    left_out = [stats.kendalltau(np.delete(x, i), np.delete(y, i)).statistic for i in range(25)]
    pseudo = [25 * tau - 24 * one for one in left_out]
    error = np.std(pseudo, ddof=1) / sqrt(25)
    reach = stats.t.ppf(0.975, 24) * error
    assert row["tau_b"] == pytest.approx(tau)
    assert row["tau_low"] == pytest.approx(np.mean(pseudo) - reach)
    assert row["tau_high"] == pytest.approx(np.mean(pseudo) + reach)
    assert row["spearman"] == pytest.approx(stats.spearmanr(x, y).statistic)
    opposite = sum((x[i] - x[j]) * (y[i] - y[j]) < 0 for i, j in combinations(range(25), 2))
    untied = sum((x[i] - x[j]) * (y[i] - y[j]) != 0 for i, j in combinations(range(25), 2))
    assert row["opposite_share"] == pytest.approx(opposite / untied)


def test_an_indicator_of_which_less_is_better_is_turned_round():
    total, rate = two(range(10), range(10))
    late = rate.assign(indicator="late_rate")
    row = agreement(total, late).iloc[0]
    assert (row["tau_b"], row["reading"]) == (-1, "all_pairs_alike")
    assert np.isnan(row["tau_low"])


@pytest.mark.parametrize(
    ("x", "y", "reading"),
    [
        ([1, 2, 3, 4], [1, 3, 2, 4], "too_few_units"),
        ([1] * 9, range(9), "no_difference"),
        ([], [], "no_difference"),
        ([1], [2], "no_difference"),
    ],
)
def test_an_interval_is_not_made_up(x, y, reading):
    first, second = two(x, y)
    if not len(x):  # no common unit
        first, second = two([1], [2])
        second = second.assign(unit_id="other")
    row = agreement(first, second).iloc[0]
    assert row["reading"] == reading
    assert np.isnan(row["tau_low"]) and np.isnan(row["tau_high"])


def test_high_by_the_total_yet_low_in_time():
    total, rate = two([9, 8, 8, 5, 4, 3], [0.5, 0.9, 0.6, 0.7, 0.8, np.nan])
    found = high_yet_low(total, rate, top=2)  # 8 is second twice; five units with both
    assert found["unit_id"].tolist() == ["u00", "u02"]
    assert found["first_rank"].tolist() == [1, 2]
    assert found["second_rank"].tolist() == [5, 4]
    assert found["unit_count"].tolist() == [5, 5]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: pd.concat([rows, rows]), "u00 has on_time_rate twice"),
        (lambda rows: rows.assign(indicator=["a", "b", "c"]), "expected the rows of one indicator"),
        (lambda rows: rows.iloc[:0], "found no rows"),
        (lambda rows: rows.assign(indicator="due_day_rate"), "names no better direction"),
    ],
)
def test_figures_that_cannot_be_compared_are_refused(change, message):
    total, rate = two([1, 2, 3], [1, 2, 3])
    with pytest.raises(InputError, match=message):
        agreement(total, change(rate))
    with pytest.raises(InputError, match="top is 0"):
        high_yet_low(total, rate, top=0)
