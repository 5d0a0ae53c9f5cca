"""Recording an event in the exchange's own transaction."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypedDict, Unpack
from uuid import UUID

from flask import g, has_request_context
from sqlalchemy import DateTime, Integer, LargeBinary, Text, Uuid, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError

from hub import clock
from hub.access.actor import Actor
from hub.db import compiled, given
from hub.ledger.events import Event
from hub.ledger.rules import HALTED
from hub.ledger.service.tag_keys import TagKeys, forget_tag_keys, tag_keys_for
from hub.tree.leaf import MOST_PARTS, new_id, seal_leaf

Counts = Mapping[str, int]
SEE_WHO_ACTED = frozenset({"actor", "agent", "auditor"})
"""Roles whose views name the person or key that acted, by pseudonym, and the agent; no other member learns of either.

A person of an agent has one pseudonym for all the brands that it serves."""


class LedgerHaltedError(Exception):
    """The log is halted: nothing is recorded, and so nothing is exchanged."""


_APPEND = compiled(
    select(
        func.ledger_append(
            given("known", Uuid),
            given("entry", Uuid),
            given("moment", DateTime(timezone=True)),
            *(given(name, Text) for name in ("what", "came_to", "way")),
            given("leaf", LargeBinary),
            *(given(name, ARRAY(Integer)) for name in ("parties", "places")),
            *(given(name, ARRAY(Text)) for name in ("roles", "acting")),
            *(given(name, ARRAY(LargeBinary)) for name in ("views", "salts")),
        ).label("written")
    )
)
_TRIES = 5
"""A key or an auditor may change between two looks, but not each time."""


@dataclass(frozen=True)
class Concern:
    """Another party an event concerns: its role in it, and the counts it may see."""

    role: str
    counts: Counts = field(default_factory=dict)


class Told(TypedDict, total=False):
    """What an event tells beside who did what; `append_each` says how each is kept."""

    subject: Mapping[str, str] | None
    counts: Counts | None
    digests: Mapping[str, str] | None
    outcome: str
    concerned: Mapping[int, Concern] | None
    purpose: str | None


def append(actor: Actor, event: Event, **told: Unpack[Told]) -> str:
    """Record an event in the transaction under way; return the id of its (first) entry, base64url without padding."""
    return append_each(actor, event, **told)[0]


def append_each(
    actor: Actor,
    event: Event,
    *,
    subject: Mapping[str, str] | None = None,
    counts: Counts | None = None,
    digests: Mapping[str, str] | None = None,
    outcome: str = "allowed",
    concerned: Mapping[int, Concern] | None = None,
    purpose: str | None = None,
) -> list[str]:
    """Record an event in the transaction under way; return the ids of its entries.

    The actor's member and every auditor get the whole record, and so does who acts for it as its agent; each concerned
    member a view of its own, in which nobody learns of the person or the agent that acted, nor an owner of the member.
    More parties than a leaf holds make further entries with the same view of the actor. If the transaction rolls back,
    nothing was recorded and nothing was exchanged.

    Raises LedgerHaltedError, except for what leads out of a halt (events.WHILE_HALTED).
    """
    moment = clock.now()
    whole: dict[str, Any] = {
        "v": 1,
        "at": clock.stamp(moment),
        "action": event.value,
        "outcome": outcome,
        "actor": actor.pseudonym,
        "via": actor.via,
        "member": actor.member,
    }
    whole |= {"subject": dict(subject)} if subject else {}
    whole |= {"digests": dict(digests)} if digests else {}
    whole |= {"purpose": purpose} if purpose else {}
    whole |= {"agent": actor.agent.member} if actor.agent else {}
    own = {actor.member_id: "actor"} | ({actor.agent.member_id: "agent"} if actor.agent else {})
    others = {party: told for party, told in (concerned or {}).items() if party not in own}
    left, entries, tries = list(others.items()), list[str](), _TRIES
    while left or not entries:
        keys = tag_keys_for(frozenset({*own, *others}))
        always = [(party, role, counts) for party, role in own.items()]
        always += [(party, "auditor", counts) for party in keys.auditors if party not in own and party not in others]
        now = left[: MOST_PARTS - len(always)]
        parties = always + [(party, concern.role, concern.counts) for party, concern in now]
        name = _insert(event, moment, parties, whole, keys)
        if name is not None:
            entries.append(name)
            left = left[len(now) :]
        elif (tries := tries - 1) > 0:
            forget_tag_keys()
        else:
            raise RuntimeError("the tag keys are others each time they are looked at")
    return entries


def _insert(
    event: Event,
    moment: datetime,
    parties: Sequence[tuple[int, str, Counts | None]],
    whole: Mapping[str, Any],
    keys: TagKeys,
) -> str | None:
    """Seal one leaf and write entry, parts and outbox row; its name. None: the keys are others by now."""
    id = new_id()
    views = []
    for _, role, counts in parties:
        view = {**whole, "id": base64.b64encode(id).decode(), "role": role}
        if role == "owner":
            view["member"] = None
        if role not in SEE_WHO_ACTED:
            view["actor"] = None
            view.pop("agent", None)
        if counts:
            view["counts"] = dict(counts)
        views.append(view)
    sealed = seal_leaf(id, [(keys.keys[party], view) for (party, _, _), view in zip(parties, views, strict=True)])
    written = _run(
        known=keys.version,
        entry=UUID(bytes=id),
        moment=moment,
        what=event.value,
        came_to=whole["outcome"],
        way=whole["via"],
        leaf=sealed.leaf,
        parties=[party for party, _, _ in parties],
        places=[part.n for part in sealed.parts],
        roles=[view["role"] for view in views],
        acting=[view["member"] for view in views],
        views=[part.view for part in sealed.parts],
        salts=[part.salt for part in sealed.parts],
    )
    if not written:
        return None
    name = base64.urlsafe_b64encode(id).decode().rstrip("=")
    if has_request_context():
        g.setdefault("recorded", {})[name] = (sealed.leaf, moment)  # the answer's promise needs no query then
    return name


def _run(**given: Any) -> bool:
    try:
        ((written,),) = _APPEND.run(**given)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == HALTED:
            raise LedgerHaltedError("the log is halted") from None
        raise
    return bool(written)
