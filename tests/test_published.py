from pathlib import Path

import pandas as pd
import pytest

from cchc_analysis import catalogue
from cchc_analysis.columns import PUBLISHED, UNITS, InputError, check
from cchc_analysis.sources.published import read_published

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "data" / "published"
SHARED = ROOT.parent / "shared" / "data"
HEADER = "unit_id,indicator,kind,period_start_on,period_end_on,printed,value,unit_of_measure,source"
GOOD = "vn63-01,on_time_rate,result,2024-01-01,2024-12-31,97.0,97.0,percent,report"

# Rows of each file. Portal: 34 provinces x 18 metrics + the nation; 34 x 2 dates x (total,
# rank, six groups) + the nation; (163 units + the province) x 4 periods.
ROWS = {
    "founding.csv": 56,
    "figures.csv": 181,
    "portal766_provinces_2026-10-10.csv": 34 * 18 + 1,
    "portal766_scores_2026.csv": 34 * 2 * 8 + 1,
    "portal766_phu_tho_2026.csv": 164 * 4,
    "portal766_phu_tho_2026-08.csv": 3448,
    "portal766_gia_lai_2026.csv": 879,
}


def write(folder, *rows, header=HEADER, name="a.csv"):
    (folder / name).write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return folder / name


@pytest.fixture(scope="module")
def founding():
    return read_published(FOLDER / "founding.csv")


def one(figures, **where):
    for column, value in where.items():
        figures = figures[figures[column] == value]
    assert len(figures) == 1, where
    return figures.iloc[0]


def test_rows_of_every_file_and_of_the_folder():
    counted = {file: len(read_published(FOLDER / file)) for file in ROWS}
    assert counted == ROWS
    assert len(read_published(FOLDER)) == sum(ROWS.values())


def test_files_are_plain_utf8_with_all_columns_in_order():
    for file in ROWS:
        content = (FOLDER / file).read_bytes()
        assert b"\r" not in content and not content.startswith(b"\xef\xbb\xbf")
        assert content.split(b"\n", 1)[0].decode() == ",".join(PUBLISHED.names)


def test_every_indicator_and_unit_is_known_and_measured_alike():
    figures = read_published(FOLDER)
    known = catalogue.indicators()
    measured = {
        (known[indicator].unit_of_measure, unit.split("_of_")[0])
        for indicator, unit in zip(figures["indicator"], figures["unit_of_measure"], strict=True)
    }
    same = {(unit, unit) for unit, _ in measured}
    assert measured <= same | {("share", "percent"), ("dossiers", "million_dossiers")}

    text = {"dtype": "str", "keep_default_na": False}
    units = pd.read_csv(FOLDER / "units.csv", **text)
    checked = check(units.replace("", pd.NA), UNITS, where="units.csv")
    gazetteer = pd.read_csv(ROOT / "cchc_analysis" / "reference" / "units.csv", **text)
    ids = [*checked["unit_id"], *gazetteer["unit_id"]]
    assert len(ids) == len(set(ids))
    assert set(figures["unit_id"]) | set(checked["parent_id"]) <= set(ids)


def test_one_figure_per_unit_indicator_kind_and_period():
    figures = read_published(FOLDER)
    keys = ["unit_id", "indicator", "kind", "period_start_on", "period_end_on"]
    assert not figures.duplicated(keys).any()


def test_provinces_in_time_add_to_the_portals_totals():
    figures = read_published(FOLDER / "portal766_provinces_2026-10-10.csv")
    in_time = figures[figures["indicator"] == "qd766_in_time_share"]
    assert in_time["numerator"].sum() == 12_707_675
    assert in_time["denominator"].sum() == 14_666_757
    nation = one(in_time, unit_id="vn")
    # printed 87.78, the plain mean; weighted by dossiers it would be 86.64
    assert nation["value"] == 87.78 and nation[["numerator", "denominator"]].isna().all()
    provinces = in_time[in_time["unit_id"] != "vn"]
    assert 100 * (provinces["numerator"] / provinces["denominator"]).mean() == pytest.approx(
        87.78, abs=0.005
    )
    assert figures.groupby("indicator").size().drop("qd766_in_time_share").eq(34).all()


def test_scores_are_the_sum_of_the_groups_and_the_national_one_their_mean():
    figures = read_published(FOLDER / "portal766_scores_2026.csv")
    latest = figures[figures["period_end_on"] == "2026-10-10"]
    wide = latest.pivot(index="unit_id", columns="indicator", values="value")
    provinces = wide.drop(index="vn")
    groups = provinces.filter(like="qd766_score_")
    assert groups.shape == (34, 6)
    assert (groups.sum(axis=1) - provinces["qd766_score"]).abs().max() < 0.005
    assert wide.loc["vn", "qd766_score"] == 62.59
    # the portal's national score is the plain mean to within its last printed digit
    assert provinces["qd766_score"].mean() == pytest.approx(62.59, abs=0.0101)
    assert provinces["qd766_rank"].min() == 1


def test_phu_tho_units_add_to_the_province_in_all_four_periods():
    figures = read_published(FOLDER / "portal766_phu_tho_2026.csv")
    keys = ["period_start_on", "period_end_on"]
    counts = ["numerator", "denominator"]
    province = figures[figures["unit_id"] == "vn34-25"].set_index(keys)[counts]
    units = figures[figures["unit_id"] != "vn34-25"].groupby(keys)[counts].sum()
    assert len(units) == 4
    assert units.sort_index().equals(province.sort_index())
    august = province.loc[(pd.Timestamp("2026-08-01"), pd.Timestamp("2026-08-31"))]
    assert august.tolist() == [144_625, 184_513]


def test_printed_ratios_follow_from_the_counts_and_nothing_is_no_share():
    for file in ("portal766_phu_tho_2026.csv", "portal766_gia_lai_2026.csv"):
        figures = read_published(FOLDER / file)
        figures = figures[figures["indicator"] == "qd766_in_time_share"]
        empty = figures["denominator"] == 0
        assert figures.loc[empty, "value"].isna().all()
        assert figures.loc[empty, "printed"].astype(float).eq(0).all()
        some = figures[~empty]
        exact = 100 * some["numerator"] / some["denominator"]
        assert (exact - some["value"]).abs().max() < 0.00501
        assert some["decimals"].eq(2).all()


def test_phu_tho_august_groups():
    figures = read_published(FOLDER / "portal766_phu_tho_2026-08.csv")
    province = figures[figures["unit_id"] == "vn34-25"].set_index("indicator")
    scores = province["value"].dropna()
    # the portal's six group scores of Phú Thọ, August 2026
    assert scores.to_dict() == {
        "qd766_score_ckmb": 7.89,
        "qd766_score_tdgq": 15.68,
        "qd766_score_clgq": 8.83,
        "qd766_score_tttt": 6.25,
        "qd766_score_mdsh": 8.24,
        "qd766_score_mdhl": 12.96,
    }
    counts = province[["numerator", "denominator"]]
    assert counts.loc["qd766_pay_dossiers"].tolist() == [82_913, 98_459]
    assert counts.loc["qd766_pay_formalities"].tolist() == [93, 310]
    assert counts.loc["qd766_petition_processing_on_time"].tolist() == [182, 247]
    assert counts.loc["qd766_online_channel_share"].tolist() == [150_956, 152_595]
    units = figures[figures["unit_id"] != "vn34-25"]
    assert "qd766_score_clgq" not in set(units["indicator"])
    nothing = one(units, unit_id="H44.01", indicator="qd766_original_result_available")
    assert pd.isna(nothing["numerator"]) and nothing["denominator"] == 0


def test_gia_lai_departments_at_their_dates():
    figures = read_published(FOLDER / "portal766_gia_lai_2026.csv")
    land = figures[(figures["unit_id"] == "H21.24") & figures["denominator"].notna()]
    late = (land["denominator"] - land["numerator"]).set_axis(land["source_on"])
    assert late["2026-09-24"] == 56_428 and late["2026-09-27"] == 39_568
    assert len(figures[figures["indicator"] == "qd766_in_time_share"]) == 60
    above = figures[(figures["indicator"] == "qd766_score_mdhl") & (figures["value"] > 18)]
    assert sorted(above["value"]) == [18.02, 18.28]
    assert above["inferred"].notna().all()


def test_founding_shares_keep_what_was_printed(founding):
    on_time = one(founding, unit_id="vn63-77", indicator="on_time_rate")
    assert on_time[["value", "numerator", "denominator"]].tolist() == [97.7, 483_677, 495_353]
    late = one(founding, unit_id="vn63-77", indicator="late_rate")
    assert late[["value", "numerator", "denominator"]].tolist() == [2.3, 11_676, 495_353]
    assert on_time["numerator"] + late["numerator"] == on_time["denominator"]
    assert on_time["inferred"].startswith("province: people named")
    online = one(founding, unit_id="vn63-77", indicator="online_share")
    assert online["value"] == 96.7 and online[["numerator", "denominator"]].isna().all()


def test_founding_range_is_no_value(founding):
    years = one(founding, unit_id="vn63-446", indicator="on_time_rate")
    assert years["printed"] == "98.2-99.7" and pd.isna(years["value"])
    assert years[["low", "high"]].tolist() == [98.2, 99.7] and pd.isna(years["decimals"])
    period = [years["period_start_on"], years["period_end_on"]]
    assert period == [pd.Timestamp("2015-01-01"), pd.Timestamp("2018-12-31")]


def test_founding_index_targets_and_dates(founding):
    tuy_phong = founding[founding["unit_id"] == "vn63-595"]
    index = one(tuy_phong, indicator="local_par_index", value=69.37)
    assert index[["numerator", "denominator"]].tolist() == [67.29, 97]
    assert one(tuy_phong, indicator="local_par_rank", value=8)["printed"] == "8/10"
    classes = tuy_phong[tuy_phong["indicator"] == "local_par_class"]
    assert classes["printed"].tolist() == ["Khá", "Trung bình"] and classes["value"].isna().all()
    targets = tuy_phong[tuy_phong["kind"] == "target"].set_index("indicator")["low"]
    assert targets.to_dict() == {
        "online_share": 50,
        "on_time_rate": 98,
        "digitised_in_out_share": 80,
        "entered_in_system_share": 100,
    }
    can_giuoc = founding[founding["unit_id"] == "vn63-807"]
    assert set(can_giuoc["source_on"]) == {"2024-05-31"}
    assert set(can_giuoc["page_on"]) == {"2024-06-18"}
    shares = can_giuoc.set_index("indicator")["value"]
    assert shares["early_rate"] + shares["due_day_rate"] == pytest.approx(99.94)
    assert shares["received_count"] == 33_653 and shares["resolved_count"] == 31_394


def test_nothing_of_the_collected_press_figures_is_lost():
    file = SHARED / "published" / "published_figures.csv"
    if not file.exists():
        pytest.skip("the collected press figures are not beside this clone")
    collected = pd.read_csv(file, dtype="str")
    figures = read_published(FOLDER / "figures.csv")
    for ours, theirs in {"printed": "value", "unit_of_measure": "unit_of_measure"}.items():
        assert figures[ours].tolist() == collected[theirs].tolist()
    for column in ("numerator", "denominator"):
        assert figures[column].equals(collected[column].astype(float))
    for ours, theirs in {"period_start_on": "period_start", "period_end_on": "period_end"}.items():
        assert figures[ours].equals(pd.to_datetime(collected[theirs]).astype("datetime64[us]"))
    dated = collected["source_date"].notna()
    assert figures.loc[dated, "source_on"].tolist() == collected.loc[dated, "source_date"].tolist()
    assert not figures["note"].str.contains("check:", na=False).any()


def test_press_denominators_give_different_indicators():
    figures = read_published(FOLDER / "figures.csv")
    district_1 = figures[figures["unit_id"] == "vn63-760"].set_index("indicator")["value"]
    # Quận 1, 2018: 99.96 % of received on time while no dossier was late
    assert district_1.to_dict() == {"on_time_rate_of_received": 99.96, "late_rate_of_received": 0}
    due = figures[figures["indicator"] == "on_time_rate_of_due"]
    assert sorted(due["denominator"]) == [2504, 4169, 14_101, 19_944]


def test_decimals_are_those_printed_and_codes_stay_text(tmp_path):
    row = "007,on_time_rate,result,2024-01-01,2024-12-31,97.0,97.0,percent,report"
    figures = read_published(write(tmp_path, row))
    assert figures["unit_id"].tolist() == ["007"]
    assert figures["decimals"].tolist() == [1] and figures["value"].tolist() == [97.0]
    given = read_published(write(tmp_path, row + ",2", header=HEADER + ",decimals"))
    assert given["decimals"].tolist() == [2]


def test_byte_order_mark_of_a_spreadsheet_is_accepted(tmp_path):
    file = write(tmp_path, GOOD)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert len(read_published(file)) == 1


def test_folder_leaves_out_units_and_may_be_empty(tmp_path):
    write(tmp_path, "vn63-01,Hà Nội", header="unit_id,name", name="units.csv")
    assert read_published(tmp_path).empty
    assert list(read_published(tmp_path)) == PUBLISHED.names
    write(tmp_path, GOOD)
    assert len(read_published(tmp_path)) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("97.0,percent", "97,0,percent"), r"a\.csv: not a table .*line 3"),
        (("97.0,percent", "nhiều,percent"), r"a\.csv, row 3, column value: found 'nhiều'"),
        (("2024-12-31", "31/12/2024"), r"row 3, column period_end_on: found '31/12/2024'"),
        (("2024-12-31", "2024-02-30"), r"row 3, column period_end_on: found '2024-02-30'"),
        (("2024-12-31", "2023-12-31"), r"row 3, column period_end_on: .* on or after"),
        (("on_time_rate", "ontime_rate"), r"row 3, column indicator: .*did you mean on_time_rate"),
        (("result", "outcome"), r"a\.csv: published: kind, row 1: found 'outcome'"),
        (("vn63-01", ""), r"published: unit_id, row 1: .*a value in every row"),
    ],
)
def test_a_bad_row_says_where_and_what(tmp_path, change, message):
    bad = write(tmp_path, GOOD, GOOD.replace(*change))
    with pytest.raises(InputError, match=message):
        read_published(bad)


def test_a_bad_file_says_what_to_do(tmp_path):
    with pytest.raises(InputError, match="no such file or folder"):
        read_published(tmp_path / "absent.csv")
    with pytest.raises(InputError, match=r"unknown column 'valeu'"):
        read_published(write(tmp_path, GOOD, header=HEADER.replace(",value", ",valeu")))
    with pytest.raises(InputError, match="published has no column 'kind'"):
        read_published(write(tmp_path, "a,late_rate", header="unit_id,indicator"))
    (tmp_path / "old.csv").write_bytes((HEADER + "\n" + GOOD + ",Hà Nội\n").encode("utf-16"))
    with pytest.raises(InputError, match=r"old\.csv: not a table of comma-separated UTF-8"):
        read_published(tmp_path / "old.csv")
