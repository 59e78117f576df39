"""What a run made, for people: the index in both languages, and a closing table."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from cchc_analysis.display import LANGUAGES, Language
from cchc_analysis.gazetteer import fold, units
from cchc_analysis.gazetteer.spelling import unmarked
from cchc_analysis.labels import in_order
from cchc_analysis.report.manifest import JobResult, write_whole
from cchc_analysis.report.page import REFERENCE
from cchc_analysis.report.tiles import maps
from cchc_analysis.wording import say

INDEX = {"vi": "index.html", "en": "index.en.html"}
_TEMPLATES = REFERENCE / "report_template"


def write_index(
    results: Sequence[JobResult],
    *,
    out: Path,
    overview: pd.DataFrame | None = None,
    names: pd.DataFrame | None = None,
) -> list[Path]:
    """Write the index in both languages: maps, what changed, every page by unit.

    Parameters
    ----------
    results
        What :func:`run_jobs` returned; failed jobs are listed as failed, real and
        simulated data apart.
    out
        Folder of the site, where the pages lie.
    overview
        Units judged against each other, for the maps; see :func:`tiles.maps`. None: maps
        without figures.
    names
        Units for the names; the gazetteer's where None.

    Returns
    -------
    list of Path
        The files.
    """
    from jinja2 import Environment, FileSystemLoader

    script = (_TEMPLATES / "search.js").read_text(encoding="utf-8").strip()
    template = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=False, trim_blocks=True
    ).get_template("site.html.j2")
    judged = _nothing_judged() if overview is None else overview
    known = units() if names is None else names
    written = []
    for language in LANGUAGES:
        page = _index(results, judged, known, language)
        page |= {"script": script, "script_hash": _hash(script)}
        path = Path(out) / INDEX[language]
        write_whole(path, template.render(resources={"page": page}))
        written.append(path)
    return written


def _hash(script: str) -> str:
    """Return what allows this one script, and no other, in a content security policy."""
    return b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _nothing_judged() -> pd.DataFrame:
    return pd.DataFrame(columns=["unit_id", "unit_class", "parent_id"])


def _index(
    results: Sequence[JobResult], overview: pd.DataFrame, names: pd.DataFrame, language: Language
) -> dict[str, Any]:
    made = [result for result in results if result.status != "failed"]
    return {
        "language": language,
        "title": say("site.title", language),
        "lead": say(
            "site.lead", language, pages=len(made), units=len({r.job.unit for r in results})
        ),
        "others": {other: name for other, name in INDEX.items() if other != language},
        "simulated": all(result.job.simulated for result in results),
        "say": lambda key, **values: say(f"site.{key}", language, **values),
        "maps": maps(overview, _links(made, language), units=names, language=language),
        "changes": _changes(results, language),
        "parts": [
            {"simulated": simulated, "units": _units(chosen, language)}
            for simulated in (False, True)
            if (chosen := [result for result in results if result.job.simulated is simulated])
        ],
    }


def _links(made: Sequence[JobResult], language: Language) -> dict[str, str]:
    """Return the first page of each unit, in the language if there is one."""
    links: dict[str, str] = {}
    for result in made:
        links.setdefault(result.job.unit_id, _page(result, language))
    return links


def _page(result: JobResult, language: Language) -> str:
    return result.pages.get(language) or next(iter(result.pages.values()))


def _changes(results: Sequence[JobResult], language: Language) -> list[dict[str, Any]]:
    """Return new, changed and failed pages since the last build; an unchanged site has none."""
    kinds = {"new": [], "changed": [], "failed": []}
    for result in results:
        kind = "failed" if result.status == "failed" else result.change
        if kind in kinds:
            kinds[kind].append(_entry(result, language))
    return [
        {"kind": kind, "said": say(f"site.{kind}", language, n=len(entries)), "entries": entries}
        for kind, entries in kinds.items()
        if entries
    ]


def _units(results: Sequence[JobResult], language: Language) -> list[dict[str, Any]]:
    by_unit: dict[str, list[JobResult]] = {}
    for result in results:
        by_unit.setdefault(result.job.unit, []).append(result)
    return [
        {
            "name": name,
            "key": unmarked(fold(name)),
            "entries": [_entry(result, language) for result in by_unit[name]],
        }
        for name in sorted(by_unit, key=in_order)
    ]


def _entry(result: JobResult, language: Language) -> Mapping[str, Any]:
    """One line of the index; titles are those of the pages themselves."""
    entry = {"unit": result.job.unit, "name": result.job.title or result.job.notebook}
    if result.status == "failed":
        return {**entry, "error": result.error}
    shown = language if language in result.pages else next(iter(result.pages))
    holds = say("site.holds", language, figures=result.figures, tables=result.tables)
    title = result.titles.get(shown) or entry["name"]
    return {**entry, "page": result.pages[shown], "lang": shown, "title": title, "holds": holds}


def closing_table(results: Sequence[JobResult]) -> str:
    """Say what was made, skipped and what failed, as text for a terminal.

    Parameters
    ----------
    results
        What :func:`run_jobs` returned.

    Returns
    -------
    str
        One line with the counts, then one line for each failed job.

    Examples
    --------
    >>> closing_table([])
    '0 ok, 0 skipped (unchanged), 0 failed'
    """
    counts = Counter(result.status for result in results)
    lines = [
        f"{counts['ok']} ok, {counts['skipped']} skipped (unchanged), {counts['failed']} failed"
    ]
    failed = [result for result in results if result.status == "failed"]
    lines += [f"  failed: {r.job.notebook} | {r.job.unit} | {r.error}" for r in failed]
    return "\n".join(lines)
