"""What a control chart says: is the indicator changing, and will it meet its target."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cchc_analysis.catalogue import indicator
from cchc_analysis.change.charts import control_limits
from cchc_analysis.columns import InputError

_FEWEST = 10  # periods: the run rules were studied from 10 on
_CLEAR = 2.0  # standard errors between the two halves of a phase

_RULES = ["longest_run", "longest_run_limit", "crossings", "crossings_limit"]
_TALLIED = ["period_count", "value_count", "outside_count", "last_side", "useful_count"]


def readings(chart: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Read each phase of each chart twice: is it changing, and will it meet its target.

    The two belong together: a unit may be steady and sure to miss its target, or improving
    and still far from it. 'No signal' means that chance and the usual spread could explain
    what is seen, not that nothing happened; with 12 months only a large shift shows. And
    'will' holds only if all goes on as it did.

    Parameters
    ----------
    chart
        What :func:`~cchc_analysis.change.monitor` returned.
    by
        The same columns as there.

    Returns
    -------
    DataFrame
        One row per unit, ``by`` and phase: ``unit_id``, ``by``, ``indicator``, ``phase``,
        ``phase_reason``, ``current`` (flag: the last phase, the one for the icons),
        ``period_start_on``, ``period_end_on`` (of the phase), ``period_count`` (periods that
        count), ``useful_count`` (of them not on the centre line), ``longest_run``,
        ``longest_run_limit``, ``crossings``, ``crossings_limit``, ``outside_count`` (periods
        outside their limits, excluded ones not among them), ``centre``, ``sigma_z``,
        ``chart``; ``signals`` (of 'last_outside', 'earlier_outside', 'long_run',
        'few_crossings', separated by semicolons); ``variation``; ``target``;
        ``usual_total`` (the median), ``usual_low``, ``usual_high`` (limits of a period of
        that size; around the later half of the phase where the run rules signal a shift);
        ``assurance``. No rows in, no rows out.

        ``variation`` is 'improving' or 'worsening' ('rising' or 'falling' where the catalogue
        names no better direction); 'changing': a signal without one direction;
        'single_periods': only earlier periods stand out; 'no_signal'; 'constant': the same
        value throughout, 100 % too; 'too_few_points': under 10; 'no_dossiers'.

        ``assurance`` is 'will' or 'will_not' (a period of usual size lies wholly on one side
        of the target), 'may_or_may_not', 'no_target', 'too_few_points' or 'no_dossiers'.

    Raises
    ------
    InputError
        If ``by`` is not the one given to ``monitor``.

    Notes
    -----
    Run rules of Anhøj: the longest run on one side of the centre exceeds
    ``round(log2 n) + 3``, or the line crosses it fewer times than the 5 % quantile of a
    binomial (n - 1, 1/2); n are the useful observations. The centre is the share of all
    dossiers of the phase. Where values are skew, as near 100 %, one side of it is the more
    frequent, and the rules alone would signal in 12 to 21 % of steady series of 20 dossiers a
    month; so a signal must also break the rules with the observed shares q and 1 - q of the
    sides: base ``1 / q``, and 2q (1 - q) in place of 1/2.

    A last period outside its limits gives the direction by its side. Run rules have none: it
    is that from the earlier to the later half of the phase where the two differ by more than
    two standard errors.

    References
    ----------
    Anhøj, J. and Olesen, A. V. (2014). Run charts revisited. *PLoS ONE* 9, e113825.
    doi:10.1371/journal.pone.0113825

    Examples
    --------
    >>> from cchc_analysis.change import monitor
    >>> from cchc_analysis.periods import months
    >>> rows = months("2024-01-01", "2024-12-31").assign(
    ...     unit_id="A", indicator="on_time_rate", total=500.0, bounds="none",
    ...     count=[440, 446, 438, 441, 444, 439, 470, 468, 473, 471, 469, 472.0],
    ...     unit_of_measure="share", method="count", rule="strict", source="example",
    ... )
    >>> read = readings(monitor(rows, target=0.95))
    >>> read[["longest_run", "crossings", "signals", "variation", "assurance"]]
       longest_run  crossings        signals  variation       assurance
    0          6.0        1.0  few_crossings  improving  may_or_may_not
    """
    keys = ["unit_id", *by]
    rows = _ordered(chart, keys)
    used = rows[(rows["excluded"] == "") & rows["value"].notna()]
    firsts = [*keys, "indicator", "phase", "phase_reason", "target", "centre", "sigma_z", "chart"]
    table = rows.groupby("series")[firsts].first()
    spans = rows.groupby("series").agg(
        period_start_on=("period_start_on", "min"), period_end_on=("period_end_on", "max")
    )
    table = table.join([spans, _counts(used), _runs(used), _halves(used)])
    table[_TALLIED] = table[_TALLIED].astype("float64").fillna(0).astype("int64")
    table[_RULES] = table[_RULES].astype("float64")
    table = table.assign(
        current=table["phase"] == table.groupby(keys, dropna=False)["phase"].transform("max"),
        shift=lambda t: t["long_run"].eq(True) | t["few_crossings"].eq(True),
    )
    table = table.join(_usual(used, table))
    better = {name: indicator(name).direction for name in table["indicator"].unique()}
    table = table.assign(better=table["indicator"].map(better).astype("str"))
    return table.assign(
        signals=_signals(table), variation=_variation(table), assurance=_assurance(table)
    ).reset_index(drop=True)[
        [
            *keys, "indicator", "phase", "phase_reason", "current", "period_start_on",
            "period_end_on", "period_count", "useful_count", "longest_run", "longest_run_limit",
            "crossings", "crossings_limit", "outside_count", "centre", "sigma_z", "chart",
            "signals", "variation", "target", "usual_total", "usual_low", "usual_high",
            "assurance",
        ]
    ]  # fmt: skip


def _ordered(chart: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return the periods of each series one after the other, the series numbered."""
    absent = [name for name in keys if name not in chart]
    if absent:
        raise InputError(f"the chart has no column {absent[0]!r}; give monitor the same by")
    rows = chart.sort_values([*keys, "period_start_on"], kind="stable")
    twice = rows.duplicated([*keys, "period_start_on"])
    if twice.any():
        row = rows[twice].iloc[0]
        raise InputError(
            f"{row['unit_id']}: the chart has more than one period from "
            f"{row['period_start_on']:%Y-%m-%d}; give the same by as to monitor"
        )
    return rows.assign(series=rows.groupby([*keys, "phase"], dropna=False).ngroup())


def _counts(used: pd.DataFrame) -> pd.DataFrame:
    """Return per series the periods that count, those outside, and where the last lies."""
    side = used["side"].map({"high": 1, "low": -1, "": 0})
    return (
        used.assign(last_side=side)
        .groupby("series")
        .agg(
            period_count=("value", "size"),
            value_count=("value", "nunique"),
            outside_count=("outside", "sum"),
            last_side=("last_side", "last"),
        )
    )


def _runs(used: pd.DataFrame) -> pd.DataFrame:
    """Return per series the runs and crossings about the centre, and whether they are unusual."""
    from scipy.stats import binom

    side = np.sign(used["value"] - used["centre"])
    useful = used.assign(high=side > 0)[side != 0]
    series = useful["series"]
    new_run = (useful["high"] != useful["high"].shift()) | (series != series.shift())
    lengths = useful.assign(run=new_run.cumsum()).groupby(["series", "run"]).size()
    runs = lengths.groupby("series").agg(longest_run="max", useful_count="sum", crossings="size")
    runs = runs.assign(crossings=runs["crossings"] - 1)
    n = runs["useful_count"].to_numpy()
    frequent = useful.groupby("series")["high"].mean()
    frequent = np.maximum(frequent, 1 - frequent).to_numpy()
    with np.errstate(divide="ignore"):  # all on one side: no run is too long
        longest = np.round(np.log(n) / -np.log(frequent)) + 3
    fewest = binom.ppf(0.05, n - 1, 2 * frequent * (1 - frequent))
    return runs.assign(
        longest_run_limit=np.round(np.log2(n)) + 3,
        crossings_limit=np.maximum(binom.ppf(0.05, n - 1, 0.5), 0),
        long_run=lambda r: (
            (r["longest_run"] > r["longest_run_limit"]) & (r["longest_run"] > longest)
        ),
        few_crossings=lambda r: (r["crossings"] < r["crossings_limit"]) & (r["crossings"] < fewest),
    )


def _halves(used: pd.DataFrame) -> pd.DataFrame:
    """Return per series 1 or -1 if its later half lies clearly above or below the earlier."""
    place, size = _place(used)
    of = used.groupby("series")[["centre", "sigma_z", "chart"]].first()
    earlier, later = (
        used[half].groupby("series")[["count", "total"]].sum().reindex(of.index)
        for half in (place < size // 2, place >= size - size // 2)
    )
    share = of["chart"].str.startswith("p")
    variance = of["centre"] * (1 - of["centre"]).where(share, 1.0)
    error = np.sqrt(variance * (1 / earlier["total"] + 1 / later["total"]))
    error = error * of["sigma_z"].clip(lower=1).fillna(1)
    change = later["count"] / later["total"] - earlier["count"] / earlier["total"]
    return pd.DataFrame({"trend": np.sign(change).where(change.abs() > _CLEAR * error, 0)})


def _usual(used: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Return the limits of a period of median size, of the later half where there is a shift."""
    place, size = _place(used)
    part = used[~used["series"].map(table["shift"]) | (place >= size - size // 2)]
    sums = part.groupby("series")[["count", "total"]].sum()
    usual = part.groupby("series")["total"].median().round()
    of = table.loc[usual.index]
    found = pd.DataFrame(index=usual.index, columns=["low", "high"], dtype="float64")
    for kind in ("p", "u"):
        mine = of["chart"].str.startswith(kind)
        limits = control_limits(
            kind,
            *(
                values[mine].to_numpy()
                for values in (sums["count"] / sums["total"], usual, of["sigma_z"], sums["total"])
            ),
        )
        found[mine] = limits[["low", "high"]].to_numpy()
    return found.add_prefix("usual_").assign(usual_total=usual)


def _place(used: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return the place of each period in its series, from 0, and the length of the series."""
    groups = used.groupby("series")["value"]
    return groups.cumcount(), groups.transform("size")


def _signals(table: pd.DataFrame) -> pd.Series:
    """Return the names of what is unusual, separated by semicolons."""
    last = table["last_side"].isin([-1, 1])
    seen = {
        "last_outside": last,
        "earlier_outside": table["outside_count"] > last,
        "long_run": table["long_run"].eq(True),
        "few_crossings": table["few_crossings"].eq(True),
    }
    names = pd.Series("", index=table.index, dtype="str")
    for name, flags in seen.items():
        names = names.mask(flags, names + ";" + name)
    return names.str.removeprefix(";")


def _variation(table: pd.DataFrame) -> np.ndarray:
    """Return the first reading."""
    last, trend = table["last_side"], table["trend"].where(table["shift"], 0)
    opposed = (last * trend < 0) | (table["shift"] & (last + trend == 0))
    side = np.sign(last + trend) * np.where(table["better"] == "lower", -1, 1)
    named = table["better"] != "none"
    answers = {
        "no_dossiers": table["period_count"] == 0,
        "too_few_points": table["period_count"] < _FEWEST,
        "constant": table["value_count"] == 1,
        "changing": opposed,
        "improving": named & (side > 0),
        "worsening": named & (side < 0),
        "rising": side > 0,
        "falling": side < 0,
        "single_periods": table["outside_count"] > 0,
    }
    return np.select(list(answers.values()), list(answers), "no_signal")


def _assurance(table: pd.DataFrame) -> np.ndarray:
    """Return the second reading."""
    lower = table["better"] == "lower"
    worst = table["usual_low"].mask(lower, -table["usual_high"])
    best = table["usual_high"].mask(lower, -table["usual_low"])
    target = table["target"].mask(lower, -table["target"])
    answers = {
        "no_target": target.isna(),
        "no_dossiers": table["period_count"] == 0,
        "too_few_points": table["period_count"] < _FEWEST,
        "will": worst >= target,
        "will_not": best < target,
    }
    return np.select(list(answers.values()), list(answers), "may_or_may_not")
