"""Case mix: whether a unit is late, or does the work that is late everywhere.

Indirect standardisation: each unit's late dossiers against those that the same work, done
as all units together do it, would have had. Strata are columns of the tally, such as field,
procedure and channel.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cchc_analysis.columns import TALLY, TALLY_COUNTS, TALLY_KEYS, InputError, check, require_one
from cchc_analysis.comparison.poisson_binomial import count_distribution
from cchc_analysis.comparison.ratios import LEAST_UNITS, judge_ratios, with_flags
from cchc_analysis.intervals import check_confidence

_ONE_OF = ["period_start_on", "period_end_on", "basis", "rule", "as_of"]
_PERIOD = ["period_start_on", "period_end_on"]
_EXACT = ["exact_low", "exact_high", "at_most", "at_least", "exact_p_value"]
_OUTPUT = [
    "unit_id", *_PERIOD, "indicator", "count", "total", "value", "observed", "expected", "ratio",
    "low", "high", "outside", "side", "p_value", "q_value", "exact_low", "exact_high",
    "outside_plain", "exact_p_value", "tau", "pooled_count", "alone_count", "reading", "method",
    "rule", "source",
]  # fmt: skip


def standardise(
    tally: pd.DataFrame,
    strata: Sequence[str],
    *,
    events: Sequence[str] = ("late_count",),
    population: Sequence[str] = ("on_time_count", "late_count"),
    indicator: str = "late_rate",
    minimum: int = 100,
    confidence: float = 0.998,
) -> pd.DataFrame:
    r"""Compare each unit's late dossiers with those expected of its own mix of work.

    .. math:: \text{ratio}_i = \frac{O_i}{E_i}, \qquad E_i = \sum_s n_{is}\,
        \frac{\sum_j \text{late}_{js}}{\sum_j n_{js}}

    Two ratios are no league table: each is against the unit's own mix, so 1.2 need not be
    worse than 1.1. What the strata do not see stays in the ratio. All units together are the
    reference, the unit included, so one that does most of some work pulls its own ratio
    towards 1; a stratum that a unit handles alone says nothing, and is left out.

    Parameters
    ----------
    tally
        Cells of one period, basis, rule and day, of units of one class, parent and scope,
        with the ``strata`` and the counts needed.
    strata
        Columns that say what work it was, the most telling first. A missing value is a
        level of its own. None: one reference for all work.
    events
        Counts of what is compared; their sum is observed.
    population
        Counts of what could be, events included. For lateness with the dossiers still open,
        ``events=("late_count", "overdue_count")`` of ``("on_time_count", "late_count",
        "overdue_count")``.
    indicator
        The name that the result gives to events of population.
    minimum
        Levels of a stratum with fewer dossiers, over all units, are put together.
    confidence
        Chance, in (0, 1), that a unit like the others lies inside its limits.

    Returns
    -------
    DataFrame
        One row per unit, by ``unit_id``: ``period_start_on``, ``period_end_on``,
        ``indicator``, ``count``, ``total`` (all dossiers), ``value`` (share in 0..1);
        ``observed`` and ``expected`` (dossiers, of the work that others do too), ``ratio``;
        ``low``, ``high`` (limits of the ratio among the other units, spread between units
        allowed for), ``outside`` (flag), ``side`` ('high', 'low' or ''), ``p_value``,
        ``q_value`` (Benjamini-Hochberg); by chance alone ``exact_low``, ``exact_high``,
        ``outside_plain`` and ``exact_p_value`` (Poisson-binomial, two-sided mid-P, not below
        1e-12); ``tau``, the spread of the other units on the log scale; ``pooled_count``
        (dossiers in levels put together), ``alone_count`` (dossiers that no other unit has
        the like of, in neither observed nor expected); ``reading``: 'judged',
        'no_dossiers', 'no_reference' (all work is its alone), 'none_expected' (nobody is
        late in that work), 'too_few_units' (fewer than three to judge: no ``low``,
        ``high``); ``method``, ``rule``, ``source``. No rows in, no rows out.

    Raises
    ------
    InputError
        If periods, rules or days are mixed, a column is absent, a count is missing, or
        events are no part of the population.

    Notes
    -----
    Sparse levels: dossiers are divided by the first stratum, each part by the second, and so
    on. Where levels within a part have fewer than ``minimum`` dossiers they are put together,
    with the next smallest if still too few, and not divided further. Each dossier is in
    one reference cell only, so expected and observed have the same sum over the units.

    The limits of :func:`~cchc_analysis.comparison.ratio_funnel`, with the exact
    Poisson-binomial distribution in place of the Poisson. Exact on counts: no rows needed.
    The reference is taken as known, which makes the exact limits a little too narrow where
    strata are small.

    References
    ----------
    Spiegelhalter, D. J. (2005). Funnel plots for comparing institutional performance.
    *Statistics in Medicine* 24, 1185-1202. doi:10.1002/sim.1970

    Examples
    --------
    A and B both have 10 % late, but A does the work that is late everywhere:

    >>> tally = pd.DataFrame({
    ...     "unit_id": ["A", "A", "B", "B", "C", "C"], "field": ["land", "civil"] * 3,
    ...     "on_time_count": [800, 100, 60, 840, 160, 790], "late_count": [99, 1, 40, 60, 40, 10],
    ...     "period_start_on": "2026-01-01", "period_end_on": "2026-06-30", "basis": "period",
    ...     "rule": "strict", "as_of": "2026-07-01", "source": "example",
    ... })
    >>> found = standardise(tally, ["field"])
    >>> found[["unit_id", "value", "observed", "expected", "ratio", "outside_plain"]].round(2)
      unit_id  value  observed  expected  ratio  outside_plain
    0       A   0.10     100.0    138.19   0.72           True
    1       B   0.10     100.0     50.41   1.98           True
    2       C   0.05      50.0     61.40   0.81          False
    """
    check_confidence(confidence)
    rows = check(tally, TALLY)
    require_one(rows, _ONE_OF, "tally", "filter the cells, and compare what is counted alike")
    _require_counts(rows, strata, events, population)
    cells = _cells(rows, strata, events, population)
    cells = _with_reference(cells, len(strata), minimum)
    table = _unit_totals(rows, cells, indicator)
    usable = table["expected"] > 0
    exact = _exact(cells, table[usable], confidence)
    numbers = judge_ratios(*_columns(table[usable]), exact, confidence)
    numbers["exact_p_value"] = exact["exact_p_value"]
    table = table.join(numbers.set_index(table.index[usable]))
    table = with_flags(table.assign(ratio=table["observed"] / table["expected"].where(usable)))
    return table.assign(
        reading=_readings(table),
        method=f"indirect standardisation by {', '.join(strata) or 'nothing'}, leave-one-out "
        f"limits, {confidence:g}",
        rule="; ".join(sorted(set(rows["rule"]))),
        source="; ".join(sorted(set(rows["source"]))),
    )[_OUTPUT]


def _require_counts(
    rows: pd.DataFrame, strata: Sequence[str], events: Sequence[str], population: Sequence[str]
) -> None:
    """Raise unless strata are columns and the counts are known, events part of population."""
    refused = {*TALLY_KEYS, *TALLY_COUNTS}
    offered = [name for name in rows.columns if name not in refused]
    for name in strata:
        if name not in offered or isinstance(strata, str):
            raise InputError(
                f"strata: found {name!r}, expected columns out of: {', '.join(offered) or 'none'}; "
                "count the dossiers by it first"
            )
    if not events or not set(events) <= set(population) <= set(TALLY_COUNTS):
        raise InputError(
            f"events: found {list(events)} of {list(population)}, expected counts of the tally, "
            "and the events among the population"
        )
    unknown = [name for name in population if rows[name].isna().any()]
    if unknown:
        raise InputError(
            f"tally: {unknown[0]} is missing in some cells, expected a number in each; leave "
            "those cells out, or use a source that counts it"
        )


def _cells(
    rows: pd.DataFrame, strata: Sequence[str], events: Sequence[str], population: Sequence[str]
) -> pd.DataFrame:
    """Sum to one row per unit and stratum with dossiers; strata as numbers 0, 1, ..."""
    levels = {
        _level(depth): pd.factorize(rows[name], use_na_sentinel=False)[0]
        for depth, name in enumerate(strata)
    }
    cells = pd.DataFrame({"unit_id": rows["unit_id"], **levels}).assign(
        late=rows[list(events)].sum(axis=1), total=rows[list(population)].sum(axis=1)
    )
    cells = cells.groupby(["unit_id", *levels], as_index=False)[["late", "total"]].sum()
    return cells[cells["total"] > 0].reset_index(drop=True)


def _level(depth: int) -> str:
    """Return the column with the numbered levels of a stratum."""
    return f"level_{depth}"


def _with_reference(cells: pd.DataFrame, depth: int, minimum: int) -> pd.DataFrame:
    """Add each cell's reference share, whether it was pooled and whether its unit is alone."""
    reference, pooled = _reference_cells(cells, depth, minimum)
    groups = cells.groupby(reference)
    share = groups["late"].transform("sum") / groups["total"].transform("sum")
    alone = groups["unit_id"].transform("nunique") == 1
    return cells.assign(share=share, pooled=pooled, alone=alone)


def _reference_cells(
    cells: pd.DataFrame, depth: int, minimum: int
) -> tuple[np.ndarray, np.ndarray]:
    """Divide the cells by one stratum after the other, small levels put together."""
    reference = np.zeros(len(cells), dtype=np.int64)
    pooled = np.zeros(len(cells), dtype=bool)
    for stratum in range(depth):
        keys = pd.DataFrame(
            {"part": reference, "level": cells[_level(stratum)], "total": cells["total"]}
        )
        sizes = keys[~pooled].groupby(["part", "level"])["total"].sum()
        by_size = sizes.groupby([sizes.index.get_level_values("part"), sizes]).sum()
        smaller = by_size.groupby(level=0).cumsum() - by_size  # dossiers of smaller siblings
        part = sizes.index.get_level_values("part")
        before = smaller.reindex(pd.MultiIndex.from_arrays([part, sizes])).to_numpy()
        small = pd.Series(
            (sizes < minimum).to_numpy() | ((before > 0) & (before < minimum)), sizes.index
        )
        own = pd.MultiIndex.from_frame(keys[["part", "level"]])
        newly = ~pooled & small.reindex(own, fill_value=False).to_numpy(bool)
        # a pooled cell keeps its part; level -1 holds the small levels put together
        level = np.where(pooled, -2, np.where(newly, -1, cells[_level(stratum)]))
        pooled |= newly
        reference = pd.MultiIndex.from_arrays([reference, level]).factorize()[0]
    return reference, pooled


def _unit_totals(rows: pd.DataFrame, cells: pd.DataFrame, indicator: str) -> pd.DataFrame:
    """Return one row per unit: all its dossiers, and those compared."""
    units = rows.drop_duplicates("unit_id").sort_values("unit_id", ignore_index=True)
    total = cells["total"]
    compared = total.where(~cells["alone"], 0.0)
    mean = compared * cells["share"]
    sums = pd.DataFrame(
        {
            "unit_id": cells["unit_id"],
            "count": cells["late"],
            "total": total,
            "observed": cells["late"].where(~cells["alone"], 0.0),
            "expected": mean,
            "variance": mean * (1 - cells["share"]),
            "pooled_count": total.where(cells["pooled"], 0.0),
            "alone_count": total.where(cells["alone"], 0.0),
        }
    ).sort_values(["unit_id", "expected", "variance"])  # the same sum however strata are named
    sums = sums.groupby("unit_id").sum().reindex(units["unit_id"], fill_value=0.0)
    table = units[["unit_id", *_PERIOD]].merge(sums.reset_index(), on="unit_id", validate="1:1")
    empty = table["total"] == table["alone_count"]
    table.loc[empty, ["observed", "expected", "variance"]] = np.nan
    return table.assign(
        indicator=indicator, value=table["count"] / table["total"].where(table["total"] > 0)
    )


def _columns(table: pd.DataFrame) -> tuple[np.ndarray, ...]:
    """Return observed, expected and variance as arrays."""
    return tuple(table[name].to_numpy(float) for name in ("observed", "expected", "variance"))


def _exact(cells: pd.DataFrame, table: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Return limits and tails of each unit's count by chance alone, Poisson-binomial."""
    compared = cells[~cells["alone"]]
    work = compared.groupby("unit_id").indices
    total, share = compared["total"].to_numpy(), compared["share"].to_numpy()
    found = []
    for row in table[["unit_id", "observed", "expected"]].itertuples():
        own = np.lexsort((share[work[row.unit_id]], total[work[row.unit_id]]))
        at = work[row.unit_id][own]  # the same sum however strata are named
        count = count_distribution(total[at], share[at])
        low, high = count.limits(confidence)
        tails = count.at_most(row.observed), count.at_least(row.observed)
        mid_p = count.two_sided_mid_p(row.observed)
        found.append((low / row.expected, high / row.expected, *tails, mid_p))
    return pd.DataFrame(found, columns=_EXACT, dtype=float)


def _readings(table: pd.DataFrame) -> np.ndarray:
    """Return why a unit was judged or not."""
    judged = "judged" if (table["expected"] > 0).sum() >= LEAST_UNITS else "too_few_units"
    return np.select(
        [table["total"] == 0, table["expected"].isna(), table["expected"] == 0],
        ["no_dossiers", "no_reference", "none_expected"],
        judged,
    )
