"""The notebook on lateness where there is too little to model: a clear sentence, no crash."""

import pytest

from cchc_analysis import cli
from cchc_analysis.report.linking import sentences

HEAD = "Mã hồ sơ,Đơn vị giải quyết,Lĩnh vực,Ngày nhận,Ngày hẹn trả,Ngày có kết quả,Hình thức nộp\n"
UNITS = {"none-late": "Xã Không Trễ", "one-unit": "Xã Một Mình"}
EXPORT = HEAD + "\n".join(
    f"H{number:02d},{unit},{field},02/01/2024,09/01/2024,{result}/01/2024,Trực tuyến"
    for number, (unit, field, result) in enumerate(
        [
            ("Xã Không Trễ", "Đất đai", "08"), ("Xã Không Trễ", "Hộ tịch", "09"),
            ("Xã Một Mình", "Đất đai", "08"), ("Xã Một Mình", "Hộ tịch", "15"),
            ("Xã Một Mình", "Hộ tịch", "31"),
        ]
    )
)  # fmt: skip
JOB = '[[job]]\nnotebook = "03_late_drivers"\nunit = "{key}"\nparameters = {{ unit = "{unit}" }}\n'


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """What the two pages say, in both languages."""
    root = tmp_path_factory.mktemp("little")
    export, site = root / "export.csv", root / "site.toml"
    export.write_text(EXPORT, encoding="utf-8")
    site.write_text("".join(JOB.format(key=k, unit=u) for k, u in UNITS.items()), encoding="utf-8")
    data, key, out = root / "data", root / "key", root / "site"
    assert cli.main(["read", str(export), "--out", str(data), "--key", str(key)]) == 0
    assert cli.main(["report", "--site", str(site), "--data", str(data), "--out", str(out)]) == 0
    return {
        (key, language): " ".join(sentences(path.read_text(encoding="utf-8")))
        for key in UNITS
        for language in ("vi", "en")
        for path in out.glob(f"03_*--{key}.{language}.html")
    }


@pytest.mark.parametrize(
    ("key", "language", "words"),
    [
        ("none-late", "vi", "Không có hồ sơ nào trễ hạn: không có gì để giải thích."),
        ("none-late", "en", "No dossier is late: there is nothing to explain."),
        ("one-unit", "vi", "Chỉ có một đơn vị: không ước lượng được sai số"),
        ("one-unit", "en", "There is only one unit: errors clustered by unit cannot be estimated."),
    ],
)
def test_the_page_says_why_there_is_no_model(pages, key, language, words):
    assert words in pages[key, language]


def test_the_page_says_on_how_few_dossiers_it_rests(pages):
    assert "1 of the 1 units rest on fewer than 30 dossiers" in pages["one-unit", "en"]
