"""What the quorum of the trust policy that we pinned has cosigned of the log, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hub import clock
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
OLD_AFTER = timedelta(days=1)
"""A log that nobody has cosigned for so long may be an old one, shown for ever."""
_FAR = 1 << 35
"""No time that a witness states is later: beyond it there are no dates."""
_UNPINNED = (
    "no trust policy is pinned, so no cosignature counts, and how old it is nobody says: see `alliance ledger policy`"
)
_UNASKED = "the trust policy that we pinned asks for no cosignature, so how old it is nobody says but the hub"


@dataclass(frozen=True)
class Finality:
    """The largest size that the quorum has cosigned; `reached`: all that concerns us is in it, and it is not old.

    And when, by the witnesses' clocks, in seconds since 1970: a witness that we know for the last time, and a quorum.
    """

    size: int
    reached: bool
    newest_at: int | None = None
    quorum_at: int | None = None

    def lines(self) -> list[str]:
        """For people."""
        told = f"a quorum of witnesses has cosigned it up to entry {self.size:,}"
        return [told if self.reached else f"PROVISIONAL: {told}, which is not enough", *self._ages()]

    def times(self) -> dict[str, str | None]:
        """For `--json`."""
        times = {"newest": self.newest_at, "quorum": self.quorum_at}
        return {
            name: None if at is None else clock.stamp(datetime.fromtimestamp(at, UTC)) for name, at in times.items()
        }

    def _ages(self) -> list[str]:
        if self.newest_at is None:
            return ["no witness that we know has cosigned it: how old it is nobody says"]
        now = clock.now().timestamp()
        newest, quorum = now - self.newest_at, None if self.quorum_at is None else now - self.quorum_at
        told = f"its newest cosignature is {_span(newest)} old"
        told += "" if quorum is None else f", the quorum's {_span(quorum)}"
        old = "OLD: it may be a log of then, shown for ever; `alliance ledger compare` it with another member's"
        return [told] if max(newest, quorum or 0) < OLD_AFTER.total_seconds() else [told, old]


def _span(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length:.0f} {unit}"
    return "less than a minute" if seconds < 60 else "a minute"


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
    newest = _cosigned(check, policy, tree.note)
    size, quorum = 0, dict[str, int]()
    if note is not None and signed_by_ours(check, note):
        stated = stated_by(check, note, reader, ended=True)
        tree.extends(Memory(stated.origin, note, stated.size, stated.root))
        size, quorum = stated.size, _cosigned(check, policy, note)
    at = max([*newest.values(), *quorum.values()], default=None)
    if not policy.is_met_by(quorum.keys()):
        return Finality(tree.base, reached=False, newest_at=at)
    recent = max(quorum.values()) >= (reader.as_of() - FINAL_WITHIN).timestamp()
    return Finality(tree.base + size, recent or size == tree.size, at, _met_at(policy, quorum))


def _cosigned(check: Checking, policy: Policy, note: str) -> dict[str, int]:
    """The witnesses of the policy that cosigned a checkpoint, and when. Raises LedgerAlarm for a line that is bad."""
    try:
        known = [each.verifier for each in policy.witnesses]
        _, opened = open_checkpoint(note, str(check.profile.ledger_origin), log_keys(check), known)
    except NoteError as error:
        raise altered(f"a cosignature of a witness that we know is bad: {error}", now=note) from None
    return {vkey: min(at, _FAR) for vkey, at in opened.signed_by.items() if at is not None}


def _met_at(policy: Policy, times: Mapping[str, int]) -> int:
    """Since when the quorum is met, if each had cosigned as late as it says: one alone makes no old log a new one."""
    return max(at for at in times.values() if policy.is_met_by({vkey for vkey, its in times.items() if its >= at}))
