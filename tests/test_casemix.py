"""Case mix: expected counts by hand, exact distributions, published ratios, degenerate units."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from cchc_analysis.columns import InputError
from cchc_analysis.comparison import ratio_funnel, standardise, trimmed_overdispersion
from cchc_analysis.comparison.poisson_binomial import count_distribution

SHARED = Path(__file__).resolve().parents[2] / "shared"

# nhs-r-community/FunnelPlotR: stays in hospital by provider, R package COUNT, medpar (Hilbe):
# observed days and those expected by a Poisson model, rounded to 2 decimals
MEDPAR = [
    (406, 523.7), (642, 612.98), (46, 53.79), (764, 763.72), (82, 120.94), (201, 250.19),
    (193, 155.49), (569, 484.71), (404, 362.22), (134, 188.93), (614, 554.38), (491, 616.74),
    (501, 360.15), (131, 245.61), (274, 263.56), (124, 154.66), (456, 475.02), (48, 38.93),
    (429, 445.1), (14, 28.8), (369, 347.54), (8, 7.56), (37, 73.21), (128, 118.11),
    (145, 273.34), (493, 449.79), (104, 172.38), (6, 19.2), (308, 321.86), (34, 36.56),
    (7, 19.96), (935, 851.72), (134, 198.94), (339, 302.39), (458, 410.16), (22, 45.87),
    (2, 9.67), (160, 212.34), (87, 38.92), (55, 31.74), (252, 285.64), (174, 186.66),
    (43, 33.98), (228, 255.65), (210, 242.03), (321, 279.48), (631, 619.26), (543, 626.13),
    (105, 145.67), (389, 413.86), (92, 111.26), (1012, 685.59), (283, 181.11), (95, 24.81),
]  # fmt: skip


def ratios(pairs):
    frame = pd.DataFrame(pairs, columns=["observed", "expected"])
    return frame.assign(unit_id=[f"u{i}" for i in range(len(frame))])


def tally(rows, **columns):
    frame = pd.DataFrame(
        rows, columns=["unit_id", "field", "channel", "on_time_count", "late_count"]
    )
    return frame.assign(
        period_start_on="2026-01-01", period_end_on="2026-06-30", basis="period", rule="strict",
        as_of="2026-07-01", source="test",
    ).assign(**columns)  # fmt: skip


def drawn(seed, units=8):
    rng = np.random.default_rng(seed)
    rows = [
        (f"u{u}", field, channel, *rng.multinomial(rng.integers(0, 300), [1 - p, p]))
        for u in range(units)
        for field, channel, p in [
            ("land", "online", 0.2),
            ("land", None, 0.1),
            ("civil", "online", 0.02),
        ]
    ]
    return tally(rows)


# Ratios


def test_funnelplotr_medpar():
    observed, expected = np.array(MEDPAR).T
    phi, tau2 = trimmed_overdispersion(observed, expected)
    assert phi == pytest.approx(8.532851, abs=5e-7)
    assert tau2 == pytest.approx(0.02841023, abs=5e-9)
    at_998 = ratio_funnel(ratios(MEDPAR), method="shmi")
    at_95 = ratio_funnel(ratios(MEDPAR), method="shmi", confidence=0.95)
    assert (at_998["outside_plain"].sum(), at_998["outside"].sum()) == (25, 9)
    assert at_95["outside"].sum() == 16
    # the published limits of the first two providers
    assert np.allclose(at_95[["low", "high"]].iloc[0], [0.7108599, 1.406747], rtol=2e-6)
    assert np.allclose(at_95[["low", "high"]].iloc[1], [0.711976, 1.404542], rtol=2e-6)


def test_exact_poisson_limits_agree_with_300_published_classes():
    path = SHARED / "golden" / "phe_funnel" / "testdata_funnel_ratio_inputs.csv"
    if not path.exists():
        pytest.skip("shared/golden/phe_funnel is not here (PHEindicatormethods' test tables)")
    with path.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    table = ratios([(float(row["obs"]), float(row["expected"])) for row in rows])
    inner = ratio_funnel(table, confidence=0.95)
    outer = ratio_funnel(table, confidence=0.998)
    side = np.where(table["observed"] > table["expected"], "High", "Low")
    found = np.select(
        [outer["outside_plain"], inner["outside_plain"]],
        [side + " (0.001)", side + " (0.025)"], "Not significant",
    )  # fmt: skip
    assert len(rows) == 300 and found.tolist() == [row["significance"] for row in rows]


@pytest.mark.parametrize("method", ["leave_one_out", "shmi"])
def test_a_ratio_is_flagged_exactly_when_outside_its_own_limits(method):
    rng = np.random.default_rng(4)
    expected = rng.lognormal(3, 1, 60)
    observed = np.maximum(1, rng.poisson(expected * np.exp(0.4 * rng.standard_normal(60))))
    observed[0] = 12 * expected[0]
    found = ratio_funnel(ratios(np.column_stack([observed, expected])), method=method)
    beyond = (found["ratio"] < found["low"]) | (found["ratio"] > found["high"])
    assert (found["outside"] == beyond).all() and found["outside"].iloc[0]
    assert (found["outside"] == (found["p_value"] < 0.002)).all()
    if method == "leave_one_out":
        assert (found["outside_plain"] | ~found["outside"]).all()


def test_limits_of_a_ratio_narrow_as_more_is_expected():
    rng = np.random.default_rng(8)
    expected = rng.lognormal(4, 0.8, 30)
    others = np.column_stack([rng.poisson(expected), expected])
    limits = pd.DataFrame(
        [
            ratio_funnel(ratios([*others, (round(size), size)]))[["low", "high"]].iloc[-1]
            for size in (5.0, 20.0, 100.0, 500.0, 5000.0)
        ]
    )
    assert limits["low"].is_monotonic_increasing and limits["high"].is_monotonic_decreasing


def test_units_alike_get_exact_limits_and_few_are_seldom_flagged():
    rng = np.random.default_rng(5)
    flags = units = 0
    for _ in range(60):
        expected = 20 * np.exp(0.8 * rng.standard_normal(30))
        observed = rng.poisson(expected * np.exp(0.5 * rng.standard_normal(30)))
        found = ratio_funnel(ratios(np.column_stack([observed, expected])))
        flags, units = flags + found["outside"].sum(), units + 30
    # nominal 0.2 %, Monte Carlo error 0.11 %; plain limits flag over 20 %
    assert flags / units < 0.006


def test_ratios_without_expectation_or_with_two_units():
    found = ratio_funnel(ratios([(5, 4.0), (0, 0.0), (3, np.nan), (50, 4.0)]))
    assert found["reading"].tolist() == [
        "too_few_units", "none_expected", "none_expected", "too_few_units"
    ]  # fmt: skip
    assert found["low"].isna().all() and not found["outside"].any()
    assert found["outside_plain"].tolist() == [False, False, False, True]
    assert len(ratio_funnel(ratios([]))) == 0


@pytest.mark.parametrize(
    "pairs, method, message",
    [
        ([(1.5, 2.0)], "leave_one_out", "observed must be a whole number"),
        ([(1, -2.0)], "leave_one_out", "unit 'u0': found observed 1, expected -2"),
        ([(0, 2.0), (1, 1.0), (2, 2.0)], "shmi", "logarithm"),
        ([(1, 2.0)], "other", "method: found 'other'"),
    ],
)
def test_ratios_refused(pairs, method, message):
    with pytest.raises(InputError, match=message):
        ratio_funnel(ratios(pairs), method=method)


# The exact distribution


@pytest.mark.parametrize(
    "totals, shares",
    [
        ([3, 5, 0, 7], [0.1, 0.5, 0.2, 0.9]),
        ([200, 300, 40], [0.01, 0.2, 1.0]),
        ([5000, 70], [0.03, 0.4]),
    ],
)
def test_poisson_binomial_equals_the_convolution(totals, shares):
    expected = np.ones(1)
    for n, p in zip(totals, shares, strict=True):
        expected = np.convolve(expected, binom.pmf(np.arange(n + 1), n, p))
    found = count_distribution(totals, shares)
    padded = np.zeros(len(expected))
    padded[found.first : found.first + len(found.probability)] = found.probability
    assert np.allclose(padded, expected, atol=1e-13, rtol=0)
    count = int(np.dot(totals, shares)) + 2
    below, above = expected[: count + 1].sum(), expected[count:].sum()
    assert found.at_most(count) == pytest.approx(below)
    assert found.at_least(count) == pytest.approx(above)
    assert found.two_sided_mid_p(count) == pytest.approx(2 * min(below, above) - expected[count])
    low, high = found.limits(0.95)
    assert expected[:low].sum() < 0.025 <= expected[: low + 1].sum()
    assert expected[high + 1 :].sum() < 0.025 <= expected[high:].sum()


def test_poisson_binomial_that_is_certain():
    sure = count_distribution([4, 6], [0.0, 1.0])
    assert sure.limits(0.95) == (6, 6) and sure.at_most(6) == pytest.approx(1)
    assert sure.two_sided_mid_p(6) == pytest.approx(1)
    assert sure.at_most(5) == sure.at_least(7) == 1e-12  # never 0
    assert count_distribution([], []).limits(0.95) == (0, 0)


# Standardising


def test_expected_by_hand():
    # land: 60 late of 200 = 0.3; civil: 20 of 400 = 0.05
    cells = tally([
        ("A", "land", "x", 70, 30), ("A", "civil", "x", 100, 0), ("B", "land", "x", 30, 20),
        ("B", "civil", "x", 190, 10), ("C", "land", "x", 40, 10), ("C", "civil", "x", 90, 10),
    ])  # fmt: skip
    found = standardise(cells, ["field"], minimum=50).set_index("unit_id")
    assert np.allclose(found["expected"], [100 * 0.3 + 100 * 0.05, 15 + 10, 15 + 5])
    assert found["observed"].tolist() == [30, 30, 20]
    assert np.allclose(found["ratio"], [30 / 35, 30 / 25, 1])
    assert np.allclose(found["value"], [30 / 200, 30 / 250, 20 / 150])
    crude = standardise(cells, [])
    assert np.allclose(crude["expected"], np.array([200, 250, 150]) * 80 / 600)


def test_sparse_levels_are_put_together_and_the_sums_stay():
    # land x online 500; land x postal 30 and land x other 20 together 50; civil 40 and tax 8
    # together with the next smallest, work 80: 128 of which 14 late
    cells = tally([
        ("A", "land", "online", 200, 50), ("B", "land", "online", 240, 10),
        ("A", "land", "postal", 12, 3), ("B", "land", "postal", 15, 0),
        ("A", "land", "other", 5, 5), ("B", "land", "other", 8, 2),
        ("A", "civil", "online", 18, 2), ("B", "civil", "online", 20, 0),
        ("A", "tax", "online", 4, 0), ("B", "tax", "postal", 4, 0),
        ("A", "work", "online", 30, 10), ("B", "work", "online", 38, 2),
    ])  # fmt: skip
    found = standardise(cells, ["field", "channel"], minimum=50).set_index("unit_id")
    both = 250 * 60 / 500 + 25 * 10 / 50 + (20 + 4 + 40) * 14 / 128
    expected = {"A": both, "B": both}
    assert found["expected"].to_dict() == pytest.approx(expected)
    assert found["pooled_count"].tolist() == [25 + 64, 25 + 64]
    assert found["expected"].sum() == pytest.approx(found["observed"].sum())


@pytest.mark.parametrize("minimum", [0, 50, 1000, 10**6])
def test_expected_sums_to_observed(minimum):
    found = standardise(drawn(1), ["field", "channel"], minimum=minimum)
    assert found["expected"].sum() == pytest.approx(found["observed"].sum())
    assert ((found["ratio"] < found["low"]) | (found["ratio"] > found["high"])).equals(
        found["outside"]
    )


def test_work_that_one_unit_does_alone_has_no_reference():
    cells = pd.concat([drawn(2), tally([("u0", "own", "x", 900, 99), ("z", "solo", "x", 300, 50)])])
    found = standardise(cells, ["field"]).set_index("unit_id")
    without = standardise(drawn(2), ["field"]).set_index("unit_id")
    assert (
        found.loc["u0", "alone_count"] == 999
        and found.loc["u0", "total"] == without.loc["u0", "total"] + 999
    )
    assert found.loc["u0", "ratio"] == pytest.approx(without.loc["u0", "ratio"])
    assert found.loc["z", "reading"] == "no_reference" and np.isnan(found.loc["z", "ratio"])


def test_readings_of_degenerate_units():
    cells = tally([("A", "x", "x", 200, 0), ("B", "x", "x", 300, 0), ("C", "x", "x", 0, 0)])
    assert standardise(cells, ["field"])["reading"].tolist() == ["none_expected"] * 2 + [
        "no_dossiers"
    ]
    two = standardise(tally([("A", "x", "x", 200, 60), ("B", "x", "x", 300, 1)]), ["field"])
    assert (two["reading"] == "too_few_units").all() and two["low"].isna().all()
    assert two["outside_plain"].all() and (two["exact_p_value"] < 0.001).all()
    single = standardise(
        tally([("A", "x", "x", 1, 0), ("B", "x", "x", 0, 1), ("C", "x", "x", 1, 0)]), []
    )
    assert (single["reading"] == "judged").all() and not single["outside"].any()
    assert len(standardise(tally([]), ["field"])) == 0


def test_no_dossier_of_an_unnamed_stratum_is_lost():
    cells = drawn(6)
    assert cells["channel"].isna().any()
    found = standardise(cells, ["channel"], minimum=0).set_index("unit_id")
    sums = cells.groupby("unit_id")[["on_time_count", "late_count"]].sum()
    assert found["total"].equals(sums.sum(axis=1).astype(float))
    unnamed = cells["channel"].isna()
    share = {
        own: cells.loc[unnamed == own, "late_count"].sum()
        / cells.loc[unnamed == own, ["on_time_count", "late_count"]].to_numpy().sum()
        for own in (True, False)
    }
    total = cells["on_time_count"] + cells["late_count"]
    expected = (total * unnamed.map(share)).groupby(cells["unit_id"]).sum()
    assert np.allclose(found["expected"], expected)


def test_order_names_codes_and_split_cells_change_nothing():
    cells = drawn(3)
    first = standardise(cells, ["field", "channel"])
    numbers = first.select_dtypes("number").columns
    shuffled = cells.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(standardise(shuffled, ["field", "channel"]), first)
    half = cells.assign(on_time_count=cells["on_time_count"] // 2, late_count=0)
    rest = cells.assign(on_time_count=cells["on_time_count"] - half["on_time_count"])
    split = standardise(pd.concat([half, rest]), ["field", "channel"])
    pd.testing.assert_frame_equal(split, first)
    coded = cells["channel"].map({"online": 7}).astype("Int64")
    for form in (coded, cells["channel"].astype("category"), cells["channel"].fillna("a name")):
        other = standardise(cells.assign(channel=form), ["field", "channel"])
        pd.testing.assert_frame_equal(other[numbers], first[numbers])
    named = standardise(
        cells.assign(unit_id=cells["unit_id"].str[1:].astype(int)), ["field", "channel"]
    )
    assert named["unit_id"].tolist() == [str(i) for i in range(8)]
    pd.testing.assert_frame_equal(named[numbers], first[numbers])


def test_open_dossiers_can_count_as_late():
    cells = drawn(4).assign(overdue_count=5)
    found = standardise(
        cells, ["field"], events=("late_count", "overdue_count"),
        population=("on_time_count", "late_count", "overdue_count"), indicator="late_or_overdue",
    )  # fmt: skip
    plain = standardise(cells, ["field"])
    assert (found["count"] == plain["count"] + 15).all()
    assert (found["indicator"] == "late_or_overdue").all()


@pytest.mark.parametrize(
    "change, strata, message",
    [
        ({"rule": ["strict"] * 23 + ["form06"]}, ["field"], "several values of rule"),
        ({}, ["procedure"], "strata: found 'procedure'"),
        ({}, ["late_count"], "strata: found 'late_count'"),
        ({"late_count": [np.nan] * 24}, ["field"], "late_count is missing in some cells"),
    ],
)
def test_refusals(change, strata, message):
    with pytest.raises(InputError, match=message):
        standardise(drawn(5).assign(**change), strata)
    with pytest.raises(InputError, match="events among the population"):
        standardise(drawn(5), ["field"], events=("overdue_count",))
