"""Filled-in forms II.06, from workbooks or our own CSV files, to the table ``forms``."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pandas as pd

from cchc_analysis import gazetteer
from cchc_analysis.columns import FORMS, InputError, check
from cchc_analysis.periods import period_table
from cchc_analysis.sources.forms.layout import Layout, Rows, find_layout
from cchc_analysis.sources.forms.outline import Line, outline
from cchc_analysis.sources.forms.titles import (
    Period,
    period_in,
    titles_another,
    unit_named_in,
    units_reporting,
    written_below,
)
from cchc_analysis.sources.forms.wording import COUNTS, begins
from cchc_analysis.sources.sheets import WORKBOOKS, read_rows, read_table

_FORM = ["unit_id", "period_start_on", "period_end_on"]
# at most eight digits: nine or more may be a person's number, and no form counts so many
# a group of thousands never begins with 0: '0.125' is a share, not 125 dossiers
_WHOLE = re.compile(
    r"\d{1,8}|[1-9]\d?(\.\d{3}){1,2}|[1-9]\d\d\.\d{3}|[1-9]\d?(,\d{3}){1,2}|[1-9]\d\d,\d{3}"
)
_NOT_GIVEN = {"", "-", "–", "—"}
_ORDINAL = re.compile(
    r"([A-ZĐ]|[IVX]+|\d+(?:\.\d+)*|[a-zđ])[.)]\s*(.+)|([-–+*•])\s*(.+)", re.DOTALL
)


def read_forms(
    path: str | Path,
    *,
    unit: str | None = None,
    period: tuple[date | str, date | str] | None = None,
) -> pd.DataFrame:
    """Read filled-in forms II.06: a workbook, or a CSV file in the columns of ``FORMS``.

    In a workbook every sheet with the columns (3) to (13) is a form; the columns are found by
    the row that numbers them, or by the words of the header. Unit and days come from the
    title. A cell that is empty or holds a dash is missing, not 0: a form does not say which
    is meant. Levels and sections that add up the fields below them, and cases below a field,
    are set aside after they were checked; a field that occurs at several levels gets its
    level before its name. Signatures and notes are set aside.

    The figures are carried as printed. Whether they fit together is told by
    ``check_forms``; only sums that are not kept are checked here, with a warning.

    Parameters
    ----------
    path
        A ``.csv``, ``.xlsx`` or ``.xls`` file.
    unit
        Name or id of the unit, in place of the one the titles name. A name that is not one
        unit of the gazetteer on the last day of the period stays as it is written.
    period
        First and last day, in place of those the titles give.

    Returns
    -------
    DataFrame
        Columns of ``FORMS``, counts of dossiers; the lines of a form by field, its total
        (``field`` missing) last. ``source`` is the file's name, or what ``write_form06``
        wrote. A CSV file keeps its order.

    Warns
    -----
    UserWarning
        Where a level does not add up (with the gap), and for sheets without a form.

    Raises
    ------
    InputError
        With file, sheet, row and column number, for a cell that is no count, a field or a form
        given twice, two totals, two forms in a sheet, two units in a title, a missing column,
        unit or period; and where the file holds no
        form. 'Quý I/2024' is no period: statutory ones do not start on the first of a month.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> line = {"unit_id": "A", "period_start_on": "2023-12-15", "period_end_on": "2024-01-14",
    ...         "source": "example", "early_count": 5, "due_day_count": 3, "late_count": 1}
    >>> from cchc_analysis.sources.forms import write_form06
    >>> file = write_form06(pd.DataFrame([line]), Path(tempfile.mkdtemp()) / "a.xlsx")
    >>> read_forms(file)[["unit_id", "period_end_on", "early_count", "pending_count"]]
      unit_id period_end_on  early_count  pending_count
    0       A    2024-01-14          5.0            NaN
    """
    path = Path(path)
    if path.suffix.lower() not in WORKBOOKS:
        if unit is not None or period is not None:
            raise InputError(f"{path.name}: unit and period stand in the columns of a CSV file")
        return check(read_table(path, FORMS), FORMS, where=str(path)).reset_index(drop=True)
    days = None if period is None else tuple(period_table(period, period[1]).iloc[0])
    forms = list(_sheets(path, unit, days))
    if not forms:
        raise InputError(
            f"{path.name}: no sheet holds the columns (3) to (13) of form II.06; "
            "add a row that numbers the columns (1) to (13)"
        )
    lines = pd.concat(forms, ignore_index=True)
    _require_once(lines, path)
    table = check(lines.drop(columns=["sheet", "row"]), FORMS, where=path.name)
    return table.sort_values([*_FORM, "source", "field"], na_position="last", ignore_index=True)


def _sheets(path: Path, unit: str | None, period: Period | None) -> Iterator[pd.DataFrame]:
    """Give the lines of each form of a workbook."""
    for name, rows in read_rows(path).items():
        where = f"{path.name}, sheet {name!r}"
        layout = find_layout(rows, where)
        if layout is not None:
            yield _read_sheet(rows, layout, where, unit, period).assign(sheet=name)
        elif any(cell.strip() for row in rows for cell in row):
            warnings.warn(f"{where}: holds no form II.06; set aside", stacklevel=3)


def _read_sheet(
    rows: Rows, layout: Layout, where: str, unit: str | None, period: Period | None
) -> pd.DataFrame:
    """Return the fields and the total of one form."""
    above, below = rows[: layout.body], rows[layout.body :]
    start_on, end_on = period or period_in(above, where)
    _require_one_form(rows, layout, where)
    form = outline(list(_lines(rows, layout, where)))
    for added in form.sums:
        if gaps := added.gaps():
            said = ", ".join(f"({number}) {gap:+,.0f}" for number, gap in gaps.items())
            warnings.warn(
                f"{where}, row {added.line.row}: the {len(added.parts)} lines it adds up differ "
                f"from it (lines minus sum, by column): {said}",
                stacklevel=4,
            )
    if len({line.counts for line in form.totals}) > 1:
        found = " and ".join(str(line.row) for line in form.totals)
        raise InputError(
            f"{where}, rows {found}: found two totals that differ, expected one; "
            "write 'Cộng mục ...' before the total of a section"
        )
    kept = [*((line, line.label) for line in form.fields), *((t, None) for t in form.totals[:1])]
    if not kept:
        raise InputError(f"{where}: no line below the header holds a count; fill the form in")
    return pd.DataFrame(
        [dict(zip(COUNTS.values(), line.counts, strict=True)) for line, _ in kept]
    ).assign(
        unit_id=_unit_id(above, below, where, unit, end_on),
        period_start_on=start_on,
        period_end_on=end_on,
        field=[label for _, label in kept],
        source=written_below(below, "source") or where.partition(", sheet ")[0],
        row=[line.row for line, _ in kept],
    )


def _lines(rows: Rows, layout: Layout, where: str) -> Iterator[Line]:
    """Give the rows of the table; headers that a page repeats, notes and blank rows left out."""
    header = {tuple(row) for row in rows[: layout.body]}
    for position in range(layout.body, _end(rows, layout)):
        row = rows[position]
        ordinal, label = _label(row[: layout.places[3]])
        if tuple(row) in header or not any(cell.strip() for cell in row):
            continue
        here = f"{where}, row {position + 1}"
        counts = tuple(
            _count(_cell(row, place), f"{here}, column ({number})")
            for number, place in layout.places.items()
        )
        line = Line(position + 1, ordinal, label, counts)
        if line.counted and not label:
            raise InputError(
                f"{here}, column (2): found counts without a field, expected its name, "
                "or 'Tổng số' for the total"
            )
        if label:
            yield line


def _end(rows: Rows, layout: Layout) -> int:
    """Return where the notes and signatures below the table start."""
    last = layout.body
    for position in range(layout.body, len(rows)):
        row = rows[position]
        cells = [_cell(row, place) for place in layout.places.values()]
        counts = sum(_WHOLE.fullmatch(cell) is not None for cell in cells)
        first = next((cell for cell in row if cell.strip()), "")
        if counts < 2 and begins(first, "footer"):
            break
        if counts or sum(map(bool, cells)) > 1:  # a line of which no count can be read, too
            last = position + 1
    return last


def _require_one_form(rows: Rows, layout: Layout, where: str) -> None:
    """Refuse a sheet in which another form, or more of this one, stands below the table.

    It would be lost below the signatures, or be read as lines of the first unit. A page that
    repeats title and header of its own form is neither.
    """
    above, end = rows[: layout.body], _end(rows, layout)
    header = {tuple(row) for row in above}
    other = False  # another unit or period is named since the first header
    for position in range(layout.body, len(rows)):
        row = rows[position]
        again = tuple(row) == tuple(above[-1])
        other |= tuple(row) not in header and titles_another(row, above)
        cells = [_cell(row, place) for place in layout.places.values()]
        counts = sum(_WHOLE.fullmatch(cell) is not None for cell in cells)
        if (again and other) or (position >= end and counts > len(cells) / 2):
            raise InputError(
                f"{where}, row {position + 1}: found another form, or lines of this one below its "
                "notes and signatures; give each form a sheet of its own, nothing between its lines"
            )


def _cell(row: Sequence[str], place: int) -> str:
    return row[place].strip() if place < len(row) else ""


def _label(cells: Sequence[str]) -> tuple[str, str]:
    """Return the number and the text of a line; both may stand in one cell.

    Examples
    --------
    >>> _label(["1", "Hộ tịch"]), _label(["", "I. Lĩnh vực đất đai"]), _label(["Tổng số", ""])
    (('1', 'Hộ tịch'), ('I', 'Lĩnh vực đất đai'), ('', 'Tổng số'))
    """
    filled = [" ".join(cell.split()) for cell in cells if cell.strip()]
    if len(filled) > 1:
        return filled[-2].rstrip(".)"), filled[-1]
    text = filled[0] if filled else ""
    if text.rstrip(".)").isdigit():
        return text.rstrip(".)"), ""
    if match := _ORDINAL.fullmatch(text):
        return match[1] or match[3], match[2] or match[4]
    return "", text


def _count(cell: str, where: str) -> float:
    """Return a count; NaN where none is given.

    Examples
    --------
    >>> [_count(text, "") for text in ("1.234", "1,234", "12", "-", " ")]
    [1234.0, 1234.0, 12.0, nan, nan]
    """
    if cell.strip() in _NOT_GIVEN:
        return float("nan")
    if not _WHOLE.fullmatch(cell):
        shown = re.fullmatch(r"[\d.,%+\- ]{1,8}", cell) is not None  # else it may be a person's
        found = repr(cell) if shown else f"{len(cell)} characters"
        raise InputError(
            f"{where}: found {found}, expected a number of dossiers such as 1234 or 1.234; "
            "correct the cell, or leave it empty where the number is not known"
        )
    return float(re.sub(r"[.,]", "", cell))


def _unit_id(above: Rows, below: Rows, where: str, unit: str | None, end_on: pd.Timestamp) -> str:
    """Return the unit of the gazetteer that a form is about, else its name as written."""
    if unit is None and (written := written_below(below, "unit_id")):
        return written
    name = unit or unit_named_in(above)
    if unit is None and len(named := units_reporting(above)) > 1:
        raise InputError(
            f"{where}: the title names {' and '.join(map(repr, named))} as the unit that reports, "
            "expected one; give unit="
        )
    if not name:
        raise InputError(
            f"{where}: the title names no unit; write 'Đơn vị báo cáo: ...' there, or give unit="
        )
    try:
        return gazetteer.find_unit(name, on=end_on.date())
    except InputError:  # a unit of one's own folder, or a name that several units bear
        return name


def _require_once(lines: pd.DataFrame, path: Path) -> None:
    """Refuse a field, a total or a form that is given twice: it would count twice."""
    key = lines["field"].map(gazetteer.fold, na_action="ignore")
    keyed = lines.assign(field=key).groupby([*_FORM, "source", "field"], dropna=False)
    for _, same in keyed:
        if len(same) == 1:
            continue
        one, other = same.iloc[:2].to_dict("records")
        raise InputError(
            f"{path.name}, sheet {one['sheet']!r}, row {one['row']} and sheet {other['sheet']!r}, "
            f"row {other['row']}: the same field of one unit and period twice, expected once; "
            "delete one, or give the sheet its own unit and days"
        )
