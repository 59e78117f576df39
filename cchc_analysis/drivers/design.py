"""The columns of the model: an intercept, contrasts of categories, numbers, their products."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cchc_analysis.columns import InputError
from cchc_analysis.drivers.terms import Terms

if TYPE_CHECKING:
    from formulaic import ModelSpec

_NOTHING_NEW = 1e-9  # share of a column's length that the columns before it leave over
_FACTOR = re.compile(r"f(\d+)(?:\[(?:T\.)?(\d+)\])?")


@dataclass(frozen=True)
class Design:
    """How rows of covariates become columns of numbers, the same way each time."""

    terms: Terms  # without terms of a single value
    levels: Mapping[str, Sequence[str]]  # categories: their levels, the reference first
    parts: tuple[tuple[tuple[str, str], ...], ...]  # of each column: factors and their levels
    kept: tuple[int, ...]  # places of the columns among those that formulaic makes
    left_out: tuple[str, ...]  # products that no dossier tells from the other columns
    spec: ModelSpec

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns: intercept, 'term=level', products with ':'."""
        return tuple(_name(part) for part in self.parts)

    def place(self, factor: str, level: str = "") -> int | None:
        """Return the place of the column that stands for a level alone; numbers have none."""
        own = ((factor, level),)
        return self.parts.index(own) if own in self.parts else None

    def matrix(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the columns for rows whose levels the design knows."""
        made = self.spec.get_model_matrix(self._neutral(rows), context={})
        return np.asarray(made, float)[:, list(self.kept)]

    def matrix_at(
        self, rows: pd.DataFrame, base: np.ndarray, column: str, level: str
    ) -> np.ndarray:
        """Return the columns for ``rows``, whose own are ``base``, were they all in a level."""
        if column in self.terms.interacting:
            return self.matrix(rows.assign(**{column: level}))
        own = [bool(part) and part[0][0] == column for part in self.parts]
        at_level = [part == ((column, level),) for part in self.parts]
        return np.where(own, at_level, base)

    def slopes(self, rows: pd.DataFrame, column: str) -> np.ndarray:
        """Return by how much each of the columns rises with a numeric covariate.

        A factor stands once in a product, so moving it by 1 gives the derivative.
        """
        neutral = self._neutral(rows)
        base = np.asarray(self.spec.get_model_matrix(neutral, context={}), float)
        slopes = np.zeros_like(base)
        for place, factor in enumerate(self.terms.factors):
            if factor.column == column:
                moved = neutral.assign(**{f"f{place}": neutral[f"f{place}"] + 1})
                inner = 1 / rows[column].to_numpy() if factor.kind == "log" else np.ones(len(rows))
                at = np.asarray(self.spec.get_model_matrix(moved, context={}), float)
                slopes += (at - base) * inner[:, None]
        return slopes[:, list(self.kept)]

    def _neutral(self, rows: pd.DataFrame) -> pd.DataFrame:
        return _neutral(rows, self.terms, self.levels)


def build_design(rows: pd.DataFrame, terms: Terms, levels: Mapping[str, Sequence[str]]) -> Design:
    """Return the design of ``terms`` on rows that differ in their covariates.

    Products that no dossier tells from what comes before them are left out and named;
    where it is a term of its own that follows from others, it is refused by name.
    """
    from formulaic import model_matrix

    formula = " + ".join(":".join(f"f{place}" for place in p) for p in terms.products)
    made = model_matrix(formula, _neutral(rows, terms, levels), context={}, output="numpy")
    spec = made.model_spec
    parts = [_parts(name, terms, levels) for name in spec.column_names]
    new = _tell_something_new(np.asarray(made, float))
    repeated = [part for part, tells in zip(parts, new, strict=True) if not tells]
    for part in repeated:
        if len(part) == 1:
            raise InputError(
                f"terms {', '.join(terms.columns)}: one repeats what the others say "
                f"({_name(part)} follows from them); leave one of them out"
            )
    return Design(
        terms=terms,
        levels=levels,
        parts=tuple(part for part, tells in zip(parts, new, strict=True) if tells),
        kept=tuple(np.flatnonzero(new).tolist()),
        left_out=tuple(_name(part) for part in repeated),
        spec=spec,
    )


def varying(terms: Terms, rows: pd.DataFrame) -> tuple[Terms, tuple[str, ...]]:
    """Leave out factors with a single value; products keep their other factors."""
    constant = [factor.column for factor in terms.factors if rows[factor.column].nunique() < 2]
    held = [i for i, factor in enumerate(terms.factors) if factor.column not in constant]
    new = {old: place for place, old in enumerate(held)}
    products = [tuple(new[place] for place in p if place in new) for p in terms.products]
    kept = tuple(dict.fromkeys(product for product in products if product))
    factors = tuple(terms.factors[place] for place in held)
    return replace(terms, factors=factors, products=kept), tuple(dict.fromkeys(constant))


def _neutral(rows: pd.DataFrame, terms: Terms, levels: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Return the factors under neutral names, levels as their numbers: no text of the data."""
    return pd.DataFrame(
        {
            f"f{place}": _codes(rows[factor.column], levels[factor.column])
            if factor.kind == "category"
            else np.log(rows[factor.column])
            if factor.kind == "log"
            else rows[factor.column]
            for place, factor in enumerate(terms.factors)
        }
    )


def _codes(values: pd.Series, levels: Sequence[str]) -> pd.Categorical:
    places = pd.Index(levels).get_indexer(values)
    return pd.Categorical.from_codes(places, categories=[str(i) for i in range(len(levels))])


def _parts(
    neutral: str, terms: Terms, levels: Mapping[str, Sequence[str]]
) -> tuple[tuple[str, str], ...]:
    """Return the factors and levels of a column; none for the intercept."""
    parts = []
    for place, code in _FACTOR.findall(neutral):
        factor = terms.factors[int(place)]
        parts.append((factor.name, levels[factor.column][int(code)] if code else ""))
    return tuple(parts)


def _name(parts: tuple[tuple[str, str], ...]) -> str:
    """Return the name of a column in the words of the tally."""
    named = (f"{factor}={level}" if level else factor for factor, level in parts)
    return ":".join(named) or "intercept"


def _tell_something_new(columns: np.ndarray) -> np.ndarray:
    """Say of each column whether it is no sum of those before it (Gram and Schmidt, twice)."""
    length = np.linalg.norm(columns, axis=0)
    scaled = columns / np.where(length > 0, length, 1)
    basis, new = np.empty((0, len(columns))), []
    for column in scaled.T:
        apart = column - (column @ basis.T) @ basis
        apart = apart - (apart @ basis.T) @ basis
        size = np.linalg.norm(apart)
        new.append(size > _NOTHING_NEW)
        if new[-1]:
            basis = np.vstack([basis, apart / size])
    return np.array(new)
