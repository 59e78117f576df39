"""What a saved answer does not say: the period it covers, and when it was captured.

The portal's answers carry no period. It is taken from what the reader was told, from a file
``<name>.toml`` beside the answer, or from the file's name
(``progress_2026-08_captured-2026-09-26T18-14-41Z.json``), and these may not disagree.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

import pandas as pd

from cchc_analysis.columns import InputError
from cchc_analysis.periods import as_day

_ZONE = "Asia/Ho_Chi_Minh"
_NAMED = re.compile(
    r"(?<!\d)(?P<period>20\d\d(?:-Q[1-4]|-\d\d)?)_captured-"
    r"(?P<day>20\d\d-\d\d-\d\d)(?:T(?P<time>\d\d-?\d\d(?:-?\d\d)?)(?P<utc>Z?))?(?!\d)"
)
_PERIOD = re.compile(r"(?P<year>20\d\d)(?:-Q(?P<quarter>[1-4])|-(?P<month>\d\d))?")
_FORMS = "2026 (year to date), 2026-Q3, 2026-08 or 2026-08-01..2026-08-31"


@dataclass(frozen=True)
class Capture:
    """What is stated about one saved answer; empty where nothing is."""

    period: str = ""
    captured_at: str | date | datetime = ""
    source: str = ""
    source_url: str = ""
    note: str = ""


@dataclass(frozen=True)
class Span:
    """A period as far as a capture covers it."""

    period_kind: str
    period_start_on: pd.Timestamp
    period_end_on: pd.Timestamp
    captured_at: pd.Timestamp
    provisional: bool


def stated_about(path: Path, told: Capture) -> Capture:
    """Return what is stated about a file: by the caller, beside it, in its name.

    Raises
    ------
    InputError
        If two of them disagree, or the file beside it cannot be read.
    """
    named = _in_name(path.name)
    beside = _beside(path)
    found: dict[str, object] = {}
    for where, capture in (("the call", told), (f"{path.stem}.toml", beside), ("its name", named)):
        for field in fields(Capture):
            value = getattr(capture, field.name)
            if value == "":
                continue
            earlier = found.setdefault(field.name, value)
            if _plain(field.name, earlier) != _plain(field.name, value):
                raise InputError(
                    f"{path.name}: {field.name} is {earlier} as stated first and {value} by "
                    f"{where}; state it once"
                )
    return Capture(**found)


def span_of(period: str, captured_at: str | date | datetime, where: str) -> Span:
    """Return the days that a capture covers of a period.

    Parameters
    ----------
    period
        ``2026`` (year to date), ``2026-Q3``, ``2026-08`` or ``2026-08-01..2026-08-31``.
    captured_at
        A day or a time; a time with a zone is converted to Vietnamese time.
    where
        File and row, for the message.

    Raises
    ------
    InputError
        If either is missing or cannot be read, or the capture is older than the period.

    Examples
    --------
    >>> span = span_of("2026-09", "2026-09-26T18:14:41Z", "a.json")
    >>> span.period_kind, str(span.period_end_on.date()), span.provisional
    ('month', '2026-09-27', True)
    """
    if not period or not captured_at:
        missing = "period" if not period else "captured_at"
        raise InputError(
            f"{where}: nothing says the {missing}, and an answer of the portal does not carry it; "
            f"name the file ..._2026-08_captured-2026-09-26.json, write {missing} into a .toml "
            f"file of the same name beside it, or give {missing}="
        )
    moment = captured_time(captured_at, where)
    try:
        kind, start, end = _days(period)
    except (InputError, ValueError):
        raise InputError(f"{where}: found period {period[:40]!r}, expected {_FORMS}") from None
    if moment < start:
        raise InputError(
            f"{where}: captured on {moment:%Y-%m-%d}, before the period {period} began; "
            "correct one of the two"
        )
    today = moment.normalize()
    return Span(kind, start, min(end, today), moment, bool(today <= end))


def captured_time(value: str | date | datetime, where: str) -> pd.Timestamp:
    """Return the time of a capture in Vietnamese time, without its zone."""
    written = isinstance(value, str)
    try:
        if written and not re.match(r"\d{4}-\d\d-\d\d", value):
            raise ValueError
        moment = pd.Timestamp(value)
    except (ValueError, TypeError, OverflowError):
        raise InputError(
            f"{where}: found captured_at {str(value)[:40]!r}, expected a day or a time such as "
            "2026-09-26 or 2026-09-26T18:14:41Z"
        ) from None
    if moment.tzinfo is not None:
        moment = moment.tz_convert(_ZONE).tz_localize(None)
    return moment.floor("s")


@lru_cache(maxsize=256)  # thousands of rows of a file share a period
def _days(period: str) -> tuple[str, pd.Timestamp, pd.Timestamp]:
    """Return the kind, the first and the last day of a period as it is written."""
    first, dots, last = period.partition("..")
    if dots:
        return _kind_of(as_day(first), as_day(last))
    found = _PERIOD.fullmatch(period)
    if found is None:
        raise InputError("not one of the forms")
    quarter, month = found["quarter"], found["month"]
    kind, length = ("quarter", 3) if quarter else ("month", 1) if month else ("year", 12)
    begin = 3 * int(quarter) - 2 if quarter else int(month or 1)
    start = pd.Timestamp(int(found["year"]), begin, 1)
    return kind, start, start + pd.DateOffset(months=length) - pd.Timedelta(days=1)


def _kind_of(start: pd.Timestamp, end: pd.Timestamp) -> tuple[str, pd.Timestamp, pd.Timestamp]:
    """Recognise a month, a quarter or a year that is written as two days."""
    if end < start:
        raise InputError("it ends before it starts")
    for kind, code in (("month", "M"), ("quarter", "Q"), ("year", "Y")):
        whole = start.to_period(code)
        if whole.start_time == start and whole.end_time.normalize() == end:
            return kind, start, end
    return "dates", start, end


def _in_name(name: str) -> Capture:
    """Return what a file's name says."""
    found = _NAMED.search(name)
    if found is None:
        return Capture()
    if not found["time"]:
        return Capture(period=found["period"], captured_at=found["day"])
    digits = found["time"].replace("-", "").ljust(6, "0")
    clock = f"{digits[:2]}:{digits[2:4]}:{digits[4:]}"
    return Capture(
        period=found["period"], captured_at=f"{found['day']}T{clock}{found['utc'] or ''}"
    )


def _beside(path: Path) -> Capture:
    """Return what the file ``<name>.toml`` beside an answer says, where there is one."""
    beside = path.with_suffix(".toml")
    if not beside.is_file():
        return Capture()
    try:
        stated = tomllib.loads(beside.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(
            f"{beside}: cannot be read as TOML in UTF-8 ({str(error).splitlines()[0]})"
        ) from None
    known = [field.name for field in fields(Capture)]
    for name, value in stated.items():
        if name not in known:
            raise InputError(f"{beside.name}: unknown key {name!r}; expected {', '.join(known)}")
        if not isinstance(value, str | date):
            raise InputError(f"{beside.name}: {name}: expected a text, or a day or time")
    return Capture(**stated)


def _plain(name: str, value: object) -> object:
    """Return a value in the form in which two statements are compared."""
    if name == "captured_at":
        return captured_time(value, "captured_at")
    return value
