"""The tables: what their checks accept, convert and refuse."""

import numpy as np
import pandas as pd
import pytest

from cchc_analysis.columns import (
    DOSSIERS,
    ESTIMATES,
    FORMS,
    TABLES,
    TALLY,
    UNITS,
    InputError,
    check,
    empty,
)

CELL = {
    "unit_id": "U", "period_start_on": "2024-01-01", "period_end_on": "2024-01-31",
    "basis": "period", "rule": "strict", "as_of": "2024-01-31", "source": "by hand",
}  # fmt: skip


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_an_empty_table_has_its_columns_and_passes_its_own_check(table):
    nothing = empty(table)
    assert list(nothing) == table.names
    pd.testing.assert_frame_equal(check(nothing, table), nothing)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_column_is_told_in_two_languages_and_named_once(table):
    assert len(set(table.names)) == len(table.names)
    for column in table.columns:
        assert column.vi and column.en
        assert column.kind in ("text", "count", "number", "date", "time", "flag")


def test_check_orders_converts_and_fills_without_touching_its_input():
    given = pd.DataFrame({**CELL, "mine": [1], "late_count": ["3"]})[["mine", "late_count", *CELL]]
    before = given.copy(deep=True)
    checked = check(given, TALLY)
    assert list(checked) == [*TALLY.names, "mine"]
    assert checked["late_count"].tolist() == [3.0]
    assert checked["early_count"].isna().all()
    assert checked["as_of"].tolist() == [pd.Timestamp("2024-01-31")]
    pd.testing.assert_frame_equal(given, before)
    pd.testing.assert_frame_equal(check(checked, TALLY), checked)


def test_missing_text_stays_missing_and_is_not_the_word_none():
    table = pd.DataFrame([CELL, CELL]).assign(basis=["period", None])
    with pytest.raises(InputError, match=r"basis, row 1: found .*expected a value in every row"):
        check(table, TALLY)
    dossier = {"dossier_id": "a", "unit_id": "U", "source": "s", "field": [None, "Đất đai"]}
    checked = check(pd.DataFrame(dossier), DOSSIERS)
    assert checked["field"].isna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"late_count": -1}, r"late_count, row 1: found -1.*a whole number, 0 or more"),
        ({"late_count": 1.5}, r"late_count, row 1: found 1\.5.*a whole number"),
        ({"late_count": "many"}, r"late_count holds something that is not a count"),
        ({"as_of": "soon"}, r"as_of holds something that is not a date"),
        ({"basis": "season"}, r"basis, row 1: found 'season', expected one of \['period'"),
        ({"unit_id": None}, r"unit_id, row 1: .*expected a value in every row"),
    ],
)
def test_a_cell_that_does_not_fit_is_named_with_its_row(change, message):
    frame = pd.DataFrame([CELL | {"late_count": 1}, CELL | {"late_count": 1} | change])
    with pytest.raises(InputError, match="here.csv: tally.*" + message):
        check(frame, TALLY, where="here.csv")


def test_a_column_that_is_not_there_is_named_with_what_was_found():
    with pytest.raises(InputError, match=r"has no column 'unit_id' \(found: colour\); add unit_id"):
        check(pd.DataFrame({"colour": [1]}), FORMS)
    with pytest.raises(InputError, match="found: no columns"):
        check(pd.DataFrame(), ESTIMATES)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([True, False, None], [True, False, None]),
        (["True", "False", None], [True, False, None]),
        ([True, True, True], [True, True, True]),
        ([np.nan, np.nan, np.nan], [None, None, None]),
    ],
)
def test_flags(values, expected):
    frame = pd.DataFrame(
        {"dossier_id": list("abc"), "unit_id": "U", "source": "s", "digitised": values}
    )
    found = check(frame, DOSSIERS)["digitised"]
    assert [None if pd.isna(value) else bool(value) for value in found] == expected


def test_a_flag_that_is_neither_is_refused():
    frame = pd.DataFrame(
        {"dossier_id": ["a"], "unit_id": "U", "source": "s", "digitised": ["maybe"]}
    )
    with pytest.raises(InputError, match="digitised, row 0: found 'maybe', expected True or False"):
        check(frame, DOSSIERS)


@pytest.mark.parametrize(
    "days",
    [
        [pd.Timestamp(2024, 1, 3), "03/01/2024"],  # 3 January, not 1 March
        [45294, 45295],  # serials of a workbook, not nanoseconds since 1970
        [pd.Timestamp(2024, 1, 3), 45295],
        [pd.Timestamp(2024, 1, 3), 20240105.0],
    ],
)
def test_text_and_numbers_among_dates_are_refused(days):
    frame = pd.DataFrame([CELL] * 2).assign(as_of=pd.Series(days))
    with pytest.raises(InputError, match="as_of holds something that is not a date"):
        check(frame, TALLY)


def test_days_in_any_form_that_reads_in_one_way_are_the_same_days():
    day = pd.Timestamp(2024, 1, 3)
    for days in (
        [day, "2024-01-03"],
        [day.date(), day.to_pydatetime()],
        pd.Categorical(["2024-01-03", day.strftime("%Y-%m-%d")]),
        pd.Series([day, day]).astype("category"),
        pd.Series([day, day]).astype("datetime64[ns]"),
    ):
        frame = pd.DataFrame([CELL] * 2).assign(as_of=days)
        assert check(frame, TALLY)["as_of"].tolist() == [day, day]
    missing = check(pd.DataFrame({"unit_id": ["A"], "end_on": [np.nan], "start_on": [None]}).assign(
        name="A", full_name="A", unit_class="other"), UNITS)  # fmt: skip
    assert missing[["start_on", "end_on"]].isna().all(axis=None)
