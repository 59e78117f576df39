"""Tables as people make them: other orders, missing counts, text for numbers, forgotten keys."""

import numpy as np
import pandas as pd
import pytest

import cchc_analysis as cchc
from cchc_analysis import metrics
from cchc_analysis.change import count_working_days, monitor, readings, require_one_series
from cchc_analysis.columns import FORMS, TALLY, TALLY_COUNTS, InputError, check
from cchc_analysis.comparison import best_or_worst, rank_sets, ratio_funnel, tell_apart
from cchc_analysis.intervals import check_confidence, exact_limits
from cchc_analysis.periods import months

KEYS = {
    "unit_id": "U", "period_start_on": "2024-01-01", "period_end_on": "2024-01-31",
    "basis": "period", "rule": "strict", "as_of": "2024-01-31", "source": "by hand",
}  # fmt: skip


def estimates(count, total):
    ids = [f"u{place}" for place in range(len(count))]
    return pd.DataFrame(
        {"unit_id": ids, "count": count, "total": total, "indicator": "on_time_rate"}
    ).assign(
        bounds="none", unit_of_measure="share", method="count", rule="strict", source="by hand"
    )


# ------------------------------------------------------------------------------ intervals, ranks


@pytest.mark.parametrize("confidence", ["0.95", None, [0.95], np.nan, 95])
def test_a_confidence_that_is_no_share_is_refused(confidence):
    with pytest.raises(InputError, match="confidence: found"):
        check_confidence(confidence)


def test_limits_around_a_share_in_percent_are_refused_not_left_empty():
    with pytest.raises(InputError, match=r"expected_share: found 98, expected shares in 0\.\.1"):
        exact_limits([0.9, 98], 100)
    assert np.isnan(exact_limits(np.nan, 100)).all()


def test_units_none_of_which_has_dossiers_make_no_pairs():
    assert tell_apart(estimates([0, 0, 0], [0, 0, 0])).empty
    assert tell_apart(estimates([0, 5, 0], [0, 9, 0])).empty


@pytest.mark.parametrize("k", [np.nan, np.inf, "1", None, 1.5, 0, 4])
def test_k_that_is_no_number_of_units_is_refused(k):
    with pytest.raises(InputError, match=r"k: found .*, expected a whole number from 1 to 3"):
        best_or_worst(estimates([5, 6, 7], [10, 10, 10]), k)


@pytest.mark.parametrize("draws", [0, -5, 10.5, "1000"])
@pytest.mark.parametrize(
    "function", [rank_sets, tell_apart, lambda e, **k: best_or_worst(e, 1, **k)]
)
def test_no_draws_are_refused(function, draws):
    with pytest.raises(InputError, match="draws: found"):
        function(estimates([5, 6, 7], [10, 10, 10]), draws=draws)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"observed": ["five", "3", "2"]}, "observed and expected must be numbers"),
        ({"expected": [5.0, np.inf, 2.0]}, "unit 'B': found observed 3, expected inf"),
        ({"unit_id": ["A", None, "C"]}, "unit_id is missing in a row"),
    ],
)
def test_ratios_that_are_none_are_refused(changed, message):
    table = pd.DataFrame({"unit_id": list("ABC"), "observed": [5, 3, 2], "expected": [4.0, 4, 2]})
    with pytest.raises(InputError, match=message):
        ratio_funnel(table.assign(**changed))


@pytest.mark.filterwarnings("error")
def test_three_units_far_apart_have_no_upper_limit_and_no_warning():
    table = pd.DataFrame({"unit_id": list("ABC"), "observed": [5, 0, 9], "expected": [5.0, 3, 4]})
    found = ratio_funnel(table)
    assert found["high"].iloc[0] == np.inf
    assert not found["outside"].any()


# ------------------------------------------------------------------------------------- indicators


def cells(**columns):
    rows = pd.DataFrame({"unit_id": ["A", "A", "B"], **columns})
    return rows.assign(**{name: value for name, value in KEYS.items() if name != "unit_id"})


@pytest.mark.parametrize("metric", [metrics.on_time_rate, metrics.due_day_rate])
def test_counts_read_as_text_are_added_as_numbers(metric):
    counts = {"on_time_count": [9, 1, 3], "late_count": [1, 0, 2], "early_count": [4, 1, 0]}
    as_text = {name: [str(number) for number in numbers] for name, numbers in counts.items()}
    pd.testing.assert_frame_equal(metric(cells(**as_text)), metric(cells(**counts)))


@pytest.mark.parametrize(("counts", "found"), [([-1, 10, 3], -1), ([0.5, 9, 3], 0.5)])
def test_a_count_that_is_none_is_not_hidden_in_a_sum(counts, found):
    with pytest.raises(InputError, match=f"on_time_count, row 0: found {found}"):
        metrics.on_time_rate(cells(on_time_count=counts, late_count=[1, 0, 2]))


@pytest.mark.parametrize("by", [["unit_id"], ["field", "field"], ["method"], ["value"]])
def test_a_key_that_would_be_overwritten_or_come_twice_is_refused(by):
    tally = cells(on_time_count=[9, 1, 3], late_count=[1, 0, 2])
    with pytest.raises(InputError, match="expected further columns, each once"):
        metrics.on_time_rate(tally.assign(field="land", method="m", value=1), by=by)


# ----------------------------------------------------------------------------------------- charts

SHIFT = [440, 446, 438, 441, 444, 439, 470, 468, 473, 471, 469, 472]


def monthly(**columns):
    rows = months("2024-01-01", "2024-12-31").assign(unit_id="A", count=SHIFT, total=500)
    return rows.assign(
        indicator="on_time_rate", bounds="none", unit_of_measure="share", method="count",
        rule="strict", source="by hand", **columns,
    )  # fmt: skip


def test_a_chart_in_another_order_reads_the_same():
    chart = monitor(monthly(), target=0.95)
    for order in (
        chart.sort_values("value"),
        chart.iloc[::-1],
        chart.sample(frac=1, random_state=1),
    ):
        pd.testing.assert_frame_equal(readings(order), readings(chart))
    assert readings(chart)["variation"].tolist() == ["improving"]


def test_fields_forgotten_in_the_reading_are_not_joined_to_one_series():
    rows = pd.concat([monthly(field="land"), monthly(field="civil")])
    chart = monitor(rows, ["field"])
    with pytest.raises(InputError, match="more than one period from 2024-01-01; give the same by"):
        readings(chart)
    assert readings(chart, ["field"])["period_count"].tolist() == [12, 12]
    with pytest.raises(InputError, match="no column 'channel'"):
        readings(chart, ["channel"])
    with pytest.raises(InputError, match="no column 'channel'"):
        monitor(rows, ["channel"])


def test_working_days_that_do_not_fit_are_refused():
    rows = monthly()
    days = count_working_days(rows)
    with pytest.raises(InputError, match="working_days: found n, expected period_start_on"):
        monitor(rows, working_days=pd.DataFrame({"n": [20]}))
    with pytest.raises(InputError, match="two numbers for one period"):
        monitor(rows, working_days=pd.concat([days, days.assign(working_day_count=20)]))
    twice = monitor(rows, working_days=pd.concat([days, days]))
    pd.testing.assert_frame_equal(twice, monitor(rows, working_days=days))
    with pytest.raises(InputError, match="no first or last day"):
        count_working_days(rows.assign(period_end_on=pd.NaT))
    with pytest.raises(InputError, match=r"target: found '0\.95'"):
        monitor(rows, target="0.95")


@pytest.mark.parametrize(
    "event", [(None, "storm"), (pd.NaT, "storm"), ("2024-05-01", None), ("2024-05-01", np.nan), 5]
)
def test_an_event_without_a_day_or_reason_is_refused_not_ignored(event):
    for name in ("phases", "exclude"):
        with pytest.raises(InputError, match=f"{name}: found"):
            monitor(monthly(), **{name: [event]})


def test_a_series_whose_unit_or_period_is_not_known_does_not_pass():
    rows = pd.DataFrame({
        "unit_id": "A", "rule": "strict",
        "period_start_on": pd.to_datetime(["2025-06-01", "2025-07-01"]),
        "period_end_on": pd.to_datetime(["2025-06-30", "2025-07-31"]),
    })  # fmt: skip
    for name in ("unit_id", "period_start_on", "period_end_on"):
        with pytest.raises(InputError, match=name):
            require_one_series(rows.assign(**{name: None}))
        with pytest.raises(InputError, match=name):
            require_one_series(rows.drop(columns=name))
    as_text = rows.astype({"period_start_on": "str", "period_end_on": "str"})
    for written in (as_text, as_text.astype("category")):
        with pytest.raises(InputError, match="run through 2025-07-01"):
            require_one_series(written)
        require_one_series(written.head(1))


# ---------------------------------------------------------------------------------- small counts


def shown(tally):
    kept = cchc.suppress_small(check(pd.DataFrame([KEYS | tally]), TALLY), 5).iloc[0]
    return {name for name in TALLY_COUNTS if pd.notna(kept[name])}


def test_what_a_source_leaves_out_is_not_told_by_what_is_left():
    resolved = {"received_count": 120, "carried_count": 0, "resolved_count": 100}
    arrived = set(resolved)
    assert shown(resolved | {"on_time_count": 98}) == arrived  # 2 late
    assert shown(resolved | {"late_count": 97}) == arrived  # 3 on time
    assert shown(resolved | {"overdue_count": 18}) == arrived  # 2 open and in time
    enough = {"on_time_count": 80, "late_count": 20}
    assert shown(resolved | enough | {"due_day_count": 78}) == arrived | set(enough)  # 2 early
    assert shown(resolved | {"on_time_count": 80}) == arrived | {"on_time_count"}


LINE = {
    "unit_id": "A", "period_start_on": "2024-01-01", "period_end_on": "2024-01-31",
    "source": "by hand", "total_received_count": 120, "online_received_count": 60,
    "direct_received_count": 30, "carried_count": 30, "resolved_count": 100, "early_count": 70,
    "due_day_count": 20, "late_count": 10, "pending_count": 20, "pending_in_time_count": 10,
    "overdue_count": 10,
}  # fmt: skip
COUNTS = [name for name in FORMS.names if name.endswith("_count")]


def blanked(minimum=5, **counts):
    """Return which counts that a line has are blanked."""
    line = pd.DataFrame([LINE | counts])
    kept = cchc.suppress_small_lines(line, minimum)
    return {name for name in COUNTS if pd.notna(line[name][0]) and pd.isna(kept[name][0])}


@pytest.mark.parametrize("absent", COUNTS)
def test_a_count_that_a_line_lacks_blanks_no_other(absent):
    assert blanked(1, **{absent: None}) == set()
    assert blanked(5, **{absent: None}) == set()


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        # 2 late, not given: 100 - 70 - 28
        ({"late_count": None, "due_day_count": 28}, {"early_count", "due_day_count"}),
        # 2 filed directly, and nobody says how many arrived
        (
            {"direct_received_count": 2, "total_received_count": None, "resolved_count": None},
            {"online_received_count", "direct_received_count"},
        ),
        # 2 carried over, not given: 120 - 60 - 58
        (
            {"carried_count": None, "direct_received_count": 58},
            {"total_received_count", "pending_count", "online_received_count"}
            | {"direct_received_count"},
        ),
        # 2 carried over: 100 resolved and 10 + 10 pending are 120, less 60 and 58
        (
            {"carried_count": 2, "direct_received_count": 58},
            {"total_received_count", "pending_count", "online_received_count"}
            | {"direct_received_count", "carried_count"},
        ),
    ],
)
def test_what_the_sums_of_a_line_tell_is_blanked(counts, expected):
    assert blanked(5, **counts) == expected
