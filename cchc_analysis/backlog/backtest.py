"""Back-testing an early warning: each week foretold from what was known by that week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from cchc_analysis.backlog.expected import horizon_counts
from cchc_analysis.backlog.forecast import WEEKS, lateness_forecast, log_odds
from cchc_analysis.backlog.terms import NAMED, as_categories
from cchc_analysis.columns import InputError
from cchc_analysis.drivers.accuracy import Calibration, auc, brier_score, calibration
from cchc_analysis.periods import as_day
from cchc_analysis.progress import steps

_PREDICTED = ["cutoff_on", "due_on", *NAMED, "days_to_due", "dossier_count", "late_count"]


@dataclass(frozen=True)
class Backtest:
    """What was foretold on past days, beside what came of it."""

    predictions: pd.DataFrame
    """Cells of open dossiers: ``cutoff_on``, ``due_on``, their names, ``days_to_due``,
    ``dossier_count``, ``late_count``; ``probability``, and ``naive_probability``, the share
    late of all the dossiers the forecast had learnt from."""
    horizons: pd.DataFrame
    """Per ``cutoff_on`` and ``weeks``: ``dossiers``, ``expected``, ``low``, ``high``, ``late``
    (NaN where not all due days have passed) and ``inside`` (missing too where no dossier was
    to fall due: to foretell 0 of 0 rightly is no merit)."""
    rule: str
    source: str


def backtest(
    landmarks: pd.DataFrame,
    *,
    cutoffs: Sequence[date | str] | pd.DatetimeIndex,
    horizons: Sequence[int] = (1, 2, 4),
    weeks: int = WEEKS,
) -> Backtest:
    """Foretell from each cut-off on, with what was known on that day, and compare.

    A test on the past is kinder than the future: due dates moved since, and suspensions that
    are over, are not seen in today's export.

    Parameters
    ----------
    landmarks
        As :func:`~cchc_analysis.tally.count_landmarks` gives them: the cut-offs to be tested
        and, a week apart, those before them to learn from.
    cutoffs
        The days to foretell from, each among those of ``landmarks``.
    horizons
        Weeks for which late dossiers are counted.
    weeks
        How far back each forecast learns.

    Returns
    -------
    Backtest
        Cut-offs before which nothing fell due have no prediction (NaN). On a cut-off with
        nothing open there was nothing to foretell: 0 dossiers, 0 late.

    Raises
    ------
    InputError
        If no cut-off is given, or one was not counted; as :func:`lateness_forecast`.

    Examples
    --------
    >>> cutoffs = pd.to_datetime(["2024-03-01", "2024-03-08"])
    >>> landmarks = pd.DataFrame({
    ...     "cutoff_on": cutoffs, "due_on": cutoffs + pd.Timedelta(days=4), "unit_id": "A",
    ...     "field": "F", "procedure": "P", "channel": "online", "received_month": 3,
    ...     "days_to_due": 2, "legal_days": 5, "day_kind": "working", "dossier_count": [12, 8],
    ...     "late_count": [3, 1], "rule": "strict", "source": "example",
    ... })
    >>> tested = backtest(landmarks, cutoffs=["2024-03-08"])
    >>> tested.predictions[["dossier_count", "late_count", "naive_probability"]]  # 3 of 12
       dossier_count  late_count  naive_probability
    0              8           1               0.25
    """
    if not len(cutoffs):
        raise InputError("cutoffs: found none, expected days to foretell from")
    cells = as_categories(landmarks)
    predictions, counted = [], []
    for cutoff in steps(map(as_day, cutoffs), total=len(cutoffs), said="past weeks foretold"):
        now = cells[cells["cutoff_on"] == cutoff]
        if now.empty:
            raise InputError(
                f"landmarks: none on {cutoff:%Y-%m-%d}; count them on each cut-off to be tested"
            )
        predicted, counts = _foretold(cells, now, cutoff, horizons, weeks)
        predictions.append(predicted)
        counted.append(counts)
    return Backtest(
        predictions=pd.concat(predictions, ignore_index=True),
        horizons=pd.concat(counted, ignore_index=True),
        rule="; ".join(sorted(landmarks["rule"].unique())),
        source="; ".join(sorted(landmarks["source"].dropna().unique())),
    )


def _foretold(
    cells: pd.DataFrame,
    now: pd.DataFrame,
    cutoff: pd.Timestamp,
    horizons: Sequence[int],
    weeks: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the predictions of one cut-off and the counts of its horizons."""
    now = now[now["dossier_count"] > 0]  # none at all: the cut-off is in the horizons, with 0
    forecast = lateness_forecast(cells, trained_on=cutoff, weeks=weeks)
    known = forecast.fit is not None
    predicted = now[_PREDICTED].assign(
        probability=log_odds(now, forecast).probability if known else np.nan,
        naive_probability=forecast.late / forecast.dossiers if known else np.nan,
    )
    counts = horizon_counts(now, forecast, horizons)
    ahead = (now["due_on"] - cutoff).dt.days
    late = [now.loc[ahead <= 7 * n, "late_count"].sum(skipna=False) for n in horizons]
    counts = counts.assign(cutoff_on=cutoff, late=late)
    inside = counts["late"].between(counts["low"], counts["high"]).astype("boolean")
    untold = counts[["late", "low"]].isna().any(axis=1) | (counts["dossiers"] == 0)
    return predicted, counts.assign(inside=inside.mask(untold))


def backtest_scores(tested: Backtest) -> pd.DataFrame:
    """Score the probabilities against the share late so far and against 'all on time'.

    A Brier score near that of 'all on time' can still rank dossiers well: where few are late,
    no forecast can gain much.

    Parameters
    ----------
    tested
        As :func:`backtest` gives it. A dossier open on several cut-offs counts on each.

    Returns
    -------
    DataFrame
        One row: ``dossiers``, ``late`` and ``expected`` late ones (outcomes known), ``brier``,
        ``brier_naive``, ``brier_on_time``, ``auc`` (chance that a late dossier stood above one
        in time), ``rule``, ``source``. NaN where nothing was foretold.

    Examples
    --------
    Foretold 0.25 and 0.75, late 1 of 4 and 3 of 4: the mean square is (1 x 9 + 3 x 1) / 64 in both.

    >>> from cchc_analysis.backlog import Backtest
    >>> cells = pd.DataFrame({
    ...     "dossier_count": [4, 4], "late_count": [1, 3], "probability": [0.25, 0.75],
    ...     "naive_probability": 0.5,
    ... })
    >>> tested = Backtest(cells, pd.DataFrame(), rule="strict", source="example")
    >>> backtest_scores(tested)[["late", "expected", "brier", "brier_naive", "brier_on_time"]]
       late  expected   brier  brier_naive  brier_on_time
    0     4       4.0  0.1875         0.25            0.5
    """
    late, total, share = _foretold_and_known(tested)
    naive = tested.predictions["naive_probability"]
    return pd.DataFrame(
        {
            "dossiers": [total.sum()],
            "late": late.sum(),
            "expected": (share * total).sum(),
            "brier": brier_score(late, total, share),
            "brier_naive": brier_score(late, total, naive[share.index]),
            "brier_on_time": brier_score(late, total, 0 * share),
            "auc": auc(late, total, share),
            "rule": tested.rule,
            "source": tested.source,
        }
    )


def backtest_calibration(tested: Backtest) -> Calibration:
    """Compare the probabilities with what happened, for dossiers of like probability.

    Parameters
    ----------
    tested
        As :func:`backtest` gives it.

    Returns
    -------
    Calibration
        As :func:`~cchc_analysis.drivers.calibration`; its limits take dossiers as independent,
        though one open on several cut-offs counts on each: they are too narrow.

    Examples
    --------
    Foretold odds of 1 to 9 and 9 to 1, found 1 to 3 and 3 to 1: the logits are twice too large.

    >>> from cchc_analysis.backlog import Backtest
    >>> cells = pd.DataFrame({
    ...     "dossier_count": [40, 40], "late_count": [10, 30], "probability": [0.1, 0.9],
    ... })
    >>> tested = Backtest(cells, pd.DataFrame(), rule="strict", source="example")
    >>> round(backtest_calibration(tested).slope, 3)
    0.5
    """
    return calibration(*_foretold_and_known(tested))


def backtest_coverage(tested: Backtest) -> pd.DataFrame:
    """Count how often the number of late dossiers lay in the interval foretold.

    Neighbouring cut-offs share dossiers, so their hits and misses come together: few weeks say
    little. Only a week ahead, on cut-offs a week apart, does each dossier count once.

    Parameters
    ----------
    tested
        As :func:`backtest` gives it.

    Returns
    -------
    DataFrame
        One row per ``weeks``: ``count`` (inside), ``total`` (cut-offs with dossiers to fall
        due and a known outcome), ``value`` (their share), ``above_count`` (more late than the
        interval) and ``below_count`` (fewer), mean ``expected`` and mean ``late``; ``rule``,
        ``source``.

    Examples
    --------
    >>> from cchc_analysis.backlog import Backtest
    >>> horizons = pd.DataFrame({
    ...     "weeks": 1, "expected": [2.0, 3.0, 2.0, 0.0], "low": [0, 1, 0, 0],
    ...     "high": [4, 5, 4, 0], "late": [1, 7, 4, 0], "inside": [True, False, True, None],
    ... })
    >>> tested = Backtest(pd.DataFrame(), horizons, rule="strict", source="example")
    >>> backtest_coverage(tested)[["weeks", "count", "total", "above_count", "below_count"]]
       weeks  count  total  above_count  below_count
    0      1    2.0      3          1.0          0.0
    """
    told = tested.horizons[tested.horizons["inside"].notna()]
    told = told.assign(
        inside=told["inside"].astype(float),
        above=(told["late"] > told["high"]).astype(float),
        below=(told["late"] < told["low"]).astype(float),
    )
    found = told.groupby("weeks").agg(
        count=("inside", "sum"), total=("inside", "size"), value=("inside", "mean"),
        above_count=("above", "sum"), below_count=("below", "sum"),
        expected=("expected", "mean"), late=("late", "mean"),
    )  # fmt: skip
    return found.reset_index().assign(rule=tested.rule, source=tested.source)


def _foretold_and_known(tested: Backtest) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Return late, all and the probability of the cells with a prediction and an outcome."""
    rows = tested.predictions
    rows = rows[rows["late_count"].notna() & rows["probability"].notna()]
    return rows["late_count"], rows["dossier_count"], rows["probability"]
