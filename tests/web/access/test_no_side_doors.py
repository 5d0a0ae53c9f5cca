"""The office reads no indicator, contribution or match: on no page, in no export, letter, error or table."""

import base64
import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from flask.testing import FlaskClient
from psycopg import sql

from hub.matches.service import match_name
from tests.conftest import HTML, as_role, plain
from tests.web.access.everybody import Everybody
from tests.web.access.restated import text_of
from tests.web.access.test_access_matrix import ARGUMENTS, routes
from tests.web.access.test_unreadable_is_unknown import PARTS, ROUTES, owners
from tests.web.indicators.test_share_and_match_over_http import KEY, token

OFFICE = ("key of alliance", "person-of-alliance")
PUBLIC_FILES = {
    "static",
    *(f"log.{shard}{name}" for shard in ("", "shard_") for name in ("checkpoint", "checkpoint_of", "tile")),
}
"""The log holds commitments alone, which has tests of its own."""


def _addresses(all_there_is: Everybody) -> Iterator[str]:
    """Every address that can be got, with up to a dozen of the records that there are in the place of a name."""
    for method, rule in routes(all_there_is.hub.app):
        if method != "GET" or rule.endpoint in PUBLIC_FILES:
            continue
        variable = [part for part in re.findall(r"<(?:\w+:)?(\w+)>", rule.rule) if part not in PARTS]
        if rule.endpoint in ROUTES:
            names = list(owners(all_there_is, ROUTES[rule.endpoint]))
            names = names[:: len(names) // 12 + 1]
        else:
            names = [tuple(KEY if part == "key_id" else ARGUMENTS[part] for part in variable)]
        for name in names:
            with all_there_is.hub.app.test_request_context():
                built = rule.build(dict(zip(variable, name, strict=True)) | PARTS, append_unknown=False)
            assert built is not None
            yield built[1]


def _whole(all_there_is: Everybody, who: str) -> str:
    """All that a reader is told by every address, by the pages that follow a page, and by what it is refused."""
    client, told, done = all_there_is.clients[who], [], set()
    waiting = [*_addresses(all_there_is), "/audit/entries?limit=10000"]
    while waiting:
        if (address := waiting.pop()) in done:
            continue
        done.add(address)
        answer = client.get(address, headers=HTML)
        text = text_of(answer)
        told += [text, str(answer.headers)]
        if answer.mimetype == "text/html":
            waiting += re.findall(r'href="(/(?!static/)[^"#]*\?[^"#]*)"', text)
    return "\n".join([*told, *_refusals(all_there_is, client)])


def _refusals(all_there_is: Everybody, client: FlaskClient) -> Iterator[str]:
    """What acts of exchange are answered, and every form without its token."""
    tokens = b"".join(map(token, all_there_is.numbers))
    run = {"key": KEY, "evidence_level": "E2", "tlp": "green", "tokens": base64.b64encode(tokens).decode()}
    for accept in ("application/json", "text/html"):
        headers = {"Accept": accept}
        yield client.post("/api/v1/contributions", json=run, headers=headers).text
        taken = {"key": KEY, "reason": "mistaken", "tokens": run["tokens"]}
        yield client.post("/api/v1/contributions/withdrawals", json=taken, headers=headers).text
        address = f"/api/v1/keys/{KEY}/matches"
        yield client.post(address, data=tokens, content_type="application/octet-stream", headers=headers).text


def _marks(all_there_is: Everybody) -> dict[str, set[str]]:
    """By what each kind of secret is known, wherever it stands."""
    written = [token(number) for number in all_there_is.numbers]
    acts = [base64.urlsafe_b64decode(f"{entry.name}==") for entry in all_there_is.entries]
    with all_there_is.hub.app.app_context():
        matches = {f">{match_name(int(str(number)))}<" for (number,) in all_there_is.hub.sql("SELECT id FROM match")}
    return {
        "seller": {word.seller for word in all_there_is.words},
        "token": {form for each in written for form in _forms(each)},
        "match": matches,
        "act": {form for each in acts for form in _forms(each)},
    }


def _forms(value: bytes) -> tuple[str, str, str]:
    return value.hex(), base64.b64encode(value).decode(), base64.urlsafe_b64encode(value).decode().rstrip("=")


def _found(all_there_is: Everybody, text: str) -> set[str]:
    return {kind for kind, marks in _marks(all_there_is).items() if any(mark in text for mark in marks)}


@pytest.mark.parametrize("who", OFFICE)
def test_office_is_told_of_nothing_that_members_share_by_any_address(all_there_is: Everybody, who: str) -> None:
    assert _found(all_there_is, _whole(all_there_is, who)) == set()


@pytest.mark.parametrize(
    ("who", "what"),
    [
        *(("owner", {"seller", "match", "act"}), ("person-of-shop", {"match", "act"}), ("key of checker", {"act"})),
        *(("person-of-agency for brand-a", {"seller", "match"}), ("key of agency for brand-b", {"match"})),
    ],
)
def test_same_walk_finds_what_a_reader_may_read_and_no_more(all_there_is: Everybody, who: str, what: set[str]) -> None:
    """Else the test above might be silent for want of walking. No agent reads the record of the brand it acts for."""
    assert _found(all_there_is, _whole(all_there_is, who)) == what


# --- below the pages


def _readable(connection: psycopg.Connection[Any]) -> list[tuple[str, list[str]]]:
    """Every table that the application may read, with the columns it may."""
    return connection.execute(
        "SELECT table_name, array_agg(column_name::text) FROM information_schema.column_privileges"
        " WHERE grantee = current_user AND privilege_type = 'SELECT' AND table_schema = 'public' GROUP BY 1"
    ).fetchall()


def _rows(all_there_is: Everybody, code: str) -> str:
    """Every row of every table that the application gets for a member, in one text."""
    text = []
    with psycopg.connect(plain(as_role(all_there_is.hub.owner_url, "app"))) as connection:
        key = all_there_is.hub.keys[code].encode()
        connection.execute("SELECT * FROM credential_holder(sha256(%s), now(), NULL)", (key,))
        tables = _readable(connection)
        assert len(tables) > 20
        for table, columns in tables:
            if table in PUBLIC:
                continue
            chosen = sql.SQL(", ").join(map(sql.Identifier, columns))
            text += map(str, connection.execute(_SELECT.format(chosen, sql.Identifier(table))).fetchall())
    return "\n".join(text)


_SELECT = sql.SQL("SELECT t::text FROM (SELECT {} FROM {}) t")
PUBLIC = {"ledger_entry", "ledger_leaf", "ledger_tile", "ledger_pending"}
"""The log: names of entries stand in it, for everybody, and nothing of what they are about."""


def test_office_finds_nothing_that_members_share_in_any_table(all_there_is: Everybody) -> None:
    assert _found(all_there_is, _rows(all_there_is, "alliance")) == set()


def test_contributor_finds_its_own_in_the_tables(all_there_is: Everybody) -> None:
    assert _found(all_there_is, _rows(all_there_is, "brand-a")) >= {"seller", "token"}


def test_queue_of_jobs_holds_nothing_that_members_share(all_there_is: Everybody) -> None:
    jobs = "\n".join(str(row) for row in all_there_is.hub.sql("SELECT j::text FROM procrastinate_jobs j"))
    assert _found(all_there_is, jobs) == set()
