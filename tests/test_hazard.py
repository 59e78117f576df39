"""What goes with quick and slow work: the hazard of each day, on counts."""

import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.genmod.families.links import CLogLog

from cchc_analysis.columns import DURATIONS, InputError, empty
from cchc_analysis.timing import hazard_model
from cchc_analysis.timing.person_days import day_groups

KEYS = {
    "period_start_on": "2026-01-01", "period_end_on": "2026-01-31", "cohort": "observed",
    "as_of": "2026-01-31", "rule": "strict", "day_kind": "working", "source": "export.csv",
}  # fmt: skip


def simulated(n=20_000, scale=12, seed=1, spread=0.3):
    """Dossiers of 30 units whose hazards are proportional, some carried over, some open."""
    draw = np.random.default_rng(seed)
    unit, field = draw.integers(0, 30, n), draw.choice(["land", "civil"], n, p=[0.6, 0.4])
    channel = draw.choice(["online", "in_person"], n)
    log_hazard = 0.7 * (field == "civil") + 0.2 * (channel == "online")
    log_hazard = log_hazard + draw.normal(0, spread, 30)[unit]
    end = np.floor(scale * draw.weibull(1.3, n) * np.exp(-log_hazard / 1.3))
    last = draw.integers(0, 60, n)
    entry = np.where(draw.random(n) < 0.2, draw.integers(0, 8, n), 0)
    rows = pd.DataFrame({
        "unit_id": [f"U{k}" for k in unit], "field": field, "channel": channel,
        "entry_days": entry, "end_days": np.minimum(end, last),
        "outcome": np.where(end <= last, "result", "pending"),
    })  # fmt: skip
    return rows[rows["end_days"] >= rows["entry_days"]]


def counted(rows):
    sums = rows.groupby(list(rows), as_index=False, dropna=False).size()
    return sums.rename(columns={"size": "dossier_count"}).assign(**KEYS)


def ratios(fit):
    return fit.effects.set_index(["term", "level"])["hazard_ratio"]


def test_cells_give_what_one_row_per_dossier_and_day_gives():
    """Coefficients and clustered errors of the binomial model on dossier-days, to 1e-8."""
    rows = simulated(1_500)
    fit = hazard_model(counted(rows), ["field"])
    spans = (rows["end_days"] - rows["entry_days"] + 1).astype(int)
    days = rows.loc[rows.index.repeat(spans)].reset_index(drop=True)
    days["day"] = days["entry_days"] + days.groupby(np.repeat(rows.index, spans)).cumcount()
    days["closed"] = (days["day"] == days["end_days"]) & (days["outcome"] != "pending")
    closing = days.loc[days["closed"], "day"].unique()
    days = days[days["day"].isin(closing)]
    edges = fit.baseline["last_day"].to_numpy()
    dummies = pd.get_dummies(np.searchsorted(edges, days["day"])).astype(float)
    design = np.column_stack([dummies, (days["field"] == "civil").astype(float)])
    model = sm.GLM(days["closed"].astype(float), design, sm.families.Binomial(CLogLog()))
    groups = pd.factorize(days["unit_id"])[0]
    oracle = model.fit(tol=1e-12, cov_type="cluster", cov_kwds={"groups": groups})
    civil = fit.effects.set_index("level").loc["civil"]
    assert civil["coefficient"] == pytest.approx(oracle.params.iloc[-1], abs=1e-8)
    assert civil["std_error"] == pytest.approx(oracle.bse.iloc[-1], abs=1e-8)
    assert fit.baseline["at_risk_count"].sum() == len(days)
    np.testing.assert_allclose(
        fit.baseline["hazard"], 1 - np.exp(-np.exp(oracle.params.iloc[:-1])), atol=1e-8
    )
    assert fit.method.startswith("corrected")


@pytest.mark.parametrize("scale", [12, 30])
def test_hazard_ratios_are_close_to_those_of_a_cox_model(scale):
    """Within 0.2 % of Efron's on rows; day d runs from d to d + 1 there."""
    rows = simulated(scale=scale)
    design = np.column_stack([rows["field"] == "civil", rows["channel"] == "online"]).astype(float)
    cox = PHReg(
        rows["end_days"] + 1.0, design, status=(rows["outcome"] == "result").astype(int),
        entry=rows["entry_days"].astype(float), ties="efron",
    ).fit()  # fmt: skip
    found = ratios(
        hazard_model(counted(rows), ["field", "channel"], reference={"channel": "in_person"})
    )
    expected = np.exp(cox.params)
    assert found["field", "civil"] == pytest.approx(expected[0], rel=2e-3)
    assert found["channel", "online"] == pytest.approx(expected[1], rel=2e-3)


def test_planted_ratios_are_covered():
    rows = simulated(spread=0)
    fit = hazard_model(counted(rows), ["field", "channel"], reference={"channel": "in_person"})
    effects = fit.effects.set_index("level")
    for level, planted in (("civil", 0.7), ("online", 0.2)):
        assert effects["low"][level] < np.exp(planted) < effects["high"][level]


def test_one_field_by_hand():
    """75 of 300 closed on day 2 against 150 of 300: log(1 - 1/2) / log(1 - 1/4)."""
    rows = pd.DataFrame({
        "unit_id": ["A", "B", "C"] * 4, "field": ["land"] * 6 + ["civil"] * 6, "entry_days": 0,
        "end_days": ([2] * 3 + [6] * 3) * 2, "outcome": (["result"] * 3 + ["pending"] * 3) * 2,
        "dossier_count": [20, 30, 25, 80, 70, 75, 50, 45, 55, 50, 55, 45],
    }).assign(**KEYS)  # fmt: skip
    fit = hazard_model(rows, ["field"], reference={"field": "land"})
    assert ratios(fit)["field", "civil"] == pytest.approx(np.log(0.5) / np.log(0.75))
    assert fit.baseline[["first_day", "last_day", "at_risk_count"]].values.tolist() == [[2, 2, 600]]
    assert fit.baseline["hazard"].item() == pytest.approx(0.25)


def test_days_with_few_closed_are_put_together():
    rows = pd.DataFrame({
        "unit_id": "A", "entry_days": 0, "end_days": [1, 3, 4, 6, 9, 12],
        "outcome": ["result"] * 5 + ["pending"], "dossier_count": [12, 4, 6, 30, 3, 50],
    }).assign(**KEYS)  # fmt: skip
    groups = day_groups(rows)
    assert groups.values.tolist() == [[1, 1, 1], [3, 4, 2], [6, 9, 2]]
    all_closed_at_last = rows[rows["end_days"].isin([1, 6])]
    assert day_groups(all_closed_at_last).values.tolist() == [[1, 6, 2]]


def test_which_intervals_are_weak_and_which_are_none():
    rows = simulated(3_000)
    assert not hazard_model(counted(rows), ["field"]).weak
    few = rows[rows["unit_id"].isin(["U1", "U2", "U3"])]
    assert hazard_model(counted(few), ["field"]).weak
    alone = few.assign(field=few["field"].mask(few["unit_id"] == "U3", "rare"))
    effects = hazard_model(counted(alone), ["field"]).effects.set_index("level")
    assert effects["reading"]["rare"] == "one_cluster"
    assert np.isnan(effects["low"]["rare"]) and effects["hazard_ratio"]["rare"] > 0


@pytest.mark.parametrize("ends", [("pending", "none_closed"), ("result", "always_closed")])
def test_a_level_without_a_finite_ratio_is_left_out_and_named(ends):
    outcome, reading = ends
    rows = simulated(3_000)
    first = rows[["unit_id"]].drop_duplicates().assign(
        field="rare", channel="online", entry_days=0, end_days=0, outcome=outcome
    )  # fmt: skip
    fit = hazard_model(counted(pd.concat([rows, first])), ["field"])
    rare = fit.effects.set_index("level").loc["rare"]
    assert rare["reading"] == reading and np.isnan(rare["hazard_ratio"])
    same = hazard_model(counted(rows), ["field"])
    assert ratios(fit)["field", "civil"] == pytest.approx(ratios(same)["field", "civil"], rel=1e-9)


@pytest.mark.parametrize(
    ("change", "reading"),
    [
        ({"outcome": "pending"}, "none_closed"),
        ({"unit_id": "U1"}, "one_cluster"),
        ({"field": "land"}, "no_contrast"),
    ],
)
def test_where_there_is_nothing_to_model_it_says_why(change, reading):
    fit = hazard_model(counted(simulated(500).assign(**change)), ["field"])
    assert fit.reading == reading and fit.effects.empty and fit.baseline.empty


def test_nothing_at_all():
    fit = hazard_model(empty(DURATIONS).assign(field=pd.Series(dtype="str")), ["field"])
    assert fit.reading == "no_dossiers" and fit.dossiers == 0


def test_a_missing_value_is_a_level_and_constant_terms_are_named():
    rows = simulated(3_000)
    rows = rows.assign(field=rows["field"].where(rows.index % 5 > 0), channel="online")
    fit = hazard_model(counted(rows), ["field", "channel"])
    assert "(missing)" in set(fit.effects["level"])
    assert fit.constant_terms == ("channel",)


@pytest.mark.parametrize(
    ("terms", "options", "message"),
    [
        ("field", {}, "expected a list"),
        ([], {}, "expected a list of different columns"),
        (["field", "field"], {}, "expected a list of different columns"),
        (["level_of_service"], {}, "no column 'level_of_service'"),
        (["field"], {"reference": {"field": "trade"}}, "field has no level 'trade'"),
        (["field"], {"reference": {"channel": "online"}}, "expected one of the terms: field"),
    ],
)
def test_terms_are_columns_that_there_are(terms, options, message):
    with pytest.raises(InputError, match=message):
        hazard_model(counted(simulated(300)), terms, **options)


def test_terms_that_repeat_each_other_have_no_answer():
    rows = simulated(2_000)
    twins = counted(rows.assign(twin=rows["field"].str.upper()))
    fit = hazard_model(twins, ["field", "twin"])
    assert (fit.reading, len(fit.effects)) == ("repeats", 0)
    assert {term for term, _ in fit.at_fault} == {"twin"}


def test_separation_within_the_other_terms_has_no_answer():
    """In the rare field only dossiers of group x are closed, and group x occurs nowhere else."""
    rows = simulated(2_000)
    rare = rows["unit_id"].isin(["U1", "U2", "U3"])
    rows = rows.assign(field=rows["field"].mask(rare, "rare"))
    group = np.where(rare & (rows["channel"] == "online"), "x", "y")
    rows = rows.assign(group=group, outcome=rows["outcome"].mask(rare & (group == "y"), "pending"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit = hazard_model(counted(rows), ["field", "group"])
    assert (fit.reading, len(fit.effects)) == ("separated", 0)
    assert set(fit.at_fault) <= {("field", "rare"), ("group", "x"), ("group", "y")}
    assert fit.at_fault
