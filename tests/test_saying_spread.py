"""What is said of how far units differ where there is no estimate of it, or no upper limit."""

import html
import re
from dataclasses import replace

import pandas as pd
import pytest

from cchc_analysis import narrative
from cchc_analysis.drivers import random_intercept
from cchc_analysis.report.linking import unlinked

LANGUAGES = ["vi", "en"]


def cells(land, civil, units="ABC"):
    """Every unit has as many dossiers in time and late of each field."""
    rows = [(u, f, *n) for u in units for f, n in (("land", land), ("civil", civil))]
    names = ["unit_id", "field", "on_time_count", "late_count"]
    return pd.DataFrame(rows, columns=names).assign(
        overdue_count=0, basis="due", period_start_on="2026-01-01", period_end_on="2026-06-30",
        rule="strict", as_of="2026-07-01", source="simulated.csv",
    )  # fmt: skip


def text(blocks):
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", block.html) for block in blocks))


def figures_unsaid(blocks):
    return unlinked("".join(block.html for block in blocks))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("late", "reading", "words"),
    [
        ([(0, 900), (880, 900)], "two_units", {"vi": "Hai đơn vị", "en": "Two units are too few"}),
        ([(0, 900), (880, 900), (0, 20)], "no_estimate", {"vi": "từng đơn vị", "en": "one by one"}),
        ([(20, 2000), (400, 2000), (1600, 2000)], "fitted",
         {"vi": "không có cận trên", "en": "no upper end"}),
        ([(1, 9), (3, 9), (5, 9)], "fitted", {"vi": "", "en": ""}),
    ],
)  # fmt: skip
def test_units_that_no_spread_describes_are_told_what_to_do(late, reading, words, language):
    """A million-fold odds ratio, or one to infinity, was once told in such cases."""
    counts = pd.concat([
        cells((n - y, y), (n - y, y), units=unit) for unit, (y, n) in zip("ABC", late, strict=False)
    ])  # fmt: skip
    between = random_intercept(counts, ["field"])
    assert between.reading == reading
    parts = narrative.between_units(between, language=language)
    assert words[language] in text(parts)
    assert "∞" not in text(parts) and "infinity" not in text(parts)
    assert figures_unsaid(parts) == []


def test_a_spread_without_an_upper_limit_is_not_called_none():
    found = random_intercept(cells((8, 2), (7, 3)), ["field"])
    wide = replace(found, sd_high=float("inf"), median_odds_ratio_high=float("inf"))
    for language, words in (("vi", "Số liệu quá ít"), ("en", "cannot be told from so little")):
        parts = narrative.between_units(wide, language=language)
        assert words in text(parts) and figures_unsaid(parts) == []
