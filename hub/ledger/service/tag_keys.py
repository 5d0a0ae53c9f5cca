"""The keys under which each party finds its own commitments: sealed in the database, opened in memory."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from sqlalchemy import Integer, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from hub.access.tlp import MemberKind
from hub.db import compiled, db, given
from hub.ledger.model import TagKey, TagVersion
from hub.members.model import Member
from hub.members.rules import ACTIVE
from hub.sealing import seal, unseal

_STANDS = (Member.kind == MemberKind.AUDITOR.value) & Member.state.in_(ACTIVE)
_KEYS_FOR = compiled(
    select(
        TagKey.party,
        TagKey.sealed,
        _STANDS.label("told"),
        select(TagVersion.version).scalar_subquery().label("version"),
    )
    .join(Member, Member.id == TagKey.party)
    .where(or_(TagKey.party == func.any(given("parties", ARRAY(Integer))), _STANDS))
)


@dataclass(frozen=True)
class TagKeys:
    """Opened tag keys by party, and the auditors in good standing, who are told of all."""

    version: UUID | None
    """Of the keys and the auditors as they were read; `ledger_append` compares it with what is there."""
    keys: Mapping[int, bytes]
    auditors: Sequence[int]


FEW = 4
"""Sets of so many parties are kept: those of an event that concerns hardly anybody but the actor."""


def tag_keys_for(parties: frozenset[int]) -> TagKeys:
    """The tag keys of the parties and of every auditor in good standing, opened.

    They may be kept from an earlier time: whoever records under them lets the database compare, and calls
    `forget_tag_keys` when they are others.
    """
    return _kept(parties) if len(parties) <= FEW else _opened(parties)


def forget_tag_keys() -> None:
    """Ask anew for what is kept."""
    _kept.cache_clear()


@lru_cache(maxsize=1024)
def _kept(parties: frozenset[int]) -> TagKeys:
    return _opened(parties)


def _opened(parties: frozenset[int]) -> TagKeys:
    rows = _KEYS_FOR.run(parties=list(parties))
    return TagKeys(
        rows[0].version if rows else None,
        {row.party: open_key(row.party, row.sealed) for row in rows},
        sorted(row.party for row in rows if row.told),
    )


def add_tag_key(party: int) -> bytes:
    """Make a member's tag key and keep it sealed; returns it for the member's profile. Once a member."""
    key = secrets.token_bytes(32)
    db.session.execute(select(func.keep_tag_key(party, seal(key, f"tag-key {party}"))))
    return key


def tag_key(party: int) -> bytes:
    """A member's tag key, for a profile issued later."""
    return open_key(party, db.session.execute(select(TagKey.sealed).where(TagKey.party == party)).scalar_one())


def open_key(party: int, sealed: bytes) -> bytes:
    """The tag key of a party. Raises InvalidTag for what we did not seal for it."""
    return unseal(sealed, f"tag-key {party}")
