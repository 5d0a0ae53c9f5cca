"""Checkpoints pushed to witnesses at an address (C2SP tlog-witness): nothing that is published waits for them."""

from dataclasses import replace
from datetime import datetime
from functools import partial

from flask import current_app
from sqlalchemy import func, or_, select, update

from hub import clock
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import changed, db
from hub.ledger import rules
from hub.ledger.model import Witness
from hub.ledger.rules import Finder
from hub.ledger.service.cosignatures import keep_line, offered_checkpoint
from hub.ledger.service.log import Head, newest_checkpoint, proof, published_size
from hub.ledger.service.shards import LogShard, shard_at, shards
from hub.ledger.service.witnesses import KnownWitness, WitnessError, dismiss, take_on, witnesses
from hub.log import log
from hub.outside import OutOfReachError, send
from hub.tree import merkle
from hub.tree.note import COSIGNATURE_V1, NoteError, Verifier
from hub.tree.witness import add_checkpoint, parse_conflict

REFUSALS = {
    400: "it calls the request malformed",
    403: "it does not know the key that signed the checkpoint",
    404: "it does not know this log",
    422: "it says that the checkpoint does not extend what it knows",
}
"""What a status of add-checkpoint says."""


def add_outside_witness(actor: Actor, vkey: str, url: str) -> KnownWitness:
    """Add a witness at an address, its submission prefix. Its lines are evidence; no quorum rests on them.

    So one person may add one: the trust policy asks for the members' own witnesses alone. Raises NoteError for a key
    that is no cosignature key, WitnessError.
    """
    actor.must(Permission.MEMBER_ADMINISTER)
    verifier = Verifier.parse(vkey)
    if verifier.algorithm != COSIGNATURE_V1:
        raise NoteError("a witness has a cosignature key (type 4)")
    if not url.startswith(("https://", "http://")) or not url.isascii() or not url.isprintable() or " " in url:
        raise WitnessError("its address is a web address, the part before /add-checkpoint")
    take_on(actor, verifier, None, url.rstrip("/"))
    db.session.commit()
    return next(each for each in witnesses() if each.name == verifier.name)


def remove_outside_witness(actor: Actor, name: str) -> None:
    """Push no more to a witness. A member's own is not the office's to remove. Raises WitnessError."""
    actor.must(Permission.MEMBER_ADMINISTER)
    if not any(each.name == name and each.url is not None for each in witnesses()):
        raise WitnessError("no witness at an address has this name")
    dismiss(actor, name)
    db.session.commit()


def push_checkpoints() -> int:
    """Push what is offered to each witness that is due; returns how many cosigned it. Safe to repeat."""
    asked = [(each, _offered_to(each)) for each in witnesses() if each.url is not None]
    return sum(_is_due(each, head) and _push(each, head) for each, head in asked if head is not None)


def _offered_to(witness: KnownWitness) -> Head | None:
    """What is offered of the shard that it is at: the end of a closed one first, then the next one."""
    known = shards()
    at = next((each for each in known if each.past is not None and each.first < (witness.size or 0) < each.past), None)
    return offered_checkpoint(at or known[-1])


def ask_witnesses() -> None:
    """Show each witness the newest checkpoint, also one that knows it: one that knows more halts the log."""
    head = newest_checkpoint()
    asked = [each for each in witnesses() if each.url is not None]
    for each in asked:
        if head is not None and (each.size or 0) <= head.size:
            _push(each, head)


def _is_due(witness: KnownWitness, head: Head) -> bool:
    """Whether it is asked now, by us: it has not cosigned this, and nobody asked it lately."""
    now = clock.now()
    if (witness.size or 0) >= head.size:
        return False
    due = or_(Witness.asked_at.is_(None), Witness.asked_at <= now - rules.PUSH_PAUSE)
    taken = changed(update(Witness).where(Witness.name == witness.name, due).values(asked_at=now))
    db.session.commit()
    return taken == 1


def _push(witness: KnownWitness, head: Head) -> bool:
    """Ask for a cosignature from the size that we think it knows, and once more from the one it names (409)."""
    local = current_app.extensions["settings"].is_local
    for last in (False, True):
        shard = shard_at(head.size - 1)
        old = max(0, (witness.size or 0) - shard.first)
        body = add_checkpoint(old, _proof(shard, old, head.size - shard.first), head.note)
        db.session.commit()  # no transaction stays open while we wait
        try:
            status, answer = send(
                f"{witness.url}/add-checkpoint",
                local=local,
                body=body,
                headers={"Content-Type": "text/plain; charset=utf-8"},
                seconds=rules.PUSH_SECONDS,
                most=rules.PUSH_MOST,
            )
        except OutOfReachError as error:
            log.warning("a witness was not reached", error=str(error))
            return False
        if status == 200:
            return _taken(witness, head, answer)
        known = parse_conflict(answer) if status == 409 else None
        if known is None or last:
            told = REFUSALS.get(status, "it did not answer as it should")
            (log.critical if status == 422 else log.warning)("a witness did not cosign", error=told, status=status)
            if status == 422:
                _is_contrary(witness, clock.now())
            return False
        if shard.first + known > head.size:
            return _is_ahead(witness, shard.first + known)
        witness = replace(witness, size=shard.first + known)
    return False


def _proof(shard: LogShard, old: int, new: int) -> list[bytes]:
    return proof(shard, partial(merkle.consistency_proof, old, new)) if old else []


def _taken(witness: KnownWitness, head: Head, answer: bytes) -> bool:
    try:
        keep_line(witness, head.size, head.note, answer.decode())
    except (NoteError, UnicodeDecodeError):
        log.warning("a witness did not cosign", error="its cosignature does not hold", status=200)
        return False
    db.session.commit()
    _is_contrary(witness, None)
    return True


def _is_contrary(witness: KnownWitness, since: datetime | None) -> None:
    """Keep since when it says so, which the office is told once; None: it does no longer. Commits.

    It halts nothing: one witness that errs or lies would stop the alliance.
    """
    if (witness.contrary_at is None) != (since is None):
        db.session.execute(update(Witness).where(Witness.name == witness.name).values(contrary_at=since, told_at=None))
        db.session.commit()


def _is_ahead(witness: KnownWitness, known: int) -> bool:
    """It has seen a larger log than the one offered: a later one of ours, or one that we know nothing of any more.

    The latter halts the log. It is asked again only for what is larger than that; one that lies is removed.
    """
    published = published_size()
    if known > published:
        told = f"the witness {witness.name} has cosigned {known} entries, {published} are published (a backup?)"
        log.critical("the log is halted: nothing is recorded and nothing signed", error=told)
        db.session.execute(select(func.ledger_stop(Finder.WITNESS.value, told, clock.now())))
    db.session.execute(update(Witness).where(Witness.name == witness.name).values(size=known))
    db.session.commit()
    return False
