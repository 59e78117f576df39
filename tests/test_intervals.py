"""Intervals: published values, exact binomial identities, and what is refused."""

import numpy as np
import pytest
from scipy.stats import binom
from statsmodels.stats.proportion import confint_proportions_2indep

from cchc_analysis.columns import InputError
from cchc_analysis.intervals import (
    clopper_pearson,
    exact_limits,
    mid_p,
    newcombe,
    rate_ratio,
    wilson,
)

# ukhsa-collaboration/PHEindicatormethods, tests/testthat/testdata_Proportion.xlsx: an
# independent spreadsheet. numerator, denominator, 95 % limits, 99.8 % limits.
PHE_WILSON = [
    (1, 100, 0.0017674320641406511, 0.054486196178705294, 0.000873065697299977, 0.1045544528370582),
    (5, 100, 0.02154367915436798, 0.11175046923191911, 0.013865320725997183, 0.16458852282596442),
    (20, 100, 0.1333669333310325, 0.28882916559315885, 0.10519162066711432, 0.3471109417008601),
    (65, 100, 0.5525444329688797, 0.7363575175690247, 0.4954946574070431, 0.7783540614089697),
    (9856, 12345, 0.7912101752909069, 0.8053640073614909, 0.7869924108419063, 0.8093061412589626),
    (7776456, 7564336677, 0.0010273201001641094, 0.0010287644578977231, 0.0010269040118442213,
     0.0010291812992698397),
    (222, 3215, 0.060791690363636595, 0.07833956681383633, 0.05647101964624248,
     0.08418414185270134),
    (999, 3456, 0.27418951080009873, 0.30440389662818057, 0.26583995768074953,
     0.3134475449279985),
]  # fmt: skip


@pytest.mark.parametrize("row", PHE_WILSON)
def test_wilson_equals_the_published_spreadsheet(row):
    count, total, *expected = row
    found = [*wilson(count, total), *wilson(count, total, 0.998)]
    assert np.allclose(found, expected, rtol=1e-9, atol=0)


def test_clopper_pearson_solves_its_two_equations():
    low, high = clopper_pearson([3, 97, 250], [100, 100, 1000], 0.9)
    assert np.allclose(binom.sf(np.array([2, 96, 249]), [100, 100, 1000], low), 0.05)
    assert np.allclose(binom.cdf([3, 97, 250], [100, 100, 1000], high), 0.05)


@pytest.mark.parametrize("limits", [wilson, clopper_pearson, mid_p])
def test_ends_missing_and_empty(limits):
    low, high = limits([0, 20, 0, np.nan, 1, np.nan], [20, 20, 0, 5, np.nan, 0])
    assert low[0] == 0 and 0 < high[0] < 0.2
    assert high[1] == 1 and 0.8 < low[1] < 1
    assert np.isnan(low[2:]).all() and np.isnan(high[2:]).all()
    assert [len(end) for end in limits([], [])] == [0, 0]


def test_rule_of_three_at_all_on_time():
    # the one-sided 95 % limit with nothing late in n is 1 - 0.05**(1/n): about 3/n
    low, _ = clopper_pearson(300, 300, 0.90)
    assert low == pytest.approx(0.05 ** (1 / 300))


@pytest.mark.parametrize("limits", [wilson, clopper_pearson, mid_p])
@pytest.mark.parametrize("confidence", [0, 1, 95, -0.1, float("nan")])
def test_confidence_outside_0_1_is_refused(limits, confidence):
    with pytest.raises(InputError, match="confidence: found"):
        limits(1, 2, confidence)


@pytest.mark.parametrize("count, total", [([1, 3], [2, 2]), ([1, -1], [2, 2]), ([0, 1], [0, -1])])
def test_the_first_bad_position_is_named(count, total):
    with pytest.raises(InputError, match=r"position 1: found count"):
        wilson(count, total)


@pytest.mark.parametrize("confidence", [0.95, 0.998])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.98, 0.995, 1.0])
@pytest.mark.parametrize("total", [1, 7, 400])
def test_exact_limits_leave_out_at_most_half_alpha_and_no_less_than_needed(
    total, share, confidence
):
    tail = (1 - confidence) / 2
    low, high = exact_limits(share, total, confidence)
    counts = np.arange(total + 1)
    pmf = binom.pmf(counts, total, share)
    below = [pmf[: k + 1].sum() < tail for k in counts]  # P(X <= k) by summing: outside low
    above = [pmf[k:].sum() < tail for k in counts]
    assert [k / total < low for k in counts] == below
    assert [k / total > high for k in counts] == above


def test_exact_limits_without_dossiers():
    assert np.isnan(exact_limits(0.9, [0, np.nan])).all()


# Newcombe (1998), Statistics in Medicine 17, 873-890, table II, method 10, eight examples
NEWCOMBE_1998 = [
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (6, 7, 2, 7, 0.0582, 0.8062),
    (5, 56, 0, 29, -0.0381, 0.1926),
    (0, 10, 0, 20, -0.1611, 0.2775),
    (0, 10, 0, 10, -0.2775, 0.2775),
    (10, 10, 0, 20, 0.6791, 1.0000),
    (10, 10, 0, 10, 0.6075, 1.0000),
]  # fmt: skip


@pytest.mark.parametrize("row", NEWCOMBE_1998)
def test_newcombe_equals_the_eight_published_examples(row):
    *numbers, low, high = row
    assert np.allclose(newcombe(*numbers), (low, high), atol=5e-5, rtol=0)


def test_newcombe_turns_round_when_the_two_swap_and_is_missing_without_dossiers():
    low, high = newcombe(97, 100, [950, 0, 3], [1000, 0, 3])
    swapped_low, swapped_high = newcombe([950, 0, 3], [1000, 0, 3], 97, 100)
    assert np.array_equal(low, -swapped_high, equal_nan=True)
    assert np.array_equal(high, -swapped_low, equal_nan=True)
    assert np.isnan([low[1], high[1]]).all() and not np.isnan([low[2], high[2]]).any()


def test_mid_p_solves_its_two_equations():
    count, total = np.array([3, 97, 250, 19_960]), np.array([100, 100, 1000, 20_000])
    low, high = mid_p(count, total, 0.9)
    at_low, at_high = binom.pmf(count, total, low), binom.pmf(count, total, high)
    assert np.allclose(binom.sf(count, total, low) + at_low / 2, 0.05, rtol=1e-8)
    assert np.allclose(binom.cdf(count - 1, total, high) + at_high / 2, 0.05, rtol=1e-8)


def test_mid_p_at_the_ends_has_a_closed_form_and_lies_within_clopper_pearson():
    low, high = mid_p([0, 50], [50, 50])  # half of (1 - p)^n is 2.5 %
    assert low[0] == 0 and high[1] == 1
    assert high[0] == pytest.approx(1 - 0.05 ** (1 / 50))
    assert low[1] == pytest.approx(0.05 ** (1 / 50))
    counts = np.arange(41)
    inner, outer = mid_p(counts, 40), clopper_pearson(counts, 40)
    assert (inner[0] >= outer[0]).all() and (inner[1] <= outer[1]).all()


def test_rate_ratio_equals_koopman_and_statsmodels_where_that_works():
    low, high = rate_ratio(36, 40, 16, 80)  # Koopman (1984), the example of the paper
    assert (round(float(low), 2), round(float(high), 2)) == (2.94, 7.15)
    for numbers in [(56, 70, 48, 80), (10, 10, 5, 20), (4, 1000, 9, 800), (998, 1000, 1, 7)]:
        expected = confint_proportions_2indep(
            *numbers, method="score", compare="ratio", correction=False
        )
        assert np.allclose(rate_ratio(*numbers), expected, rtol=1e-6), numbers


def test_rate_ratio_at_the_ends():
    low, high = rate_ratio([0, 5, 0], [10, 20, 10], [5, 0, 0], [20, 10, 20])
    assert low[0] == 0 and 1 < high[0] < 2
    assert 0 < low[1] < 1 and np.isinf(high[1])
    assert low[2] == 0 and np.isinf(high[2])
    low, high = rate_ratio(10, 10, 20, 20)  # all late in both: as likely 1 as anything near
    assert 0.5 < low < 1 < high < 1.5
    assert np.isnan(rate_ratio(0, 0, 1, 2)).all() and np.isnan(rate_ratio(1, 2, np.nan, 2)).all()


@pytest.mark.parametrize("limits", [newcombe, rate_ratio])
def test_pairs_refuse_what_one_share_refuses(limits):
    with pytest.raises(InputError, match="confidence: found"):
        limits(1, 2, 1, 2, 95)
    with pytest.raises(InputError, match="position 0: found count 3"):
        limits(1, 2, 3, 2)


@pytest.mark.parametrize("limits", [wilson, clopper_pearson, mid_p])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.9, 0.98, 1.0])
def test_limits_narrow_with_the_total_and_rise_with_the_count(limits, share):
    total = 50 * 2 ** np.arange(9)
    low, high = limits(share * total, total)
    assert (np.diff(low) >= 0).all() and (np.diff(high) <= 0).all()
    assert (np.diff(high - low) < 0).all()
    low, high = limits(np.arange(61), 60)
    assert (np.diff(low) > 0).all() and (np.diff(high) > 0).all()


def exact_coverage(limits, total, share):
    """The probability that the limits of a binomial count hold the share: a sum, no draws."""
    counts = np.arange(total + 1)
    low, high = limits(counts, total)
    return binom.pmf(counts, total, share) @ ((low <= share) & (share <= high))


def test_coverage_by_summing_over_all_counts():
    grid = [(n, p) for n in (20, 100, 1000) for p in np.linspace(0.90, 0.999, 34)]
    covered = {
        f: [exact_coverage(f, n, p) for n, p in grid] for f in (wilson, clopper_pearson, mid_p)
    }
    assert min(covered[clopper_pearson]) >= 0.95
    assert 0.94 <= np.mean(covered[wilson]) <= 0.96
    assert 0.94 <= np.mean(covered[mid_p]) <= 0.97
