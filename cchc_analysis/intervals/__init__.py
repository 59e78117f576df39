"""Intervals for a share of dossiers.

The counts are complete, not a sample: every dossier of the period is there. An interval
is read as process variation - the shares that the same unit, working in the same way,
would show over similar periods - and never as sampling error.
"""

from cchc_analysis.intervals.one_share import (
    check_confidence,
    check_counts,
    clopper_pearson,
    exact_limits,
    mid_p,
    wilson,
)
from cchc_analysis.intervals.two_shares import newcombe, rate_ratio

__all__ = [
    "check_confidence",
    "check_counts",
    "clopper_pearson",
    "exact_limits",
    "mid_p",
    "newcombe",
    "rate_ratio",
    "wilson",
]
