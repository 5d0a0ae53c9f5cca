"""Cells that a spreadsheet would run: written so that it shows them, and read back as they were.

An apostrophe before the text is how people tell a spreadsheet “this is text”. It goes before every `=`, `+`, `-` or `@`
that could begin a cell: at the start, and after what another country's spreadsheet takes for the end of a cell or row.
"""

from __future__ import annotations

import re

_RUN = r"'*[^\S\t\r\n]*[=+\-@＝＋－＠]"
_START = r"(?<![^;\t\r\n])"
_TO_GUARD = re.compile(f"{_START}(?={_RUN})")
_GUARDED = re.compile(f"{_START}'(?={_RUN})")
_SIGNS = frozenset("=+-@＝＋－＠")


def guarded(text: str) -> str:
    """`text` as a CSV file may hold it; `unguarded` gives it back."""
    return text if _SIGNS.isdisjoint(text) else _TO_GUARD.sub("'", text)


def unguarded(text: str) -> str:
    """`text` without the apostrophes that `guarded`, or another careful program, put before a sign."""
    return _GUARDED.sub("", text) if "'" in text else text
