"""What brand and platform write to each other about a report, whatever its state."""

from collections.abc import Collection

from sqlalchemy import select

from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import db
from hub.dialogue import service as dialogue
from hub.dialogue.service import Record, Sent, ShownMessage
from hub.evidence.rules import RecordKind
from hub.listing_reports import policy, rules
from hub.listing_reports.model import ListingReport
from hub.listing_reports.service.steps import UnknownReportError


def say(actor: Actor, name: str, text: str, files: Collection[str] = ()) -> Sent:
    """Write to the other party of a report; the caller commits. Who leads a report on may write.

    Raises NotPermittedError, UnknownReportError, MessageError.
    """
    actor.must(policy.needed(actor))
    return dialogue.say(actor, _record(actor, name), text, files)


def thread(
    actor: Actor, name: str, *, after: int | None = None, before: int | None = None, limit: int = 50
) -> list[ShownMessage]:
    """What was written about a report, oldest first, as `dialogue.thread` gives it. Raises UnknownReportError."""
    actor.must(Permission.REPORT_READ)
    return dialogue.thread(actor, _record(actor, name), after=after, before=before, limit=limit)


def _record(actor: Actor, name: str) -> Record:
    found = select(ListingReport.brand_id, ListingReport.platform_id).where(
        policy.visible_to(actor), ListingReport.name == name
    )
    parties = db.session.execute(found).one_or_none() if rules.NAME.fullmatch(name) else None
    if parties is None:
        raise UnknownReportError("you have no report of this name")
    (other,) = set(parties) - {actor.member_id}
    return Record(RecordKind.LISTING_REPORT, name, other, Permission.REPORT_READ, policy.needed(actor))
