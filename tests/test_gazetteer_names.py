"""Every unit of both eras is found by its own names, and no name is guessed at.

The lists themselves are checked against counts printed in the press and in Resolution
202/2025/QH15, and against the statistics office's lists where those are at hand.
"""

import itertools
import re
import time
import unicodedata
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cchc_analysis import gazetteer
from cchc_analysis.columns import InputError
from cchc_analysis.gazetteer.spelling import without_prefix

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "vn_gazetteer"
ERAS = {"vn63": date(2025, 6, 30), "vn34": date(2026, 10, 1)}


@pytest.fixture(scope="module")
def table():
    known = gazetteer.units()
    return known.assign(on=known["unit_id"].str[:4].map(ERAS))


@pytest.fixture(scope="module")
def below(table):
    """All units but the country."""
    return table[table["unit_class"] != "country"]


def wrongly_found(rows, names):
    """Rows whose name, with parent and date, does not lead to themselves."""
    return [
        (row.unit_id, name)
        for row, name in zip(rows.itertuples(), names, strict=True)
        if gazetteer.units_called(name, parent_id=row.parent_id, on=row.on) != [row.unit_id]
    ]


# ------------------------------------------------------------------------ every name of both eras


def test_every_full_name_leads_to_its_own_unit_given_parent_and_date(below):
    assert len(below) == 63 + 696 + 10_035 + 34 + 3_321
    assert wrongly_found(below, below["full_name"]) == []
    assert wrongly_found(below, below["full_name"].str.upper()) == []
    assert wrongly_found(below, [unicodedata.normalize("NFD", n) for n in below["full_name"]]) == []


def test_the_province_is_enough_for_an_old_commune_unless_two_districts_have_the_name(table):
    communes = table[table["unit_id"].str.fullmatch(r"vn63-\d{5}")]
    parents = table.set_index("unit_id")["parent_id"]
    province = communes["parent_id"].map(parents)
    keys = communes["full_name"].map(gazetteer.fold)
    repeated = pd.Series(list(zip(province, keys, strict=True)), index=communes.index).duplicated(
        keep=False
    )
    assert 0 < repeated.sum() < 2_000
    alone = communes.assign(parent_id=province)[~repeated]
    assert wrongly_found(alone, alone["full_name"]) == []
    twice = communes.assign(parent_id=province)[repeated].iloc[0]
    with pytest.raises(
        InputError, match=r"may be any of: .*parent vn63-\d{3} .*parent vn63-\d{3} "
    ):
        gazetteer.find_unit(twice["full_name"], parent_id=twice["parent_id"], on=twice["on"])


def test_a_bare_name_is_enough_unless_two_units_below_one_parent_have_it(below):
    bare = below["name"].map(gazetteer.fold)
    pairs = pd.Series(list(zip(below["parent_id"], bare, strict=True)), index=below.index)
    # a province of two eras stands below the country twice; the day tells them apart
    repeated = pairs.duplicated(keep=False) & (below["unit_class"] != "province")
    alone = below[~repeated]
    assert len(alone) > 13_000
    # a name may be the bare name of one unit and the full name of another: Phường Đúc
    assert wrongly_found(alone, alone["name"]) == []
    for row in below[repeated].itertuples():
        assert row.unit_id in gazetteer.units_called(row.name, parent_id=row.parent_id, on=row.on)


def test_abbreviated_prefixes_lead_to_the_same_unit(below):
    short = {"Thành phố": "TP.", "Thị xã": "TX.", "Thị trấn": "TT.", "Huyện": "H.", "Quận": "Q.",
             "Xã": "X.", "Phường": "P."}  # fmt: skip
    for prefix, written in short.items():
        rows = below[below["full_name"].str.startswith(f"{prefix} ")].iloc[::7]
        assert len(rows) > 3
        names = rows["full_name"].str.replace(f"{prefix} ", f"{written} ", n=1)
        assert wrongly_found(rows, names) == [], prefix
        assert wrongly_found(rows, names.str.replace(f"{written} ", written, n=1)) == [], prefix


@pytest.mark.parametrize(
    "name, parent_id, expected",
    [
        ("Phường 01", "vn63-774", "Phường 1"),  # Quận 5
        ("P1", "vn63-774", "Phường 1"),
        ("P.01", "vn63-774", "Phường 1"),
        ("Q1", "vn63-79", "Quận 1"),
        ("Q.01", "vn63-79", "Quận 1"),
        ("thành phố Thủ Đức", "vn63-79", "Thành phố Thủ Đức"),
        ("UBND X. Cao Phong", "vn34-25", "Xã Cao Phong"),
        ("Uỷ ban nhân dân xã Cao Phong", "vn34-25", "Xã Cao Phong"),
        ("Trung tâm Phục vụ hành chính công xã Cao Phong", "vn34-25", "Xã Cao Phong"),
        ("xa cao phong", "vn34-25", "Xã Cao Phong"),
        ("TT NT Liên Sơn", "vn63-15", "Thị trấn Nông trường Liên Sơn"),  # the office's spelling
    ],
)
def test_names_as_people_type_them(name, parent_id, expected):
    on = ERAS[parent_id[:4]]
    found = gazetteer.find_unit(name, parent_id=parent_id, on=on)
    assert gazetteer.full_name(found) == expected


def test_the_centre_of_a_province_is_not_the_province():
    assert gazetteer.units_called("Trung tâm Phục vụ hành chính công tỉnh Bến Tre") == []


# --------------------------------------------------------- codes used twice, tone marks, spellings


def test_the_seven_reused_codes_name_another_unit_in_each_era():
    names = {
        "15": ("Yên Bái", "Lào Cai"), "24": ("Bắc Giang", "Bắc Ninh"),
        "44": ("Quảng Bình", "Quảng Trị"), "52": ("Bình Định", "Gia Lai"),
        "80": ("Long An", "Tây Ninh"), "82": ("Tiền Giang", "Đồng Tháp"),
        "91": ("Kiên Giang", "An Giang"),
    }  # fmt: skip
    for code, (before, after) in names.items():
        assert gazetteer.full_name(f"vn63-{code}") == f"Tỉnh {before}"
        assert without_prefix(gazetteer.full_name(f"vn34-{code}")) == after
        for era, name in (("vn63", before), ("vn34", after)):
            found = gazetteer.find_unit(name, unit_class="province", on=ERAS[era])
            assert found == f"{era}-{code}"


def other_placement(name):
    """The name with the tone mark of oa, oe, uy on the other vowel (Hòa, Hoà)."""
    marks = unicodedata.normalize("NFD", name)
    tone = "([\u0300\u0301\u0303\u0309\u0323])"
    moved = re.sub(
        rf"(?i)(o(?={tone}[ae])|(?<!q)u(?={tone}y)){tone}([aey])(?!\w)", r"\1\5\4", marks
    )
    return unicodedata.normalize("NFC", moved)


def test_a_tone_mark_on_the_other_vowel_is_the_same_name(below):
    assert other_placement("Xã Hòa Bình") == "Xã Hoà Bình"
    assert other_placement("Phường Thủy Xuân") == "Phường Thuỷ Xuân"
    others = below["full_name"].map(other_placement)
    varying = below[others != below["full_name"]]
    # 200 communes since 1 July 2025 are written both ways in the lists in circulation
    now = varying[(varying["unit_class"] == "commune") & varying["end_on"].isna()]
    assert 180 <= len(now) <= 200
    assert len(varying) > 600
    assert wrongly_found(varying, others[varying.index]) == []


def test_the_offices_other_spellings_are_read(table):
    others = pd.read_csv(Path(gazetteer.__file__).parents[1] / "reference" / "spellings.csv")
    rows = table.set_index("unit_id").loc[others["unit_id"]].reset_index()
    assert len(rows) == 158
    assert wrongly_found(rows, others["full_name"]) == []


def test_ten_communes_of_dong_nai_became_wards(table):
    communes = table[table["unit_id"].str.fullmatch(r"vn34-\d{5}")]
    for day, expected in (
        (date(2025, 7, 1), {"Xã": 2_621, "Phường": 687, "Đặc": 13}),
        (date(2026, 7, 25), {"Xã": 2_611, "Phường": 697, "Đặc": 13}),
    ):
        renamed = {
            unit_id: gazetteer.full_name(unit_id, day)
            for unit_id in communes.loc[communes["parent_id"] == "vn34-75", "unit_id"]
        }
        names = communes["unit_id"].map(renamed).fillna(communes["full_name"])
        assert names.str.split().str[0].value_counts().to_dict() == expected
    found = [
        gazetteer.find_unit(name, parent_id="vn34-75", on=on)
        for name, on in (("Xã Long Thành", date(2026, 4, 29)), ("P. Long Thành", date(2026, 4, 30)))
    ]
    assert found == ["vn34-26368"] * 2
    with pytest.raises(
        InputError, match=r"was called 'Xã Long Thành' on 2026-04-30; known: vn34-26"
    ):
        gazetteer.find_unit("Xã Long Thành", parent_id="vn34-75", on=date(2026, 4, 30))


# -------------------------------------------------------------------------------- what is refused


def test_a_name_in_use_at_several_levels_or_places_is_refused_with_candidates():
    with pytest.raises(InputError, match=r"'Phú Thọ' may be any of: vn34-25 .*and \d+ more;"):
        gazetteer.find_unit("Phú Thọ")
    with pytest.raises(InputError) as refused:
        gazetteer.find_unit("Xã Tân Lập", on=date(2024, 1, 1))
    assert str(refused.value).count("(Xã Tân Lập, parent") == 8
    total = len(gazetteer.units_called("Xã Tân Lập", on=date(2024, 1, 1)))
    assert f"and {total - 8} more" in str(refused.value)
    assert gazetteer.find_unit("Phú Thọ", unit_class="province") == "vn34-25"


def test_without_marks_only_where_one_name_can_be_meant():
    assert gazetteer.find_unit("Lam Dong") == "vn34-68"
    assert gazetteer.find_unit("tinh ha giang") == "vn63-02"
    # Xã Tân An and Xã Tân Ân; Tân Ân and Tân An are both typed Tan An
    several = gazetteer.units_called("xa tan an", on=ERAS["vn63"])
    assert {gazetteer.full_name(i) for i in several} >= {"Xã Tân An", "Xã Tân Ân"}
    with pytest.raises(InputError, match="'xa tan an' may be any of"):
        gazetteer.find_unit("xa tan an", on=ERAS["vn63"])
    assert gazetteer.units_called("Lâm Dông") == []  # some marks are there, so the others are meant


def test_a_message_names_the_parent_searched():
    with pytest.raises(InputError, match="below vn34-25 Tỉnh Phú Thọ is called 'Xã Cao Phonh'"):
        gazetteer.find_unit("Xã Cao Phonh", parent_id="vn34-25")


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=40))
def test_any_text_is_found_or_refused_in_one_line(name):
    try:
        assert gazetteer.find_unit(name) in set(gazetteer.units()["unit_id"])
    except InputError as refused:
        assert len(str(refused).splitlines()) <= 1 + len(name.splitlines())


# ------------------------------------------------------------------------------ given tables, time


def test_a_given_table_is_searched_as_it_stands_now(table):
    given = table[table["unit_class"] == "province"].copy()
    assert gazetteer.units_called("Xã Cao Phong", units=given) == []
    assert gazetteer.find_unit("Tỉnh Lâm Đồng", units=given) == "vn34-68"
    given.loc[given["unit_id"] == "vn34-68", ["name", "full_name"]] = ["Mẫu", "Tỉnh Mẫu"]
    assert gazetteer.find_unit("Tỉnh Mẫu", units=given) == "vn34-68"
    assert gazetteer.find_unit("tinh mau", units=given) == "vn34-68"
    assert gazetteer.units_called("Tỉnh Lâm Đồng", units=given, on=ERAS["vn34"]) == []


def test_a_table_given_whole_is_searched_like_the_reference(table):
    rows = table.iloc[5::1_500]
    for row in rows.itertuples():
        for parent_id, on in itertools.product((None, row.parent_id), (None, row.on)):
            search = {"parent_id": parent_id, "on": on}
            expected = gazetteer.units_called(row.full_name, **search)
            assert gazetteer.units_called(row.full_name, units=table, **search) == expected


def test_a_thousand_names_take_less_than_a_second(below):
    rows = below.iloc[::14].head(1_000)
    gazetteer.find_unit("Lâm Đồng")
    start = time.process_time()
    assert wrongly_found(rows, rows["full_name"]) == []
    assert time.process_time() - start < 1


# -------------------------------------------------------------------------- against public lists


@pytest.mark.skipif(not SHARED.exists(), reason="the public lists of units are not at hand")
def test_against_the_public_lists_of_districts_and_communes(table):
    known = table.set_index("unit_id")
    old = pd.read_csv(SHARED / "communes_old_10035.csv", dtype="str")
    new = pd.read_csv(SHARED / "communes_new_3321.csv", dtype="str")
    districts = pd.read_csv(SHARED / "districts.csv", dtype="str")
    for era, listed, name, above in (
        ("vn63", districts, "full_name", "province_code"),
        ("vn63", old, "full_name", "district_code"),
        ("vn34", new, "full_name_2026_07_25", "province_code"),
    ):
        rows = known.loc[f"{era}-" + listed["code"]]
        assert (rows["parent_id"].to_numpy() == (f"{era}-" + listed[above]).to_numpy()).all()
        assert wrongly_found(rows.reset_index(), listed[name]) == []
    assert known.loc["vn34-06970", "full_name"] == "Xã Ba Chẽ"  # 06978 in one public list
    assert known.loc["vn63-27691", "parent_id"] == "vn63-794"  # filed under Tiền Giang in another
    assert len(known) == 1 + 63 + len(districts) + len(old) + 34 + len(new)


def test_a_day_is_read_in_one_way_and_to_its_end():
    names = {"on": datetime(2025, 6, 30, 14)}  # its last day, in the afternoon
    assert gazetteer.find_unit("Tỉnh Phú Thọ", **names) == "vn63-25"
    assert gazetteer.full_name("vn34-22", datetime(2026, 8, 31, 14)) == "Tỉnh Quảng Ninh"
    with pytest.raises(InputError, match="found '06/07/2025', expected a day such as"):
        gazetteer.find_unit("Tỉnh Phú Thọ", on="06/07/2025")  # 6 July, not 7 June
    for nothing in (None, float("nan"), 3):
        with pytest.raises(InputError, match="expected the name of a unit"):
            gazetteer.find_unit(nothing)


@pytest.mark.parametrize("name", ["P.05 Q.3", "P.5 Q3", "Phường 5 Q.3 TP.HCM", "P. 5 Q. 3"])
def test_a_short_district_may_follow_without_a_comma(name):
    assert gazetteer.find_unit(name, on=ERAS["vn63"]) == "vn63-27151"


@pytest.mark.parametrize("short", ["TT PVHCC", "TTPVHCC", "TT. PVHCC", "TT HCC"])
def test_the_short_name_of_a_service_centre_is_no_thi_tran(short):
    assert gazetteer.unit_class_of(f"{short} tỉnh Long An") == "service_centre"
    assert gazetteer.find_unit(f"{short} xã Cao Phong") == "vn34-05089"
    assert gazetteer.unit_class_of("TT. Củ Chi") == "commune"
