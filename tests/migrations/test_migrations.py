"""Migrations are tested like code: head is what the models say, and every revision goes up, down and up again."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg.rows import TupleRow
from sqlalchemy import Connection, create_engine

from hub import app
from hub.db import Model, Xid8
from hub.manage import database
from tests.conftest import on, plain
from tests.migrations.rows import LATER, ROWS
from tests.migrations.snapshot import snapshot

CONFIG = Config()
CONFIG.set_main_option("script_location", str(database.MIGRATIONS).replace("%", "%%"))
CONFIG.set_main_option("path_separator", "os")
CONFIG.set_main_option("version_locations", str(database.MIGRATIONS).replace("%", "%%"))
SCRIPT = ScriptDirectory.from_config(CONFIG)
REVISIONS = [each.revision for each in reversed([*SCRIPT.walk_revisions()])]


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A transaction as the owner, on a connection that knows the hub's types."""
    engine = create_engine(url)
    engine.dialect.ischema_names["xid8"] = Xid8  # type: ignore[attr-defined]
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


class Database:
    """A database of a test's own, and the ways to move and look at it as the owner."""

    def __init__(self, url: str) -> None:
        self.url = url

    def move(self, to: str, steps: Callable[[str, Any], Any]) -> None:
        """Run the migrations from where the database is to that revision, in one transaction."""
        with (
            connected(self.url) as connection,
            EnvironmentContext(CONFIG, SCRIPT, fn=lambda now, _: steps(to, now)) as environment,
        ):
            environment.configure(connection=connection, transactional_ddl=True)
            environment.run_migrations()

    def up(self, to: str) -> None:
        """Upgrade."""
        self.move(to, SCRIPT._upgrade_revs)

    def down(self, to: str) -> None:
        """Downgrade."""
        self.move(to, SCRIPT._downgrade_revs)

    def sql(self, *statements: str) -> list[tuple[Any, ...]]:
        """What the last of the statements returns to the owner."""
        with psycopg.connect(plain(self.url), autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement)  # type: ignore[call-overload]  # not literal
            return cursor.fetchall() if cursor.description else []

    def counts(self) -> dict[str, int]:
        """How many rows each main table has that is there at this revision."""
        there = {table for table, _ in self.columns()}
        counted = [f"SELECT '{table}', count(*) FROM \"{table}\"" for table in ROWS if table in there]
        return dict(self.sql(" UNION ALL ".join(counted))) if counted else {}

    def columns(self) -> set[tuple[Any, ...]]:
        """Each table with each of its columns at this revision."""
        return {
            *self.sql("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'")
        }

    def fill(self) -> None:
        """Put a row into every main table that is there at this revision and has none."""
        counts, columns = self.counts(), self.columns()
        wanted = [table for table in ROWS if counts.get(table) == 0]
        later = {table for table, (column, _) in LATER.items() if (table, column) in columns}
        self.sql("SELECT", *(LATER[table][1] if table in later else ROWS[table] for table in wanted))

    def snapshot(self) -> dict[str, list[str]]:
        """Everything the migrations made, in words."""
        with psycopg.connect(plain(self.url)) as connection:
            return snapshot(connection)


class Stairs:
    """Databases at every revision, each copied from the one a step below it: one name, as the roles bear it, and each
    state kept beside it as a template."""

    def __init__(self, connection: psycopg.Connection[TupleRow], cluster: str) -> None:
        self.connection, self.cluster = connection, cluster
        self.name = f"m_{secrets.token_hex(6)}"
        self.step = "base"

    def keep(self, template: str) -> None:
        """Keep the database as it is now as that template, in the place of what the template was."""
        self.connection.execute(f"DROP DATABASE IF EXISTS {self.name}_{template}".encode())
        self.connection.execute(
            f"CREATE DATABASE {self.name}_{template} TEMPLATE {self.name} STRATEGY FILE_COPY".encode()
        )

    @contextmanager
    def at(self, template: str) -> Iterator[Database]:
        """The database as that template is."""
        copied = f"{self.name} TEMPLATE {self.name}_{template} STRATEGY FILE_COPY" if template else self.name
        self.connection.execute(f"CREATE DATABASE {copied}".encode())
        try:
            yield Database(on(self.cluster, self.name))
        finally:
            self.connection.execute(f"DROP DATABASE {self.name} WITH (FORCE)".encode())

    @contextmanager
    def up_to(self, revision: str) -> Iterator[Database]:
        """The database at that revision, with no rows."""
        climbed = self.step != "base" and REVISIONS.index(self.step) <= REVISIONS.index(revision)
        with self.at("step" if climbed else "base") as made:
            if revision != "base":
                made.up(revision)
                self.keep("step")
                self.step = revision
            yield made


@pytest.fixture(scope="module")
def stairs(cluster: str) -> Iterator[Stairs]:
    with psycopg.connect(plain(cluster), autocommit=True) as connection:
        made = Stairs(connection, cluster)
        with made.at("") as whole:
            database.migrate(whole.url, {"app": "app", "sequencer": "sequencer"})
            whole.down("base")
            made.keep("base")
        yield made
        for template in ("base", "step"):
            connection.execute(f"DROP DATABASE IF EXISTS {made.name}_{template}".encode())
        for role in database.ROLES:
            connection.execute(f"DROP ROLE {made.name}_{role}".encode())


@pytest.fixture
def fresh(stairs: Stairs) -> Iterator[Database]:
    """A database at the state before the first revision, with its roles made."""
    with stairs.at("base") as made:
        yield made


def _is_ours(_object: Any, name: str | None, _kind: str, reflected: bool, compared_to: Any) -> bool:
    strange = str(name).startswith("procrastinate_")
    return not (strange and reflected and compared_to is None)


def test_head_is_what_the_models_say(owner_url: str) -> None:
    assert app.APIS, "imports every model"
    options = {"compare_type": True, "compare_server_default": True, "include_object": _is_ours}
    with connected(owner_url) as connection:
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), Model.metadata)
    assert differences == []


def test_constraints_at_head_are_those_of_the_models(fresh: Database, owner_url: str) -> None:
    with connected(fresh.url) as connection:
        Model.metadata.create_all(connection)
    ours = tuple(f"{table}." for table in Model.metadata.tables)
    wanted, found = fresh.snapshot(), Database(owner_url).snapshot()
    for kind in ("columns", "constraints", "indexes"):
        stated = [each for each in found[kind] if each.startswith(ours)]
        assert stated == wanted[kind]


@pytest.mark.parametrize("revision", REVISIONS)
def test_revision_goes_up_down_and_up_again_with_rows_in_the_tables(stairs: Stairs, revision: str) -> None:
    before = str(SCRIPT.get_revision(revision).down_revision or "base")
    with stairs.up_to(before) as made:
        made.fill()
        was, filled = made.snapshot(), made.counts()
        made.up(revision)
        now = made.snapshot()
        made.fill()
        assert set(made.counts().values()) == {1}
        made.down(before)
        assert made.snapshot() == was
        assert made.counts() == filled
        made.up(revision)
        assert made.snapshot() == now


def test_every_main_table_is_there_at_head(owner_url: str) -> None:
    head = Database(owner_url)
    assert {*ROWS} - {table for table, _ in head.columns()} == set()


def test_a_downgrade_that_leaves_something_is_noticed(fresh: Database) -> None:
    was = fresh.snapshot()
    fresh.sql("CREATE TYPE left_behind AS ENUM ('a')")
    assert fresh.snapshot() != was


def test_tally_counts_what_was_shared_before_it(fresh: Database) -> None:
    fresh.up("20261124_0510")
    fresh.fill()
    fresh.up("20261124_0530")
    assert fresh.sql("SELECT member_id, contributions FROM contribution_tally") == [(1, 1)]


def test_keys_with_terms_do_not_outlive_the_columns_that_state_them(fresh: Database) -> None:
    fresh.up("20261125_0830")
    fresh.fill()
    fresh.sql("UPDATE credential SET scopes = '{list:fetch}'")
    fresh.down("20261124_0530")
    assert fresh.sql("SELECT revoked_at IS NOT NULL FROM credential") == [(True,)]


def test_keys_without_terms_outlive_them(fresh: Database) -> None:
    fresh.up("20261125_0830")
    fresh.fill()
    fresh.down("20261124_0530")
    assert fresh.sql("SELECT revoked_at IS NOT NULL FROM credential") == [(False,)]


def test_whom_a_provider_brought_into_the_office_is_shut_out(fresh: Database) -> None:
    fresh.up("20261128_0010")
    fresh.fill()
    fresh.sql(
        "INSERT INTO person (id, member_id, name, pseudonym, email, password, active, fs_uniquifier)"
        " VALUES (2, 1, 'Ben', 'p_9', 'ben@example.org', 'a digest', true, 'v')"
    )
    fresh.sql("UPDATE member SET kind = 'administration'")
    fresh.up("20261128_0110")
    assert fresh.sql("SELECT id, active FROM person ORDER BY id") == [(1, False), (2, True)]
    for table in ("identity_provider", "sign_in_domain", "provided_identity"):
        assert fresh.sql(f"SELECT * FROM {table}") == []


def test_there_is_one_line_of_revisions() -> None:
    assert len(SCRIPT.get_heads()) == 1
    assert sorted(REVISIONS) == REVISIONS


def test_a_file_bears_its_revision_and_then_words() -> None:
    names = {each.revision: each.path.rpartition("/")[2] for each in SCRIPT.walk_revisions()}
    assert [name for revision, name in names.items() if not name.startswith(f"{revision}_")] == []
