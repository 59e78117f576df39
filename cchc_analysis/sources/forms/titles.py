"""What stands around the table of a form: unit and period above, source below."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

import pandas as pd

from cchc_analysis.columns import InputError
from cchc_analysis.gazetteer import fold
from cchc_analysis.sources.forms.layout import Rows
from cchc_analysis.sources.forms.wording import words

Period = tuple[pd.Timestamp, pd.Timestamp]

_DAY = (
    r"(?:(?P<iso{0}>\d{{4}}-\d\d-\d\d)(?:[ T]00:00:00)?|"
    r"(?P<day{0}>\d{{1,2}})\s*(?:[/.-]|tháng)\s*(?P<month{0}>\d{{1,2}})(?!\d)"
)
_YEAR = r"\s*(?:[/.-]|năm)\s*(?P<year{0}>\d{{4}})"
# Both days count whole: no other hours than those at which a day begins and ends.
_MORNING = r"(?:0{1,2}\s*(?:giờ|h|:)\s*(?:00)?\s*(?:phút)?\s*,?\s*)?"
_MIDNIGHT = r"(?:(?:24\s*(?:giờ|h|:)\s*(?:00)?|23\s*(?:giờ|h|:)\s*59)\s*(?:phút)?\s*,?\s*)?"
_RANGE = re.compile(
    rf"từ\s*{_MORNING}(?:ngày)?\s*:?\s*{_DAY.format(1)}(?:{_YEAR.format(1)})?)"
    rf"\s*(?:,|-|–)?\s*(?:đến|tới)?\s*(?:hết)?\s*{_MIDNIGHT}"
    rf"(?:ngày)?\s*:?\s*{_DAY.format(2)}{_YEAR.format(2)})",
    re.IGNORECASE,
)
_BLANK = re.compile(r"[\s.…_-]*")


def period_in(rows: Rows, where: str) -> Period:
    """Return the days between which a form counts, as its title states them.

    Raises
    ------
    InputError
        If the title gives no two days ('Quý I/2024' is no date range: a statutory quarter
        starts on the 15th of the month before it), gives several periods, or a reversed one.

    Examples
    --------
    >>> period_in([["Kỳ báo cáo: Quý I/2024 (Từ ngày 15/12/2023 đến ngày 14/3/2024)"]], "a.xlsx")
    (Timestamp('2023-12-15 00:00:00'), Timestamp('2024-03-14 00:00:00'))
    >>> period_in([["Từ 0 giờ ngày 15/12 đến 24 giờ ngày 14/3/2024"]], "a.xlsx")
    (Timestamp('2023-12-15 00:00:00'), Timestamp('2024-03-14 00:00:00'))
    """
    texts = [" ".join(" ".join(row).split()) for row in rows]
    found = {_days(match, where) for text in texts for match in _RANGE.finditer(text)}
    if not found:
        labels = [text for text in texts if fold(text).startswith(fold("Kỳ báo cáo"))]
        label = f" (found {labels[0][:60]!r}, which is no date range)" if labels else ""
        raise InputError(
            f"{where}: the title gives no 'Từ ngày ... đến ngày ...'{label}; write the two days "
            'there, or give period=("2023-12-15", "2024-03-14")'
        )
    if len(found) > 1:
        said = " and ".join(sorted(f"{a:%Y-%m-%d} to {b:%Y-%m-%d}" for a, b in found))
        raise InputError(f"{where}: the title gives {said}, expected one period; give period=")
    return found.pop()


def _days(match: re.Match[str], where: str) -> Period:
    """Return the two days of a range, in order."""
    try:
        first, last = (pd.Timestamp(_day(match, end)) for end in (1, 2))
    except ValueError:
        raise InputError(
            f"{where}: the title gives {match[0]!r}, expected days of the calendar as dd/mm/yyyy"
        ) from None
    if last < first:
        raise InputError(f"{where}: the period ends before it starts ({match[0]!r}); give period=")
    return first, last


def _day(match: re.Match[str], end: int) -> date:
    if iso := match[f"iso{end}"]:
        return date.fromisoformat(iso)
    month, day = (int(match[f"{part}{end}"]) for part in ("month", "day"))
    if year := match[f"year{end}"]:
        return date(int(year), month, day)
    last = _day(match, 2)  # the year stands at the end alone: the latest start not after it
    return date(last.year - ((month, day) > (last.month, last.day)), month, day)


def unit_named_in(rows: Rows) -> str:
    r"""Return the unit that a title names after 'Đơn vị báo cáo:'; empty where it names none.

    Examples
    --------
    >>> unit_named_in([["Biểu số II.06", "", "- Đơn vị báo cáo:\nUBND huyện Cần Giuộc"]])
    'UBND huyện Cần Giuộc'
    """
    return min(_named_in(rows), default=(0, ""))[1]


def units_reporting(rows: Rows) -> list[str]:
    """Return the different units that a title names as the one that reports.

    A plain 'Đơn vị:' is left out: it may be the unit of measure.

    Examples
    --------
    >>> units_reporting([["Đơn vị báo cáo: UBND xã A"], ["Đơn vị: hồ sơ"]])
    ['UBND xã A']
    """
    labels = words()["reading"]["unit"]
    names = [name for place, name in _named_in(rows) if name and "báo cáo" in labels[place]]
    return list({fold(name): name for name in names}.values())


def titles_another(row: Sequence[str], above: Rows) -> bool:
    """Say whether a row names another unit that reports, or another period, than a title does.

    Examples
    --------
    >>> title = [["Đơn vị báo cáo: UBND xã A"]]
    >>> [titles_another([text], title) for text in ("Đơn vị báo cáo: UBND xã B", "Hộ tịch")]
    [True, False]
    """
    units, text = units_reporting([row]), " ".join(" ".join(row).split())
    stated = [" ".join(" ".join(line).split()) for line in above]
    periods = {fold(match[0]) for line in stated for match in _RANGE.finditer(line)}
    known = {fold(name) for name in units_reporting(above)}
    return any(fold(name) not in known for name in units) or any(
        fold(match[0]) not in periods for match in _RANGE.finditer(text)
    )


def _named_in(rows: Rows) -> list[tuple[int, str]]:
    """Return the units named, each with the place of its label among those that may stand."""
    labels = {fold(label): place for place, label in enumerate(words()["reading"]["unit"])}
    named = []
    for row, place, line, rest in _lines(rows):
        label, colon, value = line.partition(":")
        if colon and fold(label) in labels:
            nearby = [value, *rest, *rows[row][place + 1 :], *_below(rows, row, place)]
            given = next((text for text in nearby if not _BLANK.fullmatch(text)), "")
            if ":" not in given:
                named.append((labels[fold(label)], " ".join(given.strip(" .;").split())))
    return named


def _lines(rows: Rows) -> Iterator[tuple[int, int, str, list[str]]]:
    """Give every line of every cell, with the lines below it in the cell."""
    for row, cells in enumerate(rows):
        for place, cell in enumerate(cells):
            lines = cell.splitlines()
            for number, line in enumerate(lines):
                yield row, place, line, lines[number + 1 :]


def _below(rows: Rows, row: int, place: int) -> Sequence[str]:
    return [cells[place] for cells in rows[row + 1 : row + 2] if place < len(cells)]


def written_below(rows: Rows, label: str) -> str:
    """Return what :func:`write_form06` wrote below its table after a label.

    Examples
    --------
    >>> written_below([["Ghi chú:"], ["unit_id: vn63-807"]], "unit_id")
    'vn63-807'
    """
    template = re.compile(re.escape(words()[label].partition("{")[0].strip()) + r"\s*(.+)")
    found = [m[1].strip() for row in rows for cell in row if (m := template.fullmatch(cell))]
    return found[-1] if found else ""  # a field above the notes may begin alike
