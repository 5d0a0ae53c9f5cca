"""Plain facts of the log: when it stops, how many witnesses are a quorum, and what is offered to them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from hub.tree.note import Verifier
from hub.tree.trust_policy import NONE, Definition, Group, Log, Policy, Quorum, Witness

HALTED = "LH001"
"""The SQLSTATE with which `ledger_append` refuses while the log is halted."""


class Finder(StrEnum):
    """Who found that the log is not what was signed."""

    SEQUENCER = "sequencer"
    FSCK = "fsck"
    WITNESS = "witness"


LATE = timedelta(seconds=10)
"""After how long an entry that no checkpoint covers is an alarm; a sequencer that works signs within a second."""
CLOCK_BEHIND = timedelta(minutes=5)
"""How far the clock may be behind the newest checkpoint at the start; after a larger jump nobody knows the time."""

QUORUM = "members"
"""The group of the members' witnesses; no witness may bear that name."""
MOST_WITNESSES = 90
"""A note holds a hundred signature lines at most, and the log has its own."""
ROUND = timedelta(minutes=5)
"""How long a checkpoint that some have cosigned is offered to the others, however many came after it.

The log grows twice a second, and members' clients come at different moments: without that no two would cosign the same.
"""
AHEAD = timedelta(minutes=10)
"""How far a witness's clock may be ahead of ours."""


def year_is_over(began: datetime, now: datetime) -> bool:
    """Whether the year, in UTC, in which a shard began is over. A clock that goes back closes nothing."""
    return now.astimezone(UTC).year > began.astimezone(UTC).year


def never(_began: datetime, _now: datetime) -> bool:
    """A shard that goes on until somebody asks for its end."""
    return False


def quorum(members: int) -> int:
    """How many of so many members' witnesses make a checkpoint final; 0: with fewer than two there is no quorum.

    More than half: any two quorums share a witness, so two logs can both be final only if that one signs both.
    """
    return members // 2 + 1 if members >= 2 else 0


def trust_policy(url: str, keys: Iterable[Verifier], members: Iterable[Verifier], others: Iterable[Verifier]) -> Policy:
    """The policy of a log at `url`: its keys, and the quorum of its members' witnesses.

    Other witnesses are known, and their cosignatures are evidence, but the quorum does not rest on whom the operator
    chose. Each has its key's name, which tells nobody whose it is.
    """
    own = list(members)
    lines: list[Definition] = [Log(key, url) for key in keys]
    lines += [Witness(each.name, each) for each in (*own, *others)]
    enough = quorum(len(own))
    if enough:
        lines.append(Group(QUORUM, enough, tuple(each.name for each in own)))
    return Policy((*lines, Quorum(QUORUM if enough else NONE)))


OVERLAP = timedelta(days=30)
"""How long a key that has announced another signs beside it: whoever comes by then knows one of them."""

PUSH_PAUSE = timedelta(seconds=10)
"""The shortest time between two checkpoints pushed to one witness."""
PUSH_SECONDS = 1.0
"""How long a witness may take to answer."""
PUSH_MOST = 20_000
"""How many bytes its answer may have: some signature lines, or a size."""
