"""Drivers: counts against rows by statsmodels, planted truth, and every clear answer."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from scipy.special import expit

from cchc_analysis.columns import InputError
from cchc_analysis.drivers import MISSING, late_drivers

KEYS = {
    "period_start_on": "2026-01-01",
    "period_end_on": "2026-06-30",
    "basis": "due",
    "rule": "strict",
    "as_of": "2026-07-01",
    "source": "test",
}


def simulate_rows(seed, clusters=20, rows=6000, spread=0.4):
    """Dossiers with planted log odds: land +1.2, in_person +0.5, and a term without effect."""
    rng = np.random.default_rng(seed)
    unit = rng.integers(0, clusters, rows)
    frame = pd.DataFrame(
        {
            "unit_id": [f"u{i:02d}" for i in unit],
            "field": rng.choice(["land", "justice", "business"], rows, p=[0.3, 0.5, 0.2]),
            "channel": rng.choice(["online", "in_person"], rows, p=[0.7, 0.3]),
            "noise": rng.choice(["x", "y"], rows),
        }
    )
    land, in_person = frame["field"] == "land", frame["channel"] == "in_person"
    eta = -2.0 + 1.2 * land + 0.5 * in_person + spread * rng.standard_normal(clusters)[unit]
    late = rng.random(rows) < expit(eta)
    return frame.assign(late=late, open=late & (rng.random(rows) < 0.3))


def to_tally(rows, by=("unit_id", "field", "channel", "noise")):
    counts = rows.assign(
        on_time_count=~rows["late"],
        late_count=rows["late"] & ~rows["open"],
        overdue_count=rows["late"] & rows["open"],
    )
    names = ["on_time_count", "late_count", "overdue_count"]
    sums = counts.groupby(list(by), as_index=False, dropna=False)[names].sum()
    return sums.assign(**KEYS)


def by_hand(rows):
    """The same model on rows: an explicit design and statsmodels' Logit."""
    design = pd.DataFrame(
        {
            "intercept": 1.0,
            "field=business": rows["field"] == "business",
            "field=land": rows["field"] == "land",
            "channel=in_person": rows["channel"] == "in_person",
        }
    ).astype(float)
    return design, sm.Logit(rows["late"].astype(float), design)


@pytest.fixture(scope="module")
def rows():
    return simulate_rows(1)


@pytest.fixture(scope="module")
def fit(rows):
    return late_drivers(to_tally(rows), ["field", "channel"], errors="clustered")


def test_coefficients_and_clustered_errors_equal_the_rows(rows, fit):
    _, model = by_hand(rows)
    groups = pd.factorize(rows["unit_id"])[0]
    expected = model.fit(
        disp=0, method="newton", tol=1e-12, cov_type="cluster", cov_kwds={"groups": groups}
    )
    effects = fit.effects[fit.effects["reading"] == "estimated"]
    effects = effects.set_index(effects["term"] + "=" + effects["level"])
    params, errors = (series.drop("intercept") for series in (expected.params, expected.bse))
    pd.testing.assert_series_equal(
        effects["coefficient"], params, check_names=False, check_like=True, rtol=1e-8
    )
    pd.testing.assert_series_equal(
        effects["std_error"], errors, check_names=False, check_like=True, rtol=1e-8
    )
    reach = stats.t.ppf(0.975, 19)
    assert np.allclose(effects["high"], np.exp(params + reach * errors)[effects.index])
    assert np.allclose(effects["low"], np.exp(params - reach * errors)[effects.index])
    assert np.allclose(
        effects["p_value"], 2 * stats.t.sf((params / errors).abs(), 19)[
            [params.index.get_loc(name) for name in effects.index]]
    )  # fmt: skip


def test_covariance_of_cells_without_clusters_equals_the_rows(rows):
    """One cluster per dossier: the sandwich is that of single rows (HC1 by the same factor)."""
    single = rows.assign(unit_id=[f"{i:05d}" for i in range(len(rows))]).iloc[:1500]
    found = late_drivers(to_tally(single), ["field", "channel"], errors="clustered")
    _, model = by_hand(single)
    expected = model.fit(
        disp=0, method="newton", tol=1e-12,
        cov_type="cluster", cov_kwds={"groups": np.arange(len(single))},
    ).cov_params()  # fmt: skip
    order = found.covariance.index
    assert np.allclose(found.covariance, expected.loc[order, order], rtol=1e-8, atol=1e-14)


def test_average_effects_equal_the_rows(rows, fit):
    design, model = by_hand(rows)
    groups = pd.factorize(rows["unit_id"])[0]
    expected = model.fit(disp=0, tol=1e-12, cov_type="cluster", cov_kwds={"groups": groups})

    def effect(params):
        land = design.assign(**{"field=land": 1.0, "field=business": 0.0})
        justice = design.assign(**{"field=land": 0.0, "field=business": 0.0})
        return expit(land @ params).mean() - expit(justice @ params).mean()

    params = expected.params.to_numpy()
    step = 1e-6 * np.eye(len(params))
    gradient = np.array([(effect(params + h) - effect(params - h)) / 2e-6 for h in step])
    error = np.sqrt(gradient @ expected.cov_params().to_numpy() @ gradient)
    row = fit.effects.set_index(["term", "level"]).loc[("field", "land")]
    assert row["effect"] == pytest.approx(effect(params), rel=1e-8)
    assert row["effect_high"] - row["effect"] == pytest.approx(
        stats.t.ppf(0.975, 19) * error, rel=1e-5
    )
    assert row["effect"] - row["effect_low"] == pytest.approx(row["effect_high"] - row["effect"])


def test_the_reference_row_and_the_counts(rows, fit):
    effects = fit.effects.set_index(["term", "level"])
    row = effects.loc[("field", "justice")]
    assert row["reading"] == "reference" and row["reference"] == "justice"
    assert (row["coefficient"], row["odds_ratio"], row["effect"]) == (0, 1, 0)
    assert row[["std_error", "low", "high", "p_value", "effect_low"]].isna().all()
    land = rows[rows["field"] == "land"]
    assert effects.loc[("field", "land"), "count"] == land["late"].sum()
    assert effects.loc[("field", "land"), "total"] == len(land)
    assert (fit.dossiers, fit.late, fit.clusters) == (len(rows), rows["late"].sum(), 20)
    assert fit.cells == len(rows.groupby(["unit_id", "field", "channel"]))
    assert not fit.weak and fit.reading == "fitted"
    assert (fit.rule, fit.source) == ("strict", "test")


def test_planted_effects_are_recovered():
    """Without spread between units the truth is 1.2, 0.5 and 0 on the log odds."""
    fit = late_drivers(
        to_tally(simulate_rows(7, clusters=40, rows=60_000, spread=0)),
        ["field", "channel", "noise"],
        reference={"noise": "x"},
        confidence=0.999,
    )
    effects = fit.effects.set_index(["term", "level"])
    for key, truth in {
        ("field", "land"): 1.2,
        ("field", "business"): 0.0,
        ("channel", "in_person"): 0.5,
        ("noise", "y"): 0.0,
    }.items():
        assert effects.loc[key, "low"] < np.exp(truth) < effects.loc[key, "high"]
    assert effects.loc[("field", "land"), "std_error"] < 0.06
    # all land against all justice, at the planted mix: 0.7 online, 0.3 in person
    truth = 0.7 * (expit(-0.8) - expit(-2)) + 0.3 * (expit(-0.3) - expit(-1.5))
    assert effects.loc[("field", "land"), "effect"] == pytest.approx(truth, abs=0.015)


def test_splitting_cells_and_shuffling_changes_nothing(rows, fit):
    tally = to_tally(rows, by=("unit_id", "field", "channel", "noise"))
    again = late_drivers(
        pd.concat([tally, tally.assign(on_time_count=0, late_count=0, overdue_count=0)])
        .sample(frac=1, random_state=1),
        ["channel", "field"],
        errors="clustered",
    )  # fmt: skip
    keys = ["term", "level"]
    pd.testing.assert_frame_equal(
        fit.effects.sort_values(keys, ignore_index=True),
        again.effects.sort_values(keys, ignore_index=True),
        rtol=1e-7,
    )


def test_input_is_not_changed(rows):
    tally = to_tally(rows)
    before = tally.copy(deep=True)
    late_drivers(tally, ["field"])
    pd.testing.assert_frame_equal(tally, before)


def test_integer_text_and_category_levels_agree(rows):
    tally = to_tally(rows)
    codes = tally["field"].map({"land": 1, "justice": 2, "business": 3})
    first, *rest = [
        late_drivers(tally.assign(field=codes.astype(form)), ["field"]).effects
        for form in ("int64", "str", "category")
    ]
    assert set(first["level"]) == {"1", "2", "3"}
    for other in rest:
        pd.testing.assert_frame_equal(first, other)


def test_missing_category_is_a_level_of_its_own(rows):
    holes = rows.assign(field=rows["field"].where(rows["field"] != "business"))
    effects = late_drivers(to_tally(holes), ["field"]).effects.set_index("level")
    assert effects.loc[MISSING, "total"] == (rows["field"] == "business").sum()
    assert effects["total"].sum() == len(rows)


def test_a_level_found_in_one_cluster_has_no_interval(rows):
    rare = rows.assign(field=rows["field"].where(rows["unit_id"] != "u03", "only here"))
    fit = late_drivers(to_tally(rare), ["field"])
    effects = fit.effects.set_index("level")
    assert effects.loc["only here", "reading"] == "one_cluster"
    assert effects.loc["only here", "clusters"] == 1
    assert np.isfinite(effects.loc["only here", "odds_ratio"])
    columns = ["std_error", "low", "high", "p_value", "effect_low", "effect_high"]
    assert effects.loc["only here", columns].isna().all()
    assert effects.loc["land", columns].notna().all()
    alone = late_drivers(to_tally(rare), ["field"], reference={"field": "only here"}).effects
    assert set(alone["reading"]) == {"reference", "one_cluster"}


def test_counted_beside_and_not_known(rows):
    tally = to_tally(rows).assign(undated_count=2, withdrawn_count=np.nan)
    fit = late_drivers(tally, ["field"])
    assert fit.left_out["undated_count"] == 2 * len(tally)
    assert np.isnan(fit.left_out["withdrawn_count"]) and np.isnan(fit.left_out["suspended_count"])


def test_weak_at_twelve_clusters():
    assert late_drivers(to_tally(simulate_rows(2, clusters=12)), ["field"]).weak
    assert not late_drivers(to_tally(simulate_rows(2, clusters=13)), ["field"]).weak


@pytest.mark.parametrize(
    "change, reading",
    [
        ({"late": False, "open": False}, "none_late"),
        ({"late": True}, "all_late"),
        ({"unit_id": "u00"}, "one_cluster"),
        ({"field": "land"}, "no_contrast"),
    ],
)
def test_nothing_to_model_is_an_answer(rows, change, reading):
    fit = late_drivers(to_tally(rows.assign(**change)), ["field"])
    assert fit.reading == reading and fit.effects.empty
    assert {"term", "level", "odds_ratio"} <= set(fit.effects)
    assert fit.dossiers == len(rows)


def test_an_empty_tally_is_an_answer(rows):
    fit = late_drivers(to_tally(rows).iloc[:0], ["field"])
    assert (fit.reading, fit.dossiers, fit.clusters, fit.rule) == ("no_dossiers", 0, 0, "")


def test_a_term_with_one_level_is_left_out_and_named(rows, fit):
    found = late_drivers(
        to_tally(rows).assign(procedure="p"), ["field", "procedure", "channel"],
        reference={"procedure": "q"}, errors="clustered",
    )  # fmt: skip
    assert found.constant_terms == ("procedure",)
    pd.testing.assert_frame_equal(found.effects, fit.effects)


def refuse(tally, message, terms=("field", "channel"), **options):
    with pytest.raises(InputError, match=message):
        late_drivers(tally, list(terms), **options)


def test_refused_terms(rows):
    tally = to_tally(rows)
    refuse(tally, "no column 'weather'.*expected one of: .*field, channel, noise", ["weather"])
    refuse(tally, "no column 'late_count'", ["late_count"])
    for name in ("status", "result_month", "returned_hour", "days_taken", "late_cause", "due_day"):
        refuse(tally.assign(**{name: "x"}), f"'{name}' is known only after", ["field", name])
    refuse(tally, "'status' is known only after", cluster="status")
    refuse(tally, "errors: found 'robust', expected one of: jackknife", errors="robust")
    refuse(tally, "absorb: errors by leaving out", absorb="unit_id")
    refuse(tally, "absorb: 'field' is also a term", absorb="field", errors="clustered")
    refuse(tally, "no column 'team'", absorb="team", errors="clustered")
    refuse(tally, "no column 'team'", cluster="team")
    refuse(tally, "expected a list of different columns", ["field", "field"])
    refuse(tally, "expected a list of different columns", [])
    refuse(tally, "field has no level 'sea', expected one of: business", reference={"field": "sea"})
    refuse(tally, "reference: found 'noise'", reference={"noise": "x"})
    refuse(
        tally.assign(again=tally["field"]),
        r"repeats what the others say \(again=business follows from them\)",
        ["field", "again"],
    )
    refuse(tally, "confidence: found 95", confidence=95)


def test_refused_tallies(rows):
    tally = to_tally(rows)
    half = np.arange(len(tally)) % 2 == 0
    refuse(tally.assign(basis="period"), "found basis 'period', expected 'due'")
    refuse(tally.assign(rule=np.where(half, "strict", "form06")), "several values of rule")
    refuse(tally.assign(as_of=np.where(half, "2026-07-01", "2026-08-01")), "values of as_of")
    refuse(tally.assign(period_start_on=np.where(half, "2026-01-01", "2026-06-30")), "count twice")
    refuse(tally.assign(overdue_count=np.nan), "overdue_count is missing")


def test_periods_apart_can_be_a_term(rows):
    tally = to_tally(rows)
    half = np.arange(len(tally)) % 2 == 0
    fit = late_drivers(
        tally.assign(
            period_start_on=np.where(half, "2026-01-01", "2026-04-01"),
            period_end_on=np.where(half, "2026-03-31", "2026-06-30"),
        ),
        ["period_start_on"],
    )
    assert set(fit.effects["level"]) == {"2026-01-01", "2026-04-01"}
    assert (fit.period_start_on, fit.period_end_on) == (
        pd.Timestamp("2026-01-01"),
        pd.Timestamp("2026-06-30"),
    )
