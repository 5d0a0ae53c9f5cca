import datetime
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.unit.client.typed import looked_at

HEAD = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
TAIL = "</sheetData></worksheet>"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "list.xlsx"


def book(rows: Sequence[Sequence[Any]], formats: dict[str, str] | None = None) -> bytes:
    """A workbook with these rows."""
    made = openpyxl.Workbook()
    assert made.active is not None
    for row in rows:
        made.active.append(list(row))
    for place, shown in (formats or {}).items():
        made.active[place].number_format = shown
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """The same archive with one part replaced."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info.filename, part if info.filename == name else old.read(info))
        if name not in old.namelist():
            new.writestr(name, part)
    return made.getvalue()


def sheet(rows: str) -> bytes:
    """A workbook whose sheet is this XML."""
    return with_part(book([["x"]]), "xl/worksheets/sheet1.xml", (HEAD + rows + TAIL).encode())


def test_texts_of_the_first_sheet_are_read(file: Path) -> None:
    file.write_bytes(book([["phone", "shop"], ["+49 30 1234567", "A"], ["+49 30 1234568", "B"]]))
    assert looked_at(file, "phone").document["rows"]["good"] == 2


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("=HYPERLINK(1)", "a formula, and formulas are not evaluated"),
        ("1.39E+10", "a number in a short form (like 1.38E+10) that has lost its digits"),
        (1234567890123456789, "a number of more than 15 digits, whose last digits the spreadsheet has lost"),
        (30.5, "a number that is not whole"),
        (datetime.datetime(2027, 3, 1), "a date, a yes/no or another value that is no text"),
        (True, "a date, a yes/no or another value that is no text"),
        ("#N/A", "an error of the spreadsheet (such as #N/A)"),
    ],
)
def test_cell_that_holds_no_text_is_refused_by_its_row(file: Path, cell: Any, reason: str) -> None:
    file.write_bytes(book([["phone"], [cell], ["+49 30 1234567"]]))
    assert looked_at(file, "phone").reasons == {"row 2, column 1 “phone”": reason}


def test_number_cell_is_read_and_told_for_its_leading_zeros(file: Path) -> None:
    file.write_bytes(book([["phone"], [13917582046], ["+86 139 1758 2047"]]))
    document = looked_at(file, "phone", "--country", "CN").document
    assert (document["rows"]["good"], "1 cell(s)" in document["notes"][0]) == (2, True)


def test_zeros_that_a_format_shows_are_read(file: Path) -> None:
    file.write_bytes(book([["phone"], [301234567]], {"A2": "0000000000"}))
    assert looked_at(file, "phone", "--country", "DE").document["rows"]["good"] == 1


def test_sheet_with_a_heading_only_ends_with_1(file: Path) -> None:
    file.write_bytes(book([["phone"]]))
    assert looked_at(file, "phone").code == 1


def test_workbook_without_cells_ends_with_1(file: Path) -> None:
    file.write_bytes(book([]))
    assert looked_at(file, "phone").code == 1


def test_unknown_sheet_is_refused_with_the_sheets_there_are(file: Path) -> None:
    file.write_bytes(book([["phone"]]))
    ended = looked_at(file, "phone", "--sheet", "March")
    assert (ended.code, "name one of these: “Sheet”" in ended.err) == (2, True)


BOMB = bytes(40 << 20)


@pytest.mark.parametrize(
    "part", ["xl/styles.xml", "xl/workbook.xml", "[Content_Types].xml", "xl/_rels/workbook.xml.rels"]
)
def test_part_that_unpacks_beyond_its_like_is_not_unpacked(file: Path, part: str) -> None:
    file.write_bytes(with_part(book([["phone"]]), part, BOMB))
    ended = looked_at(file, "phone")
    assert (ended.code, "unpacks to more" in ended.err) == (2, True)


def test_cell_that_unpacks_without_end_is_not_unpacked(file: Path) -> None:
    cell = b'<row r="1"><c r="A1" t="inlineStr"><is><t>' + b"x" * (40 << 20) + b"</t></is></c></row>"
    file.write_bytes(with_part(book([["x"]]), "xl/worksheets/sheet1.xml", HEAD.encode() + cell + TAIL.encode()))
    ended = looked_at(file, "phone")
    assert (ended.code, "unpacks to more" in ended.err) == (2, True)


def test_row_numbered_beyond_every_sheet_is_refused(file: Path) -> None:
    cell = '<c t="inlineStr"><is><t>phone</t></is></c>'
    file.write_bytes(sheet(f'<row r="1">{cell}</row><row r="99999999999">{cell}</row>'))
    ended = looked_at(file, "phone")
    assert (ended.code, "unpacks to more" in ended.err) == (2, True)


def test_rows_out_of_order_are_all_read(file: Path) -> None:
    texts = {1: "phone", 9: "+49 30 1234567", 3: "+49 30 1234568", 4: "no"}
    file.write_bytes(
        sheet("".join(f'<row r="{n}"><c t="inlineStr"><is><t>{text}</t></is></c></row>' for n, text in texts.items()))
    )
    document = looked_at(file, "phone").document
    assert (document["rows"]["good"], document["problems"][0]["place"][:5]) == (2, "row 4")


def test_entities_that_multiply_are_refused(file: Path) -> None:
    steps = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    document = f'<!DOCTYPE x [<!ENTITY e0 "ten chars.">{steps}]>'
    row = '<row r="1"><c r="A1" t="inlineStr"><is><t>&e11;</t></is></c></row>'
    file.write_bytes(with_part(book([["x"]]), "xl/worksheets/sheet1.xml", (document + HEAD + row + TAIL).encode()))
    assert looked_at(file, "phone").code == 2


def test_archive_that_is_no_workbook_is_named_so(file: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("readme.txt", "x")
    file.write_bytes(content.getvalue())
    ended = looked_at(file, "phone")
    assert (ended.code, "ZIP archive and no Excel workbook" in ended.err) == (2, True)


def test_extent_that_a_sheet_misstates_is_not_believed(file: Path) -> None:
    cells = '<row r="1"><c t="inlineStr"><is><t>phone</t></is></c></row>' + "".join(
        f'<row r="{n}"><c t="inlineStr"><is><t>+49 30 123456{n}</t></is></c></row>' for n in (2, 3)
    )
    xml = HEAD.replace("<sheetData>", '<dimension ref="A1:A2"/><sheetData>') + cells + TAIL
    file.write_bytes(with_part(book([["x"]]), "xl/worksheets/sheet1.xml", xml.encode()))
    assert looked_at(file, "phone").document["rows"]["good"] == 2
