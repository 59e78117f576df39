"""Which units may be compared: one class, one parent, one scope, one indicator, one period."""

from __future__ import annotations

from datetime import date

import pandas as pd

from cchc_analysis.columns import ESTIMATES, UNITS, InputError, check
from cchc_analysis.periods import as_day


def comparable(
    estimates: pd.DataFrame,
    units: pd.DataFrame,
    *,
    indicator: str,
    unit_class: str,
    start_on: date | str,
    end_on: date | str,
) -> pd.DataFrame:
    """Pick the estimates that may stand in one comparison.

    Units of different classes do different work, and a district with its communes is not a
    district's own desk, so mixing them compares nothing.

    Parameters
    ----------
    estimates
        Columns of ``ESTIMATES``, of any units, indicators and periods.
    units
        Columns of ``UNITS``: class, parent and scope of each unit.
    indicator
        The one indicator.
    unit_class
        The one class of unit.
    start_on, end_on
        First and last day of the one period.

    Returns
    -------
    DataFrame
        The rows of ``estimates`` that fit, sorted by ``unit_id``.

    Raises
    ------
    InputError
        If nothing fits (names what there is), or the units have several parents or scopes.

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "unit_id": ["vn34-01", "vn34-04", "vn"], "indicator": "on_time_rate",
    ...     "period_start_on": "2026-01-01", "period_end_on": "2026-06-30", "bounds": "none",
    ...     "unit_of_measure": "share", "method": "count", "rule": "strict", "source": "example",
    ... })
    >>> from cchc_analysis.gazetteer import units
    >>> comparable(
    ...     rows, units(), indicator="on_time_rate", unit_class="province",
    ...     start_on="2026-01-01", end_on="2026-06-30",
    ... )["unit_id"].tolist()
    ['vn34-01', 'vn34-04']
    """
    rows = check(estimates, ESTIMATES)
    known = check(units, UNITS).set_index("unit_id")
    classes = rows["unit_id"].map(known["unit_class"])
    days = as_day(start_on), as_day(end_on)
    if pd.isna(days[0]) or pd.isna(days[1]):
        raise InputError("no period: the unit holds no dossiers; state start_on and end_on")
    same_period = (rows["period_start_on"] == days[0]) & (rows["period_end_on"] == days[1])
    chosen = rows[(rows["indicator"] == indicator) & (classes == unit_class) & same_period]
    if chosen.empty:
        raise InputError(
            f"no {indicator} of class {unit_class} for {days[0]:%Y-%m-%d} to {days[1]:%Y-%m-%d}; "
            f"there are: {_offers(rows.assign(unit_class=classes), indicator)}"
        )
    for name, what in (("parent_id", "parent"), ("scope", "scope")):
        found = chosen["unit_id"].map(known[name]).fillna("none stated").unique()
        if len(found) > 1:
            raise InputError(
                f"the units have more than one {what} ({', '.join(sorted(found))}); "
                "compare only within one"
            )
    return chosen.sort_values("unit_id", ignore_index=True)


def _offers(rows: pd.DataFrame, indicator: str) -> str:
    """Return what could be compared instead, for a message."""
    same = rows[rows["indicator"] == indicator]
    if same.empty:
        return (
            f"no {indicator}; indicators are {', '.join(sorted(rows['indicator'].unique())[:12])}"
        )
    groups = same.groupby(["unit_class", "period_start_on", "period_end_on"]).size()
    return "; ".join(
        f"{n} of class {key[0]} for {key[1]:%Y-%m-%d} to {key[2]:%Y-%m-%d}"
        for key, n in groups.nlargest(5).items()
    )
