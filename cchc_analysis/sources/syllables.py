"""Tell whether a word is spelt like a Vietnamese syllable: which letters, marks and tone meet.

The spelling is strict: an initial, a rime, a tone on one letter of the rime, and only two
tones before a final c, ch, p or t. Wrong letters of a font that is not there seldom pass.
"""

from __future__ import annotations

import unicodedata
from functools import cache

_INITIALS = (
    "", *["b", "c", "d", "đ", "g", "h", "k", "l", "m", "n", "r", "s", "t", "v", "x"],
    *["ch", "gh", "gi", "kh", "ng", "ngh", "nh", "ph", "qu", "th", "tr"],
)  # fmt: skip
# The letter that bears the tone stands after a point; where two spellings are in use, twice.
_OPEN = (
    ".a .e .ê .i .o .ô .ơ .u .ư .y .ia .ua .ưa u.ya o.a .oa o.e .oe u.ê u.y .uy u.ơ .ai .ao .au "
    ".ay .âu .ây .eo .êu .iu .oi .ôi .ơi .ui .ưi .ưu i.êu y.êu u.ôi ư.ơi ư.ơu o.ai o.ao "
    "o.ay o.eo u.ây u.yu u.êu u.ao u.ai u.ay"
)
_CLOSED = {
    ".a": "c ch m n ng nh p t", ".ă": "c m n ng p t", ".â": "c m n ng p t", ".e": "c m n ng p t",
    ".ê": "ch c m n ng nh p t", ".i": "ch c m n ng nh p t", ".o": "c m n ng p t",
    ".ô": "c m n ng p t", ".ơ": "m n p t", ".u": "c m n ng p t", ".ư": "c m n ng t",
    ".y": "t n ch nh p", "i.ê": "c m n ng p t", "y.ê": "c m n ng t", "u.ô": "c m n ng p t",
    "ư.ơ": "c m n ng p t", "o.a": "c ch m n ng nh p t", "o.ă": "c m n ng t", "o.e": "m n ng t",
    "u.â": "c m n ng t", "u.ê": "c ch n nh", "u.y": "ch n nh p t", "uy.ê": "n t",
}  # fmt: skip
_TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
_STOPPED = ("\u0301", "\u0323")


def is_syllable(word: str) -> bool:
    """Say whether a word is spelt like a Vietnamese syllable; case and Unicode form are free.

    Parameters
    ----------
    word
        One word without punctuation. Words without any mark (``cho``) are syllables too.

    Examples
    --------
    >>> [is_syllable(word) for word in ("nghiệp", "Hoà", "HÒA", "quyết", "giữa")]
    [True, True, True, True, True]
    >>> [is_syllable(word) for word in ("thùc", "maõ", "Krông", "café", "nghệip", "")]
    [False, False, False, False, False, False]
    """
    return unicodedata.normalize("NFC", word).casefold().replace("ð", "đ") in _syllables()


@cache
def _syllables() -> frozenset[str]:
    rimes = [(rime, _TONES) for rime in _OPEN.split()]
    for nucleus, finals in _CLOSED.items():
        rimes += [
            (nucleus + final, _STOPPED if final[0] in "cpt" else _TONES) for final in finals.split()
        ]
    return frozenset(
        unicodedata.normalize("NFC", initial + _toned(rime, tone))
        for initial in _INITIALS
        for rime, tones in rimes
        for tone in ("", *tones)
    )


def _toned(rime: str, tone: str) -> str:
    before, _, after = rime.partition(".")
    return before + after[:1] + tone + after[1:]
