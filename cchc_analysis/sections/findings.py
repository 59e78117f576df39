"""The section on what does not fit together in saved evaluation screens."""

from __future__ import annotations

import pandas as pd

from cchc_analysis import narrative, tables
from cchc_analysis.display import Block, Language
from cchc_analysis.sections.frame import Parts, section


def findings(found: pd.DataFrame, *, units: pd.DataFrame, language: Language) -> list[Block]:
    """What was seen, by its largest cases, and a table of more of them."""
    parts: Parts = [
        narrative.findings(found, units=units, language=language),
        tables.findings(found, units=units, language=language),
    ]
    return section("findings", parts, language)
