"""Intervals: published values, exact binomial identities, and what is refused."""

import numpy as np
import pytest
from scipy.stats import binom

from cchc_analysis.columns import InputError
from cchc_analysis.intervals import clopper_pearson, exact_limits, wilson

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


@pytest.mark.parametrize("limits", [wilson, clopper_pearson])
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


@pytest.mark.parametrize("limits", [wilson, clopper_pearson])
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
