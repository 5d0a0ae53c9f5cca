"""`alliance ledger promises`: each is swapped for the receipt of its entry, or complained of at its deadline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hub import clock
from hub.client.errors import ClientError, ExitCode, false_answer
from hub.client.ledger.alarm import overdue
from hub.client.ledger.keys import promise_of
from hub.client.ledger.receipt import fetch_receipt
from hub.client.session import Session
from hub.client.vault import Exchange
from hub.tree.merkle import leaf_hash
from hub.tree.promise import Promise

_MOST_IN_EVIDENCE = 1_000


@dataclass(frozen=True)
class Swapped:
    """How many promises became receipts now, how many wait for the next checkpoint, how many receipts we hold."""

    swapped: int
    waiting: int
    receipts: int

    def document(self) -> dict[str, Any]:
        """For `--json`."""
        return {"swapped": self.swapped, "waiting": self.waiting, "receipts": self.receipts}

    def lines(self) -> list[str]:
        """For people."""
        waiting = f"; {self.waiting:,} wait for the next checkpoint" if self.waiting else ""
        return [f"{self.swapped:,} promises swapped for receipts{waiting}", f"  {self.receipts:,} receipts kept"]


def swap_promises(session: Session) -> Swapped:
    """Fetch and check the receipt of each exchange that we hold a promise for, and keep it in its place.

    Each is kept at once: an interrupted run goes on where it stopped. Raises ClientError, with exit code 10 and an
    evidence file where a deadline has passed and there is no proof; 5 where the log holds another leaf.
    """
    exchanges = session.vault.promised()
    swapped, late = 0, []
    with session.console.step("swapping promises for receipts", len(exchanges)) as step:
        for exchange in exchanges:
            promised = promise_of(session.profile, exchange)
            if promised is not None and _swap(session, exchange, promised):
                swapped += 1
            elif promised is not None and clock.now() > datetime.fromtimestamp(promised.deadline, UTC):
                late.append(exchange)
            step.advance(1)
    if late:
        raise overdue(
            f"{len(late):,} promises of the hub are broken: their entries are not in the log by the deadline; the "
            f"first is {late[0].id} ({late[0].act}, {late[0].at})",
            exchanges=[exchange._asdict() for exchange in late[:_MOST_IN_EVIDENCE]],
        ).recorded(session.folder)
    return Swapped(swapped, len(exchanges) - swapped, session.vault.receipt_count())


def _swap(session: Session, exchange: Exchange, promised: Promise) -> bool:
    """Whether there is a receipt, which then is kept."""
    try:
        receipt = fetch_receipt(session, exchange.id)
    except ClientError as error:
        if error.code in (ExitCode.TRY_LATER, ExitCode.REFUSED):  # not covered yet; or denied to exist
            return False
        raise
    if leaf_hash(receipt.entry.raw) != promised.leaf_hash:
        raise false_answer(f"the log holds another leaf for our {exchange.act} of {exchange.at} than was promised")
    session.vault.keep_receipt(exchange.id, receipt.proof)
    return True
