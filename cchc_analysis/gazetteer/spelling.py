"""Vietnamese names as keys: what is forgiven when two spellings are compared."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# The tone marks (grave, acute, tilde, hook above, dot below); other marks make other letters.
_TONES = "\u0300\u0301\u0303\u0309\u0323"
# d with stroke, and the two letters typed in its place.
_D_LETTERS = str.maketrans("đðɖ", "ddd")

PREFIXES = {
    "tỉnh": ("province", "province"),
    "thành phố": (None, "city"),
    "huyện": ("district", "district"),
    "quận": ("district", "district"),
    "thị xã": ("district", "town"),
    "xã": ("commune", "commune"),
    "phường": ("commune", "ward"),
    "thị trấn": ("commune", "township"),
    "đặc khu": ("commune", "special zone"),
}


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Return ``text`` as a key for comparing names.

    Forgives case, Unicode form, where a tone mark stands (``Hòa``, ``Hoà``), spaces,
    dashes and other punctuation, and ``đ`` typed as ``d``. Keeps the tones and the other
    marks, so Hà Giang is not Hạ Giang. The key is for comparing, not for showing.

    Parameters
    ----------
    text
        A name in any Unicode form. An empty text gives an empty key.

    Examples
    --------
    >>> fold("BÀ RỊA–Vũng  Tàu") == fold("Bà Rịa - Vũng Tàu"), fold("Hòa") == fold("Hoà")
    (True, True)
    >>> fold("Hà Giang") == fold("Hạ Giang")
    False
    """
    plain = unicodedata.normalize("NFC", text).casefold().translate(_D_LETTERS)
    plain = "".join(c for c in plain if unicodedata.category(c) != "Cf")
    return " ".join(
        _tone_last(word) for word in re.split(r"(?:(?![\u0300-\u036f])[\W_])+", plain) if word
    )


@lru_cache(maxsize=65536)
def _tone_last(word: str) -> str:
    """Move the tone mark of a syllable to its end."""
    if word.isascii():
        return word
    marks = unicodedata.normalize("NFD", word)
    letters = "".join(c for c in marks if c not in _TONES)
    return unicodedata.normalize("NFC", letters + "".join(c for c in marks if c in _TONES))


_FOLDED = {fold(prefix): prefix for prefix in PREFIXES}
# Written in full only before a full stop or a number: H'Neng and P Rao are names.
_SHORT = {
    "tp": "thành phố", "tx": "thị xã", "tt": "thị trấn", "h": "huyện", "q": "quận", "x": "xã",
    "p": "phường",
}  # fmt: skip
_SHORT_WITH_STOP = re.compile(r"(?<!\w)(t\.?p|tx|tt|[hqxp])\s*\.\s*(?=\w)")
_SHORT_WITH_NUMBER = re.compile(r"(?<!\w)([qp])\s*(?=\d)")
_SERVING, _AFFAIRS = fold("Phục vụ"), fold("hành chính công")
_ABBREVIATIONS = (
    (re.compile(rf"^({fold('UBND')}|{fold('Ủy ban nhân dân')}) "), ""),
    (re.compile(rf"^(tp|{fold('Thành phố')})? ?hcm$"), fold("Thành phố Hồ Chí Minh")),
    (re.compile(rf"^(tt|{fold('Thị trấn')}) {fold('Huế')}$"), fold("Thừa Thiên Huế")),
    (
        re.compile(rf"^(tt|{fold('Thị trấn')}) ?(pvhcc|hcc|({_SERVING} )?{_AFFAIRS}) "),
        f"{fold('Trung tâm')} {_SERVING} {_AFFAIRS} ",  # its TT is no thị trấn
    ),
    (re.compile(r"^tp "), fold("Thành phố") + " "),
    (re.compile(r"^tx "), fold("Thị xã") + " "),
    (re.compile(r"^tt "), fold("Thị trấn") + " "),
    (re.compile(r"\b0+(?=\d)"), ""),
)


@lru_cache(maxsize=65536)
def name_key(text: str) -> str:
    """Return the fold of a unit's name, without 'UBND' and with its prefix written out.

    Forgives TP., TX., TT., H., Q., X. and P. (``P.1``, ``Q1``), and a zero before a number
    (``Phường 01``).
    """
    plain = unicodedata.normalize("NFC", text).casefold().strip()
    for pattern in (_SHORT_WITH_STOP, _SHORT_WITH_NUMBER):
        plain = pattern.sub(lambda short: _SHORT[short[1].replace(".", "")] + " ", plain)
    key = fold(plain)
    for pattern, full in _ABBREVIATIONS:
        key = pattern.sub(full, key)
    return key


def split_prefix(key: str) -> tuple[str | None, str]:
    """Return the territorial prefix of a folded name (as in :data:`PREFIXES`) and the rest."""
    for folded, prefix in _FOLDED.items():
        if key.startswith(folded + " "):
            return prefix, key[len(folded) + 1 :]
    return None, key


def without_prefix(full_name: str) -> str:
    """Return a full name without its territorial prefix; 'Phường 1' is nothing without it."""
    for prefix in PREFIXES:
        if full_name.casefold().startswith(prefix + " "):
            rest = full_name[len(prefix) + 1 :]
            return full_name if rest.isdigit() else rest
    return full_name


def unmarked(key: str) -> str:
    """Return a folded name without any mark, as it is typed without a Vietnamese keyboard."""
    return "".join(c for c in unicodedata.normalize("NFD", key) if unicodedata.category(c) != "Mn")


def ascii_slug(text: str) -> str:
    """Return a part of a file name that is safe everywhere: only ``a-z``, ``0-9``, ``-``.

    Different names can give the same slug (``Hà Giang``, ``Hạ Giang``); put the unit_id
    beside it where that matters.

    Parameters
    ----------
    text
        Any name, in any Unicode form.

    Returns
    -------
    str
        At most 60 characters; ``unnamed`` where no letter or digit is left.

    Examples
    --------
    >>> ascii_slug("Tỉnh Đồng Nai (từ 1/7/2025)")
    'tinh-dong-nai-tu-1-7-2025'
    """
    plain = unicodedata.normalize("NFD", text.casefold().translate(_D_LETTERS))
    letters = "".join(c for c in plain if unicodedata.category(c) != "Mn")
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:60].strip("-") or "unnamed"
