"""The counts that show that nothing was lost, and the table of refused rows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import pandas as pd

from cchc_analysis import gazetteer
from cchc_analysis.sources.dossiers.drawing import Drawn
from cchc_analysis.sources.dossiers.intake import Intake
from cchc_analysis.sources.headers import UNIT_OR_PERSON, shown

REFUSED = ("file", "sheet", "row", "column", "reason")
_FEWEST_OF_A_LABEL = 5
"""A status label is shown only if this many rows bear it: a name typed there stands alone."""

_MOST_NAMED = 20
_OFFICES = (
    "phòng", "ban ", "bộ phận", "trung tâm", "văn phòng", "chi cục", "cục", "tổ ", "đội", "hạt ",
    "công an", "thanh tra", "thuế", "bảo hiểm", "kho bạc", "viện", "trường", "trạm", "quầy",
)  # fmt: skip
_UNNAMED = "(not named here)"
"""Units whose name has no word of a unit: a person's name may stand in a column of units."""


def refused_rows(engine: duckdb.DuckDBPyConnection, intake: Intake) -> pd.DataFrame:
    """Return the refused rows with place and reason, without a value from the file."""
    rows = engine.sql(
        "SELECT sheet AS number, row, split_part(reason, '|', 1) AS \"column\", "
        "split_part(reason, '|', 2) AS reason FROM not_kept WHERE aside IS NULL ORDER BY sheet, row"
    ).df()
    files = {taken.number: inert(taken.file) for taken in intake.taken}
    names = {taken.number: inert(taken.sheet.name) for taken in intake.taken}
    return pd.DataFrame(
        {
            "file": rows["number"].map(files).astype("str"),
            "sheet": rows["number"].map(names).astype("str"),
            **{name: rows[name] for name in REFUSED[2:]},
        }
    )


@dataclass(frozen=True)
class About:
    """What is known of a reading besides its rows.

    Attributes
    ----------
    source
        What its rows are said to come from.
    zone
        The office's zone.
    zoned
        Whether some cell states a zone, so that instants are not the local times.
    files_not_read
        Files left out of a folder.
    """

    source: str
    zone: str
    zoned: bool
    files_not_read: Sequence[str]


def summarise(engine: duckdb.DuckDBPyConnection, intake: Intake, about: About) -> dict[str, object]:
    """Return the counts of a reading, over all and by sheet."""
    sheets = _by_sheet(engine, intake)
    counts = {name: sum(sheet[name] for sheet in sheets)
              for name in ("read", "kept", "refused", "set_aside")}  # fmt: skip
    drawn = [drawn.day for drawn in intake.drawn.values() if drawn.day is not None]
    return {
        "source": about.source,
        "zone": about.zone,
        **counts,
        "set_aside_as": _set_aside(engine),
        **_lateness(engine, zoned=about.zoned),
        "as_of": max(drawn).isoformat() if drawn else None,
        "flags": _flags(engine),
        "placeholders": _placeholders(engine, intake),
        "unknown_statuses": _unknown_statuses(engine),
        **_units(engine, intake.words.unit),
        "ambiguous_units": dict(sorted(intake.words.ambiguous.items())),
        "files": _files(intake),
        "files_not_read": list(about.files_not_read),
        "sheets": sheets,
    }


def _files(intake: Intake) -> list[dict[str, str | None]]:
    """Return when each file was drawn: of sheets drawn on different days, the latest."""
    latest: dict[str, Drawn] = {}
    for taken in intake.taken:
        drawn = intake.drawn[taken.number]
        known = latest.setdefault(taken.file, drawn)
        if (drawn.day or date.min) > (known.day or date.min):
            latest[taken.file] = drawn
    return [{"file": file, **_drawn(drawn)} for file, drawn in latest.items()]


def _drawn(drawn: Drawn) -> dict[str, str | None]:
    """Return the day something was drawn, and where that is known from."""
    day = drawn.day.isoformat() if drawn.day else None
    return {"drawn_on": day, "drawn_on_from": drawn.origin}


def _by_sheet(engine: duckdb.DuckDBPyConnection, intake: Intake) -> list[dict[str, object]]:
    """Return what each sheet held and how its columns were understood."""
    rows = engine.sql("SELECT sheet, count(*) FROM staged GROUP BY sheet").fetchall()
    lost = engine.sql(
        "SELECT sheet, count(*) FILTER (WHERE aside IS NULL), count(aside) FROM not_kept "
        "GROUP BY sheet"
    ).fetchall()
    read = dict(rows)
    counts = {number: others for number, *others in lost}
    entries = []
    for taken in intake.taken:
        refused, aside = counts.get(taken.number, (0, 0))
        total = read.get(taken.number, 0)
        texts = dict(zip(taken.sheet.cells, taken.sheet.header, strict=True))
        used = set(taken.matched.values())
        entries.append(
            {
                "file": taken.file,
                "sheet": taken.sheet.name,
                **_drawn(intake.drawn[taken.number]),
                "header_row": taken.sheet.header_row,
                "read": total,
                "kept": total - refused - aside,
                "refused": refused,
                "set_aside": aside,
                "columns": {name: texts[cell] for name, cell in taken.matched.items()},
                "columns_not_read": shown(
                    [text for cell, text in texts.items() if cell not in used], taken.sheet.header
                ),
                "sheets_not_read": taken.sheets_not_read,
            }
        )
    return entries


def _set_aside(engine: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Return how many rows of each kind were set aside."""
    return dict(
        engine.sql(
            "SELECT aside, count(*) FROM not_kept WHERE aside IS NOT NULL GROUP BY aside "
            "ORDER BY aside"
        ).fetchall()
    )


def _flags(engine: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Return how many kept rows bear each flag."""
    return dict(
        engine.sql(
            "SELECT flag, count(*) FROM (SELECT unnest(string_split(flags, ';')) AS flag "
            "FROM kept WHERE flags IS NOT NULL) GROUP BY flag ORDER BY flag"
        ).fetchall()
    )


def _lateness(engine: duckdb.DuckDBPyConnection, *, zoned: bool) -> dict[str, object]:
    """Return first and last receipt, and lateness of the finished by date and by instant."""
    instant = "_instant" if zoned else ""
    rows_kept = "settled WHERE reason IS NULL AND aside IS NULL" if zoned else "kept"
    ended = "received_at IS NOT NULL AND coalesce(result_at, returned_at) IS NOT NULL"
    rows = engine.sql(
        "SELECT CAST(MIN(received_at) AS DATE)::VARCHAR AS first_on, "
        "CAST(MAX(received_at) AS DATE)::VARCHAR AS last_on, "
        f"COUNT(*) FILTER (WHERE {ended}) AS finished, COUNT(*) FILTER (WHERE {ended} AND "
        "CAST(coalesce(result_at, returned_at) AS DATE) > CAST(due_at AS DATE)) AS late_by_date, "
        f"COUNT(*) FILTER (WHERE {ended} AND "
        f"coalesce(result_at{instant}, returned_at{instant}) > due_at{instant}) "
        f"AS late_by_instant FROM {rows_kept}"
    ).df()
    return json.loads(rows.to_json(orient="records"))[0]


def _placeholders(engine: duckdb.DuckDBPyConnection, intake: Intake) -> dict[str, int]:
    """Return how many cells of each column stand for an empty one."""
    counts: dict[str, int] = {}
    for taken in intake.taken:
        texts = {
            name: intake.words.missing(name)
            for name in taken.matched
            if name != UNIT_OR_PERSON and name in intake.words.known
        } | {
            f"{name}_left": [
                text
                for number, of, text, _, missing in intake.moments
                if missing and (number, of) == (taken.number, name)
            ]
            for name in intake.left
        }
        for column, missing in texts.items():
            if missing:
                (number,) = engine.execute(
                    f"SELECT count(*) FROM {taken.staged} WHERE {column} IN (SELECT unnest(?))",
                    [missing],
                ).fetchall()[0]
                name = column.removesuffix("_left")
                counts[name] = counts.get(name, 0) + number
    return dict(sorted(counts.items()))


def _unknown_statuses(engine: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Return the commonest status labels that no code is known for."""
    return dict(
        engine.sql(
            "SELECT status_raw, count(*) AS n FROM kept WHERE status IS NULL "
            f"AND status_raw IS NOT NULL GROUP BY status_raw HAVING n >= {_FEWEST_OF_A_LABEL} "
            f"ORDER BY n DESC, status_raw LIMIT {_MOST_NAMED}"
        ).fetchall()
    )


def _units(engine: duckdb.DuckDBPyConnection, unit: str | None) -> dict[str, object]:
    """Return whose exports these are, how many kept rows are its own, and unknown units.

    ``unit_rows`` counts the rows that a data folder gives to the unit: its own, those of units
    below it, and those of units that no list has.
    """
    rows = dict(engine.sql("SELECT unit_id, count(*) FROM kept GROUP BY unit_id").fetchall())
    listed = set(gazetteer.units()["unit_id"])
    unknown = {name: count for name, count in rows.items() if name not in listed}
    own = {unit, *gazetteer.subordinates(unit), *unknown} if unit else set()
    told: Counter[str] = Counter()
    for name, count in unknown.items():
        told[name if _is_an_office(name) else _UNNAMED] += count
    commonest = sorted(told.items(), key=lambda item: (-item[1], item[0]))
    return {
        "unit": unit,
        "unit_rows": sum(rows.get(name, 0) for name in own) if unit else None,
        "unknown_units": dict(commonest[:_MOST_NAMED]),
    }


def _is_an_office(name: str) -> bool:
    """Say whether a name begins as those of units and offices do."""
    return gazetteer.unit_class_of(name) is not None or name.casefold().startswith(_OFFICES)


def inert(name: str) -> str:
    """Return a name that a spreadsheet will not take for a formula.

    Examples
    --------
    >>> inert("=1+1"), inert("tháng 1.csv")
    ("'=1+1", 'tháng 1.csv')
    """
    return f"'{name}" if name.startswith(("=", "+", "-", "@", "\t", "\r")) else name
