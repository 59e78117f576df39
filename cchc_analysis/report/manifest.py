"""The manifest of a site: what each page was made from, so that a run can be resumed.

It is rewritten after every job, so a run that was stopped goes on where it was; and pages of
jobs that a run did not ask for stay listed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from cchc_analysis.columns import InputError
from cchc_analysis.report.jobs import Job

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class JobResult:
    """What became of a job."""

    job: Job
    status: Literal["ok", "failed", "skipped"]
    seconds: float
    """How long making the pages took, also where that was an earlier run."""
    key: str
    """Hash of everything the pages depend on."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """Relative path of each input to its sha256."""
    versions: Mapping[str, str] = field(default_factory=dict)
    pages: Mapping[str, str] = field(default_factory=dict)
    """Language to file name."""
    titles: Mapping[str, str] = field(default_factory=dict)
    """Language to the page's first heading."""
    figures: int = 0
    tables: int = 0
    change: Literal["", "new", "changed"] = ""
    """Whether the pages are new or other than those of the run before."""
    error: str = ""


def earlier_results(out: Path, jobs: Sequence[Job]) -> list[JobResult]:
    """Return what an earlier run made of these jobs, where its pages are all there.

    Parameters
    ----------
    out
        Folder of the site.
    jobs
        Jobs to look for, by notebook and unit.

    Returns
    -------
    list of JobResult
        Of status ``skipped``, in the order of the jobs; without those that were not made.

    Raises
    ------
    InputError
        If the folder holds a manifest that cannot be read.
    """
    by_name = {(entry["notebook"], entry["unit"]): entry for entry in _entries(Path(out))}
    return [
        JobResult(
            job,
            "skipped",
            entry["seconds"],
            entry["key"],
            inputs=entry["inputs"],
            versions=entry["versions"],
            pages=entry["pages"],
            titles=entry["titles"],
            figures=entry["figures"],
            tables=entry["tables"],
        )
        for job in jobs
        if (entry := by_name.get((job.notebook, job.unit)))
    ]


def write_manifest(results: Sequence[JobResult], *, out: Path) -> Path:
    """Write ``manifest.json``: what each page was made from, and what failed.

    Parameters
    ----------
    results
        What :func:`run_jobs` returned.
    out
        Folder of the site.

    Returns
    -------
    Path
        The file; all paths in it are relative, with forward slashes.
    """
    path = Path(out) / MANIFEST
    jobs = [_entry(result) for result in results]
    write_whole(path, json.dumps({"jobs": jobs}, ensure_ascii=False, indent=1) + "\n")
    return path


def write_whole(path: Path, text: str) -> None:
    """Write a text file whole or not at all, replacing what was there.

    Parameters
    ----------
    path
        The file; its folder exists.
    text
        Written as UTF-8 with line feeds on every system.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_text(text, encoding="utf-8", newline="\n")
    os.replace(temporary, path)


def _entries(out: Path) -> list[dict[str, Any]]:
    """Entries of the folder's manifest whose pages are all there."""
    path = out / MANIFEST
    if not path.is_file():
        return []
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["jobs"]
        return [
            entry
            for entry in entries
            if entry["pages"]
            and "titles" in entry  # an older version of this program kept less
            and all((out / name).is_file() for name in entry["pages"].values())
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(
            f"{path} is not a manifest of this program; give another --out, or delete the file"
        ) from None


def _entry(result: JobResult) -> dict[str, Any]:
    job = result.job
    entry = {
        "notebook": job.notebook,
        "unit": job.unit,
        "unit_id": job.unit_id,
        "simulated": job.simulated,
        "parameters": dict(job.parameters),
        "inputs": dict(result.inputs),
        "versions": dict(result.versions),
        "key": result.key,
        "seconds": round(result.seconds, 2),
        "status": result.status,
        "pages": dict(result.pages),
        "titles": dict(result.titles),
        "figures": result.figures,
        "tables": result.tables,
        "change": result.change,
    }
    return {**entry, "error": result.error} if result.error else entry
