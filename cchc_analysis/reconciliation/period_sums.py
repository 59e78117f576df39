"""Whether printed periods agree: parts within a whole, and one period read on two days."""

from __future__ import annotations

from itertools import combinations

import pandas as pd

from cchc_analysis import columns
from cchc_analysis.reconciliation.identities import DOSSIER_SHARES

_PERIOD = ["period_start_on", "period_end_on"]
_ALL_RECEIVED = (
    "qd766_in_time_share",
    "qd766_original_result_available",
    "qd766_so_hoa_giay_to_giai_quyet",
    "qd766_reused_digitized_data",
    "qd766_citizen_data_connected_dossier",
    "qd766_dossier_receiving_satisfaction",
)  # their denominator is the dossiers received in the period


def check_periods(published: pd.DataFrame) -> pd.DataFrame:
    """Compare each printed period with the sum of two periods that lie within it.

    Parts of a whole cannot hold more than the whole. Where they do, the periods are not
    counted alike, and no third period may be had by subtraction. Why is not printed.
    Only shares of dossiers are compared: a procedure or a service is there in every period.

    Parameters
    ----------
    published
        Printed figures; results with numerator, denominator and both days are compared, of
        :data:`~cchc_analysis.reconciliation.identities.DOSSIER_SHARES`.

    Returns
    -------
    DataFrame
        One row per unit, indicator, whole period and pair of periods within it that do not
        overlap: ``unit_id``, ``indicator``, ``period_start_on``, ``period_end_on`` (the
        whole), ``first_start_on``, ``first_end_on``, ``second_start_on``, ``second_end_on``;
        ``parts_total`` and ``parts_rest`` (dossiers, and those of them not counted in the
        numerator), ``total`` and ``rest`` of the whole; ``verdict``: 'exceeds' (the parts
        hold more dossiers, or more of the rest, than the whole), else 'fits'; ``source``.

    Examples
    --------
    Of 90 late in the quarter, 100 were late in two of its months:

    >>> rows = pd.DataFrame({
    ...     "unit_id": "A", "indicator": "on_time_rate", "kind": "result",
    ...     "period_start_on": ["2026-07-01", "2026-08-01", "2026-09-01"],
    ...     "period_end_on": ["2026-09-30", "2026-08-31", "2026-09-30"],
    ...     "unit_of_measure": "percent", "numerator": [910, 240, 260],
    ...     "denominator": [1000, 300, 300], "source": "example",
    ... })
    >>> check_periods(rows)[["parts_total", "total", "parts_rest", "rest", "verdict"]]
       parts_total   total  parts_rest  rest  verdict
    0        600.0  1000.0       100.0  90.0  exceeds
    """
    rows = columns.check(published, columns.PUBLISHED)
    known = rows[[*_PERIOD, "numerator", "denominator"]].notna().all(axis=1)
    known &= rows["indicator"].isin(DOSSIER_SHARES) & (rows["kind"] == "result")
    rows = rows[known].drop_duplicates(["unit_id", "indicator", *_PERIOD], keep="last")
    rows = rows.assign(rest=rows["denominator"] - rows["numerator"])
    periods = rows.groupby(["unit_id", "indicator"])["rest"].transform("size")
    rows = rows[periods > 2]  # a whole and two parts
    series = [
        group.sort_values(_PERIOD).to_dict("records")
        for _, group in rows.groupby(["unit_id", "indicator"], sort=True)
    ]
    found = [
        _pair_in(whole, *pair)
        for printed in series
        for whole in printed
        for pair in combinations([part for part in printed if _within(part, whole)], 2)
        if pair[0]["period_end_on"] < pair[1]["period_start_on"]
    ]
    return pd.DataFrame(found, columns=_CHECKED)


def check_readings(published: pd.DataFrame) -> pd.DataFrame:
    """Compare the dossiers received in one period as the portal showed them on several days.

    Several shares of one period have the same denominator, the dossiers received. Read on
    two days it should not differ once the period is over.

    Parameters
    ----------
    published
        Printed figures.

    Returns
    -------
    DataFrame
        One row per unit and period that was over when first read and read on two days or
        more: ``unit_id``, ``period_start_on``, ``period_end_on``, ``first_on`` and
        ``last_on`` (days read), ``first_total``, ``last_total`` (dossiers received);
        ``verdict``: 'moved' or 'same'; ``source``.

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "unit_id": "A", "kind": "result", "period_start_on": "2026-08-01",
    ...     "indicator": ["qd766_in_time_share", "qd766_original_result_available"],
    ...     "period_end_on": "2026-08-31", "unit_of_measure": "percent", "numerator": [9, 5],
    ...     "denominator": [20, 19], "source": "portal", "source_on": ["2026-09-26", "2026-09-28"],
    ... })
    >>> check_readings(rows)[["first_total", "last_total", "verdict"]]
       first_total  last_total verdict
    0         20.0        19.0   moved
    """
    rows = columns.check(published, columns.PUBLISHED)
    rows = rows.assign(
        read_on=pd.to_datetime(rows["source_on"], format="%Y-%m-%d", errors="coerce")
    )
    known = rows[[*_PERIOD, "denominator", "read_on"]].notna().all(axis=1)
    over = rows["read_on"] > rows["period_end_on"]
    rows = rows[known & over & rows["indicator"].isin(_ALL_RECEIVED)].sort_values("read_on")
    found = [
        {
            "unit_id": unit_id,
            **dict(zip(_PERIOD, days, strict=True)),
            "first_on": group["read_on"].iloc[0],
            "last_on": group["read_on"].iloc[-1],
            "first_total": group["denominator"].iloc[0],
            "last_total": group["denominator"].iloc[-1],
            "source": group["source"].iloc[0],
        }
        for (unit_id, *days), group in rows.groupby(["unit_id", *_PERIOD], sort=True)
        if group["read_on"].nunique() > 1
    ]
    names = ["unit_id", *_PERIOD, "first_on", "last_on", "first_total", "last_total", "source"]
    table = pd.DataFrame(found, columns=names)
    same = table["first_total"] == table["last_total"]
    table.insert(len(names) - 1, "verdict", same.map({True: "same", False: "moved"}))
    return table


_CHECKED = [
    "unit_id", "indicator", *_PERIOD, "first_start_on", "first_end_on", "second_start_on",
    "second_end_on", "parts_total", "parts_rest", "total", "rest", "verdict", "source",
]  # fmt: skip


def _within(part: dict, whole: dict) -> bool:
    """Tell whether a period lies within another, longer one."""
    days = [(row[_PERIOD[0]], row[_PERIOD[1]]) for row in (part, whole)]
    return days[0] != days[1] and days[0][0] >= days[1][0] and days[0][1] <= days[1][1]


def _pair_in(whole: dict, first: dict, second: dict) -> dict:
    """Return one row of :func:`check_periods`."""
    parts = {name: first[name] + second[name] for name in ("denominator", "rest")}
    exceeds = any(parts[name] > whole[name] for name in parts)
    return {
        **{name: whole[name] for name in ("unit_id", "indicator", *_PERIOD, "rest", "source")},
        **{f"first_{name[7:]}": first[name] for name in _PERIOD},
        **{f"second_{name[7:]}": second[name] for name in _PERIOD},
        "parts_total": parts["denominator"],
        "parts_rest": parts["rest"],
        "total": whole["denominator"],
        "verdict": "exceeds" if exceeds else "fits",
    }
