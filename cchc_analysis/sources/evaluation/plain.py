"""Plain CSV of evaluation scores: typed or exported by people, one row per score."""

# ruff: noqa: E501  (one column of a table is one line)
from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from cchc_analysis.columns import UNIT_CLASSES, Column, Table
from cchc_analysis.sources.sheets import read_table

PLAIN = Table(
    "evaluation",
    "Tệp CSV đơn giản: một dòng là một điểm của một đơn vị trong một kỳ.",
    "A plain CSV file: one row is one score of one unit in one period.",
    (
        Column("unit", "text", "mã trên Cổng (H44, H44.07), unit_id hoặc tên tỉnh", "the portal's code (H44, H44.07), a unit_id, or a province's name", required=True),
        Column("unit_name", "text", "tên đơn vị", "name of the unit"),
        Column("unit_class", "text", "loại đơn vị", "class of unit", allowed=UNIT_CLASSES),
        Column("period", "text", "2026 (từ đầu năm), 2026-Q3, 2026-08, 2026-08-01..2026-08-31", "2026 (year to date), 2026-Q3, 2026-08, 2026-08-01..2026-08-31"),
        Column("captured_at", "text", "ngày hoặc thời điểm chụp", "day or time of the capture"),
        Column("metric", "text", "mã chỉ tiêu (ON_TIME), mã nhóm (TDGQ) hoặc TOTAL", "code of the component (ON_TIME), of the group (TDGQ), or TOTAL", required=True),
        Column("numerator", "count", "tử số", "numerator"),
        Column("denominator", "count", "mẫu số", "denominator"),
        Column("ratio", "number", "tỷ lệ công bố, phần trăm", "share as published, in percent"),
        Column("published_score", "number", "điểm công bố; trống: Cổng để null", "score as published; empty: null on the portal", "points"),
        Column("maximum", "number", "điểm tối đa", "highest score", "points"),
        Column("note", "text", "ghi chú", "note"),
        Column("source", "text", "nguồn", "source"),
    ),
)  # fmt: skip

_COUNTS = ("numerator", "denominator")
_NUMBERS = (*_COUNTS, "ratio", "published_score", "maximum")
_THOUSANDS = re.compile(r"\d{1,3}(\.\d{3})+")


def read_plain(path: Path) -> list[dict[str, Any]]:
    """Return the rows of one CSV file in the columns of :data:`PLAIN`, not yet judged.

    ``period``, ``captured_at`` and ``source`` may stand beside the file instead, in
    ``<name>.toml``: see :mod:`~cchc_analysis.sources.evaluation.captures`.

    Raises
    ------
    InputError
        If it is no comma-separated UTF-8 text with a header row, or has an unknown column.
    """
    table = read_table(path, PLAIN)
    rows = []
    for number, row in zip(table.index, table.to_dict("records"), strict=True):
        cells = {name: cell.strip() for name, cell in row.items() if isinstance(cell, str)}
        stated = {name: cell for name, cell in cells.items() if cell}
        numbers = {name: _number(stated[name], name) for name in _NUMBERS if name in stated}
        rows.append({**stated, **numbers, "place": f"row {number}"})
    return rows


def _number(cell: str, name: str) -> float | str:
    """Return the number a cell holds; what is none stays text, and is refused later."""
    if name in _COUNTS and _THOUSANDS.fullmatch(cell):  # 144.000 dossiers may be 144 or 144 000
        return cell
    try:
        return float(cell)
    except ValueError:
        return cell
