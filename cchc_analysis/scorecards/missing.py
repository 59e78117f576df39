"""Where the dossiers are that a score lacks, and how many cases one more point takes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cchc_analysis.columns import check, require_one
from cchc_analysis.comparison import funnel
from cchc_analysis.components import COMPONENTS
from cchc_analysis.scorecards.formulas import Component, points_of
from cchc_analysis.scorecards.scores import SCORECARD, one_capture
from cchc_analysis.scorecards.search import TOTAL, cases_needed, scored_cases

MUCH = 0.5
"""Points of the whole from which a unit is named for its weight alone."""
_FALSE_SHARE = 0.05  # of the units outside their limits, how many may be there by luck
_COUNTS = ["numerator", "denominator"]


def cases_for_a_point(rows: pd.DataFrame) -> pd.DataFrame:
    """Say for each component how many cases bring the total one point higher, it alone moving.

    Misleads: where a point is cheap is not where it serves people most.

    Parameters
    ----------
    rows
        As in :func:`~cchc_analysis.scorecards.what_it_takes.cases_to_score`.

    Returns
    -------
    DataFrame
        As :func:`~cchc_analysis.scorecards.what_it_takes.cases_to_score` with ``scope``
        'total'; 'beyond_maximum' where the component has less than a point to give.

    Raises
    ------
    InputError
        As :func:`~cchc_analysis.scorecards.score_groups`.

    Examples
    --------
    >>> scores = {"CKMB": 18, "CLGQ": 10, "TTTT": 8, "MDSH": 12, "MDHL": 14}
    >>> rows = pd.DataFrame({
    ...     "unit_id": "vn34-12", "period_kind": "year", "period_start_on": "2026-01-01",
    ...     "period_end_on": "2026-10-10", "captured_at": "2026-10-10",
    ...     "group": [*scores, "TDGQ"], "metric": [None] * 5 + ["ON_TIME"],
    ...     "published_score": [*scores.values(), None], "numerator": [None] * 5 + [800],
    ...     "denominator": [None] * 5 + [1000], "source": "portal",
    ... })
    >>> row = cases_for_a_point(rows).iloc[0]
    >>> print(row["scope_score"], row["cases_needed"], row["new_cases_needed"])
    78.0 50.0 332.0
    """
    return cases_needed(rows, TOTAL, lambda table: table["scope_score"] + 1)


def missing_below(whole: pd.DataFrame, below: pd.DataFrame) -> pd.DataFrame:
    r"""Say how many dossiers each unit lacks in each component, and what that costs the whole.

    .. math:: \text{gain} = \text{score}(N + \text{missing}_u, D) - \text{score}(N, D)

    with N of D the counts of the unit above. Only components that count dossiers are taken:
    dossiers of units add up, procedures and petitions do not. A component in which no unit
    has any case is nobody's own ('nowhere').

    Misleads: a unit with much work lacks many cases, whatever its share; and a dossier that
    is late stays late, so the gain is what the next period could have.

    Parameters
    ----------
    whole
        The table ``components`` of one unit in one period, one capture of each figure.
    below
        The same of the units below it, in the same period.

    Returns
    -------
    DataFrame
        One row per unit and component with known counts of dossiers: ``unit_id``,
        ``unit_class``, ``group``, ``metric``, ``numerator``, ``denominator``, ``missing``
        (dossiers that do not count, up to where full marks begin), ``missing_share`` (of
        those of all units), ``case_share`` (the unit's dossiers of those of all units),
        ``gain`` (points of the whole, if these dossiers counted and nothing else changed;
        NaN where the whole's counts are not known), ``expected`` (share of the other units
        of its class), ``stands_out`` (flag: below the limits of
        :func:`~cchc_analysis.comparison.funnel` against them, at most 5 % of such units by
        luck), ``reading`` ('located', 'nowhere'). Empty where either is.

    Raises
    ------
    InputError
        As :func:`~cchc_analysis.scorecards.score_components`; if a figure has two captures,
        ``whole`` is not of one unit, or the two are not of one period.

    Examples
    --------
    >>> row = {"period_kind": "month", "period_start_on": "2026-08-01", "group": "TDGQ",
    ...        "period_end_on": "2026-08-31", "captured_at": "2026-09-26", "metric": "ON_TIME",
    ...        "source": "portal", "unit_class": "commune"}
    >>> whole = pd.DataFrame([{**row, "unit_id": "P", "numerator": 800, "denominator": 1000}])
    >>> below = pd.DataFrame([
    ...     {**row, "unit_id": "A", "numerator": 750, "denominator": 900},
    ...     {**row, "unit_id": "B", "numerator": 50, "denominator": 100},
    ... ])
    >>> missing_below(whole, below)[["unit_id", "missing", "missing_share", "case_share", "gain"]]
      unit_id  missing  missing_share  case_share  gain
    0       A    150.0           0.75         0.9   3.0
    1       B     50.0           0.25         0.1   1.0
    """
    whole, below = (one_capture(check(rows, COMPONENTS)) for rows in (whole, below))
    require_one(whole, SCORECARD, "whole", "give one unit and period")
    periods = pd.concat([whole, below])
    require_one(periods, SCORECARD[1:], "whole and below", "give both of one period")
    rows = scored_cases(below)
    rows = rows[(rows["cases"] == "dossiers") & rows["own"] & (rows["denominator"] > 0)]
    above = scored_cases(whole)[["metric", *_COUNTS]]
    rows = rows[rows["numerator"].notna()].merge(
        above, on="metric", how="left", suffixes=("", "_whole"), validate="m:1"
    )
    full = rows["component"].map(lambda component: float(component.full_at)).astype("float64")
    wanted = np.ceil((full * rows["denominator"]).round(9))
    rows = rows.assign(missing=(wanted - rows["numerator"]).clip(lower=0))
    by_metric = rows.groupby("metric")
    return rows.assign(
        gain=_gains(rows),
        missing_share=rows["missing"] / by_metric["missing"].transform("sum").replace(0, np.nan),
        case_share=rows["denominator"] / by_metric["denominator"].transform("sum"),
        reading=np.where(by_metric["numerator"].transform("sum") > 0, "located", "nowhere"),
        **_outside(rows),
    )[
        ["unit_id", "unit_class", "group", "metric", *_COUNTS, "missing", "missing_share",
         "case_share", "gain", "expected", "stands_out", "reading"]
    ]  # fmt: skip


def units_to_act(missing: pd.DataFrame, most: Mapping[str, int]) -> pd.DataFrame:
    """Pick the few units that have to act: those with much of what is missing, or unlike others.

    A unit is named for its weight (its missing dossiers cost the whole :data:`MUCH` points or
    more) or because it stands out from the others of its class in a component. All other
    differences are left unnamed: in a place of a few hundredths, counts say nothing.

    Parameters
    ----------
    missing
        From :func:`missing_below`.
    most
        Class of unit to how many of it are named at most, those with the largest gain.

    Returns
    -------
    DataFrame
        One row per unit named, by class in the order of ``most``, then by ``all_gain``: the
        columns of :func:`missing_below` for the component in which the unit stands out, else
        for the one that costs most, ``all_gain`` (points over all components) and ``reason``
        ('stands_out', 'weight'). Empty where none is.

    Examples
    --------
    >>> missing = pd.DataFrame({
    ...     "unit_id": ["A", "A", "B"], "unit_class": "commune", "reading": "located",
    ...     "metric": ["ON_TIME", "PAY_DOSSIERS", "ON_TIME"], "gain": [0.3, 0.5, 0.01],
    ...     "stands_out": False,
    ... })
    >>> units_to_act(missing, {"commune": 10})[["unit_id", "metric", "all_gain", "reason"]]
      unit_id        metric  all_gain  reason
    0       A  PAY_DOSSIERS       0.8  weight
    """
    rows = missing[missing["reading"] == "located"]
    by_unit = rows.groupby("unit_id")
    rows = rows.assign(
        all_gain=by_unit["gain"].transform("sum").round(2),
        reason=np.where(by_unit["stands_out"].transform("any"), "stands_out", "weight"),
    )
    rows = rows[(rows["all_gain"] >= MUCH) | (rows["reason"] == "stands_out")]
    telling = rows.sort_values(
        ["stands_out", "gain", "metric"], ascending=[False, False, True], kind="stable"
    )
    units = telling.drop_duplicates("unit_id").sort_values(
        ["all_gain", "unit_id"], ascending=[False, True]
    )
    chosen = [units[units["unit_class"] == name].head(count) for name, count in most.items()]
    return pd.concat([units.iloc[:0], *chosen]).reset_index(drop=True)


def _gains(rows: pd.DataFrame) -> pd.Series:
    """Return the points of the whole that the missing dossiers of each row would give."""
    gains = pd.Series(np.nan, index=rows.index)
    for _, part in rows.groupby("metric"):
        component: Component = part["component"].iloc[0]
        above, below = (part[f"{name}_whole"].to_numpy("float64") for name in _COUNTS)
        then = points_of(component, above + part["missing"].to_numpy(), below)
        gains[part.index] = (then - points_of(component, above, below)).round(2)
    return gains


def _outside(rows: pd.DataFrame) -> dict[str, pd.Series]:
    """Return, for each row, the share of the others of its class, and whether it is below them."""
    expected = pd.Series(np.nan, index=rows.index)
    stands_out = pd.Series(False, index=rows.index)
    for _, part in rows.groupby(["unit_class", "metric"], dropna=False):
        judged = funnel(_as_estimates(part)).set_index(part.index)
        expected[part.index] = judged["expected"]
        low = (judged["side"] == "low") & (judged["q_value"] <= _FALSE_SHARE)
        stands_out[part.index] = low
    return {"expected": expected, "stands_out": stands_out}


def _as_estimates(part: pd.DataFrame) -> pd.DataFrame:
    """Return the counts of one component as estimates."""
    return pd.DataFrame(
        {
            "unit_id": part["unit_id"],
            "period_start_on": part["period_start_on"],
            "period_end_on": part["period_end_on"],
            "indicator": part["component"].iloc[0].indicator,
            "value": part["numerator"] / part["denominator"],
            "bounds": "none",
            "count": part["numerator"],
            "total": part["denominator"],
            "unit_of_measure": "share",
            "method": "from_printed_counts",
            "rule": "as_published",
            "source": "evaluation screens",
        }
    )
