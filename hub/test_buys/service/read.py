"""Test buys read back by their brand: a list with what they cost, and one with its chain of custody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import func, select

from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import db, newest
from hub.members import service as members
from hub.test_buys import policy
from hub.test_buys.model import Buy, BuyCost, CustodyStep
from hub.test_buys.rules import BuyState, Command, CostKind, Photo, Verdict
from hub.test_buys.service.moves import visible


@dataclass(frozen=True)
class BuyLine:
    """One test buy in a list."""

    id: int
    name: str
    platform: str
    """Code."""
    url: str
    store: str
    """The seller's; empty: it was not named."""
    goods: str
    state: BuyState
    verdict: Verdict | None
    currency: str
    budget: int
    spent: int
    """In minor units."""
    planned_by: str
    """A pseudonym; so are `approved_by` and `by` of a step. Empty: the reader, an agent, is not told of others."""
    planned_at: datetime
    version: int


@dataclass(frozen=True)
class ShownStep:
    """One step of the chain of custody."""

    n: int
    command: Command
    by: str
    by_agent: bool
    at: datetime
    place: str
    seal: str
    photos: Sequence[Photo]
    words: str
    digest: str
    """SHA-256 in hexadecimal, as the ledger entry holds it."""
    entry: str


@dataclass(frozen=True)
class ShownCost:
    """One cost, in minor units; below nothing: it came back."""

    kind: CostKind
    minor: int
    at: datetime


@dataclass(frozen=True)
class ShownBuy:
    """A test buy in full."""

    line: BuyLine
    approved_by: str | None
    order_number: str | None
    ordered_on: date | None
    method: str | None
    verifier: str | None
    signer: str | None
    signer_role: str | None
    signed_at: datetime | None
    record_digest: str | None
    report_file: str | None
    report_digest: str | None
    listing_report: str | None
    steps: Sequence[ShownStep]
    costs: Sequence[ShownCost]


def test_buys(actor: Actor, state: BuyState | None, *, before: int | None, limit: int) -> list[BuyLine]:
    """The test buys of the actor's brand, newest first, those below the number `before`."""
    actor.must(Permission.TESTBUY_READ)
    policy.must_be_brand(actor)
    found = newest(select(Buy).where(policy.own_by(actor)), Buy.id, before, limit)
    if state is not None:
        found = found.where(Buy.state == state.value)
    rows = db.session.execute(found).scalars().all()
    codes = members.codes_of({row.platform_id for row in rows})
    return [_told(actor, _line(row, codes)) for row in rows]


def totals(actor: Actor) -> list[tuple[str, int, int]]:
    """Of each currency how many test buys there are, and what they cost in all, in minor units; by currency."""
    actor.must(Permission.TESTBUY_READ)
    policy.must_be_brand(actor)
    summed = select(Buy.currency, func.count(), func.sum(Buy.spent)).where(policy.own_by(actor))
    found = summed.group_by(Buy.currency).order_by(Buy.currency)
    return [(currency, count, int(spent)) for currency, count, spent in db.session.execute(found)]


def test_buy(actor: Actor, name: str) -> ShownBuy:
    """One test buy, its chain of custody and its costs, oldest first. Raises UnknownBuyError."""
    actor.must(Permission.TESTBUY_READ)
    found = shown(visible(actor, name))
    approved_by = None if found.approved_by is None else actor.told(found.approved_by)
    steps = [replace(each, by=actor.told(each.by)) for each in found.steps]
    return replace(found, line=_told(actor, found.line), approved_by=approved_by, steps=steps)


def signed_verdict(actor: Actor, name: str) -> Verdict | None:
    """What the signed report of a test buy found; None: it is not signed. Raises UnknownBuyError."""
    actor.must(Permission.TESTBUY_READ)
    row = visible(actor, name)
    return None if row.signed_at is None or row.verdict is None else Verdict(row.verdict)


def shown(row: Buy) -> ShownBuy:
    """A row with all that belongs to it, as the signed report says it: whoever did it."""
    steps = select(CustodyStep).where(CustodyStep.buy_id == row.id).order_by(CustodyStep.n)
    costs = select(BuyCost).where(BuyCost.buy_id == row.id).order_by(BuyCost.id)
    return ShownBuy(
        _line(row, members.codes_of({row.platform_id})),
        row.approved_by,
        row.order_number,
        row.ordered_on,
        row.method,
        row.verifier,
        row.signer,
        row.signer_role,
        row.signed_at,
        _hex(row.record_digest),
        row.report_file,
        _hex(row.report_digest),
        row.listing_report,
        [_step(each) for each in db.session.execute(steps).scalars()],
        [ShownCost(CostKind(each.kind), each.minor, each.at) for each in db.session.execute(costs).scalars()],
    )


def _told(actor: Actor, line: BuyLine) -> BuyLine:
    return replace(line, planned_by=actor.told(line.planned_by))


def _hex(digest: bytes | None) -> str | None:
    return None if digest is None else digest.hex()


def _line(row: Buy, codes: Mapping[int, str]) -> BuyLine:
    return BuyLine(
        row.id,
        row.name,
        codes[row.platform_id],
        row.url,
        row.store,
        row.goods,
        BuyState(row.state),
        None if row.verdict is None else Verdict(row.verdict),
        row.currency,
        row.budget,
        row.spent,
        row.planned_by,
        row.planned_at,
        row.version,
    )


def _step(row: CustodyStep) -> ShownStep:
    return ShownStep(
        row.n,
        Command(row.command),
        row.by,
        row.by_agent,
        row.at,
        row.place,
        row.seal,
        [Photo(**each) for each in row.photos],
        row.words,
        row.digest.hex(),
        row.entry,
    )
