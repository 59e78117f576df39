"""Thousands of spoilt exports: each is read without a loss, or refused with one message.

Not collected with the tests: `make fuzz`, or
python tests/fuzz_reading.py [--inputs N] [--seed N] [--seconds N] [--only NUMBER]. An input is
made from the seed and its number alone; a failure prints the command that makes it again.
"""

import argparse
import json
import logging
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq
from awkward_files.making import PERSON
from fuzz_mutations import SHAPED, spoilt_input

from cchc_analysis.columns import InputError
from cchc_analysis.sources.dossiers import read_dossiers

OPTIONS = (
    {}, {}, {}, {}, {}, {"unit": "Xã Mẫu (mô phỏng)"}, {"as_of": "2024-12-31"},
    {"zone": "Europe/Amsterdam"}, {"sheet": "Danh sách"}, {"sheet": "Không có"},
    {"columns": {"due_at": "Ngày hẹn trả lần đầu"}}, {"columns": {"unit_id": "Đơn vị tiếp nhận"}},
)  # fmt: skip
SECONDS_EACH = 60
MEMORY = 6 << 30
FAILURES = 10


class Violation(AssertionError):
    """Something that must never happen."""


def check_reading(reading: object, spoilt_bytes: bool) -> None:
    """What went in is what came out, and nobody is named."""
    summary, refused = reading.summary, reading.refused
    if summary["read"] != summary["kept"] + summary["refused"] + summary["set_aside"]:
        raise Violation(f"read is not kept + refused + set aside: {counts(summary)}")
    written = pq.read_metadata(reading.path).num_rows
    if (written, len(refused)) != (summary["kept"], summary["refused"]):
        raise Violation(f"{written} rows written, {len(refused)} refused: {counts(summary)}")
    if summary["set_aside"] != sum(summary["set_aside_as"].values()):
        raise Violation(f"kinds do not add up: {summary['set_aside_as']}")
    said = refused.to_csv() + reading.changes.to_csv()
    check_nobody_named(said + json.dumps(summary, ensure_ascii=False, default=str), spoilt_bytes)
    check_nobody_named(pq.read_table(reading.path).to_pandas().to_csv(), True)


def check_nobody_named(text: str, spoilt_bytes: bool) -> None:
    """Say if planted data are in a text.

    Names are looked for only where the table alone was spoilt: spoilt bytes can join a row to
    the header or move it into another column, and nothing tells a name by its shape there.
    """
    planted = SHAPED if spoilt_bytes else (*SHAPED, PERSON)
    found = [word for word in planted if word.casefold() in text.casefold()]
    if found:
        raise Violation(f"planted personal data came out: {found}")


def counts(summary: dict) -> str:
    return str({key: summary[key] for key in ("read", "kept", "refused", "set_aside")})


def try_one(number: int, seed: int, folder: Path) -> str:
    """Make one input and read it; returns 'read' or 'refused', or raises."""
    rng = random.Random(f"{seed}:{number}")
    path, spoilt_bytes = spoilt_input(rng, folder)
    options = rng.choice(OPTIONS)
    key = folder.parent / "key"
    try:
        check_reading(read_dossiers(path, key=key, **options), spoilt_bytes)
        return f"{path.suffix} read"
    except InputError as error:
        message = str(error)
        if "\n" in message.strip() or not message.strip():
            raise Violation(f"not one line: {message!r}") from None
        if "Traceback" in message:
            raise Violation(f"a traceback in a message: {message!r}") from None
        check_nobody_named(message, spoilt_bytes)
        return f"{path.suffix} refused"


def too_long(*_: object) -> None:
    raise Violation(f"took longer than {SECONDS_EACH} s")


def work(numbers: range, seed: int) -> None:
    """Try inputs one by one, in a process of its own, and print a line of JSON for each.

    The line before an input says which one is next: a parser that brings the process down
    cannot say so itself.
    """
    signal.signal(signal.SIGALRM, too_long)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with tempfile.TemporaryDirectory() as place:
        Path(place, "key").write_text("k" * 64, encoding="ascii")
        for number in numbers:
            say(next=number)
            folder = Path(place, "input")
            folder.mkdir()
            signal.alarm(SECONDS_EACH)
            try:
                say(outcome=try_one(number, seed, folder))
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # parsers written in Rust panic outside Exception
                last = traceback.extract_tb(error.__traceback__)[-1]
                said = f"{type(error).__name__}: {str(error)[:300]}"
                say(failed=f"{said} at {last.filename}:{last.lineno}")
            finally:
                signal.alarm(0)
            shutil.rmtree(folder)


def say(**line: object) -> None:
    print(json.dumps(line), flush=True)


@dataclass
class Run:
    """A whole run: what came of each input so far."""

    seed: int
    total: int
    stop_at: float
    start: float = field(default_factory=time.monotonic)
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[int] = field(default_factory=list)
    stopped: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def share(self, numbers: range) -> None:
        """Try a share of the inputs; where one brings its process down, go on after it."""
        while numbers and not self.stopped:
            command = [sys.executable, __file__, "--seed", str(self.seed), "--work",
                       str(numbers.start), str(numbers.stop), str(numbers.step)]  # fmt: skip
            process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
            number = self._listen(process, numbers.start)
            if self.stopped:
                process.kill()
            if process.wait() == 0 or self.stopped:
                return
            self._failed(number, f"the process ended with {process.returncode} (out of memory?)")
            numbers = range(number + numbers.step, numbers.stop, numbers.step)

    def _listen(self, process: subprocess.Popen, number: int) -> int:
        """Take in what a process says; returns the input it was at."""
        for text in process.stdout:
            line = json.loads(text)
            number = line.get("next", number)
            if "outcome" in line:
                with self.lock:
                    self.outcomes[line["outcome"]] += 1
            if "failed" in line:
                self._failed(number, line["failed"])
            self._progress(line)
            if self.stopped:
                break
        return number

    def _failed(self, number: int, reason: str) -> None:
        with self.lock:
            self.failures.append(number)
            self.outcomes["failed"] += 1
        print(f"FAILED input {number}: {reason}")
        print(
            f"  again: python tests/fuzz_reading.py --seed {self.seed} --only {number}", flush=True
        )
        if len(self.failures) >= FAILURES:
            self.stopped = f"stopped after {len(self.failures)} failures"

    def _progress(self, line: dict) -> None:
        spent, done = time.monotonic() - self.start, self.outcomes.total()
        if "outcome" in line and done % 500 == 0:
            left = spent / done * (self.total - done)
            print(f"{done:>6} of {self.total} inputs, {len(self.failures)} failed, "
                  f"{spent:.0f} s, about {left:.0f} s to go", flush=True)  # fmt: skip
        if spent > self.stop_at:
            self.stopped = f"stopped at the time limit after {done} of {self.total} inputs"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=766)
    parser.add_argument("--seconds", type=float, default=3600, help="give up after so long")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", type=int, help="one input; its file is kept")
    parser.add_argument("--work", type=int, nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)  # readers warn about what the inputs are meant to hold
    if options.work:
        work(range(*options.work), options.seed)
        return 0
    if options.only is not None:
        folder = Path(tempfile.mkdtemp(prefix=f"fuzz-{options.seed}-{options.only}-"), "input")
        folder.mkdir()
        (folder.parent / "key").write_text("k" * 64, encoding="ascii")
        print(f"the input lies in {folder}")
        print(try_one(options.only, options.seed, folder))
        return 0
    print(f"{options.inputs} inputs, seed {options.seed}, {options.workers} workers", flush=True)
    run = Run(options.seed, options.inputs, options.seconds)
    shares = [range(i, options.inputs, options.workers) for i in range(options.workers)]
    with ThreadPoolExecutor(options.workers) as pool:
        list(pool.map(run.share, shares))
    print(run.stopped or f"all {options.inputs} inputs tried, {len(run.failures)} failed")
    print(", ".join(f"{name} {count}" for name, count in sorted(run.outcomes.items())))
    return 1 if run.failures or run.stopped else 0


if __name__ == "__main__":
    sys.exit(main())
