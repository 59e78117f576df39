"""Maps of tiles: a unit is a tile with its name, its figure and a mark for where it stands.

Provinces lie on a grid drawn for this project (``reference/tiles.csv``, both eras, Hoàng Sa
with Đà Nẵng and Trường Sa with Khánh Hòa); other units stand in the order of their names. A
mark has a shape as well as a colour, and says in words what it means.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import pandas as pd

from cchc_analysis.display import Language
from cchc_analysis.gazetteer import unit_names
from cchc_analysis.labels import capital, in_order, indicator_name, sources
from cchc_analysis.wording import NONE, percent, period, say

ERAS = ("vn34", "vn63")
_MARKS = {"high": "▲", "low": "▼", "": "●", "none": "○"}


@cache
def _grid() -> pd.DataFrame:
    path = files("cchc_analysis").joinpath("reference/tiles.csv")
    with path.open(encoding="utf-8") as file:
        texts = {"unit_id": "str", "islands": "str", "short": "str"}
        return pd.read_csv(file, dtype=texts, keep_default_na=False)  # 'NA' is Nghệ An


def maps(
    overview: pd.DataFrame, links: Mapping[str, str], *, units: pd.DataFrame, language: Language
) -> list[dict[str, Any]]:
    """Put the units of a site on maps of tiles.

    Parameters
    ----------
    overview
        Units judged against each other, as :func:`cchc_analysis.comparison.funnel` gives
        them, with ``unit_class`` and ``parent_id``; one indicator and period for each
        parent and class. May be empty.
    links
        Unit to the page that its tile leads to.
    units
        Units for the names.
    language
        ``vi`` or ``en``.

    Returns
    -------
    list of dict
        The provinces of today, those until 30 June 2025 if one of them has a page, then
        every other parent and class of the overview.
    """
    provinces = overview["unit_class"] == "province"
    shown = pd.concat([_grid()["unit_id"], overview["unit_id"], overview["parent_id"]])
    full = unit_names(shown.dropna(), units=units, language=language)
    called = _Called(full, units.set_index("unit_id")["name"].to_dict())
    made = [
        _province_map(era, overview[provinces], links, called, language)
        for era in ERAS
        if era == ERAS[0] or any(unit.startswith(f"{era}-") for unit in links)
    ]
    rest = overview[~provinces].groupby(["parent_id", "unit_class"], sort=False)
    return made + [_name_map(rows, links, called, language) for _, rows in rest]


class _Called(NamedTuple):
    """Names by ``unit_id``, looked up once for all tiles."""

    full: dict[str, str]
    """As they stand in a sentence."""
    bare: dict[str, str]
    """Without class and era."""


def _province_map(
    era: str,
    overview: pd.DataFrame,
    links: Mapping[str, str],
    called: _Called,
    language: Language,
) -> dict[str, Any]:
    grid = _grid()[_grid()["unit_id"].str.startswith(f"{era}-")]
    known = overview.set_index("unit_id").to_dict("index")
    tiles = [
        {
            **_tile(cell["unit_id"], known.get(cell["unit_id"]), links, called, language),
            "column": cell["column"],
            "row": cell["row"],
            "short": cell["short"],
            **_of_islands(cell["islands"], cell["unit_id"], called, language),
        }
        for cell in grid.sort_values(["row", "column"]).to_dict("records")
    ]
    rows = overview[overview["unit_id"].str.startswith(f"{era}-")]
    return {"title": say(f"map.{era}", language), "tiles": tiles, **_note(rows, language)}


def _of_islands(islands: str, unit_id: str, called: _Called, language: Language) -> dict[str, Any]:
    """Name the tile of an archipelago, which shows no figure of its own."""
    if not islands:
        return {}
    said = say("map.islands", language, islands=islands, province=called.full[unit_id])
    return {"name": islands, "label": said, "value": "", "mark": "", "side": "islands"}


def _name_map(
    rows: pd.DataFrame, links: Mapping[str, str], called: _Called, language: Language
) -> dict[str, Any]:
    first = rows.iloc[0]
    kind = say(f"class.{first['unit_class']}", language)
    tiles = [_tile(row["unit_id"], row, links, called, language) for row in rows.to_dict("records")]
    tiles.sort(key=lambda tile: in_order(tile["name"]))
    title = say("map.below", language, kind=kind, unit=called.full[first["parent_id"]])
    return {"title": title, "tiles": tiles, **_note(rows, language)}


def _tile(
    unit_id: str,
    row: Mapping[str, Any] | None,
    links: Mapping[str, str],
    called: _Called,
    language: Language,
) -> dict[str, Any]:
    full = capital(called.full[unit_id])
    tile = {"name": called.bare.get(unit_id, full), "short": "", "href": links.get(unit_id, "")}
    if row is None or pd.isna(row["value"]):
        label = say("map.no_figure", language, unit=full)
        return {**tile, "label": label, "value": "", "mark": _MARKS["none"], "side": "none"}
    side = row["side"] if row["reading"] == "judged" else "none"
    label = say(
        "map.figure", language, unit=full, value=percent(row["value"], language),
        count=row["count"], total=row["total"], side=say(f"map.side.{side or 'inside'}", language),
    )  # fmt: skip
    value = percent(row["value"], language, 1).removesuffix(" %")
    return {**tile, "label": label, "value": value, "mark": _MARKS[side], "side": side or "inside"}


def _note(rows: pd.DataFrame, language: Language) -> dict[str, str]:
    """Say what the figures on the tiles are; nothing where there are none."""
    if rows.empty:
        return {"note": say("map.links_only", language)}
    first = rows.iloc[0]
    return {
        "note": say(
            "map.note",
            language,
            indicator=indicator_name(first["indicator"], language),
            period=period(first["period_start_on"], first["period_end_on"], language),
            source=sources(rows["source"], language) or NONE,
        )
    }
