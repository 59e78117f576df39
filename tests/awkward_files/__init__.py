"""A corpus of awkward export files: how each is made, and what must come out of it.

The files are written when a test asks for them; nothing binary is kept. What must come out
follows from what was planted, never from what a reader made of it.
"""

from awkward_files import broken, dates, encodings, heads, layout, rows
from awkward_files.case import CASES, Case, Dossier, Reads, Says

__all__ = ["CASES", "Case", "Dossier", "Reads", "Says", "broken", "dates", "encodings", "heads",
           "layout", "rows"]  # fmt: skip
