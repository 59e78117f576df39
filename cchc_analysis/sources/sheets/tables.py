"""Read CSV files of our own tables: the column names are ours, nothing has to be found."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cchc_analysis.columns import InputError, Table


def read_table(path: Path, table: Table) -> pd.DataFrame:
    """Read a CSV file of one of our own tables: text as it stands, empty cells missing.

    The index is the row's number in the file, so that a message can name it.

    Raises
    ------
    InputError
        If it is missing, not comma-separated UTF-8 text with a header row, or has a column
        the table does not have: a misspelt one would go unread.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; give a CSV file")
    try:
        rows = pd.read_csv(
            path, dtype="str", keep_default_na=False, na_values=[""], encoding="utf-8-sig"
        )
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(
            f"{path.name}: not a table of comma-separated UTF-8 text ({error}); "
            "save it as CSV UTF-8 with a header row"
        ) from None
    if not isinstance(rows.index, pd.RangeIndex):  # pandas took the first cells for labels
        raise InputError(
            f"{path.name}: the rows have more cells than the header; "
            "a separator inside a text needs quotes around the text"
        )
    unknown = [name for name in rows.columns if name not in table.names]
    if unknown:
        raise InputError(
            f"{path.name}: unknown column {unknown[0]!r}; expected any of {', '.join(table.names)}"
        )
    return rows.set_axis(rows.index + 2)
