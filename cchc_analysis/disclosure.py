"""Blanking small counts before a table is published."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from cchc_analysis.columns import FORMS, TALLY, check

Small = Callable[[pd.Series], pd.Series]
"""Whether each count is of 1 dossier or more, but fewer than the minimum."""

_OF_RECEIVED = ("online_count", "digitised_count", "late_acceptance_count")


def suppress_small(tally: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Blank the counts of fewer than ``minimum`` dossiers, and those that would give them away.

    In a small unit '1 late' is a person. This looks at one cell at a time and does **not**
    protect against differencing: between tables that overlap, between two periods, or between
    a total and the units or fields it is made of. It is for publishing only; a report for the
    office itself is not blinded.

    In each cell:

    - a cell of fewer than ``minimum`` dossiers is blanked wholly, its zeros too;
    - a group (resolved, or open) of fewer is blanked wholly, so that neither 0 nor 100 % of it
      can be read, and with it ``received_count`` and ``carried_count``, which would tell its
      size;
    - a small outcome, also one that the source leaves out, is blanked with the other outcomes
      of its group, whose total stays; a small part of ``on_time_count`` (early, due day) with
      the other;
    - a count 'of which' is blanked where it, or what is left without it, is small;
    - ``received_count`` and ``carried_count`` are blanked together.

    Parameters
    ----------
    tally
        Cells as they will be published: add first, then blank.
    minimum
        The smallest count to be shown, such as 5; 1 or less changes nothing.

    Returns
    -------
    DataFrame
        The same rows and columns; a blanked count is NaN, so that a rate of it is NaN too. A
        count of 0 stays unless its cell or group is small.

    Raises
    ------
    InputError
        If ``tally`` is no tally.

    Examples
    --------
    >>> from cchc_analysis.columns import TALLY, check
    >>> tally = check(pd.DataFrame({
    ...     "unit_id": ["A", "B"], "period_start_on": "2024-01-01", "period_end_on": "2024-01-31",
    ...     "basis": "period", "rule": "strict", "as_of": "2024-01-31", "source": "example",
    ...     "received_count": [90, 90], "carried_count": [30, 30], "resolved_count": [100, 100],
    ...     "on_time_count": [98, 90], "late_count": [2, 10],
    ...     "pending_in_time_count": [20, 20], "overdue_count": [0, 0],
    ... }), TALLY)
    >>> suppress_small(tally, 5)[["resolved_count", "on_time_count", "late_count", "overdue_count"]]
       resolved_count  on_time_count  late_count  overdue_count
    0           100.0            NaN         NaN            0.0
    1           100.0           90.0        10.0            0.0
    """
    checked = check(tally, TALLY)
    blanks = _blanks(checked, minimum)
    shown = {name: checked[name].mask(blank) for name, blank in blanks.items() if name in tally}
    return tally.assign(**shown)


def _blanks(cell: pd.DataFrame, minimum: int) -> dict[str, pd.Series]:
    """Return for each count where it is blanked; NaN is never small, and stays NaN."""

    def small(count: pd.Series) -> pd.Series:
        return (count >= 1) & (count < minimum)

    carried = cell["carried_count"].where(cell["basis"] == "period", 0)
    to_handle = cell["received_count"] + carried
    resolved, opened = cell["resolved_count"], to_handle - cell["resolved_count"]
    whole = small(to_handle)
    judged = whole | _reveals(
        small, resolved, ("on_time_count", "late_count"), "withdrawn_count", cell
    )
    waiting = whole | _reveals(
        small, opened, ("pending_in_time_count", "overdue_count"), "suspended_count", cell
    )
    withdrawn = judged | _part_reveals(small, cell["withdrawn_count"], resolved)
    suspended = waiting | _part_reveals(small, cell["suspended_count"], opened)
    # Where a rule counts suspended dossiers as in time, the others in time may be few.
    suspended |= _part_reveals(small, cell["suspended_count"], cell["pending_in_time_count"])
    undated = judged | waiting | small(cell["undated_count"])
    early = judged | _on_time_reveals(small, cell, withdrawn | undated)
    arrived = whole | small(resolved) | small(opened) | small(cell["received_count"])
    arrived |= small(cell["carried_count"])
    of_received = {
        name: whole
        | small(cell["received_count"])
        | _part_reveals(small, cell[name], cell["received_count"])
        for name in _OF_RECEIVED
    }
    return of_received | {
        "received_count": arrived,
        "carried_count": arrived,
        "resolved_count": whole | small(resolved),
        "on_time_count": judged,
        "late_count": judged,
        "pending_in_time_count": waiting,
        "overdue_count": waiting,
        "early_count": early,
        "due_day_count": early,
        "withdrawn_count": withdrawn,
        "undated_count": undated,
        "suspended_count": suspended,
    }


def _part_reveals(small: Small, part: pd.Series, total: pd.Series) -> pd.Series:
    """Whether a part of a total, or what is left without it, is small."""
    return small(part) | small(total - part)


def _reveals(
    small: Small, total: pd.Series, verdicts: tuple[str, str], apart: str, cell: pd.DataFrame
) -> pd.Series:
    """Whether the verdicts of a group, or what stands beside them in its total, are small.

    Beside them stand, where the rule sets them apart, the dossiers of ``apart`` and the undated.
    """
    one, other = (cell[name] for name in verdicts)
    beside = total - one - other
    tells = (beside > 0) & _part_reveals(small, cell[apart], beside)
    # what is left tells a verdict that the source does not give
    parts = _part_reveals(small, one, total) | _part_reveals(small, other, total)
    return small(total) | parts | small(beside) | tells


def _on_time_reveals(small: Small, cell: pd.DataFrame, blanked_beside: pd.Series) -> pd.Series:
    """Whether the parts of those on time tell a small count, or one blanked beside them.

    A rule may count withdrawn and undated dossiers as on time: they are neither early nor on
    the due day.
    """
    early, due_day = cell["early_count"], cell["due_day_count"]
    beside = cell["on_time_count"] - early - due_day
    parts = _part_reveals(small, early, cell["on_time_count"])
    parts |= _part_reveals(small, due_day, cell["on_time_count"])
    tells = small(beside) | small(beside - cell["withdrawn_count"]) | blanked_beside
    return parts | ((beside > 0) & tells)


def suppress_small_lines(forms: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Blank the small counts of form II.06, line by line, as :func:`suppress_small` does.

    What the sums of a line would tell of a count, blanked or left out, is blanked with it. A
    field's count can still be told from the total line and the other fields: this does not
    protect against differencing either.

    Parameters
    ----------
    forms
        Lines of the form (columns of ``FORMS``).
    minimum
        The smallest count to be shown; 1 or less changes nothing.

    Returns
    -------
    DataFrame
        The same lines; a blanked count is NaN.

    Raises
    ------
    InputError
        If ``forms`` is no table of form lines.

    Examples
    --------
    >>> line = {"unit_id": "A", "period_start_on": "2024-01-01", "period_end_on": "2024-01-31",
    ...         "source": "example", "total_received_count": 120, "online_received_count": 60,
    ...         "direct_received_count": 30, "carried_count": 30, "resolved_count": 100,
    ...         "early_count": 70, "due_day_count": 28, "late_count": 2, "pending_count": 20,
    ...         "pending_in_time_count": 20, "overdue_count": 0}
    >>> lines = suppress_small_lines(pd.DataFrame([line]), 5)
    >>> lines[["total_received_count", "resolved_count", "early_count", "late_count"]]
       total_received_count  resolved_count  early_count  late_count
    0                 120.0           100.0          NaN         NaN
    """
    lines = check(forms, FORMS)
    whole = _completed(lines)
    counted = whole.assign(
        basis="period",
        rule="form06",
        as_of=lines["period_end_on"],
        # where nobody says how many were carried over, none is known to have been
        received_count=whole["total_received_count"] - whole["carried_count"].fillna(0),
        online_count=whole["online_received_count"],
        on_time_count=whole["early_count"] + whole["due_day_count"],
    )
    tally = check(counted, TALLY)
    kept = suppress_small(tally, minimum)
    blanked = kept.isna() & tally.notna()
    small = (whole[list(_FORM_SHOWN)] >= 1) & (whole[list(_FORM_SHOWN)] < minimum)
    shown = {
        name: lines[name].mask(blanked[counts].any(axis=1) | small[printed].any(axis=1))
        for name, (counts, printed) in _FORM_SHOWN.items()
    }
    return lines.assign(**shown)


_ARRIVED = (
    ["received_count", "carried_count"],
    ["total_received_count", "carried_count", "pending_count"],
)
# by channel, too, where few were carried over: all to handle are the resolved and the pending
_BY_CHANNEL = (
    ["online_count"],
    ["online_received_count", "direct_received_count", "carried_count"],
)
_VERDICTS = ["on_time_count", "late_count"]
_BY_DAY = ["early_count", "due_day_count"]
_WAITING = ["pending_in_time_count", "overdue_count"]

# each count of the form: the counts of the tally with which it is blanked, those of the form
_FORM_SHOWN = {
    "total_received_count": _ARRIVED,
    "online_received_count": _BY_CHANNEL,
    "direct_received_count": _BY_CHANNEL,
    "carried_count": _ARRIVED,
    "resolved_count": (["resolved_count"], ["resolved_count"]),
    "early_count": ([*_VERDICTS, *_BY_DAY], _BY_DAY),
    "due_day_count": ([*_VERDICTS, *_BY_DAY], _BY_DAY),
    "late_count": (_VERDICTS, ["late_count"]),
    "pending_count": _ARRIVED,
    "pending_in_time_count": (_WAITING, _WAITING),
    "overdue_count": (_WAITING, _WAITING),
}
_FORM_SUMS = {
    "total_received_count": ("online_received_count", "direct_received_count", "carried_count"),
    "resolved_count": ("early_count", "due_day_count", "late_count"),
    "pending_count": ("pending_in_time_count", "overdue_count"),
    "to_handle": ("resolved_count", "pending_count"),
}


def _completed(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines with what anyone can tell of a count left out, from the form's sums."""
    whole = lines.copy()
    if not whole[list(_FORM_SHOWN)].isna().any(axis=None):
        return whole
    for _ in _FORM_SUMS:  # one sum may complete another
        for total, parts in _FORM_SUMS.items():
            name = "total_received_count" if total == "to_handle" else total
            whole[name] = whole[name].fillna(whole[list(parts)].sum(axis=1, skipna=False))
            for part in parts:
                others = [other for other in parts if other != part]
                rest = whole[name] - whole[others].sum(axis=1, skipna=False)
                whole[part] = whole[part].fillna(rest.where(rest >= 0))
    return whole


def suppress_small_shares(shares: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Blank the rows of a table of shares whose count, remainder or total is small.

    Parameters
    ----------
    shares
        Rows with ``count`` and ``total`` (dossiers), such as those of ``compare_rules``.
    minimum
        The smallest count to be shown; 1 or less changes nothing.

    Returns
    -------
    DataFrame
        The same rows; where ``count``, ``total`` - ``count`` or ``total`` lies from 1 to
        ``minimum`` - 1, every number of the row is NaN. A count of 0, or of all, stays where
        the total is not small.

    Examples
    --------
    >>> table = pd.DataFrame({"count": [98, 0], "total": [100, 100], "share": [0.98, 0.0]})
    >>> suppress_small_shares(table, 5)
       count  total  share
    0    NaN    NaN    NaN
    1    0.0  100.0    0.0
    """
    rest = shares["total"] - shares["count"]
    small = pd.Series(False, index=shares.index)
    for numbers in (shares["count"], rest, shares["total"]):
        small |= (numbers >= 1) & (numbers < minimum)
    blanked = {name: shares[name].mask(small) for name in shares.select_dtypes("number")}
    return shares.assign(**blanked)
