"""What we hold the log to: its keys, the trust policy that we pinned, and the promises that it gave us."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from hub.client.errors import ClientError, usage
from hub.client.ledger.alarm import altered, forked
from hub.client.ledger.checking import Checking
from hub.client.ledger.log import LogReader
from hub.client.ledger.state import read_memory, replace_file
from hub.client.profile import Profile
from hub.client.vault import Exchange
from hub.tree.checkpoint import CheckpointBody, open_checkpoint
from hub.tree.note import HASH_BYTES, NoteError, UnknownSignerError, Verifier, signatures, split_note
from hub.tree.promise import Promise
from hub.tree.seam import shard_name
from hub.tree.succession import SuccessionError, follow
from hub.tree.trust_policy import MOST_BYTES, Policy, PolicyError


def _keys_file(check: Checking) -> Path:
    """A file for each shard: each has a succession of keys of its own."""
    name = shard_name(str(check.profile.ledger_origin))
    return check.folder / ("keys.json" if name is None else f"keys-{name}.json")


class HeldKey(NamedTuple):
    """A key that we hold the log to, and until when it counts (seconds since 1970); None: it announced no other."""

    verifier: Verifier
    until: int | None


def held_keys(check: Checking) -> list[HeldKey]:
    """The key in our profile, and those after it that we have followed the log to. Raises ClientError without any."""
    if check.profile.ledger_vkey is None or check.profile.ledger_origin is None:
        raise usage("the ledger cannot be checked without its public key", "use a profile file: --profile FILE")
    pinned = Verifier.parse(check.profile.ledger_vkey)
    try:
        after = follow(pinned, _kept(check))
    except SuccessionError as error:
        raise _damaged(check) from error
    untils = [one.until for one in after]
    return [HeldKey(*each) for each in zip((pinned, *(one.verifier for one in after)), (*untils, None), strict=True)]


def log_keys(check: Checking) -> list[Verifier]:
    """All of them, also those that count no more: for what is shown to be a part of a log that the newest signs."""
    return [each.verifier for each in held_keys(check)]


def stated_by(check: Checking, note: str, reader: LogReader, *, ended: bool = False) -> CheckpointBody:
    """What a checkpoint states, after following the log to a key that the one we held has announced.

    `ended`: keys that count no more will do (`log_keys`). Raises LedgerAlarm unless one of the log's keys signed it;
    ClientError for a file of the time before the key that we pinned.
    """
    origin = str(check.profile.ledger_origin)
    held = held_keys(check)
    try:
        named = _named(note, origin)
        if named - {key.verifier.hash for key in held}:
            held = _followed(check, note, named, held, reader)
        now = reader.as_of().timestamp()
        counting = [key.verifier for key in held if ended or key.until is None or key.until > now]
        return open_checkpoint(note, origin, counting)[0]
    except UnknownSignerError:
        before = _key_before(check, note, held[0].verifier, reader)
        if before is not None:
            raise usage(
                f"the file ends before the key that we pinned; what it holds is signed by {before.vkey}, which, the hub"
                " says, announced ours",
                "take a newer file; or pin that key, if the agreement on paper has it",
            ) from None
        raise forked(
            "the checkpoint is signed by a key that no key we hold has announced, or by one that was replaced",
            now=note,
            held=[key.verifier.vkey for key in held],
            announcements=[*reader.announcements()],
        ) from None
    except NoteError as error:
        raise altered(f"the checkpoint is not what the key in your profile signs: {error}", now=note) from None


def signed_by_ours(check: Checking, note: str) -> bool:
    """Whether a note bears the name of a key that we hold; what does not is no word of the log to us.

    The keys before the one that we pinned are none of ours. Nothing of the signature is checked; what is no note bears
    none, and is not passed over.
    """
    try:
        named = _named(note, str(check.profile.ledger_origin))
    except NoteError:
        return True
    return bool(named & {key.hash for key in log_keys(check)})


def _named(note: str, origin: str) -> set[bytes]:
    """The hashes of the keys that signed a note in the log's name, as it says. Raises NoteError."""
    return {signature[:HASH_BYTES] for name, signature in signatures(note) if name == origin}


def _key_before(check: Checking, note: str, pinned: Verifier, reader: LogReader) -> Verifier | None:
    """The key that signed a note of earlier, and from which announcements lead to ours; the hub's word, no more.

    None where there is no such key, or an earlier note is none that we may be given: the hub's newest, or one behind
    what we remember.
    """
    origin = str(check.profile.ledger_origin)
    memory = read_memory(check.folder / "ledger.json")
    if not reader.caveat or (memory is not None and memory.origin == origin):
        return None
    for vkey in reader.verifiers():
        try:
            key = Verifier.parse(vkey)
            open_checkpoint(note, origin, [key])
            if pinned in [each.verifier for each in follow(key, reader.announcements())]:
                return key
        except (NoteError, SuccessionError):
            continue
    return None


def of_ours(note: str) -> CheckpointBody:
    """What a checkpoint in our own state says: we checked it when we kept it. Raises LedgerAlarm for what is none."""
    try:
        return CheckpointBody.parse(split_note(note)[0])
    except NoteError as error:
        raise altered(f"the checkpoint that we kept is none: {error}") from None


def _followed(
    check: Checking, note: str, named: Collection[bytes], held: list[HeldKey], reader: LogReader
) -> list[HeldKey]:
    """The keys with those after them, up to the last that signed this checkpoint; kept, and said.

    A key announces one other: once we have followed it, another of its announcements counts for nothing. Raises
    LedgerAlarm where it has announced two, and NoteError for a signature that does not hold.
    """
    origin, before = str(check.profile.ledger_origin), held[-1].verifier
    try:
        after = follow(before, reader.announcements())
    except SuccessionError as error:
        raise forked(f"{error}: {before.vkey}", now=note, announcements=[*error.notes]) from None
    signed = [at for at, one in enumerate(after, 1) if one.verifier.hash in named]
    if not signed:
        return held
    taken = after[: signed[-1]]
    open_checkpoint(note, origin, [taken[-1].verifier])
    replace_file(_keys_file(check), json.dumps({"v": 1, "notes": [*_kept(check), *(one.note for one in taken)]}))
    check.console.say(f"the log is signed by another key, which the one before announced: {taken[-1].verifier.vkey}")
    return held_keys(check)


def _kept(check: Checking) -> list[str]:
    """The announcements that we followed. Raises ClientError for a damaged file."""
    try:
        document = json.loads(_keys_file(check).read_text(encoding="utf-8"))
        if document["v"] != 1:
            raise ValueError("another version")
        return [str(note) for note in document["notes"]]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(check) from error


def _damaged(check: Checking) -> ClientError:
    return usage(
        f"the keys of the log that we keep in {_keys_file(check)} are damaged",
        "restore the file from a backup, or remove it: then the log is followed anew from the key in the profile",
    )


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
