"""Short lists from anywhere: read within bounds, or refused with a sentence."""

import io
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from hub.sheets.table import Line, SheetError, read_table

HEADINGS = {"url", "class"}


def workbook(*rows: list[object]) -> bytes:
    book, body = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(body)
    return body.getvalue()


def repacked(body: bytes, name: str, content: bytes) -> bytes:
    """The workbook with another part in the place of that one."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for each in old.namelist():
            new.writestr(each, content if each == name else old.read(each))
    return out.getvalue()


def test_a_workbook_gives_its_rows() -> None:
    body = workbook(["URL", "Class"], ["https://a.example/1", 25], [], ["=1+1", None])
    assert read_table(body, HEADINGS, 10) == (
        ["url", "class"],
        [Line(2, ["https://a.example/1", "25"]), Line(4, ["=1+1"])],
    )


@pytest.mark.parametrize("text", ["url,class\n1,2\n", "url;class\n1;2\n", "url\tclass\n1\t2\n", "url,class\r\n1,2\r\n"])
def test_cells_are_parted_as_the_heading_is(text: str) -> None:
    assert read_table(text.encode(), HEADINGS, 10) == (["url", "class"], [Line(2, ["1", "2"])])


@pytest.mark.parametrize("delimiter", [";", ","])
def test_columns_that_nothing_names_are_taken_for_no_addresses(delimiter: str) -> None:
    rows = "".join(f"https://a.example/{n}{delimiter}25{delimiter}seller\n" for n in range(3))
    with pytest.raises(SheetError, match="nothing names them"):
        read_table(rows.encode(), HEADINGS, 10)


@pytest.mark.parametrize(
    "text",
    [
        "https://a.example/1,2\nhttps://a.example/3\n",
        "https://a.example/1,2/a\nhttps://a.example/1;2,3/b\n",
        "url\nhttps://a.example/1,2\nhttps://a.example/3,4\n",
        "https://a.example/1,2\t25\n",
    ],
)
def test_address_may_hold_commas(text: str) -> None:
    addresses = [cells[0] for _, cells in read_table(text.encode(), HEADINGS, 10)[1]]
    assert addresses == [line.partition("\t")[0] for line in text.splitlines() if line != "url"]


@pytest.mark.parametrize("delimiter", ["\t", ";", ","])
def test_every_cell_may_stand_in_quotation_marks(delimiter: str) -> None:
    rows = [["URL", "Class"], ["https://a.example/1,2;3", "25"]]
    text = "\r\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)
    assert read_table(text.encode(), HEADINGS, 10) == (["url", "class"], [Line(2, rows[1])])


def test_utf_16_with_its_mark_is_read() -> None:
    assert read_table("url\nä".encode("utf-16"), HEADINGS, 10)[1] == [Line(2, ["ä"])]


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe\x00",
        b"\x80\x81",
        b"url\n\0",
        b"PK\x03\x04 and no more",
        b'url,class\n"' + b"x" * 200_000,
    ],
)
def test_what_is_no_list_is_refused(body: bytes) -> None:
    with pytest.raises(SheetError):
        read_table(body, HEADINGS, 10)


def test_an_archive_that_is_no_workbook_is_refused() -> None:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("a.txt", "x")
    with pytest.raises(SheetError, match="no workbook"):
        read_table(body.getvalue(), HEADINGS, 10)


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/styles.xml", "[Content_Types].xml"])
def test_a_workbook_that_unpacks_to_much_is_refused_unread(part: str) -> None:
    bomb = repacked(workbook(["url"], ["x"]), part, b" " * (40 << 20))
    assert len(bomb) < 100_000
    with pytest.raises(SheetError, match="unpacks"):
        read_table(bomb, HEADINGS, 10)


def test_a_cell_far_to_the_right_costs_no_row_of_that_width() -> None:
    sheet = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    sheet += b"".join(b'<row r="%d"><c r="XFD%d"><v>1</v></c></row>' % (n, n) for n in range(1, 1000))
    body = repacked(workbook(["url"]), "xl/worksheets/sheet1.xml", sheet + b"</sheetData></worksheet>")
    assert read_table(body, HEADINGS, 10) == (None, [])


@pytest.mark.parametrize(
    "body", [workbook(*([["x"]] * 11)), b"x\n" * 11, workbook(*([[" "]] * 20_001)), b"\n" * 20_001 + b"x"]
)
def test_too_many_rows_are_refused(body: bytes) -> None:
    with pytest.raises(SheetError, match="more rows"):
        read_table(body, HEADINGS, 10)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for given_body in (body, b"PK\x03\x04" + body):
        with suppress(SheetError):
            heading, lines = read_table(given_body, HEADINGS, 10)
            assert all(any(line.cells) for line in lines)
            assert heading is None or heading
