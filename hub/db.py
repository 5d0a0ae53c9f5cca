"""The database: engine and session of the app, the base of all tables, and their naming."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar, cast

import psycopg
from flask_sqlalchemy_lite import SQLAlchemy
from psycopg.rows import namedtuple_row
from sqlalchemy import BindParameter, CheckConstraint, Connection, CursorResult, Executable, MetaData, Select, bindparam
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute
from sqlalchemy.types import UserDefinedType

ENGINE_OPTIONS: dict[str, Any] = {
    "pool_size": 5,  # one for each thread of a gunicorn worker, and one for a statement apart from them
    "max_overflow": 2,
    "pool_use_lifo": True,  # the connection used last has its statements prepared
    "hide_parameters": True,  # tokens are parameters: no error text may hold them
    "pool_pre_ping": False,  # a lost connection is one failed request with a remedy, not a query before every request
    "connect_args": {"options": "-c jit=off -c timezone=UTC", "prepare_threshold": 3},
}

Found = TypeVar("Found", bound=Select[*tuple[Any, ...]])


class Model(DeclarativeBase):
    """Base of every table."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    """A constraint that the column holds one of the enumeration's values."""
    listed = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id, as a whole number.

    Rows stamped with the id of the transaction that last changed them, read against a snapshot's xmin, give a cursor
    that misses no late committer.
    """

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """The type's name in DDL."""
        return "xid8"

    def bind_processor(self, _dialect: Any) -> Any:
        """PostgreSQL takes the id as text."""
        return lambda value: None if value is None else str(value)

    def result_processor(self, _dialect: Any, _coltype: Any) -> Any:
        """The driver hands it over as text."""
        return lambda value: None if value is None else int(value)


@dataclass(frozen=True)
class Compiled:
    """A statement written out once, for the paths where building and compiling it would cost more than running it."""

    sql: str
    values: dict[str, Any]

    def run(self, **given: Any) -> list[Any]:
        """The rows, as named tuples, of running it in the session's transaction with the values given now.

        Past SQLAlchemy's own execution, which costs as much again as the driver's. Raises what that would raise.
        """
        return self._run_on(db.session.connection(), given)

    def run_apart(self, **given: Any) -> list[Any]:
        """The same in a transaction of its own, over when this returns, whatever becomes of the session's."""
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            return self._run_on(connection, given)

    def _run_on(self, connection: Connection, given: dict[str, Any]) -> list[Any]:
        driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
        try:
            with driver.cursor(row_factory=namedtuple_row) as cursor:
                return cursor.execute(self.sql, {**self.values, **given}).fetchall()
        except psycopg.Error as error:
            if driver.closed:
                connection.invalidate(error)
            raise DBAPIError.instance(
                self.sql, None, error, psycopg.Error, hide_parameters=True, connection_invalidated=driver.closed
            ) from error


def newest(found: Found, number: InstrumentedAttribute[int], before: int | None, limit: int) -> Found:
    """The newest of what is sought, by number, so many at most; those below the number `before`, where there is one."""
    found = found.order_by(number.desc()).limit(limit)
    return found if before is None else found.where(number < before)


def changed(statement: Executable) -> int:
    """Run a statement that writes, in the session's transaction; returns how many rows it changed."""
    return cast("CursorResult[Any]", db.session.execute(statement)).rowcount


def given(name: str, type: Any) -> BindParameter[Any]:
    """A value that `Compiled.run` is given each time."""
    return bindparam(name, None, type_=type)


def compiled(statement: Executable) -> Compiled:
    """Write a statement out for the driver. Results come as the driver gives them, without SQLAlchemy's types."""
    written = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})  # type: ignore[attr-defined]
    # a run of tokens goes in binary: a quarter of the bytes, and neither side spells or reads hexadecimal
    return Compiled(str(written).replace(")s::BYTEA[]", ")b::BYTEA[]"), dict(written.params))


_DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]
db = SQLAlchemy(engine_options=ENGINE_OPTIONS)
