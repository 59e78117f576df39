"""The command line: ``cchc read``, ``cchc sample`` and ``cchc report``.

Exit status: 0 all done, 1 some report failed (the closing table says which), 2 bad input,
with one message and nothing overwritten.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from cchc_analysis.columns import InputError

if TYPE_CHECKING:
    import pandas as pd

    from cchc_analysis.report import Job

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
PROFILE = "01_unit_profile"
NEEDED_BY_REPORTS = ("babel", "ipykernel", "matplotlib", "nbconvert", "papermill", "seaborn")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        _check_folder(options.out)
        return options.run(options)
    except InputError as error:
        print(f"cchc {options.command}: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"cchc {options.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"cchc {options.command}: stopped; run it again to go on", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cchc", description="Timeliness of Vietnam's administrative dossiers."
    )
    commands = parser.add_subparsers(dest="command", required=True)

    read = commands.add_parser("read", help="read exports into standard tables")
    read.add_argument("exports", nargs="+", type=Path, metavar="EXPORT")
    read.add_argument("--out", type=Path, required=True, help="data folder to write to")
    read.add_argument("--columns", type=Path, help="TOML file: our_name = 'header in the file'")
    read.add_argument("--zone", help="zone of times that carry one, such as Europe/Amsterdam")
    read.set_defaults(run=_read)

    sample = commands.add_parser("sample", help="write simulated exports of invented units")
    sample.add_argument("--out", type=Path, required=True)
    sample.add_argument("--dossiers", type=int, default=60_000, help="of the planted province")
    sample.add_argument("--seed", type=int, default=2026)
    sample.set_defaults(run=_sample)

    report = commands.add_parser("report", help="run notebooks and write a site of reports")
    report.add_argument("--data", type=Path, help="data folder; the project's own if not given")
    report.add_argument("--site", type=Path, help="job table; reports/site.toml if not given")
    report.add_argument("--only", metavar="UNIT", help="only the reports of one unit")
    report.add_argument("--notebook", metavar="N", help="only one notebook, such as 01")
    report.add_argument("--language", default="both", help="vi, en or both")
    report.add_argument("--jobs", type=int, default=2, help="notebooks run side by side")
    report.add_argument("--out", type=Path, default=Path("reports/site"))
    report.set_defaults(run=_report)
    return parser


def _check_folder(out: Path) -> None:
    """Refuse a place to write to that is a file, or lies under one."""
    for place in (out, *out.parents):
        if place.exists() and not place.is_dir():
            raise InputError(f"{place} is a file, expected a folder to write to; name another")


def _read(options: argparse.Namespace) -> int:
    from cchc_analysis.sources.dossiers import read_dossiers

    columns = _column_map(options.columns)
    stems = [path.stem for path in options.exports]
    if len(set(stems)) < len(stems):
        raise InputError("two exports have the same name and would overwrite each other")
    for path in options.exports:
        print(f"reading {path} ...", flush=True)
        folder = options.out / path.stem
        summary = read_dossiers(path, columns=columns, zone=options.zone, out=folder).summary
        print(
            f"  {summary['read']} rows read = {summary['kept']} kept + {summary['refused']} "
            f"refused + {summary['set_aside']} blank -> {folder}"
        )
    return 0


def _column_map(path: Path | None) -> dict[str, str] | None:
    import tomllib

    if path is None:
        return None
    if not path.is_file():
        raise InputError(f"{path}: no such column map")
    try:
        columns = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a TOML file ({error})") from None
    for name, header in columns.items():
        if not isinstance(header, str):
            raise InputError(f"{path}: found {name} = {header!r}, expected a header in quotes")
    return columns


def _sample(options: argparse.Namespace) -> int:
    from cchc_analysis.sample import write_sample

    print(f"simulating exports in {options.out} ...", flush=True)
    for path in write_sample(options.out, dossiers=options.dossiers, seed=options.seed):
        print(f"  {path}")
    return 0


def _report(options: argparse.Namespace) -> int:
    missing = [name for name in NEEDED_BY_REPORTS if find_spec(name) is None]
    if missing:
        raise InputError(
            f"reports need {', '.join(missing)}; "
            "install the extra: pip install 'cchc-analysis[reports]'"
        )
    from cchc_analysis import report

    jobs = _jobs(options)
    chosen = _chosen(jobs, options)
    kept = report.earlier_results(options.out, [job for job in jobs if job not in chosen])
    results = report.run_jobs(
        chosen, out=options.out, notebooks=NOTEBOOKS, language=options.language,
        workers=options.jobs,
    )  # fmt: skip
    everything = sorted([*results, *kept], key=lambda result: jobs.index(result.job))
    report.write_manifest(everything, out=options.out)
    report.write_index(everything, out=options.out)
    print(report.closing_table(results))
    return 1 if any(result.status == "failed" for result in results) else 0


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
    return [_completed(job, options.data, folder, units) for job in jobs]


def _chosen(jobs: list[Job], options: argparse.Namespace) -> list[Job]:
    """Return the jobs that ``--notebook`` and ``--only`` ask for."""
    from cchc_analysis.sources.folder import load_units, unit_named

    chosen = jobs
    if options.notebook:
        chosen = [job for job in jobs if job.notebook.startswith(options.notebook)]
        if not chosen:
            known = ", ".join(sorted({job.notebook for job in jobs}))
            raise InputError(f"unknown notebook {options.notebook!r}; there are {known}")
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
        inputs=files_about(unit_id, folder, units),
    )


if __name__ == "__main__":
    sys.exit(main())
