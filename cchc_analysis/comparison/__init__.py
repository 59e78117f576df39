"""Comparing units of one class, parent and scope: who may be compared, who stands out."""

from cchc_analysis.comparison.outlying import (
    dersimonian_laird,
    funnel,
    noticeable,
    paule_mandel,
)
from cchc_analysis.comparison.select import comparable

__all__ = ["comparable", "dersimonian_laird", "funnel", "noticeable", "paule_mandel"]
