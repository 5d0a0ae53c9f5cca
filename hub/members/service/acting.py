"""Acting for a brand: whom an agent becomes under what that authorised it to."""

from sqlalchemy import DateTime, Text, func, select

from hub import clock
from hub.access.actor import Actor, Agent
from hub.access.grants import granted_acting
from hub.access.guard import NotAuthorisedError
from hub.access.tlp import MemberKind
from hub.db import compiled, db, given
from hub.members.model import Authorisation, Member
from hub.members.rules import CODE
from hub.members.service.denials import record_denial

_TAKEN = compiled(
    select(
        func.take_up(given("brand", Text), given("moment", DateTime(timezone=True))).table_valued(
            *("authorisation", "scopes", "member_id", "code", "name", "kind", "sector", "addresses")
        )
    )
)


def act_for(agent: Actor, code: str) -> Actor:
    """The brand of that code, in whose name an agent acts: what the authorisation lets it, of what its key may.

    The database sets the reader for this transaction itself. Raises NotAuthorisedError, in the same words for a code of
    nobody, for a brand that did not authorise it or does no more, and where either of the two may not exchange. That is
    on the agent's record; on the brand's too, where it once authorised the agent.
    """
    rows = _TAKEN.run(brand=code, moment=clock.now()) if CODE.fullmatch(code) else []
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
    )
