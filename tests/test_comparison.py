"""Funnel: published values, a slow reference by another hand, simulations and properties."""

import csv
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import expit, logit
from statsmodels.stats.meta_analysis import combine_effects

from cchc_analysis.columns import InputError
from cchc_analysis.comparison import funnel, noticeable
from cchc_analysis.intervals import exact_limits

SHARED = Path(__file__).resolve().parents[2] / "shared"

# Benjamini and Hochberg (1995), section 4: 15 p-values; 4 are rejected at q = 0.05
BH_1995 = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
    0.5719, 0.6528, 0.7590, 1.0000,
]  # fmt: skip


def table(count, total, **columns):
    count, total = list(count), list(total) if isinstance(total, tuple) else total
    frame = pd.DataFrame({"unit_id": [f"u{i}" for i in range(len(count))], "count": count})
    return frame.assign(
        total=total,
        indicator="on_time_rate",
        bounds="none",
        unit_of_measure="share",
        method="count",
        rule="strict",
        source="test",
    ).assign(**columns)


def simulate(rng, units, *, mean=0.98, spread=0.5, bad=None):
    """The settings of the trial: counts lognormal around 1,000, logit-normal shares."""
    total = np.maximum(20, np.exp(np.log(1000) + 0.8 * rng.standard_normal(units)).round())
    share = expit(logit(mean) + spread * rng.standard_normal(units))
    if bad is not None:
        share[0] = bad
    return table(rng.binomial(total.astype(int), share), total)


def test_exact_limits_agree_with_303_published_classes():
    path = SHARED / "golden" / "phe_funnel" / "testdata_funnel_prop_inputs.csv"
    if not path.exists():
        pytest.skip("shared/golden/phe_funnel is not here (303 published classes)")
    with path.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    count, total = (np.array([float(r[k]) for r in rows]) for k in ("numerator", "denominator"))
    overall, share = count.sum() / total.sum(), count / total
    found = np.full(len(rows), "Not significant", dtype="<U20")
    for confidence, tail in ((0.95, "0.025"), (0.998, "0.001")):
        low, high = exact_limits(overall, total, confidence)
        found[share < low], found[share > high] = f"Low ({tail})", f"High ({tail})"
    assert len(rows) == 303
    assert (found == [r["significance"] for r in rows]).all()


def slow_funnel(count, total, confidence):
    """One unit at a time, statsmodels for the variance, sums for the exact test."""
    flags = []
    hit, miss = count + 0.5, total - count + 0.5
    y, v = np.log(hit / miss), 1 / hit + 1 / miss
    overall = (count.sum() + 0.5) / (total.sum() + 1)
    tail, reach = (1 - confidence) / 2, stats.t.isf((1 - confidence) / 2, len(y) - 2)
    for i in range(len(y)):
        o = np.arange(len(y)) != i
        tau2 = max(0, combine_effects(y[o], v[o], method_re="iterated").tau2)
        w = 1 / (v[o] + tau2)
        mu, spread = np.average(y[o], weights=w), tau2 + 1 / w.sum()
        z = [
            (np.log((k + 0.5) / (total[i] - k + 0.5)) - mu)
            / np.sqrt(1 / (k + 0.5) + 1 / (total[i] - k + 0.5) + spread)
            for k in (0.0, count[i], total[i])
        ]
        w = 1 / (1 + tau2 * total[o] * overall * (1 - overall))
        mean = (w @ count[o] + 0.5) / (w @ total[o] + 1)
        pmf = stats.binom.pmf(np.arange(total[i] + 1), total[i], mean)
        k = int(count[i])
        low = max(z[:2]) < -reach and pmf[: k + 1].sum() < tail
        high = min(z[1:]) > reach and pmf[k:].sum() < tail
        flags.append("low" if low else "high" if high else "")
    return flags


@pytest.mark.parametrize("seed", range(6))
def test_flags_equal_a_slow_reference(seed):
    rng = np.random.default_rng(seed)
    estimates = simulate(rng, 25, spread=[0, 0.1, 0.8][seed % 3], bad=0.7)
    estimates.loc[1, "count"] = estimates.loc[1, "total"]
    confidence = 0.95
    expected = slow_funnel(*estimates[["count", "total"]].to_numpy(float).T, confidence)
    assert funnel(estimates, confidence=confidence)["side"].tolist() == expected
    assert "low" in expected


def test_limits_are_the_root_of_z():
    estimates = simulate(np.random.default_rng(1), 40)
    result = funnel(estimates)
    others = result.iloc[1:]
    y = logit((others["count"] + 0.5) / (others["total"] + 1)).to_numpy()
    v = (1 / (others["count"] + 0.5) + 1 / (others["total"] - others["count"] + 0.5)).to_numpy()
    tau2 = combine_effects(y, v, method_re="iterated").tau2
    w = 1 / (v + tau2)
    n, c = result.loc[0, "total"], result.loc[0, "total"] * result.loc[0, "low"]
    error = np.sqrt(1 / (c + 0.5) + 1 / (n - c + 0.5) + tau2 + 1 / w.sum())
    z = (np.log((c + 0.5) / (n - c + 0.5)) - np.average(y, weights=w)) / error
    assert z == pytest.approx(-stats.t.isf(0.001, 38), rel=1e-6)
    assert result.loc[0, "expected"] == pytest.approx(expit(np.average(y, weights=w)))
    assert result.loc[0, "tau"] == pytest.approx(np.sqrt(tau2))
    assert result.loc[0, "limits"] == "overdispersed"


# Null flags in percent and power of the trial (issue 'Comparing'); with R replications the
# null rate has a Monte Carlo error of about sqrt(0.2 % / units judged), doubled for units that
# share their others; the bound allows three of them.
@pytest.mark.parametrize(
    "units, runs, trial", [(8, 300, 0.31), (11, 200, 0.26), (30, 80, 0.17), (150, 20, 0.13)]
)
def test_false_flags_are_no_more_than_in_the_trial(units, runs, trial):
    rng = np.random.default_rng(units)
    flags = sum(funnel(simulate(rng, units))["outside"].sum() for _ in range(runs))
    judged = units * runs
    error = 2 * np.sqrt(trial / 100 / judged)
    assert flags / judged <= trial / 100 + 3 * error


@pytest.mark.parametrize("units, runs, trial", [(8, 100, 0.66), (11, 80, 0.90), (30, 40, 1.0)])
def test_one_unit_at_70_percent_is_noticed_as_in_the_trial(units, runs, trial):
    rng = np.random.default_rng(units)
    found = [funnel(simulate(rng, units, bad=0.7))["side"].iloc[0] == "low" for _ in range(runs)]
    error = np.sqrt(trial * (1 - trial) / runs)
    assert np.mean(found) >= trial - 3 * error


def test_few_dossiers_near_100_percent_are_not_accused():
    # 10 dossiers each at 99.5 %: one late one is no surprise (5 %), though its logit is far off
    rng = np.random.default_rng(2)
    result = funnel(table(rng.binomial(10, 0.995, 400), 10))
    assert (result["value"] == 0.9).sum() > 5
    assert not result["outside"].any()


counts = st.lists(
    st.integers(0, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    min_size=0,
    max_size=14,
)


@settings(max_examples=80, deadline=None)
@given(counts, st.sampled_from([0.8, 0.95, 0.998]), st.randoms(use_true_random=False))
def test_properties(pairs, confidence, random):
    estimates = table([c for c, _ in pairs], [n for _, n in pairs])
    before = estimates.copy(deep=True)
    result = funnel(estimates, confidence=confidence)
    pd.testing.assert_frame_equal(estimates, before)
    beyond = (result["value"] < result["low"]) | (result["value"] > result["high"])
    assert (result["outside"] == beyond).all()
    assert (result["outside"] == (result["side"] != "")).all()
    away = (result["p_value"] - (1 - confidence)).abs() > 1e-9
    significant = result["p_value"] < 1 - confidence
    assert (result["outside"] == significant)[away | result["p_value"].isna()].all()
    judged = result[result["reading"] == "judged"]
    assert (judged["low"] <= judged["high"]).all()
    assert judged[["low", "high", "expected"]].stack().between(0, 1).all()

    order = list(range(len(pairs)))
    random.shuffle(order)
    renamed = estimates.iloc[order].assign(unit_id=range(len(pairs)))
    again = funnel(renamed, confidence=confidence)
    numbers = ["value", "expected", "low", "high", "p_value", "q_value", "tau"]
    expected = result.iloc[order].reset_index(drop=True)
    np.testing.assert_allclose(again[numbers], expected[numbers], rtol=1e-7, atol=1e-9)
    assert (again["outside"] == expected["outside"]).all()


def test_limits_narrow_with_the_total():
    rng = np.random.default_rng(8)
    base = simulate(rng, 30)
    limits = []
    for size in (20, 100, 500, 2500, 10_000):
        last = table([round(size * 0.98)], [size], unit_id="last")
        limits.append(funnel(pd.concat([base, last]))[["low", "high"]].iloc[-1])
    limits = pd.DataFrame(limits)
    assert limits["low"].is_monotonic_increasing and limits["high"].is_monotonic_decreasing


def test_units_at_0_and_100_percent_have_an_answer():
    result = funnel(table([0, 100, 100, 100, 1, 0], [100, 100, 100, 100, 1, 1]))
    assert result[["low", "high", "p_value", "q_value"]].notna().all().all()
    assert (result["reading"] == "judged").all()


def test_one_unit_beside_equal_ones_in_any_order():
    # found by the property test: the others of unit 0 are equal, so their variance is 0
    for order in ([0, 1, 2], [1, 2, 0], [2, 0, 1]):
        pairs = [[(46, 218), (0, 234), (0, 234)][i] for i in order]
        result = funnel(table(*zip(*pairs, strict=True)), confidence=0.8)
        assert result.loc[order.index(0), "tau"] == 0
        assert result.loc[order.index(0), "side"] == "high"


def test_all_equal_or_all_perfect_nobody_outside():
    for count in (98, 100, 0):
        result = funnel(table([count] * 12, 100))
        assert not result["outside"].any() and not result["outside_plain"].any()
        assert (result["tau"] == 0).all() and (result["limits"] == "exact").all()
        assert (result["p_value"] > 0.9).all()


def test_too_few_units_and_units_without_dossiers():
    result = funnel(table([5, 8, 0, np.nan], [10, 10, 0, np.nan]))
    assert result["reading"].tolist() == ["too_few_units"] * 2 + ["no_dossiers"] * 2
    assert result[["low", "high", "expected", "p_value", "tau"]].isna().all().all()
    assert result["value"].tolist()[:2] == [0.5, 0.8] and result["value"].isna().tolist()[2:]
    assert not result["outside"].any() and (result["limits"] == "").all()
    assert np.isnan(noticeable(result))


def test_a_unit_without_dossiers_changes_nothing_for_the_others():
    estimates = simulate(np.random.default_rng(4), 9)
    more = pd.concat([estimates, table([np.nan], [0], unit_id="empty")])
    np.testing.assert_allclose(
        funnel(estimates)[["low", "high"]], funnel(more)[["low", "high"]].iloc[:-1]
    )


def test_no_rows_in_no_rows_out():
    result = funnel(table([], []))
    assert len(result) == 0 and {"low", "outside", "reading"} <= set(result)


def test_q_values_follow_benjamini_and_hochberg(monkeypatch):
    # the q-values of the paper's example, worked by hand: min over j >= i of p_j * 15 / j
    expected = [min(p * 15 / (j + 1) for j, p in enumerate(BH_1995) if j >= i) for i in range(15)]
    assert sum(q <= 0.05 for q in expected) == 4
    monkeypatch.setattr(
        "cchc_analysis.comparison.outlying._p_values", lambda *_: np.array(BH_1995)[::-1].copy()
    )
    found = funnel(simulate(np.random.default_rng(0), 15))["q_value"]
    assert np.allclose(found, expected[::-1])


def test_noticeable_is_where_the_flag_begins():
    estimates = simulate(np.random.default_rng(12), 11)
    estimates.loc[0, "total"] = estimates["total"].iloc[1:].median() // 1
    estimates.loc[0, "count"] = (estimates.loc[0, "total"] * 0.98).round()
    threshold = noticeable(funnel(estimates))
    assert 0 < threshold < 0.98
    for step, flagged in ((-0.01, True), (0.01, False)):
        share = threshold + step
        changed = estimates.assign(
            count=estimates["count"].where(
                estimates.index != 0, (share * estimates["total"]).round()
            )
        )
        assert funnel(changed)["outside"].iloc[0] == flagged


@pytest.mark.parametrize(
    "change, message",
    [
        ({"indicator": ["a", "b", "b"]}, "several values of indicator"),
        ({"rule": ["strict", "form06", "strict"]}, "several values of rule"),
        ({"period_end_on": ["2026-01-31", "2026-02-28", None]}, "several values of period_end_on"),
        ({"unit_id": ["a", "b", "b"]}, "unit 'b' comes more than once"),
        ({"count": [1, 2, 11]}, "unit 'u2': found count 11 of total 10"),
        ({"count": [1, 2, -1]}, "expected whole numbers"),
        ({"count": [1, 2, 2.5]}, "expected whole numbers"),
    ],
)
def test_refusals(change, message):
    with pytest.raises(InputError, match=message):
        funnel(table([1, 2, 3], 10).assign(**change))


def test_percent_for_confidence_is_refused():
    with pytest.raises(InputError, match=r"confidence: found 99\.8"):
        funnel(table([1, 2, 3], 10), confidence=99.8)


def test_integer_text_and_category_codes_agree():
    estimates = simulate(np.random.default_rng(6), 10)
    codes = [101 + i for i in range(10)]
    forms = [codes, [str(c) for c in codes], pd.Categorical([str(c) for c in codes])]
    first, *rest = [funnel(estimates.assign(unit_id=form)) for form in forms]
    for other in rest:
        pd.testing.assert_frame_equal(first, other)


def test_3321_communes_take_seconds():
    estimates = simulate(np.random.default_rng(9), 3321)
    start = time.process_time()
    funnel(estimates)
    assert time.process_time() - start < 4
