"""Who may manage a member's credentials and see its seats in sharing groups: asked as yes/no, and as WHERE."""

from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, or_

from hub.access.actor import Actor, Session
from hub.access.permissions import Permission
from hub.members.model import (
    AgreementSignature,
    Authorisation,
    Credential,
    Factor,
    GroupInvitation,
    IdentityProvider,
    OneTimeLink,
    Person,
    PersonSession,
    SharingGroupMember,
    SignInDomain,
)
from hub.members.rules import LinkKind


def may_manage_credentials(actor: Actor, member_id: int) -> bool:
    """Whether the actor may issue and revoke keys of a member: its own as an owner, any as the alliance's office."""
    if actor.may(Permission.MEMBER_ADMINISTER):
        return True
    return actor.member_id == member_id and actor.may(Permission.CREDENTIAL_MANAGE)


def may_manage_people(actor: Actor, member_id: int) -> bool:
    """Whether the actor may invite people of a member: its own, as an owner and no key.

    For another member two people of the office do (DecisionKind.ADMIT, ACT_FOR).
    """
    if actor.via == "api":
        return False
    return actor.member_id == member_id and actor.may(Permission.PERSON_MANAGE)


def may_manage_provider(actor: Actor) -> bool:
    """Whether the actor may say by which provider its member's people sign in: as an owner and no key.

    Never in the office: who runs a provider decides who is one of its people, and there two must decide.
    """
    return actor.via != "api" and actor.may(Permission.PROVIDER_MANAGE)


def may_decide(actor: Actor) -> bool:
    """Whether the actor may propose, approve and refuse: a person of the office in a session, never a key or a job."""
    return actor.may(Permission.MEMBER_ADMINISTER) and actor.via == "ui"


def own_credentials(actor: Actor) -> ColumnElement[bool]:
    """The actor's member's own credentials."""
    return Credential.member_id == actor.member_id


def own_people(actor: Actor) -> ColumnElement[bool]:
    """The people of the actor's member."""
    return Person.member_id == actor.member_id


def open_invitations(member_id: int, now: datetime) -> ColumnElement[bool]:
    """The invitations of a member that nobody has accepted or taken back, and that have not expired."""
    alive = and_(OneTimeLink.used_at.is_(None), OneTimeLink.revoked_at.is_(None), OneTimeLink.expires_at > now)
    return and_(OneTimeLink.kind == LinkKind.INVITATION.value, OneTimeLink.member_id == member_id, alive)


def open_password_links(person: Person) -> ColumnElement[bool]:
    """The links to a new password that were sent to a person and not used."""
    alive = and_(OneTimeLink.used_at.is_(None), OneTimeLink.revoked_at.is_(None))
    return and_(OneTimeLink.kind == LinkKind.PASSWORD.value, OneTimeLink.email == person.email.lower(), alive)


def own_signatures(actor: Actor) -> ColumnElement[bool]:
    """What the actor's member signed."""
    return AgreementSignature.member_id == actor.member_id


def own_invitations(actor: Actor) -> ColumnElement[bool]:
    """The invitations of the actor's member to sharing groups."""
    return GroupInvitation.member_id == actor.member_id


def own_provider(actor: Actor) -> ColumnElement[bool]:
    """The provider that the people of the actor's member sign in by."""
    return IdentityProvider.member_id == actor.member_id


def own_domains(actor: Actor) -> ColumnElement[bool]:
    """The domains that the actor's member asked for, bound or not."""
    return SignInDomain.member_id == actor.member_id


def may_authorise(actor: Actor) -> bool:
    """Whether the actor may give, take back and give up authorisations: an owner in a session, never a key or a job."""
    return actor.may(Permission.AUTHORISATION_MANAGE) and actor.via == "ui" and actor.agent is None


def own_authorisations(actor: Actor) -> ColumnElement[bool]:
    """What the actor's member authorised agents to, or was authorised to as an agent."""
    return or_(Authorisation.brand_id == actor.member_id, Authorisation.agent_id == actor.member_id)


def living(day: date) -> ColumnElement[bool]:
    """The authorisations that are given, not ended, and not past their last day."""
    return and_(Authorisation.ended_at.is_(None), Authorisation.ends_on >= day)


def may_name_groups(actor: Actor) -> bool:
    """Whether the actor is told the codes of its member's sharing groups: an agent only if it may share for the brand.

    It names them then in what it shares.
    """
    return actor.agent is None or actor.may(Permission.CONTRIBUTION_SHARE)


def own_seats(actor: Actor) -> ColumnElement[bool]:
    """The seats of the actor's member in sharing groups."""
    return SharingGroupMember.member_id == actor.member_id


def own_sessions(actor: Actor, now: datetime) -> ColumnElement[bool]:
    """The sessions of the actor's person that are under way."""
    person = actor.session.person_id if actor.session else None
    return and_(PersonSession.person_id == person, PersonSession.ended_at.is_(None), PersonSession.ends_at > now)


def own_factors(session: Session) -> ColumnElement[bool]:
    """The second factors and recovery codes of the session's person."""
    return Factor.person_id == session.person_id
