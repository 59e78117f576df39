"""What `import cchc_analysis` costs beside `import pandas`: medians over fresh interpreters.

Names are loaded when first used, so the cost of a first use stands beside that of the import.

Run: python benchmarks/import_time.py [repeats]. The bar: at most 1.3 times pandas.
"""

import subprocess
import sys
import time
from statistics import median

BAR = 1.3
PROGRAMS = {
    "import pandas": "import pandas",
    "import cchc_analysis": "import cchc_analysis",
    "first use: load_published, on_time_rate": (
        "import cchc_analysis as cchc; cchc.load_published; cchc.on_time_rate"
    ),
    "first use: count_cells (DuckDB)": "import cchc_analysis as cchc; cchc.count_cells",
}


def seconds(program: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True)
    return time.perf_counter() - start


def main(repeats: int = 15) -> None:
    for program in PROGRAMS.values():  # once before the clock counts: compiles, fills caches
        seconds(program)
    rounds = [[seconds(program) for program in PROGRAMS.values()] for _ in range(repeats)]
    medians = dict(zip(PROGRAMS, map(median, zip(*rounds, strict=True)), strict=True))
    pandas = medians["import pandas"]
    for name, middle in medians.items():
        print(f"{name:<42} {middle:6.3f} s   {middle / pandas:5.2f} times pandas")
    verdict = "within" if medians["import cchc_analysis"] <= BAR * pandas else "over"
    print(f"import cchc_analysis is {verdict} the bar of {BAR} (medians of {repeats})")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
