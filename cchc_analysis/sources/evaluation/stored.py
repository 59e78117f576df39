"""The evaluation screens that a data folder holds."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cchc_analysis.columns import empty
from cchc_analysis.components import COMPONENTS
from cchc_analysis.sources.evaluation import Evaluation, read_evaluation
from cchc_analysis.sources.folder import data_folder

FOLDER = "qd766"
"""Folders of this name, at any depth of a data folder, hold saved screens and plain CSV."""


def load_evaluation(data: str | Path = "", *, units: pd.DataFrame | None = None) -> Evaluation:
    """Return what the folders ``qd766`` of a data folder hold, all dates and units together.

    Parameters
    ----------
    data
        A data folder; empty for the project's own.
    units
        As in :func:`~cchc_analysis.sources.evaluation.read_evaluation`.

    Returns
    -------
    Evaluation
        Without rows where there is no such folder.

    Raises
    ------
    InputError
        If there is no such data folder, and as ``read_evaluation``.

    Examples
    --------
    >>> import tempfile
    >>> len(load_evaluation(tempfile.mkdtemp()).components)
    0
    """
    folders = sorted(path for path in data_folder(data).rglob(FOLDER) if path.is_dir())
    read = [read_evaluation(folder, units=units) for folder in folders]
    refused = pd.DataFrame(columns=["file", "place", "reason"], dtype="str")
    return Evaluation(
        components=pd.concat(
            [empty(COMPONENTS), *(one.components for one in read)], ignore_index=True
        ),
        refused=pd.concat([refused, *(one.refused for one in read)], ignore_index=True),
        inputs=tuple(path for one in read for path in one.inputs),
    )
