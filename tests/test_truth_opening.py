"""The key figures that pages open with against their evidence.

The rest of ``test_truth.py``: 330 random openings of pages, read back from the text of both
languages and held to the rule of ``docs/wording.md``.
"""

import operator
import re
from html import unescape
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from said import close, pattern, taken_apart, value

import cchc_analysis as cchc
from cchc_analysis import columns, narrative

LANGUAGES = ("vi", "en")
YEAR = {"valid_from": "2024-01-01", "valid_to": "2024-12-31"}
MEETS = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt}


def cards(blocks):
    """Each key figure: label, value, and its note with what is said of targets."""
    html = "".join(block.html for block in blocks).replace("<wbr>", "")
    found = []
    for one in html.split('<div class="card">')[1:]:
        parts = re.findall(r'class="\w+">([^<]*)<', one)
        found.append([unescape(text).strip() for text in parts])
    return found


def card(blocks, name, language):
    """The value and the blanks of the note of a card by its phrase; None where it is not there."""
    for label, shown, note, *_ in cards(blocks):
        if pattern(name, language).fullmatch(label):
            return shown, taken_apart(note, [f"{name}.note"], language)[1]
    return None


def of_of(text, language):
    """Both numbers of '3/1,200'."""
    return [value(part, language) for part in text.split("/")]


@pytest.mark.parametrize("seed", range(90))
def test_comparison(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(0, 8))
    total = rng.choice([0, 1, 5, 300, 400_000], n)
    count = np.array([rng.choice([0, t, max(t - 1, 0), t // 2]) for t in total], dtype=int)
    with np.errstate(invalid="ignore"):
        judged = pd.DataFrame({
            "indicator": "on_time_rate", "count": count, "total": total, "value": count / total,
            "low": np.nan if seed % 5 == 0 else 0.4,
            "side": rng.choice(["low", "high", "inside"], n) if seed % 5 else "none",
        })  # fmt: skip
    known = [(c, t, s) for c, t, s in zip(count, total, judged["side"], strict=True) if t]
    for language in LANGUAGES:
        blocks = narrative.comparison_glance(judged, language=language)
        if len(known) < 2:
            assert blocks == []
            continue
        shown, note = card(blocks, "glance.units", language)
        assert (value(shown, language), note["others"]) == (len(known), n - len(known))
        shares = sorted(c / t for c, t, _ in known)
        middle = (shares[(len(shares) - 1) // 2] + shares[len(shares) // 2]) / 2
        shown, note = card(blocks, "glance.range", language)
        _, ends = taken_apart(shown, ["range"], language)
        assert close(ends["low"], shares[0]) and close(ends["high"], shares[-1])
        assert close(note["median"], middle)
        outside = card(blocks, "glance.outside", language)
        sides = [side for _, _, side in known]
        assert (outside is None) == (seed % 5 == 0)
        if outside:
            assert outside[1] == {side: sides.count(side) for side in ("low", "high")}
            assert value(outside[0], language) == len(sides) - sides.count("inside")
        together = pattern("glance.together", language)
        [(_, pooled, note, *_)] = [one for one in cards(blocks) if together.fullmatch(one[2])]
        _, blanks = taken_apart(note, ["glance.together"], language)
        assert [blanks["count"], blanks["total"]] == [count.sum(), total.sum()]
        assert close(value(pooled, language), count.sum() / total.sum())


@pytest.mark.parametrize("seed", range(80))
def test_drivers(seed):
    rng = np.random.default_rng(1000 + seed)
    n = int(rng.integers(0, 7))
    effect = rng.choice([-1, 1], n) * rng.choice([0.0, 0.0002, 0.03, 0.03, 0.4], n)
    half = rng.choice([0.0001, 0.02, 0.5, np.nan], n)
    effects = pd.DataFrame({
        "term": "field", "level": [f"L{i}" for i in range(n)], "reference": "R", "effect": effect,
        "effect_low": effect - half, "effect_high": effect + half,
        "count": rng.choice([3.0, np.nan], n, p=[0.9, 0.1]),
        "clusters": rng.choice([5.0, 6.0, 12.0], n, p=[0.2, 0.2, 0.6]),
    })  # fmt: skip
    fit = SimpleNamespace(effects=effects, model=1, late=7, dossiers=90, clusters=12,
                          small_clusters={"U1": 4}, rule="strict")  # fmt: skip
    known = [row for row in effects.to_dict("records")
             if row["effect_low"] <= row["effect_high"] and row["count"] > 0]  # fmt: skip
    clear = {row["level"]: row for row in known if row["effect_low"] > 0 or row["effect_high"] < 0}
    clear = {level: row for level, row in clear.items() if row["clusters"] >= 6}
    for language in LANGUAGES:
        blocks = narrative.drivers_glance(fit, language=language)
        assert of_of(card(blocks, "glance.clear", language)[0], language) == [
            len(clear), len(known),
        ]  # fmt: skip
        largest = card(blocks, "glance.largest", language)
        assert (largest is not None) == bool(clear)
        if not clear:
            continue
        row, note = clear[largest[1]["level"]], largest[1]
        assert abs(row["effect"]) == max(abs(one["effect"]) for one in clear.values())
        for name, text in (("effect", largest[0]), ("effect_low", note["low"]),
                           ("effect_high", note["high"])):  # fmt: skip
            number = value(text, language) if isinstance(text, str) else text
            assert abs(number - 100 * row[name]) <= 0.0500001
        assert (largest[0][0] in "+−") == (value(largest[0], language) != 0)


@pytest.mark.parametrize("seed", range(60))
def test_indices(seed):
    rng = np.random.default_rng(2000 + seed)
    n = int(rng.integers(0, 6))
    totals = pd.DataFrame({"value": rng.choice([70.0, 81.239, np.nan], n)})
    ranks = pd.DataFrame(
        {"rank": rng.choice([1.0, np.nan], n), "swap_count": rng.choice([0, 2], n)}
    )
    rho = rng.choice([1, -1, 0.9996, -0.9996, 0.994, 0.001, -0.001, 0.0, np.nan, 1 - 1e-15])
    agreement = pd.DataFrame({"spearman": [rho], "unit_count": 34, "first": "qd766_score",
                              "second": "qd766_in_time_share"})  # fmt: skip
    readings = rng.choice(["attained", "missed", "within_chance", "no_figure"], n)
    targets = pd.DataFrame({"reading": readings, "unit_id": "U1"})
    for language in LANGUAGES:
        blocks = narrative.indices_glance(totals, ranks, agreement, targets, unit_id="P",
                                          language=language)  # fmt: skip
        mean = card(blocks, "glance.mean", language)
        points = [one for one in totals["value"] if one > 0]
        assert (mean is None) == (not points)
        if points:
            assert abs(value(mean[0], language) - sum(points) / len(points)) <= 0.0051
            assert mean[1]["n"] == len(points)
        swaps, ranked = card(blocks, "glance.swaps", language), ranks[ranks["rank"] > 0]
        assert (swaps is None) == ranked.empty
        if swaps:
            moving = (ranked["swap_count"] > 0).sum()
            assert of_of(swaps[0], language) == [moving, len(ranked)]
        same = card(blocks, "glance.agreement", language)
        assert (same is None) == np.isnan(rho)
        if same:  # the note says what 1 is: the same order, which nearly the same is not
            assert (same[0] in ("1.00", "1,00")) == (abs(rho - 1) < 1e-12)
            assert abs(value(same[0], language) - rho) <= 0.01
            assert same[0][0] != "−" or rho < -0.005
        found = card(blocks, "glance.targets", language)
        judged = [one for one in readings if one != "no_figure"]
        assert (found is None) == (not judged)
        if found:
            assert of_of(found[0], language) == [judged.count("attained"), len(judged)]
            told = {"missed": judged.count("missed"), "unsure": judged.count("within_chance")}
            assert found[1] == told


@pytest.mark.parametrize("seed", range(100))
def test_targets(seed):
    rng = np.random.default_rng(3000 + seed)
    sign, level = rng.choice(list(MEETS)), rng.choice([0.9, 0.95, 1.0])
    total = int(rng.choice([20, 200, 2000]))
    count = int(min(round(level * total) + rng.choice([-40, -1, 0, 0, 1]), total))
    half = rng.choice([0.0, 0.001, 0.05])
    whole, known = seed % 3 > 0, seed % 4 > 0
    end = "2024-12-31" if whole else "2024-06-30"
    rates = columns.check(pd.DataFrame([{
        "unit_id": "U1", "indicator": "on_time_rate", "value": count / total,
        "low": max(count / total - half, 0), "high": min(count / total + half, 1),
        "bounds": "confidence", "count": count if known else np.nan, "total": total,
        "unit_of_measure": "share", "method": "m", "rule": "strict", "source": "x.csv",
        "period_start_on": "2024-01-01", "period_end_on": end,
    }]), columns.ESTIMATES)  # fmt: skip
    goals = pd.DataFrame([{"unit_id": "U1", "indicator": "on_time_rate", "comparison": sign,
                           "target": level, "document": "D", "document_on": "2023-12-01",
                           "source": "x", **YEAR}])  # fmt: skip
    judged = cchc.attainment(rates, goals)
    meets, row = MEETS[sign], rates.iloc[0]
    ends = {bool(meets(row[name], level)) for name in ("low", "high")}
    met = bool(meets(count, round(level * total)))  # in whole dossiers
    if len(ends) == 1:
        key = f"target.{'attained' if ends.pop() else 'missed'}"
    elif whole and known:
        key = f"glance.counted.{'attained' if met else 'missed'}"
    else:
        key = "glance.open.chance"
    for language in LANGUAGES:
        blocks = narrative.glance(rates, columns.empty(columns.PUBLISHED), judged,
                                  language=language)  # fmt: skip
        [[_, _, _, said, *rest]] = cards(blocks)
        _, blanks = taken_apart(said, ["glance.target"], language)
        reading = blanks["reading"]
        if not whole:
            reading = taken_apart(reading, ["glance.so_far"], language)[1]["reading"]
        assert pattern(key, language).fullmatch(reading)
        assert len(rest) == 1  # by which rule
