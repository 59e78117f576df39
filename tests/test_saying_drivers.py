"""What the pages on lateness and the weekly monitor say where there is little or nothing to say."""

import html
import re

import pandas as pd
import pytest

from cchc_analysis import narrative, sections
from cchc_analysis.backlog import (
    Backtest,
    backlog_ages,
    backtest_calibration,
    backtest_coverage,
    backtest_scores,
    days_to_due,
    expected_late,
    flows,
    lateness_forecast,
    warn,
)
from cchc_analysis.drivers import late_drivers, leave_unit_out, random_intercept, would_change
from cchc_analysis.report.linking import unlinked
from cchc_analysis.sources.folder import UnitData
from cchc_analysis.timing import (
    cohort_bias,
    cumulative_incidence,
    share_by_legal_time,
    time_quantiles,
    time_to_result,
)

LANGUAGES = ["vi", "en"]
MARK = {"vi": "(dữ liệu mô phỏng)", "en": "(simulated data)"}
UNITS = pd.DataFrame(
    {"unit_id": ["A"], "name": ["A"], "full_name": ["Sở A"], "unit_class": ["department"],
     "parent_id": [None], "simulated": [False]}
)  # fmt: skip


def tally(*rows, **columns):
    names = ["unit_id", "field", "on_time_count", "late_count"]
    return pd.DataFrame(rows, columns=names).assign(
        overdue_count=0, basis="due", period_start_on="2026-01-01", period_end_on="2026-06-30",
        rule="strict", as_of="2026-07-01", source="simulated.csv", **columns,
    )  # fmt: skip


def cells(land, civil, units="ABC"):
    """Every unit has as many dossiers in time and late of each field."""
    return tally(*((u, f, *n) for u in units for f, n in (("land", land), ("civil", civil))))


TALLIES = {
    "fitted": cells((70, 30), (90, 10)),
    "none_late": cells((70, 0), (90, 0)),
    "all_late": cells((0, 30), (0, 10)),
    "one_cluster": cells((70, 30), (90, 10), units="A"),
    "no_contrast": tally(("A", "land", 9, 1), ("B", "land", 8, 2)),
    "no_dossiers": cells((70, 30), (90, 10)).iloc[:0],
    "firth": cells((70, 30), (90, 0)),
}


def drivers_page(counts, language):
    """All sections of the notebook on what goes with lateness, one list each."""
    fit = late_drivers(counts, ["field"])
    return fit, [
        sections.drivers(fit, units=UNITS, language=language),
        sections.would_change(would_change(fit), fit, language=language),
        sections.cannot_separate(fit, random_intercept(counts, ["field"]), language=language),
        sections.validation(leave_unit_out(counts, ["field"]), language=language),
    ]


def text(blocks):
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", block.html) for block in blocks))


def on_page(parts):
    return [block for part in parts for block in part]


def figures_unsaid(blocks):
    return unlinked("".join(block.html for block in blocks))


# What goes with lateness


@pytest.mark.parametrize(
    ("case", "language"), [*((case, "vi") for case in TALLIES), ("fitted", "en"), ("firth", "en")]
)
def test_every_case_has_its_sentence_and_no_figure_without_a_row(case, language):
    fit, parts = drivers_page(TALLIES[case], language)
    assert fit.reading == case
    assert "nan" not in text(on_page(parts)).lower()
    for part in parts:
        assert part == [] or part[0].kind == "heading"
        assert figures_unsaid(part) == []
    if fit.model is None:
        assert [block.kind for block in parts[0]] == ["heading", "text", "text"]  # how, and why not
        assert parts[1] == []
        assert not any(block.kind in ("figure", "table") for block in parts[0])


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("none_late", "No dossier is late: there is nothing to explain."),
        ("all_late", "Every dossier is late"),
        ("one_cluster", "There is only one unit"),
        ("no_contrast", "Every factor has a single group"),
        ("no_dossiers", "No dossier has fallen due"),
        ("firth", "never or always late have no finite odds ratio"),
    ],
)
def test_why_there_is_no_model_is_said(case, words):
    assert words in text(drivers_page(TALLIES[case], "en")[1][0])


@pytest.mark.parametrize("language", LANGUAGES)
def test_effects_are_those_of_the_late_shares(language):
    """Of one factor alone: 30 % late against 10 %, of 20 % in all."""
    _, (drivers, changes, *_) = drivers_page(TALLIES["fitted"], language)
    [figure] = [block for block in drivers if block.kind == "figure"]
    point = {"vi": ",", "en": "."}[language]
    assert f"20{point}0" in figure.alt and MARK[language] in figure.alt
    assert MARK[language] in figure.caption
    assert f"20{point}0" in text(drivers)
    assert f"10{point}00 %" in text(changes) and f"−10{point}00" in text(changes)
    assert MARK[language] in text(changes)


def test_a_level_never_late_is_said_in_words_not_by_an_interval():
    """None of 270 against 90 of 300: thirty points, which the table has without an interval."""
    fit, (drivers, *_) = drivers_page(TALLIES["firth"], "en")
    row = fit.effects.set_index("level").loc["civil"]
    assert row["effect"] == pytest.approx(0.5 / 271 - 90.5 / 301, rel=1e-4)
    said = text(drivers)
    assert "−29.9" in said and "'civil': none of its 270 dossiers is late." in said
    assert "95 % interval" not in text(narrative.drivers(fit, language="en"))
    assert "Such groups: 1." in said and "No group differs" not in said
    assert narrative.drivers_glance(fit, language="en")[1].html.count("0/0") == 1
    always = late_drivers(cells((70, 30), (0, 90)), ["field"])
    assert "all of its 270 dossiers are late." in text(narrative.drivers(always, language="en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_levels_never_late_are_counted_not_the_coefficients_against_them(language):
    rows = [(u, f, *n) for u in "ABCDEFG"
            for f, n in (("big", (800, 0)), ("land", (70, 30)), ("civil", (90, 10)))]  # fmt: skip
    fit = late_drivers(tally(*rows), ["field"], reference={"field": "big"})
    parts = sections.drivers(fit, units=UNITS, language=language)
    words = {"en": ("Such groups: 1.", "never or always late: 2."),
             "vi": ("Số nhóm như vậy: 1.", "toàn hồ sơ trễ hạn: 2.")}[language]  # fmt: skip
    assert all(word in text(parts) for word in words)
    assert figures_unsaid(parts) == []
    assert not any(block.kind == "figure" for block in parts)


def test_a_change_too_small_to_matter_is_not_told():
    """One late dossier in a group of its own, beside 30,000 others."""
    few = [(u, "rare", 1, 1) for u in "ABCDEFGHIJKLMNO"]
    many = [(u, "land", 1_800, 200) for u in "ABCDEFGHIJKLMNO"]
    fit = late_drivers(tally(*few, *many), ["field"])
    changes = would_change(fit)
    assert (changes["difference_high"] < 0).any()
    assert "rare" not in text(narrative.would_change(changes, language="en"))


def test_units_of_few_dossiers_are_named_with_their_number():
    dossiers = pd.DataFrame({"unit_id": ["A"] * 40 + ["B"] * 29 + ["C"] * 15})
    loaded = UnitData("A", UNITS, dossiers, *[dossiers.iloc[:0]] * 3, pd.NaT, ())
    for language, words in (("en", "2 of the 3 units"), ("vi", "2 trong 3 đơn vị")):
        said = narrative.small_units(loaded, language=language)
        assert words in text(said) and "(C: 15; B: 29)" in text(said)
        assert figures_unsaid(said) == []
    named = text(narrative.small_units(loaded, suppress_below=20, language="en"))
    assert "C: 15" not in named and "(B: 29)" in named
    assert narrative.small_units(loaded, suppress_below=30, language="en") == []


def test_a_few_of_many_small_units_are_named():
    dossiers = pd.DataFrame({"unit_id": [f"{i:02d}" for i in range(12)]})
    loaded = UnitData("A", UNITS, dossiers, *[dossiers.iloc[:0]] * 3, pd.NaT, ())
    assert "04: 1; and 7 more)" in text(narrative.small_units(loaded, language="en"))


def test_what_cannot_be_told_apart_says_what_to_do():
    grid = cells((20, 3), (20, 2))
    pairs = pd.concat([grid.assign(channel="online"), grid.assign(channel="postal")])
    pairs.loc[(pairs["channel"] == "postal") & (pairs["field"] == "land"), "late_count"] = 0
    between = random_intercept(pairs, "field * channel")
    said = text(narrative.between_units(between, language="en"))
    assert "Merge it with a similar one" in said


def test_pairs_that_are_not_told_are_counted():
    """Each of eight fields occurs in one of four units only: eight pairs, five of them told."""
    fields = [f"F{number}" for number in range(8)]
    rows = [tally((unit, field, 9, 3)) for field, unit in zip(fields, "ABCD" * 2, strict=True)]
    fit = late_drivers(pd.concat(rows), ["field"])
    parts = narrative.cannot_separate(fit, language="en")
    said = text(parts)
    assert said.count("occurs in one unit only") == 5
    assert "Other pairs that cannot be told apart: 3." in said
    assert not figures_unsaid(parts[-2:])


def test_calibration_without_an_interval_says_so():
    found = leave_unit_out(cells((70, 30), (90, 10), units="AB"), ["field"])
    said = text(narrative.validation(found, language="en"))
    assert ("too few units for an interval" in said) == pd.isna(found.calibration.slope_low)
    assert "–" not in said


# The weekly monitor

AS_OF = pd.Timestamp("2024-05-31")


def listed(size=40):
    """Open dossiers due one to thirteen days on; every fifth is ten days overdue and waits."""
    days = pd.Series([-10 if i % 5 == 0 else i % 13 + 1 for i in range(size)], dtype="int64")
    return pd.DataFrame(
        {
            "dossier_id": [f"{i:016x}" for i in range(size)], "unit_id": "A", "field": "land",
            "procedure": pd.Series([None] * size, dtype="str"), "channel": "online",
            "received_at": AS_OF - pd.Timedelta(days=20),
            "due_at": AS_OF + pd.to_timedelta(days, "D"), "age_days": 20.0,
            "days_to_due": days.astype(float), "legal_days": 20.0 + days, "overdue": days < 0,
            "suspended": days < 0, "day_kind": "calendar", "as_of": AS_OF, "rule": "strict",
            "source": "simulated.csv",
        }
    )  # fmt: skip


def history(total, late):
    landmarks = pd.DataFrame(
        {
            "cutoff_on": pd.to_datetime(["2024-05-10", "2024-05-17"]), "unit_id": "A",
            "due_on": pd.to_datetime(["2024-05-12", "2024-05-20"]), "field": "land",
            "procedure": pd.Series([None] * 2, dtype="str"), "channel": "online",
            "received_month": 3, "days_to_due": [2.0, 3.0], "legal_days": 20.0,
            "day_kind": "calendar", "dossier_count": total, "late_count": float(late),
            "rule": "strict", "source": "simulated.csv",
        }
    )  # fmt: skip
    return lateness_forecast(landmarks, trained_on=AS_OF)


def in_and_out(ends=("2024-05-19", "2024-05-26", "2024-05-28")):
    starts = ("2024-05-13", "2024-05-20", "2024-05-27")[: len(ends)]
    return flows(
        pd.DataFrame(
            {
                "unit_id": "A", "period_start_on": starts, "period_end_on": ends,
                "basis": "period", "rule": "strict", "as_of": AS_OF, "source": "simulated.csv",
                "carried_count": [10, 13, 20][: len(ends)],
                "received_count": [4, 12, 1][: len(ends)],
                "resolved_count": [1, 5, 9][: len(ends)],
                "pending_in_time_count": [13, 20, 12][: len(ends)],
                "overdue_count": 0, "suspended_count": 0,
            }
        )
    )  # fmt: skip


def nothing_tested():
    columns = ["late_count", "dossier_count", "probability", "naive_probability"]
    told = ["weeks", "dossiers", "expected", "low", "high", "late", "inside"]
    return Backtest(
        pd.DataFrame(columns=columns, dtype=float), pd.DataFrame(columns=told, dtype=float),
        "strict", "simulated.csv",
    )  # fmt: skip


OPEN = {"many": listed(), "none": listed(0), "all overdue": listed().query("days_to_due < 0")}
LEARNT = {"much": history(150, 30), "none late": history(150, 0), "nothing": history(0, 0)}


def first_page(rows, forecast, language):
    desk = warn(rows, forecast)
    expected = expected_late(desk, forecast)
    due = days_to_due(rows)
    return sections.week(due, in_and_out(), expected, desk, units=UNITS, language=language)


def week_page(rows, forecast, language):
    desk, tested = warn(rows, forecast), nothing_tested()
    expected = expected_late(desk, forecast)
    return [
        first_page(rows, forecast, language),
        sections.early_warning(forecast, desk, expected, units=UNITS, language=language),
        sections.stock(days_to_due(rows), backlog_ages(rows), language=language),
        sections.flows(in_and_out(), language=language),
        sections.backtest(
            backtest_scores(tested), backtest_coverage(tested), backtest_calibration(tested),
            source="simulated.csv", language=language,
        ),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("open_ones", "learnt", "language"),
    [*((rows, learnt, "vi") for rows in OPEN for learnt in LEARNT), ("many", "much", "en")],
)
def test_the_week_of_any_desk_is_shown_without_a_loose_figure(open_ones, learnt, language):
    parts = week_page(OPEN[open_ones], LEARNT[learnt], language)
    assert figures_unsaid(on_page(parts)) == []
    assert "nan" not in text(on_page(parts)).lower()
    for block in on_page(parts):
        if block.kind == "figure":
            assert re.search(r"\d", block.alt) and MARK[language] in block.alt
            assert MARK[language] in block.caption
        if block.kind == "table":
            assert MARK[language] in block.html.split("</caption>")[0]


def test_the_first_page_holds_cards_expectation_and_ten_dossiers():
    [page, warning, *_] = week_page(OPEN["many"], LEARNT["much"], "vi")
    assert [block.kind for block in page] == ["heading", "cards", "table", "table"]
    assert page[3].html.count("<tr>") == 1 + 10 + 1  # head and foot
    assert "Thủ tục" not in page[3].html  # no dossier states one
    assert warning[-1].html.count("<tr>") == 1 + 20 + 1


def test_waiting_dossiers_are_not_called_overdue():
    """Eight of the forty are past their due date, and all of these wait for the applicant."""
    page = first_page(OPEN["many"], LEARNT["much"], "en")
    cards = re.findall(r'<\w+ class="value">([^<]*)<', page[1].html)
    assert cards[:2] == ["40", "0"]


def test_a_week_cut_short_is_no_verdict():
    """The last two days saw nine resolved and one received; the week before, the reverse."""
    said = text(narrative.flows(in_and_out(), language="en"))
    assert "20 May 2024 – 26 May 2024: 12 received, 5 resolved" in said and "grows" in said
    short = text(narrative.flows(in_and_out(ends=("2024-05-14",)), language="en"))
    assert "4 received, 1 resolved" in short  # there is no whole week
    page = first_page(OPEN["many"], LEARNT["much"], "en")
    assert "6 resolved, 16 received in the last 2 whole weeks" in text(page)


def test_no_week_and_no_history_are_said():
    parts = week_page(OPEN["none"], LEARNT["nothing"], "en")
    assert parts[0] == []
    assert "no past week to learn from" in text(parts[1])
    assert "No dossier is open" in text(parts[2])
    assert "not enough past weeks" in text(parts[4])
    assert sections.flows(in_and_out().iloc[:0], language="en") == []


# How long dossiers take


def durations(*rows, cohort="received"):
    columns = ["end_days", "outcome", "dossier_count", "legal_days"]
    return pd.DataFrame(rows, columns=columns).assign(
        unit_id="A", period_start_on="2026-01-01", period_end_on="2026-01-31", cohort=cohort,
        as_of="2026-03-31", rule="strict", day_kind="working", source="simulated.csv",
        entry_days=0,
    )  # fmt: skip


ENDED = {
    "all closed": [(1, "result", 60, 3.0), (5, "result", 40, 3.0)],
    "none closed": [(9, "pending", 50, 3.0)],
    "no due date": [(2, "result", 30, None), (9, "pending", 5, None)],
    "one dossier": [(2, "refused", 1, 3.0)],
    "empty": [(2, "result", 0, 3.0)],
}


@pytest.mark.parametrize(
    ("case", "language"), [*((case, "vi") for case in ENDED), ("all closed", "en")]
)
def test_times_of_any_cohort_are_shown_without_a_loose_figure(case, language):
    rows = durations(*ENDED[case]).astype({"legal_days": float})
    curve, bias = time_to_result(rows, ["legal_days"]), cohort_bias(rows, rows.iloc[:0])
    parts = [
        sections.durations(time_quantiles(rows), curve, units=UNITS, language=language),
        sections.legal_time(
            share_by_legal_time(rows), cumulative_incidence(rows), units=UNITS, language=language
        ),
        sections.cohorts(bias, units=UNITS, language=language),
    ]
    assert figures_unsaid(on_page(parts)) == []
    assert "nan" not in text(on_page(parts)).lower()
    assert all(MARK[language] in b.caption for b in on_page(parts) if b.kind == "figure")
    if case == "empty":
        assert parts[0] == parts[1] == []
