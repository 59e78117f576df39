"""The variance between units: published values, another hand's, and the funnel that uses it."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq
from statsmodels.stats.meta_analysis import combine_effects

from cchc_analysis.columns import InputError
from cchc_analysis.comparison import dersimonian_laird, funnel, paule_mandel
from cchc_analysis.comparison.spread import mean_of_others

# Kacker (2004) as in statsmodels' test results, from R metafor
KACKER = (
    [61.0, 61.4, 62.21, 62.3, 62.34, 62.6, 62.7, 62.84, 65.9],
    [0.2025, 1.21, 0.09, 0.2025, 0.3844, 0.5625, 0.0676, 0.0225, 1.8225],
)
# BCG vaccine trials: cases and persons, vaccinated and not; tau2 of the log risk ratios as in
# the documentation of metafor's dat.bcg
BCG = [
    (4, 123, 11, 139), (6, 306, 29, 303), (3, 231, 11, 220), (62, 13598, 248, 12867),
    (33, 5069, 47, 5808), (180, 1541, 372, 1451), (8, 2545, 10, 629), (505, 88391, 499, 88391),
    (29, 7499, 45, 7277), (17, 1716, 65, 1665), (186, 50634, 141, 27338), (5, 2498, 3, 2341),
    (27, 16913, 29, 17854),
]  # fmt: skip


def test_paule_mandel_equals_metafor():
    assert paule_mandel(*KACKER) == pytest.approx(0.705395309224248, rel=1e-9)


def test_bcg_equals_the_published_variances():
    a, b, c, d = np.array(BCG, float).T
    y, v = np.log(a / b / (c / d)), 1 / a - 1 / b + 1 / c - 1 / d
    assert paule_mandel(y, v) == pytest.approx(0.3181, abs=5e-5)
    assert dersimonian_laird(y, v) == pytest.approx(0.3088, abs=5e-5)


@pytest.mark.parametrize("scale", [1e-6, 1, 1e6])
@pytest.mark.parametrize("outlier", [0, 5, 500])
def test_variances_equal_a_root_finder_and_statsmodels_on_any_scale(scale, outlier):
    rng = np.random.default_rng(5)
    v = rng.uniform(0.5, 50, 12)
    y = rng.standard_normal(12) * np.sqrt(v) * 1.5
    y[0] += outlier
    y, v = y * np.sqrt(scale), v * scale

    def excess(tau2):
        w = 1 / (v + tau2)
        return (w * (y - np.average(y, weights=w)) ** 2).sum() - 11

    root = 0 if excess(0) < 0 else brentq(excess, 0, 1e9 * scale, xtol=1e-12 * scale)
    assert paule_mandel(y, v) == pytest.approx(root, rel=1e-6, abs=1e-9 * scale)
    moments = combine_effects(y, v, method_re="chi2").tau2
    assert dersimonian_laird(y, v) == pytest.approx(max(0, moments), rel=1e-9)


def test_variance_of_none_one_and_equal_values():
    for variance in (paule_mandel, dersimonian_laird):
        assert np.isnan(variance([], [])) and np.isnan(variance([1.0], [1.0]))
        assert variance([2.0, 2.0, 2.0], [1.0, 2.0, 3.0]) == 0
        with pytest.raises(InputError, match="expected equal"):
            variance([1.0, 2.0], [1.0])
        with pytest.raises(InputError, match="above 0"):
            variance([1.0, 2.0], [1.0, 0.0])


@pytest.mark.parametrize(
    ("spread", "statsmodels_name"), [("paule_mandel", "iterated"), ("dersimonian_laird", "chi2")]
)
def test_the_others_of_each_unit_equal_statsmodels_one_unit_at_a_time(spread, statsmodels_name):
    rng = np.random.default_rng(3)
    v = rng.uniform(0.1, 4, 70)  # more units than are judged at once
    y = rng.standard_normal(70) * np.sqrt(v + 0.5)
    mean, tau2, variance = mean_of_others(y, v, spread)
    for i in (0, 31, 32, 69):
        others = np.arange(70) != i
        expected = max(0, combine_effects(y[others], v[others], method_re=statsmodels_name).tau2)
        weight = 1 / (v[others] + expected)
        assert tau2[i] == pytest.approx(expected, rel=1e-6)
        assert mean[i] == pytest.approx(np.average(y[others], weights=weight), rel=1e-6)
        assert variance[i] == pytest.approx(1 / weight.sum(), rel=1e-6)


def hospitals(count, total):
    return pd.DataFrame({"unit_id": [f"u{i}" for i in range(len(count))], "count": count}).assign(
        total=total, indicator="on_time_rate", bounds="none", unit_of_measure="share",
        method="count", rule="strict", source="test",
    )  # fmt: skip


def test_the_funnel_takes_the_spread_asked_for_and_says_so():
    count = np.array([940, 1890, 470, 9800, 96, 880, 4500])
    total = np.array([1000, 2000, 500, 10_000, 100, 900, 5000])
    hit, miss = count + 0.5, total - count + 0.5
    y, v = np.log(hit / miss), 1 / hit + 1 / miss
    for spread, variance, name in (
        ("paule_mandel", paule_mandel, "Paule-Mandel"),
        ("dersimonian_laird", dersimonian_laird, "DerSimonian-Laird"),
    ):
        found = funnel(hospitals(count, total), spread=spread)
        assert found["tau"].iloc[0] == pytest.approx(np.sqrt(variance(y[1:], v[1:])))
        assert found["method"].str.contains(name).all()
        beyond = (found["value"] < found["low"]) | (found["value"] > found["high"])
        assert found["outside"].equals(beyond)
    default = funnel(hospitals(count, total))
    pd.testing.assert_frame_equal(default, funnel(hospitals(count, total), spread="paule_mandel"))
    with pytest.raises(InputError, match="spread: found 'reml', expected one of paule_mandel"):
        funnel(hospitals(count, total), spread="reml")
