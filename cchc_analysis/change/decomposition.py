"""What a change or a gap in a share is made of: mix, rates, entry, exit, open dossiers.

``before`` and ``after`` are two tallies: one unit in two periods, or two units in one
period (then read 'before' as the one and 'after' as the other). ``strata`` names the keys
that describe the work: field, procedure, channel. A stratum is one combination of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from cchc_analysis.change.guard import require_one_series
from cchc_analysis.change.standardising import standardised, structure_factors
from cchc_analysis.columns import TALLY, InputError, check
from cchc_analysis.intervals import check_confidence

_OPEN = ("pending_in_time_count", "overdue_count")
_DRAWS_AT_ONCE = 100
_LATE, _JUDGED = ("late_count",), ("on_time_count", "late_count")


def decompose(
    before: pd.DataFrame,
    after: pd.DataFrame,
    strata: Sequence[str],
    *,
    count: Sequence[str] = _LATE,
    total: Sequence[str] = _JUDGED,
    confidence: float = 0.95,
    sigma_z: float = 1.0,
    draws: int = 2000,
    seed: int = 0,
    units: pd.DataFrame | None = None,
) -> pd.DataFrame:
    r"""Split the change of a share into mix, rate within strata, open dossiers, entry and exit.

    .. math:: \Delta = \underbrace{\sum_s \Delta w_s \bar r_s}_{\text{mix}}
        + \underbrace{\sum_s \bar w_s \Delta r_s}_{\text{rate, pending}}
        + \underbrace{e (R^e_2 - R_2)}_{\text{entry}} - \underbrace{x (R^x_1 - R_1)}_{\text{exit}}

    It is bookkeeping, not cause: 'mix' says that other work came in, not that the unit is
    excused, and the finer the strata the more becomes mix, entry and exit. What a stratum
    hides (harder cases of one procedure) counts as rate.

    Parameters
    ----------
    before, after
        Tallies with ``strata`` among their columns; their cells are summed.
    strata
        Keys of the tally. A missing value is a stratum of its own.
    count, total
        Columns of the tally whose sums are numerator and denominator. Of dossiers due in a
        period: ``count=("late_count", "overdue_count")`` and all four kinds in ``total``.
    confidence
        Coverage of the intervals, in (0, 1).
    sigma_z
        How much more than by chance the unit varies: ``sigma_z`` of
        :func:`~cchc_analysis.change.readings`. It multiplies the standard errors where it
        exceeds 1, as on the chart: below 1, or NaN, it is luck or unknown.
    draws, seed
        Draws behind the standard errors, and their seed.
    units
        The units for :func:`~cchc_analysis.change.require_one_series`, which is asked first.

    Returns
    -------
    DataFrame
        ``component``, ``detail``, ``value``, ``low``, ``high`` (shares; after minus before),
        ``standard_error``, ``method``. Rows: ``before`` and ``after``, the two shares; one
        ``mix`` for each key of ``strata`` (its name in ``detail``); ``rate``, within strata,
        through dossiers finished; ``pending``, within strata, through the open dossiers in
        ``count`` (0 if it has none); ``entry`` and ``exit`` of strata that only one side has;
        ``change``. The rows from ``mix`` to ``exit`` add to ``change`` and are the steps of
        a waterfall from ``before`` to ``after``. Swapping the sides flips every sign, and
        entry and exit change places.

    Raises
    ------
    InputError
        If the two differ in both unit and period, are not one series, hold periods that
        overlap (sums since January), lack a column or a count, have no dossiers on one side
        or no stratum in common.

    Notes
    -----
    Between two sides Kitagawa's components; mix and rate are of the strata both sides have,
    :math:`R_1` and :math:`R_2` their shares. With several keys Das Gupta: structure is split
    from rate first, then the structure :math:`w_s = \prod_k A_{ks}` into one factor per key,
    each the geometric mean over the ways to divide cells by margins. That is not the Shapley
    value over rate and all keys.

    Standard errors: in a parametric bootstrap each column of ``count`` in a stratum, and the
    rest of its total, is drawn from a gamma distribution of shape count + 1/2 - Poisson, and
    never certain at 0; with 2,000 draws they are accurate to about 2 %.
    In simulations with 12 strata of about 40 or 400 dossiers, 95 % intervals of mix, rate and
    change held the true value in 95 to 97 % of 1,500 runs. The full count has
    no sampling error: intervals tell what chance would do to two similar periods.

    References
    ----------
    Kitagawa, E. M. (1955). Components of a difference between two rates. *JASA* 50,
    1168-1194. doi:10.1080/01621459.1955.10501299. Das Gupta, P. (1993). *Standardization and
    decomposition of rates: a user's manual*. US Bureau of the Census, P23-186.

    Examples
    --------
    Land rose from a tenth to a half of the work, and its lateness fell:

    >>> cells = {"unit_id": "A", "field": ["land", "civil"], "basis": "period", "rule": "strict",
    ...          "as_of": "2026-08-31", "source": "example"}
    >>> may = pd.DataFrame({**cells, "period_start_on": "2026-05-01",
    ...     "period_end_on": "2026-05-31", "on_time_count": [70, 882], "late_count": [30, 18]})
    >>> june = pd.DataFrame({**cells, "period_start_on": "2026-06-01",
    ...     "period_end_on": "2026-06-30", "on_time_count": [400, 490], "late_count": [100, 10]})
    >>> decompose(may, june, ["field"])[["component", "detail", "value"]].round(3)
      component detail  value
    0    before         0.048
    1       mix  field  0.092
    2      rate        -0.030
    3   pending         0.000
    4     entry         0.000
    5      exit         0.000
    6     after         0.110
    7    change         0.062
    """
    from scipy.stats import norm

    check_confidence(confidence)
    cells = _cells(before, after, strata, count, total, units)
    if draws < 2:
        raise InputError(f"draws: found {draws}, expected at least 2, better 2,000")
    rng = np.random.default_rng(seed)
    shape = cells.counts + 0.5 * (cells.counts.sum(1, keepdims=True) > 0)
    drawn = [
        _components(rng.gamma(shape, size=(min(_DRAWS_AT_ONCE, draws - done), *shape.shape)), cells)
        for done in range(0, draws, _DRAWS_AT_ONCE)
    ]
    error = np.fmax(sigma_z, 1.0) * np.concatenate(drawn).std(axis=0, ddof=1)
    value = _components(cells.counts, cells)
    reach = norm.isf((1 - confidence) / 2) * error
    least = np.where(np.arange(len(value)) % (len(value) - 2) == 0, 0.0, -1.0)  # shares, steps
    parts = [*["mix"] * len(strata), "rate", "pending", "entry", "exit"]
    return pd.DataFrame(
        {
            "component": ["before", *parts, "after", "change"],
            "detail": ["", *strata, *[""] * 6],
            "value": value,
            "low": np.maximum(value - reach, least),
            "high": np.minimum(value + reach, 1.0),
            "standard_error": error,
            "method": f"Das Gupta, gamma bootstrap ({draws} draws, seed {seed}), {confidence:.0%}",
        }
    )


def contributions(
    before: pd.DataFrame,
    after: pd.DataFrame,
    strata: Sequence[str],
    *,
    count: Sequence[str] = _LATE,
    total: Sequence[str] = _JUDGED,
    units: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return what each stratum adds to the change that :func:`decompose` splits.

    Chance is large in a stratum of few dossiers: read the counts beside the contribution,
    and do not rank strata by it.

    Parameters
    ----------
    before, after, strata, count, total, units
        As in :func:`decompose`.

    Returns
    -------
    DataFrame
        One row per stratum, sorted by its keys: the keys (text), ``before_count``,
        ``before_total``, ``after_count``, ``after_total`` (dossiers), ``before_share``,
        ``after_share`` (NaN without dossiers), ``mix`` (all keys together), ``rate``,
        ``pending``, ``entry``, ``exit`` and ``contribution``, their sum (shares, after minus
        before). Each column adds to its component, ``contribution`` to the change.

    Raises
    ------
    InputError
        As in :func:`decompose`.

    Notes
    -----
    A stratum that grew adds to the share only so far as its own share exceeds that of all
    strata together: ``mix`` is the change of its weight times that difference.

    Examples
    --------
    >>> cells = {"unit_id": "A", "field": ["land", "civil"], "basis": "period", "rule": "strict",
    ...          "as_of": "2026-08-31", "source": "example"}
    >>> may = pd.DataFrame({**cells, "period_start_on": "2026-05-01",
    ...     "period_end_on": "2026-05-31", "on_time_count": [70, 882], "late_count": [30, 18]})
    >>> june = pd.DataFrame({**cells, "period_start_on": "2026-06-01",
    ...     "period_end_on": "2026-06-30", "on_time_count": [400, 490], "late_count": [100, 10]})
    >>> contributions(may, june, ["field"])[["field", "mix", "rate", "contribution"]].round(3)
       field    mix  rate  contribution
    0  civil  0.024  0.00         0.024
    1   land  0.068 -0.03         0.038
    """
    cells = _cells(before, after, strata, count, total, units)
    hit, size = cells.counts[:, :-1].sum(1), cells.counts.sum(1)
    both, (joint_hit, joint_size) = cells.both, (hit * cells.both, size * cells.both)
    share, weight = _ratio(hit, size), joint_size / joint_size.sum(1, keepdims=True)
    overall = joint_hit.sum(1) / joint_size.sum(1)
    change = np.where(both, weight[1] - weight[0], 0.0)
    by_column = _ratio(cells.counts[1], size[1]) - _ratio(cells.counts[0], size[0])
    within = np.where(both, weight.mean(0) * by_column, 0.0)
    only = np.where(both, 0.0, (hit - size * overall[:, None]) / size.sum(1, keepdims=True))
    table = cells.keys.assign(
        before_count=hit[0],
        before_total=size[0],
        after_count=hit[1],
        after_total=size[1],
        before_share=share[0],
        after_share=share[1],
        mix=np.where(both, change * (share.mean(0) - overall.mean()), 0.0),
        rate=within[:-1][~cells.open].sum(0),
        pending=within[:-1][cells.open].sum(0),
        entry=only[1],
        exit=-only[0],
    )
    parts = ["mix", "rate", "pending", "entry", "exit"]
    return table.assign(contribution=table[parts].sum(axis=1))


@dataclass(frozen=True)
class _Cells:
    """Counts by side, column and stratum, and what the columns are."""

    keys: pd.DataFrame
    counts: np.ndarray
    """Dossiers, (2 sides, columns of the numerator and the rest of the total, strata)."""
    open: np.ndarray
    """Which columns of the numerator are open dossiers."""
    both: np.ndarray
    """Which strata have dossiers on both sides."""
    codes: list[np.ndarray]
    """For each key, the category of every stratum that both sides have."""


def _cells(
    before: pd.DataFrame,
    after: pd.DataFrame,
    strata: Sequence[str],
    count: Sequence[str],
    total: Sequence[str],
    units: pd.DataFrame | None,
) -> _Cells:
    """Sum the cells of both sides by stratum, or say why they cannot be compared."""
    _require_columns(before, after, strata, count, total)
    sides = [check(side, TALLY).reset_index(drop=True) for side in (before, after)]
    _require_comparable(sides, strata, units)
    rows = pd.concat([side.assign(side=i) for i, side in enumerate(sides)], ignore_index=True)
    columns = list(dict.fromkeys([*count, *total]))
    if text := [name for name in columns if not is_numeric_dtype(rows[name])]:
        raise InputError(f"column {text[0]!r} holds no numbers, expected counts of dossiers")
    if (unknown := rows[columns].isna().any()).any():
        raise InputError(
            f"{unknown.idxmax()} is missing in some cells, so the change cannot be split; "
            "choose columns that the source gives"
        )
    text = {key: rows[key].astype("object").where(rows[key].notna(), None) for key in strata}
    rows = rows.assign(**{key: values.astype("str") for key, values in text.items()})
    sums = (
        rows.groupby([*strata, "side"], dropna=False)[columns].sum().unstack("side", fill_value=0)
    )
    counts = np.stack([_outcomes(sums.xs(i, axis=1, level="side"), count, total) for i in (0, 1)])
    seen = counts.sum(1) > 0
    used, both = seen.any(0), seen.all(0)
    for name, some in zip(("before", "after"), seen.any(1), strict=True):
        if not some:
            raise InputError(f"{name} has no dossiers in {'+'.join(total)}, so there is no share")
    if not both.any():
        raise InputError(f"the two sides have no stratum of {list(strata)} in common; take coarser")
    keys = sums.index.to_frame(index=False)
    codes = [pd.factorize(keys.loc[both, key], use_na_sentinel=False)[0] for key in strata]
    return _Cells(
        keys=keys[used].reset_index(drop=True),
        counts=counts[:, :, used],
        open=np.isin(list(count), _OPEN),
        both=both[used],
        codes=codes,
    )


def _outcomes(sums: pd.DataFrame, count: Sequence[str], total: Sequence[str]) -> np.ndarray:
    """Return the columns of the numerator and the rest of the total, a row each."""
    hit, size = sums[list(count)].sum(axis=1), sums[list(total)].sum(axis=1)
    if (hit > size).any():
        raise InputError(
            f"{'+'.join(count)} exceeds {'+'.join(total)} in a stratum; "
            "the total must hold all that is counted"
        )
    return np.vstack([sums[list(count)].to_numpy().T, size - hit])


def _require_columns(
    before: pd.DataFrame,
    after: pd.DataFrame,
    strata: Sequence[str],
    count: Sequence[str],
    total: Sequence[str],
) -> None:
    """Refuse columns that are not there, and text where a list is meant."""
    if isinstance(strata, str) or not len(strata):
        raise InputError(f"strata: found {strata!r}, expected a list of keys such as ['field']")
    if isinstance(count, str) or isinstance(total, str) or not len(count) or not len(total):
        raise InputError(f"found count {count!r} and total {total!r}, expected lists of columns")
    for name, given in (("strata", strata), ("count", count), ("total", total)):
        if len(set(given)) < len(given):
            raise InputError(f"{name}: found {list(given)}, expected each column once")
    for name, side in (("before", before), ("after", after)):
        absent = [column for column in (*strata, *count, *total) if column not in side]
        if absent:
            raise InputError(
                f"{name} has no column {absent[0]!r}; count it with by=[..., {absent[0]!r}] first"
            )


def _require_comparable(
    sides: list[pd.DataFrame], strata: Sequence[str], units: pd.DataFrame | None
) -> None:
    """Refuse an empty side, and sides that differ in unit and period at once."""
    for name, side in zip(("before", "after"), sides, strict=True):
        if side.empty:
            raise InputError(f"{name} has no cells, so there is no change to split")
    names = ["period_start_on", "period_end_on"]
    spans = [(side[names[0]].min(), side[names[1]].max()) for side in sides]
    found = [set(side["unit_id"]) for side in sides]
    if spans[0] != spans[1] and found[0] != found[1] and "unit_id" not in strata:
        raise InputError(
            "before and after differ in period and in units; compare one unit in two periods, or "
            "two units in one period, or put unit_id among the strata"
        )
    rows = pd.concat(sides, ignore_index=True)
    require_one_series(rows, strata, units=units)
    periods = rows[["unit_id", *names]].drop_duplicates().sort_values(["unit_id", *names])
    overlap = periods.groupby("unit_id")[names[1]].shift() >= periods[names[0]]
    if overlap.any():
        row = periods[overlap].iloc[0]
        raise InputError(
            f"{row['unit_id']}: the period from {row[names[0]]:%Y-%m-%d} to "
            f"{row[names[1]]:%Y-%m-%d} overlaps another, so dossiers would be counted twice; take "
            "periods that follow one another, no sums since January"
        )


def _components(counts: np.ndarray, cells: _Cells) -> np.ndarray:
    """Return the rows of :func:`decompose` for counts (..., 2 sides, columns, strata)."""
    hit, size = counts[..., :-1, :].sum(-2), counts.sum(-2)
    joint = counts[..., cells.both]
    joint_size = joint.sum(-2)
    weight = joint_size / joint_size.sum(-1, keepdims=True)
    by_column = joint / joint_size[..., None, :]
    step = (by_column[..., 1, :, :] - by_column[..., 0, :, :]) * weight.mean(-2)[..., None, :]
    within = step.sum(-1)[..., :-1]
    mean_share = by_column[..., :-1, :].sum(-2).mean(-2)
    first, second = (structure_factors(joint_size[..., i, :], cells.codes) for i in (0, 1))
    effects = standardised(
        first, second, lambda *factors: (mean_share * np.prod(factors, axis=0)).sum(-1)
    )
    overall = joint[..., :-1, :].sum((-2, -1)) / joint_size.sum(-1)
    share = hit.sum(-1) / size.sum(-1)
    rows = [
        share[..., 0],
        *(high - low for low, high in effects),
        within[..., ~cells.open].sum(-1),
        within[..., cells.open].sum(-1),
        share[..., 1] - overall[..., 1],
        overall[..., 0] - share[..., 0],
        share[..., 1],
        share[..., 1] - share[..., 0],
    ]
    return np.stack(rows, axis=-1)


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return part / whole; NaN where there is nothing."""
    return part / np.where(whole > 0, whole, np.nan)
