"""Cursors: opaque to whom they are given, sealed so that they can be neither read nor made up."""

import base64
import json
from typing import Any

from cryptography.exceptions import InvalidTag

from hub.sealing import seal, unseal
from hub.web.problems import ProblemError


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
