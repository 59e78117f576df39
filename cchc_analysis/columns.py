"""The tables, declared once: every column's type, unit, meaning and allowed values.

All data in the package is one of these tables (and the list of units they refer to).
Readers check what they produce, and functions what they are given, with :func:`check`;
``data/README.md`` is printed from the same declarations
(:mod:`~cchc_analysis.data_readme`).

A suffix states the unit: ``_count`` dossiers, ``_share`` 0..1, ``_on`` a date, ``_at`` a
time of day with its date, ``_id`` a code. Missing is NaN, never 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from cchc_analysis.written_times import times

Kind = Literal["text", "count", "number", "date", "time", "flag"]

UNIT_CLASSES = ("country", "ministry", "province", "service_centre", "department", "land_registration_branch", "district", "commune", "group", "other")  # fmt: skip
CHANNELS = ("in_person", "online", "postal", "other")
SCOPES = ("own_desk", "with_subordinates")
LATE_CAUSES = ("applicant", "other_agency", "complexity", "workload", "staff", "software", "data_entry", "legal_unclear", "field_work", "finance", "force_majeure", "other")  # fmt: skip
OUTCOMES = ("result", "refused", "withdrawn", "pending")
BASES = ("period", "received", "due")
BOUNDS = ("confidence", "rounding", "printed_range", "none")
STATUS_CODES = tuple(range(1, 11))


class InputError(ValueError):
    """Input that cannot be used; the message says what was found and how to go on."""


@dataclass(frozen=True)
class Column:
    """One column: its type, its unit and what it means in both languages."""

    name: str
    kind: Kind
    vi: str
    en: str
    unit: str = ""
    allowed: tuple[str | int, ...] = ()
    required: bool = False
    """Must be present, and filled in every row."""


@dataclass(frozen=True)
class Table:
    """One of the tables: its columns in order."""

    name: str
    vi: str
    en: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        """The column names, in order."""
        return [column.name for column in self.columns]


UNITS = Table(
    "units",
    "Một dòng là một đơn vị trong một thời kỳ; các bảng khác chỉ đơn vị bằng unit_id.",
    "One row is one unit in one era; the other tables name a unit by its unit_id.",
    (
        Column("unit_id", "text", "mã đơn vị, kèm thời kỳ", "unit code, with its era", required=True),
        Column("name", "text", "tên, không có tiền tố", "name without its prefix", required=True),
        Column("full_name", "text", "tên đầy đủ", "full name", required=True),
        Column("unit_class", "text", "loại đơn vị", "class of unit", allowed=UNIT_CLASSES, required=True),
        Column("parent_id", "text", "đơn vị cấp trên", "unit above"),
        Column("scope", "text", "riêng đơn vị hay gồm cấp dưới", "own desk, or with subordinates", allowed=SCOPES),
        Column("code", "text", "mã thống kê trong thời kỳ đó", "statistical code of that era"),
        Column("agency_code", "text", "mã định danh cơ quan", "agency identifier (H44, H44.07)"),
        Column("start_on", "date", "ngày bắt đầu", "first day"),
        Column("end_on", "date", "ngày kết thúc", "last day (empty: still exists)"),
        Column("successor_id", "text", "đơn vị kế thừa lãnh thổ", "unit that took over the territory"),
        Column("simulated", "flag", "đơn vị mô phỏng", "an invented unit"),
        Column("source", "text", "nguồn", "source"),
    ),
)  # fmt: skip

DOSSIERS = Table(
    "dossiers",
    "Một dòng là một hồ sơ thủ tục hành chính, đã bỏ dữ liệu cá nhân.",
    "One row is one administrative dossier, personal data removed.",
    (
        Column("dossier_id", "text", "mã hồ sơ đã băm có khóa", "keyed hash of the dossier code", required=True),
        Column("unit_id", "text", "đơn vị giải quyết", "unit that resolves the dossier", required=True),
        Column("receiving_unit_id", "text", "đơn vị tiếp nhận", "unit that received it"),
        Column("field", "text", "lĩnh vực", "field of administration"),
        Column("procedure", "text", "thủ tục hành chính", "administrative procedure"),
        Column("level", "text", "mức độ dịch vụ công", "level of the online service"),
        Column("channel", "text", "hình thức nộp", "filing channel", allowed=CHANNELS),
        Column("status", "count", "mã trạng thái quốc gia (1-10)", "national status code (1-10)", allowed=STATUS_CODES),
        Column("status_raw", "text", "trạng thái như trong tệp", "status as in the file"),
        Column("submitted_at", "time", "ngày nộp", "submitted"),
        Column("acceptance_due_at", "time", "hạn tiếp nhận", "accept by: a later receipt is a late acceptance"),
        Column("received_at", "time", "ngày tiếp nhận", "accepted at the desk; empty only where not accepted"),
        Column("due_at", "time", "ngày hẹn trả", "due; without a time of day: the end of that day"),
        Column("first_due_at", "time", "ngày hẹn trả lần đầu", "first due date"),
        Column("legal_days", "number", "thời hạn giải quyết theo quy định", "time the procedure grants", "working days"),
        Column("reappointed_count", "count", "số lần hẹn lại", "times a new appointment was given (the law allows one)", "times"),
        Column("apologised_at", "time", "ngày xin lỗi", "written apology issued; it does not cure lateness"),
        Column("late_cause", "text", "nguyên nhân trễ hạn, theo nhóm", "stated cause of lateness, as one of the known groups; free text is not kept", allowed=LATE_CAUSES),
        Column("result_at", "time", "ngày có kết quả", "result available: the clock ends here"),
        Column("returned_at", "time", "ngày trả kết quả", "result handed over"),
        Column("supplement_asked_at", "time", "ngày yêu cầu bổ sung", "supplement asked of the applicant (the first time)"),
        Column("supplement_given_at", "time", "ngày bổ sung xong", "supplement complete (the last time)"),
        Column("supplement_count", "count", "số lần yêu cầu bổ sung", "times a supplement was asked", "times"),
        Column("fee_asked_at", "time", "ngày yêu cầu nộp phí, thuế", "fee or tax asked of the applicant"),
        Column("fee_paid_at", "time", "ngày nộp xong phí, thuế", "fee or tax paid"),
        Column("synchronised_at", "time", "ngày đồng bộ lên Cổng quốc gia", "result known to the national portal"),
        Column("digitised", "flag", "có thành phần hồ sơ số hóa", "has digitised components"),
        Column("paid_online", "flag", "thanh toán trực tuyến", "paid online"),
        Column("drawn_on", "date", "ngày chốt số liệu của tệp", "day on which the export was drawn: what the row knows of"),
        Column("flags", "text", "điểm bất thường, cách nhau bởi dấu chấm phẩy", "what is odd in the row, separated by semicolons"),
        Column("source", "text", "nguồn", "source", required=True),
    ),
)  # fmt: skip

FORMS = Table(
    "forms",
    "Một dòng là một dòng của biểu II.06; số cột của biểu nằm trong ngoặc.",
    "One row is one line of statutory form II.06; the form's column number is in brackets.",
    (
        Column("unit_id", "text", "đơn vị", "unit", required=True),
        Column("period_start_on", "date", "từ ngày", "first day of the period", required=True),
        Column("period_end_on", "date", "đến ngày", "last day of the period", required=True),
        Column("field", "text", "(2) lĩnh vực", "(2) field; empty: the total line"),
        Column("total_received_count", "count", "(3) tổng nhận giải quyết", "(3) to handle, with those carried over", "dossiers"),
        Column("online_received_count", "count", "(4) trong kỳ, trực tuyến", "(4) new, online", "dossiers"),
        Column("direct_received_count", "count", "(5) trong kỳ, trực tiếp và bưu chính", "(5) new, in person or postal", "dossiers"),
        Column("carried_count", "count", "(6) từ kỳ trước", "(6) carried over", "dossiers"),
        Column("resolved_count", "count", "(7) đã giải quyết", "(7) resolved", "dossiers"),
        Column("early_count", "count", "(8) trước hạn", "(8) early", "dossiers"),
        Column("due_day_count", "count", "(9) đúng hạn", "(9) on time as the form says it, early ones apart", "dossiers"),
        Column("late_count", "count", "(10) quá hạn", "(10) late", "dossiers"),
        Column("pending_count", "count", "(11) đang giải quyết", "(11) pending", "dossiers"),
        Column("pending_in_time_count", "count", "(12) đang giải quyết, trong hạn", "(12) pending, in time", "dossiers"),
        Column("overdue_count", "count", "(13) đang giải quyết, quá hạn", "(13) pending, overdue", "dossiers"),
        Column("source", "text", "nguồn", "source", required=True),
    ),
)  # fmt: skip

PUBLISHED = Table(
    "published",
    "Một dòng là một số liệu đã in: báo chí, báo cáo, màn hình Cổng Dịch vụ công quốc gia.",
    "One row is one printed figure: press, reports, screens of the national portal.",
    (
        Column("unit_id", "text", "đơn vị", "unit", required=True),
        Column("indicator", "text", "chỉ tiêu trong danh mục", "indicator of the catalogue", required=True),
        Column("kind", "text", "kết quả, chỉ tiêu giao hay kế hoạch", "result, target or plan", allowed=("result", "target", "plan"), required=True),
        Column("period_start_on", "date", "từ ngày", "first day of the period"),
        Column("period_end_on", "date", "đến ngày", "last day of the period"),
        Column("printed", "text", "nguyên văn con số, dấu thập phân là dấu chấm", "the figure as printed, decimal point a full stop"),
        Column("value", "number", "giá trị, theo đơn vị tính", "the value, in unit_of_measure"),
        Column("low", "number", "cận dưới của khoảng đã in", "lower end of a printed range"),
        Column("high", "number", "cận trên của khoảng đã in", "upper end of a printed range"),
        Column("decimals", "count", "số chữ số thập phân đã in", "printed decimals"),
        Column("unit_of_measure", "text", "đơn vị tính", "percent, dossiers, points, ...", required=True),
        Column("numerator", "number", "tử số, nếu nguồn cho", "numerator, where the source gives it"),
        Column("denominator", "number", "mẫu số, nếu nguồn cho", "denominator, where the source gives it"),
        Column("inferred", "text", "điều do ta suy ra", "what was inferred here, not printed"),
        Column("wording", "text", "từ dùng trong nguồn", "the term the source uses"),
        Column("source", "text", "nguồn", "source", required=True),
        Column("source_url", "text", "địa chỉ", "address"),
        Column("source_on", "text", "ngày của nguồn", "date of the source (may be a month)"),
        Column("page_on", "text", "ngày của trang, nếu khác", "date of the page, where it differs"),
        Column("place", "text", "vị trí trong nguồn", "place in the source"),
        Column("note", "text", "ghi chú", "note"),
    ),
)  # fmt: skip

TALLY = Table(
    "tally",
    "Một dòng là một ô: khóa và các số đếm hồ sơ.",
    "One row is one cell: keys and counts of dossiers.",
    (
        Column("unit_id", "text", "đơn vị", "unit", required=True),
        Column("period_start_on", "date", "từ ngày", "first day of the period", required=True),
        Column("period_end_on", "date", "đến ngày", "last day of the period", required=True),
        Column("basis", "text", "kỳ, hay nhóm hồ sơ nhận / đến hạn trong kỳ", "flows and stocks of a period, or the cohort received / due in it", allowed=BASES, required=True),
        Column("rule", "text", "quy tắc đếm", "counting rule", required=True),
        Column("as_of", "date", "ngày chốt số liệu", "day the data were drawn", required=True),
        Column("source", "text", "nguồn", "source", required=True),
        Column("received_count", "count", "tiếp nhận trong kỳ", "received in the period", "dossiers"),
        Column("carried_count", "count", "từ kỳ trước chuyển qua", "carried over into the period", "dossiers"),
        Column("resolved_count", "count", "đã giải quyết", "resolved", "dossiers"),
        Column("on_time_count", "count", "giải quyết đúng hạn, gồm trước hạn", "resolved in time as the rule says, early included", "dossiers"),
        Column("late_count", "count", "giải quyết trễ hạn", "resolved after the due date", "dossiers"),
        Column("pending_in_time_count", "count", "đang giải quyết, trong hạn", "open and in time", "dossiers"),
        Column("overdue_count", "count", "đang giải quyết, quá hạn", "open after the due date", "dossiers"),
        Column("online_count", "count", "tiếp nhận trực tuyến", "received online", "dossiers"),
        Column("digitised_count", "count", "có thành phần số hóa", "received with digitised components", "dossiers"),
        Column("early_count", "count", "có kết quả trước ngày hẹn", "result before the due day (a fact of the dates)", "dossiers"),
        Column("due_day_count", "count", "có kết quả đúng ngày hẹn", "result on the due day (a fact of the dates)", "dossiers"),
        Column("withdrawn_count", "count", "trong đó: rút hồ sơ", "of which withdrawn", "dossiers"),
        Column("undated_count", "count", "trong đó: không thể nói đúng hay trễ hạn vì thiếu ngày", "of which a date is missing (due, or end of a finished one), so lateness cannot be told", "dossiers"),
        Column("late_acceptance_count", "count", "trong đó: tiếp nhận quá hạn tiếp nhận", "of the received: accepted after the time for accepting", "dossiers"),
        Column("suspended_count", "count", "trong đó: đang tạm dừng, chờ bổ sung", "of which suspended or waiting for the applicant", "dossiers"),
    ),
)  # fmt: skip

ESTIMATES = Table(
    "estimates",
    "Một dòng là một chỉ tiêu của một đơn vị trong một kỳ.",
    "One row is one indicator of one unit in one period.",
    (
        Column("unit_id", "text", "đơn vị", "unit", required=True),
        Column("period_start_on", "date", "từ ngày", "first day of the period"),
        Column("period_end_on", "date", "đến ngày", "last day of the period"),
        Column("indicator", "text", "chỉ tiêu trong danh mục", "indicator of the catalogue", required=True),
        Column("value", "number", "giá trị (tỷ lệ trong 0..1)", "value (shares in 0..1)"),
        Column("low", "number", "cận dưới", "lower bound"),
        Column("high", "number", "cận trên", "upper bound"),
        Column("bounds", "text", "cận là gì", "what the bounds are", allowed=BOUNDS, required=True),
        Column("count", "number", "tử số", "numerator"),
        Column("total", "number", "mẫu số", "denominator"),
        Column("unit_of_measure", "text", "đơn vị tính", "share, dossiers, points, ...", required=True),
        Column("method", "text", "phương pháp", "method", required=True),
        Column("rule", "text", "quy tắc đếm", "counting rule", required=True),
        Column("source", "text", "nguồn", "source", required=True),
    ),
)  # fmt: skip

DURATIONS = Table(
    "durations",
    "Một dòng là số hồ sơ có cùng thời gian theo dõi và cùng kết cục; hồ sơ còn mở được giữ lại. Được theo dõi từ entry_days đến hết end_days.",
    "One row is the dossiers with one time under observation and one outcome; open ones are kept. Under observation from entry_days to end_days, both included.",
    (
        Column("unit_id", "text", "đơn vị", "unit", required=True),
        Column("period_start_on", "date", "từ ngày", "first day of the period", required=True),
        Column("period_end_on", "date", "đến ngày", "last day of the period", required=True),
        Column("cohort", "text", "nhóm hồ sơ: nhận, đóng, hay được theo dõi trong kỳ", "dossiers received in the period, closed in it, or under observation in it", allowed=("received", "closed", "observed"), required=True),
        Column("as_of", "date", "ngày chốt số liệu", "day the data were drawn", required=True),
        Column("rule", "text", "quy tắc đếm", "counting rule: which date ends the clock", required=True),
        Column("day_kind", "text", "ngày làm việc hay ngày lịch", "working days, or calendar days where the calendar does not reach", allowed=("working", "calendar"), required=True),
        Column("entry_days", "count", "tuổi khi bắt đầu theo dõi", "age when it came under observation; 0 if received in the period", "days", required=True),
        Column("end_days", "count", "tuổi khi có kết cục hoặc khi chốt số liệu", "age at its outcome, or when the data were drawn", "days", required=True),
        Column("legal_days", "number", "thời hạn từ ngày nhận đến ngày hẹn", "days from receipt to the due date", "days"),
        Column("outcome", "text", "kết cục", "what became of it; pending is censored", allowed=OUTCOMES, required=True),
        Column("dossier_count", "count", "số hồ sơ", "dossiers", "dossiers", required=True),
        Column("source", "text", "nguồn", "source", required=True),
    ),
)  # fmt: skip

TABLES = (UNITS, DOSSIERS, FORMS, PUBLISHED, TALLY, DURATIONS, ESTIMATES)
TALLY_KEYS = tuple(column.name for column in TALLY.columns if not column.name.endswith("_count"))
TALLY_COUNTS = tuple(column.name for column in TALLY.columns if column.name.endswith("_count"))

_DTYPES = {
    "text": "str", "count": "float64", "number": "float64", "date": "datetime64[us]",
    "time": "datetime64[us]", "flag": "boolean",
}  # fmt: skip


def empty(table: Table) -> pd.DataFrame:
    """Return ``table`` with no rows: what a unit has where a source is absent.

    Examples
    --------
    >>> len(empty(TALLY)), list(empty(ESTIMATES))[:3]
    (0, ['unit_id', 'period_start_on', 'period_end_on'])
    """
    return pd.DataFrame(
        {column.name: pd.Series(dtype=_DTYPES[column.kind]) for column in table.columns}
    )


def check(frame: pd.DataFrame, table: Table, *, where: str = "") -> pd.DataFrame:
    """Return ``frame`` with the declared types, or say what does not fit.

    Columns of ``table`` come first, in order, optional ones that are absent filled with
    missing values; further columns (the keys of a tally, say) follow unchanged.

    Parameters
    ----------
    frame
        The rows to check. Counts may be integers, or floats where some are missing.
    table
        One of the declared tables.
    where
        Where the rows came from (file, sheet), for the message.

    Raises
    ------
    InputError
        With table, row, column, what was found and what was expected.

    Examples
    --------
    >>> check(pd.DataFrame({"unit_id": ["A"]}), ESTIMATES, where="a.csv")
    Traceback (most recent call last):
        ...
    cchc_analysis.columns.InputError: a.csv: estimates has no column 'indicator' (found: unit_id)...
    """
    prefix = f"{where}: " if where else ""
    missing = [c.name for c in table.columns if c.required and c.name not in frame]
    if missing:
        found = ", ".join(map(str, frame.columns)) or "no columns"
        raise InputError(
            f"{prefix}{table.name} has no column {missing[0]!r} (found: {found}); "
            f"add {', '.join(missing)} - data/README.md describes each"
        )
    checked = {c.name: _conform(frame, c, f"{prefix}{table.name}") for c in table.columns}
    others = {name: frame[name] for name in frame.columns if name not in checked}
    return pd.DataFrame({**checked, **others}, index=frame.index)


def require_one(rows: pd.DataFrame, names: Sequence[str], table: str, way_out: str) -> None:
    """Raise unless each of some columns holds one value, for rows that go into one figure.

    Parameters
    ----------
    rows
        The rows.
    names
        The columns.
    table
        What the rows are, for the message.
    way_out
        What to do about several values, for the message.

    Raises
    ------
    InputError
        For the first column with several values, naming some of them.

    Examples
    --------
    >>> cells = pd.DataFrame({"rule": ["strict", "form06"]})
    >>> require_one(cells, ["rule"], "tally", "count each apart")
    Traceback (most recent call last):
        ...
    cchc_analysis.columns.InputError: tally: found several values of rule (strict, form06), ...
    """
    for name in names:
        found = rows[name].drop_duplicates()
        if len(found) > 1:
            values = ", ".join(map(str, found.iloc[:3]))
            raise InputError(
                f"{table}: found several values of {name} ({values}), expected one; {way_out}"
            )


def _conform(frame: pd.DataFrame, column: Column, prefix: str) -> pd.Series:
    """Return one column in its declared type, or raise with the first row that does not fit."""
    if column.name not in frame:
        return pd.Series(index=frame.index, dtype=_DTYPES[column.kind])
    values = frame[column.name]
    converted = _convert(values, column, prefix)
    if column.kind == "count":
        whole = converted.isna() | ((converted >= 0) & (converted % 1 == 0))
        _require(whole, values, f"{prefix}: {column.name}", "a whole number, 0 or more")
    if column.allowed:
        fits = converted.isna() | converted.isin(column.allowed)
        _require(fits, values, f"{prefix}: {column.name}", f"one of {list(column.allowed)}")
    if column.required:
        _require(converted.notna(), values, f"{prefix}: {column.name}", "a value in every row")
    return converted


def _convert(values: pd.Series, column: Column, prefix: str) -> pd.Series:
    """Cast one column to its declared type."""
    dtype = _DTYPES[column.kind]
    if values.dtype == dtype:
        return values
    if column.kind == "text":
        return values.astype("object").where(values.notna(), None).astype("str")
    if column.kind == "flag":
        spelled = values.map({"True": True, "False": False, True: True, False: False})
        _require(
            spelled.notna() | values.isna(), values, f"{prefix}: {column.name}", "True or False"
        )
        return spelled.astype(dtype)
    try:
        if column.kind in ("date", "time"):
            return times(values).astype(dtype)
        return pd.to_numeric(values).astype(dtype)
    except (ValueError, TypeError) as error:
        reason = str(error).split(". ")[0]
        hint = "; write dates as 2024-12-31" if column.kind in ("date", "time") else ""
        raise InputError(
            f"{prefix}: column {column.name} holds something that is not a {column.kind} "
            f"({reason}){hint}"
        ) from None


def _require(fits: pd.Series, values: pd.Series, where: str, expected: str) -> None:
    """Raise for the first row in which ``fits`` is false."""
    if not fits.all():
        row = int((~fits.to_numpy(dtype=bool)).argmax())
        found = values.iloc[[row]].tolist()[0]
        raise InputError(f"{where}, row {values.index[row]}: found {found!r}, expected {expected}")
