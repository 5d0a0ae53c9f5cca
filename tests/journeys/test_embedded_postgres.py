"""The embedded PostgreSQL by itself: who may come in, what its log holds, and what a crash leaves."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from hub.durable import write_once
from hub.manage.home import SECRETS
from hub.manage.postgres import EmbeddedPostgres


def _home(folder: Path) -> Path:
    for name in ("log", "run", "secrets", "ledger"):
        (folder / name).mkdir(mode=0o700, parents=True)
    folder.chmod(0o700)
    for name, make in SECRETS.items():
        write_once(folder / name, make)
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EmbeddedPostgres, str]]:
    postgres = EmbeddedPostgres(_home(tmp_path_factory.mktemp("embedded") / "a home"))
    with postgres.running() as url:
        yield postgres, url


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("data_checksums", "on"),
        ("listen_addresses", ""),
        ("server_encoding", "UTF8"),
        ("password_encryption", "scram-sha-256"),
        ("log_statement", "none"),
    ],
)
def test_server_has_the_setting(server: tuple[EmbeddedPostgres, str], setting: str, value: str) -> None:
    engine = create_engine(server[1])
    with engine.connect() as connection:
        assert connection.execute(text(f"SHOW {setting}")).scalar_one() == value
    engine.dispose()


@pytest.mark.parametrize("password", [None, "wrong"])
def test_connection_without_the_password_is_refused(server: tuple[EmbeddedPostgres, str], password: str | None) -> None:
    folder = str(server[0].socket_folder)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(host=folder, user="hub_owner", dbname="hub", password=password, passfile="/nonexistent")


def test_statement_that_fails_leaves_no_value_in_the_log(server: tuple[EmbeddedPostgres, str]) -> None:
    postgres, url = server
    engine = create_engine(url)
    with engine.connect() as connection:
        connection.execute(text("CREATE TEMP TABLE t (v text UNIQUE)"))
        with pytest.raises(DBAPIError):
            connection.execute(text("INSERT INTO t VALUES (:v), (:v)"), {"v": "swordfish"})
    engine.dispose()
    assert "swordfish" not in (postgres.home / "log" / "postgres.log").read_text()


def test_backend_killed_in_a_statement_leaves_no_value_in_the_log(tmp_path: Path) -> None:
    postgres = EmbeddedPostgres(_home(tmp_path / "home"))
    with postgres.running() as url:
        engine = create_engine(url)
        with pytest.raises(DBAPIError), engine.connect() as connection:
            connection.execute(text("COPY (SELECT 'swordfish') TO PROGRAM 'kill -9 $PPID'"))
        engine.dispose()
        postgres.wait_ready()
    log = (postgres.home / "log" / "postgres.log").read_text()
    assert ("was terminated by signal 9" in log, "swordfish" in log) == (True, False)


def test_folders_keep_their_modes_and_owners(server: tuple[EmbeddedPostgres, str]) -> None:
    home = server[0].home
    for folder in (home, home / "secrets", home / "run"):
        assert (stat.S_IMODE(folder.stat().st_mode), folder.stat().st_uid) == (0o700, os.geteuid())


def test_server_does_not_run_as_root(server: tuple[EmbeddedPostgres, str]) -> None:
    assert server[0].data.stat().st_uid != 0
    assert stat.S_IMODE(server[0].data.stat().st_mode) == 0o700


def test_cluster_half_made_is_thrown_away(tmp_path: Path) -> None:
    postgres = EmbeddedPostgres(_home(tmp_path / "home"))
    half = postgres.home / "database.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with postgres.running():
        assert postgres.is_ready()
    assert not half.exists()


def test_cluster_made_keeps_its_rows_over_a_restart(tmp_path: Path) -> None:
    postgres = EmbeddedPostgres(_home(tmp_path / "home"))
    for statement in ("CREATE TABLE kept AS SELECT 7 AS n", "SELECT n FROM kept"):
        with postgres.running() as url:
            engine = create_engine(url)
            with engine.begin() as connection:
                answer = connection.execute(text(statement))
                rows = answer.scalars().all() if answer.returns_rows else []
            engine.dispose()
    assert rows == [7]
