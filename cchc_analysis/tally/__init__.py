"""From dossiers to counts: one portable GROUP BY.

:func:`count_cells` counts what happened in periods (received, resolved) and what was open at
their end; :func:`count_cohorts` follows the dossiers received, or due, in periods up to a
day. Both classify each dossier by a named rule (:mod:`cchc_analysis.lateness`) and give the
same table, the tally, on which every later number rests. :func:`compare_rules` sets the same
dossiers side by side under several rules and denominators. :func:`count_appointments` and
:func:`count_causes` count new dates given, apologies and stated causes of lateness. All counts
are of dossiers.

The SQL (:mod:`cchc_analysis.tally.sql`) is joins, comparisons, CASE, SUM, COUNT and GROUP BY
only, so that another engine can run it unchanged; working days arrive as a joined table.
"""

from cchc_analysis.tally.appointments import count_appointments, count_causes
from cchc_analysis.tally.cells import roll_up, sum_cells
from cchc_analysis.tally.count import count_cells, count_cohorts
from cchc_analysis.tally.durations import count_durations, count_without_duration
from cchc_analysis.tally.landmarks import count_landmarks
from cchc_analysis.tally.open_dossiers import open_dossiers
from cchc_analysis.tally.rule_comparison import compare_rules

__all__ = [
    "compare_rules",
    "count_appointments",
    "count_causes",
    "count_cells",
    "count_cohorts",
    "count_durations",
    "count_landmarks",
    "count_without_duration",
    "open_dossiers",
    "roll_up",
    "sum_cells",
]
