"""Cursors: opaque to whom they are given, sealed so that they can be neither read nor made up.

Whoever reads a page of a list says of which list a cursor is (`of`: its word, and what narrows it); that it is good
for the actor's member alone is seen to here.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any, TypeVar

from cryptography.exceptions import InvalidTag
from flask import request

from hub.access.gate import actor
from hub.sealing import seal, unseal
from hub.web.problems import ProblemError
from hub.web.shown import CursorPage

Row = TypeVar("Row")


PAGE = 50
"""Rows on a page that says nothing else."""


def seal_cursor(place: Any, bound_to: str) -> str:
    """A cursor holding `place` (JSON), good only together with `bound_to`: the member, the list."""
    return base64.urlsafe_b64encode(seal(json.dumps(place).encode(), bound_to)).decode().rstrip("=")


def open_cursor(cursor: str, bound_to: str) -> Any:
    """What was sealed. Raises ProblemError 422 for a cursor of another member or list, or one made up."""
    try:
        if len(cursor) > 1024:
            raise ValueError
        sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return json.loads(unseal(sealed, bound_to))
    except (ValueError, InvalidTag) as error:
        raise ProblemError(
            "not-valid",
            "This cursor was not made for this list and this member",
            "Leave the cursor out to begin anew",
            field="cursor",
        ) from error


def _bound(of: str) -> str:
    word, *narrowed = of.split(" ", 1)
    return " ".join([word, str(actor().member_id), *narrowed])


def _opened(cursor: str | None, of: str, begins: Any = None) -> Any:
    return open_cursor(cursor, _bound(of)) if cursor else begins


def _sealed(place: Any, of: str) -> str:
    return seal_cursor(place, _bound(of))


def paged(
    read: Callable[..., Sequence[Row]],
    cursor: str | None,
    of: str,
    limit: int,
    place: Callable[[Row], Any] = attrgetter("id"),
) -> tuple[Sequence[Row], str | None]:
    """A page of a list and the cursor that leads on; None: this is the last. Raises ProblemError as open_cursor does.

    `read` is given `before`, the place that a cursor holds (None: from the beginning), and `limit`.
    """
    found = read(before=_opened(cursor, of), limit=limit + 1)
    return found[:limit], _sealed(place(found[limit - 1]), of) if len(found) > limit else None


def list_page(
    name: str,
    read: Callable[..., Sequence[Row]],
    query: Mapping[str, Any],
    of: str = "",
    place: Callable[[Row], Any] = attrgetter("id"),
) -> dict[str, Any]:
    """What an endpoint answers a query for a page of a list: its rows by their name, which is the list's, and `cursor`.

    As `paged` reads it; `of` where the list has another word.
    """
    rows, more = paged(read, query.get("cursor"), of or name, query["limit"], place)
    return {name: rows, "cursor": more}


def followed(
    read: Callable[..., Sequence[Row]],
    query: Mapping[str, Any],
    of: str,
    place: Callable[[Row], Any],
    begins: Any = None,
) -> tuple[Sequence[Row], str | None]:
    """What came after the query's cursor, oldest first, and the cursor to go on with, also where this is the last.

    `read` is given `after`, the place that the cursor holds (`begins`: there is no cursor), and `limit`. Raises
    ProblemError as open_cursor does.
    """
    cursor = query.get("cursor")
    found = read(after=_opened(cursor, of, begins), limit=query["limit"])
    if not found and (cursor or begins is None):
        return found, cursor
    return found, _sealed(place(found[-1]) if found else begins, of)


def shown_page(
    read: Callable[..., Sequence[Row]],
    of: str,
    place: Callable[[Row], Any] = attrgetter("id"),
    limit: int | None = None,
) -> CursorPage[Row]:
    """The page of a list that the address asks for, as `paged` reads it."""
    rows, older = paged(read, request.args.get("cursor"), of, limit or PAGE, place)
    return CursorPage(tuple(rows), older=older)


def shown_stretch(read: Callable[..., tuple[Sequence[Row], Any]], of: str, limit: int | None = None) -> CursorPage[Row]:
    """The page of a list whose reading says itself from which place it goes on (None: these were the last).

    So does one that looks at more than it shows, or keeps a record of what it shows: it is not asked for one row more.
    """
    rows, before = read(before=_opened(request.args.get("cursor"), of), limit=limit or PAGE)
    return CursorPage(tuple(rows), older=None if before is None else _sealed(before, of))
