"""Personal data: what is never let in, refused where it hides in a text, and the key."""

import json
import stat

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook
from small_export import HEADER, MARKERS, one, row, write, write_book

from cchc_analysis.columns import InputError
from cchc_analysis.sources.dossiers import read_dossiers
from cchc_analysis.sources.privacy import personal_data


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    return folder


def test_no_personal_data_in_anything_written(tmp_path):
    rows = [row(1), row(2, code=""), row(3, due="")]
    out = tmp_path / "out"
    for name, path in (
        ("csv", write(tmp_path / "a.csv", rows, titles=["BÁO CÁO"])),
        ("xlsx", write_book(tmp_path / "a.xlsx",
                            [HEADER, *[[r[h] for h in HEADER] for r in rows]])),
    ):  # fmt: skip
        assert all(m in path.read_bytes() for m in MARKERS) or name == "xlsx"
        reading = read_dossiers(path, out=out / name)
        assert reading.summary["kept"] == 2
    written = [path for path in out.rglob("*") if path.is_file()]
    assert sorted({p.name for p in written}) == [
        "changes.csv", "dossiers.parquet", "refused.csv", "summary.json",
    ]  # fmt: skip
    codes = [f"240102-000{i}".encode() for i in (1, 2, 3)]
    for path in written:
        plain = path.read_bytes()
        if path.suffix == ".parquet":  # pages are compressed: look at the values as well
            plain += pd.read_parquet(path).to_csv().encode()
        assert not [word for word in (*MARKERS, *codes) if word in plain], path


def test_the_key_decides_the_hash(tmp_path):
    path = write(tmp_path / "a.csv", [row(1), row(2)])
    for name, secret in (("one", "a" * 64), ("two", "b" * 64)):
        (tmp_path / name).write_text(secret, encoding="ascii")
    ids = [
        read_dossiers(path, key=tmp_path / name).dossiers["dossier_id"].tolist()
        for name in ("one", "one", "two")
    ]
    assert ids[0] == ids[1]
    assert not set(ids[0]) & set(ids[2])
    assert len(set(ids[0])) == 2
    # not the bare hash of the code, which anyone could try out
    import hashlib

    assert hashlib.sha256(b"H00.01-240102-0001").hexdigest()[:24] not in ids[0]


def test_the_key_is_made_once_for_its_owner_alone(tmp_path, home):
    path = write(tmp_path / "a.csv", [row()])
    first = one(read_dossiers(path))["dossier_id"]
    (key,) = [p for p in home.rglob("*") if p.is_file()]
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(key.read_text(encoding="ascii").strip()) >= 32
    assert one(read_dossiers(path))["dossier_id"] == first


@pytest.mark.parametrize(
    ("held", "said"), [(None, "not a key"), ("ệ", "not a key"), (" ", "empty")]
)
def test_what_is_no_key_is_refused_by_name(tmp_path, held, said):
    path, key = write(tmp_path / "a.csv", [row()]), tmp_path / "secret"
    key.mkdir() if held is None else key.write_text(held, encoding="utf-8")
    with pytest.raises(InputError, match=rf"secret: .*{said}"):
        read_dossiers(path, key=key)


def test_what_is_written_is_what_is_returned(tmp_path):
    out = tmp_path / "out"
    reading = read_dossiers(write(tmp_path / "a.csv", [row(1), row(2, code="")]), out=out)
    assert json.loads((out / "summary.json").read_text(encoding="utf-8")) == reading.summary
    assert reading.path == out / "dossiers.parquet"


ID, PHONE, MAIL = (f"looks like {kind}" for kind in
                   ("an ID number", "a phone number", "an e-mail address"))  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Cấp cho 079099123456", ID), ("012 345 678 901", ID), ("CMND 271234567", ID),
        ("CCCD079099123456", ID), ("012.345.678.901", ID), ("Số 5 0912345678", PHONE),
        ("ĐT: 0987.654.321", PHONE), ("+84 987 654 321", PHONE), ("(024) 3825 1234", PHONE),
        ("0912345678-0987654321", PHONE), ("0912.345.678/0987.654.321", PHONE),
        ("0912 345 678 / 0987 654 321", PHONE), ("079099123456-012345678901", ID),
        ("09123\u200b45678", PHONE), ("0912\u00ad345\u00ad678", PHONE), ("079099\u200b123456", ID),
        ("0912-345-678", PHONE), ("SĐT0912345678", PHONE), ("liên hệ a.b@mail.vn", MAIL),
        ("chữ " * 300, "longer than 1000 characters"),
    ],
)  # fmt: skip
def test_what_looks_like_personal_data(text, kind):
    assert personal_data(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "00352112000539", "000.00.04.G18-220914-0011", "000.00.04.G18-090914-0011",
        "H21.65-220914-0011", "G09.20-20260609-0092637", "1.005129", "2.000815.000.00.00.H38",
        "T-BTH-123456-TT", "Nghị định 118/2025/NĐ-CP", "02-12-2024 08",
        "00352112000539-01", "từ 01/01/2024-31/12/2024", "QĐ 1234-2024/QĐ-UBND",
        "vay 500.000.000 đồng", "Đăng ký biến động 01/01/2024", "Mức độ 4", "",
    ],
)  # fmt: skip
def test_codes_dates_and_money_are_not_personal_data(text):
    assert personal_data(text) is None


@pytest.mark.parametrize(
    ("key", "column"),
    [("field", "field"), ("unit", "unit_id"), ("status", "status"), ("channel", "channel")],
)
def test_a_text_with_personal_data_refuses_its_row_and_is_never_shown(tmp_path, key, column):
    rows = [row(1), row(2, **{key: "Ông 0912345678"}), row(3)]
    reading = read_dossiers(write(tmp_path / "a.csv", rows), out=tmp_path / "out")
    [refused] = reading.refused.to_dict("records")
    assert (refused["row"], refused["column"], refused["reason"]) == (3, column, PHONE)
    for path in (tmp_path / "out").iterdir():
        assert b"0912345678" not in path.read_bytes()
    assert "0912345678" not in reading.dossiers.to_csv()
    assert reading.summary["kept"] == 2


def test_a_unit_or_person_column_is_taken_only_where_it_is_a_known_unit(tmp_path):
    header = [h if h != "Đơn vị giải quyết" else "Đơn vị/ cá nhân giải quyết" for h in HEADER]
    rows = [row(1, unit="Thành phố Huế"), row(2, unit="MARKERPERSON Văn A")]
    path = write(tmp_path / "a.csv", rows, header=header)
    reading = read_dossiers(path, out=tmp_path / "out", unit="Xã Mẫu (mô phỏng)")
    assert reading.dossiers["unit_id"].tolist() == ["vn63-46", "Xã Mẫu (mô phỏng)"]
    for written in (tmp_path / "out").iterdir():
        assert b"MARKERPERSON" not in written.read_bytes()


def test_the_list_of_codes_is_for_the_desk_alone(tmp_path):
    path = write(tmp_path / "a.csv", [row(1, code="=1+1"), row(2)])
    place = tmp_path / "desk" / "lookup.xlsx"
    reading = read_dossiers(path, out=tmp_path / "out", lookup=place)
    book = CalamineWorkbook.from_path(str(place))
    note, page = (book.get_sheet_by_index(i).to_python() for i in (0, 1))
    assert "dữ liệu cá nhân" in note[0][0]
    assert dict(page[1:]).keys() == {"=1+1", "H00.01-240102-0002"}
    assert set(dict(page[1:]).values()) == set(reading.dossiers["dossier_id"])
    assert stat.S_IMODE(place.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["key", "lookup"])
def test_neither_key_nor_list_of_codes_may_lie_in_the_output(tmp_path, name):
    path = write(tmp_path / "a.csv", [row()])
    with pytest.raises(InputError, match="outside the output folder"):
        read_dossiers(path, out=tmp_path / "out", **{name: tmp_path / "out" / "a" / "x.xlsx"})
    assert not (tmp_path / "out").exists()
