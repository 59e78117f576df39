"""The numbers that sentences rest on, put on the page as a folded list of facts.

Each figure of a sentence must stand in a table, a list of facts or a card of its page
(:func:`cchc_analysis.report.linking.unlinked`). What no table shows is shown here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cchc_analysis.display import Block, Language, facts, folded
from cchc_analysis.wording import say, whole


def evidence(pairs: Iterable[tuple[str, str]], language: Language) -> Block:
    """Fold named numbers under one line.

    Examples
    --------
    >>> evidence([("Late", "12")], "en").html[:66]
    '<details><summary>The figures behind these sentences</summary><dl '
    """
    return folded(say("evidence", language), facts(pairs))


def counted(
    key: str, numbers: Mapping[str, str | float], language: Language
) -> list[tuple[str, str]]:
    """Name the numbers of a sentence by the phrases ``<key>.count.<name>``.

    Examples
    --------
    >>> counted("form_sums", {"n": 1200, "others": 3}, "en")
    [('Sums that can be checked', '1,200'), ('Do not hold or fall short', '3')]
    """
    return [
        (
            say(f"{key}.count.{name}", language),
            number if isinstance(number, str) else whole(number, language),
        )
        for name, number in numbers.items()
    ]
