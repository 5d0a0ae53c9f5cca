"""Signing a test buy: its record is drawn up as a PDF that goes into the vault, and both digests into the ledger."""

from dataclasses import dataclass
from typing import Any

from hub import clock
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import db
from hub.evidence import service as evidence
from hub.evidence.rules import EvidenceType
from hub.evidence.service import Upload
from hub.test_buys import rules
from hub.test_buys.model import Buy
from hub.test_buys.rules import BuyState, Command
from hub.test_buys.service.moves import Recorded, StaleBuyError, held, step, visible
from hub.test_buys.service.read import ShownBuy, shown


@dataclass(frozen=True)
class Signature:
    """Who signs, as typed."""

    name: str
    role: str


def sign(actor: Actor, name: str, version: int, given: Signature) -> str:
    """Sign the report as it stands; returns the ledger entry. Commits, twice: the file first.

    If we crash between, the vault holds a report that nobody signed, until its retention ends; the test buy is as it
    was. Raises NotPermittedError, UnknownBuyError, StaleBuyError, RefusedStepError, WordsError, and what storing does.
    """
    from hub.test_buys import document  # here: a web worker holds reportlab once somebody signs

    actor.must(Permission.TESTBUY_RUN)
    signer = {
        "name": rules.line("signer", given.name, "the name of who signs"),
        "role": rules.line("signer_role", given.role, "the role of who signs"),
    }
    row = visible(actor, name)
    rules.moved(BuyState(row.state), Command.SIGN)
    if row.version != version:
        raise StaleBuyError("somebody led this test buy on since you read it: read it again, then sign")
    moment = clock.now()
    record = {**_record(actor, row, shown(row)), "signer": signer, "signed_by": actor.pseudonym}
    record |= {"signed_at": clock.stamp(moment)}
    digest = rules.digest_of(record)
    file = _stored(actor, name, document.written(record, digest))
    buy = held(actor, name, version)  # who led it on meanwhile has its way, and the file is not the report
    to = rules.moved(BuyState(buy.state), Command.SIGN)
    buy.signer, buy.signer_role, buy.signed_at = signer["name"], signer["role"], moment
    buy.record_digest, buy.report_file, buy.report_digest = bytes.fromhex(digest), file.name, file.digest
    digests = {"request": digest, "result": file.sha256}  # what was signed, and what came of it
    entry = step(actor, buy, Command.SIGN, to, told=Recorded(row.verdict or "", digests))
    db.session.commit()
    return entry


def _stored(actor: Actor, name: str, content: bytes) -> evidence.EvidenceLine:
    upload = Upload(f"test-buy-{name}.pdf", EvidenceType.TEST_BUY, len(content), iter([content]))
    return evidence.store(actor, upload)


def _record(actor: Actor, row: Buy, known: ShownBuy) -> dict[str, Any]:
    """Every fact of a test buy, as JSON has it; nothing of it may be left out of the report."""
    costs = [{"kind": each.kind.value, "minor": each.minor, "at": clock.stamp(each.at)} for each in known.costs]
    custody = [
        {
            "n": each.n,
            "command": each.command.value,
            "at": clock.stamp(each.at),
            "by": each.by,
            "by_agent": each.by_agent,
            "place": each.place,
            "seal": each.seal,
            "photos": [photo._asdict() for photo in each.photos],
            "words": each.words,
        }
        for each in known.steps
    ]
    line = known.line
    return {
        "v": 2,
        "test_buy": line.name,
        "brand": {"code": actor.member, "name": actor.title},
        "platform": line.platform,
        "listing": line.url,
        "store": line.store,
        "goods": line.goods,
        "order_number": known.order_number,
        "ordered_on": str(known.ordered_on),
        "currency": line.currency,
        "budget": line.budget,
        "costs": costs,
        "spent": line.spent,
        "planned_by": line.planned_by,
        "planned_at": clock.stamp(line.planned_at),
        "approved_by": row.approved_by,
        "custody": custody,
        "verdict": row.verdict,
        "method": row.method,
        "verifier": row.verifier,
    }
