"""From rows as they stand in a file to the table ``components``, and the rows refused."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import pandas as pd

from cchc_analysis import gazetteer
from cchc_analysis.columns import UNIT_CLASSES
from cchc_analysis.sources.evaluation.screens import TOTAL, labels, metric_groups
from cchc_analysis.sources.privacy import personal_data

Row = dict[str, Any]

LARGEST_COUNT = 10**12
_CODE = re.compile(r"[A-Z]\d{2}(\.\d{1,3}){0,3}")
_ID = re.compile(r"[\w.:-]{1,64}")
_LONGEST_NAME = 200
_TEXTS = ("unit", "unit_name", "note", "source", "department_id")
_SCORES = ("ratio", "published_score", "maximum")
_KEY = (
    "unit_id", "period_kind", "period_start_on", "period_end_on", "captured_at", "group", "metric",
)  # fmt: skip


class Units:
    """Who the codes, ids and names of a reading stand for."""

    def __init__(self, units: pd.DataFrame | None, rows: Iterable[Row]) -> None:
        table = gazetteer.units() if units is None else units
        current = table[table["end_on"].isna()] if "end_on" in table else table
        coded = current[current["agency_code"].notna()]
        self._of_code = dict(zip(coded["agency_code"], coded["unit_id"], strict=True))
        self._class = dict(zip(table["unit_id"], table["unit_class"], strict=True))
        self._provinces = current[current["unit_class"].isin(["country", "province"])]
        self._codes = {
            row["department_id"]: row["unit"]
            for row in rows
            if isinstance(row.get("department_id"), str) and isinstance(row.get("unit"), str)
        }

    def resolve(self, row: Row) -> Row:
        """Return unit_id, unit_code, unit_class and parent_id of a row; no id where unknown."""
        portal_id = _text(row, "department_id")
        stated = _text(row, "unit") or self._codes.get(portal_id)
        if row.get("unit_class") == "country":
            return {"unit_id": "vn", "unit_code": None, "unit_class": "country", "parent_id": None}
        code = stated if stated and _CODE.fullmatch(stated) else None
        unit_id = self._of_code.get(code, code) or self._named(stated, row)
        above = code.rpartition(".")[0] if code else ""
        return {
            "unit_id": unit_id,
            "unit_code": code,
            "unit_class": self._class.get(unit_id) or row.get("unit_class") or _class_of(code),
            "parent_id": self._of_code.get(above, above) or None,
        }

    def _named(self, stated: str | None, row: Row) -> str | None:
        """Return a unit without a code: a unit_id, a province by its name, or the portal's id."""
        if stated in self._class:
            return stated
        name = stated or (_text(row, "unit_name") if row.get("unit_class") == "province" else None)
        called = gazetteer.units_called(name, units=self._provinces) if name else []
        if len(called) == 1:
            return called[0]
        found = stated or _text(row, "department_id")
        return found if found and _ID.fullmatch(found) else None


def judge(row: Row) -> str | None:
    """Return why a row cannot be kept, never the value that is wrong; None where it can."""
    for name in _TEXTS:
        problem = _problem_of_text(row.get(name))
        if problem:
            return f"{name} {problem}"
    if not row.get("unit_id"):
        return "no unit: give the portal's code, a unit_id without spaces, or a province's name"
    if row.get("unit_class") not in (*UNIT_CLASSES, None):
        return "unit_class is none of the classes of units"
    metric = row.get("metric")
    if not isinstance(metric, str) or metric not in labels():
        return f"unknown metric{_shown(metric)}"
    counts = [row.get("numerator"), row.get("denominator")]
    for name, count in zip(("numerator", "denominator"), counts, strict=True):
        if not _is_number(count) or (count is not None and (count % 1 or count > LARGEST_COUNT)):
            return f"{name} is no count (whole, from 0 to 10^12, empty where unknown)"
    if None not in counts and counts[0] > counts[1]:
        return "numerator exceeds denominator"
    for name in _SCORES:
        if not _is_number(row.get(name)):
            return f"{name} is no number from 0"
    return None


def label(row: Row) -> Row:
    """Return group and metric of a row that was judged good, and its share in 0..1."""
    metric = row["metric"]
    ratio = row.get("ratio")
    return {
        "group": None if metric == TOTAL else metric_groups().get(metric, metric),
        "metric": metric if metric in metric_groups() else None,
        "published_share": None if ratio is None else ratio / 100,
    }


def refuse_repeated(rows: pd.DataFrame) -> pd.Series:
    """Say which rows repeat an earlier one: same unit, period, capture and metric."""
    return rows.duplicated(subset=list(_KEY), keep="first")


def _text(row: Row, name: str) -> str | None:
    """Return a cell that is good text; whatever else stands there is judged later."""
    value = row.get(name)
    return value if isinstance(value, str) and _problem_of_string(value) is None else None


def _class_of(code: str | None) -> str | None:
    """Return the class that a code states by itself."""
    return "province" if code and code[0] == "H" and "." not in code else None


def _is_number(value: object) -> bool:
    """Say whether a value is missing, or a number from 0."""
    if value is None:
        return True
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 <= value < 10**18 and math.isfinite(value)


def _problem_of_text(value: object) -> str | None:
    """Say what is wrong with a text: no text, too long, unprintable, or personal data."""
    if value is None:
        return None
    return _problem_of_string(value) if isinstance(value, str) else "is no text"


@lru_cache(maxsize=10_000)  # a unit's name and source stand in many rows
def _problem_of_string(value: str) -> str | None:
    """Say what is wrong with a text, as :func:`_problem_of_text` does."""
    if len(value) > _LONGEST_NAME:
        return f"is longer than {_LONGEST_NAME} characters"
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co") for character in value):
        return "holds unprintable characters"
    return personal_data(value)


def _shown(metric: object) -> str:
    """Return a code as part of a message where it is one."""
    fits = isinstance(metric, str) and re.fullmatch(r"[A-Z][A-Z0-9_]{0,59}", metric)
    return f" {metric}" if fits else ""
