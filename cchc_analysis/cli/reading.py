"""The commands that read exports and write what a desk needs from them."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import islice
from pathlib import Path
from typing import NoReturn

from cchc_analysis.cli.extra import require_reports
from cchc_analysis.columns import InputError

CUTOFFS = 24  # weekly; as many as the page of the week learns from, so that both say the same
_FEW = 5  # names on the screen; the summary has more


def read(options: argparse.Namespace) -> int:
    """Read exports into a data folder, and say what became of the rows."""
    from cchc_analysis.periods import as_day
    from cchc_analysis.sources.dossiers import read_dossiers

    columns, statuses = _column_map(options.columns) if options.columns else (None, None)
    if options.as_of and as_day(options.as_of) > as_day(date.today()):
        raise InputError(f"--as-of {options.as_of} is still to come; give the day of drawing")
    with _progress("cchc_analysis.sources.dossiers"):
        summary = read_dossiers(
            options.exports, columns=columns, statuses=statuses, sheet=options.sheet,
            unit=options.unit, zone=options.zone, as_of=options.as_of, out=options.out,
            key=options.key, lookup=options.lookup,
        ).summary  # fmt: skip
    aside = _listed(summary["set_aside_as"])
    print(
        f"{summary['read']} rows read = {summary['kept']} kept + {summary['refused']} refused "
        f"+ {summary['set_aside']} set aside{aside and f' ({aside})'} -> {options.out}"
    )
    print(f"drawn up to {summary['as_of'] or 'an unknown day'}")
    if options.as_of and (summary["first_on"] or "") > options.as_of:
        print(f"note: --as-of lies before the first receipt, {summary['first_on']}: nothing can "
              "have been drawn then; read again with the right day")  # fmt: skip
    for file in summary["files"]:
        if file["drawn_on_from"].startswith("last event ("):
            print(f"{file['file']}: taken as drawn on {file['drawn_on']}, the "
                  f"{file['drawn_on_from']}; give --as-of if it was another day")  # fmt: skip
    if summary["flags"]:
        print(f"kept though odd: {_listed(summary['flags'])}")
    if summary["unknown_statuses"]:
        print(f"status labels of no known code: {_first(summary['unknown_statuses'])}; "
              "give their codes under [statuses] in the file of --columns")  # fmt: skip
    if summary["refused"]:
        print(f"refused rows and reasons: {options.out / 'refused.csv'}")
    for line in _about_units(summary, options.unit):
        print(line)
    return 0


def _about_units(summary: dict, unit: str | None) -> Iterator[str]:
    """Yield what is to be known of the units that rows name."""
    if unit:
        yield f"{summary['unit_rows']} of the rows kept are of {unit!r} or of units below it"
    if unknown := summary["unknown_units"]:
        where = "counted below --unit" if unit else "below no unit: give --unit, or units.csv"
        yield f"units in no list, {where}: {_first(unknown)}"
    for name, candidates in summary["ambiguous_units"].items():
        yield f"{name!r} may be any of {candidates}; give --unit, or write the full name"


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _first(counts: dict[str, int]) -> str:
    """List the first few of many names with their counts."""
    more = ", ..." if len(counts) > _FEW else ""
    return f"{_listed(dict(islice(counts.items(), _FEW)))}{more}"


def _raise(_record: logging.LogRecord) -> NoReturn:
    raise  # called while the error is handled


@contextmanager
def _progress(name: str) -> Iterator[None]:
    """Print what a module reports while it works."""
    logger = logging.getLogger(name)
    handler = logging.StreamHandler(sys.stdout)
    handler.handleError = _raise  # a closed output would print a traceback for every line
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


def _column_map(path: Path) -> tuple[dict[str, str], dict[str, int]]:
    """Return our columns to a file's headers, and its status labels to their codes."""
    import tomllib

    if not path.is_file():
        raise InputError(f"{path}: no such column map")
    try:
        columns = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a TOML file ({error})") from None
    statuses = columns.pop("statuses", {})
    if not isinstance(statuses, dict):
        raise InputError(f"{path}: found statuses = {statuses!r}, expected a table, [statuses]")
    for name, header in columns.items():
        if not isinstance(header, str):
            raise InputError(f"{path}: found {name} = {header!r}, expected a header in quotes")
    return columns, statuses


def sample(options: argparse.Namespace) -> int:
    """Write simulated exports."""
    from cchc_analysis.sample import write_sample

    print(f"simulating exports in {options.out} ...", flush=True)
    for path in write_sample(options.out, dossiers=options.dossiers, seed=options.seed):
        print(f"  {path}")
    return 0


def form(options: argparse.Namespace) -> int:
    """Write a unit's form II.06."""
    from cchc_analysis.periods import as_day
    from cchc_analysis.sources.folder import load_unit
    from cchc_analysis.sources.forms import form06, write_form06

    loaded = load_unit(options.unit, options.data)
    own = loaded.dossiers.assign(unit_id=loaded.unit_id)  # with the units below it
    forms = form06(own, options.start_on, options.end_on)
    if forms.empty:
        raise InputError(f"{options.data} holds no dossiers of {options.unit!r} in that period")
    if as_day(options.end_on) > loaded.as_of:
        print(
            f"note: the data were drawn on {loaded.as_of:%Y-%m-%d}, before --to: what was received "
            "or resolved since is not in the form, and may stand there as open or overdue"
        )
    options.out.parent.mkdir(parents=True, exist_ok=True)
    print(f"form II.06 -> {write_form06(forms, options.out, units=loaded.units)}")
    return 0


def desk(options: argparse.Namespace) -> int:
    """Write the list of a unit's open dossiers."""
    require_reports()
    import pandas as pd

    from cchc_analysis.backlog import lateness_forecast, warn
    from cchc_analysis.sources.dossiers.codes import keep_apart
    from cchc_analysis.sources.dossiers.lookup import read_lookup
    from cchc_analysis.sources.folder import load_unit
    from cchc_analysis.tables.desk_list import write_desk_list
    from cchc_analysis.tally import count_landmarks, open_dossiers
    from cchc_analysis.workdays import day_kind

    keep_apart(options.out, options.data, "desk list")
    if options.lookup and options.out.resolve() == options.lookup.resolve():
        raise InputError(f"--out {options.out}: the list of --lookup would be lost; name another")
    codes = read_lookup(options.lookup) if options.lookup else None
    loaded = load_unit(options.unit, options.data)
    start, today = loaded.period("", options.on)
    if loaded.dossiers.empty or today < start:
        raise InputError(f"{options.data} holds no dossiers of {options.unit!r} by that day")
    if today > loaded.as_of:
        raise InputError(
            f"--on {today:%Y-%m-%d} lies after the day the data were drawn "
            f"({loaded.as_of:%Y-%m-%d}); read a newer export, or leave --on out"
        )
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
