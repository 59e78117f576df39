"""Sentences on ranks, agreement, targets and printed indices against their evidence.

The rest of ``test_truth.py``: 250 random sets of ranks, totals, targets and index scores, read
back from the text of both languages and held to the rule of ``docs/wording.md``.
"""

from collections import Counter
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from said import close, listed, same_in_both, units_named

import cchc_analysis as cchc
from cchc_analysis import narrative

UNITS = units_named(*(f"U{i}" for i in range(30)))


@pytest.mark.parametrize("seed", range(70))
def test_rank_worth(seed):
    rng = np.random.default_rng(3000 + seed)
    n = int(rng.integers(1, 8))
    rank = np.arange(1.0, n + 1)
    rows = pd.DataFrame({
        "unit_id": [f"U{i}" for i in range(n)], "rank": rank,
        "rank_low": np.maximum(rank - rng.choice([0, 0, 1, 2], n), 1),
        "rank_high": np.minimum(rank + rng.choice([0, 0, 1], n) * (seed % 3 > 0), n),
        "swap_count": rng.choice([0, 1, 2], n) * 1.0,
    })  # fmt: skip
    told = same_in_both(narrative.rank_worth, rows, topic="rank_worth", units=UNITS)
    if n < 2:
        assert told == {}
        return
    wide = {row["unit_id"]: row["rank_high"] - row["rank_low"] for row in rows.to_dict("records")}
    assert told["rank_worth"] == [{
        "n": n, "swapping": (rows["swap_count"] > 0).sum(), "firm": list(wide.values()).count(0),
    }]  # fmt: skip
    widest = [unit for unit, width in wide.items() if width == max(wide.values())]
    key = "rank_worth.widest" if len(widest) == 1 else "rank_worth.widest.one_of"
    sentences = told.get("rank_worth.widest", []) + told.get("rank_worth.widest.one_of", [])
    assert len(sentences) == (max(wide.values()) > 0)
    if sentences:
        assert key in told and sentences[0]["unit"] in widest
        assert sentences[0]["high"] - sentences[0]["low"] == max(wide.values())


@pytest.mark.parametrize("seed", range(60))
def test_agreement(seed):
    rng = np.random.default_rng(4000 + seed)
    n = int(rng.choice([2, 5, 8, 30]))
    first, second = rng.choice([np.arange(n) / n, rng.integers(0, 3, n) / 4.0, np.ones(n)], 2)
    second = rng.permutation(second) if seed % 2 else second
    if seed % 10 == 0:  # nearly the opposite order
        n, first = 30, np.arange(30) / 30
        second = 1 - first + rng.normal(0, 0.1, 30)
    about = {"unit_id": [f"U{i}" for i in range(n)], "bounds": "none", "method": "m",
             "rule": "r", "unit_of_measure": "points", "source": "x.csv"}  # fmt: skip
    total = pd.DataFrame(about | {"indicator": "qd766_score", "value": first})
    in_time = pd.DataFrame(about | {"indicator": "qd766_in_time_share", "value": second})
    found, low = cchc.agreement(total, in_time), cchc.high_yet_low(total, in_time)
    told = same_in_both(narrative.agreement, found, low, topic="agreement", units=UNITS)
    signs = [np.sign((first[i] - first[j]) * (second[i] - second[j]))
             for i, j in combinations(range(n), 2)]  # fmt: skip
    if len(set(first)) == 1 or len(set(second)) == 1:
        assert told == {}
        return
    untied = sum(sign != 0 for sign in signs)
    [sentence] = told["agreement"]
    assert sentence["n"] == n
    if untied:
        assert close(sentence["opposite"], signs.count(-1) / untied, 0)
        assert sentence["tau"] * sum(signs) >= 0  # the sign that the pairs have
    ends = found[["tau_low", "tau_high"]].iloc[0]
    assert ("agreement.unclear" in told) == (ends["tau_low"] <= 0 <= ends["tau_high"])
    assert ("agreement.clear" in told) == (ends["tau_low"] > 0 or ends["tau_high"] < 0)
    rank = {f"U{i}": (sum(first > first[i]) + 1, sum(second > second[i]) + 1) for i in range(n)}
    chosen = {unit for unit, (one, two) in rank.items() if one <= 5 and two > n / 2}
    text = told.get("agreement.units", [{"names": ""}])[0]["names"]
    named = listed(text, "agreement.unit", "vi") if text else []
    assert len(named) == len(chosen) or text.count("(") < len(chosen)
    for row in named:
        assert row["unit"] in chosen and rank[row["unit"]] == (row["first"], row["second"])


@pytest.mark.parametrize("seed", range(60))
def test_targets_and_means(seed):
    rng = np.random.default_rng(5000 + seed)
    n, time = int(rng.integers(1, 7)), {"valid_from": "2024-01-01", "valid_to": "2024-12-31"}
    units, goal = [f"U{i}" for i in range(n)], rng.choice([0.9, 0.95], n)
    signs = rng.choice([">=", ">", "<=", "<"], n)
    at, half = rng.choice([0.9, 0.93, 0.95, 1.0], n), rng.choice([0.0, 0.03], n)
    targets = pd.DataFrame({"unit_id": units, "indicator": "on_time_rate", "comparison": signs,
                            "target": goal, "document": "D", "document_on": "2023-12-01",
                            "source": "x", **time})  # fmt: skip
    figures = pd.DataFrame({
        "unit_id": units, "indicator": "on_time_rate", "value": at, "low": at - half,
        "high": at + half, "bounds": "confidence", "unit_of_measure": "share", "method": "m",
        "rule": "r", "source": "x", "period_start_on": "2024-01-01", "period_end_on": "2024-06-30",
    })[: int(rng.integers(0, n + 1))]  # fmt: skip
    told = same_in_both(narrative.targets, cchc.attainment(figures, targets), topic="targets")
    meets = {">=": lambda x, y: x >= y, ">": lambda x, y: x > y, "<=": lambda x, y: x <= y,
             "<": lambda x, y: x < y}  # fmt: skip
    expected = Counter()
    for i, (sign, level) in enumerate(zip(signs, goal, strict=True)):
        ends = [meets[sign](end, level) for end in (at[i] - half[i], at[i] + half[i])]
        answer = "within_chance" if len(set(ends)) > 1 else ("attained" if ends[0] else "missed")
        expected["no_figure" if i >= len(figures) else answer] += 1
    names = ("attained", "missed", "within_chance", "no_figure")
    assert told["targets"] == [{"n": n} | {name: expected[name] for name in names}]
    points_of_units = rng.choice([70.0, 70.11, 80.56], n)
    mean = points_of_units.mean()
    printed = f"{mean + rng.choice([0, 0.004, 0.03, 1]):.{rng.integers(0, 3)}f}"
    totals = pd.DataFrame({"value": points_of_units, "period_end_on": "2026-10-10"})
    above = pd.DataFrame({"indicator": ["qd766_score"], "kind": "result", "value": float(printed),
                          "period_end_on": "2026-10-10", "printed": printed, "low": np.nan,
                          "unit_of_measure": "points"})  # fmt: skip
    told = same_in_both(narrative.mean_total, totals, above, topic="mean_total")
    digits = len(printed.partition(".")[2])
    off = abs(float(printed) - mean) - 0.5 * 10**-digits - 0.005
    assert abs(off) < 1e-6 or ("mean_total.same" in told) == (off < 0)
    assert ("mean_total.same" in told) != ("mean_total.other" in told)


# Index scores of one unit


@pytest.mark.parametrize("seed", range(60))
def test_standing(seed):
    rng = np.random.default_rng(6000 + seed)
    drawn = {name: rng.choice([number, np.nan]) for name, number in
             {"points": 67.29, "maximum": 97.0, "share": 0.6937, "rank": 3.0,
              "ranked_count": 12.0}.items()}  # fmt: skip
    row = drawn | {"index": "par_index", "class_printed": rng.choice(["Khá", ""]),
                   "verdict": np.nan, "decision": np.nan, "decision_on": pd.NaT,
                   "period_end_on": pd.Timestamp("2023-12-31")}  # fmt: skip
    rows = pd.DataFrame([row]).replace({"class_printed": {"": np.nan}})
    told = same_in_both(narrative.standing, rows, topic="standing")
    has = {name: not np.isnan(number) for name, number in drawn.items()}
    if not (row["class_printed"] or has["rank"]):
        assert told == {}
        return
    names = told["standing.no_decision"][0]["names"]
    assert names and (("12" in names) == (has["rank"] and has["ranked_count"]))
    assert ("3" in names.replace("12", "")) == has["rank"]
    [(key, [sentence])] = [(k, s) for k, s in told.items() if k != "standing.no_decision"]
    denies_points = key in ("standing.share", "standing.neither")
    denies_share = key in ("standing.points_alone", "standing.neither")
    assert denies_points == (not has["points"]) and denies_share == (not has["share"])
    assert "–" not in sentence.values()
    assert sentence.get("points", 67.29) == 67.29 and close(sentence.get("share", 69.37), 0.6937)
