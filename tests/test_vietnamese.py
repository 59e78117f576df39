"""What a machine can check of ``docs/vietnamese.md``: all phrases, and the pages if built."""

import re
import unicodedata
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from said import phrases, texts

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "reports" / "site"
CHECKLIST = (ROOT / "docs" / "vietnamese.md").read_text(encoding="utf-8")

# English words that are no Vietnamese ones without their tone marks ('in', 'so', 'no' are)
ENGLISH = re.compile(
    r"(?<![\w.-])(?:the|of|and|with|from|for|not|are|is|was|were|this|that|these|those|which|"
    r"unit|units|rate|share|late|time|timely|total|count|counts|period|periods|rule|rules|source|"
    r"sources|table|figure|figures|dossiers?|overdue|pending|printed|report|reports|page|data|"
    r"value|interval|months?|years?|days?|weeks?|mean|median|level|group|column|row|rows|missing|"
    r"unknown|others?|each|none|more|less|than|between|before|after|lower|higher|odds|scores?|"
    r"points?|error|name|names|field|fields|received|resolved|closed|early|online|simulated|"
    r"computed|against|shown|under|over|within|read|deadline|case|cases)(?![\w-])",
    re.IGNORECASE,
)
CODES = re.compile(
    r"\((?:strict\w*|form06|qd766|odds)\)|[\w./-]+\.(?:csv|xlsx|json|zip)\b|\bsimulated-[\w-]+"
)

# Vietnamese words that no unit, field or procedure is named by
VIETNAMESE = re.compile(
    r"(?<!\w)(?:của|không|được|là|những|nhưng|tỷ lệ|đúng hạn|trễ hạn|quá hạn|trong hạn|đơn vị|"
    r"số liệu|khoảng|lũy kế|màn hình|hồ sơ|chưa|nếu|vì)(?!\w)",
    re.IGNORECASE,
)
QUOTED = re.compile(r"«[^»]*»|“[^”]*”|‘[^’]*’|'[^']*'|\"[^\"]*\"")

TONES_THE_OTHER_WAY = re.compile(r"\b\w*(?:hoà|hoá|thuỷ|uỷ|khoẻ|toà|hoạ|hoả)\b", re.IGNORECASE)
I_FOR_Y = re.compile(r"\b(?:tỉ lệ|tỉ số|kì|lí do|xử lí|quản lí)\b", re.IGNORECASE)
PRAISE = re.compile(r"\b(?:rất tốt|đáng khen|yếu kém|chúng tôi|ấn tượng)\b", re.IGNORECASE)
GLUED = re.compile(r"[\d}]%")
NUMBER = {"vi": re.compile(r"\d\.\d(?!\d\d(?!\d))"), "en": re.compile(r"\d,\d(?!\d\d(?!\d))")}
NO_NUMBER = re.compile(
    r"\bII\.\d+\w*|\b\d+\.\d+\.\d+\S*|\b(?:doi|sha256|v\d)\S*|\b[\w]+\.\d{6}\b|\b[A-Z]\d\d\.\d+\S*"
)
DATE = {  # what a date of the other language, or none, looks like
    "vi": re.compile(r"\b\d{4}-\d\d(?:-\d\d)?\b|\b\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|"
                     r"Sep|Oct|Nov|Dec)\b|\b0\d/\d{1,2}/\d{4}\b|\b\d{1,2}/0\d/\d{4}\b"),
    "en": re.compile(r"\b\d{4}-\d\d(?:-\d\d)?\b|\b\d{1,2}/\d{1,2}/\d{4}\b"),
}  # fmt: skip


def wrong_style(text: str, language: str) -> list[str]:
    """What is wrong with the characters, spaces and numbers of a text."""
    plain = NO_NUMBER.sub("", CODES.sub("", text))
    found = {
        "not NFC": unicodedata.normalize("NFC", text) != text,
        "two spaces": "  " in text,
        "space before a mark": re.search(r"\w [,.;:](?:\s|$)", text),
        "% glued": GLUED.search(plain),
        "decimal mark": NUMBER[language].search(plain),
        "date": DATE[language].search(plain),
    }
    if language == "vi":
        found |= {
            "straight quotes": re.search(r"['\"]", plain),
            "open quotes": text.count("“") != text.count("”"),
            "other quotes": re.search("[«»]", text),
            "tones": TONES_THE_OTHER_WAY.search(text),
            "i for y": I_FOR_Y.search(text),
            "praise": PRAISE.search(text),
        }
    return [name for name, is_found in found.items() if is_found]


def foreign(text: str, language: str) -> list[str]:
    """Words of the other language, names of rules, files and quoted words aside."""
    if language == "vi":
        return ENGLISH.findall(CODES.sub("", text))
    return VIETNAMESE.findall(QUOTED.sub("", text))


# Phrases


@pytest.mark.parametrize("language", ["vi", "en"])
def test_phrases_are_written_as_the_language_is(language):
    said = {**phrases(language), **{f"texts.{k}": v for k, v in texts(language).items()}}
    wrong = {key: found for key, text in said.items() if (found := wrong_style(text, language))}
    assert wrong == {}


@pytest.mark.parametrize("language", ["vi", "en"])
def test_no_phrase_is_left_in_the_other_language(language):
    said = phrases(language) | texts(language)
    left = {key: found for key, t in said.items() if (found := foreign(words(t), language))}
    assert left == {}


def test_no_phrase_is_the_same_in_both_languages_but_names_and_signs():
    vi, en = phrases("vi"), phrases("en")
    same = {key for key in vi if vi[key] == en.get(key) and re.search(r"[a-z]{3}", words(vi[key]))}
    assert {key for key in same if ENGLISH.search(words(vi[key]))} == set()


def words(text: str) -> str:
    return re.sub(r"{\w+}", "", text)


def test_the_words_of_the_checklist_are_the_words_of_the_phrases():
    """Each preferred word is in use; none of those to avoid is, where it is one word's work."""
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| [^|]+ \|$", CHECKLIST, re.M)[1:]
    rows = [row for row in rows if not row[0].startswith("---")]
    assert len(rows) >= 25
    said = " ".join([*phrases("vi").values(), *texts("vi").values()]).casefold()
    for preferred, avoided in rows:
        terms = re.split(r"[;,]", re.sub(r"\([^)]*\)", "", preferred))
        assert any(term.strip().casefold() in said for term in terms), preferred
        for term in re.split(r"[;,]", avoided):
            if "(" not in term and re.fullmatch(r"[a-z -]+", term.strip()):  # English
                assert not re.search(rf"\b{re.escape(term.strip())}\b", said), term


# Pages


def pages() -> list[Path]:
    return sorted(SITE.glob("[0-9]*.html"))


def said_on(path: Path) -> list[str]:
    """Each piece of text of a page but the commands and hashes in its foot, and other languages."""
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    language = page.html["lang"]
    for part in [*page.find_all(["style", "script", "footer", "code"]),
                 *page.find_all(lang=lambda value: value and value != language)]:  # fmt: skip
        part.decompose()
    for link in page.find_all("a", class_="n"):
        link.unwrap()
    page.smooth()
    images = [image.get("alt", "") for image in page.find_all("img")]
    return [" ".join(text.split()) for text in [*page.stripped_strings, *images]]


@pytest.mark.skipif(not pages(), reason="the default site is not built; run make report")
@pytest.mark.parametrize("path", pages(), ids=lambda path: path.stem)
def test_a_page_of_the_site_is_in_its_language(path):
    language = path.stem.rsplit(".", 1)[-1]
    for text in said_on(path):
        assert foreign(text, language) == [], text
        found = [name for name in wrong_style(text, language) if name != "straight quotes"]
        assert found == [], text


@pytest.mark.parametrize(
    ("text", "language", "wrong"),
    [
        ("97.64 % hồ sơ", "vi", "decimal mark"), ("97,64 % of them", "en", "decimal mark"),
        ("97,64% hồ sơ", "vi", "% glued"), ("hoà giải", "vi", "tones"),
        ("tỉ lệ", "vi", "i for y"), ("kỳ 2024-01-01", "vi", "date"),
        ("báo, 2025-01", "vi", "date"), ("5/9/2026", "en", "date"),
        ("hồ sơ 'trễ'", "vi", "straight quotes"), ("hai  chỗ", "vi", "two spaces"),
        (unicodedata.normalize("NFD", "trễ"), "vi", "not NFC"), ("“mở", "vi", "open quotes"),
        ("«trễ»", "vi", "other quotes"),
    ],
)  # fmt: skip
def test_each_slip_would_be_seen(text, language, wrong):
    assert wrong in wrong_style(text, language)


def test_each_foreign_word_would_be_seen():
    assert foreign("Tỷ lệ late của đơn vị (strict)", "vi") == ["late"]
    assert foreign("In this period tỷ lệ was 'đúng hạn'", "en") == ["tỷ lệ"]
    assert wrong_style("31.394 hồ sơ, 97,64 %, 5/9/2026, biểu II.06", "vi") == []
    assert wrong_style("31,394 dossiers, 97.64 %, 5 Sep 2026", "en") == []
