"""What may not stand in one series: breaks of territory, rule, formula, level and agency."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import pandas as pd

from cchc_analysis import gazetteer
from cchc_analysis.catalogue import indicator
from cchc_analysis.columns import InputError
from cchc_analysis.periods import as_day

Events = Sequence[tuple[date | str, str]]

TWO_TIERS_ON = pd.Timestamp("2025-07-01")
DEPARTMENTS_MERGED_ON = pd.Timestamp("2025-03-01")  # about; provinces decided one by one
LEVELS_CHANGED_ON = (pd.Timestamp("2022-08-15"), pd.Timestamp("2026-07-01"))

# both sides of each merger, by the beginning of their names
MERGED_DEPARTMENTS = (
    "Sở Nông nghiệp", "Sở Tài nguyên", "Sở Tài chính", "Sở Kế hoạch", "Sở Xây dựng",
    "Sở Giao thông", "Sở Khoa học", "Sở Thông tin", "Sở Nội vụ", "Sở Lao động",
)  # fmt: skip


def require_one_series(
    rows: pd.DataFrame,
    by: Sequence[str] = (),
    *,
    phases: Events = (),
    units: pd.DataFrame | None = None,
) -> None:
    """Refuse to join figures that do not measure one thing of one unit all along.

    A line drawn through a break shows the break and hides the work. What passes is no
    proof: a unit moved to another system, or told to count otherwise, breaks a series too,
    and only people know. Counts summed to a later map still come from offices that worked
    apart.

    Parameters
    ----------
    rows
        Estimates or cells of a tally, of one or more units: ``unit_id``, ``rule``,
        ``period_start_on``, ``period_end_on``, and where present ``indicator``, ``basis``
        and ``missing_units`` (of :func:`~cchc_analysis.territory.to_units_of`).
    by
        Further columns that are kept apart. ``level`` adds the changes of service levels.
    phases
        Days, each with a reason, at which the line starts anew. One on the day of a break
        of organisation lets the rows pass; units, rules and formulas stay apart.
    units
        The units to look in, for the departments of a province too; None for the reference
        table. Units that it lacks have no known territory.

    Raises
    ------
    InputError
        If a column, a unit or a day of a period is missing; if counting rules, bases or
        indicators are mixed; if periods lie outside the time
        for which the indicator's definition holds (catalogue) or in which a unit existed,
        unless its territory is the old one or all its predecessors were summed; if they
        run through 1 July 2025, or for a department that was merged through about 1 March
        2025; if ``level`` is kept apart through 15 August 2022 or 1 July 2026. Names the
        break, the day and what to do.

    Notes
    -----
    1 July 2025 is a break for units of unchanged territory too: the districts ended, and
    their dossiers went to communes and provinces.

    References
    ----------
    Resolutions 202/2025/QH15 and 203/2025/QH15 of the National Assembly. Decrees
    42/2022/NĐ-CP and 224/2026/NĐ-CP, on service levels.

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "unit_id": "vn34-25", "rule": "strict", "indicator": "on_time_rate",
    ...     "period_start_on": pd.to_datetime(["2025-06-01", "2025-07-01"]),
    ...     "period_end_on": pd.to_datetime(["2025-06-30", "2025-07-31"]),
    ... })
    >>> require_one_series(rows.tail(1))
    >>> require_one_series(rows)
    Traceback (most recent call last):
        ...
    cchc_analysis.columns.InputError: vn34-25 Tỉnh Phú Thọ exists from 2025-07-01, and a period
    starts on 2025-06-01: the territory is another; sum the counts of vn63-17, vn63-25, vn63-26
    with territory.to_units_of, or compare the two sides separately
    """
    if rows.empty:
        return
    rows = _dated(rows)
    _refuse_mixed(rows)
    days = frozenset(as_day(day) for day, _ in check_events(phases, "phases"))
    table = gazetteer.units() if units is None else units
    known = table[table["unit_id"].isin(rows["unit_id"])].drop_duplicates("unit_id")
    spans = rows.groupby("unit_id").agg(
        first=("period_start_on", "min"), last=("period_end_on", "max")
    )
    for problem in (
        _formula(rows, spans),
        _levels(by, spans),
        _territory(rows, spans, known, units),
        _departments(spans, known, days),
        _two_tiers(spans, days),
    ):
        for message in problem:
            raise InputError(message)


def check_events(events: Events, name: str) -> list[tuple[date | str, str]]:
    """Return the events in order, or refuse one that has no day or no reason.

    Raises
    ------
    InputError
        Naming the event.

    Examples
    --------
    >>> check_events([("2025-07-01", "two tiers")], "phases")
    [('2025-07-01', 'two tiers')]
    """
    for event in events:
        pair = isinstance(event, Sequence) and not isinstance(event, str) and len(event) == 2
        if not pair or pd.isna(as_day(event[0])) or pd.isna(event[1]) or not str(event[1]).strip():
            raise InputError(
                f"{name}: found {event!r}, expected a day and the event that gives the reason, "
                "such as ('2025-07-01', 'two-tier local government'); a line starts anew only "
                "at a stated event"
            )
    return sorted(((day, str(reason)) for day, reason in events), key=lambda e: as_day(e[0]))


def _dated(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with days as dates, or refuse one whose unit or period nobody can tell."""
    what = {"unit_id": "unit", "period_start_on": "period", "period_end_on": "period"}
    for name in what:
        if name not in rows or rows[name].isna().any():
            raise InputError(
                f"a row has no {what[name]}: {name} is missing, and what cannot be placed cannot "
                "stand in a series; leave such rows out, or give it"
            )
    written = [name for name in what if what[name] == "period" and rows[name].dtype.kind != "M"]
    return rows.assign(**{name: rows[name].astype("object").map(as_day) for name in written})


def _refuse_mixed(rows: pd.DataFrame) -> None:
    """Refuse several rules, bases or indicators, with the day of the first change."""
    ordered = rows.sort_values("period_start_on", kind="stable")
    for name, what in (("rule", "counting rule"), ("basis", "basis"), ("indicator", "formula")):
        values = ordered[name].unique().tolist() if name in ordered else []
        if len(values) > 1:
            second = ordered.loc[ordered[name] == values[1], "period_start_on"].min()
            raise InputError(
                f"the {what} changes: {values[0]!r}, and from {second:%Y-%m-%d} {values[1]!r}; "
                f"compare only within one {name}, or count all periods anew with the same"
            )


def _formula(rows: pd.DataFrame, spans: pd.DataFrame) -> Iterator[str]:
    """Yield a message where the definition of the indicator does not hold all along."""
    if "indicator" not in rows:
        return
    entry = indicator(rows["indicator"].iloc[0])
    first, last = spans["first"].min(), spans["last"].max()
    advice = "leave those periods out; what replaced it is another indicator"
    if entry.valid_from and first < pd.Timestamp(entry.valid_from):
        yield (
            f"{entry.indicator_id} is defined from {entry.valid_from}, and a period starts on "
            f"{first:%Y-%m-%d}; {advice}"
        )
    if entry.valid_to and last > pd.Timestamp(entry.valid_to):
        yield (
            f"{entry.indicator_id} is defined to {entry.valid_to}, and a period ends on "
            f"{last:%Y-%m-%d}; {advice}"
        )


def _levels(by: Sequence[str], spans: pd.DataFrame) -> Iterator[str]:
    """Yield a message where levels of service are followed through a change of levels."""
    for day in LEVELS_CHANGED_ON if "level" in by else ():
        if _through(spans, day).any():
            yield (
                f"the levels of online service changed on {day:%Y-%m-%d} (levels 3 and 4, then "
                "'toàn trình' and 'một phần', then another law) and have no counterpart; "
                "compare the two sides separately, or do not keep level apart"
            )


def _territory(
    rows: pd.DataFrame, spans: pd.DataFrame, known: pd.DataFrame, units: pd.DataFrame | None
) -> Iterator[str]:
    """Yield a message for the first unit with figures from a time when it did not exist."""
    spans = spans.join(known.set_index("unit_id")[["full_name", "start_on", "end_on"]])
    early = spans[spans["start_on"] > spans["first"]]
    before = gazetteer.crosswalk(units=units) if len(early) else None
    for unit_id, row in early.iterrows():
        old = before.loc[before["new_id"] == unit_id]
        unchanged = row["start_on"] == TWO_TIERS_ON and len(old) == 1 and old["whole"].all()
        if not unchanged and not _summed(rows[rows["unit_id"] == unit_id], row["start_on"]):
            sums = f"sum the counts of {', '.join(old['old_id'])} with territory.to_units_of, or "
            yield (
                f"{unit_id} {row['full_name']} exists from {row['start_on']:%Y-%m-%d}, and a "
                f"period starts on {row['first']:%Y-%m-%d}: the territory is another; "
                f"{sums if len(old) else ''}compare the two sides separately"
            )
    for unit_id, row in spans[spans["end_on"] < spans["last"]].iterrows():
        yield (
            f"{unit_id} {row['full_name']} ended on {row['end_on']:%Y-%m-%d}, and a period ends "
            f"on {row['last']:%Y-%m-%d}; close the series there, or sum the counts to the later "
            "unit with territory.to_units_of"
        )


def _summed(rows: pd.DataFrame, start_on: pd.Timestamp) -> bool:
    """Say whether the rows from before a unit's time are sums over all its predecessors."""
    early = rows[rows["period_start_on"] < start_on]
    return "missing_units" in early and bool((early["missing_units"] == "").all())


def _departments(
    spans: pd.DataFrame, known: pd.DataFrame, days: frozenset[pd.Timestamp]
) -> Iterator[str]:
    """Yield a message for the first merged department followed through its merger."""
    names = known.loc[known["unit_class"] == "department"].set_index("unit_id")["full_name"]
    stems = tuple(gazetteer.fold(stem) for stem in MERGED_DEPARTMENTS)
    merged = [unit_id for unit_id, name in names.items() if gazetteer.fold(name).startswith(stems)]
    through = _through(spans, DEPARTMENTS_MERGED_ON) & spans.index.isin(merged)
    if through.any() and not any(abs(day - DEPARTMENTS_MERGED_ON).days <= 45 for day in days):
        unit_id = through.idxmax()
        yield (
            f"{unit_id} {names[unit_id]}: departments were merged about "
            f"{DEPARTMENTS_MERGED_ON:%Y-%m-%d}, and the periods run through it; compare the two "
            "sides separately (before it, sum the counts of the departments that were merged), "
            "or state the day of the merger as a phase"
        )


def _two_tiers(spans: pd.DataFrame, days: frozenset[pd.Timestamp]) -> Iterator[str]:
    """Yield a message for the first unit followed through 1 July 2025."""
    through = _through(spans, TWO_TIERS_ON)
    if through.any() and TWO_TIERS_ON not in days:
        yield (
            f"{through.idxmax()}: the periods run through {TWO_TIERS_ON:%Y-%m-%d}, when the "
            "districts ended and their work went to communes and provinces; compare the two "
            f"sides separately, or state the phase ('{TWO_TIERS_ON:%Y-%m-%d}', reason)"
        )


def _through(spans: pd.DataFrame, day: pd.Timestamp) -> pd.Series:
    """Say whose periods lie on both sides of a day."""
    return (spans["first"] < day) & (spans["last"] >= day)
