"""Saved answers of the national portal's evaluation screens, and plain CSV of the same.

The portal is never called: people save an answer, or type its figures, and read the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from cchc_analysis.columns import InputError, check
from cchc_analysis.components import COMPONENTS
from cchc_analysis.sources.evaluation import captures, intake
from cchc_analysis.sources.evaluation.captures import Capture, span_of, stated_about
from cchc_analysis.sources.evaluation.plain import PLAIN, read_plain
from cchc_analysis.sources.evaluation.screens import read_answer

__all__ = ["PLAIN", "Evaluation", "read_evaluation"]

SUFFIXES = (".json", ".csv")
_PORTAL = "Cổng Dịch vụ công quốc gia"


@dataclass(frozen=True)
class Evaluation:
    """What a reading gave: the rows kept, the rows refused and why, and the files read.

    Attributes
    ----------
    components
        Columns of ``components.COMPONENTS``.
    refused
        One row per row refused: ``file``, ``place`` (row or unit in it), ``reason``. Every
        row of the files is in one of the two.
    inputs
        The files read.
    """

    components: pd.DataFrame = field(repr=False)
    refused: pd.DataFrame = field(repr=False)
    inputs: tuple[Path, ...] = field(repr=False)

    @property
    def rows_found(self) -> int:
        """Rows of the files: kept and refused."""
        return len(self.components) + len(self.refused)


def read_evaluation(
    path: str | Path,
    *,
    period: str = "",
    captured_at: str | date | datetime = "",
    units: pd.DataFrame | None = None,
) -> Evaluation:
    r"""Read saved answers of the evaluation screens of QĐ 766, or plain CSV of their figures.

    Seven screens are known: progress, transparency, online services, payment, digitisation,
    satisfaction, and the totals. An answer carries no period, and no word on a filter: one
    saved for a single procedure looks like one for all. Figures are carried as published:
    a score above its maximum is kept, null stays missing.

    Parameters
    ----------
    path
        A ``.json`` answer, a ``.csv`` file in the columns of :data:`PLAIN`, or a folder of
        them (subfolders are not entered).
    period
        ``2026`` (year to date), ``2026-Q3``, ``2026-08``, or ``2026-08-01..2026-08-31``; for
        files that do not say it in their name, in ``<name>.toml`` beside them or, CSV, in
        their rows.
    captured_at
        Likewise: a day or a time; a zone is converted to Vietnamese time.
    units
        Units with their ``agency_code`` (``load_units``); None for the reference table, in
        which only provinces have one. A code that is not in it is its own ``unit_id``.

    Returns
    -------
    Evaluation
        ``components``, ``refused`` and ``inputs``. Of a period that was still open, the last
        day is the day of the capture, and ``provisional`` is true.

    Raises
    ------
    InputError
        For a file that is no answer of a known screen or no CSV; where the period or the time
        of the capture is not stated, or stated twice and differently; where nothing of the
        files can be kept.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp()) / "typed_2026-08_captured-2026-09-26.csv"
    >>> _ = file.write_text(
    ...     "unit,metric,numerator,denominator,published_score\n"
    ...     "H44,ON_TIME,144625,184513,15.68\nH44,ON_TIEM,1,2,\n", encoding="utf-8"
    ... )
    >>> reading = read_evaluation(file)
    >>> reading.components[["unit_id", "period_end_on", "group", "published_score"]]
       unit_id period_end_on group  published_score
    0  vn34-25    2026-08-31  TDGQ            15.68
    >>> reading.refused
                                          file  place                  reason
    0  typed_2026-08_captured-2026-09-26.csv  row 3  unknown metric ON_TIEM
    """
    inputs = _files(Path(path))
    told = Capture(period=period, captured_at=captured_at)
    rows = [row for file in inputs for row in _rows(file, told)]
    known = intake.Units(units, rows)
    resolved = [{**row, **known.resolve(row)} for row in rows]
    reasons = [intake.judge(row) for row in resolved]
    kept = [
        {**row, **intake.label(row)}
        for row, reason in zip(resolved, reasons, strict=True)
        if reason is None
    ]
    if not kept:
        raise InputError(_nothing(path, [reason for reason in reasons if reason]))
    frame = pd.DataFrame(kept)
    repeated = intake.refuse_repeated(frame)
    dropped = [
        {"file": row["file"], "place": row["place"], "reason": reason}
        for row, reason in zip(resolved, reasons, strict=True)
        if reason
    ] + frame.loc[repeated, ["file", "place"]].assign(reason="given twice").to_dict("records")
    table = frame.loc[~repeated].reindex(columns=COMPONENTS.names).reset_index(drop=True)
    return Evaluation(
        components=check(table, COMPONENTS, where=str(path)),
        refused=pd.DataFrame(dropped, columns=["file", "place", "reason"]),
        inputs=inputs,
    )


def _files(path: Path) -> tuple[Path, ...]:
    """Return the files meant, by name."""
    if not path.exists():
        raise InputError(f"{path}: no such file or folder; give a .json answer, a .csv or a folder")
    if not path.is_dir():
        if path.suffix.lower() not in SUFFIXES:
            raise InputError(f"{path}: expected a file ending in {' or '.join(SUFFIXES)}")
        return (path,)
    inside = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
    if not inside:
        raise InputError(f"{path}: the folder holds no {' or '.join(SUFFIXES)} file")
    return tuple(inside)


def _rows(file: Path, told: Capture) -> list[dict[str, Any]]:
    """Return the rows of a file, each with its period and source."""
    stated = stated_about(file, told)
    if file.suffix.lower() == ".json":
        span = vars(span_of(stated.period, stated.captured_at, file.name))
        source = {"file": file.name, "source": stated.source or f"{_PORTAL}, {file.name}"}
        return [{**source, **row, **span} for row in read_answer(file)]
    return [_dated(row, stated, file) for row in read_plain(file)]


def _dated(row: dict[str, Any], stated: Capture, file: Path) -> dict[str, Any]:
    """Return a row of a CSV file with its period: its own, else its file's."""
    where = f"{file.name}, {row['place']}"
    for name in ("period", "captured_at"):
        told = getattr(stated, name)
        if told and name in row and not _same(name, told, row[name], where):
            raise InputError(f"{where}: {name} is {row[name][:40]!r}, and {told} for the file")
    span = span_of(
        row.get("period") or stated.period, row.get("captured_at") or stated.captured_at, where
    )
    source = row.get("source") or stated.source or file.name
    return {**row, **vars(span), "file": file.name, "source": source}


def _same(name: str, told: object, own: str, where: str) -> bool:
    """Say whether a row repeats what its file says."""
    if name == "period":
        return told == own
    return captures.captured_time(told, where) == captures.captured_time(own, where)


def _nothing(path: str | Path, reasons: list[str]) -> str:
    """Return the message for files of which nothing can be kept."""
    if not reasons:
        return f"{path}: holds no scores"
    return f"{path}: none of {len(reasons)} rows can be kept, the first because: {reasons[0]}"
