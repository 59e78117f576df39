"""Dossier codes: the key that hashes them, and the desk's own list of code and hash."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path

from cchc_analysis.columns import InputError

_NOTE = (
    "Tệp này nối mã hồ sơ với mã băm trong báo cáo: là dữ liệu cá nhân.",
    "Chỉ giữ tại bàn làm việc; không gửi đi, không đưa lên mạng, không để cùng kết quả.",
    "This file links dossier codes to the hashes in reports: it is personal data.",
    "Keep it at the desk; do not send it, publish it, or store it with the results.",
)
_NO_PLACE = (
    "The key that hashes dossier codes cannot be kept there; name another place for it, outside "
    "the outputs (key=, --key FILE)"
)
MOST_CODES = 1_000_000
"""A sheet of a workbook holds 1,048,576 rows."""


def default_key() -> Path:
    """Return where the key is kept if no other place is given.

    Raises
    ------
    InputError
        If the user has no home folder.
    """
    try:
        return Path.home() / ".config" / "cchc_analysis" / "dossiers.key"
    except RuntimeError as error:
        raise InputError(f"{error} {_NO_PLACE}") from None


def read_key(path: Path) -> str:
    """Return the secret that hashes dossier codes; made on first use, for its owner alone.

    Raises
    ------
    InputError
        If the file is empty, a folder, or no key, or cannot be made or read.
    """
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(32), encoding="ascii")
        secret = path.read_text(encoding="ascii").strip()
    except (UnicodeDecodeError, IsADirectoryError):
        raise InputError(f"{path}: not a key; name a file made by an earlier reading") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}. {_NO_PLACE}") from None
    if not secret:  # without it the codes could be found by hashing all of them
        raise InputError(f"{path}: the key is empty; delete the file, and a new one is made")
    return secret


def keep_apart(path: Path, out: Path | None, what: str) -> None:
    """Refuse a key or a list of codes inside the folder of outputs, which may be shared.

    Raises
    ------
    InputError
        If ``path`` lies in ``out``.
    """
    if out is not None and path.resolve().is_relative_to(out.resolve()):
        raise InputError(f"{path}: the {what} must lie outside the output folder; name another")


def require_workbook(path: Path) -> None:
    """Refuse a list of codes whose name is not that of a workbook, before anything is read.

    Raises
    ------
    InputError
        If ``path`` does not end in .xlsx.
    """
    if path.suffix.lower() != ".xlsx":
        raise InputError(
            f"{path}: the list of codes is a workbook; give it a name that ends in .xlsx, "
            "such as codes.xlsx"
        )


def write_lookup(path: Path, codes: Iterable[tuple[str, str]]) -> None:
    """Write the list of dossier code and hash as a workbook, for the desk alone.

    Cells are written as text, so that no code is run as a formula.
    """
    import xlsxwriter

    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.part")
    with xlsxwriter.Workbook(unfinished, {"constant_memory": True}) as book:
        note = book.add_worksheet("Ghi chú - Note")
        for row, line in enumerate(_NOTE):
            note.write_string(row, 0, line)
        page = book.add_worksheet("Mã hồ sơ")
        page.write_row(0, 0, ["Mã hồ sơ", "dossier_id"])
        for row, pair in enumerate(codes, 1):
            for column, text in enumerate(pair):
                page.write_string(row, column, text)
    unfinished.chmod(0o600)
    unfinished.replace(path)
