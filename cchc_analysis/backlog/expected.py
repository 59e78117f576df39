"""How many of the dossiers open now will be late: expected, and between which numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cchc_analysis.backlog.forecast import LatenessForecast, LogOdds, desk_cells, log_odds
from cchc_analysis.backlog.pooled_logit import expit

DRAWS = 1000
_ENDS = (0.025, 0.975)


def expected_late(
    desk: pd.DataFrame, forecast: LatenessForecast, horizons: Sequence[int] = (1, 2, 4)
) -> pd.DataFrame:
    """Count the late dossiers to be expected among those open now, by when they fall due.

    Dossiers received after the day of the list are not in it, though many of those due in four
    weeks have not come in yet: the count is what to look after today, not the count of late
    dossiers of those weeks.

    Parameters
    ----------
    desk
        As :func:`warn` gives it, of one day; a part of it (one unit's) too.
    forecast
        The forecast it was made with.
    horizons
        Weeks.

    Returns
    -------
    DataFrame
        One row per horizon: ``weeks``, ``due_until_on``, ``dossiers`` on the list that fall
        due by then, ``expected`` late ones, and ``low`` to ``high``, between which their
        number lies with 95 % probability (NaN without history); ``as_of``, ``rule``,
        ``source``. An empty list gives no rows.

    Notes
    -----
    1,000 draws (seed fixed) of what is not known about the coefficients, of levels never met
    before, of a common shock to each week's dossiers as large as past weeks had, and of the
    dossiers one by one (a Poisson-binomial). Shocks that last for weeks are not foreseen
    beyond the last eight.

    Examples
    --------
    >>> from cchc_analysis import count_landmarks, lateness_forecast, open_dossiers, warn
    >>> dossiers = pd.DataFrame({
    ...     "dossier_id": ["a", "b", "c"], "unit_id": "A", "source": "example",
    ...     "received_at": pd.to_datetime(["2024-01-02", "2024-01-11", "2024-01-11"]),
    ...     "due_at": pd.to_datetime(["2024-01-10", "2024-01-17", "2024-01-24"]),
    ...     "result_at": pd.to_datetime(["2024-01-09", None, None])})
    >>> past = count_landmarks(dossiers, cutoffs=["2024-01-05"], as_of="2024-01-12")
    >>> forecast = lateness_forecast(past, trained_on="2024-01-12")
    >>> desk = warn(open_dossiers(dossiers, as_of="2024-01-12"), forecast)
    >>> expected_late(desk, forecast, [1, 2])[["weeks", "due_until_on", "dossiers"]]
       weeks due_until_on  dossiers
    0      1   2024-01-19         1
    1      2   2024-01-26         2
    """
    if desk.empty:
        return pd.DataFrame(
            columns=["weeks", "due_until_on", "dossiers", "expected", "low", "high", "as_of",
                     "rule", "source"]
        )  # fmt: skip
    as_of = desk["as_of"].max()
    counted = horizon_counts(desk_cells(desk), forecast, horizons)
    return counted.assign(
        due_until_on=as_of + pd.to_timedelta(7 * counted["weeks"], unit="D"),
        as_of=as_of, rule=forecast.rule, source=forecast.source,
    )  # fmt: skip


def horizon_counts(
    cells: pd.DataFrame, forecast: LatenessForecast, horizons: Sequence[int]
) -> pd.DataFrame:
    """Return, for each horizon, the dossiers due by then and how many will be late."""
    ahead = (cells["due_on"] - cells["cutoff_on"]).dt.days.to_numpy()
    count = cells["dossier_count"].to_numpy().astype(int)
    inside = [ahead <= 7 * weeks for weeks in horizons]
    rows = pd.DataFrame(
        {"weeks": list(horizons), "dossiers": [count[within].sum() for within in inside]}
    )
    if cells.empty:  # nothing is open: that none will be late needs no forecast
        return rows.assign(expected=0.0, low=0.0, high=0.0)
    if forecast.fit is None:
        return rows.assign(expected=np.nan, low=np.nan, high=np.nan)
    found = log_odds(cells, forecast)
    late = _drawn(found, forecast, count)
    sums = np.array([late[within].sum(axis=0) for within in inside])
    # mid-P: an end is inside when more than half of its own chance is
    spread = np.random.default_rng(DRAWS).random(sums.shape) - 0.5
    low, high = np.quantile(sums + spread, _ENDS, axis=1)
    low, high = np.ceil(low).clip(min=0), np.floor(high)
    expected = [(found.probability * count)[within].sum() for within in inside]
    return rows.assign(expected=expected, low=low, high=high)


def _drawn(found: LogOdds, forecast: LatenessForecast, count: np.ndarray) -> np.ndarray:
    """Draw how many of each cell's dossiers will be late, all that is not known drawn too."""
    rng = np.random.default_rng(2026)
    used, places = np.unique(found.places, return_inverse=True)
    mean = np.append(forecast.fit.coefficients, 0.0)[used]
    covariance = np.pad(forecast.fit.covariance, (0, 1))[np.ix_(used, used)]
    root = np.linalg.cholesky(covariance + 1e-10 * np.eye(len(used)))
    drawn = mean[:, None] + root @ rng.standard_normal((len(used), DRAWS))
    odds = sum(drawn[column] for column in places.reshape(found.places.shape).T)
    spreads = forecast.spreads
    for name, level in found.unmet.items():
        shocks = spreads[name] * rng.standard_normal((level.max() + 2, DRAWS))
        shocks[-1] = 0.0  # place -1: a level that is known
        odds = odds + shocks[level]
    return rng.binomial(count[:, None], expit(odds))
