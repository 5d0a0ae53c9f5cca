"""Letters that a hub kept, as the tests read them, and the pages that their links lead to."""

import re

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub import mail
from hub.mail import Letter
from hub.members import service as members
from tests.conftest import HTML, Hub


def letters(hub: Hub, to: str = "") -> list[Letter]:
    """The letters kept, newest first; to one address, if it is named."""
    with hub.app.app_context():
        kept = mail.kept_letters(before=None, limit=200)
    return [each.letter for each in kept if to in ("", each.letter.to)]


def path_in(letter: Letter) -> str:
    """The address in a letter, below the hub's own, that ends with a secret."""
    found = re.search(r"http://127\.0\.0\.1:8000(/\S+/[A-Za-z0-9_-]{43})\n", letter.text)
    assert found is not None, letter.text
    return found[1]


def forget_password(hub: Hub, email: str) -> None:
    """Ask for a link to a new password, and let the queue find out whom the address belongs to."""
    with hub.app.app_context():
        members.ask_for_link(email)
    find_out(hub)


def find_out(hub: Hub) -> None:
    """Do what the worker does for those who asked for a link to a new password."""
    for (sealed,) in hub.sql(
        "DELETE FROM procrastinate_jobs WHERE task_name = %s RETURNING args ->> 'sealed'", members.SEND_LINK
    ):
        with hub.app.app_context():
            members.send_link(str(sealed))


def answered(hub: Hub, path: str, client: FlaskClient | None = None, **fields: str) -> TestResponse:
    """The answer to a form sent by a browser that has no session."""
    return (client or hub.app.test_client()).post(path, data=fields, headers=HTML)
