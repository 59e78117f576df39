"""Indices of many provinces over years: changes within one scale, places across all.

``panel`` is the table that :func:`~cchc_analysis.sources.panels.read_papi` and ``read_pci``
return: columns of ``ESTIMATES``, one row per province, year and indicator, with ``year`` and
``series`` (years of one scale).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cchc_analysis import gazetteer
from cchc_analysis.catalogue import indicator
from cchc_analysis.columns import Column, InputError, Table, check

_PANEL = Table(
    "panel",
    "",
    "",
    (
        Column("unit_id", "text", "", "", required=True),
        Column("indicator", "text", "", "", required=True),
        Column("year", "count", "", "", required=True),
        Column("series", "text", "", ""),
        Column("value", "number", "", ""),
    ),
)


def year_on_year(panel: pd.DataFrame) -> pd.DataFrame:
    r"""Set each figure beside the one of the year before, and give its place in its year.

    .. math:: \text{share behind} = \frac{n - \text{rank}}{n - 1}

    Across a break of scale there is a change of place, not of points. Most changes of place
    in the middle of the field are chance: the panels are surveys, and print no error.

    Parameters
    ----------
    panel
        One row per province, year and indicator: ``unit_id``, ``indicator``, ``year``,
        ``series`` (years of one scale) and ``value``; other columns are kept. A row without
        a value is no figure, and is left out.

    Returns
    -------
    DataFrame
        The rows sorted by unit, indicator and year, with ``change`` (points since the year
        before; NaN unless ``reading`` is 'change'), ``rank`` (1 the best; ties share the
        best), ``ranked_count`` (provinces with a figure that year), ``share_behind`` (0..1),
        ``behind_change`` (since the year before) and ``reading``: 'change'; 'scale_break'
        (the year before is on another scale); 'gap' (no figure the year before); 'first'.

    Raises
    ------
    InputError
        If a column is absent or holds something else, or a province has a year twice.

    Examples
    --------
    >>> panel = pd.DataFrame({
    ...     "unit_id": ["A", "A", "A", "B", "B", "B"], "indicator": "papi",
    ...     "year": [2016, 2017, 2018] * 2, "value": [34.0, 35.0, 43.0, 36.0, 34.5, 44.0],
    ...     "series": ["2011-2017", "2011-2017", "2018-2020"] * 2,
    ... })
    >>> year_on_year(panel)[["unit_id", "year", "change", "rank", "behind_change", "reading"]]
      unit_id  year  change  rank  behind_change      reading
    0       A  2016     NaN   2.0            NaN        first
    1       A  2017     1.0   1.0            1.0       change
    2       A  2018     NaN   2.0           -1.0  scale_break
    3       B  2016     NaN   1.0            NaN        first
    4       B  2017    -1.5   2.0           -1.0       change
    5       B  2018     NaN   1.0            1.0  scale_break
    """
    rows = _checked(panel).dropna(subset="value")
    rows = rows.sort_values(["unit_id", "indicator", "year"], ignore_index=True)
    lower = rows["indicator"].map(
        {name: indicator(name).direction == "lower" for name in rows["indicator"].unique()}
    )
    years = (
        rows["value"]
        .mask(lower.astype("bool"), -rows["value"])
        .groupby([rows["indicator"], rows["year"]])
    )
    rank, count = years.rank(method="min", ascending=False), years.transform("count")
    behind = (count - rank) / (count - 1).where(count > 1)
    rows = rows.assign(rank=rank, ranked_count=count.astype("float64"), share_behind=behind)
    before = rows.groupby(["unit_id", "indicator"])[["year", "series", "value", "share_behind"]]
    before = before.shift()
    adjacent = rows["year"] - before["year"] == 1
    same = rows["series"] == before["series"]
    answers = {"first": before["year"].isna(), "gap": ~adjacent, "scale_break": ~same}
    return rows.assign(
        change=(rows["value"] - before["value"]).where(adjacent & same),
        behind_change=(behind - before["share_behind"]).where(adjacent),
        reading=np.select(list(answers.values()), list(answers), "change"),
    )


def carried_to_merged(panel: pd.DataFrame, *, units: pd.DataFrame | None = None) -> pd.DataFrame:
    """Carry figures of the provinces before July 2025 to those of today, where they can be.

    A province of unchanged territory keeps its figures. One that was merged has none: the
    mean of its predecessors' scores would be a score of nobody, whatever the weights.

    Parameters
    ----------
    panel
        As in :func:`year_on_year`, of the provinces before July 2025: units ``vn63-..``.
    units
        Columns of ``UNITS``; None for the reference table.

    Returns
    -------
    DataFrame
        One row per province of today, indicator and year of the panel: ``unit_id``,
        ``indicator``, ``year``, ``series``, ``value`` (NaN for a merged one),
        ``predecessors`` (unit ids, separated by semicolons), ``predecessor_low``,
        ``predecessor_high`` (their lowest and highest figure), ``predecessor_count`` (of
        them with a figure) and ``reading``: 'carried', 'merged' or 'no_figure' (none of its
        predecessors has one that year).

    Raises
    ------
    InputError
        As :func:`year_on_year`.

    Examples
    --------
    >>> panel = pd.DataFrame({
    ...     "unit_id": ["vn63-17", "vn63-25", "vn63-26", "vn63-12"], "indicator": "papi",
    ...     "year": 2024, "series": "2021-", "value": [42.0, 41.0, 43.0, 40.0],
    ... })
    >>> carried = carried_to_merged(panel).set_index("unit_id")
    >>> carried.loc[["vn34-12", "vn34-25"], ["value", "predecessor_low", "reading"]]
             value  predecessor_low  reading
    unit_id
    vn34-12   40.0             40.0  carried
    vn34-25    NaN             41.0   merged
    """
    rows = _checked(panel)
    pairs = _provinces_of_today(units)
    old = pairs.groupby("new_id", sort=False)["old_id"].agg([";".join, "size"])
    joined = rows.merge(pairs, left_on="unit_id", right_on="old_id", validate="m:1")
    grouped = joined.groupby(["new_id", "indicator", "year"])
    found = grouped.agg(
        value=("value", "first"),
        predecessor_low=("value", "min"),
        predecessor_high=("value", "max"),
        predecessor_count=("value", "count"),
    )
    spans = rows.drop_duplicates(["indicator", "year"])[["indicator", "year", "series"]]
    table = spans.merge(old.reset_index(), how="cross").merge(
        found.reset_index(), on=["new_id", "indicator", "year"], how="left", validate="1:1"
    )
    single = table["size"] == 1
    count = table["predecessor_count"].fillna(0)
    table = table.rename(columns={"new_id": "unit_id", "join": "predecessors"}).assign(
        value=table["value"].where(single),
        predecessor_count=count.astype("int64"),
        reading=np.select([count == 0, single], ["no_figure", "carried"], "merged"),
    )
    names = [
        "unit_id", "indicator", "year", "series", "value", "predecessors", "predecessor_low",
        "predecessor_high", "predecessor_count", "reading",
    ]  # fmt: skip
    return table.sort_values(["unit_id", "indicator", "year"], ignore_index=True)[names]


def _provinces_of_today(units: pd.DataFrame | None) -> pd.DataFrame:
    """Return which province went over to which."""
    table = gazetteer.units() if units is None else units
    provinces = table.loc[table["unit_class"] == "province", "unit_id"]
    pairs = gazetteer.crosswalk(units=units)
    return pairs.loc[pairs["old_id"].isin(provinces), ["old_id", "new_id"]]


def _checked(panel: pd.DataFrame) -> pd.DataFrame:
    """Return the panel, or refuse one that lacks a column or has a figure twice."""
    missing = [name for name in _PANEL.names if name not in panel]
    if missing:
        raise InputError(
            f"the panel has no column {missing[0]!r}; expected {', '.join(_PANEL.names)}, "
            "as read_papi and read_pci return them"
        )
    typed = check(panel, _PANEL)
    panel = panel.assign(**typed[_PANEL.names]).astype({"year": "int64"})
    twice = panel[panel.duplicated(["unit_id", "indicator", "year"])]
    if len(twice):
        row = twice.iloc[0]
        raise InputError(
            f"{row['unit_id']} has {row['indicator']} of {row['year']} twice; pick one source"
        )
    return panel
