"""Naming the encoding of old Vietnamese text, and never of correct text."""

import re
import unicodedata
from importlib.resources import files

import pytest

from cchc_analysis.columns import InputError
from cchc_analysis.gazetteer import units
from cchc_analysis.sources.encodings import (
    ADVICE,
    LOST,
    code_page,
    kind_of,
    legacy_encoding,
    text_encoding,
)

# Typed from the published tables (TCVN 5712:1993; VNI for Windows; RFC 1456), not decoded here.
LEGACY = [
    ("TCVN3 (ABC)", "Sè hå s¬"),
    ("TCVN3 (ABC)", "M· hå s¬"),
    ("TCVN3 (ABC)", "§¬n vÞ gi¶i quyÕt"),
    ("TCVN3 (ABC)", "Ngµy tiÕp nhËn"),
    ("TCVN3 (ABC)", "Céng hßa x· héi chñ nghÜa ViÖt Nam"),
    ("VNI", "Soá hoà sô"),
    ("VNI", "STT Maõ hoà sô Ngaøy nhaän Traïng thaùi Xyzõ"),
    ("VNI", "Ñôn vò giaûi quyeát"),
    ("VNI", "Ngaøy tieáp nhaän"),
    ("VISCII", "S¯ h° s½"),
    ("Windows-1258", "Sôì hôÌ sõ"),
    ("UTF-8 read as Windows-1252", "Sá»‘ há»“ sÆ¡"),
    ("UTF-8 read as Windows-1252", "Ng\xc3\xa0y tiáº¿p nháº\xadn"),
    # Fields, statuses and a code's header, as a column of few words has them.
    ("TCVN3 (ABC)", "§Êt ®ai"),
    ("TCVN3 (ABC)", "Chøng thùc"),
    ("TCVN3 (ABC)", "Hé tÞch"),
    ("TCVN3 (ABC)", "§ang xö lý"),
    ("TCVN3 (ABC)", "§¨ng ký biÕn ®éng ®Êt ®ai"),
    ("VNI", "Ñaát ñai"),
    ("VNI", "Maõ hoà sô"),
    ("VNI", "Chöùng thöïc"),
    ("UTF-8 read as Windows-1252", "Ä\x90áº¥t Ä‘ai"),
    ("UTF-8 read as Windows-1252", "Chá»©ng thá»±c"),
    ("UTF-8 read as Windows-1252", "HÃ\xa0 Nam"),
    (LOST, "H\ufffd t\ufffdch"),
]


@pytest.mark.parametrize(("name", "text"), LEGACY)
def test_old_text_is_named(name, text):
    assert legacy_encoding(text) == name
    assert name in ADVICE


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("column", ["name", "full_name"])
def test_no_unit_name_is_taken_for_old_text(form, column):
    named = units()[column].unique()
    assert len(named) > 3000
    assert [n for n in named if legacy_encoding(unicodedata.normalize(form, n))] == []


@pytest.mark.parametrize(
    "text",
    [
        "Số hồ sơ", "Hoà Bình", "Trà Vinh", "Cà Mau", "Khoá", "hoá đơn", "Lào Cai", "thuý",
        "Đăng ký đất đai, nhà ở", "Lê Văn Tám", "café", "naïve résumé", "Zürich, São Paulo",
        "Overdue 5 %", "© 2024", "£ 5", "25 °C – 30 °C", "", "   ", "123", "x²", "日本語",
        "Xoá án tích", "Loá", "Soát xét", "Toà án", "Quý I", "Đường Lý Thái Tổ", "Lô số 5",
        "Hộ tịch", "Chứng thực", "m²", "Hà\u00a0Nam", "Ðông Hà", "Krông Nô", "KTXÃ", "Qúy Hợp",
        "Köln, Malmö, Curaçao", "Nestlé", "L'Oréal Hà Nội", "Xóa, hòa, thúy", "cá tra", "lúa mì",
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_correct_text_has_no_old_encoding(text, form):
    assert legacy_encoding(unicodedata.normalize(form, text)) is None


def test_no_phrase_of_ours_is_taken_for_old_text():
    """Headers, labels and the words of both languages of the reports."""
    folder = files("cchc_analysis").joinpath("reference")
    texts = [
        text
        for file in (folder / "headers.toml", *(folder / "phrases").rglob("*.toml"))
        for text in re.findall(r'"([^"]+)"', file.read_text(encoding="utf-8"))
    ]
    assert len(texts) > 700
    spelt = [unicodedata.normalize(form, text) for text in texts for form in ("NFC", "NFD")]
    assert [text for text in spelt if legacy_encoding(text)] == []


def windows_1258(text):
    """Vowels with their own mark, tones as letters of their own: how the code page spells."""
    spelt = []
    for letter in unicodedata.normalize("NFC", text):
        parts = unicodedata.normalize("NFD", letter)
        tones = [c for c in parts if c in "\u0300\u0301\u0303\u0309\u0323"]
        rest = "".join(c for c in parts if c not in tones)
        spelt += [unicodedata.normalize("NFC", rest), *tones]
    return "".join(spelt).encode("cp1258")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("TCVN3 (ABC)", b"STT,S\xe8 h\xe5 s\xac,Ng\xb5y nh\xcbn\n1,H1,02/01/2024\n"),
        ("VNI", "STT;Soá hoà sô;Ngaøy nhaän\n".encode("cp1252")),
        ("VISCII", b"STT,S\xaf h\xb0 s\xbd,Ng\xe0y nh\xa7n\n"),
        ("Windows-1258", windows_1258("STT,Số hồ sơ,Đơn vị giải quyết,Ngày nhận\n")),
        (None, b"STT,\xff\xfe\x80\x81\n"),
        (None, "Größe,Straße\n".encode("cp1252")),
    ],
)
def test_bytes_are_named_by_what_they_spell(name, data):
    assert code_page(data) == name


@pytest.mark.parametrize(
    ("data", "codec"),
    [
        (b"a,b\n", "utf-8-sig"),
        ("số\0,b,c,d,e\n".encode(), "utf-8-sig"),
        ("số,b\n".encode("utf-8-sig"), "utf-8-sig"),
        ("số,b\n".encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + "số,b\n".encode("utf-16-be"), "utf-16"),
        ("STT,Mã\n".encode("utf-16-le"), "utf-16-le"),
        ("STT,Mã\n".encode("utf-16-be"), "utf-16-be"),
    ],
)
def test_unicode_files_are_told_apart(tmp_path, data, codec):
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    assert text_encoding(path) == codec


def test_utf16_cut_short_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("STT,Mã hồ sơ\n".encode("utf-16")[:-1])
    with pytest.raises(InputError, match="UTF-16 text cut short"):
        text_encoding(path)


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"PK\x03\x04", "a workbook of the newer kind"),
        (bytes.fromhex("d0cf11e0a1b11ae1"), "a workbook of the older kind"),
        (b"\xef\xbb\xbf \n<!DOCTYPE html>", "a web page"),
        (b"<TABLE>", "a web page"),
        (b"%PDF-1.7", "a PDF"),
        (b"<STT>,a", None),
    ],
)
def test_kinds_are_known_by_their_first_bytes(start, kind):
    assert kind_of(start) == kind
