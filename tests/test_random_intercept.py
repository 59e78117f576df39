"""One random intercept on counts: against direct integration of the likelihood."""

from time import process_time

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import expit, logsumexp, xlogy
from scipy.stats import norm

from cchc_analysis.columns import InputError
from cchc_analysis.drivers.random_intercept import random_intercept


def tally(seed: int, units: int = 9, sd: float = 0.8, size: float = 12, procedures: int = 3):
    rng = np.random.default_rng(seed)
    unit, online, procedure = np.indices((units, 2, procedures)).reshape(3, -1)
    odds = -1 + 0.7 * online + 0.4 * procedure + sd * rng.standard_normal(units)[unit]
    total = rng.poisson(size, len(unit))
    late = rng.binomial(total, expit(odds))
    open_late = late // 3
    return pd.DataFrame(
        {
            "unit_id": np.char.add("u", np.char.zfill(unit.astype(str), 4)),
            "channel": np.where(online, "online", "in_person"),
            "procedure": np.char.add("p", procedure.astype(str)),
            "on_time_count": total - late, "late_count": late - open_late,
            "overdue_count": open_late, "period_start_on": "2026-01-01",
            "period_end_on": "2026-06-30", "basis": "due", "rule": "strict",
            "as_of": "2026-07-01", "source": "simulated",
        }
    )  # fmt: skip


def design(cells: pd.DataFrame, procedures: bool) -> np.ndarray:
    columns = [np.ones(len(cells)), cells["channel"] == "online"]
    if procedures:
        columns += [cells["procedure"] == name for name in ("p1", "p2")]
    return np.column_stack(columns).astype(float)


GRID = np.linspace(-9, 9, 3001)  # fine enough for the trapezoidal rule to be exact here


def unit_logs(cells: pd.DataFrame, columns: np.ndarray, beta, sd: float) -> pd.DataFrame:
    """The definition: log likelihood of a unit's dossiers by intercept, with the normal density."""
    late = (cells["late_count"] + cells["overdue_count"]).to_numpy()[:, None]
    in_time = cells["on_time_count"].to_numpy()[:, None]
    odds = (columns @ beta)[:, None] + sd * GRID
    logs = -late * np.logaddexp(0, -odds) - in_time * np.logaddexp(0, odds)
    return pd.DataFrame(logs).groupby(cells["unit_id"].to_numpy()).sum() + norm.logpdf(GRID)


def log_likelihood(cells: pd.DataFrame, columns: np.ndarray, beta, sd: float) -> float:
    logs = unit_logs(cells, columns, beta, sd).to_numpy()
    return (logsumexp(logs, axis=1) + np.log(GRID[1] - GRID[0])).sum()


CHANNEL = {"channel": "in_person"}
REFERENCE = {**CHANNEL, "procedure": "p0"}


@pytest.fixture(scope="module")
def cells():
    return tally(1)


@pytest.fixture(scope="module")
def fit(cells):
    return random_intercept(cells, ["channel", "procedure"], reference=REFERENCE)


@pytest.fixture(scope="module")
def best(cells):
    """The maximum of the directly integrated likelihood, found without derivatives of ours."""
    columns = design(cells, procedures=True)
    return minimize(
        lambda p: -log_likelihood(cells, columns, p[:-1], np.exp(p[-1])),
        np.r_[-1.0, 0.7, 0.4, 0.8, np.log(0.8)], method="BFGS", options={"gtol": 1e-4},
    )  # fmt: skip


def test_estimates_equal_direct_integration(fit, best):
    assert fit.effects["name"].tolist() == [
        "intercept", "channel=online", "procedure=p1", "procedure=p2",
    ]  # fmt: skip
    assert np.allclose(fit.effects["coefficient"], best.x[:-1], atol=2e-5)
    assert fit.sd == pytest.approx(np.exp(best.x[-1]), abs=2e-5)
    assert fit.log_likelihood == pytest.approx(-best.fun, abs=1e-8)


def test_errors_equal_the_curvature_of_direct_integration(cells, fit):
    columns, at = design(cells, procedures=True), np.r_[fit.effects["coefficient"], np.log(fit.sd)]
    step = 1e-3 * np.eye(5)

    def value(p):
        return log_likelihood(cells, columns, p[:-1], np.exp(p[-1]))

    curvature = [
        [value(at + a + b) - value(at + a - b) - value(at - a + b) + value(at - a - b)
         for a in step] for b in step
    ]  # fmt: skip
    error = np.sqrt(np.diag(np.linalg.inv(-np.array(curvature) / 4e-6)))[:4]
    assert np.allclose(fit.effects["std_error"], error, rtol=1e-4)
    assert np.allclose(
        fit.effects["high"], np.exp(fit.effects["coefficient"] + 1.959964 * error), rtol=1e-4
    )


def test_limits_of_the_sd_lose_what_chi_squared_allows(cells, fit, best):
    """3.841 / 2 is half the 95 % point of chi-squared with 1 degree of freedom."""
    columns = design(cells, procedures=True)
    assert 0 < fit.sd_low < fit.sd < fit.sd_high
    for sd in (fit.sd_low, fit.sd_high):
        profile = minimize(
            lambda beta, sd=sd: -log_likelihood(cells, columns, beta, sd),
            best.x[:-1], method="BFGS", options={"gtol": 1e-3},
        )  # fmt: skip
        assert profile.fun - best.fun == pytest.approx(3.841459 / 2, abs=1e-3)


def test_unit_predictions_equal_direct_integration(cells, fit):
    columns, beta = design(cells, procedures=True), fit.effects["coefficient"].to_numpy()
    chance = np.exp(unit_logs(cells, columns, beta, fit.sd))
    chance = chance.div(chance.sum(axis=1), axis=0)
    mean = fit.sd * (chance @ GRID)
    spread = np.sqrt(fit.sd**2 * (chance @ GRID**2) - mean**2)
    units = fit.units.set_index("unit")
    assert np.allclose(units["effect"], mean[units.index], atol=1e-6)
    assert np.allclose(units["sd"], spread[units.index], atol=1e-6)
    assert np.allclose(units["high"] - units["effect"], 1.959964 * spread[units.index], atol=1e-5)
    assert units["total"].sum() == fit.dossiers == to_count(cells, "on_time") + fit.late
    assert units["count"].sum() == fit.late == to_count(cells, "late") + to_count(cells, "overdue")


def to_count(cells: pd.DataFrame, name: str) -> int:
    return cells[f"{name}_count"].sum()


def test_median_odds_ratio_by_hand(fit):
    """exp(sqrt(2) x 0.6745 x sd), Merlo et al. 2006."""
    assert fit.median_odds_ratio == pytest.approx(np.exp(0.9538726 * fit.sd), rel=1e-6)
    assert fit.median_odds_ratio_high == pytest.approx(np.exp(0.9538726 * fit.sd_high), rel=1e-6)


def test_absorbed_equals_fixed_terms(cells, fit):
    absorbed = random_intercept(cells, ["channel"], absorb="procedure", reference=CHANNEL)
    assert absorbed.effects["name"].tolist() == ["channel=online"]
    columns = ["coefficient", "std_error", "odds_ratio", "low", "high", "p_value"]
    expected = fit.effects.loc[[1], columns].to_numpy()
    assert np.allclose(absorbed.effects[columns], expected, rtol=1e-6)
    assert (absorbed.sd, absorbed.sd_low, absorbed.sd_high) == pytest.approx(
        (fit.sd, fit.sd_low, fit.sd_high), rel=1e-4
    )
    assert np.allclose(absorbed.units["effect"], fit.units["effect"], atol=1e-6)
    assert absorbed.absorbed == 3


def test_absorbed_levels_never_late_are_set_aside_and_counted(cells):
    expected = random_intercept(cells, ["channel"], absorb="procedure")
    never = cells[:2].assign(procedure="p9", on_time_count=[4, 3], late_count=0, overdue_count=0)
    found = random_intercept(pd.concat([cells, never]), ["channel"], absorb="procedure")
    assert (found.set_aside, found.set_aside_dossiers, found.dossiers) == (1, 7, expected.dossiers)
    assert np.allclose(found.effects["coefficient"], expected.effects["coefficient"])


def test_units_alike_have_no_spread_but_an_upper_limit():
    """Shares equal to the dossier: the likelihood falls from a spread of 0 on."""
    alike = tally(2).assign(on_time_count=15, late_count=4, overdue_count=1)
    alike["late_count"] += (alike["channel"] == "online") * 3
    found = random_intercept(alike, ["channel"], reference=CHANNEL)
    assert (found.sd, found.sd_low, found.median_odds_ratio) == (0, 0, 1)
    assert (found.units["effect"].abs() < 1e-6).all()
    share = np.array([5 / 20, 8 / 23])
    odds = np.log(share / (1 - share))
    assert np.allclose(found.effects["coefficient"], [odds[0], odds[1] - odds[0]])
    error = np.sqrt(1 / (27 * 5) + 1 / (27 * 15))  # of a log odds: 1 / late + 1 / in time
    assert found.effects["std_error"][0] == pytest.approx(error, rel=1e-6)
    columns = design(alike, procedures=False)
    profile = minimize(
        lambda beta: -log_likelihood(alike, columns, beta, found.sd_high),
        found.effects["coefficient"], method="BFGS", options={"gtol": 1e-3},
    )  # fmt: skip
    assert profile.fun + found.log_likelihood == pytest.approx(3.841459 / 2, abs=1e-3)


def test_truth_is_recovered():
    """60 provinces of 40 units: estimates lie about the truth as their errors say."""
    found = [random_intercept(tally(s, units=40, sd=0.6, size=20), ["channel", "procedure"],
                              reference=REFERENCE) for s in range(60)]  # fmt: skip
    truth = [-1, 0.7, 0.4, 0.8]
    apart = np.array([(f.effects["coefficient"] - truth) / f.effects["std_error"] for f in found])
    assert (np.abs(apart.mean(axis=0)) < 3.5 / np.sqrt(60)).all()
    assert (np.abs(apart.std(axis=0) - 1) < 3.5 / np.sqrt(120)).all()
    assert np.mean([f.sd for f in found]) == pytest.approx(0.6, abs=0.03)
    inside = [f.sd_low <= 0.6 <= f.sd_high for f in found]
    assert np.mean(inside) >= 0.85


@pytest.mark.parametrize(
    ("change", "reading"),
    [
        ({"late_count": 0, "overdue_count": 0}, "none_late"),
        ({"on_time_count": 0}, "all_late"),
        ({"on_time_count": 0, "late_count": 0, "overdue_count": 0}, "no_dossiers"),
        ({"unit_id": "A"}, "one_unit"),
        ({"unit_id": list("AB") * 27}, "two_units"),
    ],
)
def test_nothing_to_fit_says_why(cells, change, reading):
    found = random_intercept(cells.assign(**change), ["channel"], absorb="procedure")
    assert found.reading == reading
    assert found.effects.empty
    assert found.units.empty
    assert np.isnan([found.sd, found.sd_low, found.sd_high, found.median_odds_ratio]).all()


def pair(unit: str, late: int, total: int) -> list[tuple]:
    """A unit's dossiers in two channels, of which the term says nothing."""
    return [(unit, "online", late // 2, total // 2), (unit, "post", late - late // 2, total // 2)]


def few(*units: tuple[str, int, int]) -> pd.DataFrame:
    rows = [row for unit in units for row in pair(*unit)]
    names = ["unit_id", "channel", "late_count", "total"]
    cells = pd.DataFrame(rows, columns=names).assign(
        overdue_count=0, period_start_on="2026-01-01", period_end_on="2026-06-30", basis="due",
        rule="strict", as_of="2026-07-01", source="simulated",
    )  # fmt: skip
    return cells.assign(on_time_count=cells["total"] - cells["late_count"]).drop(columns="total")


NEVER = [(f"never {number}", 0, 2000) for number in range(10)]
MOSTLY = [(f"mostly {number}", 1200, 2000) for number in range(2)]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "units",
    [
        [*NEVER, *MOSTLY],
        [("A", 0, 900), ("B", 880, 900), ("C", 0, 20)],
        [("A", 0, 2000), ("B", 2000, 2000), ("C", 1, 2000), ("D", 1999, 2000)],
    ],
)
def test_units_at_the_ends_get_no_estimate_and_soon(units):
    """Their likelihood rises to an sd of 13 and an intercept of -21, by direct integration."""
    began = process_time()
    found = random_intercept(few(*units), ["channel"])
    assert process_time() - began < 5
    assert found.reading == "no_estimate"
    assert found.effects.empty and found.units.empty
    assert np.isnan([found.sd, found.sd_low, found.sd_high, found.median_odds_ratio]).all()


@pytest.mark.filterwarnings("error")
def test_a_limit_beyond_the_widest_is_infinite_and_the_estimate_stands():
    """Three units about 2 log odds apart: by direct integration an sd of 4 loses less than 1.92."""
    cells = few(("A", 20, 2000), ("B", 400, 2000), ("C", 1600, 2000))
    found = random_intercept(cells, ["channel"])
    columns = design(cells, procedures=False)
    best, wide = (
        minimize(
            lambda beta, sd=sd: -log_likelihood(cells, columns, beta, sd),
            [-1.5, 0.0],
            method="BFGS",
            options={"gtol": 1e-3},
        ).fun
        for sd in (found.sd, 4.0)
    )
    assert wide - best < 3.841459 / 2
    assert -best == pytest.approx(found.log_likelihood, abs=1e-4)
    assert (found.reading, found.sd_high, found.median_odds_ratio_high) == (
        "fitted", np.inf, np.inf,
    )  # fmt: skip
    assert 0 < found.sd_low < found.sd < 4


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("seed", range(12))
def test_what_is_given_is_a_maximum_whatever_the_units(seed):
    """Small and large units, near and far apart: no step of ours beats what is given as fitted."""
    rng = np.random.default_rng(seed)
    total = rng.choice([4, 20, 300, 2000], rng.integers(3, 12))
    late = rng.binomial(total, expit(rng.choice([-4, -2, 0]) + rng.choice([0.5, 1, 2, 4])
                                     * rng.standard_normal(len(total))))  # fmt: skip
    cells = few(*((f"u{i:02}", *pair) for i, pair in enumerate(zip(late, total, strict=True))))
    found = random_intercept(cells, ["channel"], reference={"channel": "post"})
    assert found.reading in ("fitted", "no_estimate")
    if found.reading == "no_estimate" or found.sd == 0 or len(found.effects) < 2:
        return
    at, columns = found.effects["coefficient"].to_numpy(), design(cells, procedures=False)
    value = log_likelihood(cells, columns, at, found.sd)
    assert value == pytest.approx(found.log_likelihood, abs=0.01)
    assert (found.effects["std_error"] > 0).all()
    for step in ([0.1, 0], [-0.1, 0], [0, 0.1], [0, -0.1]):
        assert log_likelihood(cells, columns, at + step, found.sd) < value + 1e-3
    for factor in (0.9, 1.1):
        assert log_likelihood(cells, columns, at, factor * found.sd) < value + 1e-3


def test_constant_terms_are_left_out(cells):
    found = random_intercept(cells.assign(field="land"), ["field"])
    assert found.constant_terms == ("field",)
    assert found.effects["name"].tolist() == ["intercept"]


def test_a_level_never_late_is_set_aside_and_changes_nothing_else(cells):
    expected = random_intercept(cells, ["channel"])
    never = cells[:2].assign(channel="kiosk", on_time_count=[4, 3], late_count=0, overdue_count=0)
    found = random_intercept(pd.concat([cells, never]), ["channel"])
    assert (found.set_aside, found.set_aside_dossiers, found.dossiers) == (1, 7, expected.dossiers)
    assert np.allclose(found.effects["coefficient"], expected.effects["coefficient"])
    assert found.sd == pytest.approx(expected.sd)


def test_a_product_never_late_is_called_separated():
    """Both channels and both fields have late dossiers; one pair of them has none."""
    grid = pd.MultiIndex.from_product([list("ABC"), ["online", "post"], ["land", "civil"]])
    tally = grid.to_frame(index=False, name=["unit_id", "channel", "field"]).assign(
        on_time_count=20, late_count=[3, 2, 4, 0] * 3, overdue_count=0, basis="due",
        period_start_on="2026-01-01", period_end_on="2026-06-30", rule="strict",
        as_of="2026-07-01", source="test",
    )  # fmt: skip
    assert random_intercept(tally, ["channel", "field"]).reading == "fitted"
    found = random_intercept(tally, "channel * field")
    assert (found.reading, len(found.units), found.dossiers) == ("separated", 0, 267)
    assert np.isnan(found.median_odds_ratio)


def test_refused(cells):
    with pytest.raises(InputError, match="found 'channel' twice"):
        random_intercept(cells, ["channel"], absorb="channel")
    nested = cells.assign(field=cells["procedure"].str.replace("p2", "p1"))
    with pytest.raises(InputError, match="does not vary within any procedure"):
        random_intercept(nested, ["field"], absorb="procedure")


CBPP = """
    2/14 3/12 4/9 0/5 | 3/22 1/18 1/21 | 8/22 2/16 0/16 2/20 | 2/10 0/10 2/9 0/6 |
    5/18 0/25 0/24 1/4 | 3/17 0/17 0/18 1/20 | 8/16 1/10 3/9 0/5 | 12/34 |
    2/9 0/6 0/8 0/6 | 1/22 1/22 0/18 2/22 | 0/25 5/27 3/22 1/22 | 2/10 1/8 0/6 0/5 |
    1/21 2/24 0/19 0/23 | 11/19 0/2 0/3 0/2 | 1/19 1/15 1/15 0/15
"""  # new cases / animals in up to four periods of 15 herds (Lesnoff et al. 2004)


def test_published_fit_of_the_herds():
    """The example of R's lme4: 25 nodes in its tests/glmer-1.R, the sd with 10 nodes."""
    rows = [
        (f"herd {herd:02}", str(period), *map(int, cell.split("/")))
        for herd, cells in enumerate(CBPP.split("|"), 1)
        for period, cell in enumerate(cells.split(), 1)
    ]
    herds = pd.DataFrame(rows, columns=["unit_id", "period", "late_count", "total"])
    herds["on_time_count"] = herds["total"] - herds["late_count"]
    frame = tally(0).iloc[[0] * len(herds)].reset_index(drop=True)
    frame = frame.drop(columns=["channel", "procedure"]).assign(
        overdue_count=0, **herds.drop(columns="total")
    )
    found = random_intercept(frame, ["period"], reference={"period": "1"})
    published = [-1.39922533, -0.99140729, -1.12782185, -1.57946627]
    assert np.allclose(found.effects["coefficient"], published, atol=5e-5)
    assert found.sd == pytest.approx(0.6475199, abs=2e-5)
    share = herds["late_count"] / herds["total"]
    saturated = (xlogy(herds["late_count"], share) + xlogy(herds["on_time_count"], 1 - share)).sum()
    assert 2 * (saturated - found.log_likelihood) == pytest.approx(100.010030538, abs=1e-5)
