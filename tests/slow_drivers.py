"""Simulations of the drivers, too long for every test run; writes docs/simulations_drivers.md.

    python tests/slow_drivers.py docs/simulations_drivers.md

A few minutes on one core. The seeds are fixed; every figure states its Monte Carlo error, and
the ones held to a band say whether they are in it. Ends with an error where one is not.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import norm, t

from cchc_analysis.drivers import late_drivers
from cchc_analysis.drivers.jackknife import jackknife_covariance
from cchc_analysis.drivers.logit import clustered_covariance
from cchc_analysis.drivers.newton import fit_logits
from cchc_analysis.drivers.random_intercept import random_intercept

STARTED = time.perf_counter()
RUNS, SEEDS = 10_000, 200
LATE, SD = 0.1, 0.5  # late share of the middle cluster; between clusters, log odds
BAND = (3.0, 7.5)  # percent of true nulls that CRV3 with t(G-1) may reject
ARMS = np.array([[1.0, 0.0], [1.0, 1.0]])

# Type-I error


def sizes(clusters: int, uneven: bool) -> np.ndarray:
    """Dossiers by cluster: 600 each, or 100 to 3,200, evenly spread on the log scale."""
    return np.geomspace(100, 3200, clusters).round() if uneven else np.full(clusters, 600.0)


def draw(clusters: int, treated: int, uneven: bool) -> tuple[np.ndarray, ...]:
    """Late dossiers, dossiers and arm by run and cluster; which are treated is drawn anew."""
    rng = np.random.default_rng([clusters, treated, uneven])
    share = expit(logit(LATE) + SD * rng.standard_normal((RUNS, clusters)))
    total = np.broadcast_to(sizes(clusters, uneven), share.shape)
    late = rng.binomial(total.astype(int), share).astype(float)
    arm = rng.permuted(np.broadcast_to(np.arange(clusters) < treated, share.shape), axis=1)
    return late, total, arm


def by_arm(values: np.ndarray, arm: np.ndarray) -> np.ndarray:
    return np.stack([(values * ~arm).sum(axis=1), (values * arm).sum(axis=1)], axis=1)


def slope_errors(late, total, arm) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The treated clusters' coefficient by run, its CRV1 and its CRV3 error.

    The package's Newton on all runs, and all runs less a cluster, at once.
    """
    runs, clusters = late.shape
    sums = by_arm(late, arm), by_arm(total, arm)
    found = fit_logits(*sums, ARMS, np.array([logit(LATE), 0.0]))
    share = expit(found @ ARMS.T)
    expected = np.where(arm, share[:, 1:], share[:, :1]) * total
    weight = sums[1] * share * (1 - share)
    pull = ((late - expected) / np.where(arm, weight[:, 1:], weight[:, :1])) ** 2
    dossiers = total.sum(axis=1)
    factor = clusters / (clusters - 1) * (dossiers - 1) / (dossiers - 2)
    own = np.stack([~arm, arm], axis=2)
    left = [
        whole[:, None, :] - own * each[..., None]
        for whole, each in zip(sums, (late, total), strict=True)
    ]
    empty = (left[1] == 0).any(axis=2).ravel()
    without = np.full((runs * clusters, 2), np.nan)
    without[~empty] = fit_logits(
        *(part.reshape(-1, 2)[~empty] for part in left),
        ARMS,
        np.repeat(found, clusters, axis=0)[~empty],
    )
    apart = without[:, 1].reshape(runs, clusters) - found[:, 1:]
    crv3 = np.sqrt((clusters - 1) / clusters * (apart**2).sum(axis=1))
    return found[:, 1], np.sqrt(factor * pull.sum(axis=1)), crv3


def require_the_package(late, total, arm, slope, crv1, crv3) -> None:
    """The first 25 runs, one at a time, by the functions that late_drivers calls."""
    for run in range(25):
        design = ARMS[arm[run].astype(int)]
        groups = np.arange(len(design))
        found = fit_logits(late[run][None], total[run][None], design, np.zeros(2))[0]
        each = late[run], total[run], design, groups, found
        assert np.isclose(found[1], slope[run], rtol=1e-8)
        assert np.isclose(clustered_covariance(*each)[1, 1], crv1[run] ** 2, rtol=1e-6)
        assert np.isclose(
            jackknife_covariance(*each)[1, 1], crv3[run] ** 2, rtol=1e-6, equal_nan=True
        )


def share_of(runs: np.ndarray) -> str:
    """A share of runs in percent, with its Monte Carlo error."""
    share = np.mean(runs)
    return f"{100 * share:.2f} ± {100 * np.sqrt(share * (1 - share) / len(runs)):.2f}"


def rejections(clusters: int, treated: int, uneven: bool) -> tuple[list[str], float]:
    """One row of the table, and the rejection rate of CRV3 in percent."""
    late, total, arm = draw(clusters, treated, uneven)
    slope, crv1, crv3 = slope_errors(late, total, arm)
    require_the_package(late, total, arm, slope, crv1, crv3)
    degrees = clusters - 1
    held = np.isfinite(crv3)
    rejected = np.abs(slope[held]) > t.isf(0.025, degrees) * crv3[held]
    row = [
        f"{clusters}", f"{treated}", "100 to 3,200" if uneven else "600 each",
        share_of(rejected) if held.any() else "no interval",
        share_of(np.abs(slope) > norm.isf(0.025) * crv1),
        share_of(np.abs(slope) > t.isf(0.025, degrees) * crv1),
        f"{100 * (1 - held.mean()):.1f}",
    ]  # fmt: skip
    return row, 100 * rejected.mean() if held.any() else np.nan


# Planted drivers

PLANTED = {  # log odds against the first level
    "field": {"civil": 0.0, "land": 0.9, "construction": 0.4, "justice": -0.5},
    "channel": {"online": 0.0, "in_person": 0.3},
    "weekday": dict.fromkeys(["1", "2", "3", "4", "5"], 0.0),  # innocent
    "area": {"plain": 0.0, "hills": 0.0},  # innocent, and the same for all dossiers of a unit
}
INNOCENT = ("weekday", "area")
REFERENCE = {term: next(iter(levels)) for term, levels in PLANTED.items()}
SHRINK = 1 / np.sqrt(1 + 3 * SD**2 / np.pi**2)
EMPTY = "2026-01-01", "2026-06-30", "due", "strict", "2026-07-01", "simulated"


def province(seed: int, units: int) -> tuple[pd.DataFrame, np.ndarray]:
    """A tally with planted drivers, and the true late share of each cell over all units.

    Units differ by an intercept with a bridge distribution (Wang and Louis 2003), whose sd is
    that of the other simulations: then the logit holds over all units as well as within
    each, where all effects are larger by 1 / SHRINK. Each unit has a mix of its own.
    """
    rng = np.random.default_rng([units, seed])
    keys = pd.MultiIndex.from_product([range(units), *PLANTED.values()], names=["unit", *PLANTED])
    cells = keys.to_frame(index=False)
    hilly = rng.permutation(units) < units // 2
    cells = cells[(cells["area"] == "hills").to_numpy() == hilly[cells["unit"]]]
    cells = cells.reset_index(drop=True)
    size = np.exp(rng.normal(np.log(600), 0.8, units))
    for term in ("field", "channel"):
        mix = rng.dirichlet(np.full(len(PLANTED[term]), 3.0), units)
        place = pd.Index(PLANTED[term]).get_indexer(cells[term])
        cells[f"{term}_mix"] = mix[cells["unit"], place]
    expected = size[cells["unit"]] * cells["field_mix"] * cells["channel_mix"] / 5
    total = rng.poisson(expected)
    odds = logit(LATE) + sum(cells[term].map(PLANTED[term]) for term in PLANTED)
    chance = rng.uniform(size=units)
    bridge = (
        np.log(np.sin(SHRINK * np.pi * chance) / np.sin(SHRINK * np.pi * (1 - chance))) / SHRINK
    )
    late = rng.binomial(total, expit(odds / SHRINK + bridge[cells["unit"]]))
    names = ["period_start_on", "period_end_on", "basis", "rule", "as_of", "source"]
    tally = cells[list(PLANTED)].assign(
        unit_id=[f"unit {unit:03}" for unit in cells["unit"]], on_time_count=total - late,
        late_count=late, overdue_count=0, **dict(zip(names, EMPTY, strict=True)),
    )  # fmt: skip
    return tally[total > 0], odds[total > 0].to_numpy()


def true_effects(tally: pd.DataFrame, odds: np.ndarray) -> dict[tuple[str, str], float]:
    """What each level adds to the late share, on average over the dossiers, against the first."""
    weight = tally[["on_time_count", "late_count"]].sum(axis=1)
    return {
        (term, level): np.average(
            expit(odds - tally[term].map(values) + value) - expit(odds - tally[term].map(values)),
            weights=weight,
        )
        for term, values in PLANTED.items()
        for level, value in values.items()
    }


def judged(units: int) -> pd.DataFrame:
    """One row per seed and level: whether the intervals hold the truth, and p below 0.05."""
    found = []
    for seed in range(SEEDS):
        tally, odds = province(seed, units)
        effects = late_drivers(tally, list(PLANTED), reference=REFERENCE).effects
        truth = true_effects(tally, odds)
        for row in effects[effects["reading"] == "estimated"].itertuples():
            share, ratio = truth[row.term, row.level], np.exp(PLANTED[row.term][row.level])
            found.append(
                {
                    "seed": seed, "term": row.term, "held": row.low <= ratio <= row.high,
                    "effect_held": row.effect_low <= share <= row.effect_high,
                    "blamed": row.p_value < 0.05,
                }
            )  # fmt: skip
    return pd.DataFrame(found)


def by_seed(values: pd.Series, seeds: pd.Series) -> tuple[float, float]:
    """A share in percent and its Monte Carlo error: the levels of a seed go together."""
    means = 100 * values.groupby(seeds).mean()
    return means.mean(), means.std(ddof=1) / np.sqrt(len(means))


def coverage(units: int) -> Iterator[tuple[list[str], bool]]:
    """Rows of the table, each with whether it is within three Monte Carlo errors of nominal."""
    found = judged(units)
    planted = ~found["term"].isin(INNOCENT)
    for what, rows, column, nominal in (
        ("planted, odds ratio held", planted, "held", 95),
        ("planted, percentage points held", planted, "effect_held", 95),
        ("innocent weekday blamed", found["term"] == "weekday", "blamed", 5),
        ("innocent area blamed", found["term"] == "area", "blamed", 5),
    ):
        value, error = by_seed(found[column][rows], found["seed"][rows])
        good = value >= 95 - 3 * error if nominal == 95 else value <= 5 + 3 * error
        yield [f"{units}", what, f"{value:.1f} ± {error:.1f}", f"{nominal}", said(good)], good


# Unit effects and the random intercept


def spread(units: int) -> list[str]:
    """How the random intercept finds the spread between units again."""
    rng, found = np.random.default_rng(units), []
    for _ in range(SEEDS):
        total = np.exp(rng.normal(np.log(300), 0.8, units)).astype(int) + 5
        late = rng.binomial(total, expit(logit(LATE) + SD * rng.standard_normal(units)))
        tally = pd.DataFrame({"unit_id": np.arange(units).astype(str), "one": "all"}).assign(
            on_time_count=total - late, late_count=late, overdue_count=0,
            period_start_on="2026-01-01", period_end_on="2026-06-30", basis="due",
            rule="strict", as_of="2026-07-01", source="simulated",
        )  # fmt: skip
        found.append(random_intercept(tally, ["one"]))
    sd = np.array([fit.sd for fit in found])
    held = np.array([fit.sd_low <= SD <= fit.sd_high for fit in found])
    return [f"{units}", f"{sd.mean():.3f} ± {sd.std(ddof=1) / np.sqrt(SEEDS):.3f}", share_of(held)]


def said(good: bool) -> str:
    return "yes" if good else "**no**"


def table(columns: str, rows: list[list[str]]) -> str:
    head = columns.split(" | ")
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *rows))


def told(row: list[str]) -> list[str]:
    print(f"{time.perf_counter() - STARTED:4.0f} s  {' | '.join(row)}", file=sys.stderr, flush=True)
    return row


def main(path: str) -> None:
    held, few, planted, good = [], [], [], []
    for clusters in (6, 10, 20, 63):
        for uneven in (False, True):
            row, rate = rejections(clusters, clusters // 2, uneven)
            good.append(BAND[0] <= rate <= BAND[1])
            held.append(told([*row, said(good[-1])]))
    for clusters, treated in ((6, 1), (6, 2), (10, 2), (20, 2), (20, 4), (63, 2), (63, 5)):
        few += [told(rejections(clusters, treated, uneven)[0]) for uneven in (False, True)]
    for units in (12, 63):
        for row, fits in coverage(units):
            planted.append(told(row))
            good.append(fits)
    spreads = [told(spread(units)) for units in (10, 30, 100)]
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(page(held, few, planted, spreads), encoding="utf-8")
    if not all(good):
        sys.exit(f"{good.count(False)} figures are outside their band; see {path}")


def page(held: list, few: list, planted: list, spreads: list) -> str:
    rates = "CRV3 with t(G-1), % | z, % | CRV1 with t(G-1), % | no interval, %"
    columns = f"clusters | treated | dossiers by cluster | {rates}"
    return f"""# What the drivers hold in simulations

Made by `make simulations` (`tests/slow_drivers.py`). Everything is invented here. A Monte
Carlo error (after ±) is one standard error. The seeds are fixed: `numpy.random.default_rng`
of (clusters, treated, uneven) for false alarms, of (units, seed) for planted drivers, of the
number of units for the random intercept.

## False alarms of a term that does nothing

{RUNS:,} runs each. A term of two levels that a cluster has or has not (drawn anew in each
run) is tested at 5 %. Clusters differ by a normal intercept with sd {SD} (log odds) about a
late share of {100 * LATE:g} %. 'z' is the usual sandwich (CRV1) held against the normal
distribution. Half of the clusters treated: CRV3 must reject in {BAND[0]:g} to {BAND[1]:g} %.

{table(columns + " | in the band", held)}

Few clusters treated: published without a band. With one treated cluster, CRV3 gives no
interval at all, because nothing is left without that cluster; the others are given as they
come out.

{table(columns, few)}

## Planted drivers

{SEEDS} simulated provinces each, by `late_drivers` as it is called by default (CRV3): effects
of field and channel are planted, weekday and area do nothing. Units differ by sd {SD} (a
bridge distribution, with which planted log odds hold over all units), in size (lognormal
around 600 dossiers, log sd 0.8) and in their mix. Within three Monte Carlo errors of nominal,
or on the safe side of it.

{table("units | figure | found, % | nominal, % | holds", planted)}

## Spread between units

{SEEDS} runs each of `random_intercept`, units of about 300 dossiers (log sd 0.8), true sd {SD}.
Maximum likelihood finds a little too small a spread among few units.

{table("units | mean estimated sd | true sd inside its 95 % limits, %", spreads)}
"""


if __name__ == "__main__":
    main(sys.argv[1])
