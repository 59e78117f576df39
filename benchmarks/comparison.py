"""The whole comparison of 3,321 communes under 34 parents by 40 strata: seconds and memory.

    python benchmarks/comparison.py

Each commune is compared within its parent: case mix, funnel, shrinkage, rank sets, pairs, best
and worst three. Aim: at most 30 seconds and 1 GB on 2 cores, the start of Python included.
"""

import resource
import time

import numpy as np
import pandas as pd

from cchc_analysis.comparison import (
    best_or_worst,
    funnel,
    noticeable,
    rank_sets,
    shrink,
    standardise,
    tell_apart,
)
from cchc_analysis.metrics import on_time_rate

COMMUNES, PARENTS = 3321, 34
STRATA = {"field": 5, "procedure": 4, "channel": 2}  # 40 cells
STARTED = time.perf_counter()


def invented_tally(seed: int = 0) -> pd.DataFrame:
    """A cell for every commune, field, procedure and channel; small communes have many zeros."""
    rng = np.random.default_rng(seed)
    unit, *codes = np.indices((COMMUNES, *STRATA.values())).reshape(1 + len(STRATA), -1)
    field, procedure, channel = codes
    stratum = np.ravel_multi_index(codes, tuple(STRATA.values()))
    size = np.exp(rng.normal(3, 0.8, COMMUNES))[unit] * rng.gamma(1, 1, stratum.max() + 1)[stratum]
    total = rng.poisson(size)
    logit = -4 + rng.normal(0, 0.5, COMMUNES)[unit] + rng.normal(0, 1, stratum.max() + 1)[stratum]
    late = rng.binomial(total, 1 / (1 + np.exp(-logit)))
    return pd.DataFrame(
        {
            "unit_id": np.char.add("c", unit.astype(str)), "parent": unit % PARENTS,
            "field": field, "procedure": 10 * field + procedure, "channel": channel,
            "on_time_count": total - late, "late_count": late,
            "period_start_on": "2026-01-01", "period_end_on": "2026-06-30", "basis": "period",
            "rule": "strict", "as_of": "2026-07-01", "source": "invented",
        }
    )  # fmt: skip


def compare(cells: pd.DataFrame) -> dict[str, float]:
    """Seconds of each step for the communes of one parent."""
    spent = {}

    def timed(name, step, *given):
        start = time.perf_counter()
        found = step(*given)
        spent[name] = time.perf_counter() - start
        return found

    timed("standardise", standardise, cells, list(STRATA))
    estimates = timed("on_time_rate", on_time_rate, cells)
    timed("noticeable", noticeable, timed("funnel", funnel, estimates))
    timed("shrink", shrink, estimates)
    timed("rank_sets", rank_sets, estimates)
    timed("tell_apart", tell_apart, estimates)
    timed("best_or_worst", best_or_worst, estimates, 3)
    return spent


def main() -> None:
    tally = invented_tally()
    rounds = [compare(cells.drop(columns="parent")) for _, cells in tally.groupby("parent")]
    dossiers = tally[["on_time_count", "late_count"]].to_numpy().sum()
    print(f"{len(tally):,} cells, {dossiers:,} dossiers")
    print(pd.DataFrame(rounds).sum().round(1).to_string())
    wall, cpu = time.perf_counter() - STARTED, time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"all: {wall:.1f} s by the clock, {cpu:.1f} s of processor, {peak:.0f} MB at most")


if __name__ == "__main__":
    main()
