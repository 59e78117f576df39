"""Rates of small tallies, worked out by hand. Wilson limits: tests/test_intervals.py."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cchc_analysis import metrics
from cchc_analysis.columns import ESTIMATES, TALLY, TALLY_COUNTS, InputError, check
from cchc_analysis.intervals import clopper_pearson, mid_p, wilson

METRICS = (
    metrics.on_time_rate, metrics.early_rate, metrics.due_day_rate, metrics.late_rate,
    metrics.overdue_backlog, metrics.online_share, metrics.digitised_share,
    metrics.resolution_rate,
)  # fmt: skip
# One cell: 40 received and 10 carried over; 32 resolved, of which 24 on time (15 early),
# 6 late, 2 withdrawn; 18 open: 12 in time, 4 overdue, 2 suspended. 20 of the 40 online.
CELL = {
    "received_count": 40, "carried_count": 10, "resolved_count": 32, "on_time_count": 24,
    "late_count": 6, "pending_in_time_count": 12, "overdue_count": 4, "online_count": 20,
    "digitised_count": 10, "early_count": 15, "due_day_count": 9, "withdrawn_count": 2,
    "undated_count": 0, "suspended_count": 2,
}  # fmt: skip
# rate: (numerator, denominator, value)
BY_HAND = {
    "on_time_rate": (24, 30, 0.8),
    "early_rate": (15, 30, 0.5),
    "due_day_rate": (9, 30, 0.3),
    "late_rate": (6, 30, 0.2),
    "overdue_backlog": (4, 16, 0.25),
    "online_share": (20, 40, 0.5),
    "digitised_share": (10, 40, 0.25),
    "resolution_rate": (32, 50, 0.64),
}


def tally(**columns):
    base = {
        "unit_id": "U", "period_start_on": "2024-01-01", "period_end_on": "2024-01-31",
        "basis": "period", "rule": "strict", "as_of": "2024-01-31", "source": "by hand",
    }  # fmt: skip
    data = base | columns
    rows = max(len(v) for v in [*data.values(), [0]] if isinstance(v, list))
    return check(pd.DataFrame(data, index=range(rows)), TALLY)


@pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.__name__)
def test_a_rate_worked_out_by_hand(metric):
    row = metric(tally(**CELL)).iloc[0]
    count, total, value = BY_HAND[metric.__name__]
    assert (row["count"], row["total"], row["value"]) == (count, total, pytest.approx(value))
    assert row["low"] < row["value"] < row["high"]
    assert row["indicator"] == metric.__name__
    assert (row["bounds"], row["method"], row["unit_of_measure"]) == (
        "confidence", "wilson 95%", "share",
    )  # fmt: skip
    assert (row["rule"], row["source"]) == ("strict", "by hand")


def test_printed_totals_of_ba_ria_vung_tau():
    # tests of founding figures: 483,677 on time and 11,676 late of 495,353 = 97.64 and 2.36 %
    cell = tally(on_time_count=483_677, late_count=11_676)
    assert metrics.on_time_rate(cell)["value"].iloc[0] == pytest.approx(0.9764289, abs=5e-8)
    assert metrics.late_rate(cell)["value"].iloc[0] == pytest.approx(0.0235711, abs=5e-8)


@pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.__name__)
def test_a_unit_with_nothing_to_judge_has_no_rate(metric):
    row = metric(tally(**dict.fromkeys(TALLY_COUNTS, 0))).iloc[0]
    assert (row["count"], row["total"]) == (0, 0)
    assert row[["value", "low", "high"]].isna().all()


def test_a_count_the_source_does_not_give_makes_a_missing_rate():
    cell = tally(**CELL | {"digitised_count": np.nan})
    row = metrics.digitised_share(cell).iloc[0]
    assert row[["value", "low", "high", "count"]].isna().all()
    assert row["total"] == 40
    two = tally(**{name: [count, count] for name, count in CELL.items()})
    two.loc[1, "digitised_count"] = np.nan
    assert metrics.digitised_share(two)["value"].isna().all()  # not 10 of 80


def test_no_cells_give_no_rows_but_the_columns():
    empty = metrics.on_time_rate(tally(**CELL).iloc[:0].assign(field=""), ["field"])
    assert empty.empty
    assert list(empty) == [*ESTIMATES.names, "field"]


def test_counts_are_added_and_rates_never_averaged():
    cells = tally(
        unit_id=["U", "U", "V"], on_time_count=[90, 1, 5], late_count=[10, 9, 5],
    ).assign(field=["land", "civil", "land"])  # fmt: skip
    whole = metrics.on_time_rate(cells).set_index("unit_id")["value"]
    assert whole["U"] == pytest.approx(91 / 110)  # the mean of the two rates would be 0.5
    assert whole["V"] == pytest.approx(0.5)
    parts = metrics.on_time_rate(cells, by=["field"])
    found = parts.set_index(["unit_id", "field"])["value"].to_dict()
    assert found == pytest.approx({("U", "civil"): 0.1, ("U", "land"): 0.9, ("V", "land"): 0.5})


def test_a_missing_key_keeps_its_own_group_and_rules_stay_apart():
    cells = tally(
        on_time_count=[8, 6, 4], late_count=[2, 4, 6], rule=["strict", "strict", "form06"]
    ).assign(field=[None, "land", None])
    parts = metrics.on_time_rate(cells, by=["field"])
    assert len(parts) == 3
    assert parts[parts["field"].isna()].set_index("rule")["value"].to_dict() == pytest.approx(
        {"strict": 0.8, "form06": 0.4}
    )
    assert len(metrics.on_time_rate(cells)) == 2


def test_a_key_that_was_not_counted_is_named():
    with pytest.raises(InputError, match=r"on_time_rate: the tally has no column 'field'"):
        metrics.on_time_rate(tally(**CELL), by=["field"])
    with pytest.raises(InputError, match=r"count it with by=\[\.\.\., 'field'\] first"):
        metrics.late_rate(tally(**CELL), by=["unit_id", "field"])


@pytest.mark.parametrize(
    ("metric", "column"),
    [
        (metrics.on_time_rate, "late_count"), (metrics.due_day_rate, "early_count"),
        (metrics.qd766_in_time_share, "rule"), (metrics.summary, "unit_id"),
    ],
)  # fmt: skip
def test_a_table_that_is_no_tally_is_refused_with_what_makes_one(metric, column):
    message = f"this is no tally; it has no column '{column}'.*count_cells.*estimates_as_printed"
    with pytest.raises(InputError, match=message):
        metric(tally(**CELL).drop(columns=column))


def test_wider_confidence_gives_wider_limits():
    narrow = metrics.on_time_rate(tally(**CELL), confidence=0.8).iloc[0]
    wide = metrics.on_time_rate(tally(**CELL), confidence=0.998).iloc[0]
    assert wide["low"] < narrow["low"] < narrow["high"] < wide["high"]
    assert wide["value"] == narrow["value"]


def test_qd766_share_and_what_it_refuses():
    cohort = tally(
        rule="qd766", basis="received", received_count=50, on_time_count=30,
        pending_in_time_count=10, late_count=5, overdue_count=3, undated_count=2,
    )  # fmt: skip
    row = metrics.qd766_in_time_share(cohort).iloc[0]
    assert (row["count"], row["total"], row["value"]) == (40, 50, pytest.approx(0.8))
    with pytest.raises(InputError, match=r"count_cohorts\(.*'qd766'.*got rules \['strict'\]"):
        metrics.qd766_in_time_share(tally(**CELL))


def test_summary_holds_every_rate_the_source_allows():
    full = metrics.summary(tally(**CELL))
    assert full.set_index("indicator")["value"].to_dict() == pytest.approx(
        {name: value for name, (_, _, value) in BY_HAND.items()}
    )
    bare = CELL | {"online_count": np.nan, "digitised_count": np.nan, "early_count": np.nan}
    left = metrics.summary(tally(**bare))["indicator"].tolist()
    assert left == ["on_time_rate", "late_rate", "overdue_backlog", "resolution_rate"]


def test_a_unit_blanked_before_publishing_stays_in_the_summary_without_a_value():
    cells = tally(unit_id=["U", "V"], **{name: [n, n] for name, n in CELL.items()})
    cells.loc[1, ["on_time_count", "late_count"]] = np.nan
    found = metrics.summary(cells).set_index(["unit_id", "indicator"])
    assert len(found) == 2 * len(METRICS)
    assert found.loc[("V", "on_time_rate"), ["value", "low", "high", "count"]].isna().all()
    assert found.loc[("V", "resolution_rate"), "value"] == 0.64
    assert found.loc["U", "value"].notna().all()


def test_a_unit_blanked_wholly_stays_and_a_source_without_a_count_has_no_such_indicator():
    cells = tally(unit_id=["U", "V"], **{name: [n, n] for name, n in CELL.items()})
    cells.loc[1, list(TALLY_COUNTS)] = np.nan
    assert metrics.summary(cells)["unit_id"].value_counts().to_dict() == {"U": 8, "V": 8}
    alone = metrics.summary(cells.iloc[[1]])
    assert len(alone) == 8 and alone["value"].isna().all()
    form = tally(unit_id="W", source="form", on_time_count=9, late_count=1)
    both = metrics.summary(pd.concat([cells, form])).groupby("unit_id")["indicator"].agg(list)
    assert both["W"] == ["on_time_rate", "late_rate"]


def test_summary_keeps_groups_whose_key_is_missing():
    cells = tally(**{name: [n, n] for name, n in CELL.items()}).assign(field=["land", None])
    cells.loc[1, "late_count"] = np.nan
    found = metrics.summary(cells, ["field"])
    assert found["field"].isna().sum() == 8


@pytest.mark.parametrize(
    ("interval", "limits"),
    [("wilson", wilson), ("clopper_pearson", clopper_pearson), ("mid_p", mid_p)],
)
def test_the_interval_can_be_chosen(interval, limits):
    low, high = limits(24, 30, 0.998)
    for row in (
        metrics.on_time_rate(tally(**CELL), interval=interval, confidence=0.998).iloc[0],
        metrics.summary(tally(**CELL), interval=interval, confidence=0.998).iloc[0],
    ):
        assert (row["low"], row["high"]) == (low, high)
        assert (row["bounds"], row["method"]) == ("confidence", f"{interval} 99.8%")


@pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.__name__)
def test_without_an_interval_a_rate_is_a_count_and_no_more(metric):
    row = metric(tally(**CELL), interval=None).iloc[0]
    count, total, value = BY_HAND[metric.__name__]
    assert (row["count"], row["total"], row["value"]) == (count, total, pytest.approx(value))
    assert row[["low", "high"]].isna().all()
    assert (row["bounds"], row["method"]) == ("none", "count")


@pytest.mark.parametrize("interval", ["wilson", None])
def test_counts_that_do_not_fit_are_refused_with_an_interval_or_without(interval):
    for metric, counts in (
        (metrics.online_share, {"received_count": 5, "online_count": 9}),
        (metrics.due_day_rate, {"on_time_count": 9, "early_count": 12, "late_count": 3}),
    ):
        with pytest.raises(InputError, match="expected 0 <= count <= total"):
            metric(tally(**CELL | counts), interval=interval)


def test_an_unknown_interval_is_refused():
    with pytest.raises(InputError, match="interval: found 'wald', expected wilson"):
        metrics.on_time_rate(tally(**CELL), interval="wald")


COUNTS = st.integers(0, 5_000)


@settings(max_examples=60, deadline=None)
@given(on_time=COUNTS, late=COUNTS)
def test_limits_hold_the_value_and_stay_within_0_and_1(on_time, late):
    cell = tally(on_time_count=on_time, late_count=late)
    good, bad = metrics.on_time_rate(cell).iloc[0], metrics.late_rate(cell).iloc[0]
    if on_time + late == 0:
        assert pd.isna(good["value"]) and pd.isna(good["low"])
        return
    assert 0 <= good["low"] <= good["value"] <= good["high"] <= 1
    assert good["low"] < good["high"]  # also at 0 and 100 %
    assert good["value"] + bad["value"] == pytest.approx(1)
    assert good["low"] + bad["high"] == pytest.approx(1)


def test_the_tally_is_left_as_it_was():
    cell = tally(**CELL)
    before = cell.copy(deep=True)
    metrics.summary(cell)
    pd.testing.assert_frame_equal(cell, before)


ESTIMATED = ["value", "low", "high", "count", "total"]


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("UVW"), st.sampled_from(["x", None]), COUNTS, COUNTS),
        min_size=1,
        max_size=12,
    ),
    st.randoms(use_true_random=False),
)
def test_order_split_cells_and_kinds_of_code_change_nothing(rows, random):
    unit_id, field, on_time, late = (list(column) for column in zip(*rows, strict=True))
    cells = tally(unit_id=unit_id, on_time_count=on_time, late_count=late)
    cells = cells.assign(field=pd.Series(field, dtype="str"))
    expected = metrics.on_time_rate(cells, ["field"])
    assert expected["total"].sum() == sum(on_time) + sum(late)  # no unnamed stratum is lost
    first = cells.assign(on_time_count=cells["on_time_count"] // 3, late_count=0)
    rest = cells.assign(on_time_count=cells["on_time_count"] - first["on_time_count"])
    order = list(range(2 * len(cells)))
    random.shuffle(order)
    split = pd.concat([first, rest], ignore_index=True).iloc[order]
    pd.testing.assert_frame_equal(metrics.on_time_rate(split, ["field"]), expected)
    numbers = {"U": 1, "V": 2, "W": 3}
    for code in (
        cells["unit_id"].map(numbers),
        cells["unit_id"].map(numbers).astype("str"),
        cells["unit_id"].map(numbers).astype("str").astype("category"),
    ):
        coded = metrics.on_time_rate(
            cells.assign(unit_id=code, field=cells["field"].astype("category")), ["field"]
        )
        assert coded["unit_id"].tolist() == [str(numbers[u]) for u in expected["unit_id"]]
        pd.testing.assert_frame_equal(coded[ESTIMATED], expected[ESTIMATED])
