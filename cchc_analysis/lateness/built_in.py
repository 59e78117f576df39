"""The built-in rules, and how a rule is found by its name."""

from __future__ import annotations

from dataclasses import replace

from cchc_analysis.columns import InputError
from cchc_analysis.lateness.rule import Basis, Rule

STRICT = Rule(
    "strict",
    "Đồng hồ dừng khi có kết quả (thiếu ngày này thì lấy ngày trả kết quả), so theo ngày với ngày "
    "hẹn trả mới nhất. Hồ sơ chưa hoặc không được tiếp nhận không đếm. Hồ sơ rút, tạm dừng (chờ "
    "bổ sung, chờ nộp phí, thuế, dừng xử lý) hoặc thiếu ngày được đếm riêng, không tính là đúng "
    "hạn. Thời gian chờ bổ sung hay chờ nộp phí không được trừ.",
    "The clock ends when the result is available (where that date is missing, when it was handed "
    "over) and is compared by date with the latest due date. Dossiers not or not yet accepted are "
    "not counted. Withdrawn, suspended (waiting for a supplement or a payment, or stopped) and "
    "undated dossiers stand apart and are never on time. Waiting for a supplement or a fee is not "
    "subtracted.",
    withdrawn="apart",
    suspended="apart",
    undated="apart",
    finished_by="date",
    bases=("period", "received", "due"),
)
FORM06 = Rule(
    "form06",
    "Như biểu II.06: hồ sơ rút hoặc không có ngày hẹn tính là đúng hạn, hồ sơ chờ bổ sung, chờ nộp "
    "phí hoặc tạm dừng tính là trong hạn; hồ sơ chỉ là đã giải quyết khi trạng thái nói vậy; đồng "
    "hồ dừng khi có kết quả, so theo ngày với ngày hẹn trả mới nhất; không trừ thời gian chờ. Tỷ "
    "lệ đúng hạn theo biểu này vì vậy thiên về cao. Cách xếp này lấy từ thực tế lập biểu, chưa đối "
    "chiếu với lời văn của thông tư.",
    "As in statutory form II.06: withdrawn and undated dossiers count as on time, those waiting "
    "for a supplement or a payment, or stopped, as in time; a dossier is resolved only when its "
    "status says so; the clock ends when the result is available and is compared by date with the "
    "latest due date; no waiting is subtracted. On-time shares by this form are optimistic by "
    "construction. This follows how the form is filled in practice and was not checked against "
    "the wording of the circular.",
    withdrawn="in_time",
    suspended="in_time",
    undated="in_time",
    finished_by="status",
    bases=("period",),
)
QD766 = Rule(
    "qd766",
    "Như màn hình QĐ 766: trong số hồ sơ tiếp nhận trong kỳ, tính cả hồ sơ đang giải quyết còn "
    "trong hạn; hồ sơ rút xét theo ngày; hồ sơ thiếu ngày đếm riêng. Số ngày làm việc từ khi yêu "
    "cầu đến khi bổ sung xong được trừ (nơi tệp có hai ngày này); yêu cầu bổ sung quá một lần tính "
    "là quá hạn. Giả định: hồ sơ tạm dừng còn trong hạn cho đến khi qua ngày hẹn; thời gian chờ "
    "nộp phí không được trừ. Các công thức này lấy từ bản mô tả đang lưu hành và chưa đối chiếu "
    "với quyết định.",
    "As on the QĐ 766 screens: among the dossiers received in the period, those open and in time "
    "count as in time; withdrawn ones are judged by their dates; undated ones stand apart. The "
    "working days from asking for a supplement until it is complete are subtracted (where the "
    "export has both dates); more than one request for supplements counts as late. Assumption: a "
    "suspended dossier is in time until its due date passes; waiting for a fee is not subtracted. "
    "These formulas are taken from a description in circulation and were not checked against the "
    "decision.",
    withdrawn="by_date",
    suspended="by_date",
    undated="apart",
    finished_by="status",
    bases=("received",),
    supplement="subtract",
    more_supplements_late=True,
)
SUPPLEMENT_SUBTRACTED = replace(
    STRICT,
    name="strict_supplement_subtracted",
    vi="Như strict, nhưng trừ số ngày làm việc từ khi yêu cầu bổ sung đến khi bổ sung xong. Trừ "
    "hay tính lại từ đầu là tùy cách hiểu quy định; chưa đối chiếu với nghị định.",
    en="As strict, but the working days from asking for a supplement until it is complete are "
    "subtracted. Whether they are subtracted or the time starts anew depends on how the decree is "
    "read; not checked against it.",
    supplement="subtract",
)
SUPPLEMENT_RESTARTS = replace(
    STRICT,
    name="strict_supplement_restarts",
    vi="Như strict, nhưng khi bổ sung xong thì toàn bộ thời hạn tính lại từ đầu, theo ngày làm "
    "việc. Trừ hay tính lại từ đầu là tùy cách hiểu quy định; chưa đối chiếu với nghị định.",
    en="As strict, but once a supplement is complete the whole time allowed starts anew, in "
    "working days. Whether waiting is subtracted or the time starts anew depends on how the "
    "decree is read; not checked against it.",
    supplement="restart",
)
FEE_SUBTRACTED = replace(
    STRICT,
    name="strict_fee_subtracted",
    vi="Như strict, nhưng trừ số ngày làm việc chờ người dân, doanh nghiệp nộp phí, thuế.",
    en="As strict, but the working days of waiting for the applicant to pay a fee or tax are "
    "subtracted.",
    fee="subtract",
)
SYNCHRONISED = replace(
    STRICT,
    name="strict_synchronised",
    vi="Như strict, nhưng đồng hồ chỉ dừng khi kết quả đã đồng bộ lên Cổng Dịch vụ công quốc gia; "
    "hồ sơ chưa đồng bộ là đang giải quyết.",
    en="As strict, but the clock ends only when the result is known to the national portal; a "
    "dossier not synchronised is open.",
    ends="synchronised",
    finished_statuses=(),
)
FIRST_DUE = replace(
    STRICT,
    name="strict_first_due",
    vi="Như strict, nhưng so với ngày hẹn trả lần đầu: hẹn lại không xóa việc trễ hẹn.",
    en="As strict, but against the first appointment: a new appointment does not undo lateness.",
    due="first",
)
VARIANTS = {
    SUPPLEMENT_SUBTRACTED: ("supplement_asked_at", "supplement_given_at"),
    SUPPLEMENT_RESTARTS: ("supplement_asked_at", "supplement_given_at"),
    FEE_SUBTRACTED: ("fee_asked_at", "fee_paid_at"),
    SYNCHRONISED: ("synchronised_at",),
    FIRST_DUE: ("first_due_at",),
}
"""Each changes one thing in ``strict``, and says something where these columns hold data."""
RULES = {rule.name: rule for rule in (STRICT, FORM06, QD766, *VARIANTS)}


def rule_named(rule: str | Rule, basis: Basis | None = None) -> Rule:
    """Return the rule called ``rule``, the one in a TOML file, or the rule itself.

    Raises
    ------
    InputError
        If the name is unknown, the rule may not be used on ``basis``, or it has the name of a
        built-in rule but is another one; as :func:`read_rule`.

    Examples
    --------
    >>> rule_named("strict", "period").undated
    'apart'
    >>> rule_named("qd766", "period")
    Traceback (most recent call last):
        ...
    cchc_analysis.columns.InputError: rule 'qd766' is defined for received, not for period; ...
    """
    if isinstance(rule, str) and rule.endswith(".toml"):
        from cchc_analysis.lateness.own import read_rule  # which needs the names above

        rule = read_rule(rule)
    if isinstance(rule, str):
        if rule not in RULES:
            raise InputError(
                f"unknown rule {rule!r}; the rules are {', '.join(RULES)}; "
                "or give a TOML file of your own (read_rule)"
            )
        rule = RULES[rule]
    if not isinstance(rule, Rule):
        raise InputError(f"found {rule!r}, expected the name of a rule, a TOML file, or a Rule")
    if RULES.get(rule.name, rule) != rule:
        raise InputError(
            f"rule {rule.name!r} is built in, and this is another one; give it another name"
        )
    if basis is not None and basis not in rule.bases:
        raise InputError(
            f"rule {rule.name!r} is defined for {', '.join(rule.bases)}, not for {basis}; "
            "count_cells counts periods, count_cohorts counts dossiers received or due"
        )
    return rule
