"""One-time links in letters: made for an address, looked up by nothing but the link, used once."""

from dataclasses import dataclass

from flask import current_app
from sqlalchemy import DateTime, LargeBinary, func, insert, select, update

from hub import clock
from hub.access.actor import Actor
from hub.access.grants import Role, granted
from hub.access.tlp import MemberKind
from hub.db import changed, compiled, db, given
from hub.members import rules
from hub.members.model import OneTimeLink
from hub.members.rules import ACTIVE, LinkKind, MemberState

_HOLDER = compiled(
    select(
        func.link_holder(given("digest", LargeBinary), given("moment", DateTime(timezone=True))).table_valued(
            *("link_id", "link_kind", "email", "person_name", "role", "person_id"),
            *("member_id", "code", "name", "kind", "state", "sector"),
        )
    )
)


class UnknownLinkError(Exception):
    """There is no such link, or it serves no more: nobody is told which."""


@dataclass(frozen=True)
class Reader:
    """Who follows a link, as far as the link tells: whose it is, and for which member."""

    link_id: int
    email: str
    name: str
    role: Role
    person_id: int | None
    """None: an invitation, which nobody has accepted."""
    member_id: int
    member: str
    kind: MemberKind
    title: str
    sector: str | None

    def actor(self, pseudonym: str) -> Actor:
        """The person that the link was sent to."""
        return Actor(
            member_id=self.member_id,
            member=self.member,
            kind=self.kind,
            permissions=granted(self.kind, self.role),
            via="ui",
            pseudonym=pseudonym,
            sector=self.sector,
            title=self.title,
        )


def make_link(kind: LinkKind, values: dict[str, object]) -> str:
    """Make a link for whom `values` name; returns where it leads. In the transaction under way."""
    link, now = rules.new_link(), clock.now()
    db.session.execute(  # names its columns, since the application may not read all
        insert(OneTimeLink).values(
            **values,
            kind=kind.value,
            digest=rules.key_digest(link),
            made_at=now,
            expires_at=now + rules.LINK_LASTS[kind],
        )
    )
    return f"{hub_address()}/{PATHS[kind]}/{link}"


PATHS = {LinkKind.INVITATION: "invitations", LinkKind.PASSWORD: "passwords"}
"""Where links lead, below the hub's own address."""


def reader_of(link: str, kind: LinkKind) -> Reader:
    """Whom a link was sent to. Raises UnknownLinkError, also while the member may not act."""
    rows = []
    if rules.LINK.fullmatch(link):
        rows = _HOLDER.run(digest=rules.key_digest(link), moment=clock.now())
    if not rows or rows[0].link_kind != kind.value or MemberState(rows[0].state) not in ACTIVE:
        raise UnknownLinkError("there is no such link")
    (row,) = rows
    whose = (row.email, row.person_name, Role(row.role), row.person_id)
    return Reader(row.link_id, *whose, row.member_id, row.code, MemberKind(row.kind), row.name, row.sector)


def use_link(reader: Reader) -> None:
    """Void a link, in the transaction under way, whose reader is set. Of two at once the second finds it used.

    Raises UnknownLinkError.
    """
    unused = (OneTimeLink.used_at.is_(None), OneTimeLink.revoked_at.is_(None))
    if not changed(update(OneTimeLink).where(OneTimeLink.id == reader.link_id, *unused).values(used_at=clock.now())):
        raise UnknownLinkError("there is no such link")


def forget_links() -> int:
    """Delete links that ended some time ago; returns how many. The database's function sees those of all members."""
    gone = db.session.execute(select(func.forget_links(clock.now() - rules.LINK_KEPT))).scalar_one()
    db.session.commit()
    return int(gone)


def hub_address() -> str:
    """Where people reach the hub, as letters name it."""
    return str(current_app.extensions["settings"].url).rstrip("/")


def alliance_name() -> str:
    """The alliance, as letters name it."""
    return str(current_app.extensions["settings"].alliance)
