"""Timeliness of Vietnam's administrative dossiers: counts, comparisons, models, reports.

Files become tables (:mod:`~cchc_analysis.columns`), dossiers become a tally, a tally
becomes estimates, and figures, tables and sentences say what the estimates bear. The names
below are the public ones; each is loaded when first used.
"""

from importlib import import_module

_PUBLIC = {
    # files to tables
    "read_dossiers": "sources.dossiers",
    "read_forms": "sources.forms",
    "read_published": "sources.published",
    "load_published": "sources.folder",
    "load_unit": "sources.folder",
    "load_units": "sources.folder",
    "write_sample": "sample",
    # tables to counts
    "count_cells": "tally",
    "count_cohorts": "tally",
    "count_forms": "sources.forms",
    "compare_rules": "tally",
    "form06": "sources.forms",
    "months": "periods",
    "read_rule": "lateness",
    "rule_named": "lateness",
    "roll_up": "tally",
    "suppress_small": "disclosure",
    "suppress_small_lines": "disclosure",
    "suppress_small_shares": "disclosure",
    "write_form06": "sources.forms",
    "to_units_of": "territory",
    # working time
    "WorkingCalendar": "workdays",
    "calendar_table": "workdays",
    "due_on": "workdays",
    "read_closures": "workdays",
    "working_days_between": "workdays",
    # counts to estimates
    "digitised_share": "metrics",
    "due_day_rate": "metrics",
    "early_rate": "metrics",
    "late_rate": "metrics",
    "on_time_rate": "metrics",
    "online_share": "metrics",
    "overdue_backlog": "metrics",
    "qd766_in_time_share": "metrics",
    "resolution_rate": "metrics",
    "summary": "metrics",
    # printed figures
    "bound_counts": "reconciliation",
    "bound_remainder": "reconciliation",
    "check_forms": "reconciliation",
    "check_pairs": "reconciliation",
    "check_periods": "reconciliation",
    "check_rounding": "reconciliation",
    "check_sums": "reconciliation",
    "estimates_as_printed": "reconciliation",
    # comparison, change and drivers
    "best_or_worst": "comparison",
    "comparable": "comparison",
    "funnel": "comparison",
    "noticeable": "comparison",
    "rank_sets": "comparison",
    "ratio_funnel": "comparison",
    "shrink": "comparison",
    "standardise": "comparison",
    "tell_apart": "comparison",
    "decompose": "change",
    "contributions": "change",
    "compare_periods": "change",
    "count_working_days": "change",
    "monitor": "change",
    "readings": "change",
    "late_drivers": "drivers",
    "clopper_pearson": "intervals",
    "mid_p": "intervals",
    "newcombe": "intervals",
    "rate_ratio": "intervals",
    "wilson": "intervals",
    # units and indicators
    "find_unit": "gazetteer",
    "indicator_table": "catalogue",
    "predecessors": "gazetteer",
    "successors": "gazetteer",
    "units": "gazetteer",
    # errors, display
    "InputError": "columns",
    "show": "display",
}
__all__ = sorted(_PUBLIC)
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Load a public name when it is first used (PEP 562)."""
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
