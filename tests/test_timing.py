"""How long dossiers take: Kaplan-Meier on counts, quantiles, shares by the legal time, cohorts."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.proportion import proportion_confint

from cchc_analysis.columns import DURATIONS, InputError, empty
from cchc_analysis.timing import (
    cohort_bias,
    cumulative_incidence,
    share_by_legal_time,
    time_quantiles,
    time_to_result,
)

KEYS = {
    "unit_id": "A", "period_start_on": "2026-01-01", "period_end_on": "2026-01-31",
    "cohort": "observed", "as_of": "2026-01-31", "rule": "strict", "day_kind": "working",
    "source": "export.csv",
}  # fmt: skip
MEASURED = ["entry_days", "end_days", "outcome", "dossier_count", "legal_days"]


def durations(*rows, **keys):
    """Rows of (entry, end, outcome, dossiers, legal days), the last ones as needed."""
    filled = [(*row, *(1, np.nan)[len(row) - 3 :]) for row in rows]
    return pd.DataFrame(filled, columns=MEASURED).assign(**(KEYS | keys))


def each_dossier(frame):
    """One row per dossier: ages seen and at the end, whether it closed."""
    rows = frame.loc[frame.index.repeat(frame["dossier_count"].astype(int))]
    closed = (rows["outcome"] != "pending").to_numpy(int)
    return rows["entry_days"].to_numpy(float), rows["end_days"].to_numpy(float), closed


def on_rows(frame):
    """Statsmodels' survival curve of the dossiers; its entry is the last day not seen."""
    entry, end, closed = each_dossier(frame)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return SurvfuncRight(end, closed, entry=entry - 1)


@st.composite
def histories(draw, outcomes=("result", "refused", "withdrawn", "pending"), latest_entry=6):
    row = st.tuples(
        st.integers(0, latest_entry), st.integers(0, 12), st.sampled_from(outcomes),
        st.integers(1, 9), st.sampled_from([2.0, 5.0, 9.0]),
    )  # fmt: skip
    rows = draw(st.lists(row, min_size=1, max_size=12))
    return durations(*((min(entry, end), end, *rest) for entry, end, *rest in rows))


# Kaplan-Meier

SIX_MP = [  # weeks in remission under 6-MP, Freireich et al. (1963), Blood 21, 699-716
    (6, 1), (6, 1), (6, 1), (6, 0), (7, 1), (9, 0), (10, 1), (10, 0), (11, 0), (13, 1), (16, 1),
    (17, 0), (19, 0), (20, 0), (22, 1), (23, 1), (25, 0), (32, 0), (32, 0), (34, 0), (35, 0),
]  # fmt: skip
SIX_MP_CURVE = {  # product-limit estimates and Greenwood errors, as printed in textbooks
    6: (0.857, 0.0764), 7: (0.807, 0.0869), 10: (0.753, 0.0963), 13: (0.690, 0.1068),
    16: (0.627, 0.1141), 22: (0.538, 0.1282), 23: (0.448, 0.1346),
}  # fmt: skip


def six_mp():
    return durations(*((0, week, "result" if shut else "pending") for week, shut in SIX_MP))


def test_published_curve_and_its_errors():
    curve = time_to_result(six_mp())
    closed = curve[curve["closed_count"] > 0].set_index("days")
    assert closed.index.tolist() == list(SIX_MP_CURVE)
    for week, (share, error) in SIX_MP_CURVE.items():
        assert closed["open_share"][week] == pytest.approx(share, abs=5e-4)
        assert closed["std_error"][week] == pytest.approx(error, abs=5e-5)


def test_published_median_and_its_log_log_limits():
    median = time_quantiles(six_mp(), shares=[0.5]).iloc[0]
    assert (median["days"], median["low_days"]) == (23, 13)
    assert np.isnan(median["high_days"])


@settings(max_examples=30, deadline=None)
@given(frame=histories())
def test_counts_give_the_curve_of_the_rows(frame):
    curve = time_to_result(frame)
    curve = curve[curve["closed_count"] > 0]
    rows = on_rows(frame)
    assert curve["days"].tolist() == rows.surv_times.tolist()
    assert curve["at_risk_count"].tolist() == rows.n_risk.tolist()
    assert curve["closed_count"].tolist() == rows.n_events.tolist()
    np.testing.assert_allclose(curve["open_share"], rows.surv_prob, rtol=0, atol=1e-12)
    inside = curve["open_share"].between(1e-12, 1 - 1e-12)
    known = np.isfinite(rows.surv_prob_se) & inside.to_numpy()
    assert (curve["std_error"].notna() == known).all()
    np.testing.assert_allclose(
        curve["std_error"][known], rows.surv_prob_se[known], rtol=1e-12, atol=1e-12
    )


@settings(max_examples=25, deadline=None)
@given(frame=histories(latest_entry=0))
def test_without_carried_over_dossiers_no_entry_need_be_given(frame):
    _, end, closed = each_dossier(frame)
    rows = SurvfuncRight(end, closed)
    curve = time_to_result(frame)
    curve = curve[curve["closed_count"] > 0]
    assert curve["at_risk_count"].tolist() == rows.n_risk.tolist()
    np.testing.assert_allclose(curve["open_share"], rows.surv_prob, rtol=0, atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(frame=histories(outcomes=("result", "refused"), latest_entry=0))
def test_without_open_dossiers_the_curve_is_the_plain_share(frame):
    _, end, _ = each_dossier(frame)
    for row in time_to_result(frame).to_dict("records"):
        assert row["open_share"] == pytest.approx((end > row["days"]).mean(), abs=1e-12)


def test_a_large_set_with_delayed_entry_equals_the_rows():
    draw = np.random.default_rng(5)
    end = draw.integers(0, 60, 20_000)
    entry = np.minimum(np.where(draw.random(20_000) < 0.3, draw.integers(0, 20, 20_000), 0), end)
    outcome = draw.choice(["result", "refused", "pending"], 20_000, p=[0.7, 0.1, 0.2])
    rows = pd.DataFrame({"entry_days": entry, "end_days": end, "outcome": outcome})
    counted = rows.groupby(list(rows), as_index=False).size()
    frame = counted.rename(columns={"size": "dossier_count"}).assign(**KEYS)
    curve, oracle = time_to_result(frame), on_rows(frame)
    np.testing.assert_allclose(curve["open_share"], oracle.surv_prob, rtol=0, atol=1e-12)
    inside = curve["open_share"] > 0
    np.testing.assert_allclose(
        curve["std_error"][inside], oracle.surv_prob_se[inside], rtol=0, atol=1e-12
    )


def test_who_is_at_risk_on_which_day():
    """Day 0: the two received; day 3: one closed on it, one seen from day 3, one from day 2."""
    frame = durations((0, 0, "result"), (0, 3, "result"), (2, 3, "pending"), (3, 5, "result"))
    assert time_to_result(frame)["at_risk_count"].tolist() == [2, 3, 1]


def test_limits_are_never_of_no_width():
    none_closed = time_to_result(durations((0, 4, "pending", 20))).iloc[0]
    low, _ = proportion_confint(20, 20, method="wilson")
    assert none_closed["open_share"] == 1 and none_closed["high"] == 1
    assert none_closed["low"] == pytest.approx(low)
    assert np.isnan(none_closed["std_error"])
    all_closed = time_to_result(durations((0, 4, "result", 20))).iloc[0]
    _, high = proportion_confint(0, 20, method="wilson")
    assert all_closed["open_share"] == 0 and all_closed["low"] == 0
    assert all_closed["high"] == pytest.approx(high)


def test_the_upper_limit_goes_down_on_the_day_on_which_the_last_dossiers_close():
    """Half of 20 closed on day 1, the other 10 on day 2: the limit of day 1 times Wilson's."""
    curve = time_to_result(durations((0, 1, "result", 10), (0, 2, "result", 10)))
    error = np.sqrt(0.5 * 0.5 / 20) / (0.5 * np.log(0.5))
    before = 0.5 ** np.exp(1.959963984540054 * error)
    _, high = proportion_confint(0, 10, method="wilson")
    assert curve["high"].tolist() == pytest.approx([before, before * high])


@settings(max_examples=30, deadline=None)
@given(frame=histories())
def test_limits_hold_the_share_and_stay_in_range(frame):
    curve = time_to_result(frame)
    assert curve["low"].between(0, 1).all() and curve["high"].between(0, 1).all()
    assert (curve["low"] <= curve["open_share"] + 1e-12).all()
    assert (curve["high"] >= curve["open_share"] - 1e-12).all()
    assert (curve["high"] > curve["low"]).all()


def test_groups_stay_apart_and_keep_their_names():
    frame = pd.concat([
        durations((0, 1, "result", 3), unit_id="B", field="land"),
        durations((0, 2, "result", 4), unit_id="A", field=None),
        durations((0, 3, "result", 5), unit_id="A", field="civil"),
    ])  # fmt: skip
    by_field = time_to_result(frame, ["field"])
    assert by_field["unit_id"].tolist() == ["A", "A", "B"]
    assert by_field["at_risk_count"].tolist() == [5, 4, 3]
    assert by_field["field"].isna().tolist() == [False, True, False]
    assert time_to_result(frame)["at_risk_count"].tolist() == [9, 5, 3]
    assert (by_field["rule"] == "strict").all()
    assert by_field["method"].str.startswith("exact").all()


# Quantiles


@settings(max_examples=30, deadline=None)
@given(frame=histories(latest_entry=0), share=st.sampled_from([0.25, 0.5, 0.9]))
def test_limits_of_a_quantile_invert_the_test_of_the_rows(frame, share):
    rows = on_rows(frame)
    found = time_quantiles(frame, shares=[share]).iloc[0]
    if (rows.surv_prob == 0).any() or (rows.surv_prob == 1).any() or not len(rows.surv_prob):
        return  # statsmodels has no test at 0
    low, high = rows.quantile_ci(share, method="cloglog")
    if np.isfinite(low) and (rows.surv_prob < 1 - share - 1e-9).any():
        assert found["low_days"] == low
        assert found["high_days"] == high or (np.isinf(high) and np.isnan(found["high_days"]))


@settings(max_examples=30, deadline=None)
@given(frame=histories(outcomes=("result",), latest_entry=0), share=st.floats(0.05, 0.95))
def test_a_quantile_is_the_first_day_by_which_the_share_was_closed(frame, share):
    _, end, _ = each_dossier(frame)
    first = next(day for day in range(13) if (end <= day).mean() >= share - 1e-9)
    assert time_quantiles(frame, shares=[share])["days"].item() == first


def test_a_share_reached_exactly_is_reached():
    """1 - 5/10 x 1/5 is 0.9, though 1 - 0.9 is a little less than 0.1 in binary."""
    frame = durations((0, 1, "result", 5), (0, 2, "result", 4), (0, 3, "pending"))
    assert time_quantiles(frame)["days"].tolist() == [1, 2]


def test_what_is_not_reached_is_nan_and_says_so():
    found = time_quantiles(durations((0, 2, "result", 6), (0, 5, "pending", 4)))
    assert found["days"].tolist()[0] == 2 and np.isnan(found["days"].tolist()[1])
    assert found["reading"].tolist() == ["reached", "not_reached"]
    assert found[["dossier_count", "closed_count", "pending_count"]].iloc[0].tolist() == [10, 6, 4]
    pending = time_quantiles(durations((0, 5, "pending", 4)), shares=[0.5]).iloc[0]
    assert pending["reading"] == "not_reached" and np.isnan(pending["days"])


def test_a_curve_emptied_before_others_were_seen_gives_no_quantile():
    """One dossier on day 0 closed at once, 50 seen from day 4: S = 0 says nothing of them."""
    found = time_quantiles(durations((0, 0, "result"), (4, 9, "result", 50)), shares=[0.5]).iloc[0]
    assert found["reading"] == "emptied" and np.isnan(found["days"])


@pytest.mark.parametrize("share", [0, 1, 1.5, 90])
def test_a_share_is_between_0_and_1(share):
    with pytest.raises(InputError, match=r"shares: found .* expected shares between 0 and 1"):
        time_quantiles(six_mp(), shares=[share])


# By the legal time


@settings(max_examples=30, deadline=None)
@given(frame=histories(outcomes=("result", "refused"), latest_entry=0))
def test_without_open_dossiers_the_share_in_time_is_the_plain_one(frame):
    count, in_time = frame["dossier_count"], frame["end_days"] <= frame["legal_days"]
    n, k = count.sum(), count[in_time].sum()
    found = share_by_legal_time(frame).iloc[0]
    assert found["share"] == pytest.approx(k / n, abs=1e-12)
    assert found["share"] + found["late_share"] == pytest.approx(1)
    low, high = proportion_confint(k, n, method="wilson")
    assert (found["low"], found["high"]) == pytest.approx((low, high), abs=1e-9)
    if 0 < k < n:
        assert found["std_error"] == pytest.approx(np.sqrt(k / n * (1 - k / n) / n))


def test_dossiers_not_due_yet_are_neither_late_nor_in_time():
    """By hand: of legal time 5, 8/10 are in time; of legal time 9 half of 10 closed on day 3,
    and of the 2 seen to the end 1 closed on day 8: 1 - 5/10 x 1/2. Together (8 + 7.5)/20.
    """
    frame = durations(
        (0, 4, "result", 8, 5), (0, 7, "result", 2, 5),
        (0, 3, "result", 5, 9), (0, 3, "pending", 3, 9), (0, 8, "result", 1, 9),
        (0, 10, "pending", 1, 9),
    )  # fmt: skip
    found = share_by_legal_time(frame).iloc[0]
    assert found["share"] == pytest.approx(15.5 / 20)
    assert found["late_share"] == pytest.approx(4.5 / 20)
    assert (found["dossier_count"], found["decided_count"]) == (20, 17)
    assert found["reading"] == "known"


def test_limits_of_the_share_in_time_allow_for_those_not_due_yet():
    """By hand: 60 of 140 closed on day 2 and 30 of the 50 left on day 5, the due day."""
    frame = durations((0, 2, "result", 60, 5), (0, 2, "pending", 30, 5), (0, 5, "result", 30, 5),
                      (0, 9, "result", 20, 5))  # fmt: skip
    late = 80 / 140 * 20 / 50
    variance = late**2 * (60 / (140 * 80) + 30 / (50 * 20))
    alike = late * (1 - late) / variance
    expected = proportion_confint((1 - late) * alike, alike, method="wilson")
    found = share_by_legal_time(frame).iloc[0]
    assert (found["low"], found["high"]) == pytest.approx(expected)
    assert found["std_error"] == pytest.approx(np.sqrt(variance))


def test_withdrawn_dossiers_are_neither_in_time_nor_late():
    frame = durations((0, 2, "result", 6, 5), (0, 3, "withdrawn", 1, 5), (0, 9, "refused", 3, 5))
    found = share_by_legal_time(frame).iloc[0]
    shares = found[["share", "withdrawn_share", "late_share"]].astype(float).tolist()
    assert shares == pytest.approx([0.6, 0.1, 0.3])


def test_what_cannot_be_told_by_the_due_day_is_counted_beside():
    frame = durations((0, 4, "result", 8, 5), (0, 6, "pending", 7, 20), (0, 6, "result", 2))
    found = share_by_legal_time(frame).iloc[0]
    assert found["share"] == 1 and found["reading"] == "partly_known"
    assert (found["unknown_count"], found["undated_count"], found["decided_count"]) == (7, 2, 8)
    assert found["low"] == pytest.approx(proportion_confint(8, 8, method="wilson")[0])


@pytest.mark.parametrize(
    ("row", "reading"),
    [
        ((0, 2, "pending", 7, 20), "not_due_yet"),
        ((0, 2, "result", 7), "no_due_dates"),
        ((3, 5, "result", 7, 4), "none_received"),
    ],
)
def test_where_no_share_can_be_told_it_is_nan(row, reading):
    found = share_by_legal_time(durations(row)).iloc[0]
    assert found["reading"] == reading
    assert found[["share", "low", "high", "late_share", "std_error"]].isna().all()


# Two cohorts


@pytest.mark.parametrize(
    ("received", "closed", "reading"),
    [
        ([(0, 2, "result", 99), (0, 60, "pending", 201)], [(0, 2, "result", 99)], "closed_shorter"),
        ([(0, 5, "result", 90)], [(0, 5, "result", 90), (0, 80, "result", 200)], "closed_longer"),
        ([(0, 5, "result", 90)], [(0, 5, "result", 80)], "alike"),
        ([(0, 5, "result", 40), (0, 9, "pending", 50)], [(0, 5, "result", 40)], "not_reached"),
    ],
)  # fmt: skip
def test_how_the_dossiers_closed_in_a_period_mislead(received, closed, reading):
    found = cohort_bias(
        durations(*received, cohort="received"), durations(*closed, cohort="closed")
    )
    assert found["reading"].tolist() == [reading]


def test_a_group_of_one_cohort_only_is_kept():
    row = durations((0, 5, "result", 9))
    found = cohort_bias(row.assign(cohort="received"), row.assign(cohort="closed", unit_id="B"))
    assert found["reading"].tolist() == ["one_cohort"] * 2
    assert found["received_count"].isna().tolist() == [False, True]


def test_cohorts_are_counted_alike_and_are_what_they_are_called():
    rows = durations((0, 5, "result"), cohort="received")
    with pytest.raises(InputError, match="found cohort 'received', expected closed"):
        cohort_bias(rows, rows)
    with pytest.raises(InputError, match="found day_kind calendar and working, expected one"):
        cohort_bias(rows, rows.assign(cohort="closed", day_kind="calendar"))


# What is refused, and nothing at all


@pytest.mark.parametrize("function", [time_to_result, time_quantiles, share_by_legal_time])
@pytest.mark.parametrize("name", ["cohort", "day_kind", "rule"])
def test_unlike_rows_do_not_stand_together(function, name):
    other = {"cohort": "received", "day_kind": "calendar", "rule": "form06"}[name]
    frame = pd.concat([durations((0, 1, "result")), durations((0, 1, "result"), **{name: other})])
    with pytest.raises(InputError, match=f"several values of {name} .* expected one"):
        function(frame)


def test_dossiers_closed_in_a_period_cannot_tell_how_long_dossiers_take():
    with pytest.raises(InputError, match="found cohort 'closed', expected received or observed"):
        time_to_result(durations((0, 1, "result"), cohort="closed"))


def test_a_dossier_does_not_end_before_it_is_seen():
    with pytest.raises(InputError, match="row 0: found entry_days 3 after end_days 2"):
        time_to_result(durations((3, 2, "result")))


@pytest.mark.parametrize("by", ["field", ["field"], ["end_days"]])
def test_columns_to_keep_apart_are_a_list_of_those_there_are(by):
    with pytest.raises(InputError, match=r"expected (a list|some of)"):
        time_to_result(durations((0, 1, "result")), by)


@pytest.mark.parametrize(
    "function", [time_to_result, time_quantiles, cumulative_incidence, share_by_legal_time]
)
def test_no_dossiers_no_rows(function):
    for frame in (empty(DURATIONS), durations((0, 1, "result", 0))):
        found = function(frame)
        assert found.empty and "unit_id" in found and "method" in found
    assert len(function(durations((0, 0, "result", 1, 0)))) > 0


def test_inputs_are_left_as_they_are():
    frame = six_mp()
    before = frame.copy()
    for function in (time_to_result, time_quantiles, cumulative_incidence, share_by_legal_time):
        function(frame)
    pd.testing.assert_frame_equal(frame, before)
