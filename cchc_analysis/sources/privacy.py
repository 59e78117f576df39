"""Recognise personal data in the few texts that are kept, so that no row with it passes.

Only recognised columns are read at all (:mod:`cchc_analysis.sources.headers`); this is the
second fence, for an ID number or a telephone typed into the name of a procedure. It knows
numbers and addresses by their shape, and a person's name by a title before it ('bà Trần Thị
Thử'). A name alone is told from that of a street or a commune only where nothing but a unit can
stand (:func:`is_persons_name`); elsewhere it passes.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import takewhile

LONGEST_TEXT = 1000
"""Characters; a longer text is free text, which repeats names and addresses."""
NAME = "looks like a person's name"

# Codes that hold long numbers and are nobody's: of dossiers, and of procedures.
_CODES = re.compile(
    r"\b(?:\d{3}\.\d{2}\.\d{2}\.)?[A-Z]\d{2}(?:\.\d{1,3})*-\d{6,8}-\d{3,8}\b"
    r"|\b\d\.\d{6}(?:\.\d{3}\.\d{2}\.\d{2})?(?:\.[A-Z]\d{2})?\b"
)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")  # pasted along
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_GLUED = re.compile(r"([^\W\d_]{2})(?=\d)")  # 'số0912...'; one letter is part of a code
_SLASHED = re.compile(r"(?<=\d{3}) ?/ ?(?=\d{3})")  # dates have at most two digits on one side
_NUMBERS = re.compile(r"(?<![^\W_])\+?\d+(?:[ .\-]{1,3}\d+)*(?!\d)")
_DATED = re.compile(r"\d{1,2}[-. ]\d{1,2}[-. ](19|20)\d\d(?!\d)")
_MONEY = re.compile(r" ?(?:(?:đồng|vnđ|vnd)(?!\w)|đ(?!\w|/c))", re.IGNORECASE)
_CITIZEN = re.compile(r"0(?!00)\d{11}")
_MOBILE = re.compile(r"(0|84)([35789]\d{8}|1[2689]\d{8})")
_LANDLINE = re.compile(r"(0|84)2\d{8,9}")
_MOST_SYLLABLES = 5


def personal_data(text: str) -> str | None:
    """Say what kind of personal data a text seems to hold, never the data itself.

    Misleads: a name without a title, or an address, passes; see the module.

    Parameters
    ----------
    text
        A value of a text column: field, procedure, unit, level, status.

    Returns
    -------
    str or None
        ``looks like an ID number`` (12 or 9 digits standing alone, in groups or not), ``looks
        like a phone number``, ``looks like an e-mail address``, ``looks like a person's name``
        (after a title), ``longer than 1000 characters``; None where nothing of it is found.

    Examples
    --------
    >>> personal_data("Cấp lại thẻ, số 012 345 678 901")
    'looks like an ID number'
    >>> personal_data("ĐT: 0912.345.678"), personal_data("a.b@c.vn")
    ('looks like a phone number', 'looks like an e-mail address')
    >>> personal_data("Chờ bà Trần Thị Thử ký"), personal_data("Bà mẹ Việt Nam anh hùng")
    ("looks like a person's name", None)
    >>> personal_data("00352112000539"), personal_data("2.000815.000.00.00.H38")
    (None, None)
    """
    plain = _UNSEEN.sub("", unicodedata.normalize("NFKC", text))
    if _MAIL.search(plain):
        return "looks like an e-mail address"
    bare = _CODES.sub(" / ", _DASHES.sub("-", plain))
    bare = re.sub(r"[()_]", " ", _SLASHED.sub("-", _GLUED.sub(r"\1 ", bare)))
    for found in _NUMBERS.finditer(bare):
        for number in _stretches(found.group()):
            kind = _kind_of_number(number, bare[found.end() :])
            if kind is not None:
                return kind
    if _names_after_titles(plain):
        return NAME
    return f"longer than {LONGEST_TEXT} characters" if len(plain) > LONGEST_TEXT else None


def is_persons_name(text: str) -> bool:
    """Say whether a text, or what stands before its first comma, dash or bracket, is a name.

    Two to five capitalised syllables, the first a common family name; at least three where the
    text goes on ('Lâm Đồng - cấp xã') or has no mark at all.

    Misleads: streets, and communes named after people, have this shape too. Ask it only of
    names of units that no list knows.

    Examples
    --------
    >>> [is_persons_name(text) for text in ("Nguyễn Văn Mẫu", "Nguyen Van Mau", "Phòng Tư pháp")]
    [True, True, False]
    """
    composed = unicodedata.normalize("NFC", text).strip()
    words = re.split(r"[-\u2013,;:/(]", composed, maxsplit=1)[0].split()
    if not 2 <= len(words) <= _MOST_SYLLABLES or not all(map(_is_capitalised, words)):
        return False
    if " ".join(words) == " ".join(composed.split()) and _begins_name(words):
        return True
    known = words[0].casefold() in _family_names() | _unmarked_names()
    return known and len(words) > 2


def holds_persons_name(header: str) -> bool:
    """Say whether a person's name may stand somewhere in what was taken for a header.

    Misleads: a place, or a procedure's title in capitals, may have the shape of a name.

    Examples
    --------
    >>> [holds_persons_name(text) for text in ("Người nộp Lê Văn A", "LÝ DO", "Tên Chủ Hồ Sơ")]
    [True, False, False]
    """
    phrases = "|".join(map(re.escape, _reference()["no_names"]))
    composed = unicodedata.normalize("NFC", header)
    words = re.sub(rf"(?i)\b(?:{phrases})\b", " / ", composed).split()
    return any(
        _begins_name(list(takewhile(_is_capitalised, words[place:]))) for place in range(len(words))
    )


def _names_after_titles(text: str) -> bool:
    """Say whether a title and a person's name follow each other somewhere."""
    titles, no_titles = _titles()
    for found in titles.finditer(no_titles.sub(" / ", text)):
        words = found.group("after").split(" ")
        if _begins_name(list(takewhile(_is_capitalised, words))):
            return True
    return False


def _begins_name(words: list[str]) -> bool:
    return len(words) > 1 and words[0].casefold() in _family_names()


def _is_capitalised(word: str) -> bool:
    """Say whether a word is a syllable of a name as it is written, or an initial of one."""
    letters = word.removesuffix(".")
    return letters.isalpha() and letters[0].isupper() and (letters[1:].islower() or word.isupper())


@cache
def _reference() -> dict[str, list[str]]:
    place = files("cchc_analysis").joinpath("reference/family_names.toml")
    return tomllib.loads(place.read_text(encoding="utf-8"))


@cache
def _family_names() -> frozenset[str]:
    return frozenset(name.casefold() for name in _reference()["common"] + _reference()["further"])


@cache
def _unmarked_names() -> frozenset[str]:
    """Family names as they are typed without marks; those of one or two letters say nothing."""
    plain = (unicodedata.normalize("NFD", name.replace("đ", "d")) for name in _family_names())
    bare = ("".join(c for c in name if not unicodedata.combining(c)) for name in plain)
    return frozenset(name for name in bare if len(name) > 2)


@cache
def _titles() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what finds a title with the words after it, and what only looks like a title."""
    titles = "|".join(map(re.escape, _reference()["titles"]))
    others = [
        re.escape(form) for text in _reference()["no_titles"] for form in (text, text.upper())
    ]
    return (
        re.compile(rf"(?<!\w)(?i:{titles})[):.]? *(?=(?P<after>[^\W\d_]+(?: [^\W\d_]+)*))"),
        re.compile(rf"\b(?:{'|'.join(others)})\b"),
    )


def _stretches(numbers: str) -> Iterator[str]:
    """Return every run of neighbouring words, and its parts between dashes.

    '5 0912 345 678' holds a telephone, '0912345678-0987654321' two.
    """
    words = numbers.split(" ")[:40]
    for first in range(len(words)):
        for last in range(first + 1, min(len(words), first + 12) + 1):
            stretch = " ".join(words[first:last])
            yield from {stretch, *stretch.split("-")}


def _kind_of_number(number: str, rest: str) -> str | None:
    """Say whether digits, possibly in groups, are of an ID or a telephone."""
    groups = [len(group) for group in re.findall(r"\d+", number)]
    digits = re.sub(r"\D", "", number)
    spelled = set(groups) == {1}
    if _CITIZEN.fullmatch(digits) and (min(groups) > 2 or spelled):
        return "looks like an ID number"  # no sum of money begins with 0
    if len(digits) in (9, 12) and (len(groups) == 1 or set(groups) == {3} or spelled):
        return None if _is_money(rest) else "looks like an ID number"
    if _DATED.match(number):
        return None
    if _MOBILE.fullmatch(digits) and (min(groups) > 1 or spelled or "+" in number):
        return "looks like a phone number"
    if _LANDLINE.fullmatch(digits) and (min(groups[1:], default=3) > 2 or spelled):
        return "looks like a phone number"
    return None


def _is_money(rest: str) -> bool:
    """Say whether what follows a number is the currency: 'Đ. Trần Phú' is a street."""
    currency = _MONEY.match(rest)
    if currency is None:
        return False
    after = rest[currency.end() :].lstrip(". ")
    return not (currency.group().strip() in "đĐ" and after[:1].isupper())
