"""What a model of lateness is made of: columns of a tally, or a formula over them.

A formula arrives as text from a notebook's parameters, so nothing in it is ever evaluated:
its signs are read here, columns are replaced by neutral names, and only those reach
formulaic.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from cchc_analysis.columns import TALLY_COUNTS, InputError

Kind = Literal["category", "number", "log"]

KNOWN_AFTER_CLOSING = frozenset({
    "actual", "delivered", "done", "early", "end", "ended", "issued", "late", "lateness", "open",
    "returned", "status", "taken", "used", "waited",
})  # fmt: skip
"""Words in the names of columns that are only known once a dossier is closed."""

_CLOSING_STEMS = (
    "apolog", "approv", "cancel", "cause", "clos", "complet", "decid", "decision", "delay",
    "duration", "elaps", "finish", "handl", "outcome", "overdue", "pending", "processed",
    "processing", "reappoint", "reason", "refus", "reject", "resol", "result", "synchron",
    "turnaround", "withdr",
)  # fmt: skip
_CLOSING_NAMES = {"due_day", "days_to_due", "flags", "on_time", "in_time"}
_WORD = re.compile(r"[^\W_]+")
_CODES = {"year", "quarter", "month", "week", "weekday", "day", "hour", "level"}
_NOT_TERMS = {"basis", "rule", "as_of", "total", *TALLY_COUNTS}
_TOKEN = re.compile(
    r"\s*(?:(?P<call>C|log)\s*\(\s*(?:`(?P<quoted>[^`]+)`|(?P<inner>[^\W\d]\w*))\s*\)"
    r"|`(?P<backquoted>[^`]+)`|(?P<name>[^\W\d]\w*)|(?P<sign>[-+*:()]))\s*"
)
_MOST_PRODUCTS = 10_000
_EXAMPLE = "'field * channel + received_month'"


@dataclass(frozen=True)
class Factor:
    """One column as it enters the model."""

    column: str
    kind: Kind

    @property
    def name(self) -> str:
        """The column, with its transform."""
        return f"log({self.column})" if self.kind == "log" else self.column


@dataclass(frozen=True)
class Terms:
    """The terms of a model: products of factors, each factor by its place."""

    factors: tuple[Factor, ...]
    products: tuple[tuple[int, ...], ...]

    @property
    def columns(self) -> list[str]:
        """The columns, each once, in order."""
        return list(dict.fromkeys(factor.column for factor in self.factors))

    @property
    def interacting(self) -> set[str]:
        """The columns that occur in a product with another."""
        joint = [product for product in self.products if len(product) > 1]
        return {self.factors[place].column for product in joint for place in product}


def read_terms(terms: Sequence[str] | str, rows: pd.DataFrame) -> Terms:
    """Return the terms named by a list of columns, or by a formula over them.

    Parameters
    ----------
    terms
        Columns, each taken as categories, or a right-hand side: columns joined by ``+``,
        ``*``, ``:``, ``-`` and brackets, ``C(column)`` for a number taken as categories,
        ``log(column)`` for the logarithm of a number, names in backquotes where they are
        no plain words. In a formula a column of numbers is a number, unless its name
        says that it is a part of the calendar (``received_month``).
    rows
        The tally.

    Returns
    -------
    Terms
        Their factors and products; the intercept goes without saying.

    Raises
    ------
    InputError
        If a column is not in the tally or is known only after closing; or if the formula
        holds anything else.

    Examples
    --------
    >>> tally = pd.DataFrame({"field": ["a"], "channel": ["b"], "legal_days": [20]})
    >>> read_terms("field * channel + log(legal_days)", tally).products
    ((0,), (1,), (0, 1), (2,))
    >>> read_terms("__import__('os').remove('x')", tally)
    Traceback (most recent call last):
    cchc_analysis.columns.InputError: terms: cannot read "__import__('os').remove('x')" from...
    """
    if isinstance(terms, str):
        return _read_formula(terms, rows)
    if not terms or len(set(terms)) < len(terms) or not all(isinstance(t, str) for t in terms):
        raise InputError(f"terms: found {terms!r}, expected a list of different columns")
    for name in terms:
        require_column(name, rows)
    return Terms(
        tuple(Factor(name, "category") for name in terms),
        tuple((place,) for place in range(len(terms))),
    )


def require_column(name: str, rows: pd.DataFrame) -> None:
    """Raise unless ``name`` is a column of the tally that may stand in a model."""
    if name not in TALLY_COUNTS and _is_known_after_closing(str(name).lower()):
        raise InputError(
            f"terms: {name!r} is known only after a dossier is closed, so it follows from "
            "lateness and cannot explain it; use what is known when a dossier is received"
        )
    offered = [column for column in rows.columns if column not in _NOT_TERMS]
    if name not in offered:
        raise InputError(
            f"tally: found no column {name!r} to use as term or cluster, expected one of: "
            f"{', '.join(offered)}; count the dossiers by it first"
        )


def _is_known_after_closing(name: str) -> bool:
    """Tell by its name whether a column is only known once a dossier is closed."""
    words = _WORD.findall(name)
    return (
        name in _CLOSING_NAMES
        or not KNOWN_AFTER_CLOSING.isdisjoint(words)
        or any(word.startswith(_CLOSING_STEMS) for word in words)
    )


def columns_named(terms: Sequence[str] | str) -> list[str]:
    """Return the columns that a list or a formula names, each once: what to count by.

    A column that a formula takes away again is among them, as it must be in the tally, too.

    Parameters
    ----------
    terms
        As in :func:`read_terms`.

    Returns
    -------
    list of str
        The names, in the order of their first mention.

    Raises
    ------
    InputError
        If a formula holds anything but columns and their signs.

    Examples
    --------
    >>> columns_named("field * channel + log(allowed_days) - field:channel")
    ['field', 'channel', 'allowed_days']
    >>> columns_named(["field", "received_month"])
    ['field', 'received_month']
    """
    if not isinstance(terms, str):
        return list(dict.fromkeys(terms))
    return list(dict.fromkeys(_column(token) for token in _tokens(terms) if not token["sign"]))


def _column(token: Mapping[str, str | None]) -> str:
    """Return the column that a token stands for, in whichever way it is written."""
    return next(token[key] for key in ("quoted", "inner", "backquoted", "name") if token[key])


def _read_formula(text: str, rows: pd.DataFrame) -> Terms:
    """Read the signs of a formula here, and its algebra with formulaic on neutral names."""
    factors: dict[Factor, str] = {}
    written = []
    for token in _tokens(text):
        if token["sign"]:
            written.append(token["sign"])
            continue
        column = _column(token)
        require_column(column, rows)
        factor = Factor(column, _kind(column, token["call"], rows))
        written.append(factors.setdefault(factor, f"f{len(factors)}"))
    _require_few_products(written, text)
    places = {name: place for place, name in enumerate(factors.values())}
    products = [tuple(places[name] for name in product) for product in _algebra(written, text)]
    _require_one_kind(factors)
    return _without_unused(tuple(factors), products)


def _tokens(text: str) -> list[dict[str, str | None]]:
    """Split a formula into columns and signs, or point at what is neither."""
    tokens, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        called = match and match["name"] and text[match.end() : match.end() + 1] == "("
        if not match or called:
            raise _unreadable(text, at)
        tokens.append(match.groupdict())
        at = match.end()
    return tokens


def _unreadable(text: str, at: int) -> InputError:
    """Return the one message for a formula that is none."""
    return InputError(
        f"terms: cannot read {text[:60]!r} from character {at + 1} on; expected columns joined "
        f"by + * : - and brackets, with C(column) or log(column), such as {_EXAMPLE}"
    )


def _kind(column: str, call: str | None, rows: pd.DataFrame) -> Kind:
    """Return how a column enters: as called, or by its type and name."""
    values = rows[column]
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if call == "log" and not numeric:
        raise InputError(f"terms: log({column}) needs a column of numbers; leave out the log")
    if call == "C" or not numeric:
        return "category"
    if call == "log":
        return "log"
    return "category" if column.split("_")[-1] in _CODES else "number"


def _require_few_products(written: list[str], text: str) -> None:
    """Raise where brackets and products would multiply into more terms than anyone reads."""
    bound, names = 1, 0
    for sign in [*written, ":"]:
        if sign in ("*", ":"):
            bound, names = bound * (names + 1), 0
        names += sign not in "+-*:()"
    if bound > _MOST_PRODUCTS:
        raise InputError(f"terms: {text[:60]!r} has too many products; write fewer interactions")


def _algebra(written: list[str], text: str) -> list[list[str]]:
    """Return the products that a formula over neutral names stands for."""
    from formulaic.errors import FormulaSyntaxError
    from formulaic.parser import DefaultFormulaParser

    plain = " ".join(written)
    parser = DefaultFormulaParser(include_intercept=False, feature_flags=set())
    try:
        products = [[factor.expr for factor in term.factors] for term in parser.get_terms(plain)]
    except FormulaSyntaxError as error:
        raise _unreadable(text, 0) from error
    if not products:
        raise _unreadable(text, 0)
    return products


def _require_one_kind(factors: dict[Factor, str]) -> None:
    """Raise where a column is asked for both as a number and as categories."""
    categories = {factor.column for factor in factors if factor.kind == "category"}
    both = [f.column for f in factors if f.kind != "category" and f.column in categories]
    if both:
        raise InputError(
            f"terms: {both[0]} stands both as a number and as categories; write one of them"
        )


def _without_unused(factors: tuple[Factor, ...], products: list[tuple[int, ...]]) -> Terms:
    """Leave out factors that a minus sign took away."""
    used = sorted({place for product in products for place in product})
    new = {place: number for number, place in enumerate(used)}
    return Terms(
        tuple(factors[place] for place in used),
        tuple(tuple(new[place] for place in product) for product in products),
    )
