"""Notebooks are thin, committed without outputs, and run in both languages."""

import ast
import json
import re
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path

import nbformat
import papermill
import pytest

from cchc_analysis.report import Job, read_site
from cchc_analysis.report.jobs import notebook_parameters
from cchc_analysis.report.page import blocks, check_outputs, count_blocks, render_page

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SIMULATED = ROOT / "data" / "simulated"
KEEPS_OUTPUT = "NBVAL_CHECK_OUTPUT"
PROGRESS = r"[^\r\n]+: [\d,]+(?: of [\d,]+)?[\r\n]"

BLOCKS_OF_CODE = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.If, ast.IfExp, ast.For,
    ast.While, ast.Try, ast.With, ast.Match, ast.ListComp, ast.SetComp, ast.DictComp,
    ast.GeneratorExp, ast.Assert,
)  # fmt: skip
FORBIDDEN = (".style", "Markdown(", "to_html(", "escape=False", "groupby(", "SELECT ", "%%", "!")
NAMES = [path.stem for path in NOTEBOOKS]


def cells_of(notebook: Path) -> list[dict]:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [{**cell, "source": "".join(cell["source"])} for cell in cells]


def code_of(notebook: Path) -> list[str]:
    return [cell["source"] for cell in cells_of(notebook) if cell["cell_type"] == "code"]


def offences(source: str) -> list[str]:
    """What a notebook's cell may not hold."""
    found = [type(n).__name__ for n in ast.walk(ast.parse(source)) if isinstance(n, BLOCKS_OF_CODE)]
    code = source.replace("!=", "")
    return found + [text for text in FORBIDDEN if text in code]


# What is written in them


def test_there_are_notebooks():
    assert [name[:2] for name in NAMES] == [f"{number:02d}" for number in range(8)]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=NAMES)
def test_one_cell_holds_the_parameters_and_only_literals(notebook):
    tagged = [c for c in cells_of(notebook) if "parameters" in c["metadata"].get("tags", [])]
    assert len(tagged) == 1
    assert {"unit", "data", "language"} <= set(notebook_parameters(notebook))
    assert notebook_parameters(notebook)["language"] in ("vi", "en", "both")


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=NAMES)
def test_code_cells_are_short_and_plain(notebook):
    assert [offences(source) for source in code_of(notebook)] == [[] for _ in code_of(notebook)]
    lines = [len(source.splitlines()) for source in code_of(notebook)]
    assert max(lines[1:]) <= 8 and lines[0] <= 10  # the first cell: a literal a line
    assert sum(lines) <= 60


@pytest.mark.parametrize(
    "source",
    [
        "f = lambda x: x",
        "rows = [x for x in y]",
        "if x:\n    y = 1",
        "y = 1 if x else 2",
        "t.groupby('field').sum()",
        "db.sql('SELECT 1')",
        "t.style.hide()",
        "t.to_html(escape=False)",
        "display(Markdown('x'))",
        "try:\n    x()\nexcept KeyError:\n    pass",
    ],
)
def test_an_offence_would_be_seen(source):
    assert offences(source) != []


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=NAMES)
def test_only_checked_cells_keep_their_output(notebook):
    for cell in cells_of(notebook):
        if cell["cell_type"] == "code":
            kept = KEEPS_OUTPUT in cell["source"]
            assert bool(cell["outputs"]) is kept, cell["source"]
            assert bool(cell["execution_count"]) is kept, "nbval compares cells that were run"


def test_a_checked_cell_prints_what_the_portal_printed():
    """Phú Thọ, August 2026: 144,625 of 184,513 in time, printed as 78.38 %."""
    [cell] = [c for c in cells_of(NOTEBOOKS[0]) if KEEPS_OUTPUT in c["source"]]
    [output] = cell["outputs"]
    assert "".join(output["text"]).split()[3:] == ["144625.0", "184513.0", "78.38"]


# What comes out

RUNS = [
    ("00_explore", "vi", {}),
    ("00_explore", "en", {}),
    ("00_explore", "both", {}),
    ("01_unit_profile", "both", {"unit": "Cần Giuộc"}),
    ("01_unit_profile", "both", {"unit": "tỉnh Phú Thọ"}),
    ("01_unit_profile", "both", {"unit": "Huyện Mẫu B (mô phỏng)", "rule": "form06"}),
    ("02_compare_units", "both", {}),
    ("03_late_drivers", "both", {}),
    ("03_late_drivers", "en", {"unit": "Huyện Mẫu B (mô phỏng)", "terms": "field * channel"}),
    ("04_published_figures", "both", {}),
    ("05_time_and_backlog", "both", {}),
    ("06_scorecard", "both", {}),
    ("07_indices", "both", {}),
]


def needs_sample(notebook: str, parameters: dict) -> bool:
    defaults = notebook_parameters(ROOT / "notebooks" / f"{notebook}.ipynb")
    return "mô phỏng" in {**defaults, **parameters}["unit"]


def execute(notebook: str, language: str, parameters: dict, out: Path) -> nbformat.NotebookNode:
    path = out / f"{RUNS.index((notebook, language, parameters))}.ipynb"
    papermill.execute_notebook(
        ROOT / "notebooks" / f"{notebook}.ipynb",
        path,
        parameters={**parameters, "language": language},
        kernel_name="python3",
        progress_bar=False,
        log_output=False,
        execution_timeout=120,
        extra_arguments=["--log-level=CRITICAL"],
    )
    return nbformat.read(path, as_version=4)


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """Each run started once, two side by side; a failed one fails only its own tests."""
    out = tmp_path_factory.mktemp("executed")
    runs = [run for run in RUNS if SIMULATED.is_dir() or not needs_sample(run[0], run[2])]
    with ThreadPoolExecutor(2) as pool:
        yield {str(run): pool.submit(execute, *run, out) for run in runs}


@pytest.mark.parametrize(("notebook", "language", "parameters"), RUNS)
def test_a_notebook_shows_the_same_in_both_languages(executed, notebook, language, parameters):
    if needs_sample(notebook, parameters) and not SIMULATED.is_dir():
        pytest.skip("data/simulated is not there; run: make sample")
    done = executed[str((notebook, language, parameters))].result()
    languages = ("vi", "en") if language == "both" else (language,)
    check_outputs(done, Job(notebook, "any"), languages)
    counts = [count_blocks(done, each) for each in languages]
    assert counts[0] == counts[-1]
    assert counts[0]["figures"] + counts[0]["tables"] > 0
    absent = {"vi", "en"} - set(languages)
    assert [blocks(done, each) for each in absent] == [[] for _ in absent]


def test_no_warning_in_any_cell(executed):
    """It would be lost on the page; how far a long loop is (a slow machine) may be."""
    for future in executed.values():
        outputs = [o for cell in future.result().cells for o in cell.get("outputs", [])]
        said = "".join(o["text"] for o in outputs if o.get("name") == "stderr")
        assert re.sub(PROGRESS, "", said) == ""


@pytest.mark.parametrize(("notebook", "language", "parameters"), RUNS)
def test_every_image_names_the_unit_and_a_figure(executed, notebook, language, parameters):
    if needs_sample(notebook, parameters) and not SIMULATED.is_dir():
        pytest.skip("data/simulated is not there; run: make sample")
    unit = {**notebook_parameters(ROOT / "notebooks" / f"{notebook}.ipynb"), **parameters}["unit"]
    done = executed[str((notebook, language, parameters))].result()
    for each in ("vi", "en") if language == "both" else (language,):
        page = render_page(done, Job(notebook, unit), language=each, site_language=language)
        texts = [unescape(alt) for alt in re.findall(r'<img\b[^>]* alt="([^"]*)"', page)]
        assert len(texts) == page.count("<img")
        assert [alt for alt in texts if unit.casefold() not in alt.casefold()] == []
        assert [alt for alt in texts if not re.search(r"\d", alt.replace(unit, ""))] == []


# The site


def test_every_job_of_the_site_names_a_notebook_and_its_parameters():
    jobs = read_site(ROOT / "reports" / "site.toml")
    for job in jobs:
        known = notebook_parameters(ROOT / "notebooks" / f"{job.notebook}.ipynb")
        assert set(job.parameters) <= set(known)
        assert "unit" in job.parameters
    assert {job.notebook for job in jobs} == set(NAMES) - {"00_explore"}
