"""Saved answers of the portal's evaluation screens, read into the table of components."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from portal_answers import (
    DIGITISED,
    NAME,
    OFFICE,
    PAYMENT,
    PROGRESS,
    SATISFACTION,
    SCORES,
    SERVICES,
    TOTALS,
    TRANSPARENCY,
    save,
)  # fmt: skip

from cchc_analysis.columns import InputError
from cchc_analysis.components import COMPONENTS
from cchc_analysis.scorecards.scores import score_components, score_groups, score_totals
from cchc_analysis.sources.evaluation import read_evaluation


def read(folder, data, **told):
    return read_evaluation(save(folder, data), **told).components


# The screens


def test_progress(tmp_path):
    rows = read(tmp_path, PROGRESS)
    assert list(rows) == COMPONENTS.names
    assert len(rows) == 6  # component and group of three units
    province = rows[(rows["unit_id"] == "vn34-25") & rows["metric"].notna()].iloc[0]
    assert province["unit_class"] == "province"
    assert province[["numerator", "denominator"]].tolist() == [144625, 184513]
    assert province["published_share"] == pytest.approx(0.7838)
    office, ward = (rows[rows["unit_code"] == code].iloc[0] for code in ("H44.01", "H44.100"))
    assert (office["unit_class"], ward["unit_class"]) == ("department", "commune")
    assert (office["parent_id"], ward["unit_id"]) == ("vn34-25", "H44.100")
    assert office["published_score"] == 0
    assert (score_components(rows)["difference"] == 0).all()


def test_transparency_takes_its_codes_from_another_screen(tmp_path):
    save(tmp_path, TRANSPARENCY)
    save(tmp_path, PROGRESS, "b" + NAME)
    reading = read_evaluation(tmp_path)
    rows = reading.components.query("group == 'CKMB'")
    assert rows["unit_id"].drop_duplicates().tolist() == ["vn34-25", "H44.01"]
    sync = rows[rows["metric"] == "DOSSIER_SYNC"].iloc[0]
    assert sync["note"] == "NO_NATIONAL_REPORT_DATA"
    assert np.isnan(sync["published_score"])
    scores = score_groups(rows[rows["unit_id"] == "H44.01"])
    assert scores["recomputed_score"].tolist() == scores["published_score"].tolist() == [1.96]


def test_a_unit_without_any_code_keeps_the_portals_id(tmp_path):
    rows = read(tmp_path, TRANSPARENCY)
    assert rows["unit_id"].drop_duplicates().tolist() == ["vn34-25", "u-1"]
    assert rows["unit_name"].iloc[-1] == OFFICE["departmentName"]


def test_services_and_payment(tmp_path):
    save(tmp_path, SERVICES)
    save(tmp_path, PAYMENT, "b" + NAME)
    scores = score_groups(read_evaluation(tmp_path).components)
    province = scores[scores["unit_id"] == "vn34-25"].set_index("group")
    assert province["recomputed_score"].to_dict() == {"CLGQ": 8.83, "TTTT": 6.25}
    assert (province["difference"] == 0).all()
    ward = scores[scores["unit_id"] == "H44.100"].iloc[0]
    assert ward["published_score"] == 6.48
    assert np.isnan(ward["recomputed_score"])


def test_digitisation_and_satisfaction(tmp_path):
    rows = read(tmp_path, DIGITISED)
    scored = score_components(rows).set_index("metric")
    assert scored.at["ELECTRONIC_CERTIFIED_COPY", "recomputed_score"] == 2
    assert np.isnan(scored.at["ELECTRONIC_CERTIFIED_COPY", "denominator"])
    assert scored.at["SO_HOA_GIAY_TO_GIAI_QUYET", "difference"] == 0
    rows = read(tmp_path, SATISFACTION)
    assert score_groups(rows)["recomputed_score"].tolist() == [12.97]
    assert "unscored" in set(score_components(rows)["status"])


def test_totals(tmp_path):
    rows = read(tmp_path, TOTALS)
    country = rows[rows["unit_id"] == "vn"].iloc[0]
    assert (country["unit_class"], country["published_score"]) == ("country", 62.59)
    totals = score_totals(rows).set_index("unit_id")
    assert totals.at["vn34-25", "published_sum"] == 62.18
    assert totals.at["vn34-25", "difference"] == 0


def test_a_score_above_its_maximum_is_carried(tmp_path):
    odd = {**TOTALS["provinces"][0], "groupScores": {**SCORES, "MDHL": 18.28}}
    rows = read(tmp_path, {"evaluation": [odd]})
    assert rows.query("group == 'MDHL'")["published_score"].tolist() == [18.28]


def test_own_units_give_own_ids(tmp_path):
    units = pd.DataFrame(
        {"unit_id": ["ward"], "unit_class": ["commune"], "agency_code": ["H44.100"]}
    )
    rows = read_evaluation(save(tmp_path, PROGRESS), units=units).components
    assert set(rows["unit_id"]) == {"ward", "H44", "H44.01"}


# The period, which an answer does not carry


@pytest.mark.parametrize(
    ("period", "kind", "start", "end", "provisional"),
    [
        ("2026", "year", "2026-01-01", "2026-09-27", True),
        ("2026-Q3", "quarter", "2026-07-01", "2026-09-27", True),
        ("2026-09", "month", "2026-09-01", "2026-09-27", True),
        ("2026-08", "month", "2026-08-01", "2026-08-31", False),
        ("2026-08-01..2026-08-31", "month", "2026-08-01", "2026-08-31", False),
        ("2026-01-01..2026-12-31", "year", "2026-01-01", "2026-09-27", True),
        ("2026-08-15..2026-09-14", "dates", "2026-08-15", "2026-09-14", False),
    ],
)
def test_periods(tmp_path, period, kind, start, end, provisional):
    file = save(tmp_path, PROGRESS, "a.json")
    told = {"period": period, "captured_at": "2026-09-26T18:14:41Z"}  # the 27th in Vietnam
    row = read_evaluation(file, **told).components.iloc[0]
    assert row["period_kind"] == kind
    assert row["period_start_on"] == pd.Timestamp(start)
    assert row["period_end_on"] == pd.Timestamp(end)
    assert row["captured_at"] == pd.Timestamp("2026-09-27 01:14:41")
    assert row["provisional"] == provisional


def test_a_file_beside_says_the_period(tmp_path):
    file = save(tmp_path, PROGRESS, "a.json")
    (tmp_path / "a.toml").write_text(
        'period = "2026-08"\ncaptured_at = 2026-09-26T18:14:41Z\nsource = "Cổng"\n',
        encoding="utf-8",
    )
    row = read_evaluation(file).components.iloc[0]
    assert (row["period_kind"], row["source"]) == ("month", "Cổng")
    with pytest.raises(InputError, match=r"period is 2026 as stated first and 2026-08 by a\.toml"):
        read_evaluation(file, period="2026")
    (tmp_path / "a.toml").write_text('perod = "2026-08"', encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.toml: unknown key 'perod'; expected period"):
        read_evaluation(file)


def test_what_is_not_stated_is_asked_for(tmp_path):
    file = save(tmp_path, PROGRESS, "progress.json")
    with pytest.raises(InputError, match=r"progress\.json: nothing says the period.*_2026-08_capt"):
        read_evaluation(file)
    with pytest.raises(InputError, match="nothing says the captured_at"):
        read_evaluation(file, period="2026-08")
    with pytest.raises(InputError, match="found period '2026-13', expected 2026"):
        read_evaluation(file, period="2026-13", captured_at="2026-09-26")
    with pytest.raises(InputError, match="found captured_at '26/9/2026', expected"):
        read_evaluation(file, period="2026-08", captured_at="26/9/2026")
    with pytest.raises(InputError, match="captured on 2026-07-31, before the period 2026-08 began"):
        read_evaluation(file, period="2026-08", captured_at="2026-07-31")
    with pytest.raises(
        InputError, match="period is 2026-09 as stated first and 2026-08 by its name"
    ):
        read_evaluation(save(tmp_path, PROGRESS), period="2026-09")


# The project's own files


def test_the_projects_files_are_read_whole():
    folder = Path(__file__).resolve().parents[1] / "data" / "published" / "qd766"
    reading = read_evaluation(folder)
    assert reading.refused.empty
    lines = {}
    for file in reading.inputs:
        with file.open(encoding="utf-8") as text:
            lines[file.stem] = sum(1 for _ in csv.DictReader(text))
    assert lines["provinces_2026-10-10"] == 34 * (19 + 7)
    assert lines["provinces_2026-10-05"] == 34 * 7
    assert lines["phu_tho_2026-08"] == 164 * (20 + 6) + 3
    assert lines["phu_tho_progress_2026"] == 164 * 3
    assert reading.rows_found == sum(lines.values())
    assert (reading.components["source"].str.startswith("Cổng Dịch vụ công quốc gia")).all()
    assert (folder / "gia_lai_2026.toml").is_file()
