"""Figures that must fit together: complementary percentages, and sums."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd

from cchc_analysis import columns
from cchc_analysis.reconciliation.rounding import (
    HABITS,
    TEXT_KEYS,
    check_rounding,
    exact,
    percentages,
    write_units,
)


class Identity(NamedTuple):
    """Indicators that must add to a whole."""

    name: str
    parts: tuple[str, ...]
    whole: str = ""


PAIRS = (
    ("on_time_rate", "late_rate"),
    ("on_time_rate_of_due", "late_or_overdue_rate"),
    ("on_time_rate_of_received", "late_rate_of_received"),
)
"""Percentages that are 100 together, if no dossier has a third outcome."""

COUNT_SUMS = (
    Identity("on_time_and_late", ("on_time_count", "late_count"), "resolved_count"),
    Identity(
        "full_and_partial_online",
        ("full_online_services_count", "partial_online_services_count"),
        "online_services_count",
    ),
)
"""Printed counts that must add to a printed count."""

NUMERATOR_SUMS = (
    *(Identity(f"{first}_and_{second}", (first, second)) for first, second in PAIRS),
    Identity("early_due_day_and_late_rate", ("early_rate", "due_day_rate", "late_rate")),
)
"""Rates whose numerators must add to their common denominator."""

DOSSIER_SHARES = (
    *(name for pair in PAIRS for name in pair),
    "early_rate",
    "due_day_rate",
    "qd766_in_time_share",
    "qd766_citizen_data_connected_dossier",
    "qd766_dossier_receiving_satisfaction",
    "qd766_dossier_sync",
    "qd766_original_result_available",
    "qd766_pay_dossiers",
    "qd766_reused_digitized_data",
    "qd766_so_hoa_giay_to_giai_quyet",
    "qd766_synced_with_dvcqg_personal_storage",
)
"""Shares of dossiers: each dossier belongs to one unit, so sub-units add to their parent.
Procedures do not: the same procedure is offered by many units."""

_COUNT_OF_RATE = {"on_time_rate": "on_time_count", "late_rate": "late_count"}
_SUM_COLUMNS = [
    "identity", *TEXT_KEYS, "parts", "parts_count", "left", "right", "gap", "verdict",
]  # fmt: skip


def check_pairs(published: pd.DataFrame) -> pd.DataFrame:
    """Say whether one rounding habit gives both of two complementary percentages.

    A pair that is 100 together may be one rounded figure and its difference from 100;
    then no habit gives both, and a pair that is not 100 together may be two honest ones.

    Parameters
    ----------
    published
        Printed figures; the pairs are those of :data:`PAIRS`.

    Returns
    -------
    DataFrame
        One row per pair printed by one source for one unit and period, over one
        denominator where both print theirs: the keys, ``first``, ``second``,
        ``first_printed``, ``second_printed``, ``sum_printed`` (text), ``sums_to_100``,
        ``half_up`` ... ``ceiling`` (whether that habit gives both; missing where a count
        is not printed) and ``verdict``: ``one_habit``, ``no_single_habit`` or ``no_counts``.

    Examples
    --------
    >>> figures = pd.DataFrame({
    ...     "unit_id": "vn63-77", "indicator": ["on_time_rate", "late_rate"],
    ...     "kind": "result", "printed": ["97.7", "2.3"], "value": [97.7, 2.3],
    ...     "unit_of_measure": "percent", "numerator": [483677, 11676],
    ...     "denominator": 495353, "source": "baria-vungtau",
    ... })
    >>> check_pairs(figures)[["first_printed", "second_printed", "sum_printed", "verdict"]]
      first_printed second_printed sum_printed          verdict
    0          97.7            2.3       100.0  no_single_habit
    """
    keys = [*TEXT_KEYS, "indicator"]
    agrees = [f"agrees_{habit}" for habit in HABITS]
    checked = check_rounding(published)[[*keys, *agrees]].drop_duplicates(keys)
    rows = percentages(published)
    rows = rows[[*keys, "printed", "value", "decimals", "denominator"]].drop_duplicates(keys)
    rows = rows.merge(checked, how="left", on=keys, validate="one_to_one")
    pairs = [_join_pair(rows, first, second) for first, second in PAIRS]
    return pd.concat(pairs, ignore_index=True)


def _join_pair(rows: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """Join the two percentages of a pair and compare them under each habit."""
    sides = [rows[rows["indicator"] == name].drop(columns="indicator") for name in (first, second)]
    pair = sides[0].merge(
        sides[1], on=list(TEXT_KEYS), suffixes=("_1", "_2"), validate="one_to_one"
    )
    apart = pair[["denominator_1", "denominator_2"]].notna().all(axis=1)
    pair = pair[~(apart & (pair["denominator_1"] != pair["denominator_2"]))]
    sums = [
        _written_sum(values, int(decimals))
        for values, decimals in zip(
            pair[["value_1", "value_2"]].to_numpy(),
            pair[["decimals_1", "decimals_2"]].max(axis=1),
            strict=True,
        )
    ]
    both = {
        habit: pair[f"agrees_{habit}_1"].astype("boolean")
        & pair[f"agrees_{habit}_2"].astype("boolean")
        for habit in HABITS
    }
    known = pair[[f"agrees_half_up_{side}" for side in (1, 2)]].notna().all(axis=1)
    given = pd.DataFrame(both, index=pair.index).where(known, pd.NA).astype("boolean")
    verdict = given.any(axis=1).map({True: "one_habit", False: "no_single_habit"})
    return pair[list(TEXT_KEYS)].assign(
        first=first,
        second=second,
        first_printed=pair["printed_1"],
        second_printed=pair["printed_2"],
        sum_printed=pd.Series(sums, index=pair.index, dtype="str"),
        sums_to_100=[exact(text) == 100 for text in sums],
        **given,
        verdict=verdict.astype("str").where(known, "no_counts"),
    )


def _written_sum(values: Iterable[float], decimals: int) -> str:
    """Add printed numbers exactly and write the sum with as many decimals."""
    return write_units(int(sum(exact(value) for value in values) * 10**decimals), decimals)


def check_sums(published: pd.DataFrame, *, units: pd.DataFrame | None = None) -> pd.DataFrame:
    """Check the sums that printed counts must satisfy.

    A sum that fails says that the printed text does not fit together, not which figure
    is off. Outcomes that the source does not print (withdrawn, returned) leave a gap too,
    and a parent's line may be its own desk alone.

    Parameters
    ----------
    published
        Printed figures. The identities are :data:`COUNT_SUMS` (a count that is not printed
        by itself may be the numerator of its rate), :data:`NUMERATOR_SUMS`, and, with
        ``units``, the numerators and the denominators of sub-units against their parent's,
        for :data:`DOSSIER_SHARES`.
    units
        Units with ``parent_id``; None leaves the sums over sub-units out.

    Returns
    -------
    DataFrame
        One row per identity that can be checked: ``identity``, the keys, ``parts``,
        ``parts_count``, ``left`` (the sum), ``right`` (the whole), ``gap`` (left - right)
        and ``verdict``: ``holds``, ``fails``, or for sub-units ``short`` where they add to
        less than the parent, since it is not known whether all of them are printed.

    Examples
    --------
    >>> figures = pd.DataFrame({
    ...     "unit_id": "vn63-77", "indicator": ["on_time_rate", "late_rate"],
    ...     "kind": "result", "value": [97.7, 2.3], "decimals": 1,
    ...     "unit_of_measure": "percent", "numerator": [483677, 11676],
    ...     "denominator": 495353, "source": "baria-vungtau",
    ... })
    >>> check_sums(figures)[["identity", "left", "right", "gap", "verdict"]]
                         identity      left     right  gap verdict
    0  on_time_rate_and_late_rate  495353.0  495353.0  0.0   holds
    """
    rows = columns.check(published, columns.PUBLISHED)
    found = [*_count_sums(rows), *_numerator_sums(rows)]
    if units is not None:
        found += _unit_sums(rows, columns.check(units, columns.UNITS))
    return pd.DataFrame(found, columns=_SUM_COLUMNS)


def _outcome(identity: str, keys: tuple, parts: list[str], left: list, right: float) -> dict:
    """Compare one exact sum with its whole."""
    total, whole = sum(map(exact, left)), exact(right)
    return {
        "identity": identity,
        **dict(zip(TEXT_KEYS, keys, strict=True)),
        "parts": ", ".join(parts),
        "parts_count": len(left),
        "left": float(total),
        "right": float(whole),
        "gap": float(total - whole),
        "verdict": "holds" if total == whole else "fails",
    }


def _count_sums(rows: pd.DataFrame) -> Iterable[dict]:
    """Check printed counts that must add to a printed count."""
    printed = rows[rows["indicator"].str.endswith("_count") & rows["value"].notna()]
    behind = rows[rows["indicator"].isin(_COUNT_OF_RATE) & rows["numerator"].notna()]
    behind = behind.assign(
        indicator=behind["indicator"].map(_COUNT_OF_RATE),
        value=behind["numerator"],
        unit_of_measure="dossiers",
    )
    counts = pd.concat([printed, behind])
    keys = [*TEXT_KEYS, "unit_of_measure"]
    for key, group in counts.groupby(keys, dropna=False, sort=False):
        value = group.drop_duplicates("indicator").set_index("indicator")["value"]
        for name, parts, whole in COUNT_SUMS:
            if {*parts, whole} <= set(value.index):
                left = value[list(parts)].tolist()
                yield _outcome(name, key[:-1], list(parts), left, value[whole])


def _numerator_sums(rows: pd.DataFrame) -> Iterable[dict]:
    """Check rates whose numerators must add to their common denominator."""
    rates = rows[rows["numerator"].notna() & rows["denominator"].notna()]
    rates = rates[rates["indicator"].isin({part for i in NUMERATOR_SUMS for part in i.parts})]
    keys = [*TEXT_KEYS, "denominator"]
    for key, group in rates.groupby(keys, dropna=False, sort=False):
        value = group.drop_duplicates("indicator").set_index("indicator")["numerator"]
        for name, parts, _ in NUMERATOR_SUMS:
            if set(parts) <= set(value.index):
                yield _outcome(name, key[:-1], list(parts), value[list(parts)].tolist(), key[-1])


def _unit_sums(rows: pd.DataFrame, units: pd.DataFrame) -> Iterable[dict]:
    """Check the counts of sub-units against their parent's, indicator by indicator."""
    counted = rows[rows["numerator"].notna() & rows["denominator"].notna()]
    counted = counted[counted["indicator"].isin(DOSSIER_SHARES)]
    counted = counted.drop_duplicates([*TEXT_KEYS, "indicator"])  # a text may print one twice
    parents = units.drop_duplicates("unit_id").set_index("unit_id")["parent_id"]
    below = counted.assign(unit_id=counted["unit_id"].map(parents)).dropna(subset="unit_id")
    keys = [*TEXT_KEYS, "indicator"]
    sides = ["numerator", "denominator"]
    lists = below.groupby(keys, dropna=False, sort=False)[sides].agg(list).reset_index()
    whole = counted[[*keys, *sides]]
    several = lists[lists["numerator"].map(len) > 1]  # one part says nothing about a sum
    for row in whole.merge(several, on=keys, suffixes=("", "_parts")).to_dict("records"):
        key = tuple(row[name] for name in TEXT_KEYS)
        for side in sides:
            name = f"sub_units_{row['indicator']}_{side}"
            outcome = _outcome(name, key, [row["indicator"]], row[f"{side}_parts"], row[side])
            yield outcome | ({"verdict": "short"} if outcome["gap"] < 0 else {})
