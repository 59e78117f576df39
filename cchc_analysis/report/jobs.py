"""What is to be made: one notebook for one unit, checked before any kernel starts.

papermill only warns about an unknown parameter, and lets a notebook without a cell tagged
``parameters`` overwrite what it was given, so a page could silently show another unit. Here
names and types are compared with the notebook's own ``parameters`` cell, and a code such as
``"05"`` stays text.
"""

from __future__ import annotations

import ast
import json
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cchc_analysis.columns import InputError
from cchc_analysis.display import languages_of
from cchc_analysis.gazetteer import ascii_slug

LITERALS = (str, int, float, bool, type(None))


@dataclass(frozen=True)
class Job:
    """One notebook for one unit."""

    notebook: str
    """File name without ``.ipynb``, such as ``01_unit_profile``."""
    unit: str
    """Name of the unit as readers see it."""
    unit_id: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Literals for the notebook's ``parameters`` cell; ``language`` belongs to the site."""
    simulated: bool = False
    """The page carries the mark of simulated data."""
    title: str = ""
    """Used where the notebook shows no heading of level 1."""
    figures: int | None = None
    """How many figures this unit's page must have in each language; None: not stated."""
    tables: int | None = None
    """How many tables this unit's page must have in each language; None: not stated."""
    inputs: tuple[Path, ...] = ()
    """Files the page depends on; when one changes, the page is made again."""


def read_site(path: Path) -> list[Job]:
    """Read the jobs of a site from a TOML file.

    Each ``[[job]]`` states ``notebook`` and ``unit``, and if needed the other fields of
    :class:`Job`; ``inputs`` are files, or folders of them, relative to the TOML file.

    Parameters
    ----------
    path
        The TOML file.

    Returns
    -------
    list of Job
        In the file's order; never empty.

    Raises
    ------
    InputError
        If the file is missing or not TOML, has no job, or a job lacks a field, has an
        unknown one or one of another type.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"No site file at {path.name}; expected a TOML file with [[job]] tables.")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name} is not valid TOML: {error}.") from error
    unknown = sorted(set(content) - {"job"})
    entries = content.get("job", [])
    if unknown or not isinstance(entries, list) or not entries:
        found = f"found {unknown}" if unknown else "found no job"
        raise InputError(f"{path.name} holds [[job]] tables and nothing else; {found}.")
    return [_job(entry, f"{path.name}, job {n}", path.parent) for n, entry in enumerate(entries, 1)]


def _job(entry: Mapping[str, Any], where: str, folder: Path) -> Job:
    kinds = {
        "notebook": str, "unit": str, "unit_id": str, "parameters": dict, "simulated": bool,
        "title": str, "figures": int, "tables": int, "inputs": list,
    }  # fmt: skip
    if not isinstance(entry, dict):
        raise InputError(f"{where}: found {entry!r}, expected a [[job]] table.")
    unknown = sorted(set(entry) - set(kinds))
    if unknown:
        raise InputError(f"{where}: unknown {unknown}; a job may have {list(kinds)}.")
    missing = [name for name in ("notebook", "unit") if name not in entry]
    if missing:
        raise InputError(f"{where}: {missing} missing; a job needs notebook and unit.")
    for name, value in entry.items():
        if type(value) is not kinds[name]:
            found = type(value).__name__
            raise InputError(f"{where}: {name} is a {found}, expected {kinds[name].__name__}.")
    inputs = tuple(path for name in entry.get("inputs", ()) for path in _files(folder / name))
    return Job(**{**entry, "inputs": inputs})


def _files(path: Path) -> list[Path]:
    """Return a file, or the files of a folder."""
    return sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]


def page_names(job: Job, language: str) -> dict[str, str]:
    """File names of a job's pages, in ASCII.

    Parameters
    ----------
    job
        The job. Units of one name need another text in ``unit`` (a province beside a
        commune, say): only that text makes the file name.
    language
        ``'vi'``, ``'en'`` or ``'both'``.

    Returns
    -------
    dict of str
        Language to file name.

    Examples
    --------
    >>> page_names(Job("01_unit_profile", "Đà Nẵng"), "both")
    {'vi': '01_unit_profile--da-nang.vi.html', 'en': '01_unit_profile--da-nang.en.html'}
    """
    stem = f"{job.notebook}--{ascii_slug(job.unit)}"
    return {each: f"{stem}.{each}.html" for each in languages_of(language)}


def check_jobs(jobs: Sequence[Job], *, notebooks: Path, language: str = "both") -> None:
    """Refuse jobs that could not be made or would show something else than they say.

    Parameters
    ----------
    jobs
        All jobs of a site.
    notebooks
        Folder of the notebooks.
    language
        ``'vi'``, ``'en'`` or ``'both'``.

    Raises
    ------
    InputError
        If there is no job, a notebook or an input is missing, two jobs would write one file,
        or a parameter is unknown, missing or of another type than in the notebook.
    """
    languages_of(language)
    if not jobs:
        raise InputError("There is no job to run; a site needs at least one [[job]].")
    names = Counter(next(iter(page_names(job, language).values())) for job in jobs)
    doubled = sorted(name for name, count in names.items() if count > 1)
    if doubled:
        raise InputError(f"Two jobs would write the same page {doubled}; give units other names.")
    known = {
        name: notebook_parameters(_notebook_file(name, Path(notebooks)))
        for name in {job.notebook for job in jobs}
    }
    for job in jobs:
        missing = [path.name for path in map(Path, job.inputs) if not path.is_file()]
        if missing:
            raise InputError(f"{job.notebook} for {job.unit}: input {missing} does not exist.")
        _check_parameters(job, known[job.notebook])


def _notebook_file(name: str, folder: Path) -> Path:
    known = sorted(path.stem for path in folder.glob("*.ipynb"))
    if name not in known:
        raise InputError(f"No notebook {name!r} in {folder.name}; there are {known}.")
    return folder / f"{name}.ipynb"


def notebook_parameters(path: Path) -> dict[str, Any]:
    """Read the parameters of a notebook and their defaults, without running it.

    Parameters
    ----------
    path
        The notebook.

    Returns
    -------
    dict
        Name to default value; ``language`` is always among them.

    Raises
    ------
    InputError
        If the notebook has not exactly one cell tagged ``parameters``, the cell holds
        anything but ``name = literal``, or there is no ``language``.
    """
    cells = json.loads(path.read_text(encoding="utf-8")).get("cells", [])
    tagged = [c for c in cells if "parameters" in c.get("metadata", {}).get("tags", [])]
    if len(tagged) != 1:
        raise InputError(
            f"{path.stem} has {len(tagged)} cells tagged 'parameters', expected one: "
            "without it the values given would be overwritten by the notebook's own."
        )
    found = dict(_assignment(node, path.stem) for node in ast.parse(_source(tagged[0])).body)
    if "language" not in found:
        raise InputError(f"{path.stem} has no parameter 'language', so its pages have none.")
    return found


def _source(cell: Mapping[str, Any]) -> str:
    return cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])


def _assignment(node: ast.stmt, notebook: str) -> tuple[str, Any]:
    targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
    problem = InputError(
        f"The parameters cell of {notebook} may hold only 'name = literal'; "
        f"found {ast.unparse(node)!r}."
    )
    if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
        raise problem
    if len(targets) != 1 or not isinstance(targets[0], ast.Name):
        raise problem
    try:
        return targets[0].id, ast.literal_eval(node.value)
    except ValueError as error:
        raise problem from error


def _check_parameters(job: Job, known: Mapping[str, Any]) -> None:
    where = f"{job.notebook} for {job.unit}"
    if "language" in job.parameters:
        raise InputError(f"{where}: the language is chosen for the whole site, not for a job.")
    unknown = sorted(set(job.parameters) - set(known))
    if unknown:
        raise InputError(f"{where}: unknown parameter {unknown}; there are {sorted(known)}.")
    if "unit" in known and "unit" not in job.parameters:
        raise InputError(f"{where}: the parameter 'unit' is missing; the page would show another.")
    for name, value in job.parameters.items():
        if not _is_literal(value):
            raise InputError(
                f"{where}: {name} is a {type(value).__name__}; a parameter is text, a number, "
                "true or false, or a list or table of these (dates and codes in quotes)."
            )
        if not _same_type(value, known[name]):
            raise InputError(
                f"{where}: {name} is {value!r} ({type(value).__name__}), expected a "
                f"{type(known[name]).__name__} such as {known[name]!r}."
            )


def _is_literal(value: object) -> bool:
    if type(value) is list:
        return all(map(_is_literal, value))
    if type(value) is dict:
        return all(type(key) is str and _is_literal(item) for key, item in value.items())
    return type(value) in LITERALS


def _same_type(value: object, default: object) -> bool:
    if default is None or value is None:
        return default is None
    if type(default) is float:
        return type(value) in (int, float)
    if type(default) is tuple:  # papermill would write a tuple as text
        return type(value) is list
    return type(value) is type(default)
