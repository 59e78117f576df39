"""Match an export's headers and labels to ours, by ``reference/headers.toml`` or a column map."""

from __future__ import annotations

import difflib
import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from cchc_analysis.columns import DOSSIERS, InputError
from cchc_analysis.sources.privacy import holds_persons_name, personal_data

if TYPE_CHECKING:
    from cchc_analysis.sources.sheets import Sheet

UNIT_OR_PERSON = "unit_or_person"
"""A column that may name a person: read only where its value is a unit we know."""

_NOT_IN_FILES = ("status_raw", "drawn_on", "flags", "source")
READABLE = (*(name for name in DOSSIERS.names if name not in _NOT_IN_FILES), UNIT_OR_PERSON)
"""What a header can stand for."""

_STATUSES = 10
_BRACKETS_TELL = ("legal_days",)
"""Columns whose unit may stand in brackets: '(giờ)' is another one than that of the column."""
_LIKE_DATA = re.compile(r"\d{5}|\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|@")


@cache
def reference() -> dict[str, dict[str, list[str]]]:
    """Return the headers, abbreviations and labels of ``reference/headers.toml``."""
    text = files("cchc_analysis").joinpath("reference/headers.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@lru_cache(maxsize=65536)
def header_key(text: str) -> str:
    r"""Return ``text`` as a key for comparing headers and labels.

    Forgives case, Unicode form, tone and other marks (``Ngay hen tra``), line breaks, spaces
    and words run together (``NgayHenTra``), punctuation, what stands in brackets, and
    abbreviations. Names of units need :func:`~cchc_analysis.gazetteer.fold`, which keeps marks.

    Examples
    --------
    >>> header_key("NGÀY HẸN TRẢ KQ (*)") == header_key("NgayHenTraKetQua")
    True
    >>> header_key("Mã HS") == header_key("Mã hồ sơ"), header_key("Ngày\nTN")
    (True, 'ngaytiepnhan')
    """
    return "".join(_written_out(_words(text))).replace(" ", "")


def plain_words(text: str) -> str:
    """Return the words of a text in lower case without marks, abbreviations written out.

    Examples
    --------
    >>> plain_words("Chờ BS (thiếu GIẤY tờ)")
    'cho bo sung thieu giay to'
    """
    return " ".join(_written_out(_plain(text).split()))


def _written_out(words: Sequence[str]) -> list[str]:
    short = reference()["abbreviations"]
    return [_plain(short.get(word, word)) for word in words]


def _key_with_brackets(text: str) -> str:
    """Return the key of a header in which what stands in brackets counts too."""
    return header_key(re.sub(r"[()\[\]]", " ", text))


def _words(text: str) -> list[str]:
    """Return the plain words of a header, of a text in camel case its parts."""
    composed = unicodedata.normalize("NFC", text)
    outside = re.sub(r"\([^)]*\)|\[[^\]]*\]", " ", composed)
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", outside if outside.strip(" *") else composed)
    return _plain(apart).split()


def _plain(text: str) -> str:
    """Return ``text`` in lower case without marks, words apart by one space."""
    marks = unicodedata.normalize("NFD", text.casefold().translate(str.maketrans("đð", "dd")))
    letters = "".join(c for c in marks if unicodedata.category(c) not in ("Mn", "Cf"))
    return " ".join(re.findall(r"[^\W_]+", letters))


@cache
def _known_headers() -> dict[str, tuple[int, str]]:
    """Every header key, with its place in the list of its column and the column."""
    listed = {**reference()["headers"], **reference()["headers_unit_or_person"]}
    known = {header_key(name): (0, name) for name in READABLE}
    for name, headers in listed.items():
        known.update({_key_with_brackets(header): (i, name) for i, header in enumerate(headers)})
    return known


def _place_of(text: str) -> tuple[int, str | None]:
    """Return the place of a header in the list of its column, and the column; (0, None): none."""
    known = _known_headers()
    if (found := known.get(_key_with_brackets(text))) is not None:
        return found
    place, name = known.get(header_key(text), (0, None))
    return (0, None) if name in _BRACKETS_TELL else (place, name)


def match(header: Sequence[str], columns: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return our column names to ``c0``, ``c1``, ...: the header that fits each best.

    A column map wins over ``reference/headers.toml``; in that, an earlier variant over a later
    one, and the first of equal headers over the next.

    Examples
    --------
    >>> match(["STT", "Mã hồ sơ", "NGÀY NHẬN", "Người nộp"])
    {'dossier_id': 'c1', 'received_at': 'c2'}
    >>> match(["case", "Mã hồ sơ"], {"dossier_id": "case"})
    {'dossier_id': 'c0'}
    """
    mapped = {_composed(header): name for name, header in (columns or {}).items()}
    found: dict[str, tuple[int, int]] = {}
    for position, text in enumerate(header):
        name = mapped.get(_composed(text))
        place = -1
        if name is None:
            place, name = _place_of(text)
            name = None if name in (columns or {}) else name
        if name is not None and (name not in found or place < found[name][0]):
            found[name] = (place, position)
    by_position = sorted(found, key=lambda name: found[name][1])
    return {name: f"c{found[name][1]}" for name in by_position}


def match_or_explain(
    sheet: Sheet, columns: Mapping[str, str] | None, *, unit_given: bool = False
) -> dict[str, str]:
    """Return the match of a sheet's header, or say which needed column was not found.

    Parameters
    ----------
    sheet
        The sheet whose header is matched.
    columns
        Our column names to headers of the file.
    unit_given
        Whether the caller says whose export it is, so that no unit column is needed.

    Raises
    ------
    InputError
        With what was found and the nearest matches.
    """
    _check_map(sheet, columns)
    found = match(sheet.header, columns)
    missing = [name for name in ("dossier_id", "received_at", "due_at") if name not in found]
    if not (unit_given or {"unit_id", "receiving_unit_id", UNIT_OR_PERSON} & set(found)):
        missing.insert(0 if "dossier_id" in found else 1, "unit_id")
    if missing:
        _explain(sheet, missing[0], found)
    return found


def _check_map(sheet: Sheet, columns: Mapping[str, str] | None) -> None:
    """Refuse a column map that does not fit."""
    given = [_composed(header) for header in (columns or {}).values()]
    there = [_composed(header) for header in sheet.header]
    for name, header in (columns or {}).items():
        if given.count(_composed(header)) > 1:
            raise InputError(f"column map: {header!r} is given to several columns, expected one")
        if name not in READABLE:
            raise InputError(f"column map: unknown column {name!r}; {_nearest(name, READABLE)}")
        if _composed(header) not in there:
            raise InputError(
                f"column map: {_where(sheet)} has no column {header!r}; "
                f"{_nearest(header, sheet.header)}"
            )


def _explain(sheet: Sheet, name: str, found: Mapping[str, str]) -> None:
    """Say that a needed column was not found, and what comes nearest."""
    known = reference()["headers"]
    near = [header for header in sheet.header if header]
    digits = any(character.isdigit() for character in "".join(near))
    if not found and (digits or any(map(holds_persons_name, near))):
        needed = ("dossier_id", "unit_id", "received_at", "due_at")
        raise InputError(  # it may be a row of people's data, so it is not shown
            f"{_where(sheet)} has no header row in its first rows (expected headers such as "
            f"{', '.join(repr(known[column][0]) for column in needed)}); "
            "add one, or name the headers in a column map"
        )
    hint = " (or say whose export it is: unit=, --unit)" if name == "unit_id" else ""
    raise InputError(
        f"{_where(sheet)} (row {sheet.header_row}) has no column for {name} "
        f"(expected {', '.join(repr(header) for header in known[name][:3])}); "
        f"{_nearest(known[name][0], near)}; or name it in a column map{hint}"
    )


def _where(sheet: Sheet) -> str:
    return f"{sheet.path.name}: " + (f"sheet {sheet.name!r}" if sheet.name else "the file")


@cache
def _labels(section: str) -> dict[str, str]:
    """Every label key of a section to its code."""
    groups = reference()[section]
    return {header_key(text): code for code, group in groups.items() for text in (*group, code)}


@lru_cache(maxsize=65536)
def label_code(text: str, section: str) -> str | None:
    """Return the code that a label stands for in a section such as ``status`` or ``channel``.

    Examples
    --------
    >>> label_code("ĐÃ TRẢ KẾT QUẢ", "status"), label_code("4. Đang xử lý", "status")
    ('10', '4')
    >>> label_code("10.0", "status"), label_code("Chim bồ câu", "channel")
    ('10', None)
    """
    plain = re.sub(r"^0*(\d+)(\.0+)?$", r"\1", text.strip())
    labels = _labels(section)
    numbered = re.sub(r"^\W*\d{1,2}\W+", "", plain)
    return labels.get(header_key(plain)) or labels.get(header_key(numbered))


def status_codes(statuses: Mapping[str, int] | None) -> dict[str, str]:
    """Return the key of each label of an office's own list to its code.

    Raises
    ------
    InputError
        If a code is none of the ten national ones, or a label has no letter and no digit.

    Examples
    --------
    >>> status_codes({"Từ chối giải quyết": 8})
    {'tuchoigiaiquyet': '8'}
    """
    codes = {}
    for label, code in (statuses or {}).items():
        if isinstance(code, bool) or not isinstance(code, int) or not 1 <= code <= _STATUSES:
            raise InputError(
                f"statuses: found {code!r} for {label!r}, expected a national code, 1 to "
                f"{_STATUSES}, as a whole number"
            )
        if not header_key(label):
            raise InputError(f"statuses: {label!r} is no label; write it as the file does")
        codes[header_key(label)] = str(code)
    return codes


@cache
def _missing() -> frozenset[str]:
    return frozenset(_missing_form(word) for word in reference()["missing"]["words"])


def _missing_form(text: str) -> str:
    return _composed(text).casefold()


def _composed(text: str) -> str:
    """Return ``text`` in one Unicode form, for letters of the other form look the same."""
    return unicodedata.normalize("NFC", text).strip()


def is_missing(text: str) -> bool:
    """Say whether a cell stands for an empty one: '-', 'NULL', 'Chưa có'.

    Examples
    --------
    >>> is_missing("CHƯA CÓ"), is_missing("Có")
    (True, False)
    """
    return _missing_form(text) in _missing()


def shown(texts: Sequence[str], row: Sequence[str]) -> list[str]:
    """Return those cells of a header row that may be shown; data mistaken for headers may not.

    A row in which some cell holds a long number, a date or an address is not wholly a header:
    of it only cells are shown that resemble a header we know. A cell that may hold a person's
    name is shown of no row.

    Examples
    --------
    >>> row = ["Mã hồ sơ", "079099123456", "Người nộp Nguyễn Văn Mẫu"]
    >>> shown(row, row), shown(["Người nộp"], ["Mã hồ sơ", "Người nộp"])
    (['Mã hồ sơ', '(2 cells not shown)'], ['Người nộp'])
    """
    lines = [" ".join(text.split()) for text in texts if text.strip()]
    clear = [text for text in lines if not holds_persons_name(text)]
    if any(_LIKE_DATA.search(text) or personal_data(text) for text in row):
        known = list(_known_headers())
        clear = [
            text
            for text in clear
            if not _LIKE_DATA.search(text)
            and difflib.get_close_matches(header_key(text), known, 1, 0.85)
        ]
    hidden = len(lines) - len(clear)
    return [*clear, *([f"({hidden} cells not shown)"] if hidden else [])]


def _nearest(name: str, found: Sequence[str]) -> str:
    """Return the nearest of the names found, and all of them, for a message."""
    found = shown(found, found)
    folded = {header_key(text): text for text in found}
    near = [folded[key] for key in difflib.get_close_matches(header_key(name), folded, 3, 0.5)]
    hint = f"nearest: {', '.join(near)}; " if near else ""
    return f"{hint}found: {', '.join(found) or 'nothing'}"
