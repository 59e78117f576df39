"""Yearly index panels, PAPI and PCI, as tables that others have published them.

Nothing of these panels comes with the package: give the path of a file you have. Cite the
makers: PAPI is by CECODES, VFF-CRT and UNDP, PCI by VCCI.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from cchc_analysis import gazetteer
from cchc_analysis.catalogue import indicator
from cchc_analysis.columns import ESTIMATES, Column, InputError, Table, check
from cchc_analysis.sources.sheets import read_table

PAPI_DIMENSIONS = {
    "C01": "papi_participation",
    "C02": "papi_transparency",
    "C03": "papi_accountability",
    "C04": "papi_corruption_control",
    "C05": "papi_administrative_procedures",
    "C06": "papi_public_services",
    "C07": "papi_environment",
    "C08": "papi_e_governance",
}
PCI_PARTS = {
    f"pci_{part}": f"pci_{part}"
    for part in (
        "entry", "land", "transparency", "time", "informal", "implement", "bias", "proactive",
        "support", "labor", "legal", "unweighted",
    )
} | {"pci_weighted": "pci"}  # fmt: skip

PAPI_SERIES_FROM = (2011, 2018, 2021)  # 2018: two dimensions added; 2018, 2021: scales changed
PCI_SERIES_FROM = (2005, 2006, 2009, 2013)  # years in which the set of sub-indices changed

_FIRST_MERGED_YEAR = 2025


@dataclass(frozen=True)
class IndexPanel:
    """An index of many provinces and years, and the rows that name no province.

    Attributes
    ----------
    estimates
        Columns of ``ESTIMATES``, one row per province, year and indicator with a figure, and
        ``year`` and ``series`` ('2011-2017', ...): figures of two series have two scales.
    refused
        ``row`` (of the file, the header being 1), ``year``, ``name`` (as written), ``reason``.
    """

    estimates: pd.DataFrame = field(repr=False)
    refused: pd.DataFrame = field(repr=False)


def read_papi(path: str | Path) -> IndexPanel:
    r"""Read a PAPI panel: one row per province and year, dimensions in columns C01 to C08.

    The scale changed in 2018 (eight dimensions for six) and in 2021 (sub-dimensions dropped
    and re-weighted): a line through those years shows the scale, not the province. PAPI asks
    people, a sample of them; the panel carries no sampling error, so small differences may be
    none.

    Parameters
    ----------
    path
        A CSV file with ``province_code`` (the statistics office's, before July 2025), ``year``
        and any of C01 to C08, scores of 1 to 10; ``province`` is not used to find the unit.

    Returns
    -------
    IndexPanel
        Indicators ``papi_participation`` to ``papi_e_governance``, and ``papi``, their sum,
        where all dimensions of the year are there (six to 2017, eight since); points, bounds
        ``none``. A score that is empty gives no row.

    Raises
    ------
    InputError
        With file and row: for a code that is no province of that time, a year from 2025 on
        (the provinces were merged), a repeated province-year, a score out of scale, or text
        that is no number.

    References
    ----------
    CECODES, VFF-CRT, RTA and UNDP. *The Viet Nam Provincial Governance and Public
    Administration Performance Index (PAPI)*. Hà Nội, yearly. https://papi.org.vn

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp()) / "papi.csv"
    >>> _ = file.write_text(
    ...     "province_code,province,year,C01,C02,C03,C04,C05,C06,C07,C08\n"
    ...     "01,Hà Nội,2017,5,6,5,5,7,7,,\n01,Hà Nội,2018,5,6,5,5,7,7,3,\n", encoding="utf-8"
    ... )
    >>> panel = read_papi(file).estimates
    >>> panel.loc[panel["indicator"].isin(["papi", "papi_environment"]),
    ...           ["unit_id", "year", "indicator", "value", "series"]]
      unit_id  year         indicator  value     series
    6 vn63-01  2017              papi   35.0  2011-2017
    13 vn63-01  2018  papi_environment   3.0  2018-2020
    """
    rows, refused = _read(Path(path), "province", PAPI_DIMENSIONS, lowest=1)
    six = rows["year"] < PAPI_SERIES_FROM[1]
    dimensions = rows[list(PAPI_DIMENSIONS)]
    total = dimensions.sum(axis=1, skipna=False)
    total = total.where(~six, dimensions.drop(columns=["C07", "C08"]).sum(axis=1, skipna=False))
    scores = rows.rename(columns=PAPI_DIMENSIONS).assign(papi=total)
    names = [*PAPI_DIMENSIONS.values(), "papi"]
    return IndexPanel(_long(scores, names, PAPI_SERIES_FROM, Path(path).name), refused)


def read_pci(path: str | Path) -> IndexPanel:
    r"""Read a PCI panel: one row per province and year, sub-indices in columns ``pci_...``.

    The sub-indices were added to and changed in 2006, 2009 and 2013: a line through those
    years shows the scale. PCI asks firms, not citizens.

    Parameters
    ----------
    path
        A CSV file with ``province_code``, ``year``, ``pci_weighted`` (the headline index, 0
        to 100) and any of the sub-indices (0 to 10); ``prov`` is not used to find the unit.

    Returns
    -------
    IndexPanel
        Indicators ``pci`` (the weighted index), ``pci_unweighted`` and the sub-indices;
        points, bounds ``none``. Rows without a province code are refused, not guessed: Hà Tây
        (part of Hà Nội since 2008) has none. An empty score gives no row.

    Raises
    ------
    InputError
        As :func:`read_papi`.

    References
    ----------
    VCCI. *The Vietnam Provincial Competitiveness Index*. Hà Nội, yearly.
    https://pcivietnam.vn

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp()) / "pci.csv"
    >>> _ = file.write_text(
    ...     "province_code,prov,year,pci_land,pci_weighted\n"
    ...     "48,Đà Nẵng,2009,6.5,75.96\n,Ha Tay,2007,5.3,52.2\n", encoding="utf-8"
    ... )
    >>> panel = read_pci(file)
    >>> panel.estimates[["unit_id", "year", "indicator", "value", "series"]]
       unit_id  year indicator  value     series
    0  vn63-48  2009  pci_land   6.50  2009-2012
    1  vn63-48  2009       pci  75.96  2009-2012
    >>> panel.refused
       row  year    name            reason
    0    3  2007  Ha Tay  no province code
    """
    rows, refused = _read(Path(path), "prov", PCI_PARTS, lowest=0)
    scores = rows.rename(columns=PCI_PARTS)
    return IndexPanel(
        _long(scores, list(PCI_PARTS.values()), PCI_SERIES_FROM, Path(path).name), refused
    )


def _read(
    path: Path, name: str, scores: Mapping[str, str], *, lowest: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of known provinces with scores as numbers, and the rows refused."""
    columns = [Column("province_code", "text", "", ""), Column("year", "count", "", "")]
    columns += [Column(name, "text", "", ""), *(Column(s, "number", "", "") for s in scores)]
    table = Table("panel", "", "", tuple(columns))
    rows = check(read_table(path, table), table, where=path.name)
    for column, indicator_id in scores.items():
        highest = indicator(indicator_id).maximum
        wrong = rows.loc[rows[column].notna() & ~rows[column].between(lowest, highest), column]
        for row, found in wrong.items():
            raise InputError(
                f"{path.name}, row {row}, column {column}: found {found:g}, expected a score "
                f"from {lowest:g} to {highest:g}, or an empty cell"
            )
    written = rows[["province_code", "year", name, *scores]].notna().any(axis=1)
    rows = rows[written]  # a line of commas alone, as spreadsheets leave at the end, is no row
    nameless = rows["province_code"].isna()
    _refuse_years(rows.loc[~nameless | rows["year"].isna(), "year"], path.name)
    refused = pd.DataFrame(
        {
            "row": rows.index[nameless],
            "year": rows.loc[nameless, "year"].astype("int64").to_numpy(),
            "name": rows.loc[nameless, name].to_numpy(),
            "reason": "no province code",
        }
    )
    return _placed(rows[~nameless], path.name), refused


def _placed(rows: pd.DataFrame, where: str) -> pd.DataFrame:
    """Return the rows with their ``unit_id``: a province as it was before July 2025, each once."""
    unit_ids = "vn63-" + rows["province_code"].str.zfill(2)
    known = gazetteer.units()
    provinces = set(known.loc[known["unit_class"] == "province", "unit_id"])
    for row in rows.index[~unit_ids.isin(provinces)]:
        raise InputError(
            f"{where}, row {row}, column province_code: found {rows['province_code'][row]!r}, "
            "expected the two-digit code of one of the 63 provinces, such as '01' for Hà Nội"
        )
    placed = rows.assign(unit_id=unit_ids, year=rows["year"].astype("int64"))
    for row in placed.index[placed.duplicated(["unit_id", "year"])]:
        raise InputError(
            f"{where}, row {row}: {placed['unit_id'][row]} has {placed['year'][row]} twice; "
            "leave one of the rows out"
        )
    return placed


def _refuse_years(years: pd.Series, where: str) -> None:
    """Raise for the first row whose year is missing, or not one of the 63 provinces' time."""
    for row in years.index[~years.between(2000, _FIRST_MERGED_YEAR - 1)]:
        raise InputError(
            f"{where}, row {row}, column year: found {years[row]:g}, expected a year from 2000 "
            f"to {_FIRST_MERGED_YEAR - 1}: the codes are those of the 63 provinces before the "
            "mergers of July 2025"
        )


def _long(
    scores: pd.DataFrame, names: list[str], series_from: tuple[int, ...], source: str
) -> pd.DataFrame:
    """Return one row per province, year and indicator with a figure."""
    rows = scores.melt(["unit_id", "year"], names, "indicator", "value").dropna(subset="value")
    order = rows["indicator"].map({name: place for place, name in enumerate(names)})
    rows = rows.assign(order=order).sort_values(["unit_id", "year", "order"], ignore_index=True)
    year = rows["year"].astype("str")
    table = rows[["unit_id", "indicator", "value"]].assign(
        period_start_on=pd.to_datetime(year + "-01-01"),
        period_end_on=pd.to_datetime(year + "-12-31"),
        bounds="none",
        unit_of_measure="points",
        method="as_published",
        rule="as_published",
        source=source,
        year=rows["year"],
        series=rows["year"].map(lambda one: _series(one, series_from)).astype("str"),
    )
    return check(table, ESTIMATES)


def _series(year: int, series_from: tuple[int, ...]) -> str:
    """Return the years of one scale in which ``year`` lies."""
    starts = [start for start in series_from if start <= year]
    if not starts:
        return f"before {series_from[0]}"
    ends = [start - 1 for start in series_from if start > year]
    if not ends:
        return f"{starts[-1]}-"
    return f"{starts[-1]}-{ends[0]}" if ends[0] > starts[-1] else str(starts[-1])
