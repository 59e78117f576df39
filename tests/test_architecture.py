"""The shape of the package: who may import whom, and what a bare import costs."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_export import write_export

import cchc_analysis

PACKAGE = Path(cchc_analysis.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))

WINGS = {
    "files to counts": {"sources", "engines", "tally", "sample", "territory"},
    "statistics": {
        "intervals", "metrics", "comparison", "change", "drivers", "timing", "backlog",
        "scorecards", "reconciliation",
    },
    "saying it": {
        "figures", "tables", "labels", "wording", "sections", "narrative", "display", "report",
    },
    "shared": {
        "columns", "components", "periods", "workdays", "lateness", "gazetteer", "catalogue",
        "disclosure", "progress", "written_times",
    },
    "entrance": {"cli", "__init__", "data_readme"},
}  # fmt: skip
WING_OF = {part: wing for wing, parts in WINGS.items() for part in parts}

KEPT_TO = {  # package: the modules, or folders of modules, that may import it
    "duckdb": WINGS["files to counts"],
    "pyspark": {"engines"},
    "matplotlib": {"figures"},
    "seaborn": {"figures"},
    "papermill": {"report"},
    "nbconvert": {"report"},
    "babel": WINGS["saying it"],
    "IPython": {"display"},
}
HEAVY = ("scipy.stats", "statsmodels", "matplotlib", "papermill", "duckdb", "IPython", "babel")
EXTRA = (
    "babel", "ipykernel", "IPython", "jinja2", "jupyter_client", "jupyterlab", "matplotlib",
    "nbclient", "nbconvert", "nbformat", "papermill", "seaborn",
)  # fmt: skip


def part_of(path: Path) -> str:
    """The module, or the folder of modules, right under the package: what has a wing."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def runtime_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those under ``if TYPE_CHECKING``."""
    yield node
    skipped = []
    if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
        skipped = node.body
    for child in ast.iter_child_nodes(node):
        if child not in skipped:
            yield from runtime_nodes(child)


def imported(path: Path, source: str | None = None) -> set[str]:
    """Full names that a module imports, at its top or in a function; public names resolved."""
    tree = ast.parse(source or path.read_text(encoding="utf-8"))
    package = ["cchc_analysis", *path.relative_to(PACKAGE).parts[:-1]]
    names = set()
    for node in runtime_nodes(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            names |= {f"{origin}.{alias.name}" for alias in node.names}
    return {resolved(name) for name in names}


def resolved(name: str) -> str:
    """A lazily loaded public name is an import of the module it lives in."""
    public = name.removeprefix("cchc_analysis.")
    home = cchc_analysis._PUBLIC.get(public)
    return f"cchc_analysis.{home}.{public}" if home else name


def parts_imported(path: Path, source: str | None = None) -> set[str]:
    own = {name.split(".")[1] for name in imported(path, source) if "cchc_analysis." in name}
    return own & set(WING_OF)


def crossings(path: Path, source: str | None = None) -> list[str]:
    """Imports that a module's wing may not make."""
    wing = WING_OF[part_of(path)]
    allowed = set(WINGS) if wing == "entrance" else {wing, "shared"}
    return sorted(p for p in parts_imported(path, source) if WING_OF[p] not in allowed)


def python(code: str, home: Path) -> subprocess.CompletedProcess:
    env = {**os.environ, "HOME": str(home), "PYTHONPATH": str(Path(__file__).parent)}
    return subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=home, capture_output=True, text=True, timeout=120
    )


def ids(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


# Who imports whom


def test_every_module_has_a_wing():
    assert {part_of(path) for path in MODULES} == set(WING_OF)


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_wings_meet_only_in_the_tables(path):
    assert crossings(path) == []


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_each_outside_package_stays_where_it_belongs(path):
    packages = {name.split(".")[0] for name in imported(path)}
    assert [p for p in packages & set(KEPT_TO) if part_of(path) not in KEPT_TO[p]] == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from cchc_analysis.tally import roll_up", ["tally"]),
        ("from ..tally import roll_up", ["tally"]),
        ("from .. import tally, columns", ["tally"]),
        ("from cchc_analysis import count_cells", ["tally"]),
        ("import cchc_analysis.sources.folder as folder", ["sources"]),
        ("def late():\n    from cchc_analysis.figures import funnel", ["figures"]),
        ("if TYPE_CHECKING:\n    from cchc_analysis.tally import roll_up", []),
        ("if TYPE_CHECKING:\n    pass\nelse:\n    import cchc_analysis.tally", ["tally"]),
        ("from cchc_analysis.columns import check\nfrom . import bounds", []),
    ],
)
def test_a_crossing_would_be_seen(source, found):
    assert crossings(PACKAGE / "reconciliation" / "estimates.py", source) == found


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_modules_are_short_and_named_for_what_they_do(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
    assert not set(path.relative_to(PACKAGE).with_suffix("").parts) & {
        "utils", "helpers", "common", "base",
    }  # fmt: skip


# What an import costs, and what works without the extras


def test_importing_the_package_does_no_work(tmp_path):
    done = python("import sys, cchc_analysis; print(*sys.modules)", tmp_path)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert "cchc_analysis" in loaded
    assert loaded & set(HEAVY) == set()


@pytest.mark.parametrize("name", cchc_analysis.__all__)
def test_every_public_name_resolves(name):
    value = getattr(cchc_analysis, name)
    assert value.__name__ == name
    assert value.__doc__
    assert name in dir(cchc_analysis)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'on_time'"):
        cchc_analysis.on_time  # noqa: B018


WITHOUT_EXTRAS = f"""
import sys

class Without:
    def __init__(self, finder):
        self.finder = finder
    def __getattr__(self, name):
        return getattr(self.finder, name)
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {EXTRA}:
            return None
        return self.finder.find_spec(name, path, target)

sys.meta_path = [Without(finder) for finder in sys.meta_path]
"""


def test_the_library_works_without_the_extras(tmp_path):
    export = write_export(tmp_path / "export.csv")
    done = python(
        f"""{WITHOUT_EXTRAS}
import cchc_analysis as cchc
for name in cchc.__all__:
    getattr(cchc, name)
reading = cchc.read_dossiers({str(export)!r})
tally = cchc.count_cells(reading, periods=("2024-01-01", "2024-01-31"), as_of="2024-01-31")
rate = cchc.on_time_rate(tally)
print(rate["count"].item(), rate["total"].item(), rate["value"].item())
""",
        tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert [float(part) for part in done.stdout.split()] == [3, 4, 0.75]


@pytest.mark.parametrize("command", [["report"], ["report", "--data", "."]])
def test_reports_say_which_extra_they_need(tmp_path, command):
    code = f"{WITHOUT_EXTRAS}\nfrom cchc_analysis.cli import main\nsys.exit(main({command}))"
    done = python(code, tmp_path)
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1
    assert "pip install -e '.[reports]'" in done.stderr
    assert list(tmp_path.iterdir()) == []
