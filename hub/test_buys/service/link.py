"""Linking: a signed test buy that found a counterfeit fills a listing report of the same brand."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import db
from hub.evidence import service as evidence
from hub.evidence.rules import RecordKind
from hub.listing_reports import service as reports
from hub.listing_reports.preflight_rules import Fault, ReportedRow
from hub.listing_reports.reason_rules import Grounds
from hub.members import service as members
from hub.test_buys import rules
from hub.test_buys.model import Buy
from hub.test_buys.rules import BuyState, Command, RefusedStepError, Verdict
from hub.test_buys.service.moves import Recorded, held, step
from hub.test_buys.service.read import shown

REASON = "test_buy"
"""The reason code of the report."""


class NotMendedError(Exception):
    """Pre-flight of the listing report found something to mend; `faults` says what."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(each.words for each in faults))
        self.faults = faults


@dataclass(frozen=True)
class Linking:
    """What a listing report needs beside what the test buy knows."""

    right: str
    """The name of the right that is infringed."""
    product_class: str = ""
    seller: str = ""
    """As the platform shows it; the report's listing names it, and strikes are counted by it."""
    explanation: str = ""
    declared: int = 0
    """The version of the good-faith declaration of listing reports that whoever files has made."""


def link(actor: Actor, name: str, version: int, given: Linking) -> tuple[str, str]:
    """File the report and link the test buy to it; returns the report's name and the ledger entry. Commits.

    The platform may read the signed report and its photos from then on, and nothing else of the test buy. Raises
    NotPermittedError, UnknownBuyError, StaleBuyError, RefusedStepError, NotMendedError, and WordsError of listing
    reports.
    """
    actor.must(Permission.TESTBUY_RUN)
    buy = held(actor, name, version)
    to = rules.moved(BuyState(buy.state), Command.LINK)
    if buy.verdict != Verdict.COUNTERFEIT:
        raise RefusedStepError(f"only a counterfeit is reported, and this was found {buy.verdict}")
    grounds = Grounds(REASON, _evidence(buy), given.explanation)
    row = ReportedRow(1, buy.url, product_class=given.product_class, seller=given.seller)
    platform = members.codes_of({buy.platform_id})[buy.platform_id]
    filed = reports.file(actor, reports.Draft(platform, given.right, grounds, [row]), given.declared)
    if filed.faults:
        raise NotMendedError(filed.faults)
    _show(actor, buy, filed.name)
    buy.listing_report = filed.name
    entry = step(actor, buy, Command.LINK, to, told=Recorded(filed.name))
    db.session.commit()
    return filed.name, entry


def _evidence(buy: Buy) -> dict[str, str]:
    """What the reason asks for: all of it is known once the test buy is signed."""
    return {
        "order_number": buy.order_number or "",
        "purchased_on": str(buy.ordered_on),
        "photos": buy.report_file or "",  # the signed report, which names each photo by its digest
        "method": buy.method or "",
        "verdict": buy.verdict or "",
        "signer": f"{buy.signer}, {buy.signer_role}",
    }


def _show(actor: Actor, buy: Buy, report: str) -> None:
    """Let the platform read the signed report and its photos; what was erased since stands there by its digest."""
    photos = {photo.name for each in shown(buy).steps for photo in each.photos}
    for name in sorted({*photos, buy.report_file or ""}):
        try:
            evidence.attach(actor, name, RecordKind.LISTING_REPORT, report, [buy.platform_id])
        except evidence.UnknownEvidenceError:
            continue
