"""Expected values: the list of mergers of Resolution 202/2025/QH15, typed here by hand."""

import unicodedata
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cchc_analysis import gazetteer
from cchc_analysis.columns import UNITS, InputError, check

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "vn_gazetteer"

UNCHANGED = (
    "Hà Nội", "Huế", "Lai Châu", "Điện Biên", "Sơn La", "Lạng Sơn", "Quảng Ninh", "Thanh Hóa",
    "Nghệ An", "Hà Tĩnh", "Cao Bằng",
)  # fmt: skip
MERGED = {
    "Tuyên Quang": ("Tuyên Quang", "Hà Giang"),
    "Lào Cai": ("Lào Cai", "Yên Bái"),
    "Thái Nguyên": ("Thái Nguyên", "Bắc Kạn"),
    "Phú Thọ": ("Phú Thọ", "Vĩnh Phúc", "Hòa Bình"),
    "Bắc Ninh": ("Bắc Ninh", "Bắc Giang"),
    "Hưng Yên": ("Hưng Yên", "Thái Bình"),
    "Hải Phòng": ("Hải Phòng", "Hải Dương"),
    "Ninh Bình": ("Ninh Bình", "Hà Nam", "Nam Định"),
    "Quảng Trị": ("Quảng Trị", "Quảng Bình"),
    "Đà Nẵng": ("Đà Nẵng", "Quảng Nam"),
    "Quảng Ngãi": ("Quảng Ngãi", "Kon Tum"),
    "Gia Lai": ("Gia Lai", "Bình Định"),
    "Khánh Hòa": ("Khánh Hòa", "Ninh Thuận"),
    "Lâm Đồng": ("Lâm Đồng", "Đắk Nông", "Bình Thuận"),
    "Đắk Lắk": ("Đắk Lắk", "Phú Yên"),
    "Hồ Chí Minh": ("Hồ Chí Minh", "Bà Rịa - Vũng Tàu", "Bình Dương"),
    "Đồng Nai": ("Đồng Nai", "Bình Phước"),
    "Tây Ninh": ("Tây Ninh", "Long An"),
    "Cần Thơ": ("Cần Thơ", "Sóc Trăng", "Hậu Giang"),
    "Vĩnh Long": ("Vĩnh Long", "Bến Tre", "Trà Vinh"),
    "Đồng Tháp": ("Đồng Tháp", "Tiền Giang"),
    "Cà Mau": ("Cà Mau", "Bạc Liêu"),
    "An Giang": ("An Giang", "Kiên Giang"),
}
REUSED = {
    "15": ("Yên Bái", "Lào Cai"),
    "24": ("Bắc Giang", "Bắc Ninh"),
    "44": ("Quảng Bình", "Quảng Trị"),
    "52": ("Bình Định", "Gia Lai"),
    "80": ("Long An", "Tây Ninh"),
    "82": ("Tiền Giang", "Đồng Tháp"),
    "91": ("Kiên Giang", "An Giang"),
}


@pytest.fixture
def table():
    return gazetteer.units()


def own_units(*rows, table=None):
    """The reference table with (unit_id, name, full_name, class, parent) rows added."""
    names = ["unit_id", "name", "full_name", "unit_class", "parent_id"]
    known = gazetteer.units() if table is None else table
    return check(pd.concat([known, pd.DataFrame(rows, columns=names)], ignore_index=True), UNITS)


def upper_units():
    """Country and provinces."""
    known = gazetteer.units()
    return known[known["unit_class"].isin(["country", "province"])]


def test_counts_of_units(table):
    provinces = table[table["unit_class"] == "province"]
    assert provinces["end_on"].notna().sum() == 63
    assert provinces["end_on"].isna().sum() == 34
    assert table["unit_id"].is_unique
    sizes = provinces["successor_id"].value_counts()
    assert [(sizes == size).sum() for size in (1, 2, 3)] == [11, 17, 6]
    lower = table.groupby(["unit_class", table["end_on"].notna()]).size()
    assert lower["district"].to_dict() == {True: 696}
    assert lower["commune"].to_dict() == {True: 10_035, False: 3_321}


def test_every_row_has_a_source_and_normal_text(table):
    assert table["source"].str.len().gt(0).all()
    for text in table[["name", "full_name", "source"]].to_numpy().ravel():
        assert unicodedata.is_normalized("NFC", text)
        assert "  " not in text


def test_links_lead_somewhere(table):
    ids = set(table["unit_id"])
    assert set(table["parent_id"].dropna()) <= ids
    assert set(table["successor_id"].dropna()) <= ids
    provinces = table["unit_id"].str.fullmatch(r"vn34-\d\d")
    assert table.loc[provinces, "agency_code"].is_unique


@pytest.mark.parametrize("new, old", [*MERGED.items(), *((n, (n,)) for n in UNCHANGED)])
def test_mergers(table, new, old):
    names = table.set_index("unit_id")["name"]
    new_id = gazetteer.find_unit(new, on=date(2025, 7, 1), unit_class="province")
    assert {names[i] for i in gazetteer.predecessors(new_id)} == set(old)


@pytest.mark.parametrize("code, names", REUSED.items())
def test_reused_codes_name_another_province(code, names):
    before, after = names
    old, new = f"Tỉnh {before}", f"Tỉnh {after}"
    assert gazetteer.find_unit(old, on=date(2025, 6, 30)) == f"vn63-{code}"
    assert gazetteer.find_unit(new, on=date(2025, 7, 1)) == f"vn34-{code}"
    assert gazetteer.find_unit(old) == f"vn63-{code}"
    assert gazetteer.find_unit(new, on=date(2025, 6, 30)) != f"vn63-{code}"


def test_only_seven_codes_are_reused(table):
    provinces = table[table["unit_class"] == "province"]
    old = provinces[provinces["end_on"].notna()].set_index("code")["name"]
    new = provinces[provinces["end_on"].isna()].set_index("code")["name"]
    both = old.index.intersection(new.index)
    assert set(both[(old[both] != new[both]).to_numpy()]) == set(REUSED)


def test_units_gives_a_copy(table):
    table.loc[:, "name"] = "x"
    assert "x" not in set(gazetteer.units()["name"])


@pytest.mark.parametrize(
    "one, other",
    [
        ("Hòa Bình", "HOÀ BÌNH"),
        ("Thuỷ", "thủy"),
        ("Bà Rịa - Vũng Tàu", "Bà Rịa–Vũng  Tàu"),
        ("Hà Nội", "Hà\u00a0Nội"),
        ("Hà Nội", "Hà\u200b Nội"),
        ("Đồng Nai", "\u00d0ồng Nai"),
        ("Đồng Nai", "Dồng Nai"),
        ("Quý", unicodedata.normalize("NFD", "Qúy")),
        ("Sở Văn hóa, Thể thao và Du lịch", "Sở văn hoá thể thao và du lịch"),
    ],
)
def test_fold_forgives(one, other):
    assert gazetteer.fold(one) == gazetteer.fold(other)


@pytest.mark.parametrize(
    "one, other",
    [("Hà Giang", "Hạ Giang"), ("Tân An", "Tấn An"), ("Cao Lân", "Cao Lan"), ("Quận 1", "1")],
)
def test_fold_keeps_apart(one, other):
    assert gazetteer.fold(one) != gazetteer.fold(other)


VIETNAMESE = st.text(
    "aàảãáạăằẳẵắặâầẩẫấậđeêềểễếệioôồổỗốộơờởỡớợuưừửữứựyỳỷỹýỵbcdghNTKÀĐ -.,", max_size=30
)


@settings(deadline=None)
@given(VIETNAMESE)
def test_fold_is_stable_and_ignores_the_unicode_form(text):
    once = gazetteer.fold(text)
    assert gazetteer.fold(once) == once
    assert gazetteer.fold(unicodedata.normalize("NFD", text)) == once


def test_fold_keeps_real_provinces_apart(table):
    old = table[table["unit_id"].str.fullmatch(r"vn63-\d\d")]
    assert old["name"].map(gazetteer.fold).nunique() == 63


@pytest.mark.parametrize(
    "name, on, expected",
    [
        ("vn63-02", None, "vn63-02"),
        ("Lâm Đồng", None, "vn34-68"),
        ("UBND tỉnh Phú Thọ", date(2025, 6, 30), "vn63-25"),
        ("Tỉnh Bình Thuận", None, "vn63-60"),
        ("TP. Hồ Chí Minh", None, "vn34-79"),
        ("TP.HCM", date(2020, 1, 1), "vn63-79"),
        ("Huyện Cần Giuộc", None, "vn63-807"),
        ("huyện cẩm xuyên", date(2018, 1, 1), "vn63-446"),
        ("Thừa Thiên Huế", None, "vn63-46"),
        ("Thành phố Huế", None, "vn34-46"),
        ("Thành phố Huế", date(2025, 3, 1), "vn63-46"),
        ("tỉnh Đồng Nai", None, "vn34-75"),
        ("Thành phố Đồng Nai", None, "vn34-75"),
        ("Việt Nam", date(2020, 1, 1), "vn"),
    ],
)
def test_find_unit(name, on, expected):
    assert gazetteer.find_unit(name, on=on) == expected


def test_a_district_city_is_not_read_as_its_province():
    assert gazetteer.find_unit("Thành phố Hà Tĩnh") == "vn63-436"
    with pytest.raises(InputError, match="was called 'Thành phố Hà Tĩnh' on 2025-07-01; known: vn"):
        gazetteer.find_unit("Thành phố Hà Tĩnh", on=date(2025, 7, 1))
    with pytest.raises(InputError, match=r"known: .*vn63-46"):
        gazetteer.find_unit("Thành phố Huế", on=date(2020, 1, 1))


def test_a_name_of_another_day_is_refused_with_its_dates():
    with pytest.raises(InputError, match=r"on 2025-07-01; known: vn63-02 .*to 2025-06-30"):
        gazetteer.find_unit("Tỉnh Hà Giang", on=date(2025, 7, 1))


def test_an_unknown_name_lists_the_nearest():
    with pytest.raises(InputError, match=r"nearest: .*vn34-68 \(Tỉnh Lâm Đồng"):
        gazetteer.find_unit("Lâm Dông")


def test_ambiguous_names_list_their_parents():
    extended = own_units(
        ("a", "Châu Thành", "Huyện Châu Thành", "district", "vn63-91"),
        ("b", "Châu Thành", "Huyện Châu Thành", "district", "vn63-80"),
        ("c", "Phú Thọ", "Phường Phú Thọ", "commune", "vn34-25"),
        ("d", "Quận 30", "Quận 30", "district", "vn63-79"),
        table=upper_units(),
    )
    with pytest.raises(InputError, match=r"parent vn63-91.*parent vn63-80"):
        gazetteer.find_unit("Châu Thành", units=extended)
    assert gazetteer.find_unit("Châu Thành", units=extended, parent_id="vn63-80") == "b"
    with pytest.raises(InputError, match="'Phú Thọ' may be any of"):
        gazetteer.find_unit("Phú Thọ", units=extended)
    assert gazetteer.find_unit("UBND phường Phú Thọ", units=extended) == "c"
    assert gazetteer.find_unit("Phú Thọ", units=extended, unit_class="province") == "vn34-25"
    assert gazetteer.find_unit("quận 30", units=extended) == "d"


@pytest.mark.parametrize(
    "name, expected",
    [
        ("Sở Nông nghiệp và Môi trường", "department"),
        ("Ban quản lý các khu công nghiệp", "department"),
        ("Văn phòng UBND Tỉnh", "department"),
        ("Thanh tra tỉnh", "department"),
        ("Chi nhánh Văn phòng đăng ký đất đai huyện X", "land_registration_branch"),
        ("Huyện Cần Giuộc", "district"),
        ("Thị xã Sơn Tây", "district"),
        ("Quận 1", "district"),
        ("UBND xã Cao Phong", "commune"),
        ("Thị trấn Liên Hương", "commune"),
        ("Đặc khu Phú Quý", "commune"),
        ("Tỉnh Lâm Đồng", "province"),
        ("Thành phố Cần Thơ", "province"),
        ("Thành phố Vinh", "district"),
        ("Thành phố Bắc Ninh", None),  # a district once, the province since 2026
        ("P. Bến Nghé", "commune"),
        ("Q1", "district"),
        ("CNVPĐK huyện X", "land_registration_branch"),
        ("Trung tâm Phục vụ hành chính công tỉnh Bến Tre", "service_centre"),
        ("Trung tâm Hành chính công tỉnh Vĩnh Phúc", "service_centre"),
        ("Trung tâm Phục vụ hành chính công xã Phú Giáo", "commune"),
        ("Bộ Nội vụ", "ministry"),
        ("Bộ phận Một cửa", None),
        ("Phú Thọ", None),
    ],
)
def test_unit_class_of(name, expected):
    assert gazetteer.unit_class_of(name) == expected


@pytest.mark.parametrize(
    "unit_id, day_before, before, day, after",
    [
        ("vn63-46", date(2024, 12, 31), "Tỉnh Thừa Thiên Huế", date(2025, 1, 1), "Thành phố Huế"),
        ("vn34-75", date(2026, 4, 29), "Tỉnh Đồng Nai", date(2026, 4, 30), "Thành phố Đồng Nai"),
        ("vn34-24", date(2026, 9, 19), "Tỉnh Bắc Ninh", date(2026, 9, 20), "Thành phố Bắc Ninh"),
        ("vn34-22", date(2026, 8, 31), "Tỉnh Quảng Ninh", None, "Thành phố Quảng Ninh"),
    ],
)
def test_full_name_follows_the_day(unit_id, day_before, before, day, after):
    assert gazetteer.full_name(unit_id, day_before) == before
    assert gazetteer.full_name(unit_id, day) == after


def test_the_last_renaming_is_the_full_name_of_the_unit():
    renamed = pd.read_csv(Path(gazetteer.__file__).parents[1] / "reference" / "renamings.csv")
    last = renamed.drop_duplicates("unit_id", keep="last").set_index("unit_id")["full_name"]
    assert last.to_dict() == {i: gazetteer.full_name(i) for i in last.index}
    assert renamed["source"].notna().all()


@pytest.mark.parametrize(
    "unit_id, vi, en",
    [
        ("vn34-25", "tỉnh Phú Thọ (từ 1/7/2025)", "Phú Thọ province (from 1 July 2025)"),
        ("vn63-25", "tỉnh Phú Thọ (đến 30/6/2025)", "Phú Thọ province (to 30 June 2025)"),
        ("vn63-02", "tỉnh Hà Giang", "Hà Giang province"),
        ("vn63-807", "huyện Cần Giuộc", "Cần Giuộc district"),
        ("vn", "Việt Nam", "Việt Nam"),
        ("no-such-unit", "no-such-unit", "no-such-unit"),
        ("q1", "quận 1", "District 1"),
        ("sim", "tỉnh Mẫu A (mô phỏng)", "Mẫu A province (simulated)"),
        ("dept", "Sở Y tế", "Sở Y tế"),
    ],
)
def test_unit_name(unit_id, vi, en):
    extended = own_units(
        ("q1", "Quận 1", "Quận 1", "district", "vn63-79"),
        ("sim", "Mẫu A (mô phỏng)", "Tỉnh Mẫu A (mô phỏng)", "province", None),
        ("dept", "Y tế", "Sở Y tế", "department", "vn34-25"),
    )
    assert gazetteer.unit_name(unit_id, units=extended) == vi
    assert gazetteer.unit_name(unit_id, units=extended, language="en") == en


def test_no_era_where_only_another_parent_has_the_name():
    extended = own_units(
        ("a", "Sở Y tế", "Sở Y tế tỉnh Phú Thọ", "department", "vn34-25"),
        ("b", "Sở Y tế", "Sở Y tế tỉnh Vĩnh Phúc", "department", "vn63-26"),
    )
    extended.loc[extended["unit_id"] == "a", "start_on"] = pd.Timestamp(2025, 7, 1)
    assert gazetteer.unit_name("a", units=extended) == "Sở Y tế tỉnh Phú Thọ"


def test_a_simulated_unit_always_says_so():
    extended = own_units(("sim", "Mẫu B", "Tỉnh Mẫu B", "province", None))
    extended.loc[extended["unit_id"] == "sim", "simulated"] = True
    assert gazetteer.unit_name("sim", units=extended) == "tỉnh Mẫu B (mô phỏng)"


def test_many_names_at_once_do_not_mix():
    """Each is judged beside its own parent, and by the first table that has it."""
    extended = own_units(
        ("a", "An", "Xã An", "commune", "vn34-25"),
        ("b", "An", "Xã An", "commune", "vn34-25"),
        ("c", "An", "Xã An", "commune", "vn34-30"),
    )
    extended.loc[extended["unit_id"] == "a", "end_on"] = pd.Timestamp(2026, 6, 30)
    extended.loc[extended["unit_id"] == "b", "start_on"] = pd.Timestamp(2026, 7, 1)
    assert gazetteer.unit_names(["c", "b", "nobody", "vn63-807", "a", "c"], units=extended) == {
        "c": "xã An", "b": "xã An (từ 1/7/2026)", "nobody": "nobody",
        "vn63-807": "huyện Cần Giuộc", "a": "xã An (đến 30/6/2026)",
    }  # fmt: skip
    assert gazetteer.unit_names([]) == {}


def test_subordinates_are_recursive():
    extended = own_units(
        ("x", "X", "Sở X", "department", "vn34-25"),
        ("y", "Y", "Chi cục Y", "group", "x"),
        table=upper_units(),
    )
    assert gazetteer.subordinates("vn34-25", units=extended) == ["x", "y"]
    assert gazetteer.subordinates("y", units=extended) == []
    assert len(gazetteer.subordinates("vn", units=extended)) == 63 + 34 + 2
    assert len(gazetteer.subordinates("vn")) == 63 + 696 + 10_035 + 34 + 3_321


@settings(deadline=None)
@given(st.text(max_size=200))
def test_slugs_are_safe(text):
    slug = gazetteer.ascii_slug(text)
    assert 1 <= len(slug) <= 60
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_slugs():
    assert gazetteer.ascii_slug("Đắk Lắk") == "dak-lak"
    assert gazetteer.ascii_slug(unicodedata.normalize("NFD", "Đắk Lắk")) == "dak-lak"
    assert gazetteer.ascii_slug("../..") == "unnamed"


@pytest.mark.skipif(not SHARED.exists(), reason="the public lists of units are not at hand")
def test_against_the_public_lists(table):
    old = pd.read_csv(SHARED / "provinces_63.csv", dtype=str).set_index("code")
    new = pd.read_csv(SHARED / "provinces_34.csv", dtype=str).set_index("code")
    links = pd.read_csv(SHARED / "crosswalk_63_to_34.csv", dtype=str)
    districts = pd.read_csv(SHARED / "districts.csv", dtype=str).set_index("code")
    by_id = table.set_index("unit_id")
    for era, public in (("63", old), ("34", new)):
        for code, name in public["name"].items():
            assert gazetteer.fold(by_id.loc[f"vn{era}-{code}", "name"]) == gazetteer.fold(name)
    for link in links.itertuples():
        assert by_id.loc[f"vn63-{link.old_code}", "successor_id"] == f"vn34-{link.new_code}"
    for code in ("446", "595", "807"):
        row = by_id.loc[f"vn63-{code}"]
        assert row["full_name"] == districts.loc[code, "full_name"]
        assert row["parent_id"] == f"vn63-{districts.loc[code, 'province_code']}"
