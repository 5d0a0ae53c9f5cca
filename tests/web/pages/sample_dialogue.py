"""Values of the thread on the page of a record, full and empty."""

from datetime import UTC, datetime
from typing import Any

from hub.dialogue.forms import MessageForm
from hub.dialogue.rules import MessageError
from hub.dialogue.service import ShownFile, ShownMessage
from hub.web.shown import CursorPage

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def _messages() -> tuple[ShownMessage, ...]:
    files = [ShownFile("f_" + "A" * 20, "<b>invoice</b> of the dealer.pdf"), ShownFile("f_" + "B" * 20, "")]
    return (
        ShownMessage(
            1, "A" * 22, "shop", True, "p_1", "The seller shows this <b>invoice</b>.\nIs it yours?", files, NOW
        ),
        ShownMessage(2, "B" * 22, "brand-a", False, "", "No: " + "we never sold to this dealer. " * 12, [], NOW),
    )


def thread_sample(full: bool, *, refused: bool = True) -> dict[str, Any]:
    """What the template is given; `refused`: one form of the page is refused at once, and it is this one."""
    form = MessageForm(formdata=None)
    if full and refused:
        form.refuse(MessageError("text", "say it in 4,000 characters at most"))
    if full:
        form.files.choices = {"f_" + "A" * 20: "<b>parcel</b>.jpg, 24 Nov 2026"}
    return {
        "thread": CursorPage(_messages(), older="o") if full else CursorPage(()),
        "message": form,
        "may_write": full,
    }
