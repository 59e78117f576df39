"""The named rules by which a dossier counts as on time, late, in time or overdue.

Two official readings of the same dossiers give different answers, so the rule is a named
parameter, never an accident. A :class:`Rule` says where the three awkward kinds of dossier
go - withdrawn, suspended (waiting for the applicant, for a payment, or stopped) and undated
(a date is missing, so lateness cannot be told) - and what ends the clock.

Lateness goes by calendar date: a dossier due on Friday at 10:00 whose result is there on
Friday at 16:00 is on time. A due date without a time of day means the end of that day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cchc_analysis.columns import InputError

Place = Literal["in_time", "apart", "by_date"]
Basis = Literal["period", "received", "due"]

NOT_ACCEPTED = (1, 3)
SUSPENDED = (5, 6, 8)
WITHDRAWN = 7
FINISHED = (7, 9, 10)


@dataclass(frozen=True)
class Rule:
    """Where the awkward dossiers count, and on which basis the rule may be used.

    ``in_time``: as on time (when resolved) or in time (when open); ``apart``: in a count of
    their own, neither on time nor late; ``by_date``: judged by their dates like any other.
    """

    name: str
    vi: str
    en: str
    withdrawn: Place
    suspended: Place
    undated: Place
    finished_by: Literal["date", "status"]
    """``date``: a result date ends the clock. ``status``: only with a finished status."""
    bases: tuple[Basis, ...]


STRICT = Rule(
    "strict",
    "Đồng hồ dừng khi có kết quả; ngày tháng quyết định; hồ sơ rút, tạm dừng hoặc thiếu ngày "
    "được đếm riêng, không tính là đúng hạn.",
    "The clock ends when the result is available; dates decide; withdrawn, suspended and "
    "undated dossiers stand apart and are never on time.",
    withdrawn="apart",
    suspended="apart",
    undated="apart",
    finished_by="date",
    bases=("period", "received", "due"),
)
FORM06 = Rule(
    "form06",
    "Như biểu II.06: hồ sơ rút hoặc không có ngày hẹn tính là đúng hạn, hồ sơ chờ bổ sung hoặc "
    "tạm dừng tính là trong hạn. Tỷ lệ đúng hạn theo biểu này vì vậy thiên về cao.",
    "As in statutory form II.06: withdrawn and undated dossiers count as on time, those waiting "
    "or stopped as in time. On-time shares by this form are optimistic by construction.",
    withdrawn="in_time",
    suspended="in_time",
    undated="in_time",
    finished_by="status",
    bases=("period",),
)
QD766 = Rule(
    "qd766",
    "Như màn hình QĐ 766: trong số hồ sơ tiếp nhận trong kỳ, tính cả hồ sơ đang giải quyết còn "
    "trong hạn; giả định: hồ sơ tạm dừng còn trong hạn cho đến khi qua ngày hẹn.",
    "As on the QĐ 766 screens: among the dossiers received in the period, those open and in time "
    "count as in time; assumption: a suspended dossier is in time until its due date passes.",
    withdrawn="by_date",
    suspended="by_date",
    undated="apart",
    finished_by="status",
    bases=("received",),
)
RULES = {rule.name: rule for rule in (STRICT, FORM06, QD766)}


def rule_named(name: str, basis: Basis) -> Rule:
    """Return the rule called ``name``, if it may be used on ``basis``.

    Raises
    ------
    InputError
        If the rule is unknown, or is not defined on that basis.

    Examples
    --------
    >>> rule_named("strict", "period").undated
    'apart'
    >>> rule_named("qd766", "period")
    Traceback (most recent call last):
        ...
    cchc_analysis.columns.InputError: rule 'qd766' is defined for received, not for period; ...
    """
    if name not in RULES:
        raise InputError(f"unknown rule {name!r}; the rules are {', '.join(RULES)}")
    rule = RULES[name]
    if basis not in rule.bases:
        raise InputError(
            f"rule {name!r} is defined for {', '.join(rule.bases)}, not for {basis}; "
            "count_cells counts periods, count_cohorts counts dossiers received or due"
        )
    return rule
