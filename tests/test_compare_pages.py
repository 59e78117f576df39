"""The comparison pages: their sentences against their tables, their figures against both."""

import re
from html import unescape
from pathlib import Path

import pandas as pd
import pytest

from cchc_analysis import change, comparison, figures, narrative, reconciliation, sections, tables
from cchc_analysis.columns import InputError
from cchc_analysis.gazetteer import units as known_units
from cchc_analysis.sources.folder import load_unit
from cchc_analysis.wording import say

PUBLISHED = Path(__file__).resolve().parents[1] / "data" / "published"
LANGUAGES = ("vi", "en")
AUGUST = {"start_on": "2026-08-01", "end_on": "2026-08-31"}
HOSTILE = "<script>window.hit=1</script> & $a$ {unit}"


def text_of(blocks):
    """All words of some blocks, markup removed."""
    return " ".join(unescape(re.sub("<[^>]+>", " ", b.html)) + b.caption for b in blocks)


def cells_of(block):
    """The cells of a table, row by row, without head and foot."""
    body = re.search("<tbody>(.*)</tbody>", block.html, re.S)[1]
    rows = re.findall("<tr.*?</tr>", body, re.S)
    return [[unescape(c) for c in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", r)] for r in rows]


def shares(counts, **columns):
    """Estimates of one indicator: {unit: (count, total)}."""
    rows = {
        "unit_id": list(counts), "indicator": "on_time_rate",
        "period_start_on": "2026-07-01", "period_end_on": "2026-07-31",
        "count": [float(c) for c, _ in counts.values()],
        "total": [float(t) for _, t in counts.values()],
        "bounds": "none", "unit_of_measure": "share", "method": "count", "rule": "strict",
        "source": "export.csv",
    }  # fmt: skip
    return pd.DataFrame(rows | columns)


def tally(rows, **columns):
    """A tally from (unit, field, on time, late), one period."""
    names = ["unit_id", "field", "on_time_count", "late_count"]
    fixed = {
        "period_start_on": "2026-07-01", "period_end_on": "2026-09-30", "basis": "period",
        "rule": "strict", "as_of": "2026-12-31", "source": "export.csv",
    }  # fmt: skip
    return pd.DataFrame(rows, columns=names).assign(**(fixed | columns))


NINE = {name: (970 + i, 1000) for i, name in enumerate("ABCDEFGH")} | {"I": (500, 1000)}


# Phú Thọ, August 2026: the figures as the portal printed them


@pytest.fixture(scope="module")
def phu_tho():
    return load_unit("tỉnh Phú Thọ")


def printed(loaded, unit_class):
    rows = reconciliation.estimates_as_printed(loaded.published_below)
    chosen = comparison.comparable(
        rows, loaded.units, indicator="qd766_in_time_share", unit_class=unit_class, **AUGUST
    )
    return rows, chosen


def test_one_department_holds_a_third_of_what_is_late(phu_tho):
    """13,928 of 39,888 = 34.9 %; (144,625 - 14,281) / (184,513 - 28,209) = 83.4 %."""
    _, chosen = printed(phu_tho, "department")
    said = narrative.concentration(
        comparison.funnel(chosen), phu_tho.published, units=phu_tho.units, language="vi"
    )
    for number in ("39.888", "13.928", "34,9 %", "28.209", "184.513", "83,4 %", "78,4 %"):
        assert number in said[0].html
    assert "Sở Nông nghiệp và Môi trường" in said[0].html


def test_no_commune_is_singled_out_by_the_late_of_the_province(phu_tho):
    _, chosen = printed(phu_tho, "commune")
    judged = comparison.funnel(chosen)
    said = narrative.concentration(judged, phu_tho.published, units=phu_tho.units, language="en")
    assert [block.kind for block in said] == ["text", "facts"]
    assert "do not lie with one unit" in said[0].html and "628 (1.6 %)" in said[0].html


def test_august_and_september_come_with_their_warnings(phu_tho):
    """39,888 + 26,286 = 66,174 late, more than the 61,478 of the quarter, in 141 of 163 units."""
    rows, chosen = printed(phu_tho, "department")
    changes = change.compare_periods(change.adjacent(rows, chosen), units=phu_tho.units)
    both = pd.concat([phu_tho.published, phu_tho.published_below])
    checked = reconciliation.check_periods(both), reconciliation.check_readings(both)
    blocks = sections.before_after(changes, *checked, phu_tho, language="en")
    notices = text_of([b for b in blocks if b.kind == "notice"])
    for said in ("66,174", "61,478", "141 of 163", "184,513", "184,503", "24 of 163"):
        assert said in notices
    assert "read on 26 Sep" in notices and "does not bear the word improvement" in notices
    table = cells_of(next(b for b in blocks if b.kind == "table"))
    found = pd.Series([row[-1] for row in table]).value_counts()
    assert f"{found['up']} changed by more than chance" in text_of(blocks)
    assert f"for {found['cannot be said']} the interval" in text_of(blocks)


# Sentences and tables say the same


@pytest.mark.parametrize("language", LANGUAGES)
def test_ranks_are_said_as_they_stand_in_their_table(language):
    rows = shares(NINE)
    sets, chances = comparison.rank_sets(rows), comparison.best_or_worst(rows, 1)
    pairs = comparison.tell_apart(rows)
    blocks = sections.ranks(sets, chances, pairs, units=known_units(), language=language)
    pair_table, rank_table = (cells_of(b) for b in blocks if b.kind == "table")
    assert [row[1] for row in pair_table] == ["8", "28"]  # I against each of the others
    assert {row[0]: row[4] for row in rank_table}["I"] == "9"
    assert {row[0]: row[4] for row in rank_table}["A"] == say("range", language, low="1", high="8")
    said = text_of([b for b in blocks if b.kind == "text"])
    assert "8" in said and "36" in said and "28" in said
    assert say("ranks.unit.one", language, unit="I", low="9", n="9") in said
    heads = re.findall("<th scope=.col.*?</th>", next(b for b in blocks if b.kind == "table").html)
    assert not any(say("axis.rank", language) == re.sub("<.*?>", "", head) for head in heads)


def test_no_probability_is_shown_as_certain():
    rows = shares(NINE)
    sets, chances = comparison.rank_sets(rows), comparison.best_or_worst(rows, 1)
    assert chances["worst_probability"].max() == 1  # of the draws
    table = cells_of(tables.ranks(sets, chances, language="en"))
    assert {row[0]: row[-1] for row in table}["I"] == "> 99 %"
    assert {row[0]: row[-1] for row in table}["A"] == "< 1 %"


def test_false_flags_are_said_from_the_q_values():
    judged = comparison.funnel(shares(NINE))
    outside = judged[judged["outside"]]
    assert outside["unit_id"].tolist() == ["I"]
    said = text_of(narrative.funnel(judged, comparison.noticeable(judged), language="en"))
    assert "1 of the 1 units outside remain" in said
    weak = judged.assign(q_value=judged["q_value"].mask(judged["outside"], 0.3))
    said = text_of(narrative.funnel(weak, 0.5, language="en"))
    assert "0 of the 1 units outside remain" in said and "at most 0.3 are expected" in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_case_mix_sentences_name_whom_the_table_marks(language):
    """Unit J has 300 late of its 1,000, the other ten 100: it alone lies outside."""
    work = [(name, "land", 900 + i, 100 - i) for i, name in enumerate("ABCDEFGHIK")]
    ratios = comparison.standardise(tally([*work, ("J", "land", 700, 300)]), ["field"])
    blocks = sections.case_mix(ratios, units=known_units(), language=language)
    table = cells_of(next(b for b in blocks if b.kind == "table"))
    marked = [row for row in table if row[-1] == say("ratio.high", language)]
    assert [row[0] for row in marked] == ["J"]
    named = say("case_mix.unit", language, unit="J", observed=300,
                expected="114,1" if language == "vi" else "114.1", ratio=marked[0][3])  # fmt: skip
    assert named in text_of(blocks) and "K (" not in text_of(blocks)
    assert "J: 300" in next(b for b in blocks if b.kind == "figure").alt


def test_small_counts_are_left_out_of_case_mix():
    work = [(name, "land", 990, 10) for name in "ABCD"]
    ratios = comparison.standardise(tally([*work, ("E", "land", 998, 2)]), ["field"])
    blocks = sections.case_mix(ratios, units=known_units(), suppress_below=5, language="en")
    table = {row[0]: row for row in cells_of(next(b for b in blocks if b.kind == "table"))}
    assert table["E"][1:] == ["–", "–", "–", "–", "–", "left out (small counts)"]
    assert table["A"][1] == "10"


def two(before, after, **columns):
    """Two periods of {unit: (count, total)} side by side."""
    later = {"period_start_on": "2026-08-01", "period_end_on": "2026-08-31"}
    return change.compare_periods(
        pd.concat([shares(before, **columns), shares(after, **columns, **later)])
    )


def test_an_interval_that_covers_no_difference_is_not_called_one():
    """A: 95 of 100, then 96 of 100. B: 950, then 700 of 1,000."""
    changes = two({"A": (95, 100), "B": (950, 1000)}, {"A": (96, 100), "B": (700, 1000)})
    assert changes["reading"].tolist() == ["not_clear", "down"]
    none = pd.DataFrame(columns=["indicator", "period_start_on", "period_end_on", "source_on"])
    said = text_of(narrative.two_periods(changes, none, language="en"))
    assert "Down: B (95.00 % → 70.00 %)" in said and "A (" not in said
    quiet = narrative.two_periods(changes.iloc[[0]], none, language="en")
    assert "no unit can be said to have changed" in text_of(quiet)
    assert figures.slope_lines(changes, language="en")["name"].tolist() == ["", "B"]


def parts(after_late):
    later = {"period_start_on": "2026-10-01", "period_end_on": "2026-12-31"}
    before = tally([("A", "land", 700, 300), ("A", "civil", 990, 10)])
    after = tally([("A", "land", 1000 - after_late, after_late), ("A", "civil", 990, 10)], **later)
    return change.decompose_each(pd.concat([before, after]), ["field"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_decomposition_says_what_its_table_shows(language):
    """Late 310 of 2,000, then 110 of 2,000: all of it within land, -10 points."""
    found = parts(100)
    blocks = sections.decomposition(found, units=known_units(), language=language)
    table = {row[0]: row[1] for row in cells_of(next(b for b in blocks if b.kind == "table"))}
    minus_ten = "−10,00" if language == "vi" else "−10.00"
    assert table[say("component.rate", language, term="")] == minus_ten
    assert table[say("component.change", language, term="")] == minus_ten
    said = text_of([b for b in blocks if b.kind == "text"])
    assert "310/2" in said and "110/2" in said and said.count(minus_ten) == 2


def test_a_change_within_its_interval_is_said_to_be_open():
    said = text_of(narrative.decomposition(parts(302), language="en"))
    assert "no change of the late share can be claimed" in said
    assert "Lateness within the same work:" not in said


def test_decomposition_is_left_out_where_a_count_is_small():
    """3 late in the whole of the later period."""
    later = {"period_start_on": "2026-10-01", "period_end_on": "2026-12-31"}
    cells = pd.concat([tally([("A", "x", 90, 10)]), tally([("A", "x", 97, 3)], **later)])
    found = change.decompose_each(cells, ["field"])
    options = {"units": known_units(), "language": "en"}
    assert sections.decomposition(found, **options) != []
    assert sections.decomposition(found, suppress_below=5, **options) == []


def test_steps_of_the_waterfall_lead_from_before_to_after():
    steps = figures.waterfall_steps(parts(100), language="en")
    inner = steps[~steps["total"]]
    assert inner["start"].iloc[0] == pytest.approx(0.155)  # 310 of 2,000
    assert inner["end"].iloc[-1] == pytest.approx(0.055)  # 110 of 2,000


# Nothing to show, too little to say


def test_empty_tables_show_nothing():
    none = shares({})
    judged, pairs = comparison.funnel(none), comparison.tell_apart(none)
    sets, chances = comparison.rank_sets(none), comparison.best_or_worst(none, 1)
    ratios = comparison.standardise(tally([]), ["field"])
    chart = change.monitor(none)
    readings = change.readings(chart)
    units, language = known_units(), "vi"
    published = load_unit("Cần Giuộc").published
    shown = [
        sections.concentration(judged, published, units=units, language=language),
        sections.ranks(sets, chances, pairs, units=units, language=language),
        sections.case_mix(ratios, units=units, language=language),
        sections.monitor(chart, readings, language=language),
        sections.panels(none.assign(field=""), none, language=language),
        sections.decomposition(
            change.decompose_each(tally([]), ["field"]), units=units, language=language
        ),
        sections.cannot(judged, pairs, ratios, readings, language=language),
    ]
    assert shown == [[]] * 7
    assert narrative.two_periods(change.compare_periods(none), published, language="vi") == []


def test_two_units_get_a_clear_sentence_and_no_flag():
    rows = shares({"A": (9, 10), "B": (5, 10)})
    judged = comparison.funnel(rows)
    assert "too few" in text_of(narrative.funnel(judged, float("nan"), language="en"))
    ratios = comparison.standardise(tally([("A", "x", 9, 1), ("B", "x", 5, 5)]), ["field"])
    assert "Fewer than three" in text_of(narrative.case_mix(ratios, language="en"))


def test_months_too_few_are_said_to_be_too_few():
    starts = pd.date_range("2026-01-01", periods=4, freq="MS")
    rows = pd.concat([
        shares({"A": (90 + i, 100)}, period_start_on=start,
               period_end_on=start + pd.offsets.MonthEnd(0))
        for i, start in enumerate(starts)
    ])  # fmt: skip
    chart = change.monitor(rows, target=0.95)
    blocks = sections.monitor(chart, change.readings(chart), language="en")
    assert "fewer than 10 periods" in text_of(blocks)
    [drawn] = [block for block in blocks if block.kind == "figure"]
    assert "fewer than 10 periods" in drawn.alt and "93/100" in drawn.alt


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reading_has_its_icon_and_its_words(language):
    from cchc_analysis.figures.control import ASSURANCE, VARIATION

    for kind, glyphs in (("variation", VARIATION), ("assurance", ASSURANCE)):
        words = [say(f"{kind}.{reading}", language) for reading in glyphs]
        assert len(set(words)) == len(words)
        assert len(set(glyphs.values())) == len(glyphs)  # told apart without the words too


# Hostile names, many units


def test_hostile_names_are_escaped_and_drawn():
    names = {f"{HOSTILE} {i}": (970 - 40 * i, 1000) for i in range(9)}
    rows = shares(names)
    sets, chances = comparison.rank_sets(rows), comparison.best_or_worst(rows, 2)
    changes = two(names, dict.fromkeys(names, (500, 1000)))
    none = pd.DataFrame(columns=["indicator", "period_start_on", "period_end_on", "source_on"])
    pairs = comparison.tell_apart(rows)
    shown = [
        *sections.ranks(sets, chances, pairs, units=known_units(), language="en"),
        *narrative.two_periods(changes, none, language="en"),
        tables.changes(changes, language="en"),
        figures.slopes(changes, language="en"),
    ]
    html = "".join(block.html for block in shown)
    assert "<script>" not in html and "&lt;script&gt;" in html
    assert all(block.image for block in shown if block.kind == "figure")


def test_of_700_units_only_the_telling_ones_are_named():
    counts = {f"Xã {i}": (950 + i % 40, 1000) for i in range(700)} | {"Xã Ở Cuối": (100, 1000)}
    points = figures.funnel_points(comparison.funnel(shares(counts)), language="vi")
    assert len(points) == 701
    assert points.loc[points["name"] != "", "name"].tolist() == ["Xã Ở Cuối"]
    block = figures.funnel(comparison.funnel(shares(counts)), language="vi")
    assert "Xã Ở Cuối: 10,00 % (100/1.000 hồ sơ)" in block.alt


def test_ratios_never_stand_in_the_order_of_the_ratios():
    few = pd.DataFrame({
        "unit_id": ["Đông", "An", "Bình"], "ratio": [0.5, 1.5, 1.0], "low": 0.8, "high": 1.3,
        "side": ["low", "high", ""], "expected": [7.0, 5.0, 9.0], "p_value": 0.001,
    })  # fmt: skip
    assert figures.ratio_lines(few, language="vi")["label"].tolist() == ["An", "Bình", "Đông"]
    many = pd.concat([few.assign(unit_id=few["unit_id"] + str(i)) for i in range(20)])
    lines = figures.ratio_lines(many, language="vi")
    assert lines["label"].str[:2].drop_duplicates().tolist() == ["Bì", "Đô", "An"]  # 9, 7, 5
    assert (lines["name"] != "").sum() == 8


# Two periods, and periods within periods


def test_adjacent_prefers_the_period_after_and_leaves_out_wider_ones():
    days = {
        "07": ("2026-07-01", "2026-07-31"), "08": ("2026-08-01", "2026-08-31"),
        "09": ("2026-09-01", "2026-09-26"), "later": ("2026-09-01", "2026-12-31"),
        "Q3": ("2026-07-01", "2026-09-26"),
    }  # fmt: skip
    rows = {k: shares({"A": (9, 10)}, period_start_on=s, period_end_on=e)
            for k, (s, e) in days.items()}  # fmt: skip
    every = pd.concat(rows.values())

    def beside(key):
        chosen = comparison.funnel(rows[key])
        chosen = chosen.assign(rule="strict")
        return change.adjacent(every, chosen)["period_end_on"].dt.strftime("%d/%m").tolist()

    assert beside("08") == ["31/08", "26/09"]
    assert beside("09") == ["31/08", "26/09"]
    assert beside("Q3") == []


def test_periods_that_overlap_are_refused():
    rows = pd.concat([
        shares({"A": (9, 10)}),
        shares({"A": (9, 10)}, period_start_on="2026-07-15", period_end_on="2026-08-14"),
    ])  # fmt: skip
    with pytest.raises(InputError, match="do not overlap"):
        change.compare_periods(rows)


def test_intervals_of_two_periods_hold_for_all_units_at_once():
    """With 100 units the interval of one is that of 1 - 0.05/100, wider than of one alone."""
    before = {f"U{i}": (90, 100) for i in range(100)}
    many, one = two(before, before), two({"U0": (90, 100)}, {"U0": (90, 100)})
    assert many["high"].iloc[0] > one["high"].iloc[0]
    assert (many["reading"] == "not_clear").all()


def test_last_two_needs_both_periods_wholly():
    spans = change.last_two("2023-01-01", "2023-10-31")
    assert spans.astype("str").to_numpy().tolist() == [
        ["2023-05-01", "2023-07-31"], ["2023-08-01", "2023-10-31"],
    ]  # fmt: skip
    assert change.last_two("2023-06-01", "2023-10-31").empty
    assert change.last_two(pd.NaT, pd.NaT).empty
