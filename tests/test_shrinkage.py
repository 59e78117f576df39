"""Shrinkage: the likelihood of scipy, an average over priors by hand, degenerate units."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats
from scipy.special import expit

from cchc_analysis.columns import InputError
from cchc_analysis.comparison import shrink
from cchc_analysis.comparison.shrinkage import fit_prior, posterior


def table(count, total, **columns):
    frame = pd.DataFrame({"unit_id": [f"u{i}" for i in range(len(count))], "count": count})
    return frame.assign(
        total=total, indicator="on_time_rate", bounds="none", unit_of_measure="share",
        method="count", rule="strict", source="test",
    ).assign(**columns)  # fmt: skip


def draw(rng, units, mean, dossiers, size):
    total = np.maximum(5, rng.lognormal(np.log(size), 0.8, units)).round()
    share = rng.beta(mean * dossiers, (1 - mean) * dossiers, units)
    return rng.binomial(total.astype(int), share).astype(float), total, share


@pytest.mark.parametrize(
    "units, mean, dossiers, size",
    [(10, 0.95, 20, 300), (100, 0.98, 50, 1000), (30, 0.98, 30, 100_000), (30, 0.3, 5, 20)],
)
def test_the_prior_is_the_most_likely_of_scipys_beta_binomial(units, mean, dossiers, size):
    count, total, _ = draw(np.random.default_rng(units), units, mean, dossiers, size)

    def unlikely(logs):
        a, b = expit(logs[0]) * np.exp(logs[1]), expit(-logs[0]) * np.exp(logs[1])
        return -stats.betabinom.logpmf(count, total, a, b).sum()

    accurate = {"xatol": 1e-7, "fatol": 1e-9, "maxiter": 4000}
    best = optimize.minimize(unlikely, [1.0, 3.0], method="Nelder-Mead", options=accurate)
    prior = fit_prior(count, total)
    assert prior.mean == pytest.approx(expit(best.x[0]), rel=1e-5)
    assert prior.dossiers == pytest.approx(np.exp(best.x[1]), rel=1e-3)
    expected = (count + prior.dossiers * prior.mean) / (total + prior.dossiers)
    assert np.allclose(shrink(table(count, total))["shrunk"], expected)


def test_the_variance_is_that_of_a_hierarchical_model_by_brute_force():
    count, total = np.array([18.0, 45, 95, 30, 60]), np.array([20.0, 50, 100, 40, 60])
    logit, log_weight = np.meshgrid(np.linspace(-1, 7, 161), np.linspace(-3, 11, 141))
    mean, weight = expit(logit).ravel(), np.exp(log_weight).ravel()
    a, b = mean * weight, (1 - mean) * weight
    likelihood = stats.betabinom.logpmf(count[:, None], total[:, None], a, b).sum(0)
    typical = np.median(total)
    chance = np.exp(likelihood - likelihood.max()) * weight * typical / (weight + typical) ** 2
    chance /= chance.sum()
    prior = fit_prior(count, total)
    centre = (count + prior.dossiers * prior.mean) / (total + prior.dossiers)
    inner = (count[:, None] + a) / (total[:, None] + weight)
    spread = inner * (1 - inner) / (total[:, None] + weight + 1) + (inner - centre[:, None]) ** 2
    expected = (spread * chance).sum(1)
    found_a, found_b = posterior(count, total, prior)
    assert np.allclose(found_a / (found_a + found_b), centre)
    assert np.allclose(stats.beta.var(found_a, found_b), expected, rtol=0.12)  # Laplace


def test_intervals_hold_the_share_of_most_units():
    rng = np.random.default_rng(3)
    covered = []
    for _ in range(60):
        count, total, share = draw(rng, 10, 0.95, 50, 300)
        found = shrink(table(count, total))
        covered.append(((found["low"] <= share) & (share <= found["high"])).mean())
    # Monte Carlo error about 0.011; the slow table gives 0.93 for these settings
    assert 0.89 <= np.mean(covered) <= 1


# Efron and Morris (1975), JASA 70, 311-319, table 1: hits of 18 batters in their first 45 times
# at bat, their averages over the rest of the season, and the James-Stein estimates
BATTERS = (
    [18, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7],
    [0.346, 0.298, 0.276, 0.222, 0.273, 0.270, 0.263, 0.210, 0.269, 0.230, 0.264, 0.256, 0.303,
     0.264, 0.226, 0.285, 0.316, 0.200],
    [0.290, 0.286, 0.281, 0.277, 0.273, 0.273, 0.268, 0.264, 0.259, 0.259, 0.254, 0.254, 0.254,
     0.254, 0.254, 0.249, 0.244, 0.239],
)  # fmt: skip


def test_batters_are_foretold_as_well_as_by_james_and_stein():
    hits, later, james_stein = (np.array(column) for column in BATTERS)
    found = shrink(table(hits, 45))

    def off(guess):
        return ((guess - later) ** 2).sum()

    assert off(found["value"]) / off(james_stein) == pytest.approx(3.5, abs=0.05)  # as published
    assert off(found["shrunk"]) < 1.1 * off(james_stein)
    assert (found["shrunk"].rank() == pd.Series(james_stein).rank()).all()
    assert (found["shrunk"] - james_stein).abs().max() < 0.025
    assert ((found["low"] <= later) & (later <= found["high"])).sum() >= 17


def test_the_fewer_the_dossiers_the_nearer_to_the_mean():
    found = shrink(table([20, 200, 2000, 900, 1600, 970], [20, 200, 2000, 1000, 2000, 1000]))
    assert found["own_weight"].iloc[:3].is_monotonic_increasing
    assert found["shrunk"].iloc[:3].is_monotonic_increasing
    assert (found["shrunk"] < 1).all() and (found["low"] < found["high"]).all()


def test_units_alike_are_pooled_but_keep_an_interval():
    found = shrink(table([98] * 10, 100))
    assert (found["reading"] == "pooled").all() and np.isinf(found["prior_dossiers"]).all()
    assert np.allclose(found["shrunk"], 0.98)
    assert (found["low"] < 0.98).all() and (found["high"] > 0.98).all()


@pytest.mark.parametrize("share", [0, 1])
def test_all_at_one_end_is_not_certainty(share):
    found = shrink(table([20 * share, 50 * share, 30 * share], [20, 50, 30]))
    low, high = stats.binomtest(100 * share, 100).proportion_ci()
    assert (found["shrunk"] == share).all() and (found["reading"] == "pooled").all()
    assert np.allclose(found["low"], low) and np.allclose(found["high"], high)


def test_without_dossiers_the_prior_and_with_two_units_nothing():
    found = shrink(table([90, 80, 99, 0, np.nan], [100, 100, 100, 0, np.nan]))
    assert found["reading"].tolist() == ["shrunk"] * 3 + ["no_dossiers"] * 2
    empty = found.iloc[3:]
    assert np.allclose(empty["shrunk"], empty["prior_mean"]) and (empty["own_weight"] == 0).all()
    assert empty["value"].isna().all()
    assert ((empty["high"] - empty["low"]) > (found["high"] - found["low"]).max() - 1e-12).all()
    two = shrink(table([9, 10], 10))
    assert (two["reading"] == "too_few_units").all() and two["shrunk"].isna().all()
    assert len(shrink(table([], []))) == 0


def test_one_dossier_each_is_answered():
    found = shrink(table([1, 0, 1, 1], 1))
    assert found[["shrunk", "low", "high"]].notna().all().all()


def test_a_large_unit_at_100_percent_beside_small_ones_is_answered():
    count, total = np.array([122.0, 3, 6, 875, 139153]), np.array([122.0, 3, 6, 880, 139153])
    prior = fit_prior(count, total)

    def likelihood(mean, dossiers):
        a, b = mean * dossiers, (1 - mean) * dossiers
        return stats.betabinom.logpmf(count, total, a, b).sum()

    best = likelihood(prior.mean, prior.dossiers)
    logits, weights = np.linspace(2, 12, 41), np.exp(np.linspace(-5, 12, 35))
    assert best >= max(likelihood(expit(x), w) for x in logits for w in weights)
    assert prior.grid.notna().all(axis=None)


@pytest.mark.parametrize(
    ("count", "total"),
    [
        ([0, 5, 0], [5, 5, 5]),  # the moments of such a posterior are those of no beta
        ([559, 3, 3540, 98724], [559, 3, 3541, 98734]),
        ([100, 0, 100, 0], [100, 100, 100, 100]),
        ([3, 3, 3, 3, 3, 3], [3, 3, 3, 3, 3, 300_000]),
    ],
)
def test_no_interval_shrinks_to_0_or_100_percent(count, total):
    found = shrink(table(count, total))
    assert ((found["low"] < found["shrunk"]) & (found["shrunk"] < found["high"])).all()
    few = found["total"] <= 5  # so few dossiers rule out no share above 99.8 %, and none below 0.2
    assert ((found["high"] > 0.002) & (found["low"] < 0.998))[few].all()


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=3, max_size=9),
    st.randoms(),
)
def test_neither_order_nor_names_matter_and_all_stays_within_0_and_1(pairs, random):
    estimates = table([a for a, _ in pairs], [a + b for a, b in pairs])
    order = list(range(len(pairs)))
    random.shuffle(order)
    numbers = ["shrunk", "low", "high", "own_weight", "prior_mean"]
    first = shrink(estimates)
    second = shrink(estimates.iloc[order].assign(unit_id=[f"x{i}" for i in order]))
    for name in numbers:
        a, b = first[name].to_numpy()[order], second[name].to_numpy()
        assert np.allclose(a, b, rtol=1e-6, equal_nan=True)
    known = first[first["shrunk"].notna()]
    assert ((known["low"] >= 0) & (known["high"] <= 1) & (known["low"] <= known["high"])).all()


def test_integer_text_and_category_codes_agree():
    estimates = table([90, 80, 99, 70], 100)
    codes = [101, 102, 103, 104]
    forms = [codes, [str(c) for c in codes], pd.Categorical([str(c) for c in codes])]
    first, *rest = [shrink(estimates.assign(unit_id=form)) for form in forms]
    for other in rest:
        pd.testing.assert_frame_equal(first, other)


def test_refusals():
    with pytest.raises(InputError, match="several values of indicator"):
        shrink(table([1, 2, 3], 10, indicator=["a", "b", "b"]))
    with pytest.raises(InputError, match="count 11 of total 10"):
        shrink(table([1, 2, 11], 10))
    with pytest.raises(InputError, match="confidence: found 95"):
        shrink(table([1, 2, 3], 10), confidence=95)
