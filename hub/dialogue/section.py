"""The section on the page of every record with a thread: the last messages, and the form for one more."""

from typing import Any

from flask import flash, request

from hub.access.gate import actor
from hub.access.permissions import Permission
from hub.db import db
from hub.dialogue.forms import MessageForm
from hub.dialogue.rules import MessageError
from hub.dialogue.service import Say, ShownMessage, Thread
from hub.evidence import service as evidence
from hub.evidence.service import Sought
from hub.web.pagination import PAGE, paged
from hub.web.shown import CursorPage

ANCHOR = "dialogue"
"""Where on the page the section stands."""


def section(thread: Thread, name: str, form: MessageForm | None, *, may_write: bool) -> dict[str, Any]:
    """What the template is told of the thread; None: nothing was sent yet. Raises what `thread` does."""
    me, form = actor(), form or MessageForm(formdata=None)

    def newest_first(before: int | None, limit: int) -> list[ShownMessage]:
        return thread(me, name, before=before, limit=limit)[::-1]

    rows, older = paged(newest_first, request.args.get("messages"), f"messages {name}", PAGE)
    if may_write and me.may(Permission.EVIDENCE_STORE) and me.may(Permission.EVIDENCE_READ):
        form.offer(evidence.evidence(me, Sought(own=True, erased=False), limit=PAGE))
    return {"thread": CursorPage(tuple(rows[::-1]), older=older), "message": form, "may_write": may_write}


def said(write: Say, name: str, form: MessageForm) -> bool:
    """Write what the form holds, or put into it what is to be mended; commits. Raises what `write` does."""
    if not form.validate_on_submit():
        return False
    try:
        write(actor(), name, form.text.data, form.files.data)
    except MessageError as error:
        db.session.rollback()
        form.refuse(error)
        return False
    db.session.commit()
    flash("The other party reads it.", "success")
    return True
