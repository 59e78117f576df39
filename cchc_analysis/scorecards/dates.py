"""Which dates of a scorecard to speak of: the last whole one, and the one before it."""

from __future__ import annotations

import pandas as pd

from cchc_analysis.columns import check
from cchc_analysis.components import COMPONENTS
from cchc_analysis.scorecards.formulas import groups
from cchc_analysis.scorecards.scores import latest_capture, score_totals

_PERIOD = ["period_kind", "period_start_on", "period_end_on"]


def last_two_scorecards(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of the last two dates with a whole scorecard, the earlier one first.

    A scorecard is whole where its total, or all six groups, are published. The earlier date
    is one of the same kind of period (and, of the year to date, of the same year), however
    long ago, so a difference between the two is one that can be explained
    (:func:`~cchc_analysis.scorecards.explain_change`).

    Parameters
    ----------
    rows
        The table ``components`` (``components.COMPONENTS``), of one unit, or of several that
        are captured together.

    Returns
    -------
    tuple of DataFrame
        The rows of the earlier and of the last date, the last capture of each figure. The
        first has no rows where there is one date only, neither where there is none. Of two
        periods that end on one day the longer one is taken.

    Raises
    ------
    InputError
        As :func:`~cchc_analysis.scorecards.score_totals`.

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "unit_id": "vn34-01", "period_kind": "year", "period_start_on": "2026-01-01",
    ...     "period_end_on": ["2026-10-05", "2026-10-10", "2026-10-11"],
    ...     "captured_at": ["2026-10-05", "2026-10-10", "2026-10-11"],
    ...     "group": [None, None, "TDGQ"], "metric": None,
    ...     "published_score": [54.2, 55.23, 14.9], "source": "portal",
    ... })
    >>> before, now = last_two_scorecards(rows)
    >>> print(before["published_score"].item(), now["published_score"].item())
    54.2 55.23
    """
    rows = latest_capture(check(rows, COMPONENTS))
    totals = score_totals(rows)
    whole = totals["published_score"].notna() | (totals["published_groups"] == len(groups()))
    periods = totals.loc[whole, _PERIOD].drop_duplicates()
    periods = periods.sort_values(["period_end_on", "period_start_on"], ascending=[True, False])
    if periods.empty:
        return rows.iloc[:0], rows.iloc[:0]
    last = periods.iloc[-1]
    alike = periods["period_kind"] == last["period_kind"]
    if last["period_kind"] == "year":
        alike &= periods["period_start_on"] == last["period_start_on"]
    earlier = periods[alike & (periods["period_end_on"] < last["period_end_on"])]
    return rows.merge(earlier.tail(1), on=_PERIOD), rows.merge(periods.tail(1), on=_PERIOD)


def same_period(rows: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Return of ``rows`` the last capture of each figure of the period that ``other`` is of.

    Examples
    --------
    >>> from cchc_analysis.components import COMPONENTS
    >>> nothing = pd.DataFrame(columns=COMPONENTS.names)
    >>> len(same_period(nothing, nothing))
    0
    """
    periods = check(other, COMPONENTS)[_PERIOD].drop_duplicates()
    return latest_capture(rows).merge(periods, on=_PERIOD)
