"""What is said of how far units differ where there is no estimate of it, or no upper limit."""

from dataclasses import replace

import pandas as pd
import pytest
from test_saying_drivers import cells, figures_unsaid, text

from cchc_analysis import narrative
from cchc_analysis.drivers import random_intercept

LANGUAGES = ["vi", "en"]


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
