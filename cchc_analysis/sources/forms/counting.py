"""Form II.06 counted from dossiers, and turned into a tally."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from cchc_analysis.columns import FORMS, TALLY, InputError, check
from cchc_analysis.sources.forms.wording import words
from cchc_analysis.tally import count_cells, sum_cells

if TYPE_CHECKING:
    from cchc_analysis.engines.embedded import Source
    from cchc_analysis.sources.dossiers import Reading

_UNIT_PERIOD = ["unit_id", "period_start_on", "period_end_on", "source"]


def form06(dossiers: Reading | Source, start_on: date | str, end_on: date | str) -> pd.DataFrame:
    """Return the columns (3) to (13) of form II.06 for each unit and field, and in total.

    (3) = (4) + (5) + (6) = (7) + (11), (7) = (8) + (9) + (10) and (11) = (12) + (13) hold in
    every line. Column (9) holds withdrawn and undated dossiers, column (12) those waiting or
    stopped, so shares taken from this form are optimistic by construction.

    Parameters
    ----------
    dossiers
        A reading, the path of its Parquet file, or a frame (columns of ``DOSSIERS``).
    start_on, end_on
        First and last day of the period; statutory months run from the 15th to the 14th.

    Returns
    -------
    DataFrame
        Columns of ``FORMS``, counts of dossiers; ``field`` is missing in a unit's total line.
        Dossiers without a field make one line, ``Không ghi lĩnh vực``. (4) and (5) are NaN
        where the source gives no channel.

    Raises
    ------
    InputError
        If the period is reversed.

    Examples
    --------
    >>> dossiers = pd.DataFrame({
    ...     "dossier_id": ["a", "b", "c"], "unit_id": "A", "field": "land", "source": "example",
    ...     "channel": ["online", "online", "in_person"], "status": [10, 7, 5],
    ...     "received_at": pd.to_datetime(["2023-12-28", "2024-01-03", "2024-01-04"]),
    ...     "due_at": pd.to_datetime(["2024-01-10", "2024-01-10", "2024-01-11"]),
    ...     "result_at": pd.to_datetime(["2024-01-09", "2024-01-12", None]),
    ... })
    >>> form06(dossiers, "2024-01-01", "2024-01-31").filter(like="_count").iloc[-1].astype(int)
    total_received_count     3
    online_received_count    1
    direct_received_count    1
    carried_count            1
    resolved_count           2
    early_count              1
    due_day_count            1
    late_count               0
    pending_count            1
    pending_in_time_count    1
    overdue_count            0
    Name: 1, dtype: int64
    """
    by_field = count_cells(
        dossiers, ["field"], periods=(start_on, end_on), as_of=end_on, rule="form06"
    )
    by_field["field"] = by_field["field"].fillna(words()["unstated_field"])
    keys = [name for name in TALLY.names if not name.endswith("_count")]
    lines = pd.concat([by_field, sum_cells(by_field, keys)], ignore_index=True)
    columns = {
        "total_received_count": lines["received_count"] + lines["carried_count"],
        "online_received_count": lines["online_count"],
        "direct_received_count": lines["received_count"] - lines["online_count"],
        "due_day_count": lines["on_time_count"] - lines["early_count"],
        "pending_count": lines["pending_in_time_count"] + lines["overdue_count"],
    }
    form = check(lines.assign(**columns), FORMS)[FORMS.names]
    return form.sort_values([*_UNIT_PERIOD, "field"], na_position="last", ignore_index=True)


def count_forms(forms: pd.DataFrame) -> pd.DataFrame:
    """Return the tally of filled-in forms: one cell per unit and period, rule ``form06``.

    The total line of a form is taken where there is one; else its lines are added. Dates are
    not known, so ``due_day_count`` is NaN: column (9) also holds withdrawn dossiers.

    Parameters
    ----------
    forms
        Columns of ``FORMS``.

    Returns
    -------
    DataFrame
        Columns of ``TALLY``; no forms, no rows.

    Raises
    ------
    InputError
        If a unit, period and source have two lines of one field: adding both would count twice.

    Examples
    --------
    >>> line = {"unit_id": "A", "period_start_on": "2024-01-01", "period_end_on": "2024-01-31",
    ...         "source": "example", "early_count": 5, "due_day_count": 3, "late_count": 1}
    >>> count_forms(pd.DataFrame([line]))[["on_time_count", "early_count", "late_count"]]
       on_time_count  early_count  late_count
    0            8.0          5.0         1.0
    """
    lines = check(forms, FORMS)
    twice = lines[lines.duplicated([*_UNIT_PERIOD, "field"])]
    if len(twice):
        row = twice.iloc[0]
        raise InputError(
            f"forms: unit {row['unit_id']!r} has two lines of one field (or two total lines) for "
            f"{row['period_start_on']:%Y-%m-%d} to {row['period_end_on']:%Y-%m-%d} from "
            f"{row['source']!r}; keep one, or name two sources"
        )
    whole = lines.groupby(_UNIT_PERIOD)["field"].transform(lambda field: field.isna().any())
    lines = lines[lines["field"].isna() | ~whole.astype(bool)]
    tally = lines.drop(columns="field").assign(
        basis="period",
        rule="form06",
        as_of=lines["period_end_on"],
        received_count=lines["online_received_count"] + lines["direct_received_count"],
        online_count=lines["online_received_count"],
        on_time_count=lines["early_count"] + lines["due_day_count"],
        due_day_count=float("nan"),
    )
    keys = [name for name in TALLY.names if not name.endswith("_count")]
    return sum_cells(check(tally, TALLY)[TALLY.names], keys)
