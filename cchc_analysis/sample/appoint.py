"""Draw what became of the appointments of an invented export: new dates, apologies, causes.

All of it comes from a generator of its own, after the dossiers are drawn, so that nothing else
of an export depends on it. Of a dossier with a new date the due date drawn is the latest one: the
first appointment was earlier than the time by law allows.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cchc_analysis.sample.draw import CLOSING, HOLIDAYS
from cchc_analysis.sample.world import PROCEDURES, Plan

MOVED_SHARE, AGAIN_SHARE = 0.02, 0.1
APOLOGISED_SHARE, BEFORE_DUE_SHARE = 0.6, 0.3
STATED_SHARE = 0.85
FEWEST_DAYS = 5
"""A shorter time by law leaves no room for an earlier first appointment."""
CAUSES = {
    "Số lượng hồ sơ nhiều": 0.3,
    "Công chức nghỉ phép": 0.15,
    "Chờ ý kiến của cơ quan liên quan": 0.15,
    "Lỗi phần mềm một cửa": 0.1,
    "Đã có kết quả nhưng chưa cập nhật hệ thống": 0.1,
    "Công dân chậm thực hiện nghĩa vụ tài chính": 0.1,
    "Người nộp mô phỏng {number:06d} hẹn hôm khác, điện thoại 0000{number:06d}": 0.1,
}
"""What is typed as the cause, and how often; the last is free text of the kind never kept."""


def with_appointments(records: pd.DataFrame, plan: Plan, *, seed: int) -> pd.DataFrame:
    """Return the rows of an export with what became of each appointment.

    Parameters
    ----------
    records
        As :func:`~cchc_analysis.sample.draw.draw_records` gives them.
    plan
        The export; nothing happens after its last day.
    seed
        Same seed, same rows.

    Returns
    -------
    pandas.DataFrame
        The rows with legal_days, first_due_at (missing where due_at is), reappointed_count (0
        where no new date was given), apologised_at and late_cause (free text), the last two
        only of dossiers late against their first appointment.
    """
    rng = np.random.default_rng([seed, plan.number, 2])
    legal = np.array([p.legal_days for p in PROCEDURES])[records["procedure"]]
    first_due = _first_due(rng, records, legal)
    moved = first_due.notna() & (first_due != records["due_at"])
    again = rng.random(len(records)) < AGAIN_SHARE
    late = _late(records, first_due, plan)
    return records.assign(
        legal_days=legal,
        first_due_at=first_due,
        reappointed_count=np.where(moved, 1 + again, 0),
        apologised_at=_apologies(rng, first_due, plan).where(late),
        late_cause=_causes(rng, len(records)).where(late),
    )


def _first_due(rng: np.random.Generator, records: pd.DataFrame, legal: np.ndarray) -> pd.Series:
    """Return the first appointment: of a few dossiers up to three working days earlier."""
    due = records["due_at"]
    fits = due.notna() & (records["odd"] == "") & (legal >= FEWEST_DAYS)
    moved = fits & (rng.random(len(records)) < MOVED_SHARE)
    days = due.where(moved, pd.Timestamp("2024-01-02")).to_numpy("datetime64[D]")
    back = -rng.integers(1, 4, len(records))
    earlier = np.busday_offset(days, back, roll="backward", holidays=HOLIDAYS) + CLOSING
    return due.mask(moved, pd.Series(earlier, index=due.index))


def _late(records: pd.DataFrame, first_due: pd.Series, plan: Plan) -> pd.Series:
    """Return which dossiers were not finished by the day of their first appointment."""
    ended = records["result_at"].fillna(records["returned_at"]).fillna(pd.Timestamp(plan.end_on))
    waits = records["status"].isin([5, 6, 7, 8])
    return (ended.dt.normalize() > first_due.dt.normalize()) & ~waits


def _apologies(rng: np.random.Generator, first_due: pd.Series, plan: Plan) -> pd.Series:
    """Return when an apology would be made: within three days of the first appointment."""
    size = len(first_due)
    before = rng.random(size) < BEFORE_DUE_SHARE
    days = np.where(before, -rng.integers(0, 3, size), rng.integers(1, 4, size))
    at = first_due + pd.to_timedelta(days, unit="D") - pd.Timedelta(hours=7)
    last = pd.Timestamp(plan.end_on) + pd.Timedelta(days=1)
    return at.where((rng.random(size) < APOLOGISED_SHARE) & (at < last))


def _causes(rng: np.random.Generator, size: int) -> pd.Series:
    """Return what would be typed as the cause; missing where none is."""
    drawn = rng.choice(len(CAUSES), size=size, p=list(CAUSES.values()))
    texts = [text.format(number=number) for number, text in
             enumerate(np.array(list(CAUSES))[drawn], 1)]  # fmt: skip
    return pd.Series(texts, dtype="str").where(rng.random(size) < STATED_SHARE)
