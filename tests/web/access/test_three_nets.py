"""The three nets: unmarked routes stop the application, and the database itself gives nobody more than is theirs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Blueprint
from flask.views import MethodView
from flask_smorest import Blueprint as ApiBlueprint
from psycopg import sql

import hub.app
from hub.access.gate import UnmarkedRouteError
from hub.access.grants import Role
from hub.db import db
from hub.members import service as members
from hub.notices.jobs import make_notices
from tests.conftest import TEMPLATE, Hub, as_role, plain, settings_for
from tests.web.indicators.test_share_and_match_over_http import match, share
from tests.web.ledger.recording import append_nothing
from tests.web.ledger.witnessing import enrolled
from tests.web.rights.entered import certify, enter

READ_BY_MEMBER = {
    "contribution": "member_id",
    "match": "recipient_id",
    "sighting": "member_id",
    "quota": "member_id",
    "ip_right": "member_id",
    "ip_right_move": "member_id",
    "ip_right_certificate": "member_id",
    "authorised_seller": "brand_id",
    "session": "member_id",
    "factor": "member_id",
    "one_time_link": "member_id",
    "person": "member_id",
    "identity_provider": "member_id",
    "sign_in_domain": "member_id",
    "provided_identity": "member_id",
    "idempotency_key": "member_id",
    "notice": "member_id",
    "notice_reader": "member_id",
    "notice_read": "member_id",
    "webhook": "member_id",
    "webhook_delivery": "member_id",
    "webhook_try": "member_id",
    "ledger_part": "party",
    "ledger_party_leaf": "party",
}
"""Tables with rows of one member each, and the column that says whose."""
OPEN_TO_THE_APPLICATION = {
    *(
        "sign_in_attempt",
        "letter",  # sealed
        "epoch",
        "token_key",
        "declared_need",
        "rate_window",
        "member_rate",
    ),
    *("ledger_tag_key", "ledger_entry", "ledger_pending", "ledger_leaf", "ledger_tile", "ledger_checkpoint"),
    *("ledger_halt", "ledger_quarantine", "ledger_delay", "ledger_fsck", "ledger_state", "ledger_shard"),
    *("ledger_key", "ledger_tag_version"),
    *("procrastinate_jobs", "procrastinate_events", "procrastinate_periodic_defers", "procrastinate_workers"),
}
"""What the application reads whole: who there is and how much each may, sealed keys, the public log, jobs. Nothing that was shared."""
LEDGER = (
    *("ledger_entry", "ledger_part", "ledger_pending", "ledger_leaf", "ledger_party_leaf"),
    *("ledger_tile", "ledger_state", "ledger_checkpoint", "ledger_tag_key", "ledger_key", "ledger_shard"),
    "ledger_tag_version",
)
ASKED_FOR = ("ledger_shard", "asked_at")
"""By which an operator asks for the end of a shard; nothing else of the log is the application's to change."""


@pytest.fixture
def exchanged(hub: Hub) -> Hub:
    """Two brands shared, one of them within a group; a platform outside of it matched; all of it is in the log.

    Somebody is signed in.
    """
    for code, kind in (("brand-a", "brand"), ("brand-b", "brand"), ("shop", "platform"), ("auditor", "auditor")):
        hub.admit(code, kind)
    with hub.operator() as actor:
        members.join(actor, "watches", ["brand-b"])
        members.invite_for(actor, members.find("brand-a"), "eva@example.org", "Eva", Role.VIEWER)
        db.session.commit()
    share(hub.client("brand-a"), 1, 2, headers={"Idempotency-Key": "0123456789"})
    share(hub.client("brand-a"), 2, tlp="amber")
    share(hub.client("brand-b"), 3, tlp="red", sharing_groups=["watches"])
    match(hub.client("shop"), 1, 3)
    hub.client("shop").post(
        "/api/v1/keys/example.e1.domain/evaluations", data=bytes(32), content_type="application/octet-stream"
    )
    certify(hub.client("brand-a"), enter(hub.client("brand-a")))
    hub.client("brand-a").post("/api/v1/authorised-sellers", json={"sellers": [{"url": "https://shop.example.com/1"}]})
    hub.person("brand-a")
    hub.signed_in("brand-a")
    hub.sql(
        "INSERT INTO identity_provider SELECT id, 'https://login.example.org', 'hub', '', '', '{}', '{}', true"
        " FROM member WHERE code = 'brand-a'"
    )
    hub.sql("INSERT INTO sign_in_domain (member_id, domain, asked_at) SELECT member_id, 'a.org', now() FROM person")
    hub.sql(
        "INSERT INTO provided_identity (person_id, member_id, issuer, subject, linked_at)"
        " SELECT id, member_id, 'https://login.example.org', 'ana', now() FROM person"
    )
    hub.sequence()
    with hub.app.app_context():
        make_notices()
    hub.sql("INSERT INTO notice_read SELECT person_id, 0, member_id FROM notice_reader")
    called(hub)
    return hub


def called(hub: Hub) -> None:
    """A webhook of each member, and a test that was sent to it."""
    hub.sql(
        "INSERT INTO webhook (name, member_id, url, topics, sealed_secret, made_at)"
        " SELECT 'w-' || id, id, 'https://hooks.example.org/' || code, '{reports}', '', now() FROM member"
    )
    hub.sql(
        "INSERT INTO webhook_delivery (name, webhook_id, member_id, made_at, state, tries)"
        " SELECT 'msg_' || id, id, member_id, now(), 'delivered', 0 FROM webhook"
    )
    hub.sql(
        "INSERT INTO webhook_try (delivery_id, member_id, at, milliseconds, status, failure)"
        " SELECT id, member_id, now(), 9, 200, '' FROM webhook_delivery"
    )


@contextmanager
def as_application(hub: Hub, role: str = "app") -> Iterator[psycopg.Connection[Any]]:
    """A connection as the role that the web server has; what it changes need not be recorded (test_debt.py)."""
    for (table,) in hub.sql("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'owe_record'"):
        hub.sql(f"ALTER TABLE {table} DISABLE TRIGGER owe_record")
    with psycopg.connect(plain(as_role(hub.owner_url, role)), autocommit=True) as connection:
        yield connection


def read_by(connection: psycopg.Connection[Any], hub: Hub, code: str, groups: Sequence[str] = ()) -> int:
    """Make a member the reader of the connection, as the guard does; returns the member's number."""
    number, kind = hub.sql("SELECT id, kind FROM member WHERE code = %s", code)[0]
    seats = [
        row[0]
        for row in hub.sql(
            "SELECT s.id FROM sharing_group_member s JOIN sharing_group g ON g.id = s.group_id WHERE code = ANY(%s)",
            list(groups),
        )
    ]
    for name, value in (("member", number), ("kind", kind), ("addresses", "{" + ",".join(map(str, seats)) + "}")):
        connection.execute("SELECT set_config(%s, %s, false)", (f"hub.{name}", str(value)))
    assert isinstance(number, int)
    return number


def count(connection: psycopg.Connection[Any], table: str) -> int:
    """The rows that a query without any WHERE gives."""
    row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
    assert row is not None
    return int(row[0])


def refused_all(connection: psycopg.Connection[Any], statements: Sequence[str]) -> None:
    """Assert that the role may run none of them."""
    for statement in statements:
        try:
            connection.execute(statement)  # type: ignore[call-overload]  # psycopg types literals alone
        except psycopg.errors.InsufficientPrivilege:
            continue
        pytest.fail(f"allowed: {statement}")


# --- the gate


def test_page_without_a_mark_stops_the_application_and_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = Blueprint("forgotten", __name__)
    pages.add_url_rule("/forgotten", "page", lambda: "")
    monkeypatch.setattr(hub.app, "PAGES", (*hub.app.PAGES, pages))
    with pytest.raises(UnmarkedRouteError, match=r"forgotten\.page"):
        hub.app.create_app(settings_for("postgresql+psycopg://", home, ""))


def test_method_view_without_a_mark_stops_the_application_and_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = ApiBlueprint("forgotten_api", __name__, url_prefix="/api/v1")

    @api.route("/forgotten")
    class Forgotten(MethodView):
        def get(self) -> str:
            return ""

    monkeypatch.setattr(hub.app, "APIS", (*hub.app.APIS, api))
    with pytest.raises(UnmarkedRouteError, match=r"forgotten_api\.Forgotten"):
        hub.app.create_app(settings_for("postgresql+psycopg://", home, ""))


# --- the database


def test_rows_without_a_reader_are_not_there(exchanged: Hub) -> None:
    tables = (*READ_BY_MEMBER, "indicator", "credential", "contribution_tally", "past_audience")
    with as_application(exchanged) as connection:
        seen = {table: count(connection, table) for table in tables}
    assert seen == dict.fromkeys(tables, 0)
    assert all(exchanged.sql(f"SELECT count(*) FROM {table}") > [(0,)] for table in tables)


def test_query_without_a_where_gives_a_reader_its_own_rows_only(exchanged: Hub) -> None:
    own = {table: who for table, who in READ_BY_MEMBER.items() if table != "contribution"}
    with as_application(exchanged) as connection:
        for code in ("brand-a", "brand-b", "shop", "auditor"):
            number = read_by(connection, exchanged, code)
            for table, who in own.items():
                expected = exchanged.sql(f"SELECT count(*) FROM {table} WHERE {who} = %s", number)[0][0]
                assert count(connection, table) == expected, (code, table)


def test_query_without_a_where_gives_a_reader_what_the_policy_allows(exchanged: Hub) -> None:
    expected = {
        ("brand-a", ()): 2,
        ("brand-b", ("watches",)): 3,
        ("shop", ()): 2,
        ("shop", ("watches",)): 3,
        ("auditor", ("watches",)): 0,
        ("alliance", ("watches",)): 0,
    }
    seen = {}
    with as_application(exchanged) as connection:
        for code, groups in expected:
            read_by(connection, exchanged, code, groups)
            seen[code, groups] = count(connection, "contribution")
            assert count(connection, "indicator") == seen[code, groups]
    assert seen == expected


def test_reader_of_one_transaction_is_not_that_of_the_next(exchanged: Hub) -> None:
    with as_application(exchanged) as connection:
        with connection.transaction():
            connection.execute("SELECT set_config('hub.member', '2', true), set_config('hub.kind', 'brand', true)")
            assert count(connection, "contribution") > 0
        assert count(connection, "contribution") == 0


def test_reader_cannot_write_in_another_members_name(exchanged: Hub) -> None:
    with as_application(exchanged) as connection:
        read_by(connection, exchanged, "brand-a")
        theirs = exchanged.sql("SELECT id FROM member WHERE code = 'brand-b'")[0][0]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("UPDATE contribution SET member_id = %s", (theirs,))
        assert connection.execute("UPDATE contribution SET tlp = 1 WHERE member_id = %s", (theirs,)).rowcount == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(
                "INSERT INTO match (recipient_id, key_id, token, state, matched_at)"
                " SELECT %s, key_id, token, 'new', now() FROM contribution LIMIT 1",
                (theirs,),
            )


@pytest.mark.parametrize("role", ["app", "sequencer"])
def test_role_of_a_running_part_owns_nothing_and_stands_under_row_level_security(exchanged: Hub, role: str) -> None:
    name = f"{TEMPLATE}_{role}"
    powers = "rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication"
    assert exchanged.sql(f"SELECT {powers} FROM pg_roles WHERE rolname = %s", name) == [(False,)]
    for catalogue, owner in (
        *(("pg_class", "relowner"), ("pg_proc", "proowner"), ("pg_namespace", "nspowner"), ("pg_type", "typowner")),
        *(("pg_database", "datdba"), ("pg_auth_members", "member")),
    ):
        assert exchanged.sql(f"SELECT * FROM {catalogue} WHERE {owner} = %s::regrole", name) == [], catalogue
    with as_application(exchanged, role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("CREATE TABLE public.mine ()")


def test_every_table_the_application_reads_whole_is_known(exchanged: Hub) -> None:
    unguarded = exchanged.sql(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm') AND relnamespace = 'public'::regnamespace"
        " AND NOT relrowsecurity AND has_any_column_privilege(%s, oid, 'SELECT')",
        f"{TEMPLATE}_app",
    )
    assert {row[0] for row in unguarded} == OPEN_TO_THE_APPLICATION


def test_log_is_not_the_applications_to_write(exchanged: Hub) -> None:
    columns = exchanged.sql(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_name = ANY(%s)", list(LEDGER)
    )
    assert {table for table, _ in columns} == set(LEDGER)
    assert ASKED_FOR in columns
    statements = [f"UPDATE {table} SET {column} = DEFAULT" for table, column in columns if (table, column) != ASKED_FOR]
    for table in LEDGER:
        statements += [f"DELETE FROM {table}", f"TRUNCATE {table}", f"INSERT INTO {table} DEFAULT VALUES"]
    with as_application(exchanged) as connection:
        read_by(connection, exchanged, "brand-a")
        refused_all(connection, statements)


def test_member_writes_its_own_witness_and_its_lines_and_no_others(exchanged: Hub) -> None:
    one, _ = enrolled(exchanged, "brand-a", "brand-b")
    size = one.cosign()
    line = "INSERT INTO ledger_cosignature SELECT %s, name, 'line', now() FROM ledger_witness WHERE party = %s"
    with as_application(exchanged) as connection:
        mine = read_by(connection, exchanged, "brand-a")
        theirs = exchanged.sql("SELECT id FROM member WHERE code = 'brand-b'")[0][0]
        assert (
            connection.execute("UPDATE ledger_witness SET removed_at = now() WHERE party <> %s", (mine,)).rowcount == 0
        )
        assert connection.execute("UPDATE ledger_witness SET size = 7").rowcount == 1
        refused_all(
            connection,
            [
                "UPDATE ledger_witness SET url = 'https://w.example'",
                "UPDATE ledger_witness SET vkey = vkey",
                "UPDATE ledger_cosignature SET line = 'line'",
                "DELETE FROM ledger_cosignature",
                "DELETE FROM ledger_witness",
            ],
        )
        assert connection.execute(line, (size + 1, mine)).rowcount == 1
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(line, (size, theirs))
        for party, url in ((theirs, None), (mine, "https://w.example"), (None, None)):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(
                    "INSERT INTO ledger_witness (name, vkey, public_key, party, url, added_at)"
                    " VALUES ('w', 'w', decode(repeat('cd', 32), 'hex'), %s, %s, now())",
                    (party, url),
                )


def test_record_is_not_the_owners_to_change_by_mistake(exchanged: Hub) -> None:
    for statement in (
        "DELETE FROM ledger_entry",
        "UPDATE ledger_entry SET leaf = leaf",
        "DELETE FROM ledger_part",
        "UPDATE ledger_part SET view = view",
        "UPDATE ledger_part SET party = -1",
        "DELETE FROM ledger_leaf",
        "UPDATE ledger_leaf SET leaf_hash = leaf_hash",
    ):
        with pytest.raises(psycopg.errors.RaiseException, match="the log is not changed"):
            exchanged.sql(statement)


def test_nobody_but_who_signs_in_is_shown_before_there_is_a_reader(exchanged: Hub) -> None:
    with as_application(exchanged) as connection:
        found = connection.execute("SELECT person_named('brand-a@alliance-hub.org')").fetchone()
        assert found is not None
        connection.execute("SELECT set_config('hub.person', %s, false)", (str(found[0]),))
        assert connection.execute("SELECT email FROM person").fetchall() == [("brand-a@alliance-hub.org",)]
        assert connection.execute("UPDATE person SET role = 'owner'").rowcount == 0


def test_digests_of_keys_are_not_the_applications_to_read(exchanged: Hub) -> None:
    with as_application(exchanged) as connection:
        read_by(connection, exchanged, "brand-a")
        refused_all(connection, [f"SELECT {columns} FROM credential" for columns in ("digest", "*", "count(digest)")])


def test_every_function_that_runs_as_the_owner_looks_for_temporary_tables_last(hub: Hub) -> None:
    functions = hub.sql(
        "SELECT proname, proconfig FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    )
    assert len(functions) > 8
    assert [name for name, settings in functions if settings != ["search_path=public, pg_temp"]] == []


def test_temporary_table_of_the_application_takes_no_event_from_the_log(exchanged: Hub) -> None:
    before = exchanged.sql("SELECT count(*) FROM ledger_entry")[0][0]
    with as_application(exchanged) as connection:
        connection.execute("CREATE TEMPORARY TABLE ledger_entry (LIKE public.ledger_entry)")
        connection.execute("GRANT ALL ON ledger_entry TO PUBLIC")
        append_nothing(connection, "x")
        assert connection.execute("SELECT count(*) FROM pg_temp.ledger_entry").fetchone() == (0,)
    assert exchanged.sql("SELECT count(*) FROM ledger_entry")[0][0] == before + 1  # type: ignore[operator]


def test_sequencer_has_nothing_but_the_tree(exchanged: Hub) -> None:
    with as_application(exchanged, "sequencer") as connection:
        refused_all(
            connection,
            [
                "SELECT token FROM contribution",
                "SELECT token FROM indicator",
                "SELECT view FROM ledger_part",
                "SELECT salt FROM ledger_part",
                "SELECT code FROM member",
                "SELECT sealed FROM ledger_tag_key",
                "UPDATE ledger_entry SET leaf = leaf",
                "DELETE FROM ledger_leaf",
                "UPDATE ledger_checkpoint SET note = note",
                "SELECT credential_holder('x', now(), NULL)",
            ],
        )
