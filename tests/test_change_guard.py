"""One series: every break is refused with its day and a way on, and nothing else is."""

import pandas as pd
import pytest

from cchc_analysis.change import monitor, readings, require_one_series
from cchc_analysis.columns import InputError
from cchc_analysis.gazetteer import units
from cchc_analysis.periods import months

TWO_TIERS = [("2025-07-01", "chính quyền hai cấp")]


def rows(start, end, *, unit_id="vn34-01", indicator="on_time_rate", **columns):
    return months(start, end).assign(unit_id=unit_id, indicator=indicator, rule="strict", **columns)


def departments():
    listed = [("d1", "Sở Tài chính tỉnh X"), ("d2", "Sở Y tế"), ("d3", "Sở Nông nghiệp và PTNT")]
    own = pd.DataFrame(listed, columns=["unit_id", "full_name"]).assign(
        name=lambda table: table["full_name"], unit_class="department", simulated=False
    )
    return pd.concat([units(), own], ignore_index=True)


@pytest.mark.parametrize(
    ("series", "message"),
    [
        # the province took over three; Hà Nội did not, but its districts ended
        (rows("2025-05-01", "2025-08-31", unit_id="vn34-25"), "vn63-17, vn63-25, vn63-26"),
        (rows("2025-05-01", "2025-08-31", unit_id="vn34-01"), "2025-07-01, when the districts"),
        (rows("2025-05-01", "2025-08-31", unit_id="vn63-25"), "ended on 2025-06-30"),
        (rows("2025-01-01", "2025-12-31", unit_id="vn"), "2025-07-01, when the districts"),
        (rows("2025-01-01", "2025-12-31", unit_id="my own desk"), "2025-07-01, when"),
        # levels 3 and 4 to 14 August 2022, 'toàn trình' from the 15th to 30 June 2026
        (rows("2022-07-01", "2022-09-30", indicator="full_online_share"), "from 2022-08-15"),
        (rows("2022-07-01", "2022-09-30", indicator="level34_online_share"), "to 2022-08-14"),
        (rows("2026-05-01", "2026-08-31", indicator="full_online_share"), "to 2026-06-30"),
    ],
)
def test_a_break_is_refused_with_its_day_and_a_way_on(series, message):
    with pytest.raises(InputError, match=message) as refused:
        require_one_series(series)
    assert any(word in str(refused.value) for word in ("separately", "close", "leave those"))


@pytest.mark.parametrize(
    "series",
    [
        rows("2025-07-01", "2026-09-30", unit_id="vn34-25"),
        rows("2024-01-01", "2025-06-30", unit_id="vn63-25"),
        rows("2024-01-01", "2025-06-30", unit_id="vn"),
        rows("2022-09-01", "2025-06-30", indicator="full_online_share", unit_id="vn63-01"),
        rows("2025-05-01", "2025-08-31").head(0),
    ],
)
def test_one_side_of_a_break_is_one_series(series):
    assert require_one_series(series) is None


def test_a_phase_lets_an_unchanged_territory_pass_but_never_a_changed_one():
    assert require_one_series(rows("2025-05-01", "2025-08-31"), phases=TWO_TIERS) is None
    with pytest.raises(InputError, match="the territory is another"):
        require_one_series(rows("2025-05-01", "2025-08-31", unit_id="vn34-25"), phases=TWO_TIERS)
    with pytest.raises(InputError, match="2025-07-01"):
        require_one_series(rows("2025-05-01", "2025-08-31"), phases=[("2025-08-01", "khác")])


def test_counts_summed_over_all_predecessors_pass_with_the_phase():
    summed = rows("2025-05-01", "2025-08-31", unit_id="vn34-25", missing_units="")
    assert require_one_series(summed, phases=TWO_TIERS) is None
    with pytest.raises(InputError, match="the territory is another"):
        require_one_series(summed.assign(missing_units="vn63-17"), phases=TWO_TIERS)


def test_a_merged_department_is_refused_and_another_is_not():
    table = departments()
    for unit_id, merged in (("d1", True), ("d2", False), ("d3", True)):
        series = rows("2024-12-01", "2025-05-31", unit_id=unit_id)
        if merged:
            with pytest.raises(InputError, match=r"merged about\s+2025-03-01"):
                require_one_series(series, units=table)
            merger = [("2025-03-01", "hợp nhất sở")]
            assert require_one_series(series, units=table, phases=merger) is None
        else:
            assert require_one_series(series, units=table) is None


def test_levels_kept_apart_break_where_the_law_changed():
    series = rows("2022-07-01", "2022-09-30", unit_id="vn63-01", level="4")
    assert require_one_series(series) is None
    with pytest.raises(InputError, match="2022-08-15"):
        require_one_series(series, ["level"])
    later = rows("2026-05-01", "2026-08-31", level="2")
    with pytest.raises(InputError, match="2026-07-01"):
        require_one_series(later, ["level"])


@pytest.mark.parametrize(
    ("column", "message"),
    [("rule", "counting rule changes"), ("indicator", "formula changes"), ("basis", "basis")],
)
def test_mixed_rules_formulas_and_bases_are_refused_with_the_day(column, message):
    series = rows("2024-01-01", "2024-06-30", unit_id="vn63-25", basis="period")
    series.loc[3:, column] = "late_rate"
    with pytest.raises(InputError, match=f"{message}.*2024-04-01"):
        require_one_series(series)


def test_monitor_asks_first_and_starts_anew_at_the_break():
    series = rows(
        "2024-07-01", "2026-06-30", count=[95.0] * 12 + [98.0] * 12, total=100.0, bounds="none",
        unit_of_measure="share", method="count", source="test",
    )  # fmt: skip
    with pytest.raises(InputError, match="2025-07-01"):
        monitor(series)
    read = readings(monitor(series, phases=TWO_TIERS))
    assert read["phase"].tolist() == [1, 2] and read["centre"].tolist() == [0.95, 0.98]
    assert read["variation"].tolist() == ["constant", "constant"]
    assert read["phase_reason"].tolist() == ["", "chính quyền hai cấp"]
