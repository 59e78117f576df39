"""QĐ 766 recomputed from counts, held against the scores that the portal published."""

import csv
import json
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cchc_analysis import catalogue
from cchc_analysis.columns import InputError
from cchc_analysis.scorecards.formulas import (
    component_named,
    component_score,
    components,
    groups,
    points_of,
    scored_in,
    version_on,
    versions,
)
from cchc_analysis.scorecards.scores import (
    latest_capture,
    score_components,
    score_groups,
    score_totals,
)
from cchc_analysis.sources.evaluation import read_evaluation

ROOT = Path(__file__).resolve().parents[1]
PORTAL = ROOT / "data" / "published" / "qd766"
ACCEPTANCE = ROOT.parent / "shared" / "data" / "vn_766" / "acceptance_values.csv"


@pytest.fixture(scope="module")
def provinces():
    return read_evaluation(PORTAL / "provinces_2026-10-10.csv").components


@pytest.fixture(scope="module")
def phu_tho():
    return read_evaluation(PORTAL / "phu_tho_2026-08.csv").components


def rows_of(**columns):
    """Rows of the table components: one unit, year to date, 10 October 2026."""
    return pd.DataFrame(
        {
            "unit_id": "A", "period_kind": "year", "period_start_on": "2026-01-01",
            "period_end_on": "2026-10-10", "captured_at": "2026-10-10", "source": "test", **columns,
        }
    )  # fmt: skip


# Against published scores


def deviations(scores, group):
    return scores.loc[scores["group"] == group, "difference"]


@pytest.mark.parametrize("group", ["CKMB", "TDGQ", "MDSH", "MDHL"])
def test_34_provinces_on_10_october_are_exact(provinces, group):
    found = deviations(score_groups(provinces), group)
    assert len(found) == 34
    assert (found == 0).all()


@pytest.mark.parametrize("group", ["TDGQ", "TTTT", "MDSH", "MDHL"])
def test_units_of_phu_tho_in_august_are_exact(phu_tho, group):
    found = deviations(score_groups(phu_tho), group)
    assert len(found) == 164
    assert (found == 0).all()


def test_transparency_of_the_province_is_published_as_the_mean_of_its_units(phu_tho):
    scores = score_groups(phu_tho).query("group == 'CKMB'").set_index("unit_id")
    units = scores.drop("vn34-25")
    assert len(units) == 163
    assert (units["difference"] == 0).all()
    assert scores.at["vn34-25", "recomputed_score"] == 7.96
    assert scores.at["vn34-25", "published_score"] == 7.89
    assert round(units["recomputed_score"].mean(), 2) == 7.89


def test_progress_of_phu_tho_in_its_other_three_periods_is_exact():
    reading = read_evaluation(PORTAL / "phu_tho_progress_2026.csv")
    scored = score_components(reading.components)
    assert scored.groupby("period_kind").size().to_dict() == dict.fromkeys(
        ("month", "quarter", "year"), 164
    )
    assert (scored["difference"] == 0).all()
    assert scored["provisional"].all()


def test_services_of_phu_tho_as_far_as_counts_are_published(phu_tho):
    scores = score_groups(phu_tho).query("group == 'CLGQ'").set_index("unit_id")
    assert scores.at["vn34-25", "recomputed_score"] == 8.83
    assert scores["recomputed_score"].notna().sum() == 1  # the units' counts are not published
    assert scores["published_score"].notna().all()


def test_totals_are_the_sum_of_published_groups_on_both_dates(provinces):
    earlier = read_evaluation(PORTAL / "provinces_2026-10-05.csv").components
    for rows in (earlier, provinces):
        totals = score_totals(rows)
        assert len(totals) == 34
        assert (totals["difference"] == 0).all()
        assert (totals["published_groups"] == 6).all()


def test_a_total_is_recomputed_only_from_six_groups(provinces, phu_tho):
    totals = score_totals(provinces)
    assert totals["recomputed_sum"].isna().all()  # services and payment lack counts
    assert (totals["recomputed_groups"] == 4).all()
    whole = score_totals(phu_tho).set_index("unit_id")
    assert whole["recomputed_sum"].notna().sum() == 1
    # 7.96 + 15.68 + 8.83 + 6.25 + 8.24 + 12.96; published groups have 7.89 for the first
    assert whole.at["vn34-25", "recomputed_sum"] == 59.92
    assert whole.at["vn34-25", "recomputed_difference"] == 0.07
    assert whole.at["H44.01", "published_sum"] == 15.96  # a unit without a dossier


def test_published_totals_unlike_their_groups_are_shown():
    rows = read_evaluation(PORTAL / "gia_lai_2026.csv").components
    totals = score_totals(latest_capture(rows))
    day = totals["period_end_on"] == "2026-10-03"
    found = totals[day].set_index("unit_id")["difference"]
    assert found["H21.19"] == -12.08  # Health, as the captures show it
    assert found["H21.05"] == 11.92


@pytest.mark.skipif(not ACCEPTANCE.is_file(), reason="acceptance values are not in this checkout")
def test_acceptance_values():
    with ACCEPTANCE.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if not row["metric"].startswith("TOTAL")]
    assert len(rows) == 20
    for row in rows:
        inputs = json.loads(row["inputs_json"])
        published = float(row["published_score"] or "nan")
        found = recomputed(row["metric"], inputs)
        assert found == pytest.approx(published, abs=0.0051, nan_ok=True), row["metric"]


def recomputed(metric, inputs):
    """The score for the inputs of one acceptance row, whose names differ by metric."""
    if metric.startswith("TTTT"):
        pairs = {
            "PAY_DOSSIERS": ("paid", "obligation"),
            "PAY_FORMALITIES": ("fee_tthc_with_tx", "fee_tthc"),
            "PAY_INTEGRATED": ("fee_tthc_integrated", "fee_tthc"),
        }
    elif metric.startswith("CLGQ"):
        inputs = {**inputs, "offered": inputs["partial"] + inputs["full"]}
        pairs = {
            "SERVICES_OFFERED": ("offered", "authority"),
            "SERVICES_USED": ("services_with_dossiers", "online_services"),
            "ONLINE_CHANNEL": ("online", "all_channels"),
        }
    elif metric == "TDGQ":
        pairs = {"ON_TIME": ("totalOnTime", "totalReceived")}
    else:
        pairs = {metric: ("numerator", "denominator")}
    return sum(component_score(m, inputs[n], inputs[d]).item() for m, (n, d) in pairs.items())


# Edges, each computed by hand


@pytest.mark.parametrize(
    ("metric", "numerator", "denominator", "points"),
    [
        ("PUBLISH_ON_TIME", 0, 79, 0.0),  # nothing of something is 0 points
        ("PUBLISH_ON_TIME", 0, 0, None),  # 0 of 0 is null
        ("DOSSIER_SYNC", 0, 0, None),
        ("ON_TIME", 0, 0, 0.0),  # a unit with no dossier is published as 0 of 20
        ("PAY_DOSSIERS", 0, 0, 0.0),
        ("ORIGINAL_RESULT_AVAILABLE", 0, 0, None),
        ("DOSSIER_RECEIVING_SATISFACTION", 0, 0, 0.0),
        ("PETITION_PROCESSING_ON_TIME", 0, 0, 6.0),  # no petition: full marks
        ("PETITION_HANDLING_SATISFACTION", 0, 0, 6.0),
        ("PETITION_HANDLING_SATISFACTION", 0, 1, 0.0),
        ("ELECTRONIC_CERTIFIED_COPY", None, None, 2.0),
        ("ON_TIME", None, None, None),  # unknown
        ("ON_TIME", None, 10, None),
        ("PETITION_CLASSIFICATION_STAFF", 2, 3, None),  # counted, not scored
        ("ON_TIME", 1, 3, 6.67),
        ("ON_TIME", 1, 4000, 0.01),  # 0.005: halves go up
        ("ON_TIME", 1, 4001, 0.0),
        ("SO_HOA_GIAY_TO_GIAI_QUYET", 80, 100, 3.2),  # linear to 100 %
        ("REUSED_DIGITIZED_DATA", 80, 100, 2.0),  # full at 80 %
        ("REUSED_DIGITIZED_DATA", 79, 100, 1.98),  # 1.975
        ("DOSSIER_RECEIVING_SATISFACTION", 90, 100, 6.0),  # full at 90 %
        ("DOSSIER_RECEIVING_SATISFACTION", 60, 100, 4.0),
        ("SERVICES_OFFERED", 52, 56, 2.0),
        ("ONLINE_CHANNEL", 1, 4, 3.0),  # full at 50 %
        ("PAY_FORMALITIES", 93, 310, 0.75),
        ("PUBLIC_CONTENT_FULL", 87, 89, 1.96),  # 97.75 % first: 1.9550 in binary lies above
    ],
)  # fmt: skip
def test_edges(metric, numerator, denominator, points):
    found = component_score(metric, numerator, denominator).item()
    assert found == pytest.approx(np.nan if points is None else points, abs=1e-9, nan_ok=True)


def test_the_official_description_is_computed_where_it_differs():
    metric = "SO_HOA_GIAY_TO_GIAI_QUYET"
    found = score_components(
        rows_of(group="MDSH", metric=[metric], numerator=202903, denominator=534466)
    ).iloc[0]
    # Tây Ninh, 10 Oct 2026: published 1.52; full at 80 % would give 4 x 0.37964 / 0.8 = 1.898
    assert found["recomputed_score"] == 1.52
    assert found["official_score"] == 1.90
    differ = [entry.metric for entry in components().values() if entry.official_full_at]
    assert differ == [metric]


counts = st.tuples(st.integers(1, 10**9), st.integers(0, 10**9)).map(
    lambda pair: (min(pair), max(pair))
)
ONCE = [entry.metric for entry in components().values() if entry.rounding == "once"]
SHARE_FIRST = [entry.metric for entry in components().values() if entry.rounding != "once"]


@given(st.sampled_from([m for m in ONCE if component_named(m).maximum]), counts)
def test_whole_numbers_are_rounded_half_up_exactly(metric, pair):
    entry = component_named(metric)
    share = Fraction(*pair)
    exact = min(Fraction(entry.maximum), entry.maximum * share / entry.full_at)
    rounded = Decimal((exact * 100 + Fraction(1, 2)).__floor__()) / 100
    assert component_score(metric, *pair).item() == float(rounded)


@given(st.sampled_from(SHARE_FIRST), counts)
def test_a_share_rounded_first_is_multiplied_in_double_precision(metric, pair):
    entry = component_named(metric)
    percent = ((Fraction(*pair) * 10_000 + Fraction(1, 2)).__floor__()) / 100
    product = float(entry.maximum / entry.full_at) * percent / 100
    rounded = Decimal(product).quantize(Decimal("0.01"), ROUND_HALF_UP)  # as it lies in binary
    assert component_score(metric, *pair).item() == min(float(rounded), entry.maximum)


@given(st.sampled_from([m for m in components() if component_named(m).maximum]), counts)
def test_more_never_costs_points(metric, pair):
    more = component_score(metric, min(pair[0] + 1, pair[1]), pair[1]).item()
    least, most = component_score(metric, *pair).item(), component_named(metric).maximum
    assert 0 <= least <= more <= most


def test_thought_up_counts_stop_at_the_maximum():
    entry = component_named("PUBLIC_CONTENT_FULL")
    assert points_of(entry, np.array([200.0]), np.array([100.0])) == [2.0]


# The reference


def test_maxima_add_up_to_the_decision():
    for code, group in groups().items():
        entries = components().values()
        assert sum(e.maximum for e in entries if e.group == code) == group.maximum
    totals = pd.Series({g.group: g.maximum for g in groups().values()})
    legal = totals.groupby([g.decision_group for g in groups().values()]).sum()
    assert sorted(legal) == [18, 18, 20, 22, 22]


def test_names_are_those_of_the_catalogue():
    entries = [*components().values(), *groups().values()]
    named = [entry for entry in entries if entry.indicator]
    assert len(named) == len(entries) - 1  # certified copies have no entry there
    for entry in named:
        listed = catalogue.indicator(entry.indicator)
        if entry.indicator.startswith("qd766_score_"):
            assert entry.vi in listed.vi
            assert listed.maximum in (None, entry.maximum)
        else:
            assert (listed.vi, listed.en) == (entry.vi, entry.en)


def test_units_below_the_province_share_three_counts():
    assert [e.metric for e in components().values() if not e.own_counts] == [
        "PUBLISH_ON_TIME", "PUBLIC_UPDATE_ON_TIME", "PUBLIC_CONTENT_FULL",
    ]  # fmt: skip


def test_the_version_is_that_of_the_capture():
    assert version_on("2026-08-01") == version_on("2030-01-01") == "portal_2026"
    assert len(scored_in("MDSH")) == 7
    assert str(versions()["portal_2026"].confirmed_to) == "2026-10-10"
    with pytest.raises(InputError, match="on record for 2026-07-31: the first, portal_2026"):
        score_components(rows_of(metric=["ON_TIME"], group="TDGQ").assign(captured_at="2026-07-31"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ON_TIMES", 1, 2), "no metric 'ON_TIMES'; did you mean ON_TIME"),
        (("ON_TIME", 3, 2), "ON_TIME: found 3 of 2, expected a numerator no larger"),
        (("ON_TIME", 1, 0), "ON_TIME: found 1 of 0"),
        (("ON_TIME", -1, 2), "found -1, expected a count"),
        (("ON_TIME", 1.5, 2), "found 1.5, expected a count"),
        (("ON_TIME", 1, np.inf), "found inf, expected a count"),
        (("ON_TIME", 1, 1e13), "expected a count: whole, from 0 to 10"),
        (("ON_TIME", 1, 2, "v1"), "no version 'v1' of its formulas; known: portal_2026"),
    ],
)
def test_what_cannot_be_scored_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        component_score(*arguments)


# Null, unknown, and what they add


def test_null_adds_nothing_and_unknown_makes_the_group_unknown():
    metrics = list(scored_in("CKMB"))
    given_counts = rows_of(
        group="CKMB", metric=metrics, numerator=[0, 3, 54, 7], denominator=[0, 4, 54, 7]
    )
    scored = score_components(given_counts)
    assert scored["status"].tolist() == ["null", "scored", "scored", "scored"]
    assert score_groups(given_counts)["recomputed_score"].tolist() == [11.0]  # 3 + 2 + 6
    half = given_counts.assign(numerator=[0, np.nan, 54, 7])
    assert score_components(half)["status"].tolist()[1] == "unknown"
    assert score_groups(half)["recomputed_score"].isna().all()
    assert score_groups(half)["metrics_known"].tolist() == [3]
    nulls = score_groups(given_counts.assign(numerator=0, denominator=0))
    assert nulls["recomputed_score"].isna().all()  # nothing but nulls is not 0
    absent = score_groups(given_counts.iloc[1:])
    assert absent["recomputed_score"].isna().all()  # a row that is not there is not a null


def test_a_null_the_portal_prints_is_null_and_a_score_without_counts_is_unknown():
    printed = rows_of(
        group="CKMB", metric=["PUBLISH_ON_TIME", "DOSSIER_SYNC"], published_score=[None, 6.0]
    )
    assert score_components(printed)["status"].tolist() == ["null", "unknown"]


def test_without_a_group_row_the_components_stand_for_it():
    listed = rows_of(
        group="TTTT", metric=list(scored_in("TTTT")), published_score=[5.0, 0.5, None],
        numerator=[None, None, 0], denominator=[None, None, 0],
    )  # fmt: skip
    found = score_groups(listed).iloc[0]
    assert np.isnan(found["published_score"])  # 0 of 0 gives 0 here: a missing score is missing
    found = score_groups(listed.assign(published_score=[5.0, 0.5, 0.25])).iloc[0]
    assert found["published_score"] == 5.75
    assert np.isnan(found["recomputed_score"])


def test_two_captures_of_a_figure_are_not_added():
    twice = pd.concat([
        rows_of(group="TDGQ", metric=["ON_TIME"], numerator=1, denominator=2),
        rows_of(group="TDGQ", metric=["ON_TIME"], numerator=2, denominator=2).assign(
            captured_at="2026-10-10 15:00"
        ),
    ])  # fmt: skip
    twice.index = [0, 1]
    for scores in (score_groups, score_totals):
        with pytest.raises(InputError, match=r"ON_TIME of the period .* is given twice"):
            scores(twice)
    assert score_groups(latest_capture(twice))["recomputed_score"].tolist() == [20.0]


def test_nothing_gives_empty_tables():
    nothing = rows_of(group=[], metric=[])
    for scores in (score_components, score_groups, score_totals, latest_capture):
        assert scores(nothing).empty
