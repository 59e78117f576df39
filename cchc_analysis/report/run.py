"""Run jobs: execute each notebook once, check what came out, write its pages.

A job that fails does not stop the others. A page reaches its name only after every check,
so what lies in the folder is whole; a failed job leaves no page, not even an older one.
Unchanged jobs are not run again.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, replace
from importlib import metadata
from pathlib import Path
from platform import python_version
from typing import TYPE_CHECKING

import cchc_analysis
from cchc_analysis.columns import InputError
from cchc_analysis.display import languages_of
from cchc_analysis.report.jobs import Job, check_jobs, page_names
from cchc_analysis.report.manifest import (
    JobResult,
    earlier_results,
    write_manifest,
    write_whole,
)
from cchc_analysis.report.page import (
    check_outputs,
    check_page,
    count_blocks,
    render_page,
    title_of,
)
from cchc_analysis.report.workbook import workbook_name, write_workbook

if TYPE_CHECKING:
    from nbformat import NotebookNode

CELL_SECONDS = 300
PACKAGES = (
    "cchc-analysis",
    "pandas",
    "duckdb",
    "statsmodels",
    "matplotlib",
    "papermill",
    "nbconvert",
)


def run_jobs(
    jobs: Sequence[Job],
    *,
    out: Path,
    notebooks: Path,
    language: str = "both",
    workers: int = 2,
    progress: Callable[[str], None] = print,
) -> list[JobResult]:
    """Make the pages of all jobs that changed.

    Parameters
    ----------
    jobs
        What to make.
    out
        Folder of the site; a manifest of an earlier run there says what is unchanged.
    notebooks
        Folder of the notebooks; paths in the result are relative to the folder above it.
    language
        ``'vi'``, ``'en'`` or ``'both'``: the pages of each job.
    workers
        How many kernels run at the same time.
    progress
        Called with one line for each finished job.

    Returns
    -------
    list of JobResult
        One for each job, in the order given.

    Raises
    ------
    InputError
        If a job could not be made (see :func:`check_jobs`), before any kernel starts.
    """
    out, notebooks = Path(out).resolve(), Path(notebooks).resolve()
    check_jobs(jobs, notebooks=notebooks, language=language)
    if workers < 1:
        raise InputError(f"workers is {workers}; at least one kernel must run.")
    out.mkdir(parents=True, exist_ok=True)
    made = {result.key: result for result in earlier_results(out, jobs)}
    planned = _plan(jobs, notebooks, language)
    with ThreadPoolExecutor(workers) as pool:
        futures = {
            pool.submit(_result, result, made, out, notebooks, language): number
            for number, result in enumerate(planned)
        }
        done: dict[int, JobResult] = {}
        try:
            for future in as_completed(futures):
                result = done[futures[future]] = future.result()
                unfinished = [plan for n, plan in enumerate(planned) if n not in done]
                kept = earlier_results(out, [plan.job for plan in unfinished])
                write_manifest([*done.values(), *kept], out=out)
                progress(_line(result, len(done), len(planned)))
        except BaseException:  # Ctrl-C: leaving the pool would run every job still waiting
            pool.shutdown(cancel_futures=True)
            raise
    return [done[number] for number in range(len(planned))]


def _line(result: JobResult, number: int, total: int) -> str:
    said = f"[{number}/{total}] {result.status:<7} {result.job.notebook} | {result.job.unit}"
    return f"{said} | {result.error}" if result.error else f"{said} | {result.seconds:.1f} s"


def _plan(jobs: Sequence[Job], notebooks: Path, language: str) -> list[JobResult]:
    """Give every job its key and the hashes of its inputs."""
    versions, root = _versions(), notebooks.parent
    hashes = {path: _sha256(path) for path in {Path(p) for job in jobs for p in job.inputs}}
    sources = {name: _sha256(notebooks / f"{name}.ipynb") for name in {j.notebook for j in jobs}}
    planned = []
    for job in jobs:
        inputs = {_relative(Path(path), root): hashes[Path(path)] for path in job.inputs}
        said = {**asdict(job), "inputs": inputs, "language": language, "versions": versions}
        text = json.dumps({**said, "sha256": sources[job.notebook]}, sort_keys=True)
        key = hashlib.sha256(text.encode()).hexdigest()
        planned.append(JobResult(job, "failed", 0.0, key, inputs, versions))
    return planned


def _versions() -> dict[str, str]:
    versions = {name: metadata.version(name) for name in PACKAGES}
    return {"python": python_version(), **versions, "source_sha256": _source_hash()}


def _source_hash() -> str:
    """Hash of the package's own files, so that an edited metric makes its pages again."""
    folder, total = Path(cchc_analysis.__file__).parent, hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            total.update(f"{path.relative_to(folder).as_posix()} {_sha256(path)}\n".encode())
    return total.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _relative(path: Path, root: Path) -> str:
    path = path.resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def _result(
    planned: JobResult, made: Mapping[str, JobResult], out: Path, notebooks: Path, language: str
) -> JobResult:
    job = planned.job
    if planned.key in made:
        return made[planned.key]
    start = time.perf_counter()
    try:
        pages, counts = _make(job, notebooks / f"{job.notebook}.ipynb", language)
    except Exception as error:  # whatever a notebook raises must not stop the other jobs
        remove_pages(job, out=out)
        return replace(planned, seconds=time.perf_counter() - start, error=_message(error))
    names = page_names(job, language)
    change = _change({name: out / name for name in pages}, pages)
    for each, name in names.items():
        write_workbook(pages[name], out / workbook_name(name), language=each)
        write_whole(out / name, pages[name])
    return replace(
        planned, status="ok", seconds=time.perf_counter() - start, pages=names, change=change,
        titles={each: title_of(pages[name]) for each, name in names.items()}, **counts,
    )  # fmt: skip


def remove_pages(job: Job, *, out: Path) -> None:
    """Remove a job's pages and workbooks in every language, where an earlier run left some.

    Parameters
    ----------
    job
        The job.
    out
        Folder of the site.
    """
    for name in page_names(job, "both").values():
        (out / name).unlink(missing_ok=True)
        (out / workbook_name(name)).unlink(missing_ok=True)


def _change(paths: Mapping[str, Path], pages: Mapping[str, str]) -> str:
    """Compare pages with those that an earlier run left."""
    if not all(path.is_file() for path in paths.values()):
        return "new"
    same = all(path.read_text("utf-8") == pages[name] for name, path in paths.items())
    return "" if same else "changed"


def _make(job: Job, notebook: Path, language: str) -> tuple[dict[str, str], dict[str, int]]:
    """Pages by file name, every check passed, and what each of them holds."""
    executed, languages = _execute(job, notebook, language), languages_of(language)
    check_outputs(executed, job, languages)
    pages = {}
    for each, name in page_names(job, language).items():
        pages[name] = render_page(executed, job, language=each, site_language=language)
        check_page(pages[name], executed, each)
    return pages, count_blocks(executed, languages[0])


def _execute(job: Job, notebook: Path, language: str) -> NotebookNode:
    import nbformat
    import papermill

    return papermill.execute_notebook(
        nbformat.read(notebook, as_version=4),
        None,
        parameters={**job.parameters, "language": language},
        kernel_name="python3",
        language="python",
        progress_bar=False,
        log_output=False,
        execution_timeout=CELL_SECONDS,
        extra_arguments=["--log-level=CRITICAL"],
    )


def _message(error: Exception) -> str:
    """Last line of the traceback: the kind of error and what it said, without paths."""
    kind, said = getattr(error, "ename", type(error).__name__), getattr(error, "evalue", str(error))
    lines = [line for line in said.splitlines() if line.strip()]
    text = f"{kind}: {lines[0].strip()}" if lines else kind
    return re.sub(r"(?<![\w/])(?:[A-Za-z]:)?(?:[\\/][^\\/\s'\"]+)+[\\/]", "", text)
