"""Estimates, forms, printed figures and checks as tables for readers.

Every function takes one of the package's tables and returns one block in one language, or
nothing for an empty table. Cells are escaped; the foot names source, rule and method; a table
made from simulated data says so in its caption.
"""

from cchc_analysis.tables.appointments import appointments, causes
from cchc_analysis.tables.backlog import backtest, bands, desk, expected_late, flows
from cchc_analysis.tables.compared import case_mix, changes, decomposition, pairs, ranks
from cchc_analysis.tables.counted import estimates, form, funnel, rule_shares
from cchc_analysis.tables.drivers import calibration, effects, would_change
from cchc_analysis.tables.findings import findings
from cchc_analysis.tables.indices import (
    high_yet_low,
    index_scores,
    perturbed,
    plans,
    targets,
    twice,
    variance,
)
from cchc_analysis.tables.printed import count_bounds, printed, rounding, sums
from cchc_analysis.tables.scorecards import scorecard, units_to_act, what_it_takes
from cchc_analysis.tables.timing import cohorts, durations, hazard, legal_time

__all__ = [
    "appointments",
    "backtest",
    "bands",
    "calibration",
    "case_mix",
    "causes",
    "changes",
    "cohorts",
    "count_bounds",
    "decomposition",
    "desk",
    "durations",
    "effects",
    "estimates",
    "expected_late",
    "findings",
    "flows",
    "form",
    "funnel",
    "hazard",
    "high_yet_low",
    "index_scores",
    "legal_time",
    "pairs",
    "perturbed",
    "plans",
    "printed",
    "ranks",
    "rounding",
    "rule_shares",
    "scorecard",
    "sums",
    "targets",
    "twice",
    "units_to_act",
    "variance",
    "what_it_takes",
    "would_change",
]
