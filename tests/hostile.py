"""Forty texts that try to run, to change a page, to leave a folder or to become a formula."""

import pandas as pd

from cchc_analysis.columns import DOSSIERS, check

TEXTS = (
    "<script>window.hit=1</script>",
    "</td></tr></table><script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    "<svg onload=window.hit=1></svg>",
    "<svg><script>window.hit=1</script></svg>",
    "<body onload=window.hit=1>",
    "<iframe src=javascript:window.hit=1></iframe>",
    "<a href=javascript:window.hit=1>hồ sơ</a>",
    "<style>body{display:none}</style>",
    "</style><script>window.hit=1</script>",
    "<link rel=stylesheet href=http://evil.example/x.css>",
    "<meta http-equiv=refresh content=0;url=http://evil.example>",
    "<base href=http://evil.example/>",
    "<form action=http://evil.example><input name=q></form>",
    "<details open ontoggle=window.hit=1>",
    "<math><mtext></mtext><script>window.hit=1</script></math>",
    '" onmouseover="window.hit=1" x="',
    "' autofocus onfocus='window.hit=1",
    "--><script>window.hit=1</script><!--",
    "<![CDATA[<script>window.hit=1</script>]]>",
    "&lt;script&gt;window.hit=1&lt;/script&gt;",
    "&#60;script&#62;window.hit=1&#60;/script&#62;",
    "{{ 7 * 7 }}{% raw %}",
    "${7*7}#{7*7}%s{unit}{0}",
    "[hồ sơ](javascript:window.hit=1)",
    "![x](http://evil.example/x.png)",
    "**đậm** `mã` # tiêu đề",
    "<javascript:window.hit=1>",
    "$\\href{javascript:window.hit=1}{x}$",
    "expression(window.hit=1);background:url(http://evil.example)",
    "=cmd|' /C calc'!A0",
    "+1+HYPERLINK(\"http://evil.example\")",
    "-2+3+cmd|x",
    "@SUM(1+1)*cmd|x",
    "\u202egnorts\u202c hồ sơ",
    "Hồ\u200bsơ\u200d\ufeff",
    "../../../../tmp/evil",
    "..\\..\\evil.html",
    "C:\\Windows\\evil",
    "con.html\x1b[31m",
)  # fmt: skip
BENIGN = tuple(f"Đơn vị số {sorted(TEXTS).index(text):02d}" for text in TEXTS)
"""In the order of the hostile ones: of levels with as many dossiers the first is the reference."""


def write_data(folder, names, *, parent):
    """A unit with one below it for every name; its fields and procedures bear the names too."""
    rows = [
        {
            "dossier_id": f"{number:02d}-{dossier:02d}", "unit_id": f"u{number:02d}",
            "field": names[(number + dossier) % len(names)],
            "procedure": names[(number * 7 + dossier) % len(names)],
            "receiving_unit_id": names[number], "level": names[-1 - number],
            "channel": ("online", "in_person")[dossier % 2], "status": 9,
            "status_raw": names[number],
            "received_at": pd.Timestamp("2026-03-02") + pd.Timedelta(days=dossier),
            "due_at": pd.Timestamp("2026-03-12") + pd.Timedelta(days=dossier),
            "result_at": pd.Timestamp("2026-03-10")
            + pd.Timedelta(days=dossier + (5 if (number + dossier) % 6 == 0 else 0)),
            "drawn_on": pd.Timestamp("2026-05-31"), "source": names[0],
        }
        for number in range(len(names))
        for dossier in range(24)
    ]  # fmt: skip
    folder.mkdir(parents=True)
    check(pd.DataFrame(rows), DOSSIERS).to_parquet(folder / "dossiers.parquet")
    units = [
        {"unit_id": f"u{number:02d}", "name": name, "full_name": name, "unit_class": "commune",
         "parent_id": "top", "scope": "own_desk", "simulated": False}
        for number, name in enumerate(names)
    ]  # fmt: skip
    top = {"unit_id": "top", "name": parent, "full_name": parent, "unit_class": "district",
           "parent_id": "vn34-01", "scope": "with_subordinates", "simulated": False}  # fmt: skip
    pd.DataFrame([top, *units]).to_csv(folder / "units.csv", index=False)
    return folder
