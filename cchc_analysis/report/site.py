"""What a run made, for people: the index and a closing table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cchc_analysis.report.manifest import JobResult, write_whole
from cchc_analysis.report.page import REFERENCE, title_of

INDEX = "index.html"


def write_index(results: Sequence[JobResult], *, out: Path) -> Path:
    """Write ``index.html``: every page by unit, real and simulated data apart.

    Parameters
    ----------
    results
        What :func:`run_jobs` returned; failed jobs are listed as failed.
    out
        Folder of the site, where the pages lie.

    Returns
    -------
    Path
        The file.
    """
    from jinja2 import Environment, FileSystemLoader

    loader = FileSystemLoader(REFERENCE / "report_template")
    template = Environment(loader=loader, autoescape=False).get_template("site.html.j2")
    path = Path(out) / INDEX
    write_whole(path, template.render(resources={"page": _index(results, Path(out))}))
    return path


def _index(results: Sequence[JobResult], out: Path) -> dict[str, Any]:
    units = len({result.job.unit for result in results})
    made = sum(result.status != "failed" for result in results)
    parts = [
        {"simulated": simulated, "units": _units(chosen, out)}
        for simulated in (False, True)
        if (chosen := [result for result in results if result.job.simulated is simulated])
    ]
    return {
        "language": "vi",
        "title": "Báo cáo thời hạn giải quyết hồ sơ",
        "title_en": "Reports on the timeliness of dossiers",
        "summary": f"{made} báo cáo của {units} đơn vị.",
        "summary_en": f"{made} reports on {units} units.",
        "simulated": all(result.job.simulated for result in results),
        "parts": parts,
    }


def _units(results: Sequence[JobResult], out: Path) -> list[dict[str, Any]]:
    names = dict.fromkeys(result.job.unit for result in results)
    return [
        {"name": name, "entries": [_listed(r, out) for r in results if r.job.unit == name]}
        for name in names
    ]


def _listed(result: JobResult, out: Path) -> dict[str, Any]:
    """One line of the index; titles are those of the pages themselves."""
    pages = {each: (out / name).read_text("utf-8") for each, name in result.pages.items()}
    links = [
        {"language": each, "page": result.pages[each], "title": title_of(html)}
        for each, html in pages.items()
    ]
    html = next(iter(pages.values()), "")
    return {
        "name": result.job.title or result.job.notebook,
        "error": result.error,
        "links": links,
        "figures": len(re.findall(r"<img\b", html)),
        "tables": len(re.findall(r"<table\b", html)),
    }


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
