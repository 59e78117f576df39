"""Groups that few of many units have: the interval is too narrow, and the page says so."""

import pytest
from test_saying_drivers import UNITS, figures_unsaid, tally, text

from cchc_analysis import narrative, sections
from cchc_analysis.drivers import late_drivers, would_change

LANGUAGES = ["vi", "en"]


def of_few(level, reference):
    """Two of 61 and of 63 units have a level of their own; the other 61 are late all alike."""
    many = [(f"u{i:02d}", reference, 900 - i % 9, 100 + i % 9) for i in range(61)]
    return late_drivers(tally(*many, ("V", level, 380, 90), ("W", level, 380, 95)), ["field"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_level_in_two_of_many_units_is_not_told_as_firm(language):
    fit = of_few("land", "other")
    assert fit.effects["effect_low"].iloc[1] > 0
    parts = sections.drivers(fit, units=UNITS, language=language)
    words = {"en": "Only 2 of the 63 units have the group 'land'",
             "vi": "“land” chỉ có ở 2 trong 63 đơn vị"}[language]  # fmt: skip
    [told] = [block for block in parts if "land" in text([block]) and block.kind == "text"]
    assert words in text([told])  # beside the difference, not pages later
    assert figures_unsaid(parts) == []
    opening = narrative.drivers_glance(fit, language=language)
    assert "0/1" in text(opening) and "land" not in text(opening)


def test_a_reference_in_two_of_many_units_is_named_instead():
    many = [(f"u{i:02d}", "other", 90 - i % 9, 10 + i % 9) for i in range(61)]
    rows = [*many, ("V", "land", 38_000, 900), ("W", "land", 38_000, 950)]
    fit = late_drivers(tally(*rows), ["field"])
    assert fit.effects["reference"].iloc[1] == "land" and fit.effects["effect_low"].iloc[1] > 0
    said = text(narrative.drivers(fit, language="en"))
    assert "Only 2 of the 63 units have the group 'land'" in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_change_that_rests_on_few_units_says_so(language):
    many = [(f"u{i:02d}", "other", 900 - i % 9, 100 + i % 9) for i in range(61)]
    fit = late_drivers(tally(*many, ("V", "land", 800, 900), ("W", "land", 700, 950)), ["field"])
    changes = would_change(fit)
    parts = sections.would_change(changes, fit, language=language)
    words = {"en": "Only 2 units have one side", "vi": "chỉ có ở 2 đơn vị"}[language]
    assert text(parts).count(words) == 2  # of land, and of all as the least late
    assert figures_unsaid(parts) == []
