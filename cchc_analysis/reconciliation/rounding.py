"""Printed percentages against the counts beside them, under each rounding habit."""

from __future__ import annotations

import math
from collections.abc import Hashable
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, Literal, get_args

import pandas as pd

from cchc_analysis import columns
from cchc_analysis.columns import InputError

Habit = Literal["half_up", "half_even", "truncation", "ceiling"]
HABITS: tuple[Habit, ...] = get_args(Habit)

TEXT_KEYS = (
    "unit_id", "kind", "period_start_on", "period_end_on", "source", "source_url", "source_on",
)  # fmt: skip
"""What figures of one unit, one period and one printed text have in common."""


def exact(number: str | float) -> Fraction:
    """Return the number as it is written: ``0.1`` is one tenth, not its nearest binary."""
    try:
        return Fraction(Decimal(str(number)))
    except (InvalidOperation, ValueError, OverflowError):
        raise InputError(f"found {number!r}, expected a number such as 51.25") from None


def round_units(number: Fraction, habit: Habit) -> int:
    """Return the whole number of last digits that a habit prints for ``number`` of them."""
    floor = math.floor(number)
    rest = number - floor
    up = {
        "half_up": rest >= Fraction(1, 2),
        "half_even": rest > Fraction(1, 2) or (rest == Fraction(1, 2) and floor % 2 == 1),
        "truncation": False,
        "ceiling": rest > 0,
    }[habit]
    return floor + up


def write_units(units: int, decimals: int) -> str:
    """Write a whole number of last digits as a decimal number: (977, 1) is '97.7'."""
    return str(Decimal(units).scaleb(-decimals).quantize(Decimal(1).scaleb(-decimals)))


def printed_decimals(published: pd.DataFrame) -> pd.Series:
    """Return the printed decimals; where not stated, those of the text ``printed``."""
    pattern = r"^\s*\d+(?:\.(\d+))?\s*$"
    plain = published["printed"].str.match(pattern).fillna(False).astype(bool)
    digits = published["printed"].str.extract(pattern)[0].str.len().fillna(0)
    return published["decimals"].fillna(digits.where(plain))


def percentages(published: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that print one percentage, with ``decimals`` filled."""
    rows = columns.check(published, columns.PUBLISHED)
    rows = rows.assign(decimals=printed_decimals(rows))
    usable = rows["value"].notna() & rows["decimals"].notna()
    return rows[(rows["unit_of_measure"] == "percent") & usable]


def check_rounding(published: pd.DataFrame) -> pd.DataFrame:
    r"""Say which rounding habits give each printed percentage from its printed counts.

    .. math:: 100 \cdot \frac{\text{numerator}}{\text{denominator}}
       \text{, rounded to the printed decimals}

    A figure that no habit gives may still be right over another denominator than the one
    printed beside it.

    Parameters
    ----------
    published
        Printed figures. Numerators may be decimal (67.29 of 97 points).

    Returns
    -------
    DataFrame
        One row per printed percentage with numerator and denominator (none for the
        others, or where the denominator is 0): the keys of the figure, ``printed``,
        ``decimals``, ``numerator``, ``denominator``, ``exact_share`` (0..1), what each
        habit prints (``half_up``, ``half_even``, ``truncation``, ``ceiling``; text), which
        agree (``agrees_half_up``, ...; flags) and ``verdict``:

        - ``agrees``: half-up or half-even rounding gives the printed figure;
        - ``only_truncation``, ``only_ceiling``: only cutting, or only rounding up, gives it;
        - ``last_digit``: no habit gives it, but it is one unit of the last printed digit
          from the half-up figure;
        - ``disagrees``: further away.

    Examples
    --------
    >>> figure = pd.DataFrame({
    ...     "unit_id": ["vn63-77"], "indicator": ["on_time_rate"], "kind": ["result"],
    ...     "printed": ["97.7"], "value": [97.7], "decimals": [1], "unit_of_measure": ["percent"],
    ...     "numerator": [483677], "denominator": [495353], "source": ["baria-vungtau"],
    ... })
    >>> check_rounding(figure)[["half_up", "truncation", "ceiling", "verdict"]]
      half_up truncation ceiling       verdict
    0    97.6       97.6    97.7  only_ceiling
    """
    rows = percentages(published)
    rows = rows[rows["numerator"].notna() & (rows["denominator"] > 0)]
    rows = rows.reset_index(drop=True)  # tables put together may use a label twice
    kept = rows[[*TEXT_KEYS, "indicator", "printed", "decimals", "numerator", "denominator"]]
    checked = [_check_one(row) for row in rows.to_dict("records")]
    habits = [*HABITS, *(f"agrees_{habit}" for habit in HABITS)]
    names = ["exact_share", *habits, "verdict"]
    return kept.join(pd.DataFrame(checked, columns=names))


def _check_one(row: dict[Hashable, Any]) -> dict[str, Any]:
    """Round the share of one figure under each habit and compare."""
    decimals = int(row["decimals"])
    share = exact(row["numerator"]) / exact(row["denominator"])
    printed = exact(row["value"]) * 10**decimals
    given = {habit: round_units(share * 100 * 10**decimals, habit) for habit in HABITS}
    return {
        "exact_share": float(share),
        **{habit: write_units(units, decimals) for habit, units in given.items()},
        **{f"agrees_{habit}": units == printed for habit, units in given.items()},
        "verdict": _verdict(printed, given),
    }


def _verdict(printed: Fraction, given: dict[Habit, int]) -> str:
    """Name how the printed figure stands to what each habit gives."""
    if printed in (given["half_up"], given["half_even"]):
        return "agrees"
    if printed == given["truncation"]:
        return "only_truncation"
    if printed == given["ceiling"]:
        return "only_ceiling"
    return "last_digit" if abs(printed - given["half_up"]) <= 1 else "disagrees"


def whole_number_bounds(
    share_percent: str | float, decimals: int, total: int, habit: Habit
) -> tuple[int, int] | None:
    """Return the whole counts that print as this percentage of a total.

    Wide totals make wide bounds: two decimals of a million still leave 100 dossiers.

    Parameters
    ----------
    share_percent
        The printed percentage; text or number, taken as written.
    decimals
        Its printed decimals.
    total
        The denominator, a whole number above 0.
    habit
        How it was rounded: one of :data:`HABITS`.

    Returns
    -------
    tuple of int, or None
        Lowest and highest count, both possible. Counts are parts of the total unless the
        percentage is above 100. None where no whole number fits: the figure is not a
        share of this total under this habit.

    Raises
    ------
    InputError
        If total is not a whole number above 0, the habit is unknown, or the percentage
        has more decimals than stated.

    References
    ----------
    Brown, N. J. L. & Heathers, J. A. J. (2017). The GRIM test. *Social Psychological and
    Personality Science* 8(4), 363-369. doi:10.1177/1948550616673876

    Examples
    --------
    >>> whole_number_bounds("51.25", 2, 31394, "half_up")
    (16088, 16090)
    >>> whole_number_bounds("67.4", 1, 150, "half_up") is None
    True
    """
    if habit not in HABITS:
        raise InputError(f"found habit {habit!r}, expected one of {', '.join(HABITS)}")
    if not total > 0 or total != int(total):
        raise InputError(f"found total {total!r}, expected a whole number above 0")
    units = exact(share_percent) * 10**decimals
    if units.denominator != 1:
        raise InputError(f"{share_percent!r} has more than the {decimals} decimals stated")
    low, high = _interval(int(units), habit, Fraction(int(total), 100 * 10**decimals))
    low = max(low, 0)
    if units <= 100 * 10**decimals:
        high = min(high, int(total))
    return (low, high) if low <= high else None


def _interval(units: int, habit: Habit, width: Fraction) -> tuple[int, int]:
    """Return the lowest and highest count; ``width`` is the counts in one last digit."""
    below, above = {
        "half_up": (Fraction(1, 2), Fraction(1, 2)),
        "half_even": (Fraction(1, 2), Fraction(1, 2)),
        "truncation": (Fraction(0), Fraction(1)),
        "ceiling": (Fraction(1), Fraction(0)),
    }[habit]
    closed_low = habit in ("half_up", "truncation") or (habit == "half_even" and units % 2 == 0)
    closed_high = habit == "ceiling" or (habit == "half_even" and units % 2 == 0)
    low, high = (units - below) * width, (units + above) * width
    first = math.ceil(low) if closed_low else math.floor(low) + 1
    last = math.floor(high) if closed_high else math.ceil(high) - 1
    return first, last
