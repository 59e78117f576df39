"""Headers and labels: which are recognised, column maps, and messages about the others."""

import unicodedata

import pandas as pd
import pytest
from small_export import one, row, write, write_book

from cchc_analysis.columns import InputError
from cchc_analysis.sources import headers
from cchc_analysis.sources.dossiers import read_dossiers


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    return folder


def test_column_map_names_foreign_headers(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("case,desk,start,deadline\n7,North,2024-01-02,2024-01-09\n", encoding="utf-8")
    columns = {
        "dossier_id": "case", "unit_id": "desk", "received_at": "start", "due_at": "deadline",
    }  # fmt: skip
    record = one(read_dossiers(path, columns=columns))
    assert (record["unit_id"], record["due_at"]) == ("North", pd.Timestamp("2024-01-09"))


def test_column_map_wins_over_a_recognised_header():
    found = headers.match(["Ngày hẹn trả", "Hạn mới"], {"due_at": "Hạn mới"})
    assert found == {"due_at": "c1"}


def test_a_workbook_without_a_needed_column_names_what_is_there_and_the_nearest(tmp_path):
    header = ["Mã hồ sơ", "Đơn vị giải quyếtt", "Ngày nhận", "Ngày hẹn trả"]
    path = write_book(tmp_path / "a.xlsx", [header, ["1", "Xã Mẫu", "02/01/2024", "09/01/2024"]])
    with pytest.raises(InputError) as error:
        read_dossiers(path, out=tmp_path / "out")
    text = str(error.value)
    assert "sheet 'Danh sách' (row 1) has no column for unit_id" in text
    assert "nearest: Đơn vị giải quyếtt" in text
    assert "found: Mã hồ sơ, Đơn vị giải quyếtt, Ngày nhận, Ngày hẹn trả" in text
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"due_at": "Ngày hẹn tra"}, "no column 'Ngày hẹn tra'; nearest: Ngày hẹn trả"),
        ({"recieved_at": "Ngày nhận"}, "unknown column 'recieved_at'; nearest: received_at"),
    ],
)
def test_a_column_map_that_does_not_fit(tmp_path, columns, message):
    with pytest.raises(InputError, match=message):
        read_dossiers(write(tmp_path / "a.csv", [row()]), columns=columns, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


# Of domain knowledge, not of the reference file: headers seen in exports, and what they mean.
SEEN = {
    "Mã hồ sơ": "dossier_id", "Số hồ sơ": "dossier_id", "Mã HS": "dossier_id",
    "MaHoSo": "dossier_id", "Số biên nhận": "dossier_id", "Đơn vị giải quyết": "unit_id",
    "ĐV giải quyết": "unit_id", "Cơ quan thực hiện": "unit_id", "CQ giải quyết": "unit_id",
    "MaDonViTiepNhan": "receiving_unit_id", "Ngày nhận": "received_at",
    "NgayTiepNhan": "received_at", "Ngày TN": "received_at", "Thời gian tiếp nhận": "received_at",
    "Ngày hẹn trả": "due_at", "Ngay hen tra": "due_at", "NgayHenTra": "due_at",
    "Hạn xử lý (ngày)": "due_at", "Ngày hẹn trả KQ (*)": "due_at", "Hẹn\ntrả": "due_at",
    "Ngày kết thúc xử lý": "result_at", "Ngày HT": "result_at", "Ngày có kết quả": "result_at",
    "Ngày trả": "returned_at", "Ngày nộp hồ sơ": "submitted_at",
    "Hạn tiếp nhận": "acceptance_due_at", "Thời hạn giải quyết theo quy định": "legal_days",
    "Thời hạn GQ (ngày làm việc)": "legal_days", "Số lần gia hạn": "reappointed_count",
    "SoLanHenLai": "reappointed_count", "Ngày gửi thư xin lỗi": "apologised_at",
    "Phiếu xin lỗi": "apologised_at", "NGUYÊN NHÂN QUÁ HẠN": "late_cause",
    "Lý do trễ hạn": "late_cause", "Thời hạn giải quyết": "due_at",
    "Tên TTHC": "procedure", "MaTTHC": "procedure", "LĨNH VỰC": "field", "TrangThai": "status",
    "KenhThucHien": "channel", "HoSoCoThanhPhanSoHoa": "digitised",
    "DuocThanhToanTrucTuyen": "paid_online", "Đơn vị/ cá nhân giải quyết": "unit_or_person",
    "Người/đơn vị xử lý": "unit_or_person",
}  # fmt: skip
NEVER = (
    "STT", "Người nộp", "Chủ hồ sơ", "Địa chỉ", "Điện thoại", "Email", "Số CCCD", "Ngày sinh",
    "Người nhận", "Người xử lý", "Người tiếp nhận", "Trích yếu", "Ghi chú", "Lý do xin rút", "",
)  # fmt: skip


@pytest.mark.parametrize("header", SEEN)
def test_a_header_seen_in_exports(header):
    for text in (header, unicodedata.normalize("NFD", header), f" {header} "):
        assert headers.match([text]) == {SEEN[header]: "c0"}


@pytest.mark.parametrize("header", NEVER)
def test_headers_of_personal_data_are_never_recognised(header):
    assert headers.match([header]) == {}


@pytest.mark.parametrize("change", [str, str.title, str.upper])
def test_headers_are_shown_however_capitalised_and_no_name_among_them(change):
    texts = [change(text) for text in (*SEEN, *NEVER) if text]
    assert headers.shown(texts, texts) == [" ".join(text.split()) for text in texts]
    people = ["Người nộp Nguyễn Văn Mẫu", "TRẦN THỊ BỐN", "Chủ Hồ Sơ Lê Văn A", "Hồ Văn Mẫu"]
    assert headers.shown([*people, "Ghi chú"], people) == ["Ghi chú", "(4 cells not shown)"]


def test_no_header_stands_for_two_columns():
    listed = headers.reference()["headers"] | headers.reference()["headers_unit_or_person"]
    for name, variants in listed.items():
        for variant in variants:
            assert headers.match([variant]) == {name: "c0"}, variant


def test_what_stands_in_brackets_tells_a_number_of_days_from_a_date():
    found = headers.match(["Thời hạn giải quyết (ngày làm việc)", "Thời hạn giải quyết"])
    assert found == {"legal_days": "c0", "due_at": "c1"}
    assert headers.match(["Thời gian giải quyết theo quy định (giờ)"]) == {}
    assert headers.match(["Số ngày quy định (ngày)"]) == {}
    assert headers.match(["Số ngày quy định (*)"]) == {"legal_days": "c0"}
    assert headers.match(["Ngày hẹn trả (lần đầu)", "Ngày hẹn trả (*)"]) == {
        "first_due_at": "c0", "due_at": "c1",
    }  # fmt: skip


def test_the_name_of_a_procedure_wins_over_its_code_wherever_it_stands():
    assert headers.match(["Mã TTHC", "Tên TTHC"]) == {"procedure": "c1"}
    assert headers.match(["Ngày nhận", "Ngày nhận"]) == {"received_at": "c0"}


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("Da tra ket qua", "10"), ("10.0", "10"), ("4. Đang xử lý", "4"),
        ("[9] Đã xử lý xong", "9"),
        ("05", "5"), ("Chờ bổ sung", "5"), ("Xin rút", "7"), ("11", None), ("Lạc mất", None),
    ],
)  # fmt: skip
def test_status_labels(label, code):
    assert headers.label_code(label, "status") == code


def test_an_office_gives_its_own_labels_a_code_and_may_mean_ours_otherwise(tmp_path):
    labels = ["Từ chối giải quyết", "tu choi giai quyet", "Hoàn thành", "Đang xử lý", "Lạc mất"]
    path = write(tmp_path / "a.csv", [row(n, status=label) for n, label in enumerate(labels)])
    own = {"Từ chối giải quyết": 8, "Hoàn thành": 10}
    found = read_dossiers(path, statuses=own).dossiers["status"]
    assert found.fillna(0).tolist() == [8, 8, 10, 4, 0]
    assert read_dossiers(path).dossiers["status"].fillna(0).tolist() == [0, 0, 9, 4, 0]


@pytest.mark.parametrize(
    "statuses", [{"Đã hủy": 11}, {"Đã hủy": "3"}, {"Đã hủy": True}, {"...": 3}]
)
def test_codes_that_are_none_of_the_ten_are_refused(statuses):
    with pytest.raises(InputError, match="statuses: "):
        headers.status_codes(statuses)
