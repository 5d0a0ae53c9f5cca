import struct
from pathlib import Path

import pytest

from tests.unit.client.typed import looked_at, typed

PHONES = "phone,shop\n+49 30 1234567,A\n+49 30 1234568,B\n"
LISTED = "brand.shop\nother.shop\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "list.csv"


def good(file: Path, content: bytes | str, kind: str = "phone", *words: str) -> int:
    """How many identifiers are read."""
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    ended = looked_at(file, kind, *words)
    return int(ended.document["rows"]["good"])


@pytest.mark.parametrize("name", ["list.txt", "list.csv", "LIST.TXT"])
def test_one_identifier_a_line_is_read_whatever_the_name(tmp_path: Path, name: str) -> None:
    assert good(tmp_path / name, LISTED, "domain") == 2


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_cells_between_commas_semicolons_or_tabs_are_read(file: Path, delimiter: str) -> None:
    assert good(file, PHONES.replace(",", delimiter)) == 2


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("name", ["list.txt", "list.csv"])
def test_line_ends_of_every_system_are_read(tmp_path: Path, name: str, end: str) -> None:
    assert good(tmp_path / name, LISTED.replace("\n", end), "domain") == 2


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("content", [PHONES, "phone\n+49 30 1234567\n+49 30 1234568"])
def test_byte_order_mark_tells_the_encoding(file: Path, encoding: str, content: str) -> None:
    marked = content if encoding in {"utf-8-sig", "utf-16", "utf-32"} else "\ufeff" + content
    assert good(file, marked.encode(encoding)) == 2


def test_byte_order_mark_of_utf8_stands_above_a_named_encoding(file: Path) -> None:
    assert good(file, ("\ufeff" + PHONES.replace("A", "店")).encode(), "phone", "--encoding", "gb18030") == 2


def test_two_encodings_in_one_file_leave_plain_rows_good(file: Path) -> None:
    mixed = PHONES.encode() + "+49 30 1234569,Bücher\n".encode("cp1252") + "+49 30 1234570,Bücher\n".encode()
    file.write_bytes(mixed)
    document = looked_at(file, "phone").document
    assert (document["rows"]["good"], "line 4 is the first" in document["notes"][0]) == (4, True)


def test_identifier_that_is_not_utf8_is_refused_with_the_encodings_to_name(file: Path) -> None:
    file.write_bytes(b"domain\nbrand.shop\nb\xfccher.shop\n")
    problem = looked_at(file, "domain").document["problems"][0]
    assert (problem["place"], problem["reason"]) == ("row 3, column 1 “domain”", "not readable as UTF-8")
    assert "--encoding" in problem["remedy"]


def test_line_break_inside_quotes_belongs_to_the_cell(file: Path) -> None:
    file.write_text('phone,note\n+49 30 1234567,"two\nlines"\nwrong,x\n')
    assert list(looked_at(file, "phone").reasons) == ["row 3, column 1 “phone”"]


def test_quote_that_is_not_closed_is_refused_with_its_line(file: Path) -> None:
    file.write_text('phone,note\n+49 30 1234567,x\n+49 30 1234568,"y\n+49 30 1234569,z\n')
    ended = looked_at(file, "phone")
    assert (ended.code, "row 3" in ended.err, "line 3" in ended.err) == (2, True, True)


def test_formula_is_refused_by_its_row(file: Path) -> None:
    file.write_text("phone\n=1+1\n+49 30 1234567\n")
    assert looked_at(file, "phone").reasons == {"row 2, column 1 “phone”": "a formula, and formulas are not evaluated"}


def test_number_in_short_form_is_refused_by_its_row(file: Path) -> None:
    file.write_text("phone\n1.39E+10\n+49 30 1234567\n")
    assert "has lost its digits" in looked_at(file, "phone").reasons["row 2, column 1 “phone”"]


def test_formula_in_the_sellers_cell_is_refused_as_the_sellers(file: Path) -> None:
    file.write_text("phone,shop\n+49 30 1234567,=A1\n+49 30 1234568,B\n")
    assert looked_at(file, "phone", "--seller", "shop").reasons == {
        "row 2": "the seller's cell: a formula, and formulas are not evaluated"
    }


@pytest.mark.parametrize("long", ["x" * 10_000_000, "x," * 5_000_000, '"' + "x\n" * 40_000 + '"'])
def test_endless_line_costs_its_own_row_or_is_refused(file: Path, long: str) -> None:
    file.write_text(f"phone,note\n+49 30 1234567,a\n+49 30 1234568,{long}\n")
    ended = looked_at(file, "phone")
    assert ended.code in {0, 2}
    assert "row 3" in ended.err + ended.out


def test_zero_bytes_are_told_and_not_read(file: Path) -> None:
    file.write_bytes(b"phone\n+49 30 1234\x00567\n")
    ended = looked_at(file, "phone")
    assert (ended.code, "zero bytes" in ended.err) == (2, True)


def test_zero_byte_far_down_costs_its_own_row(file: Path) -> None:
    file.write_bytes(b"phone,note\n" + b"+49 30 1234567,x\n" * 5_000 + b"+49 30 1234\x00568,y\n")
    rows = looked_at(file, "phone").document["rows"]
    assert (rows["good"], rows["bad"]) == (1, 1)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "a picture"),
        (b"\x7fELF\x02\x01\x01" + bytes(200), "a program"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF"),
        (b"\x1f\x8b\x08\x00" + bytes(50), "packed with gzip"),
        (b"\xd0\xcf\x11\xe0" + bytes(50), "an old Excel file"),
        (struct.pack("<200d", *range(200)), "not text"),
        (bytes(range(1, 32)) * 9, "not text"),
    ],
)
@pytest.mark.parametrize("name", ["list.csv", "list.xlsx", "list.parquet", "list.txt"])
def test_other_kinds_of_file_are_refused_by_what_is_in_them(
    tmp_path: Path, name: str, content: bytes, what: str
) -> None:
    (tmp_path / name).write_bytes(content)
    ended = looked_at(tmp_path / name, "phone")
    assert (ended.code, what in ended.err, "→" in ended.err) == (2, True, True)


@pytest.mark.parametrize("content", [b"", b"\n\n \r\n", b"\xef\xbb\xbf", b"\xff\xfe\n\x00"])
def test_empty_file_ends_with_1(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    ended = looked_at(file, "phone")
    assert (ended.code, "is empty" in ended.err) == (1, True)


def test_blank_lines_before_the_first_row_do_not_hide_it(tmp_path: Path) -> None:
    assert good(tmp_path / "list.txt", "\n" * 100_000 + LISTED, "domain") == 2


def test_heading_without_rows_ends_with_1(file: Path) -> None:
    file.write_text("phone\n")
    ended = looked_at(file, "phone")
    assert (ended.code, "holds an identifier" in ended.err) == (1, True)


def test_list_with_every_row_bad_ends_with_1(file: Path) -> None:
    file.write_text("phone\nno\nnor this\n")
    ended = looked_at(file, "phone")
    assert (ended.code, ended.document["rows"]["bad"], "no row of the file is usable" in ended.err) == (1, 2, True)


def test_unknown_type_is_refused_with_the_types_there_are(file: Path) -> None:
    ended = looked_at(file, "telephone")
    assert (ended.code, "--type" in ended.err, "phone" in ended.err) == (2, True, True)


def test_unknown_column_is_refused_with_the_columns_there_are(file: Path) -> None:
    file.write_text(PHONES)
    ended = looked_at(file, "phone", "--column", "Mobile")
    assert (ended.code, "1 “phone”, 2 “shop”" in ended.err) == (2, True)


def test_unknown_column_of_a_file_without_headings_shows_none_of_its_rows(file: Path) -> None:
    file.write_text("+49 30 1234567,Secret Shop\n")
    ended = looked_at(file, "phone", "--column", "Mobile")
    assert (ended.code, "1234567" in ended.err, "Secret" in ended.err) == (2, False, False)


def test_two_columns_of_one_heading_are_told_apart_by_number_only(file: Path) -> None:
    file.write_text("phone,phone\n+49 30 1234567,no\n")
    refused = looked_at(file, "phone", "--column", "phone")
    assert (refused.code, "several columns" in refused.err) == (2, True)
    assert looked_at(file, "phone", "--column", "2").document["rows"] == {
        "read": 1, "good": 0, "bad": 1, "duplicate": 0, "blank": 0,
    }  # fmt: skip


def test_row_wider_than_the_headings_is_refused(file: Path) -> None:
    file.write_text("phone,shop\n+49 30 1234567,Shop, Ltd\n+49 30 1234568,B\n")
    assert looked_at(file, "phone").reasons == {"row 2": "3 cells under 2 headings"}


@pytest.mark.parametrize("encoding", ["klingon", "undefined", "idna", "utf-7", "a\0b", "base64"])
def test_encoding_that_is_none_is_refused(file: Path, encoding: str) -> None:
    file.write_text(PHONES)
    ended = looked_at(file, "phone", "--encoding", encoding)
    assert (ended.code, "there is no encoding" in ended.err) == (2, True)


@pytest.mark.parametrize("name", ["nowhere.csv", "."])
def test_file_that_cannot_be_opened_is_named(tmp_path: Path, name: str) -> None:
    ended = looked_at(tmp_path / name, "phone")
    assert (ended.code, str(tmp_path) in ended.err) == (2, True)


def test_dry_run_leaves_no_file_and_needs_no_place_to_write(file: Path) -> None:
    file.write_text("phone\nno\n+49 30 1234567\n")
    looked_at(file, "phone")
    assert list(file.parent.iterdir()) == [file]


def test_dry_run_in_words_shows_each_problem_with_its_remedy(file: Path) -> None:
    file.write_text("phone\nno\n+49 30 1234567\n")
    shown = typed("share", file, "--type", "phone", "--evidence", "E2", "--tlp", "green", "--dry-run").out
    assert shown.startswith("2 rows read: 1 good, 1 bad, 0 repeated\n  row 2, column 1 “phone”: ")
    assert "      → " in shown
