"""Every permission by name, and in words; nothing may be done that is not listed here."""

from enum import StrEnum


class Permission(StrEnum):
    """`<thing>:<verb>`; the value is what keys, grants and pages call it."""

    OVERVIEW_VIEW = "overview:view"
    MEMBER_SELF = "member:self"
    SESSION_OWN = "session:own"
    KEY_READ = "key:read"
    TOKEN_EVALUATE = "token:evaluate"
    CONTRIBUTION_SHARE = "contribution:share"
    CONTRIBUTION_WITHDRAW = "contribution:withdraw"
    CONTRIBUTION_READ_OWN = "contribution:read-own"
    MATCH_RUN = "match:run"
    MATCH_READ_OWN = "match:read-own"
    LIST_FETCH = "list:fetch"
    EVIDENCE_STORE = "evidence:store"
    EVIDENCE_READ = "evidence:read"
    EVIDENCE_ERASE = "evidence:erase"
    LEDGER_READ_OWN = "ledger:read-own"
    LEDGER_COSIGN = "ledger:cosign"
    LEDGER_HEALTH = "ledger:health"
    CREDENTIAL_MANAGE = "credential:manage"
    WEBHOOK_MANAGE = "webhook:manage"
    PERSON_MANAGE = "person:manage"
    PROVIDER_MANAGE = "provider:manage"
    AGREEMENT_SIGN = "agreement:sign"
    GROUP_READ_OWN = "group:read-own"
    GROUP_MANAGE = "group:manage"
    AUTHORISATION_READ = "authorisation:read"
    AUTHORISATION_MANAGE = "authorisation:manage"
    RIGHT_READ = "right:read"
    RIGHT_ENTER = "right:enter"
    RIGHT_VERIFY = "right:verify"
    SELLER_MANAGE = "seller:manage"
    REPORT_READ = "report:read"
    REPORT_FILE = "report:file"
    REPORT_REVIEW = "report:review"
    MARKETPLACE_MANAGE = "marketplace:manage"
    QUESTION_READ = "question:read"
    QUESTION_ASK = "question:ask"
    QUESTION_ANSWER = "question:answer"
    TESTBUY_READ = "testbuy:read"
    TESTBUY_RUN = "testbuy:run"
    TESTBUY_APPROVE = "testbuy:approve"
    MEMBER_ADMINISTER = "member:administer"
    APPLICATION_READ = "application:read"
    APPLICATION_VET = "application:vet"
    EPOCH_ADMINISTER = "epoch:administer"
    MAIL_ADMINISTER = "mail:administer"


WORDS: dict[Permission, str] = {
    Permission.OVERVIEW_VIEW: "Open the overview",
    Permission.MEMBER_SELF: "See who one is to the hub, and the limits",
    Permission.SESSION_OWN: "See and end one's own sessions, keep one's own second factors",
    Permission.KEY_READ: "Read the directory of token keys",
    Permission.TOKEN_EVALUATE: "Have blinded identifiers evaluated, within the quota",
    Permission.CONTRIBUTION_SHARE: "Share indicators in the member's name",
    Permission.CONTRIBUTION_WITHDRAW: "Take the member's contributions back",
    Permission.CONTRIBUTION_READ_OWN: "Read the member's own contributions and acts of sharing",
    Permission.MATCH_RUN: "Match the member's own tokens",
    Permission.MATCH_READ_OWN: "Read the member's own matches",
    Permission.LIST_FETCH: "Fetch the token list made for the member",
    Permission.EVIDENCE_STORE: "Store files of evidence for the member, and show them to the parties of a record",
    Permission.EVIDENCE_READ: "Read the member's files of evidence, and those shown to it",
    Permission.EVIDENCE_ERASE: "Erase the member's files of evidence",
    Permission.LEDGER_READ_OWN: "Read the member's own part of the record",
    Permission.LEDGER_COSIGN: "Enrol the member's witness of the log, and hand in its cosignatures",
    Permission.LEDGER_HEALTH: "See whether the record is signed in time, anchored and cosigned",
    Permission.CREDENTIAL_MANAGE: "Issue, rotate and revoke the member's API keys",
    Permission.WEBHOOK_MANAGE: "Have the member's notices sent to addresses of its own",
    Permission.PERSON_MANAGE: "Invite people of the member, change their roles, shut them out",
    Permission.PROVIDER_MANAGE: "Have the member's people sign in by its own provider",
    Permission.AGREEMENT_SIGN: "Sign the agreement of the alliance for the member",
    Permission.GROUP_READ_OWN: "See the sharing groups that the member sits in or is invited to",
    Permission.GROUP_MANAGE: "Found, join, leave and dissolve sharing groups for the member",
    Permission.AUTHORISATION_READ: "See which agents act for the member, or for which brands it acts",
    Permission.AUTHORISATION_MANAGE: "Authorise agents to act for the member, or end what it was authorised to",
    Permission.RIGHT_READ: "See the member's own IP rights; the office: everybody's; a platform: those shown to it",
    Permission.RIGHT_ENTER: "Enter, correct and withdraw the member's IP rights",
    Permission.RIGHT_VERIFY: "Verify and refuse IP rights, and read their certificates",
    Permission.SELLER_MANAGE: "Keep the member's list of authorised sellers, which nobody else reads",
    Permission.REPORT_READ: "See the listing reports that the member filed, or that were filed to it",
    Permission.REPORT_FILE: "File listing reports for the member, mend, maintain and withdraw them",
    Permission.REPORT_REVIEW: "Review the listing reports that were filed to the member, decide and act on them",
    Permission.MARKETPLACE_MANAGE: "Name the hosts on which the member sells, and into which countries",
    Permission.QUESTION_READ: "See the questions that the member asked or was asked, and how brands answer",
    Permission.QUESTION_ASK: "Ask brands about listings for the member, and withdraw such questions",
    Permission.QUESTION_ANSWER: "Answer the questions that the member was asked",
    Permission.TESTBUY_READ: "See the member's test buys, what they cost and their chain of custody",
    Permission.TESTBUY_RUN: "Plan test buys for the member, lead them on, sign and link them",
    Permission.TESTBUY_APPROVE: "Approve the budget of a test buy that somebody else planned",
    Permission.MEMBER_ADMINISTER: "Admit members, change their standing, groups and quotas",
    Permission.APPLICATION_READ: "Read applications to the alliance and their documents",
    Permission.APPLICATION_VET: "Vet applications, refuse them, propose to admit",
    Permission.EPOCH_ADMINISTER: "Open epochs",
    Permission.MAIL_ADMINISTER: "Read the letters that a development hub keeps instead of sending",
}
"""What each permission lets one do, as the page of grants says it."""

UNSIGNED = frozenset(
    {
        Permission.OVERVIEW_VIEW,
        Permission.MEMBER_SELF,
        Permission.SESSION_OWN,
        Permission.LEDGER_READ_OWN,
        Permission.LEDGER_COSIGN,
        Permission.CREDENTIAL_MANAGE,
        Permission.PERSON_MANAGE,
        Permission.PROVIDER_MANAGE,
        Permission.AGREEMENT_SIGN,
        Permission.AUTHORISATION_READ,
        Permission.AUTHORISATION_MANAGE,
        Permission.GROUP_READ_OWN,
        Permission.CONTRIBUTION_READ_OWN,
        Permission.CONTRIBUTION_WITHDRAW,
        Permission.MATCH_READ_OWN,
        Permission.RIGHT_READ,
        Permission.REPORT_READ,
        Permission.QUESTION_READ,
        Permission.TESTBUY_READ,
    }
)
"""What a member may that has yet to sign the agreement in force: read, take back its own, cosign the log, sign."""
