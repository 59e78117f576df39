"""Reports on real dossiers of another country: three departments, two of them hardly seen.

The receipt phase of environmental permits (WABO) of a Dutch municipality, 1,434 dossiers:
Buijs (2014), doi:10.4121/uuid:a07386a5-7be3-4367-9535-70bc9e77dbe6. Counted in its file: 1,390
dossiers of General, 29 of Customer contact, 15 of Experts; one dossier came by an internal
channel, in time, so that channel has no finite odds ratio.
"""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from cchc_analysis import cli, load_unit
from cchc_analysis.report.linking import sentences

WABO = Path(__file__).resolve().parents[2] / "shared/data/wabo_receipt/receipt_cases.csv"
COLUMNS = """
dossier_id = "case_id"
unit_id = "unit"
field = "topic"
channel = "channel"
received_at = "received_at"
due_at = "due_at"
result_at = "finished_at"
"""
UNITS = """unit_id,name,full_name,unit_class,parent_id,scope,simulated,source
WABO,WABO,Municipality (WABO),other,,with_subordinates,False,doi:10.4121
General,General,General,department,WABO,own_desk,False,doi:10.4121
Customer contact,Customer contact,Customer contact,department,WABO,own_desk,False,doi:10.4121
Experts,Experts,Experts,department,WABO,own_desk,False,doi:10.4121
"""
SITE = """
[[job]]
notebook = "03_late_drivers"
unit = "WABO"
figures = 2
tables = 3
parameters = { unit = "WABO", terms = ["channel", "field"] }

[[job]]
notebook = "05_time_and_backlog"
unit = "WABO"
figures = 6
tables = 11
parameters = { unit = "WABO", weeks = 6 }
"""
AS_OF = pd.Timestamp("2012-01-23")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The data folder that ``cchc read`` makes of the file; it names no status."""
    if not WABO.exists():
        pytest.skip("needs the WABO receipt data, which are not part of the project")
    folder = tmp_path_factory.mktemp("wabo")
    (folder / "columns.toml").write_text(COLUMNS, encoding="utf-8")
    status = cli.main([
        "read", str(WABO), "--columns", str(folder / "columns.toml"), "--zone", "UTC",
        "--as-of", f"{AS_OF:%Y-%m-%d}", "--key", str(folder / "key"),
        "--out", str(folder / "data"),
    ])  # fmt: skip
    assert status == 0
    (folder / "data" / "units.csv").write_text(UNITS, encoding="utf-8")
    return folder / "data"


@pytest.fixture(scope="module")
def pages(data):
    """The text of the two reports, in both languages."""
    site = data.parent / "site.toml"
    site.write_text(SITE, encoding="utf-8")
    out = data.parent / "site"
    status = cli.main(
        ["report", "--site", str(site), "--data", str(data), "--out", str(out), "--jobs", "1"]
    )
    assert status == 0, json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    return {
        tuple(path.name.split("--wabo.")[i] for i in (0, 1)): _text(path)
        for path in out.glob("0*.html")
    }


def _text(path):
    return " ".join(sentences(path.read_text(encoding="utf-8")))


def test_every_dossier_is_kept_under_its_department(data):
    loaded = load_unit("WABO", data)
    counts = loaded.dossiers["unit_id"].value_counts().to_dict()
    assert counts == {"General": 1390, "Customer contact": 29, "Experts": 15}
    assert loaded.as_of == AS_OF and not loaded.simulated
    assert loaded.readings[["read", "refused", "set_aside"]].to_numpy().tolist() == [[1434, 0, 0]]
    by_channel = loaded.dossiers["channel"].value_counts().to_dict()
    assert by_channel == {"online": 1250 + 21, "in_person": 109, "postal": 53, "other": 1}


@pytest.mark.parametrize("notebook", ["03_late_drivers", "05_time_and_backlog"])
def test_both_reports_say_that_two_of_three_departments_rest_on_29_and_15(pages, notebook):
    vi, en = (pages[notebook, f"{language}.html"] for language in ("vi", "en"))
    named = "(Experts: 15; Customer contact: 29)"
    assert f"2 of the 3 units rest on fewer than 30 dossiers {named}" in en
    assert f"2 trong 3 đơn vị có dưới 30 hồ sơ {named}" in vi
    for page in (vi, en):
        assert "simulated" not in page.lower() and "mô phỏng" not in page
        assert not re.search(r"\bnan\b", page, re.IGNORECASE)


def test_lateness_is_that_of_the_file_counted_row_by_row(pages):
    """Dossiers due before the day of the data; late: finished on a later day than due, or open."""
    times = ["received_at", "due_at", "finished_at"]
    cases = pd.read_csv(WABO, usecols=[*times, "unit"])
    days = cases[times].apply(lambda column: pd.to_datetime(column.str[:10]))
    fell_due = (days["due_at"] < AS_OF) & (days["received_at"] <= days["finished_at"].fillna(AS_OF))
    due = days[fell_due]
    late = (due["finished_at"].fillna(AS_OF) > due["due_at"]).sum()
    page = pages["03_late_drivers", "en.html"]
    assert f"{len(due):,} dossiers had fallen due, {late} of them late" in page
    small = cases.loc[fell_due, "unit"].value_counts()
    experts, contact = small["Experts"], small["Customer contact"]
    assert f"had fallen due (Experts: {experts}; Customer contact: {contact})" in page
    assert "There are only 3 units" in page
    assert "Firth's penalty" in page  # the one dossier of another channel, never late


def test_times_are_calendar_days_for_no_list_of_days_off_covers_them(pages):
    page = pages["05_time_and_backlog", "en.html"]
    open_ones = int(pd.read_csv(WABO, usecols=["finished_at"])["finished_at"].isna().sum())
    assert open_ones == 105
    assert f"At the end of 23 Jan 2012, {open_ones} dossiers were open" in page
    assert "calendar days" in page and "working days" not in page
    assert f"{open_ones} of the 1,43" in page  # counted as open, not dropped
