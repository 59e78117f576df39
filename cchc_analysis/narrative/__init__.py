"""Sentences of the reports, made from the tables they speak of.

Each function takes the tables and returns blocks in one language. A sentence says what its
numbers bear and no more; all wording is in ``reference/phrases/``.
"""

from cchc_analysis.narrative.acting import who_acts
from cchc_analysis.narrative.appointments import appointments, causes
from cchc_analysis.narrative.backlog import backlog, backtest, early_warning, flows
from cchc_analysis.narrative.change import decomposition, monitor, periods, two_periods
from cchc_analysis.narrative.comparison import cannot, case_mix, concentration, funnel, ranks
from cchc_analysis.narrative.computed import own_rule, rules, timeliness, waiting
from cchc_analysis.narrative.drivers import (
    between_units,
    cannot_separate,
    drivers,
    small_units,
    validation,
    would_change,
)
from cchc_analysis.narrative.findings import findings
from cchc_analysis.narrative.glance import (
    comparison_glance,
    drivers_glance,
    glance,
    indices_glance,
    printed_glance,
)
from cchc_analysis.narrative.indices import (
    agreement,
    few_cases,
    index_scales,
    mean_total,
    plans,
    rank_worth,
    targets,
    twice,
    variance,
)
from cchc_analysis.narrative.page import comparison_opening, opening, provenance, suppressed
from cchc_analysis.narrative.printed import (
    checked_share,
    form_sums,
    no_ranking,
    reconciliation,
    sums,
    two_averages,
)
from cchc_analysis.narrative.scorecards import (
    score_change,
    scorecard,
    scorecard_glance,
    scorecard_opening,
    scorecard_provenance,
    what_it_takes,
)
from cchc_analysis.narrative.standing import standing
from cchc_analysis.narrative.timing import cohorts, durations, hazard, legal_time
from cchc_analysis.narrative.week import week

__all__ = [
    "agreement",
    "appointments",
    "backlog",
    "backtest",
    "between_units",
    "cannot",
    "cannot_separate",
    "case_mix",
    "causes",
    "checked_share",
    "cohorts",
    "comparison_glance",
    "comparison_opening",
    "concentration",
    "decomposition",
    "drivers",
    "drivers_glance",
    "durations",
    "early_warning",
    "few_cases",
    "findings",
    "flows",
    "form_sums",
    "funnel",
    "glance",
    "hazard",
    "index_scales",
    "indices_glance",
    "legal_time",
    "mean_total",
    "monitor",
    "no_ranking",
    "opening",
    "own_rule",
    "periods",
    "plans",
    "printed_glance",
    "provenance",
    "rank_worth",
    "ranks",
    "reconciliation",
    "rules",
    "score_change",
    "scorecard",
    "scorecard_glance",
    "scorecard_opening",
    "scorecard_provenance",
    "small_units",
    "standing",
    "sums",
    "suppressed",
    "targets",
    "timeliness",
    "twice",
    "two_averages",
    "two_periods",
    "validation",
    "variance",
    "waiting",
    "week",
    "what_it_takes",
    "who_acts",
    "would_change",
]
