"""Sentences of the reports, made from the tables they speak of.

Each function takes the tables and returns blocks in one language. A sentence says what its
numbers bear and no more; all wording is in ``reference/phrases/``.
"""

from cchc_analysis.narrative.backlog import backlog, backtest, early_warning, flows
from cchc_analysis.narrative.change import decomposition, monitor, periods, two_periods
from cchc_analysis.narrative.comparison import cannot, case_mix, concentration, funnel, ranks
from cchc_analysis.narrative.computed import own_rule, rules, timeliness, waiting
from cchc_analysis.narrative.drivers import (
    between_units,
    cannot_separate,
    drivers,
    validation,
    would_change,
)
from cchc_analysis.narrative.page import comparison_opening, glance, opening, provenance, suppressed
from cchc_analysis.narrative.printed import (
    checked_share,
    form_sums,
    no_ranking,
    reconciliation,
    sums,
    two_averages,
)
from cchc_analysis.narrative.timing import cohorts, durations, hazard, legal_time

__all__ = [
    "backlog",
    "backtest",
    "between_units",
    "cannot",
    "cannot_separate",
    "case_mix",
    "checked_share",
    "cohorts",
    "comparison_opening",
    "concentration",
    "decomposition",
    "drivers",
    "durations",
    "early_warning",
    "flows",
    "form_sums",
    "funnel",
    "glance",
    "hazard",
    "legal_time",
    "monitor",
    "no_ranking",
    "opening",
    "own_rule",
    "periods",
    "provenance",
    "ranks",
    "reconciliation",
    "rules",
    "sums",
    "suppressed",
    "timeliness",
    "two_averages",
    "two_periods",
    "validation",
    "waiting",
    "would_change",
]
