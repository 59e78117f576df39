"""A small site made of notebooks that behave well, badly and with hostile names."""

from pathlib import Path

import nbformat

from cchc_analysis.report import Job, run_jobs, write_index, write_manifest

HOSTILE = "<script>window.hit=1</script><img src=x onerror=window.hit=1>"

SETUP = """
import base64, warnings
from cchc_analysis.display import Block, heading, notice, paragraph, show
PNG = base64.b64decode(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
)

def say(vi, en):
    return lambda *, language, **options: vi if language == 'vi' else en

def figure(alt):
    return Block('figure', image=PNG, alt=alt, caption=alt + ': ' + unit)

def table(caption, head):
    rows = ''.join(f'<tr><th scope="row">{i}</th><td class="num">{i}</td></tr>' for i in range(3))
    head = ''.join(f'<th scope="col">{name}</th>' for name in head)
    return Block('table', f'<table><caption>{caption}</caption><thead><tr>{head}</tr></thead>'
                          f'<tbody>{rows}</tbody></table>')

warnings.warn('noise of a warning in /home/someone')
print('noise of a print')
"""
SHOWN = [
    "show(say(heading('Hồ sơ của ' + unit, 1), heading('Profile of ' + unit, 1)), "
    "language=language)",
    "show(say(paragraph('Đúng hạn ở ' + unit), notice('On time in ' + unit)), language=language)",
    "show(say(table('Bảng <b>một</b>', ['Lĩnh vực', 'Số hồ sơ']), "
    "table('Table <b>one</b>', ['Field', 'Dossiers'])), language=language)",
    "show(say(figure('Đường đi lên'), figure('A rising line')), language=language)\n2700",
]
END = [
    "show(say(Block('provenance', '<p>Nguồn: tệp thử</p>'), "
    "Block('provenance', '<p>Source: a test file</p>')), language=language)"
]
UNEVEN = ["show(say([figure('một'), figure('hai')], [figure('one')]), language=language)"]
PARAMETERS = "unit = ''\ncode = '01'\nlimit = 0.5\ntop = 10\nlanguage = 'vi'"

NOTEBOOKS = {
    "good": [*SHOWN, *END],
    "raises": [*SHOWN, "raise ValueError('no rows in /home/someone/secret/data.csv')", *END],
    "exits": [*SHOWN, "import sys; sys.exit(0)", *END],
    "uneven": [*SHOWN, *UNEVEN, *END],
    "endless": SHOWN,
    "dies": ["import os; os._exit(1)", *END],
    "smuggles": [
        *SHOWN,
        "show(lambda *, language: Block('text', '<table></table>'), language=language)",
        *END,
    ],
}


def write_notebook(path: Path, cells: list[str], parameters: str | None = PARAMETERS) -> Path:
    """Write a notebook: a note, the parameters, the display functions, then ``cells``."""
    tags = {"tags": ["parameters"]}
    made = [nbformat.v4.new_markdown_cell("A note of the author <b>not for readers</b>")]
    if parameters is not None:
        made.append(nbformat.v4.new_code_cell(parameters, metadata=tags))
    made += [nbformat.v4.new_code_cell(source) for source in [SETUP, *cells]]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=made), path)
    return path


def make_site(root: Path, *, only_good: bool = False):
    """Notebooks in ``root/notebooks``, the site in ``root/site``; returns the results."""
    for name, cells in NOTEBOOKS.items():
        write_notebook(root / "notebooks" / f"{name}.ipynb", cells)
    (root / "data").mkdir()
    (root / "data" / "in.csv").write_text("a\n1\n")
    jobs = [
        _job("good", "Đà Nẵng", figures=1, tables=1, inputs=(root / "data" / "in.csv",)),
        _job("good", "Tỉnh Mẫu A", simulated=True),
        _job("good", HOSTILE),
    ]
    if not only_good:
        jobs += [_job(name, "Huế") for name in NOTEBOOKS if name != "good"]
        jobs.append(_job("good", "Quảng Trị", figures=2))
    site = root / "site"
    results = run_jobs(jobs, out=site, notebooks=root / "notebooks", progress=lambda line: None)
    write_manifest(results, out=site)
    write_index(results, out=site)
    return results


def _job(notebook, unit, **fields):
    return Job(notebook, unit, parameters={"unit": unit}, **fields)
