"""Sentences that compare units or two periods against their evidence, on 760 random tallies.

The other ``test_truth_*.py`` hold the sentences on series, times, the desk, scores and indices.
Ties, zeros, tiny units, no difference at all and single units among them. What a sentence
may say is worked out here a second time, slowly and by the formulas of the textbooks, under
the rule of ``docs/wording.md``; sentences are read back from their text.
"""

import math
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest
from said import close, listed, same_in_both

from cchc_analysis import change, comparison, narrative

NOTHING_PRINTED = pd.DataFrame(
    columns=["unit_id", "indicator", "kind", "period_start_on", "period_end_on", "source_on",
             "printed", "numerator", "denominator", "source"]
)  # fmt: skip
JULY = {"period_start_on": "2026-07-01", "period_end_on": "2026-07-31"}
AUGUST = {"period_start_on": "2026-08-01", "period_end_on": "2026-08-31"}


def shares(counts, **columns):
    """Estimates of one indicator: [(count, total), ...], a unit each."""
    rows = {
        "unit_id": [f"U{i}" for i in range(len(counts))], "indicator": "on_time_rate",
        "count": [float(count) for count, _ in counts],
        "total": [float(total) for _, total in counts],
        "bounds": "none", "unit_of_measure": "share", "method": "count", "rule": "strict",
        "source": "export.csv",
    }  # fmt: skip
    return pd.DataFrame(rows | JULY | columns)


def draw(rng, units):
    """Counts of units: sizes from none to thousands, at one share, at many, at 0 or 100 %."""
    totals = rng.choice([0, 1, 2, 5, 20, 100, 1000, 5000], units, p=[0.06] + [0.94 / 7] * 7)
    kind = rng.integers(5)
    if kind == 0:  # no difference but chance
        at = np.full(units, rng.uniform(0.5, 1))
    elif kind == 1:  # nobody, or everybody
        at = np.full(units, float(rng.integers(2)))
    elif kind == 2:  # ties: the very same counts
        return [(int(0.9 * 100), 100)] * units
    else:
        at = rng.beta(8, 2, units) if kind == 3 else rng.uniform(0, 1, units)
    return [(int(rng.binomial(n, p)), int(n)) for n, p in zip(totals, at, strict=True)]


def newcombe(before, after, confidence):
    """Newcombe (1998), method 10: square and add the Wilson limits of the two shares."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)

    def wilson(count, total):
        p, half = count / total, z * z / (2 * total)
        spread = z * math.sqrt(p * (1 - p) / total + half / (2 * total))
        return p, (p + half - spread) / (1 + 2 * half), (p + half + spread) / (1 + 2 * half)

    (p1, low1, high1), (p2, low2, high2) = wilson(*before), wilson(*after)
    return (
        p2 - p1 - math.hypot(p2 - low2, high1 - p1),
        p2 - p1 + math.hypot(high2 - p2, p1 - low1),
    )


# Two periods


@pytest.mark.parametrize("seed", range(130))
def test_change(seed):
    rng = np.random.default_rng(seed)
    units = int(rng.integers(1, 14))
    before, after = draw(rng, units), draw(rng, units)
    if seed % 6 == 0:
        after = before
    rows = pd.concat([shares(before), shares(after, **AUGUST)])
    changes = change.compare_periods(rows)
    told = same_in_both(narrative.two_periods, changes, NOTHING_PRINTED, topic="change")
    both = {i: (b, a) for i, (b, a) in enumerate(zip(before, after, strict=True))
            if b[1] and a[1]}  # fmt: skip
    if not both:
        assert told == {}
        return
    each = 1 - 0.05 / len(both)  # true of all units at once
    ends = {i: newcombe(b, a, each) for i, (b, a) in both.items()}
    up = {i for i, (low, _) in ends.items() if low > 1e-12}
    down = {i for i, (_, high) in ends.items() if high < -1e-12}
    if up | down:
        [counts] = told["change.units"]
        assert (counts["n"], counts["clear"], counts["up"], counts["down"]) == (
            len(both), len(up | down), len(up), len(down)
        )  # fmt: skip
        assert counts["not_clear"] == len(both) - len(up | down)
    else:
        assert told["change.none"] == [{"n": len(both)}]
    for name, units_said in (("up", up), ("down", down)):
        key = f"change.names.{name}"
        assert (key in told) == bool(units_said)
        named = listed(told[key][0]["names"], "change.unit", "vi") if units_said else []
        assert len(named) == min(len(units_said), 10)
        for row in named:
            b, a = both[int(row["unit"][1:])]
            assert int(row["unit"][1:]) in units_said
            assert close(row["before"], b[0] / b[1]) and close(row["after"], a[0] / a[1])
            assert (a[0] / a[1] > b[0] / b[1]) == (name == "up")
    apart = units - len(both)
    assert told.get("change.one_period", []) == ([{"n": apart}] if apart else [])


# Units side by side


def tail(count, total, share):
    """The chances of so few, and of so many, by adding up binomial chances."""
    chance, miss = math.log(share), math.log1p(-share)
    whole = math.lgamma(total + 1)
    terms = [
        math.exp(
            whole - math.lgamma(k + 1) - math.lgamma(total - k + 1)
            + k * chance + (total - k) * miss
        )
        for k in range(total + 1)
    ]  # fmt: skip
    return math.fsum(terms[: count + 1]), math.fsum(terms[count:])


@pytest.mark.parametrize("seed", range(220))
def test_funnel(seed):
    rng = np.random.default_rng(1000 + seed)
    counts = draw(rng, int(rng.integers(1, 9)))
    judged = comparison.funnel(shares(counts))
    noticeable = comparison.noticeable(judged)
    told = same_in_both(narrative.funnel, judged, noticeable, topic="funnel")
    known = [(i, c, n) for i, (c, n) in enumerate(counts) if n]
    if len(known) < 3:
        assert list(told) == ["funnel.too_few"]
        return
    low, high = judged["low"].tolist(), judged["high"].tolist()
    below = [i for i, c, n in known if c / n < low[i]]
    above = [i for i, c, n in known if c / n > high[i]]
    pooled = sum(c for _, c, _ in known) / sum(n for *_, n in known)
    plain = 0
    if 0 < pooled < 1:
        plain = sum(min(tail(c, n, pooled)) < 0.001 for _, c, n in known)
    key = "funnel.plain" if plain > len(known) / 2 else "funnel.some"
    assert told[key] == [{"plain": plain, "n": len(known), "outside": len(below + above)}]
    for side, units in (("low", below), ("high", above)):
        text = told.get(f"funnel.names.{side}", [{"names": ""}])[0]["names"]
        assert sorted(n.split(" (")[0] for n in text.split("; ") if n) == sorted(
            f"U{i}" for i in units
        )
    assert ("funnel.nobody" in told) == (not below + above)
    if below + above:
        check_luck(told["funnel.false_flags"][0], judged, below + above, len(known))
    if "funnel.few" in told:
        sizes = sorted(n for *_, n in known)
        middle = (sizes[(len(sizes) - 1) // 2] + sizes[len(sizes) // 2]) / 2
        nearest = min(abs(n - middle) for *_, n in known)
        limits = [low[i] for i, _, n in known if abs(n - middle) == nearest]
        assert any(close(told["funnel.few"][0]["share"], limit, 1) for limit in limits)


def check_luck(sentence, judged, outside, units):
    """Benjamini and Hochberg (1995), step by step from the largest p-value down."""
    p = judged["p_value"]
    q, least = {}, 1.0
    for rank, i in reversed(list(enumerate(p.dropna().sort_values().index, 1))):
        least = min(least, p[i] * units / rank)
        q[i] = least
    assert sentence["n"] == units and sentence["outside"] == len(outside)
    assert sentence["kept"] == sum(q[i] <= 0.05 for i in outside)
    assert abs(sentence["false"] - max(q[i] for i in outside) * len(outside)) <= 0.0501


@pytest.mark.parametrize("seed", range(300))
def test_averages_and_where_the_late_lie(seed):
    rng = np.random.default_rng(2000 + seed)
    counts = draw(rng, int(rng.integers(1, 9)))
    rows = shares(counts)
    known = [(i, c, n) for i, (c, n) in enumerate(counts) if n]
    averages = same_in_both(narrative.two_averages, rows, NOTHING_PRINTED, topic="averages")
    told = same_in_both(narrative.concentration, rows, NOTHING_PRINTED, topic="concentration")
    if len(known) < 2:
        assert averages == told == {}
        return
    count, total = (sum(row[k] for row in known) for k in (1, 2))
    [both] = averages["averages"]
    assert (both["n"], both["count"], both["total"]) == (len(known), count, total)
    assert close(both["pooled"], count / total)
    assert close(both["mean"], math.fsum(c / n for _, c, n in known) / len(known))
    if count == total:
        assert told == {}
        return
    _, c, n = max(known, key=lambda row: row[2] - row[1])
    part = (n - c) / (total - count)
    one = part >= 0.1 and total > n
    [sentence] = told["concentration.one" if one else "concentration.spread"]
    assert ("concentration.notice" in told) == one
    assert (sentence["missed"], sentence["own"]) == (total - count, n - c)
    assert close(sentence["share"], part, 1)
    if one:
        assert close(sentence["without"], (count - c) / (total - n), 1)
        assert close(sentence["all"], count / total, 1)
        assert close(sentence["own_share"], n / total, 1)


@pytest.mark.parametrize("seed", range(60))
def test_ranks(seed):
    rng = np.random.default_rng(3000 + seed)
    counts = draw(rng, int(rng.integers(2, 8)))
    rows = shares(counts)
    sets, pairs = comparison.rank_sets(rows), comparison.tell_apart(rows)
    chances = comparison.best_or_worst(rows, 1, draws=400)
    told = same_in_both(narrative.ranks, sets, chances, pairs, topic="ranks")
    known = {f"U{i}": (c, n) for i, (c, n) in enumerate(counts) if n}
    if len(known) < 2:
        assert told == {}
        return
    [said_of_pairs] = told["ranks.pairs"]
    all_pairs = len(known) * (len(known) - 1) // 2
    assert (said_of_pairs["n"], said_of_pairs["pairs"]) == (len(known), all_pairs)
    assert said_of_pairs["apart"] + said_of_pairs["not_apart"] == all_pairs
    clear = 0
    for pair in pairs.to_dict("records"):
        better, other = known[pair["unit_id"]], known[pair["other_unit_id"]]
        assert better[0] / better[1] >= other[0] / other[1]
        clear += newcombe(other, better, 0.95)[0] > 0
    assert said_of_pairs["apart"] <= clear  # at once for all pairs is never less careful
    ends = sets.set_index("unit_id").loc[list(known), ["rank_low", "rank_high"]]
    assert told["ranks.ends"] == [{
        "first": (ends["rank_low"] == 1).sum(), "last": len(known),
        "final": (ends["rank_high"] == len(known)).sum(),
    }]  # fmt: skip
    share = {unit: c / n for unit, (c, n) in known.items()}
    for side, extreme in (("best", max(share.values())), ("worst", min(share.values()))):
        for row in told.get(f"ranks.{side}", []):
            units = [name.split(" (")[0] for name in row["names"].split("; ")]
            of = chances.set_index("unit_id")[f"{side}_probability"]
            assert all(of[unit] >= 0.95 and share[unit] == extreme for unit in units)


@pytest.mark.parametrize("seed", range(50))
def test_case_mix(seed):
    rng = np.random.default_rng(4000 + seed)
    units, fields = int(rng.integers(1, 8)), ["x", "y"]
    usual, own = rng.uniform(0, 0.3, 2), rng.choice([1, 1, 1, 3], units)
    cells = []
    for i in range(units):
        for field, late in zip(fields, usual, strict=True):
            n = int(rng.choice([0, 3, 150, 900]))
            bad = int(rng.binomial(n, min(1, late * own[i] * (seed % 7 > 0))))
            cells.append((f"U{i}", field, n - bad, bad))
    tally = pd.DataFrame(cells, columns=["unit_id", "field", "on_time_count", "late_count"])
    tally = tally.assign(**JULY, basis="period", rule="strict", as_of="2026-12-31", source="x.csv")
    ratios = comparison.standardise(tally, ["field"])
    told = same_in_both(narrative.case_mix, ratios, topic="case_mix")
    judged = ratios[ratios["low"].notna()].set_index("unit_id")
    if judged.empty:
        assert set(told) <= {"case_mix.few"}
        return
    high = judged.index[judged["observed"] / judged["expected"] > judged["high"]]
    low = judged.index[judged["observed"] / judged["expected"] < judged["low"]]
    [summary] = told["case_mix.summary"]
    assert (summary["n"], summary["outside"]) == (len(judged), len(high) + len(low))
    assert ("case_mix.nobody" in told) == (len(high) + len(low) == 0)
    for side, named in (("high", high), ("low", low)):
        rows = told.get(f"case_mix.{side}", [])
        found = listed(rows[0]["names"], "case_mix.unit", "vi") if rows else []
        assert sorted(row["unit"] for row in found) == sorted(named)
        for row in found:
            assert row["observed"] == judged.loc[row["unit"], "observed"]
            assert (row["observed"] > row["expected"]) == (side == "high")
            assert abs(row["ratio"] - row["observed"] / judged.loc[row["unit"], "expected"]) < 0.006
