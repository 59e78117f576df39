"""Scores recomputed from counts, beside what the portal published: component, group, total."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cchc_analysis.columns import InputError, check
from cchc_analysis.components import COMPONENTS
from cchc_analysis.scorecards.formulas import (
    component_score,
    components,
    groups,
    scored_in,
    version_on,
)

SCORECARD = ("unit_id", "period_kind", "period_start_on", "period_end_on")
"""What a scorecard is of: one unit in one period."""
_ABOUT = ("unit_class", "parent_id", "provisional", "captured_from", "captured_to")
STATUSES = ("scored", "null", "unknown", "unscored")


def latest_capture(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with, of each figure captured more than once, only the last capture.

    A closed month moves: two captures of it differ, and neither is wrong.

    Parameters
    ----------
    rows
        The table ``components`` (``components.COMPONENTS``).

    Returns
    -------
    DataFrame
        The same columns; one row per unit, period, group and metric.

    Examples
    --------
    >>> from cchc_analysis.components import COMPONENTS
    >>> len(latest_capture(pd.DataFrame(columns=COMPONENTS.names)))
    0
    """
    rows = check(rows, COMPONENTS)
    ordered = rows.sort_values("captured_at", kind="stable")
    last = ~ordered.duplicated(subset=[*_figure_keys()], keep="last")
    return ordered[last].sort_index()


def score_components(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the score of each component, recomputed from its counts, beside the published one.

    Misleads: equal scores do not show that the counts are right, only that the arithmetic is.

    Parameters
    ----------
    rows
        The table ``components`` (``components.COMPONENTS``); rows of groups and totals are left
        out.

    Returns
    -------
    DataFrame
        The rows of components with ``version`` (of the formulas on the day of the capture),
        ``recomputed_score``, ``official_score`` (as officially described, where that differs;
        else the same), ``difference`` (recomputed minus published, points) and ``status``:
        ``scored``; ``null`` where the portal's rule gives nothing (0 of 0 in transparency),
        which adds nothing and is not 0; ``unknown`` where counts are missing; ``unscored``
        for what is counted only. Empty where there are none.

    Raises
    ------
    InputError
        For an unknown metric, one in another group than its own, a numerator above its
        denominator, a capture from before the first version of the formulas, or what
        ``columns.check`` refuses.

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "unit_id": "vn34-01", "period_kind": "year", "period_start_on": "2026-01-01",
    ...     "period_end_on": "2026-10-10", "captured_at": "2026-10-10", "group": "CKMB",
    ...     "metric": ["PUBLIC_CONTENT_FULL", "PUBLISH_ON_TIME"], "numerator": [78, 0],
    ...     "denominator": [80, 0], "published_score": [1.95, None], "source": "portal",
    ... })
    >>> score_components(rows)[["recomputed_score", "difference", "status"]]
       recomputed_score  difference  status
    0              1.95         0.0  scored
    1               NaN         NaN    null
    """
    rows = check(rows, COMPONENTS)
    rows = rows[rows["metric"].notna()]
    _refuse_other_groups(rows)
    versions = versions_of(rows)
    recomputed, official = np.full((2, len(rows)), np.nan)
    for version in versions.unique():
        here = (versions == version).to_numpy()
        counts = [rows.loc[here, name] for name in ("metric", "numerator", "denominator")]
        recomputed[here] = component_score(*counts, version)
        official[here] = component_score(*counts, version, official=True)
    return rows.assign(
        version=versions,
        recomputed_score=recomputed,
        official_score=official,
        difference=(recomputed - rows["published_score"]).round(2),
        status=_statuses(rows, np.isfinite(recomputed), versions),
    ).astype({"status": "str"})


def score_groups(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the six groups of each unit and period: recomputed, official and published.

    A group's score is the sum of its components' scores, each rounded to the hundredth; a
    component that is null adds nothing.

    Parameters
    ----------
    rows
        The table ``components`` (``components.COMPONENTS``), one capture of each figure
        (:func:`latest_capture`).

    Returns
    -------
    DataFrame
        One row per unit, period and group of which any row is given, in the portal's order:
        ``group``, ``maximum``, ``published_score`` (the group's own row, else the sum of its
        components' published scores where all have one or are null), ``recomputed_score``,
        ``official_score`` (NaN unless every component is known, and for a group of nulls
        alone), ``difference`` (recomputed
        minus published), ``metrics_known`` of ``metrics``, ``unit_class``, ``parent_id``,
        ``provisional``, ``captured_from``, ``captured_to``. Empty where there are none.

    Raises
    ------
    InputError
        As :func:`score_components`; and where a figure has two captures.

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "unit_id": "vn34-01", "period_kind": "year", "period_start_on": "2026-01-01",
    ...     "period_end_on": "2026-10-10", "captured_at": "2026-10-10", "group": "TDGQ",
    ...     "metric": ["ON_TIME", None], "numerator": [788612, None],
    ...     "denominator": [1065150, None], "published_score": [None, 14.81], "source": "portal",
    ... })
    >>> score_groups(rows)[["group", "published_score", "recomputed_score", "difference"]]
      group  published_score  recomputed_score  difference
    0  TDGQ            14.81             14.81         0.0
    """
    rows = one_capture(check(rows, COMPONENTS))
    _refuse_other_groups(rows)  # a component without its group would pass for a total
    rows = rows[rows["group"].notna()]
    keys = [*SCORECARD, "group"]
    scored = score_components(rows)
    table = _about(rows, keys).join(_sums(scored, keys)).join(_own_rows(rows, keys)).reset_index()
    known = groups()
    _refuse_unknown_groups(table["group"], known)
    published = table["own_score"].fillna(table["published_sum"])
    order = table["group"].map({code: place for place, code in enumerate(known)})
    table = table.assign(
        maximum=table["group"].map({code: group.maximum for code, group in known.items()}),
        published_score=published,
        difference=(table["recomputed_score"] - published).round(2),
        order=order,
    ).sort_values([*SCORECARD, "order"], kind="stable")
    names = [
        *keys, "maximum", "published_score", "recomputed_score", "official_score", "difference",
        "metrics_known", "metrics", *_ABOUT,
    ]  # fmt: skip
    return table[names].reset_index(drop=True)


def score_totals(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the total of each unit and period: published, and as sums of its groups.

    Misleads: groups of one scorecard may come from different captures (``captured_from`` to
    ``captured_to``), and a published total may be older than its groups. An empty unit still
    has points: 'no petition' gives 12.

    Parameters
    ----------
    rows
        The table ``components`` (``components.COMPONENTS``), one capture of each figure
        (:func:`latest_capture`).

    Returns
    -------
    DataFrame
        One row per unit and period: ``published_score`` (the total's own row),
        ``published_sum`` of the published groups and ``recomputed_sum`` of the recomputed
        ones (each NaN unless all six are known; ``published_groups`` and
        ``recomputed_groups`` say how many are), ``difference`` (published minus
        ``published_sum``, points), ``recomputed_difference`` (``recomputed_sum`` minus
        ``published_sum``), ``unit_class``, ``parent_id``, ``provisional``, ``captured_from``,
        ``captured_to``.

    Raises
    ------
    InputError
        As :func:`score_groups`.

    Examples
    --------
    >>> scores = {"CKMB": 1.96, "TDGQ": 0, "CLGQ": 0, "TTTT": 0, "MDSH": 2, "MDHL": 12}
    >>> rows = pd.DataFrame({
    ...     "unit_id": "H44.01", "period_kind": "month", "period_start_on": "2026-08-01",
    ...     "period_end_on": "2026-08-31", "captured_at": "2026-09-26", "group": list(scores),
    ...     "metric": None, "published_score": scores.values(), "source": "portal",
    ... })
    >>> score_totals(rows)[["published_score", "published_sum", "recomputed_groups"]]
       published_score  published_sum  recomputed_groups
    0              NaN          15.96                  0
    """
    rows = one_capture(check(rows, COMPONENTS))
    keys = list(SCORECARD)
    by_group = score_groups(rows).groupby(keys, dropna=False, sort=False)
    sums = pd.DataFrame(
        {
            "published_sum": by_group["published_score"].sum(min_count=len(groups())).round(2),
            "published_groups": by_group["published_score"].count(),
            "recomputed_sum": by_group["recomputed_score"].sum(min_count=len(groups())).round(2),
            "recomputed_groups": by_group["recomputed_score"].count(),
        }
    )
    own = rows[rows["group"].isna()].groupby(keys, dropna=False, sort=False)["published_score"]
    table = _about(rows, keys).join(own.first()).join(sums)
    counted = table[["published_groups", "recomputed_groups"]].fillna(0).astype("int64")
    table = table.assign(
        **counted,
        difference=(table["published_score"] - table["published_sum"]).round(2),
        recomputed_difference=(table["recomputed_sum"] - table["published_sum"]).round(2),
    )
    names = [
        "published_score", "published_sum", "recomputed_sum", "difference",
        "recomputed_difference", "published_groups", "recomputed_groups", *_ABOUT,
    ]  # fmt: skip
    return table[names].reset_index()


def versions_of(rows: pd.DataFrame) -> pd.Series:
    """Return the version of the formulas on the day of each row's capture."""
    days = rows["captured_at"].dt.normalize()
    return days.map({day: version_on(day.date()) for day in days.unique()}).astype("str")


def one_capture(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows in which each figure stands once, or refuse them.

    Raises
    ------
    InputError
        Naming the first figure with two captures.
    """
    twice = rows.duplicated(subset=_figure_keys())
    if twice.any():
        row = rows[twice].iloc[0]
        what = next((row[name] for name in ("metric", "group") if pd.notna(row[name])), "total")
        raise InputError(
            f"{row['unit_id']}: {what} of the period from {row['period_start_on']:%Y-%m-%d} to "
            f"{row['period_end_on']:%Y-%m-%d} is given twice (captured at {row['captured_at']}, "
            "and before); keep one with latest_capture"
        )
    return rows


def _figure_keys() -> list[str]:
    """Return the columns that name one figure of one unit and period."""
    return [*SCORECARD, "group", "metric"]


def _about(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return what is known of each unit's scorecard, or group: class, parent, captures."""
    return rows.groupby(keys, dropna=False, sort=False).agg(
        unit_class=("unit_class", "first"),
        parent_id=("parent_id", "first"),
        provisional=("provisional", "max"),
        captured_from=("captured_at", "min"),
        captured_to=("captured_at", "max"),
    )


def _statuses(rows: pd.DataFrame, scored: np.ndarray, versions: pd.Series) -> np.ndarray:
    """Say of each component whether it is scored, null, unknown or not scored at all."""
    unscored = np.zeros(len(rows), dtype=bool)
    for version in versions.unique():
        codes = [code for code, entry in components(version).items() if entry.maximum == 0]
        unscored |= ((versions == version) & rows["metric"].isin(codes)).to_numpy()
    counts_null = rows["numerator"].isna() & rows["denominator"].isna()
    null = (rows["denominator"] == 0) | (counts_null & rows["published_score"].isna())
    return np.select([unscored, scored, null.to_numpy()], ["unscored", "scored", "null"], "unknown")


def _sums(scored: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Add the components of each group; NaN where one of the group's is not known."""
    counted = scored[scored["status"] != "unscored"]
    known = counted["status"] != "unknown"
    printed = counted["published_score"].notna() | (counted["status"] == "null")
    grouped = counted.assign(known=known, printed=printed).groupby(keys, dropna=False, sort=False)
    sums = grouped.agg(
        recomputed_score=("recomputed_score", "sum"),
        official_score=("official_score", "sum"),
        published_sum=("published_score", "sum"),
        scored=("recomputed_score", "count"),
        metrics_known=("known", "sum"),
        printed=("printed", "sum"),
        version=("version", "first"),
    )
    codes = sums.index.get_level_values("group")
    sums["metrics"] = [
        len(scored_in(code, version)) for version, code in zip(sums["version"], codes, strict=True)
    ]
    complete = (sums["metrics_known"] == sums["metrics"]) & (sums["scored"] > 0)
    for name, whole in (
        ("recomputed_score", complete),
        ("official_score", complete),
        ("published_sum", sums["printed"] == sums["metrics"]),
    ):
        sums[name] = sums[name].round(2).where(whole)
    return sums.drop(columns=["printed", "scored", "version"])


def _own_rows(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return the published score that a group has of its own."""
    own = rows[rows["metric"].isna()].groupby(keys, dropna=False, sort=False)
    return own.agg(own_score=("published_score", "first"))


def _refuse_other_groups(rows: pd.DataFrame) -> None:
    """Raise for the first component that stands in another group than its own, or in none."""
    own = rows["metric"].map({metric: one.group for metric, one in components().items()})
    wrong = rows[own.notna() & (rows["group"] != own)]
    if len(wrong):
        row = wrong.iloc[0]
        raise InputError(
            f"{row['unit_id']}: found {row['metric']} in group {row['group']}, expected "
            f"{components()[row['metric']].group}"
        )


def _refuse_unknown_groups(codes: pd.Series, known: dict[str, object]) -> None:
    """Raise for the first group that the set does not have."""
    unknown = codes[~codes.isin(known)]
    if len(unknown):
        raise InputError(f"QĐ 766 has no group {unknown.iloc[0]!r}; known: {', '.join(known)}")
