"""What we hold the log to: its keys, the trust policy that we pinned, and the promises that it gave us."""

from __future__ import annotations

from pathlib import Path

from hub.client.errors import usage
from hub.client.ledger.alarm import altered
from hub.client.ledger.checking import Checking
from hub.client.ledger.state import replace_file
from hub.client.profile import Profile
from hub.client.vault import Exchange
from hub.tree.checkpoint import CheckpointBody, open_checkpoint
from hub.tree.note import NoteError, Verifier
from hub.tree.promise import Promise
from hub.tree.trust_policy import MOST_BYTES, Policy, PolicyError


def log_keys(check: Checking) -> list[Verifier]:
    """The keys that sign for the log. Raises ClientError where the profile holds none."""
    if check.profile.ledger_vkey is None or check.profile.ledger_origin is None:
        raise usage("the ledger cannot be checked without its public key", "use a profile file: --profile FILE")
    return [Verifier.parse(check.profile.ledger_vkey)]


def stated_by(check: Checking, note: str) -> CheckpointBody:
    """What a checkpoint states. Raises LedgerAlarm unless one of the log's keys signed it."""
    try:
        return open_checkpoint(note, str(check.profile.ledger_origin), log_keys(check))[0]
    except NoteError as error:
        raise altered(f"the checkpoint is not what the key in your profile signs: {error}", now=note) from None


def pinned_policy(check: Checking) -> Policy | None:
    """The policy that we pinned. Raises ClientError for a damaged file."""
    path = check.folder / "policy.txt"
    try:
        return Policy.parse(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, PolicyError) as error:
        raise usage(f"the pinned policy {path} is damaged", "pin it again: alliance ledger policy --take") from error


def read_policy(file: Path) -> Policy:
    """The policy in a file. Raises ClientError for what is none."""
    try:
        with file.open("rb") as opened:
            return Policy.parse(opened.read(MOST_BYTES + 1))
    except OSError as error:
        raise usage(f"{file} cannot be read: {error.strerror}", "check the path") from error
    except PolicyError as error:
        raise usage(f"{file} is no trust policy: {error}", "its format is C2SP tlog-policy") from error


def names_our_log(check: Checking, policy: Policy) -> bool:
    """Whether the log that we check is one that the policy accepts."""
    ours = {each.public_key for each in log_keys(check)}
    return any(log.verifier.public_key in ours for log in policy.logs)


def pin(check: Checking, policy: Policy) -> None:
    """Hold the log to this policy from now on. Raises ClientError where it is another log's."""
    if not names_our_log(check, policy):
        raise usage("the policy does not name the log that our profile names", "take a policy of this alliance's log")
    replace_file(check.folder / "policy.txt", policy.encode().decode("utf-8", "surrogateescape"))


def promise_of(profile: Profile, exchange: Exchange) -> Promise | None:
    """The promise that we hold for an exchange; it held when it came, so NoteError here is a damaged vault."""
    if exchange.promise is None or profile.ledger_origin is None or profile.service_vkey is None:
        return None
    return Promise.open(exchange.promise, profile.ledger_origin, Verifier.parse(profile.service_vkey))
