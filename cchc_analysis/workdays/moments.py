"""What callers give and get: scalars, arrays or Series of times and numbers."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
import pandas as pd

from cchc_analysis.columns import InputError

Times = date | str | np.datetime64 | np.ndarray | pd.Series
"""Days, or times of day with their date."""
Numbers = float | np.ndarray | pd.Series

_WRITTEN = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?)?")


def naive_times(value: Times) -> np.ndarray:
    """Return the times as a datetime64 array.

    Raises
    ------
    InputError
        If a value is no time, or carries a time zone.
    """
    if getattr(getattr(value, "dtype", None), "tz", None) is not None:
        raise _zoned()
    values = np.asarray(value)
    if values.dtype.kind == "M":
        return values
    moments = [_moment(one) for one in values.ravel()]
    return np.array(moments, dtype="datetime64[us]").reshape(values.shape)


def numbers(value: Numbers) -> np.ndarray:
    """Return the numbers as a float array, NaN where missing.

    Raises
    ------
    InputError
        If a value is no number.
    """
    try:
        if isinstance(value, pd.Series):
            return value.to_numpy("float64", na_value=np.nan)
        return np.asarray(np.nan if value is pd.NA else value, dtype="float64")
    except (TypeError, ValueError):
        raise InputError("found a value that is no number, expected one such as 3") from None


def whole_numbers(value: Numbers) -> np.ndarray:
    """Return the numbers of days as a float array.

    Raises
    ------
    InputError
        If one is negative or not whole.
    """
    days = numbers(value)
    odd = ~(np.isnan(days) | ((days >= 0) & (days == np.floor(days)) & np.isfinite(days)))
    if odd.any():
        raise InputError(
            f"days: found {days[odd][0]:g}, expected a whole number of days, 0 or more"
        )
    return days


def same_rows(*given: Times | Numbers) -> None:
    """Check that the arrays and Series given belong to the same rows.

    Raises
    ------
    InputError
        If two lengths or two indexes differ.
    """
    lengths = {np.shape(one) for one in given} - {()}
    if len(lengths) > 1:
        raise InputError("columns of different lengths; give columns of one table")
    indexes = [one.index for one in given if isinstance(one, pd.Series)]
    if any(not index.equals(indexes[0]) for index in indexes):
        raise InputError("two Series with different indexes; give columns of one table")


def shaped(
    result: np.ndarray, *given: Times | Numbers
) -> float | pd.Timestamp | np.ndarray | pd.Series:
    """Return the result as what was given: a Series if one was, a scalar if all were."""
    times = result.dtype.kind == "M"
    if times:
        result = result.astype("datetime64[us]")
    for one in given:
        if isinstance(one, pd.Series):
            return pd.Series(result, index=one.index)
    if result.ndim:
        return result
    return pd.Timestamp(result[()]) if times else float(result)


def _moment(value: object) -> np.datetime64:
    """Return one day or time; text only where it can be read in one way."""
    if pd.isna(value):
        return np.datetime64("NaT")
    readable = _WRITTEN.fullmatch(value) if isinstance(value, str) else isinstance(value, date)
    if not readable:
        raise _unreadable()
    try:
        moment = pd.Timestamp(value)
    except ValueError:  # such as 2024-02-30
        raise _unreadable() from None
    if moment.tzinfo is not None:
        raise _zoned()
    return moment.to_datetime64()


def _unreadable() -> InputError:
    return InputError("found a value that is no day, expected one such as 2024-12-31")


def _zoned() -> InputError:
    return InputError(
        "times with a time zone; take their Vietnamese time first: "
        '.dt.tz_convert("Asia/Ho_Chi_Minh").dt.tz_localize(None)'
    )
