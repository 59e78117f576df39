"""What goes with lateness: a logit on counts, with errors clustered by unit.

A level can be late because of what is filed there, not because of itself. The population
is the cohort of dossiers due before the data were drawn
(:func:`~cchc_analysis.tally.count_cohorts` with ``cohort='due'``), the event is finished
after the due date or still open. Dossiers without a due date, suspended, withdrawn or
not yet due are counted beside, never modelled.
"""

from cchc_analysis.drivers.accuracy import auc, brier_score, calibration
from cchc_analysis.drivers.effects import PER_UNIT
from cchc_analysis.drivers.late import FEW_CLUSTERS, DriverFit, late_drivers
from cchc_analysis.drivers.population import MISSING
from cchc_analysis.drivers.random_intercept import random_intercept
from cchc_analysis.drivers.standardised import (
    ALL,
    REST,
    late_probability,
    standardised_share,
    would_change,
)
from cchc_analysis.drivers.validation import leave_unit_out, rolling_time

__all__ = [
    "ALL",
    "FEW_CLUSTERS",
    "MISSING",
    "PER_UNIT",
    "REST",
    "DriverFit",
    "auc",
    "brier_score",
    "calibration",
    "late_drivers",
    "late_probability",
    "leave_unit_out",
    "random_intercept",
    "rolling_time",
    "standardised_share",
    "would_change",
]
