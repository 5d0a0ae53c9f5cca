"""Who does something: made once a request, never changed, passed first to every service."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum

from hub.access.permissions import UNSIGNED, Permission
from hub.access.tlp import MemberKind


class NotPermittedError(PermissionError):
    """The actor's role does not grant what a command needs."""

    lacks = "-"
    """The permission that would do, where there is one."""


class AgreementOwedError(NotPermittedError):
    """The actor's role grants it, but its member has yet to sign the agreement in force."""


class Step(StrEnum):
    """What a session still owes before it may act."""

    ENROLMENT = "enrolment"
    """The person has no second factor yet."""
    SECOND_FACTOR = "second factor"


@dataclass(frozen=True)
class Session:
    """The signing-in that a person acts in, and how sure the hub is of the person."""

    id: int
    person_id: int
    email: str
    step: Step | None
    fresh: bool
    """Whether a factor was given within the last minutes."""
    acting_for: str = ""
    """The name of the brand that the person, who is an agent's, chose to act for; empty: its own member."""
    lapsed: str = ""
    """The name of the brand that it acted for until this very request."""


@dataclass(frozen=True)
class Agent:
    """Who acts in the actor's name: a member of kind agent, under what that authorised it to."""

    member_id: int
    member: str
    """Its code."""
    authorisation: int


@dataclass(frozen=True)
class Actor:
    """A person, an API client or a job acting for one member."""

    member_id: int
    member: str
    """The member's code, as in URLs and sheets: `brand-a`."""
    kind: MemberKind
    permissions: frozenset[Permission]
    via: str
    """`ui`, `api`, `job`, or `upkeep`: the hub's own work on a member's rows, whatever the member's standing."""
    pseudonym: str
    """`p_…`: what the ledger calls the person or the client."""
    sector: str | None = None
    """The member's sector; None, as of platforms and authorities: what is shared in any sector may reach it."""
    addresses: tuple[int, ...] = ()
    """What contributions are addressed to that pass to it: the seats of its sharing groups, its own number negated."""
    credential_id: int | None = None
    owes_agreement: bool = False
    """Whether its member has yet to sign the agreement in force: until then it may what UNSIGNED holds."""
    reach: frozenset[Permission] = frozenset()
    """Of an agent: what its person or key may at most when it acts for a brand."""
    agent: Agent | None = None
    """Who acts for the member under an authorisation; None: the member itself."""
    title: str = field(default="", compare=False)
    session: Session | None = field(default=None, compare=False)
    """Of a person at a browser; a key and a job have none."""

    @property
    def scope(self) -> str:
        """A fingerprint of all that decides what may reach it: where it changed, what it was given may have too."""
        told = (self.kind.value, self.sector, self.addresses)
        return hashlib.sha256(repr(told).encode()).hexdigest()[:16]

    def told(self, pseudonym: str) -> str:
        """Who did something for its own member, as it may know: all to the member, to an agent itself alone."""
        return pseudonym if self.agent is None or pseudonym == self.pseudonym else ""

    def may(self, permission: Permission) -> bool:
        """Whether the actor's role grants the permission; what is not granted is refused."""
        return permission in self.permissions and (permission in UNSIGNED or not self.owes_agreement)

    def must(self, permission: Permission) -> None:
        """What each command asks first, whoever let the actor in. Raises NotPermittedError naming the permission."""
        if not self.may(permission):
            if permission in self.permissions:
                raise AgreementOwedError("the member has yet to sign the agreement")
            refusal = NotPermittedError(f"this needs the permission {permission.value}")
            refusal.lacks = permission.value
            raise refusal
