"""XLSX workbooks, read row by row; nothing is evaluated, and what a spreadsheet has lost is not guessed."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from hub.canonical.safe_cell import unguarded
from hub.client.errors import ClientError, ExitCode, printable, usage
from hub.client.sheet.headings import Wanted, place_columns
from hub.client.sheet.opening import Sheet
from hub.client.sheet.row import (
    AS_TEXT,
    FORMULA,
    NOT_TEXT,
    NOT_WHOLE,
    SHEET_ERROR,
    TOO_MANY_DIGITS,
    Columns,
    Problem,
    Row,
    of_seller,
)
from hub.sheets.workbook import Book, TooLargeError

_MOST_ROWS = 1 << 20
_EXACT = 10**15
"""Spreadsheets keep 15 digits of a number; from here on the last ones may be made up."""


@contextmanager
def open_xlsx(path: Path, wanted: Wanted) -> Iterator[Sheet]:
    """The first sheet of a workbook, or the one named."""
    _refuse_other_archives(path)
    with path.open("rb") as file:
        with _parsing(path):
            book = Book(file).loaded()
        try:
            page = _page(book, wanted.sheet)
            records = _records(path, page)
            first = next((record for record in records if any(cell.strip() for cell in record[1])), None)
            if first is None:
                raise ClientError(
                    ExitCode.NOTHING_USABLE,
                    f"the sheet “{printable(page.title, 40)}” of {path} is empty",
                    f"name another with --sheet: {_listed(book.sheetnames)}",
                )
            columns, headed = place_columns(first[1], wanted)
            sheet = Sheet(columns.names, "row", iter(()), columns.field)
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


@contextmanager
def _parsing(path: Path) -> Iterator[None]:
    """Whatever the parsers under openpyxl make of a damaged file (nearly every exception there is) is one refusal."""
    try:
        yield
    except (ClientError, MemoryError):
        raise
    except TooLargeError:
        raise _too_large(path) from None
    except Exception as error:
        raise _damaged(path) from error


def _refuse_other_archives(path: Path) -> None:
    with _parsing(path), zipfile.ZipFile(path) as archive:
        if not any(name.startswith("xl/") for name in archive.namelist()):
            raise usage(f"{path} is a ZIP archive and no Excel workbook", "unpack it, or save the list as .xlsx or CSV")


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


def _too_large(path: Path) -> ClientError:
    return usage(f"{path} unpacks to more than a workbook may hold here", "save the list as CSV")


class _Record(NamedTuple):
    """One row: its number, its texts, what is wrong with single cells, and which of them are numbers."""

    number: int
    texts: list[str]
    problems: dict[int, Problem]
    numbers: set[int]


def _records(path: Path, page: Any) -> Iterator[_Record]:
    rows = page.numbered_rows()
    while True:
        with _parsing(path):
            found = next(rows, None)
            if found is None:
                return
            number, cells = found
            if number > _MOST_ROWS:
                raise _too_large(path)
            record = _Record(number, [], {}, set())
            for at, cell in enumerate(cells):
                text, problem = _text(cell)
                record.texts.append(text)
                if problem is not None:
                    record.problems[at] = problem
                elif text and cell.data_type == "n":
                    record.numbers.add(at)
        yield record


def _rows(columns: Columns, first: _Record | None, records: Iterator[_Record], sheet: Sheet) -> Iterator[Row]:
    numbers = 0
    for record in records if first is None else chain([first], records):
        row = _row(columns, record)
        numbers += columns.value in record.numbers
        if row is None:
            sheet.blank += 1
        else:
            yield row
    if numbers:
        sheet.notes.append(
            f"{numbers:,} cell(s) of {columns.field} are numbers and not text: a spreadsheet has dropped leading "
            f"zeros if there were any; where that matters, {AS_TEXT}"
        )


def _row(columns: Columns, record: _Record) -> Row | None:
    problem = record.problems.get(columns.value)
    if problem is None and columns.seller is not None and columns.seller in record.problems:
        problem = of_seller(record.problems[columns.seller])
    return columns.row(record.number, record.texts, problem)


def _text(cell: Any) -> tuple[str, Problem | None]:
    """A cell as text, and what is wrong with it if an identifier was to stand there."""
    value = cell.value
    if value is None:
        return "", None
    if cell.data_type == "f":
        text = str(getattr(value, "text", None) or value)
        return text if text.startswith("=") else f"={text}", FORMULA
    if cell.data_type == "e":
        return str(value), SHEET_ERROR
    if isinstance(value, str):
        return unguarded(value), None
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
