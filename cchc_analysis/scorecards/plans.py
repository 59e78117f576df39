"""Plans and tasks: what was set, begun and done in time, by the clock of the dossiers.

A task is judged by dates, as a dossier is: done on its due day is in time, and an open one is
overdue from the day after.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from cchc_analysis.columns import ESTIMATES, PUBLISHED, Column, InputError, Table, check
from cchc_analysis.periods import as_day

TASKS = Table(
    "tasks",
    "Một dòng là một nhiệm vụ, kiến nghị, cuộc kiểm tra hay cam kết có thời hạn.",
    "One row is a task, petition, inspection or commitment with a due date.",
    (
        Column("task_id", "text", "mã nhiệm vụ", "code of the task", required=True),
        Column("unit_id", "text", "đơn vị thực hiện", "unit that has to do it", required=True),
        Column("assigned_on", "date", "ngày giao", "assigned", required=True),
        Column("begun_on", "date", "ngày bắt đầu", "begun"),
        Column("due_on", "date", "thời hạn", "due: the end of that day"),
        Column("done_on", "date", "ngày hoàn thành", "done"),
    ),
)

TOPICS = {
    "tasks": ("tasks_set_count", "tasks_started_count", "tasks_completed_count",
              "tasks_overdue_count", "tasks_completed_share", "tasks_on_time_rate"),
    "inspections": ("units_inspected_count", "surprise_inspected_departments_count",
                    "surprise_inspected_desks_count", "divisions_inspected_count",
                    "communes_inspected_count"),
    "petitions": ("petitions_handled_count",),
    "commitments": ("divisions_with_plan_count", "divisions_with_remedial_plan_count",
                    "merger_plan_departments_count", "par_contents_count"),
    "organisation": ("districts_reorganised_count", "divisions_cut_count",
                     "onsite_agencies_count"),
    "people": ("staff_trained_count", "awards_collectives_count", "awards_individuals_count"),
}  # fmt: skip
"""The indicators of plans and tasks; a target or plan of any other one is a commitment."""

_TOPIC_OF = {name: topic for topic, names in TOPICS.items() for name in names}
_OF_THE_SAME = {"tasks_completed_count": "tasks_started_count"}
_COUNTS = [
    "assigned_count", "done_in_time_count", "done_late_count", "overdue_count",
    "open_in_time_count", "undated_count", "begun_count", "not_begun_count", "done_count",
]  # fmt: skip


def task_status(tasks: pd.DataFrame, as_of: date | str) -> pd.DataFrame:
    r"""Count each unit's tasks as they stand at the end of a day.

    .. math:: \text{assigned} = \text{done in time} + \text{done late} + \text{overdue}
        + \text{open in time} + \text{undated}

    A task done counts as one, whatever it was: a plan signed and a service rebuilt are equal
    here. A due date moved after the fact hides lateness; keep the first one.

    Parameters
    ----------
    tasks
        Columns of ``TASKS``.
    as_of
        The day; what was assigned, begun or done later is not known yet.

    Returns
    -------
    DataFrame
        One row per unit with a task assigned by then, by ``unit_id``: ``as_of``,
        ``first_assigned_on``; tasks, of which each is in one: ``assigned_count`` (all),
        ``done_in_time_count`` (by the due day), ``done_late_count``, ``overdue_count`` (open,
        the due day is over), ``open_in_time_count``, ``undated_count`` (no due day, so neither
        can be told); and, counted again, ``begun_count`` (begun or done), ``not_begun_count``
        (open and not begun), ``done_count``. No tasks, no rows.

    Raises
    ------
    InputError
        If a unit's task comes twice, is done or due before it was assigned, or what
        ``columns.check`` refuses.

    Examples
    --------
    >>> tasks = pd.DataFrame({
    ...     "task_id": list("abcd"), "unit_id": "vn63-807", "assigned_on": "2024-01-02",
    ...     "begun_on": ["2024-01-05", "2024-02-01", "2024-03-01", None],
    ...     "due_on": ["2024-03-31", "2024-03-31", "2024-05-30", "2024-05-31"],
    ...     "done_on": ["2024-03-31", "2024-04-01", None, None],
    ... })
    >>> task_status(tasks, "2024-05-31")[
    ...     ["done_in_time_count", "done_late_count", "overdue_count", "open_in_time_count"]
    ... ]
       done_in_time_count  done_late_count  overdue_count  open_in_time_count
    0                   1                1              1                   1
    """
    day = as_day(as_of)
    rows = check(tasks, TASKS)
    _refuse_impossible(rows)
    rows = rows[rows["assigned_on"] <= day]
    done_on = rows["done_on"].where(rows["done_on"] <= day)
    done, dated = done_on.notna(), rows["due_on"].notna()
    begun = done | (rows["begun_on"] <= day)
    states = {
        "assigned_count": pd.Series(True, index=rows.index),
        "done_in_time_count": done & (done_on <= rows["due_on"]),
        "done_late_count": done & (done_on > rows["due_on"]),
        "overdue_count": ~done & (rows["due_on"] < day),
        "open_in_time_count": ~done & (rows["due_on"] >= day),
        "undated_count": ~dated,
        "begun_count": begun,
        "not_begun_count": ~begun,
        "done_count": done,
    }
    counted = (
        pd.DataFrame(states)
        .astype("int64")
        .assign(unit_id=rows["unit_id"], first_assigned_on=rows["assigned_on"])
    )
    units = counted.groupby("unit_id")
    table = units["first_assigned_on"].min().to_frame().join(units[_COUNTS].sum())
    return table.assign(as_of=day.as_unit("us")).reset_index()[
        ["unit_id", "as_of", "first_assigned_on", *_COUNTS]
    ]


def task_estimates(status: pd.DataFrame, *, source: str) -> pd.DataFrame:
    """Return the counts of tasks as estimates, to set beside printed figures and targets.

    Parameters
    ----------
    status
        What :func:`task_status` returned.
    source
        Where the tasks are listed.

    Returns
    -------
    DataFrame
        Columns of ``ESTIMATES``, five rows per unit: ``tasks_set_count``,
        ``tasks_started_count``, ``tasks_completed_count``, ``tasks_overdue_count`` (of the
        tasks set) and the shares ``tasks_completed_share`` (done of set) and
        ``tasks_on_time_rate`` (done in time, of those done or overdue; NaN without any). The
        period is from the first day of assignment to ``as_of``; bounds ``none``: the tasks
        are few and all there.

    Examples
    --------
    >>> status = pd.DataFrame({
    ...     "unit_id": ["A"], "as_of": pd.Timestamp("2024-05-31"), "assigned_count": 29,
    ...     "first_assigned_on": pd.Timestamp("2024-01-01"), "begun_count": 21, "done_count": 10,
    ...     "overdue_count": 2, "done_in_time_count": 8, "done_late_count": 2,
    ... })
    >>> task_estimates(status, source="example")[["indicator", "value", "count", "total"]].round(3)
                   indicator   value  count  total
    0        tasks_set_count  29.000   29.0    NaN
    1    tasks_started_count  21.000   21.0   29.0
    2  tasks_completed_count  10.000   10.0   29.0
    3    tasks_overdue_count   2.000    2.0   29.0
    4  tasks_completed_share   0.345   10.0   29.0
    5     tasks_on_time_rate   0.667    8.0   12.0
    """
    ended = status["done_in_time_count"] + status["done_late_count"] + status["overdue_count"]
    assigned, nothing = status["assigned_count"], status["assigned_count"] * np.nan
    figures = {
        "tasks_set_count": (assigned, nothing),
        "tasks_started_count": (status["begun_count"], assigned),
        "tasks_completed_count": (status["done_count"], assigned),
        "tasks_overdue_count": (status["overdue_count"], assigned),
        "tasks_completed_share": (status["done_count"], assigned),
        "tasks_on_time_rate": (status["done_in_time_count"], ended),
    }
    parts = []
    for name, (count, total) in figures.items():
        share = name.endswith(("_share", "_rate"))
        parts.append(
            status[["unit_id"]].assign(
                period_start_on=status["first_assigned_on"],
                period_end_on=status["as_of"],
                indicator=name,
                value=count / total.where(total > 0) if share else count,
                bounds="none",
                count=count,
                total=total,
                unit_of_measure="share" if share else "tasks",
                method="count",
                rule="by_date",
                source=source,
            )
        )
    table = pd.concat(parts).sort_values("unit_id", kind="stable", ignore_index=True)
    return check(table, ESTIMATES)


def plan_figures(published: pd.DataFrame) -> pd.DataFrame:
    """Return what is printed of plans, tasks, inspections, petitions and commitments.

    '100 %' of twelve petitions is twelve petitions, and eleven communes inspected are those
    that were chosen. A target is what somebody meant to reach, never a result.

    Parameters
    ----------
    published
        Columns of ``PUBLISHED``.

    Returns
    -------
    DataFrame
        One row per figure of ``TOPICS`` and per target or plan, in the order given:
        ``unit_id``, ``topic``, ``indicator``, ``kind``, ``period_start_on``,
        ``period_end_on``, ``printed``, ``value``, ``unit_of_measure``, ``total`` (of how many;
        NaN where not told), ``total_from`` ('printed', 'same_text': of the same tasks in the
        same text; 'none'), ``share`` (0..1; NaN without a total), ``rest`` (total less
        value), ``wording``, ``source``, ``source_on``, ``place``, ``note``. No such figures, no
        rows.

    Examples
    --------
    >>> figures = pd.DataFrame({
    ...     "unit_id": "vn63-807", "kind": "result", "unit_of_measure": "tasks",
    ...     "indicator": ["tasks_started_count", "tasks_completed_count"],
    ...     "printed": ["21/29", "10"], "value": [21, 10], "denominator": [29, None],
    ...     "source": "a newspaper",
    ... })
    >>> plan_figures(figures)[["printed", "value", "total", "total_from", "share", "rest"]].round(3)
      printed  value  total total_from  share  rest
    0   21/29   21.0   29.0    printed  0.724   8.0
    1      10   10.0   29.0  same_text  0.345  19.0
    """
    rows = check(published, PUBLISHED)
    topic = rows["indicator"].map(_TOPIC_OF).astype("str")
    topic = topic.mask(topic.isna() & (rows["kind"] != "result"), "commitments")
    rows = rows.assign(topic=topic)[topic.notna()].reset_index(drop=True)
    printed = rows["denominator"].notna()
    elsewhere = _totals_of_the_same(rows)
    total = rows["denominator"].where(printed, elsewhere)
    table = rows.assign(
        total=total,
        total_from=np.select([printed, elsewhere.notna()], ["printed", "same_text"], "none"),
        share=rows["value"] / total.where(total > 0),
        rest=total - rows["value"],
    )
    names = [
        "unit_id", "topic", "indicator", "kind", "period_start_on", "period_end_on", "printed",
        "value", "unit_of_measure", "total", "total_from", "share", "rest", "wording", "source",
        "source_on", "place", "note",
    ]  # fmt: skip
    return table[names]


def _totals_of_the_same(rows: pd.DataFrame) -> pd.Series:
    """Return how many there are in all where the same text says so beside another figure."""
    keys = ["unit_id", "period_start_on", "period_end_on", "source", "source_on"]
    told = rows[rows["denominator"].notna()].drop_duplicates([*keys, "indicator"])
    asked = rows[keys].assign(indicator=rows["indicator"].map(_OF_THE_SAME).astype("str"))
    asked = asked.merge(
        told[[*keys, "indicator", "denominator"]],
        on=[*keys, "indicator"],
        how="left",
        validate="m:1",
    )
    return asked["denominator"].where(asked["indicator"].notna()).set_axis(rows.index)


def _refuse_impossible(rows: pd.DataFrame) -> None:
    """Raise for the first task that comes twice, or ends before it was set."""
    twice = rows[rows.duplicated(["unit_id", "task_id"])]
    if len(twice):
        raise InputError(f"tasks, row {twice.index[0]}: the task comes twice; keep one row of it")
    for name, what in (("due_on", "due"), ("done_on", "done")):
        early = rows[rows[name] < rows["assigned_on"]]
        if len(early):
            row = early.iloc[0]
            raise InputError(
                f"tasks, row {early.index[0]}: {what} on {row[name]:%Y-%m-%d}, before it was "
                f"assigned on {row['assigned_on']:%Y-%m-%d}; correct one of the dates"
            )
