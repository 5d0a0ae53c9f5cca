"""Cursors: opaque to whom they are given, sealed so that they can be neither read nor made up."""

import base64
import json
import secrets
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app

from hub.web.problems import ProblemError


def seal_cursor(place: Any, bound_to: str) -> str:
    """A cursor holding `place` (JSON), good only together with `bound_to`: the member, the list."""
    aead: AESGCM = current_app.extensions["sealing"]
    nonce = secrets.token_bytes(12)
    sealed = nonce + aead.encrypt(nonce, json.dumps(place).encode(), bound_to.encode())
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def open_cursor(cursor: str, bound_to: str) -> Any:
    """What was sealed. Raises ProblemError 422 for a cursor of another member or list, or one made up."""
    aead: AESGCM = current_app.extensions["sealing"]
    try:
        if len(cursor) > 1024:
            raise ValueError
        sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return json.loads(aead.decrypt(sealed[:12], sealed[12:], bound_to.encode()))
    except (ValueError, InvalidTag) as error:
        raise ProblemError(
            "not-valid",
            "This cursor was not made for this list and this member",
            "Leave the cursor out to begin anew",
            field="cursor",
        ) from error
