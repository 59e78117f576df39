"""Draw the dossiers of one invented export: what happened to each, then the hours.

A dossier is late with probability ``1 / (1 + exp(-x))``, x = intercept + field + channel +
season + unit. Where totals are given, more dossiers than needed are drawn and each column
of form 06 is filled up to its total, so that totals are exact and effects stay in direction.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cchc_analysis.sample.world import (
    CHANNEL_EFFECTS,
    CHANNELS,
    FIELD_EFFECTS,
    ODD_ROWS,
    PROCEDURES,
    SEASON_EFFECT,
    SEASON_MONTHS,
    Plan,
)

HOLIDAYS = np.array(
    [
        "2023-01-02", "2023-01-20", "2023-01-23", "2023-01-24", "2023-01-25", "2023-01-26",
        "2023-05-01", "2023-05-02", "2023-05-03", "2023-09-01", "2023-09-04", "2024-01-01",
        "2024-02-08", "2024-02-09", "2024-02-12", "2024-02-13", "2024-02-14", "2024-04-18",
        "2024-04-29", "2024-04-30", "2024-05-01", "2024-09-02", "2024-09-03", "2025-01-01",
        "2025-01-27", "2025-01-28", "2025-01-29", "2025-01-30", "2025-01-31",
    ],
    dtype="datetime64[D]",
)  # fmt: skip
COLUMNS = ("early", "due_day", "late", "pending", "before")
ON_TOP = ("received_unreadable", "code_missing", "status_1_not_received", "status_3_not_received")
WITHDRAWN_SHARE, SUSPENDED_SHARE, SATURDAY_SHARE = 0.006, 0.006, 0.02
ONLINE_EARLY = 0.08
OFFICE_MINUTES = np.r_[420:690, 810:1020]
"""Minutes of the day on which desks are open: 7:00-11:30 and 13:30-17:00."""
CLOSING = np.timedelta64(17 * 60, "m")
TIMES = ["submitted_at", "received_at", "due_at", "result_at", "returned_at"]


def draw_records(plan: Plan, units: pd.DataFrame, *, dossiers: int, seed: int) -> pd.DataFrame:
    """Return the rows of one export, in the order of receipt.

    Parameters
    ----------
    plan
        The export; its totals, where it has any, decide the number of rows.
    units
        As :func:`~cchc_analysis.sample.world.units_of` gives them.
    dossiers
        Dossiers to draw where the plan has no totals.
    seed
        Same seed, same rows.

    Returns
    -------
    pandas.DataFrame
        unit (row of ``units``), procedure (place in ``PROCEDURES``), channel, status,
        digitised, number (running per unit and day), coded_on, the five times (missing
        where they did not happen) and odd (what is wrong with the row, or empty).
    """
    rng = np.random.default_rng([seed, plan.number, 1])
    counted = (
        _fill_totals(rng, plan, units) if plan.totals else _simulate(rng, plan, units, dossiers)
    )
    counted = _make_odd(rng, counted.assign(odd=""), plan)
    labels = np.repeat(ON_TOP, [ODD_ROWS[name] for name in ON_TOP])
    extra = _simulate(rng, plan, units, 2 * len(labels) + 1_000)
    extra = extra[extra["received"] >= np.datetime64(plan.start_on)].head(len(labels))
    records = _add_hours(rng, pd.concat([counted, extra.assign(odd=labels)], ignore_index=True))
    records = records.sort_values("received_at", kind="stable", ignore_index=True)
    number = records.groupby(["unit", "coded_on"]).cumcount() + 1
    return _refuse_at_intake(records.assign(number=number))


def _fill_totals(rng: np.random.Generator, plan: Plan, units: pd.DataFrame) -> pd.DataFrame:
    """Draw until every column of form 06 holds exactly its total."""
    wanted = pd.Series(plan.totals)
    kept = []
    while wanted.any():
        pool = _simulate(rng, plan, units, int(1.3 * sum(plan.totals.values())))
        place = pool.groupby("column", observed=False).cumcount()
        quota = pool["column"].map(wanted).astype("float64").fillna(0)
        chosen = pool[place < quota]
        kept.append(chosen)
        wanted = wanted - chosen["column"].value_counts().reindex(wanted.index, fill_value=0)
    return pd.concat(kept, ignore_index=True)


def _simulate(rng: np.random.Generator, plan: Plan, units: pd.DataFrame, size: int) -> pd.DataFrame:
    """Return ``size`` dossiers as they stand on the last day of the period."""
    days, first, last = _workdays(plan)
    unit, procedure = _cases(rng, units, size)
    field = np.array([p.field for p in PROCEDURES])[procedure]
    channel = rng.choice(len(CHANNELS), size=size, p=(0.53, 0.45, 0.02))
    received = first + rng.choice(last - first + 1, size=size, p=_busy(days[first : last + 1]))
    legal = np.array([p.legal_days for p in PROCEDURES])[procedure]
    late = _late(rng, plan, units, unit, procedure, channel, days[received])
    end = _end(rng, plan.early_share, received, legal, late, channel)
    withdrawn = rng.random(size) < WITHDRAWN_SHARE
    end = np.where(withdrawn, received + np.floor(rng.random(size) * legal).astype(int), end)
    open_ = (end > last) | (~withdrawn & (rng.random(size) < SUSPENDED_SHARE))
    suspended = open_ & (end <= last)
    ended = _saturdays(rng, days[end], moved=end != received + legal, plan=plan)
    lag = rng.geometric(0.6, size) - 1
    returned = np.where(lag == 0, ended, days[np.minimum(end + lag, len(days) - 1)])
    handed = ~open_ & ~withdrawn & (end + lag <= last) & (rng.random(size) < 0.97)
    status = np.select(
        [suspended, open_ & (received >= last - 1), open_, withdrawn, handed],
        [_suspension(rng, field), 2, 4, 7, 10],
        9,
    )
    rows = pd.DataFrame(
        {
            "unit": unit,
            "procedure": procedure,
            "channel": channel,
            "status": status,
            "digitised": rng.random(size) < np.where(channel == 1, 0.8, 0.45),
            "received": days[received],
            "due": days[received + legal],
            "end": np.where(open_, np.datetime64("NaT"), ended),
            "returned": np.where(handed, returned, np.datetime64("NaT")),
        }
    )
    return rows.assign(column=_form_column(rows, plan))


def _workdays(plan: Plan) -> tuple[np.ndarray, int, int]:
    """Return working days around the period, and the places of the first and last usable one."""
    start, end = np.datetime64(plan.start_on), np.datetime64(plan.end_on)
    every = np.arange(start - 120, end + 200)
    days = every[np.is_busday(every, holidays=HOLIDAYS)]
    first = int(np.searchsorted(days, start)) - plan.carry_days
    return days, first, int(np.searchsorted(days, end, side="right")) - 1


def _cases(
    rng: np.random.Generator, units: pd.DataFrame, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draw who resolves which procedure."""
    shares = np.zeros((len(units), len(PROCEDURES)))
    for i, unit in enumerate(units.itertuples()):
        if unit.weight > 0:
            fits = [unit.only_field in ("", p.field) for p in PROCEDURES]
            row = np.array([getattr(p, unit.unit_class) for p in PROCEDURES]) * fits
            shares[i] = unit.weight * row / row.sum()
    case = rng.choice(shares.size, size=size, p=shares.ravel() / shares.sum())
    return np.divmod(case, len(PROCEDURES))


def _busy(days: np.ndarray) -> np.ndarray:
    """Return the share of receipts on each working day: Mondays and the year's end are busy."""
    monday = days.astype("datetime64[D]").view("int64") % 7 == 4
    weight = 1 + 0.25 * monday + 0.15 * np.isin(_month(days), SEASON_MONTHS)
    return weight / weight.sum()


def _month(days: np.ndarray) -> np.ndarray:
    """Return the month, 1 to 12."""
    return days.astype("datetime64[M]").astype("int64") % 12 + 1


def _late(
    rng: np.random.Generator,
    plan: Plan,
    units: pd.DataFrame,
    unit: np.ndarray,
    procedure: np.ndarray,
    channel: np.ndarray,
    received: np.ndarray,
) -> np.ndarray:
    """Draw who is not finished by the due day."""
    by_procedure = np.array([FIELD_EFFECTS[p.field] for p in PROCEDURES])
    by_channel = np.array([CHANNEL_EFFECTS[name] for name in CHANNELS])
    season = SEASON_EFFECT * np.isin(_month(received), SEASON_MONTHS)
    unit_effect = units["effect"].to_numpy()[unit]
    log_odds = plan.intercept + by_procedure[procedure] + by_channel[channel] + season + unit_effect
    return log_odds + rng.logistic(size=len(unit)) > 0


def _end(
    rng: np.random.Generator,
    early_share: float,
    received: np.ndarray,
    legal: np.ndarray,
    late: np.ndarray,
    channel: np.ndarray,
) -> np.ndarray:
    """Draw the working day on which the result is there."""
    size = len(received)
    overrun = np.ceil(np.exp(rng.normal(1.3, 1.0, size))).astype(int).clip(1, 80)
    early = rng.random(size) < early_share + ONLINE_EARLY * (channel == 1)
    before = np.floor(rng.random(size) * legal).astype(int)
    taken = np.select([late, early], [legal + overrun, before], legal)
    return received + taken


def _saturdays(
    rng: np.random.Generator, ended: np.ndarray, *, moved: np.ndarray, plan: Plan
) -> np.ndarray:
    """Move a few Friday results, none of them on its due day, to the Saturday after."""
    friday = ended.astype("datetime64[D]").view("int64") % 7 == 1
    inside = ended < np.datetime64(plan.end_on)
    return ended + (friday & moved & inside & (rng.random(len(ended)) < SATURDAY_SHARE))


def _suspension(rng: np.random.Generator, field: np.ndarray) -> np.ndarray:
    """Draw why a dossier waits: papers (5), for land also a tax or fee (6), or a stop (8)."""
    drawn = rng.random(len(field))
    return np.select([drawn < 0.2, (drawn < 0.6) & (field == "Đất đai")], [8, 6], 5)


def _form_column(rows: pd.DataFrame, plan: Plan) -> pd.Categorical:
    """Return the column of form 06 a dossier falls into; 'before': ended before the period."""
    end, due = rows["end"], rows["due"]
    codes = np.select(
        [
            end < np.datetime64(plan.start_on),
            end.isna(),
            rows["status"] == 7,
            end < due,
            end == due,
        ],
        [4, 3, 1, 0, 1],
        2,
    )
    return pd.Categorical.from_codes(codes, COLUMNS)


def _make_odd(rng: np.random.Generator, rows: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Return ``rows`` with a few made odd in ways that leave each in its column of form 06."""
    settled = (rows["received"] > np.datetime64(plan.start_on) + 10) & rows["status"].isin([9, 10])
    plain_early, plain_due = (
        settled & (rows["column"] == "early"),
        settled & (rows["column"] == "due_day"),
    )
    same_day = plain_due & (rows["returned"] == rows["end"])
    two_days, five_days = pd.Timedelta(days=2), pd.Timedelta(days=5)
    changes = (
        ("result_before_receipt", plain_early, "end", rows["received"] - two_days),
        ("due_before_receipt", rows["column"] == "late", "due", rows["received"] - five_days),
        ("result_missing_but_returned", same_day, "end", pd.NaT),
        ("due_missing", plain_due, "due", pd.NaT),
    )
    for name, fits, column, value in changes:
        free = np.flatnonzero(fits & (rows["odd"] == ""))
        chosen = np.zeros(len(rows), dtype=bool)
        chosen[rng.choice(free, ODD_ROWS[name], replace=False)] = True
        changed = rows[column].mask(chosen, value)
        rows = rows.assign(**{column: changed, "odd": rows["odd"].mask(chosen, name)})
    return rows


def _add_hours(rng: np.random.Generator, rows: pd.DataFrame) -> pd.DataFrame:
    """Put each event at an hour its desk is open, in the order in which events happen."""
    size = len(rows)
    opened = rng.integers(len(OFFICE_MINUTES), size=size)
    finished = _minute_after(rng, np.where(rows["end"] == rows["received"], opened, 0))
    handed = _minute_after(rng, np.where(rows["returned"] == rows["end"], finished, 0))
    received_at = rows["received"] + _minutes(opened)
    waited = np.where(rows["channel"] == 1, rng.exponential(300, size).astype(int), 0)
    times = {
        "submitted_at": received_at - waited.astype("timedelta64[m]"),
        "received_at": received_at,
        "due_at": rows["due"] + CLOSING,
        "result_at": rows["end"] + _minutes(finished),
        "returned_at": rows["returned"] + _minutes(handed),
        "coded_on": rows["received"],
    }
    return rows.drop(columns=["received", "due", "end", "returned", "column"]).assign(**times)


def _minute_after(rng: np.random.Generator, earliest: np.ndarray) -> np.ndarray:
    """Draw a place in the office hours, not before ``earliest``."""
    left = len(OFFICE_MINUTES) - earliest
    return earliest + np.floor(rng.random(len(earliest)) * left).astype(int)


def _minutes(place: np.ndarray) -> np.ndarray:
    """Return the time since midnight at a place in the office hours."""
    return OFFICE_MINUTES[place].astype("timedelta64[m]")


def _refuse_at_intake(records: pd.DataFrame) -> pd.DataFrame:
    """Return ``records`` in which those with status 1 and 3 were only ever submitted."""
    registered = records["odd"] == "status_1_not_received"
    refused = records["odd"] == "status_3_not_received"
    status = records["status"].mask(registered, 1).mask(refused, 3)
    later = {name: records[name].mask(registered | refused, pd.NaT) for name in TIMES[1:]}
    return records.assign(status=status, **later)
