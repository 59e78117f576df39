"""The command line: what it makes, and one clear message where it cannot."""

import datetime
import json

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook
from small_export import EXPORT, UNIT, write_export

from cchc_analysis import cli, sample

pytestmark = pytest.mark.usefixtures("own_home")


@pytest.fixture
def data(tmp_path):
    """A data folder read from one small export."""
    export = write_export(tmp_path / "export.csv")
    assert cli.main(["read", str(export), "--out", str(tmp_path / "data")]) == 0
    return tmp_path / "data"


def refused(capsys, *arguments):
    """Run a command that must refuse; return its one message."""
    capsys.readouterr()
    status = cli.main([str(argument) for argument in arguments])
    message = capsys.readouterr().err
    assert status == 2
    assert message.startswith(f"cchc {arguments[0]}: ")
    assert message.count("\n") == 1
    assert "Traceback" not in message
    return message


def count(path):
    return len(pd.read_parquet(path))


# cchc read


def test_read_writes_one_history_of_all_exports(tmp_path, capsys):
    first = write_export(tmp_path / "first.csv")
    second = tmp_path / "second.csv"
    lines = EXPORT.splitlines()
    more = [lines[0], f"H06,{UNIT},Hộ tịch,01/02/2024,08/02/2024,,Đang xử lý"]
    more += [f",{UNIT},Hộ tịch,04/01/2024,05/01/2024,,", ",,,,,,", lines[5]]
    second.write_text("\n".join(more) + "\n", "utf-8")
    out = tmp_path / "data"
    assert cli.main(["read", str(first), str(second), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "reading 1/2 first.csv ...\nreading 2/2 second.csv ...\n" in said
    # H05 stands in both files: drawn on 31 January and on 1 February
    assert "9 rows read = 6 kept + 1 refused + 2 set aside (blank 1, earlier_snapshot 1)" in said
    assert f"refused rows and reasons: {out / 'refused.csv'}" in said
    assert {path.name for path in out.iterdir()} == {
        "dossiers.parquet", "refused.csv", "changes.csv", "summary.json",
    }  # fmt: skip
    assert count(out / "dossiers.parquet") == 6


def test_read_takes_a_folder_and_hands_its_options_on(tmp_path, capsys):
    (tmp_path / "exports").mkdir()
    write_export(tmp_path / "exports" / "a.csv")
    out, key, lookup = tmp_path / "data", tmp_path / "my.key", tmp_path / "lookup.xlsx"
    options = ["--as-of", "2024-03-31", "--key", str(key), "--lookup", str(lookup)]
    assert cli.main(["read", str(tmp_path / "exports"), "--out", str(out), *options]) == 0
    assert "drawn up to 2024-03-31" in capsys.readouterr().out
    assert key.exists()
    assert lookup.exists()


def test_read_keeps_codes_and_their_key_out_of_the_data(tmp_path, data):
    for path in data.rglob("*"):
        assert path.is_dir() or b"H01" not in path.read_bytes()
    assert not list(data.rglob("*.key"))


def test_read_takes_a_column_map(tmp_path):
    export = tmp_path / "other.csv"
    export.write_text(EXPORT.replace("Mã hồ sơ", "Case"), "utf-8")
    columns = tmp_path / "columns.toml"
    columns.write_text('dossier_id = "Case"\n', "utf-8")
    out = tmp_path / "data"
    assert cli.main(["read", str(export), "--columns", str(columns), "--out", str(out)]) == 0
    assert count(out / "dossiers.parquet") == 5


def test_read_names_labels_of_no_code_and_takes_their_codes(tmp_path, capsys):
    export = tmp_path / "other.csv"
    head, *rows = EXPORT.splitlines()
    cells = [row.split(",") for row in rows[:5]]
    export.write_text(
        "\n".join([head, *(",".join([*row[:-1], "Từ chối giải quyết"]) for row in cells)]), "utf-8"
    )
    out, columns = tmp_path / "data", tmp_path / "columns.toml"
    assert cli.main(["read", str(export), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "status labels of no known code: Từ chối giải quyết 5; give their codes under" in said
    columns.write_text('[statuses]\n"TỪ CHỐI giải quyết" = 8\n', "utf-8")
    assert cli.main(["read", str(export), "--columns", str(columns), "--out", str(out)]) == 0
    assert "no known code" not in capsys.readouterr().out
    kept = pd.read_parquet(out / "dossiers.parquet")
    assert kept["status"].tolist() == [8] * 5
    assert kept["status_raw"].tolist() == ["Từ chối giải quyết"] * 5


BAD_EXPORTS = {
    "empty.csv": (b"", "the file is empty"),
    "empty.xlsx": (b"", "the file is empty"),
    "broken.xlsx": (b"PK\x03\x04 not a workbook", "the workbook cannot be opened"),
    "broken.parquet": (b"PAR1 not parquet", "cannot be read as Parquet"),
    "latin.csv": ("Mã hồ sơ,Ngày nhận\n".encode("cp1258", "replace"), "not in Unicode"),
    "notes.txt": (b"a note", "cannot read '.txt' files"),
    "others.csv": (b"a,b\n1,2\n", "has no column for dossier_id"),
}


@pytest.mark.parametrize("name", [*BAD_EXPORTS, "absent.csv"])
def test_read_refuses_what_it_cannot_read(tmp_path, capsys, data, name):
    content, said = BAD_EXPORTS.get(name, (None, "no such file"))
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    before = snapshot(data)
    message = refused(capsys, "read", path, "--out", data)
    assert said in message
    assert name in message or "others" in name
    assert snapshot(data) == before


def test_read_refuses_a_workbook_without_the_columns(tmp_path, capsys):
    from xlsxwriter import Workbook

    path = tmp_path / "without.xlsx"
    with Workbook(path) as workbook:
        sheet = workbook.add_worksheet("Danh sách")
        sheet.write_row(0, 0, ["Mã hồ sơ", "Cơ quan giải quyết", "Ngày nhận", "Hạn"])
    message = refused(capsys, "read", path, "--out", tmp_path / "data")
    assert "'Danh sách'" in message
    assert "due_at" in message
    assert not (tmp_path / "data").exists()


def test_read_refuses_to_write_into_a_file(tmp_path, capsys):
    export = write_export(tmp_path / "export.csv")
    assert "expected a folder" in refused(capsys, "read", export, "--out", export)
    assert export.read_text("utf-8") == EXPORT


def test_a_bad_export_leaves_an_earlier_reading_alone(tmp_path, capsys, data):
    (tmp_path / "export.csv").write_text("a,b\n1,2\n", "utf-8")
    before = snapshot(data)
    refused(capsys, "read", tmp_path / "export.csv", "--out", data)
    assert snapshot(data) == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--zone", "Asia/Hanoi"], "unknown time zone 'Asia/Hanoi'"),
        (["--as-of", "31/03/2024"], "31/03/2024"),
        (["--sheet", "Tháng 1"], "has no sheets"),
        (["--columns", "absent.toml"], "absent.toml: no such column map"),
        (["--columns", "broken.toml"], "broken.toml: not a TOML file"),
        (["--columns", "unknown.toml"], "unknown column 'dossier'"),
        (["--columns", "numbers.toml"], "numbers.toml: found dossier_id = 1"),
        (["--columns", "label.toml"], "label.toml: found statuses = 8"),
        (["--columns", "code.toml"], "found 11 for 'Đã hủy', expected a national code, 1 to 10"),
    ],
)
def test_read_refuses_options_it_cannot_use(tmp_path, capsys, options, said):
    export = write_export(tmp_path / "export.csv")
    (tmp_path / "work" / "broken.toml").write_text("dossier_id = \n", "utf-8")
    (tmp_path / "work" / "unknown.toml").write_text('dossier = "Mã hồ sơ"\n', "utf-8")
    (tmp_path / "work" / "numbers.toml").write_text("dossier_id = 1\n", "utf-8")
    (tmp_path / "work" / "label.toml").write_text("statuses = 8\n", "utf-8")
    (tmp_path / "work" / "code.toml").write_text('[statuses]\n"Đã hủy" = 11\n', "utf-8")
    assert said in refused(capsys, "read", export, "--out", tmp_path / "data", *options)
    assert not (tmp_path / "data").exists()


def test_read_refuses_an_export_given_twice(tmp_path, capsys):
    export = write_export(tmp_path / "export.csv")
    message = refused(capsys, "read", export, export, "--out", tmp_path / "data")
    assert "given twice" in message
    assert not (tmp_path / "data").exists()


# cchc sample


def test_sample_hands_its_options_on(tmp_path, capsys, monkeypatch):
    given = {}
    monkeypatch.setattr(
        sample, "write_sample", lambda out, **kw: given.update(kw, out=out) or [out / "a.csv"]
    )
    out = tmp_path / "exports"
    assert cli.main(["sample", "--out", str(out), "--dossiers", "7000", "--seed", "3"]) == 0
    assert given == {"out": out, "dossiers": 7000, "seed": 3}
    assert "a.csv" in capsys.readouterr().out


def test_sample_refuses_too_few_dossiers_and_foreign_folders(tmp_path, capsys, data):
    out = tmp_path / "exports"
    assert "at least 5000" in refused(capsys, "sample", "--out", out, "--dossiers", 10)
    assert not out.exists()
    before = snapshot(data)
    assert "not of a sample" in refused(capsys, "sample", "--out", data)
    assert snapshot(data) == before


# cchc report


def test_report_makes_a_page_of_ones_own_data(tmp_path, capsys, data):
    site = tmp_path / "site"
    assert cli.main(["report", "--data", str(data), "--out", str(site), "--language", "vi"]) == 0
    assert "1 ok, 0 skipped (unchanged), 0 failed" in capsys.readouterr().out
    [job] = json.loads((site / "manifest.json").read_text("utf-8"))["jobs"]
    assert job["notebook"] == "01_unit_profile"
    assert job["unit_id"] == UNIT
    assert job["simulated"] is False
    page = (site / job["pages"]["vi"]).read_text("utf-8")
    assert "xã Thử Nghiệm" in page
    assert "75 %" in page or "75,00 %" in page  # 3 of the 4 finished dossiers


def test_publishing_leaves_out_and_removes_lists_of_single_dossiers(tmp_path, capsys, data):
    site, out = tmp_path / "site.toml", tmp_path / "site"
    site.write_text(
        "".join(f"[[job]]\nnotebook = '{n}'\nunit = 'Xã'\nparameters = {{ unit = '{UNIT}' }}\n"
                for n in ("04_published_figures", "05_time_and_backlog")), "utf-8",
    )  # fmt: skip
    out.mkdir()
    for suffix in ("vi.html", "en.html", "vi.xlsx"):
        (out / f"05_time_and_backlog--xa.{suffix}").write_text("of an internal run")
    options = ["--data", str(data), "--site", str(site), "--out", str(out), "--language", "vi"]
    assert cli.main(["report", "--publish", *options]) == 0
    assert "left out, lists single dossiers: 05_time_and_backlog | Xã" in capsys.readouterr().out
    assert not list(out.glob("05*"))
    assert "05_time_and_backlog" not in (out / "index.html").read_text("utf-8")


# cchc desk


def test_the_desk_sees_its_own_codes(tmp_path, capsys):
    """H05, due on 7 February 2024, is the one open dossier; there is no history to learn from."""
    export, lookup = write_export(tmp_path / "export.csv"), tmp_path / "own" / "codes.xlsx"
    read = ["read", str(export), "--out", str(tmp_path / "data"), "--lookup", str(lookup),
            "--key", str(tmp_path / "own" / "a.key")]  # fmt: skip
    assert cli.main(read) == 0
    options = ["desk", str(tmp_path / "data"), "--unit", UNIT, "--lookup", str(lookup)]
    assert cli.main([*options, "--out", str(tmp_path / "own" / "desk.xlsx")]) == 0
    assert "1 open dossiers not yet due on 2024-01-31" in capsys.readouterr().out
    book = CalamineWorkbook.from_path(tmp_path / "own" / "desk.xlsx")
    heads, dossier = book.get_sheet_by_index(0).to_python()
    assert dossier[0] == "H05"
    assert datetime.date(2024, 2, 7) in dossier
    assert len(heads) == len(dossier)
    late = [*options, "--on", "2024-02-01", "--out", str(tmp_path / "own" / "later.xlsx")]
    assert cli.main(late) == 2
    assert "lies after the day the data were drawn (2024-01-31)" in capsys.readouterr().err
    assert not (tmp_path / "own" / "later.xlsx").exists()


def test_a_form_beyond_the_day_of_the_data_says_so(tmp_path, capsys, data):
    form = ["form", str(data), "--unit", UNIT, "--from", "2024-01-01"]
    for end_on, said in (("2024-01-31", False), ("2024-02-29", True)):
        out = str(tmp_path / f"{end_on}.xlsx")
        assert cli.main([*form, "--to", end_on, "--out", out]) == 0
        assert ("drawn on 2024-01-31, before --to" in capsys.readouterr().out) == said


def test_the_desk_list_stays_out_of_the_data_and_needs_dossiers(tmp_path, capsys, data):
    inside = ["desk", str(data), "--unit", UNIT, "--out", str(data / "desk.xlsx")]
    assert cli.main(inside) == 2
    assert "must lie outside the output folder" in capsys.readouterr().err
    early = ["desk", str(data), "--unit", UNIT, "--on", "2020-01-01"]
    assert cli.main([*early, "--out", str(tmp_path / "desk.xlsx")]) == 2
    assert "holds no dossiers" in capsys.readouterr().err


def write_site(path, name, /, **parameters):
    inside = ", ".join(f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in parameters.items())
    path.write_text(
        f'[[job]]\nnotebook = "01_unit_profile"\nunit = "{name}"\nparameters = {{ {inside} }}\n',
        "utf-8",
    )
    return path


def test_a_failed_report_is_named_and_gives_exit_1(tmp_path, capsys, data):
    """Cà Mau is a province, but this folder holds nothing about it."""
    site = write_site(tmp_path / "site.toml", "Cà Mau", unit="tỉnh Cà Mau")
    out = tmp_path / "site"
    status = cli.main(
        ["report", "--data", str(data), "--site", str(site), "--out", str(out), "--language", "vi"]
    )
    said = capsys.readouterr()
    assert status == 1
    assert "Traceback" not in said.out + said.err
    [line] = [line for line in said.out.splitlines() if line.startswith("  failed:")]
    assert "01_unit_profile | Cà Mau | InputError" in line
    assert "1 failed" in said.out
    assert not list(out.glob("01_*.html"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--only", "Xã Không Có"], "Xã Không Có"),
        (["--only", "tỉnh Cà Mau"], "no report is planned for 'tỉnh Cà Mau'"),
        (["--notebook", "99"], "notebook '99'; there are 01_unit_profile; --data alone plans"),
        (["--language", "fr"], "Unknown language 'fr'; choose 'vi', 'en' or 'both'"),
        (["--jobs", "0"], "--jobs 0: expected 1 or more"),
        *(
            (["--publish", n], f"--publish {n}: expected 2 dossiers or more")
            for n in ("-3", "0", "1")
        ),
        (["--site", "absent.toml"], "absent.toml"),
        (["--site", "broken.toml"], "broken.toml is not valid TOML"),
        (["--site", "empty.toml"], "found no job"),
        (["--site", "unknown.toml"], "unknown parameter ['units']"),
        (["--site", "typed.toml"], "start_on is 2024 (int), expected a str"),
        (["--site", "nowhere.toml"], "Xã Không Có"),
        (["--data", "absent"], "no such data folder"),
        (["--site", "latin.toml"], "latin.toml"),
        (["--data", "nothing"], "no data to report on"),
        (["--data", "broken"], "not a file of dossiers"),
        (["--data", "foreign"], "not a file of dossiers"),
        (["--data", "no_table/units"], "units.csv: not a table"),
        (["--data", "no_table/forms"], "lines.csv: not a table"),
        (["--data", "no_table/published"], "lines.csv: not a table"),
        (["--out", "file"], "file"),
    ],
)
def test_report_refuses_before_it_writes(tmp_path, capsys, data, options, said):
    work, out = tmp_path / "work", tmp_path / "site"
    (work / "nothing").mkdir()
    (work / "broken").mkdir()
    (work / "broken" / "dossiers.parquet").write_bytes(b"PAR1 cut off")
    (work / "foreign").mkdir()
    pd.DataFrame({"a": [1]}).to_parquet(work / "foreign" / "dossiers.parquet")
    for name in ("units/units.csv", "forms/forms/lines.csv", "published/published/lines.csv"):
        (work / "no_table" / name).parent.mkdir(parents=True)
        (work / "no_table" / name).write_bytes(b"\xff\xfe,b\n1,2\n")
    (work / "file").write_text("not a folder", "utf-8")
    (work / "latin.toml").write_bytes('[[job]]\nunit = "Cà Mau"\n'.encode("latin-1"))
    (work / "broken.toml").write_text("[[job]\n", "utf-8")
    (work / "empty.toml").write_text("", "utf-8")
    write_site(work / "unknown.toml", UNIT, unit=UNIT, units="a")
    write_site(work / "typed.toml", UNIT, unit=UNIT, start_on=2024)
    write_site(work / "nowhere.toml", "Xã Không Có", unit="Xã Không Có")
    out.mkdir()
    (out / "index.html").write_text("an earlier site", "utf-8")
    message = refused(capsys, "report", "--data", data, "--out", out, *options)
    assert said in message
    assert snapshot(out) == {"index.html": b"an earlier site"}


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["reports"],
        ["read"],
        ["read", "a.csv"],
        ["sample", "--out", "x", "--dossiers", "many"],
        ["report", "--jobs", "two"],
        ["report", "--languages"],
    ],
)
def test_a_mistyped_command_is_explained(capsys, arguments):
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    assert stopped.value.code == 2
    message = capsys.readouterr().err
    assert message.startswith("usage: cchc")
    assert "error: " in message


def snapshot(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
