"""What does not fit inside one capture: maxima, sums, groups, units, empty units."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cchc_analysis.scorecards.checks.counts import PERIOD, RECEIVED, SERIES, each_once, received
from cchc_analysis.scorecards.formulas import components, groups, scored_in

ROUNDED = 0.005
"""How far a printed score may be from the number behind it, points."""
HIGHEST_TOTAL = 100
"""Points of a whole scorecard."""
_CAPTURE = ["unit_id", *PERIOD, "captured_at"]


def above_maximum(rows: pd.DataFrame) -> pd.DataFrame:
    """Return published scores above their maximum."""
    of_groups = rows["group"].map({code: one.maximum for code, one in groups().items()})
    of_metrics = rows["metric"].map({code: one.maximum for code, one in components().items()})
    maximum = of_groups.where(rows["group"].notna(), HIGHEST_TOTAL)
    maximum = of_metrics.where(rows["metric"].notna(), maximum)
    rows = rows.assign(found=rows["published_score"], expected=maximum.astype("float64"))
    above = rows[(maximum > 0) & (rows["found"] > rows["expected"])]
    return above.assign(check="above_maximum", measure="score")


def numerator_above_denominator(rows: pd.DataFrame) -> pd.DataFrame:
    """Return counts of which there are more than there can be."""
    above = rows[rows["numerator"] > rows["denominator"]]
    return above.assign(
        check="numerator_above_denominator",
        measure="numerator",
        found=above["numerator"],
        expected=above["denominator"],
    )


def sum_differs(rows: pd.DataFrame) -> pd.DataFrame:
    """Return totals unlike the sum of their groups, groups unlike the sum of their components."""
    scored = pd.DataFrame(
        [(code, metric) for code in groups() for metric in scored_in(code, "portal_2026")],
        columns=["group", "metric"],
    )
    null = (rows["denominator"] == 0) & rows["metric"].map(
        {code: one.no_cases == "null" for code, one in components().items()}
    ).eq(True)
    known = rows.assign(part=rows["published_score"].mask(null & rows["published_score"].isna(), 0))
    of_metrics = known.merge(scored, on=["group", "metric"])
    of_groups = known[known["metric"].isna() & known["group"].notna()]
    in_groups = scored.groupby("group").size()
    found = pd.concat(
        [
            _unlike(known[known["group"].isna()], of_groups, _CAPTURE, len(groups())),
            _unlike(of_groups, of_metrics, [*_CAPTURE, "group"], in_groups),
        ]
    )
    return found.assign(check="sum_differs", measure="score")


def groups_differ(counts: pd.DataFrame) -> pd.DataFrame:
    """Return the dossiers of a group that are not as many as were received."""
    both = _beside_received(counts, counts["metric"].isin(RECEIVED[1:]))
    both = both[(both["measure"] == "denominator") & (both["found"] != both["expected"])]
    return each_once(both).assign(check="groups_differ")


def above_received(counts: pd.DataFrame) -> pd.DataFrame:
    """Return components with more dossiers than were received."""
    dossiers = (counts["cases"] == "dossiers") & ~counts["metric"].isin(RECEIVED)
    both = _beside_received(counts, dossiers)
    above = both[both["found"] > both["expected"]]
    order = above["measure"].map({"denominator": 0, "numerator": 1})
    above = above.loc[order.sort_values(kind="stable").index]
    # a numerator above received stands in the denominator's row where that is above it too
    above = above[~above.duplicated([*_CAPTURE, "metric"])]
    return above.assign(check="above_received")


def units_do_not_add(counts: pd.DataFrame) -> pd.DataFrame:
    """Return counts of the units below that do not add up to those of the unit above.

    Asked only where the dossiers received do add up, which says that all units are there.
    """
    own = [name for name, one in components().items() if one.own_counts]
    adding = counts[counts["cases"].isin(["dossiers", "petitions"]) & counts["metric"].isin(own)]
    keys = [*PERIOD, "captured_at", "metric", "measure"]
    below = adding.groupby(["parent_id", *keys])["count"].agg(found="sum", parts_count="size")
    both = adding.merge(
        below.reset_index(), left_on=["unit_id", *keys], right_on=["parent_id", *keys],
        suffixes=("", "_below"),
    )  # fmt: skip
    both = both.assign(expected=both["count"])
    alike = received(both)
    whole = alike.loc[alike["found"] == alike["expected"], ["unit_id", *PERIOD]].drop_duplicates()
    unlike = both[both["found"] != both["expected"]].merge(whole, on=["unit_id", *PERIOD])
    return each_once(unlike).assign(check="units_do_not_add")


def no_dossiers(rows: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """Return the points of units that received no dossier: the total, else the sum of groups.

    Of a period still open, as of its last capture.
    """
    keys = ["unit_id", *PERIOD]
    ordered = rows[rows["metric"].isna()].sort_values("captured_at", kind="stable")
    last = ordered.drop_duplicates([*keys, "group"], keep="last")
    of_groups = last[last["group"].notna()].groupby(keys)["published_score"]
    sums = of_groups.sum(min_count=len(groups())).round(2)
    totals = last[last["group"].isna()].set_index(keys)["published_score"]
    points = totals.combine_first(sums).rename("found").reset_index()
    idle = received(counts).sort_values("captured_at", kind="stable")
    idle = idle.drop_duplicates(SERIES, keep="last")
    idle = idle[idle["count"] == 0].drop(columns="group").merge(points, on=keys)
    return idle[idle["found"] > 0].assign(
        check="no_dossiers", measure="score", metric=np.nan, cases=np.nan, expected=np.nan
    )


def _unlike(
    wholes: pd.DataFrame, parts: pd.DataFrame, keys: list[str], needed: int | pd.Series
) -> pd.DataFrame:
    """Return published scores further from the sum of their parts than rounding can tell."""
    sums = parts.groupby(keys)["part"].agg(expected="sum", parts_count="count").reset_index()
    both = wholes.merge(sums, on=keys)
    complete = both["group"].map(needed) if isinstance(needed, pd.Series) else needed
    both = both.assign(found=both["published_score"], expected=both["expected"].round(2))
    away = (both["found"] - both["expected"]).abs().round(4)
    far = away > ROUNDED * (both["parts_count"] + 1)
    return both[(both["parts_count"] == complete) & far]


def _beside_received(counts: pd.DataFrame, chosen: pd.Series) -> pd.DataFrame:
    """Set counts beside the dossiers received: of the same capture, or of a period that ended."""
    base = received(counts)[["unit_id", *PERIOD, "captured_at", "count"]]
    both = counts[chosen].merge(base, on=["unit_id", *PERIOD], suffixes=("", "_received"))
    same = both["captured_at"] == both["captured_at_received"]
    both = both[same | both["provisional"].eq(False)]
    times = both[["captured_at", "captured_at_received"]]
    other = times.min(axis=1).mask(times.nunique(axis=1) == 1)
    return both.assign(
        found=both["count"],
        expected=both["count_received"],
        captured_at=times.max(axis=1),
        captured_before=other,
    )
