"""Rules and denominators side by side; the counts by hand are in test_hand_counted.py."""

from dataclasses import replace

import pandas as pd
import pytest

from cchc_analysis import narrative
from cchc_analysis.columns import DOSSIERS, TALLY_KEYS, InputError, check
from cchc_analysis.lateness import STRICT, VARIANTS
from cchc_analysis.metrics import on_time_rate
from cchc_analysis.sections import profile as sections
from cchc_analysis.tally import compare_rules, count_cells
from cchc_analysis.tally.rule_comparison import DENOMINATORS

ASKED = {"periods": ("2024-04-01", "2024-04-30"), "as_of": "2024-04-30"}


def dossiers(**columns):
    days = {name: pd.to_datetime(values) for name, values in columns.items() if "_at" in name}
    base = {
        "dossier_id": ["a", "b", "c", "d"], "unit_id": ["U", "U", "V", "V"], "source": "by hand",
        "field": ["land", "civil", "land", "land"], "status": [10, 10, 10, 4],
        "received_at": pd.to_datetime(["2024-04-02"] * 3 + ["2024-04-22"]),
        "due_at": pd.to_datetime(["2024-04-12"] * 3 + ["2024-05-10"]),
        "result_at": pd.to_datetime(["2024-04-11", "2024-04-15", "2024-04-12", None]),
    }  # fmt: skip
    return pd.DataFrame(base | columns | days)


def rules_of(table):
    return table["rule"].drop_duplicates().tolist()


def test_the_keys_the_order_and_the_figures():
    table = compare_rules(dossiers(), ["field"], **ASKED)
    assert list(table) == [*TALLY_KEYS, "field", "denominator", "count", "total", "share"]
    assert not table.duplicated(["unit_id", "field", "rule", "denominator"]).any()
    one = table[(table["unit_id"] == "V") & (table["rule"] == "strict")]
    assert one["denominator"].tolist() == [denominator.name for denominator in DENOMINATORS]
    assert one["basis"].tolist() == ["period", "due", "period", "period", "received", "period"]
    assert one["count"].tolist() == [1, 1, 1, 2, 2, 1]
    assert one["total"].tolist() == [1, 1, 2, 2, 2, 2]
    assert set(table.loc[table["rule"] == "form06", "basis"]) == {"period"}
    assert set(table.loc[table["rule"] == "qd766", "basis"]) == {"received"}


def test_the_resolved_share_is_the_on_time_rate():
    table = compare_rules(dossiers(), rules=["strict", "form06"], **ASKED)
    resolved = table[table["denominator"] == "resolved"].reset_index(drop=True)
    for rule in ("strict", "form06"):
        rate = on_time_rate(count_cells(dossiers(), rule=rule, **ASKED))
        found = resolved[resolved["rule"] == rule]
        assert found["share"].tolist() == rate["value"].tolist()
        assert found["total"].tolist() == rate["total"].tolist()


WAITED = ["2024-04-08", None, None, None]


@pytest.mark.parametrize(
    ("columns", "more"),
    [
        ({}, []),
        ({"supplement_asked_at": WAITED}, []),  # how long it waited is not known
        (
            {"supplement_asked_at": WAITED, "supplement_given_at": WAITED},
            ["strict_supplement_subtracted", "strict_supplement_restarts"],
        ),
        ({"fee_asked_at": WAITED, "fee_paid_at": WAITED}, ["strict_fee_subtracted"]),
        ({"synchronised_at": WAITED}, ["strict_synchronised"]),
        ({"first_due_at": WAITED}, ["strict_first_due"]),
        ({"first_due_at": [None] * 4}, []),
    ],
)
def test_variants_appear_only_where_the_dossiers_tell(columns, more, tmp_path):
    table = dossiers(**columns)
    expected = ["strict", "form06", "qd766", *more]
    assert rules_of(compare_rules(table, **ASKED)) == expected
    path = tmp_path / "dossiers.parquet"
    check(table, DOSSIERS).to_parquet(path)
    assert rules_of(compare_rules(path, **ASKED)) == expected
    assert set(more) <= {rule.name for rule in VARIANTS}


def test_rules_of_ones_own_stand_beside_the_others():
    own = replace(STRICT, name="own", bases=("due",))
    table = compare_rules(dossiers(), rules=[own, "strict"], **ASKED)
    assert rules_of(table) == ["own", "strict"]
    assert set(table.loc[table["rule"] == "own", "denominator"]) == {"due_in_period"}


def test_nothing_resolved_is_a_missing_share_not_zero():
    table = compare_rules(dossiers().iloc[[3]], rules=["strict"], **ASKED)
    share = table.set_index("denominator")["share"]
    assert share[["resolved"]].isna().all()
    assert share["resolved_over_received"] == 0
    assert share["received_pending_in_time"] == 1


def test_no_dossiers_no_rows_and_inputs_are_left_as_they_were():
    table = dossiers()
    before = table.copy(deep=True)
    compared = compare_rules(table, **ASKED)
    pd.testing.assert_frame_equal(table, before)
    none = compare_rules(table.iloc[:0], **ASKED)
    assert none.empty
    assert list(none) == list(compared)


def test_what_is_refused():
    with pytest.raises(InputError, match="unknown rule 'lenient'"):
        compare_rules(dossiers(), rules=["lenient"], **ASKED)
    with pytest.raises(InputError, match="no rule was given"):
        compare_rules(dossiers(), rules=[], **ASKED)
    with pytest.raises(InputError, match="cannot count by 'colour'"):
        compare_rules(dossiers(), ["colour"], **ASKED)
    for periods in ("2024-01", ("2024-01-01", "2024-01-31", "2024-02-29")):
        with pytest.raises(InputError, match="expected a first and a last day"):
            compare_rules(dossiers(), periods=periods, as_of="2024-04-30")
    with pytest.raises(InputError, match=r"gone.parquet: no such file"):
        compare_rules("gone.parquet", **ASKED)


def test_two_rules_of_one_name_are_refused():
    own = replace(STRICT, name="own")
    for rules in (["strict", "strict"], [own, replace(own, withdrawn="in_time")]):
        with pytest.raises(InputError, match="two rules of one name"):
            compare_rules(dossiers(), rules=rules, **ASKED)


@pytest.mark.parametrize("rules", [["strict", "own"], ["own"], ["form06", "strict_fee_subtracted"]])
def test_only_a_built_in_variant_beside_strict_is_said_to_be_after_waiting(rules):
    own = replace(STRICT, name="strict_local", withdrawn="in_time", vi="Riêng.", en="Own.")
    table = compare_rules(dossiers(), rules=[own if r == "own" else r for r in rules], **ASKED)
    assert narrative.waiting(table, language="en") == []
    assert "by dates alone" not in repr(sections.rules(table, language="en"))
    waited = compare_rules(dossiers(), rules=["strict", "strict_fee_subtracted"], **ASKED)
    assert "by dates alone" in repr(sections.rules(waited, language="en"))
