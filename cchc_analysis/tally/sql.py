"""The one SELECT of the tally, in named steps: joins, comparisons, CASE, SUM, COUNT, GROUP BY.

facts      dossiers joined with the periods they belong to; done or not on the day judged;
           the keys that are not columns (:mod:`cchc_analysis.tally.features`)
numbered   (this and the next three only where a rule counts waiting) the calendar's days
waits      from and until when a dossier waited
waited     the working days it waited
moved      its due date moved by them
outcomes   the awkward kinds, and the verdict of the dates
places     where the rule puts each dossier
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from cchc_analysis.columns import InputError
from cchc_analysis.lateness import Basis, Rule
from cchc_analysis.tally.features import columns_keyed, keyed

_SUPPLEMENT = ("supplement_asked_at", "supplement_given_at")
_FEE = ("fee_asked_at", "fee_paid_at")

_FACTS = """
SELECT d.*, {start_on} AS period_start_on, {end_on} AS period_end_on, {judged_on} AS judged_on,
       CASE WHEN d.end_on <= {judged_on} AND {finished} THEN 1 ELSE 0 END AS done
FROM (
  SELECT *, CAST(received_at AS DATE) AS received_on, CAST({due} AS DATE) AS due_on,
         CAST({end} AS DATE) AS end_on, COALESCE(status, 0) AS status_code,
         {late_anyway} AS late_anyway
  FROM dossiers
  WHERE received_at IS NOT NULL AND COALESCE(status, 0) NOT IN {not_accepted}
) AS d
{belonging}
"""

_NUMBERED = """
SELECT CAST(day AS DATE) AS day, working_day_number AS number FROM calendar
"""

_WAITS = """
SELECT stops.*{waits}
FROM (
  SELECT facts.*, CASE WHEN done = 1 THEN end_on ELSE judged_on END AS stop_on FROM facts
) AS stops
"""

# A dossier finished without the day on which it stopped waiting has nothing subtracted, nor has
# one that waited, or was due, in years of which the working days are not known: how long it
# waited is not known either.
_WAIT = """,
       {start} AS {name}_from,
       CASE WHEN {given} <= stop_on THEN {given}
            WHEN {given} IS NULL AND done = 1 THEN NULL
            WHEN {asked} <= stop_on THEN stop_on END AS {name}_until"""

_WAITED = """
SELECT waits.*, due.number AS due_number, {days} AS waited_days
FROM waits LEFT JOIN numbered AS due ON due.day = waits.due_on {joins}
"""

_DAYS = """
       CASE WHEN {name}_stop.number > {name}_start.number
            THEN {name}_stop.number - {name}_start.number ELSE 0 END"""

_DAYS_JOIN = """
LEFT JOIN numbered AS {name}_start ON {name}_start.day = waits.{name}_from
LEFT JOIN numbered AS {name}_stop ON {name}_stop.day = waits.{name}_until"""

# A due date that moves beyond the calendar lies after every day on which dossiers are judged.
_MOVED = """
SELECT waited.*,
       CASE WHEN waited_days > 0 AND due_number IS NOT NULL
            THEN COALESCE(landing.day, DATE '{beyond}') ELSE due_on END AS moved_due_on
FROM waited LEFT JOIN (
  SELECT number, MIN(day) AS day FROM numbered GROUP BY number
) AS landing ON landing.number = waited.due_number + waited.waited_days
"""

_OUTCOMES = """
SELECT unjudged.*,
       CASE WHEN done = 1 AND status_code IN {withdrawn} THEN 'withdrawn'
            WHEN done = 0 AND status_code IN {suspended} THEN 'suspended'
            WHEN lacks_date = 1 THEN 'undated'
            ELSE 'plain' END AS kind,
       CASE WHEN done = 1 AND late_anyway = 1 THEN 'late'
            WHEN done = 0 AND late_anyway = 1 THEN 'overdue'
            WHEN done = 1 AND end_on < {due_on} THEN 'early'
            WHEN done = 1 AND end_on = {due_on} THEN 'due_day'
            WHEN done = 1 AND end_on > {due_on} THEN 'late'
            WHEN done = 0 AND {due_on} < judged_on THEN 'overdue'
            WHEN done = 0 AND {due_on} >= judged_on THEN 'in_time' END AS by_date
FROM (
  SELECT {facts}.*,
         CASE WHEN done = 0 AND end_on IS NULL AND status_code IN {ended} THEN 1
              WHEN due_on IS NULL AND late_anyway = 0 THEN 1
              ELSE 0 END AS lacks_date
  FROM {facts}
) AS unjudged
"""

_PLACES = """
SELECT outcomes.*,
       CASE {cases}
            WHEN by_date IN ('early', 'due_day') THEN 'on_time'
            WHEN by_date = 'late' THEN 'late'
            WHEN by_date = 'overdue' THEN 'overdue'
            WHEN by_date = 'in_time' THEN 'pending_in_time' END AS place
FROM outcomes
"""

_COUNTS = """
SELECT {keys},
  COUNT(CASE WHEN {received} THEN 1 END) AS received_count,
  {carried} AS carried_count,
  COUNT(CASE WHEN done = 1 THEN 1 END) AS resolved_count,
  COUNT(CASE WHEN place = 'on_time' THEN 1 END) AS on_time_count,
  COUNT(CASE WHEN place = 'late' THEN 1 END) AS late_count,
  COUNT(CASE WHEN place = 'pending_in_time' THEN 1 END) AS pending_in_time_count,
  COUNT(CASE WHEN place = 'overdue' THEN 1 END) AS overdue_count,
  {online} AS online_count,
  {digitised} AS digitised_count,
  COUNT(CASE WHEN kind = 'plain' AND by_date = 'early' THEN 1 END) AS early_count,
  COUNT(CASE WHEN kind = 'plain' AND by_date = 'due_day' THEN 1 END) AS due_day_count,
  COUNT(CASE WHEN kind = 'withdrawn' THEN 1 END) AS withdrawn_count,
  COUNT(CASE WHEN {undated} THEN 1 END) AS undated_count,
  COUNT(CASE WHEN kind = 'suspended' THEN 1 END) AS suspended_count,
  {late_acceptance} AS late_acceptance_count
FROM places
GROUP BY {keys}
"""

TOLD_BY = {
    "online": ("channel", "channel = 'online'"),
    "digitised": ("digitised", "digitised"),
    "late_acceptance": ("acceptance_due_at", "received_on > CAST(acceptance_due_at AS DATE)"),
}
"""Counts of received dossiers that need an optional column: the column, and what is counted."""
_NOT_TOLD = "CAST(NULL AS DOUBLE)"


@dataclass(frozen=True)
class Counting:
    """What is to be counted: everything the SQL depends on."""

    rule: Rule
    basis: Basis | Literal["end"]
    """``end``: the dossiers whose clock ended in the period."""
    by: tuple[str, ...]
    as_of: pd.Timestamp
    held: frozenset[str]
    """The optional columns in which the dossiers hold anything."""
    only: tuple[pd.Timestamp, pd.Timestamp] | None = None
    """The period, where there is one only: its dates then stand in the SQL, which joins none."""

    def day(self, column: str) -> str:
        """Return the date of an optional time column, or NULL where there is no such column."""
        return f"CAST({column if column in self.held else 'NULL'} AS DATE)"

    @property
    def waits(self) -> dict[str, tuple[str, str, str]]:
        """What the rule waits for: from which day on, when it was asked, when it was given."""
        found = {}
        if self.rule.supplement != "ignore" and self.held & {*_SUPPLEMENT}:
            asked, given = (self.day(column) for column in _SUPPLEMENT)
            start = asked if self.rule.supplement == "subtract" else "received_on"
            found["supplement"] = (start, asked, given)
        if self.rule.fee != "ignore" and self.held & {*_FEE}:
            asked, given = (self.day(column) for column in _FEE)
            found["fee"] = (asked, asked, given)
        return found


def columns_read(rule: Rule, by: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the optional columns that a rule, and keys, look at."""
    looked_at = {
        f"{rule.ends}_at": rule.ends != "result",
        "first_due_at": rule.due == "first",
        "supplement_count": rule.more_supplements_late,
        **dict.fromkeys(_SUPPLEMENT, rule.supplement != "ignore"),
        **dict.fromkeys(_FEE, rule.fee != "ignore"),
    }
    return (*(column for column, read in looked_at.items() if read), *columns_keyed(by))


def refuse_waits(counting: Counting) -> None:
    """Raise where waiting would move due dates, for what goes by the dates appointed."""
    if counting.waits:
        raise InputError(
            f"rule {counting.rule.name!r} moves due dates by the waiting of these dossiers "
            f"({' and '.join(counting.waits)}), which is followed in tallies only; give a rule "
            "that does not, such as 'strict'"
        )


def span_sql(counting: Counting) -> str:
    """Return the SELECT of the days the calendar is needed for; none where none waited.

    Days after the one on which a dossier is judged do not matter, but its due date does. The
    first of the three is the last day on which one is judged.
    """
    waits = counting.waits.values()
    starts = [f"MIN(CASE WHEN {start} <= judged_on THEN {start} END)" for start, *_ in waits]
    waited = [f"{day} <= judged_on" for _, *days in waits for day in days]
    return f"""
WITH facts AS ({_facts(counting)})
SELECT MAX(judged_on), MIN(due_on), MAX(due_on), {", ".join(starts)}
FROM facts WHERE due_on IS NOT NULL AND ({" OR ".join(waited)})
"""


def tally_sql(counting: Counting, *, calendar_end_on: pd.Timestamp | None = None) -> str:
    """Return the one SELECT that turns the tables ``dossiers`` and ``periods`` into counts.

    With ``calendar_end_on`` the table ``calendar`` of :func:`workdays.calendar_table`, which
    ends there, is joined too, and waiting moves due dates.
    """
    steps = {"facts": facts_sql(counting)}
    if calendar_end_on is not None:
        steps |= _moving(counting, calendar_end_on)
    steps["outcomes"] = _outcomes(counting.rule, moved="moved" in steps)
    steps["places"] = _places(counting)
    named = ", ".join(f"{name} AS ({sql})" for name, sql in steps.items())
    return f"WITH {named} {_counts(counting)}"


def facts_sql(counting: Counting) -> str:
    """Return the SELECT of the dossiers that count, judged or not yet, with their keys."""
    return keyed(_facts(counting), counting.by, counting.held)


def _facts(counting: Counting) -> str:
    rule, period = counting.rule, counting.basis == "period"
    finished = finished_sql(rule, "d.status_code")
    start_on, end_on = "p.period_start_on", "p.period_end_on"
    if counting.only:
        start_on, end_on = (f"TIMESTAMP '{day:%Y-%m-%d}'" for day in counting.only)
    membership = (
        f"d.received_on <= {end_on} AND (d.received_on >= {start_on}"
        f" OR d.end_on IS NULL OR d.end_on >= {start_on} OR NOT {finished})"
        if period
        else f"d.{counting.basis}_on >= {start_on} AND d.{counting.basis}_on <= {end_on}"
    )
    first = rule.due == "first" and "first_due_at" in counting.held
    more_than_one = rule.more_supplements_late and "supplement_count" in counting.held
    return _FACTS.format(
        start_on=start_on,
        end_on=end_on,
        judged_on=end_on if period else f"DATE '{counting.as_of:%Y-%m-%d}'",
        finished=finished,
        due="COALESCE(first_due_at, due_at)" if first else "due_at",
        end=end_sql(counting),
        late_anyway="CASE WHEN supplement_count > 1 THEN 1 ELSE 0 END" if more_than_one else "0",
        not_accepted=status_list(rule.not_accepted_statuses),
        belonging=f"WHERE {membership}" if counting.only else f"JOIN periods AS p ON {membership}",
    )


def finished_sql(rule: Rule, status_code: str) -> str:
    """Return whether the status allows a dossier to be finished; 0: none known, dates decide."""
    if rule.finished_by == "date":
        return "1 = 1"
    ended = (0, *rule.withdrawn_statuses, *rule.finished_statuses)
    return f"({status_code} IN {status_list(ended)})"


def end_sql(counting: Counting) -> str:
    """Return the time that ends the clock; a withdrawal is never handed over or synchronised."""
    result = "COALESCE(result_at, returned_at)"
    if counting.rule.ends == "result":
        return result
    column = f"{counting.rule.ends}_at"
    end = column if column in counting.held else "NULL"
    withdrawn = f"COALESCE(status, 0) IN {status_list(counting.rule.withdrawn_statuses)}"
    return f"CASE WHEN {withdrawn} THEN {result} ELSE {end} END"


def _moving(counting: Counting, calendar_end_on: pd.Timestamp) -> dict[str, str]:
    """Return the steps that move due dates by the working days waited; waits add."""
    waits = "".join(
        _WAIT.format(name=name, start=start, asked=asked, given=given)
        for name, (start, asked, given) in counting.waits.items()
    )
    days = " + ".join(_DAYS.format(name=name) for name in counting.waits)
    joins = "".join(_DAYS_JOIN.format(name=name) for name in counting.waits)
    beyond = calendar_end_on + pd.Timedelta(days=1)
    return {
        "numbered": _NUMBERED,
        "waits": _WAITS.format(waits=waits),
        "waited": _WAITED.format(days=days, joins=joins),
        "moved": _MOVED.format(beyond=f"{beyond:%Y-%m-%d}"),
    }


def _outcomes(rule: Rule, *, moved: bool) -> str:
    return _OUTCOMES.format(
        facts="moved" if moved else "facts",
        due_on="moved_due_on" if moved else "due_on",
        withdrawn=status_list(rule.withdrawn_statuses),
        suspended=status_list(rule.suspended_statuses),
        ended=status_list((*rule.withdrawn_statuses, *rule.finished_statuses)),
    )


def _places(counting: Counting) -> str:
    """Place a rule's awkward dossiers before dates decide."""
    rule = counting.rule
    awkward = {
        "kind = 'withdrawn'": (rule.withdrawn, "withdrawn"),
        "kind = 'suspended'": (rule.suspended, "suspended"),
        "lacks_date = 1": (rule.undated, "undated"),
    }
    branches = []
    for condition, (place, apart) in awkward.items():
        if place == "in_time":
            branches += [
                f"WHEN {condition} AND done = 1 THEN 'on_time'",
                f"WHEN {condition} THEN 'pending_in_time'",
            ]
        elif place == "apart":
            branches.append(f"WHEN {condition} THEN '{apart}'")
    return _PLACES.format(cases="\n            ".join(branches))


def _counts(counting: Counting) -> str:
    period = counting.basis == "period"
    received = "received_on >= period_start_on" if period else "1 = 1"
    # One judged by its dates but without them is undated; one set apart before is counted there.
    apart = [k for k in ("withdrawn", "suspended") if getattr(counting.rule, k) != "by_date"]
    undated = ["lacks_date = 1", *(f"kind <> '{kind}'" for kind in apart)]
    told = {
        name: f"COUNT(CASE WHEN {received} AND {test} THEN 1 END)"
        if column in counting.held
        else _NOT_TOLD
        for name, (column, test) in TOLD_BY.items()
    }
    return _COUNTS.format(
        keys=", ".join(["unit_id", "period_start_on", "period_end_on", "source", *counting.by]),
        received=received,
        carried=f"COUNT(CASE WHEN NOT ({received}) THEN 1 END)" if period else _NOT_TOLD,
        undated=" AND ".join(undated),
        **told,
    )


def status_list(statuses: Sequence[int]) -> str:
    """Return statuses for IN; -1, which no dossier has, keeps an empty list valid SQL."""
    return f"({', '.join(str(status) for status in (-1, *statuses))})"
