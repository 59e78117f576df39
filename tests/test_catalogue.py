import tomllib
from datetime import date
from importlib.resources import files

import pandas as pd
import pytest

from cchc_analysis import catalogue
from cchc_analysis.columns import InputError

# The ids the metric functions are named after, and the portal's metric codes of October 2026.
METRICS = (
    "received_count", "carried_count", "resolved_count", "on_time_count", "late_count",
    "overdue_count", "on_time_rate", "early_rate", "due_day_rate", "late_rate", "overdue_backlog",
    "online_share", "digitised_share", "resolution_rate", "qd766_in_time_share", "qd766_score",
    "qd766_rank",
)  # fmt: skip
PORTAL = (
    "PUBLISH_ON_TIME", "PUBLIC_UPDATE_ON_TIME", "PUBLIC_CONTENT_FULL", "DOSSIER_SYNC",
    "ORIGINAL_RESULT_AVAILABLE", "SO_HOA_GIAY_TO_GIAI_QUYET", "REUSED_DIGITIZED_DATA",
    "SYNCED_WITH_DVCQG_PERSONAL_STORAGE", "CITIZEN_DATA_CONNECTED_DOSSIER",
    "CITIZEN_DATA_CONNECTED_FORMALITY", "PAY_DOSSIERS", "PAY_FORMALITIES",
    "DOSSIER_RECEIVING_SATISFACTION", "PETITION_PROCESSING_ON_TIME",
    "PETITION_HANDLING_SATISFACTION", "PETITION_CLASSIFICATION_TTHC",
    "PETITION_CLASSIFICATION_STAFF",
)  # fmt: skip
# Quyết định 766/QĐ-TTg as the portal shows it: six groups, 100 points.
GROUP_MAXIMA = {"ckmb": 18, "tdgq": 20, "clgq": 12, "tttt": 10, "mdsh": 22, "mdhl": 18}


@pytest.mark.parametrize("indicator_id", [*METRICS, *(f"qd766_{code.lower()}" for code in PORTAL)])
def test_has_what_the_functions_and_the_portal_are_named_after(indicator_id):
    assert catalogue.indicator(indicator_id).indicator_id == indicator_id


def test_group_maxima_are_those_of_the_decision_and_make_100():
    maxima = {g: catalogue.indicator(f"qd766_score_{g}").maximum for g in GROUP_MAXIMA}
    assert maxima == GROUP_MAXIMA
    assert sum(maxima.values()) == catalogue.indicator("qd766_score").maximum == 100


@pytest.mark.parametrize("entry", catalogue.indicators().values(), ids=lambda e: e.indicator_id)
def test_every_entry_is_complete_and_consistent(entry):
    assert entry.vi and entry.en and entry.unit_of_measure
    assert entry.direction in ("higher", "lower", "none")
    assert entry.level in ("any", "country", "province", "below_province")
    assert entry.verified in ("read", "as_used", "not_verified")
    assert bool(entry.formula_vi) == bool(entry.formula_en)
    assert bool(entry.misleads_vi) == bool(entry.misleads_en)
    assert (entry.unit_of_measure == "share") or not entry.indicator_id.endswith(
        ("_rate", "_share")
    )
    for target in entry.targets:
        assert target.source and target.unit_id and target.valid_from <= target.valid_to
        assert target.comparison in (">=", ">", "<=", "<")
        assert entry.unit_of_measure != "share" or 0 <= target.value <= 1


def test_the_file_has_no_field_the_class_would_not_show():
    text = files("cchc_analysis").joinpath("reference/indicators.toml").read_text("utf-8")
    assert len(tomllib.loads(text)) == len(catalogue.indicators()) == 131


def test_meanings_of_on_time_and_of_online_are_apart():
    ids = [
        *("on_time_rate", "due_day_rate", "qd766_in_time_share", "on_time_rate_of_received"),
        *("on_time_rate_of_due", "online_share", "full_online_share", "level34_online_share"),
        *("level4_procedures_share", "qd766_services_offered_share"),
    ]
    formulas = [catalogue.indicator(indicator_id).formula_en for indicator_id in ids]
    assert len(set(formulas)) == len(ids)


def test_targets_carry_unit_era_and_document():
    bound = catalogue.indicator("level3_procedures_share").targets[0]
    assert (bound.value, bound.comparison, bound.unit_id) == (0.8, ">=", "vn")
    assert (bound.document, bound.document_on) == ("Nghị quyết 76/NQ-CP", date(2021, 7, 15))
    by_unit = {t.unit_id: t.value for t in catalogue.indicator("on_time_rate").targets}
    assert by_unit == {"vn63-60": 0.98, "vn63-26": 0.96, "vn63-49": 0.95}


def test_unknown_indicator_names_the_nearest():
    with pytest.raises(InputError, match=r"no indicator 'late_rat'; did you mean late_rate"):
        catalogue.indicator("late_rat")
    with pytest.raises(InputError, match=r"indicator_table\(\) lists them all"):
        catalogue.indicator("zzzz")


def test_changing_what_is_returned_does_not_change_the_catalogue():
    catalogue.indicators().clear()
    assert len(catalogue.indicators()) == 131


def test_table_has_one_row_each_with_dates():
    table = catalogue.indicator_table()
    assert len(table) == table["indicator_id"].nunique() == 131
    row = table.set_index("indicator_id").loc["level34_online_share"]
    assert row["valid_to"] == pd.Timestamp("2022-08-14") and pd.isna(row["valid_from"])
