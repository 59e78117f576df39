"""Sentences on scorecards, units that have to act and findings against their evidence.

The rest of ``test_truth.py``: 300 random scorecards and captures, read back from the text of
both languages and held to the rule of ``docs/wording.md``.
"""

import re
from functools import cache
from html import unescape
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from said import LANGUAGES, keys_of, phrases, same_in_both, taken_apart, units_named

import cchc_analysis as cchc
from cchc_analysis import narrative
from cchc_analysis.components import component_name, group_name
from cchc_analysis.scorecards.checks import check_components

MAXIMA = {"CKMB": 18, "TDGQ": 20, "CLGQ": 12, "TTTT": 10, "MDSH": 22, "MDHL": 18}
YEAR = {"period_kind": "year", "period_start_on": "2026-01-01", "source": "portal",
        "provisional": True}  # fmt: skip
UNITS = units_named(
    *(f"{kind}-{i}" for kind in ("department", "commune") for i in range(16)),
    *(f"U{i}-{unit}" for i in range(60) for unit in range(4)),
)
DAYS = ("2026-10-05", "2026-10-10")


def on_day(day, unit="U0", **columns):
    return YEAR | {"unit_id": unit, "period_end_on": day, "captured_at": day} | columns


def frame(rows):
    names = ["group", "metric", "numerator", "denominator", "published_score"]
    table = pd.DataFrame(rows).reindex(columns=[*on_day(""), *names])
    return table.assign(captured_at=pd.to_datetime(table["captured_at"]))


# One scorecard, on two days


def draw_scores(rng):
    """Hundredths of a point of each group on two days, None where not published; the totals."""
    moves = rng.choice([0, 1, -30, 49, 50, -50, 500], 6, p=[0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1])
    left = rng.choice([0, 300, 300, 700, -100], 6)  # ties, full marks, more than full marks
    first = {code: max(100 * most - 1000 + int(x), 0) for (code, most), x in
             zip(MAXIMA.items(), rng.choice([0, 300, 450], 6), strict=True)}  # fmt: skip
    last = {code: first[code] + int(x) for code, x in zip(first, moves, strict=True)}
    if rng.random() < 0.4:
        last = {code: 100 * MAXIMA[code] - int(x) for code, x in zip(last, left, strict=True)}
    for scores in (first, last):
        for code in rng.choice(list(scores), rng.choice([0, 0, 0, 1, 6]), replace=False):
            scores[code] = None
    summed = [None if None in s.values() else sum(s.values()) for s in (first, last)]
    totals = [None if rng.random() < 0.2 else (s or 5000) + int(rng.choice([0, 0, 0, 7, -200]))
              for s in summed]  # fmt: skip
    return (first, last), summed, totals


def tables_of(unit, scores, totals):
    """The saved rows of two days; progress has counts too, which give its score on the first."""
    made = []
    for day, groups, total in zip(DAYS, scores, totals, strict=True):
        rows = [on_day(day, unit, group=code, published_score=None if s is None else s / 100)
                for code, s in groups.items()]  # fmt: skip
        rows.append(on_day(day, unit, published_score=None if total is None else total / 100))
        done = scores[0]["TDGQ"]
        if done is not None:
            rows.append(on_day(day, unit, group="TDGQ", metric="ON_TIME", numerator=done / 2,
                               denominator=1000))  # fmt: skip
        made.append(frame(rows))
    return made


def points(hundredths):
    return hundredths / 100


@cache
def scorecards():
    """120 units at once: what was drawn, and what the notebook computes of it, by unit."""
    rng = np.random.default_rng(0)
    drawn = {f"U{i}": draw_scores(rng) for i in range(120)}
    sides = [tables_of(unit, scores, totals) for unit, (scores, _, totals) in drawn.items()]
    before, now = (pd.concat(side, ignore_index=True) for side in zip(*sides, strict=True))
    tables = [before, now, cchc.explain_change(before, now), cchc.score_groups(now),
              cchc.score_totals(now), cchc.score_components(now)]  # fmt: skip
    by_unit = [{unit: rows.reset_index(drop=True) for unit, rows in table.groupby("unit_id")}
               for table in tables]  # fmt: skip
    return {
        unit: (one, [of.get(unit, table.iloc[:0])
                     for of, table in zip(by_unit, tables, strict=True)])
        for unit, one in drawn.items()
    }  # fmt: skip


@pytest.mark.parametrize("unit", [f"U{i}" for i in range(120)])
def test_scorecards(unit):
    (scores, summed, totals), tables = scorecards()[unit]
    before, now, change, now_groups, now_totals, scored = tables
    told = same_in_both(narrative.score_change, change, before, now, topic="score_change")
    known = {code: scores[1][code] - s for code, s in scores[0].items()
             if s is not None and scores[1][code] is not None}  # fmt: skip
    counted = scores[0]["TDGQ"] is not None  # progress can be computed again on both days
    groups = [dict(day) for day in scores]
    if counted and "TDGQ" not in known:
        known["TDGQ"] = 0
        groups = [day | {"TDGQ": scores[0]["TDGQ"]} for day in groups]
    sums = [None if None in day.values() else sum(day.values()) for day in groups]
    ends = totals if None not in totals else sums
    if None in ends:  # one day has a total or all groups, the other has not
        ends = [t if t is not None else s for t, s in zip(totals, sums, strict=True)]
    check_change(told, known, None if None in ends else ends[1] - ends[0])
    told = same_in_both(narrative.scorecard, now_totals, now_groups, scored, topic="scorecard")
    both = None not in (totals[1], summed[1])
    assert ("scorecard.sum.holds" in told) == (both and totals[1] == summed[1])
    assert ("scorecard.sum.fails" in told) == (both and totals[1] != summed[1])
    alike = counted and scores[1]["TDGQ"] == scores[0]["TDGQ"]
    assert told["scorecard.recomputed"] == [{"of": 6, "n": counted, "alike": alike}]
    unlike = counted and not alike and scores[1]["TDGQ"] is not None
    assert ("scorecard.unlike.all" in told) == unlike
    above = [s for code, s in scores[1].items() if s is not None and s > 100 * MAXIMA[code]]
    assert [row["score"] for row in told.get("scorecard.group_above", [])] == [
        points(s) for s in above
    ]
    for language in LANGUAGES:
        shown = glance(now_totals, now_groups, change, language)
        check_glance(shown, scores[1], known, language)


def check_change(told, known, total):
    """The groups named are those that moved half a point; no group is said to stand still else."""
    large = {code: d for code, d in known.items() if abs(d) >= 50}
    small = [d for d in known.values() if abs(d) < 50]
    apart = 0 if total is None or not known else total - sum(known.values())
    expected = [{"points": points(apart)}] if apart else []
    assert told.get("score_change.unexplained", []) == expected
    if total is None:
        assert not {"score_change.none", "score_change.groups", "score_change.unknown"} & set(told)
        return
    all_known = len(known) == 6
    assert ("score_change.none" in told) == (all_known and not large)
    assert ("score_change.unknown" in told) == (not all_known and not large)
    if not large:
        return
    [sentence] = told["score_change.groups"]
    assert sentence["change"] == points(total)
    named = [taken_apart(name, ["score_change.group"], "vi")[1]
             for name in sentence["names"].split("; ")]  # fmt: skip
    assert {row["group"]: row["points"] for row in named} == {
        group_name(code, "vi"): points(d) for code, d in large.items()
    }
    assert [abs(row["points"]) for row in named] == sorted(
        (abs(points(d)) for d in large.values()), reverse=True
    )
    assert ("score_change.some_unknown" in told) == (not all_known)
    rest = [key for key in told if key.startswith("score_change.rest")]
    whole = all_known and not apart and small
    assert rest == (["score_change.rest.one" if len(small) == 1 else "score_change.rest"]
                    if whole else [])  # fmt: skip
    for key in [*rest, *(key for key in told if key == "score_change.small.sum")]:
        assert told[key] == [{"rest": points(sum(small)), "n": len(small)}]


CLASSES = pd.DataFrame({"metric": ["ON_TIME"], "denominator": [5.0], "class_now": [np.nan]})


def glance(totals, groups, change, language):
    """The cards of a scorecard: phrase and blanks of the label, value, phrase of the note."""
    blocks = narrative.scorecard_glance(totals, groups, change, CLASSES, language=language)
    [shown] = [block.html for block in blocks if block.kind == "cards"]
    found = re.findall(r'"label">(.*?)</span>.*?"value">(.*?)</span>.*?"note">(.*?)</span>', shown)
    keys = keys_of("card", language)
    made = {}
    for label, number, note in found:
        key, blanks = taken_apart(unescape(label), keys, language)
        made[key] = blanks, unescape(number), taken_apart(unescape(note), keys, language)
    return made


def check_glance(shown, scores, known, language):
    """Most points left: of one group alone, and no group unknown could lack more."""
    left = {code: 100 * most - (scores[code] or 0) for code, most in MAXIMA.items()}
    most = [code for code in left if left[code] == max(left.values())]
    one = len(most) == 1 and max(left.values()) > 0 and scores[most[0]] is not None
    assert ("card.most_left" in shown) == one
    if one:
        blanks, number, (_, note) = shown["card.most_left"]
        assert blanks["group"] == group_name(most[0], language)
        found = taken_apart(number, ["card.points"], language)[1]
        assert found["n"] == points(left[most[0]])
        assert (note["score"], note["maximum"]) == (points(scores[most[0]]), MAXIMA[most[0]])
    if "card.change" in shown:
        key, note = shown["card.change"][2]
        if any(abs(d) >= 50 for d in known.values()):
            assert abs(note["points"]) == max(abs(points(d)) for d in known.values())
        else:
            assert key == ("card.change.none" if len(known) == 6 else "card.change.unknown")


# What the next class would take


@pytest.mark.parametrize("seed", range(60))
def test_what_it_takes(seed):
    rng = np.random.default_rng(1000 + seed)
    metrics = ["ON_TIME", "PAY_DOSSIERS", "DOSSIER_SYNC"]
    draw = lambda: rng.choice([np.nan, np.nan, 3.0], 3)  # noqa: E731
    score, target = float(rng.choice([61.5, 79.99])), float(rng.choice([70, 80]))
    highest = float(rng.choice([69.99, 80.0, 100.0]))
    classes = pd.DataFrame({
        "metric": metrics, "denominator": 9.0, "class_now": "Khá", "class_target": "Tốt",
        "decision": "QĐ", "target": target, "scope_score": score, "highest_score": highest,
        "class_verified": "not_verified", "cases_needed": draw(), "new_cases_needed": draw(),
    })  # fmt: skip
    few = pd.DataFrame({"lost": [0.0, 1.0], "largest_step": rng.choice([0.4, 0.5, 6.0], 2),
                        "cases": "petitions", "denominator": [4.0, 5.0], "score": 1.0,
                        "reading": "few_cases"})  # fmt: skip
    told = same_in_both(narrative.what_it_takes, classes, classes, few, topic="takes")
    # a late dossier stays late: only new ones count for the share in time
    ways = [classes["new_cases_needed"][0], *classes["cases_needed"][1:]]
    kind = "alone" if any(n > 0 for n in ways) else "together"
    kind = "never" if highest < target else kind
    [sentence] = told[f"takes.class.{kind}"]
    assert abs(sentence["gap"] - (target - score)) < 0.0051
    assert sentence.get("highest", highest) == highest
    lacking = [row for row in few.to_dict("records") if row["lost"] and row["largest_step"] >= 0.5]
    assert [row["n"] for row in told.get("takes.few", [])] == [r["denominator"] for r in lacking]


# Who has to act


@pytest.mark.parametrize("seed", range(60))
def test_who_acts(seed):
    rng = np.random.default_rng(2000 + seed)
    rows, sizes = (
        [],
        {"department": int(rng.choice([0, 1, 6])), "commune": int(rng.integers(0, 16))},
    )
    for kind, n in sizes.items():
        gains = rng.choice([0.0, 0.01, 0.3, 0.5, 2.0], (n, 2), p=[0.3, 0.3, 0.2, 0.1, 0.1])
        rows += [
            {"unit_id": f"{kind}-{i}", "unit_class": kind, "metric": metric, "numerator": 50.0,
             "denominator": 100.0, "gain": gains[i, m], "expected": 0.9, "missing_share": 0.1,
             "case_share": 0.2, "stands_out": bool(rng.random() < 0.1), "reading": "located"}
            for i in range(n) for m, metric in enumerate(("ON_TIME", "PAY_DOSSIERS"))
        ]  # fmt: skip
    missing = pd.DataFrame(rows, columns=ROW)
    if rows and seed % 5 == 0:
        missing.loc[0, "gain"] = np.nan
    below = frame([on_day(DAYS[1], f"X{i}", metric="ON_TIME", denominator=float(n))
                   for i, n in enumerate(rng.choice([0, 7], 4))])  # fmt: skip
    own = UNITS[UNITS["unit_id"].isin(missing["unit_id"])]
    named = cchc.units_to_act(missing, {"department": 3, "commune": 10})
    told = same_in_both(narrative.who_acts, named, missing, below, topic="acts", units=own)
    idle = int((below["denominator"] == 0).sum())
    assert told.get("acts.idle", []) == ([{"n": idle}] if idle else [])
    said_of = {name: told.get(f"acts.{name}", []) for name in
               ("named", "others", "others.more", "nobody")}  # fmt: skip
    every = [row for rows in said_of.values() for row in rows if "gain" in row]
    assert len(every) == sum(n > 0 for n in sizes.values())
    for kind, most in (("department", 3), ("commune", 10)):
        own = missing[missing["unit_class"] == kind]
        if len(own):
            check_named(said_of, own, kind, most)


ROW = ["unit_id", "unit_class", "metric", "numerator", "denominator", "gain", "expected",
       "missing_share", "case_share", "stands_out", "reading"]  # fmt: skip


def check_named(said_of, own, kind, most):
    """All that fall under the rule are named, or it is said how many are not."""
    worth = {unit: sum(g for g in of["gain"] if g >= 0) for unit, of in own.groupby("unit_id")}
    apart = set(own.loc[own["stands_out"].astype(bool), "unit_id"])
    meet = {unit for unit, gain in worth.items() if round(gain, 2) >= 0.5 or unit in apart}
    label = phrases("vi")[f"class.{kind}"]
    sentence = [row["names"] for row in said_of["named"] if row["kind"] == label]
    assert bool(sentence) == bool(meet)
    units = re.findall(rf"(?i){kind}-\d+", sentence[0]) if sentence else []
    assert set(units) <= meet and len(units) == min(len(meet), most)
    least = min((worth[unit] for unit in units), default=0)
    assert all(worth[unit] <= least + 1e-9 for unit in meet - set(units))
    n = own["unit_id"].nunique()
    gain = own["gain"].sum(skipna=False)
    [counts] = [row for name in ("others", "others.more", "nobody") for row in said_of[name]
                if row["n"] == n and (name == "nobody") == (not meet)
                and (row["gain"] == "–") == np.isnan(gain)
                and (np.isnan(gain) or abs(row["gain"] - gain) < 0.0051)
                and row.get("more", 0) == len(meet) - len(units)][:1]  # fmt: skip
    assert counts.get("kind", label) == label


# What does not fit together


def draw_captures(rng, name):
    """Counts of a few units on three days: rising as they should, or not; points of groups."""
    rows = []
    for unit in range(int(rng.integers(1, 5))):
        received = np.cumsum(rng.choice([0, 10, 10, 50, -20], 3)) + 100
        petitions = rng.choice([0, 1, 5], 3)
        idle = rng.random() < 0.2
        for day, n, asked in zip(("2026-10-01", *DAYS), received, petitions, strict=True):
            about = on_day(day) | {"unit_id": f"{name}-{unit}"}
            rows.append(about | {"group": "TDGQ", "metric": "ON_TIME", "numerator": 0,
                                 "denominator": 0 if idle else int(n)})  # fmt: skip
            other = int(n) if rng.random() < 0.5 else 100
            rows.append(about | {"group": "CKMB", "metric": "DOSSIER_SYNC", "numerator": 0,
                                 "denominator": other})  # fmt: skip
            rows.append(about | {"group": "MDHL", "metric": "PETITION_PROCESSING_ON_TIME",
                                 "numerator": 0, "denominator": int(asked)})  # fmt: skip
            for code, most in MAXIMA.items():
                score = rng.choice([1.0, most, most + 0.5], p=[0.6, 0.35, 0.05])
                rows.append(about | {"group": code, "published_score": float(score)})
    return frame(rows)


@cache
def captures():
    """60 sets of captures and what was found in them, by one call."""
    drawn = [draw_captures(np.random.default_rng(7000 + i), f"U{i}") for i in range(60)]
    found = check_components(pd.concat(drawn, ignore_index=True))
    of = found["unit_id"].str.partition("-")[0]
    return [(rows, found[of == f"U{i}"].reset_index(drop=True)) for i, rows in enumerate(drawn)]


@pytest.mark.parametrize("draw", range(60))
def test_findings(draw):
    rows, found = captures()[draw]
    own = UNITS[UNITS["unit_id"].isin(rows["unit_id"])]
    told = same_in_both(narrative.findings, found, topic="finding", units=own)
    seen = {(r["unit_id"], pd.Timestamp(r["captured_at"]), r["metric"]): r["denominator"]
            for r in rows.to_dict("records") if isinstance(r["metric"], str)}  # fmt: skip
    names = {component_name(m, "vi"): m for _, _, m in seen}
    days = sorted({day for _, day, _ in seen})

    def count(sentence, day):
        metric = names[sentence["figure"].split(" (")[0]]
        when = pd.to_datetime(sentence[f"day_{day}"], dayfirst=True)
        return seen[sentence["unit"], when, metric]

    falls = [seen[u, one, m] - seen[u, two, m] for u, d, m in seen if d == days[0]
             for one, two in pairwise(days)]  # fmt: skip
    for sentence in told.get("finding.count_fell", []):
        fall = sentence["expected"] - sentence["found"]
        assert fall == max(falls) > 0  # the largest, and a fall
        assert sentence["expected"] == count(sentence, "before")
        assert sentence["found"] == count(sentence, "at")
    assert max(falls) <= 0 or "finding.count_fell" in told
    for sentence in told.get("finding.came_and_went_count", []):
        before, at, after = (count(sentence, day) for day in ("before", "at", "after"))
        assert [sentence[n] for n in ("expected", "found", "after")] == [before, at, after]
        assert at > before >= after
    for sentence in told.get("finding.group_unchanged", []):
        assert count(sentence, "before") == count(sentence, "at") == sentence["found"]
        assert sentence["expected"] != sentence["found"]
    for key in ("finding.groups_differ", "finding.groups_differ_days"):
        assert all(row["found"] != row["expected"] for row in told.get(key, []))
    over = rows[rows["published_score"] > rows["group"].map(MAXIMA)]
    assert ("finding.above_maximum" in told) == bool(len(over))
    assert all(
        row["found"] == row["expected"] + 0.5 for row in told.get("finding.above_maximum", [])
    )
    last = rows[rows["captured_at"] == DAYS[1]]
    idle = [unit for unit, of in last.groupby("unit_id")
            if (of.loc[of["metric"] == "ON_TIME", "denominator"] == 0).all()]  # fmt: skip
    score = last.groupby("unit_id")["published_score"].sum()
    for sentence in told.get("finding.no_dossiers", []):
        assert sentence["unit"] in idle and sentence["found"] == max(score[idle])
    assert ("finding.no_dossiers" in told) == bool(idle) or len(told) > 8
