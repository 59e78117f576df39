"""What reading exports costs beside bare parsers: medians over fresh processes, peak memory.

Two files are made: a workbook and a CSV file of 14 columns each, as exports have them, of
which reading keeps 8 (real date cells in the workbook, dd/mm/yyyy hh:mm text in the CSV). The
time is that of a whole process, interpreter and imports included, on both sides:

bare workbook
    fastexcel (calamine) loads every cell of the sheet as text: no header is looked for, no
    date is judged, nothing is written.
bare CSV
    DuckDB, with its default number of threads, parses the eight columns as text into a table in
    memory, as the workbook's reader does: no date is judged, nothing is written. Two more are
    printed beside it: what parsing alone costs, nothing kept (the lengths are added up), and
    what one statement costs that parses the dates, hashes the codes, and writes the columns of
    the dossiers table as Parquet. That one judges nothing and looks nothing up; whatever gives
    this file takes as long.
reading
    ``read_dossiers`` finds the header, drops the six other columns, types and judges every
    row, hashes the codes, looks for personal data, and writes Parquet, refused rows, summary.

Run: python benchmarks/reading.py [--workbook-rows N] [--csv-rows N] [--repeats N]
[--folder DIR]. The bars: 2 times for 500,000 rows of a workbook; 2.5 times and 2 GB for
5,000,000 rows of CSV. Making the files takes some minutes; they are kept in ``--folder``, if
one is given, and used again.
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

WORKBOOK_BAR, CSV_BAR, MEMORY_BAR = 2.0, 2.5, 2.0
HEADER = (
    "STT", "Mã hồ sơ", "Đơn vị giải quyết", "Lĩnh vực", "Tên thủ tục hành chính", "Địa chỉ",
    "Người nộp", "Chủ hồ sơ", "Số điện thoại", "Ngày tiếp nhận", "Ngày hẹn trả",
    "Ngày có kết quả", "Trạng thái", "Ghi chú",
)  # fmt: skip
READ = (1, 2, 3, 4, 9, 10, 11, 12)
FIELDS = ("Đất đai", "Hộ tịch", "Chứng thực", "Xây dựng", "Bảo trợ xã hội")
PROCEDURES = (
    "Đăng ký biến động quyền sử dụng đất, tài sản trên đất",
    "Đăng ký khai sinh",
    "Chứng thực bản sao từ bản chính",
    "Cấp giấy phép xây dựng nhà ở riêng lẻ",
    "Hưởng trợ cấp xã hội hằng tháng",
)
STATUSES = ("Đã trả kết quả", "Đã trả kết quả", "Đã xử lý xong", "Đang xử lý")
FIRST = datetime(2023, 1, 2, 7, 30)

BARE_WORKBOOK = """
import sys, fastexcel
sheet = fastexcel.read_excel(sys.argv[1]).load_sheet_eager(0, header_row=None, dtypes="string")
assert sheet.num_rows
"""
BARE_CSV = """
import sys, duckdb
path, width, *read = sys.argv[1:]
types = ", ".join(f"c{i}: 'VARCHAR'" for i in range(int(width)))
kept = ", ".join(f"c{i}" for i in read)
options = "auto_detect = false, header = true, delim = ','"
duckdb.execute("SET enable_progress_bar = false")
source = f"read_csv('{path}', {options}, columns = {{{types}}})"
duckdb.execute(f"CREATE TEMP TABLE kept AS SELECT {kept} FROM {source}")
"""
PARSED_ONLY = BARE_CSV.replace('f"c{i}" for', 'f"sum(length(c{i}))" for').replace(
    "CREATE TEMP TABLE kept AS ", ""
)
WRITTEN_ONCE = """
import sys, tempfile, duckdb
from cchc_analysis.columns import DOSSIERS
path, width, code, unit, field, procedure, received, due, result, status = sys.argv[1:]
types = ", ".join(f"c{i}: 'VARCHAR'" for i in range(int(width)))
found = dict(unit_id=f"c{unit}", field=f"c{field}", procedure=f"c{procedure}")
found |= dict(status_raw=f"c{status}", source="'benchmark'", drawn_on="DATE '2024-03-31'")
found |= dict(dossier_id=f"left(sha256('a key of thirty-two characters..' || c{code}), 24)")
for name, i in dict(received_at=received, due_at=due, result_at=result).items():
    found[name] = f"try_strptime(c{i}, '%d/%m/%Y %H:%M')"
kinds = dict(text="VARCHAR", count="INTEGER", number="DOUBLE", time="TIMESTAMP", flag="BOOLEAN")
empty = {c.name: f"NULL::{kinds.get(c.kind, 'DATE')}" for c in DOSSIERS.columns}
columns = [f"{what} AS {name}" for name, what in (empty | found).items()]
options = "auto_detect = false, header = true, delim = ','"
source = f"read_csv('{path}', {options}, columns = {{{types}}})"
duckdb.execute("SET enable_progress_bar = false")
with tempfile.TemporaryDirectory() as folder:
    target = f"{folder}/dossiers.parquet"
    duckdb.execute(f"COPY (SELECT {', '.join(columns)} FROM {source}) TO '{target}'")
"""
READING = """
import sys, tempfile
from pathlib import Path
from cchc_analysis.sources.dossiers import read_dossiers
with tempfile.TemporaryDirectory() as folder:
    key = Path(folder, "key")
    key.write_text("k" * 64)
    summary = read_dossiers(sys.argv[1], out=Path(folder, "out"), key=key).summary
assert summary["kept"] == int(sys.argv[2]), summary
"""


def rows(count: int) -> Iterator[list[object]]:
    """The dossiers of an export, one at a time."""
    for number in range(1, count + 1):
        received = FIRST + timedelta(minutes=7 * (number % 90_000))
        status = STATUSES[number % 4]
        done = status != "Đang xử lý"
        yield [
            number,
            f"H99.{number % 80:02d}-{received:%y%m%d}-{number:07d}",
            f"UBND xã Mẫu {number % 150:03d} (mô phỏng)",
            FIELDS[number % 5],
            PROCEDURES[number % 5],
            f"Thôn {number % 700}, xã Mẫu {number % 150:03d}",
            f"Người nộp mô phỏng {number % 90_001:06d}",
            f"Chủ hồ sơ mô phỏng {number % 80_021:06d}",
            f"0900{number % 1_000_000:06d}",
            received,
            received + timedelta(days=10),
            received + timedelta(days=number % 13) if done else None,
            status,
            "" if number % 9 else "Bổ sung giấy tờ ngày 05",
        ]


def with_progress(records: Iterator[list[object]], count: int) -> Iterator[list[object]]:
    for number, record in enumerate(records, 1):
        yield record
        if number % max(count // 20, 1) == 0:
            print(f"\r  {number:>9,} of {count:,} rows", end="", flush=True)
    print()


def write_workbook(path: Path, count: int) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Danh sách")
        dated = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        sheet.write_row(0, 0, HEADER)
        for place, record in enumerate(with_progress(rows(count), count), 1):
            for column, cell in enumerate(record):
                if isinstance(cell, datetime):
                    sheet.write_datetime(place, column, cell, dated)
                elif cell is not None:
                    sheet.write(place, column, cell)


def write_csv(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for record in with_progress(rows(count), count):
            writer.writerow(
                f"{cell:%d/%m/%Y %H:%M}" if isinstance(cell, datetime) else cell for cell in record
            )


def measured(program: str, *arguments: object) -> tuple[float, float]:
    """Seconds and peak gigabytes of a fresh process."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", program, *map(str, arguments)])
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        raise SystemExit(f"a measured process failed (status {status})")
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    return seconds, usage.ru_maxrss * unit / 1e9


def compare(name: str, path: Path, count: int, bare: str, bar: float, repeats: int) -> None:
    """Measure both sides by turns, and print medians, their ratio and the peaks of memory."""
    programs = {"bare parser": bare, "read_dossiers": READING}
    if bare == BARE_CSV:
        programs |= {"parsing alone": PARSED_ONLY, "written once": WRITTEN_ONCE}
    rounds = {label: [] for label in programs}
    for number in range(repeats):
        print(f"\r  round {number + 1} of {repeats} ...", end="", flush=True)
        for label, program in programs.items():
            given = [count] if program == READING else [len(HEADER), *READ]
            rounds[label].append(measured(program, path, *given))
    print()
    times = {label: median(seconds for seconds, _ in found) for label, found in rounds.items()}
    peaks = {label: max(peak for _, peak in found) for label, found in rounds.items()}
    for label, found in rounds.items():
        shown = " ".join(f"{seconds:.2f}" for seconds, _ in found)
        ratio = times[label] / times["bare parser"]
        print(f"  {label:<14} {times[label]:7.2f} s  ({shown})   {ratio:.2f} times   "
              f"peak {peaks[label]:.2f} GB")  # fmt: skip
    ratio = times["read_dossiers"] / times["bare parser"]
    verdict = "within" if ratio <= bar else "over"
    print(f"  {name}, {count:,} rows: {ratio:.2f} times, {verdict} the bar of {bar}")
    if bar == CSV_BAR:
        peak = peaks["read_dossiers"]
        verdict = "within" if peak <= MEMORY_BAR else "over"
        print(f"  peak {peak:.2f} GB, {verdict} the bar of {MEMORY_BAR:.0f} GB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workbook-rows", type=int, default=500_000)
    parser.add_argument("--csv-rows", type=int, default=5_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="keep the files here; else they are deleted")
    options = parser.parse_args()
    if options.folder:
        options.folder.mkdir(parents=True, exist_ok=True)
    place = nullcontext(options.folder) if options.folder else tempfile.TemporaryDirectory()
    with place as folder:
        for name, count, make, bare, bar in (
            ("workbook", options.workbook_rows, write_workbook, BARE_WORKBOOK, WORKBOOK_BAR),
            ("CSV", options.csv_rows, write_csv, BARE_CSV, CSV_BAR),
        ):
            path = Path(folder) / f"{count}.{'csv' if name == 'CSV' else 'xlsx'}"
            if count and not path.exists():
                print(f"making {path.name}")
                make(path, count)
            if count:
                print(f"{name}: {path.stat().st_size / 1e6:,.0f} MB")
                compare(name, path, count, bare, bar, options.repeats)


if __name__ == "__main__":
    main()
