"""Pages that go outside: small counts left out, said so; the form as a workbook; own rules."""

import json
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_export import UNIT, write_export

import cchc_analysis as cchc
from cchc_analysis import cli, narrative, sections
from cchc_analysis.columns import FORMS
from cchc_analysis.sources.forms import read_forms

OWN_RULE = """
name = "by_return"
vi = "Đồng hồ dừng khi trả kết quả."
en = "The clock ends when the result is handed over."
withdrawn = "apart"
suspended = "apart"
undated = "apart"
finished_by = "date"
bases = ["period"]
ends = "returned"
finished_statuses = [10]
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("publishing")
    export = write_export(folder / "export.csv")
    cli.main(["read", str(export), "--out", str(folder / "data"), "--key", str(folder / "a.key")])
    return folder / "data"


def text_of(blocks):
    return " ".join(re.sub(r"<[^>]+>", " ", block.html or "") for block in blocks)


def test_a_page_says_how_it_is_made_again_and_shows_no_path():
    """The name of a folder of one's own and the least count shown, where they are given."""
    settings = {"unit": UNIT, "start_on": "", "data": "/home/tên/của tôi", "suppress_below": 5}
    said = narrative.provenance(None, settings, notebook="01_unit_profile", language="en").html
    assert "suppress_below = 5" in said
    assert "&quot;data&quot;: &quot;của tôi&quot;" in said
    assert "/home" not in said
    own = settings | {"data": "", "suppress_below": 0}
    said = narrative.provenance(None, own, notebook="01_unit_profile", language="en").html
    assert "suppress_below" not in said
    assert "data" not in said.split("<code>")[1]


# Lines of the form


def line(**counts):
    keys = {"unit_id": "A", "period_start_on": "2024-01-01", "period_end_on": "2024-01-31"}
    given_counts = dict.fromkeys((c for c in FORMS.names if c.endswith("_count")), 0) | counts
    return pd.DataFrame([keys | {"source": "s.csv"} | given_counts])


def test_one_late_dossier_hides_the_verdicts_and_not_the_total():
    whole = line(
        total_received_count=100, online_received_count=60, direct_received_count=30,
        carried_count=10, resolved_count=80, early_count=50, due_day_count=29, late_count=1,
        pending_count=20, pending_in_time_count=20,
    )  # fmt: skip
    shown = cchc.suppress_small_lines(whole, 5).iloc[0]
    assert shown[["early_count", "due_day_count", "late_count"]].isna().all()
    assert (shown["total_received_count"], shown["resolved_count"]) == (100, 80)
    assert (shown["pending_in_time_count"], shown["overdue_count"]) == (20, 0)


counts = st.integers(0, 12)


@given(counts, counts, counts, counts, counts, counts, counts, st.integers(2, 8))
def test_no_small_count_of_a_line_is_left_or_follows_from_its_sums(
    online, direct, carried, early, due_day, in_time, overdue, minimum
):
    total = online + direct + carried
    late = total - early - due_day - in_time - overdue
    if late < 0:
        return
    resolved, pending = early + due_day + late, in_time + overdue
    shown = cchc.suppress_small_lines(
        line(
            total_received_count=total, online_received_count=online,
            direct_received_count=direct, carried_count=carried, resolved_count=resolved,
            early_count=early, due_day_count=due_day, late_count=late, pending_count=pending,
            pending_in_time_count=in_time, overdue_count=overdue,
        ),
        minimum,
    ).iloc[0]  # fmt: skip
    left = {name: shown[name] for name in FORMS.names if name.endswith("_count")}
    known = {name: value for name, value in left.items() if pd.notna(value)}
    for _ in range(4):  # what the form's own sums give away
        for whole, parts in SUMS.items():
            absent = [name for name in (whole, *parts) if name not in known]
            if len(absent) == 1:
                total_of_parts = sum(known.get(name, 0) for name in parts)
                known[absent[0]] = (
                    total_of_parts if absent == [whole] else known[whole] - total_of_parts
                )
    assert not [name for name, value in known.items() if 1 <= value < minimum]


SUMS = {
    "total_received_count": ("online_received_count", "direct_received_count", "carried_count"),
    "resolved_count": ("early_count", "due_day_count", "late_count"),
    "pending_count": ("pending_in_time_count", "overdue_count"),
}


def test_shares_of_small_counts_are_blank_and_zero_of_many_is_not():
    table = pd.DataFrame({"count": [3, 0, 100, 98, 40], "total": [4, 100, 100, 100, 80]})
    shown = cchc.suppress_small_shares(table.assign(share=table["count"] / table["total"]), 5)
    assert shown["share"].isna().tolist() == [True, False, False, True, False]
    assert cchc.suppress_small_shares(table, 1).equals(table)


# The page


def test_a_published_page_says_so_and_shows_no_small_count(tmp_path, capsys, data):
    site = tmp_path / "site"
    arguments = ["report", "--data", str(data), "--out", str(site), "--language", "vi"]
    assert cli.main([*arguments, "--publish"]) == 0
    capsys.readouterr()
    [job] = json.loads((site / "manifest.json").read_text("utf-8"))["jobs"]
    page = (site / job["pages"]["vi"]).read_text("utf-8")
    text = re.sub(r"<[^>]+>", " ", page)
    assert "Bản để công bố" in text
    assert "không ngăn được" in text
    assert "75" not in re.findall(r"(\d+)(?:,\d+)? %", text)  # 3 of 4, of five dossiers
    cells = re.findall(r'<td class="num[^>]*>([^<]*)</td>', page)
    assert {cell for cell in cells if cell.isdigit()} <= {"0"}  # five dossiers: nothing to show


# The form


def test_the_form_of_a_unit_as_a_workbook(tmp_path, capsys, data):
    path = tmp_path / "new" / "II06.xlsx"
    days = ["--from", "2024-01-01", "--to", "2024-01-31"]
    assert cli.main(["form", str(data), "--unit", UNIT, *days, "--out", str(path)]) == 0
    assert str(path) in capsys.readouterr().out
    total = read_forms(path).query("field.isna()").iloc[0]
    columns = ["total_received_count", "early_count", "due_day_count", "late_count"]
    assert total[columns].tolist() == [5, 1, 2, 1]  # counted by hand in small_export


def test_a_form_without_dossiers_is_refused(tmp_path, capsys, data):
    days = ["--from", "2031-01-01", "--to", "2031-01-31"]
    arguments = [
        "form",
        str(data),
        "--unit",
        "Xã Không Có",
        *days,
        "--out",
        str(tmp_path / "a.xlsx"),
    ]
    assert cli.main(arguments) == 2
    assert "Traceback" not in (message := capsys.readouterr().err) and message.count("\n") == 1


# Sentences


def test_an_offices_own_rule_is_said_in_its_own_words(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(OWN_RULE, encoding="utf-8")
    rule = cchc.rule_named(str(path))
    assert "handed over" in text_of(narrative.own_rule(rule, language="en"))
    assert narrative.own_rule(cchc.rule_named("strict"), language="en") == []


def test_waiting_is_told_with_both_counts():
    dossiers = pd.DataFrame({
        "dossier_id": ["a", "b"], "unit_id": "A", "source": "export.csv", "status": 10,
        "received_at": pd.to_datetime(["2024-01-02", "2024-01-02"]),
        "due_at": pd.to_datetime(["2024-01-10", "2024-01-10"]),
        "result_at": pd.to_datetime(["2024-01-12", "2024-01-09"]),
        "supplement_asked_at": pd.to_datetime(["2024-01-03", None]),
        "supplement_given_at": pd.to_datetime(["2024-01-08", None]),
    })  # fmt: skip
    compared = cchc.compare_rules(
        dossiers, periods=("2024-01-01", "2024-01-31"), as_of="2024-01-31"
    )
    said = text_of(sections.rules(compared, language="en"))
    assert "0 of 2 resolved dossiers are late, against 1 of 2 by dates alone" in said
    assert "Resolved of received (not timeliness)" in said
    twice = dossiers.assign(source=["export.csv", "other.csv"])
    both = cchc.compare_rules(twice, periods=("2024-01-01", "2024-01-31"), as_of="2024-01-31")
    assert "0 of 2 resolved dossiers are late" in text_of(sections.rules(both, language="en"))
    without = dossiers.drop(columns=["supplement_asked_at", "supplement_given_at"])
    plain = cchc.compare_rules(without, periods=("2024-01-01", "2024-01-31"), as_of="2024-01-31")
    assert "by dates alone" not in text_of(sections.rules(plain, language="en"))


def test_sums_of_forms_that_do_not_hold_are_told_with_the_gap():
    """Lâm Đồng, first quarter of 2020: 643,272 + 7,172 printed beside 659,245."""
    broken = line(
        total_received_count=659_245, online_received_count=None, direct_received_count=None,
        carried_count=None, resolved_count=643_272, early_count=None, due_day_count=None,
        late_count=None, pending_count=7_172, pending_in_time_count=None, overdue_count=None,
    )  # fmt: skip
    checked = cchc.check_forms(broken)
    said = text_of(sections.form_sums(checked, units=cchc.units(), language="en"))
    assert "8,801" in said and "(3) = (7) + (11)" in said
    assert sections.form_sums(checked.iloc[:0], units=cchc.units(), language="en") == []
