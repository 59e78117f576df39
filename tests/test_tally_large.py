"""Tallies of large files against a slow count of the same rows in plain Python or pandas."""

import csv
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from cchc_analysis.columns import TALLY_COUNTS
from cchc_analysis.sample import write_sample
from cchc_analysis.sources.dossiers import read_dossiers
from cchc_analysis.tally import count_cells, count_cohorts

SHARED = Path(__file__).resolve().parents[2] / "shared"
WABO = SHARED / "data" / "wabo_receipt" / "receipt_cases.csv"

# ------------------------------------------------- a million simulated dossiers, counted slowly

FILE = "simulated-tinh-mau-c.csv"
STATUS = {
    "Mới đăng ký": 1, "Được tiếp nhận": 2, "Không được tiếp nhận": 3, "Đang xử lý": 4,
    "Yêu cầu bổ sung giấy tờ": 5, "Yêu cầu thực hiện nghĩa vụ tài chính": 6,
    "Công dân yêu cầu rút hồ sơ": 7, "Dừng xử lý": 8, "Đã xử lý xong": 9, "Đã trả kết quả": 10,
}  # fmt: skip
QUARTER_2, QUARTER_4, DRAWN_ON = (
    ("2024-04-01", "2024-06-30"),
    ("2024-10-01", "2024-12-31"),
    "2024-12-31",
)


def iso_day(text):
    """'02/01/2024 06:50' as '2024-01-02'; '' for what is no day of a calendar."""
    day, month, year = text[:2], text[3:5], text[6:10]
    good = text[2:3] == text[5:6] == "/" and "01" <= month <= "12" and "01" <= day <= "31"
    return f"{year}-{month}-{day}" if good and (month, day) != ("02", "31") else ""


def place_of(rule, status, due, end, day):
    """Whether a dossier is done by a day, where a rule puts it, and the fact of its dates."""
    done = end != "" and end <= day and (rule == "strict" or status in (7, 9, 10))
    by_date = ("early" if end < due else "due_day" if end == due else "late") if done else (
        "overdue" if due < day else "pending_in_time")  # fmt: skip
    place = "on_time" if by_date in ("early", "due_day") else by_date
    kind = (
        "withdrawn" if done and status == 7
        else "suspended" if not done and status in (5, 6, 8)
        else "undated" if due == "" or (not done and end == "" and status in (7, 9, 10))
        else ""
    )  # fmt: skip
    if kind and (rule == "strict" or (rule == "qd766" and kind == "undated")):
        place = ""
    elif kind and rule == "form06":
        place = "on_time" if done else "pending_in_time"
    return done, place, kind, by_date


def add(counts, key, found, online, digitised, received, carried):
    done, place, kind, by_date = found
    counts[*key, "received"] += received
    counts[*key, "carried"] += carried
    counts[*key, "resolved"] += done
    if place:
        counts[*key, place] += 1
    if kind:
        counts[*key, kind] += 1
    elif by_date in ("early", "due_day"):
        counts[*key, by_date] += 1
    counts[*key, "online"] += received and online
    counts[*key, "digitised"] += received and digitised


def slow_counts(path):
    """Four tallies by unit and field in one loop over the rows of the file."""
    tallies = {name: Counter() for name in ("strict", "form06", "qd766", "due")}
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for _ in range(3):
            next(lines)
        for row in csv.DictReader(lines):
            status, received = STATUS[row["Trạng thái"]], iso_day(row["Ngày nhận"])
            if not received or not row["Mã hồ sơ"] or status in (1, 3):
                continue
            due, end = iso_day(row["Ngày hẹn trả"]), iso_day(row["Ngày kết thúc xử lý"])
            end = end or iso_day(row["Ngày trả kết quả"])
            key = (row["Đơn vị giải quyết"], row["Lĩnh vực"])
            more = (row["Hình thức nộp"] == "Trực tuyến", row["Số hóa"] == "Có")
            start, last = QUARTER_2
            for rule in ("strict", "form06"):
                over = end and end < start and (rule == "strict" or status in (7, 9, 10))
                new = start <= received <= last
                if new or (received < start and not over):
                    found = place_of(rule, status, due, end, last)
                    add(tallies[rule], key, found, *more, new, not new)
            for name, rule, day in (("qd766", "qd766", received), ("due", "strict", due)):
                if QUARTER_4[0] <= day <= QUARTER_4[1]:
                    found = place_of(rule, status, due, end, DRAWN_ON)
                    add(tallies[name], key, found, *more, 1, 0)
    return tallies


@pytest.fixture(scope="session")
def million(tmp_path_factory):
    out = tmp_path_factory.mktemp("million")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(out / "home"))
        write_sample(out / "sample", dossiers=1_000_000, only=[FILE])
        reading = read_dossiers(out / "sample" / FILE, out=out / "read")
    yield reading, slow_counts(out / "sample" / FILE)
    (out / "sample" / FILE).unlink()


def as_counter(tally):
    """Counts of a tally by unit, field and name, zeros and missing ones left out."""
    names = [name for name in TALLY_COUNTS if name in tally]
    long = tally.melt(["unit_id", "field"], names)
    long = long[long["value"] > 0]
    keys = zip(long["unit_id"], long["field"], long["variable"].str[:-6], strict=True)
    found = dict(zip(keys, long["value"].astype(int), strict=True))
    assert len(found) == len(long)
    return found


def test_a_million_dossiers_equal_the_slow_count(million):
    reading, slow = million
    assert reading.summary["kept"] >= 1_000_000
    asked = {"periods": QUARTER_2, "as_of": DRAWN_ON}
    late = {"periods": QUARTER_4, "as_of": DRAWN_ON}
    tallies = {
        "strict": count_cells(reading, ["field"], **asked),
        "form06": count_cells(reading, ["field"], **asked, rule="form06"),
        "qd766": count_cohorts(reading, ["field"], cohort="received", **late, rule="qd766"),
        "due": count_cohorts(reading, ["field"], cohort="due", **late),
    }
    for name, tally in tallies.items():
        expected = {key: count for key, count in slow[name].items() if count}
        assert as_counter(tally) == expected, name
        kinds = {kind for _, _, kind in expected}
        assert kinds >= {"late", "overdue", "withdrawn", "suspended", "early", "due_day"}, name
        assert sum(n for (*_, kind), n in expected.items() if kind == "received") > 200_000
    assert sum(n for (*_, kind), n in slow["strict"].items() if kind == "carried") > 1_000


def test_a_million_dossiers_by_unit_alone_add_up(million):
    reading, slow = million
    by_unit = count_cells(reading, periods=QUARTER_2, as_of=DRAWN_ON)
    for kind in ("received", "carried", "resolved", "late", "overdue", "undated"):
        expected = Counter()
        for (unit, _, name), count in slow["strict"].items():
            if name == kind and count:
                expected[unit] += count
        found = by_unit.set_index("unit_id")[f"{kind}_count"]
        assert found[found > 0].astype(int).to_dict() == dict(expected), kind


# ---------------------------------------------------------------- a real log of another country


@pytest.mark.skipif(not WABO.exists(), reason="the WABO receipt log is not on this machine")
def test_wabo_receipt_log(tmp_path, monkeypatch):
    """1,434 permit applications of a Dutch municipality (Buijs 2014), times in UTC."""
    monkeypatch.setenv("HOME", str(tmp_path))
    columns = {
        "dossier_id": "case_id", "unit_id": "unit", "received_at": "received_at",
        "due_at": "due_at", "result_at": "finished_at", "channel": "channel", "field": "topic",
    }  # fmt: skip
    reading = read_dossiers(WABO, columns=columns, zone="Europe/Amsterdam", out=tmp_path / "out")
    summary = reading.summary
    assert (summary["read"], summary["kept"], summary["refused"]) == (1434, 1434, 0)
    assert summary["flags"]["result_before_receipt"] == 2
    assert summary["finished"] == 1329
    assert summary["late_by_date"] == 309
    assert summary["late_by_instant"] == 377
    tally = count_cells(reading, periods=("2010-01-01", "2012-01-31"), as_of="2012-01-31")
    units = tally.set_index("unit_id")["received_count"].to_dict()
    assert units == {"Customer contact": 29, "Experts": 15, "General": 1390}
    # The same from the file, by pandas: closed dossiers whose local day is after the due day.
    log = pd.read_csv(WABO)
    ended, due = (
        pd.to_datetime(log[name], utc=True, format="ISO8601").dt.tz_convert("Europe/Amsterdam")
        for name in ("finished_at", "due_at")
    )
    late = (ended.dt.date > due.dt.date.where(ended.notna())) & ended.notna()
    by_unit = log[late].groupby("unit").size()
    found = tally.set_index("unit_id")["late_count"]
    assert found[found > 0].to_dict() == by_unit.to_dict()
    assert found.sum() == 309
