"""The keys under which each party finds its own commitments: sealed in the database, opened in memory."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Integer, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from hub.access.tlp import MemberKind
from hub.db import compiled, db, given
from hub.ledger.model import TagKey
from hub.members.model import Member
from hub.members.rules import ACTIVE
from hub.sealing import seal, unseal

_KEYS_FOR = compiled(
    select(TagKey.party, TagKey.sealed, Member.kind)
    .join(Member, Member.id == TagKey.party)
    .where(
        or_(
            TagKey.party == func.any(given("parties", ARRAY(Integer))),
            (Member.kind == MemberKind.AUDITOR.value) & Member.state.in_(ACTIVE),
        )
    )
)


@dataclass(frozen=True)
class TagKeys:
    """Opened tag keys by party, and which of the parties are auditors to be told beside those asked for."""

    keys: Mapping[int, bytes]
    auditors: Sequence[int]


def tag_keys_for(parties: set[int]) -> TagKeys:
    """The tag keys of the parties and of every auditor in good standing, opened."""
    rows = _KEYS_FOR.run(parties=list(parties))
    return TagKeys(
        {row.party: open_key(row.party, row.sealed) for row in rows},
        sorted(row.party for row in rows if row.kind == MemberKind.AUDITOR.value and row.party not in parties),
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
