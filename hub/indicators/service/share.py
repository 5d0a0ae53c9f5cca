"""Sharing: a member puts its word on indicators."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    LargeBinary,
    Select,
    String,
    Text,
    bindparam,
    column,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.sql.selectable import TableValuedAlias

from hub import clock
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import db
from hub.epochs.service import Key
from hub.indicators import rules
from hub.indicators.model import Contribution, Indicator
from hub.indicators.rules import Audience, ContributionState, EvidenceLevel, Stance
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.listing_reports import service as reports
from hub.members.model import Member
from hub.test_buys import service as test_buys
from hub.test_buys.rules import Verdict


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
    audience: Audience
    expires_on: date | None = None
    first_seen_on: date | None = None
    last_seen_on: date | None = None
    report: str | None = None
    """The name of the actor's own listing report that it rests on, which the platform established."""
    test_buy: str | None = None
    """Or the name of its own test buy, which was signed and found a counterfeit."""

    @property
    def basis(self) -> tuple[str, str] | None:
        """The kind of record that it rests on, as rules.BASES names it, and which one."""
        named = ((kind, getattr(self, kind)) for kind in rules.BASES)
        return next(((kind, name) for kind, name in named if name is not None), None)


def share(
    actor: Actor, key: Key, tokens: Sequence[bytes], sellers: Sequence[str | None] | None, terms: Terms
) -> Shared:
    """Put the actor's word on each token, and record it, in the transaction under way.

    At most 10,000 tokens; of one given twice the first counts. What stands already in the same words is left as it
    is, so sharing a list twice changes nothing; an expiry of its own is kept unless another is named. Raises
    NotPermittedError, rules.TermsError.
    """
    actor.must(Permission.CONTRIBUTION_SHARE)
    rules.check_audience(terms.audience)
    basis = terms.basis
    if basis is not None:
        _check_basis(actor, terms, *basis)
    seller_of = dict(zip(reversed(tokens), reversed(sellers or [None] * len(tokens)), strict=True))
    given = _relation(seller_of)
    db.session.execute(
        insert(Indicator)
        .from_select(["key_id", "token"], select(literal(key.id, Integer), given.c.token).order_by(given.c.token))
        .on_conflict_do_nothing()
    )
    counted = _upsert(actor, key, given, terms).cte("done")
    row = db.session.execute(
        select(func.count().label("all"), func.count().filter(counted.c.added).label("added")).select_from(counted)
    ).one()
    asked = len(seller_of)
    counts = {"asked": asked, "added": row.added, "changed": row.all - row.added, "unchanged": asked - row.all}
    entry = ledger.append(
        actor,
        Event.CONTRIBUTION_SHARED,
        subject={
            "type": "key",
            "ref": key.name,
            "stance": terms.stance.value,
            "evidence": terms.evidence_level.name,
            "tlp": terms.audience.tlp.label,
            **({"reason": terms.audience.widening.value} if terms.audience.widening else {}),
        },
        purpose=terms.audience.widening_note,
        counts=counts,
    )
    if basis is not None:
        kind, name = basis
        _bear(actor, kind, name)
        type, event = _RECORDED[kind]
        ledger.append(actor, event, subject={"type": type, "ref": name}, counts={"asked": asked})
    return Shared(entry, counts["added"], counts["changed"], counts["unchanged"])


def _check_basis(actor: Actor, terms: Terms, kind: str, name: str) -> None:
    """Raises TermsError unless the record is the actor's, came out so, and gives this very level."""
    basis = rules.BASES[kind]
    if terms.evidence_level is not basis.level or terms.stance is not Stance.INFRINGING:
        raise rules.TermsError(kind, f"{basis.words} bears the stance infringing at {basis.level.name} alone")
    why = _LACKING[kind](actor, name)
    if why:
        raise rules.TermsError(kind, why)


def _report_lacks(actor: Actor, name: str) -> str:
    try:
        established = reports.established(actor, name)
    except reports.UnknownReportError:
        established = 0
    return "" if established else "you have no report of this name in which a listing is established"


def _test_buy_lacks(actor: Actor, name: str) -> str:
    try:
        found = test_buys.signed_verdict(actor, name)
    except test_buys.UnknownBuyError as error:
        return str(error)
    if found is None:
        return "this test buy is not signed: sign its report first"
    return (
        "" if found is Verdict.COUNTERFEIT else f"this test buy was found {found}: only a counterfeit is shared upon it"
    )


_LACKING: Mapping[str, Callable[[Actor, str], str]] = {"report": _report_lacks, "test_buy": _test_buy_lacks}
"""Of each kind of rules.BASES, why nothing is shared upon a record of that name; empty: it may be."""
_RECORDED = {"report": ("report", Event.OUTCOME_SHARED), "test_buy": ("test buy", Event.TESTBUY_OUTCOME_SHARED)}
"""What the ledger calls it, and how that something was shared upon it."""


def _bear(actor: Actor, kind: str, name: str) -> None:
    """Raises TermsError for more contributions than one record may bear; asked once they stand."""
    own = (Contribution.member_id == actor.member_id, getattr(Contribution, kind) == name)
    borne = select(Contribution.token).where(*own).limit(rules.MOST_ON_A_BASIS + 1).subquery()
    if db.session.execute(select(func.count()).select_from(borne)).scalar_one() > rules.MOST_ON_A_BASIS:
        raise rules.TermsError(kind, f"one record bears at most {rules.MOST_ON_A_BASIS:,} indicators")


def _relation(seller_of: dict[bytes, str | None]) -> TableValuedAlias:
    """Token and seller as rows."""
    return (
        func.unnest(
            bindparam("tokens", list(seller_of), ARRAY(LargeBinary), unique=True),
            bindparam("sellers", list(seller_of.values()), ARRAY(Text), unique=True),
        )
        .table_valued(column("token", LargeBinary), column("seller", Text), name="given")
        .render_derived()
    )


def _upsert(actor: Actor, key: Key, given: TableValuedAlias, terms: Terms) -> Any:
    """Insert or amend, in the order of the tokens, so that two members sharing the same ones never wait in a circle.

    Returns a row for each contribution added or changed, `added` telling which.
    """
    words = _words(actor, given, terms)
    facts: dict[str, ColumnElement[Any]] = {
        "key_id": literal(key.id, Integer),
        "token": given.c.token,
        "member_id": literal(actor.member_id),
        **words,
        "shared_at": literal(clock.now()),
        "expires_on": literal(_expiry(key, terms)),
        "state": literal(ContributionState.ACTIVE.value),
    }
    rows: Select[Any] = select(*(fact.label(name) for name, fact in facts.items())).order_by(given.c.token)
    put = insert(Contribution).from_select(list(facts), rows)
    new = put.excluded
    differs = [getattr(Contribution, name).is_distinct_from(getattr(new, name)) for name in words]
    differs.append(Contribution.state != ContributionState.ACTIVE.value)
    if terms.expires_on is not None:
        differs.append(Contribution.expires_on != new.expires_on)
    return put.on_conflict_do_update(
        index_elements=["key_id", "token", "member_id"],
        set_={
            **{name: getattr(new, name) for name in (*words, "shared_at", "expires_on", "state")},
            "changed_xid": func.pg_current_xact_id(),
        },
        where=or_(*differs),
    ).returning(literal_column("xmax = 0").label("added"))


def _words(actor: Actor, given: TableValuedAlias, terms: Terms) -> dict[str, ColumnElement[Any]]:
    """The columns that say something; where one differs, the contribution has changed."""
    audience = terms.audience
    addressees = None if audience.addressees is None else sorted(audience.addressees)
    widening = None if audience.widening is None else audience.widening.value
    return {
        "stance": literal(terms.stance.value),
        "evidence_level": literal(int(terms.evidence_level)),
        "tlp": literal(int(audience.tlp)),
        "addressees": literal(addressees, ARRAY(Integer)),
        "platforms_only": literal(audience.platforms_only),
        "sector": null() if widening else select(Member.sector).where(Member.id == actor.member_id).scalar_subquery(),
        "widening": literal(widening, String),
        "widening_note": literal(audience.widening_note, String),
        "shows_contributor": literal(audience.shows_contributor),
        "seller": given.c.seller,
        **{kind: literal(getattr(terms, kind), String) for kind in rules.BASES},
        "first_seen_on": literal(terms.first_seen_on, Date),
        "last_seen_on": literal(terms.last_seen_on, Date),
    }


def _expiry(key: Key, terms: Terms) -> date:
    today = clock.today()
    if terms.expires_on is None:
        return rules.default_expiry(key.type, terms.evidence_level, today)
    return rules.check_expiry(key.type, terms.evidence_level, today, terms.expires_on)
