"""Key figures say which target applies and whether it is met; bars show the share of their cell."""

import re
from html import unescape
from types import SimpleNamespace

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

import cchc_analysis as cchc
from cchc_analysis import narrative
from cchc_analysis.columns import ESTIMATES, PUBLISHED, check, empty
from cchc_analysis.display import card, cards
from cchc_analysis.report.workbook import write_workbook
from cchc_analysis.tables.markup import table_block

NAN = float("nan")
YEAR = ("2024-01-01", "2024-12-31")
HALF = ("2024-01-01", "2024-06-30")
HOSTILE = '"><script>alert(1)</script>'


def text_of(html):
    whole = html.replace("<wbr>", "")  # where a line may end is no space
    return " ".join(unescape(re.sub("<[^>]+>", " ", whole)).split())


def shown(blocks):
    """The cards of some blocks: label, value, note with what is said of targets."""
    html = "".join(block.html for block in blocks if block.kind == "cards")
    ends = {"label": "</span> <span", "value": "</span> <span", "note": "</span></div>"}
    parts = [re.findall(f'class="{name}">(.*?){end}', html) for name, end in ends.items()]
    return [tuple(map(text_of, one)) for one in zip(*parts, strict=True)]


def rate(count, total, low, high, *, days=YEAR, rule="strict", bounds="confidence", **other):
    row = {
        "unit_id": "vn63-04", "period_start_on": days[0], "period_end_on": days[1],
        "indicator": "on_time_rate", "value": count / total if total else NAN, "low": low,
        "high": high, "bounds": bounds, "count": count, "total": total,
        "unit_of_measure": "share", "method": "wilson", "rule": rule, "source": "export.csv",
    }  # fmt: skip
    return check(pd.DataFrame([{**row, **other}]), ESTIMATES)


def goal(target, comparison=">=", **other):
    row = {
        "unit_id": "vn63-04", "indicator": "on_time_rate", "comparison": comparison,
        "target": target, "valid_from": YEAR[0], "valid_to": YEAR[1],
        "document": "Kế hoạch 12/KH-UBND", "document_on": "2023-12-20", "source": "a newspaper",
    }  # fmt: skip
    return pd.DataFrame([{**row, **other}])


def printed(value, **other):
    row = {
        "unit_id": "vn63-04", "indicator": "on_time_rate", "kind": "result",
        "printed": str(value), "value": value, "decimals": 1, "unit_of_measure": "percent",
        "period_start_on": YEAR[0], "period_end_on": YEAR[1], "source": "a newspaper",
    }  # fmt: skip
    return check(pd.DataFrame([{**row, **other}]), PUBLISHED)


def opening(rates, published, targets, language="en"):
    figures = pd.concat([rates, cchc.estimates_as_printed(published)], ignore_index=True)
    judged = cchc.attainment(figures, targets)
    return narrative.glance(rates, published, judged, language=language)


NONE_PRINTED, NONE_COUNTED = empty(PUBLISHED), empty(ESTIMATES)


@pytest.mark.parametrize(
    ("figure", "target", "said"),
    [
        (rate(990, 1000, 0.982, 0.995), goal(0.98), "Target for 2024, 98 % or more: attained."),
        (rate(990, 1000, 0.982, 0.995), goal(0.999), "99.9 % or more: missed."),
        (
            rate(985, 1000, 0.975, 0.991), goal(0.98),
            "attained by the counts, but the 95 % interval contains the target: a similar"
            " period might",
        ),
        (rate(979, 1000, 0.968, 0.986), goal(0.98), "missed by the counts, but the 95 % interval"),
        # exactly on the target: 'or more' is met by the counts, 'above' is not
        (rate(980, 1000, 0.969, 0.987), goal(0.98), "attained by the counts"),
        (rate(980, 1000, 0.969, 0.987), goal(0.98, ">"), "above 98 %: missed by the counts"),
        # half of the target's year
        (
            rate(990, 1000, 0.982, 0.995, days=HALF), goal(0.98),
            "attained (up to 30 Jun 2024; the target runs to 31 Dec 2024).",
        ),
        (
            rate(985, 1000, 0.975, 0.991, days=HALF), goal(0.98),
            "open, because the 95 % interval contains the target (up to 30 Jun 2024; the target",
        ),
    ],
)  # fmt: skip
def test_a_computed_rate_says_its_target_document_reading_and_rule(figure, target, said):
    [(label, _, note)] = shown(opening(figure, NONE_PRINTED, target))
    assert label == "On-time rate, early ones included"
    assert said in note
    assert "From Kế hoạch 12/KH-UBND." in note
    assert note.endswith("The target names no counting rule; it is read by the rule given here.")


@pytest.mark.parametrize(
    ("figure", "target", "said"),
    [
        (printed(98.4), goal(0.98), "98 % or more: attained."),
        (printed(97.6), goal(0.98), "98 % or more: missed."),
        (printed(98.0), goal(0.98), "open, because the printed figure is rounded or a range."),
        # the counts printed beside decide where the last digit cannot
        (printed(98.0, numerator=9796, denominator=10000), goal(0.98), "or more: missed."),
        (printed(98.0, numerator=9801, denominator=10000), goal(0.98), "or more: attained."),
    ],
)
def test_a_printed_rate_is_read_with_its_last_digit(figure, target, said):
    [(_, _, note)] = shown(opening(NONE_COUNTED, figure, target))
    assert said in note
    assert "counting rule" not in note  # it was counted by whoever printed it


@pytest.mark.parametrize("target", [
    goal(0.98, unit_id="vn63-60"),  # that of another unit
    goal(0.98, valid_from="2023-01-01", valid_to="2023-12-31"),  # of another year
    goal(0.98, indicator="on_time_rate_of_received"),  # of another denominator
])  # fmt: skip
def test_no_other_target_is_set_beside_a_figure(target):
    first = shown(opening(rate(990, 1000, 0.982, 0.995), NONE_PRINTED, target))[0]
    assert "Target" not in first[2]
    assert "counting rule" not in first[2]


def test_vietnamese_says_the_same():
    [(_, _, note)] = shown(
        opening(rate(985, 1000, 0.975, 0.991), NONE_PRINTED, goal(0.98), language="vi")
    )
    assert "Chỉ tiêu 2024, từ 98 % trở lên: đạt theo số đếm, nhưng khoảng 95 % chứa" in note
    assert "Theo Kế hoạch 12/KH-UBND." in note


def test_tuy_phong_shows_its_four_targets_and_no_result_for_them():
    """Founding article 003, paragraph 12: targets of 2024, of which no result was printed."""
    unit = cchc.load_unit("Tuy Phong")
    figures = cchc.estimates_as_printed(unit.published)
    judged = cchc.attainment(figures, cchc.targets_on_record(unit.published))
    for language, words in (
        ("en", ("98 % or more: no figure. From", "50 % or more", "80 % or more", ", 100 %:")),
        ("vi", ("từ 98 % trở lên: không có số liệu. Theo", "từ 50 %", "từ 80 %", ", 100 %:")),
    ):
        first, *others = shown(
            narrative.glance(NONE_COUNTED, unit.published, judged, language=language)
        )
        assert first[1] == ("69.37 %" if language == "en" else "69,37 %")
        assert [value for _, value, _ in others] == ["–"] * 4
        assert all(word in note for word, (_, _, note) in zip(words, others, strict=True))


def test_at_most_six_figures_and_one_line_for_a_common_source():
    unit = cchc.load_unit("tỉnh Phú Thọ")
    judged = cchc.attainment(NONE_COUNTED, cchc.targets_on_record(unit.published))
    blocks = narrative.glance(NONE_COUNTED, unit.published, judged, language="vi")
    assert [block.kind for block in blocks] == ["heading", "cards", "facts"]
    assert len(shown(blocks)) == 6
    # 596,701 of 670,094 on 10 Oct 2026, as the portal shows
    assert shown(blocks)[0][1:] == ("89,05 %", "596.701/670.094")
    assert shown(blocks)[1][1:] == ("62,18", "trên 100")
    assert "1/1/2026 – 10/10/2026" in blocks[2].html


def test_the_national_page_shows_the_target_of_the_country():
    """Printed by kinhtedothi.vn: 45.8 % of 2024 against a target of 50 %; three held, none met."""
    published = cchc.load_published("")
    figures = cchc.estimates_as_printed(published)
    judged = cchc.attainment(figures, cchc.targets_on_record(published))
    ranks = pd.DataFrame({"rank": [1.0, 2.0, NAN], "swap_count": [0.0, 3.0, NAN]})
    found = pd.DataFrame({
        "first": ["qd766_score"], "second": "qd766_in_time_share", "spearman": -0.17,
        "unit_count": 34,
    })  # fmt: skip
    totals = pd.DataFrame({"value": [60.0, 65.0, NAN]})
    blocks = narrative.indices_glance(totals, ranks, found, judged, unit_id="vn", language="en")
    told = shown(blocks)
    assert [value for _, value, _ in told] == ["62.50", "1/2", "−0.17", "0/3", "45.8 %"]
    assert "Target for 2024, 50 % or more: missed. From kinhtedothi.vn." in told[4][2]
    assert len(shown(narrative.indices_glance(
        totals, ranks, found, judged, unit_id="vn34-25", language="en"))) == 4  # fmt: skip


def test_nothing_to_show_is_no_section():
    judged = cchc.attainment(NONE_COUNTED, goal(0.98))
    assert narrative.glance(NONE_COUNTED, NONE_PRINTED, judged, language="vi") == []


def test_a_comparison_opens_with_the_share_together_and_who_stands_out():
    """By hand: 90 + 30 + 20 of 100 + 50 + 20 dossiers; the fourth unit has none."""
    judged = pd.DataFrame({
        "unit_id": list("ABCD"), "indicator": "on_time_rate", "value": [0.9, 0.6, 1.0, NAN],
        "count": [90, 30, 20, NAN], "total": [100, 50, 20, 0], "low": [0.7, 0.7, 0.5, NAN],
        "side": ["", "low", "", ""],
    })  # fmt: skip
    found = shown(narrative.comparison_glance(judged, language="en"))
    assert [value for _, value, _ in found] == ["3", "82.35 %", "60.00 % to 100 %", "1"]
    assert "140/170 dossiers" in found[1][2]
    assert "median of the units: 90.00 %" in found[2][2]
    assert found[3][2].startswith("below: 1, above: 0; outside is unusual")
    assert narrative.comparison_glance(judged.iloc[:1], language="en") == []


def test_drivers_open_with_what_is_clear_and_name_no_cause():
    effects = pd.DataFrame({
        "term": "channel", "level": ["online", "post", "paper"], "reference": "direct",
        "effect": [-0.04, 0.09, 0.2], "effect_low": [-0.06, -0.01, 0.1],
        "effect_high": [-0.02, 0.19, 0.3], "count": [10.0, 20.0, NAN], "total": 100.0,
        "clusters": 12.0,
    })  # fmt: skip
    fit = SimpleNamespace(model=True, late=30, dossiers=200, rule="strict", clusters=12,
                          small_clusters={"a": 3}, effects=effects)  # fmt: skip
    found = shown(narrative.drivers_glance(fit, language="en"))
    assert [value for _, value, _ in found] == ["15.00 %", "12", "1/2", "−4.0"]
    assert "no cause is named" in found[3][2]  # the level left out is not the largest
    fit.model = None
    assert narrative.drivers_glance(fit, language="en") == []


# Bars


def body(shares, texts=None, **options):
    texts = texts or [f"{share:.1%}" for share in shares]
    rows = [[f"row {number}", text, "7"] for number, text in enumerate(texts)]
    heads = ["column.unit_id", "column.value", "column.count"]
    return table_block("table.fields", heads, rows, "en", ["x"], **options).html


def test_a_bar_is_as_long_as_its_share_and_leaves_the_number_alone():
    shares = [0.0, 0.256, 1.0, NAN, 1.02, -0.1]
    html = body(shares, bars={1: shares})
    assert re.findall(r"--part:([\d.]+)%", html) == ["0.0", "25.6", "100.0"]
    plain = body(shares)
    assert "--part" not in plain
    assert text_of(html) == text_of(plain)
    assert html.count("<td") == plain.count("<td") and html.count('class="num') == plain.count(
        'class="num'
    )


def test_small_shares_are_drawn_against_the_largest_and_show_no_whole():
    html = body([0.04, 0.16, 0.08], bars={1: [0.04, 0.16, 0.08]})
    assert re.findall(r'class="([^"]*)" style="--part:([\d.]+)%"', html) == [
        ("num bar free", "25.0"), ("num bar free", "100.0"), ("num bar free", "50.0"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "shares", [[0.5, NAN], [0.0, 0.0], [0.95, 0.99], [0.301, 0.3], [1.2, -1.0], []]
)
def test_bars_that_would_look_alike_are_left_out(shares):
    assert "--part" not in body(shares, bars={1: shares})


def test_workbooks_do_not_see_bars(tmp_path):
    shares = [0.25, 0.75]
    books = []
    for name, options in (("plain", {}), ("bars", {"bars": {1: shares}})):
        page = f"<body><main><h1>A</h1>{body(shares, **options)}</main></body>"
        path = tmp_path / f"{name}.xlsx"
        assert write_workbook(page, path, language="en")
        book = CalamineWorkbook.from_path(path)
        books.append([book.get_sheet_by_name(sheet).to_python() for sheet in book.sheet_names])
    assert books[0] == books[1]


def test_targets_and_cells_are_escaped():
    html = cards([card("a", "b", "c", targets=[HOSTILE])]).html
    html += body([0.1, 0.2], texts=[HOSTILE, HOSTILE], bars={1: [0.1, 0.2]})
    assert "<script" not in html
    assert html.count("&lt;script&gt;") == 3


def test_the_leaders_sheet_keeps_the_target_in_the_note(tmp_path):
    html = cards([card("On time", "98.50 %", "985/1,000.", targets=["Target: 98 %."])]).html
    page = f"<body><main><h1>A</h1>{html}{body([0.1, 0.2])}</main></body>"
    path = tmp_path / "x.xlsx"
    write_workbook(page, path, language="en")
    book = CalamineWorkbook.from_path(path)
    rows = book.get_sheet_by_name(book.sheet_names[0]).to_python()
    assert ["On time", "98.50 %", "985/1,000. Target: 98 %."] in rows


def test_a_number_with_a_remark_may_wrap_and_is_still_a_number_column():
    html = body([0.1, 0.2], texts=["61,478", "61,478 (whole period; seen: 2 of its parts)"])
    assert html.count('<td class="num">') == 3
    assert html.count('<td class="num wrap">') == 1


def test_a_computed_and_a_printed_rate_are_each_read_for_themselves():
    figure = rate(990, 1000, 0.982, 0.995)
    computed, as_printed = shown(opening(figure, printed(97.6), goal(0.98)))
    assert (computed[1], as_printed[1]) == ("99.00 %", "97.6 %")
    assert computed[2].count("Target for") == 1 and "98 % or more: attained." in computed[2]
    assert as_printed[2].count("Target") == 1 and "98 % or more: missed." in as_printed[2]


@pytest.mark.parametrize(
    ("unit", "number"),
    [
        ("Cần Giuộc", 5), ("Bà Rịa - Vũng Tàu", 4), ("Hà Giang", 5), ("tỉnh Gia Lai", 6),
        ("tỉnh Khánh Hòa", 6), ("Cẩm Xuyên", 1),  # one range of years is all that was printed
    ],
)  # fmt: skip
def test_a_profile_shows_four_to_six_figures_where_they_were_printed(unit, number):
    published = cchc.load_unit(unit).published
    figures = cchc.estimates_as_printed(published)
    judged = cchc.attainment(figures, cchc.targets_on_record(published))
    blocks = narrative.glance(NONE_COUNTED, published, judged, language="vi")
    assert len(shown(blocks)) == number
