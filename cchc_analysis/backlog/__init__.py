"""The dossiers on the desk: how old, how soon due, and how likely to be late.

:func:`backlog_ages`, :func:`days_to_due` and :func:`flows` count. :func:`lateness_forecast`
learns from past days which open dossiers became late; :func:`warn` lists those open now by
their probability, :func:`expected_late` counts how many to expect, and :func:`backtest` says
how well that went on past weeks.
"""

from cchc_analysis.backlog.backtest import (
    Backtest,
    backtest,
    backtest_calibration,
    backtest_coverage,
    backtest_scores,
)
from cchc_analysis.backlog.expected import expected_late
from cchc_analysis.backlog.forecast import LatenessForecast, lateness_forecast, warn
from cchc_analysis.backlog.stock import backlog_ages, days_to_due, flows

__all__ = [
    "Backtest",
    "LatenessForecast",
    "backlog_ages",
    "backtest",
    "backtest_calibration",
    "backtest_coverage",
    "backtest_scores",
    "days_to_due",
    "expected_late",
    "flows",
    "lateness_forecast",
    "warn",
]
