"""Back-tests of the early warning, too long for every test run; writes a Markdown section.

    python tests/slow_early_warning.py docs/early_warning.md

About nine minutes on one core (the times told on stderr are CPU seconds). Each seed is a new
province of the simulator: 11 districts and 150 communes, 120,000 dossiers received in 2023 and
2024, dirt included. The seeds are fixed, so the same numbers come out again.
"""

import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from cchc_analysis.backlog import (
    Backtest,
    backtest,
    backtest_calibration,
    backtest_coverage,
    backtest_scores,
)
from cchc_analysis.sample.draw import draw_records
from cchc_analysis.sample.world import CHANNELS, PLANS, PROCEDURES, units_of
from cchc_analysis.tally.landmarks import count_landmarks

SEEDS = range(1, 51)
WEEKS = 26
FIRST_CUTOFF, AS_OF = "2024-06-07", "2024-12-31"
DOSSIERS = 120_000
PLAN = replace(PLANS[2], start_on=date(2023, 1, 1), end_on=date(2024, 12, 31))
WABO = Path(__file__).resolve().parents[2] / "shared/data/wabo_receipt/receipt_cases.csv"
STARTED = time.process_time()


def province(seed: int, dossiers: int = DOSSIERS) -> pd.DataFrame:
    """The dossiers of one simulated province, as a reading of its export would give them."""
    units = units_of(PLAN, seed)
    rows = draw_records(PLAN, units, dossiers=dossiers, seed=seed)
    chosen = [PROCEDURES[i] for i in rows["procedure"]]
    times = ["received_at", "due_at", "result_at", "returned_at"]
    return rows[times].assign(
        dossier_id=np.arange(len(rows)).astype(str),
        unit_id=units["unit_id"].to_numpy()[rows["unit"]],
        field=[procedure.field for procedure in chosen],
        procedure=[procedure.name for procedure in chosen],
        channel=np.array(CHANNELS)[rows["channel"]],
        status=rows["status"],
        source="simulated",
    )


def tested(dossiers: pd.DataFrame, first: str, weeks: int, as_of: str, **options) -> Backtest:
    """Weekly forecasts from ``first`` on, each learnt from the weeks before it."""
    cutoffs = pd.date_range(first, periods=weeks, freq="7D")
    start = dossiers["received_at"].min().normalize()
    before = (cutoffs[0] - start).days // 7
    every = pd.date_range(cutoffs[0] - pd.Timedelta(weeks=before), cutoffs[-1], freq="7D")
    landmarks = count_landmarks(dossiers, cutoffs=every, as_of=as_of, **options)
    return backtest(landmarks, cutoffs=cutoffs)


def wabo() -> pd.DataFrame:
    """The receipt phase of environmental permits: 1,434 dossiers of a Dutch municipality."""
    rows = pd.read_csv(WABO)
    times = {"received_at": "received_at", "due_at": "due_at", "finished_at": "result_at"}
    found = {new: pd.to_datetime(rows[old], format="ISO8601").dt.tz_localize(None)
             for old, new in times.items()}  # fmt: skip
    channels = {"Internet": "online", "Desk": "in_person", "Post": "postal"}
    return pd.DataFrame(found).assign(
        dossier_id=rows["case_id"], unit_id=rows["unit"], field=rows["topic"], procedure=None,
        channel=rows["channel"].map(channels).fillna("other"), source="WABO receipt",
    )  # fmt: skip


def table(head: str, rows: list[list[str]]) -> str:
    names = head.split(" | ")
    return "\n".join(f"| {' | '.join(line)} |" for line in [names, ["---"] * len(names), *rows])


def mean(values: pd.Series, digits: int = 3) -> str:
    """A mean over seeds, and its Monte Carlo error."""
    return f"{values.mean():.{digits}f} ± {values.std(ddof=1) / np.sqrt(len(values)):.{digits}f}"


def judged(holds: bool) -> str:
    return "holds" if holds else "MISSED"


def simulated_section(scores: pd.DataFrame, coverage: pd.DataFrame) -> str:
    better = (scores["brier"] < scores[["brier_naive", "brier_on_time"]].min(axis=1)).sum()
    pooled = coverage["count"].sum() / coverage["total"].sum()
    slope, seeds = scores["slope"].mean(), len(scores)
    bars = [
        ["calibration slope, mean over seeds", mean(scores["slope"]), "0.9 to 1.1",
         judged(0.9 <= slope <= 1.1)],
        ["Brier score better than both baselines", f"{better} of {seeds} seeds", "on average",
         judged(scores["brier"].mean() < scores[["brier_naive", "brier_on_time"]].mean().min())],
        ["95 % intervals that held, pooled", f"{100 * pooled:.1f} %", "93 to 97 %",
         judged(0.93 <= pooled <= 0.97)],
    ]  # fmt: skip
    measured = [
        [name, mean(scores[column], 4)]
        for name, column in {
            "Brier score": "brier", "of the share late so far": "brier_naive",
            "of 'all on time'": "brier_on_time", "AUC": "auc", "calibration in the large": "level",
        }.items()
    ]  # fmt: skip
    measured.append(["late over expected", mean(scores["late"] / scores["expected"])])
    by_weeks = coverage.groupby("weeks")[["count", "total"]].sum()
    widths = coverage.groupby("weeks")[["expected", "late"]].mean()
    held = [
        [f"{weeks}", f"{row['total']:,.0f}", f"{100 * row['count'] / row['total']:.1f}",
         f"{widths.loc[weeks, 'expected']:.1f}", f"{widths.loc[weeks, 'late']:.1f}"]
        for weeks, row in by_weeks.iterrows()
    ]  # fmt: skip
    return "\n\n".join([
        "## Early warning: simulated provinces",
        f"{seeds} seeds x {WEEKS} weekly cut-offs from {FIRST_CUTOFF}; {DOSSIERS:,} dossiers in "
        "two years, about 650 of them open and in time at a cut-off. Dossiers received in November "
        "and December are late more often, so the last weeks test a change of level. Lateness is "
        "drawn from field, channel, season and unit; days to the due date tell because most "
        "punctual dossiers are finished before it. Much of the rest is chance, and no forecast "
        "can foretell it: the Brier scores are close.",
        table("figure | measured | bar | ", bars),
        table("figure | mean over seeds ± Monte Carlo", measured),
        table("weeks ahead | intervals | held, % | late expected, mean | late, mean", held),
    ])  # fmt: skip


def wabo_section(result: Backtest) -> str:
    score = backtest_scores(result).iloc[0]
    line = backtest_calibration(result)
    held = [
        [f"{row['weeks']}", f"{row['count']:.0f} of {row['total']}", f"{row['expected']:.1f}",
         f"{row['late']:.1f}"]
        for row in backtest_coverage(result).to_dict("records")
    ]  # fmt: skip
    bins = [
        [f"{100 * row['predicted']:.1f}", f"{100 * row['value']:.1f}", f"{row['total']:,.0f}"]
        for row in line.bins.to_dict("records")
    ]
    figures = [
        ["dossiers with a known outcome, on all cut-offs", f"{score['dossiers']:,.0f}"],
        ["of them late", f"{score['late']:,.0f}"],
        ["late expected", f"{score['expected']:,.0f}"],
        ["Brier score", f"{score['brier']:.4f}"],
        ["of the share late so far", f"{score['brier_naive']:.4f}"],
        ["of 'all on time'", f"{score['brier_on_time']:.4f}"],
        ["AUC", f"{score['auc']:.3f}"],
        ["calibration slope", f"{line.slope:.2f}"],
        ["calibration in the large", f"{line.in_the_large:.2f}"],
    ]
    return "\n\n".join([
        "## Early warning: a real log",
        "The receipt phase of environmental permit applications (CoSeLoG, doi 10.4121/uuid:"
        "a07386a5-7be3-4367-9535-70bc9e77dbe6), 1,434 dossiers of one Dutch municipality, calendar "
        "days; weekly cut-offs April to December 2011, reported as they come out. One "
        "department holds nearly all dossiers, and there is less than a year to learn from. From "
        "June to October far more were expected late than came: outcomes are known about eight "
        "weeks after receipt, and lateness had fallen meanwhile. The probabilities of single "
        "dossiers were worse than the share late so far, and a page would say so.",
        table("figure | measured", figures),
        table("weeks ahead | intervals that held | late expected, mean | late, mean", held),
        table("foretold, mean % | late, % | dossiers", bins),
    ])  # fmt: skip


def main(path: str, seeds: int) -> None:
    scores, coverage = [], []
    for seed in SEEDS[:seeds]:
        result = tested(province(seed), FIRST_CUTOFF, WEEKS, AS_OF)
        line = backtest_calibration(result)
        scores.append(backtest_scores(result).assign(slope=line.slope, level=line.in_the_large))
        coverage.append(backtest_coverage(result))
        spent = time.process_time() - STARTED
        told = f"slope {scores[-1]['slope'].item():.3f}, held {coverage[-1]['value'].mean():.3f}"
        print(f"{spent:4.0f} s  seed {seed}: {told}", file=sys.stderr, flush=True)
    parts = [simulated_section(pd.concat(scores), pd.concat(coverage))]
    if WABO.exists():
        parts.append(wabo_section(tested(wabo(), "2011-04-01", 40, "2012-01-23", days="calendar")))
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else len(SEEDS))
