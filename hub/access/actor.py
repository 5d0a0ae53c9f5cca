"""Who does something: made once a request, never changed, passed first to every service."""

from dataclasses import dataclass, field

from hub.access.permissions import Permission
from hub.access.tlp import MemberKind


class NotPermittedError(PermissionError):
    """The actor's role does not grant what a command needs."""


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
    group_ids: tuple[int, ...] = ()
    credential_id: int | None = None
    title: str = field(default="", compare=False)

    def may(self, permission: Permission) -> bool:
        """Whether the actor's role grants the permission; what is not granted is refused."""
        return permission in self.permissions

    def must(self, permission: Permission) -> None:
        """What each command asks first, whoever let the actor in. Raises NotPermittedError naming the permission."""
        if not self.may(permission):
            raise NotPermittedError(f"this needs the permission {permission.value}")
