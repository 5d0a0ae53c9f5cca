"""The order number of a test buy, which the platform holds against its own books before it decides: yes or no."""

from hub.access.actor import Actor
from hub.db import db
from hub.ledger.events import Event
from hub.listing_reports import policy, rules
from hub.listing_reports.reason_rules import asks_order
from hub.listing_reports.rules import Command, RefusedStepError, ReportState
from hub.listing_reports.service.steps import Said, held, record


def confirm(actor: Actor, name: str, yes: bool, said: Said) -> str:
    """Say whether the order number is one of the listing; returns the ledger entry. Commits.

    A no says in a sentence what to mend, like each refusal. It may be said anew until the report is decided. Raises
    what `lead` does; RefusedStepError also for a report that names no order.
    """
    report = held(actor, name, said.version)
    rules.moved(ReportState(report.state), Command.CONFIRM, policy.party(actor))
    if not asks_order(report.reason):
        raise RefusedStepError("this report names no order number: only one of a test buy does")
    refusal = "" if yes else rules.NOT_OF_LISTING
    sentence = "" if yes else rules.check_refusal(refusal, said.sentence)
    report.order_confirmed = yes
    report.version += 1
    what = "yes" if yes else "no"
    entry = record(
        actor, report, Command.CONFIRM, Event.REPORT_ORDER_CHECKED, what=what, refusal=refusal, sentence=sentence
    )
    db.session.commit()
    return entry
