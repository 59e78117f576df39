"""Working time in Vietnam, 2015 to 2027: working days, working hours, due dates.

Lateness by date needs nothing of this; only times promised in working days or hours do. The
days off are data with a source in each row (:func:`days_off`), never computed here. Those of
2027 are predicted, since no schedule is announced yet: the column ``predicted`` of
:func:`calendar_table` says which days that touches. Other years are refused.

A working day is Monday to Friday without holidays, and a Saturday that makes up for a day off.
Real systems often treat every Saturday as a day off; ``working_saturdays=False`` does the same.
A desk that opens on ordinary Saturday mornings is not covered: no rule says what part of a
working day that is.

Dates and times may be scalars, arrays or Series (the index is kept), naive and in Vietnamese
time; a missing one gives NaN or NaT. Text is read as 2024-12-31 or 2024-12-31 09:30 only.
"""

from cchc_analysis.workdays.calendar import (
    WorkingCalendar,
    calendar_table,
    day_kind,
    days_off,
    read_closures,
)
from cchc_analysis.workdays.days import calendar_days_due_on, due_on, working_days_between
from cchc_analysis.workdays.hours import OfficeHours, due_at, working_hours_between

__all__ = [
    "OfficeHours",
    "WorkingCalendar",
    "calendar_days_due_on",
    "calendar_table",
    "day_kind",
    "days_off",
    "due_at",
    "due_on",
    "read_closures",
    "working_days_between",
    "working_hours_between",
]
