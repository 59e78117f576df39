"""Days and times in a column of a table, where they can be read in one way only."""

from __future__ import annotations

from numbers import Real

import pandas as pd


def times(values: pd.Series) -> pd.Series:
    """Return a column of days or times as such; text only as 2024-12-31.

    A workbook's column may hold dates, text and numbers side by side, and pandas would read
    03/01/2024 as 1 March there, and a number as nanoseconds since 1970.

    Raises
    ------
    TypeError, ValueError
        If a value is a number, or text that is written otherwise.

    Examples
    --------
    >>> times(pd.Series(["2024-12-31", None])).tolist()
    [Timestamp('2024-12-31 00:00:00'), NaT]
    """
    if pd.api.types.is_string_dtype(values):
        return pd.to_datetime(values, format="ISO8601")
    if pd.api.types.is_datetime64_any_dtype(values):
        return values
    plain = values.astype("object")
    if any(isinstance(value, Real) and not pd.isna(value) for value in plain):
        raise TypeError("a number")
    text = plain.map(lambda value: isinstance(value, str)).astype("bool")
    if text.any():
        plain[text] = list(pd.to_datetime(plain[text], format="ISO8601"))
    return pd.to_datetime(plain)
