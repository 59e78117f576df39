"""What every comparison of units asks first: one indicator, rule and period, whole dossiers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cchc_analysis.columns import ESTIMATES, InputError, check, require_one

_ALIKE = ["period_start_on", "period_end_on", "indicator", "rule"]


def one_comparison(estimates: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """Check that the rows may be compared, and tell which units have dossiers.

    Parameters
    ----------
    estimates
        One row per unit, one indicator, rule and period, with ``count`` and ``total``
        (dossiers, whole numbers).

    Returns
    -------
    tuple
        The checked rows, numbered from 0, and an array of bool: the unit has dossiers and
        its count is known.

    Raises
    ------
    InputError
        If indicators, rules or periods are mixed, a unit comes twice, or a count does not
        fit its total.

    Examples
    --------
    >>> rows, known = one_comparison(pd.DataFrame({
    ...     "unit_id": ["A", "B"], "indicator": "on_time_rate", "count": [9, 0],
    ...     "total": [10, 0], "bounds": "none", "unit_of_measure": "share", "method": "count",
    ...     "rule": "strict", "source": "example",
    ... }))
    >>> known
    array([ True, False])
    """
    rows = check(estimates, ESTIMATES).reset_index(drop=True)
    _require_alike(rows)
    _require_counts(rows)
    return rows, ((rows["total"] > 0) & rows["count"].notna()).to_numpy()


def _require_alike(rows: pd.DataFrame) -> None:
    """Raise unless the rows are one indicator, rule and period, each unit once."""
    require_one(rows, _ALIKE, "estimates", "filter the rows, and compare what is counted alike")
    twice = rows.loc[rows["unit_id"].duplicated(), "unit_id"]
    if len(twice):
        raise InputError(
            f"estimates: unit {twice.iloc[0]!r} comes more than once, expected one row per unit; "
            "add its counts first"
        )


def _require_counts(rows: pd.DataFrame) -> None:
    """Raise for the first unit whose count does not fit its total."""
    count, total = rows["count"], rows["total"]
    whole = (count.isna() | (count % 1 == 0)) & (total.isna() | (total % 1 == 0))
    bad = (count < 0) | (total < 0) | (count > total) | ~whole
    if bad.any():
        row = rows[bad].iloc[0]
        raise InputError(
            f"estimates, unit {row['unit_id']!r}: found count {row['count']:g} of total "
            f"{row['total']:g}, expected whole numbers with 0 <= count <= total"
        )
