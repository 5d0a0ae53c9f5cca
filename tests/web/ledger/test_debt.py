"""What the application changes and does not record is not committed, whichever table it is and however it is done."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from tests.conftest import TEMPLATE, Hub, as_role, plain
from tests.web.ledger.recording import append, new_id

UNRECORDED = {
    "idempotency_key": "the answer that is kept with an exchange, which is recorded",
    "application": "what an applicant writes is recorded once its address is proved",
    "application_document": "the same",
    "one_time_link": "a letter with a link: what is done by it is recorded",
    "factor": "that a code was used; adding and removing are recorded",
    "session": "signing in is recorded; that a session was used is not",
    "notice_reader": "what a person has read, and how it is written to, is its own",
    "notice_read": "the same",
    "webhook_delivery": "what is sent tells of what is recorded",
    "webhook_try": "the same",
    "letter": "what is to be sent tells of what is recorded",
    "sign_in_attempt": "counted, and recorded by the hour",
    "rate_window": "counted",
    "ledger_cosignature": "what a witness signed speaks for itself",
    "ledger_delay": "of the record itself",
    "ledger_fsck": "of the record itself",
    "ledger_halt": "of the record itself",
    "ledger_quarantine": "of the record itself",
    "procrastinate_jobs": "work to do; what it changes is recorded",
    "procrastinate_events": "the same",
    "procrastinate_periodic_defers": "the same",
    "procrastinate_workers": "the same",
}
"""Tables that the application writes without a record, each with its reason."""


def written(hub: Hub) -> dict[str, str]:
    """Table → a statement that the application may run on it, of no row."""
    rows = hub.sql(
        "SELECT c.relname, a.attname, has_column_privilege(%s, c.oid, a.attnum, 'INSERT') FROM pg_class c"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
        " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attidentity = ''"
        " AND (has_column_privilege(%s, c.oid, a.attnum, 'INSERT') OR has_column_privilege(%s, c.oid, a.attnum, 'UPDATE'))"
        " ORDER BY 3",  # what may be inserted last, and so it is chosen
        *[f"{TEMPLATE}_app"] * 3,
    )
    return {
        str(table): f"INSERT INTO {table} ({column}) SELECT NULL WHERE false"
        if inserts
        else f"UPDATE {table} SET {column} = NULL WHERE false"
        for table, column, inserts in rows
    }


@contextmanager
def application(hub: Hub) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the application's role, for several transactions."""
    with psycopg.connect(plain(as_role(hub.owner_url, "app"))) as connection:
        yield connection


def test_every_table_owes_a_record_or_has_a_reason_not_to(hub: Hub) -> None:
    owing = {row[0] for row in hub.sql("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'owe_record'")}
    assert owing | set(UNRECORDED) == set(written(hub))
    assert not owing & set(UNRECORDED)


def test_change_that_nothing_records_is_refused_at_commit(hub: Hub) -> None:
    with application(hub) as connection:
        for table, statement in written(hub).items():
            connection.execute(statement)  # type: ignore[call-overload]
            if table in UNRECORDED:
                connection.commit()
                continue
            with pytest.raises(psycopg.Error, match="nothing records") as refused:
                connection.commit()
            assert refused.value.sqlstate == "LH002", table
    assert hub.sql("SELECT count(*) FROM ledger_debt") == [(0,)]


@pytest.mark.parametrize("first", ["change", "record"])
def test_change_with_its_record_is_committed_whichever_comes_first(hub: Hub, first: str) -> None:
    statements = written(hub)
    with application(hub) as connection:
        for table in set(statements) - set(UNRECORDED):
            if first == "record":
                append(connection, new_id())
            connection.execute(statements[table])  # type: ignore[call-overload]
            if first == "change":
                append(connection, new_id())
            connection.commit()
    assert hub.sql("SELECT count(*) FROM ledger_debt") == [(0,)]


def test_record_of_another_transaction_or_of_a_savepoint_taken_back_does_not_count(hub: Hub) -> None:
    statement = written(hub)["match"]
    with application(hub) as connection:
        append(connection, new_id())
        connection.commit()
        connection.execute(statement)  # type: ignore[call-overload]
        with pytest.raises(psycopg.Error, match="nothing records"):
            connection.commit()
        connection.execute(statement)  # type: ignore[call-overload]
        with connection.transaction(force_rollback=True):
            append(connection, new_id())
        with pytest.raises(psycopg.Error, match="nothing records"):
            connection.commit()


def test_what_the_operator_does_at_the_database_owes_nothing(hub: Hub) -> None:
    hub.sql("UPDATE member SET name = name")
