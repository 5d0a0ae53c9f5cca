"""`alliance ledger promises`: each is swapped for the receipt of its entry, or complained of at its deadline."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hub import clock
from hub.client.errors import ClientError, ExitCode
from hub.client.ledger.alarm import LedgerAlarm, altered, as_many_as_fit, overdue
from hub.client.ledger.finality import quorum_policy
from hub.client.ledger.keys import promise_of, stated_by
from hub.client.ledger.log import LogReader
from hub.client.ledger.published import open_log
from hub.client.ledger.receipt import NoReceiptError, Receipts
from hub.client.ledger.shards import followed
from hub.client.session import Session
from hub.client.vault import Exchange
from hub.tree.merkle import leaf_hash
from hub.tree.promise import Promise


@dataclass(frozen=True)
class Swapped:
    """How many promises have a receipt now, how many wait for the next checkpoint, and the receipts that we hold.

    `provisional`: those that no quorum has made final, and whose promises therefore are kept too.
    """

    swapped: int
    waiting: int
    provisional: int
    receipts: int

    def document(self) -> dict[str, Any]:
        """For `--json`."""
        return dict(vars(self))

    def lines(self) -> list[str]:
        """For people."""
        waiting = f"; {self.waiting:,} wait for the next checkpoint" if self.waiting else ""
        kept = f"; {self.provisional:,} of them are provisional, and their promises kept" if self.provisional else ""
        return [f"{self.swapped:,} promises swapped for receipts{waiting}", f"  {self.receipts:,} receipts kept{kept}"]


def swap_promises(session: Session) -> Swapped:
    """Fetch and check the receipt of each exchange that we hold a promise for, and keep it.

    In place of the promise once a quorum has made it final; where we ask for one, provisional receipts are asked for
    anew. Each is kept at once: an interrupted run goes on where it stopped. Raises ClientError, with an evidence file
    and exit code 10 where a deadline has passed and the hub has no proof, 20 where the log holds another leaf, 30 where
    the proof is of another log.
    """
    vault = session.vault
    waiting = vault.promised()
    again = [] if quorum_policy(session) is None else vault.provisional()
    with open_log(session.profile, session.patience, session.console.say) as reader:
        try:
            late = _swapped(session, Receipts(session, reader), [*waiting, *again])
            if late:
                raise _broken(late, _newest(session, reader))
        except LedgerAlarm as alarm:
            raise alarm.recorded(session.folder) from None
    left = len(vault.promised())
    return Swapped(len(waiting) - left, left, len(vault.provisional()), vault.receipt_count())


def _swapped(session: Session, receipts: Receipts, exchanges: list[Exchange]) -> list[Exchange]:
    """Those of the exchanges whose deadline has passed, and of which the hub gives no receipt."""
    late = list[Exchange]()
    with session.console.step("swapping promises for receipts", len(exchanges)) as step:
        for exchange in exchanges:
            promised = promise_of(session.profile, exchange)
            if promised is not None and not _swap(session, receipts, exchange, promised):
                late += [exchange] if clock.now() > datetime.fromtimestamp(promised.deadline, UTC) else []
            step.advance(1)
    return late


def _swap(session: Session, receipts: Receipts, exchange: Exchange, promised: Promise) -> bool:
    """Whether there is a receipt, which then is kept. That the hub cannot be asked says nothing of it."""
    try:
        receipt = receipts.fetch(exchange.id)
    except NoReceiptError:
        return False
    if leaf_hash(receipt.entry.raw) != promised.leaf_hash:
        raise altered(
            f"the log holds another leaf for our {exchange.act} of {exchange.at} than was promised",
            receipt=receipt.proof,
            leaf=base64.b64encode(receipt.entry.raw).decode(),
            promise=exchange.promise,
        )
    session.vault.keep_receipt(exchange.id, receipt.proof, final=receipt.final is True)
    return True


def _newest(session: Session, reader: LogReader) -> str:
    """The newest checkpoint, which shows how far the log goes without the entries. Raises ClientError without one."""
    shard = followed(session, reader)[-1]
    note = shard.reader.checkpoint()
    if note is None:  # nothing of a hub answers at this address
        raise ClientError(ExitCode.REFUSED, "the hub shows no log", "check the address in your profile")
    stated_by(shard.check, note, shard.reader)
    return note


def _broken(late: list[Exchange], note: str) -> LedgerAlarm:
    return overdue(
        f"{len(late):,} promises of the hub are broken: their entries are not in the log by the deadline; the "
        f"first is {late[0].id} ({late[0].act}, {late[0].at})",
        now=note,
        exchanges=as_many_as_fit(exchange._asdict() for exchange in late),
    )
