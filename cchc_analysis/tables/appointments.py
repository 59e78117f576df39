"""Tables of appointments kept and moved, apologies, and stated causes of lateness."""

from __future__ import annotations

import pandas as pd

from cchc_analysis.display import Block, Language
from cchc_analysis.gazetteer import unit_name
from cchc_analysis.labels import capital, level_name, sources
from cchc_analysis.tables.markup import table_block
from cchc_analysis.wording import NONE, day, named, percent, say, whole

_OF_DUE = ("late_count", "late_first_count", "moved_count", "reappointed_again_count")
_OF_LATE = (
    "apologised_count", "apologised_in_time_count", "apologised_after_count", "no_apology_count",
)  # fmt: skip
_GROUP = ["unit_id", "period_start_on", "period_end_on", "source"]


def appointments(
    counts: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> Block | None:
    """Show how many of the dossiers due were late, moved and apologised for.

    A count that is not known has no line. The last one counts the dossiers set apart.

    Parameters
    ----------
    counts
        What :func:`~cchc_analysis.tally.count_appointments` returned.
    units
        Units for the names, which stand before each line where there are several rows.
    """
    lines = [
        [
            _with_unit(say(f"appointment.{name}", language), row, units, language, len(counts)),
            whole(row[name], language),
            whole(total, language),
            percent(row[name] / total, language),
        ]
        for row in counts.to_dict("records")
        for name, total in _known(row)
    ]
    if not lines:
        return None
    lines += [
        [
            _with_unit(say("appointment.apart_count", language), row, units, language, len(counts)),
            whole(row["apart_count"], language), NONE, NONE,
        ]
        for row in counts.to_dict("records")
    ]  # fmt: skip
    foot = say(
        "appointments.foot", language, as_of=day(counts["as_of"].max(), language),
        rule=named("rule", counts["rule"].iloc[0], language),
        source=sources(counts["source"], language),
    )  # fmt: skip
    names = ["appointment", "appointment_count", "appointment_of", "appointment_share"]
    return table_block(
        "table.appointments", [f"column.{name}" for name in names], lines, language,
        counts["source"], foot=foot,
    )  # fmt: skip


def _known(row: dict) -> list[tuple[str, float]]:
    """Return the counts that are known, with their totals: the dossiers due, or the late ones."""
    late = row["late_count"] if pd.isna(row["late_first_count"]) else row["late_first_count"]
    totals = dict.fromkeys(_OF_DUE, row["dossier_count"]) | dict.fromkeys(_OF_LATE, late)
    return [(name, total) for name, total in totals.items() if row[name] >= 0 and total > 0]


def causes(
    counts: pd.DataFrame, *, units: pd.DataFrame | None = None, language: Language
) -> Block | None:
    """Show the late dossiers by stated cause, most frequent first, then those without one.

    Parameters
    ----------
    counts
        What :func:`~cchc_analysis.tally.count_causes` returned.
    units
        Units for the names, which stand before each line where there are several groups.
    """
    if counts.empty:
        return None
    groups = counts.groupby(_GROUP, dropna=False)["late_count"]
    rows = counts.assign(of=groups.transform("sum"), unstated=counts["late_cause"].isna())
    rows = rows.sort_values("late_count", ascending=False, kind="stable")
    rows = rows.sort_values([*_GROUP, "unstated"], kind="stable")
    lines = [
        [
            _with_unit(_cause(row, language), row, units, language, groups.ngroups),
            whole(row["late_count"], language),
            percent(row["late_count"] / row["of"], language, 1),
        ]
        for row in rows.to_dict("records")
    ]
    foot = say(
        "causes.foot", language, as_of=day(counts["as_of"].max(), language),
        rule=named("rule", counts["rule"].iloc[0], language),
        source=sources(counts["source"], language),
    )  # fmt: skip
    names = ["cause", "cause_count", "cause_share"]
    return table_block(
        "table.causes", [f"column.{name}" for name in names], lines, language, counts["source"],
        bars={2: (rows["late_count"] / rows["of"]).tolist()}, foot=foot,
    )  # fmt: skip


def _cause(row: dict, language: Language) -> str:
    if row["unstated"]:
        return capital(say("causes.not_stated", language))
    return capital(level_name("late_cause", row["late_cause"], language))


def _with_unit(
    what: str, row: dict, units: pd.DataFrame | None, language: Language, groups: int
) -> str:
    """Return the name of a line, after that of its unit where a table has several groups."""
    if groups == 1:
        return what
    unit = capital(unit_name(row["unit_id"], units=units, language=language))
    return say("appointment.of_unit", language, unit=unit, what=what)
