"""Match an export's headers and labels to ours, by ``reference/headers.toml`` or a column map."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from cchc_analysis.columns import DOSSIERS, InputError
from cchc_analysis.gazetteer import fold

if TYPE_CHECKING:
    from cchc_analysis.sources.sheets import Sheet


@cache
def _reference() -> dict[str, dict[str, list[str]]]:
    text = files("cchc_analysis").joinpath("reference/headers.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def _known_headers() -> dict[str, str]:
    """Every folded header variant, and our own names, to our column."""
    variants = {fold(name): name for name in DOSSIERS.names}
    for name, headers in _reference()["headers"].items():
        variants.update({fold(header): name for header in headers})
    return variants


def match(header: Sequence[str], columns: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return our column names to ``c0``, ``c1``, ...: the first header that fits each.

    Examples
    --------
    >>> match(["STT", "Mã hồ sơ", "NGÀY NHẬN", "Người nộp"])
    {'dossier_id': 'c1', 'received_at': 'c2'}
    >>> match(["case", "Mã hồ sơ"], {"dossier_id": "case"})
    {'dossier_id': 'c0'}
    """
    mapped = {header: name for name, header in (columns or {}).items()}
    found: dict[str, str] = {}
    for position, text in enumerate(header):
        name = mapped.get(text.strip())
        if name is None and (known := _known_headers().get(fold(text))) not in (columns or {}):
            name = known
        if name is not None:
            found.setdefault(name, f"c{position}")
    return found


def match_or_explain(
    sheet: Sheet, columns: Mapping[str, str] | None, needed: Sequence[str]
) -> dict[str, str]:
    """Return the match of a sheet's header, or say which needed column was not found.

    Raises
    ------
    InputError
        With what was found and the nearest matches.
    """
    where = f"sheet {sheet.name!r}" if sheet.name else "the file"
    given = list((columns or {}).values())
    for name, header in (columns or {}).items():
        if given.count(header) > 1:
            raise InputError(f"column map: {header!r} is given to several columns, expected one")
        if name not in DOSSIERS.names:
            raise InputError(
                f"column map: unknown column {name!r}; {_nearest(name, DOSSIERS.names)}"
            )
        if header not in sheet.header:
            raise InputError(
                f"column map: {where} has no column {header!r}; {_nearest(header, sheet.header)}"
            )
    found = match(sheet.header, columns)
    missing = [name for name in needed if name not in found]
    if missing:
        name = missing[0]
        wanted = _reference()["headers"][name]
        near = [header for header in sheet.header if header]
        if not found and any(character.isdigit() for character in "".join(near)):
            raise InputError(  # it may be a row of people's data, so it is not shown
                f"{where} has no header row in its first rows (expected headers such as "
                f"{', '.join(repr(_reference()['headers'][name][0]) for name in needed)}); "
                "add one, or name the headers in a column map"
            )
        raise InputError(
            f"{where} (row {sheet.header_row}) has no column for {name} "
            f"(expected {', '.join(repr(w) for w in wanted[:3])}); "
            f"{_nearest(wanted[0], near)}; or name it in a column map"
        )
    return found


def label_sql(cell: str, section: str) -> str:
    """Return a CASE that maps the labels of one section to their code; NULL where unknown."""
    labels = {
        label: code for code, group in _reference()[section].items() for label in (*group, code)
    }
    branches = " ".join(f"WHEN '{label.lower()}' THEN '{code}'" for label, code in labels.items())
    return f"CASE lower(nfc_normalize({cell})) {branches} END"


def _nearest(name: str, found: Sequence[str]) -> str:
    """Return the nearest of the names found, and all of them, for a message."""
    folded = {fold(text): text for text in found}
    near = [folded[match] for match in difflib.get_close_matches(fold(name), folded, 3, 0.5)]
    hint = f"nearest: {', '.join(near)}; " if near else ""
    return f"{hint}found: {', '.join(found) or 'nothing'}"
