"""Sharing: a member puts its word on indicators."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    LargeBinary,
    Text,
    bindparam,
    column,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.sql.dml import ReturningInsert

from hub import clock
from hub.access.actor import Actor
from hub.access.tlp import Tlp
from hub.db import db
from hub.epochs.service import Key
from hub.indicators import policy, rules
from hub.indicators.model import Contribution, Indicator
from hub.indicators.rules import ContributionState, EvidenceLevel, Stance
from hub.ledger import service as ledger
from hub.ledger.events import Event


@dataclass(frozen=True)
class Shared:
    """What one act of sharing came to."""

    entry: str
    added: int
    changed: int
    unchanged: int


@dataclass(frozen=True)
class Terms:
    """What a member says of every indicator of one act of sharing, and to whom it may pass."""

    stance: Stance
    evidence_level: EvidenceLevel
    tlp: Tlp
    group_ids: Sequence[int] = ()
    sector: str | None = None
    expires_on: date | None = None
    first_seen_on: date | None = None
    last_seen_on: date | None = None


def share(actor: Actor, key: Key, tokens: Sequence[bytes], sellers: Sequence[str | None] | None, terms: Terms) -> Shared:
    """Put the actor's word on each token, and record it, in the transaction under way.

    At most 10,000 tokens; of one given twice the first counts. What stands already in the same words is left as it
    is, so sharing a list twice changes nothing; an expiry of its own is kept unless another is named. Raises
    PermissionError, ValueError for terms that the rules refuse.
    """
    if not policy.may_share(actor):
        raise PermissionError("this member may not share")
    rules.check_audience(terms.tlp, [str(group) for group in terms.group_ids])
    today = clock.today()
    default = rules.default_expiry(key.type, terms.evidence_level, today)
    expires = default if terms.expires_on is None else rules.check_expiry(
        key.type, terms.evidence_level, today, terms.expires_on
    )
    given = _given(tokens, sellers or [None] * len(tokens))
    db.session.execute(
        insert(Indicator)
        .from_select(["key_id", "token"], select(literal(key.id, Integer), given.c.token).order_by(given.c.token))
        .on_conflict_do_nothing()
    )
    words: dict[str, ColumnElement[Any]] = {
        "stance": literal(terms.stance.value),
        "evidence_level": literal(int(terms.evidence_level)),
        "tlp": literal(int(terms.tlp)),
        "group_ids": literal(sorted(terms.group_ids), ARRAY(Integer)),
        "sector": literal(terms.sector, Text),
        "seller": given.c.seller,
        "first_seen_on": literal(terms.first_seen_on, Date),
        "last_seen_on": literal(terms.last_seen_on, Date),
    }
    facts: dict[str, ColumnElement[Any]] = {
        "key_id": literal(key.id, Integer),
        "token": given.c.token,
        "member_id": literal(actor.member_id),
        **words,
        "shared_at": literal(clock.now()),
        "expires_on": literal(expires),
        "state": literal(ContributionState.ACTIVE.value),
    }
    put = insert(Contribution).from_select(
        list(facts), select(*(fact.label(name) for name, fact in facts.items())).order_by(given.c.token)
    )
    new = put.excluded
    other_words = [getattr(Contribution, name).is_distinct_from(getattr(new, name)) for name in words]
    other_words.append(Contribution.state != ContributionState.ACTIVE.value)
    if terms.expires_on is not None:
        other_words.append(Contribution.expires_on != new.expires_on)
    differs = other_words[0]
    for other in other_words[1:]:
        differs |= other
    done: ReturningInsert[Any] = put.on_conflict_do_update(
        index_elements=["key_id", "token", "member_id"],
        set_={
            **{name: getattr(new, name) for name in (*words, "shared_at", "expires_on", "state")},
            "changed_xid": func.pg_current_xact_id(),
        },
        where=differs,
    ).returning(literal_column("xmax = 0").label("added"))
    counted = done.cte("done")
    row = db.session.execute(
        select(func.count().label("all"), func.count().filter(counted.c.added).label("added")).select_from(counted)
    ).one()
    distinct = len(set(tokens))
    shared = {"asked": distinct, "added": row.added, "changed": row.all - row.added, "unchanged": distinct - row.all}
    entry = ledger.append(
        actor,
        Event.CONTRIBUTION_SHARED,
        subject={
            "type": "key",
            "ref": key.name,
            "stance": terms.stance.value,
            "evidence": terms.evidence_level.name,
            "tlp": terms.tlp.label,
        },
        counts=shared,
    )
    return Shared(entry, shared["added"], shared["changed"], shared["unchanged"])


def _given(tokens: Sequence[bytes], sellers: Sequence[str | None]) -> Any:
    """The tokens as a relation, each once."""
    rows = (
        func.unnest(
            bindparam("tokens", list(tokens), ARRAY(LargeBinary), unique=True),
            bindparam("sellers", list(sellers), ARRAY(Text), unique=True),
        )
        .table_valued(column("token", LargeBinary), column("seller", Text), name="given")
        .render_derived()
    )
    if len(set(tokens)) == len(tokens):
        return rows
    return select(rows.c.token, rows.c.seller).distinct(rows.c.token).subquery("given_once")
