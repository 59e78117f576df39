"""Jobs are checked before a kernel starts, pages before they get their name."""

import datetime
import hashlib
import json
import re
from base64 import b64encode
from html import escape

import pytest
from small_site import END, HOSTILE, SHOWN, make_site, write_notebook

from cchc_analysis.columns import InputError
from cchc_analysis.report import (
    Job,
    check_jobs,
    closing_table,
    page_names,
    read_site,
    run,
    run_jobs,
    write_index,
    write_manifest,
)
from cchc_analysis.report.workbook import workbook_name


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("project")


@pytest.fixture(scope="module")
def results(root):
    return make_site(root)


@pytest.fixture
def notebooks(tmp_path):
    folder = tmp_path / "notebooks"
    write_notebook(folder / "good.ipynb", [*SHOWN, *END])
    return folder


def read(root, name):
    return (root / "site" / name).read_text(encoding="utf-8")


def job(**parameters):
    return Job("good", "Huế", parameters={"unit": "Huế", **parameters})


# What came out


def test_one_failing_job_does_not_stop_the_others(results):
    assert [(r.job.notebook, r.status) for r in results] == [
        ("good", "ok"),
        ("good", "ok"),
        ("good", "ok"),
        ("raises", "failed"),
        ("exits", "failed"),
        ("uneven", "failed"),
        ("endless", "failed"),
        ("dies", "failed"),
        ("smuggles", "failed"),
        ("good", "failed"),
    ]


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (3, "ValueError: no rows in data.csv"),
        (4, "stopped early"),
        (5, "The languages differ"),
        (6, "No provenance in 'vi'"),
        (7, "DeadKernelError"),
        (8, "The page in 'vi' has {'figures': 1, 'tables': 2}"),
        (9, "1 figures in 'vi', expected 2"),
    ],
)
def test_a_failure_says_why_without_a_path(results, number, said):
    assert said in results[number].error
    assert "/home" not in results[number].error
    assert "\n" not in results[number].error


def test_only_whole_pages_get_a_name(results, root):
    made = {name for result in results for name in result.pages.values()}
    assert len(made) == 6
    found = {path.name for path in (root / "site").iterdir()}
    books = {workbook_name(name) for name in made}
    assert found == made | books | {"index.html", "index.en.html", "manifest.json"}


@pytest.mark.parametrize(
    ("language", "heading", "sentence", "alt", "caption", "other"),
    [
        ("vi", "Hồ sơ của Đà Nẵng", "Đúng hạn ở", "Đường đi lên", "Bảng một", "Profile of"),
        ("en", "Profile of Đà Nẵng", "On time in", "A rising line", "Table one", "Hồ sơ của"),
    ],
)
def test_a_page_holds_its_language_only(
    results, root, language, heading, sentence, alt, caption, other
):
    html = read(root, f"good--da-nang.{language}.html")
    assert f'<html lang="{language}">' in html
    assert f"<title>{heading}</title>" in html
    assert html.count("<h1>") == 1
    assert sentence in html
    assert other not in html
    assert f'alt="Đà Nẵng: {alt}"' in html
    assert f"<figcaption>{alt}: Đà Nẵng</figcaption>" in html
    assert f'aria-label="{caption}"' in html
    assert 'role="region"' in html
    twin = "en" if language == "vi" else "vi"
    assert f'href="good--da-nang.{twin}.html"' in html
    assert f'href="index{"" if language == "vi" else ".en"}.html"' in html


def test_noise_stays_in_the_notebook(results, root):
    html = read(root, "good--da-nang.vi.html")
    for noise in ("noise of", "A note of the author", "2700", "say(", "UserWarning", "/home"):
        assert noise not in html


def test_a_page_may_load_nothing(results, root):
    html = read(root, "good--da-nang.vi.html")
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in html
    assert not re.search(r"<script|<link|https?://", html)


def test_simulated_pages_say_so(results, root):
    simulated, real = read(root, "good--tinh-mau-a.vi.html"), read(root, "good--da-nang.vi.html")
    assert '<body class="simulated">' in simulated
    assert 'class="banner"' in simulated
    assert '<body class="simulated">' not in real
    assert 'class="banner"' not in real


@pytest.mark.parametrize("language", ["vi", "en"])
def test_hostile_text_is_inert(results, root, language):
    for name, scripts in ((results[2].pages[language], 0), ("index.html", 1)):
        html = read(root, name)
        assert html.count("<script") == scripts
        assert "<img src=x" not in html
        assert escape(HOSTILE) in html


def test_manifest(results, root):
    text = read(root, "manifest.json")
    jobs = json.loads(text)["jobs"]
    assert len(jobs) == len(results)
    assert list(jobs[0]["inputs"]) == ["data/in.csv"]  # sha256sum of "a\n1\n":
    assert jobs[0]["inputs"]["data/in.csv"].startswith("309b0e45")
    assert jobs[0]["pages"] == {"vi": "good--da-nang.vi.html", "en": "good--da-nang.en.html"}
    assert jobs[0]["status"] == "ok"
    assert "error" not in jobs[0]
    assert jobs[3]["status"] == "failed"
    assert jobs[3]["pages"] == {}
    assert str(root) not in text


def test_index_lists_pages_and_failures(results, root):
    html = read(root, "index.html")
    real, simulated = html.split(">Dữ liệu mô phỏng</h2>", 1)
    assert '<a href="good--da-nang.vi.html" hreflang="vi" lang="vi">Hồ sơ của Đà Nẵng</a>' in real
    assert "Không lập được: 7" in real
    assert "ValueError: no rows in data.csv" in real
    assert "Tỉnh Mẫu A" in simulated
    assert "<h3>Tỉnh Mẫu A" not in real
    english = read(root, "index.en.html")
    assert '<a href="good--da-nang.en.html" hreflang="en" lang="en">Profile of Đà Nẵng' in english
    assert "Not made: 7" in english
    assert "Dữ liệu mô phỏng" not in english


def test_index_allows_its_own_script_and_no_other(results, root):
    html = read(root, "index.html")
    (script,) = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in html
    assert "script-src" not in read(root, "good--da-nang.vi.html")


def test_index_says_what_changed(tmp_path, notebooks):
    out, data = tmp_path / "site", tmp_path / "in.csv"

    def index(text):
        data.write_text(text)
        jobs = [Job("good", "Huế", parameters={"unit": text}, inputs=(data,))]
        write_index(run_jobs(jobs, out=out, notebooks=notebooks, progress=str), out=out)
        return (out / "index.html").read_text(encoding="utf-8")

    assert "Mới: 1" in index("một")
    assert "Thay đổi so với lần lập trước" not in index("một")
    assert "Có thay đổi: 1" in index("hai")


def test_closing_table(results):
    lines = closing_table(results).splitlines()
    assert lines[0] == "3 ok, 0 skipped (unchanged), 7 failed"
    assert lines[1] == "  failed: raises | Huế | ValueError: no rows in data.csv"
    assert len(lines) == 8


# Running again


def test_unchanged_jobs_are_skipped_and_changed_ones_are_not(tmp_path, notebooks, monkeypatch):
    data, out, executed = tmp_path / "in.csv", tmp_path / "site", []
    real = run._execute
    monkeypatch.setattr(run, "_execute", lambda *args: executed.append(1) or real(*args))
    data.write_text("1")
    jobs = [Job("good", "Huế", parameters={"unit": "Huế"}, inputs=(data,))]

    def again(language="vi"):
        results = run_jobs(jobs, out=out, notebooks=notebooks, language=language, progress=str)
        write_manifest(results, out=out)
        return results[0]

    first, second = again(), again()
    assert (first.status, second.status) == ("ok", "skipped")
    assert second.pages == first.pages == {"vi": "good--hue.vi.html"}
    assert second.seconds == pytest.approx(first.seconds, abs=0.01)
    write_index([second], out=out)
    assert "good--hue.vi.html" in (out / "index.html").read_text(encoding="utf-8")
    (out / "good--hue.vi.html").unlink()
    assert again().status == "ok"
    data.write_text("2")
    assert again().status == "ok"
    assert len(executed) == 3


def test_a_job_that_fails_now_takes_its_old_page_away(tmp_path, notebooks, monkeypatch):
    out = tmp_path / "site"
    out.mkdir()
    (out / "good--hue.vi.html").write_text("an older run")
    monkeypatch.setattr(run, "_execute", lambda *args: 1 / 0)
    (result,) = run_jobs([job()], out=out, notebooks=notebooks, language="vi", progress=str)
    assert result.error == "ZeroDivisionError: division by zero"
    assert [path.name for path in out.iterdir()] == ["manifest.json"]


def test_a_cell_that_hangs_is_stopped(tmp_path, notebooks, monkeypatch):
    monkeypatch.setattr(run, "CELL_SECONDS", 2)
    write_notebook(notebooks / "hangs.ipynb", ["import time; time.sleep(60)", *END])
    jobs = [Job("hangs", "Huế", parameters={"unit": "Huế"})]
    (result,) = run_jobs(jobs, out=tmp_path / "site", notebooks=notebooks, progress=str)
    assert result.status == "failed"
    assert result.error.startswith("CellTimeoutError")


# Before a kernel starts


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (job(units="x"), r"unknown parameter \['units'\]; there are"),
        (job(code=1), "code is 1 .int., expected a str such as '01'"),
        (job(top="10"), "top is '10'"),
        (job(top=True), "top is True"),
        (job(code=datetime.date(2026, 1, 1)), "dates and codes in quotes"),
        (job(code=("a", "b")), "code is a tuple"),
        (job(language="vi"), "for the whole site"),
        (Job("good", "Huế"), "parameter 'unit' is missing"),
        (Job("absent", "Huế"), r"No notebook 'absent' in notebooks; there are \['good'\]"),
    ],
)
def test_a_job_that_would_show_something_else_is_refused(
    tmp_path, notebooks, monkeypatch, changed, said
):
    monkeypatch.setattr(run, "_execute", lambda *args: pytest.fail("a kernel started"))
    with pytest.raises(InputError, match=said):
        run_jobs([changed], out=tmp_path / "site", notebooks=notebooks)
    assert not (tmp_path / "site").exists()


def test_an_integer_is_good_enough_for_a_float(notebooks):
    check_jobs([job(limit=1, code="05", top=3)], notebooks=notebooks)


def test_missing_inputs_and_languages_are_refused(tmp_path, notebooks):
    lacking = Job("good", "Huế", parameters={"unit": "Huế"}, inputs=(tmp_path / "no.csv",))
    with pytest.raises(InputError, match=r"input \['no.csv'\] does not exist"):
        check_jobs([lacking], notebooks=notebooks)
    with pytest.raises(InputError, match="'vi', 'en' or 'both'"):
        check_jobs([job()], notebooks=notebooks, language="fr")
    with pytest.raises(InputError, match="no job"):
        check_jobs([], notebooks=notebooks)


def test_two_jobs_may_not_write_one_page(notebooks):
    nfc, nfd = "Hà Giang", "Hà Giang"  # the same name, composed and decomposed
    jobs = [Job("good", name, parameters={"unit": name}) for name in (nfc, nfd)]
    with pytest.raises(InputError, match=r"good--ha-giang\.vi\.html"):
        check_jobs(jobs, notebooks=notebooks)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        (None, "0 cells tagged 'parameters'"),
        ("unit = ''", "no parameter 'language'"),
        ("unit = str(1)\nlanguage = 'vi'", "may hold only 'name = literal'; found 'unit = str"),
        ("import os\nlanguage = 'vi'", "found 'import os'"),
        ("a = b = 1", "found 'a = b = 1'"),
    ],
)
def test_a_notebook_without_usable_parameters_is_refused(tmp_path, parameters, said):
    write_notebook(tmp_path / "good.ipynb", END, parameters)
    with pytest.raises(InputError, match=re.escape(said)):
        check_jobs([job()], notebooks=tmp_path)


def test_page_names_are_ascii():
    names = page_names(Job("01_unit_profile", "Thành phố Huế"), "both")
    assert names == {
        "vi": "01_unit_profile--thanh-pho-hue.vi.html",
        "en": "01_unit_profile--thanh-pho-hue.en.html",
    }


# The site file


def test_read_site(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text(
        '[[job]]\nnotebook = "good"\nunit = "Huế"\nparameters = {unit = "H57", top = 3}\n'
        'figures = 1\ninputs = ["in.csv"]\n',
        encoding="utf-8",
    )
    (found,) = read_site(path)
    assert found == Job(
        "good",
        "Huế",
        parameters={"unit": "H57", "top": 3},
        figures=1,
        inputs=(tmp_path / "in.csv",),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "found no job"),
        ("[[jobs]]\nunit = 'x'", r"found \['jobs'\]"),
        ("[[job]\n", "not valid TOML"),
        ("[[job]]\nunit = 'x'", r"job 1: \['notebook'\] missing"),
        ("[[job]]\nnotebook = 'a'\nunit = 'x'\nfigure = 1", r"unknown \['figure'\]"),
        ("[[job]]\nnotebook = 'a'\nunit = 'x'\nfigures = '1'", "figures is a str, expected int"),
    ],
)
def test_a_site_file_that_cannot_be_meant(tmp_path, text, said):
    path = tmp_path / "site.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        read_site(path)


def test_a_stopped_run_goes_on_where_it_was(notebooks, tmp_path, monkeypatch):
    """What was made before the stop is in the manifest, and is not made again."""
    out, made = tmp_path / "site", []
    jobs = [Job("good", unit, parameters={"unit": unit}) for unit in ("Huế", "Đà Nẵng")]
    execute = run._execute

    def stop_at_the_second(*args):
        made.append(args[0].unit)
        if len(made) == 2:
            raise KeyboardInterrupt
        return execute(*args)

    monkeypatch.setattr(run, "_execute", stop_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        run_jobs(jobs, out=out, notebooks=notebooks, language="vi", workers=1, progress=str)
    monkeypatch.setattr(run, "_execute", lambda *args: made.append("again") or execute(*args))
    results = run_jobs(jobs, out=out, notebooks=notebooks, language="vi", progress=str)
    assert [result.status for result in results] == ["skipped", "ok"]
    assert made == ["Huế", "Đà Nẵng", "again"]
