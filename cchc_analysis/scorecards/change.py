"""What moved a score between two dates: total, groups, components, and their counts.

Every difference is split as deep as the data of *both* dates go, and no deeper. Parts add up
exactly, in hundredths of a point; what the parts do not explain stands in a row of its own.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cchc_analysis.columns import InputError, check
from cchc_analysis.components import COMPONENTS
from cchc_analysis.scorecards.formulas import component_named, groups, points_of, scored_in
from cchc_analysis.scorecards.scores import (
    one_capture,
    score_components,
    score_groups,
    score_totals,
    versions_of,
)

PARTS = ("total", "group", "metric", "numerator", "denominator", "no_cases", "rest")
READINGS = (
    "no_previous", "no_later", "not_both_known", "no_parts", "not_all_known", "null", "no_cases",
)  # fmt: skip


def explain_change(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Split each unit's change of score between two dates into what it is made of.

    ``total = sum of groups + rest``, ``group = sum of components + rest``, ``component =
    numerator + denominator + rest``, each exactly, in hundredths of a point.

    Misleads: where numerator and denominator grow together, their parts are large and of
    opposite sign, and only their sum is what happened; a change of a year-to-date score is
    not the score of the days between; what moved is said, never why.

    Parameters
    ----------
    before, after
        The table ``components`` (``components.COMPONENTS``) of two dates, each with one capture
        of each figure and one period, of one kind: two captures of the year to date, two
        months, two quarters.

    Returns
    -------
    DataFrame
        ``unit_id``, ``part`` (one of :data:`PARTS`), ``group``, ``metric``, ``before``,
        ``after`` (points; counts in the rows of ``numerator``, ``denominator``, ``no_cases``),
        ``difference``
        (points), ``reading``, ``provisional``; rows of a unit from the total down. A
        row takes the published scores where both dates have them, else the recomputed ones
        where both have those, else each date's own. ``rest`` is a difference that the parts
        leave: rounding, an older total, or what one of the dates does not show. ``no_cases``
        stands in the place of numerator and denominator where one of the dates had nothing
        to count; its ``before`` and ``after`` are the denominators.

        ``reading`` says why a row has no difference, or no parts: ``no_previous``,
        ``no_later`` (the unit is on one date only), ``not_both_known`` (the score is),
        ``no_parts`` (the data of one date end here), ``not_all_known`` (some parts are not
        known on both dates), ``null`` (a null, which counts as nothing in the sum),
        ``no_cases``. Units stand in the order of their ids. Empty where both tables are.

    Raises
    ------
    InputError
        If the two differ in kind of period (a year to date and a month) or in the version
        of the formulas, one table holds several periods, ``before`` is not the earlier one,
        or for what :func:`~cchc_analysis.scorecards.scores.score_components` refuses.

    Notes
    -----
    Numerator and denominator: the change of each is weighted half at the other's value
    before, half at its value after (the Shapley value of two factors), so neither goes first.
    Scores are rounded and capped as the portal does at each of the four corners; a half of a
    hundredth goes to the even one, and the denominator takes what is left.

    Examples
    --------
    >>> row = {"unit_id": "A", "period_kind": "year", "period_start_on": "2026-01-01",
    ...        "group": "TDGQ", "metric": "ON_TIME", "source": "portal"}
    >>> one = pd.DataFrame([{**row, "period_end_on": "2026-10-05", "captured_at": "2026-10-05",
    ...                      "numerator": 80, "denominator": 100}])
    >>> two = pd.DataFrame([{**row, "period_end_on": "2026-10-10", "captured_at": "2026-10-10",
    ...                      "numerator": 90, "denominator": 110}])
    >>> explain_change(one, two)[["part", "group", "before", "after", "difference"]]
              part group  before   after  difference
    0        total   NaN     NaN     NaN         NaN
    1        group  TDGQ    16.0   16.36        0.36
    2       metric  TDGQ    16.0   16.36        0.36
    3    numerator  TDGQ    80.0   90.00        1.90
    4  denominator  TDGQ   100.0  110.00       -1.54
    """
    first, second = _one_date(before, "before"), _one_date(after, "after")
    _refuse_unlike(first, second)
    metrics = _metrics(first, second)
    group = _groups(first, second, metrics)
    total = _totals(first, second, group)
    counts = _counts(metrics)
    parts = [
        total,
        group,
        metrics,
        counts,
        _rest(total, group, ["unit_id"]),
        _rest(group, metrics, ["unit_id", "group"]),
        _rest(metrics, counts, ["unit_id", "group", "metric"]),
    ]
    table = pd.concat(
        [part.reindex(columns=_COLUMNS).astype(_TYPES) for part in parts], ignore_index=True
    )
    counted = table["part"].isin(_COUNTED)
    ends = table[["before", "after"]]
    table[["before", "after"]] = ends.where(counted, ends / 100)
    table["difference"] /= 100
    return _ordered(table.assign(provisional=table["unit_id"].map(_provisional(first, second))))


_TYPES = {
    "unit_id": "str", "part": "str", "group": "str", "metric": "str", "before": "float64",
    "after": "float64", "difference": "float64", "reading": "str",
}  # fmt: skip
_COLUMNS = list(_TYPES)
_COUNTED = ("numerator", "denominator", "no_cases")
_SIDES = ("_before", "_after")


def _one_date(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the rows of one date, or refuse several periods or captures."""
    rows = one_capture(check(rows, COMPONENTS, where=name)).reset_index(drop=True)
    spans = rows[["period_kind", "period_start_on", "period_end_on"]].drop_duplicates()
    if len(spans) > 1:
        found = "; ".join(_period(span) for _, span in spans.iterrows())
        raise InputError(
            f"{name} holds several periods ({found}); give the rows of one period on each side"
        )
    return rows.assign(version=versions_of(rows))


def _refuse_unlike(before: pd.DataFrame, after: pd.DataFrame) -> None:
    """Refuse two dates that do not measure the same thing, or stand the wrong way round."""
    if before.empty or after.empty:
        return
    one, two = before.iloc[0], after.iloc[0]
    if one["period_kind"] != two["period_kind"]:
        raise InputError(
            f"no difference between {_period(one)} and {_period(two)}: they are of different "
            "kinds; compare year to date with year to date, month with month"
        )
    earlier = (one["period_end_on"], before["captured_at"].max())
    later = (two["period_end_on"], after["captured_at"].max())
    if earlier >= later:
        raise InputError(
            f"before ({_period(one)}, captured {earlier[1]}) is not earlier than after "
            f"({_period(two)}, captured {later[1]}); exchange them"
        )
    versions = pd.concat([before["version"], after["version"]]).unique()
    if len(versions) > 1:
        raise InputError(
            f"no difference across a change of the formulas ({', '.join(versions)}); compare "
            "dates of one version"
        )


def _period(row: pd.Series) -> str:
    """Return a period for a message."""
    return (
        f"{row['period_kind']} {row['period_start_on']:%Y-%m-%d} to {row['period_end_on']:%Y-%m-%d}"
    )


def _metrics(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return the components that both dates show, with their change; counts on each side."""
    keys = ["unit_id", "group", "metric"]
    names = ["numerator", "denominator", "published_score", "recomputed_score", "status", "version"]
    sides = [
        score_components(rows).query("status != 'unscored'")[[*keys, *names]]
        for rows in (before, after)
    ]
    pairs = sides[0].merge(sides[1], on=keys, suffixes=_SIDES)
    null = [pairs[f"status{side}"] == "null" for side in _SIDES]
    scores = _chosen(
        *(
            [pairs[f"{kind}{side}"] for side in _SIDES]
            for kind in ("published_score", "recomputed_score")
        ),
        beside=null,
    )
    shown = [score.mask(missing) for score, missing in zip(scores, null, strict=True)]
    added = [score.mask(missing, 0.0) for score, missing in zip(scores, null, strict=True)]
    difference = added[1] - added[0]
    known = pairs[[f"{n}{side}" for n in ("numerator", "denominator") for side in _SIDES]].notna()
    reading = np.select(
        [null[0] | null[1], difference.isna(), ~known.all(axis=1)],
        ["null", "not_both_known", "no_parts"],
        None,
    )
    return pairs.assign(
        part="metric", before=shown[0], after=shown[1], difference=difference, reading=reading
    )


def _groups(before: pd.DataFrame, after: pd.DataFrame, metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the groups of the units on both dates, with their change."""
    keys = ["unit_id", "group"]
    sides = [
        score_groups(rows)[[*keys, "published_score", "recomputed_score"]]
        for rows in (before, after)
    ]
    pairs = sides[0].merge(sides[1], on=keys, how="outer", suffixes=_SIDES)
    pairs = pairs[
        pairs["unit_id"].isin(before["unit_id"]) & pairs["unit_id"].isin(after["unit_id"])
    ]
    scores = _chosen(
        *(
            [pairs[f"{kind}{side}"] for side in _SIDES]
            for kind in ("published_score", "recomputed_score")
        )
    )
    version = next(iter(before["version"]), "portal_2026")
    sizes = {code: len(scored_in(code, version)) for code in groups()}
    return _head("group", pairs[keys], scores, metrics, pairs["group"].map(sizes).astype("float64"))


def _totals(before: pd.DataFrame, after: pd.DataFrame, group: pd.DataFrame) -> pd.DataFrame:
    """Return each unit's total with its change; a unit on one date only has none."""
    sides = [score_totals(rows)[["unit_id", "published_score"]] for rows in (before, after)]
    pairs = sides[0].merge(sides[1], on="unit_id", how="outer", suffixes=_SIDES)
    by_unit = group.groupby("unit_id")[["before", "after"]]
    sums = by_unit.sum(min_count=len(groups())).reindex(pairs["unit_id"])
    summed = [sums[name].reset_index(drop=True) / 100 for name in ("before", "after")]
    scores = _chosen([pairs[f"published_score{side}"] for side in _SIDES], summed)
    table = _head("total", pairs[["unit_id"]], scores, group, len(groups()))
    for rows, reading in ((before, "no_previous"), (after, "no_later")):
        alone = ~table["unit_id"].isin(rows["unit_id"])
        table["reading"] = table["reading"].mask(alone, reading)
        table[["before", "after", "difference"]] = table[["before", "after", "difference"]].mask(
            alone
        )
    return table


def _head(
    part: str,
    keys: pd.DataFrame,
    scores: list[pd.Series],
    below: pd.DataFrame,
    size: pd.Series | int,
) -> pd.DataFrame:
    """Return rows with their change, and what is known of the parts below them."""
    found = below[below["difference"].notna()].groupby(list(keys)).size().rename("found")
    known = keys.join(found, on=list(keys))["found"].fillna(0)
    difference = scores[1] - scores[0]
    reading = np.select(
        [difference.isna(), known == 0, known < size],
        ["not_both_known", "no_parts", "not_all_known"],
        None,
    )
    return keys.assign(
        part=part, before=scores[0], after=scores[1], difference=difference, reading=reading
    )


def _counts(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return what numerator and denominator contribute to each component's change."""
    names = [f"{name}{side}" for name in ("numerator", "denominator") for side in _SIDES]
    known = metrics[metrics["difference"].notna() & metrics[names].notna().all(axis=1)]
    empty = (known["denominator_before"] == 0) | (known["denominator_after"] == 0)
    came = known[empty]
    rows = [_count_rows(came, "no_cases", "denominator", came["difference"], "no_cases")]
    for metric, pairs in known[~empty].groupby("metric", sort=False):
        component = component_named(metric, pairs["version_before"].iloc[0])
        # the four corners: numerator before and after, at the denominator before and after
        corner = {
            (n, d): np.round(100 * points_of(
                component,
                pairs[f"numerator{n}"].to_numpy(),
                pairs[f"denominator{d}"].to_numpy(),
            ))
            for n in _SIDES
            for d in _SIDES
        }  # fmt: skip
        first, last = _SIDES
        at_first = corner[last, first] - corner[first, first]
        at_last = corner[last, last] - corner[first, last]
        numerator = pd.Series(np.rint((at_first + at_last) / 2), index=pairs.index)
        change = corner[last, last] - corner[first, first]
        rows.append(_count_rows(pairs, "numerator", "numerator", numerator))
        rows.append(_count_rows(pairs, "denominator", "denominator", change - numerator))
    return pd.concat(rows)


def _count_rows(
    pairs: pd.DataFrame, part: str, name: str, difference: pd.Series, reading: str | None = None
) -> pd.DataFrame:
    """Return rows of one kind of count: the counts before and after, and their part."""
    return pairs[["unit_id", "group", "metric"]].assign(
        part=part,
        before=pairs[f"{name}_before"],
        after=pairs[f"{name}_after"],
        difference=difference,
        reading=reading,
    )


def _rest(heads: pd.DataFrame, parts: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return what the parts leave of a difference, where there are parts and they leave any."""
    sums = parts[parts["difference"].notna()].groupby(keys)["difference"].sum().rename("sum")
    joined = heads[[*keys, "difference"]].join(sums, on=keys)
    left = joined["difference"] - joined["sum"]
    leaving = left.notna() & (left != 0)
    return heads.loc[leaving, keys].assign(part="rest", difference=left[leaving])


def _chosen(
    published: list[pd.Series],
    recomputed: list[pd.Series],
    beside: list[pd.Series] | None = None,
) -> list[pd.Series]:
    """Return the scores of both dates, in hundredths of a point.

    The published ones where both dates have them (``beside``: or are null), else the
    recomputed ones where both have those, else each date's own.
    """
    absent = [
        score.isna() if beside is None else score.isna() & ~missing
        for score, missing in zip(published, beside or published, strict=True)
    ]
    both = ~(absent[0] | absent[1])
    again = ~both & recomputed[0].notna() & recomputed[1].notna()
    return [
        (100 * own.where(~again, other).fillna(other.where(~both))).round()
        for own, other in zip(published, recomputed, strict=True)
    ]


def _provisional(before: pd.DataFrame, after: pd.DataFrame) -> dict[str, bool]:
    """Say of each unit whether one of its periods was open when captured."""
    rows = pd.concat([before, after])
    open_ = rows["provisional"].fillna(False).astype("bool")
    return open_.groupby(rows["unit_id"]).any().to_dict()


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows unit by unit, each from the total down, a rest after the parts."""
    units = {unit_id: place for place, unit_id in enumerate(table["unit_id"].unique())}
    codes = {code: place for place, code in enumerate(groups())}
    metrics = {metric: place for place, metric in enumerate(table["metric"].dropna().unique())}
    places = {part: place for place, part in enumerate(PARTS)}
    order = pd.DataFrame(
        {
            "unit": table["unit_id"].map(units),
            "rest": (table["part"] == "rest") & table["group"].isna(),
            "group": table["group"].map(codes).fillna(-1),
            "group_rest": (table["part"] == "rest") & table["metric"].isna(),
            "metric": table["metric"].map(metrics).fillna(-1),
            "part": table["part"].map(places),
        }
    ).reset_index(drop=True)
    return table.iloc[order.sort_values(list(order), kind="stable").index].reset_index(drop=True)
