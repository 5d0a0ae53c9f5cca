"""Cursors: opaque to whom they are given, sealed so that they can be neither read nor made up."""

import base64
import json
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, TypeVar

from cryptography.exceptions import InvalidTag
from flask import request

from hub.sealing import seal, unseal
from hub.web.problems import ProblemError
from hub.web.shown import CursorPage

Row = TypeVar("Row")


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


def paged(
    read: Callable[..., Sequence[Row]],
    cursor: str | None,
    bound_to: str,
    limit: int,
    place: Callable[[Row], Any] = attrgetter("id"),
) -> tuple[Sequence[Row], str | None]:
    """A page of a list and the cursor that leads on; None: this is the last. Raises ProblemError as open_cursor does.

    `read` is given `before`, the place that a cursor holds (None: from the beginning), and `limit`.
    """
    found = read(before=open_cursor(cursor, bound_to) if cursor else None, limit=limit + 1)
    more = seal_cursor(place(found[limit - 1]), bound_to) if len(found) > limit else None
    return found[:limit], more


def shown_page(
    read: Callable[..., Sequence[Row]], bound_to: str, limit: int, place: Callable[[Row], Any] = attrgetter("id")
) -> CursorPage[Row]:
    """The page of a list that the address asks for, as `paged` reads it."""
    rows, older = paged(read, request.args.get("cursor"), bound_to, limit, place)
    return CursorPage(tuple(rows), older=older)
