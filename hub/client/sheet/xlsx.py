"""XLSX workbooks, read row by row; nothing is evaluated, and what a spreadsheet has lost is not guessed."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl

from hub.client.errors import ClientError, ExitCode, printable, usage
from hub.client.sheet.headings import Wanted, place_columns
from hub.client.sheet.opening import Sheet
from hub.client.sheet.row import FORMULA, NOT_TEXT, NOT_WHOLE, SHEET_ERROR, TOO_MANY_DIGITS, Columns, Problem, Row

_MOST_BYTES_OF_A_SHEET = 4 << 30
_MOST_BYTES_OF_SHARED_TEXT = 512 << 20
_MOST_PARTS = 10_000
_EXACT = 10**15
"""Spreadsheets keep 15 digits of a number; from here on the last ones may be made up."""

_DAMAGED = (zipfile.BadZipFile, KeyError, ValueError, ParseError, EOFError, IndexError, AttributeError, TypeError)


@contextmanager
def open_xlsx(path: Path, wanted: Wanted) -> Iterator[Sheet]:
    """The first sheet of a workbook, or the one named."""
    _refuse_bomb(path)
    with path.open("rb") as file:
        try:
            book = openpyxl.load_workbook(file, read_only=True, data_only=False, keep_links=False)
        except _DAMAGED as error:
            raise _damaged(path) from error
        try:
            page = _page(book, wanted.sheet)
            # Some programs write a wrong extent, and rows would be padded to it.
            page.reset_dimensions()
            records = _records(path, page)
            first = next((record for record in records if any(cell.strip() for cell in record[1])), None)
            if first is None:
                raise ClientError(
                    ExitCode.NOTHING_USABLE,
                    f"the sheet “{printable(page.title, 40)}” of {path} is empty",
                    f"name another with --sheet: {_listed(book.sheetnames)}",
                )
            columns, headed = place_columns(first[1], wanted)
            sheet = Sheet(columns.names, "row", iter(()))
            if not headed:
                sheet.notes.append("the sheet has no heading row: its first row is read as data")
            if len(book.sheetnames) > 1 and wanted.sheet is None:
                sheet.notes.append(
                    f"only the sheet “{printable(page.title, 40)}” is read; choose another with --sheet: "
                    f"{_listed(book.sheetnames)}"
                )
            sheet.rows = _rows(columns, None if headed else first, records, sheet)
            yield sheet
        finally:
            book.close()


def _refuse_bomb(path: Path) -> None:
    """Refuse an archive that unpacks to more than a sheet can hold; a reader never goes beyond the sizes stated."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except zipfile.BadZipFile as error:
        raise _damaged(path) from error
    if not any(part.filename.startswith("xl/") for part in parts):
        raise usage(f"{path} is a ZIP archive and no Excel workbook", "unpack it, or save the list as .xlsx or CSV")
    shared = sum(part.file_size for part in parts if "sharedstrings" in part.filename.lower())
    whole = max((part.file_size for part in parts), default=0)
    if shared > _MOST_BYTES_OF_SHARED_TEXT or whole > _MOST_BYTES_OF_A_SHEET or len(parts) > _MOST_PARTS:
        raise usage(f"{path} unpacks to more than a workbook may hold here", "save the list as CSV")


def _page(book: Any, name: str | None) -> Any:
    if name is not None and name not in book.sheetnames:
        raise usage(f"there is no sheet “{printable(name, 40)}”", f"name one of these: {_listed(book.sheetnames)}")
    pages = [page for page in book.worksheets if name is None or page.title == name]
    if not pages:
        raise usage("the workbook has no such sheet with cells", f"name one of these: {_listed(book.sheetnames)}")
    return pages[0]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"“{printable(name, 40)}”" for name in names[:20])


def _damaged(path: Path) -> ClientError:
    return usage(f"{path} is damaged or not a workbook that can be read", "open it in Excel and save it again as .xlsx")


_Record = tuple[int, list[str], dict[int, Problem]]


def _records(path: Path, page: Any) -> Iterator[_Record]:
    """Number, texts, and the problems of single cells by their column."""
    try:
        for number, cells in enumerate(page.iter_rows(), start=1):
            problems: dict[int, Problem] = {}
            texts = []
            for at, cell in enumerate(cells):
                text, problem = _text(cell)
                texts.append(text)
                if problem is not None:
                    problems[at] = problem
            yield number, texts, problems
    except _DAMAGED as error:
        raise _damaged(path) from error


def _rows(columns: Columns, first: _Record | None, records: Iterator[_Record], sheet: Sheet) -> Iterator[Row]:
    if first is not None:
        row = _row(columns, first)
        if row is not None:
            yield row
    for record in records:
        row = _row(columns, record)
        if row is None:
            sheet.blank += 1
        else:
            yield row


def _row(columns: Columns, record: _Record) -> Row | None:
    number, texts, problems = record
    problem = problems.get(columns.value)
    if problem is None and columns.seller is not None and columns.seller in problems:
        found = problems[columns.seller]
        problem = Problem(f"the seller's cell: {found.reason}", found.remedy)
    return columns.row(number, texts, problem)


def _text(cell: Any) -> tuple[str, Problem | None]:
    """A cell as text, and what is wrong with it if an identifier was to stand there."""
    value = cell.value
    if value is None:
        return "", None
    if cell.data_type == "f":
        return str(getattr(value, "text", None) or value), FORMULA
    if cell.data_type == "e":
        return str(value), SHEET_ERROR
    if isinstance(value, str):
        return value, None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value), NOT_TEXT
    text, problem = number_text(value)
    shown = cell.number_format
    if problem is None and shown and not shown.strip("0"):
        text = text.zfill(len(shown))  # the format 00000 shows leading zeros that the number has not
    return text, problem


def number_text(value: float) -> tuple[str, Problem | None]:
    """A number as the digits it stands for, and what is wrong where they are not all there."""
    if not math.isfinite(value):
        return str(value), NOT_WHOLE
    if abs(value) >= _EXACT:
        return str(value), TOO_MANY_DIGITS
    if value != int(value):
        return str(value), NOT_WHOLE
    return str(int(value)), None
