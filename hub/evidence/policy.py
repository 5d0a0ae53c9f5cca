"""Whose a file of evidence is, and who may read it. Restated by the migration as row-level security."""

from sqlalchemy import ColumnElement, exists

from hub.access.actor import Actor
from hub.access.tlp import MemberKind
from hub.evidence.model import Evidence, EvidenceParty

PARTIES = frozenset({MemberKind.BRAND, MemberKind.PLATFORM, MemberKind.AUTHORITY})
"""What a member must be to be shown a file of another: never the office, nor who audits or acts as an agent."""


def own_by(actor: Actor) -> ColumnElement[bool]:
    """The files of the actor's member."""
    return Evidence.member_id == actor.member_id


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Its own, and those attached to a record that it is a party to."""
    shown = exists().where(EvidenceParty.evidence_id == Evidence.id, EvidenceParty.member_id == actor.member_id)
    return own_by(actor) | shown
