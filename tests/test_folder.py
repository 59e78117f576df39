"""What a data folder gives about a unit: the project's own, and one's own."""

import pandas as pd
import pytest

from cchc_analysis.columns import DOSSIERS, FORMS, PUBLISHED, InputError
from cchc_analysis.sources.folder import (
    data_folder,
    load_published,
    load_unit,
    load_units,
    units_with_data,
)

PROVINCE, DISTRICT, COMMUNE = "Tỉnh Mẫu Z", "Huyện Mẫu Z1", "Xã Mẫu Z1.01"
STATED = "unit_id,name,full_name,unit_class,parent_id,simulated"


def write_dossiers(folder, units, *, last="2024-03-20", name="one"):
    """A file of dossiers as `cchc read` leaves it, two of each unit."""
    table = pd.DataFrame(
        {
            "dossier_id": [f"{name}{i}" for i in range(2 * len(units))],
            "unit_id": [unit for unit in units for _ in range(2)],
            "source": "by hand",
            "received_at": pd.Timestamp("2024-01-05 08:00"),
            "due_at": pd.Timestamp("2024-01-12"),
        }
    )
    table.loc[0, "received_at"] = pd.Timestamp(f"{last} 15:00")
    for column in DOSSIERS.names:
        if column not in table:
            table[column] = None
    (folder / name).mkdir(parents=True)
    table[DOSSIERS.names].to_parquet(folder / name / "dossiers.parquet")


def write_units(folder, *lines):
    (folder / "units.csv").write_text("\n".join([STATED, *lines]) + "\n", encoding="utf-8")


# Three units of one province; none is in the gazetteer.
LINES = (
    f"{PROVINCE},Mẫu Z,{PROVINCE},province,,True",
    f"{DISTRICT},Mẫu Z1,{DISTRICT},district,{PROVINCE},True",
    f"{COMMUNE},Mẫu Z1.01,{COMMUNE},commune,{DISTRICT},True",
)


def test_a_folder_of_dossiers_only(tmp_path):
    write_dossiers(tmp_path, [COMMUNE])
    loaded = load_unit(COMMUNE, tmp_path)
    assert loaded.unit_id == COMMUNE
    assert len(loaded.dossiers) == 2
    assert not loaded.simulated
    for table, declared in (
        (loaded.forms, FORMS), (loaded.published, PUBLISHED), (loaded.published_below, PUBLISHED),
    ):  # fmt: skip
        assert table.empty
        assert list(table) == declared.names
    assert loaded.as_of == pd.Timestamp("2024-03-20")
    assert [path.name for path in loaded.inputs] == ["dossiers.parquet"]
    row = loaded.units.set_index("unit_id").loc[COMMUNE]
    assert row["unit_class"] == "commune"  # by its prefix
    assert pd.isna(row["parent_id"])


def test_units_csv_gives_parents(tmp_path):
    write_dossiers(tmp_path, [PROVINCE, DISTRICT, COMMUNE])
    write_units(tmp_path, *LINES)
    found = {
        unit: len(load_unit(unit, tmp_path).dossiers) for unit in (PROVINCE, DISTRICT, COMMUNE)
    }
    assert found == {PROVINCE: 6, DISTRICT: 4, COMMUNE: 2}
    assert load_unit(PROVINCE, tmp_path).simulated


def test_a_unit_with_data_only_below_it(tmp_path):
    write_dossiers(tmp_path, [COMMUNE])
    write_units(tmp_path, *LINES)
    assert set(load_unit(PROVINCE, tmp_path).dossiers["unit_id"]) == {COMMUNE}
    # listed with the units above, in the order of the table of units
    assert units_with_data(tmp_path, load_units(tmp_path)) == [PROVINCE, DISTRICT, COMMUNE]


def test_only_the_files_that_name_the_unit_are_its_inputs(tmp_path):
    write_dossiers(tmp_path, [COMMUNE], name="one", last="2024-03-20")
    write_dossiers(tmp_path, ["Xã Khác"], name="two", last="2024-06-30")
    loaded = load_unit(COMMUNE, tmp_path)
    assert [path.parent.name for path in loaded.inputs] == ["one"]
    assert loaded.as_of == pd.Timestamp("2024-03-20")


def test_the_drawing_day_is_that_of_the_whole_file(tmp_path):
    # the last receipt is another unit's: the export was drawn then for both
    write_dossiers(tmp_path, [DISTRICT, COMMUNE], last="2024-04-02")
    loaded = load_unit(COMMUNE, tmp_path)
    assert loaded.as_of == pd.Timestamp("2024-04-02")
    assert loaded.period() == (pd.Timestamp("2024-01-05"), pd.Timestamp("2024-04-02"))
    assert loaded.period("2024-02-01", "2024-02-29") == (
        pd.Timestamp("2024-02-01"), pd.Timestamp("2024-02-29"),
    )  # fmt: skip


def test_the_day_drawn_that_the_rows_state_wins_over_the_last_receipt(tmp_path):
    write_dossiers(tmp_path, [DISTRICT], name="one", last="2024-04-02")
    write_dossiers(tmp_path, [COMMUNE], name="two", last="2024-03-20")
    for name, day in (("one", None), ("two", "2024-05-31")):
        path = tmp_path / name / "dossiers.parquet"
        rows = pd.read_parquet(path)
        rows["drawn_on"] = pd.Timestamp(day) if day else pd.NaT
        rows.to_parquet(path)
    write_units(tmp_path, *LINES)
    assert load_unit(COMMUNE, tmp_path).as_of == pd.Timestamp("2024-05-31")
    assert load_unit(DISTRICT, tmp_path).as_of == pd.Timestamp("2024-05-31")  # of its commune


def test_forms_and_printed_figures_of_ones_own(tmp_path):
    write_units(tmp_path, *LINES)
    for kind in ("forms", "published"):
        (tmp_path / "mine" / kind).mkdir(parents=True)
    (tmp_path / "mine" / "forms" / "2024.csv").write_text(
        "unit_id,period_start_on,period_end_on,field,early_count,source\n"
        f"{DISTRICT},2024-01-15,2024-02-14,,5,form\n{COMMUNE},2024-01-15,2024-02-14,,3,form\n",
        encoding="utf-8",
    )
    (tmp_path / "mine" / "published" / "press.csv").write_text(
        "unit_id,indicator,kind,printed,value,unit_of_measure,source\n"
        f"{COMMUNE},on_time_rate,result,97.0,97.0,percent,report\n",
        encoding="utf-8",
    )
    loaded = load_unit(DISTRICT, tmp_path)
    assert loaded.forms["early_count"].tolist() == [5]
    assert loaded.published.empty
    assert loaded.published_below["value"].tolist() == [97.0]
    assert pd.isna(loaded.as_of)
    assert len(load_published(tmp_path)) == 1
    assert units_with_data(tmp_path, load_units(tmp_path)) == [PROVINCE, DISTRICT, COMMUNE]


# ------------------------------------------------------------------- the project's own folder


def test_a_unit_with_printed_figures_only():
    # founding article 004: 33,653 received, 31,394 resolved, from the year's start to 31 May 2024
    loaded = load_unit("Cần Giuộc")
    assert loaded.dossiers.empty
    assert pd.isna(loaded.as_of)
    counts = loaded.published.set_index("indicator")["value"]
    assert {33_653, 31_394} <= set(counts)
    assert set(loaded.published["unit_id"]) == {loaded.unit_id}
    assert not loaded.simulated
    assert all(path.is_file() for path in loaded.inputs)


def test_a_name_of_two_eras_means_today():
    loaded = load_unit("tỉnh Phú Thọ")
    assert loaded.unit_id == "vn34-25"
    assert loaded.published_below["unit_id"].nunique() >= 163  # units of the portal's answers


def test_units_with_data_in_the_project():
    units = load_units()
    found = units_with_data(data_folder(), units)
    now = units["unit_id"].str.startswith("vn34-") & (units["unit_class"] == "province")
    provinces = units.loc[now, "unit_id"]
    assert len(set(found) & set(provinces)) == 34
    assert "vn" not in found
    assert len(found) == len(set(found))


# ------------------------------------------------------------------------------- bad input


def test_an_unknown_unit_names_candidates(tmp_path):
    with pytest.raises(InputError, match=r"no unit is called 'Cần Giuọc'; nearest: .*Cần Giuộc"):
        load_unit("Cần Giuọc")
    with pytest.raises(InputError, match=r"no unit is called 'Atlantis'.*units\.csv"):
        load_unit("Atlantis", tmp_path)


def test_a_name_of_a_province_and_a_ward_means_the_province():
    assert load_unit("Phú Thọ").unit_id == "vn34-25"
    assert load_unit("phường Phú Thọ").unit_id == "H44.110"


def test_a_known_unit_of_which_the_folder_holds_nothing(tmp_path):
    with pytest.raises(InputError, match=r"holds no dossiers, forms or published .*'Cần Giuộc'"):
        load_unit("Cần Giuộc", tmp_path)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="nowhere: no such data folder; give its path"):
        load_unit("Cần Giuộc", tmp_path / "nowhere")
    with pytest.raises(InputError, match="no such data folder"):
        load_published(tmp_path / "nowhere")


def test_a_unit_stated_twice_and_a_units_file_that_does_not_fit(tmp_path):
    write_units(tmp_path, LINES[0], LINES[0])
    with pytest.raises(InputError, match=f"unit '{PROVINCE}' is stated twice"):
        load_units(tmp_path)
    write_units(tmp_path, f"{PROVINCE},Mẫu Z,{PROVINCE},kingdom,,True")
    with pytest.raises(InputError, match=r"units\.csv.*unit_class, row 2: found 'kingdom'"):
        load_units(tmp_path)


def test_a_file_that_is_not_one_of_dossiers(tmp_path):
    (tmp_path / "dossiers.parquet").write_bytes(b"garbage")
    with pytest.raises(InputError, match=r"dossiers\.parquet: not a file of dossiers"):
        load_units(tmp_path)
