"""What the office reads of applications."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from hub.access.actor import Actor, NotPermittedError
from hub.applications import policy
from hub.applications.model import Application, ApplicationDocument, VettedItem
from hub.applications.rules import ApplicationState, Facts, Item
from hub.applications.service.apply import UnknownApplicationError
from hub.db import db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.sealing import unseal


@dataclass(frozen=True)
class ApplicationLine:
    """One application in a list."""

    number: int
    name: str
    legal_name: str
    kind: str
    country: str
    sector: str | None
    state: ApplicationState
    confirmed_at: datetime
    ticked: int
    """Items of the checklist that are ticked."""


@dataclass(frozen=True)
class DocumentLine:
    """A document without its content."""

    number: int
    name: str
    media: str
    size: int


@dataclass(frozen=True)
class Tick:
    """Who ticked an item, when, and what they noted. People stand here by their pseudonyms."""

    by: str
    at: datetime
    note: str


@dataclass(frozen=True)
class OneApplication:
    """An application in full."""

    name: str
    state: ApplicationState
    facts: Facts
    applied_at: datetime
    confirmed_at: datetime
    settled_at: datetime | None
    settled_by: str | None
    reason: str
    code: str | None
    documents: Sequence[DocumentLine]
    ticks: Mapping[Item, Tick]


@dataclass(frozen=True)
class Document:
    """A document with its content."""

    name: str
    media: str
    content: bytes


def applications(
    actor: Actor, *, state: ApplicationState | None = None, before: int | None = None, limit: int = 50
) -> list[ApplicationLine]:
    """Confirmed applications, newest first. Raises NotPermittedError."""
    _may_read(actor)
    ticked = (
        select(func.count())
        .where(VettedItem.application == Application.name)
        .correlate(Application)
        .scalar_subquery()
        .label("ticked")
    )
    columns = (Application.number, Application.name, Application.legal_name, Application.kind, Application.country)
    found = select(*columns, Application.sector, Application.state, Application.confirmed_at, ticked)
    found = found.where(policy.readable()).order_by(Application.number.desc()).limit(limit)
    if state is not None:
        found = found.where(Application.state == state.value)
    if before is not None:
        found = found.where(Application.number < before)
    return [_line(row) for row in db.session.execute(found)]


def application(actor: Actor, name: str) -> OneApplication:
    """One application. Raises NotPermittedError, UnknownApplicationError."""
    _may_read(actor)
    row = confirmed(name)
    documents = db.session.execute(
        select(
            *(ApplicationDocument.number, ApplicationDocument.name, ApplicationDocument.media, ApplicationDocument.size)
        )
        .where(ApplicationDocument.application == name)
        .order_by(ApplicationDocument.number)
    )
    assert row.confirmed_at is not None
    return OneApplication(
        name=row.name,
        state=ApplicationState(row.state),
        facts=facts_of(row),
        applied_at=row.applied_at,
        confirmed_at=row.confirmed_at,
        settled_at=row.settled_at,
        settled_by=row.settled_by,
        reason=row.reason,
        code=row.code,
        documents=[DocumentLine(*each) for each in documents],
        ticks=ticks_of(name),
    )


def document(actor: Actor, name: str, number: int) -> Document:
    """A document; that it was read is on record. Commits. Raises NotPermittedError, UnknownApplicationError."""
    _may_read(actor)
    confirmed(name)
    found = db.session.execute(
        select(ApplicationDocument.name, ApplicationDocument.media, ApplicationDocument.sealed).where(
            ApplicationDocument.application == name, ApplicationDocument.number == number
        )
    ).one_or_none()
    if found is None:
        raise UnknownApplicationError("there is no such document")
    content = unseal(found.sealed, f"application {name} {number}")
    ledger.append(
        actor,
        Event.APPLICATION_DOCUMENT_READ,
        subject={"type": "application", "ref": name},
        counts={"document": number},
    )
    db.session.commit()
    return Document(found.name, found.media, content)


def confirmed(name: str, *, lock: bool = False) -> Application:
    """The application, as it is now; locked until the transaction ends. Raises UnknownApplicationError."""
    found = select(Application).where(Application.name == name, policy.readable())
    if lock:
        found = found.with_for_update().execution_options(populate_existing=True)
    row = db.session.execute(found).scalar_one_or_none()
    if row is None:
        raise UnknownApplicationError("there is no such application")
    return row


def ticks_of(name: str) -> dict[Item, Tick]:
    """What of the checklist is ticked."""
    rows = db.session.execute(
        select(VettedItem.item, VettedItem.ticked_by, VettedItem.ticked_at, VettedItem.note).where(
            VettedItem.application == name
        )
    )
    return {Item(row[0]): Tick(*row[1:]) for row in rows}


def facts_of(row: Application) -> Facts:
    """What the applicant said."""
    return Facts(**json.loads(unseal(row.facts, f"application {row.name}")))


def _line(row: Any) -> ApplicationLine:
    fields = row._asdict()
    return ApplicationLine(**{**fields, "state": ApplicationState(row.state)})


def _may_read(actor: Actor) -> None:
    if not policy.may_read(actor):
        raise NotPermittedError("only people of the office, signed in, read applications")
