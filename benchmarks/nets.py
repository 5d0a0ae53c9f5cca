"""What the three nets cost: the hub against the same code with all of them off, by a switch that is nowhere but here."""

import inspect
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr
from pathlib import Path
from unittest.mock import patch

from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import true

from benchmarks.figure import Figure, at_most
from benchmarks.stage import KEY, Stage, fill, stage, token
from hub.access.actor import Actor
from hub.app import create_app
from hub.config import Settings
from hub.indicators import policy as indicators_policy
from hub.indicators.service.effect import _effective_among
from hub.indicators.service.sight import _sighted
from hub.ledger import policy as ledger_policy
from hub.matches import policy as matches_policy
from hub.matches import service as matches
from hub.members import policy as members_policy
from hub.members import sign_in

POLICIES = (indicators_policy, ledger_policy, matches_policy, members_policy)
WRITTEN_OUT = (_effective_among, _sighted, matches._kept)
"""Statements kept from one call to the next; a policy is part of them."""
ROUNDS, REQUESTS, BATCHES = 10, 40, 6


@contextmanager
def policy_off() -> Iterator[None]:
    """Every yes/no is yes, every WHERE is true, and no command refuses its actor."""
    with ExitStack() as off:
        off.enter_context(patch.object(Actor, "must", lambda *_: None))
        for policy in POLICIES:
            for name, rule in inspect.getmembers(policy, inspect.isfunction):
                if rule.__module__ == policy.__name__:
                    answer = rule.__annotations__["return"] is bool or true()
                    off.enter_context(patch.object(policy, name, lambda *_, answer=answer: answer))
        _forget()
        yield
    _forget()


def _forget() -> None:
    for statement in WRITTEN_OUT:
        statement.cache_clear()


def gate_off(app: Flask) -> None:
    """Whoever is somebody gets everywhere; requests are counted against their limits as before."""
    from hub.web.rate_limits import charge

    def let_past() -> None:
        g.actor = someone = sign_in.identify()
        charge(someone)

    hooks = app.before_request_funcs[None]
    (at,) = [n for n, hook in enumerate(hooks) if hook.__module__ == "hub.access.gate"]
    hooks[at] = let_past


@contextmanager
def _clients(hub: Stage) -> Iterator[tuple[Flask, Flask]]:
    """The application as the hub runs it, and the same without nets, as the database's owner. They log to nowhere."""
    from hub.db import db

    environment = hub.environment
    try:
        with Path(os.devnull).open("w") as nowhere, redirect_stderr(nowhere):
            nets_on = create_app(Settings.from_env(environment))
            nets_off = create_app(
                Settings.from_env({**environment, "HUB_DATABASE_APP_URL": environment["HUB_DATABASE_URL"]})
            )
            gate_off(nets_off)
            yield nets_on, nets_off
    finally:
        for app in (nets_on, nets_off):
            with app.app_context():
                for engine in db.engines.values():
                    engine.dispose()


def _client(app: Flask, hub: Stage, code: str) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {hub.profiles[code]['api_key']}"
    return client


def _asked(n: int, count: int) -> bytes:
    """Tokens of which 1 in 200 is there."""
    return b"".join(token(at % 9000 if at % 200 == 0 else 70_000_000 + n * count + at) for at in range(count))


def _match(client: FlaskClient, n: int, count: int) -> int:
    answer = client.post(f"/api/v1/keys/{KEY}/matches", data=_asked(n, count), content_type="application/octet-stream")
    assert answer.status_code == 200, answer.text
    return len(answer.json["hits"])


def _get(path: str) -> Callable[[FlaskClient, int], object]:
    def get(client: FlaskClient, _: int) -> object:
        answer = client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.status_code

    return get


ASKED: tuple[tuple[str, str, Callable[[FlaskClient, int], object]], ...] = (
    ("who one is", "platform-x", _get("/api/v1/me")),
    ("a page", "brand-a", _get("/grants")),
    ("a look-up", "platform-x", lambda client, n: _match(client, n, 1)),
)


def _median(work: Callable[[FlaskClient, int], object], client: FlaskClient, first: int, count: int) -> float:
    work(client, first)  # what is written out once is written out now
    times = []
    for n in range(first, first + count):
        began = time.perf_counter()
        work(client, n)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def compared(hub: Stage) -> tuple[dict[str, tuple[float, float]], tuple[float, float]]:
    """Seconds with nets and without, in turns: of each kind of request, and of a batch match of 10,000.

    Each is the median of the quietest turn: what else the machine does meanwhile is no cost of the nets.
    """
    requests: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name, _, _ in ASKED}
    batches: tuple[list[float], list[float]] = ([], [])
    with _clients(hub) as apps:
        for turn in range(ROUNDS):
            for app, which in zip(apps, (0, 1), strict=True):
                with policy_off() if which else ExitStack():
                    for name, code, work in ASKED:
                        requests[name][which].append(_median(work, _client(app, hub, code), turn * 1000, REQUESTS))
                    client = _client(app, hub, "platform-x")
                    batches[which].append(_median(_batch, client, turn * 1000, BATCHES))
    return {name: (min(on), min(off)) for name, (on, off) in requests.items()}, (min(batches[0]), min(batches[1]))


def _batch(client: FlaskClient, n: int) -> object:
    hits = _match(client, n, 10_000)
    assert hits == 50, hits
    return hits


def prepared(hub: Stage) -> None:
    """Let there be 10,000 contributions that pass to everybody: both sides find the same."""
    with hub.sql() as connection:
        found = connection.execute(
            "SELECT token_key.id, member.id FROM token_key, member WHERE token_key.name = %s AND code = 'brand-a'",
            (KEY,),
        ).fetchall()
        connection.commit()
        ((key_id, member_id),) = found
        fill(connection, int(str(key_id)), int(str(member_id)), 0, 10_000)


def figures() -> list[Figure]:
    """Gate, policy and row-level security against the same code without them."""
    with stage(1, 1) as hub:
        prepared(hub)
        requests, (on, off) = compared(hub)
    return [
        *(
            at_most(f"nets: ms of {name}", (each - bare) * 1000, 1, f"{each * 1000:.2f} against {bare * 1000:.2f} ms")
            for name, (each, bare) in requests.items()
        ),
        at_most(
            "nets: a match of 10,000 with / without", on / off, 1.1, f"{on * 1000:.1f} against {off * 1000:.1f} ms"
        ),
    ]
