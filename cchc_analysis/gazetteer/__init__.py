"""Units over time: names, codes, levels and mergers.

The reference table covers the country; the 63 provinces, 696 districts and 10,035 communes
to 30 June 2025; the 34 provinces and 3,321 communes since 1 July 2025. A unit_id carries
its era (``vn63-25``, ``vn34-25``) because seven statistical codes now belong to another
province, and a province that kept its name mostly has another territory: the same name does
not mean the same unit.

Functions take ``units``, the reference table with the rows of a data folder added;
``None`` means the reference table alone. An empty ``start_on`` means before the years
covered here, an empty ``end_on`` that the unit still exists.
"""

from cchc_analysis.gazetteer.classes import unit_class_of
from cchc_analysis.gazetteer.naming import full_name, unit_name, unit_names
from cchc_analysis.gazetteer.relations import crosswalk, predecessors, subordinates, successors
from cchc_analysis.gazetteer.search import find_unit, units_called, units_like
from cchc_analysis.gazetteer.spelling import ascii_slug, fold
from cchc_analysis.gazetteer.table import units

__all__ = [
    "ascii_slug",
    "crosswalk",
    "find_unit",
    "fold",
    "full_name",
    "predecessors",
    "subordinates",
    "successors",
    "unit_class_of",
    "unit_name",
    "unit_names",
    "units",
    "units_called",
    "units_like",
]
