"""Hostile names of units, fields, procedures and desks: none runs, none changes a page."""

import re
import zipfile

import pytest
from hostile import BENIGN, TEXTS, write_data
from test_browser import open_page

from cchc_analysis.cli import main

pytestmark = pytest.mark.browser

NOTEBOOKS = {"01_unit_profile": "", "03_late_drivers": ', terms = ["field", "channel"]'}
TAGS = """[...document.querySelectorAll('body *')].filter(e => !e.matches('a.n'))
          .map(e => e.tagName + '.' + e.className)"""


def make(root, names, parent):
    """A site of the unit's pages; returns its folder."""
    data = write_data(root / "data", names, parent=parent)
    jobs = [
        f"[[job]]\nnotebook = '{notebook}'\nunit = 'Đơn vị trên'\n"
        f"parameters = {{ unit = 'top'{more} }}\n"
        for notebook, more in NOTEBOOKS.items()
    ]
    (root / "site.toml").write_text("\n".join(jobs), encoding="utf-8")
    options = ["--data", data, "--site", root / "site.toml", "--out", root / "site"]
    assert main(["report", *map(str, options)]) == 0
    return root / "site"


@pytest.fixture(scope="module")
def sites(tmp_path_factory):
    hostile, benign = (tmp_path_factory.mktemp(name) for name in ("hostile", "benign"))
    return make(hostile, TEXTS, TEXTS[0]), make(benign, BENIGN, "Một đơn vị")


def test_there_are_forty():
    assert len(set(TEXTS)) == 40


def test_nothing_runs_and_no_page_changes_its_structure(sites, browser):
    hostile, benign = sites
    pages = sorted(path.name for path in hostile.glob("*.html"))
    assert len(pages) == 2 * len(NOTEBOOKS) + 2
    for name in pages:
        shown = {}
        for site in sites:
            page, asked, said = open_page(browser, site / name, width=1280)
            page.mouse.move(300, 300)
            assert page.evaluate("window.hit") is None, name
            assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
            assert [text for kind, text in said if kind == "error"] == [], name
            shown[site] = page.evaluate(TAGS)
            page.context.close()
        assert shown[hostile] == shown[benign], name


def test_every_text_is_shown_as_it_is(sites, browser):
    page, _, _ = open_page(browser, sites[0] / "01_unit_profile--don-vi-tren.vi.html", width=1280)
    text = page.evaluate("document.querySelector('main').innerText")
    page.context.close()
    flat = " ".join(text.split())
    assert [name for name in TEXTS[:30] if " ".join(name.split()) not in flat] == []


def test_no_file_leaves_the_folder(sites):
    for path in sites[0].rglob("*"):
        assert re.fullmatch(r"[\w.-]+", path.name, flags=re.ASCII), path.name
    assert not any(sites[0].parent.glob("**/evil*"))


def test_no_workbook_holds_a_live_formula_or_link(sites):
    books = sorted(sites[0].glob("*.xlsx"))
    assert len(books) == 2 * len(NOTEBOOKS)
    for book in books:
        with zipfile.ZipFile(book) as archive:
            for name in archive.namelist():
                text = archive.read(name).decode()
                assert "<f>" not in text and "<hyperlink" not in text, (book.name, name)
