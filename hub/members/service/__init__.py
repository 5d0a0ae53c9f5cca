"""Commands and queries on members, their people, credentials and groups: one file each, all of them named here."""

from hub.members.service.actors import OFFICE, KeyHolder, actor_of_person, holder_of_key, job_actor, operator
from hub.members.service.attempts import forget_attempts, forgive, may_try
from hub.members.service.credentials import (
    CredentialTerms,
    LiveCredential,
    UnknownCredentialError,
    issue_credential,
    issue_own_key,
    live_credentials,
    revoke_credentials,
    revoke_key,
    rotate_key,
)
from hub.members.service.decisions import (
    OpenDecision,
    UnknownDecisionError,
    approve,
    carries_out,
    open_decisions,
    propose,
    refuse,
)
from hub.members.service.groups import group_codes, group_ids, join
from hub.members.service.letters import kept_letters
from hub.members.service.membership import (
    RefusedMoveError,
    UnknownMemberError,
    admit,
    everybody,
    find,
    invite,
    move,
    record_denial,
    record_sign_in,
)

__all__ = [
    "OFFICE",
    "CredentialTerms",
    "KeyHolder",
    "LiveCredential",
    "OpenDecision",
    "RefusedMoveError",
    "UnknownCredentialError",
    "UnknownDecisionError",
    "UnknownMemberError",
    "actor_of_person",
    "admit",
    "approve",
    "carries_out",
    "everybody",
    "find",
    "forget_attempts",
    "forgive",
    "group_codes",
    "group_ids",
    "holder_of_key",
    "invite",
    "issue_credential",
    "issue_own_key",
    "job_actor",
    "join",
    "kept_letters",
    "live_credentials",
    "may_try",
    "move",
    "open_decisions",
    "operator",
    "propose",
    "record_denial",
    "record_sign_in",
    "refuse",
    "revoke_credentials",
    "revoke_key",
    "rotate_key",
]
