"""Indices: scales, decisions and classes, places, panels with their breaks, and targets."""

import tomllib
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cchc_analysis.catalogue import indicator
from cchc_analysis.columns import InputError
from cchc_analysis.scorecards.index_panels import carried_to_merged, year_on_year
from cchc_analysis.scorecards.indices import PARTS, compare_scores, index_places, index_scores
from cchc_analysis.scorecards.schemes import class_of, index_scheme, index_schemes
from cchc_analysis.sources.folder import load_units
from cchc_analysis.sources.panels import PAPI_DIMENSIONS, PCI_PARTS, read_papi, read_pci
from cchc_analysis.sources.published import read_published

ROOT = Path(__file__).resolve().parents[1]
PUBLISHED = ROOT / "data" / "published"
PANELS = ROOT.parent / "shared" / "data" / "vn_panels"


@pytest.fixture(scope="module")
def scores():
    figures = pd.concat(
        [read_published(PUBLISHED / name) for name in ("founding.csv", "figures.csv")],
        ignore_index=True,
    )
    return index_scores(figures, units=load_units(ROOT / "data"))


def panel_file(name):
    if not (PANELS / name).exists():
        pytest.skip(f"shared/data/vn_panels/{name} is not here (it may not be copied)")
    return PANELS / name


def one(table, **wanted):
    for name, value in wanted.items():
        table = table[table[name] == value]
    assert len(table) == 1
    return table.iloc[0]


def figure(indicator_id, value, unit="vn63-04", year=2021, **more):
    return {
        "unit_id": unit, "indicator": indicator_id, "kind": "result", "value": value,
        "printed": str(value), "period_start_on": f"{year}-01-01", "source": "a newspaper",
        "period_end_on": f"{year}-12-31", "unit_of_measure": "percent", **more,
    }  # fmt: skip


# Scores, and the decision that sets the scale


def test_67_29_of_97_is_69_37_percent_with_class_rank_and_decision(scores):
    row = one(scores, unit_id="vn63-595", period_end_on=pd.Timestamp("2023-12-31"))
    assert (row["points"], row["maximum"], row["share"]) == (67.29, 97, 0.6937)
    assert row["verdict"] == "agrees"
    assert (row["class_printed"], row["rank"], row["ranked_count"]) == ("Khá", 8, 10)
    assert row["decision"] == "Quyết định 16/QĐ-UBND"
    assert row["decision_on"] == pd.Timestamp("2024-01-05")
    assert (row["compared_within"], row["place"]) == ("vn63-60", "P6")
    assert pd.isna(row["class_by_decision"])  # its cuts are not known, and none is made up


def test_the_year_before_has_no_points_and_no_maximum(scores):
    row = one(scores, unit_id="vn63-595", period_end_on=pd.Timestamp("2022-12-31"))
    assert (row["share"], row["class_printed"], row["rank"]) == (0.6358, "Trung bình", 10)
    assert row[["points", "maximum", "decision"]].isna().all()


def test_a_maximum_of_70_is_used_where_it_was_70(scores):
    row = one(scores, unit_id="vn63-36/khoi-so-trung-binh")
    assert (row["points"], row["maximum"], row["share"]) == (62.62, 70, 0.8945)
    # 62.62 / 70 = 89.457: 89.46 rounded, 89.45 cut
    assert row["verdict"] == "only_truncation"


def test_points_without_a_known_maximum_are_no_share(scores):
    row = one(scores, unit_id="vn63-464")
    assert row["points"] == 87.26
    assert np.isnan(row["share"]) and np.isnan(row["maximum"])


def test_papi_points_are_no_share_of_80(scores):
    row = one(scores, index="papi")
    assert (row["points"], row["maximum"]) == (40.62, 80)
    assert np.isnan(row["share"])


def test_conflicting_sources_stay_apart(scores):
    hai_phong = scores[(scores["unit_id"] == "vn63-31") & (scores["index"] == "par_index")]
    assert set(hai_phong["share"]) >= {0.9181}
    assert set(hai_phong["compared_within"]) == {"vn"}


@pytest.mark.parametrize(
    ("share", "name"),
    [(0.9, "Tốt"), (0.8999, "Khá"), (0.7, "Khá"), (0.6999, "Trung bình"), (0.5, "Trung bình"),
     (0.4999, "Kém"), (0.0, "Kém")],
)  # fmt: skip
def test_classes_of_cao_bang(share, name):
    scheme = index_scheme("local_par_index", "vn63-04", 2021)
    assert (scheme.decision, class_of(scheme, share).name) == ("Quyết định 2402/QĐ-UBND", name)


def test_a_class_is_read_off_the_decision_of_that_province_and_year_only():
    figures = pd.DataFrame([
        figure("local_par_index", 72.0), figure("local_par_index", 72.0, year=2022),
        figure("local_par_index", 72.0, unit="vn63-60", year=2023),
        figure("local_par_index", 72.0, unit="vn63-01", year=2023),
        figure("local_par_index", 82.0, unit="vn63-74", year=2019),
        figure("local_par_index", 72.0, unit="vn63-74", year=2019, source="another"),
        figure("par_index", 79.97, unit="vn63-91", year=2024),
        figure("par_index", 80.0, unit="vn63-92", year=2024),
    ])  # fmt: skip
    found = index_scores(figures)["class_by_decision"].astype("object")
    assert found.where(found.notna(), "").tolist() == [
        "Khá", "", "", "", "excellent", "", "", "B",
    ]  # fmt: skip


def test_each_scheme_is_well_formed():
    text = files("cchc_analysis").joinpath("reference/index_schemes.toml").read_text("utf-8")
    assert len(tomllib.loads(text)["schemes"]) == len(index_schemes())
    for scheme in index_schemes().values():
        assert scheme.source and scheme.verified in ("read", "as_used", "not_verified")
        assert set(scheme.indicators) <= set(PARTS)
        cuts = [one.from_share for one in scheme.classes if one.from_share is not None]
        assert cuts == sorted(cuts, reverse=True) and all(0 <= cut < 1 for cut in cuts)
        assert not scheme.years or scheme.years[0] <= scheme.years[1]


def test_two_texts_of_one_source_lose_nothing():
    figures = pd.DataFrame([figure("sipas", 80.0), figure("sipas", 81.0)])
    assert index_scores(figures)["share"].tolist() == [0.8, 0.81]


def test_an_index_without_a_period_has_no_scheme():
    rows = pd.DataFrame([figure("local_par_index", 72.0)])
    found = index_scores(rows.drop(columns=["period_start_on", "period_end_on"]))
    assert found["share"].tolist() == [0.72]
    assert found["scheme"].isna().all()


def test_no_index_no_rows():
    figures = pd.DataFrame([figure("on_time_rate", 80.0)])
    assert len(index_scores(figures)) == 0
    assert len(index_places(index_scores(figures))) == 0
    assert len(compare_scores(index_scores(figures))) == 0


# Comparing


def test_scores_are_compared_within_one_province_and_year(scores):
    tuyen_quang = scores[
        (scores["compared_within"] == "vn34-08") & (scores["unit_class"] == "department")
    ]
    found = compare_scores(tuyen_quang)
    assert found["place"].tolist() == [1, 2, 3]
    assert found["share"].tolist() == [0.9121, 0.9084, 0.9081]
    assert found["behind_best"].round(4).tolist() == [0, 0.0037, 0.004]


@pytest.mark.parametrize(
    ("pick", "message"),
    [
        ({"index": "local_par"}, "more than one compared_within"),
        ({"unit_id": "vn63-595"}, "more than one period_start_on"),
        ({"compared_within": "vn34-08"}, "more than one unit_class"),
        ({"unit_id": "vn63-77"}, "more than one index"),
    ],
)
def test_other_comparisons_are_refused(scores, pick, message):
    ((name, value),) = pick.items()
    with pytest.raises(InputError, match=message):
        compare_scores(scores[scores[name] == value])


def test_places_can_be_compared_whatever_the_scale(scores):
    found = index_places(scores)
    tuy_phong = found[found["unit_id"] == "vn63-595"].sort_values("period_end_on")
    assert tuy_phong["share_behind"].round(3).tolist() == [0, 0.222]  # 10th, then 8th of 10
    assert set(tuy_phong["rank_source"]) == {"printed"}
    # the few provinces that a newspaper names are not ranked among themselves
    others = found[found["index"] == "par_index"]
    assert set(others["rank_source"]) == {"none"}
    assert others["rank"].isna().all()
    complete = index_places(scores[scores["index"] == "par_index"], complete=True)
    year = complete[complete["period_end_on"] == "2012-12-31"].set_index("unit_id")
    assert (year.loc["vn63-48", "rank"], year.loc["vn63-48", "share_behind"]) == (1, 1)


# Panels


PAPI = "province_code,province,year,C01,C02,C03,C04,C05,C06,C07,C08\n"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("28,Hà Tây,2011,5,5,5,5,5,5,,\n", r"row 2, column province_code: found '28'"),
        ("01,Hà Nội,2025,5,5,5,5,5,5,5,5\n", "row 2, column year: found 2025.*mergers"),
        ("01,Hà Nội,2011,5,5,5,5,5,50,,\n", "row 2, column C06: found 50, expected a score from 1"),
        ("01,Hà Nội,2011,5,5,5,5,5,5,,\n" * 2, "row 3: vn63-01 has 2011 twice"),
        ("01,Hà Nội,2011,x,5,5,5,5,5,,\n", "C01 holds something that is not a number"),
        ("01,Hà Nội,,5,5,5,5,5,5,,\n", "row 2, column year: found nan"),
    ],
)
def test_a_panel_that_cannot_be_read_gets_one_message(tmp_path, rows, message):
    file = tmp_path / "papi.csv"
    file.write_text(PAPI + rows, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_papi(file)


def test_unknown_columns_and_a_missing_file_are_named(tmp_path):
    file = tmp_path / "papi.csv"
    file.write_text("province_code,year,C09\n01,2011,5\n", encoding="utf-8")
    with pytest.raises(InputError, match="unknown column 'C09'"):
        read_papi(file)
    with pytest.raises(InputError, match="no such file"):
        read_pci(tmp_path / "pci.csv")


def test_an_empty_panel_is_empty(tmp_path):
    file = tmp_path / "papi.csv"
    file.write_text(PAPI, encoding="utf-8")
    panel = read_papi(file)
    assert len(panel.estimates) == len(panel.refused) == 0
    assert len(year_on_year(panel.estimates)) == 0
    assert len(carried_to_merged(panel.estimates)) == 0


@pytest.mark.parametrize("name", [*PAPI_DIMENSIONS.values(), *PCI_PARTS.values()])
def test_every_part_of_a_panel_is_in_the_catalogue(name):
    assert indicator(name).maximum in (10, 100)


def test_the_papi_panel():
    panel = read_papi(panel_file("papi_dimensions_2011_2024_wide.csv"))
    rows = panel.estimates
    # 873 province-years, of which 4 lack a dimension: 2018 twice, 2022 twice
    assert len(rows[rows["indicator"] == "papi"]) == 869
    assert len(panel.refused) == 0
    # printed by a newspaper of July 2022: Bà Rịa - Vũng Tàu 2021, 40.62 points
    total = one(rows, unit_id="vn63-77", year=2021, indicator="papi")["value"]
    assert total == pytest.approx(40.62, abs=0.01)
    assert rows.groupby("year")["series"].first().to_dict() == (
        dict.fromkeys(range(2011, 2018), "2011-2017")
        | dict.fromkeys(range(2018, 2021), "2018-2020")
        | dict.fromkeys(range(2021, 2025), "2021-")
    )
    found = year_on_year(rows)
    breaks = found[found["reading"] == "scale_break"]
    assert set(breaks["year"]) == {2018, 2021}
    assert breaks["change"].isna().all()
    assert breaks["behind_change"].notna().all()
    assert not found.loc[found["reading"] == "change", "year"].isin([2018, 2021]).any()


def test_merged_provinces_are_not_averaged():
    rows = read_papi(panel_file("papi_dimensions_2011_2024_wide.csv")).estimates
    found = carried_to_merged(rows[rows["indicator"] == "papi"])
    latest = found[found["year"] == 2024].set_index("unit_id")
    assert len(latest) == 34
    assert (latest["predecessors"].str.count(";") > 0).sum() == 23  # 11 unchanged
    merged = latest[latest["reading"] == "merged"]
    assert merged["value"].isna().all()
    assert latest.loc["vn34-25", "predecessors"] == "vn63-17;vn63-25;vn63-26"
    lai_chau = one(rows, unit_id="vn63-12", year=2024, indicator="papi")["value"]
    assert latest.loc["vn34-12", "value"] == lai_chau


def test_the_pci_panel():
    panel = read_pci(panel_file("pci_2005_2016.csv"))
    rows = panel.estimates[panel.estimates["indicator"] == "pci"]
    # printed by VCCI for 2009: Đà Nẵng first with 75.96
    assert round(one(rows, unit_id="vn63-48", year=2009)["value"], 2) == 75.96
    # Hà Tây to 2008, and 50 rows of 2013 that name nobody
    assert panel.refused.groupby("year").size().to_dict() == {
        2005: 1, 2006: 1, 2007: 1, 2008: 1, 2013: 50,
    }  # fmt: skip
    found = year_on_year(rows)
    assert set(found.loc[found["reading"] == "scale_break", "year"]) == {2006, 2009, 2013}
    gaps = found[(found["reading"] == "gap") & (found["year"] == 2014)]
    assert len(gaps) == 50


@pytest.mark.parametrize("column", ["series", "value"])
def test_a_panel_without_its_columns_is_refused(column):
    rows = pd.DataFrame({"unit_id": ["a"], "indicator": "papi", "year": 2020, "series": "s",
                         "value": 1.0})  # fmt: skip
    with pytest.raises(InputError, match=f"no column '{column}'"):
        year_on_year(rows.drop(columns=column))
    with pytest.raises(InputError, match="a has papi of 2020 twice"):
        carried_to_merged(pd.concat([rows, rows]))
