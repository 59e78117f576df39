"""The simulated exports, read back by other means than the package's own readers."""

import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cchc_analysis.columns import UNITS, InputError, check
from cchc_analysis.sample import write_sample

HEADERS = [
    "STT", "Đơn vị tiếp nhận", "Lĩnh vực", "Tên thủ tục hành chính", "Mã hồ sơ", "Trạng thái",
    "Địa chỉ", "Người nộp", "Chủ hồ sơ", "Ngày nộp hồ sơ", "Ngày nhận", "Ngày hẹn trả",
    "Ngày kết thúc xử lý", "Ngày trả kết quả", "Hình thức nộp", "Đơn vị giải quyết", "Số hóa",
]  # fmt: skip
APPOINTMENTS = [
    "Ngày hẹn trả lần đầu", "Ngày xin lỗi", "Số lần hẹn lại", "Nguyên nhân trễ hạn",
    "Thời hạn giải quyết (ngày làm việc)",
]  # fmt: skip
STATUSES = [
    "Mới đăng ký", "Được tiếp nhận", "Không được tiếp nhận", "Đang xử lý",
    "Yêu cầu bổ sung giấy tờ", "Yêu cầu thực hiện nghĩa vụ tài chính",
    "Công dân yêu cầu rút hồ sơ", "Dừng xử lý", "Đã xử lý xong", "Đã trả kết quả",
]  # fmt: skip
REAL_PROVINCES = """An Giang, Bà Rịa, Vũng Tàu, Bạc Liêu, Bắc Giang, Bắc Kạn, Bắc Ninh, Bến Tre,
Bình Dương, Bình Định, Bình Phước, Bình Thuận, Cà Mau, Cao Bằng, Cần Thơ, Đà Nẵng, Đắk Lắk,
Đắk Nông, Điện Biên, Đồng Nai, Đồng Tháp, Gia Lai, Hà Giang, Hà Nam, Hà Nội, Hà Tĩnh, Hải Dương,
Hải Phòng, Hậu Giang, Hòa Bình, Hồ Chí Minh, Hưng Yên, Khánh Hòa, Kiên Giang, Kon Tum, Lai Châu,
Lạng Sơn, Lào Cai, Lâm Đồng, Long An, Nam Định, Nghệ An, Ninh Bình, Ninh Thuận, Phú Thọ, Phú Yên,
Quảng Bình, Quảng Nam, Quảng Ngãi, Quảng Ninh, Quảng Trị, Sóc Trăng, Sơn La, Tây Ninh, Thái Bình,
Thái Nguyên, Thanh Hóa, Thừa Thiên Huế, Tiền Giang, Trà Vinh, Tuyên Quang, Vĩnh Long, Vĩnh Phúc,
Yên Bái, Cần Giuộc"""
A, B, C = "simulated-tinh-mau-a.csv", "simulated-huyen-mau-b.xlsx", "simulated-tinh-mau-c.csv"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("sample")
    write_sample(out)
    return out


@pytest.fixture(scope="module")
def exports(folder):
    texts = {
        name: pd.read_csv(folder / name, skiprows=3, dtype="str", encoding="utf-8-sig")
        for name in (A, C)
    }
    return {**texts, B: pd.read_excel(folder / B, skiprows=3, engine="calamine")}


@pytest.fixture(scope="module")
def truth(folder):
    return json.loads((folder / "truth.json").read_text(encoding="utf-8"))


def day(values):
    """Calendar dates of a column of an export; what cannot be read is missing."""
    if values.dtype == "str":
        values = pd.to_datetime(values, format="%d/%m/%Y %H:%M", errors="coerce")
    return pd.to_datetime(values, errors="coerce").dt.normalize()


def form06(rows, start, end):
    """Columns of form 06, counted slowly from the definitions of the form."""
    start, end = pd.Timestamp(start), pd.Timestamp(end)
    status = rows["Trạng thái"].map({label: i for i, label in enumerate(STATUSES, 1)})
    received, due = day(rows["Ngày nhận"]), day(rows["Ngày hẹn trả"])
    ended = day(rows["Ngày kết thúc xử lý"]).fillna(day(rows["Ngày trả kết quả"]))
    accepted = received.notna() & ~status.isin([1, 3]) & rows["Mã hồ sơ"].notna()
    done = accepted & status.isin([7, 9, 10])
    resolved = done & ended.between(start, end)
    early = resolved & (status != 7) & (ended < due)
    late = resolved & (status != 7) & (ended > due)
    carried = accepted & (received < start) & ~(done & (ended < start))
    new = accepted & received.between(start, end)
    pending = accepted & (received <= end) & ~(done & (ended <= end))
    overdue = pending & ~status.isin([5, 6, 8]) & (due < end)
    return {
        "carried": carried.sum(),
        "total_received": carried.sum() + new.sum(),
        "resolved": resolved.sum(),
        "early": early.sum(),
        "due_day": (resolved & ~early & ~late).sum(),
        "late": late.sum(),
        "pending": pending.sum(),
        "overdue": overdue.sum(),
    }


def test_province_a_gives_the_published_totals(exports):
    # Bà Rịa - Vũng Tàu, 1 January - 31 October 2023: 495,353 resolved, 11,676 of them late
    counts = form06(exports[A], "2023-01-01", "2023-10-31")
    assert counts["resolved"] == 495_353
    assert counts["early"] + counts["due_day"] == 483_677
    assert counts["late"] == 11_676
    assert counts["total_received"] == counts["resolved"] + counts["pending"] == 510_000
    assert 1_000 < counts["carried"] < 20_000
    assert 0 < counts["overdue"] < counts["pending"]


def test_district_b_gives_the_published_totals(exports):
    # Cần Giuộc, 1 January - 31 May 2024
    counts = form06(exports[B], "2024-01-01", "2024-05-31")
    expected = {
        "total_received": 33_653,
        "resolved": 31_394,
        "early": 16_089,
        "due_day": 15_286,
        "late": 19,
        "pending": 2_259,
    }
    assert {name: counts[name] for name in expected} == expected
    assert counts["carried"] > 0


def test_totals_in_truth_are_those_of_the_files(exports, truth):
    for name in (A, B):
        told = truth["exports"][name]
        counts = form06(exports[name], told["period_start_on"], told["period_end_on"])
        for key in ("total_received", "resolved", "early", "due_day", "late", "pending"):
            assert counts[key] == told["totals"][f"{key}_count"], (name, key)


def test_province_c_has_the_dossiers_asked_for(exports):
    counts = form06(exports[C], "2024-01-01", "2024-12-31")
    assert counts["total_received"] == 60_000
    assert counts["carried"] == 0


@pytest.mark.parametrize("name", [A, B, C])
def test_headers_titles_and_drawing_day(exports, folder, truth, name):
    rows = exports[name]
    assert list(rows.columns) == HEADERS + (APPOINTMENTS if name == B else [])
    assert set(rows["Trạng thái"]) == set(STATUSES)
    told = truth["exports"][name]
    for header in ("Ngày nhận", "Ngày kết thúc xử lý", "Ngày trả kết quả"):
        assert day(rows[header]).max() <= pd.Timestamp(told["as_of"])
    if name.endswith(".csv"):
        with (folder / name).open("rb") as file:
            head = file.read(1_000)
        assert head.startswith(b"\xef\xbb\xbf")
        titles = head.decode(errors="ignore")
        assert "BÁO CÁO DANH SÁCH HỒ SƠ - DỮ LIỆU MÔ PHỎNG" in titles
        first, last = (pd.Timestamp(told[f"period_{end}_on"]) for end in ("start", "end"))
        assert f"Từ ngày {first:%d/%m/%Y} đến ngày {last:%d/%m/%Y}" in titles


@pytest.mark.parametrize("name", [A, B, C])
def test_odd_rows_are_as_documented(exports, truth, name):
    rows, told = exports[name], truth["exports"][name]["odd_rows"]
    received, due = day(rows["Ngày nhận"]), day(rows["Ngày hẹn trả"])
    result, returned = day(rows["Ngày kết thúc xử lý"]), day(rows["Ngày trả kết quả"])
    never_in = rows["Trạng thái"].isin([STATUSES[0], STATUSES[2]])
    found = {
        "received_unreadable": (rows["Ngày nhận"].notna() & received.isna()).sum(),
        "code_missing": rows["Mã hồ sơ"].isna().sum(),
        "status_1_not_received": (rows["Trạng thái"] == STATUSES[0]).sum(),
        "status_3_not_received": (rows["Trạng thái"] == STATUSES[2]).sum(),
        "due_missing": (due.isna() & ~never_in).sum(),
        "result_before_receipt": (result < received).sum(),
        "due_before_receipt": (due < received).sum(),
        "result_missing_but_returned": (result.isna() & returned.notna()).sum(),
    }
    assert found == told
    assert rows.loc[never_in, "Ngày nhận"].isna().all()
    assert rows.loc[never_in, "Ngày nộp hồ sơ"].notna().all()


@pytest.mark.parametrize("name", [A, B, C])
def test_codes_are_unique_and_dated_by_receipt(exports, name):
    codes = exports[name]["Mã hồ sơ"].dropna()
    assert codes.is_unique
    assert codes.str.fullmatch(r"000\.\d\d\.\d\d\.X9[789]-\d{6}-\d{4}").all()
    printed = pd.to_datetime(codes.str.extract(r"-(\d{6})-", expand=False), format="%y%m%d")
    received = day(exports[name]["Ngày nhận"])[codes.index]
    assert (printed == received)[received.notna()].all()


@pytest.mark.parametrize("name", [A, B, C])
def test_personal_columns_are_obviously_invented(exports, name):
    rows = exports[name]
    assert rows["Người nộp"].str.fullmatch(r"Người nộp mô phỏng \d{6}").all()
    assert rows["Chủ hồ sơ"].str.fullmatch(r"Chủ hồ sơ mô phỏng \d{6}").all()
    assert rows["Địa chỉ"].str.fullmatch(r"Địa chỉ mô phỏng \d{6}, điện thoại 0000\d{6}").all()


def test_due_dates_are_working_days_and_hours_are_office_hours(exports):
    rows = exports[C]
    plain = day(rows["Ngày hẹn trả"]) >= day(rows["Ngày nhận"])
    due = day(rows["Ngày hẹn trả"])[plain]
    assert (due.dt.day_of_week < 5).all()
    assert not due.isin(pd.to_datetime(["2024-04-18", "2024-09-02", "2025-01-01"])).any()
    received = pd.to_datetime(rows["Ngày nhận"], format="%d/%m/%Y %H:%M", errors="coerce").dropna()
    assert received.dt.hour.between(7, 16).all()
    saturdays = (day(rows["Ngày kết thúc xử lý"]).dt.day_of_week == 5).mean()
    assert 0 < saturdays < 0.02


def test_appointments_of_district_b_hang_together(exports):
    rows = exports[B]
    due, first = day(rows["Ngày hẹn trả"]), day(rows["Ngày hẹn trả lần đầu"])
    times, apology = rows["Số lần hẹn lại"], day(rows["Ngày xin lỗi"])
    assert (due.isna() == first.isna()).all()
    assert ((first < due) == (times > 0)).all()
    assert not (first > due).any()
    assert set(times) == {0, 1, 2}
    assert 100 < (times > 0).sum() < 500
    ended = day(rows["Ngày kết thúc xử lý"]).fillna(day(rows["Ngày trả kết quả"]))
    late = ended.fillna(pd.Timestamp("2024-05-31")) > first
    said = apology.notna() | rows["Nguyên nhân trễ hạn"].notna()
    assert said.sum() > 100
    assert late[said].all()
    assert apology.max() <= pd.Timestamp("2024-05-31")
    assert rows["Nguyên nhân trễ hạn"].str.contains("Người nộp mô phỏng", na=False).any()
    assert rows["Thời hạn giải quyết (ngày làm việc)"].between(1, 30).all()


def test_the_workbook_holds_real_dates(exports):
    rows = exports[B]
    for header in ("Ngày nộp hồ sơ", "Ngày hẹn trả", "Ngày kết thúc xử lý", "Ngày trả kết quả"):
        assert pd.api.types.is_datetime64_any_dtype(rows[header])
    assert (rows["Ngày hẹn trả"].dropna().dt.round("s").dt.hour == 17).all()


def test_nothing_happens_before_it_can(exports):
    rows = exports[C]
    times = [
        pd.to_datetime(rows[header], format="%d/%m/%Y %H:%M", errors="coerce")
        for header in ("Ngày nộp hồ sơ", "Ngày nhận", "Ngày kết thúc xử lý", "Ngày trả kết quả")
    ]
    submitted, received, result, returned = times
    assert not (submitted > received).any()
    assert (result < received).sum() == 24  # result_before_receipt, planted
    assert not (returned < result).any()


def test_every_printed_unit_is_an_invented_one(exports, folder):
    units = check(pd.read_csv(folder / "units.csv"), UNITS)
    assert units["unit_id"].is_unique
    assert units["simulated"].all()
    assert units["full_name"].str.endswith("(mô phỏng)").all()
    assert units["name"].str.fullmatch(r"Mẫu .*\(mô phỏng\)").all()
    assert set(units["parent_id"].dropna()) <= set(units["unit_id"])
    for rows in exports.values():
        for header in ("Đơn vị tiếp nhận", "Đơn vị giải quyết"):
            assert set(rows[header]) <= set(units["unit_id"])
    under = units.groupby("unit_class").size()
    assert under["commune"] == 150
    assert under["district"] == 8 + 1 + 11


def test_no_real_place_is_named(exports, folder):
    real = re.compile("|".join(re.split(r",\s+", REAL_PROVINCES)), re.IGNORECASE)
    assert not real.search((folder / "units.csv").read_text(encoding="utf-8"))
    for name, rows in exports.items():
        for header in ("Đơn vị tiếp nhận", "Đơn vị giải quyết", "Tên thủ tục hành chính"):
            found = [value for value in rows[header].unique() if real.search(value)]
            assert not found, (name, header)


@pytest.fixture(scope="module")
def judged(exports, truth):
    """Dossiers of C due before the drawing day, with the planted chance of each."""
    rows, planted = exports[C], truth["log_odds_of_late"]
    due, received = day(rows["Ngày hẹn trả"]), day(rows["Ngày nhận"])
    left_out = rows["Trạng thái"].isin([STATUSES[i] for i in (0, 2, 4, 5, 6, 7)])
    rows = rows[(due < pd.Timestamp("2024-12-31")) & (due >= received) & ~left_out]
    ended = day(rows["Ngày kết thúc xử lý"]).fillna(day(rows["Ngày trả kết quả"]))
    channel = rows["Hình thức nộp"].map(
        {"Trực tiếp": "in_person", "Trực tuyến": "online", "Bưu chính công ích": "postal"}
    )
    winter = received[rows.index].dt.month.isin(planted["season"]["received_in_months"])
    log_odds = (
        truth["exports"][C]["intercept"]
        + rows["Lĩnh vực"].map(planted["field"])
        + channel.map(planted["channel"])
        + winter * planted["season"]["effect"]
        + rows["Đơn vị giải quyết"].map(planted["unit"])
    )
    return pd.DataFrame(
        {
            "late": ~(ended <= due[rows.index]),
            "chance": 1 / (1 + np.exp(-log_odds.astype(float))),
            "field": rows["Lĩnh vực"],
            "channel": channel,
            "winter": winter,
            "unit": rows["Đơn vị giải quyết"],
        }
    )


@pytest.mark.parametrize("by", ["field", "channel", "winter"])
def test_lateness_follows_the_documented_chances(judged, by):
    groups = judged.assign(variance=judged["chance"] * (1 - judged["chance"])).groupby(by)
    sums = groups[["late", "chance", "variance"]].sum()
    z = (sums["late"] - sums["chance"]) / np.sqrt(sums["variance"])
    # five standard errors, and room for the three rows with due before receipt left out
    assert (z.abs() < 5).all(), z


def test_planted_truth_shows_in_direction(judged, truth):
    rate = judged["late"].mean()
    fields = judged.groupby("field")["late"].mean()
    assert fields.idxmax() == "Đất đai"
    assert fields["Đất đai"] > 1.5 * rate
    slow = truth["log_odds_of_late"]["slow_desk"]["unit_id"]
    communes = judged[judged["unit"].str.startswith("Xã")].groupby("unit")["late"].mean()
    assert communes.rank(ascending=False)[slow] <= 3
    winter = judged.groupby("winter")["late"].mean()
    assert winter[True] > 1.2 * winter[False]
    channels = judged.groupby("channel")["late"].mean()
    assert channels["online"] < channels["in_person"]
    effects = pd.Series(truth["log_odds_of_late"]["unit"]).drop(slow)
    spread = effects[effects.index.str.contains("Mẫu C")].std()
    assert 0.25 < spread < 0.45


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_same_seed_same_bytes(tmp_path):
    for name, seed in (("one", 7), ("two", 7), ("three", 8)):
        write_sample(tmp_path / name, dossiers=5_000, seed=seed, only=[C])
    one, two, three = (
        [digest(tmp_path / n / f) for f in (C, "truth.json")] for n in ("one", "two", "three")
    )
    assert one == two
    assert one[0] != three[0]


def test_only_leaves_the_other_exports_as_they_are(tmp_path):
    made = write_sample(tmp_path, dossiers=5_000, only=[C])
    assert [path.name for path in made] == [C, "units.csv", "truth.json"]
    again = write_sample(tmp_path, dossiers=6_000, only=[C])
    assert again == made
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(p.name for p in made)


def test_a_folder_with_other_files_is_refused(tmp_path):
    (tmp_path / "luong.xlsx").write_bytes(b"")
    with pytest.raises(InputError, match="luong"):
        write_sample(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["luong.xlsx"]
    with pytest.raises(InputError, match="is a file"):
        write_sample(tmp_path / "luong.xlsx")


def test_bad_arguments_are_refused(tmp_path):
    with pytest.raises(InputError, match="tinh-mau-d"):
        write_sample(tmp_path, only=["tinh-mau-d"])
    with pytest.raises(InputError, match="5000"):
        write_sample(tmp_path, dossiers=10)
    assert not any(Path(tmp_path).iterdir())
