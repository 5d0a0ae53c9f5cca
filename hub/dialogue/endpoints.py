"""What the endpoints of every record with a thread do: reading on in it, and one message more."""

from dataclasses import asdict
from typing import Any

from hub.access.gate import actor
from hub.dialogue.rules import MessageError
from hub.dialogue.service import Say, Thread
from hub.web.idempotency import once
from hub.web.pagination import list_page
from hub.web.problems import ProblemError


def read_on(thread: Thread, name: str, query: dict[str, Any]) -> dict[str, Any]:
    """The page of a thread that the query asks for, oldest first. Raises what `thread` does."""
    me = actor()
    return list_page(
        "messages",
        lambda before, limit: thread(me, name, after=before or 0, limit=limit),
        query,
        f"messages {name}",
    )


def say(write: Say, name: str, given: dict[str, Any]) -> Any:
    """Write a message, once under one key; commits. Raises what `write` does, ProblemError for what is to be mended."""
    try:
        return once(lambda: asdict(write(actor(), name, given["text"], given["files"])))
    except MessageError as error:
        raise ProblemError("not-valid", str(error), "Mend the field and send it again", field=error.field) from error
