"""One history out of several exports: each dossier once, what moved between them listed."""

from __future__ import annotations

from collections import Counter

import duckdb
import pandas as pd

from cchc_analysis.columns import DOSSIERS
from cchc_analysis.sources.dossiers.drawing import Drawn
from cchc_analysis.sources.dossiers.intake import Intake
from cchc_analysis.sources.dossiers.judging import INSTANTS

CHANGES = (
    "dossier_id", "column", "before", "after", "before_source", "after_source", "before_on",
    "after_on",
)  # fmt: skip
"""Columns of the table of changes, all text."""

SHARED_TITLE_DAY = "last event (title day is that of other files too)"
"""Where a day of drawing is known from if the title's does not tell files apart."""

_OPEN = "coalesce(result_at, returned_at) IS NULL AND coalesce(status, 0) NOT IN (3, 7, 9, 10)"
_DRAWN = "coalesce(list_extract(getvariable('drawn_on'), sheet), DATE '0001-01-01')"
_LAST_OF_DRAWING = (
    "SELECT * FROM again QUALIFY row_number() OVER "
    "(PARTITION BY dossier_id, drawn ORDER BY sheet DESC, row DESC) = 1"
)


def settle(engine: duckdb.DuckDBPyConnection, intake: Intake) -> bool:
    """Make the view ``settled``: that of ``judged``, each dossier once over all drawings.

    A file is one drawing, of its ``drawn_on``, or each sheet of it is
    (:func:`.drawing.drawn_days`). Of a dossier the rows of the latest drawing that holds it
    stay; those of earlier ones are set aside as ``earlier_snapshot``. Sheets and files drawn
    on one day are one drawing: a row that stands alike in two of them stays in the first (by
    path) and is set aside in the other as ``same_elsewhere``; rows of one code that differ all
    stay, flagged ``duplicate_code``, as do rows of one code within a sheet. But files whose
    titles state one day, and that show a dossier in different states, are taken in the order
    of their last events. A dossier that is still open in its last drawing, when later ones no
    longer hold it, is flagged ``open_when_last_seen``. ``first_due_at`` is taken from the
    earliest drawing that has a due date, where that moved and the export does not give it. A
    file of unknown day counts as the earliest. The rows that do not stay, for whatever reason,
    are the table ``not_kept``.

    Returns
    -------
    bool
        Whether the view has the rows in their order.
    """
    again = engine.execute(_again_sql()).fetchall()[0][0]
    if again:
        _tell_apart(engine, intake)
    engine.execute(
        """
        CREATE TEMP TABLE verdicts AS
        WITH placed AS (
            SELECT *, CASE
                WHEN drawn < max(drawn) OVER (PARTITION BY dossier_id) THEN 'earlier_snapshot'
                WHEN sheet <> first_value(sheet) OVER (
                    PARTITION BY dossier_id, drawn, content ORDER BY sheet, row)
                THEN 'same_elsewhere' END AS settled
            FROM again
        ), first_due AS (
            SELECT dossier_id, arg_min(due_at, (drawn, sheet, row)) AS first_due_at
            FROM again WHERE due_at IS NOT NULL
            GROUP BY dossier_id HAVING count(DISTINCT drawn) > 1
        )
        SELECT sheet, row, settled,
            settled IS NULL AND count(*) FILTER (WHERE settled IS NULL)
                OVER (PARTITION BY dossier_id) > 1 AS repeated,
            CASE WHEN first_due.first_due_at <> due_at THEN first_due.first_due_at END AS first_due
        FROM placed LEFT JOIN first_due USING (dossier_id)
        """
    )
    if again:
        verdicts = "judged LEFT JOIN verdicts USING (sheet, row)"
    else:  # a join would lose the order of the rows
        verdicts = (
            "(SELECT *, NULL::VARCHAR AS settled, false AS repeated, "
            "NULL::TIMESTAMP AS first_due FROM judged)"
        )
    names = ", ".join(n for n in DOSSIERS.names if n not in ("first_due_at", "flags"))
    instants = ", ".join(f"{name}_instant" for name in INSTANTS)
    engine.execute(
        f"""
        CREATE TEMP VIEW settled AS
        SELECT sheet, row, {names}, {instants}, reason, coalesce(aside, settled) AS aside,
            coalesce(first_due_at, first_due) AS first_due_at,
            nullif(concat_ws(';', flags, CASE WHEN repeated THEN 'duplicate_code' END,
                CASE WHEN {_OPEN} AND drawn_on < list_max(getvariable('drawn_on'))
                THEN 'open_when_last_seen' END), '') AS flags
        FROM {verdicts}
        """
    )
    engine.execute(
        "CREATE TEMP TABLE not_kept AS SELECT sheet, row, reason, aside FROM settled "
        "WHERE reason IS NOT NULL OR aside IS NOT NULL"
    )
    return not again


def _tell_apart(engine: duckdb.DuckDBPyConnection, intake: Intake) -> None:
    """Give files that state one title day, but other states of a dossier, their last events' day.

    What they state is then the end of a filter and not the day they were drawn. Where the last
    events do not tell them apart either, nothing changes.
    """
    titled = {number: drawn for number, drawn in intake.drawn.items() if drawn.origin == "title"}
    told = {(drawn.day, drawn.last_event) for drawn in titled.values()}
    days = Counter(day for day, _ in told)
    shared = [number for number, drawn in titled.items() if days[drawn.day] > 1]
    if not shared:
        return
    engine.execute(
        """
        WITH states AS (
            SELECT dossier_id, drawn, snapshot, list(DISTINCT sheet) AS sheets,
                string_agg(DISTINCT content, '' ORDER BY content) AS state
            FROM again WHERE sheet IN (SELECT unnest(?)) GROUP BY dossier_id, drawn, snapshot
        ), apart AS (
            SELECT drawn, list(sheets) AS sheets FROM states
            GROUP BY dossier_id, drawn HAVING count(DISTINCT state) > 1
        )
        SELECT list(DISTINCT number) FROM (
            SELECT drawn, unnest(flatten(sheets)) AS number FROM apart) GROUP BY drawn
        """,
        [shared],
    )
    for (numbers,) in engine.fetchall():
        known = {n: day for n in numbers if (day := intake.drawn[n].last_event) is not None}
        if len(set(known.values())) > 1:
            intake.drawn |= {n: Drawn(day, SHARED_TITLE_DAY, day) for n, day in known.items()}
    intake.set_drawn_on(engine)
    engine.execute(f"UPDATE again SET drawn = {_DRAWN}")


def _again_sql() -> str:
    """Return the statement that gathers the rows of codes that occur more than once.

    Numbers are counted faster than codes; a code that shares its number with another one is
    gathered too, and stands alone among its like.
    """
    content = ", ".join(
        f"coalesce(CAST({name} AS VARCHAR), '')"
        for name in DOSSIERS.names
        if name not in ("flags", "source", "drawn_on")
    )
    kept = "reason IS NULL AND aside IS NULL"
    return f"""
        CREATE TEMP TABLE again AS
        SELECT dossier_id, sheet, row, snapshot, due_at, {_DRAWN} AS drawn,
            coalesce(CAST(status AS VARCHAR), status_raw) AS status,
            md5(concat_ws(chr(31), {content})) AS content
        FROM judged JOIN sheets USING (sheet)
        WHERE {kept} AND hash(dossier_id) IN (
            SELECT hash(dossier_id) FROM staged GROUP BY ALL HAVING count(*) > 1)
    """


def changes(engine: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Return every due date and status that moved between two drawings of a dossier.

    A value that first appears is no move; one that vanishes is, with an empty ``after``. A due
    date that only gains or loses its time of day has not moved. Where a drawing holds several
    rows of a code, the last one speaks for it.

    Parameters
    ----------
    engine
        With the tables of :func:`settle`.

    Returns
    -------
    DataFrame
        Columns of ``CHANGES``, all text, one row per move; empty where nothing moved.
    """
    return engine.sql(
        f"""
        WITH seen AS (
            SELECT dossier_id, drawn, due_at, status, snapshot,
                lag(due_at) OVER history AS due_before, lag(status) OVER history AS status_before,
                lag(snapshot) OVER history AS snapshot_before,
                lag(drawn) OVER history AS drawn_before
            FROM ({_LAST_OF_DRAWING})
            WINDOW history AS (PARTITION BY dossier_id ORDER BY drawn)
        ), moves AS (
            SELECT dossier_id, 'due_at' AS "column", CAST(due_before AS VARCHAR) AS before,
                CAST(due_at AS VARCHAR) AS after, snapshot_before, snapshot, drawn_before, drawn
            FROM seen
            WHERE due_before IS NOT NULL AND (due_at IS NULL
                OR CAST(due_at AS DATE) <> CAST(due_before AS DATE)
                OR (due_at <> due_before AND due_at <> CAST(due_at AS DATE)
                    AND due_before <> CAST(due_before AS DATE)))
            UNION ALL
            SELECT dossier_id, 'status', status_before, status, snapshot_before, snapshot,
                drawn_before, drawn
            FROM seen
            WHERE status_before IS NOT NULL AND status IS DISTINCT FROM status_before
        )
        SELECT dossier_id, "column", before, after, snapshot_before AS before_source,
            snapshot AS after_source, CAST(drawn_before AS VARCHAR) AS before_on,
            CAST(drawn AS VARCHAR) AS after_on
        FROM moves ORDER BY dossier_id, "column", drawn
        """
    ).df()
