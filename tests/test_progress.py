"""Long loops say how far they are, quick ones nothing; held against a clock made up here."""

import pandas as pd
import pytest

import cchc_analysis as cchc
from cchc_analysis import progress
from cchc_analysis.progress import steps


class Clock:
    """Stands still but for what a test adds; ``each`` passes whenever it is looked at."""

    def __init__(self, each: float = 0.0):
        self.now, self.each = 100.0, each

    def monotonic(self) -> float:
        self.now += self.each
        return self.now


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(progress, "time", made)
    return made


def worked_through(clock: Clock, seconds: list[float], total: int | None) -> list[int]:
    """Work through as many items as there are ``seconds``, each taking so long."""
    items = []
    for item in steps(range(len(seconds)), total=total, said="weeks tested"):
        clock.now += seconds[item]
        items.append(item)
    return items


def test_quick_work_says_nothing(clock, capsys):
    assert worked_through(clock, [0.19] * 10, 10) == list(range(10))
    assert capsys.readouterr() == ("", "")


def test_nothing_to_do_says_nothing(clock, capsys):
    assert worked_through(clock, [], 0) == []
    assert capsys.readouterr() == ("", "")


def test_long_work_says_how_far_it_is_once_a_second(clock, capsys):
    assert worked_through(clock, [0.5] * 10, 10) == list(range(10))  # five seconds
    printed = capsys.readouterr()
    assert printed.out == ""
    lines = [f"weeks tested: {done} of 10\r" for done in (4, 6, 8, 10)]
    assert printed.err == "".join(lines) + "weeks tested: 10 of 10\n"


def test_a_slow_step_is_said_when_it_is_done(clock, capsys):
    worked_through(clock, [0.1, 60.0, 0.1], 3)
    assert capsys.readouterr().err == "weeks tested: 2 of 3\rweeks tested: 3 of 3\n"


def test_without_a_total_only_what_is_done(clock, capsys):
    worked_through(clock, [1.0] * 1500, None)
    assert capsys.readouterr().err.endswith("weeks tested: 1,500\rweeks tested: 1,500\n")


def test_no_line_once_the_work_is_broken_off(clock, capsys):
    for item in steps(range(10), total=10, said="weeks tested"):
        clock.now += 0.9
        if item == 4:
            break
    assert capsys.readouterr().err == "weeks tested: 3 of 10\r"


# The loops that may take long


def cells(periods: int = 1) -> pd.DataFrame:
    """Three units, two channels, some months: none without late or timely dossiers."""
    months = pd.period_range("2025-01", periods=periods, freq="M")
    rows = [
        {
            "unit_id": unit, "channel": channel, "on_time_count": 90 + 7 * place,
            "late_count": 5 + place + (channel == "online"), "overdue_count": 0,
            "period_start_on": month.start_time, "period_end_on": month.end_time.normalize(),
            "basis": "due", "rule": "strict", "as_of": "2026-07-01", "source": "made up",
        }
        for month in months for place, unit in enumerate("ABC") for channel in ("online", "post")
    ]  # fmt: skip
    return pd.DataFrame(rows)


def shares() -> pd.DataFrame:
    """On-time shares of the three units."""
    return cchc.on_time_rate(cells().assign(basis="period"))


def weeks_tested() -> None:
    """Forty dossiers, one received a day and every third late, foretold on two past Fridays."""
    received = pd.date_range("2024-01-01", periods=40, freq="D")
    late = [day % 3 == 0 for day in range(40)]
    days = pd.to_timedelta([14 if one else 3 for one in late], unit="D")
    dossiers = pd.DataFrame(
        {
            "dossier_id": [f"d{day}" for day in range(40)], "unit_id": "A", "field": "F",
            "procedure": "P", "channel": "online", "received_at": received,
            "due_at": received + pd.Timedelta(days=7), "result_at": received + days,
            "source": "made up",
        }
    )  # fmt: skip
    fridays = pd.date_range("2024-01-05", "2024-02-09", freq="7D")
    past = cchc.count_landmarks(dossiers, cutoffs=fridays, as_of="2024-03-01", days="calendar")
    cchc.backtest(past, cutoffs=fridays[-2:])


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (lambda: cchc.late_drivers(cells(), ["channel"]), "without one cluster"),
        (lambda: cchc.leave_unit_out(cells(), ["channel"]), "predicted from the others: 3 of 3"),
        (lambda: cchc.rolling_time(cells(4), ["channel"]), "predicted from the others: 4 of 4"),
        (lambda: cchc.random_intercept(cells(), ["channel"]), "limits of the spread"),
        (weeks_tested, "past weeks foretold: 2 of 2"),
        (lambda: cchc.rank_sets(shares()), "units ranked: 3 of 3"),
        (lambda: cchc.tell_apart(shares()), "pairs of units compared"),
    ],
    ids=[
        "late_drivers", "leave_unit_out", "rolling_time", "random_intercept", "backtest",
        "rank_sets", "tell_apart",
    ],
)  # fmt: skip
def test_each_long_loop_says_how_far_it_is(monkeypatch, capsys, work, said):
    monkeypatch.setattr(progress, "time", Clock(each=2.5))
    work()
    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.out == ""
