"""The key figures of a leader's week: what is open, overdue, due soon, and likely to be late."""

from __future__ import annotations

import pandas as pd

from cchc_analysis.display import Block, Language, card, cards, heading
from cchc_analysis.wording import day, decimal, percent, say, whole

_OVERDUE = ("overdue_over_10", "overdue_to_10")
_SOON = ("due_today", "due_in_2", "due_in_5")
_WEEKS_AHEAD = 2
_WEEKS_BACK = 4


def week(
    due: pd.DataFrame, flows: pd.DataFrame, expected: pd.DataFrame, *, language: Language
) -> list[Block]:
    """Show five key figures of the day; nothing where no dossier is open.

    Parameters
    ----------
    due, flows, expected
        What ``days_to_due``, ``flows`` and ``expected_late`` of :mod:`cchc_analysis.backlog`
        returned.
    """
    if due.empty:
        return []
    waiting = due["suspended_count"].fillna(0)  # of a past day it is not known
    of_open = "week.of_open" if due["suspended_count"].notna().all() else "week.of_open.past"
    count = (due["count"] - waiting).groupby(due["band"]).sum()
    total = due["total"].iloc[0]
    overdue, soon = (sum(count.get(band, 0) for band in bands) for bands in (_OVERDUE, _SOON))
    on = day(due["as_of"].iloc[0], language)
    pieces = [
        card(say("week.open", language), whole(total, language), say("week.on", language, day=on)),
        card(
            say("week.overdue", language),
            whole(overdue, language),
            say(of_open, language, share=percent(overdue / total, language), n=total),
        ),
        card(
            say("week.soon", language),
            whole(soon, language),
            say(of_open, language, share=percent(soon / total, language), n=total),
        ),
        *_expected(expected, language),
        *_cleared(flows, language),
    ]
    title = heading(say("section.glance", language))
    return [title, cards(pieces)]


def _expected(expected: pd.DataFrame, language: Language) -> list[str]:
    """Return the late dossiers to expect soon; none without a forecast."""
    rows = expected[(expected["weeks"] == _WEEKS_AHEAD) & expected["expected"].notna()]
    return [
        card(
            say("week.expected", language),
            decimal(row["expected"], language, 0),
            say(
                "week.expected.note",
                language,
                low=row["low"],
                high=row["high"],
                n=row["dossiers"],
                day=day(row["due_until_on"], language),
            ),
        )
        for row in rows.to_dict("records")
    ]


def whole_weeks(flows: pd.DataFrame) -> pd.DataFrame:
    """Leave out weeks that the day of the data cuts short; all periods where none is a week."""
    weeks = flows[_is_week(flows)]
    return flows if weeks.empty else weeks


def _is_week(flows: pd.DataFrame) -> pd.Series:
    days = pd.to_datetime(flows["period_end_on"]) - pd.to_datetime(flows["period_start_on"])
    return days == pd.Timedelta(days=6)


def _cleared(flows: pd.DataFrame, language: Language) -> list[str]:
    """Return what went out against what came in over the last weeks."""
    last = whole_weeks(flows).tail(_WEEKS_BACK)
    received, resolved = last["received_count"].sum(), last["resolved_count"].sum()
    if not received > 0:
        return []
    key = "week.cleared.note" if len(last) > 1 else "week.cleared.note.one"
    if not _is_week(last).all():
        key = "week.cleared.note.part"
    note = say(key, language, resolved=resolved, received=received, n=len(last))
    return [card(say("week.cleared", language), percent(resolved / received, language, 0), note)]
