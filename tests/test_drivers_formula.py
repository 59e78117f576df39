"""Formulas: what may stand in one, what they mean, and that none of it is ever run."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cchc_analysis.columns import InputError
from cchc_analysis.drivers import MISSING, PER_UNIT, late_drivers
from cchc_analysis.drivers.terms import columns_named, read_terms
from cchc_analysis.tally.features import KEYS

TALLY = pd.DataFrame(
    {
        "field": ["a"], "channel": ["b"], "legal_days": [20], "received_month": [1],
        "workload": [1.5], "lĩnh vực": ["x"], "f0": ["y"],
    }
)  # fmt: skip


def due(cells, **columns):
    names = ["unit_id", "field", "channel", "on_time_count", "late_count"]
    return pd.DataFrame(cells, columns=names).assign(
        overdue_count=0, period_start_on="2026-01-01", period_end_on="2026-06-30", basis="due",
        rule="strict", as_of="2026-07-01", source="test", **columns,
    )  # fmt: skip


def products(formula, tally=TALLY):
    read = read_terms(formula, tally)
    return {":".join(read.factors[place].name for place in p) for p in read.products}


@pytest.mark.parametrize(
    ("formula", "meant"),
    [
        ("field", {"field"}),
        (" field*channel\n+ workload ", {"field", "channel", "field:channel", "workload"}),
        ("(field + channel):workload", {"field:workload", "channel:workload"}),
        ("field * channel - field:channel", {"field", "channel"}),
        ("log(legal_days) + C( `lĩnh vực` )", {"log(legal_days)", "lĩnh vực"}),
        ("field:field + field", {"field"}),
        ("f0 + field", {"f0", "field"}),
        ("f0:field", {"f0:field"}),
    ],
)  # fmt: skip
def test_what_a_formula_means(formula, meant):
    assert products(formula) == meant


def test_numbers_are_numbers_and_parts_of_the_calendar_are_not():
    kinds = {
        factor.name: factor.kind
        for formula in ("legal_days + log(workload) + received_month + field", "C(workload)")
        for factor in read_terms(formula, TALLY).factors
    }
    assert kinds == {
        "legal_days": "number", "log(workload)": "log", "received_month": "category",
        "field": "category", "workload": "category",
    }  # fmt: skip


@pytest.mark.parametrize(
    "formula",
    [
        "__import__('os').system('touch broken')",
        "field + __import__('os')",
        "eval('1')", "exp(field)", "exp (field)", "C(C(field))", "log(field + channel)",
        "field.values", "field[0]", "{field}", "field if 1 else 0", "lambda: 0", "`field",
        "field ** 2", "field * * channel", "field / channel", "field % channel", "field ^ 2",
        "field ~ channel", "field | channel", "y ~ field", "field; channel", "field # x",
        "field + 1", "field - 1", "0 + field", "field channel", "(field)(channel)",
        "field(channel)", "field +", "(field",
        "field)", "()", "", "  ", "-field", "field - field", "\\", "'field'",
        'C(`field`]', "I(field)", "bs(legal_days, 3)", "poly(legal_days)", ".", "field\x00",
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_one_message(formula, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"^terms: cannot read .* such as 'field"):
        read_terms(formula, TALLY)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("field + weather", "no column 'weather'.*count the dossiers by it first"),
        ("field:result_month", "'result_month' is known only after a dossier is closed"),
        ("log(field)", r"log\(field\) needs a column of numbers"),
        ("legal_days + C(legal_days)", "legal_days stands both as a number and as categories"),
        (" * ".join(["(field + channel + workload + f0)"] * 9), "too many products"),
    ],
)
def test_what_cannot_be_a_term_is_named(formula, message):
    with pytest.raises(InputError, match=message):
        read_terms(formula, TALLY.assign(result_month=1))


KNOWN_BEFORE = [
    *KEYS, "legal_days", "office", "procedure_group", "district", "received_year", "due_week",
    "submitted_hour", "weekend", "latest_rule", "delivery_channel", "priority", "process_kind",
    "digitised",
]  # fmt: skip
KNOWN_AFTER = [
    "resolved_month", "completed_month", "processing_days", "handling_time", "actual_days",
    "days_used", "delay_days", "delayed", "decision_month", "issued_month", "reappointed_count",
    "withdrawn", "refused", "on_time", "done", "result_month", "returned_at", "finished",
    "closed_on", "closing_week", "end_month", "status", "early", "late_cause", "overdue_days",
    "time_taken", "elapsed", "duration", "apologised", "causes", "reason", "synchronised_at",
    "outcome", "Resolved Month", "due_day", "pending", "rejected", "turnaround",
]  # fmt: skip


@pytest.mark.parametrize("name", KNOWN_BEFORE)
def test_what_is_known_at_receipt_may_be_a_term(name):
    assert read_terms([name], pd.DataFrame({name: ["x"]})).columns == [name]


@pytest.mark.parametrize("name", KNOWN_AFTER)
def test_what_is_known_after_closing_is_banned(name):
    with pytest.raises(InputError, match="known only after a dossier is closed"):
        read_terms([name], pd.DataFrame({name: ["x"]}))


@pytest.mark.parametrize(
    ("terms", "columns"),
    [
        ("field * channel", ["field", "channel"]),
        ("field*channel - channel:field + log(allowed_days)", ["field", "channel", "allowed_days"]),
        ("C(`lĩnh vực`) + `lĩnh vực`:field", ["lĩnh vực", "field"]),
        ("field - channel", ["field", "channel"]),
        (["field", "received_month"], ["field", "received_month"]),
    ],
)
def test_the_columns_named_are_those_to_count_by(terms, columns):
    assert columns_named(terms) == columns
    tally = pd.DataFrame({name: ["1"] for name in columns}).assign(allowed_days=1)
    assert set(read_terms(terms, tally).columns) <= set(columns)


def test_columns_of_no_formula_are_refused():
    with pytest.raises(InputError, match="cannot read"):
        columns_named("field ** 2")


PIECES = [
    "field", "channel", "workload", "C(", "log(", "(", ")", "+", "*", ":", "-", " ", "`", "1", "**",
    "[", "]", "{", "}", "~", "|", "@", "'", '"', ".", ",", "__class__", "f0", "\n",
]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=20))
def test_any_text_is_read_or_refused(text):
    try:
        read = read_terms(text, TALLY)
    except InputError:
        return
    assert read.products
    assert {factor.column for factor in read.factors} <= set(TALLY)


EVIL = "__import__('os').system('touch broken')"


def test_names_and_levels_of_the_data_are_never_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cells = [
        (unit, field, channel, 90 - 9 * place - 20 * (field == EVIL), 10 + 5 * place)
        for place, unit in enumerate("ABC")
        for field in (EVIL, "x]:f1[T.1", "a=b:c")
        for channel in ("{1}", "`")
    ]
    tally = due(cells).rename(columns={"field": "f1[T.0]"})
    fit = late_drivers(tally, "`f1[T.0]` * channel")
    assert set(fit.effects["level"]) == {EVIL, "x]:f1[T.1", "a=b:c", "{1}", "`"}
    assert (fit.effects["reading"] != "one_cluster").all()
    assert len(fit.coefficients) == 6
    assert not list(tmp_path.iterdir())


CELLS = [
    ("A", "land", "online", 80, 20), ("A", "land", "desk", 60, 30), ("A", "law", "online", 95, 4),
    ("A", "law", "desk", 80, 9), ("B", "land", "online", 50, 25), ("B", "land", "desk", 70, 35),
    ("B", "law", "online", 90, 8), ("B", "law", "desk", 70, 12), ("C", "land", "online", 88, 30),
    ("C", "land", "desk", 66, 50), ("C", "law", "online", 70, 3), ("C", "law", "desk", 60, 6),
]  # fmt: skip


def test_the_saturated_model_gives_back_the_shares():
    """field * channel has one coefficient per pair: its predictions are the pairs' own shares."""
    tally = due(CELLS)
    fit = late_drivers(tally, "field * channel")
    sums = tally.groupby(["field", "channel"])[["late_count", "on_time_count"]].sum()
    share = sums["late_count"] / sums.sum(axis=1)
    odds = np.log(share / (1 - share))
    table = fit.coefficients.set_index("name")["coefficient"]
    land, desk = odds["land"], odds.xs("desk", level="channel")
    product = [name for name in table.index if ":" in name]
    assert len(product) == 1
    gap = (land["desk"] - land["online"]) - (desk["law"] - odds["law"]["online"])
    assert abs(table[product[0]]) == pytest.approx(abs(gap), rel=1e-8)
    weight = tally.assign(total=tally["late_count"] + tally["on_time_count"])
    weight = weight.groupby("channel")["total"].sum() / weight["total"].sum()
    effects = fit.effects.set_index(["term", "level"])
    adjusted = (share["land"] * weight).sum()
    assert effects.loc[("field", "land"), "adjusted"] == pytest.approx(adjusted, rel=1e-8)
    assert fit.effects["odds_ratio"].isna().all() and fit.effects["effect"].notna().all()


def test_a_formula_of_plain_columns_is_the_list_of_them():
    tally = due(CELLS)
    listed, written = (
        late_drivers(tally, ["field", "channel"]),
        late_drivers(tally, "channel+field"),
    )
    keys = ["term", "level"]
    pd.testing.assert_frame_equal(
        listed.effects.sort_values(keys, ignore_index=True),
        written.effects.sort_values(keys, ignore_index=True),
    )


def test_whole_numbers_with_holes_keep_their_names_and_order():
    cells = [("A" if i % 2 else "B", "x", "y", 50 + i, 5 + i % 4) for i in range(24)]
    months = [float(i // 2 + 1) for i in range(22)] + [np.nan, np.nan]
    fit = late_drivers(due(cells, received_month=months), "received_month")
    first = fit.effects["reference"][0]
    expected = [*(str(i) for i in range(1, 12)), MISSING]
    assert fit.effects["level"].tolist() == [first, *(name for name in expected if name != first)]


def test_a_reference_is_a_level_of_a_category():
    with pytest.raises(InputError, match=r"reference: found 'legal_days', expected .* field$"):
        late_drivers(
            due(CELLS, legal_days=1.0), "field + legal_days", reference={"legal_days": "1"}
        )
    with pytest.raises(InputError, match=r"terms: found .* expected a list of different columns"):
        late_drivers(due(CELLS), [1])


def test_a_missing_or_impossible_number_is_refused():
    days = [10.0] * 6 + [20.0] * 5 + [np.nan]
    with pytest.raises(InputError, match=r"legal_days has no number in 1 cells.*C\(legal_days\)"):
        late_drivers(due(CELLS, legal_days=days), "field + legal_days")
    with pytest.raises(InputError, match="legal_days has no number above 0 in 12 cells"):
        late_drivers(due(CELLS, legal_days=0.0), "field + log(legal_days)")
    as_categories = late_drivers(due(CELLS, legal_days=days), "field + C(legal_days)")
    assert MISSING in set(as_categories.effects["level"])


def test_a_constant_factor_leaves_products_and_is_named():
    tally = due(CELLS, legal_days=15.0, office="one")
    fit = late_drivers(tally, "field * office + legal_days")
    assert fit.constant_terms == ("office", "legal_days")
    assert set(fit.effects["term"]) == {"field"} and fit.effects["odds_ratio"].notna().all()


def test_a_product_without_dossiers_is_left_out_and_named():
    tally = due([cell for cell in CELLS if cell[1:3] != ("land", "desk")])
    fit = late_drivers(tally, "field * channel", reference={"field": "law", "channel": "online"})
    assert fit.reading == "fitted" and len(fit.coefficients) == 3
    named = fit.cannot_separate.query("reason == 'left_out'")
    assert named["level"].tolist() == ["field=land:channel=desk"]


def test_a_number_has_one_row():
    days = [float(5 * (1 + i % 3)) for i in range(12)]
    effects = late_drivers(due(CELLS, legal_days=days), "field + legal_days").effects
    row = effects.set_index("term").loc["legal_days"]
    assert (row["level"], row["reference"], row["clusters"]) == (PER_UNIT, "", 3)
    assert row["total"] == sum(cell[3] + cell[4] for cell in CELLS)
    assert row["reading"] == "estimated" and row["low"] < row["odds_ratio"] < row["high"]


@pytest.mark.parametrize("formula", ["days * field", "days:field", "field + days:field"])
def test_what_only_two_clusters_determine_together_has_no_interval(formula):
    """Without A, nor without B, can two intercepts and two slopes be told: no error, never 0."""
    cells = [("A", "x", "o", 50, 10), ("A", "y", "o", 60, 20), ("B", "x", "o", 70, 30)]
    tally = due([*cells, ("B", "y", "o", 40, 20)], days=[1.0, 2.0, 3.0, 5.0])
    effects = late_drivers(tally, formula).effects
    assert effects["effect"].notna().all() and effects["effect_low"].isna().all()
    assert set(effects["reading"]) == {"reference", "one_cluster"}


def test_terms_that_nearly_repeat_each_other_are_named():
    tally = pd.concat([due(CELLS, window="1"), due(CELLS, window="2")])
    same = np.where(tally["channel"] == "desk", "2", "1")
    few = (tally["unit_id"] == "A") & (tally["window"] == "1")
    tally = tally.assign(window=np.where(few, tally["window"], same))
    fit = late_drivers(tally, ["field", "channel", "window"])
    assert fit.cannot_separate.query("reason == 'repeats'").empty  # half of A differs: not nearly
    scale = np.where(few, 1, 50)
    counts = {name: tally[name] * scale for name in ("on_time_count", "late_count")}
    named = late_drivers(tally.assign(**counts), ["field", "channel", "window"]).cannot_separate
    row = named.query("reason == 'repeats'").iloc[0]
    assert {row["term"], row["other"]} == {"channel", "window"}
    assert 0.9 < row["overlap"] < 1
    assert (named["term"] != "field").all()


def test_a_level_of_one_unit_is_named_with_the_unit():
    tally = due([*CELLS, ("C", "sea", "desk", 20, 5)])
    named = late_drivers(tally, ["field", "channel"]).cannot_separate
    assert named[["term", "level", "other", "other_level", "reason", "total"]].values.tolist() == [
        ["field", "sea", "unit_id", "C", "one_cluster", 25.0]
    ]
