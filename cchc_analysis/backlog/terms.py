"""What a forecast looks at: the terms of open dossiers, each with its level.

Only what is known on the day of the cut-off is a term; nothing that closing a dossier adds.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

MISSING = "(missing)"
"""The level of dossiers that do not say."""
NAMED = ("unit_id", "field", "procedure", "channel")
TERMS = (*NAMED, "received_month", "days_to_due", "used_share", "recency")
DUE_WEEK = "due_week"
"""The shock of the week in which dossiers fall due: learnt as a spread, never foretold."""
RECENCY_WEEKS = 8
_DUE_FROM = np.array([1, 2, 3, 4, 6, 9, 13, 21, 34])
_USED_PARTS = 10
_UNKNOWN = -1


def terms_of(cells: pd.DataFrame, trained_on: pd.Timestamp) -> pd.DataFrame:
    """Return the level of every term for cells of open dossiers.

    Parameters
    ----------
    cells
        ``cutoff_on``, ``due_on``, the named columns (text or categories), ``received_month``,
        ``days_to_due`` and ``legal_days``.
    trained_on
        From which day weeks are counted back.

    Returns
    -------
    DataFrame
        A column per term of ``TERMS``, and the week of the due date, numbers as whole numbers
        (-1 where not known). ``used_share`` is the tenth of the time allowed that is used up,
        the day of receipt counted; ``recency`` the number of eight-week blocks before
        ``trained_on`` in which the cut-off lies.
    """
    due, legal = (cells[name].to_numpy("float64") for name in ("days_to_due", "legal_days"))
    used = (legal - due + 1) / np.maximum(legal, 1)
    place = np.searchsorted(_DUE_FROM, np.maximum(due, 1), side="right") - 1
    ago = (trained_on - cells["cutoff_on"]).dt.days.to_numpy() // (7 * RECENCY_WEEKS)
    month = cells["received_month"].astype("float64").fillna(_UNKNOWN)
    return pd.DataFrame(
        {
            **{name: cells[name] for name in NAMED},
            "received_month": month.to_numpy().astype(int),
            "days_to_due": _DUE_FROM[place],
            "used_share": np.ceil(used.clip(0, 1) * _USED_PARTS - 1e-9).astype(int),
            "recency": np.maximum(ago, 0),
            DUE_WEEK: ((cells["due_on"] - trained_on).dt.days.to_numpy() - 1) // 7,
        },
        index=cells.index,
    )


def levels_in(terms: pd.DataFrame) -> dict[str, pd.Index]:
    """Return the levels of each term that occur, in order, a missing one among them."""
    return {name: pd.Index(_labelled(terms[name]).unique()).sort_values() for name in terms}


def coded(terms: pd.DataFrame, known: Mapping[str, pd.Index]) -> np.ndarray:
    """Return the place of each level among those known; -1 where it is not."""
    return np.column_stack([_places(_labelled(terms[name]), known[name]) for name in known])


def _places(column: pd.Series, known: pd.Index) -> np.ndarray:
    """Return the place of each value; by its categories where it has them."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return known.get_indexer(column.cat.categories)[column.cat.codes]
    return known.get_indexer(column)


def _labelled(column: pd.Series) -> pd.Series:
    """Return text in which a missing value is a level of its own."""
    if isinstance(column.dtype, pd.CategoricalDtype) or pd.api.types.is_integer_dtype(column):
        return column
    return column.astype("object").where(column.notna(), MISSING).astype("str")


def as_categories(cells: pd.DataFrame) -> pd.DataFrame:
    """Return cells whose names are categories, so that many forecasts look them up once."""
    return cells.assign(**{name: _labelled(cells[name]).astype("category") for name in NAMED})
