"""Targets: those on record, and what figures say of them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cchc_analysis.columns import InputError
from cchc_analysis.reconciliation import estimates_as_printed
from cchc_analysis.scorecards.targets import attainment, targets_on_record
from cchc_analysis.sources.published import read_published

PUBLISHED = Path(__file__).resolve().parents[1] / "data" / "published"


def one(table, **wanted):
    for name, value in wanted.items():
        table = table[table[name] == value]
    assert len(table) == 1
    return table.iloc[0]


def printed(indicator_id, value, unit_of_measure):
    """One printed target, which does not say whether at least or at most."""
    return pd.DataFrame({
        "unit_id": ["vn63-04"], "indicator": indicator_id, "kind": "target", "value": value,
        "printed": str(value), "period_start_on": "2021-01-01", "source": "a newspaper",
        "period_end_on": "2021-12-31", "unit_of_measure": unit_of_measure,
    })  # fmt: skip


def goal(comparison, target, name="on_time_rate"):
    return pd.DataFrame({
        "unit_id": ["A"], "indicator": name, "comparison": comparison, "target": target,
        "valid_from": "2024-01-01", "valid_to": "2024-12-31", "document": "Kế hoạch 1",
        "document_on": "2023-12-20", "source": "x",
    })  # fmt: skip


def found_figure(value, low, high, name="on_time_rate", year=2024):
    return pd.DataFrame({
        "unit_id": ["A"], "indicator": name, "value": value, "low": low, "high": high,
        "period_start_on": f"{year}-01-01", "period_end_on": f"{year}-12-31",
        "bounds": "confidence", "unit_of_measure": "share", "method": "m", "rule": "r",
        "source": "y",
    })  # fmt: skip


@pytest.mark.parametrize(
    ("comparison", "target", "value", "low", "high", "reading"),
    [
        (">=", 0.95, 0.97, 0.95, 0.99, "attained"),  # the whole interval, its end included
        (">", 0.95, 0.97, 0.95, 0.99, "within_chance"),
        (">=", 0.95, 0.96, 0.94, 0.98, "within_chance"),
        (">=", 0.95, 0.94, 0.92, 0.96, "within_chance"),
        (">=", 0.95, 0.93, 0.91, 0.949, "missed"),
        (">", 0.95, 0.93, 0.91, 0.95, "missed"),
        ("<=", 0.05, 0.03, 0.02, 0.05, "attained"),
        ("<", 0.05, 0.03, 0.02, 0.05, "within_chance"),
        ("<=", 0.05, 0.07, 0.06, 0.08, "missed"),
        ("<", 0.05, 0.07, 0.05, 0.08, "missed"),
        ("<=", 0.05, 0.06, 0.04, 0.08, "within_chance"),
        (">=", 0.95, 0.95, np.nan, np.nan, "attained"),  # no bounds: the value alone
        (">=", 0.95, 0.9499, np.nan, np.nan, "missed"),
        (">=", 0.95, np.nan, 0.96, 0.98, "attained"),  # a printed range
        (">=", 0.95, np.nan, 0.94, 0.98, "within_chance"),
        (">=", 0.95, np.nan, np.nan, np.nan, "no_figure"),
    ],
)
def test_readings(comparison, target, value, low, high, reading):
    row = attainment(found_figure(value, low, high), goal(comparison, target)).iloc[0]
    assert row["reading"] == reading
    assert (row["document"], row["document_on"]) == ("Kế hoạch 1", pd.Timestamp("2023-12-20"))


@pytest.mark.parametrize("figures", [
    found_figure(0.97, 0.96, 0.98, year=2023), found_figure(0.97, 0.96, 0.98, name="late_rate"),
    found_figure(0.97, 0.96, 0.98).assign(unit_id="B"), found_figure(0.97, 0.96, 0.98).iloc[:0],
])  # fmt: skip
def test_a_target_without_a_figure_of_its_unit_and_time(figures):
    found = attainment(figures, goal(">=", 0.95))
    assert found["reading"].tolist() == ["no_figure"]
    assert found["whole_time"].tolist() == [False]


def test_no_targets_no_rows():
    assert len(attainment(found_figure(0.97, 0.96, 0.98), goal(">=", 0.9).iloc[:0])) == 0


def test_printed_figures_against_the_targets_on_record():
    figures = estimates_as_printed(read_published(PUBLISHED / "figures.csv"))
    goals = targets_on_record(read_published(PUBLISHED / "founding.csv"))
    found = attainment(figures, goals)
    assert set(found["reading"]) <= {"attained", "within_chance", "missed", "no_figure"}
    national = found[(found["unit_id"] == "vn") & (found["indicator"] == "full_online_share")]
    # 45.8 % printed of the nation, target 50 (2024)
    assert national["value"].tolist() == [0.458] and national["reading"].tolist() == ["missed"]


def test_targets_of_articles_and_catalogue_stand_once():
    found = targets_on_record(read_published(PUBLISHED / "founding.csv"))
    assert not found.duplicated(["unit_id", "indicator", "valid_from", "target"]).any()
    row = one(found, unit_id="vn63-02", indicator="tasks_completed_share")
    assert (row["target"], row["source"]) == (1, "founding article 002 (local press, 5 Oct 2021)")
    document = one(found, indicator="level3_procedures_share", target=0.8)
    assert (document["document"], document["unit_id"]) == ("Nghị quyết 76/NQ-CP", "vn")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows.drop(columns="document"), "targets have no column 'document'"),
        (lambda rows: rows.assign(comparison="about"), "row 0: found comparison 'about'"),
    ],
)
def test_targets_that_cannot_be_read_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        attainment(found_figure(0.97, 0.96, 0.98), change(goal(">=", 0.95)))


def test_a_printed_target_says_least_or_most():
    rows = printed("procedures_count", 5.0, "x")
    with pytest.raises(InputError, match="may be a least or a most value"):
        targets_on_record(rows)
    assert one(targets_on_record(rows.assign(high=5.0)), unit_id="vn63-04")["comparison"] == "<="
    row = one(targets_on_record(printed("late_rate", 2.0, "percent")), unit_id="vn63-04")
    assert (row["comparison"], row["target"]) == ("<=", 0.02)
