"""What does not fit between periods: months, quarters and the year to date."""

from __future__ import annotations

import pandas as pd

from cchc_analysis.scorecards.checks.counts import PERIOD, each_once

_LENGTH = {"month": 1, "quarter": 3, "year": 12}  # a chosen range has no place among them
_FIGURE = ["unit_id", "metric", "measure"]


def periods_do_not_add(counts: pd.DataFrame) -> pd.DataFrame:
    """Return sums over shorter periods that do not fit the longer period they lie in."""
    cases = counts["cases"].isin(["dossiers", "petitions"])  # procedures recur in each period
    known = counts[cases & counts["period_kind"].isin(_LENGTH)]
    last = known.sort_values("captured_at", kind="stable")
    last = last.drop_duplicates([*_FIGURE, *PERIOD], keep="last")
    sums = _sums(_parts_inside(last))
    both = last.merge(sums, on=[*_FIGURE, *PERIOD])
    both = both.assign(found=both["total"], expected=both["count"])
    days = (both["period_end_on"] - both["period_start_on"]).dt.days + 1
    off = (both["found"] > both["expected"]) | (
        (both["covered"] == days) & (both["found"] != both["expected"])
    )
    found = each_once(both[off]).assign(check="periods_do_not_add")
    return found.drop(columns=["total", "covered"])


def _parts_inside(last: pd.DataFrame) -> pd.DataFrame:
    """Pair each period with the shorter ones inside it, captured no later than its day.

    Of a month that was captured while open and again later, the fullest that fits counts.
    """
    parts = last[[*_FIGURE, *PERIOD, "captured_at", "count"]]
    both = last[[*_FIGURE, *PERIOD, "captured_at"]].merge(parts, on=_FIGURE, suffixes=("", "_part"))
    shorter = both["period_kind_part"].map(_LENGTH) < both["period_kind"].map(_LENGTH)
    inside = (both["period_start_on_part"] >= both["period_start_on"]) & (
        both["period_end_on_part"] <= both["period_end_on"]
    )
    day = both["captured_at"].dt.normalize()
    both = both[shorter & inside & (both["captured_at_part"].dt.normalize() <= day)]
    ordered = both.sort_values("period_end_on_part", kind="stable")
    keys = [*_FIGURE, *PERIOD, "period_kind_part", "period_start_on_part"]
    return ordered.drop_duplicates(keys, keep="last")


def _sums(parts: pd.DataFrame) -> pd.DataFrame:
    """Add up the parts of each period, those of one kind together."""
    days = (parts["period_end_on_part"] - parts["period_start_on_part"]).dt.days + 1
    by_kind = parts.assign(days=days).groupby([*_FIGURE, *PERIOD, "period_kind_part"])
    return by_kind.agg(
        total=("count", "sum"),
        parts_count=("count", "size"),
        covered=("days", "sum"),
        parts_start_on=("period_start_on_part", "min"),
        parts_end_on=("period_end_on_part", "max"),
    ).reset_index()
