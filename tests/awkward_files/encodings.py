"""Awkward text: byte order marks, UTF-16, separators, quotes, legacy code pages."""

from __future__ import annotations

import unicodedata

from awkward_files.case import Reads, Says, case
from awkward_files.making import (
    as_csv,
    bytes_file,
    csv_file,
    dossier,
    dossiers,
    grid,
    xls_file,
    xlsx_file,
)

# fmt: off
SIX = dossiers()
READ = Reads(SIX)
PLAIN = grid(SIX)
TEXT = as_csv(PLAIN)

# TCVN 5712:1993 as the fonts .VnTime show it: one byte per letter with its marks.
TCVN3 = dict(
    zip(
        "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵĂÂÊÔƠƯĐ",
        "µ¸¶·¹¨»¾¼½Æ©ÇÊÈÉË®ÌÐÎÏÑªÒÕÓÔÖ×ÝØÜÞßãáâä«åèæçé¬êíëìîïóñòô\u00adõøö÷ùúýûüþ¡¢£¤¥¦§",
        strict=True,
    )
)
# VNI: the plain letter, then a byte for its marks.
_VNI_TONES = {"\u0301": "ù", "\u0300": "ø", "\u0309": "û", "\u0303": "õ", "\u0323": "ï"}
_VNI_SHAPES = {"\u0302": ("áàåãä", "â"), "\u0306": ("éèúüë", "ê")}
_VNI_WHOLE = {"đ": "ñ", "Đ": "Ñ", "ơ": "ô", "ư": "ö", "ỉ": "æ", "ĩ": "ó", "ị": "ò", "ỵ": "î"}


def to_tcvn3(text: str) -> str:
    """The text as it looks where its TCVN3 bytes are taken for Latin-1.

    Capitals with a tone have no byte of their own: the fonts of capitals draw the small one.
    """
    return "".join(
        TCVN3.get(c, TCVN3.get(c.lower(), c)) for c in unicodedata.normalize("NFC", text)
    )


def to_vni(text: str) -> str:
    """The text as it looks where its VNI bytes are taken for Latin-1."""
    return "".join(map(_vni_letter, unicodedata.normalize("NFC", text)))


def _vni_letter(letter: str) -> str:
    if letter in _VNI_WHOLE:
        return _VNI_WHOLE[letter]
    marks = unicodedata.normalize("NFD", letter)
    if marks[0] not in "aeiouyAEIOUY":
        return letter
    horned = "\u031b" in marks
    base = {"o": "ô", "u": "ö", "O": "Ô", "U": "Ö"}[marks[0]] if horned else marks[0]
    tone = next((mark for mark in marks if mark in _VNI_TONES), None)
    shape = next((mark for mark in marks if mark in _VNI_SHAPES), None)
    if base in "iI":
        return {"\u0301": "í", "\u0300": "ì"}.get(tone, base)
    if shape:
        toned, plain = _VNI_SHAPES[shape]
        return base + (toned[list(_VNI_TONES).index(tone)] if tone else plain)
    return base + (_VNI_TONES[tone] if tone else "")


def misread(text: str) -> str:
    """UTF-8 bytes taken for Windows-1252."""
    return "".join(
        bytes([b]).decode("cp1252", errors="ignore") or chr(b) for b in text.encode("utf-8")
    )


def _changed(change, rows=PLAIN):
    return [[change(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]


for name, encoding in {
    "utf8-mark": "utf-8-sig", "utf16": "utf-16", "utf16-le": "utf-16-le", "utf16-be": "utf-16-be",
}.items():
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    case(f"encoding-{name}", f"{encoding}, with a byte order mark",
         csv_file(PLAIN, encoding=encoding, edit=lambda text, mark=mark: mark + text), READ)
case("utf16-tabs", "'Unicode text' of a spreadsheet: UTF-16, tabs, CRLF, named .csv",
     csv_file(PLAIN, encoding="utf-16", separator="\t", newline="\r\n"), READ)
case("utf16-titles-tsv", "UTF-16 with titles and blank lines, named .tsv",
     csv_file([["DANH SÁCH"], [], *PLAIN], name="a.tsv", encoding="utf-16", separator="\t"),
     READ)
case("utf16-cut", "UTF-16 that ends in the middle of a character",
     bytes_file(TEXT.encode("utf-16")[:-1], "a.csv"), Says(("a.csv", "UTF-16")), READ)
for name, separator in {"semicolon": ";", "tab": "\t", "bar": "|"}.items():
    case(f"separator-{name}", f"cells separated by {separator!r}, titles above",
         csv_file([["DANH SÁCH HỒ SƠ"], *PLAIN], separator=separator), READ)
case("separator-semicolon-commas", "separated by semicolons, with commas in the texts",
     csv_file(grid([d | {"field": "Đất đai, nhà ở, công trình, tài sản"} for d in SIX]),
              separator=";"),
     Reads([d | {"field": "Đất đai, nhà ở, công trình, tài sản"} for d in SIX]))
case("crlf", "lines end in CRLF", csv_file(PLAIN, newline="\r\n"), READ)
case("crlf-blank-lines", "CRLF and empty lines",
     csv_file(PLAIN, newline="\r\n", edit=lambda text: text.replace("\r\n", "\r\n\r\n", 1)),
     Reads(SIX, aside={"blank": 1}))
case("mixed-line-ends", "CRLF after the header, LF after the rows",
     csv_file(PLAIN, edit=lambda text: text.replace("\n", "\r\n", 1)), READ)
case("old-mac-line-ends", "lines end in CR alone", csv_file(PLAIN, newline="\r"), READ,
     Says(("a.csv",)))
BROKEN = [d | {"field": "Đất đai\nvà nhà ở"} for d in SIX]
case("line-break-in-quotes", "a text of two lines in quotes", csv_file(grid(BROKEN)), Reads(BROKEN))
case("crlf-in-quotes", "a text of two lines in quotes, LF inside, CRLF outside",
     csv_file(grid(BROKEN), newline="\r\n"), Reads(BROKEN))
QUOTED = [d | {"field": 'Ống 5" và "nhà"'} for d in SIX]
case("doubled-quotes", "quotation marks doubled inside quotes", csv_file(grid(QUOTED)),
     Reads(QUOTED))
case("bare-quote", "one quotation mark inside a text without quotes",
     csv_file(PLAIN, edit=lambda text: text.replace("Hộ tịch", 'Ống 5" dài', 1)),
     Reads([dossier(1, field='Ống 5" dài'), *SIX[1:]]), Says(("a.csv", "quote")))
case("unclosed-quote", "a quotation mark that is never closed",
     csv_file(PLAIN, edit=lambda text: text.replace("Hộ tịch", '"Hộ tịch', 1)),
     Says(("a.csv", "2", "quote")), Reads(SIX[1:], refused=((2, ""),)))
case("unclosed-quote-below", "the same in the last row, of many",
     csv_file(grid(dossiers(300)), edit=lambda text: "Chứng thực".join(
         text.rsplit("Chứng thực", 1)[:1]) + '"Chứng thực' + text.rsplit("Chứng thực", 1)[1]),
     Says(("a.csv", "quote")), Reads([*dossiers(298), dossier(300)], refused=((300, ""),)))

for name, change, said in (
    ("tcvn3", to_tcvn3, "TCVN3"), ("vni", to_vni, "VNI"), ("misread-utf8", misread, "UTF-8"),
):
    legacy = _changed(change)
    body = [PLAIN[0], *legacy[1:]]
    case(f"{name}-xlsx", f"texts and headers of a workbook in {name}", xlsx_file(legacy),
         Says(("a.xlsx", said)))
    case(f"{name}-body", f"headers in Unicode, texts in {name}", xlsx_file(body),
         Says(("a.xlsx", said)))
    case(f"{name}-csv-as-utf8", f"texts in {name}, saved as UTF-8", csv_file(legacy),
         Says(("a.csv", said)))
    fields = [d | {"field": change(d["field"])} for d in SIX if d["field"] != "Hộ tịch"]
    case(f"{name}-one-column", f"only the fields in {name}: land and certification",
         xlsx_file(grid(fields)), Says(("a.xlsx", "Lĩnh vực", said)))
case("tcvn3-bytes", "bytes of TCVN3", bytes_file(to_tcvn3(TEXT).encode("latin-1"), "a.csv"),
     Says(("a.csv", "TCVN3")))
case("vni-bytes", "bytes of VNI", bytes_file(to_vni(TEXT).encode("latin-1"), "a.csv"),
     Says(("a.csv", "VNI")))
case("tcvn3-xls", "an old workbook in TCVN3", xls_file(_changed(to_tcvn3)),
     Says(("a.xls", "TCVN3")))
case("cp1258-bytes", "bytes of Windows-1258",
     bytes_file(unicodedata.normalize("NFD", TEXT).encode("cp1258", errors="ignore"), "a.csv"),
     Says(("a.csv", "1258|UTF-8")))
case("bytes-below", "bytes that are no UTF-8, far down",
     bytes_file(as_csv(grid(dossiers(400))).encode() + b"\xe3\xff,\n", "a.csv"),
     Says(("a.csv", "UTF-8")))
case("zero-bytes-inside", "NUL characters in a row",
     csv_file(PLAIN, edit=lambda text: text.replace("Hộ tịch", "Hộ\x00tịch", 1)),
     READ, Reads([dossier(1, field="Hộ\x00tịch"), *SIX[1:]]), Says(("a.csv",)),
     Reads([dossier(1, field="Hộ"), *SIX[1:]]))
case("replacement-characters", "text already lost: replacement characters in its place",
     csv_file(PLAIN, edit=lambda text: text.replace("Hộ tịch", "H\ufffd t\ufffdch")),
     Says(("a.csv", "\ufffd|replace|lost|UTF-8")))
