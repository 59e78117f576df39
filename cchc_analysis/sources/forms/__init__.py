"""Statutory form II.06: counted from dossiers, written, read, turned into a tally.

A form has thirteen columns: (1) the line's number, (2) its field, (3) to (13) counts
(``columns.FORMS``). What a form says is carried as printed: whether its columns, its total
and the form of the period before fit together is for ``reconciliation.check_forms``.
"""

from cchc_analysis.sources.forms.counting import count_forms, form06
from cchc_analysis.sources.forms.reading import read_forms
from cchc_analysis.sources.forms.writing import write_form06

__all__ = ["count_forms", "form06", "read_forms", "write_form06"]
