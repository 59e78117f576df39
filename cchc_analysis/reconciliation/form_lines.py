"""Whether the lines of form II.06 fit together, and follow on from the form before."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from cchc_analysis import columns
from cchc_analysis.reconciliation.identities import Identity

COUNTS = tuple(c.name for c in columns.FORMS.columns if c.name.endswith("_count"))
"""The form's columns (3) to (13), in order."""

LINE_SUMS = (
    Identity(
        "form_received",
        ("online_received_count", "direct_received_count", "carried_count"),
        "total_received_count",
    ),
    Identity("form_resolved", ("early_count", "due_day_count", "late_count"), "resolved_count"),
    Identity("form_pending", ("pending_in_time_count", "overdue_count"), "pending_count"),
    Identity("form_handled", ("resolved_count", "pending_count"), "total_received_count"),
)
"""(3)=(4)+(5)+(6), (7)=(8)+(9)+(10), (11)=(12)+(13), (3)=(7)+(11): in every line of a form."""

_FORM = ["unit_id", "period_start_on", "period_end_on", "source"]
_LINE = [*_FORM[:3], "field", "source"]
_OUT = ["identity", *_LINE, "parts", "parts_count", "left", "right", "gap", "verdict"]


def check_forms(forms: pd.DataFrame) -> pd.DataFrame:
    """Check what must add up in forms II.06: columns, lines, and one period after another.

    A gap is a reason to ask, not to reject: published forms break these sums. It does not say
    which figure is off, and carried-over dossiers are mostly counted from today's statuses, so
    that a form filled in later differs honestly from what was pending at the time.

    Parameters
    ----------
    forms
        Columns of ``FORMS``.

    Returns
    -------
    DataFrame
        One row per sum that can be checked: ``identity``, ``unit_id``, the period, ``field``
        (missing: the total), ``source``, ``parts`` (columns of ``FORMS``), ``parts_count``,
        ``left`` (the sum of the parts that are given), ``right`` (the whole), ``gap``
        (left - right, dossiers) and ``verdict``: ``holds``, ``fails``, or ``short`` where the
        parts add to less and one of them is not given. Identities: those of
        :data:`LINE_SUMS`; ``form_lines``, the fields of a form against its total, column by
        column; ``form_carried_over``, column (6) of a period (left) against (11) of the one
        that ended the day before (right), of the same source where there are several. No
        forms, no rows.

    Examples
    --------
    >>> quarter = pd.DataFrame([{
    ...     "unit_id": "vn63-68", "period_start_on": "2019-12-01", "period_end_on": "2020-02-29",
    ...     "total_received_count": 659245, "resolved_count": 643272, "pending_count": 7172,
    ...     "source": "Lâm Đồng"}])
    >>> check_forms(quarter)[["identity", "left", "right", "gap", "verdict"]]
           identity      left     right     gap verdict
    0  form_handled  650444.0  659245.0 -8801.0   fails
    """
    lines = columns.check(forms, columns.FORMS)
    found = [*_in_lines(lines), *_over_lines(lines), _carried_over(lines)]
    return pd.concat(found, ignore_index=True)[_OUT].astype({"field": "str"})


def _judged(keys: pd.DataFrame, parts: pd.DataFrame, whole: pd.Series) -> pd.DataFrame:
    """Compare sums with their wholes, where a part and the whole are given."""
    left, given = parts.sum(axis=1), parts.notna().sum(axis=1)
    gap = left - whole
    verdict = (gap == 0).map({True: "holds", False: "fails"}).astype("str")
    verdict = verdict.mask((gap < 0) & (given < parts.shape[1]), "short")
    checked = keys.assign(
        parts_count=given.astype("int64"), left=left, right=whole, gap=gap, verdict=verdict
    )
    return checked[(given > 0) & whole.notna()]


def _in_lines(lines: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Check the sums within each line."""
    for name, parts, whole in LINE_SUMS:
        checked = _judged(lines[_LINE], lines[list(parts)], lines[whole])
        yield checked.assign(identity=name, parts=", ".join(parts))


def _over_lines(lines: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Check the fields of each form against its total, column by column."""
    fields = lines[lines["field"].notna()].groupby(_FORM, as_index=False, dropna=False)
    totals = lines.loc[lines["field"].isna(), [*_FORM, *COUNTS]]
    for name in COUNTS:
        added = fields[name].agg(["sum", "count", "size"])
        pairs = totals[[*_FORM, name]].merge(added, on=_FORM)
        checked = _judged(pairs[_FORM].assign(field=None), pairs[["sum"]], pairs[name])
        counted = pairs.loc[checked.index]
        some, lacking = counted["count"] > 0, counted["count"] < counted["size"]
        short = (checked["gap"] < 0) & lacking
        yield checked.assign(
            identity="form_lines",
            parts=name,
            parts_count=counted["count"],
            verdict=checked["verdict"].mask(short, "short"),
        )[some]


def _carried_over(lines: pd.DataFrame) -> pd.DataFrame:
    """Check what a form carries over against what was pending at the end of the one before."""
    before = lines[[*_LINE, "pending_count"]].rename(columns={"source": "source_before"})
    before["period_start_on"] = before["period_end_on"] + pd.Timedelta(days=1)
    keys = ["unit_id", "period_start_on", "field"]
    pairs = lines[[*_LINE, "carried_count"]].merge(
        before.drop(columns="period_end_on").drop_duplicates(), on=keys
    )
    pairs = _of_one_source(pairs)
    checked = _judged(pairs[_LINE], pairs[["carried_count"]], pairs["pending_count"])
    return checked.assign(identity="form_carried_over", parts="carried_count")


def _of_one_source(pairs: pd.DataFrame) -> pd.DataFrame:
    """Keep for each line the form before of its own source, or the only one there is."""
    own = pairs["source"] == pairs["source_before"]
    has_own = own.groupby([pairs[name] for name in _LINE], dropna=False).transform("any")
    before = pairs.groupby(_LINE, dropna=False)["source_before"]
    return pairs[own | (~has_own.astype(bool) & (before.transform("nunique") == 1))]
