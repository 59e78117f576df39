"""The command line misused: nothing lost, one line said, no traceback, and Ctrl-C stops."""

import io
import os
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from small_export import UNIT, write_export
from small_site import NOTEBOOKS, write_notebook
from test_cli import refused

from cchc_analysis import cli
from cchc_analysis.report import Job, run, run_jobs

PROGRAM = [sys.executable, "-c", "from cchc_analysis.cli import main; raise SystemExit(main())"]


pytestmark = pytest.mark.usefixtures("own_home")


@pytest.fixture
def codes(tmp_path):
    return tmp_path / "codes.xlsx"


@pytest.fixture
def data(tmp_path, codes):
    """A data folder read from one small export, its list of codes beside it."""
    export = write_export(tmp_path / "export.csv")
    command = ["read", str(export), "--out", str(tmp_path / "data"), "--lookup", str(codes)]
    assert cli.main(command) == 0
    return tmp_path / "data"


def test_the_list_of_codes_replaces_no_export(tmp_path, capsys, data, codes):
    export = tmp_path / "exports" / "export.xlsx"
    export.parent.mkdir()
    pd.read_csv(tmp_path / "export.csv", dtype=str).to_excel(export, index=False)
    before = export.read_bytes()
    for given in (export, export.parent):
        message = refused(capsys, "read", given, "--out", data, "--lookup", export)
        assert "is no list of codes" in message
        assert export.read_bytes() == before
    again = ["read", str(export), "--out", str(data), "--lookup", str(codes)]
    assert cli.main(again) == 0  # an earlier list of codes is replaced


def test_the_desk_list_does_not_replace_the_list_of_codes(capsys, data, codes):
    before = codes.read_bytes()
    message = refused(capsys, "desk", data, "--unit", UNIT, "--lookup", codes, "--out", codes)
    assert "would be lost" in message
    assert codes.read_bytes() == before


def test_pages_do_not_go_among_the_dossiers(capsys, data):
    assert "is the data folder" in refused(capsys, "report", "--data", data, "--out", data)
    assert not list(data.glob("*.html"))


def test_a_job_and_a_manifest_of_another_shape(tmp_path, capsys, data):
    site, out = tmp_path / "site.toml", tmp_path / "site"
    site.write_text("job = [5]\n", "utf-8")
    report = ["report", "--data", data, "--out", out]
    assert "job 1: found 5, expected a [[job]]" in refused(capsys, *report, "--site", site)
    out.mkdir()
    (out / "manifest.json").write_text('{"jobs": [{"pages": "x", "titles": 1}]}', "utf-8")
    assert "is not a manifest" in refused(capsys, *report)


@pytest.mark.parametrize("command", ["form", "desk"])
def test_a_folder_for_a_workbook(tmp_path, capsys, data, command):
    (tmp_path / "a.xlsx").mkdir()
    days = ["--from", "2024-01-01", "--to", "2024-01-31"] if command == "form" else []
    options = [command, data, "--unit", UNIT, *days, "--out", tmp_path / "a.xlsx"]
    assert "is a folder, expected the name of a workbook" in refused(capsys, *options)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no folder that takes no file")
def test_a_folder_that_takes_no_file(tmp_path, capsys, data):
    days = ["--from", "2024-01-01", "--to", "2024-01-31"]
    refused(capsys, "form", data, "--unit", UNIT, *days, "--out", "/proc/form.xlsx")
    export = tmp_path / "export.csv"
    refused(capsys, "read", export, "--out", data, "--lookup", "/proc/codes.xlsx")


def test_a_form_cut_short_leaves_the_earlier_one(tmp_path, data, monkeypatch):
    form = ["form", str(data), "--unit", UNIT, "--from", "2024-01-01", "--to", "2024-01-31"]
    out = tmp_path / "form.xlsx"
    out.write_bytes(b"an earlier form")

    def stop(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr("cchc_analysis.sources.forms.writing._write_header", stop)
    assert cli.main([*form, "--out", str(out)]) == 130
    assert out.read_bytes() == b"an earlier form"


@pytest.mark.parametrize("command", [["read", ""], ["read", "a.csv", "--key", ""], ["read", "a"]])
def test_an_empty_path_is_not_the_working_folder(capsys, command):
    out = "" if command == ["read", "a"] else "out"
    with pytest.raises(SystemExit) as stopped:
        cli.main([*command, "--out", out])
    assert stopped.value.code == 2
    assert "found an empty name, expected a path" in capsys.readouterr().err


def test_a_day_on_which_nothing_can_have_been_drawn(tmp_path, capsys):
    """The export's receipts are of January 2024."""
    export = write_export(tmp_path / "export.csv")
    read = ["read", str(export), "--out", str(tmp_path / "data"), "--as-of"]
    assert "still to come" in refused(capsys, *read, "2124-01-31")
    assert not (tmp_path / "data").exists()
    for day, said in (("2014-01-31", True), ("2024-01-31", False)):
        assert cli.main([*read, day]) == 0
        assert ("before the first receipt, 2024-01-02" in capsys.readouterr().out) == said


def test_a_negative_seed(tmp_path, capsys):
    assert "from 0 up" in refused(capsys, "sample", "--out", tmp_path / "s", "--seed", "-1")
    assert not (tmp_path / "s").exists()


def test_no_home_to_keep_the_key_in(tmp_path, capsys, monkeypatch):
    export = write_export(tmp_path / "export.csv")
    monkeypatch.setenv("HOME", str(export))
    message = refused(capsys, "read", export, "--out", tmp_path / "data")
    assert "--key FILE" in message
    assert not (tmp_path / "data").exists()
    key = ["--key", str(tmp_path / "a.key")]
    assert cli.main(["read", str(export), "--out", str(tmp_path / "data"), *key]) == 0


def test_dossiers_damaged_inside_are_named(tmp_path, capsys, data):
    """The footer is whole, so that the file opens, and its pages are not."""
    path = data / "dossiers.parquet"
    content = bytearray(path.read_bytes())
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    content[4:footer] = bytes(255 - byte for byte in content[4:footer])
    path.write_bytes(bytes(content))
    message = refused(capsys, "desk", data, "--unit", UNIT, "--out", tmp_path / "desk.xlsx")
    assert f"{path}: not a file of dossiers" in message


def test_ctrl_c_in_the_engine_is_a_stop(tmp_path, capsys, monkeypatch):
    def interrupted(_options):
        raise RuntimeError("Query interrupted")

    monkeypatch.setattr(cli, "read", interrupted)
    assert cli.main(["read", "a.csv", "--out", str(tmp_path / "data")]) == 130
    assert capsys.readouterr().err == "cchc read: stopped; run it again to go on\n"


def test_ctrl_c_leaves_waiting_jobs_for_the_next_run(tmp_path, monkeypatch):
    write_notebook(tmp_path / "notebooks" / "good.ipynb", NOTEBOOKS["good"])
    jobs = [Job("good", f"Xã {n}", parameters={"unit": f"Xã {n}"}) for n in range(6)]
    begun = []

    def slow(job, *_args):
        begun.append(job.unit)
        time.sleep(0.2)
        raise ValueError("not made")

    def stop(_line):
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "_execute", slow)
    with pytest.raises(KeyboardInterrupt):
        run_jobs(jobs, out=tmp_path / "site", notebooks=tmp_path / "notebooks", workers=1,
                 progress=stop)  # fmt: skip
    assert len(begun) <= 3  # the one done, and what had begun meanwhile


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_log_in_another_encoding_does_not_stop_the_work(tmp_path, monkeypatch, encoding):
    export = write_export(tmp_path / "hồ sơ 😀.csv")
    log = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", log)
    assert cli.main(["read", str(export), "--out", str(tmp_path / "dữ liệu")]) == 0
    log.flush()
    assert rb"h\u1ed3" in log.buffer.getvalue()


def test_an_output_closed_early_says_one_line(tmp_path):
    export = write_export(tmp_path / "export.csv")
    command = [*PROGRAM, "read", str(export), "--out", str(tmp_path / "data")]
    there, gone = os.pipe()
    os.close(there)
    ended = subprocess.run(command, stdout=gone, stderr=subprocess.PIPE, text=True, check=False)
    os.close(gone)
    assert ended.returncode == 2
    assert ended.stderr.startswith("cchc read: its output was closed early")
    assert ended.stderr.count("\n") == 1
