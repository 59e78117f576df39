"""Units that exports name oddly: with those above them, in no list, misspelt, or read twice."""

import json
from datetime import date
from types import SimpleNamespace

import pandas as pd
import pytest

from cchc_analysis import gazetteer
from cchc_analysis.cli import main
from cchc_analysis.columns import InputError
from cchc_analysis.sources.dossiers import read_dossiers
from cchc_analysis.sources.folder import load_unit, load_units, units_with_data
from cchc_analysis.sources.forms import read_forms

HEAD = "Mã hồ sơ,Lĩnh vực,Đơn vị giải quyết,Ngày tiếp nhận,Ngày hẹn trả,Ngày có kết quả,Trạng thái"
OFFICE, BRANCH = "Phòng Tài nguyên và Môi trường", "Chi nhánh VPĐKĐĐ Cần Giuộc"
NAMES = (
    OFFICE, "UBND xã Long An", "UBND xã Long An - huyện Cần Giuộc", "UBND huyện Cần Giuộc",
    "UBND X. Long An", BRANCH,
)  # fmt: skip
DISTRICT, COMMUNE = "vn63-807", "vn63-28198"
JANUARY = ("--from", "2024-01-01", "--to", "2024-01-31")


@pytest.fixture
def office(tmp_path):
    """Write an export of some units, one dossier each, and read it into a folder of its own."""

    def read(folder, names=NAMES, *, unit=None, first=1):
        lines = [
            f"A-{number},Đất đai,{name},02/01/2024,09/01/2024,08/01/2024,Đã trả kết quả"
            for number, name in enumerate(names, first)
        ]
        export = tmp_path / f"{folder}.csv"
        export.write_text("\n".join([HEAD, *lines]), encoding="utf-8")
        out = tmp_path / "data" / folder
        return read_dossiers(export, unit=unit, out=out, key=tmp_path / "key")

    return SimpleNamespace(read=read, data=tmp_path / "data")


def held(unit, data):
    return load_unit(unit, data).dossiers["unit_id"].value_counts().to_dict()


# ---------------------------------------------------------------- names with those above them


@pytest.mark.parametrize(
    ("name", "unit_id"),
    [
        ("UBND xã Long An - huyện Cần Giuộc", COMMUNE),
        ("xã Long An, huyện Cần Giuộc", COMMUNE),
        ("Xã Long An, Cần Giuộc, Long An", COMMUNE),
        ("UBND X. Long An (H. Cần Giuộc)", COMMUNE),
        ("UBND phường Phú Trinh TP Phan Thiết", "vn63-22930"),
        ("UBND thị trấn Liên Hương - Huyện Tuy Phong - Tỉnh Bình Thuận", "vn63-22969"),
        ("TP Vũng Tàu, tỉnh Bà Rịa - Vũng Tàu", "vn63-747"),
        ("Phường 1 - Q. Gò Vấp - TP.HCM", "vn63-26890"),
    ],
)
def test_a_name_with_those_above_it(name, unit_id):
    for on in (None, date(2024, 1, 2)):
        assert gazetteer.find_unit(name, on=on) == unit_id
    assert gazetteer.units_called(name, on=date(2026, 1, 2)) == []  # none of them exists any more
    assert gazetteer.find_unit(name, units=gazetteer.units()) == unit_id


@pytest.mark.parametrize(
    "name",
    [
        "Xã Long An, huyện Bến Lức",  # there is none
        "Phòng Tư pháp huyện Cần Giuộc",  # an office of the district is not the district
        "Hà Nội, " * 30,
        " - , ",
    ],
)
def test_no_unit_where_name_and_unit_above_do_not_fit(name):
    assert gazetteer.units_called(name) == []


def test_an_ambiguous_name_tells_how_to_write_it():
    with pytest.raises(InputError, match="write its unit_id, or its full name with the unit above"):
        gazetteer.find_unit("Xã Tân Lập")
    with pytest.raises(InputError, match=r"nearest: vn63-28198 \(Xã Long An"):
        gazetteer.find_unit("xã Long Ann, huyện Cần Giuộc")


# --------------------------------------------------------------------- units that no list has


def test_the_form_counts_every_dossier_of_the_export(office, tmp_path):
    summary = office.read("one", unit="Huyện Cần Giuộc").summary
    assert summary["kept"] == 6
    assert (summary["unit"], summary["unit_rows"]) == (DISTRICT, 6)
    assert summary["unknown_units"] == {BRANCH: 1, OFFICE: 1}
    assert held(DISTRICT, office.data) == {COMMUNE: 3, DISTRICT: 1, OFFICE: 1, BRANCH: 1}
    form = tmp_path / "form.xlsx"
    asked = ["form", str(office.data), "--unit", "Huyện Cần Giuộc", *JANUARY, "--out", str(form)]
    assert main(asked) == 0
    lines = read_forms(form)
    assert lines["resolved_count"].max() == 6
    # and the commune by its name with the district after it
    asked[3] = "xã Long An, huyện Cần Giuộc"
    assert main(asked) == 0
    assert read_forms(form)["resolved_count"].max() == 3


def test_a_unit_in_no_list_lies_below_the_unit_whose_export_names_it(office):
    office.read("one", unit="Huyện Cần Giuộc")
    units = load_units(office.data).set_index("unit_id")
    assert units.loc[[OFFICE, BRANCH], "parent_id"].tolist() == [DISTRICT, DISTRICT]
    assert units.loc[BRANCH, "unit_class"] == "land_registration_branch"


def test_an_export_of_an_invented_unit(office):
    invented = "Huyện Mẫu (mô phỏng)"
    summary = office.read("one", [OFFICE, OFFICE, ""], unit=invented).summary
    assert summary["unknown_units"] == {OFFICE: 2, invented: 1}
    assert summary["unit_rows"] == 3
    assert held(invented, office.data) == {OFFICE: 2, invented: 1}


def test_offices_of_the_same_name_in_two_districts_stay_apart(office):
    office.read("one", unit="Huyện Cần Giuộc")
    office.read("two", [OFFICE, OFFICE], unit="Huyện Bến Lức", first=11)
    units = load_units(office.data).set_index("unit_id")
    assert pd.isna(units.loc[OFFICE, "parent_id"])  # no one district is above it
    assert held(DISTRICT, office.data)[OFFICE] == 1
    assert held("Huyện Bến Lức", office.data) == {OFFICE: 2}
    assert held("Tỉnh Long An", office.data)[OFFICE] == 3
    assert {DISTRICT, "vn63-803"} <= set(units_with_data(office.data, load_units(office.data)))


def test_without_a_unit_a_name_in_no_list_stands_alone(office):
    summary = office.read("one").summary
    assert (summary["unit"], summary["unit_rows"]) == (None, None)
    assert summary["refused"] == 2  # five communes are called xã Long An
    assert summary["unknown_units"] == {BRANCH: 1, OFFICE: 1}
    assert OFFICE not in held(DISTRICT, office.data)


def test_a_name_without_a_word_of_an_office_is_counted_and_not_shown(office):
    """Names glued together, or in lower case, are no unit, and may be a person."""
    summary = office.read("one", ["NGUYENVANMAU", "lê thị thử", OFFICE], unit=DISTRICT).summary
    assert summary["unknown_units"] == {"(not named here)": 2, OFFICE: 1}
    assert "NGUYENVANMAU" not in str(summary)


def test_a_unit_whose_export_it_is_not(office):
    summary = office.read("one", ["UBND huyện Bến Lức"], unit="Huyện Cần Giuộc").summary
    assert summary["unit_rows"] == 0  # every row names a unit elsewhere
    assert summary["unknown_units"] == {}


def test_twenty_unknown_units_at_most_the_largest_first(office):
    names = [f"Phòng số {number}" for number in range(30)]
    unknown = office.read("one", [*names, names[7]], unit=DISTRICT).summary["unknown_units"]
    assert len(unknown) == 20
    assert next(iter(unknown.items())) == ("Phòng số 7", 2)


def test_a_summary_that_is_none(office):
    office.read("one", unit=DISTRICT)
    for text in ("{", "[]"):
        (office.data / "one" / "summary.json").write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=r"summary\.json: not the summary of a reading"):
            load_unit(DISTRICT, office.data)
    # an earlier reading did not tell whose exports it read
    (office.data / "one" / "summary.json").write_text(json.dumps({"read": 6}), encoding="utf-8")
    assert OFFICE not in held(DISTRICT, office.data)


# ---------------------------------------------------------------------------- misspelt units


def test_a_misspelt_unit_is_refused_with_the_nearest(office):
    with pytest.raises(InputError, match=r"'Huyện Cần Giuộcc' is .*vn63-807 \(Huyện Cần Giuộc\)"):
        office.read("one", unit="Huyện Cần Giuộcc")
    with pytest.raises(InputError, match=r"vn63-28198 \(Xã Long An\)"):
        office.read("one", unit="xã Long Ann, huyện Cần Giuộc")
    assert not office.data.exists()


@pytest.mark.parametrize(
    "unit",
    [
        "Sở Tài chính", "Phòng Tư pháp", "Huyện Cần Giuộcc (mô phỏng)",
        "Xã Tân Kim cũ, huyện Cần Giuộc",  # nothing below the district is called nearly so
    ],
)  # fmt: skip
def test_a_unit_in_no_list_is_taken(office, unit):
    assert office.read("one", ["", ""], unit=unit).summary["unit_rows"] == 2
    assert held(unit, office.data) == {unit: 2}


# ---------------------------------------------------------------------- exports read one by one


def test_dossiers_that_two_readings_share_are_refused(office):
    office.read("jan", unit=DISTRICT)
    office.read("feb", [*NAMES[2:], OFFICE, OFFICE], unit=DISTRICT, first=3)
    same = r"feb.dossiers\.parquet and .*jan.dossiers\.parquet share 4 dossiers of the same units"
    with pytest.raises(InputError, match=same):
        load_unit(DISTRICT, office.data)
    with pytest.raises(InputError, match="share 2 dossiers"):
        load_unit("xã Long An, huyện Cần Giuộc", office.data)


def test_readings_of_other_units_may_share_codes(office):
    office.read("one", unit=DISTRICT)
    office.read("two", ["UBND huyện Bến Lức"], unit="Huyện Bến Lức")
    assert sum(held("Tỉnh Long An", office.data).values()) == 7
