"""What the quorum of the trust policy that we pinned has cosigned of the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from hub.client.ledger.alarm import altered
from hub.client.ledger.checking import Checking
from hub.client.ledger.keys import log_keys, pinned_policy, signed_by_ours, stated_by
from hub.client.ledger.log import LogReader
from hub.client.ledger.state import Memory
from hub.client.ledger.tree_check import SignedTree
from hub.tree.checkpoint import open_checkpoint
from hub.tree.note import NoteError
from hub.tree.trust_policy import NONE, Policy

FINAL_WITHIN = timedelta(minutes=15)
"""How old the newest cosignatures of a quorum may be while the log goes on growing."""
_UNPINNED = "no trust policy is pinned, so no cosignature counts: see `alliance ledger policy`"
_UNASKED = "the trust policy that we pinned asks for no cosignature, so nobody but the hub vouches for it"


@dataclass(frozen=True)
class Finality:
    """The largest size that the quorum has cosigned; `reached`: all that concerns us is in it, and it is not old."""

    size: int
    reached: bool

    def line(self) -> str:
        """For people."""
        told = f"a quorum of witnesses has cosigned it up to entry {self.size:,}"
        return told if self.reached else f"PROVISIONAL: {told}, which is not enough"


def quorum_policy(check: Checking) -> Policy | None:
    """The policy that we pinned, if it asks for a quorum. Raises ClientError for a damaged file."""
    policy = pinned_policy(check)
    return None if policy is None or policy.quorum == NONE else policy


def no_finality(check: Checking) -> str:
    """Why nothing is final for us, for people."""
    return _UNPINNED if pinned_policy(check) is None else _UNASKED


def finality_of(check: Checking, reader: LogReader, tree: SignedTree, note: str | None) -> Finality | None:
    """What the quorum of our policy has cosigned; None without one. `note`: the newest that it has, as we are told.

    Raises LedgerAlarm where that is not a part of the tree.
    """
    policy = quorum_policy(check)
    if policy is None:
        return None
    if note is None or not signed_by_ours(check, note):
        return Finality(tree.base, reached=False)
    stated = stated_by(check, note, reader, ended=True)
    tree.extends(Memory(stated.origin, note, stated.size, stated.root))
    try:
        known = [each.verifier for each in policy.witnesses]
        _, opened = open_checkpoint(note, stated.origin, log_keys(check), known)
    except NoteError as error:
        raise altered(f"a cosignature of a witness that we know is bad: {error}", now=note) from None
    if not policy.is_met_by(opened.signed_by.keys()):
        return Finality(tree.base, reached=False)
    times = [at for at in opened.signed_by.values() if at is not None]
    recent = bool(times) and max(times) >= (reader.as_of() - FINAL_WITHIN).timestamp()
    return Finality(tree.base + stated.size, reached=recent or stated.size == tree.size)
