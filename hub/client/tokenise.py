"""From identifiers to tokens: those of earlier runs come from the vault, the others from the hub's evaluation."""

from __future__ import annotations

from collections.abc import Iterator

from hub.client.console import Step
from hub.client.directory import Key
from hub.client.session import Session
from hub.client.spool import CHUNK, Identifier, Spool
from hub.client.workers import Evaluation, Workers, evaluate


def tokenise(session: Session, spool: Spool, key: Key, workers: Workers) -> int:
    """See that every identifier of the spool has its token in the vault; return how many were evaluated anew.

    Each batch is kept as soon as it is there, so an interrupted run loses at most the batches under way. Raises
    ClientError: a false proof (exit code 5), a quota that is spent or a hub that is down (75).
    """
    evaluated = 0
    with session.console.step(f"tokens under {key.key_id}", spool.count) as step:
        size = session.limit("evaluation_elements", CHUNK)
        missing = _missing(session, spool, key, size, step)
        for batch, (tokens, entry) in workers.map(evaluate, missing, lambda batch: _evaluation(key, batch)):
            session.vault.keep_tokens(key.key_id, [one.mark for one in batch], tokens, entry)
            evaluated += len(batch)
            step.advance(len(batch))
    return evaluated


def _missing(session: Session, spool: Spool, key: Key, size: int, step: Step) -> Iterator[list[Identifier]]:
    waiting: list[Identifier] = []
    for chunk in spool.chunks():
        here = session.vault.tokens(key.key_id, [one.mark for one in chunk])
        step.advance(len(here))
        waiting += [one for one in chunk if one.mark not in here]
        while len(waiting) >= size:
            yield waiting[:size]
            waiting = waiting[size:]
    if waiting:
        yield waiting


def _evaluation(key: Key, batch: list[Identifier]) -> Evaluation:
    return Evaluation(key.key_id, key.public_key, [one.value for one in batch])


def token_batches(session: Session, spool: Spool, key: Key, size: int) -> Iterator[list[tuple[Identifier, bytes]]]:
    """The identifiers in order, each with its token, `size` at a time; after `tokenise`."""
    for chunk in spool.chunks(size):
        tokens = session.vault.tokens(key.key_id, [one.mark for one in chunk])
        yield [(one, tokens[one.mark]) for one in chunk]
