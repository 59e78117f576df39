"""Sentences on months, parts of a difference and drivers against their evidence.

The rest of ``test_truth.py``: 160 series of months, 30 decompositions, 200 sets of effects,
seeded, read back from the text of both languages and held to the rule of ``docs/wording.md``.
"""

import math

import numpy as np
import pandas as pd
import pytest
from said import LANGUAGES, close, phrases, said, same_in_both

from cchc_analysis import change, narrative
from cchc_analysis.drivers.late import DriverFit
from cchc_analysis.periods import months

JULY = {"period_start_on": "2026-07-01", "period_end_on": "2026-07-31"}
AUGUST = {"period_start_on": "2026-08-01", "period_end_on": "2026-08-31"}


# A unit's months


def longest_and_crossings(values, centre):
    """The longest run on one side of the centre, the crossings, and the share above it."""
    sides = [value > centre for value in values if value != centre]
    run = longest = crossings = 0
    for i, side in enumerate(sides):
        new = i > 0 and side != sides[i - 1]
        crossings, run = crossings + new, 1 if new else run + 1
        longest = max(longest, run)
    above = sum(sides) / len(sides) if sides else 0.5
    return longest, crossings, len(sides), max(above, 1 - above)


def fewest(n, chance):
    """The 5 % quantile of a binomial by adding up its chances."""
    total = 0.0
    for k in range(n + 1):
        total += math.comb(n, k) * chance**k * (1 - chance) ** (n - k)
        if total >= 0.05:
            return k
    return n


def direction(counts, rows):
    """What Anhoej's rules, the last period and the two halves say: -1, 0, 1; None if torn."""
    centre = sum(c for c, _ in counts) / sum(n for _, n in counts)
    longest, crossings, n, above = longest_and_crossings([c / n for c, n in counts], centre)
    shift = False
    if n > 1:
        long_run = longest > round(math.log2(n)) + 3
        long_run &= above == 1 or longest > round(-math.log(n) / math.log(above)) + 3
        long_run &= above < 1
        few = crossings < fewest(n - 1, 0.5) and crossings < fewest(n - 1, 2 * above * (1 - above))
        shift = long_run or few
    half = len(counts) // 2
    (c1, n1), (c2, n2) = (
        tuple(map(sum, zip(*part, strict=True))) for part in (counts[:half], counts[-half:])
    )
    error = math.sqrt(centre * (1 - centre) * (1 / n1 + 1 / n2)) * max(rows["sigma_z"].iloc[0], 1)
    apart = c2 / n2 - c1 / n1
    trend = int(math.copysign(1, apart)) if shift and abs(apart) > 2 * error else 0
    value, low, high = rows[["value", "low", "high"]].iloc[-1]
    last = (value > high) - (value < low)
    if last * trend < 0 or (shift and last + trend == 0):
        return None
    return int(np.sign(last + trend))


def test_months():
    """160 units at once: steady, drifting, stepping, one odd month, constant, too few."""
    rng = np.random.default_rng(5000)
    series, estimates = {}, []
    for unit in range(160):
        length = int(rng.choice([5, 10, 12, 24]))
        size = int(rng.choice([3, 20, 200, 3000]))
        level = np.full(length, rng.choice([0.0, 0.6, 0.9, 0.98, 1.0]))
        level += [0, np.linspace(-0.05, 0.05, length), np.arange(length) * 2 // length * 0.06,
                  (np.arange(length) == length - 1) * -0.2][unit % 4]  # fmt: skip
        totals = rng.integers(max(1, size // 2), size * 2, length)
        counts = rng.binomial(totals, level.clip(0, 1))
        series[f"U{unit}"] = list(zip(counts.tolist(), totals.tolist(), strict=True))
        periods = months("2023-01-01", "2024-12-31").iloc[:length]
        estimates.append(periods.assign(unit_id=f"U{unit}", count=counts * 1.0, total=totals * 1.0))
    rows = pd.concat(estimates).assign(
        indicator="on_time_rate", bounds="none", unit_of_measure="share", method="count",
        rule="strict", source="export.csv",
    )  # fmt: skip
    chart = change.monitor(rows)
    readings, heard = change.readings(chart), set()
    for unit, counts in series.items():
        own = chart[chart["unit_id"] == unit]
        of = readings[readings["unit_id"] == unit]
        told = {
            language: said(
                narrative.monitor(own, of, language=language), "monitor", language
            )
            for language in LANGUAGES
        }  # fmt: skip
        heard |= check_months(counts, own, told)
    assert heard == {"better", "worse", "torn", "nothing", "constant", "few"}


TENDS = {
    "vi": {"better": "có xu hướng tốt lên", "worse": "có xu hướng kém đi",
           "torn": "có thay đổi, chưa rõ chiều", "constant": "không đổi trong mọi kỳ",
           "few": "chưa đủ 10 kỳ để nhận xét thay đổi"},
    "en": {"better": "tends to improve", "worse": "tends to get worse",
           "torn": "changing, without one direction", "constant": "the same in every period",
           "few": "fewer than 10 periods: too few to tell a change"},
}  # fmt: skip


def check_months(counts, chart, told):
    """Compare the sentences on one unit with their evidence; return what they had to say."""
    if len(counts) < 10:
        answer = "few"
    elif len({c / n for c, n in counts}) == 1:
        answer = "constant"
    else:
        answer = {1: "better", -1: "worse", None: "torn", 0: "nothing"}[direction(counts, chart)]
    outside = [(v, v < low) for v, low, high in chart[["value", "low", "high"]].to_numpy()
               if v < low or v > high]  # fmt: skip
    for language, sentences in told.items():
        [reading] = sentences["monitor.reading"]
        assert reading["n"] == len(counts)
        assert close(reading["centre"], sum(c for c, _ in counts) / sum(n for _, n in counts))
        variation = reading["variation"]
        if answer == "nothing":
            assert variation not in TENDS[language].values()
        else:
            assert variation == TENDS[language][answer]
        assert ("monitor.tends" in sentences) == (answer in ("better", "worse"))
        text = sentences.get("monitor.outside", [{"periods": ""}])[0]["periods"]
        low = {"vi": ", thấp hơn)", "en": ", below)"}[language]
        assert text.count(low) == sum(is_low for _, is_low in outside)
        assert text.count("; ") + bool(text) == len(outside)
    return {answer}


# What a difference is made of


@pytest.mark.parametrize("seed", range(30))
def test_decomposition(seed):
    rng = np.random.default_rng(6000 + seed)
    cells = []
    for days in (JULY, AUGUST):
        for field in "xyz"[: int(rng.integers(1, 4))]:
            n, late = int(rng.choice([2, 50, 800])), rng.choice([0, 0.05, 0.3])
            bad = int(rng.binomial(n, late)) if seed % 5 else 0
            cells.append({"field": field, "on_time_count": n - bad, "late_count": bad} | days)
    tally = pd.DataFrame(cells).assign(
        unit_id="U0", basis="period", rule="strict", as_of="2026-12-31", source="x.csv"
    )
    parts = change.decompose_each(tally, ["field"])
    told = same_in_both(narrative.decomposition, parts, topic="decomposition")
    late = [tally.loc[tally["period_start_on"] == d["period_start_on"], "late_count"].sum()
            for d in (JULY, AUGUST)]  # fmt: skip
    [whole] = told["decomposition.change"]
    assert [whole["before_count"], whole["after_count"]] == late
    difference = late[1] / whole["after_total"] - late[0] / whole["before_total"]
    assert abs(whole["points"] - 100 * difference) < 0.0051
    rows = parts.set_index("component")[["low", "high"]]
    covers = rows.loc["change", "low"] <= 0 <= rows.loc["change", "high"]
    assert ("decomposition.not_clear" in told) == covers
    for part in told.get("decomposition.part", []):
        assert part["low"] <= part["points"] <= part["high"]
        assert part["low"] >= 0 or part["high"] <= 0
    steps = parts[~parts["component"].isin(["before", "after", "change"]) & (parts["value"] != 0)]
    clear = (steps["low"] > 0) | (steps["high"] < 0)
    assert len(told.get("decomposition.part", [])) == clear.sum()
    names = told.get("decomposition.unclear", [{"names": ""}])[0]["names"]
    assert names.count("; ") + bool(names) == (~clear).sum()


# What goes with lateness


@pytest.mark.parametrize("seed", range(200))
def test_drivers(seed):
    rng = np.random.default_rng(7000 + seed)
    levels = int(rng.integers(1, 12))
    effect = rng.choice([-1, 1], levels) * rng.choice([0, 0.001, 0.02, 0.2], levels)
    width = rng.choice([0.001, 0.02, 0.3], levels)
    reading = rng.choice(["estimated", "estimated", "firth", "one_cluster"], levels)
    width = np.where(reading == "estimated", width, np.nan)  # the others have no interval
    effects = pd.DataFrame({
        "term": "field", "level": [f"L{i}" for i in range(levels)], "reference": "R",
        "effect": effect, "effect_low": effect - width, "effect_high": effect + width,
        "reading": reading, "count": 5.0, "total": 50.0,
        "clusters": rng.choice([2.0, 5.0, 6.0, 20.0], levels),
    })  # fmt: skip
    empty = pd.DataFrame()
    fit = DriverFit(
        effects, empty, "fitted", 1000, 50, 20, {}, 90, False, (), (), empty, {}, empty,
        "unit_id", "jackknife", None, None, 0.95, "m", "strict", "x.csv", pd.NaT, pd.NaT, object(),
    )  # fmt: skip
    told = same_in_both(narrative.drivers, fit, topic="drivers")
    known = effects[effects["reading"] == "estimated"].to_dict("records")
    clear = {row["level"]: row for row in known if row["effect_low"] > 0 or row["effect_high"] < 0}
    named = [
        (sentence, side)
        for side in ("more", "less")
        for sentence in told.get(f"drivers.{side}", [])
    ]
    assert len(named) == min(len(clear), 5)
    for sentence, side in named:
        row = clear[sentence["level"]]
        assert (row["effect"] > 0) == (side == "more")
        assert abs(sentence["points"] - abs(100 * row["effect"])) <= 0.0501
        assert 0 <= sentence["low"] <= sentence["high"]
    few = [(sentence["group"], sentence["units"]) for sentence in told.get("drivers.few", [])]
    named_few = [clear[sentence["level"]] for sentence, _ in named]
    assert sorted(few) == sorted(
        (row["level"], row["clusters"]) for row in named_few if row["clusters"] < 6
    )
    by_firth = int((reading == "firth").sum())
    assert told.get("drivers.beside", []) == ([{"n": by_firth}] if by_firth else [])
    alone = int((reading == "one_cluster").sum())
    assert told.get("drivers.open", []) == ([{"n": alone}] if alone else [])
    assert ("drivers.none_clear" in told) == (not clear)
    further, unclear = len(clear) - len(named), len(known) - len(clear)
    assert told.get("drivers.further", []) == ([{"n": further}] if further else [])
    assert told.get("drivers.unclear", []) == ([{"n": unclear}] if unclear else [])


# The words of the phrases themselves: which way each of them points


ANCHORS = {  # phrase: what it must say in Vietnamese, in English
    "change.units": ("{up} tăng, {down} giảm", "{up} up, {down} down"),
    "change.names.up": ("Tăng: {names}", "Up: {names}"),
    "change.names.down": ("Giảm: {names}", "Down: {names}"),
    "change.unit": ("{before} → {after}", "{before} → {after}"),
    "change.none": ("chưa đủ cơ sở", "no unit can be said to have changed"),
    "decomposition.not_clear": ("chưa đủ cơ sở", "no change of the late share can be claimed"),
    "funnel.names.low": ("Thấp hơn", "Below"),
    "funnel.names.high": ("Cao hơn", "Above"),
    "case_mix.high": ("Nhiều hồ sơ trễ hạn hơn", "More late dossiers"),
    "case_mix.low": ("Ít hồ sơ trễ hạn hơn", "Fewer late dossiers"),
    "case_mix.unit": ("{observed} so với {expected}", "{observed} against {expected}"),
    "ranks.best": ("đứng đầu", "Among the first"),
    "ranks.worst": ("đứng cuối", "Among the last"),
    "ranks.pairs": ("đứng trước ở {apart} trong {pairs}", "first in {apart} of {pairs}"),
    "drivers.more": ("cao hơn {points}", "higher by {points}"),
    "drivers.less": ("thấp hơn {points}", "lower by {points}"),
    "variation.rising": ("có xu hướng tăng", "tends to rise"),
    "variation.falling": ("có xu hướng giảm", "tends to fall"),
    "monitor.low": ("thấp hơn", "below"),
    "monitor.high": ("cao hơn", "above"),
}


@pytest.mark.parametrize("key", ANCHORS)
def test_a_phrase_points_the_way_its_name_says(key):
    for language, words in zip(LANGUAGES, ANCHORS[key], strict=True):
        assert words in phrases(language)[key]
