"""Letters that a development hub keeps, as the alliance's office may read them."""

from collections.abc import Sequence

from hub import mail
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.mail import KeptLetter


def kept_letters(actor: Actor, *, before: int | None, limit: int) -> Sequence[KeptLetter]:
    """The letters kept instead of being sent, newest first. Raises NotPermittedError."""
    actor.must(Permission.MAIL_ADMINISTER)
    return mail.kept_letters(before=before, limit=limit)
