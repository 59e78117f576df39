"""Charts by period and their readings: published charts, counts by hand, properties."""

from itertools import pairwise
from math import sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cchc_analysis.change import count_working_days, monitor, readings
from cchc_analysis.columns import InputError
from cchc_analysis.periods import months

# Montgomery, Introduction to Statistical Quality Control, table 7.4: purchase orders
ORDERS = (
    [12, 8, 6, 9, 10, 12, 11, 16, 10, 6, 20, 15, 9, 8, 6, 8, 10, 7, 5, 8, 5, 8, 10, 6, 9],
    [100, 80, 80, 100, 110, 110, 100, 100, 90, 90, 110, 120, 120, 120, 110, 80, 80, 80, 90, 100,
     100, 100, 100, 90, 90],
)  # fmt: skip
# Montgomery, example 7.1: faulty cans in samples of 50; 15 and 23 have a known cause, and
# the machine is adjusted after 30
CANS = [
    12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12,
    7, 13, 9, 6, 9, 6, 12, 5, 6, 4, 6, 3, 7, 6, 2, 4, 3, 6, 5, 4, 8, 5, 6, 7, 5, 6, 3, 5, 8, 7, 5,
    6, 4, 5, 2, 3, 4, 7, 6, 5, 5, 3, 7, 9, 6, 10, 4, 3, 5, 8, 11, 9, 7, 3, 5, 2, 1, 4, 5, 3, 7, 6,
    4, 4, 6, 8, 5, 6,
]  # fmt: skip
# Montgomery, example 7.3: faults per 100 circuit boards; 6 and 20 have a known cause
BOARDS = [
    21, 24, 16, 12, 15, 5, 28, 20, 31, 25, 20, 24, 16, 19, 10, 17, 13, 22, 18, 39, 30, 24, 16, 19,
    17, 15,
]  # fmt: skip
# Mohammed et al. (2013): attendances at English emergency departments, seen within 4 hours
SEEN = [
    266501, 264225, 276532, 281461, 269071, 261215, 270409, 279778, 270483, 270320, 267923, 271478,
    255353, 256820, 261835, 259144, 255910, 260863, 264465, 260989,
]  # fmt: skip
CAME = [
    280443, 276823, 291681, 296155, 282343, 275888, 283867, 295251, 284468, 282529, 279618, 283932,
    266629, 268091, 276803, 271578, 266005, 273520, 278574, 273772,
]  # fmt: skip
SHARED = Path(__file__).resolve().parents[2] / "shared"
LIMITS = ["plain_low", "plain_high", "laney_low", "laney_high", "low", "high"]


def weeks(number):
    """Periods of a week from 1 January 2023, far from any break."""
    starts = pd.date_range("2023-01-02", periods=number, freq="7D")
    return pd.DataFrame({"period_start_on": starts, "period_end_on": starts + pd.Timedelta(days=6)})


def table(count, total=np.nan, *, periods=None, **columns):
    count = np.asarray(count, dtype=float)
    periods = weeks(len(count)) if periods is None else periods
    filled = {
        "unit_id": "A", "indicator": "late_rate", "count": count, "total": total,
        "bounds": "none", "unit_of_measure": "share", "method": "count", "rule": "strict",
        "source": "test",
    }  # fmt: skip
    return periods.assign(**(filled | columns))


def volumes(value, days, **columns):
    """Numbers of dossiers, and how many working days (or what else) each period had."""
    rows = table(np.full(len(value), np.nan), unit_of_measure="dossiers", value=value, **columns)
    rows["indicator"] = "received_count"
    return rows, rows[["period_start_on", "period_end_on"]].assign(working_day_count=days)


def test_p_chart_of_unequal_samples_is_the_published_one():
    chart = monitor(table(*ORDERS))
    first, second = chart.iloc[0], chart.iloc[1]
    assert first["centre"] == pytest.approx(234 / 2450)
    assert first["plain_low"] == pytest.approx(0.007334694727773067)
    assert first["plain_high"] == pytest.approx(0.18368571343549223)
    assert (second["plain_low"], second["plain_high"]) == (0, pytest.approx(0.19409342051458195))
    read = readings(chart).iloc[0]
    found = ["useful_count", "longest_run", "longest_run_limit", "crossings", "crossings_limit"]
    assert read[found].tolist() == [25, 5, 8, 10, 8]


def test_p_chart_with_excluded_points_and_a_phase_is_the_published_one():
    rows = table(CANS, 50.0)
    days = rows["period_start_on"].dt.strftime("%Y-%m-%d")
    chart = monitor(
        rows,
        phases=[(days[30], "machine adjusted")],
        exclude=[(days[14], "new material"), (days[22], "new operator")],
    )
    ends = chart.groupby("phase")[["centre", "plain_low", "plain_high"]].first()
    expected = [
        [0.215, 0.040702839954289555, 0.38929716004571047],
        [0.1096875, 0, 0.24226995518120034],
    ]
    assert np.allclose(ends, expected, rtol=1e-12)
    read = readings(chart)
    found = ["useful_count", "longest_run", "longest_run_limit", "crossings", "crossings_limit"]
    assert read[found].to_numpy().tolist() == [[28, 5, 8, 13, 9], [64, 7, 9, 30, 25]]
    assert read["current"].tolist() == [False, True]
    assert read["phase_reason"].tolist() == ["", "machine adjusted"]
    beyond = (chart["value"] > chart["plain_high"]) | (chart["value"] < chart["plain_low"])
    assert beyond.to_numpy().nonzero()[0].tolist() == [14, 20, 22]


def test_u_chart_is_the_published_one():
    rows, days = volumes([float(n) for n in BOARDS], 1.0)
    starts = rows["period_start_on"].dt.strftime("%Y-%m-%d")
    exclude = [(starts[5], "inspector"), (starts[19], "temperature")]
    chart = monitor(rows, working_days=days, exclude=exclude)
    found = chart.loc[0, ["centre", "plain_low", "plain_high"]].tolist()
    assert found == pytest.approx([19.666666666666668, 6.3625319710165975, 32.970801362316735])
    beyond = (chart["value"] > chart["plain_high"]) | (chart["value"] < chart["plain_low"])
    assert beyond.to_numpy().nonzero()[0].tolist() == [5, 19]


def test_u_charts_and_run_rules_of_six_hospitals_are_the_published_ones():
    folder = SHARED / "golden" / "qicharts2_montgomery"
    if not folder.exists():
        pytest.skip("shared/golden/qicharts2_montgomery is not here (infections, 18 charts)")
    data = pd.read_csv(folder / "data_hospital_infections.csv").sort_values("month")
    expected = pd.read_csv(folder / "hai_3.csv").set_index(["facet1", "facet2"])
    for key, published in expected.iterrows():
        one = data[(data["hospital"] == key[0]) & (data["infection"] == key[1])]
        rows, days = volumes(one["n"].to_numpy(float), one["days"].to_numpy())
        chart = monitor(rows, working_days=days)
        if (chart["excluded"] != "").any():
            continue  # a month of few patient days is no yardstick here
        read = readings(chart).iloc[0]
        found = ["useful_count", "longest_run", "longest_run_limit", "crossings", "crossings_limit"]
        names = ["n.useful", "longest.run", "longest.run.max", "n.crossings", "n.crossings.min"]
        assert read[found].tolist() == published[names].tolist(), key
        assert read["centre"] == pytest.approx(published["CL"])
        shift = any(name in read["signals"] for name in ("long_run", "few_crossings"))
        assert shift == bool(published["runs.signal"]), key
    assert len(expected) == 18


def test_sigma_z_of_the_emergency_departments_is_the_published_one():
    chart = monitor(table(SEEN, CAME))
    centre = sum(SEEN) / sum(CAME)
    sigma = [sqrt(centre * (1 - centre) / n) for n in CAME]
    z = [(r / n - centre) / s for r, n, s in zip(SEEN, CAME, sigma, strict=True)]
    sigma_z = sum(abs(b - a) for a, b in pairwise(z)) / 19 / 1.128
    assert round(chart["sigma_z"].iloc[0], 2) == 10.64
    low = [centre - 3 * sigma_z * s for s in sigma]
    assert np.allclose(chart["laney_low"], low, rtol=1e-12)
    assert (chart["chart"] == "p_prime").all()
    assert chart["low"].equals(chart["laney_low"])
    beyond = (chart["value"] > chart["plain_high"]) | (chart["value"] < chart["plain_low"])
    assert beyond.sum() == sum(abs(value) > 3 for value in z) > 10
    assert not chart["outside"].any()


@pytest.mark.parametrize("indicator", ["late_rate", "on_time_rate"])
@pytest.mark.parametrize("before", [60, 90])
def test_a_shift_is_read_in_the_direction_that_the_catalogue_calls_better(indicator, before):
    after = 150 - before
    rows = table([before, before + 2] * 6 + [after, after + 2] * 6, 1000.0, indicator=indicator)
    read = readings(monitor(rows)).iloc[0]
    better = (after < before) == (indicator == "late_rate")
    assert (read["longest_run"], read["crossings"]) == (12, 1)
    assert read["variation"] == ("improving" if better else "worsening")


def test_a_shift_up_and_down_again_has_no_direction():
    rows = table([60] * 6 + [90] * 12 + [60] * 6, 1000.0)
    assert readings(monitor(rows)).iloc[0]["variation"] == "changing"


def test_the_last_period_alone_and_an_earlier_one_alone():
    steady = [60, 64, 58, 62, 61, 59, 63, 60, 62, 58, 61, 60]
    last = readings(monitor(table([*steady, 130], 1000.0))).iloc[0]
    assert (last["signals"], last["variation"]) == ("last_outside", "worsening")
    earlier = readings(monitor(table([*steady[:6], 130, *steady[6:]], 1000.0))).iloc[0]
    assert (earlier["signals"], earlier["variation"]) == ("earlier_outside", "single_periods")
    assert readings(monitor(table(steady, 1000.0))).iloc[0]["variation"] == "no_signal"


def test_volumes_rise_or_fall_and_have_no_target():
    value = np.array([200.0, 204] * 6 + [300.0, 304] * 6)
    rows, days = volumes(value, 20.0)
    assert readings(monitor(rows, working_days=days)).iloc[0]["variation"] == "rising"
    with pytest.raises(InputError, match="no better direction"):
        monitor(rows, working_days=days, target=0.5)
    with pytest.raises(InputError, match="count_working_days"):
        monitor(rows)


@pytest.mark.parametrize(
    ("target", "expected"), [(0.98, "will_not"), (0.94, "may_or_may_not"), (0.80, "will")]
)
def test_assurance_against_limits_by_hand(target, expected):
    # 3 * sqrt(0.94 * 0.06 / 400) = 0.0356: a month of 400 lies between 0.904 and 0.976
    steady = [376, 377, 375, 376] * 5
    rows = table(steady, 400.0, indicator="on_time_rate")
    read = readings(monitor(rows, target=target)).iloc[0]
    assert (read["usual_low"], read["usual_high"]) == pytest.approx((0.9, 0.9756), abs=0.005)
    assert (read["variation"], read["assurance"]) == ("no_signal", expected)
    mirrored = table([400 - c for c in steady], 400.0, indicator="late_rate")
    assert readings(monitor(mirrored, target=1 - target)).iloc[0]["assurance"] == expected


def test_a_constant_hundred_percent_is_no_failure():
    large = table([500] * 12, 500.0, indicator="on_time_rate")
    chart = monitor(large, target=0.95)
    read = readings(chart).iloc[0]
    assert (read["variation"], read["assurance"]) == ("constant", "will")
    assert (chart["plain_low"] == 1).all() and not chart["outside"].any()
    # 0.05 ** (1 / 6000) is 0.9995, or 0.25 late of 500: Poisson gives 0.0022 for 3 or more,
    # 0.0001 for 4 or more, so that 3 late are within 0.00135 and 4 are not
    assert chart["low"].iloc[0] == pytest.approx(1 - 3 / 500)
    small = readings(monitor(table([3] * 12, 3.0, indicator="on_time_rate"), target=0.95))
    assert small.iloc[0]["assurance"] == "may_or_may_not"


def test_periods_without_dossiers_and_few_periods_have_defined_readings():
    none = readings(monitor(table([0] * 12, 0.0), target=0.05)).iloc[0]
    assert (none["variation"], none["assurance"], none["chart"]) == ("no_dossiers",) * 2 + ("",)
    for number in (1, 2, 9):
        few = readings(monitor(table([5] * number, 100.0), target=0.05)).iloc[0]
        assert (few["variation"], few["assurance"]) == ("too_few_points",) * 2
        assert few["period_count"] == number
    gap = monitor(table([5, np.nan, *[6, 4] * 6], [100, np.nan, *[100] * 12]))
    assert gap.loc[1, ["value", "low", "high"]].isna().all() and not gap.loc[1, "outside"]
    empty = monitor(table([], 1.0))
    assert len(empty) == 0 and len(readings(empty)) == 0
    assert list(readings(empty)) == list(readings(gap))
    assert readings(gap).iloc[0]["assurance"] == "no_target"


def test_the_months_of_tet_are_drawn_but_are_no_yardstick():
    spans = months("2023-01-01", "2024-12-31")
    count = [30, *[20] * 12, 29, *[20] * 10]  # Tết: January 2023 and February 2024
    rows = table(count, 400.0, periods=spans)
    days = count_working_days(spans)
    chart = monitor(rows, working_days=days)
    by_hand = {"2023-01-01": 16, "2024-02-01": 16}  # 22 and 21 weekdays less 6 and 5 days off
    short = chart[chart["excluded"] == "few_working_days"].set_index("period_start_on")
    assert {f"{day:%Y-%m-%d}": n for day, n in short["working_day_count"].items()} == by_hand
    assert chart["centre"].iloc[0] == pytest.approx(0.05)
    assert short["low"].notna().all()
    assert readings(chart).iloc[0]["period_count"] == 22
    assert monitor(rows)["centre"].iloc[0] > 0.05


def test_volumes_follow_working_days():
    spans = months("2023-01-01", "2024-12-31")
    days = count_working_days(spans)
    rows = table([np.nan] * 24, periods=spans, unit_of_measure="dossiers")
    rows = rows.assign(indicator="received_count", value=days["working_day_count"] * 30.0)
    chart = monitor(rows, working_days=days)
    assert np.allclose(chart["value"], 30) and not chart["outside"].any()
    width = (chart["plain_high"] - chart["plain_low"]) / 2
    assert np.allclose(width, 3 * np.sqrt(30 / days["working_day_count"]))


def test_events_need_a_reason_and_a_divided_period_is_excluded():
    rows = table([5] * 6 + [9] * 6, 100.0)
    middle = rows["period_start_on"][6] + pd.Timedelta(days=3)
    chart = monitor(rows, phases=[(middle, "new system")])
    assert chart["phase"].tolist() == [1] * 7 + [2] * 5
    assert chart["excluded"].tolist() == [""] * 6 + ["new system"] + [""] * 5
    assert chart["centre"].round(3).tolist() == [0.05] * 7 + [0.09] * 5
    for bad in (["2023-02-06"], [("2023-02-06", " ")]):
        with pytest.raises(InputError, match="stated event"):
            monitor(rows, phases=bad)
        with pytest.raises(InputError, match="stated event"):
            monitor(rows, exclude=bad)


def test_what_is_no_chart_is_refused():
    rows = table([5] * 12, 100.0)
    with pytest.raises(InputError, match="follow one another"):
        monitor(pd.concat([rows, rows]))
    year_to_date = rows.assign(period_start_on=rows["period_start_on"].min())
    with pytest.raises(InputError, match="follow one another"):
        monitor(year_to_date)
    longer = rows.assign(period_end_on=rows["period_end_on"].mask(rows.index == 11, "2023-12-31"))
    with pytest.raises(InputError, match="chart months with months"):
        monitor(longer)
    with pytest.raises(InputError, match="no period"):
        monitor(
            rows.drop(columns=["period_start_on", "period_end_on"]).assign(
                period_start_on=pd.NaT, period_end_on=pd.NaT
            )
        )
    with pytest.raises(InputError, match="0 <= count <= total"):
        monitor(rows.assign(count=101.0))
    with pytest.raises(InputError, match="has no chart"):
        monitor(rows.assign(count=np.nan, total=np.nan, value=0.9))
    with pytest.raises(InputError, match="expected a share above 0"):
        monitor(rows, target=95)
    with pytest.raises(InputError, match="lacks the period"):
        monitor(rows, working_days=count_working_days(rows.head(3)))
    with pytest.raises(InputError, match="expected 'share' or 'dossiers'"):
        monitor(rows.assign(unit_of_measure="points"))


series = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=1, max_size=30)


@settings(max_examples=15, deadline=None)
@given(series, st.randoms())
def test_order_names_and_kinds_of_code_change_nothing(pairs, random):
    late, kept = np.array(pairs).T
    rows = pd.concat(
        [table(late, late + kept, unit_id=u, field=f) for u in "12" for f in (None, "x")]
    )
    chart = monitor(rows, ["field"], target=0.1)
    assert (chart["outside"] == (chart["side"] != "")).all()
    outside = (chart["value"] < chart["low"]) | (chart["value"] > chart["high"])
    assert chart["outside"].equals(outside)
    read = readings(chart, ["field"])
    assert len(read) == 4 and read["field"].isna().sum() == 2
    shuffled = rows.sample(frac=1, random_state=random.randrange(2**31))
    for other in (
        shuffled,
        shuffled.assign(unit_id=shuffled["unit_id"].astype(int)),
        shuffled.assign(unit_id=shuffled["unit_id"].astype("category")),
    ):
        again = monitor(other, ["field"], target=0.1)
        pd.testing.assert_frame_equal(again, chart)
        pd.testing.assert_frame_equal(readings(again, ["field"]), read)
    alone = monitor(table(late, late + kept), target=0.1)
    for name in ["centre", "sigma_z", *LIMITS]:
        assert np.allclose(chart.loc[: len(alone) - 1, name], alone[name], equal_nan=True)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 99), st.lists(st.integers(1, 5000), min_size=2, max_size=20, unique=True))
def test_limits_narrow_as_totals_grow(percent, totals):
    totals = np.sort(totals)
    chart = monitor(table(np.floor(totals * percent / 100), totals))
    for low in ("plain_low", "laney_low"):
        assert (chart[low].diff().dropna() >= -1e-12).all()
    for high in ("plain_high", "laney_high"):
        assert (chart[high].diff().dropna() <= 1e-12).all()
    assert (chart["low"] <= chart["plain_low"]).all() and (chart["low"] >= 0).all()
    assert (chart["high"] >= chart["plain_high"]).all() and (chart["high"] <= 1).all()


@pytest.mark.parametrize(("mean", "volume"), [(0.98, 20), (0.98, 2000), (0.9, 30)])
def test_few_steady_units_are_said_to_change(mean, volume):
    rng = np.random.default_rng(11)
    total = rng.poisson(volume, (300, 24))
    count = rng.binomial(total, mean)
    rows = pd.concat(
        [table(c, t.astype(float), unit_id=f"u{i}", indicator="on_time_rate")
         for i, (c, t) in enumerate(zip(count, total, strict=True))]
    )  # fmt: skip
    variation = readings(monitor(rows))["variation"]
    # 300 series: a true 4 % has a standard error of 1.1 %
    assert variation.isin(["changing", "improving", "worsening"]).mean() < 0.08
