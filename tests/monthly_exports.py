"""Twenty-four monthly exports of one simulated district, and the truth behind them.

Every month the district draws a list of the dossiers received in the last three months, ended
in the last one or still open: the same dossier stands in several files, its status going on,
its due date moved once or twice. The truth is kept here, dossier by dossier, and is never read
back from a file.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pandas as pd
from awkward_files.making import STATUSES, csv_file, dmy_time, grid, kept_as, xls_file, xlsx_file

DISTRICT = "Huyện Mẫu T (mô phỏng)"
MONTHS = [datetime(2023 + i // 12, i % 12 + 1, 1) for i in range(1, 25)]
"""The first moment after each month of 2023 and 2024: when its export is drawn."""
HEADER = {
    "stt": "STT", "code": "Mã hồ sơ", "unit": "Đơn vị giải quyết", "field": "Lĩnh vực",
    "person": "Chủ hồ sơ", "received": "Ngày tiếp nhận", "due": "Ngày hẹn trả",
    "result": "Ngày có kết quả", "returned": "Ngày trả kết quả", "status": "Trạng thái",
}  # fmt: skip
FIELDS = ("Đất đai", "Hộ tịch", "Xây dựng", "Chứng thực")


@dataclass
class Life:
    """One dossier: when things happened to it."""

    number: int
    field: str
    received: datetime
    dues: list[tuple[datetime, datetime]]
    """When a due date was set, and which; the first one with the receipt."""
    result: datetime | None
    returned: datetime | None
    paused: tuple[datetime, datetime] | None
    withdrawn: datetime | None

    @property
    def code(self) -> str:
        return f"H97.04-{self.received:%y%m%d}-{self.number:05d}"

    def due_on(self, day: datetime) -> datetime:
        return [due for since, due in self.dues if since < day][-1]

    def status_on(self, day: datetime) -> int:
        happened = [
            (self.withdrawn, 7), (self.returned, 10), (self.result, 9),
            (self.paused and self.paused[0], 5),
        ]  # fmt: skip
        if self.paused and self.paused[1] < day:
            happened.pop()
        return next((status for at, status in happened if at and at < day), 4)

    def listed_on(self, day: datetime) -> bool:
        """Received in the last three months, ended in the last month, or still open."""
        ended = self.result or self.withdrawn
        open_or_new = ended is None or ended >= day - timedelta(days=31)
        return open_or_new or self.received >= day - timedelta(days=92)

    def seen_on(self, day: datetime) -> dict[str, object]:
        """The row of the dossier in an export drawn on ``day``."""
        ends = {"result": self.result or self.withdrawn, "returned": self.returned}
        known = {name: at if at and at < day else None for name, at in ends.items()}
        return {
            "code": self.code, "unit": DISTRICT, "field": self.field,
            "person": f"NGUYENVANMAU{self.number}", "received": self.received,
            "due": self.due_on(day), "status": STATUSES[self.status_on(day)], **known,
        }  # fmt: skip


@dataclass
class District:
    """All its dossiers, and which months each was listed in."""

    lives: list[Life]
    listed: dict[datetime, list[Life]] = field(default_factory=dict)

    @property
    def rows_listed(self) -> int:
        return sum(map(len, self.listed.values()))

    def snapshots(self, life: Life) -> list[datetime]:
        return [day for day, lives in self.listed.items() if life in lives]

    def last_rows(self) -> list[dict[str, object]]:
        """Each dossier once, as its last listing shows it."""
        return [life.seen_on(self.snapshots(life)[-1]) for life in self.lives]

    def moved_due_dates(self) -> list[tuple[datetime, datetime, datetime, str, str]]:
        """(received, before, after, file before, file after) of every move between listings."""
        moves = []
        for life in self.lives:
            days = self.snapshots(life)
            for before, after in pairwise(days):
                dues = life.due_on(before), life.due_on(after)
                if dues[0] != dues[1]:
                    moves.append((life.received, *dues, file_name(before), file_name(after)))
        return sorted(moves)

    def moved_statuses(self) -> int:
        return sum(
            life.status_on(before) != life.status_on(after)
            for life in self.lives
            for before, after in pairwise(self.snapshots(life))
        )


def simulate(per_month: int = 40, seed: int = 7) -> District:
    """Draw the dossiers of two years and list them month by month."""
    draw = random.Random(seed)
    lives: list[Life] = []
    for month in MONTHS:
        start = (month - timedelta(days=1)).replace(day=1)
        minutes = draw.sample(range(int((month - start) / timedelta(minutes=1))), per_month)
        for minute in minutes:  # each received at a minute of its own
            lives.append(_life(draw, start + timedelta(minutes=minute), len(lives) + 1))
    listed = {}
    for day in MONTHS:
        known = [life for life in lives if life.received < day]
        listed[day] = [life for life in known if life.listed_on(day)]
    return District(lives, listed)


def _life(draw: random.Random, received: datetime, number: int) -> Life:
    """Draw what happens to one dossier; due dates move while it is open, at most twice."""
    took = timedelta(days=draw.choice((1, 5, 12, 30, 60, 150)), hours=draw.randint(0, 8))
    result = received + took if draw.random() < 0.95 else None
    withdrawn = received + timedelta(days=9) if result is None and draw.random() < 0.5 else None
    returned = result + timedelta(days=draw.randint(0, 20)) if result else None
    paused = None
    if draw.random() < 0.3 and took > timedelta(days=20):
        paused = (received + timedelta(days=2), received + timedelta(days=18))
    due = received.replace(hour=17, minute=0) + timedelta(days=draw.randint(3, 45))
    dues = [(received, due)]
    for _ in range(draw.choices((0, 1, 2), (70, 15, 15))[0]):
        since, due = dues[-1]
        moved = since + (due - since) * 0.9
        if moved < (result or withdrawn or datetime.max):
            dues.append((moved, due + timedelta(days=draw.randint(20, 60))))
    return Life(number, draw.choice(FIELDS), received, dues, result, returned, paused, withdrawn)


def file_name(day: datetime) -> str:
    """The name of the export drawn on ``day``: that of the month before."""
    month = day - timedelta(days=1)
    suffix = ("xlsx", "csv", "xls")[month.month % 3]
    return f"{month:%Y-%m} danh sách hồ sơ.{suffix}"


def write_exports(district: District, folder: Path) -> list[Path]:
    """Write the exports: workbooks of both kinds and CSV, titles, total line, signatures."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(lives, day, folder) for day, lives in district.listed.items()]


def _write(lives: list[Life], day: datetime, folder: Path) -> Path:
    rows = [life.seen_on(day) | {"stt": str(i)} for i, life in enumerate(lives, 1)]
    name, last = file_name(day), day - timedelta(days=1)
    titles = [
        [f"UBND {DISTRICT}"],
        ["DANH SÁCH HỒ SƠ"],
        [f"Từ ngày 01/01/2023 đến ngày {last:%d/%m/%Y}"],
    ]
    end = [["Tổng cộng", None, f"{len(rows)} hồ sơ"], [], ["Người lập biểu"]]
    as_text = not name.endswith("xlsx")
    table = [*titles, *grid(rows, HEADER, dates=dmy_time if as_text else kept_as), *end]
    width = len(HEADER)
    table = [[*row, *[None] * (width - len(row))] for row in table]
    writers = {
        "csv": lambda: csv_file(table, name=name, encoding="utf-8-sig", separator=";"),
        "xls": lambda: xls_file(table, name=name),
        "xlsx": lambda: xlsx_file(table, name=name, number_format="dd/mm/yyyy hh:mm"),
    }
    return writers[name.rsplit(".", 1)[1]]()(folder)


def truth(district: District) -> pd.DataFrame:
    """Each dossier once, as its last listing shows it, for counting by hand."""
    return pd.DataFrame(district.last_rows()).sort_values("received", ignore_index=True)
