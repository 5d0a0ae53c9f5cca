"""Who may read and vet applications: people of the office, signed in; never a key, and never a job."""

from sqlalchemy import ColumnElement

from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.applications.model import Application


def may_read(actor: Actor) -> bool:
    """Whether the actor may read applications and their documents."""
    return actor.may(Permission.APPLICATION_READ) and actor.via == "ui"


def may_vet(actor: Actor) -> bool:
    """Whether the actor may tick items, refuse and propose."""
    return actor.may(Permission.APPLICATION_VET) and actor.via == "ui"


def readable() -> ColumnElement[bool]:
    """The applications that the office sees: those whose contact has proved the address."""
    return Application.confirmed_at.is_not(None)
