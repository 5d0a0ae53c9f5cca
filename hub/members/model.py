"""Tables of members, people, credentials and sharing groups."""

from datetime import date, datetime

from flask_security import UserMixin
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    column,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, CIDR, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.access.grants import AGENT_SCOPES, Role
from hub.access.tlp import MemberKind
from hub.db import Model, Xid8, one_of
from hub.members.rules import Act, DecisionKind, DecisionState, FactorKind, LinkKind, MemberState

_SCOPES = ", ".join(f"'{scope.value}'::text" for scope in AGENT_SCOPES)


class Member(Model):
    """An organisation of the alliance."""

    __tablename__ = "member"
    __table_args__ = (
        one_of("kind", MemberKind),
        one_of("state", MemberState),
        CheckConstraint("(state = 'left') = (left_at IS NOT NULL)", name="left_at"),
        CheckConstraint("(left_at IS NULL) = (orphans_end_at IS NULL)", name="orphans_end_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    sector: Mapped[str | None] = mapped_column(String(40))
    admitted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    probation_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When a probation ends by itself; None: it does not, or there is none."""
    left_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    orphans_end_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When the contributions that a member left behind are withdrawn; until then they may be reviewed."""
    changed_xid: Mapped[int] = mapped_column(Xid8, server_default=func.pg_current_xact_id())
    """The transaction that last changed the state or the sector: token lists made before it start over."""


class MemberMove(Model):
    """One change of a member's standing, and why. People stand here by their pseudonyms."""

    __tablename__ = "member_move"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(500))
    moved_by: Mapped[str] = mapped_column(String(24))
    moved_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Agreement(Model):
    """One version of what the members of the alliance agree to."""

    __tablename__ = "agreement"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str] = mapped_column(Text)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    """SHA-256 of the text in UTF-8."""
    published_by: Mapped[str] = mapped_column(String(24))
    published_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class AgreementSignature(Model):
    """That a member agreed to a version, by one of its owners."""

    __tablename__ = "agreement_signature"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    version: Mapped[int] = mapped_column(ForeignKey("agreement.version"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    """Of the text that the owner was shown."""
    signed_by: Mapped[str] = mapped_column(String(24))
    signed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Authorisation(Model):
    """That an agent acts for a brand: with what, from when, until when."""

    __tablename__ = "authorisation"
    __table_args__ = (
        CheckConstraint(f"scopes <@ ARRAY[{_SCOPES}] AND cardinality(scopes) > 0", name="scopes"),
        CheckConstraint("ends_on >= begins_on", name="ends_on"),
        Index(
            "uq_authorisation_living",
            "brand_id",
            "agent_id",
            unique=True,
            postgresql_where=column("ended_at").is_(None),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    agent_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """Permissions by name."""
    begins_on: Mapped[date]
    ends_on: Mapped[date]
    """Its last day, to the end of it in UTC."""
    given_by: Mapped[str] = mapped_column(String(24))
    given_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When it was taken back or given up; of one past its last day, when another was given."""
    warned_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When both were told that its last day comes near."""


class SharingGroup(Model):
    """Members among whom a record may pass."""

    __tablename__ = "sharing_group"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    founder_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    """The member that keeps it: invites, publishes its agreement, may dissolve it. At first who founded it; once that
    one leaves it or the alliance, the member in standing that has sat in it longest. None where the operator seats
    its members."""
    purpose: Mapped[str] = mapped_column(String(500), server_default="")
    agreement: Mapped[str] = mapped_column(Text, server_default="")
    """What a member agrees to that takes a seat."""
    founded_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    renewed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When another agreement was published last; None: it is the one that the group was founded under."""
    dissolved_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class GroupInvitation(Model):
    """A seat in a sharing group that is offered to a member."""

    __tablename__ = "group_invitation"

    group_id: Mapped[int] = mapped_column(ForeignKey("sharing_group.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True, index=True)
    invited_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class SharingGroupMember(Model):
    """A member's seat in a sharing group, from joining to leaving; one that joins again gets another.

    What the member shares to the group is addressed to its seat: who has that seat among its addresses, may see it.
    """

    __tablename__ = "sharing_group_member"
    __table_args__ = (UniqueConstraint("group_id", "member_id"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("sharing_group.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    agreed_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """Of the agreement that was accepted last for this seat; None where the operator gave it."""
    agreed_by: Mapped[str | None] = mapped_column(String(24))
    agreed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Credential(Model):
    """An API key of a member, as its digest."""

    __tablename__ = "credential"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    pseudonym: Mapped[str] = mapped_column(String(24), unique=True)
    name: Mapped[str] = mapped_column(String(60), server_default="")
    scopes: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    """Permissions by name; None: all that the member's clients may."""
    networks: Mapped[list[str]] = mapped_column(ARRAY(CIDR), server_default="{}")
    """Where it may be used from; empty: anywhere."""
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_used_on: Mapped[date | None]


class Person(Model, UserMixin):
    """Somebody who signs in for a member. The columns without a comment are Flask-Security's."""

    __tablename__ = "person"
    __table_args__ = (one_of("role", Role), Index("uq_person_address", func.lower(column("email")), unique=True))

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    pseudonym: Mapped[str] = mapped_column(String(24), unique=True)
    """What the ledger calls this person; deleting the row makes the name unlinkable."""
    role: Mapped[str] = mapped_column(String(12), server_default=Role.OWNER.value)
    email: Mapped[str] = mapped_column(String(255), unique=True)
    password: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    member: Mapped[Member] = relationship()


class PersonSession(Model):
    """One signing-in of a person, until it ends; the browser's cookie holds what `digest` is the SHA-256 of."""

    __tablename__ = "session"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    begun_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    """When it was last used, five minutes too early at most."""
    ends_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    idle_seconds: Mapped[int]
    """How long it may lie unused."""
    network: Mapped[str] = mapped_column(String(43))
    browser: Mapped[str] = mapped_column(String(40))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    proven_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When the second factor was given; None: it reaches nothing but the pages that ask for it."""
    fresh_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    """When any factor was last given."""
    acting_under: Mapped[int | None] = mapped_column(ForeignKey("authorisation.id"))
    """What a person of an agent chose to act under; None: it acts for its own member."""


class Factor(Model):
    """A second factor of a person, or a recovery code in place of one."""

    __tablename__ = "factor"
    __table_args__ = (one_of("kind", FactorKind),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(60), server_default="")
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    """totp: the sealed secret; passkey: its public key (COSE); recovery: the code's HMAC under the hub's key."""
    handle: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    """A passkey's credential id."""
    counter: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """totp: the last step of time used (RFC 6238); passkey: its signature counter."""
    added_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class OneTimeLink(Model):
    """What a letter invites to, once; the letter's link holds what `digest` is the SHA-256 of."""

    __tablename__ = "one_time_link"
    __table_args__ = (one_of("kind", LinkKind), one_of("role", Role))

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    kind: Mapped[str] = mapped_column(String(10))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    email: Mapped[str] = mapped_column(String(255))
    """In lower case, as people are looked up."""
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(String(12))
    made_by: Mapped[str] = mapped_column(String(24))
    """The pseudonym of who had the letter sent."""
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class IdentityProvider(Model):
    """Where the people of a member sign in instead of at the hub (OpenID Connect), and what its word counts for."""

    __tablename__ = "identity_provider"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    issuer: Mapped[str] = mapped_column(String(255))
    client_id: Mapped[str] = mapped_column(String(255))
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    """The client's secret, sealed for this member, issuer and client."""
    claim: Mapped[str] = mapped_column(String(60))
    """The claim that roles are read off; empty: the member gives roles, the provider brings in nobody new."""
    roles: Mapped[dict[str, str]] = mapped_column(JSONB)
    """Value of the claim → role."""
    factors: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """Values of `amr` or `acr` that count as a second factor; empty: the hub asks for its own."""
    passwords_serve: Mapped[bool]
    """Whether its people may sign in without the provider; owners always may."""


class SignInDomain(Model):
    """A domain of e-mail addresses whose people sign in by a member's provider, once the office has bound it."""

    __tablename__ = "sign_in_domain"
    __table_args__ = (
        UniqueConstraint("member_id", "domain"),
        Index("uq_sign_in_domain_bound", "domain", unique=True, postgresql_where=column("bound_at").is_not(None)),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    domain: Mapped[str] = mapped_column(String(253))
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    bound_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ProvidedIdentity(Model):
    """Whom a provider's subject is: from the first sign-in on the subject decides, not the e-mail address."""

    __tablename__ = "provided_identity"
    __table_args__ = (UniqueConstraint("member_id", "issuer", "subject"), UniqueConstraint("person_id", "issuer"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    linked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class SignInAttempt(Model):
    """One attempt to sign in, by a digest of who and from where."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index("ix_sign_in_attempt_subject", "subject", "at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    subject: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


class Decision(Model):
    """What one person of the office proposed and another may approve. People stand here by their pseudonyms."""

    __tablename__ = "decision"
    __table_args__ = (
        one_of("kind", DecisionKind),
        one_of("state", DecisionState),
        CheckConstraint("(settled_by IS NULL) = (state IN ('open', 'expired'))", name="settled"),
        one_of("act", Act),
        CheckConstraint("(kind = 'act_for') = (act IS NOT NULL)", name="act_for"),
        CheckConstraint("state <> 'approved' OR settled_by <> proposed_by", name="by_two"),
        Index("uq_decision_open", "kind", "subject", unique=True, postgresql_where=column("state") == "open"),
        Index("ix_decision_state", "state", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(24), unique=True)
    kind: Mapped[str] = mapped_column(String(12))
    subject: Mapped[str] = mapped_column(String(60))
    """What is decided about, by the name that its kind gives it."""
    act: Mapped[str | None] = mapped_column(String(20))
    """What is to be done in the name of the member that is the subject."""
    target: Mapped[str | None] = mapped_column(String(60))
    """To which of its people, by pseudonym; of an erasure, its ground; of anchoring anew, cause and state."""
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """A new owner's name and address."""
    reason: Mapped[str] = mapped_column(String(500))
    state: Mapped[str] = mapped_column(String(10))
    proposed_by: Mapped[str] = mapped_column(String(24))
    proposed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    settled_by: Mapped[str | None] = mapped_column(String(24))
    settled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
