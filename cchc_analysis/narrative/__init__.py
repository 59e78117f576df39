"""Sentences of the reports, made from the tables they speak of.

Each function takes the tables and returns blocks in one language. A sentence says what its
numbers bear and no more; all wording is in ``reference/phrases/``.
"""

from cchc_analysis.narrative.computed import drivers, funnel, rules, timeliness
from cchc_analysis.narrative.page import comparison_opening, glance, opening, provenance
from cchc_analysis.narrative.printed import (
    checked_share,
    no_ranking,
    reconciliation,
    sums,
    two_averages,
)

__all__ = [
    "checked_share",
    "comparison_opening",
    "drivers",
    "funnel",
    "glance",
    "no_ranking",
    "opening",
    "provenance",
    "reconciliation",
    "rules",
    "sums",
    "timeliness",
    "two_averages",
]
