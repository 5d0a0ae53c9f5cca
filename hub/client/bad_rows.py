"""The rows that were refused, in a file of their own: the original columns with what is wrong and what mends it.

The file can be mended and given to the same command again. Nothing is ever overwritten: a file of that name with other
contents may be half mended already.
"""

from __future__ import annotations

import csv
import filecmp
import os
import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Self

from hub.client.errors import usage
from hub.client.sheet.row import Problem

ADDED = ("problem", "remedy")
_BAD_ROWS = re.compile(r"(.+)\.bad(?:-\d+)?\.csv")


class BadRows:
    """Collects refused rows of `source`; nothing is left unless `keep` is called. Use as a context."""

    def __init__(self, source: Path, columns: Sequence[str], wish: Path | None = None) -> None:
        self._source = source
        again = _BAD_ROWS.fullmatch(source.name)
        self._wish = wish or source.with_name(f"{again[1] if again else source.name}.bad.csv")
        # A mended file comes with the columns of the last time; they are replaced.
        self._kept = [at for at, name in enumerate(columns) if name not in ADDED]
        self._columns = columns
        self._draft = self._wish.with_name(f".{self._wish.name}.{secrets.token_hex(4)}")
        self._file: IO[str] | None = None
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ended: object) -> None:
        if self._file is not None:
            self._file.close()
            self._draft.unlink(missing_ok=True)

    def add(self, place: str, cells: Sequence[str], problem: Problem) -> None:
        """Add one row; `place` is where it stands in the source."""
        if self._file is None:
            self._file = self._opened()
            self._writer = csv.writer(self._file)
            self._writer.writerow([self._columns[at] for at in self._kept] + list(ADDED))
        kept = [cells[at] if at < len(cells) else "" for at in self._kept]
        beyond = cells[len(self._columns) :]
        self._writer.writerow([*kept, f"{place}: {problem.reason}", problem.remedy, *beyond])
        self.count += 1

    def keep(self) -> Path | None:
        """Put the file in its place and return its path; None where no row was refused."""
        if self._file is None:
            return None
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

    def _places(self) -> Sequence[Path]:
        return [self._wish] + [self._wish.with_name(f"{self._wish.stem}-{n}.csv") for n in range(2, 10_000)]

    def _opened(self) -> IO[str]:
        try:
            file = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise usage(
                f"the file for refused rows cannot be written beside {self._source}: {error.strerror}",
                "name another place with --bad-rows FILE",
            ) from error
        # With a byte-order mark, or Excel takes it for another encoding; bytes that were no UTF-8 go back as they were.
        opened = os.fdopen(file, "w", encoding="utf-8", errors="surrogateescape", newline="")
        opened.write("\ufeff")
        return opened
