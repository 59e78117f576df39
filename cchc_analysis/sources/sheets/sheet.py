"""What reading opens: a sheet of a file, its header found, its rows a view of the engine."""

from __future__ import annotations

import glob
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import duckdb

Matcher = Callable[[list[str]], Mapping[str, str]]
"""Maps a row of texts to our columns: our name to ``c0``, ``c1``, ..."""


class Proof(Protocol):
    """What tells whether the rows that a view gave are all the rows of its file."""

    def holds(self, rows: int) -> bool:
        """Say whether so many rows are all."""

    def next_view(self) -> bool:
        """Make the view anew, with a reader that is slower and loses less; False if none is."""


@dataclass(frozen=True)
class Sheet:
    """One sheet of a file. Its rows stay in the engine, as the view named ``view``.

    The view has ``row`` (BIGINT, the number in the file, from 1), ``problem`` (VARCHAR, why
    the row as a whole cannot be read; NULL for a good one) and one VARCHAR column for each of
    ``cells``: the text without spaces around it, NULL when nothing is left. Blank rows are
    rows too: nothing between ``first_row`` and the end of the file is missing.

    Counting the rows of a CSV file keeps the engine to one thread. A file or table made from
    the view in one statement that leaves ``row`` out keeps the file's order, so its own number
    of the row, from 0, ``+ first_row`` is the number; any other query has an order only with
    ``ORDER BY row``. Taking the spaces off every cell costs as much as parsing: the view
    ``untrimmed`` has the same columns without that, for who needs few of them (:func:`trimmed`).

    Attributes
    ----------
    path
        The file.
    name
        Name of the sheet; ``""`` for CSV, TSV and Parquet.
    title
        Texts of the rows above the header, in order, empty cells left out.
    header_row
        Number in the file, from 1, of the (last) header row; 0 for Parquet.
    header
        One text per column; the rows of a two-row header are combined.
    cells
        ``c0``, ``c1``, ...: the view's column for each header, as headers may repeat.
    first_row
        Number in the file of the first row of the body.
    view
        Name of the engine's view of the body.
    proof
        What :func:`read_whole` asks; None where no row can be missing.
    """

    path: Path
    name: str
    title: list[str]
    header_row: int
    header: list[str]
    cells: list[str]
    first_row: int
    view: str
    proof: Proof | None = None

    @property
    def untrimmed(self) -> str:
        """Name of the view of the cells as they stand in the file."""
        return untrimmed(self.view)


def read_whole(sheet: Sheet, read: Callable[[], int]) -> None:
    """Read the rows of a sheet, again where the file has more than its view gave.

    Parameters
    ----------
    sheet
        The sheet.
    read
        Reads the view, or ``untrimmed``, to the last row, and says how many there were.
    """
    while True:
        try:
            rows = read()
        except duckdb.Error:  # quotes, line ends or lengths that the view's reader cannot read
            if sheet.proof is None or not sheet.proof.next_view():
                raise
            continue
        if sheet.proof is None or sheet.proof.holds(rows):
            return
        sheet.proof.next_view()


SPACES = "".join(
    map(chr, (*range(1, 33), 0xA0, *range(0x2000, 0x200C), 0x202F, 0x205F, 0x2060, 0x3000, 0xFEFF))
)
"""Spaces of any width, tabs and line ends."""
_ENDS = " \u00a0\t\n"


def untrimmed(view: str) -> str:
    """Return the name of the view of untrimmed cells that belongs to a view."""
    return f"{view}_untrimmed"


def create_views(
    engine: duckdb.DuckDBPyConnection,
    view: str,
    cells: list[str],
    source: str,
    *,
    row: str,
    problem: str = "NULL::VARCHAR",
) -> None:
    """Make the two views of a sheet from a relation of its cells; see :class:`Sheet`."""
    engine.execute(
        f"CREATE OR REPLACE VIEW {untrimmed(view)} AS SELECT {row} AS row, {problem} AS problem, "
        f"{', '.join(cells)} FROM {source}"
    )
    texts = ", ".join(f"{trimmed(cell)} AS {cell}" for cell in cells)
    engine.execute(
        f"CREATE OR REPLACE VIEW {view} AS SELECT row, problem, {texts} FROM {untrimmed(view)}"
    )


def trimmed(text: str) -> str:
    """Return the SQL of a text without spaces around it, NULL when nothing is left.

    ``trim`` costs more than parsing, so it is called only where a space is seen: texts that
    begin with one sort before ``!``, or between those that begin with the no-break space or a
    wide one and the next letter.
    """
    ends = " OR ".join(f"{text} LIKE '%{end}'" for end in _ENDS)
    return f"CASE WHEN {_begins(text)} OR {ends} THEN {_bare(text)} ELSE {text} END"


def begun(text: str) -> str:
    """Return the SQL of a text without spaces before it, NULL when nothing is left.

    Spaces after it stay, or go too: seeing them in every row costs most of :func:`trimmed`.
    """
    return f"CASE WHEN {_begins(text)} THEN {_bare(text)} ELSE {text} END"


def _begins(text: str) -> str:
    return (
        f"{text} < '!' OR {text} BETWEEN '\u00a0' AND '\u00a1' "
        f"OR {text} BETWEEN '\u2000' AND '\u3001'"
    )


def _bare(text: str) -> str:
    return f"nullif(trim({text}, {sql_text(SPACES)}), '')"


def sql_text(value: str) -> str:
    """Return ``value`` as an SQL string literal."""
    return "'" + value.replace("'", "''") + "'"


def file_text(path: Path) -> str:
    """Return a path as an SQL string literal that names one file: no ``[1]`` is a pattern."""
    return sql_text(glob.escape(str(path)))
