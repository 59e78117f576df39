"""Form II.06 as a workbook: the table an officer pastes into the monthly report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from cchc_analysis import gazetteer
from cchc_analysis.columns import FORMS, InputError, check
from cchc_analysis.sources.forms.wording import COUNTS, HEADERS, words

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

_KEYS = ["unit_id", "period_start_on", "period_end_on", "source"]
_TITLE_ROWS, _BODY = 4, 8
_LAST = 12
_WIDTHS = {0: 5, 1: 34} | dict.fromkeys(range(2, 13), 9)
_FONT = {"font_name": "Times New Roman", "font_size": 11, "valign": "vcenter", "text_wrap": True}
_BOX = {**_FONT, "border": 1}
_STYLES = {
    "number": {**_FONT, "bold": True, "align": "left"},
    "title": {**_FONT, "bold": True, "align": "center", "font_size": 13},
    "period": {**_FONT, "align": "center", "italic": True},
    "unit": {**_FONT, "align": "left"},
    "measure": {**_FONT, "align": "right", "italic": True},
    "simulated": {**_FONT, "bold": True, "align": "center", "font_color": "#B00000"},
    "header": {**_BOX, "bold": True, "align": "center"},
    "column": {**_BOX, "italic": True, "align": "center"},
    "ordinal": {**_BOX, "align": "center"},
    "field": {**_BOX, "align": "left", "quote_prefix": True},
    "count": {**_BOX, "align": "right", "num_format": "#,##0"},
    "total": {**_BOX, "bold": True, "align": "left"},
    "total_count": {**_BOX, "bold": True, "align": "right", "num_format": "#,##0"},
    "note": {**_FONT, "align": "left", "font_size": 10, "quote_prefix": True},
}


def write_form06(
    forms: pd.DataFrame,
    path: str | Path,
    *,
    units: pd.DataFrame | None = None,
    suffix: str = "",
) -> Path:
    """Write forms II.06 as a workbook in the layout of the form, a sheet for each form.

    ``read_forms`` of the workbook gives the same lines back, each form's by field. The notes
    below the table say that column (9) holds withdrawn and undated dossiers and column (12)
    waiting ones. Simulated units are marked in the title and on each printed page.

    Parameters
    ----------
    forms
        Columns of ``FORMS``, as :func:`form06` returns them. Each unit, period and source is
        a form; a missing count stays an empty cell.
    path
        The ``.xlsx`` file to write; its folder is made.
    units
        Units, for the name in the title; None for the reference table. A unit that is not
        there is named by its ``unit_id``.
    suffix
        The letter after II.06 that says who compiles the form, printed only if given: which
        letter is whose was not verified.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If there is no line to write, a line gives no count (in a form it would be the heading
        of the lines below it), or the file is not to be an ``.xlsx``.

    Notes
    -----
    Texts are written as texts, so that a field that begins with '=' is not a formula. A4
    landscape, one page wide, the header on every page.

    References
    ----------
    Thông tư số 01/2020/TT-VPCP, biểu II.06 (as printed in forms in use).

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from cchc_analysis import read_forms
    >>> forms = pd.DataFrame({
    ...     "unit_id": "A", "field": ["civil", "land"], "period_start_on": "2024-01-01",
    ...     "period_end_on": "2024-01-31", "early_count": [5, 3], "late_count": [0, None],
    ...     "source": "example",
    ... })
    >>> with TemporaryDirectory() as folder:
    ...     file = write_form06(forms, f"{folder}/form.xlsx")
    ...     read_forms(file)["late_count"].tolist()  # none late, and not known
    [0.0, nan]
    """
    import xlsxwriter

    path = Path(path)
    lines = check(forms, FORMS)
    if lines.empty:
        raise InputError(f"{path}: there is no line to write; widen the period")
    uncounted = lines[lines[list(COUNTS.values())].isna().all(axis=1)]
    if not uncounted.empty:
        unit_id, field = uncounted.iloc[0][["unit_id", "field"]]
        name = words()["total"] if pd.isna(field) else field
        raise InputError(f"{path}: {unit_id}: found no count in the line {name!r}; leave it out")
    if path.suffix.lower() != ".xlsx":
        raise InputError(f"{path}: found {path.suffix!r}, expected a name that ends in .xlsx")
    path.parent.mkdir(parents=True, exist_ok=True)
    groups = [form for _, form in lines.groupby(_KEYS, dropna=False)]
    unfinished = path.with_name(f"{path.name}.part")
    with xlsxwriter.Workbook(unfinished) as book:
        book.set_properties({"created": lines["period_end_on"].max().to_pydatetime()})
        styles = {name: book.add_format(style) for name, style in _STYLES.items()}
        for number, form in enumerate(groups, start=1):
            _write_form(book, styles, form, number, units, suffix)
    unfinished.replace(path)
    return path


def _write_form(
    book: Workbook,
    styles: dict[str, Format],
    form: pd.DataFrame,
    number: int,
    units: pd.DataFrame | None,
    suffix: str,
) -> None:
    """Write the sheet of one form."""
    first = form.iloc[0]
    name = gazetteer.full_name(first["unit_id"], on=first["period_end_on"], units=units)
    simulated = _is_simulated(first["unit_id"], name, units)
    sheet = book.add_worksheet(f"II.06 ({number})")
    _set_page(sheet, simulated)
    _write_titles(sheet, styles, first, name, suffix, simulated)
    _write_header(sheet, styles)
    fields, totals = form[form["field"].notna()], form[form["field"].isna()]
    row = _BODY
    for ordinal, line in enumerate([*fields.to_dict("records"), *totals.to_dict("records")], 1):
        _write_line(sheet, styles, row, line, ordinal)
        row += 1
    read_back = [words()[key].format(**{key: first[key]}) for key in ("source", "unit_id")]
    below = [*words()["notes"], *read_back]
    for place, note in enumerate(below, start=row + 1):
        sheet.merge_range(place, 0, place, _LAST, "", styles["note"])
        sheet.write_string(place, 0, note, styles["note"])


def _is_simulated(unit_id: str, name: str, units: pd.DataFrame | None) -> bool:
    """Say whether a unit is invented: by the table of units, or by its name."""
    stated = units is not None and "simulated" in units
    invented = units.loc[units["simulated"].fillna(False).astype(bool), "unit_id"] if stated else []
    return "(mô phỏng)" in name or unit_id in set(invented)


def _set_page(sheet: Worksheet, simulated: bool) -> None:
    """Print on A4 landscape, one page wide, with the header and the mark on every page."""
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.5, right=0.5)
    sheet.repeat_rows(_TITLE_ROWS, _BODY - 1)
    sheet.set_footer(f"&C{words()['page']} &P/&N")
    if simulated:
        sheet.set_header(f"&C&B{words()['simulated']}")
    for place, width in _WIDTHS.items():
        sheet.set_column(place, place, width)


def _write_titles(
    sheet: Worksheet,
    styles: dict[str, Format],
    first: pd.Series,
    name: str,
    suffix: str,
    simulated: bool,
) -> None:
    """Write number and title of the form, its unit and its period."""
    days = {
        "start": f"{first['period_start_on']:%d/%m/%Y}",
        "end": f"{first['period_end_on']:%d/%m/%Y}",
    }
    cells = [
        (0, 0, 1, words()["number"].format(suffix=suffix), "number"),
        (0, 2, 8, words()["title"], "title"),
        (0, 9, _LAST, words()["unit"].format(name=name), "unit"),
        (1, 0, 1, words()["instrument"], "unit"),
        (1, 2, 8, f"({words()['period'].format(**days)})", "period"),
        (3, 9, _LAST, words()["measure"], "measure"),
    ]
    if simulated:
        cells.append((2, 2, 8, words()["simulated"], "simulated"))
    for row, left, right, text, style in cells:
        _write_merged(sheet, row, left, row, right, text, styles[style])
    sheet.set_row(0, 34)


def _write_header(sheet: Worksheet, styles: dict[str, Format]) -> None:
    """Write the three merged rows of the header, and the row that numbers the columns."""
    top, style = _TITLE_ROWS, styles["header"]
    for number, text in words()["labels"].items():
        _write_merged(sheet, top, int(number) - 1, top + 2, int(number) - 1, text, style)
    for group in words()["groups"]:
        places = [number - 1 for number in HEADERS if HEADERS[number][0] == group]
        text = words()["groups"][group][0]
        _write_merged(sheet, top, places[0], top, places[-1], text, style)
    _write_merged(sheet, top + 1, 3, top + 1, 4, words()["new"], style)
    for number, (_, leaf) in HEADERS.items():
        text, place = words()["leaves"][leaf][0], number - 1
        upper = top + 2 if leaf in ("online", "direct") else top + 1
        _write_merged(sheet, upper, place, top + 2, place, text, style)
    for place in range(_LAST + 1):
        sheet.write_string(_BODY - 1, place, f"({place + 1})", styles["column"])
    sheet.set_row(top + 2, 60)
    sheet.freeze_panes(_BODY, 2)


def _write_line(
    sheet: Worksheet, styles: dict[str, Format], row: int, line: dict, ordinal: int
) -> None:
    """Write one field with its number, or the total."""
    if pd.isna(line["field"]):
        label, count = styles["total"], styles["total_count"]
        _write_merged(sheet, row, 0, row, 1, words()["total"], label)
    else:
        count = styles["count"]
        sheet.write_number(row, 0, ordinal, styles["ordinal"])
        sheet.write_string(row, 1, line["field"], styles["field"])
    for number, name in COUNTS.items():
        if pd.isna(line[name]):
            sheet.write_blank(row, number - 1, None, count)
        else:
            sheet.write_number(row, number - 1, int(line[name]), count)


def _write_merged(
    sheet: Worksheet, top: int, left: int, bottom: int, right: int, text: str, style: Format
) -> None:
    """Write a text over a block of cells, never as a formula."""
    if (top, left) != (bottom, right):
        sheet.merge_range(top, left, bottom, right, "", style)
    sheet.write_string(top, left, text, style)
