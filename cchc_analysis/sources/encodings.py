"""Name the encoding of a text file, and of Vietnamese text kept in a pre-Unicode font.

UTF-8 and UTF-16 are read. Everything older is refused by name, because what it would become
is not an error anyone sees but a page of wrong letters. The old encodings give each letter a
byte of the Western code page, so one text makes sense in one of them only: it is decoded by
each, and the one that yields Vietnamese syllables is the one it was written in.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from itertools import chain
from pathlib import Path

from cchc_analysis.columns import InputError
from cchc_analysis.gazetteer import fold, units
from cchc_analysis.sources.syllables import is_syllable

SEEN_BYTES = 1 << 16
_Judge = Callable[[str], bool]
_KNOWN_SHARE = 0.6
"""Share of the words with marks that must be known: names and rare words are not."""
_SURE_SHARE = 0.85

LOST = "a wrong conversion that lost letters (U+FFFD)"
_UNIKEY = "convert the text to Unicode (UniKey: {font} to Unicode), then export or save it again"
ADVICE = {
    "TCVN3 (ABC)": _UNIKEY.format(font="TCVN3 (ABC)"),
    "VNI": _UNIKEY.format(font="VNI Windows"),
    "VISCII": _UNIKEY.format(font="VISCII"),
    "Windows-1258": "open it in Excel and save it as 'CSV UTF-8'",
    LOST: "they cannot be brought back, so export it again, as UTF-8",
    "UTF-8 read as Windows-1252": "export it again, and open it as UTF-8 (65001) on the way",
}
"""What to do about each encoding that is refused."""

# TCVN 5712:1993, bytes A1 to FF as the .Vn fonts show them; \ufffd where they have no letter.
_TCVN3 = (
    "ĂÂÊÔƠƯĐăâêôơưđ\ufffd" "\ufffd\ufffd\ufffd\ufffd\ufffdàảãáạ\ufffdằẳẵắ\ufffd"
    "\ufffd\ufffd\ufffd\ufffd\ufffd\ufffdặầẩẫấậè\ufffdẻẽ" "éẹềểễếệìỉ\ufffd\ufffd\ufffdĩíịò"
    "\ufffdỏõóọồổỗốộờởỡớợù" "\ufffdủũúụừửữứựỳỷỹýỵ\ufffd"
)  # fmt: skip
# RFC 1456 (VISCII), bytes 80 to FF.
_VISCII = (
    "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲ" "ÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯ"
    "ÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡư" "àáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ"
)  # fmt: skip
# VNI for Windows writes a mark as a second letter after the vowel.
_VNI_TONES = {"ø": "\u0300", "ù": "\u0301", "û": "\u0309", "õ": "\u0303", "ï": "\u0323"}
_VNI_MARKS = {
    **_VNI_TONES, "â": "\u0302", "à": "\u0302\u0300", "á": "\u0302\u0301", "å": "\u0302\u0309",
    "ã": "\u0302\u0303", "ä": "\u0302\u0323", "ê": "\u0306", "è": "\u0306\u0300",
    "é": "\u0306\u0301", "ú": "\u0306\u0309", "ü": "\u0306\u0303", "ë": "\u0306\u0323",
}  # fmt: skip
_VNI_ALONE = {"ô": "ơ", "ö": "ư", "ñ": "đ", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ"}
_VNI = re.compile(rf"([aeouy])([{''.join(_VNI_MARKS)}])|([ôö])([{''.join(_VNI_TONES)}])")


def text_encoding(path: Path) -> str:
    """Return the codec that reads a text file: ``utf-8-sig``, ``utf-16``, ``-le`` or ``-be``.

    Only the beginning is looked at: the reader of the file must still refuse bytes that are
    not in the encoding (see :func:`refuse_bytes`).

    Parameters
    ----------
    path
        A file that is not empty.

    Returns
    -------
    str
        A name for ``open(encoding=...)``.

    Raises
    ------
    InputError
        If the file is a workbook, a page or a PDF under a wrong name, or UTF-16 cut short.
    """
    with path.open("rb") as file:
        start = file.read(SEEN_BYTES)
    kind = kind_of(start)
    if kind:
        raise InputError(f"{path}: this is {kind}, not a text file; {_RENAMED[kind]}")
    upper, lower = start[0::2].count(0), start[1::2].count(0)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif 10 * max(upper, lower) > len(start):  # every second byte of plain letters is 0
        encoding = "utf-16-be" if upper > lower else "utf-16-le"
    else:
        return "utf-8-sig"
    if path.stat().st_size % 2:
        raise InputError(
            f"{path}: UTF-16 text cut short (an odd number of bytes); export or copy it again"
        )
    return encoding


_EXPORT = "export it again as CSV UTF-8 or xlsx"
_RENAMED = {
    "a workbook of the newer kind": "give it the ending .xlsx",
    "a workbook of the older kind": "give it the ending .xls",
    "a web page": "open it in Excel and save it as .xlsx",
    "a PDF": _EXPORT,
}


def kind_of(start: bytes) -> str | None:
    """Name what a file is by its first bytes; None for anything that may be plain text.

    Examples
    --------
    >>> kind_of(b"<html><table>"), kind_of(b"STT,MaHoSo")
    ('a web page', None)
    """
    if start.startswith(b"PK\x03\x04"):
        return "a workbook of the newer kind"
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        return "a workbook of the older kind"
    if start.startswith(b"%PDF"):
        return "a PDF"
    words = start[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if words.startswith((b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta", b"<head")):
        return "a web page"
    return None


def refuse_bytes(path: Path, data: bytes) -> InputError:
    """Return the error that says which code page bytes that are not UTF-8 look like.

    Parameters
    ----------
    path
        The file, for the message.
    data
        Some of its bytes, around one that is not UTF-8. They are not shown.
    """
    name = code_page(data)
    if name:
        return InputError(f"{path}: the text is in {name}, not in Unicode; {ADVICE[name]}")
    return InputError(f"{path}: not UTF-8 text; open it in Excel and save it as 'CSV UTF-8'")


def code_page(data: bytes) -> str | None:
    r"""Name the pre-Unicode encoding in which bytes read as Vietnamese; None if in none.

    Examples
    --------
    >>> code_page(b"S\xe8 h\xe5 s\xac")
    'TCVN3 (ABC)'
    >>> code_page(b"dossier, date") is None
    True
    """
    return _best(
        data,
        {name: read for name, read in _DECODERS.items() if name[:5] != "UTF-8"},
        _is_word,
        _KNOWN_SHARE,
        2,
    )


def legacy_encoding(text: str) -> str | None:
    """Name the pre-Unicode encoding that a text was written in; None for correct text.

    Workbooks keep the letters a font such as .VnTime shows differently: ``Sè hå s¬`` is
    ``Số hồ sơ``. A text of words that exist in both readings counts as correct (``Cã`` may be
    ``Có``), so a column is surest judged by all its texts.

    Parameters
    ----------
    text
        A header, a title or the value of a text column. The longer, the surer.

    Returns
    -------
    str or None
        A key of ``ADVICE``; ``LOST`` where letters are gone for good.

    Examples
    --------
    >>> legacy_encoding("Sè hå s¬"), legacy_encoding("Soá hoà sô")
    ('TCVN3 (ABC)', 'VNI')
    >>> legacy_encoding("Sá»‘ há»“ sÆ¡")
    'UTF-8 read as Windows-1252'
    >>> [legacy_encoding(correct) for correct in ("Số hồ sơ", "Hoà Bình", "café", "")]
    [None, None, None, None]
    """
    if text.isascii():
        return None
    if "\ufffd" in text:
        return LOST
    data = _western_bytes(text)
    if data is None:  # a letter no Western code page has: this is Unicode
        return None
    return _judged(text, data, _is_word, 1) or _judged(text, data, _is_common, 3)


def _judged(text: str, data: bytes, known: _Judge, least: int) -> str | None:
    """Name the encoding in which more words are known, at least so many, than as they stand."""
    stands, marked = _known_words(text, known)
    if stands == marked:
        return None
    share = _SURE_SHARE if stands else _KNOWN_SHARE
    return _best(data, _DECODERS, known, share, max(least, stands + 1))


def _best(
    data: bytes,
    decoders: dict[str, Callable[[bytes], str | None]],
    judge: _Judge,
    share: float,
    least: int,
) -> str | None:
    """Return the name of the decoder whose text has the most known words, if enough are."""
    found = {}
    for name, decode in decoders.items():
        text = decode(data)
        known, marked = _known_words(text, judge) if text else (0, 0)
        if known >= least and known >= share * marked:
            found[name] = known
    return max(found, key=found.get) if found else None


def _known_words(text: str, known: _Judge) -> tuple[int, int]:
    """Count the words with marks that are known, and all words with marks.

    A single letter is no evidence: '£ 5' is 'Ê 5' in TCVN3.
    """
    # Not split at no-break spaces: 'HÃ\xa0' is what 'Hà' becomes.
    words = [word.strip("\"'.,;:|()[]/-²³") for word in re.split(r'[ \t\r\n,;|"/()-]+', text)]
    marked = [word for word in words if len(word) > 1 and not word.isascii()]
    return sum(map(known, marked)), len(marked)


def _is_word(word: str) -> bool:
    """Say whether a word is spelt as Vietnamese is, or stands like that in a unit's name."""
    return is_syllable(word) or (_is_text(word) and fold(word) in _common(unusual=True))


def _is_common(word: str) -> bool:
    """Say whether a word stands in the reference data: many syllables are no words (soá)."""
    return _is_text(word) and fold(word) in _common(unusual=False)


def _is_text(word: str) -> bool:
    return unicodedata.normalize("NFC", word).isalpha()


@cache
def _common(*, unusual: bool) -> frozenset[str]:
    """Folded words with marks of unit names, headers and phrases; or only what no rule spells.

    Folding moves the tone, so that only the others may be compared by it: 'maõ' is no 'mão'.
    """
    folder = files("cchc_analysis").joinpath("reference")
    phrases = folder.joinpath("phrases", "vi").iterdir()
    texts = [file.read_text(encoding="utf-8") for file in (folder / "headers.toml", *phrases)]
    named = chain(units()["full_name"], *(_strings(tomllib.loads(text)) for text in texts))
    words = {word for name in named for word in re.split(r"[\W_]+", name) if not word.isascii()}
    return frozenset(fold(word) for word in words if not (unusual and is_syllable(word)))


def _strings(value: object) -> list[str]:
    """Return all texts of a TOML document."""
    if isinstance(value, dict):
        return [text for part in value.values() for text in _strings(part)]
    if isinstance(value, list):
        return [text for part in value for text in _strings(part)]
    return [str(value)]


def _western_bytes(text: str) -> bytes | None:
    """Return the Windows-1252 bytes of a text; the five bytes it lacks stand for themselves."""
    try:
        return b"".join(
            bytes([ord(letter)]) if 0x80 <= ord(letter) < 0xA0 else letter.encode("cp1252")
            for letter in text
        )
    except UnicodeEncodeError:
        return None


def _by_table(table: str) -> Callable[[bytes], str | None]:
    """Return a decoder of one byte per letter; ``table`` holds the letters up to FF."""
    letters = {256 - len(table) + place: letter for place, letter in enumerate(table)}

    def decode(data: bytes) -> str | None:
        text = "".join(chr(b) if b < 0x80 else letters.get(b, "\ufffd") for b in data)
        return None if text.isascii() else text

    return decode


def _from_vni(data: bytes) -> str | None:
    def letter(found: re.Match[str]) -> str:
        vowel, mark, alone, tone = found.groups()
        return vowel + _VNI_MARKS[mark] if vowel else _VNI_ALONE[alone] + _VNI_TONES[tone]

    western = data.decode("cp1252", errors="replace").lower()
    text = _VNI.sub(letter, western)
    text = "".join(_VNI_ALONE.get(c, c) for c in text)
    return None if text == western else unicodedata.normalize("NFC", text)


def _by_codec(codec: str) -> Callable[[bytes], str | None]:
    """Return a decoder by one of Python's codecs; None for bytes that it cannot read."""

    def decode(data: bytes) -> str | None:
        try:
            return unicodedata.normalize("NFC", data.decode(codec))
        except UnicodeDecodeError:
            return None

    return decode


_DECODERS: dict[str, Callable[[bytes], str | None]] = {
    "TCVN3 (ABC)": _by_table(_TCVN3),
    "VNI": _from_vni,
    "VISCII": _by_table(_VISCII),
    "Windows-1258": _by_codec("cp1258"),
    "UTF-8 read as Windows-1252": _by_codec("utf-8"),
}
