"""Print ``data/README.md``: the tables as they are declared, Vietnamese and English.

Run: python -m cchc_analysis.data_readme > data/README.md
"""

from __future__ import annotations

from cchc_analysis.columns import TABLES, Table
from cchc_analysis.components import COMPONENTS
from cchc_analysis.sources.evaluation import PLAIN

_INTRODUCTION = """\
# Dữ liệu / Data

<!-- printed by `python -m cchc_analysis.data_readme`; change the tables in cchc_analysis/ -->

Thư mục này: `published/` là số liệu đã in, có nguồn; `published/qd766/` là các lần chụp màn
hình đánh giá theo Quyết định 766/QĐ-TTg (bảng `evaluation`), mỗi tệp có nguồn trong tệp `.toml`
cùng tên; `simulated/` do `make report` tạo ra, mọi đơn vị trong đó đều là mô phỏng. Thư mục dữ
liệu của riêng bạn có cùng dạng.

This folder: `published/` holds printed figures with their sources; `published/qd766/` captures of
the evaluation screens of QĐ 766 (table `evaluation`), the source of each in the `.toml` of the same
name; `simulated/` is made by `make report`, and every unit in it is invented. Your own data folder
has the same shape: any of `published/*.csv`, `forms/*.csv` or filled-in forms II.06 as workbooks
there, `units.csv`, and `dossiers.parquet` as `cchc read` writes it, at any depth. `*.csv` files are
UTF-8 with a header row.

Hậu tố cho biết đơn vị / a suffix states the unit: `_count` hồ sơ / dossiers, `_on` ngày / date,
`_at` thời điểm / time, `_id` mã / code. Thiếu là ô trống, không phải 0 / missing is an empty cell,
never 0.
"""


def describe() -> str:
    """Return the tables as Markdown, Vietnamese and English side by side."""
    return "\n".join([_INTRODUCTION, *map(_described, (*TABLES, PLAIN, COMPONENTS))])


def _described(table: Table) -> str:
    lines = [f"## {table.name}", "", table.vi, "", table.en, ""]
    lines += ["| cột / column | loại / type | ý nghĩa | meaning | giá trị / allowed |"]
    lines += ["|---|---|---|---|---|"]
    for column in table.columns:
        kind = column.kind + (", bắt buộc / required" if column.required else "")
        allowed = ", ".join(f"`{value}`" for value in column.allowed)
        lines.append(f"| `{column.name}` | {kind} | {column.vi} | {column.en} | {allowed} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(describe(), end="")
