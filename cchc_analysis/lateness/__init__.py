"""The named rules by which a dossier counts as on time, late, in time or overdue.

Two official readings of the same dossiers give different answers, so the rule is a named
parameter, never an accident. A :class:`Rule` says which statuses mean what, where the awkward
dossiers go, what ends the clock, and what waiting for the applicant does to it;
:func:`read_rule` reads an office's own rule from a file. Reports print the text of the rule
they used, which also says what in it was not checked against the official wording.

Lateness goes by calendar date: a dossier due on Friday at 10:00 whose result is there on
Friday at 16:00 is on time. A due date without a time of day means the end of that day.
"""

from cchc_analysis.lateness.built_in import FORM06, QD766, RULES, STRICT, VARIANTS, rule_named
from cchc_analysis.lateness.own import read_rule
from cchc_analysis.lateness.rule import Basis, Rule

__all__ = [
    "FORM06",
    "QD766",
    "RULES",
    "STRICT",
    "VARIANTS",
    "Basis",
    "Rule",
    "read_rule",
    "rule_named",
]
