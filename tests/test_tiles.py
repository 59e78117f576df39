"""The maps of the index: every province on its own tile, marks that need no colour."""

import pandas as pd
import pytest

from cchc_analysis import gazetteer
from cchc_analysis.report.tiles import maps

UNITS = gazetteer.units()
NOTHING = pd.DataFrame(columns=["unit_id", "unit_class", "parent_id"])


def judged(unit_id: str, value: float, side: str, **more: object) -> dict:
    return {
        "unit_id": unit_id, "value": value, "count": 900.0, "total": 1000.0, "side": side,
        "reading": "judged", "unit_class": "province", "parent_id": "vn",
        "indicator": "qd766_in_time_share", "period_start_on": pd.Timestamp("2026-01-01"),
        "period_end_on": pd.Timestamp("2026-10-10"), "source": "a test", **more,
    }  # fmt: skip


@pytest.mark.parametrize(("era", "provinces"), [("vn34", 34), ("vn63", 63)])
def test_every_province_and_both_archipelagos_have_one_tile(era, provinces):
    ids = UNITS.loc[UNITS["unit_id"].str.startswith(f"{era}-"), "unit_id"]
    classes = UNITS.set_index("unit_id")["unit_class"]
    links = {unit_id: f"{unit_id}.html" for unit_id in ids}
    made = maps(NOTHING, links, units=UNITS, language="vi")
    drawn = made[["vn34", "vn63"].index(era)]["tiles"]
    reached = [tile["href"] for tile in drawn if tile["side"] != "islands"]
    assert sorted(reached) == sorted(f"{u}.html" for u in ids if classes[u] == "province")
    assert len(reached) == provinces
    assert len({(tile["column"], tile["row"]) for tile in drawn}) == len(drawn)
    assert len({tile["short"] for tile in drawn}) == len(drawn)
    islands = {tile["name"]: tile["label"] for tile in drawn if tile["side"] == "islands"}
    assert set(islands) == {"Hoàng Sa", "Trường Sa"}
    assert "Đà Nẵng" in islands["Hoàng Sa"]
    assert "Khánh Hòa" in islands["Trường Sa"]


def test_a_mark_has_a_shape_and_words():
    rows = [
        judged("vn34-01", 0.9, ""),
        judged("vn34-04", 0.5, "low"),
        judged("vn34-08", 0.99, "high"),
        judged("vn34-11", 0.9, "", reading="too_few_units"),
        judged("vn34-12", float("nan"), ""),
    ]
    (drawn,) = maps(pd.DataFrame(rows), {}, units=UNITS, language="en")
    tiles = {tile["name"]: tile for tile in drawn["tiles"]}
    assert [tiles[n]["mark"] for n in ("Hà Nội", "Cao Bằng", "Tuyên Quang")] == ["●", "▼", "▲"]
    assert tiles["Cao Bằng"]["label"].endswith(": 50.00 % (900 of 1,000), below its range")
    assert tiles["Điện Biên"]["side"] == "none"
    assert tiles["Lai Châu"]["label"].endswith("no figure")
    assert tiles["Lai Châu"]["value"] == ""
    assert tiles["Nghệ An"]["short"] == "NA"  # not taken for a missing value


def test_units_without_a_place_on_the_map_stand_by_name():
    rows = [judged(f"x{n}", 0.9, "", unit_class="commune", parent_id="vn34-25") for n in range(3)]
    named = pd.DataFrame({"unit_id": ["x0", "x1", "x2"], "name": ["Đoan", "An", "Dân"]})
    units = pd.concat([UNITS, named.assign(full_name=named["name"], unit_class="commune")])
    _, drawn = maps(pd.DataFrame(rows), {}, units=units, language="vi")
    assert [tile["name"] for tile in drawn["tiles"]] == ["An", "Dân", "Đoan"]
    assert "Phú Thọ" in drawn["title"]
