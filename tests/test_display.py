"""Blocks are escaped, tagged with their language and published as they are."""

import pytest

from cchc_analysis.columns import InputError
from cchc_analysis.display import Block, heading, languages_of, notice, paragraph, show

PNG = b"\x89PNG\r\n\x1a\n0000"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.fixture
def published(monkeypatch):
    """Every (data, metadata) that reaches the notebook."""
    calls = []

    def record(data, *, raw, metadata):
        assert raw is True
        calls.append((data, metadata))

    monkeypatch.setattr("IPython.display.display", record)
    return calls


@pytest.mark.parametrize("build", [heading, paragraph, notice])
def test_builders_escape_their_text(build):
    html = build(HOSTILE).html
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_heading_levels():
    assert heading("Hà Nội", 1) == Block("heading", "<h1>Hà Nội</h1>")
    with pytest.raises(InputError, match="level 1 to 4"):
        heading("Hà Nội", 5)


def test_both_languages_in_order_and_tagged(published):
    show(lambda table, *, language: paragraph(f"{table}-{language}"), "a", language="both")
    assert published == [
        (
            {"text/html": '<div lang="vi"><p>a-vi</p></div>'},
            {"cchc": {"language": "vi", "kind": "text"}},
        ),
        (
            {"text/html": '<div lang="en"><p>a-en</p></div>'},
            {"cchc": {"language": "en", "kind": "text"}},
        ),
    ]


def test_options_reach_the_function_and_one_language_is_called_once(published):
    seen = []
    show(lambda *tables, **options: seen.append((tables, options)), 1, 2, language="en", top=5)
    assert seen == [((1, 2), {"language": "en", "top": 5})]
    assert published == []


@pytest.mark.parametrize("nothing", [None, [], ()])
def test_nothing_is_emitted_for_nothing(published, nothing):
    show(lambda *, language: nothing, language="both")
    assert published == []


def test_a_figure_carries_its_alternative_text_and_caption(published):
    figure = Block("figure", image=PNG, alt="Đường đi lên", caption="Hình 1 <b>")
    show(lambda *, language: [figure], language="vi")
    (image, image_tags), (caption, caption_tags) = published
    assert image == {"image/png": PNG, "text/plain": "Đường đi lên"}
    assert image_tags["image/png"] == {"alt": "Đường đi lên"}
    assert image_tags["cchc"] == {"language": "vi", "kind": "figure", "caption": "Hình 1 <b>"}
    assert "Hình 1 &lt;b&gt;" in caption["text/html"]
    assert caption_tags == {"cchc": {"language": "vi", "kind": "caption"}}


@pytest.mark.parametrize("language", ["", "VI", "fr", "vi,en", None])
def test_an_unknown_language_names_the_choices(language):
    with pytest.raises(InputError, match="'vi', 'en' or 'both'"):
        languages_of(language)


def test_a_function_that_returns_something_else_is_named():
    def wrong(*, language):
        return ["<p>text</p>"]

    with pytest.raises(InputError, match="wrong returned a str"):
        show(wrong, language="vi")


@pytest.mark.parametrize(
    "fields", [{"kind": "figure", "image": PNG}, {"kind": "table"}, {"kind": "image", "html": "x"}]
)
def test_incomplete_blocks_are_refused(fields):
    with pytest.raises(InputError):
        Block(**fields)
