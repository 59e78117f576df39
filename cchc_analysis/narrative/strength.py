"""How strongly a sentence may speak of a change or a difference: the rule, in one place.

========= ============================================ ======================= ===============
strength  evidence                                     Vietnamese              English
========= ============================================ ======================= ===============
``clear`` the interval of the difference leaves out    tăng, giảm, cao hơn,    up, down, more,
          'none' (0, of a ratio 1); it holds for all   thấp hơn                fewer
          units named at once, or stands beside the
          verb
``tends`` a chart of ten periods or more signals one   có xu hướng tăng,       tends to rise,
          direction; no size of a change is known      có xu hướng tốt lên     to improve
``open``  the interval covers 'none', there is no      chưa đủ cơ sở để nói,   no change can
          interval, or there are too few periods       chưa phân biệt được     be claimed
========= ============================================ ======================= ===============

``docs/wording.md`` gives it with examples; ``tests/test_truth.py`` holds sentences to it.
"""

from __future__ import annotations

from typing import Literal

Strength = Literal["clear", "tends", "open"]

_TENDENCIES = ("improving", "worsening", "rising", "falling")


def of_difference(low: float, high: float, *, none: float = 0.0) -> Strength:
    """Return how strongly a difference, or a ratio, may be spoken of.

    Parameters
    ----------
    low, high
        Ends of its interval; NaN where it has none.
    none
        The value that means no difference: 0, of a ratio 1.

    Returns
    -------
    str
        'clear' where the interval leaves out ``none``, else 'open'. An interval that ends
        at ``none`` covers it.

    Examples
    --------
    >>> of_difference(0.2, 1.4), of_difference(-0.1, 1.4), of_difference(0.2, 0.9, none=1)
    ('clear', 'open', 'clear')
    """
    return "clear" if low > none or high < none else "open"


def of_series(variation: str) -> Strength:
    """Return how strongly the change of a series of periods may be spoken of.

    Parameters
    ----------
    variation
        As :func:`cchc_analysis.change.readings` names it.

    Returns
    -------
    str
        'tends' where the chart signals one direction, else 'open'.

    Examples
    --------
    >>> of_series("falling"), of_series("changing"), of_series("too_few_points")
    ('tends', 'open', 'open')
    """
    return "tends" if variation in _TENDENCIES else "open"
