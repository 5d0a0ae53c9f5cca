"""Who may enter, verify and see IP rights: asked as yes/no, and as WHERE; the migration restates `visible_to`."""

from sqlalchemy import ColumnElement, exists, true
from sqlalchemy.orm import InstrumentedAttribute, aliased

from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.rights.model import IpRight, IpRightMove, RightCertificate, RightVerdict


def may_verify(actor: Actor) -> bool:
    """Whether the actor may verify and refuse: a platform for itself, of the office people alone. No job."""
    ways = {"ui", "api"} if actor.kind is MemberKind.PLATFORM else {"ui"}
    return actor.may(Permission.RIGHT_VERIFY) and actor.via in ways


def sees_all(actor: Actor) -> bool:
    """Whether the rights of all brands pass to the actor: the office, as registers are public."""
    return actor.kind is MemberKind.ADMINISTRATION


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The rights that the actor sees: its member's own, or all; a platform those that it was shown."""
    if actor.kind is MemberKind.PLATFORM:
        word = aliased(RightVerdict)  # the statement may join it for itself
        return exists().where(word.right_id == IpRight.id, word.verifier_id == actor.member_id)
    return true() if sees_all(actor) else own_by(actor)


def standing_with(actor: Actor) -> InstrumentedAttribute[str]:
    """The column that says where a right stands with the actor: a platform has a word of its own."""
    return RightVerdict.state if actor.kind is MemberKind.PLATFORM else IpRight.state


def moves_of(actor: Actor) -> ColumnElement[bool]:
    """Of the moves of a right that the actor sees those that it sees: a platform its own."""
    return IpRightMove.by_id == actor.member_id if actor.kind is MemberKind.PLATFORM else true()


def verdicts_of(actor: Actor) -> ColumnElement[bool]:
    """The platforms' words that the actor reads: its own, those on its member's rights, or all."""
    mine = (RightVerdict.member_id == actor.member_id) | (RightVerdict.verifier_id == actor.member_id)
    return true() if sees_all(actor) else mine


def own_by(actor: Actor) -> ColumnElement[bool]:
    """The rights that were entered in the name of the actor's member."""
    return IpRight.member_id == actor.member_id


def names_agent(actor: Actor) -> ColumnElement[bool]:
    """The rights on which the actor is told which agent said what stands there: an agent itself alone."""
    return true() if actor.agent is None else IpRight.agent_id == actor.agent.member_id


def may_name(actor: Actor, member: int, kind: MemberKind) -> bool:
    """Whether the actor is told that this member made a step in a right's history: an agent of no other agent."""
    return actor.agent is None or kind is not MemberKind.AGENT or member == actor.agent.member_id


def own_certificates(actor: Actor) -> ColumnElement[bool]:
    """The certificates of rights that were entered in the name of the actor's member."""
    return RightCertificate.member_id == actor.member_id
