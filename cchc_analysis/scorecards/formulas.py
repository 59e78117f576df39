"""The QĐ 766 formulas as the portal applies them: what each component gives for its counts.

One entry per component, read once from ``reference/qd766.toml``. All components share one
shape, ``min(maximum, maximum x (numerator / denominator) / full_at)``; they differ in the
maximum, in the share at which it is reached, in how the portal rounds, and in what it gives
where there is nothing to count.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cchc_analysis.columns import InputError
from cchc_analysis.periods import as_day

Rounding = Literal["once", "share_first"]
NoCases = Literal["null", "zero", "full"]
NoCounts = Literal["unknown", "full"]
Cases = Literal["dossiers", "procedures", "services", "petitions"]

LARGEST_COUNT = 10**12
_BASIS_POINTS = 10_000


@dataclass(frozen=True)
class Component:
    """One component: its group, what it counts and its formula in one version."""

    metric: str
    group: str
    vi: str
    en: str
    cases: Cases
    """What numerator and denominator count."""
    maximum: int
    """Points; 0 for what is counted and not scored."""
    no_cases: NoCases
    """What a denominator of 0 gives: nothing at all, no points, or all of them."""
    full_at: Fraction = Fraction(1)
    """The share at which the maximum is reached, as observed."""
    official_full_at: Fraction | None = None
    """The same as officially described, where that differs."""
    rounding: Rounding = "once"
    no_counts: NoCounts = "unknown"
    """What the portal gives where it publishes no counts."""
    own_counts: bool = True
    """Whether units below the province have their own counts; else they show the province's,
    and are not compared on them."""
    indicator: str = ""
    """Its id in the catalogue."""


@dataclass(frozen=True)
class Group:
    """One of the six groups the portal shows; the decision has five."""

    group: str
    vi: str
    en: str
    maximum: int
    decision_group: str
    indicator: str


@dataclass(frozen=True)
class Version:
    """One state of the formulas: from which capture on, and how far it was confirmed."""

    version: str
    valid_from: date
    confirmed_to: date
    source: str
    components: Mapping[str, Component]


def groups() -> dict[str, Group]:
    """Return the six groups by their code, in the portal's order.

    Examples
    --------
    >>> {code: group.maximum for code, group in groups().items()}
    {'CKMB': 18, 'TDGQ': 20, 'CLGQ': 12, 'TTTT': 10, 'MDSH': 22, 'MDHL': 18}
    """
    return dict(_reference()[0])


def versions() -> dict[str, Version]:
    """Return the versions of the formulas by their name, oldest first.

    Examples
    --------
    >>> [(name, str(entry.valid_from)) for name, entry in versions().items()]
    [('portal_2026', '2026-08-01')]
    """
    return dict(_reference()[1])


def version_on(captured_on: date | str) -> str:
    """Return the version of the formulas by which the portal computed on a day.

    What counts is the day of the capture: the portal computes old periods by its formulas of
    today. After the last day on which a version was confirmed it is taken to hold on.

    Raises
    ------
    InputError
        For a day before the first version.

    Examples
    --------
    >>> version_on("2026-10-10")
    'portal_2026'
    >>> version_on("2025-10-10")
    Traceback (most recent call last):
        ...
    cchc_analysis.columns.InputError: no formulas of QĐ 766 are on record for 2025-10-10: the
    first, portal_2026, were seen in captures from 2026-08-01 on; leave older captures out
    """
    day = as_day(captured_on).date()
    fitting = [entry for entry in versions().values() if entry.valid_from <= day]
    if fitting:
        return fitting[-1].version
    first = next(iter(versions().values()))
    raise InputError(
        f"no formulas of QĐ 766 are on record for {day}: the first, {first.version}, were seen "
        f"in captures from {first.valid_from} on; leave older captures out"
    )


def components(version: str = "portal_2026") -> dict[str, Component]:
    """Return the components of a version by their metric code, in the portal's order.

    Raises
    ------
    InputError
        For an unknown version.

    Examples
    --------
    >>> component = components()["PETITION_PROCESSING_ON_TIME"]
    >>> component.group, component.maximum, component.no_cases
    ('MDHL', 6, 'full')
    """
    known = versions()
    if version not in known:
        raise InputError(
            f"QĐ 766 has no version {version!r} of its formulas; known: {', '.join(known)}"
        )
    return dict(known[version].components)


def component_named(metric: str, version: str = "portal_2026") -> Component:
    """Return one component by its metric code.

    Raises
    ------
    InputError
        For an unknown code; the message names the nearest ones.

    Examples
    --------
    >>> component_named("ON_TIME").maximum
    20
    >>> component_named("ONTIME")
    Traceback (most recent call last):
        ...
    cchc_analysis.columns.InputError: QĐ 766 has no metric 'ONTIME'; did you mean ON_TIME...?
    """
    known = components(version)
    if metric in known:
        return known[metric]
    near = difflib.get_close_matches(str(metric), known, n=3)
    advice = f"did you mean {', '.join(near)}?" if near else f"known: {', '.join(known)}"
    raise InputError(f"QĐ 766 has no metric {metric!r}; {advice}")


def scored_in(group: str, version: str = "portal_2026") -> tuple[str, ...]:
    """Return the metrics of a group that carry points.

    Examples
    --------
    >>> scored_in("TTTT")
    ('PAY_DOSSIERS', 'PAY_FORMALITIES', 'PAY_INTEGRATED')
    """
    entries = components(version).values()
    return tuple(entry.metric for entry in entries if entry.group == group and entry.maximum)


def component_score(
    metric: ArrayLike,
    numerator: ArrayLike,
    denominator: ArrayLike,
    version: str = "portal_2026",
    *,
    official: bool = False,
) -> np.ndarray:
    """Return the points that the portal gives for counts, to the hundredth.

    ``min(maximum, maximum * (numerator / denominator) / full_at)``, with the portal's
    rounding. NaN is not 0: it stands for a component that is null by the portal's rule (0 of
    0 in transparency), that is not scored, or whose counts are unknown.

    Parameters
    ----------
    metric
        A code, or one per row.
    numerator, denominator
        Counts of the same length, or one for all; NaN where the portal shows none.
    version
        The version of the formulas (:func:`version_on`).
    official
        Compute as officially described where that differs from what the portal does.

    Returns
    -------
    numpy.ndarray
        Points, one per row, of the shape the three have together.

    Raises
    ------
    InputError
        For an unknown metric or version, a count that is no number, negative, not whole or
        above 10^12, a numerator above its denominator, or lengths that do not fit.

    Notes
    -----
    Fitted on published scores and checked on others: 34 provinces on 10 October 2026, 163
    units of one province in August 2026. Counts are computed in whole numbers; transparency
    and payment round the share first and then take a product in double precision, so that
    2.595 may give 2.59 or 2.60, as it does on the portal.

    Examples
    --------
    >>> component_score("ON_TIME", [788612, 0], [1065150, 0])
    array([14.81,  0.  ])
    >>> component_score(["PUBLISH_ON_TIME", "PETITION_PROCESSING_ON_TIME"], 0, 0)
    array([nan,  6.])
    >>> component_score("ON_TIME", 5, 4)
    Traceback (most recent call last):
        ...
    cchc_analysis.columns.InputError: ON_TIME: found 5 of 4, expected a numerator no larger than
    its denominator; leave the row out, or correct it from the source
    """
    known = components(version)
    try:
        codes, above, below = np.broadcast_arrays(
            np.asarray(metric, dtype=object),
            np.asarray(numerator, dtype="float64"),
            np.asarray(denominator, dtype="float64"),
        )
    except (TypeError, ValueError) as error:
        raise InputError(
            f"found counts that do not fit ({error}), expected numbers, one per row or one for all"
        ) from None
    _refuse_bad_counts(codes, above, below)
    points = np.full(codes.shape, np.nan)
    for code in pd.unique(codes.ravel()):
        here = codes == code
        entry = known[code] if code in known else component_named(code, version)
        points[here] = points_of(entry, above[here], below[here], official=official)
    return points


def points_of(
    component: Component, numerator: np.ndarray, denominator: np.ndarray, *, official: bool = False
) -> np.ndarray:
    """Return the points of one component for counts taken as they are.

    For counts that were thought up (what it would take, what a change is made of): the
    numerator may exceed the denominator here, and gives the maximum.

    Parameters
    ----------
    component
        From :func:`components`.
    numerator, denominator
        Whole counts as floats, of one length; NaN where unknown.
    official
        As in :func:`component_score`.

    Examples
    --------
    >>> points_of(components()["ON_TIME"], np.array([9.0, 11.0]), np.array([10.0, 10.0]))
    array([18., 20.])
    """
    points = np.full(numerator.shape, np.nan)
    if component.maximum == 0:
        return points
    known = np.isfinite(numerator) & (denominator > 0)
    above, below = numerator[known].astype("int64"), denominator[known].astype("int64")
    full_at = component.full_at
    if official and component.official_full_at is not None:
        full_at = component.official_full_at
    if component.rounding == "share_first":
        share = np.minimum(_half_up(above * _BASIS_POINTS, below), _BASIS_POINTS)
        points[known] = _rounded_products(component.maximum, full_at)[share] / 100
    else:
        hundredths = _half_up(
            above * (100 * component.maximum * full_at.denominator), below * full_at.numerator
        )
        points[known] = np.minimum(hundredths, 100 * component.maximum) / 100
    if component.no_cases != "null":
        points[denominator == 0] = component.maximum if component.no_cases == "full" else 0.0
    if component.no_counts == "full":
        points[np.isnan(numerator) & np.isnan(denominator)] = component.maximum
    return points


def _half_up(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Divide whole numbers and round halves up."""
    return (2 * above + below) // (2 * below)


@cache
def _rounded_products(maximum: int, full_at: Fraction) -> np.ndarray:
    """Return the hundredths of a point for each hundredth of a percent.

    The portal multiplies in double precision; a product such as 2.595 lies just below or just
    above, and is rounded as it lies (found on captures: decimal halves miss 2 of 164 units).
    """
    weight = float(maximum / full_at)
    products = (weight * (share / 100) / 100 for share in range(_BASIS_POINTS + 1))
    rounded = (Decimal(x).quantize(Decimal("0.01"), ROUND_HALF_UP) for x in products)
    return np.array([min(int(100 * x), 100 * maximum) for x in rounded])


def _refuse_bad_counts(codes: np.ndarray, above: np.ndarray, below: np.ndarray) -> None:
    """Raise for the first count that is no count, and the first numerator that is too large."""
    for counts in (above, below):
        wrong = ~(np.isnan(counts) | ((counts >= 0) & (counts <= LARGEST_COUNT)))
        wrong |= np.isfinite(counts) & (np.floor(counts) != counts)
        if wrong.any():
            raise InputError(
                f"{codes[wrong][0]}: found {counts[wrong][0]:g}, expected a count: whole, from 0 "
                "to 10^12, empty where unknown"
            )
    wrong = above > below
    if wrong.any():
        raise InputError(
            f"{codes[wrong][0]}: found {above[wrong][0]:.0f} of {below[wrong][0]:.0f}, expected a "
            "numerator no larger than its denominator; leave the row out, or correct it from "
            "the source"
        )


@cache
def _reference() -> tuple[Mapping[str, Group], Mapping[str, Version]]:
    """Read the reference file once."""
    text = files("cchc_analysis").joinpath("reference/qd766.toml").read_text("utf-8")
    content = tomllib.loads(text, parse_float=Fraction)
    groups = {code: Group(group=code, **entry) for code, entry in content["groups"].items()}
    versions = {
        entry["version"]: _version(entry, content["metrics"]) for entry in content["versions"]
    }
    return MappingProxyType(groups), MappingProxyType(versions)


def _version(entry: dict[str, Any], metrics: dict[str, dict[str, Any]]) -> Version:
    """Join the formulas of a version with the names of their metrics."""
    formulas = {
        formula["metric"]: Component(**metrics[formula["metric"]], **formula)
        for formula in entry["formulas"]
    }
    stated = {name: value for name, value in entry.items() if name != "formulas"}
    return Version(**stated, components=MappingProxyType(formulas))
