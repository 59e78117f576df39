"""What lies on the desks: open dossiers by age and by due date, what came in and went out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cchc_analysis.columns import TALLY, InputError, check

AGE_BANDS = {"to_5": 5, "to_10": 10, "to_20": 20, "to_40": 40, "to_60": 60, "over_60": np.inf}
"""Band: the most days since receipt."""
DUE_BANDS = (
    "overdue_over_10", "overdue_to_10", "due_today", "due_in_2", "due_in_5", "due_in_10",
    "due_later", "no_due_date",
)  # fmt: skip
_IN_TIME = {"due_in_2": 2, "due_in_5": 5, "due_in_10": 10, "due_later": np.inf}
_FLOW_COUNTS = ["carried_count", "received_count", "resolved_count"]
_OPEN_COUNTS = ["pending_in_time_count", "overdue_count", "suspended_count"]


def backlog_ages(open_dossiers: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Count open dossiers by their age.

    A stock holds long waits more often than the dossiers received do, so its ages say how long
    what lies there has lain, not how long a dossier takes.

    Parameters
    ----------
    open_dossiers
        As :func:`~cchc_analysis.tally.open_dossiers` gives them: ``age_days`` (working days,
        or calendar days where ``day_kind`` says so) and ``suspended``.
    by
        Columns to count by.

    Returns
    -------
    DataFrame
        One row per ``by`` and ``band`` (``to_5``: 0 to 5 days, ``to_10``: 6 to 10, ...,
        ``over_60``), also where it is empty: ``count``, ``total`` (open dossiers),
        ``suspended_count`` (of which waiting or stopped; NaN where not known), and
        ``day_kind``, ``as_of``, ``rule``, ``source``. Nothing open, no rows.

    Examples
    --------
    >>> listed = pd.DataFrame({
    ...     "age_days": [0, 7, 90], "suspended": [False, False, True], "day_kind": "working",
    ...     "as_of": pd.Timestamp("2024-05-31"), "rule": "strict", "source": "example",
    ... })
    >>> backlog_ages(listed)[["band", "count", "total"]].query("count > 0")
          band  count  total
    0     to_5      1      3
    1    to_10      1      3
    5  over_60      1      3
    """
    place = np.searchsorted(list(AGE_BANDS.values()), open_dossiers["age_days"].to_numpy(float))
    return _by_band(open_dossiers, np.array(list(AGE_BANDS))[place], tuple(AGE_BANDS), by)


def days_to_due(open_dossiers: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Count open dossiers by the working days to their due date.

    A due date that was moved looks like time to spare: an export often holds only the latest.

    Parameters
    ----------
    open_dossiers, by
        As in :func:`backlog_ages`, with ``due_at``, ``days_to_due`` and ``overdue``.

    Returns
    -------
    DataFrame
        As :func:`backlog_ages`; the bands are ``overdue_over_10`` and ``overdue_to_10`` days,
        ``due_today``, ``due_in_2`` (1 or 2 days), ``due_in_5`` (3 to 5), ``due_in_10``,
        ``due_later`` and ``no_due_date``.

    Examples
    --------
    >>> listed = pd.DataFrame({
    ...     "due_at": pd.to_datetime(["2024-05-30", "2024-05-31", "2024-06-03", None]),
    ...     "days_to_due": [-1, 0, 1, None], "overdue": [True, False, False, None],
    ...     "suspended": False, "day_kind": "working",
    ...     "as_of": pd.Timestamp("2024-05-31"), "rule": "strict", "source": "example",
    ... })
    >>> days_to_due(listed)[["band", "count"]].query("count > 0")
                band  count
    1  overdue_to_10      1
    2      due_today      1
    3       due_in_2      1
    7    no_due_date      1
    """
    days = open_dossiers["days_to_due"].to_numpy(float)
    overdue = open_dossiers["overdue"].astype("boolean").fillna(False).to_numpy(bool)
    today = (open_dossiers["due_at"].dt.normalize() == open_dossiers["as_of"]).to_numpy()
    in_time = np.array(list(_IN_TIME))[np.searchsorted(list(_IN_TIME.values()), days)
                                       .clip(max=len(_IN_TIME) - 1)]  # fmt: skip
    chosen = [np.isnan(days), overdue & (days < -10), overdue, today]
    names = ["no_due_date", "overdue_over_10", "overdue_to_10", "due_today"]
    return _by_band(open_dossiers, np.select(chosen, names, in_time), DUE_BANDS, by)


def _by_band(
    rows: pd.DataFrame, band: np.ndarray, bands: Sequence[str], by: Sequence[str]
) -> pd.DataFrame:
    """Count rows by band, empty bands too."""
    absent = [name for name in by if name not in rows]
    if absent:
        raise InputError(
            f"open_dossiers: found no column {absent[0]!r} to count by, expected one of: "
            f"{', '.join(rows.columns)}"
        )
    said = ["day_kind", "as_of", "rule", "source"]
    keys = [*by, *(name for name in said if name not in by)]
    banded = rows[keys].assign(
        band=pd.Categorical(band, categories=bands, ordered=True),
        count=1,
        suspended_count=rows["suspended"].astype("float64"),
    )
    groups = banded.groupby([*keys, "band"], observed=False, dropna=False, sort=True)
    counted = groups.agg(
        count=("count", "sum"), suspended_count=("suspended_count", lambda x: x.sum(skipna=False))
    ).reset_index()
    counted["total"] = counted.groupby(keys, dropna=False)["count"].transform("sum")
    counted = counted[counted["total"] > 0].reset_index(drop=True)
    counted["band"] = counted["band"].astype("str")
    return counted[[*by, "band", "count", "total", "suspended_count", *keys[len(by) :]]]


def flows(tally: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    r"""Follow what came in, what went out and what stayed open, period by period.

    .. math:: \text{opening} + \text{received} = \text{resolved} + \text{open at the end}

    Clearance above 1 can be a desk that closes old dossiers, or one that receives little: look
    at the stock beside it.

    Parameters
    ----------
    tally
        Cells of periods that adjoin (weeks, say), as
        :func:`~cchc_analysis.tally.count_cells` gives them.
    by
        Columns to count by; the periods always.

    Returns
    -------
    DataFrame
        One row per ``by`` and period, in order: ``opening_count``, ``received_count``,
        ``resolved_count``, ``open_count`` at the end; ``clearance_ratio``, resolved over
        received (``count``, ``total``; NaN where nothing came in); ``gap_count``, by how much
        the opening differs from what the period before left open (NaN where none adjoins);
        ``as_of``, ``rule``, ``source``. An empty tally gives no rows.

    Raises
    ------
    InputError
        If the tally is not of periods, a count is missing, or more dossiers are listed as open
        than the identity leaves.

    Examples
    --------
    >>> tally = pd.DataFrame({
    ...     "unit_id": "A", "period_start_on": ["2024-05-06", "2024-05-13"],
    ...     "period_end_on": ["2024-05-12", "2024-05-19"], "basis": "period", "rule": "strict",
    ...     "as_of": "2024-05-31", "source": "example", "carried_count": [10, 12],
    ...     "received_count": [40, 0], "resolved_count": [38, 5],
    ...     "pending_in_time_count": [12, 7], "overdue_count": 0, "suspended_count": 0,
    ... })
    >>> flows(tally)[["opening_count", "open_count", "clearance_ratio", "gap_count"]]
       opening_count  open_count  clearance_ratio  gap_count
    0           10.0        12.0             0.95        NaN
    1           12.0         7.0              NaN        0.0
    """
    rows = check(tally, TALLY)
    _require_flows(rows)
    periods = ["period_start_on", "period_end_on"]
    keys = [*by, *periods, "as_of", "rule"]
    groups = rows.groupby(keys, dropna=False, sort=True)
    sums = groups[[*_FLOW_COUNTS, *_OPEN_COUNTS]].sum().reset_index()
    sums["source"] = groups["source"].agg(lambda x: "; ".join(sorted(set(x)))).to_numpy()
    left = sums["carried_count"] + sums["received_count"] - sums["resolved_count"]
    if (left < sums[_OPEN_COUNTS].sum(axis=1)).any():
        row = sums[left < sums[_OPEN_COUNTS].sum(axis=1)].iloc[0]
        raise InputError(
            f"tally: in the period from {row['period_start_on']:%Y-%m-%d} more dossiers are open "
            "than opening + received - resolved leaves; count its cells with count_cells"
        )
    sums = sums.rename(columns={"carried_count": "opening_count"}).assign(open_count=left)
    sums = sums.assign(
        count=sums["resolved_count"],
        total=sums["received_count"],
        clearance_ratio=(sums["resolved_count"] / sums["received_count"]).where(
            sums["received_count"] > 0
        ),
        gap_count=_gaps(sums, by),
    )
    counts = ["opening_count", "received_count", "resolved_count", "open_count"]
    shown = ["clearance_ratio", "count", "total", "gap_count", "as_of", "rule", "source"]
    return sums[[*by, *periods, *counts, *shown]]


def _require_flows(rows: pd.DataFrame) -> None:
    """Raise unless the rows are cells of periods with all counts of flows."""
    other = sorted(set(rows["basis"]) - {"period"})
    if other:
        raise InputError(
            f"tally: found basis {other[0]!r}, expected 'period'; count it with count_cells"
        )
    unknown = [name for name in [*_FLOW_COUNTS, *_OPEN_COUNTS] if rows[name].isna().any()]
    if unknown:
        raise InputError(
            f"tally: {unknown[0]} is missing in some cells, expected a number in each; leave "
            "those cells out, or use a source that counts it"
        )


def _gaps(sums: pd.DataFrame, by: Sequence[str]) -> pd.Series:
    """Return by how much each opening differs from what the period before left open."""
    before = sums.groupby(list(by), dropna=False) if by else sums
    adjoins = before["period_end_on"].shift() + pd.Timedelta(days=1) == sums["period_start_on"]
    return (sums["opening_count"] - before["open_count"].shift()).where(adjoins)
