"""Time to result: how long dossiers take, the ones still open counted as such.

All functions take durations (``columns.DURATIONS``): one row is the dossiers with one time
under observation and one outcome. A dossier is under observation, *at risk*, on every day of
its life from ``entry_days`` to ``end_days``, **both included**: one received and finished on
the same day has 0 and 0 and counts on day 0; one closed on day d is at risk on day d; one
carried over into the period counts from its age on the first day it was seen, so that those
finished before are not missed unnoticed. It is *closed* by a result, a refusal or a
withdrawal; a pending one is censored: open when last seen, and never taken as finished.

Estimates hold if dossiers still open on a day would have gone on like those followed longer.
Where officers close easy dossiers first at the year's end, or a procedure changed, they do not.

Results have one row, or one curve, per unit, period, rule, kind of day and source, and per
value of the columns in ``by``. Days are working days or calendar days as ``day_kind`` says.
Limits read as process variation, as everywhere in the package: the dossiers are all there.
``method`` begins with 'exact' where the counts give what the rows would give, and with
'corrected' where a factor had to be put right for it.
"""

from cchc_analysis.timing.cohorts import cohort_bias
from cchc_analysis.timing.competing import cumulative_incidence
from cchc_analysis.timing.hazard import HazardFit, hazard_model
from cchc_analysis.timing.legal_time import share_by_legal_time
from cchc_analysis.timing.survival import time_quantiles, time_to_result

__all__ = [
    "HazardFit",
    "cohort_bias",
    "cumulative_incidence",
    "hazard_model",
    "share_by_legal_time",
    "time_quantiles",
    "time_to_result",
]
