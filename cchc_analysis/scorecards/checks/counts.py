"""The counts of a table of components, one row each, and what they are counts of."""

from __future__ import annotations

import pandas as pd

from cchc_analysis.scorecards.formulas import component_named, components

PERIOD = ["period_kind", "period_start_on", "period_end_on"]

SERIES = ["unit_id", "period_kind", "period_start_on", "range_end_on"]
"""A period as it stays the same while it is open: its last day moves with the captures."""

RECEIVED = (
    "ON_TIME", "ORIGINAL_RESULT_AVAILABLE", "SO_HOA_GIAY_TO_GIAI_QUYET",
    "SYNCED_WITH_DVCQG_PERSONAL_STORAGE", "REUSED_DIGITIZED_DATA",
    "CITIZEN_DATA_CONNECTED_DOSSIER", "DOSSIER_RECEIVING_SATISFACTION",
)  # fmt: skip
"""Components whose denominator is all dossiers received; the first is the one held against."""

_STATES = (
    "ON_TIME", "DOSSIER_RECEIVING_SATISFACTION", "PETITION_PROCESSING_ON_TIME",
    "PETITION_HANDLING_SATISFACTION",
)  # fmt: skip
"""Components whose numerator judges cases as they stand: what is in time may become late."""


def count_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per known count of a component.

    Parameters
    ----------
    rows
        Checked rows of ``COMPONENTS``.

    Returns
    -------
    DataFrame
        The keys of the rows with ``range_end_on`` (:data:`SERIES`), ``measure`` (numerator,
        denominator; late: received minus in time), ``count``, ``cases`` (what is counted) and
        ``may_fall`` (a lower count later on can be right).
    """
    of = with_series(rows[rows["metric"].notna()])
    known = components()
    for metric in set(of["metric"]) - set(known):
        component_named(metric)  # raises, with the nearest codes
    in_time = of[of["metric"] == "ON_TIME"]
    long = pd.concat(
        [
            of.assign(measure="numerator", count=of["numerator"]),
            of.assign(measure="denominator", count=of["denominator"]),
            in_time.assign(measure="late", count=in_time["denominator"] - in_time["numerator"]),
        ],
        ignore_index=True,
    ).dropna(subset="count")
    cases = long["metric"].map({metric: one.cases for metric, one in known.items()})
    judged = long["metric"].isin(_STATES) & (long["measure"] == "numerator")
    return long.assign(cases=cases, may_fall=judged | ~cases.isin(["dossiers", "petitions"]))


def with_series(rows: pd.DataFrame) -> pd.DataFrame:
    """Add ``range_end_on``: the last day of a chosen range, missing where the kind tells it."""
    chosen = rows["period_kind"] == "dates"
    return rows.assign(range_end_on=rows["period_end_on"].where(chosen))


def received(counts: pd.DataFrame) -> pd.DataFrame:
    """Return the dossiers received: the denominator of the progress group."""
    return counts[(counts["metric"] == RECEIVED[0]) & (counts["measure"] == "denominator")]


def each_once(found: pd.DataFrame) -> pd.DataFrame:
    """Keep a denominator that several components of a group show under the first of them."""
    keys = [
        "unit_id", *PERIOD, "captured_at", "group", "measure", "cases", "found", "expected",
    ]  # fmt: skip
    repeated = found.duplicated(keys) & (found["measure"] == "denominator")
    return found[~repeated]
