"""Matching a member's own tokens with the indicators it may see, and keeping the matches for triage."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import DateTime, LargeBinary, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY, insert

from hub import clock, sealing
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import Compiled, compiled, db, given
from hub.epochs.model import TokenKey
from hub.epochs.service import Key
from hub.indicators import service as indicators
from hub.indicators.rules import EvidenceLevel, members_shown
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.matches import policy
from hub.matches.model import Match
from hub.matches.rules import MatchState
from hub.members import service as members

STATEMENT_TOKENS = 1000
"""Tokens a statement: past a few thousand the planner may read the whole table instead of the index."""


@dataclass(frozen=True)
class Hit:
    """One of the given tokens has effect for the actor."""

    n: int
    """Its place among the tokens given, from 0."""
    match: str
    members: int | None
    """How many members not among `contributors` stand behind it; None: fewer than three."""
    contributors: Sequence[str]
    """The codes of those who chose to be shown."""
    evidence_level: EvidenceLevel
    expires_on: date


@dataclass(frozen=True)
class Matched:
    """The answer to one matching."""

    entry: str
    asked: int
    hits: Sequence[Hit]


def match_name(number: int) -> str:
    """A match as people and JSON name it: `m_` and what tells nothing of its number, nor so of others' matches."""
    return f"m_{sealing.opaque(number, 'match')}"


def match(actor: Actor, key: Key, tokens: Sequence[bytes]) -> Matched:
    """Which of the tokens have effect for the actor, each under its place; recorded, in the transaction under way.

    Every contributor whose word counted learns that it matched, not where. A token given twice hits twice.
    """
    actor.must(Permission.MATCH_RUN)
    found: dict[bytes, Any] = {}
    for at in range(0, len(tokens), STATEMENT_TOKENS):
        rows = indicators.effective_among(actor, key.id, tokens[at : at + STATEMENT_TOKENS])
        found |= {row.token: row for row in rows}
    numbers = _keep(actor, key, sorted(found)) if found else {}
    owners = indicators.sight(actor, key, sorted(found)) if found else {}
    codes = _codes(found.values())
    hits = [
        Hit(
            n,
            match_name(numbers[token]),
            members_shown(found[token].members),
            _contributors(found[token], codes),
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


def _codes(effects: Iterable[Any]) -> dict[int, str]:
    """Number → code of the contributors that chose to be shown; asks the database only where there are any."""
    return members.codes_of({number for effect in effects for number in effect.shown or ()})


def _contributors(effect: Any, codes: Mapping[int, str]) -> Sequence[str]:
    return sorted(codes[number] for number in effect.shown or ())


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
    contributors: Sequence[str]
    expires_on: date | None


class KeptPage(NamedTuple):
    """One page of matches, and the number to go on from; None: these were the last."""

    rows: Sequence[Kept]
    before: int | None


def own_page(
    actor: Actor, *, before: int | None, limit: int, type: str | None = None, has_effect: bool | None = None
) -> KeptPage:
    """The actor's next matches, newest first, of a type, and with or without effect at this moment, if asked so.

    Looks at no more than COUNTED matches: where few fit, a page may have fewer rows than the limit, or none, and go on.
    """
    rows: list[Kept] = []
    chunk = limit if has_effect is None else STATEMENT_TOKENS
    for _ in range(COUNTED // STATEMENT_TOKENS):
        looked_at = own_matches(actor, before=before, limit=chunk, type=type)
        for kept in looked_at:
            before = kept.number
            if has_effect is None or (kept.level is not None) is has_effect:
                rows.append(kept)
            if len(rows) == limit:
                return KeptPage(rows, before if _is_followed(actor, before, type) else None)
        if len(looked_at) < chunk:
            return KeptPage(rows, None)
    return KeptPage(rows, before)


def _is_followed(actor: Actor, before: int, type: str | None) -> bool:
    return bool(own_matches(actor, before=before, limit=1, type=type))


def own_matches(actor: Actor, *, before: int | None = None, limit: int = 50, type: str | None = None) -> list[Kept]:
    """The actor's matches, newest first, each with the effect it has at this moment."""
    actor.must(Permission.MATCH_READ_OWN)
    found = (
        select(Match.id, Match.token, Match.state, Match.matched_at, TokenKey.type, Match.key_id)
        .join(TokenKey, TokenKey.id == Match.key_id)
        .where(policy.visible_to(actor))
        .order_by(Match.id.desc())
        .limit(limit)
    )
    if before is not None:
        found = found.where(Match.id < before)
    if type is not None:
        found = found.where(TokenKey.type == type)
    rows = db.session.execute(found).all()
    now = _effects(actor, rows)
    codes = _codes(now.values())
    return [_as_kept(row, now.get((row.key_id, row.token)), codes) for row in rows]


def _effects(actor: Actor, rows: Sequence[Any]) -> dict[tuple[int, bytes], Any]:
    """(key, token) → what has effect of these matches at this moment."""
    now: dict[tuple[int, bytes], Any] = {}
    for key_id in {row.key_id for row in rows}:
        tokens = [row.token for row in rows if row.key_id == key_id]
        for at in range(0, len(tokens), STATEMENT_TOKENS):
            found = indicators.effective_among(actor, key_id, tokens[at : at + STATEMENT_TOKENS])
            now |= {(key_id, each.token): each for each in found}
    return now


def _as_kept(row: Any, effect: Any, codes: Mapping[int, str]) -> Kept:
    return Kept(
        row.id,
        match_name(row.id),
        row.type,
        MatchState(row.state),
        row.matched_at,
        EvidenceLevel(effect.level) if effect else None,
        members_shown(effect.members) if effect else None,
        _contributors(effect, codes) if effect else (),
        effect.expires_on if effect else None,
    )


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
