"""What sharing costs: over HTTP, durable and recorded, against bare SQL."""

import statistics
from functools import partial

from benchmarks.figure import Figure, at_least, per_second
from benchmarks.stage import KEY, Stage, b64, stage, token


def _bare_share(hub: Stage, key_id: int, first: int, size: int, batches: int) -> None:
    with hub.sql() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE given (token bytea)")
        for batch in range(batches):
            tokens = [token(first + batch * size + n) for n in range(size)]
            cursor.execute("TRUNCATE given")
            with cursor.copy("COPY given FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types(["bytea"])
                for each in tokens:
                    copy.write_row((each,))
            cursor.execute(
                "INSERT INTO indicator (key_id, token) SELECT %s, token FROM given ON CONFLICT DO NOTHING", (key_id,)
            )
            cursor.execute(
                "INSERT INTO contribution (key_id, token, member_id, stance, evidence_level, tlp, shared_at,"
                " expires_on, state) SELECT %s, token, 2, 'infringing', 2, 2, now(), current_date + 300, 'active'"
                " FROM given ON CONFLICT DO NOTHING",
                (key_id,),
            )
            connection.commit()


def _http_share(hub: Stage, first: int, size: int, batches: int) -> None:
    with hub.session("brand-a") as session:
        for batch in range(batches):
            tokens = [token(first + batch * size + n) for n in range(size)]
            body = {"key": KEY, "evidence_level": "E2", "tlp": "green", "tokens": b64(tokens)}
            answer = session.post(f"{hub.url}/api/v1/contributions", json=body)
            answer.raise_for_status()
            assert answer.json()["added"] == size


def figures() -> list[Figure]:
    """Sharing over HTTP, durable and recorded, against COPY, insert, contribution."""
    figures = []
    with stage(1, 1) as hub:
        first = 10_000_000
        for size, batches in ((1000, 20), (10_000, 4)):
            bare, http = [], []
            for _ in range(3):
                bare.append(per_second(size * batches, partial(_bare_share, hub, 1, first, size, batches), 1))
                first += size * batches
                http.append(per_second(size * batches, partial(_http_share, hub, first, size, batches), 1))
                first += size * batches
            ratio = statistics.median(b / a for a, b in zip(bare, http, strict=True))
            behind = f"{max(http):,.0f} against {max(bare):,.0f} tokens/s"
            figures.append(at_least(f"sharing in batches of {size:,}: HTTP / bare SQL", ratio, 0.6, behind))
    return figures
