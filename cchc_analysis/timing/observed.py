"""What every estimate of times asks first: rows that may stand together, group by group."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cchc_analysis.columns import DURATIONS, InputError, check, require_one

CLOSINGS = ("result", "refused", "withdrawn")
KEYS = (
    "unit_id", "period_start_on", "period_end_on", "cohort", "as_of", "rule", "day_kind", "source",
)  # fmt: skip
FOLLOWED = ("received", "observed")
"""The cohorts that keep open dossiers, and so can tell how long dossiers take."""

_ONE_PER_CALL = ("cohort", "day_kind", "rule")
_MEASURED = ("entry_days", "end_days", "outcome", "dossier_count")


def observed(
    durations: pd.DataFrame, by: Sequence[str], *, cohorts: Sequence[str] = FOLLOWED
) -> pd.DataFrame:
    """Check that the rows may stand in one estimate; leave out rows without dossiers.

    Parameters
    ----------
    durations
        Columns of ``DURATIONS``, and those in ``by``.
    by
        Columns to keep apart besides unit and period.
    cohorts
        Those allowed.

    Returns
    -------
    DataFrame
        The checked rows with ``dossier_count`` above 0, numbered from 0.

    Raises
    ------
    InputError
        If cohorts, kinds of day or rules are mixed, the cohort does not fit, a column of
        ``by`` is absent or is what is measured, or a dossier ends before it is seen.
    """
    rows = check(durations, DURATIONS)
    require_one(rows, _ONE_PER_CALL, "durations", "estimate each apart")
    other = sorted(set(rows["cohort"]) - set(cohorts))
    if other:
        raise InputError(
            f"durations: found cohort {other[0]!r}, expected {' or '.join(cohorts)}; dossiers "
            "closed in a period leave out all that are still open (see cohort_bias)"
        )
    _require_columns(rows, by)
    backward = rows["entry_days"] > rows["end_days"]
    if backward.any():
        row = rows[backward].iloc[0]
        raise InputError(
            f"durations, row {row.name}: found entry_days {row['entry_days']:g} after end_days "
            f"{row['end_days']:g}, expected the age when first seen not to exceed the age at "
            "the end; leave out dossiers that ended before the period"
        )
    return rows[rows["dossier_count"] > 0].reset_index(drop=True)


def _require_columns(rows: pd.DataFrame, by: Sequence[str]) -> None:
    """Raise unless ``by`` lists columns that can keep dossiers apart."""
    if isinstance(by, str):
        raise InputError(f"by: found {by!r}, expected a list of columns such as [{by!r}]")
    for name in by:
        if name not in rows or name in _MEASURED:
            offered = [name for name in rows.columns if name not in _MEASURED]
            raise InputError(
                f"durations: found no column {name!r} to keep apart, expected some of: "
                f"{', '.join(offered)}; count the durations by it first"
            )


def group_keys(by: Sequence[str]) -> list[str]:
    """Return the columns that name a group: unit, period and the like, then ``by``."""
    return list(dict.fromkeys([*KEYS, *by]))


def numbered_groups(rows: pd.DataFrame, by: Sequence[str]) -> tuple[pd.DataFrame, np.ndarray]:
    """Number the groups in the order of their keys.

    Parameters
    ----------
    rows
        What :func:`observed` returned.
    by
        Columns to keep apart besides unit and period.

    Returns
    -------
    tuple
        The keys, one row per group, its number as index; and the group of each row.
    """
    keys = group_keys(by)
    group = rows.groupby(keys, sort=True, dropna=False).ngroup().to_numpy(int)
    named = rows[keys].assign(group=group).drop_duplicates("group")
    return named.set_index("group").sort_index(), group


def with_keys(keys: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Put the keys of each group before what was found of it.

    Parameters
    ----------
    keys
        From :func:`numbered_groups`.
    found
        Any rows, their group in ``group``; in the order in which they shall stand.
    """
    columns = [*keys.columns, *found.columns.drop("group")]
    return found.join(keys, on="group", validate="m:1")[columns].reset_index(drop=True)
