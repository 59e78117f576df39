"""Scorecards one can argue with: QĐ 766 recomputed from its counts."""

from cchc_analysis.scorecards.change import explain_change
from cchc_analysis.scorecards.formulas import component_score, components, groups, version_on
from cchc_analysis.scorecards.scores import (
    latest_capture,
    score_components,
    score_groups,
    score_totals,
)

__all__ = [
    "component_score",
    "components",
    "explain_change",
    "groups",
    "latest_capture",
    "score_components",
    "score_groups",
    "score_totals",
    "version_on",
]
