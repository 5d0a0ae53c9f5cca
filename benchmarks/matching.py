"""What matching, looking up and listing cost as the pool grows to a million indicators."""

import statistics
import time
from functools import partial

from benchmarks.figure import Figure, at_least, at_most, per_second
from benchmarks.stage import KEY, Stage, fill, stage, token

MILLION = 1_000_000


def _asked(seed: int, size: int) -> list[bytes]:
    """Tokens of which 1 in 200 is among the million."""
    return [token(n * 61 % MILLION) if n % 200 == 0 else token(50_000_000 + seed * size + n) for n in range(size)]


def _bare_match(hub: Stage, batches: list[list[bytes]]) -> int:
    hits = 0
    with hub.sql() as connection, connection.cursor() as cursor:
        for tokens in batches:
            for at in range(0, len(tokens), 1000):
                cursor.execute(
                    "SELECT c.token FROM unnest(%b::bytea[]) g(token) JOIN contribution c ON c.key_id = 1 AND c.token = g.token",
                    (tokens[at : at + 1000],),
                )
                hits += len(cursor.fetchall())
    return hits


def _http_match(hub: Stage, batches: list[list[bytes]]) -> int:
    hits = 0
    with hub.session("platform-x") as session:
        for tokens in batches:
            answer = session.post(
                f"{hub.url}/api/v1/keys/{KEY}/matches",
                data=b"".join(tokens),
                headers={"Content-Type": "application/octet-stream"},
            )
            answer.raise_for_status()
            hits += len(answer.json()["hits"])
    return hits


def _pulled(hub: Stage, key: str) -> tuple[float, int, str]:
    """(seconds, rows, cursor) of the whole list of a key."""
    began, rows, cursor = time.perf_counter(), 0, ""
    with hub.session("platform-x") as session:
        while True:
            answer = session.get(f"{hub.url}/api/v1/keys/{key}/list", params={"cursor": cursor} if cursor else {})
            answer.raise_for_status()
            length = int.from_bytes(answer.content[:4], "big")
            lines = answer.content[4 : 4 + length].decode().split("\n")
            cursor, count = lines[3], int(lines[4].split(" ")[1])
            rows += count
            if lines[4].endswith("last"):
                return time.perf_counter() - began, rows, cursor


def _changes(hub: Stage, key: str, key_id: int, cursor: str, count: int) -> float:
    """Milliseconds to fetch the changes when `count` contributions changed."""
    with hub.sql() as connection:
        connection.execute(
            "UPDATE contribution SET evidence_level = 3, changed_xid = pg_current_xact_id() WHERE key_id = %s AND token IN"
            " (SELECT token FROM contribution WHERE key_id = %s LIMIT %s)",
            (key_id, key_id, count),
        )
    times = []
    with hub.session("platform-x") as session:
        for _ in range(5):
            began = time.perf_counter()
            session.get(f"{hub.url}/api/v1/keys/{key}/list", params={"cursor": cursor}).raise_for_status()
            times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def _single(hub: Stage, count: int = 400) -> float:
    """Web CPU milliseconds of one look-up, authenticated and recorded."""
    with hub.session("platform-x") as session:
        used = hub.cpu("gunicorn")
        for n in range(count):
            session.post(
                f"{hub.url}/api/v1/keys/{KEY}/matches",
                data=token(n * 7919 % MILLION if n % 2 else 60_000_000 + n),
                headers={"Content-Type": "application/octet-stream"},
            ).raise_for_status()
        return (hub.cpu("gunicorn") - used) / count * 1000


def _key_ids(hub: Stage) -> dict[str, int]:
    with hub.sql() as connection:
        return dict(connection.execute("SELECT name, id FROM token_key").fetchall())


def figures() -> list[Figure]:
    """Matching and listing against a million indicators, row-level security on; memory as they grow."""
    with stage(1, 1) as hub:
        ids = _key_ids(hub)
        with hub.sql() as connection:
            fill(connection, ids[KEY], 2, 0, 10_000)
            fill(connection, ids["example.b1.phone"], 2, 0, 50_000)
        small = [_asked(seed, 10_000) for seed in range(3)]
        _http_match(hub, small)
        _single(hub, 50)
        _pulled(hub, "example.b1.phone")  # one whole page, as any worker has served
        before = max(hub.memory())
        with hub.sql() as connection:
            fill(connection, ids[KEY], 2, 10_000, MILLION - 10_000)
            fill(connection, ids["example.b1.email"], 2, 0, 100_000)
            connection.execute("CHECKPOINT")
        ratios, rates, floors = [], [], []
        for turn in range(5):
            batches = [_asked(100 + turn * 10 + seed, 10_000) for seed in range(8)]
            floors.append(per_second(80_000, partial(_bare_match, hub, batches), 1))
            rates.append(per_second(80_000, partial(_http_match, hub, batches), 1))
            ratios.append(rates[-1] / floors[-1])
        single = min(_single(hub) for _ in range(3))
        seconds, rows, cursor = min(_pulled(hub, "example.b1.email") for _ in range(3))
        assert rows == 100_000, rows
        few = _changes(hub, "example.b1.email", ids["example.b1.email"], cursor, 100)
        _, rows, big_cursor = _pulled(hub, KEY)
        assert rows == MILLION, rows
        few_of_many = _changes(hub, KEY, ids[KEY], big_cursor, 100)
        many = _changes(hub, KEY, ids[KEY], big_cursor, 10_000)
        after = max(hub.memory())
    return [
        at_least(
            "matching: thousands of tokens/s, one worker", max(rates) / 1000, 100, f"bare SQL join {max(floors):,.0f}/s"
        ),
        at_least(
            "matching: HTTP / bare SQL join",
            statistics.median(ratios),
            0.5,
            f"{max(rates):,.0f} against {max(floors):,.0f} tokens/s",
        ),
        at_most("single look-up: web CPU ms", single, 2.5, "authenticated, recorded, 1,000,000 indicators"),
        at_most("token list of 100,000: s", seconds, 1.0, f"{100_000 / seconds:,.0f} rows/s"),
        at_most(
            "changes: 100 of 1,000,000 / 100 of 100,000",
            few_of_many / few,
            1.5,
            f"{few_of_many:.1f} against {few:.1f} ms",
        ),
        at_most(
            "changes: 10,000 / 100, for 100 times as many",
            many / few_of_many,
            100,
            f"{many:.1f} against {few_of_many:.1f} ms",
        ),
        at_most("memory of a web worker at 1,000,000: MiB", after / 2**20, 150, f"{before / 2**20:.0f} MiB at 10,000"),
        at_most("memory: 1,000,000 / 10,000 indicators", after / before, 1.1, "the same worker"),
    ]
