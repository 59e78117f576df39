"""The early warning: its counts, its fit, what it may know, and how it is judged."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from cchc_analysis.backlog import (
    backtest,
    backtest_calibration,
    backtest_coverage,
    backtest_scores,
    expected_late,
    lateness_forecast,
    warn,
)
from cchc_analysis.backlog.pooled_logit import fit_pooled
from cchc_analysis.columns import InputError
from cchc_analysis.tally import open_dossiers
from cchc_analysis.tally.landmarks import count_landmarks

DAY = pd.Timestamp("2024-03-01")  # a Friday
DAYS = pd.date_range("2024-01-05", "2024-06-28", freq="7D")


def world(size=6000, seed=1, first="2024-01-01", days=180):
    """Dossiers of four units, one of them slow, of which half of the punctual finish early."""
    rng = np.random.default_rng(seed)
    unit = rng.integers(0, 4, size)
    legal = rng.choice([3, 10, 20], size)
    received = pd.Timestamp(first) + pd.to_timedelta(rng.integers(0, days, size), unit="D")
    late = rng.random(size) < expit(-2.5 + 1.5 * (unit == 3))
    early = rng.random(size) < 0.5
    taken = np.where(late, legal + 1 + rng.integers(0, 20, size),
                     np.where(early, rng.integers(0, legal), legal))  # fmt: skip
    drawn_on = pd.Timestamp(first) + pd.Timedelta(days=days)
    end = pd.Series(received + pd.to_timedelta(taken, unit="D"))
    return pd.DataFrame(
        {
            "dossier_id": [f"d{i}" for i in range(size)], "unit_id": np.array(list("ABCD"))[unit],
            "field": "F", "procedure": np.char.add("P", legal.astype(str)), "channel": "online",
            "received_at": received, "due_at": received + pd.to_timedelta(legal, unit="D"),
            "result_at": end.mask(end > drawn_on), "source": "example",
        }
    )  # fmt: skip


WORLD = world()
LANDMARKS = count_landmarks(WORLD, cutoffs=DAYS, as_of="2024-06-29", days="calendar")
OPEN = open_dossiers(WORLD, as_of="2024-06-28", days="calendar").assign(suspended=False)
FORECAST = lateness_forecast(LANDMARKS, trained_on="2024-06-28")
DESK = warn(OPEN, FORECAST)


# What is counted


@pytest.mark.parametrize("seed", range(3))
def test_landmarks_equal_a_slow_look_at_each_dossier(seed):
    rng, size = np.random.default_rng(seed), 500
    cutoffs, as_of = pd.to_datetime(["2024-01-05", "2024-01-12", "2024-01-19"]), "2024-01-22"

    def days(first):
        return pd.Series(pd.Timestamp(first) + pd.to_timedelta(rng.integers(0, 21, size), unit="D"))

    dossiers = pd.DataFrame(
        {
            "dossier_id": np.arange(size).astype(str), "unit_id": "A", "source": "x",
            "received_at": days("2024-01-02"), "due_at": days("2024-01-05"),
            "result_at": days("2024-01-04").mask(rng.random(size) < 0.4),
            "status": rng.choice([np.nan, 2, 3, 4, 5, 7, 9], size),
        }
    )  # fmt: skip
    wanted = []
    for cutoff in cutoffs:
        for row in dossiers.itertuples():
            no_end = pd.isna(row.result_at)
            told = row.status != 3 and not (no_end and row.status in (5, 7, 9))
            open_ = row.received_at <= cutoff and (no_end or row.result_at > cutoff)
            if told and open_ and row.due_at > cutoff:
                late = float(no_end or row.result_at > row.due_at)
                known = late if row.due_at <= pd.Timestamp(as_of) else np.nan
                left, all_ = (row.due_at - cutoff).days, (row.due_at - row.received_at).days
                wanted.append((cutoff, row.due_at, left, all_, known))
    found = count_landmarks(dossiers, cutoffs=cutoffs, as_of=as_of, days="calendar")
    keys = ["cutoff_on", "due_on", "days_to_due", "legal_days"]
    table = pd.DataFrame(wanted, columns=[*keys, "late"]).groupby(keys)["late"]
    sums = table.agg(["size", lambda x: x.sum(skipna=False)])
    counted = found.groupby(keys)[["dossier_count", "late_count"]].sum(min_count=1)
    assert len(wanted) > 80
    np.testing.assert_array_equal(counted.to_numpy(float), sums.to_numpy(float))


def test_landmarks_hold_what_was_open_that_day():
    listed = open_dossiers(WORLD, as_of="2024-03-29", days="calendar")
    still = listed[listed["due_at"] > pd.Timestamp("2024-03-29")]
    then = LANDMARKS[LANDMARKS["cutoff_on"] == "2024-03-29"]
    assert then["dossier_count"].sum() == len(still)
    late = still["ended_on"].isna() | (still["ended_on"] > still["due_at"])
    assert then["late_count"].sum() == late.sum()


def test_a_cutoff_after_the_data_were_drawn_is_refused():
    with pytest.raises(InputError, match="after the data were drawn"):
        count_landmarks(WORLD, cutoffs=["2024-07-05"], as_of="2024-06-29")


# How it is learnt


def test_pooled_levels_are_the_penalised_maximum():
    """Against a general optimiser on the whole 0/1 matrix, at the variances that were found."""
    rng = np.random.default_rng(3)
    sizes = (6, 3)
    codes = np.column_stack([rng.integers(0, size, 80) for size in sizes])
    total = rng.integers(1, 40, 80).astype(float)
    effect = np.r_[rng.normal(0, 0.8, 6), rng.normal(0, 0.3, 3)]
    design = np.zeros((80, 10))
    design[:, 0] = 1
    design[np.arange(80), 1 + codes[:, 0]] = design[np.arange(80), 7 + codes[:, 1]] = 1
    late = rng.binomial(total.astype(int), expit(design @ np.r_[-2, effect])).astype(float)
    fit = fit_pooled(codes, sizes, late, total)
    penalty = np.r_[0, np.repeat(1 / fit.variances, sizes)]

    def loss(b):
        odds = design @ b
        likelihood = late @ odds - total @ np.logaddexp(0, odds)
        return -likelihood + penalty @ b**2 / 2 - b[0] / 2 + np.logaddexp(0, b[0])

    found = minimize(loss, np.zeros(10), method="BFGS", options={"gtol": 1e-8})
    np.testing.assert_allclose(fit.coefficients, found.x, atol=1e-3)


def test_the_spread_between_levels_is_recovered():
    rng = np.random.default_rng(4)
    found = []
    for _ in range(20):
        effects = rng.normal(0, 0.6, 80)
        late = rng.binomial(300, expit(-2 + effects)).astype(float)
        codes = np.column_stack([np.arange(80), np.arange(80) % 4])
        found.append(fit_pooled(codes, (80, 4), late, np.full(80, 300.0)).variances)
    spread = np.sqrt(np.mean(found, axis=0))
    assert abs(spread[0] - 0.6) < 0.03
    assert spread[1] < 0.15  # four random groups of units differ by chance alone


def test_nothing_due_after_the_day_of_training_is_looked_at():
    future = LANDMARKS["due_on"] > DAY
    other = LANDMARKS.assign(late_count=LANDMARKS["late_count"].mask(future, 0.0))
    seen = [lateness_forecast(table, trained_on=DAY).fit for table in (LANDMARKS, other)]
    np.testing.assert_array_equal(seen[0].coefficients, seen[1].coefficients)
    past = LANDMARKS.assign(late_count=LANDMARKS["late_count"].where(future, 0.0))
    assert lateness_forecast(past, trained_on=DAY).late == 0


def test_outcomes_not_known_on_the_day_of_training_are_refused():
    with pytest.raises(InputError, match="no outcome, for the data were drawn earlier"):
        lateness_forecast(LANDMARKS.assign(late_count=np.nan), trained_on=DAY)


def test_another_table_is_refused():
    with pytest.raises(InputError, match="no column 'cutoff_on'; count them with count_landmarks"):
        lateness_forecast(OPEN, trained_on=DAY)


def test_slow_dossiers_are_not_missed_by_recent_cutoffs():
    """Taking those finished by the day of training instead would expect far too few."""
    tested = backtest(LANDMARKS, cutoffs=DAYS[8:22:3])
    scores = backtest_scores(tested).iloc[0]
    assert abs(scores["expected"] / scores["late"] - 1) < 0.1


# What is foretold


def test_the_desk_list_holds_what_can_still_be_saved():
    due = OPEN["due_at"].dt.normalize()
    assert set(DESK["dossier_id"]) == set(OPEN.loc[due > "2024-06-28", "dossier_id"])
    assert DESK["probability"].is_monotonic_decreasing
    assert ((DESK["low"] <= DESK["probability"]) & (DESK["probability"] <= DESK["high"])).all()
    by_unit = DESK.groupby("unit_id")["probability"].mean()
    assert by_unit.idxmax() == "D"


def test_suspended_dossiers_are_not_on_the_list():
    waiting = OPEN.assign(suspended=OPEN["dossier_id"] == DESK["dossier_id"].iloc[0])
    assert DESK["dossier_id"].iloc[0] not in set(warn(waiting, FORECAST)["dossier_id"])


def test_a_unit_never_met_before_is_foretold_with_less_certainty():
    stranger = warn(OPEN.assign(unit_id="new"), FORECAST).set_index("dossier_id")
    known = DESK.set_index("dossier_id").loc[stranger.index]
    assert (stranger["high"] - stranger["low"] > known["high"] - known["low"]).mean() > 0.7


def test_a_forecast_that_knows_the_answers_is_refused():
    with pytest.raises(InputError, match="knows what became of them; train it by that day"):
        warn(OPEN.assign(as_of=DAY), FORECAST)


def counted_by_hand(probability):
    """The chance of 0, 1, ... late ones, one dossier after another."""
    chance = np.array([1.0])
    for p in probability:
        chance = np.convolve(chance, [1 - p, p])
    return chance


def test_without_other_doubt_the_interval_is_that_of_chance():
    sure = replace(
        FORECAST.fit, covariance=0 * FORECAST.fit.covariance, variances=0 * FORECAST.fit.variances
    )
    forecast = replace(FORECAST, fit=sure)
    desk = warn(OPEN, forecast)
    for row in expected_late(desk, forecast).itertuples():
        within = desk[desk["due_at"] <= row.due_until_on]
        chance = counted_by_hand(within["probability"])
        middle = np.cumsum(chance) - chance / 2  # mid-P
        low, high = np.searchsorted(middle, 0.025), np.searchsorted(middle, 0.975) - 1
        assert row.dossiers == len(within)
        assert row.expected == pytest.approx(within["probability"].sum())
        assert abs(row.low - low) <= 1
        assert abs(row.high - high) <= 1


def test_doubt_about_levels_and_weeks_widens_the_interval():
    sure = replace(
        FORECAST.fit, covariance=0 * FORECAST.fit.covariance, variances=0 * FORECAST.fit.variances
    )
    wide, narrow = (
        expected_late(DESK, forecast) for forecast in (FORECAST, replace(FORECAST, fit=sure))
    )
    assert (wide["high"] - wide["low"] > narrow["high"] - narrow["low"]).all()


def test_one_unit_never_met_does_not_shake_the_others():
    one = OPEN["dossier_id"] == DESK["dossier_id"].iloc[40]
    with_one = OPEN.assign(unit_id=OPEN["unit_id"].mask(one, "new"))
    found = expected_late(warn(with_one, FORECAST), FORECAST)
    wanted = expected_late(DESK, FORECAST)
    assert ((found[["low", "high"]] - wanted[["low", "high"]]).abs() <= 3).all(axis=None)


# Nothing, none, all


def test_without_history_nothing_is_foretold():
    forecast = lateness_forecast(LANDMARKS, trained_on="2023-12-01")
    assert forecast.reading == "no_history"
    desk = warn(OPEN, forecast)
    assert len(desk) == len(DESK)
    assert desk["probability"].isna().all()
    assert expected_late(desk, forecast)["expected"].isna().all()
    assert forecast.spreads.empty


@pytest.mark.parametrize("share", [0, 1])
def test_none_or_all_late_gives_finite_probabilities(share):
    same = LANDMARKS.assign(late_count=share * LANDMARKS["dossier_count"])
    forecast = lateness_forecast(same, trained_on="2024-06-28")
    found = warn(OPEN, forecast)["probability"]
    assert found.between(0, 1, inclusive="neither").all()
    assert (found - share).abs().max() < 0.05
    assert forecast.reading == ("learnt" if share else "weak")


def test_an_empty_desk_expects_nothing():
    assert expected_late(DESK.iloc[:0], FORECAST).empty
    assert warn(OPEN.iloc[:0], FORECAST).empty


# How it is judged


def test_the_past_weeks_are_foretold_better_than_by_a_flat_rate():
    tested = backtest(LANDMARKS, cutoffs=DAYS[9::2])
    scores = backtest_scores(tested).iloc[0]
    assert scores["brier"] < min(scores["brier_naive"], scores["brier_on_time"])
    assert 0.7 < backtest_calibration(tested).slope < 1.3
    # drawn on 29 June, due 20 days after receipt at the latest: on 31 May all was known
    coverage = backtest_coverage(tested).set_index("weeks")
    assert coverage["total"].to_dict() == {1: 8, 2: 8, 4: 7}
    assert (coverage["value"] > 0.8).all()


def test_scores_by_hand():
    tested = backtest(LANDMARKS, cutoffs=DAYS[10:12])
    cells = pd.DataFrame(
        {"late_count": [1.0, 0.0, np.nan], "dossier_count": [2, 1, 5],
         "probability": [0.6, 0.1, 0.5], "naive_probability": 0.2}
    )  # fmt: skip
    scores = backtest_scores(replace(tested, predictions=cells)).iloc[0]
    assert scores["brier"] == pytest.approx((0.4**2 + 0.6**2 + 0.1**2) / 3)
    assert scores["brier_naive"] == pytest.approx((0.8**2 + 0.2**2 + 0.2**2) / 3)
    assert scores["brier_on_time"] == pytest.approx(1 / 3)
    assert scores["expected"] == pytest.approx(1.3)


def test_no_day_at_all_is_refused():
    with pytest.raises(InputError, match="cutoffs: found none"):
        backtest(LANDMARKS, cutoffs=[])


def test_a_day_without_a_landmark_cannot_be_tested():
    with pytest.raises(InputError, match="none on 2024-03-02"):
        backtest(LANDMARKS, cutoffs=["2024-03-02"])


def few(*rows):
    """Dossiers of one commune: received, due, finished."""
    days = pd.DataFrame(rows, columns=["received_at", "due_at", "result_at"])
    days = days.apply(pd.to_datetime)
    return days.assign(
        dossier_id=[f"d{i}" for i in range(len(days))], unit_id="A", field="F", procedure="P",
        channel="online", source="x",
    )  # fmt: skip


def test_a_cutoff_with_nothing_open_is_one_with_none_late():
    """Open on the first and the fourth Friday only; by hand."""
    fridays = pd.date_range("2024-05-03", periods=4, freq="7D")
    dossiers = few(("2024-05-02", "2024-05-06", "2024-05-07"), ("2024-05-23", "2024-05-27", None))
    past = count_landmarks(dossiers, cutoffs=fridays, as_of="2024-05-31", days="calendar")
    assert past["dossier_count"].tolist() == [1, 0, 0, 1]
    assert past["late_count"].tolist() == [1, 0, 0, 1]
    tested = backtest(past, cutoffs=fridays)
    counts = tested.horizons[tested.horizons["weeks"] == 1]
    assert counts["dossiers"].tolist() == [1, 0, 0, 1]
    assert counts["late"].tolist() == [1, 0, 0, 1]
    assert counts["expected"].tolist()[1:3] == [0, 0]
    assert tested.source == "x"
    assert len(tested.predictions) == 2
    # foretold was the fourth only, and 0 of 0 is no hit
    assert backtest_coverage(tested)["total"].tolist() == [1, 1, 1]


@pytest.mark.parametrize("rows", [[], [("2024-05-02", None, None)]])
def test_where_nothing_was_ever_open_and_in_time_nothing_is_tested(rows):
    fridays = pd.date_range("2024-05-03", periods=4, freq="7D")
    past = count_landmarks(few(*rows), cutoffs=fridays, as_of="2024-05-31", days="calendar")
    tested = backtest(past, cutoffs=fridays[1:])
    assert np.isnan(backtest_scores(tested)["brier"].item())
    assert backtest_coverage(tested).empty and np.isnan(backtest_calibration(tested).slope)
    assert lateness_forecast(past, trained_on="2024-05-31").reading == "no_history"


def test_misses_are_counted_by_their_side():
    tested = backtest(LANDMARKS, cutoffs=DAYS[10:13], horizons=[1])
    rows = tested.horizons.assign(
        low=5.0, high=9.0, late=[4.0, 5.0, 10.0], inside=[False, True, False]
    )
    found = backtest_coverage(replace(tested, horizons=rows)).iloc[0]
    assert (found["below_count"], found["count"], found["above_count"]) == (1, 1, 1)
