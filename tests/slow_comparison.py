"""Simulations of the comparison, too long for every test run; writes docs/simulations.md.

    python tests/slow_comparison.py docs/simulations.md

About six minutes on two quiet cores. Coverage of intervals is summed exactly, without draws;
the rest has fixed seeds, whatever the number of cores, and states its Monte Carlo error.
"""

import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import binom

from cchc_analysis.comparison import funnel, rank_sets, ratio_funnel, shrink
from cchc_analysis.intervals import clopper_pearson, mid_p, newcombe, rate_ratio, wilson

Row = list[str]
STARTED = time.perf_counter()


def estimates(count, total) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "unit_id": [f"u{i}" for i in range(len(count))], "count": count, "total": total,
            "indicator": "on_time_rate", "bounds": "none", "unit_of_measure": "share",
            "method": "count", "rule": "strict", "source": "simulated",
        }
    )  # fmt: skip


def volumes(rng, units, size=1000):
    """The trial's volumes: lognormal around ``size`` with log sd 0.8, at least 20."""
    return np.maximum(20, np.exp(np.log(size) + 0.8 * rng.standard_normal(units)).round())


def usual(rng, units, bad=0, mean=0.98, spread=0.5):
    """The trial's units: logit-normal shares; the first ``bad`` of them stand at 70 %."""
    share = expit(logit(mean) + spread * rng.standard_normal(units))
    share[:bad] = 0.7
    total = volumes(rng, units)
    return estimates(rng.binomial(total.astype(int), share), total)


def percent(runs, digits=2) -> Row:
    """A mean over runs in percent, and its Monte Carlo error: one run in n where none differs."""
    runs = np.asarray(runs, float)
    error = runs.std(ddof=1) / np.sqrt(len(runs)) or 1 / len(runs)
    return [f"{100 * runs.mean():.{digits}f}", f"{100 * error:.{digits}f}"]


# Exact


def one_share(name: str) -> Row:
    limits = {"Wilson": wilson, "Clopper-Pearson": clopper_pearson, "mid-P": mid_p}[name]
    shares = np.linspace(0.90, 1.00, 201)
    covered = {}
    for n in np.unique(np.geomspace(20, 20_000, 40).round().astype(int)):
        counts = np.arange(n // 2, n + 1)  # counts below half have no chance worth a digit
        low, high = limits(counts, n)
        chance = binom.pmf(counts[:, None], n, shares)
        holds = (low[:, None] <= shares) & (shares <= high[:, None])
        covered |= zip(product([n], shares), (chance * holds).sum(0), strict=True)
    covered = pd.Series(covered)
    n, p = covered.idxmin()
    return [name, f"{covered.min():.5f}", f"{n:,} at {100 * p:.2f} %", f"{covered.mean():.4f}"]


def two_shares(name: str) -> Row:
    limits, true = {
        "difference (Newcombe)": (newcombe, lambda p, q: p - q),
        "ratio of late shares (Koopman)": (rate_ratio, lambda p, q: p / q),
    }[name]
    shares = (0.005, 0.01, 0.02, 0.05, 0.1, 0.3)
    covered = {}
    for m, n in ((20, 20), (20, 200), (100, 100), (100, 400), (400, 400)):
        x, y = np.mgrid[: m + 1, : n + 1]
        low, high = limits(x, m, y, n)
        for p, q in product(shares, shares):
            holds = (low <= true(p, q)) & (true(p, q) <= high)
            chance = np.outer(binom.pmf(x[:, 0], m, p), binom.pmf(y[0], n, q))
            covered[m, n, p, q] = chance[holds].sum()
    covered = pd.Series(covered)
    m, n, p, q = covered.idxmin()
    where = f"{m} at {100 * p:g} % late, {n} at {100 * q:g} % late"
    return [name, f"{covered.min():.4f}", where, f"{covered.mean():.4f}"]


# Drawn


def false_flags(units: int, runs: int, trial: float) -> Row:
    rng, flags, plain, found = np.random.default_rng(units), [], [], {0.05: [], 0.10: []}
    for _ in range(runs):
        judged = funnel(usual(rng, units))
        flags.append(judged["outside"].mean())
        plain.append(judged["outside_plain"].mean())
        for q, any_found in found.items():
            any_found.append((judged["q_value"] <= q).any())
    false = [" ± ".join(percent(any_found, 1)) for any_found in found.values()]
    return [f"{units}", f"{runs:,}", f"{trial:.2f}", *percent(flags), percent(plain, 0)[0], *false]


def power(units: int, runs: int, trial: int) -> Row:
    rng = np.random.default_rng(1000 + units)
    seen = [funnel(usual(rng, units, bad=1))["side"].iloc[0] == "low" for _ in range(runs)]
    return [f"{units}", f"{runs:,}", f"{trial}", *percent(seen, 1)]


def false_discoveries(units: int, bad: int, runs: int) -> Row:
    rng, false, seen = np.random.default_rng(2000 + units + bad), {0.05: [], 0.10: []}, []
    for _ in range(runs):
        q_value = funnel(usual(rng, units, bad=bad))["q_value"]
        for q, shares in false.items():
            found = q_value <= q
            shares.append(found.iloc[bad:].sum() / max(found.sum(), 1))
        seen.append((q_value.iloc[:bad] <= 0.05).mean())
    rates = [" ± ".join(percent(shares, 1)) for shares in false.values()]
    return [f"{bad} of {units}", f"{runs:,}", *rates, percent(seen, 0)[0]]


RANKED = {
    "5 of 30 at 100 %, the others spread about 98 %": lambda rng: (
        volumes(rng, 30), np.r_[np.ones(5), expit(logit(0.98) + 0.5 * rng.standard_normal(25))]),
    "5 of 30 at 100 %, the others all at 98 %": lambda rng: (
        volumes(rng, 30), np.r_[np.ones(5), np.full(25, 0.98)]),
    "5 of 30 at 100 %, about 100 dossiers each": lambda rng: (
        volumes(rng, 30, 100), np.r_[np.ones(5), np.full(25, 0.98)]),
    "30 alike at 99 %, about 200 dossiers each": lambda rng: (
        volumes(rng, 30, 200), np.full(30, 0.99)),
    "30 of 50,000 and 30 of 300 dossiers, all at 95 %": lambda rng: (
        np.repeat([50_000.0, 300.0], 30), np.full(60, 0.95)),
}  # fmt: skip


def rank_coverage(name: str, runs: int) -> Row:
    rng, right, alone, width = np.random.default_rng(1), [], [], []
    for run in range(runs):
        total, share = RANKED[name](rng)
        count = rng.binomial(total.astype(int), share)
        sets = rank_sets(estimates(count, total), draws=500, seed=run)
        best = 1 + (share[:, None] < share).sum(1)  # where equals stand is not decided:
        worst = len(share) - (share[:, None] > share).sum(1)  # the set must hold both ends
        right.append(((sets["rank_low"] <= best) & (worst <= sets["rank_high"])).all())
        alone.append(((sets["alone_low"] <= best) & (worst <= sets["alone_high"])).mean())
        width.append((sets["rank_high"] - sets["rank_low"] + 1).mean())
    return [name, f"{runs:,}", *percent(right, 1), *percent(alone, 1), f"{np.mean(width):.1f}"]


def shrinkage_coverage(units: int, mean: float, weight: float, size: int, runs: int) -> Row:
    rng, inside = np.random.default_rng(2), []
    for _ in range(runs):
        total = volumes(rng, units, size)
        share = rng.beta(mean * weight, (1 - mean) * weight, units)
        found = shrink(estimates(rng.binomial(total.astype(int), share), total))
        inside.append(((found["low"] <= share) & (share <= found["high"])).mean())
    prior = f"{100 * mean:g} %, worth {weight:,.0f} dossiers"
    return [f"{units}", prior, f"{size:,}", f"{runs:,}", *percent(inside, 1)]


def ratio_flags(units: int, size: int, spread: float, judged: int) -> Row:
    rng, outside, plain, runs = np.random.default_rng(3), [], [], judged // units
    for _ in range(runs):
        expected = size * np.exp(0.8 * rng.standard_normal(units))
        observed = rng.poisson(expected * np.exp(spread * rng.standard_normal(units)))
        found = ratio_funnel(
            pd.DataFrame({"unit_id": range(units), "observed": observed, "expected": expected})
        )
        outside.append(found["outside"].mean())
        plain.append(found["outside_plain"].mean())
    return [f"{units}", f"{size}", f"{spread}", f"{runs:,}", *percent(outside), *percent(plain, 1)]


@dataclass(frozen=True)
class Simulation:
    title: str
    says: str
    columns: str
    row: Callable[..., Row]
    settings: list[tuple]


ERROR = "± (Monte Carlo)"
SIMULATIONS = [
    Simulation(
        "Intervals of one share",
        "Coverage of 95 % intervals, summed exactly over all counts, for 40 totals from 20 to "
        "20,000 and 201 true shares from 90 to 100 %. Clopper-Pearson never falls below; the "
        "others hold on average.",
        "interval | least coverage | there: dossiers at a true share | mean coverage",
        one_share, [("Wilson",), ("Clopper-Pearson",), ("mid-P",)],
    ),
    Simulation(
        "Intervals of two shares",
        "The same by double sums: totals 20 to 400, late shares 0.5 to 30 % on either side.",
        "interval | least coverage | there | mean coverage",
        two_shares, [("difference (Newcombe)",), ("ratio of late shares (Koopman)",)],
    ),
    Simulation(
        "Funnel: flags though nothing is wrong",
        "Units like one another but for the usual spread: mean 98 %, logit sd 0.5, dossiers "
        "lognormal around 1,000 with log sd 0.8 and at least 20. Nominal 0.2 % of units; the "
        "last two columns are the runs with any unit at q <= 0.05 or 0.10, nominal 5 and 10 %.",
        "units | runs | flagged in the trial, % | flagged, % | "
        f"{ERROR} | outside plain limits, % | any q <= 0.05, % | any q <= 0.10, %",
        false_flags, [(8, 6000, 0.31), (11, 4500, 0.26), (30, 2000, 0.17), (150, 800, 0.13)],
    ),
    Simulation(
        "Funnel: one unit at 70 %",
        "The same units, but one stands at 70 %: the runs in which it is flagged.",
        f"units | runs | noticed in the trial, % | noticed, % | {ERROR}",
        power, [(8, 2000, 66), (11, 2000, 90), (30, 600, 100), (150, 300, 100)],
    ),
    Simulation(
        "False discoveries",
        "The same units, of which some stand at 70 %: what share of the units with a q-value up "
        "to 0.05 (0.10) is like the others after all. At most 5 and 10 % is nominal. Many bad "
        "units widen the spread they are held against, and hide one another: the last column.",
        "units at 70 % | runs | false at q <= 0.05, % | false at q <= 0.10, % | found at 0.05, %",
        false_discoveries, [(11, 1, 2000), (30, 1, 1000), (30, 3, 1000), (150, 5, 500),
                            (150, 15, 500)],
    ),
    Simulation(
        "Rank sets",
        "Runs in which the sets of all units hold at once, and units whose own set holds, nominal "
        "95 %; 500 draws each for the critical values.",
        f"setting | runs | all sets hold, % | {ERROR} | own set holds, % | {ERROR} | mean width",
        rank_coverage, [(name, 1000) for name in RANKED],
    ),
    Simulation(
        "Shrinkage",
        "Units inside their 95 % interval, over units and true shares drawn from the prior.",
        f"units | prior | dossiers about | runs | inside, % | {ERROR}",
        shrinkage_coverage, [
            (3, 0.95, 50, 300, 400), (5, 0.95, 50, 300, 400), (10, 0.95, 50, 300, 400),
            (30, 0.98, 50, 1000, 300), (10, 0.98, 1e6, 300, 300), (30, 0.995, 200, 100, 300),
            (34, 0.9, 10, 1000, 300),
        ],
    ),
    Simulation(
        "Ratios of observed to expected",
        "Units flagged though nothing is wrong, nominal 0.2 %; spread is the sd of the true "
        "ratios on the log scale. About 20 expected with a spread of 0.5 flags twice as many.",
        f"units | expected about | spread | runs | flagged, % | {ERROR} | by chance alone, % | "
        f"{ERROR}",
        ratio_flags, [(*key, 12_000) for key in product(
            (8, 30, 150), (3, 20, 500), (0.0, 0.5))],
    ),
]  # fmt: skip

INTRODUCTION = """# What the comparison holds in simulations

Made by `make simulations` (`tests/slow_comparison.py`). Everything is invented here; no real
unit is in these tables. A Monte Carlo error (after ±) is one standard error over the runs.

The seeds are fixed, so the same numbers come out again: `numpy.random.default_rng` of the
number of units for false flags, of 1000 + units for one unit at 70 %, of 2000 + units + those at
70 % for false discoveries, of 1 for rank sets, 2 for shrinkage and 3 for ratios.
"""


def run(simulation: Simulation, setting: tuple) -> Row:
    """One row of a table, told on stderr when it is done."""
    row = simulation.row(*setting)
    spent = time.perf_counter() - STARTED
    print(f"{spent:4.0f} s  {simulation.title}: {' | '.join(row)}", file=sys.stderr, flush=True)
    return row


def main(path: str) -> None:
    parts = [INTRODUCTION]
    with ProcessPoolExecutor(2) as pool:
        tables = [[pool.submit(run, s, setting) for setting in s.settings] for s in SIMULATIONS]
        for simulation, rows in zip(SIMULATIONS, tables, strict=True):
            head = simulation.columns.split(" | ")
            lines = [head, ["---"] * len(head), *(row.result() for row in rows)]
            table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
            parts.append(f"## {simulation.title}\n\n{simulation.says}\n\n{table}\n")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
