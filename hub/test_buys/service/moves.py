"""How a test buy moves: under the row's lock and the version that was read, in its chain of custody, and on record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import insert, select

from hub import clock
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import db
from hub.evidence import service as evidence
from hub.evidence.rules import STRIPPED as PICTURES
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.members import service as members
from hub.test_buys import money_rules, policy, rules
from hub.test_buys.model import Buy, BuyCost, CustodyStep
from hub.test_buys.money_rules import AmountError
from hub.test_buys.rules import BuyState, Carried, Command, CostKind, RefusedStepError, Verdict, WordsError

EVENTS: Mapping[Command, Event] = {
    Command.APPROVE: Event.TESTBUY_APPROVED,
    Command.ORDER: Event.TESTBUY_ORDERED,
    Command.RECEIVE: Event.TESTBUY_RECEIVED,
    Command.PASS: Event.TESTBUY_PASSED,
    Command.EXAMINE: Event.TESTBUY_EXAMINED,
    Command.JUDGE: Event.TESTBUY_JUDGED,
    Command.SIGN: Event.TESTBUY_SIGNED,
    Command.LINK: Event.TESTBUY_LINKED,
    Command.SPEND: Event.TESTBUY_SPENT,
    Command.REFUND: Event.TESTBUY_REFUNDED,
    Command.RETAIN: Event.TESTBUY_RETAINED,
    Command.DESTROY: Event.TESTBUY_DESTROYED,
    Command.CANCEL: Event.TESTBUY_CANCELLED,
}
"""How each command is recorded. No event holds an order number, a place or an amount: a digest stands for them."""
CARRIED = (Command.RECEIVE, Command.PASS, Command.EXAMINE, Command.RETAIN, Command.DESTROY, Command.CANCEL)
"""The commands that `carry` gives."""


class UnknownBuyError(Exception):
    """The actor's brand has no such test buy."""


class StaleBuyError(Exception):
    """Somebody led the test buy on since it was read."""


@dataclass(frozen=True)
class Cost:
    """An amount, in minor units of the test buy's currency."""

    kind: CostKind
    minor: int


@dataclass(frozen=True)
class Order:
    """What was ordered; `costs` holds the price and what came with it."""

    number: str
    day: date
    costs: Sequence[Cost]


@dataclass(frozen=True)
class Finding:
    """What the examination found."""

    verdict: Verdict
    method: str
    verifier: str


def approve(actor: Actor, name: str, version: int) -> str:
    """Approve the budget, as another person than who planned it; returns the ledger entry. Commits.

    What a key planned an owner approves. Raises NotPermittedError, also for a key and an agent, UnknownBuyError,
    StaleBuyError, RefusedStepError.
    """
    actor.must(Permission.TESTBUY_APPROVE)
    policy.must_be_person(actor)
    buy = held(actor, name, version)
    to = rules.moved(BuyState(buy.state), Command.APPROVE)
    _check_approver(actor, buy.planned_by)
    buy.approved_by = actor.pseudonym
    return _done(actor, buy, Command.APPROVE, to)


def may_approve(actor: Actor, planned_by: str) -> bool:
    """Whether the actor may approve what somebody planned."""
    try:
        _check_approver(actor, planned_by)
    except RefusedStepError:
        return False
    return actor.may(Permission.TESTBUY_APPROVE)


def _check_approver(actor: Actor, planned_by: str) -> None:
    """Raises RefusedStepError. Owners, who issue the keys, stand for what these planned."""
    known = actor.may(Permission.CREDENTIAL_MANAGE) or not members.is_own_key(actor, planned_by)
    rules.check_approver(planned_by, actor.pseudonym, of_known_person=known)


def order(actor: Actor, name: str, version: int, given: Order) -> str:
    """Say that it was ordered, within the budget; returns the ledger entry. Commits.

    Raises NotPermittedError, UnknownBuyError, StaleBuyError, RefusedStepError, WordsError.
    """
    actor.must(Permission.TESTBUY_RUN)
    buy = held(actor, name, version)
    to = rules.moved(BuyState(buy.state), Command.ORDER)
    kinds = [each.kind for each in given.costs]
    if kinds.count(CostKind.PRICE) != 1 or CostKind.REFUND in kinds:
        raise WordsError("costs", "give the price, once, and what was paid beside it; what came back comes later")
    buy.order_number = rules.order_number(given.number)
    buy.ordered_on = rules.ordered_on(given.day, clock.now())
    _spend(actor, buy, given.costs)
    rules.check_budget(buy.spent, buy.budget)
    return _done(actor, buy, Command.ORDER, to)


def spend(actor: Actor, name: str, version: int, cost: Cost) -> str:
    """Add a cost; returns the ledger entry. Commits. Raises what `order` does."""
    actor.must(Permission.TESTBUY_RUN)
    buy = held(actor, name, version)
    to = rules.moved(BuyState(buy.state), Command.SPEND)
    if cost.kind is CostKind.REFUND:
        raise WordsError("kind", "what came back goes with the command refund")
    _spend(actor, buy, [cost])
    return _done(actor, buy, Command.SPEND, to)


def carry(actor: Actor, name: str, version: int, command: Command, said: Carried) -> str:
    """Give one of CARRIED: a step of the chain of custody, or the end of the plan; returns the ledger entry. Commits.

    Raises what `order` does.
    """
    actor.must(Permission.TESTBUY_RUN)
    if command not in CARRIED:
        raise RefusedStepError(f"to {command!s} needs more than a step of the chain of custody")
    buy = held(actor, name, version)
    return _done(actor, buy, command, rules.moved(BuyState(buy.state), command), said)


def refund(actor: Actor, name: str, version: int, minor: int, said: Carried) -> str:
    """Money came: the goods went back, or never came; returns the ledger entry. Commits. Raises what `order` does."""
    actor.must(Permission.TESTBUY_RUN)
    buy = held(actor, name, version)
    to = rules.moved(BuyState(buy.state), Command.REFUND)
    if minor > buy.spent:
        raise WordsError("refund", "no more comes back than was spent")
    _spend(actor, buy, [Cost(CostKind.REFUND, minor)])
    return _done(actor, buy, Command.REFUND, to, said)


def judge(actor: Actor, name: str, version: int, found: Finding) -> str:
    """Say what the examination found; returns the ledger entry. Commits. Raises what `order` does."""
    actor.must(Permission.TESTBUY_RUN)
    buy = held(actor, name, version)
    to = rules.moved(BuyState(buy.state), Command.JUDGE)
    buy.verdict = found.verdict.value
    told = "how it was examined and what shows the verdict"
    buy.method = rules.line("method", found.method, told, most=rules.LONGEST_METHOD, least=rules.SHORTEST_WORDS)
    buy.verifier = rules.line("verifier", found.verifier, "who examined it")
    return _done(actor, buy, Command.JUDGE, to)


def visible(actor: Actor, name: str, *, lock: bool = False) -> Buy:
    """The row of a test buy of the actor's brand. Raises UnknownBuyError."""
    policy.must_be_brand(actor)
    found = select(Buy).where(policy.own_by(actor), Buy.name == name)
    found = found.with_for_update() if lock else found
    known = rules.NAME.fullmatch(name) is not None
    row = db.session.execute(found.execution_options(populate_existing=True)).scalar_one_or_none() if known else None
    if row is None:
        raise UnknownBuyError("you have no test buy of this name")
    return row


def held(actor: Actor, name: str, version: int) -> Buy:
    """The test buy, locked until the transaction ends. Raises UnknownBuyError, StaleBuyError."""
    row = visible(actor, name, lock=True)
    if row.version != version:
        raise StaleBuyError("somebody led this test buy on since you read it: read it again, then decide")
    return row


@dataclass(frozen=True)
class Recorded:
    """What the ledger holds of a command beside the step's digest."""

    reason: str = ""
    digests: Mapping[str, str] = field(default_factory=dict)


NOTHING, NO_MORE = Carried(), Recorded()


def step(
    actor: Actor, buy: Buy, command: Command, to: BuyState, said: Carried = NOTHING, told: Recorded = NO_MORE
) -> str:
    """Lead the test buy on, in its chain of custody and in the record; in the transaction under way.

    Raises WordsError for what the step lacks, and for a picture that is none of the brand's.
    """
    clean = rules.check_carried(command, said)
    photos = [{"name": each, "sha256": _digest(actor, each)} for each in clean.photos]
    row: dict[str, Any] = {
        "n": buy.version,
        "command": command.value,
        "by": actor.pseudonym,
        "by_agent": actor.agent is not None,
        "place": clean.place,
        "seal": clean.seal,
        "photos": photos,
        "words": clean.words,
    }
    moment = clock.now()
    digest = rules.digest_of({**row, "test_buy": buy.name, "at": clock.stamp(moment)})
    subject = {"type": "test buy", "ref": buy.name, "digest": digest}
    subject |= {"reason": told.reason} if told.reason else {}
    entry = ledger.append(actor, EVENTS[command], subject=subject, digests=told.digests)
    kept = {"buy_id": buy.id, "brand_id": buy.brand_id, "at": moment, "digest": bytes.fromhex(digest), "entry": entry}
    db.session.execute(insert(CustodyStep).values(**row, **kept))
    buy.state = to.value
    buy.version += 1
    return entry


def _done(actor: Actor, buy: Buy, command: Command, to: BuyState, said: Carried = NOTHING) -> str:
    entry = step(actor, buy, command, to, said)
    db.session.commit()
    return entry


def _digest(actor: Actor, name: str) -> str:
    """The SHA-256 of a picture of the brand, as the vault holds it."""
    try:
        line = evidence.one_evidence(actor, name).line
    except evidence.UnknownEvidenceError:
        line = None
    if line is None or not line.own or line.erased_at is not None or line.media not in PICTURES:
        raise WordsError("photos", "name pictures that your brand keeps in the vault: JPEG, PNG or WebP, as f_…")
    return line.sha256


def _spend(actor: Actor, buy: Buy, costs: Sequence[Cost]) -> None:
    for cost in costs:
        try:
            minor = money_rules.check_minor(cost.minor, least=1)
        except AmountError as error:
            raise WordsError("refund" if cost.kind is CostKind.REFUND else "costs", str(error)) from error
        signed = -minor if cost.kind is CostKind.REFUND else minor
        paid = {"buy_id": buy.id, "brand_id": buy.brand_id, "kind": cost.kind.value, "minor": signed}
        db.session.execute(insert(BuyCost).values(**paid, by=actor.pseudonym, at=clock.now()))
        buy.spent += signed
