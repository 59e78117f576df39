"""What a command needs that is not among the core dependencies."""

from __future__ import annotations

from importlib.util import find_spec

from cchc_analysis.columns import InputError

NEEDED_BY_REPORTS = ("babel", "ipykernel", "matplotlib", "nbconvert", "papermill", "seaborn")


def require_reports() -> None:
    """Raise where what reports need is not installed."""
    missing = [name for name in NEEDED_BY_REPORTS if find_spec(name) is None]
    if missing:
        raise InputError(
            f"reports need {', '.join(missing)}; "
            "install the extra, in the project's folder: pip install -e '.[reports]'"
        )
