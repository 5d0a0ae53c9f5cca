"""Letters: posted in the caller's transaction, sealed while they wait, sent by the worker, deleted once sent.

Without HUB_SMTP_URL nothing leaves the hub: letters are kept for the page that shows them to the alliance's office.
"""

import hashlib
import json
import re
import smtplib
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from cryptography.exceptions import InvalidTag
from email_validator import EmailNotValidError, validate_email
from flask import current_app
from sqlalchemy import BigInteger, DateTime, Identity, Index, LargeBinary, delete, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from hub import clock, jobs
from hub.config import MailServer, Settings
from hub.db import Model, changed, db, newest
from hub.jobs import AgainError
from hub.log import log
from hub.sealing import seal, unseal

SEND = "send_letter"
"""The name of the task that sends one letter."""
WAITS = (*(60 * 2**n for n in range(8)), *[4 * 3600] * 5)
"""Seconds between one try and the next: from a minute, doubled up to four hours; the last is a day after the first."""
KEPT_DAYS = 30
"""How long a letter is kept that was not sent."""
TIMEOUT = 30.0
LONGEST_SUBJECT, LONGEST_TEXT = 200, 20_000
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class LetterError(ValueError):
    """No letter can be made of it; the text names the field and the rule, never what was given."""


@dataclass(frozen=True)
class Letter:
    """A plain-text mail to one person. Raises LetterError for what could forge a header or is no plain address."""

    to: str
    subject: str
    text: str

    def __post_init__(self) -> None:
        if plain_address(self.to) != self.to:
            raise LetterError("the address of a letter must be in its plain form")
        if _CONTROL.search(self.subject) or not 0 < len(self.subject) <= LONGEST_SUBJECT:
            raise LetterError(f"the subject of a letter is one line of 1 to {LONGEST_SUBJECT} characters")
        if _CONTROL.search(self.text.replace("\n", "")) or len(self.text) > LONGEST_TEXT:
            raise LetterError(f"the text of a letter has at most {LONGEST_TEXT} characters and no control character")


def plain_address(given: str) -> str:
    """The one spelling of an e-mail address, its domain in lower case and in A-labels.

    Raises LetterError for anything that is not one address of RFC 5321 with an ASCII name before the @.
    """
    try:
        found = validate_email(
            given, check_deliverability=False, allow_smtputf8=False, test_environment=True, strict=True
        )
    except EmailNotValidError:
        raise LetterError("an e-mail address reads like name@example.org") from None
    assert found.ascii_email is not None
    return found.ascii_email


class PostedLetter(Model):
    """A letter on its way, or kept; its content is sealed, and gone once it is given up."""

    __tablename__ = "letter"
    __table_args__ = (Index("ix_letter_given_up_at", "given_up_at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    posted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    given_up_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


def post(letter: Letter) -> None:
    """Have a letter sent once the transaction under way commits; if it does not, there is no letter.

    The job knows the letter's number and nothing of what it says.
    """
    posted = PostedLetter(sealed=_seal(letter), posted_at=clock.now())
    db.session.add(posted)
    db.session.flush()
    if _server() is not None:
        jobs.put(db.session.connection().connection.driver_connection, SEND, letter=posted.id)


def send_letter(letter: int, tries: int) -> None:
    """Send one letter and delete it. Raises AgainError when the queue should try later.

    If we crash between sending and deleting, the letter is sent once more, under the same Message-ID. A refusal of
    this letter by the server (5xx to its recipient or its content, RFC 5321 §4.2.1) is final; all else is tried again,
    as often as there are WAITS. What is given up is emptied, said in the log without its address, and counted.
    """
    posted = db.session.get(PostedLetter, letter)
    server = _server()
    if posted is None or posted.sealed is None or server is None:
        return
    sealed = posted.sealed
    db.session.rollback()  # no transaction stays open while we wait for the server
    try:
        _hand_over(server, _message(server, _open(sealed), sealed))
    except (OSError, smtplib.SMTPException, InvalidTag) as error:
        if not _is_final(error) and tries < len(WAITS):
            log.warning("a letter waits", job=SEND, count=tries + 1, error=type(error).__name__)
            raise AgainError(type(error).__name__) from None  # its text holds the address
        log.error("a letter was given up", job=SEND, count=tries + 1, error=type(error).__name__)
        _give_up(letter)
        return
    db.session.execute(delete(PostedLetter).where(PostedLetter.id == letter))
    db.session.commit()


def given_up() -> int:
    """How many letters were given up in the last KEPT_DAYS."""
    return db.session.execute(
        select(func.count()).select_from(PostedLetter).where(PostedLetter.given_up_at.is_not(None))
    ).scalar_one()


def forget_letters() -> int:
    """Delete letters that were kept or given up for KEPT_DAYS; returns how many. Those on their way are younger."""
    before = clock.now() - timedelta(days=KEPT_DAYS)
    gone = changed(delete(PostedLetter).where(or_(PostedLetter.posted_at < before, PostedLetter.given_up_at < before)))
    db.session.commit()
    return gone


@dataclass(frozen=True)
class KeptLetter:
    """A letter that a development hub kept."""

    number: int
    posted_at: datetime
    letter: Letter


def kept_letters(*, before: int | None, limit: int) -> Sequence[KeptLetter]:
    """Letters that a hub without a mail server kept instead of sending them, newest first."""
    found = newest(select(PostedLetter).where(PostedLetter.sealed.is_not(None)), PostedLetter.id, before, limit)
    rows = db.session.execute(found).scalars()
    return [KeptLetter(row.id, row.posted_at, _open(row.sealed)) for row in rows if row.sealed is not None]


def _give_up(number: int) -> None:
    posted = db.session.get(PostedLetter, number)
    if posted is not None:
        posted.sealed, posted.given_up_at = None, clock.now()
        db.session.commit()


def _server() -> MailServer | None:
    return _settings().mail_server


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings


def _is_final(error: Exception) -> bool:
    """Whether the server refused this very letter: not us, not our password, not for now."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(500 <= code < 600 for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPDataError) and 500 <= error.smtp_code < 600


def _message(server: MailServer, letter: Letter, sealed: bytes) -> EmailMessage:
    """The mail itself; the policy refuses a line break in a header once more."""
    domain = server.sender.rpartition("@")[2]
    message = EmailMessage(policy=SMTP)
    message["From"] = server.sender
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{hashlib.sha256(sealed).hexdigest()[:40]}@{domain}>"  # the same at each try
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    message.set_content(letter.text)
    return message


def _hand_over(server: MailServer, message: EmailMessage) -> None:
    """Give the mail to the server; its word that it has it counts, whatever follows."""
    name = server.sender.rpartition("@")[2]
    context = ssl.create_default_context()
    if server.tls_at_once:
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, name, timeout=TIMEOUT, context=context)
    else:
        smtp = smtplib.SMTP(server.host, server.port, name, timeout=TIMEOUT)
    try:
        smtp.ehlo()
        if not server.tls_at_once and (smtp.has_extn("starttls") or not server.is_loopback):
            smtp.starttls(context=context)  # refuses to go on in plain text
        if server.user:
            smtp.login(server.user, _settings().secret("secrets/smtp.password").decode())
        smtp.send_message(message)
        with suppress(OSError, smtplib.SMTPException):
            smtp.quit()
    finally:
        smtp.close()


def _seal(letter: Letter) -> bytes:
    return seal(json.dumps(asdict(letter)).encode(), "letter")


def _open(sealed: bytes) -> Letter:
    return Letter(**json.loads(unseal(sealed, "letter")))
