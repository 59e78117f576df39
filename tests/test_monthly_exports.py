"""Two years of monthly exports are one history: each dossier once, what moved is listed."""

from datetime import datetime

import pandas as pd
import pytest
from monthly_exports import DISTRICT, MONTHS, simulate, truth, write_exports

from cchc_analysis.periods import months
from cchc_analysis.sources.dossiers import read_dossiers
from cchc_analysis.tally import count_cells, count_cohorts

AS_OF = "2024-12-31"


@pytest.fixture(scope="module")
def district():
    return simulate()


@pytest.fixture(scope="module")
def reading(district, tmp_path_factory):
    folder = tmp_path_factory.mktemp("monthly")
    key = folder / "key"
    key.write_text("k" * 64, encoding="ascii")
    write_exports(district, folder / "exports")
    return read_dossiers(folder / "exports", key=key)


@pytest.fixture(scope="module")
def once(district):
    """Each dossier once with what the rule 'strict' looks at, worked out from the truth."""
    rows = truth(district)
    rows["finished"] = rows["status"].isin(["Đã xử lý xong", "Đã trả kết quả"])
    rows["late"] = rows["finished"] & (rows["result"].dt.normalize() > rows["due"].dt.normalize())
    rows["withdrawn"] = rows["status"] == "Công dân yêu cầu rút hồ sơ"
    rows["month"] = rows["received"].dt.to_period("M")
    return rows


def test_the_district_is_worth_reading(district):
    """The draw holds what the tests are about, or they would pass on nothing."""
    again = [len(life.dues) for life in district.lives]
    assert len(district.listed) == 24
    assert district.rows_listed > 2 * len(district.lives)
    assert len(district.moved_due_dates()) > 50
    assert again.count(3) > 10  # appointed anew twice
    assert district.moved_statuses() > 300


def test_nothing_is_lost(reading, district):
    summary = reading.summary
    assert summary["read"] == summary["kept"] + summary["refused"] + summary["set_aside"]
    assert (summary["kept"], summary["refused"]) == (len(district.lives), 0)
    assert summary["set_aside_as"]["total_line"] == 24
    assert summary["set_aside_as"]["earlier_snapshot"] == district.rows_listed - len(district.lives)


def test_each_dossier_stands_once_as_it_was_last_seen(reading, once):
    kept = reading.dossiers.sort_values("received_at", ignore_index=True)
    assert kept["dossier_id"].is_unique
    for ours, planted in (
        ("received_at", "received"), ("due_at", "due"), ("result_at", "result"),
        ("returned_at", "returned"), ("status_raw", "status"), ("field", "field"),
    ):  # fmt: skip
        found, expected = kept[ours].astype(object), once[planted].astype(object)
        assert found.where(found.notna(), None).tolist() == (
            expected.where(expected.notna(), None).tolist()
        ), ours
    assert set(kept["unit_id"]) == {DISTRICT}


def test_every_moved_due_date_is_listed_with_both_values_and_files(reading, district):
    received = reading.dossiers.set_index("dossier_id")["received_at"]
    moves = reading.changes[reading.changes["column"] == "due_at"]
    found = sorted(
        (received[row.dossier_id].to_pydatetime(), moment(row.before), moment(row.after),
         row.before_source, row.after_source)
        for row in moves.itertuples()
    )  # fmt: skip
    assert found == district.moved_due_dates()
    assert (pd.to_datetime(moves["before_on"]) < pd.to_datetime(moves["after_on"])).all()


def moment(value) -> datetime:
    return pd.Timestamp(value).to_pydatetime()


def test_every_moved_status_is_listed(reading, district):
    moves = reading.changes[reading.changes["column"] == "status"]
    assert len(moves) == district.moved_statuses()


def test_the_tally_counts_each_dossier_once(reading, once):
    [cell] = count_cells(reading, periods=("2023-01-01", AS_OF), as_of=AS_OF).to_dict("records")
    assert cell["received_count"] == len(once)
    assert cell["carried_count"] == 0
    assert cell["resolved_count"] == (once["finished"] | once["withdrawn"]).sum()
    assert cell["late_count"] == once["late"].sum()
    assert cell["on_time_count"] == (once["finished"] & ~once["late"]).sum()
    assert cell["withdrawn_count"] == once["withdrawn"].sum()


def test_the_cohort_of_every_month_equals_the_truth(reading, once):
    tally = count_cohorts(
        reading, cohort="received", periods=months("2023-01-01", AS_OF), as_of=AS_OF
    ).set_index("period_start_on")
    by_month = once.groupby("month")
    assert len(tally) == len(MONTHS)
    for name, planted in (
        ("received_count", by_month.size()),
        ("late_count", by_month["late"].sum()),
    ):
        found = tally[name].groupby(tally.index.to_period("M")).sum()
        assert found.astype(int).to_dict() == planted.astype(int).to_dict()


def test_the_order_in_which_files_are_named_does_not_matter(district, reading, tmp_path):
    key = tmp_path / "key"
    key.write_text("k" * 64, encoding="ascii")
    paths = write_exports(district, tmp_path / "exports")
    other = read_dossiers(paths[::-1], key=key)
    order = ["dossier_id"]
    pd.testing.assert_frame_equal(
        other.dossiers.sort_values(order, ignore_index=True),
        reading.dossiers.sort_values(order, ignore_index=True),
    )
    columns = ["dossier_id", "column", "before_source", "after_source"]
    pd.testing.assert_frame_equal(
        other.changes.sort_values(columns, ignore_index=True),
        reading.changes.sort_values(columns, ignore_index=True),
    )
