"""Leaving out one cluster at a time: against refits of the dossiers one by one, and by hand."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from cchc_analysis.columns import InputError
from cchc_analysis.drivers.jackknife import jackknife_covariance, leave_one_out
from cchc_analysis.drivers.newton import fit_logits


def cells(seed: int, clusters: int = 7, per_cluster: int = 12):
    """Cells with two 0/1 columns and a number, some of them empty."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(clusters), per_cluster)
    online = np.arange(len(groups)) % 2
    land = np.arange(len(groups)) // 2 % 2
    months = rng.integers(0, 3, len(groups))
    design = np.column_stack([np.ones(len(groups)), online, land, months]).astype(float)
    odds = design @ [-1.5, 0.4, 0.8, -0.2] + 0.5 * rng.standard_normal(clusters)[groups]
    total = rng.poisson(15, len(groups))
    return rng.binomial(total, expit(odds)), total, design, groups


def fit_rows(late, total, design) -> np.ndarray:
    """Statsmodels on one row per dossier."""
    rows = np.repeat(design, total, axis=0)
    event = np.concatenate([[1] * y + [0] * (n - y) for y, n in zip(late, total, strict=True)])
    return sm.Logit(event, rows).fit(disp=0, method="newton", tol=1e-12).params


def fit_cells(late, total, design) -> np.ndarray:
    return fit_logits(late[None], total[None], design, np.zeros(design.shape[1]))[0]


def test_equals_refits_of_the_dossiers_without_each_cluster():
    late, total, design, groups = cells(1)
    every = fit_rows(late, total, design)
    without = np.array(
        [fit_rows(*(v[groups != g] for v in (late, total, design))) for g in range(7)]
    )
    found = leave_one_out(late, total, design, groups, every)
    assert np.allclose(found, without, rtol=1e-8, atol=1e-10)
    apart = without - every
    expected = 6 / 7 * sum(np.outer(row, row) for row in apart)  # the definition of CRV3
    assert np.allclose(jackknife_covariance(late, total, design, groups, every), expected)


def test_by_hand():
    """10, 20, 30, 25 late of 100: log odds of 85/400 and of 75, 65, 55, 60 of 300."""
    late, total, design = np.array([10, 20, 30, 25]), np.full(4, 100), np.ones((4, 1))
    apart = logit(np.array([75, 65, 55, 60]) / 300) - logit(85 / 400)
    found = jackknife_covariance(late, total, design, list("ABCD"), [logit(85 / 400)])
    assert found.item() == pytest.approx(3 / 4 * (apart**2).sum(), rel=1e-12)


def test_labels_and_split_cells_change_nothing():
    late, total, design, groups = cells(2)
    every = fit_cells(late, total, design)
    expected = jackknife_covariance(late, total, design, groups, every)
    named = np.array(list("gfedcba"))[groups]
    assert np.allclose(jackknife_covariance(late, total, design, named, every), expected)
    half = late // 2, total // 2
    split = [
        np.concatenate([part, whole - part])
        for part, whole in zip(half, (late, total), strict=True)
    ]
    twice = np.tile(groups, 2)
    found = jackknife_covariance(*split, np.tile(design, (2, 1)), twice, every)
    assert np.allclose(found, expected, rtol=1e-8)


def test_in_blocks_as_at_once(monkeypatch):
    late, total, design, groups = cells(3)
    every = fit_cells(late, total, design)
    expected = leave_one_out(late, total, design, groups, every)
    monkeypatch.setattr("cchc_analysis.drivers.jackknife._BLOCK", 150)
    monkeypatch.setattr("cchc_analysis.drivers.newton._BATCH", 100)
    assert np.allclose(leave_one_out(late, total, design, groups, every), expected, rtol=1e-12)


def test_a_level_in_one_cluster_has_no_error_and_spoils_no_other():
    late, total, design, groups = cells(4)
    alone = ((groups == 3) & (np.arange(len(groups)) % 3 == 0)).astype(float)
    wide = np.column_stack([design, alone])
    every = fit_cells(late, total, wide)
    without = leave_one_out(late, total, wide, groups, every)
    assert np.argwhere(np.isnan(without)).tolist() == [[3, 4]]
    rest = groups != 3
    assert np.allclose(without[3, :4], fit_rows(late[rest], total[rest], design[rest]), rtol=1e-8)
    covariance = jackknife_covariance(late, total, wide, groups, every)
    assert np.isnan(covariance[4]).all()
    assert np.isnan(covariance[:, 4]).all()
    assert np.isfinite(covariance[:4, :4]).all()


def test_columns_that_become_the_same_without_a_cluster():
    """Only cluster 3 tells the two columns apart; the others are not touched."""
    late, total, design, groups = cells(5)
    twin = np.where(groups == 3, 1 - design[:, 1], design[:, 1])
    wide = np.column_stack([design, twin])
    without = leave_one_out(late, total, wide, groups, fit_cells(late, total, wide))
    assert np.argwhere(np.isnan(without)).tolist() == [[3, 1], [3, 4]]
    rest = groups != 3
    expected = fit_rows(late[rest], total[rest], design[rest])
    assert np.allclose(without[3, [0, 2, 3]], expected[[0, 2, 3]], rtol=1e-8)


@pytest.mark.parametrize("never", [True, False])
def test_a_level_never_or_always_late_without_a_cluster(never):
    late, total, design, groups = cells(6)
    level = np.arange(len(groups)) % 5 == 0
    wide = np.column_stack([design, level])
    late = np.where(level & (groups != 2), 0 if never else total, late)
    without = leave_one_out(late, total, wide, groups, fit_cells(late, total, wide))
    assert np.argwhere(np.isnan(without)).tolist() == [[2, 4]]
    rest = (groups != 2) & ~level
    expected = fit_rows(late[rest], total[rest], design[rest])
    assert np.allclose(without[2, :4], expected, rtol=1e-6)


def test_one_cluster_says_nothing():
    late, total, design, _ = cells(7)
    every = fit_cells(late, total, design)
    assert np.isnan(jackknife_covariance(late, total, design, [0] * len(late), every)).all()


def test_refused():
    late, total, design, groups = cells(8)
    with pytest.raises(InputError, match="found shapes"):
        jackknife_covariance(late[1:], total, design, groups, np.zeros(4))
    with pytest.raises(InputError, match="1 cells without a cluster"):
        jackknife_covariance(late, total, design, [None, *groups[1:]], np.zeros(4))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(-12, 12), st.floats(-12, 12))
def test_newton_finds_the_saturated_log_odds_from_anywhere(seed, first, second):
    """A design with one column per row fits each share exactly: no fit needed to check."""
    rng = np.random.default_rng(seed)
    total = rng.integers(2, 10**6, (3, 2))
    late = rng.integers(1, total)
    found = fit_logits(late, total, np.array([[1, 0], [1, 1]]), np.array([first, second]))
    share = logit(late / total)
    assert np.allclose(found, np.column_stack([share[:, 0], share[:, 1] - share[:, 0]]), atol=1e-7)
