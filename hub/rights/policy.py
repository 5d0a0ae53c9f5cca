"""Who may enter, verify and see IP rights: asked as yes/no, and as WHERE; the migration restates `visible_to`."""

from sqlalchemy import ColumnElement, true

from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.rights.model import IpRight, RightCertificate


def may_verify(actor: Actor) -> bool:
    """Whether the actor may verify and refuse: a person of the office, signed in; never a key or a job."""
    return actor.may(Permission.RIGHT_VERIFY) and actor.via == "ui"


def sees_all(actor: Actor) -> bool:
    """Whether the rights of all brands pass to the actor: the office, as registers are public."""
    return actor.kind is MemberKind.ADMINISTRATION


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The rights that the actor sees: its member's own, or all.

    A platform sees none: once a report names a right, what the report says of it is the report's.
    """
    return true() if sees_all(actor) else own_by(actor)


def own_by(actor: Actor) -> ColumnElement[bool]:
    """The rights that were entered in the name of the actor's member."""
    return IpRight.member_id == actor.member_id


def own_certificates(actor: Actor) -> ColumnElement[bool]:
    """The certificates of rights that were entered in the name of the actor's member."""
    return RightCertificate.member_id == actor.member_id
