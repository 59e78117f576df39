"""Estimates, forms, printed figures and checks as tables for readers.

Every function takes one of the package's tables and returns one block in one language, or
nothing for an empty table. Cells are escaped; the foot names source, rule and method; a table
made from simulated data says so in its caption.
"""

from cchc_analysis.tables.compared import case_mix, changes, decomposition, pairs, ranks
from cchc_analysis.tables.counted import effects, estimates, form, funnel, rule_shares
from cchc_analysis.tables.printed import count_bounds, printed, rounding, sums

__all__ = [
    "case_mix",
    "changes",
    "count_bounds",
    "decomposition",
    "effects",
    "estimates",
    "form",
    "funnel",
    "pairs",
    "printed",
    "ranks",
    "rounding",
    "rule_shares",
    "sums",
]
