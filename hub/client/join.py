"""Joining at home: our tokens with the kept token list. The hub learns how many were evaluated, and nothing of hits."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from hub.client.errors import usage
from hub.client.hits import Hit
from hub.client.list_file import ListFile, write_own
from hub.client.session import Session
from hub.client.spool import Identifier, Spool
from hub.client.token_list import list_path
from hub.client.tokenise import token_batches, tokenise
from hub.client.workers import Workers

_BATCH = 100_000


def join_spool(session: Session, spool: Spool, type: str, workers: Workers, today: date) -> Mapping[int, Sequence[Hit]]:
    """The identifiers of the spool that are on the kept lists and not expired today.

    Raises ClientError when a key that still serves has no kept list.
    """
    lists = {key: ListFile(list_path(session, key)) for key in session.keys(type)}
    states = {key: kept.read() for key, kept in lists.items()}
    missing = [key.key_id for key, state in states.items() if state is None]
    if missing:
        raise usage(f"there is no list of {', '.join(missing)} here", f"fetch it first: alliance list --type {type}")
    hits: defaultdict[int, list[Hit]] = defaultdict(list)
    for key, kept in lists.items():
        state = states[key]
        session.console.say(f"list of {key.key_id} as of {state.at if state else '-'}")
        tokenise(session, spool, key, workers)
        own = kept.path.with_name(f".own.{secrets.token_hex(4)}.parquet")
        try:
            write_own(own, (_columns(batch) for batch in token_batches(session, spool, key, _BATCH)))
            for i, level, members, expires_on in kept.join(own, today):
                hits[i].append(Hit(f"E{level}", members or None, expires_on.isoformat(), key.key_id))
        finally:
            own.unlink(missing_ok=True)
    return hits


def _columns(batch: Sequence[tuple[Identifier, bytes]]) -> tuple[list[int], list[bytes]]:
    return [one.i for one, _ in batch], [token for _, token in batch]
