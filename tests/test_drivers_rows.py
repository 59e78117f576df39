"""Drivers on counts against dossiers one by one: statsmodels on rows, and published margins."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from scipy.special import expit

from cchc_analysis.drivers import PER_UNIT, auc, brier_score, late_drivers, late_probability
from cchc_analysis.drivers.effects import effect_table
from cchc_analysis.drivers.fitting import fit_model
from cchc_analysis.drivers.population import levels_of, to_cells
from cchc_analysis.drivers.terms import read_terms

SHARED = Path(__file__).resolve().parents[2] / "shared"
WABO = SHARED / "data" / "wabo_receipt" / "receipt_cases.csv"
SPECTOR = SHARED / "golden" / "logit_margins_spector"

KEYS = {
    "period_start_on": "2026-01-01", "period_end_on": "2026-06-30", "basis": "due",
    "rule": "strict", "as_of": "2026-07-01", "source": "test",
}  # fmt: skip


def to_tally(rows, by):
    counts = rows.assign(on_time_count=~rows["late"], late_count=rows["late"], overdue_count=0)
    names = ["on_time_count", "late_count", "overdue_count"]
    return counts.groupby(list(by), as_index=False)[names].sum().assign(**KEYS)


def dummies(rows, fit):
    """The columns of the model by its own names, made from rows without the package."""
    columns = {"intercept": np.ones(len(rows))}
    for name in fit.coefficients["name"].drop(0):
        column = np.ones(len(rows))
        for part in name.split(":"):
            term, _, level = part.partition("=")
            column = column * (rows[term].astype(str) == level if level else rows[term])
        columns[name] = column
    return pd.DataFrame(columns)


def on_rows(rows, fit, cluster):
    groups = pd.factorize(rows[cluster])[0]
    model = sm.Logit(rows["late"].to_numpy(float), dummies(rows, fit))
    options = {"disp": 0, "method": "newton", "tol": 1e-12, "maxiter": 50}
    plain = model.fit(**options)
    return plain, model.fit(**options, cov_type="cluster", cov_kwds={"groups": groups})


def agree_with_rows(rows, by, terms, cluster):
    tally = to_tally(rows, by)
    fit = late_drivers(tally, terms, cluster=cluster, errors="clustered")
    plain, clustered = on_rows(rows, fit, cluster)
    table = fit.coefficients.set_index("name")
    np.testing.assert_allclose(table["coefficient"], plain.params, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(table["std_error"], clustered.bse, rtol=1e-8)
    np.testing.assert_allclose(fit.covariance, clustered.cov_params(), rtol=1e-7, atol=1e-12)
    model, total = fit.model, fit.model.rows["total"].to_numpy()
    share = expit(model.base @ model.coefficients)
    information = model.base.T @ (model.base * (total * share * (1 - share))[:, None])
    np.testing.assert_allclose(np.sqrt(np.diag(np.linalg.inv(information))), plain.bse, rtol=1e-8)
    late, share = rows["late"].to_numpy(), plain.predict()
    cells = tally["late_count"], tally["on_time_count"] + tally["late_count"]
    by_cells = late_probability(fit, tally)
    assert brier_score(*cells, by_cells) == pytest.approx(((share - late) ** 2).mean(), rel=1e-9)
    ordered = stats.mannwhitneyu(share[late].round(9), share[~late].round(9)).statistic
    pairs = late.sum() * (~late).sum()
    assert auc(*cells, by_cells.round(9)) == pytest.approx(ordered / pairs, rel=1e-9)
    return fit


@pytest.fixture(scope="module")
def many():
    """200,000 dossiers of 63 units with planted log odds."""
    rng = np.random.default_rng(20261122)
    rows, units = 200_000, 63
    unit = rng.choice(units, rows, p=rng.dirichlet(np.full(units, 3.0)))
    frame = pd.DataFrame(
        {
            "unit_id": [f"u{i:02d}" for i in unit],
            "field": rng.choice(["land", "justice", "business", "trade"], rows),
            "channel": rng.choice(["online", "in_person", "postal"], rows, p=[0.6, 0.3, 0.1]),
            "legal_days": rng.choice([5.0, 10, 15, 30], rows),
        }
    )
    eta = -2.5 + 0.9 * (frame["field"] == "land") + 0.3 * (frame["channel"] == "in_person")
    eta = eta + 0.02 * frame["legal_days"] + 0.5 * rng.standard_normal(units)[unit]
    return frame.assign(late=rng.random(rows) < expit(eta))


BY = ["unit_id", "field", "channel", "legal_days"]


def test_200_000_dossiers_agree_with_rows(many):
    fit = agree_with_rows(many, BY, "field * channel + legal_days", "unit_id")
    assert len(fit.coefficients) == 13
    assert fit.cells <= 63 * 48


def test_wabo_agrees_with_rows():
    if not WABO.exists():
        pytest.skip("needs the WABO receipt data, which are not part of the project")
    cases = pd.read_csv(WABO, parse_dates=["received_at", "due_at", "finished_at"])
    seen = pd.Timestamp("2012-01-23", tz="UTC")
    due = cases[(cases["due_at"] < seen) & (cases["channel"] != "Intern")]  # one dossier, in time
    rows = due.assign(
        unit_id=due["unit"],
        late=due["finished_at"].fillna(seen) > due["due_at"],
        quarter=due["received_at"].dt.quarter,
        legal_days=(due["due_at"] - due["received_at"]).dt.days.astype(float),
    )
    by = ["unit_id", "officer", "channel", "quarter", "legal_days"]
    agree_with_rows(rows, by, "channel + quarter", "officer")
    agree_with_rows(rows, by, "channel + C(quarter) + legal_days", "officer")


def test_margins_equal_those_that_stata_published():
    """Spector and Mazzeo (1980); dy/dx and its delta-method errors by Stata's margins."""
    if not SPECTOR.exists():
        pytest.skip("needs the published margins, which are not part of the project")
    rows = pd.read_csv(SPECTOR / "spector.csv")
    expected = json.loads((SPECTOR / "expected_stata.json").read_text())
    rows = rows.assign(late=rows["GRADE"] == 1, unit_id=[f"{i:02d}" for i in range(len(rows))])
    tally = to_tally(rows, ["unit_id", "GPA", "TUCE", "PSI"])
    effects = late_drivers(tally, "GPA + TUCE + PSI").effects
    assert effects["term"].tolist() == expected["order"]
    assert set(effects["level"]) == {PER_UNIT}
    np.testing.assert_allclose(effects["effect"], expected["AME_dydx"], rtol=1e-7)
    # Stata's errors are those of independent rows: the same path with that covariance
    found = fitted(tally, "GPA + TUCE + PSI")
    model = found.model
    share = expit(model.base @ model.coefficients)
    information = model.base.T @ (model.base * (share * (1 - share))[:, None])
    object.__setattr__(model, "covariance", np.linalg.inv(information))
    object.__setattr__(model, "degrees", 10**9)
    table = effect_table(found)
    errors = (table["effect_high"] - table["effect"]) / stats.norm.isf(0.025)
    np.testing.assert_allclose(errors, expected["AME_se"], rtol=1e-5)
    limits = np.log(table[["low", "high"]].to_numpy())
    np.testing.assert_allclose(limits, expected["conf_int"][:3], rtol=1e-5)
    np.testing.assert_allclose(table["p_value"], expected["pvalues"][:3], rtol=1e-6)


def fitted(tally, terms):
    asked = read_terms(terms, tally)
    cells = to_cells(tally, asked, ["unit_id"])
    return fit_model(
        cells, asked, levels_of(cells, asked, {}), cluster="unit_id", absorb=None,
        errors="clustered", confidence=0.95,
    )  # fmt: skip


def test_jackknife_equals_leaving_out_each_unit_by_hand(many):
    some = many[many["unit_id"] < "u08"]
    fit = late_drivers(to_tally(some, BY), ["field", "channel"])
    assert fit.errors == "jackknife" and fit.weak and "CRV3" in fit.method
    columns = dummies(some, fit).set_axis(some.index)
    late = some["late"].astype(float)

    def estimate(kept):
        return sm.Logit(late.loc[kept], columns.loc[kept]).fit(disp=0, tol=1e-12).params

    everything = estimate(some.index)
    apart = [estimate(some["unit_id"] != unit) - everything for unit in some["unit_id"].unique()]
    variance = 7 / 8 * sum(np.outer(gap, gap) for gap in apart)
    np.testing.assert_allclose(fit.covariance, variance, rtol=1e-6, atol=1e-12)
    reach = stats.t.isf(0.025, 7)
    table = fit.coefficients.set_index("name")
    np.testing.assert_allclose(
        table["high"] - table["coefficient"], reach * np.sqrt(np.diag(variance)), rtol=1e-6
    )


def test_interactions_average_to_the_difference_of_rows_moved(many):
    """The effect of a level inside an interaction: predict all rows in it, and in the reference."""
    fit = late_drivers(to_tally(many, BY), "field * channel + log(legal_days)")
    values = many.assign(**{"log(legal_days)": np.log(many["legal_days"])})
    params = fit.coefficients.set_index("name")["coefficient"].drop("intercept")
    start = fit.coefficients["coefficient"][0]

    def mean(rows):
        columns = dummies(rows, fit)[params.index]
        return expit(start + columns @ params).mean()

    effects = fit.effects.set_index(["term", "level"])
    reference = effects.loc[("field", "land"), "reference"]
    expected = mean(values.assign(field="land")) - mean(values.assign(field=reference))
    land = effects.loc[("field", "land")]
    assert land["effect"] == pytest.approx(expected, rel=1e-9)
    assert land["adjusted"] == pytest.approx(mean(values.assign(field="land")), rel=1e-9)
    assert np.isnan(land["odds_ratio"]) and np.isfinite(land["effect_low"])
    step = 1e-5
    up, down = (
        mean(values.assign(**{"log(legal_days)": np.log(values["legal_days"] + move)}))
        for move in (step, -step)
    )
    days = effects.loc[("legal_days", PER_UNIT)]
    assert days["effect"] == pytest.approx((up - down) / (2 * step), rel=1e-6)
    assert days["coefficient"] == pytest.approx(params["log(legal_days)"])
