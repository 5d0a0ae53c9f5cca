"""What the endpoints of every record with a thread do: reading on in it, and one message more."""

from dataclasses import asdict
from typing import Any

from hub.access.gate import actor
from hub.db import db
from hub.dialogue.rules import MessageError
from hub.dialogue.service import Say, Thread
from hub.web import idempotency
from hub.web.pagination import paged
from hub.web.problems import ProblemError


def read_on(thread: Thread, name: str, query: dict[str, Any]) -> dict[str, Any]:
    """The page of a thread that the query asks for, oldest first. Raises what `thread` does."""
    me = actor()
    bound = f"messages {me.member_id} {name}"
    messages, more = paged(
        lambda before, limit: thread(me, name, after=before or 0, limit=limit), query["cursor"], bound, query["limit"]
    )
    return {"messages": messages, "cursor": more}


def say(write: Say, name: str, given: dict[str, Any]) -> Any:
    """Write a message, once under one key; commits. Raises what `write` does, ProblemError for what is to be mended."""
    me = actor()
    claim = idempotency.claim(me.member_id)
    if claim.done:
        return claim.answer, {"Audit-Entry": (claim.answer or {})["entry"]}
    try:
        sent = asdict(write(me, name, given["text"], given["files"]))
    except MessageError as error:
        raise ProblemError("not-valid", str(error), "Mend the field and send it again", field=error.field) from error
    claim.keep(me.member_id, sent)
    db.session.commit()
    return sent, {"Audit-Entry": sent["entry"]}
