"""One executed notebook to one page in one language, and the checks on what came out.

Exit codes say little: a notebook that called ``sys.exit(0)``, lost its figures or showed
its tables in one language only also "succeeds". :func:`check_outputs` and
:func:`check_page` look at the outputs and at the page instead.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cchc_analysis.report.composing import compose
from cchc_analysis.report.jobs import Job, page_names
from cchc_analysis.report.linking import sentences, unlinked
from cchc_analysis.report.workbook import workbook_name
from cchc_analysis.wording import say

if TYPE_CHECKING:
    from nbformat import NotebookNode

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
SENTINEL = "provenance"
_MOST_NAMED, _LONGEST = 5, 200


class ReportError(RuntimeError):
    """A notebook ran, but what came out is not the page it should be."""


def blocks(notebook: NotebookNode, language: str) -> list[NotebookNode]:
    """Collect the outputs that :func:`cchc_analysis.display.show` made in one language.

    Parameters
    ----------
    notebook
        An executed notebook.
    language
        ``'vi'`` or ``'en'``.

    Returns
    -------
    list of NotebookNode
        Outputs in order; anything untagged (streams, warnings, stray expressions) is left
        out, and so is the copy of a caption that is meant for JupyterLab.
    """
    return [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if _tags(output).get("language") == language and _tags(output)["kind"] != "caption"
    ]


def _tags(output: Mapping[str, Any]) -> Mapping[str, str]:
    return output.get("metadata", {}).get("cchc", {})


def title_of(html: Sequence[str] | str) -> str:
    """Read the text of the first heading of level 1.

    Parameters
    ----------
    html
        A page, or its pieces.

    Returns
    -------
    str
        Plain text; empty where there is no such heading.

    Examples
    --------
    >>> title_of("<h1>Hồ sơ &lt; 5 ngày</h1>")
    'Hồ sơ < 5 ngày'
    """
    return _inner_text("h1", html if isinstance(html, str) else "".join(html))


def _inner_text(tag: str, html: str) -> str:
    found = re.search(rf"<{tag}\b[^>]*>(.*?)</{tag}>", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", "", found[1])).split()) if found else ""


def render_page(notebook: NotebookNode, job: Job, *, language: str, site_language: str) -> str:
    """Render the page of an executed notebook in one language.

    Parameters
    ----------
    notebook
        An executed notebook.
    job
        Whose page it is.
    language
        ``'vi'`` or ``'en'``.
    site_language
        The languages of the site, ``'both'`` if the page has a twin to link to.

    Returns
    -------
    str
        A complete HTML page that loads nothing.
    """
    from nbconvert import HTMLExporter

    shown = blocks(notebook, language)
    title = title_of([output.data.get("text/html", "") for output in shown])
    tables = count_blocks(notebook, language)["tables"]
    others = {k: v for k, v in page_names(job, site_language).items() if k != language}
    page = {
        "language": language,
        "title": title or job.title or job.unit,
        "has_title": bool(title),
        "unit": job.unit,
        "simulated": job.simulated,
        "others": others,
        "workbook": workbook_name(page_names(job, site_language)[language]) if tables else "",
        "workbook_said": say("workbook.link", language),
        "index": "index.html" if language == "vi" else "index.en.html",
        **compose([_block(output, job.unit) for output in shown]),
    }
    exporter = HTMLExporter(
        template_name="report_template", extra_template_basedirs=[str(REFERENCE)]
    )
    return exporter.from_notebook_node(notebook, resources={"page": page})[0]


def _block(output: NotebookNode, unit: str) -> dict[str, str]:
    tags, html = _tags(output), output.data.get("text/html", "")
    mime = next((mime for mime in output.data if mime.startswith("image/")), "")
    image = output.data.get(mime, "")
    if mime == "image/svg+xml":
        image = b64encode(image.encode()).decode()
    return {
        "kind": tags["kind"],
        "html": html,
        "label": _inner_text("caption", html),
        "scrolls": tags["kind"] == "table" and 'class="scroll"' not in html,
        "mime": mime,
        "image": "".join(image.split()),
        "alt": _naming(unit, output.metadata.get(mime, {}).get("alt", "")),
        "caption": tags.get("caption", ""),
    }


def _naming(unit: str, alt: str) -> str:
    """Put the unit before an image's alternative text that does not name it."""
    return alt if not alt or unit.casefold() in alt.casefold() else f"{unit}: {alt}"


def count_blocks(notebook: NotebookNode, language: str) -> dict[str, int]:
    """Count the figures and tables shown in one language.

    Parameters
    ----------
    notebook
        An executed notebook.
    language
        ``'vi'`` or ``'en'``.

    Returns
    -------
    dict of int
        ``figures`` and ``tables``.
    """
    kinds = [_tags(output)["kind"] for output in blocks(notebook, language)]
    return {"figures": kinds.count("figure"), "tables": kinds.count("table")}


def check_outputs(notebook: NotebookNode, job: Job, languages: Sequence[str]) -> None:
    """Refuse a notebook that did not run to its end or shows less than it should.

    Parameters
    ----------
    notebook
        An executed notebook.
    job
        Its expected numbers of figures and tables are those of this job.
    languages
        The languages its pages will have.

    Raises
    ------
    ReportError
        If a cell failed or did not run, the provenance is missing in a language, the
        languages differ in figures or tables, or their number is not the expected one.
    """
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    unrun = sum(cell.get("execution_count") is None for cell in code)
    failed = any(o.output_type == "error" for cell in code for o in cell.get("outputs", []))
    if notebook.metadata.get("papermill", {}).get("exception") or failed or unrun:
        raise ReportError(f"The notebook stopped early: {unrun} of {len(code)} cells did not run.")
    counts = {each: count_blocks(notebook, each) for each in languages}
    for each, count in counts.items():
        if SENTINEL not in {_tags(output)["kind"] for output in blocks(notebook, each)}:
            raise ReportError(f"No provenance in '{each}': the notebook did not show its end.")
        for kind, expected in (("figures", job.figures), ("tables", job.tables)):
            if expected is not None and count[kind] != expected:
                raise ReportError(f"{count[kind]} {kind} in '{each}', expected {expected}.")
    if any(count != counts[languages[0]] for count in counts.values()):
        raise ReportError(f"The languages differ: {counts}.")


def check_page(html: str, notebook: NotebookNode, language: str) -> None:
    """Refuse a page that lacks a figure or table, or says a number that none of its rows shows.

    A sentence that was changed after it was made is caught here, and so is one that rounds
    in another way than the table it speaks of. Captions and alternative texts are held to the
    same rows, see :mod:`cchc_analysis.report.linking`.

    Parameters
    ----------
    html
        The page.
    notebook
        The executed notebook it was made from.
    language
        ``'vi'`` or ``'en'``.

    Raises
    ------
    ReportError
        If the numbers of ``<img`` and ``<table`` are not those of the outputs, a sentence is
        not one of them, or a number in it, a caption, the foot of a table or an alternative
        text stands in no row of a table, list of facts or card.
    """
    found = {
        "figures": len(re.findall(r"<img\b", html)),
        "tables": len(re.findall(r"<table\b", html)),
    }
    expected = count_blocks(notebook, language)
    if found != expected:
        raise ReportError(f"The page in '{language}' has {found}, its notebook {expected}.")
    _check_sentences(html, notebook, language)


def _check_sentences(html: str, notebook: NotebookNode, language: str) -> None:
    """Refuse sentences that the notebook did not show, and figures that no row shows."""
    made = Counter(
        text
        for output in blocks(notebook, language)
        if _tags(output)["kind"] != SENTINEL
        for text in sentences(output.data.get("text/html", ""))
    )
    said = Counter(sentences(html))
    for text in (said - made) + (made - said):
        raise ReportError(f"A sentence in '{language}' is not as it was made: {text[:_LONGEST]}")
    missing = list(dict.fromkeys(unlinked(html)))
    if missing:
        raise ReportError(
            f"Texts of the page in '{language}' say {', '.join(missing[:_MOST_NAMED])}, which no "
            "row of a table, list of facts or card of the page shows."
        )
