"""Printed figures: from CSV files in the columns of ``columns.PUBLISHED`` to one table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cchc_analysis import catalogue
from cchc_analysis.columns import PUBLISHED, InputError, check, empty
from cchc_analysis.sources.sheets import read_table

_NUMERIC = ("value", "low", "high", "decimals", "numerator", "denominator")
_DATES = ("period_start_on", "period_end_on")
_PRINTED_NUMBER = r"-?\d+(?:\.(\d+))?"


def read_published(path: str | Path) -> pd.DataFrame:
    r"""Read printed figures from one CSV file, or from every CSV file of a folder.

    Figures are carried as printed and never corrected: a percentage that does not follow from
    its own counts keeps both. A row may hold counts without a value (the source prints none)
    or a range without a value (``low`` and ``high``).

    Parameters
    ----------
    path
        A CSV file, UTF-8 with a header row, or a folder; in a folder ``units.csv`` is left
        out and subfolders are not entered.

    Returns
    -------
    DataFrame
        The columns of ``columns.PUBLISHED``; ``value``, ``low`` and ``high`` in the row's
        ``unit_of_measure`` (percent stays percent). Codes stay text ('01', 'H44.07'), empty
        cells are missing. ``decimals`` is counted from ``printed`` where its cell is empty,
        so '97.0' has one; a range or a word has none. Files follow one another by name. A
        folder without figures gives an empty table.

    Raises
    ------
    InputError
        With file, row (of the file, the header being row 1) and column: for a path that does
        not exist, text that is not UTF-8, a number or an ISO date that cannot be read, a
        ``value`` or ``decimals`` that do not fit the number in ``printed``, a part of a
        dossier, an indicator that is not in the catalogue, a period that ends before it starts,
        or what ``columns.check`` refuses.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> header = "unit_id,indicator,kind,printed,value,unit_of_measure,source"
    >>> _ = (folder / "a.csv").write_text(
    ...     header + "\nvn63-01,on_time_rate,result,97.0,97.0,percent,report\n", encoding="utf-8"
    ... )
    >>> read_published(folder)[["unit_id", "printed", "value", "decimals"]]
       unit_id printed  value  decimals
    0  vn63-01    97.0   97.0       1.0
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path}: no such file or folder; give a CSV file or a folder of them")
    if path.is_dir():
        found = sorted(file for file in path.glob("*.csv") if file.name != "units.csv")
    else:
        found = [path]
    tables = [_read_file(file) for file in found]
    return pd.concat(tables, ignore_index=True) if tables else empty(PUBLISHED)


def _read_file(path: Path) -> pd.DataFrame:
    """Read one file into the published table."""
    text = read_table(path, PUBLISHED).reset_index(drop=True)
    cells = text.apply(lambda column: column.str.strip()).replace("", pd.NA)
    _refuse_bad_cells(cells, path.name)
    figures = check(cells, PUBLISHED, where=path.name)
    _refuse_backward_periods(figures, path.name)
    _refuse_unlike_printed(figures, cells, path.name)
    return figures.assign(decimals=figures["decimals"].fillna(_printed_decimals(figures)))


def _refuse_bad_cells(cells: pd.DataFrame, name: str) -> None:
    """Raise for the first cell that is no number, no ISO date or no known indicator."""
    for column in cells.columns.intersection(_NUMERIC):
        wrong = pd.to_numeric(cells[column], errors="coerce").isna() & cells[column].notna()
        _refuse(cells[column], wrong, name, "a number with a full stop as decimal point")
    for column in cells.columns.intersection(_DATES):
        iso = cells[column].str.fullmatch(r"\d{4}-\d{2}-\d{2}").fillna(False).astype(bool)
        read = pd.to_datetime(cells[column].where(iso), format="%Y-%m-%d", errors="coerce")
        _refuse(cells[column], read.isna() & cells[column].notna(), name, "a date as 2024-12-31")
    if "indicator" in cells:
        _refuse_unknown_indicators(cells["indicator"], name)


def _refuse_unknown_indicators(values: pd.Series, name: str) -> None:
    """Raise for the first indicator the catalogue does not have, with the nearest it has."""
    for row, indicator_id in enumerate(values):
        if pd.notna(indicator_id):
            try:
                catalogue.indicator(indicator_id)
            except InputError as error:
                raise InputError(f"{name}, row {row + 2}, column indicator: {error}") from None


def _refuse(values: pd.Series, wrong: pd.Series, name: str, expected: str) -> None:
    """Raise for the first row in which ``wrong`` is true, with the row of the file."""
    if wrong.any():
        row = int(wrong.to_numpy(dtype=bool).argmax())
        raise InputError(
            f"{name}, row {row + 2}, column {values.name}: found {values.iloc[row]!r}, "
            f"expected {expected}"
        )


def _refuse_backward_periods(figures: pd.DataFrame, name: str) -> None:
    """Raise for the first period that ends before it starts."""
    backward = figures["period_end_on"] < figures["period_start_on"]
    ends = figures["period_end_on"].dt.strftime("%Y-%m-%d").rename("period_end_on")
    _refuse(ends, backward, name, "a date on or after period_start_on")


def _refuse_unlike_printed(figures: pd.DataFrame, cells: pd.DataFrame, name: str) -> None:
    """Raise for the first number that is not the one printed: a share for a percentage, say.

    More decimals than the text has are in order: a saved answer writes 13.40 as 13.4.
    """
    cells = cells.reindex(columns=figures.columns)
    printed, value, counted = figures["printed"], figures["value"], _printed_decimals(figures)
    number = pd.to_numeric(printed.where(counted.notna())).astype("float64")
    unlike = (number != value) & number.notna() & value.notna()
    _refuse(cells["value"], unlike, name, "the number that stands in printed")
    fewer = figures["decimals"] < counted
    _refuse(cells["decimals"], fewer, name, "no fewer decimals than stand in printed")
    commas = printed.str.fullmatch(r"-?\d+,\d+").fillna(False).astype(bool)
    point = pd.to_numeric(printed.where(commas).str.replace(",", "."))
    _refuse(cells["printed"], point.eq(value), name, "a full stop as decimal point")
    part = (figures["unit_of_measure"] == "dossiers") & (value % 1 > 0)  # 33.653 may be 33 653
    _refuse(cells["value"], part, name, "a whole number of dossiers, without a thousands mark")


def _printed_decimals(figures: pd.DataFrame) -> pd.Series:
    """Count the decimals of each printed number; missing where it is not one plain number."""
    plain = figures["printed"].str.fullmatch(_PRINTED_NUMBER).fillna(False).astype(bool)
    fraction = figures["printed"].where(plain).str.extract(_PRINTED_NUMBER, expand=False)
    return fraction.str.len().fillna(0.0).where(plain).astype("float64")
