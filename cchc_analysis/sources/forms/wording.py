"""The words and the columns of form II.06, from ``reference/form06.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from cchc_analysis.columns import FORMS
from cchc_analysis.gazetteer import fold

COUNTS = {
    number: column.name
    for number, column in enumerate(
        (column for column in FORMS.columns if column.name.endswith("_count")), start=3
    )
}
"""The form's column number, 3 to 13, to our column."""

HEADERS = {
    3: ("received", "total"),
    4: ("received", "online"),
    5: ("received", "direct"),
    6: ("received", "carried"),
    7: ("resolved", "total"),
    8: ("resolved", "early"),
    9: ("resolved", "due_day"),
    10: ("resolved", "late"),
    11: ("pending", "total"),
    12: ("pending", "in_time"),
    13: ("pending", "late"),
}
"""The upper and the lowest header of each count, as named in the reference file."""


@cache
def words() -> dict:
    """Return the reference file."""
    text = files("cchc_analysis").joinpath("reference/form06.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def folded(section: str) -> dict[str, str]:
    """Return every folded variant of a section's names, to the name."""
    return {fold(text): name for name, texts in words()[section].items() for text in texts}


def begins(text: str, name: str) -> bool:
    """Say whether a text begins with one of the phrases of ``[reading]``, whole words."""
    key = fold(text) + " "
    return any(key.startswith(fold(phrase) + " ") for phrase in words()["reading"][name])


def expected(number: int) -> str:
    """Return the header of a count as the form prints it.

    Examples
    --------
    >>> expected(9)
    "(9) 'Số hồ sơ đã giải quyết' / 'Đúng hạn'"
    """
    group, leaf = HEADERS[number]
    return f"({number}) {words()['groups'][group][0]!r} / {words()['leaves'][leaf][0]!r}"
