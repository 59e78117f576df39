"""The probability that an open dossier will be late, learnt from past weeks.

On past days it is known which dossiers were open and what became of them: those days are
landmarks. A landmark's dossiers are used once their due day has passed by the day of
training, whether finished or not: chosen by due day alone, never by outcome.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from cchc_analysis.backlog.pooled_logit import PooledLogit, expit, fit_pooled
from cchc_analysis.backlog.terms import DUE_WEEK, TERMS, coded, levels_in, terms_of
from cchc_analysis.columns import InputError
from cchc_analysis.periods import as_day

FEW_LATE = 20
"""With fewer late dossiers to learn from, a forecast is weak: little more than their share."""
WEEKS = 104
"""Weeks of landmarks learnt from: two of every season."""
DAYS_A_WEEK = {"working": 5, "calendar": 7}
Z95 = 1.959963984540054
_NEEDED = (
    "cutoff_on", "due_on", "unit_id", "field", "procedure", "channel", "received_month",
    "days_to_due", "legal_days", "day_kind", "dossier_count", "late_count", "rule", "source",
)  # fmt: skip
_DESK = [
    "dossier_id", "unit_id", "field", "procedure", "channel", "received_at", "due_at",
    "days_to_due", "legal_days", "probability", "low", "high", "as_of", "rule", "source",
]  # fmt: skip


@dataclass(frozen=True)
class LatenessForecast:
    """What past weeks say about open dossiers: the levels of each term, and how sure they are."""

    reading: Literal["learnt", "weak", "no_history"]
    """``weak``: fewer than 20 late dossiers to learn from; ``no_history``: no dossier at all."""
    levels: Mapping[str, pd.Index]
    """The levels of each term, in the order of the coefficients."""
    fit: PooledLogit | None
    """Coefficients (log odds), their covariance, the variance between the levels of each term."""
    trained_on: pd.Timestamp
    """Outcomes known by the end of this day were used, none after."""
    first_cutoff_on: pd.Timestamp
    last_cutoff_on: pd.Timestamp
    landmarks: int
    """Past days looked at."""
    dossiers: float
    """Open dossiers on these days; one open on several days counts on each."""
    late: float
    rule: str
    source: str

    @property
    def spreads(self) -> pd.Series:
        """How much each term sets dossiers apart: the sd between its levels (log odds)."""
        variances = [] if self.fit is None else self.fit.variances
        return pd.Series(np.sqrt(variances), index=list(self.levels), name="spread", dtype=float)


def lateness_forecast(
    landmarks: pd.DataFrame, *, trained_on: date | str, weeks: int = WEEKS
) -> LatenessForecast:
    r"""Learn from past days how likely an open dossier is to be late.

    .. math:: \operatorname{logit} P(\text{not finished by the due day} \mid \text{open}) =
        \beta_0 + \sum_{\text{terms}} u_{\text{term}, \text{level}}, \quad
        u_{\text{term}, \cdot} \sim N(0, \sigma^2_{\text{term}})

    Terms: unit, field, procedure, channel, month of receipt, days to the due date, tenth of
    the time allowed that is used up, how long ago; and the week of the due date, whose spread
    widens what is foretold. What goes with lateness is used, whatever its cause: not for
    saying who is to blame.

    Parameters
    ----------
    landmarks
        As :func:`~cchc_analysis.tally.count_landmarks` gives them, on weekly cut-offs.
    trained_on
        The day of training. Cut-offs before it, and dossiers due by it, are used.
    weeks
        How far back cut-offs are used.

    Returns
    -------
    LatenessForecast
        Where nothing fell due, ``reading`` is ``no_history`` and ``fit`` None.

    Raises
    ------
    InputError
        If a column is absent, or outcomes of dossiers due by ``trained_on`` are not known.

    Notes
    -----
    A dossier with a longer time allowed is open on more cut-offs; its rows weigh 5 / that time
    in working days, so that each dossier counts about once. Choosing dossiers finished by
    ``trained_on`` instead would favour quick ones.

    References
    ----------
    van Houwelingen, H. C. (2007). Dynamic prediction by landmarking in event history
    analysis. *Scandinavian Journal of Statistics* 34, 70-85.
    doi:10.1111/j.1467-9469.2006.00529.x

    Examples
    --------
    >>> day = pd.Timestamp("2024-03-01")
    >>> landmarks = pd.DataFrame({
    ...     "cutoff_on": day, "due_on": day + pd.to_timedelta([3, 3, 4], unit="D"),
    ...     "unit_id": ["A", "B", "B"], "field": "F", "procedure": "P", "channel": "online",
    ...     "received_month": 2, "days_to_due": [1, 1, 2], "legal_days": 5,
    ...     "day_kind": "working", "dossier_count": [400, 400, 90], "late_count": [20, 80, 7],
    ...     "rule": "strict", "source": "example",
    ... })
    >>> forecast = lateness_forecast(landmarks, trained_on="2024-03-04")
    >>> forecast.dossiers, forecast.late, forecast.landmarks
    (800.0, 100.0, 1)
    """
    absent = [name for name in _NEEDED if name not in landmarks]
    if absent:
        raise InputError(
            f"landmarks: no column {absent[0]!r}; count them with count_landmarks(dossiers, ...)"
        )
    known = _learnt_from(landmarks, as_day(trained_on), weeks)
    levels, fit = {}, None
    total, late = (known[name].to_numpy(float) for name in ("dossier_count", "late_count"))
    if total.sum() > 0:
        terms = terms_of(known, as_day(trained_on))
        levels = levels_in(terms)
        a_week = known["day_kind"].map(DAYS_A_WEEK).to_numpy(float)
        weight = np.minimum(1, a_week / np.maximum(known["legal_days"].to_numpy(float), 1))
        sizes = tuple(map(len, levels.values()))
        fit = fit_pooled(coded(terms, levels), sizes, late * weight, total * weight)
    few = "weak" if late.sum() < FEW_LATE else "learnt"
    return LatenessForecast(
        reading="no_history" if fit is None else few,
        levels=levels,
        fit=fit,
        trained_on=as_day(trained_on),
        first_cutoff_on=known["cutoff_on"].min(),
        last_cutoff_on=known["cutoff_on"].max(),
        landmarks=known["cutoff_on"].nunique(),
        dossiers=float(total.sum()),
        late=float(late.sum()),
        rule="; ".join(sorted(landmarks["rule"].astype("str").unique())),
        source="; ".join(sorted(landmarks["source"].dropna().astype("str").unique())),
    )


def _learnt_from(landmarks: pd.DataFrame, trained_on: pd.Timestamp, weeks: int) -> pd.DataFrame:
    """Return the rows whose due day had passed by the day of training, chosen by nothing else."""
    start = trained_on - pd.Timedelta(weeks=weeks)
    cutoff, due = landmarks["cutoff_on"], landmarks["due_on"]
    known = landmarks[(start <= cutoff) & (cutoff < trained_on) & (due <= trained_on)]
    if known["late_count"].isna().any():
        raise InputError(
            f"landmarks: some dossiers due by {trained_on:%Y-%m-%d} have no outcome, for the data "
            "were drawn earlier; train by the day on which they were drawn"
        )
    return known


@dataclass(frozen=True)
class LogOdds:
    """What a forecast says of cells of open dossiers, before chance has its way."""

    places: np.ndarray  # per cell and term, the coefficient; the last one (0) where not met
    mean: np.ndarray
    variance: np.ndarray  # of the coefficients, of levels never met, of the week to come
    unmet: dict[str, np.ndarray]  # per term, which level never met a cell has; -1: a known one

    @property
    def probability(self) -> np.ndarray:
        """The mean of the probability over what is not known."""
        return expit(self.mean / np.sqrt(1 + np.pi / 8 * self.variance))


def log_odds(cells: pd.DataFrame, forecast: LatenessForecast) -> LogOdds:
    """Return the log odds of late of each cell; ``forecast`` must have a fit."""
    terms = terms_of(cells, forecast.trained_on)
    known = {name: forecast.levels[name] for name in TERMS}
    codes = coded(terms, known)
    starts = 1 + np.cumsum([0, *map(len, forecast.levels.values())])[: len(TERMS)]
    fit, none = forecast.fit, len(forecast.fit.coefficients)
    places = np.where(codes < 0, none, codes + starts)
    places = np.column_stack([np.zeros(len(cells), dtype=int), places])
    covariance = np.pad(fit.covariance, (0, 1))
    variances = dict(zip(forecast.levels, fit.variances, strict=True))
    unmet = {DUE_WEEK: pd.factorize(terms[DUE_WEEK])[0]}
    for name, column in zip(TERMS, codes.T, strict=True):
        if (column < 0).any():
            unmet[name] = pd.factorize(terms[name].where(column < 0))[0]
    return LogOdds(
        places=places,
        mean=np.append(fit.coefficients, 0.0)[places].sum(axis=1),
        variance=covariance[places[:, :, None], places[:, None, :]].sum(axis=(1, 2))
        + sum(variances[name] * (level >= 0) for name, level in unmet.items()),
        unmet=unmet,
    )


def warn(open_dossiers: pd.DataFrame, forecast: LatenessForecast) -> pd.DataFrame:
    """List the open dossiers still in time by their probability of being late.

    A probability is right on average over many dossiers; it does not say that this one will
    be late, still less why. Dossiers due on the day itself are left out: whether they were
    finished later that day the export does not tell.

    Parameters
    ----------
    open_dossiers
        As :func:`~cchc_analysis.tally.open_dossiers` gives them, of one day.
    forecast
        Trained by that day, with the same rule and kind of days.

    Returns
    -------
    DataFrame
        The desk list, the most endangered first: ``dossier_id``, ``unit_id``, ``field``,
        ``procedure``, ``channel``, ``received_at``, ``due_at``, ``days_to_due`` (working
        days), ``legal_days``, ``probability`` of not being finished by the due day, with the
        95 % range ``low`` to ``high`` of what is not known about it (NaN without history),
        ``as_of``, ``rule``, ``source``. Overdue and suspended dossiers and those without a
        due date are not in it.

    Raises
    ------
    InputError
        If the forecast was trained after the day of the list: it would know the answers.

    Examples
    --------
    Of four open on a Friday, one is overdue and one due that day: neither is on the list.

    >>> from cchc_analysis import count_landmarks, lateness_forecast, open_dossiers
    >>> dossiers = pd.DataFrame({
    ...     "dossier_id": ["a", "b", "c", "d"], "unit_id": "A", "source": "example",
    ...     "received_at": pd.Timestamp("2024-01-02"), "result_at": pd.NaT,
    ...     "due_at": pd.to_datetime(["2024-01-10", "2024-01-12", "2024-01-15", "2024-01-17"])})
    >>> past = count_landmarks(dossiers, cutoffs=["2024-01-05"], as_of="2024-01-12")
    >>> forecast = lateness_forecast(past, trained_on="2024-01-12")
    >>> desk = warn(open_dossiers(dossiers, as_of="2024-01-12"), forecast)
    >>> desk.sort_values("due_at")[["dossier_id", "days_to_due"]].to_numpy().tolist()
    [['c', 1.0], ['d', 3.0]]
    """
    day = open_dossiers["as_of"].max()
    if day < forecast.trained_on:
        raise InputError(
            f"open_dossiers: as of {day:%Y-%m-%d}, but the forecast was trained on "
            f"{forecast.trained_on:%Y-%m-%d} and knows what became of them; train it by that day"
        )
    due_on = open_dossiers["due_at"].dt.normalize()
    waits = open_dossiers["suspended"].fillna(False).astype(bool)
    desk = open_dossiers[(due_on > open_dossiers["as_of"]) & ~waits].reset_index(drop=True)
    low = high = probability = np.full(len(desk), np.nan)
    if forecast.fit is not None and len(desk):
        found = log_odds(desk_cells(desk), forecast)
        half = Z95 * np.sqrt(found.variance)
        low, high = expit(found.mean - half), expit(found.mean + half)
        probability = found.probability
    desk = desk.assign(probability=probability, low=low, high=high)
    order = ["probability", "due_at", "dossier_id"]
    return desk[_DESK].sort_values(order, ascending=[False, True, True], ignore_index=True)


def desk_cells(desk: pd.DataFrame) -> pd.DataFrame:
    """Return dossiers of a desk list as cells of one: what a forecast looks at."""
    return desk.assign(
        cutoff_on=desk["as_of"],
        due_on=desk["due_at"].dt.normalize(),
        received_month=desk["received_at"].dt.month,
        dossier_count=1,
    )
