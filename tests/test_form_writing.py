"""Forms II.06 written as workbooks: read back equal, safe, printable, marked if simulated."""

import pandas as pd
import pytest
from test_tally import MARCH, hand_table

from cchc_analysis.columns import InputError
from cchc_analysis.sources.folder import load_unit
from cchc_analysis.sources.forms import form06, read_forms, write_form06

SIMULATED = "Huyện Mẫu B (mô phỏng)"


def forms_of(unit_id):
    """A form of the hand table: fields as bad as a field can be, one like a note, and none."""
    fields = ["=HYPERLINK(1)", "1. Đất & đai", "unit_id: V", None]
    dossiers = hand_table().assign(
        field=lambda t: [fields[i % 4] for i in range(len(t))], unit_id=unit_id
    )
    return form06(dossiers, *MARCH)


@pytest.mark.parametrize("unit_id", [SIMULATED, "vn63-807", "U", "x1"])
def test_what_is_written_reads_back_equal(tmp_path, unit_id):
    form = forms_of(unit_id)
    assert form["field"].isna().sum() == 1
    again = read_forms(write_form06(form, tmp_path / "deep" / "form.xlsx"))
    pd.testing.assert_frame_equal(again, form)


def test_missing_counts_and_several_forms_read_back_equal(tmp_path):
    forms = pd.concat([forms_of("U"), forms_of("V")], ignore_index=True)
    forms["online_received_count"] = float("nan")
    pd.testing.assert_frame_equal(read_forms(write_form06(forms, tmp_path / "f.xlsx")), forms)


@pytest.mark.parametrize("line", [0, 2])
def test_a_line_without_counts_would_be_read_as_a_heading(tmp_path, line):
    forms = forms_of("U")
    forms.loc[line, [name for name in forms if name.endswith("_count")]] = float("nan")
    with pytest.raises(InputError, match=r"U: found no count in the line .*; leave it out"):
        write_form06(forms, tmp_path / "f.xlsx")
    assert not (tmp_path / "f.xlsx").exists()


def parts(path):
    import zipfile

    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_the_workbook_prints_one_a4_page_wide_and_holds_no_formula(tmp_path):
    written = parts(write_form06(forms_of("vn63-807"), tmp_path / "f.xlsx"))
    sheet, texts = written["xl/worksheets/sheet1.xml"], written["xl/sharedStrings.xml"]
    assert "<f>" not in sheet
    assert 'paperSize="9"' in sheet
    assert 'orientation="landscape"' in sheet
    assert 'fitToHeight="0"' in sheet
    assert "Biểu số II.06/VPCP/KSTT" in texts
    assert "Đơn vị báo cáo: Huyện Cần Giuộc" in texts
    assert "(Từ ngày 01/03/2024 đến ngày 31/03/2024)" in texts
    assert "gồm cả hồ sơ rút và hồ sơ không có ngày hẹn trả" in texts
    assert "MÔ PHỎNG" not in texts + sheet


def test_a_simulated_form_says_so_in_title_and_page_header(tmp_path):
    marked = parts(write_form06(forms_of(SIMULATED), tmp_path / "f.xlsx", suffix="a"))
    assert "Biểu số II.06a/VPCP/KSTT" in marked["xl/sharedStrings.xml"]
    units = pd.DataFrame({
        "unit_id": ["U"], "name": ["U"], "full_name": ["Huyện U"], "unit_class": ["district"],
        "simulated": [True],
    })  # fmt: skip
    stated = parts(write_form06(forms_of("U"), tmp_path / "f.xlsx", units=units))
    assert "Đơn vị báo cáo: Huyện U" in stated["xl/sharedStrings.xml"]
    for written in (marked, stated):
        assert "DỮ LIỆU MÔ PHỎNG" in written["xl/sharedStrings.xml"]
        assert "DỮ LIỆU MÔ PHỎNG" in written["xl/worksheets/sheet1.xml"]


def test_nothing_to_write_and_a_name_of_another_kind(tmp_path):
    with pytest.raises(InputError, match="there is no line to write"):
        write_form06(forms_of("U").iloc[:0], tmp_path / "f.xlsx")
    with pytest.raises(InputError, match=r"found '\.xls', expected a name that ends in \.xlsx"):
        write_form06(forms_of("U"), tmp_path / "f.xls")


def test_workbooks_in_a_data_folder_are_read(tmp_path):
    form = forms_of("vn63-807")
    write_form06(form, tmp_path / "mine" / "forms" / "2024-03.xlsx")
    (tmp_path / "mine" / "forms" / "~$2024-03.xlsx").write_bytes(b"open elsewhere")
    loaded = load_unit("Huyện Cần Giuộc", tmp_path)
    pd.testing.assert_frame_equal(loaded.forms.reset_index(drop=True), form)
    assert [path.name for path in loaded.inputs] == ["2024-03.xlsx"]
