"""Separation: found, named and answered by Firth, against R's logistf and firthmodels."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats
from scipy.special import expit

from cchc_analysis.columns import InputError
from cchc_analysis.drivers import firth as firth_module
from cchc_analysis.drivers import late_drivers
from cchc_analysis.drivers.firth import augmented, fit_firth
from cchc_analysis.drivers.logit import fit_counts, separated

firthmodels = pytest.importorskip("firthmodels", reason="needs cchc-analysis[firth]")

GOLDEN = Path(__file__).resolve().parents[2] / "shared" / "golden" / "firth"


def golden(name):
    if not GOLDEN.exists():
        pytest.skip("needs the published estimates, which are not part of the project")
    return GOLDEN / name


def counted(rows, outcome):
    """Rows of 0/1 as counts: late and total by different covariates."""
    covariates = [name for name in rows if name != outcome]
    cells = rows.groupby(covariates)[outcome].agg(["sum", "count"]).reset_index()
    design = np.column_stack([np.ones(len(cells)), cells[covariates].to_numpy(float)])
    return cells["sum"].to_numpy(float), cells["count"].to_numpy(float), design


@pytest.mark.parametrize(("key", "outcome"), [("endometrial", "HG"), ("sex2", "case")])
def test_counts_give_what_logistf_gave_on_rows(key, outcome):
    """Heinze and Schemper (2002), endometrial; Heinze and Puhr's sex2; R logistf."""
    rows = pd.read_csv(golden(f"{key}.csv"))
    expected = json.loads(golden("endometrial_sex2_expected_logistf.json").read_text())[key]
    rows = rows[[*expected["order"], outcome]]
    late, total, design = counted(rows, outcome)
    found = fit_firth(late, total, design, range(1, design.shape[1]), 0.95)
    np.testing.assert_allclose(found.coefficients[1:], expected["coef"], rtol=1e-4, atol=1e-4)
    assert found.coefficients[0] == pytest.approx(expected["intercept"], rel=1e-4)
    limits = np.array(expected["profile_ci"])[:-1]
    np.testing.assert_allclose(np.column_stack([found.low, found.high])[1:], limits, rtol=1e-4)
    again = fit_counts(*augmented(late, total, design, found.coefficients), design)
    np.testing.assert_allclose(again, found.coefficients, rtol=1e-5, atol=1e-5)


def test_quasi_separation_has_the_limits_and_p_values_of_logistf():
    rows = pd.read_csv(golden("quasi_separation.csv"))
    expected = json.loads(golden("quasi_separation_expected_logistf.json").read_text())
    late, total, design = counted(rows[["sep", "x1", "x2", "x3", "y"]], "y")
    assert separated(late, total, design).tolist() == [0, 1, 0, 0, 0]
    found = fit_firth(late, total, design, range(5), 0.95)
    order = [1, 2, 3, 4, 0]
    for name, values in {
        "coef": found.coefficients, "profile_lo": found.low, "profile_hi": found.high,
        "lrt_p": found.p_value,
    }.items():  # fmt: skip
        np.testing.assert_allclose(values[order], expected[name], rtol=1e-4)


def test_separation_is_found_where_firthmodels_finds_it():
    """Random small tables against the linear programme of another package."""
    rng = np.random.default_rng(5)
    seen = set()
    for _ in range(150):
        design = np.column_stack([np.ones(9), rng.integers(0, 2, (9, 3))])
        if np.linalg.matrix_rank(design) < 4:
            continue
        late = rng.integers(0, 2, 9)
        if late.all() or not late.any():
            continue
        expected = firthmodels.detect_separation(design, late, fit_intercept=False).directions
        found = separated(late, np.ones(9), design)
        np.testing.assert_array_equal(found != 0, np.asarray(expected) != 0)
        seen.add(bool(found.any()))
    assert seen == {True, False}


def due(cells):
    names = ["unit_id", "field", "channel", "on_time_count", "late_count"]
    return pd.DataFrame(cells, columns=names).assign(
        overdue_count=0, period_start_on="2026-01-01", period_end_on="2026-06-30", basis="due",
        rule="strict", as_of="2026-07-01", source="test",
    )  # fmt: skip


CELLS = [
    (unit, field, channel, on_time + 3 * place, late + place)
    for place, unit in enumerate("ABCD")
    for field, channel, on_time, late in [
        ("land", "online", 80, 20), ("land", "desk", 60, 30),
        ("law", "online", 95, 4), ("law", "desk", 80, 9),
    ]
]  # fmt: skip
NEVER = [(unit, "sport", "desk", 7, 0) for unit in "ABC"]


@pytest.fixture(scope="module")
def fit():
    return late_drivers(due([*CELLS, *NEVER]), ["field", "channel"])


def test_a_level_never_late_is_named_and_has_firths_odds(fit):
    assert fit.reading == "firth" and fit.separated == ("field=sport",)
    assert "Firth" in fit.method
    rows = due([*CELLS, *NEVER])
    late, on_time = rows["late_count"].to_numpy(), rows["on_time_count"].to_numpy()
    names = fit.coefficients["name"]
    design = np.column_stack([
        np.ones(len(rows)),
        *[(rows[term] == level) for term, level in (name.split("=") for name in names[1:])],
    ]).astype(float)  # fmt: skip
    single = np.repeat(
        np.vstack([design, design]), np.concatenate([late, on_time]).astype(int), axis=0
    )
    outcome = np.repeat([1, 0], [late.sum(), on_time.sum()])
    model = firthmodels.FirthLogisticRegression(fit_intercept=False, gtol=1e-9, xtol=1e-9)
    model.fit(single, outcome)
    place = names.tolist().index("field=sport")
    model.lrt([place])
    np.testing.assert_allclose(fit.coefficients["coefficient"], model.coef_, rtol=1e-6)
    row = fit.effects.set_index(["term", "level"]).loc[("field", "sport")]
    low, high = model.conf_int(method="pl", features=[place])[place]
    assert (row["reading"], row["count"], row["total"]) == ("firth", 0, 21)
    assert np.log(row["low"]) == pytest.approx(low, rel=1e-4)
    assert np.log(row["high"]) == pytest.approx(high, rel=1e-4)
    assert row["p_value"] == pytest.approx(model.lrt_pvalues_[place], rel=1e-4)
    assert np.isnan(row["std_error"])


def test_an_effect_against_a_level_never_late_has_no_interval(fit):
    """Its profile limits took dossiers as independent, and the reference as known."""
    effects = fit.effects.set_index(["term", "level"])
    row = effects.loc[("field", "sport")]
    assert -1 < row["effect"] < 0 and row[["effect_low", "effect_high"]].isna().all()
    assert row[["low", "high", "p_value"]].notna().all()  # Firth's own, of the odds ratio
    held = effects[effects["reading"] == "estimated"]
    assert len(held) == 2 and (held["effect_low"] < held["effect_high"]).all()


def fourteen_units():
    """The largest level is never late; the others are more so in every other unit."""
    cells = []
    for place in range(14):
        mid, small = (3, 1) if place % 2 else (30, 12)
        levels = [("big", 800, 0), ("mid", 300 - mid, mid), ("small", 100 - small, small)]
        cells += [(f"u{place:02d}", level, "desk", *counts) for level, *counts in levels]
    return due(cells)


def test_the_reference_is_the_largest_level_with_late_dossiers_and_others():
    fit = late_drivers(fourteen_units(), ["field"])
    assert fit.separated == ("field=big",)
    effects = fit.effects.set_index("level")
    assert effects["reading"].to_dict() == {
        "mid": "reference",
        "big": "firth",
        "small": "estimated",
    }
    assert np.isnan(effects.loc["big", "effect_low"])
    asked = late_drivers(fourteen_units(), ["field"], reference={"field": "big"}).effects
    assert asked["level"].tolist() == ["big", "mid", "small"]
    assert asked["reading"].tolist() == ["reference", "firth", "firth"]
    assert asked[["effect_low", "effect_high"]].isna().all(axis=None)
    none_mixed = [("law", "desk", 5, 0), ("land", "desk", 0, 8), ("sea", "desk", 0, 7)]
    none_mixed = due([(unit, *cell) for unit in "ABC" for cell in none_mixed])
    assert late_drivers(none_mixed, ["field"]).effects["level"].iloc[0] == "land"


def test_the_interval_beside_a_level_never_late_is_that_of_the_clusters():
    """Leaving out each unit by hand; Firth adds half a dossier to both sides of each level."""
    rows = fourteen_units().set_index("unit_id")
    shares, moves = [], []
    for level in ("small", "mid"):
        own = rows[rows["field"] == level]
        late, total = own["late_count"], own["late_count"] + own["on_time_count"]
        added = total / total.sum()
        whole = (late.sum() + 0.5) / (total.sum() + 1)
        without = (late.sum() - late + (1 - added) / 2) / (total.sum() - total + 1 - added)
        shares.append(whole)
        moves.append((special.logit(without) - special.logit(whole)) * whole * (1 - whole))
    error = np.sqrt(13 / 14 * ((moves[0] - moves[1]) ** 2).sum())
    row = late_drivers(fourteen_units(), ["field"]).effects.set_index("level").loc["small"]
    assert row["effect"] == pytest.approx(shares[0] - shares[1], rel=1e-5)
    assert row["effect_high"] - row["effect"] == pytest.approx(
        stats.t.isf(0.025, 13) * error, rel=1e-4
    )


def test_a_combination_never_late_leaves_its_levels_without_an_interval():
    """law by post is never late; what law differs by on average rests on that cell too."""
    more = [(u, f, "post", 40, 6 * (f != "law")) for u in "ABCD" for f in ("land", "law")]
    fit = late_drivers(
        due([*CELLS, *more]), "field * channel", reference={"field": "land", "channel": "online"}
    )
    assert fit.separated == ("field=law:channel=post",)
    effects = fit.effects.set_index(["term", "level"])
    assert effects.loc[("field", "law"), "reading"] == "firth"
    assert np.isnan(effects.loc[("field", "law"), "effect_low"])
    assert np.isfinite(effects.loc[("channel", "desk"), "effect_low"])


def test_other_levels_hardly_notice(fit):
    without = late_drivers(due(CELLS), ["field", "channel"]).effects.set_index(["term", "level"])
    beside = fit.effects.set_index(["term", "level"]).loc[without.index]
    assert set(beside["reading"]) == {"reference", "estimated"}
    np.testing.assert_allclose(beside["odds_ratio"], without["odds_ratio"], rtol=0.02)
    estimated = without["reading"] == "estimated"
    np.testing.assert_allclose(
        beside["std_error"][estimated], without["std_error"][estimated], rtol=0.05
    )


def test_a_reference_never_late_makes_every_comparison_firths():
    fit = late_drivers(due([*CELLS, *NEVER]), ["field"], reference={"field": "sport"})
    effects = fit.effects.set_index("level")
    assert set(fit.separated) == {"field=land", "field=law"}
    assert effects["reading"].tolist() == ["reference", "firth", "firth"]
    row = effects.loc["land"]
    assert np.isnan(row["effect_low"]) and row["low"] < row["odds_ratio"] < row["high"]
    # one-way: Firth adds half a dossier to late and on time of each level
    share = {"sport": 0.5 / 22, "land": (20 * 4 + 6 + 30 * 4 + 6 + 0.5) / (4 * 190 + 12 * 4 + 1)}
    odds = {level: value / (1 - value) for level, value in share.items()}
    assert row["odds_ratio"] == pytest.approx(odds["land"] / odds["sport"], rel=1e-6)


@pytest.mark.parametrize("late", [False, True])
def test_a_level_always_late_too(late):
    cells = [(unit, "sport", "desk", 7 * (not late), 7 * late) for unit in "AB"]
    fit = late_drivers(due([*CELLS, *cells]), ["field", "channel"], errors="clustered")
    effect = fit.effects.set_index("level").loc["sport", "effect"]
    assert fit.separated == ("field=sport",) and (effect > 0) == late


def test_separation_that_no_level_alone_gives_away():
    """land is late exactly online, law exactly at the desk, but for the pair that is mixed."""
    cells = [
        (unit, field, channel, 20 * (not late), 20 * late)
        for unit in "ABC"
        for field, channel, late in [("land", "online", 1), ("land", "desk", 0), ("law", "desk", 0)]
    ]
    fit = late_drivers(due([*cells, ("A", "law", "online", 10, 10)]), ["field", "channel"])
    assert fit.reading == "firth" and "channel=desk" in fit.separated
    assert np.isfinite(fit.coefficients["coefficient"]).all()


def test_everything_separated_still_answers():
    cells = [(u, "land", "desk", 0, 9) for u in "ABC"] + [(u, "law", "desk", 9, 0) for u in "ABC"]
    fit = late_drivers(due(cells), ["field"])
    land, law = (fit.effects.set_index("level").loc[name, "adjusted"] for name in ("land", "law"))
    assert (land, law) == pytest.approx((27.5 / 28, 0.5 / 28), rel=1e-5)
    assert expit(fit.coefficients["coefficient"].sum()) == pytest.approx(
        fit.effects["adjusted"].iloc[1], rel=1e-6
    )


def test_without_firthmodels_the_message_says_what_to_do(monkeypatch):
    monkeypatch.setattr(firth_module, "find_spec", lambda name: None)
    with pytest.raises(
        InputError, match=r"^field=sport: .*cchc-analysis\[firth\].*merge the level"
    ):
        late_drivers(due([*CELLS, *NEVER]), ["field", "channel"])
    assert late_drivers(due(CELLS), ["field", "channel"]).reading == "fitted"
