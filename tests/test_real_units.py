"""Real units compared: English emergency departments, Phú Thọ's units, the 34 provinces."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from cchc_analysis.columns import InputError
from cchc_analysis.comparison import (
    comparable,
    funnel,
    noticeable,
    rank_sets,
    standardise,
    tell_apart,
)
from cchc_analysis.reconciliation import estimates_as_printed
from cchc_analysis.sources.folder import load_units
from cchc_analysis.sources.published import read_published

ROOT = Path(__file__).resolve().parents[1]
PUBLISHED = ROOT / "data" / "published"
VISITS = ROOT.parent / "shared" / "data" / "nhs_ae_attendances" / "ae_attendances.csv"
AUGUST = {"start_on": "2026-08-01", "end_on": "2026-08-31"}
SEPTEMBER = {"start_on": "2026-09-01", "end_on": "2026-09-26"}
QUARTER = {"start_on": "2026-07-01", "end_on": "2026-09-26"}


@pytest.fixture(scope="module")
def visits():
    if not VISITS.exists():
        pytest.skip("shared/data/nhs_ae_attendances is not here (NHS England, CC0)")
    table = pd.read_csv(VISITS, dtype={"type": "str"})
    return table[table["period"].between("2018-04-01", "2019-03-31")]


def seen_in_time(visits):
    sums = visits.groupby("org_code", as_index=False)[["attendances", "breaches"]].sum()
    return pd.DataFrame(
        {
            "unit_id": sums["org_code"], "count": sums["attendances"] - sums["breaches"],
            "total": sums["attendances"], "indicator": "on_time_rate", "bounds": "none",
            "unit_of_measure": "share", "method": "count", "rule": "as_published",
            "source": "NHS England",
        }
    )  # fmt: skip


def cells(visits):
    return pd.DataFrame(
        {
            "unit_id": visits["org_code"], "field": visits["type"],
            "on_time_count": visits["attendances"] - visits["breaches"],
            "late_count": visits["breaches"], "period_start_on": "2018-04-01",
            "period_end_on": "2019-03-31", "basis": "period", "rule": "strict",
            "as_of": "2019-04-01", "source": "NHS England",
        }
    )  # fmt: skip


def outside_plain(count, total):
    """Exact binomial limits by sums of probabilities, at 99.8 %."""
    share = count.sum() / total.sum()
    return (binom.cdf(count, total, share) < 0.001) | (binom.sf(count - 1, total, share) < 0.001)


# Hospitals


@pytest.mark.parametrize(
    ("spread", "variant"),
    [("paule_mandel", "Paule-Mandel"), ("dersimonian_laird", "DerSimonian-Laird")],
)
def test_130_of_137_hospitals_by_chance_alone_and_at_most_3_after_overdispersion(
    visits, spread, variant
):
    found = funnel(seen_in_time(visits[visits["type"] == "1"]), spread=spread)
    assert len(found) == 137 and (found["reading"] == "judged").all()
    assert found["outside_plain"].sum() == 130
    assert outside_plain(found["count"], found["total"]).sum() == 130
    assert 1 <= found["outside"].sum() <= 3
    assert (found["method"] == f"leave-one-out funnel, logit scale, {variant}, 0.998").all()


def test_hospitals_change_places_when_standardised_by_type(visits):
    found = standardise(cells(visits), ["field"])
    by_type = visits.groupby("type")[["breaches", "attendances"]].sum()
    share = visits["type"].map(by_type["breaches"] / by_type["attendances"])
    by_hand = (visits["attendances"] * share).groupby(visits["org_code"]).sum()
    assert np.allclose(found["expected"], by_hand.sort_index())
    assert found["expected"].sum() == pytest.approx(found["observed"].sum())
    crude = found["value"].rank(ascending=False)
    adjusted = found["ratio"].rank(ascending=False)
    # emergency departments see 17.5 % late, other units 0.7 %: the crude order is that of types
    emergency = found["unit_id"].isin(visits.loc[visits["type"] == "1", "org_code"])
    assert emergency[crude <= 100].all() and not emergency[adjusted <= 100].all()
    worst = crude <= 30
    by_hand_ratio = visits.groupby("org_code")["breaches"].sum().sort_index() / by_hand.sort_index()
    still = by_hand_ratio.rank(ascending=False).to_numpy() <= 30
    assert (worst & (adjusted <= 30)).sum() == (worst & still).sum() == 15


# Phú Thọ


@pytest.fixture(scope="module")
def phu_tho():
    return estimates_as_printed(read_published(PUBLISHED / "portal766_phu_tho_2026.csv"))


@pytest.fixture(scope="module")
def units():
    return load_units(PUBLISHED)


def own_row(estimates, start_on, end_on):
    of_period = estimates[(estimates["period_start_on"] == start_on)]
    of_period = of_period[of_period["period_end_on"] == end_on]
    return of_period[of_period["unit_id"] == "vn34-25"].iloc[0]


def below(estimates, units, unit_class, days):
    return comparable(
        estimates, units, indicator="qd766_in_time_share", unit_class=unit_class, **days
    )


def both(estimates, units, days):
    return pd.concat([below(estimates, units, kind, days) for kind in ("department", "commune")])


def test_one_department_holds_a_third_of_the_late_dossiers_of_august(phu_tho, units):
    own, parts = own_row(phu_tho, *AUGUST.values()), both(phu_tho, units, AUGUST)
    assert (own["total"], own["count"]) == (184_513, 144_625)
    assert parts[["total", "count"]].sum().tolist() == [184_513, 144_625]
    late = (parts["total"] - parts["count"]).set_axis(parts["unit_id"])
    assert late.sum() == 39_888
    assert (late.idxmax(), late.max()) == ("H44.45", 13_928)
    assert round(100 * late.max() / late.sum()) == 35
    rest = parts[parts["unit_id"] != "H44.45"]
    assert round(100 * rest["count"].sum() / rest["total"].sum(), 1) == 83.4
    assert round(100 * own["value"], 1) == 78.4


def test_departments_and_communes_are_judged_apart(phu_tho, units):
    departments = funnel(below(phu_tho, units, "department", AUGUST))
    assert departments["reading"].value_counts().to_dict() == {"judged": 13, "no_dossiers": 2}
    # 13 departments of very different work: not even one at 0 % could be noticed
    assert noticeable(departments) == 0 and not departments["outside"].any()
    communes = funnel(below(phu_tho, units, "commune", AUGUST))
    plain = outside_plain(communes["count"], communes["total"]).sum()
    assert len(communes) == 148 and communes["outside_plain"].sum() == plain == 98
    assert communes["outside"].sum() <= 2
    assert communes["tau"].gt(0).all() and communes["limits"].eq("overdispersed").all()
    sets = rank_sets(below(phu_tho, units, "commune", AUGUST))
    assert (sets["rank_high"] - sets["rank_low"]).median() > 50  # most places are not decided


def test_the_months_do_not_add_up_to_the_quarter(phu_tho, units):
    late = {
        name: own_row(phu_tho, *days.values())
        for name, days in (("august", AUGUST), ("september", SEPTEMBER), ("quarter", QUARTER))
    }
    late = {name: row["total"] - row["count"] for name, row in late.items()}
    assert late["august"] + late["september"] == 66_174
    assert late["quarter"] == 61_478  # fewer than two of its three months
    by_unit = [
        both(phu_tho, units, days).set_index("unit_id").eval("total - count")
        for days in (AUGUST, SEPTEMBER, QUARTER)
    ]
    assert (by_unit[0] + by_unit[1] > by_unit[2]).sum() == 141


def test_periods_and_units_of_different_kinds_are_not_mixed(phu_tho, units):
    with pytest.raises(InputError, match="several values of period_start_on"):
        funnel(pd.concat([below(phu_tho, units, "commune", days) for days in (AUGUST, SEPTEMBER)]))
    with pytest.raises(InputError, match="148 of class commune for 2026-08-01"):
        below(phu_tho, units, "district", AUGUST)


# Provinces


def test_provinces_differ_by_more_than_chance_and_hardly_any_stands_out():
    file = PUBLISHED / "portal766_provinces_2026-10-10.csv"
    estimates = estimates_as_printed(read_published(file))
    shares = estimates[estimates["indicator"] == "qd766_in_time_share"]
    provinces = shares[shares["unit_id"] != "vn"]
    assert len(provinces) == 34
    # shown as 87.78 %, the plain mean of the provinces; by dossiers it is 86.64 %
    assert round(100 * provinces["count"].sum() / provinces["total"].sum(), 2) == 86.64
    assert round(100 * provinces["value"].mean(), 2) == 87.78
    found = funnel(provinces)
    assert outside_plain(found["count"], found["total"]).all() and found["outside_plain"].all()
    assert not found["outside"].any()
    pairs = tell_apart(provinces)
    assert len(pairs) == 34 * 33 / 2 and (pairs["reading"] == "apart").mean() > 0.9
