"""Comparing units of one class, parent and scope: who may be compared, who stands out."""

from cchc_analysis.comparison.casemix import standardise
from cchc_analysis.comparison.outlying import funnel, noticeable
from cchc_analysis.comparison.ranks import best_or_worst, rank_sets, tell_apart
from cchc_analysis.comparison.ratios import ratio_funnel, trimmed_overdispersion
from cchc_analysis.comparison.select import comparable
from cchc_analysis.comparison.shrinkage import shrink
from cchc_analysis.comparison.spread import dersimonian_laird, paule_mandel
from cchc_analysis.comparison.stepdown import confidence_sets

__all__ = [
    "best_or_worst",
    "comparable",
    "confidence_sets",
    "dersimonian_laird",
    "funnel",
    "noticeable",
    "paule_mandel",
    "rank_sets",
    "ratio_funnel",
    "shrink",
    "standardise",
    "tell_apart",
    "trimmed_overdispersion",
]
