"""Simulated exports of one-stop systems: invented units, published totals, planted truth.

For learning, tests and demonstrations, never for statements about a real place. Each file
looks like a system's export, dirt included; ``truth.json`` beside it says what was planted.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from cchc_analysis.columns import UNITS, InputError, check
from cchc_analysis.sample.appoint import with_appointments
from cchc_analysis.sample.draw import ONLINE_EARLY, SUSPENDED_SHARE, WITHDRAWN_SHARE, draw_records
from cchc_analysis.sample.export import write_csv, write_xlsx
from cchc_analysis.sample.world import (
    CHANNEL_EFFECTS,
    FIELD_EFFECTS,
    ODD_ROWS,
    PLANS,
    SEASON_EFFECT,
    SEASON_MONTHS,
    SLOW_DESK,
    SLOW_EFFECT,
    UNIT_SD,
    Plan,
    units_of,
)

FEWEST_DOSSIERS = 5_000
"""Below this the odd rows could not all be placed without showing in the rates."""

__all__ = ["write_sample"]


def write_sample(
    out: Path, *, dossiers: int = 60_000, seed: int = 2026, only: Sequence[str] = ()
) -> list[Path]:
    """Write simulated exports, the units in them and the planted truth.

    Files: ``simulated-tinh-mau-a.csv`` (a province, about 510,000 rows),
    ``simulated-huyen-mau-b.xlsx`` (a district, about 34,000), ``simulated-tinh-mau-c.csv``
    (a province of 11 districts and 150 communes, ``dossiers`` rows), ``units.csv`` and
    ``truth.json``. Counted under rule ``form06`` over its period, A gives 495,353 resolved,
    11,676 of them late; B gives 33,653 to handle, 31,394 resolved (16,089 early, 15,286 on
    time, 19 late).

    Misleads: only the totals are real; how they spread over units, fields and days is
    invented, and A and B must not be read as the places whose totals they reproduce.

    Parameters
    ----------
    out
        The folder; it is made. It may hold an earlier sample, which is overwritten.
    dossiers
        Dossiers of province C received in 2024, at least 5,000.
    seed
        The same seed gives the same bytes.
    only
        Names of the exports to write, such as ``["simulated-tinh-mau-c.csv"]``; empty: all three.
        Units and truth are always those of all three.

    Returns
    -------
    list of pathlib.Path
        The files written, exports first.

    Raises
    ------
    InputError
        If ``out`` holds files that are not a sample's, ``only`` names no export,
        ``dossiers`` is too small or ``seed`` is negative.

    Notes
    -----
    Lateness is planted on the log-odds by field, channel, season and unit, see
    ``truth.json``. In C effects can be recovered by a logistic model of the dossiers due
    before the data were drawn; in A and B the totals are forced, so only their direction.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     made = write_sample(Path(folder), dossiers=5_000, only=["simulated-tinh-mau-c.csv"])
    >>> [path.name for path in made]
    ['simulated-tinh-mau-c.csv', 'units.csv', 'truth.json']
    """
    plans = _chosen(only)
    if dossiers < FEWEST_DOSSIERS:
        raise InputError(f"found dossiers={dossiers}, expected at least {FEWEST_DOSSIERS}")
    if seed < 0:
        raise InputError(f"found seed={seed}, expected a whole number from 0 up")
    out = Path(out)
    _make_folder(out)
    units = {plan.file: units_of(plan, seed) for plan in PLANS}
    for plan in plans:
        records = draw_records(plan, units[plan.file], dossiers=dossiers, seed=seed)
        if plan.appointments:
            records = with_appointments(records, plan, seed=seed)
        write = write_xlsx if plan.file.endswith(".xlsx") else write_csv
        write(records, units[plan.file], plan, out / plan.file)
    table = _units_table(pd.concat(units.values(), ignore_index=True))
    table.to_csv(out / "units.csv", index=False, lineterminator="\n")
    truth = json.dumps(_truth(units, dossiers, seed), ensure_ascii=False, indent=2)
    (out / "truth.json").write_text(truth + "\n", encoding="utf-8")
    return [out / name for name in (*(plan.file for plan in plans), "units.csv", "truth.json")]


def _chosen(only: Sequence[str]) -> list[Plan]:
    """Return the plans of the named exports, all of them if none is named."""
    known = [plan.file for plan in PLANS]
    strange = [name for name in only if name not in known]
    if strange:
        raise InputError(f"only: found {strange[0]!r}, expected names among {', '.join(known)}")
    return [plan for plan in PLANS if not only or plan.file in only]


def _make_folder(out: Path) -> None:
    """Make the folder, or refuse one in which something else lives."""
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file, expected a folder for the sample; name another")
    out.mkdir(parents=True, exist_ok=True)
    ours = {plan.file for plan in PLANS} | {"units.csv", "truth.json"}
    foreign = sorted(path.name for path in out.iterdir() if path.name not in ours)
    if foreign:
        raise InputError(
            f"{out} holds {foreign[0]!r}, which is not of a sample; "
            "nothing was written - name an empty or a new folder"
        )


def _units_table(units: pd.DataFrame) -> pd.DataFrame:
    """Return the invented units as the table of units."""
    ids = units["unit_id"]
    frame = units[["unit_id", "unit_class", "parent_id", "scope", "agency_code"]].assign(
        name=ids.str.extract(r"(Mẫu .*)$", expand=False),
        full_name=ids,
        simulated=True,
        source="simulated",
    )
    return check(frame, UNITS, where="sample")


def _truth(units: dict[str, pd.DataFrame], dossiers: int, seed: int) -> dict[str, object]:
    """Return everything that was planted."""
    every = pd.concat(units.values(), ignore_index=True)
    resolving = every[every["weight"] > 0]
    return {
        "simulated": True,
        "seed": seed,
        "dossiers": dossiers,
        "log_odds_of_late": {
            "field": FIELD_EFFECTS,
            "channel": CHANNEL_EFFECTS,
            "season": {"received_in_months": list(SEASON_MONTHS), "effect": SEASON_EFFECT},
            "unit_sd": UNIT_SD,
            "slow_desk": {"unit_id": SLOW_DESK, "effect": SLOW_EFFECT},
            "unit": dict(zip(resolving["unit_id"], resolving["effect"], strict=True)),
        },
        "withdrawn_share": WITHDRAWN_SHARE,
        "suspended_share": SUSPENDED_SHARE,
        "early_share_more_online": ONLINE_EARLY,
        "exports": {plan.file: _export_truth(plan) for plan in PLANS},
    }


def _export_truth(plan: Plan) -> dict[str, object]:
    """Return what one export was made to give."""
    totals = dict(plan.totals)
    if totals:
        totals["on_time"] = totals["early"] + totals["due_day"]
        totals["resolved"] = totals["on_time"] + totals["late"]
        totals["total_received"] = totals["resolved"] + totals["pending"]
    return {
        "unit_id": plan.unit_id,
        "rule": "form06",
        "period_start_on": plan.start_on.isoformat(),
        "period_end_on": plan.end_on.isoformat(),
        "as_of": plan.end_on.isoformat(),
        "intercept": plan.intercept,
        "early_share": plan.early_share,
        "totals": {f"{name}_count": value for name, value in totals.items()},
        "odd_rows": ODD_ROWS,
        "source": plan.source,
    }
