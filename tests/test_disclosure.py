"""Small counts are blanked so that the cell they stand in cannot give them back."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cchc_analysis import metrics
from cchc_analysis.columns import TALLY, TALLY_COUNTS, InputError, check
from cchc_analysis.disclosure import suppress_small

KEYS = {
    "unit_id": "U", "period_start_on": "2024-01-01", "period_end_on": "2024-01-31",
    "basis": "period", "rule": "strict", "as_of": "2024-01-31", "source": "by hand",
}  # fmt: skip


def cell(rule="strict", basis="period", **counts):
    named = {f"{name}_count": [count] for name, count in counts.items()}
    return check(pd.DataFrame(KEYS | {"rule": rule, "basis": basis} | named), TALLY)


def shown(tally):
    return {
        name.removesuffix("_count"): int(value)
        for name, value in tally.iloc[0][list(TALLY_COUNTS)].items()
        if not pd.isna(value)
    }


# 120 to handle, 100 resolved, 20 open: everything large, or none.
LARGE = {
    "received": 90, "carried": 30, "resolved": 100, "on_time": 80, "early": 60, "due_day": 20,
    "late": 10, "withdrawn": 10, "undated": 0, "pending_in_time": 10, "overdue": 10,
    "suspended": 0, "online": 40, "digitised": 0,
}  # fmt: skip
RESOLVED = {"on_time", "early", "due_day", "late", "withdrawn"}
OPEN = {"pending_in_time", "overdue", "suspended"}


@pytest.mark.parametrize(
    ("changed", "blanked"),
    [
        ({}, set()),
        ({"late": 2, "on_time": 88, "early": 68}, {*RESOLVED, "undated"}),
        ({"overdue": 4, "pending_in_time": 16}, {*OPEN, "undated"}),
        ({"early": 3, "due_day": 77}, {"early", "due_day"}),
        ({"early": 77, "due_day": 3}, {"early", "due_day"}),
        ({"online": 1}, {"online"}),
        ({"online": 88}, {"online"}),  # 2 were not
        ({"received": 117, "carried": 3}, {"received", "carried"}),
        # 3 open, all in time: their size would follow from received + carried - resolved
        (
            {"received": 73, "pending_in_time": 3, "overdue": 0},
            {*OPEN, "undated", "received", "carried"},
        ),
        # 3 resolved, all on time
        (
            {"resolved": 3, "on_time": 3, "early": 3, "due_day": 0, "late": 0, "withdrawn": 0}
            | {"pending_in_time": 107},
            {*RESOLVED, "undated", "received", "carried", "resolved"},
        ),
        # withdrawn stand apart here: 2 of them would follow from the resolved
        ({"withdrawn": 2, "on_time": 88, "early": 68}, {*RESOLVED, "undated"}),
        # one resolved and one open dossier without a date
        ({"undated": 1, "withdrawn": 9}, {*RESOLVED, "undated"}),
        ({"undated": 1, "overdue": 9}, {*OPEN, "undated"}),
    ],
)
def test_what_is_blanked_for_five(changed, blanked):
    before = LARGE | changed
    after = shown(suppress_small(cell(**before), 5))
    assert set(before) - set(after) == blanked
    assert after == {name: count for name, count in before.items() if name not in blanked}


def test_a_small_cell_is_blanked_wholly_with_its_zeros():
    tiny = dict.fromkeys(LARGE, 0) | {"received": 4, "overdue": 4}
    assert shown(suppress_small(cell(**tiny), 5)) == {}
    assert shown(suppress_small(cell(**dict.fromkeys(LARGE, 0)), 5)) == dict.fromkeys(LARGE, 0)


def test_form06_counts_withdrawn_as_on_time_so_they_hide_among_them():
    form = LARGE | {"on_time": 90, "withdrawn": 2, "early": 60, "due_day": 28}
    after = shown(suppress_small(cell("form06", **form), 5))
    assert {"on_time": 90, "late": 10, "resolved": 100}.items() <= after.items()
    assert not {"withdrawn", "early", "due_day"} & set(after)


def test_a_cohort_has_nothing_carried_over_and_tells_its_open_dossiers_itself():
    cohort = LARGE | {"carried": np.nan, "received": 102, "pending_in_time": 2, "overdue": 0}
    after = shown(suppress_small(cell("strict", "received", **cohort), 5))
    assert {"received", "pending_in_time", "overdue"} & set(after) == set()
    assert (after["resolved"], after["on_time"]) == (100, 80)


@pytest.mark.parametrize("minimum", [1, 0, -3])
def test_a_minimum_of_one_or_less_changes_nothing(minimum):
    tally = cell(**(LARGE | {"late": 1, "on_time": 89}))
    pd.testing.assert_frame_equal(suppress_small(tally, minimum), tally)


def test_a_copy_with_the_same_columns_and_the_input_left_as_it_was():
    tally = cell(**(LARGE | {"late": 1, "on_time": 89})).assign(field="land")
    before = tally.copy(deep=True)
    after = suppress_small(tally, 5)
    pd.testing.assert_frame_equal(tally, before)
    assert list(after) == list(tally)
    assert after["field"].tolist() == ["land"]
    assert suppress_small(tally.iloc[:0], 5).empty
    with pytest.raises(InputError, match="tally has no column 'rule'"):
        suppress_small(tally.drop(columns="rule"), 5)


def test_rates_of_blanked_counts_are_missing_not_zero():
    tally = suppress_small(cell(**(LARGE | {"late": 2, "on_time": 88, "early": 68})), 5)
    for metric in (metrics.on_time_rate, metrics.early_rate, metrics.late_rate):
        row = metric(tally).iloc[0]
        assert row[["value", "low", "high", "count", "total"]].isna().all(), metric.__name__
    assert metrics.resolution_rate(tally)["value"].tolist() == [100 / 120]
    assert "on_time_rate" not in set(metrics.summary(tally)["indicator"])


# ----------------------------------------------- an attacker who knows the rule and the identities

OUTCOMES = (
    "early", "due_day", "late", "withdrawn", "undated_resolved", "pending", "overdue",
    "suspended", "undated_open",
)  # fmt: skip
ATOMS = list(itertools.product(OUTCOMES, ("new", "carried"), ("online", "desk")))
FINISHED = {"early", "due_day", "late", "withdrawn", "undated_resolved"}
PLACES = {
    "strict": {"on_time": {"early", "due_day"}, "pending_in_time": {"pending"}},
    "form06": {
        "on_time": {"early", "due_day", "withdrawn", "undated_resolved"},
        "pending_in_time": {"pending", "suspended", "undated_open"},
    },
}


def functionals(rule):
    """Each count of the tally, and what follows from the counts, as a sum of atoms."""
    sums = {
        "resolved": FINISHED, "late": {"late"}, "overdue": {"overdue"}, "early": {"early"},
        "due_day": {"due_day"}, "withdrawn": {"withdrawn"}, "suspended": {"suspended"},
        "undated": {"undated_resolved", "undated_open"}, "open": set(OUTCOMES) - FINISHED,
    } | PLACES[rule]  # fmt: skip
    rows = {name: [atom[0] in outcomes for atom in ATOMS] for name, outcomes in sums.items()}
    rows["received"] = [atom[1] == "new" for atom in ATOMS]
    rows["carried"] = [atom[1] == "carried" for atom in ATOMS]
    rows["online"] = [atom[1:] == ("new", "online") for atom in ATOMS]
    rows["received at the desk"] = [atom[1:] == ("new", "desk") for atom in ATOMS]
    rows["to handle"] = [True for _ in ATOMS]
    return {name: np.array(row, dtype=float) for name, row in rows.items()}


def recoverable(known, wanted, zero):
    """Whether a sum follows from known sums, where atoms in a sum of 0 are known to be 0."""
    wanted = wanted[~zero]
    rows = [wanted * 0, *(row[~zero] for row in known)]
    return np.linalg.matrix_rank([*rows, wanted]) == np.linalg.matrix_rank(rows)


NUMBERS = st.sampled_from([0, 0, 0, 0, 1, 2, 3, 5, 8, 40, 100])
CELLS = st.lists(NUMBERS, min_size=len(OUTCOMES), max_size=len(OUTCOMES))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(CELLS, st.sampled_from(sorted(PLACES)), st.randoms(use_true_random=False), st.booleans())
def test_no_small_count_is_left_or_follows_from_the_others(outcomes, rule, random, cohort):
    atoms = dict.fromkeys(ATOMS, 0)
    shares = random.choice([(1, 0), (0.9, 0.5), (0.5, 0.05), (0.05, 0.95)])
    for outcome, n in zip(OUTCOMES, outcomes, strict=True):
        for _ in range(n):
            origin = "new" if cohort or random.random() < shares[0] else "carried"
            channel = "online" if random.random() < shares[1] else "desk"
            atoms[outcome, origin, channel] += 1
    sums = functionals(rule)
    truth = {name: int(row @ np.array(list(atoms.values()))) for name, row in sums.items()}
    given_counts = {name: n for name, n in truth.items() if f"{name}_count" in TALLY_COUNTS}
    if cohort:
        given_counts["carried"] = np.nan
    tally = cell(rule, "received" if cohort else "period", **given_counts)
    after = shown(suppress_small(tally, 5))
    assert [name for name, n in after.items() if 1 <= n < 5] == []
    known = [sums[name] for name in after]
    zero = np.zeros(len(ATOMS), dtype=bool)
    for name, n in after.items():
        zero |= (sums[name] > 0) & (n == 0)
    if cohort:
        zero |= sums["carried"] > 0
    found = [
        name for name, n in truth.items() if 1 <= n < 5 and recoverable(known, sums[name], zero)
    ]
    assert found == []


@settings(max_examples=100, deadline=None, derandomize=True)
@given(CELLS, st.integers(2, 20))
def test_blanking_twice_or_more_strictly_never_shows_more(outcomes, minimum):
    truth = dict(zip(OUTCOMES, outcomes, strict=True))
    resolved = sum(truth[name] for name in FINISHED)
    tally = cell(
        received=sum(outcomes), carried=0, resolved=resolved, late=truth["late"],
        on_time=truth["early"] + truth["due_day"], overdue=truth["overdue"],
        pending_in_time=truth["pending"], withdrawn=truth["withdrawn"],
        undated=truth["undated_resolved"] + truth["undated_open"], suspended=truth["suspended"],
    )  # fmt: skip
    once = suppress_small(tally, minimum)
    assert shown(suppress_small(once, minimum)).items() <= shown(once).items()
    assert shown(suppress_small(tally, minimum + 1)).items() <= shown(once).items()
