"""Refused rows in a file of their own: nothing lost, nothing run by a spreadsheet, nothing taken for mended that is not."""

import csv
import io
import tempfile
from contextlib import suppress
from pathlib import Path

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hub.canonical.safe_cell import guarded, unguarded
from hub.client.bad_rows import BadRows
from hub.client.errors import ClientError
from hub.client.sheet import Problem, Row, Wanted, open_sheet
from tests.unit.client.test_reading_workbooks import book
from tests.unit.client.typed import looked_at, typed, written_profile

law = settings(max_examples=200)
TERMS = ("--evidence", "E2", "--tlp", "green")
SIGNS = frozenset("=+-@＝＋－＠")

dirt = st.text(st.sampled_from("=+-@'\"; ,\t\r\n\0ab1＝店é\ufeff\udcff"), max_size=12)
cells = st.lists(st.one_of(dirt, st.text(max_size=20)), min_size=3, max_size=3)


@law
@given(st.one_of(dirt, st.text()))
@example("'=1")
@example("a;'\t=1")
def test_guarded_text_comes_back(text: str) -> None:
    assert unguarded(guarded(text)) == text


@law
@given(st.one_of(dirt, st.text()))
def test_guarded_text_begins_no_cell_of_any_spreadsheet_with_a_sign(text: str) -> None:
    for delimiter in ";\t\r\n":
        for piece in guarded(text).split(delimiter):
            assert piece.lstrip()[:1] not in SIGNS or not piece.lstrip()


def read(path: Path) -> tuple[tuple[str, ...], list[Row]]:
    """Headings and rows of a file whose identifiers stand in the column `a`."""
    with open_sheet(path, Wanted("phone", lambda _: False, "a")) as sheet:
        return sheet.columns, list(sheet.rows)


@law
@given(st.lists(cells, min_size=1, max_size=5))
@example([["=1", "'=1", "a;=2"], ["-1\n-2", '"', "\r"]])
def test_refused_rows_come_back_cell_for_cell_and_stay_refused(rows: list[list[str]]) -> None:
    rows = [[f"x{row[0]}", *row[1:]] for row in rows]
    with tempfile.TemporaryDirectory() as folder:
        with BadRows(Path(folder) / "list.csv", ("a", "b=", "'c")) as refused:
            for n, row in enumerate(rows, 2):
                refused.add(f"row {n}", [cell.replace("\ud800", "") for cell in row], Problem("wrong", "mend it"))
            kept = refused.keep()
        assert kept is not None
        columns, found = read(kept)
    assert columns == ("a", "b=", "'c", "problem", "remedy", "check")
    assert [list(row.cells[:3]) for row in found] == rows
    assert [row.problem for row in found] == [Problem("wrong", "mend it", of_value=False)] * len(rows)


def reading(content: bytes, name: str, kind: str, column: str | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        with (
            suppress(ClientError),
            open_sheet(path, Wanted(kind, lambda text: text.isdecimal(), column)) as sheet,
        ):
            assert all(row.number >= 1 for row in sheet.rows)


names = st.sampled_from(["list.csv", "list.txt", "list.xlsx", "list.parquet"])
columns = st.sampled_from([None, "phone", "1", "2"])
HEADS = st.sampled_from([b"", b"PAR1", b"PK\x03\x04", b"\xff\xfe", b"\xef\xbb\xbf", b"phone,shop\n", b"sep=;\n", b'"'])


@law
@given(
    HEADS, st.one_of(st.binary(max_size=300), dirt.map(lambda t: t.encode("utf-8", "surrogateescape"))), names, columns
)
def test_any_bytes_are_rows_or_a_refusal(head: bytes, content: bytes, name: str, column: str | None) -> None:
    reading(head + content, name, "phone", column)


WORKBOOK = book([["phone", "shop"], ["+49 30 1234567", "A"], [5, None]])


@settings(max_examples=150)
@given(st.integers(0, len(WORKBOOK) - 1), st.binary(max_size=6), st.integers(0, 40))
def test_any_workbook_with_some_bytes_changed_is_rows_or_a_refusal(at: int, put: bytes, gone: int) -> None:
    reading(WORKBOOK[:at] + put + WORKBOOK[at + gone :], "list.xlsx", "phone", "phone")


def shared(folder: Path, file: Path, *words: str | Path) -> tuple[int, str]:
    """Share where no hub answers: the rows are read and refused ones kept before anything is sent."""
    ended = typed("--profile", written_profile(folder), "--patience", "0", "share", file, *TERMS, "--yes", *words)
    return ended.code, ended.err


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ALLIANCE_STATE", str(tmp_path / "state"))
    return tmp_path


def refused_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="", errors="surrogateescape") as file:
        return list(csv.DictReader(file))


def test_list_with_every_row_bad_sends_nothing_and_keeps_the_rows(folder: Path) -> None:
    (folder / "list.csv").write_text("shop,phone\nA,no\nB,nor this\n")
    code, said = shared(folder, folder / "list.csv", "--type", "phone")
    assert (code, "cannot be reached" in said) == (1, False)
    assert [row["shop"] for row in refused_rows(folder / "list.csv.bad.csv")] == ["A", "B"]


def test_refused_rows_are_for_their_owners_eyes(folder: Path) -> None:
    (folder / "list.csv").write_text("phone\nno\n")
    shared(folder, folder / "list.csv", "--type", "phone")
    assert (folder / "list.csv.bad.csv").stat().st_mode & 0o777 == 0o600


def test_own_column_named_problem_survives(folder: Path) -> None:
    (folder / "list.csv").write_text("phone,problem\nno,mine\n")
    shared(folder, folder / "list.csv", "--type", "phone")
    assert (folder / "list.csv.bad.csv").read_text("utf-8-sig").splitlines()[1].startswith("no,mine,")


def test_refused_rows_written_in_another_encoding_come_back_byte_for_byte(folder: Path) -> None:
    (folder / "list.csv").write_bytes(b"phone,shop\nno,B\xfccher\n")
    shared(folder, folder / "list.csv", "--type", "phone")
    assert b"no,B\xfccher," in (folder / "list.csv.bad.csv").read_bytes()


def test_formula_is_refused_rows_file_cannot_run(folder: Path) -> None:
    (folder / "list.csv").write_text('phone,shop\n"=HYPERLINK(1)","x;=1"\n')
    shared(folder, folder / "list.csv", "--type", "phone")
    assert "'=HYPERLINK(1),x;'=1," in (folder / "list.csv.bad.csv").read_text("utf-8-sig")


@pytest.mark.parametrize("cell", [1234567890123456789, True, 30.5, "=A1"])
def test_row_that_nobody_mended_is_refused_again_for_the_same_reason(folder: Path, cell: object) -> None:
    (folder / "list.xlsx").write_bytes(book([["phone", "shop"], [cell, "A"], ["+49 30 1234567", "B"]]))
    reason = looked_at(folder / "list.xlsx", "phone").reasons["row 2, column 1 “phone”"]
    shared(folder, folder / "list.xlsx", "--type", "phone")
    ended = looked_at(folder / "list.xlsx.bad.csv", "phone", "--country", "CN")
    assert ended.reasons == {"row 2": reason}


def test_row_whose_problem_was_erased_is_shared_as_it_stands(folder: Path) -> None:
    (folder / "list.xlsx").write_bytes(book([["seller_id"], ["amazon:A2L77EE7U53NWQ"], [True]]))
    with BadRows(folder / "list.csv", ("seller_id",)) as refused:
        refused.add("row 2", ["amazon:A2L77EE7U53NWQ"], Problem("under another seller", "keep one"))
        path = refused.keep()
    assert path is not None
    path.write_text(path.read_text("utf-8-sig").replace("row 2: under another seller", ""))
    assert looked_at(path, "seller_id").document["rows"]["good"] == 1


def test_row_mended_in_excel_and_saved_as_a_workbook_is_good(folder: Path) -> None:
    (folder / "list.csv").write_text('phone,note\nno,"=1"\nnot,b\n')
    shared(folder, folder / "list.csv", "--type", "phone")
    made = openpyxl.Workbook()
    assert made.active is not None
    for n, row in enumerate(csv.reader(io.StringIO((folder / "list.csv.bad.csv").read_text("utf-8-sig")))):
        made.active.append(["'+49 30 1234567", *row[1:]] if n == 1 else row)
    made.save(folder / "mended.xlsx")
    document = looked_at(folder / "mended.xlsx", "phone").document
    assert (document["rows"]["good"], document["rows"]["bad"]) == (1, 1)


@pytest.mark.parametrize(
    ("heading", "words"),
    [("", ("--column", "1", "--no-heading")), ("Odd Heading\n", ()), ("Mobile\n", ("--encoding", "gb18030"))],
)
def test_mended_file_is_read_by_the_same_command(folder: Path, heading: str, words: tuple[str, ...]) -> None:
    (folder / "list.csv").write_text(f"{heading}手机\n", encoding="gb18030" if "gb18030" in words else "utf-8")
    shared(folder, folder / "list.csv", "--type", "phone", *words)
    bad = folder / "list.csv.bad.csv"
    bad.write_text(bad.read_text("utf-8").replace("手机", "+49 30 1234567"), "utf-8")
    assert looked_at(bad, "phone", *words).document["rows"] == {
        "read": 1, "good": 1, "bad": 0, "duplicate": 0, "blank": 0,
    }  # fmt: skip


def test_refused_rows_under_any_name_are_read_as_cells(folder: Path) -> None:
    (folder / "list.txt").write_text("no\n")
    shared(folder, folder / "list.txt", "--type", "phone", "--bad-rows", folder / "refused.txt")
    assert list(looked_at(folder / "refused.txt", "phone").reasons) == ["row 2"]


def test_half_mended_file_is_not_overwritten(folder: Path) -> None:
    (folder / "list.csv").write_text("phone\nno\n")
    (folder / "list.csv.bad.csv").write_text("half mended")
    shared(folder, folder / "list.csv", "--type", "phone")
    assert (folder / "list.csv.bad.csv").read_text() == "half mended"
    assert len(refused_rows(folder / "list.csv.bad-2.csv")) == 1


def test_same_refusals_twice_leave_one_file(folder: Path) -> None:
    (folder / "list.csv").write_text("phone\nno\n")
    for _ in range(2):
        shared(folder, folder / "list.csv", "--type", "phone")
    assert not list(folder.glob("*.bad-2.csv"))


def test_place_that_cannot_be_written_is_named_with_the_option(folder: Path) -> None:
    (folder / "list.csv").write_text("phone\nno\n")
    code, said = shared(folder, folder / "list.csv", "--type", "phone", "--bad-rows", folder / "nowhere" / "bad.csv")
    assert (code, "nowhere" in said, "--bad-rows FILE" in said) == (2, True, True)
