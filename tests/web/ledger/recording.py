"""Recording entries without an exchange, and what somebody may do who is the database's superuser."""

import base64
import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import make_url

from hub import clock
from hub.db import db
from hub.tree.leaf import SealedLeaf, seal_leaf
from tests.conftest import Hub, as_role, hub_on, on, plain

NOBODY = bytes(32)
"""The tag key of a party that is none."""
APPEND = """SELECT ledger_append((SELECT version FROM ledger_tag_version), %s, %s, %s, %s, %s, %s, %s::int[], %s::int[],
  %s::text[], %s::text[], %s::bytea[], %s::bytea[])"""


def sealed(id: UUID, key: bytes = NOBODY, **fields: Any) -> SealedLeaf:
    """An entry for the party whose tag key it is."""
    view = {
        "v": 1,
        "id": base64.b64encode(id.bytes).decode(),
        "at": "2026-11-26T12:00:00.000Z",
        "action": "list.fetched",
        "outcome": "allowed",
        "role": "actor",
        "member": "brand-a",
        "actor": "p_0123456789abcdef",
        "via": "api",
    }
    return seal_leaf(id.bytes, [(key, view | fields)])


def append(
    connection: psycopg.Connection[Any],
    id: UUID,
    leaf: bytes | None = None,
    parties: Mapping[int, bytes] | None = None,
    **fields: Any,
) -> None:
    """Record an entry in the connection's transaction; `leaf` in place of its own; `parties`: one, and its tag key."""
    ((party, key),) = (parties or {0: NOBODY}).items()
    made = sealed(id, key, **fields)
    (part,) = made.parts
    view = json.loads(part.view)
    told = (view["action"], view["outcome"], view["via"])
    kept = (
        [[each] for each in (party, part.n, view["role"], view["member"], part.view, part.salt)] if party else [[]] * 6
    )
    connection.execute(APPEND, (id, clock.now(), *told, made.leaf if leaf is None else leaf, *kept))


def append_nothing(connection: psycopg.Connection[Any], action: str) -> None:
    """Record an entry that no tree would take, of no party."""
    connection.execute(APPEND, (new_id(), clock.now(), action, "allowed", "api", b"leaf", *[[]] * 6))


@contextmanager
def application(hub: Hub) -> Iterator[psycopg.Connection[Any]]:
    """A transaction of the application's role."""
    with psycopg.connect(plain(as_role(hub.owner_url, "app"))) as connection:
        yield connection


def new_id() -> UUID:
    """An entry's id."""
    return UUID(bytes=secrets.token_bytes(16))


def record(hub: Hub, leaf: bytes | None = None) -> UUID:
    """Record an entry, with a leaf of its own or the one given."""
    id = new_id()
    with application(hub) as connection:
        append(connection, id, leaf)
    return id


def as_superuser(hub: Hub, *statements: str) -> None:
    """Run statements as somebody whom no trigger stops."""
    with psycopg.connect(plain(hub.owner_url), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]


def reason(hub: Hub) -> str | None:
    """Why the log is halted; None while it is not."""
    found = hub.sql("SELECT reason FROM ledger_halt")
    return str(found[0][0]) if found else None


@contextmanager
def backup_of(hub: Hub) -> Iterator[Hub]:
    """A copy of the database as it is now, with an application on it."""
    for app in (hub.app, hub.owner_app):  # a database is copied while nobody is connected to it
        with app.app_context():
            for engine in db.engines.values():
                engine.dispose()
    name = make_url(hub.owner_url).database
    copy = f"{name}_copy"
    with psycopg.connect(plain(on(hub.owner_url, "postgres")), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {copy} TEMPLATE {name} STRATEGY FILE_COPY")
        try:
            with hub_on(on(hub.owner_url, copy), hub.home, hub.app.extensions["settings"].evaluator_url) as restored:
                restored.keys = hub.keys
                yield restored
        finally:
            connection.execute(f"DROP DATABASE {copy} WITH (FORCE)")
