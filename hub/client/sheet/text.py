"""Text files: one identifier a line, or cells between commas, semicolons or tabs.

Encodings are not guessed: a wrong guess would make a wrong token without anyone noticing. A byte-order mark is obeyed;
without one a file is UTF-8, and bytes that are not stay as they are (lone surrogates), so that a row whose identifier
is plain ASCII is good whatever its other cells hold, and a refused row is written back byte for byte.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from hub.canonical.safe_cell import unguarded
from hub.client.errors import ClientError, ExitCode, printable, usage
from hub.client.sheet.headings import Wanted, place_columns
from hub.client.sheet.opening import SAMPLE_BYTES, Sheet
from hub.client.sheet.row import LONGEST_CELL, LONGEST_KEPT, Columns, Problem, Row, cell_problem, undecodable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NO_SCRIPTS = frozenset({"idna", "punycode", "unicode_escape", "raw-unicode-escape", "utf-7", "undefined"})
_CONTROLS = bytes(set(range(32)) - {9, 10, 12, 13, 26, 27})
_DELIMITERS = (",", ";", "\t")
_LONGEST_LINE = 1 << 20
_ENOUGH_ROWS_AGREE = 0.8
_REFUSED_ROWS = re.compile(r"([,;\t])problem\1remedy\1check[\r\n]")


def encoding_of(path: Path, sample: bytes, asked: str | None) -> str:
    """The encoding to read `path` in: that of its byte-order mark, the one asked for, or UTF-8.

    The mark comes first because a file of refused rows has one, whatever the file had that it came from. Raises
    ClientError for an unknown name, and for a file that is not text.
    """
    named = None if asked is None else _known(asked)
    for mark, encoding in _MARKS:
        if sample.startswith(mark) and (named is None or mark == codecs.BOM_UTF8 or named.startswith("utf-")):
            return encoding
    if named is not None:
        return named
    if b"\0" in sample:
        raise usage(
            f"{path} is not text: it holds zero bytes",
            "identifiers are read from text, CSV, XLSX and Parquet; UTF-16 without a mark needs --encoding utf-16-le",
        )
    if len(sample) - len(sample.translate(None, _CONTROLS)) > len(sample) // 20:
        raise usage(f"{path} is not text", "identifiers are read from text, CSV, XLSX and Parquet")
    return "utf-8"


def _known(asked: str) -> str:
    try:
        "".encode(asked)
        name = codecs.lookup(asked).name
    except (LookupError, ValueError):
        name = ""
    if not name or name in _NO_SCRIPTS:
        raise usage(f"there is no encoding “{printable(asked, 40)}”", "use utf-8, gb18030, big5, cp1252, utf-16 …")
    return name


@contextmanager
def _opened(path: Path, wanted: Wanted, newline: str | None) -> Iterator[IO[str]]:
    with path.open("rb") as raw:
        encoding = encoding_of(path, raw.read(SAMPLE_BYTES), wanted.encoding)
        raw.seek(0)
        # Only UTF-8 can keep what it cannot read; elsewhere the sign � takes its place, and the row is refused for it.
        errors = "surrogateescape" if encoding.startswith("utf-8") else "replace"
        text = io.TextIOWrapper(raw, encoding=encoding, errors=errors, newline=newline)
        try:
            yield text
        finally:
            text.detach()


class _Lines:
    """Lines in bounded pieces, so that a file that is one endless line costs no memory; notes what is not UTF-8."""

    def __init__(self, text: IO[str], number: int = 0) -> None:
        self._text = text
        self.number = number
        self.undecodable = 0
        self.first_undecodable = 0
        self.record: list[str] = []
        """The lines handed out since whoever reads a record emptied it."""

    def __iter__(self) -> Iterator[str]:
        while line := self._text.readline(_LONGEST_LINE):
            self.number += 1
            if undecodable(line):
                self.undecodable += 1
                self.first_undecodable = self.first_undecodable or self.number
            if len(line) == _LONGEST_LINE and not line.endswith("\n"):
                self._skip_rest()
                line += "\n"
            self.record.append(line)
            yield line

    def _skip_rest(self) -> None:
        while piece := self._text.readline(_LONGEST_LINE):
            if piece.endswith("\n"):
                return

    def note(self) -> list[str]:
        """What to tell about lines that are not UTF-8."""
        if not self.undecodable:
            return []
        told = (
            f"{self.undecodable:,} line(s) are not UTF-8, line {self.first_undecodable} is the first; rows whose "
            "identifier and seller are plain are read all the same. If names look wrong: --encoding gb18030 or cp1252"
        )
        return [told]


@contextmanager
def open_lines(path: Path, wanted: Wanted) -> Iterator[Sheet]:
    """A text file with one identifier a line; blank lines are passed over."""
    with _opened(path, wanted, None) as text:
        sheet = Sheet((wanted.type,), "line", iter(()))
        sheet.rows = _line_rows(_Lines(text), sheet)
        yield sheet


def _line_rows(lines: _Lines, sheet: Sheet) -> Iterator[Row]:
    for line in lines:
        lines.record.clear()
        value = line.strip()
        if value:
            yield Row(lines.number, value[: LONGEST_CELL + 1], None, (value[:LONGEST_KEPT],), cell_problem(value))
        else:
            sheet.blank += 1
    sheet.notes += lines.note()


@contextmanager
def open_csv(path: Path, wanted: Wanted) -> Iterator[Sheet]:
    """A file of cells. The delimiter is the one of , ; and tab under which the first rows agree in width."""
    csv.field_size_limit(LONGEST_KEPT)
    with _opened(path, wanted, "") as text:
        delimiter, skipped = _delimiter(text.read(SAMPLE_BYTES))
        text.seek(0)
        for _ in range(skipped):
            text.readline()
        lines = _Lines(text, skipped)
        records = _records(path, lines, delimiter, skipped)
        first = next((record for record in records if any(cell.strip() for cell in record[1])), None)
        if first is None:
            raise ClientError(ExitCode.NOTHING_USABLE, f"{path} is empty", "check which file was meant")
        columns, headed = place_columns(first[1], wanted)
        sheet = Sheet(columns.names, "row", iter(()), columns.field)
        if not headed:
            sheet.notes.append("the file has no heading line: its first row is read as data")
        sheet.rows = _csv_rows(columns, None if headed else first, records, lines, sheet)
        yield sheet


_Record = tuple[int, Sequence[str], Problem | None]


def _records(path: Path, lines: _Lines, delimiter: str, number: int) -> Iterator[_Record]:
    """Number, cells and problem of every record, the blank ones too, numbered as a spreadsheet numbers its rows."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        number += 1
        lines.record.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if len(lines.record) > 1 or "unexpected end" in str(error):
                raise usage(
                    f"row {number} of {path} (line {lines.number - len(lines.record) + 1}) opens a quotation mark that "
                    "is not closed: the rows after it would be lost",
                    "close it, or write it twice if it belongs to the text",
                ) from None
            whole = lines.record[0].rstrip("\r\n")[:LONGEST_KEPT]
            what = "a cell that is too long" if "limit" in str(error) else "a quotation mark inside a cell"
            remedy = "put quotation marks around the whole cell, and write each inside twice"
            if "limit" in str(error):
                remedy = "put one identifier in each row, and shorten the long cell or leave its column out"
            yield number, (whole,), Problem(what, remedy, of_value=False)
        else:
            yield number, [unguarded(cell) for cell in cells], None


def _csv_rows(
    columns: Columns, first: _Record | None, records: Iterator[_Record], lines: _Lines, sheet: Sheet
) -> Iterator[Row]:
    if first is not None:
        row = columns.row(*first)
        if row is not None:
            yield row
    for record in records:
        row = columns.row(*record)
        if row is None:
            sheet.blank += 1
        else:
            yield row
    sheet.notes += lines.note()


def _delimiter(sample: str) -> tuple[str, int]:
    """The delimiter, and how many lines to skip: Excel writes `sep=;` into the first line for its own use."""
    head = sample.lstrip("\ufeff").split("\n", 1)[0].strip().strip('"').lower()
    if head.startswith("sep=") and len(head) == 5:
        return head[4], 1
    if (refused := _REFUSED_ROWS.search(sample)) is not None:
        return refused[1], 0
    rows = sample.splitlines(keepends=True)
    rows = rows[:-1] if len(rows) > 1 and len(sample) == SAMPLE_BYTES else rows
    scores = [(_agreement(rows[:200], delimiter), delimiter) for delimiter in _DELIMITERS]
    best, delimiter = max(scores, key=lambda score: score[0])
    return (delimiter, 0) if best > (0.0, 0) else (",", 0)


def _agreement(rows: list[str], delimiter: str) -> tuple[float, int]:
    """The share of records with the commonest width, and that width; nothing where it is one column or few agree."""
    widths: list[int] = []
    with suppress(csv.Error):  # a cell that is too long; the rows before it tell enough
        for cells in csv.reader(rows, delimiter=delimiter):
            if cells:
                widths.append(len(cells))
    if not widths:
        return 0.0, 0
    width = max(set(widths), key=widths.count)
    share = widths.count(width) / len(widths)
    return (share, width) if width > 1 and share >= _ENOUGH_ROWS_AGREE else (0.0, 0)
