"""Control charts by period: what varies as usual, and which periods do not.

:func:`monitor` gives each period its limits, :func:`~cchc_analysis.change.readings` says
what the chart means. One row of estimates is one unit in one period; the periods of a unit
follow one another and are of about equal length.
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real

import numpy as np
import pandas as pd

from cchc_analysis.catalogue import indicator
from cchc_analysis.change.guard import Events, check_events, require_one_series
from cchc_analysis.columns import ESTIMATES, InputError, check
from cchc_analysis.intervals import exact_limits
from cchc_analysis.periods import as_day
from cchc_analysis.workdays import WorkingCalendar, calendar_table

_PERIOD = ["period_start_on", "period_end_on"]
_INSIDE = 0.9973  # of a normal curve within three standard deviations
_D2 = 1.128  # mean range of two normal values with standard deviation 1
_NONE_SEEN = 0.05  # the true share that gives none among all dossiers with this probability
_SHORT = 0.85  # of the median number of working days: only the months of Tết have fewer
_LONGEST = 2.0  # times the shortest period


def monitor(
    estimates: pd.DataFrame,
    by: Sequence[str] = (),
    *,
    target: float | None = None,
    working_days: pd.DataFrame | None = None,
    phases: Events = (),
    exclude: Events = (),
    units: pd.DataFrame | None = None,
) -> pd.DataFrame:
    r"""Draw up the p or Laney p' chart of each unit; of counts the u or u' chart per working day.

    .. math:: \bar p \pm 3 \sigma_z \sqrt{\bar p (1 - \bar p) / n_i}, \quad
        \sigma_z = \frac{1}{1.128} \overline{|z_i - z_{i-1}|}, \quad
        z_i = \frac{p_i - \bar p}{\sqrt{\bar p (1 - \bar p) / n_i}}

    'Inside' means as usual for this unit, not good: a unit that is always late is inside.
    The limits come from the same periods they judge, so a slow drift widens them, and with
    few periods they are rough.

    Parameters
    ----------
    estimates
        One indicator and rule, one row per unit, ``by`` and period, periods that do not
        overlap. A share needs ``count`` and ``total``; a number of dossiers (received,
        resolved) its ``value`` and ``working_days``.
    by
        Further columns that are kept apart, such as ``field``.
    target
        What a period should reach (a share in 0..1); the catalogue says whether at least or
        at most.
    working_days
        The working days of each period (:func:`count_working_days`). Periods with under 85 %
        of the median - the months of Tết - are drawn and judged but are not part of the
        yardstick. None: all periods are, and numbers of dossiers have no chart.
    phases
        Days with the event that gives the reason: the chart starts anew with the first period
        that starts on or after the day. A period that the day divides is excluded.
    exclude
        Days with a reason (a storm, a portal closed): the period of that day is drawn but is
        not part of the yardstick.
    units
        The units for :func:`~cchc_analysis.change.require_one_series`, which is asked first.

    Returns
    -------
    DataFrame
        One row per row of ``estimates``, sorted by unit, ``by`` and period: ``unit_id``,
        ``by``, ``period_start_on``, ``period_end_on``, ``indicator``, ``count`` (dossiers),
        ``total`` (dossiers; working days for numbers), ``value`` (a share in 0..1, or
        dossiers per working day), ``working_day_count``, ``phase`` (1, 2, ...),
        ``phase_reason``, ``excluded`` (why the period is not part of the yardstick:
        'few_working_days', the reason given, else ''), ``centre``, ``sigma_z``,
        ``plain_low`` and ``plain_high`` (p or u), ``laney_low``
        and ``laney_high`` (p' or u'; NaN with fewer than two periods), ``chart`` ('p',
        'p_prime', 'u', 'u_prime', '' without a centre), ``low`` and ``high``, the limits to
        draw, ``outside`` (flag), ``side`` ('high', 'low', ''), ``target``, ``rule``,
        ``source``. A period without dossiers has NaN; no rows in, no rows out.

    Raises
    ------
    InputError
        If the rows are not one series, periods overlap or differ in length, a count does not
        fit its total, working days are missing, an event has no reason, or a target is given
        where no direction is better.

    Notes
    -----
    The limits to draw are Laney's where ``sigma_z`` exceeds 1, else the plain ones, and never
    narrower than the exact binomial (Poisson) limits: three standard deviations mislead where
    few are late. A share of 0 or 100 % throughout does not promise the next period, so its
    limits are those of the share that gives so clean a series with probability 0.05. A
    period is outside exactly when its value is outside its limits.

    Limits of a share follow the volume of the period, and with it its working days. Nothing
    else is adjusted for the season: one Tết a year is too little to know what Tết does.

    References
    ----------
    Laney, D. B. (2002). Improved control charts for attributes. *Quality Engineering* 14,
    531-537. doi:10.1081/QEN-120003555. Mohammed, M. A. et al. (2013). Statistical process
    control charts for attribute data involving very large sample sizes. *BMJ Quality &
    Safety* 22, 362-368. doi:10.1136/bmjqs-2012-001373

    Examples
    --------
    >>> from cchc_analysis.periods import months
    >>> rows = months("2024-01-01", "2024-12-31").assign(
    ...     unit_id="A", indicator="on_time_rate", total=200.0, bounds="none",
    ...     count=[190, 192, 188, 191, 190, 189, 193, 190, 150, 191, 190, 192.0],
    ...     unit_of_measure="share", method="count", rule="strict", source="example",
    ... )
    >>> chart = monitor(rows, target=0.95)
    >>> chart[["value", "centre", "low", "high", "chart", "outside"]].iloc[[7, 8]].round(3)
       value  centre    low  high    chart  outside
    7   0.95   0.936  0.813   1.0  p_prime    False
    8   0.75   0.936  0.813   1.0  p_prime     True
    """
    rows = check(estimates, ESTIMATES)
    absent = [name for name in by if name not in rows]
    if absent:
        raise InputError(f"the estimates have no column {absent[0]!r}, named in by")
    keys = ["unit_id", *by]
    require_one_series(rows, by, phases=phases, units=units)
    rows = rows.sort_values([*keys, *_PERIOD], ignore_index=True)
    _require_periods(rows, keys)
    _require_target(rows, target)
    rows = _measured(_with_working_days(rows, working_days))
    rows = _with_phases(rows, phases, exclude)
    result = _with_limits(rows, [*keys, "phase"]).assign(target=target or np.nan)
    low, high = result["value"] < result["low"], result["value"] > result["high"]
    result = result.assign(outside=low | high, side=np.select([low, high], ["low", "high"], ""))
    return result[
        [
            *keys, *_PERIOD, "indicator", "count", "total", "value", "working_day_count", "phase",
            "phase_reason", "excluded", "centre", "sigma_z", "plain_low", "plain_high",
            "laney_low", "laney_high", "chart", "low", "high", "outside", "side", "target",
            "rule", "source",
        ]
    ]  # fmt: skip


def count_working_days(
    periods: pd.DataFrame, *, calendar: WorkingCalendar | None = None
) -> pd.DataFrame:
    """Count the working days of each period, for charts that follow them.

    Parameters
    ----------
    periods
        ``period_start_on`` and ``period_end_on``; estimates or a tally will do.
    calendar
        Which days are working days; None for the official ones.

    Returns
    -------
    DataFrame
        One row per different period: ``period_start_on``, ``period_end_on``,
        ``working_day_count``. No periods, no rows.

    Raises
    ------
    InputError
        If a day of a period is missing, or outside the years whose days off are known.

    Examples
    --------
    >>> from cchc_analysis.periods import months
    >>> count_working_days(months("2026-01-01", "2026-03-31"))  # Tết was off from 16 February
      period_start_on period_end_on  working_day_count
    0      2026-01-01    2026-01-31                 21
    1      2026-02-01    2026-02-28                 15
    2      2026-03-01    2026-03-31                 22
    """
    if not set(_PERIOD) <= set(periods) or periods[_PERIOD].isna().any(axis=None):
        raise InputError("a period has no first or last day; leave such rows out")
    spans = periods[_PERIOD].drop_duplicates().sort_values(_PERIOD, ignore_index=True)
    if spans.empty:
        return spans.assign(working_day_count=pd.Series(dtype="int64"))
    start, end = spans["period_start_on"].min(), spans["period_end_on"].max()
    days = calendar_table(start, end, calendar=calendar or WorkingCalendar())
    until = days["working"].cumsum().set_axis(days["day"])
    through, first = until[spans["period_end_on"]], until[spans["period_start_on"]]
    opens = days.set_index("day")["working"][spans["period_start_on"]]
    count = through.to_numpy() - first.to_numpy() + opens.to_numpy()
    return spans.assign(working_day_count=count.astype("int64"))


def control_limits(
    chart: str, centre: np.ndarray, total: np.ndarray, sigma_z: np.ndarray, seen: np.ndarray
) -> pd.DataFrame:
    """Return the limits of periods with these totals on a p ('p...') or u ('u...') chart.

    Parameters
    ----------
    chart
        ``p`` for shares, ``u`` for dossiers per working day.
    centre, total, sigma_z
        Of each period, as :func:`monitor` gives them.
    seen
        The sum of the totals behind the centre.

    Returns
    -------
    DataFrame
        ``plain_low``, ``plain_high``, ``laney_low``, ``laney_high``, ``low``, ``high``.

    Examples
    --------
    >>> control_limits("p", *np.array([[0.9], [100.0], [2.0], [1200.0]])).round(2)
       plain_low  plain_high  laney_low  laney_high   low  high
    0       0.81        0.99       0.72         1.0  0.72   1.0
    """
    shares = chart == "p"
    top = 1.0 if shares else np.inf
    size = np.where(total > 0, total, np.nan)
    spread = 3 * np.sqrt(centre * (1 - centre if shares else 1.0) / size)
    limits = {
        "plain_low": np.clip(centre - spread, 0, top),
        "plain_high": np.clip(centre + spread, 0, top),
        "laney_low": np.clip(centre - spread * sigma_z, 0, top),
        "laney_high": np.clip(centre + spread * sigma_z, 0, top),
    }
    exact = _exact_shares if shares else _exact_rates
    low, high = exact(centre, size, seen)
    wide = sigma_z > 1
    return pd.DataFrame(limits).assign(
        low=np.fmin(np.where(wide, limits["laney_low"], limits["plain_low"]), low),
        high=np.fmax(np.where(wide, limits["laney_high"], limits["plain_high"]), high),
    )


def _exact_shares(
    centre: np.ndarray, size: np.ndarray, seen: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return exact binomial limits; beyond 0 and 100 % those of a share that may be behind."""
    least = 1 - _NONE_SEEN ** (1 / np.where(seen > 0, seen, np.nan))
    low, _ = exact_limits(np.where(centre == 1, 1 - least, centre), size, _INSIDE)
    _, high = exact_limits(np.where(centre == 0, least, centre), size, _INSIDE)
    return low, high


def _exact_rates(
    centre: np.ndarray, size: np.ndarray, seen: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return exact Poisson limits; above 0 those of a rate that may be behind it."""
    from scipy.stats import poisson

    mean = np.where(centre == 0, -np.log(_NONE_SEEN) / seen, centre) * size
    tail = (1 - _INSIDE) / 2
    return poisson.ppf(tail, centre * size) / size, poisson.isf(tail, mean) / size


def _require_periods(rows: pd.DataFrame, keys: list[str]) -> None:
    """Refuse missing, repeated, overlapping and unlike periods."""
    if rows.empty:
        return
    if rows[_PERIOD].isna().any(axis=None):
        raise InputError("a row has no period; a chart needs period_start_on and period_end_on")
    before = rows.groupby(keys, dropna=False)["period_end_on"].shift()
    overlap = before >= rows["period_start_on"]
    if overlap.any():
        row = rows[overlap].iloc[0]
        raise InputError(
            f"{row['unit_id']}: the period from {row['period_start_on']:%Y-%m-%d} starts before "
            f"the one before it ends ({before[overlap].iloc[0]:%Y-%m-%d}); take periods that "
            f"follow one another, no sums since January, and name further keys in by"
        )
    days = (rows["period_end_on"] - rows["period_start_on"]).dt.days + 1
    if days.max() > _LONGEST * days.min():
        raise InputError(
            f"the periods are of {days.min()} to {days.max()} days; chart months with months, "
            "and leave out one that is cut short"
        )


def _require_target(rows: pd.DataFrame, target: float | None) -> None:
    """Refuse a target in percent, or one of an indicator without a better direction."""
    if target is None or rows.empty:
        return
    if not isinstance(target, Real):
        raise InputError(f"target: found {target!r}, expected a share, such as 0.95")
    entry = indicator(rows["indicator"].iloc[0])
    if entry.direction == "none":
        raise InputError(f"{entry.indicator_id} has no better direction, so no target")
    if not 0 < target <= 1:
        raise InputError(f"target: found {target}, expected a share above 0, such as 0.95")


def _with_working_days(rows: pd.DataFrame, working_days: pd.DataFrame | None) -> pd.DataFrame:
    """Add the working days of each period, or NaN."""
    if working_days is None:
        return rows.assign(working_day_count=np.nan)
    columns = [*_PERIOD, "working_day_count"]
    if not set(columns) <= set(working_days):
        raise InputError(
            f"working_days: found {', '.join(map(str, working_days))}, expected "
            f"{', '.join(columns)}; make it with count_working_days(estimates)"
        )
    if working_days[columns].drop_duplicates().duplicated(_PERIOD).any():
        raise InputError("working_days gives two numbers for one period, expected one row each")
    joined = rows.drop(columns="working_day_count", errors="ignore").merge(
        working_days[columns].drop_duplicates().astype(dict.fromkeys(_PERIOD, "datetime64[us]")),
        on=_PERIOD,
        how="left",
        validate="many_to_one",
    )
    absent = joined["working_day_count"].isna()
    if absent.any():
        raise InputError(
            f"working_days lacks the period from {joined.loc[absent, _PERIOD[0]].min():%Y-%m-%d}; "
            "make it with count_working_days(estimates)"
        )
    return joined.astype({"working_day_count": "float64"})


def _measured(rows: pd.DataFrame) -> pd.DataFrame:
    """Return count, total and value as the chart has them: a share, or dossiers per day."""
    measures = rows["unit_of_measure"].unique().tolist()
    if measures == ["dossiers"]:
        if rows["working_day_count"].isna().any():
            raise InputError(
                "a month's number of dossiers follows its working days; "
                "give working_days=count_working_days(estimates)"
            )
        rows = rows.assign(count=rows["value"], total=rows["working_day_count"], chart="u")
    elif measures in (["share"], []):
        rows = rows.assign(chart="p")
    else:
        raise InputError(f"found measures {measures}, expected 'share' or 'dossiers' throughout")
    known = rows["count"].notna() & (rows["total"] > 0)
    bad = (
        (rows["count"] < 0)
        | (rows["total"] < 0)
        | (rows["chart"] == "p")
        & ((rows["count"] > rows["total"]) | (rows["count"].isna() & rows["value"].notna()))
    )
    if bad.any():
        row = rows[bad].iloc[0]
        raise InputError(
            f"{row['unit_id']}, {row['period_start_on']:%Y-%m-%d}: found count {row['count']:g} of "
            f"total {row['total']:g}, expected 0 <= count <= total; a share printed without its "
            "counts has no chart"
        )
    return rows.assign(value=rows["count"] / rows["total"].where(known))


def _with_phases(rows: pd.DataFrame, phases: Events, exclude: Events) -> pd.DataFrame:
    """Number the phases, and say why a period is not part of the yardstick."""
    start, end = rows["period_start_on"], rows["period_end_on"]
    phase = pd.Series(1, index=rows.index)
    reason, excluded = (pd.Series("", index=rows.index, dtype="str") for _ in range(2))
    usual = rows.drop_duplicates(_PERIOD)["working_day_count"].median()
    excluded = excluded.mask(rows["working_day_count"] < _SHORT * usual, "few_working_days")
    for day, why in check_events(exclude, "exclude"):
        excluded = excluded.mask((start <= as_day(day)) & (end >= as_day(day)), why)
    for day, why in check_events(phases, "phases"):
        if as_day(day) > start.min():
            phase = phase + (start >= as_day(day))
        reason = reason.mask(start >= as_day(day), why)
        excluded = excluded.mask((start < as_day(day)) & (end >= as_day(day)), why)
    return rows.assign(phase=phase, phase_reason=reason, excluded=excluded)


def _with_limits(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Add centre, sigma_z and limits of each phase of each unit."""
    used = rows.assign(use=(rows["excluded"] == "") & rows["value"].notna())
    used = used.assign(**{name: used[name].where(used["use"]) for name in ("count", "total")})
    sums = used.groupby(keys, dropna=False)[["count", "total"]].transform("sum")
    centre = sums["count"] / sums["total"].where(sums["total"] > 0)
    shares = rows["chart"] == "p"
    unit_variance = centre * (1 - centre).where(shares, 1.0)
    z = (rows["value"] - centre) / np.sqrt(unit_variance.where(unit_variance > 0) / rows["total"])
    steps = rows.assign(z=z)[used["use"]].groupby(keys, dropna=False)["z"].diff().abs()
    sigma_z = rows.assign(step=steps).groupby(keys, dropna=False)["step"].transform("mean") / _D2
    kind = "p" if shares.all() else "u"
    limits = control_limits(
        kind, *(s.to_numpy() for s in (centre, rows["total"], sigma_z, sums["total"]))
    )
    chart = np.where(centre.isna(), "", np.where(sigma_z > 1, f"{kind}_prime", kind))
    return pd.concat([rows.drop(columns=["low", "high"]), limits], axis=1).assign(
        centre=centre, sigma_z=sigma_z, chart=chart
    )
