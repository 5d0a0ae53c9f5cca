"""Every event that is recorded, and the sentence a person reads."""

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Event(StrEnum):
    """`<thing>.<what happened>`: the `action` of a ledger view."""

    APPLICATION_RECEIVED = "application.received"
    APPLICATION_DOCUMENT_READ = "application.document_read"
    APPLICATION_TICKED = "application.ticked"
    APPLICATION_UNTICKED = "application.unticked"
    APPLICATION_VETTED = "application.vetted"
    APPLICATION_REFUSED = "application.refused"
    RIGHT_ENTERED = "right.entered"
    RIGHT_CORRECTED = "right.corrected"
    RIGHT_CERTIFIED = "right.certified"
    RIGHT_CERTIFICATE_READ = "right.certificate_read"
    RIGHT_CERTIFICATE_ERASED = "right.certificate_erased"
    RIGHT_WITHDRAWN = "right.withdrawn"
    RIGHT_ASKED = "right.asked"
    RIGHT_VERIFIED = "right.verified"
    RIGHT_REFUSED = "right.refused"
    RIGHT_VERIFIED_THERE = "right.verified_there"
    RIGHT_REFUSED_THERE = "right.refused_there"
    SELLER_ADDED = "seller.added"
    SELLER_ENDED = "seller.ended"
    SELLER_FOUND = "seller.found"
    REPORT_FILED = "report.filed"
    REPORT_TAKEN = "report.taken"
    REPORT_ASSIGNED = "report.assigned"
    REPORT_RETURNED = "report.returned"
    REPORT_MENDED = "report.mended"
    REPORT_FORWARDED = "report.forwarded"
    REPORT_COUNTERED = "report.countered"
    REPORT_LAPSED = "report.lapsed"
    REPORT_MAINTAINED = "report.maintained"
    REPORT_WITHDRAWN = "report.withdrawn"
    COUNTER_ACCEPTED = "report.counter_accepted"
    REPORT_REINSTATED = "report.reinstated"
    REPORT_ORDER_CHECKED = "report.order_checked"
    REPORT_JUDGED = "report.judged"
    REPORT_ACTED = "report.acted_on"
    REPORT_CLOSED = "report.closed"
    REPORT_REOPENED = "report.reopened"
    MARKETPLACE_SET = "marketplace.set"
    MARKETPLACE_DROPPED = "marketplace.dropped"
    CLOCK_SET = "clock.set"
    CLOCK_DROPPED = "clock.dropped"
    LADDER_SET = "ladder.set"
    QUESTION_ASKED = "question.asked"
    QUESTION_ANSWERED = "question.answered"
    QUESTION_WITHDRAWN = "question.withdrawn"
    QUESTION_MESSAGE_SENT = "question.message_sent"
    QUESTION_EXPIRED = "question.expired"
    TESTBUY_PLANNED = "testbuy.planned"
    TESTBUY_APPROVED = "testbuy.approved"
    TESTBUY_ORDERED = "testbuy.ordered"
    TESTBUY_RECEIVED = "testbuy.received"
    TESTBUY_PASSED = "testbuy.passed"
    TESTBUY_EXAMINED = "testbuy.examined"
    TESTBUY_JUDGED = "testbuy.judged"
    TESTBUY_SIGNED = "testbuy.signed"
    TESTBUY_LINKED = "testbuy.linked"
    TESTBUY_SPENT = "testbuy.spent"
    TESTBUY_REFUNDED = "testbuy.refunded"
    TESTBUY_RETAINED = "testbuy.retained"
    TESTBUY_DESTROYED = "testbuy.destroyed"
    TESTBUY_CANCELLED = "testbuy.cancelled"
    TESTBUY_OUTCOME_SHARED = "testbuy.outcome_shared"
    MEMBER_ADMITTED = "member.admitted"
    MEMBER_MOVED = "member.moved"
    ACTED_FOR = "member.acted_for"
    MEMBER_SECTOR_SET = "member.sector_set"
    AGREEMENT_PUBLISHED = "agreement.published"
    AGREEMENT_SIGNED = "agreement.signed"
    GROUP_FOUNDED = "group.founded"
    GROUP_INVITED = "group.invited"
    GROUP_INVITATION_SETTLED = "group.invitation_settled"
    GROUP_RENEWED = "group.agreement_published"
    GROUP_ACCEPTED = "group.agreement_accepted"
    GROUP_LAPSED = "group.seat_lapsed"
    GROUP_PASSED = "group.passed"
    GROUP_LEFT = "group.left"
    GROUP_DISSOLVED = "group.dissolved"
    GROUP_JOINED = "group.joined"
    AUTHORISATION_GIVEN = "authorisation.given"
    AUTHORISATION_TAKEN_BACK = "authorisation.taken_back"
    AUTHORISATION_GIVEN_UP = "authorisation.given_up"
    ACTING_BEGUN = "acting.begun"
    ACTING_ENDED = "acting.ended"
    CREDENTIAL_ISSUED = "credential.issued"
    CREDENTIAL_REVOKED = "credential.revoked"
    PERSON_INVITED = "person.invited"
    INVITATION_MADE = "invitation.made"
    INVITATION_ACCEPTED = "invitation.accepted"
    INVITATION_TAKEN_BACK = "invitation.taken_back"
    ROLE_SET = "person.role_set"
    PERSON_SHUT_OUT = "person.shut_out"
    PERSON_LET_IN = "person.let_in"
    PASSWORD_CHANGED = "person.password_changed"
    PERSON_SIGNED_IN = "person.signed_in"
    FACTOR_ADDED = "person.factor_added"
    FACTOR_REMOVED = "person.factor_removed"
    FACTORS_RESET = "person.factors_reset"
    PROVIDER_SET = "provider.set"
    PROVIDER_REMOVED = "provider.removed"
    DOMAIN_ASKED = "domain.asked"
    DOMAIN_BOUND = "domain.bound"
    DOMAIN_DROPPED = "domain.dropped"
    PERSON_BROUGHT = "person.brought"
    PERSON_LINKED = "person.linked"
    ROLE_GIVEN = "person.role_given"
    WEBHOOK_ADDED = "webhook.added"
    WEBHOOK_CHANGED = "webhook.changed"
    WEBHOOK_ROTATED = "webhook.secret_rotated"
    WEBHOOK_REMOVED = "webhook.removed"
    WEBHOOK_DISABLED = "webhook.disabled"
    QUOTA_SET = "quota.set"
    LIMIT_SET = "limit.set"
    EPOCH_OPENED = "epoch.opened"
    TOKEN_EVALUATED = "token.evaluated"
    CONTRIBUTION_SHARED = "contribution.shared"
    OUTCOME_SHARED = "report.outcome_shared"
    CONTRIBUTION_WITHDRAWN = "contribution.withdrawn"
    CONTRIBUTION_EXPIRED = "contribution.expired"
    CONTRIBUTION_ORPHANED = "contribution.orphaned"
    ORPHANS_WITHDRAWN = "contribution.orphans_withdrawn"
    MESSAGE_SENT = "message.sent"
    EVIDENCE_STORED = "evidence.stored"
    EVIDENCE_ATTACHED = "evidence.attached"
    EVIDENCE_READ = "evidence.read"
    EVIDENCE_ERASED = "evidence.erased"
    EVIDENCE_EXPIRED = "evidence.expired"
    MATCH_RUN = "match.run"
    LIST_FETCHED = "list.fetched"
    ACCESS_DENIED = "access.denied"
    DENIALS_COUNTED = "access.denials_counted"
    ENTRIES_READ = "audit.read"
    WITNESS_ADDED = "ledger.witness_added"
    WITNESS_REMOVED = "ledger.witness_removed"
    KEY_ROTATED = "ledger.key_rotated"
    SHARD_CLOSING = "ledger.shard_closing"
    DECISION_PROPOSED = "decision.proposed"
    DECISION_APPROVED = "decision.approved"
    DECISION_REFUSED = "decision.refused"
    ENTRY_ERASED = "audit.erase"
    ENTRIES_RETIRED = "audit.retire"
    PERSON_FORGOTTEN = "audit.forget"
    LEDGER_DISPUTED = "ledger.disputed"
    LEDGER_REANCHORED = "ledger.reanchored"
    ENTRY_SET_ASIDE = "ledger.set_aside"
    ENTRY_TAKEN_AGAIN = "ledger.taken_again"


WHILE_HALTED = frozenset(
    {
        *(Event.PERSON_SIGNED_IN, Event.DECISION_PROPOSED, Event.DECISION_APPROVED, Event.DECISION_REFUSED),
        *(Event.LEDGER_REANCHORED, Event.WITNESS_REMOVED, Event.ENTRIES_READ, Event.LEDGER_DISPUTED),
    }
)
"""What is recorded while the log is halted: what leads out of it, and what shows what is wrong with it.

It waits in the outbox, and is taken into the tree after the halt. The database holds the same list.
"""

SENTENCES: dict[Event, str] = {
    Event.APPLICATION_RECEIVED: "The application {ref} came in, from an address that was proved",
    Event.APPLICATION_DOCUMENT_READ: "A person of the office read document {document} of the application {ref}",
    Event.APPLICATION_TICKED: "A person of the office ticked an item of the application {ref}: {reason}",
    Event.APPLICATION_UNTICKED: "A person of the office took back a tick of the application {ref}: {reason}",
    Event.APPLICATION_VETTED: "All items of the application {ref} are ticked",
    Event.APPLICATION_REFUSED: "The office refused the application {ref}",
    Event.RIGHT_ENTERED: "{member} entered the IP right {ref}",
    Event.RIGHT_CORRECTED: "{member} corrected the IP right {ref}, which is to be verified anew",
    Event.RIGHT_CERTIFIED: "{member} handed in a certificate of the IP right {ref}, which is to be verified anew",
    Event.RIGHT_CERTIFICATE_READ: "{member} read the certificate of the IP right {ref}",
    Event.RIGHT_CERTIFICATE_ERASED: "The IP right {ref} of {member} ended long ago: its certificate is deleted",
    Event.RIGHT_WITHDRAWN: "{member} withdrew the IP right {ref}",
    Event.RIGHT_ASKED: "{member} asked a platform to verify the IP right {ref}",
    Event.RIGHT_VERIFIED: "The office verified the IP right {ref}: the register holds it so",
    Event.RIGHT_REFUSED: "The office refused the IP right {ref}, and told its member why",
    Event.RIGHT_VERIFIED_THERE: "{member} verified the IP right {ref}: reports to it may rely on it",
    Event.RIGHT_REFUSED_THERE: "{member} refused the IP right {ref}, and told its member why",
    Event.SELLER_ADDED: "{member} put {sellers} sellers on its list of authorised sellers",
    Event.SELLER_ENDED: "{member} ended the entry {ref} of its list of authorised sellers",
    Event.SELLER_FOUND: "{member} had {asked} listings looked at before reporting them: {matched} of them by sellers"
    " that other members have authorised",
    Event.REPORT_FILED: "{member} filed the listing report {ref} with {listings} listings, and declared its good faith",
    Event.REPORT_TAKEN: "{member} took the listing report {ref} into review",
    Event.REPORT_ASSIGNED: "A person of {member} reviews the listing report {ref} from now on",
    Event.REPORT_RETURNED: "{member} returned the listing report {ref} to be mended ({reason})",
    Event.REPORT_MENDED: "{member} mended the listing report {ref} and submitted it again",
    Event.REPORT_FORWARDED: "{member} passed the listing report {ref} on to the seller",
    Event.REPORT_COUNTERED: "{member} passed on a seller's counter-notice to {listings} listings of the report {ref}",
    Event.COUNTER_ACCEPTED: "{member} accepted a counter-notice to the listing report {ref}",
    Event.REPORT_REINSTATED: "Reinstated {listings} listings of the report {ref}: {reason}",
    Event.REPORT_LAPSED: "The time for an answer in the listing report {ref} ran out: it is {reason}",
    Event.REPORT_MAINTAINED: "{member} maintained the listing report {ref} after the counter-notice",
    Event.REPORT_WITHDRAWN: "{member} withdrew the listing report {ref}",
    Event.REPORT_ORDER_CHECKED: "{member} was asked whether the order number of the listing report {ref} is one of its"
    " listing, and said {reason}",
    Event.REPORT_JUDGED: "{member} decided on listings of the report {ref}: {established} established,"
    " {rejected} rejected; it is {reason}",
    Event.REPORT_ACTED: "{member} acted on {listings} listings of the report {ref} ({reason})",
    Event.REPORT_CLOSED: "{member} closed the listing report {ref}",
    Event.REPORT_REOPENED: "{member} reopened the listing report {ref}: what was decided is open again",
    Event.MARKETPLACE_SET: "{member} said into which countries it sells on one of its marketplaces",
    Event.MARKETPLACE_DROPPED: "{member} took back one of its marketplaces",
    Event.CLOCK_SET: "{member} set the clock of its listing reports in {ref} ({reason})",
    Event.CLOCK_DROPPED: "{member} took back the clock of its listing reports in {ref}",
    Event.LADDER_SET: "{member} chose the strike ladder {ref} for sellers",
    Event.QUESTION_ASKED: "{member} asked a brand about {asked} listings ({ref})",
    Event.QUESTION_ANSWERED: "{member} answered {questions} questions of a platform: {reason} ({ref})",
    Event.QUESTION_WITHDRAWN: "{member} withdrew {questions} questions to a brand ({ref})",
    Event.QUESTION_MESSAGE_SENT: "{member} wrote to the other party about the question {ref}",
    Event.QUESTION_EXPIRED: "A brand did not answer {questions} questions of {member} in time: no effect ({ref})",
    Event.TESTBUY_PLANNED: "{member} planned the test buy {ref}",
    Event.TESTBUY_APPROVED: "A second person of {member} approved the budget of the test buy {ref}",
    Event.TESTBUY_ORDERED: "{member} ordered the test buy {ref}",
    Event.TESTBUY_RECEIVED: "{member} received the test buy {ref}, sealed",
    Event.TESTBUY_PASSED: "{member} passed the goods of the test buy {ref} on",
    Event.TESTBUY_EXAMINED: "{member} opened and examined the goods of the test buy {ref}",
    Event.TESTBUY_JUDGED: "{member} gave the verdict on the test buy {ref}",
    Event.TESTBUY_SIGNED: "{member} signed the report of the test buy {ref} ({reason})",
    Event.TESTBUY_LINKED: "{member} linked the test buy {ref} to the listing report {reason}",
    Event.TESTBUY_SPENT: "{member} added a cost of the test buy {ref}",
    Event.TESTBUY_REFUNDED: "{member} sent the goods of the test buy {ref} back, and was refunded",
    Event.TESTBUY_RETAINED: "{member} retains the goods of the test buy {ref}",
    Event.TESTBUY_DESTROYED: "{member} had the goods of the test buy {ref} destroyed",
    Event.TESTBUY_CANCELLED: "{member} cancelled the test buy {ref}",
    Event.MEMBER_ADMITTED: "{ref} was admitted to the alliance",
    Event.MEMBER_MOVED: "A member is {ref} now",
    Event.ACTED_FOR: "Two people of the office acted in the name of {ref} ({reason})",
    Event.MEMBER_SECTOR_SET: "A member's sector is {ref} now",
    Event.AGREEMENT_PUBLISHED: "Version {ref} of the agreement was published for everybody",
    Event.AGREEMENT_SIGNED: "{member} signed version {ref} of the agreement",
    Event.GROUP_FOUNDED: "{member} founded the sharing group {ref}",
    Event.GROUP_INVITED: "{reason} was invited to the sharing group {ref}",
    Event.GROUP_INVITATION_SETTLED: "An invitation to the sharing group {ref} was declined or taken back",
    Event.GROUP_RENEWED: "A new agreement of the sharing group {ref} was published: each seat accepts it or ends",
    Event.GROUP_ACCEPTED: "A member accepted the new agreement of the sharing group {ref}",
    Event.GROUP_LAPSED: "A seat in the sharing group {ref} ended: its new agreement was not accepted in time",
    Event.GROUP_PASSED: "The sharing group {ref} is kept by {reason} now",
    Event.GROUP_LEFT: "A member left the sharing group {ref}",
    Event.GROUP_DISSOLVED: "The sharing group {ref} was dissolved",
    Event.GROUP_JOINED: "A member joined the sharing group {ref}",
    Event.AUTHORISATION_GIVEN: "{member} authorised the agent {ref} to act for it ({purpose})",
    Event.AUTHORISATION_TAKEN_BACK: "{member} took back what it had authorised the agent {ref} to",
    Event.AUTHORISATION_GIVEN_UP: "The agent {member} gave up what {ref} had authorised it to",
    Event.ACTING_BEGUN: "A person of the agent {member} began to act for {ref}",
    Event.ACTING_ENDED: "A person of the agent {member} acts for {ref} no more",
    Event.CREDENTIAL_ISSUED: "An API credential was issued to {ref}",
    Event.CREDENTIAL_REVOKED: "The API credentials of {ref} were revoked",
    Event.PERSON_INVITED: "A person was given access for {ref}",
    Event.INVITATION_MADE: "A person was invited to act for {ref}",
    Event.INVITATION_ACCEPTED: "A person accepted an invitation to act for {member} ({ref})",
    Event.INVITATION_TAKEN_BACK: "An invitation to act for {member} was taken back",
    Event.ROLE_SET: "The person {ref} acts for {member} as its {reason} now",
    Event.PERSON_SHUT_OUT: "The person {ref} was shut out: it acts for {member} no more",
    Event.PERSON_LET_IN: "The person {ref}, who was shut out, may act for {member} again",
    Event.PASSWORD_CHANGED: "A person of {member} chose a new password (by {ref})",
    Event.PERSON_SIGNED_IN: "A person signed in for {member}",
    Event.FACTOR_ADDED: "A person of {member} added a second factor ({ref})",
    Event.FACTOR_REMOVED: "A person of {member} removed a second factor ({ref})",
    Event.FACTORS_RESET: "The second factors of {ref} were reset for {member}",
    Event.PROVIDER_SET: "{member} set by which provider its people sign in",
    Event.PROVIDER_REMOVED: "The people of {member} sign in by no provider any more",
    Event.DOMAIN_ASKED: "{member} asked that addresses at {ref} sign in by its provider",
    Event.DOMAIN_BOUND: "Addresses at {ref} sign in by their member's provider now",
    Event.DOMAIN_DROPPED: "Addresses at {ref} sign in by the provider of {member} no more",
    Event.PERSON_BROUGHT: "The provider of {member} brought in a person ({ref})",
    Event.PERSON_LINKED: "A person of {member} signed in by its provider for the first time",
    Event.ROLE_GIVEN: "The provider of {member} gave a person the role {ref}",
    Event.WEBHOOK_ADDED: "{member} has its notices sent to the webhook {ref}",
    Event.WEBHOOK_CHANGED: "{member} changed what is sent to the webhook {ref}, or enabled it again",
    Event.WEBHOOK_ROTATED: "{member} has the webhook {ref} signed with another secret",
    Event.WEBHOOK_REMOVED: "{member} removed the webhook {ref}",
    Event.WEBHOOK_DISABLED: "Nothing is sent to the webhook {ref} of {member} any more: {reason}",
    Event.QUOTA_SET: "{ref} may have {allowed} identifiers a month evaluated",
    Event.LIMIT_SET: "{ref} may make {allowed} requests a minute",
    Event.EPOCH_OPENED: "Epoch {ref} was opened for everybody",
    Event.TOKEN_EVALUATED: "{member} had {asked} blinded identifiers evaluated under {ref}",
    Event.CONTRIBUTION_SHARED: "{member} shared {asked} indicators under {ref}: {added} new, {changed} changed, "
    "{unchanged} as before",
    Event.OUTCOME_SHARED: "{member} shared {asked} indicators upon what was established in the listing report {ref}",
    Event.TESTBUY_OUTCOME_SHARED: "{member} shared {asked} indicators upon the signed test buy {ref}",
    Event.CONTRIBUTION_WITHDRAWN: "{member} withdrew {withdrawn} indicators under {ref}",
    Event.CONTRIBUTION_EXPIRED: "{expired} contributions of {member} came to their expiry",
    Event.CONTRIBUTION_ORPHANED: "{moved} contributions of {member}, which has left, were put to orphan review",
    Event.ORPHANS_WITHDRAWN: "{moved} contributions of {member}, which has left, were withdrawn after orphan review",
    Event.MESSAGE_SENT: "{member} wrote to the other party about the {purpose} {ref}",
    Event.EVIDENCE_STORED: "{member} stored the evidence {ref}, of {bytes} bytes",
    Event.EVIDENCE_ATTACHED: "{member} showed the evidence {ref} to the other parties of a record ({purpose})",
    Event.EVIDENCE_READ: "{member} read the evidence {ref}, which was shown to it",
    Event.EVIDENCE_ERASED: "{member} erased the evidence {ref}: its key is deleted",
    Event.EVIDENCE_EXPIRED: "The evidence {ref} of {member} came to the end of its retention: its key is deleted",
    Event.MATCH_RUN: "{member} matched {asked} identifiers under {ref}: {matched} are known to the alliance",
    Event.LIST_FETCHED: "{member} fetched {returned} rows of the token list {ref}",
    Event.ACCESS_DENIED: "{member} asked for something it may not do ({ref}), and was refused",
    Event.DENIALS_COUNTED: "{refused} more requests of {ref} for what it may not do were refused",
    Event.ENTRIES_READ: "{member} read {read} entries of the record, as its auditor",
    Event.WITNESS_ADDED: "The witness {ref} cosigns the log from now on: the trust policy has changed",
    Event.WITNESS_REMOVED: "The witness {ref} cosigns the log no more: the trust policy has changed",
    Event.KEY_ROTATED: "The key {ref} signs the log from now on, as the key before it has announced",
    Event.SHARD_CLOSING: "The shard {ref} of the log is closed, and the next one begins",
    Event.DECISION_PROPOSED: "A person of the office proposed a decision about {ref}, which a second one must approve",
    Event.DECISION_APPROVED: "A second person of the office approved a decision about {ref}",
    Event.DECISION_REFUSED: "A proposed decision about {ref} was refused",
    Event.ENTRY_ERASED: "Two people of the office erased what the entry {ref} told ({reason}), not that it is there",
    Event.ENTRIES_RETIRED: "What the entries {first} to {last} told was erased at the end of its retention",
    Event.LEDGER_DISPUTED: "The check of {member} found the log wrong, and put the evidence before the auditor ({ref})",
    Event.LEDGER_REANCHORED: "Two people of the office ({ref}) had the log anchored anew at {after} entries, where the "
    "anchor said {before} ({reason})",
    Event.ENTRY_SET_ASIDE: "The entry {ref} can never stand in the log: two people of the office set it aside for good",
    Event.ENTRY_TAKEN_AGAIN: "The entry {ref}, put aside as it could not stand in the log, was mended and is taken",
    Event.PERSON_FORGOTTEN: "Two people of the office had the hub forget whom {ref} stands for ({reason})",
}

OTHERWISE: dict[tuple[str, Event], str] = {
    ("counterparty", Event.MESSAGE_SENT): "{member} wrote to you about the {purpose} {ref}",
    ("counterparty", Event.EVIDENCE_ATTACHED): "{member} showed you the evidence {ref} ({purpose})",
    ("counterparty", Event.EVIDENCE_READ): "{member} read your evidence {ref}",
    ("counterparty", Event.RIGHT_ASKED): "{member} asks you to verify the IP right {ref}",
    ("counterparty", Event.QUESTION_ASKED): "{member} asked you about {asked} listings ({ref})",
    ("counterparty", Event.QUESTION_ANSWERED): "{member} answered {questions} of your questions: {reason} ({ref})",
    ("counterparty", Event.QUESTION_WITHDRAWN): "{member} withdrew {questions} questions to you ({ref})",
    ("counterparty", Event.QUESTION_MESSAGE_SENT): "{member} wrote to you about the question {ref}",
    (
        "counterparty",
        Event.QUESTION_EXPIRED,
    ): "You did not answer {questions} questions of {member} in time: no effect,"
    " but it counts in your answer rate ({ref})",
    (
        "owner",
        Event.SELLER_FOUND,
    ): "A member had listings looked at before reporting them: {matched} of them by sellers that you have authorised",
    ("owner", Event.MATCH_RUN): "A member matched its own identifiers under {ref}: {matched} of yours were among them",
    ("counterparty", Event.ENTRIES_READ): "The auditor {member} read {read} entries that concern you",
}
"""How an event reads to a party in a role that did not act in it, where that differs."""


REASONS: Mapping[str, str] = MappingProxyType(
    {
        "holder_silent": "the right holder did not answer in time",
        "holder_accepts": "the right holder accepts the counter-notice",
    }
)
"""Codes that stand in a view, in words; others are said as they are."""
_ONE = re.compile(
    r"(?<![\d,.])1 (listings|sellers|questions|indicators|identifiers|contributions|entries|rows|bytes|requests"
    r"|tokens)\b"
)


def sentence(view: dict[str, object]) -> str:
    """The sentence for one party's view of an event (`ledger.md` §5.3)."""
    event = Event(str(view["action"]))
    told = OTHERWISE.get((str(view["role"]), event), SENTENCES[event])
    subject = view.get("subject")
    counts = view.get("counts")
    words: dict[str, object] = {"member": view.get("member") or "A member", "ref": "-"}
    words["reason"] = "A member"  # entries from before an invitation to a group named whom
    if "agent" in view:
        words["member"] = f"{view['agent']}, as the agent of {view['member']},"
    words["purpose"] = view.get("purpose") or "-"
    if isinstance(subject, dict):
        words |= subject
    if isinstance(counts, dict):
        words |= {name: f"{count:,}" for name, count in counts.items()}
    if words.get("reason") in REASONS:
        words["reason"] = REASONS[str(words["reason"])]
    return _ONE.sub(_singular, told.format_map(words))


def _singular(found: re.Match[str]) -> str:
    noun = found[1]
    return f"1 {noun[:-3]}y" if noun.endswith("ies") else f"1 {noun[:-1]}"
