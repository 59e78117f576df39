"""What reading opens: a sheet of a file, its header found, its rows a view of the engine."""

from __future__ import annotations

import glob
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

Matcher = Callable[[list[str]], Mapping[str, str]]
"""Maps a row of texts to our columns: our name to ``c0``, ``c1``, ..."""


@dataclass(frozen=True)
class Sheet:
    """One sheet of a file. Its rows stay in the engine, as the view named ``view``.

    The view has ``row`` (BIGINT, the number in the file, from 1), ``problem`` (VARCHAR, why
    the row as a whole cannot be read; NULL for a good one) and one VARCHAR column for each of
    ``cells``: the text without spaces around it, NULL when nothing is left. Blank rows are
    rows too: nothing between ``first_row`` and the end of the file is missing.

    Counting the rows of a CSV file keeps the engine to one thread. A table made from the view
    in one statement that leaves ``row`` out keeps the file's order, so ``rowid + first_row``
    is the number; any other query has an order only with ``ORDER BY row``.

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
    """

    path: Path
    name: str
    title: list[str]
    header_row: int
    header: list[str]
    cells: list[str]
    first_row: int
    view: str


_SPACES = "".join(
    map(chr, (*range(1, 33), 0xA0, *range(0x2000, 0x200C), 0x202F, 0x205F, 0x2060, 0x3000, 0xFEFF))
)
_ENDS = " \u00a0\t\n"


def text_columns(cells: list[str], *, cast: bool = False) -> str:
    """Return the SELECT list of a view: each cell without spaces around it, NULL when empty.

    Spaces are those of any width, tabs and line ends. ``trim`` costs more than parsing, so it
    is called only where one is seen: texts that begin with one sort before ``!``, or between
    those that begin with the no-break space or a wide one and the next letter.
    """
    texts = {cell: f"CAST({cell} AS VARCHAR)" if cast else cell for cell in cells}
    return ", ".join(
        f"CASE WHEN {text} < '!' OR {text} BETWEEN '\u00a0' AND '\u00a1' "
        f"OR {text} BETWEEN '\u2000' AND '\u3001' "
        f"OR {_ends(text)} "
        f"THEN nullif(trim({text}, {sql_text(_SPACES)}), '') ELSE {text} END AS {cell}"
        for cell, text in texts.items()
    )


def _ends(text: str) -> str:
    return " OR ".join(f"{text} LIKE '%{end}'" for end in _ENDS)


def sql_text(value: str) -> str:
    """Return ``value`` as an SQL string literal."""
    return "'" + value.replace("'", "''") + "'"


def file_text(path: Path) -> str:
    """Return a path as an SQL string literal that names one file: no ``[1]`` is a pattern."""
    return sql_text(glob.escape(str(path)))
