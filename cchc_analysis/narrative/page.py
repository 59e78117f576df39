"""What every page has: its opening and where it comes from."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from html import escape
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from cchc_analysis.display import Block, Language, facts, heading, notice, paragraph
from cchc_analysis.gazetteer import unit_name
from cchc_analysis.labels import (
    capital,
    indicator_name,
    sources,
)
from cchc_analysis.narrative.evidence import counted, evidence
from cchc_analysis.wording import (
    day,
    named,
    period,
    say,
)

if TYPE_CHECKING:
    from cchc_analysis.sources.folder import UnitData

_PACKAGES = ("cchc-analysis", "pandas", "statsmodels", "duckdb")


def opening(
    unit: UnitData,
    *,
    key: str,
    days: tuple[pd.Timestamp, pd.Timestamp] | None = None,
    rule: str = "",
    language: Language,
    **values: str,
) -> list[Block]:
    """Open a page: title, unit, period, rule, data's day, sources; whether the unit is invented."""
    name = unit_name(unit.unit_id, units=unit.units, language=language)
    blocks = [heading(capital(say(f"{key}.title", language, unit=name, **values)), 1)]
    if unit.simulated:
        blocks.append(notice(say("simulated.notice", language)))
    blocks.append(paragraph(say(f"{key}.lead", language, unit=name, **values)))
    held = [(kind, table) for kind, table in _tables_of(unit) if len(table)]
    counted = not unit.dossiers.empty
    told = {
        "unit": capital(name),
        "period": period(*days, language) if counted and days else "",
        "rule": named("rule", rule, language) if counted and rule else "",
        "as_of": day(unit.as_of, language) if counted else "",
        "held": "; ".join(say(f"holds.{kind}", language, n=len(table)) for kind, table in held),
        "sources": sources([s for _, table in held for s in table["source"].unique()], language),
    }
    return [*blocks, facts((say(f"fact.{k}", language), text) for k, text in told.items() if text)]


def comparison_opening(
    parent: UnitData, judged: pd.DataFrame, *, unit_class: str, language: Language
) -> list[Block]:
    """Open a comparison: which units, which indicator, which period."""
    if judged.empty:
        return opening(parent, key="compare.empty", language=language)
    first = judged.iloc[0]
    return opening(
        parent,
        key="compare",
        language=language,
        what=say(f"class.{unit_class}", language).lower(),
        indicator=indicator_name(first["indicator"], language),
        period=period(first["period_start_on"], first["period_end_on"], language),
    )


def suppressed(minimum: int, *, language: Language) -> list[Block]:
    """Say that small counts are left out of a page made for publishing; else nothing."""
    if minimum <= 1:
        return []
    numbers = {"minimum": minimum}
    return [
        notice(say("suppressed", language, **numbers)),
        evidence(counted("suppressed", numbers, language), language),
    ]


def provenance(
    unit: UnitData | None, parameters: Mapping[str, object], *, notebook: str, language: Language
) -> Block:
    """Close a page: parameters, files and rows read, data's day, versions, how to repeat it.

    Of a data folder of one's own only the name is told, and no path.
    """
    parameters = _told(parameters)
    settings = ", ".join(f"{name} = {value!r}" for name, value in parameters.items())
    lines = [say("provenance.parameters", language, settings=settings)]
    if unit is not None:
        files = ", ".join(f"{name} ({digest[:12]})" for name, digest in unit.hashes.items())
        lines.append(say("provenance.files", language, files=files))
        lines += [
            say("provenance.rows", language, **row) for row in unit.readings.to_dict("records")
        ]
        if pd.notna(unit.as_of):
            lines.append(say("provenance.as_of", language, day=day(unit.as_of, language)))
    packages = ", ".join(f"{name} {metadata.version(name)}" for name in _PACKAGES)
    lines.append(say("provenance.version", language, packages=packages))
    body = "".join(f"<p>{escape(line)}</p>" for line in lines)
    again = escape(say("provenance.again", language))
    command = escape(_command(notebook, parameters))
    return Block(
        "provenance",
        f"<h2>{escape(say('provenance', language))}</h2>{body}"
        f"<p>{again} <code>{command}</code></p>",
    )


def _told(parameters: Mapping[str, object]) -> dict[str, object]:
    """Return the settings to print: the name of a data folder of one's own, but no path."""
    data = {"data": Path(str(parameters.get("data", ""))).name}
    unset = [name for name in ("data", "suppress_below") if not parameters.get(name)]
    return {name: value for name, value in {**parameters, **data}.items() if name not in unset}


def _command(notebook: str, parameters: Mapping[str, object]) -> str:
    """Return what makes the page again, in a clone of the project."""
    given = shlex.quote(json.dumps(dict(parameters), ensure_ascii=False, default=str))
    return f"papermill notebooks/{notebook}.ipynb {notebook}.run.ipynb -y {given}"


def _tables_of(unit: UnitData) -> list[tuple[str, pd.DataFrame]]:
    return [
        ("dossiers", unit.dossiers),
        ("forms", unit.forms),
        ("published", unit.published),
        ("published_below", unit.published_below),
    ]
