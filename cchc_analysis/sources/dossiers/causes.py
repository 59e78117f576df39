"""Put what an office states as the cause of lateness into one of the known groups.

The text itself is free text, which repeats names and addresses: it is looked at here and kept
nowhere.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from cchc_analysis.columns import LATE_CAUSES
from cchc_analysis.sources.headers import plain_words

UNNAMED = "other"
"""The group of a stated cause without any of the known phrases."""


def cause_group(text: str) -> str:
    """Return the group of ``LATE_CAUSES`` that a stated cause falls into.

    The longest known phrase in it decides, the first of two equally long ones; the group's own
    code stands for itself. Misleads: phrases are looked for, sentences are not understood, and
    of several causes in one cell one is taken.

    Parameters
    ----------
    text
        What the cell holds; not empty.

    Returns
    -------
    str
        One of ``LATE_CAUSES``; ``other`` where no phrase is found.

    Examples
    --------
    >>> cause_group("Do lỗi phần mềm một cửa"), cause_group("CHỜ CÔNG DÂN nộp nghĩa vụ tài chính")
    ('software', 'finance')
    >>> cause_group("finance"), cause_group("Không rõ vì sao")
    ('finance', 'other')
    """
    if text in LATE_CAUSES:
        return text
    words = f" {plain_words(text)} "
    found = [(-len(phrase), words.find(f" {phrase} "), phrase) for phrase in _phrases()
             if f" {phrase} " in words]  # fmt: skip
    return _phrases()[min(found)[2]] if found else UNNAMED


@cache
def _phrases() -> dict[str, str]:
    """Return every phrase in plain words, with its group."""
    text = files("cchc_analysis").joinpath("reference/late_causes.toml").read_text("utf-8")
    groups = tomllib.loads(text)["causes"]
    return {plain_words(phrase): group for group, phrases in groups.items() for phrase in phrases}
