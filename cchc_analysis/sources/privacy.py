"""Recognise personal data in the few texts that are kept, so that no row with it passes.

Only recognised columns are read at all (:mod:`cchc_analysis.sources.headers`); this is the
second fence, for an ID number or a telephone typed into the name of a procedure. It knows
numbers and addresses by their shape. A person's name has no shape: it is kept out by not
reading the columns that hold names, never by this module.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

LONGEST_TEXT = 1000
"""Characters; a longer text is free text, which repeats names and addresses."""

# Codes that hold long numbers and are nobody's: of dossiers, and of procedures.
_CODES = re.compile(
    r"\b(?:\d{3}\.\d{2}\.\d{2}\.)?[A-Z]\d{2}(?:\.\d{1,3})*-\d{6,8}-\d{3,8}\b"
    r"|\b\d\.\d{6}(?:\.\d{3}\.\d{2}\.\d{2})?(?:\.[A-Z]\d{2})?\b"
)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
_GLUED = re.compile(r"(?<!\w)(s?đt|s?dt|tel|phone|cmnd|cmt|cccd)(?=\d)", re.IGNORECASE)
_NUMBERS = re.compile(r"(?<!\w)\+?\d+(?:[ .\-]{1,3}\d+)*(?!\w)")
_DATED = re.compile(r"\d{1,2}[-. ]\d{1,2}[-. ](19|20)\d\d(?!\d)")
_MONEY = re.compile(r" ?(đồng|đ|vnđ|vnd)\b", re.IGNORECASE)
_MOBILE = re.compile(r"(0|84)([35789]\d{8}|1[2689]\d{8})")
_LANDLINE = re.compile(r"(0|84)2\d{8,9}")


def personal_data(text: str) -> str | None:
    """Say what kind of personal data a text seems to hold, never the data itself.

    Misleads: a name or an address passes; see the module.

    Parameters
    ----------
    text
        A value of a text column: field, procedure, unit, level, status.

    Returns
    -------
    str or None
        ``looks like an ID number`` (12 or 9 digits standing alone, in groups of three or not),
        ``looks like a phone number``, ``looks like an e-mail address``, ``longer than 1000
        characters``; None where nothing of it is found.

    Examples
    --------
    >>> personal_data("Cấp lại thẻ, số 012 345 678 901")
    'looks like an ID number'
    >>> personal_data("ĐT: 0912.345.678"), personal_data("a.b@c.vn")
    ('looks like a phone number', 'looks like an e-mail address')
    >>> personal_data("00352112000539"), personal_data("2.000815.000.00.00.H38")
    (None, None)
    """
    plain = unicodedata.normalize("NFKC", text)
    if _MAIL.search(plain):
        return "looks like an e-mail address"
    bare = re.sub(r"[()]", " ", _GLUED.sub(r"\1 ", _CODES.sub(" / ", plain)))
    for found in _NUMBERS.finditer(bare):
        for number in _stretches(found.group()):
            kind = _kind_of_number(number, bare[found.end() :])
            if kind is not None:
                return kind
    return f"longer than {LONGEST_TEXT} characters" if len(plain) > LONGEST_TEXT else None


def _stretches(numbers: str) -> Iterator[str]:
    """Return every run of neighbouring words: '5 0912 345 678' holds a telephone."""
    words = numbers.split(" ")[:40]
    for first in range(len(words)):
        for last in range(first + 1, min(len(words), first + 12) + 1):
            yield " ".join(words[first:last])


def _kind_of_number(number: str, rest: str) -> str | None:
    """Say whether digits, possibly in groups, are of an ID or a telephone."""
    groups = [len(group) for group in re.findall(r"\d+", number)]
    digits = re.sub(r"\D", "", number)
    spelled = set(groups) == {1}
    if len(digits) in (9, 12) and (len(groups) == 1 or set(groups) == {3} or spelled):
        return None if _MONEY.match(rest) else "looks like an ID number"
    if _DATED.match(number):
        return None
    if _MOBILE.fullmatch(digits) and (min(groups) > 1 or spelled or "+" in number):
        return "looks like a phone number"
    if _LANDLINE.fullmatch(digits) and (min(groups[1:], default=3) > 2 or spelled):
        return "looks like a phone number"
    return None
