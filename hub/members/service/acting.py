"""Acting for a brand: whom an agent becomes under what that authorised it to."""

from dataclasses import replace

from sqlalchemy import DateTime, Integer, Text, func, select, update

from hub import clock
from hub.access.actor import Actor, Agent
from hub.access.grants import granted_acting
from hub.access.guard import NotAuthorisedError, read_as
from hub.access.tlp import MemberKind
from hub.db import compiled, db, given
from hub.members.model import Authorisation, Member, PersonSession
from hub.members.rules import CODE
from hub.members.service.denials import record_denial

_TAKEN = compiled(
    select(
        func.take_up(
            given("brand", Text), given("moment", DateTime(timezone=True)), given("under", Integer)
        ).table_valued(*("authorisation", "scopes", "member_id", "code", "name", "kind", "sector", "addresses"))
    )
)


def act_for(agent: Actor, code: str, under: int | None = None) -> Actor:
    """The brand of that code, in whose name an agent acts: what the authorisation lets it, of what its role or key may.

    `under`: that authorisation alone; None: whichever lives. The database sets the reader for this transaction itself.
    Raises NotAuthorisedError, in the same words for a code of nobody, for a brand that did not authorise it or does no
    more, and where either of the two may not exchange. That is on the agent's record; on the brand's too, where it once
    authorised the agent.
    """
    rows = _TAKEN.run(brand=code, moment=clock.now(), under=under) if CODE.fullmatch(code) else []
    if not rows:
        past = select(Member.id).join(Authorisation, Authorisation.brand_id == Member.id)
        known = past.where(Member.code == code, Authorisation.agent_id == agent.member_id).limit(1)
        record_denial(agent, "acting-for", db.session.execute(known).scalars().all() if CODE.fullmatch(code) else ())
        raise NotAuthorisedError("there is no authorisation to act for this brand")
    (row,) = rows
    return Actor(
        member_id=row.member_id,
        member=row.code,
        kind=MemberKind(row.kind),
        permissions=granted_acting(agent.reach, row.scopes),
        via=agent.via,
        pseudonym=agent.pseudonym,
        sector=row.sector,
        addresses=tuple(row.addresses),
        credential_id=agent.credential_id,
        agent=Agent(agent.member_id, agent.member, row.authorisation),
        title=row.name,
        session=agent.session,
    )


def act_as_chosen(agent: Actor, code: str, under: int) -> Actor:
    """The brand that a person of an agent chose to act for, as `act_for` has it; else the person, told what `lapsed`.

    A choice ends with the authorisation that it was made under, also where the brand has given another since.
    """
    session = agent.session
    assert session is not None
    try:
        return act_for(agent, code, under)
    except NotAuthorisedError:
        read_as(db.session, agent)
        db.session.execute(update(PersonSession).where(PersonSession.id == session.id).values(acting_under=None))
        db.session.commit()
        return replace(agent, session=replace(session, acting_for="", lapsed=session.acting_for))
