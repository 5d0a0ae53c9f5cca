"""`alliance ledger cosign`: our own witness, which signs a checkpoint only once it extends the last one it signed."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub import clock
from hub.client.errors import ClientError, ExitCode, usage
from hub.client.ledger.alarm import LedgerAlarm
from hub.client.ledger.checking import Checking
from hub.client.ledger.keys import log_keys, of_ours, stated_by
from hub.client.ledger.log import LogReader
from hub.client.ledger.published import open_log
from hub.client.ledger.shards import followed, named_in, shard_of
from hub.client.ledger.state import Memory, replace_file
from hub.client.ledger.tree_check import SignedTree, check_size
from hub.client.session import Session
from hub.tree.note import COSIGNATURE_V1, Signer, split_note
from hub.tree.witness import possession, witness_name

_VERSION = 1


@dataclass(frozen=True)
class WitnessState:
    """The witness's key, and the last checkpoint that it cosigned with its line; `sent`: the hub has that line."""

    origin: str
    seed: bytes
    enrolled: bool = False
    note: str | None = None
    line: str = ""
    sent: bool = True

    @property
    def signer(self) -> Signer:
        """The key, under the name that follows from it."""
        key = Ed25519PrivateKey.from_private_bytes(self.seed)
        return Signer(witness_name(self.origin, key.public_key().public_bytes_raw()), key, COSIGNATURE_V1)


@dataclass(frozen=True)
class Cosigned:
    """The last checkpoint that our witness cosigned (0: none yet), and whether it did so now."""

    name: str
    size: int
    now: bool

    def document(self) -> dict[str, Any]:
        """For `--json`."""
        return {"witness": self.name, "size": self.size, "now": self.now}

    def lines(self) -> list[str]:
        """For people."""
        if not self.size:
            return ["the log has no checkpoint yet: there is nothing to cosign"]
        return [f"{'cosigned' if self.now else 'nothing new since we cosigned'} the log of {self.size:,} entries"]


def cosign(session: Session, every: float | None) -> Cosigned:
    """Cosign what the hub offers to witnesses, once, or again and again until interrupted.

    Raises ClientError: exit code 20 or 30 with an evidence file for a checkpoint that must not be signed, and then none
    is; 75 where another run holds the witness, or, when it is to be done once, the hub is out of reach.
    """
    log_keys(session)
    with _alone(session.folder / "witness.lock"):
        while True:
            try:
                done = _round(session)
            except LedgerAlarm as alarm:
                raise alarm.recorded(session.folder) from None
            except ClientError as error:
                if every is None or error.code is not ExitCode.TRY_LATER:
                    raise
                session.console.say(error.message)
            else:
                if every is None:
                    return done
                if done.now:
                    session.console.say(done.lines()[0])
            time.sleep(every)


def _round(session: Session) -> Cosigned:
    path = session.folder / "witness.json"
    state, signed = _enrolled(session, path), False
    with open_log(session.profile, session.patience, session.console.say) as reader:
        shards = followed(session, reader)
        at = shards[0] if state.note is None else shard_of(shards, named_in(state.note))
        if at is None:
            raise usage(f"the witness in {path} is of another log", "name another folder in ALLIANCE_STATE")
        for shard in shards[shards.index(at) :]:
            fresh = _signed(shard.check, shard.reader, state)
            if not state.sent:  # by now we know that the hub did not go back behind it
                state = _sent_again(session, path, state, given_up=fresh is not None)
            if fresh is not None:
                _write(path, fresh)  # before anybody sees the line: after a crash we remember what we have signed
                state, signed = _handed_in(session, path, fresh), True
    if state.note is None:
        return Cosigned(state.signer.verifier.name, 0, now=False)
    base = next(each.reader.base for each in shards if each.origin == named_in(state.note))
    return Cosigned(state.signer.verifier.name, base + of_ours(state.note).size, now=signed)


def _signed(check: Checking, reader: LogReader, state: WitnessState) -> WitnessState | None:
    """The state with the checkpoint that the shard offers, cosigned; None when that holds nothing new.

    Raises LedgerAlarm.
    """
    last = None
    if state.note is not None and named_in(state.note) == check.profile.ledger_origin:
        kept = of_ours(state.note)
        last = Memory(named_in(state.note), state.note, kept.size, kept.root)
    note = reader.checkpoint("checkpoint/offered")
    if note is None:
        if last is not None:
            check_size(last, None)
        return None
    if last is not None and stated_by(check, note, reader).size < last.size:
        # Offered because others cosigned it before we cosigned a newer one; or the log was rolled back.
        note = reader.checkpoint() or note
        SignedTree(reader, stated_by(check, note, reader), note).extends(last)
        return None
    stated = stated_by(check, note, reader)
    SignedTree(reader, stated, note).extends(last)
    if last is not None and stated.size == last.size:
        return None
    line = state.signer.line(split_note(note)[0], int(clock.now().timestamp()))
    return replace(state, note=note, line=line, sent=False)


def _enrolled(session: Session, path: Path) -> WitnessState:
    """The witness that the hub knows; made and enrolled at first use, its key kept before the hub hears of it."""
    origin = str(session.profile.ledger_origin)
    state = _read(path) or WitnessState(origin, secrets.token_bytes(32))
    if state.origin != origin:
        raise usage(f"the witness in {path} is of another log", "name another folder in ALLIANCE_STATE")
    if not state.enrolled:
        _write(path, state)
        note = possession(state.signer, origin, str(session.profile.member), int(clock.now().timestamp()))
        session.hub.post_json("/audit/witnesses", {"note": note})
        state = replace(state, enrolled=True)
        _write(path, state)
    return state


def _sent_again(session: Session, path: Path, state: WitnessState, *, given_up: bool) -> WitnessState:
    """Hand in the line of an earlier run. Raises ClientError; not when it is refused and `given_up` for a newer one."""
    try:
        return _handed_in(session, path, state)
    except ClientError as error:
        if not given_up or error.code is not ExitCode.REFUSED:
            raise
        session.console.say(f"the line of an earlier run was refused: {error.message}")
        return state


def _handed_in(session: Session, path: Path, state: WitnessState) -> WitnessState:
    stated = of_ours(str(state.note))
    session.hub.post_json("/audit/cosignatures", {"origin": stated.origin, "size": stated.size, "lines": state.line})
    sent = replace(state, sent=True)
    _write(path, sent)
    return sent


def _read(path: Path) -> WitnessState | None:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["v"] != _VERSION:
            raise ValueError("another version")
        seed = base64.b64decode(document["seed"], validate=True)
        Ed25519PrivateKey.from_private_bytes(seed)
        told = {name: document[name] for name in ("origin", "enrolled", "note", "line", "sent")}
        return WitnessState(seed=seed, **told)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, binascii.Error) as error:
        raise usage(
            f"the witness's state {path} is damaged",
            "restore it from a backup, or remove it, have the hub forget the old key (POST /audit/witnesses/removal)"
            " and cosign anew: then a log rewritten before today is not noticed",
        ) from error


def _write(path: Path, state: WitnessState) -> None:
    told = {name: value for name, value in vars(state).items() if name != "seed"}
    replace_file(path, json.dumps({"v": _VERSION, "seed": base64.b64encode(state.seed).decode(), **told}))


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the witness for this run; a killed one lets go. SQLite's lock is the same on every system."""
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            raise ClientError(
                ExitCode.TRY_LATER, "another `alliance ledger cosign` holds our witness", "one is enough; end the other"
            ) from None
        yield
