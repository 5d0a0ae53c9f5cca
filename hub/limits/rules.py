"""What is limited and to how much: facts, read as a table. A request counts for one, bulk work for more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network

from hub.access.actor import Actor
from hub.access.tlp import MemberKind

MINUTE = timedelta(minutes=1)
LONGEST_SPAN = timedelta(days=1)
"""No limit spans more: what was leased is remembered for as long."""
REQUESTS: dict[MemberKind, int] = {
    MemberKind.BRAND: 1_200,
    MemberKind.PLATFORM: 6_000,  # matches its own sellers, millions at a time
    MemberKind.AUTHORITY: 600,
    MemberKind.AUDITOR: 1_200,  # verifies the whole log
    MemberKind.AGENT: 1_200,  # its own, for whomever it acts
    MemberKind.ADMINISTRATION: 600,
}
"""Requests a minute of a member, unless the operator set another figure (`hub member limit`)."""
NETWORK_REQUESTS = 1_200
"""Requests a minute of those the hub does not know, of one network: enough to read the public log."""
PARTS = {"key": 2, "person": 4}
"""One key may use half of what its member may, one person a quarter: a script gone wild leaves the others room."""

BODY_UNIT = 32 * 1024
"""Bytes of a body that count for one request more: a thousand tokens."""
HEAVY = {
    "indicators_api.token_list": 10,
    "ledger_api.entries": 10,
    "ledger.download": 50,
    "ledger_api.export": 150,  # keeps a worker's thread for half a minute: what an authority's person may at all
}
"""Endpoints whose answer is long, and for how many requests one counts."""
UPLOADS = {"apply.confirm": 50, "evidence_api.store": 10, "evidence.store": 10}
"""Endpoints that take files, and for how many requests one counts: a body is longer than the limit of a network or a
key would let it be, and is read only for who may send it, within a bound of its own."""
FREE = frozenset({"static", "security.login"})
"""Public endpoints that count for nothing: files without the database, and signing in, which has its own bound."""

DENIALS, DENIALS_SPAN = 20, timedelta(hours=1)
"""Refusals of one actor that are recorded one by one; what goes beyond in the span is recorded as a number."""
LOOK_UPS, LOOK_UPS_SPAN = 2_000, timedelta(days=1)
"""Reports of one brand that are held against the lists of authorised sellers."""
FOUND = 10
"""For how many of them a listing of another member's seller counts: a brand is told of 200 a day at most."""

LEASE_PIECES = 64
"""A worker takes one of so many pieces of what is left at a time: the less there is, the less an idle one holds."""
MOST_HELD = 10_000
"""Subjects that a process keeps leases of; networks are many."""


@dataclass(frozen=True)
class Limit:
    """So many requests in a span, for one subject."""

    name: str
    """What it limits, as the header fields name it: `member`, `key`, `person`, `network`."""
    subject: str
    """Who it is that asks: two limits with one subject share one count."""
    most: int
    span: timedelta = MINUTE
    member_id: int | None = None
    """The member whose own figure, where it has one, stands for `most`, divided by `parts`."""
    parts: int = 1
    pieces: int = LEASE_PIECES
    """A lease takes one of so many pieces of what is left."""


def limits_of(actor: Actor | None, address: str) -> Sequence[Limit]:
    """The limits on a request, the narrowest first; without an actor that of the network.

    Who acts for a brand spends its own, key and member; of the brand it spends the quota of evaluations.
    """
    if actor is None:
        return [Limit("network", f"network {network_of(address)}", NETWORK_REQUESTS)]
    kind, member = (MemberKind.AGENT, actor.agent.member_id) if actor.agent else (actor.kind, actor.member_id)
    most, name = REQUESTS[kind], "person" if actor.via == "ui" else "key"
    own = Limit(name, f"actor {actor.pseudonym}", most // PARTS[name], member_id=member, parts=PARTS[name])
    return [own, Limit("member", f"member {member}", most, member_id=member)]


def denials_of(pseudonym: str) -> Limit:
    """The limit on refusals of an actor that are recorded one by one: each lease is of one."""
    return Limit("denials", f"denials of {pseudonym}", DENIALS, DENIALS_SPAN, pieces=DENIALS)


def look_ups_of(member_id: int) -> Limit:
    """The limit on what a brand may learn of others' authorised sellers: each lease is of what one report costs."""
    return Limit("look-ups", f"look-ups of {member_id}", LOOK_UPS, LOOK_UPS_SPAN, pieces=LOOK_UPS)


def network_of(address: str) -> str:
    """The network an address is counted with: its neighbours are the same party (/24, or /64 of IPv6)."""
    ip = ip_address(address)
    return str(ip_network((ip, 24 if ip.version == 4 else 64), strict=False))


def site_of(address: str) -> str:
    """The network that a provider gives to one customer: a /48 of IPv6, with 65,536 networks in it; a /24."""
    ip = ip_address(address)
    return str(ip_network((ip, 24 if ip.version == 4 else 48), strict=False))


def weight(endpoint: str | None, body_bytes: int) -> int:
    """For how many requests one counts."""
    return UPLOADS.get(endpoint or "") or HEAVY.get(endpoint or "", 1) + body_bytes // BODY_UNIT
