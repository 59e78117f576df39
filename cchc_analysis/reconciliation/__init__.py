"""Whether printed figures follow from the counts printed beside them.

Every function but ``check_forms`` takes the ``published`` table (:data:`columns.PUBLISHED`:
percentages are in percent); none changes its table. Arithmetic is exact. What is checked is a
text, *as printed by its source*: a figure that does not follow may be a slip of the page, a
rounding habit, a denominator that is not named, or counts of another day. It is never evidence
of an error of the unit, and nothing is corrected here.
"""

from cchc_analysis.reconciliation.bounds import bound_counts, bound_remainder
from cchc_analysis.reconciliation.estimates import estimates_as_printed
from cchc_analysis.reconciliation.form_lines import check_forms
from cchc_analysis.reconciliation.identities import check_pairs, check_sums
from cchc_analysis.reconciliation.period_sums import check_periods, check_readings
from cchc_analysis.reconciliation.rounding import HABITS, check_rounding, whole_number_bounds

__all__ = [
    "HABITS",
    "bound_counts",
    "bound_remainder",
    "check_forms",
    "check_pairs",
    "check_periods",
    "check_readings",
    "check_rounding",
    "check_sums",
    "estimates_as_printed",
    "whole_number_bounds",
]
