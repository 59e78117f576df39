"""Tables of times: quantiles, shares by the due day, two cohorts, hazard ratios."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from cchc_analysis.display import Block, Language
from cchc_analysis.labels import in_order, level_name, row_label, sources
from cchc_analysis.tables.markup import table_block
from cchc_analysis.wording import NONE, day, decimal, interval, named, percent, say, whole

if TYPE_CHECKING:
    from cchc_analysis.timing import HazardFit


_DAY_HEADS = {"working": "within_working_days", "calendar": "within_calendar_days"}


def durations(
    quantiles: pd.DataFrame,
    *,
    label: str | Sequence[str] = "unit_id",
    units: pd.DataFrame | None = None,
    language: Language,
) -> Block | None:
    """Show the days by which shares of the dossiers were closed, one line for each group.

    Parameters
    ----------
    quantiles
        What :func:`~cchc_analysis.timing.time_quantiles` returned.
    label
        Column, or columns together, that name the lines.
    """
    if quantiles.empty:
        return None
    rows = _by_name(quantiles, label, units, language)
    body = [
        [
            row["name"],
            percent(row["share"], language, 0),
            _days(row, language),
            _limits(row["low_days"], row["high_days"], language),
            whole(row["dossier_count"], language),
            whole(row["pending_count"], language),
        ]
        for row in rows.to_dict("records")
    ]
    days = _DAY_HEADS[quantiles["day_kind"].iloc[0]]
    names = ["closed_share", days, "interval", "dossiers", "still_open"]
    return _table("durations", [_label_head(label), *names], body, quantiles, language)


def legal_time(
    shares: pd.DataFrame,
    *,
    label: str | Sequence[str] = "unit_id",
    units: pd.DataFrame | None = None,
    language: Language,
) -> Block | None:
    """Show the shares in time, withdrawn and open after the due day, and what is not known.

    Parameters
    ----------
    shares
        What :func:`~cchc_analysis.timing.share_by_legal_time` returned.
    label
        Column, or columns together, that name the lines.
    """
    if shares.empty:
        return None
    body = [
        [
            row["name"],
            percent(row["share"], language),
            interval(row["low"], row["high"], language),
            percent(row["late_share"], language),
            percent(row["withdrawn_share"], language),
            whole(row["dossier_count"], language),
            whole(row["decided_count"], language),
            whole(row["unknown_count"], language),
            whole(row["undated_count"], language),
        ]
        for row in _by_name(shares, label, units, language).to_dict("records")
    ]
    names = [
        "in_time_share", "interval", "late_share", "withdrawn_share", "dossiers", "decided",
        "not_due", "undated",
    ]  # fmt: skip
    return _table("legal_time", [_label_head(label), *names], body, shares, language)


def cohorts(
    bias: pd.DataFrame,
    *,
    label: str | Sequence[str] = "unit_id",
    units: pd.DataFrame | None = None,
    language: Language,
) -> Block | None:
    """Show the medians of the dossiers received and of those closed in the same period.

    Parameters
    ----------
    bias
        What :func:`~cchc_analysis.timing.cohort_bias` returned.
    label
        Column, or columns together, that name the lines.
    """
    if bias.empty:
        return None
    body = [
        [
            row["name"],
            decimal(row["received_days"], language, 0),
            _limits(row["received_low_days"], row["received_high_days"], language),
            whole(row["received_count"], language),
            whole(row["pending_count"], language),
            decimal(row["closed_days"], language, 0),
            _limits(row["closed_low_days"], row["closed_high_days"], language),
            whole(row["closed_count"], language),
            say(f"cohorts.{row['reading']}", language),
        ]
        for row in _by_name(bias, label, units, language).to_dict("records")
    ]
    names = [
        "received_median", "interval", "received_dossiers", "still_open", "closed_median",
        "interval", "closed_dossiers", "reading",
    ]  # fmt: skip
    heads = [_label_head(label), *names]
    return _table("cohorts", heads, body, bias, language, numeric=set(range(1, 8)))


def hazard(fit: HazardFit, *, language: Language) -> Block | None:
    """Show each level's hazard ratio with its interval, the reference among them."""
    if fit.effects.empty:
        return None
    body = [
        [
            named("term", row["term"], language),
            level_name(row["term"], row["level"], language),
            level_name(row["term"], row["reference"], language),
            whole(row["dossier_count"], language),
            whole(row["closed_count"], language),
            decimal(row["hazard_ratio"], language),
            _limits(row["low"], row["high"], language, places=2),
            say(f"hazard.{row['reading']}", language),
        ]
        for row in fit.effects.to_dict("records")
    ]
    names = [
        "term", "level", "reference", "dossiers", "closed_dossiers", "hazard_ratio", "interval",
        "reading",
    ]  # fmt: skip
    foot = say(
        "hazard.foot", language, rule=named("rule", fit.rule, language),
        source=sources(fit.source.split("; "), language),
    )  # fmt: skip
    heads = [f"column.{name}" for name in names]
    source = fit.source.split("; ")
    return table_block(
        "table.hazard", heads, body, language, source, numeric={3, 4, 5, 6}, foot=foot
    )


def _table(
    key: str,
    names: Sequence[str],
    body: list[list[str]],
    rows: pd.DataFrame,
    language: Language,
    *,
    numeric: set[int] | None = None,
) -> Block:
    """Build a table whose foot tells rule, day of the data and source."""
    first = rows.iloc[0]
    last = rows["period_end_on" if first.get("cohort") == "observed" else "as_of"].max()
    foot = say(
        f"timing.foot.{first['day_kind']}", language, as_of=day(last, language),
        rule=named("rule", first["rule"], language), source=sources(rows["source"], language),
    )  # fmt: skip
    heads = [f"column.{name}" for name in names]
    return table_block(
        f"table.{key}", heads, body, language, rows["source"], numeric=numeric, foot=foot
    )


def _by_name(
    rows: pd.DataFrame,
    label: str | Sequence[str],
    units: pd.DataFrame | None,
    language: Language,
) -> pd.DataFrame:
    """Add the names of the lines and put them in the order of the alphabet."""
    names = [row_label(row, label, language, units) for row in rows.to_dict("records")]
    named_rows = rows.assign(name=names)
    return named_rows.sort_values("name", key=lambda x: x.map(in_order), kind="stable")


def _label_head(label: str | Sequence[str]) -> str:
    """Return the header over the names of the lines."""
    return label if isinstance(label, str) else label[0]


def _days(row: dict, language: Language) -> str:
    """Return the day by which a share was closed, or why there is none."""
    if row["reading"] == "reached":
        return decimal(row["days"], language, 0)
    return say(f"quantile.{row['reading']}", language)


def _limits(low: float, high: float, language: Language, *, places: int = 0) -> str:
    """Return limits as a range; an end that is not reached yet is left open."""
    if pd.isna(low):
        return NONE
    if pd.isna(high):
        return say("range.open", language, low=decimal(low, language, places))
    ends = {"low": decimal(low, language, places), "high": decimal(high, language, places)}
    return say("range", language, **ends)
