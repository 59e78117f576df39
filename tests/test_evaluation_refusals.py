"""What a reading of evaluation scores refuses, and plain CSV: nothing is lost unsaid."""

import pytest
from portal_answers import NAME, PROGRESS, TRANSPARENCY, WARD, metric, save

from cchc_analysis.columns import InputError
from cchc_analysis.scorecards.scores import score_components
from cchc_analysis.sources.evaluation import PLAIN, read_evaluation

# What is refused, and that nothing is lost


def reasons(reading):
    return reading.refused["reason"].tolist()


def test_rows_that_cannot_be_kept_are_told_with_their_place(tmp_path):
    ward = TRANSPARENCY["evaluation"][0]
    bad = [
        metric("DOSSIER_SINK", 1, 2, 1, 6),
        metric("PUBLISH_ON_TIME", 3, 2, 6, 6),
        {**metric("PUBLIC_CONTENT_FULL", 1, 2, 1, 2), "numerator": "1"},
        {**metric("DOSSIER_SYNC", 1, 2, 3, 6), "score": -1},
        "no metric",
    ]
    mixed = {"evaluation": [{**ward, "metrics": [*ward["metrics"][:1], *bad]}]}
    reading = read_evaluation(save(tmp_path, mixed))
    assert reasons(reading) == [
        "unknown metric DOSSIER_SINK",
        "numerator exceeds denominator",
        "numerator is no count (whole, from 0 to 10^12, empty where unknown)",
        "published_score is no number from 0",
        "unknown metric",
    ]
    assert reading.refused["place"].iloc[1] == "unit 0, PUBLISH_ON_TIME"
    assert reading.rows_found == len(reading.components) + 5 == 7


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Nguyễn Văn A 012345678901", "unit_name looks like an ID number"),
        ("a.b@c.vn", "unit_name looks like an e-mail address"),
        ("UBND\x00 xã", "unit_name holds unprintable characters"),
        ("UBND \u202exã", "unit_name holds unprintable characters"),
        ("x" * 201, "unit_name is longer than 200 characters"),
        (12, "unit_name is no text"),
    ],
)
def test_hostile_names_are_refused_unsaid(tmp_path, name, reason):
    hostile = {**PROGRESS, "children": [{**WARD, "totalReceived": 1, "departmentName": name}]}
    reading = read_evaluation(save(tmp_path, hostile))
    assert set(reasons(reading)) == {reason}
    assert len(reading.refused) == 2
    assert set(reading.components["unit_id"]) == {"vn34-25"}


@pytest.mark.parametrize("code", [{"a": 1}, ["H44"], True, 44, "\ud800", "=1+1", "a b"])
def test_hostile_codes_name_no_unit(tmp_path, code):
    hostile = {
        "children": [{**WARD, "totalReceived": 1, "departmentCode": code}, *PROGRESS["children"]]
    }
    hostile["children"][0] |= {"departmentId": code, "metrics": code}
    reading = read_evaluation(save(tmp_path, hostile))
    assert len(reading.refused) == 2
    assert set(reading.components["unit_id"]) == {"H44.01", "H44.100"}
    assert "1+1" not in reading.refused.to_csv()


def test_a_figure_given_twice_is_kept_once(tmp_path):
    save(tmp_path, PROGRESS)
    save(tmp_path, PROGRESS, "b" + NAME)
    reading = read_evaluation(tmp_path)
    assert len(reading.components) == 6
    assert reasons(reading) == ["given twice"] * 6
    assert len(reading.inputs) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON in UTF-8"),
        ('{"code": "OK", "data": {', "not JSON in UTF-8"),
        ('{"code": "OK", "data": {"children": [{"totalReceived": NaN}]}}', "NaN is no number"),
        ("[" * 100_000, "not JSON in UTF-8"),
        ("[]", "not an answer of the portal's evaluation screens"),
        ('{"code": "ERROR", "data": {}}', "not an answer of the portal's"),
        ('{"code": "OK", "data": null}', "not an answer of the portal's"),
        ('{"code": "OK", "data": {"items": []}}', "no evaluation screen that is known"),
        ('{"code": "OK", "data": {"children": [7]}}', "no evaluation screen that is known"),
        ('{"code": "OK", "data": {"children": [{"totalReceived": 1e400}]}}', "none of 2 rows"),
    ],
)
def test_files_that_are_no_answers(tmp_path, text, message):
    (tmp_path / NAME).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_evaluation(tmp_path / NAME)


def test_paths(tmp_path):
    with pytest.raises(InputError, match="no such file or folder"):
        read_evaluation(tmp_path / "none.json")
    with pytest.raises(InputError, match="the folder holds no"):
        read_evaluation(tmp_path)
    (tmp_path / "a.xlsx").touch()
    with pytest.raises(InputError, match="expected a file ending in"):
        read_evaluation(tmp_path / "a.xlsx")
    (tmp_path / NAME).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not JSON in UTF-8"):
        read_evaluation(tmp_path / NAME)


# Plain CSV


def plain(folder, text):
    (folder / "a.csv").write_text(text, encoding="utf-8")
    return folder / "a.csv"


def test_plain_rows_say_their_period_and_capture(tmp_path):
    file = plain(
        tmp_path,
        "unit,unit_class,period,captured_at,metric,numerator,denominator,ratio,published_score\n"
        "H44,,2026-08,2026-09-26,ON_TIME,144625,184513,78.38,15.68\n"
        "H44,,2026-08,2026-09-26,TDGQ,,,78.38,15.68\n"
        "tỉnh Lai Châu,,2026,2026-10-10,TOTAL,,,,63.37\n"
        "vn34-56,,2026,2026-10-10,CKMB,,,,14\n"
        "S1,department,2026,2026-10-10,PUBLISH_ON_TIME,0,0,,\n",
    )
    rows = read_evaluation(file).components
    assert rows["unit_id"].tolist()[:4] == ["vn34-25", "vn34-25", "vn34-12", "vn34-56"]
    assert rows["group"].tolist()[:2] == ["TDGQ", "TDGQ"]
    assert rows["metric"].isna().tolist() == [False, True, True, True, False]
    assert rows["group"].isna().tolist() == [False, False, True, False, False]
    assert score_components(rows)["status"].tolist() == ["scored", "null"]


def test_plain_cells_that_cannot_be_read_are_refused_with_their_row(tmp_path):
    file = plain(
        tmp_path,
        "unit,metric,numerator,denominator\nH44,ON_TIME,1,2\nH44,TDGQ,một,2\n,ON_TIME,1,2\n"
        "H44,CKMB,1.5,2\nH44,MDHL,1,inf\nH44,MDSH,2,1\n",
    )
    reading = read_evaluation(file, period="2026", captured_at="2026-10-10")
    assert reading.refused["place"].tolist() == [f"row {number}" for number in range(3, 8)]
    assert [reason.split(":")[0][:24] for reason in reasons(reading)] == [
        "numerator is no count (w", "no unit", "numerator is no count (w",
        "denominator is no count ", "numerator exceeds denomi",
    ]  # fmt: skip


def test_plain_headers_and_contradictions(tmp_path):
    with pytest.raises(InputError, match="unknown column 'metrics'; expected any of unit"):
        read_evaluation(plain(tmp_path, "unit,metrics\nH44,ON_TIME\n"))
    file = plain(tmp_path, "unit,period,metric\nH44,2026-08,ON_TIME\n")
    with pytest.raises(InputError, match=r"a\.csv, row 2: period is '2026-08', and 2026 for"):
        read_evaluation(file, period="2026", captured_at="2026-10-10")
    with pytest.raises(InputError, match="holds no scores"):
        read_evaluation(plain(tmp_path, "unit,metric\n"))
    with pytest.raises(InputError, match="none of 1 rows can be kept, the first because: unknown"):
        read_evaluation(
            plain(tmp_path, "unit,metric\nH44,X\n"), period="2026", captured_at="2026-10-10"
        )
    assert "published_score" in PLAIN.names
