"""Sentences and key figures that no other test of truth holds to their evidence.

The rest of ``test_truth.py``: 300 random weeks, appointments, scores and openings of pages, read
back from the text of both languages and held to the rule of ``docs/wording.md``.
"""

import re
from html import unescape

import numpy as np
import pandas as pd
import pytest
from said import close, same_in_both, taken_apart, units_named, value

import cchc_analysis as cchc
from cchc_analysis import columns, narrative
from cchc_analysis.backlog import LatenessForecast
from cchc_analysis.components import score_group_name

UNITS = units_named("P", *(f"U{i}" for i in range(40)))
YEAR = {"period_start_on": "2024-01-01", "period_end_on": "2024-12-31"}
LANGUAGES = ("vi", "en")


def cards(blocks):
    """Each key figure: label, value, note, and what is said of targets."""
    html = "".join(block.html for block in blocks).replace("<wbr>", "")
    parts = re.findall(r'class="(?:label|value|note|target)">(.*?)</?span', html)
    named = re.findall(r'class="(label|value|note|target)"', html)
    found = []
    for name, text in zip(named, map(unescape, parts), strict=True):
        if name == "label":
            found.append({"target": []})
        if name == "target":
            found[-1]["target"].append(text)
        else:
            found[-1][name] = text.strip()
    return found


def card(blocks, name, language):
    """The value and the blanks of the note of a card by its phrase; None where it is not there."""
    for one in cards(blocks):
        if taken_apart(one["label"], [name], language):
            _, blanks = taken_apart(one["note"], [f"{name}.note"], language)
            return one["value"], blanks
    return None


# The desk


@pytest.mark.parametrize("seed", range(50))
def test_week_and_warning(seed):
    rng = np.random.default_rng(seed)
    bands = ["overdue_over_10", "overdue_to_10", "due_today", "due_in_2", "due_in_5", "later"]
    count = rng.choice([0, 1, 7, 1200], 6) + np.eye(6)[5]
    waiting = np.minimum(rng.choice([0, 0, 1, 5], 6), count)
    past = seed % 5 == 0
    due = pd.DataFrame({"band": bands, "count": count, "total": count.sum(), "as_of": "2024-05-31",
                        "suspended_count": np.nan if past else waiting})  # fmt: skip
    n = rng.choice([0, 1, 30, 900], 3)
    expected = pd.DataFrame({
        "weeks": [1, 2, 4], "dossiers": n, "expected": n * rng.random(3), "low": n // 4,
        "high": n, "due_until_on": pd.to_datetime(["2024-06-07", "2024-06-14", "2024-06-28"]),
    })  # fmt: skip
    if seed % 4 == 0:
        expected[["expected", "low", "high"]] = np.nan
    weeks = pd.DataFrame({"period_start_on": ["2024-05-20"], "period_end_on": ["2024-05-26"],
                          "received_count": [0], "resolved_count": [0]})  # fmt: skip
    own = count - (0 if past else waiting)
    late = int(rng.choice([0, 19, 20, 400]))
    learnt = LatenessForecast(
        "no_history" if seed % 7 == 0 else "weak" if late < 20 else "learnt", {}, None, None,
        "2024-01-07", "2024-05-26", 20, 900, late, "r", "s",
    )  # fmt: skip
    for language in LANGUAGES:
        blocks = narrative.week(due, weeks, expected, language=language)
        shown = {one["label"]: one for one in cards(blocks)}
        note = "week.of_open.past" if past else "week.of_open"
        for key, some in (("overdue", own[:2]), ("soon", own[2:5])):
            [one] = [shown[t] for t in shown if taken_apart(t, [f"week.{key}"], language)]
            assert value(one["value"], language) == some.sum()
            _, blanks = taken_apart(one["note"], [note], language)
            assert blanks["n"] == count.sum() and close(blanks["share"], some.sum() / count.sum())
        ahead = card(blocks, "week.expected", language)
        assert (ahead is None) == (seed % 4 == 0)
        if ahead:
            row = expected.iloc[1]
            assert abs(value(ahead[0], language) - row["expected"]) <= 0.5
            told = {name: ahead[1][name] for name in ("low", "high", "n")}
            assert told == {"low": row["low"], "high": row["high"], "n": row["dossiers"]}
    desk = pd.DataFrame({"x": [1] * (seed % 3 > 0)})
    told = same_in_both(narrative.early_warning, learnt, desk, topic="backlog")
    if learnt.reading == "no_history" or desk.empty:
        none = "no_history" if learnt.reading == "no_history" else "no_dossiers"
        assert list(told) == [f"backlog.warning.{none}"]
        return
    rests = told["backlog.warning.rests"][0]
    assert (rests["n"], rests["dossiers"], rests["late"]) == (20, 900, late)
    assert told.get("backlog.warning.weak", []) == ([{"late": late}] if late < 20 else [])


@pytest.mark.parametrize("seed", range(80))
def test_appointments(seed):
    rng = np.random.default_rng(1000 + seed)
    rows = []
    for i in range(int(rng.integers(0, 4))):
        n = int(rng.choice([0, 1, 6, 4000]))
        first = int(rng.integers(0, n + 1))
        late, moved = int(rng.integers(0, first + 1)), int(rng.integers(0, n + 1))
        sorry = int(rng.integers(0, first + 1))
        in_time = int(rng.integers(0, sorry + 1))
        row = {"dossier_count": n, "late_count": late, "late_first_count": first,
               "moved_count": moved, "reappointed_again_count": int(rng.integers(0, moved + 1)),
               "apologised_count": sorry, "apologised_in_time_count": in_time,
               "apologised_after_count": sorry - in_time,
               "no_apology_count": first - sorry}  # fmt: skip
        unknown = rng.choice(list(row), int(rng.integers(0, 4)))  # not told, or too few to show
        rows.append({"unit_id": f"U{i}", **YEAR} | row | dict.fromkeys(unknown, np.nan))
    table = pd.DataFrame(rows, columns=list(rows[0]) if rows else ["unit_id"])
    told = same_in_both(narrative.appointments, table, topic="appointments", units=UNITS)
    spoken = {s["unit"]: s for key in ("both", "latest", "of")
              for s in told.get(f"appointments.{key}", [])}  # fmt: skip
    again, sorry = [], []
    for row in rows:
        known = {name: number for name, number in row.items() if number == number}
        said = spoken.pop(row["unit_id"], {})
        if "late_count" in known and known.get("dossier_count"):
            assert (said["n"], said["late"]) == (row["dossier_count"], row["late_count"])
            assert close(said["share"], row["late_count"] / row["dossier_count"])
        if {"late_first_count", "moved_count"} <= set(known) and "late_first" in said:
            assert (said["late_first"], said["moved"]) == (
                row["late_first_count"],
                row["moved_count"],
            )
            assert close(said["share_first"], row["late_first_count"] / row["dossier_count"])
        else:
            assert "late_first" not in said
        if "reappointed_again_count" in known:
            again.append(row["reappointed_again_count"])
        base = known.get("late_first_count", known.get("late_count", 0))
        names = ("apologised_count", "apologised_in_time_count", "apologised_after_count",
                 "no_apology_count")  # fmt: skip
        parts = [known.get(name) for name in names]
        if base and None not in parts and parts[0] + parts[3] == base:
            sorry.append(dict(zip(("apologised", "in_time", "after", "none"), parts, strict=True))
                         | {"base": base})  # fmt: skip
        speaks = "n" in said or "reappointed_again_count" in known
        assert bool(said) or not speaks  # no number without the unit it is of
    assert spoken == {}
    assert told.get("appointments.again", []) == [{"again": n} for n in again if n]
    assert len(told.get("appointments.again.none", [])) == again.count(0)
    assert told.get("appointments.apologies", []) == sorry


# Scores


GROUPS = {"qd766_score_tdgq": 20, "qd766_score_ckmb": 18, "qd766_score_mdhl": 18}


def estimates(unit, indicator, number, measure="points"):
    return {"unit_id": unit, "indicator": indicator, "value": number, "unit_of_measure": measure,
            "bounds": "none", "method": "m", "rule": "as_published", "source": "x",
            **YEAR}  # fmt: skip


@pytest.mark.parametrize("seed", range(60))
def test_variance(seed):
    rng = np.random.default_rng(2000 + seed)
    n, highest = int(rng.integers(2, 12)), np.array(list(GROUPS.values()))
    scores = rng.choice([0, 0.001, 0.5, 0.501, 1.0][: 2 + seed % 4], (n, 3)) * highest
    scores[:, 1] = scores[0, 1] if seed % 3 == 0 else scores[:, 1]
    rows = [estimates(f"U{i}", name, scores[i, j])
            for i in range(n) for j, name in enumerate(GROUPS)]  # fmt: skip
    shares = cchc.variance_shares(pd.DataFrame(rows))
    total = scores.sum(axis=1)
    for language in LANGUAGES:
        blocks = narrative.variance(shares, language=language)
        if len(set(total.round(9))) == 1:
            assert blocks == []
            continue
        parts = [np.dot(scores[:, j], total - total.mean()) for j in range(3)]
        parts = np.array(parts) / np.dot(total, total - total.mean())
        said = {}
        for block in blocks:
            text = unescape(re.sub("<.*?>", "", block.html))
            key, blanks = taken_apart(text, ["variance", "variance.against"], language)
            for one in re.split(r"(?<=\)); ", blanks["names"]):
                group, share, points = re.fullmatch(
                    r"(.+?) ((?:[<>] )?−?[\d.,]+ %) \(.*?(\d+ %).*\)", one
                ).groups()
                said[group] = (key, value(share, language), value(points, language))
        assert len(said) == sum(abs(parts) > 1e-12)
        for name, part, top in zip(GROUPS, parts, highest, strict=True):
            if abs(part) > 1e-12:
                [(key, share, points)] = [said.pop(g) for g in list(said)
                                          if g in score_group_name(name, language)]  # fmt: skip
                assert key == ("variance" if part > 0 else "variance.against")
                assert share * part > 0
                assert abs(share - 100 * part) <= 0.50001 or abs(share) == 1 > abs(100 * part)
                assert close(points, top / highest.sum(), 0)


@pytest.mark.parametrize("seed", range(60))
def test_counted_twice_and_the_same_everywhere(seed):
    rng = np.random.default_rng(3000 + seed)
    n = int(rng.integers(1, 9))
    first = rng.choice([0.2, 0.6, 1.0, 1 / 3][: 1 + seed % 4], n)
    noise = rng.choice([0.0, 0.01, 0.3]) * rng.random(n)
    sign = 1 if seed % 5 else -1
    names = ("qd766_in_time_share", "qd766_dossier_receiving_satisfaction")
    second = 0.5 + sign * (first - noise) / 3
    rows = pd.DataFrame([
        estimates(f"U{i}", name, number, "share")
        for name, side in zip(names, (first, second), strict=True) for i, number in enumerate(side)
    ])  # fmt: skip
    none = columns.empty(columns.ESTIMATES)
    told = same_in_both(narrative.twice, cchc.repeated_counts(rows), none, topic="twice")
    x, y = first - first.mean(), second - second.mean()
    apart = len(set(first.round(9))) > 1 < len(set(second.round(9))) and n > 2
    r = (x @ y) / np.sqrt((x @ x) * (y @ y)) if apart else np.nan
    assert ("twice" in told) == (r > 0.99)
    if r > 0.99:
        assert abs(told["twice"][0]["r"] - r) <= 0.6e-5
    before = rows.assign(period_end_on="2023-12-31")  # the same units a year before
    both = pd.concat([rows, before]) if seed % 2 else rows
    pairs = cchc.repeated_counts(rows).iloc[:0]
    told = same_in_both(narrative.twice, pairs, both, topic="same_everywhere")
    alike = [side[0] for side in (first, second) if n > 1 and len(set(side)) == 1]
    said = told.get("same_everywhere", [])
    assert [row["n"] for row in said] == [n] * len(alike)
    assert all(any(close(row["share"], share) for share in alike) for row in said)


@pytest.mark.parametrize("seed", range(50))
def test_scales_plans_and_few_cases(seed):
    rng = np.random.default_rng(4000 + seed)
    n = int(rng.integers(0, 5))
    scores = pd.DataFrame({
        "unit_id": [f"U{i}" for i in range(n)],
        "index": rng.choice(["local_par", "par_index"], n),
        "points": rng.choice([67.29, np.nan], n), "share": rng.choice([0.6937, np.nan], n),
        "maximum": rng.choice([97.0, 83.5, 100.0], n),
        "verdict": rng.choice(["agrees", "disagrees"], n),
        "decision": rng.choice(["QĐ 1/QĐ-UBND", None], n),
    })  # fmt: skip
    told = same_in_both(narrative.index_scales, scores, topic="index_scales", units=UNITS)
    said = {row["unit"]: row for row in told.get("index_scales.one", [])}
    for row in scores.to_dict("records"):
        whole = (
            row["index"] == "local_par"
            and isinstance(row["decision"], str)
            and row["verdict"] == "agrees"
        )
        whole = whole and row["points"] > 0 and row["share"] > 0 and row["maximum"] != 100
        assert (row["unit_id"] in said) == bool(whole)
        if whole:
            one = said[row["unit_id"]]
            assert (one["points"], one["maximum"]) == (67.29, row["maximum"])
            assert close(one["share"], 0.6937)
    measure = rng.choice(["tasks", "percent"], n)
    totals, values = rng.choice([29.0, 40.0, np.nan], n), rng.choice([0.0, 21.0, 12.5, np.nan], n)
    plans = pd.DataFrame({
        "unit_id": [f"U{i}" for i in range(n)], "indicator": "tasks_started_count",
        "kind": rng.choice(["result", "target"], n), "value": values, "total": totals,
        "unit_of_measure": measure, "source": "x",
    })  # fmt: skip
    told = same_in_both(narrative.plans, plans, topic="plans", units=UNITS)
    assert {row["unit"]: (row["value"], row["total"]) for row in told.get("plans.one", [])} == {
        row["unit_id"]: (row["value"], row["total"]) for row in plans.to_dict("records")
        if row["kind"] == "result" and row["value"] >= 0 and row["total"] > 0
        and row["unit_of_measure"] == "tasks"
    }  # fmt: skip
    cases = int(rng.integers(0, 14))
    good = [int(rng.integers(0, cases + 1)) for _ in range(2)]
    few = cchc.few_cases(pd.DataFrame({
        "unit_id": "U1", "period_kind": "year", "captured_at": "2026-10-10",
        "period_start_on": "2026-01-01", "period_end_on": "2026-10-10",
        "group": "MDHL", "source": "portal", "numerator": good, "denominator": cases,
        "metric": ["PETITION_PROCESSING_ON_TIME", "PETITION_HANDLING_SATISFACTION"],
    }))  # fmt: skip
    told = same_in_both(narrative.few_cases, few, topic="handful", units=UNITS)
    lost = 12 - sum(6 * part / cases for part in good) if cases else 0
    if not 0 < cases <= 10 or lost < 0.005:  # without a case nothing is lost
        assert told == {}
        return
    [said] = told["handful"]
    assert (said["unit"], said["n"], said["maximum"]) == ("U1", cases, 12)
    assert abs(said["lost"] - lost) <= 0.011 and abs(said["step"] - 12 / cases) <= 0.011
