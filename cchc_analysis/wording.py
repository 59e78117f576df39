"""Phrases and number formats of the two languages.

Sentences live in ``reference/phrases/<language>/``, a file for each topic; numbers are put in
here, formatted as the language writes them. Percent exists only from here on.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import get_args

import pandas as pd
from babel.dates import format_date
from babel.numbers import format_decimal

from cchc_analysis.display import Language

NONE = "–"
_DATES = {"vi": "d/M/yyyy", "en": "d MMM yyyy"}
_MONTHS = {"vi": "MM/yyyy", "en": "MMM yyyy"}


@cache
def _phrases(language: Language) -> dict[str, str]:
    folder = files("cchc_analysis").joinpath(f"reference/phrases/{language}")
    topics = [tomllib.loads(file.read_text(encoding="utf-8")) for file in folder.iterdir()]
    return {key: text for topic in topics for key, text in topic.items()}


def say(key: str, language: Language, **values: str | float) -> str:
    """Return a phrase with its values put in: text as it is, numbers as whole numbers.

    Examples
    --------
    >>> say("holds.dossiers", "vi", n=31394)
    '31.394 hồ sơ'
    """
    texts = {k: v if isinstance(v, str) else whole(v, language) for k, v in values.items()}
    return _phrases(language)[key].format(**texts)


@cache
def numbers_in_words() -> tuple[str, ...]:
    """Return the stretches of phrases with a number of their own, as in 'khoảng 95 %: {low}'.

    Such a number is wording, in both languages; it is no figure of the unit spoken of.
    """
    stretches = {
        stretch.strip()
        for language in get_args(Language)
        for key, text in _phrases(language).items()
        if key != "texts"
        for stretch, *_ in Formatter().parse(text)
    }
    return tuple(
        sorted(
            text
            for text in stretches
            if any(map(str.isdigit, text)) and any(map(str.isalpha, text))
        )
    )


def has_phrase(key: str, language: Language) -> bool:
    """Tell whether a phrase exists, for parts of a page that may go without one."""
    return key in _phrases(language)


def translated(text: str, language: Language) -> str:
    """Return a source's name, or a remark in our data, in the language where it is known.

    Examples
    --------
    >>> translated("province: place named in the article", "vi")
    'tỉnh: theo địa danh trong bài'
    """
    return _phrases(language).get("texts", {}).get(text, text)


def whole(number: float, language: Language) -> str:
    """Return a whole number with the language's thousands separator.

    Examples
    --------
    >>> whole(495353, "vi"), whole(495353, "en"), whole(float("nan"), "vi")
    ('495.353', '495,353', '–')
    """
    return NONE if pd.isna(number) else format_decimal(number, format="#,##0", locale=language)


def decimal(number: float, language: Language, places: int = 2) -> str:
    """Return a number with ``places`` decimals.

    Examples
    --------
    >>> decimal(62.59, "vi"), decimal(0.5, "en", 1)
    ('62,59', '0.5')
    """
    if pd.isna(number):
        return NONE
    pattern = f"#,##0.{'0' * places}" if places else "#,##0"
    return format_decimal(number, format=pattern, locale=language)


def percent(share: float, language: Language, places: int = 2) -> str:
    """Return a share of 0..1 as a percentage.

    A share that is not 0 or 1 is never shown as 0 % or 100 %.

    Examples
    --------
    >>> percent(483677 / 495353, "vi"), percent(0.99999, "en")
    ('97,64 %', '> 99.99 %')
    >>> percent(-0.123, "en"), percent(-0.00001, "en"), percent(-1e-17, "en")
    ('−12.30 %', '> −0.01 %', '0 %')
    """
    if pd.isna(share):
        return NONE
    share = round(share, 12) + 0.0  # a sum of parts may miss 0 or 1 by its last bit; no -0.0
    if share in (0, 1):
        return f"{share * 100:.0f} %"
    smallest = 10.0**-places
    if share < 0:  # a part of a variance may be
        edge = "> " if -share * 100 < smallest / 2 else ""
        return f"{edge}−{decimal(max(-share * 100, smallest), language, places)} %"
    if 0 < share * 100 < smallest / 2:
        return f"< {decimal(smallest, language, places)} %"
    if 100 - smallest / 2 <= share * 100 < 100:
        return f"> {decimal(100 - smallest, language, places)} %"
    return f"{decimal(share * 100, language, places)} %"


def interval(low: float, high: float, language: Language, places: int = 2) -> str:
    """Return two shares as a range of percentages.

    Equal ends after rounding get one more decimal: a range never looks like a point.

    Examples
    --------
    >>> interval(0.97, 0.98, "en", 1)
    '97.0 to 98.0 %'
    """
    if pd.isna(low) or pd.isna(high):
        return NONE
    ends = decimal(low * 100, language, places), decimal(high * 100, language, places)
    if ends[0] == ends[1] and low < high and places < 4:
        return interval(low, high, language, places + 1)
    return say("range", language, low=ends[0], high=ends[1]) + " %"


def named(kind: str, key: str, language: Language) -> str:
    """Return the name of a rule or method, or its key where it has none.

    Examples
    --------
    >>> named("rule", "form06", "en")
    'form06 (statutory form II.06)'
    """
    phrase = f"{kind}.{key}"
    return say(phrase, language) if has_phrase(phrase, language) else key


def day(date: object, language: Language) -> str:
    """Return a date as the language writes it.

    Examples
    --------
    >>> day("2026-10-10", "vi"), day("2026-10-10", "en"), day(None, "en")
    ('10/10/2026', '10 Oct 2026', '–')
    """
    if pd.isna(date):
        return NONE
    return format_date(pd.Timestamp(date).date(), _DATES[language], locale=language)


def month(date: object, language: Language) -> str:
    """Return a month as the language writes it.

    Examples
    --------
    >>> month("2025-01", "vi"), month("2025-01", "en")
    ('01/2025', 'Jan 2025')
    """
    return format_date(pd.Timestamp(date).date(), _MONTHS[language], locale=language)


def period(start_on: object, end_on: object, language: Language) -> str:
    """Return a period from its first to its last day.

    Examples
    --------
    >>> period("2024-01-01", "2024-05-31", "vi")
    '1/1/2024 – 31/5/2024'
    >>> period(None, "2023-10-31", "en"), period(None, None, "en")
    ('as at 31 Oct 2023', '(not stated)')
    """
    if pd.isna(start_on):
        known = pd.notna(end_on)
        return (
            say("period.until", language, day=day(end_on, language))
            if known
            else say("unknown", language)
        )
    return f"{day(start_on, language)} – {day(end_on, language)}"
