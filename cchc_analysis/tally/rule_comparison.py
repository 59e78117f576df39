"""The same dossiers under several rules and denominators, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from cchc_analysis.columns import TALLY_KEYS, InputError
from cchc_analysis.engines.embedded import Source
from cchc_analysis.lateness import FORM06, QD766, STRICT, VARIANTS, Basis, Rule, rule_named
from cchc_analysis.periods import Periods
from cchc_analysis.tally.count import as_source, count_cells, count_cohorts, held_columns

if TYPE_CHECKING:
    from cchc_analysis.sources.dossiers import Reading

_FIGURES = ("count", "total", "share")


@dataclass(frozen=True)
class Denominator:
    """One way to make a share: counts added (and subtracted) over counts added."""

    name: str
    bases: tuple[Basis, ...]
    """Where it can be taken, the first that a rule is defined for."""
    count: tuple[str, ...]
    total: tuple[str, ...]
    less: tuple[str, ...] = ()
    """Subtracted from the count."""

    def basis(self, rule: Rule) -> Basis | None:
        """Return the basis on which ``rule`` gives this share, if on any."""
        return next((basis for basis in self.bases if basis in rule.bases), None)


DENOMINATORS = (
    Denominator(
        "resolved",
        ("period", "received"),
        count=("on_time_count",),
        total=("on_time_count", "late_count"),
    ),
    Denominator(
        "due_in_period",
        ("due",),
        count=("on_time_count",),
        total=("on_time_count", "late_count", "overdue_count"),
    ),
    Denominator(
        "received",
        ("period", "received"),
        count=("on_time_count",),
        total=("received_count",),
    ),
    Denominator(
        "to_handle",
        ("period",),
        count=("received_count", "carried_count"),
        less=("late_count", "overdue_count"),
        total=("received_count", "carried_count"),
    ),
    Denominator(
        "received_pending_in_time",
        ("received",),
        count=("on_time_count", "pending_in_time_count"),
        total=("received_count",),
    ),
    Denominator(
        "resolved_over_received",
        ("period", "received"),
        count=("resolved_count",),
        total=("received_count",),
    ),
)


def compare_rules(
    dossiers: Reading | Source,
    by: Sequence[str] = (),
    *,
    periods: Periods,
    as_of: date | str,
    rules: Sequence[str | Rule] | None = None,
) -> pd.DataFrame:
    """Count the same dossiers under every rule, and divide by every published denominator.

    The rows are readings of one set of dossiers, not results to choose from: state which one
    a figure is before setting it beside another. Two shares that differ here differ by
    definition alone. ``denominator`` names how ``share`` = ``count`` / ``total`` is made:

    ============================ ================================== =======================
    denominator                  count / total                      printed so, for example
    ============================ ================================== =======================
    ``resolved``                 on time / (on time + late)         Lâm Đồng
    ``due_in_period``            on time / (on time + late +        Vĩnh Phúc
                                 overdue), of those due
    ``received``                 resolved on time / received        Quận 1, TP HCM (2018)
    ``to_handle``                (to handle - late - overdue) /     Gia Lai
                                 to handle: received + carried over
    ``received_pending_in_time`` (on time + open in time) /         QĐ 766 screens
                                 received, of those received
    ``resolved_over_received``   resolved / received: not           Bến Tre
                                 timeliness
    ============================ ================================== =======================

    ``received`` and ``resolved_over_received`` set what was resolved in a period, with what
    was carried over into it, over what came in: they can pass 1. ``to_handle`` counts
    whatever is neither late nor overdue, so dossiers that a rule sets apart flatter it.
    Those set apart are in neither count of ``resolved`` and ``due_in_period``; a dossier due
    on the very day ``as_of`` and still open is not yet in ``due_in_period``.

    Parameters
    ----------
    dossiers, by, periods, as_of
        As in :func:`count_cells`. Flows are judged at the end of each period, dossiers due or
        received (``basis``) at ``as_of``.
    rules
        Names of rules, or rules. If not given: ``strict``, ``form06`` and ``qd766``, and of
        the variants of ``strict`` (supplements, fees, synchronisation, first appointment)
        those for which the dossiers hold dates.

    Returns
    -------
    DataFrame
        One row per unit, period, ``by``, rule and denominator that the rule is defined for:
        the keys of a tally, ``by``, ``denominator``, ``count`` and ``total`` (dossiers) and
        ``share`` (0..1; NaN where the total is 0). Rules and denominators stay in order.
        No dossiers, no rows.

    Raises
    ------
    InputError
        As in :func:`count_cells`, or if ``rules`` is empty or two have one name.

    Examples
    --------
    >>> dossiers = pd.DataFrame({
    ...     "dossier_id": ["a", "b", "c", "d"], "unit_id": "A", "source": "example",
    ...     "received_at": pd.to_datetime(["2023-12-20", "2024-01-03", "2024-01-04", "2024-01-30"]),
    ...     "due_at": pd.to_datetime(["2024-01-10", "2024-01-10", "2024-01-11", "2024-02-15"]),
    ...     "result_at": pd.to_datetime(["2024-01-09", "2024-01-08", "2024-01-12", None]),
    ... })
    >>> table = compare_rules(
    ...     dossiers, periods=("2024-01-01", "2024-01-31"), as_of="2024-01-31", rules=["strict"]
    ... )
    >>> table[["denominator", "basis", "count", "total", "share"]].round(3)
                    denominator     basis  count  total  share
    0                  resolved    period    2.0    3.0  0.667
    1             due_in_period       due    2.0    3.0  0.667
    2                  received    period    2.0    3.0  0.667
    3                 to_handle    period    3.0    4.0  0.750
    4  received_pending_in_time  received    2.0    3.0  0.667
    5    resolved_over_received    period    3.0    3.0  1.000
    """
    source = as_source(dossiers)
    if rules is not None and not rules:
        raise InputError("no rule was given; leave out rules= to compare those that apply")
    chosen = _telling(source) if rules is None else [rule_named(rule) for rule in rules]
    names = [rule.name for rule in chosen]
    if len(set(names)) < len(names):  # their rows could not be told apart
        raise InputError(f"two rules of one name among {', '.join(names)}; give each a name")
    asked = {"periods": periods, "as_of": as_of}
    shares = [share for rule in chosen for share in _shares(source, by, rule, asked)]
    keys = [*TALLY_KEYS, *by]
    table = pd.concat(shares, ignore_index=True)[[*keys, "denominator", *_FIGURES]]
    within = [key for key in keys if key not in ("basis", "rule")]
    return table.sort_values(within, kind="stable", ignore_index=True)


def _telling(source: Source) -> list[Rule]:
    """Return the rules that can say something of these dossiers."""
    asked = {column for columns in VARIANTS.values() for column in columns}
    held = held_columns(source, sorted(asked))
    variants = [rule for rule, columns in VARIANTS.items() if held.issuperset(columns)]
    return [STRICT, FORM06, QD766, *variants]


def _shares(
    source: Source, by: Sequence[str], rule: Rule, asked: Mapping[str, Any]
) -> Iterator[pd.DataFrame]:
    """Yield the table of each denominator that ``rule`` is defined for."""
    tallies = {basis: _tally(source, by, rule, basis, asked) for basis in rule.bases}
    for denominator in DENOMINATORS:
        basis = denominator.basis(rule)
        if basis is None:
            continue
        tally = tallies[basis]
        count, total = (
            tally[list(names)].sum(axis=1, skipna=False)
            for names in (denominator.count, denominator.total)
        )
        count = count - tally[list(denominator.less)].sum(axis=1, skipna=False)
        yield tally.assign(
            denominator=denominator.name,
            count=count,
            total=total,
            share=count / total.where(total > 0),
        )


def _tally(
    source: Source, by: Sequence[str], rule: Rule, basis: Basis, asked: Mapping[str, Any]
) -> pd.DataFrame:
    if basis == "period":
        return count_cells(source, by, rule=rule, **asked)
    return count_cohorts(source, by, cohort=basis, rule=rule, **asked)
