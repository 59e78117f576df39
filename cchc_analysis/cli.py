"""The command line: ``cchc read``, ``form``, ``desk``, ``sample`` and ``report``.

Exit status: 0 all done, 1 some report failed (the closing table says which), 2 bad input,
with one message and nothing overwritten.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
INTERNAL = ("00_explore", "05_time_and_backlog")  # these show rows or lists of single dossiers
CUTOFFS = 24  # weekly; as many as the page of the week learns from, so that both say the same
NEEDED_BY_REPORTS = ("babel", "ipykernel", "matplotlib", "nbconvert", "papermill", "seaborn")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        file = options.command in ("form", "desk")
        _check_folder(options.out.parent if file else options.out)
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

    read = commands.add_parser("read", help="read exports into standard tables, as one history")
    read.add_argument("exports", nargs="+", type=Path, metavar="FILE", help="or a folder of them")
    read.add_argument("--out", type=Path, required=True, help="data folder to write to")
    read.add_argument("--columns", type=Path, help="TOML file: our_name = 'header in the file'")
    read.add_argument("--sheet", help="the only sheet of each workbook to read")
    read.add_argument("--unit", help="whose exports these are; the unit of rows that name none")
    read.add_argument("--zone", help="zone of times that carry one, such as Europe/Amsterdam")
    read.add_argument("--as-of", metavar="YYYY-MM-DD", help="day on which all were drawn")
    read.add_argument("--key", type=Path, help="file with the key that hashes dossier codes")
    read.add_argument("--lookup", type=Path, help="workbook of code and hash, for the desk alone")
    read.set_defaults(run=_read)

    form = commands.add_parser("form", help="write a unit's form II.06 as a workbook")
    form.add_argument("data", type=Path, help="data folder, as `cchc read` writes it")
    form.add_argument("--unit", required=True)
    form.add_argument("--from", dest="start_on", required=True, metavar="YYYY-MM-DD")
    form.add_argument("--to", dest="end_on", required=True, metavar="YYYY-MM-DD")
    form.add_argument("--out", type=Path, required=True, metavar="FILE.xlsx")
    form.set_defaults(run=_form)

    desk = commands.add_parser(
        "desk", help="list a unit's open dossiers by their chance of lateness"
    )
    desk.add_argument("data", type=Path, help="data folder, as `cchc read` writes it")
    desk.add_argument("--unit", required=True)
    desk.add_argument(
        "--on", default="", metavar="YYYY-MM-DD", help="day; the last one if not given"
    )
    desk.add_argument("--lookup", type=Path, help="workbook of code and hash, to show the codes")
    desk.add_argument("--language", default="vi", choices=("vi", "en"))
    desk.add_argument("--out", type=Path, required=True, metavar="FILE.xlsx")
    desk.set_defaults(run=_desk)

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
    report.add_argument(
        "--publish", type=int, nargs="?", const=5, default=0, metavar="MINIMUM",
        help="leave out counts of fewer dossiers (5 if not said): for pages that go outside",
    )  # fmt: skip
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

    with _progress("cchc_analysis.sources.dossiers"):
        summary = read_dossiers(
            options.exports, columns=_column_map(options.columns), sheet=options.sheet,
            unit=options.unit, zone=options.zone, as_of=options.as_of, out=options.out,
            key=options.key, lookup=options.lookup,
        ).summary  # fmt: skip
    aside = _listed(summary["set_aside_as"])
    print(
        f"{summary['read']} rows read = {summary['kept']} kept + {summary['refused']} refused "
        f"+ {summary['set_aside']} set aside{aside and f' ({aside})'} -> {options.out}"
    )
    print(f"drawn up to {summary['as_of'] or 'an unknown day'}")
    if summary["flags"]:
        print(f"kept though odd: {_listed(summary['flags'])}")
    if summary["refused"]:
        print(f"refused rows and reasons: {options.out / 'refused.csv'}")
    for name, candidates in summary["ambiguous_units"].items():
        print(f"{name!r} may be any of {candidates}; give --unit, or write the full name")
    return 0


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


@contextmanager
def _progress(name: str) -> Iterator[None]:
    """Print what a module reports while it works."""
    logger = logging.getLogger(name)
    handler = logging.StreamHandler(sys.stdout)
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


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


def _form(options: argparse.Namespace) -> int:
    from cchc_analysis.sources.folder import load_unit
    from cchc_analysis.sources.forms import form06, write_form06

    loaded = load_unit(options.unit, options.data)
    own = loaded.dossiers.assign(unit_id=loaded.unit_id)  # with the units below it
    forms = form06(own, options.start_on, options.end_on)
    if forms.empty:
        raise InputError(f"{options.data} holds no dossiers of {options.unit!r} in that period")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    print(f"form II.06 -> {write_form06(forms, options.out, units=loaded.units)}")
    return 0


def _desk(options: argparse.Namespace) -> int:
    _require_extra()
    import pandas as pd

    from cchc_analysis.backlog import lateness_forecast, warn
    from cchc_analysis.sources.dossiers.codes import keep_apart
    from cchc_analysis.sources.dossiers.lookup import read_lookup
    from cchc_analysis.sources.folder import load_unit
    from cchc_analysis.tables.desk_list import write_desk_list
    from cchc_analysis.tally import count_landmarks, open_dossiers
    from cchc_analysis.workdays import day_kind

    keep_apart(options.out, options.data, "desk list")
    codes = read_lookup(options.lookup) if options.lookup else None
    loaded = load_unit(options.unit, options.data)
    start, today = loaded.period("", options.on)
    if loaded.dossiers.empty or today < start:
        raise InputError(f"{options.data} holds no dossiers of {options.unit!r} by that day")
    known = {"as_of": today, "days": day_kind(start, today)}
    cutoffs = pd.date_range(
        end=today, periods=min(CUTOFFS, (today - start).days // 7 + 1), freq="7D"
    )
    past = count_landmarks(loaded.dossiers, cutoffs=cutoffs, **known)
    forecast = lateness_forecast(past, trained_on=today)
    listed = warn(open_dossiers(loaded.dossiers, **known), forecast)
    write_desk_list(listed, options.out, codes=codes, language=options.language)
    print(f"{len(listed):,} open dossiers not yet due on {today:%Y-%m-%d} -> {options.out}")
    return 0


def _require_extra() -> None:
    """Raise where what reports need is not installed."""
    missing = [name for name in NEEDED_BY_REPORTS if find_spec(name) is None]
    if missing:
        raise InputError(
            f"reports need {', '.join(missing)}; "
            "install the extra: pip install 'cchc-analysis[reports]'"
        )


def _report(options: argparse.Namespace) -> int:
    _require_extra()
    from cchc_analysis import report

    jobs = _jobs(options)
    if options.publish:
        for job in [job for job in jobs if job.notebook in INTERNAL]:
            report.remove_pages(job, out=options.out)
            print(f"left out, lists single dossiers: {job.notebook} | {job.unit}")
        jobs = [job for job in jobs if job.notebook not in INTERNAL]
    chosen = _chosen(jobs, options)
    kept = report.earlier_results(options.out, [job for job in jobs if job not in chosen])
    results = report.run_jobs(
        chosen, out=options.out, notebooks=NOTEBOOKS, language=options.language,
        workers=options.jobs,
    )  # fmt: skip
    everything = sorted([*results, *kept], key=lambda result: jobs.index(result.job))
    report.write_manifest(everything, out=options.out)
    units, judged = _overview(options.data)
    report.write_index(everything, out=options.out, overview=judged, names=units)
    print(report.closing_table(results))
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
        inputs=(*job.inputs, *files_about(unit_id, folder, units)),
    )


if __name__ == "__main__":
    sys.exit(main())
