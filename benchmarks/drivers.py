"""What drivers cost on counts, beside the same logit on one row per dossier.

    python benchmarks/drivers.py [--rows N] [--repeats N] [--folder DIR]

A Parquet file of dossiers is made (700 units, 6 fields, 3 channels, 8 months, 60 procedures).
Each side is a fresh process; seconds are counted after its imports, memory is its peak. The
sides take turns, and medians are compared.

formula
    pandas reads the columns needed, and statsmodels fits ``logit(formula, rows)`` with errors
    clustered by unit: the terms are named, as they are to ``late_drivers``.
rows
    The same without the formula: dummies made by hand, and ``Logit(late, design)``. It is the
    least that statsmodels does on rows.
tally
    ``count_cohorts`` counts the file in DuckDB, and ``late_drivers`` fits the same terms with the
    same clustered errors. Coefficients and errors of all three must agree to 1e-8.
fit alone
    statsmodels' ``Logit(...).fit`` with clustered errors on the rows ready in memory, beside
    ``fit_counts`` and ``clustered_covariance`` on the cells ready in memory.

The bars, for 5,000,000 rows, are held to the formula, because ``late_drivers`` too is given terms
by name and makes the matrix itself; how many times faster than rows is printed beside each. With
field, channel and month (about 100,000 cells with the units) 12 times faster with a fifth of the
memory; with field and channel 40 times; its fit alone 1,000 times faster than that on rows. And
on a million dossiers: 700 unit effects absorbed in 3 s, a random intercept on about 100,000 cells
in 30 s.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from cchc_analysis.columns import DOSSIERS, check

UNITS, FIELDS, CHANNELS, MONTHS, PROCEDURES = 700, 6, 3, 8, 60
TIMED = ("seconds", "count", "fit")
FINE, COARSE = ["field", "channel", "received_month"], ["field", "channel"]

PREPARED = """
import json, sys, time
import numpy as np, pandas as pd, statsmodels.api as sm, statsmodels.formula.api as smf
path, *terms = sys.argv[1:]
start = time.perf_counter()
columns = ["unit_id", "received_at", "due_at", "result_at", "field", "channel"]
rows = pd.read_parquet(path, columns=columns)
if "received_month" in terms:
    rows["received_month"] = rows["received_at"].dt.month
late = rows["result_at"].isna() | (rows["result_at"].dt.normalize() > rows["due_at"].dt.normalize())
groups = pd.factorize(rows["unit_id"])[0]
clustered = {"disp": 0, "tol": 1e-10, "cov_type": "cluster", "cov_kwds": {"groups": groups}}
"""

FORMULA = (
    PREPARED
    + """
rows["late"] = late.astype(float)
commonest = {t: rows[t].value_counts().index[0] for t in terms}
factor = {t: f"C({t}, Treatment({commonest[t]!r}))" for t in terms}
ready = time.perf_counter()
fit = smf.logit("late ~ " + " + ".join(factor.values()), rows).fit(**clustered)
done = time.perf_counter()
def named(values):
    plain = {}
    for name, value in values.items():
        for t, text in factor.items():
            name = name.replace(text + "[T.", t + "=")
        plain[name.rstrip("]").replace("Intercept", "intercept")] = value
    return plain
print(json.dumps({"seconds": done - start, "fit": done - ready,
                  "coefficients": named(fit.params), "errors": named(fit.bse)}))
"""
)

ROWS = (
    PREPARED
    + """
dummies = [pd.get_dummies(rows[t], prefix=t, prefix_sep="=", dtype=float) for t in terms]
parts = [part.drop(columns=part.sum().idxmax()) for part in dummies]
design = pd.concat([pd.Series(1.0, rows.index, name="intercept"), *parts], axis=1)
del rows, parts, dummies
ready = time.perf_counter()
fit = sm.Logit(late.to_numpy(float), design).fit(**clustered)
done = time.perf_counter()
print(json.dumps({"seconds": done - start, "fit": done - ready,
                  "coefficients": fit.params.to_dict(), "errors": fit.bse.to_dict()}))
"""
)

TALLY = """
import json, sys, time
import numpy as np, pandas as pd
import formulaic, statsmodels.genmod.generalized_linear_model, scipy.stats, scipy.optimize
from cchc_analysis.tally import count_cohorts
from cchc_analysis.drivers import late_drivers
from cchc_analysis.drivers.logit import clustered_covariance, fit_counts
path, *terms = sys.argv[1:]
start = time.perf_counter()
tally = count_cohorts(path, terms, cohort="due", periods=("2025-01-01", "2025-12-31"),
                      as_of="2026-06-30")
counted = time.perf_counter()
fit = late_drivers(tally, terms, errors="clustered")
done = time.perf_counter()
rows, base = fit.model.rows, fit.model.base
cells = tally.astype(dict.fromkeys(terms, str)).merge(
    rows[terms].assign(place=np.arange(len(rows))), on=terms, validate="m:1")
late = (cells["late_count"] + cells["overdue_count"]).to_numpy()
total = late + cells["on_time_count"].to_numpy()
groups, design = pd.factorize(cells["unit_id"])[0], base[cells["place"]]
counts = [rows[name].to_numpy() for name in ("late", "total")]
spent = []
for _ in range(5):
    ready = time.perf_counter()
    coefficients = fit_counts(*counts, base)
    clustered_covariance(late, total, design, groups, coefficients)
    spent.append(time.perf_counter() - ready)
table = fit.coefficients.set_index("name")
print(json.dumps({"seconds": done - start, "count": counted - start, "fit": min(spent),
                  "cells": fit.cells, "coefficients": table["coefficient"].to_dict(),
                  "errors": table["std_error"].to_dict()}))
"""

UNIT_EFFECTS = """
import json, sys, time
import formulaic, statsmodels.genmod.generalized_linear_model, scipy.stats, scipy.optimize
from cchc_analysis.drivers import late_drivers
from cchc_analysis.drivers.random_intercept import random_intercept
from cchc_analysis.tally import count_cohorts
path = sys.argv[1]
terms = ["field", "channel", "received_month"]
count = lambda by: count_cohorts(path, by, cohort="due", periods=("2025-01-01", "2025-12-31"),
                                 as_of="2026-06-30")
tally, by_procedure = count(terms), count(["procedure", "channel"])
found = {}
def timed(name, step, *given, **named):
    start = time.perf_counter(), time.process_time()
    fit = step(*given, **named)
    found[name] = time.perf_counter() - start[0], time.process_time() - start[1]
    return fit
absorbed = timed("700 units absorbed", late_drivers, tally, terms, absorb="unit_id",
                 errors="clustered")
timed("random intercept, terms", random_intercept, tally, terms)
timed("random intercept, 60 procedures absorbed", random_intercept, by_procedure, ["channel"],
      absorb="procedure")
print(json.dumps({"seconds": found, "cells": [len(tally), len(by_procedure)],
                  "units": len(absorbed.units)}))
"""


def write_dossiers(path: Path, count: int) -> None:
    """A Parquet file as reading writes it, of invented dossiers, half a million at a time."""
    rng = np.random.default_rng(0)
    share, habit = rng.dirichlet(np.full(UNITS, 3.0)), rng.normal(0, 0.5, UNITS)
    writer = None
    for first in range(0, count, 500_000):
        rows = dossiers(rng, first, min(500_000, count - first), share, habit)
        table = pa.Table.from_pandas(rows, preserve_index=False)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    writer.close()


def dossiers(rng, first: int, count: int, share: np.ndarray, habit: np.ndarray) -> pd.DataFrame:
    """Dossiers due in 2025; later by field and channel, and by their unit's habit."""
    unit, procedure = rng.choice(UNITS, count, p=share), rng.integers(0, PROCEDURES, count)
    field, channel = procedure % FIELDS, rng.choice(CHANNELS, count, p=[0.5, 0.4, 0.1])
    days = rng.integers(0, 30 * MONTHS, count)
    received = pd.Timestamp("2025-01-01T08:00") + pd.to_timedelta(days, unit="D")
    odds = -2.5 + 0.2 * field + 0.3 * channel + habit[unit]
    late = rng.uniform(size=count) < 1 / (1 + np.exp(-odds))
    frame = pd.DataFrame(
        {
            "dossier_id": np.arange(first, first + count).astype(str),
            "unit_id": np.char.add("unit ", unit.astype(str)),
            "field": np.char.add("field ", field.astype(str)),
            "procedure": np.char.add("procedure ", procedure.astype(str)),
            "channel": np.array(["online", "in_person", "postal"])[channel],
            "received_at": received, "due_at": received + pd.Timedelta(days=20),
            "result_at": received + pd.to_timedelta(np.where(late, 25, 10), unit="D"),
            "status": 10, "source": "invented",
        }
    )  # fmt: skip
    return check(frame, DOSSIERS)


def measured(program: str, *arguments: object) -> dict:
    """What a fresh process printed, and its peak memory in gigabytes."""
    process = subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"a measured process failed (status {status})")
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    return {**json.loads(printed.splitlines()[-1]), "peak": usage.ru_maxrss * unit / 1e9}


def said(name: str, value: float, bar: float, *, least: bool) -> None:
    within = value >= bar if least else value <= bar
    print(f"  {name}: {value:,.3g}, {'within' if within else 'OVER'} the bar of {bar:,g}")


def median_side(rounds: list[dict]) -> dict:
    """One side's rounds as one: medians of its seconds, its highest peak of memory."""
    seconds = {name: median(one[name] for one in rounds) for name in TIMED if name in rounds[0]}
    return {**rounds[0], **seconds, "peak": max(one["peak"] for one in rounds)}


def compare(path: Path, terms: list[str], bars: dict[str, float], repeats: int) -> None:
    """All sides on the same file by turns; the same answer, in how much less."""
    programs = {"formula": FORMULA, "rows": ROWS, "tally": TALLY}
    rounds = []
    for number in range(repeats):
        print(f"\r  round {number + 1} of {repeats} ...", end="", flush=True)
        rounds.append({name: measured(text, path, *terms) for name, text in programs.items()})
    print("\r", end="")
    sides = {name: median_side([one[name] for one in rounds]) for name in programs}
    tally, rows = sides["tally"], sides["rows"]
    print(f"{' + '.join(terms)}: {tally['cells']:,} cells")
    for name, side in sides.items():
        spent = f"count {side['count']:.2f}, fit alone" if name == "tally" else "fit"
        print(
            f"  {name:<8}{side['seconds']:7.2f} s ({spent} {side['fit']:.3g}), "
            f"peak {side['peak']:.2f} GB"
        )
    for name in ("formula", "rows"):
        for kind in ("coefficients", "errors"):
            apart = (pd.Series(sides[name][kind]) - pd.Series(tally[kind])).abs()
            assert apart.notna().all() and apart.max() < 1e-8, f"{name}, {kind}:\n{apart}"
        faster = sides[name]["seconds"] / tally["seconds"]
        if name in bars:
            said(f"times faster than {name}", faster, bars[name], least=True)
        else:
            print(f"  times faster than {name}: {faster:,.3g}")
    if "peak" in bars:
        said("share of the memory of rows", tally["peak"] / rows["peak"], bars["peak"], least=False)
    if "fit" in bars:
        said("times faster, fit alone", rows["fit"] / tally["fit"], bars["fit"], least=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="keep the files here; else they are deleted")
    parser.add_argument("--make", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make:
        return write_dossiers(options.folder / f"{options.make}.parquet", options.make)
    place = nullcontext(options.folder) if options.folder else tempfile.TemporaryDirectory()
    with place as folder:
        paths = {count: Path(folder) / f"{count}.parquet" for count in (options.rows, 1_000_000)}
        for count, path in paths.items():
            if not path.exists():  # in a process of its own, whose memory nobody inherits
                command = [sys.executable, __file__, "--make", str(count), "--folder", folder]
                subprocess.run(command, check=True)
        compare(paths[options.rows], FINE, {"formula": 12, "peak": 0.2}, options.repeats)
        compare(paths[options.rows], COARSE, {"formula": 40, "fit": 1000}, options.repeats)
        found = measured(UNIT_EFFECTS, paths[1_000_000])
        cells = " and ".join(f"{count:,}" for count in found["cells"])
        print(f"a million dossiers, {found['units']} units: {cells} cells")
        for name, (clock, processor) in found["seconds"].items():
            told = f"{name}, {processor:.1f} s of processor; seconds by the clock"
            said(told, clock, 3 if "700" in name else 30, least=False)


if __name__ == "__main__":
    main()
