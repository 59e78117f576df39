"""Printed figures as estimates, with what their printing leaves open."""

from __future__ import annotations

import pandas as pd

from cchc_analysis import columns
from cchc_analysis.reconciliation.rounding import exact, printed_decimals


def estimates_as_printed(published: pd.DataFrame) -> pd.DataFrame:
    r"""Return the printed results as estimates.

    .. math:: \text{value} \pm \tfrac12 \cdot 10^{-\text{decimals}}

    The value is the printed one even where the counts beside it say another
    (:func:`check_rounding` tells). The bounds are those of rounding, not of chance, and a
    source that cuts or rounds up lies outside the middle of them. Names differ between
    sources: 'đúng hạn' with and without the early dossiers are two indicators.

    Parameters
    ----------
    published
        Printed figures; targets and plans are left out.

    Returns
    -------
    DataFrame
        :data:`columns.ESTIMATES`, one row per printed result, and ``wording`` and
        ``inferred``; ``source`` ends with its date in brackets. Percentages become shares
        0..1 (unit ``share``), all else stays.

        - a printed value: bounds ``rounding``, half a last digit each side, a share within
          0..1; method ``as_printed``. A count or a rank has no bounds (``none``);
        - a printed range: value NaN, bounds ``printed_range``;
        - a percentage not printed whose counts are: numerator / denominator, NaN over 0,
          bounds ``none``, method ``from_printed_counts``;
        - a printed class (text): value NaN, bounds ``none``.

    Examples
    --------
    >>> figures = pd.DataFrame({
    ...     "unit_id": ["vn63-77", "vn63-446"], "indicator": "on_time_rate", "kind": "result",
    ...     "printed": ["97.7", "98.2-99.7"], "value": [97.7, None], "low": [None, 98.2],
    ...     "high": [None, 99.7], "unit_of_measure": "percent", "source": "a newspaper",
    ... })
    >>> estimates_as_printed(figures)[["unit_id", "value", "low", "high", "bounds"]]
        unit_id  value     low    high         bounds
    0   vn63-77  0.977  0.9765  0.9775       rounding
    1  vn63-446    NaN  0.9820  0.9970  printed_range
    """
    rows = columns.check(published, columns.PUBLISHED)
    rows = rows[rows["kind"] == "result"].reset_index(drop=True)
    percent = rows["unit_of_measure"] == "percent"
    ranged = rows["value"].isna() & rows[["low", "high"]].notna().any(axis=1)
    counted = rows["value"].isna() & ~ranged & percent & rows["numerator"].notna()
    counted &= rows["denominator"].notna()
    values = pd.DataFrame(
        {name: _in_shares(rows[name], percent) for name in ("value", "low", "high")}
    )
    decimals = printed_decimals(rows)
    rounded = rows["value"].notna() & decimals.notna() & _is_rounded(rows, decimals)
    limits = _limits(rows["value"], decimals, percent, rounded)
    values[["low", "high"]] = limits.where(~ranged, values[["low", "high"]])
    share = rows["numerator"] / rows["denominator"].where(rows["denominator"] > 0)
    table = rows[["unit_id", "period_start_on", "period_end_on", "indicator"]].assign(
        value=values["value"].where(~counted, share),
        low=values["low"],
        high=values["high"],
        bounds=_choose(rows.index, "none", {"rounding": rounded, "printed_range": ranged}),
        count=rows["numerator"],
        total=rows["denominator"],
        unit_of_measure=rows["unit_of_measure"].where(~percent, "share"),
        method=_choose(rows.index, "as_printed", {"from_printed_counts": counted}),
        rule="as_published",
        source=_dated(rows),
        wording=rows["wording"],
        inferred=rows["inferred"],
    )
    return columns.check(table, columns.ESTIMATES)


def _choose(index: pd.Index, default: str, words: dict[str, pd.Series]) -> pd.Series:
    """Return the word of the condition that holds in each row."""
    chosen = pd.Series(default, index=index, dtype="str")
    for word, holds in words.items():
        chosen = chosen.where(~holds, word)
    return chosen


def _in_shares(numbers: pd.Series, percent: pd.Series) -> pd.Series:
    """Divide percentages by 100, exactly as written; leave other numbers."""
    return pd.Series(
        [
            float(exact(number) / 100) if is_percent and pd.notna(number) else number
            for number, is_percent in zip(numbers, percent, strict=True)
        ],
        index=numbers.index,
        dtype="float64",
    )


def _is_rounded(rows: pd.DataFrame, decimals: pd.Series) -> pd.Series:
    """Say which figures are measured, not counted: only those are rounded when printed."""
    measured = rows["unit_of_measure"].str.match("percent|points")
    return measured | (decimals > 0)


def _limits(
    values: pd.Series, decimals: pd.Series, percent: pd.Series, rounded: pd.Series
) -> pd.DataFrame:
    """Return half a last digit below and above each rounded value, shares within 0..1."""
    limits = []
    for value, digits, is_percent, is_rounded in zip(
        values, decimals, percent, rounded, strict=True
    ):
        if not is_rounded:
            limits.append((None, None))
            continue
        scale = 100 if is_percent else 1
        middle, half = exact(value) / scale, exact(5) / (scale * 10 ** (int(digits) + 1))
        low, high = middle - half, middle + half
        if is_percent and 0 <= middle <= 1:
            low, high = max(low, exact(0)), min(high, exact(1))
        limits.append((float(low), float(high)))
    return pd.DataFrame(limits, columns=["low", "high"], index=values.index, dtype="float64")


def _dated(rows: pd.DataFrame) -> pd.Series:
    """Return each source with its date in brackets, unless its name ends with one already."""
    undated = rows["source_on"].isna() | rows["source"].str.endswith(")")
    return rows["source"].where(undated, rows["source"] + " (" + rows["source_on"] + ")")
