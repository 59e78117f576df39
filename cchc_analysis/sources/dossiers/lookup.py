"""The desk's own list of code and hash, read back so that the desk sees its own codes."""

from __future__ import annotations

from pathlib import Path

from cchc_analysis.columns import InputError
from cchc_analysis.sources.sheets.workbook import load_workbook

_HASH = "dossier_id"


def read_lookup(path: Path) -> dict[str, str]:
    """Return hash to dossier code, as a reading wrote them for the desk.

    The codes are personal data: what they are joined to must stay at the desk as well.

    Parameters
    ----------
    path
        The workbook that ``read_dossiers(..., lookup=...)`` wrote.

    Returns
    -------
    dict
        Hash to code; empty where the list is.

    Raises
    ------
    InputError
        If there is no such file, or it is no such list.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; name the list that cchc read --lookup wrote")
    for table in load_workbook(path).values():
        columns = [column.to_pylist() for column in table.columns]
        if len(columns) == 2 and columns[1][:1] == [_HASH]:
            return dict(zip(columns[1][1:], columns[0][1:], strict=True))
    raise InputError(
        f"{path}: found no sheet with the columns code and {_HASH}; name the list that "
        "cchc read --lookup wrote"
    )


def require_replaceable(path: Path) -> None:
    """Refuse to write the list of codes over a file that is none: an export, say.

    Raises
    ------
    InputError
        If ``path`` is there and is no such list.
    """
    if not path.exists():
        return
    try:
        read_lookup(path)
    except (InputError, OSError):
        raise InputError(
            f"{path}: there is a file of that name which is no list of codes, and would be lost; "
            "name another for the list (--lookup)"
        ) from None
