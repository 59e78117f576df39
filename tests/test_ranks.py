"""Ranks: the published sets, a slow step-down by another hand, and what cannot be told apart."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta

from cchc_analysis.columns import InputError
from cchc_analysis.comparison import best_or_worst, confidence_sets, rank_sets, tell_apart
from cchc_analysis.comparison.ranks import _scores
from cchc_analysis.comparison.shrinkage import fit_prior
from cchc_analysis.comparison.stepdown import surely_larger

SHARED = Path(__file__).resolve().parents[2] / "shared"
SETS = ["rank", "rank_low", "rank_high", "alone_low", "alone_high"]


def table(count, total, **columns):
    frame = pd.DataFrame({"unit_id": [f"u{i:02}" for i in range(len(count))], "count": count})
    return frame.assign(
        total=total, indicator="on_time_rate", bounds="none", unit_of_measure="share",
        method="count", rule="strict", source="test",
    ).assign(**columns)  # fmt: skip


def simulated(seed, units=12):
    rng = np.random.default_rng(seed)
    total = np.maximum(20, rng.lognormal(np.log(1000), 0.8, units)).astype(int)
    return table(rng.binomial(total, rng.uniform(0.9, 1, units)), total)


def test_pisa_2018_within_two_ranks_of_the_published_sets():
    path = SHARED / "golden" / "csranks_pisa2018" / "expected_math_95.csv"
    if not path.exists():
        pytest.skip("shared/golden/csranks_pisa2018 is not here (OECD scores, csranks' sets)")
    published = pd.read_csv(path)
    found = confidence_sets(published["math_score"], published["math_se"], draws=4000)
    assert (found["rank"] == published["rank"]).all()
    names = {
        "rank_low": "simul_L",
        "rank_high": "simul_U",
        "alone_low": "marg_L",
        "alone_high": "marg_U",
    }
    for ours, theirs in names.items():
        assert (found[ours] - published[theirs]).abs().max() <= 2


# csranks' published sets of countries that may be among the five best of PISA 2018
AMONG_FIVE_BEST = {
    0.95: "Belgium Canada Denmark Estonia Finland Japan Korea Netherlands Poland Slovenia Sweden "
    "Switzerland",
    0.90: "Belgium Canada Denmark Estonia Finland Japan Korea Netherlands Poland Slovenia "
    "Switzerland",
}


@pytest.mark.parametrize("confidence", AMONG_FIVE_BEST)
def test_pisa_2018_who_may_be_among_the_five_best(confidence):
    path = SHARED / "golden" / "csranks_pisa2018" / "expected_math_95.csv"
    if not path.exists():
        pytest.skip("shared/golden/csranks_pisa2018 is not here (OECD scores, csranks' sets)")
    scores = pd.read_csv(path)
    found = confidence_sets(
        scores["math_score"], scores["math_se"], confidence=confidence, draws=20_000
    )
    among = scores.loc[found["rank_low"] <= 5, "jurisdiction"]
    assert sorted(among) == AMONG_FIVE_BEST[confidence].split()


def test_step_down_by_another_hand_removes_one_direction_only():
    # one step finds 12 pairs, the right step-down 13, dropping both directions 15
    values = np.array([1.9, -1.9, 2.7, -5.5, 6.7, -0.8, 2.1])
    errors = np.array([1.1, 0.9, 0.8, 1.5, 0.9, 0.8, 0.6])
    noise = np.random.default_rng(1).standard_normal((20_000, 7)) * errors
    pairs = {(j, k) for j in range(7) for k in range(7) if j != k}
    left, larger = set(pairs), set()
    while left:
        draws = [(noise[:, j] - noise[:, k]) / np.hypot(errors[j], errors[k]) for j, k in left]
        critical = np.quantile(np.max(draws, axis=0), 0.95)
        new = {
            (j, k) for j, k in left
            if (values[j] - values[k]) / np.hypot(errors[j], errors[k]) > critical
        }  # fmt: skip
        if not new:
            break
        left, larger = left - new, larger | new  # only the direction found leaves
    found = surely_larger(values, errors, draws=20_000)
    assert {tuple(map(int, pair)) for pair in np.argwhere(found)} == larger and len(larger) == 13


def test_sets_hold_all_ranks_at_once_with_5_of_30_units_at_100_percent():
    rng = np.random.default_rng(11)
    right, runs = 0, 120
    for _ in range(runs):
        total = np.maximum(20, rng.lognormal(np.log(1000), 0.8, 30)).astype(int)
        share = np.r_[np.ones(5), np.full(25, 0.98)]
        found = rank_sets(table(rng.binomial(total, share), total), draws=300)
        true_low = 1 + (share[:, None] < share).sum(1)
        true_high = 30 - (share[:, None] > share).sum(1)
        right += ((found["rank_low"] <= true_low) & (true_high <= found["rank_high"])).all()
    assert right / runs >= 0.95 - 2 * np.sqrt(0.95 * 0.05 / runs)  # Monte Carlo error 0.02


@pytest.mark.parametrize("seed", range(4))
def test_the_rank_lies_in_its_sets_and_one_unit_is_never_surer_than_all(seed):
    found = rank_sets(simulated(seed))
    assert (found["rank"].between(found["alone_low"], found["alone_high"])).all()
    assert (found["rank_low"] <= found["alone_low"]).all()
    assert (found["alone_high"] <= found["rank_high"]).all()


def test_a_small_unit_at_100_percent_is_not_ranked_with_certainty():
    found = rank_sets(table([10, 990, 980, 700], [10, 1000, 1000, 1000]))
    assert found["rank"].tolist() == [1, 2, 3, 4]
    assert found["rank_high"].iloc[0] == 4  # 10 of 10 also happens at 70 %: 0.7**10 is 3 %
    assert found.loc[3, ["rank_low", "rank_high"]].tolist() == [3, 4]


def test_ties_share_the_best_rank_and_its_set():
    found = rank_sets(table([95, 950, 990, 0, 900], [100, 1000, 1000, 0, 1000]))
    assert found["rank"].tolist()[:3] == [2, 2, 1] and found["rank"].iloc[4] == 4
    assert found[SETS].iloc[3].isna().all() and found["reading"].iloc[3] == "no_dossiers"
    alike = rank_sets(table([95] * 6, 100))
    assert (alike["rank"] == 1).all()
    assert (alike["rank_low"] == 1).all() and (alike["rank_high"] == 6).all()


def test_the_catalogue_says_which_way_is_better():
    late = table([10, 40], 1000, indicator="late_rate")
    assert rank_sets(late)["rank"].tolist() == [1, 2]
    assert rank_sets(late, best="high")["rank"].tolist() == [2, 1]
    with pytest.raises(InputError, match="give best='high' or best='low'"):
        rank_sets(table([1, 2], 10, indicator="home_made"))
    on_time = table([990, 960], 1000)
    pd.testing.assert_frame_equal(rank_sets(late)[SETS], rank_sets(on_time)[SETS])


def test_pairs_say_what_the_sets_say():
    estimates = simulated(3)
    pairs = tell_apart(estimates)
    assert len(pairs) == 12 * 11 / 2 and (pairs["difference"] >= 0).all()
    apart = pairs[pairs["reading"] == "apart"]
    sets = rank_sets(estimates).set_index("unit_id")
    worse = apart["unit_id"].value_counts().reindex(sets.index, fill_value=0)
    better = apart["other_unit_id"].value_counts().reindex(sets.index, fill_value=0)
    assert (sets["rank_low"] == 1 + better).all() and (sets["rank_high"] == 12 - worse).all()
    assert 0 < len(apart) < len(pairs)
    assert len(tell_apart(table([1], 10))) == 0 and len(tell_apart(table([], []))) == 0


def test_probabilities_equal_an_integral_over_the_posteriors():
    """Numerically, over every prior of the grid and five values of its uncertain mean."""
    count, total = np.array([985.0, 29, 960, 940]), np.array([1000.0, 30, 1000, 1000])
    nodes, weights = np.polynomial.hermite_e.hermegauss(5)
    grid = np.linspace(0.5, 1, 20_001)
    middle, first, last = (grid[1:] + grid[:-1]) / 2, np.zeros(4), np.zeros(4)
    for dossiers, mean, variance, chance in fit_prior(count, total).grid.itertuples(index=False):
        for node, weight in zip(nodes, weights / weights.sum(), strict=True):
            own = min(mean + node * np.sqrt(variance), 1 - 1e-9)
            a, b = count + dossiers * own, total - count + dossiers * (1 - own)
            below = beta.cdf(grid, a[:, None], b[:, None])
            at = beta.cdf(middle, a[:, None], b[:, None])
            share, others = np.diff(below), [np.delete(at, i, 0) for i in range(4)]
            first += (
                chance * weight * np.array([(share[i] * others[i].prod(0)).sum() for i in range(4)])
            )
            last += (
                chance
                * weight
                * np.array([(share[i] * (1 - others[i]).prod(0)).sum() for i in range(4)])
            )
    found = best_or_worst(table(count, total), 1, draws=40_000)
    assert np.allclose(found["best_probability"], first, atol=0.012)  # 4 Monte Carlo errors
    assert np.allclose(found["worst_probability"], last, atol=0.012)
    assert found["best_probability"].sum() == pytest.approx(1)


def test_a_unit_of_one_late_dossier_is_not_the_best():
    """One beta of its mean and variance put 96 % of being the best on 0 of 1."""
    count, total = [0, 98, 5, 2, 97], [1, 100, 5, 2, 100]
    chances = best_or_worst(table(count, total), 1)
    assert chances["best_probability"].iloc[0] < 0.1
    assert chances["worst_probability"].idxmax() == 0


def test_probabilities_of_degenerate_units():
    same = best_or_worst(table([20, 50, 30], [20, 50, 30]), 2)
    assert (same["reading"] == "all_alike").all()
    assert np.allclose(same[["best_probability", "worst_probability"]], 2 / 3)
    few = best_or_worst(table([9, 8, 0], [10, 10, 0]), 1)
    assert few["reading"].tolist() == ["too_few_units", "too_few_units", "no_dossiers"]
    assert few["best_probability"].isna().all()
    for k in (0, 4, 1.5):
        with pytest.raises(InputError, match="k: found"):
            best_or_worst(table([9, 8, 7], 10), k)


def test_neither_order_nor_names_of_units_matter():
    estimates = pd.concat([simulated(5), simulated(5).iloc[:3]], ignore_index=True)  # some alike
    estimates["unit_id"] = [f"u{i:02}" for i in range(15)]
    order = np.random.default_rng(0).permutation(15)
    other = estimates.iloc[order].assign(unit_id=[f"x{99 - i}" for i in order])
    for judge, names in (
        (rank_sets, SETS),
        (lambda e: best_or_worst(e, 3), ["best_probability", "worst_probability"]),
    ):
        first, second = judge(estimates)[names].to_numpy(), judge(other)[names].to_numpy()
        assert np.array_equal(first[order], second)


def test_integer_text_and_category_codes_agree():
    estimates = simulated(6, 8)
    codes = [101 + i for i in range(8)]
    forms = [codes, [str(c) for c in codes], pd.Categorical([str(c) for c in codes])]
    for judge in (rank_sets, tell_apart, lambda e: best_or_worst(e, 2)):
        first, *rest = [judge(estimates.assign(unit_id=form)) for form in forms]
        for other in rest:
            pd.testing.assert_frame_equal(first, other)


def test_one_unit_two_units_and_none():
    assert rank_sets(table([9], 10))[SETS].iloc[0].tolist() == [1] * 5
    assert rank_sets(table([900, 990], 1000))["rank_low"].tolist() == [2, 1]
    assert (
        rank_sets(table([0, 1], 1))[["rank_low", "rank_high"]].to_numpy().tolist() == [[1, 2]] * 2
    )
    assert rank_sets(table([0], 0))["rank"].isna().all() and len(rank_sets(table([], []))) == 0


def test_refusals():
    with pytest.raises(InputError, match="several values of rule"):
        rank_sets(table([1, 2], 10, rule=["strict", "form06"]))
    with pytest.raises(InputError, match="comes more than once"):
        tell_apart(table([1, 2], 10, unit_id=["a", "a"]))
    with pytest.raises(InputError, match="errors above 0"):
        confidence_sets([1.0, 2.0], [1.0, 0.0])
    with pytest.raises(InputError, match="confidence: found 95"):
        rank_sets(table([1, 2], 10), confidence=95)


def test_the_error_of_a_difference_is_the_larger_of_plus_four_and_pooled():
    rows = pd.DataFrame({"count": [985.0, 48_500, 30], "total": [1000.0, 50_000, 30]})
    errors = _scores(rows, 1)["pair_errors"]
    # 49,485 of 51,000 together: sqrt(0.97029 x 0.02971 x (1/1000 + 1/50,000)) = 0.005422,
    # while 987 of 1004 alone would give 0.0041
    assert errors[0, 1] == pytest.approx(0.005422, abs=1e-6)
    # 32 of 34: sqrt(0.94118 x 0.05882 / 34) = 0.04035, and 0.00407 for 987 of 1004
    assert errors[0, 2] == pytest.approx(np.hypot(0.04035, 0.00407), abs=1e-5)
