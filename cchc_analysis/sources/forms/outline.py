"""Which lines of a form are fields, and which add others up: nothing is counted twice.

Levels and sections ('A. Cấp tỉnh', 'II. Trên Hệ thống thành phố') stand above the fields, and
often print their own sum. The number of a line tells its depth: A, then I, then 1, then 1.1.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from cchc_analysis.gazetteer import fold
from cchc_analysis.sources.forms.wording import COUNTS, begins, words

_UNNUMBERED_LEVEL, _FIELD = 2, 3
_DEPTHS = (
    (re.compile(r"[IVX]+"), 1),
    (re.compile(r"[A-ZĐ]"), 0),
    (re.compile(r"\d+"), _FIELD),
    (re.compile(r"\d+(\.\d+)+"), 4),
    (re.compile(r"[a-zđ]"), 5),
    (re.compile(r"[-–+*•]"), 6),
)
_FIRST = re.compile(r"0*1|I|A|a|\d+\.1|[-–+*•]")


@dataclass(frozen=True)
class Line:
    """One row of the table: its number, its text and its eleven counts (NaN: not given)."""

    row: int
    """Number of the row in the sheet, from 1."""
    ordinal: str
    label: str
    counts: tuple[float, ...]
    path: tuple[str, ...] = ()
    """The levels and sections above it."""

    @property
    def counted(self) -> bool:
        """Whether the line gives any count."""
        return not all(map(math.isnan, self.counts))

    @property
    def is_total(self) -> bool:
        """Whether the line is, by its words, the total of the form."""
        total = {fold(text) for text in words()["reading"]["total"]}
        return not self.ordinal.isdigit() and fold(self.label) in total

    @property
    def is_sum(self) -> bool:
        """Whether the line, by its words, adds up the lines above it: 'Cộng mục I'."""
        return not self.ordinal.isdigit() and not self.is_total and begins(self.label, "sum")


@dataclass(frozen=True)
class Sum:
    """A printed sum of other lines, and these lines."""

    line: Line
    parts: tuple[Line, ...]

    def gaps(self) -> dict[int, float]:
        """Return parts minus sum for each column, by its number, that does not add up.

        Cells that are not given may hold anything, so they excuse parts that fall short.
        """
        found = {}
        for place, number in enumerate(COUNTS):
            whole = self.line.counts[place]
            given = [part.counts[place] for part in self.parts]
            gap = math.fsum(count for count in given if not math.isnan(count)) - whole
            if gap > 0 or (gap < 0 and not any(map(math.isnan, given))):
                found[number] = gap
        return found


@dataclass(frozen=True)
class Outline:
    """The lines of a form: its fields and totals, and the sums that are not kept."""

    fields: list[Line]
    totals: list[Line]
    sums: list[Sum]


def outline(lines: Sequence[Line]) -> Outline:
    """Sort the lines of a form: one per field, the total, and those that add others up.

    The sum of a level is set aside where counts stand below it; a field keeps its own line
    and the cases below it are set aside. A line without any count is a heading.
    """
    totals, rest = _totals(lines)
    depths = [_depth(rest, place) for place in range(len(rest))]
    fields: list[Line] = []
    sums: list[Sum] = []
    levels: list[tuple[Line, list[Line]]] = []
    above: list[tuple[int, str, bool]] = []
    added = 0  # the fields that an earlier level or sum has taken
    for place, (line, depth) in enumerate(zip(rest, depths, strict=True)):
        if line.is_sum:
            sums.append(Sum(line, tuple(fields[added:])))
            added = len(fields)
            continue
        while above and above[-1][0] >= depth:
            above.pop()
        if any(is_field for _, _, is_field in above):
            continue  # a case of the field above, counted there
        below = _below(rest, depths, place)
        is_field = line.counted and (depth >= _FIELD or not below or begins(line.label, "field"))
        if is_field:
            fields.append(replace(line, path=tuple(label for _, label, _ in above)))
            sums += [Sum(line, tuple(_highest(below)))] if below else []
        else:
            levels += [(line, [part for part, _ in below])] if line.counted else []
            added = len(fields)
        above.append((depth, line.label, is_field))
    for level, below_it in levels:
        rows = {part.row for part in below_it}
        sums.append(Sum(level, tuple(part for part in fields if part.row in rows)))
    return Outline(_told_apart(fields), totals, sums)


def _totals(lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """Split the totals of the form from the other lines."""
    totals = [line for line in lines if line.is_total]
    rest = [line for line in lines if not line.is_total]
    sums = [line for line in rest if line.is_sum]
    if not totals and len(sums) == 1 and rest[-1] is sums[0]:  # 'Tổng cộng toàn huyện'
        totals, rest = sums, rest[:-1]
    whole = [line for line in totals if line.counted]
    strict = [line for line in whole if begins(line.label, "sum")]  # 'Tổng cộng' before 'Cộng'
    return strict or whole, rest


def _depth(lines: Sequence[Line], place: int) -> int:
    """Return how deep a line stands, by its number, or by what it is where it has none."""
    line = lines[place]
    for pattern, depth in _DEPTHS:
        if pattern.fullmatch(line.ordinal):
            return depth
    starts = place + 1 < len(lines) and _FIRST.fullmatch(lines[place + 1].ordinal) is not None
    level = not line.counted or begins(line.label, "level") or starts
    return _UNNUMBERED_LEVEL if level else _FIELD


def _below(lines: Sequence[Line], depths: list[int], place: int) -> list[tuple[Line, int]]:
    """Return the lines with counts that stand below a line, and their depths."""
    after = takewhile(lambda at: depths[at] > depths[place], range(place + 1, len(lines)))
    return [(lines[at], depths[at]) for at in after if lines[at].counted and not lines[at].is_sum]


def _highest(below: list[tuple[Line, int]]) -> list[Line]:
    """Return the lines that are not themselves below another."""
    top = min(depth for _, depth in below)
    return [line for line, depth in below if depth == top]


def _told_apart(fields: list[Line]) -> list[Line]:
    """Put the levels before a field that occurs at several of them."""
    times = Counter(fold(line.label) for line in fields)
    return [
        replace(line, label=f"{' - '.join(line.path)}: {line.label}")
        if times[fold(line.label)] > 1 and line.path
        else line
        for line in fields
    ]
