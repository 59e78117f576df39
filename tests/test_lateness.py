"""Counting rules: what they say they do, what they refuse, and how offices write their own."""

import re
import unicodedata
from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cchc_analysis.columns import InputError
from cchc_analysis.lateness import (
    FORM06,
    QD766,
    RULES,
    STRICT,
    VARIANTS,
    Rule,
    read_rule,
    rule_named,
)

OWN = """
name = "phong_mot_cua"
vi = "Đồng hồ dừng khi trả kết quả."
en = "The clock ends when the result is handed over."
withdrawn = "apart"
suspended = "by_date"
undated = "in_time"
finished_by = "status"
bases = ["period", "due"]
ends = "returned"
due = "first"
supplement = "restart"
fee = "subtract"
more_supplements_late = true
not_accepted_statuses = [1, 3]
suspended_statuses = [5, 6]
withdrawn_statuses = [7, 8]
finished_statuses = [10]
"""


def written(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "rule.toml"
    path.write_bytes(text.encode(encoding))
    return path


def changed(key, line):
    return re.sub(rf"(?m)^{key} = .*$", lambda _: line, OWN)


# What the rules say


def test_names_bases_and_texts_of_the_built_in_rules():
    assert list(RULES)[:3] == ["strict", "form06", "qd766"]
    for name, rule in RULES.items():
        assert rule.name == name
        assert rule.vi != rule.en
        assert unicodedata.is_normalized("NFC", rule.vi)
        assert [b for b in ("period", "received", "due") if b in rule.bases] == [*rule.bases]
        assert all(rule_named(name, basis) is rule for basis in rule.bases)


SAID = {  # what a rule does, and the words for it that its text must hold
    ("withdrawn", "in_time"): ("rút .*đúng hạn", "withdrawn .*on time"),
    ("withdrawn", "apart"): ("rút.*đếm riêng", "[Ww]ithdrawn.*apart"),
    ("withdrawn", "by_date"): ("rút xét theo ngày", "withdrawn ones are judged by their dates"),
    ("suspended", "in_time"): ("tạm dừng tính là trong hạn", "stopped, as in time"),
    ("suspended", "apart"): ("tạm dừng.*đếm riêng", "suspended.*apart"),
    ("suspended", "by_date"): ("tạm dừng còn trong hạn cho đến khi qua ngày hẹn", "until its due"),
    ("undated", "in_time"): ("không có ngày hẹn tính là đúng hạn", "undated dossiers count as on"),
    ("undated", "apart"): ("thiếu ngày.*đếm riêng", "undated.*apart"),
    ("supplement", "subtract"): ("được trừ", "are subtracted"),
    ("supplement", "ignore"): (
        "(Thời gian chờ bổ sung|không trừ thời gian chờ)",
        "not? .*subtract",
    ),
    ("fee", "ignore"): (
        "(nộp phí không được trừ|không trừ thời gian chờ)",
        "(not subtracted|no wait)",
    ),
    ("more_supplements_late", True): ("quá một lần tính là quá hạn", "more than one .* as late"),
}


@pytest.mark.parametrize("rule", [STRICT, FORM06, QD766], ids=lambda rule: rule.name)
def test_the_text_of_a_rule_says_what_its_fields_do(rule):
    said = [words for (field, value), words in SAID.items() if getattr(rule, field) == value]
    assert len(said) >= 5
    for vi, en in said:
        assert re.search(vi, rule.vi), vi
        assert re.search(en, rule.en), en


@pytest.mark.parametrize(
    "name", ["form06", "qd766", "strict_supplement_subtracted", "strict_supplement_restarts"]
)
def test_what_was_not_checked_against_the_official_text_is_said(name):
    assert "chưa đối chiếu" in RULES[name].vi
    assert "not checked against" in RULES[name].en


def test_each_variant_changes_one_thing_in_strict():
    texts = {"name", "vi", "en"}
    for variant, columns in VARIANTS.items():
        different = {
            f.name for f in fields(Rule) if getattr(variant, f.name) != getattr(STRICT, f.name)
        }
        different -= {*texts, "finished_statuses"}  # goes with the date that ends the clock
        assert len(different) == 1, variant.name
        assert columns
        assert variant.vi.startswith("Như strict") and variant.en.startswith("As strict")


# Finding a rule


def test_a_rule_is_found_by_its_name_or_taken_as_it_is():
    own = replace(STRICT, name="own", bases=("due",))
    assert rule_named("form06") is FORM06
    assert rule_named(own, "due") is own
    with pytest.raises(InputError, match="'own' is defined for due, not for period"):
        rule_named(own, "period")
    with pytest.raises(InputError, match="unknown rule 'lenient'; the rules are strict, form06"):
        rule_named("lenient")
    with pytest.raises(InputError, match="'strict' is built in, and this is another one"):
        rule_named(replace(STRICT, withdrawn="in_time"))


# An office's own rule


def test_every_field_of_a_rule_can_be_written_in_toml(tmp_path):
    for encoding in ("utf-8", "utf-8-sig"):
        rule = read_rule(written(tmp_path, OWN, encoding))
        assert rule == Rule(
            "phong_mot_cua", "Đồng hồ dừng khi trả kết quả.",
            "The clock ends when the result is handed over.", "apart", "by_date", "in_time",
            "status", ("period", "due"), "returned", "first", "restart", "subtract", True,
            (1, 3), (5, 6), (7, 8), (10,),
        )  # fmt: skip
    assert {field.name for field in fields(Rule)} == set(re.findall(r"(?m)^(\w+) =", OWN))


def test_texts_are_composed_whatever_the_editor_wrote(tmp_path):
    assert (
        read_rule(written(tmp_path, unicodedata.normalize("NFD", OWN))).vi
        == read_rule(written(tmp_path, OWN)).vi
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (OWN + "colour = 1", r"key: found 'colour', expected one of name, vi, en, withdrawn"),
        (changed("en", ""), "en: found None, expected a value; this key is required"),
        (changed("bases", ""), "bases: found None, expected a value"),
        (changed("name", 'name = "strict"'), "name: found 'strict', expected a name that no built"),
        (changed("name", 'name = "Own Rule"'), "name: found 'Own Rule', expected lower-case"),
        (changed("name", "name = nan"), "name: found nan, expected lower-case"),
        (changed("name", "name = ['strict']"), r"name: found .*strict.*expected lower-case"),
        (changed("ends", 'ends = "handover"'), "ends: found 'handover', expected one of 'result'"),
        (changed("undated", 'undated = "by_date"'), "undated: found 'by_date', expected one of"),
        (changed("withdrawn", "withdrawn = 7"), "withdrawn: found 7, expected one of 'in_time'"),
        (changed("more_supplements_late", "more_supplements_late = 1"), "found 1, expected one of"),
        (changed("bases", "bases = []"), r"bases: found \[\], expected at least one of 'period'"),
        (changed("bases", 'bases = "period"'), "bases: found 'period', expected a list of"),
        (changed("finished_statuses", "finished_statuses = [11]"), "found 11, expected one of 1"),
        (changed("finished_statuses", "finished_statuses = [true]"), "found True, expected one of"),
        (changed("finished_statuses", "finished_statuses = [8]"), "withdrawn_statuses has not"),
        (changed("finished_statuses", "finished_statuses = []"), "since finished_by is 'status'"),
        (changed("vi", 'vi = ""'), "vi: found '', expected 1 to 1000 characters of plain text"),
        (changed("vi", 'vi = "<script>alert(1)</script>"'), "vi: found .*without < or >"),
        (changed("vi", 'vi = "=HYPERLINK(1)"'), "vi: found '=HYPERLINK.*a letter or digit first"),
        (changed("vi", r'vi = "a\u202Eb"'), "vi: found .*control characters"),
        (changed("vi", r'vi = "a\nb"'), "vi: found .*on one line"),
        (changed("en", f'en = "{"x" * 1001}"'), r"en: found 'x{56}\.\.\., expected 1 to 1000"),
        ("name = ", "cannot be read as TOML in UTF-8"),
        ("a = " + "[" * 5000, "cannot be read as TOML in UTF-8"),
    ],
)  # fmt: skip
def test_what_a_rule_file_may_not_say(tmp_path, text, message):
    path = written(tmp_path, text)
    with pytest.raises(InputError, match=message) as refused:
        read_rule(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert "\n" not in str(refused.value)


def test_a_rule_file_that_is_not_there_or_not_utf_8(tmp_path):
    with pytest.raises(InputError, match=r"none\.toml: no such file"):
        read_rule(tmp_path / "none.toml")
    with pytest.raises(InputError, match="cannot be read as TOML in UTF-8"):
        read_rule(written(tmp_path, OWN, "utf-16"))
    with pytest.raises(InputError, match="cannot be read as TOML"):
        read_rule(tmp_path)


VALUES = st.sampled_from(
    ['"apart"', '"by_date"', '"x; DROP TABLE dossiers"', "1", "-1", "true", "[1, 3]", "[]", "nan",
     '["period"]', "{a = 1}", "[[1]]", '"<b>"', "2024-01-01", '"subtract"', '""', "[1.0]"]
)  # fmt: skip


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.sampled_from([field.name for field in fields(Rule)]), VALUES)
def test_any_value_gives_a_rule_or_one_message(tmp_path_factory, key, value):
    path = written(tmp_path_factory.mktemp("rules"), changed(key, f"{key} = {value}"))
    try:
        rule = read_rule(path)
    except InputError as refused:
        assert f"{key}: found" in str(refused) or "_statuses: found" in str(refused)
    else:
        assert isinstance(hash(rule), int)


def test_numbers_too_long_and_what_is_no_rule_are_refused(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text("name = " + "9" * 5000, encoding="utf-8")
    with pytest.raises(InputError, match=r"own\.toml: cannot be read as TOML"):
        read_rule(path)
    for found in (None, 3, path):
        with pytest.raises(InputError, match="expected the name of a rule, a TOML file, or a Rule"):
            rule_named(found)
