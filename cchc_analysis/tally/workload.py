"""How busy a unit was before each day: its receipts of the past weeks against its own usual."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cchc_analysis.engines.embedded import Source, query
from cchc_analysis.lateness import Rule
from cchc_analysis.tally.day_numbers import covered_days
from cchc_analysis.tally.sql import status_list

RECENT_DAYS = 20
USUAL_DAYS = 240
LOW, HIGH = 0.75, 1.25

_RECEIPTS = """
SELECT unit_id, received_on AS day, COUNT(*) AS received_count,
       MIN(CASE WHEN end_on >= received_on THEN end_on END) AS first_end_on
FROM (
  SELECT unit_id, CAST(received_at AS DATE) AS received_on,
         CAST(COALESCE(result_at, returned_at) AS DATE) AS end_on
  FROM dossiers
  WHERE received_at IS NOT NULL AND COALESCE(status, 0) NOT IN {not_accepted}
) AS receipts
GROUP BY unit_id, received_on
"""


def workloads(dossiers: Source, rule: Rule) -> pd.DataFrame:
    r"""Return for each unit and day of receipt whether the weeks before were busy ones.

    .. math:: \frac{\text{received in the 20 working days before} / 20}
                   {\text{received in the up to 240 before those, per working day}}

    ``low`` below 0.75, ``high`` above 1.25, ``usual`` between. Only days before the day of
    receipt are looked at, so that nothing is used that was not known then; a unit is
    measured by itself, so ``usual`` says nothing about how many dossiers a desk bears. Where
    a unit receives few dossiers the band changes by chance.

    Parameters
    ----------
    dossiers
        Columns of ``DOSSIERS``.
    rule
        Says which statuses are no receipt.

    Returns
    -------
    DataFrame
        ``unit_id``, ``day``, ``workload``: missing on the first 40 working days of a unit's
        data, and in years for which working days are not known.

    Notes
    -----
    A unit's data are taken to begin on the first day on which one of its dossiers ended. What
    was received before it is in an export only if it was still open, so those days look
    quieter than they were.
    """
    sql = _RECEIPTS.format(not_accepted=status_list(rule.not_accepted_statuses))
    receipts = query(sql, {"dossiers": dossiers})
    receipts = receipts.sort_values(["unit_id", "day"], ignore_index=True)
    if receipts.empty:
        return receipts[["unit_id", "day"]].assign(workload=pd.Series(dtype="str"))
    begins_on = receipts.groupby("unit_id")["first_end_on"].transform("min")
    ratio = _ratio(receipts, begins_on)
    bands = np.select([ratio < LOW, ratio > HIGH, ratio.notna()], ["low", "high", "usual"], "")
    workload = pd.Series(bands, dtype="str").where(ratio.notna())
    return receipts[["unit_id", "day"]].assign(workload=workload)


def _ratio(receipts: pd.DataFrame, begins_on: pd.Series) -> pd.Series:
    """Return the recent receipts per working day over the usual; NaN where not covered."""
    calendar = covered_days().set_index("day")
    before = (calendar["working_day_number"] - calendar["working"]).reindex(receipts["day"])
    before = before.reset_index(drop=True)
    clipped = begins_on.clip(lower=calendar.index.min())
    begins = (calendar["working_day_number"] + ~calendar["working"]).reindex(clipped)
    opening = np.maximum(begins.to_numpy() - 1, before - RECENT_DAYS - USUAL_DAYS)
    usual_days = before - RECENT_DAYS - opening
    covered = usual_days >= RECENT_DAYS
    starts = _working_days(calendar, opening.where(covered))
    recent = _working_days(calendar, (before - RECENT_DAYS).where(covered))
    until = [_received_before(receipts, day) for day in (starts, recent, receipts["day"])]
    recent_rate = (until[2] - until[1]) / RECENT_DAYS
    usual_rate = (until[1] - until[0]) / usual_days
    return (recent_rate / usual_rate.where(usual_rate > 0)).where(covered)


def _working_days(calendar: pd.DataFrame, number: pd.Series) -> pd.Series:
    """Return the first day after ``number`` working days; the earliest day for NaN."""
    working = calendar.index[calendar["working"]]
    return pd.Series(working[number.fillna(0).astype("int64").to_numpy()])


def _received_before(receipts: pd.DataFrame, day: pd.Series) -> np.ndarray:
    """Return, row by row, what the unit of the row had received before ``day``."""
    unit = pd.factorize(receipts["unit_id"])[0].astype("int64")
    first = min(receipts["day"].min(), day.min())
    place, wanted = ((days - first).dt.days.to_numpy("int64") for days in (receipts["day"], day))
    width = max(place.max(), wanted.max()) + 1
    total = np.append(0, np.cumsum(receipts["received_count"].to_numpy()))
    return total[np.searchsorted(unit * width + place, unit * width + wanted)]
