"""Results, refusals and withdrawals side by side: Aalen-Johansen on counts."""

import json
import warnings
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from statsmodels.duration.survfunc import CumIncidenceRight

from cchc_analysis.timing import cumulative_incidence, time_to_result

GOLDEN = Path(__file__).resolve().parents[2] / "shared" / "golden" / "competing_risks"
OUTCOMES = ("pending", "result", "refused", "withdrawn")
KEYS = {
    "unit_id": "A", "period_start_on": "2026-01-01", "period_end_on": "2026-01-31",
    "cohort": "received", "as_of": "2026-01-31", "rule": "strict", "day_kind": "working",
    "source": "export.csv",
}  # fmt: skip


def durations(end, code, entry=0):
    rows = pd.DataFrame(
        {"entry_days": entry, "end_days": end, "outcome": [OUTCOMES[int(k)] for k in code]}
    )
    counted = rows.groupby(list(rows), as_index=False).size()
    return counted.rename(columns={"size": "dossier_count"}).assign(**KEYS)


def wide(incidence, column="share"):
    return incidence.pivot(index="days", columns="outcome", values=column)


def test_a_case_worked_by_hand():
    """Exact fractions of Therneau's survival package, tests/testci.R (derived by hand there)."""
    found = cumulative_incidence(durations([1, 2, 2, 3, 3, 3, 5, 6], [0, 1, 0, 2, 0, 2, 0, 2]))
    shares = wide(found)
    assert shares.index.tolist() == [1, 2, 3, 5, 6]
    seventh, two = Fraction(1, 7), Fraction(12, 35)
    expected = {
        "result": [0, seventh, seventh, seventh, seventh],
        "refused": [0, 0, two, two, Fraction(6, 7)],
    }
    for outcome, values in expected.items():
        assert shares[outcome].tolist() == pytest.approx([float(v) for v in values], abs=1e-14)
    open_share = wide(found, "open_share")["result"]
    assert open_share.tolist() == pytest.approx([1, 6 / 7, 18 / 35, 18 / 35, 0], abs=1e-14)
    assert wide(found, "at_risk_count")["result"].tolist() == [8, 7, 5, 2, 1]
    assert (shares["withdrawn"] == 0).all()


def test_the_shared_case_is_the_one_above():
    if not GOLDEN.exists():
        pytest.skip("the shared golden set competing_risks is not on this machine")
    case = json.loads((GOLDEN / "aalen_johansen_hand.json").read_text())
    shares = wide(cumulative_incidence(durations(case["time"], case["event_code"])))
    for outcome, cause in (("result", "cause1"), ("refused", "cause2")):
        np.testing.assert_allclose(shares[outcome], case["P_state"][cause], atol=1e-14)


def test_monoclonal_gammopathy_at_5_10_and_20_years():
    """mgus2 (Kyle et al. 2002, *NEJM* 346, 564-569): 115 progressed, 860 died, 409 censored."""
    if not GOLDEN.exists():
        pytest.skip("the shared golden set competing_risks is not on this machine")
    data = pd.read_csv(GOLDEN / "mgus2.csv")
    expected = json.loads((GOLDEN / "mgus2_own_cif.json").read_text())
    end = data["ptime"].where(data["pstat"] == 1, data["futime"])
    code = np.where(data["pstat"] == 1, 1, 2 * data["death"])
    frame = durations(end, code)
    counts = frame.groupby("outcome")["dossier_count"].sum()
    assert (counts["result"], counts["refused"], counts["pending"]) == (115, 860, 409)
    shares = wide(cumulative_incidence(frame))
    for place, month in enumerate(expected["time_months"]):
        at = shares.loc[:month].iloc[-1]
        assert at["result"] == pytest.approx(expected["pcm"][place], abs=1e-12)
        assert at["refused"] == pytest.approx(expected["death"][place], abs=1e-12)


HISTORY = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 3), st.integers(0, 4)), min_size=1, max_size=40
)


@settings(max_examples=40, deadline=None)
@given(rows=HISTORY)
def test_shares_and_errors_equal_those_of_the_rows(rows):
    end, code = np.array([(end, code) for end, code, _ in rows], dtype=float).T
    if not code.any():
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        oracle = CumIncidenceRight(end, code.astype(int))
    found = cumulative_incidence(durations(end, code))
    shares, errors = wide(found), wide(found, "std_error")
    assert shares.index.tolist() == oracle.times.tolist()
    for place, share in enumerate(oracle.cinc):
        outcome = OUTCOMES[place + 1]
        np.testing.assert_allclose(shares[outcome], share, rtol=0, atol=1e-12)
        known = np.isfinite(oracle.cinc_se[place]) & errors[outcome].notna().to_numpy()
        np.testing.assert_allclose(
            errors[outcome][known], oracle.cinc_se[place][known], rtol=0, atol=1e-8
        )


@settings(max_examples=40, deadline=None)
@given(rows=HISTORY)
@example(rows=[(0, 1, 0), (1, 1, 0), (2, 0, 0), (2, 1, 0), (3, 1, 0)])  # sums to 1 + 2e-16
def test_what_closed_and_what_is_open_add_to_one(rows):
    """Also with dossiers carried over; and the open share is that of time_to_result."""
    end, code, entry = np.array(rows).T
    frame = durations(end, code, np.minimum(entry, end)).assign(cohort="observed")
    found = cumulative_incidence(frame)
    whole = wide(found).sum(axis=1) + wide(found, "open_share")["result"]
    np.testing.assert_allclose(whole, 1, rtol=0, atol=1e-12)
    np.testing.assert_allclose(
        wide(found, "open_share")["result"], time_to_result(frame)["open_share"], atol=1e-14
    )
    assert ((found["low"] <= found["share"] + 1e-12) & (found["share"] <= found["high"])).all()
    assert found["low"].between(0, 1).all() and found["high"].between(0, 1).all()


def test_without_censoring_the_error_is_the_binomial_one_to_the_last_day():
    """Of 10 dossiers 4 end with a result, 3 refused, 3 withdrawn: sqrt(p(1 - p)/n)."""
    found = cumulative_incidence(durations(range(10), [1, 2, 3, 1, 2, 3, 1, 2, 3, 1]))
    last = found[found["days"] == 9].set_index("outcome")
    assert last["share"].to_dict() == pytest.approx(
        {"result": 0.4, "refused": 0.3, "withdrawn": 0.3}
    )
    for row in last.itertuples():
        assert row.std_error == pytest.approx(np.sqrt(row.share * (1 - row.share) / 10))


def test_one_outcome_has_the_limits_of_the_curve():
    frame = durations([1, 2, 2, 4, 5, 5, 7], [1, 1, 0, 1, 1, 0, 1])
    incidence = cumulative_incidence(frame)
    results = incidence[incidence["outcome"] == "result"].reset_index(drop=True)
    curve = time_to_result(frame)
    np.testing.assert_allclose(results["low"], 1 - curve["high"], atol=1e-12)
    np.testing.assert_allclose(results["high"], 1 - curve["low"], atol=1e-12)


def test_results_alone_would_promise_more_than_there_can_be():
    """Half refused at once: one minus a curve of results alone would say all had a result."""
    found = cumulative_incidence(durations([1] * 5 + [2] * 5, [2] * 5 + [1] * 5))
    assert found[found["days"] == 2].set_index("outcome")["share"]["result"] == pytest.approx(0.5)
