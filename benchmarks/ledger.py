"""What the log costs: recording, the way into the tree, receipts, and a member's own check of all of it."""

import hashlib
import socket
import statistics
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

import psycopg

from benchmarks.figure import Figure, at_least, at_most
from benchmarks.ledger_entry import PARTS, VIEW, leaf
from benchmarks.recording import recording
from benchmarks.stage import KEY, Stage, stage, token
from hub import clock
from hub.tree import tiles
from hub.tree.checkpoint import CheckpointBody
from hub.tree.leaf import new_id
from hub.tree.merkle import HASH_BYTES
from hub.tree.note import split_note

FIFTH = 200_000
TURN = 20_000

# --- exchanges over HTTP ------------------------------------------------------------------------------------------


class Load(NamedTuple):
    """What came of a steady load."""

    rate: float
    """Exchanges a second, each authenticated, answered and recorded."""
    lag: float
    """Seconds from an event to the first signed checkpoint that holds it: the 99th percentile."""
    slow: float
    """Seconds of an exchange: the 99th percentile."""


def load(hub: Stage, seconds: float, clients: int) -> Load:
    """Look-ups of one token from so many clients, as fast as they are answered."""
    since, until = clock.now(), time.perf_counter() + seconds
    with ThreadPoolExecutor(clients) as pool:
        times = [each for took in pool.map(lambda n: _ask(hub, n, until), range(clients)) for each in took]
    time.sleep(3)  # the sequencer is another process, and signs the last of them within a second or two
    with hub.sql() as connection:
        lags = connection.execute(
            "SELECT extract(epoch FROM (SELECT c.at FROM ledger_checkpoint c WHERE c.size > l.leaf_index"
            " ORDER BY c.size LIMIT 1) - e.at)::float FROM ledger_entry e JOIN ledger_leaf l ON l.entry_id = e.id"
            " WHERE e.at >= %s AND e.action = 'match.run'",
            (since,),
        ).fetchall()
    assert len(lags) == len(times), (len(lags), len(times))
    return Load(len(times) / seconds, _p99([lag for (lag,) in lags]), _p99(times))


def _ask(hub: Stage, number: int, until: float) -> list[float]:
    """The seconds of each exchange, over one connection: the load has little to spare for a library."""
    where, times = urlsplit(hub.url), []
    head = (
        f"POST /api/v1/keys/{KEY}/matches HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Type: application/octet-stream\r\n"
        f"Authorization: Bearer {hub.profiles['platform-x']['api_key']}\r\nContent-Length: 32\r\n\r\n"
    ).encode()
    with (
        socket.create_connection((str(where.hostname), where.port or 80)) as connection,
        connection.makefile("rb") as answers,
    ):
        n = 0
        while (began := time.perf_counter()) < until:
            n += 1
            connection.sendall(head + token(number * 10_000_000 + n))
            assert answers.readline().split()[1] == b"200"
            length = 0
            while (line := answers.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            answers.read(length)
            times.append(time.perf_counter() - began)
    return times


def _p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


# --- into the tree ------------------------------------------------------------------------------------------------


def offered(hub: Stage, count: int) -> list[bytes]:
    """Put so many entries into the outbox, as the hub's own function leaves them; their ids."""
    ids, now = [new_id() for _ in range(count)], clock.now()
    told = (now, "match.run", "allowed", "actor", "api", "platform-x")
    with hub.sql() as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # what triggers would write is written here
        ((party,),) = cursor.execute("SELECT id FROM member WHERE code = 'platform-x'").fetchall()
        with cursor.copy("COPY ledger_entry (id, at, action, leaf) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["uuid", "timestamptz", "varchar", "bytea"])
            for id in ids:
                copy.write_row((UUID(bytes=id), now, "match.run", leaf(id)))
        with cursor.copy(
            "COPY ledger_part (entry_id, n, party, view, salt, at, action, outcome, role, via, acting)"
            " FROM STDIN (FORMAT BINARY)"
        ) as copy:
            copy.set_types(["uuid", "int2", "int4", "bytea", "bytea", "timestamptz", *["varchar"] * 5])
            for id in ids:
                view = VIEW % b64encode(id)
                for n in range(PARTS):
                    copy.write_row((UUID(bytes=id), n, party + n, view, bytes(32), *told))
        connection.commit()
        connection.autocommit = True
        _settle(cursor, "ledger_entry", "ledger_part")
        cursor.execute(
            "INSERT INTO ledger_pending (entry_id) SELECT unnest(%s::uuid[])", ([UUID(bytes=id) for id in ids],)
        )
    return ids


def _settle(cursor: psycopg.Cursor[Any], *tables: str) -> None:
    """What PostgreSQL does in its own time, after rows come that no hub gets at once: not a part of what is measured."""
    cursor.execute(f"VACUUM ANALYZE {', '.join(tables)}".encode())
    cursor.execute("CHECKPOINT")


def integrated(hub: Stage, count: int) -> float:
    """Entries a second that the running sequencer takes into the tree and signs.

    From its first checkpoint of them to its last, as it is the clock that wakes it.
    """
    caught_up(hub)
    with hub.sql() as connection:
        ((before,),) = connection.execute("SELECT coalesce(max(size), 0) FROM ledger_checkpoint").fetchall()
    offered(hub, count)
    caught_up(hub)
    with hub.sql() as connection:
        signed = connection.execute(
            "SELECT size, at FROM ledger_checkpoint WHERE size > %s ORDER BY size", (before,)
        ).fetchall()
    (first, began), *_, (last, ended) = signed
    assert last == before + count, (last, before, count)
    return float((last - first) / (ended - began).total_seconds())


def grown(small: Stage, large: Stage, count: int, turns: int = 5) -> tuple[float, float]:
    """Entries a second into a small log and into a large one, in turns; the medians: a machine has better minutes."""
    rates = [(integrated(small, count), integrated(large, count)) for _ in range(turns)]
    return statistics.median(rate for rate, _ in rates), statistics.median(rate for _, rate in rates)


def caught_up(hub: Stage) -> None:
    """Wait until all that is recorded is in the tree and signed."""
    while True:
        with hub.sql() as connection:
            ((done,),) = connection.execute(
                "SELECT NOT EXISTS (SELECT FROM ledger_pending)"
                " AND coalesce((SELECT max(size) FROM ledger_checkpoint), 0) = (SELECT size FROM ledger_state)"
            ).fetchall()
        if done:
            return
        time.sleep(0.1)  # nothing tells when a checkpoint is signed


# --- reading it back ----------------------------------------------------------------------------------------------


def receipts(hub: Stage, count: int = 500) -> float:
    """Seconds of a receipt over HTTP: the 99th percentile of receipts of entries from all over the tree."""
    with hub.sql() as connection:
        rows = connection.execute(
            "SELECT p.entry_id FROM ledger_party_leaf p JOIN member m ON m.id = p.party AND m.code = 'platform-x'"
            " WHERE p.leaf_index %% (SELECT 1 + size / %s FROM ledger_state) = 0",
            (count,),
        ).fetchall()
        connection.commit()
        connection.autocommit = True
        _settle(connection.cursor(), "ledger_leaf", "ledger_party_leaf", "ledger_pending", "ledger_tile")
    times = []
    with hub.session("platform-x") as session:
        for (id,) in rows:
            name = urlsafe_b64encode(id.bytes).decode().rstrip("=")
            began = time.perf_counter()
            answer = session.get(f"{hub.url}/audit/receipts/{name}")
            times.append(time.perf_counter() - began)
            assert answer.status_code == 200, answer.text
    return _p99(times)


class Verified(NamedTuple):
    """Entries a second of a member's own check, and of bare SHA-256 over the same bytes."""

    tree: float
    whole: float
    bare: float


class Fetched(NamedTuple):
    """The log as a member has it: size, root, tiles by level and place, and bundles of leaves."""

    size: int
    root: bytes
    tiles: dict[tuple[int, int], bytes]
    bundles: list[bytes]


def verified(log: Fetched) -> Verified:
    """Check all of it, against SHA-256 in one call over as many bytes as that hashes."""
    size, root, hashes, bundles = log

    def read(level: int, n: int) -> bytes:
        return hashes[level, n]

    def tree() -> None:
        for _ in tiles.authenticate(size, root, read):
            pass

    def whole() -> None:
        for n, tile in tiles.authenticate(size, root, read):
            tiles.check_bundle(n, tiles.decode_bundle(bundles[n], len(tile) // HASH_BYTES), tile)

    nodes = bytes((size - 1) * (1 + 2 * HASH_BYTES))
    leaves = b"".join(bundles)  # two bytes of length each in place of the one that a leaf is hashed with
    times = []
    for work in (tree, whole, lambda: (hashlib.sha256(leaves), hashlib.sha256(nodes))):
        took = []
        for _ in range(3):
            began = time.perf_counter()
            work()
            took.append(time.perf_counter() - began)
        times.append(size / min(took))
    return Verified(*times)


def fetched(hub: Stage) -> Fetched:
    """All of the log, to be checked once the hub has stopped: that is what a member does."""
    with hub.sql() as connection:
        ((note,),) = connection.execute("SELECT note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1").fetchall()
        body = CheckpointBody.parse(split_note(note)[0])
        kept: dict[tuple[int, int], bytes] = {
            (level, n): each for level, n, each in connection.execute("SELECT level, n, hashes FROM ledger_tile")
        }
        with connection.cursor("leaves") as cursor:
            cursor.execute(
                "SELECT e.leaf FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.entry_id WHERE l.leaf_index < %s"
                " ORDER BY l.leaf_index",
                (body.size,),
            )
            return Fetched(body.size, body.root, kept, [*_bundles(bytes(row[0]) for row in cursor)])


def _bundles(leaves: Iterator[bytes]) -> Iterator[bytes]:
    held: list[bytes] = []
    for each in leaves:
        held.append(each)
        if len(held) == tiles.WIDTH:
            yield tiles.encode_bundle(held)
            held = []
    if held:
        yield tiles.encode_bundle(held)


def figures() -> list[Figure]:
    """The log: recording, the way into the tree, receipts, and what a member's own check of it costs."""
    with stage(4, 1) as hub:
        load(hub, 5, 8)  # every worker has answered
        loaded = load(hub, 60, 8)
        recorded = {"one client": recording(hub, 1), "eight": recording(hub, 8)}
        fifths = [integrated(hub, FIFTH) for _ in range(5)]
        with stage(1, 1) as fresh:
            small, large = grown(fresh, hub, TURN)
        receipt = receipts(hub)
        whole = fetched(hub)
    checked = verified(whole)
    return [
        at_least(
            "log: audited exchanges/s over HTTP for 60 s, 4 workers",
            loaded.rate,
            500,
            f"8 clients on the same machine; p99 {loaded.slow * 1000:.0f} ms",
        ),
        at_most("log: s from event to signed checkpoint, p99", loaded.lag, 1.5, "at that load"),
        *(
            at_most(
                f"log: a durable commit of a contribution, recorded / not, {who}",
                word.alone / word.recorded,
                1.8,
                f"{word.recorded:,.0f} against {word.alone:,.0f} commits/s; a row of one column in a transaction:"
                f" {row.recorded:,.0f} against {row.alone:,.0f}, {row.alone / row.recorded:.2f}",
            )
            for who, (word, row) in recorded.items()
        ),
        at_least("log: thousands of entries/s into the tree", min(fifths) / 1000, 20, "the slowest fifth of 1,000,000"),
        at_least(
            "log: into a tree of 1,000,000 / into a tree of at most 100,000",
            large / small,
            0.95,
            f"{large:,.0f} against {small:,.0f} entries/s, in turns on the same machine",
        ),
        at_most("log: ms of a receipt over HTTP at 1,000,000, p99", receipt * 1000, 10, "authenticated"),
        at_least("log: thousands of entries/s checked, the tree", checked.tree / 1000, 700, "offline, one core"),
        at_most(
            "log: check of tree and leaves / bare SHA-256 in C",
            checked.bare / checked.whole,
            5,
            f"{checked.whole:,.0f} against {checked.bare:,.0f} entries/s",
        ),
    ]
