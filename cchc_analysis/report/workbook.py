"""The tables of a page as a workbook: what is on the page, number for number.

The first sheet is for a leader: the key figures and their notes on one sheet of A4. Text is
written as text and stays so when a cell is edited, so nothing in it can become a formula.
"""

from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from babel.numbers import NumberFormatError, parse_decimal

from cchc_analysis.display import Language
from cchc_analysis.wording import NONE, say

if TYPE_CHECKING:
    from bs4 import Tag
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

_A4 = 9
_NAME_LENGTH = 31
_WIDEST = 60
_MADE = datetime(2000, 1, 1)  # one page gives one file, byte for byte
_TEXT = {"quote_prefix": True, "text_wrap": True, "valign": "top"}


def workbook_name(page: str) -> str:
    """Return the file name of a page's workbook.

    Examples
    --------
    >>> workbook_name("01_unit_profile--da-nang.vi.html")
    '01_unit_profile--da-nang.vi.xlsx'
    """
    return page.removesuffix(".html") + ".xlsx"


def write_workbook(html: str, path: Path, *, language: Language) -> bool:
    """Write the key figures and the tables of a page to a workbook.

    Parameters
    ----------
    html
        A page that :func:`render_page` made.
    path
        The workbook (.xlsx).
    language
        The page's language: how its numbers are written.

    Returns
    -------
    bool
        Whether the page has a table; without one nothing is written.
    """
    from bs4 import BeautifulSoup
    from xlsxwriter import Workbook

    page = BeautifulSoup(html.replace("<wbr>", ""), "html.parser")
    tables = page.main.find_all("table")
    if not tables:
        return False
    safe = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with Workbook(temporary, safe) as book:
        book.set_properties({"title": _text(page.h1), "created": _MADE})
        mark = _text(page.find(class_="banner"))
        _summary(book, page, mark, language)
        for number, table in enumerate(tables, 1):
            _table(book, table, number, mark, language)
    os.replace(temporary, path)
    return True


def _text(tag: Tag | None) -> str:
    return " ".join(tag.get_text(" ").split()) if tag else ""


def _sheet(book: Workbook, name: str, mark: str, *, landscape: bool = False) -> Worksheet:
    sheet = book.add_worksheet(name)
    sheet.set_paper(_A4)
    sheet.set_footer("&R&P / &N")
    if mark:
        sheet.set_header("&C&B" + mark.replace("&", "&&"))
    if landscape:
        sheet.set_landscape()
    return sheet


def _summary(book: Workbook, page: Tag, mark: str, language: Language) -> None:
    """Write the title, what the page rests on and its key figures, to fit one sheet of A4."""
    sheet = _sheet(book, say("workbook.summary", language), mark)
    sheet.fit_to_pages(1, 1)
    sheet.set_column(0, 0, 38)
    sheet.set_column(1, 1, 18)
    sheet.set_column(2, 2, 60)
    plain, bold = book.add_format(_TEXT), book.add_format({**_TEXT, "bold": True})
    title = book.add_format({"quote_prefix": True, "bold": True, "font_size": 14})
    sheet.write_string(0, 0, _text(page.h1), title)
    row = 2
    for text in filter(None, [mark, *(_text(p) for p in page.main.select(".notice"))][:2]):
        sheet.merge_range(row, 0, row, 2, "", plain)
        sheet.write_string(row, 0, text, plain)
        row += 1
    for fact in page.main.select(".facts > .fact"):
        if fact.find_parent("details") is None:
            sheet.write_string(row, 0, _text(fact.dt), plain)
            sheet.write_string(row, 1, _text(fact.dd), plain)
            row += 1
    row += 1
    for card in page.main.select(".card"):
        parts = [_text(card.select_one(f".{part}")) for part in ("label", "value", "note")]
        for column, (text, style) in enumerate(zip(parts, (plain, bold, plain), strict=True)):
            sheet.write_string(row, column, text, style)
        row += 1


def _table(book: Workbook, table: Tag, number: int, mark: str, language: Language) -> None:
    heads = table.thead.find_all("th") if table.thead else []
    sheet = _sheet(book, _name(_text(table.caption), number), mark, landscape=len(heads) > 6)
    sheet.fit_to_pages(1, 0)
    plain, line = book.add_format(_TEXT), book.add_format({"quote_prefix": True})
    bold = book.add_format({**_TEXT, "bold": True, "bottom": 1})
    title = book.add_format({"quote_prefix": True, "bold": True})
    sheet.write_string(0, 0, _text(table.caption), title)
    for column, head in enumerate(heads):
        sheet.write_string(2, column, _text(head), bold)
    sheet.repeat_rows(2)
    sheet.freeze_panes(3, 1)
    rows = [row.find_all(["th", "td"]) for row in table.tbody.find_all("tr")]
    formats: dict[str, Format] = {}
    for at, cells in enumerate(rows, 3):
        for column, cell in enumerate(cells):
            _cell(book, sheet, (at, column), cell, plain, formats, language)
    for column in range(len(heads)):
        longest = max([len(_text(cells[column])) for cells in rows if column < len(cells)] or [0])
        sheet.set_column(column, column, min(max(longest + 2, 10), _WIDEST))
    if table.tfoot:
        sheet.write_string(len(rows) + 4, 0, _text(table.tfoot), line)


def _cell(
    book: Workbook,
    sheet: Worksheet,
    at: tuple[int, int],
    cell: Tag,
    plain: Format,
    formats: dict[str, Format],
    language: Language,
) -> None:
    """Write a number as a number, formatted as on the page; all else as text."""
    text = _text(cell)
    found = _number(text, language) if "num" in cell.get("class", []) else None
    if text == NONE:
        sheet.write_blank(*at, None, plain)
    elif found is None:
        sheet.write_string(*at, text, plain)
    else:
        value, shape = found
        if shape not in formats:
            formats[shape] = book.add_format({"num_format": shape, "valign": "top"})
        sheet.write_number(*at, value, formats[shape])


def _number(text: str, language: Language) -> tuple[float, str] | None:
    """Return the number that a text is, and the format that shows it so.

    Examples
    --------
    >>> _number("97,64 %", "vi"), _number("31.394", "vi"), _number("3 to 7", "en")
    ((0.9764, '0.00%'), (31394.0, '#,##0'), None)
    """
    bare = text.removesuffix(" %").replace("−", "-").removeprefix("+")
    try:
        value = parse_decimal(bare, locale=language, strict=True)
    except NumberFormatError:
        return None
    decimals = max(0, -int(value.as_tuple().exponent))
    fraction = f".{'0' * decimals}" if decimals else ""
    if text.endswith(" %"):
        return float(value / 100), f"0{fraction}%"
    return float(value), f"#,##0{fraction}"


def _name(caption: str, number: int) -> str:
    """Return a name that a sheet may bear, different from all others.

    Examples
    --------
    >>> _name("Tỷ lệ [đúng hạn]: theo tháng/năm, các lĩnh vực", 3)
    '3 Tỷ lệ đúng hạn theo tháng năm'
    """
    allowed = " ".join(re.sub(r"[\[\]:*?/\\']", " ", caption).split())
    return f"{number} {allowed}"[:_NAME_LENGTH].rsplit(",")[0].strip()
