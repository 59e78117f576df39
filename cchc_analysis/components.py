"""The table ``components``: what the evaluation screens of the national portal show.

Readers fill it (:mod:`cchc_analysis.sources.evaluation`), scorecards are computed from it
(:mod:`cchc_analysis.scorecards`). It is declared like the tables of
:mod:`cchc_analysis.columns`, and checked with the same function.
"""

# ruff: noqa: E501  (one column of a table is one line)
from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

from cchc_analysis.columns import UNIT_CLASSES, Column, Table

PERIOD_KINDS = ("year", "quarter", "month", "dates")
"""``year`` is the year to date: the portal's unit of account unless another is chosen."""

LATE_STAYS_LATE = ("ON_TIME", "DOSSIER_RECEIVING_SATISFACTION", "PETITION_PROCESSING_ON_TIME")
"""Components in which a case that does not count can never count: only new ones help."""

COMPONENTS = Table(
    "components",
    "Một dòng là một thành phần, một nhóm (metric trống) hay tổng điểm (group và metric trống) "
    "của một đơn vị, trong một kỳ, theo một lần chụp màn hình đánh giá.",
    "One row is a component, a group (metric empty) or the total (group and metric empty) of one "
    "unit in one period, as one capture of an evaluation screen shows it.",
    (
        Column("unit_id", "text", "đơn vị", "unit", required=True),
        Column("unit_code", "text", "mã đơn vị trên Cổng", "the portal's code of the unit (H44, H44.07)"),
        Column("unit_name", "text", "tên đơn vị trên Cổng", "the unit's name on the portal"),
        Column("unit_class", "text", "loại đơn vị", "class of unit", allowed=UNIT_CLASSES),
        Column("parent_id", "text", "đơn vị cấp trên", "unit above"),
        Column("period_kind", "text", "loại kỳ; year: từ đầu năm", "kind of period; year: year to date", allowed=PERIOD_KINDS, required=True),
        Column("period_start_on", "date", "từ ngày", "first day of the period", required=True),
        Column("period_end_on", "date", "đến ngày; kỳ còn mở: ngày chụp", "last day covered; open period: day of the capture", required=True),
        Column("captured_at", "time", "thời điểm chụp, giờ Việt Nam", "time of the capture, Vietnamese time", required=True),
        Column("provisional", "flag", "kỳ chưa kết thúc khi chụp", "captured before the period had ended"),
        Column("group", "text", "nhóm; trống: tổng điểm", "group; empty: the total"),
        Column("metric", "text", "chỉ tiêu thành phần; trống: cả nhóm", "component; empty: the whole group"),
        Column("numerator", "count", "tử số", "numerator"),
        Column("denominator", "count", "mẫu số", "denominator"),
        Column("published_share", "number", "tỷ lệ Cổng công bố (0..1)", "share as published (0..1)"),
        Column("published_score", "number", "điểm Cổng công bố", "score as published", "points"),
        Column("maximum", "number", "điểm tối đa Cổng công bố", "highest score as published", "points"),
        Column("note", "text", "ghi chú, trạng thái dữ liệu của Cổng", "note, the portal's word on its data"),
        Column("source", "text", "nguồn", "source", required=True),
    ),
)  # fmt: skip


def component_name(metric: str, language: Literal["vi", "en"]) -> str:
    """Return the name of a component by the portal's code of it.

    Examples
    --------
    >>> component_name("ON_TIME", "en")
    'QĐ 766 in-time share'
    """
    return _names()["metrics"][metric][language]


def group_name(group: str, language: Literal["vi", "en"]) -> str:
    """Return the name of a group by the portal's code of it.

    Examples
    --------
    >>> group_name("CKMB", "vi")
    'Công khai, minh bạch'
    """
    return _names()["groups"][group][language]


def score_group_name(indicator_id: str, language: Literal["vi", "en"]) -> str:
    """Return the name of the group whose score an indicator of the catalogue is.

    Examples
    --------
    >>> score_group_name("qd766_score_ckmb", "en")
    'Transparency'
    """
    groups = _names()["groups"].values()
    return next(group[language] for group in groups if group["indicator"] == indicator_id)


@cache
def _names() -> dict[str, dict[str, dict[str, str]]]:
    """Read the reference file once."""
    text = files("cchc_analysis").joinpath("reference/qd766.toml").read_text("utf-8")
    return tomllib.loads(text)
