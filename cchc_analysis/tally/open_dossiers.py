"""The dossiers that were open on a day, one by one: what was known of them then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from cchc_analysis.engines.embedded import Source, query
from cchc_analysis.lateness import Rule, rule_named
from cchc_analysis.periods import as_day, period_table
from cchc_analysis.tally.count import as_source, held_columns
from cchc_analysis.tally.day_numbers import DayKind, numbered_days
from cchc_analysis.tally.features import (
    COLUMN_KEYS,
    DERIVED_KEYS,
    refuse_unknown_keys,
    with_whole_numbers,
)
from cchc_analysis.tally.key_tables import key_tables
from cchc_analysis.tally.sql import Counting, columns_read, facts_sql, refuse_waits, status_list

if TYPE_CHECKING:
    from cchc_analysis.sources.dossiers import Reading

COLUMNS = (
    "dossier_id", "unit_id", "field", "procedure", "channel", "received_at", "due_at",
    "age_days", "days_to_due", "legal_days", "overdue", "suspended", "ended_on", "day_kind",
    "as_of", "rule", "source",
)  # fmt: skip
"""The columns of :func:`open_dossiers`, before those asked for."""

_OPEN = """
SELECT facts.* FROM ({facts}) AS facts
WHERE done = 0 AND NOT (end_on IS NULL AND status_code IN {ended})
"""
_SPAN = """
SELECT MIN(received_on) AS first_received_on, MIN(due_on) AS first_due_on,
       MAX(due_on) AS last_due_on
FROM ({open}) AS opened
"""
_LISTED = """
WITH opened AS ({open}),
numbered AS (SELECT CAST(day AS DATE) AS on_day, number FROM numbered_days)
SELECT dossier_id, unit_id, field, procedure, channel, received_at, {due} AS due_at,
       today.number - receipt.number AS age_days,
       due.number - today.number AS days_to_due,
       CASE WHEN due_on >= received_on THEN due.number - receipt.number END AS legal_days,
       CASE WHEN late_anyway = 1 THEN 1
            WHEN due_on < judged_on THEN 1 WHEN due_on >= judged_on THEN 0 END AS overdue,
       CASE WHEN {drawn_on} > judged_on THEN NULL
            WHEN status_code IN {suspended} THEN 1 ELSE 0 END AS suspended,
       end_on AS ended_on, source{keys}
FROM opened
JOIN numbered AS receipt ON receipt.on_day = opened.received_on
JOIN numbered AS today ON today.on_day = opened.judged_on
LEFT JOIN numbered AS due ON due.on_day = opened.due_on
"""


def open_dossiers(
    dossiers: Reading | Source,
    by: Sequence[str] = (),
    *,
    as_of: date | str,
    rule: str | Rule = "strict",
    days: DayKind = "working",
) -> pd.DataFrame:
    """List the dossiers open on a day: received by then, and their clock not ended by then.

    A past day shows what was open then, seen from today's export: a due date moved since
    shows as moved, and one whose status says that it has ended, without a date that says
    when, is left out. A day after the data were drawn would show as open what has ended
    since.

    Parameters
    ----------
    dossiers, rule
        As in :func:`~cchc_analysis.tally.count_cells`; the rule says which date ends the
        clock and which due date counts.
    by
        Further columns: any key that dossiers can be counted by
        (:mod:`cchc_analysis.tally.features`), all known on the day of receipt.
    as_of
        The day, present or past.
    days
        ``working`` days, or ``calendar`` days where working days are not known.

    Returns
    -------
    DataFrame
        One row per open dossier, by due date. ``received_at``, ``due_at``;
        ``age_days`` since receipt; ``days_to_due``: 0 when due on that day, negative after;
        ``legal_days`` from receipt to the due date, missing where due before receipt;
        ``overdue``: due before ``as_of``, by date (due on a Saturday, seen on Sunday, is
        overdue by 0 working days); ``suspended``: waits for the applicant or a payment, or
        was stopped, missing where the row was drawn after ``as_of``; ``ended_on``: when its
        clock ended, as known *later*: the answer in back-tests, never a feature;
        ``day_kind``, ``as_of``, ``rule``, ``source``; then ``by``. No open dossier, no rows.

    Raises
    ------
    InputError
        For an unknown key or rule, a rule by which the waiting of these dossiers moves due
        dates, or a day for which working days are not known.

    Examples
    --------
    >>> dossiers = pd.DataFrame({
    ...     "dossier_id": ["a", "b", "c"], "unit_id": "A", "source": "example",
    ...     "received_at": pd.to_datetime(["2024-01-02", "2024-01-03", "2024-01-04"]),
    ...     "due_at": pd.to_datetime(["2024-01-10", "2024-01-10", "2024-01-18"]),
    ...     "result_at": pd.to_datetime(["2024-01-09", "2024-01-17", None]),
    ... })
    >>> open_dossiers(dossiers, as_of="2024-01-12")[
    ...     ["dossier_id", "age_days", "days_to_due", "overdue", "ended_on"]
    ... ]
      dossier_id  age_days  days_to_due  overdue   ended_on
    0          b       7.0         -2.0     True 2024-01-17
    1          c       6.0          4.0    False        NaT
    """
    refuse_unknown_keys(by)
    source, named = as_source(dossiers), rule_named(rule)
    held = held_columns(source, [*columns_read(named, by), "drawn_on"])
    counting = Counting(named, "period", tuple(by), as_day(as_of), held)
    refuse_waits(counting)
    tables = {
        "dossiers": source,
        "periods": period_table((as_of, as_of), as_of),
        **key_tables(source, by, named),
    }
    numbered = _numbered(counting, tables, days)
    listed = query(_listed_sql(counting), {**tables, "numbered_days": numbered})
    listed = _typed(with_whole_numbers(listed, by))
    listed = listed.assign(day_kind=days, as_of=as_day(as_of), rule=named.name)
    ordered = listed.sort_values(["due_at", "dossier_id"], ignore_index=True)
    return ordered[[*COLUMNS, *(key for key in by if key not in COLUMNS)]]


def _open_sql(counting: Counting) -> str:
    rule = counting.rule
    ended = status_list((*rule.withdrawn_statuses, *rule.finished_statuses))
    return _OPEN.format(facts=facts_sql(counting), ended=ended)


def _listed_sql(counting: Counting) -> str:
    first = counting.rule.due == "first" and "first_due_at" in counting.held
    further = [key for key in counting.by if key not in COLUMNS]
    return _LISTED.format(
        open=_open_sql(counting),
        due="COALESCE(first_due_at, due_at)" if first else "due_at",
        suspended=status_list(counting.rule.suspended_statuses),
        drawn_on=counting.day("drawn_on"),
        keys="".join(f", {key}" for key in further),
    )


def _numbered(counting: Counting, tables: dict[str, Source], kind: DayKind) -> pd.DataFrame:
    """Return the days that the list needs, numbered."""
    found = query(_SPAN.format(open=_open_sql(counting)), tables).iloc[0].dropna()
    span = [*found, counting.as_of]
    return numbered_days(min(span), max(span), kind)


def _typed(listed: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with declared types, also where a column is empty."""
    numbers = dict.fromkeys(["age_days", "days_to_due", "legal_days"], "float64")
    flags = dict.fromkeys(["overdue", "suspended"], "Int64")
    times = dict.fromkeys(["received_at", "due_at", "ended_on"], "datetime64[us]")
    texts = [n for n in listed if n in (*COLUMN_KEYS, "dossier_id", "unit_id", "source")]
    texts += [n for n in listed if n in DERIVED_KEYS and not DERIVED_KEYS[n].whole]
    typed = listed.astype(numbers | flags | times | dict.fromkeys(texts, "str"))
    return typed.astype(dict.fromkeys(flags, "boolean"))
