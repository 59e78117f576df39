"""The invented administration: its procedures, its units, and what is planted in each export.

Every unit name ends in '(mô phỏng)' and belongs to no real place; the published totals
that an export reproduces are real, and stand in :attr:`Plan.source` only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

CHANNELS = ("in_person", "online", "postal")
CHANNEL_EFFECTS = {"in_person": 0.0, "online": -0.25, "postal": 0.1}
FIELD_EFFECTS = {
    "Hộ tịch": 0.0,
    "Chứng thực": -0.6,
    "Đất đai": 1.2,
    "Đăng ký kinh doanh": 0.1,
    "Xây dựng": 0.5,
    "Bảo trợ xã hội": 0.3,
    "Giao thông vận tải": 0.0,
    "Giáo dục và đào tạo": 0.1,
    "Tư pháp": 0.3,
    "Môi trường": 0.4,
}
SEASON_MONTHS = (11, 12)
SEASON_EFFECT = 0.5
UNIT_SD = 0.35
SLOW_DESK = "Xã Mẫu C04.05 (mô phỏng)"
SLOW_EFFECT = 1.8

ODD_ROWS = {
    "received_unreadable": 30,
    "code_missing": 20,
    "status_1_not_received": 40,
    "status_3_not_received": 25,
    "due_missing": 36,
    "result_before_receipt": 24,
    "due_before_receipt": 3,
    "result_missing_but_returned": 15,
}
"""Rows of each export that are odd: the first four stand on top of the totals."""


class Procedure(NamedTuple):
    """A procedure, its time by law in working days, and how often each class resolves it."""

    field: str
    name: str
    legal_days: int
    department: float = 0
    land_registration_branch: float = 0
    district: float = 0
    commune: float = 0


PROCEDURES = (
    Procedure("Đất đai", "Đăng ký biến động quyền sử dụng đất, tài sản trên đất", 10, 2, 5, 3),
    Procedure("Đất đai", "Cấp giấy chứng nhận quyền sử dụng đất lần đầu", 20, 0, 2, 2),
    Procedure("Đất đai", "Tách thửa hoặc hợp thửa đất", 15, 0, 3, 2),
    Procedure("Đất đai", "Xác nhận nguồn gốc sử dụng đất", 7, 0, 0, 0, 6),
    Procedure("Hộ tịch", "Đăng ký khai sinh", 1, 0, 0, 0, 14),
    Procedure("Hộ tịch", "Đăng ký kết hôn", 1, 0, 0, 0, 6),
    Procedure("Hộ tịch", "Cấp giấy xác nhận tình trạng hôn nhân", 3, 0, 0, 0, 10),
    Procedure("Hộ tịch", "Thay đổi, cải chính, bổ sung thông tin hộ tịch", 3, 0, 0, 3, 1),
    Procedure("Chứng thực", "Chứng thực bản sao từ bản chính", 1, 0, 0, 6, 25),
    Procedure("Chứng thực", "Chứng thực chữ ký", 1, 0, 0, 2, 8),
    Procedure("Đăng ký kinh doanh", "Đăng ký thành lập hộ kinh doanh", 3, 0, 0, 5),
    Procedure("Đăng ký kinh doanh", "Đăng ký thành lập công ty TNHH một thành viên", 3, 6),
    Procedure("Đăng ký kinh doanh", "Đăng ký thay đổi nội dung đăng ký doanh nghiệp", 3, 8),
    Procedure("Xây dựng", "Cấp giấy phép xây dựng nhà ở riêng lẻ", 15, 0, 0, 3),
    Procedure("Xây dựng", "Cấp chứng chỉ hành nghề hoạt động xây dựng", 15, 4),
    Procedure("Bảo trợ xã hội", "Hưởng trợ cấp xã hội hằng tháng", 10, 0, 0, 3, 5),
    Procedure("Bảo trợ xã hội", "Hỗ trợ chi phí mai táng", 3, 0, 0, 1, 2),
    Procedure("Bảo trợ xã hội", "Cấp giấy phép hoạt động cơ sở trợ giúp xã hội", 15, 1),
    Procedure("Giao thông vận tải", "Đổi giấy phép lái xe", 5, 20),
    Procedure("Giao thông vận tải", "Cấp phù hiệu xe", 2, 10),
    Procedure("Giáo dục và đào tạo", "Cấp bản sao văn bằng, chứng chỉ từ sổ gốc", 1, 6, 0, 2),
    Procedure("Giáo dục và đào tạo", "Chỉnh sửa nội dung văn bằng, chứng chỉ", 5, 3, 0, 1),
    Procedure("Tư pháp", "Cấp phiếu lý lịch tư pháp", 10, 12),
    Procedure("Tư pháp", "Công nhận hòa giải viên ở cơ sở", 5, 0, 0, 0, 0.5),
    Procedure("Môi trường", "Cấp giấy phép môi trường", 30, 1, 0, 1),
    Procedure("Môi trường", "Đăng ký môi trường", 7, 0, 0, 0, 1),
)  # fmt: skip

DEPARTMENTS = (
    ("Sở Giao thông vận tải", "Giao thông vận tải", 9.0),
    ("Sở Tư pháp", "Tư pháp", 4.0),
    ("Sở Kế hoạch và Đầu tư", "Đăng ký kinh doanh", 4.0),
    ("Sở Xây dựng", "Xây dựng", 1.0),
    ("Sở Tài nguyên và Môi trường", "Môi trường", 0.5),
    ("Sở Giáo dục và Đào tạo", "Giáo dục và đào tạo", 1.5),
    ("Sở Lao động - Thương binh và Xã hội", "Bảo trợ xã hội", 0.5),
)


@dataclass(frozen=True)
class Plan:
    """One export: whose it is, its period, and the totals it must reproduce."""

    file: str
    unit_id: str
    number: int
    agency: str
    start_on: date
    end_on: date
    """Last day of the period, and the day the data are drawn."""
    intercept: float
    early_share: float
    carry_days: int = 0
    """Working days before the period from which dossiers may be carried over."""
    totals: Mapping[str, int] = field(default_factory=dict)
    """Dossiers by column of form 06; empty: whatever the draw gives."""
    source: str = "planted parameters only"
    appointments: bool = False
    """Whether the export tells of first appointments, new ones, apologies and causes."""


PLANS = (
    Plan(
        "simulated-tinh-mau-a.csv", "Tỉnh Mẫu A (mô phỏng)", 1, "X99",
        date(2023, 1, 1), date(2023, 10, 31), intercept=-4.0, early_share=0.62, carry_days=30,
        totals={"early": 301_245, "due_day": 182_432, "late": 11_676, "pending": 14_647},
        source="published totals of Bà Rịa - Vũng Tàu: 495,353 resolved, 483,677 of them on "
        "time, 11,676 late; the split of the on-time ones and the pending are invented",
    ),
    Plan(
        "simulated-huyen-mau-b.xlsx", "Huyện Mẫu B (mô phỏng)", 2, "X98",
        date(2024, 1, 1), date(2024, 5, 31), intercept=-7.6, early_share=0.50, carry_days=30,
        totals={"early": 16_089, "due_day": 15_286, "late": 19, "pending": 2_259},
        source="published totals of Cần Giuộc: 33,653 to handle, 31,394 resolved, of them "
        "16,089 early, 15,286 on time, 19 late; 2,259 pending; appointments are invented",
        appointments=True,
    ),
    Plan(
        "simulated-tinh-mau-c.csv", "Tỉnh Mẫu C (mô phỏng)", 3, "X97",
        date(2024, 1, 1), date(2024, 12, 31), intercept=-3.4, early_share=0.60,
    ),
)  # fmt: skip


def units_of(plan: Plan, seed: int) -> pd.DataFrame:
    """Return the invented units of one export.

    Parameters
    ----------
    plan
        The export.
    seed
        Of the unit effects; they do not depend on the number of dossiers.

    Returns
    -------
    pandas.DataFrame
        unit_id, unit_class, parent_id, scope, receiving_id (the desk that takes dossiers
        in), only_field (empty: any its class resolves), weight (share of dossiers; 0:
        resolves none), agency_code, effect (log-odds of late).

    Examples
    --------
    >>> units_of(PLANS[2], 1)["unit_class"].value_counts().to_dict()
    {'commune': 150, 'district': 11, 'province': 1}
    """
    rows = (_units_a, _units_b, _units_c)[plan.number - 1](plan.unit_id)
    names = ["unit_id", "unit_class", "parent_id", "scope", "receiving_id", "only_field", "weight"]
    units = pd.DataFrame(rows, columns=names)
    place = np.arange(len(units))
    codes = [f"000.{i // 100:02d}.{i % 100:02d}.{plan.agency}" for i in place]
    spread = np.random.default_rng([seed, plan.number, 0]).normal(0, UNIT_SD, len(units))
    effect = np.where(units["unit_id"] == SLOW_DESK, SLOW_EFFECT, spread.round(4))
    alone = (units["weight"] > 0).sum() == 1
    effect = np.where((units["weight"] == 0) | alone, 0.0, effect)
    return units.assign(agency_code=codes, effect=effect)


def _units_a(province: str) -> list[tuple]:
    """Return departments, districts with their desks, and land registration branches."""
    centre = f"Trung tâm Phục vụ hành chính công {province}"
    rows = [
        (province, "province", None, "with_subordinates", None, "", 0.0),
        (centre, "service_centre", province, "own_desk", None, "", 0.0),
    ]
    for name, only_field, weight in DEPARTMENTS:
        unit = f"{name} Mẫu A (mô phỏng)"
        rows.append((unit, "department", province, "own_desk", centre, only_field, weight))
    for i in range(1, 9):
        district = f"Huyện Mẫu A{i:02d} (mô phỏng)"
        desk = f"Bộ phận Một cửa {district}"
        branch = f"Chi nhánh Văn phòng đăng ký đất đai {district}"
        rows += [
            (district, "district", province, "own_desk", desk, "", 2 + 0.25 * i),
            (desk, "service_centre", district, "own_desk", None, "", 0.0),
            (branch, "land_registration_branch", province, "own_desk", desk, "", 0.6 + 0.05 * i),
        ]
    return rows


def _units_b(district: str) -> list[tuple]:
    """Return one district, its dossiers not told apart by office, and its desk."""
    desk = f"Bộ phận Một cửa {district}"
    return [
        (district, "district", None, "with_subordinates", desk, "", 1.0),
        (desk, "service_centre", district, "own_desk", None, "", 0.0),
    ]


def _units_c(province: str) -> list[tuple]:
    """Return 11 districts and 150 communes; each takes its dossiers in itself."""
    rows = [(province, "province", None, "with_subordinates", None, "", 0.0)]
    for i in range(1, 12):
        district = f"Huyện Mẫu C{i:02d} (mô phỏng)"
        rows.append((district, "district", province, "own_desk", district, "", 5 + 0.4 * i))
        for j in range(1, 15 if i <= 7 else 14):
            commune = f"Xã Mẫu C{i:02d}.{j:02d} (mô phỏng)"
            weight = 1.2 if commune == SLOW_DESK else 0.4 + 0.1 * ((3 * i + 5 * j) % 9)
            rows.append((commune, "commune", district, "own_desk", commune, "", weight))
    return rows
