"""The third net's near side: tells PostgreSQL, at the start of each transaction, who is reading.

Row-level security reads these settings. A transaction begun without a reader has none, and sees no shared row. The same
statement holds the member's standing until the transaction ends: a suspension waits for it, and is met by the next.
"""

from typing import Any

from sqlalchemy import Boolean, Connection, DateTime, Integer, bindparam, event, func, select
from sqlalchemy.orm import Session, SessionTransaction

from hub import clock
from hub.access.actor import Actor, Agent

_SET_READER = select(
    func.set_config("hub.member", bindparam("member"), True),
    func.set_config("hub.kind", bindparam("kind"), True),
    func.set_config("hub.sector", bindparam("sector"), True),
    func.set_config("hub.addresses", bindparam("addresses"), True),
    func.stands(bindparam("number", type_=Integer)).label("stands"),
    func.set_config("hub.agent", bindparam("agent"), True),
)
_AUTHORISED = select(
    func.authorised(
        bindparam("number", type_=Integer),
        bindparam("moment", type_=DateTime(timezone=True)),
        bindparam("commits", type_=Boolean),
    )
)


class NotInStandingError(PermissionError):
    """The actor's member may not act at present."""


class NotAuthorisedError(PermissionError):
    """There is no authorisation to act for that brand, or none any more."""


class SecondReaderError(Exception):
    """One session serves one reader: its identity map would hand the first reader's rows to the second."""


def read_as(session: Session, actor: Actor, *, told: bool = False) -> None:
    """Make `actor` the reader of this session from now on, also in a transaction already begun.

    `told`: the database has set the reader of this transaction itself.

    Raises SecondReaderError if the session already serves another member, NotInStandingError.
    """
    before = session.info.get("reader")
    if before is not None and (before.member_id, before.agent) != (actor.member_id, actor.agent):
        raise SecondReaderError("this session already reads for another member")
    session.info["reader"] = actor
    if session.in_transaction() and not told:
        _tell(session.connection(), actor)


def settings_of(actor: Actor) -> dict[str, Any]:
    """What the database is told of a reader, each as `hub.<name>`."""
    return {
        "member": str(actor.member_id),
        "kind": actor.kind.value,
        "sector": actor.sector or "",
        "addresses": "{" + ",".join(map(str, actor.addresses)) + "}",
        "agent": str(actor.agent.member_id) if actor.agent else "",
    }


def _tell(connection: Connection, actor: Actor) -> None:
    if actor.agent is not None:
        _hold_to(connection, actor.agent, commits=False)  # the agent's standing first, as when it was let in
    values = settings_of(actor) | {"number": actor.member_id}
    if not connection.execute(_SET_READER, values).one().stands and actor.via != "upkeep":
        raise NotInStandingError(f"the member {actor.member} may not act at present")


def _hold_to(connection: Connection, agent: Agent, *, commits: bool) -> None:
    asked = {"number": agent.authorisation, "moment": clock.now(), "commits": commits}
    if not connection.execute(_AUTHORISED, asked).scalar_one():
        raise NotAuthorisedError("there is no authorisation to act for this brand")


@event.listens_for(Session, "before_commit")
def _commit(session: Session) -> None:
    """What was begun under an authorisation commits under it, or not at all."""
    reader = session.info.get("reader")
    if reader is not None and reader.agent is not None:
        _hold_to(session.connection(), reader.agent, commits=True)


@event.listens_for(Session, "after_begin")
def _begin(session: Session, _transaction: SessionTransaction, connection: Connection, *_: Any) -> None:
    reader = session.info.get("reader")
    if reader is not None:
        _tell(connection, reader)
