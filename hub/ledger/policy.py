"""Who reads what of the log: everybody the leaves, each party its own parts."""

from sqlalchemy import ColumnElement, Integer, true

from hub.access.actor import Actor
from hub.access.tlp import MemberKind
from hub.db import given
from hub.ledger.model import Dispute, Part, PartyLeaf


def own_parts(actor: Actor) -> ColumnElement[bool]:
    """The parts sealed for the actor's member."""
    return Part.party == actor.member_id


PARTS_OF = Part.party == given("party", Integer)
"""The same of a member that is given each time, for a statement that is written out once."""


def own_leaves(actor: Actor) -> ColumnElement[bool]:
    """The leaves that concern the actor's member."""
    return PartyLeaf.party == actor.member_id


def may_see_alarm(actor: Actor) -> bool:
    """Whether the actor is told what is amiss with the log: the office and auditors; others only need to wait."""
    return actor.kind in {MemberKind.ADMINISTRATION, MemberKind.AUDITOR}


def own_disputes(actor: Actor) -> ColumnElement[bool]:
    """The disputes that the actor's member filed."""
    return Dispute.party == actor.member_id


def readable_disputes(actor: Actor) -> ColumnElement[bool]:
    """Its own; the auditor's business is everybody's."""
    return true() if actor.kind is MemberKind.AUDITOR else own_disputes(actor)
