"""Letters that tell people what became of their sign-in. They name nobody and hold no link that does anything."""

from hub.mail import Letter, post
from hub.members.rules import ACTS_OF_OWNERS, NOTICES, Notice
from hub.members.service.links import alliance_name, hub_address


def tell(email: str, notice: Notice) -> None:
    """Have a person told by letter; in the transaction under way."""
    subject, words = NOTICES[notice]
    further = "If you think that this is a mistake, ask an owner of your member.\n"
    if notice not in ACTS_OF_OWNERS:
        further = (
            "If you expected this, there is nothing to do. If not, choose a new password at once:\n\n"
            f"{hub_address()}/forgotten\n\n"
            "Then look where you are signed in and which second factors you have, and tell an owner of your member:\n\n"
            f"{hub_address()}/sessions\n"
        )
    post(Letter(email, f"{subject} at the hub of the {alliance_name()} alliance", f"{words}\n\n{further}"))
