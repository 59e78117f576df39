"""Sentences on printed figures against their evidence.

The rest of ``test_truth.py``: 350 random sets of printed figures, read back from the text of
both languages and held to the rule of ``docs/wording.md``.
"""

from collections import Counter
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from functools import cache

import numpy as np
import pandas as pd
import pytest
from said import close, same_in_both, units_named

import cchc_analysis as cchc
from cchc_analysis import columns, narrative, reconciliation

YEAR = {"period_start_on": "2024-01-01", "period_end_on": "2024-12-31"}
BELOW = [f"C{i}" for i in range(4)]
UNITS = units_named("P", *BELOW).assign(parent_id=[None] + ["P"] * 4)
HABITS = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "truncation": ROUND_FLOOR,
          "ceiling": ROUND_CEILING}  # fmt: skip
NO_ROWS = {
    "rounding": reconciliation.check_rounding(columns.empty(columns.PUBLISHED)),
    "pairs": reconciliation.check_pairs(columns.empty(columns.PUBLISHED)),
    "remainder": reconciliation.bound_remainder(columns.empty(columns.PUBLISHED), ["early_rate"]),
}


def printed_as(count, total, decimals, habit):
    """A share as a source prints it, in percent, by the decimal arithmetic of the language."""
    exact = Decimal(100 * count) / Decimal(total)
    return str(exact.quantize(Decimal(1).scaleb(-decimals), HABITS[habit]))


def figure(indicator, text, count, total, unit="P", **other):
    return {"unit_id": unit, "indicator": indicator, "kind": "result", "printed": text,
            "value": float(text), "unit_of_measure": "percent", "numerator": count,
            "denominator": total, "source": "Báo Tỉnh", **YEAR, **other}  # fmt: skip


def draw_share(rng):
    """Few dossiers or many, none, all, and halves of a last digit."""
    total = int(rng.choice([1, 3, 8, 16, 200, 800, 31394, 12_000_000]))
    count = int(rng.choice([0, total, rng.integers(0, total + 1), total // 2, max(total - 1, 0)]))
    return count, total


def reconciled(**rows):
    """What is said of one of the three kinds of rows alone."""
    [topic] = rows
    tables = {**NO_ROWS, **rows}
    return same_in_both(
        narrative.reconciliation, *tables.values(), units=UNITS,
        topic={"rounding": "rounding", "pairs": "pair", "remainder": "remainder"}[topic],
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(80))
def test_rounding(seed):
    rng = np.random.default_rng(seed)
    figures, expected = [], []
    for i in range(int(rng.integers(0, 5))):
        (count, total), decimals = draw_share(rng), int(rng.integers(0, 4))
        text = printed_as(count, total, decimals, rng.choice(list(HABITS)))
        off = Decimal(int(rng.choice([0, 0, 0, 1, -1, 7]))).scaleb(-decimals)
        text = str(abs(Decimal(text) + off))
        given = {habit: Decimal(printed_as(count, total, decimals, habit)) for habit in HABITS}
        far = abs(Decimal(text) - given["half_up"]) > Decimal(1).scaleb(-decimals)
        fits = [habit for habit in HABITS if given[habit] == Decimal(text)]
        verdict = ("agrees" if {"half_up", "half_even"} & set(fits) else
                   f"only_{fits[0]}" if fits else "disagrees" if far else "last_digit")  # fmt: skip
        figures.append(figure("on_time_rate", text, count, total, f"C{i}"))
        expected.append((verdict, f"C{i}", count, total, float(text), decimals))
    if not figures:
        assert reconciled(rounding=NO_ROWS["rounding"]) == {}
        assert narrative.checked_share(NO_ROWS["rounding"], language="vi") == []
        return
    checked = reconciliation.check_rounding(pd.DataFrame(figures))
    told = reconciled(rounding=checked)
    assert sum(map(len, told.values())) == len(figures)
    for verdict, unit, count, total, text, decimals in expected:
        [said] = [row for row in told[f"rounding.{verdict}"] if row["unit"] == unit]
        assert (said["count"], said["total"], said["printed"]) == (count, total, text)
        assert close(said["exact"], count / total, max(2, decimals))
    [numbers] = same_in_both(narrative.checked_share, checked, topic="checked")["checked"]
    found = Counter(verdict for verdict, *_ in expected)
    names = {"agrees": "agrees", "truncation": "only_truncation", "ceiling": "only_ceiling",
             "last": "last_digit", "disagrees": "disagrees"}  # fmt: skip
    assert numbers == {"n": len(figures)} | {name: found[key] for name, key in names.items()}


@pytest.mark.parametrize("seed", range(60))
def test_pairs(seed):
    rng = np.random.default_rng(1000 + seed)
    (count, total), decimals = draw_share(rng), int(rng.integers(0, 3))
    first = printed_as(count, total, decimals, rng.choice(list(HABITS)))
    second = printed_as(total - count, total, decimals, rng.choice(list(HABITS)))
    if seed % 4 == 0:
        second = str(100 - Decimal(first))
    known = seed % 7 > 0
    pairs = reconciliation.check_pairs(pd.DataFrame([
        figure("on_time_rate", first, count if known else None, total),
        figure("late_rate", second, total - count if known else None, total),
    ]))  # fmt: skip
    told = reconciled(pairs=pairs)
    both = [
        habit for habit in HABITS
        if Decimal(printed_as(count, total, decimals, habit)) == Decimal(first)
        and Decimal(printed_as(total - count, total, decimals, habit)) == Decimal(second)
    ]  # fmt: skip
    if not known:
        assert told == {}
        return
    said = {"first": float(first), "second": float(second), "source": "Báo Tỉnh",
            "sum": float(Decimal(first) + Decimal(second))}  # fmt: skip
    assert told == {f"pair.{'one_habit' if both else 'no_single_habit'}": [said]}


@cache
def counts_behind(text, total, habit):
    """The whole numbers that a habit prints as this text, by trying each of them."""
    decimals = len(text.partition(".")[2])
    fits = (count for count in range(total + 1)
            if Decimal(printed_as(count, total, decimals, habit)) == Decimal(text))  # fmt: skip
    return list(fits)


@pytest.mark.parametrize("seed", range(60))
def test_remainder(seed):
    rng = np.random.default_rng(2000 + seed)
    total, decimals = int(rng.choice([1, 7, 40, 120])), int(rng.integers(0, 3))
    early = int(rng.integers(0, total + 1))
    due = int(rng.choice([0, total - early, rng.integers(0, total - early + 1)]))
    habits = rng.choice(list(HABITS), 2)
    texts = [printed_as(n, total, decimals, h) for n, h in zip((early, due), habits, strict=True)]
    rows = [figure(name, text, None, total)
            for name, text in zip(("early_rate", "due_day_rate"), texts, strict=True)]  # fmt: skip
    remainder = reconciliation.bound_remainder(pd.DataFrame(rows), ["early_rate", "due_day_rate"])
    told = reconciled(remainder=remainder)
    left = {}
    for habit in HABITS:
        ones, others = (counts_behind(text, total, habit) for text in texts)
        left[habit] = [total - a - b for a in ones for b in others if a + b <= total]
    if not left["half_up"]:  # no late dossiers can be named that fit no dossiers at all
        assert told == {}
        return
    [said] = told["remainder"]
    every = [n for some in left.values() for n in some]
    assert (said["low"], said["high"]) == (min(left["half_up"]), max(left["half_up"]))
    assert (said["lowest"], said["highest"], said["total"]) == (min(every), max(every), total)


# Sums


@pytest.mark.parametrize("seed", range(50))
def test_sums(seed):
    rng = np.random.default_rng(3000 + seed)
    parts = []
    for unit in BELOW[: int(rng.integers(0, 5))]:
        count, total = draw_share(rng)
        parts.append((unit, count, total))
    sums = [sum(row[k] for row in parts) for k in (1, 2)]
    whole = [int(max(n + rng.choice([0, 0, 0, -3, 4]), 0)) for n in sums]
    rows = [figure("qd766_in_time_share", "50.0", count, total, unit)
            for unit, count, total in [*parts, ("P", *whole)]]  # fmt: skip
    other = [int(n) for n in rng.choice([0, 5, 10], 3)]
    rows += [figure(name, str(number), None, None, unit_of_measure="dossiers")
             for name, number in zip(("on_time_count", "late_count", "resolved_count"), other,
                                     strict=True)]  # fmt: skip
    checked = cchc.check_sums(pd.DataFrame(rows), units=UNITS)
    told = same_in_both(narrative.sums, checked, units=UNITS, topic="sums")
    good = [other[0] + other[1] == other[2]]
    if len(parts) > 1:
        good += [a == b for a, b in zip(sums, whole, strict=True)]
        more = any(a > b for a, b in zip(sums, whole, strict=True))
        verdict = "holds" if all(good[1:]) else "fails" if more else "short"
        [said] = told.pop(f"sums.{verdict}")
        assert (said["unit"], said["n"]) == ("P", len(parts))
        assert [said["count"], said["total"]] == sums
        assert [said["printed_count"], said["printed"]] == whole
    assert told == {
        "sums": [{"n": len(good), "holds": good.count(True), "others": good.count(False)}]
    }


@pytest.mark.parametrize("seed", range(30))
def test_form_sums(seed):
    rng = np.random.default_rng(4000 + seed)
    gaps = rng.choice([0, 0, 0, -40, 3, 8801][: 6 if seed % 3 else 3], int(rng.integers(0, 8)))
    checked = pd.DataFrame({"gap": gaps * 1.0})
    checked["verdict"] = ["holds" if gap == 0 else "fails" for gap in gaps]
    told = same_in_both(narrative.form_sums, checked, topic="form_sums")
    wrong = [abs(gap) for gap in gaps if gap]
    if not len(gaps):
        assert told == {}
    elif not wrong:
        assert told == {"form_sums.all": [{"n": len(gaps)}]}
    else:
        said = {"n": len(gaps), "others": len(wrong), "largest": max(wrong)}
        assert told == {"form_sums.some": [said]}


# Several units


@pytest.mark.parametrize("seed", range(40))
def test_no_ranking(seed):
    rng = np.random.default_rng(5000 + seed)
    n = int(rng.integers(0, 5))
    starts = rng.choice(["2024-01-01", "2024-04-01"][: 1 + seed % 2], n)
    names = rng.choice(["on_time_rate", "on_time_rate_of_received"][: 1 + seed // 2 % 2], n)
    units, totals = rng.choice(BELOW, n), rng.choice([np.nan, 0, 900], n)
    rows = pd.DataFrame({
        "unit_id": units, "indicator": names, "period_start_on": starts, "total": totals,
        "period_end_on": "2024-12-31", "value": 0.9, "low": 0.9, "high": 0.9,
        "unit_of_measure": "share", "bounds": "none",
    })  # fmt: skip
    told = same_in_both(narrative.no_ranking, rows, units=UNITS, topic="no_ranking")
    several = len(set(units)) > 1
    assert ("no_ranking.meanings" in told) == (several and len(set(names)) > 1)
    assert ("no_ranking.periods" in told) == (several and len(set(starts)) > 1)
    assert ("no_ranking.conclusion" in told) == (len(told) > 1) == bool(told)
    for said in told.get("no_ranking.periods", []):
        assert (said["n"], said["without"]) == (n, np.isnan(totals).sum())
        assert said["periods"].count(";") == len(set(starts)) - 1
    for said in told.get("no_ranking.meanings", []):
        assert said["meanings"].count(";") == n - 1


@pytest.mark.parametrize("seed", range(30))
def test_opening_of_printed_figures(seed):
    rng = np.random.default_rng(6000 + seed)
    verdicts = ["agrees", "only_truncation", "disagrees"]
    checked = [pd.DataFrame({"verdict": rng.choice(verdicts, int(rng.integers(0, 6)))})
               for _ in range(2)]  # fmt: skip
    sums = pd.DataFrame({"verdict": rng.choice(["holds", "short", "fails"], seed % 5)})
    n = int(rng.integers(0, 5))
    figures = pd.DataFrame({"unit_id": rng.choice(BELOW, n), "source": rng.choice(["a", "b"], n)})
    for language in ("vi", "en"):
        blocks = narrative.printed_glance(figures, *checked, sums, language=language)
        html = "".join(block.html for block in blocks)
        if not n:
            assert html == ""
            continue
        shown = [f">{n}<"] + [
            f">{(table['verdict'] == good).sum()}/{len(table)}<"
            for table, good in zip((*checked, sums), ("agrees", "agrees", "holds"), strict=True)
            if len(table)
        ]  # fmt: skip
        assert html.count('class="value"') == len(shown)
        assert all(text in html for text in shown)
