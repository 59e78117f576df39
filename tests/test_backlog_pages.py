"""The backlog in sentences, figures and tables, and the list for the desk."""

import re
import stat
from dataclasses import replace

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from cchc_analysis import figures, narrative, tables
from cchc_analysis.backlog import (
    Backtest,
    LatenessForecast,
    backlog_ages,
    backtest_calibration,
    backtest_coverage,
    backtest_scores,
    days_to_due,
    expected_late,
    flows,
    lateness_forecast,
    warn,
)
from cchc_analysis.columns import InputError
from cchc_analysis.sources.dossiers.codes import require_workbook, write_lookup
from cchc_analysis.sources.dossiers.lookup import read_lookup
from cchc_analysis.tables.desk_list import write_desk_list

LANGUAGES = ["vi", "en"]
AS_OF = pd.Timestamp("2024-05-31")


def listed(size=40) -> pd.DataFrame:
    """Open dossiers: a quarter overdue, one of them waiting, the others due day by day."""
    days = pd.Series([-(i % 20) - 1 if i < size / 4 else i % 13 + 1 for i in range(size)])
    return pd.DataFrame(
        {
            "dossier_id": [f"{i:016x}" for i in range(size)], "unit_id": "A", "field": "<b>",
            "procedure": "=1+1", "channel": "online",
            "received_at": AS_OF - pd.Timedelta(days=70),
            "due_at": AS_OF + pd.to_timedelta(days, "D"), "age_days": 70.0,
            "days_to_due": days.astype(float), "legal_days": 70.0 + days,
            "overdue": days < 0, "suspended": [True] + [False] * (size - 1),
            "day_kind": "calendar", "as_of": AS_OF, "rule": "strict", "source": "simulated",
        }
    )  # fmt: skip


def history(late=30) -> LatenessForecast:
    cells = pd.DataFrame(
        {
            "cutoff_on": pd.to_datetime(["2024-05-10", "2024-05-17"]), "unit_id": "A",
            "due_on": pd.to_datetime(["2024-05-12", "2024-05-20"]), "field": "<b>",
            "procedure": "=1+1", "channel": "online", "received_month": 3,
            "days_to_due": [2.0, 3.0], "legal_days": 70.0, "day_kind": "calendar",
            "dossier_count": 150, "late_count": late / 2, "rule": "strict", "source": "simulated",
        }
    )  # fmt: skip
    return lateness_forecast(cells, trained_on="2024-05-31")


def past_weeks(low=2.0, probability=0.5) -> Backtest:
    cells = pd.DataFrame(
        {"late_count": [10.0, 50.0], "dossier_count": 100, "probability": [0.1, probability],
         "naive_probability": 0.3}
    )  # fmt: skip
    horizons = pd.DataFrame(
        {"weeks": [1, 2], "dossiers": 100, "expected": [10.0, 50.0], "low": low, "high": 60.0,
         "late": [10.0, 50.0], "inside": pd.array([True, low < 50], dtype="boolean")}
    )  # fmt: skip
    return Backtest(cells, horizons, "strict", "simulated")


ROWS, FORECAST = listed(), history()
DESK = warn(ROWS, FORECAST)
DUE, AGES, EXPECTED = days_to_due(ROWS), backlog_ages(ROWS), expected_late(DESK, FORECAST)
FLOWS = flows(
    pd.DataFrame(
        {
            "unit_id": "A", "period_start_on": ["2024-05-13", "2024-05-20"],
            "period_end_on": ["2024-05-19", "2024-05-26"], "basis": "period", "rule": "strict",
            "as_of": "2024-05-31", "source": "simulated", "carried_count": [10, 13],
            "received_count": [4, 6], "resolved_count": [2, 5], "pending_in_time_count": [12, 14],
            "overdue_count": 0, "suspended_count": 0,
        }
    )
)  # fmt: skip


def text(blocks) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", block.html) for block in blocks)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_says_its_numbers_and_that_it_is_simulated(language):
    calibration, top = backtest_calibration(past_weeks()), f"{EXPECTED['high'].iloc[2]:.0f}"
    told = {
        figures.days_to_due(DUE, language=language): ("10", "2"),
        figures.backlog_ages(AGES, language=language): ("40",),
        figures.expected_late(EXPECTED, language=language): (top,),
        figures.foretold(calibration, source="simulated", language=language): ("100",),
    }
    mark = {"vi": "mô phỏng", "en": "simulated"}[language]
    for block, numbers in told.items():
        assert block.image[:4] == b"\x89PNG"
        assert all(number in block.alt for number in numbers)
        assert mark in block.alt
        assert mark in block.caption


@pytest.mark.parametrize("language", LANGUAGES)
def test_tables_are_escaped_and_short(language):
    desk = tables.desk(DESK, language=language)
    assert desk.html.count("<tr>") == 1 + 10 + 1  # head and foot
    following = tables.desk(pd.concat([DESK, DESK]), part="next", language=language)
    assert following.html.count("<tr>") == 1 + 20 + 1
    assert "<td>&lt;b&gt;</td>" in following.html
    due = tables.bands(DUE, kind="due", language=language)
    assert due.html.count("<tr>") == 10
    assert tables.bands(AGES, kind="age", language=language).html.count("<tr>") == 8
    assert tables.flows(FLOWS, language=language).html.count("<tr>") == 4
    assert tables.expected_late(EXPECTED, language=language).html.count("<tr>") == 5
    assert (
        tables.backtest(backtest_coverage(past_weeks()), language=language).html.count("<tr>") == 4
    )


def test_sentences_say_what_is_counted():
    stand = text(narrative.backlog(DUE, AGES, language="en"))
    assert "40 dossiers were open" in stand
    assert "9 were overdue (0 of them by more than 10 days)" in stand  # one waits, and stands apart
    assert "1 wait for a supplement" in stand
    assert "40 have lain for over 60 days" in stand
    warned = text(narrative.early_warning(FORECAST, DESK, language="en"))
    assert "2 weekly cut-offs (10 May 2024 to 17 May 2024): 300 times" in warned
    assert "received after today are not in these numbers" in warned
    weeks = text(narrative.flows(FLOWS, language="en"))
    assert "6 received, 5 resolved, 14 left open" in weeks
    assert "the backlog grows" in weeks
    gap = "the dossiers carried over are not those the week before left open: 1"
    assert gap in weeks  # 13 carried over, 12 left


def judged(case: Backtest) -> str:
    return text(
        narrative.backtest(
            backtest_scores(case), backtest_coverage(case), backtest_calibration(case),
            language="en",
        )
    )  # fmt: skip


def test_a_bad_forecast_is_called_so():
    good, bad = judged(past_weeks()), judged(past_weeks(low=55.0, probability=0.95))
    assert "better than both" in good
    assert "not better" not in good
    assert "in 2 of 2 cases" in good
    assert "was not better than both" in bad
    assert "too high and low ones too low" in bad
    assert "the forecast expects too many" not in bad  # one week may miss by luck
    rows = past_weeks(low=55.0).horizons
    often = judged(replace(past_weeks(), horizons=pd.concat([rows] * 3)))
    assert "In 3 of 3 weeks fewer dossiers were late than the interval" in often
    assert "lateness may have changed" not in often


def test_little_or_no_history_is_said():
    weak = history(late=4)
    assert "Only 4 late ones" in text(narrative.early_warning(weak, DESK, language="en"))
    none = lateness_forecast(ROWS.assign(
        cutoff_on=AS_OF, due_on=AS_OF, received_month=1, dossier_count=1, late_count=0.0
    ), trained_on="2020-01-01")  # fmt: skip
    desk = warn(ROWS, none)
    expected = expected_late(desk, none)
    assert "no past week to learn from" in text(narrative.early_warning(none, desk, language="en"))
    assert tables.desk(desk, language="en") is None
    assert tables.expected_late(expected, language="en") is None
    assert figures.expected_late(expected, language="en") is None


def test_nothing_open_shows_nothing():
    none = days_to_due(ROWS.iloc[:0])
    assert figures.days_to_due(none, language="vi") is None
    assert tables.bands(none, kind="due", language="vi") is None
    assert "No dossier is open" in text(narrative.backlog(none, none, language="en"))


def test_the_desk_list_holds_all_dossiers_and_no_formula(tmp_path):
    lookup, path = tmp_path / "codes.xlsx", tmp_path / "desk.xlsx"
    write_lookup(lookup, [("000.24-7", DESK["dossier_id"].iloc[0]), ("=2+2", "not on the list")])
    write_desk_list(DESK, path, codes=read_lookup(lookup), language="vi")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    head, *rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    assert head[:2] == ["Mã hồ sơ", "Mã băm"]
    assert len(rows) == len(DESK)
    assert rows[0][:5] == ["000.24-7", DESK["dossier_id"].iloc[0], "A", "<b>", "=1+1"]
    assert rows[1][0] == ""
    assert rows[0][7] == pytest.approx(DESK["probability"].iloc[0])
    assert rows[0][5] == DESK["due_at"].iloc[0].date()


def test_what_is_no_lookup_or_no_workbook_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such file; name the list"):
        read_lookup(tmp_path / "none.xlsx")
    write_desk_list(DESK, tmp_path / "desk.xlsx", language="en")
    with pytest.raises(InputError, match="no sheet with the columns code and dossier_id"):
        read_lookup(tmp_path / "desk.xlsx")
    with pytest.raises(InputError, match=r"desk\.csv: expected the name of a workbook"):
        write_desk_list(DESK, tmp_path / "desk.csv", language="en")
    with pytest.raises(InputError, match=r"codes\.csv: .*give it a name that ends in \.xlsx"):
        require_workbook(tmp_path / "codes.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["desk.xlsx"]


@pytest.mark.parametrize("codes", [{}, {"of another key": "000.24-7"}])
def test_codes_of_another_key_or_of_other_exports_are_refused(tmp_path, codes):
    with pytest.raises(InputError, match=r"none of the \d+ dossiers: .*another key"):
        write_desk_list(DESK, tmp_path / "desk.xlsx", codes=codes, language="vi")
    assert list(tmp_path.iterdir()) == []
    write_desk_list(DESK[:0], tmp_path / "desk.xlsx", codes=codes, language="vi")  # none is open
