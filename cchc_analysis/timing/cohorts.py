"""Dossiers received and dossiers closed in the same period: two medians, and why they differ."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cchc_analysis.columns import InputError
from cchc_analysis.intervals import check_confidence
from cchc_analysis.timing.observed import group_keys, observed
from cchc_analysis.timing.survival import quantiles

_COLUMNS = [
    "received_days", "received_low_days", "received_high_days", "received_count",
    "pending_count", "closed_days", "closed_low_days", "closed_high_days", "closed_count",
    "reading", "method",
]  # fmt: skip


def cohort_bias(
    received: pd.DataFrame,
    closed: pd.DataFrame,
    by: Sequence[str] = (),
    *,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Median time of the dossiers received in a period beside that of those closed in it.

    The dossiers closed in a period are what registers and most process tools describe. They
    leave out all that is still open, so that a unit that lets dossiers lie looks quick; and in
    a month in which a backlog is cleared they are mostly old ones, so that the unit looks slow
    just when it catches up. Only the received ones say how long a dossier takes.

    Parameters
    ----------
    received, closed
        Columns of ``DURATIONS``: cohorts 'received' and 'closed' of the same periods.
    by
        Further columns to keep apart.
    confidence
        Coverage of the limits, in (0, 1).

    Returns
    -------
    DataFrame
        One row per group found in either: ``received_days`` (median, open dossiers
        censored; NaN where less than half were closed) with ``received_low_days`` and
        ``received_high_days``, ``received_count``, ``pending_count`` (of the received, still
        open), ``closed_days`` with its limits, ``closed_count``, ``reading`` and ``method``.
        Readings: 'closed_longer' (all of the interval of the closed lies above that of the
        received, as where old stock is cleared), 'closed_shorter' (all of it below, or within
        the days by which the received have not reached theirs, as where pending ones drop out),
        'alike' (the two intervals meet), 'not_reached' (no order can be told, as less than half
        of the received are closed), 'one_cohort' (the group is missing in the other).

    Raises
    ------
    InputError
        As in :func:`~cchc_analysis.timing.time_to_result`, or if the cohorts are not those,
        or are told by different rules or kinds of day.

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "unit_id": "A", "period_start_on": "2026-01-01", "period_end_on": "2026-01-31",
    ...     "cohort": "received", "as_of": "2026-01-31", "rule": "strict", "day_kind": "working",
    ...     "entry_days": 0, "end_days": [2, 9, 20], "outcome": ["result", "result", "pending"],
    ...     "dossier_count": [400, 300, 300], "source": "example",
    ... })
    >>> closed = rows[rows["outcome"] == "result"].assign(cohort="closed")
    >>> cohort_bias(rows, closed)[["received_days", "closed_days", "pending_count", "reading"]]
       received_days  closed_days  pending_count         reading
    0            9.0          2.0          300.0  closed_shorter
    """
    check_confidence(confidence)
    followed = observed(received, by, cohorts=("received",))
    ended = observed(closed, by, cohorts=("closed",))
    _require_alike(followed, ended)

    keys = [name for name in group_keys(by) if name != "cohort"]
    longest = followed.groupby(keys, dropna=False)["end_days"].max().rename("longest_days")
    both = quantiles(followed, by, (0.5,), confidence).merge(
        quantiles(ended.assign(entry_days=0.0), by, (0.5,), confidence),
        on=keys, how="outer", suffixes=("_received", "_closed"), validate="1:1",
    ).merge(longest.reset_index(), on=keys, how="left", validate="1:1")  # fmt: skip
    found = both[keys].assign(
        received_days=both["days_received"],
        received_low_days=both["low_days_received"],
        received_high_days=both["high_days_received"],
        received_count=both["dossier_count_received"],
        pending_count=both["pending_count_received"],
        closed_days=both["days_closed"],
        closed_low_days=both["low_days_closed"],
        closed_high_days=both["high_days_closed"],
        closed_count=both["dossier_count_closed"],
        method=f"exact: Kaplan-Meier medians, limits inverted {100 * confidence:g}%",
    )
    followed_days = both["longest_days"].where(both["reading_received"] != "emptied")
    return found.assign(reading=_readings(found, followed_days))[[*keys, *_COLUMNS]]


def _require_alike(received: pd.DataFrame, closed: pd.DataFrame) -> None:
    """Raise unless both cohorts were counted by one rule and one kind of day."""
    for name in ("rule", "day_kind"):
        found = sorted({*received[name], *closed[name]})
        if len(found) > 1:
            raise InputError(
                f"cohorts: found {name} {' and '.join(found)}, expected one; count both alike"
            )


def _readings(found: pd.DataFrame, followed_days: pd.Series) -> np.ndarray:
    """Return on which side of the limits of the received those of the closed lie.

    A lower limit that is not reached is known only to lie beyond the days followed.
    """
    one = found["received_count"].isna() | found["closed_count"].isna()
    longer = found["closed_low_days"] > found["received_high_days"]
    low, high = found["received_low_days"], found["closed_high_days"]
    shorter = (high < low) | (low.isna() & (high <= followed_days))
    return np.select(
        [one, longer, shorter, found["received_days"].isna()],
        ["one_cohort", "closed_longer", "closed_shorter", "not_reached"],
        default="alike",
    )
