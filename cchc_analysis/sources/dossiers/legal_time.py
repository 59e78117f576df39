"""Read the time that a procedure grants, in working days."""

from __future__ import annotations

import re

from cchc_analysis.sources.headers import label_code

HOURS_A_DAY = 8
MOST_DAYS = 999
"""More is no time that a procedure grants: Excel writes a date as a number above 30,000."""

_NUMBER_THEN_UNIT = re.compile(r"(\d{1,3}(?:[.,]\d{1,3})?)(.*)", re.DOTALL)


def legal_days(text: str) -> float | None:
    """Return the working days that a text grants; None where it does not state them.

    A bare number is taken as working days, hours are counted at 8 to the day. 'ngày' alone
    means calendar days by the portals' own arithmetic, and a month is no number of working
    days: neither is turned into them. Misleads: nothing in a bare number says that its column
    is not in calendar days.

    Parameters
    ----------
    text
        What the cell holds, such as ``15``, ``7,5``, ``15 ngày làm việc``, ``40 giờ``.

    Returns
    -------
    float or None
        Working days, above 0 and at most 999.

    Examples
    --------
    >>> legal_days("15 ngày làm việc"), legal_days("7,5"), legal_days("40 giờ")
    (15.0, 7.5, 5.0)
    >>> legal_days("03 (ba) ngày làm việc"), legal_days("30 ngày"), legal_days("15/03/2024")
    (3.0, None, None)
    """
    found = _NUMBER_THEN_UNIT.fullmatch(text.strip())
    if not found:
        return None
    number, unit = float(found[1].replace(",", ".")), found[2].strip()
    counted = "working_day" if not unit else label_code(unit, "legal_time")
    if counted is None:
        return None
    days = number / HOURS_A_DAY if counted == "hour" else number
    return days if 0 < days <= MOST_DAYS else None
