"""Counting the lines of a file in blocks and parts equals counting them one by one."""

import tempfile
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cchc_analysis.columns import InputError
from cchc_analysis.sources.sheets import delimited
from cchc_analysis.sources.sheets.delimited import count_lines

BLOCK = 16


def lines_one_by_one(text):
    """The number of lines, empty ones at the end left out; None where a return stands alone."""
    if "\r" in text.replace("\r\n", ""):
        return None
    lines = text.replace("\r\n", "\n").split("\n")
    while lines and not lines[-1]:
        lines.pop()
    return len(lines)


@given(
    st.lists(st.text('aễ,"\r\t', max_size=9)).map("\n".join),
    st.sampled_from(["", "\n", "\r\n", "\n\n\n"]),
    st.integers(1, 40),
)
@example("a\r", "", 40)
@example("ễ" * 4 + "\r", "\n", 1)
@example("ễ" * 5 + "\r", "\n", 5)
def test_lines_are_those_counted_one_by_one_whatever_the_blocks(text, end, part):
    text += end
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.object(delimited, "_BLOCK", BLOCK),
        patch.object(delimited, "_PART", part),
    ):
        path = Path(folder, "a.csv")
        path.write_bytes(text.encode())
        counted = count_lines(path)
    longest = max(len(line.encode()) for line in text.split("\n")) + 1
    if counted is None and longest > BLOCK:
        return  # left to the careful reader
    assert counted == lines_one_by_one(text)


@pytest.mark.parametrize("place", [0, 15, 16, 17, 40])
def test_bytes_that_are_no_utf8_are_refused_wherever_they_stand(tmp_path, monkeypatch, place):
    monkeypatch.setattr(delimited, "_BLOCK", BLOCK)
    monkeypatch.setattr(delimited, "_PART", 7)
    body = bytearray(b"0123456\n" * 6)
    body[place] = 0xE5
    (tmp_path / "a.csv").write_bytes(body)
    with pytest.raises(InputError, match=r"not UTF-8|not in Unicode"):
        count_lines(tmp_path / "a.csv")
