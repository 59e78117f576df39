"""Sentences taken apart again: which phrase a text is, and what stands in its blanks.

The tests of truth read a sentence as its reader does: without the code that made it, from
the text and the wording in the phrase files alone.
"""

import re
import string
import tomllib
from collections.abc import Sequence
from functools import cache
from html import unescape
from pathlib import Path

import pandas as pd

import cchc_analysis

FOLDER = Path(cchc_analysis.__file__).parent / "reference" / "phrases"
LANGUAGES = ("vi", "en")
_NUMBER = re.compile(r"(?P<edge>[<>] )?(?P<sign>[+−-])?(?P<digits>\d[\d.,]*)(?: %)?")


@cache
def phrases(language: str) -> dict[str, str]:
    """All phrases of a language, without the names of sources."""
    topics = [tomllib.loads(path.read_text("utf-8")) for path in (FOLDER / language).iterdir()]
    return {key: text for topic in topics for key, text in topic.items() if key != "texts"}


def texts(language: str) -> dict[str, str]:
    """The names of sources and remarks in the data, in a language."""
    topics = [tomllib.loads(path.read_text("utf-8")) for path in (FOLDER / language).iterdir()]
    return {key: text for topic in topics for key, text in topic.get("texts", {}).items()}


@cache
def pattern(key: str, language: str) -> re.Pattern:
    """A phrase as a pattern, its blanks as groups; a blank met again holds the same text."""
    parts, met = [], set()
    for text, name, _, _ in string.Formatter().parse(phrases(language)[key]):
        parts.append(re.escape(text))
        if name:
            parts.append(f"(?P={name})" if name in met else f"(?P<{name}>.+?)")
            met.add(name)
    return re.compile("".join(parts))


@cache
def keys_of(topic: str, language: str) -> tuple[str, ...]:
    """The phrases of a topic; a phrase that says more by itself comes before one that says less."""
    own = [key for key in phrases(language) if key.startswith(f"{topic}.") or key == topic]
    return tuple(sorted(own, key=lambda key: -len(re.sub(r"{.*?}", "", phrases(language)[key]))))


def value(text: str, language: str) -> float | str:
    """A number as the language writes it, percent as percent; another text as it is."""
    found = _NUMBER.fullmatch(text)
    if not found:
        return text
    thousands, mark = (".", ",") if language == "vi" else (",", ".")
    number = float(found["digits"].replace(thousands, "").replace(mark, "."))
    return -number if found["sign"] in ("−", "-") else number


def taken_apart(text: str, keys: Sequence[str], language: str) -> tuple[str, dict] | None:
    """The phrase that a text is, with the values in its blanks; None where it is none."""
    for key in keys:
        if found := pattern(key, language).fullmatch(text):
            return key, {name: value(v, language) for name, v in found.groupdict().items()}
    return None


def sentences(text: str, keys: Sequence[str], language: str) -> list[tuple[str, dict]] | None:
    """The phrases that a text is put together from, the shortest first; None where it is none."""
    for end in [stop.end() for stop in re.finditer(r"[.](?= )", text)]:
        first = taken_apart(text[:end], keys, language)
        rest = first and sentences(text[end + 1 :], keys, language)
        if rest:
            return [first, *rest]
    whole = taken_apart(text, keys, language)
    return [whole] if whole else None


def said(blocks: list, topic: str, language: str) -> dict[str, list[dict]]:
    """The sentences of some blocks by phrase; every one must be a phrase of the topic."""
    keys = keys_of(topic, language)
    found = {}
    for block in blocks:
        if block.kind not in ("text", "notice"):
            continue
        for html in re.findall(r"<(?:p|li)\b[^>]*>(.*?)</(?:p|li)>", block.html):
            told = sentences(unescape(html), keys, language)
            assert told, f"no phrase of {topic}: {unescape(html)}"
            for key, blanks in told:
                found.setdefault(key, []).append(blanks)
    return found


def listed(names: str, key: str, language: str) -> list[dict]:
    """A list of named units taken apart; how many there are where not all are named."""
    if more := taken_apart(names, ["and_more_units"], language):
        names = more[1]["shown"]
    apart = re.split(r"(?<=\)); ", names)  # each name ends with its figures in brackets
    return [taken_apart(name, [key], language)[1] for name in apart]


def same_in_both(function, *tables, topic: str, **options) -> dict[str, dict]:
    """What a function says in Vietnamese, after a look that English says no more or less."""
    vi, en = (
        said(function(*tables, language=language, **options), topic, language)
        for language in LANGUAGES
    )
    assert list(vi) == list(en)
    for key, sentences in vi.items():
        assert [_numbers(s) for s in sentences] == [_numbers(s) for s in en[key]], key
    return vi


def units_named(*ids: str) -> pd.DataFrame:
    """A table of units whose names are their ids."""
    some = cchc_analysis.load_units().iloc[[0] * len(ids)].reset_index(drop=True)
    return some.assign(unit_id=ids, name=ids, full_name=ids)


def close(shown, share, places=2):
    """Whether a percentage shown is a share; one near 0 or 100 % is shown as beyond a bound."""
    nearest = min(max(100 * share, 0 if share == 0 else 10**-places), 100)
    nearest = nearest if share == 1 else min(nearest, 100 - 10**-places)
    return abs(shown - nearest) <= 0.5000001 * 10**-places


def _numbers(sentence: dict) -> dict:
    return {name: value for name, value in sentence.items() if isinstance(value, float)}
