"""From a path to a stream of rows: what a file is, by what is in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hub.client.errors import ClientError, ExitCode, usage
from hub.client.sheet.headings import Wanted
from hub.client.sheet.row import Row

SAMPLE_BYTES = 1 << 16


@dataclass
class Sheet:
    """An open file: its headings, its rows as a stream to be read once, and what the reader noticed.

    `unit` is what `Row.number` counts: "row" or "line"; `where` names the identifiers' column. `notes` grows while rows
    are read, `blank` counts the rows without an identifier.
    """

    columns: tuple[str, ...]
    unit: str
    rows: Iterator[Row]
    where: str = ""
    notes: list[str] = field(default_factory=list)
    blank: int = 0


Reader = Callable[[Path, Wanted], AbstractContextManager[Sheet]]

_FOREIGN: Mapping[bytes, tuple[str, str]] = {
    b"\xd0\xcf\x11\xe0": ("an old Excel file (.xls) or one with a password", "save it as .xlsx without a password"),
    b"%PDF": ("a PDF", "export the list as CSV or XLSX"),
    b"\x1f\x8b": ("packed with gzip", "unpack it first"),
    b"BZh": ("packed with bzip2", "unpack it first"),
    b"\xfd7zXZ": ("packed with xz", "unpack it first"),
    b"\x28\xb5\x2f\xfd": ("packed with zstd", "unpack it first"),
    b"7z\xbc\xaf": ("a 7z archive", "unpack it first"),
    b"Rar!": ("a RAR archive", "unpack it first"),
    b"SQLite format 3": ("an SQLite database", "export the table as CSV"),
    b"\x89PNG": ("a picture", "identifiers are read from text, CSV, XLSX and Parquet"),
    b"\xff\xd8\xff": ("a picture", "identifiers are read from text, CSV, XLSX and Parquet"),
    b"\x7fELF": ("a program", "identifiers are read from text, CSV, XLSX and Parquet"),
    b"MZ\x90\x00": ("a program", "identifiers are read from text, CSV, XLSX and Parquet"),
}


_BLANK = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"
_REFUSED_ROWS = re.compile(rb"([,;\t])problem\1remedy\1check[\r\n]")


@contextmanager
def open_sheet(path: Path, wanted: Wanted) -> Iterator[Sheet]:
    """Open `path` as text, CSV, XLSX or Parquet, whatever its content shows it to be.

    Memory does not grow with the number of rows. Raises ClientError, also while rows are read: an empty file (exit
    code 1), one that is none of the four, or damaged, or in which the wanted column is not found (2).
    """
    try:
        with path.open("rb") as file:
            sample = file.read(SAMPLE_BYTES)
            blank = sample
            while blank and not blank.strip(_BLANK):
                blank = file.read(SAMPLE_BYTES)
    except IsADirectoryError:
        raise usage(f"{path} is a folder", "name a file") from None
    except OSError as error:
        raise usage(f"{path} cannot be read: {error.strerror}", "check the path") from error
    if not blank:
        raise ClientError(ExitCode.NOTHING_USABLE, f"{path} is empty", "check which file was meant")
    with _reader(path, sample, wanted)(path, wanted) as sheet:
        yield sheet


def _reader(path: Path, sample: bytes, wanted: Wanted) -> Reader:
    # Each reader is imported when it is needed: openpyxl and pyarrow would cost every command their start.
    if sample.startswith(b"PAR1"):
        from hub.client.sheet.parquet import open_parquet

        return open_parquet
    if sample.startswith(b"PK\x03\x04"):
        from hub.client.sheet.xlsx import open_xlsx

        return open_xlsx
    for magic, (what, remedy) in _FOREIGN.items():
        if sample.startswith(magic):
            raise usage(f"{path} is {what}", remedy)
    from hub.client.sheet.text import encoding_of, open_csv, open_lines

    encoding_of(path, sample, wanted.encoding)  # refuses binary files before anything is parsed
    columns_asked = wanted.column is not None or wanted.seller is not None
    cells = path.suffix.lower() in {".csv", ".tsv", ".tab"} or columns_asked or _REFUSED_ROWS.search(sample)
    return open_csv if cells else open_lines
