"""A short list as rows of text: a workbook, a CSV file, or what somebody pasted. Bounded before anything is parsed."""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from hub.canonical.safe_cell import unguarded

_MOST_LINES = 20_000
"""Lines that are looked at, blank ones too."""
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DELIMITERS = ("\t", ";", ",")


class SheetError(ValueError):
    """The file cannot be read as a list; the words say why and what to give, and nothing of what stands in it."""


class Line(NamedTuple):
    """A row: its number in the file, counted from 1, and its cells."""

    number: int
    cells: Sequence[str]


def read_table(body: bytes, headings: Collection[str], most: int) -> tuple[Sequence[str] | None, list[Line]]:
    """The heading, where the first row is one, and the rows that are not blank.

    A row is the heading if it names one of `headings`, in whatever case. Of text without one, a line is one cell unless
    it holds tabs: addresses hold commas. Raises SheetError, also for more than `most` rows.
    """
    lines = _workbook(body) if body.startswith(b"PK\x03\x04") else _text(_decoded(body), headings)
    heading: Sequence[str] | None = None
    rows: list[Line] = []
    for line in lines:
        if line.number > _MOST_LINES:
            raise _too_many(most)
        cells = [unguarded(cell).strip() for cell in line.cells]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        if heading is None and not rows and _is_heading(cells, headings):
            heading = [cell.casefold() for cell in cells]
            continue
        rows.append(Line(line.number, cells))
        if len(rows) > most:
            raise _too_many(most)
    return heading, rows


def _too_many(most: int) -> SheetError:
    return SheetError(f"there are more rows than {most:,}: send them in several parts")


def _is_heading(cells: Sequence[str], headings: Collection[str]) -> bool:
    return any(cell.strip().casefold() in headings for cell in cells)


def _decoded(body: bytes) -> str:
    encoding = next((name for mark, name in _MARKS if body.startswith(mark)), "utf-8")
    try:
        text = body.decode(encoding)
    except UnicodeError as error:
        raise SheetError("this is no text in UTF-8 and no workbook: save it as .xlsx or as CSV in UTF-8") from error
    if "\0" in text:
        raise SheetError("this is no text and no workbook: save it as .xlsx or as CSV in UTF-8")
    return text


def _text(text: str, headings: Collection[str]) -> Iterator[Line]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = next((each for each in _DELIMITERS if _is_heading(_cells(first, each), headings)), None)
    if delimiter is None:
        _refuse_unnamed(text.splitlines(), headings)
    if delimiter is None or (delimiter == "\t" and '"' not in first):
        # pasted from a spreadsheet, or one address a line: a quotation mark means itself
        yield from (Line(number, line.split("\t")) for number, line in enumerate(text.splitlines(), start=1))
        return
    try:
        yield from (
            Line(number, cells)
            for number, cells in enumerate(csv.reader(io.StringIO(text), delimiter=delimiter), start=1)
        )
    except csv.Error as error:
        raise SheetError("this is no CSV that can be read: save it again, or as .xlsx") from error


def _refuse_unnamed(lines: Sequence[str], headings: Collection[str]) -> None:
    """Raise SheetError where each line looks like as many cells: taken for one address, they would be another's."""
    given = [line for line in lines if line.strip()]
    if any("\t" in line for line in given):
        return
    for delimiter in (";", ","):
        (count, *others) = {line.count(delimiter) for line in given} or {0}
        if count and not others and all("/" not in line.rpartition(delimiter)[2] for line in given):
            raise SheetError(
                "these lines look like several columns, and nothing names them: put their names in a line above;"
                f" `{next(iter(headings))}` alone, if each line is one cell"
            )


def _cells(line: str, delimiter: str) -> Sequence[str]:
    """The cells of one line, in quotation marks or not: many programs put them around every cell."""
    try:
        return next(csv.reader([line], delimiter=delimiter), ())
    except csv.Error:
        return ()


def _workbook(body: bytes) -> Iterator[Line]:
    """The rows of its first sheet."""
    from hub.sheets.workbook import Book, Bounds, TooLargeError  # here: a web worker holds openpyxl once it needs it

    bounds = Bounds(whole=4 << 20, shared_text=8 << 20, sheet=16 << 20, columns=32)
    damaged = "this is no workbook that can be read: open it and save it again as .xlsx"
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            if not any(name.startswith("xl/") for name in archive.namelist()):
                raise SheetError("this is an archive and no workbook: unpack it, or save the list as .xlsx or CSV")
        book: Any = Book(io.BytesIO(body), bounds).loaded()
        pages = book.worksheets
        if not pages:
            raise SheetError(damaged)
        for seen, (number, cells) in enumerate(pages[0].numbered_rows(), start=1):
            yield Line(max(number, seen), [_shown(cell.value) for cell in cells])
    except SheetError:
        raise
    except TooLargeError as error:
        raise SheetError("the workbook unpacks to more than a list may hold here: save the list as CSV") from error
    except Exception as error:
        # the parsers under openpyxl raise nearly every exception there is at a damaged file
        raise SheetError(damaged) from error


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
