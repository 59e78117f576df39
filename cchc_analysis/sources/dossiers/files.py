"""Which files one reading covers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cchc_analysis.columns import InputError
from cchc_analysis.sources.sheets import FORMATS

OUTPUTS = ("dossiers.parquet", "refused.csv", "changes.csv", "units.csv")
"""Tables of a data folder; lying in a folder of exports they are not exports."""


def export_files(
    path: str | Path | Sequence[str | Path], *, not_read: Sequence[Path] = ()
) -> tuple[list[Path], list[str]]:
    """Return the files meant, sorted by path, and the names of files left out.

    Parameters
    ----------
    path
        A file, a folder (all exports in it, at any depth), or several of either.
    not_read
        Files of our own that may lie in a folder of exports.

    Returns
    -------
    tuple of list of Path and list of str
        Left out of a folder are lock files of an open workbook (``~$``), hidden files, the
        tables of a data folder, and files of other kinds.

    Raises
    ------
    InputError
        If nothing is given, a folder holds no export, or a file is given twice.
    """
    given = [Path(path)] if isinstance(path, str | Path) else [Path(one) for one in path]
    files: list[Path] = []
    left_out: list[str] = []
    for place in given:
        if not place.is_dir():
            files.append(place)
            continue
        inside = sorted(found for found in place.rglob("*") if found.is_file())
        exports = [found for found in inside if _is_export(found, not_read)]
        left_out += [str(found.relative_to(place)) for found in inside if found not in exports]
        if not exports:
            raise InputError(f"{place}: the folder holds no export ({', '.join(FORMATS)})")
        files += exports
    if not files:
        raise InputError("no export given; give the path of a file or of a folder of exports")
    seen: set[Path] = set()
    for file in files:
        if file.resolve() in seen:
            raise InputError(f"{file}: given twice; its dossiers would be counted twice")
        seen.add(file.resolve())
    return sorted(files, key=str), left_out


def _is_export(path: Path, not_read: Sequence[Path]) -> bool:
    ours = path.name in OUTPUTS or any(path.resolve() == other.resolve() for other in not_read)
    return path.suffix.lower() in FORMATS and not path.name.startswith(("~$", ".")) and not ours
