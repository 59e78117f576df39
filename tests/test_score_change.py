"""A change of score split into its parts: they add up exactly, and go no deeper than the data."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cchc_analysis.columns import InputError
from cchc_analysis.scorecards.change import PARTS, READINGS, explain_change
from cchc_analysis.scorecards.formulas import component_score, components, groups, scored_in
from cchc_analysis.sources.evaluation import read_evaluation

PORTAL = Path(__file__).resolve().parents[1] / "data" / "published" / "qd766"
DAYS = ("2026-10-05", "2026-10-10")


def date(day, **columns):
    """Rows of the table components: year to date on a day."""
    return pd.DataFrame(
        {
            "unit_id": "A", "period_kind": "year", "period_start_on": "2026-01-01",
            "period_end_on": day, "captured_at": day, "source": "test", **columns,
        }
    )  # fmt: skip


def component(day, metric, numerator, denominator, **columns):
    group = components()[metric].group
    counts = {"numerator": [numerator], "denominator": [denominator]}
    return date(day, group=group, metric=[metric], **counts, **columns)


def part(table, name, **where):
    """The one row of a part."""
    rows = table[table["part"] == name]
    for column, value in where.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1
    return rows.iloc[0]


def added(table, name):
    return hundredths(table.loc[table["part"] == name, "difference"]).sum()


def hundredths(points):
    whole = np.round(points * 100)
    assert np.allclose(whole, points * 100, atol=1e-6)  # every part is printed as it is
    return whole


# The two real dates


@pytest.fixture(scope="module")
def explained():
    sides = (read_evaluation(PORTAL / f"provinces_{day}.csv").components for day in DAYS)
    return explain_change(*sides)


def test_khanh_hoa(explained):
    table = explained[explained["unit_id"] == "vn34-56"]
    total = part(table, "total")
    assert (total["before"], total["after"], total["difference"]) == (53.22, 61.66, 8.44)
    assert part(table, "group", group="CKMB")["difference"] == 8.0
    assert added(table, "group") == 844


def test_two_real_dates_end_at_groups_and_add_up(explained):
    assert explained["unit_id"].nunique() == 34
    assert set(explained["part"]) == {"total", "group"}  # no rest: totals are sums of groups
    heads = explained[explained["part"] == "group"]
    assert (heads["reading"] == "no_parts").all()
    assert explained["provisional"].all()
    total = explained[explained["part"] == "total"].set_index("unit_id")["difference"]
    sums = heads.groupby("unit_id")["difference"].sum()
    assert (hundredths(total) == np.round(sums * 100)[total.index]).all()


def test_a_total_unlike_its_groups_leaves_a_rest():
    rows = read_evaluation(PORTAL / "gia_lai_2026.csv").components
    rows = rows[(rows["unit_id"] == "H21.19") & rows["metric"].isna()]
    sides = [rows[rows["period_end_on"] == day] for day in ("2026-10-02", "2026-10-03")]
    table = explain_change(*sides)
    assert part(table, "rest")["difference"] == -12.08  # the older total of 3 October
    assert added(table, "total") == added(table, "group") + added(table, "rest")


# Numerator and denominator, by hand


def test_the_split_is_symmetric():
    # 20 x 80/100 = 16.00, 20 x 90/100 = 18.00, 20 x 80/110 = 14.55, 20 x 90/110 = 16.36:
    # numerator (2.00 + 1.81) / 2 = 1.905, to the even hundredth; denominator 0.36 - 1.90
    table = explain_change(
        component(DAYS[0], "ON_TIME", 80, 100), component(DAYS[1], "ON_TIME", 90, 110)
    )
    assert part(table, "numerator")["difference"] == 1.90
    assert part(table, "denominator")["difference"] == -1.54
    assert part(table, "metric")["difference"] == 0.36
    assert part(table, "numerator")[["before", "after"]].tolist() == [80, 90]
    assert np.isnan(part(table, "total")["difference"])
    assert part(table, "total")["reading"] == "not_both_known"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ((80, 100), (90, 100), (2.0, 0.0)),  # only the numerator moved
        ((80, 100), (80, 125), (0.0, -3.2)),  # only the denominator: 16.00 to 12.80
        ((80, 100), (80, 100), (0.0, 0.0)),
    ],
)
def test_what_did_not_move_has_no_part(before, after, expected):
    sides = (component(day, "ON_TIME", *c) for day, c in zip(DAYS, (before, after), strict=True))
    table = explain_change(*sides)
    found = [part(table, name)["difference"] for name in ("numerator", "denominator")]
    assert tuple(found) == expected


def test_a_petition_that_comes_is_not_split_into_counts():
    table = explain_change(
        component(DAYS[0], "PETITION_PROCESSING_ON_TIME", 0, 0),
        component(DAYS[1], "PETITION_PROCESSING_ON_TIME", 0, 1),
    )
    row = part(table, "no_cases")
    assert (row["before"], row["after"], row["difference"]) == (0, 1, -6.0)
    assert row["reading"] == "no_cases"
    assert "numerator" not in set(table["part"])


def test_a_null_counts_as_nothing_and_says_so():
    table = explain_change(
        component(DAYS[0], "PUBLISH_ON_TIME", 0, 0), component(DAYS[1], "PUBLISH_ON_TIME", 3, 4)
    )
    row = part(table, "metric")
    assert np.isnan(row["before"])
    assert (row["after"], row["difference"], row["reading"]) == (4.5, 4.5, "null")


def test_a_published_score_that_counts_do_not_give_leaves_a_rest():
    table = explain_change(
        component(DAYS[0], "ON_TIME", 80, 100, published_score=16.0),
        component(DAYS[1], "ON_TIME", 90, 100, published_score=18.01),
    )
    assert part(table, "metric")["difference"] == 2.01
    assert part(table, "numerator")["difference"] == 2.0
    assert part(table, "rest")["difference"] == 0.01


def test_no_deeper_than_both_dates():
    group = {"group": "TDGQ", "metric": None}
    table = explain_change(
        date(DAYS[0], **group, published_score=[16.0]),
        component(DAYS[1], "ON_TIME", 90, 100),
    )
    assert table["part"].tolist() == ["total", "group"]
    assert part(table, "group")["reading"] == "no_parts"
    assert part(table, "group")["difference"] == 2.0
    one = component(DAYS[0], "PAY_DOSSIERS", 1, 2)
    two = pd.concat([component(DAYS[1], "PAY_DOSSIERS", 2, 2), component(DAYS[1], "ON_TIME", 1, 2)])
    table = explain_change(one, two)
    assert part(table, "metric")["difference"] == 3.0
    assert table.loc[table["part"] == "group", "reading"].tolist() == ["not_both_known"] * 2


def test_a_unit_on_one_date_only_has_no_difference():
    one, two = component(DAYS[0], "ON_TIME", 1, 2), component(DAYS[1], "ON_TIME", 2, 2)
    table = explain_change(one.assign(unit_id="B"), two)
    assert table.set_index("unit_id")["reading"].to_dict() == {"A": "no_previous", "B": "no_later"}
    assert table["difference"].isna().all()
    assert explain_change(one.iloc[:0], two)["reading"].tolist() == ["no_previous"]
    assert explain_change(one.iloc[:0], two.iloc[:0]).empty


# Generated pairs


def generated(number, seed=766):
    """Two dates of many units: counts up and down, zeros, nulls, unknowns, group scores."""
    random = np.random.default_rng(seed)
    metrics = [m for code in groups() for m in scored_in(code)]
    sides = []
    for day in DAYS:
        shape = (number, len(metrics))
        below = random.integers(0, 10 ** random.integers(0, 6, shape))
        above = (below * random.beta(2, 1, shape)).round()
        rows = pd.DataFrame(
            {
                "unit_id": np.repeat([f"U{i}" for i in range(number)], len(metrics)),
                "metric": metrics * number,
                "numerator": above.ravel(),
                "denominator": below.ravel().astype(float),
            }
        )
        rows["group"] = rows["metric"].map({m: e.group for m, e in components().items()})
        counts = (rows["metric"], rows["numerator"], rows["denominator"])
        rows["published_score"] = component_score(*counts)
        kinds = random.random(len(rows))
        rows.loc[kinds < 0.05, "published_score"] += random.choice([-0.01, 0.01])
        rows.loc[kinds > 0.97, ["numerator", "published_score"]] = np.nan
        rows = rows[(kinds < 0.90) | (kinds > 0.92)]  # some are not there at all
        sums = rows.groupby(["unit_id", "group"], as_index=False)["published_score"].sum()
        totals = sums.groupby("unit_id", as_index=False)["published_score"].sum()
        kept = sums[random.random(len(sums)) < 0.9]
        rows = pd.concat([rows, kept, totals], ignore_index=True)
        sides.append(date(day, **{name: rows[name] for name in rows}))
    return sides


def test_1000_generated_pairs_add_up_to_the_hundredth():
    table = explain_change(*generated(1000))
    assert table["unit_id"].nunique() == 1000
    assert set(table["part"]) == set(PARTS)
    assert set(table["reading"].dropna()) <= set(READINGS)
    parts = table.assign(h=np.round(table["difference"] * 100))
    parts = parts[parts["difference"].notna()]
    assert np.allclose(parts["h"], parts["difference"] * 100, atol=1e-6)
    keys = [["unit_id", "group", "metric"], ["unit_id", "group"], ["unit_id"]]
    heads = ["metric", "group", "total"]
    below = [["numerator", "denominator", "no_cases"], ["metric"], ["group"]]
    depth = [parts["metric"].notna(), parts["metric"].isna() & parts["group"].notna()]
    depth.append(parts["group"].isna())
    checked = 0
    for key, head, inner, level in zip(keys, heads, below, depth, strict=True):
        whole = parts[parts["part"] == head].set_index(key)["h"]
        direct = parts[parts["part"].isin(inner) | ((parts["part"] == "rest") & level)]
        sums = direct.groupby(key, dropna=False)["h"].sum()
        split = parts[parts["part"].isin(inner)].groupby(key).size()
        common = whole.index.intersection(split.index)
        assert (whole[common] == sums[common]).all(), head
        checked += len(common)
    assert checked > 20_000


def test_exchanged_dates_change_the_sign():
    one, two = generated(50)
    table = explain_change(one, two)
    days = {"period_end_on": DAYS[1], "captured_at": DAYS[1]}
    earlier = {"period_end_on": DAYS[0], "captured_at": DAYS[0]}
    back = explain_change(two.assign(**earlier), one.assign(**days))
    keys = ["unit_id", "part", "group", "metric"]
    both = table.merge(back, on=keys, suffixes=("", "_back"))
    assert len(both) == len(table)
    assert (both["difference"].fillna(0) + both["difference_back"].fillna(0)).abs().max() < 1e-9


# What may not be compared


def test_kinds_of_period_are_not_mixed():
    month = component(DAYS[0], "ON_TIME", 1, 2).assign(
        period_kind="month", period_start_on="2026-09-01", period_end_on="2026-09-30"
    )
    with pytest.raises(InputError, match=r"no difference between month .* of different kinds"):
        explain_change(month, component(DAYS[1], "ON_TIME", 1, 2))


def test_dates_stand_in_order_and_alone():
    one, two = (component(day, "ON_TIME", 1, 2) for day in DAYS)
    with pytest.raises(
        InputError, match=r"before \(.*\) is not earlier than after .*exchange them"
    ):
        explain_change(two, one)
    with pytest.raises(InputError, match="is not earlier than after"):
        explain_change(one, one)
    with pytest.raises(InputError, match="before holds several periods"):
        explain_change(pd.concat([one, two]), two)
    with pytest.raises(InputError, match="given twice"):
        explain_change(pd.concat([one, one]), two)


def test_formulas_may_not_change_between(monkeypatch):
    from cchc_analysis.scorecards import scores

    monkeypatch.setattr(scores, "version_on", lambda day: f"portal_{day:%d}")
    monkeypatch.setattr(
        scores, "component_score", lambda m, n, d, v, official=False: np.zeros(len(m))
    )
    monkeypatch.setattr(scores, "components", lambda version: components())
    one, two = (component(day, "ON_TIME", 1, 2) for day in DAYS)
    with pytest.raises(InputError, match=r"change of the formulas \(portal_05, portal_10\)"):
        explain_change(one, two)
