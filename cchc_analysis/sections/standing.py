"""The section on a unit's printed indices: their scale, class, rank and decision."""

from __future__ import annotations

import pandas as pd

from cchc_analysis import narrative, tables
from cchc_analysis.display import Block, Language
from cchc_analysis.sections.frame import Parts, section


def standing(scores: pd.DataFrame, *, units: pd.DataFrame, language: Language) -> list[Block]:
    """Printed indices of one unit, each with the decision that set its scale and classes."""
    parts: Parts = [
        narrative.standing(scores, language=language),
        tables.index_scores(scores, units=units, language=language),
    ]
    return section("standing", parts, language)
