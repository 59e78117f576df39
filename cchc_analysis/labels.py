"""What readers see for a key, a value or a printed figure: names, labels, units."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

import pandas as pd
from babel.dates import get_day_names

from cchc_analysis.catalogue import indicator, indicators
from cchc_analysis.display import Language
from cchc_analysis.gazetteer import unit_name
from cchc_analysis.wording import (
    day,
    decimal,
    has_phrase,
    interval,
    month,
    named,
    percent,
    period,
    say,
    translated,
    whole,
)

SIMULATED = "simulated"
_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_TONES = "\u0300\u0301\u0303\u0309\u0323"


def is_simulated(source: Iterable[str]) -> bool:
    """Tell whether any source is a simulated export; their names begin with 'simulated'.

    Examples
    --------
    >>> is_simulated(["simulated-tinh-mau-a.csv"]), is_simulated(["export.csv"])
    (True, False)
    """
    return any(str(name).startswith(SIMULATED) for name in source)


def indicator_name(indicator_id: str, language: Language) -> str:
    """Return an indicator's name in the catalogue."""
    return getattr(indicator(indicator_id), language)


def row_label(
    row: dict, label: str | Sequence[str], language: Language, units: pd.DataFrame | None = None
) -> str:
    """Return what readers see for a row named by one column, or by several together."""
    columns = [label] if isinstance(label, str) else list(label)
    if columns == ["period_start_on", "period_end_on"]:
        return period(row["period_start_on"], row["period_end_on"], language)
    return ": ".join(_key_label(row[name], name, language, units) for name in columns)


def _key_label(key: object, column: str, language: Language, units: pd.DataFrame | None) -> str:
    """Return a unit's, an indicator's or a rule's name, a date, or the key itself."""
    if pd.isna(key):
        return say("unknown", language)
    if column == "unit_id":
        return unit_name(str(key), units=units, language=language)
    if column == "indicator":
        return indicator_name(str(key), language)
    if column == "rule":
        return named("rule", str(key), language)
    if column.endswith("_on"):
        return day(key, language)
    return level_name(column, str(key), language)


def level_name(term: str, level: str, language: Language) -> str:
    """Return the name of a level that is a code (channel, weekday), or the level itself.

    Examples
    --------
    >>> level_name("received_weekday", "1", "vi"), level_name("workload", "low", "en")
    ('Thứ Hai', 'fewer than usual for the unit (below 75 %)')
    """
    if term == "received_weekday" and level in tuple("1234567"):
        return get_day_names(locale=language)[int(level) - 1]
    keys = (f"level.{term}.{level}", f"level.{level}")
    return next((say(key, language) for key in keys if has_phrase(key, language)), str(level))


def value(row: dict, language: Language) -> str:
    """Return an estimate's value in its unit of measure; a printed range as a range."""
    if row["unit_of_measure"] == "share":
        places = _printed_places(row)
        if pd.isna(row["value"]) and row["bounds"] == "printed_range":
            return interval(row["low"], row["high"], language, places)
        return percent(row["value"], language, places)
    if pd.isna(row["value"]) and row["bounds"] == "printed_range":
        ends = {name: number_of(row[name], language) for name in ("low", "high")}
        return say("range", language, **ends)
    places = 0 if pd.isna(row["value"]) or float(row["value"]).is_integer() else 2
    return decimal(row["value"], language, places)


def bounds(row: dict, language: Language) -> str:
    """Return an estimate's bounds; those of rounding with one decimal more than was printed."""
    if row["unit_of_measure"] != "share":
        return say("none", language)
    places = _printed_places(row) + (row["bounds"] == "rounding")
    return interval(row["low"], row["high"], language, places)


def _printed_places(row: dict) -> int:
    """Return as many decimals as were printed, read off the bounds; 2 for computed shares."""
    if row["bounds"] not in ("rounding", "printed_range"):
        return 2
    ends = [100 * row[name] for name in ("value", "low", "high") if pd.notna(row[name])]
    shown = ends[:1] if row["bounds"] == "rounding" else ends
    return next((n for n in range(4) if all(abs(x - round(x, n)) < 1e-9 for x in shown)), 2)


def year_or_period(start_on: pd.Timestamp, end_on: pd.Timestamp, language: Language) -> str:
    """Return a period, of a whole year the year alone.

    Examples
    --------
    >>> days = pd.Timestamp("2024-01-01"), pd.Timestamp("2024-06-30"), pd.Timestamp("2024-12-31")
    >>> year_or_period(days[0], days[2], "vi"), year_or_period(*days[:2], "vi")
    ('2024', '1/1/2024 – 30/6/2024')
    """
    ends = [f"{each:%m-%d}" for each in (start_on, end_on) if pd.notna(each)]
    whole_year = ends == ["01-01", "12-31"] and start_on.year == end_on.year
    return str(end_on.year) if whole_year else period(start_on, end_on, language)


def target_value(row: dict, language: Language) -> str:
    """Return a target in its unit of measure, with what it asks for: at least, at most.

    Examples
    --------
    >>> row = {"indicator": "on_time_rate", "comparison": ">=", "target": 0.975}
    >>> target_value(row, "en"), target_value({**row, "target": 1.0}, "en")
    ('97.5 % or more', '100 %')
    """
    number = row["target"]
    if indicator(row["indicator"]).unit_of_measure == "share":
        decimals = f"{number * 100:.2f}".rstrip("0").partition(".")[2]
        text = percent(number, language, len(decimals))
        if number == 1 and row["comparison"] == ">=":  # nothing lies above
            return text
    else:
        text = number_of(number, language)
    return say(f"comparison.{row['comparison']}", language, target=text)


def target_document(row: dict, language: Language) -> str:
    """Return the document that sets a target, else the source that prints it."""
    if pd.notna(row["document"]):
        return str(row["document"])
    return urlsplit(row["source"]).netloc or translated(row["source"], language)


def as_printed(row: dict, language: Language) -> str:
    """Return a printed figure with its sign or unit, as the source gives it."""
    if pd.isna(row["printed"]):
        return say("none", language)
    unit = " %" if row["unit_of_measure"] == "percent" else ""
    least = row["kind"] == "target" and pd.notna(row["low"]) and not (unit and row["low"] >= 100)
    target = "≥ " if least else ""
    return f"{target}{local_number(row['printed'], language)}{unit}"


def exact_percent(row: dict, language: Language) -> str:
    """Return the share that counts give, with no fewer decimals than were printed.

    Examples
    --------
    >>> exact_percent({"exact_share": 0.976423, "decimals": 1}, "en")
    '97.64 %'
    """
    return percent(row["exact_share"], language, max(2, int(row["decimals"])))


def local_number(text: str, language: Language) -> str:
    """Return a printed number in the language's decimal mark, digits unchanged."""
    plain = str(text)
    if not plain.replace(".", "", 1).isdigit():
        return plain.replace(".", ",") if language == "vi" and plain[:1].isdigit() else plain
    head, _, tail = plain.partition(".")
    mark = "," if language == "vi" else "."
    return whole(int(head), language) + (mark + tail if tail else "")


def number_of(number: float, language: Language) -> str:
    """Return a count as a whole number, points with two decimals."""
    return whole(number, language) if float(number).is_integer() else decimal(number, language)


def sources(source: Iterable[str], language: Language) -> str:
    """Return the names of the sources with their dates, each once: the first three."""
    names = list(dict.fromkeys(_source_name(str(name), language) for name in source))
    shown = "; ".join(names[:3])
    return say("and_more", language, shown=shown) if len(names) > 3 else shown


def _source_name(text: str, language: Language) -> str:
    """Return a source in the language, the date that follows it in brackets too."""
    dated = re.fullmatch(r"(.*) \((\d{4}(?:-\d\d){0,2})\)", text)
    if not dated:
        return translated(text, language)
    return f"{translated(dated[1], language)}, {_source_day(dated[2], language)}"


def in_order(name: str) -> tuple[str, str]:
    """Return a key that puts names in the order of the Vietnamese alphabet, tones last.

    Examples
    --------
    >>> sorted(["Đồng Tháp", "Hà Nội", "Huế", "An Giang", "Đà Nẵng"], key=in_order)
    ['An Giang', 'Đà Nẵng', 'Đồng Tháp', 'Hà Nội', 'Huế']
    """
    apart = unicodedata.normalize("NFD", name.casefold())
    toneless = unicodedata.normalize("NFC", "".join(c for c in apart if c not in _TONES))
    places = (_ALPHABET.find(letter) for letter in toneless)
    letters = zip(places, toneless, strict=True)
    return "".join(c if at < 0 else chr(ord("a") + at) for at, c in letters), name


def citation(row: dict, language: Language) -> str:
    """Return a printed figure's source: name, date, place, and what was inferred here."""
    parts = [translated(row["source"], language)]
    if pd.notna(row["source_on"]) and not row["source"].startswith("founding"):
        parts.append(_source_day(row["source_on"], language))
    if pd.notna(row["page_on"]):
        parts.append(say("page_on", language, day=_source_day(row["page_on"], language)))
    if pd.notna(row["place"]):
        parts.append(translated(row["place"], language))
    if pd.notna(row["inferred"]):
        parts.append(say("inferred", language, what=translated(row["inferred"], language)))
    return "; ".join(parts)


def _source_day(text: str, language: Language) -> str:
    """Return the day or month of a source as the language writes it; a year as it is."""
    writes = {len("2026-10-10"): day, len("2026-10"): month}
    return writes[len(text)](text, language) if len(text) in writes else text


def indicator_names(parts: str, language: Language) -> str:
    """Return the names of several indicators, joined by plus signs."""
    known = indicators()
    ids = [part.strip() for part in parts.split(",")]
    return " + ".join(indicator_name(p, language) if p in known else p for p in ids)


def component_name(row: dict, language: Language) -> str:
    """Return the name of a component of a change, with the key whose mix it is."""
    term = named("term", row["detail"], language).lower() if row["detail"] else ""
    return say(f"component.{row['component']}", language, term=term)


def signed_points(share: float, language: Language) -> str:
    """Return a difference of shares in percentage points with its sign.

    Examples
    --------
    >>> signed_points(0.0123, "vi"), signed_points(-0.0123, "en"), signed_points(0, "en")
    ('+1,23', '−1.23', '0.00')
    """
    text = decimal(abs(share) * 100, language)
    if not any(digit in text for digit in "123456789"):
        return text
    return ("+" if share > 0 else "−") + text


def correlation(coefficient: float, language: Language) -> str:
    """Return a correlation with a true minus sign; 1 only where the order is the same.

    Examples
    --------
    >>> correlation(0.4567, "vi"), correlation(-0.998, "en"), correlation(1.0, "en")
    ('0,46', '< −0.99', '1.00')
    """
    exact = round(coefficient, 12)
    text = decimal(min(abs(exact), 0.99) if abs(exact) < 1 else 1, language)
    edge = 0.995 <= abs(exact) < 1
    if exact < 0 and text != decimal(0, language):
        return ("< " if edge else "") + "−" + text
    return ("> " if edge else "") + text


def capital(text: str) -> str:
    """Return ``text`` with its first letter in upper case."""
    return text[:1].upper() + text[1:]
