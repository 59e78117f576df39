"""Predictions outside the data fitted to, and their figures: counts against single dossiers."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from scipy.stats import mannwhitneyu

from cchc_analysis.columns import InputError
from cchc_analysis.drivers.accuracy import auc, brier_score, calibration
from cchc_analysis.drivers.validation import leave_unit_out, rolling_time


def counted(seed: int, cells: int = 40):
    rng = np.random.default_rng(seed)
    share = rng.choice([0.02, 0.1, 0.1, 0.3, 0.6], cells) + rng.choice([0, 0.01], cells)
    total = rng.poisson(8, cells)
    return rng.binomial(total, expit(0.6 * logit(share) - 0.3)), total, share


def to_rows(late, total, share) -> tuple[np.ndarray, np.ndarray]:
    """Outcome and prediction of each dossier."""
    event = [np.repeat([1, 0], [y, n - y]) for y, n in zip(late, total, strict=True)]
    return np.concatenate(event), np.repeat(share, total)


# Figures on counts


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_brier_and_auc_equal_single_dossiers(seed):
    late, total, share = counted(seed)
    event, predicted = to_rows(late, total, share)
    assert brier_score(late, total, share) == pytest.approx(np.mean((event - predicted) ** 2))
    above = mannwhitneyu(predicted[event == 1], predicted[event == 0]).statistic
    pairs = event.sum() * (1 - event).sum()
    assert auc(late, total, share) == pytest.approx(above / pairs, rel=1e-12)


def test_brier_and_auc_equal_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    late, total, share = counted(1)
    event, predicted = to_rows(late, total, share)
    assert brier_score(late, total, share) == pytest.approx(
        metrics.brier_score_loss(event, predicted)
    )
    assert auc(late, total, share) == pytest.approx(metrics.roc_auc_score(event, predicted))


def test_calibration_line_equals_the_logit_of_single_dossiers():
    late, total, share = counted(2, cells=200)
    event, predicted = to_rows(late, total, share)
    expected = sm.Logit(event, sm.add_constant(logit(predicted))).fit(disp=0, tol=1e-12)
    found = calibration(late, total, share)
    assert np.allclose([found.intercept, found.slope], expected.params, rtol=1e-8)
    assert np.allclose([found.slope_low, found.slope_high], expected.conf_int()[1], rtol=1e-7)
    offset = sm.GLM(event, np.ones(len(event)), sm.families.Binomial(), offset=logit(predicted))
    assert found.in_the_large == pytest.approx(offset.fit(tol=1e-12).params[0], rel=1e-6)


def test_calibration_limits_by_cluster_leave_one_out_at_a_time():
    late, total, share = counted(3, cells=60)
    groups = np.arange(60) % 6

    def slope(held):
        event, predicted = to_rows(late[held], total[held], share[held])
        return sm.Logit(event, sm.add_constant(logit(predicted))).fit(disp=0, tol=1e-12).params[1]

    every = slope(groups >= 0)
    error = np.sqrt(5 / 6 * sum((slope(groups != g) - every) ** 2 for g in range(6)))
    found = calibration(late, total, share, groups=groups)
    assert found.slope_high - found.slope == pytest.approx(2.570582 * error, rel=1e-5)  # t(5)


def test_bins_by_hand():
    """Six cells of ten dossiers, three classes: two cells each; equal predictions stay together."""
    late, share = [0, 1, 2, 2, 5, 6], [0.05, 0.15, 0.2, 0.3, 0.5, 0.7]
    bins = calibration(late, [10] * 6, share, bins=3).bins
    assert np.allclose(bins["predicted"], [0.1, 0.25, 0.6])
    assert np.allclose(bins["value"], [0.05, 0.2, 0.55])
    assert bins["count"].tolist() == [1, 4, 11]
    assert np.allclose(bins.loc[1, ["low", "high"]].astype(float), [0.0807, 0.4160], atol=5e-5)
    assert len(calibration(late, [10] * 6, [0.2] * 6, bins=3).bins) == 1


def test_what_cannot_be_told_is_nan():
    assert np.isnan(brier_score([], [], []))
    assert np.isnan(brier_score([0], [0], [0.5]))
    assert np.isnan(brier_score([1], [2], [np.nan]))
    assert np.isnan(auc([0, 0], [3, 4], [0.1, 0.2]))
    assert np.isnan(auc([3, 4], [3, 4], [0.1, 0.2]))
    for late, share in (([0, 0], [0.1, 0.2]), ([1, 2], [0.1, 0.1]), ([1, 2], [0.0, 0.2]),
                        ([0, 4], [0.1, 0.2])):  # fmt: skip
        found = calibration(late, [3, 4], share)
        assert np.isnan([found.slope, found.slope_low, found.slope_high, found.intercept]).all()
    empty = calibration([], [], [])
    assert np.isnan([empty.slope, empty.in_the_large]).all()
    assert empty.bins.empty


def test_cells_without_a_prediction_are_left_out():
    late, total, share = counted(4)
    more = [np.r_[late, 3], np.r_[total, 9], np.r_[share, np.nan]]
    for figure in (brier_score, auc):
        assert figure(*more) == figure(late, total, share)
    assert calibration(*more).slope == calibration(late, total, share).slope
    groups = np.arange(len(late)) % 5
    assert calibration(*more, groups=[*groups, 9]).slope_low == pytest.approx(
        calibration(late, total, share, groups=groups).slope_low
    )


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (([1], [2], [50.0]), "found 50, expected a share"),
        (([3], [2], [0.5]), "more than total"),
        (([1, 2], [2], [0.5]), "expected the same"),
    ],
)
def test_refused_figures(cells, message):
    for figure in (brier_score, auc, calibration):
        with pytest.raises(InputError, match=message):
            figure(*cells)


def test_refused_settings():
    with pytest.raises(InputError, match="bins: found 0"):
        calibration([1], [2], [0.5], bins=0)
    with pytest.raises(InputError, match="2 labels for 1 cells"):
        calibration([1], [2], [0.5], groups=["a", "b"])


# Outside the data fitted to


def tally(seed: int = 0, units: int = 6, months: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    unit, month, field, online = np.indices((units, months, 3, 2)).reshape(4, -1)
    total = rng.poisson(40, len(unit)) + 1
    late = rng.binomial(total, expit(-2 + 0.8 * field + 0.5 * online + 0.1 * (unit % 3)))
    start = pd.Timestamp("2026-01-01") + pd.to_timedelta(30 * month, unit="D")
    return pd.DataFrame(
        {
            "unit_id": np.char.add("u", unit.astype(str)), "field": np.array(list("abc"))[field],
            "channel": np.array(["in_person", "online"])[online],
            "on_time_count": total - late, "late_count": late, "overdue_count": 0,
            "period_start_on": start, "period_end_on": start + pd.Timedelta(days=29),
            "basis": "due", "rule": "strict", "as_of": "2026-07-01", "source": "simulated",
        }
    )  # fmt: skip


def predict(training: pd.DataFrame, cells: pd.DataFrame) -> np.ndarray:
    """The same by statsmodels on the training alone, its own penalty written out."""
    keys = ["field", "channel"]
    rows = training.groupby(keys, as_index=False)[["late_count", "on_time_count"]].sum()
    levels = {key: sorted(training[key].unique()) for key in keys}

    def design(frame):
        columns = [frame[key] == level for key in keys for level in levels[key][1:]]
        return np.column_stack([np.ones(len(frame)), *columns]).astype(float)

    total = (rows["late_count"] + rows["on_time_count"]).to_numpy(float)
    columns, average = design(rows), (rows["late_count"].sum() + 0.5) / (total.sum() + 1)
    root = columns * np.sqrt(total)[:, None]
    added = np.diag(root @ np.linalg.pinv(root.T @ root) @ root.T)
    late = rows["late_count"] + added * average
    outcome = np.column_stack([late, total + added - late])
    fit = sm.GLM(outcome, columns, sm.families.Binomial()).fit(tol=1e-12)
    return expit(design(cells) @ fit.params)


def test_each_unit_is_predicted_from_the_others():
    cells = tally()
    found = leave_unit_out(cells, ["field", "channel"])
    assert set(found.predictions["reading"]) == {"predicted"}
    for unit, own in found.predictions.groupby("unit_id"):
        training = cells[cells["unit_id"] != unit]
        assert np.allclose(own["predicted"], predict(training, own), rtol=1e-8)
        late = training["late_count"].sum() / training[["late_count", "on_time_count"]].sum().sum()
        assert np.allclose(own["average"], late)
    parts = [found.predictions[name] for name in ("late", "total", "predicted")]
    assert found.brier == brier_score(*parts) < found.brier_average
    assert found.auc == auc(*parts) > 0.6
    assert (found.late, found.dossiers) == (parts[0].sum(), parts[1].sum())
    expected = calibration(*parts, groups=found.predictions["unit_id"])
    assert found.calibration.slope_low == expected.slope_low


@pytest.mark.parametrize(
    ("gap", "training"), [(0, [0, 1, 2, 3]), (1, [0, 0, 1, 2]), (30, [0, 0, 1, 2])]
)
def test_each_period_is_predicted_from_those_before(gap, training):
    """Months of 30 days that follow on each other: a gap of a day costs a whole month."""
    cells = tally()
    found = rolling_time(cells, ["field", "channel"], gap=gap).predictions
    starts = sorted(cells["period_start_on"].unique())
    for month, known in enumerate(training):
        own = found[pd.to_datetime(found["period_start_on"]) == starts[month]]
        if known:
            past = cells[cells["period_start_on"] < starts[known]]
            assert np.allclose(own["predicted"], predict(past, own), rtol=1e-8)
        else:
            assert (own["reading"] == "untrained").all()
            assert own[["predicted", "average"]].isna().all(axis=None)


def test_what_comes_later_changes_no_prediction():
    cells = tally()
    last = cells["period_start_on"] == cells["period_start_on"].max()
    later = cells.assign(late_count=cells["late_count"].where(~last, 0))
    columns = ["predicted", "average"]
    found, changed = (rolling_time(part, ["field"]).predictions for part in (cells, later))
    assert found[columns].equals(changed[columns])


def test_a_level_that_only_one_unit_has_is_put_at_the_average():
    """The others' average of field on the log odds, and the cell's own channel."""
    cells = tally()
    alone = (cells["unit_id"] == "u0") & (cells["field"] == "a")
    cells["field"] = cells["field"].mask(alone, "d")
    found = leave_unit_out(cells, ["field", "channel"])
    own = found.predictions[found.predictions["field"] == "d"]
    assert (own["reading"] == "unseen").all()
    assert found.unseen == own["total"].sum()
    training = cells[cells["unit_id"] != "u0"]
    mix = training.assign(n=training["on_time_count"] + training["late_count"])
    mix = mix.groupby("field")["n"].sum() / mix["n"].sum()
    for row in own.itertuples():
        frame = pd.DataFrame({"field": mix.index, "channel": row.channel})
        assert row.predicted == pytest.approx(
            expit(mix @ logit(predict(training, frame))), rel=1e-6
        )


def test_the_most_common_level_may_be_the_one_not_seen():
    """It is the reference of the design: the others must not be lost with it."""
    cells = tally()
    own = cells["unit_id"] == "u0"
    cells.loc[own, "field"] = "z"
    cells.loc[own, "on_time_count"] += 10_000
    found = leave_unit_out(cells, ["field", "channel"])
    assert (found.predictions.loc[found.predictions["field"] == "z", "reading"] == "unseen").all()
    others = found.predictions[found.predictions["unit_id"] == "u1"]
    assert np.allclose(others["predicted"], predict(cells[cells["unit_id"] != "u1"], others))
    training = cells[~own]
    mix = training.groupby("field")[["on_time_count", "late_count"]].sum().sum(axis=1)
    for row in found.predictions[found.predictions["field"] == "z"].itertuples():
        frame = pd.DataFrame({"field": mix.index, "channel": row.channel})
        average = np.average(logit(predict(training, frame)), weights=mix)
        assert row.predicted == pytest.approx(expit(average), rel=1e-6)


def test_a_level_never_late_is_predicted_low_but_not_impossible():
    cells = tally()
    cells.loc[cells["field"] == "b", "late_count"] = 0
    predicted = leave_unit_out(cells, ["field", "channel"]).predictions
    assert predicted.loc[predicted["field"] == "b", "predicted"].between(1e-6, 1e-3).all()


def test_products_and_numbers():
    cells = tally().assign(legal_days=lambda c: c["field"].map({"a": 5, "b": 10, "c": 20}))
    by_product = leave_unit_out(cells, "field * channel").predictions
    training = cells[cells["unit_id"] != "u2"].groupby(["field", "channel"])
    shares = training["late_count"].sum() / training[["late_count", "on_time_count"]].sum().sum(
        axis=1
    )
    own = by_product[by_product["unit_id"] == "u2"].set_index(["field", "channel"])
    assert np.allclose(own["predicted"], shares[own.index], atol=5e-4)  # saturated
    assert leave_unit_out(cells, "log(legal_days)").auc > 0.6


def test_nothing_to_learn_from():
    cells = tally(units=1, months=1)
    for found in (leave_unit_out(cells, ["field"]), rolling_time(cells, ["field"])):
        assert (found.predictions["reading"] == "untrained").all()
        assert (found.dossiers, found.late) == (0, 0)
        assert found.untrained == cells[["on_time_count", "late_count"]].sum().sum()
        assert np.isnan(
            [found.brier, found.brier_average, found.auc, found.calibration.slope]
        ).all()
    none = tally().assign(on_time_count=0, late_count=0)
    assert leave_unit_out(none, ["field"]).predictions.empty
    assert np.isnan(leave_unit_out(none, ["field"]).brier)


def test_one_level_predicts_the_average():
    found = leave_unit_out(tally().assign(field="a"), ["field"])
    assert np.allclose(found.predictions["predicted"], found.predictions["average"], atol=1e-3)
    assert found.calibration.slope < 0  # a late unit makes the others' average low


def test_refused():
    with pytest.raises(InputError, match="gap: found -1"):
        rolling_time(tally(), ["field"], gap=-1)
    with pytest.raises(InputError, match="known only after"):
        leave_unit_out(tally().assign(result_at="x"), ["result_at"])
