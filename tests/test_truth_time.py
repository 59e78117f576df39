"""Sentences on how long dossiers take against their evidence.

The rest of ``test_truth.py``: 430 random sets of dossiers, read back from the text of both
languages and held to the rule of ``docs/wording.md``.
"""

from fractions import Fraction
from functools import cache

import numpy as np
import pandas as pd
import pytest
from said import close, keys_of, same_in_both, taken_apart, units_named

from cchc_analysis import narrative
from cchc_analysis.timing import cohort_bias, share_by_legal_time, time_quantiles
from cchc_analysis.timing.hazard import HazardFit

JANUARY = {"unit_id": "U0", "period_start_on": "2026-01-01", "period_end_on": "2026-01-31",
           "source": "export.csv"}  # fmt: skip
KEYS = JANUARY | {"as_of": "2026-03-31", "rule": "strict", "day_kind": "working"}
UNITS = units_named(*(f"U{i}" for i in range(120)))
OPEN, DONE = "pending", ("result", "refused", "withdrawn")


def draw_dossiers(rng, cohort="received"):
    """Few dossiers or many, ties, none open, nearly all open, some first seen late."""
    n = int(rng.integers(1, 9))
    often = [[1, 0, 0, 0], [0.6, 0, 0, 0.4], [0.6, 0.1, 0.1, 0.2], [0.1, 0, 0, 0.9]]
    rows = pd.DataFrame({
        "end_days": rng.integers(0, rng.choice([1, 4, 40]), n) * 1.0,
        "outcome": rng.choice([*DONE, OPEN], n, p=often[rng.integers(4)]),
        "dossier_count": rng.choice([1, 1, 3, 50, 400], n) * 1.0,
        "legal_days": rng.choice([3.0, 10.0, np.nan], n), "entry_days": 0.0,
    })  # fmt: skip
    if cohort == "closed":
        rows["outcome"] = rows["outcome"].replace(OPEN, "result")
    if cohort == "observed":
        rows["entry_days"] = np.minimum(rng.integers(0, 4, n), rows["end_days"])
    return rows.assign(cohort=cohort, **KEYS)


def of(unit):
    return UNITS[UNITS["unit_id"] == unit]


@cache
def drawn(cohort, seed, sets):
    """Sets of dossiers, a unit each: one call estimates them all."""
    rng = np.random.default_rng(seed)
    return {f"U{i}": draw_dossiers(rng, cohort).assign(unit_id=f"U{i}") for i in range(sets)}


@cache
def estimated(function, *sets):
    """The rows of an estimate by unit."""
    frames = [pd.concat(drawn(*one).values()) for one in sets]
    return dict(list(function(*frames).groupby("unit_id")))


def still_open(rows):
    """Kaplan and Meier (1958) by fractions: each day of a closing, and the share open after it."""
    left, found = Fraction(1), []
    for day in sorted(set(rows.loc[rows["outcome"] != OPEN, "end_days"])):
        here = (rows["entry_days"] <= day) & (rows["end_days"] >= day)
        gone = here & (rows["end_days"] == day) & (rows["outcome"] != OPEN)
        closed, at_risk = (int(rows.loc[some, "dossier_count"].sum()) for some in (gone, here))
        left *= 1 - Fraction(closed, at_risk)
        found.append((day, left))
    return found


def median(rows):
    return next((day for day, left in still_open(rows) if left <= Fraction(1, 2)), np.nan)


def days_of(text, language):
    """The days of 'within 12 working days' or 'on the day of receipt'."""
    key, blanks = taken_apart(text, keys_of("within", language), language)
    return 0 if key == "within.receipt" else blanks["n"]


# How long dossiers take


@pytest.mark.parametrize("cohort", ["received", "observed"])
@pytest.mark.parametrize("unit", [f"U{i}" for i in range(50)])
def test_durations(cohort, unit):
    one = (cohort, 0, 50)
    rows, quantiles = drawn(*one)[unit], estimated(time_quantiles, one)[unit]
    told = same_in_both(narrative.durations, quantiles, topic="timing", units=of(unit))
    curve, total = still_open(rows), rows["dossier_count"].sum()
    closed = rows[rows["outcome"] != OPEN]
    ended = "result" if (closed["outcome"] == "result").all() else "closed"
    halves = [key for key in told if key.endswith(f".{ended}") and "further" not in key]
    assert len(halves) == 1  # of the other end nothing is said
    [first] = told[halves[0]]
    assert first["n"] == total
    late = rows.loc[rows["outcome"] == OPEN, "dossier_count"].sum()
    pending = taken_apart(first["pending"], keys_of("timing.pending", "vi"), "vi")
    assert (pending[0] == "timing.pending.some") == (late > 0)
    assert pending[1].get("open", 0) == late and pending[1].get("n", total) == total
    if halves[0].split(".")[1] == "emptied" or "timing.further.emptied" in told:
        assert cohort == "observed"  # only of dossiers first seen late
        return
    for share, sentence in ((Fraction(1, 2), first), (Fraction(9, 10), None)):
        reached = [day for day, left in curve if left <= 1 - share]
        if sentence is None:
            [sentence] = told[f"timing.further.{ended if reached else 'not_reached'}"]
        assert ("within" in sentence) == bool(reached)
        assert sentence["share"] == (90 if share > 0.5 else "một nửa")
        if reached:
            assert days_of(sentence["within"], "vi") == reached[0]
            check_limits(sentence["interval"], reached[0])


def check_limits(text, day):
    """The interval of a number of days holds it; 'the same day' is that one alone."""
    key, ends = taken_apart(text, keys_of("timing.interval", "vi"), "vi")
    if key != "timing.interval.same":
        assert ends["low"] <= day <= ends.get("high", np.inf)
        assert ends["low"] < ends.get("high", np.inf)


def still_followed(rows, age):
    """The share not yet left open at lower ages, by fractions; who closed leaves before."""
    share = Fraction(1)
    pending = rows["outcome"] == OPEN
    for day in sorted(set(rows.loc[pending & (rows["end_days"] < age), "end_days"])):
        left = pending & (rows["end_days"] == day)
        there = left | (rows["end_days"] > day)
        left, there = (int(rows.loc[some, "dossier_count"].sum()) for some in (left, there))
        share *= 1 - Fraction(left, there)
    return share


def told_together(dated):
    """Legal times 3 and 10: by itself with 5 followed or nobody left, else both, else none."""
    rare, seen = [], 0
    for legal, group in dated.groupby("legal_days"):
        share = still_followed(dated, legal)
        followed = int(group["dossier_count"].sum()) * share
        if share == 1 or followed >= 5:
            yield True, group
        else:
            rare, seen = [*rare, group], seen + followed
    if rare:
        yield seen >= 5, pd.concat(rare)


@pytest.mark.parametrize("unit", [f"U{i}" for i in range(60)])
def test_legal_time(unit):
    one = ("received", 1000, 60)
    rows, shares = drawn(*one)[unit], estimated(share_by_legal_time, one)[unit]
    told = same_in_both(narrative.legal_time, shares, topic="legal_time", units=of(unit))
    n = rows["dossier_count"]
    dated = rows[rows["legal_days"].notna()]
    if dated.empty:
        assert told["legal_time.no_due_dates"][0]["n"] == n.sum()
        return
    followed = (dated["outcome"] != OPEN) | (dated["end_days"] >= dated["legal_days"])
    counted, unknown = dated[["legal_days"]].iloc[:0], 0
    for known, group in told_together(dated):
        parts = group.assign(end_days=(group["end_days"] + 1) / (group["legal_days"] + 1))
        curve = still_open(parts)
        if not known or (parts["end_days"].max() < 1 and (not curve or curve[-1][1] > 0)):
            unknown += group["dossier_count"].sum()
        else:
            counted = pd.concat([counted, group])
    if counted.empty:
        assert told["legal_time.not_due_yet"][0]["n"] == n.sum()
        return
    [sentence] = told["legal_time.share"]
    undated = n.sum() - dated["dossier_count"].sum()
    for name, number in (("undated", undated), ("unknown", unknown)):
        assert told.get(f"legal_time.{name}", []) == ([{"n": number}] if number else [])
    seen = counted.loc[followed[counted.index], "dossier_count"].sum()
    key, blanks = taken_apart(sentence["followed"], keys_of("legal_time.followed", "vi"), "vi")
    all_counted = seen == counted["dossier_count"].sum()
    expected = ("all" if all_counted else "some") if undated + unknown == 0 else (
        "left_out" if all_counted else "some_left_out")  # fmt: skip
    assert key == f"legal_time.followed.{expected}" and blanks["n"] == n.sum()
    assert blanks.get("decided", seen) == seen
    if all_counted:
        by = counted["end_days"] <= counted["legal_days"]
        in_time = counted[by & counted["outcome"].isin(DONE[:2])]["dossier_count"].sum() / seen
        gone = counted[by & (counted["outcome"] == "withdrawn")]["dossier_count"].sum() / seen
        late = counted[~by | (counted["outcome"] == OPEN)]["dossier_count"].sum() / seen
        assert close(sentence["share"], in_time) and close(sentence["late"], late)
        assert ("legal_time.withdrawn" in told) == (gone > 0)


# Received and closed


@pytest.mark.parametrize("unit", [f"U{i}" for i in range(110)])
def test_cohorts(unit):
    both = ("received", 2000, 110), ("closed", 2000, 110)  # the same draw: many of them alike
    (received, closed), bias = (drawn(*one)[unit] for one in both), estimated(cohort_bias, *both)
    bias = bias[unit]
    told = same_in_both(narrative.cohorts, bias, topic="cohorts", units=of(unit))
    [(key, [sentence])] = told.items()
    medians = {"received": median(received), "closed": median(closed.assign(entry_days=0.0))}
    row = bias.iloc[0]
    assert days_of(sentence["closed"], "vi") == medians["closed"]
    if "received" in sentence:
        assert days_of(sentence["received"], "vi") == medians["received"]
    still = received.loc[received["outcome"] == OPEN, "dossier_count"].sum()
    assert sentence.get("open", still) == still
    seen = received["end_days"].max()  # a limit that is not reached lies beyond it
    later = row["received_low_days"] if row["received_low_days"] >= 0 else seen + 0.5
    if key == "cohorts.sentence.closed_longer":
        assert medians["closed"] > medians["received"]
        assert row["closed_low_days"] > row["received_high_days"]
    elif key.startswith("cohorts.sentence.closed_shorter"):
        assert not medians["closed"] >= medians["received"]
        assert row["closed_high_days"] < later
        assert key.endswith("none_open") == (still == 0)
    else:
        assert not row["closed_low_days"] > row["received_high_days"]
        assert not row["closed_high_days"] < later
        assert (key == "cohorts.sentence.alike") == (medians["received"] >= 0)
        assert sentence.get("low", 0) >= 0  # never a missing number


def test_no_difference_is_claimed_of_dossiers_that_do_not_differ():
    rng, frames = np.random.default_rng(3000), {"received": [], "closed": []}
    for i in range(100):
        for cohort, parts in frames.items():
            days = rng.geometric(0.1, int(rng.choice([4, 15, 60]))) * 1.0
            parts.append(pd.DataFrame({
                "end_days": days, "outcome": "result", "dossier_count": 1.0, "entry_days": 0.0,
                "legal_days": 9.0, "cohort": cohort, **(KEYS | {"unit_id": f"U{i}"}),
            }))  # fmt: skip
    bias = cohort_bias(*(pd.concat(parts) for parts in frames.values()))
    told = same_in_both(narrative.cohorts, bias, topic="cohorts", units=UNITS)
    assert len(told["cohorts.sentence.alike"]) >= 95


# What goes with quick and slow work


@pytest.mark.parametrize("seed", range(60))
def test_hazard(seed):
    rng = np.random.default_rng(4000 + seed)
    levels = int(rng.integers(1, 12))
    ratio = np.exp(rng.choice([-1, 1], levels) * rng.choice([0, 0.003, 0.2, 3.0], levels))
    width = np.exp(rng.choice([0.001, 0.1, 1.0], levels))
    effects = pd.DataFrame({
        "term": "field", "level": [f"L{i}" for i in range(levels)], "reference": "R",
        "coefficient": np.log(ratio), "hazard_ratio": ratio, "low": ratio / width,
        "high": ratio * width, "reading": rng.choice(["estimated", "one_cluster"], levels),
    })  # fmt: skip
    fit = HazardFit(effects, pd.DataFrame(), "fitted", (), 900, 800, 12, bool(seed % 2), (),
                    pd.DataFrame(), "unit_id", 0.95, "working", "m", "strict", "x.csv")  # fmt: skip
    told = same_in_both(narrative.hazard, fit, topic="hazard")
    known = [row for row in effects.to_dict("records") if row["reading"] == "estimated"]
    clear = {row["level"]: row for row in known if row["low"] > 1 or row["high"] < 1}
    named = {sentence["level"]: (sentence, side) for side in ("sooner", "later")
             for sentence in told.get(f"hazard.{side}", [])}  # fmt: skip
    for level, (sentence, side) in named.items():
        assert (clear[level]["hazard_ratio"] > 1) == (side == "sooner")
        assert sentence["low"] <= sentence["hazard_ratio"] <= sentence["high"]
        assert sentence["low"] > 1 if side == "sooner" else sentence["high"] < 1
    size = {level: abs(row["coefficient"]) for level, row in clear.items()
            if round(row["low"], 2) > 1 or round(row["high"], 2) < 1}  # fmt: skip
    assert len(named) == min(len(size), 5)
    assert all(size[one] >= size[two] for one in named for two in size if two not in named)
    further, unclear = len(clear) - len(named), len(known) - len(clear)
    assert told.get("hazard.further", []) == ([{"n": further}] if further else [])
    assert told.get("hazard.unclear", []) == ([{"n": unclear}] if unclear else [])
    assert ("hazard.weak" in told) == bool(seed % 2)
