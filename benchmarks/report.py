"""What a report costs: seconds in one language and in both, size, and pages of A4.

    python benchmarks/report.py [repeats]

The profile of a simulated province (`make sample` makes it). The bars: both languages in at most
1.4 times the time of one, since a notebook runs once for both; at most 700 KB a page; at most
eight pages of A4, printed by Chromium where one is found.
"""

import re
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from cchc_analysis.report import Job, run_jobs

ROOT = Path(__file__).resolve().parents[1]
UNIT = "Tỉnh Mẫu C (mô phỏng)"
RATIO_BAR, SIZE_BAR, PAGES_BAR = 1.4, 700, 8


def seconds(language: str, folder: Path) -> float:
    shutil.rmtree(folder, ignore_errors=True)
    start = time.perf_counter()
    job = Job("01_unit_profile", UNIT, parameters={"unit": UNIT}, simulated=True)
    (result,) = run_jobs(
        [job], out=folder, notebooks=ROOT / "notebooks", language=language, progress=str
    )
    assert result.status == "ok", result.error
    return time.perf_counter() - start


def printed_pages(paths: list[Path]) -> list[int]:
    """Pages of A4 that Chromium prints; none without a Chromium."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if found is None:
        return []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        shown, counts = browser.new_page(), []
        for path in paths:
            shown.goto(path.as_uri())
            pdf = shown.pdf(prefer_css_page_size=True)
            counts.append(len(re.findall(rb"/Type\s*/Page[^s]", pdf)))
        browser.close()
    return counts


def main(repeats: int = 3) -> None:
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site"
        rounds = [(seconds("vi", site), seconds("both", site)) for _ in range(repeats)]
        pages = sorted(site.glob("01*.html"))
        sizes = [path.stat().st_size / 1000 for path in pages]
        printed = printed_pages(pages)
    one, both = (median(spent) for spent in zip(*rounds, strict=True))
    verdict = "within" if both / one <= RATIO_BAR else "OVER"
    print(f"one language {one:.1f} s, both {both:.1f} s (medians of {repeats})")
    print(f"both are {both / one:.2f} times one: {verdict} the bar of {RATIO_BAR}")
    print(f"page sizes {', '.join(f'{size:.0f}' for size in sizes)} KB (bar {SIZE_BAR})")
    print(f"pages of A4: {', '.join(map(str, printed)) or 'no Chromium'} (bar {PAGES_BAR})")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
