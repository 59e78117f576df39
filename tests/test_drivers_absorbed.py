"""Unit effects absorbed: the same as one dummy per unit, on the dossiers one by one."""

import time

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.special import expit, logit

from cchc_analysis.columns import InputError
from cchc_analysis.drivers.absorbed import absorbed_logit


def cells(seed: int, units: int = 12, per_unit: int = 10, size: float = 8):
    rng = np.random.default_rng(seed)
    unit = rng.permutation(np.repeat(np.arange(units), per_unit))
    design = np.column_stack([rng.integers(0, 2, len(unit)), rng.integers(0, 4, len(unit))])
    odds = design @ [0.6, -0.3] - 1 + rng.standard_normal(units)[unit]
    total = rng.poisson(size, len(unit))
    return rng.binomial(total, expit(odds)), total, design.astype(float), unit


def with_dummies(late, total, design, unit, cluster):
    """Statsmodels with a dummy per unit on one row per dossier, errors clustered."""
    frame = np.column_stack([design, pd.get_dummies(pd.Series(unit), dtype=float)])
    event = np.concatenate([[1] * y + [0] * (n - y) for y, n in zip(late, total, strict=True)])
    rows, groups = (np.repeat(np.asarray(v), total, axis=0) for v in (frame, cluster))
    return sm.Logit(event, rows).fit(
        disp=0, method="newton", tol=1e-12, cov_type="cluster", cov_kwds={"groups": groups}
    )


@pytest.mark.parametrize("clustered_by", ["unit", "parent", "across"])
def test_equals_a_dummy_per_unit(clustered_by):
    late, total, design, unit = cells(1)
    cluster = {"unit": unit, "parent": unit // 2, "across": np.arange(len(unit)) % 9}[clustered_by]
    found = absorbed_logit(late, total, design, unit, groups=cluster)
    expected = with_dummies(late, total, design, unit, cluster)
    assert (found.never_late, found.always_late) == (0, 0)
    assert np.allclose(found.coefficients, expected.params[:2], rtol=1e-9)
    assert np.allclose(found.units["effect"], expected.params[2:], rtol=1e-8)
    assert np.allclose(found.covariance, expected.cov_params()[:2, :2], rtol=1e-8)
    assert found.clusters == len(np.unique(cluster))


def test_units_never_or_always_late_change_nothing_and_are_counted():
    late, total, design, unit = cells(2)
    expected = absorbed_logit(late, total, design, unit)
    late = np.r_[late, 0, 0, 5, 0]
    total = np.r_[total, 7, 9, 5, 0]
    design = np.vstack([design, design[:4]])
    found = absorbed_logit(late, total, design, np.r_[unit, 90, 91, 92, 93])
    assert (found.never_late, found.always_late) == (2, 1)
    assert found.dossiers == expected.dossiers == total[:-4].sum()
    assert np.array_equal(found.coefficients, expected.coefficients)
    assert np.array_equal(found.covariance, expected.covariance)
    assert found.units["reading"].tolist()[-4:] == [
        "never_late", "never_late", "always_late", "no_dossiers",
    ]  # fmt: skip
    assert found.units["effect"].isna().tolist()[-5:] == [False, True, True, True, True]


def test_what_varies_in_no_unit_is_left_open_and_spoils_nothing():
    late, total, design, unit = cells(3)
    expected = absorbed_logit(late, total, design, unit)
    between = (unit % 2)[:, None]
    twin = design[:, [1]] + between  # differs from column 1 by what the units take up
    found = absorbed_logit(late, total, np.hstack([between, design[:, :1]]), unit)
    assert np.isnan(found.coefficients).tolist() == [True, False]
    assert np.isnan(found.covariance).tolist() == [[True, True], [True, False]]
    found = absorbed_logit(late, total, np.hstack([design, twin]), unit)
    assert np.isnan(found.coefficients).tolist() == [False, True, True]
    assert found.coefficients[0] == pytest.approx(expected.coefficients[0], rel=1e-8)
    assert found.covariance[0, 0] == pytest.approx(expected.covariance[0, 0], rel=1e-3)


def test_a_level_never_late_is_left_open_and_spoils_nothing():
    late, total, design, unit = cells(4)
    level = np.arange(len(unit)) % 7 == 0
    late = np.where(level, 0, late)
    found = absorbed_logit(late, total, np.column_stack([design, level]), unit)
    expected = absorbed_logit(late[~level], total[~level], design[~level], unit[~level])
    assert np.isnan(found.coefficients).tolist() == [False, False, True]
    assert np.allclose(found.coefficients[:2], expected.coefficients, rtol=1e-6)


def test_without_columns_the_effects_are_the_shares():
    found = absorbed_logit([3, 1, 2], [10, 10, 8], np.empty((3, 0)), list("AAB"))
    assert np.allclose(found.units["effect"], logit([4 / 20, 2 / 8]))


def test_nothing_to_compare():
    found = absorbed_logit([0, 0], [5, 6], [[0], [1]], list("AB"))
    assert np.isnan(found.coefficients).all()
    assert (found.never_late, found.dossiers, found.clusters) == (2, 0, 0)
    found = absorbed_logit([1, 2], [5, 6], [[0], [1]], list("AA"))
    assert found.coefficients[0] == pytest.approx(logit(2 / 6) - logit(1 / 5))
    assert np.isnan(found.covariance).all()  # one cluster: no error


def test_refused():
    with pytest.raises(InputError, match="found shapes"):
        absorbed_logit([1], [2], [[1], [0]], ["A"])
    with pytest.raises(InputError, match="units: found 1 cells without a label"):
        absorbed_logit([1, 1], [2, 2], [[1], [0]], ["A", None])


def test_hundreds_of_units_take_no_time():
    """A tenth of what is asked (700 units on the cells of a million dossiers in 3 s)."""
    late, total, design, unit = cells(5, units=700, per_unit=15, size=100)
    started = time.perf_counter()
    absorbed_logit(late, total, design, unit)
    assert time.perf_counter() - started < 3
