"""The whole desk list as a workbook, for the desk alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from cchc_analysis.columns import InputError
from cchc_analysis.display import Language
from cchc_analysis.wording import say

_TEXTS = ("dossier_id", "unit_id", "field", "procedure")
_SHARES = ("probability", "low", "high")
_HEADS = ("code", *_TEXTS, "due_at", "days_to_due", *_SHARES)
_MOST_ROWS = 1_000_000  # a sheet of a workbook holds 1,048,576


def write_desk_list(
    listed: pd.DataFrame, path: Path, *, codes: Mapping[str, str] | None = None, language: Language
) -> None:
    """Write the whole desk list as a workbook that only its owner can read.

    With ``codes`` it holds dossier codes, which are personal data: keep it at the desk, outside
    folders that are shared. Every text is written as text, so that none is run as a formula.

    Parameters
    ----------
    listed
        What :func:`~cchc_analysis.backlog.warn` returned.
    path
        The workbook (.xlsx); an earlier one is replaced.
    codes
        Hash to dossier code, from the office's own lookup; a dossier not in it has no code.
    language
        Of the headers.

    Raises
    ------
    InputError
        If ``path`` is no .xlsx, the list is longer than a sheet, or ``codes`` has none of its
        dossiers.
    """
    import xlsxwriter

    if path.suffix.lower() != ".xlsx":
        raise InputError(f"{path}: expected the name of a workbook, such as desk.xlsx")
    if len(listed) > _MOST_ROWS:
        raise InputError(
            f"{path}: {len(listed):,} dossiers do not fit a sheet; write each unit's list apart"
        )
    if codes is not None and not listed.empty and not listed["dossier_id"].isin(codes).any():
        raise InputError(
            f"the list of codes has none of the {len(listed):,} dossiers: it was made with another "
            "key, or of other exports; name the one that `cchc read --lookup` wrote with them"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.part")
    unfinished.touch(mode=0o600)
    with xlsxwriter.Workbook(unfinished, {"constant_memory": True}) as book:
        page = book.add_worksheet(say("backlog.sheet", language))
        share = book.add_format({"num_format": "0 %"})
        date = book.add_format({"num_format": "dd/mm/yyyy"})
        for column, name in enumerate(_HEADS):
            page.write_string(0, column, say(f"backlog.sheet.{name}", language))
        coded = listed.assign(code=listed["dossier_id"].map(codes or {}))
        for row, dossier in enumerate(coded.to_dict("records"), 1):
            _write_row(page, row, dossier, share, date)
    unfinished.replace(path)


def _write_row(page: Any, row: int, dossier: dict, share: Any, date: Any) -> None:  # noqa: ANN401
    """Write one dossier; what is missing leaves its cell empty."""
    for column, name in enumerate(_HEADS):
        value = dossier[name]
        if pd.isna(value):
            continue
        if name == "due_at":
            page.write_datetime(row, column, value.to_pydatetime(), date)
        elif name in _SHARES:
            page.write_number(row, column, value, share)
        elif name == "days_to_due":
            page.write_number(row, column, value)
        else:
            page.write_string(row, column, str(value))
