"""The catalogue of indicators: definition, formula, direction, targets, legal source.

One entry per indicator id, read once from ``reference/indicators.toml``. An id is also the
name of the function that computes it, where there is one. Different denominators are
different indicators: ``on_time_rate`` (of resolved), ``on_time_rate_of_received``,
``on_time_rate_of_due`` and ``qd766_in_time_share`` never share a name.
"""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import asdict, dataclass, fields
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import pandas as pd

from cchc_analysis.columns import InputError

Direction = Literal["higher", "lower", "none"]
Level = Literal["any", "country", "province", "below_province"]
Comparison = Literal[">=", ">", "<=", "<"]
Verified = Literal["read", "as_used", "not_verified"]


@dataclass(frozen=True)
class Target:
    """A figure that somebody in authority set for an indicator, one unit and one time.

    ``value`` is in the indicator's unit of measure (a share in 0..1). A target holds for
    ``unit_id`` only, between the two dates. ``document`` is empty where the source names none.
    """

    value: float
    comparison: Comparison
    unit_id: str
    valid_from: date
    valid_to: date
    source: str
    verified: Verified
    document: str = ""
    document_on: date | None = None


@dataclass(frozen=True)
class Indicator:
    """What an indicator is: names, formula, which way is better, and where it is laid down.

    ``verified`` says how far ``legal_source`` was checked: ``read`` (on a public page),
    ``as_used`` (in forms or screens in use, the document itself was not read) or
    ``not_verified``. ``maximum`` is the top of a score's scale.
    """

    indicator_id: str
    vi: str
    en: str
    unit_of_measure: str
    direction: Direction
    level: Level
    formula_vi: str = ""
    formula_en: str = ""
    maximum: float | None = None
    legal_source: str = ""
    verified: Verified = "not_verified"
    valid_from: date | None = None
    valid_to: date | None = None
    misleads_vi: str = ""
    misleads_en: str = ""
    targets: tuple[Target, ...] = ()


def indicators() -> dict[str, Indicator]:
    """Return every indicator of the catalogue by its id, in the order of the file.

    Returns
    -------
    dict of str to Indicator
        A new dictionary at each call; the file is read once.

    Examples
    --------
    >>> list(indicators())[:3]
    ['received_count', 'carried_count', 'to_handle_count']
    """
    return dict(_read())


def indicator(indicator_id: str) -> Indicator:
    """Return one indicator by its id.

    Parameters
    ----------
    indicator_id
        An id of the catalogue, such as ``on_time_rate``.

    Raises
    ------
    InputError
        If the catalogue has no such id; the message names the nearest ones.

    Examples
    --------
    >>> indicator("late_rate").direction
    'lower'
    >>> [(target.comparison, target.value) for target in indicator("online_share").targets]
    [('>=', 0.5)]
    >>> indicator("ontime_rate")
    Traceback (most recent call last):
        ...
    cchc_analysis.columns.InputError: the catalogue has no indicator 'ontime_rate'; did you mean
    on_time_rate, ...?
    """
    known = _read()
    if indicator_id in known:
        return known[indicator_id]
    near = difflib.get_close_matches(str(indicator_id), known, n=3)
    advice = f"did you mean {', '.join(near)}?" if near else "indicator_table() lists them all"
    raise InputError(f"the catalogue has no indicator {indicator_id!r}; {advice}")


def indicator_table() -> pd.DataFrame:
    """Return the catalogue as a table, one row per indicator.

    Returns
    -------
    DataFrame
        The fields of :class:`Indicator` as columns, in the order of the file; ``targets``
        is the number of targets on record. Dates are ``datetime64``, absent ones missing.

    Examples
    --------
    >>> indicator_table().loc[
    ...     lambda table: table["targets"] > 2, ["indicator_id", "direction", "targets"]
    ... ].reset_index(drop=True)
            indicator_id direction  targets
    0       on_time_rate    higher        3
    1  full_online_share    higher        3
    """
    entries = list(_read().values())
    rows = [{**asdict(entry), "targets": len(entry.targets)} for entry in entries]
    table = pd.DataFrame(rows, columns=[field.name for field in fields(Indicator)])
    dates = table[["valid_from", "valid_to"]].apply(pd.to_datetime).astype("datetime64[us]")
    return table.assign(**dates)


@cache
def _read() -> dict[str, Indicator]:
    """Read the catalogue file once."""
    text = files("cchc_analysis").joinpath("reference/indicators.toml").read_text("utf-8")
    return {key: _entry(key, entry) for key, entry in tomllib.loads(text).items()}


def _entry(indicator_id: str, entry: dict[str, Any]) -> Indicator:
    """Turn one table of the file into an :class:`Indicator`."""
    targets = tuple(Target(**target) for target in entry.get("targets", ()))
    return Indicator(indicator_id=indicator_id, **{**entry, "targets": targets})
