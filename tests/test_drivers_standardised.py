"""Shares as if levels were as punctual as others, predictions, and absorbed effects."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from scipy.special import expit, logit

from cchc_analysis import narrative
from cchc_analysis.columns import InputError
from cchc_analysis.drivers import (
    ALL,
    REST,
    late_drivers,
    late_probability,
    standardised_share,
    would_change,
)


def due(cells):
    names = ["unit_id", "field", "channel", "on_time_count", "late_count"]
    return pd.DataFrame(cells, columns=names).assign(
        overdue_count=0, period_start_on="2026-01-01", period_end_on="2026-06-30", basis="due",
        rule="strict", as_of="2026-07-01", source="test",
    )  # fmt: skip


@pytest.fixture(scope="module")
def tally():
    rng = np.random.default_rng(8)
    rows = []
    for unit in range(20):
        shift = 0.4 * rng.standard_normal()
        for field, effect in (("land", 1.0), ("law", 0.0), ("trade", -0.4)):
            for channel, more in (("online", 0.0), ("desk", 0.5)):
                total = int(rng.integers(20, 200))
                late = int(rng.binomial(total, expit(-2 + effect + more + shift)))
                rows.append((f"u{unit:02d}", field, channel, total - late, late))
    return due(rows)


@pytest.fixture(scope="module")
def fit(tally):
    return late_drivers(tally, ["field", "channel"])


def predicted(fit, rows):
    """The model by its printed coefficients, without the package."""
    table = fit.coefficients.set_index("name")["coefficient"]
    eta = np.full(len(rows), table["intercept"])
    for term in ("field", "channel"):
        eta = eta + (term + "=" + rows[term]).map(table).fillna(0).to_numpy(float)
    return expit(eta)


def with_total(tally):
    return tally.assign(total=tally["on_time_count"] + tally["late_count"])


def test_land_as_law_by_hand(fit, tally):
    rows = with_total(tally)
    moved = rows.assign(field=rows["field"].replace("land", "law"))
    expected = np.average(predicted(fit, moved), weights=rows["total"])
    found = standardised_share(fit, {"field": {"land": "law"}}).iloc[0]
    observed = rows["late_count"].sum() / rows["total"].sum()
    assert found["share"] == pytest.approx(expected, rel=1e-9)
    assert found["observed"] == pytest.approx(observed, rel=1e-12)
    assert found["difference"] == pytest.approx(expected - observed, abs=1e-9)
    assert found["count"] == rows.loc[rows["field"] == "land", "total"].sum()
    assert found["total"] == rows["total"].sum()


def test_land_as_the_rest_is_the_mix_of_the_others(fit, tally):
    rows = with_total(tally)
    others = rows.groupby("field")["total"].sum().drop("land")
    parts = [
        portion * predicted(fit, rows.assign(field=rows["field"].replace("land", level)))
        for level, portion in (others / others.sum()).items()
    ]
    expected = np.average(sum(parts), weights=rows["total"])
    found = standardised_share(fit, {"field": {"land": REST}}).iloc[0]
    assert found["share"] == pytest.approx(expected, rel=1e-9)


def test_two_terms_at_once(fit, tally):
    rows = with_total(tally)
    moved = rows.assign(field="law", channel="online")
    as_if = {"field": {"land": "law", "trade": "law"}, "channel": {"desk": "online"}}
    found = standardised_share(fit, as_if).iloc[0]
    assert found["share"] == pytest.approx(predicted(fit, moved)[0], rel=1e-9)
    assert found["count"] == rows.loc[
        (rows["field"] != "law") | (rows["channel"] == "desk"), "total"
    ].sum()  # fmt: skip


def test_intervals_by_numerical_derivatives(fit, tally):
    rows = with_total(tally)
    moved = rows.assign(field=rows["field"].replace("land", "law"))
    names = fit.coefficients["name"]

    def shares(step):
        table = fit.coefficients.assign(coefficient=fit.coefficients["coefficient"] + step)
        other = type("Fit", (), {"coefficients": table})
        weight = rows["total"]
        return np.array([np.average(predicted(other, r), weights=weight) for r in (moved, rows)])

    steps = 1e-6 * np.eye(len(names))
    slopes = np.array([(shares(step) - shares(-step)) / 2e-6 for step in steps])
    covariance = fit.covariance.to_numpy()
    reach = stats.t.isf(0.025, 19)
    found = standardised_share(fit, {"field": {"land": "law"}}).iloc[0]
    share = found["share"]
    error = np.sqrt(slopes[:, 0] @ covariance @ slopes[:, 0]) / (share * (1 - share))
    assert logit(found["high"]) - logit(share) == pytest.approx(reach * error, rel=1e-5)
    gap = slopes[:, 0] - slopes[:, 1]
    around = reach * np.sqrt(gap @ covariance @ gap)
    assert found["difference_high"] - found["difference"] == pytest.approx(around, rel=1e-5)
    assert found["difference"] - found["difference_low"] == pytest.approx(around, rel=1e-5)


def test_nothing_moved_changes_nothing(fit):
    found = standardised_share(fit, {}).iloc[0]
    assert found["share"] == pytest.approx(found["observed"], rel=1e-9)
    assert (found["difference"], found["difference_high"], found["count"]) == (0, 0, 0)


def test_what_would_change_the_rate_most(fit):
    table = would_change(fit)
    assert table["difference"].is_monotonic_increasing
    assert len(table) == 3 + 1 + 2 + 1
    row = table.set_index(["term", "level"]).loc[("field", "land")]
    alone = standardised_share(fit, {"field": {"land": REST}}).iloc[0]
    assert row["difference"] == alone["difference"] and row["as"] == REST
    least = table.set_index(["term", "level"]).loc[("field", ALL)]
    adjusted = fit.effects[fit.effects["term"] == "field"].set_index("level")["adjusted"]
    assert least["as"] == adjusted.idxmin()
    assert least["share"] == pytest.approx(adjusted.min(), rel=1e-9)
    assert least["difference"] <= table.loc[table["term"] == "field", "difference"].min()


def test_a_level_of_one_unit_does_not_stand_in(tally):
    more = pd.concat([tally, due([("u00", "sea", "desk", 5, 15)])])
    fit = late_drivers(more, ["field", "channel"])
    found = standardised_share(fit, {"field": {"land": REST}}).iloc[0]
    assert found["share"] < found["observed"] and np.isfinite(found["low"])
    into = standardised_share(fit, {"field": {"land": "sea"}}).iloc[0]
    assert (
        np.isfinite(into["share"]) and np.isnan(into[["low", "difference_low"]].astype(float)).all()
    )
    assert "sea" not in set(would_change(fit)["as"])


def test_a_level_of_one_unit_alone_has_no_interval_when_it_is_replaced():
    """What a unit does and what its own field does cannot be told apart: no error of either."""
    cells = [(f"u{i}", "other", "desk", 950 - 8 * i, 50 + 8 * i) for i in range(8)]
    table = would_change(late_drivers(due([*cells, ("V", "land", "desk", 380, 120)]), ["field"]))
    row = table.set_index("level").loc["land"]
    rate = sum(50 + 8 * i for i in range(8)) / 8000
    assert row["difference"] == pytest.approx(rate - (8000 * rate + 120) / 8500, rel=1e-9)
    limits = ["low", "high", "difference_low", "difference_high"]
    assert table[limits].isna().all(axis=None) and row["clusters"] == 1
    said = [block.html for block in narrative.would_change(table, language="en")]
    assert len(said) == 1 and "No single group" in said[0]


def test_levels_that_cannot_be_estimated_stay_as_they_are_in_the_bound(tally):
    """All as the least late: of the levels that are found in several units, late and not."""
    more = [("u00", "sea", "desk", 5, 15), *((f"u{i:02d}", "law2", "desk", 9, 0) for i in range(9))]
    fit = late_drivers(pd.concat([tally, due(more)]), ["field"])
    table = would_change(fit).set_index("level")
    rows = with_total(tally).groupby("field")[["late_count", "total"]].sum()
    share = rows["late_count"] / rows["total"]
    row = table.loc[ALL]
    assert row["as"] == share.idxmin() and np.isfinite(row["difference_high"])
    assert row["count"] == rows["total"].drop(share.idxmin()).sum()
    never = (0.5 / (81 + 1)) * 81  # one-way: half a dossier is added to each side of a level
    least = (rows["late_count"] + 0.5) / (rows["total"] + 1)
    late = rows["total"].sum() * least.min() + 20 * 15.5 / 21 + never
    assert row["share"] == pytest.approx(late / (rows["total"].sum() + 101), rel=1e-5)
    assert table.loc[["sea", "law2"], ["low", "difference_high"]].isna().all(axis=None)


def test_complete_separation_has_no_interval_of_no_width():
    cells = [(f"u{i}", f, "desk", 9 * (f == "law"), 9 * (f != "law"))
             for i in range(8) for f in ("land", "law")]  # fmt: skip
    table = would_change(late_drivers(due(cells), ["field"]))
    assert table[["low", "high", "difference_low", "difference_high"]].isna().all(axis=None)


def test_in_how_many_units_both_sides_occur(tally):
    more = [(f"u{i:02d}", "sea", "desk", 50 + i, 15 - i) for i in range(3)]
    table = would_change(late_drivers(pd.concat([tally, due(more)]), ["field", "channel"]))
    found = table.set_index(["term", "level"])["clusters"].to_dict()
    assert found == {
        ("field", "sea"): 3, **{("field", level): 20 for level in ("land", "law", "trade", ALL)},
        **{("channel", level): 20 for level in ("desk", "online", ALL)},
    }  # fmt: skip


def test_refusals_and_no_model(fit, tally):
    for as_if, message in (
        ({"weather": {"a": "b"}}, "found 'weather', expected a term with levels: field, channel"),
        ({"field": {"sea": "law"}}, "field has no level 'sea', expected one of: trade, land, law"),
        ({"field": {"land": "sea"}}, "field has no level 'sea'"),
        ({"field": {REST: "law"}}, "field has no level '\\(rest\\)'"),
    ):
        with pytest.raises(InputError, match=message):
            standardised_share(fit, as_if)
    none = late_drivers(tally.assign(late_count=0), ["field"])
    assert standardised_share(none, {"field": {"land": "law"}}).empty
    assert would_change(none).empty and "difference" in would_change(none)
    with pytest.raises(InputError, match="found no model \\(none_late\\)"):
        late_probability(none, tally)


def test_probabilities_of_other_rows(fit, tally):
    rows = pd.DataFrame(
        {"channel": ["desk", "online", "desk"], "field": ["law", "land", "sea"]}, index=[7, 3, 9]
    )
    found = late_probability(fit, rows)
    assert found.index.tolist() == [7, 3, 9] and np.isnan(found[9])
    np.testing.assert_allclose(found[[7, 3]], predicted(fit, rows)[:2], rtol=1e-12)
    with pytest.raises(InputError, match="found no column 'field'"):
        late_probability(fit, rows[["channel"]])


def test_a_missing_number_has_no_probability(tally):
    timed = tally.assign(allowed_days=np.arange(len(tally)) % 4 + 1.0)
    fit = late_drivers(timed, "field + log(allowed_days)")
    rows = timed.head(4).assign(allowed_days=[2.0, np.nan, 0.0, 3.0])
    assert late_probability(fit, rows).isna().tolist() == [False, True, True, False]
    assert late_probability(fit, rows.iloc[1:3]).isna().all()
    assert late_probability(fit, rows.head(0)).empty


@pytest.fixture(scope="module")
def within(tally):
    more = pd.concat([tally, due([("zz", "land", "desk", 9, 0), ("zz", "law", "desk", 5, 0)])])
    return more, late_drivers(more, ["field", "channel"], absorb="unit_id", errors="clustered")


def test_absorbed_units_equal_a_dummy_for_each(within, tally):
    _, fit = within
    rows = tally.loc[tally.index.repeat(2)].reset_index(drop=True)
    late = np.arange(len(rows)) % 2 == 0
    weight = np.where(late, rows["late_count"], rows["on_time_count"])
    names = fit.coefficients["name"]
    columns = [rows[t] == level for t, level in (name.split("=") for name in names)]
    units = pd.get_dummies(rows["unit_id"]).to_numpy(float)
    design = np.column_stack([*columns, units]).astype(float)
    expected = sm.GLM(late.astype(float), design, sm.families.Binomial(), freq_weights=weight)
    params = expected.fit(tol=1e-12).params
    np.testing.assert_allclose(fit.coefficients["coefficient"], params[: len(names)], rtol=1e-7)
    share = {
        level: np.average(
            expit(np.column_stack([
                *[np.full(len(rows), level == name) if term == "field" else rows[term] == name
                  for term, name in (n.split("=") for n in names)], units,
            ]).astype(float) @ params),
            weights=weight,
        )
        for level in ("land", "law")
    }  # fmt: skip
    effect = fit.effects.set_index("level").loc["land", "effect"]
    reference = fit.effects.set_index("level").loc["land", "reference"]
    assert reference in ("law", "trade")
    held = tally["on_time_count"].sum() + tally["late_count"].sum()
    portion = held / (held + 14)  # zz is never late: nothing moves there
    if reference == "law":
        assert effect == pytest.approx((share["land"] - share["law"]) * portion, rel=1e-6)


def test_absorbed_fits_say_so(within):
    more, fit = within
    assert fit.absorbed == "unit_id" and "unit_id absorbed" in fit.method
    assert fit.units.set_index("unit").loc["zz", "reading"] == "never_late"
    assert fit.clusters == 21 and fit.dossiers == with_total(more)["total"].sum()
    assert "intercept" not in set(fit.coefficients["name"])
    found = late_probability(fit, more)
    assert found.iloc[-2:].tolist() == [0, 0]
    expected = np.average(found, weights=with_total(more)["total"])
    assert expected == pytest.approx(fit.late / fit.dossiers, rel=1e-6)
    strange = more.head(1).assign(unit_id="nowhere")
    assert late_probability(fit, strange).isna().all()
    share = standardised_share(fit, {"field": {"land": "law"}}).iloc[0]
    assert share["low"] < share["share"] < share["high"] < share["observed"]


def test_intervals_of_absorbed_effects_move_the_units_too(within):
    """The delta method by refitting the units' effects at moved coefficients."""
    more, fit = within
    rows = with_total(more)
    rows = rows[rows["unit_id"] != "zz"]
    names = fit.coefficients["name"]

    def effect(params):
        def eta(frame):
            columns = [frame[t] == level for t, level in (name.split("=") for name in names)]
            return np.column_stack(columns).astype(float) @ params

        at = eta(rows)
        reference = fit.effects.set_index("level").loc["land", "reference"]
        total = 0.0
        for unit in rows["unit_id"].unique():
            own = (rows["unit_id"] == unit).to_numpy()
            count = rows["total"].to_numpy()[own]
            alpha = -2.0
            for _ in range(60):
                share = expit(alpha + at[own])
                late = rows["late_count"].to_numpy()[own].sum()
                alpha += (late - count @ share) / (count @ (share * (1 - share)))
            land, other = (eta(rows.assign(field=f))[own] for f in ("land", reference))
            total += count @ (expit(alpha + land) - expit(alpha + other))
        return total / with_total(more)["total"].sum()

    params = fit.coefficients["coefficient"].to_numpy()
    steps = 1e-5 * np.eye(len(params))
    slope = np.array([(effect(params + step) - effect(params - step)) / 2e-5 for step in steps])
    covariance = fit.covariance.to_numpy()[1:, 1:]
    row = fit.effects.set_index("level").loc["land"]
    reach = stats.t.isf(0.025, 19)
    assert row["effect"] == pytest.approx(effect(params), rel=1e-6)
    assert row["effect_high"] - row["effect"] == pytest.approx(
        reach * np.sqrt(slope @ covariance @ slope), rel=1e-4
    )


def test_what_does_not_vary_within_units_is_named(tally):
    classed = tally.assign(size=np.where(tally["unit_id"] < "u10", "big", "small"))
    with pytest.raises(InputError, match=r"size=.*cannot be estimated within unit_id"):
        late_drivers(classed, ["field", "size"], absorb="unit_id", errors="clustered")
