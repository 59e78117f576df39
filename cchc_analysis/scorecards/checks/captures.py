"""What does not fit between captures: counts that fall, figures that come and go."""

from __future__ import annotations

import pandas as pd

from cchc_analysis.scorecards.checks.counts import RECEIVED, SERIES, each_once, with_series

MOVED = 1.0
"""Points from which a score that comes back is a finding."""
BACK = 0.2
"""How far from where it was, as a part of the move, a score that came back may be."""
_FIGURE = [*SERIES, "metric", "measure"]


def count_fell(counts: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return counts of open periods that are lower than in the capture before."""
    known = _with_before(counts)
    fell = known[~known["was_closed"] & (known["count"] < known["before"])]
    fell = fell.assign(found=fell["count"], expected=fell["before"])
    names = fell["may_fall"].map({True: "may_fall", False: "count_fell"})
    return _with_scores(each_once(fell).assign(check=names), rows)


def closed_period_moved(counts: pd.DataFrame) -> pd.DataFrame:
    """Return counts of a period that had ended before both captures, and still changed."""
    known = _with_before(counts)
    moved = known[known["was_closed"] & (known["count"] != known["before"])]
    moved = moved.assign(found=moved["count"], expected=moved["before"])
    return each_once(moved).assign(check="closed_period_moved")


def counts_came_and_went(counts: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return counts of open periods that rose and fell back at least to where they were."""
    known = _with_before(counts[~counts["may_fall"]])
    later = known.groupby(_FIGURE, dropna=False, sort=False)
    known = known.assign(
        after=later["count"].shift(-1), captured_after=later["captured_at"].shift(-1)
    )
    went = (known["count"] > known["before"]) & (known["after"] <= known["before"])
    went = known[went & ~known["was_closed"]]
    went = went.assign(found=went["count"], expected=went["before"])
    return _with_scores(each_once(went).assign(check="came_and_went"), rows)


def scores_came_and_went(rows: pd.DataFrame) -> pd.DataFrame:
    """Return published scores of groups and components that moved away and came back.

    Totals are left out: they move with their groups.
    """
    scores = with_series(rows[rows["group"].notna()].dropna(subset="published_score"))
    scores = scores.sort_values("captured_at", kind="stable").reset_index(drop=True)
    found = []
    for _, series in scores.groupby([*SERIES, "group", "metric"], dropna=False, sort=False):
        points = series["published_score"].tolist()
        for before, away, back in _absences(points):
            at = series.index[[before, away, back]]
            times = scores.loc[at, "captured_at"].tolist()
            found.append((at[1], points[before], points[back], times[0], times[2]))
    names = ["at", "expected", "after", "captured_before", "captured_after"]
    told = pd.DataFrame(found, columns=names).set_index("at")
    away_rows = scores.loc[told.index].join(told)
    return away_rows.assign(
        check="came_and_went", measure="score", found=away_rows["published_score"]
    )


def group_unchanged(counts: pd.DataFrame) -> pd.DataFrame:
    """Return dossiers of a group that stood still while those of another group moved on."""
    all_received = counts["metric"].isin(RECEIVED) & (counts["measure"] == "denominator")
    known = _with_before(counts[all_received & counts["provisional"].ne(False)])
    known = known.dropna(subset="before").drop_duplicates([*SERIES, "captured_at", "group"])
    still = known[known["count"] == known["before"]]
    moved = known[known["count"] != known["before"]]
    at = [*SERIES, "captured_at", "captured_before"]
    both = still.merge(moved[[*at, "group", "count"]], on=at, suffixes=("", "_moved"))
    both = both[both["count"] != both["count_moved"]]
    both = both.assign(found=both["count"], expected=both["count_moved"])
    return both.assign(check="group_unchanged")


def _with_before(counts: pd.DataFrame) -> pd.DataFrame:
    """Return counts in the order of their captures, each with the one known before it."""
    ordered = counts.sort_values("captured_at", kind="stable")
    series = ordered.groupby(_FIGURE, dropna=False, sort=False)
    return ordered.assign(
        before=series["count"].shift(),
        captured_before=series["captured_at"].shift(),
        was_closed=series["provisional"].shift().eq(False),
    )


def _absences(points: list[float]) -> list[tuple[int, int, int]]:
    """Return where a figure left, was away, and was back: places in ``points``."""
    found, at = [], 0
    while at < len(points) - 2:
        step = abs(points[at + 1] - points[at])
        later = range(at + 2, len(points))
        back = next((n for n in later if abs(points[n] - points[at]) <= BACK * step), None)
        if round(step, 2) >= MOVED and back is not None:
            found.append((at, at + 1, back))
            at = back
        else:
            at += 1
    return found


def _with_scores(found: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Add the published score of the group on the days of the captures, where it is known."""
    groups = with_series(rows[rows["group"].notna() & rows["metric"].isna()])
    groups = groups.sort_values("captured_at", kind="stable")
    groups = groups.assign(day=groups["captured_at"].dt.normalize())
    keys = [*SERIES, "group"]
    scores = groups.drop_duplicates([*keys, "day"], keep="last")
    scores = scores[[*keys, "day", "published_score"]]
    for name, when in (
        ("group_score_before", "captured_before"),
        ("group_score", "captured_at"),
        ("group_score_after", "captured_after"),
    ):
        if when in found:
            told = scores.rename(columns={"published_score": name})
            days = found[when].dt.normalize()
            found = found.assign(day=days).merge(told, on=[*keys, "day"], how="left")
    return found
