"""Sections on appointments moved, apologies made, and stated causes of lateness."""

from __future__ import annotations

import pandas as pd

from cchc_analysis import narrative, tables
from cchc_analysis.display import Block, Language
from cchc_analysis.narrative.appointments import POOLED
from cchc_analysis.sections.frame import Parts, section

_TOLD = ("late_first_count", "moved_count", "reappointed_again_count", "apologised_count")
_APOLOGIES = ("apologised_count", "no_apology_count")
_WHEN = ("apologised_in_time_count", "apologised_after_count")
_GROUP = ["unit_id", "period_start_on", "period_end_on", "source"]


def appointments(
    counts: pd.DataFrame,
    *,
    units: pd.DataFrame,
    suppress_below: int = 0,
    language: Language,
) -> list[Block]:
    """Late against the first and the latest appointment, new dates, apologies.

    Nothing where the export tells of none of it.
    """
    told = counts[counts[list(_TOLD)].notna().any(axis=1)]
    shown = _without_small(told, suppress_below)
    parts: Parts = [
        narrative.appointments(shown, units=units, language=language),
        tables.appointments(shown, units=units, language=language),
    ]
    return section("appointments", parts, language)


def causes(
    counts: pd.DataFrame,
    *,
    units: pd.DataFrame,
    suppress_below: int = 0,
    language: Language,
) -> list[Block]:
    """The causes of lateness that the office states, small groups taken together if asked."""
    groups = [_pooled(group, suppress_below)
              for _, group in counts.groupby(_GROUP, sort=False, dropna=False)]  # fmt: skip
    shown = pd.concat(groups, ignore_index=True) if groups else counts
    parts: Parts = [
        narrative.causes(shown, units=units, language=language),
        tables.causes(shown, units=units, language=language),
    ]
    return section("causes", parts, language)


def _without_small(counts: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Blank counts of fewer than ``minimum`` dossiers, and those that give one away."""

    def small(count: pd.Series) -> pd.Series:
        return (count >= 1) & (count < minimum)

    def reveals(part: pd.Series, total: pd.Series) -> pd.Series:
        return small(part) | small(total - part)

    due, late = counts["dossier_count"], counts["late_count"]
    first = counts["late_first_count"]
    no_late = small(due) | reveals(late, due)
    no_first = small(due) | reveals(first, due) | small((first - late).abs())
    no_apology = no_late | no_first | reveals(counts["apologised_count"], first.fillna(late))
    no_when = no_apology | reveals(counts[_WHEN[0]], counts["apologised_count"])
    others = ("moved_count", "reappointed_again_count")
    blank = {"late_count": no_late, "late_first_count": no_first, "dossier_count": small(due)}
    blank |= {name: small(due) | reveals(counts[name], due) for name in others}
    blank |= dict.fromkeys(_APOLOGIES, no_apology) | dict.fromkeys(_WHEN, no_when)
    blank["apart_count"] = small(counts["apart_count"])
    return counts.assign(**{name: counts[name].mask(hidden) for name, hidden in blank.items()})


def _pooled(causes: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Take the smallest stated causes of a unit together until none is below ``minimum``.

    Nothing is left where all that have a stated cause, or all that have none, are too few.
    """
    unstated = causes["late_cause"].isna()
    sums = causes.groupby(unstated)["late_count"].sum()
    if (sums.between(1, minimum - 1)).any():
        return causes.head(0)
    stated = causes[~unstated].sort_values("late_count", kind="stable", ignore_index=True)
    small = stated["late_count"] < minimum
    if not small.any():
        return causes
    many = int(max(small.sum(), (stated["late_count"].cumsum() < minimum).sum() + 1))
    total = stated["late_count"].iloc[:many].sum()
    pool = stated.head(1).assign(late_cause=POOLED, late_count=total)
    return pd.concat([stated.iloc[many:], pool, causes[unstated]], ignore_index=True)
