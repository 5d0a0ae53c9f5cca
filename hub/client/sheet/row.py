"""One row of a sheet, and what can be wrong with a cell before anyone asks what it means."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import NamedTuple

from hub.client.errors import printable

LONGEST_CELL = 2_048
"""Characters of an identifier or seller cell; no canonical form is longer."""
LONGEST_KEPT = 32_767
"""Characters of any cell that are carried into the bad-rows file; also the most that Excel holds."""


class Problem(NamedTuple):
    """Why a row was refused, and how it can be mended. Never holds the value.

    `of_value` is False where another cell than the identifier's, or the row as a whole, is meant.
    """

    reason: str
    remedy: str
    of_value: bool = True


class Row(NamedTuple):
    """One row with something in it.

    `number` counts as the program the file came from counts: lines of a text file and rows of a sheet from 1, with the
    heading. `value` is the identifier's cell and `seller` the seller's, stripped of blanks; `cells` is the whole row as
    text, for the bad-rows file.
    """

    number: int
    value: str
    seller: str | None
    cells: tuple[str, ...]
    problem: Problem | None = None


AS_TEXT = "format the column as Text, paste or type the values again and save"

FORMULA = Problem("a formula, and formulas are not evaluated", "copy the cell and paste it as values only")
LOST_DIGITS = Problem("a number in a short form (like 1.38E+10) that has lost its digits", AS_TEXT)
TOO_MANY_DIGITS = Problem("a number of more than 15 digits, whose last digits the spreadsheet has lost", AS_TEXT)
NOT_WHOLE = Problem("a number that is not whole", AS_TEXT)
SHEET_ERROR = Problem("an error of the spreadsheet (such as #N/A)", "mend the formula, or empty the cell")
TOO_LONG = Problem(
    f"longer than {LONGEST_CELL:,} characters", "put one identifier in each row; long text belongs in another column"
)
NOT_TEXT = Problem("a date, a yes/no or another value that is no text", AS_TEXT)
BAD_ENCODING = Problem(
    "not readable as UTF-8",
    "save the file as “CSV UTF-8”, or say how it is written: --encoding gb18030 (Chinese Windows) or cp1252 (Western)",
)
LOST_LETTERS = Problem(
    "letters were lost in a conversion (the sign � stands in their place)",
    "export the list again as UTF-8, or try another --encoding",
)

VERDICT = ("problem", "remedy", "check")
"""The last columns of a file of refused rows; `check` tells a row that was mended from one that still stands."""
_PLACE = re.compile(r"(?:row|line) [0-9]+: ")

_SHORT_FORM = re.compile(r"[+-]?\d(?:[.,]\d+)?[eE]\+\d{1,3}")
_ERRORS = frozenset({"#N/A", "#NAME?", "#REF!", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#GETTING_DATA"})


def undecodable(text: str) -> bool:
    """Whether `text` holds bytes that were not UTF-8 (kept as lone surrogates, so that nothing is lost)."""
    return not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text)


def cell_problem(text: str) -> Problem | None:
    """What is wrong with a cell's text in itself; None where its meaning may be looked at."""
    if len(text) > LONGEST_CELL:
        return TOO_LONG
    if not text.isascii():
        if undecodable(text):
            return BAD_ENCODING
        if "\ufffd" in text:
            return LOST_LETTERS
    if text.startswith("="):
        return FORMULA
    if text.startswith("#") and (text.upper() in _ERRORS or not text.strip("#")):
        return SHEET_ERROR
    if _SHORT_FORM.fullmatch(text):
        return LOST_DIGITS
    return None


class Verdict(NamedTuple):
    """The three columns of an earlier run's verdict, the first of them at `at`, and last in their sheet."""

    at: int

    def standing(self, cells: Sequence[str]) -> Problem | None:
        """The problem of a row that nobody touched since; None where a cell was mended or the problem erased."""
        told = cells[self.at : self.at + len(VERDICT)]
        if len(told) < len(VERDICT) or not told[0].strip():
            return None
        problem, remedy, check = told
        others = [*cells[: self.at], *cells[self.at + len(VERDICT) :]]
        if check.strip() != checked(others, problem, remedy):
            return None
        return Problem(printable(_PLACE.sub("", problem, count=1)), printable(remedy), of_value=False)


def checked(cells: Sequence[str], problem: str, remedy: str) -> str:
    """Letters that tell whether a refused row is still as it was; a spreadsheet takes them for no number."""
    filled = list(cells)
    while filled and not filled[-1]:
        filled.pop()
    text = "\n".join(f"{len(cell)} {cell}" for cell in (*filled, problem, remedy))
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return "".join(chr(ord("a") + byte % 16) for byte in digest[:10])


class Columns(NamedTuple):
    """Where a sheet has what: the headings, the identifier's column and the seller's, counted from 0.

    `verdict` reads the columns that an earlier run added to refused rows, where the sheet has them.
    """

    names: tuple[str, ...]
    value: int
    seller: int | None
    verdict: Verdict | None = None

    @property
    def field(self) -> str:
        """The identifiers' column by number and heading, for messages."""
        return f"column {self.value + 1} “{printable(self.names[self.value], 40)}”"

    def row(self, number: int, cells: Sequence[str], problem: Problem | None = None) -> Row | None:
        """The row of these cells; None when its identifier cell is blank.

        A row with more filled cells than there are headings is refused: its cells have moved against the headings.
        """
        wide = len(self.names)
        if len(cells) > wide and any(cell.strip() for cell in cells[wide:]):
            problem = Problem(
                f"{len(cells)} cells under {wide} headings",
                "a comma inside a cell needs quotation marks around the cell; one heading for each column",
                of_value=False,
            )
        if self.verdict is not None:
            problem = self.verdict.standing(cells) or problem
        value = cells[self.value].strip() if self.value < len(cells) else ""
        seller = cells[self.seller].strip() if self.seller is not None and self.seller < len(cells) else ""
        if not value and problem is None:
            return None
        problem = problem or cell_problem(value) or (_seller_problem(seller) if seller else None)
        kept = tuple(cell if len(cell) <= LONGEST_KEPT else cell[:LONGEST_KEPT] for cell in cells)
        return Row(number, value, seller or None, kept, problem)


def _seller_problem(text: str) -> Problem | None:
    found = cell_problem(text)
    return None if found is None else of_seller(found)


def of_seller(problem: Problem) -> Problem:
    """The same problem, of the cell that names the seller."""
    return Problem(f"the seller's cell: {problem.reason}", problem.remedy, of_value=False)
