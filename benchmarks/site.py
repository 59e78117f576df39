"""What the index of a large site costs beside writing the same bytes: seconds, size, memory.

    python benchmarks/site.py [units [repeats]]

Results of a run are made up: a page in Vietnamese and English for every unit, with its title, all
of them new; the units are judged against each other, so that each has a tile on a map. The bars
for 700 units: both languages in 2 s, each at most 3 MB, at most 50 MB of memory beyond what
was held before; Chromium opens the index and filters it in 1 s (where one is found).
"""

import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import pandas as pd

from cchc_analysis.gazetteer import units
from cchc_analysis.report import Job, JobResult, write_index

SECONDS_BAR, SIZE_BAR, MEMORY_BAR, OPEN_BAR = 2.0, 3.0, 50.0, 1.0
PARENT = "vn34-25"  # Phú Thọ; the communes are invented


def invented_names(count: int) -> pd.DataFrame:
    """The gazetteer's units, and ``count`` communes that do not exist."""
    ids = [f"sim-{number:04}" for number in range(count)]
    names = [f"Mẫu {number:04} (mô phỏng)" for number in range(count)]
    communes = pd.DataFrame(
        {
            "unit_id": ids, "name": names, "full_name": [f"Xã {name}" for name in names],
            "unit_class": "commune", "parent_id": PARENT, "simulated": True, "source": "made up",
        }
    )  # fmt: skip
    return pd.concat([units(), communes], ignore_index=True)


def invented_results(names: pd.DataFrame) -> list[JobResult]:
    """A new profile of every invented commune, in both languages."""
    return [
        JobResult(
            Job("01_unit_profile", row.full_name, unit_id=row.unit_id, simulated=True),
            "ok", 4.2, "", change="new", figures=2, tables=4,
            pages={each: f"01_unit_profile--{row.unit_id}.{each}.html" for each in ("vi", "en")},
            titles={
                "vi": f"{row.full_name}: giải quyết hồ sơ đúng hạn",
                "en": f"{row.name} commune (simulated): timeliness of administrative dossiers",
            },
        )
        for row in names[names["parent_id"] == PARENT].itertuples(index=False)
        if row.unit_id.startswith("sim-")
    ]  # fmt: skip


def invented_overview(results: list[JobResult]) -> pd.DataFrame:
    """What ``funnel`` would say of the communes: every tenth below its range."""
    return pd.DataFrame(
        {
            "unit_id": result.job.unit_id, "unit_class": "commune", "parent_id": PARENT,
            "indicator": "qd766_in_time_share", "value": 0.9 + number % 97 / 1000,
            "count": 900.0 + number % 97, "total": 1000.0, "reading": "judged",
            "side": "low" if number % 10 == 0 else "",
            "period_start_on": pd.Timestamp("2026-01-01"),
            "period_end_on": pd.Timestamp("2026-10-10"), "source": "made up",
        }
        for number, result in enumerate(results)
    )  # fmt: skip


def seconds(task) -> float:
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def peak() -> float:
    """Megabytes held at most so far."""
    unit = 1e6 if sys.platform == "darwin" else 1e3  # bytes there, kilobytes elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def said(name: str, value: float, bar: float, unit: str) -> None:
    print(f"{name}: {value:.2f} {unit}, {'within' if value <= bar else 'OVER'} the bar of {bar:g}")


def in_chromium(page: Path) -> float | None:
    """Seconds to open the index and to filter it to one unit; None without a Chromium."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if found is None:
        return None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        shown = browser.new_page()
        spent = []
        for _ in range(3):
            start = time.perf_counter()
            shown.goto(page.as_uri())
            shown.fill("#q", "mau 0042")
            shown.wait_for_function("document.getElementById('found').textContent === '1'")
            spent.append(time.perf_counter() - start)
        browser.close()
    return median(spent)


def main(count: int = 700, repeats: int = 5) -> None:
    names = invented_names(count)
    results = invented_results(names)
    overview = invented_overview(results)
    with tempfile.TemporaryDirectory() as folder:
        write = {"out": Path(folder), "names": names, "overview": overview}
        write_index(results[:1], **write)  # loads templates, phrases and number formats
        before = peak()
        spent = median(seconds(lambda: write_index(results, **write)) for _ in range(repeats))
        memory = peak() - before
        pages = {path: path.read_bytes() for path in Path(folder).glob("*.html")}
        plain = median(
            seconds(lambda: [path.write_bytes(page) for path, page in pages.items()])
            for _ in range(repeats)
        )
        opened = in_chromium(Path(folder) / "index.html")
    size = max(map(len, pages.values())) / 1e6
    print(f"{count:,} units, 2 languages; medians of {repeats}")
    said("index written in", spent, SECONDS_BAR, "s")
    print(f"{spent / plain:,.0f} times writing the same bytes plainly ({1000 * plain:.1f} ms)")
    said("the larger page", size, SIZE_BAR, "MB")
    said("memory beyond what was held", memory, MEMORY_BAR, "MB")
    if opened is not None:
        said("opened and filtered in Chromium in", opened, OPEN_BAR, "s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
