"""An export of five dossiers, counted by hand, for tests that need any export at all."""

from pathlib import Path

UNIT = "UBND xã Thử Nghiệm"
EXPORT = f"""Mã hồ sơ,Đơn vị giải quyết,Lĩnh vực,Ngày nhận,Ngày hẹn trả,Ngày có kết quả,Trạng thái
H01,{UNIT},Đất đai,02/01/2024,09/01/2024,08/01/2024,Đã trả kết quả
H02,{UNIT},Đất đai,02/01/2024,09/01/2024,09/01/2024,Đã trả kết quả
H03,{UNIT},Hộ tịch,03/01/2024,10/01/2024,10/01/2024,Đã trả kết quả
H04,{UNIT},Hộ tịch,03/01/2024,10/01/2024,15/01/2024,Đã trả kết quả
H05,{UNIT},Hộ tịch,31/01/2024,07/02/2024,,Đang xử lý
"""
"""H01 early, H02 and H03 on the due day, H04 late, H05 open: 3 of 4 finished are on time."""


def write_export(path: Path) -> Path:
    path.write_text(EXPORT, encoding="utf-8")
    return path
