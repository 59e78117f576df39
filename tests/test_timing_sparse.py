"""Few dossiers of each legal time, and causes that hardly ever come: what is said of them."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta

from cchc_analysis.timing import cumulative_incidence, share_by_legal_time

KEYS = {
    "unit_id": "A", "period_start_on": "2026-01-01", "period_end_on": "2026-03-01",
    "cohort": "received", "as_of": "2026-03-01", "rule": "strict", "day_kind": "calendar",
    "source": "export.csv", "entry_days": 0,
}  # fmt: skip


def durations(rows, **keys):
    """Rows of (age at the end, outcome, dossiers, legal days)."""
    named = ["end_days", "outcome", "dossier_count", "legal_days"]
    return pd.DataFrame(rows, columns=named).assign(**(KEYS | keys))


def draws(sets, size, longest, seed):
    """Sets received over 60 days; time to the result 0.7 of the legal time on average."""
    rng = np.random.default_rng(seed)
    seen = rng.integers(0, 60, sets * size)
    legal = rng.integers(1, longest + 1, sets * size).astype(float)
    taken = np.ceil(rng.exponential(0.7 * legal))
    return pd.DataFrame(
        {
            "end_days": np.minimum(taken, seen), "legal_days": legal, "dossier_count": 1,
            "outcome": np.where(taken > seen, "pending", "result"),
        }
    ).assign(**(KEYS | {"unit_id": np.repeat([f"U{i}" for i in range(sets)], size)}))  # fmt: skip


# By the legal time


@pytest.mark.parametrize(("size", "longest"), [(300, 90), (300, 20), (20, 20)])
def test_the_share_by_the_legal_time_is_not_kind_where_legal_times_are_many(size, longest):
    """1 - exp(-1/0.7) of every legal time; leaving out by outcome said 7 points more."""
    truth = 1 - np.exp(-1 / 0.7)
    found = share_by_legal_time(draws(60, size, longest, 11)).dropna(subset="share")
    error = found["share"].std() / np.sqrt(len(found))
    assert len(found) > 50
    assert abs(found["share"].mean() - truth) < max(2.5 * error, 0.015)
    assert ((found["low"] <= truth) & (truth <= found["high"])).mean() > 0.8


def test_what_is_left_out_does_not_hang_on_the_outcome():
    """Legal time 70 was not reached by anyone in 59 days, whether finished early or open."""
    past = (6, "result", 40, 5)
    for outcome in ("result", "pending"):
        found = share_by_legal_time(durations([past, (3, outcome, 9, 70)])).iloc[0]
        assert (found["share"], found["unknown_count"], found["reading"]) == (0, 9, "partly_known")


def test_working_days_of_the_period_are_counted_as_such():
    """From 1 January to 1 March 2026 there are 41 days from Monday to Friday after the first."""
    for legal, unknown in ((41, 0), (42, 9)):
        rows = durations([(6, "result", 40, 5), (3, "result", 9, legal)], day_kind="working")
        assert share_by_legal_time(rows)["unknown_count"].item() == unknown


def test_rare_legal_times_are_told_together_by_their_parts():
    """By hand: of 8 dossiers one closed on day 2 and 4 of the other 7 were left open on it, so
    3/7 are followed further: 12/7 of the 4 of each legal time, 24/7 together, under 5; of
    twice as many 48/7 together, enough.
    """
    rows = durations([
        (2, "result", 1, 5), (2, "pending", 2, 5), (7, "result", 1, 5),
        (2, "pending", 2, 11), (9, "result", 1, 11), (13, "result", 1, 11),
        (0, "result", 4, np.nan),
    ])  # fmt: skip
    found = share_by_legal_time(rows).iloc[0]
    assert found["reading"] == "not_due_yet" and found["unknown_count"] == 8
    found = share_by_legal_time(rows.assign(dossier_count=2 * rows["dossier_count"])).iloc[0]
    # parts of the legal time: 3/12, 4 of 16 left; 3/6, 2 of 12 closed and 4 left; 10/12, 2 of 6
    late = 10 / 12 * 4 / 6
    assert found["late_share"] == pytest.approx(late) and found["share"] == pytest.approx(1 - late)


# Causes that hardly ever come


def withdrawn(rows):
    found = cumulative_incidence(durations([(*row, np.nan) for row in rows]))
    return found[found["outcome"] == "withdrawn"].reset_index(drop=True)


def test_a_cause_never_seen_stays_improbable_when_few_are_left():
    """1,001 dossiers, one of them left from day 20 on: none of 1,001 was withdrawn."""
    found = withdrawn([(1, "result", 500), (20, "result", 500), (40, "result", 1)])
    exact = beta.ppf(0.975, 1, 1001)
    assert found["high"].tolist() == pytest.approx([exact] * 3)
    assert (found["low"] == 0).all()
    one = withdrawn([(1, "withdrawn", 1), (20, "result", 999), (40, "result", 1)])
    assert one["high"].iloc[-1] > exact


def test_dossiers_last_seen_open_are_not_known_to_be_withdrawn_or_not():
    """By hand: half of 1,000 closed on day 1, 250 left on it, so 250 stand for 500 on day 2."""
    found = withdrawn([(1, "result", 500), (1, "pending", 250), (2, "result", 250)])
    wanted = [beta.ppf(0.975, 1, 1000), beta.ppf(0.975, 1, 500)]
    assert found["high"].tolist() == pytest.approx(wanted)
    assert found["high"].iloc[-1] >= beta.ppf(0.975, 1, 750)  # of those that closed


@pytest.mark.parametrize("late", [False, True])
def test_the_upper_limit_of_a_rare_cause_holds(late):
    """Four expected of 300, half of the others left open by day 30; early ones or the last."""
    rng, sets, size = np.random.default_rng(12), 150, 300
    rare = rng.random(sets * size) < 4 / size
    taken = np.ceil(rng.exponential(np.where(rare & late, 25, 10)))
    seen = rng.integers(5, 60, sets * size)
    rows = pd.DataFrame({
        "end_days": np.minimum(taken, seen), "dossier_count": 1, "legal_days": np.nan,
        "outcome": np.where(taken > seen, "pending", np.where(rare, "withdrawn", "result")),
    }).assign(**(KEYS | {"unit_id": np.repeat([f"U{i}" for i in range(sets)], size)}))  # fmt: skip
    found = cumulative_incidence(rows)
    found = found[(found["outcome"] == "withdrawn") & (found["days"] <= 40)]
    truth = 4 / size * (1 - np.exp(-40 / (25 if late else 10)))
    assert (found.groupby("unit_id")["high"].last() >= truth).mean() >= 0.95
