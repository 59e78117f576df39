"""Every page in a real browser: it asks for nothing, fits a phone and passes axe."""

import re
from pathlib import Path

import pytest
from small_site import HOSTILE, make_site

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

pytestmark = pytest.mark.browser

WCAG = {  # 2.2, levels A and AA
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "rules": {"target-size": {"enabled": True}},
}
REPORTS = Path(__file__).resolve().parents[1] / "reports" / "site"


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """Every page to look at: a small site, and the project's own where it was made."""
    root = tmp_path_factory.mktemp("browser")
    make_site(root, only_good=True)
    pages = sorted((root / "site").glob("*.html"))
    assert len(pages) == 8
    if (REPORTS / "index.html").is_file():
        pages += sorted(REPORTS.glob("*.html"))
    return pages


def open_page(browser, path, *, width, scheme="light", bypass_csp=False):
    """Open a page; returns it, what it asked for and what the console said."""
    context = browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme=scheme, bypass_csp=bypass_csp
    )
    page, asked, said = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append((message.type, message.text)))
    page.on("pageerror", lambda error: said.append(("error", str(error))))
    page.goto(path.as_uri(), wait_until="load")
    return page, asked, said


def test_no_page_asks_for_anything_or_runs_what_it_was_given(browser, site):
    for path in site:
        page, asked, said = open_page(browser, path, width=1280)
        assert [url for url in asked if url != path.as_uri() and not url.startswith("data:")] == []
        assert [text for kind, text in said if kind == "error"] == [], path.name
        assert page.evaluate("window.hit") is None
        page.context.close()


def test_every_page_fits_phone_tablet_and_laptop(browser, site):
    for path in site:
        page, _, _ = open_page(browser, path, width=390)
        for width in (390, 768, 1280):
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate("document.scrollingElement.scrollWidth") <= width, path.name
        page.context.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1280)])
def test_axe_finds_nothing(browser, site, scheme, width):
    for path in site:  # axe is a script, which the page's own policy would stop
        page, _, _ = open_page(browser, path, width=width, scheme=scheme, bypass_csp=True)
        found = axe.Axe().run(page, options=WCAG).response["violations"]
        assert [(v["id"], v["nodes"][0]["html"][:120]) for v in found] == [], path.name
        page.context.close()


def test_images_are_shown_and_links_lead_somewhere(browser, site):
    for path in site:
        page, _, _ = open_page(browser, path, width=1280)
        assert page.evaluate("[...document.images].every(i => i.naturalWidth > 0 && i.alt)")
        for link in page.evaluate("[...document.links].map(a => a.getAttribute('href'))"):
            assert link.startswith("#") or (path.parent / link).is_file(), (path.name, link)
        page.context.close()


def test_a_page_prints_its_figures_and_tables(browser, site):
    simulated = next(path for path in site if "tinh-mau-a.vi" in path.name)
    page, _, _ = open_page(browser, simulated, width=1280)
    page.emulate_media(media="print")
    assert page.locator(".banner").is_visible()
    assert page.locator("figure img").is_visible()
    assert not page.locator("nav").is_visible()
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    page.context.close()


def test_the_page_policy_stops_what_nobody_escaped(browser, site, tmp_path):
    page_of = next(path for path in site if "da-nang.vi" in path.name)
    html = page_of.read_text(encoding="utf-8")
    forgotten = tmp_path / "forgotten.html"
    forgotten.write_text(html.replace("</main>", f"{HOSTILE}</main>"), encoding="utf-8")
    hits = []
    for bypass in (False, True):
        page, _, _ = open_page(browser, forgotten, width=1280, bypass_csp=bypass)
        hits.append(page.evaluate("window.hit"))
        page.context.close()
    assert hits == [None, 1]  # with the policy, and (so that this test could fail) without


def test_a_profile_prints_on_at_most_eight_pages(browser, site):
    profiles = [path for path in site if path.name.startswith("01_unit_profile")]
    for path in profiles:
        page, _, _ = open_page(browser, path, width=1280)
        pdf = page.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page[^s]", pdf)) <= 8, path.name
        page.context.close()


def test_no_table_is_cut_on_paper(browser, site):
    width = "document.querySelector('main').clientWidth"
    widths = (
        "[...document.querySelectorAll('main table')].map(t => t.getBoundingClientRect().width)"
    )
    for path in site:
        page, _, _ = open_page(browser, path, width=680)  # 180 mm: A4 without its margins
        page.emulate_media(media="print")
        assert max([0, *page.evaluate(widths)]) <= page.evaluate(width) + 1, path.name
        page.context.close()


def test_the_weekly_monitor_fits_its_first_sheet(browser, site):
    """Title, key figures, what to expect and the ten dossiers; A4 without its margins."""
    tables = "[...document.querySelectorAll('section:has(.cards) table')]"
    last = f"{tables}.map(t => t.getBoundingClientRect().bottom)"
    monitors = [path for path in site if path.name.startswith("05_time_and_backlog")]
    for path in monitors:
        page, _, _ = open_page(browser, path, width=680)  # 180 mm
        page.emulate_media(media="print")
        bottoms = page.evaluate(last)
        assert len(bottoms) == 2 and max(bottoms) <= 1005, path.name  # 266 mm
        page.context.close()
