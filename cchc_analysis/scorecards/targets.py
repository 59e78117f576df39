"""Targets on record, and whether a figure meets them: reached, missed, or chance may say."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pandas as pd

from cchc_analysis.catalogue import indicator, indicators
from cchc_analysis.columns import ESTIMATES, PUBLISHED, Column, InputError, Table, check

_COLUMNS = [
    "unit_id", "indicator", "comparison", "target", "valid_from", "valid_to", "document",
    "document_on", "source",
]  # fmt: skip
_COMPARISONS = (">=", ">", "<=", "<")
_TARGETS = Table(
    "targets",
    "",
    "",
    (
        *(Column(name, "text", "", "", required=True) for name in _COLUMNS[:3]),
        Column("target", "number", "", "", required=True),
        *(Column(name, "date", "", "") for name in ("valid_from", "valid_to", "document_on")),
    ),
)
_SHOWN = [
    "period_start_on", "period_end_on", "value", "low", "high", "bounds", "count", "total",
    "unit_of_measure", "rule",
]  # fmt: skip


def targets_on_record(published: pd.DataFrame) -> pd.DataFrame:
    """Return the targets that apply by the catalogue, and those that ``published`` prints.

    A target binds the unit it was set for, in its time: that of a province is not one of its
    districts, unless it was printed for them.

    Parameters
    ----------
    published
        Columns of ``PUBLISHED``; only rows of kind ``target`` are read. A printed 'at least'
        has ``low``, a printed 'at most' ``high``, which are the target where ``value`` is
        empty; with neither, the catalogue's better direction says which way.

    Returns
    -------
    DataFrame
        ``unit_id``, ``indicator``, ``comparison`` ('>=', '>', '<=', '<'), ``target`` (shares
        in 0..1), ``valid_from``, ``valid_to``, ``document``, ``document_on`` (missing where
        the source names none), ``source``. A target both in the catalogue and in
        ``published`` for the same unit stands once, from ``published``.

    Raises
    ------
    InputError
        For a printed target of an indicator without a better direction, and with neither
        ``low`` nor ``high``.

    Examples
    --------
    >>> from cchc_analysis.columns import PUBLISHED, empty
    >>> table = targets_on_record(empty(PUBLISHED))
    >>> table.loc[table["unit_id"] == "vn63-60", ["indicator", "comparison", "target"]]
                    indicator comparison  target
    0            on_time_rate         >=    0.98
    3            online_share         >=    0.50
    9  digitised_in_out_share         >=    0.80
    10 entered_in_system_share        >=    1.00
    """
    rows = check(published, PUBLISHED)
    rows = rows.assign(value=rows["value"].fillna(rows["low"]).fillna(rows["high"]))
    rows = rows[(rows["kind"] == "target") & rows["value"].notna()]
    percent = rows["unit_of_measure"] == "percent"
    printed = pd.DataFrame(
        {
            "unit_id": rows["unit_id"],
            "indicator": rows["indicator"],
            "comparison": [_direction(row) for row in rows.itertuples()],
            "target": (rows["value"] / 100).round(12).where(percent, rows["value"]),
            "valid_from": rows["period_start_on"],
            "valid_to": rows["period_end_on"],
            "source": rows["source"],
        }
    )
    known = [
        {"indicator": name, "target": target.value, **asdict(target)}
        for name, entry in indicators().items()
        for target in entry.targets
    ]
    table = pd.concat([printed, pd.DataFrame(known)], ignore_index=True)
    dates = {
        name: pd.to_datetime(table[name]).astype("datetime64[us]")
        for name in ("valid_from", "valid_to", "document_on")
    }
    table = table.assign(**dates, document=table["document"].replace("", np.nan).astype("str"))
    once = ["unit_id", "indicator", "comparison", "target", "valid_from", "valid_to"]
    return table.drop_duplicates(once, ignore_index=True)[_COLUMNS]


def attainment(estimates: pd.DataFrame, targets: pd.DataFrame) -> pd.DataFrame:
    r"""Set figures beside the targets of their unit and time.

    A figure attains a target only if its whole interval does, and misses it only if its whole
    interval does. A unit that attains a target has reached a number that somebody set, which
    may be too low, or be met by leaving work undone.

    Parameters
    ----------
    estimates
        Columns of ``ESTIMATES``: computed, or printed ones
        (:func:`~cchc_analysis.reconciliation.estimates_as_printed`).
    targets
        Columns as :func:`targets_on_record` returns them; shares in 0..1.

    Returns
    -------
    DataFrame
        One row per target and figure of its unit and indicator whose period is known to lie
        within the target's time, and one for each target without a figure; in the order of
        ``targets``: their columns, then ``period_start_on``, ``period_end_on``, ``value``,
        ``low``, ``high``, ``bounds``, ``count``, ``total``, ``unit_of_measure``, ``rule``,
        ``figure_source``, ``reading`` and ``whole_time`` (flag: the period covers the
        target's time; else more is to come, and the reading may change).

        ``reading``: 'attained'; 'within_chance' (``low`` to ``high`` holds the target on both
        sides: by chance, or by rounding, as ``bounds`` says); 'missed'; 'no_figure'. A figure
        without bounds is judged by its value alone; a printed range by its ends.

    Raises
    ------
    InputError
        For a comparison that is none, a target without unit, indicator or number, one that is
        no share beside a figure that is, or a date not written as 2024-12-31.

    Examples
    --------
    >>> targets = pd.DataFrame({
    ...     "unit_id": "A", "indicator": "on_time_rate", "comparison": ">=",
    ...     "target": [0.95, 0.97, 0.99], "valid_from": "2024-01-01", "valid_to": "2024-12-31",
    ...     "document": "Kế hoạch 1", "document_on": "2023-12-20", "source": "example",
    ... })
    >>> figures = pd.DataFrame({
    ...     "unit_id": ["A"], "indicator": "on_time_rate", "value": 0.972, "low": 0.965,
    ...     "high": 0.978, "bounds": "confidence", "period_start_on": "2024-01-01",
    ...     "period_end_on": "2024-06-30", "unit_of_measure": "share", "method": "wilson",
    ...     "rule": "strict", "source": "example",
    ... })
    >>> attainment(figures, targets)[["target", "value", "reading", "whole_time"]]
       target  value        reading  whole_time
    0    0.95  0.972       attained       False
    1    0.97  0.972  within_chance       False
    2    0.99  0.972         missed       False
    """
    goals = _checked(targets)
    figures = check(estimates, ESTIMATES)[["unit_id", "indicator", *_SHOWN, "source"]]
    figures = figures.rename(columns={"source": "figure_source"})
    pairs = goals.assign(goal=range(len(goals))).merge(
        figures, on=["unit_id", "indicator"], how="left"
    )
    _refuse_percent(pairs)
    # a figure of an unknown time may be of another one: it is inside only where time is not asked
    begun = pairs["valid_from"].isna() | (pairs["period_start_on"] >= pairs["valid_from"])
    ended = pairs["valid_to"].isna() | (pairs["period_end_on"] <= pairs["valid_to"])
    shown = [*_SHOWN, "figure_source"]
    inside = pairs[pairs["bounds"].notna() & begun & ended]
    without = goals.assign(goal=range(len(goals)))
    without = without[~without["goal"].isin(inside["goal"])]
    table = pd.concat([inside, without]).sort_values(
        ["goal", "period_end_on", "period_start_on"], kind="stable", ignore_index=True
    )
    covered = (table["period_start_on"] <= table["valid_from"]) & (
        table["period_end_on"] >= table["valid_to"]
    )
    return table.assign(reading=_readings(table), whole_time=covered)[
        [*_COLUMNS, *shown, "reading", "whole_time"]
    ]


def _direction(row: object) -> str:
    """Return the comparison of a printed target."""
    if pd.notna(row.low) or pd.notna(row.high):
        return ">=" if pd.notna(row.low) else "<="
    better = indicator(row.indicator).direction
    if better == "none":
        raise InputError(
            f"{row.unit_id}: the target {row.printed} of {row.indicator} may be a least or a most "
            "value; write it in low (at least) or high (at most) too"
        )
    return ">=" if better == "higher" else "<="


def _checked(targets: pd.DataFrame) -> pd.DataFrame:
    """Return the targets with their columns and dates, or refuse them."""
    missing = [name for name in _COLUMNS if name not in targets]
    if missing:
        raise InputError(
            f"targets have no column {missing[0]!r}; expected {', '.join(_COLUMNS)}, as "
            "targets_on_record returns them"
        )
    wrong = targets[~targets["comparison"].isin(_COMPARISONS)]
    if len(wrong):
        raise InputError(
            f"targets, row {wrong.index[0]}: found comparison {wrong['comparison'].iloc[0]!r}, "
            f"expected one of {list(_COMPARISONS)}"
        )
    return check(targets, _TARGETS)[_COLUMNS].reset_index(drop=True)


def _refuse_percent(pairs: pd.DataFrame) -> None:
    """Raise for the first target that is no share, of a figure that is one."""
    wrong = pairs[(pairs["unit_of_measure"] == "share") & ~pairs["target"].between(0, 1)]
    if len(wrong):
        row = wrong.iloc[0]
        raise InputError(
            f"targets: found {row['target']:g} for {row['indicator']} of {row['unit_id']}, "
            "expected a share in 0..1; divide a percentage by 100"
        )


def _readings(table: pd.DataFrame) -> np.ndarray:
    """Say of each figure whether the whole of it, or none of it, meets its target."""
    low, high = (table[name].fillna(table["value"]) for name in ("low", "high"))
    goal, least = table["target"], table["comparison"].isin([">=", ">"])
    strict = table["comparison"].isin([">", "<"])
    worst, best = low.where(least, -high), high.where(least, -low)
    goal = goal.where(least, -goal)
    answers = {
        "no_figure": low.isna() | high.isna(),
        "attained": (worst > goal) | ((worst == goal) & ~strict),
        "missed": (best < goal) | ((best == goal) & strict),
    }
    return np.select(list(answers.values()), list(answers), "within_chance")
