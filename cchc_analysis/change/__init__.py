"""Change over time: is it changing, will it meet its target, and what a change is made of.

:func:`monitor` draws up control charts by period and :func:`readings` reads them;
:func:`decompose` splits a change or a gap into the mix of work and the lateness within it.
Both first ask :func:`require_one_series` whether the figures may stand side by side.
"""

from cchc_analysis.change.charts import count_working_days, monitor
from cchc_analysis.change.decomposition import contributions, decompose
from cchc_analysis.change.guard import require_one_series
from cchc_analysis.change.readings import readings
from cchc_analysis.change.standardising import das_gupta
from cchc_analysis.change.two_periods import adjacent, compare_periods, decompose_each, last_two

__all__ = [
    "adjacent",
    "compare_periods",
    "contributions",
    "count_working_days",
    "das_gupta",
    "decompose",
    "decompose_each",
    "last_two",
    "monitor",
    "readings",
    "require_one_series",
]
