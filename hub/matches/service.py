"""Matching a member's own tokens with the indicators it may see, and keeping the matches for triage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import DateTime, LargeBinary, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY, insert

from hub import clock
from hub.access.actor import Actor
from hub.db import Compiled, compiled, db, given
from hub.epochs.model import TokenKey
from hub.epochs.service import Key
from hub.indicators import service as indicators
from hub.indicators.rules import EvidenceLevel, members_shown
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.matches import policy
from hub.matches.model import Match
from hub.matches.rules import MatchState, match_name

STATEMENT_TOKENS = 1000
"""Tokens a statement: past a few thousand the planner may read the whole table instead of the index."""


@dataclass(frozen=True)
class Hit:
    """One of the given tokens has effect for the actor."""

    n: int
    """Its place among the tokens given, from 0."""
    match: str
    members: int | None
    evidence_level: EvidenceLevel
    expires_on: date


@dataclass(frozen=True)
class Matched:
    """The answer to one matching."""

    entry: str
    asked: int
    hits: Sequence[Hit]


def match(actor: Actor, key: Key, tokens: Sequence[bytes]) -> Matched:
    """Which of the tokens have effect for the actor, each under its place; recorded, in the transaction under way.

    Every contributor whose word counted learns that it matched, not where. A token given twice hits twice.
    """
    found: dict[bytes, Any] = {}
    for at in range(0, len(tokens), STATEMENT_TOKENS):
        rows = indicators.effective_among(actor, key.id, clock.today()).run(
            tokens=list(tokens[at : at + STATEMENT_TOKENS])
        )
        found |= {row.token: row for row in rows}
    numbers = _keep(actor, key, sorted(found)) if found else {}
    owners = indicators.sight(actor, key, sorted(found)) if found else {}
    hits = [
        Hit(
            n,
            match_name(numbers[token]),
            members_shown(found[token].members),
            EvidenceLevel(found[token].level),
            found[token].expires_on,
        )
        for n, token in enumerate(tokens)
        if token in found
    ]
    entry = ledger.append(
        actor,
        Event.MATCH_RUN,
        subject={"type": "key", "ref": key.name},
        counts={"asked": len(tokens), "matched": len(found)},
        concerned={owner: ledger.Concern("owner", {"matched": count}) for owner, count in owners.items()},
    )
    return Matched(entry, len(tokens), hits)


def _keep(actor: Actor, key: Key, tokens: Sequence[bytes]) -> Mapping[bytes, int]:
    """Keep a match for each token that has none yet; returns token → number of the match."""
    numbers: dict[bytes, int] = {}
    while left := [token for token in tokens if token not in numbers]:
        # a match that another request keeps at this moment is seen the second time, when that request is through
        rows = _kept(actor, key.id).run(tokens=left, moment=clock.now())
        numbers |= {row.token: row.id for row in rows}
    return numbers


@lru_cache(maxsize=512)
def _kept(actor: Actor, key_id: int) -> Compiled:
    tokens, moment = given("tokens", ARRAY(LargeBinary)), given("moment", DateTime(timezone=True))
    new = select(literal(actor.member_id), literal(key_id), func.unnest(tokens), literal(MatchState.NEW.value), moment)
    put = (
        insert(Match)
        .from_select(["recipient_id", "key_id", "token", "state", "matched_at"], new)
        .on_conflict_do_nothing()
        .returning(Match.token, Match.id)
        .cte("put")
    )
    stood = select(Match.token, Match.id).where(
        policy.visible_to(actor), Match.key_id == key_id, Match.token == func.any(tokens)
    )
    return compiled(union_all(select(put.c.token, put.c.id), stood))


@dataclass(frozen=True)
class Kept:
    """A match as its recipient sees it later."""

    number: int
    match: str
    type: str
    state: MatchState
    matched_at: datetime
    level: EvidenceLevel | None
    """None: without effect by now, withdrawn, expired or disputed."""
    members: int | None
    expires_on: date | None


def own_matches(actor: Actor, *, before: int | None = None, limit: int = 50) -> list[Kept]:
    """The actor's matches, newest first, each with the effect it has at this moment."""
    rows = db.session.execute(
        select(Match.id, Match.token, Match.state, Match.matched_at, TokenKey.type, Match.key_id)
        .join(TokenKey, TokenKey.id == Match.key_id)
        .where(policy.visible_to(actor), *([Match.id < before] if before is not None else []))
        .order_by(Match.id.desc())
        .limit(limit)
    ).all()
    now: dict[tuple[int, bytes], Any] = {}
    for key_id in {row.key_id for row in rows}:
        tokens = [row.token for row in rows if row.key_id == key_id]
        found = indicators.effective_among(actor, key_id, clock.today()).run(tokens=tokens)
        now |= {(key_id, each.token): each for each in found}
    kept = []
    for row in rows:
        effect = now.get((row.key_id, row.token))
        kept.append(
            Kept(
                row.id,
                match_name(row.id),
                row.type,
                MatchState(row.state),
                row.matched_at,
                EvidenceLevel(effect.level) if effect else None,
                members_shown(effect.members) if effect else None,
                effect.expires_on if effect else None,
            )
        )
    return kept


@dataclass(frozen=True)
class Standing:
    """Of one type: the indicators matched that still have effect, by evidence, and those nobody has looked at."""

    by_evidence: tuple[int, int, int, int]
    matched: int
    new: int


COUNTED = 5000
"""The newest matches that an overview counts: beyond, it would read more than it shows."""


def standing(actor: Actor) -> dict[str, Standing]:
    """The actor's newest matches that have effect now, by type."""
    standing: dict[str, Standing] = {}
    for kept in own_matches(actor, limit=COUNTED):
        if kept.level is None:
            continue
        so_far = standing.get(kept.type, Standing((0, 0, 0, 0), 0, 0))
        levels = tuple(count + (kept.level == n) for n, count in enumerate(so_far.by_evidence, 1))
        is_new = kept.state is MatchState.NEW
        standing[kept.type] = Standing(levels, so_far.matched + 1, so_far.new + is_new)  # type: ignore[arg-type]
    return standing


def recalled_count(actor: Actor) -> int:
    """How many of the actor's newest matches have no effect behind them any more."""
    return sum(kept.level is None for kept in own_matches(actor, limit=COUNTED))
