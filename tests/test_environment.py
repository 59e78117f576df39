"""Every dependency and every phrase is stated twice; here the two are held equal."""

import ast
import json
import re
import string
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import cchc_analysis
from cchc_analysis import catalogue
from cchc_analysis.data_readme import describe

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "cchc_analysis"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONDA_NAMES = {"duckdb": "python-duckdb", "tzdata": "python-tzdata"}


def declared() -> list[Requirement]:
    project = PROJECT["project"]
    extras = project["optional-dependencies"]
    texts = [*project["dependencies"], *(text for extra in extras.values() for text in extra)]
    return [Requirement(text) for text in texts]


# Dependencies


def test_conda_users_get_the_same_packages():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    plain = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    [by_pip] = [entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict)]
    assert by_pip[-1] == "-e ."
    python = f"python{PROJECT['project']['requires-python']}"
    assert {"pip", python} <= set(plain)
    listed = [Requirement(text) for text in [*plain, *by_pip[:-1]] if text not in ("pip", python)]
    assert len(listed) == len({requirement.name for requirement in listed})
    assert {(r.name, r.specifier) for r in listed} == {
        (CONDA_NAMES.get(r.name, r.name), r.specifier) for r in declared()
    }


def locked() -> dict[str, tuple[list[str], list[str]]]:
    """Package to the versions pinned for it and the options that follow; comments left out."""
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    lines = re.sub(r"\\\n", " ", re.sub(r"(?m)^ *#.*\n", "", text)).splitlines()
    packages: dict[str, tuple[list[str], list[str]]] = {}
    for line in filter(None, map(str.strip, lines)):
        pinned, *options = re.split(r"\s(?=--)", line)
        requirement = Requirement(pinned.strip())
        [pin] = requirement.specifier
        assert pin.operator == "==", line
        versions, hashes = packages.setdefault(canonicalize_name(requirement.name), ([], []))
        versions.append(pin.version)
        hashes += [option.strip() for option in options]
        assert options, f"{pinned} has no hash"
    return packages


def test_the_lock_pins_every_dependency_with_a_hash():
    packages = locked()
    for requirement in declared():
        versions, _ = packages[canonicalize_name(requirement.name)]
        assert all(requirement.specifier.contains(version) for version in versions), requirement
    for _, options in packages.values():
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", option) for option in options)


def test_the_lock_holds_the_tools_that_build_the_package():
    for text in PROJECT["build-system"]["requires"]:
        requirement = Requirement(text)
        versions, _ = locked()[canonicalize_name(requirement.name)]
        assert all(requirement.specifier.contains(version) for version in versions)


def test_the_lock_names_no_address():
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert not re.search(r"://|\bfile:|--(extra-)?index|--find-links|--trusted-host|^-|@", text)


def test_one_version_everywhere():
    assert PROJECT["project"]["version"] == cchc_analysis.__version__
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert str(citation["version"]) == cchc_analysis.__version__


# Documents printed from the code


def test_the_data_folder_is_described_as_declared():
    found = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    assert found == describe(), "run: python -m cchc_analysis.data_readme > data/README.md"


# Phrases


def topics(language: str) -> list[dict[str, str]]:
    folder = PACKAGE / "reference" / "phrases" / language
    return [tomllib.loads(read_text(path)) for path in sorted(folder.iterdir())]


def phrases(language: str) -> dict[str, str]:
    found = {key: text for topic in topics(language) for key, text in topic.items()}
    return {key: text for key, text in found.items() if key != "texts"}


def test_each_phrase_is_written_once():
    for language in ("vi", "en"):
        keys = [key for topic in topics(language) for key in topic]
        assert len(keys) == len(set(keys)), language


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_both_languages_have_the_same_phrases():
    vi, en = phrases("vi"), phrases("en")
    assert set(vi) == set(en)
    assert {key: blanks(vi[key]) for key in vi} == {key: blanks(en[key]) for key in en}
    assert all(text.strip() for text in [*vi.values(), *en.values()])


def test_remarks_on_sources_are_translated_not_blanked():
    (texts,) = (topic["texts"] for topic in topics("vi") if "texts" in topic)
    assert all(isinstance(text, str) and text for text in texts.values())


def read_text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def notebooks() -> list[Path]:
    return sorted((ROOT / "notebooks").glob("*.ipynb"))


def code_of(notebook: Path) -> str:
    cells = json.loads(read_text(notebook))["cells"]
    return "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")


def words_and_patterns() -> tuple[set[str], list[re.Pattern]]:
    """All strings in the code, and a pattern for each string that is put together in it."""
    words: set[str] = set(catalogue.indicators())
    for template in (PACKAGE / "reference" / "report_template").glob("*.j2"):
        words |= set(re.findall(r'"([a-z._]+)"', read_text(template)))
    patterns = []
    for source in [*map(read_text, PACKAGE.rglob("*.py")), *map(code_of, notebooks())]:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words |= {node.value, *node.value.split("|")}
            elif isinstance(node, ast.JoinedStr):
                patterns.append([getattr(part, "value", None) for part in node.values])
            elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
                if isinstance(node.left, ast.Constant) and isinstance(node.left.value, str):
                    patterns.append([node.left.value, None])
            elif isinstance(node, ast.Call) and ast.unparse(node.func) == "named":
                patterns += [[a.value + ".", None] for a in node.args[:1] if hasattr(a, "value")]
    return words, [compiled for parts in patterns if (compiled := compile_parts(parts))]


def compile_parts(parts: list) -> re.Pattern | None:
    """``['section.', None, '.intro']`` as a pattern; None where no word says which phrase."""
    fixed = "".join(part for part in parts if isinstance(part, str))
    if not re.search(r"[a-z]", fixed):
        return None
    return re.compile("".join(re.escape(p) if isinstance(p, str) else "(.+)" for p in parts))


MEASURES = [  # as in 'wilson 95%', made from a number, and 'p_prime', made from 'p'
    re.compile(r"[a-z_]+ \d+%"),
    re.compile(r"[pu]_prime"),
]


def reachable(key: str, words: set[str], patterns: list[re.Pattern]) -> bool:
    """Whether the code names the key, or puts it together from words that it names."""
    if key in words:
        return True
    found = [match for pattern in patterns if (match := pattern.fullmatch(key))]
    return any(all(reachable(part, words, MEASURES) for part in m.groups()) for m in found)


@pytest.mark.parametrize("key", sorted(phrases("en")))
def test_every_phrase_can_be_said(key, said=words_and_patterns()):  # noqa: B008
    assert reachable(key, *said)


def test_everything_said_is_a_phrase():
    """Keys given to say() as they are, and headers and captions of tables and figures."""
    said = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(read_text(path))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "say":
                said |= {node.args[0].value} if isinstance(node.args[0], ast.Constant) else set()
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole = r"^(?:column|table|figure|section)\.\w*[a-z0-9]$"
                said |= set(re.findall(whole, node.value))
    assert len(said) > 50
    assert said - set(phrases("en")) == set()


def test_a_dead_phrase_would_be_seen():
    words, patterns = words_and_patterns()
    assert not reachable("table.estimatess", words, patterns)
    assert not reachable("verdict.nothing_like_it", words, patterns)
    assert not reachable("nobody.says.this", words, patterns)
