"""What figures, tables and sentences say, on data small enough to read off by hand."""

import pandas as pd
import pytest

from cchc_analysis import figures, narrative, sections, tables
from cchc_analysis.drivers import late_drivers

DUE = {
    "period_start_on": "2024-01-01", "period_end_on": "2024-01-31", "basis": "due",
    "rule": "strict", "as_of": "2024-02-29", "source": "export.csv",
}  # fmt: skip


def due(cells):
    rows = pd.DataFrame(cells, columns=["unit_id", "field", "on_time_count", "late_count"])
    return rows.assign(overdue_count=0, **DUE)


def estimates(**columns):
    rows = {
        "unit_id": ["B", "A"], "field": ["Đất đai", "Chứng thực"], "indicator": "on_time_rate",
        "value": [0.9, 0.5], "low": [0.8, 0.4], "high": [0.95, 0.6], "bounds": "confidence",
        "count": [90.0, 50.0], "total": 100.0, "unit_of_measure": "share",
        "method": "wilson 95%", "rule": "strict", "source": "export.csv",
    }  # fmt: skip
    return pd.DataFrame(rows | columns)


def test_a_level_of_one_unit_is_not_said_to_cover_zero():
    """Its interval is unknown, which is neither clear of 0 nor covering it."""
    fit = late_drivers(
        due([
            ("A", "land", 80, 20), ("B", "land", 70, 30), ("C", "land", 60, 40),
            ("A", "civil", 95, 5), ("B", "civil", 85, 15), ("C", "civil", 88, 12),
            ("A", "rare", 5, 5),
        ]),
        ["field"],
    )  # fmt: skip
    alone = fit.effects.set_index("level").loc["rare"]
    assert alone["reading"] == "one_cluster"
    assert "rare" not in figures.effects(fit, language="en").alt
    assert "rare" in tables.effects(fit, language="en").html
    text = " ".join(block.html for block in narrative.drivers(fit, language="en"))
    assert "rare" not in text


def test_intervals_stand_in_the_order_of_names_and_name_the_ends():
    block = figures.intervals(estimates(), label="field", caption="figure.fields", language="en")
    assert "From 50.00 % (Chứng thực) to 90.00 % (Đất đai)" in block.alt
    html = tables.estimates(estimates(), label="field", caption="table.fields", language="vi").html
    for said in ("90,00 %", "80,00 đến 95,00 %", ">90<", ">100<", "Wilson", "strict", "export.csv"):
        assert said in html


@pytest.mark.parametrize(("source", "marks"), [("simulated-a.csv", 1), ("export.csv", 0)])
def test_simulated_data_is_marked_once_in_caption_and_table(source, marks):
    rows = estimates(source=source)
    for block in sections.fields(rows, language="vi")[-2:]:
        said = block.caption + block.html.split("</caption>")[0]
        assert said.count("(dữ liệu mô phỏng)") == marks


def test_nothing_to_show_leaves_the_heading_out():
    none = estimates().iloc[:0]
    assert sections.fields(none, language="en") == []
    assert sections.months(none, language="en") == []


def test_text_of_data_is_escaped_in_tables():
    rows = estimates(field=["<script>x</script>", "$a$ {b}"])
    html = tables.estimates(rows, label="field", caption="table.fields", language="en").html
    assert "<script>" not in html and "&lt;script&gt;" in html and "$a$ {b}" in html
    assert figures.intervals(rows, label="field", caption="figure.fields", language="en").image
