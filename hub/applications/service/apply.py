"""What a stranger does: applies, proves the contact's address by a letter, and sends documents along with the proof.

Nothing tells whether an organisation or an address is known: the answer is the same, news goes to the address alone.
"""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import DateTime, LargeBinary, func, insert, select, update

from hub import clock, mail
from hub.access.actor import Actor
from hub.access.tlp import MemberKind
from hub.applications import rules
from hub.applications.model import Application, ApplicationDocument
from hub.applications.rules import ApplicationState, Facts
from hub.applications.service import documents
from hub.db import compiled, db, given
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.limits import service as limits
from hub.limits.rules import Limit, network_of, site_of
from hub.mail import Letter
from hub.members import service as members
from hub.members.rules import key_digest
from hub.sealing import seal

_HOLDER = compiled(
    select(func.application_holder(given("digest", LargeBinary), given("since", DateTime(timezone=True))).label("name"))
)

LETTER = """Somebody, we hope you, asked that an organisation be admitted to the {alliance} alliance, and named
this address for questions about it. To go on, open this page, add the documents that prove what was said, and confirm:

{link}

The link serves once, within {days} days. If it was not you, do nothing: what was sent is then deleted.
"""


class TooManyApplicationsError(Exception):
    """The network, its site, or everybody together, has applied or confirmed as often as is taken in a day."""


class UnknownApplicationError(Exception):
    """There is no application of that name, or none that waits for that key."""


@dataclass(frozen=True)
class Upload:
    """A file as it was sent."""

    name: str
    content: bytes


def apply(facts: Facts, address: str) -> None:
    """Take an application from a network address, and write to its contact. Commits.

    Where too many have named the contact's address today, nothing is kept and nobody is told. Raises
    TooManyApplicationsError.
    """
    for limit in (
        _limit(f"network {network_of(address)}", rules.MOST_OF_A_NETWORK),
        _limit(f"site {site_of(address)}", rules.MOST_OF_A_SITE),
        _limit("all", rules.MOST_OF_ALL),
    ):
        if not _has_room(limit):
            raise TooManyApplicationsError("no more applications are taken today")
    if not _has_room(_limit(f"address {facts.contact_email.lower()}", rules.MOST_TO_AN_ADDRESS)):
        return
    key, name = secrets.token_urlsafe(32), rules.new_name()
    db.session.execute(
        insert(Application)
        .values(
            name=name,
            digest=key_digest(key),
            state=ApplicationState.APPLIED.value,
            legal_name=facts.legal_name,
            kind=facts.kind,
            sector=facts.sector or None,
            country=facts.country,
            facts=seal(json.dumps(facts.as_dict()).encode(), f"application {name}"),
            applied_at=clock.now(),
        )
        .inline()  # what is written may not be read back
    )
    _write(facts.contact_email, key)
    db.session.commit()


def awaits_confirmation(key: str) -> bool:
    """Whether an application waits for this key."""
    found = _hold(key)
    db.session.rollback()
    return found is not None


def confirm(key: str, uploads: Iterable[Upload]) -> None:
    """Take the proof that the contact's address is the applicant's, and the documents; the key serves no second time.

    All or nothing: when a document is not taken, or too many were confirmed today, the key goes on serving. Commits.
    Raises UnknownApplicationError, DocumentError, TooManyApplicationsError.
    """
    name = _hold(key)
    if name is None:
        db.session.rollback()
        raise UnknownApplicationError("no application waits for this")
    try:
        for number, upload in enumerate(uploads, 1):
            _keep(name, number, upload)
    except documents.DocumentError:
        db.session.rollback()
        raise
    if not _has_room(_limit("confirmed", rules.MOST_CONFIRMED)):  # last, so that what is not taken counts for nothing
        db.session.rollback()
        raise TooManyApplicationsError("no more applications are taken today")
    db.session.execute(
        update(Application)
        .where(Application.name == name)
        .values(digest=None, confirmed_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    ledger.append(_applicant(), Event.APPLICATION_RECEIVED, subject={"type": "application", "ref": name})
    db.session.commit()


def forget_applications() -> int:
    """Delete what nobody confirmed in time and what was refused long ago; returns how many.

    The database's function sees those of everybody.
    """
    now = clock.now()
    gone = db.session.execute(
        select(func.forget_applications(now - rules.KEPT_UNCONFIRMED, now - rules.KEPT_REFUSED))
    ).scalar_one()
    db.session.commit()
    return int(gone)


def _hold(key: str) -> str | None:
    """The application that waits for the key, locked, and open to this transaction alone."""
    (row,) = _HOLDER.run(digest=key_digest(key), since=clock.now() - rules.KEPT_UNCONFIRMED)
    return None if row.name is None else str(row.name)


def _keep(application: str, number: int, upload: Upload) -> None:
    if number > documents.MOST_DOCUMENTS:
        raise documents.DocumentError(f"at most {documents.MOST_DOCUMENTS} files")
    media = documents.media_type(upload.content)
    db.session.execute(
        insert(ApplicationDocument).values(
            application=application,
            number=number,
            name=documents.clean_name(upload.name, media),
            media=media,
            size=len(upload.content),
            sealed=seal(upload.content, f"application {application} {number}"),
        )
    )


def _limit(subject: str, most: int) -> Limit:
    """A lease takes one at a time: few are let through in a day, so that none may be lost with a process."""
    return Limit("network", f"applications {subject}", most, rules.DAY, pieces=most)


def _has_room(limit: Limit) -> bool:
    return limits.lease(limit, 1).left > 0


def _write(email: str, key: str) -> None:
    """The letter repeats nothing that was typed: whoever applied may have named a stranger's address."""
    settings = current_app.extensions["settings"]
    link = f"{settings.url}/apply/confirmation/{key}"
    text = LETTER.format(alliance=settings.alliance, link=link, days=rules.KEPT_UNCONFIRMED.days)
    mail.post(Letter(email, "Confirm your application to the alliance", text))


def _applicant() -> Actor:
    """Who is no member yet: the office's part of the record holds what it did."""
    office = members.find(members.OFFICE)
    return Actor(office.id, office.code, MemberKind.ADMINISTRATION, frozenset(), "job", "p_applicant")
