"""The command line: ``cchc read``, ``form``, ``desk``, ``sample`` and ``report``.

Exit status: 0 all done, 1 some report failed (the closing table says which), 2 bad input,
with one message and nothing overwritten, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from xlsxwriter.exceptions import FileCreateError

from cchc_analysis.cli.reading import desk, form, read, sample
from cchc_analysis.cli.reporting import report
from cchc_analysis.columns import InputError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    if hasattr(sys.stdout, "reconfigure"):  # a log in another encoding must not stop the work
        sys.stdout.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(arguments)
    try:
        file = options.command in ("form", "desk")
        _check_folder(options.out.parent if file else options.out)
        if file and options.out.is_dir():
            raise InputError(f"{options.out} is a folder, expected the name of a workbook")
        status = options.run(options)
        print(end="", flush=True)  # else a closed output shows only at the exit
        return status
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing more is written
        return _refused(options, "its output was closed early (| head, say); run it again without")
    except (InputError, OSError, FileCreateError) as error:
        return _refused(options, error)
    except KeyboardInterrupt:
        return _stopped(options)
    except RuntimeError as error:
        if str(error) != "Query interrupted":  # what DuckDB makes of Ctrl-C
            raise
        return _stopped(options)


def _refused(options: argparse.Namespace, why: object) -> int:
    """Print one line of what is wrong; return the exit status of bad input."""
    said = re.sub(r"\s*\n\s*", " ", str(why).strip())
    print(f"cchc {options.command}: {said}", file=sys.stderr)
    return 2


def _stopped(options: argparse.Namespace) -> int:
    print(f"cchc {options.command}: stopped; run it again to go on", file=sys.stderr)
    return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cchc", description="Timeliness of Vietnam's administrative dossiers."
    )
    parser.add_argument("--version", action="version", version=version("cchc-analysis"))
    commands = parser.add_subparsers(dest="command", required=True)

    reading = commands.add_parser("read", help="read exports into standard tables, as one history")
    reading.add_argument(
        "exports", nargs="+", type=_path, metavar="FILE", help="or a folder of them"
    )
    reading.add_argument("--out", type=_path, required=True, help="data folder to write to")
    reading.add_argument("--columns", type=_path, help="column map: TOML file")
    reading.add_argument("--sheet", help="the only sheet of each workbook to read")
    reading.add_argument("--unit", help="whose exports these are; the unit of rows that name none")
    reading.add_argument("--zone", help="zone of times that carry one, such as Europe/Amsterdam")
    reading.add_argument("--as-of", metavar="YYYY-MM-DD", help="day on which all were drawn")
    reading.add_argument("--key", type=_path, help="file with the key that hashes dossier codes")
    reading.add_argument(
        "--lookup", type=_path, help="workbook of code and hash, for the desk alone"
    )
    reading.set_defaults(run=read)

    forming = commands.add_parser("form", help="write a unit's form II.06 as a workbook")
    forming.add_argument("data", type=_path, help="data folder, as `cchc read` writes it")
    forming.add_argument("--unit", required=True, help="the unit, with the units below it")
    forming.add_argument("--from", dest="start_on", required=True, metavar="YYYY-MM-DD")
    forming.add_argument("--to", dest="end_on", required=True, metavar="YYYY-MM-DD")
    forming.add_argument(
        "--out", type=_path, required=True, metavar="FILE.xlsx", help="workbook to write"
    )
    forming.set_defaults(run=form)

    listing = commands.add_parser(
        "desk", help="list a unit's open dossiers by their chance of lateness"
    )
    listing.add_argument("data", type=_path, help="data folder, as `cchc read` writes it")
    listing.add_argument("--unit", required=True, help="the unit, with the units below it")
    listing.add_argument(
        "--on", default="", metavar="YYYY-MM-DD",
        help="day at whose end dossiers were open; the day of the data if not given",
    )  # fmt: skip
    listing.add_argument(
        "--lookup", type=_path, help="workbook of code and hash, to show the codes"
    )
    listing.add_argument("--language", default="vi", choices=("vi", "en"))
    listing.add_argument(
        "--out", type=_path, required=True, metavar="FILE.xlsx", help="workbook to write"
    )
    listing.set_defaults(run=desk)

    sampling = commands.add_parser("sample", help="write simulated exports of invented units")
    sampling.add_argument("--out", type=_path, required=True, help="folder to write to")
    sampling.add_argument(
        "--dossiers", type=int, default=60_000, help="of province C, at least 5,000"
    )
    sampling.add_argument("--seed", type=int, default=2026, help="the same seed, the same dossiers")
    sampling.set_defaults(run=sample)

    reporting = commands.add_parser("report", help="run notebooks and write a site of reports")
    reporting.add_argument("--data", type=_path, help="data folder; the project's own if not given")
    reporting.add_argument("--site", type=_path, help="job table; reports/site.toml if not given")
    reporting.add_argument("--only", metavar="UNIT", help="only the reports of one unit")
    reporting.add_argument("--notebook", metavar="N", help="only one notebook, such as 01")
    reporting.add_argument("--language", default="both", help="vi, en or both")
    reporting.add_argument("--jobs", type=int, default=2, help="notebooks run side by side")
    reporting.add_argument(
        "--publish", type=int, nargs="?", const=5, metavar="MINIMUM",
        help="leave out counts of fewer dossiers (5 if not said): for pages that go outside",
    )  # fmt: skip
    reporting.add_argument(
        "--out", type=_path, default=Path("reports/site"),
        help="folder of the site; reports/site if not given",
    )  # fmt: skip
    reporting.set_defaults(run=report)
    return parser


def _path(text: str) -> Path:
    """Return a path; an empty one (of an unset variable, say) would mean the working folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError("found an empty name, expected a path")
    return Path(text)


def _check_folder(out: Path) -> None:
    """Refuse a place to write to that is a file, or lies under one."""
    for place in (out, *out.parents):
        if place.exists() and not place.is_dir():
            raise InputError(f"{place} is a file, expected a folder to write to; name another")
