"""The rule object: its fields, what they may hold, and why the rest is refused."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Literal, get_args

from cchc_analysis.columns import STATUS_CODES, InputError

Place = Literal["in_time", "apart", "by_date"]
UndatedPlace = Literal["in_time", "apart"]
FinishedBy = Literal["date", "status"]
Basis = Literal["period", "received", "due"]
Ends = Literal["result", "returned", "synchronised"]
Due = Literal["latest", "first"]
Supplement = Literal["ignore", "subtract", "restart"]
Fee = Literal["ignore", "subtract"]

_CHOICES = {
    "withdrawn": get_args(Place),
    "suspended": get_args(Place),
    "undated": get_args(UndatedPlace),
    "finished_by": get_args(FinishedBy),
    "ends": get_args(Ends),
    "due": get_args(Due),
    "supplement": get_args(Supplement),
    "fee": get_args(Fee),
    "more_supplements_late": (True, False),
}
_LISTS = {
    "bases": get_args(Basis),
    "not_accepted_statuses": STATUS_CODES,
    "suspended_statuses": STATUS_CODES,
    "withdrawn_statuses": STATUS_CODES,
    "finished_statuses": STATUS_CODES,
}
TEXTS = ("vi", "en")
_NAME = r"[a-z][a-z0-9_]{0,39}"
_LONGEST_TEXT = 1000


@dataclass(frozen=True)
class Rule:
    """What each status means, where the awkward dossiers count, and what moves the clock.

    A dossier that is none of the awkward kinds is judged by its dates: on time when the clock
    ended by the due date, late when after it; open and in time, or overdue, on the day it is
    judged.

    Raises
    ------
    InputError
        If a field holds something else than stated below, or a status has two meanings.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from cchc_analysis.lateness import STRICT
    >>> replace(STRICT, name="by_return", vi="...", en="...", ends="handover")
    Traceback (most recent call last):
        ...
    cchc_analysis.columns.InputError: rule 'by_return': ends: found 'handover', expected one of
    'result', 'returned', 'synchronised'
    """

    name: str
    """Lower-case letters, digits and underscores."""
    vi: str
    """What the rule does, as plain text in Vietnamese: reports print it."""
    en: str
    """The same in English."""
    withdrawn: Place
    """``in_time``: as on time (when resolved) or in time (when open); ``apart``: in a count of
    its own, neither on time nor late; ``by_date``: judged by its dates like any other."""
    suspended: Place
    """The same for open dossiers that wait for the applicant or a payment, or were stopped."""
    undated: UndatedPlace
    """What a missing due date means (or a finished status without the date that ends the
    clock): ``in_time`` or ``apart``, as above."""
    finished_by: FinishedBy
    """``date``: the date that ends the clock is enough. ``status``: only with a finished or
    withdrawn status (or where no status is known)."""
    bases: tuple[Basis, ...]
    """Where the rule may be used: flows and stocks of a period, or the dossiers received, or
    due, in one."""
    ends: Ends = "result"
    """Which date ends the clock: the result (where it is missing, the return), the return, or
    the day the national portal knew. A withdrawal always ends with its result."""
    due: Due = "latest"
    """Against which due date; ``first`` takes the latest where no first one is given."""
    supplement: Supplement = "ignore"
    """What a supplement asked of the applicant does: nothing; its working days are subtracted;
    or the whole time allowed starts anew on the day it is complete."""
    fee: Fee = "ignore"
    """What waiting for a fee or tax does: nothing, or its working days are subtracted."""
    more_supplements_late: bool = False
    """Whether a second request for supplements makes a dossier late (overdue while open)."""
    not_accepted_statuses: tuple[int, ...] = (1, 3)
    """Counted nowhere. A status named in none of these four is pending."""
    suspended_statuses: tuple[int, ...] = (5, 6, 8)
    withdrawn_statuses: tuple[int, ...] = (7,)
    finished_statuses: tuple[int, ...] = (9, 10)
    """Say that the clock has ended; without the date that ends it such a dossier is undated.
    With ``ends='returned'`` leave out 9: its result is ready, not handed over."""

    def __post_init__(self) -> None:
        """Refuse what is not a rule: its fields become SQL and printed text."""
        where = f"rule {self.name!r}"
        if not (isinstance(self.name, str) and re.fullmatch(_NAME, self.name)):
            raise problem(
                where, "name", self.name, "lower-case letters, digits and _, at most 40 characters"
            )
        for name in TEXTS:
            _require_plain_text(getattr(self, name), where, name)
        for name, allowed in _CHOICES.items():
            _require_among([getattr(self, name)], allowed, where, name)
        for name, allowed in _LISTS.items():
            _require_among(getattr(self, name), allowed, where, name)
        if not self.bases:
            raise problem(where, "bases", [], f"at least one of {_listed(get_args(Basis))}")
        if self.finished_by == "status" and not self.finished_statuses:
            raise problem(where, "finished_statuses", [], "a status, since finished_by is 'status'")
        self._refuse_status_with_two_meanings(where)

    def _refuse_status_with_two_meanings(self, where: str) -> None:
        seen: dict[int, str] = {}
        for name in _LISTS:
            for status in getattr(self, name) if name.endswith("_statuses") else ():
                if status in seen:
                    raise problem(where, name, status, f"a status that {seen[status]} has not")
                seen[status] = name


def _require_plain_text(text: object, where: str, name: str) -> None:
    """Refuse text that could be more than text where it is printed: markup, control marks."""
    plain = (
        isinstance(text, str)
        and 0 < len(text) <= _LONGEST_TEXT
        and (text[0].isalnum() or text[0] == ".")  # '=' or '@' would be a formula in a sheet
        and not set(text) & set("<>")
        and not any(unicodedata.category(mark) in ("Cc", "Cf", "Co", "Cs") for mark in text)
    )
    if not plain:
        expected = (
            f"1 to {_LONGEST_TEXT} characters of plain text on one line, a letter or digit first, "
            "without < or > or control characters"
        )
        raise problem(where, name, text, expected)


def _require_among(found: Any, allowed: tuple, where: str, name: str) -> None:  # noqa: ANN401
    """Refuse a value that is not one of those allowed, or not of their type (1 is not True)."""
    if not isinstance(found, list | tuple):
        raise problem(where, name, found, f"a list of {_listed(allowed)}")
    for value in found:
        if not any(value == known and type(value) is type(known) for known in allowed):
            raise problem(where, name, value, f"one of {_listed(allowed)}")


def _listed(allowed: tuple) -> str:
    return ", ".join(str(a).lower() if isinstance(a, bool) else repr(a) for a in allowed)


def problem(where: str, name: str, found: object, expected: str) -> InputError:
    """Return the one message for a field that does not fit."""
    shown = repr(found)
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    return InputError(f"{where}: {name}: found {shown}, expected {expected}")
