"""Who reads what of the log: everybody the leaves, each party its own parts."""

from sqlalchemy import ColumnElement

from hub.access.actor import Actor
from hub.access.tlp import MemberKind
from hub.ledger.model import Part, PartyLeaf


def own_parts(actor: Actor) -> ColumnElement[bool]:
    """The parts sealed for the actor's member."""
    return Part.party == actor.member_id


def own_leaves(actor: Actor) -> ColumnElement[bool]:
    """The leaves that concern the actor's member."""
    return PartyLeaf.party == actor.member_id


def may_see_alarm(actor: Actor) -> bool:
    """Whether the actor is told what is amiss with the log: the office and auditors; others only need to wait."""
    return actor.kind in {MemberKind.ADMINISTRATION, MemberKind.AUDITOR}
