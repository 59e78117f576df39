"""What is spelt like a Vietnamese syllable, and what is not."""

import re
import unicodedata

import pytest

from cchc_analysis.gazetteer import units
from cchc_analysis.sources.syllables import is_syllable

SENTENCES = (
    "Tất cả mọi người sinh ra đều được hưởng tự do, bình đẳng về nhân phẩm và quyền lợi. "
    "Mọi con người đều được tạo hoá ban cho lý trí và lương tâm và cần phải đối xử với nhau "
    "trong tình bằng hữu. Giấy chứng nhận quyền sử dụng đất; khuỷu tay, nguyệt quế, ngoằn ngoèo, "
    "khuyết, huơ, thuở, tuýp, huỳnh, loạt xoạt, quạ, quốc, giếng, gì, kỹ, yếm, ý, ốc, ướt, uống"
)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("change", [str, str.upper, str.title])
def test_words_of_plain_text_are_syllables(form, change):
    words = re.findall(r"\w+", SENTENCES)
    spelt = [unicodedata.normalize(form, change(word)) for word in words]
    assert [word for word in spelt if not is_syllable(word)] == []


def test_both_places_of_the_tone_are_in_use():
    assert all(map(is_syllable, ("hòa", "hoà", "thúy", "thuý", "khỏe", "khoẻ")))


@pytest.mark.parametrize(
    "word",
    [
        "thùc", "hëp", "hãc", "xö", "maõ", "soå", "ñaát", "Krông", "Đắk", "café", "Müller", "São1",
        "hoàn2", "nghệip", "tréo̱", "đđất", "ưâ", "²", "\ufffd", "c«ng", "§Êt", "Ä‘ai", "",
    ],
)  # fmt: skip
def test_other_words_are_none(word):
    assert not is_syllable(word)


def test_names_of_communes_are_nearly_all_spelt_so():
    """The rest are names in other languages of Vietnam: Krông, Đắk, Ia Mơ."""
    words = {w for name in units()["name"] for w in re.findall(r"[^\W\d_]+", name)}
    marked = [word for word in words if not word.isascii()]
    assert len(marked) > 1000
    assert sum(map(is_syllable, marked)) > 0.9 * len(marked)
