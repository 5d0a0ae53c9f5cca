"""openpyxl's reader for workbooks from anywhere: only what a list needs, and no part that could fill the memory."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Any, Self

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.worksheet._reader import DATA_TAG, ROW_TAG, WorkSheetParser
from openpyxl.xml.functions import iterparse


@dataclass(frozen=True)
class Bounds:
    """Most bytes of what a workbook unpacks to."""

    whole: int = 32 << 20
    """Of a part that is held in memory: the list of parts, the workbook, its styles."""
    shared_text: int = 256 << 20
    sheet: int = 4 << 30
    columns: int | None = None
    """Most cells of a row that are looked at; None: all."""


_MOST_BYTES_OF_A_ROW = 32 << 20
_ROW_ENDS = re.compile(rb"</(?:\w+:)?row\b")


class TooLargeError(Exception):
    """The workbook would need more memory than a list does."""


class _Parts(zipfile.ZipFile):
    """The archive. Its reader never goes beyond the sizes stated, so holding those against a limit is enough."""

    def __init__(self, file: IO[bytes], bounds: Bounds) -> None:
        super().__init__(file)
        self.bounds, self.largest = bounds, bounds.sheet

    def read(self, name: str | zipfile.ZipInfo, pwd: bytes | None = None) -> bytes:
        """A part as a whole. Raises TooLargeError."""
        if self._part(name).file_size > self.bounds.whole:
            raise TooLargeError
        return super().read(name, pwd)

    def open(self, name: str | zipfile.ZipInfo, *how: Any, **further: Any) -> IO[bytes]:
        """A part as a stream. Raises TooLargeError."""
        if self._part(name).file_size > self.largest:
            raise TooLargeError
        return super().open(name, *how, **further)

    def _part(self, name: str | zipfile.ZipInfo) -> zipfile.ZipInfo:
        return self.getinfo(name) if isinstance(name, str) else name


class Book(ExcelReader):
    """A workbook under way; `loaded` gives it. Raises whatever openpyxl raises at a damaged file, and TooLargeError."""

    def __init__(self, file: IO[bytes], bounds: Bounds = Bounds()) -> None:
        super().__init__(file, read_only=True, keep_links=False)
        self.bounds = bounds
        self.archive: _Parts = _Parts(file, bounds)

    def loaded(self) -> Any:
        """The workbook with its sheets, and without properties, themes, names, charts and links."""
        self.read_manifest()
        self.archive.largest = self.bounds.shared_text
        self.read_strings()
        self.archive.largest = self.bounds.sheet
        self.read_workbook()
        apply_stylesheet(self.archive, self.wb)
        self.read_worksheets()
        return self.wb

    def read_worksheets(self) -> None:
        """The sheets that have cells."""
        book: Any = self.wb
        for sheet, relation in self.parser.find_sheets():
            if relation.target in self.valid_files and "chartsheet" not in relation.Type:
                page: Any = _Page(book, sheet.name, relation.target, self.shared_strings)
                page.most_columns = self.bounds.columns
                book._sheets.append(page)


class _Page(ReadOnlyWorksheet):
    """One sheet."""

    most_columns: int | None = None

    def numbered_rows(self) -> Iterator[tuple[int, Sequence[Any]]]:
        """Row number and cells of every row that is there, in the file's order."""
        page: Any = self
        book = page.parent
        with self._get_source() as source:
            parser = _Rows(
                source,
                page._shared_strings,
                data_only=False,
                epoch=book.epoch,
                date_formats=book._date_formats,
                timedelta_formats=book._timedelta_formats,
            )
            for number, cells in parser.rows():
                yield number, page._get_row(cells, max_col=self.most_columns)

    def _get_size(self) -> None:
        """Look for no extent: programs state wrong ones, and where it is missing the whole sheet would be read."""

    def _get_source(self) -> _RowByRow:
        source: Any = super()
        return _RowByRow(source._get_source())


class _Rows(WorkSheetParser):
    """openpyxl's parser of cells, keeping no row once it was handed out, and reading nothing after the last."""

    def rows(self) -> Iterator[tuple[int, list[dict[str, Any]]]]:
        """Row number and what stands in its cells."""
        parser: Any = self
        within = None
        for event, element in iterparse(parser.source, events=("start", "end")):
            if element.tag == DATA_TAG:
                if event == "end":
                    return
                within = element
            elif element.tag == ROW_TAG and event == "end" and within is not None:
                yield parser.parse_row(element)
                within.clear()
                parser.row_dimensions.clear()


class _RowByRow:
    """A sheet's XML, as long as a row ends every now and then."""

    def __init__(self, source: zipfile.ZipExtFile) -> None:
        self._source = source
        self._since_row = 0

    def read(self, size: int = -1) -> bytes:
        """Read on. Raises TooLargeError in a row that does not end."""
        piece = self._source.read(size)
        ends = [found.end() for found in _ROW_ENDS.finditer(piece)]
        self._since_row = len(piece) - ends[-1] if ends else self._since_row + len(piece)
        if self._since_row > _MOST_BYTES_OF_A_ROW:
            raise TooLargeError
        return piece

    def close(self) -> None:
        """Close the part."""
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
