"""The command that runs notebooks and writes a site of reports."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cchc_analysis.cli.extra import require_reports
from cchc_analysis.columns import InputError

if TYPE_CHECKING:
    import pandas as pd

    from cchc_analysis.report import Job

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
PROFILE = "01_unit_profile"
INTERNAL = ("00_explore", "05_time_and_backlog")  # these show rows or lists of single dossiers
_LEAST_SUPPRESSED = 2  # below that nothing would be left out


def report(options: argparse.Namespace) -> int:
    """Run the jobs asked for, and write their pages, the manifest and the index."""
    require_reports()
    from cchc_analysis.report import (
        closing_table,
        earlier_results,
        remove_pages,
        run_jobs,
        write_index,
        write_manifest,
    )  # fmt: skip

    if options.publish is not None and options.publish < _LEAST_SUPPRESSED:
        raise InputError(
            f"--publish {options.publish}: expected {_LEAST_SUPPRESSED} dossiers or more; leave "
            "--publish out for pages that stay inside the office"
        )
    if options.jobs < 1:
        raise InputError(f"--jobs {options.jobs}: expected 1 or more")
    if options.data and options.out.resolve() == options.data.resolve():
        raise InputError(
            f"--out {options.out} is the data folder: its dossiers would lie among the pages; "
            "name another folder"
        )
    jobs = _jobs(options)
    if options.publish:
        for job in [job for job in jobs if job.notebook in INTERNAL]:
            remove_pages(job, out=options.out)
            print(f"left out, lists single dossiers: {job.notebook} | {job.unit}")
        jobs = [job for job in jobs if job.notebook not in INTERNAL]
    chosen = _chosen(jobs, options)
    kept = earlier_results(options.out, [job for job in jobs if job not in chosen])
    results = run_jobs(
        chosen, out=options.out, notebooks=NOTEBOOKS, language=options.language,
        workers=options.jobs,
    )  # fmt: skip
    everything = sorted([*results, *kept], key=lambda result: jobs.index(result.job))
    write_manifest(everything, out=options.out)
    units, judged = _overview(options.data)
    write_index(everything, out=options.out, overview=judged, names=units)
    print(closing_table(results))
    return 1 if any(result.status == "failed" for result in results) else 0


def _overview(data: Path | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the units, and the portal's latest in-time shares of each class, judged."""
    import pandas as pd

    from cchc_analysis.comparison import funnel
    from cchc_analysis.reconciliation import estimates_as_printed
    from cchc_analysis.sources.folder import load_published, load_units

    units = load_units(data or "")
    printed = load_published(data or "")
    shares = estimates_as_printed(printed[printed["indicator"] == "qd766_in_time_share"])
    placed = shares.merge(units[["unit_id", "unit_class", "parent_id"]], on="unit_id")
    judged = []
    for _, rows in placed.groupby(["parent_id", "unit_class"], sort=False):
        sizes = rows.groupby("period_end_on")["unit_id"].transform("nunique")
        widest = rows[sizes == sizes.max()]
        latest = widest[widest["period_end_on"] == widest["period_end_on"].max()]
        latest = latest[latest["period_start_on"] == latest["period_start_on"].min()]
        kinds = latest[["unit_id", "unit_class", "parent_id"]]
        judged.append(funnel(latest).merge(kinds, on="unit_id"))
    columns = ["unit_id", "unit_class", "parent_id"]
    return units, pd.concat(judged) if judged else pd.DataFrame(columns=columns)


def _jobs(options: argparse.Namespace) -> list[Job]:
    """Return all jobs of the site, each with its unit's id, its data folder and its inputs."""
    from cchc_analysis.report import read_site
    from cchc_analysis.sources.folder import data_folder, load_units

    folder = data_folder(options.data or "")
    units = load_units(folder)
    if options.data and not options.site:
        jobs = _profiles(folder, units)
    else:
        jobs = read_site(options.site or ROOT / "reports" / "site.toml")
    if options.publish:
        jobs = [_published(job, options.publish) for job in jobs]
    return [_completed(job, options.data, folder, units) for job in jobs]


def _published(job: Job, minimum: int) -> Job:
    """Return the job with small counts left out, where its notebook counts dossiers."""
    text = (NOTEBOOKS / f"{job.notebook}.ipynb").read_text(encoding="utf-8")
    if "suppress_below = 0" not in text:
        return job
    return replace(job, parameters={**job.parameters, "suppress_below": minimum})


def _chosen(jobs: list[Job], options: argparse.Namespace) -> list[Job]:
    """Return the jobs that ``--notebook`` and ``--only`` ask for."""
    from cchc_analysis.sources.folder import load_units, unit_named

    chosen = jobs
    if options.notebook:
        chosen = [job for job in jobs if job.notebook.startswith(options.notebook)]
        if not chosen:
            known = ", ".join(sorted({job.notebook for job in jobs}))
            planned = "" if options.site or not options.data else (
                "; --data alone plans a profile of each unit: list others in a job table, --site"
            )  # fmt: skip
            raise InputError(
                f"no job of a notebook {options.notebook!r}; there are {known}{planned}"
            )
    if options.only and options.only not in {job.unit for job in chosen}:
        unit_id = unit_named(options.only, load_units(options.data or ""))
        names = "; ".join(sorted({job.unit for job in chosen}))
        chosen = [job for job in chosen if job.unit_id == unit_id]
        if not chosen:
            raise InputError(f"no report is planned for {options.only!r}, only for: {names}")
    elif options.only:
        chosen = [job for job in chosen if job.unit == options.only]
    return chosen


def _profiles(folder: Path, units: pd.DataFrame) -> list[Job]:
    """Return a profile for every unit of one's own data folder."""
    from cchc_analysis.report import Job
    from cchc_analysis.sources.folder import units_with_data

    names = units_with_data(folder, units)
    if not names:
        raise InputError(f"{folder}: no data to report on; run `cchc read EXPORT --out {folder}`")
    return [Job(PROFILE, name, parameters={"unit": name}) for name in names]


def _completed(job: Job, data: Path | None, folder: Path, units: pd.DataFrame) -> Job:
    """Return the job with what the unit's data say: its id, whether simulated, its inputs."""
    from cchc_analysis.sources.folder import files_about, unit_named

    unit_id = unit_named(str(job.parameters.get("unit", job.unit)), units)
    simulated = units.set_index("unit_id")["simulated"].fillna(False)[unit_id]
    return replace(
        job,
        unit_id=unit_id,
        parameters={**job.parameters, **({"data": str(data)} if data else {})},
        simulated=bool(simulated),
        inputs=(*job.inputs, *files_about(unit_id, folder, units)),
    )
