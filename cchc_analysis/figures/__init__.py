"""Figures for readers: each takes one of the package's tables and returns one block.

Every figure has an alternative text made from its data and, where the data are simulated,
says so inside the image. Shapes as well as colours carry meaning, for grey print and for
readers who do not tell colours apart. Figures of many units have a data function each
(``funnel_points`` and so on): what is drawn, as a table. Where no table of a page shows what a
figure draws, ``..._numbers`` lists it, folded, to be put under it.
"""

from cchc_analysis.figures.backlog import (
    backlog_ages,
    days_to_due,
    expected_late,
    foretold,
    foretold_numbers,
)
from cchc_analysis.figures.changing import slope_lines, slopes, waterfall, waterfall_steps
from cchc_analysis.figures.comparing import (
    funnel,
    funnel_points,
    rank_lines,
    ranks,
    ratio_lines,
    ratios,
)
from cchc_analysis.figures.control import chart_points, control_chart, control_numbers
from cchc_analysis.figures.drivers import effects
from cchc_analysis.figures.indices import perturbed, variance
from cchc_analysis.figures.panels import field_panels, panel_numbers, small_multiples
from cchc_analysis.figures.scorecards import change_steps, score_bars, score_change, scorecard
from cchc_analysis.figures.shares import by_class, by_period, intervals, spread, spread_numbers
from cchc_analysis.figures.timing import incidence, incidence_numbers, survival, survival_numbers

__all__ = [
    "backlog_ages",
    "by_class",
    "by_period",
    "change_steps",
    "chart_points",
    "control_chart",
    "control_numbers",
    "days_to_due",
    "effects",
    "expected_late",
    "field_panels",
    "foretold",
    "foretold_numbers",
    "funnel",
    "funnel_points",
    "incidence",
    "incidence_numbers",
    "intervals",
    "panel_numbers",
    "perturbed",
    "rank_lines",
    "ranks",
    "ratio_lines",
    "ratios",
    "score_bars",
    "score_change",
    "scorecard",
    "slope_lines",
    "slopes",
    "small_multiples",
    "spread",
    "spread_numbers",
    "survival",
    "survival_numbers",
    "variance",
    "waterfall",
    "waterfall_steps",
]
