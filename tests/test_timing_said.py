"""What figures, tables and sentences say of times, on dossiers few enough to count by hand."""

import html
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cchc_analysis.figures import timing as figures
from cchc_analysis.narrative import timing as narrative
from cchc_analysis.tables import timing as tables
from cchc_analysis.timing import (
    cohort_bias,
    cumulative_incidence,
    hazard_model,
    share_by_legal_time,
    time_quantiles,
    time_to_result,
)

KEYS = {
    "unit_id": "A", "period_start_on": "2026-01-01", "period_end_on": "2026-01-31",
    "cohort": "received", "as_of": "2026-03-31", "rule": "strict", "day_kind": "working",
    "source": "export.csv", "entry_days": 0,
}  # fmt: skip


def durations(*rows, **keys):
    columns = ["end_days", "outcome", "dossier_count", "legal_days"]
    return pd.DataFrame(rows, columns=columns).assign(**(KEYS | keys))


def sample(**keys):
    """100 dossiers due on day 3: 70 closed by then, 20 later, 10 open."""
    return durations(
        (0, "result", 20, 3.0), (2, "result", 50, 3.0), (5, "result", 20, 3.0),
        (9, "pending", 10, 3.0), **keys,
    )  # fmt: skip


def text(blocks):
    return html.unescape(" ".join(block.html for block in blocks))


# Sentences


def test_half_and_nine_tenths_are_told_with_what_is_open():
    said = text(narrative.durations(time_quantiles(sample()), language="en"))
    assert "100 dossiers received in the period 1 Jan 2026 – 31 Jan 2026, half had a result" in said
    assert "within 2 working days (95 % interval: the same day)" in said
    assert "10 of the 100 were still open on 31 Mar 2026 and are counted as such" in said
    assert "90 % had a result within 5 working days (95 % interval from 5 on" in said


def test_a_refusal_is_not_called_a_result():
    refused = durations((1, "refused", 1, 3.0), (2, "result", 9, 3.0))
    said = text(narrative.durations(time_quantiles(refused), language="en"))
    assert "had a result" not in said and "by a result, a refusal or a withdrawal" in said


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (durations((0, "result", 9, 3.0)), "on the day of receipt"),
        (durations((1, "result", 9, 3.0)), "within 1 working day ("),
        (durations((4, "result", 9, 3.0), day_kind="calendar"), "within 4 calendar days"),
        (durations((4, "pending", 9, 3.0)), "cannot be told yet; 9 of the 9 were still open"),
        (durations((4, "result", 9, 3.0), cohort="observed"), "being handled in the period"),
        (durations((4, "pending", 9, 3.0), cohort="observed"), "still open on 31 Jan 2026"),
    ],
)
def test_days_and_cohorts_have_their_words(frame, words):
    assert words in text(narrative.durations(time_quantiles(frame, shares=[0.5]), language="en"))


def test_a_share_not_reached_after_one_that_was():
    frame = durations((2, "result", 60, 3.0), (9, "pending", 40, 3.0))
    said = text(narrative.durations(time_quantiles(frame), language="vi"))
    assert "một nửa có kết quả trong vòng 2 ngày làm việc" in said
    assert "90 %: chưa đạt khi theo dõi lần cuối." in said


def test_the_share_in_time_comes_with_what_is_beside_it():
    frame = pd.concat([sample(), durations((1, "withdrawn", 10, 3.0), (1, "result", 4, np.nan))])
    said = text(narrative.legal_time(share_by_legal_time(frame), language="en"))
    assert "63.64 % (95 % interval" in said  # 70 of 110
    assert "27.27 % were still open after it" in said
    assert "Withdrawn by the due day: 9.09 %." in said
    assert "Left out, without a due date: 4." in said
    assert "110 of 114 dossiers were closed by then or followed to it" in said


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (durations((1, "pending", 7, 30.0)), "too few can have been followed to their due day"),
        (durations((1, "result", 7, np.nan)), "none of the 7 dossiers"),
        (durations((5, "result", 7, 4.0), entry_days=3, cohort="observed"), "was received in it"),
    ],
)
def test_where_no_share_can_be_told_the_page_says_why(frame, words):
    assert words in text(narrative.legal_time(share_by_legal_time(frame), language="en"))


@pytest.mark.parametrize(
    ("received", "closed", "words"),
    [
        ([(2, "result", 99, 3.0), (60, "pending", 201, 3.0)], [(2, "result", 99, 3.0)],
         "make the unit look quicker than it is"),
        ([(5, "result", 90, 3.0)], [(5, "result", 90, 3.0), (80, "result", 200, 3.0)],
         "make the unit look slower than it is"),
        ([(5, "result", 90, 3.0)], [(5, "result", 80, 3.0)], "no clear difference"),
        ([(5, "result", 40, 3.0), (9, "pending", 50, 3.0)], [(5, "result", 40, 3.0)],
         "half of them take 5 days or more"),
    ],
)  # fmt: skip
def test_the_bias_of_the_closed_is_named(received, closed, words):
    bias = cohort_bias(durations(*received), durations(*closed, cohort="closed"))
    assert words in text(narrative.cohorts(bias, language="en"))
    assert tables.cohorts(bias, language="vi").html


def hazard(frame=None, **keys):
    """Three units; civil dossiers are closed sooner."""
    rows = [
        durations(
            (1, "result", 40 + 20 * civil, 3.0), (4, "result", 30, 3.0), (6, "pending", 9, 3.0),
            unit_id=unit, field="civil" if civil else "land", **keys,
        )
        for civil in (0, 1)
        for unit in "ABC"
    ]  # fmt: skip
    frame = pd.concat(rows) if frame is None else frame
    return hazard_model(frame, ["field"], reference={"field": "land"})


def test_a_hazard_ratio_is_told_as_association():
    fit = hazard()
    said = text(narrative.hazard(fit, language="en"))
    assert "'civil' against 'land'" in said and "times as readily" in said
    assert "only 3 units" in said and "association, not cause" in said
    ratio = fit.effects["hazard_ratio"].iloc[1]
    assert f"{ratio:.2f}" in tables.hazard(fit, language="en").html


def test_no_model_no_table():
    fit = hazard(durations((1, "pending", 5, 3.0), field="land"))
    assert text(narrative.hazard(fit, language="en")).count("No dossier is closed yet") == 1
    assert tables.hazard(fit, language="en") is None


def test_groups_that_leave_no_model_are_named():
    fit = replace(hazard(), reading="separated", at_fault=(("field", "land <b>"),))
    said = text(narrative.hazard(fit, language="en"))
    assert "has no finite value" in said
    assert "It is for this group: Field 'land <b>'." in said


# Tables


def test_tables_name_their_lines_in_order_and_leave_unreached_days_open():
    frame = pd.concat([sample(field="Đất đai"), sample(field="Chứng thực", outcome="pending")])
    block = tables.durations(time_quantiles(frame, ["field"]), label="field", language="vi")
    assert block.html.index("Chứng thực") < block.html.index("Đất đai")
    for said in ("chưa đạt", "từ 5 trở lên", "31/3/2026", "export.csv", "ngày làm việc"):
        assert said in block.html
    share = tables.legal_time(share_by_legal_time(frame, ["field"]), label="field", language="vi")
    assert "70,00 %" in share.html and "20" in share.html


def test_text_of_data_is_escaped():
    frame = sample(field="<script>x</script>")
    for block in (
        tables.durations(time_quantiles(frame, ["field"]), label="field", language="en"),
        tables.legal_time(share_by_legal_time(frame, ["field"]), label="field", language="en"),
    ):
        assert "<script>" not in block.html and "&lt;script&gt;" in block.html


# Figures


@pytest.mark.parametrize("by", [[], ["legal_days"]])
def test_a_curve_says_in_words_what_it_shows(by):
    block = figures.survival(time_to_result(sample(), by), language="en")
    assert "100 dossiers; after day 9" in block.alt and "10.00 % are still open" in block.alt
    assert "Half were closed by day 2." in block.alt
    assert ("After the due day, day 3, 30.00 % are still open" in block.alt) == bool(by)
    assert block.caption.endswith("Source: export.csv.")


def test_four_legal_times_are_drawn_the_most_common_ones():
    frame = pd.concat([sample().assign(legal_days=float(k)).iloc[:k] for k in (1, 2, 3, 4)])
    frame = pd.concat([frame, durations((1, "result", 1, 7.0), (2, "result", 900, np.nan))])
    steps = figures.survival_steps(time_to_result(frame, ["legal_days"]))
    due = steps.groupby("panel")["due_days"].first().tolist()
    assert due == [4, 3, 2, 1]  # of 100, 90, 70 and 20 dossiers
    assert figures.survival(time_to_result(frame, ["legal_days"]), language="vi").alt


def test_the_thin_end_of_a_curve_is_cut_and_the_page_says_so():
    frame = durations((2, "result", 1_000, 3.0), (90, "result", 5, 3.0))
    steps = figures.survival_steps(time_to_result(frame))
    assert steps["days"].max() == 2 and steps["cut"].all()
    assert "not drawn" in figures.survival(time_to_result(frame), language="en").caption


def test_what_closed_is_stacked_and_read_out():
    frame = pd.concat([sample(), durations((3, "refused", 60, 3.0), (4, "withdrawn", 40, 3.0))])
    block = figures.incidence(cumulative_incidence(frame), language="en")
    assert "45.00 % have a result, 30.00 % are refused, 20.00 % withdrawn and 5.00 %" in block.alt


@pytest.mark.parametrize(("source", "marks"), [("simulated-a.csv", 1), ("export.csv", 0)])
def test_simulated_data_is_marked(source, marks):
    frame = sample(source=source)
    curve = figures.survival(time_to_result(frame), language="vi")
    table = tables.durations(time_quantiles(frame), language="vi")
    assert curve.caption.count("(dữ liệu mô phỏng)") == marks
    assert table.html.split("</caption>")[0].count("(dữ liệu mô phỏng)") == marks


def test_nothing_to_show_is_nothing():
    none = sample(dossier_count=0)
    assert figures.survival(time_to_result(none), language="en") is None
    assert figures.survival(time_to_result(none, ["legal_days"]), language="en") is None
    assert figures.incidence(cumulative_incidence(none), language="en") is None
    assert tables.durations(time_quantiles(none), language="en") is None
    assert tables.legal_time(share_by_legal_time(none), language="en") is None
    assert narrative.durations(time_quantiles(none), language="en") == []
    assert narrative.legal_time(share_by_legal_time(none), language="en") == []
    assert tables.cohorts(cohort_bias(none, none.assign(cohort="closed")), language="en") is None
