"""Rows keep the order and the numbers of their file, in files that several threads parse."""

import hashlib

import pytest

from cchc_analysis.sources.dossiers import read_dossiers

ROWS = 260_000  # more than one row group of Parquet for each of two threads
HEADER = "Mã hồ sơ,Đơn vị giải quyết,Lĩnh vực,Ngày tiếp nhận,Ngày hẹn trả,Trạng thái\n"
TELEPHONE, NO_DATE, MORE, TOTAL = (777, 140_001), (70_003, 259_999), (130_000,), (200_000,)


def line(number):
    field = "gọi 0912345678" if number in TELEPHONE else "Đất đai "
    received = "hôm qua" if number in NO_DATE else f"{number % 28 + 1:02d}/01/2024 07:30"
    if number in TOTAL:
        return "Tổng cộng,,,,,\n"
    more = ",thừa" if number in MORE else ""
    return f"H{number:06d},Xã Mẫu (mô phỏng),{field},{received},09/02/2024,Đang xử lý{more}\n"


@pytest.mark.parametrize("again", [False, True])
def test_many_rows_stay_in_order_under_their_numbers(tmp_path, again):
    """The file is read in parallel, and (``again``) sorted because a code stands twice."""
    rows = [line(number) for number in range(1, ROWS + 1)] + [line(5)] * again
    path, key = tmp_path / "a.csv", tmp_path / "key"
    path.write_text(HEADER + "".join(rows), encoding="utf-8")
    key.write_text("k" * 64)
    reading = read_dossiers(path, key=key)
    refused = reading.refused[["row", "column"]].itertuples(index=False, name=None)
    assert list(refused) == sorted(  # row 1 is the header
        [(number + 1, "field") for number in TELEPHONE]
        + [(number + 1, "received_at") for number in NO_DATE]
        + [(number + 1, "") for number in MORE]
    )
    assert reading.summary["set_aside_as"] == {"total_line": 1}
    short = hashlib.sha256(b"k" * 64).hexdigest()[:32]
    gone = {*TELEPHONE, *NO_DATE, *MORE, *TOTAL}
    numbers = [number for number in range(1, ROWS + 1) if number not in gone] + [5] * again
    expected = [
        hashlib.sha256(f"{short}H{number:06d}".encode()).hexdigest()[:24] for number in numbers
    ]
    assert reading.dossiers["dossier_id"].tolist() == expected
