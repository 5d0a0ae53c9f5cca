"""The operator's side of the database: the roles, and the migrations, as the owner, whose URL no server part has."""

from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import Connection, create_engine, make_url

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
ROLES = ("app", "sequencer")


class DatabaseError(Exception):
    """The database cannot be used as it is; the text says what to do."""


def role_url(owner_url: str, role: str, password: str) -> str:
    """The URL of the same database as one of ROLES."""
    url = make_url(owner_url)
    return url.set(username=f"{url.database}_{role}", password=password).render_as_string(hide_password=False)


def migrate(owner_url: str, passwords: dict[str, str]) -> None:
    """Make the roles with these passwords and bring the tables to the newest state. Safe to repeat.

    Each step is one transaction: after a crash, run it again. Raises DatabaseError when the owner may not make roles.
    """
    engine = create_engine(owner_url)
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7262)")  # two starts at once: one after the other
            for role in ROLES:
                _make_role(connection, f"{engine.url.database}_{role}", passwords[role])
        with engine.begin() as connection:
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7262)")
            _upgrade(connection)
    finally:
        engine.dispose()


def _make_role(connection: Connection, name: str, password: str) -> None:
    exists = connection.exec_driver_sql("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).first()
    verb = "ALTER" if exists else "CREATE"
    statement = sql.SQL(
        "{} ROLE {} LOGIN PASSWORD {} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
    ).format(sql.SQL(verb), sql.Identifier(name), sql.Literal(password))
    connection.exec_driver_sql(statement.as_string().replace("%", "%%"))


def _upgrade(connection: Connection, revision: str = "head") -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", str(MIGRATIONS).replace("%", "%%"))
    script = ScriptDirectory.from_config(config)
    with EnvironmentContext(config, script, fn=lambda rev, _: script._upgrade_revs(revision, rev)) as environment:
        environment.configure(connection=connection, transactional_ddl=True)
        environment.run_migrations()
