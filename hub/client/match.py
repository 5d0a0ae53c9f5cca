"""Matching at the hub: our tokens go there in batches, and what we may know of them comes back."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from hub.client.errors import false_answer
from hub.client.hits import Hit
from hub.client.session import Session
from hub.client.spool import Spool
from hub.client.tokenise import token_batches, tokenise
from hub.client.workers import Workers

BATCH = 10_000
_MATCH = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LEVELS = frozenset({"E1", "E2", "E3", "E4"})


def match_spool(session: Session, spool: Spool, type: str, workers: Workers) -> Mapping[int, Sequence[Hit]]:
    """Ask the hub about every identifier of the spool, under every key that still serves; hits by identifier.

    While two epochs overlap, a contribution may stand under either. Raises ClientError.
    """
    hits: defaultdict[int, list[Hit]] = defaultdict(list)
    for key in session.keys(type):
        tokenise(session, spool, key, workers)
        with session.console.step(f"matching under {key.key_id}", spool.count) as step:
            for batch in token_batches(session, spool, key, session.limit("match_tokens", BATCH)):
                body = b"".join(token for _, token in batch)
                answer = session.hub.post_octets(f"/api/v1/keys/{key.key_id}/matches", body)
                session.vault.note_exchange(answer.recorded(), "match")
                for found in _found(answer.document()):
                    at = found.get("n")
                    if not isinstance(at, int) or not 0 <= at < len(batch):
                        raise false_answer("the hub's answer names a token that was not asked")
                    hits[batch[at][0].i].append(_hit(found, key.key_id))
                step.advance(len(batch))
    return hits


def _found(document: dict[str, Any]) -> list[dict[str, Any]]:
    found = document.get("hits")
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise false_answer("the hub's answer holds no hits")
    return found


def _hit(found: dict[str, Any], key_id: str) -> Hit:
    members, level, name = found.get("members"), found.get("evidence_level"), found.get("match")
    contributors = found.get("contributors", [])
    well_formed = (
        (members is None or (isinstance(members, int) and members >= 3))
        and level in _LEVELS
        and isinstance(name, str)
        and _MATCH.fullmatch(name)
        and isinstance(contributors, list)
        and all(isinstance(code, str) and _MATCH.fullmatch(code) for code in contributors)
    )
    try:
        expires_on = date.fromisoformat(str(found.get("expires_on"))).isoformat()
    except ValueError:
        well_formed, expires_on = False, ""
    if not well_formed:
        raise false_answer("a hit in the hub's answer is not of the agreed form")
    return Hit(str(level), members, expires_on, key_id, str(name), contributors)
