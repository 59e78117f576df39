"""Sections of a report: a heading, how to read what follows, sentences, figures, tables.

Each function takes tables and returns blocks in one language; where there is nothing to show,
the heading is left out too, so a notebook needs no ``if``. A section is called with
:func:`cchc_analysis.display.show`.
"""

from cchc_analysis.sections.appointments import appointments, causes
from cchc_analysis.sections.backlog import backtest, early_warning, flows, stock, week
from cchc_analysis.sections.comparing import (
    averages,
    before_after,
    cannot,
    case_mix,
    concentration,
    decomposition,
    funnel,
    monitor,
    panels,
    ranks,
    units_compared,
)
from cchc_analysis.sections.drivers import (
    cannot_separate,
    drivers,
    drivers_glance,
    validation,
    would_change,
)
from cchc_analysis.sections.findings import findings
from cchc_analysis.sections.indices import (
    agreement,
    group_weight,
    index_scores,
    mean_total,
    plans,
    rank_worth,
    targets,
)
from cchc_analysis.sections.printed import (
    all_rounding,
    bounds,
    form_sums,
    meaning,
    no_ranking,
    printed,
    rounding,
    sums,
)
from cchc_analysis.sections.profile import (
    below,
    fields,
    form,
    months,
    portal,
    portal_below,
    rates,
    rules,
)
from cchc_analysis.sections.scorecards import score_change, scorecard, what_it_takes, who_acts
from cchc_analysis.sections.standing import standing
from cchc_analysis.sections.timing import cohorts, durations, hazard, legal_time

__all__ = [
    "agreement",
    "all_rounding",
    "appointments",
    "averages",
    "backtest",
    "before_after",
    "below",
    "bounds",
    "cannot",
    "cannot_separate",
    "case_mix",
    "causes",
    "cohorts",
    "concentration",
    "decomposition",
    "drivers",
    "drivers_glance",
    "durations",
    "early_warning",
    "fields",
    "findings",
    "flows",
    "form",
    "form_sums",
    "funnel",
    "group_weight",
    "hazard",
    "index_scores",
    "legal_time",
    "mean_total",
    "meaning",
    "monitor",
    "months",
    "no_ranking",
    "panels",
    "plans",
    "portal",
    "portal_below",
    "printed",
    "rank_worth",
    "ranks",
    "rates",
    "rounding",
    "rules",
    "score_change",
    "scorecard",
    "standing",
    "stock",
    "sums",
    "targets",
    "units_compared",
    "validation",
    "week",
    "what_it_takes",
    "who_acts",
    "would_change",
]
