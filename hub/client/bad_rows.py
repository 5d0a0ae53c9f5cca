"""The rows that were refused, in a file of their own: the original columns with what is wrong and what mends it.

The file can be mended and given to the same command again: what was not mended is refused again, by the letters in
`check`. To share a row as it stands, empty its `problem`. Nothing is ever overwritten: a file of that name with other
contents may be half mended already. A spreadsheet shows what stands in it and runs nothing.
"""

from __future__ import annotations

import csv
import filecmp
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import IO, Self

from hub.canonical.safe_cell import guarded
from hub.client.out_file import not_written
from hub.client.sheet.row import VERDICT, Problem, checked

_BAD_ROWS = re.compile(r"(.+)\.bad(?:-\d+)?\.csv")


class BadRows:
    """Collects refused rows of `source`; nothing is left unless `keep` is called. Use as a context.

    With `only_count` nothing is written.
    """

    def __init__(
        self, source: Path, columns: Sequence[str], wish: Path | None = None, *, only_count: bool = False
    ) -> None:
        again = _BAD_ROWS.fullmatch(source.name)
        self._wish = wish or source.with_name(f"{again[1] if again else source.name}.bad.csv")
        # A mended file comes with the columns of the last time; they are replaced.
        again_refused = tuple(columns[-len(VERDICT) :]) == VERDICT
        self._own = len(columns) - (len(VERDICT) if again_refused else 0)
        self._columns = columns
        self._only_count = only_count
        self._draft = self._wish.with_name(f".{self._wish.name[:100]}.{secrets.token_hex(4)}")
        self._file: IO[str] | None = None
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ended: object) -> None:
        if self._file is not None:
            with suppress(OSError):  # a full disk was told of before
                self._file.close()
            self._draft.unlink(missing_ok=True)

    def add(self, place: str, cells: Sequence[str], problem: Problem) -> None:
        """Add one row; `place` is where it stands in the source."""
        self.count += 1
        if self._only_count:
            return
        kept = [cells[at] if at < len(cells) else "" for at in range(self._own)]
        beyond = cells[len(self._columns) :]
        told = f"{place}: {problem.reason}"
        check = checked([*kept, *beyond], told, problem.remedy)
        with self._storing():
            if self._file is None:
                self._file = self._opened()
                self._writer = csv.writer(self._file)
                self._writer.writerow(map(guarded, (*self._columns[: self._own], *VERDICT)))
            self._writer.writerow(map(guarded, (*kept, told, problem.remedy, check, *beyond)))

    def keep(self) -> Path | None:
        """Put the file in its place and return its path; None where no row was refused."""
        if self._file is None:
            return None
        with self._storing():
            self._file.close()
        self._file = None
        for path in self._places():
            if path.exists():
                if filecmp.cmp(path, self._draft, shallow=False):
                    self._draft.unlink()
                    return path
            else:
                self._draft.rename(path)
                return path
        raise AssertionError("the places do not end")

    def _places(self) -> Iterator[Path]:
        yield self._wish
        for n in count(2):
            yield self._wish.with_name(f"{self._wish.stem}-{n}.csv")

    @contextmanager
    def _storing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise not_written(self._wish, error, "--bad-rows") from error

    def _opened(self) -> IO[str]:
        file = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        # With a byte-order mark, or Excel takes it for another encoding; bytes that were no UTF-8 go back as they were.
        opened = os.fdopen(file, "w", encoding="utf-8", errors="surrogateescape", newline="")
        opened.write("\ufeff")
        return opened
