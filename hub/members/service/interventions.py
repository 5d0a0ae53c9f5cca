"""Acting in a member's name, when it cannot: two people of the office decide, and all its owners are told."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from hub import clock
from hub.access.actor import Actor
from hub.access.grants import Role
from hub.access.tlp import MemberKind
from hub.db import db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.mail import Letter, LetterError, post
from hub.members import rules
from hub.members.model import Member, Person
from hub.members.rules import ACTS, OF_OFFICE, Act, DecisionKind
from hub.members.service.decisions import NEW_OWNER, OpenDecision, carries_out, propose
from hub.members.service.invitations import invite_for
from hub.members.service.links import alliance_name, hub_address
from hub.members.service.membership import RefusedMoveError, find, sign_in_name
from hub.sealing import seal


@dataclass(frozen=True)
class Intervention:
    """What is to be done in a member's name, and to whom; what an act does not need is empty."""

    act: Act
    person: str = ""
    """The pseudonym of an owner."""
    email: str = ""
    name: str = ""


def propose_act(actor: Actor, code: str, asked: Intervention, reason: str) -> str:
    """Propose to act in a member's name; returns the decision's name. Commits.

    Raises NotPermittedError, UnknownMemberError, ValueError for a reason, an address or a name beyond the rules,
    RefusedMoveError for the office itself but to invite to it, for nobody's pseudonym, and while an act for that member
    is proposed.
    """
    member = find(code)
    if member.kind == MemberKind.ADMINISTRATION.value and asked.act not in OF_OFFICE:
        raise RefusedMoveError("the office acts for itself by its own owners; two of them invite a third")
    given: dict[str, Any] = {"act": asked.act.value}
    if asked.act is Act.NEW_OWNER:
        try:
            whom = {"name": rules.check_name(asked.name), "email": sign_in_name(asked.email)}
        except LetterError as error:
            raise ValueError("the new owner's address is no e-mail address") from error
        given["sealed"] = seal(json.dumps(whom).encode(), NEW_OWNER)
    if asked.act is Act.RESET_FACTORS:
        if asked.person not in {each.pseudonym for each in _owners(member)}:
            raise RefusedMoveError("the member has no such owner; its owners do this for its other people")
        given["target"] = asked.person
    return propose(actor, DecisionKind.ACT_FOR, code, reason, given)


@carries_out(DecisionKind.ACT_FOR)
def _act_for(actor: Actor, decision: OpenDecision) -> None:
    """The database does it only in the transaction in which two people have approved it."""
    member, act, owners = find(decision.subject), decision.act, _owners(find(decision.subject))
    assert act is not None
    if act is Act.NEW_OWNER:
        invite_for(actor, member, decision.whom["email"], decision.whom["name"], Role.OWNER)
    else:
        db.session.execute(select(func.act_for(decision.name, clock.now())))
    subject = {"type": "member", "ref": member.code, "reason": act.value}
    ledger.append(actor, Event.ACTED_FOR, subject=subject, concerned={member.id: ledger.Concern("counterparty")})
    for owner in owners:
        post(_letter(owner.email, member, act, decision.reason))


def _owners(member: Member) -> list[Person]:
    """The owners that may sign in; the office sees these of a member's people."""
    owners = select(Person).where(Person.member_id == member.id, Person.role == Role.OWNER.value, Person.active)
    return [*db.session.execute(owners.order_by(Person.id).limit(200)).scalars()]


def _letter(to: str, member: Member, act: Act, reason: str) -> Letter:
    return Letter(
        to,
        f"The office of the {alliance_name()} alliance acted in the name of {member.name}",
        f"Two people of the office decided: {ACTS[act].lower()}.\n\nTheir reason: {reason}\n\n"
        f"It is on your record:\n\n{hub_address()}/ledger\n\n"
        "If you did not ask for this, write to the alliance's auditor and to the office.\n",
    )
