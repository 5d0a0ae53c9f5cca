"""The database: engine and session of the app, the base of all tables, and their naming."""

from typing import Any

from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import UserDefinedType

ENGINE_OPTIONS: dict[str, Any] = {
    "pool_size": 4,  # one for each thread of a gunicorn worker
    "max_overflow": 2,
    "hide_parameters": True,  # tokens are parameters: no error text may hold them
    "pool_pre_ping": False,  # a lost connection is one failed request with a remedy, not a query before every request
    "connect_args": {"options": "-c jit=off -c timezone=UTC", "prepare_threshold": 3},
}


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


db = SQLAlchemy(engine_options=ENGINE_OPTIONS)
