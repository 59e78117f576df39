"""From durations to dossier-days by group of days: what a model of the hazard is fitted on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from cchc_analysis.columns import InputError

MISSING = "(missing)"  # the level that holds the dossiers without a value
FEWEST_CLOSED = 10  # a day on which fewer dossiers closed has no hazard of its own


def labels(values: pd.Series) -> pd.Series:
    """Return categories as text, the missing ones under a name of their own."""
    if pd.api.types.is_datetime64_any_dtype(values):
        values = values.dt.strftime("%Y-%m-%d")
    return values.astype(object).where(values.notna(), MISSING).map(str).astype("str")


def levels_of(
    rows: pd.DataFrame, terms: Sequence[str], cluster: str, reference: Mapping[str, str]
) -> tuple[dict[str, list[str]], pd.DataFrame]:
    """Return the levels of each term that has several, the reference first, and their counts.

    Parameters
    ----------
    rows
        Checked durations.
    terms, cluster
        Columns of the rows.
    reference
        Term -> level to compare with; the level with the most dossiers where not given.

    Returns
    -------
    tuple
        Term -> levels, and a frame with one row for each of them: ``term``, ``level``,
        ``reference``, ``dossier_count``, ``closed_count``, ``clusters`` and ``reading``.

    Raises
    ------
    InputError
        If terms repeat, or a reference is no term or level.
    """
    if not terms or len(set(terms)) < len(terms):
        raise InputError(f"terms: found {terms!r}, expected a list of different columns")
    unknown = [term for term in reference if term not in terms]
    if unknown:
        raise InputError(
            f"reference: found {unknown[0]!r}, expected one of the terms: {', '.join(terms)}"
        )
    levels, counts = {}, []
    for term in terms:
        found = _counts(rows, term, cluster)
        if len(found) < 2:
            continue
        levels[term] = _reference_first(found, term, reference.get(term))
        ordered = found.set_index("level").loc[levels[term]].reset_index()
        counts.append(ordered.assign(term=term, reference=levels[term][0]))
    if not counts:
        return {}, pd.DataFrame()
    counted = pd.concat(counts, ignore_index=True)
    return levels, counted.assign(reading=_readings(counted))


def _counts(rows: pd.DataFrame, term: str, cluster: str) -> pd.DataFrame:
    """Return dossiers, dossier-days, closed ones and clusters of each level of a term."""
    count = rows["dossier_count"]
    whole = pd.DataFrame({"first_day": [0], "last_day": [rows["end_days"].max()]})
    days = next(_closing_days_seen(rows, whole.astype(int))) if len(rows) else 0
    closed = count.where(rows["outcome"] != "pending", 0.0)
    named = pd.DataFrame(
        {"level": labels(rows[term]), "dossier_count": count, "dossier_days": count * days,
         "closed_count": closed, "cluster": labels(rows[cluster])}
    )  # fmt: skip
    return named.groupby("level", as_index=False).agg(
        dossier_count=("dossier_count", "sum"),
        dossier_days=("dossier_days", "sum"),
        closed_count=("closed_count", "sum"),
        clusters=("cluster", "nunique"),
    )


def _reference_first(found: pd.DataFrame, term: str, wanted: str | None) -> list[str]:
    """Return the levels of a term, the wanted one or that with the most dossiers first."""
    usable = found["dossier_count"].where(found["closed_count"] > 0, -1.0)
    most = found["level"][usable.idxmax()]
    first = most if wanted is None else str(wanted)
    if first not in set(found["level"]):
        raise InputError(
            f"reference: {term} has no level {first!r}, expected one of: "
            f"{', '.join(found['level'])}"
        )
    return [first, *(level for level in found["level"] if level != first)]


def _readings(counts: pd.DataFrame) -> np.ndarray:
    """Return what can be estimated of each level."""
    first = counts.groupby("term")["clusters"].transform("first")
    return np.select(
        [
            counts["level"] == counts["reference"],
            counts["closed_count"] == 0,
            counts["closed_count"] == counts["dossier_days"],
            (counts["clusters"] == 1) | (first == 1),
        ],
        ["reference", "none_closed", "always_closed", "one_cluster"],
        default="estimated",
    )


def day_groups(rows: pd.DataFrame) -> pd.DataFrame:
    """Return groups of days in which enough dossiers closed to have a hazard of their own.

    Each day by itself where 10 or more closed and not all did; other days are put with those
    that follow, what is left at the end with the last group. Days on which none closed belong
    to no group: with a hazard of their own, 0, they tell nothing of what goes with it.

    Returns
    -------
    DataFrame
        ``first_day`` and ``last_day`` (both included), numbered from 0, and ``day_count``
        (days between on which dossiers closed).
    """
    at_risk, closed = _by_day(rows)
    days = np.flatnonzero(closed > 0)
    ends, start = [], 0
    for place in range(len(days)):
        group = days[start : place + 1]
        if FEWEST_CLOSED <= closed[group].sum() < at_risk[group].sum():
            ends.append(place)
            start = place + 1
    ends = [*ends[:-1], len(days) - 1]
    starts = [0, *(place + 1 for place in ends[:-1])]
    counts = [end - start + 1 for start, end in zip(starts, ends, strict=True)]
    return pd.DataFrame({"first_day": days[starts], "last_day": days[ends], "day_count": counts})


def _by_day(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the dossiers at risk and closed on each day from 0 on."""
    entry, end = (rows[name].to_numpy(int) for name in ("entry_days", "end_days"))
    count, length = rows["dossier_count"].to_numpy(), int(rows["end_days"].max()) + 2
    steps = np.bincount(entry, count, length) - np.bincount(end + 1, count, length)
    shut = count * (rows["outcome"] != "pending").to_numpy()
    return np.cumsum(steps)[:-1], np.bincount(end, shut, length)[:-1]


def _closing_days_seen(rows: pd.DataFrame, days: pd.DataFrame) -> Iterator[np.ndarray]:
    """Yield for each group of days on how many days with closed dossiers each row was seen."""
    _, closed = _by_day(rows)
    so_far = np.concatenate([[0], np.cumsum(closed > 0)])  # before each day
    entry, end = (rows[name].to_numpy(int) for name in ("entry_days", "end_days"))
    for first, last in days[["first_day", "last_day"]].itertuples(index=False):
        from_, to = np.maximum(entry, first), np.minimum(end, last)
        yield np.where(to >= from_, so_far[to + 1] - so_far[np.minimum(from_, len(closed))], 0)


def person_days(
    rows: pd.DataFrame, days: pd.DataFrame, terms: Sequence[str], cluster: str
) -> pd.DataFrame:
    """Return dossier-days at risk and dossiers closed by group of days, terms and cluster.

    Parameters
    ----------
    rows
        Checked durations.
    days
        What :func:`day_groups` returned.
    terms, cluster
        Columns of the rows; they become text.

    Returns
    -------
    DataFrame
        One row per group of days (``days``, its number), terms and cluster with dossiers at
        risk: ``at_risk_count`` (dossier-days, of days on which dossiers closed),
        ``closed_count`` (dossiers).
    """
    keys = list(dict.fromkeys([*terms, cluster]))
    named = pd.DataFrame({name: labels(rows[name]) for name in keys})
    cell = named.groupby(keys, sort=True).ngroup()
    cells = named.assign(cell=cell).drop_duplicates("cell")
    count, end = rows["dossier_count"].to_numpy(), rows["end_days"].to_numpy()
    shut = (rows["outcome"] != "pending").to_numpy()
    parts = []
    for group, seen in zip(days.itertuples(), _closing_days_seen(rows, days), strict=True):
        within = (group.first_day <= end) & (end <= group.last_day)
        sums = pd.DataFrame({
            "days": group.Index,
            "at_risk_count": np.bincount(cell, count * seen, len(cells)),
            "closed_count": np.bincount(cell, count * (shut & within), len(cells)),
            "cell": range(len(cells)),
        })  # fmt: skip
        parts.append(sums[sums["at_risk_count"] > 0])
    found = pd.concat(parts, ignore_index=True).merge(cells, on="cell", validate="m:1")
    return found.drop(columns="cell")
