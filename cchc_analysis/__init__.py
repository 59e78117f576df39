"""Timeliness of Vietnam's administrative dossiers: counts, comparisons, models, reports.

Files become tables (:mod:`~cchc_analysis.columns`), dossiers become a tally, a tally
becomes estimates, and figures, tables and sentences say what the estimates bear. The names
below are the public ones; each is loaded when first used.
"""

from importlib import import_module

_PUBLIC = {
    # files to tables
    "read_dossiers": "sources.dossiers",
    "read_evaluation": "sources.evaluation",
    "read_forms": "sources.forms",
    "read_published": "sources.published",
    "load_evaluation": "sources.evaluation.stored",
    "load_published": "sources.folder",
    "load_unit": "sources.folder",
    "load_units": "sources.folder",
    "write_sample": "sample",
    # tables to counts
    "count_appointments": "tally",
    "count_causes": "tally",
    "count_cells": "tally",
    "count_cohorts": "tally",
    "count_durations": "tally",
    "count_landmarks": "tally",
    "count_without_duration": "tally",
    "open_dossiers": "tally",
    "count_forms": "sources.forms",
    "compare_rules": "tally",
    "form06": "sources.forms",
    "months": "periods",
    "day_kind": "workdays",
    "weeks": "periods",
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
    "auc": "drivers",
    "brier_score": "drivers",
    "calibration": "drivers",
    "columns_named": "drivers.terms",
    "days_past_due": "drivers.population",
    "late_drivers": "drivers",
    "late_probability": "drivers",
    "cohort_bias": "timing",
    "cumulative_incidence": "timing",
    "hazard_model": "timing",
    "share_by_legal_time": "timing",
    "time_quantiles": "timing",
    "time_to_result": "timing",
    "backlog_ages": "backlog",
    "backtest": "backlog",
    "backtest_calibration": "backlog",
    "backtest_coverage": "backlog",
    "backtest_scores": "backlog",
    "days_to_due": "backlog",
    "expected_late": "backlog",
    "flows": "backlog",
    "lateness_forecast": "backlog",
    "warn": "backlog",
    "leave_unit_out": "drivers",
    "random_intercept": "drivers",
    "rolling_time": "drivers",
    "standardised_share": "drivers",
    "would_change": "drivers",
    "clopper_pearson": "intervals",
    "mid_p": "intervals",
    "newcombe": "intervals",
    "rate_ratio": "intervals",
    "wilson": "intervals",
    # scorecards and indices
    "agreement": "scorecards.agreement",
    "attainment": "scorecards.targets",
    "carried_to_merged": "scorecards.index_panels",
    "cases_for_a_point": "scorecards.missing",
    "cases_to_next_class": "scorecards.what_it_takes",
    "cases_to_rank": "scorecards.what_it_takes",
    "cases_to_score": "scorecards.what_it_takes",
    "compare_scores": "scorecards.indices",
    "check_components": "scorecards.checks",
    "component_score": "scorecards",
    "explain_change": "scorecards",
    "few_cases": "scorecards.what_it_takes",
    "high_yet_low": "scorecards.agreement",
    "index_places": "scorecards.indices",
    "index_scores": "scorecards.indices",
    "last_two_scorecards": "scorecards.dates",
    "latest_capture": "scorecards",
    "missing_below": "scorecards.missing",
    "perturbed_ranks": "scorecards.rank_worth",
    "plan_figures": "scorecards.plans",
    "read_papi": "sources.panels",
    "read_pci": "sources.panels",
    "repeated_counts": "scorecards.rank_worth",
    "same_period": "scorecards.dates",
    "score_components": "scorecards",
    "score_groups": "scorecards",
    "score_totals": "scorecards",
    "targets_on_record": "scorecards.targets",
    "task_estimates": "scorecards.plans",
    "task_status": "scorecards.plans",
    "units_to_act": "scorecards.missing",
    "variance_shares": "scorecards.rank_worth",
    "year_on_year": "scorecards.index_panels",
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
