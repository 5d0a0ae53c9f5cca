"""Writers and competing sequencers, killed at named points and at random; and what must hold of the log afterwards."""

import hashlib
import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any

import psycopg

from hub import clock
from hub.ledger.sequencer import Sequencer
from hub.ledger.signing import Signers
from hub.tree import tiles
from hub.tree.checkpoint import CheckpointBody, open_checkpoint
from hub.tree.merkle import consistency_proof, leaf_hash, node_hash, verify_consistency
from hub.tree.tiles import subtrees
from tests.conftest import as_role, plain
from tests.web.ledger.recording import append, new_id

FORK = multiprocessing.get_context("fork")
POINTS = (
    *("locked", "dequeued", "leaves", "tiles", "state", "integrated"),
    *("checked", "signed", "inserted", "published", "written", "replaced"),
)
"""Where a sequencer says that it has come to (`Sequencer.at`)."""
WRITERS, SEQUENCERS = 3, 2
ROLLED_BACK, LATE = 0.05, 0.10
PAUSE = 0.003


@dataclass
class Log:
    """The log that is written to, and who may."""

    owner_url: str
    signers: Signers
    anchor: Path

    @property
    def origin(self) -> str:
        """Its name, which is the key's."""
        return self.signers.origin

    @contextmanager
    def sequencer(self, at: Callable[[str], None], patience: float = 60.0) -> Iterator[Sequencer]:
        """A sequencer; the database ends a transaction in which it stands still for longer than `patience` seconds."""
        options = f"-c timezone=UTC -c idle_in_transaction_session_timeout={patience * 1000:.0f}"
        with psycopg.connect(plain(as_role(self.owner_url, "sequencer")), options=options) as connection:
            yield Sequencer(connection, self.signers, self.anchor, clock.now, at)


@dataclass
class Counted:
    """What happened, and what was found."""

    kills: Counter[str] = field(default_factory=Counter)
    committed: int = 0
    rolled_back: int = 0
    late: int = 0
    leaves: int = 0
    checkpoints: int = 0

    def __str__(self) -> str:
        named = sum(count for point, count in self.kills.items() if point in POINTS)
        return (
            f"{sum(self.kills.values()):,} kills ({named:,} at {len(POINTS)} named points, {self.kills['random']:,} at random,"
            f" {self.kills['writer']:,} of writers): {self.committed:,} committed = {self.leaves:,} leaves, {self.rolled_back:,} rolled"
            f" back, {self.late:,} late, {self.checkpoints:,} checkpoints consistent, no gap, no duplicate"
        )


def write(log: Log, seed: int, counts: Any) -> None:
    """Write until killed: a row of an exchange and its entry in one transaction, some rolled back, some long open.

    `counts`: committed, rolled back, late; no other process writes there meanwhile.
    """
    chance = random.Random(seed)
    with psycopg.connect(plain(as_role(log.owner_url, "app"))) as connection:
        while True:
            id, fate = new_id(), chance.random()
            connection.execute("INSERT INTO exchanged (id) VALUES (%s)", (id,))
            append(connection, id)
            if fate < ROLLED_BACK:
                connection.rollback()
                counts[1] += 1
                continue
            if fate < ROLLED_BACK + LATE:
                counts[2] += 1
                time.sleep(chance.random() * 0.05)
            connection.commit()
            counts[0] += 1
            time.sleep(0.001)


def work(log: Log, point: str, after: int) -> None:
    """Integrate and publish until killed; by oneself, the `after`th time that the point is passed."""
    passed = Counter[str]()

    def at(name: str) -> None:
        passed[name] += 1
        if name == point and passed[name] == after:
            os.kill(os.getpid(), signal.SIGKILL)

    with log.sequencer(at) as sequencer:
        while True:
            sequencer.step()
            time.sleep(PAUSE)


def start(target: Callable[..., None], *given: object) -> ForkProcess:
    """A process that ends with this one, and says nothing."""
    process = FORK.Process(target=_quietly, args=(target, *given), daemon=True)
    process.start()
    return process


def _quietly(target: Callable[..., None], *given: object) -> None:
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    with suppress(psycopg.Error):
        target(*given)


def run_kills(log: Log, kills: int, seed: int = 1) -> Counted:
    """Kill so many processes while others go on; then let one sequencer finish, and hold the log against its laws.

    Raises AssertionError for the first that does not hold.
    """
    _prepare(log)
    counted, chance = Counted(), random.Random(seed)
    counts = [FORK.Array("q", 3, lock=False) for _ in range(WRITERS)]
    with ExitStack() as running:
        writers = [start(write, log, seed * 1000 + n, counts[n]) for n in range(WRITERS)]
        slots: list[tuple[str, ForkProcess, float]] = []
        running.callback(lambda: [_end(each) for each in (*writers, *(slot[1] for slot in slots))])
        while sum(counted.kills.values()) < kills:
            for slot in [slot for slot in slots if not slot[1].is_alive()]:
                slots.remove(slot)
                if slot[1].exitcode == -signal.SIGKILL:
                    counted.kills[slot[0]] += 1
            now = time.monotonic()
            for _, process, until in slots:
                if now > until:
                    process.kill()
            while len(slots) < SEQUENCERS:
                slots.append(_next(log, chance, counted))
            if chance.random() < 0.002:
                _replace_writer(log, writers, chance, counts, counted)
            time.sleep(0.002)
    counted.committed, counted.rolled_back, counted.late = (sum(column) for column in zip(*counts, strict=True))
    with log.sequencer(lambda _: None) as sequencer:
        while sequencer.step():
            pass
    _hold(log, counted)
    return counted


def _next(log: Log, chance: random.Random, counted: Counted) -> tuple[str, ForkProcess, float]:
    """A sequencer that will end at the point at which fewest did so far, or after a random time."""
    if chance.random() < 0.4:
        return "random", start(work, log, "", 0), time.monotonic() + 0.01 + chance.random() * 0.15
    fewest = min(counted.kills[point] for point in POINTS)
    point = chance.choice([point for point in POINTS if counted.kills[point] == fewest])
    return point, start(work, log, point, chance.randint(1, 3)), time.monotonic() + 30


def _replace_writer(
    log: Log, writers: list[ForkProcess], chance: random.Random, counts: Sequence[Any], counted: Counted
) -> None:
    at = chance.randrange(len(writers))
    _end(writers[at])
    counted.kills["writer"] += 1
    writers[at] = start(write, log, chance.randrange(1 << 30), counts[at])


def _end(process: ForkProcess) -> None:
    process.kill()
    process.join(10)


def _prepare(log: Log) -> None:
    """A table that stands for exchanges."""
    with psycopg.connect(plain(log.owner_url), autocommit=True) as connection:
        connection.execute("CREATE TABLE exchanged (id uuid PRIMARY KEY)")
        connection.execute("GRANT INSERT ON exchanged TO PUBLIC")


def _hold(log: Log, counted: Counted) -> None:
    """What was committed is what is in the tree, once and without a gap, and every checkpoint was true when signed."""
    with psycopg.connect(plain(log.owner_url)) as connection:
        exchanged = {row[0] for row in connection.execute("SELECT id FROM exchanged")}
        leaves = connection.execute(
            "SELECT l.leaf_index, l.entry_id, l.leaf_hash, e.leaf FROM ledger_leaf l"
            " LEFT JOIN ledger_entry e ON e.id = l.entry_id ORDER BY l.leaf_index"
        ).fetchall()
        checkpoints = connection.execute("SELECT size, root, note FROM ledger_checkpoint ORDER BY size").fetchall()
        stored = {(row[0], row[1]): bytes(row[2]) for row in connection.execute("SELECT * FROM ledger_tile")}
        others = connection.execute(
            "SELECT (SELECT count(*) FROM ledger_pending), (SELECT count(*) FROM ledger_quarantine),"
            " (SELECT count(*) FROM ledger_halt), (SELECT count(*) FROM ledger_entry)"
        ).fetchone()
    assert [row[0] for row in leaves] == list(range(len(leaves))), "a gap"
    assert len({row[1] for row in leaves}) == len(leaves), "a duplicate"
    assert {row[1] for row in leaves} == exchanged, "what was exchanged is not what is recorded"
    assert others == (0, 0, 0, len(exchanged))
    uncounted = counted.kills["writer"] + WRITERS  # one may be killed between its commit and its count, at the end too
    assert counted.committed <= len(exchanged) <= counted.committed + uncounted
    assert all(bytes(row[2]) == leaf_hash(bytes(row[3])) for row in leaves)
    roots = roots_of([bytes(row[2]) for row in leaves], {row[0] for row in checkpoints})
    before: CheckpointBody | None = None
    subtree = subtrees(lambda level, n: stored[level, n])
    for size, root, note in checkpoints:
        stated, _ = open_checkpoint(note, log.origin, log.signers.verifiers())
        assert (stated.size, stated.root) == (size, bytes(root)) == (size, roots[size]), "a checkpoint is not true"
        if before is not None:
            proof = consistency_proof(before.size, size, subtree)
            verify_consistency(before.size, before.root, size, stated.root, proof)
        before = stated
    assert before is not None
    assert tiles.root(len(leaves), lambda level, n: stored[level, n]) == before.root
    assert log.anchor.read_text() == checkpoints[-1][2]
    counted.committed, counted.leaves, counted.checkpoints = len(exchanged), len(leaves), len(checkpoints)


def roots_of(hashes: list[bytes], sizes: set[int]) -> dict[int, bytes]:
    """The root at each of the sizes, from the leaves alone (RFC 6962 §2.1, with a stack of complete subtrees)."""
    stack: list[tuple[int, bytes]] = []
    roots = {0: hashlib.sha256(b"").digest()}
    for size, hashed in enumerate(hashes, 1):
        stack.append((0, hashed))
        while len(stack) > 1 and stack[-1][0] == stack[-2][0]:
            (height, right), (_, left) = stack.pop(), stack.pop()
            stack.append((height + 1, node_hash(left, right)))
        if size in sizes:
            root = stack[-1][1]
            for _, left in reversed(stack[:-1]):
                root = node_hash(left, root)
            roots[size] = root
    return roots
