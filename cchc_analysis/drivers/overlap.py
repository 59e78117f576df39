"""What cannot be told apart: levels of one unit only, and terms that nearly repeat another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from cchc_analysis.drivers.design import Design

NEARLY = 0.9  # share of a level's variation that another term accounts for

OVERLAP_COLUMNS = ["term", "level", "other", "other_level", "reason", "overlap", "total"]


def cannot_separate(
    cells: pd.DataFrame, rows: pd.DataFrame, design: Design, cluster: str
) -> pd.DataFrame:
    r"""Return the pairs whose parts in lateness the data do not tell apart.

    .. math:: \eta^2 = \frac{\sum_b n_b (\bar x_b - \bar x)^2}{\sum_i n_i (x_i - \bar x)^2}

    Parameters
    ----------
    cells
        Cells with the covariates, the cluster and ``total``.
    rows
        The same summed over clusters: one per combination of covariates.
    design
        Which of them are terms, with which levels.
    cluster
        The column the errors are clustered by.

    Returns
    -------
    DataFrame
        One row per pair: ``term``, ``level``, ``other``, ``other_level``, ``reason``
        ('one_cluster': the level occurs in one value of the cluster column; 'repeats':
        the other term accounts for 90 % or more of the level's variation;
        'left_out': a product of levels, its name in ``level``, that has no dossier or
        cannot be told from its parts, and is not in the model), ``overlap`` (0..1) and
        ``total`` (dossiers of the level).
    """
    levels = {name: design.levels[name] for name in design.terms.columns if name in design.levels}
    pairs = [row for term in levels if term != cluster for row in _alone(cells, term, cluster)]
    pairs += [
        row
        for first, second in combinations(design.terms.columns, 2)
        for row in _repeats(rows, second, first, levels) or _repeats(rows, first, second, levels)
    ]
    pairs += [("", name, "", "", "left_out", np.nan, np.nan) for name in design.left_out]
    return pd.DataFrame(pairs, columns=OVERLAP_COLUMNS)


def _alone(cells: pd.DataFrame, term: str, cluster: str) -> list[tuple]:
    """Return the levels that occur in one cluster only."""
    levels = cells.groupby(term).agg(
        clusters=(cluster, "nunique"), one=(cluster, "first"), total=("total", "sum")
    )
    return [
        (term, row.Index, cluster, row.one, "one_cluster", 1.0, row.total)
        for row in levels[levels["clusters"] == 1].itertuples()
    ]


def _repeats(
    rows: pd.DataFrame, term: str, other: str, levels: Mapping[str, Sequence[str]]
) -> list[tuple]:
    """Return what of ``term`` the ``other`` term nearly determines."""
    found = []
    for level in levels.get(term, ["", ""])[1:]:
        own = (rows[term] == level).astype(float) if level else rows[term]
        overlap = _accounted_for(own.to_numpy(), rows, other, other in levels)
        if overlap >= NEARLY:
            held = rows[own == 1] if level else rows
            found.append(
                (term, level, other, _most_common(held, other, levels), "repeats", overlap,
                 held["total"].sum())
            )  # fmt: skip
    return found


def _accounted_for(values: np.ndarray, rows: pd.DataFrame, other: str, is_category: bool) -> float:
    """Return the share of the variation of ``values`` that the other term accounts for."""
    weight = rows["total"].to_numpy()
    apart = values - np.average(values, weights=weight)
    whole = weight @ apart**2
    if not is_category:
        gap = rows[other].to_numpy() - np.average(rows[other], weights=weight)
        return float((weight @ (apart * gap)) ** 2 / (whole * (weight @ gap**2)))
    group = pd.factorize(rows[other])[0]
    sums, weights = np.bincount(group, weight * apart), np.bincount(group, weight)
    return float((sums**2 / weights).sum() / whole)


def _most_common(rows: pd.DataFrame, column: str, levels: Mapping[str, Sequence[str]]) -> str:
    if column not in levels:
        return ""
    return str(rows.groupby(column)["total"].sum().idxmax())
