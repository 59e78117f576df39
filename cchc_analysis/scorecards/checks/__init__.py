"""Checks that any saved answers can be put to: what does not fit together, as it was seen."""

# ruff: noqa: E501  (one column of a table is one line)
from __future__ import annotations

import pandas as pd

from cchc_analysis.columns import UNIT_CLASSES, Column, Table, check, empty
from cchc_analysis.components import COMPONENTS, PERIOD_KINDS
from cchc_analysis.scorecards.checks.captures import (
    closed_period_moved,
    count_fell,
    counts_came_and_went,
    group_unchanged,
    scores_came_and_went,
)
from cchc_analysis.scorecards.checks.counts import count_rows
from cchc_analysis.scorecards.checks.periods import periods_do_not_add
from cchc_analysis.scorecards.checks.within import (
    HIGHEST_TOTAL,
    above_maximum,
    above_received,
    groups_differ,
    no_dossiers,
    numerator_above_denominator,
    sum_differs,
    units_do_not_add,
)
from cchc_analysis.scorecards.formulas import groups

CHECKS = (
    "came_and_went", "count_fell", "may_fall", "closed_period_moved", "group_unchanged",
    "groups_differ", "periods_do_not_add", "sum_differs", "units_do_not_add", "above_maximum",
    "above_received", "numerator_above_denominator", "no_dossiers",
)  # fmt: skip
"""The checks, in the order in which they are shown."""

_ONE_READING = [
    "unit_id", "period_kind", "period_start_on", "period_end_on", "captured_at", "group", "metric",
    "numerator", "denominator", "published_score",
]  # fmt: skip

MEASURES = ("numerator", "denominator", "late", "score")

FINDINGS = Table(
    "findings",
    "Một dòng là một điểm không khớp trong các màn hình đánh giá đã lưu; không nêu nguyên nhân.",
    "One row is one thing that does not fit in saved evaluation screens; no cause is given.",
    (
        Column("check", "text", "phép kiểm tra", "the check", allowed=CHECKS, required=True),
        Column("unit_id", "text", "đơn vị", "unit", required=True),
        Column("unit_class", "text", "loại đơn vị", "class of unit", allowed=UNIT_CLASSES),
        Column("group", "text", "nhóm; trống: tổng điểm", "group; empty: the total"),
        Column("metric", "text", "chỉ tiêu thành phần; trống: cả nhóm", "component; empty: the whole group"),
        Column("measure", "text", "số nào", "which number of it", allowed=MEASURES, required=True),
        Column("cases", "text", "đếm gì; trống: điểm", "what is counted; empty: points"),
        Column("period_kind", "text", "loại kỳ", "kind of period", allowed=PERIOD_KINDS, required=True),
        Column("period_start_on", "date", "từ ngày", "first day of the period", required=True),
        Column("period_end_on", "date", "đến ngày", "last day covered", required=True),
        Column("captured_at", "time", "thời điểm chụp", "time of the capture", required=True),
        Column("found", "number", "số tìm thấy", "what was found", required=True),
        Column("expected", "number", "số so với", "what it was held against"),
        Column("difference", "number", "chênh lệch", "found minus expected"),
        Column("captured_before", "time", "lần chụp trước", "the earlier capture, where one is held against"),
        Column("captured_after", "time", "lần chụp khi trở lại", "the capture in which it was back"),
        Column("after", "number", "số khi trở lại", "the number when it was back"),
        Column("group_score_before", "number", "điểm nhóm ngày chụp trước", "score of the group on the day of the earlier capture", "points"),
        Column("group_score", "number", "điểm nhóm ngày chụp", "score of the group on the day of the capture", "points"),
        Column("group_score_after", "number", "điểm nhóm khi trở lại", "score of the group on the day it was back", "points"),
        Column("group_maximum", "number", "điểm tối đa của nhóm", "highest score of the group, or of the total", "points"),
        Column("parts_count", "count", "số phần cộng lại", "how many periods, groups or units were added"),
        Column("parts_start_on", "date", "các kỳ cộng lại, từ ngày", "first day of the periods added"),
        Column("parts_end_on", "date", "các kỳ cộng lại, đến ngày", "last day of the periods added"),
        Column("source", "text", "nguồn", "source", required=True),
    ),
)  # fmt: skip


def check_components(components: pd.DataFrame) -> pd.DataFrame:
    r"""Return what does not fit together in saved evaluation screens, as it was seen.

    .. math:: \text{difference} = \text{found} - \text{expected}

    Misleads: a finding is no error of an office, and its cause is not in the data. The portal,
    the unit, or whoever saved the answer may have changed something. Nothing found is no proof
    that the figures are right: most ways to be wrong fit together.

    Parameters
    ----------
    components
        The table ``components`` (``components.COMPONENTS``), any units, periods and captures
        together. A unit is held against those below it where both are given.

    Returns
    -------
    DataFrame
        Columns of ``FINDINGS``, in the order of ``CHECKS``, the largest difference of each
        first. ``found`` and ``expected``, by ``check``:

        - ``came_and_went``: a count that rose and fell back at least to where it was, or a
          score that moved by a point or more and came back over four fifths of the way or
          more; it, and what stood before; ``after`` is what it came back to.
        - ``count_fell``: a count of dossiers or petitions, of a period still open, that is
          lower than in the capture before.
        - ``may_fall``: the same of a count that can fall and be right (dossiers in time as
          they stand, procedures and services on offer).
        - ``closed_period_moved``: a count of a period that had ended before both captures.
        - ``group_unchanged``: dossiers of a group as they were in the capture before, while
          those of another group moved on; it, and the other one.
        - ``groups_differ``: the dossiers that a group counts, and those received, in one
          capture, or in any captures of a period that has ended.
        - ``periods_do_not_add``: the sum over shorter periods inside a longer one, and the
          longer one, if the sum is larger, or the shorter ones cover all of it. Parts captured
          on a later day than the whole are left out.
        - ``sum_differs``: a published total and the sum of its six groups, a group and the sum
          of its components, in one capture.
        - ``units_do_not_add``: the sum over the units below, and the unit above, where the
          dossiers received do add up.
        - ``above_maximum``: a published score and its maximum.
        - ``above_received``: dossiers of a component, and dossiers received, in one capture.
        - ``numerator_above_denominator``: the two counts of a component.
        - ``no_dossiers``: points of a unit that received no dossier; nothing is expected.

        ``measure``: ``late`` is received minus in time. A count that several components show
        stands once, under the first. Nothing found, no rows.

    Raises
    ------
    InputError
        For an unknown metric, or what ``columns.check`` refuses.

    Notes
    -----
    Counts are whole and have no tolerance. A printed score may be off by half a hundredth, so
    a sum of n scores is a finding from 0.005 (n + 1) points on: 0.035 for a total.

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "unit_id": "H21.19", "period_kind": "year", "period_start_on": "2026-01-01",
    ...     "period_end_on": ["2026-09-27", "2026-10-05"], "provisional": True,
    ...     "captured_at": ["2026-09-27", "2026-10-05"], "group": "MDHL",
    ...     "metric": "PETITION_PROCESSING_ON_TIME", "denominator": [1, 0], "source": "portal",
    ... })
    >>> found = check_components(rows)
    >>> found[["check", "measure", "found", "expected", "difference"]]
            check      measure  found  expected  difference
    0  count_fell  denominator    0.0       1.0        -1.0
    """
    # an answer saved in two folders is one capture, and is added once
    rows = check(components, COMPONENTS).drop_duplicates(_ONE_READING)
    counts = count_rows(rows)
    found = [
        scores_came_and_went(rows),
        counts_came_and_went(counts, rows),
        count_fell(counts, rows),
        closed_period_moved(counts),
        group_unchanged(counts),
        groups_differ(counts),
        periods_do_not_add(counts),
        sum_differs(rows),
        units_do_not_add(counts),
        above_maximum(rows),
        above_received(counts),
        numerator_above_denominator(rows),
        no_dossiers(rows, counts),
    ]
    return _in_order(pd.concat([part for part in found if len(part)] or [empty(FINDINGS)]))


def _in_order(found: pd.DataFrame) -> pd.DataFrame:
    """Return the findings as declared: by check, the largest difference first."""
    highest = found["group"].map({code: one.maximum for code, one in groups().items()})
    found = found.assign(
        difference=(found["found"] - found["expected"]).round(2),
        group_maximum=highest.where(found["group"].notna(), HIGHEST_TOTAL).astype("float64"),
    )
    known = check(found.reset_index(drop=True), FINDINGS)[list(FINDINGS.names)]
    known = known.assign(
        place=known["check"].map({name: place for place, name in enumerate(CHECKS)}),
        size=-known["difference"].abs(),
    )
    keys = ["place", "size", "unit_id", "captured_at", "group", "metric", "measure"]
    ordered = known.sort_values(keys, kind="stable", ignore_index=True)
    return ordered.drop(columns=["place", "size"])
